/*
 * owner.c
 *		Work that is done with the rights of a task's owner.
 *
 * Under SECURITY_LOCAL_USERID_CHANGE, so that nothing in a statement, in an
 * expression or in what they call can set another role, even in the session of a
 * superuser who took the owner's role; in a subtransaction, of which nothing is
 * left where it fails; and so that nothing of it is left to the commit, which
 * has the session's own rights.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

#include "base/session.h"
#include "run/owner.h"

/* Work is being done: it cannot take batches itself. */
static bool working = false;

/* A cancel was raised since wl_watch_cancel. */
static bool cancelled = false;

static TimeoutId time_limit = MAX_TIMEOUTS;
static volatile sig_atomic_t time_limit_hit = false;

/* It was a lock that the work waited for when the limit struck. */
static volatile sig_atomic_t waited_for_lock = false;

/*
 * The rights and the search_path of a task, until end_as_owner or the end of the
 * (sub)transaction. What is set meanwhile ends with them: a session that took the
 * owner's role goes on with another, and must not find a search_path of the owner's.
 */
typedef struct AsOwner
{
	Oid			user;
	int			context;
	int			guc_level;
} AsOwner;

static void
begin_as_owner(const WlTask *task, AsOwner *saved)
{
	const char *path = task->search_path;

	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(task->id.owner, saved->context | SECURITY_LOCAL_USERID_CHANGE);
	saved->guc_level = NewGUCNestLevel();
	/* who is not the owner may have temporary tables: they come last */
	if (GetAuthenticatedUserId() != task->id.owner)
		path = psprintf("%s%spg_temp", path, path[strspn(path, " \t\n\r\f\v")] == '\0' ? "" : ", ");
	wl_set_local("search_path", path);
}

static void
end_as_owner(const AsOwner *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->context);
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

/* It may have struck when the statement had just ended: no cancel is left behind. */
void
wl_end_time_limit(void)
{
	if (time_limit != MAX_TIMEOUTS)
		disable_timeout(time_limit, false);
	if (time_limit_hit)
		CHECK_FOR_INTERRUPTS();
}

/* In tables made just now, too. */
bool
wl_deferred_pending(void)
{
	if (SPI_execute("SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE tgdeferrable",
					false, 0) < 0)
		elog(ERROR, "the deferrable triggers cannot be read");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
														   SPI_tuptable->tupdesc, 1, &isnull));

		if (AfterTriggerPendingOnRel(relid))
			return true;
	}
	return false;
}

/* Was a cursor WITH HOLD made in this subtransaction? The commit executes its query. */
static bool
cursor_held(void)
{
	if (SPI_execute("SELECT name FROM pg_catalog.pg_cursor() WHERE is_holdable", false, 0) < 0)
		elog(ERROR, "the cursors cannot be read");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Portal		portal = SPI_cursor_find(SPI_getvalue(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, 1));

		if (portal != NULL && portal->createSubid == GetCurrentSubTransactionId())
			return true;
	}
	return false;
}

/*
 * What is left to the commit would run when the session has its own rights back,
 * and can take those it began with: refused where those are not the owner's.
 */
static void
refuse_leftovers(const WlTask *task)
{
	const char *what = NULL;

	if (GetAuthenticatedUserId() == task->id.owner)
		return;
	if (wl_deferred_pending())
		what = "a trigger was deferred to the commit";
	else if (cursor_held())
		what = "a cursor WITH HOLD was left to the commit";
	if (what != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("%s", what),
				 errdetail("It would run with the rights of the session, not of the task's owner."),
				 errhint("Run the task in a session of its owner.")));
}

/*
 * Told of each error where it is raised: a handler, or the language of a function,
 * may raise another in its place.
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

/* The limit's error; a lock that was not to be had is one that may be, as with lock_timeout. */
static void
tell_time_limit(ErrorData *error, int ms)
{
	error->message = psprintf("canceling statement due to time_limit_ms = %d%s", ms,
							  waited_for_lock ? ", while it waited for a lock" : "");
	if (waited_for_lock)
		error->sqlerrcode = ERRCODE_LOCK_NOT_AVAILABLE;
}

ErrorData  *
wl_attempt(WlWork work, const WlTask *task, WlBatch *batch, int64 *result)
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
		AsOwner		saved;
		ErrorContextCallback watch;

		wl_watch_cancel(&watch);
		begin_as_owner(task, &saved);
		*result = work(task, batch);
		refuse_leftovers(task);
		end_as_owner(&saved);
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
		/* it struck, but the statement failed before it was looked at */
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
		tell_time_limit(error, task->time_limit_ms);
	return error;
}

void
wl_check_not_working(void)
{
	if (working)
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("the statement of a task cannot run tasks")));
}
