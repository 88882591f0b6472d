-- Dashboards for the tests of the page, made by the extension from documents that its trigger scores:
-- usual ones, and those that are hard to show. Every table of documents is of the same form, so that
-- expected.sql can compute the numbers of a page from the documents themselves.
CREATE EXTENSION williams;
CREATE ROLE browser_reader LOGIN IN ROLE pg_monitor;

CREATE VIEW hostile AS
SELECT ordinality::int AS no, name
FROM unnest(ARRAY[
    '<script>document.title = ''hacked''</script>', 'a&b "quoted" ''single''', repeat('a_name_without_a_blank_', 20),
    'طلب تصريح بناء', 'רישיון בנייה', '😀 permit 👩‍👩‍👧', U&'\202Eevil', '', 'plain', E'line\nbreak\ttab',
    '</style></title></svg><img src=x onerror="document.title = ''hacked''">', '&lt;b&gt; &amp;', '%1$s %% :rows :''p''',
    '$$ -- ; DROP', E'back\\slash', 'x y z', U&'\+01F3D7\FE0F', '{"a": 1}', '建築許可', 'ж', 'z1', 'z2', 'z3']) WITH ORDINALITY AS h(name, ordinality);

INSERT INTO williams_profile (name, rules)
SELECT name, '{"fields": {"number": "alphanumeric", "entered": "date", "cost": "number", "city": null}}'
FROM (SELECT unnest('{building_permit,event_permit}'::text[]) UNION ALL SELECT name FROM hostile WHERE name <> '') AS n(name);

-- A table of documents of some types and days, with a dashboard. Some values are misread, more of
-- them with a low confidence. Clerks have checked what was for review on the first days.
CREATE FUNCTION make(source text, types text[], per_day int, first date, days int, checked_days int) RETURNS void
LANGUAGE plpgsql AS $make$ BEGIN
    EXECUTE format($sql$
CREATE TABLE %1$I (id int PRIMARY KEY, created_at timestamptz, doc_type text, engine_read jsonb, engine_says jsonb, fields jsonb,
    verified text[], score float8, scores jsonb, review text[], reasons jsonb, version bigint, accepted text[]);
CREATE INDEX ON %1$I (created_at);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON %1$I FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'profile_column=doc_type', 'fields=fields', 'engine_confidence=engine_says', 'verified=verified', 'score=score',
    'scores=scores', 'review=review', 'reasons=reasons', 'accepted=accepted', 'profile_version=version');
INSERT INTO %1$I (id, created_at, doc_type, engine_read, engine_says, fields)
SELECT i, ($2 + i %% $3 + time '08:00' + i %% 480 * interval '1 minute') AT TIME ZONE 'UTC', $1[1 + (i * 7 + i / $3) %% cardinality($1)], f, CASE WHEN i %% 50 > 0 THEN c END, f
FROM generate_series(0, $4 - 1) AS i,
     LATERAL (SELECT 1 - (i * 37 %% 101 / 101.0) ^ 3 AS p, i * 7919 %% 2003 / 2003.0 AS u) AS r,
     LATERAL (SELECT jsonb_build_object(
         'number', CASE WHEN u < p THEN 'B' || i ELSE 'B-' || i END, 'entered', CASE WHEN u < p + 0.1 THEN '2026-03-02' ELSE '2026-O3-02' END,
         'cost', CASE WHEN i %% 17 = 0 THEN '' ELSE (i %% 977)::text END, 'city', CASE WHEN u < p - 0.05 THEN 'Ashcombe' ELSE 'Ashc0mbe' END) AS f,
         jsonb_build_object('number', round(p::numeric, 3), 'city', round((0.3 + 0.7 * p)::numeric, 3)) AS c) AS s
$sql$, source) USING types, first, days, per_day * days;
    EXECUTE format($sql$
UPDATE %1$I SET fields = jsonb_build_object('number', 'B' || id, 'entered', '2026-03-02', 'city', 'Ashcombe', 'cost', (id %% 977)::text),
    verified = ARRAY(SELECT jsonb_object_keys(scores))
WHERE (review <> '{}' OR id %% 10 = 0) AND created_at < ($1 + $2)::timestamp AT TIME ZONE 'UTC' AND doc_type <> 'letter'
$sql$, source) USING first, checked_days;
    PERFORM williams_create_dashboard(source::regclass, as_read => 'engine_read', time_zone => 'UTC', rollup => source || '_daily');
    PERFORM williams_refresh_dashboard((source || '_daily')::regclass);
    EXECUTE format('GRANT SELECT ON %I TO browser_reader', source || '_daily_dashboard');
