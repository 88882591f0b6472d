--
-- Statements without $1 and $2: the bounds of a batch are added, or the statement is
-- refused with the reason. What is added; what the functions show of it; warnings.
--
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE SCHEMA run_bounded;
SET search_path = run_bounded, public;
CREATE TABLE page (id int PRIMARY KEY, a int, gone int, b int, double int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE page DROP COLUMN gone;
INSERT INTO page SELECT i, i % 7, i % 3 FROM generate_series(1, 100) AS i;
CREATE TABLE note (id int, a int, whole text);
CREATE TABLE copy AS TABLE page;
CREATE TABLE old_page (PRIMARY KEY (id)) INHERITS (page);
CREATE VIEW small AS SELECT id, b FROM page;
CREATE VIEW smaller AS SELECT s.id FROM small s WHERE EXISTS (SELECT FROM note);
CREATE VIEW renamed AS SELECT id AS k, id AS again, b, id + 0 AS computed, coalesce((SELECT n.id FROM note n WHERE n.a = page.a), id) AS looked_up FROM page;
CREATE VIEW of_view AS SELECT computed AS k, again, b FROM renamed;
CREATE VIEW of_page AS TABLE page;
CREATE VIEW with_row AS SELECT id, (small).id AS k, small AS r, b FROM small;
CREATE VIEW by_with AS WITH p AS (TABLE page) SELECT id FROM p;
CREATE VIEW first AS SELECT id FROM page ORDER BY id LIMIT 10;
CREATE TABLE ruled (id int);
CREATE RULE also AS ON INSERT TO ruled DO ALSO INSERT INTO small VALUES (NEW.id);
ANALYZE page;

-- a statement as it is executed, once a task over the relation has been made
CREATE FUNCTION bounded(statement text, relation regclass = 'page', key name = NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	shown text;
BEGIN
	PERFORM williams_create_task('shown', relation, statement, key_column => key, max_items => 100);
	shown := regexp_replace(williams_bounded_statement('shown'), '\s+', ' ', 'g');
	PERFORM williams_drop_task('shown');
	-- some versions write AS before the alias of a target
	RETURN regexp_replace(shown, '^(UPDATE ONLY|MERGE INTO) (\w+) AS ', '\1 \2 ');
END $$;
-- why it is refused
CREATE FUNCTION refusal(statement text, relation regclass = 'page', key name = NULL) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.error_of(format('SELECT bounded(%L, %s, %L)', statement, relation::oid, key)),
		'^0A000: cannot add the bounds of a batch to the statement \((.*?)\) \(If.*$', '\1') $$;

--
-- Each form
--
\pset format unaligned
\pset tuples_only on
SELECT bounded(s) FROM unnest(ARRAY[
	'UPDATE page SET a = 1',
	'UPDATE page SET a = 1 WHERE b = 2 OR a > b',
	'UPDATE ONLY page AS p SET a = n.a FROM note n WHERE n.id = p.id RETURNING p.*',
	'UPDATE page SET a = o.a FROM page o WHERE o.id = page.id + 1',
	'UPDATE page SET a = (SELECT max(a) FROM page)',
	'UPDATE page SET a = (SELECT n.a FROM note n WHERE n.id = page.id ORDER BY n.a LIMIT 1)',
	'DELETE FROM page WHERE id IN (SELECT id FROM page LIMIT ALL)',
	'WITH n AS (SELECT id FROM note) UPDATE page SET a = 0 FROM n WHERE n.id = page.id',
	'DELETE FROM page',
	'DELETE FROM page USING note n LEFT JOIN page p ON p.id = n.id WHERE n.a = page.a AND p.id IS NULL',
	'INSERT INTO note SELECT id, a FROM page',
	'INSERT INTO copy TABLE page ORDER BY a LIMIT ALL',
	'INSERT INTO note (id) SELECT p.id FROM page p LEFT JOIN note n ON n.id = p.id WHERE n.id IS NULL ON CONFLICT DO NOTHING',
	'INSERT INTO note (id) WITH n AS (SELECT 1 AS i) SELECT p.id FROM note RIGHT JOIN (page p CROSS JOIN n) ON i = p.a',
	'INSERT INTO note (id) SELECT id FROM page WHERE a > (SELECT avg(a) FROM page) RETURNING a',
	'SELECT a FROM page',
	'SELECT generate_series(1, a) FROM ONLY page', 'SELECT a FROM page FOR UPDATE NOWAIT',
	'SELECT p.a FROM page p JOIN (SELECT b, count(*) FROM page GROUP BY b) c USING (b)',
	'MERGE INTO page p USING note n ON n.id = p.id WHEN MATCHED AND n.a = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = n.a WHEN NOT MATCHED THEN DO NOTHING',
	'MERGE INTO page p USING page q ON q.id = p.id + 1 WHEN MATCHED THEN UPDATE SET a = q.b',
	'MERGE INTO note n USING page ON n.id = page.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (page.id, page.a, page)',
	'MERGE INTO note n USING page p ON n.id = p.id WHEN NOT MATCHED AND p.tableoid > 0::oid THEN INSERT (whole) VALUES (p.ctid::text || p.tableoid)',
	'MERGE INTO note n USING (SELECT * FROM page WHERE a = 1) p ON n.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (p.id, p.a)'
	]) AS s;
-- other keys and relations; the operators are those of the key's order
CREATE DOMAIN tag AS varchar(9) COLLATE "C";
CREATE TYPE shade AS ENUM ('light', 'dark');
CREATE TABLE tagged (tag tag PRIMARY KEY, shade shade, n int);
SELECT bounded('DELETE FROM tagged', 'tagged'), bounded('DELETE FROM tagged', 'tagged', 'shade');
SELECT bounded('UPDATE small SET b = 1', 'small', 'id'), bounded('SELECT b FROM small', 'small', 'b');
SELECT bounded('DELETE FROM old_page', 'old_page', 'id');
-- one with bounds of its own is shown as given
SELECT bounded('UPDATE page SET a  = 1 WHERE id BETWEEN $1 AND $2'), bounded('SELECT $1, $2');
\pset format aligned
\pset tuples_only off

--
-- Refused
--
SELECT s AS statement, refusal(s) FROM unnest(ARRAY[
	'UPDATE note SET a = 1', 'DELETE FROM small', 'UPDATE small SET b = 2', 'UPDATE note SET a = page.a FROM page WHERE page.id = note.id',
	'UPDATE page SET id = id + 1', 'UPDATE page SET (a, id) = (1, 2)', 'DELETE FROM page WHERE CURRENT OF c',
	'INSERT INTO note VALUES (1)', 'INSERT INTO note VALUES (1), (2)', 'INSERT INTO note DEFAULT VALUES', 'INSERT INTO note SELECT 1',
	'INSERT INTO page SELECT id + 1000 FROM page', 'INSERT INTO old_page SELECT id FROM page',
	'SELECT 1', 'SELECT count(*) FROM page', 'SELECT a FROM page GROUP BY a', 'SELECT a FROM page GROUP BY GROUPING SETS (a, ())',
	'SELECT 1 FROM page HAVING true', 'SELECT DISTINCT a FROM page', 'SELECT DISTINCT ON (a) a FROM page',
	'SELECT a FROM page LIMIT 1', 'SELECT a FROM page OFFSET 1', 'SELECT a FROM page ORDER BY a FETCH FIRST ROW WITH TIES',
	'SELECT row_number() OVER () FROM page', 'SELECT a FROM page UNION ALL SELECT a FROM note',
	'INSERT INTO note (a) SELECT sum(a) FROM page', 'INSERT INTO note (a) SELECT a FROM page UNION SELECT b FROM page',
	'SELECT p.a FROM page p, page q', 'SELECT p.a FROM page p JOIN page q USING (id)', 'SELECT a FROM note LEFT JOIN page USING (a)',
	'SELECT a FROM page RIGHT JOIN note USING (a)', 'SELECT a FROM page FULL JOIN note USING (a)',
	'SELECT a FROM (SELECT * FROM page) p', 'SELECT a FROM note WHERE a IN (SELECT a FROM page)', 'WITH p AS (TABLE page) SELECT a FROM p',
	'SELECT a FROM page TABLESAMPLE SYSTEM (10)', 'SELECT a FROM page FOR UPDATE SKIP LOCKED',
	'WITH d AS (DELETE FROM note RETURNING id) SELECT a FROM page', 'WITH d AS (DELETE FROM note RETURNING id) UPDATE page SET a = 1 FROM d',
	'MERGE INTO page p USING note n ON n.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (n.id)',
	'MERGE INTO page p USING note n ON n.id = p.id WHEN MATCHED THEN UPDATE SET id = n.a',
	'MERGE INTO note n USING tagged t ON t.n = n.id WHEN MATCHED THEN DELETE',
	'MERGE INTO old_page o USING page p ON o.id = p.id WHEN MATCHED THEN DELETE',
	'MERGE INTO note n USING (page p JOIN tagged t ON t.n = p.a) ON n.id = p.id WHEN MATCHED THEN DELETE',
	'MERGE INTO note n USING page p JOIN page q USING (id) ON n.id = p.id WHEN MATCHED THEN DELETE',
	'MERGE INTO note n USING page p TABLESAMPLE SYSTEM (1) ON n.id = p.id WHEN MATCHED THEN DELETE',
	'MERGE INTO note n USING (SELECT max(id) AS id FROM page) p ON n.id = p.id WHEN MATCHED THEN DELETE',
	'DELETE FROM page WHERE id IN (SELECT id FROM page ORDER BY id LIMIT 10)', 'UPDATE page SET a = 1 FROM (SELECT id FROM page OFFSET 5) p WHERE p.id = page.id',
	'WITH p AS (TABLE page) DELETE FROM page WHERE id IN (SELECT id FROM p LIMIT 1)', 'WITH p AS (SELECT id FROM small LIMIT 1) DELETE FROM page USING p WHERE p.id = page.id',
	'DELETE FROM page USING first f WHERE f.id = page.id', 'DELETE FROM page WHERE id IN (SELECT id FROM first)', 'UPDATE page SET a = (SELECT o.a FROM old_page o LIMIT 1)',
	'MERGE INTO page p USING (SELECT id FROM page LIMIT 1) n ON n.id = p.id WHEN MATCHED THEN DELETE', 'INSERT INTO ruled SELECT id + 1000 FROM page',
	'SELECT a FROM page WHERE id < $1', 'SELECT 1; SELECT count(*) FROM page', 'SELECT $3 FROM page', 'ANALYZE page']) AS s;
-- the whole message
SELECT pg_temp.error_of($$SELECT bounded('SELECT count(*) FROM page')$$);
-- the key may be a view's, a parent's, or generated
SET client_min_messages = error;
CREATE TABLE entry (id int, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE entry_1 PARTITION OF entry FOR VALUES IN (1);
SELECT s AS statement, refusal(s, r, k) FROM (VALUES
	('UPDATE page SET b = 1', 'small'::regclass, 'id'::name), ('UPDATE small SET id = 1', 'small', 'id'),
	('DELETE FROM entry_1', 'entry', NULL), ('DELETE FROM entry', 'entry_1', NULL),
	('INSERT INTO entry SELECT id, 1 FROM entry_1', 'entry_1', NULL), ('INSERT INTO entry_1 SELECT id, 1 FROM entry', 'entry', NULL),
	('INSERT INTO small SELECT id + 1000 FROM page', 'page', NULL), ('INSERT INTO page SELECT id + 1000 FROM smaller', 'smaller', 'id'),
	('MERGE INTO page USING smaller s ON s.id = page.b WHEN MATCHED THEN DELETE', 'smaller', 'id'), ('INSERT INTO note SELECT id FROM smaller', 'smaller', 'id'),
	('INSERT INTO page SELECT id + 1000 FROM by_with', 'by_with', 'id'), ('MERGE INTO page USING by_with s ON s.id = page.b WHEN MATCHED THEN DELETE', 'by_with', 'id'),
	('INSERT INTO ruled SELECT id + 1000 FROM by_with', 'by_with', 'id'),
	('UPDATE renamed SET again = 1', 'renamed', 'k'), ('UPDATE renamed SET k = 1', 'renamed', 'computed'), ('UPDATE of_view SET again = 1', 'of_view', 'k'),
	('UPDATE with_row SET r = NULL', 'with_row', 'id'), ('UPDATE with_row SET b = 1', 'with_row', 'id'), ('UPDATE with_row SET id = 1', 'with_row', 'k'),
	('UPDATE of_page SET a = 1', 'of_page', 'double'), ('UPDATE renamed SET b = 1', 'renamed', 'computed'), ('UPDATE of_view SET b = 1', 'of_view', 'k'),
	('UPDATE of_page SET b = 1', 'of_page', 'double'), ('UPDATE renamed SET b = 1', 'renamed', 'looked_up'), ('UPDATE renamed SET again = 1', 'renamed', 'looked_up'),
	('UPDATE page SET a = 1', 'page', 'double'), ('UPDATE page SET b = 1', 'page', 'double'),
	('UPDATE page SET b = 1', 'page', 'ctid')) AS v (s, r, k);
SET client_min_messages = warning;
-- since 17, with fewer forms before
CREATE FUNCTION since_17(statement text, expected text) RETURNS boolean LANGUAGE sql AS $$
	SELECT CASE WHEN current_setting('server_version_num')::int < 170000 THEN refusal(statement) LIKE '42601: %'
		ELSE refusal(statement) LIKE expected END $$;
SELECT since_17('MERGE INTO page p USING note n ON n.id = p.id WHEN NOT MATCHED BY SOURCE THEN DELETE', 'It has WHEN NOT MATCHED BY SOURCE: each batch would do that to the rows of all others.'),
	since_17('MERGE INTO note n USING page p ON n.id = p.id WHEN NOT MATCHED BY SOURCE THEN DELETE', 'It has WHEN NOT MATCHED BY SOURCE: each batch would do that to the rows that match another batch.'),
	since_17('MERGE INTO note n USING page p ON n.id = p.id WHEN MATCHED THEN UPDATE SET a = p.a WHEN NOT MATCHED BY TARGET THEN INSERT VALUES (p.id) WHEN NOT MATCHED BY SOURCE THEN DO NOTHING RETURNING merge_action()', 'no error');
-- method ctid: the condition is on ctid; writes are refused as ever
SELECT williams_create_task('blocks', 'entry_1', 'DELETE FROM entry_1', 1, method => 'ctid');
SELECT williams_create_task('blocks', 'entry_1', 'INSERT INTO note SELECT id FROM entry_1', 1, method => 'ctid');
SELECT williams_bounded_statement('blocks');
SELECT williams_drop_task('blocks');

--
-- No name leads to a user's operator
--
CREATE SCHEMA trap;
CREATE FUNCTION trap.never(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE OPERATOR trap.>= (FUNCTION = trap.never, LEFTARG = int, RIGHTARG = int);
CREATE OPERATOR trap.<= (FUNCTION = trap.never, LEFTARG = int, RIGHTARG = int);
SET search_path = trap, pg_catalog, run_bounded, public;
SELECT williams_create_task('trapped', 'page', 'UPDATE page SET a = 8', max_items => 50);
CALL williams_run('trapped');
SELECT williams_bounded_statement('trapped');
SELECT williams_drop_task('trapped');
SET search_path = run_bounded, public;
SELECT count(*) FROM page WHERE a = 8;

--
-- The condition is there whenever the statement is analyzed
--
SELECT williams_create_task('changed', 'page', 'UPDATE page SET b = b + 100', max_items => 20);
SELECT williams_run_batch('changed');
ALTER TABLE page ADD COLUMN c int;
SELECT williams_run_batch('changed');
CREATE INDEX ON page (b);
ANALYZE page;
SELECT williams_run_batch('changed');
ALTER TABLE page RENAME TO sheet;
ALTER TABLE note RENAME TO page;
SELECT williams_run_batch('changed');
SELECT state, rows, sqlstate, message FROM williams_batch WHERE task = 'changed' ORDER BY batch_no;
ALTER TABLE page RENAME TO note;
ALTER TABLE sheet RENAME TO page;
SELECT williams_retry('changed');
CALL williams_run('changed');
SELECT count(*) FROM page WHERE b BETWEEN 100 AND 102;
SELECT williams_drop_task('changed');

--
-- What a batch costs
--
CREATE FUNCTION preview(task text, batch_no bigint, pattern text) RETURNS boolean LANGUAGE sql AS $$
	SELECT bool_or(line ~ pattern) FROM williams_preview(task, batch_no) AS line $$;
SELECT williams_create_task('seen', 'page', 'UPDATE page SET a = 0 WHERE a IS NOT NULL', max_items => 25);
SELECT line ~ '^Update on page +\(cost=' AS first_line FROM williams_preview('seen') AS line LIMIT 1;
SELECT preview('seen', 1, '\(id >= 1\) AND \(id <= 25\)') AS first, preview('seen', 4, '\(id >= 76\) AND \(id <= 100\)') AS fourth;
-- nothing has been executed
SELECT count(*) FROM page WHERE a = 0;
SELECT state, count(*) FROM williams_batch GROUP BY state;
SELECT williams_alter_task('seen', 'SELECT 1 FROM page WHERE id BETWEEN $1 AND $2');
SELECT preview('seen', 2, '\(id >= 26\) AND \(id <= 50\)') AS second, preview('seen', 2, 'Update') AS updates;
SELECT pg_temp.error_of($$SELECT williams_preview('seen', 5)$$), pg_temp.error_of($$SELECT williams_preview('seen', NULL)$$),
	pg_temp.error_of($$SELECT williams_preview('unseen')$$), pg_temp.error_of($$SELECT williams_bounded_statement('unseen')$$);
-- the table has gone
BEGIN;
DROP TABLE page CASCADE;
SELECT pg_temp.error_of($$SELECT williams_preview('seen')$$), pg_temp.error_of($$SELECT williams_bounded_statement('seen')$$);
ROLLBACK;
-- not from within a batch
CREATE FUNCTION shown_within(n int) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(l, '') FROM williams_preview('seen') AS l $$;
SELECT williams_alter_task('seen', 'SELECT shown_within(id) FROM page');
SELECT williams_run_batch('seen');
SELECT sqlstate, message FROM williams_batch WHERE state = 'failed';
SELECT williams_drop_task('seen');

--
-- Rights: the key's column must be readable, and no more
--
CREATE ROLE williams_bounded_reader;
GRANT USAGE ON SCHEMA run_bounded TO williams_bounded_reader;
GRANT SELECT (id), UPDATE (a) ON page TO williams_bounded_reader;
GRANT ALL ON note TO williams_bounded_reader;
SET ROLE williams_bounded_reader;
SELECT williams_create_task('rights', 'page', 'UPDATE page SET a = 3', item_mb => '0', max_items => 50);
SELECT williams_run_batch('rights');
SELECT williams_alter_task('rights', 'MERGE INTO note n USING page p ON n.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (p.id)');
SELECT williams_run_batch('rights');
SELECT state, rows, message FROM williams_batch ORDER BY batch_no;
-- of a column that it may not read
SELECT williams_alter_task('rights', 'MERGE INTO note n USING page p ON n.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (p.b)');
SELECT williams_preview('rights');
SELECT williams_drop_task('rights');
RESET ROLE;
SELECT count(*), min(id), max(id) FROM note;
DROP OWNED BY williams_bounded_reader;
DROP ROLE williams_bounded_reader;

--
-- Warnings, and whole ranges
--
CREATE FUNCTION whole(statement text, relation regclass = 'page', key name = NULL) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	whole boolean;
BEGIN
	PERFORM williams_create_task('whole', relation, statement, key_column => key, max_items => 100);
	SELECT whole_range INTO whole FROM williams_task WHERE name = 'whole';
	PERFORM williams_drop_task('whole');
	RETURN whole;
END $$;
\set VERBOSITY terse
-- a bound that is left out
SELECT whole('UPDATE page SET a = 1 WHERE id >= $1 AND id < $2');
SELECT whole('DELETE FROM page WHERE id > $1 AND $2 > id');
SELECT whole('DELETE FROM tagged WHERE $1 < tag AND tag <= $2', 'tagged');
SELECT whole('SELECT (SELECT max(id) FROM page WHERE id >= $1 AND id < $2)');
SELECT whole('SELECT id FROM old_page WHERE id >= $1 AND id < $2');
-- no reason for a warning
SELECT whole(s) FROM unnest(ARRAY['UPDATE page SET a = 1 WHERE id BETWEEN $1 AND $2', 'DELETE FROM page WHERE $2 >= id AND id >= $1',
	'SELECT $1 < 5 AND $2 > 5', 'DELETE FROM page USING note n WHERE page.id BETWEEN $1 AND $2 AND n.id < $2', 'UPDATE page SET a = 1 WHERE id BETWEEN $1 AND $2 AND (b < $2 OR b > $1)']) AS s;
-- the plan
SELECT whole('UPDATE page SET a = 1 WHERE id::text BETWEEN $1::text AND $2::text');
SELECT whole('SELECT n FROM tagged', 'tagged', 'n');
SELECT whole('SELECT (SELECT max(a) FROM page WHERE id + 0 BETWEEN $1 AND $2)');
SELECT whole('DELETE FROM entry', 'entry'), whole('UPDATE small SET b = 0', 'small', 'id'), whole('UPDATE page SET a = 1', 'page', 'b');
-- whole ranges are of rows that are written, with both bounds and no other condition
SELECT s AS statement, whole(s) FROM unnest(ARRAY['UPDATE page SET a = 1 WHERE id >= $1 AND id <= $2', 'DELETE FROM page AS p WHERE p.id BETWEEN $1 AND $2 RETURNING *',
	'UPDATE page SET a = 1', 'UPDATE ONLY page SET a = 1 WHERE id BETWEEN $1 AND $2', 'DELETE FROM page WHERE id BETWEEN $1 AND $2 AND a = 1',
	'DELETE FROM page USING note n WHERE page.id BETWEEN $1 AND $2', 'UPDATE small SET b = 1 WHERE id BETWEEN $1 AND $2',
	'UPDATE page SET a = 1 WHERE id >= $1 AND id >= $2', 'UPDATE page SET a = 1 WHERE id BETWEEN $1 AND $2 AND id >= $1',
	'UPDATE page SET a = 1 WHERE b BETWEEN $1 AND $2', 'SELECT a FROM page WHERE id BETWEEN $1 AND $2']) AS s;
-- a change of the statement changes it; another change does not
SELECT williams_create_task('whole', 'page', 'UPDATE page SET a = 1 WHERE id BETWEEN $1 AND $2', max_items => 100);
SELECT williams_alter_task('whole', pause_ms => 0);
SELECT whole_range FROM williams_task;
SELECT williams_alter_task('whole', 'UPDATE page SET a = 1 WHERE id >= $1 AND id < $2 AND b = 0');
SELECT whole_range FROM williams_task;
SELECT williams_alter_task('whole', 'DELETE FROM page WHERE id BETWEEN $1 AND $2');
SELECT whole_range FROM williams_task;
SELECT williams_drop_task('whole');
SET client_min_messages = error;
DROP SCHEMA run_bounded, trap CASCADE;
