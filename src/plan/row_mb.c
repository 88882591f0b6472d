/*
 * row_mb.c
 *		williams_row_mb: the memory that values take once they are read.
 *
 * This is the memory that a batch needs, not the space on disk: documents compress
 * well. The row itself stores the size of a compressed or out-of-line value, so no
 * TOAST table is read. No locks are taken.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#define MB (1024.0 * 1024.0)

static double
value_bytes(Datum value, int16 typlen)
{
	if (typlen == -1)
		return (double) toast_raw_datum_size(value);
	if (typlen == -2)
		return (double) strlen(DatumGetCString(value)) + 1.0;
	return (double) typlen;
}

/* The lengths of the arguments' types, looked up once per query. */
static const int16 *
argument_lengths(FunctionCallInfo fcinfo)
{
	int16	   *lengths = fcinfo->flinfo->fn_extra;

	if (lengths == NULL)
	{
		lengths = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt,
									 Max(PG_NARGS(), 1) * sizeof(int16));
		for (int i = 0; i < PG_NARGS(); i++)
		{
			Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);

			if (!OidIsValid(type))
				elog(ERROR, "could not determine the type of argument %d", i + 1);
			lengths[i] = get_typlen(type);
		}
		fcinfo->flinfo->fn_extra = lengths;
	}
	return lengths;
}

/* VARIADIC array: the values are its elements. */
static double
elements_bytes(ArrayType *array)
{
	Oid			type = ARR_ELEMTYPE(array);
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *values;
	bool	   *nulls;
	int			n;
	double		bytes = 0.0;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	deconstruct_array(array, type, typlen, typbyval, typalign, &values, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			bytes += value_bytes(values[i], typlen);
	return bytes;
}

PG_FUNCTION_INFO_V1(wl_row_mb);
Datum
wl_row_mb(PG_FUNCTION_ARGS)
{
	const		int16 *lengths;
	double		bytes = 0.0;

	if (get_fn_expr_variadic(fcinfo->flinfo))
	{
		if (!PG_ARGISNULL(0))
			bytes = elements_bytes(PG_GETARG_ARRAYTYPE_P(0));
		PG_RETURN_FLOAT8(bytes / MB);
	}
	lengths = argument_lengths(fcinfo);
	for (int i = 0; i < PG_NARGS(); i++)
		if (!PG_ARGISNULL(i))
			bytes += value_bytes(PG_GETARG_DATUM(i), lengths[i]);
	PG_RETURN_FLOAT8(bytes / MB);
}
