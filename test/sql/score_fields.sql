--
-- williams_score_fields: examples of each rule, worked out by hand; MRZ check
-- digits; the script; generated columns and indexes. parity.py compares random
-- documents with another implementation of the rules.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

CREATE FUNCTION pg_temp.score(value jsonb, format text = NULL, confidence numeric = NULL, script text = NULL, checks jsonb = '[]')
RETURNS text LANGUAGE sql AS $$
    SELECT (s.scores ->> 'f') || CASE WHEN s.review = '{f}' THEN ' review' WHEN s.review <> '{}' THEN ' ?' ELSE '' END
    FROM williams_score_fields(jsonb_build_object('f', value),
                               jsonb_build_object('fields', jsonb_build_object('f', format), 'checks', checks),
                               jsonb_build_object('f', confidence), script) AS s
$$;

--
-- Rule 1: a missing field scores 0; others start at the engine's confidence, or at 0.85
--
SELECT value, pg_temp.score(value::jsonb) AS score, pg_temp.score(value::jsonb, confidence => 0.9) AS engine
FROM unnest(ARRAY['null', '""', '" "', '"\t\u00a0\u3000"', '{}', '[]', '[null, " "]', '{"a": {"b": ""}}',
                  '"xy"', '0.5', 'true', 'false', '["x"]', '{"a": {"b": 1}}']) AS value;
SELECT (williams_score_fields('{"g": "xy"}', '{"fields": {"f": null}}')).*;
SELECT fields, (williams_score_fields(fields::jsonb, '{"fields": {"f": null, "gg": "date", "a": null}}')).*
FROM unnest(ARRAY[NULL, '{}', 'null', '[]', '["f"]', '"f"', '7']) AS fields;
SELECT pg_temp.score('"xy"', confidence => c) AS score, c FROM unnest('{0,0.123456789,0.7999,0.8,1,NULL}'::numeric[]) AS c;

-- The text of an object or array is the one that ->> returns.
SELECT value, pg_temp.score(value::jsonb, checks => jsonb_build_array(
    jsonb_build_object('check', 'length', 'fields', '["f"]'::jsonb, 'length', length(value::jsonb::text), 'factor', 0),
    jsonb_build_object('check', 'pattern', 'fields', '["f"]'::jsonb, 'pattern', '***=' || value::jsonb::text, 'factor', 0))) AS score
FROM unnest(ARRAY['{"a": 1}', '["x"]', '[1, [2, []], {}, {"b": [], "a": {"c": null}}, "\"\\\n\u0001é"]',
                  '{"": "", "\"": [1.50, -2e3, true], "é": {"a": false}, "z": null}']) AS value;

--
-- Rule 2: formats
--
SELECT value, pg_temp.score(to_jsonb(value), 'date') AS score
FROM unnest(ARRAY['2024-02-29', '9999-99-99', '2024-2-29', '24-02-29', ' 2024-02-29', '2024-02-29 ', E'2024-02-29\n',
                  '2024/02/29', '2024-02-2x', '2024-02-290', '٢٠٢٤-٠٢-٢٩']) AS value;
SELECT value, pg_temp.score(to_jsonb(value), 'number') AS score
FROM unnest(ARRAY['12', '-12', '+1.5', '1.', '.5', '1,234.50', ' 12 ', E'\u00a012\n', ',1,2,', '- 12', '12 12', '1e5', '1.2.3',
                  '.x', '..', '+-1', '1-', '1+1', ',,', '+.', '$12', '12€', '١٢', '1 .']) AS value;
SELECT value, pg_temp.score(value::jsonb, 'number') AS number, pg_temp.score(value::jsonb, 'alphanumeric') AS alphanumeric
FROM unnest(ARRAY['12', '-1.50', '1e3', 'true', '[12]', '{"a": 12}']) AS value;
SELECT value, pg_temp.score(to_jsonb(value), 'alphanumeric') AS score
FROM unnest(ARRAY['AB12', 'ab12', '12', 'AB-12', 'AB 12', ' AB12', 'ÄB12', 'AB١٢']) AS value;

