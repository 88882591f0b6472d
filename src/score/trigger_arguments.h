/*
 * trigger.c
 *		williams_score_ocr: scores each new OCR row of a table.
 *
 * CREATE TRIGGER's arguments are key=value and name columns. They are resolved
 * once for each statement and table (a partition is a table of its own) and
 * kept in fn_extra, which lives as long as the statement: there is no cache to
 * invalidate when a column is added, dropped or renamed, or a profile changed.
 *
 * Misuse of the trigger is an error. Bad data in a row never is: the row scores
 * 0 and is for review, so that no load fails for one unreadable page.
 *
 * On UPDATE a row is scored again only where one of its inputs changed, so that
 * what a clerk decided stays. An UPDATE that moves a row to another partition
 * is an INSERT there, which cannot be told from any other: it scores the row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/check.h"
#include "base/session.h"
#include "math/bound.h"
#include "score/fields.h"
#include "score/jsonb_walk.h"
#include "score/profile/profile.h"

/*
 * The keys. Inputs are read before outputs are written; a column that is both
 * would compound from UPDATE to UPDATE.
 */
typedef enum TriggerKey
{
	KEY_FIELDS,
	KEY_CONFIDENCE,
	KEY_BASE,
	KEY_BASE_VALUE,
	KEY_ENGINE_CONFIDENCE,
	KEY_PROFILE,
	KEY_NUM_FIELDS,
	KEY_MULTIPLIER,
	KEY_REVIEW,
	KEY_THRESHOLD,
	NUM_KEYS
} TriggerKey;

typedef enum Role
{
	ROLE_INPUT,					/* a column that is read */
	ROLE_OUTPUT,				/* a column that is written */
	ROLE_NUMBER,				/* a number in [0, 1] */
	ROLE_PROFILE				/* the name of a profile */
} Role;

static const struct
{
	const char *name;
	Role		role;
	Oid			type;			/* of a column, domains over it included */
	Oid			other;			/* or this one */
}			keys[NUM_KEYS] = {
	[KEY_FIELDS] = {"fields", ROLE_INPUT, JSONBOID},
	[KEY_CONFIDENCE] = {"confidence", ROLE_OUTPUT, FLOAT8OID},
	[KEY_BASE] = {"base", ROLE_INPUT, FLOAT8OID},
	[KEY_BASE_VALUE] = {"base_value", ROLE_NUMBER},
	[KEY_ENGINE_CONFIDENCE] = {"engine_confidence", ROLE_INPUT, JSONBOID},
	[KEY_PROFILE] = {"profile", ROLE_PROFILE},
	[KEY_NUM_FIELDS] = {"num_fields", ROLE_OUTPUT, INT4OID},
	[KEY_MULTIPLIER] = {"multiplier", ROLE_OUTPUT, FLOAT8OID},
	[KEY_REVIEW] = {"review", ROLE_OUTPUT, BOOLOID, TEXTARRAYOID},
	[KEY_THRESHOLD] = {"threshold", ROLE_NUMBER}
};

/* A column that one of the keys names; attnum 0 where none does. */
typedef struct Column
{
	AttrNumber	attnum;
	Oid			type;			/* what is below its domains */
	Oid			domain;			/* InvalidOid where the type is no domain */
	void	   *domain_extra;	/* domain_check's own */
} Column;

/* The arguments of one trigger on one table, resolved. */
typedef struct ScoreTrigger
{
	Column		columns[NUM_KEYS];
	double		base_value;
	double		threshold;
	WlProfile  *profile;		/* NULL where none is named */
	Datum		unreadable;		/* text[]: the name of the fields column */
} ScoreTrigger;

/* What a row's inputs come to. */
typedef struct Score
{
	double		confidence;
	double		multiplier;
	int64		num_fields;
	bool		review;
	Datum		review_names;	/* text[], where the review column is one */
} Score;

static const char *
key_list(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int k = 0; k < NUM_KEYS; k++)
		appendStringInfo(&list, "%s%s", k == 0 ? "" : ", ", keys[k].name);
	return list.data;
}

