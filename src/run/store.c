/*
 * store.c
 *		The rows of the tables that hold tasks, and the locks of a task.
 *
 * A task is a row of williams_task, its batches are rows of williams_batch. A task is
 * in one of three states; step.c describes those of a batch.
 *
 *	OPEN		The column stopped is false: batches can be claimed.
 *	STOPPED		The column stopped is true: no further batch is claimed, and those
 *				that are running go on to their end.
 *	GONE		There is no row.
 *
 *	GONE -> OPEN		williams_create_task, if the plan and the statement are valid
 *	OPEN -> STOPPED		williams_stop; also a batch that failed as every other batch
 *						would (wl_stop_task)
 *	STOPPED -> OPEN		williams_run and williams_launch (wl_start_task)
 *	OPEN, STOPPED -> GONE	williams_drop_task and williams_prune; the batches go with the
 *						task, and their figures to williams_task_history
 *
 * The states that williams_progress shows besides "stopped" are derived from the
 * batches whenever the view is read.
 *
 * Invariants:
 *
 * 1. Only the owner of these tables, who installed the extension or is the bootstrap
 *	  superuser, writes to them. Our queries run with the owner's rights, as the
 *	  queries of a foreign key do.
 * 2. Each query asks for the rows of one role only, the current user.
 * 3. Queries qualify all names with a schema, and use types that need no cast.
 * 4. Queries never touch relations that are not ours. The owner of the database can
 *	  drop the extension and put tables with the same names in its place, even while
 *	  a task runs. So our relations are found once, by OID, and locked before each
 *	  query, and a guard refuses a query of ours whose names lead to other relations
 *	  (see session.h).
 * 5. No batch below first_pending is pending. Only a holder of LOCK_TASK in SHARE
 *	  UPDATE EXCLUSIVE mode or above changes first_pending.
 * 6. A batch that is added later gets a higher number than all others of its task.
 *
 * Locks, in this order. They are held until the end of the transaction, unless
 * stated otherwise:
 *
 * 1. LOCK_TASK: in ACCESS SHARE mode to run a batch, in SHARE UPDATE EXCLUSIVE mode
 *	  to change the task, and in ACCESS EXCLUSIVE mode to drop it. Dropping therefore
 *	  waits for the batches that are running and lets no other begin.
 * 2. The task's relation and those of its statement, when they are checked because
 *	  the task is created or altered, or read because it is extended.
 * 3. The row of williams_task.
 * 4. Rows of williams_batch. A claim skips rows that are locked.
 * 5. LOCK_NUMBERS, to split a batch or to add batches.
 * 6. The task's relation and whatever the statement locks, to run a batch.
 *
 * williams_extend_task takes lock 5 before the row of williams_task, which nobody else can
 * change meanwhile. A transaction that has split a batch and then changes the task takes
 * lock 1 after lock 5, so these two can deadlock.
 *
 * A session that runs a batch sometimes has to update the row of williams_task. It
 * first takes lock 1 in the mode for a change, but only if it gets it without
 * waiting; otherwise it leaves the row alone. So it never waits for a session that
 * changes the task, which may be waiting for it.
 *
 * The row of williams_task_history is updated last: when a task is dropped, and in a
 * transaction of its own when a run begins.
 *
 * LOCK_LAUNCH is held while workers are started. LOCK_RUN is held by a session or a
 * worker for as long as it runs a task, across transactions; PostgreSQL releases it if
 * a transaction is aborted. It is waited for before any other lock is taken, and by a
 * worker that ends, whose wait for other such workers is short: they wait for nothing.
 *
 * The locks of a task are told apart by a hash of owner and name. Two tasks with the
 * same hash share them: they wait for each other where one task would wait for itself,
 * and williams_progress counts the workers of both for each.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "base/rights.h"
#include "base/session.h"
#include "run/store.h"

/* The arguments that every query has: the task's owner and its name. */
#define N_TASK_ARGS 2
#define MAX_ARGS 24

