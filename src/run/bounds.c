/*
 * bounds.c
 *		The keys between which a batch lies: as values of its table, and cut in two.
 *
 * 1. Bounds mean what they meant when the task was planned: the key has the same
 *	  order and, with method ctid, the table has the same file. Both are checked each
 *	  time that bounds are read.
 * 2. The halves of a batch cover all that it covered. A key that arrives between the
 *	  last key of the lower half and the first key of the upper half belongs to the
 *	  lower one, whose below_key says so.
 *
 * Locks: the table in ACCESS SHARE mode, until the end of the transaction.
 */
#include "postgres.h"

#include "access/relation.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "plan/plan.h"
#include "run/bounds.h"
#include "run/owner.h"

Relation
wl_open_task_table(const WlTask *task, WlKey *key)
{
	Relation	rel = wl_open_relation(task->relation, true);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the table of task \"%s\" no longer exists", NameStr(task->id.name))));
	if (task->by_ctid)
		wl_check_blocks(rel);
	if (task->by_ctid && rel->rd_rel->relfilenode != task->filenode)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has been rewritten since task \"%s\" was planned",
						RelationGetRelationName(rel), NameStr(task->id.name)),
				 errdetail("Its rows are no longer in the blocks that bound the batches."),
				 errhint("Drop the task and create it again.")));
	wl_find_key(rel, task->by_ctid ? NULL : task->key_column, task->by_ctid, key);
	if (strcmp(wl_key_order(key), task->key_order) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the order of column \"%s\" has changed since task \"%s\" was planned",
						NameStr(key->column), NameStr(task->id.name)),
				 errdetail("It was %s and is now %s: the bounds of a batch enclose different rows.",
						   task->key_order, wl_key_order(key)),
				 errhint("Drop the task and create it again.")));
	return rel;
}

static void
read_range(const WlKey *key, const WlBounds *bounds, WlRange *range)
{
	char	   *texts[] = {bounds->lower, bounds->below ? bounds->below : bounds->upper};
	Datum		values[2];

	wl_key_values(key, texts, values, 2);
	range->lower = values[0];
	range->upper = values[1];
	range->lower_end = END_INCLUSIVE;
	range->upper_end = bounds->below ? END_EXCLUSIVE : END_INCLUSIVE;
}

/*
 * If the upper end of the range is exclusive, look up the last key below it. If the
 * range holds no key now, the lower end serves for both: no row has it.
 */
void
wl_statement_bounds(Relation rel, const WlKey *key, const WlBounds *bounds, Datum values[2])
{
	WlRange		range;

	read_range(key, bounds, &range);
	values[0] = range.lower;
	values[1] = range.upper;
	if (range.upper_end == END_INCLUSIVE)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!wl_last_key(rel, key, &range, &values[1]))
		values[1] = range.lower;
	PopActiveSnapshot();
}

/* The time limit covers the wait for the table's lock. */
bool
wl_cut_batch(const WlTask *task, const WlBounds *bounds, WlParts *parts)
{
	WlKey		key;
	WlRange		range;
	Relation	rel;
	bool		divided;

	wl_set_time_limit(task->time_limit_ms);
	rel = wl_open_task_table(task, &key);
	wl_end_time_limit();
	PushActiveSnapshot(GetTransactionSnapshot());
	read_range(&key, bounds, &range);
	divided = wl_cut_range(rel, &key, task->item_mb, &range, &parts->cut);
	PopActiveSnapshot();
	relation_close(rel, NoLock);
	if (divided)
	{
		Datum		values[] = {parts->cut.last, parts->cut.first};
		char	   *texts[2];

		wl_key_texts(&key, values, texts, 2);
		parts->lower_last = texts[0];
		parts->upper_first = texts[1];
	}
	return divided;
}
