/*
 * apply.c
 *		Plan, run and drop a task in one call: CALL williams_apply.
 *
 * The task is stored and its workers are launched in one transaction, so that an error
 * in between leaves nothing. Then it is an ordinary task, which this session runs to its
 * end: whatever interrupts that leaves the task, and CALL williams_run continues it. It
 * is dropped if all of its batches are done; if it was extended meanwhile, it is run on.
 *
 * To call williams_apply again would plan the same rows again. So it refuses a statement
 * that a task of its own already has: such a task exists only while its williams_apply
 * runs, or if that did not end.
 *
 * Locks: to plan, LOCK_TASK of a task named NAME_PREFIX in SHARE UPDATE EXCLUSIVE mode.
 * So an owner's calls plan one after the other, and each sees the tasks of those before
 * it. To drop the task, LOCK_RUN in SHARE mode and LOCK_TASK in ACCESS EXCLUSIVE mode.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "base/session.h"
#include "run/run.h"
#include "run/task.h"

/* The arguments of williams_apply, in order. */
enum
{
	ARG_STATEMENT, ARG_RELATION, ARG_OPTIONS, ARG_WORKERS = 14
};

/* How the name of such a task begins. */
#define NAME_PREFIX "apply "

/* Point an error's position into the statement, not into the user's query. */
static void
show_statement(void *statement)
{
	int			position = geterrposition();

	errposition(0);
	internalerrposition(position);
	internalerrquery(statement);
}

/* Parse a statement; NULL if it is not exactly one. */
static Node *
parse(char *statement)
{
	ErrorContextCallback callback = {error_context_stack, show_statement, statement};
	List	   *parsed;

	error_context_stack = &callback;
	parsed = raw_parser(statement, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;
	return list_length(parsed) == 1 ? linitial_node(RawStmt, parsed)->stmt : NULL;
}

/* The relation that the statement updates, deletes from or merges into. */
static Oid
target_of(char *statement)
{
	Node	   *node = parse(statement);
	RangeVar   *target = NULL;

	if (node != NULL && IsA(node, UpdateStmt))
		target = ((UpdateStmt *) node)->relation;
	else if (node != NULL && IsA(node, DeleteStmt))
		target = ((DeleteStmt *) node)->relation;
	else if (node != NULL && IsA(node, MergeStmt))
		target = ((MergeStmt *) node)->relation;
	if (target == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("relation must not be null unless the statement is one UPDATE, DELETE or MERGE"),
				 errhint("Pass the table that is to be cut into batches as relation.")));
	return RangeVarGetRelid(target, NoLock, false);
}

/* Workers are for those who may execute williams_launch, which is in the schema of function. */
static void
check_may_launch(Oid function)
{
	static const Oid types[] = {TEXTOID, INT4OID};
	const char *name = "williams_launch";
	Oid			launch = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
										 PointerGetDatum(buildoidvector(types, lengthof(types))),
										 ObjectIdGetDatum(get_func_namespace(function)));
	AclResult	result = OidIsValid(launch) ? wl_may_execute(launch, GetUserId()) : ACLCHECK_NO_PRIV;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, name);
}

/* The columns that refuse_repeated reads, in this order. */
enum
{
	READ_NAME = 1, READ_STATEMENT
};

/* Statements are the same if they are parsed alike, however they are spaced. */
static void
refuse_repeated(const WlTaskId *id, const WlNewTask *new)
{
	static const Oid types[] = {OIDOID, TEXTOID};
	Datum		values[] = {ObjectIdGetDatum(new->relation), CStringGetTextDatum(NAME_PREFIX)};
	Node	   *parsed = parse(new->statement);
	uint64		n = wl_query(id, "SELECT name, statement FROM %s.williams_task WHERE owner" EQ "$1"
							 " AND relation" EQ "$3 AND pg_catalog.starts_with(name, $4) ORDER BY name",
							 lengthof(types), types, values, NULL);
	SPITupleTable *earlier = SPI_tuptable;

	for (uint64 i = 0; i < n; i++)
	{
		const char *name = SPI_getvalue(earlier->vals[i], earlier->tupdesc, READ_NAME);

		if (equal(parsed, parse(SPI_getvalue(earlier->vals[i], earlier->tupdesc, READ_STATEMENT))))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("task \"%s\" of an earlier williams_apply has the same statement", name),
					 errhint("If it is not done, CALL williams_run(%s) continues it; williams_drop_task forgets it.",
							 quote_literal_cstr(name))));
	}
}