static void
check_call(FunctionCallInfo fcinfo)
{
	TriggerEvent event;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_score_ocr was not called by the trigger manager"),
				 errhint("Use it in CREATE TRIGGER ... BEFORE INSERT OR UPDATE ... FOR EACH ROW.")));
	event = ((TriggerData *) fcinfo->context)->tg_event;
	if (!TRIGGER_FIRED_BEFORE(event) || !TRIGGER_FIRED_FOR_ROW(event) ||
		!(TRIGGER_FIRED_BY_INSERT(event) || TRIGGER_FIRED_BY_UPDATE(event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" must be BEFORE INSERT OR UPDATE, FOR EACH ROW",
						((TriggerData *) fcinfo->context)->tg_trigger->tgname),
				 errhint("Drop it and create it again with that timing.")));
}

/* The key of a key=value argument; *value points behind the equals sign. */
static TriggerKey
parse_key(const char *trigger, const char *argument, const char **value)
{
	const char *equals = strchr(argument, '=');

	if (equals != NULL)
	{
		*value = equals + 1;
		for (int k = 0; k < NUM_KEYS; k++)
			if (strlen(keys[k].name) == equals - argument &&
				strncmp(keys[k].name, argument, equals - argument) == 0)
				return k;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 equals == NULL ?
			 errmsg("argument \"%s\" of trigger \"%s\" is not of the form key=value",
					argument, trigger) :
			 errmsg("unknown key in argument \"%s\" of trigger \"%s\"",
					argument, trigger),
			 errhint("The keys are %s.", key_list())));
}

static double
parse_number(const char *trigger, TriggerKey key, const char *value)
{
	char	   *end;
	double		number;

	errno = 0;
	number = strtod(value, &end);
	if (strspn(value, "0123456789.eE+-") != strlen(value) || end == value || *end != '\0' || errno != 0 || !wl_is_fraction(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of trigger \"%s\" must be a number between 0 and 1, not \"%s\"",
						keys[key].name, trigger, value)));
	return number;
}

static void
resolve_column(Relation rel, const char *trigger, TriggerKey key, const char *name,
			   Column *column)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Form_pg_attribute att = NULL;
	Oid			type;

	for (int i = 0; i < desc->natts && att == NULL; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			att = TupleDescAttr(desc, i);
	if (att == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\", which \"%s\" of trigger \"%s\" names, does not exist in table \"%s\"",
						name, keys[key].name, trigger, RelationGetRelationName(rel)),
				 errhint("Columns are named exactly as they are stored; after a rename, create the trigger again."),
				 errtable(rel)));
	type = getBaseType(att->atttypid);
	if (type != keys[key].type && (!OidIsValid(keys[key].other) || type != keys[key].other))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\", which \"%s\" of trigger \"%s\" names, must be of type %s, not %s",
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
				 errmsg("column \"%s\", which \"%s\" of trigger \"%s\" names, is a generated column",
						name, keys[key].name, trigger),
				 errdetail("Generated columns are computed after BEFORE triggers."),
				 errhint("Name the columns that it is computed from, or a column that is not generated."),
				 errtablecol(rel, att->attnum)));
	column->attnum = att->attnum;
	column->type = type;
	if (att->atttypid != type)
		column->domain = att->atttypid;
}

static void
check_roles(const char *trigger, const ScoreTrigger *t)
{
	static const TriggerKey required[] = {KEY_FIELDS, KEY_CONFIDENCE};

	for (int i = 0; i < lengthof(required); i++)
		if (t->columns[required[i]].attnum == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("trigger \"%s\" has no argument \"%s\"",
							trigger, keys[required[i]].name),
					 errhint("williams_score_ocr needs at least 'fields=COLUMN' and 'confidence=COLUMN'.")));

	for (int out = 0; out < NUM_KEYS; out++)
	{
		if (keys[out].role != ROLE_OUTPUT || t->columns[out].attnum == 0)
			continue;
		for (int other = 0; other < NUM_KEYS; other++)
			if (other != out && t->columns[other].attnum == t->columns[out].attnum)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"%s\" and \"%s\" of trigger \"%s\" name the same column",
								keys[Min(out, other)].name, keys[Max(out, other)].name,
								trigger),
						 errhint("A column that is written can be neither read nor written for another key.")));
	}
}

