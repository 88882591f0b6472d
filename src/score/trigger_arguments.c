/*
 * trigger_arguments.c
 *		Parses the arguments of a trigger williams_score_ocr and resolves them against
 *		its table.
 *
 * Each argument is key=value. The keys, the types of the columns that they name
 * and what the trigger does with these columns are in one table. Inputs are
 * read before outputs are written. A column cannot be both: its value would
 * compound from UPDATE to UPDATE.
 *
 * A profile is read with the rights of the current user; the plan of that query
 * is kept for the session.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/check.h"
#include "base/session.h"
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
	[WL_KEY_CONFIDENCE] = {"confidence", WL_ROLE_OUTPUT, FLOAT8OID},
	[WL_KEY_BASE] = {"base", WL_ROLE_INPUT, FLOAT8OID},
	[WL_KEY_BASE_VALUE] = {"base_value", WL_ROLE_NUMBER},
	[WL_KEY_ENGINE_CONFIDENCE] = {"engine_confidence", WL_ROLE_INPUT, JSONBOID},
	[WL_KEY_PROFILE] = {"profile", WL_ROLE_PROFILE},
	[WL_KEY_NUM_FIELDS] = {"num_fields", WL_ROLE_OUTPUT, INT4OID},
	[WL_KEY_MULTIPLIER] = {"multiplier", WL_ROLE_OUTPUT, FLOAT8OID},
	[WL_KEY_REVIEW] = {"review", WL_ROLE_OUTPUT, BOOLOID, TEXTARRAYOID},
	[WL_KEY_THRESHOLD] = {"threshold", WL_ROLE_NUMBER}
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

/* The required columns are named, and no output is used for another key too. */
static void
check_columns(const char *trigger, const WlScoreTrigger *t)
{
	static const WlTriggerKey required[] = {WL_KEY_FIELDS, WL_KEY_CONFIDENCE};

	for (int i = 0; i < lengthof(required); i++)
		if (t->columns[required[i]].attnum == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("trigger \"%s\" has no argument \"%s\"",
							trigger, keys[required[i]].name),
					 errhint("williams_score_ocr requires \"fields=COLUMN\" and \"confidence=COLUMN\".")));

	for (int out = 0; out < WL_TRIGGER_KEYS; out++)
	{
		if (t->columns[out].attnum == 0 || t->columns[out].role != WL_ROLE_OUTPUT)
			continue;
		for (int other = 0; other < WL_TRIGGER_KEYS; other++)
			if (other != out && t->columns[other].attnum == t->columns[out].attnum)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"%s\" and \"%s\" of trigger \"%s\" name the same column",
								keys[Min(out, other)].name, keys[Max(out, other)].name,
								trigger),
						 errhint("A column that the trigger writes cannot be used for another key.")));
	}
}

/* Reject keys whose prerequisites are missing or that have no effect. */
static void
check_combination(const char *trigger, const WlScoreTrigger *t, const bool *seen)
{
	static const WlTriggerKey unused[] = {WL_KEY_BASE, WL_KEY_BASE_VALUE};

	if (t->columns[WL_KEY_REVIEW].type == TEXTARRAYOID &&
		!seen[WL_KEY_PROFILE] && !seen[WL_KEY_ENGINE_CONFIDENCE])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a text[] column for \"review\" of trigger \"%s\" requires \"profile\" or \"engine_confidence\"",
						trigger),
				 errhint("Add \"profile=NAME\" or \"engine_confidence=COLUMN\", or use a boolean column.")));
	for (int i = 0; seen[WL_KEY_PROFILE] && i < lengthof(unused); i++)
		if (seen[unused[i]])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" and \"profile\" of trigger \"%s\" cannot be used together",
							keys[unused[i]].name, trigger),
					 errhint("With a profile, each field starts at its engine confidence, or at %g if it has none.",
							 WL_DEFAULT_CONFIDENCE)));
}

/*
 * The rules of the profile of this name, or NULL if there is none; a user's own
 * comes before a shipped one. The trigger's table is locked, so its function and
 * the rest of the extension cannot be dropped meanwhile.
 */
static Jsonb *
profile_rules(FunctionCallInfo fcinfo, const char *name)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(name)};
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	Oid			relations[] = {
		get_relname_relid("williams_profile", schema),
		get_relname_relid("williams_shipped_profile", schema)
	};
	const char *schema_name = quote_identifier(get_namespace_name(schema));
	const char *query = psprintf("SELECT coalesce("
								 "(SELECT rules FROM %s.williams_profile WHERE name OPERATOR(pg_catalog.=) $1), "
								 "(SELECT rules FROM %s.williams_shipped_profile WHERE name OPERATOR(pg_catalog.=) $1))",
								 schema_name, schema_name);
	Datum		rules;
	bool		isnull;

	if (wl_execute_kept(query, 1, types, values, NULL, true, relations, lengthof(relations)) != SPI_OK_SELECT)
		elog(ERROR, "the query for a profile failed");
	rules = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? NULL : DatumGetJsonbP(rules);
}

static WlProfile *
find_profile(FunctionCallInfo fcinfo, const char *trigger, const char *name)
{
	Jsonb	   *rules;
	WlProfile  *profile;
	MemoryContext old;

	SPI_connect();
	rules = profile_rules(fcinfo, name);
	if (rules == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("unknown profile \"%s\" in trigger \"%s\"", name, trigger),
				 errhint("The profiles are in williams_profile and williams_shipped_profile.")));
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	profile = wl_parse_profile(rules);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return profile;
}

static Datum
name_array(MemoryContext context, const char *name)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Datum		names[] = {CStringGetTextDatum(name)};
	ArrayType  *array = construct_array(names, 1, TEXTOID, -1, false, TYPALIGN_INT);

	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}

WlScoreTrigger *
wl_resolve_trigger(FunctionCallInfo fcinfo, Relation rel, const Trigger *trigger)
{
	WlScoreTrigger *t;
	bool		seen[WL_TRIGGER_KEYS] = {0};
	const char *value = NULL;
	const char *profile = NULL;

	t = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(WlScoreTrigger));
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
		if (key == WL_KEY_PROFILE)
			profile = value;
		else if (keys[key].role != WL_ROLE_NUMBER)
			resolve_column(rel, trigger->tgname, key, value, &t->columns[key]);
		else if (key == WL_KEY_THRESHOLD)
			t->threshold = parse_number(trigger->tgname, key, value);
		else
			t->base_value = parse_number(trigger->tgname, key, value);
	}
	check_columns(trigger->tgname, t);
	check_combination(trigger->tgname, t, seen);
	t->unreadable = name_array(fcinfo->flinfo->fn_mcxt,
							   NameStr(TupleDescAttr(RelationGetDescr(rel),
													 t->columns[WL_KEY_FIELDS].attnum - 1)->attname));
	if (profile != NULL)
	{
		t->profile = find_profile(fcinfo, trigger->tgname, profile);
		if (!seen[WL_KEY_THRESHOLD])
			t->threshold = wl_profile_threshold(t->profile);
	}
	return t;
}
