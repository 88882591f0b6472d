/*
 * plan_table.c
 *		williams_plan_table: cut a table into batches, by ranges of keys or of
 *		blocks.
 *
 * Method "exact" reads keys and weights once, in key order, and packs greedily: a key
 * joins the open batch if all its rows fit, or opens the next one. As weights are not
 * negative, no other cut into ranges has fewer batches. Memory holds the open batch
 * and a few finished ones, whose bounds are converted to text together. The result
 * goes into a tuplestore.
 *
 * Invariant: memory_mb is the float8 sum of a batch's weights in key order, bit for
 * bit the result of sum(weight ORDER BY key). Adding the rows of a key to the open
 * batch rounds differently from adding them up alone, so both sums are kept until it
 * is known which one is needed.
 *
 * Method "ctid" reads no rows: it computes ranges of blocks from the sizes of the
 * relation and its TOAST table.
 *
 * A table of which a part is planned already is planned beyond a key, with a scan that
 * begins there, or around the ranges that are taken, with a scan of all keys.
 *
 * Locks: ACCESS SHARE on the relation, to the end of the transaction.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/compat.h"
#include "math/bound.h"
#include "plan/key_scan.h"
#include "plan/plan.h"

/* The default of max_items if there is no memory budget. */
#define ITEMS_WITHOUT_BUDGET 10000

/* How many keys that exceed a limit get a warning; the others are only counted. */
#define MAX_WARNINGS 10

/* How many finished batches are kept until their bounds are converted to text. */
#define MAX_FINISHED 64

typedef struct Packing
{
	const WlKey *key;
	WlPlanOptions *options;
	double		estimate;		/* the planner's row count */

	/* the open batch, without the current key */
	int64		items;			/* 0 if no batch is open */
	double		memory_mb;
	WlKeptKey	lower;
	WlKeptKey	upper;

	/* the current key */
	WlKeptKey	current;
	int64		key_items;
	double		key_mb;			/* its rows alone */
	double		joined_mb;		/* its rows added to the open batch */

	int64		over;			/* keys that alone exceed a limit */
	int64		batches;		/* batches in the result */

	/* finished batches that are not in the result yet */
	int			finished;
	Datum		bounds[2 * MAX_FINISHED];
	int64		finished_items[MAX_FINISHED];
	double		finished_mb[MAX_FINISHED];
	MemoryContext context;		/* of their bounds */
	const WlPlanned *result;

	/* what is planned already, see skip_taken */
	SortSupportData order;
	MemoryContext comparing;	/* reset after each key */
	int64		passed;			/* ranges that lie before the current key */
	bool		skips;			/* is the current key in a range? */
} Packing;

/* The columns of a planned batch, in order. */
enum
{
	PLANNED_BATCH_NO = 1, PLANNED_LOWER_KEY, PLANNED_UPPER_KEY, PLANNED_ITEMS,
	PLANNED_MEMORY_MB, N_PLANNED = PLANNED_MEMORY_MB
};

/* The default of max_items with a memory budget. */
static int64
bound_of_estimate(double rows)
{
	return (int64) wl_math_batch_size((uint64_t) fmin(fmax(rows, 0.0), 1e18));
}

static void
put_batch(const WlPlanned *result, int64 no, const char *lower, const char *upper,
		  int64 items, double memory_mb)
{
	Datum		values[N_PLANNED] = {
		Int64GetDatum(no), CStringGetTextDatum(lower), CStringGetTextDatum(upper),
		Int64GetDatum(items), Float8GetDatum(memory_mb)
	};
	bool		nulls[N_PLANNED] = {0};

	tuplestore_putvalues(result->batches, result->desc, values, nulls);
}

static void
flush_finished(Packing *p)
{
	MemoryContext old = MemoryContextSwitchTo(p->context);
	char	   *texts[2 * MAX_FINISHED];

	wl_key_texts(p->key, p->bounds, texts, 2 * p->finished);
	for (int i = 0; i < p->finished; i++)
		put_batch(p->result, ++p->batches, texts[2 * i], texts[2 * i + 1],
				  p->finished_items[i], p->finished_mb[i]);
	p->finished = 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(p->context);
}

