/*
 * session.c
 *		Plans that are kept for a session, and settings for a while.
 *
 * No plan is ever thrown away: there are as many as there are queries in this
 * extension, and as many again for each name that its schema had meanwhile.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "session.h"

typedef struct KeptPlan
{
	char	   *query;
	SPIPlanPtr	plan;
} KeptPlan;

SPIPlanPtr
wl_kept_plan(const char *query, int nargs, const Oid *types)
{
	static List *kept = NIL;
	ListCell   *lc;
	KeptPlan   *new;
	SPIPlanPtr	plan;
	MemoryContext old;

	foreach(lc, kept)
		if (strcmp(((KeptPlan *) lfirst(lc))->query, query) == 0)
		return ((KeptPlan *) lfirst(lc))->plan;

	plan = SPI_prepare(query, nargs, (Oid *) types);
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

void
wl_set_local(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}
