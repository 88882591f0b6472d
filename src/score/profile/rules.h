/*
 * profile.c
 *		The rules of a document type, and the score of each field by them:
 *		williams_score_fields, and the check of the table williams_profile.
 *
 * Rules are parsed once for a query, not for each row: fn_extra keeps the last
 * few, found again by their bytes. Everything here is IMMUTABLE. Patterns
 * are matched under the collation "C", which no operating system changes, and the
 * database's encoding, which decides what a character is, cannot change.
 *
 * What the rules leave open is decided thus:
 *
 * - The order of a profile's fields is jsonb's order of keys: by length, then by
 *   bytes. jsonb has no other.
 * - The text of a value is what ->> makes of it: 42, true, {"a": 1}. An object
 *   or array is present if a leaf in it is neither null nor blank; of its text
 *   the first megabyte counts.
 * - Rule 2 and the checks look at the text as it stands, white space included;
 *   \d is an ASCII digit and \s white space as Unicode has it.
 * - Rule 3 counts characters of the expected fields that are present. Where
 *   counts tie it is arabic before cjk before latin.
 * - Rule 5 clamps, then rule 6 multiplies. What is held against the threshold in
 *   rule 7 is the same without the multiplier: a failed check sends its fields
 *   to review.
 * - `ordered`: neighbours among the fields that are present and are dates, each
 *   earlier than the next; equal dates are out of order. What is no date is
 *   rule 2's matter.
 * - `range`: a number at either end is in it. Not a number: times 0.5, whatever
 *   the factor.
 * - `mrz`: needs both lines; both are multiplied if one of them is not 44
 *   characters of A-Z, 0-9 and <, the first does not begin with P, or a check
 *   digit is wrong.
 * - A check that fails multiplies all fields that it looked at, `length`, `range`
 *   and `pattern` each field by itself. factor is 0.5 where it is not given.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/fields.h"
#include "score/jsonb_walk.h"
#include "score/profile/profile.h"

#define DEFAULT_FACTOR		0.5
#define NOT_A_NUMBER_FACTOR	0.5
#define DATE_LENGTH			10
#define MRZ_LENGTH			44
#define PATTERN_FLAGS		(REG_ADVANCED | REG_NOSUB)
#define CONTAINER_TEXT		(1024 * 1024)

typedef enum Format
{
	FORMAT_ANY,
	FORMAT_DATE,
	FORMAT_NUMBER,
	FORMAT_ALPHANUMERIC
} Format;

static const struct
{
	const char *name;
	double		match;
	double		mismatch;
}			formats[] = {
	[FORMAT_ANY] = {NULL, 0.0, 0.0},
	[FORMAT_DATE] = {"date", 0.10, -0.15},
	[FORMAT_NUMBER] = {"number", 0.10, -0.15},
	[FORMAT_ALPHANUMERIC] = {"alphanumeric", 0.05, 0.0}
};

static const struct
{
	const char *name;
	double		effect;
}			scripts[] = {
	[WL_SCRIPT_ARABIC] = {"arabic", -0.05},
	[WL_SCRIPT_CJK] = {"cjk", -0.02},
	[WL_SCRIPT_LATIN] = {"latin", 0.0}
};

typedef enum CheckKind
{
	CHECK_ORDERED,
	CHECK_LENGTH,
	CHECK_RANGE,
	CHECK_PATTERN,
	CHECK_MRZ
} CheckKind;

/* A check's own keys, as bits: those it needs and those it may have. */
#define KEY_LENGTH	1
#define KEY_MIN		2
#define KEY_MAX		4
#define KEY_PATTERN	8

static const struct
{
	const char *name;
	int			keys;
	int			least;			/* how many fields it takes */
	int			most;
}			checks[] = {
	[CHECK_ORDERED] = {"ordered", 0, 2, PG_INT32_MAX},
	[CHECK_LENGTH] = {"length", KEY_LENGTH, 1, PG_INT32_MAX},
	[CHECK_RANGE] = {"range", KEY_MIN | KEY_MAX, 1, PG_INT32_MAX},
	[CHECK_PATTERN] = {"pattern", KEY_PATTERN, 1, PG_INT32_MAX},
	[CHECK_MRZ] = {"mrz", 0, 2, 2}
};

typedef struct ProfileField
{
	WlName		key;
	text	   *name;
	Format		format;
} ProfileField;

typedef struct Check
{
	CheckKind	kind;
	int			nfields;
	int		   *fields;			/* indexes of the profile's fields */
	double		factor;
	int			length;
	double		min;
	double		max;
	text	   *pattern;
} Check;

