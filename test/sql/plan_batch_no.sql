--
-- williams_batch_no labels rows by greedy packing in window order: the same labels as
-- a simple PL/pgSQL loop, never over the budget or max_items; a filter on its result
-- keeps the right rows although the executor stops early.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

-- By hand, with a budget of 10: an exact fill, zeros, NULLs, an item as large as the budget.
CREATE TEMP TABLE scan (id int, mb float8);
INSERT INTO scan VALUES (1, 4), (2, 6), (3, 0), (4, NULL), (5, 1), (6, 9.5), (7, 0.5), (8, 0), (9, 10), (10, NULL), (11, 0.25);
SELECT id, mb, williams_batch_no(mb, 10) OVER w AS batch_no,
       williams_batch_no(mb, 10, 2) OVER w AS two_each,
       williams_batch_no(mb, 10, 1) OVER w AS one_each,
       williams_batch_no(mb, 10, NULL) OVER w AS no_limit,
       williams_batch_no(mb, 1e308, 9223372036854775807) OVER w AS one_batch,
       williams_batch_no(NULL, 0) OVER w AS weightless,
       williams_batch_no(mb, 10) OVER (ORDER BY id DESC) AS from_the_end
FROM scan WINDOW w AS (ORDER BY id) ORDER BY id;

-- A budget of 0 holds items of 0 MB. One row; no row.
SELECT williams_batch_no(0, 0) OVER (), williams_batch_no(-0.0, 0) OVER ();
SELECT id, williams_batch_no(mb, 10) OVER (ORDER BY id) FROM scan WHERE id < 0;

-- Partitions are numbered separately, each in its order and from 1.
SELECT id % 2 AS odd, string_agg(id || ':' || batch_no, ' ' ORDER BY id) AS batches
FROM (SELECT id, williams_batch_no(mb, 10) OVER (PARTITION BY id % 2 ORDER BY id) AS batch_no FROM scan) AS v GROUP BY 1 ORDER BY 1;

-- The frame does not matter.
SELECT bool_and(a = b AND a = c) AS same
FROM (SELECT williams_batch_no(mb, 10) OVER (ORDER BY id) AS a,
             williams_batch_no(mb, 10) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS b,
             williams_batch_no(mb, 10) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS c
      FROM scan) AS v;

