/*
 * truth.c
 *		Is what was read right? It is if it equals the truth, white space collapsed and
 *		case folded. If the truth is null or blank, there was nothing to read, so it is
 *		wrong.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "utils/formatting.h"

#include "base/space.h"
#include "score/field_text.h"
#include "score/truth.h"

/* A text with white space collapsed and case folded. */
static char *
plain_text(const WlFieldText *t)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	bool		space = false;
	char	   *plain = palloc(t->length + 1);
	char	   *next = plain;

	while (p < end)
	{
		int			length = wl_space_length(p, end, utf8);

		if (length > 0)
		{
			space = next > plain;
			p += length;
			continue;
		}
		if (space)
			*next++ = ' ';
		space = false;
		length = Min(pg_mblen((const char *) p), end - p);
		memcpy(next, p, length);
		next += length;
		p += length;
	}
	return str_tolower(plain, next - plain, DEFAULT_COLLATION_OID);
}

static bool
has_wide(const char *p, const char *end)
{
	for (; p < end; p++)
		if (IS_HIGHBIT_SET(*p))
			return true;
	return false;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/*
 * Compare texts for as long as both are ASCII: 1 or 0, or -1 if that does not decide
 * it. A difference between two ASCII characters decides it, whatever follows.
 */
static int
compare_ascii(const WlFieldText *a, const WlFieldText *b)
{
	const char *p = a->data;
	const char *q = b->data;
	const char *pend = p + a->length;
	const char *qend = q + b->length;
	bool		start = true;	/* white space is not yet a separator */

	for (;;)
	{
		bool		pspace = start;
		bool		qspace = start;

		for (; p < pend && wl_is_space(*p); p++)
			pspace = true;
		for (; q < qend && wl_is_space(*q); q++)
			qspace = true;
		if (p == pend || q == qend)
			return p == pend && q == qend ? 1 : has_wide(p, pend) || has_wide(q, qend) ? -1 : 0;
		if (IS_HIGHBIT_SET(*p) || IS_HIGHBIT_SET(*q))
			return -1;
		if (pspace != qspace || ascii_lower(*p) != ascii_lower(*q))
			return 0;
		start = false;
		p++;
		q++;
	}
}

static bool
texts_agree(const WlFieldText *a, const WlFieldText *b)
{
	int			result;

	if (a->length == b->length && memcmp(a->data, b->data, a->length) == 0)
		return true;
	result = compare_ascii(a, b);
	return result >= 0 ? result : strcmp(plain_text(a), plain_text(b)) == 0;
}

bool
wl_is_right(const WlFieldText *read, const WlValue *truth)
{
	WlFieldText expected = wl_text_of(truth);

	return expected.data != NULL && texts_agree(read, &expected);
}
