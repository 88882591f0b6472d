/*
 * run.c
 *		The batches of a task, run: one step, which takes a batch, executes the
 *		task's statement for it and marks it, and the loop over that step.
 *
 * The step is the only place where a batch is claimed and marked, and does both
 * in the transaction of the statement itself: the claim is a row lock, the mark
 * an update of the same row, so that they live and die with the work. Whatever
 * ends a session leaves its batch pending and nothing of it done.
 *
 * The statement runs in a subtransaction, which also fires what it deferred: a
 * failure leaves the claim, and what becomes of the batch is told in its row.
 * Only a failure of the commit itself undoes the mark with the work; the loop
 * then records it in a transaction of its own, if nobody has taken the batch
 * meanwhile.
 *
 * Locks, in this order: the task's (see task.c), one row of williams_batch,
 * ACCESS SHARE on the table, whatever the statement takes. A claim skips rows
 * that are locked, so that sessions do not wait for one another.
 *
 * Rights: those of the owner, under SECURITY_LOCAL_USERID_CHANGE, so that nothing
 * in the statement, in an expression or in what they call can set another role,
 * even in the session of a superuser who took the owner's role.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "check.h"
#include "run.h"
#include "session.h"

typedef struct Batch
{
	int64		no;
	char	   *lower_key;
	char	   *upper_key;
	int			attempts;
	TransactionId xmin;			/* of its row when it was taken */
	TimestampTz started_at;
	bool		executed;		/* did its statement begin? */
	WlHalf		halves[2];		/* of split: their bounds as text */
} Batch;

/* How a step ended. */
typedef enum StepResult
{
	STEP_RAN,					/* a batch was executed and marked */
	STEP_NOTHING,				/* none can be taken now */
	STEP_STOPPED,
	STEP_THROTTLED,
	STEP_GONE					/* there is no such task */
} StepResult;

typedef struct Step
{
	StepResult	result;
	int64		batch_no;		/* of STEP_RAN, as are the next two */
	TransactionId xmin;
	TimestampTz started_at;
	int			wait_ms;		/* before the next step; -1 where there is
								 * none */
} Step;

/* What becomes of a batch whose statement failed. */
typedef enum Verdict
{
	VERDICT_RETRY,				/* it may pass the next time */
	VERDICT_SPLIT,				/* a row is to blame: find it */
	VERDICT_STOP				/* every batch would fail so */
} Verdict;

/* A statement is running: it cannot take batches itself. */
static bool in_statement = false;

/* Is this process a worker of ours? */
static bool in_background = false;

/* The transaction in which a batch made deferred constraints immediate. */
static TransactionId immediate_in = InvalidTransactionId;

static TimeoutId time_limit = MAX_TIMEOUTS;
static volatile sig_atomic_t time_limit_hit = false;

/*
 * Where this session took a batch last: the next is looked for from there on,
 * for behind it are those that are done, whose old versions an old snapshot can
 * keep alive. No more than a hint, and none for another task of that name.
 */
static WlTaskId last_task;
static TimestampTz last_created_at;
static int64 last_batch_no;

/* When a pending batch that failed may be tried again: 0.1 s later, 0.2, 0.4 ... 51.2 */
#define READY "finished_at + '100 ms'::interval * 2.0 ^ (least(attempts, 10) - 1)"

#define CLAIM(which) \
	"SELECT batch_no, lower_key, upper_key, attempts, xmin FROM %s.williams_batch" \
	" WHERE owner = $1 AND task = $2 AND state = 'pending' AND batch_no " which \
	" ORDER BY batch_no LIMIT 1 FOR UPDATE SKIP LOCKED"
/* as it was when it was taken before, and from a number on, what is ready by then */
#define CLAIM_AGAIN CLAIM("= $3 AND xmin = $4")
#define CLAIM_NEXT CLAIM(">= $3 AND (attempts = 0 OR " READY " <= $4)")

/* how often the throttle is looked at while it is true */
#define THROTTLE_MS 1000

