/*
 * store.h
 *		Tasks as they are stored: the rows of williams_task and williams_batch, and
 *		the locks of a task.
 */
#ifndef WL_STORE_H
#define WL_STORE_H

#include "executor/spi.h"
#include "storage/lockdefs.h"
#include "utils/timestamp.h"

#include "base/compat.h"

/* The extension's relations, by OID. */
typedef enum WlOwnRelation
{
	TASK_TABLE, BATCH_TABLE, PROGRESS_VIEW, N_OWN_RELATIONS
} WlOwnRelation;

/*
 * A task is known by its owner, always the current user, and its name; and the
 * tables that it is in stay the same for as long as it is at hand.
 */
typedef struct WlTaskId
{
	Oid			owner;
	NameData	name;
	Oid			relations[N_OWN_RELATIONS];
} WlTaskId;

typedef struct WlTask
{
	WlTaskId	id;
	Oid			relation;
	char	   *statement;
	char	   *search_path;
	char	   *item_mb;		/* or NULL */
	char	   *key_column;
	char	   *key_order;		/* see wl_key_order */
	bool		by_ctid;
	int			max_attempts;
	int			time_limit_ms;	/* 0: none */
	int			pause_ms;
	char	   *throttle;		/* or NULL */
	Oid			filenode;
	int64		first_pending;	/* no batch below it is pending */
	bool		stopped;
	TimestampTz created_at;
} WlTask;

/* What of a task is locked, and by whom in which mode. */
typedef enum WlLockPart
{
	LOCK_TASK,					/* who runs a batch: ACCESS SHARE; who changes
								 * the task: SHARE UPDATE EXCLUSIVE; who drops
								 * it: ACCESS EXCLUSIVE */
	LOCK_NUMBERS,				/* who numbers the part of a batch: EXCLUSIVE */
	LOCK_WORKERS,				/* a worker, while it runs: SHARE */
	LOCK_REPORT,				/* a worker that ends: EXCLUSIVE */
	LOCK_LAUNCH					/* of no task, but of the database: who
								 * launches: SHARE UPDATE EXCLUSIVE */
} WlLockPart;

/* The current user's task of that name, for a function of this extension. */
extern void wl_name_task(Oid function, const char *name, WlTaskId *id);

pg_noreturn extern void wl_refuse_task(const WlTaskId *id);

/*
 * SPI_connect and SPI_finish for what may run where nothing else does, in a
 * worker or between two transactions of a procedure: queries, and texts that they
 * return, need a snapshot.
 */
extern void wl_connect(void);
extern void wl_finish(void);

/*
 * The conditions and operators of our queries, by name: wl_query has the rights of
 * the tables' owner, and no search_path may lend it another operator.
 */
#define EQ " OPERATOR(pg_catalog.=) "
#define GE " OPERATOR(pg_catalog.>=) "
#define OF_TASK " owner" EQ "$1 AND task" EQ "$2"
#define THIS_TASK " owner" EQ "$1 AND name" EQ "$2"
#define IN_STATE(state) " state" EQ "'" state "'::pg_catalog.text"

/*
 * Run a query over the extension's tables: %s in it is their schema, $1 the
 * owner, $2 the task's name, and the others follow. It must be called between
 * SPI_connect and SPI_finish, and leaves SPI_tuptable; the result is the number
 * of rows. Settings of the session do not matter to it.
 */
extern int64 wl_query(const WlTaskId *id, const char *query, int nargs, const Oid *types,
					  const Datum *values, const char *nulls);

/* The same with the rights and settings of the current user, for what is there for all. */
extern int64 wl_query_as_self(const WlTaskId *id, const char *query, int nargs,
							  const Oid *types, const Datum *values, const char *nulls);

/*
 * Store the batches of a new task: rows of (batch_no, lower_key, upper_key, items,
 * memory_mb). Returns how many there are.
 */
extern int64 wl_store_batches(const WlTaskId *id, Tuplestorestate *batches, TupleDesc desc);

/* false where there is no such task (any more) */
extern bool wl_load_task(const WlTaskId *id, WlTask *task);

/*
 * Until the end of the transaction, or wl_unlock_task. wl_try_lock_task does not
 * wait: false.
 */
extern void wl_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode);
extern bool wl_try_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode);
extern void wl_unlock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode);

/* Until wl_unlock_session, whatever transactions end meanwhile. */
extern void wl_lock_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode);
extern void wl_unlock_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode);

/* Let batches be taken again. */
extern void wl_start_task(const WlTaskId *id);

/*
 * Let no batch be taken, for the sake of one that failed. False while somebody
 * changes the task: who runs a batch waits for none of these.
 */
extern bool wl_stop_task(const WlTaskId *id);

/*
 * Raise first_pending past what is done, if nobody is changing the task. After so
 * many batches that is worth while: the first step of a session looks past as many.
 */
#define WL_RAISE_EVERY 256
extern void wl_raise_first_pending(const WlTaskId *id);

#endif							/* WL_STORE_H */
