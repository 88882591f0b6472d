/*
 * bound.c
 *		SQL functions for the square-root batch bound, whose maths is in
 *		math/bound.h, and statistics on calls of two of them.
 *
 * The statistics belong to the session. They are plain variables of the backend:
 * ROLLBACK does not undo them, and they need no lock. Functions that update them are
 * VOLATILE and PARALLEL RESTRICTED, because those of a parallel worker would be lost.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/check.h"
#include "base/record.h"
#include "math/bound.h"
#include "math/sum.h"

/* The counters of williams_get_optimization_stats. */
static struct
{
	int64		count;
	WlSum		efficiency;
	double		max_efficiency;
}			stats;

static inline uint64
count_argument(FunctionCallInfo fcinfo, const char *name)
{
	int64		t = PG_GETARG_INT64(0);

	wl_check_count(t, name);
	return (uint64) t;
}

PG_FUNCTION_INFO_V1(wl_space_bound);
Datum
wl_space_bound(PG_FUNCTION_ARGS)
{
	/* one comparison is enough for nearly every row */
	if (likely(PG_GETARG_INT64(0) > 1))
		PG_RETURN_FLOAT8(wl_math_space_bound(PG_GETARG_INT64(0)));
	PG_RETURN_FLOAT8(wl_math_space_bound(count_argument(fcinfo, "t")));
}

PG_FUNCTION_INFO_V1(wl_optimal_batch_size);
Datum
wl_optimal_batch_size(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) wl_math_batch_size(count_argument(fcinfo, "t")));
}

PG_FUNCTION_INFO_V1(wl_efficiency_multiplier);
Datum
wl_efficiency_multiplier(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(wl_math_efficiency(count_argument(fcinfo, "t")));
}

PG_FUNCTION_INFO_V1(wl_space_saved_percent);
Datum
wl_space_saved_percent(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(wl_math_space_saved_percent(count_argument(fcinfo, "t")));
}

PG_FUNCTION_INFO_V1(wl_theorem_bound);
Datum
wl_theorem_bound(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(wl_math_theorem_bound(count_argument(fcinfo, "t")));
}

PG_FUNCTION_INFO_V1(wl_optimal_test_data_size);
Datum
wl_optimal_test_data_size(PG_FUNCTION_ARGS)
{
	uint64		coverage = count_argument(fcinfo, "target_coverage");

	PG_RETURN_INT64((int64) wl_math_batch_size(coverage));
}

static void
count_call(uint64 t, double efficiency)
{
	if (t <= 1)
		return;
	if (stats.count == 0 || efficiency > stats.max_efficiency)
		stats.max_efficiency = efficiency;
	stats.count++;
	wl_sum_add(&stats.efficiency, efficiency);
}

/* (space_bound, efficiency, time_complexity, space_reduction_percent) */
PG_FUNCTION_INFO_V1(wl_calculate_space_bound);
Datum
wl_calculate_space_bound(PG_FUNCTION_ARGS)
{
	uint64		t = count_argument(fcinfo, "t");
	double		efficiency = wl_math_efficiency(t);
	Datum		values[4];
	bool		nulls[4] = {0};

	count_call(t, efficiency);
	values[0] = Float8GetDatum(wl_math_space_bound(t));
	values[1] = Float8GetDatum(efficiency);
	values[2] = PG_GETARG_DATUM(0);
	values[3] = Float8GetDatum(wl_math_space_saved_percent(t));
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}

/*
 * trunc(trunc(memory / item) * sqrt(efficiency)), clamped to [1, total]. Kept for
 * compatibility: it may exceed the budget by the factor sqrt(efficiency).
 */
PG_FUNCTION_INFO_V1(wl_optimize_batch_size);
Datum
wl_optimize_batch_size(PG_FUNCTION_ARGS)
{
	uint64		total_items = count_argument(fcinfo, "total_items");
	double		memory = PG_GETARG_FLOAT8(1);
	double		item = PG_GETARG_FLOAT8(2);
	double		efficiency = wl_math_efficiency(total_items);
	double		size;

	wl_check_megabytes(memory, "available_memory_mb");
	wl_check_item_size(item);

	count_call(total_items, efficiency);
	size = trunc(trunc(memory / item) * sqrt(efficiency));
	if (total_items <= 1 || size <= 1.0)
		PG_RETURN_INT64(1);
	/* compare as doubles: the quotient may be beyond bigint */
	PG_RETURN_INT64(size >= (double) total_items ? (int64) total_items : (int64) size);
}

/* (average_efficiency, max_efficiency, operation_count, total_space_saved) */
PG_FUNCTION_INFO_V1(wl_get_optimization_stats);
Datum
wl_get_optimization_stats(PG_FUNCTION_ARGS)
{
	double		count = (double) stats.count;
	double		sum = wl_sum_total(&stats.efficiency);
	Datum		values[4];
	bool		nulls[4] = {0};

	values[0] = Float8GetDatum(stats.count == 0 ? 1.0 : sum / count);
	values[1] = Float8GetDatum(stats.count == 0 ? 1.0 : stats.max_efficiency);
	values[2] = Int64GetDatum(stats.count);
	values[3] = Float8GetDatum(sum - count);
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}

PG_FUNCTION_INFO_V1(wl_reset_stats);
Datum
wl_reset_stats(PG_FUNCTION_ARGS)
{
	memset(&stats, 0, sizeof(stats));
	PG_RETURN_VOID();
}
