--
-- Score: results of OCR engines, read as one table. Small, made-up documents of
-- every shape, each with the mistakes that such results are known to have; errors;
-- scoring a result; generated columns and indexes.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
-- document|page|field|value|confidence, one line for each row; ~ is NULL
CREATE FUNCTION pg_temp.rows_of(document text, engine text = 'auto') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws('|', coalesce(document::text, '~'), coalesce(page::text, '~'), coalesce(field, '~'), coalesce(value, '~'), coalesce(confidence::text, '~'))
    FROM williams_ocr_fields(document, engine)
$$;

CREATE TEMP TABLE sample (name text PRIMARY KEY, document text);

--
-- Textract: keys refer to values, and both refer to words, by id; selection marks
-- are values; a key without a value is a missing field
--
INSERT INTO sample VALUES ('textract forms', '{"DocumentMetadata": {"Pages": 2}, "Blocks": [
    {"BlockType": "PAGE", "Id": "p", "Page": 1},
    {"BlockType": "KEY_VALUE_SET", "Id": "k1", "Page": 1, "Confidence": 50, "EntityTypes": ["KEY"], "Relationships":
        [{"Type": "VALUE", "Ids": ["v1"]}, {"Type": "CHILD", "Ids": ["w1", "w2"]}]},
    {"BlockType": "KEY_VALUE_SET", "Id": "v1", "Page": 1, "Confidence": 91.5, "EntityTypes": ["VALUE"], "Relationships":
        [{"Type": "CHILD", "Ids": ["w3", "gone", "w4"]}]},
    {"BlockType": "KEY_VALUE_SET", "Id": "k2", "Page": 2, "EntityTypes": ["KEY"], "Relationships":
        [{"Type": "CHILD", "Ids": ["w5"]}, {"Type": "VALUE", "Ids": ["v2"]}]},
    {"BlockType": "KEY_VALUE_SET", "Id": "v2", "Page": 2, "Confidence": 88, "EntityTypes": ["VALUE"], "Relationships":
        [{"Type": "CHILD", "Ids": ["s1"]}]},
    {"BlockType": "KEY_VALUE_SET", "Id": "k3", "Page": 2, "EntityTypes": ["KEY"], "Relationships":
        [{"Type": "VALUE", "Ids": ["v3"]}, {"Type": "CHILD", "Ids": ["w6"]}]},
    {"BlockType": "KEY_VALUE_SET", "Id": "v3", "Page": 2, "Confidence": 99.9, "EntityTypes": ["VALUE"]},
    {"BlockType": "KEY_VALUE_SET", "Id": "k4", "Page": 2, "EntityTypes": ["KEY"], "Relationships":
        [{"Type": "CHILD", "Ids": ["w6"]}, {"Type": "VALUE", "Ids": ["v1", "v2"]}]},
    {"BlockType": "QUERY", "Id": "q1", "Page": 2, "Query": {"Text": "What is the parcel?", "Alias": "parcel"},
        "Relationships": [{"Type": "ANSWER", "Ids": ["a1"]}]},
    {"BlockType": "QUERY", "Id": "q2", "Page": 2, "Query": {"Text": "Who signed?"}},
    {"BlockType": "QUERY_RESULT", "Id": "a1", "Page": 2, "Text": "07-114", "Confidence": 75},
    {"BlockType": "WORD", "Id": "w1", "Text": "Permit", "Confidence": 1}, {"BlockType": "WORD", "Id": "w2", "Text": "No.:"},
    {"BlockType": "WORD", "Id": "w3", "Text": "B-17"}, {"BlockType": "WORD", "Id": "w4", "Text": "/ 04"},
    {"BlockType": "WORD", "Id": "w5", "Text": "Approved"}, {"BlockType": "SELECTION_ELEMENT", "Id": "s1", "SelectionStatus": "NOT_SELECTED"},
    {"BlockType": "WORD", "Id": "w6", "Text": "Remarks"}]}');
SELECT * FROM pg_temp.rows_of((SELECT document FROM sample WHERE name = 'textract forms'));

-- a long result comes in several answers; ids refer from one to another
SELECT count(*), count(value), sum(confidence) FROM williams_ocr_fields((
    SELECT jsonb_agg(jsonb_build_object('Blocks', jsonb_build_array(block)))
    FROM sample, jsonb_array_elements(document::jsonb -> 'Blocks') AS block WHERE name = 'textract forms'));

-- expenses: the value's own confidence; line items keep their numbers; an empty
-- value is missing even if it has a confidence; OTHER is named by its label
INSERT INTO sample VALUES ('textract expense', '{"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [{"SummaryFields": [
    {"Type": {"Text": "TOTAL", "Confidence": 70}, "LabelDetection": {"Text": "To pay", "Confidence": 3}, "PageNumber": 3,
        "ValueDetection": {"Text": " 12.50\n", "Confidence": 98.5}},
    {"Type": {"Text": "TAX", "Confidence": 99.9}, "ValueDetection": {"Text": "", "Confidence": 0}},
    {"Type": {"Text": "OTHER", "Confidence": 99.9}, "LabelDetection": {"Text": "Crane\n hire"}, "ValueDetection": {"Text": "yes", "Confidence": 55}},
    {"Type": {"Text": "OTHER"}, "ValueDetection": {"Text": "alone", "Confidence": 55}},
    {"Type": {"Text": "NAME"}}],
    "LineItemGroups": [{"LineItems": [
        {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "nails", "Confidence": 90}},
                                   {"Type": {"Text": "PRICE"}, "ValueDetection": {"Text": "2.00", "Confidence": 80}}]},
        {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "glue", "Confidence": 60}}]}]},
        {"LineItems": [
        {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "tar", "Confidence": 50}},
                                   {"Type": {"Text": "PRICE"}, "ValueDetection": {"Text": "10.50", "Confidence": 40}}]}]}]}]}');
SELECT * FROM pg_temp.rows_of((SELECT document FROM sample WHERE name = 'textract expense'));
SELECT engine, jsonb_pretty(fields) AS fields, confidence ->> 'PRICE.3' AS price_3, fields ? 'PRICE.2' AS price_2
FROM williams_ocr_document((SELECT document::jsonb FROM sample WHERE name = 'textract expense'));

-- identity documents: "" is missing, whatever its confidence; the text that was read, not its normalised form
INSERT INTO sample VALUES ('textract identity', '{"IdentityDocuments": [{"DocumentIndex": 1, "IdentityDocumentFields": [
    {"Type": {"Text": "FIRST_NAME"}, "ValueDetection": {"Text": "", "Confidence": 99.6}},
    {"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "Odum", "Confidence": 97}},
    {"Type": {"Text": "DATE_OF_ISSUE"}, "ValueDetection": {"Text": "3/9/2014", "Confidence": 60,
        "NormalizedValue": {"Value": "2014-03-09T00:00:00", "ValueType": "Date"}}}]}]}');
SELECT * FROM pg_temp.rows_of((SELECT document FROM sample WHERE name = 'textract identity'));

