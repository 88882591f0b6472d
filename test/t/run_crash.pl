# A task survives whatever interrupts it: kill -9 of a worker, of the session that runs
# it and of the postmaster, and an immediate shutdown, each at 20 random moments.
# The statement adds 1 to each row, which shows how often a row was processed.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time usleep);
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $seed = 20250717;
srand($seed);
note "seed $seed";

# Flush WAL all the time, so that a crash leaves traces of the work that it undid.
my $node = new_node('main', q{
fsync = on
restart_after_crash = on
wal_writer_delay = 1ms
autovacuum = off
});

make_documents($node, 'postgres', 4000);
$node->safe_psql(
	'postgres', q{
	-- Wait until as many batches are done, or all, and a while more; then tell
	-- the victims: those that run the task, and all processes of the server.
	CREATE PROCEDURE await_moment(batches bigint, seconds float8) LANGUAGE plpgsql AS $$
	DECLARE
		began timestamptz := clock_timestamp();
	BEGIN
		WHILE clock_timestamp() < began + interval '60 s' AND
			(SELECT count(*) FILTER (WHERE state = 'done') < least(batches, count(*)) FROM williams_batch)
		LOOP
			PERFORM pg_sleep(0.002);
		END LOOP;
		PERFORM pg_sleep(seconds);
	END $$;
	CREATE VIEW victims AS SELECT
		(SELECT pid FROM pg_stat_activity WHERE backend_type = 'williams worker'
			AND query LIKE 'task%' ORDER BY random() LIMIT 1) AS worker,
		(SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL williams_run(%') AS caller,
		(SELECT string_agg(pid::text, ' ') FROM pg_stat_activity) AS everybody;

	-- What crashes undid: claims of batches, and how many of the rows of each.
	CREATE FUNCTION aborted(x xid) RETURNS boolean LANGUAGE sql AS
		$$SELECT x::text <> '0' AND pg_xact_status(x::text::xid8) = 'aborted'$$;
	CREATE VIEW undone AS SELECT xmax, (SELECT count(*) FROM document d
			WHERE id BETWEEN lower_key::int AND upper_key::int AND aborted(d.xmax)) AS rows
		FROM williams_batch b WHERE state = 'pending' AND aborted(xmax);
});

sub value { return $node->safe_psql('postgres', $_[0]) }

# Has a process ended? If its parent is gone, only init can reap it, and may not do so.
sub has_ended
{
	my ($pid) = @_;

	return 1 if !kill(0, $pid);
	return -r "/proc/$pid/stat" && slurp_file("/proc/$pid/stat") =~ /\) Z /;
}

sub await_end_of
{
	my $until = time + $PostgreSQL::Test::Utils::timeout_default;
	for my $pid (@_)
	{
		usleep(2000) until eval { has_ended($pid) } || time > $until;
	}
	return;
}

# The result of a query, even if the server does not accept connections yet.
sub connectable
{
	my ($query) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $query ], '<', \undef, '>', \$out, '2>', \$err);
	return $out eq "t\n";
}

my $checkpointer = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'};

# The server ends all its processes and restarts by itself.
sub kill_one
{
	my ($pid) = @_;
	my $before = value($checkpointer);

	kill('KILL', $pid) or return 0;
	until (connectable("SELECT pid <> $before FROM ($checkpointer) c"))
	{
		# it was about to end anyway: once it is gone, a new session finds the server unchanged
		return 0 if !kill(0, $pid) && connectable("SELECT pid = $before FROM ($checkpointer) c");
		usleep(20000);
	}
	return 1;
}

# What to do at each moment: given the victims, returns whether any was hit.
my %strike = (
	'kill -9 of a worker' => sub { $_[0] && kill_one($_[0]) },
	'kill -9 of the session that runs it' => sub { $_[1] && kill_one($_[1]) },
	'kill -9 of the postmaster' => sub {
		my $file = $node->data_dir . '/postmaster.pid';
		my ($postmaster) = slurp_file($file) =~ /^(\d+)/;

		$node->kill9;
		await_end_of($postmaster, split ' ', $_[2]);
		# its number seems to be in use until init reaps it, if it does
		unlink $file, $node->host . '/.s.PGSQL.' . $node->port . '.lock';
		$node->start;
	},
	'immediate shutdown' => sub {
		$node->stop('immediate');
		$node->start;
	});

