/*
 * find.c
 *		Find the parts of a dashboard, and what a refresh may rely on.
 *
 * The arguments of its triggers are the record of a dashboard: pg_dump dumps it, and an
 * administrator can read it. If the source or its triggers have been changed so that some
 * changes may not have been noted, wl_broken_dashboard finds out, and a refresh is an error
 * unless it computes everything.
 *
 * All objects are made, read and written with the rights of their owner, as with REFRESH
 * MATERIALIZED VIEW: a superuser who refreshes a dashboard lends its owner nothing.
 *
 * Locks: as wl_lock_dashboard says; ACCESS SHARE on what wl_lock_parts locks, and on pg_trigger
 * while it is searched.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
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
wl_relation_in_sql(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
}

const char *
wl_dashboard_trigger(const WlDashboard *d)
{
	return psprintf("zz_williams_%s", d->name);
}

const char *
wl_dashboard_truncate_trigger(const WlDashboard *d)
{
	return psprintf("%s_truncate", wl_dashboard_trigger(d));
}

Oid
wl_own_function(const char *name, Oid function)
{
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(NULL, 0)),
						   ObjectIdGetDatum(get_func_namespace(function)));
}

Oid
wl_dashboard_oid(const WlDashboard *d, const char *suffix)
{
	return get_relname_relid(psprintf("%s%s", d->name, suffix), get_namespace_oid(d->schema, false));
}

/* NAME_documents, locked; NULL if it is gone, or something else or somebody else's has its name. */
static Relation
open_documents(const WlDashboard *d)
{
	Oid			documents = wl_dashboard_oid(d, "_documents");

	return get_rel_relkind(documents) == RELKIND_VIEW && wl_relation_owner(documents) == d->owner ?
		try_relation_open(documents, AccessShareLock) : NULL;
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
	d->at = args[WL_CHANGE_AT];
	d->type = args[WL_CHANGE_TYPE];
	d->zone = args[WL_CHANGE_ZONE];
	return true;
}

/*
 * Anybody can create a trigger with these arguments on a table of their own. So one on the
 * table that NAME_documents reads goes before, or else one of the dashboard's owner.
 */
static int
trust(const WlDashboard *d, const Query *documents)
{
	ListCell   *lc;

	if (documents != NULL)
		foreach(lc, documents->rtable)
			if (lfirst_node(RangeTblEntry, lc)->relid == d->source)
			return 2;
	return wl_relation_owner(d->source) == d->owner ? 1 : 0;
}

static bool
find_trigger(WlDashboard *d)
{
	Relation	view = open_documents(d);
	Relation	triggers = table_open(TriggerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(triggers, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	int			best = -1;

	while (best < 2 && (tuple = systable_getnext(scan)) != NULL)
	{
		WlDashboard other = *d;
		int			trusted;

		if (!is_trigger_of(&other, tuple, RelationGetDescr(triggers)))
			continue;
		trusted = trust(&other, view == NULL ? NULL : get_view_query(view));
		if (trusted > best)
			*d = other;
		best = Max(best, trusted);
	}
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	if (view != NULL)
		relation_close(view, AccessShareLock);
	return best >= 0;
}

void
wl_no_relation(Oid relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation with OID %u does not exist", relation)));
}

void
wl_check_owner(Oid relation)
{
	const char *name = get_rel_name(relation);

	if (name == NULL)
		wl_no_relation(relation);
	if (!has_privs_of_role(GetUserId(), wl_relation_owner(relation)))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relation)), name);
}

static void
find_dashboard(WlDashboard *d, Oid rollup, Oid function)
{
	wl_check_owner(rollup);
	d->owner = wl_relation_owner(rollup);
	d->schema = get_namespace_name(get_rel_namespace(rollup));
	d->name = get_rel_name(rollup);
	if (d->schema == NULL || d->name == NULL)
		wl_no_relation(rollup); /* dropped since */
	d->note = wl_own_function("williams_note_change", function);
	if (!find_trigger(d))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a dashboard", d->name),
				 errdetail("No table has a trigger that notes its changes in %s.",
						   wl_dashboard_object(d, "_changes")),
				 errhint("Name the rollup table that williams_create_dashboard has made. If it was renamed, rename it back and refresh everything, or drop its tables and views and create the dashboard again.")));
}

