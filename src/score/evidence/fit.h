/*
 * fit.h
 *		The logistic regression of williams_fit: fit.c finds its coefficients,
 *		fit_model.c reads the evidence and writes the model.
 */
#ifndef WL_FIT_H
#define WL_FIT_H

#include "score/evidence/evidence.h"

/* The common coefficients. */
enum
{
	WL_FIT_INTERCEPT, WL_FIT_SLOPE, WL_FIT_PASSED, WL_FIT_FAILED, WL_FIT_SILENT, WL_FIT_COMMON
};

/* Those that are not a mean of the fields' own: the effects, and the index of each. */
#define WL_FIT_EFFECTS	(WL_FIT_COMMON - WL_FIT_PASSED)
#define WL_FIT_EFFECT(coefficient)	((coefficient) - WL_FIT_PASSED)

typedef struct WlFitCell
{
	int			field;
	int			cell;
	bool		effects[WL_FIT_EFFECTS];	/* which apply */
	double		x;
	double		seen;
	double		right;
	double		p;				/* by the model, once it is fitted */
} WlFitCell;

/* Total intercept and slope of a field. */
typedef struct WlLine
{
	double		u;
	double		v;
} WlLine;

typedef struct WlCoefficients
{
	double		common[WL_FIT_COMMON];
	WlLine	   *lines;			/* one for each field */
} WlCoefficients;

typedef struct WlFit
{
	const WlEvidence *evidence;
	double		ridge;
	int			n;
	WlFitCell  *observed;		/* ordered by field */
	uint64		right;			/* their total */
	WlCoefficients w;			/* the current ones */
	WlCoefficients step;		/* to be subtracted from them */
	WlCoefficients tried;
} WlFit;

/* The logit of the probability that the coefficients give. */
static inline double
wl_fit_logit(const WlCoefficients *w, const WlFitCell *o)
{
	double		z = w->lines[o->field].u + w->lines[o->field].v * o->x;

	for (int k = 0; k < WL_FIT_EFFECTS; k++)
		if (o->effects[k])
			z += w->common[WL_FIT_PASSED + k];
	return z;
}

/* Find the coefficients; false if it does not converge. */
extern bool wl_fit_coefficients(WlFit *fit);

#endif							/* WL_FIT_H */
