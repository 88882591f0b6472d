/*
 * binomial.h
 *		The binomial distribution: tail probabilities, and Wilson's interval for a
 *		share.
 *
 * A probability is computed from the saddle-point form of the density (Loader,
 * "Fast and accurate computation of binomial probabilities"): Stirling's formula
 * with its error, and two deviances, none of which loses digits to cancellation.
 * A tail is the sum of the densities from its largest term outward. If the
 * distribution is so wide that this takes thousands of terms, an integral replaces
 * the sum. So every count up to 2^63 costs at most a few thousand operations.
 *
 * The relative error of a tail is below 1e-12 for sums, and below 1e-8 for integrals
 * of more than 1e-30. test/core/binomial_accuracy.c checks both.
 */
#ifndef WL_MATH_BINOMIAL_H
#define WL_MATH_BINOMIAL_H

#include <math.h>
#include <stdint.h>

/* 95 % of a normal distribution lie within this many standard deviations of the mean. */
#define WL_NORMAL_95	1.959963984540054

/* Above this variance, around the end of a tail, an integral replaces the sum. */
#define WL_BINOMIAL_WIDE	1e5

/* A part of a tail below this share of the whole changes nothing. */
#define WL_BINOMIAL_SMALL	1e-17

/* ln(x!) less Stirling's formula, (x + 1/2) ln x - x + ln(2 pi)/2; x is an integer if it is below 16 */
static inline double
wl_stirling_error(double x)
{
	static const double small[16] = {
		0,						/* not used */
		0.0810614667953272582, 0.0413406959554092941, 0.0276779256849983391, 0.0207906721037650931, 0.0166446911898211922,
		0.013876128823070748, 0.0118967099458917701, 0.0104112652619720965, 0.00925546218271273292, 0.00833056343336287126,
		0.00757367548795184079, 0.00694284010720952987, 0.00640899418800420707, 0.00595137011275884774, 0.00555473355196280137
	};
	double		s = 1 / (x * x);

	if (x < 16)
		return small[(int) x];
	return (1 / 12.0 - s * (1 / 360.0 - s * (1 / 1260.0 - s * (1 / 1680.0 - s / 1188.0)))) / x;
}

/*
 * x ln(x / mean) - x + mean, where difference is x - mean. Close to the mean, where
 * this form would lose digits, the logarithm is expanded in a series.
 */
static inline double
wl_deviance(double x, double mean, double difference)
{
	double		v = difference / (x + mean);
	double		square = v * v;
	double		power = 2 * x * v;
	double		sum = difference * v;

	if (square > 0.01)
		return x * log(x / mean) - difference;
	for (int i = 3; i < 40; i += 2)
	{
		power *= square;
		sum += power / i;
		if (fabs(power) <= WL_BINOMIAL_SMALL * sum)
			break;
	}
	return sum;
}

/* An outcome of n = k + m independent trials, each of which succeeds with probability p = 1 - q. */
typedef struct WlTrials
{
	uint64_t	k;				/* successes */
	uint64_t	m;				/* failures */
	double		n;
	double		p;
	double		q;
	double		excess;			/* k - np */
} WlTrials;

/* k - np: the product is rounded only once it has been subtracted */
static inline double
wl_binomial_excess(uint64_t k, uint64_t n, double p)
{
	double		high = (double) n;
	double		low = (double) (int64_t) (n - (uint64_t) high);
	double		k_high = (double) k;
	double		k_low = (double) (int64_t) (k - (uint64_t) k_high);
	double		product = high * p;

	return (k_high - product) + (k_low - (fma(high, p, -product) + low * p));
}

/* The density at k - below, which need not be an integer, but lies between 0 and n. */
static inline double
wl_binomial_inner(const WlTrials *t, double below)
{
	double		x = (double) t->k - below;
	double		y = (double) t->m + below;
	double		excess = t->excess - below;
	double		exponent = wl_stirling_error(t->n) - wl_stirling_error(x) - wl_stirling_error(y) -
	wl_deviance(x, t->n * t->p, excess) - wl_deviance(y, t->n * t->q, -excess);

	return exp(exponent) * sqrt(t->n / x / y / 6.283185307179586477);
}

