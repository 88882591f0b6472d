-- Put the page images into batches that never need more than 64 MB of memory.

\echo '=== 2.1 How much memory the pages take ======================================================='
\echo 'A page image in memory takes width * height bytes (8-bit grey, one byte a pixel).'
\echo 'MB = 2^20 bytes. 64 MB is all the memory that there shall be for images.'
\echo

CREATE VIEW page AS
SELECT document_id, width_px::float8 * height_px / 1048576 AS image_mb FROM document;
\echo
SELECT w.items AS pages, round(w.total_mb::numeric, 1) AS total_mb,
       round(w.max_item_mb::numeric, 2) AS largest_page_mb,
       round(w.space_bound::numeric, 1) AS bound_pages,
       w.batch_size AS batch_size_pages, w.batches, round(w.peak_mb::numeric, 1) AS peak_mb
FROM (SELECT (williams_workload(image_mb, 64)).* FROM page) AS w;

\echo 'bound_pages is sqrt(pages) * log2(pages): it knows nothing of memory. batch_size_pages is the'
\echo 'least of it, of 64 MB / largest page and of pages; such a batch holds peak_mb at the most.'
\echo

\echo '=== 2.2 A plan from two numbers, how many pages and the largest one: its first batches ======='
\echo

SELECT batch_no, first_item, last_item, items, round(memory_mb::numeric, 1) AS at_most_mb
FROM (SELECT count(*) AS pages, max(image_mb) AS largest_page_mb FROM page) AS p,
     williams_plan(pages, 64, largest_page_mb)
WHERE batch_no <= 4;

\echo '=== 2.3 A plan from the size of every page: as many as fit, in order of arrival =============='
\echo

CREATE TABLE batch AS
SELECT document_id, image_mb,
       williams_batch_no(image_mb, 64) OVER (ORDER BY document_id) AS batch_no
FROM page;
\echo
SELECT batch_no, min(document_id) AS first_document, max(document_id) AS last_document,
       count(*) AS documents, round(sum(image_mb)::numeric, 1) AS memory_mb
FROM batch GROUP BY batch_no ORDER BY batch_no;

\echo '=== 2.4 Beside other choices: what their largest batch would have held ======================='
\echo

CREATE VIEW choice AS
SELECT choice, number, count(*) AS documents, sum(image_mb) AS mb
FROM (SELECT image_mb, batch_no,
             row_number() OVER (ORDER BY document_id) - 1 AS n,
             williams_optimal_batch_size(count(*) OVER ()) AS bound,
             floor(64 / avg(image_mb) OVER ()) AS average,
             floor(64 / max(image_mb) OVER ()) AS largest
      FROM batch) AS b,
     LATERAL (VALUES ('all at once', 0),
                     (bound || ' each: the bound', floor(n / bound)),
                     (average || ' each: 64 MB / average page', floor(n / average)),
                     (largest || ' each: 64 MB / largest page', floor(n / largest)),
                     ('williams_batch_no', batch_no)) AS c(choice, number)
GROUP BY choice, number;
\echo
SELECT choice, count(*) AS batches,
       min(documents) || ' to ' || max(documents) AS documents_each,
       round(max(mb)::numeric, 1) AS largest_batch_mb,
       count(*) FILTER (WHERE mb > 64) AS batches_over_64_mb
FROM choice GROUP BY choice ORDER BY max(mb) DESC;

\echo 'Two of them keep to 64 MB; no plan in this order does it with fewer batches than'
\echo 'williams_batch_no.'
\echo
