/*
 * step.c
 *		One batch: claim it, execute its statement, mark it.
 *
 * This is the only place that marks batches. A batch is in one of these
 * states:
 *
 *	READY		Its row has state "pending", and ready_at is NULL or has passed.
 *	CLAIMED		The row as before, locked by a transaction that executes the
 *				statement. Nothing about this is stored.
 *	WAITING		Its row has state "pending", and ready_at is still to come.
 *	DONE		Its row has state "done".
 *	FAILED		Its row has state "failed".
 *
 *	(none) -> READY		williams_create_task and williams_extend_task; the upper part of
 *						a batch that is split
 *	READY -> CLAIMED	A claim (see claim.c).
 *	CLAIMED -> DONE		The statement succeeded.
 *	CLAIMED -> READY	The transaction rolled back, for whatever reason. Or a row is
 *						to blame: the batch was split and keeps the lower part.
 *	CLAIMED -> WAITING	The reason of a failure may pass, and attempts are left. Or
 *						another server was lost: without attempts left, the task stops,
 *						and the attempts are counted from 0 again. Or every batch would
 *						fail in the same way, but the task could not be stopped now.
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
 *
 * Locks: see store.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "pgstat.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "base/expression.h"
#include "run/bounds.h"
#include "run/claim.h"
#include "run/deferred.h"
#include "run/execute.h"
#include "run/owner.h"
#include "run/settings.h"
#include "run/step.h"
#include "run/verdict.h"

/* how long a batch waits for its next attempt: 0.1 s, 0.2 s, 0.4 s ... 51.2 s */
#define FIRST_RETRY_MS 100
#define MAX_DOUBLINGS 9

/* how often the throttle is evaluated while it is true */
#define THROTTLE_MS 1000

/* how many bytes of an error's message are stored */
#define MAX_MESSAGE 8192

static Datum
sqlstate_text(const ErrorData *error)
{
	return CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
}

/* Its start, if it is long. */
static Datum
message_text(const ErrorData *error)
{
	const char *message = error->message != NULL ? error->message : "";
	int			length = strlen(message);

	if (length > MAX_MESSAGE)
		length = pg_mbcliplen(message, length, MAX_MESSAGE);
	return PointerGetDatum(cstring_to_text_with_len(message, length));
}

/* The values that both marks store, in the order of their queries' parameters from $3 on. */
enum
{
	MARK_BATCH_NO, MARK_STARTED_AT, MARK_FINISHED_AT, MARK_DURATION_MS, MARK_ATTEMPTS, N_MARKS
};

#define MARK_TYPES INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, FLOAT8OID, INT4OID
#define MARK "UPDATE %s.williams_batch SET started_at = $4, finished_at = $5, duration_ms = $6, attempts = $7"
#define OF_BATCH " WHERE" OF_TASK " AND batch_no" EQ "$3"

static void
set_marks(Datum *values, const WlBatch *batch, TimestampTz now, int attempts)
{
	values[MARK_BATCH_NO] = Int64GetDatum(batch->no);
	values[MARK_STARTED_AT] = TimestampTzGetDatum(batch->started_at);
	values[MARK_FINISHED_AT] = TimestampTzGetDatum(now);
	values[MARK_DURATION_MS] = Float8GetDatum((now - batch->started_at) / 1000.0);
	values[MARK_ATTEMPTS] = Int32GetDatum(attempts);
}

static void
mark_done(const WlTaskId *id, const WlBatch *batch)
{
	static const Oid types[] = {MARK_TYPES, INT8OID};
	Datum		values[lengthof(types)];

	set_marks(values, batch, GetCurrentTimestamp(), batch->attempts + 1);
	values[N_MARKS] = Int64GetDatum(batch->rows);
	wl_query(id, MARK ", state = 'done', rows = $8, ready_at = NULL" OF_BATCH,
			 lengthof(types), types, values, NULL);
}