static void
finish_batch(Packing *p)
{
	const WlKey *key = p->key;
	MemoryContext old = MemoryContextSwitchTo(p->context);

	if (p->finished == MAX_FINISHED)
		flush_finished(p);
	p->bounds[2 * p->finished] = datumCopy(p->lower.value, key->typbyval, key->typlen);
	p->bounds[2 * p->finished + 1] = datumCopy(p->upper.value, key->typbyval,
											   key->typlen);
	p->finished_items[p->finished] = p->items;
	p->finished_mb[p->finished] = p->memory_mb;
	p->finished++;
	p->items = 0;
	MemoryContextSwitchTo(old);
}

/* The current key alone exceeds a limit; a range cannot divide the rows of a key. */
static void
report_over(Packing *p)
{
	int			level = p->options->strict ? ERROR : WARNING;
	int			code = p->options->strict ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_WARNING;
	const char *key;

	if (p->over++ >= MAX_WARNINGS)
		return;
	key = wl_key_excerpt(p->key, p->current.value);
	if (p->key_mb > p->options->budget_mb)
		ereport(level,
				(errcode(code),
				 errmsg("key %s alone takes %.15g MB, which exceeds the memory budget of %.15g MB",
						key, p->key_mb, p->options->budget_mb),
				 level == ERROR ?
				 errhint("Raise available_memory_mb, or leave out the key.") :
				 errdetail("It gets its own batch.")));
	else
		ereport(level,
				(errcode(code),
				 errmsg("key %s has %lld rows, more than max_items %lld",
						key, (long long) p->key_items, (long long) p->options->max_items),
				 level == ERROR ?
				 errhint("Raise max_items, or cut by a column with fewer duplicates.") :
				 errdetail("They get their own batch.")));
}

/* The current key is complete: it joins the open batch, or opens the next one. */
static void
close_key(Packing *p)
{
	WlKeptKey	free_buffer = p->upper;

	if (p->items > 0 && p->joined_mb <= p->options->budget_mb &&
		p->key_items <= p->options->max_items - p->items)
	{
		p->items += p->key_items;
		p->memory_mb = p->joined_mb;
	}
	else
	{
		if (p->items > 0)
			finish_batch(p);
		if (p->key_mb > p->options->budget_mb || p->key_items > p->options->max_items)
			report_over(p);
		p->items = p->key_items;
		p->memory_mb = p->key_mb;
		wl_keep_key(p->key, &p->lower, p->current.value);
	}
	p->upper = p->current;
	p->current = free_buffer;
}

/* The open batch ends with the current key, if there are any. */
static void
end_open(Packing *p)
{
	if (p->key_items > 0)
		close_key(p);
	if (p->items > 0)
		finish_batch(p);
	p->key_items = 0;
}

/*
 * Is this key, which is not less than the one before it, in a range that is taken? The
 * open batch ends before such a range. Each range is passed once, so this is a merge.
 */
static bool
skip_taken(Packing *p, Datum key)
{
	MemoryContext old = MemoryContextSwitchTo(p->comparing);
	const WlRange *range = p->options->taken + p->passed;
	const WlRange *end = p->options->taken + p->options->ntaken;
	bool		passes = false;
	bool		skips;

	for (; range < end; range++)
	{
		int			sign = p->order.comparator(key, range->upper, &p->order);

		if (range->upper_end == END_INCLUSIVE ? sign <= 0 : sign < 0)
			break;
		passes = true;
	}
	p->passed = range - p->options->taken;
	skips = range < end && p->order.comparator(key, range->lower, &p->order) >= 0;
	MemoryContextSwitchTo(old);
	MemoryContextReset(p->comparing);
	if (passes || skips)
		end_open(p);
	return skips;
}

static bool
pack_row(void *arg, Datum key, bool same_key, double weight_mb)
{
	Packing    *p = arg;

	if (!same_key && p->options->ntaken > 0)
		p->skips = skip_taken(p, key);
	if (p->skips)
		return true;
	if (!same_key)
	{
		if (p->key_items > 0)
			close_key(p);
		else if (p->options->max_items == 0)
			p->options->max_items = bound_of_estimate(p->estimate);
		wl_keep_key(p->key, &p->current, key);
		p->key_items = 0;
		p->key_mb = 0.0;
		p->joined_mb = p->items > 0 ? p->memory_mb : 0.0;
	}
	p->key_items++;
	p->key_mb += weight_mb;
	p->joined_mb += weight_mb;
	return true;
}

