/*
 * step.h
 *		One batch: claim it, execute its statement, mark it.
 */
#ifndef WL_STEP_H
#define WL_STEP_H

#include "run/store.h"

/* How a step ended. */
typedef enum WlStepResult
{
	STEP_RAN,					/* a batch was executed and marked */
	STEP_NOTHING,				/* no batch can be claimed now */
	STEP_STOPPED,				/* the task is stopped */
	STEP_THROTTLED,				/* its throttle is true */
	STEP_GONE,					/* the task does not exist */
	STEP_TIME_OVER				/* for run.c: no step is taken any more */
} WlStepResult;

typedef struct WlStep
{
	WlStepResult result;

	/* if a batch was executed */
	int64		batch_no;
	TransactionId xmin;			/* of its row when it was claimed */
	TimestampTz started_at;
	int64		behind;			/* how far first_pending is behind batch_no */
	bool		done;			/* its statement succeeded */
	bool		stops;			/* it failed as every other batch would */

	long		wait_ms;		/* before the next step; -1: there is none */
} WlStep;

/* Whose transaction a step is taken in. */
typedef enum WlStepPlace
{
	STEP_IN_TRANSACTION,		/* the caller's */
	STEP_IN_SESSION,			/* its own: CALL williams_run */
	STEP_IN_WORKER				/* its own; pg_stat_activity shows the batch */
} WlStepPlace;

extern WlStep wl_take_step(const WlTaskId *id, WlStepPlace place);

/*
 * After a failed commit, which undid the mark, too: record the failure in the
 * current transaction, unless another session has claimed the batch or has changed
 * its row since. It may hold fewer keys then, without the one that failed.
 */
extern void wl_record_failure(const WlTaskId *id, WlStep *taken, const ErrorData *error);

#endif							/* WL_STEP_H */
