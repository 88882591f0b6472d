/*
 * verdict.c
 *		What an error says about the batch that failed with it.
 *
 * The class of the SQLSTATE, its first two characters, decides: see appendix A of
 * PostgreSQL's documentation. An error is taken to be passing or a row's fault only
 * if its class is listed here. Any other stops the task, so that an unknown error
 * costs one execution and not one for each row.
 */
#include "postgres.h"

#include "run/execute.h"
#include "run/verdict.h"

/* transaction rollback, resources */
static const char *const passing_classes = "40 53";

/*
 * cardinality, data, constraints, routines of other languages, check option,
 * limits (a text too long for a tsvector, a key too long for its index), RAISE
 */
static const char *const data_classes = "21 22 23 38 44 54 P0";

/*
 * Was another server lost, or the connection to it? Had this server been shut down,
 * the session would have ended. Extensions that talk to other servers report much
 * else of that as an internal error.
 */
static bool
is_server_lost(const ErrorData *error, const char *class)
{
	switch (error->sqlerrcode)
	{
		case ERRCODE_ADMIN_SHUTDOWN:
		case ERRCODE_CRASH_SHUTDOWN:
		case ERRCODE_CANNOT_CONNECT_NOW:
			return true;
		case ERRCODE_INTERNAL_ERROR:
			return wl_used_other_server();
		default:
			return strcmp(class, "08") == 0;
	}
}

/* Did a policy refuse a row? Missing rights have the same SQLSTATE. */
static bool
is_row_refused(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE &&
		error->funcname != NULL && strcmp(error->funcname, "ExecWithCheckOptions") == 0;
}

WlVerdict
wl_judge(const ErrorData *error, bool executed)
{
	char		class[3] = {0};

	memcpy(class, unpack_sql_state(error->sqlerrcode), 2);

	/*
	 * a time limit, ours or a foreign server's: wl_attempt rethrows all
	 * others
	 */
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		return executed ? VERDICT_SPLIT : VERDICT_RETRY;
	if (is_server_lost(error, class))
		return VERDICT_LOST;
	if (strstr(passing_classes, class) != NULL || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return VERDICT_RETRY;
	if (executed && (strstr(data_classes, class) != NULL || is_row_refused(error)))
		return VERDICT_SPLIT;
	return VERDICT_STOP;
}