/* What a key asks for must be there to be had, and what is given be of use. */
static void
check_use(const char *trigger, const ScoreTrigger *t, const bool *seen)
{
	static const TriggerKey unused[] = {KEY_BASE, KEY_BASE_VALUE};

	if (t->columns[KEY_REVIEW].type == TEXTARRAYOID &&
		!seen[KEY_PROFILE] && !seen[KEY_ENGINE_CONFIDENCE])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"review\" of trigger \"%s\" names a column of type text[], but nothing is known of single fields",
						trigger),
				 errhint("Give 'profile=NAME' or 'engine_confidence=COLUMN', or name a boolean column.")));
	for (int i = 0; seen[KEY_PROFILE] && i < lengthof(unused); i++)
		if (seen[unused[i]])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" and \"profile\" of trigger \"%s\" exclude each other",
							keys[unused[i]].name, trigger),
					 errhint("With a profile each field starts at its engine_confidence, or at %g.",
							 WL_DEFAULT_CONFIDENCE)));
}

/*
 * The rules of a profile, one's own before a shipped one; NULL if there is none. The
 * query runs with the rights of the user at hand; its plan is kept for the session.
 * The trigger's table is locked, so that its function, and what belongs to it, stays.
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
				 errmsg("profile \"%s\", which trigger \"%s\" names, does not exist", name, trigger),
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

/* Resolve the arguments against the table at hand. */
static ScoreTrigger *
resolve(FunctionCallInfo fcinfo, Relation rel, const Trigger *trigger)
{
	ScoreTrigger *t;
	bool		seen[NUM_KEYS] = {0};
	const char *value = NULL;
	const char *profile = NULL;

	t = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ScoreTrigger));
	t->base_value = WL_DEFAULT_CONFIDENCE;
	t->threshold = WL_DEFAULT_THRESHOLD;
	for (int i = 0; i < trigger->tgnargs; i++)
	{
		TriggerKey	key = parse_key(trigger->tgname, trigger->tgargs[i], &value);

		if (seen[key])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is given twice in trigger \"%s\"",
							keys[key].name, trigger->tgname)));
		seen[key] = true;
		if (key == KEY_PROFILE)
			profile = value;
		else if (keys[key].role != ROLE_NUMBER)
			resolve_column(rel, trigger->tgname, key, value, &t->columns[key]);
		else if (key == KEY_THRESHOLD)
			t->threshold = parse_number(trigger->tgname, key, value);
		else
			t->base_value = parse_number(trigger->tgname, key, value);
	}
	check_roles(trigger->tgname, t);
	check_use(trigger->tgname, t, seen);
	t->unreadable = name_array(fcinfo->flinfo->fn_mcxt,
							   NameStr(TupleDescAttr(RelationGetDescr(rel),
													 t->columns[KEY_FIELDS].attnum - 1)->attname));
	if (profile != NULL)
	{
		t->profile = find_profile(fcinfo, trigger->tgname, profile);
		if (!seen[KEY_THRESHOLD])
			t->threshold = wl_profile_threshold(t->profile);
	}
	return t;
}

/* A column of a row; NULL where no key names one. */
static Datum
get_column(const ScoreTrigger *t, TriggerKey key, HeapTuple row, TupleDesc desc, bool *isnull)
{
	*isnull = true;
	if (t->columns[key].attnum == 0)
		return (Datum) 0;
	return heap_getattr(row, t->columns[key].attnum, desc, isnull);
}

/*
 * Is a value the same as before? A value that the UPDATE did not touch is the
 * same bytes, at most a pointer to them: nothing is detoasted for it.
 */
static bool
same_value(Oid type, Datum a, Datum b)
{
	if (type == FLOAT8OID)
		return DatumGetBool(DirectFunctionCall2(float8eq, a, b));
	if (VARSIZE_ANY(DatumGetPointer(a)) == VARSIZE_ANY(DatumGetPointer(b)) &&
		memcmp(DatumGetPointer(a), DatumGetPointer(b), VARSIZE_ANY(DatumGetPointer(a))) == 0)
		return true;
	return DatumGetBool(DirectFunctionCall2(jsonb_eq, a, b));
}

