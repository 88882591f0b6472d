--
-- Run
--

-- Roles and relations by OID: their names are looked up when they are shown, not when
-- a row arrives by replication where they may not exist.
CREATE TABLE williams_task (
	owner oid NOT NULL,
	name text NOT NULL CHECK (pg_catalog.octet_length(name) OPERATOR(pg_catalog.<) 64),
	relation oid NOT NULL,
	statement text NOT NULL,
	search_path text NOT NULL,
	available_memory_mb float8 NOT NULL,
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
	filenode oid,
	first_pending bigint NOT NULL DEFAULT 1,
	stopped boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (owner, name)
) WITH (fillfactor = 50);	-- first_pending moves often
COMMENT ON TABLE williams_task IS
'a plan over a table and the statement to be run for each of its batches; each role sees its own; not dumped by pg_dump';
COMMENT ON COLUMN williams_task.owner IS 'OID of the role that made it: it alone runs it, and its rights hold';
COMMENT ON COLUMN williams_task.name IS 'unique for its owner, at most 63 bytes';
COMMENT ON COLUMN williams_task.relation IS 'OID of the table that the batches are of';
COMMENT ON COLUMN williams_task.statement IS 'one SQL statement, with a batch''s bounds as $1 and $2';
COMMENT ON COLUMN williams_task.search_path IS 'of the session that made the task, in force whenever its statement runs';
COMMENT ON COLUMN williams_task.available_memory_mb IS 'the memory budget of a batch, in MB';
COMMENT ON COLUMN williams_task.item_mb IS 'SQL expression for the MB of a row; NULL is the sizes of its columns';
COMMENT ON COLUMN williams_task.key_column IS 'the column that $1 and $2 bound; ctid with method ctid';
COMMENT ON COLUMN williams_task.key_order IS 'its operator family, type and collation when it was planned';
COMMENT ON COLUMN williams_task.method IS 'exact or ctid, as of williams_plan_table';
COMMENT ON COLUMN williams_task.max_items IS 'as given; NULL is williams_plan_table''s default';
COMMENT ON COLUMN williams_task.strict IS 'as given';
COMMENT ON COLUMN williams_task.max_attempts IS 'how often a batch is tried that fails for a passing reason';
COMMENT ON COLUMN williams_task.time_limit_ms IS 'milliseconds that one execution of the statement may take, its waits for locks included; NULL or 0 is no limit';
COMMENT ON COLUMN williams_task.pause_ms IS 'milliseconds between two batches of one session or worker';
COMMENT ON COLUMN williams_task.throttle IS 'boolean SQL expression: no batch is taken while it is true';
COMMENT ON COLUMN williams_task.filenode IS 'with method ctid: the relation''s file when it was planned';
COMMENT ON COLUMN williams_task.first_pending IS 'no batch below this number is pending: a session looks for one from here on';
COMMENT ON COLUMN williams_task.stopped IS 'no batch is taken until the next williams_run or williams_launch';
COMMENT ON COLUMN williams_task.created_at IS 'when it was made';

CREATE TABLE williams_batch (
	owner oid NOT NULL,
	task text NOT NULL,
	batch_no bigint NOT NULL,
	lower_key text NOT NULL,
	upper_key text NOT NULL,
	below_key text,
	items bigint NOT NULL,
	memory_mb float8 NOT NULL,
	state text NOT NULL DEFAULT 'pending'
		CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['pending', 'done', 'failed'])),
	attempts int NOT NULL DEFAULT 0,
	rows bigint,
	started_at timestamptz,
	finished_at timestamptz,
	duration_ms float8,
	ready_at timestamptz,
	sqlstate text,
	message text,
	PRIMARY KEY (owner, task, batch_no),
	FOREIGN KEY (owner, task) REFERENCES williams_task
) WITH (fillfactor = 70);	-- what is marked stays in its page, and its index entry with it
COMMENT ON TABLE williams_batch IS
'the batches of each task and what became of them; each role sees its own; not dumped by pg_dump';
COMMENT ON COLUMN williams_batch.owner IS 'the task''s, by OID';
COMMENT ON COLUMN williams_batch.task IS 'the task''s name';
COMMENT ON COLUMN williams_batch.batch_no IS 'from 1 in the order of the keys; what is split off a batch is numbered on from the last';
COMMENT ON COLUMN williams_batch.lower_key IS 'the first key, inclusive, as text that is the same in every session';
COMMENT ON COLUMN williams_batch.upper_key IS 'the last key, inclusive';
COMMENT ON COLUMN williams_batch.below_key IS
'of the lower part of a batch that was split: the first key of the upper part; keys below it that came after the split are processed with this one; else NULL';
COMMENT ON COLUMN williams_batch.items IS 'rows when it was planned or split; an estimate with method ctid';
COMMENT ON COLUMN williams_batch.memory_mb IS 'their MB';
COMMENT ON COLUMN williams_batch.state IS 'pending, done or failed; a batch that is running is pending until its transaction ends';
COMMENT ON COLUMN williams_batch.attempts IS 'executions of the statement for these bounds that ended';
COMMENT ON COLUMN williams_batch.rows IS 'rows that the statement processed; NULL until the batch is done';
COMMENT ON COLUMN williams_batch.started_at IS 'of the last execution';
COMMENT ON COLUMN williams_batch.finished_at IS 'of the last execution';
COMMENT ON COLUMN williams_batch.duration_ms IS 'of the last execution, in milliseconds';
COMMENT ON COLUMN williams_batch.ready_at IS 'when a pending batch that failed may be tried again';
COMMENT ON COLUMN williams_batch.sqlstate IS 'why the last execution failed; NULL once done';
COMMENT ON COLUMN williams_batch.message IS 'of that error, at most 8 kB of it';

