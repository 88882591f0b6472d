/*
 * task.h
 *		Create a task, and drop it.
 */
#ifndef WL_TASK_H
#define WL_TASK_H

#include "fmgr.h"

#include "run/store.h"

typedef struct WlNewTask
{
	Oid			relation;
	char	   *statement;
	FunctionCallInfo fcinfo;
	int			options;		/* where among the arguments the options of
								 * williams_create_task begin */
	bool		whole_range;	/* see williams_task.whole_range */
} WlNewTask;

/*
 * Check and plan the task, and store it with its batches; returns their number. As the
 * current user, under the session's settings.
 */
extern int64 wl_create(const WlTaskId *id, WlNewTask *new);

/*
 * Delete the task and its batches once those that are running have ended; their figures
 * are kept. Between SPI_connect and SPI_finish. Error 42704 if the task does not exist.
 */
extern void wl_drop(const WlTaskId *id);

#endif							/* WL_TASK_H */
