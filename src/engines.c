/*
 * engines.c
 *		What OCR engines answer, read as one table: the page, the field, its value
 *		and the engine's confidence in it, in 0..1.
 *
 * Seven shapes are known (engines[] below): four of JSON, whose rows are fields,
 * and three of text, whose rows are words. For each there is one function that
 * says whether a document has the shape, and one that walks it and emits rows.
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
 *   no error. Only a document of no known shape is one, or text that begins as
 *   JSON and is none.
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

#include "check.h"
#include "record.h"
#include "walk.h"

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
}			engines[] = {
	{"textract", "\"Blocks\", \"ExpenseDocuments\", \"IdentityDocuments\" or \"JobStatus\""},
	{"documentai", "\"entities\" with \"type\", \"pages\" with \"pageNumber\", or \"text\" and \"mimeType\""},
	{"azure", "\"analyzeResult\", or \"status\" and \"createdDateTime\""},
	{"mistral", "\"document_annotation\", or \"pages\" with \"markdown\""},
	{"tesseract_tsv", "text in 12 columns divided by tabs, \"level\" to \"text\""},
	{"hocr", "HTML with a class \"ocr_page\" or \"ocrx_word\""},
	{"alto", "XML with an element \"alto\""},
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
 * name.3, or else name.3.2, ..., which leaves the fourth item its number.
 */
