/*
 * mistral_words.c
 *		Mistral OCR: the confidences of words, for the values of an annotation.
 *
 * The texts of a page are its markdown, its tables, its header and its footer. A
 * value that all of them together contain once, from the boundary of a word to
 * that of another, was read there: this gives its page, and its confidence, which
 * is the mean over the words that overlap it. A value that occurs again may have
 * been taken from either place.
 *
 * All texts are copied into one, as they look on the page: white space becomes one
 * blank, and marks that are not printed are left out. Values are looked for in the
 * copy by their rarest word.
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "math/sum.h"
#include "score/ocr/mistral_words.h"

/*
 * A value of which every word occurs more often than this is not looked for, so that
 * the cost of a value does not depend on the length of the texts.
 */
#define MAX_PLACES	100

/* How far the names of images may have moved a word, in characters */
#define MAX_SHIFT	256

typedef struct PageText
{
	WlSlice text;
	JsonbContainer *words;		/* NULL if there are none */
	int			page;
	int			end;			/* in the copy */
} PageText;

/* A word with a confidence. Begin and end are offsets into the copy. */
typedef struct Scored
{
	int			begin;
	int			end;
	double		confidence;
	WlSlice text;
} Scored;

/* A place of a word in the copy */
typedef struct Place
{
	int			offset;
	int			next;			/* another place of this word; -1 at the end */
} Place;

typedef struct IndexEntry
{
	WlSlice		word;			/* the hash key: must be first */
	int			count;			/* of places; one more than the maximum if
								 * there are others */
	int			last;			/* the last of them */
} IndexEntry;

struct WlMistralWords
{
	List	   *texts;			/* of PageText */
	StringInfoData copy;		/* a zero byte before the first text and after
								 * each */
	Scored	   *scored;			/* in order, without overlaps */
	int			n_scored;
	Place	   *places;
	HTAB	   *index;			/* of IndexEntry */
};

/*
 * Text as it looks on the page
 */

static int
blank_length(const char *p, const char *end)
{
	static const char *const breaks[] = {"<br>", "<br/>", "<br />"};

	for (int i = 0; *p == '<' && i < lengthof(breaks); i++)
	{
		int			n = strlen(breaks[i]);

		if (end - p >= n && pg_strncasecmp(p, breaks[i], n) == 0)
			return n;
	}
	return wl_space_length((const unsigned char *) p, (const unsigned char *) end,
						   GetDatabaseEncoding() == PG_UTF8);
}

/* Marks of strong text: two asterisks or more */
static int
strong_length(const char *p, const char *end)
{
	int			n = 0;

	while (p + n < end && p[n] == '*')
		n++;
	return n > 1 ? n : 0;
}

/* A backslash before punctuation */
static bool
is_escape(const char *p, const char *end)
{
	return *p == '\\' && end - p > 1 && !IS_HIGHBIT_SET(p[1]) && ispunct((unsigned char) p[1]);
}

/* Append what the text has at p: a character, white space or a mark. Returns its length. */
static int
append_piece(StringInfo copy, const char *p, const char *end)
{
	int			n = blank_length(p, end);
	int			escape;

	if (n > 0)
	{
		if (copy->data[copy->len - 1] != ' ' && copy->data[copy->len - 1] != '\0')
			appendStringInfoChar(copy, ' ');
		return n;
	}
	n = strong_length(p, end);
	if (n > 0)
		return n;
	escape = is_escape(p, end);
	n = wl_next_character(p + escape, end) - p;
	appendBinaryStringInfo(copy, p + escape, n - escape);
	return n;
}

static void
strip_blank(StringInfo copy)
{
	if (copy->data[copy->len - 1] == ' ')
		copy->data[--copy->len] = '\0';
}

/*
 * Words
 *
 * A word consists of letters and digits, and of single marks between two of them:
 * 1,250.00, B-17, 2024/05/31, 12:30 and x@y.org are words. These functions look at
 * the characters around p, in text that has a zero byte on either side.
 */

