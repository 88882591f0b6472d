/*
 * step.c
 *		One batch: claim it, execute its statement, mark it.
 *
 * This is the only place that claims and marks batches. A batch is in one of these
 * states:
 *
 *	READY		Its row has state "pending", and ready_at is NULL or has passed.
 *	CLAIMED		The row as before, locked by a transaction that executes the
 *				statement. Nothing about this is stored.
 *	WAITING		Its row has state "pending", and ready_at is still to come.
 *	DONE		Its row has state "done".
 *	FAILED		Its row has state "failed".
 *
 *	(none) -> READY		williams_create_task; the upper part of a batch that is split
 *	READY -> CLAIMED	claim()
 *	CLAIMED -> DONE		The statement succeeded.
 *	CLAIMED -> READY	The transaction rolled back, for whatever reason. Or a row is
 *						to blame: the batch was split and keeps the lower part.
 *	CLAIMED -> WAITING	The reason of a failure may pass, and attempts are left. Or
 *						every batch would fail in the same way, but the task could not
 *						be stopped now. (Otherwise each session would fail a batch of
 *						its own before one of them can stop the task.)
 *	CLAIMED -> FAILED	No attempts are left; or a row is to blame and the batch cannot
 *						be split further; or every batch would fail in the same way,
 *						and the task is now stopped.
 *	WAITING -> READY	ready_at passes.
 *	FAILED -> READY		williams_retry
 *
 * Invariants:
 *
 * 1. The claim is a row lock and the mark an update of the same row, both in the
 *	  transaction of the statement. Whatever ends a session leaves its batch pending
 *	  and none of its work done.
 * 2. The statement runs in a subtransaction, which also fires what it deferred. If it
 *	  fails, the claim survives and the batch's row records the failure.
 * 3. Only a failed commit undoes the mark together with the work. The caller then
 *	  records the failure in the next transaction, unless the row has changed since
 *	  the claim (wl_record_failure).
 * 4. The batches of a task are disjoint and cover what was planned. A split keeps this
 *	  true for keys that arrive later: see bounds.c.
 * 5. claim() and next_attempt() compare ready_at with the same time. Otherwise a batch
 *	  that becomes ready in between would be missed by both and end the run early.
 *
 * Locks: see store.c. A claim skips rows that are locked, so sessions do not wait for
 * each other's batches.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "pgstat.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/expression.h"
#include "plan/key.h"
#include "run/bounds.h"
#include "run/deferred.h"
#include "run/owner.h"
#include "run/statement.h"
#include "run/step.h"
#include "run/verdict.h"

/* A batch that this transaction has claimed. */
typedef struct Batch
{
	int64		no;
	WlBounds	bounds;
	int			attempts;		/* before this one */
	TransactionId xmin;			/* of its row when it was claimed */
	TimestampTz started_at;
	bool		executed;		/* has its statement begun? */
	int64		rows;			/* that its statement processed */
} Batch;

/* The states that are stored. */
typedef enum BatchState
{
	BATCH_PENDING, BATCH_DONE, BATCH_FAILED
} BatchState;

static const char *const state_names[] = {"pending", "done", "failed"};

/*
 * Where this session claimed its last batch. It looks for the next one from there
 * on: before it are batches that are done, and an old snapshot may keep their old
 * versions alive. This is only a hint; created_at tells a later task with the same
 * name apart. Other sessions begin at the task's first_pending.
 */
static WlTaskId last_task;
static TimestampTz last_created_at;
static int64 last_batch_no;

/* The columns that a claim reads, in this order. */
enum
{
	CLAIM_BATCH_NO = 1, CLAIM_LOWER_KEY, CLAIM_UPPER_KEY, CLAIM_BELOW_KEY, CLAIM_ATTEMPTS,
	CLAIM_XMIN
};

