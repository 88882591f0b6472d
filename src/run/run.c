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
 *	END			wl_report_end, except by a worker while others still run the task.
 *
 *	STARTED -> STEP
 *	STEP -> WAIT	A batch was executed, the throttle is true, or a batch waits for its
 *					next attempt.
 *	WAIT -> STEP	The time is over, or no batch is left to be run: the next step tells.
 *	STEP -> END		No batch is pending, the task was stopped or dropped, or a batch
 *					failed as every other would; or max_duration is over. If the run is
 *					to raise an error, it first waits until other sessions have ended
 *					their batches, and goes on if any of these is pending again.
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
 * 3. A wait holds no lock except LOCK_RUN, and its transactions last no longer than a
 *	  second.
 * 4. A worker reports to the cumulative statistics after each commit, so that
 *	  autovacuum knows of a long run's work before the run ends.
 *
 * Locks: LOCK_RUN, see wl_run_task, step_and_commit and is_last_worker. For the others
 * see store.c.
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

/* how often a run that is to raise an error looks whether others have ended their batches */
#define OTHERS_MS 100

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

/* Wait, but the latch is set for many reasons. */
static void
nap(long ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Wait as long as a step says, but not after the run's end, and only while there is a
 * batch to run: look at once, because the last one may be done, and once a second, each
 * time in a transaction of its own.
 */
static void
wait_ms(const WlTaskId *id, const WlRun *run, const WlStep *taken, MemoryContext context)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = Min(TimestampTzPlusMilliseconds(now, taken->wait_ms), run->until);
	TimestampTz look = now;

	for (bool waits = false; now < until; now = GetCurrentTimestamp())
	{
		if (now >= look)
		{
			bool		wanted = wl_is_wanted(id);

			must_commit(context);
			if (!wanted)
				break;
			look = TimestampTzPlusMilliseconds(now, 1000);
		}
		if (in_background && !waits)
			pgstat_report_activity(STATE_IDLE,
								   psprintf("task \"%s\" waits: %s", NameStr(id->name),
											reason_to_wait(taken->result)));
		waits = true;
		nap(TimestampDifferenceMilliseconds(now, Min(until, look)));
	}
}

/* Take a step and commit it. */
static WlStep
step_and_commit(const WlTaskId *id, WlRun *run, MemoryContext context)
{
	WlStep		taken = wl_take_step(id, in_background ? STEP_IN_WORKER : STEP_IN_SESSION);
	ErrorData  *error = commit_transaction(context);

	begin_transaction();
	if (error != NULL)
	{
		/* only a throttle can have done what failed: that ends the run */
		if (taken.result != STEP_RAN)
			ReThrowError(error);
		/* the abort released it */
		wl_lock_task_in_session(id, LOCK_RUN, RowExclusiveLock);
		wl_record_failure(id, &taken, error);
		must_commit(context);
	}
	if (taken.result == STEP_RAN)
		taken.done ? run->done++ : run->failed++;
	return taken;
}

/*
 * The last of a task's workers to end reports; the others are silent, also if a session
 * still runs the task. One worker at a time leaves and checks whether others are there.
 */
static bool
is_last_worker(const WlTaskId *id)
{
	wl_lock_task(id, LOCK_RUN, ShareUpdateExclusiveLock);
	wl_end_run(id);
	return wl_try_lock_task(id, LOCK_RUN, ShareLock);
}

/*
 * Where a step ended the run: do other sessions run batches of the task? Once they have
 * ended, it may be that batches are pending again.
 */
static bool
others_run(const WlTaskId *id, WlStepResult result, MemoryContext context)
{
	bool		run = false;

	if (result == STEP_NOTHING)
		run = wl_is_wanted(id);
	else if (result == STEP_STOPPED)
		run = !wl_try_lock_task(id, LOCK_TASK, AccessExclusiveLock);
	must_commit(context);
	return run;
}