pg_noreturn static void
refuse_relations(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("the tables of extension \"williams\" no longer exist")));
}

/*
 * The relations of the extension that the function belongs to. They are in the
 * function's schema, where no other relation can have their names. Check that the
 * function is still there once they are locked.
 */
static void
find_relations(Oid function, Oid relations[N_OWN_RELATIONS])
{
	static const char *const names[] = {"williams_task", "williams_batch", "williams_task_history",
	"williams_progress"};
	Oid			schema = get_func_namespace(function);

	for (int i = 0; i < N_OWN_RELATIONS; i++)
	{
		relations[i] = get_relname_relid(names[i], schema);
		if (OidIsValid(relations[i]))
			LockRelationOid(relations[i], AccessShareLock);
		if (!OidIsValid(relations[i]) || get_func_namespace(function) != schema ||
			get_relname_relid(names[i], schema) != relations[i])
			refuse_relations();
	}
}

void
wl_name_tasks(Oid function, WlTaskId *id)
{
	memset(id, 0, sizeof(*id));
	id->owner = GetUserId();
	find_relations(function, id->relations);
}

void
wl_name_task(Oid function, const char *name, WlTaskId *id)
{
	if (strlen(name) >= NAMEDATALEN || name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid task name \"%s\"", name),
				 errdetail("A task's name has 1 to %d bytes.", NAMEDATALEN - 1)));
	wl_name_tasks(function, id);
	namestrcpy(&id->name, name);
}

/*
 * For a superuser, who can take any role: the roles that have a task of that name, if they
 * still exist; or NULL. An error follows, which ends what wl_connect begins.
 */
static char *
owners_for_superuser(const WlTaskId *id)
{
	if (!superuser())
		return NULL;
	wl_connect();
	wl_query_as_self(id, "SELECT pg_catalog.string_agg(owner::pg_catalog.regrole::pg_catalog.text,"
					 " ', '::pg_catalog.text ORDER BY owner) FROM %s.williams_task"
					 " WHERE name" EQ "$2 AND owner::pg_catalog.regrole::pg_catalog.text"
					 " OPERATOR(pg_catalog.<>) owner::pg_catalog.text", 0, NULL, NULL, NULL);
	return wl_text_or_null(ONLY_COLUMN);
}

void
wl_refuse_task(const WlTaskId *id)
{
	char	   *owners = owners_for_superuser(id);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("task \"%s\" of role \"%s\" does not exist",
					NameStr(id->name), GetUserNameFromId(id->owner, true)),
			 owners == NULL ? 0 :
			 errdetail("Roles with a task of this name: %s.", owners),
			 owners == NULL ?
			 errhint("The table williams_task lists the tasks of the current role.") :
			 errhint("SET ROLE to the owner of the task first.")));
}

void
wl_connect(void)
{
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
wl_finish(void)
{
	PopActiveSnapshot();
	SPI_finish();
}

/*
 * Lock the relations, so that nobody drops, renames or replaces them. Returns the
 * name of their schema, quoted.
 */
static const char *
lock_relations(const WlTaskId *id)
{
	char	   *schema;

	for (int i = 0; i < N_OWN_RELATIONS; i++)
	{
		LockRelationOid(id->relations[i], i == PROGRESS_VIEW ? AccessShareLock : RowExclusiveLock);
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(id->relations[i])))
			refuse_relations();
	}
	schema = get_namespace_name(get_rel_namespace(id->relations[TASK_TABLE]));
	if (schema == NULL)
		refuse_relations();
	return quote_identifier(schema);
}

/* The owner of the tables. They must be locked. */
static Oid
tables_owner(const WlTaskId *id)
{
	Oid			owner = wl_relation_owner(id->relations[BATCH_TABLE]);

	if (!OidIsValid(owner))
		refuse_relations();
	return owner;
}

/*
 * Take the rights of the tables' owner for a query of ours. Plans use the primary
 * keys, however small the tables were when they were analyzed, and whatever the
 * session's settings are.
 */
