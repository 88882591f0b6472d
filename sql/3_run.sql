--
-- Run
--

-- Roles and relations are stored by OID. Their names are looked up when they are shown,
-- not when a row arrives by replication on a server where they may not exist.
CREATE TABLE williams_task (
	owner oid NOT NULL,
	name text NOT NULL CHECK (pg_catalog.octet_length(name) OPERATOR(pg_catalog.<) 64),
	relation oid NOT NULL,
	statement text NOT NULL,
	search_path text NOT NULL,
	available_memory_mb float8,
	item_mb text,
	key_column name NOT NULL,
	key_order text NOT NULL,
	method text NOT NULL,
	max_items bigint,
	strict boolean NOT NULL,
	max_attempts int NOT NULL CHECK (max_attempts OPERATOR(pg_catalog.>=) 1),
	time_limit_ms int CHECK (time_limit_ms OPERATOR(pg_catalog.>=) 0),
	pause_ms int NOT NULL CHECK (pause_ms OPERATOR(pg_catalog.>=) 0),
	throttle text,
	max_failed int CHECK (max_failed OPERATOR(pg_catalog.>=) 0),
	settings jsonb,
	whole_range boolean NOT NULL,
	filenode oid,
	last_key text,
	first_pending bigint NOT NULL DEFAULT 1,
	stopped boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (owner, name)
) WITH (fillfactor = 50);	-- first_pending is updated often
COMMENT ON TABLE williams_task IS
'tasks: a plan over a table, and the statement to run for each of its batches; each role sees its own; pg_dump does not dump them';
COMMENT ON COLUMN williams_task.owner IS 'OID of the role that created the task; only this role runs it, and the task runs with its rights';
COMMENT ON COLUMN williams_task.name IS 'unique for each owner, 1 to 63 bytes';
COMMENT ON COLUMN williams_task.relation IS 'OID of the table that is cut into batches';
COMMENT ON COLUMN williams_task.statement IS 'one SQL statement, as given; $1 and $2 are the first and the last key of a batch, both inclusive; without them williams_bounded_statement shows what is executed';
COMMENT ON COLUMN williams_task.search_path IS 'search_path of the session that created the task; the statement always runs under it';
COMMENT ON COLUMN williams_task.available_memory_mb IS 'memory budget of a batch, in MB; NULL: none';
COMMENT ON COLUMN williams_task.item_mb IS 'SQL expression for the size of a row, in MB; NULL: the sizes of its columns, or 0 without a budget';
COMMENT ON COLUMN williams_task.key_column IS 'the column that $1 and $2 bound; ctid with method ctid';
COMMENT ON COLUMN williams_task.key_order IS 'operator family, type and collation of the key when the task was planned; the task stops if they change';
COMMENT ON COLUMN williams_task.method IS 'exact or ctid, as for williams_plan_table';
COMMENT ON COLUMN williams_task.max_items IS 'most rows in a batch, as given; NULL: the default of williams_plan_table';
COMMENT ON COLUMN williams_task.strict IS 'as given: whether a single key above the budget was an error when the task was planned';
COMMENT ON COLUMN williams_task.max_attempts IS 'how often to try a batch that fails for a reason that may pass';
COMMENT ON COLUMN williams_task.time_limit_ms IS 'limit on one execution of the statement, in milliseconds, including its waits for locks; NULL or 0: no limit';
COMMENT ON COLUMN williams_task.pause_ms IS 'pause between two batches of one session or worker, in milliseconds';
COMMENT ON COLUMN williams_task.throttle IS 'boolean SQL expression; no batch is started while it is true; NULL: no throttle';
COMMENT ON COLUMN williams_task.max_failed IS 'so many failed batches stop the task; NULL or 0: no limit';
COMMENT ON COLUMN williams_task.settings IS 'settings in force while its batches run, as a JSON object; NULL or empty: none';
COMMENT ON COLUMN williams_task.whole_range IS 'whether the statement updates or deletes every row between its own $1 and $2, and so should process as many rows as were planned';
COMMENT ON COLUMN williams_task.filenode IS 'with method ctid, the file of the table when the task was planned; the task stops if it changes; else NULL';
COMMENT ON COLUMN williams_task.last_key IS 'the last key that is planned, as text; NULL if no row was; williams_extend_task plans what lies beyond';
COMMENT ON COLUMN williams_task.first_pending IS 'no batch with a lower number is pending; sessions start here to look for one';
COMMENT ON COLUMN williams_task.stopped IS 'true: no batch is started until the next williams_run or williams_launch';
COMMENT ON COLUMN williams_task.created_at IS 'start of the transaction that created the task';

