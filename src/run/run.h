/*
 * run.h
 *		Run a task, in this session or in a background worker.
 */
#ifndef WL_RUN_H
#define WL_RUN_H

#include "fmgr.h"

#include "run/store.h"

/* How to run a task, and what this session or worker has done so far. */
typedef struct WlRun
{
	bool		background;		/* in one of our workers */
	bool		raise;			/* do not end before all batches have, and
								 * raise an error if any is not done */
	TimestampTz until;			/* take no batch after that */
	int64		done;			/* executions that succeeded, and that failed */
	int64		failed;
} WlRun;

/*
 * Run the task's batches until none can be claimed. Called in a new transaction for a
 * session and outside of any for a worker; leaves a transaction open. LOCK_RUN is held
 * until the session calls wl_end_run, the worker ends or an error is raised.
 */
extern void wl_run_task(const WlTaskId *id, WlRun *run);
extern void wl_end_run(const WlTaskId *id);

/* Error 2D000 in a transaction block or a function. */
extern void wl_refuse_atomic(FunctionCallInfo fcinfo, const char *procedure);

/*
 * In worker.c: williams.max_workers, and williams_launch, which returns how many it started.
 * count: the workers count a run, because the session that launches them does not.
 */
extern int	wl_max_workers;
extern int	wl_launch_workers(const WlTaskId *id, int wanted, bool count);

#endif							/* WL_RUN_H */
