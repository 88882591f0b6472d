/*
 * azure_words.c
 *		Microsoft Azure's words: one row for each word of the pages, beside the
 *		fields that azure.c reads.
 *
 * Version 2 has them in the lines of "readResults", later ones and Content
 * Understanding in "pages". They do not say which of several documents they belong
 * to, except in Content Understanding.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/azure.h"

/* A word, "text" in version 2 and "content" later */
static void
read_word(void *arg, JsonbContainer *word)
{
	WlOutput   *out = arg;
	WlSlice		spelled = wl_json_string(word, "content");

	wl_row_begin(out);
	if (spelled.data == NULL)
		spelled = wl_json_string(word, "text");
	wl_emit_word(out, spelled, wl_json_number(word, "confidence"));
}

/* Read the words below each page, which has its number under a key. */
static void
read_pages(WlOutput *out, JsonbContainer *pages, const char *number, const char *const *words)
{
	WlWalk		w;
	JsonbContainer *page;

	wl_walk_begin(&w, pages);
	while ((page = wl_walk_next_object(&w)) != NULL)
	{
		out->page = wl_as_count(wl_json_number(page, number));
		wl_json_visit(page, words, read_word, out);
	}
}

static void
read_result(WlOutput *out, JsonbContainer *root)
{
	static const char *const of_lines[] = {"lines", "words", NULL};
	static const char *const of_page[] = {"words", NULL};
	JsonbContainer *result = wl_azure_result(root);
	JsonbContainer *contents = wl_json_array(result, "contents");
	WlWalk		w;
	JsonbContainer *content;

	out->several = wl_azure_count_documents(result) > 1 || wl_json_count_objects(contents) > 1;
	wl_no_document(out);
	read_pages(out, wl_json_array(result, "readResults"), "page", of_lines);
	read_pages(out, wl_json_array(result, "pages"), "pageNumber", of_page);
	wl_walk_begin(&w, contents);
	while ((content = wl_walk_next_object(&w)) != NULL)
	{
		if (wl_azure_is_document(content))
			wl_next_document(out);
		else
			wl_no_document(out);
		read_pages(out, wl_json_array(content, "pages"), "pageNumber", of_page);
	}
}

const WlOcrEngine wl_ocr_azure_words = {
	.name = "azure_words",
	.base = &wl_ocr_azure,
	.words = true,
	.read_json = read_result,
};
