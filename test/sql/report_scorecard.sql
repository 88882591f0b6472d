--
-- The type williams_scorecard: its accessors agree with plain SQL over the same
-- values; merging is exact, bit for bit; text and binary forms read back bit for
-- bit, and invalid ones are refused. Parallel plans are in all_parallel.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.card(x float8[]) RETURNS williams_scorecard LANGUAGE sql AS
    'SELECT williams_scorecard_agg(x) FROM unnest(x) AS x';

-- By hand: 0.25, 0.5, 0.75, 1 and 1; the mean is 0.7, the squared deviations are 0.2025 + 0.04 + 0.0025 + 2 * 0.09 = 0.425, divided by 4.
SELECT williams_count(s), williams_average(s), round(williams_stddev(s)::numeric, 15) AS stddev, round(sqrt(0.425 / 4), 15) AS by_hand,
       williams_min(s), williams_max(s), williams_share_below(s, 0.75) AS below_75
FROM pg_temp.card('{1,0.5,NULL,0.25,1,0.75}') AS s;
SELECT * FROM williams_histogram(pg_temp.card('{1,0.5,NULL,0.25,1,0.75}'), 4);
SELECT pg_temp.card('{1,0.5,NULL,0.25,1,0.75}')::jsonb;
-- The sum of 0.25 and 0.5 is 3 * 2^60 steps of 2^-62; the sum of their squares is 5 * 2^120 = 5 * 2^56 * 2^64 steps of 2^-124.
SELECT pg_temp.card('{0.25,0.5}') AS text, 3 * (1::bigint << 60) AS sum, 5 * (1::bigint << 56) AS squares;

-- One value; none.
SELECT williams_count(s), williams_average(s), williams_stddev(s), williams_min(s), williams_max(s), williams_quantile(s, 0.5), williams_share_below(s, 0.3)
FROM pg_temp.card('{0.3}') AS s;
SELECT s, williams_count(s), williams_average(s), williams_stddev(s), williams_min(s), williams_max(s), williams_quantile(s, 0.5), williams_share_below(s, 0.3), s::jsonb
FROM (VALUES (pg_temp.card('{}')), (pg_temp.card('{NULL,NULL}')), ((SELECT williams_rollup(NULL::williams_scorecard)))) AS v (s);
SELECT * FROM williams_histogram(pg_temp.card('{}'), 2);
SELECT williams_scorecard_agg(0.5) WHERE false;

-- num_fields and base_confidence stand for williams_adjusted_confidence of the two.
SELECT williams_scorecard_agg(n, b)::text = williams_scorecard_agg(williams_adjusted_confidence(n, b))::text AS same, williams_count(williams_scorecard_agg(n, b))
FROM (SELECT nullif(i, 7) AS n, nullif(i / 100.0, 0.5)::float8 AS b FROM generate_series(0, 100) AS i) AS v;

-- Invalid confidences, shares and numbers of bins.
SELECT call, pg_temp.error_of('SELECT ' || call) AS error FROM unnest(ARRAY[
    'williams_scorecard_agg(-0.1)', 'williams_scorecard_agg(1.0000000000000002)', 'williams_scorecard_agg(float8 ''NaN'')', 'williams_scorecard_agg(float8 ''Infinity'')',
    'williams_scorecard_agg(-1, 0.5)', 'williams_scorecard_agg(1, 1.5)', 'williams_scorecard_agg(1, ''NaN'')',
    'williams_quantile(pg_temp.card(''{0.5}''), 1.1)', 'williams_quantile(pg_temp.card(''{}''), -0.1)', 'williams_quantile(pg_temp.card(''{0.5}''), ''NaN'')',
    'williams_share_below(pg_temp.card(''{0.5}''), 1.1)', 'williams_share_below(pg_temp.card(''{0.5}''), ''NaN'')',
    'williams_histogram(pg_temp.card(''{0.5}''), 0)', 'williams_histogram(pg_temp.card(''{0.5}''), -20)', 'williams_histogram(pg_temp.card(''{0.5}''), 3)',
    'williams_histogram(pg_temp.card(''{0.5}''), 400)']) AS call;
-- -0 is 0.
SELECT pg_temp.card('{-0}')::text = pg_temp.card('{0}')::text AS zero;

