--
-- The type williams_calibration: its accessors agree with plain SQL over the same
-- observations; merging is exact, bit for bit; text and binary forms read back bit
-- for bit, and invalid ones are refused. Parallel plans are in all_parallel.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.seen(x float8[], y boolean[]) RETURNS williams_calibration LANGUAGE sql AS
    'SELECT williams_calibration_agg(a, b) FROM unnest(x, y) AS v (a, b)';

-- By hand: the squared errors are 0.0625 + 0.25 + 0.0625 + 0 + 0.5625 = 0.9375, divided by 5. With two bins,
-- 0.25 is right 0 times of 1 and 0.75 is right 3 times of 4, so ECE is 0.25 / 5; with one, 0.65 is right 3 times of 5.
CREATE TEMP TABLE five AS SELECT pg_temp.seen('{0.25,0.5,0.75,1,0.75,NULL,0.9}', '{false,true,true,true,false,true,NULL}') AS c;
SELECT williams_count(c), williams_accuracy(c), williams_brier(c), williams_ece(c, 2), williams_ece(c, 1) FROM five;
SELECT r.* FROM five, williams_reliability(c, 2) AS r;
SELECT c::jsonb, c FROM five;
SELECT bin, count FROM five, williams_reliability(c) WHERE count > 0;

-- No observations.
SELECT c, williams_count(c), williams_accuracy(c), williams_brier(c), williams_ece(c), williams_threshold(c, 0), c::jsonb
FROM (VALUES (pg_temp.seen('{}', '{}')), (pg_temp.seen('{NULL,0.5}', '{true,NULL}')), ((SELECT williams_rollup(NULL::williams_calibration)))) AS v (c);
SELECT * FROM williams_reliability(pg_temp.seen('{}', '{}'), 2);
SELECT * FROM williams_threshold(pg_temp.seen('{}', '{}'), 0.5);
SELECT williams_calibration_agg(0.5, true) WHERE false;

SELECT call, pg_temp.error_of('SELECT ' || call || ' FROM five') AS error FROM unnest(ARRAY[
    'williams_calibration_agg(-0.1, true)', 'williams_calibration_agg(''NaN'', true)', 'williams_calibration_agg(1.0000000000000002, false)',
    'williams_ece(c, 3)', 'williams_ece(c, 0)', 'williams_reliability(c, 400)', 'williams_reliability(c, -1)',
    'williams_threshold(c, 1.01)', 'williams_threshold(c, ''NaN'')', 'williams_threshold(c, 0.9, 0)']) AS call;

--
-- Compared with plain SQL
--
SELECT setseed(0.7);
CREATE TEMP TABLE observation AS
SELECT shape, size, i % 6 AS part, x, random() < CASE shape WHEN 1 THEN x WHEN 2 THEN x ^ 2 WHEN 3 THEN 1 WHEN 4 THEN 0 ELSE 0.5 + x / 2 END AS y
FROM (SELECT shape, size, i, CASE shape WHEN 1 THEN random() WHEN 5 THEN round(random()::numeric, 2) ELSE 1 - random() ^ 2 END AS x
      FROM generate_series(1, 5) AS shape, unnest('{1,2,10,200,3000}'::int[]) AS size, generate_series(1, size) AS i) AS v;
CREATE TEMP TABLE seen AS SELECT shape, size, williams_calibration_agg(x, y) AS c FROM observation GROUP BY shape, size;
CREATE TEMP TABLE bound AS SELECT i, i / 200.0::float8 AS b FROM generate_series(0, 200) AS i;
CREATE TEMP VIEW binned AS
SELECT shape, size, bins, (SELECT least(max(i), 199) FROM bound WHERE b <= x) / (200 / bins) + 1 AS bin, x, y
FROM observation, unnest('{1,10,40,200}'::int[]) AS bins;
CREATE TEMP TABLE plain AS
SELECT shape, size, bins, bin, count(*) AS count, avg(x) AS confidence, avg(y::int::float8) AS accuracy FROM binned GROUP BY shape, size, bins, bin;
SELECT count(*) > 1000 AS bins, bool_and(r.count = p.count) AS count, max(abs(r.confidence - p.confidence)) < 1e-12 AS confidence, max(abs(r.accuracy - p.accuracy)) < 1e-12 AS accuracy
FROM plain AS p JOIN (SELECT shape, size, bins, r.* FROM seen, unnest('{1,10,40,200}'::int[]) AS bins, williams_reliability(c, bins) AS r) AS r USING (shape, size, bins, bin);
SELECT count(*), max(abs(williams_ece(c, bins) - ece)) < 1e-12 AS ece
FROM seen JOIN (SELECT shape, size, bins, sum(count * abs(accuracy - confidence)) / sum(count) AS ece FROM plain GROUP BY shape, size, bins) AS p USING (shape, size);
SELECT count(*), bool_and(williams_count(c) = n) AS count, max(abs(williams_accuracy(c) - accuracy)) < 1e-12 AS accuracy, max(abs(williams_brier(c) - brier)) < 1e-12 AS brier
FROM seen JOIN (SELECT shape, size, count(*) AS n, avg(y::int::float8) AS accuracy, avg((x - y::int) ^ 2) AS brier FROM observation GROUP BY shape, size) AS p USING (shape, size);

