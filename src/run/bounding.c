/*
 * bounding.c
 *		Add the bounds of a batch to a statement that has none.
 *
 * The condition "key >= $1 AND key <= $2" becomes part of the query's tree before it is
 * rewritten, so views, rules, row-level security and partitions apply to it as if the
 * user had written it. No text is pasted, and the operators are the btree operators by
 * which the table was cut, by OID, whatever the search_path says.
 *
 * The rows of one reference to the relation are bounded:
 *
 *	UPDATE, DELETE		the target
 *	MERGE				the target, or else the source
 *	INSERT ... SELECT	that in the FROM clause of the SELECT itself
 *	SELECT				the same
 *
 * Other references, in a self-join or a subquery, are read as a whole.
 *
 * Invariant: over all batches, the statement meets each row of that reference once, as
 * it would without bounds. Whatever would make the result for a row depend on other rows
 * of the reference is refused (LIMIT, GROUP BY ...), and so is what would do something
 * in every batch that belongs to none of its rows (outer joins, a WITH query that
 * writes), or move rows between batches (SET of the key).
 *
 * Locks: those of parse analysis and of reach.c. The relation is open.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "catalog/heap.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "plan/key_scan.h"
#include "run/bounding.h"
#include "run/reach.h"

/* What is bounded. */
typedef struct Bounding
{
	Relation	rel;
	const WlKey *key;
	AttrNumber	column;			/* of the key */
} Bounding;

/*
 * The condition
 */

Param *
wl_bound_parameter(const WlKey *key, int no, int location)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = no;
	param->paramtype = key->type;
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(key->type);
	param->location = location;
	return param;
}

static const FormData_pg_attribute *
key_attribute(const Bounding *b)
{
	return b->column < 0 ? SystemAttributeDefinition(b->column) :
		TupleDescAttr(RelationGetDescr(b->rel), b->column - 1);
}

/* Bound the rows of a range table entry by a condition that is added to *quals. */
static void
add_bounds(const Bounding *b, Query *query, int rti, Node **quals)
{
	const FormData_pg_attribute *a = key_attribute(b);
	Expr	   *column = (Expr *) makeVar(rti, b->column, a->atttypid, a->atttypmod,
										  a->attcollation, 0);
	List	   *bounds = list_make2(wl_compare_key(b->key, column, BTGreaterEqualStrategyNumber,
												   (Expr *) wl_bound_parameter(b->key, FIRST_KEY, -1)),
									wl_compare_key(b->key, column, BTLessEqualStrategyNumber,
												   (Expr *) wl_bound_parameter(b->key, LAST_KEY, -1)));

	wl_require_select(query, rt_fetch(rti, query->rtable), b->column);
	*quals = (Node *) make_ands_explicit(list_concat(make_ands_implicit((Expr *) *quals), bounds));
}

/*
 * Where the query uses the relation
 */

static bool
is_relation(const Bounding *b, const RangeTblEntry * rte)
{
	return rte->rtekind == RTE_RELATION && rte->relid == RelationGetRelid(b->rel);
}

static bool
uses_relation(Node *node, void *bounding)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return is_relation(bounding, (RangeTblEntry *) node);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, uses_relation, bounding, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, uses_relation, bounding);
}

/* Can rows of the relation be written through another one? */
static bool
shares_rows(const Bounding *b, Oid relid)
{
	WlReach		target = {true};

	wl_reach_relation(relid, &target);
	return wl_reaches(&target, RelationGetRelid(b->rel));
}

/*
 * Does a statement that changes the relation pick rows by LIMIT of what it has already
 * changed?
 */
static const char *
refuse_limited_reading(const Bounding *b, Query *query)
{
	WlReach		others = {false};
	ListCell   *lc;

	foreach(lc, query->rtable)
		if (foreach_current_index(lc) != query->resultRelation - 1)
		wl_reach(lfirst(lc), &others);
	query_tree_walker(query, wl_reach, &others, 0);
	if (!others.limit || !wl_reaches(&others, RelationGetRelid(b->rel)))
		return NULL;
	return psprintf("It also reads \"%s\", and has LIMIT or OFFSET in a subquery: that would find other rows after each batch.",
					RelationGetRelationName(b->rel));
}

/* The references to the relation among the items of a FROM clause. */
typedef struct Found
{
	int			n;
	int			rti;			/* of the last one */
	bool		nullable;		/* is one on the nullable side of an outer
								 * join? */
} Found;

static void
find_in_from(const Bounding *b, const Query *query, Node *item, bool nullable, Found *found)
{
	if (IsA(item, RangeTblRef))
	{
		int			rti = ((RangeTblRef *) item)->rtindex;

		if (!is_relation(b, rt_fetch(rti, query->rtable)))
			return;
		found->n++;
		found->rti = rti;
		found->nullable |= nullable;
	}
	else if (IsA(item, FromExpr))
	{
		ListCell   *lc;

		foreach(lc, ((FromExpr *) item)->fromlist)
			find_in_from(b, query, lfirst(lc), nullable, found);
	}
	else
	{
		JoinExpr   *join = castNode(JoinExpr, item);

		find_in_from(b, query, join->larg,
					 nullable || join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL, found);
		find_in_from(b, query, join->rarg,
					 nullable || join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL, found);
	}
}

