/*
 * expression.c
 *		SQL expressions that users give as text, such as the size of an item or the
 *		throttle of a task, and the execution of queries built from them.
 *
 * The text is parsed with the grammar for PL/pgSQL expressions, and its tree becomes
 * part of the query's tree. It is never pasted into SQL, so nothing in it can end the
 * expression and begin something else. It runs with the current user's rights, like
 * the rest of the query: the executor checks both.
 *
 * Locks: those of any query, on the relations that an expression names.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/expression.h"
#include "base/space.h"

typedef struct ExpressionText
{
	const char *text;
	const char *what;
} ExpressionText;

/* Point an error's position into the expression, not into the user's query. */
static void
show_expression(void *arg)
{
	ExpressionText *e = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(e->text);
		errcontext("expression given as %s", e->what);
	}
	else
		errcontext("expression given as %s: %s", e->what, e->text);
}

/* PL/pgSQL's grammar accepts anything that may follow SELECT: only an expression may. */
static bool
is_expression_alone(const SelectStmt *s)
{
	ResTarget  *target;

	if (list_length(s->targetList) != 1 || s->distinctClause != NIL ||
		s->intoClause != NULL || s->fromClause != NIL || s->whereClause != NULL ||
		s->groupClause != NIL || s->havingClause != NULL || s->windowClause != NIL ||
		s->valuesLists != NIL || s->sortClause != NIL || s->limitOffset != NULL ||
		s->limitCount != NULL || s->lockingClause != NIL || s->withClause != NULL ||
		s->op != SETOP_NONE)
		return false;
	target = linitial_node(ResTarget, s->targetList);
	if (target->name != NULL || target->indirection != NIL)
		return false;
	return !(IsA(target->val, ColumnRef) &&
			 IsA(llast(((ColumnRef *) target->val)->fields), A_Star));
}

static Node *
parse_alone(const char *text, const char *what)
{
	List	   *statements;
	Node	   *statement;

	if (wl_is_blank(text, strlen(text)))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("%s must not be blank", what)));
	statements = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	statement = list_length(statements) == 1 ?
		linitial_node(RawStmt, statements)->stmt : NULL;
	if (statement == NULL || !IsA(statement, SelectStmt) ||
		!is_expression_alone((SelectStmt *) statement))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("%s must be one expression", what),
				 errhint("Put a query in parentheses.")));
	return linitial_node(ResTarget, ((SelectStmt *) statement)->targetList)->val;
}

/* Exactly one value per row: no aggregates, window or set-returning functions. */
static void
check_one_value(const ParseState *pstate, const char *what)
{
	if (pstate->p_hasAggs)
		ereport(ERROR,
				(errcode(ERRCODE_GROUPING_ERROR),
				 errmsg("aggregate functions are not allowed in %s", what)));
	if (pstate->p_hasWindowFuncs)
		ereport(ERROR,
				(errcode(ERRCODE_WINDOWING_ERROR),
				 errmsg("window functions are not allowed in %s", what)));
	if (pstate->p_hasTargetSRFs)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-returning functions are not allowed in %s", what)));
}

static Node *
coerce_expression(ParseState *pstate, Node *expr, const char *what, Oid type)
{
	Oid			from = exprType(expr);
	Node	   *result = coerce_to_target_type(pstate, expr, from, type, -1,
											   COERCION_ASSIGNMENT,
											   COERCE_IMPLICIT_CAST, -1);

	if (result == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be of type %s, not of type %s", what,
						format_type_be(type), format_type_be(from)),
				 errhint("Cast it.")));
	return result;
}

Node *
wl_parse_expression(ParseState *pstate, const char *text, const char *what, Oid type)
{
	const char *source = pstate->p_sourcetext;
	ErrorContextCallback callback;
	ExpressionText e;
	Node	   *expr;

	e.text = text;

	e.what = what;
	callback.callback = show_expression;
	callback.arg = &e;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	pstate->p_sourcetext = text;

	expr = transformExpr(pstate, parse_alone(text, what), EXPR_KIND_SELECT_TARGET);
	check_one_value(pstate, what);
	expr = coerce_expression(pstate, expr, what, type);
	assign_expr_collations(pstate, expr);
	pstate->p_sourcetext = source;
	error_context_stack = callback.previous;
	return expr;
}

Query *
wl_make_select(ParseState *pstate, List *targets, Node *quals)
{
	Query	   *query = makeNode(Query);

	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->rtable = pstate->p_rtable;
	wl_set_perminfos(query, pstate);
	query->jointree = makeFromExpr(pstate->p_joinlist, quals);
	query->targetList = targets;
	query->hasSubLinks = pstate->p_hasSubLinks;
	return query;
}

void
wl_execute(Query *query, const char *source, DestReceiver *dest, double *estimate)
{
	List	   *queries = pg_rewrite_query(query);
	PlannedStmt *plan;
	QueryDesc  *desc;

	if (list_length(queries) != 1)
		elog(ERROR, "a SELECT was rewritten to %d queries", list_length(queries));
	plan = wl_plan_query(linitial_node(Query, queries), source, CURSOR_OPT_PARALLEL_OK);
	if (estimate != NULL)
		*estimate = plan->planTree->plan_rows;
	desc = CreateQueryDesc(plan, source, GetActiveSnapshot(), InvalidSnapshot,
						   dest, NULL, NULL, 0);
	ExecutorStart(desc, 0);
	wl_executor_run(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
}

/*
 * Conditions: boolean expressions that use no table's columns
 */
static Query *
parse_condition(const char *expression, const char *what)
{
	ParseState *pstate = make_parsestate(NULL);
	Node	   *expr = wl_parse_expression(pstate, expression, what, BOOLOID);
	TargetEntry *target = makeTargetEntry((Expr *) expr, 1, NULL, false);
	Query	   *query = wl_make_select(pstate, list_make1(target), NULL);

	free_parsestate(pstate);
	return query;
}

void
wl_check_condition(const char *expression, const char *what)
{
	parse_condition(expression, what);
}

typedef struct ConditionReceiver
{
	DestReceiver pub;
	bool		value;
} ConditionReceiver;

static bool
receive_condition(TupleTableSlot *slot, DestReceiver *self)
{
	slot_getallattrs(slot);
	((ConditionReceiver *) self)->value = !slot->tts_isnull[0] &&
		DatumGetBool(slot->tts_values[0]);
	return true;
}

static void
ignore_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
ignore_end(DestReceiver *self)
{
}

void
wl_begin_receiver(DestReceiver *receiver,
				  bool (*receive) (TupleTableSlot *slot, DestReceiver *self))
{
	receiver->receiveSlot = receive;
	receiver->rStartup = ignore_startup;
	receiver->rShutdown = ignore_end;
	receiver->rDestroy = ignore_end;
	receiver->mydest = DestNone;
}

/* A condition is evaluated repeatedly, each time under a new snapshot. */
bool
wl_condition(const char *expression, const char *what)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "williams condition",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	ConditionReceiver receiver;

	receiver.value = false;
	wl_begin_receiver(&receiver.pub, receive_condition);
	PushActiveSnapshot(GetTransactionSnapshot());
	wl_execute(parse_condition(expression, what), expression, &receiver.pub, NULL);
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return receiver.value;
}
