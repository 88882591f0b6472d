--
-- Statistics that outlive tasks, and williams_prune
--
SET client_min_messages = error;
\set SHOW_CONTEXT never
CREATE SCHEMA run_stats;
SET search_path = run_stats, public;
CREATE TABLE receipt (id int PRIMARY KEY, value int NOT NULL DEFAULT 1);
INSERT INTO receipt SELECT generate_series(1, 100);
-- what does not depend on time
CREATE VIEW stat AS SELECT task, runs, done, failed, retried, rows, seconds > 0 AS timed, sqlstate, message,
	failed_at > last_run_at AS failed_in_run, failed_at <= clock_timestamp() AS failed_before FROM williams_stat_task;
CREATE VIEW whole AS SELECT owner, task, runs, done, failed, retried, rows, round(seconds::numeric, 6) AS seconds,
	sqlstate, message, failed_at, last_run_at FROM williams_stat_task;
-- of other tests
DELETE FROM williams_task_history;

--
-- What is counted
--
SELECT williams_create_task('divide', 'receipt', 'UPDATE receipt SET value = 10 / value WHERE id BETWEEN $1 AND $2', max_items => 10) AS batches;
SELECT * FROM stat;
SELECT williams_run_batch('divide');
SELECT * FROM stat;
CALL williams_run('divide');
SELECT * FROM stat;
-- a row is to blame: its batch is split until it is alone
SELECT williams_create_task('blame', 'receipt', 'SELECT 1 / (id - 3) FROM receipt WHERE id BETWEEN $1 AND $2', max_items => 50) AS batches;
CALL williams_run('blame');
SELECT task, done, failed, retried, rows, sqlstate, message, failed_in_run FROM stat WHERE task = 'blame';
SELECT sum(failures) - count(*) FILTER (WHERE state = 'failed') AS retried FROM williams_batch WHERE task = 'blame';
SELECT williams_retry('blame');
SELECT task, runs, failed, retried - (SELECT sum(failures) FROM williams_batch WHERE task = 'blame') AS difference FROM stat WHERE task = 'blame';
CALL williams_run('blame');
SELECT task, runs, failed FROM stat WHERE task = 'blame';
-- the last failure is that of the batch that failed last, even if it is done by now
CREATE TABLE bad (id int PRIMARY KEY, code text);
INSERT INTO bad VALUES (1, '40001'), (2, 'ok'), (3, '40P01');
CREATE FUNCTION fail(code text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	IF code <> 'ok' THEN RAISE 'failed with %', code USING ERRCODE = code; END IF; RETURN code; END $$;
SELECT williams_create_task('last', 'bad', 'SELECT fail(code) FROM bad WHERE id BETWEEN $1 AND $2', max_items => 1, max_attempts => 2) AS batches;
SELECT williams_run_batch('last') FROM generate_series(1, 3);
SELECT done, failed, retried, sqlstate, message FROM stat WHERE task = 'last';
UPDATE bad SET code = 'ok';
CALL williams_run('last');
SELECT done, failed, retried, rows, sqlstate, message FROM stat WHERE task = 'last';

--
-- Dropping a task does not change them, and the next task of that name goes on
--
CREATE TABLE before AS TABLE whole;
SELECT williams_drop_task('blame'), williams_drop_task('last');
SELECT count(*) FROM (TABLE whole EXCEPT TABLE before) AS changed;
SELECT count(*) FROM williams_task;
SELECT williams_create_task('blame', 'receipt', 'SELECT 1 / (id - 4) FROM receipt WHERE id BETWEEN $1 AND $2', max_items => 60) AS batches;
SELECT count(*) FROM (TABLE whole EXCEPT TABLE before) AS changed;
CALL williams_run('blame');
SELECT n.runs - b.runs AS runs, n.done - b.done AS done, n.failed - b.failed AS failed, n.rows - b.rows AS rows,
	n.retried - b.retried > 0 AS retried, n.seconds > b.seconds AS seconds, n.failed_at > b.failed_at AS failed_at,
	n.last_run_at > b.last_run_at AS last_run_at
FROM whole AS n JOIN before AS b USING (task) WHERE task = 'blame';
DROP TABLE before;
CREATE TABLE before AS TABLE whole;
SELECT williams_drop_task('blame');
SELECT count(*) FROM (TABLE whole EXCEPT TABLE before) AS changed;
-- an earlier failure stays if there is no later one
SELECT williams_create_task('blame', 'receipt', 'SELECT $1, $2', max_items => 50) AS batches;
CALL williams_run('blame');
SELECT williams_drop_task('blame');
SELECT n.done - b.done AS done, n.failed_at = b.failed_at AS same, n.sqlstate, n.message FROM whole AS n JOIN before AS b USING (task) WHERE task = 'blame';
-- what was never executed leaves nothing; a rollback leaves nothing
SELECT williams_create_task('never', 'receipt', 'SELECT $1, $2', max_items => 50) AS batches;
SELECT williams_drop_task('never');
BEGIN;
SELECT williams_create_task('never', 'receipt', 'SELECT $1, $2', max_items => 50) AS batches;
SELECT williams_run_batch('never');
SELECT williams_drop_task('never');
SELECT done FROM stat WHERE task = 'never';
ROLLBACK;
SELECT count(*) FROM stat WHERE task = 'never';
-- a run of a task that does not exist is not counted
CALL williams_run('never');
SELECT count(*) FROM stat WHERE task = 'never';

--
-- Who sees what
--
CREATE ROLE regress_williams_clerk;
CREATE ROLE regress_williams_watcher;
GRANT pg_monitor TO regress_williams_watcher;
GRANT USAGE ON SCHEMA run_stats TO regress_williams_clerk;
GRANT SELECT ON receipt TO regress_williams_clerk;
SET ROLE regress_williams_clerk;
SELECT count(*) FROM williams_stat_task;
TABLE williams_task_history;
SELECT williams_create_task('own', 'receipt', 'SELECT 1 / (id - 1) FROM receipt WHERE id BETWEEN $1 AND $2', max_items => 1) AS batches;
SELECT williams_run_batch('own');
SELECT owner, task, failed, sqlstate, message FROM williams_stat_task;
SELECT williams_drop_task('own');
SELECT owner, task, failed, sqlstate, message FROM williams_stat_task;
SET ROLE regress_williams_watcher;
SELECT owner = 'regress_williams_clerk' AS of_clerk, task, failed, sqlstate, message FROM williams_stat_task ORDER BY task COLLATE "C";
TABLE williams_task_history;
RESET ROLE;
DROP OWNED BY regress_williams_clerk, regress_williams_watcher;
DROP ROLE regress_williams_clerk, regress_williams_watcher;
SELECT owner ~ '^dropped role \d+$' AS dropped, task FROM williams_stat_task WHERE task = 'own';
DELETE FROM williams_task_history WHERE owner NOT IN (SELECT oid FROM pg_roles);

--
-- Prune
--
SELECT count(williams_drop_task(name)) FROM williams_task;
DELETE FROM williams_task_history;
CREATE TABLE nothing (id int PRIMARY KEY);
SELECT williams_create_task(name, 'receipt', 'SELECT 1 / (id - 8) FROM receipt WHERE id BETWEEN $1 AND $2', max_items => 50) AS batches
FROM unnest(ARRAY['old', 'new', 'pending', 'failed']) AS name;
SELECT williams_create_task('empty', 'nothing', 'SELECT $1, $2') AS batches;
SELECT count(williams_alter_task(name, statement => 'SELECT $1, $2')) FROM unnest(ARRAY['old', 'new', 'pending']) AS name;
CALL williams_run('old');
CALL williams_run('new');
SELECT williams_run_batch('pending');
CALL williams_run('failed');
SELECT task, state FROM williams_progress ORDER BY task COLLATE "C";
SELECT williams_prune('1 hour');
UPDATE williams_batch SET finished_at = finished_at - '25 hours'::interval WHERE task <> 'new';
SELECT williams_prune('26 hours');
SELECT williams_prune('1 day');
SELECT array_agg(name ORDER BY name COLLATE "C") FROM williams_task;
-- the last batch counts
UPDATE williams_batch SET finished_at = finished_at - '1 week'::interval WHERE task = 'new' AND batch_no = 1;
SELECT williams_prune('1 day');
BEGIN;
SELECT williams_prune('0');
SELECT array_agg(name ORDER BY name COLLATE "C") FROM williams_task;
SELECT count(*) FROM williams_batch WHERE task NOT IN ('failed', 'pending');
SELECT task, runs, done FROM stat ORDER BY task COLLATE "C";
ROLLBACK;
-- a task without batches counts from its creation
UPDATE williams_task SET created_at = created_at - '2 days'::interval WHERE name IN ('empty', 'new');
SELECT williams_prune('1 day');
SELECT array_agg(name ORDER BY name COLLATE "C") FROM williams_task;
SELECT williams_prune(NULL) IS NULL AS no_interval;
SELECT williams_prune('300000 years');
SELECT williams_prune('-1 s');
BEGIN READ ONLY;
SELECT williams_prune('1 day');
ROLLBACK;
-- only one's own
CREATE ROLE regress_williams_clerk;
SET ROLE regress_williams_clerk;
SELECT williams_prune('0');
RESET ROLE;
DROP ROLE regress_williams_clerk;
SELECT williams_prune('0');
-- a thousand at a time, those first that ended first
SELECT count(williams_create_task('empty ' || i, 'nothing', 'SELECT $1, $2')) FROM generate_series(1, 1002) AS i;
UPDATE williams_task SET created_at = created_at - '2 days'::interval WHERE name NOT IN ('empty 1', 'empty 500');
UPDATE williams_task SET created_at = created_at - '1 day'::interval WHERE name = 'empty 500';
SELECT williams_prune('0');
SELECT name FROM williams_task WHERE name ~ '^empty' ORDER BY created_at;
SELECT williams_prune('0');
SELECT count(williams_drop_task(name)) FROM williams_task;
DELETE FROM williams_task_history;
DROP SCHEMA run_stats CASCADE;