CREATE TABLE williams_batch (
	owner oid NOT NULL,
	task text NOT NULL,
	batch_no bigint NOT NULL,
	lower_key text NOT NULL,
	upper_key text NOT NULL,
	below_key text,
	items bigint NOT NULL,
	memory_mb float8 NOT NULL,
	state text NOT NULL DEFAULT 'pending',
	attempts int NOT NULL DEFAULT 0,
	failures int NOT NULL DEFAULT 0,
	rows bigint,
	started_at timestamptz,
	finished_at timestamptz,
	duration_ms float8,
	ready_at timestamptz,
	sqlstate text,
	message text,
	failed_at timestamptz,
	PRIMARY KEY (owner, task, batch_no),
	FOREIGN KEY (owner, task) REFERENCES williams_task
) WITH (fillfactor = 70);	-- a batch is marked within its page, so that its index entry stays
COMMENT ON TABLE williams_batch IS
'the batches of each task and their results; each role sees its own; pg_dump does not dump them';
COMMENT ON COLUMN williams_batch.owner IS 'OID of the task''s owner';
COMMENT ON COLUMN williams_batch.task IS 'name of the task';
COMMENT ON COLUMN williams_batch.batch_no IS 'from 1, in the order of the keys; batches that are added or split off get the next numbers after the last';
COMMENT ON COLUMN williams_batch.lower_key IS 'first key, inclusive, as text that reads the same in every session';
COMMENT ON COLUMN williams_batch.upper_key IS 'last key, inclusive, as text';
COMMENT ON COLUMN williams_batch.below_key IS
'for the lower part of a batch that was split: the first key of the upper part; keys below it that arrived after the split belong to this batch; else NULL';
COMMENT ON COLUMN williams_batch.items IS 'rows when the batch was planned or split; an estimate with method ctid';
COMMENT ON COLUMN williams_batch.memory_mb IS 'the size of these rows, in MB';
COMMENT ON COLUMN williams_batch.state IS 'pending, done or failed; a running batch is pending until its transaction ends';
COMMENT ON COLUMN williams_batch.attempts IS 'executions of the statement that ended, for these bounds; williams_retry resets it to 0';
COMMENT ON COLUMN williams_batch.failures IS 'executions that failed, also for the bounds before a split; never reset';
COMMENT ON COLUMN williams_batch.rows IS 'rows that the statement processed; NULL unless the batch is done';
COMMENT ON COLUMN williams_batch.started_at IS 'start of the last execution; NULL before the first';
COMMENT ON COLUMN williams_batch.finished_at IS 'end of the last execution; NULL before the first';
COMMENT ON COLUMN williams_batch.duration_ms IS 'duration of the last execution, in milliseconds; NULL before the first';
COMMENT ON COLUMN williams_batch.ready_at IS 'when a pending batch that failed may be tried again; NULL: at once';
COMMENT ON COLUMN williams_batch.sqlstate IS 'SQLSTATE of the last execution that failed, even if a later one succeeded or the batch was split; NULL if none failed';
COMMENT ON COLUMN williams_batch.message IS 'message of that error, at most 8 kB; NULL with sqlstate';
COMMENT ON COLUMN williams_batch.failed_at IS 'end of that execution; NULL with sqlstate';

-- Only the extension's functions write to these tables. Each role reads its own rows.
ALTER TABLE williams_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE williams_batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY williams_owner ON williams_task
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
CREATE POLICY williams_owner ON williams_batch
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
COMMENT ON POLICY williams_owner ON williams_task IS 'each role sees its own tasks';
COMMENT ON POLICY williams_owner ON williams_batch IS 'each role sees the batches of its own tasks';
GRANT SELECT ON williams_task, williams_batch TO PUBLIC;

CREATE FUNCTION williams_drop_replicated() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_drop_replicated'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION williams_drop_replicated() IS
'trigger on williams_task, williams_batch and williams_task_history: discards changes that arrive by logical replication';

CREATE TRIGGER williams_task_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_task
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
CREATE TRIGGER williams_batch_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_batch
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
ALTER TABLE williams_task ENABLE REPLICA TRIGGER williams_task_local;
ALTER TABLE williams_batch ENABLE REPLICA TRIGGER williams_batch_local;

CREATE FUNCTION williams_lock_id(owner oid, task text) RETURNS oid
	AS 'MODULE_PATHNAME', 'wl_lock_id'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_lock_id(oid, text) IS
'objid of a task''s locks in pg_locks, where classid is the OID of williams_task; a hash, so two tasks may have the same';

