--
-- Dashboards: each error and warning; whose rights are needed, and whose are used: those of
-- the source's owner, never lent to a writer, a reader, or by whoever refreshes
--
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
SET client_min_messages = error;
SET timezone = 'UTC';
SET datestyle = ISO;
\set SHOW_CONTEXT never
CREATE SCHEMA report_dashboard_rights;
SET search_path = report_dashboard_rights, public;

--
-- Errors of williams_create_dashboard
--
CREATE TABLE doc (created_at timestamptz, type text, score float8, t text, b boolean, i int, j jsonb, a text[], c char(3), n name, half time,
    made date GENERATED ALWAYS AS ((created_at AT TIME ZONE 'UTC')::date) STORED, made_type text GENERATED ALWAYS AS (type || 'x') STORED);
CREATE INDEX doc_at ON doc (created_at);
CREATE VIEW doc_view AS SELECT * FROM doc;
CREATE MATERIALIZED VIEW doc_stored AS SELECT * FROM doc;
CREATE SEQUENCE doc_sequence;
CREATE FOREIGN DATA WRAPPER report_dashboard; CREATE SERVER report_dashboard FOREIGN DATA WRAPPER report_dashboard;
CREATE FOREIGN TABLE doc_foreign (created_at timestamptz) SERVER report_dashboard;
CREATE TEMP TABLE doc_temp (created_at timestamptz);
CREATE TABLE far (created_at timestamptz) PARTITION BY RANGE (created_at); CREATE FOREIGN TABLE far_1 PARTITION OF far DEFAULT SERVER report_dashboard;
CREATE TABLE parent (created_at timestamptz); CREATE TABLE child () INHERITS (parent);
SELECT args, pg_temp.error_of(format('SELECT williams_create_dashboard(%s)', args)) AS error FROM unnest(ARRAY[
    'NULL', '0', '''doc_view''', '''doc_stored''', '''doc_foreign''', '''doc_temp''', '''doc_sequence''', '''doc_at''', '''parent''', '''far''',
    '''doc'', at => NULL', '''doc'', at => ''received''', '''doc'', at => ''ctid''', '''doc'', at => ''''', '''doc'', at => ''half''', '''doc'', at => ''t''', '''doc'', document_type => ''Type''',
    '''doc'', at => ''made''', '''doc'', document_type => ''made_type''', '''doc'', document_type => ''j''', '''doc'', document_type => ''n''', '''doc'', document_type => ''c''',
    '''doc'', score => ''t''', '''doc'', score => ''i''', '''doc'', scores => ''t''', '''doc'', review => ''t''', '''doc'', reasons => ''a''', '''doc'', verified => ''b''', '''doc'', accepted => ''j''', '''doc'', fields => ''a''',
    '''doc'', as_read => ''t''', '''doc'', engine_confidence => ''score''', '''doc'', profile_version => ''i''', '''doc'', truth => ''t''',
    '''doc'', time_zone => ''Mars/Olympus''', '''doc'', time_zone => ''''',
    '''doc'', rollup => ''''', '''doc'', rollup => ''a.b.c''', '''doc'', rollup => ''nosuch.daily''', '''doc'', rollup => ''doc_view''', '''doc'', rollup => ''pg_temp.daily''', '''doc'', rollup => ''"a''', '''doc'', rollup => repeat(''é'', 21) || ''x''']) AS args;
SELECT williams_create_dashboard('doc', rollup => repeat('é', 21));
SELECT tgname, octet_length(tgname) FROM pg_trigger WHERE tgrelid = 'doc'::regclass ORDER BY 1;
SELECT williams_drop_dashboard(repeat('é', 21)::regclass);
-- each name that it needs may be in use; then nothing is left behind
CREATE TABLE in_use (i int);
SELECT name, pg_temp.error_of(format('DO $d$ BEGIN ALTER TABLE in_use RENAME TO %I; PERFORM williams_create_dashboard(''doc''); END $d$', name)) AS error FROM unnest('{doc_daily,doc_daily_changes,doc_daily_documents,doc_daily_dashboard}'::text[]) AS name;
SELECT count(*) AS objects FROM pg_class WHERE relname LIKE 'doc_daily%';
-- another trigger could change what has been noted
CREATE FUNCTION next_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.created_at := NEW.created_at + interval '1 day'; RETURN NEW; END $$;
CREATE TRIGGER zzz BEFORE UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION next_day();
SELECT pg_temp.error_of('SELECT williams_create_dashboard(''doc'')');
ALTER TRIGGER zzz ON doc RENAME TO aaa;
SELECT williams_create_dashboard('doc', document_type => 'type', score => 'score');
SELECT pg_temp.error_of('SELECT williams_create_dashboard(''doc'')') AS twice;

--
-- Errors of the other functions
--
SELECT call, pg_temp.error_of('SELECT ' || call) AS error FROM unnest(ARRAY['williams_refresh_dashboard(''doc'')', 'williams_refresh_dashboard(''doc_daily_dashboard'')', 'williams_refresh_dashboard(''doc_daily_changes'')', 'williams_refresh_dashboard(''pg_class'')',
    'williams_refresh_dashboard(0)', 'williams_drop_dashboard(0)', 'williams_drop_dashboard(''doc'')', 'williams_drop_dashboard(''doc_daily_changes'')', 'williams_refresh_dashboard(''nosuch'')', 'williams_note_change()']) AS call;
SELECT williams_refresh_dashboard(NULL) IS NULL AND williams_refresh_dashboard('doc_daily', NULL) IS NULL AND williams_drop_dashboard(NULL) IS NULL AS nothing;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT williams_refresh_dashboard('doc_daily'); ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT williams_refresh_dashboard('doc_daily'); ROLLBACK;
BEGIN READ ONLY; SELECT williams_refresh_dashboard('doc_daily'); ROLLBACK;
-- writers may use any isolation level
BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO doc VALUES ('2026-10-01', 'bill', 0.5); COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO doc VALUES ('2026-10-01', 'bill', 0.5); COMMIT;
SELECT williams_refresh_dashboard('doc_daily');
SELECT williams_refresh_dashboard('doc_daily', true), sum(documents) FROM doc_daily;
-- its trigger serves nothing else
CREATE TABLE misuse (created_at timestamptz);
SELECT trigger, pg_temp.error_of(format('DO $d$ BEGIN CREATE TRIGGER t %s; INSERT INTO misuse VALUES (now()); TRUNCATE misuse; RAISE ''no error''; END $d$', trigger)) AS error
FROM unnest(ARRAY['BEFORE INSERT ON misuse FOR EACH ROW EXECUTE FUNCTION williams_note_change()', 'BEFORE INSERT ON misuse FOR EACH ROW EXECUTE FUNCTION williams_note_change(''a'', ''b'', ''c'', ''d'', ''e'', ''f'')', 'AFTER INSERT ON misuse FOR EACH ROW EXECUTE FUNCTION williams_note_change(''a'', ''b'', ''c'', '''', '''')',
    'BEFORE INSERT ON misuse FOR EACH STATEMENT EXECUTE FUNCTION williams_note_change(''a'', ''b'', ''c'', '''', '''')', 'AFTER TRUNCATE ON misuse FOR EACH STATEMENT EXECUTE FUNCTION williams_note_change(''a'', ''b'', ''c'', '''', '''')', 'BEFORE INSERT ON misuse FOR EACH ROW EXECUTE FUNCTION williams_note_change(''a'', ''b'', ''c'', '''', '''')']) AS trigger;

--
-- Dropping
--
CREATE VIEW mine AS SELECT day, documents FROM doc_daily_dashboard;
SELECT pg_temp.error_of('SELECT williams_drop_dashboard(''doc_daily'')');
SELECT count(*) FROM mine;
DROP VIEW mine;
SELECT williams_drop_dashboard('doc_daily');
SELECT pg_temp.error_of('SELECT williams_drop_dashboard(''doc_daily'')');
SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'doc_daily%') AS objects, (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'doc'::regclass) AS triggers;
-- what is left after a part was dropped by hand can be dropped; a load goes on
SELECT williams_create_dashboard('doc');
DROP VIEW doc_daily_dashboard, doc_daily_documents; DROP TABLE doc_daily_changes;
INSERT INTO doc VALUES ('2026-10-02', 'bill');
SELECT pg_temp.error_of('SELECT williams_refresh_dashboard(''doc_daily'')');
SELECT williams_drop_dashboard('doc_daily');
SELECT williams_create_dashboard('doc', document_type => 'type', score => 'score');
SELECT williams_refresh_dashboard('doc_daily');

--
-- Warnings: what is not noted is found out, and everything is computed
--
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.right(dashboard text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE same boolean;
BEGIN
    EXECUTE format('WITH a AS (SELECT (created_at AT TIME ZONE ''UTC'')::date, type COLLATE "C", count(*) FROM doc GROUP BY 1, 2), b AS (SELECT day, document_type, documents FROM %I)
        SELECT NOT EXISTS ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a))', dashboard) INTO same;
    RETURN same;
END $$;
SELECT williams_refresh_dashboard('doc_daily'), pg_temp.right('doc_daily');
-- a trigger of its name that does not fire for all changes
SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgname = 'zz_williams_doc_daily' \gset
SELECT replace(:'definition', ' OR UPDATE', '') AS no_update, replace(:'definition', 'UPDATE', 'UPDATE OF score') AS one_column, replace(:'definition', 'EXECUTE', 'WHEN (pg_trigger_depth() = 0) EXECUTE') AS sometimes \gset
BEGIN; DROP TRIGGER zz_williams_doc_daily ON doc; :no_update; ALTER TABLE doc ENABLE ALWAYS TRIGGER zz_williams_doc_daily; SELECT williams_refresh_dashboard('doc_daily', true); ROLLBACK;
BEGIN; DROP TRIGGER zz_williams_doc_daily ON doc; :one_column; ALTER TABLE doc ENABLE ALWAYS TRIGGER zz_williams_doc_daily; SELECT williams_refresh_dashboard('doc_daily', true); ROLLBACK;
BEGIN; DROP TRIGGER zz_williams_doc_daily ON doc; :sometimes; ALTER TABLE doc ENABLE ALWAYS TRIGGER zz_williams_doc_daily; SELECT williams_refresh_dashboard('doc_daily', true); ROLLBACK;
ALTER TABLE doc DISABLE TRIGGER zz_williams_doc_daily;
INSERT INTO doc VALUES ('2026-10-03', 'letter');
-- an error, and nothing is forgotten, unless everything is asked for
SELECT pg_temp.error_of('SELECT williams_refresh_dashboard(''doc_daily'')');
SELECT pg_temp.right('doc_daily') AS "not yet", williams_refresh_dashboard('doc_daily', true);
SELECT pg_temp.right('doc_daily');
ALTER TABLE doc ENABLE TRIGGER zz_williams_doc_daily;
SELECT williams_refresh_dashboard('doc_daily', true);
ALTER TABLE doc ENABLE ALWAYS TRIGGER zz_williams_doc_daily;
SELECT williams_refresh_dashboard('doc_daily');
ALTER TABLE doc DISABLE TRIGGER zz_williams_doc_daily_truncate;
TRUNCATE doc; INSERT INTO doc VALUES ('2026-10-04', NULL);
SELECT williams_refresh_dashboard('doc_daily', true);
SELECT pg_temp.right('doc_daily');
ALTER TABLE doc ENABLE ALWAYS TRIGGER zz_williams_doc_daily_truncate;
ALTER TRIGGER aaa ON doc RENAME TO zzz;
UPDATE doc SET type = 'moved';
SELECT williams_refresh_dashboard('doc_daily', true);
SELECT pg_temp.right('doc_daily');
ALTER TABLE doc DISABLE TRIGGER zzz;
SELECT williams_refresh_dashboard('doc_daily');
DROP TRIGGER zzz ON doc;
-- the trigger was renamed, and a later one would have an earlier name
ALTER TRIGGER zz_williams_doc_daily ON doc RENAME TO a;
SELECT williams_refresh_dashboard('doc_daily', true);
ALTER TRIGGER a ON doc RENAME TO zz_williams_doc_daily;
CREATE TABLE doc_child () INHERITS (doc);
INSERT INTO doc_child VALUES ('2026-10-05', 'child');
SELECT williams_refresh_dashboard('doc_daily', true);
SELECT pg_temp.right('doc_daily');
DROP TABLE doc_child;
SELECT williams_refresh_dashboard('doc_daily', true);
ALTER TABLE doc SET UNLOGGED;
SELECT williams_refresh_dashboard('doc_daily', true);
ALTER TABLE doc_daily SET UNLOGGED; ALTER TABLE doc_daily_changes SET UNLOGGED;
SELECT williams_refresh_dashboard('doc_daily');
ALTER TABLE doc SET LOGGED; ALTER TABLE doc_daily SET LOGGED; ALTER TABLE doc_daily_changes SET LOGGED;
-- a partition alone
CREATE TABLE part (created_at date, type text) PARTITION BY LIST (type);
CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a'); CREATE TABLE part_b PARTITION OF part FOR VALUES IN ('b') PARTITION BY RANGE (created_at); CREATE TABLE part_b1 PARTITION OF part_b DEFAULT;
CREATE INDEX ON part (created_at);
SELECT williams_create_dashboard('part', document_type => 'type');
SELECT williams_refresh_dashboard('part_daily');
ALTER TABLE part_b1 DISABLE TRIGGER ALL;
INSERT INTO part VALUES ('2026-10-01', 'a'), ('2026-10-01', 'b');
SELECT williams_refresh_dashboard('part_daily', true);
ALTER TABLE part_b1 ENABLE ALWAYS TRIGGER zz_williams_part_daily;
SELECT williams_refresh_dashboard('part_daily');
CREATE TRIGGER zzz BEFORE INSERT ON part_a FOR EACH ROW EXECUTE FUNCTION next_day();
INSERT INTO part VALUES ('2026-10-01', 'a');
SELECT williams_refresh_dashboard('part_daily', true);
SELECT day, document_type, documents FROM part_daily ORDER BY 1, 2;
DROP TRIGGER zzz ON part_a;
-- a crash would empty one partition
SELECT williams_refresh_dashboard('part_daily', true);
ALTER TABLE part_a SET UNLOGGED;
SELECT williams_refresh_dashboard('part_daily', true);
ALTER TABLE part_a SET LOGGED;
SELECT williams_refresh_dashboard('part_daily');
-- a column was renamed, and another has its name: the trigger and the view would not mean the same
INSERT INTO doc VALUES ('2026-10-06', 'bill', 0.5);
SELECT williams_refresh_dashboard('doc_daily');
ALTER TABLE doc RENAME created_at TO old_at;
INSERT INTO doc VALUES ('2026-10-07', 'bill', 0.5);
SELECT everything, day, document_type FROM doc_daily_changes;
SELECT williams_refresh_dashboard('doc_daily', true), (SELECT max(day) FROM doc_daily) AS before;
ALTER TABLE doc ADD created_at timestamptz;
INSERT INTO doc (old_at, created_at, type) VALUES ('2026-10-08', '2026-10-09', 'bill');
SELECT williams_refresh_dashboard('doc_daily', true);
SELECT max(day) FROM doc_daily;
ALTER TABLE doc DROP created_at;
ALTER TABLE doc RENAME old_at TO created_at;
-- the name of a type
SELECT williams_refresh_dashboard('doc_daily', true), williams_refresh_dashboard('doc_daily');
ALTER TABLE doc RENAME type TO old_type; ALTER TABLE doc RENAME t TO type;
INSERT INTO doc (created_at, type, old_type) VALUES ('2026-10-08', 'x', 'y');
SELECT williams_refresh_dashboard('doc_daily', true);
SELECT document_type, documents FROM doc_daily WHERE day = '2026-10-08' ORDER BY 1;
ALTER TABLE doc RENAME type TO t; ALTER TABLE doc RENAME old_type TO type;
-- a type that is no column
CREATE TABLE made_up (created_at timestamptz, kind text); CREATE INDEX ON made_up (created_at);
SELECT williams_create_dashboard('made_up');
SELECT replace(pg_get_viewdef('made_up_daily_documents'), 'NULL::text', '(''made up '' || kind)') AS definition \gset
CREATE OR REPLACE VIEW made_up_daily_documents AS :definition
SELECT williams_refresh_dashboard('made_up_daily', true);
INSERT INTO made_up VALUES ('2026-10-01', 'a');
SELECT williams_refresh_dashboard('made_up_daily', true);
SELECT document_type, documents FROM made_up_daily;
-- names that changed
SELECT williams_refresh_dashboard('doc_daily', true);
ALTER TABLE doc_daily RENAME TO doc_days;
SELECT pg_temp.error_of('SELECT williams_refresh_dashboard(''doc_days'')');
INSERT INTO doc VALUES ('2026-10-10', 'bill');
ALTER TABLE doc_days RENAME TO doc_daily;
SELECT williams_refresh_dashboard('doc_daily'), pg_temp.right('doc_daily');
SELECT pg_temp.right('doc_daily');
ALTER TABLE doc RENAME TO moved_document; ALTER TABLE moved_document SET SCHEMA public;
INSERT INTO public.moved_document VALUES ('2026-10-11', 'bill');
SELECT williams_refresh_dashboard('doc_daily');
ALTER TABLE public.moved_document SET SCHEMA report_dashboard_rights; ALTER TABLE moved_document RENAME TO doc;
SELECT pg_temp.right('doc_daily');

--
-- Advice
--
SET client_min_messages = notice;
CREATE TABLE plain (created_at timestamptz, kind text, scores jsonb, fields jsonb, verified text[], read jsonb);
SELECT williams_create_dashboard('plain');
CREATE TABLE plain_parts (LIKE plain) PARTITION BY LIST (kind);
SELECT williams_create_dashboard('plain_parts', truth => 'read', scores => 'scores');
CREATE INDEX ON plain (kind, created_at);
CREATE INDEX ON plain (created_at) WHERE kind IS NULL;
SELECT williams_create_dashboard('plain', rollup => 'plain_useless');
CREATE INDEX ON plain USING brin (created_at);
SELECT williams_create_dashboard('plain', scores => 'scores', fields => 'fields', verified => 'verified', rollup => 'plain_brin');
SELECT williams_create_dashboard('plain', scores => 'scores', fields => 'fields', verified => 'verified', as_read => 'read', rollup => 'plain_all');
SET client_min_messages = warning;

--
-- Rights
--
CREATE ROLE williams_owner; CREATE ROLE williams_member IN ROLE williams_owner; CREATE ROLE williams_writer; CREATE ROLE williams_reader; CREATE ROLE williams_other; CREATE ROLE williams_not_inheriting NOINHERIT IN ROLE williams_owner;
GRANT USAGE ON SCHEMA report_dashboard_rights TO williams_owner, williams_not_inheriting, williams_writer, williams_reader, williams_other;
GRANT CREATE ON SCHEMA report_dashboard_rights TO williams_owner;
SET ROLE williams_owner;
CREATE TABLE letter (id int PRIMARY KEY, created_at timestamptz, kind text, score float8);
CREATE INDEX ON letter (created_at);
GRANT INSERT, UPDATE, DELETE, TRUNCATE, SELECT, TRIGGER ON letter TO williams_writer;
SET ROLE williams_other; SELECT williams_create_dashboard('letter');
SET ROLE williams_writer; SELECT williams_create_dashboard('letter');
SET ROLE williams_not_inheriting; SELECT williams_create_dashboard('letter');
SET client_min_messages = error;
SET ROLE williams_member; SELECT williams_create_dashboard('letter', document_type => 'kind', score => 'score');
SELECT williams_refresh_dashboard('letter_daily');
RESET ROLE;
SET client_min_messages = warning;
SELECT relname, pg_get_userbyid(relowner) AS owner, relacl FROM pg_class WHERE relname LIKE 'letter\_daily%' AND relkind <> 'i' ORDER BY 1;
SELECT t, pg_temp.error_of(format('SET LOCAL ROLE williams_writer; SELECT * FROM %I', t)) FROM unnest('{letter_daily,letter_daily_changes,letter_daily_documents,letter_daily_dashboard}'::text[]) AS t;
-- a writer, with a hostile search_path and other settings, needs no right to the dashboard
CREATE SCHEMA report_dashboard_traps AUTHORIZATION williams_writer;
GRANT USAGE ON SCHEMA report_dashboard_traps TO PUBLIC;
SET ROLE williams_writer;
CREATE FUNCTION report_dashboard_traps.trap(anything text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION report_dashboard_traps.timezone(text, timestamptz) RETURNS timestamp LANGUAGE sql AS 'SELECT report_dashboard_traps.trap($1)::timestamp';
CREATE FUNCTION report_dashboard_traps.count(text) RETURNS bigint LANGUAGE sql AS 'SELECT report_dashboard_traps.trap($1)::bigint';
CREATE FUNCTION report_dashboard_traps.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT report_dashboard_traps.trap($1)::boolean';
CREATE OPERATOR report_dashboard_traps.= (LEFTARG = text, RIGHTARG = text, FUNCTION = report_dashboard_traps.eq);
CREATE TABLE report_dashboard_traps.letter_daily_changes (everything boolean, day date, document_type text);
CREATE TABLE report_dashboard_traps.letter_daily_documents (at timestamptz, day date, document_type text);
SET search_path = report_dashboard_traps, pg_catalog, report_dashboard_rights, public;
SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SET timezone_abbreviations = 'India'; SET intervalstyle = sql_standard;
INSERT INTO report_dashboard_rights.letter SELECT i, '2026-10-01 20:00+00'::timestamptz + i * interval '1 hour', 'kind' || i % 2, i / 10.0 FROM generate_series(0, 7) AS i;
UPDATE report_dashboard_rights.letter SET score = 1 WHERE id = 7;
DELETE FROM report_dashboard_rights.letter WHERE id = 0;
SELECT current_user, current_setting('search_path'), (SELECT count(*) FROM report_dashboard_traps.letter_daily_changes) AS trapped;
SELECT public.williams_refresh_dashboard('report_dashboard_rights.letter_daily');
SELECT public.williams_drop_dashboard('report_dashboard_rights.letter_daily');
RESET ROLE;
SELECT everything, day, document_type FROM report_dashboard_rights.letter_daily_changes ORDER BY 1, 2, 3;
SELECT public.williams_refresh_dashboard('report_dashboard_rights.letter_daily');
RESET search_path; RESET timezone; RESET datestyle; RESET timezone_abbreviations; RESET intervalstyle;
SET search_path = report_dashboard_rights, public; SET timezone = 'UTC'; SET datestyle = ISO;
SELECT day, document_type, documents FROM letter_daily ORDER BY 1, 2;
SET ROLE williams_writer; TRUNCATE letter; RESET ROLE;
SELECT williams_refresh_dashboard('letter_daily');
INSERT INTO letter VALUES (1, '2026-10-01', 'a', 0.5);
SET ROLE williams_member; SELECT williams_refresh_dashboard('letter_daily');
-- a reader of the view needs no more, and sees no document
SET ROLE williams_owner; GRANT SELECT ON letter_daily_dashboard TO williams_reader;
SET ROLE williams_reader;
SELECT "time", day, document_type, documents, accepted, williams_count(scores), throughput * 86400 AS a_day, availability, fallback_rate FROM letter_daily_dashboard;
SELECT williams_refresh_dashboard('letter_daily');
SELECT * FROM letter_daily_documents;
UPDATE letter_daily_dashboard SET documents = 7;
RESET ROLE;
-- row security that is forced on the owner would hide rows from a refresh
SET ROLE williams_owner;
ALTER TABLE letter ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY half ON letter USING (id % 2 = 0) WITH CHECK (true);
INSERT INTO letter VALUES (4, '2026-10-04', 'a', 0.5), (5, '2026-10-04', 'a', 0.5);
SELECT count(*) AS visible FROM letter;
SELECT pg_temp.error_of('SELECT williams_refresh_dashboard(''letter_daily'')');
ALTER TABLE letter NO FORCE ROW LEVEL SECURITY;
SELECT williams_refresh_dashboard('letter_daily');
SELECT documents FROM letter_daily WHERE day = '2026-10-04';
DELETE FROM letter WHERE id > 3; SELECT williams_refresh_dashboard('letter_daily'); ALTER TABLE letter DISABLE ROW LEVEL SECURITY;
RESET ROLE;
-- what the owner puts into the dashboard runs with the owner's rights: of a writer, of a superuser who refreshes, and of one who drops
SET ROLE williams_owner;
CREATE TABLE seen (who text);
CREATE FUNCTION spy(x text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO report_dashboard_rights.seen VALUES (current_user); BEGIN SET ROLE postgres; EXCEPTION WHEN OTHERS THEN INSERT INTO report_dashboard_rights.seen VALUES (sqlerrm); END; BEGIN RESET SESSION AUTHORIZATION; EXCEPTION WHEN OTHERS THEN INSERT INTO report_dashboard_rights.seen VALUES (sqlerrm); END; RETURN x; END $$;
CREATE FUNCTION spy_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM report_dashboard_rights.spy(''); RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER spy BEFORE INSERT ON letter_daily_changes FOR EACH ROW EXECUTE FUNCTION spy_row();
SET ROLE williams_writer; INSERT INTO letter VALUES (2, '2026-10-02', 'a', 0.5);
SET ROLE williams_owner; SELECT who, count(*) FROM seen GROUP BY 1 ORDER BY 1; TRUNCATE seen;
DROP TRIGGER spy ON letter_daily_changes; CREATE TRIGGER spy BEFORE INSERT OR DELETE ON letter_daily FOR EACH ROW EXECUTE FUNCTION spy_row();
SELECT replace(pg_get_viewdef('letter_daily_documents'), 'NULL::jsonb AS reasons', 'to_jsonb(report_dashboard_rights.spy(''x'')) AS reasons') AS spying \gset
CREATE OR REPLACE VIEW letter_daily_documents AS :spying
RESET ROLE;
SELECT williams_refresh_dashboard('letter_daily');
SELECT who, count(*) > 1 AS often FROM seen GROUP BY 1 ORDER BY 1; TRUNCATE seen;
-- the superuser's settings are back, and the role
SELECT current_user = session_user AS same, current_setting('search_path');
-- an owner without a right to create, and a superuser who creates for them
REVOKE CREATE ON SCHEMA report_dashboard_rights FROM williams_owner;
SELECT pg_temp.error_of('SELECT williams_create_dashboard(''letter'', rollup => ''letter_second'')');
GRANT CREATE ON SCHEMA report_dashboard_rights TO williams_owner;
-- nobody takes the place of a part that the owner has dropped: it would run with the owner's rights
GRANT CREATE ON SCHEMA report_dashboard_rights TO williams_other;
BEGIN;
ALTER VIEW letter_daily_documents RENAME TO no_part;
SET LOCAL ROLE williams_other;
CREATE VIEW letter_daily_documents AS SELECT report_dashboard_rights.spy('x')::timestamptz AS at;
GRANT SELECT ON letter_daily_documents TO PUBLIC;
RESET ROLE;
SELECT williams_refresh_dashboard('letter_daily');
ROLLBACK;
BEGIN;
ALTER TABLE letter_daily_changes RENAME TO no_part;
SET LOCAL ROLE williams_other;
CREATE TABLE letter_daily_changes (everything boolean, day date, document_type text);
GRANT ALL ON letter_daily_changes TO PUBLIC;
RESET ROLE;
SELECT williams_refresh_dashboard('letter_daily');
ROLLBACK;
-- a trigger of somebody else on their own table, with these arguments: it notes nothing, and nobody takes it for that of the dashboard
GRANT CREATE ON SCHEMA report_dashboard_rights TO williams_other;
SET ROLE williams_other;
CREATE TABLE fake (created_at timestamptz, kind text);
CREATE TRIGGER zz_williams_letter_daily BEFORE INSERT ON fake FOR EACH ROW EXECUTE FUNCTION williams_note_change('report_dashboard_rights', 'letter_daily_changes', 'created_at', 'kind', 'UTC');
INSERT INTO fake VALUES ('2026-12-31', 'forged');
RESET ROLE;
SELECT count(*) AS forged FROM letter_daily_changes WHERE document_type = 'forged';
UPDATE letter SET score = 0.7;
SELECT williams_refresh_dashboard('letter_daily');
-- the order of pg_trigger must not matter: the dashboard's trigger comes after the forged one
SET ROLE williams_owner;
DROP TRIGGER zz_williams_letter_daily ON letter;
CREATE TRIGGER zz_williams_letter_daily BEFORE INSERT OR UPDATE OR DELETE ON letter FOR EACH ROW EXECUTE FUNCTION williams_note_change('report_dashboard_rights', 'letter_daily_changes', 'created_at', 'kind', 'UTC');
ALTER TABLE letter ENABLE ALWAYS TRIGGER zz_williams_letter_daily;
UPDATE letter SET score = 0.8;
SELECT williams_refresh_dashboard('letter_daily');
RESET ROLE;
DROP TABLE fake;
-- other owners
ALTER TABLE letter OWNER TO williams_other;
INSERT INTO letter VALUES (3, '2026-10-03', 'a', 0.5);
SELECT count(*) AS noted FROM letter_daily_changes;
SELECT williams_refresh_dashboard('letter_daily', true);
SET ROLE williams_other; SELECT williams_refresh_dashboard('letter_daily'); RESET ROLE;
ALTER TABLE letter OWNER TO williams_owner;
SELECT williams_refresh_dashboard('letter_daily');
SET ROLE williams_owner; SELECT williams_drop_dashboard('letter_daily');
RESET ROLE;
-- a partition of another owner
SET ROLE williams_owner;
CREATE TABLE shared (created_at date, kind text) PARTITION BY LIST (kind);
CREATE TABLE shared_a PARTITION OF shared FOR VALUES IN ('a'); CREATE TABLE shared_b PARTITION OF shared FOR VALUES IN ('b'); CREATE INDEX ON shared (created_at);
SET client_min_messages = error; SELECT williams_create_dashboard('shared', document_type => 'kind'); SET client_min_messages = warning;
RESET ROLE;
ALTER TABLE shared_a OWNER TO williams_other;
SELECT williams_refresh_dashboard('shared_daily');
SET ROLE williams_other;
INSERT INTO shared_a VALUES ('2026-10-01', 'a');
SET client_min_messages = error; SELECT williams_create_dashboard('shared_a'); SET client_min_messages = warning;
SET ROLE williams_owner;
INSERT INTO shared VALUES ('2026-10-02', 'a'), ('2026-10-02', 'b');
SELECT williams_refresh_dashboard('shared_daily');
SET ROLE williams_other; SELECT williams_refresh_dashboard('shared_a_daily');
INSERT INTO shared_a VALUES ('2026-10-02', 'a');
SELECT williams_refresh_dashboard('shared_a_daily');
SELECT day, documents FROM shared_a_daily ORDER BY 1;
SET ROLE williams_owner; SELECT williams_refresh_dashboard('shared_daily');
SELECT day, document_type, documents FROM shared_daily ORDER BY 1, 2;
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA report_dashboard_rights, report_dashboard_traps CASCADE; DROP SERVER report_dashboard; DROP FOREIGN DATA WRAPPER report_dashboard;
DROP ROLE williams_owner, williams_member, williams_writer, williams_reader, williams_other, williams_not_inheriting;
