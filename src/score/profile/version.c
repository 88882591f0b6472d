/*
 * version.c
 *		williams_rules_version: which version of its rules scored a row.
 *
 * The version is a hash of the text of the rules, so it is the same after a dump
 * and restore and on every platform, but not in another encoding, which also decides
 * the order of keys. 0 is no version: it stands for a row that was scored without
 * rules.
 */
#include "postgres.h"

#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "score/profile/profile.h"

/* The first 8 bytes of the text's SHA-256, big end first. */
int64
wl_version_of_rules(Jsonb *rules)
{
	char	   *string = JsonbToCString(NULL, &rules->root, VARSIZE(rules));
	bytea	   *hash = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea,
														   PointerGetDatum(cstring_to_text(string))));
	uint64		version;

	memcpy(&version, VARDATA_ANY(hash), sizeof(version));
	version = pg_ntoh64(version);
	return version == 0 ? 1 : (int64) version;
}

PG_FUNCTION_INFO_V1(wl_rules_version);
Datum
wl_rules_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(wl_version_of_rules(PG_GETARG_JSONB_P(0)));
}
