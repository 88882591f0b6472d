--
-- Score: the samples of test/ocr and test/fuzz/answers. Each is recognised by its
-- engine and by no other; each of test/ocr, NAME.json or the like, has the rows of
-- NAME.tsv (document, page, field, value, confidence), which were written by
-- reading. NAME begins with the engine, followed by nothing or by a hyphen. An
-- engine whose name is another's with an underscore and more reads other parts of
-- that one's results: 'auto' never finds it, and both accept the same samples.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
CREATE SCHEMA score_samples;
SET search_path = score_samples, public;

-- The engines, as an error lists them; others have their shapes. One line for each
-- engine, unaligned, so that a new one adds lines and changes none.
CREATE TABLE engine AS
SELECT m[1] AS name
FROM regexp_matches(substring(pg_temp.error_of($$SELECT williams_ocr_fields('', '?')$$) FROM '\(The engines are (.*);'), '"(\w+)"', 'g') AS m;
ALTER TABLE engine ADD family text;
UPDATE engine AS e SET family = coalesce((SELECT b.name FROM engine AS b WHERE starts_with(e.name, b.name || '_')), name);
\pset format unaligned
SELECT regexp_split_to_table(pg_temp.error_of('SELECT williams_ocr_fields(''x'')'), ' \(|; ') AS error;
SELECT regexp_split_to_table(pg_temp.error_of('SELECT williams_ocr_document(''{}'')'), ' \(|; ') AS error;
SELECT regexp_split_to_table(pg_temp.error_of('SELECT williams_ocr_fields(''x'', ''x'')'), ' \(|, | and |; ') AS error;

CREATE TABLE sample (name text PRIMARY KEY, engine text, body text);
\set ocr :abs_srcdir '/ocr/'
\set answers :abs_srcdir '/fuzz/answers/'
INSERT INTO sample SELECT split_part(file, '.', 1), split_part(split_part(file, '.', 1), '-', 1), pg_read_file(:'ocr' || file)
FROM pg_ls_dir(:'ocr') AS file WHERE file NOT LIKE '%.tsv';

CREATE TABLE expected (sample text, n serial, document int, page int, field text, value text, confidence float8);
SELECT set_config('test.ocr', :'ocr', false) IS NOT NULL AS directory;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT s.name FROM sample AS s LOOP
        EXECUTE format('ALTER TABLE expected ALTER sample SET DEFAULT %L', name);
        EXECUTE format('COPY expected (document, page, field, value, confidence) FROM %L (ENCODING ''UTF8'')', current_setting('test.ocr') || name || '.tsv');
    END LOOP;
END $$;

--
-- Rows
--
CREATE VIEW found AS
SELECT s.name AS sample, row_number() OVER (PARTITION BY s.name ORDER BY f.ordinality) AS n, f.document, f.page, f.field, f.value, f.confidence
FROM sample AS s JOIN engine AS e ON e.name = s.engine,
    williams_ocr_fields(s.body, CASE WHEN e.name = e.family THEN 'auto' ELSE e.name END) WITH ORDINALITY AS f;
CREATE VIEW wanted AS
SELECT sample, row_number() OVER (PARTITION BY sample ORDER BY n) AS n, document, page, field, value, confidence FROM expected;
SELECT s.name, (SELECT count(*) FROM wanted AS w WHERE w.sample = s.name) AS rows FROM sample AS s ORDER BY s.name COLLATE "C";
SELECT sample, n, w.document, w.page, w.field, w.value, w.confidence, f.document, f.page, f.field, f.value, f.confidence
FROM wanted AS w FULL JOIN found AS f USING (sample, n)
WHERE (w.document, w.page, w.field, w.value, round(w.confidence::numeric, 12)) IS DISTINCT FROM (f.document, f.page, f.field, f.value, round(f.confidence::numeric, 12))
ORDER BY sample COLLATE "C", n;