-- Thresholds: try every bound and take the lowest; Wilson's interval by its formula.
CREATE TEMP TABLE tried AS
SELECT shape, size, b, count(*) FILTER (WHERE x >= b) AS accepted, count(*) FILTER (WHERE x >= b AND y) AS correct, count(*) AS n
FROM observation, bound WHERE i < 200 GROUP BY shape, size, b;
CREATE FUNCTION pg_temp.wilson(p float8, n float8, z float8 = 1.959963984540054) RETURNS float8 LANGUAGE sql AS
    'SELECT (p + z * z / (2 * n)) / (1 + z * z / n) - z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))';
SELECT count(*) AS asked, count(t.threshold) > 60 AS found, count(*) - count(t.threshold) > 60 AS none, bool_and(t.threshold IS NOT DISTINCT FROM p.b) AS lowest,
       bool_and(t.accepted_share IS NOT DISTINCT FROM p.accepted / p.n::float8) AS share, bool_and(t.precision IS NOT DISTINCT FROM p.correct / p.accepted::float8) AS precision,
       max(abs(t.precision_low - greatest(pg_temp.wilson(t.precision, p.accepted), 0))) < 1e-12 AS wilson
FROM seen, unnest('{0,0.5,0.9,0.99,1}'::float8[]) AS target, unnest('{1,20,100}'::bigint[]) AS at_least
CROSS JOIN LATERAL williams_threshold(c, target, at_least) AS t
LEFT JOIN LATERAL (SELECT * FROM tried WHERE (tried.shape, tried.size) = (seen.shape, seen.size) AND accepted >= at_least AND correct / accepted::float8 >= target ORDER BY b LIMIT 1) AS p ON true;
-- By hand: 95 of 100 are right, so Wilson's interval begins at 0.88825.
SELECT threshold, accepted_share, precision, round(precision_low::numeric, 6) AS precision_low
FROM (SELECT williams_calibration_agg(CASE WHEN i <= 100 THEN 0.9 ELSE 0.895 END, i <= 95) AS c FROM generate_series(1, 200) AS i) AS v, williams_threshold(c, 0.95);

--
-- Merging
--
CREATE TEMP TABLE part AS SELECT shape, size, part, williams_calibration_agg(x, y) AS c FROM observation GROUP BY shape, size, part;
SELECT count(*) AS wholes, bool_and(rolled_up::text = whole.c::text) AS same, bool_and(backwards::text = whole.c::text) AS backwards
FROM (SELECT shape, size, williams_rollup(c) AS rolled_up, williams_rollup(c ORDER BY part DESC) AS backwards FROM part GROUP BY shape, size) AS v JOIN seen AS whole USING (shape, size);
CREATE TEMP TABLE sample AS SELECT c FROM part WHERE (size + part) % 5 = 2 UNION ALL SELECT pg_temp.seen('{}', '{}');
SELECT count(*) > 100 AS pairs, bool_and((a.c + b.c)::text = (b.c + a.c)::text) AS commutative FROM sample AS a, sample AS b;
SELECT count(*) > 1000 AS triples, bool_and((a.c + b.c + d.c)::text = (a.c + (b.c + d.c))::text) AS associative FROM sample AS a, sample AS b, sample AS d;
SELECT bool_and((c + pg_temp.seen('{}', '{}'))::text = c::text) AS empty_right, bool_and((pg_temp.seen('{}', '{}') + c)::text = c::text) AS empty_left, bool_and((c + NULL) IS NULL) AS unknown FROM sample;
DO $$
DECLARE
    a williams_calibration_state := '(1,0,0,0,0,0)';
    b williams_calibration_state;
    c williams_calibration_state;
BEGIN
    b := williams_calibration_accum(a, 0.25, true);
    c := williams_calibration_accum(b, 0.5, false);
    RAISE NOTICE '% % %', a, b, c;
    RAISE NOTICE '% %', williams_calibration_combine(a, b), williams_calibration_combine(b, a);
    RAISE NOTICE '% %', williams_calibration_combine(NULL, b), williams_calibration_combine(b, NULL);
    RAISE NOTICE '% %', williams_calibration_combine(NULL, NULL), williams_calibration_combine(b, b);
    RAISE NOTICE '% %', williams_calibration_accum(b, williams_calibration_final(c)), williams_calibration_final(b);
    RAISE NOTICE '% % %', a, b, c;
END $$;
SELECT pg_temp.error_of($$SELECT '(1,0,0,0,0,0,0:9223372036854775807:0:0:0)'::williams_calibration + '(1,0,0,0,0,0,0:1:0:0:0)'$$) AS add,
       pg_temp.error_of($$SELECT williams_calibration_accum('(1,0,0,0,0,0,0:9223372036854775807:0:0:0)'::williams_calibration_state, 0.0, true)$$) AS accum;

