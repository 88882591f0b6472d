/*
 * engines.c
 *		What OCR engines answer, read as one table: the document, the page, the
 *		field, its value and the engine's confidence in it, in 0..1.
 *
 * Seven shapes are known (engines[] below): four of JSON, whose rows are fields,
 * and three of text, whose rows are words. For each there is one function that
 * says whether a document has the shape, by what no other JSON or text has, and
 * one that walks it and emits rows. A result that bears the marks of an engine
 * but has none of the parts that are read (..._has_parts) is an error of its own,
 * so that what an engine answers in a form unknown here is not taken for a page
 * without fields.
 *
 * What holds for all of them:
 * - A value is what was read off the page, trimmed, never the engine's
 *   normalised form of it, unless there is no other. A blank value is missing:
 *   value and confidence are NULL, whatever confidence came with it. (A blank
 *   word is no word: no row.)
 * - Names are the engine's; leaves below an array or an object have the path to
 *   them, dotted, items numbered from 1.
 * - A part of a document that is not as it should be is passed over, and a
 *   confidence that is no number on the engine's scale is NULL: bad OCR data is
 *   no error. Only a document of no known shape is one, or of one that is known
 *   in part, or text that begins as JSON and is none.
 * - An answer can be of several documents, whose fields are never mixed: each
 *   row has its document's number, and so has each name but the first one's.
 *
 * Time is linear in the size of the document and of what is emitted, memory in
 * the document alone: what a row's making allocates goes with the row, and two
 * objects of all rows are no larger than jsonb holds. (A block of Textract's is
 * read as often as others refer to it.) Recursion, which only follows the
 * nesting, checks the stack's depth. HTML and
 * XML are scanned for tags, tolerantly, and nothing in them is ever expanded or
 * fetched but single characters' entities. All functions are IMMUTABLE: the
 * database's encoding, which decides what white space is, cannot change.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/record.h"
#include "score/jsonb_walk.h"
#include "score/ocr/entities.h"

/*
 * The engines, by the names that SQL has for them
 */

typedef enum Engine
{
	ENGINE_TEXTRACT,
	ENGINE_DOCUMENTAI,
	ENGINE_AZURE,
	ENGINE_MISTRAL,
	ENGINE_TESSERACT_TSV,
	ENGINE_HOCR,
	ENGINE_ALTO,
	ENGINE_NONE					/* none of these, or not yet known */
} Engine;

static const struct
{
	const char *name;
	const char *shape;			/* what a result of it has */
	const char *parts;			/* those of JSON that are read, or say enough */
}			engines[] = {

	{"textract", "\"Blocks\" with \"BlockType\", \"ExpenseDocuments\", \"IdentityDocuments\", \"Results\" with \"Extractions\", or \"JobStatus\"",
	"\"Blocks\", \"ExpenseDocuments\", \"IdentityDocuments\", \"Results\" with \"LendingDocument\", \"ExpenseDocument\" or \"IdentityDocument\", or \"Summary\""},
	{"documentai", "\"entities\" with \"type\" and \"mentionText\" or an anchor, \"pages\" with \"pageNumber\" and \"layout\", \"image\" or \"formFields\", or \"documentLayout\"",
	"\"entities\", \"pages\", \"documentLayout\" or \"chunkedDocument\""},
	{"azure", "\"analyzeResult\", or \"status\" and \"createdDateTime\"",
	"\"analyzeResult\" with \"documents\", \"documentResults\", \"keyValuePairs\", \"pageResults\", \"readResults\" or \"pages\""},
	{"mistral", "\"document_annotation\", or \"pages\" with \"markdown\" and \"model\""},
	{"tesseract_tsv", "text in 12 columns divided by tabs, \"level\" to \"text\""},
	{"hocr", "HTML with a class \"ocr_page\", \"ocr_line\" or \"ocrx_word\""},
	{"alto", "XML whose root is an element \"alto\""},
};

#define is_json_engine(engine)	((engine) <= ENGINE_MISTRAL)

/* A string that is not terminated; data is NULL where there is none. */
typedef struct Slice
{
	const char *data;
	int			length;
} Slice;

static const Slice no_slice = {NULL, 0};

static inline Slice
slice(const char *data, int length)
{
	Slice		s = {data, length};

	return s;
}

static inline bool
slice_is(Slice s, const char *string)
{
	return s.length == strlen(string) && memcmp(s.data, string, s.length) == 0;
}

/* The same, whatever the case of ASCII letters. */
static inline bool
slice_is_any_case(Slice s, const char *string)
{
	return s.length == strlen(string) && pg_strncasecmp(s.data, string, s.length) == 0;
}

static inline bool
slice_starts(Slice s, const char *prefix)
{
	return s.length >= strlen(prefix) && memcmp(s.data, prefix, strlen(prefix)) == 0;
}

static inline Slice
slice_of(StringInfo buffer)
{
	return slice(buffer->data, buffer->len);
}

/* Without the white space at both ends. */
static Slice
trim(Slice s)
{
	const unsigned char *p = (const unsigned char *) s.data;
	const unsigned char *end = p + s.length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	int			n;

	if (s.data == NULL)
		return s;
	while (p < end && (n = wl_space_length(p, end, utf8)) > 0)
		p += n;
	while (end > p)
	{
		const unsigned char *last = end - 1;

		if (utf8)
			while (last > p && (*last & 0xC0) == 0x80)
				last--;
		if (wl_space_length(last, end, utf8) != end - last)
			break;
		end = last;
	}
	return slice((const char *) p, end - p);
}

/*
 * A label or a word: trimmed, and on one line, for what stands between is how
 * the page was set.
 */
static Slice
one_line(Slice s)
{
	char	   *copy;
	int			n = 0;
	bool		plain = true;

	s = trim(s);
	for (int i = 0; i < s.length && plain; i++)
		plain = (unsigned char) s.data[i] > ' ' ||
			(s.data[i] == ' ' && s.data[i + 1] != ' ');
	if (plain)
		return s;
	copy = palloc(s.length);
	for (int i = 0; i < s.length; i++)
	{
		bool		space = s.data[i] == ' ' || (s.data[i] >= '\t' && s.data[i] <= '\r');

		if (!space)
			copy[n++] = s.data[i];
		else if (copy[n - 1] != ' ')
			copy[n++] = ' ';
	}
	return slice(copy, n);
}

static pg_noinline void
unknown_engine(text *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown engine: \"%s\"", text_to_cstring(name)),
			 errhint("The engines are \"textract\", \"documentai\", \"azure\", \"mistral\", \"tesseract_tsv\", \"hocr\" and \"alto\"; \"auto\" finds out.")));
}

/* An argument that names an engine; ENGINE_NONE for 'auto'. */
static Engine
engine_argument(text *argument)
{
	Slice		name = {VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)};

	for (int i = 0; i < lengthof(engines); i++)
		if (slice_is(name, engines[i].name))
			return (Engine) i;
	if (!slice_is(name, "auto"))
		unknown_engine(argument);
	return ENGINE_NONE;
}

/*
 * The engine to read a document with, of what was asked for and what was found;
 * an error if there is none or it is another.
 */
static Engine
settle_engine(Engine asked, Engine found, bool json)
{
	StringInfoData known;

	if (found != ENGINE_NONE && (asked == ENGINE_NONE || asked == found))
		return found;
	if (asked != ENGINE_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("document is no result of engine \"%s\"", engines[asked].name),
				 errdetail("A result of it has %s.", engines[asked].shape),
				 found != ENGINE_NONE ?
				 errhint("This one looks like a result of \"%s\".", engines[found].name) :
				 json && !is_json_engine(asked) ?
				 errhint("Give it as text.") : 0));
	initStringInfo(&known);
	for (int i = 0; i < lengthof(engines); i++)
		if (!json || is_json_engine(i))
			appendStringInfo(&known, "%s%s: %s", i > 0 ? "; " : "",
							 engines[i].name, engines[i].shape);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("document is no result of a known OCR engine"),
			 errdetail("Looked for %s.", known.data),
			 errhint("Give what the engine answered as it came, whole.")));
}

/*
 * Output: rows into a tuplestore, or into two objects by name
 */

typedef struct FieldName
{
	Slice		name;			/* the key: must be first */
	bool		used;
	int			last;			/* the number given last */
} FieldName;

typedef struct Output
{
	MemoryContext whole;		/* what lasts */
	MemoryContext row;			/* what a row's making allocates */
	bool		several;		/* has the answer more than one document? */
	int			documents;		/* those begun */
	int			document;		/* that at hand, from 1; 0 is none of several */
	/* williams_ocr_fields */
	Tuplestorestate *store;
	TupleDesc	desc;
	/* williams_ocr_document */
	HTAB	   *names;
	Size		size;			/* of names and values */
	WlJsonb		fields;
	WlJsonb		confidence;
} Output;

/*
 * One row. Page 0 is none. Item is the line item, or the parent among those of
 * its name, that a field is part of, from 1: its number in a repeated name, so
 * that name.3 stays with other.3 where the second lacks one of them; else 0.
 */
typedef struct Row
{
	int			page;
	Slice		field;
	int			item;
	Slice		value;
	double		confidence;		/* NaN where there is none */
} Row;

static uint32
hash_name(const void *key, Size keysize)
{
	const Slice *name = key;

	return hash_bytes((const unsigned char *) name->data, name->length);
}

static int
match_names(const void *a, const void *b, Size keysize)
{
	const Slice *x = a;
	const Slice *y = b;

	return x->length != y->length || memcmp(x->data, y->data, x->length) != 0;
}