struct WlProfile
{
	int			nfields;
	ProfileField *fields;
	int			nchecks;
	Check	   *checks;
	double		threshold;
};

/* The text of a field's value; data is NULL where the field is missing. */
typedef struct FieldText
{
	const char *data;
	uint32		length;
} FieldText;

/*
 * Parsing
 */

pg_noreturn static void
refuse_rules(const char *key, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("rules are malformed at \"%s\": %s", key, problem)));
}

pg_noreturn static void
refuse_check(int i, const char *key, const char *problem)
{
	refuse_rules(key == NULL ? psprintf("checks[%d]", i) :
				 psprintf("checks[%d].%s", i, key), problem);
}

static bool
key_is(const WlName *key, const char *name)
{
	return key->length == strlen(name) && memcmp(key->name, name, key->length) == 0;
}

static bool
string_is(const JsonbValue *value, const char *name)
{
	return value->type == jbvString && value->val.string.len == strlen(name) &&
		memcmp(value->val.string.val, name, value->val.string.len) == 0;
}

static bool
get_key(JsonbContainer *object, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), value) != NULL;
}

/* A number as a double; beyond a double's range it is infinite. */
static double
get_double(const JsonbValue *value)
{
	return wl_number(value->val.numeric);
}

static bool
get_fraction(const JsonbValue *value, double *result)
{
	if (value->type != jbvNumeric)
		return false;
	*result = get_double(value);
	return wl_is_fraction(*result);
}

static Format
parse_format(const WlName *key, const JsonbValue *value)
{
	if (value->type == jbvNull)
		return FORMAT_ANY;
	for (int f = FORMAT_DATE; f < lengthof(formats); f++)
		if (string_is(value, formats[f].name))
			return f;
	refuse_rules(psprintf("fields.%s", pnstrdup(key->name, key->length)),
				 "the formats are null, \"date\", \"number\" and \"alphanumeric\"");
}

static void
parse_fields(WlProfile *profile, JsonbContainer *rules)
{
	JsonbValue	value;
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;

	if (!get_key(rules, "fields", &value))
		refuse_rules("fields", "it is missing");
	if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
		refuse_rules("fields", "it must be an object");
	object = value.val.binary.data;
	if (JsonContainerSize(object) == 0)
		refuse_rules("fields", "it must name at least one field");
	profile->fields = palloc(JsonContainerSize(object) * sizeof(ProfileField));
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		ProfileField *field = &profile->fields[profile->nfields++];

		CHECK_FOR_INTERRUPTS();
		getKeyJsonValueFromContainer(object, key.name, key.length, &value);
		field->format = parse_format(&key, &value);
		field->name = cstring_to_text_with_len(key.name, key.length);
		field->key.name = VARDATA(field->name);
		field->key.length = key.length;
	}
}

/* named_by: of each of the profile's fields the last check that names it, from 1 */
static void
parse_check_fields(const WlProfile *profile, Check *check, int i, JsonbContainer *object,
				   int *named_by)
{
	JsonbValue	value;
	JsonbContainer *array;
	int			n;

	if (!get_key(object, "fields", &value))
		refuse_check(i, "fields", "it is missing");
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		refuse_check(i, "fields", "it must be an array of names");
	array = value.val.binary.data;
	n = JsonContainerSize(array);
	if (n < checks[check->kind].least || n > checks[check->kind].most)
		refuse_check(i, "fields",
					 check->kind == CHECK_MRZ ? "it must name the two lines" :
					 check->kind == CHECK_ORDERED ? "it must name at least two fields" :
					 "it must name at least one field");
	check->fields = palloc(n * sizeof(int));
	for (int k = 0; k < n; k++)
	{
		JsonbValue *name = getIthJsonbValueFromContainer(array, k);
		ProfileField *field;
		ProfileField wanted;

		CHECK_FOR_INTERRUPTS();
		if (name->type != jbvString)
			refuse_check(i, psprintf("fields[%d]", k), "it must be a string");
		wanted.key.name = name->val.string.val;
		wanted.key.length = name->val.string.len;
		StaticAssertStmt(offsetof(ProfileField, key) == 0, "fields are compared by their keys");
		field = bsearch(&wanted, profile->fields, profile->nfields,
						sizeof(ProfileField), wl_compare_keys);
		if (field == NULL)
			refuse_check(i, psprintf("fields[%d]", k), "it is none of the profile's fields");
		check->fields[k] = field - profile->fields;
		if (named_by[check->fields[k]] == i + 1)
			refuse_check(i, psprintf("fields[%d]", k), "the field is named twice");
		named_by[check->fields[k]] = i + 1;
	}
	check->nfields = n;
}