typedef enum Kind
{
	KIND_OTHER,
	KIND_LETTER,				/* or a digit */
	KIND_JOINT					/* joins letters */
} Kind;

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Beyond ASCII, only UTF-8 has anything but letters. */
static Kind
kind_of(const char *p)
{
	static const struct
	{
		pg_wchar	first;
		pg_wchar	last;
		Kind		kind;
	}			ranges[] = {
		{0x80, 0xA9}, {0xAB, 0xB1}, {0xB4, 0xB4}, {0xB6, 0xB8}, {0xBB, 0xBB}, {0xBF, 0xBF},
		{0xD7, 0xD7}, {0xF7, 0xF7}, {0x60C, 0x60C}, {0x61B, 0x61F}, {0x2000, 0x200F},
		{0x2010, 0x2013, KIND_JOINT}, {0x2014, 0x2018}, {0x2019, 0x2019, KIND_JOINT},
		{0x201A, 0x206F}, {0x20A0, 0x214F}, {0x2190, 0x2BFF}, {0x3000, 0x3004},
		{0x3008, 0x3020}, {0xFE10, 0xFE6F}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20},
		{0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFEF}, {0x1F000, 0x1FAFF}
	};
	pg_wchar	c;

	if (!IS_HIGHBIT_SET(*p))
	{
		if (is_digit(*p) || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
			return KIND_LETTER;
		return *p != '\0' && strchr(".,:-/'_@&", *p) != NULL ? KIND_JOINT : KIND_OTHER;
	}
	if (GetDatabaseEncoding() != PG_UTF8)
		return KIND_LETTER;
	c = utf8_to_unicode((const unsigned char *) p);
	for (int i = 0; i < lengthof(ranges); i++)
		if (c <= ranges[i].last)
			return c >= ranges[i].first ? ranges[i].kind : KIND_LETTER;
	return KIND_LETTER;
}

static inline const char *
previous(const char *p)
{
	p--;
	if (GetDatabaseEncoding() == PG_UTF8)
		while ((*p & 0xC0) == 0x80)
			p--;
	return p;
}

/* Does p join what is around it? A colon joins digits only. */
static bool
is_joint(const char *p)
{
	if (kind_of(p) != KIND_JOINT)
		return false;
	if (*p == ':')
		return is_digit(p[-1]) && is_digit(p[1]);
	return kind_of(previous(p)) == KIND_LETTER &&
		kind_of(p + (IS_HIGHBIT_SET(*p) ? pg_mblen(p) : 1)) == KIND_LETTER;
}

/* Are the characters before and after p in the same word? */
static bool
is_in_word(const char *p)
{
	if (kind_of(p) != KIND_LETTER)
		return is_joint(p);
	return kind_of(previous(p)) == KIND_LETTER || is_joint(previous(p));
}

/* The next word from *p on; no text if there is none */
static WlSlice
next_word(const char **p, const char *end)
{
	const char *start;

	while (*p < end && kind_of(*p) != KIND_LETTER)
		*p = wl_next_character(*p, end);
	if (*p == end)
		return wl_no_slice;
	start = *p;
	do
		*p = wl_next_character(*p, end);
	while (is_in_word(*p));
	return wl_slice(start, *p - start);
}

/*
 * The texts and the confidences of their words
 */

static void
add_text(WlMistralWords *all, WlSlice content, JsonbContainer *words, int page)
{
	PageText   *t;

	if (content.data == NULL)
		return;
	t = palloc(sizeof(PageText));
	t->text = content;
	t->words = words;
	t->page = page;
	all->texts = lappend(all->texts, t);
	all->n_scored += words != NULL ? JsonContainerSize(words) : 0;
}

/* Find the texts, and count the words. Pages are counted from 0; a page without a number has that of its place. */
static void
find_texts(WlMistralWords *all, JsonbContainer *root)
{
	static const char key[] = "word_confidence_scores";
	WlWalk		w;
	JsonbContainer *page;

	wl_walk_begin(&w, wl_json_array(root, "pages"));
	while ((page = wl_walk_next_object(&w)) != NULL)
	{
		double		index = wl_json_number(page, "index");
		int			number = isnan(index) ? w.index : wl_as_count(index + 1);
		WlWalk		t;
		JsonbContainer *table;

		add_text(all, wl_json_string(page, "markdown"),
				 wl_json_array(wl_json_object(page, "confidence_scores"), key), number);
		wl_walk_begin(&t, wl_json_array(page, "tables"));
		while ((table = wl_walk_next_object(&t)) != NULL)
			add_text(all, wl_json_string(table, "content"), wl_json_array(table, key), number);
		add_text(all, wl_json_string(page, "header"), NULL, number);
		add_text(all, wl_json_string(page, "footer"), NULL, number);
	}
}

