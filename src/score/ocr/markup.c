/*
 * markup.c
 *		HTML and XML scanned for tags, tolerantly.
 *
 * Nothing is validated, and any text can be scanned, in time linear in its
 * length. Comments, processing instructions, declarations, scripts and styles
 * are skipped. Only entities of single characters are resolved: nothing is
 * expanded or fetched.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "score/ocr/entities.h"
#include "score/ocr/markup.h"

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IS_HIGHBIT_SET(c);
}

/* Skip past the next occurrence of a string, or to the end if there is none. */
static const char *
skip_past(const char *p, const char *end, const char *what)
{
	int			length = strlen(what);

	while (end - p >= length && (p = memchr(p, what[0], end - p)) != NULL)
	{
		if (end - p >= length && memcmp(p, what, length) == 0)
			return p + length;
		p++;
	}
	return end;
}

/*
 * Skip <!DOCTYPE ...>, including the declarations in its brackets: what is quoted or
 * commented out in them is no markup, and does not end them.
 */
static const char *
skip_declaration(const char *p, const char *end)
{
	bool		inside = false;

	while (p < end)
	{
		const char *quote = NULL;

		if (inside && (*p == '"' || *p == '\''))
			quote = memchr(p + 1, *p, end - p - 1);
		if (inside && end - p >= 4 && memcmp(p, "<!--", 4) == 0)
			p = skip_past(p + 4, end, "-->");
		else if (*p == '>' && !inside)
			return p + 1;
		else
		{
			if (*p == '[' || *p == ']')
				inside = *p == '[';
			p = quote != NULL ? quote + 1 : p + 1;
		}
	}
	return end;
}

/* Read a tag, whose < is before p. */
static WlToken
markup_tag(WlMarkup *m, const char *p)
{
	bool		closing = *p == '/';
	const char *start = closing ? p + 1 : p;
	const char *colon;
	char		last = '\0';	/* the last character but white space */

	for (p = start; p < m->end && !wl_is_space(*p) && *p != '>' && *p != '/'; p++)
		;
	m->name = wl_slice(start, p - start);
	colon = memchr(start, ':', p - start);
	if (colon != NULL)
		m->name = wl_slice(colon + 1, p - colon - 1);
	/* find the > that is not inside a value; a quote after = begins one */
	start = p;
	for (; p < m->end && *p != '>'; p++)
	{
		if ((*p == '"' || *p == '\'') && last == '=')
		{
			p = memchr(p + 1, *p, m->end - p - 1);
			if (p == NULL)
			{
				m->p = m->end;
				return WL_TOKEN_END;
			}
		}
		if (!wl_is_space(*p))
			last = *p;
	}
	m->attributes = wl_slice(start, p - start);
	if (p == m->end)
	{
		m->p = p;
		return WL_TOKEN_END;
	}
	m->p = p + 1;
	if (closing)
		return WL_TOKEN_CLOSE;
	return p > start && p[-1] == '/' ? WL_TOKEN_EMPTY : WL_TOKEN_OPEN;
}

/* Skip the content of a script or a style, which is not markup. */
static void
skip_raw(WlMarkup *m)
{
	const char *p = m->p;

	while ((p = memchr(p, '<', m->end - p)) != NULL)
	{
		if (m->end - p > m->name.length + 2 && p[1] == '/' &&
			pg_strncasecmp(p + 2, m->name.data, m->name.length) == 0)
		{
			m->p = p;
			return;
		}
		p++;
	}
	m->p = m->end;
}

WlToken
wl_markup_next(WlMarkup *m)
{
	WlToken		token;

	for (;;)
	{
		const char *p = m->p;
		int			left = m->end - p;

		CHECK_FOR_INTERRUPTS();
		if (left == 0)
			return WL_TOKEN_END;
		if (left > 1 && p[0] == '<' && p[1] == '!')
		{
			if (left >= 4 && memcmp(p, "<!--", 4) == 0)
				m->p = skip_past(p + 4, m->end, "-->");
			else if (left >= 9 && memcmp(p, "<![CDATA[", 9) == 0)
			{
				m->p = skip_past(p + 9, m->end, "]]>");
				m->text.data = p + 9;
				m->text.length = Max(m->p - p - 12, 0);
				return WL_TOKEN_CDATA;
			}
			else
				m->p = skip_declaration(p, m->end);
		}
		else if (left > 1 && p[0] == '<' && p[1] == '?')
			m->p = skip_past(p, m->end, "?>");
		else if (left > 2 && p[0] == '<' &&
				 (is_letter(p[1]) || (p[1] == '/' && is_letter(p[2]))))
		{
			token = markup_tag(m, p + 1);
			if (token != WL_TOKEN_OPEN ||
				!(wl_slice_is_any_case(m->name, "script") ||
				  wl_slice_is_any_case(m->name, "style")))
				return token;
			skip_raw(m);
		}
		else
		{
			const char *next = memchr(p + 1, '<', left - 1);

			m->p = next != NULL ? next : m->end;
			m->text = wl_slice(p, m->p - p);
			return WL_TOKEN_TEXT;
		}
	}
}

