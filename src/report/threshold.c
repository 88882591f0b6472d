/*
 * threshold.c
 *		Above which confidence a value is accepted without review: the lowest threshold
 *		that keeps to a precision, with a guarantee if one is asked for, and the
 *		threshold of least expected cost.
 *
 * A threshold is the lower bound of a bin, and a value at or above it is accepted.
 * So the thresholds are tried from the highest down, each accepting one bin more.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/check.h"
#include "base/record.h"
#include "math/binomial.h"
#include "report/calibration.h"

/*
 * The precision that is wanted. With a guarantee, alpha is the probability with which
 * a result may miss it. A target of 0 needs no evidence.
 */
typedef struct Target
{
	double		precision;
	uint64		min_count;
	double		alpha;
} Target;

typedef struct Accepted
{
	int			bin;			/* whose lower bound is the threshold, or -1 */
	WlObserved	observed;
} Accepted;

/*
 * The probability of so few errors if the precision is just below the target; the
 * hypothesis that it is below the target can be rejected if this is at most alpha.
 */
static double
chance_of(uint64 wrong, uint64 count, const Target *target)
{
	return target->precision > 0 ? wl_binomial_at_most(wrong, count, 1 - target->precision) : 0;
}

static bool
is_enough(const WlObserved *accepted, const Target *target)
{
	return accepted->count >= target->min_count && wl_accuracy_of(accepted) >= target->precision;
}

/* The lowest threshold at which the observed precision reaches the target. */
static Accepted
lowest_observed(const WlCalibration *c, const Target *target)
{
	Accepted	best = {-1};
	WlObserved	accepted = {0};

	for (int i = WL_BINS - 1; i >= 0; i--)
	{
		wl_observed_add(&accepted, &c->bins[i]);
		if (is_enough(&accepted, target))
			best = (Accepted)
		{
			i, accepted
		};
	}
	return best;
}

/* The sequence begins where so many errors can be tolerated, if that is within the best fifth. */
#define MOST_TOLERATED	10
#define START_WITHIN	5

/*
 * The lowest threshold of which the target can be guaranteed, by fixed-sequence
 * testing: the hypotheses "the precision is below the target" are tested in an order
 * that does not depend on the outcomes, each at level alpha, up to the first that
 * cannot be rejected. A wrong rejection requires that the first true hypothesis is
 * rejected, so its probability is at most alpha, however many are tested. (Given the
 * scores, values need not have the same probability of an error. Differences make so
 * small a number of errors less likely than the binomial distribution says.)
 *
 * The sequence goes down from the first threshold that could tolerate some errors
 * among the values it accepts: ten, or as many as keep it within the best fifth of all
 * values, which may be none. If it began where none can be tolerated, a single error
 * among the best few hundred values would end it, and an engine that is right 199
 * times in 200 would mostly fail for 99 %. (In simulations of six kinds of engine, more
 * errors or a larger part gained less than they cost.) The start depends on how many
 * values there are and how many of them are accepted, that is on scores alone, so the
 * guarantee stays valid.
 *
 * An empty bin leaves the hypothesis as it was. It is not accepted, because nothing
 * is known about it.
 */
static Accepted
lowest_guaranteed(const WlCalibration *c, const Target *target)
{
	Accepted	best = {-1};
	WlObserved	accepted = {0};
	uint64		tolerated = 0;
	bool		started = false;

	while (tolerated < MOST_TOLERATED &&
		   chance_of(tolerated + 1, c->count / START_WITHIN, target) <= target->alpha)
		tolerated++;
	for (int i = WL_BINS - 1; i >= 0; i--)
	{
		if (c->bins[i].count == 0)
			continue;
		wl_observed_add(&accepted, &c->bins[i]);
		started = started || (accepted.count >= target->min_count &&
							  chance_of(tolerated, accepted.count, target) <= target->alpha);
		if (!started)
			continue;
		if (!is_enough(&accepted, target) ||
			chance_of(wl_wrong(&accepted), accepted.count, target) > target->alpha)
			break;
		best = (Accepted)
		{
			i, accepted
		};
	}
	return best;
}

