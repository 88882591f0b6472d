/*
 * bins.h
 *		The bins of the summaries: 200 steps of 0.005 over [0, 1].
 *
 * Bin i holds [i/200, (i+1)/200), and the last bin also 1.0. Each bound is the
 * double nearest to i/200: 0.285 is the lower bound of bin 57, although
 * 0.285 * 200 is less than 57 in floating point. A coarser histogram joins whole
 * bins, so its number of bins must divide 200.
 */
#ifndef WL_BINS_H
#define WL_BINS_H

#define WL_BINS	200

#define WL_BOUNDS_5(i) \
	(i) / 200.0, ((i) + 1) / 200.0, ((i) + 2) / 200.0, ((i) + 3) / 200.0, ((i) + 4) / 200.0
#define WL_BOUNDS_20(i) \
	WL_BOUNDS_5(i), WL_BOUNDS_5((i) + 5), WL_BOUNDS_5((i) + 10), WL_BOUNDS_5((i) + 15)
#define WL_BOUNDS_100(i) \
	WL_BOUNDS_20(i), WL_BOUNDS_20((i) + 20), WL_BOUNDS_20((i) + 40), \
	WL_BOUNDS_20((i) + 60), WL_BOUNDS_20((i) + 80)

/* The bounds, as a table: a division per value would cost more than all the rest. */
static const double wl_bin_bounds[WL_BINS + 1] = {
	WL_BOUNDS_100(0), WL_BOUNDS_100(100), 1.0
};

/* The lower bound of bin i, counted from 0, in a histogram of so many bins; 1 for i = bins. */
static inline double
wl_bin_bound(int i, int bins)
{
	return wl_bin_bounds[i * (WL_BINS / bins)];
}

/* The bin of x in [0, 1]. The product may round to either side of a bound. */
static inline int
wl_bin(double x)
{
	int			i = (int) (x * WL_BINS);

	if (i >= WL_BINS)
		i = WL_BINS - 1;
	if (x < wl_bin_bounds[i])
		i--;
	else if (i < WL_BINS - 1 && x >= wl_bin_bounds[i + 1])
		i++;
	return i;
}

#endif							/* WL_BINS_H */
