/*
 * expression.h
 *		SQL expressions that a user gives as text, and queries that are built of
 *		nodes: neither is ever pasted into SQL.
 */
#ifndef WL_EXPRESSION_H
#define WL_EXPRESSION_H

#include "executor/tuptable.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "tcop/dest.h"

/*
 * text as an expression of a type, over the relations that pstate knows. what
 * names the argument in errors.
 */
extern Node *wl_parse_expression(ParseState *pstate, const char *text,
								 const char *what, Oid type);

/* A receiver of rows that needs to be told of nothing else. */
extern void wl_begin_receiver(DestReceiver *receiver,
							  bool (*receive) (TupleTableSlot *slot, DestReceiver *self));

/* A SELECT of targets from what pstate knows; the caller may add to it. */
extern Query *wl_make_select(ParseState *pstate, List *targets, Node *quals);

/*
 * Execute it as the current user under the active snapshot. estimate receives
 * the planner's rows before the first one; it may be NULL. source is what logs
 * and parallel workers show.
 */
extern void wl_execute(Query *query, const char *source, DestReceiver *dest,
					   double *estimate);

/*
 * The value of one boolean SQL expression that stands by itself, as the current
 * user, under the search_path in force; NULL is false. what names it in errors.
 */
extern bool wl_condition(const char *expression, const char *what);

/* wl_condition's checks without the value */
extern void wl_check_condition(const char *expression, const char *what);

#endif							/* WL_EXPRESSION_H */
