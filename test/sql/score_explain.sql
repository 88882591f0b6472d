--
-- williams_explain, williams_score, williams_rules_version and williams_audit: why a
-- field is for review, by rules and by the name of a profile.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

--
-- Each reason by itself, and several together, in their fixed order
--
CREATE FUNCTION pg_temp.why(value jsonb, entry jsonb = NULL, confidence numeric = NULL, checks jsonb = '[]') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', score, CASE WHEN review THEN 'review' END, reasons)
    FROM williams_explain(jsonb_build_object('f', value, 'g', '2000-01-01'),
                          jsonb_build_object('fields', jsonb_build_object('f', entry, 'g', NULL), 'checks', checks),
                          jsonb_build_object('f', confidence))
    WHERE field = 'f'
$$;
SELECT value, entry, confidence, pg_temp.why(value::jsonb, entry::jsonb, confidence) AS why
FROM (VALUES ('"ab"', NULL, NULL), ('null', NULL, NULL), (NULL, '"date"', 0.9), ('" "', NULL, 0.9),
    ('"ab"', NULL, 0.79), ('"ab"', NULL, 0.8), ('"ab"', NULL, 0), ('"12"', '"number"', 0.7), ('"12"', '"number"', 0.69),
    ('"1 May"', '"date"', 0.9), ('"1 May"', '"date"', 1), ('"1 May"', '"date"', 0.79),
    ('"x"', NULL, 0.89), ('"x"', NULL, 0.9), ('"x"', NULL, 0.5), ('"x"', '"number"', 0.79), ('"-"', '"alphanumeric"', 0.85),
    ('"محمد علي حسن"', NULL, 0.84), ('"محمد علي حسن"', NULL, 0.86), ('"山田太郎山田太郎"', '"number"', 0.7), ('"م"', '"date"', 0.2)) AS v (value, entry, confidence);
SELECT checks, value, pg_temp.why(to_jsonb(value), '"number"', 0.9, checks::jsonb) AS why
FROM (VALUES
    ('[{"check": "length", "fields": ["f"], "length": 3}]', '12'), ('[{"check": "length", "fields": ["f"], "length": 3}]', '123'),
    ('[{"check": "length", "fields": ["f"], "length": 3, "factor": 0.9}]', '12'),  -- failed, but accepted
    ('[{"check": "range", "fields": ["f"], "max": 3}]', '12'), ('[{"check": "range", "fields": ["f"], "max": 3, "factor": 1}]', 'abc'),
    ('[{"check": "pattern", "fields": ["f"], "pattern": "z"}]', '12'), ('[{"check": "mrz", "fields": ["f", "g"]}]', '12'),
    ('[{"check": "ordered", "fields": ["g", "f"]}]', '1999-01-01'), ('[{"check": "ordered", "fields": ["f", "g"]}]', '2000-01-01'),
    ('[{"check": "mrz", "fields": ["g", "f"]}, {"check": "pattern", "fields": ["f"], "pattern": "z"}, {"check": "pattern", "fields": ["f"], "pattern": "y"},
       {"check": "range", "fields": ["f"], "min": 3000}, {"check": "length", "fields": ["f"], "length": 3}, {"check": "ordered", "fields": ["g", "f"]}]', '1999-01-01')
    ) AS v (checks, value);
SELECT field, review, reasons FROM williams_explain('{"f": "x", "g": "م"}', '{"fields": {"f": "number", "g": "date", "h": null}, "checks": [
    {"check": "pattern", "fields": ["f", "g", "h"], "pattern": "z"}, {"check": "range", "fields": ["f", "g", "h"], "min": 0},
    {"check": "length", "fields": ["f", "g", "h"], "length": 9}, {"check": "mrz", "fields": ["f", "g"]}], "audit": 1}'::jsonb, '{"f": 0.1, "h": 0.9}');

-- All columns; a row for each expected field, in jsonb's order of keys; other fields are not listed.
SELECT * FROM williams_explain('{"total": 12.50, "due": "1 May", "to": {"city": ["Ash", null]}, "extra": "x"}',
    '{"fields": {"total": "number", "due": "date", "to": null, "note": null, "a": {}}}'::jsonb, '{"total": 0.9, "due": 0.7, "note": 0.9, "extra": 7}');

