/*
 * store.c
 *		Tasks as they are stored: queries over their rows, and their locks.
 *
 * A task is a row of williams_task and its batches, rows of williams_batch. Nobody
 * but their owner, who installed the extension or is the bootstrap superuser, may
 * write to these tables: the queries here run with the owner's rights, as those of
 * a foreign key do, and ask for the rows of one role alone, the current user. All
 * that they name they name with its schema, and with types that need no cast.
 *
 * Whoever owns the database can drop the extension and put tables of the same names
 * in the place of ours, also while a task runs. So our relations are found once, by
 * OID, and locked before each query; and a guard refuses a query of ours whose names
 * lead to others (see session.h).
 *
 * Locks, in this order, to the end of the transaction where nothing else is said:
 *	1. the task's (LOCK_TASK): in ACCESS SHARE mode by who runs a batch, in SHARE
 *	   UPDATE EXCLUSIVE mode by who changes the task, in ACCESS EXCLUSIVE mode by
 *	   who drops it, and so waits for the batches that are running and lets none
 *	   begin
 *	2. the relation and those of the statement, where they are checked as a task is
 *	   made or altered
 *	3. the row of williams_task
 *	4. rows of williams_batch: the claim of one skips those that are locked
 *	5. LOCK_NUMBERS, by who splits a batch
 *	6. the relation, and what the statement locks, by who runs a batch
 * Who runs a batch has to write to the row of williams_task at times. It does so
 * with lock 1 in the mode of a change, if it gets that without waiting, or not at
 * all: so it never waits for who changes the task, who may wait for it.
 *
 * LOCK_LAUNCH is held while workers are started, LOCK_WORKERS by a worker for as
 * long as it runs, LOCK_REPORT by one that ends: none of them with another.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "base/session.h"
#include "run/store.h"

pg_noreturn static void
refuse_relations(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("the tables of the extension williams do not exist any more")));
}

/*
 * The relations of the extension that a function belongs to: those in its schema,
 * if it is still there when they are locked. Nobody else has their names there.
 */
static void
find_relations(Oid function, Oid relations[N_OWN_RELATIONS])
{
	static const char *const names[] = {"williams_task", "williams_batch", "williams_progress"};
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
wl_name_task(Oid function, const char *name, WlTaskId *id)
{
	memset(id, 0, sizeof(*id));
	id->owner = GetUserId();
	if (strlen(name) >= NAMEDATALEN || name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid task name \"%s\"", name),
				 errdetail("A task's name has 1 to %d bytes.", NAMEDATALEN - 1)));
	namestrcpy(&id->name, name);
	find_relations(function, id->relations);
}

void
wl_refuse_task(const WlTaskId *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("task \"%s\" of role \"%s\" does not exist",
					NameStr(id->name), GetUserNameFromId(id->owner, true)),
			 errhint("The tasks of the current role are in the table williams_task.")));
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

/* Lock the relations, so that nobody drops, renames or replaces them: their schema's name. */
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

/* The owner of the tables, which are locked. */
static Oid
tables_owner(const WlTaskId *id)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(id->relations[BATCH_TABLE]));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		refuse_relations();
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * The rights of the tables' owner for a query of ours, until end_privileged. Its
 * plans go by the primary keys, however small the tables were when they were
 * analyzed, and whatever the session's settings are.
 */
typedef struct Privileged
{
	Oid			user;
	int			context;
	int			guc_level;
} Privileged;

static void
begin_privileged(const WlTaskId *id, Privileged *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->context);
	saved->guc_level = NewGUCNestLevel();
	if (enable_seqscan)
		wl_set_local("enable_seqscan", "off");
	if (enable_bitmapscan)
		wl_set_local("enable_bitmapscan", "off");
	if (!enable_indexscan)
		wl_set_local("enable_indexscan", "on");
	if (jit_enabled)
		wl_set_local("jit", "off");
	SetUserIdAndSecContext(tables_owner(id), saved->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
}

static void
end_privileged(const Privileged *saved)
{
	SetUserIdAndSecContext(saved->user, saved->context);
	AtEOXact_GUC(true, saved->guc_level);
}