-- A batch is running if the transaction in its xmax, left there by the claim, still holds
-- the lock of its own number. williams_drop_task leaves its number there, too, but runs
-- nothing: it is recognized by its lock of the task. Sessions and workers that run a task
-- hold its LOCK_RUN, whose number is 2 (see src/run/store.h), also between two batches.
CREATE VIEW williams_progress WITH (security_barrier) AS
	SELECT coalesce(r.rolname, pg_catalog.format('dropped role %s'::pg_catalog.text, t.owner)::pg_catalog.name) AS owner,
		t.name AS task,
		CASE WHEN b.running OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'running'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 AND t.stopped THEN 'stopped'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 AND l.workers IS NOT NULL THEN 'running'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'pending'
			WHEN b.failed OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'failed'
			ELSE 'done' END AS state,
		b.batches, b.done, b.failed, b.running, b.rows,
		CASE WHEN b.items OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
				THEN 100.0::pg_catalog.float8 OPERATOR(pg_catalog.*) b.done_items OPERATOR(pg_catalog./) b.items
			WHEN b.done OPERATOR(pg_catalog.=) b.batches THEN 100.0::pg_catalog.float8
			ELSE 0.0::pg_catalog.float8 END AS percent,
		CASE WHEN b.busy_s OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
			THEN b.rows::pg_catalog.float8 OPERATOR(pg_catalog./) b.busy_s
				OPERATOR(pg_catalog.*) greatest(b.running, 1::pg_catalog.int8)::pg_catalog.float8
			END AS rows_per_s,
		CASE WHEN b.running OPERATOR(pg_catalog.>) 0::pg_catalog.int8
				AND b.done_items OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
			THEN pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs =>
				b.busy_s OPERATOR(pg_catalog./) b.done_items OPERATOR(pg_catalog.*) b.pending_items
				OPERATOR(pg_catalog./) b.running::pg_catalog.float8) END AS eta,
		b.started_at, b.updated_at, coalesce(l.workers, 0::pg_catalog.int8) AS workers, b.seconds,
		CASE WHEN t.whole_range THEN b.missed END AS missed
	FROM williams_task t LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) t.owner
	LEFT JOIN (
		SELECT objid, pg_catalog.count(*) AS workers FROM pg_catalog.pg_locks
		WHERE locktype OPERATOR(pg_catalog.=) 'object'::pg_catalog.text
		AND database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database
			WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
		AND classid OPERATOR(pg_catalog.=) 'williams_task'::pg_catalog.regclass::pg_catalog.oid
		AND objsubid OPERATOR(pg_catalog.=) 2::pg_catalog.int2
		AND mode OPERATOR(pg_catalog.=) 'RowExclusiveLock'::pg_catalog.text
		AND granted GROUP BY objid) l ON l.objid OPERATOR(pg_catalog.=) williams_lock_id(t.owner, t.name),
	LATERAL (
		SELECT pg_catalog.count(*) AS batches,
			pg_catalog.count(*) FILTER (WHERE s.done) AS done,
			pg_catalog.count(*) FILTER (WHERE s.failed) AS failed,
			pg_catalog.count(*) FILTER (WHERE s.pending) AS pending,
			pg_catalog.count(*) FILTER (WHERE s.pending AND w.xmax OPERATOR(pg_catalog.=) ANY (
				SELECT transactionid FROM pg_catalog.pg_locks
				WHERE locktype OPERATOR(pg_catalog.=) 'transactionid'::pg_catalog.text AND granted
				AND NOT virtualtransaction OPERATOR(pg_catalog.=) ANY (
					SELECT virtualtransaction FROM pg_catalog.pg_locks
					WHERE classid OPERATOR(pg_catalog.=) 'williams_task'::pg_catalog.regclass::pg_catalog.oid
					AND mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text
					AND granted))) AS running,
			coalesce(pg_catalog.sum(w.rows), 0::pg_catalog.numeric)::pg_catalog.int8 AS rows,
			pg_catalog.sum(w.items)::pg_catalog.float8 AS items,
			coalesce(pg_catalog.sum(w.items) FILTER (WHERE s.done), 0::pg_catalog.numeric)::pg_catalog.float8 AS done_items,
			coalesce(pg_catalog.sum(w.items) FILTER (WHERE s.pending), 0::pg_catalog.numeric)::pg_catalog.float8 AS pending_items,
			pg_catalog.sum(w.duration_ms) FILTER (WHERE s.done)
				OPERATOR(pg_catalog./) 1000.0::pg_catalog.float8 AS busy_s,
			coalesce(pg_catalog.sum(w.duration_ms), 0.0::pg_catalog.float8)
				OPERATOR(pg_catalog./) 1000.0::pg_catalog.float8 AS seconds,
			(pg_catalog.sum(w.items OPERATOR(pg_catalog.-) w.rows) FILTER (WHERE s.done))::pg_catalog.int8 AS missed,
			pg_catalog.min(w.started_at) AS started_at, pg_catalog.max(w.finished_at) AS updated_at
		FROM williams_batch w, LATERAL (SELECT
			w.state OPERATOR(pg_catalog.=) 'done'::pg_catalog.text AS done,
			w.state OPERATOR(pg_catalog.=) 'failed'::pg_catalog.text AS failed,
			w.state OPERATOR(pg_catalog.=) 'pending'::pg_catalog.text AS pending) s
		WHERE w.owner OPERATOR(pg_catalog.=) t.owner AND w.task OPERATOR(pg_catalog.=) t.name) b
	WHERE t.owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
			pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid
		OR pg_catalog.pg_has_role(CURRENT_USER, 'pg_monitor'::pg_catalog.name, 'USAGE'::pg_catalog.text);