/* A table by name; an entry begins with its name. */
static HTAB *
name_table(Size entrysize)
{
	HASHCTL		ctl = {
		.keysize = sizeof(Slice),
		.entrysize = entrysize,
		.hash = hash_name,
		.match = match_names,
		.hcxt = CurrentMemoryContext,
	};

	return hash_create("williams names", 64, &ctl,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* The entry of a name, which is copied if it is new. */
static FieldName *
enter_name(HTAB *names, Slice name)
{
	bool		found;
	FieldName  *entry = hash_search(names, &name, HASH_ENTER, &found);

	if (!found)
	{
		entry->name.data = pnstrdup(name.data, name.length);
		entry->used = false;
		entry->last = 1;
	}
	return entry;
}

static FieldName *
enter_numbered(HTAB *names, Slice name, int number)
{
	char	   *numbered = psprintf("%.*s.%d", name.length, name.data, number);
	FieldName  *entry = enter_name(names, slice(numbered, strlen(numbered)));

	pfree(numbered);
	return entry;
}

/*
 * A name that no field has yet: name, or name.2, name.3, ... In the third item
 * name.3, or else name.3.2, ..., which leaves the fourth item its number. In an
 * answer of several documents the document's number stands before these: name in
 * the first, then name.1.2, name.1.3, ..., and name.2 in the second, then
 * name.2.2, ... So what ends in a document's number alone is of that document.
 */
static Slice
unique_name(const Output *out, Slice name, int item)
{
	FieldName  *entry = enter_name(out->names, name);
	FieldName  *first = entry;	/* what is numbered */

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
jsonb_string(Slice s)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = unconstify(char *, s.data);
	v.val.string.len = s.length;
	return v;
}

/* What jsonb cannot hold would otherwise be found out when memory is full. */
static void
emit_member(Output *out, const Row *row)
{
	JsonbValue	name = jsonb_string(unique_name(out, row->field, row->item));
	JsonbValue	value = {.type = jbvNull};
	JsonbValue	confidence = {.type = jbvNull};

	out->size += name.val.string.len + row->value.length;
	if (out->size > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the fields of the document do not fit into one jsonb value"),
				 errhint("williams_ocr_fields returns them as rows.")));
	if (row->value.data != NULL)
		value = jsonb_string(slice(pnstrdup(row->value.data, row->value.length), row->value.length));
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
emit_row(Output *out, const Row *row)
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
output_begin(Output *out)
{
	memset(out, 0, sizeof(Output));
	out->document = 1;
	out->whole = CurrentMemoryContext;
	out->row = AllocSetContextCreate(CurrentMemoryContext, "williams_ocr row",
									 ALLOCSET_DEFAULT_SIZES);
}

/* What follows is of the whole answer: of none of its documents, if they are several. */
static inline void
no_document(Output *out)
{
	out->document = out->several ? 0 : 1;
}

static inline void
next_document(Output *out)
{
	out->document = ++out->documents;
}

/* What is allocated from here on lasts until the row is emitted. */
static inline void
row_begin(Output *out)
{
	MemoryContextSwitchTo(out->row);
}

/* A row as it is handed out; a blank value is missing, and a blank word no row. */
static void
emit(Output *out, Row row)
{
	CHECK_FOR_INTERRUPTS();
	row.value = trim(row.value);
	if (row.value.length == 0)
	{
		row.value = no_slice;
		row.confidence = NAN;
	}
	if (out->names != NULL)
	{
		MemoryContextSwitchTo(out->whole);
		emit_member(out, &row);
	}
	else if (row.field.data != NULL || row.value.data != NULL)
	{
		MemoryContextSwitchTo(out->row);
		emit_row(out, &row);
	}
	MemoryContextSwitchTo(out->whole);
	MemoryContextReset(out->row);
}

/*
 * Numbers
 */

/* A confidence in 0..1 of one on a scale from 0; NaN where it is none. */
static inline double
scaled(double x, double scale)
{
	x /= scale;
	return wl_is_fraction(x) ? x : NAN;
}

/* A decimal number in text; NaN where it is none, or followed by anything. */
static double
text_number(Slice s)
{
	char		buffer[64];
	char	   *end;
	double		x;

	s = trim(s);
	if (s.length == 0 || s.length >= sizeof(buffer))
		return NAN;
	memcpy(buffer, s.data, s.length);
	buffer[s.length] = '\0';
	if (strspn(buffer, "+-.0123456789Ee") != s.length)
		return NAN;
	x = strtod(buffer, &end);
	return *end == '\0' ? x : NAN;
}

/* A count in a document, or 0 where it is none that an int holds. */
static int
as_count(double x)
{
	return x >= 0.0 && x < PG_INT32_MAX ? (int) x : 0;
}

/* Of a decimal or hexadecimal digit; 16 of anything else. */
static inline int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pg_ascii_tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/*
 * Append a character of Unicode's, in the database's encoding; false, and
 * nothing, where it has none for it.
 */
static bool
append_character(StringInfo buffer, pg_wchar c)
{
	int			encoding = GetDatabaseEncoding();
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN + 1];
	unsigned char converted[MAX_CONVERSION_GROWTH * (MAX_MULTIBYTE_CHAR_LEN + 1) + 1];
	int			length;
	Oid			conversion;

	if (c < 0x80)
	{
		appendStringInfoChar(buffer, (char) c);
		return true;
	}
	unicode_to_utf8(c, utf8);
	length = pg_utf_mblen(utf8);
	if (encoding == PG_UTF8)
	{
		appendBinaryStringInfo(buffer, (char *) utf8, length);
		return true;
	}
	/* there is none for SQL_ASCII */
	conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(conversion) ||
		pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, utf8, length,
									  converted, sizeof(converted), true) < length)
		return false;
	appendStringInfoString(buffer, (char *) converted);
	return true;
}

/*
 * jsonb: whatever is looked for and is not there, or is of another type, is
 * NULL, no_slice or NaN, and so is anything in what is itself not there
 */

static bool
is_object(const JsonbContainer *c)
{
	return c != NULL && JsonContainerIsObject(c);
}

static bool
is_array(const JsonbContainer *c)
{
	return c != NULL && JsonContainerIsArray(c) && !JsonContainerIsScalar(c);
}

#define MAX_KEY		64

/*
 * field_name for fieldName, and the other way about: a service writes one of
 * them, and some of its client libraries the other. False where they are one.
 */