--
-- Bins: each bound, as a float8, belongs to the bin above it, and the next smaller
-- float8 to the bin below. floor(x * 200) would misplace some.
--
CREATE FUNCTION pg_temp.bin_of(x float8) RETURNS int LANGUAGE sql AS
    'SELECT bin FROM williams_histogram(pg_temp.card(ARRAY[x]), 200) WHERE count = 1';
CREATE TEMP TABLE bound AS
SELECT i, i / 200.0::float8 AS b FROM generate_series(0, 200) AS i;
-- the next float8 in either direction, computed from the bits
CREATE FUNCTION pg_temp.neighbour(x float8, step int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    bits bigint := ('x' || encode(float8send(x), 'hex'))::bit(64)::bigint + step;
    e int := (bits >> 52)::int;
    m bigint := (bits & 4503599627370495) + CASE WHEN (bits >> 52) = 0 THEN 0 ELSE 4503599627370496 END;
BEGIN
    RETURN m::float8 * 2::float8 ^ (greatest(e, 1) - 1075);
END $$;
SELECT count(*) AS bounds, count(*) FILTER (WHERE pg_temp.bin_of(b) <> least(i, 199) + 1) AS wrong,
       count(*) FILTER (WHERE i BETWEEN 1 AND 199 AND pg_temp.bin_of(pg_temp.neighbour(b, -1)) <> i) AS wrong_below,
       count(*) FILTER (WHERE i BETWEEN 1 AND 199 AND pg_temp.bin_of(pg_temp.neighbour(b, 1)) <> i + 1) AS wrong_above,
       count(*) FILTER (WHERE floor(b * 200) <> i) AS floor_would_be_wrong,
       count(*) FILTER (WHERE i BETWEEN 1 AND 199 AND NOT (pg_temp.neighbour(b, -1) < b AND b < pg_temp.neighbour(b, 1) AND pg_temp.neighbour(pg_temp.neighbour(b, -1), 1) = b)) AS no_neighbours
FROM bound;
SELECT pg_temp.bin_of(0.285) - 1 AS opens, 0.285::float8 * 200 AS times_200, pg_temp.bin_of(1) AS last, pg_temp.bin_of(0.9999999999999999) AS last_too;
SELECT bins, count(*), sum(count), min(lower), max(upper), bool_and(upper - lower BETWEEN 1.0 / bins - 1e-15 AND 1.0 / bins + 1e-15) AS even
FROM (SELECT williams_scorecard_agg(b) AS s FROM bound) AS v, unnest('{1,2,4,5,8,10,20,25,40,50,100,200}'::int[]) AS bins, williams_histogram(s, bins)
GROUP BY bins ORDER BY bins;

--
-- Compared with plain SQL: distributions of many shapes and sizes
--
SELECT setseed(0.4);
CREATE TEMP TABLE value AS
SELECT shape, size, CASE shape WHEN 1 THEN random() WHEN 2 THEN random() ^ 4 WHEN 3 THEN 1 - random() ^ 3 WHEN 4 THEN round(random()::numeric, 2)
       WHEN 5 THEN 0.93 WHEN 6 THEN round(random()) WHEN 7 THEN 0.9 + random() * 1e-9 WHEN 8 THEN 1 ELSE random() * 0.004 END AS x, i % 7 AS part
FROM generate_series(1, 9) AS shape, unnest('{1,2,3,10,101,2000}'::int[]) AS size, generate_series(1, size) AS i;
CREATE TEMP TABLE card AS SELECT shape, size, williams_scorecard_agg(x) AS s FROM value GROUP BY shape, size;
-- the steps of 2^-62 in x, exactly: a cast from float8 to numeric loses digits, and stddev(numeric) is less exact
CREATE FUNCTION pg_temp.steps(x float8) RETURNS numeric LANGUAGE sql AS
    'SELECT floor(x * 2147483648)::bigint * 2147483648::numeric + floor((x * 2147483648 - floor(x * 2147483648)) * 2147483648)::bigint';
SELECT count(*) AS groups, bool_and(williams_count(s) = n) AS count, bool_and(williams_min(s) = least) AS min, bool_and(williams_max(s) = greatest) AS max,
       bool_and(abs(williams_average(s) - mean) <= 1e-12 * mean) AS average,
       bool_and(CASE WHEN n = 1 THEN williams_stddev(s) IS NULL AND deviation IS NULL
                     WHEN least = greatest THEN williams_stddev(s) = 0
                     ELSE abs(williams_stddev(s) - deviation) <= 1e-12 * deviation END) AS stddev
FROM card JOIN (SELECT shape, size, count(*) AS n, min(x) AS least, max(x) AS greatest, 
                       avg(pg_temp.steps(x))::float8 / 2::float8 ^ 62 AS mean,
                       sqrt((count(*) * sum(pg_temp.steps(x) * pg_temp.steps(x)) - sum(pg_temp.steps(x)) * sum(pg_temp.steps(x)))::float8
                            / nullif(count(*) * (count(*) - 1), 0)) / 2::float8 ^ 62 AS deviation
                FROM value GROUP BY shape, size) AS plain USING (shape, size);
-- Quantiles are within a bin of percentile_disc and between the extremes, and never decrease.
SELECT count(*) AS quantiles, max(abs(williams_quantile(s, q) - disc)) <= 0.005 AS near, bool_and(williams_quantile(s, q) BETWEEN williams_min(s) AND williams_max(s)) AS between,
       bool_and(q NOT IN (0, 1) OR williams_quantile(s, q) = disc) AS ends
FROM card JOIN (SELECT shape, size, q, percentile_disc(q) WITHIN GROUP (ORDER BY x) AS disc
                FROM value, (SELECT i / 97.0::float8 AS q FROM generate_series(0, 97) AS i UNION SELECT unnest('{0.001,0.5,0.9,0.95,0.99,0.999}'::float8[])) AS q
                GROUP BY shape, size, q) AS plain USING (shape, size);
SELECT count(*) FILTER (WHERE quantile < lag) AS falls
FROM (SELECT williams_quantile(s, q / 1000.0) AS quantile, lag(williams_quantile(s, q / 1000.0)) OVER (PARTITION BY shape, size ORDER BY q) AS lag
      FROM card, generate_series(0, 1000) AS q) AS v;
-- Shares are exact at bounds below 1; elsewhere the error is at most the content of the bin.
SELECT count(*) AS shares, bool_and(share = part_below) AS exact
FROM (SELECT shape, size, i, (count(*) FILTER (WHERE x < b))::float8 / count(*) AS part_below FROM value, bound WHERE i < 200 AND i % 3 = 0 GROUP BY shape, size, i) AS plain
JOIN (SELECT shape, size, i, williams_share_below(s, b) AS share FROM card, bound) AS v USING (shape, size, i);
SELECT bool_and(share BETWEEN bin_below AND bin_above) AS within_the_bin
FROM (SELECT shape, size, p, (count(*) FILTER (WHERE x < floor(p / 5.0) / 200))::float8 / count(*) AS bin_below,
             (count(*) FILTER (WHERE x <= ceil(p / 5.0) / 200))::float8 / count(*) AS bin_above
      FROM value, unnest('{3,17,444,997}'::int[]) AS p GROUP BY shape, size, p) AS plain
JOIN (SELECT shape, size, p, williams_share_below(s, p / 1000.0) AS share FROM card, unnest('{3,17,444,997}'::int[]) AS p) AS v USING (shape, size, p);
-- 1.0 has no bin of its own: the share below 1 leaves out at least one value if the maximum is 1.
SELECT williams_share_below(pg_temp.card('{0.5,1,1}'), 1) AS below_1, williams_share_below(pg_temp.card('{0.5,0.9}'), 1) AS all_below, williams_share_below(pg_temp.card('{0,1}'), 0) AS below_0;
SELECT count(*) AS bins, count(*) FILTER (WHERE h.count <> n) AS wrong
FROM (SELECT shape, size, least(i, 199) / 10 + 1 AS bin, count(*) AS n
      FROM value, LATERAL (SELECT max(i) AS i FROM bound WHERE b <= x) AS b GROUP BY shape, size, bin) AS plain
JOIN (SELECT shape, size, h.* FROM card, williams_histogram(s) AS h) AS h USING (shape, size, bin);
-- No cancellation: values that differ only in their last bits, by hand.
SELECT williams_stddev(pg_temp.card(ARRAY[0.5, 0.5 + 2::float8 ^ -52])) = 2::float8 ^ -52 * sqrt(0.5::float8) AS last_bits,
       williams_stddev(williams_scorecard_agg(0.1)) AS constant FROM generate_series(1, 1000);

--
-- Merging: identity, commutativity, associativity; the parts give the whole
--
CREATE TEMP TABLE part AS SELECT shape, size, part, williams_scorecard_agg(x) AS s FROM value GROUP BY shape, size, part;
SELECT count(*) AS wholes, bool_and(rolled_up::text = whole.s::text) AS same, bool_and(backwards::text = whole.s::text) AS backwards
FROM (SELECT shape, size, williams_rollup(s) AS rolled_up, williams_rollup(s ORDER BY part DESC) AS backwards FROM part GROUP BY shape, size) AS v JOIN card AS whole USING (shape, size);
SELECT williams_rollup(s)::text = (SELECT williams_scorecard_agg(x)::text FROM value) AS all_of_them FROM part;
CREATE TEMP TABLE sample AS SELECT s FROM part WHERE (size + part) % 5 = 2 UNION ALL SELECT pg_temp.card('{}');
SELECT count(*) > 300 AS pairs, bool_and((a.s + b.s)::text = (b.s + a.s)::text) AS commutative FROM sample AS a, sample AS b;
SELECT count(*) > 3000 AS triples, bool_and((a.s + b.s + c.s)::text = (a.s + (b.s + c.s))::text) AS associative FROM sample AS a, sample AS b, sample AS c;
SELECT bool_and((s + pg_temp.card('{}'))::text = s::text) AS empty_right, bool_and((pg_temp.card('{}') + s)::text = s::text) AS empty_left, bool_and((s + NULL) IS NULL) AS unknown FROM sample;
-- the combine function: the initial state and NULL are the identity, and the arguments are not changed
DO $$
DECLARE
    a williams_scorecard_state := '(1,0,0,0,0,0,0,0)';
    b williams_scorecard_state;
    c williams_scorecard_state;
BEGIN
    b := williams_scorecard_accum(a, 0.25);
    c := williams_scorecard_accum(b, 0.5);
    RAISE NOTICE '% % %', a, b, c;
    RAISE NOTICE '% %', williams_scorecard_combine(a, b), williams_scorecard_combine(b, a);
    RAISE NOTICE '% %', williams_scorecard_combine(NULL, b), williams_scorecard_combine(b, NULL);
    RAISE NOTICE '% %', williams_scorecard_combine(NULL, NULL), williams_scorecard_combine(b, b);
    RAISE NOTICE '% %', williams_scorecard_accum(b, williams_scorecard_final(c)), williams_scorecard_final(b);
    RAISE NOTICE '% % %', a, b, c;
END $$;
SELECT pg_temp.error_of($$SELECT '(1,0,0,0,0,0,0,0,0:9223372036854775807)'::williams_scorecard + '(1,0,0,0,0,0,0,0,0:1)'$$) AS add,
       pg_temp.error_of($$SELECT williams_rollup(s) FROM unnest('{"(1,0,0,0,0,0,0,0,0:9223372036854775807)","(1,0,0,0,0,0,0,0,0:1)"}'::williams_scorecard[]) AS s$$) AS rollup,
       pg_temp.error_of($$SELECT williams_scorecard_accum('(1,0,0,0,0,0,0,0,0:9223372036854775807)'::williams_scorecard_state, 0.0)$$) AS accum;

-- As a window aggregate, with a growing frame, a sliding frame and the partition.
SELECT bool_and(grows::text = pg_temp.card(g)::text) AS grows, bool_and(slides::text = pg_temp.card(d)::text) AS slides,
       bool_and(part_of::text = pg_temp.card(p)::text) AS part_of, bool_and(williams_count(rolled) = r) AS rolled
FROM (SELECT williams_scorecard_agg(x) OVER (ORDER BY x) AS grows, array_agg(x) OVER (ORDER BY x) AS g,
             williams_scorecard_agg(x) OVER w AS slides, array_agg(x) OVER w AS d,
             williams_scorecard_agg(x) OVER (PARTITION BY part) AS part_of, array_agg(x) OVER (PARTITION BY part) AS p,
             williams_rollup(pg_temp.card(ARRAY[x])) OVER w AS rolled, count(*) OVER w AS r
      FROM value WHERE shape = 1 AND size = 101 WINDOW w AS (ORDER BY x ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING)) AS v;

--
-- Text, binary and stored forms
--
CREATE FUNCTION pg_temp.bits(s williams_scorecard) RETURNS bytea LANGUAGE sql AS 'SELECT williams_scorecard_send(s)';
CREATE TEMP TABLE stored AS SELECT row_number() OVER () AS i, s, williams_scorecard_accum('(1,0,0,0,0,0,0,0)', s) AS state FROM (TABLE sample UNION ALL SELECT s FROM card) AS v;
INSERT INTO stored VALUES (0, '(1,5e-324,5e-324,0,0,0,0,0,0:1)', ' (1,0,0,0,0,0,0,0) ');
SELECT count(*) > 70 AS cards, bool_and(pg_temp.bits(s::text::williams_scorecard) = pg_temp.bits(s)) AS text,
       bool_and(state::text::williams_scorecard_state::text = state::text) AS state FROM stored;
SET extra_float_digits = -15;
SELECT bool_and(pg_temp.bits(s::text::williams_scorecard) = pg_temp.bits(s)) AS text, bool_and(williams_scorecard_state_send(state::text::williams_scorecard_state) = williams_scorecard_state_send(state)) AS state FROM stored;
RESET extra_float_digits;
CREATE TEMP TABLE received (LIKE stored);
\copy stored TO 'results/scorecard.bin' WITH (FORMAT binary)
\copy received FROM 'results/scorecard.bin' WITH (FORMAT binary)
SELECT count(*) > 70 AS cards, bool_and(pg_temp.bits(r.s) = pg_temp.bits(s.s)) AS binary, bool_and(r.state::text = s.state::text) AS state FROM stored AS s JOIN received AS r USING (i);
-- stored sizes: empty, a day of 300 documents, a million values
SELECT pg_column_size(pg_temp.card('{}')) < 100 AS empty, pg_column_size(williams_scorecard_agg(1 - random() ^ 3)) < 500 AS day FROM generate_series(1, 300);
SELECT pg_column_size(williams_scorecard_agg(random())) < 2048 AS million FROM generate_series(1, 1000000);
-- with a long varlena header, compressed, out of line
CREATE TEMP TABLE big (s williams_scorecard, other text);
INSERT INTO big SELECT williams_scorecard_agg(random()), repeat('x', 100) FROM generate_series(1, 5000);
INSERT INTO big SELECT ('(1,0,0,0,0,0,0,0,0:' || (SELECT 2::bigint ^ 40)::bigint || ')')::williams_scorecard;
ALTER TABLE big ALTER s SET STORAGE external;
INSERT INTO big SELECT s, (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 50) AS i) FROM big;
SELECT williams_count(s), s::text = (s + pg_temp.card('{}'))::text AS same FROM big ORDER BY 1;
SELECT williams_count(williams_rollup(s)) - 2 * 2::bigint ^ 40 AS count FROM big;

