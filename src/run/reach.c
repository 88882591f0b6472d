/*
 * reach.c
 *		Which rows and columns a statement reaches through views, rules, inheritance and
 *		generated columns.
 *
 * Invariant: it may find too much, but misses nothing that the catalogs say. What
 * functions and triggers do is not known.
 *
 * Locks: ACCESS SHARE on the relations of views and rules, until the transaction ends.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_inherits.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteHandler.h"
#include "utils/rel.h"

#include "run/reach.h"

/*
 * Rows
 */

static bool
is_limit(const Node *limit)
{
	return limit != NULL && !(IsA(limit, Const) && ((const Const *) limit)->constisnull);
}

bool
wl_has_limit(const Query *query)
{
	return is_limit(query->limitCount) || is_limit(query->limitOffset);
}

/* The query of a view is the action of its rule ON SELECT. A materialized view has its own rows. */
void
wl_reach_relation(Oid relid, WlReach *reach)
{
	Relation	rel;
	RuleLock   *rules;

	if (list_member_oid(reach->relations, relid))
		return;
	reach->relations = lappend_oid(reach->relations, relid);
	rel = relation_open(relid, AccessShareLock);
	rules = rel->rd_rel->relkind == RELKIND_MATVIEW ? NULL : rel->rd_rules;
	for (int i = 0; rules != NULL && i < rules->numLocks; i++)
		if (reach->rules || rules->rules[i]->event == CMD_SELECT)
			wl_reach((Node *) rules->rules[i]->actions, reach);
	relation_close(rel, NoLock);
}

bool
wl_reach(Node *node, void *reach)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		/* the walker goes on to its subquery */
		if (((RangeTblEntry *) node)->rtekind == RTE_RELATION)
			wl_reach_relation(((RangeTblEntry *) node)->relid, reach);
		return false;
	}
	if (IsA(node, Query))
	{
		((WlReach *) reach)->limit |= wl_has_limit((Query *) node);
		return query_tree_walker((Query *) node, wl_reach, reach, QTW_EXAMINE_RTES_BEFORE);
	}
	return expression_tree_walker(node, wl_reach, reach);
}

bool
wl_is_within(Oid relid, Oid parent)
{
	return relid == parent ||
		(has_superclass(relid) && list_member_oid(find_all_inheritors(parent, NoLock, NULL), relid));
}

bool
wl_reaches(const WlReach *reach, Oid relid)
{
	WlReach		own = {false};
	ListCell   *lc;
	ListCell   *lc2;

	wl_reach_relation(relid, &own);
	foreach(lc, own.relations)
		foreach(lc2, reach->relations)
		if (wl_is_within(lfirst_oid(lc), lfirst_oid(lc2)) || wl_is_within(lfirst_oid(lc2), lfirst_oid(lc)))
		return true;
	return false;
}

/*
 * Columns, as lists of their numbers
 */

static List *
add_columns(List *columns, Node *expr, int rti)
{
	ListCell   *lc;

	foreach(lc, pull_vars_of_level(expr, 0))
		if (lfirst_node(Var, lc)->varno == rti)
		columns = lappend_int(columns, lfirst_node(Var, lc)->varattno);
	return columns;
}

static List *
add_generating(Relation rel, List *columns)
{
	List	   *all = list_copy(columns);
	ListCell   *lc;

	foreach(lc, columns)
		if (lfirst_int(lc) > 0 && TupleDescAttr(RelationGetDescr(rel), lfirst_int(lc) - 1)->attgenerated != '\0')
		all = add_columns(all, build_column_default(rel, lfirst_int(lc)), 1);
	return all;
}

/* The relation that an updatable view is over, or 0. A trigger or a rule may update others. */
static int
below_view(const Query *view)
{
	Node	   *from = list_length(view->jointree->fromlist) == 1 ? linitial(view->jointree->fromlist) : NULL;
	int			rti = from != NULL && IsA(from, RangeTblRef) ? ((RangeTblRef *) from)->rtindex : 0;

	return rti != 0 && rt_fetch(rti, view->rtable)->rtekind == RTE_RELATION ? rti : 0;
}

/* The columns of that relation of which columns of the view are made. */
static List *
columns_below(const Query *view, int rti, List *columns)
{
	List	   *below = NIL;
	ListCell   *lc;

	foreach(lc, columns)
		below = add_columns(below, (Node *) get_tle_by_resno(view->targetList, lfirst_int(lc))->expr, rti);
	return below;
}

/* Does a change of columns change one of the others? A whole row may be any of them. */
static bool
changes(Relation rel, List *changed, List *others)
{
	Query	   *view = rel->rd_rel->relkind == RELKIND_VIEW ? get_view_query(rel) : NULL;
	int			rti = view != NULL ? below_view(view) : 0;
	Relation	below;
	bool		result;

	others = add_generating(rel, others);
	if (list_member_int(changed, InvalidAttrNumber) || list_member_int(others, InvalidAttrNumber) ||
		list_intersection_int(changed, others) != NIL)
		return true;
	if (rti == 0)
		return false;
	below = relation_open(rt_fetch(rti, view->rtable)->relid, AccessShareLock);
	result = changes(below, columns_below(view, rti, changed), columns_below(view, rti, others));
	relation_close(below, NoLock);
	return result;
}

bool
wl_sets_column(Relation rel, const List *targets, AttrNumber column)
{
	List	   *changed = NIL;
	ListCell   *lc;

	foreach(lc, targets)
		if (!lfirst_node(TargetEntry, lc)->resjunk)
		changed = lappend_int(changed, lfirst_node(TargetEntry, lc)->resno);
	return changes(rel, changed, list_make1_int(column));
}
