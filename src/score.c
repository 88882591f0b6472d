/*
 * score.c
 *		How far an OCR result can be trusted: the confidence multiplier, and how
 *		many fields were extracted.
 *
 * jsonb is walked in place, over its own entries, with a stack of our own: a
 * document may be nested deeper than C's stack allows. Everything here is
 * IMMUTABLE: the database's encoding, which decides what white space is, cannot
 * change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "check.h"
#include "core.h"
#include "score.h"

/* A number of fields; there are no fewer than none. */
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
	PG_RETURN_FLOAT8(wl_core_confidence_multiplier(num_fields_argument(fcinfo)));
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
	const char *name = VARDATA_ANY(regime);
	size_t		length = VARSIZE_ANY_EXHDR(regime);

	for (int i = 0; i < lengthof(regimes); i++)
		if (strlen(regimes[i].name) == length &&
			memcmp(regimes[i].name, name, length) == 0)
			return regimes[i].leverage;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown regime: \"%s\"", text_to_cstring(regime)),
			 errhint("The regimes are \"support\", \"exploration\" and \"balance\".")));
}

PG_FUNCTION_INFO_V1(wl_confidence_multiplier_regime);
Datum
wl_confidence_multiplier_regime(PG_FUNCTION_ARGS)
{
	double		leverage;

	wl_check_fraction(PG_GETARG_FLOAT8(1), "base_confidence");
	leverage = leverage_of(PG_GETARG_TEXT_PP(2));
	PG_RETURN_FLOAT8(wl_core_leveraged_multiplier(num_fields_argument(fcinfo),
												  leverage));
}

PG_FUNCTION_INFO_V1(wl_adjusted_confidence);
Datum
wl_adjusted_confidence(PG_FUNCTION_ARGS)
{
	double		base = PG_GETARG_FLOAT8(1);

	wl_check_fraction(base, "base_confidence");
	PG_RETURN_FLOAT8(base * wl_core_confidence_multiplier(num_fields_argument(fcinfo)));
}

int
wl_space_length(const unsigned char *p, const unsigned char *end, bool utf8)
{
	pg_wchar	c;

	if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		return 1;
	if (*p < 0x80 || !utf8 || end - p < pg_utf_mblen(p))
		return 0;
	c = utf8_to_unicode(p);
	if (c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
		c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000)
		return pg_utf_mblen(p);
	return 0;
}

/* Is a string empty, or nothing but white space? */
static bool
is_blank(const char *string, uint32 length)
{
	const unsigned char *p = (const unsigned char *) string;
	const unsigned char *end = p + length;
	bool		utf8;
	int			n;

	/* the common case at once: it starts with a printable ASCII character */
	if (length > 0 && *p > ' ' && *p < 0x80)
		return false;
	utf8 = GetDatabaseEncoding() == PG_UTF8;
	while (p < end && (n = wl_space_length(p, end, utf8)) > 0)
		p += n;
	return p == end;
}

/*
 * The values of one container, from first to last. Offsets are relative to the
 * data, which starts behind the entries; strings stand where the one before
 * ended, containers and numbers at the next multiple of four.
 */
typedef struct Values
{
	const JsonbContainer *container;
	const char *data;
	uint32		next;			/* index of the next value's entry */
	uint32		end;
	uint32		offset;			/* where its data starts */
} Values;

/* One value: where its data is, and for a string how long. */
typedef struct Value
{
	JEntry		entry;
	const char *data;
	uint32		length;
} Value;

static void
values_begin(Values *v, const JsonbContainer *container)
{
	uint32		count = JsonContainerSize(container);
	bool		object = JsonContainerIsObject(container);

	v->container = container;
	v->next = object ? count : 0;	/* an object's keys come first */
	v->end = object ? 2 * count : count;
	v->data = (const char *) &container->children[v->end];
	v->offset = count == 0 ? 0 : getJsonbOffset(container, v->next);
}

static inline bool
values_next(Values *v, Value *value)
{
	uint32		start = v->offset;

	if (v->next == v->end)
		return false;
	value->entry = v->container->children[v->next++];
	JBE_ADVANCE_OFFSET(v->offset, value->entry);
	if (!JBE_ISSTRING(value->entry))
		start = INTALIGN(start);
	value->data = v->data + start;
	value->length = v->offset - start;
	return true;
}

/* A leaf counts unless it is null or a blank string. */
static inline bool
leaf_counts(const Value *value)
{
	if (JBE_ISSTRING(value->entry))
		return !is_blank(value->data, value->length);
	return !JBE_ISNULL(value->entry);
}

