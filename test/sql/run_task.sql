--
-- Tasks: a plan and a statement, run batch by batch
--
SET client_min_messages = warning;
-- the context of an error depends on timing
\set SHOW_CONTEXT never
CREATE TABLE document (id int PRIMARY KEY, mb float8 NOT NULL, body text, seen int NOT NULL DEFAULT 0);
INSERT INTO document (id, mb, body) SELECT i, 1, i::text FROM generate_series(1, 1000) i;
ANALYZE document;
-- the bounds of each batch, in the order of the batches
CREATE VIEW batches AS
	SELECT task, batch_no, lower_key, upper_key, items, memory_mb, state, attempts, rows, sqlstate, message,
		started_at IS NOT NULL AND finished_at >= started_at AND duration_ms >= 0 AS timed
	FROM williams_batch;

--
-- Create a task, run it batch by batch, run it with CALL
--
SELECT williams_create_task('count', 'document', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2',
	100, 'mb', max_items => 1000);
SELECT name, relation::regclass, statement, search_path, available_memory_mb, item_mb, key_column, method, max_items,
	strict, max_attempts, time_limit_ms, pause_ms, throttle, filenode, stopped FROM williams_task;
SELECT * FROM williams_progress;
SELECT williams_run_batch('count');
SELECT williams_run_batch('count');
SELECT batch_no, lower_key, upper_key, state, attempts, rows, timed FROM batches ORDER BY batch_no LIMIT 3;
SELECT task, state, batches, done, failed, running, rows, percent, rows_per_s > 0 AS speed, eta,
	started_at <= updated_at AS times FROM williams_progress;
CALL williams_run('count');
SELECT state, batches, done, failed, running, rows, percent FROM williams_progress;
SELECT williams_run_batch('count');
SELECT seen, count(*) FROM document GROUP BY seen ORDER BY seen;
-- a rollback undoes everything, the claim included
SELECT williams_create_task('again', 'document', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', 500, 'mb',
	max_items => 1000);
BEGIN;
SELECT williams_run_batch('again');
ROLLBACK;
SELECT state, attempts FROM williams_batch WHERE task = 'again' ORDER BY batch_no;
-- several batches in one transaction
SELECT williams_run_batch('again') FROM generate_series(1, 3);
SELECT seen, count(*) FROM document GROUP BY seen ORDER BY seen;
SELECT williams_drop_task('again'), williams_drop_task('count');
SELECT count(*) FROM williams_batch;
UPDATE document SET seen = 0;

--
-- A task over an empty table
--
CREATE TABLE nothing (id int PRIMARY KEY);
SELECT williams_create_task('nothing', 'nothing', 'DELETE FROM nothing WHERE id BETWEEN $1 AND $2', 1);
CALL williams_run('nothing');
SELECT state, batches, percent FROM williams_progress;
SELECT williams_drop_task('nothing');

