/*
 * fit.c
 *		The logistic regression of williams_fit.
 *
 * The model is a logistic regression over the cells of the evidence:
 *
 *	logit(right) = intercept + slope * x + passed + failed + silent
 *				   + intercept of the field + slope of the field * x
 *
 * x is the logit of the bin's confidence (math/logit.h). passed, failed and silent
 * count where they apply. The coefficients minimise
 *
 *	-log likelihood + ridge / 2 * (intercept^2 + (slope - 1)^2 + passed^2 + failed^2
 *		+ silent^2 + the squares of the fields' intercepts and slopes)
 *
 * so without evidence the engine is taken at its word, and a rare field differs
 * little from all the others. This is strictly convex if ridge > 0; Newton's method
 * with step halving finds the minimum.
 *
 * It is solved for the fields' totals, u = intercept + the field's intercept and
 * v = slope + the field's slope: then ridge alone couples intercept and slope with
 * the fields, and much evidence cancels no digits. The Hessian has a 2 x 2 block for
 * each field, which is coupled only with the 5 common coefficients, so the time is
 * linear in the number of fields. Cells are summed in the evidence's order, so equal
 * evidence gives an equal model, to the last bit.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

#include "score/evidence/fit.h"

#define MAX_ITERATIONS		100
#define MAX_HALVINGS		40
#define TINY_STEP			1e-12

/* Rounding may keep steps from getting smaller than TINY_STEP, but not than this. */
#define SMALL_STEP			1e-6

static double
square(double x)
{
	return x * x;
}

static double
objective(const WlFit *fit, const WlCoefficients *w)
{
	double		loss = 0;
	double		penalty = square(w->common[WL_FIT_INTERCEPT]) + square(w->common[WL_FIT_SLOPE] - 1);

	for (int k = WL_FIT_PASSED; k < WL_FIT_COMMON; k++)
		penalty += square(w->common[k]);
	for (int i = 0; i < fit->evidence->nfields; i++)
		penalty += square(w->lines[i].u - w->common[WL_FIT_INTERCEPT]) + square(w->lines[i].v - w->common[WL_FIT_SLOPE]);
	for (int i = 0; i < fit->n; i++)
	{
		const WlObserved *o = &fit->observed[i];
		double		z = wl_fit_logit(w, o);

		/* seen * log(1 + exp(z)) - right * z, without overflow */
		loss += o->seen * log1p(exp(-fabs(z))) + (z > 0 ? (o->seen - o->right) * z : -o->right * z);
	}
	return loss + fit->ridge / 2 * penalty;
}

/*
 * Newton's step
 */

/* A field's part of the gradient and of the Hessian. */
typedef struct Block
{
	double		g[2];
	double		d[2][2];		/* inverse of the field's own block */
	double		b[2][WL_FIT_COMMON];	/* the coupling with the common
										 * coefficients */
} Block;

/* The inverse of a field's block, h[] weighted by x^0, x^1 and x^2, plus ridge. */
static void
invert_block(double inverse[2][2], const double h[3], double spread, double ridge)
{
	/*
	 * the determinant as a sum without cancellation: h0 * spread is h0 * h2 -
	 * h1^2
	 */
	double		determinant = h[0] * spread + ridge * (h[0] + h[2]) + ridge * ridge;

	inverse[0][0] = (h[2] + ridge) / determinant;
	inverse[1][1] = (h[0] + ridge) / determinant;
	inverse[0][1] = inverse[1][0] = -h[1] / determinant;
}

/*
 * Compute the block of field i, whose observations are first to last - 1, and add
 * these to the common part of the gradient and the Hessian.
 */
