/*
 * task.c
 *		Tasks: made, stopped, retried and dropped; and whose they are.
 *
 * A task is a row of williams_task and its batches, rows of williams_batch. Both
 * are written by the functions here and in step.c with the rights of the current
 * user, who is the owner: row-level security shows a role its own rows, every
 * query of ours asks for the owner, since row-level security does not bind all,
 * and a trigger refuses rows of other roles, whoever writes them.
 *
 * Locks: whoever runs a batch holds the task's lock in ACCESS SHARE mode for its
 * transaction; dropping the task takes it in ACCESS EXCLUSIVE mode, and so waits
 * for the batches that are running and lets none begin. A task's lock is taken
 * before any row's. Stopping and retrying need no more than the rows' own locks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "check.h"
#include "run.h"
#include "session.h"

/* The current user's task of that name, for a function of this extension. */
void
wl_name_task(Oid function, const char *name, WlTaskId *id)
{
	memset(id, 0, sizeof(*id));
	id->schema = get_func_namespace(function);
	id->owner = GetUserId();
	if (strlen(name) >= NAMEDATALEN || name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid task name \"%s\"", name),
				 errdetail("A task's name has 1 to %d bytes.", NAMEDATALEN - 1)));
	namestrcpy(&id->name, name);
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

/*
 * SPI_connect and SPI_finish for what may run where nothing else does, in a
 * worker or between two transactions of a procedure: queries, and texts that they
 * return, need a snapshot.
 */
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
 * Run a query over the extension's tables: %s in it is their schema, $1 the
 * owner, $2 the task's name, and the others follow. It must be called between
 * SPI_connect and SPI_finish, and leaves SPI_tuptable; the result is the number
 * of rows. Settings of the session do not matter to it.
 */
int64
wl_query(const WlTaskId *id, const char *query, int nargs, const Oid *types,
		 const Datum *values, const char *nulls)
{
	Oid			all_types[20] = {REGROLEOID, TEXTOID};
	Datum		all_values[20] = {ObjectIdGetDatum(id->owner), CStringGetTextDatum(NameStr(id->name))};
	char		all_nulls[20] = "  ";
	const char *schema = get_namespace_name(id->schema);
	int			level = NewGUCNestLevel();
	int			rc;

	/* dropped while a task ran */
	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("the schema of the extension williams does not exist any more")));
	schema = quote_identifier(schema);
	Assert(nargs <= lengthof(all_types) - 2);
	for (int i = 0; i < nargs; i++)
	{
		all_types[i + 2] = types[i];
		all_values[i + 2] = values[i];
		all_nulls[i + 2] = nulls != NULL ? nulls[i] : ' ';
	}
	wl_set_local("search_path", "pg_catalog, pg_temp");
	wl_set_local("row_security", "on");
	rc = SPI_execute_plan(wl_kept_plan(psprintf(query, schema, schema), nargs + 2, all_types),
						  all_values, all_nulls, false, 0);
	if (rc < 0)
		elog(ERROR, "a query over the tasks failed: %s", SPI_result_code_string(rc));
	AtEOXact_GUC(true, level);
	return (int64) SPI_processed;
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

/* false where there is no such task (any more) */
bool
wl_load_task(const WlTaskId *id, WlTask *task)
{
	if (wl_query(id, "SELECT relation, statement, search_path, item_mb, key_column, method = 'ctid',"
				 " max_attempts, time_limit_ms, pause_ms, throttle, filenode, stopped, created_at, key_order"
				 " FROM %s.williams_task WHERE owner = $1 AND name = $2", 0, NULL, NULL, NULL) == 0)
		return false;
	task->id = *id;
	task->relation = DatumGetObjectId(value_or_zero(1));
	task->statement = text_or_null(2);
	task->search_path = text_or_null(3);
	task->item_mb = text_or_null(4);
	task->key_column = text_or_null(5);
	task->by_ctid = DatumGetBool(value_or_zero(6));
	task->max_attempts = DatumGetInt32(value_or_zero(7));
	task->time_limit_ms = DatumGetInt32(value_or_zero(8));
	task->pause_ms = DatumGetInt32(value_or_zero(9));
	task->throttle = text_or_null(10);
	task->filenode = DatumGetObjectId(value_or_zero(11));
	task->stopped = DatumGetBool(value_or_zero(12));
	task->created_at = DatumGetTimestampTz(value_or_zero(13));
	task->key_order = text_or_null(14);
	return true;
}

