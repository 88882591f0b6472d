/*
 * objects.c
 *		The tables and views of a dashboard, and the query that fills the rollup.
 *
 * The columns are in tables, with their comments. Expressions name every function,
 * operator and type with its schema, because they end up in views that other roles
 * read, and are evaluated under any search_path. In these texts, @ stands for the
 * extension's schema; see Parts for the others.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "report/dashboard/dashboard.h"

/*
 * A column of the rollup. Its value is computed from the rows d of NAME_documents that a
 * row is about, or, if it begins with =, is an expression over their reasons r.
 */
static const struct
{
	const char *name;
	const char *type;
	const char *value;
	const char *comment;
}			rollup_columns[] = {

	{"day", "pg_catalog.date", "d.day",
	"day of the documents in the dashboard's time zone; NULL for those without a time"},
	{"document_type", "pg_catalog.text COLLATE pg_catalog.\"C\"", "d.document_type",
	"document type; NULL for documents without one"},
	{"documents", "pg_catalog.int8", "pg_catalog.count(*)", "documents"},
	{"for_review", "pg_catalog.int8", "pg_catalog.count(*) FILTER (WHERE d.for_review)",
	"documents that a person has still to check"},
	{"checked", "pg_catalog.int8", "pg_catalog.count(*) FILTER (WHERE d.verified AND NOT d.for_review)",
	"documents of which a person has checked fields, and nothing is left to check"},
	{"fields_for_review", "pg_catalog.int8",
		"coalesce(pg_catalog.sum(d.review_fields), 0::pg_catalog.int8)",
	"fields that a person has still to check"},
	{"without_profile", "pg_catalog.int8", "pg_catalog.count(*) FILTER (WHERE d.without_profile)",
	"documents scored without a profile"},
	{"without_confidence", "pg_catalog.int8", "pg_catalog.count(*) FILTER (WHERE d.without_confidence)",
	"documents scored without any confidence of an engine"},
	{"fallback", "pg_catalog.int8",
		"pg_catalog.count(*) FILTER (WHERE d.without_profile OR d.without_confidence)",
	"documents scored without a profile or without any confidence of an engine"},
	{"reasons", "pg_catalog.jsonb", "=r.reasons",
	"for each reason, how many fields are for review because of it; NULL if none are"},
	{"scores", "@.williams_scorecard", "@.williams_scorecard_agg(d.score)",
	"scores of the documents"},
	{"field_scores", "@.williams_scorecard", "@.williams_scorecard_agg(d.scores)",
	"scores of the fields"},
	{"calibration", "@.williams_calibration", "@.williams_calibration_agg(d.scores, d.as_read, d.truth)",
	"scores of checked fields, and whether the values were right"},
	{"engine_calibration", "@.williams_calibration",
		"@.williams_calibration_agg(d.engine_confidence, d.as_read, d.truth)",
	"the engine's confidences in checked fields, and whether the values were right"},
	{"audit", "@.williams_calibration", "@.williams_calibration_agg(d.accepted_scores, d.as_read, d.truth)",
	"calibration of those checked fields that their scores would have accepted"},
	{"refreshed_at", "pg_catalog.timestamptz", "=pg_catalog.now()",
	"when the row was computed: start of the transaction of the refresh"}
};

