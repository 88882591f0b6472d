/*
 * mrz.c
 *		The machine-readable zone of a passport: ICAO 9303 part 4 (TD3).
 *
 * A zone has two lines of 44 characters, A-Z, 0-9 and the filler <. The first
 * line begins with P; the second has five check digits.
 */
#include "postgres.h"

#include "score/profile/rules.h"

#define MRZ_LENGTH	44

/* The value of a character in a check digit: 0-9, A = 10 to Z = 35, < = 0; -1 for any other. */
static int
mrz_value(char c)
{
	if (wl_is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c == '<' ? 0 : -1;
}

static bool
is_mrz_line(const WlFieldText *t)
{
	if (t->length != MRZ_LENGTH)
		return false;
	for (int i = 0; i < MRZ_LENGTH; i++)
		if (mrz_value(t->data[i]) < 0)
			return false;
	return true;
}

/* The weighted sum of line[from..to]; its first character has the weight of `place`. */
static int
mrz_sum(const char *line, int from, int to, int place)
{
	static const int weights[] = {7, 3, 1};
	int			sum = 0;

	for (int i = from; i <= to; i++)
		sum += mrz_value(line[i]) * weights[(place + i - from) % 3];
	return sum;
}

/* Does line[from..to] consist of fillers? The line has no terminator: strspn will not do. */
static bool
mrz_is_empty(const char *line, int from, int to)
{
	while (from <= to && line[from] == '<')
		from++;
	return from > to;
}

static bool
mrz_digit_holds(const char *line, int sum, int digit)
{
	return wl_is_digit(line[digit]) && sum % 10 == line[digit] - '0';
}

/*
 * Counted from 1, the second line has the document number at 1-9, the birth at
 * 14-19, the expiry at 22-27 and the personal number at 29-42. A check digit
 * follows each, and the composite digit at 44 covers them all, their digits
 * included. The digit of an empty personal number may be <.
 */
bool
wl_mrz_holds(const WlFieldText *line1, const WlFieldText *line2)
{
	const char *l = line2->data;

	if (!is_mrz_line(line1) || line1->data[0] != 'P' || !is_mrz_line(line2))
		return false;
	return mrz_digit_holds(l, mrz_sum(l, 0, 8, 0), 9) &&
		mrz_digit_holds(l, mrz_sum(l, 13, 18, 0), 19) &&
		mrz_digit_holds(l, mrz_sum(l, 21, 26, 0), 27) &&
		(mrz_digit_holds(l, mrz_sum(l, 28, 41, 0), 42) ||
		 mrz_is_empty(l, 28, 42)) &&
		mrz_digit_holds(l, mrz_sum(l, 0, 9, 0) + mrz_sum(l, 13, 19, 10) +
						mrz_sum(l, 21, 42, 17), 43);
}
