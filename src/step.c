/*
 * step.c
 *		One batch of a task: taken, its statement executed, and marked.
 *
 * This is the only place where a batch is claimed and marked, and both are done
 * in the transaction of the statement itself: the claim is a row lock, the mark
 * an update of the same row, so that they live and die with the work. Whatever
 * ends a session leaves its batch pending and nothing of it done.
 *
 * The statement runs in a subtransaction, which also fires what it deferred: a
 * failure leaves the claim, and what becomes of the batch is told in its row.
 * Only a failure of the commit itself undoes the mark with the work; whoever
 * commits then has it recorded in a transaction of its own, if nobody has taken
 * the batch meanwhile.
 *
 * Locks, in this order: the task's (see task.c), one row of williams_batch,
 * ACCESS SHARE on the table, whatever the statement takes. A claim skips rows
 * that are locked, so that sessions do not wait for one another.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "pgstat.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "owner.h"
#include "step.h"

struct WlBatch
{
	int64		no;
	char	   *lower_key;
	char	   *upper_key;
	int			attempts;
	TransactionId xmin;			/* of its row when it was taken */
	TimestampTz started_at;
	bool		executed;		/* did its statement begin? */
	WlHalf		halves[2];		/* of split: their bounds as text */
};

/* What becomes of a batch whose statement failed. */
typedef enum Verdict
{
	VERDICT_RETRY,				/* it may pass the next time */
	VERDICT_SPLIT,				/* a row is to blame: find it */
	VERDICT_STOP				/* every batch would fail so */
} Verdict;

/* The transaction in which a batch made deferred constraints immediate. */
static TransactionId immediate_in = InvalidTransactionId;

/*
 * Where this session took a batch last: the next is looked for from there on,
 * for behind it are those that are done, whose old versions an old snapshot can
 * keep alive. No more than a hint, and none for another task of that name.
 */
static WlTaskId last_task;
static TimestampTz last_created_at;
static int64 last_batch_no;

/* When a pending batch that failed may be tried again: 0.1 s later, 0.2, 0.4 ... 51.2 */
#define READY "finished_at + '100 ms'::interval * 2.0 ^ (least(attempts, 10) - 1)"

#define CLAIM(which) \
	"SELECT batch_no, lower_key, upper_key, attempts, xmin FROM %s.williams_batch" \
	" WHERE owner = $1 AND task = $2 AND state = 'pending' AND batch_no " which \
	" ORDER BY batch_no LIMIT 1 FOR UPDATE SKIP LOCKED"
/* as it was when it was taken before, and from a number on, what is ready by then */
#define CLAIM_AGAIN CLAIM("= $3 AND xmin = $4")
#define CLAIM_NEXT CLAIM(">= $3 AND (attempts = 0 OR " READY " <= $4)")

/* how often the throttle is looked at while it is true */
#define THROTTLE_MS 1000

static bool
claim_where(const WlTaskId *id, const char *query, int64 batch_no, Oid type, Datum value,
			WlBatch *batch)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum(batch_no), value};
	SPITupleTable *t;
	bool		isnull;

	if (wl_query(id, query, lengthof(types), types, values, NULL) == 0)
		return false;
	t = SPI_tuptable;
	batch->no = DatumGetInt64(SPI_getbinval(t->vals[0], t->tupdesc, 1, &isnull));
	batch->lower_key = SPI_getvalue(t->vals[0], t->tupdesc, 2);
	batch->upper_key = SPI_getvalue(t->vals[0], t->tupdesc, 3);
	batch->attempts = DatumGetInt32(SPI_getbinval(t->vals[0], t->tupdesc, 4, &isnull));
	batch->xmin = DatumGetTransactionId(SPI_getbinval(t->vals[0], t->tupdesc, 5, &isnull));
	batch->started_at = GetCurrentTimestamp();
	return true;
}

/* Take a pending batch that nobody holds and that is ready by now. */
static bool
claim(const WlTask *task, TimestampTz now, WlBatch *batch)
{
	const WlTaskId *id = &task->id;
	bool		known = memcmp(&last_task, id, sizeof(*id)) == 0 &&
	last_created_at == task->created_at;

	if (!(known && claim_where(id, CLAIM_NEXT, last_batch_no, TIMESTAMPTZOID,
							   TimestampTzGetDatum(now), batch)) &&
		!claim_where(id, CLAIM_NEXT, 0, TIMESTAMPTZOID, TimestampTzGetDatum(now), batch))
		return false;
	last_task = *id;
	last_created_at = task->created_at;
	last_batch_no = batch->no;
	return true;
}

