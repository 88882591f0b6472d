--
-- Dashboards: which columns are read, what a refresh computes from them, under which day
-- and type; what can go wrong in rows. Values are compared with test/common/dashboard.sql.
-- Rights and errors are in report_dashboard_rights, random changes in
-- report_dashboard_property.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
\i :abs_srcdir/common/dashboard.sql
SET client_min_messages = error;
SET timezone = 'UTC';
SET datestyle = ISO;
CREATE SCHEMA report_dashboard;
SET search_path = report_dashboard, public;
\i :abs_srcdir/common/collations.sql

--
-- The columns are those of the trigger that scores the table
--
INSERT INTO williams_profile (name, rules) VALUES ('report_dashboard_permit', '{"fields": {"number": "alphanumeric", "entered": "date", "cost": "number"}, "audit": 0.2}');
CREATE TABLE result (id int PRIMARY KEY, received timestamptz NOT NULL, kind text, doc jsonb, engine jsonb, seen text[], confidence float8, score float8, scores jsonb, review text[], reasons jsonb, version bigint, raw jsonb, taken text[]);
CREATE INDEX ON result (received);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON result FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'engine_confidence=engine',
    'profile_column=kind', 'verified=seen', 'score=score', 'scores=scores', 'review=review', 'reasons=reasons', 'profile_version=version');
CREATE VIEW result_plain AS SELECT received AS at, kind AS type, score, scores, review, reasons, seen AS verified, taken AS accepted, doc AS fields, raw AS as_read, engine, version FROM result;
SELECT williams_create_dashboard('result', at => 'received', as_read => 'raw', accepted => 'taken');
SELECT relname, relkind, obj_description(c.oid, 'pg_class') ~ '^dashboard: .+' AS commented, pg_get_userbyid(relowner) = current_user AS own,
    (SELECT count(*) FROM pg_attribute a WHERE attrelid = c.oid AND attnum > 0 AND col_description(c.oid, attnum) !~ '^.{5,}') AS without_comment FROM pg_class c
WHERE relnamespace = 'report_dashboard'::regnamespace AND relname LIKE 'result\_daily%' AND relkind <> 'i' ORDER BY relname;
SELECT tgname, tgenabled, obj_description(oid, 'pg_trigger') ~ '^dashboard: .+' AS commented, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'result'::regclass AND tgname <> 'score' ORDER BY tgname;
SELECT (SELECT count(*) FROM result_daily_dashboard) AS empty, williams_refresh_dashboard('result_daily') AS none, williams_refresh_dashboard('result_daily') AS again;
INSERT INTO result (id, received, kind, doc, engine)
SELECT i, '2026-10-01 22:30+00'::timestamptz + i % 5 * interval '1 hour', (ARRAY['report_dashboard_permit', 'letter', NULL])[1 + i % 3],
    jsonb_build_object('number', CASE WHEN i % 4 = 0 THEN 'B-' || i ELSE 'B' || i END, 'entered', CASE WHEN i % 5 = 0 THEN 'O1 May' ELSE '2026-05-01' END, 'cost', i),
    CASE WHEN i % 7 <> 0 THEN jsonb_build_object('number', round(i * 37 % 101 / 100.0, 2), 'cost', 0.95) END FROM generate_series(1, 400) AS i;
