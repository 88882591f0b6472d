\set ECHO none
-- What a dashboard must show, from its source alone, and by other ways than the extension's: with plain
-- SQL over single fields. The source has the columns at, type, score, scores, review (text[]), reasons,
-- verified, accepted, fields, as_read, engine and version; it may be a view that gives them these names.
-- See error_of.sql for how tests read this file.

-- White space and case aside, as williams_evidence_agg compares values.
CREATE FUNCTION pg_temp.plain(t text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$SELECT nullif(lower(btrim(regexp_replace(t, '\s+', ' ', 'g'))), '')$$;

-- A member of an object as a score; NULL if it is none.
CREATE FUNCTION pg_temp.score(object jsonb, field text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(object) = 'object' AND jsonb_typeof(object -> field) = 'number' AND (object ->> field)::numeric BETWEEN 0 AND 1
           THEN CASE WHEN (object ->> field)::numeric < 1e-300 THEN 0 ELSE (object ->> field)::float8 END END $$;

CREATE FUNCTION pg_temp.whole(source text, zone text) RETURNS TABLE ("time" timestamptz, day date, document_type text,
    documents bigint, for_review bigint, checked bigint, accepted bigint, fields bigint, fields_for_review bigint, fields_checked bigint, audited bigint,
    wrong bigint, without_profile bigint, without_confidence bigint, fallback bigint, reasons jsonb, scores williams_scorecard, field_scores williams_scorecard,
    calibration williams_calibration, engine_calibration williams_calibration, audit williams_calibration, throughput float8, confidence_accuracy float8,
    availability boolean, fallback_rate float8) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('
    WITH s AS MATERIALIZED (SELECT row_number() OVER () AS n, %1$s AS d, type::text COLLATE "C" AS t, v.*, cardinality(v.review) > 0 IS TRUE AS waits,
            cardinality(v.verified) > 0 IS TRUE AS seen, coalesce(v.version, 0) = 0 AS no_profile,
            NOT EXISTS (SELECT FROM jsonb_each(CASE jsonb_typeof(engine) WHEN ''object'' THEN engine END) WHERE jsonb_typeof(value) = ''number'') AS no_engine FROM %2$s AS v),
    f AS MATERIALIZED (SELECT d, t, name, pg_temp.score(scores, name) AS x, pg_temp.score(engine, name) AS e, accepted @> ARRAY[name] AS taken,
            coalesce(pg_temp.plain(as_read ->> name) = pg_temp.plain(s.fields ->> name), false) AS is_right,
            jsonb_typeof(as_read) = ''object'' AND pg_temp.plain(as_read ->> name) IS NOT NULL AND verified @> ARRAY[name] AND s.fields ? name AS known
        FROM s, LATERAL (SELECT jsonb_object_keys(CASE jsonb_typeof(scores) WHEN ''object'' THEN scores END) UNION
                         SELECT jsonb_object_keys(CASE jsonb_typeof(engine) WHEN ''object'' THEN engine END)) AS names (name)),
    r AS (SELECT d, t, jsonb_object_agg(reason, n) AS reasons FROM (SELECT d, t, reason #>> ''{}'' AS reason, count(*) AS n
        FROM s, jsonb_each(CASE jsonb_typeof(s.reasons) WHEN ''object'' THEN s.reasons END) AS m (name, list), jsonb_array_elements(CASE jsonb_typeof(list) WHEN ''array'' THEN list ELSE jsonb_build_array(list) END) AS reason
        WHERE jsonb_typeof(reason) = ''string'' GROUP BY d, t, reason) AS x GROUP BY d, t),
    groups AS (SELECT d, t, count(*) AS documents, count(*) FILTER (WHERE waits) AS for_review, count(*) FILTER (WHERE seen AND NOT waits) AS checked,
            count(*) FILTER (WHERE NOT waits AND NOT seen) AS accepted, coalesce(sum(cardinality(review)), 0)::bigint AS fields_for_review,
            count(*) FILTER (WHERE no_profile) AS no_profile, count(*) FILTER (WHERE no_engine) AS no_engine, count(*) FILTER (WHERE no_profile OR no_engine) AS fallback,
            williams_scorecard_agg(CASE WHEN score BETWEEN 0 AND 1 THEN score::float8 END) AS scores
        FROM s GROUP BY d, t),
    sums AS (SELECT d, t, count(x) AS fields, count(x) FILTER (WHERE known) AS fields_checked, count(x) FILTER (WHERE known AND taken) AS audited,
            count(x) FILTER (WHERE known AND taken AND NOT is_right) AS wrong, williams_scorecard_agg(x) AS field_scores,
            williams_calibration_agg(x, is_right) FILTER (WHERE known) AS calibration, williams_calibration_agg(e, is_right) FILTER (WHERE known) AS engine_calibration,
            williams_calibration_agg(x, is_right) FILTER (WHERE known AND taken) AS audit,
            avg(is_right::int) FILTER (WHERE known AND x IS NOT NULL) AS accuracy
        FROM f GROUP BY d, t)
    SELECT groups.d::timestamp AT TIME ZONE %3$L, groups.d, coalesce(groups.t, ''(none)''), documents, for_review, checked, groups.accepted, coalesce(fields, 0), fields_for_review,
        coalesce(fields_checked, 0), coalesce(audited, 0), coalesce(wrong, 0), no_profile, no_engine, fallback, r.reasons, groups.scores, coalesce(field_scores, no_card), coalesce(calibration, no_seen),
        coalesce(engine_calibration, no_seen), coalesce(audit, no_seen),
        CASE WHEN isfinite(groups.d) THEN documents / extract(epoch FROM (groups.d + 1)::timestamp AT TIME ZONE %3$L - groups.d::timestamp AT TIME ZONE %3$L)::float8 END,
        accuracy::float8, true, fallback::float8 / documents
    FROM groups
    LEFT JOIN sums ON (sums.d, sums.t) IS NOT DISTINCT FROM (groups.d, groups.t)
    LEFT JOIN r ON (r.d, r.t) IS NOT DISTINCT FROM (groups.d, groups.t),
    (SELECT williams_scorecard_agg(NULL::float8) AS no_card, williams_calibration_agg(NULL::float8, NULL) AS no_seen) AS nothing',
    CASE (SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = source::regclass AND attname = 'at')
         WHEN 'timestamptz'::regtype THEN format('(at AT TIME ZONE %L)::date', zone) ELSE 'at::date' END, source, zone);
END $$;

-- How many rows of a dashboard are not what they should be, or are missing. Only confidence_accuracy is rounded.
CREATE FUNCTION pg_temp.wrong_rows(dashboard text, source text, zone text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    columns text := (SELECT string_agg(CASE name WHEN 'confidence_accuracy' THEN 'round(confidence_accuracy::numeric, 12)' ELSE quote_ident(name) END, ', ' ORDER BY i)
                     FROM pg_proc, unnest(proargnames, proargmodes) WITH ORDINALITY AS a (name, mode, i) WHERE proname = 'whole' AND mode = 't' AND pronamespace = pg_my_temp_schema());
    n bigint;
BEGIN
    EXECUTE format('
    WITH shown AS MATERIALIZED (SELECT %1$s FROM %2$s), whole AS MATERIALIZED (SELECT %1$s FROM pg_temp.whole(%3$L, %4$L))
    SELECT count(*) FROM ((TABLE shown EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE shown)) AS different', columns, dashboard || '_dashboard', source, zone) INTO n;
    RETURN n;
END $$;
\set ECHO all
