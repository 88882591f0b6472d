/*
 * alto.c
 *		ALTO, an XML format of the Library of Congress: one row for each word.
 *
 * A word is an element String. Its confidence is the attribute WC. Pages are
 * counted as they come.
 */
#include "postgres.h"

#include "score/ocr/markup.h"
#include "score/ocr/ocr.h"

/* Is the root element named "alto"? */
static bool
recognise(WlSlice text)
{
	WlMarkup	m;

	return wl_markup_begin_root(&m, text, "alto");
}

static void
read_words(WlOutput *out, WlSlice text)
{
	WlMarkup	m;
	StringInfoData content;
	int			page = 0;

	initStringInfo(&content);
	wl_markup_begin(&m, text);
	while (wl_markup_next_element(&m))
	{
		WlOcrRow	row = {0};

		if (wl_slice_is_any_case(m.name, "Page"))
			page++;
		if (!wl_slice_is_any_case(m.name, "String"))
			continue;
		resetStringInfo(&content);
		wl_append_decoded(&content, wl_markup_attribute(&m, "CONTENT"));
		row.page = page;
		row.value = wl_slice_of(&content);
		row.confidence = wl_scaled(wl_text_number(wl_markup_attribute(&m, "WC")), 1);
		wl_emit(out, row);
	}
}

const WlOcrEngine wl_ocr_alto = {
	.name = "alto",
	.shape = "XML with the root element \"alto\"",
	.recognise_text = recognise,
	.read_text = read_words,
};
