# Everything that processes many rows can be cancelled, and its memory does not grow.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time);
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Shared buffers count as memory of the backend that uses them, so there are few.
$node->append_conf(
	'postgresql.conf', qq{
shared_buffers = 1MB
work_mem = 64kB
max_parallel_workers_per_gather = 0
jit = off
log_statement = none
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION williams');

#
# Cancelling: each of these queries would run for minutes or longer.
#
my $rows = 'SELECT generate_series(1, 1000000000) AS i';
my %endless = (
	'williams_efficiency' => "SELECT williams_efficiency(i) FROM ($rows) AS s",
	'williams_space_bound' => "SELECT sum(williams_space_bound(i)) FROM ($rows) AS s",
	'williams_workload' => "SELECT williams_workload(i, 1e9) FROM ($rows) AS s",
	'williams_batch_no' =>
	  "SELECT max(n) FROM (SELECT williams_batch_no(i, 1e9) OVER () AS n FROM ($rows) AS s) AS s",
	'williams_batch_no, one batch' =>
	  "SELECT max(n) FROM (SELECT williams_batch_no(0, 0) OVER () AS n FROM ($rows) AS s) AS s",
	'williams_plan in a SELECT list' =>
	  'SELECT count(p) FROM (SELECT williams_plan(4611686018427387904, 1, 1) AS p) AS s',
	'williams_plan in FROM' => 'SELECT count(*) FROM williams_plan(4611686018427387904, 1, 1)');

# a single row can take long too: many confidences, each slow to read
$node->safe_psql(
	'postgres', q{
	CREATE TABLE confidences AS
		SELECT jsonb_object_agg('k' || i, 1) AS fields, jsonb_object_agg('k' || i, 1e-16000) AS engine
		FROM generate_series(1, 300000) AS i;
	CREATE TABLE scored (fields jsonb, engine jsonb, confidence float8);
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored FOR EACH ROW
		EXECUTE FUNCTION williams_score_ocr('fields=fields', 'engine_confidence=engine', 'confidence=confidence');
});
$endless{'williams_score_ocr, one row'} = 'INSERT INTO scored SELECT * FROM confidences';

# the same for separate fields and for the rules of a document type
$node->safe_psql(
	'postgres', q{
	CREATE TABLE named (fields jsonb, engine jsonb, base float8, confidence float8, review text[]);
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON named FOR EACH ROW
		EXECUTE FUNCTION williams_score_ocr('fields=fields', 'engine_confidence=engine', 'base=base',
			'confidence=confidence', 'review=review');
	CREATE TABLE rules AS
		SELECT jsonb_build_object('fields', jsonb_object_agg(key, NULL)) AS plain,
			jsonb_build_object('fields', jsonb_object_agg(key, NULL), 'checks', jsonb_build_array(jsonb_build_object(
				'check', 'length', 'length', 1, 'fields', jsonb_agg(key)))) AS checked,
			jsonb_build_object('fields', jsonb_object_agg(key, NULL), 'checks', jsonb_agg(jsonb_build_object(
				'check', 'pattern', 'pattern', '(x{1,' || 2 + substr(key, 2)::int % 250 || '}){50}', 'fields', jsonb_build_array(key)))) AS costly
		FROM confidences, jsonb_object_keys(fields) AS key;
});
$endless{'williams_score_ocr, names of one row'} =
  'INSERT INTO named SELECT fields, engine, 0.5 FROM confidences';
$endless{'williams_score_fields, one document'} =
  'SELECT (williams_score_fields(fields, plain, engine)).overall FROM confidences, rules';
$endless{'williams_score_fields, rules'} = 'SELECT (williams_score_fields(NULL, costly)).overall FROM rules';
$endless{'williams_scorecard_agg, one row'} = 'SELECT williams_scorecard_agg(engine) FROM confidences';
$endless{'williams_calibration_agg, one row'} =
  'SELECT williams_calibration_agg(engine, fields, fields) FROM confidences';
# a scan that sorts, and a slow one in index order
$node->safe_psql(
	'postgres', q{
	CREATE VIEW endless AS SELECT generate_series(1, 1000000000) AS i;
	CREATE TABLE slow AS SELECT generate_series(1, 100000) AS id;
	ALTER TABLE slow ADD PRIMARY KEY (id);
	ANALYZE slow;
});
$endless{'williams_plan_table, sorting'} =
  "SELECT count(*) FROM williams_plan_table('endless', 1e9, 'i', 'i')";
$endless{'williams_plan_table, in order'} =
  "SELECT count(*) FROM williams_plan_table('slow', 1e9, '(SELECT count(*) FROM generate_series(1, 10000) AS g WHERE g > id)')";

for my $what (sort keys %endless)
{
	my $start = time;
	my ($rc, $stdout, $stderr) = $node->psql('postgres',
		"\\set VERBOSITY sqlstate\nSET statement_timeout = '200ms';\n$endless{$what};");
	my $seconds = time - $start;

	is($stderr =~ s/^psql:<stdin>:\d+: //r, 'ERROR:  57014', "$what is cancelled");
	# immediately on an idle machine
	cmp_ok($seconds, '<', 60, "$what: long before it would finish");
}

# the time for rules is linear in their size: 300,000 fields, and a check that names all
is( $node->safe_psql('postgres', q{
	SET statement_timeout = '120s';
	SELECT (s).num_fields, round((s).overall::numeric, 6) = round(0.75 * (s).multiplier::numeric, 6)
	FROM (SELECT williams_score_fields(fields, checked) AS s FROM confidences, rules) AS s}),
	'300000|t', 'a check of 300,000 fields');

#
# Memory: a backend's peak over 3,000,000 rows is that over 30,000.
#
SKIP:
{
	skip 'no /proc/self/status here', 25 unless -r '/proc/self/status';

	$node->safe_psql(
		'postgres', q{
		CREATE UNLOGGED TABLE page AS
			SELECT i AS id, 0.25 + (i % 64) / 8.0::float8 AS mb, lpad(i::text, 8, '0') AS name FROM (SELECT generate_series(1, 3000000)) AS s (i);
		ALTER TABLE page ADD PRIMARY KEY (id);
		CREATE UNIQUE INDEX ON page (name);
		VACUUM ANALYZE page;
		CREATE VIEW page_30000 AS SELECT * FROM page WHERE id <= 30000;
		CREATE VIEW page_3000000 AS SELECT * FROM page WHERE id <= 3000000;
		SELECT pg_stat_force_next_flush();
	});

	# temporary files: a sort, or rows that a window function keeps
	my $spilled = sub {
		return $node->safe_psql('postgres',
			'SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()');
	};
	my $before = $spilled->();

	# The result and the peak in kB. Rows come in index order, so nothing is sorted.
	my $peak = sub {
		my $query = sprintf($_[0], $_[1]);
		my $out = $node->safe_psql(
			'postgres', qq{
			SET enable_seqscan = off;
			SET enable_bitmapscan = off;
			SET enable_sort = off;
			$query;
			SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+) kB');
			SELECT pg_stat_force_next_flush();
		});
		return split /\n/, $out;
	};

	# for each: the query, and how many rows it does not count (t = 1 is not an operation)
	my %queries = (
		'williams_efficiency' =>
		  [ 'SELECT (williams_efficiency(id)).operation_count FROM page WHERE id <= %d', 1 ],
		'williams_workload' =>
		  [ 'SELECT (williams_workload(mb, 64)).items FROM page WHERE id <= %d', 0 ],
		'williams_batch_no' =>
		  [ 'SELECT count(n) FROM (SELECT williams_batch_no(mb, 64) OVER (ORDER BY id) AS n FROM page WHERE id <= %d) AS s', 0 ],
		'williams_plan_table' =>
		  [ q{SELECT sum(items) FROM williams_plan_table('page_%d', 1e9, 'mb', 'id')}, 0 ],
		'williams_plan_table, sizes of rows' =>
		  [ q{SELECT sum(items) FROM williams_plan_table('page_%d', 1e9, key_column => 'id')}, 0 ],
		'williams_plan_table, keys by reference' =>
		  [ q{SELECT sum(items) FROM williams_plan_table('page_%d', 1e9, 'mb', 'name')}, 0 ],
		'williams_batch_no, one batch' =>
		  [ 'SELECT count(n) FROM (SELECT williams_batch_no(mb, 1e9) OVER (ORDER BY id) AS n FROM page WHERE id <= %d) AS s', 0 ]);

	for my $what (sort keys %queries)
	{
		my ($query, $less) = @{ $queries{$what} };
		my ($few, $few_kb) = $peak->($query, 30_000);
		my ($many, $many_kb) = $peak->($query, 3_000_000);

		is("$few $many", (30_000 - $less) . ' ' . (3_000_000 - $less), "$what: every row was read");
		cmp_ok($many_kb - $few_kb, '<=', 2048, "$what: $few_kb kB over 30,000 rows, $many_kb kB over 3,000,000");
	}

	is($spilled->(), $before, 'no temporary files were written');

	# documents whose fields repeat most of the document: one long name above all
	# leaves, and a text that every field refers to
	my %answers = (
		'a long name' => q{'document_annotation', jsonb_build_object(repeat('name ', 20000), jsonb_agg(i))},
		'a long anchor' => q{'text', repeat(E'text \\n', 20000), 'pages', jsonb_build_array(jsonb_build_object('pageNumber', 1,
			'formFields', jsonb_agg('{"fieldName": {"textAnchor": {"textSegments": [{"endIndex": 120000}, {"endIndex": 1}]}}}'::jsonb)))});

	$node->safe_psql('postgres', "CREATE TABLE answer AS\n" . join(" UNION ALL\n",
			map { "SELECT '$_' AS what, n, (SELECT jsonb_build_object($answers{$_}) FROM generate_series(1, n) AS i) AS document FROM unnest('{20,2000}'::int[]) AS n" }
			  sort keys %answers));
	for my $what (sort keys %answers)
	{
		my $query = "SELECT count(*) FROM answer, williams_ocr_fields(document) WHERE what = '$what' AND n = %d";
		my ($few, $few_kb) = $peak->($query, 20);
		my ($many, $many_kb) = $peak->($query, 2000);

		is("$few $many", '20 2000', "williams_ocr_fields, $what: every field was returned");
		cmp_ok($many_kb - $few_kb, '<=', 4096, "williams_ocr_fields, $what: $few_kb kB over 20 fields, $many_kb kB over 2000");
	}

	# a small document whose texts are large: each of its numbers has 131,001 digits
	$node->safe_psql('postgres', q{
		CREATE TABLE numbers AS SELECT n, (SELECT jsonb_object_agg('k' || i, 1e131000) FROM generate_series(1, n) AS i) AS fields,
			(SELECT jsonb_object_agg('k' || i, 0.5) FROM generate_series(1, n) AS i) AS confidence
		FROM unnest('{20,2000}'::int[]) AS n});
	my %unprofiled = (
		'williams_score' => q{SELECT (williams_score(fields, 'none')).num_fields FROM numbers WHERE n = %d},
		'williams_explain' => q{SELECT count(*) FROM numbers, williams_explain(fields, 'none') WHERE n = %d},
		'williams_calibration_agg' => q{SELECT williams_count(williams_calibration_agg(confidence, fields, fields)) FROM numbers WHERE n = %d});
	for my $what (sort keys %unprofiled)
	{
		my ($few, $few_kb) = $peak->($unprofiled{$what}, 20);
		my ($many, $many_kb) = $peak->($unprofiled{$what}, 2000);

		is("$few $many", '20 2000', "$what: every field was scored");
		cmp_ok($many_kb - $few_kb, '<=', 8192, "$what: $few_kb kB over 20 fields, $many_kb kB over 2000");
	}
}

$node->stop;
done_testing();
