/*
 * check.h
 *		One validator for each rule about arguments; check.c has the messages.
 *
 * An invalid value raises SQLSTATE 22023, a NULL that is not allowed 22004, and an
 * overflow 22003. The tests are inlined and the errors are not, so that a check
 * costs one comparison.
 */
#ifndef WL_CHECK_H
#define WL_CHECK_H

#include <math.h>

#include "common/int.h"
#include "datatype/timestamp.h"

#include "base/compat.h"

pg_noreturn extern void wl_refuse_count(int64 value, const char *name);
pg_noreturn extern void wl_refuse_fraction(double value, const char *name);
pg_noreturn extern void wl_refuse_guarantee(double value);
pg_noreturn extern void wl_refuse_megabytes(double value, const char *name);
pg_noreturn extern void wl_refuse_weight(double value, const char *key);
pg_noreturn extern void wl_refuse_item_size(double value);
pg_noreturn extern void wl_refuse_item(double item_mb, double budget_mb);
pg_noreturn extern void wl_refuse_not_positive(int64 value, const char *name);
pg_noreturn extern void wl_refuse_overflow(const char *name);
pg_noreturn extern void wl_refuse_null(const char *name);
pg_noreturn extern void wl_refuse_different(const char *name);
pg_noreturn extern void wl_refuse_bins(int bins, int of);

/*
 * The start of a text, for a message: at most max_bytes in whole characters, then
 * "..." if the text is longer.
 */
extern const char *wl_text_start(const char *text, int max_bytes);

/* Error 25000 unless each query sees what was committed before it. */
extern void wl_check_read_committed(const char *function);

/* a count of operations, rows or items */
static inline void
wl_check_count(int64 value, const char *name)
{
	if (unlikely(value < 0))
		wl_refuse_count(value, name);
}

/* a confidence, a share or a threshold; never NaN */
static inline bool
wl_is_fraction(double value)
{
	return value >= 0.0 && value <= 1.0;
}

static inline void
wl_check_fraction(double value, const char *name)
{
	if (unlikely(!wl_is_fraction(value)))
		wl_refuse_fraction(value, name);
}

/* the probability with which a guarantee holds; nothing is certain */
static inline void
wl_check_guarantee(double value)
{
	if (unlikely(!(value >= 0.0 && value < 1.0)))
		wl_refuse_guarantee(value);
}

/* the weight of an item, or a memory budget: megabytes, 0 included */
static inline bool
wl_is_megabytes(double value)
{
	return value >= 0.0 && isfinite(value);
}

static inline void
wl_check_megabytes(double value, const char *name)
{
	if (unlikely(!wl_is_megabytes(value)))
		wl_refuse_megabytes(value, name);
}

/* a cost in any unit; the same rule */
static inline void
wl_check_cost(double value, const char *name)
{
	wl_check_megabytes(value, name);
}

/* memory_per_item_mb, the assumed size of every item; a divisor */
static inline void
wl_check_item_size(double value)
{
	if (unlikely(!(value > 0.0 && isfinite(value))))
		wl_refuse_item_size(value);
}

/* one item alone must fit into the budget */
static inline void
wl_check_fits(double item_mb, double budget_mb)
{
	if (unlikely(item_mb > budget_mb))
		wl_refuse_item(item_mb, budget_mb);
}

/* a limit on a number of items */
static inline void
wl_check_positive(int64 value, const char *name)
{
	if (unlikely(value < 1))
		wl_refuse_not_positive(value, name);
}

/* the number of bins of a result, each of which joins whole bins of a summary */
static inline void
wl_check_bins(int bins, int of)
{
	if (unlikely(bins < 1 || of % bins != 0))
		wl_refuse_bins(bins, of);
}

/* an interval of time */
extern void wl_check_duration(const Interval *value, const char *name);

/* so long that to add it to a time, or subtract it, could overflow: 1000 years */
extern bool wl_is_endless(const Interval *duration);

static inline void
wl_check_not_null(bool isnull, const char *name)
{
	if (unlikely(isnull))
		wl_refuse_null(name);
}

/* a limit must not change within a window partition or an aggregate */
static inline void
wl_check_same(bool same, const char *name)
{
	if (unlikely(!same))
		wl_refuse_different(name);
}

/* add to a count; a sum beyond bigint raises SQLSTATE 22003 */
static inline void
wl_add_count(int64 *count, int64 n, const char *name)
{
	if (unlikely(pg_add_s64_overflow(*count, n, count)))
		wl_refuse_overflow(name);
}

#endif							/* WL_CHECK_H */
