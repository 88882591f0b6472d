--
-- The aggregate williams_efficiency: its results for any set of rows, grouping and
-- frame; the text and binary forms of its transition state, which read back bit
-- for bit; and merging. Parallel plans are in all_parallel, the session counters in
-- bound_functions.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.shown(e williams_efficiency_result, OUT operations bigint, OUT average numeric, OUT max numeric,
                              OUT saved numeric, OUT total_time numeric, OUT total_space numeric) LANGUAGE sql AS $$
    SELECT e.operation_count, round(e.average_efficiency::numeric, 6), round(e.max_efficiency::numeric, 6),
           round(e.total_space_saved::numeric, 6), e.total_time_complexity, round(e.total_space_bound::numeric, 6);
$$;

-- By hand: efficiencies 1.505150, 7.525750, 3.173135; bounds 66.438562, 1328.771238, 315.145770.
-- NULL, 0 and 1 are not operations.
SELECT s.* FROM (SELECT williams_efficiency(t) AS e FROM unnest('{100,10000,1000}'::bigint[]) AS t) AS v, pg_temp.shown(e) AS s;
SELECT s.* FROM (SELECT williams_efficiency(t) AS e FROM unnest('{0,100,NULL,10000,1,1000}'::bigint[]) AS t) AS v, pg_temp.shown(e) AS s;
-- One operation; efficiencies below 1; no operations; no rows.
SELECT s.* FROM (SELECT williams_efficiency(4) AS e) AS v, pg_temp.shown(e) AS s;
SELECT s.* FROM (SELECT williams_efficiency(t) AS e FROM generate_series(5, 15) AS t) AS v, pg_temp.shown(e) AS s;
SELECT (williams_efficiency(t)).* FROM unnest('{0,1,NULL}'::bigint[]) AS t;
SELECT (williams_efficiency(NULL)).* FROM generate_series(1, 3);
SELECT (williams_efficiency(1)).* WHERE false;
SELECT williams_efficiency(t) FROM unnest('{}'::bigint[]) AS t;
-- The total of counts is exact even above the range of bigint: 3 * (2^63 - 1) + 5.
SELECT (williams_efficiency(t)).total_time_complexity
FROM unnest('{9223372036854775807,2,9223372036854775807,3,9223372036854775807}'::bigint[]) AS t;

--
-- Compared with plain SQL, whose float8 sums may differ by rounding
--
SELECT setseed(0.6);
CREATE TEMP TABLE job AS
SELECT i AS id, floor(random() * 7)::int AS part, i % 3 AS kind,
       CASE WHEN random() < 0.1 THEN NULL ELSE floor(exp(random() * 30)) - 1 END::bigint AS t