static void
begin_privileged(const WlTaskId *id, WlRights *saved)
{
	wl_begin_rights(saved, tables_owner(id),
					SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	if (enable_seqscan)
		wl_set_local("enable_seqscan", "off");
	if (enable_bitmapscan)
		wl_set_local("enable_bitmapscan", "off");
	if (!enable_indexscan)
		wl_set_local("enable_indexscan", "on");
	if (jit_enabled)
		wl_set_local("jit", "off");
}

static int64
run_query(bool privileged, const WlTaskId *id, const char *query, int nargs, const Oid *types,
		  const Datum *values, const char *nulls)
{
	Oid			all_types[MAX_ARGS] = {OIDOID, TEXTOID};
	Datum		all_values[MAX_ARGS] = {ObjectIdGetDatum(id->owner), CStringGetTextDatum(NameStr(id->name))};
	char		all_nulls[MAX_ARGS] = "  ";
	const char *schema = lock_relations(id);
	WlRights	saved;
	int			rc;

	Assert(N_TASK_ARGS + nargs <= MAX_ARGS);
	for (int i = 0; i < nargs; i++)
	{
		all_types[N_TASK_ARGS + i] = types[i];
		all_values[N_TASK_ARGS + i] = values[i];
		all_nulls[N_TASK_ARGS + i] = nulls != NULL ? nulls[i] : ' ';
	}
	if (privileged)
		begin_privileged(id, &saved);
	rc = wl_execute_kept(psprintf(query, schema, schema), N_TASK_ARGS + nargs, all_types, all_values,
						 all_nulls, false, id->relations, N_OWN_RELATIONS);
	if (rc < 0)
		elog(ERROR, "could not query the tasks: %s", SPI_result_code_string(rc));
	if (privileged)
		wl_end_rights(&saved);
	return (int64) SPI_processed;
}

int64
wl_query(const WlTaskId *id, const char *query, int nargs, const Oid *types,
		 const Datum *values, const char *nulls)
{
	return run_query(true, id, query, nargs, types, values, nulls);
}

int64
wl_query_as_self(const WlTaskId *id, const char *query, int nargs, const Oid *types,
				 const Datum *values, const char *nulls)
{
	return run_query(false, id, query, nargs, types, values, nulls);
}

/* The rows are passed as a relation that only this query knows, like a transition table. */
int64
wl_store_batches(const WlTaskId *id, Tuplestorestate *batches, TupleDesc desc)
{
	EphemeralNamedRelationData planned = {0};
	int64		stored;

	planned.md.name = "planned";
	planned.md.tupdesc = desc;
	planned.md.enrtype = ENR_NAMED_TUPLESTORE;
	planned.md.enrtuples = tuplestore_tuple_count(batches);
	planned.reldata = batches;
	if (SPI_register_relation(&planned) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not pass the batches to a query");
	stored = wl_query(id, "INSERT INTO %s.williams_batch (owner, task, batch_no,"
					  " lower_key, upper_key, items, memory_mb)"
					  " SELECT $1, $2, batch_no OPERATOR(pg_catalog.+) coalesce((SELECT"
					  " pg_catalog.max(batch_no) FROM %s.williams_batch WHERE" OF_TASK "),"
					  " 0::pg_catalog.int8), lower_key, upper_key, items, memory_mb"
					  " FROM planned", 0, NULL, NULL, NULL);
	SPI_unregister_relation("planned");
	return stored;
}

char *
wl_text_or_null(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

Datum
wl_value_or_zero(int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									  column, &isnull);

	return isnull ? (Datum) 0 : value;
}

/* A row of williams_task. */
typedef struct TaskRow
{
	TupleDesc	desc;
	Datum	   *values;			/* 0 where it is NULL */
	bool	   *nulls;
} TaskRow;

/* The number of a column, from 0. A later version of the extension may add others. */
static int
column(const TaskRow *row, const char *name)
{
	for (int i = 0; i < row->desc->natts; i++)
		if (namestrcmp(&TupleDescAttr(row->desc, i)->attname, name) == 0)
			return i;
	elog(ERROR, "williams_task has no column \"%s\"", name);
	return -1;					/* not reached */
}

static Datum
value(const TaskRow *row, const char *name)
{
	return row->values[column(row, name)];
}

static char *
text_value(const TaskRow *row, const char *name)
{
	int			i = column(row, name);

	return row->nulls[i] ? NULL : TextDatumGetCString(row->values[i]);
}

static void
read_task(const TaskRow *row, WlTask *task)
{
	Datum		settings = value(row, "settings");

	task->relation = DatumGetObjectId(value(row, "relation"));
	task->statement = text_value(row, "statement");
	task->search_path = text_value(row, "search_path");
	task->item_mb = text_value(row, "item_mb");
	if (task->item_mb == NULL && row->nulls[column(row, "available_memory_mb")])
		task->item_mb = "0";
	task->key_column = pstrdup(NameStr(*DatumGetName(value(row, "key_column"))));
	task->key_order = text_value(row, "key_order");
	task->by_ctid = strcmp(text_value(row, "method"), "ctid") == 0;
	task->max_attempts = DatumGetInt32(value(row, "max_attempts"));
	task->time_limit_ms = DatumGetInt32(value(row, "time_limit_ms"));
	task->pause_ms = DatumGetInt32(value(row, "pause_ms"));
	task->throttle = text_value(row, "throttle");
	task->max_failed = DatumGetInt32(value(row, "max_failed"));
	task->settings = settings == (Datum) 0 ? NULL : DatumGetJsonbPCopy(settings);
	task->filenode = DatumGetObjectId(value(row, "filenode"));
	task->first_pending = DatumGetInt64(value(row, "first_pending"));
	task->stopped = DatumGetBool(value(row, "stopped"));
	task->created_at = DatumGetTimestampTz(value(row, "created_at"));
}

static void
set_key(ScanKey key, Relation rel, const char *name, RegProcedure equal, Datum wanted)
{
	AttrNumber	attno = get_attnum(RelationGetRelid(rel), name);

	if (attno == InvalidAttrNumber)
		refuse_relations();
	ScanKeyEntryInitialize(key, 0, attno, BTEqualStrategyNumber, InvalidOid,
						   TupleDescAttr(RelationGetDescr(rel), attno - 1)->attcollation,
						   equal, wanted);
}

/*
 * Each step begins with this, so the row is looked up without a query: its cost would
 * be that of the claim.
 */
bool
wl_load_task(const WlTaskId *id, WlTask *task)
{
	Relation	rel = try_table_open(id->relations[TASK_TABLE], AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	if (rel == NULL)
		refuse_relations();
	set_key(&keys[0], rel, "owner", F_OIDEQ, ObjectIdGetDatum(id->owner));
	set_key(&keys[1], rel, "name", F_TEXTEQ, CStringGetTextDatum(NameStr(id->name)));
	scan = systable_beginscan(rel, wl_primary_key(rel), true, snapshot, lengthof(keys), keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		TaskRow		row = {RelationGetDescr(rel)};

		row.values = palloc0(row.desc->natts * sizeof(Datum));
		row.nulls = palloc(row.desc->natts * sizeof(bool));
		heap_deform_tuple(tuple, row.desc, row.values, row.nulls);
		task->id = *id;
		read_task(&row, task);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, NoLock);
	return HeapTupleIsValid(tuple);
}

static uint32
lock_hash(Oid owner, const char *name, int length)
{
	return hash_combine(hash_bytes((const unsigned char *) name, length), owner);
}

/* What pg_locks shows as objid. */
PG_FUNCTION_INFO_V1(wl_lock_id);
Datum
wl_lock_id(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(1);

	PG_RETURN_OID(lock_hash(PG_GETARG_OID(0), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)));
}

static LOCKTAG
lock_tag(const WlTaskId *id, WlLockPart part)
{
	const char *name = NameStr(id->name);
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, id->relations[TASK_TABLE],
					   part == LOCK_LAUNCH ? InvalidOid : lock_hash(id->owner, name, strlen(name)),
					   part);
	return tag;
}

static bool
acquire(const WlTaskId *id, WlLockPart part, LOCKMODE mode, WlLockHolder holder, bool wait)
{
	LOCKTAG		tag = lock_tag(id, part);

	return LockAcquire(&tag, mode, holder == HELD_BY_SESSION, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

void
wl_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	(void) acquire(id, part, mode, HELD_BY_TRANSACTION, true);
}

bool
wl_try_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	return acquire(id, part, mode, HELD_BY_TRANSACTION, false);
}

void
wl_lock_task_in_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	(void) acquire(id, part, mode, HELD_BY_SESSION, true);
}

