/*
 * statement.c
 *		What the statement of a task may be: one statement that takes the bounds of
 *		a batch and, for block ranges, writes nowhere near the table they are of.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "nodes/nodeFuncs.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "run/statement.h"

/* Which of $1 and $2 does a query use? A bit for each. */
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

/*
 * A task's statement, parsed and checked: one statement, which can be planned
 * and takes both bounds. Without them each batch would process the whole table.
 */
SPIPlanPtr
wl_prepare_statement(const char *statement, Oid key_type)
{
	Oid			types[2] = {key_type, key_type};
	SPIPlanPtr	plan = SPI_prepare(statement, 2, types);
	List	   *sources;
	ListCell   *lc;
	int			used = 0;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	sources = SPI_plan_get_plan_sources(plan);
	if (list_length(sources) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a task has one statement, not %d", list_length(sources)),
				 errhint("Put several into a function and SELECT it, or make a task for each.")));
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

/* Of the tables that a plan writes to, one whose rows are or can get into rel; or InvalidOid. */
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

/*
 * With method ctid a statement may not write to the table whose blocks bound the
 * batches: a row that it updates moves, perhaps to where it is met again.
 */
void
wl_check_no_write(SPIPlanPtr plan, Relation rel)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	ListCell   *lc;

	foreach(lc, cached->stmt_list)
	{
		Oid			target = written_into(lfirst_node(PlannedStmt, lc), rel);

		if (OidIsValid(target))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a task with method \"ctid\" cannot write to \"%s\", the table it is over",
							RelationGetRelationName(rel)),
					 target == RelationGetRelid(rel) ?
					 errdetail("An updated row moves, perhaps into a batch that is still to come.") :
					 errdetail("Rows written to \"%s\" can get there.", get_rel_name(target)),
					 errhint("Use method \"exact\".")));
	}
	/* a plan that is not kept has no resource owner */
	ReleaseCachedPlan(cached, NULL);
}
