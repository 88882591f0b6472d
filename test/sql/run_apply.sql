--
-- CALL williams_apply: one line plans, runs and forgets; what is not done stays as a task
--
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE TABLE leaf (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, note text);
INSERT INTO leaf SELECT generate_series(1, 100);
CREATE TABLE cover (id int, n int);
ANALYZE leaf;
CREATE VIEW tasks AS SELECT t.name, t.relation::regclass, p.state, p.batches, p.failed, p.workers
	FROM williams_task t JOIN williams_progress p ON p.task = t.name ORDER BY name;
CREATE VIEW seen AS SELECT min(n), max(n), count(*) FROM leaf;

-- the table is that of the UPDATE, MERGE or DELETE, also behind WITH; each row is met once,
-- whether bounds are added or written
CALL williams_apply('UPDATE leaf SET n = n + 1', max_items => 9);
CALL williams_apply('WITH one AS (SELECT 1 AS i) UPDATE leaf SET n = n + i FROM one RETURNING id', max_items => 7);
CALL williams_apply('MERGE INTO leaf USING leaf AS l ON leaf.id = l.id AND leaf.id BETWEEN $1 AND $2 AND l.id BETWEEN $1 AND $2
	WHEN MATCHED THEN UPDATE SET n = leaf.n + 1', max_items => 30);
TABLE seen;
CALL williams_apply('DELETE FROM leaf WHERE id > 90', max_items => 30);
TABLE seen;
-- otherwise it is given; options are by name or in the order of williams_create_task
CALL williams_apply('INSERT INTO cover SELECT id, n FROM leaf', 'leaf', max_items => 20, max_attempts => 1, pause_ms => 1);
CALL williams_apply('INSERT INTO cover SELECT id, n FROM leaf WHERE ctid BETWEEN $1 AND $2', 'leaf', 1, NULL, NULL, 'ctid');
SELECT count(*), count(DISTINCT id) FROM cover;
-- nothing of it is left
TABLE tasks;
SELECT count(*) FROM williams_batch;
SELECT count(*) AS locks FROM pg_locks WHERE classid = 'williams_task'::regclass;
-- what it says, where no speed is in it
SET client_min_messages = notice;
CREATE TABLE "empty" (id int PRIMARY KEY);
CALL williams_apply('DELETE FROM "empty" WHERE id BETWEEN $1 AND $2', workers => 1);
SET client_min_messages = warning;

--
-- A batch fails: an error at the end, and the task stays
--
CALL williams_apply('UPDATE leaf SET n = n / (id - 17) WHERE id BETWEEN $1 AND $2', max_items => 30);
\echo :LAST_ERROR_SQLSTATE
TABLE tasks;
-- the same again would process the other rows twice, however it is spaced
CALL williams_apply('UPDATE leaf SET n = n/(id-17) WHERE id BETWEEN $1 AND $2 ;');
\echo :LAST_ERROR_SQLSTATE
-- another statement gets another name
CALL williams_apply('UPDATE leaf SET n = n / (id - 18) WHERE id BETWEEN $1 AND $2', max_items => 30);
TABLE tasks;
-- repaired and continued
SELECT williams_alter_task('apply leaf', 'UPDATE leaf SET n = n WHERE id BETWEEN $1 AND $2'), williams_retry('apply leaf');
CALL williams_run('apply leaf', raise => true);
TABLE tasks;
-- also if all is done: its williams_apply did not end
CALL williams_apply('UPDATE leaf SET n = n WHERE id BETWEEN $1 AND $2');
SELECT williams_drop_task('apply leaf'), williams_drop_task('apply leaf 2');
-- a task that williams_apply has not created does not stand in the way
SELECT williams_create_task('no apply', 'leaf', 'UPDATE leaf SET n = n WHERE id BETWEEN $1 AND $2');
CALL williams_apply('UPDATE leaf SET n = n WHERE id BETWEEN $1 AND $2');
SELECT williams_drop_task('no apply');
-- every batch would fail: the error says why, and a WARNING that batches are pending
CALL williams_apply('UPDATE leaf SET n = n, note = set_config(''role'', ''none'', true) WHERE id BETWEEN $1 AND $2', max_items => 30);
\echo :LAST_ERROR_SQLSTATE
TABLE tasks;
SELECT williams_drop_task('apply leaf');
-- an error of the throttle ends the run
CALL williams_apply('UPDATE leaf SET n = n WHERE id BETWEEN $1 AND $2', throttle => '1 / 0 = 1');
TABLE tasks;
SELECT williams_drop_task('apply leaf');

--
-- What is refused, before anything is stored
--
CALL williams_apply(NULL);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', workers => NULL);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', workers => -1);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', method => NULL);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', max_items => -1);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', max_failed => -1);
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', throttle => 'nonsense');
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2', 4294967295);
CALL williams_apply('INSERT INTO cover SELECT id FROM leaf WHERE id BETWEEN $1 AND $2');
\echo :LAST_ERROR_SQLSTATE
CALL williams_apply('SELECT $1, $2');
CALL williams_apply('SELECT count(*) FROM leaf', 'leaf');
\echo :LAST_ERROR_SQLSTATE
CALL williams_apply('VACUUM leaf');
CALL williams_apply('');
CALL williams_apply('UPDATE leaf SET n = 1; UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2');
CALL williams_apply('UPDATE leaf SETS n = 1 WHERE id BETWEEN $1 AND $2');
CALL williams_apply('UPDATE leaves SET n = 1 WHERE id BETWEEN $1 AND $2');
CALL williams_apply('UPDATE leaf SET m = 1 WHERE id BETWEEN $1 AND $2');
BEGIN;
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
CREATE FUNCTION applies() RETURNS void LANGUAGE sql AS $$ CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2') $$;
SELECT applies();
SET default_transaction_read_only = on;
CALL williams_apply('UPDATE leaf SET n = 1 WHERE id BETWEEN $1 AND $2');
RESET default_transaction_read_only;
TABLE tasks;
TABLE seen;
-- but where the transaction is its own
DO $$ BEGIN CALL williams_apply('UPDATE leaf SET n = 4 WHERE id BETWEEN $1 AND $2', max_items => 9); END $$;
SET default_transaction_isolation = serializable;
CALL williams_apply('UPDATE leaf SET n = n + 1 WHERE id BETWEEN $1 AND $2', max_items => 9);
RESET default_transaction_isolation;
TABLE seen;

