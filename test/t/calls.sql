--
-- Calls of everything that the extension provides, for all_hostile_schema.pl, generated
-- from the catalogue. Every name is qualified and every value has the declared type. A
-- call is NULL if calls.value does not know a value of a type.
--
CREATE SCHEMA calls;
GRANT USAGE ON SCHEMA calls TO PUBLIC;
CREATE VIEW calls.member AS
	SELECT classid, objid FROM pg_depend JOIN pg_extension e ON refclassid = 'pg_extension'::regclass AND refobjid = e.oid
	WHERE deptype = 'e' AND extname = 'williams';
CREATE FUNCTION calls.type(type oid) RETURNS text LANGUAGE sql AS $$
	SELECT format('%I.%I', nspname, typname) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
	WHERE t.oid = CASE WHEN type = '"any"'::regtype THEN 'text'::regtype ELSE type END $$;

-- a value for a parameter; those with a name here accept no other
CREATE FUNCTION calls.constant(type oid, parameter text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%L::%s', value, calls.type(type)) FROM (VALUES
		('{text,jsonb}'::regtype[], 'document', '{"document_annotation": {"a": 1}}'), ('{text}', 'engine', 'auto'), ('{text}', 'regime', 'balance'),
		('{text}', 'script', 'latin'), ('{jsonb}', 'rules', '{"fields": {"a": null}}'), ('{jsonb}', 'confidence', '{"a": 0.5}'),
		('{jsonb}', NULL, '{"a": "1"}'), ('{text[]}', NULL, '{a}'), ('{text,"\"any\""}', NULL, 'a'), ('{int8,int4}', NULL, '10'),
		('{float8}', NULL, '0.5'), ('{oid}', NULL, '10'), ('{boolean}', NULL, 'true')) AS v (types, name, value)
	WHERE type = ANY (types) AND (name IS NULL OR name = parameter) ORDER BY name IS NULL LIMIT 1 $$;
CREATE FUNCTION calls.value(type oid, parameter text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce(calls.constant(type, parameter),
		-- evidence that a model can be fitted to
		(SELECT format('%L::%s', '{"version": 1, "fields": {"a": {"none": {"0.5": [40, 20]}}}}', calls.type(type)) FROM pg_type WHERE oid = type AND typname = 'williams_evidence'),
		-- a state is its aggregate's initial value; a summary is an aggregate's result
		(SELECT format('%L::%s', min(agginitval), calls.type(type)) FROM pg_aggregate JOIN calls.member ON objid = aggfnoid WHERE aggtranstype = type HAVING count(*) > 0),
		(SELECT format('(SELECT %s)', calls.call(min(p.oid))) FROM pg_proc p JOIN calls.member ON objid = p.oid WHERE prokind = 'a' AND prorettype = type
			AND type <> ALL (proargtypes) HAVING count(*) > 0));
END $$;
CREATE FUNCTION calls.call(f oid) RETURNS text LANGUAGE sql AS $$
	SELECT format('%I.%I(%s)%s', nspname, proname, (SELECT string_agg(calls.value(t, proargnames[i]), ', ' ORDER BY i)
			FROM unnest(proargtypes) WITH ORDINALITY AS a (t, i)), CASE prokind WHEN 'w' THEN ' OVER ()' ELSE '' END)
	FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE pg_proc.oid = f $$;

-- functions without side effects, operators, casts and relations; types as text, in binary, sorted and hashed
CREATE FUNCTION calls.queries(directory text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('SELECT %s', calls.call(p.oid)) FROM pg_proc p JOIN calls.member ON classid = 'pg_proc'::regclass AND objid = p.oid
	WHERE NOT proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[] AND prorettype <> 'trigger'::regtype AND proparallel <> 'u'
	UNION ALL
	SELECT format('SELECT %s OPERATOR(%I.%s) %s', calls.value(oprleft, NULL), nspname, oprname, calls.value(oprright, NULL))
	FROM pg_operator o JOIN calls.member ON classid = 'pg_operator'::regclass AND objid = o.oid JOIN pg_namespace n ON n.oid = oprnamespace
	UNION ALL
	SELECT format('SELECT %s::%s', calls.value(castsource, NULL), calls.type(casttarget))
	FROM pg_cast c JOIN calls.member ON classid = 'pg_cast'::regclass AND objid = c.oid
	UNION ALL
	SELECT format(query, calls.value(t.oid, NULL), calls.type(t.oid), directory)
	FROM pg_type t JOIN calls.member ON classid = 'pg_type'::regclass AND objid = t.oid, unnest(ARRAY[
		'SELECT %1$s::pg_catalog.text::%2$s', 'CREATE TEMP TABLE value (v %2$s); INSERT INTO pg_temp.value VALUES (%1$s); COPY pg_temp.value TO ''%3$s/value'' (FORMAT binary); COPY pg_temp.value FROM ''%3$s/value'' (FORMAT binary); ANALYZE pg_temp.value; DROP TABLE pg_temp.value',
		CASE WHEN EXISTS (SELECT FROM pg_opclass WHERE opcintype = t.oid) THEN 'SELECT DISTINCT v FROM (VALUES (%1$s), (%1$s)) AS v (v) ORDER BY v' END]) AS query
	WHERE typtype = 'b' AND typcategory <> 'A' AND query IS NOT NULL
	UNION ALL
	SELECT format('SELECT * FROM %I.%I', nspname, relname)
	FROM pg_class c JOIN calls.member ON classid = 'pg_class'::regclass AND objid = c.oid JOIN pg_namespace n ON n.oid = relnamespace
$$;