static void
sum_field(const WlFit *fit, int i, int first, int last, Block *block,
		  double gradient[WL_FIT_COMMON], double hessian[WL_FIT_COMMON][WL_FIT_COMMON])
{
	const WlCoefficients *w = &fit->w;
	double		weights[WL_CELLS];
	double		h[3] = {0};
	double		spread = 0;

	memset(block, 0, sizeof(*block));
	block->g[0] = fit->ridge * (w->lines[i].u - w->common[WL_FIT_INTERCEPT]);
	block->g[1] = fit->ridge * (w->lines[i].v - w->common[WL_FIT_SLOPE]);
	gradient[WL_FIT_INTERCEPT] -= block->g[0];
	gradient[WL_FIT_SLOPE] -= block->g[1];
	block->b[0][WL_FIT_INTERCEPT] = block->b[1][WL_FIT_SLOPE] = -fit->ridge;
	for (int j = first; j < last; j++)
	{
		const WlObserved *o = &fit->observed[j];
		double		p = wl_expit(wl_fit_logit(w, o));
		double		slope = o->seen * p - o->right;
		double		weight = o->seen * p * (1 - p);

		weights[j - first] = weight;
		block->g[0] += slope;
		block->g[1] += slope * o->x;
		h[0] += weight;
		h[1] += weight * o->x;
		h[2] += weight * o->x * o->x;
		for (int k = 0; k < WL_FIT_EFFECTS; k++)
		{
			if (!o->effects[k])
				continue;
			gradient[WL_FIT_PASSED + k] += slope;
			block->b[0][WL_FIT_PASSED + k] += weight;
			block->b[1][WL_FIT_PASSED + k] += weight * o->x;
			for (int l = 0; l < WL_FIT_EFFECTS; l++)
				if (o->effects[l])
					hessian[WL_FIT_PASSED + k][WL_FIT_PASSED + l] += weight;
		}
	}
	for (int j = first; j < last && h[0] > 0; j++)
		spread += weights[j - first] * square(fit->observed[j].x - h[1] / h[0]);
	invert_block(block->d, h, spread, fit->ridge);
}

/* Subtract the field's block from the common part: the Schur complement. */
static void
eliminate_field(const Block *block, double gradient[WL_FIT_COMMON], double hessian[WL_FIT_COMMON][WL_FIT_COMMON])
{
	for (int k = 0; k < WL_FIT_COMMON; k++)
	{
		double		a = block->b[0][k] * block->d[0][0] + block->b[1][k] * block->d[1][0];
		double		b = block->b[0][k] * block->d[0][1] + block->b[1][k] * block->d[1][1];

		gradient[k] -= a * block->g[0] + b * block->g[1];
		for (int l = 0; l < WL_FIT_COMMON; l++)
			hessian[k][l] -= a * block->b[0][l] + b * block->b[1][l];
	}
}

/* Solve hessian * x = b by Cholesky's method; false if the matrix is not positive. */
static bool
solve(double a[WL_FIT_COMMON][WL_FIT_COMMON], const double b[WL_FIT_COMMON], double x[WL_FIT_COMMON])
{
	for (int i = 0; i < WL_FIT_COMMON; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double		sum = a[i][j];

			for (int k = 0; k < j; k++)
				sum -= a[i][k] * a[j][k];
			if (i == j && !(sum > 0))
				return false;
			a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
		}
	}
	for (int i = 0; i < WL_FIT_COMMON; i++)
	{
		x[i] = b[i];
		for (int k = 0; k < i; k++)
			x[i] -= a[i][k] * x[k];
		x[i] /= a[i][i];
	}
	for (int i = WL_FIT_COMMON - 1; i >= 0; i--)
	{
		for (int k = i + 1; k < WL_FIT_COMMON; k++)
			x[i] -= a[k][i] * x[k];
		x[i] /= a[i][i];
	}
	return true;
}

/*
 * Compute Newton's step; false if there is none. *size is its largest part, and
 * *decrement its product with the gradient: twice the expected decrease.
 */
