--
-- The view williams_shipped_profile has the profiles that come with the extension,
-- which cannot be changed. The table williams_profile has a user's own. Its rules
-- are checked when they are stored, and an error names the key at fault. PUBLIC
-- can read it; the extension's owner decides who can write.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

--
-- Shipped profiles
--
SELECT name, key AS field, value #>> '{}' AS format
FROM williams_shipped_profile, jsonb_each(rules -> 'fields') ORDER BY name, key COLLATE "C";
SELECT name, rules -> 'threshold' AS threshold, c.value AS "check"
FROM williams_shipped_profile LEFT JOIN LATERAL jsonb_array_elements(rules -> 'checks') WITH ORDINALITY AS c (value, i) ON true
ORDER BY name, i;
-- The shipped rules are well formed.
BEGIN;
INSERT INTO williams_profile TABLE williams_shipped_profile;
ROLLBACK;
SELECT pg_temp.error_of(command) AS error, command
FROM unnest(ARRAY[
    $$UPDATE williams_shipped_profile SET rules = '{"fields": {"a": null}}'$$,
    $$DELETE FROM williams_shipped_profile$$,
    $$INSERT INTO williams_shipped_profile VALUES ('own', '{"fields": {"a": null}}')$$]) AS command;

--
-- A user's own profiles
--
INSERT INTO williams_profile (name, rules) VALUES
    ('invoice', '{"fields": {"total": "number"}}'),
    ('permit', '{"fields": {"a": null, "b": "date", "c": "date"}, "threshold": 1,
                 "checks": [{"check": "ordered", "fields": ["b", "c"]}]}');
UPDATE williams_profile SET rules = jsonb_set(rules, '{threshold}', '0.5') WHERE name = 'invoice';
SELECT pg_temp.error_of(command) AS error, command
FROM unnest(ARRAY[
    $$UPDATE williams_profile SET rules = '{"fields": 1}' WHERE name = 'invoice'$$,
    $$INSERT INTO williams_profile (name, rules) VALUES ('invoice', '{"fields": {"a": null}}')$$,
    $$INSERT INTO williams_profile (name, rules) VALUES ('empty', NULL)$$,
    $$INSERT INTO williams_profile (name, rules) VALUES (NULL, '{"fields": {"a": null}}')$$]) AS command;
-- Rows are checked however they arrive.
INSERT INTO williams_profile (name, rules) VALUES ('invoice', '{"fields": {"due": "date"}}')
    ON CONFLICT (name) DO UPDATE SET rules = excluded.rules RETURNING name, rules;
MERGE INTO williams_profile AS p USING (VALUES ('invoice')) AS v (name) ON p.name = v.name
    WHEN MATCHED THEN UPDATE SET rules = '{"fields": {"sum": "number"}}';
\set SHOW_CONTEXT never
COPY williams_profile FROM stdin;
letter	{"fields": {"to": null, "from": null}}
invoice	{"fields": {"to": null}}
\.
COPY williams_profile FROM stdin;
letter	{"fields": {"to": null, "from": "Post"}}
\.
COPY williams_profile FROM stdin;
letter	{"fields": {"to": null, "from": null}}
\.
\set SHOW_CONTEXT errors
SELECT pg_temp.error_of(command) AS error, command
FROM unnest(ARRAY[
    $$INSERT INTO williams_profile (name, rules) VALUES ('invoice', '{"fields": {"a": null}}') ON CONFLICT (name) DO UPDATE SET rules = '{"fields": {"a": 1}}'$$]) AS command;
SELECT name, rules FROM williams_profile ORDER BY name COLLATE "C";
TRUNCATE williams_profile;

--
-- Malformed rules: each error names the key at fault
--
CREATE TEMP TABLE malformed (rules jsonb);
INSERT INTO malformed
SELECT rules::jsonb FROM unnest(ARRAY[
    '[]', '1', 'null', '"permit"', '{}',
    '{"fields": {"a": null}, "Threshold": 1}', '{"fields": {"a": null}, "": 1}',
    '{"fields": null}', '{"fields": []}', '{"fields": {}}', '{"fields": ["a"]}',
    '{"fields": {"a": null, "b": "Date"}}', '{"fields": {"a": 1}}', '{"fields": {"a": true}}',
    '{"fields": {"a": {"format": "day"}}}', '{"fields": {"a": {"format": "date", "threshold": 2}}}', '{"fields": {"a": {"Format": "date"}}}',
    '{"fields": {"a": {"threshold": null}}}', '{"fields": {"a": []}}', '{"fields": {"a": ""}}',
    '{"fields": {"a": null}, "audit": 2}', '{"fields": {"a": null}, "audit": "0.02"}', '{"fields": {"a": null}, "precision": 0.9}',
    '{"fields": {"a": null}, "threshold": 80}', '{"fields": {"a": null}, "threshold": -0.1}',
    '{"fields": {"a": null}, "threshold": "0.8"}', '{"fields": {"a": null}, "threshold": null}',
    '{"fields": {"a": null}, "threshold": 1e400}', '{"fields": {"a": null}, "checks": null}',
    '{"fields": {"a": null}, "checks": {}}', '{"fields": {"a": null}, "checks": ["mrz"]}',
    '{"fields": {"a": null}, "checks": [[]]}']) AS rules;
INSERT INTO malformed
SELECT jsonb_build_object('fields', '{"a": null, "b": "date", "c": "number"}'::jsonb, 'checks',
                          '[{"check": "range", "fields": ["a"], "min": 1}]'::jsonb || rules::jsonb)
