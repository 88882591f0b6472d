/*
 * trigger_arguments.c
 *		Parses the arguments of a trigger williams_score_ocr and resolves them against
 *		its table.
 *
 * Each argument is key=value. The keys, the types of the columns that they name
 * and what the trigger does with these columns are in one table. Inputs are
 * read before outputs are written. A column cannot serve two keys if one of them is
 * written: its value would compound from UPDATE to UPDATE.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/check.h"
#include "score/fields.h"
#include "score/names.h"
#include "score/trigger_arguments.h"

static const struct
{
	const char *name;
	WlTriggerRole role;
	Oid			type;			/* of the column, or of a domain's base type */
	Oid			other;			/* another type that will do, or InvalidOid */
}			keys[WL_TRIGGER_KEYS] = {
	[WL_KEY_FIELDS] = {"fields", WL_ROLE_INPUT, JSONBOID},
	[WL_KEY_ENGINE_CONFIDENCE] = {"engine_confidence", WL_ROLE_INPUT, JSONBOID},
	[WL_KEY_BASE] = {"base", WL_ROLE_INPUT, FLOAT8OID},
	[WL_KEY_BASE_VALUE] = {"base_value", WL_ROLE_NUMBER},
	[WL_KEY_PROFILE] = {"profile", WL_ROLE_PROFILE},
	[WL_KEY_PROFILE_COLUMN] = {"profile_column", WL_ROLE_INPUT, TEXTOID, VARCHAROID},
	[WL_KEY_THRESHOLD] = {"threshold", WL_ROLE_NUMBER},
	[WL_KEY_VERIFIED] = {"verified", WL_ROLE_BOTH, TEXTARRAYOID},
	[WL_KEY_SCORE] = {"score", WL_ROLE_OUTPUT, FLOAT8OID},
	[WL_KEY_CONFIDENCE] = {"confidence", WL_ROLE_OUTPUT, FLOAT8OID},
	[WL_KEY_MULTIPLIER] = {"multiplier", WL_ROLE_OUTPUT, FLOAT8OID},
	[WL_KEY_NUM_FIELDS] = {"num_fields", WL_ROLE_OUTPUT, INT4OID},
	[WL_KEY_SCORES] = {"scores", WL_ROLE_OUTPUT, JSONBOID},
	[WL_KEY_REVIEW] = {"review", WL_ROLE_OUTPUT, BOOLOID, TEXTARRAYOID},
	[WL_KEY_REASONS] = {"reasons", WL_ROLE_OUTPUT, JSONBOID},
	[WL_KEY_ACCEPTED] = {"accepted", WL_ROLE_OUTPUT, TEXTARRAYOID},
	[WL_KEY_PROFILE_VERSION] = {"profile_version", WL_ROLE_OUTPUT, INT8OID}
};

/* The key of a key=value argument; *value receives what follows the equals sign. */
static WlTriggerKey
parse_key(const char *trigger, const char *argument, const char **value)
{
	const char *equals = strchr(argument, '=');
	int			key;

	if (equals == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" of trigger \"%s\" is not of the form key=value",
						argument, trigger),
				 errhint("The keys are %s.", wl_list_names(keys))));
	key = wl_find_name(keys, argument, equals - argument);
	if (key < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in trigger \"%s\"",
						pnstrdup(argument, equals - argument), trigger),
				 errhint("The keys are %s.", wl_list_names(keys))));
	*value = equals + 1;
	return key;
}

static double
parse_number(const char *trigger, WlTriggerKey key, const char *value)
{
	char	   *end;
	double		number;

	errno = 0;
	number = strtod(value, &end);
	if (strspn(value, "0123456789.eE+-") != strlen(value) || end == value || *end != '\0' ||
		errno != 0 || !wl_is_fraction(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" of trigger \"%s\" must be a number between 0 and 1, not \"%s\"",
						keys[key].name, trigger, value)));
	return number;
}

static Form_pg_attribute
find_column(Relation rel, const char *trigger, WlTriggerKey key, const char *name)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), name) == 0)
			return att;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" for \"%s\" of trigger \"%s\" does not exist in table \"%s\"",
					name, keys[key].name, trigger, RelationGetRelationName(rel)),
			 errhint("The name must match exactly, in case and spaces too. If the column was renamed, create the trigger again."),
			 errtable(rel)));
}

static void
resolve_column(Relation rel, const char *trigger, WlTriggerKey key, const char *name,
			   WlTriggerColumn *column)
{
	Form_pg_attribute att = find_column(rel, trigger, key, name);
	Oid			type = getBaseType(att->atttypid);

	if (type != keys[key].type && (!OidIsValid(keys[key].other) || type != keys[key].other))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" for \"%s\" of trigger \"%s\" must be of type %s, not %s",
						name, keys[key].name, trigger,
						OidIsValid(keys[key].other) ?
						psprintf("%s or %s", format_type_be(keys[key].type),
								 format_type_be(keys[key].other)) :
						format_type_be(keys[key].type),
						format_type_be(att->atttypid)),
				 errtablecol(rel, att->attnum)));
	if (att->attgenerated != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("column \"%s\" for \"%s\" of trigger \"%s\" is a generated column",
						name, keys[key].name, trigger),
				 errdetail("Generated columns are computed after BEFORE triggers."),
				 errhint("Use a column that is not generated, such as one that this column is computed from."),
				 errtablecol(rel, att->attnum)));
	column->attnum = att->attnum;
	column->role = keys[key].role;
	column->type = type;
	if (att->atttypid != type)
		column->domain = att->atttypid;
}