-- lending: one row for each value of a field, selection marks included; a field
-- without values is missing; a field without a type is named by its label; a page
-- that belongs to no class has no extraction
INSERT INTO sample VALUES ('textract lending', '{"DocumentMetadata": {"Pages": 4}, "JobStatus": "SUCCEEDED", "AnalyzeLendingModelVersion": "1.0", "Results": [
    {"Page": 1, "PageClassification": {"PageType": [{"Value": "1003", "Confidence": 99.9}], "PageNumber": [{"Value": "1", "Confidence": 99}]}, "Extractions": [
        {"LendingDocument": {"LendingFields": [
            {"Type": "BORROWER_NAME", "KeyDetection": {"Text": "Name:", "Confidence": 1}, "ValueDetections": [{"Text": "I. Odum ", "Confidence": 98}]},
            {"Type": "PHONE", "ValueDetections": [{"Text": "555-0100", "Confidence": 52}, {"Text": "555-0101", "Confidence": 53}]},
            {"Type": "REMARKS", "ValueDetections": []},
            {"Type": "OWNER_OCCUPIED", "ValueDetections": [{"SelectionStatus": "NOT_SELECTED", "Confidence": 75}]},
            {"Type": "OTHER", "KeyDetection": {"Text": "Crane\n hire"}, "ValueDetections": [{"Text": "yes", "Confidence": 60}, 7]},
            {"KeyDetection": {"Confidence": 60}, "ValueDetections": [{"Text": "of no name", "Confidence": 60}]}, null],
         "SignatureDetections": [{"Confidence": 90}, {"Confidence": 101}]}}]},
    {"Page": 2, "PageClassification": {"PageType": [{"Value": "UNCLASSIFIED", "Confidence": 60}]}, "Extractions": []},
    {"Page": 3, "PageClassification": {"PageType": [{"Value": "INVOICES"}]}, "Extractions": [
        {"ExpenseDocument": {"SummaryFields": [{"Type": {"Text": "TOTAL"}, "ValueDetection": {"Text": "12.50", "Confidence": 80}, "PageNumber": 3}],
         "LineItemGroups": [{"LineItems": [{"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "nails", "Confidence": 90}}]},
                                           {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "glue", "Confidence": 70}}]}]}]}}]},
    {"Page": 4, "Extractions": [
        {"IdentityDocument": {"IdentityDocumentFields": [{"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "Odum", "Confidence": 97}}]}},
        {"LendingDocument": {"LendingFields": [{"Type": "BORROWER_NAME", "ValueDetections": [{"Text": "W. Odum", "Confidence": 96}, {"Text": "W.", "Confidence": 40}]}]}}]}]}');
SELECT * FROM pg_temp.rows_of((SELECT document FROM sample WHERE name = 'textract lending'));
SELECT fields FROM williams_ocr_document((SELECT document::jsonb FROM sample WHERE name = 'textract lending'));
-- two answers give the same rows as one
SELECT (SELECT array_agg(r) FROM pg_temp.rows_of(document) AS r) = (SELECT array_agg(r) FROM pg_temp.rows_of(jsonb_build_array(
           document::jsonb || jsonb_build_object('Results', jsonb_build_array(document::jsonb #> '{Results,0}'), 'NextToken', 'n'),
           document::jsonb || jsonb_build_object('Results', document::jsonb #> '{Results}' #- '{0}'))::text) AS r) AS in_two_answers
FROM sample WHERE name = 'textract lending';

--
-- Document AI: leaves only, at any depth, with their own confidence; text by
-- anchor; neither classes nor the quality of a page are fields
--
INSERT INTO sample VALUES ('documentai', '{"mimeType": "image/png", "text": "Größe: 7 m²\nAmt: Ålborg\nBüro\n",
    "entities": [
    {"type": "address", "confidence": 1, "mentionText": "1 High St Ashcombe", "pageAnchor": {"pageRefs": [{"page": "2"}]},
        "properties": [{"type": "street", "mentionText": "1 High St", "confidence": 0.0085},
                       {"type": "place", "confidence": 1, "properties": [{"type": "place/town", "mentionText": "Ashcombe", "confidence": 0.5}]}]},
    {"type": "address", "properties": [{"type": "place/town", "mentionText": "Bree", "confidence": 0.25}]},
    {"type": "area", "confidence": 0.75, "textAnchor": {"textSegments": [{"startIndex": "7", "endIndex": "11"}]}, "pageAnchor": {"pageRefs": [{}]}},
    {"type": "title", "confidence": 0.7, "textAnchor": {"textSegments": [{"endIndex": 5}, {"startIndex": 23, "endIndex": 900}]}},
    {"type": "date", "confidence": 0.9, "mentionText": "9 March 14", "normalizedValue": {"text": "2014-03-09"}, "properties": []},
    {"type": "kind", "confidence": 0.8, "mentionText": "", "normalizedValue": {"text": "house"}},
    {"type": "remark", "confidence": 0.99, "mentionText": " "},
    {"type": "portrait", "confidence": 0.9, "pageAnchor": {"pageRefs": [{}]}},
    {"type": "quality_score", "confidence": 0.1, "properties": [{"type": "quality/defect_blurry", "confidence": 0.9}]}],
    "pages": [{"pageNumber": 4, "formFields": [
    {"fieldName": {"textAnchor": {"textSegments": [{"startIndex": "12", "endIndex": "16"}]}, "confidence": 0.1},
     "fieldValue": {"textAnchor": {"textSegments": [{"startIndex": "16", "endIndex": "24"}]}, "confidence": 0.6}},
    {"fieldName": {"textAnchor": {"content": "New\nbuilding:\n"}}, "fieldValue": {"confidence": 0.4}, "valueType": "filled_checkbox"},
    {"fieldName": {"textAnchor": {"content": "Signed "}}, "fieldValue": {"textAnchor": {"content": "\n"}, "confidence": 0.4}}]}]}');
SELECT * FROM pg_temp.rows_of((SELECT document FROM sample WHERE name = 'documentai'));
SELECT fields FROM williams_ocr_document((SELECT document::jsonb FROM sample WHERE name = 'documentai'));
SELECT count(*) AS inside_an_answer
FROM williams_ocr_fields(jsonb_build_object('document', (SELECT document::jsonb FROM sample WHERE name = 'documentai')));

-- a splitter's entities have the text of whole pages, a classifier's have none; they
-- are not fields unless one of them has text of its own; page quality does not count
CREATE TEMP TABLE class (name text, entities jsonb);
INSERT INTO class VALUES
    ('splitter', '[{"type": "invoice", "confidence": 0.9, "textAnchor": {"textSegments": [{"endIndex": "8"}]}, "pageAnchor": {"pageRefs": [{}]}},
                   {"type": "other", "confidence": 0.8, "textAnchor": {"textSegments": [{"startIndex": "8", "endIndex": "16"}]}, "pageAnchor": {"pageRefs": [{"page": "1"}, {"page": "2"}]}}]'),
    ('splitter in Python', '[{"type_": "invoice", "mention_text": "", "mention_id": "", "confidence": 0.9, "properties": [], "text_anchor": {"content": "", "text_segments": [{"start_index": "0", "end_index": "8"}]},
                   "page_anchor": {"page_refs": [{"page": "0"}]}}]'),
    ('classifier', '[{"type": "permit", "confidence": 0.9, "id": "0"}, {"type": "other", "confidence": 0.1, "id": "1"}]'),
    ('with a quality', '[{"type": "quality_score", "confidence": 0.1, "properties": [{"type": "quality/defect_blurry", "confidence": 0.9}]},
                   {"type": "invoice", "confidence": 0.9, "textAnchor": {"textSegments": [{"endIndex": "8"}]}}]'),
    ('with a field', '[{"type": "a", "confidence": 0.9, "textAnchor": {"textSegments": [{"endIndex": "8"}]}}, {"type": "b", "properties": [{"type": "c", "mentionText": "x"}]}]');
SELECT name, williams_ocr_engine(document) AS engine, (SELECT array_agg(r) FROM pg_temp.rows_of(document::text) AS r) AS rows
FROM class, LATERAL (SELECT jsonb_build_object('text', E'page one\npage two', 'entities', entities, 'pages', '[{"pageNumber": 1}, {"pageNumber": 2}, {"pageNumber": 3}]'::jsonb) AS document) AS d
ORDER BY name;

--
-- Azure: leaves have a confidence, arrays and objects do not
--
INSERT INTO sample VALUES ('azure v2', '{"status": "succeeded", "createdDateTime": "2024-01-01T00:00:00Z", "analyzeResult": {"version": "2.1.0",
    "documentResults": [{"docType": "custom:permit", "pageRange": [2, 2], "fields": {
        "Total": {"type": "number", "valueNumber": 1250, "text": "1,250", "page": 3, "confidence": 0.875},
        "Kind": {"type": "string", "valueString": "dwelling", "confidence": 0.5},
        "Works": {"type": "array", "valueArray": [
            {"type": "object", "valueObject": {"Name": {"type": "string", "text": "roof", "confidence": 0.9}, "Cost": null}},
            {"type": "string", "text": "drain", "confidence": 0.8}]},
        "Contact": null, "Empty": {"type": "array", "valueArray": []}}},
        {"pageRange": [1, 2], "fields": {"Total": {"text": "7", "confidence": 1}}}],
    "pageResults": [{"page": 5, "keyValuePairs": [{"key": {"text": "Lot:"}, "value": {"text": "9"}, "confidence": 0.6}]}]}}'),
    ('azure v4', '{"status": "succeeded", "analyzeResult": {"apiVersion": "2024-11-30", "modelId": "permit", "documents": [
        {"docType": "permit", "boundingRegions": [{"pageNumber": 1}], "confidence": 0.1, "fields": {
        "Issued": {"type": "date", "valueDate": "2024-03-09", "content": "9 March 2024", "boundingRegions": [{"pageNumber": 2}], "confidence": 0.9},
        "Cost": {"type": "currency", "valueCurrency": {"amount": 5}, "content": "$5", "confidence": 0.8},
        "Heated": {"type": "selectionMark", "valueSelectionMark": "selected", "content": ":selected:", "confidence": 0.7},
        "Note": {"type": "string", "content": "  ", "confidence": 0.99},
        "Owner": {"type": "object", "valueObject": {"Name": {"type": "string", "valueString": "I. Odum", "content": "I. Odum", "confidence": 0.6}}}}}],
        "keyValuePairs": [{"key": {"content": "Signed\n by:"}, "value": {"content": "W. Odum", "boundingRegions": [{"pageNumber": 3}]}, "confidence": 0.5},
                          {"key": {"content": "Fax"}, "confidence": 0.4}]}}');
SELECT name, r FROM sample, pg_temp.rows_of(document) WITH ORDINALITY AS r (r, n) WHERE name LIKE 'azure%' ORDER BY name, n;
SELECT fields FROM williams_ocr_document((SELECT document::jsonb FROM sample WHERE name = 'azure v2'));
-- the normalised form if no text was read: an amount, an address
SELECT name, value, confidence FROM (VALUES
    ('read', '{"valueCurrency": {"amount": 5, "currencyCode": "USD"}, "content": " $5 ", "confidence": 0.8}'),
    ('code', '{"valueCurrency": {"currencySymbol": "$", "amount": 1250.50, "currencyCode": "USD"}, "content": " ", "confidence": 0.8}'),
    ('symbol', '{"valueCurrency": {"currencySymbol": "€", "amount": 5}, "content": ""}'),
    ('amount', '{"valueCurrency": {"amount": 5}}'), ('no amount', '{"valueCurrency": {}, "confidence": 0.8}'),
    ('python, symbol', '{"value_type": "currency", "value": {"amount": 5.0, "symbol": "$", "code": null}, "content": null}'),
    ('python, code', '{"value_type": "currency", "value": {"amount": 5.0, "symbol": "$", "code": "USD"}, "content": ""}'),
    ('address', '{"valueAddress": {"countryRegion": "UK", "houseNumber": "1", "road": "High St", "city": "Ashcombe", "postalCode": "00123", "state": "  "}, "content": " "}'),
    ('street', '{"valueAddress": {"houseNumber": "1", "road": "High St", "streetAddress": "1 High St Unit 2", "unit": "Unit 2", "state": "NY"}}'),
    ('python, address', '{"value_type": "address", "value": {"house_number": "1", "road": "High St", "po_box": "PO 7", "city": "Ashcombe", "postal_code": null}, "content": ""}'),
    ('date', '{"valueDate": "2024-03-09", "content": ""}'), ('type alone', '{"valueType": "string", "value": null, "content": null, "confidence": 0.8}')) AS v (name, field),
    williams_ocr_fields(jsonb_build_object('analyzeResult', jsonb_build_object('version', '2.1.0', 'documents', jsonb_build_array(jsonb_build_object('fields', jsonb_build_object('F', field::jsonb))))));

--
-- Mistral: JSON, or JSON in a string; fields have no confidence
--
INSERT INTO sample
SELECT 'mistral ' || kind, jsonb_build_object('pages', '[{"index": 0, "markdown": "# Permit"}]'::jsonb, 'model', 'm', 'document_annotation',
    CASE kind WHEN 'string' THEN to_jsonb(annotation) ELSE annotation::jsonb END)
FROM unnest('{string,object}'::text[]) AS kind,
    (VALUES ('{"permit": "B-17", "cost": 1250.50, "heated": false, "owner": {"name": "I. Odum", "fax": null}, "works": [{"name": "roof"}, "drain", []]}')) AS a (annotation);
SELECT name, r FROM sample, pg_temp.rows_of(document) WITH ORDINALITY AS r (r, n) WHERE name LIKE 'mistral%' ORDER BY name, n;

-- a value of which every word occurs more than 100 times is not looked for
SELECT n, f.* FROM unnest('{100,101}'::int[]) AS n, williams_ocr_fields(jsonb_build_object('document_annotation', '{"a": "x y"}'::jsonb, 'pages', jsonb_build_array(
    jsonb_build_object('markdown', repeat('x ', n) || repeat('y ', n), 'confidence_scores', jsonb_build_object('word_confidence_scores', jsonb_build_array(
        jsonb_build_object('text', 'x', 'confidence', 0.25, 'start_index', 2 * n - 2), jsonb_build_object('text', ' y', 'confidence', 0.5, 'start_index', 2 * n - 1))))))) AS f;
-- many values that begin with a word that is everywhere
SELECT count(*), count(page) AS pages, min(confidence), max(confidence) FROM williams_ocr_fields(jsonb_build_object('document_annotation',
    (SELECT jsonb_agg(repeat('again ', i % 40) || i) FROM generate_series(1, 2000) AS i), 'pages', (SELECT jsonb_build_array(jsonb_build_object('markdown', string_agg(word, '' ORDER BY i),
    'confidence_scores', jsonb_build_object('word_confidence_scores', jsonb_agg(jsonb_build_object('text', word, 'confidence', 0.5, 'start_index', start) ORDER BY i))))
    FROM (SELECT i, word, coalesce(sum(length(word)) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS start
          FROM generate_series(1, 40000) AS i, LATERAL (SELECT ' ' || CASE WHEN i % 20 = 0 THEN (i / 20)::text ELSE 'again' END AS word) AS w) AS w)));
-- words in any order; of two that begin together, the first that is there
SELECT f.* FROM williams_ocr_fields(jsonb_build_object('document_annotation', '["aa", "bb", "cc", "dd"]'::jsonb, 'pages', '[{"markdown": "aa bb cc dd", "confidence_scores": {"word_confidence_scores": [
    {"text": "dd", "confidence": 0.4, "start_index": 9}, {"text": "xx", "confidence": 0.9, "start_index": 3}, {"text": "aa", "confidence": 0.1, "start_index": 0}, {"text": "bb", "confidence": 0.2, "start_index": 3},
    {"text": "bb", "confidence": 0.8, "start_index": 3}, {"text": "b cc", "confidence": 0.7, "start_index": 4}, {"text": "cc", "confidence": 0.3, "start_index": 6}]}}]'::jsonb)) AS f;
-- many words of which nothing is printed, all in the value of each field: time stays linear
SET statement_timeout = '20s';
SELECT count(*), count(page) AS pages, min(confidence), max(confidence) FROM williams_ocr_fields(jsonb_build_object('document_annotation',
    (SELECT jsonb_agg('a b'::text) FROM generate_series(1, 100000)), 'pages', (SELECT jsonb_build_array(jsonb_build_object('markdown', 'a ' || repeat('** ', 100000) || 'b',
    'confidence_scores', jsonb_build_object('word_confidence_scores', '[{"text": "a", "confidence": 0.5, "start_index": 0}]' ||
        jsonb_agg(jsonb_build_object('text', '**', 'confidence', 1, 'start_index', 3 * i - 1) ORDER BY i)))) FROM generate_series(1, 100000) AS i)));
RESET statement_timeout;
-- an annotation nested deeper than 1,000 levels has no fields, in a string or not
SELECT depth, closed, (SELECT count(*) FROM williams_ocr_fields(jsonb_build_object('document_annotation', annotation))) AS in_a_string,
       CASE WHEN closed AND depth < 2000 THEN (SELECT count(*) FROM williams_ocr_fields(jsonb_build_object('document_annotation', annotation::jsonb))) END AS as_it_is
FROM unnest('{1,999,1000,1001,100000}'::int[]) AS depth, unnest('{t,f}'::bool[]) AS closed,
    LATERAL (SELECT repeat('[', depth) || '"{[\"[{"' || CASE WHEN closed THEN repeat(']', depth) ELSE '' END AS annotation) AS a
ORDER BY depth, closed DESC;

--
-- As client libraries return them: keys in the other spelling, type_, "" for what is
-- missing; Azure's has a single "value" of varying type
--
INSERT INTO sample VALUES ('spelling documentai', '{"mime_type": "image/png", "text": "B\u00fcro: 7\n", "entities": [
    {"type_": "area", "mention_text": "", "confidence": 0.75, "properties": [], "text_anchor": {"content": "", "text_segments": [{"start_index": "6", "end_index": "7"}]},
        "page_anchor": {"page_refs": [{"page": "1", "layout_id": ""}]}},
    {"type_": "kind", "mention_text": "", "confidence": 0.5, "properties": [], "normalized_value": {"text": "house"}},
    {"type_": "address", "properties": [{"type_": "street", "mention_text": "1 High St", "confidence": 0.25}]},
    {"type_": "portrait", "mention_text": "", "confidence": 0.9, "properties": [], "page_anchor": {"page_refs": [{"page": "0"}]}}],
    "pages": [{"page_number": 1, "form_fields": [{"field_name": {"text_anchor": {"text_segments": [{"start_index": "0", "end_index": "5"}]}}, "value_type": "unfilled_checkbox",
        "field_value": {"text_anchor": {"content": "", "text_segments": []}, "confidence": 0.5}}]}]}'),
    ('spelling azure', '{"api_version": "2022-08-31", "model_id": "permit", "documents": [{"doc_type": "permit", "bounding_regions": [{"page_number": 2}], "fields": {
        "Cost": {"value_type": "currency", "value": {"amount": 5.0}, "content": "$5", "confidence": 0.8},
        "Total": {"value_type": "float", "value": 7.5, "content": null, "confidence": 0.9},
        "Heated": {"value_type": "selectionMark", "value": "selected", "content": ":selected:", "confidence": 0.7},
        "Works": {"value_type": "list", "value": [{"value_type": "dictionary", "value": {"Name": {"value_type": "string", "value": "roof", "content": "Roof", "bounding_regions": [{"page_number": 3}]}}}]},
        "Gone": {"value_type": "list", "value": [], "content": null}}}],
        "key_value_pairs": [{"key": {"content": "Signed:"}, "value": {"content": "W. Odum", "bounding_regions": [{"page_number": 3}]}, "confidence": 0.5}]}'),
    ('spelling mistral', '{"pages": [{"markdown": ""}], "documentAnnotation": "{\"owner_name\": \"I. Odum\"}"}');
