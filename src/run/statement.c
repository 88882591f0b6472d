/*
 * statement.c
 *		Check the statement of a task.
 *
 * 1. It is one SQL statement that can be planned and that uses both bounds of a batch.
 * 2. With method ctid it does not write to the task's table, nor to one from which
 *	  rows can get there.
 *
 * Locks: those that parsing and planning take.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "nodes/nodeFuncs.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "run/statement.h"

/* Find the parameters that a query uses, and set a bit for each in *used. */
static bool
find_bounds(Node *node, void *used)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_bounds, used, 0);
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		*(int *) used |= 1 << ((Param *) node)->paramid;
	return expression_tree_walker(node, find_bounds, used);
}

/* Without both bounds each batch would process the whole table or most of it. */
SPIPlanPtr
wl_prepare_statement(const char *statement, Oid key_type)
{
	Oid			types[2] = {key_type, key_type};
	SPIPlanPtr	plan = SPI_prepare_cursor(statement, 2, types, CURSOR_OPT_PARALLEL_OK);
	List	   *sources;
	ListCell   *lc;
	int			used = 0;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	sources = SPI_plan_get_plan_sources(plan);
	if (list_length(sources) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a task needs exactly one statement, not %d", list_length(sources)),
				 errhint("Put several statements into a function and call it with SELECT, or create a task for each.")));
	foreach(lc, ((CachedPlanSource *) linitial(sources))->query_list)
	{
		Query	   *query = lfirst_node(Query, lc);

		if (query->commandType == CMD_UTILITY)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s cannot be the statement of a task",
							GetCommandTagName(CreateCommandTag((Node *) query))),
					 errhint("Use SELECT, INSERT, UPDATE, DELETE or MERGE.")));
		find_bounds((Node *) query, &used);
	}
	if (used != ((1 << 1) | (1 << 2)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the statement of a task must use both $1 and $2"),
				 errdetail("They are the first and the last key of a batch, both inclusive."),
				 errhint("Write WHERE key BETWEEN $1 AND $2.")));
	return plan;
}

/* A table that the plan writes to and that is rel or can route rows into it; or InvalidOid. */
static Oid
written_into(const PlannedStmt *stmt, Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	List	   *targets = wl_result_relids(stmt);
	ListCell   *lc;

	if (list_member_oid(targets, relid))
		return relid;
	if (has_superclass(relid))
		foreach(lc, targets)
			if (list_member_oid(find_all_inheritors(lfirst_oid(lc), NoLock, NULL), relid))
			return lfirst_oid(lc);
	return InvalidOid;
}

/* An updated row moves, possibly to a block where the statement meets it again. */
void
wl_check_no_write(SPIPlanPtr plan, Relation rel)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	ListCell   *lc;

	foreach(lc, cached->stmt_list)
	{
		Oid			target = written_into(lfirst_node(PlannedStmt, lc), rel);

		if (OidIsValid(target))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a task with method \"ctid\" cannot write to its own table \"%s\"",
							RelationGetRelationName(rel)),
					 target == RelationGetRelid(rel) ?
					 errdetail("An updated row moves, possibly into a batch that has yet to run.") :
					 errdetail("Rows that are written to \"%s\" can end up in it.", get_rel_name(target)),
					 errhint("Use method \"exact\".")));
	}
	ReleaseCachedPlan(cached, source->is_saved ? CurrentResourceOwner : NULL);
}