/* A pattern that does not compile is refused before any document meets it. */
static void
check_pattern(int i, const text *pattern)
{
	int			length = VARSIZE_ANY_EXHDR(pattern);
	pg_wchar   *wide = palloc((length + 1) * sizeof(pg_wchar));
	regex_t		regex;
	int			code;
	char		problem[100];

	length = pg_mb2wchar_with_len(VARDATA_ANY(pattern), wide, length);
	code = pg_regcomp(&regex, wide, length, PATTERN_FLAGS, C_COLLATION_OID);
	pfree(wide);
	if (code == REG_OKAY)
	{
		pg_regfree(&regex);
		return;
	}
	CHECK_FOR_INTERRUPTS();		/* 15 gives up compiling when cancelled */
	pg_regerror(code, &regex, problem, sizeof(problem));
	refuse_check(i, "pattern", problem);
}

static void
parse_check_keys(Check *check, int i, JsonbContainer *object)
{
	static const struct
	{
		const char *name;
		int			bit;
	}			own[] = {
		{"length", KEY_LENGTH}, {"min", KEY_MIN}, {"max", KEY_MAX}, {"pattern", KEY_PATTERN}
	};
	WlKeys		keys;
	WlName		key;
	JsonbValue	value;
	double		number;
	int			seen = 0;

	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		int			bit = 0;
		const char *name = pnstrdup(key.name, key.length);

		if (key_is(&key, "check") || key_is(&key, "fields"))
			continue;
		getKeyJsonValueFromContainer(object, key.name, key.length, &value);
		if (key_is(&key, "factor"))
		{
			if (!get_fraction(&value, &check->factor))
				refuse_check(i, name, "it must be a number between 0 and 1");
			continue;
		}
		for (int k = 0; k < lengthof(own); k++)
			if (key_is(&key, own[k].name))
				bit = own[k].bit;
		if ((checks[check->kind].keys & bit) == 0)
			refuse_check(i, name, psprintf("a check \"%s\" has no such key", checks[check->kind].name));
		seen |= bit;
		if (bit == KEY_PATTERN)
		{
			if (value.type != jbvString)
				refuse_check(i, name, "it must be a string");
			check->pattern = cstring_to_text_with_len(value.val.string.val, value.val.string.len);
			check_pattern(i, check->pattern);
			continue;
		}
		if (value.type != jbvNumeric || !isfinite(number = get_double(&value)))
			refuse_check(i, name, "it must be a number");
		if (bit == KEY_MIN)
			check->min = number;
		else if (bit == KEY_MAX)
			check->max = number;
		else if (number >= 0 && number <= MaxAllocSize && number == floor(number))
			check->length = (int) number;
		else
			refuse_check(i, name, "it must be a whole number of characters");
	}
	if (check->kind == CHECK_LENGTH && seen == 0)
		refuse_check(i, "length", "it is missing");
	if (check->kind == CHECK_PATTERN && seen == 0)
		refuse_check(i, "pattern", "it is missing");
	if (check->kind == CHECK_RANGE && seen == 0)
		refuse_check(i, "min", "a check \"range\" needs min or max");
	if (check->min > check->max)
		refuse_check(i, "min", "it must not be above max");
}

static void
parse_checks(WlProfile *profile, JsonbContainer *rules)
{
	JsonbValue	value;
	JsonbContainer *array;
	int		   *named_by;

	if (!get_key(rules, "checks", &value))
		return;
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		refuse_rules("checks", "it must be an array");
	array = value.val.binary.data;
	profile->nchecks = JsonContainerSize(array);
	profile->checks = palloc0(Max(profile->nchecks, 1) * sizeof(Check));
	named_by = palloc0(profile->nfields * sizeof(int));
	for (int i = 0; i < profile->nchecks; i++)
	{
		Check	   *check = &profile->checks[i];
		JsonbValue *item = getIthJsonbValueFromContainer(array, i);
		JsonbContainer *object;
		int			kind = 0;

		CHECK_FOR_INTERRUPTS();
		if (item->type != jbvBinary || !JsonContainerIsObject(item->val.binary.data))
			refuse_check(i, NULL, "it must be an object");
		object = item->val.binary.data;
		if (!get_key(object, "check", &value))
			refuse_check(i, "check", "it is missing");
		while (kind < lengthof(checks) && !string_is(&value, checks[kind].name))
			kind++;
		if (kind == lengthof(checks))
			refuse_check(i, "check", "the checks are \"ordered\", \"length\", \"range\", \"pattern\" and \"mrz\"");
		check->kind = kind;
		check->factor = DEFAULT_FACTOR;
		check->min = -get_float8_infinity();
		check->max = get_float8_infinity();
		parse_check_fields(profile, check, i, object, named_by);
		parse_check_keys(check, i, object);
	}
	pfree(named_by);
}

