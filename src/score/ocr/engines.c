/*
 * engines.c
 *		The results of OCR engines, read as one table: for each field or word the
 *		document, the page, the name, the value and the engine's confidence in it,
 *		in 0..1.
 *
 * Each engine has a file of its own, which defines its descriptor (ocr.h). This
 * file finds the engine of a document and has the SQL functions. An engine
 * answers either in JSON, whose rows are fields or words, or in text, whose rows
 * are words.
 *
 * For all engines:
 * - A value is the text that was read off the page, trimmed. The engine's
 *   normalised form is used only if there is no such text. A blank value is
 *   missing: value and confidence are NULL, whatever confidence came with it. A
 *   blank word is left out.
 * - Names are the engine's. A leaf below an array or an object is named by the
 *   dotted path to it, with elements numbered from 1.
 * - Bad OCR data is not an error: malformed parts of a document are skipped, and
 *   a confidence that is not a number on the engine's scale is NULL. Errors are
 *   raised only for a document of unknown shape, for one that several engines can
 *   have produced (never guess), for one that bears an engine's marks but has none
 *   of the parts that are read (otherwise a format unknown here would look like a
 *   page without fields), for words where fields are wanted, and for text that
 *   begins like JSON but is not.
 * - One result can contain several documents, whose fields are never mixed: each
 *   row has its document's number, and so has each name except the first
 *   document's.
 *
 * Time is linear in the size of the document and of the output, memory in the
 * document alone: what a row allocates is freed with it, and the two objects of
 * williams_ocr_document are limited to what jsonb can hold. Recursion, which only
 * follows the nesting, checks the stack's depth. All functions are IMMUTABLE: the
 * database's encoding, which decides what white space is, cannot change. No
 * locks are taken.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/record.h"
#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

#define ENGINE_POINTER(name) &wl_ocr_##name,

static const WlOcrEngine *const engines[] = {
	WL_OCR_ENGINES(ENGINE_POINTER)
};

static inline bool
is_json_engine(const WlOcrEngine *engine)
{
	return engine->read_json != NULL;
}

/*
 * The engine asked for
 */

/* "a", "b" and "c" */
static char *
names_of(const WlOcrEngine *const *list, int n)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < n; i++)
		appendStringInfo(&names, "%s\"%s\"", i == 0 ? "" : i < n - 1 ? ", " : " and ", list[i]->name);
	return names.data;
}

pg_noreturn static void
unknown_engine(text *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown engine \"%s\"", text_to_cstring(name)),
			 errhint("The engines are %s; \"auto\" detects the engine.",
					 names_of(engines, lengthof(engines)))));
}

/* The engine that an argument names; NULL for 'auto'. */
static const WlOcrEngine *
engine_argument(text *argument)
{
	WlSlice		name = {VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)};

	for (int i = 0; i < lengthof(engines); i++)
		if (wl_slice_is(name, engines[i]->name))
			return engines[i];
	if (!wl_slice_is(name, "auto"))
		unknown_engine(argument);
	return NULL;
}

/*
 * The engines found
 */

/* The engines that recognise a document. */
typedef struct Found
{
	int			n;
	const WlOcrEngine *engines[lengthof(engines)];
} Found;

static bool
recognises(const WlOcrEngine *engine, JsonbContainer *root, WlSlice text)
{
	if (engine->base != NULL)
		engine = engine->base;
	if (root != NULL)
		return is_json_engine(engine) && engine->recognise_json(root);
	return !is_json_engine(engine) && engine->recognise_text(text);
}

/*
 * Find the engines of a document, which is text if root is NULL. Those that are
 * tried last are found only if no other is.
 */
static Found
find_engines(JsonbContainer *root, WlSlice text)
{
	Found		found = {0};

	for (int last = 0; last <= 1 && found.n == 0; last++)
		for (int i = 0; i < lengthof(engines); i++)
			if (engines[i]->base == NULL && engines[i]->tried_last == last && recognises(engines[i], root, text))
				found.engines[found.n++] = engines[i];
	return found;
}

/*
 * The engine to read with
 */

pg_noreturn static void
refuse_asked(const WlOcrEngine *asked, JsonbContainer *root, WlSlice text, bool json)
{
	Found		found = find_engines(root, text);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("document is not a result of OCR engine \"%s\"", asked->name),
			 errdetail("Expected %s.", asked->base != NULL ? asked->base->shape : asked->shape),
			 found.n > 0 ?
			 errhint("It looks like a result of %s.", names_of(found.engines, found.n)) :
			 json && !is_json_engine(asked) ?
			 errhint("Pass the document as text.") : 0));
}

pg_noreturn static void
refuse_unknown(bool json)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < lengthof(engines); i++)
		if (engines[i]->base == NULL && (!json || is_json_engine(engines[i])))
			appendStringInfo(&known, "%s%s: %s", known.len > 0 ? "; " : "",
							 engines[i]->name, engines[i]->shape);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("document is not a result of a known OCR engine"),
			 errdetail("Looked for %s.", known.data),
			 errhint("Pass the engine's complete, unmodified response.")));
}

pg_noreturn static void
refuse_ambiguous(const Found *found)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("document can be a result of more than one OCR engine"),
			 errdetail("The engines are %s.", names_of(found->engines, found->n)),
			 errhint("Specify the engine, for example engine => '%s'.", found->engines[0]->name)));
}

