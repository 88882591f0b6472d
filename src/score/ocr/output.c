/*
 * output.c
 *		Rows into a tuplestore, or into two objects under unique names.
 *
 * What a row allocates is freed with it. If the two objects would exceed what
 * jsonb can hold, an error is raised before memory is exhausted.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "score/ocr/output.h"

static uint32
hash_name(const void *key, Size keysize)
{
	const WlSlice *name = key;

	return hash_bytes((const unsigned char *) name->data, name->length);
}

static int
match_names(const void *a, const void *b, Size keysize)
{
	const WlSlice *x = a;
	const WlSlice *y = b;

	return x->length != y->length || memcmp(x->data, y->data, x->length) != 0;
}

/* A hash table whose entries begin with a name, their key. */
HTAB *
wl_name_table(Size entrysize)
{
	HASHCTL		ctl = {
		.keysize = sizeof(WlSlice),
		.entrysize = entrysize,
		.hash = hash_name,
		.match = match_names,
		.hcxt = CurrentMemoryContext,
	};

	return hash_create("williams names", 64, &ctl,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* A hash table whose entries begin with a key of some bytes. */
HTAB *
wl_blob_table(Size keysize, Size entrysize)
{
	HASHCTL		ctl = {.keysize = keysize,.entrysize = entrysize,.hcxt = CurrentMemoryContext};

	return hash_create("williams keys", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Find or make the entry of a name. A new entry has its own copy of the name. */
WlFieldName *
wl_enter_name(HTAB *names, WlSlice name)
{
	bool		found;
	WlFieldName *entry = hash_search(names, &name, HASH_ENTER, &found);

	if (!found)
	{
		entry->name.data = pnstrdup(name.data, name.length);
		entry->used = false;
		entry->last = 1;
	}
	return entry;
}

static WlFieldName *
enter_numbered(HTAB *names, WlSlice name, int number)
{
	char	   *numbered = psprintf("%.*s.%d", name.length, name.data, number);
	WlFieldName *entry = wl_enter_name(names, wl_slice(numbered, strlen(numbered)));

	pfree(numbered);
	return entry;
}

/*
 * A name that no field has yet: name, or else name.2, name.3, ... In the third
 * item it is name.3, or else name.3.2, ..., so that the fourth item's name.4
 * remains free. If the result has several documents, the document's number comes
 * before these: the first document has name, name.1.2, name.1.3, ..., the second
 * name.2, name.2.2, ... So a name that ends in a document's number alone is that
 * document's.
 */
static WlSlice
unique_name(const WlOutput *out, WlSlice name, int item)
{
	WlFieldName *entry = wl_enter_name(out->names, name);
	WlFieldName *first = entry; /* the name that numbers are appended to */

	if (out->document > 1)
		entry = first = enter_numbered(out->names, name, out->document);
	else if (out->several)
		first = enter_numbered(out->names, name, 1);
	if (item > 1)
		entry = enter_numbered(out->names, first->name, item);
	if (item > 0 && entry->used)
		first = enter_numbered(out->names, first->name, item);
	while (entry->used)
	{
		CHECK_FOR_INTERRUPTS();
		entry = enter_numbered(out->names, first->name, ++first->last);
	}
	entry->used = true;
	return entry->name;
}

static JsonbValue
jsonb_string(WlSlice s)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = unconstify(char *, s.data);
	v.val.string.len = s.length;
	return v;
}

/* Check the size here: jsonb itself would only notice when memory is exhausted. */
static void
emit_member(WlOutput *out, const WlOcrRow *row)
{
	JsonbValue	name = jsonb_string(unique_name(out, row->field, row->item));
	JsonbValue	value = {.type = jbvNull};
	JsonbValue	confidence = {.type = jbvNull};

	out->size += name.val.string.len + row->value.length;
	if (out->size > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("fields of the document do not fit into one jsonb value"),
				 errhint("Use williams_ocr_fields, which returns them as rows.")));
	if (row->value.data != NULL)
		value = jsonb_string(wl_slice(pnstrdup(row->value.data, row->value.length), row->value.length));
	if (!isnan(row->confidence))
	{
		confidence.type = jbvNumeric;
		confidence.val.numeric =
			DatumGetNumeric(DirectFunctionCall1(float8_numeric,
												Float8GetDatum(row->confidence)));
	}
	wl_push_jsonb(&out->fields, WJB_KEY, &name);
	wl_push_jsonb(&out->fields, WJB_VALUE, &value);
	wl_push_jsonb(&out->confidence, WJB_KEY, &name);
	wl_push_jsonb(&out->confidence, WJB_VALUE, &confidence);
}

static void
emit_row(WlOutput *out, const WlOcrRow *row)
{
	Datum		values[5] = {0};
	bool		nulls[5];

	nulls[0] = out->document <= 0;
	values[0] = Int32GetDatum(out->document);
	nulls[1] = row->page <= 0;
	values[1] = Int32GetDatum(row->page);
	nulls[2] = row->field.data == NULL;
	if (!nulls[2])
		values[2] = PointerGetDatum(cstring_to_text_with_len(row->field.data, row->field.length));
	nulls[3] = row->value.data == NULL;
	if (!nulls[3])
		values[3] = PointerGetDatum(cstring_to_text_with_len(row->value.data, row->value.length));
	nulls[4] = isnan(row->confidence);
	values[4] = Float8GetDatum(row->confidence);
	tuplestore_putvalues(out->store, out->desc, values, nulls);
}

static void
output_begin(WlOutput *out)
{
	memset(out, 0, sizeof(WlOutput));
	out->document = 1;
	out->whole = CurrentMemoryContext;
	out->row = AllocSetContextCreate(CurrentMemoryContext, "williams_ocr row",
									 ALLOCSET_DEFAULT_SIZES);
}

/* Begin an output of rows, which the current set-returning function returns. */
void
wl_output_rows(WlOutput *out, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	output_begin(out);
	out->store = result->setResult;
	out->desc = result->setDesc;
}

/* Begin an output of two objects: the values and the confidences. */
void
wl_output_objects(WlOutput *out)
{
	output_begin(out);
	out->names = wl_name_table(sizeof(WlFieldName));
	wl_push_jsonb(&out->fields, WJB_BEGIN_OBJECT, NULL);
	wl_push_jsonb(&out->confidence, WJB_BEGIN_OBJECT, NULL);
}

void
wl_output_objects_end(WlOutput *out, Datum *fields, Datum *confidence)
{
	wl_push_jsonb(&out->fields, WJB_END_OBJECT, NULL);
	wl_push_jsonb(&out->confidence, WJB_END_OBJECT, NULL);
	*fields = JsonbPGetDatum(JsonbValueToJsonb(out->fields.result));
	*confidence = JsonbPGetDatum(JsonbValueToJsonb(out->confidence.result));
}

/*
 * Emit a row. Its value is trimmed. A blank value is missing: the value and the
 * confidence are NULL, and if the row is a word it is left out.
 */
void
wl_emit(WlOutput *out, WlOcrRow row)
{
	CHECK_FOR_INTERRUPTS();
	row.value = wl_trim(row.value);
	if (row.value.length == 0)
	{
		row.value = wl_no_slice;
		row.confidence = NAN;
	}
	if (row.field.data == NULL && (row.value.data == NULL || out->names != NULL))
		 /* a blank word, or a word among fields */ ;
	else if (out->names == NULL)
	{
		MemoryContextSwitchTo(out->row);
		emit_row(out, &row);
	}
	else
	{
		MemoryContextSwitchTo(out->whole);
		emit_member(out, &row);
	}
	MemoryContextSwitchTo(out->whole);
	MemoryContextReset(out->row);
}
