/*
 * fit_model.c
 *		williams_fit: the model that evidence supports, as jsonb.
 *
 * With the coefficients it has what the model says of its own evidence: how many
 * observations there are, how well the probabilities agree with them, how well they
 * tell right from wrong, and which threshold gives which precision.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "base/stored.h"
#include "score/evidence/fit.h"

#define MODEL_VERSION		1

/* Fewer observations are refused. */
#define MIN_OBSERVATIONS	30

/* Accepted observations of a point of the curve. */
#define MIN_ACCEPTED		100

/* The precisions of the curve, in thousandths: coarser where few would choose one. */
#define MIN_PRECISION		500
#define FINE_PRECISION		900
#define COARSE_STEP			10

#define ECE_BINS			10

static void
read_cells(WlFit *fit)
{
	const WlEvidence *e = fit->evidence;

	fit->observed = palloc(Max(e->nfields, 1) * WL_CELLS * sizeof(WlFitCell));
	for (int i = 0; i < e->nfields; i++)
		for (int c = 0; c < WL_CELLS; c++)
		{
			const WlCell *cell = wl_evidence_cell(&e->fields[i], c);
			int			outcome = c / WL_EVIDENCE_BINS;
			int			bin = c % WL_EVIDENCE_BINS;
			WlFitCell  *o = &fit->observed[fit->n];

			if (cell == NULL)
				continue;
			o->field = i;
			o->cell = c;
			o->effects[WL_FIT_EFFECT(WL_FIT_PASSED)] = outcome == WL_OUTCOME_PASSED;
			o->effects[WL_FIT_EFFECT(WL_FIT_FAILED)] = outcome == WL_OUTCOME_FAILED;
			o->effects[WL_FIT_EFFECT(WL_FIT_SILENT)] = bin == WL_SILENT_BIN;
			o->x = bin == WL_SILENT_BIN ? 0 : wl_logit(wl_bin_confidence(bin));
			o->seen = (double) cell->seen;
			o->right = (double) cell->right;
			fit->right += cell->right;
			fit->n++;
		}
}

/*
 * What the model says of its own evidence
 */

static double
expected_calibration_error(const WlFit *fit)
{
	double		gaps[ECE_BINS] = {0};
	double		total = 0;

	for (int i = 0; i < fit->n; i++)
	{
		const WlFitCell *o = &fit->observed[i];
		int			bin = Min((int) (o->p * ECE_BINS), ECE_BINS - 1);

		gaps[bin] += o->seen * o->p - o->right;
	}
	for (int i = 0; i < ECE_BINS; i++)
		total += fabs(gaps[i]);
	return total / (double) fit->evidence->count;
}

static double
brier(const WlFit *fit)
{
	double		total = 0;

	for (int i = 0; i < fit->n; i++)
	{
		const WlFitCell *o = &fit->observed[i];

		total += o->right * (1 - o->p) * (1 - o->p) + (o->seen - o->right) * o->p * o->p;
	}
	return total / (double) fit->evidence->count;
}