SELECT name, r FROM sample, pg_temp.rows_of(document) WITH ORDINALITY AS r (r, n) WHERE name LIKE 'spelling%' ORDER BY name, n;

--
-- Words: Tesseract's TSV is not quoted; neither -1 nor a blank text is a word
--
INSERT INTO sample VALUES ('tsv', E'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n'
    '1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t\n4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t\n'
    '5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.5\t"quoted\n5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t95\t \n5\t1\t1\t1\t1\t3\t0\t0\t9\t9\t-1\tno\r\n'
    '5\t2\t1\t1\t1\t1\t0\t0\t9\t9\t88\t12"\r\n5\t2\t1\t1\t1\t2\t0\t0\t9\t9\t101\tover\n5\t2\t1\t1\t1\t3\t0\t0\t9\t9\t\tnone\n'
    '5\t2\t1\t1\t1\t4\t0\t0\t9\n5\t2\t1\t1\t1\t5\t0\t0\t9\t9\t0\ta\\b'),
    ('tsv, bare', E'5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t50\tword'),
    ('hocr', E'\n<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x" [<!ENTITY w "<span class=''ocrx_word''>no</span>">]>\n'
    '<HTML><head><title>ocrx_word</title><meta name="ocr-system" content="x > y"/><script>if (1<2) "<span class=ocrx_word>no</span>"</script></head><body>'
    '<!-- <span class="ocrx_word">no</span> --><div class="ocr_page" title=''image "a;b.png"; ppageno 2''>'
    '<span class="ocr_line" title="x_wconf 1"><span class="ocrx_word big" title=''bbox 1 2 3 4; x_wconf 96''>Smith &amp; <strong>Son</strong></span> '
    '<span title="bbox 0 0 0 0;x_wconf 41.5;x_font y" class=''ocrx_word''><span class="ocrx_cinfo">A</span><span class="ocrx_cinfo">&#39;&#x20AC;&bogus;&#0;&</span></span> '
    '<span class=ocrx_word title="bbox 1 2 3 4"><em>un</em>sure</span><span class="ocrx_word" title="x_wconf 95"> &nbsp; </span>'
    '<SPAN class="ocrx_word" title="x_wconf -3">below</SPAN><span class="ocrx_word" title="x_wconf 9"/>between</span></div><p title = "a>b" "don''t>'
    '<div class="ocr_page"><span class="ocrx_word" title="x_wconf 100"><![CDATA[1 < 2 &amp;]]>\n !<br></span><span class="ocrx_word" title="x_wconf 7">not closed'),
    ('alto', '<?xml version="1.0"?><!-- <String CONTENT="no"/> --><a:alto xmlns:a="http://x/?a>b"><a:Layout><a:Page><a:TextLine>'
    '<a:String WC="0.96" CONTENT="O&apos;Neill &lt;x>"/><SP/><String CONTENT=''"'' WC = ''0.9''></String><String CONTENT="" WC="1"/></a:TextLine></a:Page>'
    '<Page><String WC="1.5" CONTENT="over"/><String CONTENT="none"/><String WC="0.100" CONTENT="sure"/><HYP CONTENT="-"/></Page></a:Layout></a:alto>');
