/*
 * run.c
 *		Run a task: take steps until there is none, and commit each.
 *
 * The loop is the same in a session (CALL williams_run) and in a background worker:
 *
 *	STARTED		The task is OPEN (see store.c), its first progress has been read.
 *	STEP		wl_take_step, then a commit. A failure of the commit is recorded in a
 *				transaction of its own.
 *	WAIT		For pause_ms, the throttle or the next attempt; the task is looked at
 *				once a second.
 *	END			wl_report_end, unless other workers still run the task.
 *
 *	STARTED -> STEP
 *	STEP -> WAIT	A batch was executed, the throttle is true, or a batch waits for its
 *					next attempt.
 *	WAIT -> STEP	The time is over, or the task was stopped or dropped: the next step
 *					tells.
 *	STEP -> END		No batch is pending, the task was stopped or dropped, or a batch
 *					failed as every other would.
 *
 * A cancel by the user, an error in the throttle and any error outside a batch end the
 * run at once, without a report.
 *
 * Invariants:
 *
 * 1. A transaction is always open. In a session there always is one between
 *	  SPI_connect_ext(SPI_OPT_NONATOMIC) and SPI_finish. A worker begins each itself.
 * 2. A step is alone in its transaction. Anything else, such as a report, is committed
 *	  before the next step.
 * 3. A wait holds no lock except a worker's LOCK_WORKERS, and its transactions last no
 *	  longer than a second.
 * 4. A worker reports to the cumulative statistics after each commit, so that
 *	  autovacuum knows of a long run's work before the run ends.
 *
 * Locks: LOCK_WORKERS and LOCK_REPORT, see is_last_worker. For the others see store.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "base/session.h"
#include "run/execute.h"
#include "run/history.h"
#include "run/owner.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/step.h"

/* Is this process one of our workers? */
static bool in_background = false;

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
	/* whatever default_transaction_isolation is */
	if (XactIsoLevel != XACT_READ_COMMITTED)
		wl_set_for_transaction("transaction_isolation", "read committed");
}

/* Returns NULL, or the error that the commit failed with. Rethrows a cancel by the user. */
static ErrorData *
commit_transaction(MemoryContext context)
{
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		ErrorContextCallback watch;

		MemoryContextSwitchTo(context);
		wl_watch_cancel(&watch);
		if (in_background)
			CommitTransactionCommand();
		else
			SPI_commit();
		wl_end_watch(&watch);
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

	if (error != NULL && wl_was_cancelled())
		ReThrowError(error);
	if (in_background)
		pgstat_report_stat(false);
	return error;
}

/* Commit work of our own, and begin the next transaction. */
static void
must_commit(MemoryContext context)
{
	ErrorData  *error = commit_transaction(context);

	if (error != NULL)
		ReThrowError(error);
	begin_transaction();
}

/* What pg_stat_activity shows of a worker that waits. */
static const char *
reason_to_wait(WlStepResult result)
{
	switch (result)
	{
		case STEP_THROTTLED:
			return "its throttle is true";
		case STEP_NOTHING:
			return "a batch will be tried again";
		default:
			return "pause_ms";
	}
}

/*
 * Wait, but no longer than until the task is stopped or dropped. The latch is set for
 * many reasons, so look at the task by the clock, once a second, each time in a
 * transaction of its own.
 */
static void
wait_ms(const WlTaskId *id, const WlStep *taken, MemoryContext context)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), taken->wait_ms);
	TimestampTz look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1000);
	WlTask		task;
	long		left = taken->wait_ms;
	bool		wanted = true;

	if (in_background && left > 0)
		pgstat_report_activity(STATE_IDLE,
							   psprintf("task \"%s\" waits: %s", NameStr(id->name),
										reason_to_wait(taken->result)));
	while (left > 0 && wanted)
	{
		long		until_look = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), look);

		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(left, until_look), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		if (left > 0 && GetCurrentTimestamp() >= look)
		{
			wl_connect();
			wanted = wl_load_task(id, &task) && !task.stopped;
			wl_finish();
			must_commit(context);
			look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1000);
		}
	}
}

/* Take a step and commit it. */
static WlStep
step_and_commit(const WlTaskId *id, MemoryContext context)
{
	WlStep		taken = wl_take_step(id, in_background ? STEP_IN_WORKER : STEP_IN_SESSION);
	ErrorData  *error = commit_transaction(context);

	begin_transaction();
	if (error != NULL)
	{
		/* only a throttle can have done what failed: that ends the run */
		if (taken.result != STEP_RAN)
			ReThrowError(error);
		wl_record_failure(id, &taken, error);
		must_commit(context);
	}
	return taken;
}

/*
 * The last of a task's workers to end reports; the others are silent. LOCK_REPORT lets
 * one worker at a time leave and check whether others are still there.
 */
static bool
is_last_worker(const WlTaskId *id)
{
	wl_lock_task(id, LOCK_REPORT, ExclusiveLock);
	wl_unlock_task(id, LOCK_WORKERS, ShareLock, HELD_BY_SESSION);
	return wl_try_lock_task(id, LOCK_WORKERS, ExclusiveLock);
}

/* Take steps until there is none. Returns how the last one ended. */
static WlStepResult
run_steps(const WlTaskId *id, WlProgress *progress, MemoryContext context)
{
	WlStep		taken;

	for (int64 n = 0;; n++)
	{
		/* free what the last step and its commit left behind */
		MemoryContextReset(context);
		if (n % WL_RAISE_EVERY == 0)
		{
			wl_raise_first_pending(id);
			must_commit(context);
		}
		taken = step_and_commit(id, context);
		if (taken.stops)
			return STEP_STOPPED;
		if (taken.wait_ms < 0)
			return taken.result;
		if (wl_progress_due(progress))
		{
			wl_report_progress(id, progress);
			must_commit(context);
		}
		wait_ms(id, &taken, context);
	}
}

void
wl_run_task(const WlTaskId *id, bool background)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "williams run",
												  ALLOCSET_DEFAULT_SIZES);
	WlProgress	progress = {.started_at = GetCurrentTimestamp()};
	WlStepResult result;

	in_background = background;
	MemoryContextSwitchTo(context);
	wl_forget_statement();
	begin_transaction();

	/* williams_launch has started a worker's task; it may be stopped again */
	if (background)
		wl_lock_task_in_session(id, LOCK_WORKERS, ShareLock);
	else
	{
		wl_start_task(id);
		wl_count_run(id);
	}
	must_commit(context);
	wl_begin_progress(id, &progress);
	result = run_steps(id, &progress, context);
	if (result != STEP_GONE)
	{
		wl_raise_first_pending(id);
		must_commit(context);
	}
	if (!background || is_last_worker(id))
		wl_report_end(id, &progress, result);
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
				 errhint("Call it outside of these, or use williams_run_batch instead.")));
	wl_check_not_null(PG_ARGISNULL(0), "task");
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	/* the isolation level can only be set in a new transaction */
	SPI_commit();
	wl_run_task(&id, false);
	SPI_finish();
	PG_RETURN_NULL();
}
