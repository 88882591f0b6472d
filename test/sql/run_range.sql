--
-- What a batch covers: the parts of a split batch, rows that are routed, remote rows
--
SET client_min_messages = warning;

--
-- The parts of a split batch cover what it covered, whatever arrives between them
--
CREATE TABLE page (id numeric PRIMARY KEY, bad boolean NOT NULL DEFAULT false, times int NOT NULL DEFAULT 0);
INSERT INTO page SELECT i * 10, i = 7 FROM generate_series(1, 16) AS i;
ANALYZE page;
SELECT williams_create_task('gaps', 'page', 'UPDATE page SET times = times + 1 / (NOT bad)::int WHERE id BETWEEN $1 AND $2', 1, max_items => 16);
-- halved twice
SELECT williams_run_batch('gaps'), williams_run_batch('gaps');
SELECT batch_no, lower_key, upper_key, below_key, items, state FROM williams_batch ORDER BY batch_no;
-- rows arrive within parts, between them, before the first key and beyond the last
INSERT INTO page (id) SELECT unnest(ARRAY[5, 15, 35, 45, 45.5, 75, 85, 165]);
CALL williams_run('gaps');
SELECT batch_no, lower_key, upper_key, below_key, items, state, rows FROM williams_batch ORDER BY lower_key::numeric;
SELECT id FROM page WHERE times <> 1 ORDER BY id;
-- a part that failed covers the rows that arrived after it when it is tried again
INSERT INTO page (id) VALUES (71), (79.9);
UPDATE page SET bad = false;
SELECT williams_retry('gaps');
CALL williams_run('gaps');
SELECT id FROM page WHERE times <> 1 ORDER BY id;
-- a part that has no rows left
SELECT williams_drop_task('gaps');
UPDATE page SET bad = id = 70, times = 0;
SELECT williams_create_task('gaps', 'page', 'UPDATE page SET times = times + 1 / (NOT bad)::int WHERE id BETWEEN $1 AND $2', 1, max_items => 100);
SELECT williams_run_batch('gaps');
SELECT lower_key, upper_key, below_key FROM williams_batch WHERE batch_no = 1 \gset
DELETE FROM page WHERE id < :below_key;
CALL williams_run('gaps');
SELECT batch_no, lower_key, upper_key, below_key, state, rows FROM williams_batch ORDER BY lower_key::numeric;
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;
SELECT williams_drop_task('gaps');
DROP TABLE page;
-- by blocks, too
CREATE TABLE scan AS SELECT i AS id FROM generate_series(1, 1000) AS i;
ANALYZE scan;
CREATE TABLE seen (id int);
SELECT williams_create_task('blocks', 'scan', 'INSERT INTO seen SELECT id FROM scan WHERE ctid BETWEEN $1 AND $2 AND 1 / (id - 500) IS NOT NULL',
	1, method => 'ctid', max_items => 100000);
CALL williams_run('blocks');
SELECT count(*), count(DISTINCT id) FROM seen;
DELETE FROM scan WHERE id = 500;
SELECT williams_retry('blocks');
CALL williams_run('blocks');
SELECT state, rows FROM williams_progress;
SELECT williams_drop_task('blocks');
DROP TABLE scan, seen;

--
-- By blocks, a statement cannot write to a table that routes rows into the task's table
--
CREATE TABLE p (id int, half int NOT NULL) PARTITION BY LIST (half);
CREATE TABLE p0 PARTITION OF p FOR VALUES IN (0);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY RANGE (id);
CREATE TABLE p1a PARTITION OF p1 FOR VALUES FROM (0) TO (1000);
CREATE TABLE p1b PARTITION OF p1 FOR VALUES FROM (1000) TO (100000);
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE grandchild () INHERITS (child);
CREATE TABLE plain (id int, half int);
INSERT INTO p SELECT i, i % 2 FROM generate_series(1, 999) AS i;
INSERT INTO grandchild SELECT generate_series(1, 100);
INSERT INTO plain SELECT i, i % 2 FROM generate_series(1, 100) AS i;
CREATE FUNCTION written_by(relation regclass, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN 'accepted: ' || williams_create_task('x', relation, statement, 64, method => 'ctid');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, detail);
END $$;
CREATE PROCEDURE try(relation regclass, statement text) LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING '% over %', written_by(relation, statement), relation;
	ROLLBACK;