/* The lock of a task, 0, or of its numbering, 1, until the end of the transaction. */
void
wl_lock_task(const WlTaskId *id, int part, LOCKMODE mode)
{
	uint32		hash = hash_bytes((const unsigned char *) NameStr(id->name),
								  strlen(NameStr(id->name)));

	LockDatabaseObject(get_relname_relid("williams_task", id->schema),
					   hash_combine(hash, id->owner), part, mode);
}

static bool
task_exists(const WlTaskId *id)
{
	return wl_query(id, "SELECT FROM %s.williams_task WHERE owner = $1 AND name = $2",
					0, NULL, NULL, NULL) > 0;
}

/* Let batches be taken again. */
void
wl_start_task(const WlTaskId *id)
{
	wl_connect();
	if (wl_query(id, "UPDATE %s.williams_task SET stopped = false"
				 " WHERE owner = $1 AND name = $2 AND stopped", 0, NULL, NULL, NULL) == 0 &&
		!task_exists(id))
		wl_refuse_task(id);
	wl_finish();
}

/* Let none be taken. False where there is no such task. */
bool
wl_stop_task(const WlTaskId *id)
{
	return wl_query(id, "UPDATE %s.williams_task SET stopped = true"
					" WHERE owner = $1 AND name = $2", 0, NULL, NULL, NULL) > 0;
}

/* Which of $1 and $2 does a query use? A bit for each. */
static bool
find_bounds(Node *node, void *used)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_bounds, used, 0);
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		*(int *) used |= 1 << ((Param *) node)->paramid;
	return expression_tree_walker(node, find_bounds, used);
}

/*
 * A task's statement, parsed and checked: one statement, which can be planned
 * and takes both bounds. Without them each batch would process the whole table.
 */
SPIPlanPtr
wl_prepare_statement(const char *statement, Oid key_type)
{
	Oid			types[2] = {key_type, key_type};
	SPIPlanPtr	plan = SPI_prepare(statement, 2, types);
	List	   *sources;
	ListCell   *lc;
	int			used = 0;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	sources = SPI_plan_get_plan_sources(plan);
	if (list_length(sources) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a task has one statement, not %d", list_length(sources)),
				 errhint("Put several into a function and SELECT it, or make a task for each.")));
	foreach(lc, ((CachedPlanSource *) linitial(sources))->query_list)
	{
		Query	   *query = lfirst_node(Query, lc);

		if (query->commandType == CMD_UTILITY)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s cannot be the statement of a task",
							GetCommandTagName(CreateCommandTag((Node *) query))),
					 errhint("Use SELECT, INSERT, UPDATE, DELETE or MERGE.")));
		find_bounds((Node *) query, &used);
	}
	if (used != ((1 << 1) | (1 << 2)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the statement of a task must use both $1 and $2"),
				 errdetail("They are the first and the last key of a batch, both inclusive."),
				 errhint("Write WHERE key BETWEEN $1 AND $2.")));
	return plan;
}

/*
 * With method ctid a statement may not write to the table whose blocks bound the
 * batches: a row that it updates moves, perhaps to where it is met again.
 */
void
wl_check_no_write(SPIPlanPtr plan, Relation rel)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	ListCell   *lc;

	foreach(lc, cached->stmt_list)
	{
		PlannedStmt *stmt = lfirst_node(PlannedStmt, lc);

		if (list_member_oid(wl_result_relids(stmt), RelationGetRelid(rel)))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a task with method \"ctid\" cannot write to \"%s\", the table it is over",
							RelationGetRelationName(rel)),
					 errdetail("A row that is updated moves, perhaps into a batch that is still to come."),
					 errhint("Use method \"exact\".")));
	}
	/* a plan that is not kept has no resource owner */
	ReleaseCachedPlan(cached, NULL);
}

/* The arguments of williams_create_task, in its order. */
enum
{
	ARG_NAME, ARG_RELATION, ARG_STATEMENT, ARG_BUDGET, ARG_ITEM_MB, ARG_KEY,
	ARG_METHOD, ARG_MAX_ITEMS, ARG_STRICT, ARG_ATTEMPTS, ARG_LIMIT, ARG_PAUSE,
	ARG_THROTTLE, N_ARGS
};

static char *
text_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

