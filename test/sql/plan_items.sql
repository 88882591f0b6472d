--
-- Plan: a batch of williams_batch_size items never exceeds the budget, in the float8
-- arithmetic with which a user would check it; williams_plan cuts 1..n into the
-- fewest such batches, balanced.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

--
-- williams_batch_size: min(bound, trunc(memory / item), total), at least 1
--
SELECT total, memory, item, williams_batch_size(total, memory, item) AS size, note
FROM (VALUES
    (1000::bigint, 100::float8, 5::float8, 'the budget: 100 / 5'),
    (1000, 104.99, 5, 'the budget: 20.998'),
    (1000, 10000, 5, 'the bound: 315.145770'),
    (10, 10000, 5, 'the total, and the bound: 10.504859'),
    (1, 5, 5, 'one'), (0, 5, 5, 'none, but at least 1'), (1000, 5, 5, 'one fills the budget'),
    (100, 0.3, 0.1, '0.3 / 0.1 is 2.9999999999999996'),
    (100, 0.35, 0.01, '35.0, but 35 * 0.01 is 0.35000000000000003'),
    (1000000, 1e308, 1e-308, 'the bound: the quotient is infinite'),
    (9223372036854775807, 1e300, 1e-3, 'the bound of the largest bigint'),
    (9223372036854775807, 5e-324, 5e-324, 'the smallest float8')
) AS v (total, memory, item, note);

-- The default item is 5 MB.
SELECT williams_batch_size(1000, 104) AS size;

-- The guarantee, over a grid of awkward decimals. Unless the bound or the total limits
-- it, the size is trunc(memory / item), or one less if the quotient was rounded up.
SELECT count(*) > 100000 AS enough, bool_and(size * item <= memory) AS in_budget,
       bool_and(size = least(66, trunc(memory / item))
                OR size = trunc(memory / item) - 1 AND (size + 1) * item > memory) AS as_many_as_fit,
       count(*) FILTER (WHERE size < least(66, trunc(memory / item))) > 100 AS awkward
FROM (SELECT m / 100.0::float8 AS memory, i / 100.0::float8 AS item,
             williams_batch_size(100, m / 100.0::float8, i / 100.0::float8) AS size
      FROM generate_series(1, 100) AS i, generate_series(1, 2000) AS m WHERE i <= m) AS v;

SELECT count(*) > 500 AS enough, bool_and(size * item <= memory) AS in_budget,
       bool_and(size = most OR size = trunc(memory / item)
                OR size = trunc(memory / item) - 1 AND (size + 1) * item > memory) AS as_many_as_fit,
       bool_and(size BETWEEN 1 AND greatest(most, 1)) AS in_range
FROM (SELECT *, williams_optimal_batch_size(total) AS most, williams_batch_size(total, memory, item) AS size
      FROM unnest('{0,1,2,7,1000,1000000,9007199254740993,9223372036854775807}'::bigint[]) AS total,
           unnest('{5e-324,1e-300,0.1,0.35,0.7,1,3.3,99.9,1000,123456.789,1e16,8e307}'::float8[]) AS memory,
           unnest('{5e-324,3e-300,1e-5,0.01,0.07,0.1,0.3333333333333333,0.7,1,5,1e16,8e307}'::float8[]) AS item
      WHERE item <= memory) AS v;

-- An item that exceeds the budget, and invalid sizes.
SELECT args, pg_temp.error_of(format('SELECT williams_batch_size(%s)', args)) AS error
FROM unnest(ARRAY['10, 4.9, 5', '0, 4.9, 5', '10, 4', '10, 0, 5', '-1, 100, 5', '10, -1, 5', '10, ''NaN'', 5',
                  '10, ''Infinity'', 5', '10, 100, 0', '10, 100, -5', '10, 100, ''NaN''', '10, 100, ''Infinity''']) AS args;
SELECT args, pg_temp.error_of(format('SELECT * FROM williams_plan(%s)', args)) AS error
FROM unnest(ARRAY['10, 4.9, 5', '0, 4.9, 5', '-1, 100, 5', '10, ''NaN'', 5', '10, 100, 0']) AS args;
SELECT williams_batch_size(NULL, 100, 5) IS NULL AND williams_batch_size(10, NULL, 5) IS NULL AND
       williams_batch_size(10, 100, NULL) IS NULL AS "NULL of NULL";

