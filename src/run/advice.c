/*
 * advice.c
 *		What a statement does with the bounds of a batch: warnings, and whether it
 *		processes whole ranges.
 *
 * These are the two mistakes that cost most and raise no error: a bound that is compared
 * by < or > loses a row of each batch, and a plan that filters by the bounds instead of
 * seeking them reads the whole table for each batch.
 *
 * Locks: those that planning takes.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "base/session.h"
#include "run/advice.h"
#include "run/bounding.h"
#include "run/reach.h"

/*
 * The statement's own bounds
 */

/* A query and those within it. */
typedef struct Level
{
	const WlStatement *statement;
	List	   *rtable;
} Level;

/* The key compared with a bound, as in "key strategy bound". */
typedef struct Comparison
{
	const		Var *column;
	const Param *bound;
	int			strategy;
} Comparison;

static Node *
without_relabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

static bool
is_bound(const Node *node)
{
	return node != NULL && IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN;
}

static bool
is_key(const Level *level, const Node *node)
{
	const		Var *var = (const Var *) node;
	RangeTblEntry *rte;
	char	   *name;

	if (node == NULL || !IsA(node, Var) || var->varlevelsup != 0)
		return false;
	rte = rt_fetch(var->varno, level->rtable);
	if (rte->rtekind != RTE_RELATION || !wl_is_within(rte->relid, level->statement->relation))
		return false;
	name = get_attname(rte->relid, var->varattno, true);
	return name != NULL && strcmp(name, NameStr(level->statement->key.column)) == 0;
}

static bool
is_comparison(const Level *level, const Node *node, Comparison *c)
{
	static const int commuted[] = {0, BTGreaterStrategyNumber, BTGreaterEqualStrategyNumber,
	BTEqualStrategyNumber, BTLessEqualStrategyNumber, BTLessStrategyNumber};
	Node	   *left;
	Node	   *right;

	if (!IsA(node, OpExpr) || list_length(((OpExpr *) node)->args) != 2)
		return false;
	c->strategy = get_op_opfamily_strategy(((OpExpr *) node)->opno,
										   wl_type_order(level->statement->key.type)->btree_opf);
	left = without_relabel(linitial(((OpExpr *) node)->args));
	right = without_relabel(lsecond(((OpExpr *) node)->args));
	if (is_bound(left))
	{
		Node	   *bound = left;

		left = right;
		right = bound;
		c->strategy = commuted[c->strategy];
	}
	c->column = (Var *) left;
	c->bound = (Param *) right;
	return c->strategy != 0 && is_key(level, left) && is_bound(right);
}

static bool
warn_exclusive(Node *node, void *context)
{
	Level	   *level = context;
	Comparison	c;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Level		inner = {level->statement, ((Query *) node)->rtable};

		return query_tree_walker((Query *) node, warn_exclusive, &inner, 0);
	}
	if (is_comparison(level, node, &c) &&
		((c.strategy == BTLessStrategyNumber && c.bound->paramid == LAST_KEY) ||
		 (c.strategy == BTGreaterStrategyNumber && c.bound->paramid == FIRST_KEY)))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("the statement leaves out the %s key of each batch",
						c.bound->paramid == FIRST_KEY ? "first" : "last"),
				 errdetail("It compares \"%s\" with $%d by %s. Both bounds are inclusive.",
						   NameStr(level->statement->key.column), c.bound->paramid,
						   c.bound->paramid == FIRST_KEY ? ">" : "<"),
				 errhint("Write WHERE %s BETWEEN $1 AND $2.", NameStr(level->statement->key.column))));
	return expression_tree_walker(node, warn_exclusive, context);
}

