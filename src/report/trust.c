/*
 * trust.c
 *		How far the confidences of a calibration can be trusted: is 0.9 right nine
 *		times in ten, and do right values have higher confidences than wrong ones?
 *
 * The first is calibration (ECE, Brier score, reliability), the second
 * discrimination (AUROC, risk by coverage), and neither implies the other. Results
 * depend on counts and exact sums only, so they are the same however a calibration
 * has been merged. All are NULL for an empty calibration.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#include "math/binomial.h"
#include "report/calibration.h"
#include "report/summary.h"

static double
confidence_of(const WlObserved *o)
{
	return wl_exact_double(o->sum, 2) / (double) o->count / WL_EXACT_ONE;
}

static double
brier(const WlCalibration *c)
{
	WlObserved	all = wl_observed_in(c, 0, WL_BINS);
	WlWide		errors;

	if (!wl_squared_errors(c, all.correct, &errors))
		elog(ERROR, "a sum of squares is negative");
	return wl_exact_double(errors.words, 4) / (double) c->count / (WL_EXACT_ONE * WL_EXACT_ONE);
}

/* The mean of |accuracy - confidence| over bins, each weighted with its count. */
static double
calibration_error(const WlCalibration *c, int bins)
{
	int			width = WL_BINS / bins;
	double		total = 0;

	for (int i = 0; i < bins; i++)
	{
		WlObserved	o = wl_observed_in(c, i * width, width);
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

/*
 * The probability that a right value has a higher confidence than a wrong one, where
 * two values of the same bin count half. It is computed from twice the number of such
 * pairs, an integer of up to 127 bits. False unless there are values of both kinds.
 */
static bool
auroc(const WlCalibration *c, double *result)
{
	WlObserved	all = wl_observed_in(c, 0, WL_BINS);
	uint64		wrong = wl_wrong(&all);
	uint64		below = 0;
	WlWide		pairs = wl_wide_product(&all.correct, 1, &wrong, 1);
	WlWide		twice = {{0}};

	if (all.correct == 0 || wrong == 0)
		return false;
	for (int i = 0; i < WL_BINS; i++)
	{
		uint64		here = wl_wrong(&c->bins[i]);
		uint64		lower = 2 * below + here;
		WlWide		part = wl_wide_product(&c->bins[i].correct, 1, &lower, 1);

		wl_wide_add(&twice, &part);
		below += here;
	}
	*result = wl_exact_double(twice.words, 4) / 2 / wl_exact_double(pairs.words, 4);
	return true;
}

PG_FUNCTION_INFO_V1(wl_accuracy);
Datum
wl_accuracy(PG_FUNCTION_ARGS)
{
	WlCalibration c;
	WlObserved	all;

	if (!wl_calibration_argument(fcinfo, 0, &c))
		PG_RETURN_NULL();
	all = wl_observed_in(&c, 0, WL_BINS);
	PG_RETURN_FLOAT8(wl_accuracy_of(&all));
}

PG_FUNCTION_INFO_V1(wl_brier);
Datum
wl_brier(PG_FUNCTION_ARGS)
{
	WlCalibration c;

	if (!wl_calibration_argument(fcinfo, 0, &c))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(brier(&c));
}

PG_FUNCTION_INFO_V1(wl_ece);
Datum
wl_ece(PG_FUNCTION_ARGS)
{
	int			bins = wl_bins_argument(fcinfo, 1);
	WlCalibration c;

	if (!wl_calibration_argument(fcinfo, 0, &c))
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
	WlCalibration c;

	wl_calibration_argument(fcinfo, 0, &c);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < bins; i++)
	{
		WlObserved	o = wl_observed_in(&c, i * width, width);
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
			values[5] = Float8GetDatum(wl_accuracy_of(&o));
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* NULL unless some values are right and some are wrong */
PG_FUNCTION_INFO_V1(wl_auroc);
Datum
wl_auroc(PG_FUNCTION_ARGS)
{
	WlCalibration c;
	double		result;

	wl_calibration_argument(fcinfo, 0, &c);
	if (!auroc(&c, &result))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

/*
 * (threshold, coverage, risk, risk_high), a row for each bin that is not empty, from
 * the highest down: what is accepted at its lower bound
 */
PG_FUNCTION_INFO_V1(wl_risk_coverage);
Datum
wl_risk_coverage(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WlCalibration c;
	WlObserved	accepted = {0};

	wl_calibration_argument(fcinfo, 0, &c);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = WL_BINS - 1; i >= 0; i--)
	{
		double		risk;
		Datum		values[4];
		bool		nulls[4] = {0};

		if (c.bins[i].count == 0)
			continue;
		wl_observed_add(&accepted, &c.bins[i]);
		risk = (double) wl_wrong(&accepted) / (double) accepted.count;
		values[0] = Float8GetDatum(wl_bin_bounds[i]);
		values[1] = Float8GetDatum((double) accepted.count / (double) c.count);
		values[2] = Float8GetDatum(risk);
		values[3] = Float8GetDatum(wl_wilson_high(risk, (double) accepted.count));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* The accessors' results by name, and the bins that are not empty. */
PG_FUNCTION_INFO_V1(wl_calibration_to_jsonb);
Datum
wl_calibration_to_jsonb(PG_FUNCTION_ARGS)
{
	static const int bins = 10;
	WlCalibration c;
	bool		empty = !wl_calibration_argument(fcinfo, 0, &c);
	WlObserved	all = wl_observed_in(&c, 0, WL_BINS);
	double		discrimination = 0;
	bool		mixed = auroc(&c, &discrimination);
	const char *separator = "";
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"count\": " UINT64_FORMAT, c.count);
	wl_append_json(&buf, "accuracy", empty ? 0 : wl_accuracy_of(&all), empty);
	wl_append_json(&buf, "brier", empty ? 0 : brier(&c), empty);
	wl_append_json(&buf, "ece", empty ? 0 : calibration_error(&c, bins), empty);
	wl_append_json(&buf, "auroc", discrimination, !mixed);
	appendStringInfoString(&buf, ", \"reliability\": [");
	for (int i = 0; i < bins; i++)
	{
		WlObserved	o = wl_observed_in(&c, i * (WL_BINS / bins), WL_BINS / bins);

		if (o.count == 0)
			continue;
		appendStringInfo(&buf, "%s{\"bin\": %d", separator, i + 1);
		wl_append_json(&buf, "lower", wl_bin_bound(i, bins), false);
		wl_append_json(&buf, "upper", wl_bin_bound(i + 1, bins), false);
		appendStringInfo(&buf, ", \"count\": " UINT64_FORMAT, o.count);
		wl_append_json(&buf, "confidence", confidence_of(&o), false);
		wl_append_json(&buf, "accuracy", wl_accuracy_of(&o), false);
		appendStringInfoChar(&buf, '}');
		separator = ", ";
	}
	appendStringInfoString(&buf, "]}");
	return wl_json_result(&buf);
}
