/*
 * williams.c
 *		The library itself: its magic block, its version and its setting.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/compat.h"
#include "base/session.h"
#include "run/run.h"

WL_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	DefineCustomIntVariable("williams.max_workers",
							"Maximum number of background workers that run tasks in a database.",
							"Those of max_worker_processes that are free are the other limit.",
							&wl_max_workers, 4, 0, 1024, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	MarkGUCPrefixReserved("williams");
	wl_init_guard();
}

/* The version of the loaded library, which serves every released SQL version. */
PG_FUNCTION_INFO_V1(wl_version);
Datum
wl_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(WILLIAMS_VERSION));
}
