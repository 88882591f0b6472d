--
-- williams_plan_table: the batches, for relations, keys and weights of all kinds.
-- plan_table_errors tests errors and rights, plan_table_property the guarantees over
-- random tables.
--

-- What of a plan differs from what a user would count; '' if nothing does.
CREATE FUNCTION pg_temp.differs(plan text, relation text, key text, type text, weight text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format($q$
        WITH plan AS (SELECT batch_no, lower_key::%4$s AS lower, upper_key::%4$s AS upper, items, memory_mb FROM %1$s),
        counted AS (SELECT batch_no, (SELECT count(*) FROM %2$s WHERE %3$s BETWEEN lower AND upper) AS items,
                           (SELECT coalesce(sum(%5$s ORDER BY %3$s), 0) FROM %2$s WHERE %3$s BETWEEN lower AND upper) AS memory_mb,
                           (SELECT count(*) FROM plan AS p WHERE p.batch_no < plan.batch_no AND p.upper >= plan.lower) AS before
                    FROM plan)
        SELECT concat_ws(', ', CASE WHEN bool_or(p.items <> c.items) THEN 'items' END,
                         CASE WHEN bool_or(p.memory_mb <> c.memory_mb) THEN 'memory_mb' END,
                         CASE WHEN bool_or(c.before > 0) THEN 'order' END,
                         CASE WHEN coalesce(sum(p.items), 0) <> (SELECT count(*) FROM %2$s) THEN 'cover' END)
        FROM plan AS p JOIN counted AS c USING (batch_no)$q$, plan, relation, key, type, weight) INTO result;
    RETURN result;
END $$;

CREATE TABLE page (id bigint PRIMARY KEY, image_mb float8, image text);
INSERT INTO page SELECT i, 2 + i % 7, repeat('x', i % 5) FROM generate_series(1, 40) AS i;
ANALYZE page;

-- The same batches as those of the window function. The bound of 40 rows is 33.
SELECT * FROM williams_plan_table('page', 64, 'image_mb');
SELECT batch_no, min(id), max(id), count(*), sum(image_mb) FROM (
    SELECT *, williams_batch_no(image_mb, 64) OVER (ORDER BY id) AS batch_no FROM page) AS s GROUP BY batch_no ORDER BY batch_no;
SELECT * FROM williams_plan_table('page', 1000, 'image_mb');
SELECT * FROM williams_plan_table('page', 1000, 'image_mb', max_items => 15);
SELECT * FROM williams_plan_table(method => 'exact', available_memory_mb => 64, relation => 'page', item_mb => NULL, key_column => NULL, max_items => NULL, strict => NULL);
SELECT * FROM williams_plan_table('page', 64, 'image_mb', 'image_mb');

-- A plan can drive a query over the table, one batch at a time.
SELECT batch_no, n, mb FROM williams_plan_table('page', 64, 'image_mb'),
    LATERAL (SELECT count(*) AS n, sum(image_mb) AS mb FROM page WHERE id BETWEEN lower_key::bigint AND upper_key::bigint) AS b;
SELECT (williams_plan_table('page', 64, 'image_mb')).upper_key LIMIT 2;

--
-- Weights: an expression over the row; NULL counts as 0
--
SELECT item_mb, count(*) AS batches, sum(items) AS items, sum(memory_mb) AS mb
FROM unnest(ARRAY['image_mb', 'image_mb / 2', 'page.image_mb', 'public.page.image_mb', 'NULL', 'NULLIF(image_mb, 8)', '3', '''0.5''', '1.5', '2::numeric',
                  'CASE WHEN id % 2 = 0 THEN 4 END', '(SELECT sum(p.image_mb) FROM page AS p WHERE p.id = page.id)', '(SELECT sum(image_mb) FROM page AS q) / 10000',
                  'pg_column_size(page) / 1e6', ' ( ( image_mb ) ) -- a comment', 'williams_row_mb(image)']) AS item_mb,
     williams_plan_table('page', 64, item_mb, max_items => 1000) GROUP BY item_mb ORDER BY item_mb COLLATE "C";
-- a budget of 0 holds rows of 0 MB
SELECT items, memory_mb FROM williams_plan_table('page', 0, 'NULL', max_items => 1000);
SELECT count(*), sum(memory_mb) > 0 AS over FROM williams_plan_table('page', 1e300, 'image_mb * 1e299', max_items => 1000);

-- A key that exceeds the budget or max_items has its own batch.
SELECT * FROM williams_plan_table('page', 7, 'image_mb') WHERE batch_no <= 6;
CREATE TABLE note (document int, page int, mb float8, PRIMARY KEY (document, page));
INSERT INTO note SELECT d, p, 0.5 FROM generate_series(1, 6) AS d, generate_series(1, CASE d WHEN 3 THEN 9 ELSE 2 END) AS p;
ANALYZE note;
SELECT * FROM williams_plan_table('note', 2, 'mb');
SELECT * FROM williams_plan_table('note', 100, 'mb', max_items => 5);
SELECT * FROM williams_plan_table('note', 100, 'mb', max_items => 9, strict => true);
SELECT * FROM williams_plan_table('note', 4.5, 'mb', strict => true, key_column => 'page');
-- after ten warnings, further keys are only counted
SELECT count(*) FROM williams_plan_table('page', 1, 'image_mb');
SELECT count(*) FROM williams_plan_table('page', 1, 'image_mb') WHERE batch_no = 1;
-- the sum of a key's rows rounds differently in a batch than alone: both as a user would count
CREATE TEMP TABLE tenth AS SELECT i AS id, 0.1::float8 AS mb FROM generate_series(1, 1000) AS i;
SELECT pg_temp.differs('williams_plan_table(''tenth'', 0.7999999999999999, ''mb'', ''id'')', 'tenth', 'id', 'int', 'mb') AS differs,
    (SELECT DISTINCT items FROM williams_plan_table('tenth', 0.7999999999999999, 'mb', 'id')) AS eight,
    (SELECT max(items) FROM williams_plan_table('tenth', 0.3, 'mb', 'id')) AS two;

--
-- The default weight: the row's size in memory, not on disk
--
SELECT williams_row_mb(1::bigint) * 1048576 AS bigint, williams_row_mb('abc'::text) * 1048576 AS text, williams_row_mb(NULL::text) * 1048576 AS "NULL",
    williams_row_mb('abc') * 1048576 AS literal, williams_row_mb('abc'::name) * 1048576 AS name, williams_row_mb(1::int2, 1::int4, true, 'a'::text) * 1048576 AS several,
    williams_row_mb(VARIADIC ARRAY['abc', NULL, 'd']) * 1048576 AS variadic, williams_row_mb(VARIADIC ARRAY[1, 2]) * 1048576 AS ints,
    williams_row_mb(VARIADIC NULL::int[]) * 1048576 AS "NULL array", williams_row_mb(VARIADIC '{}'::int[]) * 1048576 AS "empty array",
    williams_row_mb(repeat('x', 1048572)) AS "1 MB";
CREATE TABLE scan (id int PRIMARY KEY, gone text, plain text, packed text, note text, doubled int GENERATED ALWAYS AS (id * 2) STORED)
    WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE scan ALTER plain SET STORAGE EXTERNAL;
INSERT INTO scan SELECT i, repeat('g', 1000), repeat('p', 20000), repeat('q', 50000) || i, 'n' FROM generate_series(1, 30) AS i;
ALTER TABLE scan DROP gone;
ANALYZE scan;
SELECT pg_temp.differs('williams_plan_table(''scan'', 0.5)', 'scan', 'id', 'int', '(4 + 20004 + length(packed) + 4 + 5 + 4) / 1048576.0::float8') AS differs,
    (SELECT count(*) FROM williams_plan_table('scan', 0.5)) AS batches,
    pg_temp.differs('williams_plan_table(''scan'', 0.5, ''williams_row_mb(plain, packed)'')', 'scan', 'id', 'int', '(20004 + length(packed) + 4) / 1048576.0::float8') AS of_two;
-- it does not read the TOAST table
CREATE VIEW toast_reads AS SELECT toast_blks_read + toast_blks_hit AS n FROM pg_statio_user_tables WHERE relname = 'scan';
SELECT pg_stat_force_next_flush();
SELECT n AS before FROM toast_reads \gset
SELECT sum(items), pg_stat_force_next_flush() FROM williams_plan_table('scan', 0.5);
SELECT n - :before AS toast_reads FROM toast_reads;
SELECT sum(length(plain)), pg_stat_force_next_flush() FROM scan;
SELECT n - :before > 0 AS toast_reads FROM toast_reads;
-- more columns than the hundred arguments of a function; wide rows are not sorted
DO $$ BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg('c' || i || CASE i % 3 WHEN 0 THEN ' int' WHEN 1 THEN ' text' ELSE ' float8' END, ', ') || ')'
             FROM generate_series(1, 250) AS i);
    EXECUTE (SELECT 'INSERT INTO wide SELECT ' || string_agg(CASE WHEN i % 7 = 0 THEN 'NULL' WHEN i % 3 = 1 THEN 'repeat(''x'', n)' ELSE 'n' END, ', ') || ' FROM generate_series(1, 50) AS n'
             FROM generate_series(1, 250) AS i);
