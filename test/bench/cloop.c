/*
 * cloop.c
 *		The peer of williams_space_bound in the benchmark: the same maths over
 *		the same values in a plain C loop. Not part of the extension.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "math/bound.h"

PG_MODULE_MAGIC;

static int64 *values;
static int	n;

/* Copy the values for bench_loop(). */
PG_FUNCTION_INFO_V1(bench_load);
Datum
bench_load(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);

	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	values = MemoryContextAllocHuge(TopMemoryContext, n * sizeof(int64));
	memcpy(values, ARR_DATA_PTR(array), n * sizeof(int64));
	PG_RETURN_INT32(n);
}

/* Compute the bound of each value once. */
PG_FUNCTION_INFO_V1(bench_loop);
Datum
bench_loop(PG_FUNCTION_ARGS)
{
	double		sum = 0.0;

	for (int i = 0; i < n; i++)
		sum += wl_math_space_bound(values[i]);
	PG_RETURN_FLOAT8(sum);
}
