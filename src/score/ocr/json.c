/*
 * json.c
 *		jsonb looked up and walked; JSON given as text checked and parsed.
 *
 * jsonb's input function raises an error for text that it does not accept.
 * wl_json_is_valid and wl_json_is_parsable tell beforehand, in time linear in
 * the text.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "score/ocr/json.h"

#define MAX_KEY		64			/* bytes of a key, spelled either way */

/*
 * field_name for fieldName, and the reverse: a service writes one of them, and
 * some of its client libraries write the other. Returns false if the spellings
 * are identical.
 */
static bool
other_spelling(const char *key, char other[MAX_KEY])
{
	char	   *p = other;
	bool		differs = false;

	Assert(2 * strlen(key) < MAX_KEY);
	/* Textract's keys have one spelling only */
	if (key[0] >= 'A' && key[0] <= 'Z')
		return false;
	for (; *key != '\0'; key++)
	{
		if (*key >= 'A' && *key <= 'Z')
		{
			*p++ = '_';
			*p++ = pg_ascii_tolower(*key);
		}
		else if (*key == '_' && key[1] != '\0')
			*p++ = pg_ascii_toupper(*++key);
		else
		{
			*p++ = *key;
			continue;
		}
		differs = true;
	}
	*p = '\0';
	return differs;
}

/* Look up a member, in either spelling of its key. */
bool
wl_json_get(JsonbContainer *object, const char *key, JsonbValue *value)
{
	char		other[MAX_KEY];

	return wl_json_is_object(object) &&
		(getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL ||
		 (other_spelling(key, other) &&
		  getKeyJsonValueFromContainer(object, other, strlen(other), value) != NULL));
}

/* An int64, which Protocol Buffers writes into JSON as a string. */
double
wl_json_int64(JsonbContainer *object, const char *key)
{
	WlSlice		s = wl_json_string(object, key);

	return s.data != NULL ? wl_text_number(s) : wl_json_number(object, key);
}

/* A scalar as text; no text for null. */
WlSlice
wl_json_value_text(const JsonbValue *value)
{
	char	   *s;

	switch (value->type)
	{
		case jbvString:
			return wl_slice(value->val.string.val, value->val.string.len);
		case jbvBool:
			s = value->val.boolean ? "true" : "false";
			break;
		case jbvNumeric:
			s = DatumGetCString(DirectFunctionCall1(numeric_out,
													NumericGetDatum(value->val.numeric)));
			break;
		default:
			return wl_no_slice;
	}
	return wl_slice(s, strlen(s));
}

/* Walks an object's members or an array's elements; NULL has none. */
void
wl_walk_begin(WlWalk *w, JsonbContainer *container)
{
	w->index = 0;
	w->key = wl_no_slice;
	w->keys.next = w->keys.end = 0;
	w->values.next = w->values.end = 0;
	if (container == NULL)
		return;
	if (JsonContainerIsObject(container))
		wl_keys_begin(&w->keys, container);
	wl_values_begin(&w->values, container);
}

/* A value as jsonb's own functions have it: a container is not unpacked. */
static void
set_value(JsonbValue *v, const WlValue *value)
{
	if (JBE_ISSTRING(value->entry))
	{
		v->type = jbvString;
		v->val.string.val = unconstify(char *, value->data);
		v->val.string.len = value->length;
	}
	else if (JBE_ISCONTAINER(value->entry))
	{
		v->type = jbvBinary;
		v->val.binary.data = (JsonbContainer *) value->data;
		v->val.binary.len = value->length;
	}
	else if (JBE_ISNUMERIC(value->entry))
	{
		v->type = jbvNumeric;
		v->val.numeric = (Numeric) value->data;
	}
	else if (JBE_ISNULL(value->entry))
		v->type = jbvNull;
	else
	{
		v->type = jbvBool;
		v->val.boolean = JBE_ISBOOL_TRUE(value->entry);
	}
}

