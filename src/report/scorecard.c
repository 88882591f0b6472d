/*
 * scorecard.c
 *		The type williams_scorecard, a summary of confidences: count, mean,
 *		deviation, extremes, and a histogram in steps of 0.005.
 *
 * Sums are exact (math/exact.h), so merging parts gives the summary of the whole,
 * bit for bit, whatever the parts and their order. Quantiles and shares come from
 * the histogram: interpolated inside a bin, and never outside the extremes.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/record.h"
#include "base/state.h"
#include "math/bound.h"
#include "report/summary.h"
#include "score/fields.h"

/* All zero while empty. */
typedef struct Scorecard
{
	uint64		count;
	double		min;
	double		max;
	uint64		sum[2];
	uint64		squares[3];
	uint64		bins[WL_BINS];
} Scorecard;

#define HEAD_WORDS	7

StaticAssertDecl(sizeof(Scorecard) == 8 * WL_SUMMARY_WORDS(HEAD_WORDS, 1),
				 "a dense summary");
StaticAssertDecl(HEAD_WORDS <= WL_HEAD_MAX, "room for the head");

/*
 * Do the sums agree with the extremes? One value is the minimum and one the
 * maximum; the sum and variance of the others must be possible for numbers
 * between the two.
 */
static bool
sums_fit_extremes(const Scorecard *s)
{
	uint64		min = wl_steps(s->min);
	uint64		max = wl_steps(s->max);
	uint64		both = min + max;
	uint64		others = s->count - 2;
	WlWide		sum = wl_wide(s->sum, 2);
	WlWide		squares = wl_wide(s->squares, 3);
	WlWide		a = wl_wide_product(&min, 1, &min, 1);
	WlWide		b = wl_wide_product(&max, 1, &max, 1);

	if (s->count == 1)
		return wl_wide_equal(&squares, &a) && s->sum[0] == min && s->sum[1] == 0;
	wl_wide_add(&a, &b);
	b = wl_wide(&both, 1);
	if (!wl_wide_le(&b, &sum) || !wl_wide_le(&a, &squares))
		return false;
	wl_wide_subtract(&sum, &b);
	wl_wide_subtract(&squares, &a);
	a = wl_wide_product(&others, 1, &min, 1);
	b = wl_wide_product(&others, 1, &max, 1);
	if (!wl_wide_le(&a, &sum) || !wl_wide_le(&sum, &b))
		return false;
	/* the variance must not be negative */
	a = wl_wide_product(sum.words, 2, sum.words, 2);
	b = wl_wide_product(&others, 1, squares.words, 3);
	if (!wl_wide_le(&a, &b))
		return false;
	/* nor the sum of all (max - x)(x - min) */
	a = wl_wide_product(&min, 1, &max, 1);
	a = wl_wide_product(a.words, 2, &others, 1);
	wl_wide_add(&a, &squares);
	b = wl_wide_product(&both, 1, sum.words, 2);
	return wl_wide_le(&a, &b);
}

/* Does the sum lie within the bounds that the histogram gives? */
static bool
sum_fits_bins(const Scorecard *s)
{
	WlWide		sum = wl_wide(s->sum, 2);
	WlWide		least = {{0}};
	WlWide		most = {{0}};

	for (int i = 0; i < WL_BINS; i++)
	{
		uint64		lower = wl_steps(wl_bin_bounds[i]);
		uint64		upper = wl_steps(wl_bin_bounds[i + 1]);
		WlWide		part;

		if (s->bins[i] == 0)
			continue;
		part = wl_wide_product(&s->bins[i], 1, &lower, 1);
		wl_wide_add(&least, &part);
		part = wl_wide_product(&s->bins[i], 1, &upper, 1);
		wl_wide_add(&most, &part);
	}
	return wl_wide_le(&least, &sum) && wl_wide_le(&sum, &most);
}

static bool
is_valid(const void *p)
{
	static const Scorecard empty;
	const Scorecard *s = p;
	uint64		count = 0;
	int			first = -1;
	int			last = -1;

	if (s->count == 0)
		return memcmp(s, &empty, sizeof(empty)) == 0;
	for (int i = 0; i < WL_BINS; i++)
	{
		if (s->bins[i] == 0)
			continue;
		if (s->bins[i] > PG_INT64_MAX - count)
			return false;
		count += s->bins[i];
		if (first < 0)
			first = i;
		last = i;
	}
	if (count != s->count)
		return false;
	if (!wl_is_fraction(s->min) || !wl_is_fraction(s->max) || signbit(s->min) || signbit(s->max))
		return false;
	if (s->min > s->max || wl_bin(s->min) != first || wl_bin(s->max) != last)
		return false;
	if (count == 1 && s->min != s->max)
		return false;
	return sums_fit_extremes(s) && sum_fits_bins(s);
}

