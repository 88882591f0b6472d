/*
 * engines.sql
 *		The speed of reading results of OCR engines: the fourth part of `make bench`;
 *		see run.sh.
 *
 * Each engine reads made-up documents as its service writes them, of one page with
 * 24 fields or 300 words. Two peers are the same extraction in SQL, for Textract's
 * forms and for Document AI. Their rows must be the same as ours, or the run fails,
 * because their speeds would mean nothing. The queries run in turn, round after
 * round, and the shortest time of each counts.
 */
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '256MB';
SET enable_memoize = off;         -- it would hash whole documents, and no document occurs twice
CREATE EXTENSION williams;

SELECT 3 * :rounds AS rounds         -- the queries are short
\gset
\echo Engines: :rounds rounds, interleaved; the shortest time of each

--
-- The documents: what is printed on them, then the answer of each engine
--
CREATE FUNCTION number(i int, salt text) RETURNS int LANGUAGE sql IMMUTABLE AS
	'SELECT hashtext(salt || i) & 2147483647';

/* 200 documents of 24 fields, each a name of two words and a value of one to three */
CREATE TABLE field AS
SELECT d, f, 'Item ' || chr(65 + f) || ':' AS name, value, 50 + number(d, 'c' || f) % 5000 / 100.0 AS percent
FROM generate_series(1, 200) AS d, generate_series(1, 24) AS f,
	LATERAL (SELECT string_agg((ARRAY['B-17', 'Ashcombe', 'Größe', '1,250.50', '2024-03-09', 'roof', 'dwelling', 'O''Neill'])[1 + number(d * 100 + f, 'w' || w) % 8], ' ' ORDER BY w) AS value
		FROM generate_series(1, 1 + number(d, 'n' || f) % 3) AS w) AS v;

/* 200 pages of 300 words */
CREATE TABLE word AS
SELECT d, w, (ARRAY['permit', 'Ashcombe', 'Größe', '1,250.50', 'of', 'the', 'dwelling', 'O''Neill'])[1 + number(d, 'v' || w) % 8] AS word, number(d, 'p' || w) % 101 AS percent
FROM generate_series(1, 200) AS d, generate_series(1, 300) AS w;

