/*
 * efficiency.c
 *		The aggregate williams_efficiency: how much the batch bound saves over a
 *		set of rows, mergeable across workers, days and shards.
 *
 * A count of 0 or 1 is not an operation and is left out. The session counters
 * (bound.c) give the same results for the same values. Sums are compensated
 * (math/sum.h) and the total of counts is exact, so a parallel plan gives the
 * same result as a serial one.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/check.h"
#include "base/record.h"
#include "base/state.h"
#include "math/bound.h"
#include "math/sum.h"

/* The total of counts is time_high * 2^32 + time_low, because it may exceed a bigint. */
typedef struct EfficiencyState
{
	int64		count;
	int64		time_high;
	int64		time_low;		/* 0 .. 2^32 - 1 */
	double		max;			/* 0 while count is 0 */
	WlSum		efficiency;
	WlSum		space;
} EfficiencyState;

#define LOW_BITS	INT64CONST(0xFFFFFFFF)

static bool
is_valid(const void *p)
{
	const EfficiencyState *s = p;

	if (s->count < 0 || s->time_high < 0 || s->time_low < 0 || s->time_low > LOW_BITS)
		return false;
	if (!wl_sum_is_valid(&s->efficiency, s->max) || !wl_sum_is_valid(&s->space, 0))
		return false;
	if (s->count == 0)
		return s->time_high == 0 && s->time_low == 0 && s->max == 0 &&
			s->efficiency.hi == 0 && s->space.hi == 0;
	return s->max > 0 && s->space.hi > 0 &&
		ldexp((double) s->time_high, 32) + s->time_low >= 2.0 * s->count;
}

static const WlStateType efficiency_state = {
	"williams_efficiency_state", "iiifffff", is_valid
};

StaticAssertDecl(sizeof(EfficiencyState) == 8 * 8, "eight fields");

WL_STATE_IO(efficiency_state, efficiency_state);

static void
add_time(EfficiencyState *s, int64 high, int64 low)
{
	s->time_low += low;
	wl_add_count(&s->time_high, high, "total_time_complexity");
	wl_add_count(&s->time_high, s->time_low >> 32, "total_time_complexity");
	s->time_low &= LOW_BITS;
}

PG_FUNCTION_INFO_V1(wl_efficiency_accum);
Datum
wl_efficiency_accum(PG_FUNCTION_ARGS)
{
	EfficiencyState *s = wl_state_writable(fcinfo, sizeof(EfficiencyState));
	int64		t = PG_GETARG_INT64(1);
	double		space;
	double		efficiency;

	wl_check_count(t, "time_complexity");
	if (t > 1)
	{
		space = wl_math_space_bound(t);
		efficiency = (double) t / space;
		if (efficiency > s->max)
			s->max = efficiency;
		wl_add_count(&s->count, 1, "operation_count");
		wl_sum_add(&s->efficiency, efficiency);
		wl_sum_add(&s->space, space);
		add_time(s, t >> 32, t & LOW_BITS);
		Assert(is_valid(s));
	}
	PG_RETURN_POINTER(s);
}

PG_FUNCTION_INFO_V1(wl_efficiency_combine);
Datum
wl_efficiency_combine(PG_FUNCTION_ARGS)
{
	EfficiencyState *s;
	EfficiencyState *other;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	s = wl_state_writable(fcinfo, sizeof(EfficiencyState));
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(s);
	other = (EfficiencyState *) PG_GETARG_POINTER(1);
	wl_add_count(&s->count, other->count, "operation_count");
	s->max = Max(s->max, other->max);
	wl_sum_merge(&s->efficiency, &other->efficiency);
	wl_sum_merge(&s->space, &other->space);
	if (!wl_sum_is_valid(&s->efficiency, s->max) || !wl_sum_is_valid(&s->space, 0))
		wl_refuse_overflow("a sum of williams_efficiency");
	add_time(s, other->time_high, other->time_low);
	Assert(is_valid(s));
	PG_RETURN_POINTER(s);
}

static Datum
total_time(const EfficiencyState *s)
{
	Datum		high = NumericGetDatum(int64_to_numeric(s->time_high));
	Datum		unit = NumericGetDatum(int64_to_numeric(INT64CONST(1) << 32));
	Datum		low = NumericGetDatum(int64_to_numeric(s->time_low));

	return DirectFunctionCall2(numeric_add,
							   DirectFunctionCall2(numeric_mul, high, unit), low);
}

/*
 * (operation_count, average_efficiency, max_efficiency, total_space_saved,
 * total_time_complexity, total_space_bound)
 */
PG_FUNCTION_INFO_V1(wl_efficiency_final);
Datum
wl_efficiency_final(PG_FUNCTION_ARGS)
{
	EfficiencyState *s = (EfficiencyState *) PG_GETARG_POINTER(0);
	double		count = (double) s->count;
	double		sum = wl_sum_total(&s->efficiency);
	Datum		values[6];
	bool		nulls[6] = {0};

	values[0] = Int64GetDatum(s->count);
	values[1] = Float8GetDatum(s->count == 0 ? 1.0 : sum / count);
	values[2] = Float8GetDatum(s->count == 0 ? 1.0 : s->max);
	values[3] = Float8GetDatum(sum - count);
	values[4] = total_time(s);
	values[5] = Float8GetDatum(wl_sum_total(&s->space));
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}
