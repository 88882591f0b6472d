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
 * Locks: see store.c. A claim skips rows that are locked, so that sessions do not
 * wait for one another.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "pgstat.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/expression.h"
#include "plan/key.h"
#include "plan/plan.h"
#include "run/owner.h"
#include "run/statement.h"
#include "run/step.h"

struct WlBatch
{
	int64		no;
	char	   *lower_key;
	char	   *upper_key;
	char	   *below_key;		/* or NULL */
	int			attempts;
	TransactionId xmin;			/* of its row when it was taken */
	TimestampTz started_at;
	bool		executed;		/* did its statement begin? */
	WlCut		cut;			/* of split, and its keys as text */
	char	   *cut_last;
	char	   *cut_first;
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
 * keep alive. No more than a hint, and none for another task of that name. Other
 * sessions begin at the task's first_pending.
 */
static WlTaskId last_task;
static TimestampTz last_created_at;
static int64 last_batch_no;

#define CLAIM(which) \
	"SELECT batch_no, lower_key, upper_key, below_key, attempts, xmin" \
	" FROM %s.williams_batch WHERE" OF_TASK " AND" IN_STATE("pending") " AND batch_no" which \
	" ORDER BY batch_no LIMIT 1 FOR UPDATE SKIP LOCKED"
/* as it was when it was taken before, and from a number on, what is ready by then */
#define CLAIM_AGAIN CLAIM(EQ "$3 AND xmin" EQ "$4")
#define CLAIM_NEXT CLAIM(GE "$3 AND (ready_at IS NULL OR $4" GE "ready_at)")

/* when a batch that failed may be tried again: 0.1 s later, 0.2, 0.4 ... 51.2 */
#define FIRST_RETRY_MS 100
#define MAX_DOUBLINGS 9

/* how often the throttle is looked at while it is true */
#define THROTTLE_MS 1000

/* how much is kept of a failure's message */
#define MAX_MESSAGE 8192

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
	batch->below_key = SPI_getvalue(t->vals[0], t->tupdesc, 4);
	batch->attempts = DatumGetInt32(SPI_getbinval(t->vals[0], t->tupdesc, 5, &isnull));
	batch->xmin = DatumGetTransactionId(SPI_getbinval(t->vals[0], t->tupdesc, 6, &isnull));
	batch->started_at = GetCurrentTimestamp();
	return true;
}

/* The number from which on this session looks first; then it does so from first_pending. */
static int64
first_look(const WlTask *task)
{
	bool		known = memcmp(&last_task, &task->id, sizeof(last_task)) == 0 &&
	last_created_at == task->created_at;

	return known ? last_batch_no : task->first_pending;
}

/* Take a pending batch that nobody holds and that is ready by now. */
static bool
claim(const WlTask *task, TimestampTz now, WlBatch *batch)
{
	const WlTaskId *id = &task->id;
	Datum		ready = TimestampTzGetDatum(now);

	if (!claim_where(id, CLAIM_NEXT, first_look(task), TIMESTAMPTZOID, ready, batch) &&
		!claim_where(id, CLAIM_NEXT, task->first_pending, TIMESTAMPTZOID, ready, batch))
		return false;
	last_task = *id;
	last_created_at = task->created_at;
	last_batch_no = batch->no;
	return true;
}

static Datum
excerpt(const char *message)
{
	int			length = strlen(message);

	if (length > MAX_MESSAGE)
		length = pg_mbcliplen(message, length, MAX_MESSAGE);
	return PointerGetDatum(cstring_to_text_with_len(message, length));
}

