--
-- Run: statistics that outlive tasks, and forgetting tasks
--

-- The figures of batches that no longer exist. Those of the others are in williams_batch,
-- so williams_stat_task adds up the two, and each batch counts once.
CREATE TABLE williams_task_history (
	owner oid NOT NULL,
	task text NOT NULL,
	runs bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	failed bigint NOT NULL DEFAULT 0,
	retried bigint NOT NULL DEFAULT 0,
	rows bigint NOT NULL DEFAULT 0,
	seconds float8 NOT NULL DEFAULT 0,
	sqlstate text,
	message text,
	failed_at timestamptz,
	last_run_at timestamptz,
	PRIMARY KEY (owner, task)
) WITH (fillfactor = 70);	-- runs is updated often
COMMENT ON TABLE williams_task_history IS
'statistics of the batches of dropped tasks, and the runs of all tasks, by owner and name; read them in williams_stat_task; pg_dump does not dump them';
COMMENT ON COLUMN williams_task_history.owner IS 'OID of the role that created the task';
COMMENT ON COLUMN williams_task_history.task IS 'name of the task, or of several one after the other';
COMMENT ON COLUMN williams_task_history.runs IS 'calls of williams_run and williams_apply, and of williams_launch whose workers began';
COMMENT ON COLUMN williams_task_history.done IS 'dropped batches that were done';
COMMENT ON COLUMN williams_task_history.failed IS 'dropped batches that had failed';
COMMENT ON COLUMN williams_task_history.retried IS 'failed executions of dropped batches that were tried again or split';
COMMENT ON COLUMN williams_task_history.rows IS 'rows that the statement processed in dropped batches that were done';
COMMENT ON COLUMN williams_task_history.seconds IS 'duration of the last execution of each dropped batch, added up, in seconds';
COMMENT ON COLUMN williams_task_history.sqlstate IS 'SQLSTATE of the last failure of a dropped batch; NULL if none failed';
COMMENT ON COLUMN williams_task_history.message IS 'message of that failure; NULL with sqlstate';
COMMENT ON COLUMN williams_task_history.failed_at IS 'time of that failure; NULL with sqlstate';
COMMENT ON COLUMN williams_task_history.last_run_at IS 'start of the last run; NULL before the first';
-- without a policy: only the view shows it
ALTER TABLE williams_task_history ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER williams_task_history_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_task_history
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
ALTER TABLE williams_task_history ENABLE REPLICA TRIGGER williams_task_history_local;