static void
plan_exact(Relation rel, WlPlanOptions *options, const WlPlanned *result)
{
	Packing    *p = palloc0(sizeof(Packing));
	WlRange		beyond = {.lower_end = END_EXCLUSIVE,.upper_end = END_OPEN};
	WlKey		key;

	wl_find_key(rel, options->key_column, false, &key);
	if (options->after != NULL)
		beyond.lower = *options->after;
	p->key = &key;
	p->options = options;
	p->result = result;
	p->context = AllocSetContextCreate(CurrentMemoryContext, "williams batches",
									   ALLOCSET_DEFAULT_SIZES);
	p->comparing = AllocSetContextCreate(CurrentMemoryContext, "williams comparisons",
										 ALLOCSET_SMALL_SIZES);
	wl_prepare_order(&key, &p->order);
	wl_scan_keys(rel, &key, options->item_mb, options->after != NULL ? &beyond : NULL,
				 pack_row, p, &p->estimate);
	end_open(p);
	flush_finished(p);
	if (p->over > MAX_WARNINGS)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg_plural("%lld more key alone exceeds the memory budget or max_items",
							   "%lld more keys alone exceed the memory budget or max_items",
							   p->over - MAX_WARNINGS,
							   (long long) (p->over - MAX_WARNINGS))));
}

/*
 * Block ranges
 */

static void
refuse_ctid(Relation rel)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("cannot cut relation \"%s\" into block ranges",
					RelationGetRelationName(rel)),
			 errdetail("Block ranges require a plain table whose rows are all in its own blocks."),
			 errhint("Use method \"exact\".")));
}

/* Its catalogue exists only if Citus is installed. */
bool
wl_is_distributed(Oid relid)
{
	Oid			catalogue = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber	column;
	Relation	partitions;
	SysScanDesc scan;
	ScanKeyData key;
	bool		found;

	if (!OidIsValid(catalogue) ||
		(column = get_attnum(catalogue, "logicalrelid")) == InvalidAttrNumber)
		return false;
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	partitions = table_open(catalogue, AccessShareLock);
	scan = systable_beginscan(partitions, InvalidOid, false, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(partitions, AccessShareLock);
	return found;
}

void
wl_check_blocks(Relation rel)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_tableam->scan_set_tidrange == NULL ||
		find_inheritance_children(RelationGetRelid(rel), NoLock) != NIL ||
		wl_is_distributed(RelationGetRelid(rel)))
		refuse_ctid(rel);
}

static void
check_ctid(Relation rel, const WlPlanOptions *options)
{
	AclResult	rights;

	if (options->item_mb != NULL || options->key_column != NULL || options->strict)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be used with method \"ctid\"",
						options->item_mb != NULL ? "item_mb" :
						options->key_column != NULL ? "key_column" : "strict"),
				 errhint("Omit it, or use method \"exact\".")));
	wl_check_blocks(rel);
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary tables of other sessions")));
	rights = pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT);
	if (rights != ACLCHECK_OK)
		aclcheck_error(rights, OBJECT_TABLE, RelationGetRelationName(rel));
}

/* The rows of an average block, and its size in MB including its share of TOAST. */
static void
measure_blocks(Relation rel, BlockNumber blocks, double *rows, double *memory_mb)
{
	double		toast = 0.0;
	BlockNumber pages;
	double		tuples;
	double		visible;

	estimate_rel_size(rel, NULL, &pages, &tuples, &visible);
	*rows = pages == 0 ? 0.0 : tuples / pages;
	if (OidIsValid(rel->rd_rel->reltoastrelid))
	{
		Relation	toast_rel = relation_open(rel->rd_rel->reltoastrelid, AccessShareLock);

		toast = RelationGetNumberOfBlocks(toast_rel);
		relation_close(toast_rel, AccessShareLock);
	}
	*memory_mb = (1.0 + toast / blocks) * BLCKSZ / (1024.0 * 1024.0);
}

/*
 * The fewest ranges whose averages keep to the limits, balanced, of at least one
 * block each.
 */