END $make$;

SELECT make('usual', '{building_permit,event_permit,letter}', 60, '2026-10-01', 30, 20);
SELECT make('nothing', '{letter}', 0, '2026-10-01', 0, 0);
SELECT make('one_day', '{building_permit}', 40, '2026-10-05', 1, 1);
SELECT make('unchecked', '{building_permit,letter}', 5, '2026-12-20', 90, 0);
SELECT make('thousand', '{building_permit,event_permit,letter}', 3, '2023-01-15', 1000, 900);
SELECT make('many', (SELECT array_agg(name ORDER BY no) FROM hostile WHERE no <= 15), 120, '2026-10-01', 10, 8);
SELECT make('more', (SELECT array_agg(name ORDER BY no) FROM hostile), 40, '2026-10-01', 40, 30);
-- days without a document, a document without a day, some in other centuries
SELECT make('gaps', '{building_permit}', 6, '2026-10-01', 40, 30);
DELETE FROM gaps WHERE id % 40 BETWEEN 5 AND 20;
SELECT williams_refresh_dashboard('gaps_daily');
SELECT make('stray', '{building_permit}', 6, '2026-10-01', 10, 10);
UPDATE stray SET created_at = CASE id WHEN 1 THEN 'infinity' WHEN 2 THEN NULL WHEN 3 THEN '0044-03-15' ELSE '9999-12-31' END::timestamptz WHERE id < 5;
SELECT williams_refresh_dashboard('stray_daily');
-- millions: a rollup is an ordinary table
SELECT make('millions', '{building_permit,event_permit}', 20, '2026-10-01', 20, 20);
UPDATE millions_daily SET documents = documents * 123457, for_review = for_review * 123457, checked = checked * 123457,
    fields_for_review = fields_for_review * 123457, calibration = (SELECT williams_rollup(c) FROM (SELECT calibration AS c FROM generate_series(1, 9999)) AS s),
    field_scores = (SELECT williams_rollup(c) FROM (SELECT field_scores AS c FROM generate_series(1, 9999)) AS s);
SELECT make('unreadable', '{letter}', 1, '2026-10-01', 1, 0);
REVOKE ALL ON unreadable_daily_dashboard FROM browser_reader;
-- no summaries, and reasons that others gave
SELECT make('bare', '{building_permit}', 20, '2026-10-01', 20, 10);
UPDATE bare_daily SET scores = NULL, field_scores = NULL, calibration = NULL, engine_calibration = NULL, audit = NULL,
    reasons = jsonb_build_object('<img src=x onerror="document.title = ''hacked''">', 3, repeat('reason', 40), 2, 'audit', 1, '', 1);
SELECT make('quoted', '{building_permit}', 20, '2026-10-01', 3, 3);
CREATE SCHEMA "Town ""hall"" & <b>";
ALTER TABLE quoted SET SCHEMA "Town ""hall"" & <b>";
DROP TRIGGER score ON "Town ""hall"" & <b>".quoted;
SELECT williams_create_dashboard('"Town ""hall"" & <b>".quoted', document_type => 'doc_type', score => 'score', scores => 'scores',
    verified => 'verified', fields => 'fields', as_read => 'engine_read', time_zone => 'UTC', rollup => '"Town ""hall"" & <b>"."<i>It''s</i> ""5"" % :rows"');
SELECT williams_refresh_dashboard('"Town ""hall"" & <b>"."<i>It''s</i> ""5"" % :rows"');

-- tasks: done in part with a failure whose message is hostile, stopped, and gone
CREATE TABLE item (id int PRIMARY KEY, doc_type text);
INSERT INTO item SELECT i, CASE WHEN i = 7 THEN '<script>document.title = ''hacked''</script> & "' || repeat('long', 90) END FROM generate_series(1, 100) AS i;
SELECT williams_create_task('<b>read</b> ' || repeat('very', 12), 'item', 'UPDATE item SET doc_type = doc_type::int::text', max_items => 10);
CALL williams_run('<b>read</b> ' || repeat('very', 12));
SELECT williams_create_task('later', 'item', 'UPDATE item SET doc_type = doc_type', max_items => 10);
SELECT williams_run_batch('later');
CALL williams_apply('UPDATE item SET doc_type = doc_type');
