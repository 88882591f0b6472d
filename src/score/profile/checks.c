/*
 * checks.c
 *		The checks of a profile: rule 5.
 *
 * A check is an entry of the table check_types: its name, its own keys, the
 * number of its fields, and the functions that parse and apply it. Its place in the
 * table is its reason. To add a check, add an entry. Every check also has the keys
 * "check", "fields" and "factor"; the default of factor is 0.5.
 *
 * A field that fails a check has its score multiplied by the check's factor. A
 * check of single fields looks at each field by itself and decides its outcome; the
 * other checks compare fields, and all those compared fail together. Missing fields
 * are not checked. The text is checked as it is, white space included.
 *
 * The result is IMMUTABLE: patterns are matched under the collation "C", which no
 * operating system changes, and the database's encoding, which decides what a
 * character is, cannot change.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "score/names.h"
#include "score/profile/rules.h"

#define DEFAULT_FACTOR		0.5
#define NOT_A_NUMBER_FACTOR	0.5
#define PATTERN_FLAGS		(REG_ADVANCED | REG_NOSUB)

typedef struct CheckType CheckType;

struct WlCheck
{
	const CheckType *type;
	int			index;			/* of the check in the profile, for messages */
	int			nfields;
	int		   *fields;			/* indexes of the profile's fields */
	double		factor;

	/* the values of own keys */
	int			length;
	double		min;
	double		max;
	text	   *pattern;
};

typedef struct CheckKey
{
	const char *name;
	void		(*parse) (WlCheck *check, const char *key, const JsonbValue *value);
} CheckKey;

struct CheckType
{
	const char *name;
	int			nkeys;
	const CheckKey *keys;		/* its own keys; at least one is required */
	int			min_fields;
	int			max_fields;
	const char *fields_problem; /* the message if there are fewer or more */
	void		(*validate) (const WlCheck *check); /* may be NULL */

	/*
	 * One of the two. A check of single fields returns whether a field fails;
	 * it may change the factor. A check between fields calls fail() itself.
	 */
	bool		(*fails) (const WlCheck *check, const WlFieldText *t, double *factor);
	void		(*compare) (const WlCheck *check, WlFieldScore *fields);
};

/* key is NULL if the check as a whole is malformed. */
pg_noreturn static void
refuse_check(int index, const char *key, const char *problem)
{
	wl_refuse_rules(key == NULL ? psprintf("checks[%d]", index) :
					psprintf("checks[%d].%s", index, key), problem, NULL);
}

/* A field fails a check between fields. */
static void fail(const WlCheck *check, WlFieldScore *field);

static double
parse_number(const WlCheck *check, const char *key, const JsonbValue *value)
{
	double		number = 0.0;

	if (value->type != jbvNumeric || !isfinite(number = wl_number(value->val.numeric)))
		refuse_check(check->index, key, "it must be a number");
	return number;
}

/*
 * "ordered": each date is earlier than the next one. Fields that are missing or
 * are not dates are left out; rule 2 deals with the latter. Equal dates are out
 * of order. A field that is out of order with both its neighbours is multiplied
 * twice.
 */
static void
compare_ordered(const WlCheck *check, WlFieldScore *fields)
{
	WlFieldScore *previous = NULL;

	for (int k = 0; k < check->nfields; k++)
	{
		WlFieldScore *field = &fields[check->fields[k]];

		if (field->text.data == NULL || !wl_is_date(&field->text))
			continue;
		if (previous != NULL &&
			memcmp(previous->text.data, field->text.data, WL_DATE_LENGTH) >= 0)
		{
			fail(check, previous);
			fail(check, field);
		}
		previous = field;
	}
}

/* "length": a field has exactly so many characters. */
static void
parse_length(WlCheck *check, const char *key, const JsonbValue *value)
{
	double		number = parse_number(check, key, value);

	if (!(number >= 0 && number <= MaxAllocSize && number == floor(number)))
		refuse_check(check->index, key, "it must be a whole number of characters");
	check->length = (int) number;
}

static bool
fails_length(const WlCheck *check, const WlFieldText *t, double *factor)
{
	return pg_mbstrlen_with_len(t->data, t->length) != check->length;
}

/*
 * "range": a field is a number from min to max, both included. What is not a
 * number is multiplied by 0.5, whatever the factor.
 */
static void
parse_min(WlCheck *check, const char *key, const JsonbValue *value)
{
	check->min = parse_number(check, key, value);
}

static void
parse_max(WlCheck *check, const char *key, const JsonbValue *value)
{
	check->max = parse_number(check, key, value);
}

static void
validate_range(const WlCheck *check)
{
	if (check->min > check->max)
		refuse_check(check->index, "min", "it must not be greater than \"max\"");
}

static bool
fails_range(const WlCheck *check, const WlFieldText *t, double *factor)
{
	double		number;

	if (!wl_is_number(t, &number))
	{
		*factor = NOT_A_NUMBER_FACTOR;
		return true;
	}
	return !(number >= check->min && number <= check->max);
}

/*
 * "pattern": a regular expression matches somewhere in a field. One that does
 * not compile is refused before any document meets it.
 */
