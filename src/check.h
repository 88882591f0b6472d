/*
 * check.h
 *		One validator and one wording for each rule about arguments. Whatever
 *		breaks a rule is SQLSTATE 22023, a NULL where there must be a value 22004.
 */
#ifndef WL_CHECK_H
#define WL_CHECK_H

#include <math.h>

/* a count of operations, rows or items */
static inline void
wl_check_count(int64 value, const char *name)
{
	if (unlikely(value < 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name),
				 errdetail("The value is %lld.", (long long) value)));
}

/* a confidence, a share, a threshold: never NaN */
static inline bool
wl_is_fraction(double value)
{
	return value >= 0.0 && value <= 1.0;
}

static inline void
wl_check_fraction(double value, const char *name)
{
	if (unlikely(!wl_is_fraction(value)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 1", name),
				 errdetail("The value is %.15g.", value)));
}

/* the weight of an item, or a memory budget: megabytes, 0 included */
static inline void
wl_check_megabytes(double value, const char *name)
{
	if (unlikely(!(value >= 0.0 && isfinite(value))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite and not negative", name),
				 errdetail("The value is %.15g.", value)));
}

/* the size that every item of a kind is taken to have, a divisor */
static inline void
wl_check_item_size(double value)
{
	if (unlikely(!(value > 0.0 && isfinite(value))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("memory_per_item_mb must be finite and greater than zero"),
				 errdetail("The value is %.15g.", value)));
}

/* an item must fit into the budget by itself */
static inline void
wl_check_fits(double item_mb, double available_memory_mb)
{
	if (unlikely(item_mb > available_memory_mb))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an item of %.15g MB is over the memory budget of %.15g MB",
						item_mb, available_memory_mb),
				 errhint("Raise available_memory_mb, or leave out what is larger.")));
}

static inline void
wl_check_max_items(int64 value)
{
	if (unlikely(value < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_items must be greater than zero"),
				 errdetail("The value is %lld.", (long long) value)));
}

static inline void
wl_check_not_null(bool isnull, const char *name)
{
	if (unlikely(isnull))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/* the budget of a partition or an aggregate is one budget */
static inline void
wl_check_same_budget(double value, double first)
{
	if (unlikely(value != first))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("available_memory_mb must be the same for all rows"),
				 errdetail("It is %.15g and %.15g.", first, value)));
}

#endif							/* WL_CHECK_H */
