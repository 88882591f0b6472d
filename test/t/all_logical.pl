# Logical replication FOR ALL TABLES, including the extension's, between two servers
# that are both publisher and subscriber: users' profiles are replicated, summaries
# can be found by REPLICA IDENTITY FULL, and scores arrive unchanged.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib $FindBin::RealBin;
use Needs;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tasks;

my $conf = qq{
max_worker_processes = 20
max_logical_replication_workers = 16
wal_retrieve_retry_interval = 100ms
};
my $one = new_node('one', $conf, allows_streaming => 'logical');
my $two = new_node('two', $conf, allows_streaming => 'logical');

# Publish a database. Subscribe one of the other server, which names the subscription.
sub publish
{
	my ($from, $db) = @_;

	$from->safe_psql($db, "CREATE PUBLICATION $db FOR ALL TABLES");
	return;
}

sub subscribe
{
	my ($to, $from, $db, $into, $options) = @_;

	$to->safe_psql($into, "CREATE SUBSCRIPTION $into CONNECTION \$\$" . $from->connstr($db) . "\$\$ PUBLICATION $db WITH ($options)");
	return;
}

# Once changes have arrived, a query returns the same on both servers.
sub same
{
	my ($to, $from, $db, $query, $what) = @_;

	$from->wait_for_catchup($db);
	my $answer = $from->safe_psql($db, $query);
	isnt($answer, '', "$what: not empty");
	is($to->safe_psql($db, $query), $answer, "$what: the same on the subscriber");
	return;
}

# Users' tables: scored rows; rows that the subscriber scores itself; summaries without
# a key, also with indexes, which PostgreSQL uses to find rows from version 16 on.
my $tables = q{
	CREATE TABLE scan (id int PRIMARY KEY, fields jsonb, confidence float8, review text[], num_fields int);
	CREATE TABLE rescored (LIKE scan INCLUDING ALL);
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION
		williams_score_ocr('fields=fields', 'profile=invoice', 'confidence=confidence', 'review=review', 'num_fields=num_fields');
	CREATE TRIGGER score BEFORE INSERT OR UPDATE ON rescored FOR EACH ROW EXECUTE FUNCTION
		williams_score_ocr('fields=fields', 'profile=diploma', 'confidence=confidence', 'num_fields=num_fields');
	CREATE TABLE day (note text, card williams_scorecard, seen williams_calibration, found williams_evidence);
	CREATE TABLE day_by_card (LIKE day);
	CREATE TABLE day_by_seen (LIKE day);
	CREATE INDEX ON day_by_card (card);
	CREATE INDEX ON day_by_seen USING hash (seen);
	ALTER TABLE day REPLICA IDENTITY FULL;
	ALTER TABLE day_by_card REPLICA IDENTITY FULL;
	ALTER TABLE day_by_seen REPLICA IDENTITY FULL;
};

# Insert rows first to last; every tenth calibration is stored out of line.
sub fill
{
	my ($node, $db, $first, $last) = @_;

	$node->safe_psql(
		$db, qq{
		INSERT INTO scan (id, fields) SELECT i, jsonb_build_object('total', i / 7.0, 'due', CASE WHEN i % 3 > 0 THEN '2026-01-01' END)
			FROM generate_series($first, $last) AS i;
		INSERT INTO rescored (id, fields) SELECT id, '{"grade": "8", "country": "NL"}' FROM scan WHERE id BETWEEN $first AND $last;
		INSERT INTO day SELECT 'day ' || i % 2, williams_scorecard_agg(sqrt(k / 20001.0)), williams_calibration_agg(sqrt(k / 20001.0), k % 3 > 0),
				williams_evidence_agg(jsonb_build_object('total', k), '{"fields": {"total": "number"}}', NULL, jsonb_build_object('total', k - k % 2))
			FROM generate_series($first, $last) AS i, LATERAL generate_series(1, CASE WHEN i % 10 = 0 THEN 20000 ELSE i / 2 END) AS k GROUP BY i;
		INSERT INTO day_by_card TABLE day;
		INSERT INTO day_by_seen TABLE day;
	});
	return;
}

