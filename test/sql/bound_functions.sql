--
-- Bound: sqrt(t) * log2(t) and the functions derived from it agree with exact
-- arithmetic, and have its properties for every t; a negative t is an error; the
-- session's statistics count the right calls and no others.
--

-- Reference values, including the range in which the bound is greater than t.
SELECT t,
       round(williams_space_bound(t)::numeric, 6) AS bound,
       williams_optimal_batch_size(t) AS batch_size,
       round(williams_efficiency_multiplier(t)::numeric, 6) AS efficiency,
       round(williams_space_saved_percent(t)::numeric, 6) AS saved_percent,
       round(williams_theorem_bound(t)::numeric, 6) AS theorem
FROM unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,
              100,1000,10000,100000,1000000}'::bigint[]) AS t;

-- Beyond 2^53 not every bigint is a float8.
SELECT t,
       round(williams_space_bound(t)::numeric, 3) AS bound,
       williams_optimal_batch_size(t) AS batch_size,
       round(williams_efficiency_multiplier(t)::numeric, 3) AS efficiency,
       round(williams_space_saved_percent(t)::numeric, 6) AS saved_percent,
       round(williams_theorem_bound(t)::numeric, 3) AS theorem
FROM unnest('{9007199254740991,9007199254740992,9007199254740993,
              9223372036854775807}'::bigint[]) AS t;

-- Properties, for small t, the neighbours of powers of two, and t in between.
CREATE TEMP TABLE sample AS
SELECT t FROM generate_series(0::bigint, 3000) AS t
UNION
SELECT (1::bigint << p) + d FROM generate_series(1, 62) AS p, generate_series(-1, 1) AS d
UNION
SELECT floor(1.01 ^ i)::bigint FROM generate_series(800, 4380) AS i
UNION
SELECT 9223372036854775807 - d FROM generate_series(0, 2) AS d;

WITH v AS (
    SELECT t,
           williams_space_bound(t) AS bound,
           lead(williams_space_bound(t)) OVER (ORDER BY t) AS next_bound,
           williams_optimal_batch_size(t) AS batch_size,
           williams_efficiency_multiplier(t) AS efficiency,
           williams_space_saved_percent(t) AS saved,
           williams_theorem_bound(t) AS theorem,
           williams_optimal_test_data_size(t) AS test_data_size
    FROM sample)
SELECT count(*) > 6000 AS enough,
       bool_and(batch_size = greatest(floor(bound), 1)) AS floor_of_bound,
       bool_and(batch_size BETWEEN 1 AND greatest(t, 1)) AS never_above_t,
       bool_and(next_bound >= bound) FILTER (WHERE t > 0 AND next_bound IS NOT NULL) AS monotone,
       bool_and(abs(efficiency * bound / t - 1) < 1e-14) FILTER (WHERE t > 0) AS efficiency,
       bool_and(abs(100 * (1 - 1 / efficiency) - saved) < 1e-12) AS saved,
       bool_and(sign(saved) = CASE WHEN t IN (0, 1, 4, 16) THEN 0
                                   WHEN t BETWEEN 5 AND 15 THEN -1 ELSE 1 END) AS sign_of_saved,
       bool_and(abs(theorem / sqrt(bound * sqrt(t)) - 1) < 1e-14) FILTER (WHERE t > 1) AS theorem,
       bool_and(test_data_size = batch_size) AS test_data_size
FROM v;

-- williams_calculate_space_bound returns the same four values.
SELECT count(*) > 6000 AS enough,
       bool_and(c = (williams_space_bound(t), williams_efficiency_multiplier(t),
                     t, williams_space_saved_percent(t))) AS same
FROM sample, williams_calculate_space_bound(t) AS c;

-- A negative t is refused, a NULL one gives NULL.
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

SELECT f AS function,
       pg_temp.error_of(format('SELECT williams_%s(-1)', f)) AS "of -1",
       pg_temp.error_of(format('SELECT williams_%s(-9223372036854775808)', f)) AS "of the least"
FROM unnest('{space_bound,optimal_batch_size,efficiency_multiplier,space_saved_percent,
              theorem_bound,optimal_test_data_size,calculate_space_bound}'::text[]) AS f;

SELECT williams_space_bound(NULL) IS NULL AND
       williams_optimal_batch_size(NULL) IS NULL AND
       williams_efficiency_multiplier(NULL) IS NULL AND
       williams_space_saved_percent(NULL) IS NULL AND
       williams_theorem_bound(NULL) IS NULL AND
       williams_optimal_test_data_size(NULL) IS NULL AND
       williams_calculate_space_bound(NULL) IS NULL AS "NULL of NULL";

-- They can be used in generated columns and indexes; functions that count calls cannot.
CREATE TEMP TABLE job (
    rows bigint,
    batch bigint GENERATED ALWAYS AS (williams_optimal_batch_size(rows)) STORED);
