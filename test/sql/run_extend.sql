--
-- Extend a task by the rows that have come since it was planned
--
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE SCHEMA run_extend;
SET search_path = run_extend, public;
CREATE TABLE receipt (id int PRIMARY KEY, mb float8 NOT NULL DEFAULT 1, seen int NOT NULL DEFAULT 0);
-- the batches from a number on
CREATE FUNCTION batches(name text, first bigint) RETURNS TABLE (batch_no bigint, lower text, upper text, below text, items bigint, mb float8, state text)
LANGUAGE sql AS $$ SELECT batch_no, lower_key, upper_key, below_key, items, memory_mb, state FROM williams_batch
	WHERE task = name AND batch_no >= first ORDER BY batch_no $$;
\set statement '''UPDATE receipt SET seen = seen + 1 WHERE id BETWEEN $1 AND $2'''

--
-- A table that is empty at first
--
SELECT williams_create_task('receipts', 'receipt', :statement, max_items => 10);
SELECT last_key IS NULL AS nothing_planned FROM williams_task;
SELECT williams_extend_task('receipts'), williams_extend_task('receipts', gaps => true);
INSERT INTO receipt SELECT generate_series(100, 290, 10);
SELECT williams_extend_task('receipts');
SELECT * FROM batches('receipts', 1);
CALL williams_run('receipts');
-- nothing has come
SELECT williams_extend_task('receipts'), williams_extend_task('receipts', gaps => true), williams_run_batch('receipts');
-- beyond the last key: the task, which was done, can be run again
INSERT INTO receipt SELECT generate_series(300, 400, 10);
SELECT williams_extend_task('receipts');
SELECT state, batches, done FROM williams_progress;
SELECT * FROM batches('receipts', 3);
CALL williams_run('receipts');
SELECT last_key, first_pending FROM williams_task;
-- before the first batch, between two, and within the range of one that is done
INSERT INTO receipt VALUES (1), (2), (195), (105), (110 + 1), (410);
SELECT williams_extend_task('receipts');
SELECT * FROM batches('receipts', 5);
SELECT williams_extend_task('receipts', gaps => true);
SELECT * FROM batches('receipts', 6);
SELECT last_key FROM williams_task;
CALL williams_run('receipts');
SELECT array_agg(id ORDER BY id) AS lost FROM receipt WHERE seen <> 1;
-- gaps and what lies beyond together: each gap has batches of its own, of at most max_items
INSERT INTO receipt SELECT generate_series(-30, -10) UNION SELECT 96 UNION SELECT generate_series(296, 298) UNION SELECT generate_series(420, 431);
SELECT williams_extend_task('receipts', gaps => true);
SELECT * FROM batches('receipts', 8);
SELECT last_key FROM williams_task;
-- a rollback undoes it
BEGIN;
INSERT INTO receipt VALUES (1000);
SELECT williams_extend_task('receipts');
ROLLBACK;
SELECT count(*), max(batch_no) FROM williams_batch;
SELECT last_key FROM williams_task;
CALL williams_run('receipts');
SELECT array_agg(id ORDER BY id) AS lost FROM receipt WHERE seen <> 1;
-- a stopped task stays stopped
SELECT williams_stop('receipts');
INSERT INTO receipt VALUES (1000);
SELECT williams_extend_task('receipts'), williams_run_batch('receipts');
SELECT state FROM williams_progress;
SELECT williams_drop_task('receipts');

