-- What is asked for, and the sums and summaries of all of it: variables for the other parts.

-- An unknown name is an error here.
SELECT :'dashboard'::pg_catalog.regclass::pg_catalog.oid AS rollup \gset

-- From here on names are those of PostgreSQL, or else of the extension's schema. format() quotes; a cast to regclass
-- finds the view or fails.
SET LOCAL search_path = pg_catalog, pg_temp;
SELECT set_config('search_path', format('pg_catalog, %I, pg_temp', nspname), true) AS search_path
FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace WHERE extname = 'williams' \gset
SELECT format('%I.%I', nspname, relname || '_dashboard') AS view,
       format('%I.%I', nspname, relname || '_dashboard')::regclass AS view_exists,
       (SELECT :html FROM (SELECT relname AS raw) AS r) AS name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE c.oid = :rollup \gset

-- :rows, the rows of the view that are asked for
SELECT concat('(SELECT * FROM ', :'view', ' WHERE documents > 0',
              ' AND day >= ' || quote_literal(nullif(:'from', '')::date),
              ' AND day <= ' || quote_literal(nullif(:'to', '')::date),
              ' AND document_type = ' || quote_literal(nullif(:'type', '')), ')') AS rows \gset

-- Sums, and the summaries of all days as text, which is exact
SELECT count(*) > 0 AS has_documents,
       coalesce(sum(documents), 0) AS documents, coalesce(sum(accepted), 0) AS accepted,
       coalesce(sum(checked), 0) AS checked, coalesce(sum(for_review), 0) AS for_review,
       coalesce(sum(fields_for_review), 0) AS fields_for_review, coalesce(sum(fields), 0) AS fields,
       count(audited) > 0 AS has_audit, coalesce(sum(audited), 0) AS audited, coalesce(sum(wrong), 0) AS wrong,
       coalesce(sum(without_profile), 0) AS without_profile, coalesce(sum(without_confidence), 0) AS without_confidence,
       coalesce(sum(fallback), 0) AS fallback, count(DISTINCT document_type) AS types,
       coalesce(sum(documents) FILTER (WHERE NOT isfinite(day) OR day IS NULL), 0) AS without_day,
       coalesce(min(day) FILTER (WHERE isfinite(day)), current_date) AS first_day,
       coalesce(max(day) FILTER (WHERE isfinite(day)), current_date) AS last_day,
       coalesce(bool_and(availability), false) AS available,
       coalesce(to_char(min(refreshed_at), 'FMDD FMMonth YYYY HH24:MI TZ'), 'never') AS refreshed,
       williams_rollup(calibration) AS calibration, williams_rollup(engine_calibration) AS engine_calibration,
       williams_rollup(audit) AS audit, williams_count(williams_rollup(calibration)) > 0 AS has_checks,
       williams_count(williams_rollup(calibration)) AS fields_checked
FROM :rows AS r \gset

-- Days are shown as weeks, months and so on if there would be more than 62 bars.
SELECT unit, 'by ' || unit AS by_unit, step FROM (VALUES
    (1, 'day', '1 day', 62), (2, 'week', '7 days', 62 * 7), (3, 'month', '1 month', 62 * 30),
    (4, 'quarter', '3 months', 62 * 91), (5, 'year', '1 year', 62 * 365), (6, 'decade', '10 years', 62 * 3652),
    (7, 'century', '100 years', 62 * 36524), (8, 'millennium', '1000 years', 2147483647)) AS u(no, unit, step, days)
WHERE :'last_day'::date - :'first_day'::date < days ORDER BY no LIMIT 1 \gset
-- How an axis and a text name a period, and the words before it
SELECT CASE WHEN :'unit' IN ('day', 'week') THEN 'FMDD Mon' WHEN :'unit' IN ('month', 'quarter') THEN 'Mon YYYY' ELSE 'YYYY' END AS tick,
       CASE :'unit' WHEN 'day' THEN :'d' WHEN 'week' THEN '"week of "' || :'d' WHEN 'month' THEN 'FMMonth YYYY'
                    WHEN 'quarter' THEN '"quarter from "FMMonth YYYY' WHEN 'year' THEN 'YYYY' ELSE format('"%s from "YYYY', :'unit') END AS period,
       CASE WHEN :'unit' = 'day' THEN 'on ' WHEN :'unit' IN ('month', 'year') THEN 'in ' ELSE 'in the ' END AS at_period \gset

-- :rows now with the period of each row, and :periods, all of them, also those without a document
SELECT replace(:'rows', 'SELECT *', format('SELECT *, date_trunc(%L, day::timestamp)::date AS period', :'unit')) AS rows,
       format('(SELECT i - 1 AS i, p::date AS period, count(*) OVER () AS n FROM '
              'generate_series(date_trunc(%1$L, %2$L::timestamp), %3$L::timestamp, %4$L::interval) WITH ORDINALITY AS g(p, i))',
              :'unit', :'first_day', :'last_day', :'step') AS periods \gset