/* A column of NAME_dashboard; NULL as an expression is that of the rollup. */
static const struct
{
	const char *name;
	const char *value;
	const char *comment;
}			view_columns[] = {

	{"time", "pg_catalog.timezone(?zone, r.day::pg_catalog.timestamp)",
	"when the day begins"},
	{"day", NULL, NULL},
	{"document_type", "coalesce(r.document_type, ?no_type)",
	"document type; (none) or the trigger's profile for documents without one"},
	{"documents", NULL, NULL},
	{"for_review", NULL, NULL},
	{"checked", NULL, NULL},
	{"accepted", "r.documents OPERATOR(pg_catalog.-) r.for_review OPERATOR(pg_catalog.-) r.checked",
	"documents that nobody needs to check, or has checked"},
	{"fields", "@.williams_count(r.field_scores)", "fields that have a score"},
	{"fields_for_review", NULL, NULL},
	{"fields_checked", "@.williams_count(r.calibration)",
	"fields that were read and have a score, and of which the truth is known"},
	{"audited", "CASE WHEN ?accepted THEN @.williams_count(r.audit) END",
	"fields that their scores would have accepted, and that a person has checked all the same; NULL without a column for accepted"},
	{"wrong", "CASE WHEN ?accepted THEN coalesce(pg_catalog.round(@.williams_count(r.audit)::pg_catalog.float8 OPERATOR(pg_catalog.*) (1.0::pg_catalog.float8 OPERATOR(pg_catalog.-) @.williams_accuracy(r.audit))), 0.0::pg_catalog.float8)::pg_catalog.int8 END",
	"how many of the audited fields were wrong; NULL without a column for accepted"},
	{"without_profile", NULL, NULL},
	{"without_confidence", NULL, NULL},
	{"fallback", NULL, NULL},
	{"reasons", NULL, NULL},
	{"scores", NULL, NULL},
	{"field_scores", NULL, NULL},
	{"calibration", NULL, NULL},
	{"engine_calibration", NULL, NULL},
	{"audit", NULL, NULL},
	{"throughput", "CASE WHEN pg_catalog.isfinite(r.day) THEN r.documents::pg_catalog.float8 OPERATOR(pg_catalog./) nullif(pg_catalog.date_part('epoch'::pg_catalog.text, pg_catalog.timezone(?zone, (r.day OPERATOR(pg_catalog.+) 1)::pg_catalog.timestamp) OPERATOR(pg_catalog.-) pg_catalog.timezone(?zone, r.day::pg_catalog.timestamp)), 0.0::pg_catalog.float8) END",
	"documents a second, averaged over the whole day; NULL for a day that its time zone skipped"},
	{"confidence_accuracy", "@.williams_accuracy(r.calibration)",
	"share of the checked fields that are right, from 0 to 1; NULL if none was checked"},
	{"availability", "(SELECT @.williams_version() OPERATOR(pg_catalog.=) e.extversion FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'williams'::pg_catalog.name)",
	"whether the library is loaded and of the version that is installed in the database"},
	{"fallback_rate", "r.fallback::pg_catalog.float8 OPERATOR(pg_catalog./) r.documents::pg_catalog.float8",
	"share of the documents scored without a profile or without any confidence of an engine, from 0 to 1"},
	{"refreshed_at", NULL, NULL},
	{"pending_since", "(SELECT pg_catalog.min(c.noted_at) FROM ?changes c)",
	"when the oldest change of the source was made that no refresh has taken in; NULL if there is none; the same in all rows"}
};

/* What stands for the placeholders of expressions; those that the rollup does not need may be NULL. */
typedef struct Parts
{
	const char *schema;			/* @ */
	const char *zone;			/* ?zone */
	const char *no_type;		/* ?no_type */
	const char *accepted;		/* ?accepted */
	const char *changes;		/* ?changes */
} Parts;

static void
append_expression(StringInfo sql, const char *expression, const Parts *parts)
{
	const char *const values[][2] = {{"@", parts->schema}, {"?zone", parts->zone},
	{"?no_type", parts->no_type}, {"?accepted", parts->accepted}, {"?changes", parts->changes}};

	while (*expression != '\0')
	{
		int			i = 0;

		while (i < lengthof(values) && strncmp(expression, values[i][0], strlen(values[i][0])) != 0)
			i++;
		if (i == lengthof(values))
			appendStringInfoChar(sql, *expression++);
		else
		{
			appendStringInfoString(sql, values[i][1]);
			expression += strlen(values[i][0]);
		}
	}
}

/* A literal of type text. */
static const char *
text_literal(const char *value)
{
	return psprintf("%s::pg_catalog.text", quote_literal_cstr(value));
}

static void
comment_on_column(const char *relation, const char *column, const char *comment)
{
	wl_comment_for_dashboard("COLUMN", psprintf("%s.%s", relation, quote_identifier(column)), comment);
}

static const char *
rollup_comment(const char *column)
{
	for (int i = 0; i < lengthof(rollup_columns); i++)
		if (strcmp(rollup_columns[i].name, column) == 0)
			return rollup_columns[i].comment;
	elog(ERROR, "unknown column \"%s\"", column);
}