static int64
run_query(bool privileged, const WlTaskId *id, const char *query, int nargs, const Oid *types,
		  const Datum *values, const char *nulls)
{
	Oid			all_types[20] = {OIDOID, TEXTOID};
	Datum		all_values[20] = {ObjectIdGetDatum(id->owner), CStringGetTextDatum(NameStr(id->name))};
	char		all_nulls[20] = "  ";
	const char *schema = lock_relations(id);
	Privileged	saved;
	int			rc;

	Assert(nargs <= lengthof(all_types) - 2);
	for (int i = 0; i < nargs; i++)
	{
		all_types[i + 2] = types[i];
		all_values[i + 2] = values[i];
		all_nulls[i + 2] = nulls != NULL ? nulls[i] : ' ';
	}
	if (privileged)
		begin_privileged(id, &saved);
	rc = wl_execute_kept(psprintf(query, schema, schema), nargs + 2, all_types, all_values,
						 all_nulls, false, id->relations, N_OWN_RELATIONS);
	if (rc < 0)
		elog(ERROR, "a query over the tasks failed: %s", SPI_result_code_string(rc));
	if (privileged)
		end_privileged(&saved);
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

/* The rows come as a relation of this query alone, as those of a transition table do. */
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
		elog(ERROR, "the batches cannot be read");
	stored = wl_query(id, "INSERT INTO %s.williams_batch (owner, task, batch_no,"
					  " lower_key, upper_key, items, memory_mb)"
					  " SELECT $1, $2, batch_no, lower_key, upper_key, items, memory_mb"
					  " FROM planned", 0, NULL, NULL, NULL);
	SPI_unregister_relation("planned");
	return stored;
}

static char *
text_or_null(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

static Datum
value_or_zero(int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									  column, &isnull);

	return isnull ? (Datum) 0 : value;
}

/* The columns of williams_task that are read, in this order from 1. */
enum
{
	TASK_RELATION = 1, TASK_STATEMENT, TASK_SEARCH_PATH, TASK_ITEM_MB, TASK_KEY_COLUMN,
	TASK_KEY_ORDER, TASK_BY_CTID, TASK_MAX_ATTEMPTS, TASK_TIME_LIMIT_MS, TASK_PAUSE_MS,
	TASK_THROTTLE, TASK_FILENODE, TASK_FIRST_PENDING, TASK_STOPPED, TASK_CREATED_AT
};

bool
wl_load_task(const WlTaskId *id, WlTask *task)
{
	if (wl_query(id, "SELECT relation, statement, search_path, item_mb, key_column,"
				 " key_order, method" EQ "'ctid'::pg_catalog.text, max_attempts, time_limit_ms,"
				 " pause_ms, throttle, filenode, first_pending, stopped, created_at"
				 " FROM %s.williams_task WHERE" THIS_TASK, 0, NULL, NULL, NULL) == 0)
		return false;
	task->id = *id;
	task->relation = DatumGetObjectId(value_or_zero(TASK_RELATION));
	task->statement = text_or_null(TASK_STATEMENT);
	task->search_path = text_or_null(TASK_SEARCH_PATH);
	task->item_mb = text_or_null(TASK_ITEM_MB);
	task->key_column = text_or_null(TASK_KEY_COLUMN);
	task->key_order = text_or_null(TASK_KEY_ORDER);
	task->by_ctid = DatumGetBool(value_or_zero(TASK_BY_CTID));
	task->max_attempts = DatumGetInt32(value_or_zero(TASK_MAX_ATTEMPTS));
	task->time_limit_ms = DatumGetInt32(value_or_zero(TASK_TIME_LIMIT_MS));
	task->pause_ms = DatumGetInt32(value_or_zero(TASK_PAUSE_MS));
	task->throttle = text_or_null(TASK_THROTTLE);
	task->filenode = DatumGetObjectId(value_or_zero(TASK_FILENODE));
	task->first_pending = DatumGetInt64(value_or_zero(TASK_FIRST_PENDING));
	task->stopped = DatumGetBool(value_or_zero(TASK_STOPPED));
	task->created_at = DatumGetTimestampTz(value_or_zero(TASK_CREATED_AT));
	return true;
}

static LOCKTAG
lock_tag(const WlTaskId *id, WlLockPart part)
{
	uint32		hash = hash_bytes((const unsigned char *) NameStr(id->name),
								  strlen(NameStr(id->name)));
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, id->relations[TASK_TABLE],
					   part == LOCK_LAUNCH ? InvalidOid : hash_combine(hash, id->owner), part);
	return tag;
}

void
wl_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	LOCKTAG		tag = lock_tag(id, part);

	(void) LockAcquire(&tag, mode, false, false);
}

bool
wl_try_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	LOCKTAG		tag = lock_tag(id, part);

	return LockAcquire(&tag, mode, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
wl_unlock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	LOCKTAG		tag = lock_tag(id, part);

	LockRelease(&tag, mode, false);
}

void
wl_lock_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	LOCKTAG		tag = lock_tag(id, part);

	(void) LockAcquire(&tag, mode, true, false);
}

void
wl_unlock_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode)
{
	LOCKTAG		tag = lock_tag(id, part);

	LockRelease(&tag, mode, true);
}

/* What is not stopped needs no change, and waits for nobody's. */
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
 * The lock keeps out williams_retry, which lowers it. What runs now is pending
 * still to this query, and what a split adds has a higher number than all.
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
		next = value_or_zero(1);
		if (DatumGetInt64(next) > task.first_pending)
			wl_query(id, "UPDATE %s.williams_task SET first_pending = $3 WHERE" THIS_TASK,
					 lengthof(types), types, &next, NULL);
	}
	wl_finish();
}