-- Rules that are an untyped literal arrive as the name of a profile.
SELECT pg_temp.error_of($$SELECT williams_explain('{"a": "xy"}', '{"fields": {"a": null}}')$$);
SELECT pg_temp.error_of($$SELECT williams_score('{"a": "xy"}', '{"fields": {"a": null}}')$$);
-- Names in rows are data, which is never an error.
SELECT name, (williams_score('{"a": "xy"}', name)).review, (SELECT reasons FROM williams_explain('{"a": "xy"}', name)) FROM unnest('{"{","{\"a\": 1}"}'::text[]) AS name;
SELECT reasons FROM williams_explain('{"a": "xy"}', '');

--
-- Thresholds of fields; 0 makes a field optional
--
SELECT field, score, threshold, review, reasons
FROM williams_explain('{"a": "xy", "b": "xy", "c": "xy", "d": "12", "g": "1 May"}', '{"fields": {
    "a": null, "b": {"threshold": 0.95}, "c": {"threshold": 0.5, "format": null}, "d": {"format": "number", "threshold": 0.951},
    "e": {"threshold": 0}, "f": {"format": "date", "threshold": 0.01}, "g": {"format": "date", "threshold": 0}, "h": null}, "threshold": 0.9}'::jsonb);
SELECT threshold, (williams_score_fields('{"b": "xy"}', jsonb_build_object('fields', '{"a": {"threshold": 0}, "b": {"threshold": 0.851}, "c": null}'::jsonb, 'threshold', threshold))).review
FROM unnest('{0,0.5,1}'::numeric[]) AS threshold;
-- If no field at all was extracted, there is something to see, whatever the thresholds.
SELECT field, threshold, review, reasons FROM williams_explain('{}', '{"fields": {"a": {"threshold": 0}, "b": null}, "threshold": 0}'::jsonb);
SELECT entry, pg_temp.error_of(format('SELECT williams_explain(NULL, %L::jsonb)', jsonb_build_object('fields', jsonb_build_object('f "q"', entry::jsonb)))) AS error
FROM unnest(ARRAY['{"format": "colour"}', '{"format": 7}', '{"threshold": 1.1}', '{"threshold": null}', '{"threshold": "0.5"}', '{"Format": "date"}',
                  '[]', '["date"]', 'true', '{"format": {"format": "date"}}', '{"format": null, "threshold": 1}', '{}']) AS entry;

--
-- NULLs and bad data: by rules an error, by name a score of 0
--
INSERT INTO williams_profile (name, rules) VALUES ('bill', '{"fields": {"total": {"format": "number", "threshold": 0.95}, "due": "date", "note": {"threshold": 0}}}');
SELECT count(*) AS no_rules FROM williams_explain('{"a": 1}', NULL::jsonb);
SELECT field, value, engine_confidence, score, review, reasons FROM williams_explain(NULL, '{"fields": {"a": null}}'::jsonb, NULL);
SELECT confidence, pg_temp.error_of(format('SELECT williams_explain(''{"total": "x", "due": ""}'', rules, %L) FROM williams_profile', confidence)) AS error,
       (s).overall, (s).review, (s).scores,
       (SELECT string_agg(concat_ws(' ', field, engine_confidence, score, reasons), '; ') FROM williams_explain('{"total": "x", "due": ""}', 'bill'::text, confidence::jsonb)) AS explained
FROM unnest(ARRAY['{"total": 7}', '{"total": -0.1}', '{"total": 1e400}', '{"total": "0.9"}', '{"total": []}', '0.9', '[]', '{"due": 7}', 'null', '{}', NULL]) AS confidence,
     williams_score('{"total": "x", "due": ""}', 'bill', confidence::jsonb) AS s;
