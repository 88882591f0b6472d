--
-- The guarantees of williams_plan_table, over random tables: batches are in order and
-- disjoint and cover every row; none exceeds the budget or max_items, unless one key
-- alone does; their memory is what a user would count; no plan has fewer.
--

SET client_min_messages = error;        -- many keys exceed the limits here
SET jit = off;
SELECT setseed(0.42) \g /dev/null

-- Greedy packing, implemented again: items and memory of each batch.
CREATE FUNCTION pg_temp.greedy(relation text, budget float8, most bigint, OUT items bigint[], OUT mb float8[]) LANGUAGE plpgsql AS $$
DECLARE
    key record;
    open_items bigint;
    joined float8;
    alone float8;
    weight float8;
BEGIN
    items := '{}';
    mb := '{}';
    FOR key IN EXECUTE format('SELECT array_agg(coalesce(w, 0)) AS weights FROM %s GROUP BY k ORDER BY k', relation) LOOP
        joined := coalesce(mb[cardinality(mb)], 0);
        open_items := items[cardinality(items)];
        alone := 0;
        FOREACH weight IN ARRAY key.weights LOOP
            joined := joined + weight;
            alone := alone + weight;
        END LOOP;
        IF open_items IS NOT NULL AND joined <= budget AND open_items + cardinality(key.weights) <= most THEN
            items[cardinality(items)] := open_items + cardinality(key.weights);
            mb[cardinality(mb)] := joined;
        ELSE
            items := items || cardinality(key.weights)::bigint;
            mb := mb || alone;
        END IF;
    END LOOP;
END $$;

