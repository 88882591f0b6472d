/*
 * run.h
 *		What task.c, which keeps tasks, step.c and run.c, which run their batches, and
 *		worker.c, which does so in the background, share.
 */
#ifndef WL_RUN_H
#define WL_RUN_H

#include "executor/spi.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "key.h"

/* A task is known by its owner, always the current user, and its name. */
typedef struct WlTaskId
{
	Oid			schema;			/* where the extension's tables are */
	Oid			owner;
	NameData	name;
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
	bool		stopped;
	TimestampTz created_at;
} WlTask;

/* task.c */
extern void wl_name_task(Oid function, const char *name, WlTaskId *id);
extern void wl_connect(void);
extern void wl_finish(void);
extern int64 wl_query(const WlTaskId *id, const char *query, int nargs, const Oid *types,
					  const Datum *values, const char *nulls);
extern bool wl_load_task(const WlTaskId *id, WlTask *task);
extern void wl_lock_task(const WlTaskId *id, int part, LOCKMODE mode);
extern void wl_start_task(const WlTaskId *id);
extern bool wl_stop_task(const WlTaskId *id);
extern SPIPlanPtr wl_prepare_statement(const char *statement, Oid key_type);
extern void wl_check_no_write(SPIPlanPtr plan, Relation rel);
pg_noreturn extern void wl_refuse_task(const WlTaskId *id);

/* run.c */
extern void wl_run_task(const WlTaskId *id, bool background);

/* worker.c */
extern int	wl_max_workers;

#endif							/* WL_RUN_H */