WlProfile  *
wl_parse_profile(Jsonb *rules)
{
	WlProfile  *profile = palloc0(sizeof(WlProfile));
	JsonbContainer *root = &rules->root;
	WlKeys		keys;
	WlName		key;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(rules))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rules must be an object")));
	wl_keys_begin(&keys, root);
	while (wl_keys_next(&keys, &key))
		if (!key_is(&key, "fields") && !key_is(&key, "checks") && !key_is(&key, "threshold"))
			refuse_rules(pnstrdup(key.name, key.length),
						 "the keys are \"fields\", \"checks\" and \"threshold\"");
	profile->threshold = WL_DEFAULT_THRESHOLD;
	if (get_key(root, "threshold", &value) && !get_fraction(&value, &profile->threshold))
		refuse_rules("threshold", "it must be a number between 0 and 1");
	parse_fields(profile, root);
	parse_checks(profile, root);
	return profile;
}

double
wl_profile_threshold(const WlProfile *profile)
{
	return profile->threshold;
}

/*
 * Formats
 */

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ^\d{4}-\d{2}-\d{2}$ */
static bool
is_date(const FieldText *t)
{
	if (t->length != DATE_LENGTH)
		return false;
	for (int i = 0; i < DATE_LENGTH; i++)
		if (i == 4 || i == 7 ? t->data[i] != '-' : !is_digit(t->data[i]))
			return false;
	return true;
}

/*
 * Commas removed, then ^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$. Where `value` is given
 * it receives the number.
 */
static bool
is_number(const FieldText *t, double *value)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	bool		sign = false;
	bool		point = false;
	bool		closed = false; /* white space behind the number */
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
		if (is_digit(*p))
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

/* [A-Z0-9]+, any case */
static bool
is_alphanumeric(const FieldText *t)
{
	for (uint32 i = 0; i < t->length; i++)
		if (!is_digit(t->data[i]) &&
			!(t->data[i] >= 'A' && t->data[i] <= 'Z') && !(t->data[i] >= 'a' && t->data[i] <= 'z'))
			return false;
	return t->length > 0;
}

static double
format_effect(Format format, const FieldText *t)
{
	bool		match;

	switch (format)
	{
		case FORMAT_DATE:
			match = is_date(t);
			break;
		case FORMAT_NUMBER:
			match = is_number(t, NULL);
			break;
		case FORMAT_ALPHANUMERIC:
			match = is_alphanumeric(t);
			break;
		default:
			return 0.0;
	}
	return match ? formats[format].match : formats[format].mismatch;
}

/* Is the text, trimmed, shorter than two characters? It is not blank. */
static bool
is_short(const FieldText *t)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	const unsigned char *first = NULL;
	bool		utf8;
	int			space;

	/* the common case at once: two printable ASCII characters */
	if (t->length >= 2 && p[0] > ' ' && p[0] < 0x80 && p[1] > ' ' && p[1] < 0x80)
		return false;
	utf8 = GetDatabaseEncoding() == PG_UTF8;
	while (p < end)
	{
		if ((space = wl_space_length(p, end, utf8)) > 0)
		{
			p += space;
			continue;
		}
		if (first != NULL)
			return false;		/* a second one, whatever is between them */
		first = p;
		p += pg_mblen((const char *) p);
	}
	return true;
}

/*
 * Rule 3, in characters. In a database that is not UTF-8 every script is latin.
 */
static WlScript
detect_script(const FieldText *texts, int n)
{
	int64		counts[WL_SCRIPT_UNKNOWN] = {0};
	int64		total = 0;
	WlScript	best = WL_SCRIPT_ARABIC;

	if (GetDatabaseEncoding() != PG_UTF8)
		return WL_SCRIPT_LATIN;
	for (int i = 0; i < n; i++)
	{
		const unsigned char *p = (const unsigned char *) texts[i].data;
		const unsigned char *end = p + texts[i].length;

		while (p < end)
		{
			pg_wchar	c;

			total++;
			if (*p < 0x80)
			{
				counts[WL_SCRIPT_LATIN] += *p++ >= 0x20;
				continue;
			}
			c = utf8_to_unicode(p);
			p += pg_utf_mblen(p);
			if (c <= 0x24F)
				counts[WL_SCRIPT_LATIN]++;
			else if (c >= 0x600 && c <= 0x6FF)
				counts[WL_SCRIPT_ARABIC]++;
			else if (c >= 0x4E00 && c <= 0x9FFF)
				counts[WL_SCRIPT_CJK]++;
		}
	}
	for (int s = WL_SCRIPT_CJK; s <= WL_SCRIPT_LATIN; s++)
		if (counts[s] > counts[best])
			best = s;
	return counts[best] * 10 > total ? best : WL_SCRIPT_LATIN;
}

