/*
 * bound.h
 *		The maths of the batch bound and of the confidence multiplier, for the
 *		extension and for the C library.
 *
 * No PostgreSQL header, no allocation, no error: every count has an answer.
 * Counts are integers, so that the test for t <= 1, where there is no work to
 * bound and every ratio is 1.0, costs nothing beside the maths; above 2^53 a
 * count is rounded to a double. The results stay within the accuracy that
 * test/core/bound_accuracy.c checks against MPFR.
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

/* t / bound: below 1 for t in 5..15, where the bound is above t */
static inline double
wl_math_efficiency(uint64_t t)
{
	return t <= 1 ? 1.0 : (double) t / wl_math_space_bound(t);
}

/* 100 (t - bound) / t: negative for t in 5..15 */
static inline double
wl_math_space_saved_percent(uint64_t t)
{
	return t <= 1 ? 0.0 :
		100.0 * ((double) t - wl_math_space_bound(t)) / (double) t;
}

/* sqrt(t * log2(t)): the expression of Williams' theorem */
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
 * The multiplier of the service's later version: times 1 + L/1000 * s, where s
 * rises to 1 at ten fields and falls again beyond 500; clamped to [0.85, 1].
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
