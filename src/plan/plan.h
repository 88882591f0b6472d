/*
 * plan.h
 *		The number of items that fit into a memory budget, and the batches of a
 *		table.
 */
#ifndef WL_PLAN_H
#define WL_PLAN_H

#include "fmgr.h"
#include "utils/relcache.h"
#include "utils/tuplestore.h"

#include "plan/key_scan.h"

/* min(bound, items that fit, items), but at least 1; items of 0 MB always fit */
extern int64 wl_batch_size_for(int64 items, double memory, double item);

/* How to cut a table into batches. */
typedef struct WlPlanOptions
{
	double		budget_mb;		/* infinite: none */
	const char *item_mb;		/* expression; NULL: the row's size */
	const char *key_column;		/* NULL: the first of the primary key */
	bool		by_ctid;		/* block ranges, not ranges of keys */
	int64		max_items;		/* 0: the bound of the estimated row count */
	bool		strict;			/* fail if a key alone exceeds a limit */

	/* what is planned already: at most one of the two */
	const Datum *after;			/* plan the keys beyond it; NULL: all */
	const WlRange *taken;		/* leave out the keys in these ranges, which
								 * are disjoint and in key order */
	int64		ntaken;
} WlPlanOptions;

/* Receives the batches: (batch_no, lower_key, upper_key, items, memory_mb). */
typedef struct WlPlanned
{
	Tuplestorestate *batches;
	TupleDesc	desc;
} WlPlanned;

/*
 * Read the options from six arguments, the given one and those after it. NULL gives
 * the default.
 */
extern void wl_read_plan_options(FunctionCallInfo fcinfo, int first, WlPlanOptions *options);

/* The defaults of the other options if budget_mb is infinite. */
extern void wl_default_without_budget(WlPlanOptions *options);

/*
 * Make an empty result in the current memory context. tuplestore_end and the end of
 * the resource owner free its batches.
 */
extern void wl_begin_planned(WlPlanned *planned);

/*
 * Plan as the current user; rel is open and locked in ACCESS SHARE mode. A batch never
 * spans a range that is taken.
 */
extern void wl_plan_relation(Relation rel, WlPlanOptions *options, const WlPlanned *result);

/* Raise error 42809 unless all rows of the relation are in its own blocks. */
extern void wl_check_blocks(Relation rel);

/* Does Citus keep the rows of the relation elsewhere? */
extern bool wl_is_distributed(Oid relid);

#endif							/* WL_PLAN_H */