/*
 * Decide which engine to read a document with: the one asked for, if it
 * recognises the document, or else the only one that does. json says whether the
 * caller passed jsonb.
 */
static const WlOcrEngine *
settle_engine(const WlOcrEngine *asked, JsonbContainer *root, WlSlice text, bool json)
{
	Found		found;

	if (asked != NULL)
	{
		if (!recognises(asked, root, text))
			refuse_asked(asked, root, text, json);
		return asked;
	}
	found = find_engines(root, text);
	if (found.n == 0)
		refuse_unknown(json);
	if (found.n > 1)
		refuse_ambiguous(&found);
	return found.engines[0];
}

/*
 * The same for JSON. With 'auto', a result must also have a part that is read, or
 * say why it has none: otherwise it would look like a page without fields.
 */
static const WlOcrEngine *
settle_json(const WlOcrEngine *asked, JsonbContainer *root, bool json)
{
	const WlOcrEngine *engine = settle_engine(asked, root, wl_no_slice, json);

	if (asked == NULL && engine->has_parts != NULL && !engine->has_parts(root))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("result of OCR engine \"%s\" has no readable part", engine->name),
				 errdetail("Expected %s.", engine->parts),
				 errhint("If the result has no fields, specify the engine: engine => '%s'.", engine->name)));
	return engine;
}

/*
 * SQL functions
 */

/* A document given as text, without a byte order mark and leading white space. */
static WlSlice
document_text(text *document)
{
	WlSlice		s = {VARDATA_ANY(document), VARSIZE_ANY_EXHDR(document)};

	if (GetDatabaseEncoding() == PG_UTF8 && wl_slice_starts(s, "\xEF\xBB\xBF"))
		s = wl_slice(s.data + 3, s.length - 3);
	while (s.length > 0 && wl_is_space(s.data[0]))
		s = wl_slice(s.data + 1, s.length - 1);
	return s;
}

static inline bool
begins_as_json(WlSlice s)
{
	return wl_slice_starts(s, "{") || wl_slice_starts(s, "[");
}

/* The name of the only engine that recognises a document; NULL if several do. */
static Datum
engine_name(FunctionCallInfo fcinfo, JsonbContainer *root, WlSlice text)
{
	Found		found = find_engines(root, text);

	if (found.n != 1)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(found.engines[0]->name));
}

PG_FUNCTION_INFO_V1(wl_ocr_engine_jsonb);
Datum
wl_ocr_engine_jsonb(PG_FUNCTION_ARGS)
{
	return engine_name(fcinfo, &PG_GETARG_JSONB_P(0)->root, wl_no_slice);
}

/* Text that looks like JSON but does not parse matches no engine. */
PG_FUNCTION_INFO_V1(wl_ocr_engine_text);
Datum
wl_ocr_engine_text(PG_FUNCTION_ARGS)
{
	WlSlice		s = document_text(PG_GETARG_TEXT_PP(0));

	if (!begins_as_json(s))
		return engine_name(fcinfo, NULL, s);
	if (!wl_json_is_valid(s))
		PG_RETURN_NULL();
	return engine_name(fcinfo, wl_json_parse(s), wl_no_slice);
}

PG_FUNCTION_INFO_V1(wl_ocr_fields_jsonb);
Datum
wl_ocr_fields_jsonb(PG_FUNCTION_ARGS)
{
	const WlOcrEngine *engine = engine_argument(PG_GETARG_TEXT_PP(1));
	JsonbContainer *root = &PG_GETARG_JSONB_P(0)->root;
	WlOutput	out;

	engine = settle_json(engine, root, true);
	wl_output_rows(&out, fcinfo);
	engine->read_json(&out, root);
	return (Datum) 0;
}

/* If the engine asked for answers in JSON, the text is parsed as JSON. */
PG_FUNCTION_INFO_V1(wl_ocr_fields_text);
Datum
wl_ocr_fields_text(PG_FUNCTION_ARGS)
{
	const WlOcrEngine *engine = engine_argument(PG_GETARG_TEXT_PP(1));
	WlSlice		s = document_text(PG_GETARG_TEXT_PP(0));
	WlOutput	out;

	if (begins_as_json(s) || (engine != NULL && is_json_engine(engine)))
	{
		JsonbContainer *root = wl_json_parse(s);

		engine = settle_json(engine, root, false);
		wl_output_rows(&out, fcinfo);
		engine->read_json(&out, root);
	}
	else
	{
		engine = settle_engine(engine, NULL, s, false);
		wl_output_rows(&out, fcinfo);
		engine->read_text(&out, s);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(wl_ocr_document);
Datum
wl_ocr_document(PG_FUNCTION_ARGS)
{
	JsonbContainer *root = &PG_GETARG_JSONB_P(0)->root;
	const WlOcrEngine *engine = settle_json(engine_argument(PG_GETARG_TEXT_PP(1)), root, true);
	WlOutput	out;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (engine->words)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("result of OCR engine \"%s\" has words, not fields", engine->name),
				 errhint("Use williams_ocr_fields, which returns them as rows.")));
	wl_output_objects(&out);
	engine->read_json(&out, root);
	values[0] = CStringGetTextDatum(engine->name);
	wl_output_objects_end(&out, &values[1], &values[2]);
	return wl_form_record(fcinfo, values, nulls, 3);
}