int64
wl_count_fields(const JsonbContainer *fields)
{
	Values		local[16];
	Values	   *stack = local;
	int			room = lengthof(local);
	int			depth = 0;
	int64		count = 0;
	Value		value;

	values_begin(&stack[0], fields);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!values_next(&stack[depth], &value))
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
					stack = memcpy(palloc(room * sizeof(Values)), local, sizeof(local));
				else
					stack = repalloc(stack, room * sizeof(Values));
			}
			values_begin(&stack[depth], (const JsonbContainer *) value.data);
		}
		else
			count += leaf_counts(&value);
	}
	if (stack != local)
		pfree(stack);
	return count;
}

/* The fields below one value: itself if it is a leaf. */
static int64
count_value(const Value *value)
{
	if (JBE_ISCONTAINER(value->entry))
		return wl_count_fields((const JsonbContainer *) value->data);
	return leaf_counts(value) ? 1 : 0;
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

/* The keys of an object, which jsonb keeps sorted by length, then bytes. */
typedef struct Keys
{
	const JsonbContainer *object;
	const char *data;
	uint32		next;
	uint32		end;
	uint32		offset;
} Keys;

typedef struct Key
{
	const char *name;
	uint32		length;
} Key;

static void
keys_begin(Keys *k, const JsonbContainer *object)
{
	k->object = object;
	k->next = 0;
	k->end = JsonContainerSize(object);
	k->data = (const char *) &object->children[2 * k->end];
	k->offset = 0;
}

static bool
keys_next(Keys *k, Key *key)
{
	JEntry		entry;
	uint32		start = k->offset;

	if (k->next == k->end)
		return false;
	entry = k->object->children[k->next++];
	JBE_ADVANCE_OFFSET(k->offset, entry);
	key->name = k->data + start;
	key->length = k->offset - start;
	return true;
}

/* jsonb's order of keys */
static int
compare_keys(const void *a, const void *b)
{
	const Key  *x = a;
	const Key  *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->name, y->name, x->length);
}

/* The names in a text array, in jsonb's order of keys; NULLs name nothing. */
static Key *
sorted_names(ArrayType *array, int *n)
{
	Datum	   *datums;
	bool	   *nulls;
	int			count;
	Key		   *names;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &datums, &nulls, &count);
	names = palloc(count * sizeof(Key));
	*n = 0;
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			continue;
		names[*n].name = VARDATA_ANY(DatumGetPointer(datums[i]));
		names[*n].length = VARSIZE_ANY_EXHDR(DatumGetPointer(datums[i]));
		(*n)++;
	}
	qsort(names, *n, sizeof(Key), compare_keys);
	return names;
}

/* Both sides are sorted alike, so one walk over them finds what they share. */
PG_FUNCTION_INFO_V1(wl_field_count_expected);
Datum
wl_field_count_expected(PG_FUNCTION_ARGS)
{
	Jsonb	   *fields = PG_GETARG_JSONB_P(0);
	int			n;
	int			i = 0;
	Key		   *names = sorted_names(PG_GETARG_ARRAYTYPE_P(1), &n);
	Keys		keys;
	Values		values;
	Key			key;
	Value		value;
	int64		count = 0;

	if (!JB_ROOT_IS_OBJECT(fields))
		PG_RETURN_INT64(0);
	keys_begin(&keys, &fields->root);
	values_begin(&values, &fields->root);
	while (i < n && keys_next(&keys, &key) && values_next(&values, &value))
	{
		CHECK_FOR_INTERRUPTS();
		while (i < n && compare_keys(&names[i], &key) < 0)
			i++;
		if (i < n && compare_keys(&names[i], &key) == 0)
			count += count_value(&value);
	}
	PG_RETURN_INT64(count);
}

/* jsonb's null, which says as little as SQL's */
static bool
is_json_null(JsonbContainer *container)
{
	JsonbValue	value;

	return JsonContainerIsScalar(container) &&
		JsonbExtractScalar(container, &value) && value.type == jbvNull;
}

bool
wl_mean_confidence(JsonbContainer *fields, JsonbContainer *confidence,
				   double *mean, int64 *n)
{
	Keys		keys;
	Values		values;
	Key			key;
	Value		value;
	JsonbValue	found;
	double		sum = 0.0;
	double		x;

	*n = 0;
	*mean = 0.0;
	if (is_json_null(confidence))
		return true;
	if (!JsonContainerIsObject(confidence))
		return false;
	if (!JsonContainerIsObject(fields))
		return true;
	keys_begin(&keys, fields);
	values_begin(&values, fields);
	while (keys_next(&keys, &key) && values_next(&values, &value))
	{
		CHECK_FOR_INTERRUPTS();
		if (count_value(&value) == 0 ||
			getKeyJsonValueFromContainer(confidence, key.name, key.length, &found) == NULL ||
			found.type == jbvNull)
			continue;
		if (found.type != jbvNumeric)
			return false;
		x = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											   NumericGetDatum(found.val.numeric)));
		if (!wl_is_fraction(x))
			return false;
		sum += x;
		(*n)++;
	}
	if (*n > 0)
		*mean = sum / *n;
	return true;
}