static bool
other_spelling(const char *key, char other[MAX_KEY])
{
	char	   *p = other;
	bool		differs = false;

	Assert(2 * strlen(key) < MAX_KEY);
	/* Textract's, which have one spelling */
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

static bool
get(JsonbContainer *object, const char *key, JsonbValue *value)
{
	char		other[MAX_KEY];

	return is_object(object) &&
		(getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL ||
		 (other_spelling(key, other) &&
		  getKeyJsonValueFromContainer(object, other, strlen(other), value) != NULL));
}

static JsonbContainer *
container_of(const JsonbValue *value)
{
	return value->type == jbvBinary ? value->val.binary.data : NULL;
}

static JsonbContainer *
get_object(JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	JsonbContainer *c = get(object, key, &v) ? container_of(&v) : NULL;

	return is_object(c) ? c : NULL;
}

static JsonbContainer *
get_array(JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	JsonbContainer *c = get(object, key, &v) ? container_of(&v) : NULL;

	return is_array(c) ? c : NULL;
}

static Slice
get_string(JsonbContainer *object, const char *key)
{
	JsonbValue	v;

	if (!get(object, key, &v) || v.type != jbvString)
		return no_slice;
	return slice(v.val.string.val, v.val.string.len);
}

static double
value_number(const JsonbValue *value)
{
	if (value->type != jbvNumeric)
		return NAN;
	return wl_number(value->val.numeric);
}

static double
get_number(JsonbContainer *object, const char *key)
{
	JsonbValue	v;

	return get(object, key, &v) ? value_number(&v) : NAN;
}

/* An int64, which Protocol Buffers writes into JSON as a string. */
static double
get_int64(JsonbContainer *object, const char *key)
{
	Slice		s = get_string(object, key);

	return s.data != NULL ? text_number(s) : get_number(object, key);
}

/* A scalar as text; null is none. */
static Slice
value_text(const JsonbValue *value)
{
	char	   *s;

	switch (value->type)
	{
		case jbvString:
			return slice(value->val.string.val, value->val.string.len);
		case jbvBool:
			s = value->val.boolean ? "true" : "false";
			break;
		case jbvNumeric:
			s = DatumGetCString(DirectFunctionCall1(numeric_out,
													NumericGetDatum(value->val.numeric)));
			break;
		default:
			return no_slice;
	}
	return slice(s, strlen(s));
}

/* The members of an object or the elements of an array, none of NULL's. */
typedef struct Walk
{
	JsonbIterator *iterator;
	int			index;			/* of the value at hand, from 1 */
	Slice		key;
	JsonbValue	value;
} Walk;

static void
walk_begin(Walk *w, JsonbContainer *container)
{
	w->iterator = NULL;
	w->index = 0;
	w->key = no_slice;
	if (container == NULL)
		return;
	w->iterator = JsonbIteratorInit(container);
	JsonbIteratorNext(&w->iterator, &w->value, true);
}

static bool
walk_next(Walk *w)
{
	JsonbIteratorToken token;

	if (w->iterator == NULL)
		return false;
	CHECK_FOR_INTERRUPTS();
	token = JsonbIteratorNext(&w->iterator, &w->value, true);
	if (token == WJB_KEY)
	{
		w->key = slice(w->value.val.string.val, w->value.val.string.len);
		token = JsonbIteratorNext(&w->iterator, &w->value, true);
	}
	if (token != WJB_ELEM && token != WJB_VALUE)
	{
		w->iterator = NULL;
		return false;
	}
	w->index++;
	return true;
}

/* The next value that is an object; NULL at the end. */
static JsonbContainer *
walk_next_object(Walk *w)
{
	while (walk_next(w))
	{
		JsonbContainer *c = container_of(&w->value);

		if (is_object(c))
			return c;
	}
	return NULL;
}

static JsonbContainer *
first_object(JsonbContainer *array)
{
	Walk		w;

	walk_begin(&w, array);
	return walk_next_object(&w);
}

static int
count_objects(JsonbContainer *array)
{
	Walk		w;
	int			n = 0;

	walk_begin(&w, array);
	while (walk_next_object(&w) != NULL)
		n++;
	return n;
}

static bool
is_empty(JsonbContainer *container)
{
	return container != NULL && JsonContainerSize(container) == 0;
}

static bool
has_string(JsonbContainer *object, const char *key)
{
	return get_string(object, key).data != NULL;
}

static bool
has_number(JsonbContainer *object, const char *key)
{
	return !isnan(get_number(object, key));
}

/* Has it an array under one of these keys, which end with a NULL? */
static bool
has_array(JsonbContainer *object, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (get_array(object, *keys) != NULL)
			return true;
	return false;
}

/* How many of these keys has it? */
static uint32
count_keys(JsonbContainer *object, const char *const *keys)
{
	JsonbValue	v;
	uint32		n = 0;

	for (; *keys != NULL; keys++)
		if (get(object, *keys, &v))
			n++;
	return n;
}

/*
 * Has it no other keys than these? What is too little for a mark of an engine
 * by itself, an empty array or a status, is one where nothing else stands.
 */
static bool
has_only(JsonbContainer *object, const char *const *keys)
{
	return is_object(object) && count_keys(object, keys) == JsonContainerSize(object);
}

/*
 * Amazon Textract
 */

typedef struct Block
{
	Slice		id;				/* the key: must be first */
	JsonbContainer *block;
} Block;

static const char *const textract_versions[] = {
	"DetectDocumentTextModelVersion", "AnalyzeDocumentModelVersion",
	"AnalyzeExpenseModelVersion", "AnalyzeIDModelVersion",
	"AnalyzeLendingModelVersion", NULL
};

static const char *const textract_keys[] = {
	"JobStatus", "StatusMessage", "Warnings", "NextToken", "ResponseMetadata",
	"$metadata", "DocumentMetadata", "HumanLoopActivationOutput", "Blocks",
	"ExpenseDocuments", "IdentityDocuments", "Results", "Summary",
	"DetectDocumentTextModelVersion", "AnalyzeDocumentModelVersion",
	"AnalyzeExpenseModelVersion", "AnalyzeIDModelVersion",
	"AnalyzeLendingModelVersion", NULL
};

static bool
is_unfinished(JsonbContainer *answer)
{
	Slice		status = get_string(answer, "JobStatus");

	return slice_is(status, "FAILED") || slice_is(status, "IN_PROGRESS");
}

static bool
is_job(JsonbContainer *answer)
{
	Slice		status = get_string(answer, "JobStatus");

	return is_unfinished(answer) || slice_is(status, "SUCCEEDED") ||
		slice_is(status, "PARTIAL_SUCCESS");
}

static bool
is_known_extraction(JsonbContainer *extraction)
{
	return get_object(extraction, "LendingDocument") != NULL ||
		get_object(extraction, "ExpenseDocument") != NULL ||
		get_object(extraction, "IdentityDocument") != NULL;
}

/* Has it a part that is read, by the first in it? */
static bool
has_textract_part(JsonbContainer *answer)
{
	JsonbContainer *expense = first_object(get_array(answer, "ExpenseDocuments"));
	JsonbContainer *identity = first_object(get_array(answer, "IdentityDocuments"));
	JsonbContainer *result = first_object(get_array(answer, "Results"));
	JsonbContainer *extractions = get_array(result, "Extractions");

	return has_string(first_object(get_array(answer, "Blocks")), "BlockType") ||
		get_array(expense, "SummaryFields") != NULL ||
		get_array(expense, "LineItemGroups") != NULL ||
		get_array(identity, "IdentityDocumentFields") != NULL ||
		(extractions != NULL && get_object(result, "PageClassification") != NULL) ||
		is_known_extraction(first_object(extractions));
}

static bool
has_empty_textract_part(JsonbContainer *answer)
{
	return is_empty(get_array(answer, "Blocks")) ||
		is_empty(get_array(answer, "ExpenseDocuments")) ||
		is_empty(get_array(answer, "IdentityDocuments"));
}

/* One answer, or one of the answers that a long result comes in. */
static bool
is_textract_answer(JsonbContainer *answer)
{
	bool		counted = has_number(get_object(answer, "DocumentMetadata"), "Pages");

	return has_textract_part(answer) ||
		(counted && (is_job(answer) || count_keys(answer, textract_versions) > 0)) ||
		((is_job(answer) || has_empty_textract_part(answer)) && has_only(answer, textract_keys));
}

static bool
is_textract(JsonbContainer *root)
{
	Walk		w;

	if (!is_array(root))
		return is_textract_answer(root);
	walk_begin(&w, root);
	while (walk_next(&w))
		if (!is_textract_answer(container_of(&w.value)))
			return false;
	return w.index > 0;
}

/* Of a page that is of no class there is none; of all others none is known? */
static bool
are_known_results(JsonbContainer *results)
{
	bool		any = false;
	Walk		w;
	JsonbContainer *result;

	if (results == NULL)
		return false;
	walk_begin(&w, results);
	while ((result = walk_next_object(&w)) != NULL)
	{
		Walk		extractions;
		JsonbContainer *extraction;

		if (get_array(result, "Extractions") == NULL)
			any = true;
		walk_begin(&extractions, get_array(result, "Extractions"));
		while ((extraction = walk_next_object(&extractions)) != NULL)
		{
			if (is_known_extraction(extraction))
				return true;
			any = true;
		}
	}
	return !any;
}

/*
 * A job that is not done has no part, nor has the answer of AnalyzeID in which
 * nothing was found. The summary of a loan package counts documents.
 */
static bool
has_textract_parts(JsonbContainer *answer)
{
	JsonbValue	v;

	return is_unfinished(answer) || has_empty_textract_part(answer) ||
		get_array(get_object(answer, "Summary"), "DocumentGroups") != NULL ||
		(get(answer, "AnalyzeIDModelVersion", &v) && !get(answer, "IdentityDocuments", &v)) ||
		(get(answer, "Results", &v) ? are_known_results(get_array(answer, "Results")) :
		 has_textract_part(answer));
}

static bool
textract_has_parts(JsonbContainer *root)
{
	Walk		w;
	JsonbContainer *answer;

	if (!is_array(root))
		return has_textract_parts(root);
	walk_begin(&w, root);
	while ((answer = walk_next_object(&w)) != NULL)
		if (!has_textract_parts(answer))
			return false;
	return true;
}

/* What a synchronous answer does not say, since there is only one page. */
static int
only_page(JsonbContainer *answer)
{
	return get_number(get_object(answer, "DocumentMetadata"), "Pages") == 1.0 ? 1 : 0;
}

static int
textract_page(JsonbContainer *part, const char *key, int inherited)
{
	double		page = get_number(part, key);

	return isnan(page) ? inherited : as_count(page);
}

/* The blocks that a block is related to in one way, in order. */
typedef struct Related
{
	HTAB	   *blocks;
	const char *type;
	Walk		relationships;
	Walk		ids;
} Related;

static void
related_begin(Related *r, HTAB *blocks, JsonbContainer *block, const char *type)
{
	r->blocks = blocks;
	r->type = type;
	walk_begin(&r->relationships, get_array(block, "Relationships"));
	walk_begin(&r->ids, NULL);
}

static JsonbContainer *
related_next(Related *r)
{
	for (;;)
	{
		JsonbContainer *relationship;

		while (walk_next(&r->ids))
		{
			Slice		id = value_text(&r->ids.value);
			Block	   *found = NULL;

			if (id.data != NULL)
				found = hash_search(r->blocks, &id, HASH_FIND, NULL);
			if (found != NULL)
				return found->block;
		}
		relationship = walk_next_object(&r->relationships);
		if (relationship == NULL)
			return NULL;
		if (slice_is(get_string(relationship, "Type"), r->type))
			walk_begin(&r->ids, get_array(relationship, "Ids"));
	}
}

/* Append the words and the marks that a block consists of. */
static void
append_children(StringInfo buffer, HTAB *blocks, JsonbContainer *block)
{
	Related		children;
	JsonbContainer *child;

	related_begin(&children, blocks, block, "CHILD");
	while ((child = related_next(&children)) != NULL)
	{
		Slice		type = get_string(child, "BlockType");
		Slice		s = no_slice;

		if (slice_is(type, "WORD"))
			s = get_string(child, "Text");
		else if (slice_is(type, "SELECTION_ELEMENT"))
			s = get_string(child, "SelectionStatus");
		if (s.length == 0)
			continue;
		if (buffer->len > 0)
			appendStringInfoChar(buffer, ' ');
		appendBinaryStringInfo(buffer, s.data, s.length);
	}
}

static bool
has_entity_type(JsonbContainer *block, const char *type)
{
	Walk		w;

	walk_begin(&w, get_array(block, "EntityTypes"));
	while (walk_next(&w))
		if (w.value.type == jbvString && slice_is(value_text(&w.value), type))
			return true;
	return false;
}

/*
 * A key and the values it leads to, which are one; the least sure of them says
 * how sure it is.
 */
static void
textract_key(Output *out, HTAB *blocks, JsonbContainer *key, int page)
{
	Row			row = {.page = page,.confidence = NAN};
	StringInfoData name;
	StringInfoData value;
	Related		values;
	JsonbContainer *v;

	row_begin(out);
	initStringInfo(&name);
	initStringInfo(&value);
	append_children(&name, blocks, key);
	related_begin(&values, blocks, key, "VALUE");
	while ((v = related_next(&values)) != NULL)
	{
		double		confidence = scaled(get_number(v, "Confidence"), 100);

		append_children(&value, blocks, v);
		if (isnan(row.confidence) || confidence < row.confidence)
			row.confidence = confidence;
	}
	row.field = one_line(slice_of(&name));
	row.value = slice_of(&value);
	emit(out, row);
}

static void
textract_query(Output *out, HTAB *blocks, JsonbContainer *block, int page)
{
	JsonbContainer *query = get_object(block, "Query");
	Row			row = {.page = page,.confidence = NAN};
	Related		answers;
	JsonbContainer *answer;
	bool		answered = false;

	row.field = get_string(query, "Alias");
	if (row.field.length == 0)
		row.field = get_string(query, "Text");
	if (row.field.data == NULL)
		return;
	row.field = one_line(row.field);
	related_begin(&answers, blocks, block, "ANSWER");
	while ((answer = related_next(&answers)) != NULL)
	{
		row.value = get_string(answer, "Text");
		row.confidence = scaled(get_number(answer, "Confidence"), 100);
		emit(out, row);
		answered = true;
	}
	if (!answered)
		emit(out, row);
}

static void
textract_blocks(Output *out, HTAB *blocks, JsonbContainer *root)
{
	Walk		w;
	JsonbContainer *block;

	walk_begin(&w, get_array(root, "Blocks"));
	while ((block = walk_next_object(&w)) != NULL)
	{
		Slice		type = get_string(block, "BlockType");
		int			page = textract_page(block, "Page", only_page(root));

		if (slice_is(type, "KEY_VALUE_SET") && has_entity_type(block, "KEY"))
			textract_key(out, blocks, block, page);
		else if (slice_is(type, "QUERY"))
			textract_query(out, blocks, block, page);
	}
}

/* What is of no type, or of the type OTHER, has its label as a name, if there is one. */
static Slice
textract_name(Slice type, JsonbContainer *label)
{
	Slice text = get_string(label, "Text");

	if ((type.data == NULL || slice_is(type, "OTHER")) && trim(text).length > 0)
		return text;

	return type;
}

/*
 * A field of an expense or of an identity document: the score is that of the
 * value's detection; the type's is a placeholder.
 */
static void
textract_detection(Output *out, JsonbContainer *field, int page, int item)
{
	JsonbContainer *value = get_object(field, "ValueDetection");
	Row			row = {.page = page,.item = item};

	row.field = textract_name(get_string(get_object(field, "Type"), "Text"),
							  get_object(field, "LabelDetection"));
	if (row.field.data == NULL)
		return;
	row_begin(out);
	row.field = one_line(row.field);
	row.value = get_string(value, "Text");
	row.confidence = scaled(get_number(value, "Confidence"), 100);
	emit(out, row);
}

static void
textract_expense_fields(Output *out, JsonbContainer *fields, int page, int item)
{
	Walk		w;
	JsonbContainer *field;

	walk_begin(&w, fields);
	while ((field = walk_next_object(&w)) != NULL)
		textract_detection(out, field, textract_page(field, "PageNumber", page), item);
}

static void
textract_expense(Output *out, JsonbContainer *expense, int page)
{
	Walk		groups;
	JsonbContainer *group;
	Walk		items;
	JsonbContainer *item;
	int			n = 0;

	textract_expense_fields(out, get_array(expense, "SummaryFields"), page, 0);
	walk_begin(&groups, get_array(expense, "LineItemGroups"));
	while ((group = walk_next_object(&groups)) != NULL)
	{
		walk_begin(&items, get_array(group, "LineItems"));
		while ((item = walk_next_object(&items)) != NULL)
			textract_expense_fields(out, get_array(item, "LineItemExpenseFields"), page, ++n);
	}
}

static void
textract_identity(Output *out, JsonbContainer *identity, int page)
{
	Walk		fields;
	JsonbContainer *field;

	walk_begin(&fields, get_array(identity, "IdentityDocumentFields"));
	while ((field = walk_next_object(&fields)) != NULL)
		textract_detection(out, field, page, 0);
}

/* A field of a loan's document, with each value that it has there. */
static void
textract_lending_field(Output *out, JsonbContainer *field, int page)
{
	Row			row = {.page = page,.confidence = NAN};
	Walk		values;
	JsonbContainer *value;
	bool		any = false;

	row.field = textract_name(get_string(field, "Type"), get_object(field, "KeyDetection"));
	if (row.field.data == NULL)
		return;
	row.field = one_line(row.field);
	walk_begin(&values, get_array(field, "ValueDetections"));
	while ((value = walk_next_object(&values)) != NULL)
	{
		row.value = get_string(value, "Text");
		if (trim(row.value).length == 0)
			row.value = get_string(value, "SelectionStatus");
		row.confidence = scaled(get_number(value, "Confidence"), 100);
		emit(out, row);
		any = true;
	}
	if (!any)
		emit(out, row);
}

static void
textract_lending(Output *out, JsonbContainer *lending, int page)
{
	Walk		w;
	JsonbContainer *part;

	walk_begin(&w, get_array(lending, "LendingFields"));
	while ((part = walk_next_object(&w)) != NULL)
		textract_lending_field(out, part, page);
	/* a signature's text is not read: that it is there is all there is to say */
	walk_begin(&w, get_array(lending, "SignatureDetections"));
	while ((part = walk_next_object(&w)) != NULL)
	{
		Row			row = {.page = page,.field = slice("SIGNATURE", 9),.value = slice("DETECTED", 8)};

		row.confidence = scaled(get_number(part, "Confidence"), 100);
		emit(out, row);
	}
}

/*
 * A loan's papers come page by page. What was extracted from one page is a
 * document: which pages belong together is only guessed at, there and here.
 */
static void
textract_result(Output *out, JsonbContainer *result)
{
	int			page = textract_page(result, "Page", 0);
	Walk		w;
	JsonbContainer *extraction;

	walk_begin(&w, get_array(result, "Extractions"));
	while ((extraction = walk_next_object(&w)) != NULL)
	{
		next_document(out);
		textract_lending(out, get_object(extraction, "LendingDocument"), page);
		textract_expense(out, get_object(extraction, "ExpenseDocument"), page);
		textract_identity(out, get_object(extraction, "IdentityDocument"), page);
	}
}

static void
textract_answer(Output *out, HTAB *blocks, JsonbContainer *answer)
{
	int			page = only_page(answer);
	Walk		w;
	JsonbContainer *part;

	no_document(out);
	textract_blocks(out, blocks, answer);
	walk_begin(&w, get_array(answer, "ExpenseDocuments"));
	while ((part = walk_next_object(&w)) != NULL)
	{
		next_document(out);
		textract_expense(out, part, page);
	}
	walk_begin(&w, get_array(answer, "IdentityDocuments"));
	while ((part = walk_next_object(&w)) != NULL)
	{
		next_document(out);
		textract_identity(out, part, page);
	}
	walk_begin(&w, get_array(answer, "Results"));
	while ((part = walk_next_object(&w)) != NULL)
		textract_result(out, part);
}

static int
count_documents(JsonbContainer *answer)
{
	int			n = count_objects(get_array(answer, "ExpenseDocuments")) +
	count_objects(get_array(answer, "IdentityDocuments"));
	Walk		w;
	JsonbContainer *result;

	walk_begin(&w, get_array(answer, "Results"));
	while ((result = walk_next_object(&w)) != NULL)
		n += count_objects(get_array(result, "Extractions"));
	return n;
}

static void
index_blocks(HTAB *blocks, JsonbContainer *root)
{
	Walk		w;
	JsonbContainer *block;

	walk_begin(&w, get_array(root, "Blocks"));
	while ((block = walk_next_object(&w)) != NULL)
	{
		Slice		id = get_string(block, "Id");

		if (id.data != NULL)
			((Block *) hash_search(blocks, &id, HASH_ENTER, NULL))->block = block;
	}
}

static void
textract(Output *out, JsonbContainer *root)
{
	HTAB	   *blocks = name_table(sizeof(Block));
	int			n = 0;
	Walk		w;
	JsonbContainer *answer;

	if (is_object(root))
	{
		index_blocks(blocks, root);
		out->several = count_documents(root) > 1;
		textract_answer(out, blocks, root);
		return;
	}
	walk_begin(&w, root);
	while ((answer = walk_next_object(&w)) != NULL)
	{
		index_blocks(blocks, answer);
		n += count_documents(answer);
	}
	out->several = n > 1;
	walk_begin(&w, root);
	while ((answer = walk_next_object(&w)) != NULL)
		textract_answer(out, blocks, answer);
}

/*
 * Google Document AI
 */

/* The document itself, or the answer that it is part of. */
static JsonbContainer *
documentai_document(JsonbContainer *root)
{
	JsonbContainer *document = get_object(root, "document");

	return document != NULL ? document : root;
}

/* Python's client library has an underscore behind what is a word of Python's. */
static Slice
entity_type(JsonbContainer *entity)
{
	Slice		type = get_string(entity, "type");

	return type.data != NULL ? type : get_string(entity, "type_");
}

/*
 * Does it, or what it consists of, say anything that was read? A class does not:
 * it has no text of its own.
 */
static bool
says_text(JsonbContainer *entity)
{
	Walk		w;
	JsonbContainer *property;

	check_stack_depth();
	if (trim(get_string(entity, "mentionText")).length > 0 || get_object(entity, "normalizedValue") != NULL)
		return true;
	walk_begin(&w, get_array(entity, "properties"));
	while ((property = walk_next_object(&w)) != NULL)
		if (says_text(property))
			return true;
	return false;
}

/*
 * What a splitter or a classifier answers has entities too, one for each class,
 * with the text of all its pages for an anchor. They are no fields.
 */
static bool
are_classes(JsonbContainer *entities)
{
	Walk		w;
	JsonbContainer *entity;

	walk_begin(&w, entities);
	while ((entity = walk_next_object(&w)) != NULL)
		if (says_text(entity))
			return false;
	return true;
}

/* An entity says where it is, or what stands there. */
static bool
is_entity(JsonbContainer *entity)
{
	Walk		w;
	JsonbContainer *property;

	check_stack_depth();
	if (entity_type(entity).data == NULL)
		return false;
	if (has_string(entity, "mentionText") || get_object(entity, "textAnchor") != NULL ||
		get_object(entity, "pageAnchor") != NULL)
		return true;
	walk_begin(&w, get_array(entity, "properties"));
	while ((property = walk_next_object(&w)) != NULL)
		if (is_entity(property))
			return true;
	return false;
}

static bool
has_entity(JsonbContainer *document)
{
	Walk		w;
	JsonbContainer *entity;

	walk_begin(&w, get_array(document, "entities"));
	while ((entity = walk_next_object(&w)) != NULL)
		if (is_entity(entity))
			return true;
	return false;
}

/* A page that was read, or the number that a field mask leaves of it. */
static bool
is_documentai_page(JsonbContainer *page)
{
	JsonbContainer *field = first_object(get_array(page, "formFields"));
	JsonbContainer *layout = get_object(page, "layout");

	return has_number(page, "pageNumber") &&
		(get_object(layout, "textAnchor") != NULL || get_object(layout, "boundingPoly") != NULL ||
		 get_object(page, "image") != NULL || get_object(page, "imageQualityScores") != NULL ||
		 get_object(field, "fieldName") != NULL || get_object(field, "fieldValue") != NULL);
}

static bool
is_bare_page(JsonbContainer *page)
{
	return has_number(page, "pageNumber") && JsonContainerSize(page) == 1;
}

static bool
is_documentai(JsonbContainer *root)
{
	static const char *const masked[] = {"text", "pages", "entities", "mimeType", "uri", "shardInfo", NULL};
	JsonbContainer *document = documentai_document(root);
	JsonbContainer *page = first_object(get_array(document, "pages"));
	JsonbContainer *layout = get_object(document, "documentLayout");
	JsonbContainer *chunked = get_object(document, "chunkedDocument");

	return has_entity(document) || is_documentai_page(page) ||
		(is_bare_page(page) && has_only(document, masked)) ||
		(layout != NULL && chunked != NULL) ||
		get_array(layout, "blocks") != NULL || get_array(chunked, "chunks") != NULL ||
		(has_string(document, "text") && !isnan(get_int64(get_object(document, "shardInfo"), "shardCount"))) ||
		(document != root && get_object(root, "humanReviewStatus") != NULL);
}

static bool
documentai_has_parts(JsonbContainer *root)
{
	JsonbContainer *document = documentai_document(root);

	return get_array(document, "entities") != NULL || get_array(document, "pages") != NULL ||
		get_object(document, "documentLayout") != NULL ||
		get_object(document, "chunkedDocument") != NULL;
}

/* The document's text, into which anchors count characters. */
typedef struct Anchored
{
	Slice text;
	bool		single;			/* every character is one byte */
	int		   *marks;			/* where each MARK_STEPth character starts */
	int			n_marks;
} Anchored;

#define MARK_STEP	64

static void
anchored_begin(Anchored *a, Slice text)
{
	const char *end = text.data + text.length;
	int			n = 0;

	a->text = text;

	a->n_marks = 0;
	a->marks = NULL;
	a->single = pg_database_encoding_max_length() == 1;
	if (a->single || text.data == NULL)
		return;
	a->marks = MemoryContextAllocHuge(CurrentMemoryContext,
									  (text.length / MARK_STEP + 1) *sizeof(int));
	for (const char *p = text.data; p < end; p += Min(pg_mblen(p), end - p))
		if (n++ % MARK_STEP == 0)
			a->marks[a->n_marks++] = p - text.data;
	a->single = n == text.length;
}

/* Where the nth character starts, from 0; the end of the text beyond. */
static int
anchored_offset(const Anchored *a, int n)
{
	const char *end = a->text.data + a->text.length;
	const char *p;

	if (a->single)
		return Min(n, a->text.length);
	if (n / MARK_STEP >= a->n_marks)
		return a->text.length;
	p = a->text.data + a->marks[n / MARK_STEP];
	for (int i = n % MARK_STEP; i > 0 && p < end; i--)
		p += Min(pg_mblen(p), end - p);
	return p - a->text.data;
}

/* What an anchor says, or else points to. */
static Slice
anchor_text(const Anchored *a, JsonbContainer *anchor)
{
	Slice		content = get_string(anchor, "content");
	StringInfoData buffer;
	Walk		segments;
	JsonbContainer *segment;

	if (content.length > 0 || a->text.data == NULL || anchor == NULL)
		return content;
	initStringInfo(&buffer);
	walk_begin(&segments, get_array(anchor, "textSegments"));
	while ((segment = walk_next_object(&segments)) != NULL)
	{
		/* proto3 leaves out what is 0 */
		int			start = anchored_offset(a, as_count(get_int64(segment, "startIndex")));
		int			end = anchored_offset(a, as_count(get_int64(segment, "endIndex")));

		if (end > start)
			appendBinaryStringInfo(&buffer, a->text.data + start, end - start);
	}
	return slice_of(&buffer);
}

/* Where an entity is; pages are counted from 0, which proto3 leaves out. */
static int
entity_page(JsonbContainer *entity, int inherited)
{
	JsonbContainer *reference =
	first_object(get_array(get_object(entity, "pageAnchor"), "pageRefs"));
	double		page = get_int64(reference, "page");

	if (reference == NULL)
		return inherited;
	return isnan(page) ? 1 : as_count(page + 1);
}

/*
 * An entity, or what it consists of. One that says nothing about text, "" where
 * a client library writes out what is not there, is a picture and no field; nor
 * is what a page's quality is.
 */
static void
documentai_entity(Output *out, const Anchored *a, JsonbContainer *entity, int page, int item)
{
	JsonbContainer *properties = get_array(entity, "properties");
	JsonbContainer *anchor = get_object(entity, "textAnchor");
	JsonbContainer *normalized = get_object(entity, "normalizedValue");
	Row			row = {.item = item};
	Walk		w;
	JsonbContainer *property;

	check_stack_depth();
	row.page = entity_page(entity, page);
	if (properties != NULL && JsonContainerSize(properties) > 0)
	{
		walk_begin(&w, properties);
		while ((property = walk_next_object(&w)) != NULL)
			documentai_entity(out, a, property, row.page, item);
		return;
	}
	row.field = trim(entity_type(entity));
	row.value = get_string(entity, "mentionText");
	if (row.field.data == NULL ||
		(row.value.length == 0 && anchor == NULL && normalized == NULL) ||
		slice_is(row.field, "quality_score") || slice_starts(row.field, "quality/"))
		return;
	row_begin(out);
	row.field = one_line(row.field);
	if (trim(row.value).length == 0)
		row.value = anchor_text(a, anchor);
	if (trim(row.value).length == 0)
		row.value = get_string(normalized, "text");
	row.confidence = scaled(get_number(entity, "confidence"), 1);
	emit(out, row);
}

static void
documentai_form_field(Output *out, const Anchored *a, JsonbContainer *field, int page)
{
	JsonbContainer *name = get_object(field, "fieldName");
	JsonbContainer *value = get_object(field, "fieldValue");
	Row			row = {.page = page};

	row_begin(out);
	row.field = one_line(anchor_text(a, get_object(name, "textAnchor")));
	if (row.field.data == NULL)
		row.field = slice("", 0);
	row.value = anchor_text(a, get_object(value, "textAnchor"));
	/* a checkbox: filled_checkbox, unfilled_checkbox */
	if (trim(row.value).length == 0)
		row.value = get_string(field, "valueType");
	row.confidence = scaled(get_number(value, "confidence"), 1);
	emit(out, row);
}

static void
documentai(Output *out, JsonbContainer *root)
{
	JsonbContainer *document = documentai_document(root);
	HTAB	   *parents = name_table(sizeof(FieldName));
	Anchored	a;
	Walk		w;
	JsonbContainer *part;

	anchored_begin(&a, get_string(document, "text"));
	part = get_array(document, "entities");
	walk_begin(&w, are_classes(part) ? NULL : part);
	while ((part = walk_next_object(&w)) != NULL)
	{
		Slice		type = entity_type(part);
		JsonbContainer *properties = get_array(part, "properties");
		int			item = 0;

		if (type.data != NULL && properties != NULL && JsonContainerSize(properties) > 0)
			item = enter_name(parents, type)->last++;
		documentai_entity(out, &a, part, 0, item);
	}
	walk_begin(&w, get_array(document, "pages"));
	while ((part = walk_next_object(&w)) != NULL)
	{
		double		number = get_number(part, "pageNumber");
		int			page = isnan(number) ? w.index : as_count(number);
		Walk		fields;
		JsonbContainer *field;

		walk_begin(&fields, get_array(part, "formFields"));
		while ((field = walk_next_object(&fields)) != NULL)
			documentai_form_field(out, &a, field, page);
	}
}

/*
 * Paths: the dotted names of leaves
 */

/* Append a step to a path; the length to cut it back to is the caller's. */
static void
path_push(StringInfo path, const Walk *w)
{
	if (path->len > 0)
		appendStringInfoChar(path, '.');
	if (w->key.data != NULL)
		appendBinaryStringInfo(path, w->key.data, w->key.length);
	else
		appendStringInfo(path, "%d", w->index);
}

static void
path_cut(StringInfo path, int length)
{
	path->len = length;
	path->data[length] = '\0';
}

/*
 * Microsoft Azure: Form Recognizer, Document Intelligence
 */

/* The result, as the service answers or as its client libraries hand it on. */
static JsonbContainer *
azure_result(JsonbContainer *root)
{
	JsonbContainer *result = get_object(root, "analyzeResult");

	return result != NULL ? result : root;
}

static const char *const azure_keys[] = {
	"status", "createdDateTime", "lastUpdatedDateTime", "analyzeResult", "error", NULL
};

static const char *const azure_read[] = {
	"documents", "documentResults", "keyValuePairs", "pageResults", "readResults", "pages", NULL
};

static bool
is_azure_status(Slice status)
{
	return slice_is(status, "notStarted") || slice_is(status, "running") ||
		slice_is(status, "failed") || slice_is(status, "succeeded");
}

/* The result as a client library hands it on: other APIs have a model and a version. */
static bool
is_azure_result(JsonbContainer *result)
{
	return has_string(result, "apiVersion") && has_string(result, "modelId") &&
		(get_object(first_object(get_array(result, "documents")), "fields") != NULL ||
		 has_string(first_object(get_array(result, "documents")), "docType") ||
		 has_number(first_object(get_array(result, "pages")), "pageNumber") ||
		 get_object(first_object(get_array(result, "keyValuePairs")), "key") != NULL);
}

static bool
is_azure(JsonbContainer *root)
{
	JsonbContainer *result = get_object(root, "analyzeResult");

	if (result == NULL)
		return is_azure_result(root) ||
			(is_azure_status(get_string(root, "status")) &&
			 has_string(root, "createdDateTime") && has_only(root, azure_keys));
	return is_azure_status(get_string(root, "status")) || has_string(result, "version") ||
		has_string(result, "apiVersion") || has_array(result, azure_read);
}

/* An operation that runs or has failed has no result. */
static bool
azure_has_parts(JsonbContainer *root)
{
	Slice		status = get_string(root, "status");

	return has_array(azure_result(root), azure_read) ||
		(status.data != NULL && !slice_is(status, "succeeded"));
}

static int
azure_page(JsonbContainer *part, int inherited)
{
	double		page = get_number(part, "page");

	if (isnan(page))
		page = get_number(first_object(get_array(part, "boundingRegions")), "pageNumber");
	return isnan(page) ? inherited : as_count(page);
}

/* The page of a document that is on one page only. */
static int
azure_document_page(JsonbContainer *document)
{
	JsonbContainer *regions = get_array(document, "boundingRegions");
	Walk		range;
	double		first = NAN;

	if (regions != NULL && JsonContainerSize(regions) == 1)
		return azure_page(document, 0);
	walk_begin(&range, get_array(document, "pageRange"));
	while (walk_next(&range))
	{
		double		page = value_number(&range.value);

		if (range.index > 1 && page != first)
			return 0;
		first = page;
	}
	return as_count(first);
}

/* Append a member that is not blank, and what divides it from the one before. */
static void
append_member(StringInfo buffer, const char *between, JsonbContainer *object, const char *key)
{
	JsonbValue	v;
	Slice		s = get(object, key, &v) ? trim(value_text(&v)) : no_slice;

	if (s.length == 0)
		return;
	if (buffer->len > 0)
		appendStringInfoString(buffer, between);
	appendBinaryStringInfo(buffer, s.data, s.length);
}

/* 1250.5 USD; the symbol where there is no code */
static void
append_currency(StringInfo buffer, JsonbContainer *currency)
{
	static const char *const units[] = {"currencyCode", "code", "currencySymbol", "symbol"};
	int			length;

	append_member(buffer, "", currency, "amount");
	length = buffer->len;
	for (int i = 0; i < lengthof(units) && buffer->len == length; i++)
		append_member(buffer, " ", currency, units[i]);
}

/* 1 High St, Ashcombe, 00123: from the house to the country */
static void
append_address(StringInfo buffer, JsonbContainer *address)
{
	static const char *const lines[] = {
		"suburb", "cityDistrict", "city", "stateDistrict", "state", "postalCode", "countryRegion"
	};

	append_member(buffer, "", address, "streetAddress");
	if (buffer->len == 0)
	{
		append_member(buffer, "", address, "houseNumber");
		append_member(buffer, " ", address, "road");
		append_member(buffer, ", ", address, "unit");
		append_member(buffer, ", ", address, "poBox");
	}
	for (int i = 0; i < lengthof(lines); i++)
		append_member(buffer, ", ", address, lines[i]);
}

/* The normalised form of a leaf. */
static Slice
azure_value(JsonbContainer *field)
{
	Slice		type = get_string(field, "valueType");
	JsonbContainer *currency = get_object(field, "valueCurrency");
	JsonbContainer *address = get_object(field, "valueAddress");
	StringInfoData buffer;
	Walk		w;

	if (slice_is(type, "currency"))
		currency = get_object(field, "value");
	if (slice_is(type, "address"))
		address = get_object(field, "value");
	if (currency != NULL || address != NULL)
	{
		initStringInfo(&buffer);
		append_currency(&buffer, currency);
		append_address(&buffer, address);
		return slice_of(&buffer);
	}
	walk_begin(&w, field);
	while (walk_next(&w))
		if (slice_starts(w.key, "value") && !slice_is(w.key, "value_type") &&
			!slice_is(w.key, "valueType") && value_text(&w.value).data != NULL)
			return value_text(&w.value);
	return no_slice;
}

/*
 * What a leaf says: its text (v2) or content (v3 and later), or else its value;
 * a mark's content is only a placeholder for it.
 */
static Slice
azure_leaf_text(JsonbContainer *field)
{
	Slice		s = get_string(field, "valueSelectionMark");

	if (s.length == 0 && slice_is(get_string(field, "valueType"), "selectionMark"))
		s = get_string(field, "value");
	if (s.length == 0)
		s = get_string(field, "content");
	if (trim(s).length == 0)
		s = get_string(field, "text");
	return trim(s).length > 0 ? s : azure_value(field);
}

/* What a field consists of; in Python's client library its type says what its value is. */
static JsonbContainer *
azure_parts(JsonbContainer *field)
{
	Slice		type = get_string(field, "valueType");
	JsonbContainer *parts = get_array(field, "valueArray");

	if (parts == NULL)
		parts = get_object(field, "valueObject");
	if (parts == NULL && slice_is(type, "list"))
		parts = get_array(field, "value");
	if (parts == NULL && slice_is(type, "dictionary"))
		parts = get_object(field, "value");
	return parts;
}

static void
azure_field(Output *out, StringInfo path, const JsonbValue *value, int page)
{
	JsonbContainer *field = container_of(value);
	JsonbContainer *parts = azure_parts(field);
	Row			row = {.page = azure_page(field, page)};

	check_stack_depth();
	if (parts != NULL && JsonContainerSize(parts) > 0)
	{
		Walk		w;
		int			length = path->len;

		walk_begin(&w, parts);
		while (walk_next(&w))
		{
			path_push(path, &w);
			azure_field(out, path, &w.value, row.page);
			path_cut(path, length);
		}
		return;
	}
	row_begin(out);
	row.field = slice_of(path);
	row.value = is_object(field) ? azure_leaf_text(field) : no_slice;
	row.confidence = scaled(get_number(field, "confidence"), 1);
	emit(out, row);
}

static void
azure_documents(Output *out, JsonbContainer *documents)
{
	StringInfoData path;
	Walk		w;
	JsonbContainer *document;

	initStringInfo(&path);
	walk_begin(&w, documents);
	while ((document = walk_next_object(&w)) != NULL)
	{
		int			page = azure_document_page(document);
		Walk		fields;

		next_document(out);
		walk_begin(&fields, get_object(document, "fields"));
		while (walk_next(&fields))
		{
			path_push(&path, &fields);
			azure_field(out, &path, &fields.value, page);
			path_cut(&path, 0);
		}
	}
}

static void
azure_pairs(Output *out, JsonbContainer *pairs, int page)
{
	Walk		w;
	JsonbContainer *pair;

	walk_begin(&w, pairs);
	while ((pair = walk_next_object(&w)) != NULL)
	{
		JsonbContainer *key = get_object(pair, "key");
		JsonbContainer *value = get_object(pair, "value");
		Row			row = {.page = azure_page(value, azure_page(key, page))};

		if (key == NULL)
			continue;
		row_begin(out);
		row.field = one_line(azure_leaf_text(key));
		if (row.field.data == NULL)
			row.field = slice("", 0);
		row.value = value != NULL ? azure_leaf_text(value) : no_slice;
		row.confidence = scaled(get_number(pair, "confidence"), 1);
		emit(out, row);
	}
}

static void
azure(Output *out, JsonbContainer *root)
{
	JsonbContainer *result = azure_result(root);
	JsonbContainer *v2 = get_array(result, "documentResults");
	JsonbContainer *documents = get_array(result, "documents");
	Walk		w;
	JsonbContainer *page;

	out->several = count_objects(v2) + count_objects(documents) > 1;
	azure_documents(out, v2);
	azure_documents(out, documents);
	/* pairs are found beside the documents, whichever they are in */
	no_document(out);
	azure_pairs(out, get_array(result, "keyValuePairs"), 0);
	/* v2, of a model that was trained without labels */
	walk_begin(&w, get_array(result, "pageResults"));
	while ((page = walk_next_object(&w)) != NULL)
		azure_pairs(out, get_array(page, "keyValuePairs"), azure_page(page, 0));
}

/*
 * Mistral OCR
 */

static bool
is_mistral(JsonbContainer *root)
{
	static const char *const keys[] = {"pages", "model", "document_annotation", "usage_info", NULL};
	JsonbContainer *pages = get_array(root, "pages");
	bool		markdown = has_string(first_object(pages), "markdown");
	JsonbValue	v;

	if (get(root, "document_annotation", &v))
		return markdown || has_only(root, keys);
	return (markdown && has_number(first_object(pages), "index") && has_string(root, "model")) ||
		(pages != NULL && (markdown || is_empty(pages)) && get_object(root, "usage_info") != NULL && has_only(root, keys));
}

/*
 * An annotation that is nested deeper has no fields: the stack must hold it,
 * whatever max_stack_depth is within reason, when it is parsed, made a jsonb and
 * walked.
 */
#define MAX_DEPTH	1000

/* numeric holds 16383 digits behind the point, and more before it. */
#define MAX_DIGITS	8000

/* Go on behind a number; does numeric surely hold what it writes out? */
static const char *
behind_number(const char *p, const char *end, bool *fits)
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
 * Is it JSON, with no number that is too large for jsonb? Its input function
 * would make an error of what is not.
 */
static bool
is_json(Slice s)
{
	JsonLexContext *lexer = wl_json_lexer(unconstify(char *, s.data), s.length,
										  GetDatabaseEncoding());
	const char *p = s.data;
	const char *end = p + s.length;
	bool		fits = true;

	if (pg_parse_json(lexer, &nullSemAction) != JSON_SUCCESS)
		return false;
	while (p < end && fits)
	{
		if (*p >= '0' && *p <= '9')
			p = behind_number(p, end, &fits);
		else if (*p++ == '"')
		{
			while (*p != '"')
				p += *p == '\\' ? 2 : 1;
			p++;
		}
	}
	return fits;
}

/* Four hexadecimal digits behind \u; false where there is no such thing. */
static bool
escaped_unit(const char *p, const char *end, pg_wchar *c)
{
	*c = 0;
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++)
	{
		if (digit_value(p[i]) >= 16)
			return false;
		*c = *c * 16 + digit_value(p[i]);
	}
	return true;
}

