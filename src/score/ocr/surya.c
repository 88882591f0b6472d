/*
 * surya.c
 *		Surya: one row for each word, or for each line without words.
 *
 * A result is an object of files, each an array of pages, as the command writes
 * it; or such an array; or one page. Each file is a document. They are numbered
 * in the order in which jsonb keeps their names: short ones come first.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"

static bool
is_page(JsonbContainer *page)
{
	return wl_json_array(page, "text_lines") != NULL && wl_json_array(page, "image_bbox") != NULL;
}

/* The first object tells: an array of other objects before it is not Surya's. */
static bool
is_file(JsonbContainer *pages)
{
	return wl_json_is_array(pages) && is_page(wl_json_first_object(pages));
}

static bool
recognise(JsonbContainer *root)
{
	WlWalk		w;

	if (is_page(root) || is_file(root))
		return true;
	wl_walk_begin(&w, wl_json_is_object(root) ? root : NULL);
	while (wl_walk_next(&w))
		if (is_file(wl_json_container(&w.value)))
			return true;
	return false;
}

/* Read the words of a line. Returns whether there are any. */
static bool
read_words(WlOutput *out, JsonbContainer *line)
{
	bool		any = false;
	WlWalk		w;
	JsonbContainer *word;

	wl_walk_begin(&w, wl_json_array(line, "words"));
	while ((word = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice text = wl_json_string(word, "text");

		any = any || !wl_slice_is_blank(text);
		wl_emit_word(out, text, wl_json_number(word, "confidence"));
	}
	return any;
}

/* A page without a number has that of its place, which is 0 if it is alone. */
static void
read_page(WlOutput *out, JsonbContainer *page, int place)
{
	double		number = wl_json_number(page, "page");
	WlWalk		w;
	JsonbContainer *line;

	out->page = isnan(number) ? place : wl_as_count(number);
	wl_walk_begin(&w, wl_json_array(page, "text_lines"));
	while ((line = wl_walk_next_object(&w)) != NULL)
		if (!read_words(out, line))
			wl_emit_word(out, wl_json_string(line, "text"), wl_json_number(line, "confidence"));
}

static void
read_file(WlOutput *out, JsonbContainer *pages)
{
	WlWalk		w;
	JsonbContainer *page;

	wl_next_document(out);
	wl_walk_begin(&w, pages);
	while ((page = wl_walk_next_object(&w)) != NULL)
		read_page(out, page, w.index);
}

static void
read_files(WlOutput *out, JsonbContainer *root)
{
	WlWalk		w;

	if (is_page(root))
		read_page(out, root, 0);
	else if (wl_json_is_array(root))
		read_file(out, root);
	else
	{
		out->several = JsonContainerSize(root) > 1;
		wl_walk_begin(&w, root);
		while (wl_walk_next(&w))
		{
			JsonbContainer *pages = wl_json_container(&w.value);

			read_file(out, wl_json_is_array(pages) ? pages : NULL);
		}
	}
}

const WlOcrEngine wl_ocr_surya = {
	.name = "surya",
	.shape = "pages with \"text_lines\" and \"image_bbox\", in an array or in an object of arrays",
	.words = true,
	.recognise_json = recognise,
	.read_json = read_files,
};
