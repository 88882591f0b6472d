/*
 * williams.c
 *		The library itself: its magic block and its version.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"

WL_MODULE_MAGIC;

/* The version of the loaded library, which serves every released SQL version. */
PG_FUNCTION_INFO_V1(wl_version);
Datum
wl_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(WILLIAMS_VERSION));
}