void
wl_unlock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode, WlLockHolder holder)
{
	LOCKTAG		tag = lock_tag(id, part);

	LockRelease(&tag, mode, holder == HELD_BY_SESSION);
}

bool
wl_is_wanted(const WlTaskId *id)
{
	bool		wanted;

	wl_connect();
	wanted = wl_query(id, "SELECT FROM %s.williams_task WHERE" THIS_TASK " AND NOT stopped"
					  " AND EXISTS (SELECT FROM %s.williams_batch WHERE" OF_TASK
					  " AND" IN_STATE("pending") " AND batch_no" GE "first_pending)",
					  0, NULL, NULL, NULL) > 0;
	wl_finish();
	return wanted;
}

/* A task that is not stopped needs no change, so this does not wait for other changes. */
void
wl_start_task(const WlTaskId *id)
{
	WlTask		task;

	wl_connect();
	if (!wl_load_task(id, &task))
		wl_refuse_task(id);
	if (task.stopped)
	{
		wl_lock_task(id, LOCK_TASK, ShareUpdateExclusiveLock);
		if (wl_query(id, "UPDATE %s.williams_task SET stopped = false WHERE" THIS_TASK,
					 0, NULL, NULL, NULL) == 0)
			wl_refuse_task(id);
	}
	wl_finish();
}

