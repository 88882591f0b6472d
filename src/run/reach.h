/*
 * reach.h
 *		Which rows and columns a statement reaches through views, rules, inheritance and
 *		generated columns.
 */
#ifndef WL_REACH_H
#define WL_REACH_H

#include "nodes/parsenodes.h"
#include "utils/relcache.h"

/* What a query, or a part of it, refers to, also in subqueries and through views. */
typedef struct WlReach
{
	bool		rules;			/* follow rules that write, too? */
	List	   *relations;		/* OIDs */
	bool		limit;			/* LIMIT or OFFSET in a query? */
} WlReach;

/* Add what a node refers to; a tree walker, so it returns false. reach is a WlReach. */
extern bool wl_reach(Node *node, void *reach);

/* Add a relation and what it refers to. */
extern void wl_reach_relation(Oid relid, WlReach *reach);

/* Can one of these relations show or change rows that relid shows? */
extern bool wl_reaches(const WlReach *reach, Oid relid);

/* Is a relation the other one, or an inheritance child or partition of it? */
extern bool wl_is_within(Oid relid, Oid parent);

/* Has a query LIMIT or OFFSET? LIMIT ALL is none. */
extern bool wl_has_limit(const Query *query);

/* Does SET of these targets change the value of a column? */
extern bool wl_sets_column(Relation rel, const List *targets, AttrNumber column);

#endif							/* WL_REACH_H */
