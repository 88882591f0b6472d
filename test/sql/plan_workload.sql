--
-- The aggregate williams_workload returns exactly what plain SQL returns, over any
-- grouping and frame; its transition state has a text and a binary form that read
-- back bit for bit, and merging is associative and commutative. Parallel plans are in
-- all_parallel.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

-- By hand: bound(4) = 4, trunc(10 / 3) = 3, ceil(4 / 3) = 2, 3 * 3 MB.
SELECT (williams_workload(mb, 10)).* FROM unnest('{1,3,NULL,2}'::float8[]) AS mb;
-- An item that exceeds the budget leads to batches of one, which peak at its size.
SELECT (williams_workload(mb, 10)).* FROM unnest('{1,12,2,0}'::float8[]) AS mb;
-- No rows; one row; only NULLs or zeros, limited by the bound of 8.485; a budget of 0.
SELECT (williams_workload(mb, 10)).* FROM unnest('{}'::float8[]) AS mb;
SELECT (williams_workload(mb, 10)).* FROM unnest('{4}'::float8[]) AS mb;
SELECT round((w).space_bound::numeric, 6) AS space_bound, (w).items, (w).total_mb, (w).max_item_mb, (w).batch_size, (w).batches, (w).peak_mb
FROM (SELECT williams_workload(NULL, 10) AS w FROM generate_series(1, 8)
      UNION ALL SELECT williams_workload(0, 0) FROM generate_series(1, 8)
      UNION ALL SELECT williams_workload(0.5, 0) FROM generate_series(1, 8)) AS v;
-- The quotient may be rounded up: 35 * 0.01 is over 0.35.
SELECT (williams_workload(0.01, 0.35)).batch_size FROM generate_series(1, 100);

-- The total is the exact sum, rounded once; sum() rounds at every step.
SELECT (williams_workload(0.1, 1)).total_mb = 100 AS tenths, sum(0.1::float8) = 100 AS plainly FROM generate_series(1, 1000);
SELECT (williams_workload(mb, 1e17)).total_mb = 1e16::float8 + 1000 AS ones, sum(mb) = 1e16::float8 + 1000 AS plainly
FROM (SELECT 1e16::float8 AS mb UNION ALL SELECT 1 FROM generate_series(1, 1000)) AS v;

--
-- Compared with plain SQL. Weights are multiples of 1/64, whose sums are exact.
--
SELECT setseed(0.5);
CREATE TEMP TABLE page AS
SELECT i AS id, floor(random() * 7)::int AS part, i % 3 AS kind,
       CASE WHEN random() < 0.1 THEN NULL ELSE floor(random() * 640) / 64 END::float8 AS mb
FROM generate_series(1, 3000) AS i;
CREATE FUNCTION pg_temp.plainly(weights float8[], budget float8) RETURNS williams_workload_result LANGUAGE sql AS $$
    SELECT ROW(n, total, largest, williams_space_bound(n), williams_efficiency_multiplier(n), size,
               ceil(n / size::numeric), size * largest)::williams_workload_result
    FROM (SELECT count(*) AS n, coalesce(sum(w), 0) AS total, coalesce(max(w), 0) AS largest FROM unnest(weights) AS w) AS a,
         LATERAL (SELECT greatest(1, least(williams_optimal_batch_size(n), n,
                                           CASE WHEN largest > 0 THEN trunc(budget / largest) END))::bigint AS size) AS b;
$$;

SELECT count(*) AS groups, bool_and(w = pg_temp.plainly(weights, 20)) AS all_rows,
       bool_and(f = pg_temp.plainly(filtered, 20)) AS filtered, bool_and(d = pg_temp.plainly(distinct_ones, 20)) AS distinct_ones,
       bool_and(o = w) AS in_any_order
FROM (SELECT williams_workload(mb, 20) AS w, array_agg(mb) AS weights,
             williams_workload(mb, 20) FILTER (WHERE mb < 3) AS f, array_agg(mb) FILTER (WHERE mb < 3) AS filtered,
             williams_workload(DISTINCT mb, 20) AS d, array_agg(DISTINCT mb) AS distinct_ones,
             williams_workload(mb, 20 ORDER BY mb DESC) AS o
      FROM page GROUP BY ROLLUP (part, kind)) AS v;

-- As a window aggregate, with a frame that grows, slides, or is the partition. The
-- final function does not modify the state.
SELECT bool_and(grows = pg_temp.plainly(g, 20)) AS grows, bool_and(slides = pg_temp.plainly(s, 20)) AS slides,
       bool_and(hops = pg_temp.plainly(h, 20)) AS hops, bool_and(part_of = pg_temp.plainly(p, 20)) AS part_of
