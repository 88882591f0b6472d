/*
 * state.c
 *		The text and binary forms of an aggregate's transition state; see state.h.
 *
 * Text: the fields in parentheses, separated by commas, floats in the shortest
 * decimal form that reads back exactly. Binary: the fields in order, 8 bytes each
 * in network byte order. Input in either form is checked against the type's
 * invariants.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/space.h"
#include "base/state.h"

StaticAssertDecl(sizeof(double) == sizeof(int64), "a field has 8 bytes");

typedef union Field
{
	int64		i;
	double		f;
} Field;

/* Parse one field and advance *p past it; false if there is none. */
static bool
parse_field(char **p, char kind, Field *field)
{
	char	   *end;

	errno = 0;
	if (kind == 'i')
		field->i = strtoi64(*p, &end, 10);
	else
		field->f = strtod(*p, &end);
	if (end == *p)
		return false;
	*p = end;
	/* strtod sets ERANGE for denormal numbers too, which are valid */
	return kind == 'i' ? errno == 0 : isfinite(field->f);
}

static bool
parse_state(char *p, const WlStateType *type, Field *fields)
{
	wl_skip_space(&p);
	for (int i = 0; type->fields[i] != '\0'; i++)
	{
		if (*p++ != (i == 0 ? '(' : ','))
			return false;
		if (!parse_field(&p, type->fields[i], &fields[i]))
			return false;
	}
	if (*p++ != ')')
		return false;
	wl_skip_space(&p);
	return *p == '\0' && type->valid(fields);
}

Datum
wl_state_in(FunctionCallInfo fcinfo, const WlStateType *type)
{
	char	   *text = PG_GETARG_CSTRING(0);
	Field	   *fields = palloc(strlen(type->fields) * sizeof(Field));

	if (!parse_state(text, type, fields))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"",
						type->name, wl_text_start(text, WL_MALFORMED_SHOWN))));
	PG_RETURN_POINTER(fields);
}

Datum
wl_state_out(FunctionCallInfo fcinfo, const WlStateType *type)
{
	Field	   *fields = (Field *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; type->fields[i] != '\0'; i++)
	{
		appendStringInfoChar(&buf, i == 0 ? '(' : ',');
		if (type->fields[i] == 'i')
			appendStringInfo(&buf, INT64_FORMAT, fields[i].i);
		else
		{
			char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

			double_to_shortest_decimal_buf(fields[i].f, digits);
			appendStringInfoString(&buf, digits);
		}
	}
	appendStringInfoChar(&buf, ')');
	PG_RETURN_CSTRING(buf.data);
}

Datum
wl_state_recv(FunctionCallInfo fcinfo, const WlStateType *type)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	Field	   *fields = palloc(strlen(type->fields) * sizeof(Field));
	bool		finite = true;

	for (int i = 0; type->fields[i] != '\0'; i++)
	{
		fields[i].i = pq_getmsgint64(buf);
		if (type->fields[i] == 'f' && !isfinite(fields[i].f))
			finite = false;
	}
	if (!finite || !type->valid(fields))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s", type->name)));
	PG_RETURN_POINTER(fields);
}

Datum
wl_state_send(FunctionCallInfo fcinfo, const WlStateType *type)
{
	Field	   *fields = (Field *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	for (int i = 0; type->fields[i] != '\0'; i++)
		pq_sendint64(&buf, fields[i].i);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

void *
wl_state_writable_slow(FunctionCallInfo fcinfo, Size size)
{
	MemoryContext context;
	void	   *copy;

	if (AggCheckCallContext(fcinfo, &context))
	{
		if (!PG_ARGISNULL(0))
			return PG_GETARG_POINTER(0);
		return MemoryContextAllocZero(context, size);
	}
	copy = palloc0(size);
	if (!PG_ARGISNULL(0))
		memcpy(copy, PG_GETARG_POINTER(0), size);
	return copy;
}