static int
compare_begins(const void *a, const void *b)
{
	const Scored *x = a;
	const Scored *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Take a text's words that have a confidence; each begins at a character, counted from 0. */
static int
take_words(Scored *words, const PageText *t)
{
	WlWalk		w;
	JsonbContainer *object;
	int			n = 0;

	wl_walk_begin(&w, t->words);
	while ((object = wl_walk_next_object(&w)) != NULL)
	{
		double		start = wl_json_number(object, "start_index");
		Scored		word;

		word.text = wl_json_string(object, "text");
		word.confidence = wl_scaled(wl_json_number(object, "confidence"), 1);
		if (!(start >= 0 && start < t->text.length) ||isnan(word.confidence) ||
			wl_slice_is_blank(word.text))
			continue;
		word.begin = (int) start;
		words[n++] = word;
	}
	qsort(words, n, sizeof(Scored), compare_begins);
	return n;
}

static inline bool
is_at(const char *p, const char *end, WlSlice word)
{
	return end - p >= word.length && memcmp(p, word.data, word.length) == 0;
}

/* How many characters after p a word is, if it is near; otherwise 0 */
static int
characters_ahead(const char *p, const char *end, WlSlice word)
{
	for (int n = 1; n <= MAX_SHIFT && p < end; n++)
	{
		p = wl_next_character(p, end);
		if (is_at(p, end, word))
			return n;
	}
	return 0;
}

/*
 * Find the words in their text, and change characters into bytes. A word that is not
 * where it should be is left out, and so is one that begins inside another.
 *
 * Mistral counts the characters, and then numbers the images of all pages, so that
 * the name of an image can become longer (![img-0.jpeg] is ![img-10.jpeg] then). A
 * word after an image may therefore be further on, and so are all that follow it.
 */
static int
place_words(Scored *words, int n, WlSlice text)
{
	const char *p = text.data;
	const char *end = p + text.length;
	int			character = 0;	/* at p */
	int			shift = 0;
	bool		after_image = false;	/* since the last word that was looked
										 * for */
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		Scored		word = words[i];

		for (; character < word.begin + shift && p < end; character++)
		{
			if (*p == '!' && end - p > 1 && p[1] == '[')
				after_image = true;
			p = wl_next_character(p, end);
		}
		if (!is_at(p, end, word.text))
		{
			int			ahead = after_image ? characters_ahead(p, end, word.text) : 0;

			after_image = false;
			shift += ahead;
			i -= ahead > 0;		/* the same word again, at its place */
			continue;
		}
		after_image = false;
		word.begin = p - text.data;

		word.end = word.begin + word.text.length;
		if (kept == 0 || words[kept - 1].end <= word.begin)
			words[kept++] = word;
	}
	return kept;
}

/* The beginning of the first word, its end, the beginning of the second word, ... */
static inline int *
edge_of(Scored *words, int i)
{
	return i % 2 == 0 ? &words[i / 2].begin : &words[i / 2].end;
}

/* Leave out the words of which nothing is left in the copy. Returns how many remain. */
static int
drop_unprinted(Scored *words, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
		if (words[i].end > words[i].begin)
			words[kept++] = words[i];
	return kept;
}

/* Copy a text, and move its words along. */
static void
copy_text(WlMistralWords *all, PageText *t)
{
	Scored	   *words = all->scored + all->n_scored;
	int			n = place_words(words, take_words(words, t), t->text);
	const char *p = t->text.data;
	const char *end = p + t->text.length;
	int			edge = 0;

	while (p < end)
	{
		CHECK_FOR_INTERRUPTS();
		for (; edge < 2 * n && *edge_of(words, edge) <= p - t->text.data; edge++)
			*edge_of(words, edge) = all->copy.len;
		p += append_piece(&all->copy, p, end);
	}
	for (; edge < 2 * n; edge++)
		*edge_of(words, edge) = all->copy.len;
	strip_blank(&all->copy);
	appendStringInfoChar(&all->copy, '\0');
	all->n_scored += drop_unprinted(words, n);
	t->end = all->copy.len;
}

