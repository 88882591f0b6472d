/*
 * logit.h
 *		The logit, and the bins of confidence in which evidence is counted.
 *
 * A bin holds [lower, lower of the next), the last one also 1.0. Bins are narrow
 * where an engine's confidences are dense and a small difference matters. A bin is
 * represented by its midpoint. One more bin is for fields about whose confidence
 * the engine says nothing; its logit counts as 0.
 */
#ifndef WL_LOGIT_H
#define WL_LOGIT_H

#include <math.h>

#define WL_CONFIDENCE_BINS	21
#define WL_SILENT_BIN		WL_CONFIDENCE_BINS
#define WL_EVIDENCE_BINS	(WL_CONFIDENCE_BINS + 1)

/* The lower bounds of the bins, and 1. */
static const double wl_confidence_bounds[WL_CONFIDENCE_BINS + 1] = {
	0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93,
	0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.998, 1
};

/* The midpoints of the first and the last bin. */
#define WL_LEAST_CONFIDENCE		0.01
#define WL_GREATEST_CONFIDENCE	0.999

/* The bin of a confidence in [0, 1]. Most are high. */
static inline int
wl_confidence_bin(double confidence)
{
	int			bin = WL_CONFIDENCE_BINS - 1;

	while (confidence < wl_confidence_bounds[bin])
		bin--;
	return bin;
}

/* The confidence that stands for those in a bin; not for the silent one. */
static inline double
wl_bin_confidence(int bin)
{
	return (wl_confidence_bounds[bin] + wl_confidence_bounds[bin + 1]) / 2;
}

static inline double
wl_logit(double p)
{
	return log(p / (1 - p));
}

/* The inverse of the logit. */
static inline double
wl_expit(double z)
{
	return 1 / (1 + exp(-z));
}

/* The logit of a confidence, which is kept within the range of the bins' midpoints. */
static inline double
wl_confidence_logit(double confidence)
{
	if (!(confidence > WL_LEAST_CONFIDENCE))
		confidence = WL_LEAST_CONFIDENCE;
	if (confidence > WL_GREATEST_CONFIDENCE)
		confidence = WL_GREATEST_CONFIDENCE;
	return wl_logit(confidence);
}

#endif							/* WL_LOGIT_H */
