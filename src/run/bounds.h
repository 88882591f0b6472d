/*
 * bounds.h
 *		The keys between which a batch lies: as values of its table, and cut in two.
 */
#ifndef WL_BOUNDS_H
#define WL_BOUNDS_H

#include "plan/key.h"
#include "plan/key_scan.h"
#include "run/store.h"

/* The bounds as they are stored: text that reads the same in every session. */
typedef struct WlBounds
{
	char	   *lower;			/* first key, inclusive */
	char	   *upper;			/* last key, inclusive */
	char	   *below;			/* NULL, or the exclusive end that takes the
								 * place of upper: see
								 * williams_batch.below_key */
} WlBounds;

/* A batch cut in two. */
typedef struct WlParts
{
	WlCut		cut;
	char	   *lower_last;		/* the keys of the cut as they are stored */
	char	   *upper_first;
} WlParts;

/*
 * Open the task's table, with a lock that the caller keeps, and find its key. Errors:
 * 42P01 if the table no longer exists, 55000 if the plan no longer fits it.
 */
extern Relation wl_open_task_table(const WlTask *task, WlKey *key);

/* The first and the last key of a batch, both inclusive: its statement's $1 and $2. */
extern void wl_statement_bounds(Relation rel, const WlKey *key, const WlBounds *bounds,
								Datum values[2]);

/* Cut a batch near the middle of its rows; false if it holds one key or none. */
extern bool wl_cut_batch(const WlTask *task, const WlBounds *bounds, WlParts *parts);

#endif							/* WL_BOUNDS_H */
