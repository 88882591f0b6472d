/*
 * profile.h
 *		The rules of a document type once parsed, and the score of one document by
 *		them, for williams_score_fields and the trigger.
 */
#ifndef WL_PROFILE_H
#define WL_PROFILE_H

#include "utils/jsonb.h"

/* The scripts of rule 3. If counts tie, the first one wins. */
typedef enum WlScript
{
	WL_SCRIPT_ARABIC,
	WL_SCRIPT_CJK,
	WL_SCRIPT_LATIN,
	WL_SCRIPT_UNKNOWN			/* to be detected */
} WlScript;

typedef struct WlProfile WlProfile;

/*
 * The scores of one document. The arrays have an element for each of the
 * profile's fields, in jsonb's order of keys.
 */
typedef struct WlDocumentScore
{
	double		overall;
	double		multiplier;
	int64		num_fields;		/* how many expected fields are present */
	WlScript	script;
	double	   *scores;
	double	   *unmultiplied;	/* without the multiplier, for the threshold */
} WlDocumentScore;

/*
 * Parse rules into the current memory context. Malformed rules are error 22023,
 * whose message names the key at fault.
 */
extern WlProfile *wl_parse_profile(Jsonb *rules);

/* The threshold of the rules, or the default. */
extern double wl_profile_threshold(const WlProfile *profile);

/*
 * Score a document. If `fields` is NULL or is not an object, every field is
 * missing. `confidence` may be NULL or jsonb's null. Returns NULL on success. On
 * failure all scores are 0, and the result is the name of a field that is present
 * and whose confidence is not a number in [0, 1], or "" if `confidence` is neither
 * null nor an object.
 */
extern const char *wl_score_document(const WlProfile *profile,
									 JsonbContainer *fields,
									 JsonbContainer *confidence,
									 WlScript script, WlDocumentScore *score);

/* The names of the fields whose score is below the threshold, as a text[]. */
extern Datum wl_review_names(const WlProfile *profile,
							 const WlDocumentScore *score, double threshold);

#endif							/* WL_PROFILE_H */