#define CLAIM(which) \
	"SELECT batch_no, lower_key, upper_key, below_key, attempts, xmin" \
	" FROM %s.williams_batch WHERE" OF_TASK " AND" IN_STATE("pending") " AND batch_no" which \
	" ORDER BY batch_no LIMIT 1 FOR UPDATE SKIP LOCKED"
/* batch $3, if its row still is the version $4 */
#define CLAIM_AGAIN CLAIM(EQ "$3 AND xmin" EQ "$4")
/* the first batch from $3 on that is ready at $4 */
#define CLAIM_NEXT CLAIM(GE "$3 AND (ready_at IS NULL OR $4" GE "ready_at)")

/* how long a batch waits for its next attempt: 0.1 s, 0.2 s, 0.4 s ... 51.2 s */
#define FIRST_RETRY_MS 100
#define MAX_DOUBLINGS 9

/* how often the throttle is evaluated while it is true */
#define THROTTLE_MS 1000

/* how many bytes of an error's message are stored */
#define MAX_MESSAGE 8192

/* Claim a batch with CLAIM_AGAIN or CLAIM_NEXT; false if there is none. */
static bool
claim_where(const WlTaskId *id, const char *query, int64 batch_no, Oid type, Datum value,
			Batch *batch)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum(batch_no), value};

	if (wl_query(id, query, lengthof(types), types, values, NULL) == 0)
		return false;
	batch->no = DatumGetInt64(wl_value_or_zero(CLAIM_BATCH_NO));
	batch->bounds.lower = wl_text_or_null(CLAIM_LOWER_KEY);
	batch->bounds.upper = wl_text_or_null(CLAIM_UPPER_KEY);
	batch->bounds.below = wl_text_or_null(CLAIM_BELOW_KEY);
	batch->attempts = DatumGetInt32(wl_value_or_zero(CLAIM_ATTEMPTS));
	batch->xmin = DatumGetTransactionId(wl_value_or_zero(CLAIM_XMIN));
	batch->started_at = GetCurrentTimestamp();
	return true;
}

/* The number from which this session looks first, before it falls back to first_pending. */
static int64
first_look(const WlTask *task)
{
	bool		known = memcmp(&last_task, &task->id, sizeof(last_task)) == 0 &&
	last_created_at == task->created_at;

	return known ? last_batch_no : task->first_pending;
}

/* Claim a batch that is ready now and that no other session has claimed. */
static bool
claim(const WlTask *task, TimestampTz now, Batch *batch)
{
	const WlTaskId *id = &task->id;
	Datum		ready = TimestampTzGetDatum(now);

	if (!claim_where(id, CLAIM_NEXT, first_look(task), TIMESTAMPTZOID, ready, batch) &&
		!claim_where(id, CLAIM_NEXT, task->first_pending, TIMESTAMPTZOID, ready, batch))
		return false;
	last_task = *id;
	last_created_at = task->created_at;
	last_batch_no = batch->no;
	return true;
}

static Datum
excerpt(const char *message)
{
	int			length = strlen(message);

	if (length > MAX_MESSAGE)
		length = pg_mbcliplen(message, length, MAX_MESSAGE);
	return PointerGetDatum(cstring_to_text_with_len(message, length));
}

/* The values that mark() stores, in the order of its query's parameters from $3 on. */
enum
{
	MARK_BATCH_NO, MARK_STATE, MARK_ATTEMPTS, MARK_ROWS, MARK_STARTED_AT, MARK_FINISHED_AT,
	MARK_DURATION_MS, MARK_READY_AT, MARK_SQLSTATE, MARK_MESSAGE, N_MARKS
};

