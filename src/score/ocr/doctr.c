/*
 * doctr.c
 *		docTR: one row for each word, and for each cell of a table.
 *
 * A result is the export of a document, or of one of its pages, or the answer of
 * docTR's service, which has an object with "items", its pages, for each file. The
 * words of a table are not among those of the lines. What the KIE predictor exports
 * has other keys and is not recognised.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

static bool
is_page(JsonbContainer *page)
{
	return wl_json_array(page, "blocks") != NULL && wl_json_has_number(page, "page_idx") &&
		wl_json_array(page, "dimensions") != NULL;
}

static bool
is_file(JsonbContainer *file)
{
	return wl_json_array(file, "dimensions") != NULL &&
		wl_json_array(wl_json_first_object(wl_json_array(file, "items")), "blocks") != NULL;
}

/* A list of files; NULL if the root is none */
static JsonbContainer *
as_files(JsonbContainer *root)
{
	return wl_json_is_array(root) && is_file(wl_json_first_object(root)) ? root : NULL;
}

static bool
recognise(JsonbContainer *root)
{
	return is_page(root) || is_page(wl_json_first_object(wl_json_array(root, "pages"))) ||
		as_files(root) != NULL;
}

static void
read_word(void *out, JsonbContainer *word)
{
	wl_emit_word(out, wl_json_string(word, "value"), wl_json_number(word, "confidence"));
}

/* Pages are counted from 0. A page without a number has that of its place. */
static void
read_page(WlOutput *out, JsonbContainer *page, int place)
{
	static const char *const words[] = {"blocks", "lines", "words", NULL};
	static const char *const cells[] = {"tables", "cells", NULL};
	double		index = wl_json_number(page, "page_idx");

	out->page = isnan(index) ? place : wl_as_count(index + 1);
	wl_json_visit(page, words, read_word, out);
	wl_json_visit(page, cells, read_word, out);
}

static void
read_pages(WlOutput *out, JsonbContainer *pages)
{
	WlWalk		w;
	JsonbContainer *page;

	wl_walk_begin(&w, pages);
	while ((page = wl_walk_next_object(&w)) != NULL)
		read_page(out, page, w.index);
}

static void
read_files(WlOutput *out, JsonbContainer *files)
{
	WlWalk		w;
	JsonbContainer *file;

	out->several = wl_json_count_objects(files) > 1;
	wl_walk_begin(&w, files);
	while ((file = wl_walk_next_object(&w)) != NULL)
	{
		wl_next_document(out);
		read_pages(out, wl_json_array(file, "items"));
	}
}

static void
read_root(WlOutput *out, JsonbContainer *root)
{
	if (is_page(root))
		read_page(out, root, 1);
	else if (as_files(root) != NULL)
		read_files(out, root);
	else
		read_pages(out, wl_json_array(root, "pages"));
}

const WlOcrEngine wl_ocr_doctr = {
	.name = "doctr",
	.shape = "\"pages\" with \"page_idx\", \"dimensions\" and \"blocks\", or an array of \"dimensions\" with \"items\"",
	.words = true,
	.recognise_json = recognise,
	.read_json = read_root,
};
