-- Compare the confidences with the truth: which fields need eyes, from what confidence on none do.

\echo '=== 4.1 What the office knows of its forms: rules, one profile for each document type ========'
\echo 'Only fields that are filled in on every form of the type. null: any text. A value that fits its'
\echo 'format gains 0.05 or 0.10, one that is no date or number loses 0.15; a failed check halves it.'
\echo

INSERT INTO williams_profile (name, rules) VALUES
    ('building_permit', '{
        "fields": {"permit_number": null, "permit_type": null, "date_entered": "date",
                   "construction_cost": "number", "address": null, "city": null, "contact": null,
                   "parcel": null, "state": "alphanumeric", "zip": "alphanumeric"},
        "checks": [{"check": "pattern", "fields": ["permit_number"],
                    "pattern": "^BP-2025-[0-9]{5}$"},
                   {"check": "pattern", "fields": ["parcel"],
                    "pattern": "^[0-9]{3}-[0-9]{3}-[0-9]{2}$"},
                   {"check": "length", "fields": ["zip"], "length": 5}]}'),
    ('event_permit', '{
        "fields": {"permit_number": null, "event_name": null, "organizer": null, "phone": null,
                   "venue": null, "date_from": "date", "visitors": "number", "fee": "number"},
        "checks": [{"check": "pattern", "fields": ["permit_number"],
                    "pattern": "^EV-2025-[0-9]{5}$"},
                   {"check": "pattern", "fields": ["phone"], "pattern": "^[0-9]{3}-[0-9]{4}$"}]}'),
    ('employment_contract', '{
        "fields": {"employer_name": null, "employer_kvk": "alphanumeric", "job_title": null,
                   "contract_duration": null, "start_date": "date",
                   "salary_amount": "number", "salary_currency": "alphanumeric"},
        "checks": [{"check": "length", "fields": ["employer_kvk"], "length": 8},
                   {"check": "range", "fields": ["salary_amount"], "min": 500, "max": 20000}]}');
\echo

\echo '=== 4.2 Which fields need eyes: the eight that are for review most often ====================='
\echo 'Percent of the type''s documents: the field is for review by the rules; is read wrong; is wrong'
\echo 'and not for review (missed). A field that was not found is wrong, and for review.'
\echo

CREATE VIEW reading AS      -- a row for each field of each form
SELECT document_id, (received_at AT TIME ZONE 'UTC')::date AS day, doc_type, field,
       (field_confidence->>field)::float8 AS confidence,
       coalesce(fields->>field, '') = coalesce(value, '') AS correct
FROM document JOIN ocr_result USING (document_id) JOIN truth USING (document_id)
WHERE engine = 'tesseract';
CREATE VIEW judged AS       -- those that the rules name
SELECT document_id, r.doc_type, field, r.confidence, correct, needs_review,
       field = ANY (s.review) AS for_review
FROM reading AS r JOIN ocr_result AS o USING (document_id)
JOIN williams_profile AS p ON p.name = r.doc_type,
     williams_score_fields(fields, rules, field_confidence) AS s
WHERE engine = 'tesseract' AND rules->'fields' ? field;
\echo
SELECT doc_type, field, count(*) AS docs,
       round(100 * avg(for_review::int), 1) AS review_percent,
       round(100 * avg((NOT correct)::int), 1) AS wrong_percent,
       round(100 * avg((NOT correct AND NOT for_review)::int), 1) AS missed_percent
FROM judged GROUP BY doc_type, field ORDER BY review_percent DESC, doc_type, field LIMIT 8;

\echo '=== 4.3 The same fields sorted by document, as in 3.3, and one by one by the rules ==========='
\echo

SELECT sorted, count(*) AS fields, round(100 * avg(look::int), 1) AS review_percent,
       round(100 * avg(correct::int) FILTER (WHERE NOT look), 1) AS accepted_right_percent
FROM judged,
     LATERAL (VALUES ('by document', needs_review), ('by field', for_review)) AS v(sorted, look)
GROUP BY sorted ORDER BY sorted;

\echo '=== 4.4 Is the confidence to be believed? Fields by what Tesseract said of them =============='
\echo 'confidence is the mean of a bin (lower <= confidence < upper), accuracy the share read right;'
\echo 'all go from 0 to 1. Where accuracy is below confidence, Tesseract was too sure.'
\echo