--
-- Compared with a simple loop, over random weights
--
CREATE FUNCTION pg_temp.plain_batch_no(weights float8[], budget float8, max_items bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    result bigint[] := '{}';
    batch bigint := 1;
    used float8 := 0;
    items bigint := 0;
    w float8;
BEGIN
    FOREACH w IN ARRAY weights LOOP
        w := coalesce(w, 0);
        IF items > 0 AND (used + w > budget OR items = max_items) THEN
            batch := batch + 1;
            used := 0;
            items := 0;
        END IF;
        used := used + w;
        items := items + 1;
        result := result || batch;
    END LOOP;
    RETURN result;
END $$;
SELECT setseed(0.3);
CREATE TEMP TABLE page AS
SELECT i AS id, floor(random() * 5)::int AS part,
       CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.1 THEN 0
            WHEN random() < 0.5 THEN floor(random() * 11)
            ELSE round((random() * 10)::numeric, (i % 4)) END::float8 AS mb
FROM generate_series(1, 3000) AS i;
CREATE TEMP TABLE labelled AS
SELECT budget, max_items, grouping, id, mb,
       CASE grouping WHEN 'all' THEN 0 ELSE part END AS part,
       CASE grouping WHEN 'all' THEN williams_batch_no(mb, budget, max_items) OVER (PARTITION BY budget, max_items, grouping ORDER BY id)
                     ELSE williams_batch_no(mb, budget, max_items) OVER (PARTITION BY budget, max_items, grouping, part ORDER BY id) END AS batch_no
FROM page, unnest('{10,10.1,33.3,1000}'::float8[]) AS budget, unnest('{NULL,1,3,7}'::bigint[]) AS max_items, unnest('{all,part}'::text[]) AS grouping;

SELECT count(*) AS runs,
       count(*) FILTER (WHERE labels <> pg_temp.plain_batch_no(weights, budget, max_items)) AS wrong
FROM (SELECT budget, max_items, array_agg(batch_no ORDER BY id) AS labels, array_agg(mb ORDER BY id) AS weights
      FROM labelled GROUP BY budget, max_items, grouping, part) AS v;

-- The guarantee: no batch exceeds its budget, summed in order, or max_items.
SELECT bool_and(used <= budget) AS in_budget, bool_and(n <= max_items) AS in_max_items
FROM (SELECT budget, max_items, coalesce(sum(mb ORDER BY id), 0) AS used, count(*) AS n
      FROM labelled GROUP BY budget, max_items, grouping, part, batch_no) AS v;

-- The budget may differ between partitions.
SELECT part, max(batch_no) > 30 AS many, count(*) FILTER (WHERE over) AS over
FROM (SELECT part, batch_no, coalesce(sum(mb ORDER BY id), 0) > 10 * (part + 1) AS over
      FROM (SELECT part, id, mb, williams_batch_no(mb, 10 * (part + 1)) OVER (PARTITION BY part ORDER BY id) AS batch_no FROM page) AS v
      GROUP BY part, batch_no) AS v GROUP BY part ORDER BY part;

--
-- WHERE batch_no <= n ends the scan early, with the right rows
--
\i :abs_srcdir/common/plan_has.sql
CREATE TEMP VIEW packed AS SELECT id, part, williams_batch_no(mb, 10) OVER (ORDER BY id) AS batch_no FROM page;
CREATE TEMP VIEW packed_parts AS SELECT id, part, williams_batch_no(mb, 10) OVER (PARTITION BY part ORDER BY id) AS batch_no FROM page;
CREATE TEMP TABLE packed_all AS SELECT * FROM packed;
CREATE TEMP TABLE packed_parts_all AS SELECT * FROM packed_parts;
SELECT pg_temp.plan_has('SELECT * FROM packed WHERE batch_no <= 2', 'Run Condition') AS whole,
       pg_temp.plan_has('SELECT * FROM packed_parts WHERE batch_no < 3', 'Run Condition') AS parts;
SELECT (SELECT array_agg(id ORDER BY id) FROM packed WHERE batch_no <= 2)
     = (SELECT array_agg(id ORDER BY id) FROM packed_all WHERE batch_no <= 2) AS whole,
       (SELECT array_agg(id ORDER BY id) FROM packed_parts WHERE batch_no < 3)
     = (SELECT array_agg(id ORDER BY id) FROM packed_parts_all WHERE batch_no < 3) AS parts,
       (SELECT array_agg(id ORDER BY id) FROM packed_parts WHERE batch_no = 4)
     = (SELECT array_agg(id ORDER BY id) FROM packed_parts_all WHERE batch_no = 4) AS one_of_each,
       (SELECT array_agg(id ORDER BY id) FROM packed WHERE 5 > batch_no AND batch_no >= 3)
     = (SELECT array_agg(id ORDER BY id) FROM packed_all WHERE 5 > batch_no AND batch_no >= 3) AS between;
SELECT count(*) FROM packed WHERE batch_no <= 0;

--
-- Errors
--
SELECT args, pg_temp.error_of(format('SELECT williams_batch_no(%s) OVER (ORDER BY id) FROM scan', args)) AS error
FROM unnest(ARRAY['mb, 9.99', 'mb, 0', '-mb, 10', '''NaN'', 10', '''Infinity'', 10', '''-Infinity'', 10',
                  'mb, NULL', 'mb, -1', 'mb, ''NaN''', 'mb, ''Infinity''', 'mb, 10 + id', 'mb, CASE id WHEN 8 THEN NULL ELSE 10 END',
                  'mb, CASE id WHEN 8 THEN ''NaN''::float8 ELSE 10 END', 'mb, 10, 0', 'mb, 10, -1', 'mb, 10, id', 'mb, 10, CASE id WHEN 1 THEN 5 END']) AS args;
SELECT pg_temp.error_of('SELECT williams_batch_no(mb, 10 * id) OVER (PARTITION BY id ORDER BY id) FROM scan') AS budget_of_each_partition;
\set VERBOSITY sqlstate
SELECT williams_batch_no(1, 10);
SELECT williams_batch_no(mb, 10) FROM scan;
