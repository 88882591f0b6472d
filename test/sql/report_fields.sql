--
-- Summaries of documents: the aggregates over jsonb give exactly what the plain ones give
-- over the single fields, and right is what williams_evidence_agg counts as right. No row,
-- however malformed, is an error. Parallel plans are in all_parallel.
--

CREATE SCHEMA report_fields;
SET search_path = report_fields, public;
CREATE VIEW empty AS SELECT '(1,0,0,0,0,0,0,0)'::williams_scorecard AS card, '(1,0,0,0,0,0)'::williams_calibration AS seen;
CREATE FUNCTION pg_temp.seen(confidence jsonb, as_read jsonb, truth jsonb) RETURNS williams_calibration LANGUAGE sql AS
    'SELECT williams_calibration_agg(confidence, as_read, truth)';

-- Scorecards: the members of an object that are a number in [0, 1], and nothing below them.
SELECT williams_scorecard_agg(s) = (SELECT williams_scorecard_agg(x) FROM unnest('{0.5,1,0,0.75,0.25,1}'::float8[]) AS x) AS same, williams_count(williams_scorecard_agg(s)), count(*) AS documents
FROM unnest(ARRAY['{"a": 0.5, "b": "0.5", "c": {"d": 0.2}, "e": 1.1, "f": -0.1, "g": 1, "h": 1e400, "i": null, "j": 0, "k": [0.5], "l": true, "m": -1e400, "n": ""}',
    '{}', 'null', '0.5', '[0.5]', '"a"', NULL, '{"a": null}', '{"z": 0.25, "z": 0.75, "aa": 0.25, "é": 1.00000000000000000000001}']::jsonb[]) AS s;
SELECT left(s::text, 9) AS s, williams_scorecard_agg(s) FROM unnest(ARRAY['{"a": 1e-400}', '{"a": -1e-400}', '{"a": -0.0}', '{"a": 1e400}']::jsonb[]) AS s GROUP BY s ORDER BY s;
SELECT s, williams_scorecard_agg(s) = card AS empty FROM empty, unnest(ARRAY['{}', '[1]', '1', 'null', NULL, '{"a": 2}']::jsonb[]) AS s GROUP BY s, card ORDER BY s;
SELECT (SELECT williams_scorecard_agg(j) FROM (VALUES ('{"a": 1}'::jsonb)) AS v (j) WHERE false) = card AS nothing FROM empty;

-- Calibrations: a field needs a confidence, to have been read, and a key in the truth.
SELECT as_read, williams_count(c), round(williams_accuracy(c) * williams_count(c)) AS right
FROM unnest(ARRAY['{}', '{"a": null}', '{"a": " \t\u3000"}', '{"a": []}', '{"a": {"b": " "}}', '{"a": "x"}', '{"a": "X "}', '{"a": "y"}', '{"b": "x"}', '{"a": "x", "b": "x"}']::jsonb[]) AS as_read,
     pg_temp.seen('{"a": 0.5, "b": 0.5}', as_read, '{"a": "x"}') AS c;
SELECT truth, williams_count(c), round(williams_accuracy(c) * williams_count(c)) AS right
FROM unnest(ARRAY['{}', '{"b": "x"}', '{"a": null}', '{"a": " "}', '{"a": []}', '{"a": "x"}', '{"a": "\u00a0X\n"}', '{"a": "y"}', '{"aa": "x"}', '{"A": "x"}']::jsonb[]) AS truth,
     pg_temp.seen('{"a": 0.5}', '{"a": "x", "b": "x"}', truth) AS c;
SELECT left(confidence::text, 18) AS confidence, williams_count(c), williams_brier(c) AS squared_error
FROM unnest(ARRAY['{}', '{"a": null}', '{"a": "0.5"}', '{"a": 1.01}', '{"a": -0.01}', '{"a": [0.5]}', '{"a": 0}', '{"a": 0.25}', '{"a": 1}', '{"b": 0.5}', '{"a": 1e400}', '{"a": -1e-400}', '{"a": 1, "b": "7"}']::jsonb[]) AS confidence,
     pg_temp.seen(confidence, '{"a": "x"}', '{"a": "X"}') AS c;
