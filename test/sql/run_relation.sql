--
-- What a task can run over: every kind of relation and every type of key. In
-- each, one row is bad: its batch is split until its key stands alone.
--
SET client_min_messages = error;
CREATE FUNCTION blamed(text) RETURNS TABLE (state text, done bigint, failed bigint, rows bigint, key text, "sqlstate" text) LANGUAGE sql AS $$
	SELECT state, done, failed, rows,
		(SELECT string_agg(CASE lower_key WHEN upper_key THEN lower_key ELSE lower_key || ' to ' || upper_key END, ', ' ORDER BY batch_no)
			FROM williams_batch b WHERE b.task = $1 AND b.state = 'failed'),
		(SELECT string_agg(sqlstate, ', ' ORDER BY batch_no) FROM williams_batch b WHERE b.task = $1 AND b.state = 'failed')
	FROM williams_progress WHERE task = $1
$$;
CREATE TABLE page (id int PRIMARY KEY, seen int NOT NULL DEFAULT 0);
INSERT INTO page SELECT generate_series(1, 100);
ANALYZE page;

--
-- Relations
--
-- partitions; each batch moves its rows from one to the other
CREATE TABLE part (id int, half int, seen int NOT NULL DEFAULT 0, PRIMARY KEY (id, half)) PARTITION BY LIST (half);
CREATE TABLE part_0 PARTITION OF part FOR VALUES IN (0);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
INSERT INTO part SELECT i, i % 2 FROM generate_series(1, 100) i;
ANALYZE part;
SELECT williams_create_task('part', 'part', 'UPDATE part SET seen = seen + 1 + 0 / (id - 77), half = 1 - half WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
CALL williams_run('part');
SELECT * FROM blamed('part');
SELECT half, seen, count(*), count(*) FILTER (WHERE id % 2 = half) AS stayed FROM part GROUP BY half, seen ORDER BY half, seen;
-- a single partition; inheritance children together with their parent
SELECT williams_create_task('one', 'part_1', 'UPDATE part_1 SET seen = 7 + 0 / (id - 50) WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
CALL williams_run('one');
SELECT * FROM blamed('one');
SELECT half, seen, count(*) FROM part GROUP BY half, seen ORDER BY half, seen;
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (page);
INSERT INTO child SELECT generate_series(101, 200);
SELECT williams_create_task('children', 'page', 'UPDATE page SET seen = 1 + 0 / (id - 177) WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
CALL williams_run('children');
SELECT * FROM blamed('children');
SELECT tableoid::regclass, seen, count(*) FROM page GROUP BY 1, 2 ORDER BY 1, 2;
DROP TABLE child;
-- a view, a materialized view, a temporary table
CREATE VIEW even AS SELECT id, seen FROM page WHERE id % 2 = 0;
SELECT williams_create_task('even', 'even', 'UPDATE even SET seen = 2 + 0 / (id - 78) WHERE id BETWEEN $1 AND $2', 1, key_column => 'id', max_items => 30);
CALL williams_run('even');
SELECT * FROM blamed('even');
SELECT seen, count(*), min(id % 2), max(id % 2) FROM page GROUP BY seen ORDER BY seen;
CREATE MATERIALIZED VIEW kept AS SELECT id FROM page;
SELECT williams_create_task('kept', 'kept', 'SELECT 1 / (id - 77) FROM kept WHERE id BETWEEN $1 AND $2', 1, key_column => 'id', max_items => 30);
CALL williams_run('kept');
SELECT * FROM blamed('kept');
CREATE TEMP TABLE own AS SELECT id, 0 AS seen FROM page;
SELECT williams_create_task('own', 'own', 'UPDATE own SET seen = 1 + 0 / (id - 77) WHERE id BETWEEN $1 AND $2', 1, key_column => 'id', max_items => 30);
CALL williams_run('own');
SELECT * FROM blamed('own');
SELECT seen, count(*) FROM own GROUP BY seen ORDER BY seen;
-- with row-level security: the rows that the owner sees
CREATE ROLE regress_williams_clerk;
GRANT SELECT, UPDATE ON page TO regress_williams_clerk;
GRANT EXECUTE ON FUNCTION blamed TO regress_williams_clerk;
ALTER TABLE page ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON page USING (id BETWEEN 11 AND 80);
UPDATE page SET seen = 0;
SET ROLE regress_williams_clerk;
SELECT williams_create_task('few', 'page', 'UPDATE page SET seen = 1 + 0 / (id - 77) WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
SELECT min(lower_key::int), max(upper_key::int), sum(items) FROM williams_batch WHERE task = 'few';
CALL williams_run('few');
SELECT * FROM blamed('few');
SELECT williams_drop_task('few');
RESET ROLE;
SELECT seen, count(*), min(id), max(id) FROM page GROUP BY seen ORDER BY seen;
-- a row that a policy refuses is a bad row; missing rights stop the task
CREATE POLICY refused ON page AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (id <> 44 OR seen <> 2);
SET ROLE regress_williams_clerk;
SELECT williams_create_task('refused', 'page', 'UPDATE page SET seen = 2 WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
CALL williams_run('refused');
SELECT * FROM blamed('refused');
SELECT williams_drop_task('refused');
SELECT williams_create_task('refused', 'page', 'UPDATE page SET seen = 3 WHERE id BETWEEN $1 AND $2', 1, max_items => 30);
RESET ROLE;
REVOKE UPDATE ON page FROM regress_williams_clerk;
SET ROLE regress_williams_clerk;
CALL williams_run('refused');
SELECT state, sqlstate, message FROM williams_batch WHERE task = 'refused' ORDER BY batch_no;
SELECT williams_drop_task('refused');
RESET ROLE;
SELECT seen, count(*), min(id), max(id) FROM page GROUP BY seen ORDER BY seen;
DROP POLICY refused ON page;
ALTER TABLE page DISABLE ROW LEVEL SECURITY;
DROP OWNED BY regress_williams_clerk;
DROP ROLE regress_williams_clerk;
DROP POLICY few ON page;
DO $$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $$;

--
-- Keys: any type with a btree order
--
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN plot AS numeric(10, 2) CHECK (VALUE > -1000);
CREATE TABLE keys (
	"bigint" bigint, "smallint" smallint, "uuid" uuid, "text" text, "text, en" text COLLATE "en-x-icu", "varchar" varchar(20) COLLATE "en-x-icu", "char(5)" char(5), "name" name,
	"timestamptz" timestamptz, "timestamp" timestamp, "date" date, "interval" interval, "numeric" numeric, "float8" float8, "bytea" bytea, "boolean" boolean, "enum" mood,
	"domain" plot, "array" int[], "range" int4range, "composite" pair, "inet" inet, "jsonb" jsonb, "money" money, "oid" oid, "regclass" regclass, no int, seen int NOT NULL DEFAULT 0);
INSERT INTO keys SELECT i - 100, i % 50, md5(i::text)::uuid, w, w, w, left(w, 5), w, timestamptz '2024-03-31 00:00:00+00' + i * interval '17 minutes', timestamp '0044-03-15 BC' + i * interval '1 hour',
	date '2024-12-20' + i, i * interval '1 day 2:03:04.567', (i - 90) / 7.0, CASE i % 40 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE i / 3.0 END, decode(md5(i::text), 'hex'), i % 2 = 0,
	(ARRAY['sad', 'ok', 'happy']::mood[])[1 + i % 3], (i - 90) / 7.0, ARRAY[i % 10, NULL, i], int4range(i % 20, 20 + i % 3), ROW(i % 30, w)::pair, ('10.0.' || i % 9 || '.' || i)::inet,
	jsonb_build_object('a', i % 11), (i / 8.0)::numeric::money, i::oid, (ARRAY['pg_proc', 'pg_type', 'pg_index', 'pg_class'])[1 + i % 4]::regclass, i
FROM (SELECT i, (ARRAY['zebra', 'Äpfel', 'apple', 'Apple', 'éclair', 'Eclair', 'it''s, "so"', '', '\', 'æther'])[1 + i % 10] || i % 13 AS w FROM generate_series(1, 200) i) s;
ANALYZE keys;
-- planned under other settings than it runs under
SET DateStyle = 'SQL, DMY';
SET TimeZone = 'America/St_Johns';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -4;
SET bytea_output = 'escape';
DO $$ BEGIN
	PERFORM williams_create_task(attname, 'keys', format('UPDATE keys SET seen = seen + 1 + 0 / (no - 77) WHERE %I BETWEEN $1 AND $2', attname), 1, key_column => attname, max_items => 15)
	FROM pg_attribute WHERE attrelid = 'keys'::regclass AND attnum > 0 AND attname NOT IN ('no', 'seen');
END $$;
RESET DateStyle;
RESET TimeZone;
RESET IntervalStyle;
RESET extra_float_digits;
RESET bytea_output;
CREATE PROCEDURE run_all() LANGUAGE plpgsql AS $$
DECLARE
	task text;
BEGIN
	FOR task IN SELECT name FROM williams_task LOOP
		CALL williams_run(task);
	END LOOP;
END $$;
CALL run_all();
-- each task failed at row 77 and processed every other row once
SELECT attname AS key, b.state, done > 0 AS some, b.failed, rows + (SELECT sum(items) FROM williams_batch f WHERE f.task = attname AND f.state = 'failed') AS of_200, b.key AS blamed, b.sqlstate
FROM pg_attribute, blamed(attname) b WHERE attrelid = 'keys'::regclass AND attnum > 0 ORDER BY attnum;
SELECT sum(rows) = (SELECT sum(seen) FROM keys) AS counted, (SELECT seen FROM keys WHERE no = 77) AS poisoned FROM williams_progress;
DO $$ BEGIN PERFORM williams_drop_task(name) FROM williams_task; END $$;

DROP TABLE page, part, keys, own CASCADE;
DROP TYPE mood, pair;
DROP DOMAIN plot;
DROP FUNCTION blamed;
DROP PROCEDURE run_all;
