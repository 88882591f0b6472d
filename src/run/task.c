/*
 * task.c
 *		Create, alter, stop, retry and drop tasks.
 *
 * What can be checked is checked here, against the table as it is now: arguments, the
 * statement, the throttle. The checks run as the current user, under the search_path
 * that the task will have.
 *
 * Locks: a change takes LOCK_TASK before it reads the task. See store.c for these
 * locks, and for the rights with which rows are written.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "base/check.h"
#include "base/expression.h"
#include "base/session.h"
#include "plan/key.h"
#include "plan/plan.h"
#include "run/advice.h"
#include "run/history.h"
#include "run/settings.h"
#include "run/statement.h"
#include "run/store.h"
#include "run/task.h"

/* The arguments of williams_create_task, in order; then the options of a task. */
enum
{
	ARG_NAME, ARG_RELATION, ARG_STATEMENT, ARG_OPTIONS
};

/* The options of a task in the order of arguments; those of a plan come first. */
enum
{
	OPTION_BUDGET, OPTION_ITEM_MB, OPTION_KEY, OPTION_METHOD, OPTION_MAX_ITEMS, OPTION_STRICT,
	OPTION_ATTEMPTS, OPTION_LIMIT, OPTION_PAUSE, OPTION_THROTTLE, OPTION_MAX_FAILED,
	OPTION_SETTINGS, N_OPTIONS
};

/* What is stored of a new task besides its owner and its name. */
enum
{
	STORED_RELATION, STORED_STATEMENT, STORED_OPTIONS,
	STORED_SEARCH_PATH = STORED_OPTIONS + N_OPTIONS, STORED_FILENODE, STORED_KEY_ORDER,
	STORED_WHOLE_RANGE, N_STORED
};

static char *
text_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

/* The arguments from first up to but not including end, as values of a query. */
static void
read_arguments(FunctionCallInfo fcinfo, int first, int end, Datum *values, char *nulls)
{
	for (int i = 0; i < end - first; i++)
	{
		values[i] = PG_GETARG_DATUM(first + i);
		nulls[i] = PG_ARGISNULL(first + i) ? 'n' : ' ';
	}
}

/* first: where the options of a task begin among the arguments. */
static void
check_options(FunctionCallInfo fcinfo, int first)
{
	wl_check_not_null(PG_ARGISNULL(first + OPTION_METHOD), "method");
	wl_check_not_null(PG_ARGISNULL(first + OPTION_STRICT), "strict");
	wl_check_not_null(PG_ARGISNULL(first + OPTION_ATTEMPTS), "max_attempts");
	wl_check_not_null(PG_ARGISNULL(first + OPTION_PAUSE), "pause_ms");
}

/* Check the integer arguments of a task, given by position. */
static void
check_numbers(FunctionCallInfo fcinfo, int attempts, int limit, int pause, int failed)
{
	if (!PG_ARGISNULL(attempts))
		wl_check_positive(PG_GETARG_INT32(attempts), "max_attempts");
	if (!PG_ARGISNULL(limit))
		wl_check_count(PG_GETARG_INT32(limit), "time_limit_ms");
	if (!PG_ARGISNULL(pause))
		wl_check_count(PG_GETARG_INT32(pause), "pause_ms");
	if (!PG_ARGISNULL(failed))
		wl_check_count(PG_GETARG_INT32(failed), "max_failed");
}

/*
 * Check a statement against the table as it is now, and warn of its mistakes. Returns
 * whether it processes whole ranges.
 */
static bool
examine_statement(const char *text, Relation rel, const WlKey *key, bool by_ctid)
{
	WlStatement statement;
	SPIPlanPtr	plan = wl_prepare_statement(&statement, text, rel, key);

	wl_advise(&statement, plan);
	if (by_ctid)
		wl_check_no_write(plan, rel);
	SPI_freeplan(plan);
	return wl_is_whole_range(&statement);
}

static void
check_settings(FunctionCallInfo fcinfo, int arg)
{
	if (!PG_ARGISNULL(arg))
		wl_check_settings(PG_GETARG_JSONB_P(arg));
}

