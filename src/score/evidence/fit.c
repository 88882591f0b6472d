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
		const WlFitCell *o = &fit->observed[i];
		double		z = wl_fit_logit(w, o);

		/* seen * log(1 + exp(z)) - right * z, without overflow */
		loss += o->seen * log1p(exp(-fabs(z))) + (z > 0 ? (o->seen - o->right) * z : -o->right * z);
	}
	return loss + fit->ridge / 2 * penalty;
}

/*
 * Newton's step
 *
 * A field's own block is F = sum of weight * (1, x)(1, x)' plus ridge * I. It is
 * coupled with intercept and slope by -ridge * I, and with effect k by E_k, the sum of
 * weight * (1, x) where the effect applies. To eliminate the field, the effects are
 * regressed on (1, x). What is left of them is a sum of squares, so nothing cancels
 * even if an effect applies to all of a field's values, and only ridge tells the two
 * apart.
 */

/* Weights of a field's values: their sum, the mean of x and the squares around it. */
typedef struct Moments
{
	double		sum;
	double		mean;
	double		spread;
	double		ridge;
	double		determinant;
} Moments;

/* A field's part of the gradient, and the elimination of the field. */
typedef struct Block
{
	double		g[2];			/* the gradient */
	double		step[2];		/* the step if the common coefficients stay */
	double		shift[2][2];	/* its change with intercept and slope */
	double		effects[WL_FIT_EFFECTS][2]; /* minus its change with each
											 * effect */
} Block;

/* Solve (F + ridge * I) * result = a; a[1] is given around the mean: a[1] - mean * a[0]. */
static void
solve_block(const Moments *m, double a, double centred, double result[2])
{
	result[0] = ((m->spread + m->ridge) * a - m->sum * m->mean * centred) / m->determinant;
	result[1] = ((m->sum + m->ridge) * centred + m->ridge * m->mean * a) / m->determinant;
}

static void
measure_weights(Moments *m, const WlFitCell *o, const double *weights, int n, double ridge)
{
	m->ridge = ridge;
	m->sum = m->mean = m->spread = 0;
	for (int j = 0; j < n; j++)
	{
		m->sum += weights[j];
		m->mean += weights[j] * o[j].x;
	}
	m->mean = m->sum > 0 ? m->mean / m->sum : 0;
	for (int j = 0; j < n; j++)
		m->spread += weights[j] * square(o[j].x - m->mean);
	m->determinant = m->sum * m->spread + square(ridge) +
		ridge * (m->sum + m->spread + m->sum * square(m->mean));
}

/*
 * Set slopes and weights of a field's values: the first and second derivative. Add
 * the slopes to the gradient of the effects, and return their sum.
 *
 * Where an effect applies to all values, its gradient and that of the field cancel
 * but for ridge. So both are made from the same sums, of values with the same effects,
 * and have the same rounding errors.
 */
static double
sum_slopes(const WlCoefficients *w, const WlFitCell *o, int n, double *slopes, double *weights,
		   double gradient[WL_FIT_COMMON])
{
	double		total = 0;
	int			next;

	for (int j = 0; j < n; j = next)
	{
		double		sum = 0;

		for (next = j; next < n && memcmp(o[next].effects, o[j].effects, sizeof(o->effects)) == 0; next++)
		{
			double		p = wl_expit(wl_fit_logit(w, &o[next]));

			slopes[next] = o[next].seen * p - o[next].right;
			weights[next] = o[next].seen * p * (1 - p);
			sum += slopes[next];
		}
		total += sum;
		for (int k = 0; k < WL_FIT_EFFECTS; k++)
			if (o[j].effects[k])
				gradient[WL_FIT_PASSED + k] += sum;
	}
	return total;
}