--
-- Rule 3: the script, as an argument and detected
--
SELECT script, pg_temp.score('"abcd"', confidence => 0.9, script => script) AS score
FROM unnest('{arabic,cjk,latin,NULL}'::text[]) AS script;
SELECT pg_temp.error_of(format('SELECT pg_temp.score(''"xy"'', script => %L)', script)) AS error
FROM unnest('{Arabic,han,""}'::text[]) AS script;
SELECT s.script, s.scores, doc
FROM (VALUES ('{"f": "محمد علي"}'), ('{"f": "山田太郎"}'), ('{"f": "Žižek"}'), ('{"f": "Москва"}'), ('{"f": "Москва 1"}'),
             ('{"f": "اب12"}'), ('{"f": "اب123"}'), ('{"f": "山م"}'), ('{"f": "ab", "g": "山田太郎"}'), ('{"f": "ab", "x": "山田太郎"}'),
             ('{"f": "МоскваМоскваМоскваМ山"}'), ('{"f": "Москва山"}'), ('{"f": "МоскваМос山"}'), ('{"f": ["山田"]}'), ('{"f": "\ufdf2\ufe8d"}'),
             ('{"f": "ɏɐ"}'), ('{"f": "\u0001\u0002"}'), ('{}')) AS v (doc),
     williams_score_fields(doc::jsonb, '{"fields": {"f": null, "g": null}}') AS s;

--
-- Rule 4: a trimmed value shorter than two characters
--
SELECT value, pg_temp.score(to_jsonb(value), confidence => 0.9, script => 'latin') AS score
FROM unnest(ARRAY['x', ' x ', E'\u3000x', 'xy', 'x y', ' xy', 'é', 'éé', '山', '山山', 'x山']) AS value;
SELECT pg_temp.score('7', confidence => 0.9) AS one_digit, pg_temp.score('42') AS two;

--
-- Rules 6 and 7: the threshold; the multiplier of the fields present, 0.857071 for two, 0.855464 for three
--
SELECT overall, multiplier, num_fields, review, scores
FROM williams_score_fields('{"a": "xx", "b": "yy", "c": "", "d": "not asked for"}',
                           '{"fields": {"a": null, "b": null, "c": null}}', '{"a": 1, "b": 0.7, "c": 0.9, "d": 7}');
-- jsonb's order of keys: by length, then by bytes
SELECT review FROM williams_score_fields('{}', '{"fields": {"bb": null, "b": null, "a": null, "B": null, "aaa": null, "é": null}}');
-- Scores are clamped: 1 + 0.10 becomes 1, and 0 - 0.15 - 0.05 - 0.10 becomes 0.
SELECT pg_temp.score('"2024-01-01"', 'date', 1) AS above, pg_temp.score('"x"', 'date', 0, 'arabic') AS below;
-- The multiplier is applied to the mean of the scores, after these are clamped.
SELECT scores, review, overall FROM williams_score_fields('{"a": "2024-01-01", "b": "yy"}', '{"fields": {"a": "date", "b": null}}', '{"a": 1}');
-- The threshold is compared with the score; 0.85 - 0.05 is not below 0.8.
SELECT scores, review FROM williams_score_fields('{"a": "xx", "b": "yy"}', '{"fields": {"a": null, "b": null}}', NULL, 'arabic');
SELECT t AS threshold, (williams_score_fields('{"a": "xx", "b": "yy"}', jsonb_build_object('fields', '{"a": null, "b": null}'::jsonb, 'threshold', t),
                                              '{"a": 0.9}')).review
FROM unnest('{0,0.85,0.86,0.9,0.9001,1}'::numeric[]) AS t;