/*
 * SELECT, and the SELECT of an INSERT or a MERGE
 */

static const char *
refuse_select(const Query *query)
{
	ListCell   *lc;

	if (query->setOperations != NULL)
		return "It has UNION, INTERSECT or EXCEPT.";
	if (wl_has_limit(query))
		return "It has LIMIT or OFFSET, which each batch would apply to its own rows.";
	if (query->distinctClause != NIL)
		return "It has DISTINCT, which each batch would apply to its own rows.";
	if (query->groupClause != NIL || query->groupingSets != NIL || query->hasAggs ||
		query->havingQual != NULL)
		return "It has GROUP BY, HAVING or an aggregate function, which each batch would apply to its own rows.";
	if (query->hasWindowFuncs)
		return "It has a window function, which each batch would apply to its own rows.";
	foreach(lc, query->rowMarks)
		if (lfirst_node(RowMarkClause, lc)->waitPolicy == LockWaitSkip)
		return "It has SKIP LOCKED: rows that are locked when their batch runs would be left out.";
	return NULL;
}

static const char *
refuse_sample(const RangeTblEntry * rte)
{
	return rte->tablesample == NULL ? NULL : "It has TABLESAMPLE, which each batch would apply anew.";
}

static const char *
bound_select(const Bounding *b, Query *query)
{
	const char *reason = refuse_select(query);
	const char *name = RelationGetRelationName(b->rel);
	Found		found = {0};

	if (reason != NULL)
		return reason;
	find_in_from(b, query, (Node *) query->jointree, false, &found);
	if (found.n == 0)
		return uses_relation((Node *) query, (void *) b) ?
			psprintf("\"%s\" is in a subquery or a WITH query, not in the FROM clause itself.", name) :
			psprintf("\"%s\" is not in its FROM clause.", name);
	if (found.n > 1)
		return psprintf("\"%s\" is more than once in its FROM clause.", name);
	if (found.nullable)
		return psprintf("\"%s\" is on the nullable side of an outer join: each batch would return the rows of the other side.", name);
	reason = refuse_sample(rt_fetch(found.rti, query->rtable));
	if (reason == NULL)
		add_bounds(b, query, found.rti, &query->jointree->quals);
	return reason;
}

static const char *
bound_insert(const Bounding *b, Query *query)
{
	Node	   *from = query->jointree->fromlist == NIL ? NULL : linitial(query->jointree->fromlist);
	RangeTblEntry *rte;

	if (shares_rows(b, rt_fetch(query->resultRelation, query->rtable)->relid))
		return psprintf("It can insert rows into \"%s\", possibly into batches that have yet to run.",
						RelationGetRelationName(b->rel));
	if (from == NULL || !IsA(from, RangeTblRef))
		return "It has no SELECT.";
	rte = rt_fetch(((RangeTblRef *) from)->rtindex, query->rtable);
	return rte->rtekind == RTE_SUBQUERY ? bound_select(b, rte->subquery) : "It has no SELECT.";
}

/*
 * UPDATE and DELETE
 */

static const char *
refuse_key_change(const Bounding *b)
{
	return psprintf("It changes the key \"%s\": a row could move into a batch that has yet to run.",
					NameStr(b->key->column));
}

static const char *
bound_target(const Bounding *b, Query *query)
{
	RangeTblEntry *rte = rt_fetch(query->resultRelation, query->rtable);
	const char *reason;

	if (!is_relation(b, rte))
		return psprintf("It changes \"%s\", and the batches are those of \"%s\".",
						get_rel_name(rte->relid), RelationGetRelationName(b->rel));
	if (query->commandType == CMD_UPDATE && wl_sets_column(b->rel, query->targetList, b->column))
		return refuse_key_change(b);
	if (query->jointree->quals != NULL && IsA(query->jointree->quals, CurrentOfExpr))
		return "It has WHERE CURRENT OF.";
	reason = refuse_limited_reading(b, query);
	if (reason == NULL)
		add_bounds(b, query, query->resultRelation, &query->jointree->quals);
	return reason;
}

/*
 * MERGE
 */

/* A relation of a query that becomes a subquery. */
typedef struct Source
{
	int			rti;
	int			level;			/* of the query that is walked, below the
								 * relation's */
	const		Alias *columns; /* of the relation */
	List	   *targets;		/* of the subquery: what the query uses */
	List	   *names;
} Source;

/* The column of the subquery that is one of the relation, or its whole row. */
static AttrNumber
subquery_column(Source *source, const Var * var)
{
	AttrNumber	resno = list_length(source->targets) + 1;
	Var		   *column;
	char	   *name;
	ListCell   *lc;

	foreach(lc, source->targets)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);

		if (((Var *) target->expr)->varattno == var->varattno)
			return target->resno;
	}
	column = makeVar(1, var->varattno, var->vartype, var->vartypmod, var->varcollid, 0);
	if (var->varattno > 0)
		name = strVal(list_nth(source->columns->colnames, var->varattno - 1));
	else if (var->varattno == 0)
		name = "whole_row";
	else
		name = pstrdup(NameStr(SystemAttributeDefinition(var->varattno)->attname));
	source->targets = lappend(source->targets, makeTargetEntry((Expr *) column, resno, name, false));
	source->names = lappend(source->names, makeString(name));
	return resno;
}