-- what was read, and what would have been accepted, is known before clerks come
UPDATE result SET raw = doc, taken = ARRAY(SELECT jsonb_object_keys(scores) EXCEPT SELECT unnest(review));
UPDATE result SET seen = ARRAY(SELECT jsonb_object_keys(scores)), doc = doc || '{"entered": "2026-05-01", "number": "B77"}' WHERE id % 3 = 0 AND id % 10 <> 0;
UPDATE result SET seen = '{number}' WHERE id % 10 = 0;
SELECT everything, day, document_type FROM result_daily_changes ORDER BY 1, 2, 3;
SELECT williams_refresh_dashboard('result_daily'), count(*) FROM result_daily_changes;
SELECT pg_temp.wrong_rows('result_daily', 'result_plain', 'UTC');
SELECT day, document_type, documents, for_review, checked, accepted, fields, fields_for_review, fields_checked, audited, wrong, without_profile, without_confidence, fallback, availability FROM result_daily_dashboard ORDER BY 1, 2;
-- the comparison notices each column that is wrong: not even the last bit may differ
SELECT c AS "column", pg_temp.error_of(format('DO $d$ BEGIN UPDATE result_daily SET %1$I = %2$s WHERE (day, document_type) = (''2026-10-01'', ''letter''); ASSERT pg_temp.wrong_rows(''result_daily'', ''result_plain'', ''UTC'') = 2, ''not noticed''; RAISE ''noticed''; END $d$', c, v)) AS error
FROM (VALUES ('document_type', '''l''::text'), ('document_type', '''(none)'''), ('documents', 'documents + 1'), ('for_review', 'for_review - 1'), ('checked', 'checked + 1'), ('fields_for_review', '0'), ('without_profile', 'without_profile - 1'), ('fallback', 'fallback - 1'), ('reasons', 'NULL'), ('reasons', 'reasons || ''{"x": 1}'''), ('scores', 'scores + scores'), ('field_scores', 'scores'), ('calibration', 'calibration + calibration'), ('engine_calibration', 'calibration'), ('audit', 'calibration')) AS v (c, v);

--
-- Each column by name; and no more than a time, without any trigger
--
CREATE TABLE bare (created_at date);
SELECT williams_create_dashboard('bare');
INSERT INTO bare VALUES ('2026-10-01'), ('2026-10-01'), (NULL), ('infinity'), ('-infinity'), ('2024-02-29');
SELECT williams_refresh_dashboard('bare_daily');
SELECT "time", day, document_type, documents, for_review, checked, accepted, fields, fields_for_review, fields_checked, audited, wrong, fallback, reasons, williams_count(scores) AS scores, williams_count(calibration) AS calibration, throughput * 86400 AS a_day, confidence_accuracy, availability, fallback_rate FROM bare_daily_dashboard ORDER BY 1, 2;
-- the trigger has one profile, names win over it, and two triggers say nothing
CREATE TABLE one (created_at timestamp, doc jsonb, score float8, mine numeric, confidence float8, flag boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON one FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'profile=report_dashboard_permit', 'score=score', 'review=flag');
SELECT williams_create_dashboard('one'), williams_create_dashboard('one', score => 'mine', rollup => 'one_mine');
CREATE TRIGGER second BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'confidence=confidence');
SELECT williams_create_dashboard('one', rollup => 'one_bare');
INSERT INTO one SELECT '2026-10-25 01:00'::timestamp + i * interval '30 minutes', jsonb_build_object('number', i, 'entered', '2026-05-01', 'cost', repeat('x', i % 3)), NULL, i / 100.0 FROM generate_series(1, 100) AS i;
SELECT williams_refresh_dashboard('one_daily') AS daily, williams_refresh_dashboard('one_mine') AS mine, williams_refresh_dashboard('one_bare') AS bare;
SELECT d.day, d.document_type, b.document_type AS bare, d.documents, d.for_review, d.for_review = right_review AS flagged, d.accepted, d.fields_for_review AS fields, b.for_review AS bare_review,
    d.scores = right_scores AS scores, m.scores = right_mine AS mine, williams_count(b.scores) AS bare_scores, williams_count(d.scores) AS n
