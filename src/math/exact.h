/*
 * exact.h
 *		Exact sums of numbers in [0, 1] and of their squares.
 *
 * A number is converted to an integer, its steps of 2^-62, rounded towards zero;
 * the conversion is exact for numbers of at least 2^-10. The sum of up to 2^63
 * such integers has at most 126 bits, the sum of their squares 188, so sums are
 * never rounded: they are the same in whatever order their parts are merged, and
 * a variance loses nothing to cancellation. Words are stored low first.
 */
#ifndef WL_EXACT_H
#define WL_EXACT_H

#include <math.h>
#include <stdint.h>

/* 2^62: the number of steps in 1 */
#define WL_EXACT_ONE	4611686018427387904.0

/* The number of steps of 2^-62 in x. */
static inline uint64_t
wl_steps(double x)
{
	return (uint64_t) (int64_t) (x * WL_EXACT_ONE);
}

/* The low word of a * b; *high gets the high word. */
static inline uint64_t
wl_exact_product(uint64_t a, uint64_t b, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
	unsigned	__int128 product = (unsigned __int128) a * b;

	*high = (uint64_t) (product >> 64);
	return (uint64_t) product;
#else
	uint64_t	al = a & 0xFFFFFFFF;
	uint64_t	ah = a >> 32;
	uint64_t	bl = b & 0xFFFFFFFF;
	uint64_t	bh = b >> 32;
	uint64_t	low = al * bl;
	uint64_t	middle = ah * bl + (low >> 32);
	uint64_t	other = al * bh + (middle & 0xFFFFFFFF);

	*high = ah * bh + (middle >> 32) + (other >> 32);
	return (other << 32) | (low & 0xFFFFFFFF);
#endif
}

/* sum (2 words) += a */
static inline void
wl_exact_add(uint64_t *sum, uint64_t a)
{
	sum[0] += a;
	sum[1] += sum[0] < a;
}

/* sum (n words) += other */
static inline void
wl_exact_merge(uint64_t *sum, const uint64_t *other, int n)
{
	uint64_t	carry = 0;

	for (int i = 0; i < n; i++)
	{
		uint64_t	part = other[i] + carry;

		carry = part < carry;
		sum[i] += part;
		carry += sum[i] < part;
	}
}

/* squares (3 words) += a * a; a is at most 2^62, so high has room for a carry */
static inline void
wl_exact_add_square(uint64_t *squares, uint64_t a)
{
	uint64_t	high;
	uint64_t	low = wl_exact_product(a, a, &high);

	squares[0] += low;
	high += squares[0] < low;
	squares[1] += high;
	squares[2] += squares[1] < high;
}

/*
 * An intermediate result, which is exact as well. 256 bits hold any product of
 * two sums that is computed here.
 */
typedef struct WlWide
{
	uint64_t	words[4];
} WlWide;

static inline WlWide
wl_wide(const uint64_t *words, int n)
{
	WlWide		r = {{0}};

	for (int i = 0; i < n; i++)
		r.words[i] = words[i];
	return r;
}

static inline WlWide
wl_wide_product(const uint64_t *a, int na, const uint64_t *b, int nb)
{
	WlWide		r = {{0}};

	for (int i = 0; i < na; i++)
		for (int j = 0; j < nb && i + j < 4; j++)
		{
			uint64_t	part[4] = {0};

			part[0] = wl_exact_product(a[i], b[j], &part[1]);
			wl_exact_merge(r.words + i + j, part, 4 - i - j);
		}
	return r;
}

static inline void
wl_wide_add(WlWide *a, const WlWide *b)
{
	wl_exact_merge(a->words, b->words, 4);
}

/* a -= b; b must not exceed a */
static inline void
wl_wide_subtract(WlWide *a, const WlWide *b)
{
	uint64_t	borrow = 0;

	for (int i = 0; i < 4; i++)
	{
		uint64_t	before = a->words[i];
		uint64_t	part = b->words[i] + borrow;

		a->words[i] = before - part;
		borrow = part < borrow || before < part;
	}
}

/* a <= b */
static inline int
wl_wide_le(const WlWide *a, const WlWide *b)
{
	for (int i = 3; i >= 0; i--)
		if (a->words[i] != b->words[i])
			return a->words[i] < b->words[i];
	return 1;
}

static inline int
wl_wide_equal(const WlWide *a, const WlWide *b)
{
	return wl_wide_le(a, b) && wl_wide_le(b, a);
}

static inline double
wl_exact_double(const uint64_t *words, int n)
{
	double		r = 0;

	for (int i = n - 1; i >= 0; i--)
		r = r * 18446744073709551616.0 + (double) words[i];
	return r;
}

#endif							/* WL_EXACT_H */
