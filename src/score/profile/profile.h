/*
 * profile.h
 *		A document type's rules, parsed, and what they make of one document:
 *		shared by williams_score_fields and the trigger.
 */
#ifndef WL_PROFILE_H
#define WL_PROFILE_H

#include "utils/jsonb.h"

/* The scripts that rule 3 tells apart, in the order in which ties go. */
typedef enum WlScript
{
	WL_SCRIPT_ARABIC,
	WL_SCRIPT_CJK,
	WL_SCRIPT_LATIN,
	WL_SCRIPT_UNKNOWN			/* to be detected */
} WlScript;

typedef struct WlProfile WlProfile;

/*
 * The scores of one document. Arrays are as long as the profile has fields and
 * in its order, jsonb's order of keys.
 */
typedef struct WlDocumentScore
{
	double		overall;
	double		multiplier;
	int64		num_fields;		/* how many expected fields are present */
	WlScript	script;
	double	   *scores;
	double	   *unmultiplied;	/* what is held against the threshold */
} WlDocumentScore;

/*
 * Parse rules into the current memory context; whatever is malformed in them is
 * error 22023 that names the key at fault.
 */
extern WlProfile *wl_parse_profile(Jsonb *rules);

/* The profile's own threshold */
extern double wl_profile_threshold(const WlProfile *profile);

/*
 * Score a document. `fields` may be NULL or no object: every field is missing
 * then. `confidence` may be NULL, which jsonb's null is too. Returns the name of a
 * field that is present and whose confidence is no number in [0, 1] ("" where
 * `confidence` is anything else), and NULL where all is well. After the former all scores are 0.
 */
extern const char *wl_score_document(const WlProfile *profile,
									 JsonbContainer *fields,
									 JsonbContainer *confidence,
									 WlScript script, WlDocumentScore *score);

/* The names of the fields to be reviewed: a text[]. */
extern Datum wl_review_names(const WlProfile *profile,
							 const WlDocumentScore *score, double threshold);

#endif							/* WL_PROFILE_H */