/*
 * (calibration, target_precision, min_count, guarantee), where a NULL guarantee asks
 * for none: (threshold, accepted_share, precision, precision_low)
 */
PG_FUNCTION_INFO_V1(wl_threshold);
Datum
wl_threshold(PG_FUNCTION_ARGS)
{
	bool		guaranteed = !PG_ARGISNULL(3);
	Target		target;
	WlCalibration c;
	Accepted	best;
	double		precision;
	Datum		values[4];
	bool		nulls[4] = {0};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	target.precision = PG_GETARG_FLOAT8(1);
	wl_check_fraction(target.precision, "target_precision");
	wl_check_positive(PG_GETARG_INT64(2), "min_count");
	target.min_count = PG_GETARG_INT64(2);
	if (guaranteed)
	{
		wl_check_guarantee(PG_GETARG_FLOAT8(3));
		target.alpha = 1 - PG_GETARG_FLOAT8(3);
	}
	if (!wl_calibration_argument(fcinfo, 0, &c))
		PG_RETURN_NULL();
	best = guaranteed ? lowest_guaranteed(&c, &target) : lowest_observed(&c, &target);
	if (best.bin < 0)
		PG_RETURN_NULL();
	precision = wl_accuracy_of(&best.observed);
	values[0] = Float8GetDatum(wl_bin_bounds[best.bin]);
	values[1] = Float8GetDatum((double) best.observed.count / (double) c.count);
	values[2] = Float8GetDatum(precision);
	values[3] = Float8GetDatum(wl_wilson_low(precision, (double) best.observed.count));
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}

/* What it costs to accept these values and to review the others. */
static double
total_cost(const WlCalibration *c, const WlObserved *accepted, double cost_error, double cost_review)
{
	return cost_error * (double) wl_wrong(accepted) + cost_review * (double) (c->count - accepted->count);
}

/*
 * (calibration, cost_error, cost_review): (threshold, accepted_share, cost,
 * cost_accept_all, cost_review_all), the costs per value; a threshold of NULL means
 * that every value should be reviewed
 *
 * Costs are compared as totals. If the arguments are integers, totals are exact, so
 * that of equal costs the one with the fewest reviews wins.
 */
PG_FUNCTION_INFO_V1(wl_threshold_cost);
Datum
wl_threshold_cost(PG_FUNCTION_ARGS)
{
	double		error = PG_GETARG_FLOAT8(1);
	double		review = PG_GETARG_FLOAT8(2);
	double		unit;
	WlCalibration c;
	WlObserved	accepted = {0};
	Accepted	best = {-1};
	double		least;
	double		total;
	Datum		values[5];
	bool		nulls[5] = {0};

	wl_check_cost(error, "cost_error");
	wl_check_cost(review, "cost_review");
	if (!wl_calibration_argument(fcinfo, 0, &c))
		PG_RETURN_NULL();
	/* totals of huge costs would overflow; a power of two loses no digits */
	unit = Max(error, review) > 1e280 ? ldexp(1, 100) : 1;
	least = total = total_cost(&c, &accepted, error / unit, review / unit);
	for (int i = WL_BINS - 1; i >= 0; i--)
	{
		wl_observed_add(&accepted, &c.bins[i]);
		total = total_cost(&c, &accepted, error / unit, review / unit);
		if (accepted.count > 0 && total <= least)
		{
			least = total;
			best = (Accepted)
			{
				i, accepted
			};
		}
	}
	nulls[0] = best.bin < 0;
	values[0] = Float8GetDatum(nulls[0] ? 0 : wl_bin_bounds[best.bin]);
	values[1] = Float8GetDatum((double) best.observed.count / (double) c.count);
	values[2] = Float8GetDatum(least / (double) c.count * unit);
	values[3] = Float8GetDatum(total / (double) c.count * unit);
	values[4] = Float8GetDatum(review);
	return wl_form_record(fcinfo, values, nulls, lengthof(values));
}