bool
wl_is_whole_range(const WlStatement *s)
{
	const Query *query = s->query;
	Level		level = {s, query->rtable};
	RangeTblEntry *target;
	Node	   *quals;
	ListCell   *lc;
	int			bounds = 0;

	if ((query->commandType != CMD_UPDATE && query->commandType != CMD_DELETE) ||
		!wl_has_own_bounds(s) || query->cteList != NIL || list_length(query->jointree->fromlist) != 1)
		return false;
	target = rt_fetch(query->resultRelation, query->rtable);
	quals = query->jointree->quals;
	if (target->relid != s->relation || !target->inh || !is_andclause(quals))
		return false;
	foreach(lc, ((BoolExpr *) quals)->args)
	{
		Comparison	c;

		if (!is_comparison(&level, lfirst(lc), &c))
			return false;
		bounds |= 1 << (c.bound->paramid == FIRST_KEY &&
						c.strategy >= BTGreaterEqualStrategyNumber ? FIRST_KEY :
						c.bound->paramid == LAST_KEY &&
						c.strategy <= BTLessEqualStrategyNumber ? LAST_KEY : 0);
	}
	return bounds == ((1 << FIRST_KEY) | (1 << LAST_KEY));
}

/*
 * The plan
 */

/* Where a plan uses the bounds. */
typedef struct Use
{
	bool		filter;			/* in the filter of a scan or a join */
	bool		seek;			/* in the condition of an index or TID scan */
} Use;

static bool
has_bound(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return is_bound(node) || expression_tree_walker(node, has_bound, context);
}

static bool
any_bound(List *conditions)
{
	return has_bound((Node *) conditions, NULL);
}

static List *
seek_conditions(const Plan * plan)
{
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return ((IndexScan *) plan)->indexqual;
		case T_IndexOnlyScan:
			return ((IndexOnlyScan *) plan)->indexqual;
		case T_BitmapIndexScan:
			return ((BitmapIndexScan *) plan)->indexqual;
		case T_TidScan:
			return ((TidScan *) plan)->tidquals;
		case T_TidRangeScan:
			return ((TidRangeScan *) plan)->tidrangequals;
		default:
			return NIL;
	}
}

/* The plans below a plan besides its left and right one. */
static List *
other_plans(const Plan * plan)
{
	switch (nodeTag(plan))
	{
		case T_Append:
			return ((Append *) plan)->appendplans;
		case T_MergeAppend:
			return ((MergeAppend *) plan)->mergeplans;
		case T_BitmapAnd:
			return ((BitmapAnd *) plan)->bitmapplans;
		case T_BitmapOr:
			return ((BitmapOr *) plan)->bitmapplans;
		case T_SubqueryScan:
			return list_make1(((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return ((CustomScan *) plan)->custom_plans;
		default:
			return NIL;
	}
}

static void
find_uses(const Plan * plan, Use *use)
{
	ListCell   *lc;

	if (plan == NULL)
		return;
	use->filter |= any_bound(plan->qual);
	use->seek |= any_bound(seek_conditions(plan));
	find_uses(plan->lefttree, use);
	find_uses(plan->righttree, use);
	foreach(lc, other_plans(plan))
		find_uses(lfirst(lc), use);
}

/* A foreign server or a custom scan finds the rows in its own way, unless it filters here. */
static void
warn_plan(SPIPlanPtr plan, const WlKey *key)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	Use			use = {false, false};
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, cached->stmt_list)
	{
		PlannedStmt *stmt = lfirst_node(PlannedStmt, lc);

		if (stmt->planTree != NULL)
			find_uses(stmt->planTree, &use);
		foreach(lc2, stmt->subplans)
			find_uses(lfirst(lc2), &use);
	}
	/* the plan is not saved, so no resource owner tracks it */
	ReleaseCachedPlan(cached, NULL);
	if (use.filter && !use.seek)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("the statement may read the whole table for each batch"),
				 errdetail("No index scan or TID scan of its plan has a condition on the bounds of the batch."),
				 errhint("Compare \"%s\" itself with the bounds, and give it an index. williams_preview shows the plan of a batch.",
						 NameStr(key->column))));
}

void
wl_advise(const WlStatement *s, SPIPlanPtr plan)
{
	/* an empty table may become large */
	static const WlSetting settings[] = {
		{"enable_seqscan", "off"}, {"enable_indexscan", "on"}, {"enable_indexonlyscan", "on"},
		{"enable_bitmapscan", "on"}, {"enable_tidscan", "on"}
	};
	Level		level = {s, NIL};
	int			guc_level = wl_begin_settings(settings, lengthof(settings));

	warn_exclusive((Node *) s->query, &level);
	warn_plan(plan, &s->key);
	wl_end_settings(guc_level);
}