SELECT bin, round(lower::numeric, 1) AS lower, round(upper::numeric, 1) AS upper, count AS fields,
       round(r.confidence::numeric, 3) AS confidence, round(accuracy::numeric, 3) AS accuracy
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     williams_reliability(c, 10) AS r;
\echo 'In one line; brier (mean squared error) and ece (expected calibration error) are 0 at best:'
\echo
SELECT williams_count(c) AS fields, round(williams_accuracy(c)::numeric, 3) AS accuracy,
       round(williams_brier(c)::numeric, 3) AS brier, round(williams_ece(c)::numeric, 3) AS ece
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields;

\echo '=== 4.5 From what confidence on need nobody look? ============================================'
\echo 'The lowest threshold at which the fields accepted are right as often as wanted. accepted_share'
\echo 'is of the fields found, precision the share of those accepted that is right; precision_low is'
\echo 'the lower end of Wilson''s 95 % interval of it. All go from 0 to 1.'
\echo

CREATE VIEW cut AS
SELECT wanted, t.*
FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM reading) AS all_fields,
     unnest(ARRAY[0.95, 0.99]) AS wanted, williams_threshold(c, wanted) AS t;
\echo
SELECT wanted, threshold, round(accepted_share::numeric, 3) AS accepted_share,
       round("precision"::numeric, 4) AS precision,
       round(precision_low::numeric, 4) AS precision_low
FROM cut ORDER BY wanted;
SELECT format('From %s on nobody looks: %s %% of the fields found; of 1000 of them %s are wrong, '
              'perhaps %s.', threshold, round(100 * accepted_share),
              round(1000 * (1 - "precision")), round(1000 * (1 - precision_low))) AS for_the_office
FROM cut ORDER BY wanted;

\echo '=== 4.6 A summary a day, small enough to keep ================================================'
\echo 'score: the base of the day''s documents. calibration: of their fields. Sizes in bytes.'
\echo

CREATE TABLE daily (
    day         date PRIMARY KEY,
    score       williams_scorecard NOT NULL,
    calibration williams_calibration NOT NULL);
INSERT INTO daily
SELECT day, score, calibration
FROM (SELECT (received_at AT TIME ZONE 'UTC')::date AS day, williams_scorecard_agg(base) AS score
      FROM scored GROUP BY day) AS s
JOIN (SELECT day, williams_calibration_agg(confidence, correct) AS calibration
      FROM reading GROUP BY day) AS c USING (day);
\echo
SELECT day, williams_count(score) AS documents, round(williams_average(score)::numeric, 3) AS base,
       williams_count(calibration) AS fields,
       round(williams_accuracy(calibration)::numeric, 3) AS accuracy,
       pg_column_size(score) AS score_bytes, pg_column_size(calibration) AS calibration_bytes
FROM daily ORDER BY day;

\echo '=== 4.7 The fortnight, from the 10 stored summaries and from the rows themselves ============='
\echo 'median is within 0.005 of the rows''. below_80 is the share of documents with a base below 0.80.'
\echo

CREATE VIEW fortnight AS
SELECT '10 summaries' AS source, williams_rollup(score) AS score,
       williams_rollup(calibration) AS calibration
FROM daily
UNION ALL
SELECT 'all rows', (SELECT williams_scorecard_agg(base) FROM scored),
       (SELECT williams_calibration_agg(confidence, correct) FROM reading);
\echo
SELECT source, williams_count(score) AS documents,
       round(williams_average(score)::numeric, 4) AS average,
       round(williams_quantile(score, 0.5)::numeric, 3) AS median,
       round(williams_share_below(score, 0.80)::numeric, 3) AS below_80,
       williams_count(calibration) AS fields,
       round(williams_accuracy(calibration)::numeric, 4) AS accuracy
FROM fortnight
UNION ALL
SELECT 'plain SQL', count(*), round(avg(base)::numeric, 4),
       round((percentile_disc(0.5) WITHIN GROUP (ORDER BY base))::numeric, 3),
       round(avg((base < 0.80)::int), 3), max(f.n), max(f.accuracy)
FROM scored, (SELECT count(*) AS n, round(avg(correct::int), 4) AS accuracy
              FROM reading WHERE confidence IS NOT NULL) AS f;
\echo 'To the last bit:'
\echo
SELECT count(DISTINCT score::text) = 1 AS scores_equal,
       count(DISTINCT calibration::text) = 1 AS calibrations_equal
FROM fortnight;