FROM one_daily_dashboard d JOIN one_mine_dashboard m USING (day) JOIN one_bare_dashboard b USING (day)
JOIN (SELECT created_at::date AS day, count(*) FILTER (WHERE flag) AS right_review, williams_scorecard_agg(score::float8) AS right_scores, williams_scorecard_agg(mine::float8) AS right_mine FROM one GROUP BY 1) AS r USING (day) ORDER BY day;
-- the truth in a column of its own: fields are what was read, and all that it says is checked
CREATE TABLE truth (created_at timestamptz, scores jsonb, fields jsonb, truth jsonb);
SELECT williams_create_dashboard('truth', scores => 'scores', fields => 'fields', truth => 'truth');
INSERT INTO truth VALUES ('2026-10-01', '{"a": 0.5, "b": 0.75, "c": 0.1}', '{"a": "x", "b": "y", "c": "z"}', '{"a": "X ", "b": "no"}'), ('2026-10-01', '{"a": 0.25}', '{"a": "x"}', NULL),
    ('2026-10-01', '{"a": 0.25}', '{"a": "x"}', '{"a": null}'), ('2026-10-01', '{"a": 1}', '{"a": "x"}', '["a"]'), ('2026-10-01', '{"a": 1}', '{"a": "x"}', '7'), ('2026-10-01', '7', '{"a": "x"}', '{"a": "x"}');
SELECT williams_refresh_dashboard('truth_daily');
SELECT documents, checked, accepted, fields, fields_checked, confidence_accuracy, williams_brier(calibration) = ((1 - 0.5) ^ 2 + 0.75 ^ 2 + 0.25 ^ 2) / 3 AS brier, audited, wrong, engine_calibration = williams_calibration_agg(NULL::float8, NULL) AS empty
FROM truth_daily_dashboard GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, engine_calibration;

--
-- Types of documents: each kind of column, none and the empty one apart
--
CREATE TYPE kind AS ENUM ('bill', 'Bill', 'letter');
CREATE DOMAIN short AS varchar(10) CHECK (value <> 'x');
CREATE TABLE types (at timestamptz, e kind, d short, i smallint, t text COLLATE of_any_case);
SELECT williams_create_dashboard('types', at => 'at', document_type => c, rollup => 'types_' || c) FROM unnest('{e,d,i,t}'::name[]) AS c;
INSERT INTO types VALUES ('2026-10-01', 'bill', 'bill', 1, 'bill'), ('2026-10-01', 'Bill', 'Bill', -1, 'Bill'), ('2026-10-01', NULL, NULL, NULL, NULL), ('2026-10-01', NULL, '', NULL, ''), ('2026-10-01', 'letter', '(none)', 0, '(none)'), ('2026-10-01', 'letter', ' ', 0, ' '),
    (NULL, NULL, NULL, NULL, NULL), (NULL, NULL, '', NULL, ''), ('infinity', 'bill', '', 1, 'BILL');
SELECT williams_refresh_dashboard('types_e') AS e, williams_refresh_dashboard('types_d') AS d, williams_refresh_dashboard('types_i') AS i, williams_refresh_dashboard('types_t') AS t;
SELECT c, day, '<' || document_type || '>' AS type, documents FROM (SELECT 'e' AS c, * FROM types_e UNION ALL SELECT 'd', * FROM types_d UNION ALL SELECT 'i', * FROM types_i UNION ALL SELECT 't', * FROM types_t) AS u ORDER BY c, day, document_type;
UPDATE types SET e = 'Bill', d = 'Bill', i = 2, t = 'Bill' WHERE at = '2026-10-01' AND e = 'bill';
DELETE FROM types WHERE at IS NULL AND d = '';
UPDATE types SET at = '-infinity' WHERE at = 'infinity';
SELECT williams_refresh_dashboard('types_e') AS e, williams_refresh_dashboard('types_d') AS d, williams_refresh_dashboard('types_i') AS i, williams_refresh_dashboard('types_t') AS t;
SELECT 'e' AS c, day, '<' || document_type || '>' AS type, documents FROM types_e UNION ALL SELECT 't', day, '<' || document_type || '>', documents FROM types_t ORDER BY 1, 2, 3;
-- a type that would not fit into an index is cut, at a character
INSERT INTO types (at, t) SELECT '2026-11-01', repeat('é', 499) || chr(8364) || x || (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) AS i) FROM unnest('{a,b}'::text[]) AS x;
SELECT williams_refresh_dashboard('types_t');
SELECT day, length(document_type), octet_length(document_type), right(document_type, 1) AS last, documents FROM types_t WHERE day = '2026-11-01';
UPDATE types SET t = 'short' WHERE substr(t, 501, 1) COLLATE "C" = 'b';
SELECT williams_refresh_dashboard('types_t');
SELECT length(document_type), documents FROM types_t WHERE day = '2026-11-01' ORDER BY 1;
-- a value of an enum that is renamed is not noted
ALTER TYPE kind RENAME VALUE 'letter' TO 'note';
SELECT williams_refresh_dashboard('types_e'), williams_refresh_dashboard('types_e', true);
SELECT string_agg(DISTINCT document_type, ' ' ORDER BY document_type) FROM types_e;
-- types whose text depends on settings are refused
CREATE TABLE vague (at timestamptz, d date, f float8, n bytea, r regclass, c char(5), b boolean, m money);
SELECT c, pg_temp.error_of(format('SELECT williams_create_dashboard(%L, at => %L, document_type => %L)', 'vague', 'at', c)) AS error FROM unnest('{d,f,n,r,c,b,m}'::text[]) AS c;

