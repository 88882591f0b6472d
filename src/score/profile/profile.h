/*
 * profile.h
 *		The rules of a document type once parsed, and the score of one document by
 *		them.
 */
#ifndef WL_PROFILE_H
#define WL_PROFILE_H

#include "fmgr.h"
#include "utils/jsonb.h"

#include "score/score.h"

typedef struct WlProfile WlProfile;

/*
 * Parse rules into the current memory context. Malformed rules are error 22023,
 * whose message names the key at fault.
 */
extern WlProfile *wl_parse_profile(Jsonb *rules);

/* Replace the threshold of the fields that do not have their own. */
extern void wl_set_threshold(WlProfile *profile, double threshold);

/* The version of rules: a hash of their text, never 0. */
extern int64 wl_version_of_rules(Jsonb *rules);

/*
 * Read a document: the name, text, engine's confidence and outcome of each of the
 * profile's fields. If `fields` is NULL or is not an object, every field is
 * missing. `confidence` may be NULL or jsonb's null. Returns NULL on success. On
 * failure no confidence is set, and the result is the name of a field that is
 * present and whose confidence is not a number in [0, 1], or "" if `confidence`
 * is neither null nor an object.
 */
extern const char *wl_judge_document(const WlProfile *profile, JsonbContainer *fields,
									 JsonbContainer *confidence, WlDocumentScore *document);

/*
 * The same, and score the document. On failure all scores are 0, and all fields are
 * for review.
 */
extern const char *wl_score_document(const WlProfile *profile, JsonbContainer *fields,
									 JsonbContainer *confidence, WlScript script,
									 WlDocumentScore *document);

/*
 * A query's parsed rules, which are found again by their bytes; the first call
 * creates the cache in fn_mcxt. `rules` is a jsonb as it came, perhaps compressed.
 */
typedef struct WlRulesCache WlRulesCache;
extern const WlProfile *wl_cached_profile(FunctionCallInfo fcinfo, WlRulesCache **cache,
										  struct varlena *rules);

/* A profile by its name; profile is NULL if there is none. */
typedef struct WlFoundProfile
{
	WlProfile  *profile;
	int64		version;		/* 0 if there is no profile, or versions are
								 * not wanted */
} WlFoundProfile;

/*
 * Finds profiles for one call site, fcinfo. Versions only if they are wanted: the hash
 * takes as long as the parsing.
 */
typedef struct WlProfileFinder WlProfileFinder;
extern WlProfileFinder *wl_new_finder(FunctionCallInfo fcinfo, bool versions);

/* The result is valid until the next call. */
extern const WlFoundProfile *wl_find_profile(WlProfileFinder *finder, text *name);

#endif							/* WL_PROFILE_H */