/* Mark a batch; error is NULL when it is done. A pending one waits for its next attempt. */
static void
mark(const WlTaskId *id, const WlBatch *batch, const char *state, int64 rows,
	 const ErrorData *error)
{
	static const Oid types[] = {INT8OID, TEXTOID, INT4OID, INT8OID, TIMESTAMPTZOID,
	TIMESTAMPTZOID, FLOAT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz ready = now + INT64CONST(1000) * FIRST_RETRY_MS * (1 << Min(batch->attempts, MAX_DOUBLINGS));
	Datum		values[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(state), Int32GetDatum(batch->attempts + 1),
		Int64GetDatum(rows), TimestampTzGetDatum(batch->started_at), TimestampTzGetDatum(now),
		Float8GetDatum((now - batch->started_at) / 1000.0), TimestampTzGetDatum(ready),
		(Datum) 0, (Datum) 0
	};
	char		nulls[] = "       nnn";

	if (error != NULL)
	{
		values[8] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
		values[9] = excerpt(error->message != NULL ? error->message : "");
		memcpy(nulls, strcmp(state, "pending") == 0 ? "   n      " : "   n   n  ", sizeof(nulls) - 1);
	}
	wl_query(id, "UPDATE %s.williams_batch SET state = $4, attempts = $5, rows = $6,"
			 " started_at = $7, finished_at = $8, duration_ms = $9, ready_at = $10,"
			 " sqlstate = $11, message = $12 WHERE" OF_TASK " AND batch_no" EQ "$3",
			 lengthof(types), types, values, nulls);
}

/* The task's table and key as they are now; the table stays locked. */
static Relation
open_table(const WlTask *task, WlKey *key)
{
	Relation	rel = wl_open_relation(task->relation, true);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the table of task \"%s\" does not exist any more", NameStr(task->id.name))));
	if (task->by_ctid)
		wl_check_blocks(rel);
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

/* A batch's keys, those included that came between the parts of a split one. */
static void
read_range(const WlKey *key, const WlBatch *batch, WlRange *range)
{
	char	   *texts[] = {batch->lower_key, batch->below_key ? batch->below_key : batch->upper_key};
	Datum		values[2];

	wl_key_values(key, texts, values, 2);
	range->lower = values[0];
	range->upper = values[1];
	range->upper_inclusive = batch->below_key == NULL;
}

/*
 * A statement's bounds are both inclusive: for a range without its upper end $2 is
 * the last key that is there by now or, if there is none, one that is not.
 */
