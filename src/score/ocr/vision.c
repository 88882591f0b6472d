/*
 * vision.c
 *		Google Cloud Vision: one row for each word of the full text.
 *
 * An answer has several responses, one for each image or page; the answer for
 * several files has an answer for each file. A response on its own is read, too.
 * Each file is a document, and so is each image. A word is spelled in symbols.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

static const char *const responses[] = {"responses", NULL};
static const char *const responses_of_files[] = {"responses", "responses", NULL};

/*
 * Recognition
 */

/* A response with text. There may be the results of other features in it. */
static bool
is_response(JsonbContainer *response)
{
	JsonbContainer *text = wl_json_object(response, "fullTextAnnotation");

	return wl_json_array(text, "pages") != NULL || wl_json_has_string(text, "text");
}

/* A response without text, as client libraries write it: with all its keys, however empty */
static bool
is_spelled_out(JsonbContainer *response)
{
	return wl_json_is_empty(wl_json_array(response, "textAnnotations"));
}

/* A response without text, or for an image that could not be read */
static bool
is_blank_response(JsonbContainer *response)
{
	static const char *const keys[] = {"context", "error", NULL};

	return is_spelled_out(response) || wl_json_has_only(response, keys);
}

/* Is there a response with text, or are all of them blank and is nothing else there? */
static bool
is_answer(JsonbContainer *answer)
{
	static const char *const keys[] = {"responses", "inputConfig", "totalPages", "error", NULL};
	bool		blank = wl_json_has_only(answer, keys);
	WlWalk		w;
	JsonbContainer *response;

	wl_walk_begin(&w, wl_json_array(answer, "responses"));
	while ((response = wl_walk_next_object(&w)) != NULL)
	{
		if (is_response(response))
			return true;
		blank = blank && is_blank_response(response);
	}
	return blank && w.index > 0;
}

static bool
recognise(JsonbContainer *root)
{
	WlWalk		w;
	JsonbContainer *file;

	if (is_response(root) || is_spelled_out(root) || is_answer(root))
		return true;
	wl_walk_begin(&w, wl_json_array(root, "responses"));
	while ((file = wl_walk_next_object(&w)) != NULL)
		if (is_answer(file))
			return true;
	return false;
}

typedef struct Parts
{
	bool		any;			/* is there text? */
	bool		words;			/* is some of it in words? */
} Parts;

static void
note_parts(void *arg, JsonbContainer *response)
{
	Parts	   *parts = arg;

	if (is_response(response))
	{
		parts->any = true;
		if (wl_json_array(wl_json_object(response, "fullTextAnnotation"), "pages") != NULL)
			parts->words = true;
	}
}

/* A field mask may leave the text alone, without the words. */
static bool
has_parts(JsonbContainer *root)
{
	Parts		parts = {false, false};

	note_parts(&parts, root);
	wl_json_visit(root, responses, note_parts, &parts);
	wl_json_visit(root, responses_of_files, note_parts, &parts);
	return parts.words || !parts.any;
}

/*
 * Reading
 */

static void
read_word(void *arg, JsonbContainer *word)
{
	WlOutput   *out = arg;
	StringInfoData text;
	WlWalk		w;
	JsonbContainer *symbol;

	wl_row_begin(out);
	initStringInfo(&text);
	wl_walk_begin(&w, wl_json_array(word, "symbols"));
	while ((symbol = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		s = wl_json_string(symbol, "text");

		if (s.length > 0)
			appendBinaryStringInfo(&text, s.data, s.length);
	}
	wl_emit_word(out, wl_slice_of(&text), wl_json_number(word, "confidence"));
}

/* The page of a file is in the response's context; that of an image is its place. */
static void
read_response(void *arg, JsonbContainer *response)
{
	static const char *const words[] = {"blocks", "paragraphs", "words", NULL};
	WlOutput   *out = arg;
	double		number = wl_json_number(wl_json_object(response, "context"), "pageNumber");
	WlWalk		w;
	JsonbContainer *page;

	wl_walk_begin(&w, wl_json_array(wl_json_object(response, "fullTextAnnotation"), "pages"));
	while ((page = wl_walk_next_object(&w)) != NULL)
	{
		out->page = isnan(number) ? w.index : wl_as_count(number);
		wl_json_visit(page, words, read_word, out);
	}
}

/* Are the responses those of one file's pages? */
static bool
is_file(JsonbContainer *answer)
{
	JsonbContainer *response = wl_json_first_object(wl_json_array(answer, "responses"));

	return wl_json_object(answer, "inputConfig") != NULL || wl_json_has_number(answer, "totalPages") ||
		wl_json_has_number(wl_json_object(response, "context"), "pageNumber");
}

static void
read_answer(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *parts = wl_json_array(root, "responses");
	bool		file = is_file(root);
	WlWalk		w;
	JsonbContainer *part;

	if (parts == NULL)
		read_response(out, root);
	out->several = !file && wl_json_count_objects(parts) > 1;
	wl_walk_begin(&w, parts);
	while ((part = wl_walk_next_object(&w)) != NULL)
	{
		if (!file)
			wl_next_document(out);
		read_response(out, part);
		wl_json_visit(part, responses, read_response, out);
	}
}

const WlOcrEngine wl_ocr_vision = {
	.name = "vision",
	.shape = "\"fullTextAnnotation\" with \"pages\", also in \"responses\"",
	.parts = "\"fullTextAnnotation\" with \"pages\"",
	.words = true,
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_answer,
};
