/*
 * workload.c
 *		The aggregate williams_workload: batches and memory needed to process a set
 *		of rows within a memory budget, computed in one pass.
 *
 * Where williams_batch_size raises an error, the aggregate reports: an item that
 * exceeds the budget leads to batches of one item, and peak_mb shows the memory that
 * is needed.
 *
 * Invariants: see is_valid. No locks are taken.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/check.h"
#include "base/record.h"
#include "base/state.h"
#include "math/bound.h"
#include "math/sum.h"
#include "plan/plan.h"

typedef struct WorkloadState
{
	int64		items;
	double		budget;			/* of the first row; 0 if items is 0 */
	double		max_item;
	WlSum		total;
} WorkloadState;

static bool
is_valid(const void *p)
{
	const WorkloadState *s = p;

	if (!wl_sum_is_valid(&s->total, s->max_item))
		return false;
	if (s->items == 0)
		return s->budget == 0 && s->max_item == 0 && s->total.hi == 0;
	return s->items > 0 && s->budget >= 0 && s->max_item >= 0;
}

static const WlStateType workload_state = {
	"williams_workload_state", "iffff", is_valid
};

StaticAssertDecl(sizeof(WorkloadState) == 5 * 8, "five fields");

WL_STATE_IO(workload_state, workload_state);

static void
check_total(const WorkloadState *s)
{
	if (unlikely(!wl_sum_is_valid(&s->total, s->max_item)))
		wl_refuse_overflow("total_mb");
	Assert(is_valid(s));
}

PG_FUNCTION_INFO_V1(wl_workload_accum);
Datum
wl_workload_accum(PG_FUNCTION_ARGS)
{
	WorkloadState *s = wl_state_writable(fcinfo, sizeof(WorkloadState));
	double		item = PG_ARGISNULL(1) ? 0.0 : PG_GETARG_FLOAT8(1);
	double		budget;

	wl_check_not_null(PG_ARGISNULL(2), "available_memory_mb");
	budget = PG_GETARG_FLOAT8(2);
	wl_check_megabytes(item, "item_mb");
	if (s->items == 0)
	{
		wl_check_megabytes(budget, "available_memory_mb");
		s->budget = budget;
	}
	wl_check_same(budget == s->budget, "available_memory_mb");
	wl_add_count(&s->items, 1, "items");
	s->max_item = Max(s->max_item, item);
	wl_sum_add(&s->total, item);
	check_total(s);
	PG_RETURN_POINTER(s);
}

PG_FUNCTION_INFO_V1(wl_workload_combine);
Datum
wl_workload_combine(PG_FUNCTION_ARGS)
{
	WorkloadState *s;
	WorkloadState *other;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	s = wl_state_writable(fcinfo, sizeof(WorkloadState));
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(s);
	other = (WorkloadState *) PG_GETARG_POINTER(1);
	if (other->items == 0)
		PG_RETURN_POINTER(s);
	if (s->items == 0)
		s->budget = other->budget;
	wl_check_same(other->budget == s->budget, "available_memory_mb");
	wl_add_count(&s->items, other->items, "items");
	s->max_item = Max(s->max_item, other->max_item);
	wl_sum_merge(&s->total, &other->total);
	check_total(s);
	PG_RETURN_POINTER(s);
}

/*
 * (items, total_mb, max_item_mb, space_bound, efficiency, batch_size, batches,
 * peak_mb)
 */
PG_FUNCTION_INFO_V1(wl_workload_final);
Datum
wl_workload_final(PG_FUNCTION_ARGS)
{
	WorkloadState *s = (WorkloadState *) PG_GETARG_POINTER(0);
	int64		size = wl_batch_size_for(s->items, s->budget, s->max_item);
	Datum		values[8];
	bool		nulls[8] = {0};

	values[0] = Int64GetDatum(s->items);
	values[1] = Float8GetDatum(wl_sum_total(&s->total));
	values[2] = Float8GetDatum(s->max_item);
	values[3] = Float8GetDatum(wl_math_space_bound(s->items));
	values[4] = Float8GetDatum(wl_math_efficiency(s->items));
	values[5] = Int64GetDatum(size);
	values[6] = Int64GetDatum(s->items / size + (s->items % size != 0));
	values[7] = Float8GetDatum((double) size * s->max_item);
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}