static void
merge_head(void *p, const void *q)
{
	Scorecard  *s = p;
	const Scorecard *other = q;

	if (s->count == 0)
	{
		s->min = other->min;
		s->max = other->max;
	}
	else
	{
		s->min = Min(s->min, other->min);
		s->max = Max(s->max, other->max);
	}
	wl_exact_merge(s->sum, other->sum, 2);
	wl_exact_merge(s->squares, other->squares, 3);
}

static const WlSummaryType scorecard_type = {
	"williams_scorecard", "ffiiiii", 1, 1, is_valid, merge_head
};

WL_SUMMARY_IO(scorecard, scorecard_type);
WL_SUMMARY_MERGE(scorecard, scorecard_type);
WL_SUMMARY_ORDER(scorecard);

/*
 * Aggregates
 */

/* Make x an extreme: it is the first value, or lies outside the others' range. */
static pg_noinline void
widen(Scorecard *s, double x)
{
	wl_check_fraction(x, "confidence");
	x += 0.0;					/* -0 becomes 0 */
	if (s->count == 0 || x < s->min)
		s->min = x;
	if (s->count == 0 || x > s->max)
		s->max = x;
}

/* A value between the extremes is in [0, 1], so few rows need that check. */
static inline void
add_confidence(Scorecard *s, double x)
{
	uint64		fixed;

	if (unlikely(!(x >= s->min && x <= s->max)))
		widen(s, x);
	if (unlikely(s->count == PG_INT64_MAX))
		wl_refuse_overflow("count");
	fixed = wl_steps(x);
	s->count++;
	s->bins[wl_bin(x)]++;
	wl_exact_add(s->sum, fixed);
	wl_exact_add_square(s->squares, fixed);
	/* only at powers of two: the check costs a hundred times as much as a row */
	Assert((s->count & (s->count - 1)) != 0 || is_valid(s));
}