/*
 * Go on behind an escape. Is it of a character that the database's encoding has?
 * One of two escapes is one character. What is no such escape is the parser's.
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
	return append_character(scratch, c);
}

/*
 * Can it be parsed at all? What is nested too deep, or has an escape of a
 * character that the database's encoding has not, would be an error within the
 * parser. It need not be JSON.
 */
static bool
is_parsable(Slice s)
{
	const char *p = s.data;
	const char *end = p + s.length;
	StringInfoData scratch;
	int			depth = 0;
	bool		quoted = false;

	initStringInfo(&scratch);
	while (p < end)
	{
		if (quoted && *p == '\\')
		{
			if (!escape_fits(&p, end, &scratch))
				return false;
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '{' || *p == '['))
			depth++;
		else if (!quoted && (*p == '}' || *p == ']'))
			depth--;
		if (depth > MAX_DEPTH)
			return false;
		p++;
	}
	return true;
}

/* The same of what has been parsed. */
static bool
is_deep(JsonbContainer *container)
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
		if (depth > MAX_DEPTH)
			return true;
	}
	return false;
}

static JsonbContainer *
parse_json(Slice s)
{
	char	   *copy = MemoryContextAllocHuge(CurrentMemoryContext, (Size) s.length + 1);
	Jsonb	   *document;

	memcpy(copy, s.data, s.length);
	copy[s.length] = '\0';
	document = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
	pfree(copy);
	return &document->root;
}

