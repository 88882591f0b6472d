/*
 * formats.c
 *		The formats that a field's text can have: rule 2.
 *
 * A format is an entry of the table at the end: its name, its test and what
 * the result adds to the field's score. The text is tested as it is, leading and
 * trailing white space included. \d is an ASCII digit and \s is white space as
 * Unicode defines it.
 */
#include "postgres.h"

#include "score/names.h"
#include "score/profile/rules.h"

/* ^\d{4}-\d{2}-\d{2}$ */
bool
wl_is_date(const WlFieldText *t)
{
	if (t->length != WL_DATE_LENGTH)
		return false;
	for (int i = 0; i < WL_DATE_LENGTH; i++)
		if (i == 4 || i == 7 ? t->data[i] != '-' : !wl_is_digit(t->data[i]))
			return false;
	return true;
}

/* Without its commas: ^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$ */
bool
wl_is_number(const WlFieldText *t, double *value)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	bool		sign = false;
	bool		point = false;
	bool		closed = false; /* white space after the number */
	int			digits = 0;
	char		local[64];
	char	   *copy = local;
	int			n = 0;
	int			space;

	if (value != NULL && t->length >= sizeof(local))
		copy = palloc(t->length + 1);
	for (; p < end; p++)
	{
		if (*p == ',')
			continue;
		if ((space = wl_space_length(p, end, utf8)) > 0)
		{
			closed = sign || point || digits > 0;
			p += space - 1;
			continue;
		}
		if (closed)
			return false;
		if (wl_is_digit(*p))
			digits++;
		else if (*p == '.' && !point)
			point = true;
		else if ((*p == '+' || *p == '-') && !sign && !point && digits == 0)
			sign = true;
		else
			return false;
		if (value != NULL)
			copy[n++] = *p;
	}
	if (digits == 0)
		return false;
	if (value != NULL)
	{
		copy[n] = '\0';
		*value = strtod(copy, NULL);
	}
	return true;
}

static bool
is_number(const WlFieldText *t)
{
	return wl_is_number(t, NULL);
}

/* ^[A-Za-z0-9]+$ */
static bool
is_alphanumeric(const WlFieldText *t)
{
	for (uint32 i = 0; i < t->length; i++)
		if (!wl_is_digit(t->data[i]) &&
			!(t->data[i] >= 'A' && t->data[i] <= 'Z') && !(t->data[i] >= 'a' && t->data[i] <= 'z'))
			return false;
	return t->length > 0;
}

static const WlFormat formats[] = {
	{"date", wl_is_date, 0.10, -0.15},
	{"number", is_number, 0.10, -0.15},
	{"alphanumeric", is_alphanumeric, 0.05, 0.0}
};

const WlFormat *
wl_find_format(const char *name, int length)
{
	int			i = wl_find_name(formats, name, length);

	return i < 0 ? NULL : &formats[i];
}

char *
wl_list_formats(void)
{
	return wl_list_names(formats);
}
