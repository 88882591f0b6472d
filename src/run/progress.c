/*
 * progress.c
 *		NOTICEs that say how far a run is, and WARNINGs or errors about what it left.
 *
 * The figures come from the view williams_progress, read as the task's owner. A
 * view over many batches takes a while to read, so the interval between two
 * reports grows with the time that the last one took.
 *
 * Locks: none but those of the queries.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "run/progress.h"

/* The columns that read_progress reads, in this order. */
enum
{
	PROGRESS_BATCHES = 1, PROGRESS_DONE, PROGRESS_FAILED, PROGRESS_ROWS, PROGRESS_PERCENT,
	PROGRESS_MISSED
};

/* Returns false if the task does not exist. */
static bool
read_progress(const WlTaskId *id, WlProgress *p)
{
	TimestampTz begun_at = GetCurrentTimestamp();
	bool		found;

	p->reported = false;
	p->batches = p->done = p->failed = p->missed = 0;
	p->rows = p->percent = 0.0;
	wl_connect();
	found = wl_query_as_self(id, "SELECT batches, done, failed, rows, percent, missed FROM %s.williams_progress"
							 " WHERE owner" EQ "pg_catalog.pg_get_userbyid($1) AND task" EQ "$2",
							 0, NULL, NULL, NULL) > 0;
	if (found)
	{
		p->batches = DatumGetInt64(wl_value_or_zero(PROGRESS_BATCHES));
		p->done = DatumGetInt64(wl_value_or_zero(PROGRESS_DONE));
		p->failed = DatumGetInt64(wl_value_or_zero(PROGRESS_FAILED));
		p->rows = (double) DatumGetInt64(wl_value_or_zero(PROGRESS_ROWS));
		p->percent = DatumGetFloat8(wl_value_or_zero(PROGRESS_PERCENT));
		p->missed = DatumGetInt64(wl_value_or_zero(PROGRESS_MISSED));
	}
	wl_finish();
	p->pending = p->batches - p->done - p->failed;
	p->reported_at = GetCurrentTimestamp();
	p->interval_ms = Max(1000, 20 * TimestampDifferenceMilliseconds(begun_at, p->reported_at));
	return found;
}

void
wl_begin_progress(const WlTaskId *id, WlProgress *p)
{
	if (read_progress(id, p))
		p->existed = true;
	p->first_rows = p->rows;
	p->first_percent = p->percent;
}

bool
wl_progress_due(const WlProgress *p)
{
	return message_level_is_interesting(NOTICE) &&
		TimestampDifferenceExceeds(p->reported_at, GetCurrentTimestamp(), p->interval_ms);
}

static void
show_progress(const WlTaskId *id, WlProgress *p)
{
	double		elapsed = Max((double) (p->reported_at - p->started_at) / USECS_PER_SEC, 1e-6);
	double		gained = p->percent - p->first_percent;
	char		eta[64] = "";

	if (gained > 0.0 && p->pending > 0)
		snprintf(eta, sizeof(eta), ", %.0f s to go", elapsed * (100.0 - p->percent) / gained);
	ereport(NOTICE,
			(errcode(ERRCODE_SUCCESSFUL_COMPLETION),
			 errmsg("task \"%s\": %lld of %lld batches done, %.0f rows, %.1f %%, %.0f rows/s%s",
					NameStr(id->name), (long long) p->done, (long long) p->batches, p->rows, p->percent,
					(p->rows - p->first_rows) / elapsed, eta)));
	p->reported = true;
}

void
wl_report_progress(const WlTaskId *id, WlProgress *p)
{
	if (read_progress(id, p))
		show_progress(id, p);
}

/* Do not repeat the last NOTICE. */
static void
report_last_progress(const WlTaskId *id, WlProgress *p)
{
	WlProgress	last = *p;

	if (read_progress(id, p) && !(last.reported && last.done == p->done && last.pending == p->pending))
		show_progress(id, p);
}

/* The columns of a query for a failed execution: its SQLSTATE, and a detail for a message. */
enum
{
	FAILURE_SQLSTATE = 1, FAILURE_DETAIL
};

#define FAILURE(which) \
	"SELECT sqlstate, pg_catalog.format('Batch %%s, keys %%s to %%s, failed with SQLSTATE %%s: %%s'::pg_catalog.text," \
	" batch_no, pg_catalog.left(lower_key, 60), pg_catalog.left(upper_key, 60), sqlstate, message)" \
	" FROM %s.williams_batch WHERE" OF_TASK " AND" which " LIMIT 1"

/* The failed batch with the lowest number. */
static const char *
first_failure(const WlTaskId *id, int *sqlstate)
{
	const char *state = NULL;
	const char *detail = NULL;

	if (wl_query(id, FAILURE(IN_STATE("failed") " ORDER BY batch_no"), 0, NULL, NULL, NULL) > 0)
	{
		state = wl_text_or_null(FAILURE_SQLSTATE);
		detail = wl_text_or_null(FAILURE_DETAIL);
	}
	*sqlstate = state != NULL && strlen(state) == 5 ?
		MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]) : ERRCODE_WARNING;

	/* williams_retry ran since the view was read */
	return detail != NULL ? detail : "They are being tried again.";
}