--
-- Names: as many characters of the table's as fit, and any characters
--
CREATE TABLE "it's a table with a rather long name, in Łódź, to be cut Ł" (id int PRIMARY KEY);
INSERT INTO "it's a table with a rather long name, in Łódź, to be cut Ł" VALUES (1);
SET client_min_messages = notice;
CALL williams_apply('UPDATE "it''s a table with a rather long name, in Łódź, to be cut Ł" SET id = 1 / (id - id) WHERE id BETWEEN $1 AND $2');
CALL williams_apply('UPDATE "it''s a table with a rather long name, in Łódź, to be cut Ł" SET id = 2 / (id - id) WHERE id BETWEEN $1 AND $2');
SET client_min_messages = warning;
SELECT name, octet_length(name), williams_drop_task(name) FROM williams_task ORDER BY name;

--
-- Workers need EXECUTE on williams_launch; applying does not
--
CREATE ROLE williams_clerk;
GRANT ALL ON leaf TO williams_clerk;
SET ROLE williams_clerk;
CALL williams_apply('UPDATE leaf SET n = n + 1 WHERE id BETWEEN $1 AND $2', workers => 2);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM williams_task;
CALL williams_apply('UPDATE leaf SET n = n + 1 WHERE id BETWEEN $1 AND $2');
RESET ROLE;
-- nor is anything left where they cannot be launched
GRANT EXECUTE ON FUNCTION williams_launch TO williams_clerk;
SET ROLE williams_clerk;
CALL williams_apply('UPDATE leaf SET n = n + 1 WHERE id BETWEEN $1 AND $2', workers => 2);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM williams_task;
RESET ROLE;
TABLE seen;
REVOKE EXECUTE ON FUNCTION williams_launch FROM williams_clerk;
DROP OWNED BY williams_clerk;
DROP ROLE williams_clerk;
DROP TABLE cover, leaf, "empty", "it's a table with a rather long name, in Łódź, to be cut Ł" CASCADE;
DROP FUNCTION applies;
DROP VIEW tasks;
