/*
 * calibration.c
 *		The type williams_calibration, a summary of confidences and whether each
 *		was right: is 0.9 right nine times in ten, and above which confidence can
 *		review be skipped?
 *
 * Each bin of the histogram has the number of observations, how many of them are
 * correct, and the exact sum of their confidences, so coarser bins are exact too.
 * The head has the sum of the correct observations' confidences and the sum of
 * all squares, for the Brier score. As in scorecard.c, merging is exact in any
 * order.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/record.h"
#include "base/state.h"
#include "report/summary.h"

/* The observations in one or more bins; a bin's words. */
typedef struct Observed
{
	uint64		count;
	uint64		correct;
	uint64		sum[2];			/* of confidences */
} Observed;

/* All zero while empty. */
typedef struct Calibration
{
	uint64		count;
	uint64		correct_sum[2];
	uint64		squares[3];
	Observed	bins[WL_BINS];
} Calibration;

#define HEAD_WORDS	5
#define ENTRY_WORDS	4

StaticAssertDecl(sizeof(Calibration) == 8 * WL_SUMMARY_WORDS(HEAD_WORDS, ENTRY_WORDS),
				 "a dense summary");
StaticAssertDecl(HEAD_WORDS <= WL_HEAD_MAX && ENTRY_WORDS <= WL_ENTRY_MAX, "room for head and entry");

/* 95 % of a normal distribution lie within Z standard deviations of the mean. */
#define Z	1.959963984540054

static void
add_observed(Observed *a, const Observed *b)
{
	a->count += b->count;
	a->correct += b->correct;
	wl_exact_merge(a->sum, b->sum, 2);
}

static Observed
observed_from(const Calibration *c, int first, int n)
{
	Observed	total = {0};

	for (int i = first; i < first + n; i++)
		add_observed(&total, &c->bins[i]);
	return total;
}

/* The sum of (confidence - correct)^2, in steps of 2^-124; false if it is negative. */
static bool
squared_errors(const Calibration *c, uint64 correct, WlWide *errors)
{
	uint64		one[2] = {0, UINT64CONST(1) << 60};
	uint64		two = UINT64CONST(1) << 63;
	WlWide		squares = wl_wide(c->squares, 3);
	WlWide		twice = wl_wide_product(c->correct_sum, 2, &two, 1);

	*errors = wl_wide_product(&correct, 1, one, 2);
	wl_wide_add(errors, &squares);
	if (!wl_wide_le(&twice, errors))
		return false;
	wl_wide_subtract(errors, &twice);
	return true;
}

/* Add a times the bin's lower bound to least, and a times its upper bound to most. */
static void
add_range(WlWide *least, WlWide *most, const uint64 *a, int words, int bin)
{
	uint64		lower = wl_steps(wl_bin_bounds[bin]);
	uint64		upper = wl_steps(wl_bin_bounds[bin + 1]);
	WlWide		low = wl_wide_product(a, words, &lower, 1);
	WlWide		high = wl_wide_product(a, words, &upper, 1);

	wl_wide_add(least, &low);
	wl_wide_add(most, &high);
}

static bool
in_range(const WlWide *least, const uint64 *sum, int words, const WlWide *most)
{
	WlWide		wide = wl_wide(sum, words);

	return wl_wide_le(least, &wide) && wl_wide_le(&wide, most);
}

/* Do the head's sums agree with the bins? */
static bool
sums_fit(const Calibration *c)
{
	Observed	all = observed_from(c, 0, WL_BINS);
	uint64		one[2] = {0, UINT64CONST(1) << 60};
	WlWide		least[3] = {0};
	WlWide		most[3] = {0};
	WlWide		wrong_sum = wl_wide(all.sum, 2);
	WlWide		right_sum = wl_wide(c->correct_sum, 2);
	WlWide		a;
	WlWide		b;

	for (int i = 0; i < WL_BINS; i++)
	{
		uint64		wrong = c->bins[i].count - c->bins[i].correct;

		add_range(&least[0], &most[0], &c->bins[i].correct, 1, i);
		add_range(&least[1], &most[1], &wrong, 1, i);
		add_range(&least[2], &most[2], c->bins[i].sum, 2, i);
	}
	if (!in_range(&least[0], c->correct_sum, 2, &most[0]))
		return false;
	if (!wl_wide_le(&right_sum, &wrong_sum))
		return false;
	wl_wide_subtract(&wrong_sum, &right_sum);
	if (!in_range(&least[1], wrong_sum.words, 4, &most[1]))
		return false;
	if (!in_range(&least[2], c->squares, 3, &most[2]))
		return false;
	/* the variance of the confidences must not be negative */
	a = wl_wide_product(all.sum, 2, all.sum, 2);
	b = wl_wide_product(&c->count, 1, c->squares, 3);
	if (!wl_wide_le(&a, &b))
		return false;
	/* and no error can exceed 1 */
	b = wl_wide_product(&c->count, 1, one, 2);
	return squared_errors(c, all.correct, &a) && wl_wide_le(&a, &b);
}

