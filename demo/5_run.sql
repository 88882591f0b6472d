-- Run a task over the documents, batch by batch: one batch hangs and is killed, one page fails,
-- and the next day more documents come. Then a statement without a task of its own.

\echo '=== 5.1 A task: one statement, run for each batch of at most 64 MB of page images ============'
\echo 'read_page stands in for an OCR service: it returns Tesseract''s answer for a page as TSV.'
\echo 'Today it hangs at page 150, and for page 214 it returns an error page.'
\echo 'Each batch is a transaction of its own, and sees only its own pages of the inbox.'
\echo

\set ECHO none
CREATE TABLE trouble (page integer PRIMARY KEY, kind text NOT NULL);
INSERT INTO trouble VALUES (150, 'hangs'), (214, 'error page');
CREATE FUNCTION read_page(page integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    what text := (SELECT kind FROM trouble WHERE trouble.page = read_page.page);
BEGIN
    IF what = 'hangs' THEN
        PERFORM pg_sleep(3600);
    ELSIF what = 'error page' THEN
        RETURN '<html><title>502 Bad Gateway</title></html>';
    END IF;
    RETURN (SELECT concat_ws(E'\n', E'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft'
                                    '\ttop\twidth\theight\tconf\ttext',
                             string_agg(concat_ws(E'\t', 5, 1, 1, 1, 1, word_no, w."left", w.top,
                                                  w.width, w.height, w.conf, w.text),
                                        E'\n' ORDER BY word_no))
            FROM word AS w WHERE document_id = page);
END $$;
CREATE TABLE inbox (LIKE document INCLUDING ALL);
INSERT INTO inbox SELECT * FROM document WHERE document_id <= 270;     -- all but those of the last day
CREATE TABLE page_text (document_id integer PRIMARY KEY, words bigint NOT NULL, confidence float8,
                        content text, search tsvector);
\set ECHO queries
SELECT williams_create_task('read pages', 'inbox', $$
    INSERT INTO page_text SELECT document_id, page.*
    FROM inbox, LATERAL (SELECT count(value), avg(confidence), string_agg(value, ' ')
                         FROM williams_ocr_fields(read_page(document_id), 'tesseract_tsv')) AS page $$,
    available_memory_mb => 64, item_mb => 'width_px::float8 * height_px / 1048576') AS batches;
\set ECHO none
CREATE TABLE planned AS
SELECT batch_no, lower_key::int AS first, upper_key::int AS last FROM williams_batch WHERE task = 'read pages';
\set ECHO queries

\echo '=== 5.2 A background worker runs it, hangs, and is killed. The five batches done stay done ==='
\echo

SELECT williams_launch('read pages') AS workers \g /dev/null
\set ECHO none
DO $$
BEGIN
    FOR tenths IN 1..600 LOOP   -- until it hangs: a minute at most
        PERFORM pg_stat_clear_snapshot(), pg_sleep(0.1);
        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                          AND backend_type = 'williams worker' AND wait_event = 'PgSleep');
    END LOOP;
END $$;
\set ECHO queries
SELECT query, pg_terminate_backend(pid, 10000) AS killed FROM pg_stat_activity
WHERE backend_type = 'williams worker' AND datname = current_database();
SELECT state, batches, done, running, rows, round(percent::numeric, 1) AS percent FROM williams_progress;
\set ECHO none
CREATE TABLE after_kill AS
SELECT state, done, running, rows,
       (SELECT count(*) FROM page_text) AS pages_read,
       (SELECT max(document_id) FROM page_text) AS last_page_read
FROM williams_progress;
\set ECHO queries

\echo '=== 5.3 The task is run again, goes on where it was, and finds the page that fails by halving '
\echo

DELETE FROM trouble WHERE kind = 'hangs';
CALL williams_run('read pages');
\echo
SELECT batch_no, lower_key, upper_key, items, round(memory_mb::numeric, 1) AS memory_mb, state
FROM williams_batch WHERE lower_key::int BETWEEN 197 AND 224 ORDER BY lower_key::int;
\set ECHO none
CREATE TABLE failure AS
SELECT batch_no, lower_key, upper_key, attempts, sqlstate, message
FROM williams_batch WHERE state = 'failed';
\set ECHO queries

\echo '=== 5.4 The next day the service is well, and 30 more pages have come: add them, and run again '
\echo 'With raise, a failure is an error, which a scheduler notices.'
\echo

DELETE FROM trouble WHERE kind = 'error page';
INSERT INTO inbox SELECT * FROM document WHERE document_id > 270;
SELECT williams_retry('read pages') AS to_retry, williams_extend_task('read pages') AS new_batches;
CALL williams_run('read pages', raise => true);
\echo

\echo '=== 5.5 A statement in one line, batch by batch, without a task to name or to drop ==========='
\echo

CALL williams_apply($$UPDATE page_text SET search = to_tsvector('english', content)$$, max_items => 100);
\echo
