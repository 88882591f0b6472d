/*
 * execute.h
 *		Execute the statement of a batch.
 */
#ifndef WL_EXECUTE_H
#define WL_EXECUTE_H

#include "run/claim.h"

/*
 * Execute it in a subtransaction, with the owner's rights and the task's settings, and
 * set batch->executed and batch->rows. Returns NULL, or the error that it failed with
 * after undoing all of it. Rethrows a cancel by the user.
 */
extern ErrorData *wl_execute_batch(const WlTask *task, WlBatch *batch);

/* Does the statement that was executed last use a table of another server? */
extern bool wl_used_other_server(void);

/*
 * Prepare the statement anew for the next batch. Otherwise settings that it was
 * analyzed under, such as DateStyle, would outlive a change of the session's.
 */
extern void wl_forget_statement(void);

#endif							/* WL_EXECUTE_H */