/* Mark a batch; error is NULL when it is done. */
static void
mark(const WlTaskId *id, const WlBatch *batch, const char *state, int64 rows,
	 const ErrorData *error)
{
	static const Oid types[] = {INT8OID, TEXTOID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(state), Int64GetDatum(rows),
		TimestampTzGetDatum(batch->started_at), (Datum) 0, (Datum) 0
	};

	if (error != NULL)
	{
		values[4] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
		values[5] = CStringGetTextDatum(error->message != NULL ? error->message : "");
	}
	wl_query(id, "UPDATE %s.williams_batch SET state = $4, attempts = attempts + 1, rows = $5,"
			 " started_at = $6, finished_at = clock_timestamp(),"
			 " duration_ms = 1000.0 * extract(epoch FROM clock_timestamp() - $6)::float8,"
			 " sqlstate = $7, message = $8 WHERE owner = $1 AND task = $2 AND batch_no = $3",
			 lengthof(types), types, values, error != NULL ? "  n   " : "    nn");
}

/* The task's table and key as they are now; the table stays locked. */
static Relation
open_table(const WlTask *task, WlKey *key)
{
	Relation	rel = try_relation_open(task->relation, AccessShareLock);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the table of task \"%s\" does not exist any more", NameStr(task->id.name))));
	if (task->by_ctid && rel->rd_rel->relfilenode != task->filenode)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" was rewritten since task \"%s\" was planned",
						RelationGetRelationName(rel), NameStr(task->id.name)),
				 errdetail("Its rows are no longer in the blocks that bound the batches."),
				 errhint("Drop the task and plan it anew.")));
	wl_find_key(rel, task->by_ctid ? NULL : task->key_column, task->by_ctid, key);
	if (strcmp(wl_key_order(key), task->key_order) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the order of column \"%s\" changed since task \"%s\" was planned",
						NameStr(key->column), NameStr(task->id.name)),
				 errdetail("It is %s, and was %s: other rows are between the bounds of a batch.",
						   wl_key_order(key), task->key_order),
				 errhint("Drop the task and plan it anew.")));
	return rel;
}

static void
read_bounds(const WlKey *key, const WlBatch *batch, Datum bounds[2])
{
	char	   *texts[] = {batch->lower_key, batch->upper_key};

	wl_key_values(key, texts, bounds, 2);
}

static void
set_constraints(const char *command)
{
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "SET CONSTRAINTS failed: %s", SPI_result_code_string(SPI_result));
}

/*
 * As they are at the beginning of a transaction, but for those whose names are not
 * theirs alone.
 */
static void
reset_constraints(void)
{
	char	   *names;

	set_constraints("SET CONSTRAINTS ALL DEFERRED");
	if (SPI_execute("SELECT pg_catalog.string_agg(name, ', ') FROM"
					" (SELECT pg_catalog.format('%I.%I', nspname, conname) AS name"
					" FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_namespace n"
					" ON n.oid OPERATOR(pg_catalog.=) connamespace"
					" WHERE condeferrable AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
					" GROUP BY nspname, conname HAVING NOT pg_catalog.bool_or(condeferred)) c",
					false, 0) < 0)
		elog(ERROR, "the deferrable constraints cannot be read");
	names = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (names != NULL)
		set_constraints(psprintf("SET CONSTRAINTS %s IMMEDIATE", names));
}

/* Execute the statement for one batch: the number of rows. */
static int64
execute(const WlTask *task, WlBatch *batch)
{
	SPIExecuteOptions options = {0};
	SPIPlanPtr	plan;
	WlKey		key;
	Relation	rel = open_table(task, &key);
	Datum		bounds[2];
	int64		rows;
	int			rc;

	plan = wl_prepare_statement(task->statement, key.type);
	if (task->by_ctid)
		wl_check_no_write(plan, rel);
	relation_close(rel, NoLock);

	read_bounds(&key, batch, bounds);
	options.params = makeParamList(2);
	for (int i = 0; i < 2; i++)
	{
		ParamExternData *p = &options.params->params[i];

		p->value = bounds[i];
		p->isnull = false;
		p->pflags = PARAM_FLAG_CONST;
		p->ptype = key.type;
	}
	/* rows that it returns are counted, not kept */
	options.dest = None_Receiver;

	/* not the first in its transaction: it defers what the first could */
	if (immediate_in == GetTopTransactionId())
		reset_constraints();
	batch->executed = true;
	wl_set_time_limit(task->time_limit_ms);
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	rows = (int64) SPI_processed;
	/* fire what it deferred */
	set_constraints("SET CONSTRAINTS ALL IMMEDIATE");
	immediate_in = GetTopTransactionId();
	wl_end_time_limit();
	return rows;
}