static void
mistral_value(Output *out, StringInfo path, const JsonbValue *value)
{
	JsonbContainer *parts = container_of(value);
	Row			row = {.confidence = NAN};

	check_stack_depth();
	if (parts != NULL && JsonContainerSize(parts) > 0)
	{
		Walk		w;
		int			length = path->len;

		walk_begin(&w, parts);
		while (walk_next(&w))
		{
			path_push(path, &w);
			mistral_value(out, path, &w.value);
			path_cut(path, length);
		}
		return;
	}
	row_begin(out);
	row.field = slice_of(path);
	row.value = value_text(value);
	emit(out, row);
}

/* The annotation comes as JSON in a string; one that was cut off says nothing. */
static void
mistral(Output *out, JsonbContainer *root)
{
	StringInfoData path;
	JsonbValue	annotation;

	if (!get(root, "document_annotation", &annotation))
		return;
	if (annotation.type == jbvString)
	{
		Slice		s = value_text(&annotation);

		if (!is_parsable(s) || !is_json(s))
			return;
		annotation.type = jbvBinary;
		annotation.val.binary.data = parse_json(s);
		if (JsonContainerIsScalar(annotation.val.binary.data))
			return;
	}
	else if (annotation.type == jbvBinary && is_deep(annotation.val.binary.data))
		return;
	if (annotation.type != jbvBinary || is_empty(annotation.val.binary.data))
		return;
	initStringInfo(&path);
	mistral_value(out, &path, &annotation);
}

