--
-- CALL williams_run with max_duration and raise, and what the end of a run says
--
SET client_min_messages = warning;
CREATE TABLE sheet (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
INSERT INTO sheet SELECT generate_series(1, 40);
ANALYZE sheet;
CREATE VIEW window_counts AS SELECT task, state, done, batches - done - failed AS pending, failed, workers FROM williams_progress;

--
-- max_duration
--
SELECT williams_create_task('count', 'sheet', 'UPDATE sheet SET n = n + 1 WHERE id BETWEEN $1 AND $2', max_items => 10);
-- no time: no batch, and the NOTICE says how many are left, which is no error
SET client_min_messages = notice;
CALL williams_run('count', '0 s');
CALL williams_run('count', max_duration => '0', raise => true);
SET client_min_messages = warning;
TABLE window_counts;
-- the batch at hand ends; a pause does not outlast the time
SELECT williams_alter_task('count', pause_ms => 3600000);
CALL williams_run('count', '1 s');
TABLE window_counts;
-- nor does a throttle
SELECT williams_alter_task('count', throttle => 'true');
CALL williams_run('count', '0.1 s');
TABLE window_counts;
-- a batch takes its time
SELECT williams_alter_task('count', 'UPDATE sheet SET n = n + 1 WHERE id BETWEEN $1 AND $2 AND pg_sleep(0.15) IS NOT NULL', throttle => 'false', pause_ms => 0);
CALL williams_run('count', '1 s');
TABLE window_counts;
-- there is time enough
CALL williams_run('count', '300000 years');
TABLE window_counts;
SELECT williams_drop_task('count');
-- there is no pause after the last batch
SELECT williams_create_task('count', 'sheet', 'UPDATE sheet SET n = n + 1 WHERE id BETWEEN $1 AND $2', max_items => 100, pause_ms => 3600000);
CALL williams_run('count', NULL);
TABLE window_counts;
SELECT min(n), max(n) FROM sheet;
-- what is refused
CALL williams_run('count', '-1 ms');
\echo :LAST_ERROR_SQLSTATE
CALL williams_run('count', raise => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT williams_drop_task('count');

--
-- raise: the SQLSTATE is that of the first failed batch, after all others are done
--
SELECT williams_create_task('bad', 'sheet', 'UPDATE sheet SET n = CASE id WHEN 15 THEN (''x'' || id)::int WHEN 35 THEN 1 / (id - 35) ELSE n END WHERE id BETWEEN $1 AND $2', max_items => 40);
CALL williams_run('bad', raise => true);
\echo :LAST_ERROR_SQLSTATE
SELECT lower_key, upper_key, sqlstate FROM williams_batch WHERE state = 'failed' ORDER BY batch_no;
SELECT sum(upper_key::int - lower_key::int + 1) AS done FROM williams_batch WHERE state = 'done';
-- again and again; without raise it is a WARNING
CALL williams_run('bad', raise => true);
CALL williams_run('bad');
-- repaired
SELECT williams_alter_task('bad', 'UPDATE sheet SET n = 9 WHERE id BETWEEN $1 AND $2'), williams_retry('bad');
CALL williams_run('bad', raise => true);
TABLE window_counts;
SELECT williams_drop_task('bad');
-- the time is over: an error for what failed, not for what is pending
SELECT williams_create_task('bad', 'sheet', 'UPDATE sheet SET n = 1 / (id - 1) WHERE id BETWEEN $1 AND $2', max_items => 1, pause_ms => 3600000);
CALL williams_run('bad', '1 s', true);
TABLE window_counts;
SELECT williams_drop_task('bad');
-- stopped by a failure that every batch would have: the reason is the error
SELECT williams_create_task('wrong', 'sheet', 'UPDATE sheet SET n = n WHERE id BETWEEN $1 AND $2', max_items => 10);
ALTER TABLE sheet RENAME n TO m;
CALL williams_run('wrong', raise => true);
\echo :LAST_ERROR_SQLSTATE
-- reached max_failed: the commonest SQLSTATE
SELECT williams_alter_task('wrong', max_failed => 2);
CALL williams_run('wrong');
SELECT williams_drop_task('wrong');
SELECT williams_create_task('wrong', 'sheet', 'UPDATE sheet SET m = 1 / (id - 1)', max_items => 1, max_attempts => 1, max_failed => 1);
CALL williams_run('wrong');
ALTER TABLE sheet RENAME m TO n;
SELECT williams_drop_task('wrong');
-- stopped because a server is lost: no batch failed, but the error says why
CREATE FUNCTION lost() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'no route to host' USING ERRCODE = '08006'; END $$;
SELECT williams_create_task('lost', 'sheet', 'UPDATE sheet SET n = lost() WHERE id BETWEEN $1 AND $2', max_items => 10, max_attempts => 1);
CALL williams_run('lost', raise => true);
\echo :LAST_ERROR_SQLSTATE
TABLE window_counts;
SELECT williams_drop_task('lost');
DROP FUNCTION lost;

--
-- missed: only for statements that should process every row in range
--
SELECT williams_create_task('half open', 'sheet', 'UPDATE sheet SET n = n WHERE id >= $1 AND id < $2 AND n > -1', max_items => 10);
CALL williams_run('half open');
SELECT missed FROM williams_progress;
SELECT williams_drop_task('half open');
SELECT williams_create_task('half open', 'sheet', 'UPDATE sheet SET n = n WHERE id >= $1 AND id < $2', max_items => 10);
SELECT missed FROM williams_progress;
SELECT williams_run_batch('half open');
SELECT missed FROM williams_progress;
CALL williams_run('half open');
SELECT missed, rows, seconds > 0 AS took_time FROM williams_progress;
SELECT williams_drop_task('half open');
-- more rows than planned; that is no reason for an error
DELETE FROM sheet WHERE id IN (5, 15);
SELECT williams_create_task('more', 'sheet', 'UPDATE sheet SET n = n WHERE id BETWEEN $1 AND $2', max_items => 10);
INSERT INTO sheet VALUES (5, 0), (15, 0);
CALL williams_run('more', raise => true);
SELECT missed FROM williams_progress;
SELECT williams_drop_task('more');
-- exactly as many: nothing is said
SELECT williams_create_task('all', 'sheet', 'UPDATE sheet SET n = n WHERE id BETWEEN $1 AND $2', max_items => 10);
CALL williams_run('all', raise => true);
SELECT missed FROM williams_progress;
SELECT williams_drop_task('all');

--
-- The locks of a task in pg_locks
--
SELECT williams_create_task('locked', 'sheet', 'SELECT $1, $2', max_items => 40);
BEGIN;
SELECT williams_run_batch('locked');
SELECT mode FROM pg_locks JOIN williams_task ON objid = williams_lock_id(owner, name) WHERE classid = 'williams_task'::regclass;
COMMIT;
SELECT williams_lock_id(1, 'a') = williams_lock_id(1, 'a') AS same, williams_lock_id(1, 'a') <> williams_lock_id(1, 'b') AS name,
	williams_lock_id(1, 'a') <> williams_lock_id(2, 'a') AS owner, williams_lock_id(NULL, 'a'), williams_lock_id(1, NULL);
SELECT williams_drop_task('locked');
DROP TABLE sheet;
DROP VIEW window_counts;
