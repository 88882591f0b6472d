/*
 * create.c
 *		williams_create_dashboard and williams_drop_dashboard.
 *
 * Both execute ordinary DDL with the rights of the source's owner, to whom all objects
 * belong: pg_dump dumps them, and the owner may grant, alter and drop them. A new
 * dashboard is empty, and its notes say that everything has changed: the first refresh
 * fills it, in a transaction of its own, because triggers lock the source.
 *
 * Locks: SHARE ROW EXCLUSIVE on the source to create, ACCESS EXCLUSIVE on the source and then
 * on all objects to drop, as CREATE and DROP take them, until the end of the transaction.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/check.h"
#include "report/dashboard/dashboard.h"
#include "report/dashboard/mapping.h"

/* The names of triggers and views must fit: zz_williams_NAME_truncate. */
#define MAX_NAME (NAMEDATALEN - 1 - (int) strlen("zz_williams__truncate"))

enum
{
	ARG_SOURCE, ARG_COLUMNS, ARG_TIME_ZONE = ARG_COLUMNS + WL_DASHBOARD_COLUMNS, ARG_ROLLUP
};

/*
 * Lock a table that can have a dashboard. Who does not own it cannot make its writers wait
 * for the lock; it may get another owner before the lock is there.
 */
static Relation
open_source(Oid relation)
{
	Relation	rel;

	wl_check_owner(relation);
	rel = try_relation_open(relation, ShareRowExclusiveLock);
	if (rel == NULL)
		wl_no_relation(relation);
	wl_check_owner(relation);
	if (rel->rd_rel->relkind != RELKIND_RELATION && rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(rel)),
				 errhint("The source of a dashboard must be a table, because triggers note its changes.")));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a temporary table cannot have a dashboard")));
	return rel;
}

/* Set the name of a dashboard from the argument rollup, or from the source. */
static void
name_dashboard(WlDashboard *d, Relation rel, text *rollup)
{
	d->schema = get_namespace_name(RelationGetNamespace(rel));
	d->name = psprintf("%s_daily", RelationGetRelationName(rel));
	if (rollup != NULL)
	{
		char	   *schema;
		char	   *name;

		DeconstructQualifiedName(textToQualifiedNameList(rollup), &schema, &name);
		if (schema != NULL)
			d->schema = schema;
		d->name = name;
	}
	if (strlen(d->name) > MAX_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the name \"%s\" is too long for a dashboard", d->name),
				 errhint("Pass rollup => 'NAME', with at most %d bytes.", MAX_NAME)));
}

/* The time zone of days; error 22023 if it is unknown. */
static const char *
time_zone_argument(FunctionCallInfo fcinfo)
{
	const char *zone = PG_ARGISNULL(ARG_TIME_ZONE) ? GetConfigOption("TimeZone", false, false) :
	text_to_cstring(PG_GETARG_TEXT_PP(ARG_TIME_ZONE));

	(void) DirectFunctionCall2(timestamptz_zone, CStringGetTextDatum(zone), TimestampTzGetDatum(0));
	return zone;
}

/*
 * An abbreviation is refused: which zone it means depends on settings, so that writers
 * and a refresh could disagree.
 */
static void
check_zone_name(const char *zone)
{
	wl_execute_for_dashboard(psprintf("SELECT FROM pg_catalog.pg_timezone_abbrevs WHERE abbrev OPERATOR(pg_catalog.=) pg_catalog.upper(%s)"
									  " AND abbrev OPERATOR(pg_catalog.<>) 'UTC'::pg_catalog.text AND abbrev OPERATOR(pg_catalog.<>) 'GMT'::pg_catalog.text",
									  quote_literal_cstr(zone)));
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" of a dashboard is an abbreviation", zone),
				 errhint("Pass time_zone => 'NAME', a full name such as Europe/Amsterdam.")));
}

static bool
is_partitioned_by(Relation rel, AttrNumber column)
{
	PartitionKey key = RelationGetPartitionKey(rel);

	return key != NULL && key->strategy == PARTITION_STRATEGY_RANGE && key->partattrs[0] == column;
}

/* Does an index begin with the column? */
static bool
is_indexed(Relation rel, AttrNumber column)
{
	bool		found = false;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		found |= index->indisvalid && index->indkey.values[0] == column &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		ReleaseSysCache(tuple);
	}
	return found;
}

/* Say what the dashboard will lack. */
static void
advise(Relation rel, const char *source, const WlMapping *m)
{
	const char *at = m->names[WL_COLUMN_AT];
	bool		has_truth = m->attnums[WL_COLUMN_TRUTH] != 0 ||
	(m->attnums[WL_COLUMN_VERIFIED] != 0 && m->attnums[WL_COLUMN_AS_READ] != 0);

	if (!is_partitioned_by(rel, m->attnums[WL_COLUMN_AT]) && !is_indexed(rel, m->attnums[WL_COLUMN_AT]))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("no index of table \"%s\" begins with column \"%s\"", RelationGetRelationName(rel), at),
				 errdetail("Without one, every refresh reads the whole table."),
		/* not concurrently on a partitioned table, which cannot do that */
				 errhint("CREATE INDEX %sON %s (%s);",
						 rel->rd_rel->relkind == RELKIND_RELATION ? "CONCURRENTLY " : "", source, quote_identifier(at))));
	if (!has_truth || m->attnums[WL_COLUMN_SCORES] == 0)
		ereport(NOTICE,
				(errmsg("the dashboard will not show whether scores are right"),
				 errdetail("It needs columns for scores, and for verified and as_read or for truth.")));
}

