/*
 * record.h
 *		A composite result of the function that is running.
 */
#ifndef WL_RECORD_H
#define WL_RECORD_H

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"

/* The row type of the result; n is the number of columns that the library returns. */
static inline TupleDesc
wl_result_desc(FunctionCallInfo fcinfo, int n)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (desc->natts != n)
		elog(ERROR, "result has %d columns where the library makes %d",
			 desc->natts, n);
	return desc;
}

static inline Datum
wl_form_record(FunctionCallInfo fcinfo, Datum *values, bool *nulls, int n)
{
	TupleDesc	desc = wl_result_desc(fcinfo, n);

	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

#endif							/* WL_RECORD_H */
