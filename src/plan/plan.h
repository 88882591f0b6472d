/*
 * plan.h
 *		How many items fit a memory budget, for the planning functions and for
 *		williams_workload; and the batches of a table, for the tasks.
 */
#ifndef WL_PLAN_H
#define WL_PLAN_H

#include "fmgr.h"
#include "utils/relcache.h"
#include "utils/tuplestore.h"

/* min(bound, items that fit, items), at least 1; an item of 0 MB always fits */
extern int64 wl_batch_size_for(int64 items, double memory, double item);

/* How a table is cut into batches. */
typedef struct WlPlanOptions
{
	double		budget_mb;
	const char *item_mb;		/* NULL: the row's size */
	const char *key_column;		/* NULL: the primary key's first */
	bool		by_ctid;
	int64		max_items;		/* 0: the bound of the rows estimated */
	bool		strict;
} WlPlanOptions;

/* Where the batches go: (batch_no, lower_key, upper_key, items, memory_mb). */
typedef struct WlPlanned
{
	Tuplestorestate *batches;
	TupleDesc	desc;
} WlPlanned;

/*
 * Six arguments from the first on, in the order of the options; NULL is the default
 * of those that have one.
 */
extern void wl_read_plan_options(FunctionCallInfo fcinfo, int first, WlPlanOptions *options);

/* As the current user; rel is open, and locked in ACCESS SHARE mode. */
extern void wl_plan_relation(Relation rel, WlPlanOptions *options, const WlPlanned *result);

/* Error 42809 unless the blocks of a relation hold its rows, and only these. */
extern void wl_check_blocks(Relation rel);

#endif							/* WL_PLAN_H */
