# The nightly job of docs/operations.md, in pg_cron: it plans the rows that have come and
# runs the task, and pg_cron records whether it failed. With both of pg_cron's ways to run
# a job, background workers and connections. Its finest schedule before 1.5 is a minute.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

chomp(my $share = `pg_config --sharedir`);
plan skip_all => 'pg_cron is not installed' unless -f "$share/extension/pg_cron.control";

my ($nightly) = slurp_file("$FindBin::RealBin/../../docs/operations.md") =~ /cron\.schedule\('check deeds', '0 1 \* \* \*', \$\$(\s*DO .*?)\$\$\);/s;
ok($nightly, 'docs/operations.md shows a nightly job');

# Each job: its command, and the status and message that pg_cron is to record.
my @jobs = (
	[ 'nightly', $nightly, qr/^succeeded\|DO/ ],
	[ 'two statements', q{SELECT williams_extend_task('other deeds'); CALL williams_run('other deeds')},
		qr/^failed\|.*inside a transaction block/s ],
	[ 'one statement', q{CALL williams_run('other deeds')}, qr/^succeeded\|CALL/ ],
	[ 'bad row', q{CALL williams_run('bad deed', raise => true)}, qr/^failed\|.*1 of 17 batches failed/s ]);

# Start a server whose jobs run in background workers, or in connections.
sub new_scheduler
{
	my ($name, $workers) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf(
		'postgresql.conf', qq{
		shared_preload_libraries = 'pg_cron'
		cron.database_name = 'postgres'
		cron.host = '@{[ $node->host ]}'
		cron.use_background_workers = $workers
		max_worker_processes = 16});
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION williams; CREATE EXTENSION pg_cron');
	make_documents($node, 'postgres', 1000, 'deed');
	make_task($node, $_, 'UPDATE deed SET seen = seen + 1 WHERE id BETWEEN $1 AND $2', table => 'deed') for 'check deeds', 'other deeds';
	make_task($node, 'bad deed', 'SELECT 1 / (id - 500) FROM deed WHERE id BETWEEN $1 AND $2', table => 'deed');
	run_task($node, 'check deeds');
	$node->safe_psql('postgres', 'INSERT INTO deed SELECT generate_series(1001, 1050)');

	my ($major, $minor) = $node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'}) =~ /^(\d+)\.(\d+)/;
	my $every = $major > 1 || $minor >= 5 ? '1 second' : '* * * * *';
	$node->safe_psql('postgres', "SELECT cron.schedule('$_->[0]', '$every', \$job\$$_->[1]\$job\$)") for @jobs;
	return $node;
}

for my $node (new_scheduler('workers', 'on'), new_scheduler('connections', 'off'))
{
	my $name = $node->name;

	wait_until($node, 'postgres',
		q{SELECT count(DISTINCT jobid) = 4 FROM cron.job_run_details WHERE end_time IS NOT NULL}, "$name: all jobs have run");
	$node->safe_psql('postgres', 'SELECT cron.unschedule(jobname) FROM cron.job');
	for (@jobs)
	{
		my ($job, $command, $outcome) = @$_;
		like(
			$node->safe_psql('postgres', qq{
				SELECT status, return_message FROM cron.job_run_details WHERE command = \$job\$$command\$job\$ ORDER BY runid LIMIT 1}),
			$outcome, "$name: $job");
	}
	is(counts_of($node, 'postgres', 'check deeds'), '11 0 0', "$name: the new rows were planned and processed");
	is($node->safe_psql('postgres', 'SELECT min(seen), max(seen) FROM deed WHERE id > 1000'), '1|1', "$name: each once");
	is(counts_of($node, 'postgres', 'bad deed'), '16 1 0', "$name: of the task that failed, all other rows are done");
	$node->stop;
}
done_testing();
