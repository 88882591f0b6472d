# pg_dump and restore: everything that a database can store with the extension is
# restored unchanged, in the plain and the custom format, and keeps working.
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

$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql(
	'original', q{
	CREATE EXTENSION williams;

	CREATE TABLE ocr_result (
		id			int PRIMARY KEY,
		extracted	jsonb,
		base		float8,
		confidence	float8,
		num_fields	int,
		multiplier	float8,
		review		boolean,
		note		text,
		page_mb		float8,
		operations	bigint,
		bound		float8 GENERATED ALWAYS AS (williams_space_bound(operations)) STORED,
		fields		bigint GENERATED ALWAYS AS (williams_field_count(extracted)) STORED
	);
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr_result FOR EACH ROW
		EXECUTE FUNCTION williams_score_ocr('fields=extracted', 'base=base', 'confidence=confidence',
			'num_fields=num_fields', 'multiplier=multiplier', 'review=review', 'threshold=0.75');
	CREATE INDEX ocr_result_adjusted ON ocr_result (williams_adjusted_confidence(num_fields, base));
	INSERT INTO ocr_result (id, extracted, base, page_mb, operations)
		SELECT i, (SELECT jsonb_object_agg('f' || k, CASE WHEN k % 5 = 0 THEN '' ELSE 'x' END)
				   FROM generate_series(1, i % 12) AS k),
			(i % 100) / 100.0, i / 7.0, i * 1000003
		FROM generate_series(1, 1000) AS i;
	-- decisions of a clerk, which differ from the trigger's
	UPDATE ocr_result SET review = NOT review, note = 'by hand' WHERE id % 10 = 0;
	-- a corrected output
	UPDATE ocr_result SET confidence = 0.125 WHERE id = 77;

	CREATE VIEW summary AS
		SELECT id % 3 AS shard, (williams_efficiency(operations)).*, williams_workload(page_mb, 200) AS workload
		FROM ocr_result GROUP BY id % 3;
	CREATE VIEW batch AS
		SELECT id, williams_batch_no(page_mb, 256, 100) OVER (ORDER BY id) FROM ocr_result;
	CREATE VIEW plan AS SELECT * FROM williams_plan(1000, 256);

	CREATE TABLE stored (shard int, efficiency williams_efficiency_state, workload williams_workload_state,
		result williams_efficiency_result, card williams_scorecard, card_state williams_scorecard_state,
		seen williams_calibration, found williams_evidence);
	INSERT INTO stored SELECT 1, williams_efficiency_accum(
			williams_efficiency_accum('(0,0,0,0,0,0,0,0)', 1000), 9223372036854775807),
		williams_workload_accum(williams_workload_accum('(0,0,0,0,0)', 0.1, 100), 1e-300, 100),
		(SELECT williams_efficiency(operations) FROM ocr_result),
		(SELECT williams_scorecard_agg(confidence) FROM ocr_result),
		williams_scorecard_accum('(1,0,0,0,0,0,0,0)', 0.1),
		(SELECT williams_calibration_agg(base, id % 7 > 0) FROM ocr_result),
		(SELECT williams_evidence_agg(extracted, '{"fields": {"f1": null, "f2": "number", "f3": null}}',
			jsonb_build_object('f1', base), '{"f1": "X", "f2": null, "f3": "y"}') FROM ocr_result);
	CREATE TABLE stored_state AS SELECT williams_calibration_accum('(1,0,0,0,0,0)', 0.1, true) AS seen;
	INSERT INTO stored (shard) VALUES (2);

	INSERT INTO williams_profile (name, rules) VALUES
		('invoice', '{"fields": {"total": "number", "due": "date"}, "threshold": 0.5}'),
		('permit', '{"fields": {"permit_number": "alphanumeric"}}');
	CREATE ROLE author;
	GRANT INSERT ON williams_profile TO author;
	CREATE TABLE scored (doc jsonb, score williams_field_score GENERATED ALWAYS AS
		(williams_score_fields(doc, '{"fields": {"total": "number", "due": "date"}}')) STORED);
	INSERT INTO scored SELECT jsonb_build_object('total', i / 7.0, 'due', CASE WHEN i % 3 = 0 THEN '2024-01-01' ELSE 'x' END)
		FROM generate_series(1, 100) AS i;
});