static void
check_arguments(FunctionCallInfo fcinfo)
{
	static const struct
	{
		int			arg;
		const char *name;
	}			needed[] = {
		{ARG_NAME, "name"}, {ARG_RELATION, "relation"}, {ARG_STATEMENT, "statement"},
		{ARG_BUDGET, "available_memory_mb"}, {ARG_METHOD, "method"}, {ARG_STRICT, "strict"},
		{ARG_ATTEMPTS, "max_attempts"}, {ARG_PAUSE, "pause_ms"}
	};

	for (int i = 0; i < lengthof(needed); i++)
		wl_check_not_null(PG_ARGISNULL(needed[i].arg), needed[i].name);
	wl_check_positive(PG_GETARG_INT32(ARG_ATTEMPTS), "max_attempts");
	wl_check_count(PG_GETARG_INT32(ARG_PAUSE), "pause_ms");
	if (!PG_ARGISNULL(ARG_LIMIT))
		wl_check_positive(PG_GETARG_INT32(ARG_LIMIT), "time_limit_ms");
}

/*
 * Check what will be run against the table as it is, and tell the key's column
 * and, for method ctid, the table's file.
 */
static void
check_task(FunctionCallInfo fcinfo, Relation rel, bool by_ctid, WlKey *key)
{
	char	   *column = PG_ARGISNULL(ARG_KEY) ? NULL : NameStr(*PG_GETARG_NAME(ARG_KEY));
	char	   *throttle = text_argument(fcinfo, ARG_THROTTLE);
	SPIPlanPtr	plan;

	wl_find_key(rel, column, by_ctid, key);
	plan = wl_prepare_statement(text_argument(fcinfo, ARG_STATEMENT), key->type);
	if (by_ctid)
		wl_check_no_write(plan, rel);
	SPI_freeplan(plan);
	if (throttle != NULL)
		wl_check_condition(throttle, "throttle");
}

/* The row of williams_task. */
static void
store_task(FunctionCallInfo fcinfo, const WlTaskId *id, const WlKey *key, Oid filenode)
{
	static const Oid types[] = {REGCLASSOID, TEXTOID, FLOAT8OID, TEXTOID, NAMEOID,
	TEXTOID, INT8OID, BOOLOID, INT4OID, INT4OID, INT4OID, TEXTOID, TEXTOID, OIDOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types) + 1];

	for (int i = 0; i < N_ARGS - 1; i++)
	{
		values[i] = PG_GETARG_DATUM(i + 1);
		nulls[i] = PG_ARGISNULL(i + 1) ? 'n' : ' ';
	}
	values[ARG_KEY - 1] = NameGetDatum(&key->column);
	nulls[ARG_KEY - 1] = ' ';
	values[12] = CStringGetTextDatum(GetConfigOption("search_path", false, false));
	nulls[12] = ' ';
	values[13] = ObjectIdGetDatum(filenode);
	nulls[13] = OidIsValid(filenode) ? ' ' : 'n';
	values[14] = CStringGetTextDatum(wl_key_order(key));
	nulls[14] = ' ';
	if (wl_query(id, "INSERT INTO %s.williams_task (owner, name, relation, statement,"
				 " available_memory_mb, item_mb, key_column, method, max_items, strict,"
				 " max_attempts, time_limit_ms, pause_ms, throttle, search_path, filenode, key_order)"
				 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
				 " ON CONFLICT DO NOTHING", lengthof(types), types, values, nulls) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("task \"%s\" already exists", NameStr(id->name)),
				 errhint("Drop it with williams_drop_task, or choose another name.")));
}

/*
 * The rows of williams_batch. Under the session's own settings, which item_mb
 * is read by: the query has no operator, and its names are qualified.
 */