static bool
is_valid(const void *p)
{
	static const Calibration empty;
	const Calibration *c = p;
	uint64		count = 0;

	if (c->count == 0)
		return memcmp(c, &empty, sizeof(empty)) == 0;
	for (int i = 0; i < WL_BINS; i++)
	{
		const Observed *o = &c->bins[i];
		WlWide		least = {{0}};
		WlWide		most = {{0}};

		if (o->correct > o->count || o->count > PG_INT64_MAX - count)
			return false;
		count += o->count;
		add_range(&least, &most, &o->count, 1, i);
		if (!in_range(&least, o->sum, 2, &most))
			return false;
	}
	return count == c->count && sums_fit(c);
}

static void
merge_head(void *p, const void *q)
{
	Calibration *c = p;
	const Calibration *other = q;

	wl_exact_merge(c->correct_sum, other->correct_sum, 2);
	wl_exact_merge(c->squares, other->squares, 3);
}

static const WlSummaryType calibration_type = {
	"williams_calibration", "iiiii", ENTRY_WORDS, 2, is_valid, merge_head
};

WL_SUMMARY_IO(calibration, calibration_type);
WL_SUMMARY_MERGE(calibration, calibration_type);
WL_SUMMARY_ORDER(calibration);

/*
 * Aggregates
 */

PG_FUNCTION_INFO_V1(wl_calibration_accum);
Datum
wl_calibration_accum(PG_FUNCTION_ARGS)
{
	Calibration *c = wl_state_writable(fcinfo, sizeof(Calibration));
	double		confidence = PG_GETARG_FLOAT8(1);
	bool		correct = PG_GETARG_BOOL(2);
	uint64		fixed;
	Observed   *o;

	wl_check_fraction(confidence, "confidence");
	if (unlikely(c->count == PG_INT64_MAX))
		wl_refuse_overflow("count");
	fixed = wl_steps(confidence);
	o = &c->bins[wl_bin(confidence)];
	c->count++;
	o->count++;
	wl_exact_add(o->sum, fixed);
	wl_exact_add_square(c->squares, fixed);
	if (correct)
	{
		o->correct++;
		wl_exact_add(c->correct_sum, fixed);
	}
	/* only at powers of two: the check costs a hundred times as much as a row */
	Assert((c->count & (c->count - 1)) != 0 || is_valid(c));
	PG_RETURN_POINTER(c);
}

/*
 * Accessors: NULL for an empty calibration, except for the count
 */

static double
confidence_of(const Observed *o)
{
	return wl_exact_double(o->sum, 2) / (double) o->count / WL_EXACT_ONE;
}

static double
accuracy_of(const Observed *o)
{
	return (double) o->correct / (double) o->count;
}

static double
brier(const Calibration *c)
{
	Observed	all = observed_from(c, 0, WL_BINS);
	WlWide		errors;

	if (!squared_errors(c, all.correct, &errors))
		elog(ERROR, "a sum of squares is negative");
	return wl_exact_double(errors.words, 4) / (double) c->count / (WL_EXACT_ONE * WL_EXACT_ONE);
}

/* The mean of |accuracy - confidence| over bins, each weighted with its count. */
static double
calibration_error(const Calibration *c, int bins)
{
	int			width = WL_BINS / bins;
	double		total = 0;

	for (int i = 0; i < bins; i++)
	{
		Observed	o = observed_from(c, i * width, width);
		uint64		unit = UINT64CONST(1) << 62;
		WlWide		correct = wl_wide_product(&o.correct, 1, &unit, 1);
		WlWide		sum = wl_wide(o.sum, 2);
		WlWide		gap;

		if (wl_wide_le(&correct, &sum))
		{
			gap = sum;
			wl_wide_subtract(&gap, &correct);
		}
		else
		{
			gap = correct;
			wl_wide_subtract(&gap, &sum);
		}
		total += wl_exact_double(gap.words, 4);
	}
	return total / (double) c->count / WL_EXACT_ONE;
}

/* The lower bound of Wilson's 95 % interval for a share of n observations. */
static double
wilson_low(double share, double n)
{
	double		z2 = Z * Z / n;
	double		low;

	low = (share + z2 / 2 - sqrt((share * (1 - share) + z2 / 4) * z2)) / (1 + z2);
	return Max(low, 0);
}

/* Read argument 0; false if it is an empty calibration. */
static bool
calibration_argument(FunctionCallInfo fcinfo, Calibration *c)
{
	wl_summary_read(&calibration_type, PG_GETARG_DATUM(0), c);
	return c->count > 0;
}

PG_FUNCTION_INFO_V1(wl_calibration_count);
Datum
wl_calibration_count(PG_FUNCTION_ARGS)
{
	Calibration c;

	calibration_argument(fcinfo, &c);
	PG_RETURN_INT64(c.count);
}