/* The fields and a column to write are named, and no column that is written has two keys. */
static void
check_columns(const char *trigger, const WlScoreTrigger *t)
{
	bool		writes = false;

	for (int out = 0; out < WL_TRIGGER_KEYS; out++)
	{
		if (!wl_is_output(&t->columns[out]))
			continue;
		writes |= t->columns[out].role == WL_ROLE_OUTPUT;
		for (int other = 0; other < WL_TRIGGER_KEYS; other++)
			if (other != out && t->columns[other].attnum == t->columns[out].attnum)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"%s\" and \"%s\" of trigger \"%s\" name the same column",
								keys[Min(out, other)].name, keys[Max(out, other)].name,
								trigger),
						 errhint("A column that the trigger writes cannot be used for another key.")));
	}
	if (t->columns[WL_KEY_FIELDS].attnum == 0 || !writes)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 t->columns[WL_KEY_FIELDS].attnum == 0 ?
				 errmsg("trigger \"%s\" has no argument \"fields\"", trigger) :
				 errmsg("trigger \"%s\" has no column to write", trigger),
				 errhint("williams_score_ocr requires \"fields=COLUMN\" and a column to write, such as \"score=COLUMN\" or \"review=COLUMN\".")));
}

/* Reject keys whose prerequisites are missing or that have no effect. */
static void
check_combination(const char *trigger, const WlScoreTrigger *t, const bool *seen)
{
	static const WlTriggerKey unused[] = {WL_KEY_BASE, WL_KEY_BASE_VALUE};

	if (seen[WL_KEY_PROFILE] && seen[WL_KEY_PROFILE_COLUMN])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"profile\" and \"profile_column\" of trigger \"%s\" cannot be used together", trigger),
				 errhint("Use \"profile\" if all rows have the same profile, and \"profile_column\" if each row names its own.")));
	if (t->columns[WL_KEY_REVIEW].type == TEXTARRAYOID &&
		!seen[WL_KEY_PROFILE] && !seen[WL_KEY_PROFILE_COLUMN] && !seen[WL_KEY_ENGINE_CONFIDENCE])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a text[] column for \"review\" of trigger \"%s\" requires \"profile\", \"profile_column\" or \"engine_confidence\"",
						trigger),
				 errhint("Add one of these keys, or use a boolean column.")));
	for (int i = 0; seen[WL_KEY_PROFILE] && i < lengthof(unused); i++)
		if (seen[unused[i]])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" and \"profile\" of trigger \"%s\" cannot be used together",
							keys[unused[i]].name, trigger),
					 errhint("With a profile, each field starts at its engine confidence, or at %g if it has none.",
							 WL_DEFAULT_CONFIDENCE)));
}

/* Store the value of an argument. */
static void
set_argument(Relation rel, const char *trigger, WlTriggerKey key, const char *value,
			 WlScoreTrigger *t)
{
	if (key == WL_KEY_PROFILE)
		t->profile = cstring_to_text(value);
	else if (key == WL_KEY_BASE_VALUE)
		t->base_value = parse_number(trigger, key, value);
	else if (key == WL_KEY_THRESHOLD)
	{
		t->threshold = parse_number(trigger, key, value);
		t->has_threshold = true;
	}
	else
		resolve_column(rel, trigger, key, value, &t->columns[key]);
}

WlScoreTrigger *
wl_resolve_trigger(FunctionCallInfo fcinfo, Relation rel, const Trigger *trigger)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	WlScoreTrigger *t = palloc0(sizeof(WlScoreTrigger));
	bool		seen[WL_TRIGGER_KEYS] = {0};
	const char *value = NULL;

	t->base_value = WL_DEFAULT_CONFIDENCE;
	t->threshold = WL_DEFAULT_THRESHOLD;
	for (int i = 0; i < trigger->tgnargs; i++)
	{
		WlTriggerKey key = parse_key(trigger->tgname, trigger->tgargs[i], &value);

		if (seen[key])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is given twice in trigger \"%s\"",
							keys[key].name, trigger->tgname)));
		seen[key] = true;
		set_argument(rel, trigger->tgname, key, value, t);
	}
	check_columns(trigger->tgname, t);
	check_combination(trigger->tgname, t, seen);
	t->no_field = pstrdup(NameStr(TupleDescAttr(RelationGetDescr(rel),
												t->columns[WL_KEY_FIELDS].attnum - 1)->attname));
	t->finder = wl_new_finder(fcinfo, t->columns[WL_KEY_PROFILE_VERSION].attnum != 0);
	MemoryContextSwitchTo(old);
	if (t->profile != NULL && wl_find_profile(t->finder, t->profile)->profile == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("unknown profile \"%s\" in trigger \"%s\"",
						text_to_cstring(t->profile), trigger->tgname),
				 errhint("The profiles are in williams_profile and williams_shipped_profile.")));
	return t;
}