static bool
inputs_unchanged(const ScoreTrigger *t, TriggerData *trigdata, TupleDesc desc)
{
	for (int k = 0; k < NUM_KEYS; k++)
	{
		Datum		before;
		Datum		after;
		bool		before_null;
		bool		after_null;

		if (keys[k].role != ROLE_INPUT || t->columns[k].attnum == 0)
			continue;
		before = get_column(t, k, trigdata->tg_trigtuple, desc, &before_null);
		after = get_column(t, k, trigdata->tg_newtuple, desc, &after_null);
		if (before_null != after_null)
			return false;
		if (!before_null && !same_value(keys[k].type, before, after))
			return false;
	}
	return true;
}

/*
 * The base confidence of a row: the base column, else the mean of the engine's
 * confidences for the fields present, else the constant. False if the row has
 * a confidence that cannot be one.
 */
static bool
get_base(const ScoreTrigger *t, HeapTuple row, TupleDesc desc, Jsonb *fields,
		 double *base)
{
	bool		isnull;
	int64		n;
	Datum		value = get_column(t, KEY_BASE, row, desc, &isnull);

	if (!isnull)
	{
		*base = DatumGetFloat8(value);
		return wl_is_fraction(*base);
	}
	value = get_column(t, KEY_ENGINE_CONFIDENCE, row, desc, &isnull);
	if (!isnull)
	{
		if (!wl_mean_confidence(&fields->root, &DatumGetJsonbP(value)->root, base, &n))
			return false;
		if (n > 0)
			return true;
	}
	*base = t->base_value;
	return true;
}

/*
 * The extracted fields of which the engine is not sure enough, all of them where
 * a confidence cannot be one. The array is empty only where nobody need look:
 * where the row is for review and no field can be named, it has the name of the
 * fields column.
 */
static Datum
names_for_review(const ScoreTrigger *t, HeapTuple row, TupleDesc desc, Jsonb *fields,
				 const Score *score, bool bad)
{
	bool		isnull;
	Datum		value = get_column(t, KEY_ENGINE_CONFIDENCE, row, desc, &isnull);
	JsonbContainer *confidence = NULL;
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		field;
	Datum	   *names;
	int			n = 0;

	if (fields == NULL || !JB_ROOT_IS_OBJECT(fields))
		return score->review ? t->unreadable : PointerGetDatum(construct_empty_array(TEXTOID));
	if (!isnull && !bad)
		confidence = &DatumGetJsonbP(value)->root;
	if (confidence != NULL && !JsonContainerIsObject(confidence))
		confidence = NULL;
	names = palloc((JsonContainerSize(&fields->root) + 1) * sizeof(Datum));
	wl_keys_begin(&keys, &fields->root);
	wl_values_begin(&values, &fields->root);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &field))
	{
		double		base = t->base_value;

		CHECK_FOR_INTERRUPTS();
		if (wl_count_value(&field) == 0)
			continue;
		if (!bad && (confidence == NULL ||
					 !wl_field_confidence(confidence, key.name, key.length, &base)))
			base = t->base_value;
		if (bad || wl_is_below(base, t->threshold))
			names[n++] = PointerGetDatum(cstring_to_text_with_len(key.name, key.length));
	}
	if (n == 0 && score->review)
		return t->unreadable;
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* With a profile: its fields, its rules. A bad row is for review whatever the threshold. */
static Score
score_by_profile(const ScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	Score		score = {0};
	WlDocumentScore document;
	bool		bad;
	bool		no_fields;
	bool		no_confidence;
	Datum		fields = get_column(t, KEY_FIELDS, row, desc, &no_fields);
	Datum		confidence = get_column(t, KEY_ENGINE_CONFIDENCE, row, desc, &no_confidence);

	bad = wl_score_document(t->profile,
							no_fields ? NULL : &DatumGetJsonbP(fields)->root,
							no_confidence ? NULL : &DatumGetJsonbP(confidence)->root,
							WL_SCRIPT_UNKNOWN, &document) != NULL ||
		document.num_fields == 0;
	score.confidence = document.overall;
	score.multiplier = document.multiplier;
	score.num_fields = document.num_fields;
	score.review_names = wl_review_names(t->profile, &document,
										 bad ? get_float8_infinity() : t->threshold);
	score.review = ARR_NDIM(DatumGetArrayTypeP(score.review_names)) > 0;
	return score;
}

