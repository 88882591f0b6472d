/*
 * verified.c
 *		The fields of a row that a person has confirmed; see verified.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "score/fields.h"
#include "score/verified.h"

/* Find the value of a key; false if the jsonb is NULL, not an object, or does not have it. */
static bool
get_value(Jsonb *object, const WlName *name, JsonbValue *value)
{
	return object != NULL && JB_ROOT_IS_OBJECT(object) &&
		getKeyJsonValueFromContainer(&object->root, name->name, name->length, value) != NULL;
}

static bool
is_name(const WlName *name, const char *other)
{
	return name->length == strlen(other) && memcmp(name->name, other, name->length) == 0;
}

/* a and b may be NULL. */
static bool
is_equal(Jsonb *a, Jsonb *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return DatumGetBool(DirectFunctionCall2(jsonb_eq, JsonbPGetDatum(a), JsonbPGetDatum(b)));
}

/* The value of no_field, if it is not a field, is the document. */
static bool
value_changed(Jsonb *before, Jsonb *after, const WlName *name, const char *no_field)
{
	JsonbValue	a;
	JsonbValue	b;
	bool		has_a = get_value(before, name, &a);
	bool		has_b = get_value(after, name, &b);

	if (has_a && has_b)
		return !is_equal(JsonbValueToJsonb(&a), JsonbValueToJsonb(&b));
	return has_a || has_b || (is_name(name, no_field) && !is_equal(before, after));
}

/* How many of the sorted names from *i on equal the name? *i advances past them and all lesser ones. */
static int
count_name(const WlName *names, int n, int *i, const WlName *name)
{
	int			count = 0;

	while (*i < n && wl_compare_keys(&names[*i], name) < 0)
		(*i)++;
	for (; *i < n && wl_compare_keys(&names[*i], name) == 0; (*i)++)
		count++;
	return count;
}

WlName *
wl_verified_names(ArrayType *after, ArrayType *before, Jsonb *fields_after,
				  Jsonb *fields_before, const char *no_field, int *n)
{
	int			n_after = 0;
	int			n_before = 0;
	WlName	   *names = after == NULL ? NULL : wl_sorted_names(after, &n_after);
	WlName	   *old = before == NULL ? NULL : wl_sorted_names(before, &n_before);
	int			i = 0;
	int			j = 0;

	*n = 0;
	while (i < n_after)
	{
		WlName		name = names[i];
		int			times = count_name(names, n_after, &i, &name);
		int			times_before = count_name(old, n_before, &j, &name);

		CHECK_FOR_INTERRUPTS();
		if (times_before == 0 || times > times_before ||
			!value_changed(fields_before, fields_after, &name, no_field))
			names[(*n)++] = name;
	}
	return names;
}

ArrayType  *
wl_names_array(const WlName *names, int n)
{
	Datum	   *datums = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		datums[i] = PointerGetDatum(cstring_to_text_with_len(names[i].name, names[i].length));
	}
	return construct_array(datums, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* The score before, unless there is none. */
static double
kept_score(Jsonb *scores, const WlFieldScore *field)
{
	JsonbValue	value;
	double		score;

	if (!get_value(scores, &field->name, &value) || value.type != jbvNumeric)
		return field->score;
	score = wl_number(value.val.numeric);
	return wl_is_fraction(score) ? score : field->score;
}

void
wl_keep_verified(WlDocumentScore *document, const WlName *names, int n,
				 Jsonb *scores, ArrayType *accepted, const char *no_field)
{
	int			naccepted = 0;
	WlName	   *kept = accepted == NULL ? NULL : wl_sorted_names(accepted, &naccepted);
	int			next = 0;
	int			next_kept = 0;

	for (int i = 0; i < document->nfields; i++)
	{
		WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (count_name(names, n, &next, &field->name) == 0)
			continue;
		field->reasons = 0;
		field->score = kept_score(scores, field);
		if (accepted != NULL)
			field->accepted = count_name(kept, naccepted, &next_kept, &field->name) > 0;
		else if (wl_is_below(field->score, field->threshold))
			field->accepted = false;
	}
	for (int i = 0; i < n; i++)
		if (is_name(&names[i], no_field))
			document->reasons = 0;
}
