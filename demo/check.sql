-- What the demo showed, checked: a row for each claim, "ok" or "FAILED", what, and what was found.
SELECT CASE WHEN ok THEN 'ok' ELSE 'FAILED' END, what, found
FROM (
    SELECT count(*) >= 240 AS ok, 'documents loaded' AS what, count(*)::text AS found
    FROM document

    UNION ALL
    SELECT count(*) = count(DISTINCT document_id)
           AND count(*) = (SELECT count(*) FROM document),
           'results of Tesseract, one for each document', count(*)::text
    FROM scored

    UNION ALL
    SELECT count(*) > 0 AND bool_and(confidence = 0 AND needs_review),
           'results without a field, all with score 0 and for review', count(*)::text
    FROM scored WHERE fields IS NULL

    UNION ALL
    SELECT count(*) = 6 AND bool_and(confidence = 0 AND needs_review),
           'bad rows, all loaded, with score 0 and for review', count(*)::text
    FROM ocr_result WHERE engine = 'broken'

    UNION ALL
    SELECT count(*) > 0
           AND max(abs(confidence - williams_adjusted_confidence(num_fields, base))) < 1e-12
           AND bool_and(needs_review = (base < 0.80)),
           'scores that are what the functions give for the mean of the fields'' confidences',
           count(*)::text
    FROM ocr_result,
         LATERAL (SELECT avg(value::float8) AS base FROM jsonb_each_text(field_confidence)) AS b
    WHERE engine = 'tesseract' AND fields IS NOT NULL

    UNION ALL
    SELECT min(multiplier) >= 0.85 AND max(multiplier) < 0.87,
           'multipliers near 0.86 wherever there are 2 fields or more',
           round(min(multiplier)::numeric, 4) || ' to ' || round(max(multiplier)::numeric, 4)
    FROM ocr_result WHERE num_fields > 1

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
    SELECT 100 * avg(needs_review::int) < 5, 'percent of the clean scans for review, below 5',
           round(100 * avg(needs_review::int), 1)::text
    FROM scored WHERE quality = 'clean'

    UNION ALL
    SELECT 100 * avg(needs_review::int) > 95,
           'percent of the unreadable scans for review, above 95',
           round(100 * avg(needs_review::int), 1)::text
    FROM scored WHERE quality = 'unreadable'

    UNION ALL
    SELECT count(*) = 5 AND bool_and(share >= before IS NOT FALSE),
           'scan qualities, each with no less for review than the one before it', count(*)::text
    FROM (SELECT avg(needs_review::int) AS share,
                 lag(avg(needs_review::int)) OVER (ORDER BY quality) AS before
          FROM scored GROUP BY quality) AS q

    UNION ALL
    SELECT avg(is_right) FILTER (WHERE NOT needs_review) > 0.9
           AND avg(is_right) FILTER (WHERE needs_review) < 0.5,
           'percent of the fields read right where accepted, above 90 (for review: below 50)',
           round(100 * avg(is_right) FILTER (WHERE NOT needs_review), 1)::text
    FROM (SELECT needs_review,
                 (coalesce(fields->>field, '') = coalesce(value, ''))::int AS is_right
          FROM scored JOIN truth USING (document_id)) AS f

    UNION ALL
    SELECT count(*) = 2500 AND count(*) = count(for_review)
           AND bool_and(for_review OR confidence IS NOT NULL),
           'fields judged by the rules, those not found all for review', count(*)::text
    FROM judged

    UNION ALL
    SELECT avg(correct::int) FILTER (WHERE NOT for_review) > 0.95
           AND avg(correct::int) FILTER (WHERE NOT for_review)
               > avg(correct::int) FILTER (WHERE NOT needs_review),
           'percent of those fields right where accepted one by one, more than by document',
           round(100 * avg(correct::int) FILTER (WHERE NOT for_review), 1)::text
    FROM judged

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
                    AND abs(williams_share_below(score, 0.80) - share) < 1e-9
                    AND share = for_review),
           'median of the fortnight, with average and share below 0.80, as in plain SQL',
           round(max(median)::numeric, 3)::text
    FROM fortnight,
         (SELECT avg(base) AS average, percentile_disc(0.5) WITHIN GROUP (ORDER BY base) AS median,
                 avg((base < 0.80)::int)::float8 AS share,
                 avg(needs_review::int)::float8 AS for_review
          FROM scored) AS p

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
           AND bool_and(attempts = 1 AND sqlstate IS NULL),
           'batches of the task, all done, none over 64 MB', count(*)::text
    FROM williams_batch

    UNION ALL
    SELECT count(*) = 11 AND bool_and(first = lower AND last = upper),
           'batches that it began with, the same as in 2.3', count(*)::text
    FROM (SELECT batch_no, min(document_id) AS first, max(document_id) AS last
          FROM batch GROUP BY batch_no) AS b,
         LATERAL (SELECT min(lower_key::int) AS lower, max(upper_key::int) AS upper
                  FROM williams_batch
                  WHERE lower_key::int >= first AND upper_key::int <= last) AS t

    UNION ALL
    SELECT count(*) = (SELECT count(*) FROM document) AND count(*) = count(DISTINCT document_id)
           AND sum(words) = (SELECT count(*) FROM word),
           'pages, each read once, with all their words', count(*)::text
    FROM page_text

    UNION ALL
    SELECT round(100 * r.accuracy::numeric) = 37 AND threshold = 0.925
           AND round(100 * accepted_share) = 59 AND round(100 * (1 - "precision")) = 1,
           'percent of the fields right from 0.7 to 0.8, and the threshold, as in README.md',
           round(100 * r.accuracy::numeric)::text
    FROM cut, fortnight, williams_reliability(calibration, 10) AS r
    WHERE wanted = 0.99 AND source = 'all rows' AND r.bin = 8
) AS c;
