# ALTER EXTENSION UPDATE: a populated database is upgraded to a temporary next version.
# Afterwards it equals a fresh one, object by object, and its data are unchanged.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Catalogue;
use Tasks;

my $tree = "$FindBin::RealBin/../..";
my $work = PostgreSQL::Test::Utils::tempdir;
my $next = "$work/next";
my ($version) = slurp_file("$tree/williams.control") =~ /^default_version = '(.*)'$/m;

# The next version: one more column in two tables, one more function, another comment.
# As changes to the install script, and as the upgrade script.
my $function = q{
CREATE FUNCTION williams_next(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_space_bound'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION williams_next(bigint) IS 'of the next version';
};
my $comment = q{COMMENT ON FUNCTION williams_space_bound(bigint) IS
'the bound, in other words';
};
my $upgrade = qq{$function$comment
ALTER TABLE williams_profile ADD COLUMN remark text CHECK (remark <> '');
ALTER TABLE williams_task ADD COLUMN priority int NOT NULL DEFAULT 1;
COMMENT ON COLUMN williams_task.priority IS 'of the next version';
};

sub write_file
{
	my ($name, $text) = @_;

	open my $file, '>', $name or die "$name: $!";
	print $file $text;
	close $file or die "$name: $!";
	return;
}

# Make one change to one part of the install script.
sub change_sql
{
	my ($part, $change) = @_;

	local $_ = slurp_file("$next/sql/$part.sql");
	$change->() or die "nothing to change in $part";
	write_file("$next/sql/$part.sql", $_);
	return;
}

# Build sources in their own directory and install them into a mirror of PostgreSQL.
sub make_install
{
	my ($dir, $pg_config) = @_;

	local $ENV{MAKEFLAGS} = '';
	system_or_bail('make', '-s', '-C', $dir, 'install', "PG_CONFIG=$pg_config", 'with_llvm=no', 'COPT=-O0');
	return;
}

mkdir "$work/pg" or die $!;
my ($pg_config) = run_command([ "$tree/tools/mirror.sh", "$work/pg" ]);
system_or_bail('sh', '-c', "mkdir '$next' && cd '$tree' && tar -cf - Makefile williams.control src sql | tar -C '$next' -xf -");
unlink glob("$next/src/{,*/,*/*/}*.{o,bc}"), glob("$next/sql/williams--*");
make_install($next, $pg_config);

my $node = PostgreSQL::Test::Cluster->new('main', install_path => $pg_config =~ s{/bin/pg_config$}{}r);
$node->init;
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION williams');
is($node->safe_psql('postgres', q{SELECT source, target FROM pg_extension_update_paths('williams') WHERE path IS NULL AND target = } . "'$version'"),
	'', "every released version can be upgraded to $version");

# A database in use.
make_documents($node, 'postgres', 1000);
make_task($node, 'half', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2');
$node->safe_psql('postgres', q{SELECT williams_run_batch('half')}) for 1 .. 3;
$node->safe_psql(
	'postgres', q{
	INSERT INTO williams_profile (name, rules) VALUES ('invoice', '{"fields": {"total": "number"}, "threshold": 0.5}');
	CREATE TABLE ocr_result (id int PRIMARY KEY, fields jsonb, confidence float8, num_fields int);
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr_result FOR EACH ROW
		EXECUTE FUNCTION williams_score_ocr('fields=fields', 'confidence=confidence', 'num_fields=num_fields', 'profile=invoice');
	INSERT INTO ocr_result SELECT i, jsonb_build_object('total', i) FROM generate_series(1, 100) AS i;
	CREATE TABLE stored AS SELECT williams_scorecard_agg(confidence) AS card, williams_calibration_agg(confidence, id % 3 > 0) AS seen,
		williams_evidence_agg(fields, '{"fields": {"total": "number"}}', NULL, fields) AS found FROM ocr_result;
	CREATE VIEW bound AS SELECT id, williams_space_bound(id) AS bound FROM document;
});
my %queries = (
	profiles => 'SELECT name, rules FROM williams_profile ORDER BY 1',
	results => 'SELECT * FROM ocr_result ORDER BY id',
	summaries => 'SELECT * FROM stored',
	view => 'SELECT sum(bound ORDER BY id) FROM bound');
my %tasks = (
	tasks => 'SELECT name, relation, statement, max_attempts, stopped FROM williams_task',
	batches => 'SELECT task, batch_no, lower_key, upper_key, items, state, attempts, rows FROM williams_batch ORDER BY 2');

sub answers_of
{
	my ($db, $queries) = @_;

	return { map { $_ => $node->safe_psql($db, $queries->{$_}) } keys %$queries };
}
my $before = answers_of('postgres', { %queries, %tasks });

# The next version is released.
write_file("$next/williams.control", slurp_file("$next/williams.control") =~ s/^default_version = .*/default_version = 'next'/mr);
write_file("$next/sql/updates/williams--$version.sql", slurp_file("$next/sql/williams--$version.sql"));
write_file("$next/sql/updates/williams--$version--next.sql", $upgrade);
change_sql('1_bound', sub { s/COMMENT ON FUNCTION williams_space_bound\(bigint\) IS\n'[^\n]*';\n/$comment$function/ });
change_sql('3_run', sub {
	s/(\nCREATE TABLE williams_task \(.*?)(\n\)[^\n]*;[^\n]*)/$1,\n\tpriority int NOT NULL DEFAULT 1$2\nCOMMENT ON COLUMN williams_task.priority IS 'of the next version';/s
});
change_sql('4_score', sub { s/(\nCREATE TABLE williams_profile \(.*?)(\n\)[^\n]*;[^\n]*)/$1,\n\tremark text CHECK (remark <> '')$2/s });
make_install($next, $pg_config);

$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(fresh old restored);
$node->safe_psql('fresh', 'CREATE EXTENSION williams');
$node->safe_psql('old', "CREATE EXTENSION williams VERSION '$version'");
my @fresh = catalogue_of($node, 'fresh');
my @old = catalogue_of($node, 'postgres');
cmp_ok(scalar(@fresh), '>', 100, 'the catalogue has many objects');
is(scalar(grep { /\[null\]/ } @fresh), 0, 'each with its rows');
is_deeply([ catalogue_diff(\@old, [ catalogue_of($node, 'old') ]) ], [], 'the released version can still be installed');
# NOT NULL constraints are separate objects from 18 on
is_deeply(
	[ grep { !/_not_null on / } catalogue_diff(\@old, \@fresh) ],
	[ 'default value for public.williams_task.priority',
		'extension williams',
		'function public.williams_next(bigint)',
		'function public.williams_space_bound(bigint)',
		'table constraint williams_profile_remark_check on public.williams_profile',
		'table public.williams_profile',
		'table public.williams_task' ],
	'the next version differs only in the changes');
is_deeply(answers_of('postgres', { %queries, %tasks }), $before, 'its library works in a database that is not upgraded yet');

$node->safe_psql('postgres', 'ALTER EXTENSION williams UPDATE');
is_deeply([ catalogue_diff([ catalogue_of($node, 'postgres') ], \@fresh) ], [], 'an upgraded database equals a fresh one');
is_deeply(answers_of('postgres', { %queries, %tasks }), $before, 'its data are unchanged');

# It keeps working.
is($node->safe_psql('postgres', 'SELECT priority FROM williams_task'), '1', 'the task has the new column');
run_task($node, 'half');
is(counts_of($node, 'postgres', 'half'), '10 0 0', 'and can be run to completion');
is($node->safe_psql('postgres', 'SELECT DISTINCT seen FROM document'), '1', 'every row once');

# The data can be used in this database and in one restored from its dump.
sub check_use
{
	my ($db) = @_;

	$node->safe_psql($db, q{
		UPDATE ocr_result SET fields = '{"total": ""}' WHERE id = 1;
		INSERT INTO williams_profile (name, rules, remark) VALUES ('permit', '{"fields": {"number": null}}', 'new')});
	is($node->safe_psql($db, 'SELECT num_fields, confidence FROM ocr_result WHERE id = 1'), '0|0', "$db: the trigger scores");
	is($node->safe_psql($db, 'SELECT williams_next(16), williams_count(card + card), williams_count(found + found) FROM stored'), '16|200|200', "$db: summaries are merged");
	return;
}
$node->command_ok([ 'pg_dump', '-f', "$work/dump", '-d', $node->connstr('postgres') ], 'pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$work/dump", '-d', $node->connstr('restored') ], 'its dump can be restored');
is_deeply([ catalogue_diff([ catalogue_of($node, 'restored') ], \@fresh) ], [], 'the restored database equals a fresh one');
is_deeply(answers_of('restored', \%queries), { map { $_ => $before->{$_} } keys %queries }, 'and has the data');
check_use($_) for qw(postgres restored);

$node->stop;
done_testing();
