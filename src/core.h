/*
 * core.h
 *		The maths of Bound and of the multiplier, once, for the extension
 *		(bound.c, plan.c, score.c, efficiency.c) and for the C library (cabi.c).
 *
 * No PostgreSQL header, no allocation, no error: every double has an answer.
 * A count t comes as a double, rounded where it is above 2^53; the results
 * then stay within the accuracy that test/core/accuracy.c checks against MPFR.
 *
 * For t <= 1 there is no work to bound: the bound is 1.0 and so is every
 * ratio to it.
 */
#ifndef WL_CORE_H
#define WL_CORE_H

#include <math.h>

/* sqrt(t) * log2(t), the heuristic batch bound */
static inline double
wl_core_space_bound(double t)
{
	return t <= 1.0 ? 1.0 : sqrt(t) * log2(t);
}

/* floor of the bound, as a double, never above max(t, 1) */
static inline double
wl_core_batch_size(double t)
{
	double		size;

	if (t <= 1.0)
		return 1.0;
	size = floor(wl_core_space_bound(t));
	return size < t ? size : t;
}

/* t / bound: below 1 for t in 5..15, where the bound is above t */
static inline double
wl_core_efficiency(double t)
{
	return t <= 1.0 ? 1.0 : t / wl_core_space_bound(t);
}

/* 100 (t - bound) / t: negative for t in 5..15 */
static inline double
wl_core_space_saved_percent(double t)
{
	return t <= 1.0 ? 0.0 : 100.0 * (t - wl_core_space_bound(t)) / t;
}

/* sqrt(t * log2(t)): the expression of Williams' theorem */
static inline double
wl_core_theorem_bound(double t)
{
	return t <= 1.0 ? 1.0 : sqrt(t * log2(t));
}

/* 0.85 + 0.15 min(1, efficiency(n) / 30), in [0.85, 1]; 1.0 for n <= 1 */
static inline double
wl_core_confidence_multiplier(double n)
{
	double		share;

	if (n <= 1.0)
		return 1.0;
	share = wl_core_efficiency(n) / 30.0;
	return 0.85 + 0.15 * (share < 1.0 ? share : 1.0);
}

/*
 * The multiplier of the service's later version: times 1 + L/1000 * s, where s
 * rises to 1 at ten fields and falls again beyond 500; clamped to [0.85, 1].
 */
static inline double
wl_core_leveraged_multiplier(double n, double leverage)
{
	double		s;
	double		m;

	if (n <= 1.0)
		return 1.0;
	if (n < 10.0)
		s = n / 10.0;
	else if (n <= 500.0)
		s = 1.0;
	else
		s = log10(500.0) / log10(n);
	m = wl_core_confidence_multiplier(n) * (1.0 + leverage / 1000.0 * s);
	return m < 1.0 ? m : 1.0;
}

/*
 * A sum that keeps what rounding takes away (Kahan and Babuska, with Knuth's
 * TwoSum): the total is hi + lo. It is far more exact than a double, so that
 * sums of parts, merged in any order, come to the same double.
 */
typedef struct WlSum
{
	double		hi;
	double		lo;
} WlSum;

static inline void
wl_sum_add(WlSum *sum, double x)
{
	double		hi = sum->hi + x;
	double		b = hi - sum->hi;

	sum->lo += (sum->hi - (hi - b)) + (x - b);
	sum->hi = hi;
}

static inline void
wl_sum_merge(WlSum *sum, const WlSum *other)
{
	wl_sum_add(sum, other->hi);
	sum->lo += other->lo;
}

static inline double
wl_sum_total(const WlSum *sum)
{
	return sum->hi + sum->lo;
}

#endif							/* WL_CORE_H */