static bool
claim_where(const WlTaskId *id, const char *query, int64 batch_no, Oid type, Datum value,
			Batch *batch)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum(batch_no), value};
	SPITupleTable *t;
	bool		isnull;

	if (wl_query(id, query, lengthof(types), types, values, NULL) == 0)
		return false;
	t = SPI_tuptable;
	batch->no = DatumGetInt64(SPI_getbinval(t->vals[0], t->tupdesc, 1, &isnull));
	batch->lower_key = SPI_getvalue(t->vals[0], t->tupdesc, 2);
	batch->upper_key = SPI_getvalue(t->vals[0], t->tupdesc, 3);
	batch->attempts = DatumGetInt32(SPI_getbinval(t->vals[0], t->tupdesc, 4, &isnull));
	batch->xmin = DatumGetTransactionId(SPI_getbinval(t->vals[0], t->tupdesc, 5, &isnull));
	batch->started_at = GetCurrentTimestamp();
	return true;
}

/* Take a pending batch that nobody holds and that is ready by now. */
static bool
claim(const WlTask *task, TimestampTz now, Batch *batch)
{
	const WlTaskId *id = &task->id;
	bool		known = memcmp(&last_task, id, sizeof(*id)) == 0 &&
	last_created_at == task->created_at;

	if (!(known && claim_where(id, CLAIM_NEXT, last_batch_no, TIMESTAMPTZOID,
							   TimestampTzGetDatum(now), batch)) &&
		!claim_where(id, CLAIM_NEXT, 0, TIMESTAMPTZOID, TimestampTzGetDatum(now), batch))
		return false;
	last_task = *id;
	last_created_at = task->created_at;
	last_batch_no = batch->no;
	return true;
}

/* Mark a batch; error is NULL when it is done. */
static void
mark(const WlTaskId *id, const Batch *batch, const char *state, int64 rows,
	 const ErrorData *error)
{
	static const Oid types[] = {INT8OID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(state), Int64GetDatum(rows),
		TimestampTzGetDatum(batch->started_at), (Datum) 0, (Datum) 0
	};

	if (error != NULL)
	{
		values[4] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
		values[5] = CStringGetTextDatum(error->message != NULL ? error->message : "");
	}
	wl_query(id, "UPDATE %s.williams_batch SET state = $4, attempts = attempts + 1, rows = $5,"
			 " started_at = $6, finished_at = clock_timestamp(),"
			 " duration_ms = 1000.0 * extract(epoch FROM clock_timestamp() - $6)::float8,"
			 " sqlstate = $7, message = $8 WHERE owner = $1 AND task = $2 AND batch_no = $3",
			 lengthof(types), types, values, error != NULL ? "  n   " : "    nn");
}

/*
 * The rights and the search_path of a task, until end_as_owner or the end of the
 * (sub)transaction. What is set meanwhile ends with them: a session that took the
 * owner's role goes on with another, and must not find a search_path of the owner's.
 */
typedef struct AsOwner
{
	Oid			user;
	int			context;
	int			guc_level;
} AsOwner;

static void
begin_as_owner(const WlTask *task, AsOwner *saved)
{
	const char *path = task->search_path;

	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(task->id.owner, saved->context | SECURITY_LOCAL_USERID_CHANGE);
	saved->guc_level = NewGUCNestLevel();
	/* who is not the owner may have temporary tables: they come last */
	if (GetAuthenticatedUserId() != task->id.owner)
		path = psprintf("%s%spg_temp", path, path[strspn(path, " ")] == '\0' ? "" : ", ");
	wl_set_local("search_path", path);
}

static void
end_as_owner(const AsOwner *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->context);
}

/* The task's table and key as they are now; the table stays locked. */
static Relation
open_table(const WlTask *task, WlKey *key)
{
	Relation	rel = try_relation_open(task->relation, AccessShareLock);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the table of task \"%s\" does not exist any more", NameStr(task->id.name))));
	if (task->by_ctid && rel->rd_rel->relfilenode != task->filenode)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" was rewritten since task \"%s\" was planned",
						RelationGetRelationName(rel), NameStr(task->id.name)),
				 errdetail("Its rows are no longer in the blocks that bound the batches."),
				 errhint("Drop the task and plan it anew.")));
	wl_find_key(rel, task->by_ctid ? NULL : task->key_column, task->by_ctid, key);
	if (strcmp(wl_key_order(key), task->key_order) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the order of column \"%s\" changed since task \"%s\" was planned",
						NameStr(key->column), NameStr(task->id.name)),
				 errdetail("It is %s, and was %s: other rows are between the bounds of a batch.",
						   wl_key_order(key), task->key_order),
				 errhint("Drop the task and plan it anew.")));
	return rel;
}

