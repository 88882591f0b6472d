/*
 * tasks.sql
 *		Compares tasks with the same work by hand: the part of `make bench` whose
 *		statements commit. See bench.sql for the other part and run.sh for both.
 *
 * "By hand" is a PL/pgSQL loop over the same bounds with a COMMIT after each batch.
 * Nothing in SQL is faster: its plan is kept, no client is involved, and it does not
 * record what it did. Before each run the table is filled again with the same rows
 * and vacuumed, and a checkpoint is made; this is not timed.
 */
\set QUIET on
\pset footer off
\set settings 'SET client_min_messages = warning; SET jit = off; SET max_parallel_workers_per_gather = 0; SET synchronous_commit = off'
:settings;
CREATE EXTENSION williams;
CREATE EXTENSION dblink;


SELECT greatest(:rounds, 10) AS rounds, greatest(:rounds / 3, 3) AS few
\gset
SELECT format('Run: %s rounds (20,000 batches %s), interleaved; the shortest time of each', :rounds, :few) AS "how"
\gset
\echo :how

CREATE TABLE document (id int PRIMARY KEY, seen int NOT NULL, title text);
CREATE TABLE bound (no int, lower int, upper int);

/* the commands that restore the table; they cannot run in a transaction */
CREATE FUNCTION anew(rows int) RETURNS text[] LANGUAGE sql AS $$
	SELECT ARRAY['TRUNCATE document',
		format('INSERT INTO document SELECT i, 0, ''document '' || i FROM generate_series(1, %s) i', rows),
		'VACUUM (ANALYZE, FREEZE) document', 'VACUUM williams_batch', 'VACUUM williams_task', 'CHECKPOINT']
$$;

/* the commands of n rounds; a number stands for restoring the table with that many rows */
CREATE FUNCTION rounds(n int, commands text[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT c FROM generate_series(1, n) r, unnest(commands) WITH ORDINALITY u (command, i),
		LATERAL unnest(CASE WHEN command ~ '^\d+$' THEN anew(command::int) ELSE ARRAY[command] END) WITH ORDINALITY v (c, j)
	ORDER BY r, i, j
$$;

/* create the task with batches of that many rows, and copy its bounds for the work by hand */
CREATE PROCEDURE make(rows bigint, statement text = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2')
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM williams_drop_task(name) FROM williams_task;
	PERFORM williams_create_task('task', 'document', statement, rows, '1', max_items => rows);
	TRUNCATE bound;
	INSERT INTO bound SELECT batch_no, lower_key::int, upper_key::int FROM williams_batch;
	COMMIT;
END $$;

CREATE TABLE took (name text, seconds float8, wal numeric, memory_mb float8);

CREATE PROCEDURE by_task(name text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	lsn pg_lsn := pg_current_wal_insert_lsn();
BEGIN
	CALL williams_run('task');
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started), pg_current_wal_insert_lsn() - lsn);
	ASSERT (SELECT bool_and(state = 'done') FROM williams_batch) AND (SELECT bool_and(seen = 1) FROM document);
END $$;

/* in one statement, which also plans the batches and forgets them */
CREATE PROCEDURE by_apply(name text, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
BEGIN
	CALL williams_apply('UPDATE document SET seen = seen + 1', max_items => rows);
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started));
	ASSERT (SELECT bool_and(seen = 1) FROM document) AND NOT EXISTS (SELECT FROM williams_task);
END $$;

CREATE PROCEDURE by_hand(name text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	lsn pg_lsn := pg_current_wal_insert_lsn();
	b bound;
BEGIN
	FOR b IN SELECT * FROM bound ORDER BY no LOOP
		UPDATE document SET seen = seen + 1 WHERE id BETWEEN b.lower AND b.upper;
		COMMIT;
	END LOOP;
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started), pg_current_wal_insert_lsn() - lsn);
	ASSERT (SELECT bool_and(seen = 1) FROM document);
END $$;

/* by hand without the bounds, which are looked up batch by batch */
CREATE PROCEDURE by_hand_alone(name text, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	last int := 0;
	next int;
BEGIN
	LOOP
		SELECT max(id) INTO next FROM (SELECT id FROM document WHERE id > last ORDER BY id LIMIT rows) AS b;
		EXIT WHEN next IS NULL;
		UPDATE document SET seen = seen + 1 WHERE id > last AND id <= next;
		COMMIT;
		last := next;
	END LOOP;
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started));
	ASSERT (SELECT bool_and(seen = 1) FROM document);
END $$;

CREATE PROCEDURE at_once(name text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	lsn pg_lsn := pg_current_wal_insert_lsn();
BEGIN
	UPDATE document SET seen = seen + 1;
	COMMIT;
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started), pg_current_wal_insert_lsn() - lsn);
	ASSERT (SELECT bool_and(seen = 1) FROM document);
