/*
 * progress.h
 *		NOTICEs that say how far a run is, and WARNINGs or errors about what it left.
 */
#ifndef WL_PROGRESS_H
#define WL_PROGRESS_H

#include "run/step.h"

/* The progress of a task, and when this run began to work on it. */
typedef struct WlProgress
{
	TimestampTz started_at;		/* set by the caller */
	bool		existed;		/* did the task exist then? Set by the caller
								 * if it knows */
	TimestampTz reported_at;
	bool		reported;		/* has a NOTICE shown these figures? */
	long		interval_ms;	/* until the next NOTICE: reading takes at
								 * most a twentieth of the time */
	double		first_rows;		/* rows and percent when the run began */
	double		first_percent;
	int64		batches;
	int64		done;
	int64		failed;
	int64		pending;
	double		rows;
	double		percent;
	int64		missed;			/* see williams_progress; 0 if it is NULL */
} WlProgress;

/*
 * Each of these runs queries in the current transaction and leaves it to the
 * caller to commit.
 */
extern void wl_begin_progress(const WlTaskId *id, WlProgress *p);
extern void wl_report_progress(const WlTaskId *id, WlProgress *p);

/* Is the next NOTICE due, and does anybody want to see it? */
extern bool wl_progress_due(const WlProgress *p);

/*
 * After the last step, which ended with result. raise: an error instead of a WARNING if
 * a batch is not done, except that batches may be pending when the time is over.
 */
extern void wl_report_end(const WlTaskId *id, WlProgress *p, WlStepResult result, bool raise);

#endif							/* WL_PROGRESS_H */
