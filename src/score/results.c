/*
 * results.c
 *		What is made of the score of a document for SQL; see results.h.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "score/profile/rules.h"
#include "score/results.h"

static const char *
reason_name(int reason)
{
	static const char *const names[WL_REASON_CHECKS] = {
		[WL_REASON_MISSING] = "missing",
		[WL_REASON_LOW_CONFIDENCE] = "low_confidence",
		[WL_REASON_FORMAT] = "format",
		[WL_REASON_SHORT] = "short",
		[WL_REASON_SCRIPT] = "script",
		[WL_REASON_MODEL] = "model",
		[WL_REASON_AUDIT] = "audit",
		[WL_REASON_NO_PROFILE] = "no_profile"
	};

	return reason < WL_REASON_CHECKS ? names[reason] : wl_check_kind(reason - WL_REASON_CHECKS);
}

/* The names of the reasons in a set; returns how many there are. */
static int
list_reasons(uint32 reasons, const char **names)
{
	int			n = 0;

	for (int i = 0; i < WL_REASON_CHECKS + wl_check_kinds(); i++)
		if (reasons & WL_REASON_BIT(i))
			names[n++] = reason_name(i);
	return n;
}

ArrayType  *
wl_reasons_array(uint32 reasons)
{
	const char *names[32];
	Datum		datums[32];
	int			n = list_reasons(reasons, names);

	for (int i = 0; i < n; i++)
		datums[i] = CStringGetTextDatum(names[i]);
	return construct_array(datums, n, TEXTOID, -1, false, TYPALIGN_INT);
}

static Datum
name_datum(const WlFieldScore *field)
{
	return PointerGetDatum(cstring_to_text_with_len(field->name.name, field->name.length));
}

ArrayType  *
wl_review_names(const WlDocumentScore *document, const char *no_field)
{
	Datum	   *names = palloc((document->nfields + 1) * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (field->reasons != 0)
			names[n++] = name_datum(field);
	}
	if (document->nfields == 0 && document->reasons != 0)
		names[n++] = CStringGetTextDatum(no_field);
	return construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT);
}

ArrayType  *
wl_accepted_names(const WlDocumentScore *document)
{
	Datum	   *names = palloc(Max(document->nfields, 1) * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (field->accepted)
			names[n++] = name_datum(field);
	}
	return construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* A score in [0, 1] as a numeric of at most 15 decimals; from 0.1 up, that is the cast from float8. */
static Numeric
score_numeric(double score)
{
	int64		value = (int64) rint(score * 1e15);
	int			decimals = 15;

	for (; decimals > 0 && value % 10 == 0; value /= 10)
		decimals--;
	return int64_div_fast_to_numeric(value, decimals);
}

/* The next pair of an object with the names of fields as keys, which are in jsonb's order. */
static JsonbPair *
add_pair(JsonbValue *object, const char *name, int length)
{
	JsonbPair  *pair = &object->val.object.pairs[object->val.object.nPairs];

	CHECK_FOR_INTERRUPTS();
	pair->key.type = jbvString;
	pair->key.val.string.val = unconstify(char *, name);
	pair->key.val.string.len = length;
	pair->order = object->val.object.nPairs++;
	return pair;
}

static JsonbValue
new_object(int pairs)
{
	JsonbValue	object = {.type = jbvObject};

	object.val.object.pairs = palloc(Max(pairs, 1) * sizeof(JsonbPair));
	return object;
}

Jsonb *
wl_scores_object(const WlDocumentScore *document)
{
	JsonbValue	object = new_object(document->nfields);

	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];
		JsonbPair  *pair = add_pair(&object, field->name.name, field->name.length);

		pair->value.type = jbvNumeric;
		pair->value.val.numeric = score_numeric(field->score);
	}
	return JsonbValueToJsonb(&object);
}

static JsonbValue
reasons_value(uint32 reasons)
{
	const char *names[32];
	JsonbValue	array = {.type = jbvArray};
	int			n = list_reasons(reasons, names);

	array.val.array.nElems = n;
	array.val.array.elems = palloc(n * sizeof(JsonbValue));
	for (int i = 0; i < n; i++)
	{
		array.val.array.elems[i].type = jbvString;
		array.val.array.elems[i].val.string.val = unconstify(char *, names[i]);
		array.val.array.elems[i].val.string.len = strlen(names[i]);
	}
	return array;
}

Jsonb *
wl_reasons_object(const WlDocumentScore *document, const char *no_field)
{
	JsonbValue	object = new_object(document->nfields + 1);

	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];

		if (field->reasons != 0)
			add_pair(&object, field->name.name, field->name.length)->value = reasons_value(field->reasons);
	}
	if (document->nfields == 0 && document->reasons != 0)
		add_pair(&object, no_field, strlen(no_field))->value = reasons_value(document->reasons);
	return JsonbValueToJsonb(&object);
}

/* It may be any jsonb: a user can write to the column. */
bool
wl_has_reason(Jsonb *reasons, WlReason reason)
{
	const char *name = reason_name(reason);
	JsonbIterator *it = JsonbIteratorInit(&reasons->root);
	JsonbIteratorToken token;
	JsonbValue	v;

	while ((token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM && v.type == jbvString && v.val.string.len == strlen(name) &&
			memcmp(v.val.string.val, name, v.val.string.len) == 0)
			return true;
	}
	return false;
}
