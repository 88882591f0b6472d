--
-- Dashboards: after random INSERT, UPDATE, DELETE, MERGE, ON CONFLICT, cascades, TRUNCATE
-- and rollbacks, with refreshes between them in one transaction or in several, a dashboard
-- shows what test/common/dashboard.sql computes from all rows, to the last bit; and a refresh
-- has written the rows of the days and types that changed, and no others.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/dashboard.sql
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
CREATE SCHEMA report_dashboard_property;
SET search_path = report_dashboard_property, public;

-- Which rows changed, noted by other means than the extension's: for each change the old and the new row.
CREATE TABLE touched (source text, at text, type text);
CREATE TABLE emptied (source text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO emptied VALUES (TG_ARGV[0]);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN INSERT INTO touched VALUES (TG_ARGV[0], OLD.at, OLD.type); END IF;
    IF TG_OP <> 'DELETE' THEN INSERT INTO touched VALUES (TG_ARGV[0], NEW.at, NEW.type); END IF;
    RETURN coalesce(NEW, OLD);
END $$;

-- Three sources: a plain table with two dashboards in zones with summer time and half hours, a table in partitions of partitions, and one with dates and an enum.
CREATE TABLE kind (name text PRIMARY KEY);
CREATE TABLE plain (id int PRIMARY KEY, at timestamptz, type text REFERENCES kind ON UPDATE CASCADE ON DELETE SET NULL, score numeric, scores jsonb, review text[], reasons jsonb, verified text[], accepted text[], fields jsonb, as_read jsonb, engine jsonb, version bigint);
CREATE TABLE parts_like (LIKE plain);
ALTER TABLE parts_like ALTER at TYPE timestamp, ALTER score TYPE real;
CREATE TABLE parts (LIKE parts_like, PRIMARY KEY (id, at), FOREIGN KEY (type) REFERENCES kind ON UPDATE CASCADE ON DELETE SET NULL) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2010-11-01') TO ('2010-11-07 12:00') PARTITION BY HASH (id);
CREATE TABLE parts_1_even PARTITION OF parts_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
-- a partition with another order of columns
CREATE TABLE parts_1_odd (version bigint, at timestamp NOT NULL, gone int, type text, id int NOT NULL, score real, scores jsonb, review text[], reasons jsonb, verified text[], accepted text[], fields jsonb, as_read jsonb, engine jsonb);
ALTER TABLE parts_1_odd DROP gone;
ALTER TABLE parts_1 ATTACH PARTITION parts_1_odd FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2010-11-07 12:00') TO ('2010-11-09');
CREATE TYPE word AS ENUM ('bill', 'letter', 'permit', 'new', 'newer');
CREATE TABLE dates (LIKE plain, PRIMARY KEY (id));
ALTER TABLE dates ALTER at TYPE date USING at::date, ALTER type TYPE word USING type::word, ALTER score TYPE float8;
CREATE INDEX ON plain (at); CREATE INDEX ON dates (at);
CREATE TABLE source AS SELECT * FROM (VALUES ('plain', 'timestamptz', 'plain_daily', 'America/St_Johns'), ('plain', 'timestamptz', 'plain_far', 'Asia/Kolkata'), ('parts', 'timestamp', 'parts_daily', 'America/Havana'), ('dates', 'date', 'dates_daily', 'UTC')) AS v (name, at_type, dashboard, zone);
SELECT williams_create_dashboard(name::regclass, at => 'at', document_type => 'type', score => 'score', scores => 'scores', review => 'review', reasons => 'reasons', verified => 'verified', accepted => 'accepted',
    fields => 'fields', as_read => 'as_read', engine_confidence => 'engine', profile_version => 'version', time_zone => zone, rollup => dashboard) FROM source;
DO $$
DECLARE s text;
BEGIN
    FOR s IN SELECT DISTINCT name FROM source LOOP
        EXECUTE format('CREATE TRIGGER log BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION touch(%L)', s, s);
        EXECUTE format('CREATE TRIGGER log_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION touch(%L)', s, s);
    END LOOP;
END $$;

-- New documents of four days, on which clocks are set back in both zones, some without a time or with infinity.
CREATE FUNCTION docs(s text, n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    at_type text := (SELECT DISTINCT at_type FROM source WHERE name = s);
BEGIN
    RETURN format($q$SELECT (random() * 1000)::int AS id, %1$s::%2$s AS at, k AS type, round((random() * 1.2 - 0.1)::numeric, 3) AS score,
        jsonb_build_object('a', round(random()::numeric, 3), 'b', round(random()::numeric, 3)) || CASE WHEN random() < 0.3 THEN jsonb_build_object('c', 0.5) ELSE '{}' END AS scores,
        (ARRAY['{}', '{a}', '{a,b}', NULL])[1 + floor(random() * 4)::int]::text[] AS review, (ARRAY['{"a": ["format"]}', '{"a": ["format", "audit"], "b": ["threshold"]}', NULL])[1 + floor(random() * 3)::int]::jsonb AS reasons,
        (ARRAY['{a}', '{a,b,c}', '{}', NULL])[1 + floor(random() * 4)::int]::text[] AS verified, (ARRAY['{a}', '{b,c}', NULL])[1 + floor(random() * 3)::int]::text[] AS accepted,
        jsonb_build_object('a', 'x', 'b', CASE WHEN random() < 0.5 THEN 'y' END, 'c', 7) AS fields, jsonb_build_object('a', CASE WHEN random() < 0.5 THEN 'X ' ELSE 'z' END, 'b', 'y', 'c', CASE WHEN random() < 0.8 THEN 7 END) AS as_read,
        CASE WHEN random() < 0.7 THEN jsonb_build_object('a', round(random()::numeric, 2), 'c', 1) END AS engine, floor(random() * 3)::bigint AS version
        FROM generate_series(1, %3$s) AS g, LATERAL (SELECT CASE WHEN random() < 0.3 THEN timestamptz '2010-11-07 01:00+00' + random() * interval '4 hours' ELSE timestamptz '2010-11-05 02:00+00' + random() * interval '4 days' + g * interval '0' END AS t) AS t,
            LATERAL (SELECT CASE WHEN g > 0 THEN (SELECT %4$s FROM (SELECT name FROM kind ORDER BY random() + g * 0 LIMIT 1) AS k0 (name)) END AS k) AS k$q$,
        CASE s WHEN 'parts' THEN 'least(t, timestamptz ''2010-11-08 23:59+00'')' ELSE 'CASE WHEN random() < 0.02 THEN NULL WHEN random() < 0.02 THEN (CASE WHEN random() < 0.5 THEN ''infinity'' ELSE ''-infinity'' END)::timestamptz ELSE t END' END,
        at_type, n, CASE s WHEN 'dates' THEN 'CASE WHEN random() < 0.9 THEN name::word END' ELSE 'CASE WHEN random() < 0.9 THEN name END' END);
END $$;

-- One random change of a source; every tenth is rolled back.
CREATE PROCEDURE change(s text) LANGUAGE plpgsql AS $$
DECLARE
    n int := 1 + floor(random() ^ 3 * 40);
    keys text := CASE s WHEN 'parts' THEN 'id, at' ELSE 'id' END;
    chosen text := format('id IN (SELECT id FROM %I ORDER BY random() LIMIT %s)', s, n);
    what int := floor(random() * 14);
BEGIN
    CASE
        WHEN what < 4 THEN EXECUTE format('INSERT INTO %I %s ON CONFLICT DO NOTHING', s, docs(s, n));
        WHEN what = 4 THEN EXECUTE format('INSERT INTO %1$I SELECT DISTINCT ON (%3$s) * FROM (%2$s) AS d ON CONFLICT (%3$s) DO UPDATE SET type = EXCLUDED.type, scores = EXCLUDED.scores', s, docs(s, n), keys);
        WHEN what = 5 THEN EXECUTE format('UPDATE %I SET at = at + (CASE WHEN random() < 0.5 THEN -1 ELSE 1 END) * interval ''7 hours'' WHERE %s AND at BETWEEN ''2010-11-06'' AND ''2010-11-08''', s, chosen);
        WHEN what = 6 THEN EXECUTE format('UPDATE %I SET type = (SELECT name%s FROM kind ORDER BY random() LIMIT 1) WHERE %s', s, CASE s WHEN 'dates' THEN '::word' ELSE '' END, chosen);
        WHEN what = 7 THEN EXECUTE format('UPDATE %I SET fields = fields || ''{"a": "Z"}'', verified = ''{a,b}'', review = ''{}'', reasons = NULL WHERE %s', s, chosen);
        WHEN what = 8 THEN EXECUTE format('DELETE FROM %I WHERE %s', s, chosen);
        WHEN what = 9 THEN EXECUTE format('MERGE INTO %I AS t USING (SELECT DISTINCT ON (%3$s) * FROM (%2$s) AS d) AS d ON t.id = d.id %4$s WHEN MATCHED AND d.version = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET type = d.type, score = d.score
            WHEN NOT MATCHED THEN INSERT (id, at, type, scores) VALUES (d.id, d.at, d.type, d.scores)', s, docs(s, n), keys, CASE s WHEN 'parts' THEN 'AND t.at = d.at' ELSE '' END);
        WHEN what = 10 THEN UPDATE kind SET name = CASE name WHEN 'new' THEN 'newer' ELSE 'new' END WHERE name LIKE 'new%';
        WHEN what = 11 THEN
            DELETE FROM kind WHERE name = 'permit';
            INSERT INTO kind VALUES ('permit') ON CONFLICT DO NOTHING;
        WHEN what = 12 AND s = 'parts' THEN EXECUTE format('UPDATE %I SET type = ''letter'' WHERE %s', (ARRAY['parts_1', 'parts_1_odd', 'parts_2'])[1 + floor(random() * 3)::int], chosen);
        WHEN what = 13 AND random() < 0.2 THEN EXECUTE format('TRUNCATE %I', s);
        ELSE EXECUTE format('UPDATE %I SET type = type WHERE %s', s, chosen);
    END CASE;
    IF random() < 0.1 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'TR001'; END IF;
END $$;

-- Refresh, and compare what is shown, and which rows were written.
CREATE FUNCTION wrong(d source) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    everything boolean := EXISTS (SELECT FROM emptied WHERE source = d.dashboard);
    day text := format(CASE d.at_type WHEN 'timestamptz' THEN '(at::timestamptz AT TIME ZONE %L)::date' ELSE 'at::timestamp::date' END, d.zone);
    computed bigint;
    written bigint;
    expected bigint;
BEGIN
    EXECUTE format('CREATE TEMP TABLE before AS SELECT ctid AS c, xmin::text AS x, day, document_type FROM %I', d.dashboard);
    computed := williams_refresh_dashboard(d.dashboard::regclass);
    EXECUTE format('SELECT count(*) FROM %I AS r WHERE NOT EXISTS (SELECT FROM before WHERE (c, x) = (r.ctid, r.xmin::text))', d.dashboard) INTO written;
    EXECUTE format('SELECT count(*) FROM %I AS r WHERE %L OR EXISTS (SELECT FROM touched WHERE source = %L AND (%s, type COLLATE "C") IS NOT DISTINCT FROM (r.day, r.document_type))', d.dashboard, everything, d.dashboard, day) INTO expected;
    DROP TABLE before;
    DELETE FROM touched WHERE source = d.dashboard;
    DELETE FROM emptied WHERE source = d.dashboard;
    RETURN CASE WHEN computed <> written OR written <> expected THEN format('%s: %s computed, %s written, %s have changed', d.dashboard, computed, written, expected)
                WHEN pg_temp.wrong_rows(d.dashboard, d.name, d.zone) > 0 THEN format('%s: %s rows are wrong', d.dashboard, pg_temp.wrong_rows(d.dashboard, d.name, d.zone))
                WHEN williams_refresh_dashboard(d.dashboard::regclass) > 0 THEN d.dashboard || ': nothing had changed' END;
END $$;

-- What was logged for a source concerns each of its dashboards.
CREATE PROCEDURE spread() LANGUAGE sql AS $$
    INSERT INTO touched SELECT s.dashboard, at, type FROM touched AS t JOIN source AS s ON t.source = s.name;
    INSERT INTO emptied SELECT s.dashboard FROM emptied AS t JOIN source AS s ON t.source = s.name;
    DELETE FROM touched WHERE source IN (SELECT name FROM source);
    DELETE FROM emptied WHERE source IN (SELECT name FROM source);
$$;

INSERT INTO kind VALUES ('bill'), ('letter'), ('permit'), ('new');
SELECT setseed(0.14);
DO $$
DECLARE
    d source;
    message text;
    n_wrong int := 0;
    n_refreshed int := 0;
    n_rolled_back int := 0;
BEGIN
    FOR d IN SELECT * FROM source LOOP PERFORM wrong(d); END LOOP;
    FOR i IN 1 .. 300 LOOP
        BEGIN
            CALL change((ARRAY['plain', 'parts', 'dates'])[1 + i % 3]);
        EXCEPTION WHEN SQLSTATE 'TR001' OR unique_violation THEN n_rolled_back := n_rolled_back + 1;
        END;
        CALL spread();
        IF random() < 0.5 THEN COMMIT; END IF;
        FOR d IN SELECT * FROM source WHERE random() < 0.15 LOOP
            BEGIN
                message := wrong(d);
                n_refreshed := n_refreshed + 1;
                -- changes of what has just been refreshed, in the same transaction
                FOR j IN 1 .. CASE WHEN random() < 0.2 THEN 2 ELSE 0 END LOOP
                    EXECUTE format('UPDATE %1$I SET review = review || ''{b}'' WHERE id IN (SELECT id FROM %1$I ORDER BY random() LIMIT 10)', d.name);
                    CALL spread();
                    message := coalesce(message, wrong(d));
                END LOOP;
                -- a refresh that is rolled back leaves its notes
                IF random() < 0.2 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'TR001'; END IF;
            EXCEPTION WHEN SQLSTATE 'TR001' THEN NULL;
            END;
            IF message IS NOT NULL AND n_wrong < 10 THEN RAISE WARNING 'change %: %', i, message; n_wrong := n_wrong + 1; END IF;
        END LOOP;
        IF random() < 0.3 THEN COMMIT; END IF;
    END LOOP;
    RAISE WARNING 'refreshed %, wrong %, rolled back %', n_refreshed > 100, n_wrong, n_rolled_back > 20;
END $$;
SELECT s.dashboard, wrong(s) FROM source AS s;