bool
wl_walk_next(WlWalk *w)
{
	WlValue		value;
	WlName		key;

	CHECK_FOR_INTERRUPTS();
	if (!wl_values_next(&w->values, &value))
		return false;
	if (wl_keys_next(&w->keys, &key))
		w->key = wl_slice(key.name, key.length);
	set_value(&w->value, &value);
	w->index++;
	return true;
}

/* Skip to the next value that is an object; NULL at the end. */
JsonbContainer *
wl_walk_next_object(WlWalk *w)
{
	while (wl_walk_next(w))
	{
		JsonbContainer *c = wl_json_container(&w->value);

		if (wl_json_is_object(c))
			return c;
	}
	return NULL;
}

JsonbContainer *
wl_json_first_object(JsonbContainer *array)
{
	WlWalk		w;

	wl_walk_begin(&w, array);
	return wl_walk_next_object(&w);
}

/*
 * Visit the objects at the end of a path of arrays: {"pages", "words", NULL} means
 * each object of the array "words" of each object of the array "pages".
 */
void
wl_json_visit(JsonbContainer *object, const char *const *keys, WlJsonVisit visit, void *arg)
{
	WlWalk		w;
	JsonbContainer *element;

	wl_walk_begin(&w, wl_json_array(object, keys[0]));
	while ((element = wl_walk_next_object(&w)) != NULL)
	{
		if (keys[1] == NULL)
			visit(arg, element);
		else
			wl_json_visit(element, keys + 1, visit, arg);
	}
}

int
wl_json_count_objects(JsonbContainer *array)
{
	WlWalk		w;
	int			n = 0;

	wl_walk_begin(&w, array);
	while (wl_walk_next_object(&w) != NULL)
		n++;
	return n;
}

/* Does the object have an array under any of these keys? A NULL ends the keys. */
bool
wl_json_has_array(JsonbContainer *object, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (wl_json_array(object, *keys) != NULL)
			return true;
	return false;
}

/* How many of these keys does the object have? */
uint32
wl_json_count_keys(JsonbContainer *object, const char *const *keys)
{
	JsonbValue	v;
	uint32		n = 0;

	for (; *keys != NULL; keys++)
		if (wl_json_get(object, *keys, &v))
			n++;
	return n;
}

/*
 * Does the object have no keys but these? An empty array or a status is too
 * little to recognise an engine by, unless the object has nothing else.
 */
bool
wl_json_has_only(JsonbContainer *object, const char *const *keys)
{
	return wl_json_is_object(object) &&
		wl_json_count_keys(object, keys) == JsonContainerSize(object);
}

/*
 * Paths: dotted names of values inside objects and arrays, whose elements are
 * numbered from 1
 */

/* Append a step. The caller remembers the length to cut the path back to. */
void
wl_path_push(StringInfo path, const WlWalk *w)
{
	if (path->len > 0)
		appendStringInfoChar(path, '.');
	if (w->key.data != NULL)
		appendBinaryStringInfo(path, w->key.data, w->key.length);
	else
		appendStringInfo(path, "%d", w->index);
}

void
wl_path_cut(StringInfo path, int length)
{
	path->len = length;
	path->data[length] = '\0';
}

/*
 * JSON given as text
 */

/* numeric holds 16383 digits after the decimal point, and more before it */
#define MAX_DIGITS	8000

/* Skip a number. Sets *fits to whether numeric can certainly hold it. */
static const char *
skip_number(const char *p, const char *end, bool *fits)
{
	const char *start = p;
	int			exponent = 0;

	while (p < end && ((*p >= '0' && *p <= '9') || *p == '.'))
		p++;
	*fits = p - start < MAX_DIGITS;
	if (p == end || (*p != 'e' && *p != 'E'))
		return p;
	for (p++; p < end && (*p == '+' || *p == '-'); p++)
		;
	for (start = p; p < end && *p >= '0' && *p <= '9'; p++)
		exponent = Min(exponent * 10 + *p - '0', MAX_DIGITS);
	*fits = *fits && exponent < MAX_DIGITS;
	return p;
}