-- As a window aggregate.
SELECT bool_and(grows::text = pg_temp.seen(gx, gy)::text) AS grows, bool_and(slides::text = pg_temp.seen(sx, sy)::text) AS slides
FROM (SELECT williams_calibration_agg(x, y) OVER g AS grows, array_agg(x) OVER g AS gx, array_agg(y) OVER g AS gy,
             williams_calibration_agg(x, y) OVER s AS slides, array_agg(x) OVER s AS sx, array_agg(y) OVER s AS sy
      FROM observation WHERE shape = 1 AND size = 200 WINDOW g AS (ORDER BY x), s AS (ORDER BY x ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)) AS v;

--
-- Text, binary and stored forms
--
CREATE FUNCTION pg_temp.bits(c williams_calibration) RETURNS bytea LANGUAGE sql AS 'SELECT williams_calibration_send(c)';
CREATE TEMP TABLE stored AS SELECT row_number() OVER () AS i, c, williams_calibration_accum('(1,0,0,0,0,0)', c) AS state FROM (TABLE sample UNION ALL SELECT c FROM seen) AS v;
SELECT count(*) > 30 AS calibrations, bool_and(pg_temp.bits(c::text::williams_calibration) = pg_temp.bits(c)) AS text,
       bool_and(williams_calibration_state_send(state::text::williams_calibration_state) = williams_calibration_state_send(state)) AS state FROM stored;
CREATE TEMP TABLE received (LIKE stored);
\copy stored TO 'results/calibration.bin' WITH (FORMAT binary)
\copy received FROM 'results/calibration.bin' WITH (FORMAT binary)
SELECT count(*) > 30 AS calibrations, bool_and(pg_temp.bits(r.c) = pg_temp.bits(s.c)) AS binary, bool_and(r.state::text = s.state::text) AS state FROM stored AS s JOIN received AS r USING (i);
SELECT pg_column_size(pg_temp.seen('{}', '{}')) < 100 AS empty, pg_column_size(williams_calibration_agg(x, y)) < 4096 AS three_thousand FROM observation WHERE shape = 1 AND size = 3000;
CREATE TEMP TABLE big AS SELECT c, repeat(md5('x'), 100) AS other FROM seen WHERE size = 3000;
ALTER TABLE big ALTER c SET STORAGE external;
UPDATE big SET c = c + c;
SELECT williams_count(williams_rollup(c)) FROM big;

-- Invalid calibrations are refused. The valid one has one correct observation at 0.5: its sum is 2^61, its square 2^58 * 2^64.
SELECT quote_literal(text) AS text, pg_temp.error_of(format('SELECT %L::williams_calibration', text)) AS error FROM unnest(ARRAY[
    '', '()', '(1,0,0,0,0)', '(2,0,0,0,0,0)', '(1,0,0,0,0,0', '(1,0,0,0,0,0)x', '(1,1,0,0,0,0)', '(1,0,0,0,0,0,0:1:0:0)', '(1,0,0,0,0,0,0:1:0:0:0:0)', '(1,0,0,0,0,0,0:0:0:0:0)',
    '(1,2305843009213693952,0,0,288230376151711744,0,100:1:1:2305843009213693952:0)', '(1,2305843009213693952,0,0,288230376151711744,0,100:1:0:2305843009213693952:0)',
    '(1,2305843009213693952,0,0,288230376151711744,0,100:1:2:2305843009213693952:0)', '(1,2305843009213693952,0,0,288230376151711744,0,101:1:1:2305843009213693952:0)',
    '(1,2305843009213693951,0,0,288230376151711744,0,100:1:1:2305843009213693952:0)', '(1,2305843009213693952,0,0,288230376151711743,0,100:1:1:2305843009213693952:0)',
    '(1,2305843009213693952,0,0,388230376151711744,0,100:1:1:2305843009213693952:0)', '(1,2305843009213693952,0,0,288230376151711744,1,100:1:1:2305843009213693952:0)',
    '(1,0,0,0,288230376151711744,0,100:1:0:2305843009213693952:1)', '(1,0,0,0,0,0,0:9223372036854775808:0:0:0)', '(1,0,0,0,0,0,0:9223372036854775807:0:0:0,1:1:0:23058430092136940:0)']) AS text;
CREATE TEMP TABLE bytes (b bytea);
CREATE TEMP TABLE taken (c williams_calibration);
SELECT pg_temp.bits(pg_temp.seen('{0.5}', '{true}')) AS wire;
\set VERBOSITY sqlstate
INSERT INTO bytes SELECT set_byte(pg_temp.bits(pg_temp.seen('{0.5}', '{true}')), 0, 9);
\copy bytes TO 'results/calibration_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/calibration_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.seen('{0.5}', '{true}')), 44, 200);
\copy bytes TO 'results/calibration_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/calibration_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits(pg_temp.seen('{0.5}', '{true}')), 1, 76);
\copy bytes TO 'results/calibration_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/calibration_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = pg_temp.bits(pg_temp.seen('{0.5}', '{true}')) || '\x00';
\copy bytes TO 'results/calibration_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/calibration_bytes.bin' WITH (FORMAT binary)
\set VERBOSITY default