--
-- Days: time zones with summer time, half hours, and far from the session's
--
CREATE TABLE zone (at timestamptz, t text);
SELECT williams_create_dashboard('zone', at => 'at', document_type => 't', time_zone => zone, rollup => 'zone_' || n)
FROM (VALUES (1, 'Europe/Amsterdam'), (2, 'Asia/Kolkata'), (3, 'Pacific/Kiritimati'), (4, 'America/Sao_Paulo'), (5, 'America/Havana'), (6, 'America/St_Johns'), (7, NULL), (8, '<-09>9'), (9, 'Pacific/Kwajalein'), (10, 'Pacific/Apia')) AS v (n, zone);
SET timezone = 'America/New_York';
INSERT INTO zone SELECT t, 'x' FROM generate_series('2026-03-27 00:00+00'::timestamptz, '2026-03-31 00:00+00', '15 minutes') AS t;
INSERT INTO zone SELECT t, 'x' FROM generate_series('2018-11-02 00:00+00'::timestamptz, '2018-11-06 00:00+00', '15 minutes') AS t;
INSERT INTO zone SELECT t, 'y' FROM generate_series('2018-02-16 00:00+00'::timestamptz, '2018-02-20 00:00+00', '15 minutes') AS t;
INSERT INTO zone SELECT t, 'x' FROM generate_series('2010-11-05 00:00+00'::timestamptz, '2010-11-09 00:00+00', '15 minutes') AS t;
-- whole days that came twice
INSERT INTO zone SELECT t, 'x' FROM unnest('{1969-09-29,1892-07-03}'::timestamptz[]) AS d, generate_series(d, d + interval '5 days', '1 hour') AS t;
CREATE FUNCTION pg_temp.wrong_days(n int, zone text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT "time", day, document_type, documents FROM zone_%s_dashboard) AS a FULL JOIN
        (SELECT (at AT TIME ZONE %L)::date::timestamp AT TIME ZONE %2$L AS "time", (at AT TIME ZONE %2$L)::date AS day, t AS document_type, count(*) AS documents FROM zone GROUP BY 1, 2, 3) AS b USING ("time", day, document_type, documents)
        WHERE a.day IS NULL OR b.day IS NULL', n, zone) INTO wrong;
    RETURN wrong;
END $$;
CREATE TEMP VIEW zones AS SELECT * FROM (VALUES (1, 'Europe/Amsterdam'), (2, 'Asia/Kolkata'), (3, 'Pacific/Kiritimati'), (4, 'America/Sao_Paulo'), (5, 'America/Havana'), (6, 'America/St_Johns'), (7, 'UTC'), (8, '<-09>9'), (9, 'Pacific/Kwajalein'), (10, 'Pacific/Apia')) AS v (n, zone);
SELECT n, zone, williams_refresh_dashboard(('zone_' || n)::regclass), pg_temp.wrong_days(n, zone) FROM zones ORDER BY n;
-- day by day: where an hour is skipped or comes twice, even across midnight, a refresh finds all rows of a day
SET timezone = 'Asia/Tokyo';
UPDATE zone SET t = t || 'z' WHERE extract(minute FROM at) = 30;
SELECT n, zone, williams_refresh_dashboard(('zone_' || n)::regclass) > 0 AS refreshed, pg_temp.wrong_days(n, zone) FROM zones ORDER BY n;
DELETE FROM zone WHERE extract(minute FROM at) = 15;
SELECT n, zone, williams_refresh_dashboard(('zone_' || n)::regclass) > 0 AS refreshed, pg_temp.wrong_days(n, zone) FROM zones ORDER BY n;
DO $$
DECLARE
    z record;
    d date;