my @queries = (
	'SELECT * FROM ocr_result ORDER BY id',
	'SELECT * FROM summary ORDER BY shard',
	'SELECT * FROM batch ORDER BY id',
	'SELECT * FROM plan ORDER BY batch_no',
	'SELECT * FROM stored ORDER BY shard',
	"SELECT encode(williams_efficiency_state_send(efficiency), 'hex'),
		encode(williams_workload_state_send(workload), 'hex') FROM stored ORDER BY shard",
	"SELECT encode(williams_scorecard_send(card), 'hex'), encode(williams_scorecard_state_send(card_state), 'hex'),
		encode(williams_calibration_send(seen), 'hex'),
		encode(williams_evidence_send(found), 'hex'), williams_count(found),
		williams_stddev(card + card), williams_threshold(seen, 0.8) FROM stored ORDER BY shard",
	'SELECT * FROM stored_state',
	'SELECT extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = \'williams\'',
	'SELECT * FROM williams_profile ORDER BY name',
	"SELECT relacl FROM pg_class WHERE oid = 'williams_profile'::regclass",
	'SELECT * FROM scored ORDER BY doc',
	'SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal',
	"SELECT pg_get_indexdef('ocr_result_adjusted'::regclass)");
my @before = map { $node->safe_psql('original', $_) } @queries;

