# Dashboards: concurrent writers and refreshes; kill -9 during a refresh, prepared
# transactions, unlogged tables; dump and restore; logical replication; other owners;
# partitions that come later; the memory of large changes. After each, a refresh gives
# exactly what test/common/dashboard.sql computes from all rows.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

# Shared buffers count as memory of the backend that uses them, so there are few.
my $conf = qq{
max_prepared_transactions = 2
restart_after_crash = on
max_worker_processes = 20
shared_buffers = 1MB
work_mem = 64kB
jit = off
timezone = 'UTC'
wal_retrieve_retry_interval = 100ms
};
my $one = new_node('one', $conf, allows_streaming => 'logical');
my $two = new_node('two', $conf, allows_streaming => 'logical');
my $common = slurp_file("$FindBin::RealBin/../common/dashboard.sql") =~ s/^\\set.*//mgr;

# A source of documents, and n of them.
my $columns = 'at timestamptz, type text, score float8, scores jsonb, review text[], reasons jsonb, verified text[],
	accepted text[], fields jsonb, as_read jsonb, engine jsonb, version bigint';
my $create = q{SET client_min_messages = error; SELECT williams_create_dashboard('doc', at => 'at', document_type => 'type', score => 'score', scores => 'scores',
	review => 'review', reasons => 'reasons', verified => 'verified', accepted => 'accepted', fields => 'fields', as_read => 'as_read',
	engine_confidence => 'engine', profile_version => 'version', time_zone => 'Europe/Amsterdam')};
my $documents = q{SELECT i AS id, timestamptz '2026-10-01 00:30+00' + i % 240 * interval '1 hour' AS at, 'type' || i % 3 AS type, i % 100 / 100.0 AS score,
	jsonb_build_object('a', i % 97 / 97.0, 'b', 0.5) AS scores, CASE WHEN i % 5 = 0 THEN '{a}' ELSE '{}' END::text[] AS review,
	CASE WHEN i % 5 = 0 THEN '{"a": ["threshold"]}' END::jsonb AS reasons, CASE WHEN i % 7 = 0 THEN '{a,b}' END::text[] AS verified, '{b}'::text[] AS accepted,
	jsonb_build_object('a', 'x', 'b', i) AS fields, jsonb_build_object('a', CASE WHEN i % 4 = 0 THEN 'y' ELSE 'x' END, 'b', i) AS as_read,
	CASE WHEN i % 6 > 0 THEN '{"a": 0.75}' END::jsonb AS engine, i % 2 AS version};

sub value { my ($node, $query, $db) = @_; return $node->safe_psql($db || 'postgres', $query) }

# Refresh, and compare with a full computation. Returns how many rows were computed.
sub is_exact
{
	my ($node, $what, $db) = @_;
	my $computed = value($node, q{SELECT williams_refresh_dashboard('doc_daily')}, $db);

	is(value($node, qq{$common SELECT pg_temp.wrong_rows('doc_daily', 'doc', 'Europe/Amsterdam')}, $db), '0', "$what: exact");
	isnt(value($node, 'SELECT count(*) FROM doc_daily', $db), '0', "$what: not empty");
	return $computed;
}

value($one, "CREATE TABLE doc (id int PRIMARY KEY, $columns); INSERT INTO doc $documents FROM generate_series(1, 3000) AS i; CREATE INDEX ON doc (at)");
value($one, $create);

