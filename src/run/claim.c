/*
 * claim.c
 *		Find the next batch of a task and lock its row.
 *
 * 1. A claim takes a batch that is READY (see step.c), the one with the lowest number
 *	  that no other session has claimed.
 * 2. A claim and wl_next_attempt compare ready_at with the same time. Otherwise a batch
 *	  that becomes ready in between would be missed by both and end the run early.
 *
 * Locks: the row of the batch. Rows that are locked are skipped, so sessions do not
 * wait for each other's batches.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "run/claim.h"

/*
 * Where this session claimed its last batch. It looks for the next one from there
 * on: before it are batches that are done, and an old snapshot may keep their old
 * versions alive. This is only a hint; created_at tells a later task with the same
 * name apart. Other sessions begin at the task's first_pending.
 */
static WlTaskId last_task;
static TimestampTz last_created_at;
static int64 last_batch_no;

/* The columns that a claim reads, in this order. */
enum
{
	CLAIM_BATCH_NO = 1, CLAIM_LOWER_KEY, CLAIM_UPPER_KEY, CLAIM_BELOW_KEY, CLAIM_ATTEMPTS,
	CLAIM_XMIN
};

#define CLAIM(which) \
	"SELECT batch_no, lower_key, upper_key, below_key, attempts, xmin" \
	" FROM %s.williams_batch WHERE" OF_TASK " AND" IN_STATE("pending") " AND batch_no" which \
	" ORDER BY batch_no LIMIT 1 FOR UPDATE SKIP LOCKED"
/* batch $3, if its row still is the version $4 */
#define CLAIM_AGAIN CLAIM(EQ "$3 AND xmin" EQ "$4")
/* the first batch from $3 on that is ready at $4 */
#define CLAIM_NEXT CLAIM(GE "$3 AND (ready_at IS NULL OR $4" GE "ready_at)")

/* Claim with CLAIM_AGAIN or CLAIM_NEXT; false if there is no such batch. */
static bool
claim_where(const WlTaskId *id, const char *query, int64 batch_no, Oid type, Datum value,
			WlBatch *batch)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum(batch_no), value};

	if (wl_query(id, query, lengthof(types), types, values, NULL) == 0)
		return false;
	memset(batch, 0, sizeof(*batch));
	batch->no = DatumGetInt64(wl_value_or_zero(CLAIM_BATCH_NO));
	batch->bounds.lower = wl_text_or_null(CLAIM_LOWER_KEY);
	batch->bounds.upper = wl_text_or_null(CLAIM_UPPER_KEY);
	batch->bounds.below = wl_text_or_null(CLAIM_BELOW_KEY);
	batch->attempts = DatumGetInt32(wl_value_or_zero(CLAIM_ATTEMPTS));
	batch->xmin = DatumGetTransactionId(wl_value_or_zero(CLAIM_XMIN));
	batch->started_at = GetCurrentTimestamp();
	return true;
}

/* The number from which this session looks first, before it falls back to first_pending. */
static int64
first_look(const WlTask *task)
{
	bool		known = memcmp(&last_task, &task->id, sizeof(last_task)) == 0 &&
	last_created_at == task->created_at;

	return known ? last_batch_no : task->first_pending;
}

static bool
claim_from(const WlTask *task, int64 first, TimestampTz now, WlBatch *batch)
{
	return claim_where(&task->id, CLAIM_NEXT, first, TIMESTAMPTZOID, TimestampTzGetDatum(now), batch);
}

bool
wl_claim(const WlTask *task, TimestampTz now, WlBatch *batch)
{
	int64		first = first_look(task);

	if (!claim_from(task, first, now, batch) &&
		(first == task->first_pending || !claim_from(task, task->first_pending, now, batch)))
		return false;
	last_task = task->id;
	last_created_at = task->created_at;
	last_batch_no = batch->no;
	return true;
}

bool
wl_claim_again(const WlTaskId *id, int64 batch_no, TransactionId xmin, WlBatch *batch)
{
	return claim_where(id, CLAIM_AGAIN, batch_no, XIDOID, TransactionIdGetDatum(xmin), batch);
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

bool
wl_any_pending(const WlTask *task)
{
	return pending_from(task, first_look(task)) || pending_from(task, task->first_pending);
}

long
wl_next_attempt(const WlTask *task, TimestampTz now)
{
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[] = {Int64GetDatum(task->first_pending), TimestampTzGetDatum(now)};
	bool		isnull;
	Datum		ready;

	wl_query(&task->id, "SELECT pg_catalog.min(ready_at) FROM %s.williams_batch WHERE" OF_TASK
			 " AND" IN_STATE("pending") " AND batch_no" GE "$3"
			 " AND ready_at OPERATOR(pg_catalog.>) $4", lengthof(types), types, values, NULL);
	ready = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, ONLY_COLUMN, &isnull);
	return isnull ? -1 : Max(TimestampDifferenceMilliseconds(now, DatumGetTimestampTz(ready)), 1);
}