/* Create a table of a dashboard. It has no key, and a publication of its rows needs some identity. */
static void
create_table(const WlDashboard *d, const char *table, const char *columns)
{
	wl_execute_for_dashboard(psprintf("CREATE %sTABLE %s (%s)", d->unlogged ? "UNLOGGED " : "", table, columns));
	wl_execute_for_dashboard(psprintf("ALTER TABLE %s REPLICA IDENTITY FULL", table));
}

static void
create_rollup(const WlDashboard *d, const Parts *parts)
{
	const char *rollup = wl_dashboard_object(d, "");
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < lengthof(rollup_columns); i++)
	{
		appendStringInfo(&sql, "%s ", rollup_columns[i].name);
		append_expression(&sql, rollup_columns[i].type, parts);
		appendStringInfoString(&sql, ", ");
	}
	appendStringInfoString(&sql, "UNIQUE NULLS NOT DISTINCT (day, document_type)");
	create_table(d, rollup, sql.data);
	wl_comment_for_dashboard("TABLE", rollup, "dashboard: a summary of each day and document type; made by williams_create_dashboard, brought up to date by williams_refresh_dashboard");
	for (int i = 0; i < lengthof(rollup_columns); i++)
		comment_on_column(rollup, rollup_columns[i].name, rollup_columns[i].comment);
}

static void
create_changes(const WlDashboard *d)
{
	const char *changes = wl_dashboard_object(d, "_changes");

	create_table(d, changes, "everything pg_catalog.bool NOT NULL, day pg_catalog.date, document_type pg_catalog.text COLLATE pg_catalog.\"C\", noted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now()");
	wl_comment_for_dashboard("TABLE", changes, "dashboard: what has changed since the last refresh; filled by triggers, emptied by williams_refresh_dashboard");
	comment_on_column(changes, "everything", "true: all days and types");
	comment_on_column(changes, "day", "the day of a row that has changed; NULL if it has no time");
	comment_on_column(changes, "document_type", "its document type; NULL if it has none");
	comment_on_column(changes, "noted_at", "start of the transaction that changed it; a refresh does not read this");
}

static void
create_documents(const WlDashboard *d, const char *documents)
{
	const char *view = wl_dashboard_object(d, "_documents");

	wl_execute_for_dashboard(psprintf("CREATE VIEW %s AS %s", view, documents));
	wl_comment_for_dashboard("VIEW", view, "dashboard: the documents of the source, under the names of columns that a refresh reads");
	comment_on_column(view, "at", "the time of the document, as it is in the source");
	comment_on_column(view, "day", "its day in the dashboard's time zone");
	comment_on_column(view, "document_type", "its type");
	comment_on_column(view, "score", "its score, from 0 to 1; NULL if it has none, or one that is out of range");
	comment_on_column(view, "scores", "the scores of its fields by name");
	comment_on_column(view, "for_review", "whether a person has still to check it");
	comment_on_column(view, "review_fields", "how many of its fields; NULL if that is not known");
	comment_on_column(view, "verified", "whether a person has checked any of it");
	comment_on_column(view, "reasons", "why fields are for review: name to array of reasons");
	comment_on_column(view, "engine_confidence", "the engine's confidence in its fields by name");
	comment_on_column(view, "as_read", "the values that the engine read by name");
	comment_on_column(view, "truth", "the right values of the fields that a person has checked by name; NULL if none");
	comment_on_column(view, "accepted_scores", "the scores of checked fields that their scores would have accepted, by name; NULL if none");
	comment_on_column(view, "without_profile", "whether it was scored without a profile");
	comment_on_column(view, "without_confidence", "whether it was scored without any confidence of an engine");
}

static void
create_view(const WlDashboard *d, const Parts *parts)
{
	const char *view = wl_dashboard_object(d, "_dashboard");
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE VIEW %s AS SELECT ", view);
	for (int i = 0; i < lengthof(view_columns); i++)
	{
		if (i > 0)
			appendStringInfoString(&sql, ", ");
		append_expression(&sql, view_columns[i].value == NULL ?
						  psprintf("r.%s", view_columns[i].name) : view_columns[i].value, parts);
		appendStringInfo(&sql, " AS %s", quote_identifier(view_columns[i].name));
	}
	appendStringInfo(&sql, " FROM %s r", wl_dashboard_object(d, ""));
	wl_execute_for_dashboard(sql.data);
	wl_comment_for_dashboard("VIEW", view, "dashboard: what to look at, by day and document type; a role that may select from it needs no other right");
	for (int i = 0; i < lengthof(view_columns); i++)
		comment_on_column(view, view_columns[i].name, view_columns[i].comment != NULL ?
						  view_columns[i].comment : rollup_comment(view_columns[i].name));
}

