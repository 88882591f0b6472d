-- Report what the scores say of the scans, what they are worth, and what they cost.

\echo '=== 3.1 By scan quality ======================================================================'
\echo 'fields, base and confidence are means over the documents. base is what Tesseract said of its'
\echo 'fields, confidence is the score; both go from 0 to 1, and are 0 where it found no field.'
\echo

CREATE VIEW scored AS
SELECT document_id, permit_number, doc_type, quality, received_at, fields, num_fields,
       confidence / multiplier AS base, confidence, needs_review
FROM document JOIN ocr_result USING (document_id)
WHERE engine = 'tesseract';
\echo
SELECT quality, count(*) AS documents,
       round(avg(num_fields), 1) AS fields,
       round(avg(base)::numeric, 3) AS base,
       round(avg(confidence)::numeric, 3) AS confidence,
       round(100 * avg(needs_review::int), 1) AS review_percent
FROM scored GROUP BY quality ORDER BY quality;

\echo '=== 3.2 By document type and scan quality, the same =========================================='
\echo

SELECT doc_type, quality, count(*) AS documents,
       round(avg(num_fields), 1) AS fields,
       round(avg(base)::numeric, 3) AS base,
       round(avg(confidence)::numeric, 3) AS confidence,
       round(100 * avg(needs_review::int), 1) AS review_percent
FROM scored GROUP BY doc_type, quality ORDER BY doc_type, quality;

\echo '=== 3.3 Is it sorted well? The fields as read against what is really printed ================='
\echo

SELECT CASE WHEN needs_review THEN 'for review' ELSE 'accepted' END AS sorted_as,
       count(DISTINCT document_id) AS documents, count(*) AS fields_on_the_forms,
       round(100 * avg((coalesce(s.fields->>t.field, '') = coalesce(t.value, ''))::int), 1)
           AS read_right_percent
FROM scored AS s JOIN truth AS t USING (document_id)
GROUP BY needs_review ORDER BY needs_review;

\echo 'Accepted does not mean right. How much may be wrong is for the threshold to say: 0.80 here.'
\echo

\echo '=== 3.4 The work list: the permits that have waited longest for a person to look ============='
\echo

SELECT to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS received_utc,
       permit_number, applicant, num_fields, round(confidence::numeric, 3) AS confidence
FROM scored JOIN permit USING (permit_number)
WHERE needs_review ORDER BY received_at LIMIT 6;

\echo '=== 3.5 How much work it was: the words of each day =========================================='
\echo 'efficiency = words / bound, the bound being that of 2.1, here of a day''s words: a batch of the'
\echo 'bound is that many times smaller than the whole day.'
\echo

SELECT w.operation_count AS days, w.total_time_complexity AS words,
       round(w.total_space_bound::numeric) AS total_bound_words,
       round(w.average_efficiency::numeric, 2) AS average_efficiency,
       round(w.max_efficiency::numeric, 2) AS max_efficiency
FROM (SELECT (williams_efficiency(words)).*
      FROM (SELECT count(*) AS words FROM word JOIN document USING (document_id)
            GROUP BY (received_at AT TIME ZONE 'UTC')::date) AS day) AS w;

\echo '=== 3.6 How fast it is: 30,000 results inserted without and with the trigger ================='
\echo 'The 300 results 100 times, from one temporary table into another; the best of three rounds on'
\echo 'this machine.'
\echo

CREATE TEMP TABLE many AS
SELECT r.* FROM ocr_result AS r, generate_series(1, 100) WHERE engine = 'tesseract';
CREATE TEMP TABLE unscored_copy (LIKE ocr_result);
CREATE TEMP TABLE scored_copy (LIKE ocr_result);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored_copy
    FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
        'fields=fields', 'engine_confidence=field_confidence',
        'num_fields=num_fields', 'multiplier=multiplier',
        'confidence=confidence', 'review=needs_review', 'threshold=0.80');
\echo
CREATE TEMP TABLE clock (step text, at timestamptz DEFAULT clock_timestamp());
DO $$ BEGIN
    FOR round IN 1..3 LOOP
        INSERT INTO clock VALUES ('start');
        INSERT INTO unscored_copy SELECT * FROM many;
        INSERT INTO clock VALUES ('without trigger');
        INSERT INTO scored_copy SELECT * FROM many;
        INSERT INTO clock VALUES ('with trigger');
    END LOOP;
END $$;
\echo
SELECT step, round(1000 * min(s), 1) AS milliseconds,
       round(1000000 * min(s) / 30000, 1) AS microseconds_per_document,
       round(30000 / min(s), -3) AS documents_per_second
FROM (SELECT step, extract(epoch FROM at - lag(at) OVER (ORDER BY at)) AS s FROM clock) AS c
WHERE step <> 'start' GROUP BY step ORDER BY min(s);