void
wl_markup_begin(WlMarkup *m, WlSlice text)
{
	memset(m, 0, sizeof(WlMarkup));
	m->p = text.data;
	m->end = text.data + text.length;
}

/*
 * The value of an attribute of the current tag, with entities unresolved. It is
 * empty if the attribute has no value.
 */
WlSlice
wl_markup_attribute(const WlMarkup *m, const char *name)
{
	const char *p = m->attributes.data;
	const char *end = p + m->attributes.length;

	while (p < end)
	{
		WlSlice		found;
		WlSlice		value = {"", 0};

		while (p < end && (wl_is_space(*p) || *p == '/'))
			p++;
		found.data = p;
		while (p < end && !wl_is_space(*p) && *p != '=' && *p != '/')
			p++;
		found.length = p - found.data;
		while (p < end && wl_is_space(*p))
			p++;
		if (p < end && *p == '=')
		{
			for (p++; p < end && wl_is_space(*p); p++)
				;
			if (p < end && (*p == '"' || *p == '\''))
			{
				const char *quote = memchr(p + 1, *p, end - p - 1);

				value.data = p + 1;
				value.length = (quote != NULL ? quote : end) - value.data;
				p = quote != NULL ? quote + 1 : end;
			}
			else
			{
				value.data = p;
				while (p < end && !wl_is_space(*p))
					p++;
				value.length = p - value.data;
			}
		}
		if (wl_slice_is_any_case(found, name))
			return value;
	}
	return wl_no_slice;
}

static int
compare_entity(const void *key, const void *entity)
{
	const WlSlice *name = key;
	int			order = strncmp(name->data, ((const WlEntity *) entity)->name, name->length);

	if (order == 0 && ((const WlEntity *) entity)->name[name->length] != '\0')
		order = -1;
	return order;
}

static pg_wchar
named_character(WlSlice name)
{
	const WlEntity *found = NULL;

	if (name.length < WL_ENTITY_LENGTH)
		found = bsearch(&name, wl_entities, lengthof(wl_entities), sizeof(WlEntity), compare_entity);
	return found != NULL ? found->character : 0;
}

static pg_wchar
numbered_character(WlSlice number)
{
	bool		hexadecimal = number.length > 0 && (number.data[0] == 'x' || number.data[0] == 'X');
	int			base = hexadecimal ? 16 : 10;
	pg_wchar	c = 0;

	for (int i = hexadecimal ? 1 : 0; i < number.length; i++)
	{
		int			digit = wl_digit_value(number.data[i]);

		if (digit >= base)
			return 0;
		c = c * base + digit;
		if (c > 0x10FFFF)
			return 0;
	}
	return is_valid_unicode_codepoint(c) && !is_utf16_surrogate_first(c) &&
		!is_utf16_surrogate_second(c) ? c : 0;
}

/* The character that an entity stands for; 0 if it is to be left unresolved. */
static pg_wchar
entity_character(WlSlice s)
{
	if (s.length > 0 && s.data[0] == '#')
		return numbered_character(wl_slice(s.data + 1, s.length - 1));
	return named_character(s);
}

/* Append text, resolving its entities. */
void
wl_append_decoded(StringInfo buffer, WlSlice s)
{
	const char *p = s.data;
	const char *end = p + s.length;

	while (p < end)
	{
		const char *and = memchr(p, '&', end - p);
		const char *semicolon = NULL;
		pg_wchar	c = 0;

		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(buffer, p, (and != NULL ? and : end) - p);
		if (and == NULL)
			break;
		semicolon = memchr(and, ';', Min(end - and, WL_ENTITY_LENGTH + 1));
		if (semicolon != NULL)
			c = entity_character(wl_slice(and + 1, semicolon - and - 1));
		if (c == 0 || !wl_append_character(buffer, c))
		{
			appendStringInfoChar(buffer, '&');
			semicolon = and;
		}
		p = semicolon + 1;
	}
}

/* Append the text of the current token, TEXT or CDATA. */
void
wl_append_text(StringInfo buffer, const WlMarkup *m, WlToken token)
{
	if (token == WL_TOKEN_CDATA)
		appendBinaryStringInfo(buffer, m->text.data, m->text.length);
	else
		wl_append_decoded(buffer, m->text);
}
