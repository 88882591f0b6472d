--
-- williams_fit, and a model in rules: by hand, and as the minimum of what it minimises;
-- what the model says of its own evidence, against plain SQL; refusals. real/score_model.py
-- compares it with another implementation.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
SET extra_float_digits = 0;

-- Cells of evidence, by field, outcome and bin; the text form of the same evidence.
CREATE TABLE cell (set text, field text, outcome text, bin text, seen bigint, "right" bigint);
CREATE VIEW evidence AS
SELECT set, jsonb_build_object('version', 1, 'fields', jsonb_object_agg(field, outcomes))::text::williams_evidence AS e
FROM (SELECT set, field, jsonb_object_agg(outcome, bins) AS outcomes
      FROM (SELECT set, field, outcome, jsonb_object_agg(bin, jsonb_build_array(seen, "right")) AS bins FROM cell GROUP BY set, field, outcome) AS o GROUP BY set, field) AS f GROUP BY set;
CREATE TABLE bound AS SELECT bin, lower::float8, lead(lower, 1, 1.0) OVER (ORDER BY lower)::float8 AS upper
FROM unnest('{0,0.02,0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.85,0.9,0.93,0.95,0.96,0.97,0.98,0.99,0.995,0.998}'::text[]) AS bin, LATERAL (SELECT bin::numeric AS lower) AS v;
SELECT setseed(0.6);
INSERT INTO cell
SELECT 'large', field, outcome, bin, seen, floor(seen * (0.02 + 0.96 * coalesce(place, 0.4) * (0.7 + random() * 0.3)))
FROM (SELECT 'f' || i AS field, outcome, bin, place, 1 + floor(random() * random() * 3000)::bigint AS seen
      FROM generate_series(0, 11) AS i, unnest('{none,passed,failed}'::text[]) AS outcome, (SELECT bin, lower AS place FROM bound UNION ALL VALUES ('silent', NULL::float8)) AS b WHERE random() < 0.6) AS v;
INSERT INTO cell SELECT 'small', field, outcome, bin, 1 + seen / 300, least("right" / 300, 2) FROM cell WHERE set = 'large' AND field < 'f2';
-- separable: whatever passed is right, whatever failed is wrong
INSERT INTO cell SELECT 'separable', field, outcome, bin, seen, CASE outcome WHEN 'passed' THEN seen ELSE 0 END FROM cell WHERE set = 'large' AND outcome <> 'none';
INSERT INTO cell SELECT 'one field', 'a', 'none', bin, 40, 20 + 20 * ascii(bin) % 2 FROM bound WHERE lower > 0.9;
INSERT INTO cell VALUES ('one cell', 'a', 'none', '0.9', 1000, 900), ('silent', 'a', 'none', 'silent', 600, 450), ('silent', 'b', 'passed', 'silent', 600, 100);
CREATE TABLE fitted AS SELECT set, e, ridge, williams_fit(e, ridge) AS model FROM evidence, unnest('{0.01,1,30}'::float8[]) AS ridge;

-- The shape of a model.
SELECT set, array_agg(key ORDER BY key) AS keys FROM fitted, jsonb_object_keys(model) AS key WHERE ridge = 1 AND set = 'one cell' GROUP BY set;
SELECT count(*) AS models, bool_and(model ->> 'version' = '1' AND (model ->> 'observations')::bigint = williams_count(e) AND (model ->> 'ridge')::float8 = ridge) AS head,
       bool_and((SELECT array_agg(key) FROM jsonb_object_keys(model -> 'fields') AS key) = (SELECT array_agg(key) FROM jsonb_object_keys(e::jsonb -> 'fields') AS key)) AS fields FROM fitted;
-- The default of ridge is 1; the same evidence gives the same model.
SELECT bool_and(williams_fit(e) = model) AS default_ridge, bool_and(williams_fit(williams_rollup) = model) AS again
FROM fitted, LATERAL (SELECT williams_rollup(part) FROM (SELECT jsonb_build_object('version', 1, 'fields', jsonb_build_object(key, value))::text::williams_evidence AS part FROM jsonb_each(e::jsonb -> 'fields') ORDER BY key DESC) AS p) AS r
WHERE ridge = 1;