static void
time_limit_handler(void)
{
	time_limit_hit = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static void
set_time_limit(int ms)
{
	if (ms <= 0)
		return;
	if (time_limit == MAX_TIMEOUTS)
		time_limit = RegisterTimeout(USER_TIMEOUT, time_limit_handler);
	enable_timeout_after(time_limit, ms);
}

/* It may have struck when the statement had just ended: no cancel is left behind. */
static void
end_time_limit(void)
{
	if (time_limit != MAX_TIMEOUTS)
		disable_timeout(time_limit, false);
	if (time_limit_hit)
		CHECK_FOR_INTERRUPTS();
}

/* Are triggers deferred that were not fired yet? In tables made just now, too. */
static bool
deferred_pending(void)
{
	if (SPI_execute("SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE tgdeferrable",
					false, 0) < 0)
		elog(ERROR, "the deferrable triggers cannot be read");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
														   SPI_tuptable->tupdesc, 1, &isnull));

		if (AfterTriggerPendingOnRel(relid))
			return true;
	}
	return false;
}

/* Was a cursor WITH HOLD made in this subtransaction? The commit executes its query. */
static bool
cursor_held(void)
{
	if (SPI_execute("SELECT name FROM pg_catalog.pg_cursor() WHERE is_holdable", false, 0) < 0)
		elog(ERROR, "the cursors cannot be read");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Portal		portal = SPI_cursor_find(SPI_getvalue(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, 1));

		if (portal != NULL && portal->createSubid == GetCurrentSubTransactionId())
			return true;
	}
	return false;
}

/*
 * What is left to the commit would run when the session has its own rights back,
 * and can take those it began with: refused where those are not the owner's.
 */
static void
refuse_leftovers(const WlTask *task)
{
	const char *what = NULL;

	if (GetAuthenticatedUserId() == task->id.owner)
		return;
	if (deferred_pending())
		what = "a trigger was deferred to the commit";
	else if (cursor_held())
		what = "a cursor WITH HOLD was left to the commit";
	if (what != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("%s", what),
				 errdetail("It would run with the rights of the session, not of the task's owner."),
				 errhint("Run the task in a session of its owner.")));
}

/*
 * What is done with the owner's rights: each of the following returns a number,
 * or raises an error.
 */
typedef int64 (*Work) (const WlTask *task, Batch *batch);

static void
read_bounds(const WlKey *key, const Batch *batch, Datum bounds[2])
{
	char	   *texts[] = {batch->lower_key, batch->upper_key};

	wl_key_values(key, texts, bounds, 2);
}

static void
set_constraints(const char *command)
{
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "SET CONSTRAINTS failed: %s", SPI_result_code_string(SPI_result));
}

/* Execute the statement for one batch: the number of rows. */
static int64
execute(const WlTask *task, Batch *batch)
{
	SPIExecuteOptions options = {0};
	SPIPlanPtr	plan;
	WlKey		key;
	Relation	rel = open_table(task, &key);
	Datum		bounds[2];
	int64		rows;
	int			rc;

	plan = wl_prepare_statement(task->statement, key.type);
	if (task->by_ctid)
		wl_check_no_write(plan, rel);
	relation_close(rel, NoLock);

	read_bounds(&key, batch, bounds);
	options.params = makeParamList(2);
	for (int i = 0; i < 2; i++)
	{
		ParamExternData *p = &options.params->params[i];

		p->value = bounds[i];
		p->isnull = false;
		p->pflags = PARAM_FLAG_CONST;
		p->ptype = key.type;
	}
	/* rows that it returns are counted, not kept */
	options.dest = None_Receiver;

	/* not the first in its transaction: it defers what the first could */
	if (immediate_in == GetTopTransactionId())
		set_constraints("SET CONSTRAINTS ALL DEFERRED");
	batch->executed = true;
	set_time_limit(task->time_limit_ms);
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	rows = (int64) SPI_processed;
	/* fire what it deferred */
	set_constraints("SET CONSTRAINTS ALL IMMEDIATE");
	immediate_in = GetTopTransactionId();
	end_time_limit();
	return rows;
}

