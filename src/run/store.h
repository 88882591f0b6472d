/*
 * store.h
 *		The rows of the tables that hold tasks, and the locks of a task.
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
	TASK_TABLE, BATCH_TABLE, HISTORY_TABLE, PROGRESS_VIEW, N_OWN_RELATIONS
} WlOwnRelation;

/*
 * Identifies a task: its owner, who is always the current user, its name, and the
 * relations that hold it. These do not change while the identifier is in use.
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
	char	   *item_mb;		/* NULL: the row's size */
	char	   *key_column;
	char	   *key_order;		/* see wl_key_order */
	bool		by_ctid;
	int			max_attempts;
	int			time_limit_ms;	/* 0: no limit */
	int			pause_ms;
	char	   *throttle;		/* may be NULL */
	int			max_failed;		/* 0: no limit */
	Jsonb	   *settings;		/* may be NULL */
	Oid			filenode;		/* only if by_ctid */
	int64		first_pending;	/* no batch below it is pending */
	bool		stopped;
	TimestampTz created_at;
} WlTask;

/* The locks of a task. store.c says in which order they are taken. */
typedef enum WlLockPart
{
	LOCK_TASK,					/* ACCESS SHARE: to run a batch. SHARE UPDATE
								 * EXCLUSIVE: to change the task. ACCESS
								 * EXCLUSIVE: to drop it */
	LOCK_NUMBERS,				/* EXCLUSIVE: to number the part of a batch */
	LOCK_RUN,					/* ROW EXCLUSIVE: a session or worker, while
								 * it runs the task. SHARE UPDATE EXCLUSIVE: a
								 * worker that ends. SHARE: nobody runs the
								 * task. williams_progress knows its number */
	LOCK_LAUNCH					/* SHARE UPDATE EXCLUSIVE: to launch workers.
								 * One for the whole database */
} WlLockPart;

/* What a lock is held for. */
typedef enum WlLockHolder
{
	HELD_BY_TRANSACTION,
	HELD_BY_SESSION
} WlLockHolder;

/*
 * The current user's task of that name, whether it exists or not. function is the
 * function of this extension that was called. Error 42602 for an invalid name.
 */
extern void wl_name_task(Oid function, const char *name, WlTaskId *id);

/* All tasks of the current user: an identifier without a name. */
extern void wl_name_tasks(Oid function, WlTaskId *id);

/* Error 42704: the task does not exist. */
pg_noreturn extern void wl_refuse_task(const WlTaskId *id);

/*
 * SPI_connect and SPI_finish with a snapshot, which queries and the texts that they
 * return need. A worker, or a procedure between two transactions, has none.
 */
extern void wl_connect(void);
extern void wl_finish(void);

/*
 * Conditions and operators of our queries. They are qualified because wl_query has
 * the rights of the tables' owner: no search_path may give it another operator.
 */
#define EQ " OPERATOR(pg_catalog.=) "
#define GE " OPERATOR(pg_catalog.>=) "
#define OF_TASK " owner" EQ "$1 AND task" EQ "$2"
#define THIS_TASK " owner" EQ "$1 AND name" EQ "$2"
#define IN_STATE(state) " state" EQ "'" state "'::pg_catalog.text"

/*
 * Run a query over the extension's tables with the rights of their owner. %s in it
 * is their schema, at most twice; $1 is the task's owner, $2 its name, and the given
 * values are $3 and so on. Returns the number of rows and leaves SPI_tuptable. The
 * session's settings do not matter. Between SPI_connect and SPI_finish.
 */
extern int64 wl_query(const WlTaskId *id, const char *query, int nargs, const Oid *types,
					  const Datum *values, const char *nulls);

/* The same with the rights and settings of the current user. */
extern int64 wl_query_as_self(const WlTaskId *id, const char *query, int nargs,
							  const Oid *types, const Datum *values, const char *nulls);

/* The only column of a query that has one. */
enum
{
	ONLY_COLUMN = 1
};

/* A column of the first row that the last query returned. */
extern char *wl_text_or_null(int column);
extern Datum wl_value_or_zero(int column);

/*
 * Store batches, numbered from 1: rows of (batch_no, lower_key, upper_key, items,
 * memory_mb). Their numbers continue those of the task, so LOCK_NUMBERS is held if it
 * has batches already. Returns how many were stored.
 */
extern int64 wl_store_batches(const WlTaskId *id, Tuplestorestate *batches, TupleDesc desc);

/* Returns false if the task does not exist. */
extern bool wl_load_task(const WlTaskId *id, WlTask *task);

/* Until the end of the transaction; wl_try_lock_task returns false instead of waiting. */
extern void wl_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode);
extern bool wl_try_lock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode);

/* Until wl_unlock_task, across transactions. */
extern void wl_lock_task_in_session(const WlTaskId *id, WlLockPart part, LOCKMODE mode);

extern void wl_unlock_task(const WlTaskId *id, WlLockPart part, LOCKMODE mode, WlLockHolder holder);

/* Is there a batch to run: does the task exist, is it not stopped, is any batch pending? */
extern bool wl_is_wanted(const WlTaskId *id);

/* Allow batches to be claimed again. Error 42704 if the task does not exist. */
extern void wl_start_task(const WlTaskId *id);

/*
 * Stop the task from within a batch that failed. Returns false while another session
 * changes the task: a session that runs a batch does not wait for it.
 */
extern bool wl_stop_task(const WlTaskId *id);

/*
 * Raise first_pending past the batches that are done, unless another session is
 * changing the task. It pays once for so many batches: the first step of a session
 * skips that many at most.
 */
#define WL_RAISE_EVERY 256
extern void wl_raise_first_pending(const WlTaskId *id);

#endif							/* WL_STORE_H */