--
-- Rule 5: checks
--
SELECT value, pg_temp.score(value::jsonb, 'number', checks => '[{"check": "range", "fields": ["f"], "min": 10, "max": 20, "factor": 0.8}]') AS score
FROM unnest(ARRAY['10', '20', '"1,5"', '9.99', '20.01', '"-15"', '"abc"', 'true', '"1,000,000.00"', 'null', '[15]']) AS value
UNION ALL
SELECT left(value, 12), pg_temp.score(to_jsonb(value), 'number', checks => '[{"check": "range", "fields": ["f"], "min": 10}]')
FROM unnest(ARRAY[repeat('9', 100), repeat('9', 400), repeat('0', 100) || '.1']) AS value;
SELECT value, pg_temp.score(to_jsonb(value), checks => '[{"check": "length", "fields": ["f"], "length": 3, "factor": 0.7}]') AS score
FROM unnest(ARRAY['abc', 'ab', 'abcd', ' ab', '山田太', 'ab ']) AS value;
SELECT value, pg_temp.score(to_jsonb(value), checks => '[{"check": "pattern", "fields": ["f"], "pattern": "^\\d{8}$", "factor": 0.6}]') AS score
FROM unnest(ARRAY['12345678', '1234567', '12345678 ', E'12345678\n', '١٢٣٤٥٦٧٨']) AS value;
-- A pattern may match anywhere, in any script, under the collation "C".
SELECT pattern, pg_temp.score('"Straße 7"', checks => jsonb_build_array(jsonb_build_object('check', 'pattern', 'fields', '["f"]'::jsonb, 'pattern', pattern))) AS score
FROM unnest(ARRAY['aß', '(?i)STRA', '(?i)STRASSE', '^.{8}$', '\mStra', '^\w+ ', '']) AS pattern;
-- Each pair of neighbours that is out of order fails; the middle of two such pairs fails twice.
SELECT a, b, c, round(((s.scores -> 'a')::float8 / 0.95)::numeric, 6) AS a, round(((s.scores -> 'b')::float8 / 0.95)::numeric, 6) AS b, round(((s.scores -> 'c')::float8 / 0.95)::numeric, 6) AS c, s.review
FROM (VALUES ('2001-01-01', '2002-01-01', '2003-01-01'), ('2002-01-01', '2001-01-01', '2003-01-01'), ('2003-01-01', '2002-01-01', '2001-01-01'),
             ('2001-01-01', '2001-01-01', '2003-01-01'), ('2003-01-01', NULL, '2001-01-01'), ('2003-01-01', 'June', '2001-01-01'),
             ('2001-01-01', '1 June', NULL)) AS v (a, b, c),
     williams_score_fields(jsonb_build_object('a', a, 'b', b, 'c', c), '{"fields": {"a": "date", "b": "date", "c": "date"},
                           "checks": [{"check": "ordered", "fields": ["a", "b", "c"], "factor": 0.5}]}') AS s;
-- The factors of several checks multiply: 0.85 * 0.5 * 0.7 * 0.5.
SELECT pg_temp.score('"abc"', checks => '[{"check": "range", "fields": ["f"], "max": 1, "factor": 0.9}, {"check": "length", "fields": ["f"], "length": 1, "factor": 0.7},
                                         {"check": "pattern", "fields": ["f"], "pattern": "z"}]');