END $$;

/* the time until the last batch is done, according to williams_batch */
CREATE PROCEDURE by_workers(name text, workers int) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
BEGIN
	PERFORM williams_launch('task', workers);
	COMMIT;
	WHILE (SELECT state NOT IN ('done', 'failed') FROM williams_progress) OR EXISTS
		(SELECT FROM pg_stat_activity WHERE backend_type = 'williams worker') LOOP
		PERFORM pg_sleep(0.1);
		COMMIT;
	END LOOP;
	INSERT INTO took SELECT name, extract(epoch FROM max(finished_at) - started) FROM williams_batch;
	ASSERT (SELECT bool_and(state = 'done') FROM williams_batch);
END $$;

/* the same rows by hand in two sessions, half of them each: the best that the machine can do */
CREATE PROCEDURE by_two(name text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz;
BEGIN
	PERFORM dblink_connect(c, format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
		current_setting('port'), current_database(), current_user)) FROM unnest('{a,b}'::text[]) c;
	started := clock_timestamp();
	PERFORM dblink_send_query('a', 'SELECT count(work(id)) FROM document WHERE id <= 1000'),
		dblink_send_query('b', 'SELECT count(work(id)) FROM document WHERE id > 1000');
	PERFORM FROM dblink_get_result('a') AS t (n bigint);
	PERFORM FROM dblink_get_result('b') AS t (n bigint);
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started));
	PERFORM dblink_disconnect(c) FROM unnest('{a,b}'::text[]) c;
END $$;

/* connect to a new session and load the library there */
CREATE PROCEDURE connect(session text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dblink_connect(session, format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
		current_setting('port'), current_database(), current_user));
	PERFORM dblink_exec(session, 'SET client_min_messages = error; SET jit = off; SET synchronous_commit = off');
	PERFORM FROM dblink(session, 'SELECT williams_version()') AS t (version text);
END $$;

/* run the task in a new session; if small, the session has kept plans from when the tables were small */
CREATE PROCEDURE in_session(name text, small boolean) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz;
BEGIN
	CALL connect('new');
	IF small THEN
		PERFORM dblink_exec('new', 'DELETE FROM williams_batch; DELETE FROM williams_task');
		PERFORM FROM dblink('new', 'SELECT williams_create_task(''small'', ''document'', ''SELECT $1, $2'', 1e6, ''1'', max_items => 50000)') AS t (n bigint);
		PERFORM dblink_exec('new', 'ANALYZE williams_batch, williams_task');
		PERFORM dblink_exec('new', 'CALL williams_run(''small'')');
	END IF;
	PERFORM FROM dblink('new', 'SELECT williams_create_task(''task'', ''document'', ''SELECT $1, $2'', 1e6, ''1'', max_items => 10)') AS t (n bigint);
	started := clock_timestamp();
	PERFORM dblink_exec('new', 'CALL williams_run(''task'')');
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started));
	PERFORM dblink_disconnect('new');
	ASSERT (SELECT bool_and(state = 'done') FROM williams_batch);
END $$;

