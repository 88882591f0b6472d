/*
 * abbyy_xml.c
 *		ABBYY FineReader's XML: one row for each word, and for each line that was
 *		exported without its characters.
 *
 * A character is an element charParams with a confidence in 0..100. A word begins
 * where the engine says so (wordFirst, in old versions wordStart), and ends at white
 * space, at a tab, and at the end of the line. The variants of a word or a character
 * are not read. Pages are counted as they come.
 *
 * The confidence of a word is the least of its characters', because one wrong
 * character makes the word wrong. A mean would hide it, the more so the longer the
 * word is. A product would fall with the length of the word, as if these scores were
 * probabilities and independent. If a character has no confidence, neither has the
 * word. wordFromDictionary does not change it: how much it says differs by language
 * and by field, so it would have to be fitted, and is nothing to guess.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/markup.h"
#include "score/ocr/ocr.h"

typedef struct Reader
{
	WlOutput   *out;
	int			page;
	bool		line;			/* inside a line? */
	bool		characters;		/* does the line have characters? */
	StringInfoData line_text;	/* text of the line outside characters */
	StringInfoData word;
	double		word_confidence;
	bool		character;		/* inside a character? */
	StringInfoData character_text;
	double		character_confidence;
	bool		first;			/* is it the first of a word? */
	bool		tab;
	int			variants;		/* open lists of variants */
} Reader;

/* Is the root element "document", with an attribute that names FineReader? */
static bool
recognise(WlSlice text)
{
	WlMarkup	m;

	if (!wl_markup_begin_root(&m, text, "document"))
		return false;
	for (int i = 0; i < m.attributes.length; i++)
		if (wl_slice_starts(wl_slice(m.attributes.data + i, m.attributes.length - i), "FineReader"))
			return true;
	return false;
}

static bool
is_true(const WlMarkup *m, const char *attribute)
{
	WlSlice		s = wl_markup_attribute(m, attribute);

	return wl_slice_is(s, "1") || wl_slice_is_any_case(s, "true");
}

/* Emit text as a row, and empty it. */
static void
emit(Reader *r, StringInfo text, double confidence)
{
	WlOcrRow	row = {.page = r->page,.confidence = confidence};

	if (text->len == 0)
		return;
	wl_row_begin(r->out);
	row.value = wl_one_line(wl_slice_of(text));
	wl_emit(r->out, row);
	resetStringInfo(text);
}

static void
end_word(Reader *r)
{
	emit(r, &r->word, r->word_confidence);
}

/* Add the character to its word. A blank one separates words. */
static void
end_character(Reader *r)
{
	WlSlice		s = wl_trim(wl_slice_of(&r->character_text));

	if (!r->character)
		return;
	r->character = false;
	if (r->first || r->tab || s.length == 0)
		end_word(r);
	if (r->tab || s.length == 0)
		return;
	if (r->word.len == 0 || isnan(r->character_confidence))
		r->word_confidence = r->character_confidence;
	else if (!isnan(r->word_confidence))
		r->word_confidence = Min(r->word_confidence, r->character_confidence);
	appendBinaryStringInfo(&r->word, s.data, s.length);
}

static void
begin_character(Reader *r, const WlMarkup *m)
{
	end_character(r);
	r->character = r->characters = true;
	resetStringInfo(&r->character_text);
	r->character_confidence = wl_scaled(wl_text_number(wl_markup_attribute(m, "charConfidence")), 100);
	r->first = is_true(m, "wordFirst") || is_true(m, "wordStart");
	r->tab = is_true(m, "isTab");
}

static void
end_line(Reader *r)
{
	end_character(r);
	end_word(r);
	if (!r->characters)
		emit(r, &r->line_text, NAN);
	resetStringInfo(&r->line_text);
	r->line = r->characters = false;
	r->variants = 0;
}

static bool
is_variants(WlSlice tag)
{
	return wl_slice_is_any_case(tag, "wordRecVariants") || wl_slice_is_any_case(tag, "charRecVariants");
}

static void
read_open(Reader *r, const WlMarkup *m, WlToken token)
{
	if (wl_slice_is_any_case(m->name, "charParams"))
	{
		if (r->variants > 0)
			return;
		begin_character(r, m);
		if (token == WL_TOKEN_EMPTY)
			end_character(r);
	}
	else if (is_variants(m->name))
		r->variants += token == WL_TOKEN_OPEN;
	else if (wl_slice_is_any_case(m->name, "line"))
	{
		end_line(r);
		r->line = token == WL_TOKEN_OPEN;
	}
	else if (wl_slice_is_any_case(m->name, "page"))
	{
		end_line(r);
		r->page++;
	}
}

static void
read_close(Reader *r, WlSlice tag)
{
	if (wl_slice_is_any_case(tag, "charParams"))
	{
		if (r->variants == 0)
			end_character(r);
	}
	else if (is_variants(tag))
		r->variants = Max(r->variants - 1, 0);
	else if (wl_slice_is_any_case(tag, "line"))
		end_line(r);
}

static void
read_words(WlOutput *out, WlSlice text)
{
	WlMarkup	m;
	WlToken		token;
	Reader		r = {.out = out};

	initStringInfo(&r.line_text);
	initStringInfo(&r.word);
	initStringInfo(&r.character_text);
	wl_markup_begin(&m, text);
	while ((token = wl_markup_next(&m)) != WL_TOKEN_END)
	{
		if (token == WL_TOKEN_OPEN || token == WL_TOKEN_EMPTY)
			read_open(&r, &m, token);
		else if (token == WL_TOKEN_CLOSE)
			read_close(&r, m.name);
		else if (r.variants == 0 && (r.character || r.line))
			wl_append_text(r.character ? &r.character_text : &r.line_text, &m, token);
	}
	end_line(&r);
}

const WlOcrEngine wl_ocr_abbyy_xml = {
	.name = "abbyy_xml",
	.shape = "XML with the root element \"document\" and FineReader's namespace",
	.recognise_text = recognise,
	.read_text = read_words,
};