SELECT name, r FROM sample, pg_temp.rows_of(document) WITH ORDINALITY AS r (r, n) WHERE name ~ '^(tsv|hocr|alto)' ORDER BY name, n;

-- entities: HTML's names of single characters are resolved; unknown names, names of
-- two characters and names that differ in case stay as they are
SELECT value FROM williams_ocr_fields('<alto><String CONTENT="caf&eacute; &mdash; &copy;&CounterClockwiseContourIntegral;&AMP;&Eacute;&nu; &Zscr;"/>'
    '<String CONTENT="&EACUTE; &eacute &bogus; &; &e; &NotEqualTilde; &CounterClockwiseContourIntegralX; &#xe9;&#233;&#x; &#;&#xD800;&#1114112; &amp;eacute;"/></alto>');
-- a confidence is a decimal number
SELECT p AS x_wconf, (SELECT confidence FROM williams_ocr_fields(format('<p class="ocrx_word" title="x_wconf %s">x</p>', p))) AS hocr,
       (SELECT confidence FROM williams_ocr_fields(format('<alto><String CONTENT="x" WC="%s"/></alto>', p))) AS alto
FROM unnest('{0x1,0x32,0X1p-1,inf,nan,infinity,1e0,1.,.5,+1,1e,e,--1,1 1,1_0,""}'::text[]) AS p;
-- hOCR of lines: a line that contains no words is a row, without a confidence
SELECT * FROM pg_temp.rows_of('<div class="ocr_page" title="ppageno 4"><span class="ocr_line" title="x_wconf 90">A <b>line</b> of  &lt;text&gt;</span>'
    '<p class="ocr_par"><span class=''ocrx_line x''>no end'
    '<span class="ocr_line"> <span>within</span> <![CDATA[&amp;]]></span> between <span class="ocr_line"> &nbsp; </span><span class="ocr_line"/>'
    '<span class="ocr_line">lost <span class="ocrx_word" title="x_wconf 50">word</span> lost</span> <span class="ocrx_word">alone</span>'
    '<div class="ocr_page"><div class="ocr_line">last');

