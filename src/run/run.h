/*
 * run.h
 *		A task, run: what the workers and the settings need of it.
 */
#ifndef WL_RUN_H
#define WL_RUN_H

#include "run/store.h"

/* run.c */
extern void wl_run_task(const WlTaskId *id, bool background);

/* worker.c */
extern int	wl_max_workers;

#endif							/* WL_RUN_H */