#
# Writers in four sessions, refreshes in two
#
my %script = (
	writer => q{
\set id random(1, 4000)
\set day random(0, 9)
\set kind random(0, 3)
\set what random(1, 8)
\if :what = 1
DELETE FROM doc WHERE id = :id;
\elif :what = 2
UPDATE doc SET at = '2026-10-01 22:30+00'::timestamptz + :day * interval '1 day' WHERE id = :id;
\elif :what = 3
BEGIN;
UPDATE doc SET verified = '{a,b}', review = '{}' WHERE id = :id;
SAVEPOINT s;
UPDATE doc SET type = 'type' || :kind WHERE id = :id;
ROLLBACK TO s;
UPDATE doc SET type = 'type' || :day WHERE id = :id;
COMMIT;
\elif :what = 4
BEGIN;
UPDATE doc SET type = 'gone' WHERE id = :id;
ROLLBACK;
\elif :what = 5
MERGE INTO doc USING (SELECT :id AS id) AS n ON n.id = doc.id WHEN MATCHED THEN UPDATE SET type = 'merged' WHEN NOT MATCHED THEN INSERT (id, at, type) VALUES (n.id, '2026-10-05', 'merged');
\elif :what = 6
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE doc SET score = :kind / 3.0 WHERE id = :id;
COMMIT;
\else
INSERT INTO doc (id, at, type, score) VALUES (:id, '2026-10-01 12:00+00'::timestamptz + :day * interval '1 day', 'type' || :kind, 0.5) ON CONFLICT (id) DO UPDATE SET type = EXCLUDED.type, at = EXCLUDED.at;
\endif
},
	refresher => q{SELECT williams_refresh_dashboard('doc_daily');});
my $dir = PostgreSQL::Test::Utils::tempdir();
for my $name (keys %script) { append_to_file("$dir/$name.sql", $script{$name}) }
my %out;
my @runs = map {
	my ($name, $clients, $transactions, $seed) = @$_;
	$out{$name} = '';
	IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-t', $transactions, '--max-tries=100', "--random-seed=$seed", '-f', "$dir/$name.sql", $one->connstr('postgres') ],
		'>', \$out{$name}, '2>', \$out{"$name errors"}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
} ([ 'writer', 4, 400, 14 ], [ 'refresher', 2, 60, 15 ]);
IPC::Run::finish($_) for @runs;
like($out{writer}, qr{actually processed: 1600/1600}, 'writers finish') or diag($out{'writer errors'});
like($out{refresher}, qr{actually processed: 120/120}, 'refreshes finish') or diag($out{'refresher errors'});
is_exact($one, 'after writers in four sessions');
is(is_exact($one, 'again'), '0', 'nothing had changed');