static Slice
unique_name(HTAB *names, Slice name, int item)
{
	FieldName  *first = enter_name(names, name);
	FieldName  *entry = item > 1 ? enter_numbered(names, name, item) : first;

	if (item > 0 && entry->used)
	{
		first = enter_numbered(names, name, item);
		name = first->name;
	}
	while (entry->used)
	{
		CHECK_FOR_INTERRUPTS();
		entry = enter_numbered(names, name, ++first->last);
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
	JsonbValue	name = jsonb_string(unique_name(out->names, row->field, row->item));
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
	Datum		values[4] = {0};
	bool		nulls[4];

	nulls[0] = row->page <= 0;
	values[0] = Int32GetDatum(row->page);
	nulls[1] = row->field.data == NULL;
	if (!nulls[1])
		values[1] = PointerGetDatum(cstring_to_text_with_len(row->field.data, row->field.length));
	nulls[2] = row->value.data == NULL;
	if (!nulls[2])
		values[2] = PointerGetDatum(cstring_to_text_with_len(row->value.data, row->value.length));
	nulls[3] = isnan(row->confidence);
	values[3] = Float8GetDatum(row->confidence);
	tuplestore_putvalues(out->store, out->desc, values, nulls);
}

static void
output_begin(Output *out)
{
	memset(out, 0, sizeof(Output));
	out->whole = CurrentMemoryContext;
	out->row = AllocSetContextCreate(CurrentMemoryContext, "williams_ocr row",
									 ALLOCSET_DEFAULT_SIZES);
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

/* A number in text; NaN where it is none, or followed by anything. */
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
	x = strtod(buffer, &end);
	return *end == '\0' ? x : NAN;
}

/* A count in a document, or 0 where it is none that an int holds. */
static int
as_count(double x)
{
	return x >= 0.0 && x < PG_INT32_MAX ? (int) x : 0;
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

#define MAX_KEY		48

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

/*
 * Amazon Textract
 */

typedef struct Block
{
	Slice		id;				/* the key: must be first */
	JsonbContainer *block;
} Block;

/* One answer, or one of the answers that a long result comes in. */
static bool
is_textract_answer(JsonbContainer *root)
{
	Slice		status = get_string(root, "JobStatus");

	return get_array(root, "Blocks") != NULL ||
		get_array(root, "ExpenseDocuments") != NULL ||
		get_array(root, "IdentityDocuments") != NULL ||
		slice_is(status, "FAILED") || slice_is(status, "IN_PROGRESS") ||
		slice_is(status, "SUCCEEDED") || slice_is(status, "PARTIAL_SUCCESS");
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

/* What a synchronous answer does not say, since there is only one page. */
static int
textract_page(JsonbContainer *root, JsonbContainer *part, const char *key)
{
	double		page = get_number(part, key);

	if (!isnan(page))
		return as_count(page);
	return get_number(get_object(root, "DocumentMetadata"), "Pages") == 1.0 ? 1 : 0;
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
		int			page = textract_page(root, block, "Page");

		if (slice_is(type, "KEY_VALUE_SET") && has_entity_type(block, "KEY"))
			textract_key(out, blocks, block, page);
		else if (slice_is(type, "QUERY"))
			textract_query(out, blocks, block, page);
	}
}

/*
 * A field of an expense or of an identity document: the score is that of the
 * value's detection; the type's is a placeholder. What is of the type OTHER has
 * its label as a name, if there is one.
 */
static void
textract_detection(Output *out, JsonbContainer *field, int page, int item)
{
	JsonbContainer *value = get_object(field, "ValueDetection");
	Slice		label = get_string(get_object(field, "LabelDetection"), "Text");
	Row			row = {.page = page,.item = item};

	row.field = get_string(get_object(field, "Type"), "Text");
	if ((row.field.data == NULL || slice_is(row.field, "OTHER")) && trim(label).length > 0)
		row.field = label;
	if (row.field.data == NULL)
		return;
	row_begin(out);
	row.field = one_line(row.field);
	row.value = get_string(value, "Text");
	row.confidence = scaled(get_number(value, "Confidence"), 100);
	emit(out, row);
}

static void
textract_expense(Output *out, JsonbContainer *root, JsonbContainer *expense, int *n)
{
	Walk		groups;
	JsonbContainer *group;
	Walk		items;
	JsonbContainer *item;
	Walk		fields;
	JsonbContainer *field;

	walk_begin(&fields, get_array(expense, "SummaryFields"));
	while ((field = walk_next_object(&fields)) != NULL)
		textract_detection(out, field, textract_page(root, field, "PageNumber"), 0);
	walk_begin(&groups, get_array(expense, "LineItemGroups"));
	while ((group = walk_next_object(&groups)) != NULL)
	{
		walk_begin(&items, get_array(group, "LineItems"));
		while ((item = walk_next_object(&items)) != NULL)
		{
			++*n;
			walk_begin(&fields, get_array(item, "LineItemExpenseFields"));
			while ((field = walk_next_object(&fields)) != NULL)
				textract_detection(out, field, textract_page(root, field, "PageNumber"), *n);
		}
	}
}

static void
textract_answer(Output *out, HTAB *blocks, JsonbContainer *root, int *n_items)
{
	Walk		documents;
	JsonbContainer *document;
	Walk		fields;
	JsonbContainer *field;

	textract_blocks(out, blocks, root);
	walk_begin(&documents, get_array(root, "ExpenseDocuments"));
	while ((document = walk_next_object(&documents)) != NULL)
		textract_expense(out, root, document, n_items);
	walk_begin(&documents, get_array(root, "IdentityDocuments"));
	while ((document = walk_next_object(&documents)) != NULL)
	{
		walk_begin(&fields, get_array(document, "IdentityDocumentFields"));
		while ((field = walk_next_object(&fields)) != NULL)
			textract_detection(out, field, textract_page(root, NULL, ""), 0);
	}
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
	int			n_items = 0;	/* line items so far, of all documents */
	Walk		w;
	JsonbContainer *answer;

	if (is_object(root))
	{
		index_blocks(blocks, root);
		textract_answer(out, blocks, root, &n_items);
		return;
	}
	walk_begin(&w, root);
	while ((answer = walk_next_object(&w)) != NULL)
		index_blocks(blocks, answer);
	walk_begin(&w, root);
	while ((answer = walk_next_object(&w)) != NULL)
		textract_answer(out, blocks, answer, &n_items);
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

static bool
is_documentai(JsonbContainer *root)
{
	JsonbContainer *document = documentai_document(root);

	return entity_type(first_object(get_array(document, "entities"))).data != NULL ||
		!isnan(get_number(first_object(get_array(document, "pages")), "pageNumber")) ||
		(get_string(document, "mimeType").data != NULL &&
		 (get_string(document, "text").data != NULL ||
		  get_array(document, "pages") != NULL ||
		  get_array(document, "entities") != NULL ||
		  get_object(document, "error") != NULL));
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
 * a client library writes out what is not there, is a classifier's or a picture,
 * and no field; nor is what a page's quality is.
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
	walk_begin(&w, get_array(document, "entities"));
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

static bool
is_azure(JsonbContainer *root)
{
	return get_object(root, "analyzeResult") != NULL ||
		(get_string(root, "status").data != NULL &&
		 get_string(root, "createdDateTime").data != NULL) ||
		(get_string(root, "apiVersion").data != NULL &&
		 get_string(root, "modelId").data != NULL);
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

/*
 * What a leaf says: its text (v2) or content (v3 and later), or else its value;
 * a mark's content is only a placeholder for it.
 */
static Slice
azure_leaf_text(JsonbContainer *field)
{
	Slice		s = get_string(field, "valueSelectionMark");
	Walk		w;

	if (s.length == 0 && slice_is(get_string(field, "valueType"), "selectionMark"))
		s = get_string(field, "value");
	if (s.length == 0)
		s = get_string(field, "content");
	if (trim(s).length == 0)
		s = get_string(field, "text");
	walk_begin(&w, trim(s).length == 0 ? field : NULL);
	while (walk_next(&w))
		if (slice_starts(w.key, "value") && !slice_is(w.key, "value_type") &&
			value_text(&w.value).data != NULL)
			return value_text(&w.value);
	return s;
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
	Walk		w;
	JsonbContainer *page;

	azure_documents(out, get_array(result, "documentResults"));
	azure_documents(out, get_array(result, "documents"));
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
	JsonbValue	v;

	return get(root, "document_annotation", &v) ||
		get_string(first_object(get_array(root, "pages")), "markdown").data != NULL ||
		(get_array(root, "pages") != NULL && get_object(root, "usage_info") != NULL);
}

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

		if (!is_json(s))
			return;
		annotation.type = jbvBinary;
		annotation.val.binary.data = parse_json(s);
		if (JsonContainerIsScalar(annotation.val.binary.data))
			return;
	}
	if (annotation.type != jbvBinary || JsonContainerSize(annotation.val.binary.data) == 0)
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

/* The character that an entity stands for; 0 where it is left as it stands. */
static pg_wchar
entity_character(Slice s)
{
	static const struct
	{
		const char *name;
		pg_wchar	character;
	}			named[] = {
		{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}
	};
	pg_wchar	c = 0;
	int			base = 10;

	if (s.length < 2 || s.data[0] != '#')
	{
		for (int i = 0; i < lengthof(named); i++)
			if (slice_is(s, named[i].name))
				return named[i].character;
		return 0;
	}
	s = slice(s.data + 1, s.length - 1);
	if (s.data[0] == 'x' || s.data[0] == 'X')
	{
		base = 16;
		s = slice(s.data + 1, s.length - 1);
	}
	for (int i = 0; i < s.length; i++)
	{
		int			digit = s.data[i] >= '0' && s.data[i] <= '9' ? s.data[i] - '0' :
		s.data[i] >= 'a' && s.data[i] <= 'f' ? s.data[i] - 'a' + 10 :
		s.data[i] >= 'A' && s.data[i] <= 'F' ? s.data[i] - 'A' + 10 : 16;

		if (digit >= base)
			return 0;
		c = c * base + digit;
		if (c > 0x10FFFF)
			return 0;
	}
	return is_valid_unicode_codepoint(c) && !is_utf16_surrogate_first(c) &&
		!is_utf16_surrogate_second(c) ? c : 0;
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
		/* the longest is &#x10FFFF; but for zeros in front */
		semicolon = memchr(and, ';', Min(end - and, 16));
		if (semicolon != NULL)
			c = entity_character(slice(and + 1, semicolon - and - 1));
		if (c != 0 && c < 0x80)
			appendStringInfoChar(buffer, (char) c);
		else if (c != 0 && GetDatabaseEncoding() == PG_UTF8)
		{
			unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN + 1];

			unicode_to_utf8(c, utf8);
			appendBinaryStringInfo(buffer, (char *) utf8, pg_utf_mblen(utf8));
		}
		else
		{
			appendStringInfoChar(buffer, '&');
			semicolon = and;
		}
		p = semicolon + 1;
	}
}

/* Has the tag at hand this class, or one that starts so? */
static bool
has_class(const Markup *m, const char *class, bool prefix)
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
		if (prefix ? slice_starts(one, class) : slice_is(one, class))
			return true;
	}
	return false;
}

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