static bool
newton_step(WlFit *fit, Block *blocks, double *size, double *decrement)
{
	int			nfields = fit->evidence->nfields;
	double		gradient[WL_FIT_COMMON];
	double		reduced[WL_FIT_COMMON];
	double		hessian[WL_FIT_COMMON][WL_FIT_COMMON] = {{0}};
	double	   *step = fit->step.common;
	int			first = 0;

	for (int k = 0; k < WL_FIT_COMMON; k++)
	{
		gradient[k] = fit->ridge * (fit->w.common[k] - (k == WL_FIT_SLOPE ? 1 : 0));
		hessian[k][k] = fit->ridge * (k < WL_FIT_PASSED ? 1 + nfields : 1);
	}
	for (int i = 0; i < nfields; i++)
	{
		int			last = first;

		while (last < fit->n && fit->observed[last].field == i)
			last++;
		sum_field(fit, i, first, last, &blocks[i], gradient, hessian);
		first = last;
	}
	memcpy(reduced, gradient, sizeof(gradient));
	for (int i = 0; i < nfields; i++)
		eliminate_field(&blocks[i], reduced, hessian);
	if (!solve(hessian, reduced, step))
		return false;
	*size = *decrement = 0;
	for (int k = 0; k < WL_FIT_COMMON; k++)
	{
		*size = Max(*size, fabs(step[k]));
		*decrement += step[k] * gradient[k];
	}
	for (int i = 0; i < nfields; i++)
	{
		const Block *block = &blocks[i];
		double		g[2] = {block->g[0], block->g[1]};
		WlLine	   *line = &fit->step.lines[i];

		for (int k = 0; k < WL_FIT_COMMON; k++)
		{
			g[0] -= block->b[0][k] * step[k];
			g[1] -= block->b[1][k] * step[k];
		}
		line->u = block->d[0][0] * g[0] + block->d[0][1] * g[1];
		line->v = block->d[1][0] * g[0] + block->d[1][1] * g[1];
		*size = Max(*size, Max(fabs(line->u), fabs(line->v)));
		*decrement += line->u * block->g[0] + line->v * block->g[1];
	}
	return isfinite(*size) && isfinite(*decrement);
}

/* tried = w - share * step */
static void
try_step(WlFit *fit, double share)
{
	for (int k = 0; k < WL_FIT_COMMON; k++)
		fit->tried.common[k] = fit->w.common[k] - share * fit->step.common[k];
	for (int i = 0; i < fit->evidence->nfields; i++)
	{
		fit->tried.lines[i].u = fit->w.lines[i].u - share * fit->step.lines[i].u;
		fit->tried.lines[i].v = fit->w.lines[i].v - share * fit->step.lines[i].v;
	}
}

static void
take_step(WlFit *fit)
{
	WlCoefficients old = fit->w;

	fit->w = fit->tried;
	fit->tried = old;
}

/* Halve the step until it decreases the objective, whose value is *f; false if it never does. */
static bool
descend(WlFit *fit, double *f, double decrement)
{
	double		share = 1;

	for (int i = 0; i < MAX_HALVINGS; i++, share /= 2)
	{
		double		value;

		CHECK_FOR_INTERRUPTS();
		try_step(fit, share);
		value = objective(fit, &fit->tried);
		if (value <= *f - 1e-4 * share * decrement)
		{
			take_step(fit);
			*f = value;
			return true;
		}
	}
	return false;
}

/*
 * Once the expected decrease is below the rounding of the objective, whole steps
 * are taken, without a look at it: these converge quadratically. They end when they
 * are tiny, or no longer get smaller.
 */
static bool
minimise(WlFit *fit)
{
	Block	   *blocks = palloc(Max(fit->evidence->nfields, 1) * sizeof(Block));
	double		f = objective(fit, &fit->w);
	double		previous = get_float8_infinity();

	for (int i = 0; i < MAX_ITERATIONS; i++)
	{
		double		size;
		double		decrement;

		CHECK_FOR_INTERRUPTS();
		if (!newton_step(fit, blocks, &size, &decrement))
			return false;
		if (decrement > 1e-14 * (1 + fabs(f)))
		{
			if (!descend(fit, &f, decrement))
				return false;
		}
		else
		{
			if (size >= previous / 2 && size < SMALL_STEP)
				return true;
			previous = size;
			try_step(fit, 1);
			take_step(fit);
		}
		if (size < TINY_STEP)
			return true;
	}
	return false;
}

bool
wl_fit_coefficients(WlFit *fit)
{
	int			n = Max(fit->evidence->nfields, 1);

	fit->w.lines = palloc0(n * sizeof(WlLine));
	fit->step.lines = palloc0(n * sizeof(WlLine));
	fit->tried.lines = palloc0(n * sizeof(WlLine));
	fit->w.common[WL_FIT_SLOPE] = 1;
	for (int i = 0; i < fit->evidence->nfields; i++)
		fit->w.lines[i].v = 1;
	return minimise(fit);
}