void
wl_create_dashboard_objects(const WlDashboard *d, const char *extension_schema,
							const char *documents, const char *zone,
							const char *no_type, bool has_accepted)
{
	Parts		parts = {
		.schema = quote_identifier(extension_schema),
		.zone = text_literal(zone),
		.no_type = text_literal(no_type),
		.accepted = has_accepted ? "true" : "false",
		.changes = wl_dashboard_object(d, "_changes")
	};

	create_rollup(d, &parts);
	create_changes(d);
	create_documents(d, documents);
	create_view(d, &parts);
}

/*
 * Reasons are counted by a query of their own. Its rows are joined on expressions that
 * are never NULL, so that the join can hash; the days and types themselves decide.
 */
static const char reasons_query[] =
"SELECT q.day, q.document_type, pg_catalog.jsonb_object_agg(q.reason, q.n) AS reasons FROM ("
"SELECT d.day, d.document_type, x.reason OPERATOR(pg_catalog.#>>) '{}'::pg_catalog.text[] AS reason, pg_catalog.count(*) AS n"
" FROM %s d, LATERAL pg_catalog.jsonb_path_query(d.reasons, '$.*[*]'::pg_catalog.jsonpath) AS x (reason)"
" WHERE pg_catalog.jsonb_typeof(x.reason) OPERATOR(pg_catalog.=) 'string'::pg_catalog.text AND %s"
" GROUP BY d.day, d.document_type, x.reason) q GROUP BY q.day, q.document_type";
static const char reasons_join[] =
"coalesce(r.day, '-infinity'::pg_catalog.date) OPERATOR(pg_catalog.=) coalesce(g.day, '-infinity'::pg_catalog.date)"
" AND coalesce(r.document_type, ''::pg_catalog.text) OPERATOR(pg_catalog.=) coalesce(g.document_type, ''::pg_catalog.text)"
" AND (r.day IS NULL) OPERATOR(pg_catalog.=) (g.day IS NULL)"
" AND (r.document_type IS NULL) OPERATOR(pg_catalog.=) (g.document_type IS NULL)";

/* Append the list of columns: 0 their names, 1 values of groups, 2 values after that. */
static void
append_columns(StringInfo sql, int step, const Parts *parts)
{
	const char *separator = "";

	for (int i = 0; i < lengthof(rollup_columns); i++)
	{
		const char *name = rollup_columns[i].name;
		const char *value = rollup_columns[i].value;

		if (step == 1 && value[0] == '=')
			continue;
		appendStringInfoString(sql, separator);
		separator = ", ";
		if (step == 0)
			appendStringInfoString(sql, name);
		else if (step == 2)
			appendStringInfoString(sql, value[0] == '=' ? value + 1 : psprintf("g.%s", name));
		else
		{
			append_expression(sql, value, parts);
			appendStringInfo(sql, " AS %s", name);
		}
	}
}

const char *
wl_rollup_query(const WlDashboard *d, const char *extension_schema, const char *condition)
{
	Parts		parts = {.schema = quote_identifier(extension_schema)};
	const char *documents = wl_dashboard_object(d, "_documents");
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO %s (", wl_dashboard_object(d, ""));
	append_columns(&sql, 0, &parts);
	appendStringInfoString(&sql, ") SELECT ");
	append_columns(&sql, 2, &parts);
	appendStringInfoString(&sql, " FROM (SELECT ");
	append_columns(&sql, 1, &parts);
	appendStringInfo(&sql, " FROM %s d WHERE %s GROUP BY d.day, d.document_type) g LEFT JOIN (",
					 documents, condition);
	appendStringInfo(&sql, reasons_query, documents, condition);
	appendStringInfo(&sql, ") r ON %s", reasons_join);
	return sql.data;
}
