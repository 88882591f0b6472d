# Databases in other encodings than UTF-8: characters are those of the encoding, only
# ASCII has white space, and every script is latin. In SQL_ASCII a byte is a character.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# For each encoding: one character, two characters, and one between wide blanks, as
# bytes. Then the scores of each, 0.10 less if it is short and 0.02 less in Chinese
# characters, and the scores with a check for two characters, which halves them.
my %cases = (
	EUC_JP => [ '\xbbb3', '\xbbb3c5c4', '\xa1a1bbb3a1a1', 'latin 0.75 0.375, latin 0.85 0.85, latin 0.85 0.425' ],
	EUC_KR => [ '\xb0a1', '\xb0a1b3aa', '\xa1a1b0a1a1a1', 'latin 0.75 0.375, latin 0.85 0.85, latin 0.85 0.425' ],
	LATIN1 => [ '\xe9', '\xe9e8', '\xa0e9a0', 'latin 0.75 0.375, latin 0.85 0.85, latin 0.85 0.425' ],
	SQL_ASCII => [ '\xe9', '\xe9e8', '\xc2a0e9c2a0', 'latin 0.75 0.375, latin 0.85 0.85, latin 0.85 0.425' ],
	UTF8 => [ '\xe5b1b1', '\xe5b1b1e794b0', '\xe38080e5b1b1e38080', 'cjk 0.73 0.365, cjk 0.83 0.83, cjk 0.73 0.365' ]);