-- Invalid scorecards are refused.
SELECT quote_literal(text) AS text, pg_temp.error_of(format('SELECT %L::williams_scorecard', text)) AS error FROM unnest(ARRAY[
    '', '()', '(1)', '(1,0,0,0,0,0,0)', '(1,0,0,0,0,0,0,0', '(1,0,0,0,0,0,0,0)x', '(2,0,0,0,0,0,0,0)', '(0,0,0,0,0,0,0,0)', '(1,0,0,0,0,0,0,0,)', '(1,0,0,0,0,0,0,0,0)',
    '(1,0,0,0,0,0,0,0,0:0)', '(1,0,0,0,0,0,0,0,0:1:1)', '(1,0,0,0,0,0,0,0,200:1)', '(1,0,0,0,0,0,0,0,0:-1)', '(1,0,0,0,0,0,0,0,0:9223372036854775808)',
    '(1,0,0,0,0,0,0,0,0:18446744073709551616)', '(1,0,0.006,0,0,0,0,0,1:1,0:1)', '(1,0,0,0,0,0,0,0,0:1,0:1)', '(1,0,0,0,0,0,0,0,0:9223372036854775807,1:1)',
    '(1,0.5,0,0,0,0,0,0)', '(1,0,0,1,0,0,0,0)', '(1,0,0,0,0,0,0,1)', '(1,-0,0,0,0,0,0,0,0:1)', '(1,nan,0,0,0,0,0,0,0:1)', '(1,0,inf,0,0,0,0,0,0:1)', '(1,0,2,0,0,0,0,0,0:1)',
    '(1,0.5,0.5,2305843009213693952,0,0,288230376151711744,0,100:1)', '(1,0.5,0.5,2305843009213693952,0,0,288230376151711744,0,101:1)',
    '(1,0.5,0.5,2305843009213693953,0,0,288230376151711744,0,100:1)', '(1,0.5,0.5,2305843009213693952,0,1,288230376151711744,0,100:1)',
    '(1,0.5,0.5,2305843009213693952,0,0,288230376151711743,0,100:1)', '(1,0.5,0.501,2305843009213693952,0,0,288230376151711744,0,100:1)',
    '(1,0,1,4611686018427387904,0,0,1152921504606846976,0,0:1,199:1)', '(1,0,1,4611686018427387904,0,0,1152921504606846977,0,0:1,199:1)',
    '(1,0,1,4611686018427387904,0,0,576460752303423488,0,0:1,199:1)', '(1,0,1,4611686018427387904,0,0,1152921504606846976,0,0:1,100:1,199:1)']) AS text;
