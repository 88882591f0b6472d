# The extension's catalogue entries as text, for comparing databases: one entry per
# object, with all columns of its rows, and names in place of OIDs.
package Catalogue;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(catalogue_of catalogue_diff);

# The objects are the extension's members and their parts: columns, defaults,
# constraints, indexes, policies, triggers, array types. TOAST tables and the triggers
# of foreign keys are left out, because their names contain OIDs.
my $query = <<'SQL';
SET client_min_messages = warning;
SET search_path = pg_catalog;

CREATE FUNCTION pg_temp.name_of(class regclass, object oid) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN object = 0 THEN '-' ELSE coalesce((pg_identify_object(class, object, 0)).identity, object::text) END $$;

-- A row as jsonb, with names for OIDs, without columns that differ between installations.
CREATE FUNCTION pg_temp.named(class regclass, r jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT r - ARRAY['oid', 'relfilenode', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid', 'reltoastrelid',
			'atthasmissing', 'attmissingval', 'objoid']
		- ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = class AND atttypid = 'pg_node_tree'::regtype)
		|| coalesce((
			SELECT jsonb_object_agg(fkcols[1], (
				SELECT coalesce(string_agg(pg_temp.name_of(pktable, o[1]::oid), ', ' ORDER BY n), '-')
				FROM regexp_matches(r->>fkcols[1], '\d+', 'g') WITH ORDINALITY AS m (o, n)))
			FROM pg_get_catalog_foreign_keys()
			WHERE fktable = class AND pkcols = '{oid}' AND fkcols[1] <> 'reltoastrelid' AND r->>fkcols[1] !~ '[a-z]'), '{}') $$;

CREATE FUNCTION pg_temp.rows_of(class regclass, condition text, object oid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT jsonb_agg(pg_temp.named(%L, to_jsonb(t))) FROM %s t WHERE %s', class, class, condition) INTO result USING object;
	RETURN result;
END $$;

WITH RECURSIVE object (class, id) AS (
	SELECT 'pg_extension'::regclass::oid, oid FROM pg_extension WHERE extname = 'williams'
	UNION
	SELECT d.classid, d.objid FROM object o JOIN pg_depend d ON d.refclassid = o.class AND d.refobjid = o.id
	WHERE d.deptype IN ('e', 'i', 'a') AND d.objid <> o.id
), named AS (
	SELECT class::regclass AS class, id, i.type, i.identity FROM object, pg_identify_object(class, id, 0) AS i
	WHERE i.schema IS DISTINCT FROM 'pg_toast'
		AND NOT EXISTS (SELECT FROM pg_trigger t WHERE class = 'pg_trigger'::regclass AND t.oid = id AND tgisinternal)
)
SELECT type || ' ' || identity || ': ' || concat_ws(' ',
	pg_temp.rows_of(class, 'oid = $1', id),
	obj_description(id, class::text),
	CASE class
		WHEN 'pg_proc'::regclass THEN (SELECT CASE prokind WHEN 'a' THEN pg_temp.rows_of('pg_aggregate', 'aggfnoid = $1', id)::text
			ELSE pg_get_functiondef(id) END FROM pg_proc WHERE oid = id)
		WHEN 'pg_class'::regclass THEN concat_ws(' ', pg_get_indexdef(id), pg_temp.rows_of('pg_index', 'indexrelid = $1', id),
			(SELECT pg_get_viewdef(id) FROM pg_class WHERE oid = id AND relkind = 'v'),
			(SELECT jsonb_agg(pg_temp.named('pg_attribute', to_jsonb(a)) || jsonb_build_object('comment', col_description(id, attnum)) ORDER BY attnum)
			 FROM pg_attribute a WHERE attrelid = id AND attnum > 0))
		WHEN 'pg_attrdef'::regclass THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = id)
		WHEN 'pg_constraint'::regclass THEN pg_get_constraintdef(id)
		WHEN 'pg_policy'::regclass THEN (SELECT concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy WHERE oid = id)
		WHEN 'pg_trigger'::regclass THEN pg_get_triggerdef(id)
	END,
	(SELECT jsonb_agg(pg_temp.named('pg_init_privs', to_jsonb(p)) ORDER BY objsubid) FROM pg_init_privs p WHERE objoid = id AND classoid = class))
FROM named ORDER BY class::text, identity COLLATE "C", type
SQL

sub catalogue_of
{
	my ($node, $db) = @_;

	# A definition may have several lines; 17.12 stores in attoptions when a column was created.
	my @objects = split /\0/, $node->safe_psql($db, "\\pset recordsep_zero\n$query");

	for (@objects)
	{
		s/\s+/ /g;
		s/"pg_attver=\d+"//g;
	}
	return @objects;
}

# The names of the objects that are missing or different in one of two catalogues.
sub catalogue_diff
{
	my ($one, $other) = @_;
	my %one = map { $_ => 1 } @$one;
	my %other = map { $_ => 1 } @$other;
	my %differ = map { /^(.*?): / => 1 } (grep { !$other{$_} } @$one), (grep { !$one{$_} } @$other);

	return sort keys %differ;
}

1;