/*
 * Machine-readable zone, ICAO 9303 part 4 (TD3)
 */

/* What a character counts in a check digit, or -1: 0-9, A = 10 to Z = 35, < = 0. */
static int
mrz_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c == '<' ? 0 : -1;
}

static bool
is_mrz_line(const FieldText *t)
{
	if (t->length != MRZ_LENGTH)
		return false;
	for (int i = 0; i < MRZ_LENGTH; i++)
		if (mrz_value(t->data[i]) < 0)
			return false;
	return true;
}

/* The weighted sum of line[from..to], whose first weight is that of `place`. */
static int
mrz_sum(const char *line, int from, int to, int place)
{
	static const int weights[] = {7, 3, 1};
	int			sum = 0;

	for (int i = from; i <= to; i++)
		sum += mrz_value(line[i]) * weights[(place + i - from) % 3];
	return sum;
}

/* Nothing but fillers? The line is not the end of its text: no strspn. */
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
	return is_digit(line[digit]) && sum % 10 == line[digit] - '0';
}

/*
 * Document number 1-9, birth 14-19, expiry 22-27, personal number 29-42, each
 * followed by its digit, and the composite 44 over them all, digits included. An
 * empty personal number may have < for its digit.
 */
static bool
mrz_holds(const FieldText *line1, const FieldText *line2)
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

/*
 * Checks
 */

static void
fail(WlDocumentScore *score, int field, double factor)
{
	score->scores[field] *= factor;
	score->unmultiplied[field] *= factor;
}

static void
apply_ordered(const Check *check, const FieldText *texts, WlDocumentScore *score)
{
	int			previous = -1;

	for (int k = 0; k < check->nfields; k++)
	{
		int			field = check->fields[k];

		if (texts[field].data == NULL || !is_date(&texts[field]))
			continue;
		if (previous >= 0 &&
			memcmp(texts[previous].data, texts[field].data, DATE_LENGTH) >= 0)
		{
			fail(score, previous, check->factor);
			fail(score, field, check->factor);
		}
		previous = field;
	}
}

static void
apply_mrz(const Check *check, const FieldText *texts, WlDocumentScore *score)
{
	int			line1 = check->fields[0];
	int			line2 = check->fields[1];

	if (texts[line1].data != NULL && texts[line2].data != NULL &&
		!mrz_holds(&texts[line1], &texts[line2]))
	{
		fail(score, line1, check->factor);
		fail(score, line2, check->factor);
	}
}

/* What a check of single fields multiplies a field with: 1 where it holds. */
static double
single_factor(const Check *check, const FieldText *t)
{
	double		number;

	switch (check->kind)
	{
		case CHECK_LENGTH:
			return pg_mbstrlen_with_len(t->data, t->length) == check->length ? 1.0 : check->factor;
		case CHECK_RANGE:
			if (!is_number(t, &number))
				return NOT_A_NUMBER_FACTOR;
			return number >= check->min && number <= check->max ? 1.0 : check->factor;
		case CHECK_PATTERN:
			return RE_compile_and_execute(check->pattern, unconstify(char *, t->data), t->length,
										  PATTERN_FLAGS, C_COLLATION_OID, 0, NULL) ?
				1.0 : check->factor;
		default:
			elog(ERROR, "check %d is not one of single fields", (int) check->kind);
	}
}

static void
apply_single(const Check *check, const FieldText *texts, WlDocumentScore *score)
{
	for (int k = 0; k < check->nfields; k++)
	{
		int			field = check->fields[k];

		CHECK_FOR_INTERRUPTS();
		if (texts[field].data != NULL)
			fail(score, field, single_factor(check, &texts[field]));
	}
}

static void
apply_checks(const WlProfile *profile, const FieldText *texts, WlDocumentScore *score)
{
	for (int i = 0; i < profile->nchecks; i++)
	{
		const Check *check = &profile->checks[i];

		CHECK_FOR_INTERRUPTS();
		if (check->kind == CHECK_ORDERED)
			apply_ordered(check, texts, score);
		else if (check->kind == CHECK_MRZ)
			apply_mrz(check, texts, score);
		else
			apply_single(check, texts, score);
	}
}

/*
 * Documents
 */

