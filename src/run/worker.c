/*
 * worker.c
 *		Background workers that run a task: williams_launch and their main function.
 *
 * A worker connects as the task's owner, waits until the transaction that launched it
 * commits, and then runs the same loop as CALL williams_run. It ends if no batch can
 * be claimed, if the task is stopped or dropped, by pg_terminate_backend and with the
 * server. It is never restarted: an interrupted batch is undone and stays pending.
 *
 * Locks: williams_launch holds a per-database lock (LOCK_LAUNCH) while it counts the
 * workers and waits until the new ones are connected, so that concurrent launches
 * cannot exceed williams.max_workers.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/wait_event.h"

#include "base/check.h"
#include "base/session.h"
#include "run/history.h"
#include "run/run.h"

/* as pg_stat_activity.backend_type */
#define WORKER_TYPE "williams worker"

int			wl_max_workers;

/* What a worker needs to know. It must fit into bgw_extra. */
typedef struct WorkerOrder
{
	Oid			database;
	WlTaskId	task;
	TransactionId launched_by;
	bool		counts;			/* one of those that were launched together */
} WorkerOrder;

StaticAssertDecl(sizeof(WorkerOrder) <= BGW_EXTRALEN, "a worker's order fits into bgw_extra");

/*
 * Count the workers that are connected to this database; given a pid, only that one.
 * Every role may see which processes there are, but not what they do.
 */
static int
count_workers(pid_t pid)
{
	int			workers = 0;

	pgstat_clear_backend_activity_snapshot();
	if (SPI_execute("SELECT a.pid FROM pg_catalog.pg_stat_get_activity(NULL::pg_catalog.int4) a, pg_catalog.pg_database d"
					" WHERE a.datid OPERATOR(pg_catalog.=) d.oid"
					" AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()", true, 0) < 0)
		elog(ERROR, "could not count the workers");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		pid_t		other = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
														ONLY_COLUMN, &isnull));
		const char *type = GetBackgroundWorkerTypeByPid(other);

		if (type != NULL && strcmp(type, WORKER_TYPE) == 0 && (pid == 0 || pid == other))
			workers++;
	}
	SPI_freetuptable(SPI_tuptable);
	return workers;
}

/* Check that a worker can connect as the owner and can access the table. */
static void
check_launch(const WlTaskId *id)
{
	WlTask		task;
	HeapTuple	role = SearchSysCache1(AUTHOID, ObjectIdGetDatum(id->owner));
	bool		can_login = HeapTupleIsValid(role) && ((Form_pg_authid) GETSTRUCT(role))->rolcanlogin;

	if (HeapTupleIsValid(role))
		ReleaseSysCache(role);
	if (!can_login)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("role \"%s\" is not permitted to log in", GetUserNameFromId(id->owner, true)),
				 errdetail("A worker connects as the owner of its task."),
				 errhint("Use CALL williams_run, or give the role LOGIN with ALTER ROLE.")));
	if (!wl_load_task(id, &task))
		wl_refuse_task(id);
	if (get_rel_persistence(task.relation) == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a worker cannot access temporary table \"%s\"", get_rel_name(task.relation)),
				 errhint("Use CALL williams_run in this session.")));
}

/* Ask the postmaster for a worker; false if it has no slot left. */
static bool
register_worker(const WlTaskId *id, bool counts, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {0};
	WorkerOrder order = {MyDatabaseId, *id, GetCurrentTransactionId(), counts};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION |
		WL_BGWORKER_INTERRUPTIBLE;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	strlcpy(worker.bgw_library_name, "$libdir/williams", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "wl_worker_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_type, WORKER_TYPE, BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "williams worker of task %s", NameStr(id->name));
	memcpy(worker.bgw_extra, &order, sizeof(order));
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * Wait until a worker is connected. A worker waits for this transaction, so one that
 * exits first has failed.
 */
static void
await_worker(BackgroundWorkerHandle *handle)
{
	for (;;)
	{
		pid_t		pid;
		BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);

		if (status == BGWH_STARTED && count_workers(pid) > 0)
			return;
		if (status == BGWH_STOPPED || status == BGWH_POSTMASTER_DIED)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					 errmsg("a background worker exited before it could start"),
					 errhint("See the server log for the reason.")));
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 10, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/* As many of the wanted workers as williams.max_workers allows. */
static int
allowed_workers(int wanted)
{
	int			room = wl_max_workers - count_workers(0);

	if (room < 1)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no more workers can be launched in this database"),
				 errdetail("williams.max_workers is %d.", wl_max_workers),
				 errhint("Wait until a worker ends, or raise williams.max_workers.")));
	if (room < wanted)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("only %d of %d workers can be launched", room, wanted),
				 errdetail("williams.max_workers is %d.", wl_max_workers)));
	return Min(room, wanted);
}

