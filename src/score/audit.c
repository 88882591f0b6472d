/*
 * audit.c
 *		williams_audit: chooses documents that a person checks although they would be
 *		accepted.
 *
 * The choice is a hash of a key, so it is the same each time. What a rate chooses, a
 * higher rate chooses too. The start of a key is hashed: the text of a document may be
 * longer than any string can be.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "score/score.h"

/* Other hashes of the same keys, such as those of hash partitions, do not predict the choice. */
#define AUDIT_SEED	UINT64CONST(0x77696C6C69616D73)

/* Less than WL_CONTAINER_TEXT, which can end within a character. */
#define KEY_HASHED	1000000

bool
wl_is_audited(const char *key, Size length, double rate)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) key, Min(length, KEY_HASHED), AUDIT_SEED);

	/* 53 bits, as many as a double has */
	return (double) (hash >> 11) < rate * (double) (UINT64CONST(1) << 53);
}

/* No reason but an audit. */
static inline bool
is_accepted(const WlFieldScore *field)
{
	return (field->reasons & ~WL_REASON_BIT(WL_REASON_AUDIT)) == 0;
}

void
wl_audit_document(WlDocumentScore *document, bool audit)
{
	for (int i = 0; i < document->nfields; i++)
		if (is_accepted(&document->fields[i]))
			document->fields[i].reasons = audit ? WL_REASON_BIT(WL_REASON_AUDIT) : 0;
}

void
wl_mark_accepted(WlDocumentScore *document)
{
	for (int i = 0; i < document->nfields; i++)
		document->fields[i].accepted = is_accepted(&document->fields[i]);
}

PG_FUNCTION_INFO_V1(wl_audit);
Datum
wl_audit(PG_FUNCTION_ARGS)
{
	text	   *key = PG_GETARG_TEXT_PP(0);
	double		rate = PG_GETARG_FLOAT8(1);

	wl_check_fraction(rate, "rate");
	PG_RETURN_BOOL(wl_is_audited(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), rate));
}
