/*
 * owner.h
 *		Execute a task's statement and expressions with the rights of its owner.
 */
#ifndef WL_OWNER_H
#define WL_OWNER_H

#include "run/store.h"

/* Something to be done for a task. It leaves its result in arg, or raises an error. */
typedef void (*WlWork) (const WlTask *task, void *arg);

/*
 * Do it in a subtransaction, with the owner's rights, and the task's search_path and
 * settings. Returns NULL, or the error that it failed with after undoing all of it. Rethrows
 * a cancel by the user. Between SPI_connect and SPI_finish.
 */
extern ErrorData *wl_attempt(WlWork work, const WlTask *task, void *arg);

/* Error 2F003 if called from such work. */
extern void wl_check_not_working(void);

/*
 * Within such work: limit the time between these two, in milliseconds; 0 is no limit.
 * The error is 57014, or 55P03 if the work was waiting for a lock.
 */
extern void wl_set_time_limit(int ms);
extern void wl_end_time_limit(void);

/*
 * Was this session cancelled since wl_watch_cancel? The SQLSTATE does not tell: RAISE
 * and the statement_timeout of a foreign server can give the same one, and a run that
 * took these for a cancel would always end at the same batch. The watch ends with an
 * error, or with wl_end_watch.
 */
extern void wl_watch_cancel(ErrorContextCallback *watch);
extern void wl_end_watch(const ErrorContextCallback *watch);
extern bool wl_was_cancelled(void);

#endif							/* WL_OWNER_H */