--
-- What a statement can be
--
CREATE FUNCTION refused(statement text, VARIADIC others text[] = '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; detail text; hint text;
BEGIN
	EXECUTE format('SELECT williams_create_task(%L, %L, %L, 100%s)', 'x', 'document', statement,
		(SELECT string_agg(', ' || o, '') FROM unnest(others) o));
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT refused('SELECT count(*) FROM document WHERE id BETWEEN $1 AND $2');
SELECT williams_drop_task('x');
SELECT refused('WITH d AS (DELETE FROM document WHERE id BETWEEN $1 AND $2 RETURNING *) SELECT count(*) FROM d');
SELECT williams_drop_task('x');
-- each kind of statement, and how many rows it processed
CREATE TABLE digest (id int PRIMARY KEY, sum text);
DO $$
DECLARE
	s text;
BEGIN
	FOREACH s IN ARRAY ARRAY[
		'INSERT INTO digest SELECT id, md5(body) FROM document WHERE id BETWEEN $1 AND $2',
		'UPDATE digest SET sum = NULL WHERE id BETWEEN $1 AND $2 AND id % 2 = 0',
		'MERGE INTO digest g USING document d ON g.id = d.id WHEN MATCHED AND d.id BETWEEN $1 AND $2 AND sum IS NULL THEN UPDATE SET sum = body
			WHEN MATCHED AND d.id BETWEEN $1 AND $2 AND d.id <= 100 THEN DELETE',
		'WITH gone AS (DELETE FROM digest WHERE id BETWEEN $1 AND $2 AND id > 900 RETURNING id) SELECT * FROM gone WHERE id <= 950',
		'DELETE FROM digest WHERE id BETWEEN $1 AND $2',
		'VALUES ($1, 1), ($2, 2)',
		'SELECT FROM document WHERE id BETWEEN $1 AND $2 AND id % 4 = 0'] LOOP
		PERFORM williams_create_task('kind', 'document', s, 1000, 'mb', max_items => 1000);
		PERFORM williams_run_batch('kind');
		RAISE WARNING '%', (SELECT concat_ws(' ', substring(s, '^\w+'), rows, state, message) FROM williams_batch);
		PERFORM williams_drop_task('kind');
	END LOOP;
END $$;
DROP TABLE digest;
SELECT refused(s) FROM unnest(ARRAY[
	'',
	'-- nothing',
	'DELETE FROM document WHERE id BETWEEN $1 AND $2; DROP TABLE document',
	'DELETE FROM document WHERE id <= $2',
	'DELETE FROM document WHERE id >= $1',
	'DELETE FROM document WHERE id BETWEEN $1 AND $3',
	'VACUUM document',
	'EXPLAIN ANALYZE DELETE FROM document WHERE id BETWEEN $1 AND $2',
	'COPY (SELECT $1, $2) TO STDOUT',
	'SELECT $1, $2 INTO t',
	'CREATE TABLE t AS SELECT * FROM document WHERE id BETWEEN $1 AND $2',
	'COMMIT',
	'DELETE FROM dokument WHERE id BETWEEN $1 AND $2',
	'DELETE FROM document WHERE $1 AND $2']) s;
SELECT refused('DELETE FROM document WHERE id BETWEEN $1 AND $2', o) FROM unnest(ARRAY[
	'max_attempts => 0', 'max_attempts => NULL', 'time_limit_ms => -1', 'pause_ms => -1', 'method => ''range''',
	'throttle => ''1''', 'throttle => ''true; DROP TABLE document''', 'throttle => ''count(*) > 1''', 'throttle => ''id > 1''',
	'key_column => ''nokey''', 'item_mb => ''-1''', 'max_items => 0', 'strict => NULL']) o;
SELECT refused('DELETE FROM document WHERE ctid BETWEEN $1 AND $2', 'method => ''ctid''');
SELECT refused('WITH d AS (UPDATE document SET seen = 1 WHERE ctid BETWEEN $1 AND $2) SELECT', 'method => ''ctid''');
SELECT refused('MERGE INTO document d USING document e ON d.id = e.id AND e.ctid BETWEEN $1 AND $2 WHEN MATCHED THEN DELETE', 'method => ''ctid''');
SELECT williams_create_task('', 'document', 'SELECT $1, $2', 1);
SELECT williams_create_task(repeat('n', 64), 'document', 'SELECT $1, $2', 1);
SELECT williams_create_task(NULL, 'document', 'SELECT $1, $2', 1);
SELECT williams_create_task('x', 0, 'SELECT $1, $2', 1);
SELECT williams_create_task('x', 'document', 'SELECT $1, $2', 1, max_items => 500);
SELECT williams_create_task('x', 'document', 'SELECT $1, $2', 1, max_items => 500);
SELECT williams_drop_task('x');
SELECT williams_drop_task('x');
SELECT williams_stop('x');
SELECT williams_retry('x');
SELECT williams_run_batch('x');
CALL williams_run('x');
CALL williams_run(NULL);
SELECT williams_launch('x');
SELECT williams_run_batch(NULL);

--
-- Where a task cannot run
--
SELECT williams_create_task('where', 'document', 'SELECT $1, $2', 100, 'mb', max_items => 1000);
BEGIN;
CALL williams_run('where');
ROLLBACK;
DO $$ BEGIN CALL williams_run('where'); EXCEPTION WHEN division_by_zero THEN NULL; END $$;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT williams_run_batch('where');
ROLLBACK;
BEGIN READ ONLY;
SELECT williams_run_batch('where');
ROLLBACK;
-- a session's default isolation level does not matter
SET default_transaction_isolation = serializable;
CALL williams_run('where');
RESET default_transaction_isolation;
SELECT state, done FROM williams_progress WHERE task = 'where';
SELECT williams_drop_task('where');
-- it can run from PL/pgSQL outside a transaction block
SELECT williams_create_task('nested', 'document', 'SELECT $1, $2', 100, 'mb', max_items => 1000);
DO $$ BEGIN CALL williams_run('nested'); END $$;
SELECT state, done FROM williams_progress WHERE task = 'nested';
SELECT williams_drop_task('nested');

--
-- Batches that fail
--
-- a bad row: the batch is split until the row stands alone
UPDATE document SET body = 'seventy-seven' WHERE id = 777;
SELECT williams_create_task('poisoned', 'document', 'UPDATE document SET seen = body::int WHERE id BETWEEN $1 AND $2', 500, 'mb',
	max_items => 1000);
CALL williams_run('poisoned');
SELECT * FROM batches ORDER BY lower_key::int;
SELECT count(*) FROM document WHERE seen = id;
SELECT state, batches, done, failed, rows, percent FROM williams_progress;
SELECT sum(items), sum(memory_mb), max(memory_mb) FROM williams_batch;
-- corrected and tried again
UPDATE document SET body = '777' WHERE id = 777;
SELECT williams_retry('poisoned');
CALL williams_run('poisoned');
SELECT count(*) FROM document WHERE seen = id;
SELECT state, failed, percent FROM williams_progress;
SELECT williams_drop_task('poisoned');

-- many bad rows
SELECT williams_create_task('thirds', 'document', 'UPDATE document SET seen = 1 / (id % 3) WHERE id BETWEEN $1 AND $2 AND id <= 30',
	1000, 'mb', max_items => 1000);
CALL williams_run('thirds');
SELECT array_agg(lower_key::int ORDER BY lower_key::int), count(*) FILTER (WHERE lower_key = upper_key), min(sqlstate)
	FROM williams_batch WHERE state = 'failed';
SELECT williams_drop_task('thirds');

-- a bad statement: one execution
SELECT williams_create_task('misspelt', 'document', 'SELECT seen FROM document WHERE id BETWEEN $1 AND $2', 10, 'mb',
	max_items => 1000);
ALTER TABLE document RENAME seen TO sighted;
CALL williams_run('misspelt');
SELECT batch_no, state, attempts, sqlstate, message FROM batches WHERE state <> 'pending';
SELECT state, failed, batches FROM williams_progress;
SELECT williams_run_batch('misspelt');
ALTER TABLE document RENAME sighted TO seen;
SELECT williams_retry('misspelt');
CALL williams_run('misspelt');
SELECT state, failed FROM williams_progress;
SELECT williams_drop_task('misspelt');

-- a reason that may pass: tried again after a pause, never split
CREATE SEQUENCE tried;
CREATE FUNCTION passing(code text, times int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF nextval('tried') <= times THEN
		RAISE EXCEPTION 'not now' USING ERRCODE = code;
	END IF;
	RETURN true;
END $$;
SELECT williams_create_task('passing', 'document', 'SELECT passing(''40001'', 2) FROM document WHERE id BETWEEN $1 AND $2', 1000,
	'mb', max_items => 1000);
SELECT williams_run_batch('passing');
SELECT state, attempts, sqlstate, message FROM batches;
CALL williams_run('passing');
SELECT state, attempts, rows, sqlstate FROM batches;
SELECT williams_drop_task('passing');
ALTER SEQUENCE tried RESTART;
SELECT williams_create_task('hopeless', 'document', 'SELECT passing(''53200'', 9) FROM document WHERE id BETWEEN $1 AND $2', 1000,
	'mb', max_items => 1000, max_attempts => 2);
CALL williams_run('hopeless');
SELECT state, attempts, sqlstate, message FROM batches;
SELECT williams_drop_task('hopeless');
-- the pause doubles: 0.1 s, 0.2 s, 0.4 s ... 51.2 s at most
SELECT williams_create_task('pauses', 'document', 'SELECT passing(''53200'', 1000) FROM document WHERE id BETWEEN $1 AND $2', 1000,
	'mb', max_items => 1000, max_attempts => 100);
CREATE FUNCTION pause_after(n int) RETURNS interval LANGUAGE plpgsql AS $$
BEGIN
	UPDATE williams_batch SET attempts = n - 1, ready_at = NULL;
	PERFORM williams_run_batch('pauses');
	RETURN (SELECT ready_at - finished_at FROM williams_batch);
END $$;
SELECT failures, pause_after(failures) FROM generate_series(1, 12) AS failures;
-- not tried before it is ready, but then
UPDATE williams_batch SET ready_at = 'infinity';
SELECT williams_run_batch('pauses');
UPDATE williams_batch SET ready_at = clock_timestamp();
SELECT williams_run_batch('pauses');
SELECT williams_drop_task('pauses');
-- how SQLSTATEs are classified
CREATE FUNCTION fails(code text) RETURNS TABLE (state text, batches bigint, stopped boolean) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM setval('tried', 1, false);
	PERFORM williams_create_task('fails', 'document',
		format('SELECT passing(%L, 1) FROM document WHERE id BETWEEN $1 AND $2', code), 1000, 'mb', max_items => 1000);
	PERFORM williams_run_batch('fails');
	RETURN QUERY SELECT min(b.state), count(*), bool_or(t.stopped) FROM williams_batch b, williams_task t;
	PERFORM williams_drop_task('fails');
END $$;
SELECT code, f.* FROM unnest(ARRAY['08006', '40P01', '53100', '55P03', '21000', '22012', '23505', '38000', '44000', '54000', '57014', 'P0001',
	'0A000', '42501', '42703', '55000', '57P03', 'XX000']) code, fails(code) f;

-- the task's own time limit splits at once
SELECT williams_create_task('slow', 'document', 'SELECT CASE WHEN id = 4 THEN pg_sleep(10) END FROM document WHERE id BETWEEN $1 AND $2 AND id < 9',
	1000, 'mb', max_items => 1000, time_limit_ms => 200);
-- other rows may be that slow, too, if the machine stalls
SET client_min_messages = error;
CALL williams_run('slow');
SET client_min_messages = warning;
SELECT lower_key, upper_key, sqlstate, message FROM batches WHERE state = 'failed' AND 4 BETWEEN lower_key::int AND upper_key::int;
SELECT count(*) FROM batches WHERE state = 'failed' AND (lower_key <> upper_key OR sqlstate <> '57014');
SELECT williams_drop_task('slow');
-- a statement_timeout counts as a cancel by the user: no attempt
SELECT williams_create_task('cancelled', 'document', 'SELECT pg_sleep(10) FROM document WHERE id BETWEEN $1 AND $2', 1000, 'mb',
	max_items => 1000);
SET statement_timeout = '1s';
CALL williams_run('cancelled');
RESET statement_timeout;
SELECT state, attempts FROM batches;
SELECT williams_drop_task('cancelled');
-- whatever error is raised in its place
CREATE FUNCTION cancelled(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60);
EXCEPTION WHEN query_canceled THEN
	RAISE EXCEPTION 'so far: %', SQLERRM USING ERRCODE = code;
END $$;
SELECT williams_create_task('cancelled', 'document', 'SELECT cancelled(''57014'') FROM document WHERE id BETWEEN $1 AND $2', 1000, 'mb', max_items => 1000);
CALL williams_run('cancelled');
UPDATE williams_task SET statement = replace(statement, '57014', '38000');
CALL williams_run('cancelled');
SELECT state, attempts FROM batches;
SELECT williams_drop_task('cancelled');
DROP FUNCTION cancelled;

-- deferred checks fail as part of the statement
CREATE TABLE page (document int REFERENCES document DEFERRABLE INITIALLY DEFERRED);
SELECT williams_create_task('deferred', 'document', 'INSERT INTO page SELECT CASE id WHEN 5 THEN 5000 ELSE id END FROM document WHERE id BETWEEN $1 AND $2',
	1000, 'mb', max_items => 1000);
CALL williams_run('deferred');
SELECT lower_key, upper_key, sqlstate FROM batches WHERE state = 'failed';
SELECT count(*) FROM page;
SELECT williams_drop_task('deferred');
-- a batch can defer even if an earlier one in the transaction was checked
CREATE TABLE page_no (id int PRIMARY KEY);
CREATE TABLE leaf (id int REFERENCES page_no DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION leaf_first(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO leaf VALUES ($1);
	INSERT INTO page_no VALUES ($1);
	RETURN false;
END $$;
SELECT williams_create_task('leaves', 'document', 'SELECT leaf_first(id) FROM document WHERE id BETWEEN $1 AND $2 AND id < 50', 1000, 'mb',
	max_items => 10, throttle => 'false');
BEGIN;
SELECT williams_run_batch('leaves') FROM generate_series(1, 5);
COMMIT;
SELECT state, count(*) FROM batches GROUP BY state ORDER BY state;
SELECT count(*) FROM leaf;
SELECT williams_drop_task('leaves');
-- constraints that are deferrable but not deferred are checked at once
ALTER TABLE leaf ALTER CONSTRAINT leaf_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
CREATE FUNCTION leaf_checked(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO leaf VALUES ($1 + 100);
	RETURN false;
EXCEPTION WHEN foreign_key_violation THEN
	RETURN true;
END $$;
SELECT williams_create_task('leaves', 'document', 'SELECT leaf_checked(id) FROM document WHERE id BETWEEN $1 AND $2 AND id < 50', 1000, 'mb',
	max_items => 10);
BEGIN;
SELECT williams_run_batch('leaves') FROM generate_series(1, 5);
COMMIT;
SELECT batch_no, state, sqlstate FROM batches WHERE batch_no <= 5 ORDER BY batch_no;
SELECT williams_drop_task('leaves');
-- it cannot run in a query that changes a table with deferrable constraints
INSERT INTO page_no VALUES (0) ON CONFLICT DO NOTHING;
SELECT williams_create_task('leaves', 'document', 'SELECT $1, $2', 1000, 'mb', max_items => 10);
INSERT INTO leaf SELECT 0 * williams_run_batch('leaves') FROM generate_series(1, 2);
SELECT williams_drop_task('leaves');
DROP FUNCTION leaf_checked;
DROP TABLE leaf, page_no;
-- the loop records what only the commit finds
CREATE FUNCTION defer_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	SET CONSTRAINTS ALL DEFERRED;
	INSERT INTO page SELECT 6000 WHERE NEW.document = 6 AND NOT EXISTS (SELECT FROM page WHERE document = 6000);
	RETURN NULL;
END $$;
TRUNCATE page;
CREATE CONSTRAINT TRIGGER again AFTER INSERT ON page DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION defer_again();
SELECT williams_create_task('commit', 'document', 'INSERT INTO page SELECT id FROM document WHERE id BETWEEN $1 AND $2 AND id < 20',
	1000, 'mb', max_items => 1000);
CALL williams_run('commit');
SELECT lower_key, upper_key, sqlstate FROM batches WHERE state = 'failed';
SELECT count(*) FROM page;
SELECT williams_drop_task('commit');
-- the thousandth such failure leaves no more memory behind than the first
CREATE TABLE memory (bytes bigint);
CREATE OR REPLACE FUNCTION defer_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	SET CONSTRAINTS ALL DEFERRED;
	INSERT INTO page SELECT -NEW.document WHERE NEW.document > 0;
	RETURN NULL;
END $$;
SELECT williams_create_task('commits', 'document', 'WITH m AS (INSERT INTO memory SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE $1 IN (100, 1000))
	INSERT INTO page SELECT id FROM document WHERE id BETWEEN $1 AND $2 AND id % 100 > 0', 1000, 'mb', max_items => 1, max_failed => NULL);
CALL williams_run('commits');
SELECT count(bytes), max(bytes) - min(bytes) < 200000 AS small FROM memory;
SELECT williams_drop_task('commits');
DROP TABLE page, memory;

-- a statement cannot run tasks
SELECT williams_create_task('recursive', 'document', 'SELECT williams_run_batch(''recursive'') FROM document WHERE id BETWEEN $1 AND $2', 1000,
	'mb', max_items => 1000);
SELECT williams_run_batch('recursive');
SELECT state, sqlstate, message FROM batches;
SELECT williams_drop_task('recursive');

--
-- Stopped, throttled
--
SELECT williams_create_task('stopping', 'document', 'SELECT $1, $2', 100, 'mb', max_items => 1000);
SELECT williams_stop('stopping');
SELECT williams_run_batch('stopping');
SELECT state FROM williams_progress;
CALL williams_run('stopping');
SELECT state FROM williams_progress;
SELECT williams_drop_task('stopping');
-- stopped by its own statement
SELECT williams_create_task('itself', 'document', 'SELECT williams_stop(''itself'') FROM document WHERE id IN ($1, $2) LIMIT 1', 100, 'mb', max_items => 1000);
CALL williams_run('itself');
SELECT state, done FROM williams_progress;
SELECT williams_drop_task('itself');

CREATE TABLE lag (s int);
INSERT INTO lag VALUES (20);
SELECT williams_create_task('throttled', 'document', 'SELECT $1, $2', 500, 'mb', max_items => 1000,
	throttle => '(SELECT s > 10 FROM lag)');
SELECT williams_run_batch('throttled');
UPDATE lag SET s = NULL;
SELECT williams_run_batch('throttled');
DROP TABLE lag;
SELECT williams_run_batch('throttled');
CREATE TABLE lag (s int);
INSERT INTO lag VALUES (0);
SELECT williams_run_batch('throttled');
-- the throttle is not evaluated if nothing is left to do: the run ends
UPDATE lag SET s = 20;
CALL williams_run('throttled');
DROP TABLE lag;
SELECT williams_run_batch('throttled');
SELECT williams_drop_task('throttled');

--
-- The table changes during a run
--
-- new rows within a batch's bounds belong to it; others need a new plan
SELECT williams_create_task('grown', 'document', 'UPDATE document SET seen = -1 WHERE id BETWEEN $1 AND $2', 1000, 'mb', max_items => 1000);
DELETE FROM document WHERE id = 500;
INSERT INTO document (id, mb) VALUES (500, 1), (1001, 1);
CALL williams_run('grown');
SELECT count(*) FILTER (WHERE seen = -1), min(id) FILTER (WHERE seen <> -1) FROM document;
SELECT williams_drop_task('grown');
-- the key's type changes, then its name; the table is dropped
SELECT williams_create_task('altered', 'document', 'SELECT * FROM document WHERE id BETWEEN $1 AND $2', 100, 'mb', max_items => 1000);
ALTER TABLE document ALTER id TYPE bigint;
SELECT williams_run_batch('altered');
-- refused if the order changes, too: 10 is less than 9 then, and rows would be left out
CREATE TABLE ordered (id int PRIMARY KEY);
INSERT INTO ordered SELECT generate_series(1, 100);
SELECT williams_create_task('ordered', 'ordered', 'SELECT * FROM ordered WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
ALTER TABLE ordered ALTER id TYPE text COLLATE "C";
SELECT williams_run_batch('ordered');
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'ordered' AND state <> 'pending';
SELECT williams_drop_task('ordered');
SELECT williams_create_task('ordered', 'ordered', 'SELECT * FROM ordered WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
ALTER TABLE ordered ALTER id TYPE varchar COLLATE "C";
SELECT williams_run_batch('ordered');
ALTER TABLE ordered ALTER id TYPE varchar COLLATE "POSIX";
SELECT williams_run_batch('ordered');
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'ordered' AND state <> 'pending' ORDER BY batch_no;
SELECT williams_drop_task('ordered');
DROP TABLE ordered;
-- also with a type of the same family that reads a bound as another value or orders it differently
CREATE TYPE rising AS ENUM ('a', 'b', 'c');
CREATE TYPE falling AS ENUM ('c', 'b', 'a');
CREATE TABLE retyped (at timestamp UNIQUE, ratio real UNIQUE, grade rising UNIQUE, seen int DEFAULT 0);
INSERT INTO retyped SELECT timestamp '2026-01-31' + i * interval '1 hour', i / 10.0, chr(96 + i)::rising FROM generate_series(1, 3) i;
SELECT williams_create_task(key, 'retyped', format('UPDATE retyped SET seen = seen + 1 WHERE %I BETWEEN $1 AND $2', key), 1, key_column => key,
	max_items => 2) FROM unnest(ARRAY['at', 'ratio', 'grade']) AS key;
ALTER TABLE retyped ALTER at TYPE timestamptz USING at AT TIME ZONE 'Europe/Amsterdam', ALTER ratio TYPE float8, ALTER grade TYPE falling USING grade::text::falling;
CALL williams_run('at');
CALL williams_run('ratio');
CALL williams_run('grade');
SELECT task, sqlstate, message FROM williams_batch WHERE state = 'failed' AND task IN ('at', 'ratio', 'grade') ORDER BY task;
SELECT seen, count(*) FROM retyped GROUP BY seen ORDER BY seen;
SELECT williams_drop_task(key) FROM unnest(ARRAY['at', 'ratio', 'grade']) AS key;
DROP TABLE retyped;
DROP TYPE rising, falling;
ALTER TABLE document RENAME id TO number;
SELECT williams_run_batch('altered');
SELECT batch_no, state, sqlstate, message FROM batches WHERE state <> 'pending' ORDER BY batch_no;
ALTER TABLE document RENAME number TO id;
CREATE TABLE gone (id int PRIMARY KEY);
INSERT INTO gone SELECT generate_series(1, 10);
SELECT williams_create_task('gone', 'gone', 'SELECT $1, $2', 1);
DROP TABLE gone;
CALL williams_run('gone');
SELECT state, sqlstate, message FROM batches WHERE task = 'gone';
SELECT williams_drop_task('gone'), williams_drop_task('altered');

--
-- By blocks
--
CREATE TABLE copy (id int);
CREATE TABLE scan (id int, body text);
INSERT INTO scan SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
ANALYZE scan;
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO copy SELECT id FROM scan WHERE ctid BETWEEN $1 AND $2', 0.05, method => 'ctid') > 3;
SELECT key_column, method, filenode = pg_relation_filenode('scan') FROM williams_task;
CALL williams_run('blocks');
SELECT count(*), count(DISTINCT id) FROM copy;
SELECT bool_and(items BETWEEN rows - 100 AND rows + 100) FROM williams_batch;
SELECT williams_drop_task('blocks');
-- a bad row
TRUNCATE copy;
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO copy SELECT 1 / (id - 1000) FROM scan WHERE ctid BETWEEN $1 AND $2', 0.05, method => 'ctid') > 3;
CALL williams_run('blocks');
SELECT (SELECT ctid::text FROM scan WHERE id = 1000) = ALL (ARRAY[lower_key, upper_key]), sqlstate FROM batches WHERE state = 'failed';
SELECT count(*) FROM copy;
SELECT williams_drop_task('blocks');
-- the table is rewritten, or the statement writes to it after all
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO copy SELECT id FROM scan WHERE ctid BETWEEN $1 AND $2', 1, method => 'ctid');
VACUUM FULL scan;
CALL williams_run('blocks');
SELECT state, sqlstate, message FROM batches ORDER BY batch_no;
SELECT williams_drop_task('blocks');
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO copy SELECT id FROM scan WHERE ctid BETWEEN $1 AND $2', 1, method => 'ctid');
CREATE RULE elsewhere AS ON INSERT TO copy DO INSTEAD INSERT INTO scan VALUES (NEW.id);
CALL williams_run('blocks');
SELECT state, sqlstate, message FROM batches ORDER BY batch_no;
SELECT williams_drop_task('blocks');

DROP TABLE copy, scan CASCADE;
DROP VIEW batches;
SELECT count(*) FROM williams_task;
