/*
 * fields.h
 *		The fields of an OCR result: how many there are, and how far the engine
 *		trusts them.
 */
#ifndef WL_FIELDS_H
#define WL_FIELDS_H

#include "utils/jsonb.h"

#include "score/jsonb_walk.h"

/* The confidence of a field or document of which the engine says nothing. */
#define WL_DEFAULT_CONFIDENCE	0.85

/* A document whose confidence is below this goes to review. */
#define WL_DEFAULT_THRESHOLD	0.80

/*
 * Is a score below a threshold? 0.85 - 0.05 is 0.8 to a reader and a little less
 * to a float8, and so is the mean of ten times 0.8: what is below by rounding
 * alone is not below.
 */
static inline bool
wl_is_below(double score, double threshold)
{
	return score < threshold - 1e-12;
}

/* jsonb's null, which says as little as SQL's */
extern bool wl_is_json_null(JsonbContainer *container);

/* How many fields were extracted: see williams_field_count. */
extern int64 wl_count_fields(const JsonbContainer *fields);

/* The fields below one value: itself if it is a leaf. */
static inline int64
wl_count_value(const WlValue *value)
{
	if (JBE_ISCONTAINER(value->entry))
		return wl_count_fields((const JsonbContainer *) value->data);
	return wl_leaf_counts(value) ? 1 : 0;
}

/*
 * The mean of what `confidence` says of the top-level fields that were
 * extracted: *n of them have one, and the result is 0 where *n is 0. False if
 * it is neither an object nor null, or has anything but a number in [0, 1] or
 * null for one of those fields.
 */
extern bool wl_mean_confidence(JsonbContainer *fields, JsonbContainer *confidence,
							   double *mean, int64 *n);

/*
 * What `confidence`, an object, says of one field: false, and *x unchanged, where
 * that is nothing or no number. It may be out of range.
 */
extern bool wl_field_confidence(JsonbContainer *confidence, const char *name,
								int length, double *x);

#endif							/* WL_FIELDS_H */