/* Divide the rows of a batch: 0 where one key or none is in it. */
static int64
split(const WlTask *task, WlBatch *batch)
{
	WlKey		key;
	Relation	rel = open_table(task, &key);
	Datum		bounds[2];
	bool		divided;

	PushActiveSnapshot(GetTransactionSnapshot());
	read_bounds(&key, batch, bounds);
	divided = wl_split_keys(rel, &key, task->item_mb, bounds[0], bounds[1], batch->halves);
	PopActiveSnapshot();
	relation_close(rel, NoLock);
	for (int i = 0; divided && i < 2; i++)
	{
		WlHalf	   *half = &batch->halves[i];
		Datum		ends[] = {half->lower, half->upper};
		char	   *texts[2];

		wl_key_texts(&key, ends, texts, 2);
		half->lower = CStringGetTextDatum(texts[0]);
		half->upper = CStringGetTextDatum(texts[1]);
	}
	return divided;
}

/* Is the task's throttle true? */
static int64
throttled(const WlTask *task, WlBatch *batch)
{
	return wl_condition(task->throttle, "throttle");
}

/*
 * By the class of the SQLSTATE, its first two characters: see PostgreSQL's appendix A.
 * What fails before the statement begins, such as reading it, no row is to blame for.
 */
static Verdict
judge(const WlBatch *batch, const ErrorData *error)
{
	/* connection, transaction rollback, resources */
	static const char *const passing = "08 40 53";

	/*
	 * cardinality, data, constraints, routines of other languages, check
	 * option, limits (a text too long for a tsvector, a key for its index),
	 * RAISE
	 */
	static const char *const data = "21 22 23 38 44 54 P0";
	char		class[3] = {0};

	memcpy(class, unpack_sql_state(error->sqlerrcode), 2);
	if (strstr(passing, class) != NULL || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return VERDICT_RETRY;
	/* a time limit, ours or of a foreign server: other cancels were passed on */
	if (batch->executed &&
		(strstr(data, class) != NULL || error->sqlerrcode == ERRCODE_QUERY_CANCELED))
		return VERDICT_SPLIT;
	return VERDICT_STOP;
}

/*
 * The batch keeps the lower half, the upper one is a batch more. Those who split
 * number what they add one after the other, until their transactions end.
 */
static void
store_halves(const WlTaskId *id, const WlBatch *batch)
{
	static const Oid types[] = {INT8OID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID};

	wl_lock_task(id, 1, ExclusiveLock);
	for (int i = 0; i < 2; i++)
	{
		const WlHalf *half = &batch->halves[i];
		Datum		values[] = {
			Int64GetDatum(batch->no), half->lower, half->upper,
			Int64GetDatum(half->items), Float8GetDatum(half->memory_mb)
		};

		wl_query(id, i == 0 ?
				 "UPDATE %s.williams_batch SET lower_key = $4, upper_key = $5, items = $6,"
				 " memory_mb = $7, attempts = 0 WHERE owner = $1 AND task = $2 AND batch_no = $3" :
				 "INSERT INTO %s.williams_batch (owner, task, batch_no, lower_key, upper_key, items, memory_mb)"
				 " SELECT $1, $2, greatest(max(batch_no), $3) + 1, $4, $5, $6, $7"
				 " FROM %s.williams_batch WHERE owner = $1 AND task = $2",
				 lengthof(types), types, values, NULL);
	}
}

/* What becomes of a batch that failed. */
static void
settle_failure(const WlTask *task, WlBatch *batch, const ErrorData *error)
{
	Verdict		verdict = judge(batch, error);
	int64		divided = 0;

	if (verdict == VERDICT_SPLIT)
	{
		ErrorData  *other = wl_attempt(split, task, batch, &divided);

		/* where even splitting fails, the batch is as small as it gets ... */
		if (other != NULL)
			divided = 0;
		/* ... unless that may pass */
		if (other != NULL && judge(batch, other) == VERDICT_RETRY)
		{
			verdict = VERDICT_RETRY;
			error = other;
		}
	}
	if (divided)
		store_halves(&task->id, batch);
	else if (verdict == VERDICT_RETRY && batch->attempts + 1 < task->max_attempts)
		mark(&task->id, batch, "pending", 0, error);
	else
		mark(&task->id, batch, "failed", 0, error);
	if (verdict == VERDICT_STOP)
		wl_stop_task(&task->id);
}

/*
 * Does a pending batch wait for its next attempt? Milliseconds, or -1. What was
 * not ready for claim must not be so here: the run would end without it.
 */
static int
next_attempt(const WlTaskId *id, TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(now)};
	bool		isnull;
	Datum		wait;

	wl_query(id, "SELECT ceil(1000 * extract(epoch FROM min(ready) - $3))::int"
			 " FROM (SELECT " READY " AS ready FROM %s.williams_batch"
			 " WHERE owner = $1 AND task = $2 AND state = 'pending' AND attempts > 0) b"
			 " WHERE ready > $3", lengthof(types), types, values, NULL);
	wait = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? -1 : Max(DatumGetInt32(wait), 1);
}