static void
index_words(WlMistralWords *all)
{
	const char *p = all->copy.data;
	const char *end = p + all->copy.len;
	int			n = 0;
	int			max = 1024;
	WlSlice		word;

	all->index = wl_name_table(sizeof(IndexEntry));
	all->places = palloc(max * sizeof(Place));
	while ((word = next_word(&p, end)).data != NULL)
	{
		bool		found;
		IndexEntry *entry = hash_search(all->index, &word, HASH_ENTER, &found);

		CHECK_FOR_INTERRUPTS();
		if (!found)
		{
			entry->count = 0;
			entry->last = -1;
		}
		if (entry->count > MAX_PLACES || ++entry->count > MAX_PLACES)
			continue;
		if (n == max)
		{
			max *= 2;
			all->places = repalloc_huge(all->places, max * sizeof(Place));
		}
		all->places[n].offset = word.data - all->copy.data;
		all->places[n].next = entry->last;
		entry->last = n++;
	}
}

/* The words of a result; NULL if it has none with a confidence. */
WlMistralWords *
wl_mistral_words(JsonbContainer *root)
{
	WlMistralWords *all = palloc0(sizeof(WlMistralWords));
	ListCell   *lc;

	find_texts(all, root);
	if (all->n_scored == 0)
		return NULL;
	all->scored = MemoryContextAllocHuge(CurrentMemoryContext, all->n_scored * sizeof(Scored));
	all->n_scored = 0;
	initStringInfo(&all->copy);
	appendStringInfoChar(&all->copy, '\0');
	foreach(lc, all->texts)
		copy_text(all, lfirst(lc));
	index_words(all);
	return all;
}

/*
 * Values
 */

/* The offset of a value in the copy; 0 unless it is there once. */
static int
find_once(const WlMistralWords *all, WlSlice value)
{
	const char *p = value.data;
	IndexEntry *rarest = NULL;
	int			ahead = 0;		/* what the value has before its rarest word */
	int			place = 0;
	WlSlice		word;

	while ((word = next_word(&p, value.data + value.length)).data != NULL)
	{
		IndexEntry *entry = hash_search(all->index, &word, HASH_FIND, NULL);

		if (entry == NULL)
			return 0;
		if (rarest == NULL || entry->count < rarest->count)
		{
			rarest = entry;
			ahead = word.data - value.data;
		}
	}
	if (rarest == NULL || rarest->count > MAX_PLACES)
		return 0;
	for (int i = rarest->last; i >= 0; i = all->places[i].next)
	{
		int			offset = all->places[i].offset - ahead;
		const char *found = all->copy.data + offset;

		if (offset < 1 || all->copy.len - offset < value.length ||
			memcmp(found, value.data, value.length) != 0 ||
			is_in_word(found) || is_in_word(found + value.length))
			continue;
		if (place > 0)
			return 0;
		place = offset;
	}
	return place;
}

static int
page_at(const WlMistralWords *all, int offset)
{
	int			low = 0;
	int			high = list_length(all->texts) - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (((PageText *) list_nth(all->texts, middle))->end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return ((PageText *) list_nth(all->texts, low))->page;
}

/* The mean over the words that overlap a part of the copy; NaN if there are none. */
static double
mean_confidence(const WlMistralWords *all, int begin, int end)
{
	int			low = 0;
	int			high = all->n_scored;
	int			n = 0;
	WlSum		sum = {0};

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (all->scored[middle].end > begin)
			high = middle;
		else
			low = middle + 1;
	}
	for (; low < all->n_scored && all->scored[low].begin < end; low++)
	{
		wl_sum_add(&sum, all->scored[low].confidence);
		n++;
	}
	return n > 0 ? wl_sum_total(&sum) / n : NAN;
}

/*
 * Give a leaf the page on which its value is found, and the confidence of the words
 * there. What is not found keeps what the annotation itself says. A boolean is not a
 * word of the document.
 */
void
wl_mistral_judge(void *words, WlSlice path, WlOcrRow *row)
{
	const WlMistralWords *all = words;
	const char *p = row->value.data;
	const char *end = p + row->value.length;
	StringInfoData value;
	double		confidence;
	int			offset;

	if (p == NULL || wl_slice_is(row->value, "true") || wl_slice_is(row->value, "false"))
		return;
	initStringInfo(&value);
	appendStringInfoChar(&value, '\0');
	while (p < end)
		p += append_piece(&value, p, end);
	strip_blank(&value);
	offset = find_once(all, wl_slice(value.data + 1, value.len - 1));
	if (offset == 0)
		return;
	row->page = page_at(all, offset);
	confidence = mean_confidence(all, offset, offset + value.len - 1);
	if (!isnan(confidence))
		row->confidence = confidence;
}