FROM (SELECT williams_workload(mb, 20) OVER (ORDER BY id) AS grows, array_agg(mb) OVER (ORDER BY id) AS g,
             williams_workload(mb, 20) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS slides,
             array_agg(mb) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS s,
             williams_workload(mb, 20) OVER (ORDER BY id ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING EXCLUDE TIES) AS hops,
             array_agg(mb) OVER (ORDER BY id ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING EXCLUDE TIES) AS h,
             williams_workload(mb, 20) OVER (PARTITION BY part) AS part_of, array_agg(mb) OVER (PARTITION BY part) AS p
      FROM page WHERE id <= 400) AS v;

--
-- Errors
--
SELECT args, pg_temp.error_of(format('SELECT williams_workload(%s) FROM generate_series(1, 3) AS i', args)) AS error
FROM unnest(ARRAY['-1, 10', '''NaN'', 10', '''Infinity'', 10', '''-Infinity'', 10', '1, -1', '1, ''NaN''', '1, ''Infinity''',
                  '1, i', '1, CASE i WHEN 3 THEN ''NaN'' ELSE 10::float8 END', '1, NULL', '1, CASE WHEN i < 3 THEN 10 END', 'NULL, NULL',
                  '1e308, 1e308']) AS args;

--
-- The transition state
--
CREATE TEMP TABLE state AS
WITH RECURSIVE r (i, s) AS (
    SELECT 0, '(0,0,0,0,0)'::williams_workload_state
    UNION ALL
    SELECT i + 1, williams_workload_accum(CASE WHEN i % 10 > 0 THEN s END, mb / 3 + 1e-7 * i ^ 4, 0.1) FROM r JOIN page ON id = i + 1 WHERE i < 200)
SELECT i, s FROM r;
INSERT INTO state VALUES
(300, williams_workload_accum(NULL, NULL, 0.1)), (301, '(1,0.1,5e-324,5e-324,0)'), (302, '(9007199254740993,0.1,1,1e300,-1e280)'),
(303, '(9223372036854775806,0.1,1.7976931348623157e308,1.7976931348623157e308,5e-324)'), (304, ' ( 3, 0.1, 1, 3, -0.25) ');
SELECT i, s FROM state WHERE i IN (0, 10) OR i >= 300 ORDER BY i;

-- Text and binary forms read back bit for bit under any extra_float_digits.
CREATE FUNCTION pg_temp.bits(s williams_workload_state) RETURNS bytea LANGUAGE sql AS 'SELECT williams_workload_state_send(s)';
SELECT count(DISTINCT pg_temp.bits(s)) AS states, bool_and(pg_temp.bits(s::text::williams_workload_state) = pg_temp.bits(s)) AS text FROM state;
SET extra_float_digits = 0;
SELECT bool_and(pg_temp.bits(s::text::williams_workload_state) = pg_temp.bits(s)) AS text FROM state;
SET extra_float_digits = -15;
SELECT bool_and(pg_temp.bits(s::text::williams_workload_state) = pg_temp.bits(s)) AS text FROM state;
RESET extra_float_digits;
CREATE TEMP TABLE received (LIKE state);
\copy state TO 'results/workload_state.bin' WITH (FORMAT binary)
\copy received FROM 'results/workload_state.bin' WITH (FORMAT binary)
SELECT count(*) AS states, bool_and(pg_temp.bits(r.s) = pg_temp.bits(s.s)) AS binary FROM state AS s JOIN received AS r USING (i);

-- Malformed states are refused. The binary form of a bytea serves to send any bytes.
SELECT quote_literal(text) AS text, pg_temp.error_of(format('SELECT %L::williams_workload_state', text)) AS error
FROM unnest(ARRAY['', ' ', '()', '0,0,0,0,0', '(0,0,0,0)', '(0,0,0,0,0,0)', '(0,0,0,0,0', '(0,0,0,0,0)x', '(0,0,0,0,0) 1', '(0;0;0;0;0)', '(0,0,0,,0)',
                  '(x,0,0,0,0)', '(1.5,0,0,0,0)', '(1,NaN,1,1,0)', '(1,10,1,NaN,0)', '(1,inf,1,1,0)', '(1,10,1,1,-Infinity)', '(1,1e999,1,1,0)',
                  '(-1,0,0,0,0)', '(1,-10,1,1,0)', '(1,10,-1,1,0)', '(1,10,1,-1,0)', '(2,10,3,2,0)', '(0,10,0,0,0)', '(0,0,0,0,1)',
                  '(9223372036854775808,10,1,1,0)']) AS text;
