/*
 * bounding.h
 *		Add the bounds of a batch to a statement that has none.
 */
#ifndef WL_BOUNDING_H
#define WL_BOUNDING_H

#include "nodes/parsenodes.h"

#include "plan/key.h"

/* The parameters of a statement: the first and the last key of a batch, inclusive. */
enum
{
	FIRST_KEY = 1, LAST_KEY
};

extern Param *wl_bound_parameter(const WlKey *key, int no, int location);

/*
 * Limit a query, as parse analysis returned it, to the rows of rel whose key is between
 * the two parameters. Returns NULL, or a sentence that says why this cannot be done so
 * that each row is met once; the query is then as it was.
 */
extern const char *wl_bound_query(Query *query, Relation rel, const WlKey *key);

#endif							/* WL_BOUNDING_H */