static Score
score_row(const ScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	Score		score = {.confidence = 0.0,.num_fields = 0,.review = true};
	Jsonb	   *fields = NULL;
	bool		isnull;
	bool		bad;
	double		base;
	Datum		value;

	if (t->profile != NULL)
		return score_by_profile(t, row, desc);
	value = get_column(t, KEY_FIELDS, row, desc, &isnull);
	if (!isnull)
	{
		fields = DatumGetJsonbP(value);
		if (!JB_ROOT_IS_SCALAR(fields))
			score.num_fields = wl_count_fields(&fields->root);
	}
	score.multiplier = wl_math_confidence_multiplier(score.num_fields);
	bad = score.num_fields == 0 || !get_base(t, row, desc, fields, &base);
	if (!bad)
	{
		score.confidence = base * score.multiplier;
		score.review = wl_is_below(base, t->threshold);
	}
	if (t->columns[KEY_REVIEW].type == TEXTARRAYOID)
		score.review_names = names_for_review(t, row, desc, fields, &score, bad);
	return score;
}

static Datum
output_value(const ScoreTrigger *t, const Score *score, TriggerKey key)
{
	switch (key)
	{
		case KEY_CONFIDENCE:
			return Float8GetDatum(score->confidence);
		case KEY_NUM_FIELDS:
			return Int32GetDatum((int32) Min(score->num_fields, PG_INT32_MAX));
		case KEY_MULTIPLIER:
			return Float8GetDatum(score->multiplier);
		case KEY_REVIEW:
			return t->columns[key].type == TEXTARRAYOID ? score->review_names :
				BoolGetDatum(score->review);
		default:
			elog(ERROR, "key %d is no output", (int) key);
	}
}

/* The row with its outputs written; a domain's constraints hold for them too. */
static HeapTuple
write_outputs(FunctionCallInfo fcinfo, ScoreTrigger *t, HeapTuple row,
			  TupleDesc desc, const Score *score)
{
	int			columns[NUM_KEYS];
	Datum		values[NUM_KEYS];
	bool		nulls[NUM_KEYS] = {0};
	int			n = 0;

	for (int k = 0; k < NUM_KEYS; k++)
	{
		Column	   *column = &t->columns[k];

		if (keys[k].role != ROLE_OUTPUT || column->attnum == 0)
			continue;
		columns[n] = column->attnum;
		values[n] = output_value(t, score, k);
		if (OidIsValid(column->domain))
			domain_check(values[n], false, column->domain, &column->domain_extra,
						 fcinfo->flinfo->fn_mcxt);
		n++;
	}
	return heap_modify_tuple_by_cols(row, desc, n, columns, values, nulls);
}

PG_FUNCTION_INFO_V1(wl_score_ocr);
Datum
wl_score_ocr(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	ScoreTrigger *t = fcinfo->flinfo->fn_extra;
	TupleDesc	desc;
	HeapTuple	row;
	Score		score;

	check_call(fcinfo);
	if (t == NULL)
	{
		t = resolve(fcinfo, trigdata->tg_relation, trigdata->tg_trigger);
		fcinfo->flinfo->fn_extra = t;
	}
	desc = RelationGetDescr(trigdata->tg_relation);
	row = trigdata->tg_trigtuple;
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		row = trigdata->tg_newtuple;
		if (inputs_unchanged(t, trigdata, desc))
			return PointerGetDatum(row);
	}
	score = score_row(t, row, desc);
	return PointerGetDatum(write_outputs(fcinfo, t, row, desc, &score));
}