-- By hand: a ridge that is all but infinite takes the engine at its word; one cell of 900 in 1000 has
-- p - 0.9 = -ridge * intercept / 1000, its intercept and the field's are equal, as are the slopes but for 1.
SELECT abs((williams_fit(e, 1e12) ->> 'slope')::float8 - 1) < 1e-4 AS slope, abs((williams_fit(e, 1e12) ->> 'intercept')::float8) < 1e-4 AS intercept FROM evidence WHERE set = 'large';
SELECT ridge, abs(1000 * p - 900 + ridge * a) < 1e-9 AS intercept, abs((1000 * p - 900) * x + ridge * (b - 1)) < 1e-9 AS slope, a = fa AS same_intercept, abs(fb - (b - 1)) < 1e-12 AS same_slope
FROM (SELECT ridge, (model ->> 'intercept')::float8 AS a, (model ->> 'slope')::float8 AS b, (model #>> '{fields,a,intercept}')::float8 AS fa, (model #>> '{fields,a,slope}')::float8 AS fb, ln(0.915 / 0.085) AS x FROM fitted WHERE set = 'one cell') AS m,
     LATERAL (SELECT 1 / (1 + exp(-(a + fa + (b + fb) * x))) AS p) AS p ORDER BY ridge;
-- The engine says nothing: x is 0, so the slopes stay as they are.
SELECT ridge, round((model ->> 'slope')::numeric, 9) AS slope, round((model #>> '{fields,a,slope}')::numeric, 9) AS a, round((model #>> '{fields,b,slope}')::numeric, 9) AS b, abs((model ->> 'silent')::float8 - (model ->> 'intercept')::float8) < 1e-12 AS silent FROM fitted WHERE set = 'silent' ORDER BY ridge;

-- The probability of each cell, as rules with this model compute it.
CREATE TABLE predicted AS
SELECT set, ridge, field, outcome, bin, seen, "right", x, 1 / (1 + exp(-z)) AS p
FROM fitted JOIN cell AS c USING (set) LEFT JOIN bound USING (bin),
     LATERAL (SELECT coalesce(ln((lower + upper) / 2 / (1 - (lower + upper) / 2)), 0) AS x) AS x,
     LATERAL (SELECT (model ->> 'intercept')::float8 + (model ->> 'slope')::float8 * x + coalesce((model ->> nullif(outcome, 'none'))::float8, 0) + CASE bin WHEN 'silent' THEN (model ->> 'silent')::float8 ELSE 0 END
              + (model #>> ARRAY['fields', field, 'intercept'])::float8 + (model #>> ARRAY['fields', field, 'slope'])::float8 * x AS z) AS z;
-- It is the minimum: the gradient, by each coefficient, is 0.
SELECT set, ridge, max(abs(g)) / sum(n) < 1e-12 AS flat, count(*) AS coefficients FROM (
    SELECT set, ridge, k, sum(seen * p - "right") FILTER (WHERE k = 'intercept' OR k = outcome OR k = 'silent' AND bin = 'silent') AS a, sum((seen * p - "right") * x) FILTER (WHERE k = 'slope') AS b, sum(seen) AS n
    FROM predicted, unnest('{intercept,slope,passed,failed,silent}'::text[]) AS k GROUP BY set, ridge, k) AS s
    JOIN fitted USING (set, ridge), LATERAL (SELECT coalesce(a, 0) + coalesce(b, 0) + ridge * ((model ->> k)::float8 - CASE k WHEN 'slope' THEN 1 ELSE 0 END) AS g) AS g
GROUP BY set, ridge ORDER BY set, ridge;
SELECT count(*) AS fields, bool_and(abs(a + ridge * (model #>> ARRAY['fields', field, 'intercept'])::float8) < 1e-7 AND abs(b + ridge * (model #>> ARRAY['fields', field, 'slope'])::float8) < 1e-7) AS flat
FROM (SELECT set, ridge, field, sum(seen * p - "right") AS a, sum((seen * p - "right") * x) AS b FROM predicted GROUP BY set, ridge, field) AS s JOIN fitted USING (set, ridge);

--
-- What a model says of its own evidence
--
SELECT count(*) AS models, max(abs((model ->> 'right')::float8 - r)) < 1e-12 AS right, max(abs((model ->> 'brier')::float8 - brier)) < 1e-12 AS brier, max(abs((model ->> 'ece')::float8 - ece)) < 1e-12 AS ece, max(abs((model ->> 'auroc')::float8 - auroc)) < 1e-12 AS auroc
FROM fitted JOIN (SELECT set, ridge, sum("right") / sum(seen) AS r, sum("right" * (1 - p) ^ 2 + (seen - "right") * p ^ 2) / sum(seen) AS brier FROM predicted GROUP BY set, ridge) AS b USING (set, ridge)
JOIN (SELECT set, ridge, sum(abs(gap)) / sum(n) AS ece FROM (SELECT set, ridge, sum(seen * p - "right") AS gap, sum(seen) AS n FROM predicted GROUP BY set, ridge, least(floor(p * 10), 9)) AS v GROUP BY set, ridge) AS e USING (set, ridge)
JOIN (SELECT a.set, a.ridge, sum(a."right"::float8 * (b.seen - b."right") * CASE WHEN a.p - b.p > 1e-14 THEN 1 WHEN a.p - b.p < -1e-14 THEN 0 ELSE 0.5 END) / sum(a."right"::float8 * (b.seen - b."right")) AS auroc
      FROM predicted AS a JOIN predicted AS b USING (set, ridge) GROUP BY a.set, a.ridge) AS u USING (set, ridge);

-- The curve: at each threshold what the evidence says; in order; only what is worth choosing, and all of it.
CREATE TABLE point AS SELECT set, ridge, i, (c ->> 0)::float8 AS threshold, (c ->> 1)::numeric AS "precision", (c ->> 2)::numeric AS share FROM fitted, jsonb_array_elements(model -> 'curve') WITH ORDINALITY AS c (c, i);
CREATE TABLE cut_off AS
SELECT set, ridge, p AS threshold, n, n / total AS share, floor(1000 * r / n + 1e-9) / 1000 AS "precision"
FROM (SELECT DISTINCT set, ridge, p, sum(seen) OVER w AS n, sum("right") OVER w AS r, sum(seen) OVER (PARTITION BY set, ridge) AS total FROM predicted WINDOW w AS (PARTITION BY set, ridge ORDER BY p DESC)) AS v;
SELECT count(*) > 200 AS points, bool_and(abs(t.threshold - p.threshold) < 1e-12 AND n >= 100 AND p.share = round(t.share, 4)) AS found,
       bool_and(p."precision" = CASE WHEN t."precision" < 0.9 THEN floor(100 * t."precision") / 100 ELSE t."precision" END) AS "precision"
FROM point AS p JOIN LATERAL (SELECT * FROM cut_off AS t WHERE (t.set, t.ridge) = (p.set, p.ridge) ORDER BY abs(t.threshold - p.threshold), n DESC LIMIT 1) AS t ON true;
SELECT bool_and(threshold < t AND "precision" < pr AND share > s) AS falling FROM (SELECT *, lag(threshold) OVER w AS t, lag("precision") OVER w AS pr, lag(share) OVER w AS s FROM point WINDOW w AS (PARTITION BY set, ridge ORDER BY i)) AS v WHERE t IS NOT NULL;
SELECT count(*) AS asked, bool_and(best IS NOT DISTINCT FROM chosen) AS lowest, count(best) AS found
FROM (SELECT set, ridge, target, (SELECT round(min(threshold)::numeric, 11) FROM cut_off AS t WHERE (t.set, t.ridge) = (f.set, f.ridge) AND n >= 100 AND "precision" >= target) AS best,
             (SELECT round(min(threshold)::numeric, 11) FROM point AS p WHERE (p.set, p.ridge) = (f.set, f.ridge) AND "precision" >= target) AS chosen
      FROM fitted AS f, unnest('{0.5,0.6,0.75,0.89,0.9,0.95,0.99,0.999,1}'::numeric[]) AS target) AS v;

--
-- Refusals
--
SELECT set, seen, "right", pg_temp.error_of(format('SELECT williams_fit(%L, %L)', format('{"version": 1, "fields": {"a": {"none": {"0.5": [%s, %s]}}}}', seen, "right"), ridge)) AS error
FROM (VALUES ('29', 29, 10, '1'), ('30', 30, 10, '1'), ('right', 30, 30, '1'), ('wrong', 30, 0, '1'), ('negative', 30, 10, '-1'), ('nan', 30, 10, 'nan'), ('infinite', 30, 10, 'inf'), ('none', 30, 10, '0'), ('huge', 30, 10, '1e300')) AS v (set, seen, "right", ridge);
SELECT pg_temp.error_of('SELECT williams_fit(''{"version": 1, "fields": {}}'')') AS empty, williams_fit(NULL) IS NULL AS unknown;
SELECT set, pg_temp.error_of(format('SELECT williams_fit(%L, 0)', e)) AS "without ridge" FROM evidence ORDER BY set;
-- The greatest counts: all is finite, and the share of what is right comes out.
SELECT (model ->> 'observations') AS observations, round((model ->> 'right')::numeric, 6) AS right, round((model ->> 'brier')::numeric, 6) AS brier
FROM williams_fit('{"version": 1, "fields": {"a": {"none": {"0.5": [4611686018427387903, 3611686018427387903]}}, "b": {"failed": {"0.99": [4611686018427387904, 611686018427387903]}}}}') AS model;
-- 10,000 fields.
SELECT (williams_fit(jsonb_build_object('version', 1, 'fields', jsonb_object_agg('f' || i, '{"none": {"0.5": [3, 2], "0.9": [4, 4]}}'::jsonb))::text::williams_evidence) ->> 'observations') AS observations FROM generate_series(1, 10000) AS i;

--
-- A model in rules
--
CREATE FUNCTION pg_temp.rules(model jsonb, more jsonb = '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('fields', '{"a": null, "d": "date", "n": null}'::jsonb, 'model', model) || more $$;
-- What scoring gives is the probability; all of a field's own rules are in it.
SELECT count(*) AS cells, max(abs(p - (s.scores ->> field)::float8)) < 1e-12 AS agree
FROM predicted AS c JOIN fitted USING (set, ridge) LEFT JOIN bound USING (bin),
     LATERAL williams_score_fields(jsonb_build_object(field, '2024-01-01'),
        jsonb_build_object('fields', jsonb_build_object(field, CASE outcome WHEN 'passed' THEN 'date' WHEN 'failed' THEN 'number' END), 'model', model), jsonb_build_object(field, (lower + upper) / 2)) AS s
WHERE set IN ('small', 'one cell', 'silent', 'one field');
-- A hand-written model: a field that it does not know gets the pooled estimate, one that the profile does not expect is ignored, confidences beyond the bins are clamped.
SELECT fields, confidence, s.scores
FROM (VALUES ('{"a": "x", "d": "2024-01-01", "n": "y"}', '{"a": 0.5, "d": 0.5, "n": 0.5}'), ('{"a": "x", "d": "y"}', NULL), ('{"a": "x", "n": "y"}', '{"a": 0, "n": 1}'), ('{"a": "x", "n": "y"}', '{"a": 0.01, "n": 0.999}')) AS v (fields, confidence),
     williams_score_fields(fields::jsonb, pg_temp.rules('{"intercept": 1, "slope": 1, "passed": 2, "failed": -3, "silent": -0.5, "fields": {"a": {"intercept": -1}, "unknown": {"slope": 7}}}'), confidence::jsonb) AS s;
-- Thresholds for a precision.
SELECT "precision", pg_temp.error_of(format('SELECT williams_score_fields(%L, %L)', '{}', rules)) AS error,
       (SELECT array_agg(review ORDER BY c) FROM unnest('{0.75,0.85,0.9,0.95}'::numeric[]) AS c, LATERAL (SELECT (williams_score_fields('{"a": "x"}', '{"fields": {"a": null}}'::jsonb || (rules - 'fields'), jsonb_build_object('a', c))).review = '{a}' AS review) AS s WHERE "precision" < 0.991) AS review
FROM unnest('{0,0.9,0.985,0.99,0.991,1}'::numeric[]) AS "precision", LATERAL (SELECT pg_temp.rules('{"intercept": 0, "slope": 1, "curve": [[0.9, 0.99, 0.3], [0.8, 0.985, 0.4], [0.85, 0.9, 0.5], [0.7, 0.8, 0.6]]}', jsonb_build_object('precision', "precision")) AS rules) AS r;
SELECT model, pg_temp.error_of(format('SELECT williams_score_fields(%L, %L)', '{}', pg_temp.rules(model::jsonb))) AS error FROM unnest(ARRAY[
    'null', '7', '[]', '{}', '{"intercept": 1}', '{"slope": 1}', '{"intercept": "1", "slope": 1}', '{"intercept": 1e400, "slope": 1}', '{"intercept": 1, "slope": 1e7}', '{"intercept": 1, "slope": -1e6}', '{"intercept": 1, "slope": 1, "version": 2}', '{"intercept": 1, "slope": 1, "version": 1}',
    '{"intercept": 1, "slope": 1, "version": "1"}', '{"intercept": 1, "slope": 1, "pased": 2}', '{"intercept": 1, "slope": 1, "passed": null}', '{"intercept": 1, "slope": 1, "ece": "low"}', '{"intercept": 1, "slope": 1, "fields": []}', '{"intercept": 1, "slope": 1, "fields": {"a": 1}}',
    '{"intercept": 1, "slope": 1, "fields": {"a": {"intercept": true}}}', '{"intercept": 1, "slope": 1, "fields": {"other": {"slopes": 1}}}', '{"intercept": 1, "slope": 1, "fields": {"a": {}}}', '{"intercept": 1, "slope": 1, "curve": {}}', '{"intercept": 1, "slope": 1, "curve": [1]}',
    '{"intercept": 1, "slope": 1, "curve": [[0.5, 0.9]]}', '{"intercept": 1, "slope": 1, "curve": [[0.5, 0.9, 0.1], [0.5, 1.1, 0.1]]}', '{"intercept": 1, "slope": 1, "curve": [["0.5", 0.9, 0.1]]}', '{"intercept": 1, "slope": 1, "curve": []}']) AS model;

DROP TABLE cell, bound, fitted, predicted, point, cut_off CASCADE;