/* where a word is, as Textract and Document AI write it */
CREATE FUNCTION corners(i int, x text, y text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_agg(jsonb_build_object(x, number(i, x || k) % 1000000 / 1e6, y, number(i, y || k) % 1000000 / 1e6)) FROM generate_series(1, 4) AS k
$$;
CREATE FUNCTION block(i int, type text, id text, percent numeric, rest jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('BlockType', type, 'Id', id, 'Confidence', percent,
		'Geometry', jsonb_build_object('BoundingBox', '{"Width": 0.0431, "Height": 0.0121, "Left": 0.1532, "Top": 0.2714}'::jsonb, 'Polygon', corners(i, 'X', 'Y'))) || rest
$$;
CREATE FUNCTION related(type text, ids text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
	$$SELECT jsonb_build_array(jsonb_build_object('Type', type, 'Ids', ids))$$;

CREATE TABLE result (engine text, d int, document jsonb, page text);

INSERT INTO result (engine, d, document)
WITH part AS (
	SELECT d, f, percent, 'name' AS role, name AS text FROM field UNION ALL SELECT d, f, percent, 'value', value FROM field
),
ids AS (
	SELECT p.*, role || '-' || md5(d || ' ' || f) AS id,
		(SELECT array_agg(role || '-' || md5(d || ' ' || f) || '-' || n ORDER BY n) FROM generate_series(1, cardinality(string_to_array(text, ' '))) AS n) AS words
	FROM part AS p
),
blocks AS (
	SELECT d, f, 1 AS kind, role, block(d * 100 + f, 'KEY_VALUE_SET', id, percent, jsonb_build_object('Page', 1, 'EntityTypes', jsonb_build_array(CASE role WHEN 'name' THEN 'KEY' ELSE 'VALUE' END),
		'Relationships', CASE role WHEN 'name' THEN related('VALUE', ARRAY[replace(id, 'name', 'value')]) ELSE '[]' END || related('CHILD', words))) AS block
	FROM ids
	UNION ALL
	SELECT d, f, 2, role, block(d * 100 + f, 'LINE', 'line-' || id, percent, jsonb_build_object('Page', 1, 'Text', text, 'Relationships', related('CHILD', words))) FROM ids
	UNION ALL
	SELECT d, f, 3, role, block(d * 100 + f + n::int, 'WORD', words[n], percent, jsonb_build_object('Page', 1, 'Text', w, 'TextType', 'PRINTED'))
	FROM ids, unnest(string_to_array(text, ' ')) WITH ORDINALITY AS w (w, n)
)
SELECT 'textract', d, jsonb_build_object('DocumentMetadata', '{"Pages": 1}'::jsonb, 'AnalyzeDocumentModelVersion', '1.0', 'Blocks', jsonb_agg(block ORDER BY kind DESC, f, role)) FROM blocks GROUP BY d;

/*
 * Half of the fields are entities, every fourth of them below a parent; half are form
 * fields. Texts are also given as anchors, and end with the line, as the service does.
 */
INSERT INTO result (engine, d, document)
WITH placed AS (
	SELECT f.*, coalesce(sum(length(name || value) + 2) OVER (PARTITION BY d ORDER BY f ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS start FROM field AS f
),
anchored AS (
	SELECT p.*, jsonb_build_object('textSegments', jsonb_build_array(jsonb_build_object('startIndex', start::text, 'endIndex', (start + length(name) + 1)::text))) AS name_anchor,
		jsonb_build_object('textSegments', jsonb_build_array(jsonb_build_object('startIndex', (start + length(name) + 1)::text, 'endIndex', (start + length(name || value) + 2)::text))) AS value_anchor,
		jsonb_build_object('normalizedVertices', corners(d * 100 + f, 'x', 'y')) AS poly
	FROM placed AS p
),
entity AS (
	SELECT a.*, jsonb_build_object('type', 'item_' || f, 'id', f::text, 'mentionText', value, 'confidence', percent / 100, 'textAnchor', value_anchor,
		'pageAnchor', jsonb_build_object('pageRefs', jsonb_build_array(jsonb_build_object('layoutType', 'VISUAL_ELEMENT', 'boundingPoly', poly)))) AS entity
	FROM anchored AS a
)
SELECT 'documentai', d, jsonb_build_object('mimeType', 'image/png', 'text', string_agg(name || ' ' || value || E'\n', '' ORDER BY f),
	'entities', jsonb_agg(CASE WHEN f % 4 = 0 THEN entity || jsonb_build_object('type', 'group', 'properties', jsonb_build_array(entity)) ELSE entity END ORDER BY f) FILTER (WHERE f <= 12),
	'pages', jsonb_build_array(jsonb_build_object('pageNumber', 1, 'dimension', '{"width": 1758, "height": 2275, "unit": "pixels"}'::jsonb,
		'formFields', jsonb_agg(jsonb_build_object('fieldName', jsonb_build_object('textAnchor', name_anchor, 'confidence', percent / 100, 'boundingPoly', poly, 'orientation', 'PAGE_UP'),
			'fieldValue', jsonb_build_object('textAnchor', value_anchor, 'confidence', percent / 100, 'boundingPoly', poly, 'orientation', 'PAGE_UP')) ORDER BY f) FILTER (WHERE f > 12),
		'tokens', jsonb_agg(jsonb_build_object('layout', jsonb_build_object('textAnchor', name_anchor, 'confidence', percent / 100, 'boundingPoly', poly, 'orientation', 'PAGE_UP'), 'detectedLanguages', '[{"languageCode": "en"}]'::jsonb)))))
FROM entity GROUP BY d;

INSERT INTO result (engine, d, document)
SELECT 'azure', d, jsonb_build_object('status', 'succeeded', 'createdDateTime', '2024-03-09T10:00:00Z', 'analyzeResult', jsonb_build_object('apiVersion', '2024-11-30', 'modelId', 'permit',
	'pages', jsonb_build_array(jsonb_build_object('pageNumber', 1, 'words', jsonb_agg(jsonb_build_object('content', value, 'confidence', percent / 100, 'polygon', '[1, 2, 3, 4, 5, 6, 7, 8]'::jsonb, 'span', '{"offset": 12, "length": 34}'::jsonb)))),
	'documents', jsonb_build_array(jsonb_build_object('docType', 'permit', 'fields', jsonb_object_agg('Item' || f, jsonb_build_object('type', 'string', 'valueString', value, 'content', value, 'confidence', percent / 100,
		'boundingRegions', '[{"pageNumber": 1, "polygon": [1, 2, 3, 4, 5, 6, 7, 8]}]'::jsonb, 'spans', '[{"offset": 12, "length": 34}]'::jsonb))))))
FROM field GROUP BY d
UNION ALL
SELECT 'mistral', d, jsonb_build_object('model', 'mistral-ocr-latest', 'pages', jsonb_build_array(jsonb_build_object('index', 0, 'markdown', markdown, 'images', '[]'::jsonb, 'dimensions', '{"dpi": 200, "height": 2200, "width": 1700}'::jsonb,
		'confidence_scores', jsonb_build_object('average_page_confidence_score', 0.93, 'minimum_page_confidence_score', 0.41, 'word_confidence_scores', words))),
	'document_annotation', annotation, 'usage_info', '{"pages_processed": 1}'::jsonb)
FROM (SELECT d, string_agg(name || ' ' || value, E'\n\n' ORDER BY f) AS markdown, jsonb_object_agg('item_' || f, value)::text AS annotation FROM field GROUP BY d) AS a,
	LATERAL (SELECT jsonb_agg(jsonb_build_object('text', word, 'confidence', 0.93, 'start_index', start) ORDER BY n) AS words
		FROM (SELECT w[1] AS word, n, sum(length(w[1])) OVER (ORDER BY n) - length(w[1]) AS start FROM regexp_matches(markdown, '\s*\S+', 'g') WITH ORDINALITY AS w (w, n)) AS w) AS w;

/* a graph of cells, without texts; the confidence is that of the page */
INSERT INTO result (engine, d, document)
SELECT 'docling', d, jsonb_build_object('status', 'success', 'confidence', '{"ocr_score": 0.91, "pages": {"1": {"parse_score": 0.98, "layout_score": 0.9, "table_score": null, "ocr_score": 0.91}}}'::jsonb,
	'document', jsonb_build_object('schema_name', 'DoclingDocument', 'version', '1.9.0', 'name', 'permit', 'texts', '[]'::jsonb, 'tables', '[]'::jsonb, 'pages', '{"1": {"page_no": 1, "size": {"width": 595, "height": 842}}}'::jsonb,
	'key_value_items', jsonb_build_array(jsonb_build_object('self_ref', '#/key_value_items/0', 'label', 'key_value_region', 'graph', jsonb_build_object(
		'cells', jsonb_agg(jsonb_build_object('label', 'key', 'cell_id', 2 * f, 'text', name, 'orig', name, 'prov', place)) || jsonb_agg(jsonb_build_object('label', 'value', 'cell_id', 2 * f + 1, 'text', value, 'orig', value, 'prov', place)),
		'links', jsonb_agg(jsonb_build_object('label', 'to_value', 'source_cell_id', 2 * f, 'target_cell_id', 2 * f + 1)))))))
FROM field, LATERAL (SELECT '{"page_no": 1, "bbox": {"l": 40, "t": 700, "r": 120, "b": 690, "coord_origin": "BOTTOMLEFT"}, "charspan": [0, 12]}'::jsonb AS place) AS p GROUP BY d;

/* A language model's answer in tokens of up to four letters or other characters */
INSERT INTO result (engine, d, document)
SELECT 'chat', d, jsonb_build_object('object', 'chat.completion', 'model', 'm', 'choices', jsonb_build_array(jsonb_build_object('index', 0, 'finish_reason', 'stop',
	'message', jsonb_build_object('role', 'assistant', 'content', content), 'logprobs', jsonb_build_object('content', tokens))))
FROM (SELECT d, jsonb_object_agg('item_' || f, value)::text AS content FROM field GROUP BY d) AS c,
	LATERAL (SELECT jsonb_agg(jsonb_build_object('token', t[1], 'logprob', -0.0123, 'top_logprobs', '[]'::jsonb,
			'bytes', (SELECT jsonb_agg(get_byte(b, i)) FROM convert_to(t[1], 'UTF8') AS b, generate_series(0, length(b) - 1) AS i))) AS tokens
		FROM regexp_matches(content, '[[:alnum:]]{1,4}|\s*[^[:alnum:]\s]{1,4}|\s+', 'g') AS t) AS t;

CREATE FUNCTION escaped(s text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT replace(s, '''', '&#39;')$$;
INSERT INTO result (engine, d, page)
SELECT 'tesseract_tsv', d, E'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n'
	|| string_agg(format(E'5\t1\t1\t1\t%s\t%s\t%s\t412\t163\t41\t%s\t%s\n', w / 10, w % 10, w * 7, percent, word), '' ORDER BY w)
FROM word GROUP BY d
UNION ALL
SELECT 'hocr', d, '<?xml version="1.0" encoding="UTF-8"?><html><body><div class=''ocr_page'' id=''page_1'' title=''image "p.png"; bbox 0 0 2480 3508; ppageno 0''><span class=''ocr_line'' id=''line_1'' title="bbox 1 2 3 4">'
	|| string_agg(format(E'<span class=''ocrx_word'' id=''word_1_%s'' title=''bbox %s 412 163 453; x_wconf %s''>%s</span>\n', w, w * 7, percent, escaped(word)), '' ORDER BY w) || '</span></div></body></html>'
FROM word GROUP BY d
UNION ALL
SELECT 'alto', d, '<?xml version="1.0" encoding="UTF-8"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Layout><Page ID="page_0"><PrintSpace><TextBlock ID="block_0"><TextLine ID="line_0">'
	|| string_agg(format(E'<String ID="string_%s" HPOS="%s" VPOS="412" WIDTH="163" HEIGHT="41" WC="%s" CONTENT="%s"/><SP WIDTH="12" VPOS="412" HPOS="99"/>\n', w, w * 7, percent / 100.0, escaped(word)), '' ORDER BY w) || '</TextLine></TextBlock></PrintSpace></Page></Layout></alto>'
FROM word GROUP BY d
UNION ALL
SELECT 'page_xml', d, '<?xml version="1.0" encoding="UTF-8"?><PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageFilename="p.png" imageWidth="2480" imageHeight="3508"><TextRegion id="r1"><TextLine id="l1">'
	|| string_agg(format(E'<Word id="w%s"><Coords points="%s,412 163,412 163,453 1,453"/>\n<TextEquiv index="0" conf="%s"><Unicode>%s</Unicode></TextEquiv></Word>\n', w, w * 7, percent / 100.0, escaped(word)), '' ORDER BY w) || '</TextLine></TextRegion></Page></PcGts>'
FROM word GROUP BY d
UNION ALL
SELECT 'abbyy_xml', d, '<?xml version="1.0" encoding="UTF-8"?><document xmlns="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml" version="1.0"><page width="2480" height="3508"><block blockType="Text"><text><par><line baseline="1"><formatting lang="EnglishUnitedStates">'
	|| string_agg((SELECT string_agg(format(E'<charParams l="%s" t="412" r="163" b="453" wordFirst="%s" wordLeftMost="0" wordFromDictionary="1" wordNormal="1" wordNumeric="0" wordIdentifier="0" charConfidence="%s" serifProbability="50" wordPenalty="0" meanStrokeWidth="96">%s</charParams>',
		w * 7, (n = 1)::int, percent, escaped(c)), E'\n' ORDER BY n) FROM string_to_table(word, NULL) WITH ORDINALITY AS c (c, n)), E'<charParams l="1" t="1" r="2" b="2"> </charParams>\n' ORDER BY w) || '</formatting></line></par></text></block></page></document>'
FROM word GROUP BY d;
/* the JSON of engines that give words, or lines, which are of one word here */
CREATE TABLE piece AS
SELECT d, w, w / 10 AS line, to_jsonb(word) AS text, word, percent / 100.0 AS confidence,
	jsonb_build_array(jsonb_build_array(w * 7, 412), jsonb_build_array(w * 7 + 163, 412), jsonb_build_array(w * 7 + 163, 453), jsonb_build_array(w * 7, 453)) AS box
FROM word;
INSERT INTO result (engine, d, document)
SELECT 'doctr', d, jsonb_build_object('pages', jsonb_build_array(jsonb_build_object('page_idx', 0, 'dimensions', '[3508, 2480]'::jsonb, 'orientation', '{"value": null, "confidence": null}'::jsonb,
	'blocks', jsonb_build_array(jsonb_build_object('geometry', '[[0.1, 0.1], [0.6, 0.2]]'::jsonb, 'lines', jsonb_agg(line))))))
FROM (SELECT d, jsonb_build_object('geometry', '[[0.1, 0.1], [0.6, 0.2]]'::jsonb, 'objectness_score', 0.9, 'words', jsonb_agg(jsonb_build_object('value', text, 'confidence', confidence,
		'geometry', jsonb_build_array(box -> 0, box -> 2), 'objectness_score', 0.9, 'crop_orientation', '{"value": 0, "confidence": null}'::jsonb) ORDER BY w)) AS line FROM piece GROUP BY d, line) AS l
GROUP BY d
UNION ALL
SELECT 'surya', d, jsonb_build_object('permit', jsonb_build_array(jsonb_build_object('text_lines', jsonb_agg(line), 'languages', NULL, 'image_bbox', '[0, 0, 2480, 3508]'::jsonb, 'page', 1)))
FROM (SELECT d, jsonb_build_object('polygon', '[[1, 2], [3, 4], [5, 6], [7, 8]]'::jsonb, 'bbox', '[1, 2, 3, 4]'::jsonb, 'confidence', 0.9, 'text', string_agg(word, ' '),
		'words', jsonb_agg(jsonb_build_object('text', text, 'confidence', confidence, 'polygon', box, 'bbox', '[1, 2, 3, 4]'::jsonb, 'bbox_valid', true) ORDER BY w)) AS line FROM piece GROUP BY d, line) AS l
GROUP BY d
UNION ALL
SELECT 'easyocr', d, jsonb_agg(jsonb_build_array(box, text, confidence) ORDER BY w) FROM piece GROUP BY d
UNION ALL
SELECT 'paddleocr', d, jsonb_build_object('res', jsonb_build_object('input_path', 'permit.png', 'page_index', NULL, 'dt_polys', jsonb_agg(box), 'rec_polys', jsonb_agg(box), 'rec_boxes', jsonb_agg(jsonb_build_array(w * 7, 412, 163, 41)),
	'rec_texts', jsonb_agg(text ORDER BY w), 'rec_scores', jsonb_agg(confidence ORDER BY w)))
FROM piece GROUP BY d
UNION ALL
SELECT 'vision', d, jsonb_build_object('responses', jsonb_build_array(jsonb_build_object('fullTextAnnotation', jsonb_build_object('text', string_agg(word, ' ' ORDER BY w),
	'pages', jsonb_build_array(jsonb_build_object('width', 2480, 'height', 3508, 'blocks', jsonb_build_array(jsonb_build_object('blockType', 'TEXT', 'paragraphs', jsonb_build_array(jsonb_build_object(
		'words', jsonb_agg(jsonb_build_object('confidence', confidence, 'boundingBox', vertices, 'symbols', (SELECT jsonb_agg(jsonb_build_object('text', c, 'confidence', confidence, 'boundingBox', vertices)) FROM string_to_table(word, NULL) AS c)) ORDER BY w)))))))))))
FROM piece, LATERAL (SELECT jsonb_build_object('vertices', jsonb_agg(jsonb_build_object('x', corner -> 0, 'y', corner -> 1))) FROM jsonb_array_elements(box) AS corner) AS b (vertices)
GROUP BY d
UNION ALL
SELECT 'pairs', d, jsonb_object_agg('item_' || f, jsonb_build_object('value', value, 'confidence', percent / 100)) FROM field GROUP BY d;
/* Textract's words; and its fields as a table of 7 rows and 4 columns, whose first row has the headers */
INSERT INTO result (engine, d, document)
SELECT 'textract_words', d, jsonb_build_object('DocumentMetadata', '{"Pages": 1}'::jsonb, 'DetectDocumentTextModelVersion', '1.0', 'Blocks',
	jsonb_agg(block(d * 1000 + w, 'WORD', md5(d || ' ' || w), percent, jsonb_build_object('Text', word, 'TextType', 'PRINTED')) ORDER BY w))
FROM word GROUP BY d
UNION ALL
SELECT 'azure_words', d, jsonb_build_object('status', 'succeeded', 'createdDateTime', '2024-03-09T10:00:00Z', 'analyzeResult', jsonb_build_object('apiVersion', '2024-11-30', 'modelId', 'prebuilt-read',
	'pages', jsonb_build_array(jsonb_build_object('pageNumber', 1, 'words', jsonb_agg(jsonb_build_object('content', text, 'confidence', confidence, 'polygon', '[1, 2, 3, 4, 5, 6, 7, 8]'::jsonb, 'span', '{"offset": 12, "length": 34}'::jsonb) ORDER BY w)))))
FROM piece GROUP BY d
UNION ALL
SELECT 'documentai_words', d, jsonb_build_object('mimeType', 'image/png', 'text', string_agg(word || ' ', '' ORDER BY w), 'pages', jsonb_build_array(jsonb_build_object('pageNumber', 1, 'layout', '{"orientation": "PAGE_UP"}'::jsonb, 'image', '{"width": 2480}'::jsonb,
	'tokens', jsonb_agg(jsonb_build_object('layout', jsonb_build_object('textAnchor', jsonb_build_object('textSegments', jsonb_build_array(jsonb_build_object('startIndex', start::text, 'endIndex', (start + length(word))::text))),
		'confidence', confidence, 'boundingPoly', jsonb_build_object('normalizedVertices', corners(w, 'x', 'y')), 'orientation', 'PAGE_UP'), 'detectedLanguages', '[{"languageCode": "en"}]'::jsonb) ORDER BY w))))
FROM (SELECT *, sum(length(word) + 1) OVER (PARTITION BY d ORDER BY w) - length(word) - 1 AS start FROM piece) AS p GROUP BY d
UNION ALL
SELECT 'textract_tables', d, jsonb_build_object('DocumentMetadata', '{"Pages": 1}'::jsonb, 'AnalyzeDocumentModelVersion', '1.0', 'Blocks', jsonb_agg(b ORDER BY c DESC, b -> 'Id'))
FROM (SELECT d, c, block(d * 100 + c, 'CELL', 'cell-' || md5(d || ' ' || c), percent, jsonb_build_object('RowIndex', c / 4 + 1, 'ColumnIndex', c % 4 + 1, 'RowSpan', 1, 'ColumnSpan', 1,
		'Relationships', related('CHILD', ARRAY['word-' || md5(d || ' ' || c)])) || CASE WHEN c < 4 THEN '{"EntityTypes": ["COLUMN_HEADER"]}' ELSE '{}' END::jsonb) AS b
	FROM (SELECT d, f + 3 AS c, percent FROM field UNION ALL SELECT d, c, 90 FROM generate_series(1, 200) AS d, generate_series(0, 3) AS c) AS cell
	UNION ALL SELECT d, f + 3, block(d * 100 + f, 'WORD', 'word-' || md5(d || ' ' || f + 3), percent, jsonb_build_object('Text', value, 'TextType', 'PRINTED')) FROM field
	UNION ALL SELECT d, c, block(d * 100 + c, 'WORD', 'word-' || md5(d || ' ' || c), 90, jsonb_build_object('Text', 'Column' || c, 'TextType', 'PRINTED')) FROM generate_series(1, 200) AS d, generate_series(0, 3) AS c
	UNION ALL SELECT d, 99, block(d, 'TABLE', 'table-' || d, 90, jsonb_build_object('EntityTypes', '["STRUCTURED_TABLE"]'::jsonb, 'Relationships',
		related('CHILD', (SELECT array_agg('cell-' || md5(d || ' ' || c) ORDER BY c) FROM generate_series(0, 27) AS c)))) FROM generate_series(1, 200) AS d) AS blocks
GROUP BY d;
VACUUM ANALYZE result;

/* The base of an engine that reads other parts of the same answers, which is read only when it is named */
CREATE FUNCTION base(engine text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT regexp_replace(engine, '_(words|tables)$', '')$$;
CREATE FUNCTION asked(engine text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN engine = base(engine) THEN 'auto' ELSE engine END$$;

/* Every document is of its engine, and has as many rows as it was made with: 24 fields or 300 words. No engine has none. */
DO $$
DECLARE
	wrong text;
BEGIN
	PERFORM williams_ocr_fields('', '?');
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS wrong = PG_EXCEPTION_HINT;		-- lists the engines
	SELECT string_agg(m[1], ', ') INTO wrong FROM regexp_matches(wrong, '"(\w+)"', 'g') AS m WHERE m[1] NOT IN (SELECT engine FROM result) AND m[1] <> 'auto';
	IF wrong IS NOT NULL THEN
		RAISE 'no documents of %', wrong;
	END IF;
	SELECT string_agg(DISTINCT engine, ', ') INTO wrong FROM result
	WHERE coalesce(williams_ocr_engine(document), williams_ocr_engine(page)) IS DISTINCT FROM base(engine)
		OR CASE WHEN page IS NULL THEN (SELECT count(*) FROM williams_ocr_fields(document, asked(engine))) ELSE (SELECT count(*) FROM williams_ocr_fields(page)) END
			<> CASE WHEN engine IN ('textract', 'documentai', 'azure', 'mistral', 'pairs', 'chat', 'docling', 'textract_tables') THEN 24 ELSE 300 END;
	IF wrong IS NOT NULL THEN
		RAISE 'documents of % are not read as they were made', wrong;
	END IF;
END $$;

--
-- The same extraction in SQL: joins of the blocks by id; characters cut out of the
-- text; the leaves of entities at any depth. A blank value has no confidence.
--
CREATE FUNCTION textract_sql(document jsonb) RETURNS TABLE (page int, field text, value text, confidence float8) LANGUAGE sql STABLE AS $$
	WITH block AS MATERIALIZED (
		SELECT b, b ->> 'Id' AS id, b ->> 'BlockType' AS type, n FROM jsonb_array_elements(document -> 'Blocks') WITH ORDINALITY AS b (b, n)
	),
	related AS MATERIALIZED (
		SELECT id, r ->> 'Type' AS type, other, o.n
		FROM block, jsonb_array_elements(b -> 'Relationships') AS r, jsonb_array_elements_text(r -> 'Ids') WITH ORDINALITY AS o (other, n)
		WHERE block.type = 'KEY_VALUE_SET'
	),
	content AS MATERIALIZED (
		SELECT r.id, string_agg(coalesce(w.b ->> 'Text', w.b ->> 'SelectionStatus'), ' ' ORDER BY r.n) AS text
		FROM related AS r JOIN block AS w ON w.id = r.other AND w.type IN ('WORD', 'SELECTION_ELEMENT')
		WHERE r.type = 'CHILD' GROUP BY r.id
	)
	SELECT (k.b ->> 'Page')::int, name.text, value.text, CASE WHEN value.text IS NOT NULL THEN (v.b ->> 'Confidence')::float8 / 100 END
	FROM block AS k
		LEFT JOIN content AS name ON name.id = k.id
		LEFT JOIN related AS r ON r.id = k.id AND r.type = 'VALUE'
		LEFT JOIN block AS v ON v.id = r.other
		LEFT JOIN content AS value ON value.id = r.other
	WHERE k.type = 'KEY_VALUE_SET' AND k.b -> 'EntityTypes' ? 'KEY'
	ORDER BY k.n
$$;

CREATE FUNCTION anchor_sql(everything text, anchor jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(substr(everything, coalesce((s ->> 'startIndex')::int, 0) + 1, (s ->> 'endIndex')::int - coalesce((s ->> 'startIndex')::int, 0)), '')
	FROM jsonb_array_elements(anchor -> 'textSegments') AS s
$$;
CREATE FUNCTION documentai_sql(document jsonb) RETURNS TABLE (page int, field text, value text, confidence float8) LANGUAGE sql STABLE AS $$
	WITH RECURSIVE whole AS MATERIALIZED (
		SELECT document -> 'entities' AS entities, document -> 'pages' AS pages, document ->> 'text' AS text
	),
	entity AS (
		SELECT e, ARRAY[n] AS path FROM whole, jsonb_array_elements(entities) WITH ORDINALITY AS e (e, n)
		UNION ALL
		SELECT p, path || n FROM entity, jsonb_array_elements(e -> 'properties') WITH ORDINALITY AS p (p, n)
	),
	row AS (
		SELECT 0 AS page_no, path, coalesce((e #>> '{pageAnchor,pageRefs,0,page}')::int, 0) + 1 AS page, e ->> 'type' AS field,
			coalesce(nullif(e ->> 'mentionText', ''), anchor_sql(text, e -> 'textAnchor'), e #>> '{normalizedValue,text}') AS value, (e ->> 'confidence')::float8 AS confidence
		FROM whole, entity WHERE jsonb_array_length(coalesce(e -> 'properties', '[]')) = 0
		UNION ALL
		SELECT 1, ARRAY[p.n, f.n], (p ->> 'pageNumber')::int, anchor_sql(text, f #> '{fieldName,textAnchor}'),
			coalesce(anchor_sql(text, f #> '{fieldValue,textAnchor}'), f ->> 'valueType'), (f #>> '{fieldValue,confidence}')::float8
		FROM whole, jsonb_array_elements(pages) WITH ORDINALITY AS p (p, n), jsonb_array_elements(p -> 'formFields') WITH ORDINALITY AS f (f, n)
	),
	trimmed AS (
		SELECT page_no, path, page, regexp_replace(btrim(field, E' \t\n\r'), '\s+', ' ', 'g') AS field, nullif(btrim(value, E' \t\n\r'), '') AS value, confidence FROM row
	)
	SELECT page, field, value, CASE WHEN value IS NOT NULL THEN confidence END FROM trimmed ORDER BY page_no, path
$$;

/* The peers and ours must give the same rows. */
DO $$
DECLARE
	other text;
	same boolean;
BEGIN
	FOREACH other IN ARRAY '{textract,documentai}'::text[] LOOP
		EXECUTE format('SELECT bool_and(ours = theirs) FROM result, '
			'LATERAL (SELECT array_agg((page, field, value, round(confidence::numeric, 9))::text) AS ours FROM williams_ocr_fields(document)) AS o, '
			'LATERAL (SELECT array_agg((page, field, value, round(confidence::numeric, 9))::text) AS theirs FROM %I(document)) AS t WHERE engine = %L', other || '_sql', other) INTO same;
		IF same IS NOT TRUE THEN
			RAISE 'the rows of williams_ocr_fields and %_sql differ', other;
		END IF;
	END LOOP;
END $$;

--
-- Time them
--
/*
 * The own cost of reading is measured in "memory": unnest gives every function its
 * argument uncompressed, and the time of unnest alone is subtracted. From the table,
 * as PostgreSQL stores it, all queries also fetch and decompress the documents. To count whole rows keeps the planner from leaving out columns of the peers.
 */
CREATE TABLE memory (engine text PRIMARY KEY, documents jsonb[], pages text[]);
ALTER TABLE memory ALTER documents SET STORAGE EXTERNAL, ALTER pages SET STORAGE EXTERNAL;
INSERT INTO memory SELECT engine, array_agg(document ORDER BY d) FILTER (WHERE page IS NULL), array_agg(page ORDER BY d) FILTER (WHERE page IS NOT NULL) FROM result GROUP BY engine;

CREATE TABLE measure (engine text, reader text, query text, best float8, PRIMARY KEY (engine, reader));
INSERT INTO measure (engine, reader, query)
	SELECT engine, name, format(query, CASE WHEN pages IS NULL THEN 'document' ELSE 'page' END, engine, asked(engine))
	FROM memory, (VALUES
		('ours', 'SELECT count(f) FROM memory, unnest(%1$ss) AS r, williams_ocr_fields(r, %3$L) AS f WHERE engine = %2$L'),
		('nothing', 'SELECT count(r) FROM memory, unnest(%1$ss) AS r WHERE engine = %2$L'),
		('SQL', 'SELECT count(f) FROM memory, unnest(%1$ss) AS r, %2$s_sql(r) AS f WHERE engine = %2$L'),
		('ours, stored', 'SELECT count(f) FROM result, williams_ocr_fields(%1$s) AS f WHERE engine = %2$L'),
		('SQL, stored', 'SELECT count(f) FROM result, %2$s_sql(%1$s) AS f WHERE engine = %2$L')) AS reader (name, query)
	WHERE name IN ('ours', 'nothing') OR engine IN ('textract', 'documentai');

CREATE PROCEDURE run_all(rounds int) LANGUAGE plpgsql AS $$
DECLARE
	m measure;
	started timestamptz;
BEGIN
	FOR i IN 1 .. rounds LOOP
		FOR m IN SELECT * FROM measure ORDER BY engine, reader LOOP
			started := clock_timestamp();
			EXECUTE m.query;
			UPDATE measure SET best = least(best, extract(epoch FROM clock_timestamp() - started)) WHERE (engine, reader) = (m.engine, m.reader);
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
CALL run_all(:rounds);

CREATE FUNCTION took(what text, reader text) RETURNS float8 LANGUAGE sql AS
	'SELECT best FROM measure WHERE engine = what AND measure.reader = took.reader';
CREATE FUNCTION own(what text, reader text) RETURNS float8 LANGUAGE sql AS $$SELECT took(what, reader) - took(what, 'nothing')$$;

\pset border 2
SELECT engine, CASE WHEN min(page) IS NULL THEN 'jsonb' ELSE 'text' END AS form, round(avg(octet_length(coalesce(page, document::text)))) AS bytes,
	round((count(*) / own(engine, 'ours'))::numeric) AS "documents/s", round((sum(octet_length(coalesce(page, document::text))) / 1048576.0 / own(engine, 'ours'))::numeric) AS "MB/s"
FROM result GROUP BY engine ORDER BY form, engine;
SELECT what, round(ours::numeric * 1000, 1) AS ours, 'the same in SQL' AS against, round(theirs::numeric * 1000, 1) AS theirs, 'ms' AS unit,
	round((theirs / ours)::numeric, 2) AS ratio, wanted,
	CASE WHEN wanted IS NULL THEN NULL WHEN theirs / ours >= substring(wanted FROM '[0-9.]+')::float8 THEN 'yes' ELSE 'no' END AS reached
FROM (VALUES
	(1, '200 of Textract''s forms in a table', took('textract', 'ours, stored'), took('textract', 'SQL, stored'), NULL),
	(2, '200 of Textract''s forms, own cost', own('textract', 'ours'), own('textract', 'SQL'), '10 times faster'),
	(3, '200 of Document AI in a table', took('documentai', 'ours, stored'), took('documentai', 'SQL, stored'), NULL),
	(4, '200 of Document AI, own cost', own('documentai', 'ours'), own('documentai', 'SQL'), '10 times faster')
) AS r (no, what, ours, theirs, wanted) ORDER BY no;