--
-- Engines: of the table's engines, each sample is accepted by its own only, and by
-- those that read other parts of the same results
--
INSERT INTO sample
SELECT 'fuzz ' || file, CASE WHEN file LIKE '%.json' THEN substring(file FROM '^[a-z]+') WHEN file LIKE '%.tsv' THEN 'tesseract_tsv' ELSE split_part(file, '.', 2) END,
       pg_read_file(:'answers' || file)
FROM pg_ls_dir(:'answers') AS file;
SELECT e.name AS engine, count(s.name) > 0 AS has_samples FROM engine AS e LEFT JOIN sample AS s ON s.engine = e.name GROUP BY e.name ORDER BY e.name COLLATE "C";
SELECT s.name, s.engine, williams_ocr_engine(s.body) AS found FROM sample AS s LEFT JOIN engine AS e ON e.name = s.engine
WHERE williams_ocr_engine(s.body) IS DISTINCT FROM e.family ORDER BY s.name COLLATE "C";
SELECT s.name, s.engine, e.name AS accepted_by FROM sample AS s LEFT JOIN engine AS own ON own.name = s.engine, engine AS e
WHERE (pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text, %L)', s.body, e.name)) = 'no error') IS DISTINCT FROM (e.family = own.family)
ORDER BY s.name COLLATE "C", e.name COLLATE "C";