--
-- MRZ: the specimen of ICAO 9303, and variants with each character of line 2 misread
--
CREATE FUNCTION pg_temp.mrz(line1 text, line2 text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN (scores -> 'b')::float8 = 0.85 THEN 'holds' ELSE 'fails' END
    FROM williams_score_fields(jsonb_build_object('a', line1, 'b', line2),
                               '{"fields": {"a": null, "b": null}, "checks": [{"check": "mrz", "fields": ["a", "b"]}]}') AS s
$$;
CREATE TEMP TABLE specimen AS
SELECT rpad('P<UTOERIKSSON<<ANNA<MARIA', 44, '<') AS line1, 'L898902C36UTO7408122F1204159ZE184226B<<<<<10' AS line2;
SELECT what, pg_temp.mrz(l1, l2) AS mrz
FROM specimen, LATERAL (VALUES
    ('specimen', line1, line2), ('line 1 is missing: alone', NULL, line2), ('short line 1', left(line1, 43), line2), ('short line 2', line1, left(line2, 43)),
    ('a visa', 'V' || substr(line1, 2), line2), ('lower case', lower(line1), line2), ('lower case', line1, lower(line2)), ('a space', replace(line1, 'ANNA<', 'ANNA '), line2),
    ('no personal number, 0', line1, 'L898902C36UTO7408122F1204159<<<<<<<<<<<<<<08'),
    ('no personal number, <', line1, 'L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<8'),
    ('no personal number, 1', line1, 'L898902C36UTO7408122F1204159<<<<<<<<<<<<<<18'),
    ('a personal number, no digit', line1, 'L898902C36UTO7408122F1204159ZE184226B<<<<<<0'),
    ('nothing but fillers', line1, repeat('<', 44)), ('O for 0', line1, replace(line2, 'L898902C', 'L8989O2C')), ('swapped', line1, replace(line2, 'L898902C', 'L898920C')),
    ('two documents', line1, 'L898902C36UTO7408122F1204159ZE184226B<<<<<11')) AS v (what, l1, l2);
-- Any one character that is misread by 1 is found, except in nationality and sex, which have no check digit.
SELECT string_agg(i::text, ' ' ORDER BY i) AS not_found
FROM specimen, generate_series(1, 44) AS i
WHERE pg_temp.mrz(line1, overlay(line2 PLACING translate(substr(line2, i, 1), '0123456789<ABCDEFGHIJKLMNOPQRSTUVWXYZ', '12345678901BCDEFGHIJKLMNOPQRSTUVWXYZA') FROM i)) = 'holds';

-- A whole passport that passes all checks.
SELECT round(overall::numeric, 6) AS overall, round(multiplier::numeric, 6) AS multiplier, num_fields, s.script, review, scores
FROM specimen, williams_shipped_profile AS p,
     williams_score_fields(jsonb_build_object('surname', 'ERIKSSON', 'given_names', 'ANNA MARIA', 'passport_number', 'L898902C3', 'nationality', 'UTO',
         'date_of_birth', '1974-08-12', 'place_of_birth', 'ZENITH', 'sex', 'F', 'date_of_issue', '2007-04-16', 'date_of_expiry', '2012-04-15',
         'issuing_authority', 'PASSPORT OFFICE', 'mrz_line1', line1, 'mrz_line2', line2), p.rules, '{"sex": 0.91}') AS s
WHERE p.name = 'passport';

--
-- Confidences and NULLs
--
SELECT pg_temp.error_of(format('SELECT williams_score_fields(''{"a": "x", "b": ""}'', ''{"fields": {"a": null, "b": null}}'', %L)', confidence)) AS error, confidence
FROM unnest(ARRAY['{"a": 7}', '{"a": -0.1}', '{"a": 1e400}', '{"a": "0.9"}', '{"a": true}', '{"a": [0.9]}', '0.9', '[]', 'null', '"x"',
                  '{}', '{"a": null}', '{"b": 7}', '{"c": 7}']) AS confidence;
SELECT williams_score_fields('{"a": 1}', NULL) IS NULL AS no_rules,
       williams_score_fields('{"a": 1}', '{"fields": {"a": null}}') = williams_score_fields('{"a": 1}', '{"fields": {"a": null}}', NULL, NULL) AS defaults;

-- A query with more rules than are cached: plain, compressed and out of line.
CREATE TEMP TABLE many AS
SELECT i, jsonb_build_object('fields', (SELECT jsonb_object_agg('f' || f, CASE WHEN f % i = 0 THEN 'number' END) FROM generate_series(1, i * i * 20) AS f)) AS rules
FROM generate_series(1, 12) AS i;
SELECT count(*), count(DISTINCT s.overall) AS different,
       bool_and(abs(s.overall - CASE WHEN d % m.i = 0 THEN 0.95 ELSE 0.85 END / (m.i * m.i * 20)) < 1e-15) AS right
FROM generate_series(1, 20) AS d, many AS m, williams_score_fields(jsonb_build_object('f' || d, 12), m.rules) AS s;

--
-- In a generated column and an index
--
CREATE TABLE scan (
    id int PRIMARY KEY, fields jsonb, confidence jsonb,
    score williams_field_score GENERATED ALWAYS AS (williams_score_fields(fields, '{"fields": {"zip": "number", "city": null}}', confidence)) STORED);
CREATE INDEX scan_overall ON scan (((williams_score_fields(fields, '{"fields": {"zip": "number"}}')).overall));
INSERT INTO scan SELECT i, jsonb_build_object('zip', CASE WHEN i % 50 = 0 THEN i || 'x' ELSE lpad(i::text, 5, '0') END, 'city', 'A' || i), '{"zip": 0.7, "city": 0.9}'
FROM generate_series(1, 5000) AS i;
INSERT INTO scan VALUES (0, NULL, NULL);
SELECT id, (score).review, (score).scores FROM scan WHERE id IN (0, 1, 50) ORDER BY id;
ANALYZE scan;
SET enable_seqscan = off;
\i :abs_srcdir/common/plan_has.sql
SELECT pg_temp.plan_has($$SELECT FROM scan WHERE (williams_score_fields(fields, '{"fields": {"zip": "number"}}')).overall < 0.8$$, 'scan_overall') AS uses_index,
       (SELECT count(*) FROM scan WHERE (williams_score_fields(fields, '{"fields": {"zip": "number"}}')).overall < 0.8) AS found,
       (SELECT count(*) FROM scan WHERE 'zip' = ANY ((score).review)) AS plainly;
RESET enable_seqscan;
DROP TABLE scan;