--
-- A result without fields is not an error: a failed job, a running one, blank pages,
-- a classifier
--
CREATE TEMP TABLE without (name text, document text);
INSERT INTO without VALUES
    ('textract', '{"JobStatus": "FAILED", "StatusMessage": "no"}'), ('textract', '{"JobStatus": "IN_PROGRESS"}'),
    ('textract', '{"Blocks": []}'), ('textract', '{"Blocks": [{"BlockType": "PAGE", "Id": "p"}, 7, null, {}]}'),
    ('textract', '{"ExpenseDocuments": [{"SummaryFields": null, "LineItemGroups": [{}]}, []]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "AnalyzeIDModelVersion": "1.0"}'), ('textract', '{"DocumentMetadata": {"Pages": 1}, "AnalyzeIDModelVersion": "1.0", "IdentityDocuments": []}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Results": []}'), ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Results": [{"Page": 1, "Extractions": []}]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Summary": {"DocumentGroups": [], "UndetectedDocumentTypes": ["1003"]}}'),
    ('textract', '{"Results": [{"Page": 1, "Extractions": [{"LendingDocument": {"LendingFields": [], "SignatureDetections": []}}]}]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "FAILED", "StatusMessage": "no", "Percent": 5}'), ('textract', '[{"JobStatus": "IN_PROGRESS"}, {"Blocks": []}]'),
    ('documentai', '{"text": "", "mimeType": "image/png", "pages": [{"pageNumber": 1, "image": {"content": ""}}]}'), ('documentai', '{"pages": [{"pageNumber": 1}]}'),
    ('documentai', '{"text": "x", "pages": [{"pageNumber": 1, "layout": {"textAnchor": {}}}]}'), ('documentai', '{"pages": [{"pageNumber": 1, "layout": {"boundingPoly": {}}}]}'),
    ('documentai', '{"documentLayout": {"blocks": [{"blockId": "1", "textBlock": {"text": "Permit", "type": "heading-1"}, "pageSpan": {"pageStart": 1, "pageEnd": 1}}]}, "chunkedDocument": {"chunks": [{"chunkId": "c1", "content": "Permit"}]}}'),
    ('documentai', '{"document": {"mimeType": "image/png", "documentLayout": {"blocks": []}}}'), ('documentai', '{"document_layout": {}, "chunked_document": {}}'), ('documentai', '{"chunked_document": {"chunks": []}}'),
    ('documentai', '{"entities": [{"type": "other", "confidence": 0.5, "id": "0"}], "pages": [{"pageNumber": 1}]}'),
    ('documentai', '{"entities": [{"type": "other", "mentionText": "", "mentionId": "", "confidence": 0.5, "properties": []}]}'),
    ('azure', '{"status": "failed", "createdDateTime": "2024-01-01T00:00:00Z", "error": {"code": "1"}}'),
    ('azure', '{"status": "running", "createdDateTime": "2024-01-01T00:00:00Z", "lastUpdatedDateTime": "2024-01-01T00:00:00Z"}'), ('azure', '{"status": "notStarted", "createdDateTime": "2024-01-01T00:00:00Z"}'),
    ('azure', '{"status": "succeeded", "analyzeResult": {"documents": [], "pages": []}}'), ('azure', '{"apiVersion": "2024-11-30", "modelId": "prebuilt-read", "content": "", "pages": [{"pageNumber": 1}]}'),
    ('azure', '{"apiVersion": "2024-11-30", "modelId": "a-classifier", "documents": [{"docType": "permit", "confidence": 0.9}]}'), ('azure', '{"status": "succeeded", "analyzeResult": {"version": "2.0", "readResults": []}}'),
    ('azure', '{"analyzeResult": {"documents": [{"fields": []}, {"fields": {}}], "documentResults": 7}}'),
    ('azure', '{"id": "1", "status": "Running", "result": {"analyzerId": "x", "apiVersion": "2025-11-01"}}'), ('azure', '{"id": "1", "status": "Canceled", "error": {"code": "x"}, "usage": {}}'), ('azure', '{"analyzerId": "x", "contents": []}'),
    ('mistral', '{"pages": [{"index": 0, "markdown": ""}], "document_annotation": null}'),
    ('mistral', '{"pages": [], "usage_info": {}}'), ('mistral', '{"document_annotation": "{\"cut\": \"of"}'),
    ('mistral', '{"document_annotation": "{\"a\": 1e99999999}"}'), ('mistral', '{"document_annotation": "{\"a\": -1.5E-20000}"}'),
    ('mistral', '{"document_annotation": "{\"a\": \"\\u0000\"}"}'), ('mistral', jsonb_build_object('document_annotation', '[' || repeat('7', 200000) || ']')::text),
    ('mistral', '{"document_annotation": "7"}'), ('mistral', '{"document_annotation": ""}'), ('mistral', '{"document_annotation": "{}"}'),
    ('mistral', '{"pages": [{"index": 0, "markdown": "# Permit"}], "model": "m", "usage_info": {}}'), ('mistral', '{"document_annotation": []}'),
    ('hocr', '<html><body><div class="ocr_page"></div></body></html>'), ('hocr', '<div class="ocr_par"><p class="ocr_line">'), ('hocr', '<div class="ocr_page"></div><p title="'),
    ('alto', '<alto/>'), ('alto', '<alto><String'), ('alto', '<alto><!-- '),
    ('tesseract_tsv', E'level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext');
SELECT count(*) AS documents, count(*) FILTER (WHERE williams_ocr_engine(document) IS DISTINCT FROM name) AS wrong_engine,
       count(*) FILTER (WHERE EXISTS (SELECT FROM williams_ocr_fields(document))) AS with_rows,
       count(*) FILTER (WHERE EXISTS (SELECT FROM williams_ocr_fields(document, name))) AS with_rows_by_name