/* Take steps until there is none. Returns how the last one ended. */
static WlStepResult
run_steps(const WlTaskId *id, WlRun *run, WlProgress *progress, MemoryContext context)
{
	bool		stopped = false;

	for (int64 n = 0; GetCurrentTimestamp() < run->until; n++)
	{
		WlStep		taken;

		/* free what the last step and its commit left behind */
		MemoryContextReset(context);
		if (n % WL_RAISE_EVERY == 0)
		{
			wl_raise_first_pending(id);
			must_commit(context);
		}
		taken = step_and_commit(id, run, context);
		if (wl_progress_due(progress))
		{
			wl_report_progress(id, progress);
			must_commit(context);
		}
		if (taken.stops)
			taken.result = STEP_STOPPED;
		stopped = taken.result == STEP_STOPPED;
		if (!taken.stops && taken.wait_ms >= 0)
			wait_ms(id, run, &taken, context);
		else if (run->raise && others_run(id, taken.result, context))
			nap(OTHERS_MS);
		else
			return taken.result;
	}
	/* the time may be over while a run that was stopped waits for others */
	return stopped ? STEP_STOPPED : STEP_TIME_OVER;
}

void
wl_end_run(const WlTaskId *id)
{
	wl_unlock_task(id, LOCK_RUN, RowExclusiveLock, HELD_BY_SESSION);
}

void
wl_run_task(const WlTaskId *id, WlRun *run)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "williams run",
												  ALLOCSET_DEFAULT_SIZES);
	WlProgress	progress = {.started_at = GetCurrentTimestamp(),.existed = !run->background};
	WlStepResult result;

	in_background = run->background;
	MemoryContextSwitchTo(context);
	wl_forget_statement();
	begin_transaction();
	wl_lock_task_in_session(id, LOCK_RUN, RowExclusiveLock);
	/* williams_launch has started a worker's task; it may be stopped again */
	if (!run->background)
	{
		wl_start_task(id);
		wl_count_run(id);
	}
	must_commit(context);
	wl_begin_progress(id, &progress);
	result = run_steps(id, run, &progress, context);
	if (result != STEP_GONE)
	{
		wl_raise_first_pending(id);
		must_commit(context);
	}
	if (!run->background || is_last_worker(id))
		wl_report_end(id, &progress, result, run->raise);
}

void
wl_refuse_atomic(FunctionCallInfo fcinfo, const char *procedure)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s cannot run inside a transaction block or a function", procedure),
				 errdetail("It commits after each batch."),
				 errhint("Call it outside of these, or use williams_run_batch instead.")));
}

/* When a run ends that begins now; NULL: never. */
static TimestampTz
end_of_run(const Interval *max_duration)
{
	if (max_duration == NULL)
		return DT_NOEND;
	wl_check_duration(max_duration, "max_duration");
	if (wl_is_endless(max_duration))
		return DT_NOEND;
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(GetCurrentTimestamp()),
												   IntervalPGetDatum(max_duration)));
}

/* The arguments of williams_run, in order. */
enum
{
	ARG_TASK, ARG_MAX_DURATION, ARG_RAISE
};

PG_FUNCTION_INFO_V1(wl_run);
Datum
wl_run(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlRun		run = {0};

	PreventCommandIfReadOnly("williams_run()");
	wl_refuse_atomic(fcinfo, "williams_run");
	wl_check_not_null(PG_ARGISNULL(ARG_TASK), "task");
	wl_check_not_null(PG_ARGISNULL(ARG_RAISE), "raise");
	run.until = end_of_run(PG_ARGISNULL(ARG_MAX_DURATION) ? NULL :
						   PG_GETARG_INTERVAL_P(ARG_MAX_DURATION));
	run.raise = PG_GETARG_BOOL(ARG_RAISE);
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(ARG_TASK)), &id);
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	/* the isolation level can only be set in a new transaction */
	SPI_commit();
	wl_run_task(&id, &run);
	wl_end_run(&id);
	SPI_finish();
	PG_RETURN_NULL();
}