/* the first and the second batch of each of 20 new sessions */
CREATE PROCEDURE first_steps(name text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz;
	step text;
BEGIN
	FOR i IN 1 .. 20 LOOP
		CALL connect('new');
		FOREACH step IN ARRAY '{first,second}'::text[] LOOP
			started := clock_timestamp();
			PERFORM FROM dblink('new', 'SELECT williams_run_batch(''task'')') AS t (n bigint);
			INSERT INTO took VALUES (name || ', ' || step, extract(epoch FROM clock_timestamp() - started));
		END LOOP;
		PERFORM dblink_disconnect('new');
		COMMIT;
	END LOOP;
END $$;

/* a command's time */
CREATE PROCEDURE timed(name text, command text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
BEGIN
	EXECUTE command;
	INSERT INTO took VALUES (name, extract(epoch FROM clock_timestamp() - started));
END $$;

/* a task with a batch for each row, of which only the last are pending, as after an interrupted run */
CREATE PROCEDURE make_almost_done(done bigint) LANGUAGE plpgsql AS $$
BEGIN
	CALL make(1, 'SELECT $1, $2');
	UPDATE williams_batch SET state = 'done' WHERE batch_no <= done;
	PERFORM williams_alter_task('task', throttle => '1 / 0 > 0');
	COMMIT;
	CALL connect('new');
	PERFORM dblink_exec('new', 'CALL williams_run(''task'')', false), dblink_disconnect('new');
	PERFORM williams_alter_task('task', throttle => 'false');
END $$;

/* the peak memory of this backend, without the shared buffers that it touched */
CREATE FUNCTION peak_mb() RETURNS float8 LANGUAGE sql AS $$
	SELECT (substring(s FROM 'VmHWM:\s+(\d+)')::float8 - substring(s FROM 'RssShmem:\s+(\d+)')::float8) / 1024
	FROM pg_read_file('/proc/self/status') s
$$;

/* CPU-bound work: about 2 ms per row */
CREATE FUNCTION work(id int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	x int := id;
BEGIN
	FOR i IN 1 .. 20000 LOOP
		x := (x * 31 + i) % 65521;
	END LOOP;
	RETURN x;
END $$;

/* hold a snapshot in another session from now on */
CREATE PROCEDURE hold() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dblink_connect('old', format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'),
		current_setting('port'), current_database(), current_user));
	PERFORM dblink_exec('old', 'BEGIN ISOLATION LEVEL REPEATABLE READ');
	PERFORM FROM dblink('old', 'SELECT count(*) FROM bound') AS t (n bigint);
END $$;
CREATE PROCEDURE let_go() LANGUAGE sql AS $$ SELECT dblink_disconnect('old') $$;

-- 1 M rows, 200 batches
SELECT rounds(:rounds, ARRAY[
	'1000000', 'CALL make(5000)', 'CALL by_task(''200, task'')',
	'1000000', 'CALL by_hand(''200, hand'')',
	'DO $d$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $d$',
	'1000000', 'CALL by_apply(''200, apply'', 5000)',
	'1000000', 'CALL by_hand_alone(''200, hand alone'', 5000)',
	'1000000', 'CALL at_once(''200, once'')']) \gexec

-- 200 k rows, 20,000 batches
SELECT rounds(:few, ARRAY[
	'200000', 'CALL make(10)', 'CALL by_task(''20000, task'')',
	'200000', 'CALL make(10)', 'CALL hold()', 'CALL by_task(''20000, task, old snapshot'')', 'CALL let_go()',
	'200000', 'CALL by_hand(''20000, hand'')',
	'200000', 'CALL hold()', 'CALL by_hand(''20000, hand, old snapshot'')', 'CALL let_go()']) \gexec

-- 1 M rows, 100,000 batches, in sessions with and without earlier plans
SELECT rounds(1, '{1000000}') \gexec
SELECT rounds(:few, ARRAY[
	'CALL make(1000000)', 'DO $$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $$', 'CALL in_session(''100000, new'', false)',
	'CALL make(1000000)', 'DO $$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $$', 'CALL in_session(''100000, after'', true)']) \gexec

-- 1 M batches, all but 1,000 of them done
CALL make_almost_done(999000);
CALL first_steps('1000000 done');
CALL make(10000, 'SELECT $1, $2');
CALL first_steps('none done');

-- the same with 100,000 batches; and what 100,000 and 1,000,000 batches cost apart from running them
SELECT rounds(1, '{100000}') \gexec
CALL make_almost_done(99000);
CALL first_steps('99000 done');
SELECT rounds(:few, (SELECT array_agg(c ORDER BY n, i) FROM unnest('{100000,1000000}'::int[]) AS n, unnest(ARRAY[
	'DO $d$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $d$', n::text,
	format('CALL timed(''create %s'', $c$SELECT williams_create_task(''task'', ''document'', ''SELECT $1, $2'', max_items => 1)$c$)', n),
	format('CALL timed(''progress %s'', ''SELECT * FROM williams_progress'')', n),
	format('CALL timed(''drop %s'', $c$SELECT williams_drop_task(''task'')$c$)', n)]) WITH ORDINALITY AS u (c, i))) \gexec

-- 10 M rows, to which 1 % are added in each round
SELECT rounds(1, '{10000000}') \gexec
SELECT williams_create_task('task', 'document', 'SELECT $1, $2') AS batches \gset
SELECT rounds(:few, ARRAY[
	'INSERT INTO document SELECT i, 0, ''document '' || i FROM (SELECT max(id) FROM document) AS d, generate_series(max + 1, max + 100000) AS i',
	'VACUUM (ANALYZE) document',
	'CALL timed(''extend'', $c$SELECT williams_extend_task(''task'')$c$)',
	'CALL timed(''anew'', $c$SELECT williams_create_task(''anew'', ''document'', ''SELECT $1, $2'')$c$)',
	'DO $d$ BEGIN ASSERT (SELECT count(DISTINCT last_key) = 1 FROM williams_task); PERFORM williams_drop_task(''anew''); END $d$']) \gexec

-- 2,000 rows of about 2 ms CPU time each, 40 batches
SELECT rounds(1, '{2000}') \gexec
SELECT rounds(:rounds, ARRAY[
	'CALL make(50, ''SELECT work(id) FROM document WHERE id BETWEEN $1 AND $2'')', 'CALL by_workers(''1 worker'', 1)',
	'CALL make(50, ''SELECT work(id) FROM document WHERE id BETWEEN $1 AND $2'')', 'CALL by_workers(''2 workers'', 2)',
	'CALL by_two(''2 sessions'')']) \gexec

-- the memory of a backend that does nothing else
SELECT rounds(1, '{1000000, CALL make(5000)}') \gexec
\c
:settings;
CALL by_task('memory');
INSERT INTO took VALUES ('memory, task', NULL, NULL, peak_mb());
SELECT rounds(1, '{1000000}') \gexec
\c
:settings;
CALL at_once('memory');
INSERT INTO took VALUES ('memory, once', NULL, NULL, peak_mb());

\pset border 2
WITH best AS (
	SELECT name, min(seconds) AS s, min(wal) / 1048576 AS wal_mb, min(memory_mb) AS memory_mb FROM took GROUP BY name
), result (no, what, ours, against, theirs, unit, wanted) AS (
	VALUES (1, 'run, 1 M rows in 200 batches', '200, task', 'by hand', '200, hand', 's', 'at most 1.05 times'),
		(2, 'apply, 1 M rows in 200 batches', '200, apply', 'by hand, bounds known', '200, hand', 's', 'at most 1.05 times'),
		(3, 'apply, 1 M rows in 200 batches', '200, apply', 'by hand', '200, hand alone', 's', NULL),
		(4, 'run, 1 M rows in 200 batches', '200, task', 'one UPDATE', '200, once', 's', NULL),
		(5, 'run, 1 M rows in 200 batches, WAL', '200, task', 'one UPDATE', '200, once', 'MB', NULL),
		(6, 'run, 1 M rows in 200 batches, peak memory', 'memory, task', 'one UPDATE', 'memory, once', 'MB', NULL),
		(7, 'run, 20,000 batches of 10, old snapshot', '20000, task, old snapshot', 'without it', '20000, task', 's', 'at most 1.5 times'),
		(8, 'run, 20,000 batches of 10', '20000, task', 'by hand', '20000, hand', 's', 'at most 3 times'),
		(9, 'by hand, 20,000 batches of 10, old snapshot', '20000, hand, old snapshot', 'without it', '20000, hand', 's', NULL),
		(10, 'launch, 2 workers, a CPU-bound statement', '2 workers', '1 worker', '1 worker', 's', '1.8 times faster'),
		(11, 'launch, 2 workers, a CPU-bound statement', '2 workers', '2 sessions by hand', '2 sessions', 's', NULL),
		(12, 'run, 100,000 batches, plans of small tables', '100000, after', 'no plans', '100000, new', 's', 'at most 1.1 times'),
		(13, 'first step of a session, 999,000 batches done', '1000000 done, first', 'none done', 'none done, first', 'ms', 'at most 1.5 times'),
		(14, 'second step of a session, 999,000 batches done', '1000000 done, second', 'none done', 'none done, second', 'ms', 'at most 1.5 times'),
		(15, 'first step of a session, 99,000 batches done', '99000 done, first', 'its second step', '99000 done, second', 'ms', 'at most 3 times'),
		(16, 'create_task, 1,000,000 batches', 'create 1000000', '100,000 batches', 'create 100000', 's', 'at most 12 times'),
		(17, 'williams_progress, 1,000,000 batches', 'progress 1000000', '100,000 batches', 'progress 100000', 's', 'at most 12 times'),
		(18, 'drop_task, 1,000,000 batches', 'drop 1000000', '100,000 batches', 'drop 100000', 's', 'at most 12 times'),
		(19, 'extend_task, 1 % of 10 M rows', 'extend', 'create_task', 'anew', 's', '50 times faster')
), value AS (
	SELECT r.*, CASE unit WHEN 's' THEN o.s WHEN 'ms' THEN 1000 * o.s ELSE coalesce(o.memory_mb, o.wal_mb) END AS our_value,
		CASE unit WHEN 's' THEN t.s WHEN 'ms' THEN 1000 * t.s ELSE coalesce(t.memory_mb, t.wal_mb) END AS their_value
	FROM result r JOIN best o ON o.name = ours JOIN best t ON t.name = theirs
), ratio AS (
	SELECT *, CASE WHEN wanted LIKE '%faster' THEN their_value / our_value ELSE our_value / their_value END AS ratio FROM value
)
SELECT what, round(our_value::numeric, 3) AS ours, against, round(their_value::numeric, 3) AS theirs, unit,
	round(ratio::numeric, 2) AS ratio, wanted,
	CASE WHEN wanted IS NULL THEN NULL WHEN (wanted LIKE 'at most%') = (ratio <= substring(wanted FROM '[0-9.]+')::float8)
		THEN 'yes' ELSE 'no' END AS reached
FROM ratio ORDER BY no;
