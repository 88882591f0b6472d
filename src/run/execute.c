/*
 * execute.c
 *		Execute the statement of a batch.
 *
 * A run keeps the prepared statement from one batch to the next, as PREPARE does:
 * PostgreSQL analyzes it again after a change of what it uses, and decides each time
 * whether to plan it for the bounds of the batch.
 *
 * Locks: the task's table in ACCESS SHARE mode and whatever the statement locks, until
 * the end of the transaction.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "tcop/dest.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"

#include "plan/key.h"
#include "plan/plan.h"
#include "run/deferred.h"
#include "run/execute.h"
#include "run/owner.h"
#include "run/statement.h"

/* The statement that was prepared last, and for which task. */
static struct
{
	SPIPlanPtr	plan;			/* NULL: none */
	WlStatement statement;
	char	   *text;
	Jsonb	   *settings;		/* under which it was analyzed; may be NULL */
	WlTaskId	task;
}			kept;

void
wl_forget_statement(void)
{
	if (kept.plan == NULL)
		return;
	SPI_freeplan(kept.plan);
	kept.plan = NULL;
	pfree(kept.text);
	if (kept.settings != NULL)
		pfree(kept.settings);
}

static bool
same_settings(const Jsonb *a, const Jsonb *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

static bool
is_kept(const WlTask *task, const WlKey *key)
{
	const WlKey *kept_key = &kept.statement.key;

	return kept.plan != NULL && kept.statement.relation == task->relation &&
		memcmp(&kept.task, &task->id, sizeof(kept.task)) == 0 &&
		strcmp(NameStr(kept_key->column), NameStr(key->column)) == 0 &&
		kept_key->type == key->type && kept_key->collation == key->collation &&
		strcmp(kept.text, task->statement) == 0 && same_settings(kept.settings, task->settings);
}

/* Prepare the statement, unless it is the one that is kept. */
static SPIPlanPtr
prepare(const WlTask *task, Relation rel, const WlKey *key)
{
	SPIPlanPtr	plan;
	MemoryContext old;

	if (is_kept(task, key))
		return kept.plan;
	wl_forget_statement();
	plan = wl_prepare_statement(&kept.statement, task->statement, rel, key);
	old = MemoryContextSwitchTo(TopMemoryContext);
	kept.text = pstrdup(task->statement);
	kept.settings = NULL;
	if (task->settings != NULL)
		kept.settings = (Jsonb *) DatumGetPointer(datumCopy(JsonbPGetDatum(task->settings), false, -1));
	MemoryContextSwitchTo(old);
	kept.task = task->id;
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the statement of a task");
	kept.plan = plan;
	return plan;
}

/* Work for wl_attempt. */
static void
execute(const WlTask *task, void *arg)
{
	WlBatch    *batch = arg;
	SPIExecuteOptions options = {0};
	SPIPlanPtr	plan;
	WlKey		key;
	Relation	rel;
	Datum		bounds[2];
	int			rc;

	wl_set_time_limit(task->time_limit_ms);
	rel = wl_open_task_table(task, &key);
	plan = prepare(task, rel, &key);
	if (task->by_ctid)
		wl_check_no_write(plan, rel);
	wl_statement_bounds(rel, &key, &batch->bounds, bounds);
	relation_close(rel, NoLock);

	options.params = wl_bound_params(&key, bounds);
	/* count the rows that it returns, but do not keep them */
	options.dest = None_Receiver;

	wl_begin_deferring();
	batch->executed = true;
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	batch->rows = (int64) SPI_processed;
	wl_fire_deferred();
	wl_end_time_limit();
}

ErrorData  *
wl_execute_batch(const WlTask *task, WlBatch *batch)
{
	return wl_attempt(execute, task, batch);
}

/* Is the table, or one of its partitions or children, on another server? */
static bool
is_elsewhere(Oid relid)
{
	ListCell   *lc;

	if (wl_is_distributed(relid))
		return true;
	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
		return true;
	return false;
}

bool
wl_used_other_server(void)
{
	ListCell   *source;
	ListCell   *lc;

	if (kept.plan == NULL)
		return false;
	foreach(source, SPI_plan_get_plan_sources(kept.plan))
		foreach(lc, ((CachedPlanSource *) lfirst(source))->relationOids)
		if (is_elsewhere(lfirst_oid(lc)))
		return true;
	return false;
}
