/*
 * slice.h
 *		Pieces of text: a pointer into a document and a length.
 *
 * A slice is not terminated and does not own its bytes. Its data is NULL if
 * there is no text at all, as opposed to an empty one.
 */
#ifndef WL_SLICE_H
#define WL_SLICE_H

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/space.h"

typedef struct WlSlice
{
	const char *data;
	int			length;
} WlSlice;

static const WlSlice wl_no_slice = {NULL, 0};

static inline WlSlice
wl_slice(const char *data, int length)
{
	WlSlice		s = {data, length};

	return s;
}

static inline bool
wl_slice_is(WlSlice s, const char *string)
{
	return s.length == strlen(string) && memcmp(s.data, string, s.length) == 0;
}

/* The same, ignoring the case of ASCII letters. */
static inline bool
wl_slice_is_any_case(WlSlice s, const char *string)
{
	return s.length == strlen(string) && pg_strncasecmp(s.data, string, s.length) == 0;
}

static inline bool
wl_slice_starts(WlSlice s, const char *prefix)
{
	return s.length >= strlen(prefix) && memcmp(s.data, prefix, strlen(prefix)) == 0;
}

static inline WlSlice
wl_slice_of(StringInfo buffer)
{
	return wl_slice(buffer->data, buffer->len);
}

/* Is there nothing but white space, or no text at all? */
static inline bool
wl_slice_is_blank(WlSlice s)
{
	return wl_is_blank(s.data, s.length);
}

/* The next character; a byte below 0x80 is one in every encoding of a database. */
static inline const char *
wl_next_character(const char *p, const char *end)
{
	return IS_HIGHBIT_SET(*p) ? p + Min(pg_mblen(p), end - p) : p + 1;
}

/* The value of a decimal or hexadecimal digit; 16 for any other character. */
static inline int
wl_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pg_ascii_tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

extern WlSlice wl_trim(WlSlice s);
extern WlSlice wl_one_line(WlSlice s);
extern double wl_text_number(WlSlice s);
extern bool wl_append_character(StringInfo buffer, pg_wchar c);
extern bool wl_append_utf8(StringInfo buffer, WlSlice s);

#endif							/* WL_SLICE_H */