-- Errors are soft if PostgreSQL asks for it (16 and later), for all types of the extension; a hard error would fail the query.
CREATE FUNCTION pg_temp.is_valid(text text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    valid boolean;
BEGIN
    IF to_regproc('pg_catalog.pg_input_is_valid') IS NULL THEN
        RETURN pg_temp.error_of(format('SELECT %L::%s', text, type)) = 'no error';
    END IF;
    EXECUTE 'SELECT pg_catalog.pg_input_is_valid($1, $2)' INTO valid USING text, type;
    RETURN valid;
END $$;
SELECT t.oid::regtype AS type, count(*) AS texts, string_agg(text, ' ' ORDER BY text COLLATE "C") FILTER (WHERE pg_temp.is_valid(text, t.oid::regtype::text)) AS valid
FROM pg_type AS t JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'williams',
     unnest('{"","(","(0,0,0,0,0)","(0,0,0,0,0,0,0,0)","(1,0,0,0,0,0)","(1,0,0,0,0,0,0,0)","(1,0,0,0,0,0,0,0,0:1)","(1,0,0,0,0,0,0:1:1:0:0)","(1,0,0,0,0,0,0:1:2:0:0)","(1,0,2,0,0,0,0,0,199:1)","(x)","NaN"}'::text[]) AS text
WHERE t.typtype = 'b' AND t.typcategory <> 'A' GROUP BY t.oid ORDER BY t.typname COLLATE "C";

-- The wire form, byte by byte. A bytea is sent as its bytes, so it can stand for any wire form.
CREATE TEMP TABLE bytes (b bytea);
CREATE TEMP TABLE taken (s williams_scorecard);
SELECT pg_temp.bits(pg_temp.card('{0.25,0.5}')) AS wire;
INSERT INTO bytes SELECT pg_temp.bits(pg_temp.card('{0.25,0.5}'));
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
SELECT s AS taken FROM taken;
\set VERBOSITY sqlstate
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 0, 2);            -- another version
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 1, 1);            -- the reserved byte
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 3, 3);            -- more bins than follow
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 2, 255);          -- more than 200 bins
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = set_byte(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 60, 101);         -- bins out of order
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = substr(pg_temp.bits(pg_temp.card('{0.25,0.5}')), 1, 77);             -- too short
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
UPDATE bytes SET b = pg_temp.bits(pg_temp.card('{0.25,0.5}')) || '\x00';                  -- too long
\copy bytes TO 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\copy taken FROM 'results/scorecard_bytes.bin' WITH (FORMAT binary)
\set VERBOSITY default
