--
-- Whose tasks, whose rights, which settings: attack each promise
--
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT extnamespace::regnamespace AS schema FROM pg_extension WHERE extname = 'williams' \gset
CREATE ROLE williams_alice;
CREATE ROLE williams_bob;
CREATE ROLE williams_above_rls BYPASSRLS;
CREATE ROLE williams_monitor IN ROLE pg_monitor;
GRANT CREATE ON SCHEMA public TO williams_alice, williams_bob;
SET ROLE williams_alice;
CREATE TABLE letters (id int PRIMARY KEY, seen int DEFAULT 0, by text);
INSERT INTO letters SELECT generate_series(1, 100);
ANALYZE letters;
SELECT williams_create_task('letters', 'letters', 'UPDATE letters SET seen = seen + 1, by = current_user WHERE id BETWEEN $1 AND $2', 1,
	max_items => 10);
RESET ROLE;

--
-- Only its owner can see, run, stop, retry or drop a task
--
SET ROLE williams_bob;
SELECT count(*) FROM williams_task;
SELECT count(*) FROM williams_batch;
SELECT count(*) FROM williams_progress;
SELECT williams_run_batch('letters');
CALL williams_run('letters');
SELECT williams_stop('letters');
SELECT williams_retry('letters');
SELECT williams_drop_task('letters');
-- a name is unique for each owner
SELECT williams_create_task('letters', 'pg_class', 'SELECT $1, $2', 1, max_items => 100000) > 0;
SELECT williams_drop_task('letters');
UPDATE williams_task SET stopped = true;
DELETE FROM williams_batch;
INSERT INTO williams_task (owner, name, relation, statement, search_path, available_memory_mb, key_column, method, strict, max_attempts, pause_ms)
	VALUES ('williams_alice'::regrole, 'forged', 'pg_class'::regclass, 'SELECT $1, $2', '', 1, 'oid', 'exact', false, 1, 0);
