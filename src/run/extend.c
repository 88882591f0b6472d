/*
 * extend.c
 *		williams_extend_task: plan what has come since a task was planned.
 *
 * The new part is planned like the task: with its options, its search_path and its
 * owner's rights. By default that is what lies beyond last_key, which an index finds
 * at once. With gaps it also is what lies between two batches: a merge of all keys with
 * the ranges of all batches, of which memory holds the ends.
 *
 * Invariants:
 *
 * 1. A batch that is added here holds no key of another batch: it lies beyond last_key,
 *	  or between two neighbours. A batch that is being split meanwhile is read as it
 *	  was or as its parts, and both cover the same keys. Its parts have higher numbers,
 *	  and the batches are read in the order of their numbers, so no key is overlooked.
 * 2. last_key never decreases.
 * 3. A key in the range of a batch that is done is not found: the range does not tell
 *	  which of its keys were there when the batch ran.
 *
 * Locks: LOCK_TASK in SHARE UPDATE EXCLUSIVE mode, so that one session extends the task
 * at a time; the table in ACCESS SHARE mode; LOCK_NUMBERS to store the batches. Sessions
 * that run batches wait only for the last, to split one.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/check.h"
#include "plan/plan.h"
#include "run/bounds.h"
#include "run/owner.h"

/* How many batches are read at a time. */
#define BATCHES_READ 1000

/* The columns of a batch that read_batches reads, in this order. */
enum
{
	READ_BATCH_NO = 1, READ_LOWER, READ_END, READ_UPPER_INCLUSIVE
};

/* The columns of a task that read_options reads, in this order. */
enum
{
	READ_BUDGET = 1, READ_MAX_ITEMS, READ_STRICT, READ_LAST_KEY
};

/* What wl_attempt is given. */
typedef struct Extension
{
	bool		gaps;
	int64		batches;		/* that were added */
} Extension;

/* The options with which the task was planned. Returns its last key, which may be NULL. */
static char *
read_options(const WlTask *task, WlPlanOptions *options)
{
	char	   *last_key;
	bool		unlimited;

	memset(options, 0, sizeof(*options));
	wl_query(&task->id, "SELECT available_memory_mb, max_items, strict, last_key"
			 " FROM %s.williams_task WHERE" THIS_TASK, 0, NULL, NULL, NULL);
	(void) SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, READ_BUDGET, &unlimited);
	options->budget_mb = unlimited ? get_float8_infinity() :
		DatumGetFloat8(wl_value_or_zero(READ_BUDGET));
	options->max_items = DatumGetInt64(wl_value_or_zero(READ_MAX_ITEMS));
	options->strict = DatumGetBool(wl_value_or_zero(READ_STRICT));
	last_key = wl_text_or_null(READ_LAST_KEY);
	options->by_ctid = task->by_ctid;
	options->item_mb = task->by_ctid ? NULL : task->item_mb;
	options->key_column = task->by_ctid ? NULL : task->key_column;
	if (unlimited)
		wl_default_without_budget(options);
	return last_key;
}

static int
compare_ranges(const void *a, const void *b, void *order)
{
	SortSupport by = order;

	return by->comparator(((const WlRange *) a)->lower, ((const WlRange *) b)->lower, by);
}

/* Convert the batches that were read; their bounds outlive the query. */
static void
take_ranges(const WlKey *key, WlRange *ranges, int64 n)
{
	char	  **texts = palloc(2 * n * sizeof(*texts));
	Datum	   *values = palloc(2 * n * sizeof(*values));
	bool		isnull;

	for (int64 i = 0; i < n; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		texts[2 * i] = SPI_getvalue(tuple, desc, READ_LOWER);
		texts[2 * i + 1] = SPI_getvalue(tuple, desc, READ_END);
		ranges[i].lower_end = END_INCLUSIVE;
		ranges[i].upper_end = DatumGetBool(SPI_getbinval(tuple, desc, READ_UPPER_INCLUSIVE, &isnull)) ?
			END_INCLUSIVE : END_EXCLUSIVE;
	}
	wl_key_values(key, texts, values, (int) (2 * n));
	for (int64 i = 0; i < n; i++)
	{
		ranges[i].lower = values[2 * i];
		ranges[i].upper = values[2 * i + 1];
		pfree(texts[2 * i]);
		pfree(texts[2 * i + 1]);
	}
	pfree(texts);
	pfree(values);
}

