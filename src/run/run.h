/*
 * run.h
 *		Run a task, in this session or in a background worker.
 */
#ifndef WL_RUN_H
#define WL_RUN_H

#include "run/store.h"

/*
 * Run the task's batches until none can be claimed. Called in a transaction for a
 * session and outside of any for a worker; leaves a transaction open.
 */
extern void wl_run_task(const WlTaskId *id, bool background);

/* williams.max_workers, in worker.c */
extern int	wl_max_workers;

#endif							/* WL_RUN_H */