static void
store_value(Datum *values, char *nulls, int column, Datum value, bool isnull)
{
	values[column] = value;
	nulls[column] = isnull ? 'n' : ' ';
}

/* Insert the row of williams_task. first: where the options begin among the arguments. */
static void
store_task(const WlTaskId *id, const WlNewTask *new, const WlKey *key, Oid filenode)
{
	static const Oid types[N_STORED] = {OIDOID, TEXTOID, FLOAT8OID, TEXTOID, NAMEOID, TEXTOID,
		INT8OID, BOOLOID, INT4OID, INT4OID, INT4OID, TEXTOID, INT4OID, JSONBOID, TEXTOID, OIDOID,
	TEXTOID, BOOLOID};
	Datum		values[N_STORED];
	char		nulls[N_STORED + 1];

	store_value(values, nulls, STORED_RELATION, ObjectIdGetDatum(new->relation), false);
	store_value(values, nulls, STORED_STATEMENT, CStringGetTextDatum(new->statement), false);
	read_arguments(new->fcinfo, new->options, new->options + N_OPTIONS,
				   &values[STORED_OPTIONS], &nulls[STORED_OPTIONS]);
	/* as it was found, even if the argument is NULL */
	store_value(values, nulls, STORED_OPTIONS + OPTION_KEY, NameGetDatum(&key->column), false);
	store_value(values, nulls, STORED_SEARCH_PATH,
				CStringGetTextDatum(GetConfigOption("search_path", false, false)), false);
	store_value(values, nulls, STORED_FILENODE, ObjectIdGetDatum(filenode), !OidIsValid(filenode));
	store_value(values, nulls, STORED_KEY_ORDER, CStringGetTextDatum(wl_key_order(key)), false);
	store_value(values, nulls, STORED_WHOLE_RANGE, BoolGetDatum(new->whole_range), false);
	if (wl_query(id, "INSERT INTO %s.williams_task (owner, name, relation, statement,"
				 " available_memory_mb, item_mb, key_column, method, max_items, strict,"
				 " max_attempts, time_limit_ms, pause_ms, throttle, max_failed, settings,"
				 " search_path, filenode, key_order, whole_range)"
				 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
				 " $16, $17, $18, $19, $20)"
				 " ON CONFLICT DO NOTHING", N_STORED, types, values, nulls) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("task \"%s\" already exists", NameStr(id->name)),
				 errhint("Drop it with williams_drop_task, or choose another name.")));
}

/* Plan the batches as the current user, under the session's settings, and store them. */
static int64
plan_batches(const WlTaskId *id, Relation rel, WlPlanOptions *options)
{
	WlPlanned	planned;
	int64		batches;

	wl_begin_planned(&planned);
	wl_plan_relation(rel, options, &planned);
	batches = wl_store_batches(id, planned.batches, planned.desc);
	tuplestore_end(planned.batches);
	wl_query(id, "UPDATE %s.williams_task SET last_key ="
			 " (SELECT upper_key FROM %s.williams_batch WHERE" OF_TASK
			 " ORDER BY batch_no DESC LIMIT 1) WHERE" THIS_TASK, 0, NULL, NULL, NULL);
	return batches;
}

int64
wl_create(const WlTaskId *id, WlNewTask *new)
{
	FunctionCallInfo fcinfo = new->fcinfo;
	int			first = new->options;
	WlPlanOptions options;
	WlKey		key;
	Relation	rel;
	int64		batches;

	check_options(fcinfo, first);
	check_numbers(fcinfo, first + OPTION_ATTEMPTS, first + OPTION_LIMIT, first + OPTION_PAUSE,
				  first + OPTION_MAX_FAILED);
	check_settings(fcinfo, first + OPTION_SETTINGS);
	wl_read_plan_options(fcinfo, first + OPTION_BUDGET, &options);

	SPI_connect();

	/*
	 * keep its lock, so that the table that is planned is the one that was
	 * checked
	 */
	rel = wl_open_relation(new->relation, false);
	wl_find_key(rel, options.key_column, options.by_ctid, &key);
	new->whole_range = examine_statement(new->statement, rel, &key, options.by_ctid);
	if (!PG_ARGISNULL(first + OPTION_THROTTLE))
		wl_check_condition(text_argument(fcinfo, first + OPTION_THROTTLE), "throttle");
	store_task(id, new, &key, options.by_ctid ? rel->rd_rel->relfilenode : InvalidOid);
	batches = plan_batches(id, rel, &options);
	relation_close(rel, NoLock);
	SPI_finish();
	return batches;
}