FROM without;
SELECT DISTINCT o.* FROM without, williams_ocr_document(CASE WHEN document LIKE '{%' THEN document::jsonb END) AS o WHERE o IS NOT NULL ORDER BY engine;
-- an empty result scores 0 and goes to review
CREATE TEMP TABLE inbox (document jsonb, fields jsonb, engine_confidence jsonb, confidence float8, review boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON inbox FOR EACH ROW
    EXECUTE FUNCTION williams_score_ocr('fields=fields', 'engine_confidence=engine_confidence', 'confidence=confidence', 'review=review');
INSERT INTO inbox SELECT document::jsonb, o.fields, o.confidence FROM without, williams_ocr_document(document::jsonb) AS o WHERE document LIKE '{%';
SELECT count(*) > 30 AS documents, max(confidence) AS confidence, bool_and(review) AS review FROM inbox;

--
-- An engine's marks, but none of the parts that are read: an error, unless the
-- engine is named; then a result without fields
--
CREATE TEMP TABLE part (engine text, document text);
INSERT INTO part VALUES
    ('textract', '{"JobStatus": "SUCCEEDED"}'), ('textract', '{"JobStatus": "PARTIAL_SUCCESS", "Warnings": []}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Outcomes": [{"Text": "x"}]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "AnalyzeDocumentModelVersion": "1.0", "Sheets": []}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "AnalyzeIDModelVersion": "1.0", "IdentityDocuments": [{"Fields": []}]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Results": [{"Page": 1, "Extractions": [{"TaxDocument": {}}]}]}'),
    ('textract', '{"DocumentMetadata": {"Pages": 1}, "JobStatus": "SUCCEEDED", "Results": [{"Page": 1, "Findings": []}]}'),
    ('textract', '[{"Blocks": []}, {"JobStatus": "SUCCEEDED"}]'),
    ('documentai', '{"text": "x", "shardInfo": {"shardCount": "1"}}'), ('documentai', '{"document": {"text": "x"}, "humanReviewStatus": {"state": "SKIPPED"}}'),
    ('azure', '{"status": "succeeded", "createdDateTime": "2024-01-01T00:00:00Z"}'), ('azure', '{"status": "succeeded", "analyzeResult": {}}'),
    ('azure', '{"status": "succeeded", "analyzeResult": {"apiVersion": "2030-01-01", "contents": []}}'), ('azure', '{"id": "1", "status": "Succeeded", "result": {"analyzerId": "x", "apiVersion": "2030-01-01", "findings": []}}'),
    ('azure', '{"classifier_id": "x", "api_version": "2030-01-01", "contents": {}}');
SELECT count(*) AS documents, count(*) FILTER (WHERE williams_ocr_engine(document) IS DISTINCT FROM engine) AS wrong_engine,
       count(*) FILTER (WHERE pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text)', document)) NOT LIKE format(
           '22023: result of OCR engine "%s" has no readable part (%%) (If the result has no fields, specify the engine: engine => ''%1$s''.)', engine)) AS wrong_error,
       count(*) FILTER (WHERE pg_temp.error_of(format('SELECT williams_ocr_document(%L)', document)) NOT LIKE '22023: result of OCR engine % has no readable part%') AS wrong_error_of_jsonb,
       count(*) FILTER (WHERE EXISTS (SELECT FROM williams_ocr_fields(document, engine))) AS with_rows_by_name,
       count(*) FILTER (WHERE (williams_ocr_document(document::jsonb, engine)).fields <> '{}') AS with_fields_by_name
FROM part;
SELECT williams_ocr_document('{"JobStatus": "SUCCEEDED", "StatusMessage": "unheard of"}');
TRUNCATE inbox;
INSERT INTO inbox SELECT document::jsonb, o.fields, o.confidence FROM part, williams_ocr_document(document::jsonb, engine) AS o;
SELECT count(*) AS documents, max(confidence) AS confidence, bool_and(review) AS review FROM inbox;

--
-- No engine: other JSON, XML and HTML that uses the same names
--
SELECT document, williams_ocr_engine(document) AS engine FROM unnest(ARRAY[
    '{"entities": [{"type": "PERSON", "text": "x"}]}', '{"entities": [{"type": "PERSON", "confidence": 0.9}], "text": "x"}', '{"entities": [{"type": "invoice", "properties": [{"name": "x"}]}]}',
    '{"entities": [{"name": "Bree", "type": "LOCATION", "salience": 0.5, "mentions": [{"text": {"content": "Bree"}, "type": "PROPER"}]}], "language": "en"}',
    '{"status": "completed", "createdDateTime": "2024", "orderId": 5}', '{"status": "succeeded", "createdDateTime": "2024-01-01T00:00:00Z", "tasks": {}}', '{"status": "succeeded", "createdDateTime": 5}',
    '{"analyzeResult": {"score": 5}}', '{"analyzeResult": {"documents": 5}}', '{"apiVersion": "v1", "modelId": "gpt"}', '{"apiVersion": "v1", "modelId": "gpt", "documents": [{"text": "x"}]}', '{"apiVersion": "v1", "modelId": "m", "pages": []}',
    '{"JobStatus": "FAILED", "JobId": 7}', '{"JobStatus": "SUCCEEDED", "VideoMetadata": {}, "Labels": []}', '{"JobStatus": "DONE"}', '{"Results": []}', '{"Results": [{"Page": 1, "Extractions": [{"Mine": "Ashcombe"}]}]}', '{"Results": [{"Page": 1}]}',
    '{"Blocks": [{"Name": "A"}]}', '{"Blocks": [], "Estate": "Ashcombe"}', '{"IdentityDocuments": [{"Type": "passport", "Number": "X1"}]}', '{"IdentityDocuments": [], "Name": "Odum"}', '{"ExpenseDocuments": [{"Amount": 5}]}',
    '{"DocumentMetadata": {"Pages": 3}, "Title": "x"}', '[{"Blocks": [{"BlockType": "PAGE"}]}, {"Blocks": [{"Name": "A"}]}]',
    '{"pages": [{"pageNumber": 1, "text": "x"}]}', '{"pages": [{"pageNumber": 1, "layout": "portrait"}]}', '{"pages": [{"pageNumber": 1, "lines": ["x"]}], "text": "x"}', '{"pages": [{"pageNumber": 1}], "total": 9}', '{"page": 1, "pages": [{"number": 1}]}',
    '{"mimeType": "text/plain", "text": "x", "uri": "file:///x"}', '{"mimeType": "image/png", "error": {"code": 3}}', '{"documentLayout": {"columns": 2}}', '{"documentLayout": "wide", "chunkedDocument": {}}', '{"shardInfo": {"shardCount": 3}}',
    '{"document": {"title": "x", "text": "y"}}', '{"document": {"entities": []}}',
    '{"pages": [{"title": "Home", "markdown": "# hi"}]}', '{"pages": [{"index": 0, "markdown": "# hi"}], "site": "x"}', '{"pages": [], "model": "m"}', '{"documentAnnotation": {"author": "x"}, "file": "y.pdf"}',
    '<caja><alto>5</alto><ancho>7</ancho></caja>', '<p class="ocr_button ocrx">x</p>', '<html><body class="ocr"><p>ocr_page</p></body></html>']) AS document
WHERE williams_ocr_engine(document) IS NOT NULL OR CASE WHEN document ~ '^[[{]' THEN williams_ocr_engine(document::jsonb) IS NOT NULL END;

--
-- Naming or detecting the engine, passing text or jsonb: the result is the same
--
SELECT name, williams_ocr_engine(document) AS engine,
       CASE WHEN document LIKE '{%' THEN williams_ocr_engine(document::jsonb) END AS of_jsonb,
       (SELECT count(*) FROM williams_ocr_fields(document)) AS rows,
       (SELECT array_agg(r) FROM pg_temp.rows_of(document) AS r)
       = (SELECT array_agg(r) FROM pg_temp.rows_of(document, williams_ocr_engine(document)) AS r) AS by_name