/*
 * Tesseract's TSV: twelve columns; nothing is quoted, and the text is the last
 */

#define TSV_COLUMNS		12
#define TSV_PAGE		1
#define TSV_CONF		10
#define TSV_TEXT		11

/* Split the line at *p and go on to the next; how many columns it has. */
static int
tsv_line(const char **p, const char *end, Slice *columns)
{
	const char *line_end = memchr(*p, '\n', end - *p);
	int			n = 0;

	if (line_end == NULL)
		line_end = end;
	for (const char *start = *p; n < TSV_COLUMNS;)
	{
		const char *tab = NULL;

		if (n < TSV_TEXT)
			tab = memchr(start, '\t', line_end - start);
		columns[n++] = slice(start, (tab != NULL ? tab : line_end) - start);
		if (tab == NULL)
			break;
		start = tab + 1;
	}
	*p = line_end < end ? line_end + 1 : end;
	return n;
}

static bool
is_tsv(Slice text)
{
	const char *p = text.data;
	Slice		columns[TSV_COLUMNS];

	if (tsv_line(&p, text.data + text.length, columns) < TSV_COLUMNS)
		return false;
	if (slice_is(columns[0], "level"))
		return slice_is(columns[TSV_PAGE], "page_num") && slice_is(columns[TSV_CONF], "conf");
	/* without its first line, too */
	for (int i = 0; i <= TSV_CONF; i++)
		if (isnan(text_number(columns[i])))
			return false;
	return columns[0].length == 1;
}