/*
 * The source is locked before the rollup, so that a refresh, a drop, and whoever writes and
 * then refreshes do not wait for one another in a circle. What was found is looked up again,
 * because it may have changed in the meantime.
 */
void
wl_lock_dashboard(WlDashboard *d, Oid rollup, Oid function, LOCKMODE mode)
{
	Oid			source;

	do
	{
		find_dashboard(d, rollup, function);
		source = d->source;
		LockRelationOid(source, mode);
		LockRelationOid(rollup, ShareRowExclusiveLock);
		find_dashboard(d, rollup, function);
	} while (d->source != source);
}

/*
 * Once the owner has dropped a part, anybody who may create objects in the schema can put
 * another in its place, whose functions would run with the owner's rights.
 */
void
wl_lock_parts(const WlDashboard *d)
{
	static const char *const suffixes[] = {"_changes", "_documents"};

	for (int i = 0; i < lengthof(suffixes); i++)
	{
		Oid			part = wl_dashboard_oid(d, suffixes[i]);

		if (OidIsValid(part))
			LockRelationOid(part, AccessShareLock);
		if (wl_dashboard_oid(d, suffixes[i]) != part || wl_relation_owner(part) != d->owner)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("dashboard \"%s\" is not complete", d->name),
					 errdetail("%s does not exist, or does not belong to the owner of the dashboard.",
							   wl_dashboard_object(d, suffixes[i])),
					 errhint("Drop what has this name, and let williams_drop_dashboard and williams_create_dashboard make the dashboard anew.")));
	}
}

#define ROW_CHANGES (TRIGGER_TYPE_ROW | TRIGGER_TYPE_INSERT | TRIGGER_TYPE_DELETE | TRIGGER_TYPE_UPDATE)

/* What the triggers of the source, or of one of its partitions, are. */
typedef struct Triggers
{
	int			own;			/* of the dashboard's two: those that always
								 * fire, for all changes */
	const char *later;			/* a BEFORE trigger for rows, of somebody
								 * else, that fires after the dashboard's; or
								 * NULL */
} Triggers;

/* Does it fire in every session, for all rows and the events of the type? */
static bool
fires_for_all(HeapTuple tuple, int16 type)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

	return form->tgenabled == TRIGGER_FIRES_ALWAYS && (form->tgtype & type) == type &&
		form->tgattr.dim1 == 0 && heap_attisnull(tuple, Anum_pg_trigger_tgqual, NULL);
}

static void
read_trigger(const WlDashboard *d, HeapTuple tuple, Triggers *t)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	const char *name = NameStr(form->tgname);
	const char *own = wl_dashboard_trigger(d);

	if (form->tgfoid != d->note && TRIGGER_FOR_BEFORE(form->tgtype) && TRIGGER_FOR_ROW(form->tgtype) &&
		form->tgenabled != TRIGGER_DISABLED && strcmp(name, own) > 0)
		t->later = pstrdup(name);
	if (form->tgfoid == d->note &&
		((strcmp(name, own) == 0 && fires_for_all(tuple, ROW_CHANGES)) ||
		 (strcmp(name, wl_dashboard_truncate_trigger(d)) == 0 && fires_for_all(tuple, TRIGGER_TYPE_TRUNCATE))))
		t->own++;
}