FROM sample ORDER BY name;
SELECT document, williams_ocr_engine(document) AS engine
FROM unnest(ARRAY['', ' ', '{}', '[]', '[{}]', '7', 'null', '"x"', '{"a": ', '[1,', 'plain text', '<html><p class="x">ocr_page</p></html>', '<', '<a', E'a\tb',
                  '{"Blocks": [{"BlockType": "PAGE"}], "n": 1e99999999}', '{"Blocks": [{"BlockType": "PAGE"}], "n\"1e99999999": "\\1e99999999"}', '{"Blocks": [{"BlockType": "PAGE"}], "n": [1E+1, 1.5e7999, -0.25]}', '{"Blocks": 7}', '{"pages": []}', '{"entities": []}', '{"text": "x"}', '{"status": "succeeded"}', '[{"Blocks": []}, 1]']) AS document;
-- a document with the marks of several engines; those of Document AI and hOCR are weak
SELECT document, williams_ocr_engine(document) AS engine
FROM unnest(ARRAY['{"Blocks": [{"BlockType": "PAGE"}], "analyzeResult": {"version": "2.1.0"}, "document_annotation": "{}", "pages": [{"markdown": ""}], "entities": [{"type": "a", "mentionText": "x"}]}',
                  '{"analyzeResult": {"version": "2.1.0"}, "document_annotation": "{}", "pages": [{"markdown": ""}], "entities": [{"type": "a", "mentionText": "x"}]}',
                  '{"document_annotation": "{}", "pages": [{"markdown": ""}], "entities": [{"type": "a", "mentionText": "x"}]}',
                  '<alto class="ocr_page"/>', '<p class="ocr_line"><alto/></p>', '<p><alto class="ocr_par"/></p>']) AS document;
-- an untyped literal is text
SELECT williams_ocr_engine('<alto/>'), count(*) FROM williams_ocr_fields(E'5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t50\tx');
-- a byte order mark
SELECT williams_ocr_engine(E'\uFEFF<alto/>'), williams_ocr_engine(E'\uFEFF{"Blocks": []}');
-- STRICT
SELECT williams_ocr_engine(NULL::text) IS NULL AND williams_ocr_engine(NULL::jsonb) IS NULL AS engine,
       (SELECT count(*) FROM williams_ocr_fields(NULL::jsonb)) + (SELECT count(*) FROM williams_ocr_fields('{"Blocks": []}', NULL)) AS fields,
       williams_ocr_document(NULL) IS NULL AND williams_ocr_document('{"Blocks": []}', NULL) IS NULL AS document;

--
-- Errors, without the lists of all engines, which score_samples shows
--
CREATE FUNCTION pg_temp.brief(error text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(error, '\(Looked for (.*?); .*\.\) \(Pass', '(Looked for \1; ...) (Pass'), '\(The engines are .*;', '(The engines are ...;')
$$;
SELECT name, pg_temp.brief(pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text, %L)', document, engine))) AS error
FROM (VALUES ('empty', '', 'auto'), ('words', 'plain text', 'auto'), ('another shape', '{"a": 1}', 'auto'), ('a number', '7', 'auto'),
             ('not JSON', '{"a": ', 'auto'), ('not JSON', 'plain text', 'azure'), ('number too large', '{"Blocks": [1e99999999]}', 'auto'), ('another engine', '{"Blocks": []}', 'azure'),
             ('another engine', '<alto/>', 'hocr'), ('another shape', '{"a": 1}', 'tesseract_tsv'), ('another shape', '<a>', 'alto'),
             ('unknown', '<alto/>', 'Alto'), ('unknown', '<alto/>', ''), ('unknown', '<alto/>', 'tesseract')) AS v (name, document, engine);
SELECT name, pg_temp.brief(pg_temp.error_of(format('SELECT williams_ocr_document(%L, %L)', document, engine))) AS error
FROM (VALUES ('empty', '{}', 'auto'), ('a scalar', '"Blocks"', 'auto'), ('another engine', '{"Blocks": []}', 'documentai'),
             ('text', '{"Blocks": []}', 'hocr'), ('text', '{}', 'alto'), ('unknown', '{}', 'x')) AS v (name, document, engine);
-- with detail
SELECT count(*) FROM williams_ocr_fields('x', 'hocr');
SELECT count(*) FROM williams_ocr_fields('{}', 'documentai');

--
-- Invalid confidences: out of range, or not a number
--
SELECT c AS confidence, (SELECT confidence FROM williams_ocr_fields(jsonb_build_object('IdentityDocuments', jsonb_build_array(jsonb_build_object('IdentityDocumentFields',
           jsonb_build_array(jsonb_build_object('Type', '{"Text": "N"}'::jsonb, 'ValueDetection', jsonb_build_object('Text', 'x', 'Confidence', c::jsonb)))))))) AS textract,
       (SELECT confidence FROM williams_ocr_fields(jsonb_build_object('entities', jsonb_build_array(jsonb_build_object('type', 'n', 'mentionText', 'x', 'confidence', c::jsonb))))) AS documentai
FROM unnest(ARRAY['0', '1', '100', '100.1', '-0.1', '7', '1e300', '1e5000', '"0.9"', 'null', 'true', '[]', '[1]']) AS c;

--
-- Repeated names, and names that look like repeated ones
--
SELECT fields FROM williams_ocr_document('{"entities": [
    {"type": "a", "mentionText": "1"}, {"type": "a.2", "mentionText": "2"}, {"type": "a", "mentionText": "3"}, {"type": "a", "mentionText": "4"},
    {"type": "a.2", "mentionText": "5"}, {"type": "", "mentionText": "6"}, {"type": "", "mentionText": "7"}, {"mentionText": "8"}]}');
-- a name that occurs twice in an item, or also outside the items, leaves the next
-- item its number
SELECT fields FROM williams_ocr_document('{"entities": [{"type": "item", "properties": [
    {"type": "code", "mentionText": "1a"}, {"type": "code", "mentionText": "1b"}, {"type": "code", "mentionText": "1c"}]},
    {"type": "item", "properties": [{"type": "code", "mentionText": "2a"}, {"type": "code", "mentionText": "2b"}]}, {"type": "item", "properties": [{"type": "code", "mentionText": "3"}]}]}');
SELECT fields FROM williams_ocr_document((SELECT jsonb_build_object('ExpenseDocuments', jsonb_agg(jsonb_build_object(
    'SummaryFields', jsonb_build_array(jsonb_build_object('Type', '{"Text": "TAX"}'::jsonb, 'ValueDetection', jsonb_build_object('Text', 'all of ' || i))),
    'LineItemGroups', jsonb_build_array(jsonb_build_object('LineItems', (SELECT jsonb_agg(jsonb_build_object('LineItemExpenseFields',
        jsonb_build_array(jsonb_build_object('Type', '{"Text": "TAX"}'::jsonb, 'ValueDetection', jsonb_build_object('Text', 'of ' || j))))) FROM generate_series(2 * i - 1, 2 * i) AS j)))))) FROM generate_series(1, 2) AS i));
