/*
 * calibration.h
 *		The dense form of williams_calibration, for the files that read it:
 *		calibration.c makes it, trust.c measures how far the confidences can be
 *		trusted, and threshold.c decides what to accept without review.
 */
#ifndef WL_CALIBRATION_H
#define WL_CALIBRATION_H

#include "fmgr.h"

#include "math/bins.h"
#include "math/exact.h"

/* The observations in one or more bins; a bin's words. */
typedef struct WlObserved
{
	uint64		count;
	uint64		correct;
	uint64		sum[2];			/* of confidences */
} WlObserved;

/* All zero while empty. */
typedef struct WlCalibration
{
	uint64		count;
	uint64		correct_sum[2];
	uint64		squares[3];
	WlObserved	bins[WL_BINS];
} WlCalibration;

/* Read an argument; false if it is an empty calibration. */
extern bool wl_calibration_argument(FunctionCallInfo fcinfo, int argument, WlCalibration *c);

/* The sum of (confidence - correct)^2, in steps of 2^-124; false if it is negative. */
extern bool wl_squared_errors(const WlCalibration *c, uint64 correct, WlWide *errors);

static inline void
wl_observed_add(WlObserved *a, const WlObserved *b)
{
	a->count += b->count;
	a->correct += b->correct;
	wl_exact_merge(a->sum, b->sum, 2);
}

/* The observations in n bins from the first on. */
static inline WlObserved
wl_observed_in(const WlCalibration *c, int first, int n)
{
	WlObserved	total = {0};

	for (int i = first; i < first + n; i++)
		wl_observed_add(&total, &c->bins[i]);
	return total;
}

static inline uint64
wl_wrong(const WlObserved *o)
{
	return o->count - o->correct;
}

/* The share that is correct; there must be at least one observation. */
static inline double
wl_accuracy_of(const WlObserved *o)
{
	return (double) o->correct / (double) o->count;
}

#endif							/* WL_CALIBRATION_H */
