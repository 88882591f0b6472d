/*
 * textract_words.c
 *		Amazon Textract's words: one row for each WORD block, also of expenses and
 *		identity documents, which have blocks of their own.
 */
#include "postgres.h"

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"
#include "score/ocr/textract.h"

static void
read_blocks(WlOutput *out, JsonbContainer *part, int only_page)
{
	WlWalk		w;
	JsonbContainer *block;

	wl_walk_begin(&w, wl_json_array(part, "Blocks"));
	while ((block = wl_walk_next_object(&w)) != NULL)
	{
		WlOcrRow	row = {0};

		if (!wl_slice_is(wl_json_string(block, "BlockType"), "WORD"))
			continue;
		row.page = wl_textract_page(block, "Page", only_page);
		row.value = wl_json_string(block, "Text");
		row.confidence = wl_scaled(wl_json_number(block, "Confidence"), 100);
		wl_emit(out, row);
	}
}

static void
read_part(void *out, WlTextractKind kind, JsonbContainer *part, int page)
{
	if (kind != WL_TEXTRACT_EXTRACTION)
		read_blocks(out, part, page);
	else
	{
		read_blocks(out, wl_json_object(part, "ExpenseDocument"), page);
		read_blocks(out, wl_json_object(part, "IdentityDocument"), page);
	}
}

static void
read_words(WlOutput *out, JsonbContainer *root)
{
	wl_textract_visit(out, root, read_part, out);
}

const WlOcrEngine wl_ocr_textract_words = {
	.name = "textract_words",
	.base = &wl_ocr_textract,
	.words = true,
	.read_json = read_words,
};
