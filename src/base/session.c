/*
 * session.c
 *		State that belongs to a session: the plans of the extension's own queries,
 *		a guard over the relations they name, and temporary settings.
 *
 * Plans are never freed: there is one per query text, and the schema's name is part
 * of the text. No locks are taken here.
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

	/* a generic plan: the arguments only say which batch or which profile */
	plan = SPI_prepare_cursor(query, nargs, (Oid *) types, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare a query of the extension: %s",
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
	const char *query;			/* NULL if the guard is off */
	const Oid  *relations;
	int			n;
}			guard;

static post_parse_analyze_hook_type next_hook;

/* Does the query use a relation that is not among the guard's? */
static bool
has_other_relation(Node *node, void *context)
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
		return query_tree_walker((Query *) node, has_other_relation, context, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, has_other_relation, context);
}

static void
check_relations(ParseState *pstate, Query *query, WL_JUMBLE_STATE * jstate)
{
	if (next_hook != NULL)
		next_hook(pstate, query, jstate);
	if (guard.query != NULL && pstate->p_sourcetext != NULL &&
		strcmp(pstate->p_sourcetext, guard.query) == 0 && has_other_relation((Node *) query, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the tables of extension \"williams\" were moved or dropped")));
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

int
wl_begin_settings(const WlSetting *settings, int n)
{
	int			level = NewGUCNestLevel();

	for (int i = 0; i < n; i++)
		wl_set_local(settings[i].name, settings[i].value);
	return level;
}

void
wl_end_settings(int level)
{
	AtEOXact_GUC(false, level);
}

void
wl_set_local(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
wl_set_for_transaction(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}
