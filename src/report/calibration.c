/*
 * calibration.c
 *		The type williams_calibration, a summary of confidences and whether each
 *		was right. trust.c and threshold.c read it.
 *
 * Each bin of the histogram has the number of observations, how many of them are
 * correct, and the exact sum of their confidences, so coarser bins are exact too.
 * The head has the sum of the correct observations' confidences and the sum of
 * all squares, for the Brier score. As in scorecard.c, merging is exact in any
 * order.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/state.h"
#include "report/calibration.h"
#include "report/summary.h"
#include "score/field_text.h"
#include "score/fields.h"
#include "score/truth.h"

#define HEAD_WORDS	5
#define ENTRY_WORDS	4

StaticAssertDecl(sizeof(WlCalibration) == 8 * WL_SUMMARY_WORDS(HEAD_WORDS, ENTRY_WORDS),
				 "a dense summary");
StaticAssertDecl(HEAD_WORDS <= WL_HEAD_MAX && ENTRY_WORDS <= WL_ENTRY_MAX, "room for head and entry");

bool
wl_squared_errors(const WlCalibration *c, uint64 correct, WlWide *errors)
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
sums_fit(const WlCalibration *c)
{
	WlObserved	all = wl_observed_in(c, 0, WL_BINS);
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
	return wl_squared_errors(c, all.correct, &a) && wl_wide_le(&a, &b);
}

static bool
is_valid(const void *p)
{
	static const WlCalibration empty;
	const WlCalibration *c = p;
	uint64		count = 0;

	if (c->count == 0)
		return memcmp(c, &empty, sizeof(empty)) == 0;
	for (int i = 0; i < WL_BINS; i++)
	{
		const WlObserved *o = &c->bins[i];
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
	WlCalibration *c = p;
	const WlCalibration *other = q;

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

static inline void
observe(WlCalibration *c, double confidence, bool correct)
{
	uint64		fixed = wl_steps(confidence);
	WlObserved *o = &c->bins[wl_bin(confidence)];

	if (unlikely(c->count == PG_INT64_MAX))
		wl_refuse_overflow("count");
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
}

/* (state, confidence, correct) */
PG_FUNCTION_INFO_V1(wl_calibration_accum);
Datum
wl_calibration_accum(PG_FUNCTION_ARGS)
{
	WlCalibration *c = wl_state_writable(fcinfo, sizeof(WlCalibration));
	double		confidence = PG_GETARG_FLOAT8(1);

	wl_check_fraction(confidence, "confidence");
	observe(c, confidence, PG_GETARG_BOOL(2));
	PG_RETURN_POINTER(c);
}

/*
 * Observe each field that has a confidence, was read, and has a key in the truth. All
 * texts of a document together could take up all memory: that of 1e131000 has 131,001
 * characters.
 */
static void
observe_fields(WlCalibration *c, const JsonbContainer *confidence, const JsonbContainer *as_read,
			   const JsonbContainer *truth)
{
	MemoryContext texts = AllocSetContextCreate(CurrentMemoryContext, "williams texts",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(texts);
	WlMembers	scores;
	WlMembers	values;
	WlMembers	truths;

	wl_members_begin(&values, as_read);
	wl_members_begin(&truths, truth);
	for (wl_members_begin(&scores, confidence); scores.valid; wl_members_next(&scores))
	{
		WlFieldText text;
		double		x;

		CHECK_FOR_INTERRUPTS();
		if (!wl_members_find(&truths, &scores.key) || !wl_members_find(&values, &scores.key) ||
			!wl_value_confidence(&scores.value, &x))
			continue;
		text = wl_text_of(&values.value);

		if (text.data != NULL)
			observe(c, x, wl_is_right(&text, &truths.value));
		MemoryContextReset(texts);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(texts);
}

/* (state, confidence, as_read, truth); a row in which one of them is no object is ignored */
PG_FUNCTION_INFO_V1(wl_calibration_accum_fields);
Datum
wl_calibration_accum_fields(PG_FUNCTION_ARGS)
{
	WlCalibration *c = wl_state_writable(fcinfo, sizeof(WlCalibration));
	Jsonb	   *confidence = PG_GETARG_JSONB_P(1);
	Jsonb	   *as_read = PG_GETARG_JSONB_P(2);
	Jsonb	   *truth = PG_GETARG_JSONB_P(3);

	if (JB_ROOT_IS_OBJECT(confidence) && JB_ROOT_IS_OBJECT(as_read) && JB_ROOT_IS_OBJECT(truth))
		observe_fields(c, &confidence->root, &as_read->root, &truth->root);
	PG_RETURN_POINTER(c);
}

/*
 * Reading
 */

bool
wl_calibration_argument(FunctionCallInfo fcinfo, int argument, WlCalibration *c)
{
	wl_summary_read(&calibration_type, PG_GETARG_DATUM(argument), c);
	return c->count > 0;
}

PG_FUNCTION_INFO_V1(wl_calibration_count);
Datum
wl_calibration_count(PG_FUNCTION_ARGS)
{
	WlCalibration c;

	wl_calibration_argument(fcinfo, 0, &c);
	PG_RETURN_INT64(c.count);
}
