/*
 * mapping.c
 *		Which columns of the source a dashboard reads, and the query of NAME_documents,
 *		which gives them the names and types that a refresh expects.
 *
 * A column that is not named is taken from the arguments of the table's trigger
 * williams_score_ocr, if it has exactly one. Expressions name all with their schema: the
 * view is read by whoever the owner lets.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/check.h"
#include "report/dashboard/dashboard.h"
#include "report/dashboard/mapping.h"

/* The columns, in the order of the arguments; key is that of williams_score_ocr. */
static const struct
{
	const char *name;
	const char *key;
	Oid			types[3];		/* of the column, or of a domain's base type */
	const char *wanted;			/* these types, for messages */
}			columns[WL_DASHBOARD_COLUMNS] = {
	[WL_COLUMN_AT] = {"at", NULL, {TIMESTAMPTZOID, TIMESTAMPOID, DATEOID}, "timestamptz, timestamp or date"},
	[WL_COLUMN_TYPE] = {"document_type", "profile_column"},
	[WL_COLUMN_SCORE] = {"score", "score", {FLOAT8OID, FLOAT4OID, NUMERICOID}, "float8, real or numeric"},
	[WL_COLUMN_SCORES] = {"scores", "scores", {JSONBOID}, "jsonb"},
	[WL_COLUMN_REVIEW] = {"review", "review", {TEXTARRAYOID, BOOLOID}, "text[] or boolean"},
	[WL_COLUMN_REASONS] = {"reasons", "reasons", {JSONBOID}, "jsonb"},
	[WL_COLUMN_VERIFIED] = {"verified", "verified", {TEXTARRAYOID}, "text[]"},
	[WL_COLUMN_ACCEPTED] = {"accepted", "accepted", {TEXTARRAYOID}, "text[]"},
	[WL_COLUMN_FIELDS] = {"fields", "fields", {JSONBOID}, "jsonb"},
	[WL_COLUMN_AS_READ] = {"as_read", NULL, {JSONBOID}, "jsonb"},
	[WL_COLUMN_CONFIDENCE] = {"engine_confidence", "engine_confidence", {JSONBOID}, "jsonb"},
	[WL_COLUMN_VERSION] = {"profile_version", "profile_version", {INT8OID}, "bigint"},
	[WL_COLUMN_TRUTH] = {"truth", NULL, {JSONBOID}, "jsonb"}
};

/* The value of key=value; NULL if the argument has another key. */
static const char *
value_of(const char *argument, const char *key)
{
	size_t		n = strlen(key);

	return strncmp(argument, key, n) == 0 && argument[n] == '=' ? argument + n + 1 : NULL;
}

static void
read_score_trigger(const Trigger *trigger, const char *names[WL_DASHBOARD_COLUMNS], WlMapping *m)
{
	for (int i = 0; i < trigger->tgnargs; i++)
	{
		const char *value;

		for (int c = 0; c < WL_DASHBOARD_COLUMNS; c++)
			if (names[c] == NULL && columns[c].key != NULL &&
				(value = value_of(trigger->tgargs[i], columns[c].key)) != NULL)
				names[c] = value;
		if ((value = value_of(trigger->tgargs[i], "profile")) != NULL)
			m->no_type = value;
	}
}

/* Take what is not named from the trigger that scores the table. */
static void
complete_names(Relation rel, Oid score_function, const char *names[WL_DASHBOARD_COLUMNS], WlMapping *m)
{
	const Trigger *found = NULL;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *t = &rel->trigdesc->triggers[i];

		if (t->tgfoid != score_function)
			continue;
		if (found != NULL)
			return;
		found = t;
	}
	if (found != NULL)
		read_score_trigger(found, names, m);
}

/*
 * Is the text of a value the same by the type's output function, by a cast and in every
 * session? The text of a date, for example, depends on settings.
 */
static bool
has_one_text(Oid type)
{
	Oid			function;
	CoercionPathType path = find_coercion_pathway(TEXTOID, type, COERCION_EXPLICIT, &function);

	return path == COERCION_PATH_RELABELTYPE ||
		(path == COERCION_PATH_COERCEVIAIO &&
		 (type == INT2OID || type == INT4OID || type == INT8OID || type_is_enum(type)));
}

static void
check_type(Relation rel, WlDashboardColumn column, Form_pg_attribute att, Oid type)
{
	bool		fits = column == WL_COLUMN_TYPE && has_one_text(type);

	for (int i = 0; i < lengthof(columns[column].types); i++)
		fits |= type == columns[column].types[i];
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" for \"%s\" of a dashboard must be of type %s, not %s",
						NameStr(att->attname), columns[column].name,
						column == WL_COLUMN_TYPE ? "text, varchar, an enum or an integer" : columns[column].wanted,
						format_type_be(att->atttypid)),
				 errtablecol(rel, att->attnum)));
}

