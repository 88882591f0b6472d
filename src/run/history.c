/*
 * history.c
 *		The statistics of a task that outlive its batches: williams_task_history.
 *
 * The view williams_stat_task adds the figures of the batches that exist to those of the
 * row here, so each batch counts once: its figures move in the transaction that deletes
 * it. A later task with the same name goes on with the same row.
 *
 * Locks: the row, after LOCK_TASK where that is held. Runs are counted in a transaction
 * of their own, so nobody waits long for it except while a task is dropped.
 */
#include "postgres.h"

#include "run/history.h"

#define HISTORY " INSERT INTO %s.williams_task_history AS h"
#define PLUS " OPERATOR(pg_catalog.+) "

void
wl_count_run(const WlTaskId *id)
{
	wl_connect();
	wl_query(id, "WITH t AS (SELECT FROM %s.williams_task WHERE" THIS_TASK ")" HISTORY
			 " (owner, task, runs, last_run_at)"
			 " SELECT $1, $2, 1::pg_catalog.int8, pg_catalog.clock_timestamp() FROM t"
			 " ON CONFLICT (owner, task) DO UPDATE SET runs = h.runs" PLUS "1::pg_catalog.int8,"
			 " last_run_at = excluded.last_run_at", 0, NULL, NULL, NULL);
	wl_finish();
}

/* A task of which nothing was executed leaves nothing. */
void
wl_fold_batches(const WlTaskId *id)
{
	wl_query(id, "WITH b AS (SELECT * FROM %s.williams_batch WHERE" OF_TASK
			 " AND (failures OPERATOR(pg_catalog.>) 0 OR NOT" IN_STATE("pending") ")),"
			 " e AS (SELECT sqlstate, message, failed_at FROM b WHERE failed_at IS NOT NULL"
			 " ORDER BY failed_at DESC LIMIT 1)" HISTORY
			 " (owner, task, done, failed, retried, rows, seconds, sqlstate, message, failed_at)"
			 " SELECT $1, $2, pg_catalog.count(*) FILTER (WHERE" IN_STATE("done") "),"
			 " pg_catalog.count(*) FILTER (WHERE" IN_STATE("failed") "),"
			 " pg_catalog.sum(failures) OPERATOR(pg_catalog.-)"
			 " pg_catalog.count(*) FILTER (WHERE" IN_STATE("failed") "),"
			 " coalesce(pg_catalog.sum(rows), 0::pg_catalog.numeric)::pg_catalog.int8,"
			 " coalesce(pg_catalog.sum(duration_ms), 0.0::pg_catalog.float8)"
			 " OPERATOR(pg_catalog./) 1000.0::pg_catalog.float8,"
			 " (SELECT sqlstate FROM e), (SELECT message FROM e), (SELECT failed_at FROM e)"
			 " FROM b HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0::pg_catalog.int8"
			 " ON CONFLICT (owner, task) DO UPDATE SET done = h.done" PLUS "excluded.done,"
			 " failed = h.failed" PLUS "excluded.failed, retried = h.retried" PLUS "excluded.retried,"
			 " rows = h.rows" PLUS "excluded.rows, seconds = h.seconds" PLUS "excluded.seconds,"
			 " sqlstate = coalesce(excluded.sqlstate, h.sqlstate),"
			 " message = coalesce(excluded.message, h.message),"
			 " failed_at = coalesce(excluded.failed_at, h.failed_at)", 0, NULL, NULL, NULL);
}