COMMENT ON VIEW williams_progress IS
'the progress of each task, derived from its batches; a role sees its own tasks, members of pg_monitor see all';
COMMENT ON COLUMN williams_progress.owner IS 'role that created the task; "dropped role" and its OID if the role no longer exists';
COMMENT ON COLUMN williams_progress.task IS 'name of the task';
COMMENT ON COLUMN williams_progress.state IS
'running if a batch is running; else, if batches are pending, stopped if the task is, running if a session or worker runs it, or pending; else failed if a batch failed; else done';
COMMENT ON COLUMN williams_progress.batches IS 'number of batches; each split adds one';
COMMENT ON COLUMN williams_progress.done IS 'batches that are done';
COMMENT ON COLUMN williams_progress.failed IS 'batches that failed';
COMMENT ON COLUMN williams_progress.running IS 'batches that a session or worker is executing now';
COMMENT ON COLUMN williams_progress.rows IS 'rows that the statement processed in batches that are done';
COMMENT ON COLUMN williams_progress.percent IS 'percentage of the planned rows whose batches are done, 0 to 100';
COMMENT ON COLUMN williams_progress.rows_per_s IS
'rows per second: rows over the total duration of the batches done, times the batches running now (at least 1); NULL before the first is done';
COMMENT ON COLUMN williams_progress.eta IS
'when the pending batches will be done at this speed; NULL while nothing is running or before the first batch is done';
COMMENT ON COLUMN williams_progress.started_at IS 'earliest started_at of the batches; NULL before the first execution';
COMMENT ON COLUMN williams_progress.updated_at IS 'latest finished_at of the batches; NULL before the first execution';
COMMENT ON COLUMN williams_progress.workers IS
'sessions and workers that run the task now, also while they wait; williams_run_batch does not count';
COMMENT ON COLUMN williams_progress.seconds IS 'total duration of the last execution of each batch, in seconds';
COMMENT ON COLUMN williams_progress.missed IS
'planned rows minus rows processed, in batches that are done, where the statement should process every row between $1 and $2; else NULL, also before the first is done';
GRANT SELECT ON williams_progress TO PUBLIC;