END $$;
SET client_min_messages = warning;
CALL try('p1a', 'INSERT INTO p SELECT id, half FROM p1a WHERE ctid BETWEEN $1 AND $2');
CALL try('p1a', 'INSERT INTO p1 SELECT id, half FROM p1a WHERE ctid BETWEEN $1 AND $2');
CALL try('p1a', 'INSERT INTO p1a SELECT id, half FROM p1a WHERE ctid BETWEEN $1 AND $2');
CALL try('p1a', 'WITH w AS (INSERT INTO p SELECT id, half FROM p1a WHERE ctid BETWEEN $1 AND $2) SELECT');
CALL try('p1a', 'UPDATE p SET half = 1 WHERE half = 0 AND ctid BETWEEN $1 AND $2');
CALL try('p1a', 'DELETE FROM p1 WHERE id IN (SELECT id FROM p1a WHERE ctid BETWEEN $1 AND $2)');
CALL try('p1a', 'MERGE INTO p USING (SELECT id, half FROM p1a WHERE ctid BETWEEN $1 AND $2) s ON false WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.half)');
CALL try('grandchild', 'UPDATE parent SET id = 1 WHERE id IN (SELECT id FROM grandchild WHERE ctid BETWEEN $1 AND $2)');
-- rows that do not end up in the table
CALL try('p1a', 'INSERT INTO p1b SELECT id + 1000, half FROM p1a WHERE ctid BETWEEN $1 AND $2');
CALL try('p1a', 'INSERT INTO p0 SELECT id, 0 FROM p1a WHERE ctid BETWEEN $1 AND $2');
CALL try('plain', 'INSERT INTO p SELECT id, half FROM plain WHERE ctid BETWEEN $1 AND $2');
CALL try('grandchild', 'UPDATE ONLY parent SET id = 1 WHERE id IN (SELECT id FROM grandchild WHERE ctid BETWEEN $1 AND $2)');
-- a table that has become a partition, or a parent, since
DROP TABLE plain;
CREATE TABLE plain (id int, half int NOT NULL);
INSERT INTO plain SELECT i, 2 FROM generate_series(1, 100) AS i;
SELECT williams_create_task('later', 'plain', 'INSERT INTO p SELECT id, half FROM plain WHERE ctid BETWEEN $1 AND $2', 64, method => 'ctid');
ALTER TABLE p ATTACH PARTITION plain FOR VALUES IN (2);
SELECT williams_run_batch('later');
SELECT state, sqlstate, message FROM williams_batch;
SELECT williams_drop_task('later');
SELECT williams_create_task('later', 'plain', 'SELECT FROM plain WHERE ctid BETWEEN $1 AND $2', 64, method => 'ctid');
ALTER TABLE p DETACH PARTITION plain;
CREATE TABLE below () INHERITS (plain);
SELECT williams_run_batch('later');
SELECT state, sqlstate, message FROM williams_batch;
SELECT williams_drop_task('later');
DROP TABLE p, parent, child, grandchild, plain, below;

--
-- A table that Citus distributes keeps its rows elsewhere, as its catalogue says
--
CREATE TABLE far (id int PRIMARY KEY);
BEGIN;
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass NOT NULL, partmethod "char" NOT NULL);
SELECT * FROM williams_plan_table('far', 64, method => 'ctid');
INSERT INTO pg_catalog.pg_dist_partition VALUES ('pg_class', 'h'), ('far', 'h');
SELECT written_by('far', 'SELECT FROM far WHERE ctid BETWEEN $1 AND $2');
SELECT written_by('pg_am', 'SELECT FROM pg_am WHERE ctid BETWEEN $1 AND $2');
SELECT * FROM williams_plan_table('far', 64);
ROLLBACK;
DROP TABLE far;
DROP PROCEDURE try;
DROP FUNCTION written_by;