/* Start up to n workers, as many as the server has slots for. Returns their number. */
static int
start_workers(const WlTaskId *id, int n, bool count)
{
	BackgroundWorkerHandle **handles = palloc(n * sizeof(*handles));
	int			started = 0;

	while (started < n && register_worker(id, count && started == 0, &handles[started]))
		started++;
	if (started < n)
		ereport(started == 0 ? ERROR : WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("only %d of %d workers could be started", started, n),
				 errdetail("All other slots of max_worker_processes (%d) are in use.",
						   max_worker_processes),
				 errhint("Raise max_worker_processes.")));
	for (int i = 0; i < started; i++)
		await_worker(handles[i]);
	return started;
}

int
wl_launch_workers(const WlTaskId *id, int wanted, bool count)
{
	int			started;

	wl_connect();
	check_launch(id);
	wl_lock_task(id, LOCK_LAUNCH, ShareUpdateExclusiveLock);
	started = start_workers(id, allowed_workers(wanted), count);
	wl_unlock_task(id, LOCK_LAUNCH, ShareUpdateExclusiveLock, HELD_BY_TRANSACTION);
	wl_finish();
	return started;
}

PG_FUNCTION_INFO_V1(wl_launch);
Datum
wl_launch(PG_FUNCTION_ARGS)
{
	WlTaskId	id;
	int			wanted = PG_GETARG_INT32(1);

	PreventCommandIfReadOnly("williams_launch()");
	wl_check_positive(wanted, "workers");
	wl_name_task(fcinfo->flinfo->fn_oid, text_to_cstring(PG_GETARG_TEXT_PP(0)), &id);
	wl_start_task(&id);
	PG_RETURN_INT32(wl_launch_workers(&id, wanted, true));
}

/*
 * Wait for the transaction that launched this worker; false if it did not commit. One
 * worker counts the run: that transaction would have kept others waiting.
 */
static bool
await_launch(const WorkerOrder *order)
{
	bool		wanted;

	StartTransactionCommand();
	/* that transaction may take any time */
	wl_set_for_transaction("lock_timeout", "0");
	XactLockTableWait(order->launched_by, NULL, NULL, XLTW_None);
	wanted = TransactionIdDidCommit(order->launched_by);
	if (wanted && order->counts)
	{
		wl_set_for_transaction("transaction_isolation", "read committed");
		wl_count_run(&order->task);
	}
	CommitTransactionCommand();
	return wanted;
}

/* Say in the server's log what this worker has done, whatever ends it. */
static void
log_end(int code, Datum run)
{
	const WlRun *r = (const WlRun *) DatumGetPointer(run);

	ereport(LOG,
			(errmsg_plural("%s ended: %lld execution succeeded, %lld failed",
						   "%s ended: %lld executions succeeded, %lld failed", r->done,
						   MyBgworkerEntry->bgw_name, (long long) r->done, (long long) r->failed)));
}

/* The main function of a worker. The postmaster looks it up by name. */
PGDLLEXPORT void wl_worker_main(Datum main_arg);

void
wl_worker_main(Datum main_arg)
{
	static WlRun run =
	{
		.background = true,.until = DT_NOEND
	};
	WorkerOrder order;

	memcpy(&order, MyBgworkerEntry->bgw_extra, sizeof(order));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(order.database, order.task.owner, 0);
	/* even if the owner's settings include another role */
	SetConfigOption("role", "none", PGC_USERSET, PGC_S_SESSION);
	SetConfigOption("application_name", NameStr(order.task.name), PGC_USERSET, PGC_S_SESSION);
	/* like the session that launched it, whatever the owner's default is */
	SetConfigOption("default_transaction_read_only", "off", PGC_USERSET, PGC_S_SESSION);
	pgstat_report_activity(STATE_RUNNING, MyBgworkerEntry->bgw_name);
	if (await_launch(&order))
	{
		ereport(LOG, (errmsg("%s started", MyBgworkerEntry->bgw_name)));
		before_shmem_exit(log_end, PointerGetDatum(&run));
		wl_run_task(&order.task, &run);
		CommitTransactionCommand();
	}
	proc_exit(0);
}
