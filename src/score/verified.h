/*
 * verified.h
 *		The fields of a row that a person has confirmed.
 */
#ifndef WL_VERIFIED_H
#define WL_VERIFIED_H

#include "utils/array.h"

#include "score/score.h"

/*
 * The names that are verified after an UPDATE, or an INSERT if `before` is NULL. A name
 * is dropped if its value changed, unless the UPDATE adds the name, once more than it was
 * there: that confirms the new value. `before` and the fields may be NULL. no_field is the
 * name of a document that has no field to name. The result is in jsonb's order of keys,
 * without NULLs and duplicates.
 */
extern WlName *wl_verified_names(ArrayType *after, ArrayType *before, Jsonb *fields_after,
								 Jsonb *fields_before, const char *no_field, int *n);

/* As a text[]. */
extern ArrayType *wl_names_array(const WlName *names, int n);

/*
 * Verified fields are not for review. Their scores stay those before the UPDATE, or those
 * that an inserted row comes with, which the jsonb `scores` has if it is not NULL: the
 * engine did not read the corrected value.
 */
extern void wl_accept_verified(WlDocumentScore *document, const WlName *names, int n,
							   Jsonb *scores, const char *no_field);

#endif							/* WL_VERIFIED_H */