bool
wl_stop_task(const WlTaskId *id)
{
	if (!wl_try_lock_task(id, LOCK_TASK, ShareUpdateExclusiveLock))
		return false;
	wl_query(id, "UPDATE %s.williams_task SET stopped = true WHERE" THIS_TASK,
			 0, NULL, NULL, NULL);
	return true;
}

/*
 * The lock excludes williams_retry, which lowers first_pending. Batches that are
 * running still look pending to this query, and a split adds only higher numbers.
 */
void
wl_raise_first_pending(const WlTaskId *id)
{
	static const Oid types[] = {INT8OID};
	WlTask		task;
	Datum		values[1];
	Datum		next;

	wl_connect();
	if (wl_try_lock_task(id, LOCK_TASK, ShareUpdateExclusiveLock) && wl_load_task(id, &task))
	{
		values[0] = Int64GetDatum(task.first_pending);
		wl_query(id, "SELECT coalesce((SELECT batch_no FROM %s.williams_batch WHERE" OF_TASK
				 " AND" IN_STATE("pending") " AND batch_no" GE "$3 ORDER BY batch_no LIMIT 1),"
				 " (SELECT pg_catalog.max(batch_no) OPERATOR(pg_catalog.+) 1::pg_catalog.int8"
				 " FROM %s.williams_batch WHERE" OF_TASK "))",
				 lengthof(types), types, values, NULL);
		next = wl_value_or_zero(ONLY_COLUMN);
		if (DatumGetInt64(next) > task.first_pending)
			wl_query(id, "UPDATE %s.williams_task SET first_pending = $3 WHERE" THIS_TASK,
					 lengthof(types), types, &next, NULL);
	}
	wl_finish();
}