static void
tsv(Output *out, Slice text)
{
	const char *p = text.data;
	const char *end = text.data + text.length;
	Slice		columns[TSV_COLUMNS];

	while (p < end)
	{
		Row			row = {0};
		double		conf;

		CHECK_FOR_INTERRUPTS();
		if (tsv_line(&p, end, columns) < TSV_COLUMNS || !slice_is(columns[0], "5"))
			continue;
		conf = text_number(columns[TSV_CONF]);
		if (conf < 0.0)
			continue;
		row.page = as_count(text_number(columns[TSV_PAGE]));
		row.value = columns[TSV_TEXT];
		row.confidence = scaled(conf, 100);
		emit(out, row);
	}
}

/*
 * HTML and XML: tags and what stands between them
 */

typedef enum Token
{
	TOKEN_TEXT,					/* with entities */
	TOKEN_CDATA,				/* without */
	TOKEN_OPEN,					/* <name ...> */
	TOKEN_EMPTY,				/* <name .../> */
	TOKEN_CLOSE,				/* </name> */
	TOKEN_END
} Token;

typedef struct Markup
{
	const char *p;
	const char *end;
	Slice text;					/* of TEXT and CDATA */
	Slice		name;			/* of a tag, without a prefix */
	Slice		attributes;		/* of OPEN and EMPTY */
} Markup;

static inline bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IS_HIGHBIT_SET(c);
}

/* Go on behind the next occurrence of a string; to the end where there is none. */
static const char *
behind(const char *p, const char *end, const char *what)
{
	int			length = strlen(what);

	while (end - p >= length && (p = memchr(p, what[0], end - p)) != NULL)
	{
		if (end - p >= length && memcmp(p, what, length) == 0)
			return p + length;
		p++;
	}
	return end;
}

/* <!DOCTYPE ...>, whose declarations in brackets nobody reads. */
static const char *
behind_declaration(const char *p, const char *end)
{
	bool		inside = false;

	for (; p < end; p++)
	{
		if (*p == '[')
			inside = true;
		else if (*p == ']')
			inside = false;
		else if (*p == '>' && !inside)
			return p + 1;
	}
	return end;
}

static Token
markup_tag(Markup *m, const char *p)
{
	bool		closing = *p == '/';
	const char *start = closing ? p + 1 : p;
	const char *colon;
	char		last = '\0';	/* what is no white space */

	for (p = start; p < m->end && !is_space(*p) && *p != '>' && *p != '/'; p++)
		;
	m->name = slice(start, p - start);
	colon = memchr(start, ':', p - start);
	if (colon != NULL)
		m->name = slice(colon + 1, p - colon - 1);
	/* to the > that stands in no value, which a quote behind = begins */
	start = p;
	for (; p < m->end && *p != '>'; p++)
	{
		if ((*p == '"' || *p == '\'') && last == '=')
		{
			p = memchr(p + 1, *p, m->end - p - 1);
			if (p == NULL)
			{
				m->p = m->end;
				return TOKEN_END;
			}
		}
		if (!is_space(*p))
			last = *p;
	}
	m->attributes = slice(start, p - start);
	if (p == m->end)
	{
		m->p = p;
		return TOKEN_END;
	}
	m->p = p + 1;
	if (closing)
		return TOKEN_CLOSE;
	return p > start && p[-1] == '/' ? TOKEN_EMPTY : TOKEN_OPEN;
}

/* The content of a script is no markup, and of no interest. */
static void
markup_skip_raw(Markup *m)
{
	const char *p = m->p;

	while ((p = memchr(p, '<', m->end - p)) != NULL)
	{
		if (m->end - p > m->name.length + 2 && p[1] == '/' &&
			pg_strncasecmp(p + 2, m->name.data, m->name.length) == 0)
		{
			m->p = p;
			return;
		}
		p++;
	}
	m->p = m->end;
}

static Token
markup_next(Markup *m)
{
	Token		token;

	for (;;)
	{
		const char *p = m->p;
		int			left = m->end - p;

		CHECK_FOR_INTERRUPTS();
		if (left == 0)
			return TOKEN_END;
		if (left > 1 && p[0] == '<' && p[1] == '!')
		{
			if (left >= 4 && memcmp(p, "<!--", 4) == 0)
				m->p = behind(p + 4, m->end, "-->");
			else if (left >= 9 && memcmp(p, "<![CDATA[", 9) == 0)
			{
				m->p = behind(p + 9, m->end, "]]>");
				m->text.data = p + 9;
				m->text.length = Max(m->p - p - 12, 0);
				return TOKEN_CDATA;
			}
			else
				m->p = behind_declaration(p, m->end);
		}
		else if (left > 1 && p[0] == '<' && p[1] == '?')
			m->p = behind(p, m->end, "?>");
		else if (left > 2 && p[0] == '<' &&
				 (is_letter(p[1]) || (p[1] == '/' && is_letter(p[2]))))
		{
			token = markup_tag(m, p + 1);
			if (token != TOKEN_OPEN ||
				!(slice_is_any_case(m->name, "script") || slice_is_any_case(m->name, "style")))
				return token;
			markup_skip_raw(m);
		}
		else
		{
			const char *next = memchr(p + 1, '<', left - 1);

			m->p = next != NULL ? next : m->end;
			m->text = slice(p, m->p - p);
			return TOKEN_TEXT;
		}
	}
}

static void
markup_begin(Markup *m, Slice text)
{
	memset(m, 0, sizeof(Markup));
	m->p = text.data;
	m->end = text.data + text.length;
}

/* The value of an attribute of the tag at hand, with its entities. */
static Slice
attribute(const Markup *m, const char *name)
{
	const char *p = m->attributes.data;
	const char *end = p + m->attributes.length;

	while (p < end)
	{
		Slice		found;
		Slice		value = {"", 0};

		while (p < end && (is_space(*p) || *p == '/'))
			p++;
		found.data = p;
		while (p < end && !is_space(*p) && *p != '=' && *p != '/')
			p++;
		found.length = p - found.data;
		while (p < end && is_space(*p))
			p++;
		if (p < end && *p == '=')
		{
			for (p++; p < end && is_space(*p); p++)
				;
			if (p < end && (*p == '"' || *p == '\''))
			{
				const char *quote = memchr(p + 1, *p, end - p - 1);

				value.data = p + 1;
				value.length = (quote != NULL ? quote : end) - value.data;
				p = quote != NULL ? quote + 1 : end;
			}
			else
			{
				value.data = p;
				while (p < end && !is_space(*p))
					p++;
				value.length = p - value.data;
			}
		}
		if (slice_is_any_case(found, name))
			return value;
	}
	return no_slice;
}

static int
compare_entity(const void *key, const void *entity)
{
	const Slice *name = key;
	int			order = strncmp(name->data, ((const WlEntity *) entity)->name, name->length);

	if (order == 0 && ((const WlEntity *) entity)->name[name->length] != '\0')
		order = -1;
	return order;
}

static pg_wchar
named_character(Slice name)
{
	const WlEntity *found = NULL;

	if (name.length < WL_ENTITY_LENGTH)
		found = bsearch(&name, wl_entities, lengthof(wl_entities), sizeof(WlEntity), compare_entity);
	return found != NULL ? found->character : 0;
}

static pg_wchar
numbered_character(Slice number)
{
	bool		hexadecimal = number.length > 0 && (number.data[0] == 'x' || number.data[0] == 'X');
	int			base = hexadecimal ? 16 : 10;
	pg_wchar	c = 0;

	for (int i = hexadecimal ? 1 : 0; i < number.length; i++)
	{
		int			digit = digit_value(number.data[i]);

		if (digit >= base)
			return 0;
		c = c * base + digit;
		if (c > 0x10FFFF)
			return 0;
	}
	return is_valid_unicode_codepoint(c) && !is_utf16_surrogate_first(c) &&
		!is_utf16_surrogate_second(c) ? c : 0;
}

/* The character that an entity stands for; 0 where it is left as it stands. */
static pg_wchar
entity_character(Slice s)
{
	if (s.length > 0 && s.data[0] == '#')
		return numbered_character(slice(s.data + 1, s.length - 1));
	return named_character(s);
}

/* Append text with its entities resolved. */
static void
append_decoded(StringInfo buffer, Slice s)
{
	const char *p = s.data;
	const char *end = p + s.length;

	while (p < end)
	{
		const char *and = memchr(p, '&', end - p);
		const char *semicolon = NULL;
		pg_wchar	c = 0;

		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(buffer, p, (and != NULL ? and : end) - p);
		if (and == NULL)
			break;
		semicolon = memchr(and, ';', Min(end - and, WL_ENTITY_LENGTH + 1));
		if (semicolon != NULL)
			c = entity_character(slice(and + 1, semicolon - and - 1));
		if (c == 0 || !append_character(buffer, c))
		{
			appendStringInfoChar(buffer, '&');
			semicolon = and;
		}
		p = semicolon + 1;
	}
}

/* Which of these classes has the tag at hand? -1 for none, the first of several. */
static int
find_class(const Markup *m, const char *const *classes, int n)
{
	Slice		s = attribute(m, "class");
	const char *end = s.data + s.length;

	for (const char *p = s.data; p < end;)
	{
		Slice		one;

		while (p < end && is_space(*p))
			p++;
		one.data = p;
		while (p < end && !is_space(*p))
			p++;
		one.length = p - one.data;
		for (int i = 0; i < n; i++)
			if (slice_is(one, classes[i]))
				return i;
	}
	return -1;
}

/* What hOCR's classes mean to us. */
enum
{
	HOCR_PAGE,
	HOCR_LINE,
	HOCR_LINE_OF_ENGINE,
	HOCR_WORD,
	HOCR_OTHER
};

static const char *const hocr_classes[] = {
	"ocr_page", "ocr_line", "ocrx_line", "ocrx_word", "ocr_carea", "ocr_par", "ocrx_block"
};

/* A property of an hOCR element: title='bbox 1 2 3 4; x_wconf 95' */
static double
title_number(const Markup *m, const char *property)
{
	Slice		s = attribute(m, "title");
	const char *end = s.data + s.length;
	int			length = strlen(property);

	for (const char *p = s.data; p < end;)
	{
		const char *next = memchr(p, ';', end - p);
		Slice		one;

		if (next == NULL)
			next = end;
		one = trim(slice(p, next - p));
		if (slice_starts(one, property) && one.length > length && is_space(one.data[length]))
			return text_number(slice(one.data + length, one.length - length));
		p = next + 1;
	}
	return NAN;
}