/* Divide the rows of a batch: 0 where one key or none is in it. */
static int64
split(const WlTask *task, Batch *batch)
{
	WlKey		key;
	Relation	rel = open_table(task, &key);
	Datum		bounds[2];
	bool		divided;

	PushActiveSnapshot(GetTransactionSnapshot());
	read_bounds(&key, batch, bounds);
	divided = wl_split_keys(rel, &key, task->item_mb, bounds[0], bounds[1], batch->halves);
	PopActiveSnapshot();
	relation_close(rel, NoLock);
	for (int i = 0; divided && i < 2; i++)
	{
		WlHalf	   *half = &batch->halves[i];

		Datum		ends[] = {half->lower, half->upper};
		char	   *texts[2];

		wl_key_texts(&key, ends, texts, 2);
		half->lower = CStringGetTextDatum(texts[0]);
		half->upper = CStringGetTextDatum(texts[1]);
	}
	return divided;
}

/* Is the task's throttle true? */
static int64
throttled(const WlTask *task, Batch *batch)
{
	return wl_condition(task->throttle, "throttle");
}

/*
 * Was this session cancelled? What RAISE, or the statement_timeout of a foreign
 * server, gives the same SQLSTATE would end every run at the same batch.
 */
static bool
is_cancel(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED && error->funcname != NULL &&
		strcmp(error->funcname, "ProcessInterrupts") == 0;
}

/*
 * Do work in a subtransaction, as the owner. Returns NULL, or why it failed; then
 * nothing of it is left. A cancel by the user is passed on.
 */
static ErrorData *
attempt(Work work, const WlTask *task, Batch *batch, int64 *result)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	in_statement = true;
	time_limit_hit = false;
	PG_TRY();
	{
		AsOwner		saved;

		begin_as_owner(task, &saved);
		*result = work(task, batch);
		refuse_leftovers(task);
		end_as_owner(&saved);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (time_limit != MAX_TIMEOUTS)
			disable_timeout(time_limit, false);
		/* it struck, but the statement failed before it was looked at */
		if (time_limit_hit)
			QueryCancelPending = false;
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	in_statement = false;
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (error != NULL && is_cancel(error))
	{
		if (!time_limit_hit)
			ReThrowError(error);
		error->message = psprintf("canceling statement due to time_limit_ms = %d",
								  task->time_limit_ms);
	}
	return error;
}

/*
 * By the class of the SQLSTATE, its first two characters: see PostgreSQL's appendix A.
 * What fails before the statement begins, such as reading it, no row is to blame for.
 */
static Verdict
judge(const Batch *batch, const ErrorData *error)
{
	/* connection, transaction rollback, resources */
	static const char *const passing = "08 40 53";

	/*
	 * cardinality, data, constraints, routines of other languages, check
	 * option, limits (a text too long for a tsvector, a key for its index),
	 * RAISE
	 */
	static const char *const data = "21 22 23 38 44 54 P0";
	char		class[3] = {0};

	memcpy(class, unpack_sql_state(error->sqlerrcode), 2);
	if (strstr(passing, class) != NULL || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return VERDICT_RETRY;
	/* a time limit, ours or of a foreign server: other cancels were passed on */
	if (batch->executed &&
		(strstr(data, class) != NULL || error->sqlerrcode == ERRCODE_QUERY_CANCELED))
		return VERDICT_SPLIT;
	return VERDICT_STOP;
}

/*
 * The batch keeps the lower half, the upper one is a batch more. Those who split
 * number what they add one after the other, until their transactions end.
 */
static void
store_halves(const WlTaskId *id, const Batch *batch)
{
	static const Oid types[] = {INT8OID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID};

	wl_lock_task(id, 1, ExclusiveLock);
	for (int i = 0; i < 2; i++)
	{
		const WlHalf *half = &batch->halves[i];
		Datum		values[] = {
			Int64GetDatum(batch->no), half->lower, half->upper,
			Int64GetDatum(half->items), Float8GetDatum(half->memory_mb)
		};

		wl_query(id, i == 0 ?
				 "UPDATE %s.williams_batch SET lower_key = $4, upper_key = $5, items = $6,"
				 " memory_mb = $7, attempts = 0 WHERE owner = $1 AND task = $2 AND batch_no = $3" :
				 "INSERT INTO %s.williams_batch (owner, task, batch_no, lower_key, upper_key, items, memory_mb)"
				 " SELECT $1, $2, greatest(max(batch_no), $3) + 1, $4, $5, $6, $7"
				 " FROM %s.williams_batch WHERE owner = $1 AND task = $2",
				 lengthof(types), types, values, NULL);
	}
}

/* What becomes of a batch that failed. */
static void
settle_failure(const WlTask *task, Batch *batch, const ErrorData *error)
{
	Verdict		verdict = judge(batch, error);
	int64		divided = 0;

	if (verdict == VERDICT_SPLIT)
	{
		ErrorData  *other = attempt(split, task, batch, &divided);

		/* where even splitting fails, the batch is as small as it gets ... */
		if (other != NULL)
			divided = 0;
		/* ... unless that may pass */
		if (other != NULL && judge(batch, other) == VERDICT_RETRY)
		{
			verdict = VERDICT_RETRY;
			error = other;
		}
	}
	if (divided)
		store_halves(&task->id, batch);
	else if (verdict == VERDICT_RETRY && batch->attempts + 1 < task->max_attempts)
		mark(&task->id, batch, "pending", 0, error);
	else
		mark(&task->id, batch, "failed", 0, error);
	if (verdict == VERDICT_STOP)
		wl_stop_task(&task->id);
}

/*
 * Does a pending batch wait for its next attempt? Milliseconds, or -1. What was
 * not ready for claim must not be so here: the run would end without it.
 */
static int
next_attempt(const WlTaskId *id, TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(now)};
	bool		isnull;
	Datum		wait;

	wl_query(id, "SELECT ceil(1000 * extract(epoch FROM min(ready) - $3))::int"
			 " FROM (SELECT " READY " AS ready FROM %s.williams_batch"
			 " WHERE owner = $1 AND task = $2 AND state = 'pending' AND attempts > 0) b"
			 " WHERE ready > $3", lengthof(types), types, values, NULL);
	wait = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? -1 : Max(DatumGetInt32(wait), 1);
}

