/*
 * prune.c
 *		williams_prune: drop the tasks that were finished long ago.
 *
 * A task is looked at again once its locks are held: it may have been extended, or
 * dropped and created anew, since the list was made.
 *
 * Locks: for each task LOCK_RUN in EXCLUSIVE mode, which nobody has who runs it, and
 * LOCK_TASK in ACCESS EXCLUSIVE mode. Neither is waited for: a task that is in use stays.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/check.h"
#include "run/store.h"
#include "run/task.h"

/* Tasks of which all batches are done, and that ended at $3 or before. */
#define FINISHED \
	"SELECT t.name FROM %s.williams_task t CROSS JOIN LATERAL" \
	" (SELECT coalesce(pg_catalog.bool_and(" IN_STATE("done") "), true) AS done," \
	" coalesce(pg_catalog.max(finished_at), t.created_at) AS ended_at" \
	" FROM %s.williams_batch b WHERE b.owner" EQ "$1 AND b.task" EQ "t.name) e" \
	" WHERE t.owner" EQ "$1 AND e.done AND e.ended_at OPERATOR(pg_catalog.<=) $3"

/* How many tasks a call drops at most: the locks of all stay in shared memory to its end. */
#define MAX_PRUNED 1000

/* Drop the task if it still is finished and nobody uses it. */
static bool
prune(const WlTaskId *id, Datum before)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	bool		finished = false;

	if (!wl_try_lock_task(id, LOCK_RUN, ExclusiveLock))
		return false;
	if (wl_try_lock_task(id, LOCK_TASK, AccessExclusiveLock))
	{
		finished = wl_query(id, FINISHED " AND t.name" EQ "$2", lengthof(types), types, &before, NULL) > 0;
		if (finished)
			wl_drop(id);
		else
			wl_unlock_task(id, LOCK_TASK, AccessExclusiveLock, HELD_BY_TRANSACTION);
	}
	if (!finished)
		wl_unlock_task(id, LOCK_RUN, ExclusiveLock, HELD_BY_TRANSACTION);
	return finished;
}

PG_FUNCTION_INFO_V1(wl_prune);
Datum
wl_prune(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Interval   *older_than = PG_GETARG_INTERVAL_P(0);
	WlTaskId	id;
	SPITupleTable *names;
	uint64		n;
	int64		pruned = 0;
	Datum		before;

	PreventCommandIfReadOnly("williams_prune()");
	wl_check_duration(older_than, "older_than");
	if (wl_is_endless(older_than))
		PG_RETURN_INT64(0);
	before = DirectFunctionCall2(timestamptz_mi_interval,
								 TimestampTzGetDatum(GetCurrentTimestamp()),
								 IntervalPGetDatum(older_than));
	SPI_connect();
	wl_name_tasks(fcinfo->flinfo->fn_oid, &id);
	n = wl_query(&id, FINISHED " ORDER BY e.ended_at", lengthof(types), types, &before, NULL);
	names = SPI_tuptable;
	for (uint64 i = 0; i < n && pruned < MAX_PRUNED; i++)
	{
		char	   *name = SPI_getvalue(names->vals[i], names->tupdesc, ONLY_COLUMN);

		CHECK_FOR_INTERRUPTS();
		wl_name_task(fcinfo->flinfo->fn_oid, name, &id);
		if (prune(&id, before))
			pruned++;
	}
	SPI_finish();
	PG_RETURN_INT64(pruned);
}