FROM generate_series(1, 3000) AS i;
CREATE FUNCTION pg_temp.is_plain(e williams_efficiency_result, ts bigint[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT e.operation_count = n AND e.max_efficiency = most AND e.total_time_complexity = time AND
           abs(e.average_efficiency - average) <= 1e-13 * average AND
           abs(e.total_space_saved - saved) <= 1e-12 * n * most AND abs(e.total_space_bound - space) <= 1e-13 * space
    FROM (SELECT count(*) AS n, coalesce(avg(williams_efficiency_multiplier(t)), 1) AS average,
                 coalesce(max(williams_efficiency_multiplier(t)), 1) AS most, coalesce(sum(williams_efficiency_multiplier(t) - 1), 0) AS saved,
                 coalesce(sum(t), 0) AS time, coalesce(sum(williams_space_bound(t)), 0) AS space
          FROM unnest(ts) AS t WHERE t > 1) AS plain;
$$;

SELECT count(*) AS groups, bool_and(pg_temp.is_plain(e, ts)) AS all_rows, bool_and(pg_temp.is_plain(f, filtered)) AS filtered,
       bool_and(pg_temp.is_plain(d, distinct_ones)) AS distinct_ones, bool_and(o = e) AS in_any_order
FROM (SELECT williams_efficiency(t) AS e, array_agg(t) AS ts,
             williams_efficiency(t) FILTER (WHERE t < 100) AS f, array_agg(t) FILTER (WHERE t < 100) AS filtered,
             williams_efficiency(DISTINCT t % 100) AS d, array_agg(DISTINCT t % 100) AS distinct_ones,
             williams_efficiency(t ORDER BY t DESC) AS o
      FROM job GROUP BY ROLLUP (part, kind)) AS v;

-- As a window aggregate, with a growing frame, a sliding frame and the partition:
-- the final function must not change the state.
SELECT bool_and(pg_temp.is_plain(grows, g)) AS grows, bool_and(pg_temp.is_plain(slides, s)) AS slides,
       bool_and(pg_temp.is_plain(hops, h)) AS hops, bool_and(pg_temp.is_plain(part_of, p)) AS part_of
FROM (SELECT williams_efficiency(t) OVER (ORDER BY id) AS grows, array_agg(t) OVER (ORDER BY id) AS g,
             williams_efficiency(t) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS slides,
             array_agg(t) OVER (ORDER BY id ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS s,
             williams_efficiency(t) OVER (ORDER BY id ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING EXCLUDE TIES) AS hops,
             array_agg(t) OVER (ORDER BY id ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING EXCLUDE TIES) AS h,
             williams_efficiency(t) OVER (PARTITION BY part) AS part_of, array_agg(t) OVER (PARTITION BY part) AS p
      FROM job WHERE id <= 400) AS v;

-- The session counters give the same results for the same values, bit for bit.
SELECT williams_reset_stats();
SELECT count(*) FROM job, williams_calculate_space_bound(t);
SELECT s = (e.average_efficiency, e.max_efficiency, e.operation_count, e.total_space_saved) AS same
FROM williams_get_optimization_stats() AS s, (SELECT (williams_efficiency(t)).* FROM job) AS e;

SELECT pg_temp.error_of('SELECT williams_efficiency(t) FROM unnest(''{5,-1}''::bigint[]) AS t') AS negative;

--
-- The transition state
--
CREATE TEMP TABLE state AS
WITH RECURSIVE r (i, s) AS (
    SELECT 0, '(0,0,0,0,0,0,0,0)'::williams_efficiency_state
    UNION ALL
    SELECT i + 1, williams_efficiency_accum(CASE WHEN i % 10 > 0 THEN s ELSE '(0,0,0,0,0,0,0,0)' END, coalesce(t, 0))
    FROM r JOIN job ON id = i + 1 WHERE i < 200)
SELECT i, s FROM r;
INSERT INTO state VALUES
(301, '(1,0,2,5e-324,5e-324,0,1,0)'), (302, '(9007199254740993,9223372036854775807,4294967295,1e10,1e300,-1e280,2,1e-20)'),
(303, ' ( 2, 0, 8, 1, 2, 0, 8, -0.25) ');
SELECT i, s FROM state WHERE i = 0 OR i >= 300 ORDER BY i;

-- Text and binary forms read back bit for bit, whatever extra_float_digits is.
CREATE FUNCTION pg_temp.bits(s williams_efficiency_state) RETURNS bytea LANGUAGE sql AS 'SELECT williams_efficiency_state_send(s)';
SELECT count(DISTINCT pg_temp.bits(s)) > 150 AS states, bool_and(pg_temp.bits(s::text::williams_efficiency_state) = pg_temp.bits(s)) AS text FROM state;
SET extra_float_digits = 0;
SELECT bool_and(pg_temp.bits(s::text::williams_efficiency_state) = pg_temp.bits(s)) AS text FROM state;
SET extra_float_digits = -15;
SELECT bool_and(pg_temp.bits(s::text::williams_efficiency_state) = pg_temp.bits(s)) AS text FROM state;
RESET extra_float_digits;
CREATE TEMP TABLE received (LIKE state);
\copy state TO 'results/efficiency_state.bin' WITH (FORMAT binary)
\copy received FROM 'results/efficiency_state.bin' WITH (FORMAT binary)
SELECT count(*) AS states, bool_and(pg_temp.bits(r.s) = pg_temp.bits(s.s)) AS binary FROM state AS s JOIN received AS r USING (i);

-- Invalid states are refused. (A bytea is sent as its bytes, so it can stand for any binary form.)
SELECT quote_literal(text) AS text, pg_temp.error_of(format('SELECT %L::williams_efficiency_state', text)) AS error
FROM unnest(ARRAY['', '()', '(0,0,0,0,0,0,0)', '(0,0,0,0,0,0,0,0,0)', '(0,0,0,0,0,0,0,0', '(0,0,0,0,0,0,0,0)x', '0,0,0,0,0,0,0,0', '(1,0,2,,1,0,1,0)',
                  '(1,0,2.5,1,1,0,1,0)', '(1,0,2,NaN,1,0,1,0)', '(1,0,2,1,inf,0,1,0)', '(1,0,2,1,1,0,1,-Infinity)',
                  '(-1,0,2,1,1,0,1,0)', '(1,-1,2,1,1,0,1,0)', '(1,0,-2,1,1,0,1,0)', '(1,0,4294967296,1,1,0,1,0)', '(1,0,2,-1,1,0,1,0)',
                  '(1,0,2,0,1,0,1,0)', '(1,0,2,1,-1,0,1,0)', '(1,0,2,1,1,0,0,0)', '(0,0,2,0,0,0,0,0)', '(0,0,0,1,0,0,0,0)', '(0,0,0,0,0,0,0,1)',
                  '(9223372036854775808,0,2,1,1,0,1,0)']) AS text;
CREATE TEMP TABLE bytes (b bytea);
CREATE TEMP TABLE taken (s williams_efficiency_state);
\set VERBOSITY sqlstate
INSERT INTO bytes SELECT pg_temp.bits('(1,0,2,1,1,0,1,0)');
\copy bytes TO 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/efficiency_bytes.bin' WITH (FORMAT binary)
SELECT s AS taken FROM taken;
UPDATE bytes SET b = set_byte(pg_temp.bits('(1,0,2,1,1,0,1,0)'), 0, 128);       -- a negative count
\copy bytes TO 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/efficiency_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits('(1,0,2,1,1,0,1,0)'), 1, 56) || float8send('Infinity');
\copy bytes TO 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/efficiency_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits('(1,0,2,1,1,0,1,0)'), 1, 63);          -- too short
\copy bytes TO 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/efficiency_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = pg_temp.bits('(1,0,2,1,1,0,1,0)') || '\x00';               -- too long
\copy bytes TO 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/efficiency_bytes.bin' WITH (FORMAT binary)
\set VERBOSITY default

-- Merging: the empty state and NULL are the identity; it is commutative and associative.
CREATE FUNCTION pg_temp.merge(williams_efficiency_state, williams_efficiency_state) RETURNS williams_efficiency_state
    LANGUAGE sql AS 'SELECT williams_efficiency_combine($1, $2)';
SELECT bool_and(pg_temp.bits(pg_temp.merge(s, '(0,0,0,0,0,0,0,0)')) = pg_temp.bits(s)) AND
       bool_and(pg_temp.bits(pg_temp.merge('(0,0,0,0,0,0,0,0)', s)) = pg_temp.bits(s)) AS empty,
       bool_and(pg_temp.bits(pg_temp.merge(s, NULL)) = pg_temp.bits(s)) AND
       bool_and(pg_temp.bits(pg_temp.merge(NULL, s)) = pg_temp.bits(s)) AS nothing,
       pg_temp.merge(NULL, NULL) IS NULL AS neither
FROM state;
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE williams_efficiency_final(pg_temp.merge(a.s, b.s)) <> williams_efficiency_final(pg_temp.merge(b.s, a.s))) AS not_commutative
FROM state AS a, state AS b WHERE a.i < 300 AND b.i < 300;
SELECT count(*) AS triples,
       count(*) FILTER (WHERE williams_efficiency_final(pg_temp.merge(pg_temp.merge(a.s, b.s), c.s))
                           <> williams_efficiency_final(pg_temp.merge(a.s, pg_temp.merge(b.s, c.s)))) AS not_associative