CREATE TEMP TABLE bytes (b bytea);
CREATE TEMP TABLE taken (s williams_workload_state);
\set VERBOSITY sqlstate
INSERT INTO bytes SELECT pg_temp.bits('(1,10,1,1,0)');
\copy bytes TO 'results/workload_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/workload_bytes.bin' WITH (FORMAT binary)
SELECT s AS taken FROM taken;
UPDATE bytes SET b = set_byte(pg_temp.bits('(1,10,1,1,0)'), 0, 128);        -- a negative count
\copy bytes TO 'results/workload_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/workload_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits('(1,10,1,1,0)'), 1, 32) || float8send('NaN');
\copy bytes TO 'results/workload_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/workload_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits('(1,10,1,1,0)'), 1, 39);           -- too short
\copy bytes TO 'results/workload_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/workload_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = pg_temp.bits('(1,10,1,1,0)') || '\x00';                -- too long
\copy bytes TO 'results/workload_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/workload_bytes.bin' WITH (FORMAT binary)
\set VERBOSITY default

-- Merging: the empty state and NULL are the identity; order and grouping do not matter.
CREATE FUNCTION pg_temp.merge(williams_workload_state, williams_workload_state) RETURNS williams_workload_state
    LANGUAGE sql AS 'SELECT williams_workload_combine($1, $2)';
SELECT bool_and(pg_temp.bits(pg_temp.merge(s, '(0,0,0,0,0)')) = pg_temp.bits(s)) AND
       bool_and(pg_temp.bits(pg_temp.merge('(0,0,0,0,0)', s)) = pg_temp.bits(s)) AS empty,
       bool_and(pg_temp.bits(pg_temp.merge(s, NULL)) = pg_temp.bits(s)) AND
       bool_and(pg_temp.bits(pg_temp.merge(NULL, s)) = pg_temp.bits(s)) AS nothing,
       pg_temp.merge(NULL, NULL) IS NULL AS neither
FROM state;
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE williams_workload_final(pg_temp.merge(a.s, b.s)) <> williams_workload_final(pg_temp.merge(b.s, a.s))) AS not_commutative
FROM state AS a, state AS b WHERE a.i < 300 AND b.i < 300;
SELECT count(*) AS triples,
       count(*) FILTER (WHERE williams_workload_final(pg_temp.merge(pg_temp.merge(a.s, b.s), c.s))
                           <> williams_workload_final(pg_temp.merge(a.s, pg_temp.merge(b.s, c.s)))) AS not_associative
FROM state AS a, state AS b, state AS c WHERE a.i % 11 = 1 AND b.i % 13 = 2 AND c.i % 17 = 3 AND greatest(a.i, b.i, c.i) < 300;
SELECT williams_workload_final(pg_temp.merge('(2,10,3,4,0)', '(2,10,2,2,0)')) = williams_workload(mb, 10) AS as_one_pass
FROM unnest('{1,3,NULL,2}'::float8[]) AS mb;

-- A direct call works outside an aggregate and does not modify its arguments.
DO $$
DECLARE
    a williams_workload_state := '(4,10,3,4,0)';
    b williams_workload_state;
BEGIN
    b := williams_workload_accum(a, 6, 10);
    RAISE NOTICE 'accum % -> %', a, b;
    RAISE NOTICE 'combine % and % -> %', a, b, williams_workload_combine(a, b);
    RAISE NOTICE 'with itself % -> %', a, williams_workload_combine(a, a);
    RAISE NOTICE 'final % -> %', a, williams_workload_final(a);
    RAISE NOTICE 'a row more % -> %', NULL, williams_workload_accum(NULL, 6, 10);
    RAISE NOTICE 'at last % and %', a, b;
END $$;
CREATE TEMP TABLE kept AS SELECT '(2,10,3,4,0)'::williams_workload_state AS s;
SELECT s, williams_workload_accum(s, 6, 10) AS more, williams_workload_combine(s, s) AS twice, s AS after FROM kept;
SELECT max(williams_workload_accum(s, 6, 10)::text) AS more, max(williams_workload_combine(s, s)::text) AS twice, max(s::text) AS after FROM kept;

SELECT call, pg_temp.error_of('SELECT ' || call) AS error
FROM unnest(ARRAY[
    'williams_workload_combine(''(1,10,1,1,0)'', ''(1,11,1,1,0)'')', 'williams_workload_accum(''(1,10,1,1,0)'', 1, 11)',
    'williams_workload_combine(''(9223372036854775807,10,1,1,0)'', ''(1,10,1,1,0)'')',
    'williams_workload_combine(''(1,10,1e308,1e308,0)'', ''(1,10,1e308,1e308,0)'')', 'williams_workload_accum(NULL, 1, NULL)']) AS call;
-- The rounding error is far smaller than the total: a state whose total would be
-- negative, or infinite after a merge, is refused.
SELECT pg_temp.error_of('SELECT ''(1,10,1,1,-1e308)''::williams_workload_state') <> 'no error' AS negative,
       pg_temp.error_of('SELECT williams_workload_combine(''(1,10,1,1,1e308)'', ''(1,10,1,1,1e308)'')') <> 'no error' AS infinite;
