/*
 * bound_accuracy.c
 *		The functions of math/bound.h compared with MPFR, for more than a million
 *		counts.
 *
 * The counts are all small ones, those near powers of two and near squares, random
 * ones of every magnitude, and the largest. Each result is compared with a value of
 * 160 bits. The worst error of each function is printed, and an error above the
 * limit fails the test. Limits in units in the last place of the exact value: bounds
 * 2 below 2^53 and 3 above it, where a double cannot hold t; efficiency 4. The limit
 * of the percentage is 1e-13, absolute.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <mpfr.h>

#include "math/bound.h"

#define PRECISION	160
#define EXACT_MAX	((int64_t) 1 << 53)
#define RANDOM_VALUES	700000

typedef struct Worst
{
	const char *name;
	double		limit;
	double		error;
	int64_t		t;
}			Worst;

static Worst worst[] =
{
	{
		"space bound, t < 2^53, ulp", 2, 0, 0
	},
	{
		"space bound, t >= 2^53, ulp", 3, 0, 0
	},
	{
		"theorem bound, t < 2^53, ulp", 2, 0, 0
	},
	{
		"theorem bound, t >= 2^53, ulp", 3, 0, 0
	},
	{
		"efficiency, ulp", 4, 0, 0
	},
	{
		"space saved percent, absolute", 1e-13, 0, 0
	}
};
static long checked;
static long failed;

static void
record(Worst * w, double error, int64_t t)
{
	if (!(error <= w->limit))
		failed++;
	if (!(error <= w->error))
	{
		w->error = error;
		w->t = t;
	}
}

static double
absolute_error(double x, mpfr_t exact)
{
	mpfr_t		d;
	double		e;

	mpfr_init2(d, PRECISION);
	mpfr_d_sub(d, x, exact, MPFR_RNDN);
	e = fabs(mpfr_get_d(d, MPFR_RNDN));
	mpfr_clear(d);
	return e;
}

static double
ulp_error(double x, mpfr_t exact)
{
	return ldexp(absolute_error(x, exact), 53 - (int) mpfr_get_exp(exact));
}

static void
check(int64_t count)
{
	static mpfr_t t,
		root,
		log,
		bound,
		x;
	static int	ready;
	int			above = count >= EXACT_MAX;
	uint64_t	d = (uint64_t) count;

	if (!ready)
	{
		mpfr_inits2(PRECISION, t, root, log, bound, x, (mpfr_ptr) 0);
		ready = 1;
	}
	checked++;
	if (count <= 1)
	{
		if (wl_math_space_bound(d) != 1 || wl_math_theorem_bound(d) != 1 ||
			wl_math_efficiency(d) != 1 || wl_math_space_saved_percent(d) != 0)
			failed++;
		return;
	}
	mpfr_set_sj(t, count, MPFR_RNDN);
	mpfr_sqrt(root, t, MPFR_RNDN);
	mpfr_log2(log, t, MPFR_RNDN);
	mpfr_mul(bound, root, log, MPFR_RNDN);
	record(&worst[0 + above], ulp_error(wl_math_space_bound(d), bound), count);

	mpfr_mul(x, t, log, MPFR_RNDN);
	mpfr_sqrt(x, x, MPFR_RNDN);
	record(&worst[2 + above], ulp_error(wl_math_theorem_bound(d), x), count);

	mpfr_div(x, root, log, MPFR_RNDN);
	record(&worst[4], ulp_error(wl_math_efficiency(d), x), count);

	mpfr_sub(x, t, bound, MPFR_RNDN);
	mpfr_mul_ui(x, x, 100, MPFR_RNDN);
	mpfr_div(x, x, t, MPFR_RNDN);
	record(&worst[5], absolute_error(wl_math_space_saved_percent(d), x), count);
}

/* check t - n to t + n, except numbers beyond the range of counts */
static void
check_around(uint64_t t, int n)
{
	for (int i = -n; i <= n; i++)
	{
		uint64_t	x = t + (int64_t) i;

		if (x <= INT64_MAX)
			check((int64_t) x);
	}
}

/* splitmix64 with a fixed seed: every run has the same values */
static uint64_t
next_random(void)
{
	static uint64_t state = 20250301;
	uint64_t	z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int
main(void)
{
	for (int64_t t = 0; t < 200000; t++)
		check(t);
	for (int p = 0; p < 64; p++)
		check_around(UINT64_C(1) << p, 500);
	for (int i = 0; i < 30000; i++)
	{
		uint64_t	root = next_random() >> (32 + next_random() % 31);

		check_around(root * root, 1);
	}
	/* random counts: as many between 2^k and 2^(k+1) for each k */
	for (int i = 0; i < RANDOM_VALUES; i++)
		check((int64_t) (next_random() >> (1 + next_random() % 62)));
	check_around(INT64_MAX, 1000);

	for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++)
		printf("%-32s worst %.3g of %.3g, at t = %" PRId64 "\n", worst[i].name,
			   worst[i].error, worst[i].limit, worst[i].t);
	printf("accuracy: %ld values, %ld above a limit\n", checked, failed);
	return failed == 0 && checked >= 1000000 ? EXIT_SUCCESS : EXIT_FAILURE;
}
