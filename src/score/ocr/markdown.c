/*
 * markdown.c
 *		Markdown as it looks on the page, and its words.
 *
 * White space becomes one blank, and marks that are not printed are left out.
 */
#include "postgres.h"

#include <ctype.h>

#include "score/ocr/markdown.h"

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
int
wl_append_printed(StringInfo copy, const char *p, const char *end)
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

void
wl_strip_blank(StringInfo copy)
{
	if (copy->data[copy->len - 1] == ' ')
		copy->data[--copy->len] = '\0';
}

/*
 * Words
 *
 * A word consists of letters and digits, and of single marks between two of them:
 * 1,250.00, B-17, 2024/05/31, 12:30 and x@y.org are words.
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
bool
wl_is_in_word(const char *p)
{
	if (kind_of(p) != KIND_LETTER)
		return is_joint(p);
	return kind_of(previous(p)) == KIND_LETTER || is_joint(previous(p));
}

/* The next word from *p on; no text if there is none */
WlSlice
wl_next_word(const char **p, const char *end)
{
	const char *start;

	while (*p < end && kind_of(*p) != KIND_LETTER)
		*p = wl_next_character(*p, end);
	if (*p == end)
		return wl_no_slice;
	start = *p;
	do
		*p = wl_next_character(*p, end);
	while (wl_is_in_word(*p));
	return wl_slice(start, *p - start);
}