CREATE INDEX ON job (williams_space_bound(rows));
INSERT INTO job VALUES (1000), (NULL);
SELECT * FROM job;
SELECT pg_temp.error_of('CREATE INDEX ON job ((
    (williams_calculate_space_bound(rows)).space_bound))') AS counting;

--
-- williams_optimize_batch_size: trunc(trunc(memory / item) * sqrt(efficiency)),
-- clamped to [1, total]
--
SELECT total, memory, item, williams_optimize_batch_size(total, memory, item) AS size, note
FROM (VALUES
    (1000::bigint, 100::float8, 5::float8, 'trunc(20 * 1.781330); 35 * 5 MB is over the budget'),
    (10000, 99.9, 10, 'trunc(9 * 2.743310): 9.99 is cut before'),
    (10, 1000, 5, 'trunc(200 * 0.975674) = 195, but only 10 items'),
    (10, 3, 5, 'no item fits: 1'),
    (1000, 0, 5, 'no memory: 1'),
    (0, 100, 5, 'no items: 1'),
    (1, 100, 5, 'one item: 1'),
    (1000000, 1e308, 1e-308, 'the quotient is infinite'),
    (9223372036854775807, 1e308, 1, 'the quotient is beyond bigint'),
    (9223372036854775807, 1, 1, 'trunc(1 * sqrt(48206357.142477))')
) AS v (total, memory, item, note);

-- The default item is 5 MB. williams_batch_size keeps to the same budget.
SELECT williams_optimize_batch_size(1000, 100) AS parity, williams_batch_size(1000, 100) AS in_budget;

SELECT args, pg_temp.error_of(format('SELECT williams_optimize_batch_size(%s)', args)) AS error
FROM unnest(ARRAY['-1, 100, 5', '10, -1, 5', '10, ''NaN'', 5', '10, ''Infinity'', 5',
                  '10, 100, 0', '10, 100, -5', '10, 100, ''NaN''', '10, 100, ''Infinity''',
                  '10, 100, ''-Infinity''']) AS args;
SELECT williams_optimize_batch_size(NULL, 100, 5) IS NULL AND
       williams_optimize_batch_size(10, NULL, 5) IS NULL AND
       williams_optimize_batch_size(10, 100, NULL) IS NULL AS "NULL of NULL";

--
-- The statistics of this session
--
\c -
SELECT * FROM williams_get_optimization_stats();

-- Calls with t <= 1 or NULL and calls that fail are not counted.
SELECT count(*) FROM unnest('{0,1,NULL}'::bigint[]) AS t, williams_calculate_space_bound(t);
SELECT williams_optimize_batch_size(0, 100), williams_optimize_batch_size(1, 100),
       williams_optimize_batch_size(1000, NULL);
\set VERBOSITY sqlstate
SELECT williams_calculate_space_bound(-1);
SELECT williams_optimize_batch_size(1000, 'NaN');
SELECT williams_optimize_batch_size(1000, 100, 0);
SELECT * FROM williams_get_optimization_stats();

-- Both functions count: efficiencies 1.505150, 7.525750 and 3.173135.
SELECT count(*) FROM unnest('{100,10000}'::bigint[]) AS t, williams_calculate_space_bound(t);
SELECT williams_optimize_batch_size(1000, 100, 5);
SELECT round(average_efficiency::numeric, 6) AS average, round(max_efficiency::numeric, 6) AS max,
       operation_count, round(total_space_saved::numeric, 6) AS saved
FROM williams_get_optimization_stats();

-- The aggregate over the same values returns the same, to the last bit.
SELECT s = (a.average_efficiency, a.max_efficiency, a.operation_count, a.total_space_saved) AS same
FROM williams_get_optimization_stats() AS s,
     (SELECT (williams_efficiency(t)).* FROM unnest('{100,10000,1000}'::bigint[]) AS t) AS a;

-- ROLLBACK does not undo them; no other function is counted.
BEGIN;
SELECT count(*) FROM williams_calculate_space_bound(1000000);
ROLLBACK;
SELECT williams_batch_size(1000, 100), williams_optimal_batch_size(1000),
       (SELECT count(*) FROM williams_plan(1000, 100)) AS batches;
SELECT round(average_efficiency::numeric, 6) AS average, round(max_efficiency::numeric, 6) AS max,
       operation_count, round(total_space_saved::numeric, 6) AS saved
FROM williams_get_optimization_stats();

-- If all efficiencies are below 1, so are the statistics.
SELECT williams_reset_stats();
SELECT count(*) FROM williams_calculate_space_bound(10);
SELECT round(average_efficiency::numeric, 6) AS average, round(max_efficiency::numeric, 6) AS max,
       operation_count, round(total_space_saved::numeric, 6) AS saved
FROM williams_get_optimization_stats();

SELECT williams_reset_stats();
SELECT * FROM williams_get_optimization_stats();

-- A new session starts at zero.
SELECT count(*) FROM williams_calculate_space_bound(100);
\c -
SELECT * FROM williams_get_optimization_stats();
