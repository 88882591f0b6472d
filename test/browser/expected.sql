-- The numbers that a page must show, computed from the documents themselves: a row for each row of a
-- table of the page, as JSON: the table, its place in it, and its cells. psql -v source=TABLE -v at=created_at -v unit=day
-- The summaries are made by the aggregates, not by a dashboard; the bins are counted in plain SQL.
\set n 'FM999,999,999,990'
\set p 'FM990.0" %"'
WITH d AS MATERIALIZED (
    SELECT date_trunc(:'unit', :at AT TIME ZONE 'UTC')::date AS period, (:at AT TIME ZONE 'UTC')::date AS day, s.*,
           CASE WHEN doc_type = '' THEN '(blank)' WHEN length(doc_type) > 200 THEN left(doc_type, 200) || ' ...' ELSE doc_type END AS type,
           review <> '{}' AS for_review, verified <> '{}' AND review = '{}' AS checked
    FROM :"source" AS s),
f AS MATERIALIZED (
    SELECT period, type, s.value::float8 AS score, (engine_says ->> key)::float8 AS says, key = ANY (accepted) AS accepted, key = ANY (verified) AS known,
           lower(engine_read ->> key) = lower(fields ->> key) AS correct, coalesce(btrim(engine_read ->> key), '') <> '' AS was_read
    FROM d, jsonb_each_text(scores) AS s),
c AS MATERIALIZED (SELECT * FROM f WHERE known AND was_read),
label AS (
    SELECT period, CASE :'unit' WHEN 'day' THEN to_char(period, 'FMDD FMMonth YYYY') WHEN 'week' THEN to_char(period, '"week of "FMDD FMMonth YYYY')
                                ELSE to_char(period, 'FMMonth YYYY') END AS name
    FROM (SELECT DISTINCT period FROM d) AS p),