static void
statement_bounds(Relation rel, const WlKey *key, const WlBatch *batch, Datum bounds[2])
{
	WlRange		range;

	read_range(key, batch, &range);
	bounds[0] = range.lower;
	bounds[1] = range.upper;
	if (range.upper_inclusive)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!wl_last_key(rel, key, &range, &bounds[1]))
		bounds[1] = range.lower;
	PopActiveSnapshot();
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
	if (SPI_execute("SELECT pg_catalog.string_agg(name, ', '::pg_catalog.text) FROM"
					" (SELECT pg_catalog.format('%I.%I'::pg_catalog.text, nspname, conname) AS name"
					" FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_namespace n"
					" ON n.oid" EQ "connamespace WHERE condeferrable"
					" AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text)"
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
	Relation	rel;
	Datum		bounds[2];
	int64		rows;
	int			rc;

	wl_set_time_limit(task->time_limit_ms);
	rel = open_table(task, &key);
	plan = wl_prepare_statement(task->statement, key.type);
	if (task->by_ctid)
		wl_check_no_write(plan, rel);
	statement_bounds(rel, &key, batch, bounds);
	relation_close(rel, NoLock);

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

/* Divide the rows of a batch: 0 if one key or none is in it. */
static int64
split(const WlTask *task, WlBatch *batch)
{
	WlKey		key;
	WlRange		range;
	Relation	rel;
	bool		divided;

	wl_set_time_limit(task->time_limit_ms);
	rel = open_table(task, &key);
	wl_end_time_limit();
	PushActiveSnapshot(GetTransactionSnapshot());
	read_range(&key, batch, &range);
	divided = wl_cut_range(rel, &key, task->item_mb, &range, &batch->cut);
	PopActiveSnapshot();
	relation_close(rel, NoLock);
	if (divided)
	{
		Datum		values[] = {batch->cut.last, batch->cut.first};
		char	   *texts[2];

		wl_key_texts(&key, values, texts, 2);
		batch->cut_last = texts[0];
		batch->cut_first = texts[1];
	}
	return divided;
}

/* Is the task's throttle true? */
static int64
throttled(const WlTask *task, WlBatch *batch)
{
	return wl_condition(task->throttle, "throttle");
}

/* Did a policy refuse a row? Missing rights have the same SQLSTATE. */
static bool
is_row_refused(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE &&
		error->funcname != NULL && strcmp(error->funcname, "ExecWithCheckOptions") == 0;
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
	/* a time limit, ours or of a foreign server: other cancels were passed on */
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		return batch->executed ? VERDICT_SPLIT : VERDICT_RETRY;
	if (strstr(passing, class) != NULL || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return VERDICT_RETRY;
	if (batch->executed && (strstr(data, class) != NULL || is_row_refused(error)))
		return VERDICT_SPLIT;
	return VERDICT_STOP;
}

/*
 * The batch keeps the lower part, the upper one is a batch more, and what comes
 * between them belongs to the lower one. Those who split number what they add one
 * after the other, until their transactions end.
 */
static void
store_parts(const WlTaskId *id, const WlBatch *batch)
{
	static const Oid lower_types[] = {INT8OID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID};
	static const Oid upper_types[] = {INT8OID, FLOAT8OID, TEXTOID, TEXTOID, TEXTOID};
	const WlCut *cut = &batch->cut;
	Datum		first = CStringGetTextDatum(batch->cut_first);
	Datum		lower[] = {
		Int64GetDatum(batch->no), CStringGetTextDatum(batch->cut_last), first,
		Int64GetDatum(cut->items[0]), Float8GetDatum(cut->memory_mb[0])
	};
	Datum		upper[] = {
		Int64GetDatum(cut->items[1]), Float8GetDatum(cut->memory_mb[1]), first,
		CStringGetTextDatum(batch->upper_key),
		batch->below_key ? CStringGetTextDatum(batch->below_key) : (Datum) 0
	};

	wl_lock_task(id, LOCK_NUMBERS, ExclusiveLock);
	wl_query(id, "UPDATE %s.williams_batch SET upper_key = $4, below_key = $5,"
			 " items = $6, memory_mb = $7, attempts = 0, ready_at = NULL"
			 " WHERE" OF_TASK " AND batch_no" EQ "$3",
			 lengthof(lower_types), lower_types, lower, NULL);
	wl_query(id, "INSERT INTO %s.williams_batch (owner, task, batch_no, items, memory_mb,"
			 " lower_key, upper_key, below_key)"
			 " SELECT $1, $2, pg_catalog.max(batch_no) OPERATOR(pg_catalog.+) 1::pg_catalog.int8,"
			 " $3, $4, $5, $6, $7 FROM %s.williams_batch WHERE" OF_TASK,
			 lengthof(upper_types), upper_types, upper, batch->below_key ? "     " : "    n");
}

/*
 * What becomes of a batch that failed. If the task cannot be stopped now, it stays
 * pending: else each session would fail one of its own before it can.
 */
static Verdict
settle_failure(const WlTask *task, WlBatch *batch, const ErrorData *error)
{
	Verdict		verdict = judge(batch, error);
	int64		divided = 0;

	if (verdict == VERDICT_SPLIT)
	{
		ErrorData  *other = wl_attempt(split, task, batch, &divided);

		/* if even splitting fails, the batch is as small as it gets ... */
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
		store_parts(&task->id, batch);
	else if (verdict == VERDICT_RETRY ? batch->attempts + 1 < task->max_attempts :
			 verdict == VERDICT_STOP && !wl_stop_task(&task->id))
		mark(&task->id, batch, "pending", 0, error);
	else
		mark(&task->id, batch, "failed", 0, error);
	return verdict;
}

/*
 * Does a pending batch wait for its next attempt? Milliseconds, or -1. What was
 * not ready for claim must not be so here: the run would end without it.
 */
static long
next_attempt(const WlTask *task, TimestampTz now)
{
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[] = {Int64GetDatum(task->first_pending), TimestampTzGetDatum(now)};
	bool		isnull;
	Datum		ready;

	wl_query(&task->id, "SELECT pg_catalog.min(ready_at) FROM %s.williams_batch WHERE" OF_TASK
			 " AND" IN_STATE("pending") " AND batch_no" GE "$3"
			 " AND ready_at OPERATOR(pg_catalog.>) $4", lengthof(types), types, values, NULL);
	ready = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? -1 : Max(TimestampDifferenceMilliseconds(now, DatumGetTimestampTz(ready)), 1);
}

static bool
pending_from(const WlTask *task, int64 batch_no)
{
	static const Oid types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(batch_no)};

	return wl_query(&task->id, "SELECT FROM %s.williams_batch WHERE" OF_TASK
					" AND" IN_STATE("pending") " AND batch_no" GE "$3 ORDER BY batch_no LIMIT 1",
					lengthof(types), types, values, NULL) > 0;
}

/* Is there a batch still to be done, whoever has it? */
static bool
any_pending(const WlTask *task)
{
	return pending_from(task, first_look(task)) || pending_from(task, task->first_pending);
}

/* Execute the batch that was claimed, and mark it. */
static void
run_batch(const WlTask *task, WlBatch *batch, WlStep *taken)
{
	int64		rows = 0;
	ErrorData  *error = wl_attempt(execute, task, batch, &rows);

	if (error == NULL)
		mark(&task->id, batch, "done", rows, NULL);
	else
		taken->stops = settle_failure(task, batch, error) == VERDICT_STOP;
}

static bool
is_throttled(const WlTask *task)
{
	int64		wait = 0;
	ErrorData  *error;

	if (task->throttle == NULL)
		return false;
	error = wl_attempt(throttled, task, NULL, &wait);
	if (error != NULL)
		ReThrowError(error);
	return wait != 0;
}

static void
report_batch(const WlTaskId *id, int64 batch_no)
{
	pgstat_report_activity(STATE_RUNNING,
						   psprintf("task \"%s\", batch " INT64_FORMAT,
									NameStr(id->name), batch_no));
}

/* The step, between wl_connect and wl_finish. */
static void
take_step(const WlTaskId *id, bool background, WlStep *taken)
{
	WlTask		task;
	WlBatch		batch = {0};
	TimestampTz now;

	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	taken->result = STEP_GONE;
	if (!wl_load_task(id, &task))
		return;
	taken->result = STEP_STOPPED;
	if (task.stopped)
		return;
	taken->result = STEP_NOTHING;
	if (task.throttle != NULL && !any_pending(&task))
		return;
	taken->wait_ms = THROTTLE_MS;
	taken->result = STEP_THROTTLED;
	if (is_throttled(&task))
		return;
	taken->result = STEP_NOTHING;
	now = GetCurrentTimestamp();
	if (!claim(&task, now, &batch))
	{
		taken->wait_ms = next_attempt(&task, now);
		return;
	}
	taken->result = STEP_RAN;
	taken->batch_no = batch.no;
	taken->xmin = batch.xmin;
	taken->started_at = batch.started_at;
	taken->behind = batch.no - task.first_pending;
	taken->wait_ms = task.pause_ms;
	if (background)
		report_batch(id, batch.no);
	run_batch(&task, &batch, taken);
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
wl_record_failure(const WlTaskId *id, WlStep *taken, const ErrorData *error)
{
	WlTask		task;
	WlBatch		batch = {0};

	wl_connect();
	wl_lock_task(id, LOCK_TASK, AccessShareLock);
	if (wl_load_task(id, &task) &&
		claim_where(id, CLAIM_AGAIN, taken->batch_no, XIDOID,
					TransactionIdGetDatum(taken->xmin), &batch))
	{
		batch.started_at = taken->started_at;
		batch.executed = true;
		taken->stops = settle_failure(&task, &batch, error) == VERDICT_STOP;
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
	if (taken.behind >= WL_RAISE_EVERY)
		wl_raise_first_pending(&id);
	PG_RETURN_INT64(taken.batch_no);
}