BEGIN
    FOR z IN SELECT * FROM zones LOOP
        FOR d IN EXECUTE format('SELECT DISTINCT day FROM zone_%s', z.n) LOOP
            EXECUTE format('UPDATE zone SET t = t WHERE (at AT TIME ZONE %L)::date = %L', z.zone, d);
            PERFORM williams_refresh_dashboard(('zone_' || z.n)::regclass);
        END LOOP;
        ASSERT pg_temp.wrong_days(z.n, z.zone) = 0, z.zone;
    END LOOP;
END $$;
SELECT day, round((throughput * 3600)::numeric, 3) AS an_hour, documents FROM zone_1_dashboard WHERE day BETWEEN '2026-03-28' AND '2026-03-30' AND document_type = 'x' ORDER BY day;
RESET timezone;
SET timezone = 'UTC';
-- a day that a zone skipped
CREATE TABLE skipped (created_at date);
SELECT williams_create_dashboard('skipped', time_zone => 'Pacific/Apia');
INSERT INTO skipped VALUES ('2011-12-29'), ('2011-12-30'), ('2011-12-31');
SELECT williams_refresh_dashboard('skipped_daily');
SELECT "time", day, documents, throughput * 86400 AS a_day FROM skipped_daily_dashboard ORDER BY day;
-- which zone an abbreviation means depends on the session; UTC is UTC
SELECT z, pg_temp.error_of(format('SELECT williams_create_dashboard(%L, at => %L, time_zone => %L, rollup => %L)', 'zone', 'at', z, 'zone_utc' || i)) AS error FROM unnest('{IST,cet,EST,utc,Etc/GMT-5}'::text[]) WITH ORDINALITY AS u (z, i);
-- a zone that this server does not know, as after a move to another: a load goes on, and everything is noted
CREATE TABLE moved (at timestamptz);
SELECT williams_create_dashboard('moved', at => 'at');
SELECT williams_refresh_dashboard('moved_daily');
DROP TRIGGER zz_williams_moved_daily ON moved;
CREATE TRIGGER zz_williams_moved_daily BEFORE INSERT ON moved FOR EACH ROW EXECUTE FUNCTION williams_note_change('report_dashboard', 'moved_daily_changes', 'at', '', 'US/Nowhere');
INSERT INTO moved VALUES ('2026-10-01'), ('2026-10-02'), (NULL);
SELECT everything, day, document_type FROM moved_daily_changes;
-- Times at the ends of what PostgreSQL knows are on infinite days: no load and no refresh fails
CREATE TABLE far_z (at timestamptz, n int); CREATE TABLE far_t (at timestamp, n int); CREATE TABLE far_d (at date, n int);
SELECT williams_create_dashboard(('far_' || c)::regclass, at => 'at', time_zone => z, rollup => 'far_' || c || '_' || i) FROM unnest('{z,t,d}'::text[]) AS c, unnest('{Pacific/Kiritimati,Pacific/Pago_Pago}'::text[]) WITH ORDINALITY AS v (z, i);
INSERT INTO far_z VALUES ('294276-12-31 23:59:59.999999+00', 1), ('294276-01-01 00:00+00', 2), ('294275-12-31 23:59:59.999999+00', 3), ('4714-11-24 00:00+00 BC', 4), ('4713-01-01 00:00+00 BC', 5), ('4714-12-31 23:59:59.999999+00 BC', 6), ('infinity', 7), ('-infinity', 8), (NULL, 9);
INSERT INTO far_t SELECT at AT TIME ZONE 'UTC', n FROM far_z;
INSERT INTO far_d SELECT at::date, n FROM far_t UNION ALL VALUES ('5874897-12-31'::date, 10), ('300000-01-01', 11);
CREATE TEMP VIEW fars AS SELECT 'far_' || c AS source, 'far_' || c || '_' || i AS name FROM unnest('{z,t,d}'::text[]) AS c, generate_series(1, 2) AS i;
SELECT name, williams_refresh_dashboard(name::regclass) FROM fars ORDER BY name;
SELECT 'z1' AS name, day, documents, throughput > 0 AS throughput, "time" FROM far_z_1_dashboard UNION ALL SELECT 'd2', day, documents, throughput > 0, "time" FROM far_d_2_dashboard ORDER BY 1, 2;
CREATE FUNCTION pg_temp.rows_of(dashboard text) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN EXECUTE format('SELECT sum(documents) FROM %I', dashboard) INTO n; RETURN n; END $$;
UPDATE far_z SET n = n + 1; UPDATE far_t SET n = n + 1; UPDATE far_d SET n = n + 1;
SELECT name, williams_refresh_dashboard(name::regclass), pg_temp.rows_of(name) FROM fars ORDER BY name;
DELETE FROM far_z WHERE n % 2 = 0; DELETE FROM far_t WHERE n % 2 = 0; DELETE FROM far_d WHERE n % 2 = 0;
SELECT name, williams_refresh_dashboard(name::regclass) AS refreshed, pg_temp.rows_of(name) FROM fars ORDER BY name;

