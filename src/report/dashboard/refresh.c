/*
 * refresh.c
 *		williams_refresh_dashboard: computes anew the rows of a rollup whose days and types
 *		have changed.
 *
 * The notes are taken away before the source is read, each with a snapshot of its own.
 * Whoever changes the source in between leaves a note for the next refresh. So the rows
 * are never older than what the notes that remain say.
 *
 * Days that follow one another, and on which the same types have changed, are computed by
 * one query. It reads the source by its time, so an index on that column makes the cost
 * that of these days.
 *
 * Locks: ACCESS SHARE on the source; then SHARE ROW EXCLUSIVE on the rollup, so that refreshes
 * run one after the other. Writers are not blocked, and block nothing.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/check.h"
#include "base/session.h"
#include "report/dashboard/dashboard.h"

/* Days that follow one another, or one that is NULL or infinite, and types, in order. */
typedef struct Range
{
	bool		has_day;
	DateADT		first;
	DateADT		last;
	List	   *types;			/* of text pointers */
	bool		null_type;
} Range;

enum
{
	NOTE_EVERYTHING = 1, NOTE_DAY, NOTE_TYPE
};

static const char take_notes[] =
"WITH gone AS (DELETE FROM %s RETURNING everything, day, document_type)"
" SELECT DISTINCT everything, day, document_type FROM gone ORDER BY everything DESC, day, document_type";

/* How the days of a range, $1 to $2, are found by the time of documents. */
static const char *
time_condition(const WlDashboard *d, const Range *range, Oid at_type)
{
	const char *zone = quote_literal_cstr(d->zone);
	const char *margin;

	if (!range->has_day)
		return "d.at IS NULL";
	if (DATE_NOT_FINITE(range->first))
		return psprintf(DATE_IS_NOBEGIN(range->first) ? "d.at OPERATOR(pg_catalog.<) " WL_FIRST_TIME "::%s" :
						"d.at OPERATOR(pg_catalog.>=) " WL_END_TIME "::%s", format_type_be_qualified(at_type));
	if (at_type == DATEOID)
		return "d.at OPERATOR(pg_catalog.>=) $1 AND d.at OPERATOR(pg_catalog.<=) $2";
	if (at_type == TIMESTAMPOID)
		return "d.at OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamp"
			" AND d.at OPERATOR(pg_catalog.<) ($2 OPERATOR(pg_catalog.+) 1)::pg_catalog.timestamp";

	/*
	 * When clocks are set back across midnight, times of a day are before its
	 * first midnight or after the next. Zones have done that by a whole day,
	 * the last one in 1969, but by more than 3 hours never since 1994.
	 */
	margin = range->first < date2j(1995, 1, 1) - POSTGRES_EPOCH_JDATE ? "25 hours" : "3 hours";
	return psprintf("d.at OPERATOR(pg_catalog.>=) (pg_catalog.timezone(%s::pg_catalog.text, $1::pg_catalog.timestamp) OPERATOR(pg_catalog.-) '%s'::pg_catalog.interval)"
					" AND d.at OPERATOR(pg_catalog.<) (pg_catalog.timezone(%s::pg_catalog.text, ($2 OPERATOR(pg_catalog.+) 1)::pg_catalog.timestamp) OPERATOR(pg_catalog.+) '%s'::pg_catalog.interval)",
					zone, margin, zone, margin);
}

/* A condition on day and document_type, which are $1 to $2 and $3 (types), $4 (NULL too). */
static const char *
range_condition(const Range *range)
{
	return psprintf("%s AND (d.document_type OPERATOR(pg_catalog.=) ANY ($3) OR ($4 AND d.document_type IS NULL))",
					range->has_day ? "d.day OPERATOR(pg_catalog.>=) $1 AND d.day OPERATOR(pg_catalog.<=) $2" :
					"d.day IS NULL");
}

