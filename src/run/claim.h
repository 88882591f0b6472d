/*
 * claim.h
 *		Find the next batch of a task and lock its row.
 */
#ifndef WL_CLAIM_H
#define WL_CLAIM_H

#include "run/bounds.h"
#include "run/store.h"

/* A batch that this transaction has claimed. */
typedef struct WlBatch
{
	int64		no;
	WlBounds	bounds;
	int			attempts;		/* before this one */
	TransactionId xmin;			/* of its row when it was claimed */
	TimestampTz started_at;
	bool		executed;		/* has its statement begun? */
	int64		rows;			/* that its statement processed */
} WlBatch;

/* Claim a batch that is ready now and that no other session has claimed; false if there is none. */
extern bool wl_claim(const WlTask *task, TimestampTz now, WlBatch *batch);

/* Claim the batch of that number, ready or not, if its row still has that xmin. */
extern bool wl_claim_again(const WlTaskId *id, int64 batch_no, TransactionId xmin, WlBatch *batch);

/* Is any batch pending, including those that other sessions have claimed? */
extern bool wl_any_pending(const WlTask *task);

/*
 * The milliseconds until a waiting batch is ready, or -1 if none is waiting. now is
 * the time that the claim was given.
 */
extern long wl_next_attempt(const WlTask *task, TimestampTz now);

#endif							/* WL_CLAIM_H */
