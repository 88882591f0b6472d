/*
 * tesseract_tsv.c
 *		Tesseract's TSV: one row for each word.
 *
 * A line has twelve columns. Nothing is quoted; the text comes last, so a tab in
 * it belongs to it. Level 5 is a word; other levels and lines that were cut off
 * are skipped.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "score/ocr/ocr.h"

#define TSV_COLUMNS		12
#define TSV_PAGE		1
#define TSV_CONF		10
#define TSV_TEXT		11

/* Split the line at *p and move *p to the next. Returns the number of columns. */
static int
tsv_line(const char **p, const char *end, WlSlice *columns)
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
		columns[n++] = wl_slice(start, (tab != NULL ? tab : line_end) - start);
		if (tab == NULL)
			break;
		start = tab + 1;
	}
	*p = line_end < end ? line_end + 1 : end;
	return n;
}

static bool
recognise(WlSlice text)
{
	const char *p = text.data;
	WlSlice		columns[TSV_COLUMNS];

	if (tsv_line(&p, text.data + text.length, columns) < TSV_COLUMNS)
		return false;
	if (wl_slice_is(columns[0], "level"))
		return wl_slice_is(columns[TSV_PAGE], "page_num") && wl_slice_is(columns[TSV_CONF], "conf");
	/* the header may be missing */
	for (int i = 0; i <= TSV_CONF; i++)
		if (isnan(wl_text_number(columns[i])))
			return false;
	return columns[0].length == 1;
}

static void
read_words(WlOutput *out, WlSlice text)
{
	const char *p = text.data;
	const char *end = text.data + text.length;
	WlSlice		columns[TSV_COLUMNS];

	while (p < end)
	{
		WlOcrRow	row = {0};
		double		conf;

		CHECK_FOR_INTERRUPTS();
		if (tsv_line(&p, end, columns) < TSV_COLUMNS || !wl_slice_is(columns[0], "5"))
			continue;
		conf = wl_text_number(columns[TSV_CONF]);
		if (conf < 0.0)
			continue;
		row.page = wl_as_count(wl_text_number(columns[TSV_PAGE]));
		row.value = columns[TSV_TEXT];
		row.confidence = wl_scaled(conf, 100);
		wl_emit(out, row);
	}
}

const WlOcrEngine wl_ocr_tesseract_tsv = {
	.name = "tesseract_tsv",
	.shape = "text in 12 columns separated by tabs, \"level\" to \"text\"",
	.recognise_text = recognise,
	.read_text = read_words,
};