static Datum
types_array(const List *types)
{
	Datum	   *datums = palloc(Max(list_length(types), 1) * sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, types)
		datums[n++] = PointerGetDatum(lfirst(lc));
	return PointerGetDatum(construct_array(datums, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static uint64
execute(const char *sql, const Range *range)
{
	static Oid	types[] = {DATEOID, DATEOID, TEXTARRAYOID, BOOLOID};
	Datum		values[lengthof(types)];
	char		nulls[] = "    ";
	int			rc;

	values[0] = DateADTGetDatum(range->first);
	values[1] = DateADTGetDatum(range->last);
	values[2] = types_array(range->types);
	values[3] = BoolGetDatum(range->null_type);
	rc = SPI_execute_with_args(sql, lengthof(types), types, values, nulls, false, 0);
	if (rc < 0)
		elog(ERROR, "could not refresh a dashboard: %s", SPI_result_code_string(rc));
	return SPI_processed;
}

/* Both queries are made before one is executed, because SPI changes the memory context. */
static uint64
refresh_range(const WlDashboard *d, const char *schema, const Range *range, Oid at_type)
{
	const char *condition = range_condition(range);
	const char *remove = psprintf("DELETE FROM %s d WHERE %s", wl_dashboard_object(d, ""), condition);
	const char *compute = wl_rollup_query(d, schema, psprintf("%s AND %s", condition, time_condition(d, range, at_type)));

	execute(remove, range);
	return execute(compute, range);
}

static uint64
refresh_everything(const WlDashboard *d, const char *schema)
{
	wl_execute_for_dashboard(psprintf("DELETE FROM %s", wl_dashboard_object(d, "")));
	wl_execute_for_dashboard(wl_rollup_query(d, schema, "true"));
	return SPI_processed;
}

/* Do all days of both have the same types? */
static bool
same_types(const Range *a, const Range *b)
{
	ListCell   *x;
	ListCell   *y;

	if (a->null_type != b->null_type || list_length(a->types) != list_length(b->types))
		return false;
	forboth(x, a->types, y, b->types)
		if (!DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, PointerGetDatum(lfirst(x)),
												  PointerGetDatum(lfirst(y)))))
		return false;
	return true;
}

static bool
is_next_day(const Range *range, const Range *day)
{
	return range->has_day && day->has_day && !DATE_NOT_FINITE(range->last) &&
		!DATE_NOT_FINITE(day->first) && day->first == range->last + 1;
}

/* Read the notes of one day, from *i on, which advances. */
static Range
read_day(SPITupleTable * notes, uint64 n, uint64 *i)
{
	Range		day = {0};

	for (uint64 first = *i; *i < n; (*i)++)
	{
		bool		no_day;
		bool		no_type;
		Datum		date = SPI_getbinval(notes->vals[*i], notes->tupdesc, NOTE_DAY, &no_day);
		Datum		type = SPI_getbinval(notes->vals[*i], notes->tupdesc, NOTE_TYPE, &no_type);

		CHECK_FOR_INTERRUPTS();
		if (*i == first)
		{
			day.has_day = !no_day;
			day.first = day.last = no_day ? 0 : DatumGetDateADT(date);
		}
		else if (day.has_day == no_day || (day.has_day && day.first != DatumGetDateADT(date)))
			break;
		if (no_type)
			day.null_type = true;
		else
			day.types = lappend(day.types, DatumGetPointer(type));
	}
	return day;
}

/* The notes are in the order of days, and of types of a day. */
static uint64
refresh_noted(const WlDashboard *d, const char *schema, SPITupleTable * notes, uint64 n, Oid at_type)
{
	MemoryContext queries = AllocSetContextCreate(CurrentMemoryContext, "queries of a refresh",
												  ALLOCSET_DEFAULT_SIZES);
	uint64		i = 0;
	uint64		rows = 0;

	while (i < n)
	{
		Range		range = read_day(notes, n, &i);
		uint64		next = i;
		MemoryContext old;

		while (next < n)
		{
			Range		day = read_day(notes, n, &next);

			if (!is_next_day(&range, &day) || !same_types(&range, &day))
				break;
			range.last = day.last;
			i = next;
		}
		old = MemoryContextSwitchTo(queries);
		rows += refresh_range(d, schema, &range, at_type);
		MemoryContextSwitchTo(old);
		MemoryContextReset(queries);
	}
	return rows;
}

/* Take the notes away, and compute what they say, or everything. Returns the rows computed. */
static uint64
refresh(const WlDashboard *d, const char *schema, bool everything)
{
	Oid			documents = wl_dashboard_oid(d, "_documents");
	Oid			at_type = get_atttype(documents, get_attnum(documents, "at"));
	SPITupleTable *notes;
	bool		isnull;
	uint64		n;

	wl_execute_for_dashboard(psprintf(take_notes, wl_dashboard_object(d, "_changes")));
	wl_forget_notes();
	notes = SPI_tuptable;
	n = SPI_processed;
	if (n > 0 && DatumGetBool(SPI_getbinval(notes->vals[0], notes->tupdesc, NOTE_EVERYTHING, &isnull)))
		everything = true;
	return everything ? refresh_everything(d, schema) : refresh_noted(d, schema, notes, n, at_type);
}

/*
 * The notes of a broken dashboard cannot be relied on. Only its owner can say that
 * everything is to be computed, because that forgets days whose rows are gone, for example
 * with a partition that was dropped.
 */
static void
check_notes(const WlDashboard *d, bool everything)
{
	Relation	source = relation_open(d->source, NoLock);
	const char *reason = wl_broken_dashboard(d, source);

	if (reason != NULL)
		ereport(everything ? WARNING : ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("changes of table \"%s\" are not all noted for dashboard \"%s\"", RelationGetRelationName(source), d->name),
				 errdetail_internal("%s", reason),
				 everything ? errhint("Until this is mended, every refresh needs everything => true.") :
				 errhint("Mend this, then call williams_refresh_dashboard with everything => true: it computes all days from the rows that the table has now.")));
	relation_close(source, NoLock);
}

PG_FUNCTION_INFO_V1(wl_refresh_dashboard);
Datum
wl_refresh_dashboard(PG_FUNCTION_ARGS)
{
	Oid			rollup = PG_GETARG_OID(0);
	bool		everything = PG_GETARG_BOOL(1);
	const char *schema = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
	WlDashboard d = {0};
	WlRights	saved;
	uint64		rows;

	wl_check_read_committed("williams_refresh_dashboard");
	wl_lock_dashboard(&d, rollup, fcinfo->flinfo->fn_oid, AccessShareLock);
	wl_lock_parts(&d);
	check_notes(&d, everything);
	wl_begin_dashboard(&saved, d.owner);

	/*
	 * rather an error than some of the rows, if row security is forced on the
	 * owner
	 */
	wl_set_local("row_security", "off");
	rows = refresh(&d, schema, everything);
	wl_end_dashboard(&saved);
	PG_RETURN_INT64(rows);
}