-- Only the extension's functions write to these tables; each role reads its own rows.
ALTER TABLE williams_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE williams_batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY williams_owner ON williams_task
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
CREATE POLICY williams_owner ON williams_batch
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
COMMENT ON POLICY williams_owner ON williams_task IS 'each role its own';
COMMENT ON POLICY williams_owner ON williams_batch IS 'each role its own';
GRANT SELECT ON williams_task, williams_batch TO PUBLIC;

CREATE FUNCTION williams_drop_replicated() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_drop_replicated'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION williams_drop_replicated() IS
'trigger of williams_task and williams_batch: a change that arrives by logical replication is dropped';

CREATE TRIGGER williams_task_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_task
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
CREATE TRIGGER williams_batch_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_batch
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
ALTER TABLE williams_task ENABLE REPLICA TRIGGER williams_task_local;
ALTER TABLE williams_batch ENABLE REPLICA TRIGGER williams_batch_local;

-- What is running holds the lock of its transaction, whose number its claim left in xmax.
-- So does williams_drop_task, under the task's own lock: that runs nothing.
CREATE VIEW williams_progress WITH (security_barrier) AS
	SELECT coalesce(r.rolname, pg_catalog.format('dropped role %s'::pg_catalog.text, t.owner)::pg_catalog.name) AS owner,
		t.name AS task,
		CASE WHEN b.running OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'running'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 AND t.stopped THEN 'stopped'
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
		b.started_at, b.updated_at
	FROM williams_task t LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) t.owner,
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
'how far each task is, derived from its batches: a role sees its own, members of pg_monitor all';
COMMENT ON COLUMN williams_progress.owner IS 'the role that made the task; "dropped role" and its OID if it is gone';
COMMENT ON COLUMN williams_progress.task IS 'its name';
COMMENT ON COLUMN williams_progress.state IS
'running while a batch is; else stopped or pending while there are batches to be taken; else failed if one failed; else done';
COMMENT ON COLUMN williams_progress.batches IS 'how many there are; a split adds one';
COMMENT ON COLUMN williams_progress.done IS 'batches done';
COMMENT ON COLUMN williams_progress.failed IS 'batches failed';
COMMENT ON COLUMN williams_progress.running IS 'batches that a session or worker is executing';
COMMENT ON COLUMN williams_progress.rows IS 'rows that the statement processed in the batches done';
COMMENT ON COLUMN williams_progress.percent IS 'the share of the planned items that is done, 0 to 100';
COMMENT ON COLUMN williams_progress.rows_per_s IS
'rows over the time that batches took, times how many run at a time; NULL before the first is done';
COMMENT ON COLUMN williams_progress.eta IS 'when what is pending will be done at this speed; NULL where nothing runs';
COMMENT ON COLUMN williams_progress.started_at IS 'when the first execution began';
COMMENT ON COLUMN williams_progress.updated_at IS 'when the last one ended';
GRANT SELECT ON williams_progress TO PUBLIC;

CREATE FUNCTION williams_create_task(name text, relation regclass, statement text,
		available_memory_mb float8, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		max_attempts int = 3, time_limit_ms int = NULL, pause_ms int = 0,
		throttle text = NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_create_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_create_task(text, regclass, text, float8, text, name, text, bigint,
	boolean, int, int, int, text) IS
'plan a table as williams_plan_table does, store the batches with a statement to be run for each, $1 and $2 its bounds, and return their number; errors: 42710 for a name in use, 42601 and 22023 for a statement that cannot be run so, and those of williams_plan_table';

CREATE FUNCTION williams_alter_task(task text, statement text = NULL, throttle text = NULL,
		pause_ms int = NULL, time_limit_ms int = NULL, max_attempts int = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_alter_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_alter_task(text, text, text, int, int, int) IS
'change these options of a task, from the next batch on; NULL leaves one as it is, throttle ''false'' and time_limit_ms 0 switch theirs off; what was planned (relation, key, budget, max_items) cannot be changed: drop the task and create it anew; errors as those of williams_create_task, 42704 for no task of the current role';

CREATE FUNCTION williams_drop_task(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_drop_task'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_drop_task(text) IS
'forget a task and its batches, once those running have ended; error 42704 for no task of the current role';

CREATE FUNCTION williams_run_batch(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_run_batch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_run_batch(text) IS
'take a pending batch, run the task''s statement for it and mark it, in this transaction; its number, failed or not; NULL when none can be taken now';

CREATE PROCEDURE williams_run(task text)
	AS 'MODULE_PATHNAME', 'wl_run'
	LANGUAGE C;
COMMENT ON PROCEDURE williams_run(text) IS
'run the batches of a task one after the other, a transaction each, until none can be taken; NOTICEs say how far it is, a WARNING what failed; error 2D000 inside a transaction block';

CREATE FUNCTION williams_launch(task text, workers int = 1) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_launch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_launch(text, int) IS
'run a task in background workers, which begin once this transaction commits; returns how many were started; errors: 53400 when there is room for none, 0A000 for a temporary table, 28000 for a role without LOGIN';
REVOKE EXECUTE ON FUNCTION williams_launch(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION williams_launch(text, int) TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION williams_stop(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_stop'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION williams_stop(text) IS
'once this transaction commits no further batch is taken until the next williams_run or williams_launch; those running go on to their end';

CREATE FUNCTION williams_retry(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_retry'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_retry(text) IS
'make the failed batches of a task pending; returns their number';