/* Add what is left of the effects once the field is eliminated to the Hessian. */
static void
eliminate_effects(const Moments *m, const WlFitCell *o, const double *weights, int n,
				  Block *block, double hessian[WL_FIT_COMMON][WL_FIT_COMMON])
{
	for (int k = 0; k < WL_FIT_EFFECTS; k++)
	{
		double		sum = 0;
		double		centred = 0;

		for (int j = 0; j < n; j++)
			if (o[j].effects[k])
			{
				sum += weights[j];
				centred += weights[j] * (o[j].x - m->mean);
			}
		solve_block(m, sum, centred, block->effects[k]);
		hessian[WL_FIT_PASSED + k][WL_FIT_INTERCEPT] += m->ridge * block->effects[k][0];
		hessian[WL_FIT_PASSED + k][WL_FIT_SLOPE] += m->ridge * block->effects[k][1];
	}
	for (int k = 0; k < WL_FIT_EFFECTS; k++)
		for (int l = 0; l <= k; l++)
		{
			const double *a = block->effects[k];
			const double *b = block->effects[l];
			double		left = m->ridge * (a[0] * b[0] + a[1] * b[1]);

			for (int j = 0; j < n; j++)
				left += weights[j] * (o[j].effects[k] - a[0] - a[1] * o[j].x) *
					(o[j].effects[l] - b[0] - b[1] * o[j].x);
			hessian[WL_FIT_PASSED + k][WL_FIT_PASSED + l] += left;
		}
}

/*
 * Add field i, with n values at o, to the common part of the gradient and, once it
 * is eliminated, to the lower triangle of the Hessian.
 */
static void
add_field(const WlFit *fit, int i, const WlFitCell *o, int n, Block *block,
		  double gradient[WL_FIT_COMMON], double hessian[WL_FIT_COMMON][WL_FIT_COMMON])
{
	const WlLine *line = &fit->w.lines[i];
	const double *common = fit->w.common;
	double		ridge = fit->ridge;
	double		slopes[WL_CELLS];
	double		weights[WL_CELLS];
	double		pull[2] = {ridge * (line->u - common[WL_FIT_INTERCEPT]), ridge * (line->v - common[WL_FIT_SLOPE])};
	double		centred;
	Moments		m;

	block->g[0] = sum_slopes(&fit->w, o, n, slopes, weights, gradient) + pull[0];
	gradient[WL_FIT_INTERCEPT] -= pull[0];
	gradient[WL_FIT_SLOPE] -= pull[1];
	measure_weights(&m, o, weights, n, ridge);
	centred = pull[1] - m.mean * pull[0];
	for (int j = 0; j < n; j++)
		centred += slopes[j] * (o[j].x - m.mean);
	block->g[1] = centred + m.mean * block->g[0];
	solve_block(&m, block->g[0], centred, block->step);
	solve_block(&m, ridge, -m.mean * ridge, block->shift[0]);
	solve_block(&m, 0, ridge, block->shift[1]);
	for (int a = 0; a < 2; a++)
		for (int b = 0; b <= a; b++)
			hessian[a][b] -= ridge * block->shift[a][b];
	eliminate_effects(&m, o, weights, n, block, hessian);
}

/* Solve a * x = b, given the lower triangle of a, by Cholesky's method; false if the matrix is not positive. */
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

/* The step of a field, given that of the common coefficients. */
static void
field_step(const Block *block, const double common[WL_FIT_COMMON], WlLine *step)
{
	double		s[2];

	for (int a = 0; a < 2; a++)
	{
		s[a] = block->step[a] + block->shift[0][a] * common[WL_FIT_INTERCEPT] +
			block->shift[1][a] * common[WL_FIT_SLOPE];
		for (int k = 0; k < WL_FIT_EFFECTS; k++)
			s[a] -= block->effects[k][a] * common[WL_FIT_PASSED + k];
	}
	step->u = s[0];
	step->v = s[1];
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
		add_field(fit, i, &fit->observed[first], last - first, &blocks[i], gradient, hessian);
		first = last;
	}
	memcpy(reduced, gradient, sizeof(gradient));
	for (int i = 0; i < nfields; i++)
	{
		const Block *block = &blocks[i];

		reduced[WL_FIT_INTERCEPT] += fit->ridge * block->step[0];
		reduced[WL_FIT_SLOPE] += fit->ridge * block->step[1];
		for (int k = 0; k < WL_FIT_EFFECTS; k++)
			reduced[WL_FIT_PASSED + k] -= block->effects[k][0] * block->g[0] + block->effects[k][1] * block->g[1];
	}
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
		WlLine	   *line = &fit->step.lines[i];

		field_step(&blocks[i], step, line);
		*size = Max(*size, Max(fabs(line->u), fabs(line->v)));
		*decrement += line->u * blocks[i].g[0] + line->v * blocks[i].g[1];
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