static void
create_triggers(const WlDashboard *d)
{
	const char *source = wl_relation_in_sql(d->source);
	const char *function = quote_qualified_identifier(get_namespace_name(get_func_namespace(d->note)),
													  get_func_name(d->note));
	const char *args = psprintf("%s, %s, %s, %s, %s", quote_literal_cstr(d->schema),
								quote_literal_cstr(psprintf("%s_changes", d->name)),
								quote_literal_cstr(d->at), quote_literal_cstr(d->type), quote_literal_cstr(d->zone));
	const char *rows = quote_identifier(wl_dashboard_trigger(d));
	const char *truncate = quote_identifier(wl_dashboard_truncate_trigger(d));

	wl_execute_for_dashboard(psprintf("CREATE TRIGGER %s BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s(%s)",
									  rows, source, function, args));
	wl_execute_for_dashboard(psprintf("CREATE TRIGGER %s BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)",
									  truncate, source, function, args));
	/* also for changes that arrive by replication */
	wl_execute_for_dashboard(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s, ENABLE ALWAYS TRIGGER %s", source, rows, truncate));
	wl_comment_for_dashboard("TRIGGER", psprintf("%s ON %s", rows, source),
							 psprintf("dashboard: notes which days and types change, in %s",
									  wl_dashboard_object(d, "_changes")));
	wl_comment_for_dashboard("TRIGGER", psprintf("%s ON %s", truncate, source),
							 psprintf("dashboard: notes that the table is truncated, in %s",
									  wl_dashboard_object(d, "_changes")));
}

/* Refuse a source whose changes the triggers, which have been created, could not note. */
static void
check_source(const WlDashboard *d)
{
	Relation	rel = table_open(d->source, NoLock);
	const char *reason = wl_broken_dashboard(d, rel);

	if (reason != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("changes of table \"%s\" cannot be noted", RelationGetRelationName(rel)),
				 errdetail_internal("%s", reason)));
	table_close(rel, NoLock);
}

PG_FUNCTION_INFO_V1(wl_create_dashboard);
Datum
wl_create_dashboard(PG_FUNCTION_ARGS)
{
	const char *names[WL_DASHBOARD_COLUMNS];
	const char *extension_schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	const char *zone;
	const char *documents;
	WlDashboard d = {0};
	WlMapping	m;
	Relation	rel;
	WlRights	saved;

	wl_check_not_null(PG_ARGISNULL(ARG_SOURCE), "source");
	for (int c = 0; c < WL_DASHBOARD_COLUMNS; c++)
		names[c] = PG_ARGISNULL(ARG_COLUMNS + c) ? NULL : NameStr(*PG_GETARG_NAME(ARG_COLUMNS + c));
	rel = open_source(PG_GETARG_OID(ARG_SOURCE));
	d.owner = rel->rd_rel->relowner;
	d.source = RelationGetRelid(rel);
	d.unlogged = rel->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED &&
		rel->rd_rel->relkind == RELKIND_RELATION;
	d.note = wl_own_function("williams_note_change", fcinfo->flinfo->fn_oid);
	name_dashboard(&d, rel, PG_ARGISNULL(ARG_ROLLUP) ? NULL : PG_GETARG_TEXT_PP(ARG_ROLLUP));
	zone = time_zone_argument(fcinfo);
	wl_map_columns(rel, wl_own_function("williams_score_ocr", fcinfo->flinfo->fn_oid), names, &m);
	d.at = m.names[WL_COLUMN_AT];
	d.type = m.attnums[WL_COLUMN_TYPE] == 0 ? "" : m.names[WL_COLUMN_TYPE];
	d.zone = m.types[WL_COLUMN_AT] == TIMESTAMPTZOID ? zone : "";
	documents = wl_documents_query(rel, &m, zone);
	advise(rel, wl_relation_in_sql(d.source), &m);
	table_close(rel, NoLock);
	wl_begin_dashboard(&saved, d.owner);
	check_zone_name(zone);
	wl_create_dashboard_objects(&d, extension_schema, documents, zone, m.no_type,
								m.attnums[WL_COLUMN_ACCEPTED] != 0 && m.attnums[WL_COLUMN_SCORES] != 0);
	create_triggers(&d);
	check_source(&d);
	wl_execute_for_dashboard(psprintf("INSERT INTO %s (everything) VALUES (true)", wl_dashboard_object(&d, "_changes")));
	wl_end_dashboard(&saved);
	PG_RETURN_OID(wl_dashboard_oid(&d, ""));
}

PG_FUNCTION_INFO_V1(wl_drop_dashboard);
Datum
wl_drop_dashboard(PG_FUNCTION_ARGS)
{
	Oid			rollup = PG_GETARG_OID(0);
	WlDashboard d = {0};
	WlRights	saved;
	const char *source;

	wl_lock_dashboard(&d, rollup, fcinfo->flinfo->fn_oid, AccessExclusiveLock);
	source = wl_relation_in_sql(d.source);
	wl_begin_dashboard(&saved, d.owner);
	wl_execute_for_dashboard(psprintf("DROP TRIGGER IF EXISTS %s ON %s",
									  quote_identifier(wl_dashboard_trigger(&d)), source));
	wl_execute_for_dashboard(psprintf("DROP TRIGGER IF EXISTS %s ON %s",
									  quote_identifier(wl_dashboard_truncate_trigger(&d)), source));
	wl_execute_for_dashboard(psprintf("DROP VIEW IF EXISTS %s, %s", wl_dashboard_object(&d, "_dashboard"),
									  wl_dashboard_object(&d, "_documents")));
	wl_execute_for_dashboard(psprintf("DROP TABLE IF EXISTS %s, %s", wl_dashboard_object(&d, ""),
									  wl_dashboard_object(&d, "_changes")));
	wl_end_dashboard(&saved);
	PG_RETURN_VOID();
}