END $$;
ALTER TABLE wide DROP c50, DROP c101;
ANALYZE wide;
SELECT pg_temp.differs('williams_plan_table(''wide'', 0.01, key_column => ''c3'')', 'wide', 'c3', 'int', sum) AS differs
FROM (SELECT string_agg('williams_row_mb(' || attname || ')', ' + ' ORDER BY attnum) AS sum FROM pg_attribute
      WHERE attrelid = 'wide'::regclass AND attnum > 0 AND NOT attisdropped) AS s;

--
-- Keys: any type with a btree order
--
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN plot AS numeric(10, 2) CHECK (VALUE > -1000);
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE keys (
    "bigint" bigint, "int" int, "smallint" smallint, "uuid" uuid, "text" text, "text, en" text COLLATE "en-x-icu", "text, any case" text COLLATE any_case,
    "varchar" varchar(20) COLLATE "en-x-icu", "char(5)" char(5), "name" name, "timestamptz" timestamptz, "timestamp" timestamp, "date" date, "interval" interval,
    "numeric" numeric, "float8" float8, "bytea" bytea, "boolean" boolean, "enum" mood, "domain" plot, "array" int[], "range" int4range, "composite" pair,
    "inet" inet, "jsonb" jsonb, "money" money, "oid" oid, "regclass" regclass, mb float8);