for my $encoding (sort keys %cases)
{
	my ($one, $two, $between, $expected) = @{ $cases{$encoding} };

	$node->safe_psql('postgres',
		"CREATE DATABASE \"$encoding\" TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	is( $node->safe_psql(
			$encoding, qq{
		CREATE EXTENSION williams;
		SELECT string_agg(concat_ws(' ', a.script, a.scores ->> 'f', b.scores ->> 'f'), ', ' ORDER BY i)
		FROM unnest('{"\\$one","\\$two","\\$between"}'::bytea[]) WITH ORDINALITY AS v (bytes, i),
			LATERAL (SELECT jsonb_build_object('f', convert_from(bytes, getdatabaseencoding()))) AS d (doc),
			williams_score_fields(doc, '{"fields": {"f": null}}') AS a,
			williams_score_fields(doc, '{"fields": {"f": null}, "checks": [
				{"check": "length", "fields": ["f"], "length": 2}]}') AS b}),
		$expected,
		"$encoding: characters, white space, script");
	is( $node->safe_psql(
			$encoding, qq{
		SELECT string_agg((scores ->> 'f') || ' ' || williams_field_count(doc), ', ' ORDER BY i)
		FROM unnest('{"\\$one","\\$two"}'::bytea[]) WITH ORDINALITY AS v (bytes, i),
			LATERAL (SELECT jsonb_build_object('f', convert_from(bytes, getdatabaseencoding()))) AS d (doc),
			williams_score_fields(doc, '{"fields": {"f": null}, "checks": [
				{"check": "pattern", "fields": ["f"], "pattern": "^..\$", "factor": 0}]}', NULL, 'latin')}),
		'0 1, 0.85 1',
		"$encoding: a pattern's characters");
}

# Evidence in binary form goes from one encoding to another, although the order of names
# depends on their bytes.
my $names = '{"version": 1, "fields": {"\u00e9": {"none": {"0": [3, 1]}}, "aa": {"none": {"0": [2, 0]}}, "b": {"none": {"0": [1, 1]}}}}';
my $file = PostgreSQL::Test::Utils::tempdir() . '/evidence.bin';
my $look = "SELECT e = '$names', e::text ~ 'aa[^a-z]+none[^a-z]+\$' AS is_last FROM evidence";

is( $node->safe_psql(
		'LATIN1', qq{
	\\encoding UTF8
	CREATE TABLE evidence AS SELECT '$names'::williams_evidence AS e;
	\\copy evidence TO '$file' (FORMAT binary)
	$look}),
	't|t',
	'LATIN1: the order of names');
is( $node->safe_psql(
		'UTF8', qq{
	CREATE TABLE evidence (e williams_evidence);
	\\copy evidence FROM '$file' (FORMAT binary)
	$look}),
	't|f',
	'evidence in binary form, from LATIN1 to UTF8');

# Results of OCR engines. An annotation with an escape for a character that the
# encoding lacks has no fields and raises no error. Entities are resolved only to
# characters of the encoding. For each encoding: the number of fields in each of seven
# annotations, and four words as bytes.
my @escapes = ('x', '\\\\u00e9', '\\\\u5c71', '\\\\ud83d\\\\ude00', '\\\\ude00', '\\\\u05d0', '\\\\\\\\u05d0');
my %answers = (
	EUC_JP => '1 1 1 0 0 0 1|\217\253\261 \273\263 \217\253\323&euro; <A',
	EUC_KR => '1 0 1 0 0 0 1|&eacute; \337\243 &ouml;\242\346 <A',
	LATIN1 => '1 1 0 0 0 0 1|\351 &#x5c71; \366&euro; <A',
	SQL_ASCII => '1 0 0 0 0 0 1|&eacute; &#x5c71; &ouml;&euro; <A',
	UTF8 => '1 1 1 1 0 1 1|\303\251 \345\261\261 \303\266\342\202\254 <A');

for my $encoding (sort keys %answers)
{
	my $annotations = join ', ', map { qq('{"document_annotation": "{\\"a\\": \\"$_\\"}"}') } @escapes;

	is( $node->safe_psql(
			$encoding, qq{
		SELECT string_agg((SELECT count(*) FROM williams_ocr_fields(document))::text, ' ' ORDER BY n) || '|' ||
			(SELECT string_agg(encode(convert_to(value, getdatabaseencoding()), 'escape'), ' ') FROM williams_ocr_fields(
				'<alto><String CONTENT="&eacute;"/><String CONTENT="&#x5c71;"/><String CONTENT="&ouml;&euro;"/><String CONTENT="&lt;&#65;"/></alto>'))
		FROM unnest(ARRAY[$annotations]) WITH ORDINALITY AS v (document, n)}),
		$answers{$encoding},
		"$encoding: escapes and entities");
}

# The words of a page: where they begin is counted in characters. A wide blank is a
# boundary of words in UTF-8 only.
for my $encoding (sort keys %cases)
{
	my (undef, $two, $between) = @{ $cases{$encoding} };

	is( $node->safe_psql(
			$encoding, qq{
		SELECT string_agg(concat_ws('\@', coalesce(f.confidence::text, '-'), f.page), ' ' ORDER BY f.field)
		FROM convert_from('$two', getdatabaseencoding()) AS two, convert_from('$between', getdatabaseencoding()) AS between,
			williams_ocr_fields(jsonb_build_object('document_annotation', jsonb_build_object('a', two, 'b', 'B-17', 'c', 'C-9'),
				'pages', jsonb_build_array(jsonb_build_object('markdown', two || ' B-17 ' || between || 'C-9', 'confidence_scores',
					jsonb_build_object('word_confidence_scores', jsonb_build_array(
						jsonb_build_object('text', two, 'confidence', 0.25, 'start_index', 0),
						jsonb_build_object('text', ' B-17', 'confidence', 0.5, 'start_index', 2),
						jsonb_build_object('text', 'C-9', 'confidence', 0.75, 'start_index', 11))))))) AS f}),
		$encoding eq 'UTF8' ? '0.25@1 0.5@1 0.75@1' : '0.25@1 0.5@1 -',
		"$encoding: the words of a page");
}
is( $node->safe_psql(
		'SQL_ASCII', q{
	SELECT string_agg(concat_ws('@', coalesce(f.confidence::text, '-'), f.page), ' ' ORDER BY f.field)
	FROM williams_ocr_fields(jsonb_build_object('document_annotation', '{"a": "A-3", "b": "B-17"}'::jsonb,
		'pages', jsonb_build_array(jsonb_build_object('markdown', 'A-3 ' || convert_from('\xc3a9', 'SQL_ASCII') || ' B-17', 'confidence_scores',
			'{"word_confidence_scores": [{"text": "A-3", "confidence": 0.25, "start_index": 0}, {"text": "B-17", "confidence": 0.5, "start_index": 6}]}'::jsonb)))) AS f}),
	'0.25@1 -@1',
	'SQL_ASCII: a word after a character of two bytes is not where it should be');

# A language model's tokens are compared with its text in UTF-8, in which they can split
# a character. A text with a character that UTF-8 lacks has no confidences.
my %characters = (
	EUC_JP => [ '\xbbb3', 0xe5, 0xb1, 0xb1 ],
	EUC_KR => [ '\xb0a1', 0xea, 0xb0, 0x80 ],
	LATIN1 => [ '\xe9', 0xc3, 0xa9 ],
	SQL_ASCII => [ '\xc3a9', 0xc3, 0xa9 ],
	UTF8 => [ '\xe5b1b1', 0xe5, 0xb1, 0xb1 ]);

for my $encoding (sort keys %characters)
{
	my ($character, $first, @others) = @{ $characters{$encoding} };
	my $others = join ', ', @others;

	is( $node->safe_psql(
			$encoding, qq{
		SELECT string_agg(coalesce(f.value ~ c, false) || ' ' || coalesce(round(f.confidence::numeric, 6)::text, 'NULL'), ', ' ORDER BY v.n, f.ordinality)
		FROM unnest('{"\\$character","\\\\xc9a1"}'::bytea[]) WITH ORDINALITY AS v (bytes, n),
			LATERAL (SELECT convert_from(bytes, getdatabaseencoding()) AS c WHERE n = 1 OR getdatabaseencoding() = 'EUC_KR') AS t,
			LATERAL (SELECT replace('{"choices": [{"message": {"role": "assistant", "content": "{\\"CC\\": \\"xC y\\", \\"b\\": [\\"C\\", 12]}"}, "logprobs": {"content": [
				{"token": "{\\"C", "bytes": null, "logprob": -1}, {"token": "C", "logprob": -1}, {"token": "\\": \\"x", "logprob": -0.5}, {"token": "?", "bytes": [$first], "logprob": -0.1},
				{"token": "?", "bytes": [$others], "logprob": -0.2}, {"token": " y", "logprob": -0.3}, {"token": "\\", \\"b\\": [\\"", "logprob": -1},
				{"token": "C", "logprob": -0.4}, {"token": "\\", ", "logprob": -1}, {"token": "12", "logprob": -0.6}, {"token": "]}", "logprob": -1}]}}]}', 'C', c) AS document) AS d,
			LATERAL (SELECT * FROM williams_ocr_fields(document) WITH ORDINALITY) AS f}),
		'true 0.670320, false 0.548812, true 0.759572' . ($encoding eq 'EUC_KR' ? ', true NULL, false NULL, true NULL' : ''),
		"$encoding: tokens that split a character");
}

$node->stop;
done_testing();
