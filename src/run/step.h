/*
 * step.h
 *		One batch of a task: taken, its statement executed, and marked.
 */
#ifndef WL_STEP_H
#define WL_STEP_H

#include "run/store.h"

/* How a step ended. */
typedef enum WlStepResult
{
	STEP_RAN,					/* a batch was executed and marked */
	STEP_NOTHING,				/* none can be taken now */
	STEP_STOPPED,
	STEP_THROTTLED,
	STEP_GONE					/* there is no such task */
} WlStepResult;

typedef struct WlStep
{
	WlStepResult result;
	int64		batch_no;		/* of STEP_RAN, as are the next two */
	TransactionId xmin;
	TimestampTz started_at;
	int64		behind;			/* how far first_pending is behind batch_no */
	bool		stops;			/* it failed as every other one would */
	long		wait_ms;		/* before the next step; -1 if there is none */
} WlStep;

/* In the transaction at hand. background: tell pg_stat_activity which batch it is. */
extern WlStep wl_take_step(const WlTaskId *id, bool background);

/*
 * A failed commit undid the mark too: make it now, in the next transaction, unless
 * others have the batch, or had it: then its keys may be fewer, and what failed not
 * be among them.
 */
extern void wl_record_failure(const WlTaskId *id, WlStep *taken, const ErrorData *error);

#endif							/* WL_STEP_H */
