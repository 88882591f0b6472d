/*
 * find.c
 *		Find the parts of a dashboard, and what a refresh may rely on.
 *
 * The arguments of its triggers are the record of a dashboard: pg_dump dumps it, and an
 * administrator can read it. If the source or its triggers have been changed so that some
 * changes may not have been noted, wl_broken_dashboard finds out, and a refresh computes
 * everything.
 *
 * All objects are made, read and written with the rights of their owner, as with REFRESH
 * MATERIALIZED VIEW: a superuser who refreshes a dashboard lends its owner nothing.
 *
 * Locks: ACCESS SHARE on pg_trigger while it is searched.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/session.h"
#include "report/dashboard/dashboard.h"

const char *
wl_dashboard_object(const WlDashboard *d, const char *suffix)
{
	return quote_qualified_identifier(d->schema, psprintf("%s%s", d->name, suffix));
}

const char *
wl_dashboard_trigger(const WlDashboard *d)
{
	return psprintf("zz_williams_%s", d->name);
}

Oid
wl_own_function(const char *name, Oid function)
{
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(NULL, 0)),
						   ObjectIdGetDatum(get_func_namespace(function)));
}

/* The strings in tgargs of a row of pg_trigger; each ends with a zero. */
static void
read_arguments(HeapTuple tuple, TupleDesc desc, char *args[WL_CHANGE_ARGS])
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, Anum_pg_trigger_tgargs, desc, &isnull);
	char	   *arg = VARDATA_ANY(DatumGetByteaPP(value));

	for (int i = 0; i < WL_CHANGE_ARGS; i++)
	{
		args[i] = pstrdup(arg);
		arg += strlen(arg) + 1;
	}
}

/* Take source and zone from a trigger, if it is one of the dashboard's for rows. */
static bool
is_trigger_of(WlDashboard *d, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	char	   *args[WL_CHANGE_ARGS];

	if (form->tgfoid != d->note || !TRIGGER_FOR_ROW(form->tgtype) || OidIsValid(form->tgparentid) ||
		form->tgnargs != WL_CHANGE_ARGS)
		return false;
	read_arguments(tuple, desc, args);
	if (strcmp(args[WL_CHANGE_SCHEMA], d->schema) != 0 ||
		strcmp(args[WL_CHANGE_TABLE], psprintf("%s_changes", d->name)) != 0)
		return false;
	d->source = form->tgrelid;
	d->zone = args[WL_CHANGE_ZONE];
	return true;
}

static bool
find_trigger(WlDashboard *d)
{
	Relation	triggers = table_open(TriggerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(triggers, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	bool		found = false;

	while (!found && (tuple = systable_getnext(scan)) != NULL)
		found = is_trigger_of(d, tuple, RelationGetDescr(triggers));
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	return found;
}

void
wl_find_dashboard(WlDashboard *d, Oid rollup, Oid function)
{
	const char *name = get_rel_name(rollup);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", rollup)));
	d->owner = wl_relation_owner(rollup);
	d->schema = get_namespace_name(get_rel_namespace(rollup));
	d->name = name;
	d->note = wl_own_function("williams_note_change", function);
	if (!has_privs_of_role(GetUserId(), d->owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(rollup)), name);
	if (!find_trigger(d))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a dashboard", name),
				 errdetail("No table has a trigger that notes its changes in %s.",
						   wl_dashboard_object(d, "_changes")),
				 errhint("Name the rollup table that williams_create_dashboard has made. If it was renamed, rename it back, or drop its tables and views and create the dashboard again.")));
}

/* A BEFORE trigger for rows, of somebody else, that fires after the dashboard's. */
static const Trigger *
later_trigger(const WlDashboard *d, const TriggerDesc * triggers)
{
	const char *own = wl_dashboard_trigger(d);

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *t = &triggers->triggers[i];

		if (TRIGGER_FOR_BEFORE(t->tgtype) && TRIGGER_FOR_ROW(t->tgtype) && t->tgfoid != d->note &&
			t->tgenabled != TRIGGER_DISABLED && strcmp(t->tgname, own) > 0)
			return t;
	}
	return NULL;
}

/* How many of the dashboard's own triggers always fire. */
static int
count_triggers(const WlDashboard *d, const TriggerDesc * triggers)
{
	int			n = 0;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *t = &triggers->triggers[i];

		if (t->tgfoid == d->note && t->tgnargs == WL_CHANGE_ARGS && t->tgenabled == TRIGGER_FIRES_ALWAYS &&
			strcmp(t->tgargs[WL_CHANGE_SCHEMA], d->schema) == 0 &&
			strcmp(t->tgargs[WL_CHANGE_TABLE], psprintf("%s_changes", d->name)) == 0)
			n++;
	}
	return n;
}

const char *
wl_broken_dashboard(const WlDashboard *d, Relation source)
{
	const Trigger *later = later_trigger(d, source->trigdesc);

	if (later != NULL)
		return psprintf("Trigger \"%s\" fires after \"%s\", and may change a day or a type that has been noted.",
						later->tgname, wl_dashboard_trigger(d));
	if (source->rd_rel->relkind == RELKIND_RELATION &&
		find_inheritance_children(RelationGetRelid(source), NoLock) != NIL)
		return "The table has inheritance children, whose changes are not noted.";
	if (count_triggers(d, source->trigdesc) < 2)
		return psprintf("Trigger \"%s\" or \"%s_truncate\" is missing or does not always fire.",
						wl_dashboard_trigger(d), wl_dashboard_trigger(d));
	if (source->rd_rel->relowner != d->owner)
		return "The table and the dashboard have different owners.";
	return NULL;
}

void
wl_begin_dashboard(WlRights *saved, Oid owner)
{
	wl_begin_rights(saved, owner, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	wl_set_local("search_path", "pg_catalog, pg_temp");
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
wl_end_dashboard(const WlRights *saved)
{
	SPI_finish();
	wl_end_rights(saved);
}

void
wl_execute_for_dashboard(const char *sql)
{
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "could not execute \"%s\"", sql);
}
