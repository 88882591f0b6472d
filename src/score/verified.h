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
 * Verified fields are not for review. Their scores, and whether they are accepted, stay
 * what they were before the UPDATE, or what an inserted row comes with: the engine did not
 * read the corrected value. `scores` and `accepted` are the columns of that row, or NULL.
 * Without the latter a field is accepted if it is now, and the score that it keeps is not
 * below the threshold. wl_mark_accepted must have been called.
 */
extern void wl_keep_verified(WlDocumentScore *document, const WlName *names, int n,
							 Jsonb *scores, ArrayType *accepted, const char *no_field);

#endif							/* WL_VERIFIED_H */
