/*
 * documentai_words.c
 *		Google Document AI's words: one row for each token of the pages, beside the
 *		entities and form fields that documentai.c reads.
 *
 * A token's text is given by an anchor and includes the white space after it.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/documentai.h"

static void
read_document(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *document = wl_documentai_document(root);
	WlAnchored	a;
	WlWalk		pages;
	JsonbContainer *page;

	wl_anchored_begin(&a, wl_json_string(document, "text"));
	wl_walk_begin(&pages, wl_json_array(document, "pages"));
	while ((page = wl_walk_next_object(&pages)) != NULL)
	{
		WlWalk		tokens;
		JsonbContainer *token;

		out->page = wl_documentai_page(page, pages.index);
		wl_walk_begin(&tokens, wl_json_array(page, "tokens"));
		while ((token = wl_walk_next_object(&tokens)) != NULL)
		{
			JsonbContainer *layout = wl_json_object(token, "layout");

			wl_row_begin(out);
			wl_emit_word(out, wl_anchor_text(&a, wl_json_object(layout, "textAnchor")),
						 wl_json_number(layout, "confidence"));
		}
	}
}

const WlOcrEngine wl_ocr_documentai_words = {
	.name = "documentai_words",
	.base = &wl_ocr_documentai,
	.words = true,
	.read_json = read_document,
};