PG_FUNCTION_INFO_V1(wl_scorecard_accum);
Datum
wl_scorecard_accum(PG_FUNCTION_ARGS)
{
	Scorecard  *s = wl_state_writable(fcinfo, sizeof(Scorecard));

	add_confidence(s, PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(s);
}

/* (state, num_fields, base_confidence): adds williams_adjusted_confidence() of the two */
PG_FUNCTION_INFO_V1(wl_scorecard_accum_adjusted);
Datum
wl_scorecard_accum_adjusted(PG_FUNCTION_ARGS)
{
	Scorecard  *s = wl_state_writable(fcinfo, sizeof(Scorecard));
	int64		num_fields = PG_GETARG_INT64(1);
	double		base = PG_GETARG_FLOAT8(2);

	wl_check_fraction(base, "base_confidence");
	wl_check_count(num_fields, "num_fields");
	add_confidence(s, base * wl_math_confidence_multiplier(num_fields));
	PG_RETURN_POINTER(s);
}

/* (state, scores): adds each confidence in the object; ignores everything else */
PG_FUNCTION_INFO_V1(wl_scorecard_accum_scores);
Datum
wl_scorecard_accum_scores(PG_FUNCTION_ARGS)
{
	Scorecard  *s = wl_state_writable(fcinfo, sizeof(Scorecard));
	Jsonb	   *scores = PG_GETARG_JSONB_P(1);
	WlValues	values;
	WlValue		value;
	double		x;

	if (!JB_ROOT_IS_OBJECT(scores))
		PG_RETURN_POINTER(s);
	wl_values_begin(&values, &scores->root);
	while (wl_values_next(&values, &value))
	{
		CHECK_FOR_INTERRUPTS();
		if (wl_value_confidence(&value, &x))
			add_confidence(s, x);
	}
	PG_RETURN_POINTER(s);
}

/*
 * Accessors: NULL for an empty scorecard, except for the count
 */

static double
average(const Scorecard *s)
{
	double		mean = wl_exact_double(s->sum, 2) / (double) s->count / WL_EXACT_ONE;

	/* rounding, or the steps of 2^-62, may give a mean outside the extremes */
	return Min(Max(mean, s->min), s->max);
}

/* The sample standard deviation; count must be at least 2. */
static double
deviation(const Scorecard *s)
{
	WlWide		spread = wl_wide_product(&s->count, 1, s->squares, 3);
	WlWide		square = wl_wide_product(s->sum, 2, s->sum, 2);

	/* count times the sum of squares minus the square of the sum */
	wl_wide_subtract(&spread, &square);
	return sqrt(wl_exact_double(spread.words, 4) / (double) s->count / (double) (s->count - 1)) / WL_EXACT_ONE;
}

/* The part of a bin between the extremes: its ends. */
static inline double
low_end(const Scorecard *s, int bin)
{
	return Max(wl_bin_bounds[bin], s->min);
}

static inline double
high_end(const Scorecard *s, int bin)
{
	return Min(wl_bin_bounds[bin + 1], s->max);
}

/*
 * The result lies in the same bin as percentile_disc's. The values in a bin are
 * assumed to be spread evenly.
 */
static double
quantile(const Scorecard *s, double q)
{
	double		position = ceil(q * (double) s->count);
	uint64		rank = position < 1 ? 1 : position >= (double) s->count ? s->count : (uint64) position;
	int			bin = 0;
	double		lower;

	if (rank == 1)
		return s->min;
	if (rank == s->count)
		return s->max;
	while (rank > s->bins[bin])
		rank -= s->bins[bin++];
	lower = low_end(s, bin);
	return lower + (high_end(s, bin) - lower) * (((double) rank - 0.5) / (double) s->bins[bin]);
}

/* The share of values < x: exact at the bounds of bins, interpolated between them. */
static double
share_below(const Scorecard *s, double x)
{
	int			bin = wl_bin(x);
	double		lower = low_end(s, bin);
	double		upper = high_end(s, bin);
	double		below = 0;

	if (x <= s->min)
		return 0;
	if (x > s->max)
		return 1;
	for (int i = 0; i < bin; i++)
		below += (double) s->bins[i];
	if (x > lower)
		below += (double) s->bins[bin] * ((x - lower) / (upper - lower));
	/* the minimum is below x, the maximum is not */
	below = Min(Max(below, 1), (double) (s->count - 1));
	return below / (double) s->count;
}

/* Read an argument; false if it is an empty scorecard. */
static bool
scorecard_argument(FunctionCallInfo fcinfo, int argument, Scorecard *s)
{
	wl_summary_read(&scorecard_type, PG_GETARG_DATUM(argument), s);
	return s->count > 0;
}

PG_FUNCTION_INFO_V1(wl_scorecard_count);
Datum
wl_scorecard_count(PG_FUNCTION_ARGS)
{
	Scorecard	s;

	scorecard_argument(fcinfo, 0, &s);
	PG_RETURN_INT64(s.count);
}

PG_FUNCTION_INFO_V1(wl_average);
Datum
wl_average(PG_FUNCTION_ARGS)
{
	Scorecard	s;

	if (!scorecard_argument(fcinfo, 0, &s))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(average(&s));
}

PG_FUNCTION_INFO_V1(wl_stddev);
Datum
wl_stddev(PG_FUNCTION_ARGS)
{
	Scorecard	s;

	scorecard_argument(fcinfo, 0, &s);
	if (s.count < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(deviation(&s));
}

PG_FUNCTION_INFO_V1(wl_min);
Datum
wl_min(PG_FUNCTION_ARGS)
{
	Scorecard	s;

	if (!scorecard_argument(fcinfo, 0, &s))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(s.min);
}

PG_FUNCTION_INFO_V1(wl_max);
Datum
wl_max(PG_FUNCTION_ARGS)
{
	Scorecard	s;

	if (!scorecard_argument(fcinfo, 0, &s))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(s.max);
}

PG_FUNCTION_INFO_V1(wl_quantile);
Datum
wl_quantile(PG_FUNCTION_ARGS)
{
	Scorecard	s;
	double		q = PG_GETARG_FLOAT8(1);

	wl_check_fraction(q, "q");
	if (!scorecard_argument(fcinfo, 0, &s))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(quantile(&s, q));
}

PG_FUNCTION_INFO_V1(wl_share_below);
Datum
wl_share_below(PG_FUNCTION_ARGS)
{
	Scorecard	s;
	double		x = PG_GETARG_FLOAT8(1);

	wl_check_fraction(x, "x");
	if (!scorecard_argument(fcinfo, 0, &s))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(share_below(&s, x));
}

/* The number of values in bin i of a histogram of so many bins. */
static uint64
count_in(const Scorecard *s, int i, int bins)
{
	int			width = WL_BINS / bins;
	uint64		count = 0;

	for (int bin = i * width; bin < (i + 1) * width; bin++)
		count += s->bins[bin];
	return count;
}

/* (bin, lower, upper, count), empty bins included */
PG_FUNCTION_INFO_V1(wl_histogram);
Datum
wl_histogram(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			bins = wl_bins_argument(fcinfo, 1);
	Scorecard	s;

	scorecard_argument(fcinfo, 0, &s);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < bins; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {0};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Float8GetDatum(wl_bin_bound(i, bins));
		values[2] = Float8GetDatum(wl_bin_bound(i + 1, bins));
		values[3] = Int64GetDatum(count_in(&s, i, bins));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * A group of values for williams_drift: those below a's least bin, those of each
 * tenth of a, those above its greatest bin. A bin is not divided, so a group may
 * have more or less than a tenth.
 */
#define TENTHS	10

static int
group_of(uint64 below, uint64 count)
{
	int			tenth = (int) (TENTHS * (double) below / (double) count);

	return 1 + Min(tenth, TENTHS - 1);
}

/* The sum of (b - a) ln(b / a) over the groups' shares; an empty group counts as half a value. */
static double
stability_index(const Scorecard *a, const Scorecard *b)
{
	int			first = wl_bin(a->min);
	int			last = wl_bin(a->max);
	uint64		below = 0;
	double		counts[TENTHS + 2][2] = {{0}};
	double		index = 0;

	for (int i = 0; i < WL_BINS; i++)
	{
		int			group = i < first ? 0 : i > last ? TENTHS + 1 : group_of(below, a->count);

		counts[group][0] += (double) a->bins[i];
		counts[group][1] += (double) b->bins[i];
		below += a->bins[i];
	}
	for (int group = 0; group < lengthof(counts); group++)
	{
		double		share_a = Max(counts[group][0], 0.5) / (double) a->count;
		double		share_b = Max(counts[group][1], 0.5) / (double) b->count;

		if (counts[group][0] + counts[group][1] > 0)
			index += (share_b - share_a) * log(share_b / share_a);
	}
	return index;
}

/* The largest distance between the shares below a bound. */
static double
largest_distance(const Scorecard *a, const Scorecard *b)
{
	uint64		below_a = 0;
	uint64		below_b = 0;
	double		largest = 0;

	for (int i = 0; i < WL_BINS; i++)
	{
		below_a += a->bins[i];
		below_b += b->bins[i];
		largest = Max(largest, fabs((double) below_a / (double) a->count - (double) below_b / (double) b->count));
	}
	return largest;
}

/* (a, b): (psi, ks) */
PG_FUNCTION_INFO_V1(wl_drift);
Datum
wl_drift(PG_FUNCTION_ARGS)
{
	Scorecard	a;
	Scorecard	b;
	Datum		values[2];
	bool		nulls[2] = {0};

	if (!scorecard_argument(fcinfo, 0, &a) || !scorecard_argument(fcinfo, 1, &b))
		PG_RETURN_NULL();
	values[0] = Float8GetDatum(stability_index(&a, &b));
	values[1] = Float8GetDatum(largest_distance(&a, &b));
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}

/* The accessors' results by name, and the bins that are not empty. */
PG_FUNCTION_INFO_V1(wl_scorecard_to_jsonb);
Datum
wl_scorecard_to_jsonb(PG_FUNCTION_ARGS)
{
	static const int bins = 20;
	Scorecard	s;
	bool		empty = !scorecard_argument(fcinfo, 0, &s);
	const char *separator = "";
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"count\": " UINT64_FORMAT, s.count);
	wl_append_json(&buf, "average", empty ? 0 : average(&s), empty);
	wl_append_json(&buf, "stddev", s.count < 2 ? 0 : deviation(&s), s.count < 2);
	wl_append_json(&buf, "min", s.min, empty);
	wl_append_json(&buf, "median", empty ? 0 : quantile(&s, 0.5), empty);
	wl_append_json(&buf, "max", s.max, empty);
	appendStringInfoString(&buf, ", \"histogram\": [");
	for (int i = 0; i < bins; i++)
	{
		uint64		count = count_in(&s, i, bins);

		if (count == 0)
			continue;
		appendStringInfo(&buf, "%s{\"bin\": %d", separator, i + 1);
		wl_append_json(&buf, "lower", wl_bin_bound(i, bins), false);
		wl_append_json(&buf, "upper", wl_bin_bound(i + 1, bins), false);
		appendStringInfo(&buf, ", \"count\": " UINT64_FORMAT "}", count);
		separator = ", ";
	}
	appendStringInfoString(&buf, "]}");
	return wl_json_result(&buf);
}
