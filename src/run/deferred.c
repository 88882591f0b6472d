/*
 * deferred.c
 *		Deferred triggers and constraints, which must fire as part of their batch.
 *
 * 1. What a batch's statement defers is fired at the end of the statement, in the
 *	  same subtransaction and with the same rights: SET CONSTRAINTS ALL IMMEDIATE.
 * 2. That command holds until the end of the transaction. The next batch in the same
 *	  transaction restores each constraint's initial mode first.
 * 3. Nothing is pending when the first batch of a transaction begins. Otherwise it
 *	  would be fired with that batch: see wl_refuse_deferred.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"

#include "run/deferred.h"
#include "run/store.h"

/* The transaction in which a batch made deferred constraints immediate. */
static TransactionId immediate_in = InvalidTransactionId;

static void
set_constraints(const char *command)
{
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "SET CONSTRAINTS failed: %s", SPI_result_code_string(SPI_result));
}

/* Restore each constraint's initial mode, unless its qualified name is ambiguous. */
static void
reset_constraints(void)
{
	char	   *names;

	set_constraints("SET CONSTRAINTS ALL DEFERRED");
	if (SPI_execute("SELECT pg_catalog.string_agg(name, ', '::pg_catalog.text) FROM"
					" (SELECT pg_catalog.format('%I.%I'::pg_catalog.text, nspname, conname) AS name"
					" FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_namespace n"
					" ON n.oid" EQ "connamespace WHERE condeferrable"
					" AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text)"
					" GROUP BY nspname, conname HAVING NOT pg_catalog.bool_or(condeferred)) c",
					false, 0) < 0)
		elog(ERROR, "could not read the deferrable constraints");
	names = wl_text_or_null(ONLY_COLUMN);
	if (names != NULL)
		set_constraints(psprintf("SET CONSTRAINTS %s IMMEDIATE", names));
}

void
wl_begin_deferring(void)
{
	if (immediate_in == GetTopTransactionId())
		reset_constraints();
}

void
wl_fire_deferred(void)
{
	set_constraints("SET CONSTRAINTS ALL IMMEDIATE");
	immediate_in = GetTopTransactionId();
}

/* The catalogue as this transaction sees it: tables that it created are included. */
bool
wl_deferred_pending(void)
{
	if (SPI_execute("SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE tgdeferrable",
					false, 0) < 0)
		elog(ERROR, "could not read the deferrable triggers");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
														   ONLY_COLUMN, &isnull));

		if (AfterTriggerPendingOnRel(relid))
			return true;
	}
	return false;
}

/*
 * What the transaction deferred earlier would fire with the batch: with the rights of
 * the task's owner, who may not be the role that deferred it, and as a failure of the
 * batch if it fails. Triggers queued by an enclosing query on a table with deferrable
 * triggers cannot be told apart from these, so they are refused, too.
 */
void
wl_refuse_deferred(void)
{
	/* only a change queues a trigger */
	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	wl_connect();
	if (wl_deferred_pending())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("williams_run_batch cannot run while deferred triggers are pending"),
				 errdetail("They would fire as part of the batch."),
				 errhint("Commit first, or run SET CONSTRAINTS ALL IMMEDIATE. Do not call it inside a query that changes a table with deferrable triggers.")));
	wl_finish();
}
