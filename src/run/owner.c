/*
 * owner.c
 *		Execute a task's statement and expressions with the rights of its owner.
 *
 * 1. The work runs under SECURITY_LOCAL_USERID_CHANGE: nothing in a statement, in an
 *	  expression or in the functions that they call can set another role, even in the
 *	  session of a superuser who took the owner's role.
 * 2. It runs in a subtransaction, so that it leaves nothing behind if it fails.
 * 3. It leaves nothing to the commit, which has the session's own rights.
 * 4. Settings that it makes end with it: a session that took the owner's role goes on
 *	  with another role, which must not inherit the owner's search_path.
 * 5. It cannot use tasks itself.
 *
 * Locks: none of its own. The time limit covers waits for locks.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

#include "base/rights.h"
#include "base/session.h"
#include "base/space.h"
#include "run/deferred.h"
#include "run/owner.h"
#include "run/settings.h"

/* Is work being done? */
static bool working = false;

/* Was a cancel raised since wl_watch_cancel? */
static bool cancelled = false;

static TimeoutId time_limit = MAX_TIMEOUTS;
static volatile sig_atomic_t time_limit_hit = false;

/* Was the work waiting for a lock when the limit struck? */
static volatile sig_atomic_t waited_for_lock = false;

/* Take the rights, the search_path and the settings of a task; pg_temp comes last unless it is named. */
static void
begin_as_owner(const WlTask *task, WlRights *saved)
{
	const char *path = task->search_path;
	char	   *first = task->search_path;

	wl_begin_rights(saved, task->id.owner, SECURITY_LOCAL_USERID_CHANGE);
	/* temporary tables of another role must not shadow the owner's */
	if (GetAuthenticatedUserId() != task->id.owner)
	{
		wl_skip_space(&first);
		path = psprintf("%s%spg_temp", path, *first == '\0' ? "" : ", ");
	}
	wl_set_local("search_path", path);
	wl_apply_settings(task->settings);
}

static void
time_limit_handler(void)
{
	time_limit_hit = true;
	waited_for_lock = MyProc->waitLock != NULL;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

void
wl_set_time_limit(int ms)
{
	if (ms <= 0)
		return;
	if (time_limit == MAX_TIMEOUTS)
		time_limit = RegisterTimeout(USER_TIMEOUT, time_limit_handler);
	enable_timeout_after(time_limit, ms);
}

/* The timer may fire just after the statement ends: consume that cancel. */
void
wl_end_time_limit(void)
{
	if (time_limit != MAX_TIMEOUTS)
		disable_timeout(time_limit, false);
	if (time_limit_hit)
		CHECK_FOR_INTERRUPTS();
}

/* Was a cursor WITH HOLD created in this subtransaction? The commit executes its query. */
static bool
cursor_held(void)
{
	if (SPI_execute("SELECT name FROM pg_catalog.pg_cursor() WHERE is_holdable", false, 0) < 0)
		elog(ERROR, "could not read the cursors");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Portal		portal = SPI_cursor_find(SPI_getvalue(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, ONLY_COLUMN));

		if (portal != NULL && portal->createSubid == GetCurrentSubTransactionId())
			return true;
	}
	return false;
}

/*
 * Whatever is left to the commit would run once the session has its own rights back,
 * and could take those that it authenticated with. Refuse it unless these are the
 * owner's.
 */
static void
refuse_leftovers(const WlTask *task)
{
	const char *what = NULL;

	if (GetAuthenticatedUserId() == task->id.owner)
		return;
	if (wl_deferred_pending())
		what = "a trigger was deferred until the commit";
	else if (cursor_held())
		what = "a cursor WITH HOLD was left open until the commit";
	if (what != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("%s", what),
				 errdetail("It would run with the rights of the session, not with those of the task's owner."),
				 errhint("Run the task in a session of its owner.")));
}

/*
 * Called for each error as it is raised: an exception handler, or the language of a
 * function, may raise another error in its place.
 */
static void
note_cancel(void *arg)
{
	MemoryContext old;
	ErrorData  *error;

	if (geterrcode() != ERRCODE_QUERY_CANCELED)
		return;
	old = MemoryContextSwitchTo(arg);
	error = CopyErrorData();
	if (error->funcname != NULL && strcmp(error->funcname, "ProcessInterrupts") == 0)
		cancelled = true;
	FreeErrorData(error);
	MemoryContextSwitchTo(old);
}

void
wl_watch_cancel(ErrorContextCallback *watch)
{
	cancelled = false;
	watch->callback = note_cancel;
	watch->arg = CurrentMemoryContext;
	watch->previous = error_context_stack;
	error_context_stack = watch;
}

void
wl_end_watch(const ErrorContextCallback *watch)
{
	error_context_stack = watch->previous;
}

bool
wl_was_cancelled(void)
{
	return cancelled;
}

/*
 * Name the limit in its error. A wait for a lock gets the SQLSTATE of lock_timeout,
 * because the lock may be free the next time.
 */
static void
explain_time_limit(ErrorData *error, int ms)
{
	error->message = psprintf("canceling statement due to time_limit_ms = %d%s", ms,
							  waited_for_lock ? " while waiting for a lock" : "");
	if (waited_for_lock)
		error->sqlerrcode = ERRCODE_LOCK_NOT_AVAILABLE;
}

ErrorData  *
wl_attempt(WlWork work, const WlTask *task, void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	working = true;
	time_limit_hit = false;
	waited_for_lock = false;
	PG_TRY();
	{
		WlRights	saved;
		ErrorContextCallback watch;

		wl_watch_cancel(&watch);
		begin_as_owner(task, &saved);
		work(task, arg);
		refuse_leftovers(task);
		wl_end_rights(&saved);
		ReleaseCurrentSubTransaction();
		wl_end_watch(&watch);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (time_limit != MAX_TIMEOUTS)
			disable_timeout(time_limit, false);
		/* the limit struck, but the statement failed before it was noticed */
		if (time_limit_hit)
			QueryCancelPending = false;
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	working = false;
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (error != NULL && cancelled && !time_limit_hit)
		ReThrowError(error);
	if (error != NULL && cancelled && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		explain_time_limit(error, task->time_limit_ms);
	return error;
}

void
wl_check_not_working(void)
{
	if (working)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("the statement of a task cannot use tasks")));
}
