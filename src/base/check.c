/*
 * check.c
 *		The error messages for invalid arguments, whose tests are in check.h, and
 *		the clipping of long texts for messages.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/check.h"

void
wl_refuse_count(int64 value, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must not be negative", name),
			 errdetail("The value is %lld.", (long long) value)));
}

void
wl_refuse_fraction(double value, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be between 0 and 1", name),
			 errdetail("The value is %.15g.", value)));
}

void
wl_refuse_guarantee(double value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("guarantee must be at least 0 and less than 1"),
			 errdetail("The value is %.15g.", value)));
}

void
wl_refuse_megabytes(double value, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be finite and not negative", name),
			 errdetail("The value is %.15g.", value)));
}

/* The same rule for the weight of a row, whose key the message names. */
void
wl_refuse_weight(double value, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("item_mb must be finite and not negative"),
			 errdetail("The value is %.15g, for key %s.", value, key)));
}

void
wl_refuse_item_size(double value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("memory_per_item_mb must be finite and greater than zero"),
			 errdetail("The value is %.15g.", value)));
}

void
wl_refuse_item(double item_mb, double budget_mb)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an item of %.15g MB exceeds the memory budget of %.15g MB",
					item_mb, budget_mb),
			 errhint("Raise available_memory_mb, or leave out larger items.")));
}

void
wl_refuse_not_positive(int64 value, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be greater than zero", name),
			 errdetail("The value is %lld.", (long long) value)));
}

void
wl_refuse_overflow(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of range", name)));
}

void
wl_refuse_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", name)));
}

void
wl_refuse_different(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be the same for all rows", name)));
}

void
wl_refuse_bins(int bins, int of)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("bins must divide %d", of),
			 errdetail("The value is %d.", bins),
			 errhint("Each bin of the result joins whole bins of the summary.")));
}

void
wl_check_duration(const Interval *value, const char *name)
{
	static const Interval zero = {0};
	Datum		duration = IntervalPGetDatum(value);

	if (DatumGetBool(DirectFunctionCall2(interval_lt, duration, IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name),
				 errdetail("The value is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out, duration)))));
}

bool
wl_is_endless(const Interval *duration)
{
	static const Interval millennium = {.month = 1000 * MONTHS_PER_YEAR};

	return DatumGetBool(DirectFunctionCall2(interval_ge, IntervalPGetDatum(duration),
											IntervalPGetDatum(&millennium)));
}

const char *
wl_text_start(const char *text, int max_bytes)
{
	int			length = strlen(text);
	int			start = pg_mbcliplen(text, length, max_bytes);

	return start == length ? text : psprintf("%.*s...", start, text);
}

void
wl_check_read_committed(const char *function)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("%s requires isolation level READ COMMITTED", function),
				 errdetail("An older snapshot would not show what other sessions have done since."),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED.")));
}