/* Execute the batch that was claimed, and mark it. */
static void
run_batch(const WlTask *task, WlBatch *batch)
{
	int64		rows = 0;
	ErrorData  *error = wl_attempt(execute, task, batch, &rows);

	if (error == NULL)
		mark(&task->id, batch, "done", rows, NULL);
	else
		settle_failure(task, batch, error);
}

/* The step, between wl_connect and wl_finish. */
static void
take_step(const WlTaskId *id, bool background, WlStep *taken)
{
	WlTask		task;
	WlBatch		batch = {0};
	int64		wait = 0;
	TimestampTz now;
	ErrorData  *error;

	wl_lock_task(id, 0, AccessShareLock);
	taken->result = STEP_GONE;
	if (!wl_load_task(id, &task))
		return;
	taken->result = STEP_STOPPED;
	if (task.stopped)
		return;
	taken->result = STEP_THROTTLED;
	if (task.throttle != NULL && (error = wl_attempt(throttled, &task, NULL, &wait)) != NULL)
		ReThrowError(error);
	taken->wait_ms = THROTTLE_MS;
	if (wait)
		return;
	taken->result = STEP_NOTHING;
	now = GetCurrentTimestamp();
	if (!claim(&task, now, &batch))
	{
		taken->wait_ms = next_attempt(id, now);
		return;
	}
	taken->result = STEP_RAN;
	taken->batch_no = batch.no;
	taken->xmin = batch.xmin;
	taken->started_at = batch.started_at;
	taken->wait_ms = task.pause_ms;
	if (background)
		pgstat_report_activity(STATE_RUNNING,
							   psprintf("task \"%s\", batch " INT64_FORMAT,
										NameStr(id->name), batch.no));
	run_batch(&task, &batch);
}

WlStep
wl_take_step(const WlTaskId *id, bool background)
{
	WlStep		taken = {.wait_ms = -1};

	wl_check_not_working();
	wl_connect();
	take_step(id, background, &taken);
	wl_finish();
	return taken;
}

void
wl_record_failure(const WlTaskId *id, const WlStep *taken, const ErrorData *error)
{
	WlTask		task;
	WlBatch		batch = {0};

	wl_connect();
	wl_lock_task(id, 0, AccessShareLock);
	if (wl_load_task(id, &task) &&
		claim_where(id, CLAIM_AGAIN, taken->batch_no, XIDOID,
					TransactionIdGetDatum(taken->xmin), &batch))
	{
		batch.started_at = taken->started_at;
		batch.executed = true;
		settle_failure(&task, &batch, error);
	}
	wl_finish();
}

/*
 * What the transaction deferred before would be fired with the batch: by the
 * owner, where that is not who deferred it, and on the batch's account. What a query
 * around it has queued on a table with such triggers cannot be told from that.
 */
static void
refuse_deferred(void)
{
	/* a trigger follows a change */
	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	wl_connect();
	if (wl_deferred_pending())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch cannot run while deferred triggers are pending"),
				 errdetail("They would be fired as part of the batch."),
				 errhint("Commit before, or use SET CONSTRAINTS ALL IMMEDIATE; and call it outside any query that changes a table with deferrable triggers.")));
	wl_finish();
}

PG_FUNCTION_INFO_V1(wl_run_batch);
Datum
wl_run_batch(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	WlStep		taken;

	PreventCommandIfReadOnly("williams_run_batch()");
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch needs a transaction with isolation level READ COMMITTED"),
				 errdetail("A snapshot kept from before would not show which batches others have done."),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED.")));
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	refuse_deferred();
	taken = wl_take_step(&id, false);
	if (taken.result == STEP_GONE)
		wl_refuse_task(&id);
	if (taken.result != STEP_RAN)
		PG_RETURN_NULL();
	PG_RETURN_INT64(taken.batch_no);
}
