--
-- What the documentation answers to "What happens if ...", unless another test shows it
--
SET client_min_messages = warning;
-- the context of an error depends on timing
\set SHOW_CONTEXT never
CREATE TABLE page (id int PRIMARY KEY, times int NOT NULL DEFAULT 0);
INSERT INTO page (id) SELECT generate_series(1, 100);
CREATE TABLE trouble (id int, kind text);

--
-- Cancel: batches that are done stay done, the running one is pending, no attempt is counted
--
INSERT INTO trouble VALUES (35, 'cancel');
CREATE FUNCTION process(int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM trouble WHERE id = $1 AND kind = 'cancel') THEN
		PERFORM pg_cancel_backend(pg_backend_pid());
		PERFORM pg_sleep(60);
	END IF;
	RETURN 1;
END $$;
SELECT williams_create_task('pages', 'page', 'UPDATE page SET times = times + process(id) WHERE id BETWEEN $1 AND $2', 1,
	max_items => 10);
CALL williams_run('pages');
SELECT state, done, failed, running, rows FROM williams_progress;
SELECT sum(attempts) FROM williams_batch WHERE state = 'pending';
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;
TRUNCATE trouble;
CALL williams_run('pages');
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;
SELECT williams_drop_task('pages');
UPDATE page SET times = 0;