--
-- Bad data never stops a load or a refresh
--
CREATE TABLE bad (at timestamptz, type text, score numeric, scores jsonb, review text[], reasons jsonb, verified text[], accepted text[], fields jsonb, as_read jsonb, engine jsonb, version bigint);
SELECT williams_create_dashboard('bad', at => 'at', document_type => 'type', score => 'score', scores => 'scores', review => 'review', reasons => 'reasons', verified => 'verified', accepted => 'accepted', fields => 'fields', as_read => 'as_read', engine_confidence => 'engine', profile_version => 'version');
INSERT INTO bad (at, type, score) SELECT '2026-10-01', 'score', v FROM unnest('{7,-1,NaN,1e400,-1e400,1e-400,0,1,1.0000000000000000000000000001,0.5,Infinity,NULL}'::numeric[]) AS v;
INSERT INTO bad (at, type, scores, engine) SELECT '2026-10-02', 'scores', v, v FROM unnest('{"[0.5]","0.5","null",NULL,"{\"a\": 1.5, \"b\": -0.1, \"c\": \"0.5\", \"d\": null, \"e\": 1e400, \"f\": 1e-400, \"g\": [1], \"h\": {\"i\": 0.5}}","\"a\""}'::jsonb[]) AS v;
INSERT INTO bad (at, type, reasons, review) SELECT '2026-10-03', 'reasons', v, '{a,NULL,a}' FROM unnest('{"\"format\"","7","[\"format\"]","null",NULL,"{\"a\": \"format\"}","{\"a\": null}","{\"a\": [null, 7, [\"deep\"], {\"x\": \"y\"}, \"format\", \"format\", \"\"]}","{\"b\": [\"format\"], \"c\": []}"}'::jsonb[]) AS v;
INSERT INTO bad (at, type, scores, verified, accepted, fields, as_read) SELECT '2026-10-04', 'verified', '{"a": 0.5, "b": 0.25, "c": 1}', v, a, f, r
FROM unnest('{"{a,b,c}","{NULL}","{a,a,NULL,nosuch}","{}","{{a,b},{c,d}}",NULL}'::text[]) AS v0 (v0), LATERAL (SELECT v0::text[] AS v) AS v, unnest('{"{a,c,c,NULL,x}",NULL,"{{a}}"}'::text[]) AS a0 (a0), LATERAL (SELECT a0::text[] AS a) AS a,
    (VALUES ('{"a": "x", "b": null, "c": ["y"]}'::jsonb), ('{"c": "y"}'), (NULL)) AS f (f), (VALUES ('{"a": "X", "b": "y", "c": ["y"]}'::jsonb), ('["a"]'), ('7'), (NULL)) AS r (r);
