-- What the demo showed, checked: a row for each claim, "ok" or "FAILED", what, and what was found.
SELECT CASE WHEN ok THEN 'ok' ELSE 'FAILED' END, what, found
FROM (
    SELECT count(*) >= 240 AS ok, 'documents loaded' AS what, count(*)::text AS found
    FROM document

    UNION ALL
    SELECT count(*) = (SELECT count(*) FROM document) AND count(DISTINCT doc_type) = 3
           AND count(DISTINCT week) = 2,
           'results, one for each document, of three types and two weeks', count(*)::text
    FROM loaded

    UNION ALL
    SELECT count(*) > 0 AND bool_and(score = 0 AND cardinality(review) >= 7
                                     AND reasons->review[1] = '["missing"]'),
           'results without a field, all with score 0 and all for review', count(*)::text
    FROM loaded WHERE fields IS NULL

    UNION ALL
    SELECT count(*) = 5 AND bool_and(review <> '{}') AND sum((score = 0)::int) = 4
           AND sum((version = 0 AND reasons->'venue' = '["no_profile"]')::int) = 1,
           'bad rows, all loaded, and for review', count(*)::text
    FROM broken

    UNION ALL
    SELECT count(*) = (SELECT count(*) FROM loaded) AND max(abs(score * s.multiplier - s.overall)) < 1e-12
           AND bool_and(l.scores = s.scores AND l.review = s.review)
           AND bool_and(version = williams_rules_version(rules - '{model,precision,audit}'::text[])),
           'scores and reviews that are those of williams_score_fields', count(*)::text
    FROM loaded AS l JOIN williams_profile ON name = doc_type,
         williams_score_fields(fields, rules - '{model,precision,audit}'::text[], engine_says) AS s

    UNION ALL
    SELECT count(*) = (SELECT count(*) FROM loaded) AND bool_and(y.review = (l.review <> '{}'))
           AND count(*) FILTER (WHERE y.review) BETWEEN 1 AND count(*) - 1,
           'documents for review, as a boolean where as an array', (count(*) FILTER (WHERE y.review))::text
    FROM yes_or_no AS y JOIN loaded AS l USING (document_id)

    UNION ALL
    SELECT max(mb) <= 64 AND sum(documents) = (SELECT count(*) FROM document),
           'largest of the batches, in MB, within the budget of 64 MB',
           round(max(mb)::numeric, 2)::text
    FROM choice WHERE choice = 'williams_batch_no'

    UNION ALL
    SELECT count(*) > 1 AND bool_and(mb + next_page_mb > 64),
           'batches that the next page would not have fitted into', count(*)::text
    FROM (SELECT batch_no, sum(image_mb) AS mb FROM batch GROUP BY batch_no) AS b
    JOIN (SELECT DISTINCT ON (batch_no) batch_no, image_mb AS next_page_mb
          FROM batch ORDER BY batch_no, document_id) AS next ON next.batch_no = b.batch_no + 1

    UNION ALL
    SELECT count(*) = 5 AND count(*) FILTER (WHERE mb <= 64) = 2
           AND min(batches) FILTER (WHERE choice = 'williams_batch_no')
               < min(batches) FILTER (WHERE choice LIKE '%largest page'),
           'choices, two of which keep to 64 MB', count(*)::text
    FROM (SELECT choice, count(*) AS batches, max(mb) AS mb FROM choice GROUP BY choice) AS c

    UNION ALL
    SELECT w.peak_mb <= 64 AND w.batches = count(*) AND max(p.memory_mb) <= 64
           AND sum(p.items) = w.items AND max(p.last_item) = w.items,
           'batches of williams_plan, as many as williams_workload says', count(*)::text
    FROM (SELECT (williams_workload(image_mb, 64)).* FROM page) AS w,
         williams_plan(w.items, 64, w.max_item_mb) AS p
    GROUP BY w.items, w.batches, w.peak_mb

    UNION ALL
    SELECT 100 * avg(for_review::int) < 5,
           'percent of the fields of clean scans for review, below 5',
           round(100 * avg(for_review::int), 1)::text
    FROM reading WHERE quality = 'clean'

    UNION ALL
    SELECT 100 * avg(for_review::int) > 95,
           'percent of the fields of unreadable scans for review, above 95',
           round(100 * avg(for_review::int), 1)::text
    FROM reading WHERE quality = 'unreadable'

    UNION ALL
    SELECT count(*) = 5 AND bool_and(share >= before IS NOT FALSE),
           'scan qualities, each with no less for review than the one before it', count(*)::text
    FROM (SELECT avg(for_review::int) AS share,
                 lag(avg(for_review::int)) OVER (ORDER BY quality) AS before
          FROM reading GROUP BY quality) AS q

    UNION ALL
    SELECT avg(correct::int) FILTER (WHERE NOT for_review) > 0.95
           AND avg(correct::int) FILTER (WHERE for_review) < 0.5,
           'percent of the fields read right where the rules accept, above 95 (for review: below 50)',
           round(100 * avg(correct::int) FILTER (WHERE NOT for_review), 1)::text
    FROM reading

    UNION ALL
    SELECT count(*) = 2500 AND count(*) = count(for_review)
           AND bool_and(for_review OR confidence IS NOT NULL),
           'fields judged by the rules, those not found all for review', count(*)::text
    FROM reading

    UNION ALL
    SELECT count(*) = 10 AND sum(r.count) = sum(n) AND bool_and(r.count = n)
           AND max(abs(r.confidence - p.confidence)) < 1e-9
           AND max(abs(r.accuracy - p.accuracy)) < 1e-9,
           'bins of the reliability table, each as in plain SQL', count(*)::text
    FROM (SELECT (williams_reliability(calibration, 10)).* FROM fortnight
          WHERE source = 'all rows') AS r
    JOIN (SELECT least(floor(confidence::numeric * 10), 9) + 1 AS bin, count(*) AS n,
                 avg(confidence) AS confidence, avg(correct::int)::float8 AS accuracy
          FROM reading WHERE confidence IS NOT NULL GROUP BY 1) AS p USING (bin)

    UNION ALL
    SELECT abs(williams_ece(calibration) - p.ece) < 1e-9,
           'expected calibration error, as in plain SQL', round(p.ece::numeric, 4)::text
    FROM fortnight,
         (SELECT sum(n * abs(accuracy - confidence)) / sum(n) AS ece
          FROM (SELECT count(*) AS n, avg(confidence) AS confidence,
                       avg(correct::int)::float8 AS accuracy
                FROM reading WHERE confidence IS NOT NULL
                GROUP BY least(floor(confidence::numeric * 10), 9)) AS b) AS p
    WHERE source = 'all rows'

    UNION ALL
    SELECT williams_count(calibration) = n AND abs(williams_brier(calibration) - brier) < 1e-9
           AND abs(williams_accuracy(calibration) - accuracy) < 1e-9,
           'Brier score, with the accuracy and the count, as in plain SQL',
           round(brier::numeric, 4)::text
    FROM fortnight,
         (SELECT count(*) AS n, avg(correct::int)::float8 AS accuracy,
                 avg((confidence - correct::int) ^ 2) AS brier
          FROM reading WHERE confidence IS NOT NULL) AS p
    WHERE source = 'all rows'

    UNION ALL
    SELECT count(*) = 2 AND bool_and(is_right >= wanted AND accepted >= 100)
           AND max(abs(is_right - "precision")) < 1e-9
           AND max(abs(accepted::float8 / found - accepted_share)) < 1e-9,
           'thresholds at which the fields accepted are right as often as wanted', count(*)::text
    FROM cut, LATERAL (SELECT count(*) AS found,
                              count(*) FILTER (WHERE confidence >= threshold) AS accepted,
                              avg(correct::int) FILTER (WHERE confidence >= threshold) AS is_right
                       FROM reading WHERE confidence IS NOT NULL) AS p

    UNION ALL
    SELECT count(*) = 2 AND bool_and(lowest::float8 = threshold),
           'thresholds, each the lowest of those in steps of 0.005', count(*)::text
    FROM cut, LATERAL (SELECT min(x) AS lowest
                       FROM (SELECT x FROM generate_series(0, 0.995, 0.005) AS x
                             JOIN reading ON confidence >= x::float8
                             GROUP BY x
                             HAVING count(*) >= 100 AND avg(correct::int) >= wanted) AS g) AS p

    UNION ALL
    SELECT bool_and(share BETWEEN 0 AND 1), 'shares, all from 0 to 1', count(*)::text
    FROM (SELECT unnest(ARRAY[threshold, accepted_share, "precision", precision_low]) FROM cut
          UNION ALL
          SELECT unnest(ARRAY[williams_average(score), williams_share_below(score, 0.80),
                              williams_accuracy(calibration), williams_brier(calibration),
                              williams_ece(calibration)]) FROM daily
          UNION ALL
          SELECT unnest(ARRAY[r.confidence, r.accuracy])
          FROM fortnight, williams_reliability(calibration, 10) AS r) AS s(share)

    UNION ALL
    SELECT count(*) = 10 AND bool_and(williams_count(score) = 30)
           AND max(pg_column_size(score)) <= 2048 AND max(pg_column_size(calibration)) <= 4096,
           'days, none of whose two summaries takes more than 2 and 4 kB', count(*)::text
    FROM daily

    UNION ALL
    SELECT count(*) = 2 AND count(DISTINCT score::text) = 1
           AND count(DISTINCT calibration::text) = 1 AND min(williams_count(score)) = 300,
           'fortnights, the sum of the days and the whole, the same to the last bit', count(*)::text
    FROM fortnight

    UNION ALL
    SELECT bool_and(abs(williams_average(score) - average) < 1e-9
                    AND abs(williams_quantile(score, 0.5) - median) <= 0.005
                    AND abs(williams_share_below(score, 0.80) - share) < 1e-9),
           'median of the fortnight, with average and share below 0.80, as in plain SQL',
           round(max(median)::numeric, 3)::text
    FROM fortnight,
         (SELECT avg(score) AS average, percentile_disc(0.5) WITHIN GROUP (ORDER BY score) AS median,
                 avg((score < 0.80)::int)::float8 AS share
          FROM loaded) AS p

    UNION ALL
    SELECT count(*) = 150 AND bool_and(o.review = '{}' AND o.reasons = '{}' AND o.fields @> t.printed)
           AND bool_and(cardinality(o.verified) = (SELECT count(*) FROM jsonb_object_keys(t.printed)))
           AND bool_and(o.scores = l.scores AND o.engine_read IS NOT DISTINCT FROM l.engine_read),
           'forms that clerks verified: corrected, not for review, their scores as they were',
           count(*)::text
    FROM ocr_result AS o JOIN loaded AS l USING (document_id)
    JOIN (SELECT document_id, jsonb_object_agg(field, value) AS printed
          FROM reading JOIN truth USING (document_id, field) GROUP BY document_id) AS t USING (document_id)
    WHERE week = 1

    UNION ALL
    SELECT count(*) = 3 AND bool_and(williams_count(evidence) = n)
           AND bool_and(abs((rules->'model'->>'right')::float8 - accuracy) < 1e-9),
           'types whose evidence has what the clerks found, as in plain SQL', count(*)::text
    FROM evidence JOIN williams_profile ON name = doc_type
    JOIN (SELECT doc_type, count(*) AS n, avg(correct::int)::float8 AS accuracy
          FROM reading WHERE week = 1 AND confidence IS NOT NULL GROUP BY doc_type) AS p USING (doc_type)

    UNION ALL
    SELECT count(*) = 3 AND bool_and(days.evidence = e.evidence)
           AND bool_and(rules->'model' = williams_fit(days.evidence)),
           'models, the same from the rolled up evidence of each day', count(*)::text
    FROM (SELECT doc_type, williams_rollup(evidence) AS evidence
          FROM (SELECT l.doc_type, williams_evidence_agg(l.engine_read, rules, l.engine_says, printed) AS evidence
                FROM loaded AS l JOIN williams_profile ON name = l.doc_type
                JOIN (SELECT document_id, jsonb_object_agg(field, value) AS printed
                      FROM truth GROUP BY document_id) AS t USING (document_id)
                WHERE week = 1 GROUP BY l.doc_type, received_at::date) AS d
          GROUP BY doc_type) AS days
    JOIN evidence AS e USING (doc_type) JOIN williams_profile ON name = doc_type

    UNION ALL
    SELECT count(*) = 3 AND min(is_right) >= 0.98,
           'thresholds for 99 %, that give it on the first week, but for the width of a bin',
           round(min(is_right), 4)::text
    FROM (SELECT r.doc_type, avg(correct::int) AS is_right
          FROM reading AS r JOIN loaded USING (document_id, doc_type)
          JOIN williams_profile ON name = doc_type,
               williams_explain(fields, rules, engine_says) AS x
          WHERE r.week = 1 AND x.field = r.field AND x.score >= x.threshold GROUP BY r.doc_type) AS f

    UNION ALL
    SELECT count(*) = 300 AND bool_and(version = williams_rules_version(rules))
           AND (SELECT count(*) FROM stale) = 0,
           'rows scored by the rules of today', count(*)::text
    FROM ocr_result JOIN williams_profile ON name = doc_type

    UNION ALL
    SELECT count(*) = 1250 AND bool_and(d.accepted = coalesce(d.score >= threshold, false))
           AND bool_and(NOT d.accepted OR field <> ALL (review))
           AND bool_and(d.accepted OR field = ANY (review)),
           'fields of the second week: those accepted not for review, the others for review', count(*)::text
    FROM decision AS d JOIN ocr_result USING (document_id, doc_type)
    JOIN (SELECT name AS doc_type, max(threshold) AS threshold
          FROM williams_profile, williams_explain('{}', rules) GROUP BY name) AS t USING (doc_type)
    WHERE way LIKE 'model%'

    UNION ALL
    SELECT count(*) = 300 AND bool_and(review = ARRAY(SELECT jsonb_object_keys(reasons))),
           'rows with a reason for each field for review, and for no other', count(*)::text
    FROM (SELECT * FROM before_audit) AS b

    UNION ALL
    SELECT m.accepted > e.accepted + 5 AND m.wrong <= 2 AND m.accepted > r.accepted,
           'percent accepted by the model, 5 more than by the engine, with at most 2 % wrong',
           round(m.accepted, 1) || ' and ' || round(e.accepted, 1)
    FROM outcome AS m, outcome AS e, outcome AS r
    WHERE m.way LIKE 'model%' AND e.way LIKE 'engine%' AND r.way = 'rules, for 99 %'

    UNION ALL
    SELECT m.ece < min(o.ece) / 2 AND m.brier < min(o.brier),
           'calibration error of the model, less than half that of engine and rules',
           round(m.ece::numeric, 3) || ' and ' || round(min(o.ece)::numeric, 3)
    FROM outcome AS m, outcome AS o WHERE m.way LIKE 'model%' AND o.way NOT LIKE 'model%'
    GROUP BY m.ece, m.brier

    UNION ALL
    SELECT count(*) = 1 AND max(abs(m.ece - p.ece)) < 1e-9 AND max(abs(m.brier - p.brier)) < 1e-9,
           'calibration error and Brier score of the model, as in plain SQL', max(round(p.ece::numeric, 4))::text
    FROM outcome AS m,
         (SELECT sum(n * abs(accuracy - score)) / sum(n) AS ece, sum(n * brier) / sum(n) AS brier
          FROM (SELECT count(*) AS n, avg(score) AS score, avg(correct::int)::float8 AS accuracy,
                       avg((score - correct::int) ^ 2) AS brier
                FROM decision WHERE way LIKE 'model%' AND was_read
                GROUP BY least(floor(score::numeric * 10), 9)) AS b) AS p
    WHERE m.way LIKE 'model%'

    UNION ALL
    SELECT count(*) = (SELECT audited FROM dashboard) AND count(*) > 0
           AND bool_and(field = ANY (review) AND reasons->field = '["audit"]'),
           'fields accepted by the model of audited forms, all for review until checked', count(*)::text
    FROM decision AS d JOIN before_audit USING (document_id, doc_type)
    WHERE way LIKE 'model%' AND d.accepted AND williams_audit(fields::text, 0.05)

    UNION ALL
    SELECT sum(documents) = count AND sum(s.for_review) = p.for_review AND sum(s.checked) = p.checked
           AND sum(s.accepted) = count - p.for_review - p.checked AND count(*) = groups,
           'documents in the dashboard, by what became of them, as in plain SQL', count::text
    FROM ocr_daily_dashboard AS s,
         (SELECT count(*), count(*) FILTER (WHERE review <> '{}') AS for_review,
                 count(*) FILTER (WHERE verified <> '{}' AND review = '{}') AS checked,
                 count(DISTINCT (doc_type, (received_at AT TIME ZONE 'UTC')::date)) AS groups
          FROM ocr_result) AS p
    GROUP BY count, p.for_review, p.checked, groups

    UNION ALL
    SELECT sum(s.fields_checked) = p.fields AND sum(s.audited) = p.audited AND sum(s.wrong) = p.wrong AND p.audited > 0
           AND abs(williams_accuracy(williams_rollup(calibration)) - p.accuracy) < 1e-9,
           'fields in the dashboard that clerks checked, and of those accepted how many are wrong, as in plain SQL',
           p.fields || ', ' || p.audited || ', ' || p.wrong
    FROM ocr_daily_dashboard AS s,
         (SELECT count(*) AS fields, avg(correct::int)::float8 AS accuracy,
                 count(*) FILTER (WHERE name = ANY (accepted)) AS audited,
                 count(*) FILTER (WHERE name = ANY (accepted) AND NOT correct) AS wrong
          FROM ocr_result, unnest(verified) AS name, LATERAL (SELECT lower(engine_read ->> name) = lower(fields ->> name) AS correct) AS x
          WHERE engine_read ->> name <> '') AS p
    GROUP BY p.fields, p.audited, p.wrong, p.accuracy

    UNION ALL
    SELECT state = 'pending' AND done = 5 AND running = 0 AND rows = pages_read
           AND pages_read = last_page_read,
           'pages read when the worker was killed, none of the batch that hung',
           pages_read::text
    FROM after_kill

    UNION ALL
    SELECT count(*) = 1 AND bool_and(lower_key = '214' AND upper_key = '214'
                                     AND sqlstate = '22023' AND message <> ''),
           'page that failed, alone and by name', max(lower_key)
    FROM failure

    UNION ALL
    SELECT bool_and(state = 'done') AND max(memory_mb) <= 64 AND sum(items) = 300
           AND bool_and(attempts = 1)
           AND bool_and((sqlstate IS NULL) = (failures = 0))
           AND bool_and(lower_key::int >= 197 AND upper_key::int <= 224) FILTER (WHERE failures > 0),
           'batches of the task, all done, none over 64 MB', count(*)::text
    FROM williams_batch

    UNION ALL
    SELECT count(*) = 9 AND bool_and(b.batch_no = p.batch_no) AND (SELECT max(last) FROM planned) = 270,
           'batches that it began with, the same as in 2.1, but for the last', count(*)::text
    FROM planned AS p
    JOIN (SELECT batch_no, min(document_id) AS first, max(document_id) AS last
          FROM batch GROUP BY batch_no) AS b USING (first, last)

    UNION ALL
    SELECT count(*) > 0 AND min(lower_key::int) = 271 AND max(upper_key::int) = 300 AND sum(items) = 30,
           'batches for the pages that came the next day', count(*)::text
    FROM williams_batch WHERE upper_key::int > 270

    UNION ALL
    SELECT count(*) = (SELECT count(*) FROM document) AND count(*) = count(DISTINCT document_id)
           AND sum(words) = (SELECT count(*) FROM word),
           'pages, each read once, with all their words', count(*)::text
    FROM page_text

    UNION ALL
    SELECT (done, failed, rows) = (3, 0, 300) AND NOT EXISTS (SELECT FROM williams_task WHERE name = task)
           AND (SELECT bool_and(search IS NOT DISTINCT FROM to_tsvector('english', content)) FROM page_text),
           'rows that the one line changed, in three batches, and its task is gone', rows::text
    FROM williams_stat_task WHERE task = 'apply page_text'

    UNION ALL
    SELECT bool_and(round(100 * r.accuracy::numeric) = 35)
           AND bool_and((round(m.accepted), round(m.wrong, 1)) = (64, 1.4))
           AND bool_and((round(e.accepted), round(e.wrong, 1)) = (52, 1.2)),
           'percent right from 0.7 to 0.8 in the second week, and accepted and wrong, as in README.md',
           max(round(100 * r.accuracy::numeric))::text
    FROM (SELECT williams_calibration_agg(score, correct) AS c
          FROM decision WHERE way LIKE 'engine%' AND was_read) AS w,
         williams_reliability(c, 10) AS r, outcome AS m, outcome AS e
    WHERE r.bin = 8 AND m.way LIKE 'model%' AND e.way LIKE 'engine%'
) AS c;