INSERT INTO keys SELECT i - 100, -i, i % 50, md5(i::text)::uuid, w, w, w, w, left(w, 5), w, timestamptz '2024-03-31 00:00:00+00' + i * interval '17 minutes', timestamp '0044-03-15 BC' + i * interval '1 hour',
    date '2024-12-20' + i, i * interval '1 day 2:03:04.567', (i - 90) / 7.0, CASE i % 40 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE i / 3.0 END, decode(md5(i::text), 'hex'),
    i % 2 = 0, (ARRAY['sad', 'ok', 'happy']::mood[])[1 + i % 3], (i - 90) / 7.0, ARRAY[i % 10, NULL, i], int4range(i % 20, 20 + i % 3), ROW(i % 30, w)::pair, ('10.0.' || i % 9 || '.' || i)::inet,
    jsonb_build_object('a', i % 11), (i / 8.0)::numeric::money, i::oid, (ARRAY['page', 'note', 'scan', 'pg_class'])[1 + i % 4]::regclass, (i * 37 % 64) / 8.0
FROM (SELECT i, (ARRAY['zebra', 'Äpfel', 'apple', 'Apple', 'éclair', 'Eclair', 'it''s, "so"', '', '\', 'æther'])[1 + i % 10] || i % 13 AS w FROM generate_series(1, 200) AS i) AS s;
ANALYZE keys;
SELECT attname AS key, (SELECT count(*) FROM williams_plan_table('keys', 40, 'mb', attname)) > 1 AS batches,
    pg_temp.differs(format('williams_plan_table(''keys'', 40, ''mb'', %L)', attname), 'keys', quote_ident(attname),
                    format_type(atttypid, atttypmod) || CASE WHEN attcollation <> 0 THEN ' COLLATE ' || attcollation::regcollation ELSE '' END, 'mb') AS differs
FROM pg_attribute WHERE attrelid = 'keys'::regclass AND attnum > 0 AND attname <> 'mb' ORDER BY attnum;
SET client_min_messages = error;
-- texts that differ only in case are one key if the collation says so
SELECT count(*) = (SELECT count(DISTINCT "text, any case") FROM keys) AND count(*) < (SELECT count(DISTINCT "text") FROM keys) AS any_case
FROM williams_plan_table('keys', 1.5, '1', 'text, any case', max_items => 1);

RESET client_min_messages;

-- The text of a bound does not depend on the session's settings, and reads back under any.
CREATE FUNCTION pg_temp.bounds() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ': ' || p, E'\n' ORDER BY attnum) FROM pg_attribute, LATERAL (
        SELECT string_agg(lower_key || ' ' || upper_key, ' ') AS p FROM public.williams_plan_table('public.keys', 40, 'mb', attname)) AS s
    WHERE attrelid = 'public.keys'::regclass AND attnum > 0 AND attname IN ('timestamptz', 'timestamp', 'date', 'interval', 'float8', 'bytea', 'money', 'regclass')
$$;
SELECT pg_temp.bounds() AS bounds \gset
BEGIN;
SET LOCAL DateStyle = 'German, DMY';
SET LOCAL TimeZone = 'Asia/Kathmandu';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL extra_float_digits = -10;
SET LOCAL bytea_output = 'escape';
SET LOCAL search_path = '';
SELECT pg_temp.bounds() OPERATOR(pg_catalog.=) :'bounds' AS same, pg_catalog.current_setting('DateStyle') AS date_style, pg_catalog.current_setting('TimeZone') AS time_zone,
    pg_catalog.current_setting('search_path') AS search_path;
ROLLBACK;
SELECT lower_key, upper_key FROM williams_plan_table('keys', 300, 'mb', 'timestamptz') LIMIT 1;
SELECT lower_key FROM williams_plan_table('keys', 300, 'mb', 'regclass') LIMIT 1;

--
-- Relations
--
-- empty, one row, rows of this transaction
CREATE TABLE empty (id int PRIMARY KEY, mb float8);
SELECT * FROM williams_plan_table('empty', 64, 'mb');
SELECT * FROM williams_plan_table('empty', 64, method => 'ctid');
BEGIN;
INSERT INTO empty VALUES (7, NULL);
SELECT * FROM williams_plan_table('empty', 64, 'mb');
ROLLBACK;
-- a deferrable primary key that does not start with the first column; quoted names
CREATE TABLE "My ""table" ("a b" text, "Key ""1" int, mb float8, PRIMARY KEY ("Key ""1", "a b") DEFERRABLE);
INSERT INTO "My ""table" VALUES ('x', 2, 1), ('x', 1, 1), ('y', 2, 1);
SELECT * FROM williams_plan_table('"My ""table"', 2, 'mb');
SELECT * FROM williams_plan_table('"My ""table"', 2, 'mb', 'a b');
-- a temporary table, a table that is being read, and a read-only transaction
SELECT count(*), sum(items) FROM williams_plan_table('tenth', 1, 'mb', 'id');
SELECT count(*) FROM page, williams_plan_table('page', 64, 'image_mb');
BEGIN READ ONLY;
SELECT count(*) FROM williams_plan_table('page', 64, 'image_mb');
SELECT count(*) FROM williams_plan_table('page', 64, method => 'ctid');
COMMIT;
-- a view and a materialized view, which have no primary key
CREATE VIEW large AS SELECT id, image_mb FROM page WHERE image_mb > 6 ORDER BY image_mb;
CREATE MATERIALIZED VIEW medium AS SELECT id, image_mb FROM page WHERE image_mb = 5;
SELECT lower_key, upper_key, items, memory_mb FROM williams_plan_table('large', 64, 'image_mb', 'id', max_items => 100);
SELECT lower_key, upper_key, items, memory_mb FROM williams_plan_table('medium', 64, 'image_mb', 'id', max_items => 100);
REFRESH MATERIALIZED VIEW medium WITH NO DATA;
SELECT * FROM williams_plan_table('medium', 64, 'image_mb', 'id');
-- partitions, by the key and by another column; inheritance children
CREATE TABLE part (id int, half int, mb float8, PRIMARY KEY (id, half)) PARTITION BY LIST (half);
CREATE TABLE part_0 PARTITION OF part FOR VALUES IN (0);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1) PARTITION BY RANGE (id);
CREATE TABLE part_1a PARTITION OF part_1 FOR VALUES FROM (0) TO (50);
CREATE TABLE part_1b PARTITION OF part_1 FOR VALUES FROM (50) TO (1000);
INSERT INTO part SELECT i / 2, i % 2, i % 5 FROM generate_series(1, 199) AS i;
ANALYZE part;
SELECT pg_temp.differs('williams_plan_table(''part'', 50, ''mb'')', 'part', 'id', 'int', 'mb') AS differs, count(*) AS batches, sum(items) AS items FROM williams_plan_table('part', 50, 'mb');
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (empty);
INSERT INTO child VALUES (3, 4);
SELECT * FROM williams_plan_table('empty', 64, 'mb', max_items => 10);

-- Parallel workers give the same batches; and many batches.
CREATE TABLE many AS SELECT i AS id, (i * 7919 % 64) / 8.0 AS mb FROM generate_series(1, 30000) AS i;
ALTER TABLE many ADD PRIMARY KEY (id);
ANALYZE many;
CREATE TEMP TABLE serial_plan AS SELECT * FROM williams_plan_table('many', 40, 'mb');
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL min_parallel_index_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_indexscan = off;
EXPLAIN (COSTS OFF) SELECT id, mb FROM many ORDER BY id;
SELECT count(*) > 1000 AS many FROM williams_plan_table('many', 40, 'mb');
SELECT count(*) AS differ FROM (SELECT * FROM williams_plan_table('many', 40, 'mb') EXCEPT SELECT * FROM serial_plan) AS s;
ROLLBACK;
SELECT pg_temp.differs('serial_plan', 'many', 'id', 'int', 'mb') AS differs;

--
-- ctid: block ranges, from sizes and estimates
--
CREATE TABLE heap (id int, v text) WITH (autovacuum_enabled = off);
INSERT INTO heap SELECT i, repeat('v', 100) FROM generate_series(1, 10000) AS i;
ANALYZE heap;
SELECT relpages AS blocks, relpages / 128.0 AS mb, ceil(relpages / 128.0 / 0.25) AS batches FROM pg_class WHERE relname = 'heap' \gset
WITH plan AS (SELECT *, split_part(lower_key, ',', 1) AS first, lag(upper_key) OVER (ORDER BY batch_no) AS before FROM williams_plan_table('heap', 0.25, method => 'ctid', max_items => 10000))
SELECT count(*) = :batches AS fewest, sum(items) AS items, bool_and(memory_mb <= 0.25) AS in_budget, sum(memory_mb) = :mb AS all_blocks, max(memory_mb) - min(memory_mb) <= 1 / 128.0 AS balanced,
    bool_and(coalesce(first = '(' || split_part(substr(before, 2), ',', 1)::int + 1, first = '(0')) AS contiguous, bool_and(upper_key LIKE '(%,65535)') AS whole_blocks,
    sum((SELECT count(*) FROM heap WHERE ctid BETWEEN lower_key::tid AND upper_key::tid)) AS rows
FROM plan;
SELECT max(items) <= 500 AS max_items, sum(items) FROM williams_plan_table('heap', 1000, method => 'ctid', max_items => 500);
SELECT count(*) AS by_the_bound FROM williams_plan_table('heap', 1000, method => 'ctid');
SELECT count(*) = :blocks AS a_block_each, max(memory_mb) AS mb FROM williams_plan_table('heap', 0, method => 'ctid');
-- it reads no rows
CREATE VIEW reads AS SELECT seq_scan + heap_blks_read + heap_blks_hit AS n FROM pg_statio_user_tables JOIN pg_stat_user_tables USING (relid) WHERE relid = 'heap'::regclass;
SELECT pg_stat_force_next_flush();
SELECT n AS before FROM reads \gset
SELECT count(*) > 0 AS planned, pg_stat_force_next_flush() FROM williams_plan_table('heap', 0.25, method => 'ctid');
SELECT n - :before AS reads FROM reads;
SELECT count(*) > 0 AS planned, pg_stat_force_next_flush() FROM williams_plan_table('heap', 0.25, '0', 'id');
SELECT n - :before > 0 AS reads FROM reads;
-- the TOAST table counts too
SELECT sum(memory_mb) = (pg_relation_size('scan') + pg_relation_size(reltoastrelid)) / 1048576.0 AS with_toast
FROM pg_class, williams_plan_table('scan', 0.1, method => 'ctid') WHERE relname = 'scan' GROUP BY reltoastrelid;

DROP VIEW toast_reads, reads;
DROP TABLE page, note, scan, wide, keys, empty, child, "My ""table", part, many, heap CASCADE;
DROP TYPE mood, pair;
DROP DOMAIN plot;
DROP COLLATION any_case;
