/*
 * williams.c
 *		The library itself: its magic block, its version and its settings.
 *
 * The hooks that are installed here are explained in base/session.h and run/statement.h.
 * Locks: none.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/compat.h"
#include "base/session.h"
#include "run/run.h"
#include "run/statement.h"

WL_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	DefineCustomIntVariable("williams.max_workers",
							"Maximum number of background workers that run tasks in each database.",
							"Workers count against max_worker_processes.",
							&wl_max_workers, 4, 0, 1024, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	MarkGUCPrefixReserved("williams");
	wl_init_guard();
	wl_init_statements();
}

/* The version of the loaded library, which supports every released version of the SQL objects. */
PG_FUNCTION_INFO_V1(wl_version);
Datum
wl_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(WILLIAMS_VERSION));
}