--
-- With the options of the task
--
UPDATE receipt SET seen = 0;
SELECT williams_create_task('budget', 'receipt', :statement, 3, 'mb');
SELECT williams_create_task('strict', 'receipt', :statement, 3, 'mb', strict => true);
SELECT williams_create_task('size', 'receipt', :statement, 0.001);
INSERT INTO receipt SELECT i, CASE i WHEN 1005 THEN 7 ELSE 1 END FROM generate_series(1001, 1010) AS i;
SELECT williams_extend_task('budget');
SELECT lower, upper, items, mb FROM batches('budget', 1) ORDER BY batch_no DESC LIMIT 6;
SELECT williams_extend_task('strict');
DELETE FROM receipt WHERE id = 1005;
SELECT williams_extend_task('strict');
SELECT lower, upper, items, mb FROM batches('strict', 1) ORDER BY batch_no DESC LIMIT 3;
-- by default the most rows are the bound of the planner's estimate, here of the new part
SELECT williams_extend_task('size') AS size;
SELECT max(items) FROM batches('size', 1);
ANALYZE receipt;
SELECT williams_create_task('bound', 'receipt', :statement, 1000);
INSERT INTO receipt SELECT generate_series(2001, 12000);
ANALYZE receipt;
SELECT williams_extend_task('bound') > 0 AS extended;
SELECT max(items) BETWEEN williams_batch_size(9000, 1e6) AND williams_batch_size(11000, 1e6) AS as_planned FROM williams_batch
WHERE task = 'bound' AND lower_key::int > 2000;
SELECT count(williams_drop_task(name)) FROM williams_task;
-- the batches are those of a plan of the new part
CREATE VIEW new_receipt AS SELECT * FROM receipt WHERE id > 5000;
DELETE FROM receipt WHERE id > 5000;
SELECT williams_create_task('same', 'receipt', :statement, 40, 'mb', max_items => 33);
INSERT INTO receipt SELECT i, 1 + i % 7 FROM generate_series(5001, 6000) AS i;
SELECT williams_extend_task('same') AS batches;
SELECT count(*) FROM ((SELECT lower_key, upper_key, items, memory_mb FROM williams_batch WHERE lower_key::int > 5000)
	EXCEPT (SELECT lower_key, upper_key, items, memory_mb FROM williams_plan_table('new_receipt', 40, 'mb', 'id', max_items => 33))) AS other;
SELECT williams_drop_task('same');
DROP VIEW new_receipt;

--
-- A batch that was split: the keys between its parts belong to the lower one
--
TRUNCATE receipt;
INSERT INTO receipt (id) VALUES (10), (20), (30), (40);
SELECT williams_create_task('split', 'receipt', 'UPDATE receipt SET seen = seen + 1 / (id % 100 - 30) WHERE id BETWEEN $1 AND $2', 10, 'mb', max_items => 10);
CALL williams_run('split');
SELECT * FROM batches('split', 1);
INSERT INTO receipt (id) VALUES (5), (25), (26), (35), (45);
SELECT williams_extend_task('split', gaps => true);
SELECT * FROM batches('split', 4);
SELECT williams_drop_task('split');

--
-- Several rows of a key: those of the last key belong to its batch
--
CREATE TABLE line (receipt int, line int, seen int NOT NULL DEFAULT 0, PRIMARY KEY (receipt, line));
INSERT INTO line SELECT r, l FROM generate_series(1, 4) AS r, generate_series(1, 3) AS l;
SELECT williams_create_task('lines', 'line', 'UPDATE line SET seen = seen + 1 WHERE receipt BETWEEN $1 AND $2', max_items => 6);
SELECT williams_run_batch('lines');
-- while it is pending, they are processed with it
INSERT INTO line VALUES (4, 4), (5, 1);
SELECT williams_extend_task('lines');
CALL williams_run('lines');
SELECT seen, count(*) FROM line GROUP BY seen;
-- once it is done, they are not found
INSERT INTO line VALUES (5, 2), (6, 1), (6, 2), (6, 3), (6, 4), (6, 5), (6, 6), (6, 7), (7, 1);
SELECT williams_extend_task('lines'), williams_extend_task('lines', gaps => true);
SELECT * FROM batches('lines', 4);
CALL williams_run('lines');
SELECT receipt, line FROM line WHERE seen <> 1;
SELECT williams_drop_task('lines');

--
-- More batches than are read at a time, with a gap after each
--
TRUNCATE receipt;
INSERT INTO receipt SELECT 10 * i FROM generate_series(1, 2500) AS i;
SELECT williams_create_task('many', 'receipt', :statement, 1, 'mb');
INSERT INTO receipt SELECT 10 * i + j FROM generate_series(0, 2500) AS i, generate_series(1, 2) AS j;
SELECT williams_extend_task('many', gaps => true);
SELECT williams_extend_task('many', gaps => true);
CALL williams_run('many');
SELECT seen, count(*) FROM receipt GROUP BY seen;
SELECT last_key FROM williams_task;
SELECT williams_drop_task('many');