CREATE VIEW williams_stat_task WITH (security_barrier) AS
	SELECT coalesce(r.rolname, pg_catalog.format('dropped role %s'::pg_catalog.text, k.owner)::pg_catalog.name) AS owner,
		k.task,
		coalesce(h.runs, 0::pg_catalog.int8) AS runs,
		coalesce(h.done, 0::pg_catalog.int8) OPERATOR(pg_catalog.+) b.done AS done,
		coalesce(h.failed, 0::pg_catalog.int8) OPERATOR(pg_catalog.+) b.failed AS failed,
		coalesce(h.retried, 0::pg_catalog.int8) OPERATOR(pg_catalog.+) b.failures OPERATOR(pg_catalog.-) b.failed AS retried,
		coalesce(h.rows, 0::pg_catalog.int8) OPERATOR(pg_catalog.+) b.rows AS rows,
		coalesce(h.seconds, 0.0::pg_catalog.float8) OPERATOR(pg_catalog.+) b.seconds AS seconds,
		coalesce(e.sqlstate, h.sqlstate) AS sqlstate,
		CASE WHEN k.own THEN coalesce(e.message, h.message) END AS message,
		coalesce(e.failed_at, h.failed_at) AS failed_at,
		h.last_run_at
	FROM (SELECT coalesce(t.owner, d.owner) AS owner, coalesce(t.name, d.task) AS task,
			coalesce(t.owner, d.owner) OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
				pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid AS own
		FROM williams_task t FULL JOIN williams_task_history d
			ON d.owner OPERATOR(pg_catalog.=) t.owner AND d.task OPERATOR(pg_catalog.=) t.name) k
	LEFT JOIN williams_task_history h ON h.owner OPERATOR(pg_catalog.=) k.owner AND h.task OPERATOR(pg_catalog.=) k.task
	LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) k.owner,
	LATERAL (
		SELECT pg_catalog.count(*) FILTER (WHERE state OPERATOR(pg_catalog.=) 'done'::pg_catalog.text) AS done,
			pg_catalog.count(*) FILTER (WHERE state OPERATOR(pg_catalog.=) 'failed'::pg_catalog.text) AS failed,
			coalesce(pg_catalog.sum(failures), 0::pg_catalog.int8) AS failures,
			coalesce(pg_catalog.sum(w.rows), 0::pg_catalog.numeric)::pg_catalog.int8 AS rows,
			coalesce(pg_catalog.sum(duration_ms), 0.0::pg_catalog.float8)
				OPERATOR(pg_catalog./) 1000.0::pg_catalog.float8 AS seconds,
			pg_catalog.max(failed_at) AS failed_at
		FROM williams_batch w
		WHERE w.owner OPERATOR(pg_catalog.=) k.owner AND w.task OPERATOR(pg_catalog.=) k.task) b
	LEFT JOIN LATERAL (
		SELECT w.sqlstate, w.message, w.failed_at FROM williams_batch w
		WHERE w.owner OPERATOR(pg_catalog.=) k.owner AND w.task OPERATOR(pg_catalog.=) k.task
			AND w.failed_at OPERATOR(pg_catalog.=) b.failed_at
		LIMIT 1) e ON b.failed_at IS NOT NULL
	WHERE k.own OR pg_catalog.pg_has_role(CURRENT_USER, 'pg_monitor'::pg_catalog.name, 'USAGE'::pg_catalog.text);
COMMENT ON VIEW williams_stat_task IS
'statistics of tasks by owner and name, kept when a task is dropped, pruned or created again; a role sees its own, members of pg_monitor see all, without messages';
COMMENT ON COLUMN williams_stat_task.owner IS 'role that created the task; "dropped role" and its OID if the role no longer exists';
COMMENT ON COLUMN williams_stat_task.task IS 'name of the task, whether it still exists or not';
COMMENT ON COLUMN williams_stat_task.runs IS 'calls of williams_run and williams_apply, and of williams_launch whose workers began';
COMMENT ON COLUMN williams_stat_task.done IS 'batches that are done';
COMMENT ON COLUMN williams_stat_task.failed IS 'batches that have failed; williams_retry takes them back';
COMMENT ON COLUMN williams_stat_task.retried IS 'executions that failed and whose batch was tried again or split';
COMMENT ON COLUMN williams_stat_task.rows IS 'rows that the statement processed in batches that are done';
COMMENT ON COLUMN williams_stat_task.seconds IS 'duration of the last execution of each batch, added up, in seconds; sessions and workers that run side by side all count';
COMMENT ON COLUMN williams_stat_task.sqlstate IS 'SQLSTATE of the last execution that failed; NULL if none did';
COMMENT ON COLUMN williams_stat_task.message IS 'message of that failure, at most 8 kB; NULL with sqlstate, and for tasks of other roles';
COMMENT ON COLUMN williams_stat_task.failed_at IS 'time of that failure; NULL with sqlstate';
COMMENT ON COLUMN williams_stat_task.last_run_at IS 'start of the last run; NULL before the first';
GRANT SELECT ON williams_stat_task TO PUBLIC;

CREATE FUNCTION williams_prune(older_than interval) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_prune'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_prune(interval) IS
'drop the current role''s tasks of which all batches are done, the last of them at least that long ago, and that nobody runs or changes, but at most 1000 in a call, those first that ended first; a task without batches counts from its creation; returns how many were dropped; williams_stat_task keeps their statistics; error 22023 if older_than is negative';