PG_FUNCTION_INFO_V1(wl_accuracy);
Datum
wl_accuracy(PG_FUNCTION_ARGS)
{
	Calibration c;
	Observed	all;

	if (!calibration_argument(fcinfo, &c))
		PG_RETURN_NULL();
	all = observed_from(&c, 0, WL_BINS);
	PG_RETURN_FLOAT8(accuracy_of(&all));
}

PG_FUNCTION_INFO_V1(wl_brier);
Datum
wl_brier(PG_FUNCTION_ARGS)
{
	Calibration c;

	if (!calibration_argument(fcinfo, &c))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(brier(&c));
}

PG_FUNCTION_INFO_V1(wl_ece);
Datum
wl_ece(PG_FUNCTION_ARGS)
{
	int			bins = wl_bins_argument(fcinfo, 1);
	Calibration c;

	if (!calibration_argument(fcinfo, &c))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(calibration_error(&c, bins));
}

/* (bin, lower, upper, count, confidence, accuracy), empty bins included */
PG_FUNCTION_INFO_V1(wl_reliability);
Datum
wl_reliability(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			bins = wl_bins_argument(fcinfo, 1);
	int			width = WL_BINS / bins;
	Calibration c;

	calibration_argument(fcinfo, &c);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < bins; i++)
	{
		Observed	o = observed_from(&c, i * width, width);
		Datum		values[6] = {0};
		bool		nulls[6] = {0};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Float8GetDatum(wl_bin_bound(i, bins));
		values[2] = Float8GetDatum(wl_bin_bound(i + 1, bins));
		values[3] = Int64GetDatum(o.count);
		nulls[4] = nulls[5] = o.count == 0;
		if (o.count > 0)
		{
			values[4] = Float8GetDatum(confidence_of(&o));
			values[5] = Float8GetDatum(accuracy_of(&o));
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * (threshold, accepted_share, precision, precision_low): the lowest bound of a
 * bin such that at least min_count observations lie at or above it and at least
 * target_precision of these are correct; NULL if there is none
 */
PG_FUNCTION_INFO_V1(wl_threshold);
Datum
wl_threshold(PG_FUNCTION_ARGS)
{
	double		target = PG_GETARG_FLOAT8(1);
	int64		min_count = PG_GETARG_INT64(2);
	Calibration c;
	Observed	accepted = {0};
	Observed	best = {0};
	int			threshold = -1;
	Datum		values[4];
	bool		nulls[4] = {0};

	wl_check_fraction(target, "target_precision");
	wl_check_positive(min_count, "min_count");
	calibration_argument(fcinfo, &c);
	for (int i = WL_BINS - 1; i >= 0; i--)
	{
		add_observed(&accepted, &c.bins[i]);
		if (accepted.count >= (uint64) min_count && accuracy_of(&accepted) >= target)
		{
			threshold = i;
			best = accepted;
		}
	}
	if (threshold < 0)
		PG_RETURN_NULL();
	values[0] = Float8GetDatum(wl_bin_bounds[threshold]);
	values[1] = Float8GetDatum((double) best.count / (double) c.count);
	values[2] = Float8GetDatum(accuracy_of(&best));
	values[3] = Float8GetDatum(wilson_low(accuracy_of(&best), (double) best.count));
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}

/* The accessors' results by name, and the bins that are not empty. */
PG_FUNCTION_INFO_V1(wl_calibration_to_jsonb);
Datum
wl_calibration_to_jsonb(PG_FUNCTION_ARGS)
{
	static const int bins = 10;
	Calibration c;
	bool		empty = !calibration_argument(fcinfo, &c);
	Observed	all = observed_from(&c, 0, WL_BINS);
	const char *separator = "";
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"count\": " UINT64_FORMAT, c.count);
	wl_append_json(&buf, "accuracy", empty ? 0 : accuracy_of(&all), empty);
	wl_append_json(&buf, "brier", empty ? 0 : brier(&c), empty);
	wl_append_json(&buf, "ece", empty ? 0 : calibration_error(&c, bins), empty);
	appendStringInfoString(&buf, ", \"reliability\": [");
	for (int i = 0; i < bins; i++)
	{
		Observed	o = observed_from(&c, i * (WL_BINS / bins), WL_BINS / bins);

		if (o.count == 0)
			continue;
		appendStringInfo(&buf, "%s{\"bin\": %d", separator, i + 1);
		wl_append_json(&buf, "lower", wl_bin_bound(i, bins), false);
		wl_append_json(&buf, "upper", wl_bin_bound(i + 1, bins), false);
		appendStringInfo(&buf, ", \"count\": " UINT64_FORMAT, o.count);
		wl_append_json(&buf, "confidence", confidence_of(&o), false);
		wl_append_json(&buf, "accuracy", accuracy_of(&o), false);
		appendStringInfoChar(&buf, '}');
		separator = ", ";
	}
	appendStringInfoString(&buf, "]}");
	return wl_json_result(&buf);
}