/* Mark a batch. error is NULL if and only if it is done. */
static void
mark(const WlTaskId *id, const Batch *batch, BatchState state, const ErrorData *error)
{
	static const Oid types[N_MARKS] = {INT8OID, TEXTOID, INT4OID, INT8OID, TIMESTAMPTZOID,
	TIMESTAMPTZOID, FLOAT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz ready = now + INT64CONST(1000) * FIRST_RETRY_MS * (1 << Min(batch->attempts, MAX_DOUBLINGS));
	Datum		values[N_MARKS] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(state_names[state]), Int32GetDatum(batch->attempts + 1),
		Int64GetDatum(batch->rows), TimestampTzGetDatum(batch->started_at), TimestampTzGetDatum(now),
		Float8GetDatum((now - batch->started_at) / 1000.0), TimestampTzGetDatum(ready)
	};
	char		nulls[N_MARKS + 1] = "          ";

	if (error != NULL)
	{
		values[MARK_SQLSTATE] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
		values[MARK_MESSAGE] = excerpt(error->message != NULL ? error->message : "");
		nulls[MARK_ROWS] = 'n';
	}
	else
		nulls[MARK_SQLSTATE] = nulls[MARK_MESSAGE] = 'n';
	if (state != BATCH_PENDING)
		nulls[MARK_READY_AT] = 'n';
	wl_query(id, "UPDATE %s.williams_batch SET state = $4, attempts = $5, rows = $6,"
			 " started_at = $7, finished_at = $8, duration_ms = $9, ready_at = $10,"
			 " sqlstate = coalesce($11, sqlstate), message = coalesce($12, message),"
			 " failures = CASE WHEN $11 IS NULL THEN failures"
			 " ELSE failures OPERATOR(pg_catalog.+) 1 END WHERE" OF_TASK " AND batch_no" EQ "$3",
			 N_MARKS, types, values, nulls);
}

/* Execute the statement of a claimed batch: work for wl_attempt. */
static void
execute(const WlTask *task, void *arg)
{
	Batch	   *batch = arg;
	SPIExecuteOptions options = {0};
	SPIPlanPtr	plan;
	WlKey		key;
	Relation	rel;
	Datum		bounds[2];
	int			rc;

	wl_set_time_limit(task->time_limit_ms);
	rel = wl_open_task_table(task, &key);
	plan = wl_prepare_statement(task->statement, key.type);
	if (task->by_ctid)
		wl_check_no_write(plan, rel);
	wl_statement_bounds(rel, &key, &batch->bounds, bounds);
	relation_close(rel, NoLock);

	options.params = makeParamList(lengthof(bounds));
	for (int i = 0; i < lengthof(bounds); i++)
	{
		ParamExternData *p = &options.params->params[i];

		p->value = bounds[i];
		p->isnull = false;
		p->pflags = PARAM_FLAG_CONST;
		p->ptype = key.type;
	}
	/* count the rows that it returns, but do not keep them */
	options.dest = None_Receiver;

	wl_begin_deferring();
	batch->executed = true;
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	batch->rows = (int64) SPI_processed;
	wl_fire_deferred();
	wl_end_time_limit();
}

/* What split() is given, and what it finds. */
typedef struct Splitting
{
	const WlBounds *whole;
	bool		divided;		/* false: the batch holds one key or none */
	WlParts		parts;
} Splitting;

/* Work for wl_attempt. */
static void
split(const WlTask *task, void *arg)
{
	Splitting  *s = arg;

	s->divided = wl_cut_batch(task, s->whole, &s->parts);
}

/* Evaluate the throttle into a bool: work for wl_attempt. */
static void
evaluate_throttle(const WlTask *task, void *arg)
{
	*(bool *) arg = wl_condition(task->throttle, "throttle");
}

/*
 * The batch keeps the lower part; the upper part becomes a new batch. Sessions that
 * split batches of one task number the new ones one after the other, each until the
 * end of its transaction.
 */