--
-- Other JSON that resembles a result
--
SELECT document, williams_ocr_engine(document) AS engine FROM unnest(ARRAY[
    '{"pages": [{"page_idx": 0, "blocks": []}]}', '{"pages": [{"page_idx": "0", "dimensions": [1, 1], "blocks": []}]}', '{"pages": [{"page_idx": 0, "dimensions": [1, 1], "blocks": {}}]}',
    '{"pages": [{"page_idx": 0, "dimensions": [1, 1], "predictions": {"words": [{"value": "x", "confidence": 1}]}}]}', '{"blocks": [{"lines": [{"words": [{"value": "x", "Confidence": 1}]}]}]}',
    '[{"items": [{"blocks": []}]}]', '[{"dimensions": [1, 1], "items": [{"predictions": []}]}]', '[{"dimensions": [1, 1], "items": []}]', '{"dimensions": [1, 1], "items": [{"blocks": []}]}',
    '["{\"boxes\": [[1, 1], [2, 1], [2, 2], [1, 2]], \"text\": \"x\", \"confident\": 0.5}"]', '["x", [1, "x", 0.5]]', '[{"text": "x", "confident": 1}]', '[{"boxes": [], "text": "x"}]', '{"a": {"boxes": [[1, 1], [2, 1], [2, 2], [1, 2]], "text": "x"}}', '[[[1, 1], [2, 1], [2, 2], [1, 2]], "x", 0.5]',
    '[[[[[[1, 1], [2, 1], [2, 2], [1, 2]], "x", 0.5]]]]',
    '{"text_lines": [{"text": "x", "confidence": 0.5}]}', '{"a": [{"bboxes": [], "image_bbox": [0, 0, 1, 1], "page": 1}]}', '{"a": {"b": [{"text_lines": [], "image_bbox": []}]}}', '[[{"text_lines": [], "image_bbox": []}]]',
    '{"schema_name": "Document", "texts": []}', '{"schema_name": ["DoclingDocument"]}', '[{"schema_name": "DoclingDocument", "texts": []}]', '{"a": {"schema_name": "DoclingDocument"}}', '{"texts": [{"text": "x", "prov": []}], "key_value_items": []}',
    '{"documents": [{"a": {"schema_name": "DoclingDocument"}}]}', '{"documents": {"schema_name": "DoclingDocument"}}', '{"document": {"json_content": {"schema_name": "x"}}}', '{"document": {"md_content": "x", "json_content": null}, "status": "failure"}', '{"document": {"document": {"schema_name": "DoclingDocument"}}}',
    '{"rec_texts": ["x"]}', '{"rec_texts": "x", "rec_scores": 0.5}', '{"a": {"rec_texts": [], "rec_scores": []}}', '{"result": {"ocrResults": []}}', '{"result": {"ocrResults": [{"prunedResult": []}]}}',
    '[[[1, 1, 2, 2], ["x", 0.5]]]', '[["x", 0.5]]', '[[["x", 0.5]]]', '[[[]]]', '[[], 0]', '[{}]', '[[{}]]',
    '{"responses": []}', '{"responses": {}}', '{"responses": [{"text": "x"}]}', '{"responses": [{}], "name": "x"}', '{"responses": [{"fullTextAnnotation": {}}]}', '{"responses": [{"labelAnnotations": []}]}', '{"textAnnotations": {}}', '{"textAnnotations": [{"description": "x"}]}', '{"responses": [{"textAnnotations": []}], "name": "x"}',
    '{"value": "x", "confidence": 0.5}', '{"value": 1, "confidence": {"value": 2}}', '{"a": {"value": "x"}}', '{"a": {"confidence": 0.5}}', '{"a": {"text": "x", "confidence": 0.5}}',
    '{"a": {"value": "x", "confidence": 0.5}, "b": {"c": "outside of a pair"}}', '{"a": {"value": "x", "confidence": 0.5}, "b": [1]}', '{"a": {"b": {"value": {"x": 1}}}, "c": {"value": 1}}',
    '[{"value": "x", "confidence": 0.5}]', '[{"a": {"value": "x", "confidence": 0.5}}]', '{"a": "{\"value\": 1, \"confidence\": 1}"}',
    '{"analyzerId": "x"}', '{"contents": []}', '{"analyzerId": "x", "contents": {}}', '{"analyzerId": 7, "contents": []}', '{"contents": [{"kind": "document", "name": "a.pdf"}]}', '{"contents": [{"kind": "document", "startPageNumber": "1"}]}',
    '{"contents": [{"kind": "folder", "startPageNumber": 1}]}', '{"contents": [{"kind": "audioVisual", "startPageNumber": 1}]}', '{"contents": [{"role": "user", "parts": [{"text": "x"}]}]}', '{"fields": {"a": {"type": "string", "valueString": "x", "confidence": 0.5}}}',
    '{"analyzerId": "x", "status": "ready", "createdAt": "2026-03-09", "fieldSchema": {"fields": {"Number": {"type": "string"}}}}', '{"id": "1", "status": "Succeeded", "result": {"analyzerId": "x", "status": "ready", "fieldSchema": {"fields": {}}}}',
    '{"id": "1", "status": "Running"}', '{"id": "1", "status": "Failed"}', '{"id": "1", "status": "Failed", "error": "disk full"}', '{"id": "1", "status": "Failed", "error": {"code": 3}}', '{"id": "1", "status": "failed", "error": {"code": "x"}}',
    '{"id": "1", "status": "Failed", "error": {"code": "x"}, "object": "batch"}', '{"id": 1, "status": "Failed", "error": {"code": "x"}}', '{"status": "Failed", "error": {"code": "x"}}', '{"id": "1", "status": "Succeeded", "error": {"code": "x"}}',
    '{"context": {}}', '{"error": {"code": 3}}', '{"fullTextAnnotation": {"pages": {}}}', '{"responses": [{"responses": []}]}',
    '{"choices": []}', '{"choices": [{"text": "{}"}], "object": "text_completion"}', '{"choices": [{"delta": {"role": "assistant", "content": "{}"}}], "object": "chat.completion.chunk"}', '{"choices": [{"message": "{}"}]}',
    '{"choices": {"message": {"role": "assistant"}}, "object": "chat.completion"}', '{"choices": [{"message": {"role": "user", "content": "{}"}}]}', '{"object": "response"}', '{"object": "response", "output": {}}', '{"object": "list", "output": []}',
    '{"role": "assistant", "content": []}', '{"type": "message", "content": []}', '{"type": "message", "role": "user", "content": []}', '{"type": "message", "role": "assistant", "content": "{}"}', '{"type": "message", "role": "assistant"}',
    '{"candidates": []}', '{"candidates": [{"name": "I. Odum", "votes": 7}]}', '{"candidates": [{"content": {"parts": {}}}]}', '{"candidates": [{"content": "{}"}]}', '{"candidates": [{"finishReason": "STOP"}]}', '{"usageMetadata": {}}',
    '{"promptFeedback": {}, "usageMetadata": {}}', '{"promptFeedback": {"blockReason": "SAFETY"}}', '[{"choices": [{"message": {"role": "assistant", "content": "{}"}}]}]', '{"error": {"message": "x", "type": "invalid_request_error"}}'
]) AS document WHERE williams_ocr_engine(document) IS NOT NULL OR williams_ocr_engine(document::jsonb) IS NOT NULL;