FROM unnest(ARRAY[
    '{}', '{"check": null}', '{"check": "Length"}', '{"check": 7}',
    '{"check": "length"}', '{"check": "length", "fields": "a", "length": 1}', '{"check": "length", "fields": {"a": 1}, "length": 1}',
    '{"check": "length", "fields": [], "length": 1}', '{"check": "length", "fields": ["a", "d"], "length": 1}',
    '{"check": "length", "fields": ["a", 1], "length": 1}', '{"check": "length", "fields": ["a", "b", "a"], "length": 1}',
    '{"check": "length", "fields": ["a"]}', '{"check": "length", "fields": ["a"], "length": -1}',
    '{"check": "length", "fields": ["a"], "length": 1.5}', '{"check": "length", "fields": ["a"], "length": "44"}',
    '{"check": "length", "fields": ["a"], "length": 1e30}', '{"check": "length", "fields": ["a"], "length": 1, "min": 1}',
    '{"check": "length", "fields": ["a"], "length": 1, "factor": 1.5}', '{"check": "length", "fields": ["a"], "length": 1, "factor": null}',
    '{"check": "length", "fields": ["a"], "length": 1, "Factor": 0.5}',
    '{"check": "range", "fields": ["a"]}', '{"check": "range", "fields": ["a"], "min": 2, "max": 1}',
    '{"check": "range", "fields": ["a"], "min": "2"}', '{"check": "range", "fields": ["a"], "max": null}',
    '{"check": "range", "fields": ["a"], "max": 1e400}', '{"check": "range", "fields": ["a"], "max": 1, "pattern": "x"}',
    '{"check": "pattern", "fields": ["a"]}', '{"check": "pattern", "fields": ["a"], "pattern": 1}',
    '{"check": "pattern", "fields": ["a"], "pattern": "(x"}', '{"check": "pattern", "fields": ["a"], "pattern": "x{2,1}"}',
    '{"check": "ordered", "fields": ["a"]}', '{"check": "ordered", "fields": ["a", "b"], "length": 1}',
    '{"check": "mrz", "fields": ["a"]}', '{"check": "mrz", "fields": ["a", "b", "c"]}',
    '{"check": "mrz", "fields": ["a", "b"], "max": 3}']) AS rules;
SELECT pg_temp.error_of(format('INSERT INTO williams_profile (name, rules) VALUES (%L, %L)', 'bad', rules)) AS error,
       left(coalesce(rules #> '{checks,1}', rules)::text, 80) AS at_fault
FROM malformed;
-- williams_score_fields raises the same errors.
SELECT count(*) FILTER (WHERE stored IS DISTINCT FROM scored) AS differ, count(DISTINCT left(scored, 5)) AS codes
FROM (SELECT pg_temp.error_of(format('INSERT INTO williams_profile (name, rules) VALUES (%L, %L)', 'bad', rules)) AS stored,
             pg_temp.error_of(format('SELECT williams_score_fields(NULL, %L)', rules)) AS scored FROM malformed) AS v;
SELECT count(*) FROM williams_profile;

--
-- Privileges
--
CREATE ROLE williams_clerk;
CREATE ROLE williams_author;
SET ROLE williams_clerk;
SELECT (SELECT count(*) FROM williams_profile) AS own, (SELECT count(*) FROM williams_shipped_profile) AS shipped;
SELECT pg_temp.error_of($$INSERT INTO williams_profile (name, rules) VALUES ('x', '{"fields": {"a": null}}')$$);
SELECT pg_temp.error_of('DELETE FROM williams_profile');
SELECT pg_temp.error_of('GRANT INSERT ON williams_profile TO williams_author');
RESET ROLE;
GRANT INSERT, UPDATE, DELETE ON williams_profile TO williams_author;
SET ROLE williams_author;
INSERT INTO williams_profile (name, rules) VALUES ('x', '{"fields": {"a": null}}');
SELECT pg_temp.error_of($$INSERT INTO williams_profile (name, rules) VALUES ('y', '{"fields": {"a": 1}}')$$);
DELETE FROM williams_profile WHERE name = 'x';
RESET ROLE;
REVOKE INSERT, UPDATE, DELETE ON williams_profile FROM williams_author;
DROP ROLE williams_clerk, williams_author;

-- The trigger function is only for tables like williams_profile.
CREATE TABLE other (name text, rules json);
CREATE TRIGGER check_it BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION williams_check_profile();
SELECT pg_temp.error_of('INSERT INTO other VALUES (1, 1::text::json)');
ALTER TABLE other ALTER rules TYPE jsonb;
INSERT INTO other VALUES ('x', '{"fields": {"a": null}}');
SELECT pg_temp.error_of($$INSERT INTO other VALUES ('x', '{"fields": {"a": 1}}')$$);
CREATE TRIGGER check_late AFTER UPDATE ON other FOR EACH ROW EXECUTE FUNCTION williams_check_profile();
CREATE TRIGGER check_gone BEFORE DELETE ON other FOR EACH ROW EXECUTE FUNCTION williams_check_profile();
CREATE TRIGGER check_all BEFORE TRUNCATE ON other FOR EACH STATEMENT EXECUTE FUNCTION williams_check_profile();
SELECT pg_temp.error_of(command) AS error, command FROM unnest(ARRAY['UPDATE other SET name = 1', 'DELETE FROM other', 'TRUNCATE other']) AS command;
SELECT pg_temp.error_of('SELECT williams_check_profile()');
DROP TABLE other;