-- One walk over three objects: keys of any length that are in one, two or all of them, first and last ones too.
SELECT williams_count(c), williams_accuracy(c), c = williams_calibration_agg AS same
FROM pg_temp.seen('{"a": 0.1, "c": 0.2, "e": 0.3, "g": 0.4, "aa": 0.5, "cc": 0.6, "zzz": 0.7}', '{"b": 1, "c": "x", "d": 1, "e": "x", "f": 1, "g": "x", "aa": "x", "bb": 1, "cc": "x", "dddd": 1}',
        '{"a": "x", "c": "y", "e": "x", "h": 1, "aa": "X", "ab": 1, "cc": "x y", "zz": 1, "zzz": 1}') AS c,
     (SELECT williams_calibration_agg(a, b) FROM (VALUES (0.2, false), (0.3, true), (0.5, true), (0.6, false)) AS v (a, b)) AS v;
-- Rows that are left out.
SELECT count(*) AS "rows", bool_and(pg_temp.seen(c, r, t) = seen) AS left_out
FROM empty, (VALUES ('{"a": 1}'::jsonb), (NULL), ('[1]'), ('1'), ('null'), ('{}'), ('[]'), ('"a"')) AS x (c), (VALUES ('{"a": 1}'::jsonb), (NULL), ('["a"]'), ('1'), ('null')) AS y (r), (VALUES ('{"a": 1}'::jsonb), (NULL), ('["a"]'), ('1'), ('null')) AS z (t)
WHERE ('{"a": 1}', '{"a": 1}', '{"a": 1}') IS DISTINCT FROM (c::text, r::text, t::text);
SELECT williams_calibration_agg(j, j, j) AS none FROM (VALUES (NULL::jsonb)) AS v (j) WHERE false;

