/*
 * task.h
 *		Create a task.
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

#endif							/* WL_TASK_H */