INSERT INTO bad (at, type, version) VALUES ('2026-10-05', 'version', -1), ('2026-10-05', 'version', 0), ('2026-10-05', 'version', NULL), ('2026-10-05', 'version', 7), (NULL, NULL, NULL);
CREATE VIEW bad_plain AS SELECT at, type, CASE WHEN abs(score) < 1e-300 THEN 0 ELSE score END AS score, scores, review, reasons, verified, accepted, fields, as_read, engine, version FROM bad;
SELECT williams_refresh_dashboard('bad_daily'), pg_temp.wrong_rows('bad_daily', 'bad_plain', 'UTC');
SELECT document_type, documents, for_review, checked, fields, fields_for_review, fields_checked, audited, wrong, fallback, reasons, williams_count(scores) AS scores FROM bad_daily_dashboard ORDER BY day;
-- fields that are no object
INSERT INTO bad (at, type, scores, verified, accepted, fields, as_read) SELECT '2026-10-06', 'fields', s, '{a,b}', '{a}', f, '{"a": "x"}' FROM unnest('{"[\"a\"]","\"a\"","7","null"}'::jsonb[]) AS f, unnest('{"{\"a\": 0.5}","[\"a\"]","\"a\""}'::jsonb[]) AS s;
SELECT williams_refresh_dashboard('bad_daily');
SELECT documents, fields, fields_checked, audited FROM bad_daily_dashboard WHERE document_type = 'fields';

--
-- Odd names, another schema, unlogged tables, a dashboard of a partition
--
CREATE SCHEMA "a ""b"" 'c'";
CREATE TABLE "Ta""ble %s @" ("a""t '%s" timestamptz, "ty\pe" text, "sco re" float8);
SELECT williams_create_dashboard('"Ta""ble %s @"', at => 'a"t ''%s', document_type => 'ty\pe', score => 'sco re', rollup => '"a ""b"" ''c''"."Roll''up %d @?zone"');
INSERT INTO "Ta""ble %s @" VALUES ('2026-10-01', 'it''s \a', 0.5);
SELECT williams_refresh_dashboard('"a ""b"" ''c''"."Roll''up %d @?zone"');
SELECT day, document_type, documents FROM "a ""b"" 'c'"."Roll'up %d @?zone_dashboard";
SELECT williams_drop_dashboard('"a ""b"" ''c''"."Roll''up %d @?zone"');
SELECT count(*) FROM pg_class WHERE relnamespace = '"a ""b"" ''c''"'::regnamespace;
-- after a crash, an unlogged table is empty, and so must be its dashboard
CREATE UNLOGGED TABLE quick (created_at timestamptz);
SELECT williams_create_dashboard('quick');
SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'quick%' AND relkind = 'r' ORDER BY 1;
CREATE TABLE whole (at date, t text) PARTITION BY RANGE (at);
CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE whole_2 PARTITION OF whole DEFAULT;
SELECT williams_create_dashboard('whole', at => 'at', document_type => 't'), williams_create_dashboard('whole_1', at => 'at', document_type => 't');
INSERT INTO whole SELECT '2026-10-30'::date + i, 'a' FROM generate_series(0, 3) AS i;
UPDATE whole SET at = '2026-11-05' WHERE at = '2026-10-30';
SELECT williams_refresh_dashboard('whole_daily') AS whole, williams_refresh_dashboard('whole_1_daily') AS part;
SELECT day, w.documents AS whole, p.documents AS part FROM whole_daily w FULL JOIN whole_1_daily p USING (day) ORDER BY day;

-- A publication of all tables: PostgreSQL refuses DELETE and UPDATE of a table that has no identity
BEGIN;
SET LOCAL client_min_messages = error;
CREATE PUBLICATION report_dashboard FOR ALL TABLES;
DELETE FROM whole_daily_changes;
SELECT williams_refresh_dashboard('whole_daily', everything => true) = count(*) AS published FROM whole_daily;
ROLLBACK;