INSERT INTO williams_batch (owner, task, batch_no, lower_key, upper_key, items, memory_mb) VALUES ('williams_alice'::regrole, 'letters', 99, '1', '9', 1, 1);
TRUNCATE williams_batch;
-- nobody can make other roles wait
BEGIN; LOCK TABLE williams_batch IN ROW SHARE MODE; ROLLBACK;
BEGIN; LOCK TABLE williams_task IN SHARE ROW EXCLUSIVE MODE; ROLLBACK;
BEGIN; SELECT FROM williams_task FOR KEY SHARE; ROLLBACK;
-- a condition that is cheaper than the filter does not see rows of others
CREATE FUNCTION leak(anything text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE WARNING 'leaked %', anything; RETURN true; END $$;
SELECT (SELECT count(*) FROM williams_progress WHERE leak(task)) AS progress, (SELECT count(*) FROM williams_task WHERE leak(statement)) AS tasks,
	(SELECT count(*) FROM williams_batch WHERE leak(lower_key)) AS batches;
RESET ROLE;
-- not even a superuser can: he has no task of that name
SELECT williams_run_batch('letters');
SELECT williams_drop_task('letters');
CALL williams_run('letters');
SELECT williams_stop('letters');
SELECT williams_retry('letters');
SELECT williams_launch('letters');
-- but he sees its progress
SELECT owner, task, state, batches FROM williams_progress;
-- members of pg_monitor see its progress and nothing else
SET ROLE williams_monitor;
SELECT owner, task, state, batches FROM williams_progress;
SELECT count(*) FROM williams_task;
SELECT count(*) FROM williams_batch;
RESET ROLE;

--
-- Roles that row-level security does not bind can read, but cannot write either. Nor
-- can the owner of a task write its rows by hand
--
SET ROLE williams_above_rls;
SELECT owner::regrole, name FROM williams_task;
SELECT count(*) FROM williams_progress;
UPDATE williams_task SET statement = 'UPDATE letters SET seen = 1000 WHERE id BETWEEN $1 AND $2';
UPDATE williams_batch SET lower_key = '1', upper_key = '100';
DELETE FROM williams_batch;
SET ROLE williams_alice;
UPDATE williams_task SET stopped = true;
UPDATE williams_batch SET state = 'done';
DELETE FROM williams_batch;
INSERT INTO williams_task (owner, name, relation, statement, search_path, available_memory_mb, key_column, method, strict, max_attempts, pause_ms)
	VALUES ('williams_alice'::regrole, 'forged', 'pg_class'::regclass, 'SELECT $1, $2', '', 1, 'oid', 'exact', false, 1, 0);
RESET ROLE;
-- a superuser deletes what a dropped role left behind
BEGIN;
DELETE FROM williams_batch WHERE owner = 'williams_alice'::regrole;
DELETE FROM williams_task WHERE owner = 'williams_alice'::regrole;
ROLLBACK;
-- a session with session_replication_role = replica runs tasks and marks batches
SET session_replication_role = replica;
SELECT williams_create_task('replica', 'letters', 'SELECT $1, $2', 1, '0', max_items => 50);
SELECT williams_run_batch('replica'), williams_run_batch('replica'), williams_run_batch('replica');
SELECT state, attempts FROM williams_batch WHERE task = 'replica' ORDER BY batch_no;
SELECT williams_drop_task('replica');
RESET session_replication_role;
-- with row_security = off, too
SET ROLE williams_alice;
SET row_security = off;
SELECT williams_run_batch('letters');
SELECT williams_create_task('rls off', 'letters', 'SELECT $1, $2', 1, max_items => 50);
CALL williams_run('rls off');
SELECT task, state, done FROM williams_progress ORDER BY task;
SELECT williams_retry('rls off'), williams_drop_task('rls off');
RESET row_security;
SELECT DISTINCT seen, by FROM letters WHERE seen > 0 ORDER BY seen, by;

--
-- Nothing in a statement gains more rights than its owner has
--
RESET ROLE;
CREATE TABLE secret (s text);
SET ROLE williams_alice;
CREATE FUNCTION escape(how text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE how;
	RETURN current_user;
END $$;
CREATE FUNCTION attack(how text) RETURNS TABLE (sqlstate text, message text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM williams_create_task('attack', 'letters', format('SELECT escape(%L) FROM letters WHERE id BETWEEN $1 AND $2', how), 1,
		max_items => 1000);
	PERFORM williams_run_batch('attack');
	RETURN QUERY SELECT b.sqlstate, b.message FROM williams_batch b WHERE task = 'attack' AND state = 'failed';
	PERFORM williams_drop_task('attack');
END $$;
SELECT how, a.* FROM unnest(ARRAY['RESET ROLE', 'SET ROLE NONE', 'SET ROLE williams_bob', 'SET SESSION AUTHORIZATION DEFAULT',
	'RESET SESSION AUTHORIZATION', 'SELECT set_config(''role'', ''none'', false)', 'INSERT INTO secret VALUES (''s'')',
	'RESET ALL', 'DISCARD ALL']) how, attack(how) a;
SET client_min_messages = warning;
-- nor in a trigger that fires at its end; for a number above 0, it defers another to the commit
CREATE FUNCTION escape_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id > 0 THEN
		SET CONSTRAINTS ALL DEFERRED;
		EXECUTE format('INSERT INTO %I VALUES (%s)', TG_TABLE_NAME, -NEW.id);
	ELSE
		EXECUTE TG_ARGV[0];
	END IF;
	RETURN NULL;
END $$;
CREATE TABLE later (id int);
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escape_later('RESET ROLE');
SELECT williams_create_task('later', 'letters', 'INSERT INTO later SELECT -id FROM letters WHERE id BETWEEN $1 AND $2', 1, max_items => 1000);
CALL williams_run('later');
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'later';
SELECT williams_drop_task('later');
-- nor in one that is deferred until the commit
SELECT williams_create_task('later', 'letters', 'INSERT INTO later SELECT id FROM letters WHERE id BETWEEN $1 AND $2', 1, max_items => 1000);
CALL williams_run('later');
SELECT current_user;
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'later';
SELECT williams_drop_task('later');
-- on a table that the statement itself creates
CREATE FUNCTION make_latest() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	CREATE TABLE latest (id int);
	CREATE CONSTRAINT TRIGGER latest AFTER INSERT ON latest DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escape_later('RESET ROLE');
	INSERT INTO latest VALUES (1);
	RETURN 1;
END $$;
SELECT williams_create_task('later', 'letters', 'SELECT make_latest() WHERE $1 < $2', 1, max_items => 1000);
CALL williams_run('later');
SELECT current_user;
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'later';
SELECT williams_drop_task('later');
-- nor in a cursor whose query the commit executes
CREATE FUNCTION hold() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT escape(''RESET ROLE'')';
	RETURN 1;
END $$;
SELECT williams_create_task('later', 'letters', 'SELECT hold() WHERE $1 < $2', 1, max_items => 1000);
DECLARE mine CURSOR WITH HOLD FOR SELECT 1;
CALL williams_run('later');
SELECT current_user;
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'later';
SELECT williams_drop_task('later');
CLOSE mine;
-- nor in what a throttle leaves to the commit to do
CREATE FUNCTION throttle_later() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO later VALUES (-1); RETURN false; END $$;
SELECT williams_create_task('later', 'letters', 'SELECT $1, $2', 1, throttle => 'throttle_later()', max_items => 1000);
CALL williams_run('later');
SELECT current_user;
SELECT williams_drop_task('later');
-- nor if the session took the owner's role and can take its own again
RESET ROLE;
SET SESSION AUTHORIZATION williams_alice;
DROP TRIGGER later ON later;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escape_later('RESET SESSION AUTHORIZATION');
SELECT williams_create_task('later', 'letters', 'INSERT INTO later SELECT id FROM letters WHERE id BETWEEN $1 AND $2', 1, max_items => 1000);
CALL williams_run('later');
SELECT session_user;
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'later';
SELECT williams_drop_task('later');
RESET SESSION AUTHORIZATION;
SET ROLE williams_alice;
-- nor in a throttle, nor in the sizes that a split computes again
CREATE FUNCTION throttle() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN false; END $$;
SELECT williams_create_task('throttle', 'letters', 'SELECT $1, $2', 1, throttle => 'throttle()', max_items => 1000);
SELECT williams_run_batch('throttle');
SELECT williams_drop_task('throttle');
CREATE TABLE switch (attack boolean);
INSERT INTO switch VALUES (false);
CREATE FUNCTION weight() RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT attack FROM switch) THEN
		RESET ROLE;
	END IF;
	RETURN 0.001;
END $$;
SELECT williams_create_task('weight', 'letters', 'SELECT 1 / (id - 50) FROM letters WHERE id BETWEEN $1 AND $2', 1, 'weight()', max_items => 1000);
UPDATE switch SET attack = true;
SELECT williams_run_batch('weight');
SELECT current_user, state, sqlstate FROM williams_batch WHERE task = 'weight';
SELECT williams_drop_task('weight');
-- a statement leaves no settings behind for the next role
SELECT williams_create_task('settings', 'letters', $$SELECT set_config('search_path', 'trap', false), set_config('lock_timeout', '1ms', false) WHERE $1 < $2$$, 1,
	max_items => 1000);
CALL williams_run('settings');
SELECT state, current_setting('search_path') AS search_path, current_setting('lock_timeout') AS lock_timeout FROM williams_batch WHERE task = 'settings';
SELECT williams_drop_task('settings');
-- a search_path that is blank names no schema
SELECT williams_create_task('blank', 'letters', 'SELECT $1, $2', 1, max_items => 1000);
RESET ROLE;
UPDATE williams_task SET search_path = E' \t\n' WHERE name = 'blank';
SET ROLE williams_alice;
SELECT williams_run_batch('blank');
SELECT state, sqlstate FROM williams_batch WHERE task = 'blank';
SELECT williams_drop_task('blank');
RESET ROLE;
SELECT count(*) FROM secret;

--
-- What a superuser writes into a task by hand is used as a statement, an expression or a value only
--
CREATE FUNCTION write(change text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE change; END $$;
SET ROLE williams_alice;
SELECT williams_create_task('by hand', 'letters', 'SELECT 1 / (id - 50) FROM letters WHERE id BETWEEN $1 AND $2', 1, '0', max_items => 1000);
CREATE FUNCTION by_hand(change text) RETURNS TABLE (sqlstate text, message text, stopped boolean) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM write(change);
	PERFORM williams_run_batch('by hand');
	RETURN QUERY SELECT b.sqlstate, b.message, t.stopped FROM williams_batch b, williams_task t WHERE b.task = 'by hand' AND t.name = 'by hand' AND b.state = 'failed';
	-- as if nothing had been
	RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN NULL;
	WHEN OTHERS THEN RETURN QUERY SELECT SQLSTATE, SQLERRM, NULL::boolean;
END $$;
SELECT change, b.* FROM unnest(ARRAY[
	'UPDATE williams_task SET statement = ''SELECT $1, $2; DROP TABLE letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET statement = ''TRUNCATE letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET throttle = ''false; DROP TABLE letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET throttle = ''false FROM letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET item_mb = ''0; DROP TABLE letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET key_column = ''id; DROP TABLE letters'' WHERE name = ''by hand''',
	'UPDATE williams_task SET search_path = ''public; DROP TABLE letters'' WHERE name = ''by hand''',
	'UPDATE williams_batch SET lower_key = ''1; DROP TABLE letters'' WHERE task = ''by hand''',
	'UPDATE williams_batch SET upper_key = ''1 OR true'' WHERE task = ''by hand''',
	'UPDATE williams_task SET max_attempts = 0', 'UPDATE williams_task SET time_limit_ms = -1', 'UPDATE williams_task SET pause_ms = -1']) AS change, by_hand(change) AS b;
SELECT williams_drop_task('by hand');
SELECT count(*) FROM letters;
-- a table that the owner may not read is not even locked, whatever a row contains
SELECT williams_create_task('secret', 'letters', 'SELECT $1, $2', 1, '0', max_items => 1000);
SELECT write('UPDATE williams_task SET relation = ''secret''::regclass WHERE name = ''secret''');
BEGIN;
SELECT williams_run_batch('secret');
SELECT count(*) FROM pg_locks WHERE relation = 'secret'::regclass;
COMMIT;
SELECT sqlstate, message FROM williams_batch WHERE task = 'secret';
SELECT williams_drop_task('secret');
SELECT williams_plan_table('secret', 1, '0', 's');
RESET ROLE;
DROP FUNCTION write;

--
-- A SECURITY DEFINER function runs its owner's tasks, not its caller's
--
SET ROLE williams_alice;
CREATE FUNCTION step() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT williams_run_batch(''letters'')';
CREATE PROCEDURE run() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN CALL williams_run(''letters''); END';
SET ROLE williams_bob;
SELECT step();
CALL run();
SELECT count(*) FROM letters;
-- it does not fire what its caller deferred
CREATE TABLE waits (id int);
CREATE FUNCTION who_fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'fired as %', current_user; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON waits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION who_fires();
BEGIN;
INSERT INTO waits VALUES (1);
SELECT step();
COMMIT;
BEGIN;
INSERT INTO waits VALUES (1);
SET CONSTRAINTS ALL IMMEDIATE;
SELECT step();
COMMIT;
-- a temporary table of its caller does not replace one of the owner's tables
CREATE TEMPORARY TABLE letters (id int, seen int, by text);
INSERT INTO letters SELECT generate_series(1, 100);
CREATE TRIGGER letters BEFORE UPDATE ON letters FOR EACH STATEMENT EXECUTE FUNCTION who_fires();
GRANT ALL ON letters TO williams_alice;
SELECT step();
DROP TABLE letters;
RESET ROLE;
SELECT DISTINCT seen, by FROM letters WHERE seen > 0 ORDER BY seen, by;

-- in a statement, it gives its rights only to what it calls itself
CREATE FUNCTION define(how text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	EXECUTE how;
	RETURN current_user;
END $$;
SET ROLE williams_alice;
SELECT williams_create_task('definer', 'letters', 'SELECT define(''RESET ROLE'') FROM letters WHERE id BETWEEN $1 AND $2', 1, max_items => 1000);
SELECT williams_create_task('after it', 'letters', 'SELECT define(''SELECT 1''), escape(''INSERT INTO secret VALUES (1)'') FROM letters WHERE id BETWEEN $1 AND $2', 1,
	max_items => 1000);
SELECT williams_create_task('in it', 'letters', 'SELECT define(''SELECT williams_run_batch(''''letters'''')'') FROM letters WHERE id BETWEEN $1 AND $2', 1,
	max_items => 1000);
SELECT name, williams_run_batch(name) IS NOT NULL AS ran FROM williams_task WHERE name <> 'letters' ORDER BY name;
SELECT task, sqlstate, message FROM williams_batch WHERE task <> 'letters' AND state = 'failed' ORDER BY task;
SELECT count(williams_drop_task(name)) FROM williams_task WHERE name <> 'letters';
RESET ROLE;
SELECT count(*) FROM secret;
DROP FUNCTION define;

--
-- A schema in front of pg_catalog does not matter, and the creator's search_path applies
--
CREATE SCHEMA trap AUTHORIZATION williams_alice;
SET ROLE williams_alice;
CREATE FUNCTION trap.is_equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.is_equal);
CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE TABLE trap.letters (id int PRIMARY KEY, seen int, by text);
CREATE TABLE trap.williams_batch (owner oid, task text, batch_no bigint);
SELECT format('SET search_path = trap, pg_catalog, public, %s', :'schema') AS set_trap \gset
:set_trap;
SELECT williams_run_batch('letters') IS NOT NULL AS ran;
SELECT williams_stop('letters');
CALL williams_run('letters');
RESET search_path;
SELECT williams_retry('letters');
SELECT seen, by, count(*) FROM letters GROUP BY seen, by ORDER BY seen, by;
SELECT williams_drop_task('letters');

--
-- Bounds read the same, whatever settings they were written under
--
CREATE TABLE stays (at timestamptz PRIMARY KEY, length interval UNIQUE, ratio float8 UNIQUE, day date UNIQUE, fee money UNIQUE, seen int DEFAULT 0);
INSERT INTO stays SELECT '2026-01-31 12:34:56.789012+00'::timestamptz + i * interval '1 day 1 second', make_interval(months => i, secs => i / 3.0),
	i / 3.0, '2026-01-31'::date + i, i::numeric::money FROM generate_series(1, 100) i;
SET DateStyle = 'SQL, DMY';
SET TimeZone = 'America/St_Johns';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -4;
SELECT williams_create_task(key, 'stays', format('UPDATE stays SET seen = seen + 1 WHERE %I BETWEEN $1 AND $2', key), 1, key_column => key,
	max_items => 30) FROM unnest(ARRAY['at', 'length', 'ratio', 'day', 'fee']) AS key;
SET DateStyle = 'German, MDY';
SET TimeZone = 'Asia/Kathmandu';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = 3;
SELECT task, lower_key, upper_key FROM williams_batch WHERE batch_no = 2 ORDER BY task;
SELECT key, count(williams_run_batch(key)) FROM unnest(ARRAY['at', 'length', 'ratio', 'day', 'fee']) AS key, generate_series(1, 5) GROUP BY key ORDER BY key;
SELECT seen, count(*) FROM stays GROUP BY seen ORDER BY seen;
RESET DateStyle;
RESET TimeZone;
RESET IntervalStyle;
RESET extra_float_digits;
SELECT williams_drop_task(key) FROM unnest(ARRAY['at', 'length', 'ratio', 'day', 'fee']) AS key;

--
-- Rights that were revoked since the task was created
--
RESET ROLE;
CREATE TABLE lent (id int PRIMARY KEY, seen int);
INSERT INTO lent SELECT generate_series(1, 100);
ANALYZE lent;
GRANT SELECT, UPDATE ON lent TO williams_alice;
SET ROLE williams_alice;
SELECT williams_create_task('lent', 'lent', 'UPDATE lent SET seen = 1 WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
SELECT williams_run_batch('lent');
RESET ROLE;
REVOKE UPDATE ON lent FROM williams_alice;
SET ROLE williams_alice;
CALL williams_run('lent');
SELECT batch_no, state, sqlstate, message FROM williams_batch ORDER BY batch_no;
SELECT state, done, failed FROM williams_progress;
SELECT williams_drop_task('lent');
-- not everybody may launch workers
SELECT williams_launch('lent');
RESET ROLE;
GRANT EXECUTE ON FUNCTION williams_launch TO williams_alice;
SET ROLE williams_alice;
SELECT williams_create_task('letters', 'letters', 'SELECT $1, $2', 1, max_items => 60);
SELECT williams_launch('letters');
SELECT williams_launch('letters', 0);
CREATE TEMPORARY TABLE passing (id int PRIMARY KEY);
INSERT INTO passing VALUES (1);
SELECT williams_create_task('passing', 'passing', 'SELECT $1, $2', 1);
CALL williams_run('passing');
RESET ROLE;
ALTER ROLE williams_alice LOGIN;
SET ROLE williams_alice;
SELECT williams_launch('passing');
SELECT williams_drop_task('letters'), williams_drop_task('passing');
RESET ROLE;

-- a role is identified by its OID, whatever its name is
CREATE ROLE "williams' ""Al""";
CREATE ROLE "-";
GRANT SELECT ON lent TO "williams' ""Al""", "-";
SET ROLE "-";
SELECT williams_create_task('named', 'lent', 'SELECT $1, $2', 1, max_items => 60);
SET ROLE "williams' ""Al""";
SELECT williams_create_task('named', 'lent', 'SELECT $1, $2', 1, max_items => 60);
SELECT williams_run_batch('named');
SELECT owner, task, state FROM williams_progress;
RESET ROLE;
ALTER ROLE "-" RENAME TO williams_plain;
SET ROLE williams_plain;
SELECT owner, task, state FROM williams_progress;
SELECT williams_drop_task('named');
SET ROLE "williams' ""Al""";
SELECT williams_drop_task('named');
RESET ROLE;
DROP OWNED BY "williams' ""Al""", williams_plain;
DROP ROLE "williams' ""Al""", williams_plain;

DROP OWNED BY williams_alice, williams_bob;
DROP ROLE williams_alice, williams_bob, williams_above_rls, williams_monitor;
DROP TABLE secret, lent;
SELECT count(*) FROM williams_task;