PG_FUNCTION_INFO_V1(wl_create_task);
Datum
wl_create_task(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlNewTask	new = {.fcinfo = fcinfo,.options = ARG_OPTIONS};

	PreventCommandIfReadOnly("williams_create_task()");
	wl_check_not_null(PG_ARGISNULL(ARG_NAME), "name");
	wl_check_not_null(PG_ARGISNULL(ARG_RELATION), "relation");
	wl_check_not_null(PG_ARGISNULL(ARG_STATEMENT), "statement");
	new.relation = PG_GETARG_OID(ARG_RELATION);
	new.statement = text_argument(fcinfo, ARG_STATEMENT);
	wl_name_task(fcinfo->flinfo->fn_oid, text_argument(fcinfo, ARG_NAME), &id);
	PG_RETURN_INT64(wl_create(&id, &new));
}

/* The arguments of williams_alter_task, in order. */
enum
{
	ALTER_NAME, ALTER_STATEMENT, ALTER_THROTTLE, ALTER_PAUSE, ALTER_LIMIT, ALTER_ATTEMPTS,
	ALTER_MAX_FAILED, ALTER_SETTINGS, N_ALTER_ARGS
};

/* What is stored of a change: the arguments from ALTER_STATEMENT on, and one value more. */
enum
{
	ALTERED_WHOLE_RANGE = N_ALTER_ARGS - ALTER_STATEMENT, N_ALTER_VALUES
};

/*
 * Check the new texts under the task's search_path, which they will run under. Returns
 * whether a new statement processes whole ranges.
 */
static bool
check_altered(FunctionCallInfo fcinfo, const WlTask *task)
{
	WlSetting	path = {"search_path", task->search_path};
	bool		whole_range = false;
	Relation	rel;
	WlKey		key;
	int			level;

	level = wl_begin_settings(&path, 1);
	if (!PG_ARGISNULL(ALTER_STATEMENT))
	{
		rel = wl_open_relation(task->relation, false);
		wl_find_key(rel, task->key_column, task->by_ctid, &key);
		whole_range = examine_statement(text_argument(fcinfo, ALTER_STATEMENT), rel, &key, task->by_ctid);
		relation_close(rel, NoLock);
	}
	if (!PG_ARGISNULL(ALTER_THROTTLE))
		wl_check_condition(text_argument(fcinfo, ALTER_THROTTLE), "throttle");
	wl_end_settings(level);
	return whole_range;
}