static void
plan_ctid(Relation rel, WlPlanOptions *options, const WlPlanned *result)
{
	int64		start = 0;
	int64		blocks;
	double		rows;
	double		memory_mb;
	double		size;
	int64		batches;
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context;

	check_ctid(rel, options);
	if (options->after != NULL)
		start = (int64) ItemPointerGetBlockNumberNoCheck((ItemPointer) DatumGetPointer(*options->after)) + 1;
	blocks = RelationGetNumberOfBlocks(rel);
	if (blocks <= start)
		return;
	measure_blocks(rel, blocks, &rows, &memory_mb);
	blocks -= start;
	if (options->max_items == 0)
		options->max_items = bound_of_estimate(rows * blocks);
	size = fmin(options->budget_mb / memory_mb, blocks);
	if (rows > 0.0)
		size = fmin(size, options->max_items / rows);
	size = fmax(floor(size), 1.0);
	batches = (int64) ceil(blocks / size);

	context = AllocSetContextCreate(CurrentMemoryContext, "williams batches",
									ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(context);
	for (int64 i = 0, first = start; i < batches; i++)
	{
		int64		end = first + blocks / batches + (i < blocks % batches);

		CHECK_FOR_INTERRUPTS();
		put_batch(result, i + 1, psprintf("(%lld,0)", (long long) first),
				  psprintf("(%lld,%d)", (long long) end - 1, PG_UINT16_MAX),
				  (int64) (rint(rows * end) - rint(rows * first)),
				  memory_mb * (end - first));
		first = end;
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static bool
is_ctid_method(const char *method)
{
	if (strcmp(method, "ctid") == 0)
		return true;
	if (strcmp(method, "exact") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown method \"%s\"", method),
				 errhint("Valid methods are \"exact\" and \"ctid\".")));
	return false;
}

/* No weight is compared with anything, so the rows are not read for it. */
void
wl_default_without_budget(WlPlanOptions *options)
{
	if (options->max_items == 0)
		options->max_items = ITEMS_WITHOUT_BUDGET;
	if (options->item_mb == NULL && !options->by_ctid)
		options->item_mb = "0";
}

void
wl_read_plan_options(FunctionCallInfo fcinfo, int first, WlPlanOptions *options)
{
	memset(options, 0, sizeof(*options));
	options->budget_mb = get_float8_infinity();
	if (!PG_ARGISNULL(first))
	{
		options->budget_mb = PG_GETARG_FLOAT8(first);
		wl_check_megabytes(options->budget_mb, "available_memory_mb");
	}
	if (!PG_ARGISNULL(first + 1))
		options->item_mb = text_to_cstring(PG_GETARG_TEXT_PP(first + 1));
	if (!PG_ARGISNULL(first + 2))
		options->key_column = NameStr(*PG_GETARG_NAME(first + 2));
	if (!PG_ARGISNULL(first + 3))
		options->by_ctid = is_ctid_method(text_to_cstring(PG_GETARG_TEXT_PP(first + 3)));
	if (!PG_ARGISNULL(first + 4))
	{
		options->max_items = PG_GETARG_INT64(first + 4);
		wl_check_positive(options->max_items, "max_items");
	}
	options->strict = !PG_ARGISNULL(first + 5) && PG_GETARG_BOOL(first + 5);
	if (PG_ARGISNULL(first))
		wl_default_without_budget(options);
}

void
wl_begin_planned(WlPlanned *planned)
{
	planned->desc = CreateTemplateTupleDesc(N_PLANNED);
	TupleDescInitEntry(planned->desc, PLANNED_BATCH_NO, "batch_no", INT8OID, -1, 0);
	TupleDescInitEntry(planned->desc, PLANNED_LOWER_KEY, "lower_key", TEXTOID, -1, 0);
	TupleDescInitEntry(planned->desc, PLANNED_UPPER_KEY, "upper_key", TEXTOID, -1, 0);
	TupleDescInitEntry(planned->desc, PLANNED_ITEMS, "items", INT8OID, -1, 0);
	TupleDescInitEntry(planned->desc, PLANNED_MEMORY_MB, "memory_mb", FLOAT8OID, -1, 0);
	wl_finish_desc(planned->desc);
	planned->batches = tuplestore_begin_heap(false, false, work_mem);
}

void
wl_plan_relation(Relation rel, WlPlanOptions *options, const WlPlanned *result)
{
	if (options->by_ctid)
		plan_ctid(rel, options, result);
	else
		plan_exact(rel, options, result);
}

/* (batch_no, lower_key, upper_key, items, memory_mb) in the order of batch_no */
PG_FUNCTION_INFO_V1(wl_plan_table);
Datum
wl_plan_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	WlPlanOptions options;
	WlPlanned	result;
	Relation	rel;

	wl_check_not_null(PG_ARGISNULL(0), "relation");
	wl_read_plan_options(fcinfo, 1, &options);
	InitMaterializedSRF(fcinfo, 0);
	result.batches = info->setResult;
	result.desc = info->setDesc;
	rel = wl_open_relation(PG_GETARG_OID(0), false);
	wl_plan_relation(rel, &options, &result);
	relation_close(rel, NoLock);
	return (Datum) 0;
}