/* Execute the batch that was claimed, and mark it. */
static void
run_batch(const WlTask *task, Batch *batch)
{
	int64		rows = 0;
	ErrorData  *error = attempt(execute, task, batch, &rows);

	if (error == NULL)
		mark(&task->id, batch, "done", rows, NULL);
	else
		settle_failure(task, batch, error);
}

/* The step, between wl_connect and wl_finish. */
static void
take_step(const WlTaskId *id, Step *taken)
{
	WlTask		task;
	Batch		batch = {0};
	int64		wait = 0;
	TimestampTz now;
	ErrorData  *error;

	wl_lock_task(id, 0, AccessShareLock);
	taken->result = STEP_GONE;
	if (!wl_load_task(id, &task))
		return;
	taken->result = STEP_STOPPED;
	if (task.stopped)
		return;
	taken->result = STEP_THROTTLED;
	if (task.throttle != NULL && (error = attempt(throttled, &task, NULL, &wait)) != NULL)
		ReThrowError(error);
	taken->wait_ms = THROTTLE_MS;
	if (wait)
		return;
	taken->result = STEP_NOTHING;
	now = GetCurrentTimestamp();
	if (!claim(&task, now, &batch))
	{
		taken->wait_ms = next_attempt(id, now);
		return;
	}
	taken->result = STEP_RAN;
	taken->batch_no = batch.no;
	taken->xmin = batch.xmin;
	taken->started_at = batch.started_at;
	taken->wait_ms = task.pause_ms;
	if (in_background)
		pgstat_report_activity(STATE_RUNNING,
							   psprintf("task \"%s\", batch " INT64_FORMAT,
										NameStr(id->name), batch.no));
	run_batch(&task, &batch);
}

static Step
step(const WlTaskId *id)
{
	Step		taken = {.wait_ms = -1};

	if (in_statement)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("the statement of a task cannot run tasks")));
	wl_connect();
	take_step(id, &taken);
	wl_finish();
	return taken;
}

/*
 * What the transaction deferred before would be fired with the batch: by the
 * owner, where that is not who deferred it, and on the batch's account.
 */
static void
refuse_deferred(void)
{
	/* a trigger follows a change */
	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	wl_connect();
	if (deferred_pending())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch cannot run while deferred triggers are pending"),
				 errdetail("They would be fired as part of the batch."),
				 errhint("Commit before, or use SET CONSTRAINTS ALL IMMEDIATE.")));
	wl_finish();
}