--
-- Blocks
--
CREATE TABLE scan (id int, filler text) WITH (fillfactor = 100);
ALTER TABLE scan ALTER filler SET STORAGE plain;
-- two rows in a block
INSERT INTO scan SELECT i, repeat('x', 3000) FROM generate_series(1, 7) AS i;
ANALYZE scan;
CREATE TABLE copy (id int);
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO copy SELECT id FROM scan WHERE ctid BETWEEN $1 AND $2', 0.01, method => 'ctid');
CALL williams_run('blocks');
SELECT williams_extend_task('blocks'), williams_extend_task('blocks', gaps => true);
-- the row in the free space of the last block is not found
INSERT INTO scan SELECT i, repeat('x', 3000) FROM generate_series(8, 12) AS i;
SELECT williams_extend_task('blocks', gaps => true) > 0 AS extended;
SELECT bool_and(first = before + 1) AS in_order FROM (SELECT (lower_key::tid::text::point)[0] AS first,
	lag((upper_key::tid::text::point)[0]) OVER (ORDER BY batch_no) AS before FROM williams_batch WHERE task = 'blocks') AS b;
CALL williams_run('blocks');
SELECT array_agg(id ORDER BY id) AS copied FROM copy;
-- with the options that a plan of blocks has
SELECT williams_create_task('all at once', 'scan', 'SELECT FROM scan WHERE ctid BETWEEN $1 AND $2', method => 'ctid');
SELECT williams_extend_task('all at once');
VACUUM FULL scan;
SELECT williams_extend_task('blocks');
SELECT count(williams_drop_task(name)) FROM williams_task;

--
-- What is refused
--
SELECT williams_extend_task('none');
SELECT williams_extend_task(NULL) IS NULL AS no_task, williams_extend_task('none', NULL) IS NULL AS no_gaps;
SELECT williams_create_task('refused', 'receipt', :statement, 5000, 'mb');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT williams_extend_task('refused');
ROLLBACK;
BEGIN READ ONLY;
SELECT williams_extend_task('refused');
ROLLBACK;
-- the key has another order
ALTER TABLE receipt ALTER id TYPE text;
SELECT williams_extend_task('refused');
ALTER TABLE receipt ALTER id TYPE bigint USING id::bigint;
INSERT INTO receipt VALUES (3000000000);
SELECT williams_extend_task('refused');
ALTER TABLE receipt RENAME id TO number;
SELECT williams_extend_task('refused');
ALTER TABLE receipt RENAME number TO id;
-- by the statement of a task
SELECT williams_create_task('recursive', 'receipt', 'SELECT williams_extend_task(''refused'') WHERE $1 <= $2', 5000, 'mb');
CALL williams_run('recursive');
SELECT sqlstate, message FROM williams_batch WHERE task = 'recursive' ORDER BY batch_no LIMIT 1;
DROP TABLE receipt CASCADE;
SELECT williams_extend_task('refused', gaps => true);
SELECT count(williams_drop_task(name)) FROM williams_task;
-- a NULL key has no place in the order: only the scan of all keys meets it
CREATE TABLE loose (id int, mb int);
INSERT INTO loose VALUES (1, 1), (2, 1);
SELECT williams_create_task('loose', 'loose', 'DELETE FROM loose WHERE id BETWEEN $1 AND $2', key_column => 'id');
INSERT INTO loose VALUES (NULL, 1), (3, 1);
SELECT williams_extend_task('loose');
SELECT williams_extend_task('loose', gaps => true);
SELECT williams_drop_task('loose');

--
-- Rights and search_path: those of the task's owner, whoever calls
--
CREATE ROLE regress_williams_clerk;
CREATE SCHEMA desk AUTHORIZATION regress_williams_clerk;
SET ROLE regress_williams_clerk;
SET search_path = desk, public;
CREATE TABLE letter (id int PRIMARY KEY);
INSERT INTO letter VALUES (1);
CREATE FUNCTION weight(id int) RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	IF id = 3 THEN
		EXECUTE 'RESET ROLE';
	END IF;
	RETURN id;
END $$;
SELECT williams_create_task('letters', 'letter', 'SELECT $1, $2', 10, 'weight(id)');
INSERT INTO letter VALUES (2);
SET search_path = '';
SELECT public.williams_extend_task('letters');
SET search_path = desk, public;
SELECT upper_key, memory_mb FROM williams_batch ORDER BY batch_no;
INSERT INTO letter VALUES (3);
SELECT williams_extend_task('letters');
RESET ROLE;
SELECT williams_extend_task('letters');
REVOKE SELECT ON desk.letter FROM regress_williams_clerk;
SET ROLE regress_williams_clerk;
SELECT williams_extend_task('letters');
SELECT williams_drop_task('letters');
RESET ROLE;
DROP SCHEMA desk CASCADE;
DROP ROLE regress_williams_clerk;
SET client_min_messages = error;
DROP SCHEMA run_extend CASCADE;