static int64
store_batches(FunctionCallInfo fcinfo, const WlTaskId *id)
{
	static const Oid types[] = {REGROLEOID, TEXTOID, REGCLASSOID, FLOAT8OID, TEXTOID,
	NAMEOID, TEXTOID, INT8OID, BOOLOID};
	static const int args[] = {ARG_RELATION, ARG_BUDGET, ARG_ITEM_MB, ARG_KEY, ARG_METHOD,
	ARG_MAX_ITEMS, ARG_STRICT};
	Datum		values[lengthof(types)] = {ObjectIdGetDatum(id->owner),
	CStringGetTextDatum(NameStr(id->name))};
	char		nulls[lengthof(types) + 1] = "  ";
	const char *schema = quote_identifier(get_namespace_name(id->schema));
	int			rc;

	for (int i = 0; i < lengthof(args); i++)
	{
		values[i + 2] = PG_GETARG_DATUM(args[i]);
		nulls[i + 2] = PG_ARGISNULL(args[i]) ? 'n' : ' ';
	}
	rc = SPI_execute_with_args(psprintf("INSERT INTO %s.williams_batch (owner, task, batch_no,"
										" lower_key, upper_key, items, memory_mb)"
										" SELECT $1, $2, batch_no, lower_key, upper_key, items, memory_mb"
										" FROM %s.williams_plan_table($3, $4, $5, $6, $7, $8, $9)",
										schema, schema),
							   lengthof(types), (Oid *) types, values, nulls, false, 0);
	if (rc != SPI_OK_INSERT)
		elog(ERROR, "the batches cannot be stored: %s", SPI_result_code_string(rc));
	return (int64) SPI_processed;
}

PG_FUNCTION_INFO_V1(wl_create_task);
Datum
wl_create_task(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlKey		key;
	Relation	rel;
	bool		by_ctid;
	int64		batches;

	PreventCommandIfReadOnly("williams_create_task()");
	check_arguments(fcinfo);
	wl_name_task(fcinfo->flinfo->fn_oid, text_argument(fcinfo, ARG_NAME), &id);
	by_ctid = strcmp(text_argument(fcinfo, ARG_METHOD), "ctid") == 0;

	SPI_connect();
	rel = wl_open_relation(PG_GETARG_OID(ARG_RELATION));
	check_task(fcinfo, rel, by_ctid, &key);
	store_task(fcinfo, &id, &key, by_ctid ? rel->rd_rel->relfilenode : InvalidOid);
	/* its lock stays, so that what is planned is what was checked */
	relation_close(rel, NoLock);
	batches = store_batches(fcinfo, &id);
	SPI_finish();
	PG_RETURN_INT64(batches);
}

/* What the functions with a task's name as their only argument begin with. */
static void
name_argument(FunctionCallInfo fcinfo, const char *function, WlTaskId *id)
{
	PreventCommandIfReadOnly(function);
	wl_name_task(fcinfo->flinfo->fn_oid, text_argument(fcinfo, 0), id);
}

PG_FUNCTION_INFO_V1(wl_drop_task);
Datum
wl_drop_task(PG_FUNCTION_ARGS)
{
	WlTaskId	id;

	name_argument(fcinfo, "williams_drop_task()", &id);
	wl_lock_task(&id, 0, AccessExclusiveLock);
	SPI_connect();
	wl_query(&id, "DELETE FROM %s.williams_batch WHERE owner = $1 AND task = $2",
			 0, NULL, NULL, NULL);
	if (wl_query(&id, "DELETE FROM %s.williams_task WHERE owner = $1 AND name = $2",
				 0, NULL, NULL, NULL) == 0)
		wl_refuse_task(&id);
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
	if (!wl_stop_task(&id))
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
	if (!task_exists(&id))
		wl_refuse_task(&id);
	n = wl_query(&id, "UPDATE %s.williams_batch SET state = 'pending', attempts = 0"
				 " WHERE owner = $1 AND task = $2 AND state = 'failed'", 0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_INT64(n);
}

static void
check_owner(HeapTuple row, TupleDesc desc, bool superuser_too)
{
	bool		isnull;
	Oid			owner = DatumGetObjectId(SPI_getbinval(row, desc, 1, &isnull));

	if (!isnull && owner != GetUserId() && !(superuser_too && superuser()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("tasks of role \"%s\" cannot be written by role \"%s\"",
						GetUserNameFromId(owner, true), GetUserNameFromId(GetUserId(), true)),
				 errhint("Use SET ROLE if you are a member.")));
}

/*
 * A task runs with its owner's rights: nobody writes one for somebody else. A
 * superuser may delete those of a role that is gone. The owner is the first
 * column of both tables.
 */
PG_FUNCTION_INFO_V1(wl_check_owner);
Datum
wl_check_owner(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc	desc;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_check_owner serves the tables of this extension only")));
	desc = RelationGetDescr(data->tg_relation);
	check_owner(data->tg_trigtuple, desc, TRIGGER_FIRED_BY_DELETE(data->tg_event));
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
	{
		check_owner(data->tg_newtuple, desc, false);
		PG_RETURN_POINTER(data->tg_newtuple);
	}
	PG_RETURN_POINTER(data->tg_trigtuple);
}