static void
resolve_column(Relation rel, WlDashboardColumn column, const char *name, WlMapping *m)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(rel), name);
	Form_pg_attribute att;

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" for \"%s\" of a dashboard does not exist in table \"%s\"",
						name, columns[column].name, RelationGetRelationName(rel)),
				 column == WL_COLUMN_AT ? errhint("Pass at => 'COLUMN', the column with the time of a document.") : 0,
				 errtable(rel)));
	att = TupleDescAttr(RelationGetDescr(rel), attnum - 1);
	m->types[column] = getBaseType(att->atttypid);
	check_type(rel, column, att, m->types[column]);
	if (att->attgenerated != '\0' && (column == WL_COLUMN_AT || column == WL_COLUMN_TYPE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("column \"%s\" for \"%s\" of a dashboard is a generated column",
						name, columns[column].name),
				 errdetail("Changes are noted by BEFORE triggers. Generated columns are computed after these."),
				 errhint("Use a column that is not generated, and fill it in a trigger."),
				 errtablecol(rel, attnum)));
	m->attnums[column] = attnum;
	m->names[column] = pstrdup(NameStr(att->attname));
}

void
wl_map_columns(Relation rel, Oid score_function, const char *names[WL_DASHBOARD_COLUMNS], WlMapping *m)
{
	memset(m, 0, sizeof(*m));
	m->no_type = "(none)";
	complete_names(rel, score_function, names, m);
	wl_check_not_null(names[WL_COLUMN_AT] == NULL, "at");
	for (int c = 0; c < WL_DASHBOARD_COLUMNS; c++)
		if (names[c] != NULL)
			resolve_column(rel, c, names[c], m);
}

static bool
has(const WlMapping *m, WlDashboardColumn column)
{
	return m->attnums[column] != 0;
}

/* A column of the source s as a type; NULL of this type if there is none. */
static const char *
value(const WlMapping *m, WlDashboardColumn column, const char *type)
{
	return has(m, column) ?
		psprintf("s.%s::pg_catalog.%s", quote_identifier(m->names[column]), type) :
		psprintf("NULL::pg_catalog.%s", type);
}

static const char *
at_type_name(const WlMapping *m)
{
	return m->types[WL_COLUMN_AT] == TIMESTAMPTZOID ? "timestamptz" :
		m->types[WL_COLUMN_AT] == TIMESTAMPOID ? "timestamp" : "date";
}

/* The day as wl_note_change computes it, which says why there are two limits. */
static const char *
day_value(const WlMapping *m, const char *zone)
{
	const char *type = at_type_name(m);
	const char *at = value(m, WL_COLUMN_AT, type);
	const char *day = m->types[WL_COLUMN_AT] != TIMESTAMPTZOID ? psprintf("(%s)::pg_catalog.date", at) :
	psprintf("pg_catalog.timezone(%s::pg_catalog.text, %s)::pg_catalog.date", quote_literal_cstr(zone), at);

	return psprintf("CASE WHEN %s OPERATOR(pg_catalog.<) " WL_FIRST_TIME "::pg_catalog.%s THEN '-infinity'::pg_catalog.date"
					" WHEN %s OPERATOR(pg_catalog.>=) " WL_END_TIME "::pg_catalog.%s THEN 'infinity'::pg_catalog.date ELSE %s END",
					at, type, at, type, day);
}

/*
 * A score that is out of range is that of a column which our trigger does not write.
 * A numeric can be too great, or too near to 0, for a cast.
 */
static const char *
score_value(const WlMapping *m)
{
	const char *type = m->types[WL_COLUMN_SCORE] == NUMERICOID ? "numeric" : "float8";
	const char *score = value(m, WL_COLUMN_SCORE, type);
	const char *result = m->types[WL_COLUMN_SCORE] == NUMERICOID ?
	psprintf("pg_catalog.round(%s, 300)::pg_catalog.float8", score) : score;

	return psprintf("CASE WHEN %s OPERATOR(pg_catalog.>=) 0::pg_catalog.%s AND %s OPERATOR(pg_catalog.<=) 1::pg_catalog.%s THEN %s END",
					score, type, score, type, result);
}

static const char *
is_not_empty(const char *array)
{
	return psprintf("coalesce(pg_catalog.cardinality(%s) OPERATOR(pg_catalog.>) 0, false)", array);
}

static const char *
for_review_value(const WlMapping *m)
{
	if (!has(m, WL_COLUMN_REVIEW))
		return "false";
	return m->types[WL_COLUMN_REVIEW] == BOOLOID ?
		psprintf("coalesce(%s, false)", value(m, WL_COLUMN_REVIEW, "bool")) :
		is_not_empty(value(m, WL_COLUMN_REVIEW, "_text"));
}