CREATE FUNCTION williams_create_task(name text, relation regclass, statement text,
		available_memory_mb float8 = NULL, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		max_attempts int = 3, time_limit_ms int = NULL, pause_ms int = 0,
		throttle text = NULL, max_failed int = 100, settings jsonb = NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_create_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_create_task(text, regclass, text, float8, text, name, text, bigint,
	boolean, int, int, int, text, int, jsonb) IS
'create a task: plan a table like williams_plan_table and store the batches with the statement to run for each; $1 and $2 are the first and the last key of a batch, and a statement without them is limited to the rows of the batch; returns the number of batches; locks the table in ACCESS SHARE mode; WARNINGs: 01000 if the statement leaves out the first or last key of each batch, or may read the whole table for each; errors: 42710 if the name is in use, 42601 or 22023 if the statement cannot be run like that, 0A000 if it cannot be limited to a batch, and those of williams_plan_table';

CREATE FUNCTION williams_alter_task(task text, statement text = NULL, throttle text = NULL,
		pause_ms int = NULL, time_limit_ms int = NULL, max_attempts int = NULL,
		max_failed int = NULL, settings jsonb = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_alter_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_alter_task(text, text, text, int, int, int, int, jsonb) IS
'change options of a task, from the next batch on; NULL keeps an option, throttle ''false'', time_limit_ms 0, max_failed 0 and settings ''{}'' switch theirs off; waits for other changes of the task, not for running batches; the plan (relation, key, budget, max_items) cannot be changed: drop the task and create it again; errors: those of williams_create_task, and 42704 if the current role has no such task';

CREATE FUNCTION williams_extend_task(task text, gaps boolean = false) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_extend_task'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_extend_task(text, boolean) IS
'plan the rows that have come since, with the options of the task, and add batches for them; by default rows beyond the last planned key, with gaps also rows between two batches; rows in the range of a batch belong to it, and are not found once it is done; with method ctid only blocks beyond the last planned one; returns the number of batches added; locks the table in ACCESS SHARE mode; waits for other changes of the task, not for running batches; errors: 42704 if the current role has no such task, 25000 unless the isolation level is READ COMMITTED, 55000 if the plan no longer fits the table, and those of williams_plan_table';

CREATE FUNCTION williams_drop_task(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_drop_task'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_drop_task(text) IS
'delete a task and its batches; waits for running batches; error 42704 if the current role has no such task';

CREATE FUNCTION williams_run_batch(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_run_batch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_run_batch(text) IS
'claim a pending batch, run the task''s statement for it and mark it, all in the current transaction; returns its number, also if it failed, or NULL if no batch can be claimed now; skips batches that other sessions are running; errors: 42704 if the current role has no such task, 25000 unless the isolation level is READ COMMITTED or while deferred triggers are pending';

CREATE PROCEDURE williams_run(task text, max_duration interval = NULL, raise boolean = false)
	AS 'MODULE_PATHNAME', 'wl_run'
	LANGUAGE C;
COMMENT ON PROCEDURE williams_run(text, interval, boolean) IS
'run the batches of a task one after the other, each in a transaction of its own, until none can be claimed or, unless max_duration is NULL, until that time is over and the batch at hand has ended; starts a task that is stopped; NOTICEs report progress, a WARNING reports failed batches; raise: wait also for batches that other sessions are running, and raise an error instead of the WARNING, with the SQLSTATE of the first failed batch, or 57000 if batches are pending because the task was stopped; other errors: 2D000 inside a transaction block, 42704 if the current role has no such task';

CREATE PROCEDURE williams_apply(statement text, relation regclass = NULL,
		available_memory_mb float8 = NULL, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		max_attempts int = 3, time_limit_ms int = NULL, pause_ms int = 0,
		throttle text = NULL, max_failed int = 100, settings jsonb = NULL, workers int = 0)
	AS 'MODULE_PATHNAME', 'wl_apply'
	LANGUAGE C;
COMMENT ON PROCEDURE williams_apply(text, regclass, float8, text, name, text, bigint, boolean,
	int, int, int, text, int, jsonb, int) IS
'create a task, run it in this session and in so many workers, and drop it; relation NULL: the table that the UPDATE, DELETE or MERGE writes to; the task is named apply and the name of the table, as a NOTICE says; calls of one role plan one after the other; if it is not done to the end, it stays, and CALL williams_run continues it; errors: those of williams_create_task and of williams_run with raise, 55000 if a task of an earlier call has the same table and statement, and with workers those of williams_launch';

CREATE FUNCTION williams_launch(task text, workers int = 1) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_launch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_launch(text, int) IS
'run a task in background workers, which begin when this transaction commits; starts a task that is stopped; returns the number of workers started; errors: 53400 if there is no room for any, 53000 if a worker cannot start, 0A000 for a temporary table, 28000 for a role without LOGIN, 42704 if the current role has no such task';
REVOKE EXECUTE ON FUNCTION williams_launch(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION williams_launch(text, int) TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION williams_stop(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_stop'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION williams_stop(text) IS
'stop a task: once this transaction commits, no batch is started until the next williams_run or williams_launch; running batches go on to their end; error 42704 if the current role has no such task';

CREATE FUNCTION williams_retry(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_retry'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_retry(text) IS
'make the failed batches of a task pending again; returns their number; error 42704 if the current role has no such task';

CREATE FUNCTION williams_bounded_statement(task text) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_bounded_statement'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_bounded_statement(text) IS
'the statement that a task executes for each batch: with the condition on the key that was added, where $1 and $2 are the first and the last key of a batch; as given if it has them itself; executes nothing; locks the table in ACCESS SHARE mode, and what the statement names; errors: 42704 if the current role has no such task, and those of the statement';

CREATE FUNCTION williams_preview(task text, batch_no bigint = 1) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'wl_preview'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION williams_preview(text, bigint) IS
'the plan of a batch, as EXPLAIN shows it for the statement with the bounds of this batch; executes nothing; locks the table in ACCESS SHARE mode, and what the statement names; errors: 22023 if the task has no such batch, 42704 if the current role has no such task, and those of the statement';