/* The density at k. */
static inline double
wl_binomial_density(const WlTrials *t)
{
	if (t->k == 0)
		return t->p < t->q ? exp(t->n * log1p(-t->p)) : exp(t->n * log(t->q));
	if (t->m == 0)
		return t->p < t->q ? exp(t->n * log(t->p)) : exp(t->n * log1p(-t->q));
	return wl_binomial_inner(t, 0);
}

/* The tail as a sum: each term is the one before it times a ratio of about 1 or less. */
static inline double
wl_binomial_sum(const WlTrials *t)
{
	uint64_t	k = t->k;
	uint64_t	m = t->m;
	double		term = wl_binomial_density(t);
	double		sum = term;

	for (; k > 0 && term > WL_BINOMIAL_SMALL * sum; k--)
	{
		m++;
		term *= (double) k * t->q / ((double) m * t->p);
		sum += term;
	}
	return sum;
}

/*
 * The tail as an integral of the density up to k + 1/2, less the first term of the
 * Euler-Maclaurin formula. Gauss's rule of five points is applied to intervals of
 * half a standard deviation, or of the length over which the density falls to its
 * e-th part if that is shorter.
 */
static inline double
wl_binomial_integral(const WlTrials *t, double variance)
{
	static const double node[5] = {
		-0.90617984593866399, -0.53846931010568309, 0, 0.53846931010568309, 0.90617984593866399
	};
	static const double weight[5] = {
		0.23692688505618909, 0.47862867049936647, 0.56888888888888889, 0.47862867049936647, 0.23692688505618909
	};
	double		slope = log(((double) t->m - 0.5) / ((double) t->k + 0.5) * (t->p / t->q));
	double		half = 0.25 * sqrt(variance);
	double		sum = 0;

	if (slope * half > 0.5)
		half = 0.5 / slope;
	for (int i = 0; i < 100; i++)
	{
		double		middle = (2 * i + 1) * half - 0.5;
		double		part = 0;

		for (int j = 0; j < 5; j++)
			part += weight[j] * wl_binomial_inner(t, middle + node[j] * half);
		sum += part * half;
		if (part * half <= WL_BINOMIAL_SMALL * sum)
			break;
	}
	return sum - slope / 24 * wl_binomial_inner(t, -0.5);
}

/* The probability of at most k successes, where k is about np or less. */
static inline double
wl_binomial_tail(const WlTrials *t)
{
	double		variance = (double) t->k * ((double) t->m / t->n);

	return variance < WL_BINOMIAL_WIDE ? wl_binomial_sum(t) : wl_binomial_integral(t, variance);
}

/* The probability that at most k of n independent trials succeed, each with probability p. */
static inline double
wl_binomial_at_most(uint64_t k, uint64_t n, double p)
{
	WlTrials	t = {0};

	if (k >= n || p <= 0)
		return 1;
	if (p >= 1)
		return 0;
	t.n = (double) n;
	t.excess = wl_binomial_excess(k, n, p);
	if (t.excess <= 0)
	{
		t.k = k;
		t.m = n - k;
		t.p = p;
		t.q = 1 - p;
		return wl_binomial_tail(&t);
	}
	/* the others have at least k + 1 successes: at most n - k - 1 failures */
	t.k = n - k - 1;
	t.m = k + 1;
	t.p = 1 - p;
	t.q = p;
	t.excess = -1 - t.excess;
	return 1 - wl_binomial_tail(&t);
}

/* The ends of Wilson's 95 % interval for a share of n observations; rounding does not take the share out of it. */
static inline double
wl_wilson_low(double share, double n)
{
	double		z2 = WL_NORMAL_95 * WL_NORMAL_95 / n;
	double		low = (share + z2 / 2 - sqrt((share * (1 - share) + z2 / 4) * z2)) / (1 + z2);

	return low < 0 ? 0 : low < share ? low : share;
}

static inline double
wl_wilson_high(double share, double n)
{
	double		z2 = WL_NORMAL_95 * WL_NORMAL_95 / n;
	double		high = (share + z2 / 2 + sqrt((share * (1 - share) + z2 / 4) * z2)) / (1 + z2);

	return high > 1 ? 1 : high > share ? high : share;
}

#endif							/* WL_MATH_BINOMIAL_H */