/* hOCR or ALTO, by the first tag that is of one of them. */
static Engine
find_markup(Slice text)
{
	Markup		m;
	Token		token;

	markup_begin(&m, text);
	while ((token = markup_next(&m)) != TOKEN_END)
	{
		if (token != TOKEN_OPEN && token != TOKEN_EMPTY)
			continue;
		if (slice_is_any_case(m.name, "alto"))
			return ENGINE_ALTO;
		if (has_class(&m, "ocr_", true) || has_class(&m, "ocrx_", true))
			return ENGINE_HOCR;
	}
	return ENGINE_NONE;
}

/* A word that is being read: from its tag to the one that closes it. */
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
hocr(Output *out, Slice text)
{
	Markup		m;
	Token		token;
	Word		word = {0};
	int			page = 0;

	initStringInfo(&word.text);
	markup_begin(&m, text);
	while ((token = markup_next(&m)) != TOKEN_END)
	{
		if (token == TOKEN_TEXT)
		{
			if (word.open)
				append_decoded(&word.text, m.text);
		}
		else if (token == TOKEN_CDATA)
		{
			if (word.open)
				appendBinaryStringInfo(&word.text, m.text.data, m.text.length);
		}
		else if (token == TOKEN_CLOSE)
		{
			if (word.open && m.name.length == word.tag.length &&
				pg_strncasecmp(m.name.data, word.tag.data, word.tag.length) == 0 &&
				word.depth-- == 0)
				word_end(out, &word);
		}
		else if (has_class(&m, "ocr_page", false))
		{
			double		number = title_number(&m, "ppageno");

			word_end(out, &word);
			page = isnan(number) ? page + 1 : as_count(number + 1);
		}
		else if (has_class(&m, "ocrx_word", false))
		{
			word_end(out, &word);
			if (token == TOKEN_EMPTY)
				continue;
			word.open = true;
			word.tag = m.name;
			word.depth = 0;
			word.row.page = page;
			word.row.confidence = scaled(title_number(&m, "x_wconf"), 100);
			resetStringInfo(&word.text);
		}
		else if (word.open && token == TOKEN_OPEN && m.name.length == word.tag.length &&
				 pg_strncasecmp(m.name.data, word.tag.data, word.tag.length) == 0)
			word.depth++;
	}
	word_end(out, &word);
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

	engine = settle_engine(engine, find_json(root), true);
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

		engine = settle_engine(engine, find_json(root), false);
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
	Engine		engine = settle_engine(engine_argument(PG_GETARG_TEXT_PP(1)),
									   find_json(root), true);
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