static void
parse_pattern(WlCheck *check, const char *key, const JsonbValue *value)
{
	pg_wchar   *wide;
	regex_t		regex;
	int			length;
	int			code;
	char		problem[100];

	if (value->type != jbvString)
		refuse_check(check->index, key, "it must be a string");
	length = value->val.string.len;
	check->pattern = cstring_to_text_with_len(value->val.string.val, length);
	wide = palloc((length + 1) * sizeof(pg_wchar));
	length = pg_mb2wchar_with_len(value->val.string.val, wide, length);
	code = pg_regcomp(&regex, wide, length, PATTERN_FLAGS, C_COLLATION_OID);
	pfree(wide);
	if (code == REG_OKAY)
	{
		pg_regfree(&regex);
		return;
	}
	CHECK_FOR_INTERRUPTS();		/* 15 gives up compiling when cancelled */
	pg_regerror(code, &regex, problem, sizeof(problem));
	refuse_check(check->index, key, problem);
}

static bool
fails_pattern(const WlCheck *check, const WlFieldText *t, double *factor)
{
	return !RE_compile_and_execute(check->pattern, unconstify(char *, t->data), t->length,
								   PATTERN_FLAGS, C_COLLATION_OID, 0, NULL);
}

/* "mrz": two fields are the lines of a passport. It needs both of them. */
static void
compare_mrz(const WlCheck *check, WlFieldScore *fields)
{
	WlFieldScore *line1 = &fields[check->fields[0]];
	WlFieldScore *line2 = &fields[check->fields[1]];

	if (line1->text.data != NULL && line2->text.data != NULL &&
		!wl_mrz_holds(&line1->text, &line2->text))
	{
		fail(check, line1);
		fail(check, line2);
	}
}

static const CheckKey length_keys[] = {{"length", parse_length}};
static const CheckKey range_keys[] = {{"min", parse_min}, {"max", parse_max}};
static const CheckKey pattern_keys[] = {{"pattern", parse_pattern}};

static const CheckType check_types[] = {
	{
		.name = "ordered",
		.min_fields = 2,
		.max_fields = PG_INT32_MAX,
		.fields_problem = "it must name at least two fields",
		.compare = compare_ordered
	},
	{
		.name = "length",
		.nkeys = lengthof(length_keys),
		.keys = length_keys,
		.min_fields = 1,
		.max_fields = PG_INT32_MAX,
		.fields_problem = "it must name at least one field",
		.fails = fails_length
	},
	{
		.name = "range",
		.nkeys = lengthof(range_keys),
		.keys = range_keys,
		.min_fields = 1,
		.max_fields = PG_INT32_MAX,
		.fields_problem = "it must name at least one field",
		.validate = validate_range,
		.fails = fails_range
	},
	{
		.name = "pattern",
		.nkeys = lengthof(pattern_keys),
		.keys = pattern_keys,
		.min_fields = 1,
		.max_fields = PG_INT32_MAX,
		.fields_problem = "it must name at least one field",
		.fails = fails_pattern
	},
	{
		.name = "mrz",
		.min_fields = 2,
		.max_fields = 2,
		.fields_problem = "it must name the two lines",
		.compare = compare_mrz
	}
};

int
wl_check_kinds(void)
{
	return lengthof(check_types);
}

const char *
wl_check_kind(int i)
{
	return check_types[i].name;
}

static uint32
reason_of(const WlCheck *check)
{
	StaticAssertStmt(WL_REASON_CHECKS + lengthof(check_types) <= 32, "a reason is a bit of a uint32");
	return WL_REASON_BIT(WL_REASON_CHECKS + (check->type - check_types));
}

static void
fail(const WlCheck *check, WlFieldScore *field)
{
	field->shared_factor *= check->factor;
	field->reasons |= reason_of(check);
}

static const CheckType *
parse_type(int index, JsonbContainer *object)
{
	JsonbValue	value;
	int			type = -1;

	if (!wl_get_key(object, "check", &value))
		refuse_check(index, "check", "it is missing");
	if (value.type == jbvString)
		type = wl_find_name(check_types, value.val.string.val, value.val.string.len);
	if (type < 0)
		wl_refuse_name(psprintf("checks[%d].check", index), "check", &value,
					   psprintf("The checks are %s.", wl_list_names(check_types)));
	return &check_types[type];
}

/* The index in the profile of the field that is the nth of a check. */
static int
parse_field(const WlProfile *profile, int index, int n, const JsonbValue *value)
{
	WlProfileField wanted;
	WlProfileField *field;

	if (value->type != jbvString)
		refuse_check(index, psprintf("fields[%d]", n), "it must be a string");
	wanted.key.name = value->val.string.val;
	wanted.key.length = value->val.string.len;
	StaticAssertStmt(offsetof(WlProfileField, key) == 0, "fields are compared by their keys");
	field = bsearch(&wanted, profile->fields, profile->nfields,
					sizeof(WlProfileField), wl_compare_keys);
	if (field == NULL)
		refuse_check(index, psprintf("fields[%d]", n), "it is not one of the profile's fields");
	return field - profile->fields;
}

