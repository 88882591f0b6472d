/*
 * field_text.c
 *		The text of a field's value, as ->> returns it: 42, true, {"a": 1}.
 *
 * An object or array is present if it has a leaf that is neither null nor blank; the
 * first megabyte of its text counts.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "score/field_text.h"
#include "score/fields.h"

/* Append a key or a leaf to the text of its container. */
static void
append_leaf(StringInfo buf, const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			appendStringInfoString(buf, "null");
			break;
		case jbvBool:
			appendStringInfoString(buf, v->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			appendStringInfoString(buf, DatumGetCString(DirectFunctionCall1(numeric_out,
																			NumericGetDatum(v->val.numeric))));
			break;
		case jbvString:
			escape_json(buf, pnstrdup(v->val.string.val,
									  pg_mbcliplen(v->val.string.val, v->val.string.len, WL_CONTAINER_TEXT)));
			break;
		default:
			elog(ERROR, "jsonb type %d is not a leaf", (int) v->type);
	}
}

/*
 * The text of an object or array as ->> returns it, cut off after about
 * WL_CONTAINER_TEXT bytes. A few kilobytes of numbers like 1e131000 would otherwise
 * take up all memory, and no row may make a load fail. No format, and no check
 * except a pattern, depends on the rest.
 */
char *
wl_container_text(JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	v;
	bool		first = true;	/* no comma before the next item */
	StringInfoData buf;

	initStringInfo(&buf);
	while (buf.len < WL_CONTAINER_TEXT && (token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		bool		opens = token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT;

		CHECK_FOR_INTERRUPTS();
		if (!first && (opens || token == WJB_KEY || token == WJB_ELEM))
			appendStringInfoString(&buf, ", ");
		first = opens || token == WJB_KEY;
		if (opens)
			appendStringInfoChar(&buf, token == WJB_BEGIN_ARRAY ? '[' : '{');
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			appendStringInfoChar(&buf, token == WJB_END_ARRAY ? ']' : '}');
		else
			append_leaf(&buf, &v);
		if (token == WJB_KEY)
			appendStringInfoString(&buf, ": ");
	}
	return buf.data;
}

WlFieldText
wl_text_of(const WlValue *value)
{
	WlFieldText t = {NULL, 0};

	if (wl_count_value(value) == 0)
		return t;
	t.data = value->data;
	t.length = value->length;
	if (JBE_ISSTRING(value->entry))
		return t;
	if (JBE_ISNUMERIC(value->entry))
		t.data = DatumGetCString(DirectFunctionCall1(numeric_out, PointerGetDatum(value->data)));
	else if (JBE_ISBOOL(value->entry))
		t.data = JBE_ISBOOL_TRUE(value->entry) ? "true" : "false";
	else
		t.data = wl_container_text((JsonbContainer *) value->data);
	t.length = strlen(t.data);
	return t;
}
