/*
 * slice.c
 *		Pieces of text: trimmed, set on one line, read as a number; characters
 *		appended in the database's encoding, and text in UTF-8.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "score/ocr/slice.h"

/* Strip the white space at both ends. */
WlSlice
wl_trim(WlSlice s)
{
	const unsigned char *p = (const unsigned char *) s.data;
	const unsigned char *end = p + s.length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	int			n;

	if (s.data == NULL)
		return s;
	while (p < end && (n = wl_space_length(p, end, utf8)) > 0)
		p += n;
	while (end > p)
	{
		const unsigned char *last = end - 1;

		if (utf8)
			while (last > p && (*last & 0xC0) == 0x80)
				last--;
		if (wl_space_length(last, end, utf8) != end - last)
			break;
		end = last;
	}
	return wl_slice((const char *) p, end - p);
}

/*
 * Trim a label or a word and set it on one line: each run of white space within
 * it, which only reflects the page's layout, becomes one blank. The result is a
 * copy unless nothing had to change.
 */
WlSlice
wl_one_line(WlSlice s)
{
	char	   *copy;
	int			n = 0;
	bool		plain = true;

	s = wl_trim(s);
	for (int i = 0; i < s.length && plain; i++)
		plain = (unsigned char) s.data[i] > ' ' ||
			(s.data[i] == ' ' && s.data[i + 1] != ' ');
	if (plain)
		return s;
	copy = palloc(s.length);
	for (int i = 0; i < s.length; i++)
	{
		if (!wl_is_space(s.data[i]))
			copy[n++] = s.data[i];
		else if (copy[n - 1] != ' ')
			copy[n++] = ' ';
	}
	return wl_slice(copy, n);
}

/* A decimal number, surrounded by nothing but white space; NaN if it is not one. */
double
wl_text_number(WlSlice s)
{
	char		buffer[64];
	char	   *end;
	double		x;
	int			n = 0;
	int			i;

	/* fast path: a few digits */
	for (i = 0; i < s.length && i < 9 && s.data[i] >= '0' && s.data[i] <= '9'; i++)
		n = n * 10 + (s.data[i] - '0');
	if (i == s.length && i > 0)
		return n;
	s = wl_trim(s);
	if (s.length == 0 || s.length >= sizeof(buffer))
		return NAN;
	memcpy(buffer, s.data, s.length);
	buffer[s.length] = '\0';
	if (strspn(buffer, "+-.0123456789Ee") != s.length)
		return NAN;
	x = strtod(buffer, &end);
	return *end == '\0' ? x : NAN;
}

/*
 * Append a Unicode character in the database's encoding. Returns false, and
 * appends nothing, if the encoding does not have it.
 */
bool
wl_append_character(StringInfo buffer, pg_wchar c)
{
	int			encoding = GetDatabaseEncoding();
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN + 1];
	unsigned char converted[MAX_CONVERSION_GROWTH * (MAX_MULTIBYTE_CHAR_LEN + 1) + 1];
	int			length;
	Oid			conversion;

	if (c < 0x80)
	{
		appendStringInfoChar(buffer, (char) c);
		return true;
	}
	unicode_to_utf8(c, utf8);
	length = pg_utf_mblen(utf8);
	if (encoding == PG_UTF8)
	{
		appendBinaryStringInfo(buffer, (char *) utf8, length);
		return true;
	}
	/* SQL_ASCII has no conversion */
	conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(conversion) ||
		pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, utf8, length,
									  converted, sizeof(converted), true) < length)
		return false;
	appendStringInfoString(buffer, (char *) converted);
	return true;
}

/*
 * Append text in UTF-8. Returns false, and appends nothing, if UTF-8 does not have a
 * character of it. Text in SQL_ASCII is taken as it is.
 */
bool
wl_append_utf8(StringInfo buffer, WlSlice s)
{
	int			encoding = GetDatabaseEncoding();
	Size		size = ((Size) s.length + 1) * MAX_CONVERSION_GROWTH + 1;
	Oid			conversion;
	unsigned char *converted;
	bool		complete;
	int			i = 0;

	while (i < s.length && !IS_HIGHBIT_SET(s.data[i]))
		i++;
	if (i == s.length || encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
	{
		appendBinaryStringInfo(buffer, s.data, s.length);
		return true;
	}
	conversion = FindDefaultConversionProc(encoding, PG_UTF8);
	if (!OidIsValid(conversion))
		return false;
	converted = MemoryContextAllocHuge(CurrentMemoryContext, size);
	complete = pg_do_encoding_conversion_buf(conversion, encoding, PG_UTF8,
											 (unsigned char *) s.data, s.length,
											 converted, (int) Min(size, PG_INT32_MAX),
											 true) == s.length;
	if (complete)
		appendStringInfoString(buffer, (char *) converted);
	pfree(converted);
	return complete;
}