/* named_by: for each of the profile's fields the last check that names it, counted from 1 */
static void
parse_check_fields(const WlProfile *profile, WlCheck *check, JsonbContainer *object, int *named_by)
{
	JsonbValue	value;
	JsonbContainer *array;
	int			n;

	if (!wl_get_key(object, "fields", &value))
		refuse_check(check->index, "fields", "it is missing");
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		refuse_check(check->index, "fields", "it must be an array of names");
	array = value.val.binary.data;
	n = JsonContainerSize(array);
	if (n < check->type->min_fields || n > check->type->max_fields)
		refuse_check(check->index, "fields", check->type->fields_problem);
	check->fields = palloc(n * sizeof(int));
	for (int k = 0; k < n; k++)
	{
		int			field = parse_field(profile, check->index, k,
										getIthJsonbValueFromContainer(array, k));

		CHECK_FOR_INTERRUPTS();
		if (named_by[field] == check->index + 1)
			refuse_check(check->index, psprintf("fields[%d]", k), "the field is named twice");
		named_by[field] = check->index + 1;
		check->fields[k] = field;
	}
	check->nfields = n;
}

static void
refuse_missing_key(const WlCheck *check)
{
	const CheckType *type = check->type;

	refuse_check(check->index, type->keys[0].name,
				 type->nkeys == 1 ? "it is missing" :
				 psprintf("check \"%s\" requires %s", type->name,
						  wl_list_names_in(type->keys, sizeof(CheckKey), type->nkeys, "or")));
}

/* All keys but "check" and "fields". */
static void
parse_check_keys(WlCheck *check, JsonbContainer *object)
{
	const CheckType *type = check->type;
	WlKeys		keys;
	WlName		key;
	JsonbValue	value;
	bool		has_own = false;

	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		char	   *name = pnstrdup(key.name, key.length);
		int			own;

		if (wl_key_is(&key, "check") || wl_key_is(&key, "fields"))
			continue;
		getKeyJsonValueFromContainer(object, key.name, key.length, &value);
		if (wl_key_is(&key, "factor"))
		{
			if (!wl_get_fraction(&value, &check->factor))
				refuse_check(check->index, name, "it must be a number between 0 and 1");
			continue;
		}
		own = wl_find_name_in(type->keys, sizeof(CheckKey), type->nkeys, key.name, key.length);
		if (own < 0)
			refuse_check(check->index, name,
						 psprintf("unknown key for check \"%s\"", type->name));
		type->keys[own].parse(check, name, &value);
		has_own = true;
	}
	if (type->nkeys > 0 && !has_own)
		refuse_missing_key(check);
	if (type->validate != NULL)
		type->validate(check);
}

static void
parse_check(const WlProfile *profile, WlCheck *check, int index, const JsonbValue *item,
			int *named_by)
{
	JsonbContainer *object;

	if (item->type != jbvBinary || !JsonContainerIsObject(item->val.binary.data))
		refuse_check(index, NULL, "it must be an object");
	object = item->val.binary.data;
	check->index = index;
	check->type = parse_type(index, object);
	check->factor = DEFAULT_FACTOR;
	check->min = -get_float8_infinity();
	check->max = get_float8_infinity();
	parse_check_fields(profile, check, object, named_by);
	parse_check_keys(check, object);
}

void
wl_parse_checks(WlProfile *profile, const JsonbValue *value)
{
	JsonbContainer *array;
	int		   *named_by;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		wl_refuse_rules("checks", "it must be an array", NULL);
	array = value->val.binary.data;
	profile->nchecks = JsonContainerSize(array);
	profile->checks = palloc0(Max(profile->nchecks, 1) * sizeof(WlCheck));
	named_by = palloc0(profile->nfields * sizeof(int));
	for (int i = 0; i < profile->nchecks; i++)
	{
		CHECK_FOR_INTERRUPTS();
		parse_check(profile, &profile->checks[i], i, getIthJsonbValueFromContainer(array, i),
					named_by);
	}
	pfree(named_by);
}

/* Apply a check of single fields. */
static void
apply_singly(const WlCheck *check, WlFieldScore *fields)
{
	for (int k = 0; k < check->nfields; k++)
	{
		WlFieldScore *field = &fields[check->fields[k]];
		double		factor = check->factor;

		CHECK_FOR_INTERRUPTS();
		if (field->text.data == NULL)
			continue;
		if (check->type->fails(check, &field->text, &factor))
		{
			field->own_factor *= factor;
			field->reasons |= reason_of(check);
			field->outcome = WL_OUTCOME_FAILED;
		}
		else if (field->outcome == WL_OUTCOME_NONE)
			field->outcome = WL_OUTCOME_PASSED;
	}
}

void
wl_apply_checks(const WlProfile *profile, bool single, WlFieldScore *fields)
{
	for (int i = 0; i < profile->nchecks; i++)
	{
		const WlCheck *check = &profile->checks[i];

		CHECK_FOR_INTERRUPTS();
		if (single != (check->type->fails != NULL))
			continue;
		if (single)
			apply_singly(check, fields);
		else
			check->type->compare(check, fields);
	}
}
