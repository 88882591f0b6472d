/*
 * fields.c
 *		The fields of an OCR result: the number that was extracted, and the engine's
 *		confidence in each.
 *
 * jsonb is walked in place, with a stack on the heap: a document may be nested
 * deeper than C's stack allows. Everything here is IMMUTABLE: the database's
 * encoding, which decides what white space is, cannot change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "score/fields.h"

int64
wl_count_fields(const JsonbContainer *fields)
{
	WlValues	local[16];
	WlValues   *stack = local;
	int			room = lengthof(local);
	int			depth = 0;
	int64		count = 0;
	WlValue		value;

	wl_values_begin(&stack[0], fields);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!wl_values_next(&stack[depth], &value))
		{
			if (depth-- == 0)
				break;
		}
		else if (JBE_ISCONTAINER(value.entry))
		{
			if (++depth == room)
			{
				room *= 2;
				if (stack == local)
					stack = memcpy(palloc(room * sizeof(WlValues)), local, sizeof(local));
				else
					stack = repalloc(stack, room * sizeof(WlValues));
			}
			wl_values_begin(&stack[depth], (const JsonbContainer *) value.data);
		}
		else
			count += wl_leaf_counts(&value);
	}
	if (stack != local)
		pfree(stack);
	return count;
}

PG_FUNCTION_INFO_V1(wl_field_count);
Datum
wl_field_count(PG_FUNCTION_ARGS)
{
	Jsonb	   *fields = PG_GETARG_JSONB_P(0);
	int64		count = wl_count_fields(&fields->root);

	PG_FREE_IF_COPY(fields, 0);
	PG_RETURN_INT64(count);
}

WlName *
wl_sorted_names(ArrayType *array, int *n)
{
	Datum	   *datums;
	bool	   *nulls;
	int			count;
	WlName	   *names;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &datums, &nulls, &count);
	names = palloc(count * sizeof(WlName));
	*n = 0;
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		names[*n].name = VARDATA_ANY(DatumGetPointer(datums[i]));
		names[*n].length = VARSIZE_ANY_EXHDR(DatumGetPointer(datums[i]));
		(*n)++;
	}
	qsort(names, *n, sizeof(WlName), wl_compare_keys);
	return names;
}

/* Both sides are in the same order, so one walk over them finds the common keys. */
PG_FUNCTION_INFO_V1(wl_field_count_expected);
Datum
wl_field_count_expected(PG_FUNCTION_ARGS)
{
	Jsonb	   *fields = PG_GETARG_JSONB_P(0);
	int			n;
	int			i = 0;
	WlName	   *names = wl_sorted_names(PG_GETARG_ARRAYTYPE_P(1), &n);
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		value;
	int64		count = 0;

	if (!JB_ROOT_IS_OBJECT(fields))
		PG_RETURN_INT64(0);
	wl_keys_begin(&keys, &fields->root);
	wl_values_begin(&values, &fields->root);
	while (i < n && wl_keys_next(&keys, &key) && wl_values_next(&values, &value))
	{
		CHECK_FOR_INTERRUPTS();
		while (i < n && wl_compare_keys(&names[i], &key) < 0)
			i++;
		if (i < n && wl_compare_keys(&names[i], &key) == 0)
			count += wl_count_value(&value);
	}
	PG_RETURN_INT64(count);
}

bool
wl_is_json_null(JsonbContainer *container)
{
	JsonbValue	value;

	return JsonContainerIsScalar(container) &&
		JsonbExtractScalar(container, &value) && value.type == jbvNull;
}

bool
wl_field_confidence(JsonbContainer *confidence, const WlName *name, double *x)
{
	JsonbValue	found;

	if (getKeyJsonValueFromContainer(confidence, name->name, name->length, &found) == NULL ||
		found.type == jbvNull)
		return true;
	if (found.type != jbvNumeric)
		return false;
	*x = wl_number(found.val.numeric);
	return wl_is_fraction(*x);
}