/*
 * Is this JSON whose numbers jsonb can hold? Otherwise jsonb's input function
 * raises an error. A number of very many digits is rejected even if it would fit.
 */
bool
wl_json_is_valid(WlSlice s)
{
	MemoryContext parse = AllocSetContextCreate(CurrentMemoryContext, "williams JSON parse",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(parse);
	JsonLexContext *lexer = wl_json_lexer(unconstify(char *, s.data), s.length,
										  GetDatabaseEncoding());
	JsonParseErrorType error = pg_parse_json(lexer, &nullSemAction);
	const char *p = s.data;
	const char *end = p + s.length;
	bool		fits = true;

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(parse);
	if (error != JSON_SUCCESS)
		return false;
	while (p < end && fits)
	{
		if (*p >= '0' && *p <= '9')
			p = skip_number(p, end, &fits);
		else if (*p++ == '"')
		{
			while (*p != '"')
				p += *p == '\\' ? 2 : 1;
			p++;
		}
	}
	return fits;
}

/* Read an escape \uXXXX. Returns false if there is none at p. */
static bool
escaped_unit(const char *p, const char *end, pg_wchar *c)
{
	*c = 0;
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++)
	{
		if (wl_digit_value(p[i]) >= 16)
			return false;
		*c = *c * 16 + wl_digit_value(p[i]);
	}
	return true;
}

/*
 * Skip an escape. Returns false if it stands for a character that the database's
 * encoding does not have. Two escapes can form one character, a surrogate pair.
 * Malformed escapes are left for the parser to reject.
 */
static bool
escape_fits(const char **p, const char *end, StringInfo scratch)
{
	pg_wchar	c;
	pg_wchar	second;

	if (!escaped_unit(*p, end, &c))
	{
		*p += Min(2, end - *p);
		return true;
	}
	*p += 6;
	if (is_utf16_surrogate_first(c) && escaped_unit(*p, end, &second))
	{
		*p += 6;
		c = surrogate_pair_to_codepoint(c, second);
	}
	resetStringInfo(scratch);
	return wl_append_character(scratch, c);
}

/*
 * Can the parser read this without an error of its own? It raises one for text
 * that is nested too deep or has an escape of a character that the database's
 * encoding does not have. The text need not be JSON.
 */
bool
wl_json_is_parsable(WlSlice s)
{
	const char *p = s.data;
	const char *end = p + s.length;
	StringInfoData scratch;
	int			depth = 0;
	bool		quoted = false;
	bool		fits = true;

	initStringInfo(&scratch);
	while (p < end && depth <= WL_JSON_DEPTH && fits)
	{
		if (quoted && *p == '\\')
		{
			fits = escape_fits(&p, end, &scratch);
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '{' || *p == '['))
			depth++;
		else if (!quoted && (*p == '}' || *p == ']'))
			depth--;
		p++;
	}
	pfree(scratch.data);
	return depth <= WL_JSON_DEPTH && fits;
}

/* Is this jsonb nested deeper than wl_json_is_parsable allows? */
bool
wl_json_is_deep(JsonbContainer *container)
{
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	v;
	int			depth = 0;

	while ((token = JsonbIteratorNext(&iterator, &v, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT)
			depth++;
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			depth--;
		if (depth > WL_JSON_DEPTH)
			return true;
	}
	return false;
}

/* Parse text as jsonb; an error if it is not JSON. Only the result remains in memory. */
JsonbContainer *
wl_json_parse(WlSlice s)
{
	MemoryContext parse = AllocSetContextCreate(CurrentMemoryContext, "williams JSON parse",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(parse);
	char	   *copy = MemoryContextAllocHuge(parse, (Size) s.length + 1);
	Jsonb	   *parsed;
	Jsonb	   *document;

	memcpy(copy, s.data, s.length);
	copy[s.length] = '\0';
	parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
	MemoryContextSwitchTo(caller);
	document = palloc(VARSIZE(parsed));
	memcpy(document, parsed, VARSIZE(parsed));
	MemoryContextDelete(parse);
	return &document->root;
}
