/*
 * preview.c
 *		Show what a task executes: its statement with the bounds, and the plan of a
 *		batch.
 *
 * Both prepare the statement as its execution does: with the rights of the task's owner,
 * under the task's search_path. Nothing is executed.
 *
 * Locks: the table in ACCESS SHARE mode, and those that planning the statement takes.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "commands/explain.h"
#include "executor/tstoreReceiver.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_node.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

#include "base/space.h"
#include "run/bounds.h"
#include "run/owner.h"
#include "run/statement.h"

/* Work for wl_attempt: the statement as text, in a memory context of the caller. */
typedef struct Shown
{
	MemoryContext context;
	text	   *statement;
} Shown;

static void
show_statement(const WlTask *task, void *arg)
{
	Shown	   *shown = arg;
	WlStatement s;
	WlKey		key;
	Relation	rel = wl_open_task_table(task, &key);
	char	   *statement = task->statement;
	MemoryContext old;

	wl_prepare_statement(&s, statement, rel, &key);
	if (!wl_has_own_bounds(&s))
	{
		statement = pg_get_querydef(s.query, false);
		wl_skip_space(&statement);
	}
	relation_close(rel, NoLock);
	old = MemoryContextSwitchTo(shown->context);
	shown->statement = cstring_to_text(statement);
	MemoryContextSwitchTo(old);
}

/* Work for wl_attempt: the plan of a batch, line by line. */
typedef struct Preview
{
	WlBounds	bounds;
	DestReceiver *dest;
} Preview;

static void
explain_batch(const WlTask *task, void *arg)
{
	Preview    *preview = arg;
	ExplainStmt *explain = makeNode(ExplainStmt);
	ParseState *pstate = make_parsestate(NULL);
	WlStatement s;
	WlKey		key;
	Relation	rel = wl_open_task_table(task, &key);
	Datum		bounds[2];

	wl_prepare_statement(&s, task->statement, rel, &key);
	wl_statement_bounds(rel, &key, &preview->bounds, bounds);
	relation_close(rel, NoLock);
	explain->query = (Node *) s.query;
	pstate->p_sourcetext = task->statement;
	ExplainQuery(pstate, explain, wl_bound_params(&key, bounds), preview->dest);
	free_parsestate(pstate);
}

/* Between wl_connect and wl_finish. */
static void
load_task(FunctionCallInfo fcinfo, WlTaskId *id, WlTask *task)
{
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), id);
	if (!wl_load_task(id, task))
		wl_refuse_task(id);
}

static void
must_succeed(ErrorData *error)
{
	if (error != NULL)
		ReThrowError(error);
}

PG_FUNCTION_INFO_V1(wl_bounded_statement);
Datum
wl_bounded_statement(PG_FUNCTION_ARGS)
{
	Shown		shown = {.context = CurrentMemoryContext};
	WlTaskId	id;
	WlTask		task;

	PreventCommandDuringRecovery("williams_bounded_statement()");
	wl_check_not_working();
	wl_connect();
	load_task(fcinfo, &id, &task);
	must_succeed(wl_attempt(show_statement, &task, &shown));
	wl_finish();
	PG_RETURN_TEXT_P(shown.statement);
}

/* The columns of load_bounds' query. */
enum
{
	BOUNDS_LOWER = 1, BOUNDS_UPPER, BOUNDS_BELOW
};

static void
load_bounds(const WlTaskId *id, int64 batch_no, WlBounds *bounds)
{
	static const Oid types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(batch_no)};

	if (wl_query(id, "SELECT lower_key, upper_key, below_key FROM %s.williams_batch"
				 " WHERE" OF_TASK " AND batch_no" EQ "$3", lengthof(types), types, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("task \"%s\" has no batch %lld", NameStr(id->name), (long long) batch_no),
				 errhint("The table williams_batch lists the batches.")));
	bounds->lower = wl_text_or_null(BOUNDS_LOWER);
	bounds->upper = wl_text_or_null(BOUNDS_UPPER);
	bounds->below = wl_text_or_null(BOUNDS_BELOW);
}

PG_FUNCTION_INFO_V1(wl_preview);
Datum
wl_preview(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Preview		preview;
	WlTaskId	id;
	WlTask		task;

	PreventCommandDuringRecovery("williams_preview()");
	wl_check_not_working();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	preview.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(preview.dest, result->setResult, CurrentMemoryContext,
									false, NULL, NULL);
	wl_connect();
	load_task(fcinfo, &id, &task);
	load_bounds(&id, PG_GETARG_INT64(1), &preview.bounds);
	must_succeed(wl_attempt(explain_batch, &task, &preview));
	wl_finish();
	return (Datum) 0;
}