/* Take the first name that is free: "apply TABLE", "apply TABLE 2" and so on. */
static void
take_name(Oid function, Oid relation, WlTaskId *id)
{
	const char *table = get_rel_name(relation);
	WlTask		task;

	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relation)));
	for (int n = 1;; n++)
	{
		const char *suffix = n == 1 ? "" : psprintf(" %d", n);
		int			room = NAMEDATALEN - 1 - strlen(NAME_PREFIX) - strlen(suffix);

		wl_name_task(function, psprintf(NAME_PREFIX "%.*s%s", pg_mbcliplen(table, strlen(table), room),
										table, suffix), id);
		if (!wl_load_task(id, &task))
			return;
	}
}

/* Store the task and launch its workers. Returns the number of batches. */
static int64
prepare(FunctionCallInfo fcinfo, WlTaskId *id)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	int			workers = PG_GETARG_INT32(ARG_WORKERS);
	WlNewTask	new = {.fcinfo = fcinfo,.options = ARG_OPTIONS};
	int64		batches;

	wl_name_task(function, NAME_PREFIX, id);
	wl_lock_task(id, LOCK_TASK, ShareUpdateExclusiveLock);
	wl_connect();
	if (workers > 0)
		check_may_launch(function);
	new.statement = text_to_cstring(PG_GETARG_TEXT_PP(ARG_STATEMENT));
	new.relation = PG_ARGISNULL(ARG_RELATION) ? target_of(new.statement) : PG_GETARG_OID(ARG_RELATION);
	refuse_repeated(id, &new);
	take_name(function, new.relation, id);
	batches = wl_create(id, &new);
	if (workers > 0 && batches > 0)
		wl_launch_workers(id, workers, false);
	wl_finish();
	return batches;
}

static void
announce(const WlTaskId *id, int64 batches)
{
	ereport(NOTICE,
			(errcode(ERRCODE_SUCCESSFUL_COMPLETION),
			 errmsg_plural("task \"%s\" has %lld batch", "task \"%s\" has %lld batches", batches,
						   NameStr(id->name), (long long) batches),
			 errhint("If it is interrupted, CALL williams_run(%s) continues it.",
					 quote_literal_cstr(NameStr(id->name)))));
}

/*
 * All batches are done, so each worker ends within a second. Returns false if others have
 * been added meanwhile. The task may also have been dropped.
 */
static bool
await_workers_and_drop(const WlTaskId *id)
{
	WlTask		task;
	bool		done;

	wl_end_run(id);
	wl_set_for_transaction("lock_timeout", "0");
	wl_lock_task(id, LOCK_RUN, ShareLock);
	wl_lock_task(id, LOCK_TASK, AccessExclusiveLock);
	wl_connect();
	done = wl_query(id, "SELECT FROM %s.williams_batch WHERE" OF_TASK " AND NOT" IN_STATE("done")
					" LIMIT 1", 0, NULL, NULL, NULL) == 0;
	if (done && wl_load_task(id, &task))
		wl_drop(id);
	wl_finish();
	return done;
}

PG_FUNCTION_INFO_V1(wl_apply);
Datum
wl_apply(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlRun		run = {.raise = true,.until = DT_NOEND};
	int64		batches;

	PreventCommandIfReadOnly("williams_apply()");
	wl_refuse_atomic(fcinfo, "williams_apply");
	wl_check_not_null(PG_ARGISNULL(ARG_STATEMENT), "statement");
	wl_check_not_null(PG_ARGISNULL(ARG_WORKERS), "workers");
	wl_check_count(PG_GETARG_INT32(ARG_WORKERS), "workers");
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	/* whatever default_transaction_isolation is: others' tasks are to be seen */
	SPI_commit();
	wl_set_for_transaction("transaction_isolation", "read committed");
	batches = prepare(fcinfo, &id);
	SPI_commit();
	announce(&id, batches);
	for (;;)
	{
		wl_run_task(&id, &run);
		if (await_workers_and_drop(&id))
			break;
		SPI_commit();
	}
	SPI_finish();
	PG_RETURN_NULL();
}
