--
-- Score: results of OCR engines in XML. Half-broken files; entities, which must cost
-- nothing. Samples with their lists are in test/ocr, for score_samples.sql.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql
-- value and confidence only, in one line
CREATE FUNCTION pg_temp.words_of(document text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(value || coalesce(' ' || confidence, ''), ' | ') FROM williams_ocr_fields(document)
$$;

--
-- Which root elements are recognised
--
SELECT document, williams_ocr_engine(document) AS engine
FROM unnest(ARRAY['<PcGts/>', '<x:PCGTS xmlns:x="y">', '<?xml version="1.0"?><!-- <alto/> --><PcGts>', '<a><PcGts/></a>', '<PcGtsx/>', '<PcGts', '<Page><TextRegion/></Page>',
                  '<document xmlns="http://www.abbyy.com/FineReader_xml/FineReader8-schema-v2.xml"/>', '<f:document xmlns:f="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml">',
                  '<document producer="ABBYY FineReader Engine 12">', '<document/>', '<document>FineReader</document>', '<document producer="finereader">', '<documents xmlns="FineReader">', '<a/><document xmlns="FineReader"/>',
                  '<PcGts class="ocr_page"/>', '<document class="ocr_page" xmlns="FineReader">', '<document class="ocr_page">']) AS document;
SELECT document, engine, pg_temp.error_of(format('SELECT williams_ocr_fields(%L, %L)', document, engine)) AS error
FROM (VALUES ('<PcGts/>', 'abbyy_xml'), ('<document/>', 'abbyy_xml'), ('<alto/>', 'page_xml')) AS v (document, engine);

--
-- PAGE-XML: confidences and indexes; half-broken files keep what can be read
--
SELECT c AS conf, (SELECT confidence FROM williams_ocr_fields(format('<PcGts><Word><TextEquiv conf="%s"><Unicode>x</Unicode></TextEquiv></Word></PcGts>', c)))
FROM unnest('{0,1,0.5,1.01,-0.1,95,nan,inf,0x1,1e-1,"","1 1"}'::text[]) AS c;
-- the lowest index, or else the first; what is no number is no index
SELECT e AS texts, pg_temp.words_of(regexp_replace('<PcGts><Word>' || e || '</Word></PcGts>', '([a-z])([0-9-])', '<TextEquiv index="\2"><Unicode>\1</Unicode></TextEquiv>', 'g')) AS words
FROM unnest('{a0b1,a1b0,a2b1,a0b0,a-b0,a-b1,a-b-}'::text[]) AS e;
SELECT what, pg_temp.words_of('<PcGts><Page>' || document) AS words
FROM (VALUES ('cut in a word', '<TextRegion><TextLine><Word><TextEquiv conf="0.5"><Unicode>one</Unicode></TextEquiv></Word><Word><TextEquiv conf="0.25"><Unicode>tw'),
             ('cut in a tag', '<TextLine><Word><TextEquiv conf="0.5"><Unicode>one</Unicode></TextEquiv></Word><Word><TextEquiv conf="0.2'),
             ('cut in a region', '<TextRegion><TextEquiv><Unicode>region'),
             ('nothing closed', '<TextRegion><TextLine><Word><TextEquiv conf="0.5"><Unicode>one<Word><TextEquiv><Unicode>two<TextLine><Word><TextEquiv><Unicode>three<TextLine><TextEquiv><Unicode>line<TextRegion><TextEquiv><Unicode>region<Page><TextRegion><TextEquiv><Unicode>page 2'),
             ('closed too often', '</Word></TextLine></TextRegion></TextRegion></Page></Unicode></TextEquiv></Glyph><TextRegion></TextRegion></TextRegion><TextLine><TextEquiv><Unicode>line</Unicode></TextEquiv></TextLine></TextRegion>'),
             ('closed in the wrong order', '<TextRegion><TextLine><Word><TextEquiv><Unicode>one</Word></Unicode></TextLine></TextEquiv> no <TextEquiv><Unicode>line?</Unicode></TextRegion>'),
             ('of nothing', '<TextEquiv><Unicode>no</Unicode></TextEquiv><Unicode>no</Unicode>no<TextLine><Unicode>no</Unicode><PlainText>no</PlainText><TextEquiv>no<PlainText>no</PlainText></TextEquiv></TextLine>'),
             ('text before the words', '<TextLine><TextEquiv><Unicode>line</Unicode></TextEquiv><Word><TextEquiv><Unicode>word</Unicode></TextEquiv></Word></TextLine><TextLine><TextEquiv><Unicode>line</Unicode></TextEquiv><Word/></TextLine>'),
             ('regions in regions', '<TextRegion><TextRegion><TextRegion><TextEquiv><Unicode>inner</Unicode></TextEquiv></TextRegion><TextEquiv><Unicode>no</Unicode></TextEquiv></TextRegion><TextRegion><TextEquiv><Unicode>second</Unicode></TextEquiv></TextRegion><TextEquiv><Unicode>no</Unicode></TextEquiv></TextRegion><TextRegion><TextRegion/><TextEquiv><Unicode>outer</Unicode></TextEquiv></TextRegion>'),
             ('a glyph alone', '<Word><Glyph><TextEquiv><Unicode>no</Unicode></TextEquiv></Glyph></Word><Word><Glyph/><TextEquiv><Unicode>word</Unicode></TextEquiv></Word><Word><Glyph><TextEquiv><Unicode>no</Word><Word><TextEquiv><Unicode>next</Unicode>'),
             ('unescaped', '<Word><TextEquiv><Unicode>a & b < c &bogus; &amp;amp; &eacute;</Unicode></TextEquiv></Word>'),
             ('empty elements', '<TextRegion/><TextLine/><Word/><Word><TextEquiv/></Word><Word><TextEquiv><Unicode/>no</TextEquiv></Word><Word><TextEquiv><Unicode>word</Unicode></TextEquiv></Word>')) AS v (what, document);
SELECT page, value FROM williams_ocr_fields('<PcGts><Page/><Page><Word><TextEquiv><Unicode>a</Unicode></TextEquiv></Word></Page><Page/><Page><TextLine><TextEquiv><Unicode>b</Unicode></TextEquiv></TextLine></Page></PcGts>');

--
-- ABBYY: the confidence of a word is the least of its characters'
--
CREATE FUNCTION pg_temp.abbyy(line text) RETURNS text LANGUAGE sql AS $$
    SELECT '<document xmlns="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml"><page><line><formatting>' || line
$$;
SELECT c AS confidence, (SELECT confidence FROM williams_ocr_fields(pg_temp.abbyy(format('<charParams charConfidence="90">a</charParams><charParams charConfidence="%s">b</charParams><charParams charConfidence="95">c</charParams>', c))))
FROM unnest('{0,12,90.5,100,100.1,255,-1,nan,0x1,""}'::text[]) AS c;
SELECT what, pg_temp.words_of(pg_temp.abbyy(document)) AS words
FROM (VALUES ('cut in a character', '<charParams charConfidence="50">a</charParams><charParams charConfidence="40">b'),
             ('cut in a tag', '<charParams charConfidence="50">a</charParams><charParams charConfidence="40'),
             ('nothing closed', '<charParams charConfidence="50">a<charParams charConfidence="40">b<line><charParams>c<page><charParams>d'),
             ('closed too often', '</charParams></charRecVariants></wordRecVariants></line><line><charParams charConfidence="50">a</charParams></charParams></line></line>'),
             ('variants not closed', '<charParams charConfidence="50"><charRecVariants><charRecVariant>no</charRecVariant>a</charParams><charParams>no</charParams></line><line><charParams charConfidence="40">b</charParams>'),
             ('variants in variants', '<wordRecVariants><wordRecVariant><variantText><charParams><charRecVariants><charRecVariant>no</charRecVariant></charRecVariants>no</charParams></variantText></wordRecVariant></wordRecVariants><charParams charConfidence="50">a</charParams>'),
             ('empty variants', '<wordRecVariants/><charParams charConfidence="50"><charRecVariants/>a</charParams>'),
             ('no line', '</line>no<formatting>no<charParams charConfidence="50">a</charParams>'),
             ('text and characters', 'no<charParams charConfidence="50">a</charParams>no</line><line>a line'),
             ('white space', E'<charParams>a</charParams>\n<charParams>\n b\n</charParams><charParams>&#160;</charParams><charParams>c</charParams><charParams>&#x3000;</charParams><charParams>d</charParams><charParams isTab="true">-</charParams><charParams isTab="0">e</charParams>'),
             ('first', '<charParams wordFirst="1">a</charParams><charParams wordFirst="true">b</charParams><charParams wordFirst="0">c</charParams><charParams wordStart="true">d</charParams><charParams wordFirst="no">e</charParams>'),
             ('unescaped', '<charParams>&</charParams><charParams><</charParams><charParams>&lt;</charParams><charParams>&bogus;</charParams>')) AS v (what, document);

--
-- Entities: none but single characters is resolved, no external reference is
-- followed, and what a DOCTYPE declares is not read
--
CREATE TEMP TABLE wrapping (engine text, document text);
INSERT INTO wrapping VALUES
    ('hocr', '%s<html><body><p class="ocrx_word" title="x_wconf 50">%s</p></body></html>'),
    ('alto', '%s<alto><String CONTENT="%s" WC="0.5"/></alto>'),
    ('page_xml', '%s<PcGts><TextLine><TextEquiv conf="0.5"><Unicode>%s</Unicode></TextEquiv></TextLine></PcGts>'),
    ('abbyy_xml', '%s<document xmlns="FineReader"><line><charParams charConfidence="50">%s</charParams></line></document>');
SELECT engine, what, williams_ocr_engine(d) = engine AS recognised, pg_temp.words_of(d) AS words
FROM wrapping, (VALUES
    (1, 'internal', '<!DOCTYPE x [<!ENTITY e "expanded">]>', '&e;'),
    (2, 'external', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', '&e;'),
    (3, 'parameter', '<!DOCTYPE x SYSTEM "http://localhost:1/x.dtd" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', '%p;'),
    (4, 'quoted end', '<!DOCTYPE x [<!ENTITY e "]><alto/><PcGts/><p class=''ocr_page''/>"><!ENTITY f ''"]>''>]>', '&e;'),
    (5, 'comment in it', '<!DOCTYPE x [<!-- don''t ]> " --><!ENTITY e "y">]>', '&e;'),
    (6, 'redefined', '<!DOCTYPE x [<!ENTITY amp "no"><!ENTITY lt "no">]>', '&lt;&amp;&gt;&apos;&quot;&#65;&#x42;'),
    (7, 'stylesheet, include', '<?xml-stylesheet href="file:///etc/passwd"?>', '<xi:include xmlns:xi=''http://www.w3.org/2001/XInclude'' href=''file:///etc/passwd'' parse=''text''/>x')) AS v (no, what, doctype, content),
    format(document, doctype, content) AS d
ORDER BY no, engine;
-- a billion laughs: nine entities, each of ten of the one before it; and one of 100 kB, 10,000 times
SELECT engine, what, count(*) AS rows, sum(length(value)) AS characters, min(left(value, 12)) AS begin
FROM wrapping, (VALUES
    ('laughs', (SELECT '<!DOCTYPE x [<!ENTITY l0 "ha">' || string_agg(format('<!ENTITY l%s "%s">', i, repeat('&l' || i - 1 || ';', 10)), '' ORDER BY i) || ']>' FROM generate_series(1, 9) AS i), '&l9;'),
    ('blowup', '<!DOCTYPE x [<!ENTITY a "' || repeat('a', 100000) || '">]>', repeat('&a;', 10000))) AS v (what, doctype, content),
    williams_ocr_fields(format(document, doctype, content))
GROUP BY engine, what ORDER BY what, engine;

--
-- Large and deep: time is linear, and depth costs nothing
--
SELECT count(*), sum(confidence) FROM williams_ocr_fields('<PcGts>' || repeat('<TextRegion><TextLine><Word><TextEquiv conf="0.5"><Unicode>word</Unicode></TextEquiv></Word></TextLine></TextRegion>', 50000));
SELECT count(*), sum(confidence) FROM williams_ocr_fields(pg_temp.abbyy(repeat('<charParams charConfidence="50">a</charParams><charParams> </charParams>', 50000)));
SELECT count(*), min(value) FROM williams_ocr_fields('<PcGts>' || repeat('<TextRegion>', 300000) || '<TextEquiv><Unicode>deep</Unicode></TextEquiv>' || repeat('</TextRegion>', 100000) || repeat('<TextEquiv><Unicode>no</Unicode></TextEquiv></TextRegion>', 50000));
SELECT count(*), max(length(value)) FROM williams_ocr_fields(pg_temp.abbyy(repeat('<charRecVariants>', 200000) || '</line><line>' || repeat('<charParams>a', 200000)));
SELECT count(*) FROM williams_ocr_fields('<PcGts><!DOCTYPE x [' || repeat('"', 99999) || repeat('<!--', 100000));
SELECT count(*) FROM williams_ocr_fields('<PcGts>' || repeat('<!DOCTYPE [''', 100001));