static Node *
use_subquery(Node *node, void *context)
{
	Source	   *source = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == source->rti &&
		(int) ((Var *) node)->varlevelsup == source->level)
	{
		Var		   *var = copyObject((Var *) node);

		var->varattno = var->varattnosyn = subquery_column(source, var);
		return (Node *) var;
	}
	if (IsA(node, Query))
	{
		source->level++;
		node = (Node *) query_tree_mutator((Query *) node, use_subquery, source, 0);
		source->level--;
		return node;
	}
	return expression_tree_mutator(node, use_subquery, source);
}

/*
 * A condition in ON would not bound the source: rows outside the bounds would count as
 * not matched. So it becomes a subquery, as if it were a view.
 */
static const char *
bound_source(const Bounding *b, Query *query, int rti)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	Source		source = {rti, 0, rte->eref};
	Query	   *subquery = makeNode(Query);

	if (refuse_sample(rte) != NULL)
		return refuse_sample(rte);
	query_tree_mutator(query, use_subquery, &source, QTW_DONT_COPY_QUERY);
	rte = rt_fetch(rti, query->rtable);
	subquery->commandType = CMD_SELECT;
	subquery->canSetTag = true;
	subquery->rtable = list_make1(copyObject(rte));
	subquery->jointree = makeFromExpr(list_make1(makeNode(RangeTblRef)), NULL);
	linitial_node(RangeTblRef, subquery->jointree->fromlist)->rtindex = 1;
	subquery->targetList = source.targets;
	wl_move_into_subquery(query, rte, subquery);
	rte->alias = makeAlias(rte->eref->aliasname, NIL);
	rte->eref = makeAlias(rte->eref->aliasname, source.names);
	add_bounds(b, subquery, 1, &subquery->jointree->quals);
	return NULL;
}

static const char *
bound_merge_source(const Bounding *b, Query *query)
{
	Node	   *source = linitial(query->jointree->fromlist);
	RangeTblEntry *rte;
	Found		found = {0};
	ListCell   *lc;

	if (shares_rows(b, rt_fetch(query->resultRelation, query->rtable)->relid))
		return psprintf("It can change rows of \"%s\" through another relation.", RelationGetRelationName(b->rel));
	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (wl_by_source(action) && action->commandType != CMD_NOTHING)
			return "It has WHEN NOT MATCHED BY SOURCE: each batch would do that to the rows that match another batch.";
	}
	rte = IsA(source, RangeTblRef) ? rt_fetch(((RangeTblRef *) source)->rtindex, query->rtable) : NULL;
	if (rte != NULL && is_relation(b, rte))
		return bound_source(b, query, ((RangeTblRef *) source)->rtindex);
	if (rte != NULL && rte->rtekind == RTE_SUBQUERY)
		return bound_select(b, rte->subquery);
	find_in_from(b, query, source, false, &found);
	return psprintf(found.n > 0 ? "\"%s\" is part of a join in USING: make that a subquery." :
					"\"%s\" is neither its target nor its source.", RelationGetRelationName(b->rel));
}

static const char *
bound_merge(const Bounding *b, Query *query)
{
	const char *reason;
	ListCell   *lc;

	if (!is_relation(b, rt_fetch(query->resultRelation, query->rtable)))
		return bound_merge_source(b, query);
	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_INSERT)
			return "It inserts rows WHEN NOT MATCHED: each batch would insert those that match another batch.";
		if (wl_by_source(action) && action->commandType != CMD_NOTHING)
			return "It has WHEN NOT MATCHED BY SOURCE: each batch would do that to the rows of all others.";
		if (action->commandType == CMD_UPDATE && wl_sets_column(b->rel, action->targetList, b->column))
			return refuse_key_change(b);
	}
	reason = refuse_limited_reading(b, query);
	if (reason == NULL)
		add_bounds(b, query, query->resultRelation, wl_merge_condition(query));
	return reason;
}

const char *
wl_bound_query(Query *query, Relation rel, const WlKey *key)
{
	Bounding	b = {rel, key, get_attnum(RelationGetRelid(rel), NameStr(key->column))};

	if (b.column == InvalidAttrNumber)
		elog(ERROR, "column \"%s\" does not exist", NameStr(key->column));
	if (query->hasModifyingCTE)
		return "It changes data in a WITH query, which each batch would do.";
	switch (query->commandType)
	{
		case CMD_SELECT:
			return bound_select(&b, query);
		case CMD_INSERT:
			return bound_insert(&b, query);
		case CMD_MERGE:
			return bound_merge(&b, query);
		default:
			return bound_target(&b, query);
	}
}
