/*
 * bound.h
 *		The batch bound and the confidence multiplier as pure functions, for the
 *		extension and for the C library.
 *
 * Every count has a result: nothing here allocates, raises an error or needs a
 * PostgreSQL header. For t <= 1 there is no work to bound, and every ratio is 1.0.
 * Counts are integers, which makes this test cheap; above 2^53 a count is rounded to
 * a double. test/core/bound_accuracy.c checks the accuracy against MPFR.
 */
#ifndef WL_MATH_BOUND_H
#define WL_MATH_BOUND_H

#include <math.h>
#include <stdint.h>

/* sqrt(t) * log2(t), the heuristic batch bound */
static inline double
wl_math_space_bound(uint64_t t)
{
	return t <= 1 ? 1.0 : sqrt((double) t) * log2((double) t);
}

/* floor of the bound, never above max(t, 1) */
static inline uint64_t
wl_math_batch_size(uint64_t t)
{
	uint64_t	size = (uint64_t) wl_math_space_bound(t);

	return t <= 1 || size < t ? size : t;
}

/* t / bound; below 1 for t in 5..15, where the bound is greater than t */
static inline double
wl_math_efficiency(uint64_t t)
{
	return t <= 1 ? 1.0 : (double) t / wl_math_space_bound(t);
}

/* 100 (t - bound) / t, in percent; negative for t in 5..15 */
static inline double
wl_math_space_saved_percent(uint64_t t)
{
	return t <= 1 ? 0.0 :
		100.0 * ((double) t - wl_math_space_bound(t)) / (double) t;
}

/* sqrt(t * log2(t)), the expression in Williams' theorem */
static inline double
wl_math_theorem_bound(uint64_t t)
{
	return t <= 1 ? 1.0 : sqrt((double) t * log2((double) t));
}

/* 0.85 + 0.15 min(1, efficiency(n) / 30), in [0.85, 1]; 1.0 for n <= 1 */
static inline double
wl_math_confidence_multiplier(uint64_t n)
{
	double		share;

	if (n <= 1)
		return 1.0;
	share = wl_math_efficiency(n) / 30.0;
	return 0.85 + 0.15 * (share < 1.0 ? share : 1.0);
}

/*
 * The confidence multiplier of a regime with this leverage: multiplied by
 * 1 + leverage / 1000 * s, and at most 1. The scale s rises to 1 at ten fields and
 * falls again beyond 500.
 */
static inline double
wl_math_leveraged_multiplier(uint64_t n, double leverage)
{
	double		s = 1.0;
	double		m;

	if (n < 10)
		s = (double) n / 10.0;
	else if (n > 500)
		s = log10(500.0) / log10((double) n);
	m = wl_math_confidence_multiplier(n) * (1.0 + leverage / 1000.0 * s);
	return m < 1.0 ? m : 1.0;
}

#endif							/* WL_MATH_BOUND_H */
