/*
 * key_scan.h
 *		Reading a table in the order of its keys: for williams_plan_table, which
 *		cuts the table into batches, and for tasks, which cut a failed batch in two
 *		and are extended by what has come since.
 */
#ifndef WL_KEY_SCAN_H
#define WL_KEY_SCAN_H

#include "nodes/primnodes.h"

#include "plan/key.h"

/* Whether the end of a range belongs to it. */
typedef enum WlEnd
{
	END_INCLUSIVE,
	END_EXCLUSIVE,
	END_OPEN					/* there is no end, and no value for it */
}			WlEnd;

/* A range of keys: a batch, the part of it that a split left, what lies beyond a key. */
typedef struct WlRange
{
	Datum		lower;
	Datum		upper;
	WlEnd		lower_end;
	WlEnd		upper_end;
} WlRange;

/* Where a range was cut in two, and how much each part holds. */
typedef struct WlCut
{
	Datum		last;			/* the last key of the lower part */
	Datum		first;			/* the first key of the upper part */
	int64		items[2];
	double		memory_mb[2];
} WlCut;

/*
 * Receives one row, in key order. A key passed by reference is valid only until the
 * next row. Returns false to end the scan.
 */
typedef bool (*WlKeyRow) (void *arg, Datum key, bool same_key, double weight_mb);

/*
 * Compare the key, an expression of its column, with a bound, by the operator of that
 * strategy of the btree order by which the table is cut.
 */
extern Expr *wl_compare_key(const WlKey *key, Expr *column, int strategy, Expr *bound);

/*
 * Scan the rows of a range, or all rows if range is NULL, as the current user sees
 * them under the active snapshot. item_mb is an SQL expression over the row; NULL
 * means the size of its columns. estimate, which may be NULL, is set to the
 * planner's row estimate before the first row is passed on.
 */
extern void wl_scan_keys(Relation rel, const WlKey *key, const char *item_mb,
						 const WlRange *range, WlKeyRow row, void *arg, double *estimate);

/* Cut a range near the middle of its rows; false if it holds fewer than two keys. */
extern bool wl_cut_range(Relation rel, const WlKey *key, const char *item_mb,
						 const WlRange *range, WlCut *cut);

/* Find the last key of a range; false if it holds no row. */
extern bool wl_last_key(Relation rel, const WlKey *key, const WlRange *range, Datum *last);

#endif							/* WL_KEY_SCAN_H */
