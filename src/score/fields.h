/*
 * fields.h
 *		The fields of an OCR result: their number, and the engine's confidence in
 *		each.
 */
#ifndef WL_FIELDS_H
#define WL_FIELDS_H

#include "utils/array.h"
#include "utils/jsonb.h"

#include "base/check.h"
#include "score/jsonb_walk.h"

/* The confidence of a field or document for which the engine gives none. */
#define WL_DEFAULT_CONFIDENCE	0.85

/* A document whose confidence is below this goes to review. */
#define WL_DEFAULT_THRESHOLD	0.80

/*
 * Is a score below a threshold? In float8, 0.85 - 0.05 and the mean of ten times
 * 0.8 are a little less than 0.8. A score that is below by rounding only does not
 * count as below.
 */
static inline bool
wl_is_below(double score, double threshold)
{
	return score < threshold - 1e-12;
}

/* Is it jsonb's null? It is treated like SQL's NULL. */
extern bool wl_is_json_null(JsonbContainer *container);

/* The number of fields that were extracted, as williams_field_count returns it. */
extern int64 wl_count_fields(const JsonbContainer *fields);

/* The number of fields in a value; a leaf is one field at most. */
static inline int64
wl_count_value(const WlValue *value)
{
	if (JBE_ISCONTAINER(value->entry))
		return wl_count_fields((const JsonbContainer *) value->data);
	return wl_leaf_counts(value) ? 1 : 0;
}

/* Is the value a confidence, a number in [0, 1]? Then it is stored in *x. */
static inline bool
wl_value_confidence(const WlValue *value, double *x)
{
	if (!JBE_ISNUMERIC(value->entry))
		return false;
	*x = wl_number((Numeric) value->data);
	return wl_is_fraction(*x);
}

/* The names in a text[], in jsonb's order of keys, without the NULLs. */
extern WlName *wl_sorted_names(ArrayType *array, int *n);

/*
 * The confidence of one field in the object `confidence`; *x is left alone if there
 * is none or it is null. Returns false if it is not a number in [0, 1].
 */
extern bool wl_field_confidence(JsonbContainer *confidence, const WlName *name, double *x);

#endif							/* WL_FIELDS_H */
