/*
 * progress.h
 *		NOTICEs that say how far a run is, and WARNINGs about what it left.
 */
#ifndef WL_PROGRESS_H
#define WL_PROGRESS_H

#include "run/step.h"

/* The progress of a task, and when this run began to work on it. */
typedef struct WlProgress
{
	TimestampTz started_at;		/* set by the caller */
	TimestampTz reported_at;
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
} WlProgress;

/*
 * Each of these runs queries in the current transaction and leaves it to the
 * caller to commit.
 */
extern void wl_begin_progress(const WlTaskId *id, WlProgress *p);
extern void wl_report_progress(const WlTaskId *id, WlProgress *p);

/* Is the next NOTICE due, and does anybody want to see it? */
extern bool wl_progress_due(const WlProgress *p);

/* After the last step, which ended with result. */
extern void wl_report_end(const WlTaskId *id, WlProgress *p, WlStepResult result);

#endif							/* WL_PROGRESS_H */