--
-- A document that several engines can have produced: 'auto' refuses it, each of
-- them reads it, and others refuse it
--
CREATE TABLE two AS SELECT '{"document_annotation": {"a": "x"}, "pages": [{"markdown": "", "page_idx": 2, "dimensions": [1, 1],
    "blocks": [{"lines": [{"words": [{"value": "y", "confidence": 0.5}]}]}]}], "entities": [{"type": "b", "mentionText": "z"}]}'::text AS document;
SELECT williams_ocr_engine(document) AS of_text, williams_ocr_engine(document::jsonb) AS of_jsonb FROM two;
SELECT f.* FROM two, williams_ocr_fields(document) AS f;
SELECT f.* FROM two, williams_ocr_fields(document::jsonb) AS f;
SELECT d.* FROM two, williams_ocr_document(document::jsonb) AS d;
SELECT d.* FROM two, williams_ocr_document(document::jsonb, 'doctr') AS d;
SELECT d.* FROM two, williams_ocr_document(document::jsonb, 'azure') AS d;
SELECT e.name, f.* FROM two, unnest('{mistral,doctr,documentai}'::text[]) AS e (name), williams_ocr_fields(document, e.name) AS f;

-- a list of nothing: of no lines, or of images without lines
SELECT d, williams_ocr_engine(d) AS engine, pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text)', d)) AS auto,
    (SELECT array_agg(e.name || ': ' || (pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text, %L)', d, e.name))) ORDER BY e.name COLLATE "C")
     FROM engine AS e WHERE pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text, %L)', d, e.name)) NOT LIKE '22023:%') AS named,
    (SELECT count(*) FROM williams_ocr_fields(d, 'paddleocr')) AS rows
FROM unnest(ARRAY['[]', '[[]]', '[null]', '[[], null, []]']) AS d;
-- a field mask has left the text without its words
SELECT d.* FROM williams_ocr_fields('{"responses": [{"fullTextAnnotation": {"text": "x"}}]}'::jsonb) AS d;
SELECT d.* FROM williams_ocr_fields('{"responses": [{"responses": [{"fullTextAnnotation": {"text": "x"}}]}]}'::jsonb) AS d;
SELECT count(*) FROM williams_ocr_fields('{"fullTextAnnotation": {"text": "x"}}'::jsonb, 'vision');
-- an answer of Docling's service without JSON, and a document without texts
SELECT d.* FROM williams_ocr_fields('{"document": {"filename": "x", "md_content": "x", "json_content": null, "doctags_content": null}, "status": "success"}'::jsonb) AS d;
SELECT d.* FROM williams_ocr_fields('{"documents": [{"document": {"schema_name": "DoclingDocument", "texts": []}}, {"document": {"schema_name": "DoclingDocument", "texts": {}}}]}'::jsonb) AS d;
SELECT count(*) FROM williams_ocr_fields('{"schema_name": "DoclingDocument", "texts": {}}'::jsonb, 'docling');
SELECT status, williams_ocr_engine(document) AS engine, (SELECT count(*) FROM williams_ocr_fields(document)) AS rows
FROM unnest('{failure,skipped,pending,started}'::text[]) AS status, format('{"content": {"md_content": null, "json_content": null, "doctags_content": null}, "status": "%s"}', status) AS document;
-- groups in groups: a value is looked for in 16 of them
SELECT n, f.value FROM unnest(ARRAY[1, 16, 17, 20000]) AS n,
    LATERAL (SELECT jsonb_agg(jsonb_build_object('children', jsonb_build_array(jsonb_build_object('$ref', CASE i WHEN n THEN '#/texts/1' ELSE '#/groups/' || i END)))) AS groups FROM generate_series(1, n) AS i) AS g,
    williams_ocr_fields(jsonb_build_object('schema_name', 'DoclingDocument', 'groups', groups, 'texts', '[{"label": "field_key", "text": "key"}, {"label": "field_value", "text": "value"}]'::jsonb,
        'field_items', '[{"children": [{"$ref": "#/texts/0"}, {"$ref": "#/groups/0"}]}]'::jsonb)) AS f WHERE f.field = 'key' ORDER BY n;
-- an answer of a service whose text has no scores
SELECT d.* FROM williams_ocr_fields('{"errorCode": 0, "result": {"layoutParsingResults": [{"prunedResult": {"parsing_res_list": [{"block_content": "x"}]}, "markdown": {"text": "x"}}]}}'::jsonb) AS d;
SELECT count(*) FROM williams_ocr_fields('{"errorCode": 0, "result": {"layoutParsingResults": [{"prunedResult": {"parsing_res_list": [{"block_content": "x"}]}, "markdown": {"text": "x"}}]}}'::jsonb, 'paddleocr');

-- a language model's answer without JSON, though it was not cut off: 'auto' refuses
-- it; what is only nearly JSON is none
CREATE FUNCTION answer(content text, finish_reason text DEFAULT NULL) RETURNS jsonb AS $$
    SELECT jsonb_build_object('choices', jsonb_build_array(jsonb_build_object('message', jsonb_build_object('role', 'assistant', 'content', content), 'finish_reason', finish_reason)))
$$ LANGUAGE sql;
SELECT content, left(pg_temp.error_of(format('SELECT williams_ocr_fields(%L::jsonb)', answer(content, 'stop'))), 60) AS auto, (SELECT count(*) FROM williams_ocr_fields(answer(content), 'chat')) AS rows,
    pg_temp.error_of(format('SELECT williams_ocr_fields(%L::jsonb)', answer(content, 'length'))) AS cut_off
FROM unnest(ARRAY['The page is blank.', '', NULL, '{"a": "x"', '{"a": {"b": "x"}, "c": ["y"', '{''a'': ''x''}', '{"a": "x",}', '{a: 1}', '{"a": NaN}', '{"a": 1e400000}', '{"a": "\u0000"}', '{"a": "\ud800"}', '{"a": "x
y"}', 'See [1] and [2].', '[ ]x', '```', '``````', '```json', '"x"', '7', 'null', '}{', '[}', '{"', '{"\', '[{', '{"a": 1]', '[{"a": 1}}']) AS content;
SELECT d.* FROM williams_ocr_fields('{"object": "chat.completion", "choices": []}'::jsonb) AS d;
SELECT d.* FROM williams_ocr_fields('{"object": "response", "status": "completed", "output": [{"type": "message", "content": [{"text": "x"}]}]}'::jsonb) AS d;
SELECT d.* FROM williams_ocr_fields('{"type": "message", "role": "assistant", "content": [], "stop_reason": "end_turn"}'::jsonb) AS d;
SELECT d.* FROM williams_ocr_fields('{"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}]}'::jsonb) AS d;

-- where JSON is in a text
SELECT content, min(document) AS first, max(document) AS last, array_agg(field) AS fields
FROM unnest(ARRAY['[]', '["x"]', '```
["x"]
```', '```json
[]```', '[1] {"a": 1}', '[1][{"a": 1}]', '[ {"a": 1} ] x', '[["x"], {"a": 1}] x', '{"a": "[{"} x', '{"a": "\"}"}{"b": 1}', '{{"a": 1}} {"b": 1}', '{"a": "```"} x', 'x {} y {"b": 1}']) WITH ORDINALITY AS c (content, n)
    LEFT JOIN LATERAL williams_ocr_fields(answer(content)) ON true
GROUP BY n, content ORDER BY n;

-- JSON that is nested deeper than the stack may hold is not read, in a text or in a
-- call; with a token for the whole text
CREATE FUNCTION answer_in_one_token(content text) RETURNS jsonb AS $$
    SELECT jsonb_set(answer(content, 'length'), '{choices,0,logprobs}', jsonb_build_object('content', jsonb_build_array(jsonb_build_object('token', content, 'logprob', -0.0))))
$$ LANGUAGE sql;
SELECT depth, count(f.*) AS rows, max(length(f.field)) AS length, max(f.confidence) AS confidence
FROM unnest('{998,1001,100000}'::int[]) AS depth LEFT JOIN LATERAL williams_ocr_fields(answer_in_one_token(repeat('{"a":', depth) || '1' || repeat('}', depth))) AS f ON true
GROUP BY depth ORDER BY depth;
SELECT count(*) FROM williams_ocr_fields(('{"type": "message", "role": "assistant", "content": [{"type": "tool_use", "input": ' || repeat('{"a":', 1100) || '1' || repeat('}', 1100) || '}]}')::jsonb, 'chat');

-- many values with long names, many documents, and brackets that never close: time and
-- memory stay linear
SET statement_timeout = '30s';
SELECT count(*), count(confidence), min(length(field)) FROM (SELECT jsonb_build_object(repeat('a', 10000), jsonb_agg(i))::text AS json FROM generate_series(1, 20000) AS i) AS j, williams_ocr_fields(answer_in_one_token(json));
SELECT left(content, 4) AS content, (SELECT count(*) FROM williams_ocr_fields(answer(content), 'chat')) AS rows
FROM unnest(ARRAY['[', '[{', '{', '[ ', '{}', '{"', '{\"', '{]', '[{}']) AS part, repeat(part, 300000) AS content;
SELECT max(document), count(*) FROM williams_ocr_fields(answer(repeat('{"a":1}', 100000)));
RESET statement_timeout;

--
-- Pairs: confidences above 1 are from 0 to 100, all of them
--
SELECT d.document, f.error, o.confidence
FROM unnest(ARRAY['{"a": {"value": "x", "confidence": 0.5}, "b": {"value": "y", "confidence": 50}}', '{"a": {"value": "x", "confidence": 1}, "b": [{"c": {"value": "y", "confidence": 1.01}}]}',
        '{"a": {"value": "x", "confidence": 0}, "b": {"value": "y", "confidence": 1.01}}', '{"a": {"value": "x", "confidence": 1}, "b": {"value": "y", "confidence": 0.01}}',
        '{"a": {"value": "x", "confidence": -0.5}, "b": {"value": "y", "confidence": 99}, "c": {"value": "z", "confidence": 101}}', '{"a": {"value": "x", "confidence": 1e400}, "b": {"value": "y", "confidence": 2}}',
        '{"a": {"value": {"confidence": 50}, "confidence": 0.5}}']) AS d (document),
    LATERAL (SELECT pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text)', document))) AS f (error),
    LATERAL (SELECT CASE WHEN error = 'no error' THEN (williams_ocr_document(d.document::jsonb)).confidence END AS confidence) AS o;
-- nested deeper than the stack allows: unknown, not an error of the stack
SELECT williams_ocr_engine(('{"a": ' || repeat('[', 2000) || '{"value": 1, "confidence": 1}' || repeat(']', 2000) || '}')::jsonb);
-- the same in an annotation
SELECT f.* FROM williams_ocr_fields(jsonb_build_object('document_annotation', '{"a": {"value": "x", "confidence": 88}, "b": {"value": "y", "confidence": 12}}')) AS f;
SELECT f.* FROM williams_ocr_fields('{"document_annotation": {"a": {"value": "x", "confidence": 0.5}, "b": {"c": 1}}}'::jsonb) AS f;

--
-- JSON as jsonb is read like JSON as text; williams_ocr_document has the same
-- fields, or refuses words
--
CREATE TABLE json_sample AS SELECT name, engine, body::jsonb AS document FROM sample WHERE body ~ '^\s*[[{]';
SELECT s.name FROM json_sample AS s WHERE williams_ocr_engine(s.document) IS DISTINCT FROM williams_ocr_engine(s.document::text) OR
    (SELECT array_agg(f) FROM williams_ocr_fields(s.document, s.engine) AS f) IS DISTINCT FROM
    (SELECT array_agg(f) FROM sample AS t, williams_ocr_fields(t.body, s.engine) AS f WHERE t.name = s.name);
SELECT engine, result, count(*) AS samples
FROM (SELECT s.engine, pg_temp.error_of(format('SELECT williams_ocr_document(%L, %L)', s.document, s.engine)) AS result FROM json_sample AS s) AS r
GROUP BY engine, result ORDER BY engine COLLATE "C", result COLLATE "C";
SELECT s.name FROM json_sample AS s,
    LATERAL (SELECT array_agg(f.value ORDER BY f.value COLLATE "C") FILTER (WHERE f.field IS NOT NULL) AS of_rows FROM williams_ocr_fields(s.document, s.engine) AS f) AS r
WHERE pg_temp.error_of(format('SELECT williams_ocr_document(%L, %L)', s.document, s.engine)) = 'no error'
    AND of_rows IS DISTINCT FROM (SELECT array_agg(v.value ORDER BY v.value COLLATE "C") FROM williams_ocr_document(s.document, s.engine) AS o, jsonb_each_text(o.fields) AS v);

--
-- Large: time is linear also where blocks are shared. A table lists a merged cell
-- 20000 times, which lists a cell of another table 100000 times; the header of 20000
-- cells lists a blank word 200000 times. So does the value of 20000 keys.
--
CREATE FUNCTION block(type text, id text, relationship text, ids text[], rest jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('BlockType', type, 'Id', id, 'Relationships', jsonb_build_array(jsonb_build_object('Type', relationship, 'Ids', ids))) || rest
$$;
SET statement_timeout = '60s';
SELECT count(*), count(value), sum(confidence), min(field COLLATE "C"), max(field COLLATE "C") FROM williams_ocr_fields((
    SELECT jsonb_build_object('Blocks', jsonb_agg(b)) FROM (
        SELECT block('TABLE', 't1', 'CHILD', '{header}'::text[] || array_agg('c' || i), '{}') AS b FROM generate_series(1, 20000) AS i
        UNION ALL SELECT block('CELL', 'header', 'CHILD', array_fill('blank'::text, '{200000}'), '{"RowIndex": 1, "ColumnIndex": 1, "EntityTypes": ["COLUMN_HEADER"]}')
        UNION ALL SELECT block('CELL', 'c' || i, 'CHILD', '{w}', jsonb_build_object('RowIndex', i, 'ColumnIndex', 1, 'Confidence', 50)) FROM generate_series(1, 20000) AS i
        UNION ALL SELECT block('TABLE', 't2', 'MERGED_CELL', array_fill('merged'::text, '{20000}'), '{}')
        UNION ALL SELECT block('MERGED_CELL', 'merged', 'CHILD', array_fill('c1'::text, '{100000}'), '{"RowIndex": 1, "ColumnIndex": 1, "EntityTypes": ["COLUMN_HEADER"]}')
        UNION ALL SELECT '{"BlockType": "WORD", "Id": "w", "Text": "x"}' UNION ALL SELECT '{"BlockType": "WORD", "Id": "blank", "Text": " "}') AS b), 'textract_tables');
SELECT count(*), count(value), sum(confidence) FROM williams_ocr_fields((
    SELECT jsonb_build_object('Blocks', jsonb_agg(b)) FROM (
        SELECT block('KEY_VALUE_SET', 'k' || i, 'VALUE', '{v}', '{"EntityTypes": ["KEY"]}') AS b FROM generate_series(1, 20000) AS i
        UNION ALL SELECT block('KEY_VALUE_SET', 'v', 'CHILD', '{w}'::text[] || array_fill('blank'::text, '{200000}'), '{"Confidence": 50}')
        UNION ALL SELECT '{"BlockType": "WORD", "Id": "w", "Text": "x"}' UNION ALL SELECT '{"BlockType": "WORD", "Id": "blank", "Text": " "}') AS b));
RESET statement_timeout;

SET client_min_messages = warning;
DROP SCHEMA score_samples CASCADE;