static Triggers
read_triggers(const WlDashboard *d, Oid relation)
{
	Relation	triggers = table_open(TriggerRelationId, AccessShareLock);
	Triggers	t = {0};
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(triggers, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while ((tuple = systable_getnext(scan)) != NULL)
		read_trigger(d, tuple, &t);
	systable_endscan(scan);
	table_close(triggers, AccessShareLock);
	return t;
}

/* Partitions have only the trigger for rows. */
static const char *
broken_triggers(const WlDashboard *d, Oid relation)
{
	const char *name = get_rel_name(relation);
	const char *own = wl_dashboard_trigger(d);
	Triggers	t = read_triggers(d, relation);

	if (t.later != NULL)
		return psprintf("Trigger \"%s\" of table \"%s\" fires after \"%s\", and may change a day or a type that has been noted.",
						t.later, name, own);
	if (relation == d->source && t.own < 2)
		return psprintf("Trigger \"%s\" or \"%s\" is missing, or does not fire for all changes.",
						own, wl_dashboard_truncate_trigger(d));
	if (t.own < 1 && name != NULL)
		return psprintf("Trigger \"%s\" of partition \"%s\" is missing, or does not fire for all changes.", own, name);
	return NULL;
}

/* A crash empties unlogged tables: both of a dashboard and its source, or none. */
static bool
survive_together(const WlDashboard *d, char persistence)
{
	Oid			changes = wl_dashboard_oid(d, "_changes");

	return get_rel_persistence(wl_dashboard_oid(d, "")) == persistence &&
		(!OidIsValid(changes) || get_rel_persistence(changes) == persistence);
}

/* What is stored in the source, or in one of its partitions. */
static const char *
broken_storage(const WlDashboard *d, Oid relation)
{
	char		kind = get_rel_relkind(relation);

	if (kind == RELKIND_FOREIGN_TABLE)
		return psprintf("Partition \"%s\" is a foreign table. What others change there is not noted.", get_rel_name(relation));
	if (kind == RELKIND_RELATION && !survive_together(d, get_rel_persistence(relation)))
		return psprintf("Table \"%s\" or one of the dashboard is unlogged, and another is not.", get_rel_name(relation));
	return NULL;
}

/* Without the casts, the collation and the left() of mapping.c. */
static Node *
inner_expression(Node *node)
{
	for (;;)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceViaIO))
			node = (Node *) ((CoerceViaIO *) node)->arg;
		else if (IsA(node, CollateExpr))
			node = (Node *) ((CollateExpr *) node)->arg;
		else if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_LEFT)
			node = linitial(((FuncExpr *) node)->args);
		else
			return node;
	}
}

/* The column of the source that a view has under a name; 0 if it has a constant, -1 if another expression. */
static AttrNumber
column_under(const Query *query, const char *name, Oid source)
{
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst(lc);
		Node	   *node = (Node *) entry->expr;

		if (entry->resname == NULL || strcmp(entry->resname, name) != 0)
			continue;
		node = inner_expression(node);
		if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0 &&
			rt_fetch(((Var *) node)->varno, query->rtable)->relid == source)
			return ((Var *) node)->varattno;
		return IsA(node, Const) ? 0 : -1;
	}
	return 0;
}

/* Do the triggers note what NAME_documents reads? Columns may have been renamed. */
static const char *
other_column(const WlDashboard *d)
{
	const char *result = NULL;
	Relation	view = open_documents(d);
	Query	   *query;

	if (view == NULL)
		return NULL;
	query = get_view_query(view);
	if (column_under(query, "at", d->source) != get_attnum(d->source, d->at))
		result = psprintf("The triggers take the day from column \"%s\", which is not what %s has as \"at\".",
						  d->at, wl_dashboard_object(d, "_documents"));
	else if (column_under(query, "document_type", d->source) != (d->type[0] == '\0' ? 0 : get_attnum(d->source, d->type)))
		result = d->type[0] == '\0' ?
			psprintf("The triggers note no type, but %s has one as \"document_type\".",
					 wl_dashboard_object(d, "_documents")) :
			psprintf("The triggers take the type from column \"%s\", which is not what %s has as \"document_type\".",
					 d->type, wl_dashboard_object(d, "_documents"));
	relation_close(view, AccessShareLock);
	return result;
}

const char *
wl_broken_dashboard(const WlDashboard *d, Relation source)
{
	bool		partitioned = source->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	ListCell   *lc;

	if (source->rd_rel->relowner != d->owner)
		return "The table and the dashboard have different owners.";
	if (!partitioned && find_inheritance_children(RelationGetRelid(source), NoLock) != NIL)
		return "The table has inheritance children, whose changes are not noted.";
	foreach(lc, partitioned ? find_all_inheritors(RelationGetRelid(source), NoLock, NULL) :
			list_make1_oid(RelationGetRelid(source)))
	{
		const char *reason = broken_storage(d, lfirst_oid(lc));

		if (reason == NULL)
			reason = broken_triggers(d, lfirst_oid(lc));
		if (reason != NULL)
			return reason;
	}
	return other_column(d);
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

void
wl_comment_for_dashboard(const char *kind, const char *object, const char *comment)
{
	wl_execute_for_dashboard(psprintf("COMMENT ON %s %s IS %s", kind, object, quote_literal_cstr(comment)));
}