static void
store_parts(const WlTaskId *id, const Batch *batch, const WlParts *parts)
{
	static const Oid lower_types[] = {INT8OID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID};
	static const Oid upper_types[] = {INT8OID, FLOAT8OID, TEXTOID, TEXTOID, TEXTOID};
	const WlCut *cut = &parts->cut;
	const WlBounds *whole = &batch->bounds;
	Datum		first = CStringGetTextDatum(parts->upper_first);
	Datum		lower[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(parts->lower_last), first,
		Int64GetDatum(cut->items[0]), Float8GetDatum(cut->memory_mb[0])
	};
	Datum		upper[] = {
		Int64GetDatum(cut->items[1]), Float8GetDatum(cut->memory_mb[1]), first,
		CStringGetTextDatum(whole->upper),
		whole->below ? CStringGetTextDatum(whole->below) : (Datum) 0
	};

	wl_lock_task(id, LOCK_NUMBERS, ExclusiveLock);
	wl_query(id, "UPDATE %s.williams_batch SET upper_key = $4, below_key = $5,"
			 " items = $6, memory_mb = $7, attempts = 0, ready_at = NULL,"
			 " failures = failures OPERATOR(pg_catalog.+) 1"
			 " WHERE" OF_TASK " AND batch_no" EQ "$3",
			 lengthof(lower_types), lower_types, lower, NULL);
	wl_query(id, "INSERT INTO %s.williams_batch (owner, task, batch_no, items, memory_mb,"
			 " lower_key, upper_key, below_key)"
			 " SELECT $1, $2, pg_catalog.max(batch_no) OPERATOR(pg_catalog.+) 1::pg_catalog.int8,"
			 " $3, $4, $5, $6, $7 FROM %s.williams_batch WHERE" OF_TASK,
			 lengthof(upper_types), upper_types, upper, whole->below ? "     " : "    n");
}

/* Split the batch, or mark it as failed or pending. Returns what was decided. */
static WlVerdict
settle_failure(const WlTask *task, Batch *batch, const ErrorData *error)
{
	WlVerdict	verdict = wl_judge(error, batch->executed);
	Splitting	splitting = {&batch->bounds};

	if (verdict == VERDICT_SPLIT)
	{
		ErrorData  *other = wl_attempt(split, task, &splitting);

		/* if even splitting fails, the batch is as small as it gets ... */
		if (other != NULL)
			splitting.divided = false;
		/* ... unless the reason of that may pass */
		if (other != NULL && wl_judge(other, batch->executed) == VERDICT_RETRY)
		{
			verdict = VERDICT_RETRY;
			error = other;
		}
	}
	if (splitting.divided)
		store_parts(&task->id, batch, &splitting.parts);
	else if (verdict == VERDICT_RETRY ? batch->attempts + 1 < task->max_attempts :
			 verdict == VERDICT_STOP && !wl_stop_task(&task->id))
		mark(&task->id, batch, BATCH_PENDING, error);
	else
		mark(&task->id, batch, BATCH_FAILED, error);
	return verdict;
}

/*
 * The milliseconds until a waiting batch is ready, or -1 if none is waiting. now is
 * the time that claim() was given.
 */
static long
next_attempt(const WlTask *task, TimestampTz now)
{
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[] = {Int64GetDatum(task->first_pending), TimestampTzGetDatum(now)};
	bool		isnull;
	Datum		ready;

	wl_query(&task->id, "SELECT pg_catalog.min(ready_at) FROM %s.williams_batch WHERE" OF_TASK
			 " AND" IN_STATE("pending") " AND batch_no" GE "$3"
			 " AND ready_at OPERATOR(pg_catalog.>) $4", lengthof(types), types, values, NULL);
	ready = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, ONLY_COLUMN, &isnull);
	return isnull ? -1 : Max(TimestampDifferenceMilliseconds(now, DatumGetTimestampTz(ready)), 1);
}

static bool
pending_from(const WlTask *task, int64 batch_no)
{
	static const Oid types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(batch_no)};

	return wl_query(&task->id, "SELECT FROM %s.williams_batch WHERE" OF_TASK
					" AND" IN_STATE("pending") " AND batch_no" GE "$3 ORDER BY batch_no LIMIT 1",
					lengthof(types), types, values, NULL) > 0;
}