--
-- Compared with the plain aggregates
--
SELECT setseed(0.4);
CREATE TABLE value AS
SELECT d, d % 7 AS part, name, CASE WHEN random() < 0.05 THEN to_jsonb(9) WHEN random() < 0.05 THEN '"0.5"' WHEN random() < 0.05 THEN 'null' ELSE to_jsonb(round((1 - random() ^ 3)::numeric, 4)) END AS c,
       CASE WHEN random() < 0.1 THEN NULL ELSE read END AS read,
       CASE WHEN random() < 0.1 THEN NULL WHEN random() < 0.1 THEN to_jsonb(upper(read #>> '{}') || ' ') WHEN random() < 0.1 THEN 'null' WHEN random() < 0.2 THEN '"gone"' ELSE read END AS truth,
       random() < 0.9 AS scored, random() < 0.9 AS given, random() < 0.8 AS known
FROM (SELECT d, name, CASE floor(random() * 7) WHEN 0 THEN 'null' WHEN 1 THEN '" "' WHEN 2 THEN to_jsonb(d) WHEN 3 THEN '"ab  C"' WHEN 4 THEN '["é", 1]' WHEN 5 THEN 'true' ELSE to_jsonb('Ünï ' || d) END::jsonb AS read
      FROM generate_series(1, 3000) AS d, unnest('{id,name,city,due,total,"a very long name of a field that is in no other document",é,zz,é2}'::text[]) AS name) AS v
WHERE random() < 0.9;
CREATE TABLE doc AS
SELECT d, part, jsonb_object_agg(name, c) FILTER (WHERE scored) AS score, jsonb_object_agg(name, read) FILTER (WHERE given) AS as_read, jsonb_object_agg(name, truth) FILTER (WHERE known) AS truth
FROM value GROUP BY d, part;
CREATE FUNCTION pg_temp.plain(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT nullif(lower(btrim(regexp_replace(t, '\s+', ' ', 'g'))), '')$$;
CREATE TABLE plain AS
SELECT part, williams_scorecard_agg(x) AS card, williams_calibration_agg(x, coalesce(pg_temp.plain(truth ->> key) = pg_temp.plain(as_read ->> key), false))
           FILTER (WHERE pg_temp.plain(as_read ->> key) IS NOT NULL AND truth ? key) AS seen, count(*) AS fields
FROM (SELECT part, as_read, truth, key, value::text::float8 AS x FROM doc, jsonb_each(score) WHERE jsonb_typeof(value) = 'number' AND value <> '9') AS v GROUP BY part;
CREATE TABLE part AS SELECT part, williams_scorecard_agg(score) AS card, williams_calibration_agg(score, as_read, truth) AS seen FROM doc GROUP BY part;
SELECT count(*) AS parts, sum(fields) > 15000 AS fields, bool_and(part.card = plain.card) AS cards, sum(williams_count(plain.seen)) > 8000 AS observations,
       bool_and(williams_accuracy(plain.seen) BETWEEN 0.5 AND 0.9) AS accuracy, bool_and(part.seen = plain.seen) AS seen FROM part JOIN plain USING (part);
-- Merged, in any order, compressed and out of line.
CREATE TABLE stored (LIKE doc);
ALTER TABLE stored ALTER score SET STORAGE EXTERNAL, ALTER truth SET STORAGE EXTERNAL;
INSERT INTO stored SELECT d, part, score || pad, as_read || pad, truth || pad FROM doc, LATERAL (SELECT jsonb_build_object('pad', repeat(md5(d::text), 100)) AS pad) AS p;
SELECT bool_and(card = whole) AS cards, bool_and(seen = whole_seen) AS seen, count(*) AS ways
FROM (SELECT williams_scorecard_agg(score) AS whole, williams_calibration_agg(score, as_read, truth) AS whole_seen FROM doc) AS w,
     (SELECT williams_scorecard_agg(score ORDER BY d DESC) AS card, williams_calibration_agg(score, as_read, truth ORDER BY d DESC) AS seen FROM doc
      UNION ALL SELECT williams_rollup(card), williams_rollup(seen) FROM part
      UNION ALL SELECT williams_scorecard_agg(score), williams_calibration_agg(score, as_read, truth) FROM stored
      UNION ALL SELECT williams_rollup(card), williams_rollup(seen) FROM plain) AS v;
-- Growing frames, and a sliding one, which starts anew for each row.
SELECT bool_and(grows = (SELECT williams_calibration_agg(score, as_read, truth) FROM doc AS o WHERE o.d <= v.d)) AS grows,
       bool_and(slides = (SELECT williams_scorecard_agg(score) FROM doc AS o WHERE o.d BETWEEN v.d - 5 AND v.d + 2)) AS slides
FROM (SELECT d, williams_calibration_agg(score, as_read, truth) OVER (ORDER BY d) AS grows, williams_scorecard_agg(score) OVER (ORDER BY d RANGE BETWEEN 5 PRECEDING AND 2 FOLLOWING) AS slides FROM doc WHERE d <= 200) AS v
WHERE d <= 190;

-- Right is what evidence counts as right; a confidence in every field, so that only what was read and the truth count.
CREATE TABLE rule AS SELECT jsonb_build_object('fields', jsonb_object_agg(name, NULL)) AS rules FROM (SELECT DISTINCT name FROM value) AS v;
CREATE TABLE sure AS SELECT jsonb_object_agg(name, 0.5) AS confidence FROM (SELECT DISTINCT name FROM value) AS v;
SELECT williams_count(c) > 10000 AS many, williams_count(c) = williams_count(e) AS count, round(williams_accuracy(c) * williams_count(c)) =
       (SELECT sum((cell.value ->> 1)::bigint) FROM jsonb_each(e::jsonb -> 'fields') AS f, jsonb_each(f.value -> 'none') AS cell) AS right
FROM (SELECT williams_calibration_agg(confidence, as_read, truth) AS c, williams_evidence_agg(as_read, rules, NULL, truth) AS e FROM doc, rule, sure) AS v;

-- The transition functions, called directly, do not change their arguments.
DO $$
DECLARE
    a williams_scorecard_state := '(1,0,0,0,0,0,0,0)';
    b williams_scorecard_state := williams_scorecard_accum(a, '{"a": 0.25, "b": 0.5}'::jsonb);
    c williams_calibration_state := '(1,0,0,0,0,0)';
    d williams_calibration_state := williams_calibration_accum(c, '{"a": 0.25}', '{"a": "x"}', '{"a": "x"}');
BEGIN
    PERFORM williams_scorecard_accum(b, '{"a": 1}'::jsonb), williams_scorecard_accum(b, '[]'::jsonb), williams_calibration_accum(d, '{"a": 1}', '{"a": 1}', '{"a": 1}'), williams_calibration_accum(d, '[]', '{}', '{}');
    RAISE NOTICE '% % % %', a, b, c, d;
END $$;
-- More observations than a count can hold: the error of all aggregates.
\set VERBOSITY sqlstate
SELECT williams_scorecard_accum('(1,0,0,0,0,0,0,0,0:9223372036854775807)', '{"a": 0}'::jsonb);
SELECT williams_calibration_accum('(1,0,0,0,0,0,0:9223372036854775807:0:0:0)', '{"a": 0}', '{"a": 0}', '{"a": 0}');
\set VERBOSITY default

RESET search_path;
\set VERBOSITY terse
DROP SCHEMA report_fields CASCADE;