/* pause_ms: until a batch that stays pending is tried again; -1 if it is failed. */
static void
mark_failure(const WlTaskId *id, const WlBatch *batch, const ErrorData *error, int attempts,
			 long pause_ms)
{
	static const Oid types[] = {MARK_TYPES, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[lengthof(types)];
	TimestampTz now = GetCurrentTimestamp();

	set_marks(values, batch, now, attempts);
	values[N_MARKS] = TimestampTzGetDatum(TimestampTzPlusMilliseconds(now, pause_ms));
	values[N_MARKS + 1] = CStringGetTextDatum(pause_ms < 0 ? "failed" : "pending");
	values[N_MARKS + 2] = sqlstate_text(error);
	values[N_MARKS + 3] = message_text(error);
	wl_query(id, MARK ", ready_at = $8, state = $9, sqlstate = $10, message = $11,"
			 " failed_at = $5, failures = failures OPERATOR(pg_catalog.+) 1" OF_BATCH,
			 lengthof(types), types, values, pause_ms < 0 ? "     n   " : NULL);
}

static void
mark_failed(const WlTaskId *id, const WlBatch *batch, const ErrorData *error)
{
	mark_failure(id, batch, error, batch->attempts + 1, -1);
}

/*
 * The batch will be tried again, after a pause that doubles with each of its attempts.
 * Returns the milliseconds until then.
 */
static long
mark_waiting(const WlTaskId *id, const WlBatch *batch, const ErrorData *error, int attempts)
{
	long		pause_ms = FIRST_RETRY_MS * (1L << Min(batch->attempts, MAX_DOUBLINGS));

	mark_failure(id, batch, error, attempts, pause_ms);
	return pause_ms;
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
store_parts(const WlTaskId *id, const WlBatch *batch, const ErrorData *error, const WlParts *parts)
{
	static const Oid lower_types[] = {INT8OID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID, TEXTOID,
	TEXTOID, TIMESTAMPTZOID};
	static const Oid upper_types[] = {INT8OID, FLOAT8OID, TEXTOID, TEXTOID, TEXTOID};
	const WlCut *cut = &parts->cut;
	const WlBounds *whole = &batch->bounds;
	Datum		first = CStringGetTextDatum(parts->upper_first);
	Datum		lower[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(parts->lower_last), first,
		Int64GetDatum(cut->items[0]), Float8GetDatum(cut->memory_mb[0]),
		sqlstate_text(error), message_text(error), TimestampTzGetDatum(GetCurrentTimestamp())
	};
	Datum		upper[] = {
		Int64GetDatum(cut->items[1]), Float8GetDatum(cut->memory_mb[1]), first,
		CStringGetTextDatum(whole->upper),
		whole->below ? CStringGetTextDatum(whole->below) : (Datum) 0
	};

	wl_lock_task(id, LOCK_NUMBERS, ExclusiveLock);
	wl_query(id, "UPDATE %s.williams_batch SET upper_key = $4, below_key = $5,"
			 " items = $6, memory_mb = $7, attempts = 0, ready_at = NULL,"
			 " sqlstate = $8, message = $9, failed_at = $10,"
			 " failures = failures OPERATOR(pg_catalog.+) 1"
			 " WHERE" OF_TASK " AND batch_no" EQ "$3",
			 lengthof(lower_types), lower_types, lower, NULL);
	wl_query(id, "INSERT INTO %s.williams_batch (owner, task, batch_no, items, memory_mb,"
			 " lower_key, upper_key, below_key)"
			 " SELECT $1, $2, pg_catalog.max(batch_no) OPERATOR(pg_catalog.+) 1::pg_catalog.int8,"
			 " $3, $4, $5, $6, $7 FROM %s.williams_batch WHERE" OF_TASK,
			 lengthof(upper_types), upper_types, upper, whole->below ? "     " : "    n");
}

/*
 * Split the batch if a row is to blame, unless it is as small as it gets. Returns NULL
 * if it was split, or what to mark it with: *verdict, and the error that it stems from.
 */
static const ErrorData *
try_split(const WlTask *task, const WlBatch *batch, const ErrorData *error, WlVerdict *verdict)
{
	Splitting	splitting = {&batch->bounds};
	ErrorData  *other = wl_attempt(split, task, &splitting);
	WlVerdict	second;

	if (other == NULL && splitting.divided)
	{
		store_parts(&task->id, batch, error, &splitting.parts);
		return NULL;
	}

	/*
	 * if even splitting fails, for a reason that may pass, then so may the
	 * batch
	 */
	if (other == NULL)
		return error;
	second = wl_judge(other, batch->executed);
	if (second != VERDICT_RETRY && second != VERDICT_LOST)
		return error;
	*verdict = second;
	return other;
}

/* Have so many batches failed that the task stops? */
static bool
too_many_failed(const WlTask *task)
{
	static const Oid types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(task->max_failed)};

	return task->max_failed > 0 &&
		wl_query(&task->id, "SELECT FROM %s.williams_batch WHERE" OF_TASK " AND" IN_STATE("failed")
				 " LIMIT $3", lengthof(types), types, values, NULL) >= task->max_failed;
}

/*
 * Split the batch, or mark it as failed or waiting. If the task is to stop and cannot
 * now, because another session changes it, then the next batch that fails tries again.
 */
static void
settle_failure(const WlTask *task, const WlBatch *batch, const ErrorData *error, WlStep *taken)
{
	const WlTaskId *id = &task->id;
	WlVerdict	verdict = wl_judge(error, batch->executed);
	int			attempts = batch->attempts + 1;
	bool		last = attempts >= task->max_attempts;

	if (verdict == VERDICT_SPLIT && (error = try_split(task, batch, error, &verdict)) == NULL)
		return;
	if (verdict == VERDICT_STOP)
	{
		/*
		 * each session would fail a batch of its own before one can stop the
		 * task
		 */
		if (wl_stop_task(id))
			mark_failed(id, batch, error);
		else
			(void) mark_waiting(id, batch, error, attempts);
		taken->stops = true;
	}
	else if (verdict == VERDICT_LOST)
	{
		/*
		 * other batches would not fare better, so this session waits with the
		 * batch
		 */
		long		pause_ms = mark_waiting(id, batch, error, last ? 0 : attempts);

		taken->wait_ms = Max(taken->wait_ms, pause_ms);
		taken->stops = last && wl_stop_task(id);
	}
	else if (verdict == VERDICT_RETRY && !last)
		(void) mark_waiting(id, batch, error, attempts);
	else
	{
		mark_failed(id, batch, error);
		taken->stops = too_many_failed(task) && wl_stop_task(id);
	}
}

/* Execute a claimed batch and mark it. */
static void
run_batch(const WlTask *task, WlBatch *batch, WlStep *taken)
{
	ErrorData  *error = wl_execute_batch(task, batch);

	taken->done = error == NULL;
	if (taken->done)
		mark_done(&task->id, batch);
	else
		settle_failure(task, batch, error, taken);
}

static bool
is_throttled(const WlTask *task)
{
	bool		throttled = false;
	ErrorData  *error;

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
take_step(const WlTaskId *id, WlStepPlace place, WlStep *taken)
{
	WlTask		task;
	WlBatch		batch = {0};
	TimestampTz now;

	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	taken->result = STEP_GONE;
	if (!wl_load_task(id, &task))
		return;
	taken->result = STEP_STOPPED;
	if (task.stopped)
		return;
	taken->result = STEP_NOTHING;
	if (task.throttle != NULL && !wl_any_pending(&task))
		return;
	taken->wait_ms = THROTTLE_MS;
	taken->result = STEP_THROTTLED;
	if (task.throttle != NULL && is_throttled(&task))
		return;
	taken->result = STEP_NOTHING;
	now = GetCurrentTimestamp();
	if (!wl_claim(&task, now, &batch))
	{
		taken->wait_ms = wl_next_attempt(&task, now);
		return;
	}
	taken->result = STEP_RAN;
	taken->batch_no = batch.no;
	taken->xmin = batch.xmin;
	taken->started_at = batch.started_at;
	taken->behind = batch.no - task.first_pending;
	taken->wait_ms = task.pause_ms;
	if (place == STEP_IN_WORKER)
		report_batch(id, batch.no);
	if (place != STEP_IN_TRANSACTION)
		wl_apply_commit_settings(task.settings);
	run_batch(&task, &batch, taken);
}

WlStep
wl_take_step(const WlTaskId *id, WlStepPlace place)
{
	WlStep		taken = {.wait_ms = -1};

	wl_check_not_working();
	wl_connect();
	take_step(id, place, &taken);
	wl_finish();
	return taken;
}

void
wl_record_failure(const WlTaskId *id, WlStep *taken, const ErrorData *error)
{
	WlTask		task;
	WlBatch		batch = {0};

	taken->done = false;
	wl_connect();
	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	if (wl_load_task(id, &task) && wl_claim_again(id, taken->batch_no, taken->xmin, &batch))
	{
		batch.started_at = taken->started_at;
		batch.executed = true;
		settle_failure(&task, &batch, error, taken);
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
	wl_check_read_committed("williams_run_batch");
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	wl_refuse_deferred();
	/* the statement that is executing must not be forgotten */
	wl_check_not_working();
	wl_forget_statement();
	taken = wl_take_step(&id, STEP_IN_TRANSACTION);
	if (taken.result == STEP_GONE)
		wl_refuse_task(&id);
	if (taken.result != STEP_RAN)
		PG_RETURN_NULL();
	if (taken.behind >= WL_RAISE_EVERY)
		wl_raise_first_pending(&id);
	PG_RETURN_INT64(taken.batch_no);
}
