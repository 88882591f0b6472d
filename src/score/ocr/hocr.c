/*
 * hocr.c
 *		hOCR, HTML with a microformat that many engines write: one row for each
 *		word, and for each line that contains no words.
 *
 * Only a word has a confidence, x_wconf. The text of elements inside a word
 * belongs to it; a word ends at its closing tag or where the next word, line or
 * page begins.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/markup.h"
#include "score/ocr/ocr.h"

/* The classes that are read. */
enum
{
	HOCR_PAGE,
	HOCR_LINE,
	HOCR_LINE_OF_ENGINE,
	HOCR_WORD,
	HOCR_OTHER
};

/* All classes that hOCR is recognised by, in the order above. */
static const char *const hocr_classes[] = {
	"ocr_page", "ocr_line", "ocrx_line", "ocrx_word", "ocr_carea", "ocr_par", "ocrx_block"
};

/* The first class of the current tag that is among these, as an index; -1 for none. */
static int
find_class(const WlMarkup *m, const char *const *classes, int n)
{
	WlSlice		s = wl_markup_attribute(m, "class");
	const char *end = s.data + s.length;

	for (const char *p = s.data; p < end;)
	{
		WlSlice		one;

		while (p < end && wl_is_space(*p))
			p++;
		one.data = p;
		while (p < end && !wl_is_space(*p))
			p++;
		one.length = p - one.data;
		for (int i = 0; i < n; i++)
			if (wl_slice_is(one, classes[i]))
				return i;
	}
	return -1;
}

/* A property in an element's title, as in title='bbox 1 2 3 4; x_wconf 95'. */
static double
title_number(const WlMarkup *m, const char *property)
{
	WlSlice		s = wl_markup_attribute(m, "title");
	const char *end = s.data + s.length;
	int			length = strlen(property);

	for (const char *p = s.data; p < end;)
	{
		const char *next = memchr(p, ';', end - p);
		WlSlice		one;

		if (next == NULL)
			next = end;
		one = wl_trim(wl_slice(p, next - p));
		if (wl_slice_starts(one, property) && one.length > length && wl_is_space(one.data[length]))
			return wl_text_number(wl_slice(one.data + length, one.length - length));
		p = next + 1;
	}
	return NAN;
}

static bool
recognise(WlSlice text)
{
	WlMarkup	m;

	if (!wl_is_markup(text))
		return false;
	wl_markup_begin(&m, text);
	while (wl_markup_next_element(&m))
		if (find_class(&m, hocr_classes, lengthof(hocr_classes)) >= 0)
			return true;
	return false;
}

/* A word or a line while it is being read, from its tag to the one that closes it. */
typedef struct Word
{
	bool		open;
	WlSlice		tag;			/* the name of its tag */
	int			depth;			/* open tags of that name inside it */
	WlOcrRow	row;
	StringInfoData text;
} Word;

static void
word_end(WlOutput *out, Word *word)
{
	if (word->open)
	{
		wl_row_begin(out);
		word->row.value = wl_one_line(wl_slice_of(&word->text));
		wl_emit(out, word->row);
	}
	word->open = false;
}

static void
word_begin(WlOutput *out, Word *word, WlSlice tag, int page, double confidence)
{
	word_end(out, word);
	word->open = true;
	word->tag = tag;
	word->depth = 0;
	word->row.page = page;
	word->row.confidence = confidence;
	resetStringInfo(&word->text);
}

static void
word_text(Word *word, const WlMarkup *m, WlToken token)
{
	if (word->open)
		wl_append_text(&word->text, m, token);
}

/* Handle a tag that may be inside the word, or the one that closes it. */
static void
word_tag(WlOutput *out, Word *word, const WlMarkup *m, WlToken token)
{
	if (!word->open || token == WL_TOKEN_EMPTY || m->name.length != word->tag.length ||
		pg_strncasecmp(m->name.data, word->tag.data, word->tag.length) != 0)
		return;
	if (token == WL_TOKEN_OPEN)
		word->depth++;
	else if (word->depth-- == 0)
		word_end(out, word);
}

static void
read_words(WlOutput *out, WlSlice text)
{
	WlMarkup	m;
	WlToken		token;
	Word		word = {0};
	Word		line = {0};
	int			page = 0;

	initStringInfo(&word.text);
	initStringInfo(&line.text);
	wl_markup_begin(&m, text);
	while ((token = wl_markup_next(&m)) != WL_TOKEN_END)
	{
		int			class = HOCR_OTHER;
		double		number;

		if (token == WL_TOKEN_TEXT || token == WL_TOKEN_CDATA)
		{
			word_text(&word, &m, token);
			word_text(&line, &m, token);
			continue;
		}
		if (token != WL_TOKEN_CLOSE)
			class = find_class(&m, hocr_classes, HOCR_OTHER);
		switch (class)
		{
			case HOCR_PAGE:
				word_end(out, &word);
				word_end(out, &line);
				number = title_number(&m, "ppageno");
				page = isnan(number) ? page + 1 : wl_as_count(number + 1);
				break;
			case HOCR_LINE:
			case HOCR_LINE_OF_ENGINE:
				word_end(out, &word);
				word_end(out, &line);
				if (token == WL_TOKEN_OPEN)
					word_begin(out, &line, m.name, page, NAN);
				break;
			case HOCR_WORD:
				line.open = false;
				word_end(out, &word);
				if (token == WL_TOKEN_OPEN)
					word_begin(out, &word, m.name, page, wl_scaled(title_number(&m, "x_wconf"), 100));
				break;
			default:
				word_tag(out, &word, &m, token);
				word_tag(out, &line, &m, token);
				break;
		}
	}
	word_end(out, &word);
	word_end(out, &line);
}

const WlOcrEngine wl_ocr_hocr = {
	.name = "hocr",
	.shape = "HTML with a class \"ocr_page\", \"ocr_line\" or \"ocrx_word\"",
	.tried_last = true,			/* classes can occur in any markup */
	.recognise_text = recognise,
	.read_text = read_words,
};