static const char *
review_fields_value(const WlMapping *m)
{
	return m->types[WL_COLUMN_REVIEW] == TEXTARRAYOID ?
		psprintf("pg_catalog.cardinality(%s)", value(m, WL_COLUMN_REVIEW, "_text")) : "NULL::pg_catalog.int4";
}

static const char *
verified_value(const WlMapping *m)
{
	if (has(m, WL_COLUMN_VERIFIED))
		return is_not_empty(value(m, WL_COLUMN_VERIFIED, "_text"));
	return has(m, WL_COLUMN_TRUTH) ?
		psprintf("%s IS NOT NULL", value(m, WL_COLUMN_TRUTH, "jsonb")) : "false";
}

/* The members of an object that an array names. */
static const char *
members(const char *object, const char *array)
{
	return psprintf("(SELECT pg_catalog.jsonb_object_agg(n.name, %s OPERATOR(pg_catalog.->) n.name) FROM pg_catalog.unnest(%s) AS n (name) WHERE %s OPERATOR(pg_catalog.?) n.name)",
					object, array, object);
}

/* Without a column for it, the truth of a field that a person has verified is its value. */
static const char *
truth_value(const WlMapping *m)
{
	if (has(m, WL_COLUMN_TRUTH) || !has(m, WL_COLUMN_VERIFIED) || !has(m, WL_COLUMN_FIELDS))
		return value(m, WL_COLUMN_TRUTH, "jsonb");
	return members(value(m, WL_COLUMN_FIELDS, "jsonb"), value(m, WL_COLUMN_VERIFIED, "_text"));
}

static const char *
accepted_value(const WlMapping *m)
{
	if (!has(m, WL_COLUMN_ACCEPTED) || !has(m, WL_COLUMN_SCORES))
		return "NULL::pg_catalog.jsonb";
	return psprintf("CASE WHEN %s THEN %s END", verified_value(m),
					members(value(m, WL_COLUMN_SCORES, "jsonb"), value(m, WL_COLUMN_ACCEPTED, "_text")));
}

/* If only the right values and the fields are known, nobody has corrected the fields. */
static const char *
as_read_value(const WlMapping *m)
{
	return value(m, !has(m, WL_COLUMN_AS_READ) && has(m, WL_COLUMN_TRUTH) ? WL_COLUMN_FIELDS : WL_COLUMN_AS_READ,
				 "jsonb");
}

static const char *
without_profile_value(const WlMapping *m)
{
	return has(m, WL_COLUMN_VERSION) ?
		psprintf("coalesce(%s OPERATOR(pg_catalog.=) 0::pg_catalog.int8, true)", value(m, WL_COLUMN_VERSION, "int8")) :
		"false";
}

/* Does an object match a path? Exactly the declared arguments. */
static const char *
matches(const char *object, const char *path)
{
	return psprintf("pg_catalog.jsonb_path_exists(%s, '%s'::pg_catalog.jsonpath, '{}'::pg_catalog.jsonb, true)", object, path);
}

static const char *
without_confidence_value(const WlMapping *m)
{
	return has(m, WL_COLUMN_CONFIDENCE) ?
		psprintf("NOT coalesce(%s, false)", matches(value(m, WL_COLUMN_CONFIDENCE, "jsonb"), "$.* ? (@.type() == \"number\")")) :
		"false";
}

const char *
wl_documents_query(Relation rel, const WlMapping *m, const char *zone)
{
	const char *type = !has(m, WL_COLUMN_TYPE) ? "NULL::pg_catalog.text" :
	psprintf("pg_catalog.\"left\"(%s, %d)", value(m, WL_COLUMN_TYPE, "text"), WL_TYPE_LENGTH);

	return psprintf("SELECT %s AS at, %s AS day, %s COLLATE pg_catalog.\"C\" AS document_type, %s AS score, %s AS scores, "
					"%s AS for_review, %s AS review_fields, %s AS verified, %s AS reasons, "
					"%s AS engine_confidence, %s AS as_read, %s AS truth, %s AS accepted_scores, "
					"%s AS without_profile, %s AS without_confidence FROM %s s",
					value(m, WL_COLUMN_AT, at_type_name(m)), day_value(m, zone), type, score_value(m),
					value(m, WL_COLUMN_SCORES, "jsonb"), for_review_value(m), review_fields_value(m),
					verified_value(m), value(m, WL_COLUMN_REASONS, "jsonb"),
					value(m, WL_COLUMN_CONFIDENCE, "jsonb"), as_read_value(m), truth_value(m), accepted_value(m),
					without_profile_value(m), without_confidence_value(m),
					wl_relation_in_sql(RelationGetRelid(rel)));
}