SELECT fields, s.*, (SELECT string_agg(concat_ws(' ', field, reasons), '; ') FROM williams_explain(fields::jsonb, 'bill'::text)) AS explained
FROM unnest(ARRAY[NULL, 'null', '{}', '["x"]', '"x"', '{"other": 1}', '{"note": "x y"}']) AS fields, williams_score(fields::jsonb, 'bill') AS s;

--
-- By name: an unknown profile, NULL, one's own before a shipped one
--
SELECT left(name, 12) AS name, s.* FROM unnest(ARRAY['no such type', NULL, '', 'Bill', 'bill ', repeat('x', 100000)]) WITH ORDINALITY AS n (name, i),
    williams_score('{"a": "xy", "b": "xy", "c": " "}', name, '{"a": 0.6, "z": 7}') AS s ORDER BY i;
SELECT * FROM williams_explain('{"a": "xy", "b": {"c": 1}, "c": " ", "é": true}', NULL::text, '{"a": 0.6, "b": 1}');
SELECT * FROM williams_explain('{"a": "xy", "b": "xy"}', 'no such type'::text, '{"a": 0.79, "b": 0.9}');
-- without a field below the threshold, and with the mean below it; bad data
SELECT confidence, (williams_score('{"a": "xy", "b": "xy"}', NULL, confidence::jsonb)).*,
       (SELECT string_agg(concat_ws(' ', field, engine_confidence, score, reasons), '; ') FROM williams_explain('{"a": "xy", "b": "xy"}', NULL::text, confidence::jsonb))
FROM unnest(ARRAY[NULL, 'null', '{}', '{"a": null}', '{"a": 0.8, "b": 0.8}', '{"a": 7}', '7', '[]']) AS confidence;
-- nothing to name
SELECT fields, (williams_score(fields::jsonb, 'no such type')).*, (SELECT count(*) FROM williams_explain(fields::jsonb, 'no such type'::text)) AS explained
FROM unnest(ARRAY[NULL, 'null', '{}', '[]', '["x", "y"]', '"x"', '{"a": ""}']) AS fields;

SELECT (williams_score('{"grade": "12"}', 'diploma')).num_fields AS shipped, (williams_score('{"grade": "12"}', 'diploma')).review;
INSERT INTO williams_profile (name, rules) VALUES ('diploma', '{"fields": {"grade": "number"}}');
SELECT (williams_score('{"grade": "12"}', 'diploma')).review AS own, field, reasons FROM williams_explain('{"grade": "x"}', 'diploma'::text);
DELETE FROM williams_profile WHERE name = 'diploma';
SELECT (williams_score('{"grade": "12"}', 'diploma')).review AS shipped_again;

-- A role that may not read williams_profile
CREATE ROLE regress_williams_clerk;
REVOKE SELECT ON williams_profile FROM PUBLIC;
SET ROLE regress_williams_clerk;
SELECT pg_temp.error_of($$SELECT williams_score('{}', 'bill')$$) AS by_name, (SELECT count(*) FROM williams_explain('{}', '{"fields": {"a": null}}'::jsonb)) AS by_rules,
       (williams_score('{"a": "xy"}', NULL)).review AS without;
-- nothing is left behind by the failed look-up
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            RAISE NOTICE '%', (williams_score('{}', CASE WHEN i <> 2 THEN 'bill' END)).review;
        EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE '%', SQLERRM;
        END;
    END LOOP;
END $$;
RESET ROLE;
GRANT SELECT ON williams_profile TO PUBLIC;
DROP ROLE regress_williams_clerk;

