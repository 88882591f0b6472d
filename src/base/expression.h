/*
 * expression.h
 *		SQL expressions that users give as text, and the queries built from them.
 */
#ifndef WL_EXPRESSION_H
#define WL_EXPRESSION_H

#include "executor/tuptable.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "tcop/dest.h"

/*
 * Parse text as an expression of the given type over the relations in pstate. what
 * is the argument's name in error messages.
 */
extern Node *wl_parse_expression(ParseState *pstate, const char *text,
								 const char *what, Oid type);

/* Initialize a receiver that only handles rows. */
extern void wl_begin_receiver(DestReceiver *receiver,
							  bool (*receive) (TupleTableSlot *slot, DestReceiver *self));

/* Make a SELECT of targets from the relations in pstate; the caller may add to it. */
extern Query *wl_make_select(ParseState *pstate, List *targets, Node *quals);

/*
 * Execute a query as the current user under the active snapshot. source is the text
 * that logs and parallel workers show. estimate, which may be NULL, is set to the
 * planner's row estimate before the first row is received.
 */
extern void wl_execute(Query *query, const char *source, DestReceiver *dest,
					   double *estimate);

/*
 * Evaluate a boolean SQL expression without relations, as the current user and under
 * the current search_path. NULL counts as false. what is the argument's name in
 * error messages.
 */
extern bool wl_condition(const char *expression, const char *what);

/* Check such an expression without evaluating it. */
extern void wl_check_condition(const char *expression, const char *what);

#endif							/* WL_EXPRESSION_H */