PG_FUNCTION_INFO_V1(wl_run_batch);
Datum
wl_run_batch(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	Step		taken;

	PreventCommandIfReadOnly("williams_run_batch()");
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch needs a transaction with isolation level READ COMMITTED"),
				 errdetail("A snapshot kept from before would not show which batches others have done."),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED.")));
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	refuse_deferred();
	taken = step(&id);
	if (taken.result == STEP_GONE)
		wl_refuse_task(&id);
	if (taken.result != STEP_RAN)
		PG_RETURN_NULL();
	PG_RETURN_INT64(taken.batch_no);
}

/*
 * The loop. In a session it runs between SPI_connect_ext(SPI_OPT_NONATOMIC) and
 * SPI_finish, where there always is a transaction; a background worker begins
 * each itself, and between two of them tells the statistics collector, so that
 * autovacuum knows of a long run's work before it ends.
 */
static void
begin_transaction(void)
{
	if (in_background)
	{
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
	}
	/* whatever default_transaction_isolation says */
	if (XactIsoLevel != XACT_READ_COMMITTED)
		(void) set_config_option("transaction_isolation", "read committed", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* Returns NULL, or why the commit failed. A cancel by the user is passed on. */
static ErrorData *
commit_transaction(MemoryContext context)
{
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		if (in_background)
			CommitTransactionCommand();
		else
			SPI_commit();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (in_background)
			AbortCurrentTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);

	if (error != NULL && is_cancel(error))
		ReThrowError(error);
	if (in_background)
		pgstat_report_stat(false);
	return error;
}

/* Commit what is ours alone, and begin anew. */
static void
must_commit(MemoryContext context)
{
	ErrorData  *error = commit_transaction(context);

	if (error != NULL)
		ReThrowError(error);
	begin_transaction();
}

/*
 * A failed commit undid the mark too: make it now, unless others have the batch,
 * or had it: then its keys may be fewer, and what failed not be among them.
 */
static void
record_failure(const WlTaskId *id, const Step *taken, const ErrorData *error)
{
	WlTask		task;
	Batch		batch = {0};

	wl_connect();
	wl_lock_task(id, 0, AccessShareLock);
	if (wl_load_task(id, &task) &&
		claim_where(id, CLAIM_AGAIN, taken->batch_no, XIDOID,
					TransactionIdGetDatum(taken->xmin), &batch))
	{
		batch.started_at = taken->started_at;
		batch.executed = true;
		settle_failure(&task, &batch, error);
	}
	wl_finish();
}

/*
 * Wait, unless the task is stopped or dropped meanwhile: the next step says which.
 * A long wait is no long transaction, and holds no lock.
 */
static void
wait_ms(const WlTaskId *id, int ms, MemoryContext context)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
	WlTask		task;
	bool		wanted = true;

	for (long left = ms; left > 0 && wanted;)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(left, 1000), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		if (left > 0)
		{
			wl_connect();
			wanted = wl_load_task(id, &task) && !task.stopped;
			wl_finish();
			must_commit(context);
		}
	}
}

/* How far the task is, and since when this loop runs. */
typedef struct Progress
{
	TimestampTz started_at;
	TimestampTz reported_at;
	long		interval_ms;	/* until the next: reading takes at most a
								 * twentieth */
	double		first_rows;		/* rows and percent when it began */
	double		first_percent;
	int64		batches;
	int64		done;
	int64		failed;
	int64		pending;
	double		rows;
	double		percent;
} Progress;

static void
read_progress(const WlTaskId *id, Progress *p)
{
	bool		isnull;
	int64		values[6] = {0};
	TimestampTz begun_at = GetCurrentTimestamp();

	wl_connect();
	if (wl_query(id, "SELECT batches, done, failed, batches - done - failed, rows,"
				 " (percent * 1e6)::bigint FROM %s.williams_progress"
				 " WHERE owner = $1 AND task = $2", 0, NULL, NULL, NULL) > 0)
		for (int i = 0; i < 6; i++)
			values[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
													SPI_tuptable->tupdesc, i + 1, &isnull));
	wl_finish();
	p->batches = values[0];
	p->done = values[1];
	p->failed = values[2];
	p->pending = values[3];
	p->rows = (double) values[4];
	p->percent = (double) values[5] / 1e6;
	p->reported_at = GetCurrentTimestamp();
	p->interval_ms = Max(1000, 20 * TimestampDifferenceMilliseconds(begun_at, p->reported_at));
}