/* ALTO by its root, hOCR by the first tag that is of it. */
static Engine
find_markup(Slice text)
{
	Markup		m;
	Token		token;
	bool		root = true;

	markup_begin(&m, text);
	while ((token = markup_next(&m)) != TOKEN_END)
	{
		if (token != TOKEN_OPEN && token != TOKEN_EMPTY)
			continue;
		if (root && slice_is_any_case(m.name, "alto"))
			return ENGINE_ALTO;
		if (find_class(&m, hocr_classes, lengthof(hocr_classes)) >= 0)
			return ENGINE_HOCR;
		root = false;
	}
	return ENGINE_NONE;
}

/* A word or a line that is being read: from its tag to the one that closes it. */
typedef struct Word
{
	bool		open;
	Slice		tag;
	int			depth;			/* tags of the same name in it */
	Row			row;
	StringInfoData text;
} Word;

static void
word_end(Output *out, Word *word)
{
	if (word->open)
	{
		row_begin(out);
		word->row.value = one_line(slice_of(&word->text));
		emit(out, word->row);
	}
	word->open = false;
}

static void
word_begin(Output *out, Word *word, Slice tag, int page, double confidence)
{
	word_end(out, word);
	word->open = true;
	word->tag = tag;
	word->depth = 0;
	word->row.page = page;
	word->row.confidence = confidence;
	resetStringInfo(&word->text);
}

static void
word_text(Word *word, const Markup *m, Token token)
{
	if (!word->open)
		return;
	if (token == TOKEN_CDATA)
		appendBinaryStringInfo(&word->text, m->text.data, m->text.length);
	else
		append_decoded(&word->text, m->text);
}

/* A tag within it, or the one that closes it. */
static void
word_tag(Output *out, Word *word, const Markup *m, Token token)
{
	if (!word->open || token == TOKEN_EMPTY || m->name.length != word->tag.length ||
		pg_strncasecmp(m->name.data, word->tag.data, word->tag.length) != 0)
		return;
	if (token == TOKEN_OPEN)
		word->depth++;
	else if (word->depth-- == 0)
		word_end(out, word);
}

/* Words, and lines that have none. */
static void
hocr(Output *out, Slice text)
{
	Markup		m;
	Token		token;
	Word		word = {0};
	Word		line = {0};
	int			page = 0;

	initStringInfo(&word.text);
	initStringInfo(&line.text);
	markup_begin(&m, text);
	while ((token = markup_next(&m)) != TOKEN_END)
	{
		int			class = HOCR_OTHER;
		double		number;

		if (token == TOKEN_TEXT || token == TOKEN_CDATA)
		{
			word_text(&word, &m, token);
			word_text(&line, &m, token);
			continue;
		}
		if (token != TOKEN_CLOSE)
			class = find_class(&m, hocr_classes, HOCR_OTHER);
		switch (class)
		{
			case HOCR_PAGE:
				word_end(out, &word);
				word_end(out, &line);
				number = title_number(&m, "ppageno");
				page = isnan(number) ? page + 1 : as_count(number + 1);
				break;
			case HOCR_LINE:
			case HOCR_LINE_OF_ENGINE:
				word_end(out, &word);
				word_end(out, &line);
				if (token == TOKEN_OPEN)
					word_begin(out, &line, m.name, page, NAN);
				break;
			case HOCR_WORD:
				line.open = false;
				word_end(out, &word);
				if (token == TOKEN_OPEN)
					word_begin(out, &word, m.name, page, scaled(title_number(&m, "x_wconf"), 100));
				break;
			default:
				word_tag(out, &word, &m, token);
				word_tag(out, &line, &m, token);
				break;
		}
	}
	word_end(out, &word);
	word_end(out, &line);
}

static void
alto(Output *out, Slice text)
{
	Markup		m;
	Token		token;
	StringInfoData content;
	int			page = 0;

	initStringInfo(&content);
	markup_begin(&m, text);
	while ((token = markup_next(&m)) != TOKEN_END)
	{
		Row			row = {0};

		if (token != TOKEN_OPEN && token != TOKEN_EMPTY)
			continue;
		if (slice_is_any_case(m.name, "Page"))
			page++;
		if (!slice_is_any_case(m.name, "String"))
			continue;
		resetStringInfo(&content);
		append_decoded(&content, attribute(&m, "CONTENT"));
		row.page = page;
		row.value = slice_of(&content);
		row.confidence = scaled(text_number(attribute(&m, "WC")), 1);
		emit(out, row);
	}
}

/*
 * Documents
 */

static Engine
find_json(JsonbContainer *root)
{
	if (is_textract(root))
		return ENGINE_TEXTRACT;
	if (is_azure(root))
		return ENGINE_AZURE;
	if (is_mistral(root))
		return ENGINE_MISTRAL;
	if (is_documentai(root))
		return ENGINE_DOCUMENTAI;
	return ENGINE_NONE;
}

/* Text as it begins: without a byte order mark, and without blank lines. */
static Slice
document_text(text *document)
{
	Slice		s = {VARDATA_ANY(document), VARSIZE_ANY_EXHDR(document)};

	if (GetDatabaseEncoding() == PG_UTF8 && slice_starts(s, "\xEF\xBB\xBF"))
		s = slice(s.data + 3, s.length - 3);
	while (s.length > 0 && is_space(s.data[0]))
		s = slice(s.data + 1, s.length - 1);
	return s;
}

static inline bool
begins_as_json(Slice s)
{
	return s.length > 0 && (s.data[0] == '{' || s.data[0] == '[');
}

static Engine
find_text(Slice s)
{
	if (s.length > 0 && s.data[0] == '<')
		return find_markup(s);
	return is_tsv(s) ? ENGINE_TESSERACT_TSV : ENGINE_NONE;
}

static bool
has_parts(JsonbContainer *root, Engine engine)
{
	switch (engine)
	{
		case ENGINE_TEXTRACT:
			return textract_has_parts(root);
		case ENGINE_DOCUMENTAI:
			return documentai_has_parts(root);
		case ENGINE_AZURE:
			return azure_has_parts(root);
		default:
			return true;
	}
}

/*
 * The same of JSON. With 'auto' an engine's result must have a part that is read,
 * or say why there is none: without, it would look like a page without fields.
 */
static Engine
settle_json(Engine asked, JsonbContainer *root, bool json)
{
	Engine		engine = settle_engine(asked, find_json(root), json);

	if (asked == ENGINE_NONE && !has_parts(root, engine))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("result of engine \"%s\" is known in part only", engines[engine].name),
				 errdetail("It has none of the parts that are read: %s.", engines[engine].parts),
				 errhint("If it has no fields, name the engine: engine => '%s'.", engines[engine].name)));
	return engine;
}

static void
read_json(Output *out, JsonbContainer *root, Engine engine)
{
	switch (engine)
	{
		case ENGINE_TEXTRACT:
			textract(out, root);
			break;
		case ENGINE_DOCUMENTAI:
			documentai(out, root);
			break;
		case ENGINE_AZURE:
			azure(out, root);
			break;
		default:
			mistral(out, root);
			break;
	}
}

static void
read_text(Output *out, Slice s, Engine engine)
{
	switch (engine)
	{
		case ENGINE_TESSERACT_TSV:
			tsv(out, s);
			break;
		case ENGINE_HOCR:
			hocr(out, s);
			break;
		default:
			alto(out, s);
			break;
	}
}

static Datum
engine_name(FunctionCallInfo fcinfo, Engine engine)
{
	if (engine == ENGINE_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(engines[engine].name));
}

PG_FUNCTION_INFO_V1(wl_ocr_engine_jsonb);
Datum
wl_ocr_engine_jsonb(PG_FUNCTION_ARGS)
{
	return engine_name(fcinfo, find_json(&PG_GETARG_JSONB_P(0)->root));
}

/* Text that begins as JSON and is none is nobody's result. */
PG_FUNCTION_INFO_V1(wl_ocr_engine_text);
Datum
wl_ocr_engine_text(PG_FUNCTION_ARGS)
{
	Slice		s = document_text(PG_GETARG_TEXT_PP(0));

	if (!begins_as_json(s))
		return engine_name(fcinfo, find_text(s));
	return engine_name(fcinfo, is_json(s) ? find_json(parse_json(s)) : ENGINE_NONE);
}

static void
fields_begin(FunctionCallInfo fcinfo, Output *out)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	output_begin(out);
	out->store = result->setResult;
	out->desc = result->setDesc;
}

PG_FUNCTION_INFO_V1(wl_ocr_fields_jsonb);
Datum
wl_ocr_fields_jsonb(PG_FUNCTION_ARGS)
{
	Engine		engine = engine_argument(PG_GETARG_TEXT_PP(1));
	JsonbContainer *root = &PG_GETARG_JSONB_P(0)->root;
	Output		out;

	engine = settle_json(engine, root, true);
	fields_begin(fcinfo, &out);
	read_json(&out, root, engine);
	return (Datum) 0;
}

/* An engine that answers in JSON, asked for by name, has its text read as that. */
PG_FUNCTION_INFO_V1(wl_ocr_fields_text);
Datum
wl_ocr_fields_text(PG_FUNCTION_ARGS)
{
	Engine		engine = engine_argument(PG_GETARG_TEXT_PP(1));
	Slice		s = document_text(PG_GETARG_TEXT_PP(0));
	Output		out;

	if (begins_as_json(s) || is_json_engine(engine))
	{
		JsonbContainer *root = parse_json(s);

		engine = settle_json(engine, root, false);
		fields_begin(fcinfo, &out);
		read_json(&out, root, engine);
	}
	else
	{
		engine = settle_engine(engine, find_text(s), false);
		fields_begin(fcinfo, &out);
		read_text(&out, s, engine);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(wl_ocr_document);
Datum
wl_ocr_document(PG_FUNCTION_ARGS)
{
	JsonbContainer *root = &PG_GETARG_JSONB_P(0)->root;
	Engine		engine = settle_json(engine_argument(PG_GETARG_TEXT_PP(1)), root, true);
	Output		out;
	Datum		values[3];
	bool		nulls[3] = {false};

	output_begin(&out);
	out.names = name_table(sizeof(FieldName));
	wl_push_jsonb(&out.fields, WJB_BEGIN_OBJECT, NULL);
	wl_push_jsonb(&out.confidence, WJB_BEGIN_OBJECT, NULL);
	read_json(&out, root, engine);
	values[0] = CStringGetTextDatum(engines[engine].name);
	wl_push_jsonb(&out.fields, WJB_END_OBJECT, NULL);
	wl_push_jsonb(&out.confidence, WJB_END_OBJECT, NULL);
	values[1] = JsonbPGetDatum(JsonbValueToJsonb(out.fields.result));
	values[2] = JsonbPGetDatum(JsonbValueToJsonb(out.confidence.result));
	return wl_form_record(fcinfo, values, nulls, 3);
}
