/*
 * cabi.c
 *		libwilliams.so: the five C symbols that programs outside the database
 *		load through a foreign function interface. No part of the extension.
 *
 * No argument is refused: t <= 1 is no work (1.0, or 0 percent), and the base
 * confidence changes nothing, as in the library this one takes the place of.
 */
#include <stddef.h>

#include "math/bound.h"

/* The library is built with hidden visibility: it exports these five, no more. */
#pragma GCC visibility push(default)
double		williams_space_bound(size_t time_complexity);
size_t		williams_optimal_batch_size(size_t time_complexity);
double		williams_efficiency_multiplier(size_t time_complexity);
double		williams_space_saved_percent(size_t time_complexity);
double		williams_confidence_multiplier(size_t num_fields, double base_confidence);
#pragma GCC visibility pop

double
williams_space_bound(size_t time_complexity)
{
	return wl_math_space_bound(time_complexity);
}

size_t
williams_optimal_batch_size(size_t time_complexity)
{
	return wl_math_batch_size(time_complexity);
}

double
williams_efficiency_multiplier(size_t time_complexity)
{
	return wl_math_efficiency(time_complexity);
}

double
williams_space_saved_percent(size_t time_complexity)
{
	return wl_math_space_saved_percent(time_complexity);
}

double
williams_confidence_multiplier(size_t num_fields, double base_confidence)
{
	(void) base_confidence;
	return wl_math_confidence_multiplier(num_fields);
}