#
# Crashes: a refresh that is killed leaves its notes
#
value($one, q{CREATE UNLOGGED TABLE quick (created_at timestamptz); SET client_min_messages = error; SELECT williams_create_dashboard('quick')});
value($one, q{INSERT INTO quick SELECT '2026-10-01' FROM generate_series(1, 10); SELECT williams_refresh_dashboard('quick_daily')});
value($one, q{UPDATE doc SET score = 0.25 WHERE type = 'type1'; INSERT INTO quick VALUES ('2026-10-02')});
my $session = session($one, 'postgres');
$session->query('BEGIN');
isnt($session->query(q{SELECT williams_refresh_dashboard('doc_daily')}), '0', 'a refresh that does not commit');
my $pid = $session->query('SELECT pg_backend_pid()');
kill('KILL', $pid) or die "kill: $!";
wait_until($one, 'postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid", 'the server has restarted');
is(value($one, 'SELECT count(*) FROM quick'), '0', 'the crash emptied the unlogged table');
is(value($one, q{SELECT williams_refresh_dashboard('quick_daily'), count(*) FROM quick_daily}), '0|0', 'and its dashboard');
isnt(value($one, 'SELECT count(*) FROM doc_daily_changes'), '0', 'the notes are still there');
isnt(is_exact($one, 'after a crash'), '0', 'they are used by the next refresh');

# a prepared transaction: its notes are seen once it is committed
value($one, q{BEGIN; UPDATE doc SET type = 'prepared' WHERE id % 100 = 1; PREPARE TRANSACTION 'p'});
is(is_exact($one, 'a prepared transaction'), '0', 'is not seen');
$one->restart;
value($one, q{COMMIT PREPARED 'p'});
isnt(is_exact($one, 'a prepared transaction that was committed'), '0', 'is seen');

#
# Dump and restore, with notes that no refresh has used
#
value($one, q{UPDATE doc SET type = 'pending' WHERE id % 50 = 3});
my $pending = value($one, 'SELECT count(*) FROM doc_daily_changes');
isnt($pending, '0', 'there are notes to dump');
my $state = q{SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'doc'::regclass ORDER BY 1;
	SELECT md5(string_agg(r::text, '|' ORDER BY day, document_type)) FROM doc_daily AS r; SELECT count(*) FROM doc_daily_changes;
	SELECT pg_get_viewdef('doc_daily_documents'), pg_get_viewdef('doc_daily_dashboard'); SELECT count(obj_description(oid)) FROM pg_class WHERE relname LIKE 'doc%'};
my $before = value($one, $state);
for my $format ('plain', 'custom')
{
	value($one, "CREATE DATABASE $format");
	command_ok([ 'pg_dump', "--format=$format", '-f', "$dir/$format.dump", $one->connstr('postgres') ], "pg_dump, $format");
	command_ok($format eq 'plain' ? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/$format.dump", $one->connstr($format) ] :
		[ 'pg_restore', '-e', '-d', $one->connstr($format), "$dir/$format.dump" ], "restore, $format");
	is(value($one, $state, $format), $before, "restored, $format: the same");
	isnt(is_exact($one, "restored, $format", $format), '0', "$format: the notes were restored");
	value($one, q{DELETE FROM doc WHERE id % 10 = 1}, $format);
	isnt(is_exact($one, "restored and changed, $format", $format), '0', "$format: changes are noted");
}
# to data alone, triggers note what comes in
value($one, q{CREATE DATABASE data});
value($one, "CREATE EXTENSION williams; CREATE TABLE doc (id int PRIMARY KEY, $columns); CREATE INDEX ON doc (at); $create", 'data');
command_ok([ 'pg_dump', '--data-only', '-t', 'doc', '-f', "$dir/data.sql", $one->connstr('postgres') ], 'pg_dump of data');
value($one, q{SELECT williams_refresh_dashboard('doc_daily')}, 'data');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/data.sql", $one->connstr('data') ], 'restore of data');
isnt(is_exact($one, 'data restored', 'data'), '0', 'data restored: noted');

#
# Logical replication into a table with a dashboard
#
value($two, "CREATE TABLE doc (id int PRIMARY KEY, $columns); CREATE INDEX ON doc (at)");
value($two, $create);
value($two, q{SELECT williams_refresh_dashboard('doc_daily')});
value($one, 'CREATE PUBLICATION p FOR TABLE doc');
value($two, "CREATE SUBSCRIPTION s CONNECTION \$\$" . $one->connstr('postgres') . "\$\$ PUBLICATION p");
$two->wait_for_subscription_sync($one, 's');
isnt(is_exact($two, 'initial copy of a subscription'), '0', 'the copy is noted');
value($one, q{UPDATE doc SET at = at + interval '1 day' WHERE id % 9 = 1; DELETE FROM doc WHERE id % 9 = 2; INSERT INTO doc (id, at, type) VALUES (-1, '2026-12-01', 'new')});
$one->wait_for_catchup('s');
isnt(is_exact($two, 'changes that were replicated'), '0', 'they are noted');
value($one, q{TRUNCATE doc; INSERT INTO doc (id, at, type) VALUES (-1, '2026-12-01', 'new')});
$one->wait_for_catchup('s');
is(is_exact($two, 'TRUNCATE that was replicated'), '1', 'it is noted');
is(value($two, 'SELECT count(*) FROM doc_daily'), '1', 'nothing else is left');

#
# Another owner, and partitions that come later
#
value($one, "INSERT INTO doc $documents FROM generate_series(1, 300) AS i");
value($one, q{CREATE ROLE clerk; CREATE ROLE other; GRANT CREATE ON SCHEMA public TO clerk, other;
	DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER %s %s OWNER TO clerk', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass), '; ')
		FROM pg_class WHERE relname LIKE 'doc%' AND relkind IN ('r', 'v')); END $$});
isnt(is_exact($one, 'another owner'), '0', 'another owner: noted before');
value($one, q{SET ROLE clerk; UPDATE doc SET type = 'clerk' WHERE id = 5});
is(value($one, q{SET ROLE clerk; SELECT williams_refresh_dashboard('doc_daily')}), '2', 'the new owner refreshes');
value($one, q{REASSIGN OWNED BY clerk TO other; UPDATE doc SET type = 'other' WHERE id = 6});
my ($rc, $out, $err) = $one->psql('postgres', q{SET ROLE other; SELECT williams_refresh_dashboard('doc_daily')});
is("$out$err", '2', 'REASSIGN OWNED: no warning');
is_exact($one, 'REASSIGN OWNED');

