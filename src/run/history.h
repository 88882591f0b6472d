/*
 * history.h
 *		The statistics of a task that outlive its batches: williams_task_history.
 */
#ifndef WL_HISTORY_H
#define WL_HISTORY_H

#include "run/store.h"

/*
 * Count a run that begins, if the task exists. The row stays locked to the end of the
 * transaction, which should be short and READ COMMITTED.
 */
extern void wl_count_run(const WlTaskId *id);

/*
 * Add the figures of the task's batches, which are about to be deleted. The caller holds
 * LOCK_TASK in ACCESS EXCLUSIVE mode. Between SPI_connect and SPI_finish.
 */
extern void wl_fold_batches(const WlTaskId *id);

#endif							/* WL_HISTORY_H */