my $scans = 'SELECT * FROM scan ORDER BY id';
my $days = join ' UNION ALL ', map { "SELECT '$_', note, card::text, seen::text, found::text FROM $_" } qw(day day_by_card day_by_seen);
$days = "SELECT * FROM ($days) AS v ORDER BY 1, 2, 3, 4, 5";
my $profiles = "SELECT * FROM williams_profile WHERE name <> 'diploma' ORDER BY name";

# Rows written before and after the subscription are replicated.
sub replicate
{
	my ($to, $from, $db, $options) = @_;

	$from->safe_psql($db, q{INSERT INTO williams_profile VALUES ('invoice', '{"fields": {"total": "number", "due": "date"}}')});
	fill($from, $db, 1, 30);
	# a clerk's decision, which differs from the score
	$from->safe_psql($db, 'UPDATE scan SET confidence = 0.125, review = NULL WHERE id = 3');
	# the subscriber has its own rules, and scores arriving rows
	$to->safe_psql(
		$db, q{
		INSERT INTO williams_profile VALUES ('diploma', '{"fields": {"grade": "number"}}');
		ALTER TABLE rescored ENABLE ALWAYS TRIGGER score;
	});
	subscribe($to, $from, $db, $db, $options);
	$to->wait_for_subscription_sync($from, $db, $db);
	same($to, $from, $db, $profiles, "$db, profiles at first");
	same($to, $from, $db, $scans, "$db, scores at first");
	same($to, $from, $db, $days, "$db, summaries at first");

	fill($from, $db, 31, 60);
	$from->safe_psql(
		$db, q{
		UPDATE scan SET confidence = 0.25, review = NULL WHERE id = 33;
		UPDATE scan SET fields = fields || '{"total": 12}' WHERE id % 5 = 0;
		DELETE FROM scan WHERE id % 7 = 0;
		UPDATE williams_profile SET rules = jsonb_set(rules, '{threshold}', '0.9') WHERE name = 'invoice';
		INSERT INTO williams_profile VALUES ('letter', '{"fields": {"to": null}}'), ('gone', '{"fields": {"to": null}}');
		DELETE FROM williams_profile WHERE name = 'gone';
	});
	for my $table (qw(day day_by_card day_by_seen))
	{
		$from->safe_psql(
			$db, qq{
			UPDATE $table SET card = card + card, seen = seen + seen, found = found + found WHERE note = 'day 1';
			UPDATE $table SET note = 'seen' WHERE williams_count(seen) > 20000;
			DELETE FROM $table WHERE williams_count(card) IN (2, 3, 4, 20000);
			UPDATE $table SET card = NULL, seen = NULL WHERE note = 'seen';
		});
	}
	same($to, $from, $db, $scans, "$db, scores");
	same($to, $from, $db, $days, "$db, summaries");
	same($to, $from, $db, $profiles, "$db, profiles");
	is($from->safe_psql($db, 'SELECT count(*), sum(num_fields) FROM rescored'), '60|120', "$db: two fields by the publisher's rules");
	is($to->safe_psql($db, 'SELECT count(*), sum(num_fields) FROM rescored'), '60|60', "$db: one field by the subscriber's rules, whose trigger is enabled ALWAYS");

	$from->safe_psql($db, 'TRUNCATE williams_profile');
	$from->wait_for_catchup($db);
	is($to->safe_psql($db, 'SELECT count(*) FROM williams_profile'), '0', "$db: TRUNCATE of profiles is replicated");
	return;
}

# The subscriber's database is created by the same statements.
for my $node ($one, $two)
{
	$node->safe_psql('postgres', 'CREATE DATABASE north');
	$node->safe_psql('north', "CREATE EXTENSION williams; $tables");
}
publish($one, 'north');
is($one->safe_psql('north', q{SELECT string_agg(tablename, ' ' ORDER BY tablename COLLATE "C") FROM pg_publication_tables WHERE tablename LIKE 'williams%'}),
	'williams_batch williams_profile williams_task williams_task_history', "FOR ALL TABLES includes the extension's tables, but not the shipped profiles");
replicate($two, $one, 'north', 'copy_data = true');

# At the same time in the other direction, in binary format, into a database that
# pg_dump created from the publisher's.
$_->safe_psql('postgres', 'CREATE DATABASE south') for $two, $one;
$two->safe_psql('south', "CREATE EXTENSION williams; $tables");
my $dump = $two->backup_dir . '/south.sql';
mkdir $two->backup_dir;
$two->command_ok([ 'pg_dump', '--schema-only', '--no-publications', '-f', $dump, '-d', $two->connstr('south') ], 'pg_dump, schema only');
$one->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, '-d', $one->connstr('south') ], 'restored on the other server');
publish($two, 'south');
replicate($one, $two, 'south', 'binary = true');