/* A key, or a leaf, in the text of what it is in. */
static void
append_leaf(StringInfo buf, const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			appendStringInfoString(buf, "null");
			break;
		case jbvBool:
			appendStringInfoString(buf, v->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			appendStringInfoString(buf, DatumGetCString(DirectFunctionCall1(numeric_out,
																			NumericGetDatum(v->val.numeric))));
			break;
		case jbvString:
			escape_json(buf, pnstrdup(v->val.string.val,
									  pg_mbcliplen(v->val.string.val, v->val.string.len, CONTAINER_TEXT)));
			break;
		default:
			elog(ERROR, "type %d is no leaf", (int) v->type);
	}
}

/*
 * The text of an object or array, as ->> has it, to about CONTAINER_TEXT bytes: a
 * few kilobytes of numbers like 1e131000 would fill all memory, and no row may
 * be fatal to a load. None of the formats, and no check but a pattern, could
 * tell the rest.
 */
static char *
container_text(JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	v;
	bool		first = true;	/* nothing that a comma would follow */
	StringInfoData buf;

	initStringInfo(&buf);
	while (buf.len < CONTAINER_TEXT && (token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		bool		opens = token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT;

		CHECK_FOR_INTERRUPTS();
		if (!first && (opens || token == WJB_KEY || token == WJB_ELEM))
			appendStringInfoString(&buf, ", ");
		first = opens || token == WJB_KEY;
		if (opens)
			appendStringInfoChar(&buf, token == WJB_BEGIN_ARRAY ? '[' : '{');
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			appendStringInfoChar(&buf, token == WJB_END_ARRAY ? ']' : '}');
		else
			append_leaf(&buf, &v);
		if (token == WJB_KEY)
			appendStringInfoString(&buf, ": ");
	}
	return buf.data;
}

/* The text of a value, as ->> has it; none where it does not count. */
static FieldText
text_of(const WlValue *value)
{
	FieldText	t = {NULL, 0};

	if (wl_count_value(value) == 0)
		return t;
	t.data = value->data;
	t.length = value->length;
	if (JBE_ISSTRING(value->entry))
		return t;
	if (JBE_ISNUMERIC(value->entry))
		t.data = DatumGetCString(DirectFunctionCall1(numeric_out, PointerGetDatum(value->data)));
	else if (JBE_ISBOOL(value->entry))
		t.data = JBE_ISBOOL_TRUE(value->entry) ? "true" : "false";
	else
		t.data = container_text((JsonbContainer *) value->data);
	t.length = strlen(t.data);
	return t;
}

static void
get_texts(const WlProfile *profile, const JsonbContainer *fields, FieldText *texts)
{
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		value;
	int			i = 0;

	memset(texts, 0, profile->nfields * sizeof(FieldText));
	if (fields == NULL || !JsonContainerIsObject(fields))
		return;
	wl_keys_begin(&keys, fields);
	wl_values_begin(&values, fields);
	while (i < profile->nfields && wl_keys_next(&keys, &key) && wl_values_next(&values, &value))
	{
		int			order = -1;

		CHECK_FOR_INTERRUPTS();
		while (i < profile->nfields && (order = wl_compare_keys(&profile->fields[i].key, &key)) < 0)
			i++;
		if (order == 0)
			texts[i++] = text_of(&value);
	}
}

/*
 * What the engine says of each field, into *start, where it says something.
 * Returns the name of a field that is present and has no confidence, or NULL.
 */
static const char *
get_starts(const WlProfile *profile, JsonbContainer *confidence,
		   const FieldText *texts, double *start)
{
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		value;
	int			i = 0;

	if (wl_is_json_null(confidence))
		return NULL;
	if (!JsonContainerIsObject(confidence))
		return "";
	wl_keys_begin(&keys, confidence);
	wl_values_begin(&values, confidence);
	while (i < profile->nfields && wl_keys_next(&keys, &key) && wl_values_next(&values, &value))
	{
		int			order = -1;

		CHECK_FOR_INTERRUPTS();
		while (i < profile->nfields && (order = wl_compare_keys(&profile->fields[i].key, &key)) < 0)
			i++;
		if (order != 0)
			continue;
		if (texts[i].data != NULL && !JBE_ISNULL(value.entry))
		{
			if (!JBE_ISNUMERIC(value.entry))
				return text_to_cstring(profile->fields[i].name);
			start[i] = wl_number((Numeric) value.data);
			if (!wl_is_fraction(start[i]))
				return text_to_cstring(profile->fields[i].name);
		}
		i++;
	}
	return NULL;
}

static double
clamp(double x)
{
	return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

const char *
wl_score_document(const WlProfile *profile, JsonbContainer *fields,
				  JsonbContainer *confidence, WlScript script, WlDocumentScore *score)
{
	int			n = profile->nfields;
	FieldText  *texts = palloc(n * sizeof(FieldText));
	const char *bad = NULL;
	double		sum = 0.0;

	score->scores = palloc(2 * n * sizeof(double));
	score->unmultiplied = score->scores + n;
	score->overall = 0.0;
	score->num_fields = 0;
	get_texts(profile, fields, texts);
	for (int i = 0; i < n; i++)
	{
		score->unmultiplied[i] = WL_DEFAULT_CONFIDENCE;
		score->num_fields += texts[i].data != NULL;
	}
	score->script = script == WL_SCRIPT_UNKNOWN ? detect_script(texts, n) : script;
	score->multiplier = wl_math_confidence_multiplier(score->num_fields);
	if (confidence != NULL)
		bad = get_starts(profile, confidence, texts, score->unmultiplied);
	if (bad != NULL)
	{
		memset(score->scores, 0, 2 * n * sizeof(double));
		return bad;
	}

	for (int i = 0; i < n; i++)
	{
		double		x;

		CHECK_FOR_INTERRUPTS();
		if (texts[i].data == NULL)
		{
			score->unmultiplied[i] = score->scores[i] = 0.0;
			continue;
		}
		x = score->unmultiplied[i] + format_effect(profile->fields[i].format, &texts[i]) +
			scripts[score->script].effect - (is_short(&texts[i]) ? 0.10 : 0.0);
		score->scores[i] = clamp(x * score->multiplier);
		score->unmultiplied[i] = clamp(x);
	}
	apply_checks(profile, texts, score);
	for (int i = 0; i < n; i++)
		sum += score->scores[i];
	score->overall = sum / n;
	return NULL;
}

Datum
wl_review_names(const WlProfile *profile, const WlDocumentScore *score, double threshold)
{
	Datum	   *names = palloc(profile->nfields * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < profile->nfields; i++)
		if (wl_is_below(score->unmultiplied[i], threshold))
			names[n++] = PointerGetDatum(profile->fields[i].name);
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * williams_score_fields
 */

/* How many different rules a query may alternate between without parsing them again. */
#define CACHE_SIZE	8

typedef struct CachedRules
{
	struct varlena *bytes;		/* as they came: short, compressed or plain */
	WlProfile  *profile;
	MemoryContext context;
} CachedRules;

typedef struct ScoreFieldsState
{
	TupleDesc	desc;
	int			used;
	int			next;			/* the entry that is replaced next */
	CachedRules rules[CACHE_SIZE];
} ScoreFieldsState;

static ScoreFieldsState *
get_state(FunctionCallInfo fcinfo)
{
	ScoreFieldsState *state = fcinfo->flinfo->fn_extra;
	MemoryContext old;
	TupleDesc	desc;

	if (state != NULL)
		return state;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (desc->natts != 6)
		elog(ERROR, "result has %d columns where the library makes 6", desc->natts);
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	state = palloc0(sizeof(ScoreFieldsState));
	state->desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = state;
	return state;
}

static WlProfile *
get_profile(FunctionCallInfo fcinfo, ScoreFieldsState *state, struct varlena *bytes)
{
	Size		size = VARSIZE_ANY(bytes);
	CachedRules *entry;
	CachedRules parsed;
	MemoryContext old;

	/* what is stored out of line is known by its content alone */
	if (VARATT_IS_EXTERNAL(bytes))
	{
		bytes = (struct varlena *) PG_DETOAST_DATUM(PointerGetDatum(bytes));
		size = VARSIZE(bytes);
	}
	for (int i = 0; i < state->used; i++)
	{
		entry = &state->rules[i];
		if (VARSIZE_ANY(entry->bytes) == size && memcmp(entry->bytes, bytes, size) == 0)
			return entry->profile;
	}

	parsed.context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "williams rules",
										   ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(parsed.context);
	parsed.bytes = memcpy(palloc(size), bytes, size);
	parsed.profile = wl_parse_profile((Jsonb *) PG_DETOAST_DATUM(PointerGetDatum(parsed.bytes)));
	MemoryContextSwitchTo(old);
	entry = &state->rules[state->next];
	if (state->used < CACHE_SIZE)
		state->used++;
	else
		MemoryContextDelete(entry->context);
	*entry = parsed;
	state->next = (state->next + 1) % CACHE_SIZE;
	return parsed.profile;
}

static WlScript
parse_script(const text *script)
{
	for (int s = 0; s < WL_SCRIPT_UNKNOWN; s++)
		if (VARSIZE_ANY_EXHDR(script) == strlen(scripts[s].name) &&
			memcmp(VARDATA_ANY(script), scripts[s].name, strlen(scripts[s].name)) == 0)
			return s;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown script: \"%s\"", text_to_cstring(script)),
			 errhint("The scripts are \"arabic\", \"cjk\" and \"latin\"; NULL has it detected.")));
}