-- statement_timeout applies to the whole CALL
SELECT williams_create_task('pages', 'page', 'SELECT pg_sleep(0.03) FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
SET statement_timeout = '1s';
CALL williams_run('pages');
RESET statement_timeout;
SELECT state, done < 10 AS some, failed, running FROM williams_progress;
SELECT williams_drop_task('pages');
-- it also ends a CALL that waits for the throttle or for the end of a pause
SELECT williams_create_task('pages', 'page', 'SELECT $1, $2', 1, max_items => 50, throttle => 'true');
SET statement_timeout = '1s';
CALL williams_run('pages');
UPDATE williams_task SET throttle = NULL, pause_ms = 3600000;
CALL williams_run('pages');
RESET statement_timeout;
SELECT state, done < 2 AS waits, failed, running FROM williams_progress;
-- an error in the throttle ends the CALL, too
UPDATE williams_task SET throttle = '(SELECT 1 / (count(*) - 100) > 0 FROM page)';
CALL williams_run('pages');
SELECT state, done < 2 AS waits, failed, running FROM williams_progress;
SELECT williams_drop_task('pages');

--
-- Rows are deleted during a run, in the end all of them; keys change. A task with a name
-- that was used before begins with its first batch.
--
SELECT williams_create_task('pages', 'page', 'UPDATE page SET times = times + 1 WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
SELECT williams_run_batch('pages');
DELETE FROM page WHERE id = 15;
-- from a batch that is done into one that has yet to run, and the other way round
UPDATE page SET id = 15 WHERE id = 5;
UPDATE page SET id = 5 WHERE id = 25;
SELECT williams_run_batch('pages'), williams_run_batch('pages');
SELECT id, times FROM page WHERE id IN (5, 15) ORDER BY id;
SELECT batch_no, items, rows FROM williams_batch WHERE state = 'done' ORDER BY batch_no;
TRUNCATE page;
CALL williams_run('pages');
SELECT state, done, rows FROM williams_progress;
SELECT williams_drop_task('pages');
-- rows are inserted between two batches
INSERT INTO page (id) SELECT generate_series(1, 10) UNION SELECT generate_series(21, 100);
SELECT williams_create_task('pages', 'page', 'UPDATE page SET times = times + 1 WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
INSERT INTO page (id) SELECT generate_series(11, 20);
CALL williams_run('pages');
SELECT times, min(id), max(id), count(*) FROM page GROUP BY times ORDER BY times;
SELECT williams_drop_task('pages');
UPDATE page SET times = 0;

--
-- A row fails because of its size, not its value: a document too long for full-text search
--
CREATE TABLE search (id int, words tsvector);
SELECT williams_create_task('pages', 'page', 'INSERT INTO search SELECT id, to_tsvector(''simple'', (SELECT string_agg(md5(i::text), '' '')
	FROM generate_series(1, CASE id WHEN 25 THEN 40000 ELSE 1 END) i)) FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
CALL williams_run('pages');
SELECT count(*) FROM search;
SELECT williams_drop_task('pages');
DROP TABLE search;

--
-- Settings of sessions differ: except for search_path, those of the running session apply
--
CREATE TABLE setting (day date);
SET DateStyle = 'ISO, DMY';
SELECT williams_create_task('pages', 'page', 'INSERT INTO setting SELECT text ''01/02/2026''::date FROM page WHERE id BETWEEN $1 AND $2', 1,
	max_items => 50);
SELECT williams_run_batch('pages');
SET DateStyle = 'ISO, MDY';
SELECT williams_run_batch('pages');
RESET DateStyle;
SELECT to_char(day, 'YYYY-MM-DD') AS day, count(*) FROM setting GROUP BY day ORDER BY day;
SELECT williams_drop_task('pages');
DROP TABLE setting;

--
-- The statement is misspelt and then corrected: williams_task applies from the next batch on
--
CREATE FUNCTION typo() RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT tmies FROM page'; END $$;
SELECT williams_create_task('pages', 'page', 'SELECT typo() FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 10);
CALL williams_run('pages');
SELECT state, done, failed FROM williams_progress;
UPDATE williams_task SET statement = 'UPDATE page SET times = times + 1 WHERE id BETWEEN $1 AND $2', max_attempts = 5, pause_ms = 1
	WHERE name = 'pages';
SELECT williams_retry('pages');
-- williams_run starts a stopped task
SELECT williams_run_batch('pages');
CALL williams_run('pages');
SELECT state, done, failed FROM williams_progress;
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;
SELECT williams_drop_task('pages');
-- only a statement that williams_create_task would accept
SELECT williams_create_task('pages', 'page', 'SELECT $1, $2', 1, max_items => 10);
UPDATE williams_task SET statement = 'DELETE FROM page WHERE id >= $1';
SELECT williams_run_batch('pages');
UPDATE williams_task SET statement = 'UPDATE page SET times = ''one'' WHERE id BETWEEN $1 AND $2', search_path = '"';
CALL williams_run('pages');
UPDATE williams_task SET search_path = 'public';
CALL williams_run('pages');
-- each costs one execution and stops the task, whatever the class of its error is
SELECT batch_no, items, state, attempts, sqlstate, message FROM williams_batch WHERE state = 'failed' ORDER BY batch_no;
SELECT state, pending FROM williams_progress, LATERAL (SELECT batches - done - failed AS pending) b;
SELECT count(*) FROM page;
SELECT williams_drop_task('pages');

--
-- The disk is full: each batch is tried again, then fails
--
CREATE FUNCTION full_disk() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
END $$;
SELECT williams_create_task('pages', 'page', 'SELECT full_disk() FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 50);
CALL williams_run('pages');
SELECT batch_no, state, attempts, sqlstate FROM williams_batch ORDER BY batch_no;
CREATE OR REPLACE FUNCTION full_disk() RETURNS int LANGUAGE sql AS 'SELECT 0';
SELECT williams_retry('pages');
CALL williams_run('pages');
SELECT state, done FROM williams_progress;
SELECT williams_drop_task('pages');

--
-- Effects outside the transaction stay, and the next attempt repeats them
--
CREATE SEQUENCE outside;
SELECT williams_create_task('pages', 'page', 'SELECT nextval(''outside''), 1 / (id - 1) FROM page WHERE id BETWEEN $1 AND $2 AND id < 3', 1, max_items => 1000);
CALL williams_run('pages');
SELECT rows, (SELECT last_value > 2 FROM outside) AS again FROM williams_batch WHERE state = 'done' AND rows > 0;
SELECT williams_drop_task('pages');

--
-- Another role can see or stop a task only as its owner
--
CREATE ROLE williams_owner;
CREATE ROLE williams_deputy IN ROLE williams_owner;
GRANT SELECT ON page TO williams_owner;
SET ROLE williams_owner;
SELECT williams_create_task('pages', 'page', 'SELECT $1, $2', 1, max_items => 10);
SET ROLE williams_deputy;
SELECT williams_stop('pages');
SELECT count(*) FROM williams_progress;
SET ROLE williams_owner;
SELECT williams_stop('pages');
SELECT state FROM williams_progress;
RESET ROLE;
-- it can be deleted with its role, but is not deleted automatically
SET ROLE williams_owner;
SELECT williams_drop_task(name) FROM williams_task WHERE owner = current_user::regrole;
SELECT williams_create_task('left', 'page', 'SELECT $1, $2', 1, max_items => 10);
RESET ROLE;
DROP OWNED BY williams_owner;
DROP ROLE williams_owner, williams_deputy;
SELECT owner ~ '^dropped role [0-9]+$' AS nobody, task, state FROM williams_progress;
SELECT williams_drop_task('left');
DELETE FROM williams_batch WHERE owner NOT IN (SELECT oid FROM pg_roles);
DELETE FROM williams_task WHERE owner NOT IN (SELECT oid FROM pg_roles);
SELECT count(*) FROM williams_task;

--
-- Rows beyond the last key need a new plan, from there on
--
CREATE VIEW new_page AS SELECT * FROM page WHERE id > 90;
SELECT williams_create_task('new pages', 'new_page', 'UPDATE page SET times = 7 WHERE id BETWEEN $1 AND $2', 1, key_column => 'id', max_items => 5);
CALL williams_run('new pages');
SELECT times, min(id), max(id) FROM page GROUP BY times ORDER BY times;
SELECT williams_drop_task('new pages');

--
-- Each WARNING has a SQLSTATE: of the first batch that failed; 57000 for a task that was stopped
--
SELECT williams_create_task('dividing', 'page', 'SELECT 1 / (id - 90) FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 50);
SELECT williams_create_task('misspelt', 'page', 'SELECT typo() FROM page WHERE id BETWEEN $1 AND $2', 1, max_items => 50);
\set VERBOSITY sqlstate
CALL williams_run('dividing');
CALL williams_run('misspelt');
\set VERBOSITY default
SELECT williams_drop_task('dividing'), williams_drop_task('misspelt');

DROP VIEW new_page;
DROP TABLE page, trouble;
DROP FUNCTION process, typo, full_disk;
DROP SEQUENCE outside;
