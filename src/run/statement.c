/*
 * statement.c
 *		Check the statement of a task, and prepare it with the bounds of a batch.
 *
 * 1. It is one SQL statement that can be planned.
 * 2. It uses both bounds of a batch, $1 and $2, and then is executed as it was given; or
 *	  neither, and then the bounds are added (bounding.c).
 * 3. The bounds are added whenever PostgreSQL analyzes the statement, also when a plan
 *	  that is kept becomes invalid: the plan has a hook that prepares the parser, and a
 *	  hook after parse analysis knows by this which queries are ours.
 * 4. With method ctid it does not write to the task's table, nor to one from which
 *	  rows can get there.
 *
 * Locks: those that parsing and planning take.
 */
#include "postgres.h"

#include "access/relation.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "run/bounding.h"
#include "run/reach.h"
#include "run/statement.h"

static post_parse_analyze_hook_type next_hook;

pg_noreturn static void
refuse_unbounded(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot add the bounds of a batch to the statement"),
			 errdetail_internal("%s", reason),
			 errhint("If each batch is to do that on its own, write the bounds yourself: $1 and $2 are the first and the last key of a batch, both inclusive.")));
}

/* A parameter of the statement's own. NULL is the parser's error. */
static Node *
own_parameter(ParseState *pstate, ParamRef * ref)
{
	WlStatement *s = pstate->p_ref_hook_state;

	if (ref->number != FIRST_KEY && ref->number != LAST_KEY)
		return NULL;
	s->used |= 1 << ref->number;
	return (Node *) wl_bound_parameter(&s->key, ref->number, ref->location);
}

static void
prepare_parser(ParseState *pstate, void *arg)
{
	WlStatement *s = arg;

	s->used = 0;
	s->query = NULL;
	s->refusal = NULL;
	pstate->p_ref_hook_state = s;
	pstate->p_paramref_hook = own_parameter;
}

/* Add the bounds to a query of ours; when it is prepared, leave the errors to the caller. */
static void
bound_analyzed(ParseState *pstate, Query *query, WL_JUMBLE_STATE * jstate)
{
	WlStatement *s = pstate->p_ref_hook_state;
	const char *refusal = NULL;

	if (next_hook != NULL)
		next_hook(pstate, query, jstate);
	if (pstate->p_paramref_hook != own_parameter)
		return;
	if (query->commandType != CMD_UTILITY && !wl_has_own_bounds(s))
	{
		Relation	rel = relation_open(s->relation, AccessShareLock);

		refusal = wl_bound_query(query, rel, &s->key);
		relation_close(rel, NoLock);
	}
	if (s->context != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(s->context);

		s->query = copyObject(query);
		s->refusal = refusal == NULL ? NULL : pstrdup(refusal);
		MemoryContextSwitchTo(old);
	}
	else if (refusal != NULL)
		refuse_unbounded(refusal);
}

void
wl_init_statements(void)
{
	next_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = bound_analyzed;
}

/* Without bounds each batch would process the whole table, with one of them most of it. */
static void
check_statement(const WlStatement *s, SPIPlanPtr plan)
{
	int			n = list_length(SPI_plan_get_plan_sources(plan));

	if (n != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a task needs exactly one statement, not %d", n),
				 errhint("Put several statements into a function and call it with SELECT, or create a task for each.")));
	if (s->query == NULL)
		elog(ERROR, "the statement of a task was analyzed without the hook of extension \"williams\"");
	if (s->query->commandType == CMD_UTILITY)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s cannot be the statement of a task",
						GetCommandTagName(CreateCommandTag((Node *) s->query))),
				 errhint("Use SELECT, INSERT, UPDATE, DELETE or MERGE.")));
	if (wl_has_own_bounds(s) && s->used != ((1 << FIRST_KEY) | (1 << LAST_KEY)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the statement of a task must use both $1 and $2"),
				 errdetail("They are the first and the last key of a batch, both inclusive."),
				 errhint("Write WHERE key BETWEEN $1 AND $2, or use neither, so that this is added.")));
	if (s->refusal != NULL)
		refuse_unbounded(s->refusal);
}

SPIPlanPtr
wl_prepare_statement(WlStatement *s, const char *text, Relation rel, const WlKey *key)
{
	SPIPlanPtr	plan;

	memset(s, 0, sizeof(*s));
	s->relation = RelationGetRelid(rel);
	s->key = *key;
	s->context = CurrentMemoryContext;
	plan = SPI_prepare_params(text, prepare_parser, s, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_params failed: %s", SPI_result_code_string(SPI_result));
	s->context = NULL;
	check_statement(s, plan);
	return plan;
}

ParamListInfo
wl_bound_params(const WlKey *key, const Datum bounds[2])
{
	ParamListInfo params = makeParamList(LAST_KEY);

	for (int i = 0; i < params->numParams; i++)
	{
		params->params[i].value = bounds[i];
		params->params[i].isnull = false;
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = key->type;
	}
	return params;
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
	foreach(lc, targets)
		if (wl_is_within(relid, lfirst_oid(lc)))
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