/*
 * A score in [0, 1] as a numeric of at most 15 decimals, which is what a cast
 * from float8 keeps too, at a fraction of its cost.
 */
static Numeric
score_numeric(double score)
{
	char		digits[20] = "0.";
	int64		value = (int64) rint(score * 1e15);
	int			length = 17;

	if (value >= INT64CONST(1000000000000000))
		strcpy(digits, "1");
	else if (value == 0)
		strcpy(digits, "0");
	else
	{
		for (; value % 10 == 0; value /= 10)
			length--;
		digits[length] = '\0';
		while (length > 2)
		{
			digits[--length] = '0' + value % 10;
			value /= 10;
		}
	}
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* name -> score; the profile's fields are in jsonb's order of keys already */
static Jsonb *
scores_object(const WlProfile *profile, const double *scores)
{
	JsonbValue	object = {.type = jbvObject};
	JsonbPair  *pairs = palloc(profile->nfields * sizeof(JsonbPair));

	for (int i = 0; i < profile->nfields; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pairs[i].key.type = jbvString;
		pairs[i].key.val.string.val = unconstify(char *, profile->fields[i].key.name);
		pairs[i].key.val.string.len = profile->fields[i].key.length;
		pairs[i].value.type = jbvNumeric;
		pairs[i].value.val.numeric = score_numeric(scores[i]);
		pairs[i].order = i;
	}
	object.val.object.nPairs = profile->nfields;
	object.val.object.pairs = pairs;
	return JsonbValueToJsonb(&object);
}

PG_FUNCTION_INFO_V1(wl_score_fields);
Datum
wl_score_fields(PG_FUNCTION_ARGS)
{
	ScoreFieldsState *state;
	WlProfile  *profile;
	WlDocumentScore score;
	Jsonb	   *fields = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
	Jsonb	   *confidence = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	WlScript	script = PG_ARGISNULL(3) ? WL_SCRIPT_UNKNOWN : parse_script(PG_GETARG_TEXT_PP(3));
	const char *bad;
	Datum		values[6];
	bool		nulls[6] = {0};

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	state = get_state(fcinfo);
	profile = get_profile(fcinfo, state, (struct varlena *) PG_GETARG_POINTER(1));
	bad = wl_score_document(profile, fields == NULL ? NULL : &fields->root,
							confidence == NULL ? NULL : &confidence->root, script, &score);
	if (bad != NULL && *bad == '\0' && !JB_ROOT_IS_OBJECT(confidence))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be an object")));
	if (bad != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence of field \"%s\" must be a number between 0 and 1", bad)));
	values[0] = Float8GetDatum(score.overall);
	values[1] = Float8GetDatum(score.multiplier);
	values[2] = Int64GetDatum(score.num_fields);
	values[3] = CStringGetTextDatum(scripts[score.script].name);
	values[4] = wl_review_names(profile, &score, profile->threshold);
	values[5] = JsonbPGetDatum(scores_object(profile, score.scores));
	return HeapTupleGetDatum(heap_form_tuple(state->desc, values, nulls));
}

/*
 * The table williams_profile
 */

enum
{
	PROFILE_NAME = 1, PROFILE_RULES
};

/* Anybody may use the function in a trigger on a table of his own. */
static void
check_profile_call(FunctionCallInfo fcinfo)
{
	static const Oid types[] = {TEXTOID, JSONBOID};
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	bool		right = CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
	TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && !TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) &&
	RelationGetDescr(trigdata->tg_relation)->natts >= lengthof(types);

	for (int i = 0; right && i < lengthof(types); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(trigdata->tg_relation), i);

		right = !att->attisdropped && att->atttypid == types[i];
	}
	if (!right)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_check_profile is for the table williams_profile alone")));
}

/* BEFORE trigger of williams_profile: what is stored is well formed. */
PG_FUNCTION_INFO_V1(wl_check_profile);
Datum
wl_check_profile(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	row;
	bool		isnull;
	Datum		rules;

	check_profile_call(fcinfo);
	row = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? trigdata->tg_trigtuple : trigdata->tg_newtuple;
	rules = heap_getattr(row, PROFILE_RULES, RelationGetDescr(trigdata->tg_relation), &isnull);
	if (!isnull)
		wl_parse_profile(DatumGetJsonbP(rules));
	return PointerGetDatum(row);
}
