/*
 * session.c
 *		Plans that are kept for a session, a guard of the names in them, and settings
 *		for a while.
 *
 * No plan is ever thrown away: there are as many as there are queries in this
 * extension, and as many again for each name that its schema had meanwhile.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/session.h"

typedef struct KeptPlan
{
	char	   *query;
	SPIPlanPtr	plan;
} KeptPlan;

static SPIPlanPtr
kept_plan(const char *query, int nargs, const Oid *types)
{
	static List *kept = NIL;
	ListCell   *lc;
	KeptPlan   *new;
	SPIPlanPtr	plan;
	MemoryContext old;

	foreach(lc, kept)
		if (strcmp(((KeptPlan *) lfirst(lc))->query, query) == 0)
		return ((KeptPlan *) lfirst(lc))->plan;

	/* one plan serves all values: which batch it is, which profile */
	plan = SPI_prepare_cursor(query, nargs, (Oid *) types, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "a query of the extension cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	old = MemoryContextSwitchTo(TopMemoryContext);
	new = palloc(sizeof(KeptPlan));
	new->query = pstrdup(query);
	new->plan = plan;
	kept = lappend(kept, new);
	MemoryContextSwitchTo(old);
	return plan;
}

static struct
{
	const char *query;			/* NULL: there is no guard */
	const Oid  *relations;
	int			n;
}			guard;

static post_parse_analyze_hook_type next_hook;

/* Does a query have a relation that the guard does not know? */
static bool
has_stranger(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;
		bool		known = rte->rtekind != RTE_RELATION;

		for (int i = 0; i < guard.n && !known; i++)
			known = rte->relid == guard.relations[i];
		return !known;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, has_stranger, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, has_stranger, context);
}

static void
check_relations(ParseState *pstate, Query *query, WL_JUMBLE_STATE * jstate)
{
	if (next_hook != NULL)
		next_hook(pstate, query, jstate);
	if (guard.query != NULL && pstate->p_sourcetext != NULL &&
		strcmp(pstate->p_sourcetext, guard.query) == 0 && has_stranger((Node *) query, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the tables of the extension williams are not where they were")));
}

void
wl_init_guard(void)
{
	next_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = check_relations;
}

int
wl_execute_kept(const char *query, int nargs, const Oid *types, const Datum *values,
				const char *nulls, bool read_only, const Oid *relations, int nrelations)
{
	int			rc = 0;

	guard.query = query;
	guard.relations = relations;
	guard.n = nrelations;
	PG_TRY();
	{
		rc = SPI_execute_plan(kept_plan(query, nargs, types), (Datum *) values, nulls, read_only, 0);
	}
	PG_FINALLY();
	{
		guard.query = NULL;
	}
	PG_END_TRY();
	return rc;
}

void
wl_set_local(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}
