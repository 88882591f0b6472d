/*
 * run.c
 *		A task, run: step after step, each committed, with a word on how far it is.
 *
 * In a session this is between SPI_connect_ext(SPI_OPT_NONATOMIC) and SPI_finish,
 * where there always is a transaction; a background worker begins each itself, and
 * between two of them tells the statistics collector, so that autovacuum knows of
 * a long run's work before it ends.
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
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "run/owner.h"
#include "run/run.h"
#include "run/step.h"

/* Is this process a worker of ours? */
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

/* Commit what is ours alone, and begin anew. */
static void
must_commit(MemoryContext context)
{
	ErrorData  *error = commit_transaction(context);

	if (error != NULL)
		ReThrowError(error);
	begin_transaction();
}

/* What pg_stat_activity says of a worker while it waits. */
static const char *
reason_to_wait(WlStepResult result)
{
	switch (result)
	{
		case STEP_THROTTLED:
			return "its throttle is true";
		case STEP_NOTHING:
			return "a batch is to be tried again";
		default:
			return "pause_ms";
	}
}

/*
 * Wait, unless the task is stopped or dropped meanwhile: the next step says which.
 * A long wait is no long transaction, and holds no lock. Many a thing sets a latch:
 * the task is looked at once a second.
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
	Datum		values[5] = {0};
	TimestampTz begun_at = GetCurrentTimestamp();

	wl_connect();
	if (wl_query_as_self(id, "SELECT batches, done, failed, rows, percent FROM %s.williams_progress"
						 " WHERE owner" EQ "pg_catalog.pg_get_userbyid($1) AND task" EQ "$2",
						 0, NULL, NULL, NULL) > 0)
		for (int i = 0; i < lengthof(values); i++)
			values[i] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);
	wl_finish();
	p->batches = DatumGetInt64(values[0]);
	p->done = DatumGetInt64(values[1]);
	p->failed = DatumGetInt64(values[2]);
	p->pending = p->batches - p->done - p->failed;
	p->rows = (double) DatumGetInt64(values[3]);
	p->percent = DatumGetFloat8(values[4]);
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

	wl_query(id, "SELECT pg_catalog.format('Batch %%s, keys %%s to %%s, failed with SQLSTATE %%s: %%s'::pg_catalog.text,"
			 " batch_no, pg_catalog.left(lower_key, 60), pg_catalog.left(upper_key, 60),"
			 " sqlstate, message)"
			 " FROM %s.williams_batch WHERE" OF_TASK " AND" IN_STATE("failed")
			 " ORDER BY batch_no LIMIT 1", 0, NULL, NULL, NULL);
	text = SPI_processed > 0 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : NULL;
	return text !=NULL ? text : "They are being tried again.";
}

/* At the end: what was done, and what was not. */
static void
report_end(const WlTaskId *id, Progress *p, WlStepResult result)
{
	if (result == STEP_GONE)
	{
		ereport(WARNING, (errmsg("task \"%s\" was dropped", NameStr(id->name))));
		return;
	}
	report_progress(id, p);
	if (p->failed > 0)
	{
		const char *failure;

		wl_connect();
		failure = first_failure(id);
		ereport(WARNING,
				(errmsg("task \"%s\": " INT64_FORMAT " of " INT64_FORMAT " batches failed",
						NameStr(id->name), p->failed, p->batches),
				 errdetail_internal("%s", failure),
				 errhint("All are in the table williams_batch; williams_retry makes them pending again.")));
		wl_finish();
	}
	if (result == STEP_STOPPED && p->pending > 0)
		ereport(WARNING,
				(errmsg("task \"%s\" was stopped with " INT64_FORMAT " batches pending",
						NameStr(id->name), p->pending),
				 errhint("Run it again to go on.")));
}

/* Take a step and commit it, and say what became of it. */
static WlStep
step_and_commit(const WlTaskId *id, MemoryContext context)
{
	WlStep		taken = wl_take_step(id, in_background);
	ErrorData  *error = commit_transaction(context);

	begin_transaction();
	if (error != NULL)
	{
		/* what a throttle did: an error there ends the run */
		if (taken.result != STEP_RAN)
			ReThrowError(error);
		wl_record_failure(id, &taken, error);
		must_commit(context);
	}
	return taken;
}

/*
 * Of a task's workers the last one to end says how it ended; the others are silent.
 * Each leaves the others' company while it alone looks who is still there.
 */
static bool
is_last_worker(const WlTaskId *id)
{
	wl_lock_task(id, LOCK_REPORT, ExclusiveLock);
	wl_unlock_session(id, LOCK_WORKERS, ShareLock);
	return wl_try_lock_task(id, LOCK_WORKERS, ExclusiveLock);
}

/* The steps, until none can be taken. */
static WlStepResult
run_steps(const WlTaskId *id, Progress *progress, MemoryContext context)
{
	WlStep		taken;

	for (int64 n = 0;; n++)
	{
		/* what commits and their failures left in it */
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
		if (message_level_is_interesting(NOTICE) &&
			TimestampDifferenceExceeds(progress->reported_at, GetCurrentTimestamp(),
									   progress->interval_ms))
		{
			report_progress(id, progress);
			must_commit(context);
		}
		wait_ms(id, &taken, context);
	}
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
	WlStepResult result;

	in_background = background;
	MemoryContextSwitchTo(context);
	begin_transaction();

	/* a worker's was started with it, and may have been stopped since */
	if (background)
		wl_lock_session(id, LOCK_WORKERS, ShareLock);
	else
		wl_start_task(id);
	must_commit(context);
	read_progress(id, &progress);
	progress.first_rows = progress.rows;
	progress.first_percent = progress.percent;
	result = run_steps(id, &progress, context);
	if (result != STEP_GONE)
	{
		wl_raise_first_pending(id);
		must_commit(context);
	}
	if (!background || is_last_worker(id))
		report_end(id, &progress, result);
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
