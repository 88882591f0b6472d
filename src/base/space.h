/*
 * space.h
 *		White space: the one definition that skipping, trimming and tests for blank
 *		text share.
 */
#ifndef WL_SPACE_H
#define WL_SPACE_H

#include "mb/pg_wchar.h"

/* ASCII white space */
static inline bool
wl_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Advance *p past white space in a null-terminated string. */
static inline void
wl_skip_space(char **p)
{
	while (wl_is_space(**p))
		(*p)++;
}

/*
 * The length in bytes of the white space character (Unicode's White_Space) at p, or
 * 0 if it is another character. Only UTF-8 has white space beyond ASCII.
 */
static inline int
wl_space_length(const unsigned char *p, const unsigned char *end, bool utf8)
{
	pg_wchar	c;

	if (wl_is_space(*p))
		return 1;
	if (*p < 0x80 || !utf8 || end - p < pg_utf_mblen(p))
		return 0;
	c = utf8_to_unicode(p);
	if (c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
		c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000)
		return pg_utf_mblen(p);
	return 0;
}

/* Is a string empty or all white space? */
static inline bool
wl_is_blank(const char *string, uint32 length)
{
	const unsigned char *p = (const unsigned char *) string;
	const unsigned char *end = p + length;
	bool		utf8;
	int			n;

	/* fast path: it starts with a printable ASCII character */
	if (length > 0 && *p > ' ' && *p < 0x80)
		return false;
	utf8 = GetDatabaseEncoding() == PG_UTF8;
	while (p < end && (n = wl_space_length(p, end, utf8)) > 0)
		p += n;
	return p == end;
}

#endif							/* WL_SPACE_H */
