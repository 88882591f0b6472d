/*
 * owner.h
 *		Work that is done with the rights of a task's owner.
 */
#ifndef WL_OWNER_H
#define WL_OWNER_H

#include "run/store.h"

/* What is done: it returns a number, or raises an error. */
typedef struct WlBatch WlBatch;
typedef int64 (*WlWork) (const WlTask *task, WlBatch *batch);

/*
 * Do it in a subtransaction, with the owner's rights and the task's search_path.
 * Returns NULL, or why it failed; then nothing of it is left. A cancel by the user
 * is passed on. Between SPI_connect and SPI_finish.
 */
extern ErrorData *wl_attempt(WlWork work, const WlTask *task, WlBatch *batch, int64 *result);

/* Error 2F003 within such work: it cannot run tasks. */
extern void wl_check_not_working(void);

/*
 * Around what the work may spend so many milliseconds on; 0 is any number. The error
 * is 57014 and, if a lock was being waited for, 55P03.
 */
extern void wl_set_time_limit(int ms);
extern void wl_end_time_limit(void);

/* Are triggers deferred that were not fired yet? Between SPI_connect and SPI_finish. */
extern bool wl_deferred_pending(void);

/*
 * From wl_watch_cancel on: was this session cancelled? What RAISE, or the
 * statement_timeout of a foreign server, gives the same SQLSTATE would end every
 * run at the same batch. The watch ends with an error, or with wl_end_watch.
 */
extern void wl_watch_cancel(ErrorContextCallback *watch);
extern void wl_end_watch(const ErrorContextCallback *watch);
extern bool wl_was_cancelled(void);

#endif							/* WL_OWNER_H */