-- if there are several documents, the second's names end in .2, whatever the first
-- contains: MARY's fields are not mixed with JONES's
INSERT INTO sample VALUES
    ('two textract expenses', '{"DocumentMetadata": {"Pages": 2}, "ExpenseDocuments": [
        {"SummaryFields": [{"Type": {"Text": "TOTAL"}, "ValueDetection": {"Text": "1.00"}, "PageNumber": 1}, {"Type": {"Text": "PHONE"}, "ValueDetection": {"Text": "555-0100"}, "PageNumber": 1},
                           {"Type": {"Text": "PHONE"}, "ValueDetection": {"Text": "555-0101"}, "PageNumber": 1}],
         "LineItemGroups": [{"LineItems": [{"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "nails"}}]},
                                           {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "glue"}}]}]}]},
        {"SummaryFields": [{"Type": {"Text": "TOTAL"}, "ValueDetection": {"Text": "2.00"}, "PageNumber": 2}],
         "LineItemGroups": [{"LineItems": [{"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "tar"}}]},
                                           {"LineItemExpenseFields": [{"Type": {"Text": "PRICE"}, "ValueDetection": {"Text": "3.00"}}]},
                                           {"LineItemExpenseFields": [{"Type": {"Text": "ITEM"}, "ValueDetection": {"Text": "lath"}}]}]}]}]}'),
    ('two textract identities', '[{"IdentityDocuments": [{"IdentityDocumentFields": [{"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "SMITH"}}, {"Type": {"Text": "FIRST_NAME"}, "ValueDetection": {"Text": "MARY"}}]}, 7]},
        {"Blocks": [{"BlockType": "QUERY", "Id": "q", "Query": {"Text": "Why?"}}], "IdentityDocuments": [{"IdentityDocumentFields": [{"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "JONES"}}]}]}]'),
    ('two azure v4', '{"status": "succeeded", "analyzeResult": {"apiVersion": "2024-11-30", "modelId": "prebuilt-idDocument", "documents": [
        {"docType": "idDocument", "fields": {"LastName": {"content": "SMITH"}, "FirstName": {"content": "MARY"}, "Names.2": {"content": "M."}}},
        {"docType": "idDocument", "boundingRegions": [{"pageNumber": 2}], "fields": {"LastName": {"content": "JONES"}, "Names": {"valueArray": [{"content": "J."}, {"content": "K."}]}}},
        {"docType": "idDocument", "fields": {"FirstName": {"content": "ANN"}}}],
        "keyValuePairs": [{"key": {"content": "LastName"}, "value": {"content": "of a pair"}}, {"key": {"content": "Fax"}}, {"key": {"content": "Fax"}}]}}'),
    ('two azure v2', '{"analyzeResult": {"version": "2.1.0", "documentResults": [{"fields": {"Total": {"text": "1"}}}, {"fields": {"Total": {"text": "2"}, "Tax": {"text": "0"}}}]}}');
SELECT name, r FROM sample, pg_temp.rows_of(document) WITH ORDINALITY AS r (r, n) WHERE name LIKE 'two %' ORDER BY name, n;
SELECT name, jsonb_pretty((williams_ocr_document(document::jsonb)).fields) AS fields FROM sample WHERE name LIKE 'two %' ORDER BY name;
SELECT count(*) AS names, max(length(key)) AS longest FROM williams_ocr_document((
    SELECT jsonb_build_object('entities', jsonb_agg(jsonb_build_object('type', 'n', 'mentionText', i::text))) FROM generate_series(1, 20000) AS i)) AS o, jsonb_each(o.fields);

--
-- Large and deep: time is linear in the size; exceeding the stack's depth is an error
--
SELECT count(*), count(value), sum(confidence) FROM williams_ocr_fields((
    SELECT jsonb_build_object('Blocks', jsonb_agg(block)) FROM (
        SELECT jsonb_build_object('BlockType', 'KEY_VALUE_SET', 'Id', 'k' || i, 'EntityTypes', '["KEY"]'::jsonb, 'Relationships', jsonb_build_array(
            jsonb_build_object('Type', 'VALUE', 'Ids', jsonb_build_array('v' || i)), jsonb_build_object('Type', 'CHILD', 'Ids', jsonb_build_array('w' || i)))) AS block
        FROM generate_series(1, 20000) AS i UNION ALL
        SELECT jsonb_build_object('BlockType', 'KEY_VALUE_SET', 'Id', 'v' || i, 'Confidence', 50, 'Relationships',
            jsonb_build_array(jsonb_build_object('Type', 'CHILD', 'Ids', jsonb_build_array('w' || i)))) FROM generate_series(1, 20000) AS i UNION ALL
        SELECT jsonb_build_object('BlockType', 'WORD', 'Id', 'w' || i, 'Text', i::text) FROM generate_series(1, 20000) AS i) AS b));
SELECT count(*), sum(confidence), max(page) FROM williams_ocr_fields((
    SELECT '<div class="ocr_page">' || string_agg('<span class="ocrx_word" title="x_wconf 50">w' || repeat('<b>', 50) || '</span>', ' ') FROM generate_series(1, 20000)));
SELECT count(*), sum(confidence) FROM williams_ocr_fields((
    SELECT string_agg(E'5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t50\tword', E'\n') FROM generate_series(1, 100000)));
SELECT field, length(value), confidence FROM williams_ocr_fields((SELECT jsonb_build_object('text', repeat('x', 5000000), 'entities', '[{"type": "a", "mentionText": "y"}]'::jsonb || jsonb_build_object(
    'type', 'b', 'confidence', 0.5, 'textAnchor', jsonb_build_object('textSegments', jsonb_agg('{"endIndex": "5000000"}'::jsonb)))) FROM generate_series(1, 300)));
SELECT max(length(field)), max(value) FROM williams_ocr_fields(('{"document_annotation": ' || repeat('{"a":', 500) || '"x"' || repeat('}', 501))::jsonb);
-- a long name of many leaves: an error before the object exceeds what jsonb can hold
CREATE TEMP TABLE amplified AS SELECT jsonb_build_object('document_annotation', jsonb_build_object(repeat('k', 1000000), jsonb_agg(i))) AS document FROM generate_series(1, 300) AS i;
SELECT pg_temp.error_of('SELECT williams_ocr_document(document) FROM amplified');
SELECT left(pg_temp.error_of(format('SELECT williams_ocr_fields(%L::text)', '{"document_annotation": ' || repeat('[', 100000))), 6) AS deep;
SELECT length(value) FROM williams_ocr_fields('<alto>' || repeat('<', 100000) || repeat('<!--', 100000) || '--><String CONTENT="' || repeat('&', 100000) || '"/>');

--
-- Scoring a result
--
SELECT name, williams_field_count(fields) AS fields,
       round(williams_adjusted_confidence(williams_field_count(fields), mean)::numeric, 4) AS adjusted
FROM (SELECT name, document::jsonb AS document FROM sample WHERE document LIKE '{%') AS s, williams_ocr_document(document) AS o,
     LATERAL (SELECT avg(value::float8) AS mean FROM jsonb_each_text(o.confidence)) AS m
ORDER BY name;

CREATE TABLE scan (id int, document jsonb,
    engine text GENERATED ALWAYS AS (williams_ocr_engine(document)) STORED,
    fields jsonb GENERATED ALWAYS AS ((williams_ocr_document(document)).fields) STORED,
    confidence jsonb GENERATED ALWAYS AS ((williams_ocr_document(document)).confidence) STORED);
CREATE INDEX scan_engine ON scan (williams_ocr_engine(document));
CREATE INDEX scan_fields ON scan USING gin (((williams_ocr_document(document)).fields) jsonb_path_ops);
INSERT INTO scan (id, document) SELECT row_number() OVER (ORDER BY name), document::jsonb FROM sample WHERE document LIKE '{%';
INSERT INTO scan (id) VALUES (0);
SET enable_seqscan = off;
SELECT id, engine, (SELECT count(*) FROM jsonb_object_keys(fields)) AS names, fields ? 'Total' AS total FROM scan
WHERE (williams_ocr_document(document)).fields @> '{"Total": "1,250"}' OR williams_ocr_engine(document) = 'mistral' ORDER BY id;
RESET enable_seqscan;
\set VERBOSITY sqlstate
INSERT INTO scan (document) VALUES ('{"another": "shape"}');
DROP TABLE scan;