-- The fewest ranges, by trying all cuts: least[i] is the number for the keys from the i-th on. A key that exceeds a limit is alone.
CREATE FUNCTION pg_temp.fewest(relation text, budget float8, most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint[];
    mb float8[];
    least bigint[];
    rows bigint;
    sum float8;
BEGIN
    EXECUTE format('SELECT array_agg(n ORDER BY k), array_agg(mb ORDER BY k) FROM (SELECT k, count(*) AS n, coalesce(sum(w), 0) AS mb FROM %s GROUP BY k) AS s', relation) INTO n, mb;
    IF n IS NULL THEN RETURN 0; END IF;
    least[cardinality(n) + 1] := 0;
    FOR i IN REVERSE cardinality(n) .. 1 LOOP
        least[i] := 1 + least[i + 1];
        rows := 0;
        sum := 0;
        FOR j IN i .. cardinality(n) LOOP
            rows := rows + n[j];
            sum := sum + mb[j];
            EXIT WHEN rows > most OR sum > budget;
            least[i] := least(least[i], 1 + least[j + 1]);
        END LOOP;
    END LOOP;
    RETURN least[1];
END $$;

-- Which guarantees a plan of the table breaks.
CREATE FUNCTION pg_temp.broken(relation text, type text, budget float8, most bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    greedy record;
BEGIN
    EXECUTE format($q$
        CREATE TEMP TABLE batch AS
        SELECT batch_no, lower_key::%s AS lower, upper_key::%s AS upper, items, memory_mb, ordinality FROM williams_plan_table(%L, $1, 'w', 'k', max_items => $2) WITH ORDINALITY$q$,
        type, type, relation) USING budget, most;
    EXECUTE format($q$
        SELECT concat_ws(', ',
            (SELECT 'numbers' FROM batch HAVING bool_or(batch_no <> ordinality)),
            (SELECT 'order' FROM (SELECT lower, upper, lag(upper) OVER (ORDER BY batch_no) AS before FROM batch) AS s HAVING bool_or(lower > upper OR lower <= before)),
            (SELECT 'bounds' FROM batch HAVING NOT bool_and(EXISTS (SELECT FROM %1$s WHERE k = lower) AND EXISTS (SELECT FROM %1$s WHERE k = upper))),
            (SELECT 'cover' FROM %1$s LEFT JOIN batch ON k BETWEEN lower AND upper HAVING count(*) <> count(batch_no) OR count(*) <> (SELECT count(*) FROM %1$s)),
            (SELECT 'items' FROM batch HAVING bool_or(items <> (SELECT count(*) FROM %1$s WHERE k BETWEEN lower AND upper))),
            (SELECT 'memory_mb' FROM batch HAVING bool_or(memory_mb <> (SELECT coalesce(sum(w ORDER BY k), 0) FROM %1$s WHERE k BETWEEN lower AND upper))),
            (SELECT 'limits' FROM batch HAVING bool_or((memory_mb > $1 OR items > $2) AND lower <> upper)))$q$, relation) INTO result USING budget, most;
    SELECT * INTO greedy FROM pg_temp.greedy(relation, budget, most);
    IF (SELECT coalesce(array_agg(items ORDER BY batch_no), '{}') FROM batch) <> greedy.items OR (SELECT coalesce(array_agg(memory_mb ORDER BY batch_no), '{}') FROM batch) <> greedy.mb THEN
        result := concat_ws(', ', nullif(result, ''), 'greedy');
    END IF;
    IF (SELECT count(*) FROM batch) <> pg_temp.fewest(relation, budget, most) THEN
        result := concat_ws(', ', nullif(result, ''), 'fewest');
    END IF;
    DROP TABLE batch;
    RETURN result;
END $$;

--
-- Tables of 0 to 150 rows, from a few repeated keys to unique ones. If keys repeat,
-- weights are multiples of 1/8, whose sum is the same in any order; otherwise they are
-- any numbers.
--
CREATE TABLE key_type (type text, expression text);
INSERT INTO key_type VALUES
    ('bigint', 'n::bigint * 1000000007 - 5000000000'), ('int', '-n'), ('uuid', 'md5(n::text)::uuid'), ('text COLLATE "C"', 'left(md5(n::text), 3)'),
    ('text COLLATE "en-x-icu"', '(ARRAY[''ä'', ''A'', ''a'', ''Z'', ''é''])[1 + n % 5] || n'), ('timestamptz', 'timestamptz ''2024-03-31 01:00+00'' + n * interval ''7 minutes'''),
    ('numeric', '(n - 50) / 3.0'), ('date', 'date ''0001-01-01'' + n * 100'), ('float8', 'CASE n % 9 WHEN 0 THEN ''NaN'' ELSE (n - 50) / 3.0 END::float8'), ('boolean', 'n % 2 = 0'),
    ('int[]', 'ARRAY[n % 7, n]'), ('interval', 'n * interval ''1 day 1 minute''');

CREATE TABLE outcome (type text, rows bigint, keys bigint, batches bigint, broken text);
DO $$
DECLARE
    t key_type;
    size int;
    spread int;
    budget float8;
    most bigint;
BEGIN
    FOR t IN SELECT * FROM key_type LOOP
        FOR round IN 1 .. 12 LOOP
            size := CASE round WHEN 1 THEN 0 WHEN 2 THEN 1 ELSE floor(random() * 150) END;
            spread := CASE round % 3 WHEN 0 THEN 12 WHEN 1 THEN 90 ELSE 0 END;
            budget := CASE round % 4 WHEN 0 THEN 3 WHEN 1 THEN 20.3 WHEN 2 THEN 1000 ELSE random() * 60 END;
            most := CASE round % 5 WHEN 0 THEN 7 WHEN 1 THEN 1 ELSE 1000 END;
            EXECUTE format('CREATE TABLE random_table AS
                SELECT k, CASE WHEN random() < 0.1 THEN NULL WHEN %1$s = 0 THEN random() * 9 ELSE floor(random() ^ 4 * 128) / 8 END AS w
                FROM (SELECT %2$s AS k, row_number() OVER (PARTITION BY %2$s) AS no
                      FROM (SELECT CASE %1$s WHEN 0 THEN i ELSE floor(random() * %1$s)::int END AS n FROM generate_series(1, %3$s) AS i) AS s) AS s
                WHERE %1$s <> 0 OR no = 1 ORDER BY random()', spread, t.expression, size);
            EXECUTE 'ALTER TABLE random_table ALTER k TYPE ' || t.type;
            IF round % 2 = 0 THEN
                CREATE INDEX ON random_table (k);
                SET enable_seqscan = off;
            END IF;
            ANALYZE random_table;
            EXECUTE 'INSERT INTO outcome SELECT $1, (SELECT count(*) FROM random_table), (SELECT count(DISTINCT k) FROM random_table),
                        (SELECT count(*) FROM williams_plan_table(''random_table'', $2, ''w'', ''k'', max_items => $3)), pg_temp.broken(''random_table'', $1, $2, $3)'
                USING t.type, budget, most;
            RESET enable_seqscan;
            DROP TABLE random_table;
        END LOOP;
    END LOOP;
END $$;
SELECT type, count(*) AS tables, sum(rows) > 400 AS rows, sum(keys) < sum(rows) AS duplicates, sum(batches) > 15 AS batches, string_agg(DISTINCT nullif(broken, ''), '; ') AS broken
FROM outcome GROUP BY type ORDER BY type COLLATE "C";

-- One large table, all of whose weights are awkward decimals: sums are in key order, to the last bit.
CREATE TABLE large AS SELECT i AS k, round((random() * 3)::numeric, 2)::float8 AS w FROM generate_series(1, 2000) AS i ORDER BY random();
SELECT budget, (SELECT count(*) FROM williams_plan_table('large', budget, 'w', 'k', max_items => 5000)) > 90 AS batches,
       (SELECT bool_and(p.memory_mb = (SELECT sum(w ORDER BY k) FROM large WHERE k BETWEEN p.lower_key::int AND p.upper_key::int) AND p.memory_mb <= budget)
        FROM williams_plan_table('large', budget, 'w', 'k', max_items => 5000) AS p) AS as_counted,
       (SELECT array_agg(items) FROM williams_plan_table('large', budget, 'w', 'k', max_items => 5000)) = g.items AS greedy
FROM unnest('{7.7, 30.1}'::float8[]) AS budget, pg_temp.greedy('large', budget, 5000) AS g;

DROP TABLE key_type, outcome, large;
