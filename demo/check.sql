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
) AS c;