is($node->safe_psql('original', "SELECT count(*) FROM ocr_result WHERE note = 'by hand' AND
		review = (base < 0.75 OR williams_field_count(extracted) = 0 OR extracted IS NULL)"),
	'0', "the clerk's decisions differ from the trigger's");

my $dump = PostgreSQL::Test::Utils::tempdir . '/dump';

# Restore a dump into a new database and compare.
sub check_restored
{
	my ($format, @restore) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $format");
	$node->command_ok([@restore], "$format: restored without an error");
	for my $i (0 .. $#queries)
	{
		is($node->safe_psql($format, $queries[$i]), $before[$i], "$format: $queries[$i]");
	}

	# the trigger works: it scores new inputs and ignores other columns
	$node->safe_psql(
		$format, q{
		INSERT INTO ocr_result (id, extracted, base) VALUES (1001, '{"a": 1, "b": " ", "c": true}', 0.5);
		UPDATE ocr_result SET note = 'seen' WHERE id = 10;
		UPDATE ocr_result SET base = 0.99 WHERE id = 20;
	});
	is( $node->safe_psql($format, q{
		SELECT num_fields, multiplier = williams_confidence_multiplier(2),
			confidence = williams_adjusted_confidence(2, 0.5), review
		FROM ocr_result WHERE id = 1001}),
		'2|t|t|t', "$format: a new row is scored");
	is( $node->safe_psql($format, 'SELECT review FROM ocr_result WHERE id = 10'),
		$node->safe_psql('original', 'SELECT review FROM ocr_result WHERE id = 10'),
		"$format: a decision is kept if the inputs do not change");
	is( $node->safe_psql($format, q{
		SELECT review, confidence = williams_adjusted_confidence(num_fields, 0.99) FROM ocr_result WHERE id = 20}),
		'f|t', "$format: a new input is scored");
	is( $node->safe_psql($format, q{
		SET enable_seqscan = off;
		SELECT count(*) FROM ocr_result WHERE williams_adjusted_confidence(num_fields, base) > 0.8}),
		$node->safe_psql($format, q{
		SET enable_indexscan = off;
		SET enable_bitmapscan = off;
		SELECT count(*) FROM ocr_result WHERE williams_adjusted_confidence(num_fields, base) > 0.8}),
		"$format: the expression index agrees with the table");
	$node->command_ok([ 'psql', '-X', '-d', $node->connstr($format), '-c', 'DROP EXTENSION williams CASCADE' ],
		"$format: the extension can be dropped");
	return;
}

$node->command_ok([ 'pg_dump', '-f', "$dump.sql", '-d', $node->connstr('original') ], 'pg_dump, plain');
like(slurp_file("$dump.sql"), qr/^CREATE EXTENSION IF NOT EXISTS williams /m, 'the dump creates the extension');
unlike(slurp_file("$dump.sql"), qr/FUNCTION public\.williams_\w+\([^\n]*\) RETURNS/, 'and does not contain its functions');
unlike(slurp_file("$dump.sql"), qr/employment_contract/, 'or its shipped profiles');
like(slurp_file("$dump.sql"), qr/^invoice\t/m, "but contains the user's profiles");
check_restored('plain', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.sql", '-d', $node->connstr('plain'));

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.custom", '-d', $node->connstr('original') ], 'pg_dump, custom');
check_restored('custom', 'pg_restore', '--exit-on-error', '-j', '2', '-d', $node->connstr('custom'), "$dump.custom");

#
# Data restored into existing tables: the trigger fires unless it is disabled.
#
my @data = ('pg_dump', '--data-only', '-t', 'ocr_result', '-d', $node->connstr('original'));
my $decided = 'SELECT review, confidence FROM ocr_result WHERE id = 10';
$node->command_ok([ @data, '-f', "$dump.data" ], 'pg_dump, data only');
$node->command_ok([ @data, '--disable-triggers', '-f', "$dump.quiet" ], 'pg_dump, data only, triggers disabled');
$node->command_ok([ 'createdb', '-T', 'original', '-h', $node->host, '-p', $node->port, 'again' ], 'createdb');
for my $case ([ "$dump.data", 0, 'scores the rows again' ], [ "$dump.quiet", 1, 'restores the decisions' ])
{
	my ($file, $same, $what) = @$case;
	$node->safe_psql('again', 'TRUNCATE ocr_result');
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('again') ], $what);
	is( $node->safe_psql('again', $decided) eq $node->safe_psql('original', $decided) ? 1 : 0, $same, "it $what");
}

# A trusted extension, installed by an ordinary role: that role can write profiles and grant this right.
$node->safe_psql('postgres', q{
	CREATE ROLE installer LOGIN;
	CREATE ROLE clerk LOGIN;
	CREATE DATABASE office OWNER installer});
$node->safe_psql('office', 'GRANT ALL ON SCHEMA public TO installer; SET SESSION AUTHORIZATION installer; CREATE EXTENSION williams');
my $insert = q{INSERT INTO williams_profile (name, rules) VALUES ('%s', '{"fields": {"a": null}}')};
$node->safe_psql('office', 'SET SESSION AUTHORIZATION installer; ' . sprintf($insert, 'own'));
my ($rc, $out, $err) = $node->psql('office', 'SET SESSION AUTHORIZATION clerk; ' . sprintf($insert, 'hers'));
like($err, qr/permission denied for table williams_profile/, 'other roles cannot write profiles');
$node->safe_psql('office', 'SET SESSION AUTHORIZATION installer; GRANT INSERT ON williams_profile TO clerk');
$node->safe_psql('office', 'SET SESSION AUTHORIZATION clerk; ' . sprintf($insert, 'hers'));
is($node->safe_psql('office', 'SET SESSION AUTHORIZATION clerk; SELECT count(*) FROM williams_profile'),
	'2', 'until the right is granted; they can read them');

# It does not see other roles' tasks, and it can grant the right to launch workers.
$node->safe_psql('office', q{
	GRANT CREATE ON SCHEMA public TO clerk;
	SET SESSION AUTHORIZATION clerk;
	CREATE TABLE letter AS SELECT generate_series(1, 9) AS id, 0 AS seen;
	SELECT williams_create_task('letters', 'letter', 'UPDATE letter SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', 1, key_column => 'id', max_items => 2)});
is($node->safe_psql('office', q{SET SESSION AUTHORIZATION installer; SELECT (SELECT count(*) FROM williams_task), (SELECT count(*) FROM williams_batch),
		(SELECT count(*) FROM williams_progress)}),
	'0|0|0', 'the role that installed it does not see the tasks of others');
($rc, $out, $err) = $node->psql('office', q{SET SESSION AUTHORIZATION clerk; SELECT williams_launch('letters')});
like($err, qr/permission denied for function williams_launch/, 'other roles cannot launch workers');
$node->safe_psql('office', 'SET SESSION AUTHORIZATION installer; GRANT EXECUTE ON FUNCTION williams_launch TO clerk');
is($node->safe_psql('office', q{SET SESSION AUTHORIZATION clerk; SELECT williams_launch('letters')}), '1', 'until the right is granted');
ok($node->poll_query_until('office', q{SELECT state = 'done' FROM williams_progress}), 'a worker runs the task');
is($node->safe_psql('office', 'SELECT DISTINCT seen FROM letter'), '1', 'every row once');

$node->stop;
done_testing();