# Start to run the task, in the background and perhaps in a session, too.
sub run_it
{
	my ($what, $moment) = @_;
	my $session;

	if ($what =~ /session/)
	{
		$session = session($node, 'postgres');
		$session->begin(q{CALL williams_run('count')});
	}
	# every other time the session is alone
	my $workers = $session ? 2 : 3;
	value("SELECT williams_launch('count', $workers) FROM victims WHERE worker IS NULL")
	  unless $session && $moment % 2;
	return $session;
}

sub create_task
{
	my ($statement, $batches) = @_;
	my $n = value('SELECT count(*) FROM document');

	is(value("SELECT williams_create_task('count', 'document', \$\$$statement\$\$, $n / $batches, 'mb', max_items => $n)"),
		$batches, "a task of $batches batches");
	return;
}

#
# Each row takes a while, so that a crash finds batches half done. If a run ends before
# its last moment has come, another one follows.
#
my $statement = 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2 AND pg_sleep(0.001) IS NOT NULL';
my $runs = 0;

sub check_run
{
	my ($what) = @_;

	$runs++;
	is(counts_of($node, 'postgres', 'count'), '200 0 0', "$what: all batches are done");
	is(value('SELECT min(seen), max(seen), count(*) FROM document'), "$runs|$runs|4000", "$what: each row is processed once");
	is(value('SELECT sum(rows), sum(attempts) FROM williams_batch'), '4000|200', "$what: and counted once");
	value(q{SELECT williams_drop_task('count')});
	return;
}

for my $what (sort keys %strike)
{
	my $began = time;
	my ($struck, $under_way, $half_done) = (0, 0, 0);
	my %known;

	create_task($statement, 200);
	while ($struck < 20)
	{
		my ($done) = split ' ', counts_of($node, 'postgres', 'count');
		if ($done == 200)
		{
			check_run($what);
			create_task($statement, 200);
			$done = 0;
		}
		my $session = run_it($what, $struck);
		my $moment = $done + 1 + int(rand(8));
		my $more = rand(0.03);
		my @victims = split /\|/, value("CALL await_moment($moment, $more); TABLE victims");

		$struck++ if $strike{$what}->(@victims);
		$session->quit if $session;
		my @undone = grep { !$known{ $_->[0] }++ } map { [ split /\|/ ] } split /\n/, value('TABLE undone');
		$under_way++ if @undone;
		$half_done++ if grep { $_->[1] > 0 && $_->[1] < 20 } @undone;
	}
	run_task($node, 'count');
	check_run($what);
	cmp_ok($under_way, '>=', 8, "$what: batches were running at $under_way of 20 moments");
	cmp_ok($half_done, '>=', 5, "$what: at $half_done of them a batch was half done");
	note sprintf('%s: %.1f s', $what, time - $began);
}

#
# Batches that are split at the same time because some rows cannot be processed.
#
value('DELETE FROM document WHERE id > 1000; UPDATE document SET seen = 0');
create_task($statement =~ s/1 WHERE/1 \/ least(id % 97, 1) WHERE/r, 20);
{
	my ($struck, $halves) = (0, 0);

	while ($struck < 10)
	{
		my ($done, $failed, $pending) = split ' ', counts_of($node, 'postgres', 'count');
		last if $pending == 0;
		run_it('', $struck);
		my $moment = $done + int(rand(8));
		my $more = rand(0.05);
		my @victims = split /\|/, value("CALL await_moment($moment, $more); TABLE victims");
		$struck++ if $strike{ $struck % 2 ? 'immediate shutdown' : 'kill -9 of a worker' }->(@victims);
		$halves = value('SELECT count(*) - 20 FROM williams_batch');
	}
	note "$struck moments, $halves batches split off before the last";
	run_task($node, 'count');
}
is(value('SELECT min(seen), max(seen), count(*) FROM document WHERE id % 97 > 0'), '1|1|990', 'split: each good row is processed once');
is(value('SELECT max(seen), count(*) FROM document WHERE id % 97 = 0'), '0|10', 'split: no bad row is processed');
is( value(q{SELECT state, count(*), sum(items) FROM williams_batch WHERE lower_key = upper_key AND lower_key::int % 97 = 0
		OR state <> 'done' GROUP BY state}),
	'failed|10|10', 'split: each bad row is a failed batch');
is( value(q{SELECT count(*), count(DISTINCT d.id) FROM document d JOIN williams_batch
		ON id BETWEEN lower_key::int AND upper_key::int}),
	'1000|1000', 'split: each row is in one batch');

$node->stop;
done_testing();