value($one, qq{DROP TABLE doc CASCADE; DROP TABLE doc_daily, doc_daily_changes CASCADE; CREATE TABLE doc (id int, $columns) PARTITION BY RANGE (at);
	CREATE TABLE doc_1 PARTITION OF doc FOR VALUES FROM ('2026-10-01') TO ('2026-10-04')});
value($one, $create);
value($one, q{SELECT williams_refresh_dashboard('doc_daily')});
value($one, qq{CREATE TABLE doc_2 PARTITION OF doc FOR VALUES FROM ('2026-10-04') TO ('2026-10-05'); CREATE TABLE doc_3 (LIKE doc); ALTER TABLE doc ATTACH PARTITION doc_3 DEFAULT;
	INSERT INTO doc $documents FROM generate_series(1, 500) AS i; DELETE FROM doc_2 WHERE id % 2 = 1; INSERT INTO doc_3 $documents FROM generate_series(200, 230) AS i});
($rc, $out, $err) = $one->psql('postgres', q{SELECT williams_refresh_dashboard('doc_daily') > 0});
is("$out$err", 't', 'partitions that came later: no warning');
is(is_exact($one, 'partitions that came later'), '0', 'all was noted');
# what is kept when old rows go
value($one, q{DROP TABLE doc_1; SELECT williams_refresh_dashboard('doc_daily')});
isnt(value($one, q{SELECT sum(documents) FROM doc_daily WHERE day < '2026-10-03'}), '0', 'summaries of a partition that was dropped are kept');
value($one, q{SELECT williams_refresh_dashboard('doc_daily', true)});
is(value($one, q{SELECT count(*) FROM doc_daily WHERE day < '2026-10-03'}), '0', 'a refresh of everything forgets them');
value($one, q{SELECT williams_drop_dashboard('doc_daily'); DROP TABLE doc});

#
# Memory, in kB: of a million rows, in one statement, and of many days and types
#
SKIP:
{
	skip 'needs /proc', 3 unless -r '/proc/self/status';
	my $peak = sub {
		my ($setup, $statement) = @_;
		my $result = value($one, "$setup; SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+) kB'); $statement;
			SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+) kB')");
		my ($first, $last) = $result =~ /(\d+)\s.*?(\d+)$/s;
		return $last - $first;
	};
	value($one, q{CREATE TABLE doc (id int, created_at timestamptz, type text); SET client_min_messages = error; SELECT williams_create_dashboard('doc', document_type => 'type', time_zone => 'UTC')});
	value($one, q{SELECT williams_refresh_dashboard('doc_daily')});
	my $insert = sub { my ($n, $days) = @_; return "INSERT INTO doc SELECT i, timestamptz '2000-01-01' + i % $days * interval '1 day', 'type' || i % 3 FROM (SELECT generate_series(1, $n) AS i) AS s" };
	my $warm = $insert->(1000, 1000) . "; UPDATE doc SET id = id + 1";
	cmp_ok($peak->($warm, $insert->(1_000_000, 1000)), '<', 2048, 'INSERT of a million rows of 1,000 days');
	cmp_ok($peak->($warm, 'UPDATE doc SET id = -id'), '<', 2048, 'UPDATE of a million rows');
	is(value($one, q{SELECT williams_refresh_dashboard('doc_daily'), (SELECT count(DISTINCT (created_at AT TIME ZONE 'UTC', type)) FROM doc)}), '3000|3000', 'each of them noted');
	# more days and types than a transaction remembers
	cmp_ok($peak->($warm, "INSERT INTO doc SELECT i, timestamptz '2000-01-01' + i % 5000 * interval '1 day', 'type' || i FROM (SELECT generate_series(1, 200000) AS i) AS s"), '<', 8000, 'INSERT of 200,000 days and types');
	is(value($one, q{SELECT count(*) FROM (SELECT DISTINCT day, document_type FROM doc_daily_changes WHERE document_type > 'type2') AS d}),
		value($one, q{SELECT count(*) FROM (SELECT DISTINCT created_at, type FROM doc WHERE type > 'type2') AS d}), 'each of them noted');
}

done_testing();