# The extension is created in databases that already replicate, first in the publisher's.
for my $node ($one, $two)
{
	$node->safe_psql('postgres', 'CREATE DATABASE later');
	$node->safe_psql('later', 'CREATE TABLE letter (id int PRIMARY KEY)');
}
publish($one, 'later');
subscribe($two, $one, 'later', 'later', 'copy_data = true');
$two->wait_for_subscription_sync($one, 'later', 'later');
$one->safe_psql(
	'later', q{
	CREATE EXTENSION williams;
	INSERT INTO williams_profile VALUES ('invoice', '{"fields": {"total": "number"}}');
	INSERT INTO letter VALUES (1);
});
$two->safe_psql('later', 'CREATE EXTENSION williams');
$two->safe_psql('later', 'ALTER SUBSCRIPTION later REFRESH PUBLICATION');
$two->wait_for_subscription_sync($one, 'later', 'later');
same($two, $one, 'later', $profiles, 'later, profiles');
same($two, $one, 'later', 'TABLE letter', 'later, a table that existed before');

# Tasks are local to a server: their owner need not exist on the other one.
my $pages = 'CREATE TABLE page (id int PRIMARY KEY, seen int)';
$two->safe_psql('later', $pages);
$two->safe_psql('postgres', 'CREATE DATABASE latest');
$two->safe_psql('latest', "CREATE EXTENSION williams; CREATE TABLE letter (id int PRIMARY KEY); CREATE TABLE own (id int); $pages");
$one->safe_psql(
	'later', qq{
	CREATE ROLE clerk;
	GRANT CREATE ON SCHEMA public TO clerk;
	SET ROLE clerk;
	$pages;
	INSERT INTO page SELECT i, 0 FROM generate_series(1, 100) AS i;
	SELECT williams_create_task('pages', 'page', 'UPDATE page SET seen = seen + 1 WHERE id BETWEEN \$1 AND \$2', 1, max_items => 20);
	SELECT williams_run_batch('pages') FROM generate_series(1, 3);
});
$one->safe_psql('later', 'INSERT INTO letter VALUES (2)');
# the superuser has the same OID on both servers, and a task of the same name on each
my $own = q{CREATE TABLE own AS SELECT generate_series(1, 10) AS id; SELECT williams_create_task('own', 'own', 'SELECT $1, $2', 1, key_column => 'id', max_items => %s)};
$two->safe_psql('later', sprintf $own, 5);
$one->safe_psql('later', sprintf($own, 1) . q{; CALL williams_run('own')});
# and a database that subscribes while there is a task
subscribe($two, $one, 'later', 'latest', 'copy_data = true');
ok($two->poll_query_until('later', 'SELECT count(*) = 2 FROM letter'), 'replication continues while there is a task');
ok($two->poll_query_until('latest', q{SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel}), 'and can begin');
$one->safe_psql(
	'later', q{
	SET ROLE clerk;
	SELECT williams_run_batch('pages');
	SELECT williams_stop('pages');
	SET client_min_messages = error;
	CALL williams_run('pages');
	SELECT williams_drop_task('pages');
	RESET ROLE;
	SELECT williams_drop_task('own');
	INSERT INTO letter VALUES (3);
});
for my $db ('later', 'latest')
{
	ok($two->poll_query_until($db, 'SELECT count(*) = 3 FROM letter'), "$db: it continues after the task is dropped");
	is($two->safe_psql($db, 'SELECT (SELECT string_agg(name, chr(32)) FROM williams_task), (SELECT count(*) FROM williams_batch), (SELECT count(*) FROM williams_task_history)'),
		$db eq 'later' ? 'own|2|0' : '|0|0', "$db: no task is replicated");
}
is($two->safe_psql('later', q{SELECT state FROM williams_progress}), 'pending', 'and a task of the same name is not changed');
is($two->safe_psql('later', q{SELECT count(williams_run_batch('own')) FROM generate_series(1, 3)}), '2', 'it can still be run');

$_->stop for $two, $one;
done_testing();
