/*
 * multiplier.c
 *		The confidence multiplier as SQL functions; the formula is in math/bound.h.
 *
 * All of them are IMMUTABLE and depend on their arguments only.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/names.h"

/* The number of fields; a negative number counts as 0. */
static uint64
num_fields_argument(FunctionCallInfo fcinfo)
{
	return (uint64) Max(PG_GETARG_INT64(0), 0);
}

PG_FUNCTION_INFO_V1(wl_confidence_multiplier);
Datum
wl_confidence_multiplier(PG_FUNCTION_ARGS)
{
	wl_check_fraction(PG_GETARG_FLOAT8(1), "base_confidence");
	PG_RETURN_FLOAT8(wl_math_confidence_multiplier(num_fields_argument(fcinfo)));
}

static double
leverage_of(const text *regime)
{
	static const struct
	{
		const char *name;
		double		leverage;
	}			regimes[] = {
		{"support", 32.1}, {"exploration", 26.8}, {"balance", 11.5}
	};
	int			i = wl_find_name(regimes, VARDATA_ANY(regime), VARSIZE_ANY_EXHDR(regime));

	if (i < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown regime \"%s\"", text_to_cstring(regime)),
				 errhint("The regimes are %s.", wl_list_names(regimes))));
	return regimes[i].leverage;
}

PG_FUNCTION_INFO_V1(wl_confidence_multiplier_regime);
Datum
wl_confidence_multiplier_regime(PG_FUNCTION_ARGS)
{
	double		leverage;

	wl_check_fraction(PG_GETARG_FLOAT8(1), "base_confidence");
	leverage = leverage_of(PG_GETARG_TEXT_PP(2));
	PG_RETURN_FLOAT8(wl_math_leveraged_multiplier(num_fields_argument(fcinfo),
												  leverage));
}

PG_FUNCTION_INFO_V1(wl_adjusted_confidence);
Datum
wl_adjusted_confidence(PG_FUNCTION_ARGS)
{
	double		base = PG_GETARG_FLOAT8(1);

	wl_check_fraction(base, "base_confidence");
	PG_RETURN_FLOAT8(base * wl_math_confidence_multiplier(num_fields_argument(fcinfo)));
}