/* Is any batch pending, including those that other sessions have claimed? */
static bool
any_pending(const WlTask *task)
{
	return pending_from(task, first_look(task)) || pending_from(task, task->first_pending);
}

/* Execute a claimed batch and mark it. */
static void
run_batch(const WlTask *task, Batch *batch, WlStep *taken)
{
	ErrorData  *error = wl_attempt(execute, task, batch);

	if (error == NULL)
		mark(&task->id, batch, BATCH_DONE, NULL);
	else
		taken->stops = settle_failure(task, batch, error) == VERDICT_STOP;
}

static bool
is_throttled(const WlTask *task)
{
	bool		throttled = false;
	ErrorData  *error;

	if (task->throttle == NULL)
		return false;
	error = wl_attempt(evaluate_throttle, task, &throttled);
	if (error != NULL)
		ReThrowError(error);
	return throttled;
}

static void
report_batch(const WlTaskId *id, int64 batch_no)
{
	pgstat_report_activity(STATE_RUNNING,
						   psprintf("task \"%s\", batch " INT64_FORMAT,
									NameStr(id->name), batch_no));
}

/* The step, between wl_connect and wl_finish. */
static void
take_step(const WlTaskId *id, bool background, WlStep *taken)
{
	WlTask		task;
	Batch		batch = {0};
	TimestampTz now;

	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	taken->result = STEP_GONE;
	if (!wl_load_task(id, &task))
		return;
	taken->result = STEP_STOPPED;
	if (task.stopped)
		return;
	taken->result = STEP_NOTHING;
	if (task.throttle != NULL && !any_pending(&task))
		return;
	taken->wait_ms = THROTTLE_MS;
	taken->result = STEP_THROTTLED;
	if (is_throttled(&task))
		return;
	taken->result = STEP_NOTHING;
	now = GetCurrentTimestamp();
	if (!claim(&task, now, &batch))
	{
		taken->wait_ms = next_attempt(&task, now);
		return;
	}
	taken->result = STEP_RAN;
	taken->batch_no = batch.no;
	taken->xmin = batch.xmin;
	taken->started_at = batch.started_at;
	taken->behind = batch.no - task.first_pending;
	taken->wait_ms = task.pause_ms;
	if (background)
		report_batch(id, batch.no);
	run_batch(&task, &batch, taken);
}

WlStep
wl_take_step(const WlTaskId *id, bool background)
{
	WlStep		taken = {.wait_ms = -1};

	wl_check_not_working();
	wl_connect();
	take_step(id, background, &taken);
	wl_finish();
	return taken;
}

void
wl_record_failure(const WlTaskId *id, WlStep *taken, const ErrorData *error)
{
	WlTask		task;
	Batch		batch = {0};

	wl_connect();
	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	if (wl_load_task(id, &task) &&
		claim_where(id, CLAIM_AGAIN, taken->batch_no, XIDOID,
					TransactionIdGetDatum(taken->xmin), &batch))
	{
		batch.started_at = taken->started_at;
		batch.executed = true;
		taken->stops = settle_failure(&task, &batch, error) == VERDICT_STOP;
	}
	wl_finish();
}

PG_FUNCTION_INFO_V1(wl_run_batch);
Datum
wl_run_batch(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlStep		taken;

	PreventCommandIfReadOnly("williams_run_batch()");
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch requires isolation level READ COMMITTED"),
				 errdetail("An older snapshot would not show the batches that other sessions have done."),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED.")));
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	wl_refuse_deferred();
	taken = wl_take_step(&id, false);
	if (taken.result == STEP_GONE)
		wl_refuse_task(&id);
	if (taken.result != STEP_RAN)
		PG_RETURN_NULL();
	if (taken.behind >= WL_RAISE_EVERY)
		wl_raise_first_pending(&id);
	PG_RETURN_INT64(taken.batch_no);
}
