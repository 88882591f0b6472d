/*
 * page_xml.c
 *		PAGE-XML, a format of PRImA that many engines and editors write: one row for
 *		each word, for each line that contains no words, and for each region that
 *		contains neither.
 *
 * Regions contain regions or lines, lines contain words. Each can have its text in
 * elements TextEquiv: that with the lowest index is read, or else the first. What has
 * no text does not count, so a line with boxes of words, but without their texts, is
 * a row. Glyphs are not read. Pages are counted as they come.
 *
 * The text of an element follows what is inside it. So an element is a row if, at its
 * end, it has text and no row came from inside it. A region, a line or a word ends at
 * its closing tag or where something begins that cannot be inside it.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/markup.h"
#include "score/ocr/ocr.h"

typedef enum Level
{
	REGION,
	LINE,
	WORD,
	NO_LEVEL
} Level;

/* The text of an element, from the TextEquiv that is preferred so far. */
typedef struct Content
{
	bool		found;
	double		index;
	double		confidence;
	StringInfoData text;
} Content;

/*
 * What is open: any number of regions, in them at most one line and one word. Rows
 * come from inside the outermost of them, so their number says which.
 */
typedef struct Reader
{
	WlOutput   *out;
	int			page;
	int			open[NO_LEVEL]; /* how many */
	int			filled;			/* how many have a row inside them */
	Content		content[NO_LEVEL];	/* of the innermost that is open */
	bool		glyph;			/* inside a glyph? */
	Content    *target;			/* the current TextEquiv goes here if not NULL */
	bool		unicode;		/* inside its Unicode? */
} Reader;

static bool
recognise(WlSlice text)
{
	WlMarkup	m;

	return wl_markup_begin_root(&m, text, "PcGts");
}

static Level
level_of(WlSlice tag)
{
	static const char *const names[] = {"TextRegion", "TextLine", "Word"};

	for (int i = 0; i < lengthof(names); i++)
		if (wl_slice_is_any_case(tag, names[i]))
			return i;
	return NO_LEVEL;
}

static int
open_levels(const Reader *r)
{
	return r->open[REGION] + r->open[LINE] + r->open[WORD];
}

/* Emit an element unless it is blank or a row came from inside it. */
static void
emit(Reader *r, Content *content)
{
	WlOcrRow	row = {.page = r->page,.confidence = content->confidence};

	if (!content->found || r->filled > open_levels(r))
		return;
	wl_row_begin(r->out);
	row.value = wl_one_line(wl_slice_of(&content->text));
	if (row.value.length > 0)
		r->filled = open_levels(r);
	wl_emit(r->out, row);
}

/* End the innermost element of a level, if one is open, and what is inside it. */
static void
end_level(Reader *r, Level level)
{
	for (int inner = WORD; inner >= (int) level; inner--)
	{
		if (r->open[inner] == 0)
			continue;
		r->open[inner]--;
		emit(r, &r->content[inner]);
		r->filled = Min(r->filled, open_levels(r));
		r->content[inner].found = false;
	}
	r->glyph = false;
	r->target = NULL;
}

static void
end_all(Reader *r)
{
	do
		end_level(r, REGION);
	while (r->open[REGION] > 0);
}

static void
begin_level(Reader *r, Level level)
{
	/* only regions are inside their like */
	end_level(r, level == REGION ? LINE : level);
	r->open[level]++;
	r->content[level].found = false;
}

/* Begin a TextEquiv of the innermost element that is open. */
static void
begin_content(Reader *r, const WlMarkup *m)
{
	double		index = wl_text_number(wl_markup_attribute(m, "index"));
	Content    *content = NULL;

	for (int level = WORD; level >= REGION && content == NULL; level--)
		if (r->open[level] > 0)
			content = &r->content[level];
	r->target = NULL;
	if (isnan(index))
		index = INFINITY;
	if (content == NULL || r->glyph || (content->found && index >= content->index))
		return;
	content->found = true;
	content->index = index;
	content->confidence = wl_scaled(wl_text_number(wl_markup_attribute(m, "conf")), 1);
	resetStringInfo(&content->text);
	r->target = content;
	r->unicode = false;
}

static void
read_open(Reader *r, const WlMarkup *m, WlToken token)
{
	Level		level = level_of(m->name);

	if (level != NO_LEVEL)
	{
		begin_level(r, level);
		if (token == WL_TOKEN_EMPTY)
			end_level(r, level);
	}
	else if (wl_slice_is_any_case(m->name, "TextEquiv"))
		begin_content(r, m);
	else if (wl_slice_is_any_case(m->name, "Unicode"))
		r->unicode = token == WL_TOKEN_OPEN;
	else if (wl_slice_is_any_case(m->name, "Glyph"))
		r->glyph = token == WL_TOKEN_OPEN;
	else if (wl_slice_is_any_case(m->name, "Page"))
	{
		end_all(r);
		r->page++;
	}
}

static void
read_close(Reader *r, WlSlice tag)
{
	Level		level = level_of(tag);

	if (level != NO_LEVEL)
		end_level(r, level);
	else if (wl_slice_is_any_case(tag, "TextEquiv"))
		r->target = NULL;
	else if (wl_slice_is_any_case(tag, "Unicode"))
		r->unicode = false;
	else if (wl_slice_is_any_case(tag, "Glyph"))
		r->glyph = false;
}

static void
read_words(WlOutput *out, WlSlice text)
{
	WlMarkup	m;
	WlToken		token;
	Reader		r = {.out = out};

	for (int i = 0; i < NO_LEVEL; i++)
		initStringInfo(&r.content[i].text);
	wl_markup_begin(&m, text);
	while ((token = wl_markup_next(&m)) != WL_TOKEN_END)
	{
		if (token == WL_TOKEN_OPEN || token == WL_TOKEN_EMPTY)
			read_open(&r, &m, token);
		else if (token == WL_TOKEN_CLOSE)
			read_close(&r, m.name);
		else if (r.target != NULL && r.unicode)
			wl_append_text(&r.target->text, &m, token);
	}
	end_all(&r);
}

const WlOcrEngine wl_ocr_page_xml = {
	.name = "page_xml",
	.shape = "XML with the root element \"PcGts\"",
	.recognise_text = recognise,
	.read_text = read_words,
};