/* Highest probability first. Fields and cells break ties, so the order is total. */
static int
compare_observed(const void *a, const void *b)
{
	const WlFitCell *x = a;
	const WlFitCell *y = b;

	if (x->p != y->p)
		return x->p > y->p ? -1 : 1;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* The observations with a probability of at least p. */
typedef struct Accepted
{
	double		p;
	double		seen;
	double		right;
} Accepted;

/* Sort the observations; returns an element for each probability, the highest first. */
static Accepted *
accumulate(WlFit *fit, int *n)
{
	Accepted   *accepted = palloc(fit->n * sizeof(Accepted));
	Accepted	all = {0};

	*n = 0;
	qsort(fit->observed, fit->n, sizeof(WlFitCell), compare_observed);
	for (int i = 0; i < fit->n; i++)
	{
		const WlFitCell *o = &fit->observed[i];

		all.p = o->p;
		all.seen += o->seen;
		all.right += o->right;
		if (i + 1 == fit->n || fit->observed[i + 1].p != o->p)
			accepted[(*n)++] = all;
	}
	return accepted;
}

/* The chance that a right value has a higher probability than a wrong one; ties count half. */
static double
auroc(const Accepted *accepted, int n)
{
	const Accepted *all = &accepted[n - 1];
	Accepted	before = {0};
	double		area = 0;

	for (int i = 0; i < n; i++)
	{
		double		right = accepted[i].right - before.right;
		double		wrong = (accepted[i].seen - before.seen) - right;

		area += wrong * (before.right + right / 2);
		before = accepted[i];
	}
	return area / all->right / (all->seen - all->right);
}

/*
 * The precision of what is accepted, in thousandths, rounded down; 0 if it is not
 * for the curve.
 */
static int
curve_precision(const Accepted *a)
{
	/* not 989 for 99 of 100 */
	int			precision = (int) floor(a->right / a->seen * 1000 + 1e-9);

	if (a->seen < MIN_ACCEPTED || precision < MIN_PRECISION)
		return 0;
	return precision < FINE_PRECISION ? precision - precision % COARSE_STEP : precision;
}

/*
 * Append the thresholds worth choosing, the highest first: [threshold, precision,
 * share accepted]. A threshold is left out if a lower one has the same precision or
 * a higher one.
 */
static void
append_curve(StringInfo buf, const Accepted *accepted, int n)
{
	int		   *precisions = palloc(n * sizeof(int));
	int			best = 0;
	const char *separator = "";

	for (int i = n - 1; i >= 0; i--)
	{
		precisions[i] = curve_precision(&accepted[i]);
		if (precisions[i] <= best)
			precisions[i] = 0;
		else
			best = precisions[i];
	}
	appendStringInfoString(buf, ", \"curve\": [");
	for (int i = 0; i < n; i++)
	{
		if (precisions[i] == 0)
			continue;
		appendStringInfo(buf, "%s[", separator);
		wl_append_float(buf, accepted[i].p);
		appendStringInfoString(buf, ", ");
		wl_append_float(buf, precisions[i] / 1000.0);
		appendStringInfoString(buf, ", ");
		wl_append_float(buf, rint(accepted[i].seen / accepted[n - 1].seen * 1e4) / 1e4);
		appendStringInfoChar(buf, ']');
		separator = ", ";
	}
	appendStringInfoChar(buf, ']');
}

/*
 * The result
 */

static void
append_number(StringInfo buf, const char *key, double value)
{
	appendStringInfo(buf, ", \"%s\": ", key);
	wl_append_float(buf, value);
}

static void
append_fields(StringInfo buf, const WlFit *fit)
{
	const WlEvidence *e = fit->evidence;

	appendStringInfoString(buf, ", \"fields\": {");
	for (int i = 0; i < e->nfields; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(buf, ", ");
		escape_json(buf, e->fields[i].name.name);
		appendStringInfoString(buf, ": {\"intercept\": ");
		wl_append_float(buf, fit->w.lines[i].u - fit->w.common[WL_FIT_INTERCEPT]);
		append_number(buf, "slope", fit->w.lines[i].v - fit->w.common[WL_FIT_SLOPE]);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, '}');
}

static Datum
model_json(WlFit *fit)
{
	StringInfoData buf;
	Accepted   *accepted;
	int			n;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"version\": %d, \"observations\": " UINT64_FORMAT,
					 MODEL_VERSION, fit->evidence->count);
	append_number(&buf, "right", (double) fit->right / (double) fit->evidence->count);
	append_number(&buf, "ridge", fit->ridge);
	append_number(&buf, "intercept", fit->w.common[WL_FIT_INTERCEPT]);
	append_number(&buf, "slope", fit->w.common[WL_FIT_SLOPE]);
	append_number(&buf, "passed", fit->w.common[WL_FIT_PASSED]);
	append_number(&buf, "failed", fit->w.common[WL_FIT_FAILED]);
	append_number(&buf, "silent", fit->w.common[WL_FIT_SILENT]);
	append_fields(&buf, fit);
	append_number(&buf, "ece", expected_calibration_error(fit));
	append_number(&buf, "brier", brier(fit));
	accepted = accumulate(fit, &n);
	append_number(&buf, "auroc", auroc(accepted, n));
	append_curve(&buf, accepted, n);
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}

static void
check_evidence(const WlFit *fit)
{
	uint64		count = fit->evidence->count;

	if (count < MIN_OBSERVATIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("evidence has too few observations for a model"),
				 errdetail("It has " UINT64_FORMAT "; at least %d are needed.", count, MIN_OBSERVATIONS),
				 errhint("Gather the evidence of more documents.")));
	if (fit->right == 0 || fit->right == count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("all observations of the evidence are %s", fit->right == 0 ? "wrong" : "right"),
				 errhint("A model needs right and wrong values: gather the evidence of more documents.")));
}

PG_FUNCTION_INFO_V1(wl_fit);
Datum
wl_fit(PG_FUNCTION_ARGS)
{
	WlFit		fit = {.evidence = wl_evidence_argument(fcinfo, 0),.ridge = PG_GETARG_FLOAT8(1)};

	if (!(fit.ridge >= 0 && isfinite(fit.ridge)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ridge must be finite and not negative"),
				 errdetail("The value is %.15g.", fit.ridge)));
	read_cells(&fit);
	check_evidence(&fit);
	if (!wl_fit_coefficients(&fit))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the fit did not converge"),
				 errhint(fit.ridge > (double) fit.evidence->count ? "Lower ridge." : "Raise ridge.")));
	for (int i = 0; i < fit.n; i++)
		fit.observed[i].p = wl_expit(wl_fit_logit(&fit.w, &fit.observed[i]));
	return model_json(&fit);
}