FROM state AS a, state AS b, state AS c WHERE a.i % 11 = 1 AND b.i % 13 = 2 AND c.i % 17 = 3 AND greatest(a.i, b.i, c.i) < 300;

-- The functions can be called outside an aggregate; they do not change their arguments.
DO $$
DECLARE
    a williams_efficiency_state := '(2,1,6,1.5,2,0,8,0)';
    b williams_efficiency_state;
BEGIN
    b := williams_efficiency_accum(a, 4294967296);
    RAISE NOTICE 'accum % -> %', a, b;
    RAISE NOTICE 'combine % and % -> %', a, b, williams_efficiency_combine(a, b);
    RAISE NOTICE 'with itself % -> %', a, williams_efficiency_combine(a, a);
    RAISE NOTICE 'final % -> %', a, williams_efficiency_final(a);
    RAISE NOTICE 'at last % and %', a, b;
END $$;
CREATE TEMP TABLE kept AS SELECT '(2,1,6,1.5,2,0,8,0)'::williams_efficiency_state AS s;
SELECT s, williams_efficiency_accum(s, 4) AS more, williams_efficiency_combine(s, s) AS twice, s AS after FROM kept;
SELECT max(williams_efficiency_accum(s, 4)::text) AS more, max(williams_efficiency_combine(s, s)::text) AS twice, max(s::text) AS after FROM kept;

SELECT call, pg_temp.error_of('SELECT ' || call) AS error
FROM unnest(ARRAY[
    'williams_efficiency_accum(''(0,0,0,0,0,0,0,0)'', -1)',
    'williams_efficiency_combine(''(9223372036854775807,9223372036854775807,2,1,1,0,1,0)'', ''(1,0,2,1,1,0,1,0)'')',
    'williams_efficiency_combine(''(1,9223372036854775807,4294967295,1,1,0,1,0)'', ''(1,0,2,1,1,0,1,0)'')',
    'williams_efficiency_accum(''(1,9223372036854775807,4294967295,1,1,0,1,0)'', 2)']) AS call;
-- A sum outside the range of float8 is an error, because a state with Infinity would not read back.
SELECT left(pg_temp.error_of('SELECT williams_efficiency_combine(''(1,0,2,1,1e308,0,1,0)'', ''(1,0,2,1,1e308,0,1,0)'')'), 5) AS efficiency,
       left(pg_temp.error_of('SELECT williams_efficiency_combine(''(1,0,2,1,1,0,1e308,0)'', ''(1,0,2,1,1,0,1e308,0)'')'), 5) AS space;
