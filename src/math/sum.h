/*
 * sum.h
 *		A compensated sum of doubles.
 */
#ifndef WL_SUM_H
#define WL_SUM_H

#include <math.h>
#include <stdbool.h>

/*
 * A sum that keeps its rounding errors (Kahan and Babuska, with Knuth's TwoSum):
 * the total is hi + lo. It has about twice the digits of a double. Sums of parts,
 * merged in any order, therefore round to the same double, except when numbers
 * of very different size add up to almost exactly halfway between two doubles.
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

/* Can this be a sum of numbers >= 0 whose maximum is greatest? */
static inline bool
wl_sum_is_valid(const WlSum *sum, double greatest)
{
	return isfinite(sum->hi) && fabs(sum->lo) <= sum->hi &&
		wl_sum_total(sum) >= greatest;
}

#endif							/* WL_SUM_H */