static void
report_progress(const WlTaskId *id, Progress *p)
{
	double		elapsed;
	double		gained;
	char		eta[64] = "";

	read_progress(id, p);
	elapsed = Max((double) (p->reported_at - p->started_at) / USECS_PER_SEC, 1e-6);
	gained = p->percent - p->first_percent;
	if (gained > 0.0 && p->pending > 0)
		snprintf(eta, sizeof(eta), ", %.0f s to go", elapsed * (100.0 - p->percent) / gained);
	ereport(NOTICE,
			(errmsg("task \"%s\": " INT64_FORMAT " of " INT64_FORMAT " batches done, %.0f rows, %.1f %%, %.0f rows/s%s",
					NameStr(id->name), p->done, p->batches, p->rows, p->percent,
					(p->rows - p->first_rows) / elapsed, eta)));
}

/* The failure of the lowest number, for a message. */
static char *
first_failure(const WlTaskId *id)
{
	char	   *text;

	wl_query(id, "SELECT format('Batch %%s, keys %%s to %%s, failed with SQLSTATE %%s: %%s',"
			 " batch_no, left(lower_key, 60), left(upper_key, 60), sqlstate, message)"
			 " FROM %s.williams_batch WHERE owner = $1 AND task = $2 AND state = 'failed'"
			 " ORDER BY batch_no LIMIT 1", 0, NULL, NULL, NULL);
	text = SPI_processed > 0 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;
	return text !=NULL ? text : "They are being tried again.";
}

/* At the end: what was done, and what was not. */
static void
report_end(const WlTaskId *id, Progress *p, StepResult result)
{
	if (result == STEP_GONE)
	{
		ereport(WARNING, (errmsg("task \"%s\" was dropped", NameStr(id->name))));
		return;
	}
	report_progress(id, p);
	if (p->failed > 0)
	{
		wl_connect();
		ereport(WARNING,
				(errmsg("task \"%s\": " INT64_FORMAT " of " INT64_FORMAT " batches failed",
						NameStr(id->name), p->failed, p->batches),
				 errdetail_internal("%s", first_failure(id)),
				 errhint("All are in the table williams_batch; williams_retry makes them pending again.")));
		wl_finish();
	}
	if (result == STEP_STOPPED && p->pending > 0)
		ereport(WARNING,
				(errmsg("task \"%s\" was stopped with " INT64_FORMAT " batches pending",
						NameStr(id->name), p->pending),
				 errhint("Run it again to go on.")));
}

/*
 * Run the task's batches until none can be taken. It leaves a transaction open,
 * as it found one.
 */
void
wl_run_task(const WlTaskId *id, bool background)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "williams run",
												  ALLOCSET_DEFAULT_SIZES);
	Progress	progress = {.started_at = GetCurrentTimestamp()};
	Step		taken;

	in_background = background;
	MemoryContextSwitchTo(context);
	begin_transaction();

	/* a worker's was started with it, and may have been stopped since */
	if (!background)
	{
		wl_start_task(id);
		must_commit(context);
	}
	read_progress(id, &progress);
	progress.first_rows = progress.rows;
	progress.first_percent = progress.percent;
	for (;;)
	{
		ErrorData  *error;

		/* what commits and their failures left in it */
		MemoryContextReset(context);
		taken = step(id);
		error = commit_transaction(context);
		begin_transaction();
		if (error != NULL)
		{
			/* what a throttle did: an error there ends the run */
			if (taken.result != STEP_RAN)
				ReThrowError(error);
			record_failure(id, &taken, error);
			must_commit(context);
		}
		if (taken.wait_ms < 0)
			break;
		if (message_level_is_interesting(NOTICE) &&
			TimestampDifferenceExceeds(progress.reported_at, GetCurrentTimestamp(),
									   progress.interval_ms))
		{
			report_progress(id, &progress);
			must_commit(context);
		}
		wait_ms(id, taken.wait_ms, context);
	}
	report_end(id, &progress, taken.result);
}

PG_FUNCTION_INFO_V1(wl_run);
Datum
wl_run(PG_FUNCTION_ARGS)
{
	WlTaskId	id;

	PreventCommandIfReadOnly("williams_run()");
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("williams_run cannot run inside a transaction block or a function"),
				 errdetail("It commits after each batch."),
				 errhint("Call it by itself, or use williams_run_batch there.")));
	wl_check_not_null(PG_ARGISNULL(0), "task");
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	/* a new transaction, whose isolation level can still be set */
	SPI_commit();
	wl_run_task(&id, false);
	SPI_finish();
	PG_RETURN_NULL();
}