PG_FUNCTION_INFO_V1(wl_alter_task);
Datum
wl_alter_task(PG_FUNCTION_ARGS)
{
	static const Oid types[N_ALTER_VALUES] = {TEXTOID, TEXTOID, INT4OID, INT4OID, INT4OID,
	INT4OID, JSONBOID, BOOLOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types) + 1];
	WlTaskId	id;
	WlTask		task;

	PreventCommandIfReadOnly("williams_alter_task()");
	wl_check_not_null(PG_ARGISNULL(ALTER_NAME), "task");
	check_numbers(fcinfo, ALTER_ATTEMPTS, ALTER_LIMIT, ALTER_PAUSE, ALTER_MAX_FAILED);
	check_settings(fcinfo, ALTER_SETTINGS);
	wl_name_task(fcinfo->flinfo->fn_oid, text_argument(fcinfo, ALTER_NAME), &id);
	read_arguments(fcinfo, ALTER_STATEMENT, N_ALTER_ARGS, values, nulls);

	SPI_connect();
	wl_lock_task(&id, LOCK_TASK, ShareUpdateExclusiveLock);
	if (!wl_load_task(&id, &task))
		wl_refuse_task(&id);
	store_value(values, nulls, ALTERED_WHOLE_RANGE, BoolGetDatum(check_altered(fcinfo, &task)),
				PG_ARGISNULL(ALTER_STATEMENT));
	wl_query(&id, "UPDATE %s.williams_task SET statement = coalesce($3, statement),"
			 " throttle = coalesce($4, throttle), pause_ms = coalesce($5, pause_ms),"
			 " time_limit_ms = coalesce($6, time_limit_ms),"
			 " max_attempts = coalesce($7, max_attempts), max_failed = coalesce($8, max_failed),"
			 " settings = coalesce($9, settings), whole_range = coalesce($10, whole_range)"
			 " WHERE" THIS_TASK,
			 lengthof(types), types, values, nulls);
	SPI_finish();
	PG_RETURN_VOID();
}

/* How functions begin whose only argument is the name of a task. */
static void
name_argument(FunctionCallInfo fcinfo, const char *function, WlTaskId *id)
{
	PreventCommandIfReadOnly(function);
	wl_name_task(fcinfo->flinfo->fn_oid, text_argument(fcinfo, 0), id);
}

void
wl_drop(const WlTaskId *id)
{
	wl_lock_task(id, LOCK_TASK, AccessExclusiveLock);
	wl_fold_batches(id);
	wl_query(id, "DELETE FROM %s.williams_batch WHERE" OF_TASK, 0, NULL, NULL, NULL);
	if (wl_query(id, "DELETE FROM %s.williams_task WHERE" THIS_TASK, 0, NULL, NULL, NULL) == 0)
		wl_refuse_task(id);
}

PG_FUNCTION_INFO_V1(wl_drop_task);
Datum
wl_drop_task(PG_FUNCTION_ARGS)
{
	WlTaskId	id;

	name_argument(fcinfo, "williams_drop_task()", &id);
	SPI_connect();
	wl_drop(&id);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(wl_stop);
Datum
wl_stop(PG_FUNCTION_ARGS)
{
	WlTaskId	id;

	name_argument(fcinfo, "williams_stop()", &id);
	SPI_connect();
	wl_lock_task(&id, LOCK_TASK, ShareUpdateExclusiveLock);
	if (wl_query(&id, "UPDATE %s.williams_task SET stopped = true WHERE" THIS_TASK,
				 0, NULL, NULL, NULL) == 0)
		wl_refuse_task(&id);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(wl_retry);
Datum
wl_retry(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	int64		n;

	name_argument(fcinfo, "williams_retry()", &id);
	SPI_connect();
	wl_lock_task(&id, LOCK_TASK, ShareUpdateExclusiveLock);
	if (wl_query(&id, "UPDATE %s.williams_task SET first_pending = least(first_pending,"
				 " (SELECT pg_catalog.min(batch_no) FROM %s.williams_batch WHERE" OF_TASK
				 " AND" IN_STATE("failed") ")) WHERE" THIS_TASK, 0, NULL, NULL, NULL) == 0)
		wl_refuse_task(&id);
	n = wl_query(&id, "UPDATE %s.williams_batch SET state = 'pending', attempts = 0"
				 " WHERE" OF_TASK " AND" IN_STATE("failed"), 0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_INT64(n);
}

/*
 * A task belongs to the server on which it was created: its owner, its table and its
 * bounds mean something else on another server. A publication FOR ALL TABLES sends the
 * rows of tasks, and this trigger drops them on the subscriber.
 */
PG_FUNCTION_INFO_V1(wl_drop_replicated);
Datum
wl_drop_replicated(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_drop_replicated is only for the tables of this extension")));
	/* a session that sets session_replication_role may run tasks */
	if (IsLogicalWorker())
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple);
}