static void
report_failures(const WlTaskId *id, const WlProgress *p, int level)
{
	const char *failure;
	int			sqlstate;

	wl_connect();
	failure = first_failure(id, &sqlstate);
	ereport(level,
			(errcode(sqlstate),
			 errmsg("task \"%s\": %lld of %lld batches failed",
					NameStr(id->name), (long long) p->failed, (long long) p->batches),
			 errdetail_internal("%s", failure),
			 level == ERROR ?
			 errhint("The table williams_batch lists all of them; williams_retry makes them pending again, and CALL williams_run continues the task.") :
			 errhint("The table williams_batch lists all of them; williams_retry makes them pending again.")));
	wl_finish();
}

/* The columns of commonest_failure's query. */
enum
{
	COMMONEST_SQLSTATE = 1, COMMONEST_COUNT
};

/* If the task was stopped by max_failed: what failed most often, as a detail for a message. */
static const char *
commonest_failure(const WlTaskId *id, const WlProgress *p)
{
	WlTask		task;
	const char *sqlstate;

	if (!wl_load_task(id, &task) || task.max_failed == 0 || p->failed < task.max_failed ||
		wl_query(id, "SELECT sqlstate, pg_catalog.count(*) FROM %s.williams_batch WHERE" OF_TASK
				 " AND" IN_STATE("failed") " GROUP BY sqlstate"
				 " ORDER BY pg_catalog.count(*) DESC, sqlstate LIMIT 1", 0, NULL, NULL, NULL) == 0)
		return NULL;
	sqlstate = wl_text_or_null(COMMONEST_SQLSTATE);
	if (p->failed == 1)
		return psprintf(_("1 batch failed, and max_failed is %d; its SQLSTATE is %s."),
						task.max_failed, sqlstate);
	return psprintf(_("%lld batches failed, and max_failed is %d; the commonest SQLSTATE is %s, of %lld of them."),
					(long long) p->failed, task.max_failed, sqlstate,
					(long long) DatumGetInt64(wl_value_or_zero(COMMONEST_COUNT)));
}

/* What the last execution of a pending batch failed with, if it was not cut: as a detail. */
static const char *
last_failure_of_pending(const WlTaskId *id)
{
	return wl_query(id, FAILURE(IN_STATE("pending") " AND sqlstate IS NOT NULL ORDER BY finished_at DESC"),
					0, NULL, NULL, NULL) > 0 ? wl_text_or_null(FAILURE_DETAIL) : NULL;
}

static int
hint_after_stop(const WlProgress *p, bool too_many)
{
	if (too_many)
		return errhint("Remove the cause and call williams_retry, or raise max_failed with williams_alter_task; then run the task again.");
	if (p->failed > 0)
		return errhint("Remove the cause, call williams_retry, and run the task again.");
	return errhint("Run the task again to continue.");
}

static void
report_stop(const WlTaskId *id, const WlProgress *p, int level)
{
	const char *commonest;
	const char *detail;

	wl_connect();
	commonest = commonest_failure(id, p);
	detail = commonest != NULL ? commonest : last_failure_of_pending(id);
	ereport(level,
			(errcode(ERRCODE_OPERATOR_INTERVENTION),
			 errmsg_plural("task \"%s\" was stopped with %lld batch pending",
						   "task \"%s\" was stopped with %lld batches pending", p->pending,
						   NameStr(id->name), (long long) p->pending),
			 detail == NULL ? 0 : errdetail_internal("%s", detail),
			 hint_after_stop(p, commonest != NULL)));
	wl_finish();
}

static void
warn_of_missed(const WlTaskId *id, const WlProgress *p)
{
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 p->missed > 0 ?
			 errmsg_plural("task \"%s\" processed %lld row fewer than planned",
						   "task \"%s\" processed %lld rows fewer than planned", p->missed,
						   NameStr(id->name), (long long) p->missed) :
			 errmsg_plural("task \"%s\" processed %lld row more than planned",
						   "task \"%s\" processed %lld rows more than planned", -p->missed,
						   NameStr(id->name), (long long) -p->missed),
			 errdetail("Its statement is to process all rows from $1 to $2."),
			 errhint("Both bounds belong to the batch: write key BETWEEN $1 AND $2. Or rows have come or gone since the task was planned.")));
}

void
wl_report_end(const WlTaskId *id, WlProgress *p, WlStepResult result, bool raise)
{
	int			level = raise ? ERROR : WARNING;
	bool		stopped;

	if (result == STEP_GONE)
	{
		/*
		 * a worker may begin after another session has ended and dropped the
		 * task
		 */
		if (p->existed)
			ereport(level,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("task \"%s\" was dropped", NameStr(id->name))));
		return;
	}
	report_last_progress(id, p);
	if (result == STEP_TIME_OVER && p->pending > 0)
		ereport(NOTICE,
				(errcode(ERRCODE_SUCCESSFUL_COMPLETION),
				 errmsg_plural("task \"%s\" has %lld batch left", "task \"%s\" has %lld batches left",
							   p->pending, NameStr(id->name), (long long) p->pending),
				 errdetail("max_duration is over.")));
	if (p->missed != 0)
		warn_of_missed(id, p);
	stopped = p->pending > 0 && (result == STEP_STOPPED || (raise && result == STEP_NOTHING));
	/* an error comes last */
	if (p->failed > 0 && !raise)
		report_failures(id, p, level);
	if (stopped)
		report_stop(id, p, p->failed > 0 ? WARNING : level);
	if (p->failed > 0 && raise)
		report_failures(id, p, level);
}
