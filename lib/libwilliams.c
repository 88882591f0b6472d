/*
 * libwilliams.c
 *		libwilliams.so: five C functions for programs outside the database, which
 *		load them through a foreign function interface. It is not part of the
 *		extension.
 *
 * Every argument is accepted: t <= 1 gives 1.0, or 0 percent. The base confidence is
 * ignored, as in the library that this one replaces.
 */
#include <stddef.h>

#include "math/bound.h"

/* The library is built with hidden visibility: it exports only these five. */
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
