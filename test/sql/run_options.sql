--
-- Options of a task: no budget, max_failed, settings; what a statement is executed with
--
SET client_min_messages = warning;
CREATE SCHEMA run_options;
SET search_path = run_options, public;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE TABLE page (id int PRIMARY KEY, mb float8 NOT NULL DEFAULT 1);
INSERT INTO page SELECT generate_series(1, 25000);
ANALYZE page;
CREATE FUNCTION raise(code text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RAISE 'it fails' USING ERRCODE = code;
END $$;
CREATE VIEW progress AS SELECT state, batches, done, failed FROM williams_progress WHERE task = 'options';

--
-- Without a budget only max_items cuts; sizes are not read unless item_mb is given.
--
SELECT batch_no, lower_key, upper_key, items, memory_mb FROM williams_plan_table('page');
SELECT williams_create_task('options', 'page', 'SELECT $1, $2');
SELECT available_memory_mb, item_mb, max_items, max_failed, settings, last_key FROM williams_task;
SELECT williams_drop_task('options');
SELECT williams_create_task('options', 'page', 'SELECT $1, $2', item_mb => 'mb', max_items => 20000);
SELECT items, memory_mb FROM williams_batch ORDER BY batch_no;
SELECT williams_drop_task('options');
SELECT count(*) > 1 AS several FROM williams_plan_table('page', method => 'ctid');
-- an empty table has no last key
CREATE TABLE empty (id int PRIMARY KEY);
SELECT williams_create_task('options', 'empty', 'SELECT $1, $2');
SELECT last_key FROM williams_task;
SELECT williams_drop_task('options');

--
-- max_failed
--
SELECT williams_create_task('options', 'page', $$SELECT raise('P0001') WHERE $1 <= $2$$, max_items => 100, max_failed => 3);
\set VERBOSITY terse
CALL williams_run('options');
SELECT * FROM progress;
-- the failed batches count, whenever they failed
CALL williams_run('options');
SELECT * FROM progress;
-- 0 switches it off, NULL keeps it
SELECT williams_alter_task('options', max_failed => 0, statement => $$SELECT raise('P0001') WHERE $1 <= $2 AND $1 < 1000$$);
SELECT williams_alter_task('options', pause_ms => 0);
CALL williams_run('options');
SELECT * FROM progress;
-- mended, and tried again
SELECT williams_alter_task('options', max_failed => 5, statement => $$SELECT $1, $2$$);
SELECT williams_retry('options') > 5 AS more_than_max_failed;
CALL williams_run('options');
SELECT * FROM progress;
SELECT williams_drop_task('options');
-- one failed batch is enough; a batch in its own transaction counts, too
SELECT williams_create_task('options', 'page', $$SELECT raise('P0001') WHERE $1 <= $2$$, max_items => 12500, max_failed => 1);
SELECT count(williams_run_batch('options')) AS steps FROM generate_series(1, 100);
SELECT batches > 2 AS split, done, failed, state FROM progress;
SELECT williams_drop_task('options');
SELECT williams_create_task('options', 'page', $$SELECT $1, $2$$, max_failed => -1);

--
-- Settings
--
CREATE TABLE seen (n serial, name text, value text);
CREATE FUNCTION look(VARIADIC names text[]) RETURNS bigint LANGUAGE sql AS $$
	WITH i AS (INSERT INTO seen (name, value) SELECT n, current_setting(n) FROM unnest(names) n RETURNING 1) SELECT count(*) FROM i
$$;
SET work_mem = '7MB';
SELECT williams_create_task('options', 'page', $$SELECT look('work_mem', 'lock_timeout', 'enable_seqscan', 'my.own') WHERE $1 <= $2$$,
	max_items => 25000, settings => '{"work_mem": "123MB", "lock_timeout": 2000, "enable_seqscan": false, "my.own": "x"}');
SELECT settings FROM williams_task;
CALL williams_run('options');
SELECT name, value FROM seen ORDER BY n;
-- only while a batch runs
SELECT current_setting('work_mem') AS work_mem, current_setting('lock_timeout') AS lock_timeout, current_setting('my.own', true) AS own;
-- they hold for the throttle, too; {} switches all off
TRUNCATE seen;
UPDATE williams_batch SET state = 'pending';
SELECT williams_alter_task('options', settings => '{"work_mem": "99MB"}', throttle => $$look('work_mem') = 0$$);
SELECT williams_run_batch('options');
SELECT name, value FROM seen ORDER BY n;
UPDATE williams_batch SET state = 'pending';
TRUNCATE seen;
SELECT williams_alter_task('options', settings => '{}', throttle => 'false');
SELECT settings FROM williams_task;
SELECT williams_run_batch('options');
SELECT name, value FROM seen WHERE name = 'work_mem';
SELECT williams_drop_task('options');
RESET work_mem;
-- what cannot be set
CREATE FUNCTION with_settings(settings text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.error_of(format('SELECT williams_create_task(''options'', ''page'', ''SELECT $1, $2'', settings => %L)', settings))
$$;
SELECT settings, with_settings(settings) FROM unnest(ARRAY['[]', '"work_mem"', '{"work_mem": null}', '{"work_mem": ["1MB"]}', '{"work_mem": {}}',
	'{"search_path": "x"}', '{"SEARCH_PATH": "x"}', '{"role": "postgres"}', '{"session_authorization": "postgres"}', '{"statement_timeout": "1s"}',
	'{"transaction_isolation": "serializable"}', '{"transaction_read_only": true}', '{"transaction_deferrable": true}',
	'{"nothing": 1}', '{"work_mem": "a lot"}', '{"shared_buffers": "1GB"}', '{"max_connections": 7}', '{"block_size": 8192}']) AS settings;
-- rights are the owner's, when the task is created and when it runs
CREATE ROLE run_options_owner;
GRANT USAGE ON SCHEMA run_options TO run_options_owner;
GRANT SELECT ON page TO run_options_owner;
SET ROLE run_options_owner;
SELECT with_settings('{"log_min_duration_statement": 0}');
RESET ROLE;
GRANT SET ON PARAMETER log_min_duration_statement TO run_options_owner;
SET ROLE run_options_owner;
SELECT williams_create_task('options', 'page', 'SELECT $1, $2', settings => '{"log_min_duration_statement": 100000}');
SELECT williams_run_batch('options');
RESET ROLE;
REVOKE SET ON PARAMETER log_min_duration_statement FROM run_options_owner;
SET ROLE run_options_owner;
SELECT williams_run_batch('options');
SELECT batch_no, state, sqlstate, message FROM williams_batch WHERE sqlstate IS NOT NULL;
SELECT williams_drop_task('options');
RESET ROLE;
-- a commit of the run's own obeys synchronous_commit; one of the caller's does not
CREATE FUNCTION look_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO seen (name, value) VALUES ('synchronous_commit', current_setting('synchronous_commit'));
	RETURN NULL;
END $$;
TRUNCATE seen;
CREATE CONSTRAINT TRIGGER look_at_commit AFTER UPDATE ON williams_batch INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look_at_commit();
SELECT williams_create_task('options', 'page', 'SELECT $1, $2', max_items => 25000, settings => '{"synchronous_commit": "local", "work_mem": "64kB"}');
CALL williams_run('options');
UPDATE williams_batch SET state = 'pending';
BEGIN;
SELECT williams_run_batch('options');
SHOW work_mem;
COMMIT;
SELECT name, value FROM seen ORDER BY n;
DROP TRIGGER look_at_commit ON williams_batch;
SELECT williams_drop_task('options');

--
-- The statement is prepared once in a run, and follows changes of what it uses.
--
-- a view that is replaced, a table that is dropped and made again, between two batches of one run
CREATE VIEW source AS SELECT id, 'old' AS which FROM page;
CREATE TABLE picked (id int, which text);
CREATE FUNCTION change(step int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF step = 1 THEN
		CREATE OR REPLACE VIEW source AS SELECT id, 'new' AS which FROM page;
	ELSIF step = 2 THEN
		ALTER TABLE picked RENAME TO picked_before;
		CREATE TABLE picked (id int, which text);
	END IF;
	RETURN false;
END $$;
SELECT williams_create_task('options', 'page', 'INSERT INTO picked SELECT id, which FROM source WHERE id BETWEEN $1 AND $2', max_items => 5000,
	throttle => $$change((SELECT count(*)::int FROM williams_batch WHERE state = 'done'))$$);
CALL williams_run('options');
SELECT 'picked_before' AS "table", which, count(*), count(DISTINCT id) FROM picked_before GROUP BY which
UNION ALL SELECT 'picked', which, count(*), count(DISTINCT id) FROM picked GROUP BY which ORDER BY 1 DESC, 2;
SELECT williams_drop_task('options');
-- and the settings of the session are those of each run
CREATE TABLE day (id int, day date);
SELECT williams_create_task('options', 'page', $$INSERT INTO day SELECT $1, '01/02/2026'::date WHERE $1 <= $2$$, max_items => 25000);
SET DateStyle = 'ISO, MDY';
CALL williams_run('options');
UPDATE williams_batch SET state = 'pending';
SET DateStyle = 'ISO, DMY';
CALL williams_run('options');
UPDATE williams_batch SET state = 'pending';
SET DateStyle = 'ISO, MDY';
SELECT williams_run_batch('options');
SELECT day FROM day;
RESET DateStyle;
SELECT williams_drop_task('options');
-- a change of the task's own settings takes effect with the next batch
CREATE FUNCTION swap_settings(step int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF step = 1 THEN
		PERFORM williams_alter_task('options', settings => '{"DateStyle": "ISO, DMY"}');
	END IF;
	RETURN false;
END $$;
TRUNCATE day;
SELECT williams_create_task('options', 'page', $$INSERT INTO day SELECT $1, '01/02/2026'::date WHERE $1 <= $2$$, max_items => 10000,
	settings => '{"DateStyle": "ISO, MDY"}', throttle => $$swap_settings((SELECT count(*)::int FROM williams_batch WHERE state = 'done'))$$);
CALL williams_run('options');
SELECT day FROM day ORDER BY id;
SELECT williams_drop_task('options');
-- a statement that tries to run tasks and goes on is itself what runs
CREATE FUNCTION nested(id int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM williams_run_batch('options');
	RETURN 'ran';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE TABLE tried (id int, error text);
SELECT williams_create_task('options', 'page', 'INSERT INTO tried SELECT id, nested(id) FROM page WHERE id % 1000 = 0', max_items => 5000);
CALL williams_run('options');
SELECT error, count(*), count(DISTINCT id) FROM tried GROUP BY error;
SELECT williams_drop_task('options');

--
-- A SELECT may use parallel workers, as outside of a task.
--
CREATE FUNCTION in_worker() RETURNS boolean LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
	SELECT backend_type = 'parallel worker' FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()
$$;
CREATE FUNCTION fail_in_worker() RETURNS int LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
	IF in_worker() THEN
		RAISE 'in a worker' USING ERRCODE = '55000';
	END IF;
	RETURN 0;
END $$;
SELECT williams_create_task('options', 'page', 'SELECT sum(fail_in_worker()) FROM page WHERE id BETWEEN $1 AND $2', max_items => 25000,
	settings => '{"parallel_setup_cost": 0, "parallel_tuple_cost": 0, "min_parallel_table_scan_size": 0, "min_parallel_index_scan_size": 0,
	"max_parallel_workers_per_gather": 2, "parallel_leader_participation": false}');
CALL williams_run('options');
SELECT state, message FROM williams_batch;
SELECT williams_drop_task('options');

\set VERBOSITY default
DROP SCHEMA run_options CASCADE;
DROP ROLE run_options_owner;
