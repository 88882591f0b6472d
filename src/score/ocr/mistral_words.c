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
 * All texts are copied into one, as they look on the page (markdown.c). Values are
 * looked for in the copy by their rarest word.
 */
#include "postgres.h"

#include <math.h>

#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "math/sum.h"
#include "score/ocr/markdown.h"
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

/* The word that begins first, or else is listed first, comes first. */
static int
compare_words(Datum a, Datum b, void *arg)
{
	const Scored *x = (const Scored *) DatumGetPointer(a);
	const Scored *y = (const Scored *) DatumGetPointer(b);

	if (x->begin != y->begin)
		return x->begin < y->begin ? 1 : -1;
	return x < y ? 1 : -1;
}

/* A heap of a text's words that have a confidence. Each begins at a character, counted from 0. */
static binaryheap *
heap_of_words(const PageText *t)
{
	int			size = JsonContainerSize(t->words);
	Scored	   *words = MemoryContextAllocHuge(CurrentMemoryContext, size * sizeof(Scored));
	binaryheap *heap = binaryheap_allocate(size, compare_words, NULL);
	WlWalk		w;
	JsonbContainer *object;

	wl_walk_begin(&w, t->words);
	while ((object = wl_walk_next_object(&w)) != NULL)
	{
		double		start = wl_json_number(object, "start_index");
		Scored	   *word = &words[w.index - 1];

		word->text = wl_json_string(object, "text");
		word->confidence = wl_scaled(wl_json_number(object, "confidence"), 1);
		if (!(start >= 0 && start < t->text.length) ||isnan(word->confidence) ||
			wl_slice_is_blank(word->text))
			continue;
		word->begin = (int) start;
		binaryheap_add_unordered(heap, PointerGetDatum(word));
	}
	binaryheap_build(heap);
	return heap;
}

/* A walk over a text: a place in it, and the character that begins there */
typedef struct Walk
{
	const char *p;
	const char *end;
	int			character;
	bool		after_image;	/* since the last word that was looked for */
} Walk;

static inline bool
is_at(const Walk *walk, WlSlice word)
{
	return walk->end - walk->p >= word.length && memcmp(walk->p, word.data, word.length) == 0;
}

static void
walk_to(Walk *walk, int character)
{
	for (; walk->character < character && walk->p < walk->end; walk->character++)
	{
		if (*walk->p == '!' && walk->end - walk->p > 1 && walk->p[1] == '[')
			walk->after_image = true;
		walk->p = wl_next_character(walk->p, walk->end);
	}
}

/* How many characters further on a word is, if it is near; otherwise 0 */
static int
characters_ahead(Walk walk, WlSlice word)
{
	int			start = walk.character;

	while (walk.character < start + MAX_SHIFT && walk.p < walk.end)
	{
		walk_to(&walk, walk.character + 1);
		if (is_at(&walk, word))
			return walk.character - start;
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
place_words(Scored *words, const PageText *t)
{
	binaryheap *heap = heap_of_words(t);
	Walk		walk = {.p = t->text.data,.end = t->text.data + t->text.length};
	int			shift = 0;
	int			kept = 0;

	while (!binaryheap_empty(heap))
	{
		Scored		word = *(Scored *) DatumGetPointer(binaryheap_remove_first(heap));

		CHECK_FOR_INTERRUPTS();
		walk_to(&walk, word.begin + shift);
		if (!is_at(&walk, word.text) && walk.after_image)
		{
			shift += characters_ahead(walk, word.text);
			walk_to(&walk, word.begin + shift);
		}
		walk.after_image = false;
		if (!is_at(&walk, word.text))
			continue;
		word.begin = walk.p - t->text.data;
		word.end = word.begin + word.text.length;
		if (kept == 0 || words[kept - 1].end <= word.begin)
			words[kept++] = word;
	}
	binaryheap_free(heap);
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
	int			n = t->words != NULL ? place_words(words, t) : 0;
	const char *p = t->text.data;
	const char *end = p + t->text.length;
	int			edge = 0;

	while (p < end)
	{
		CHECK_FOR_INTERRUPTS();
		for (; edge < 2 * n && *edge_of(words, edge) <= p - t->text.data; edge++)
			*edge_of(words, edge) = all->copy.len;
		p += wl_append_printed(&all->copy, p, end);
	}
	for (; edge < 2 * n; edge++)
		*edge_of(words, edge) = all->copy.len;
	wl_strip_blank(&all->copy);
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
	while ((word = wl_next_word(&p, end)).data != NULL)
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

	while ((word = wl_next_word(&p, value.data + value.length)).data != NULL)
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
			wl_is_in_word(found) || wl_is_in_word(found + value.length))
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
		p += wl_append_printed(&value, p, end);
	wl_strip_blank(&value);
	offset = find_once(all, wl_slice(value.data + 1, value.len - 1));
	if (offset == 0)
		return;
	row->page = page_at(all, offset);
	confidence = mean_confidence(all, offset, offset + value.len - 1);
	if (!isnan(confidence))
		row->confidence = confidence;
}