seen AS (SELECT williams_calibration_agg(score, correct) AS score, williams_calibration_agg(says, correct) AS engine FROM c),
all_documents AS (SELECT count(*)::numeric AS n FROM d),
result (place, no, cells) AS (
    SELECT 'periods', row_number() OVER (ORDER BY period),
           jsonb_build_array(name, to_char(count(*), :'n'), to_char(count(*) FILTER (WHERE NOT for_review AND NOT checked), :'n'),
                             to_char(count(*) FILTER (WHERE checked), :'n'), to_char(count(*) FILTER (WHERE for_review), :'n'))
    FROM d JOIN label USING (period) GROUP BY period, name
    UNION ALL
    SELECT 'types', row_number() OVER (ORDER BY count(*) DESC, doc_type COLLATE "C"),
           jsonb_build_array(type, '', to_char(count(*), :'n'), to_char(100 * count(*) / (SELECT n FROM all_documents), :'p'))
    FROM d GROUP BY type, doc_type
    UNION ALL
    SELECT 'cells', row_number() OVER (ORDER BY period, rank), jsonb_build_array(name, type, to_char(n, :'n'))
    FROM (SELECT period, type, count(*) AS n FROM d GROUP BY period, type) AS g JOIN label USING (period)
    JOIN (SELECT type, row_number() OVER (ORDER BY count(*) DESC, doc_type COLLATE "C") AS rank FROM d GROUP BY type, doc_type) AS r USING (type)
    UNION ALL
    SELECT 'outcomes', row_number() OVER (ORDER BY count(*) DESC, doc_type COLLATE "C"),
           jsonb_build_array(type, '', to_char(100 * avg((NOT for_review AND NOT checked)::int), :'p'), to_char(100 * avg(checked::int), :'p'),
                             to_char(100 * avg(for_review::int), :'p'))
    FROM d GROUP BY type, doc_type
    UNION ALL
    SELECT 'for review', row_number() OVER (ORDER BY count(*) DESC, (SELECT count(*) FROM d AS e WHERE e.type = d.type) DESC, doc_type COLLATE "C"),
           jsonb_build_array(type, '', to_char(count(*), :'n'), to_char(sum(cardinality(review)), :'n'))
    FROM d WHERE for_review GROUP BY type, doc_type
    UNION ALL
    SELECT 'reasons', row_number() OVER (ORDER BY count(*) DESC, reason), jsonb_build_array(reason, '', to_char(count(*), :'n'))
    FROM d, jsonb_each(reasons), jsonb_array_elements_text(value) AS reason GROUP BY reason
    UNION ALL
    SELECT what, bin, jsonb_build_array(format('%s to %s', trim_scale(0.1 * (bin - 1)), trim_scale(0.1 * bin)), to_char(count(x), :'n'), coalesce(to_char(avg(x)::numeric, 'FM0.000'), '–'),
                                        coalesce(to_char(100 * avg(correct::int) FILTER (WHERE x IS NOT NULL), :'p'), '–'))
    FROM (VALUES ('by score'), ('by confidence')) AS w(what) CROSS JOIN generate_series(1, 10) AS bin
    LEFT JOIN LATERAL (SELECT CASE what WHEN 'by score' THEN score ELSE says END AS x, correct FROM c) AS v
        ON least(floor(x::numeric * 10), 9) + 1 = bin
    GROUP BY what, bin
    UNION ALL
    SELECT 'thresholds', row_number() OVER (ORDER BY wanted),
           jsonb_build_array(to_char(100 * wanted::numeric, :'p'), coalesce(to_char(t.threshold, 'FM0.000'), '–'), coalesce(to_char(100 * t.accepted_share::numeric, :'p'), '–'),
                             coalesce(to_char(100 * t."precision"::numeric, :'p'), '–'), coalesce(to_char(g.threshold, 'FM0.000'), '–'),
                             coalesce(to_char(100 * g.accepted_share::numeric, :'p'), '–'))
    FROM seen, unnest('{0.9,0.95,0.98,0.99,0.995}'::float8[]) AS wanted, williams_threshold(seen.score, wanted) AS t,
         williams_threshold(seen.score, wanted, guarantee => 0.95) AS g
    UNION ALL
    SELECT 'curve', row_number() OVER (ORDER BY t),
           jsonb_build_array(t, (SELECT 100.0 * count(*) / (SELECT count(*) FROM c) FROM c WHERE score::numeric >= t),
                             (SELECT 100 * avg(correct::int) FROM c WHERE score::numeric >= t))
    FROM (SELECT DISTINCT floor(least(score::numeric, 0.995) * 200) / 200 AS t FROM c) AS b
    UNION ALL
    SELECT 'before and after', no,
           jsonb_build_array(name, to_char(n, :'n'), coalesce(to_char(says, 'FM0.000'), '–'), coalesce(to_char(accuracy, 'FM0.000'), '–'),
                             coalesce(to_char(williams_ece(s)::numeric, 'FM0.000'), '–'), coalesce(to_char(williams_auroc(s)::numeric, 'FM0.000'), '–'),
                             coalesce(to_char(100 * (SELECT accepted_share::numeric FROM williams_threshold(s, 0.99)), :'p'), '–'))
    FROM (SELECT 1 AS no, 'Engine' AS name, count(says) AS n, avg(says)::numeric AS says, avg(correct::int) FILTER (WHERE says IS NOT NULL) AS accuracy FROM c
          UNION ALL SELECT 2, 'Score', count(*), avg(score)::numeric, avg(correct::int) FROM c) AS m,
         LATERAL (SELECT CASE no WHEN 1 THEN seen.engine ELSE seen.score END AS s FROM seen) AS k
    UNION ALL
    SELECT 'figures', row_number() OVER (ORDER BY period),
           jsonb_build_array(name, to_char(count(*) / (86400.0 * days), 'FM999,990.00000'),
                             coalesce((SELECT to_char(100 * avg(correct::int), :'p') FROM c WHERE c.period = d.period), '–'),
                             to_char(100 * avg((version = 0 OR engine_says IS NULL)::int), :'p'))
    FROM d JOIN label USING (period),
         LATERAL (SELECT count(*) AS days FROM generate_series((SELECT min(day) FROM d), (SELECT max(day) FROM d), '1 day') AS g
                  WHERE date_trunc(:'unit', g) = d.period) AS x
    GROUP BY period, name, days
    UNION ALL
    SELECT 'drift', row_number() OVER (ORDER BY period),
           jsonb_build_array(name, to_char(williams_count(s), :'n'), to_char(williams_quantile(s, 0.25)::numeric, 'FM0.000'), to_char(williams_quantile(s, 0.5)::numeric, 'FM0.000'),
                             to_char(williams_quantile(s, 0.75)::numeric, 'FM0.000'), coalesce(to_char((SELECT psi::numeric FROM williams_drift(before, s)), 'FM0.000'), '–'))
    FROM (SELECT period, (SELECT williams_scorecard_agg(score) FROM f WHERE f.period = p.period) AS s,
                 (SELECT williams_scorecard_agg(score) FROM f WHERE f.period < p.period) AS before FROM label AS p) AS q JOIN label USING (period)
    UNION ALL
    SELECT 'totals', 1, jsonb_build_array(to_char(count(*), :'n'), to_char(100 * avg((NOT for_review AND NOT checked)::int), :'p'),
               to_char(count(*) FILTER (WHERE for_review), :'n'), coalesce((SELECT to_char(100 * avg(correct::int), :'p') FROM c), '–'))
    FROM d
    UNION ALL
    SELECT 'audit', 1, jsonb_build_array(to_char(count(*), :'n'), to_char(count(*) FILTER (WHERE NOT correct), :'n')) FROM c WHERE accepted)
SELECT jsonb_build_object('place', place, 'cells', cells) FROM result ORDER BY place, no;