--
-- williams_plan
--
SELECT * FROM williams_plan(10, 20, 5);         -- at most 4: 3 batches
SELECT * FROM williams_plan(7, 0.35, 0.1);      -- at most 3
SELECT * FROM williams_plan(1, 5);
SELECT count(*), min(items), max(items), max(memory_mb) AS mb FROM williams_plan(1000, 100);
SELECT count(*), sum(items), min(items), max(items) FROM williams_plan(1000000, 1e9, 1);   -- the bound: 19931

-- No items give no batches, and NULL gives no rows.
SELECT * FROM williams_plan(0, 20, 5);
SELECT * FROM williams_plan(NULL, 20, 5) UNION ALL
SELECT * FROM williams_plan(10, NULL, 5) UNION ALL
SELECT * FROM williams_plan(10, 20, NULL);

-- Properties: the batches cover 1..n in order; they are the fewest of at most
-- williams_batch_size items; their sizes differ by at most 1, larger ones first.
WITH request AS (
    SELECT total, memory, item, williams_batch_size(total, memory, item) AS size
    FROM (SELECT generate_series(0, 120) UNION ALL VALUES (999), (1000), (12345)) AS t (total),
         unnest('{0.1,0.35,0.7,1,3.3,10,1000}'::float8[]) AS memory,
         unnest('{0.01,0.07,0.1,0.3333333333333333,1}'::float8[]) AS item
    WHERE item <= memory),
batch AS (
    SELECT r.*, p.*, lag(last_item, 1, 0::bigint) OVER w AS before, lag(items) OVER w AS items_before
    FROM request AS r, williams_plan(total, memory, item) WITH ORDINALITY AS p
    WINDOW w AS (PARTITION BY total, memory, item ORDER BY ordinality)),
plan AS (
    SELECT bool_and(batch_no = ordinality) AS numbered,
           bool_and(first_item = before + 1 AND items = last_item - first_item + 1) AS contiguous,
           bool_and(items BETWEEN 1 AND size) AS in_size, bool_and(items <= items_before) IS NOT FALSE AS larger_first,
           bool_and(memory_mb = items * item AND memory_mb <= memory) AS in_budget,
           max(items) - min(items) <= 1 AS balanced, max(last_item) = total AND sum(items) = total AS complete,
           count(*) = ceil(total / size::numeric) AS fewest
    FROM batch GROUP BY total, memory, item, size)
SELECT (SELECT count(*) FROM request WHERE total > 0) = count(*) AND count(*) > 3000 AS all_requests,
       bool_and(numbered) AS numbered, bool_and(contiguous) AS contiguous, bool_and(in_size) AS in_size,
       bool_and(larger_first) AS larger_first, bool_and(in_budget) AS in_budget, bool_and(balanced) AS balanced,
       bool_and(complete) AS complete, bool_and(fewest) AS fewest
FROM plan;

-- Up to the largest bigint; in the select list, rows are computed one at a time. With
-- the bound of 191331031498 items, there are 48206358 batches of 191331028094 items or
-- one more.
SELECT williams_plan(9223372036854775807, 1, 1) LIMIT 2;
SELECT williams_plan(9223372036854775807, 1e300, 1) LIMIT 2;

-- The planner knows the number of rows if the arguments are constants.
CREATE FUNCTION pg_temp.estimate(command text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || command INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
SELECT pg_temp.estimate('SELECT * FROM williams_plan(1000, 100)') AS "50",
       pg_temp.estimate('SELECT * FROM williams_plan(10, 20, 5)') AS "3",
       pg_temp.estimate('SELECT * FROM williams_plan(10 * 100, 50 + 50.0, 2.5 * 2)') AS "50 too",
       pg_temp.estimate('SELECT * FROM williams_plan((random() * 10)::bigint, 20, 5)') AS "unknown: 1000",
       pg_temp.estimate('SELECT * FROM williams_plan(10, 4, 5)') AS "an error: 1000";

-- A plan can drive a query over a numbered table, one batch at a time.
CREATE TEMP TABLE item AS SELECT i AS no, i % 7 AS v FROM generate_series(1, 1000) AS i;
SELECT count(*) AS batches, sum(n) AS items, sum(v) = (SELECT sum(v) FROM item) AS all_of_it, bool_and(n = items) AS as_planned
FROM williams_plan(1000, 100), LATERAL (SELECT count(*) AS n, sum(v) AS v FROM item WHERE no BETWEEN first_item AND last_item) AS b;