--
-- What is explained is what is scored, for random documents and rules
--
SELECT setseed(0.1);
CREATE TEMP TABLE random_doc AS
SELECT i, rules, fields, confidence
FROM generate_series(1, 3000) AS i, LATERAL (
    SELECT jsonb_build_object('threshold', round((random() * i / i)::numeric, 2), 'audit', CASE WHEN i % 3 = 0 THEN 0.3 ELSE 0 END,
        'fields', (SELECT jsonb_object_agg('f' || f, (ARRAY['null', '"date"', '"number"', '"alphanumeric"', '{"threshold": 0.9}', '{"threshold": 0}',
            '{"format": "number", "threshold": 0.6}', '{"format": "date"}']::jsonb[])[1 + floor(random() * 8)]) FROM generate_series(1, 1 + i % 7) AS f),
        'checks', CASE WHEN i % 7 > 1 AND i % 2 = 0 THEN '[{"check": "ordered", "fields": ["f3", "f1"]}, {"check": "pattern", "fields": ["f2"], "pattern": "^\\d", "factor": 0.9},
            {"check": "length", "fields": ["f1"], "length": 2}, {"check": "range", "fields": ["f2", "f3"], "min": 5, "factor": 0.7}]'::jsonb ELSE '[]' END) AS rules) AS r,
    LATERAL (SELECT (SELECT jsonb_object_agg('f' || f, (ARRAY['"x"', '" "', 'null', '"2001-02-03"', '"1999-01-01"', '12', '"abc"', '{"p": "محمد"}', '"山田"', '"a-b"']::jsonb[])
            [1 + floor(random() * 10)]) FROM generate_series(1, i % 9) AS f) AS fields,
        (SELECT jsonb_object_agg('f' || f, CASE WHEN random() < 0.9 THEN round(random()::numeric * 1.02, 3) END) FROM generate_series(1 + i % 2, i % 8) AS f) AS confidence) AS d;
CREATE TEMP TABLE scored AS
SELECT d.*, confidence IS NOT NULL AND EXISTS (SELECT FROM jsonb_each_text(confidence) AS c WHERE value::float8 > 1 AND rules -> 'fields' ? key AND fields ->> key ~ '\S') AS bad
FROM random_doc AS d;
CREATE FUNCTION pg_temp.rounded(scores jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(key, round(value::numeric, 12)), '{}') FROM jsonb_each(scores)
$$;
-- each document under its own rules
SELECT count(*) AS documents, sum(cardinality(s.review)) > 1000 AS for_review, bool_and(e.names = s.review) AS same_review, bool_and(e.scores = pg_temp.rounded(s.scores)) AS same_scores,
       bool_and(e.rows = (SELECT count(*) FROM jsonb_object_keys(rules -> 'fields'))) AS same_fields, bool_and(e.agree) AS agree,
       bool_and(abs(s.overall - e.mean * s.multiplier) < 1e-12) AS same_overall, count(DISTINCT e.reasons) > 100 AS many_reasons
FROM scored, williams_score_fields(fields, rules, confidence) AS s, LATERAL (
    SELECT coalesce(array_agg(field) FILTER (WHERE review), '{}') AS names, jsonb_object_agg(field, round(score::numeric, 12)) AS scores, count(*) AS rows, avg(score) AS mean,
           -- without "audit" and no document, a field is for review if its score is below its threshold
           bool_and(review = (reasons <> '{}') AND (review = (score < threshold - 1e-12) OR reasons = '{audit}' OR s.num_fields = 0)) AS agree, string_agg(reasons::text, '') AS reasons
    FROM williams_explain(fields, rules, confidence)) AS e
WHERE NOT bad;
-- by name, all of them: the same, and 0 for bad data
INSERT INTO williams_profile (name, rules) SELECT 'r' || i, rules FROM random_doc;
SELECT count(*) FILTER (WHERE bad) > 0 AS some_bad, bool_and(CASE WHEN bad THEN n.overall = 0 AND cardinality(n.review) = e.rows ELSE n = williams_score_fields(fields, rules, confidence) END) AS same,
       bool_and(n.review = e.names AND pg_temp.rounded(n.scores) = e.scores) AS explained
FROM scored, williams_score(fields, 'r' || i, confidence) AS n, LATERAL (
    SELECT coalesce(array_agg(field) FILTER (WHERE review), '{}') AS names, jsonb_object_agg(field, round(score::numeric, 12)) AS scores, count(*) AS rows
    FROM williams_explain(fields, 'r' || i, confidence)) AS e;
-- in one statement, in an order that changes the profile at every row
SELECT count(*), bool_and(williams_score(fields, 'r' || (CASE WHEN j < 3 THEN i ELSE 1 + i % 65 END), confidence) = williams_score_fields(fields, p.rules, confidence)) AS same
FROM generate_series(1, 3) AS j CROSS JOIN scored JOIN williams_profile AS p ON p.name = 'r' || (CASE WHEN j < 3 THEN i ELSE 1 + i % 65 END)
WHERE NOT bad AND i <= 500 AND confidence IS NULL;
-- A statement reads a profile once, however many there are,
BEGIN;
SELECT seq_scan + idx_scan AS scans FROM pg_stat_xact_user_tables WHERE relname = 'williams_profile' \gset
SELECT count(williams_score('{}', 'r' || i % 300)) FROM generate_series(1, 3000) AS i;
SELECT seq_scan + idx_scan - :scans AS scans FROM pg_stat_xact_user_tables WHERE relname = 'williams_profile';
COMMIT;
-- unless they take much memory: so do these names.
SELECT count(*), bool_and((williams_score(fields, name, confidence) = williams_score_fields(fields, p.rules, confidence)) IS NOT FALSE) AS same, count(p.rules)
FROM (SELECT CASE WHEN i % 2 = 0 THEN 'r' || i ELSE 'r' || repeat(i::text, 300000) END AS name, fields, confidence FROM scored WHERE NOT bad AND i <= 200) AS s LEFT JOIN williams_profile AS p USING (name);
DELETE FROM williams_profile WHERE name LIKE 'r%';

--
-- STABLE: a statement sees one version of a profile, the next statement the next
--
CREATE FUNCTION pg_temp.set_threshold(t numeric) RETURNS numeric LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE williams_profile SET rules = jsonb_build_object('fields', '{"a": null}'::jsonb, 'threshold', t) WHERE name = 'bill';
    RETURN t;
END $$;
SELECT pg_temp.set_threshold(0.5);
-- 0.5 for all rows, although the statement itself changes the profile before each of them
SELECT pg_temp.set_threshold(round(i / 10.0, 1)) AS set, e.threshold FROM generate_series(1, 3) AS i, LATERAL (SELECT threshold FROM williams_explain('{}', 'bill' || left('', i))) AS e;
SELECT threshold FROM williams_explain('{}', 'bill'::text);
-- One expression of PL/pgSQL, again and again: it sees its own changes, those of a subtransaction, and not those that were rolled back.
CREATE FUNCTION pg_temp.review() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (williams_score('{"a": "xy", "z": 1}', 'bill')).review;
END $$;
DO $$
DECLARE
    seen text[];
    also text[];
BEGIN
    FOR i IN 1..10 LOOP
        seen := seen || ((williams_score('{"a": "xy", "z": 1}', 'bill')).review)::text;   -- 0.85 is for review if the threshold is 0.9
        also := also || pg_temp.review();
        IF i = 1 THEN PERFORM pg_temp.set_threshold(0.9);
        ELSIF i = 2 THEN
            BEGIN
                PERFORM pg_temp.set_threshold(0.1);
                RAISE SQLSTATE 'UNDO0';
            EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
            END;
        ELSIF i = 3 THEN
            BEGIN
                PERFORM pg_temp.set_threshold(0.1);
            EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
            END;
        ELSIF i = 4 THEN DELETE FROM williams_profile WHERE name = 'bill';
        ELSIF i = 5 THEN INSERT INTO williams_profile (name, rules) VALUES ('bill', '{"fields": {"b": null, "a": null}}');
        ELSIF i = 6 THEN PERFORM pg_temp.set_threshold(0.9);
        ELSIF i = 7 THEN UPDATE williams_profile SET name = 'note' WHERE name = 'bill';
        ELSIF i = 8 THEN UPDATE williams_profile SET name = 'bill' WHERE name = 'note';
        END IF;
    END LOOP;
    RAISE NOTICE '%', seen;
    RAISE NOTICE 'the same in a STABLE function: %', seen = also;
    -- within a subtransaction that is rolled back, and after it
    seen := '{}';
    FOR i IN 1..4 LOOP
        BEGIN
            PERFORM pg_temp.set_threshold(CASE WHEN i % 2 = 0 THEN 0.1 ELSE 0.95 END);
            seen := seen || pg_temp.review();
            RAISE SQLSTATE 'UNDO0';
        EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
        END;
        seen := seen || pg_temp.review();
    END LOOP;
    RAISE NOTICE '%', seen;
END $$;
-- A procedure that commits
CREATE PROCEDURE pg_temp.commits() LANGUAGE plpgsql AS $$
DECLARE
    seen text[];
BEGIN
    FOR i IN 1..4 LOOP
        PERFORM pg_temp.set_threshold(CASE WHEN i % 2 = 0 THEN 0.1 ELSE 0.95 END);
        IF i < 3 THEN COMMIT; ELSE ROLLBACK; END IF;
        seen := seen || ((williams_score('{"a": "xy"}', 'bill')).review)::text;
    END LOOP;
    RAISE NOTICE '%', seen;
END $$;
CALL pg_temp.commits();
-- A cursor keeps what it saw when it was opened; a prepared statement does not.
PREPARE review AS SELECT (williams_score('{"a": "xy"}', 'bill')).review;
BEGIN;
DECLARE c CURSOR FOR SELECT (williams_score('{"a": "xy"}', 'bill')).review FROM generate_series(1, 3);
FETCH c;
SELECT pg_temp.set_threshold(0.95);
EXECUTE review;
FETCH c;
SAVEPOINT s;
FETCH c;
ROLLBACK TO s;
ROLLBACK;
EXECUTE review;
DEALLOCATE review;

--
-- williams_rules_version
--
SELECT rules, williams_rules_version(rules::jsonb) FROM unnest(ARRAY['{"fields": {"a": null}}', '{ "fields":{"a":null} }', '{"fields": {"a": "date"}}',
    '{"fields": {"a": null}, "threshold": 0.8}', '{"threshold": 0.80, "fields": {"a": null}}', '{}', 'null', '7', NULL]) AS rules;
-- the first 8 bytes of SHA-256 of the text
SELECT name, williams_rules_version(rules) = ('x' || left(encode(sha256(convert_to(rules::text, 'UTF8')), 'hex'), 16))::bit(64)::bigint AS right
FROM williams_shipped_profile ORDER BY name COLLATE "C";

--
-- williams_audit: a share of the keys, and more of them at a higher rate
--
SELECT rate, abs(avg(a::int) - rate) < 0.01 AS right FROM unnest('{0,0.001,0.02,0.5,0.98,1}'::float8[]) AS rate, generate_series(1, 20000) AS i, williams_audit('key ' || i, rate) AS a
GROUP BY rate ORDER BY rate;
SELECT count(*) AS not_monotone FROM generate_series(1, 5000) AS i, generate_series(0, 19) AS r
WHERE williams_audit(i::text, r / 20.0) AND NOT williams_audit(i::text, (r + 1) / 20.0);
SELECT key IS NULL AS key, rate, pg_temp.error_of(format('SELECT williams_audit(%L, %L)', key, rate)) AS error, CASE WHEN rate BETWEEN 0 AND 1 THEN williams_audit(key, rate) END AS audit
FROM (VALUES ('x', -0.1::float8), ('x', 1.1), ('x', 'NaN'), ('x', 'Infinity'), ('x', NULL), (NULL, 0.5), ('', 0), ('', 1)) AS v (key, rate);
-- not the choice of hash partitions or of hashtext
SELECT abs(corr((hashtextextended(i::text, 0) % 100)::float8, williams_audit(i::text, 0.3)::int)) < 0.03 AS uncorrelated FROM generate_series(1, 10000) AS i;
-- the start of a key counts
SELECT count(DISTINCT williams_audit(repeat('x', 999999) || i, 0.5)) AS last, count(DISTINCT williams_audit(repeat('x', 1000000) || i, 0.5)) AS beyond FROM generate_series(1, 30) AS i;

-- "audit" makes the same choice; what it chooses is not below its threshold.
CREATE TEMP TABLE audited AS
SELECT i, fields, confidence, williams_score_fields(fields, '{"fields": {"a": null, "b": null}, "audit": 0.1}', confidence) AS s,
       williams_score_fields(fields, '{"fields": {"a": null, "b": null}, "audit": 0.3}', confidence) AS more
FROM generate_series(1, 5000) AS i, LATERAL (SELECT jsonb_build_object('a', 'name ' || i, 'b', 'xy') AS fields, CASE WHEN i % 4 > 0 THEN jsonb_build_object('a', round(0.7 + i / 20000.0, 5)) WHEN i % 8 > 0 THEN '{"b": null, "c": 0.5}' END AS confidence) AS d;
SELECT bool_and((s).review @> '{b}' = williams_audit(fields::text, 0.1)) AS same_choice,
       bool_and(('a' = ANY ((s).review)) = (williams_audit(fields::text, 0.1) OR coalesce((confidence ->> 'a')::float8 < 0.8, false))) AS below,
       bool_and((s).review <@ (more).review) AS monotone, abs(avg(('b' = ANY ((s).review))::int) - 0.1) < 0.02 AS share FROM audited;
-- Documents with the same confidences are not chosen together.
SELECT abs(avg((review <> '{}')::int) - 0.1) < 0.02 AS share FROM generate_series(1, 5000) AS i,
    williams_score_fields(jsonb_build_object('a', 'name ' || i), '{"fields": {"a": null}, "audit": 0.1}', '{"a": 0.95}');
SELECT field, score, review, reasons FROM williams_explain('{"a": "xy", "b": "1 May", "c": "xy"}', '{"fields": {"a": null, "b": "date", "c": {"threshold": 0}, "d": {"threshold": 0}, "e": null}, "audit": 1}'::jsonb);
-- A few kB whose text would be longer than any string
SELECT s.review FROM (SELECT ('{"a": "xy", "b": [' || repeat('1e131000, ', 10000) || '0]}')::jsonb AS fields) AS d,
    unnest('{0,1}'::numeric[]) AS rate, williams_score_fields(fields, jsonb_build_object('fields', '{"a": null}'::jsonb, 'audit', rate)) AS s;

--
-- In parallel
--
DELETE FROM williams_profile WHERE name = 'bill';
INSERT INTO williams_profile (name, rules) VALUES ('bill', '{"fields": {"a": {"threshold": 0.9}, "b": "number"}, "audit": 0.2}');
CREATE TABLE scan AS SELECT i, jsonb_build_object('a', 'x' || i % 7, 'b', CASE WHEN i % 3 > 0 THEN i::text END) AS fields, jsonb_build_object('a', i % 100 / 100.0, 'b', 0.8) AS confidence,
    (ARRAY['bill', 'diploma', 'no such type', NULL])[1 + i % 4] AS type FROM generate_series(1, 10000) AS i;
ANALYZE scan;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
\i :abs_srcdir/common/plan_has.sql
\set query 'SELECT type, count(DISTINCT s) AS values, sum((s).overall::numeric) AS overall, sum(cardinality((s).review)) AS review FROM (SELECT type, williams_score(fields, type, confidence) AS s FROM scan OFFSET 0) AS s GROUP BY type ORDER BY type'
SET max_parallel_workers_per_gather = 2;
SELECT pg_temp.plan_has(:'query', 'Gather') AS gather;
CREATE TEMP TABLE parallel AS :query;
SELECT pg_temp.plan_has('SELECT count(*) FROM scan, williams_explain(fields, type, confidence) WHERE review', 'Gather') AS gather;
CREATE TEMP TABLE explained AS SELECT count(*), sum(cardinality(reasons)) FROM scan, williams_explain(fields, type, confidence) WHERE review;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS :query;
SELECT count(*) AS differ FROM (TABLE serial EXCEPT ALL TABLE parallel) AS d;
SELECT e = (SELECT (count(*), sum(cardinality(reasons))) FROM scan, williams_explain(fields, type, confidence) WHERE review) AS same FROM explained AS e;
SELECT type, values > 10 AS many, review > 1000 AS for_review FROM serial ORDER BY type COLLATE "C";
DROP TABLE scan;
DELETE FROM williams_profile WHERE name = 'bill';