/* The ranges of all batches, in key order. */
static void
read_batches(const WlTask *task, const WlKey *key, WlPlanOptions *options)
{
	static const Oid types[] = {INT8OID};
	Datum		last_no = Int64GetDatum(0);
	int64		size = BATCHES_READ;
	int64		total = 0;
	int64		n;
	WlRange    *ranges = palloc(size * sizeof(*ranges));
	SortSupportData order = {0};

	do
	{
		CHECK_FOR_INTERRUPTS();
		n = wl_query(&task->id, "SELECT batch_no, lower_key, coalesce(below_key, upper_key), below_key IS NULL"
					 " FROM %s.williams_batch WHERE" OF_TASK " AND batch_no OPERATOR(pg_catalog.>) $3"
					 " ORDER BY batch_no LIMIT " CppAsString2(BATCHES_READ),
					 lengthof(types), types, &last_no, NULL);
		if (total + n > size)
		{
			size *= 2;
			ranges = repalloc_huge(ranges, size * sizeof(*ranges));
		}
		if (n > 0)
		{
			bool		isnull;

			last_no = SPI_getbinval(SPI_tuptable->vals[n - 1], SPI_tuptable->tupdesc,
									READ_BATCH_NO, &isnull);
			take_ranges(key, ranges + total, n);
		}
		total += n;
		SPI_freetuptable(SPI_tuptable);
	} while (n == BATCHES_READ);
	wl_prepare_order(key, &order);
	qsort_arg(ranges, total, sizeof(*ranges), compare_ranges, &order);
	options->taken = ranges;
	options->ntaken = total;
}

/* Keep the last key, unless the new batches are all before it. */
static void
raise_last_key(const WlTask *task, const WlKey *key, char *last_key)
{
	static const Oid types[] = {TEXTOID};
	Datum		upper;
	char	   *texts[2] = {last_key};
	Datum		values[2];
	SortSupportData order = {0};

	wl_query(&task->id, "SELECT upper_key FROM %s.williams_batch WHERE" OF_TASK
			 " ORDER BY batch_no DESC LIMIT 1", 0, NULL, NULL, NULL);
	texts[1] = wl_text_or_null(ONLY_COLUMN);
	if (last_key != NULL)
	{
		wl_key_values(key, texts, values, lengthof(texts));
		wl_prepare_order(key, &order);
		if (order.comparator(values[0], values[1], &order) >= 0)
			return;
	}
	upper = CStringGetTextDatum(texts[1]);
	wl_query(&task->id, "UPDATE %s.williams_task SET last_key = $3 WHERE" THIS_TASK,
			 lengthof(types), types, &upper, NULL);
}

/* Plan and store: work for wl_attempt. */
static void
extend(const WlTask *task, void *arg)
{
	Extension  *e = arg;
	WlPlanOptions options;
	WlPlanned	planned;
	char	   *last_key = read_options(task, &options);
	WlKey		key;
	Relation	rel = wl_open_task_table(task, &key);
	Datum		after;

	/* block ranges have no gaps */
	if (e->gaps && !task->by_ctid)
		read_batches(task, &key, &options);
	else if (last_key != NULL)
	{
		wl_key_values(&key, &last_key, &after, 1);
		options.after = &after;
	}
	wl_begin_planned(&planned);
	PushActiveSnapshot(GetTransactionSnapshot());
	wl_plan_relation(rel, &options, &planned);
	PopActiveSnapshot();
	relation_close(rel, NoLock);
	if (tuplestore_tuple_count(planned.batches) > 0)
	{
		wl_lock_task(&task->id, LOCK_NUMBERS, ExclusiveLock);
		e->batches = wl_store_batches(&task->id, planned.batches, planned.desc);
		raise_last_key(task, &key, last_key);
	}
	tuplestore_end(planned.batches);
}

PG_FUNCTION_INFO_V1(wl_extend_task);
Datum
wl_extend_task(PG_FUNCTION_ARGS)
{
	Extension	e = {.gaps = PG_GETARG_BOOL(1)};
	WlTaskId	id;
	WlTask		task;
	ErrorData  *error;

	PreventCommandIfReadOnly("williams_extend_task()");
	wl_check_read_committed("williams_extend_task");
	wl_check_not_working();
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	wl_connect();
	wl_lock_task(&id, LOCK_TASK, ShareUpdateExclusiveLock);
	if (!wl_load_task(&id, &task))
		wl_refuse_task(&id);
	error = wl_attempt(extend, &task, &e);
	if (error != NULL)
		ReThrowError(error);
	wl_finish();
	PG_RETURN_INT64(e.batches);
}
