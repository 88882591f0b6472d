/*
 * lookup.c
 *		Finds a profile by its name.
 *
 * williams_profile and williams_shipped_profile are read with the rights of the
 * current user and locked as by any query (ACCESS SHARE). The plan is kept for the
 * session.
 *
 * A name is looked up once for a snapshot, so once for a statement. The result is
 * kept in fn_mcxt, which can outlive the statement: PL/pgSQL keeps the state of simple
 * expressions for a transaction. So all results are forgotten if another snapshot
 * is active. Two snapshots show the same if they have the same bounds and the same
 * number of running transactions (between the same bounds transactions only end) and
 * no command of this subtransaction lies between them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/session.h"
#include "score/profile/profile.h"

/* Once they take more than this, all are forgotten: a column can have any number of names. */
#define MOST_KEPT	((Size) 16 * 1024 * 1024)

typedef struct Moment
{
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	CommandId	curcid;
	SubTransactionId subxact;
} Moment;

typedef struct Kept
{
	text	   *name;
	uint32		hash;
	char		status;			/* simplehash's own */
	WlFoundProfile found;
} Kept;

static inline bool
same_name(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

#define SH_PREFIX names
#define SH_ELEMENT_TYPE Kept
#define SH_KEY_TYPE text *
#define SH_KEY name
#define SH_HASH_KEY(table, key) \
	hash_bytes((const unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key))
#define SH_EQUAL(table, a, b) same_name(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, kept) (kept)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct WlProfileFinder
{
	Oid			function;
	bool		versions;
	MemoryContext context;		/* of names, and what it points to */
	names_hash *names;			/* NULL until the first name is looked up */
	Moment		moment;
};

WlProfileFinder *
wl_new_finder(FunctionCallInfo fcinfo, bool versions)
{
	WlProfileFinder *finder = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(WlProfileFinder));

	finder->function = fcinfo->flinfo->fn_oid;
	finder->versions = versions;
	finder->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "williams profiles",
											ALLOCSET_DEFAULT_SIZES);
	return finder;
}

static bool
is_now(const Moment *m)
{
	Snapshot	snapshot = GetActiveSnapshot();

	return m->xmin == snapshot->xmin && m->xmax == snapshot->xmax && m->xcnt == snapshot->xcnt &&
		m->subxcnt == snapshot->subxcnt && m->curcid == snapshot->curcid &&
		m->subxact == GetCurrentSubTransactionId();
}

static void
forget_all(WlProfileFinder *finder)
{
	Snapshot	snapshot = GetActiveSnapshot();

	finder->names = NULL;
	MemoryContextReset(finder->context);
	finder->names = names_create(finder->context, 16, NULL);
	finder->moment.xmin = snapshot->xmin;
	finder->moment.xmax = snapshot->xmax;
	finder->moment.xcnt = snapshot->xcnt;
	finder->moment.subxcnt = snapshot->subxcnt;
	finder->moment.curcid = snapshot->curcid;
	finder->moment.subxact = GetCurrentSubTransactionId();
}

/*
 * The rules of the profile of this name, or NULL if there is none; a user's own
 * come before shipped ones. The result is in SPI's memory. The caller has an object of
 * the extension in use, so the extension cannot be dropped meanwhile.
 */
static Jsonb *
find_rules(Oid function, text *name)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {PointerGetDatum(name)};
	Oid			schema = get_func_namespace(function);
	Oid			relations[] = {
		get_relname_relid("williams_profile", schema),
		get_relname_relid("williams_shipped_profile", schema)
	};
	const char *schema_name = quote_identifier(get_namespace_name(schema));
	const char *query = psprintf("SELECT coalesce("
								 "(SELECT rules FROM %s.williams_profile WHERE name OPERATOR(pg_catalog.=) $1), "
								 "(SELECT rules FROM %s.williams_shipped_profile WHERE name OPERATOR(pg_catalog.=) $1))",
								 schema_name, schema_name);
	Datum		rules;
	bool		isnull;

	if (wl_execute_kept(query, 1, types, values, NULL, true, relations, lengthof(relations)) != SPI_OK_SELECT)
		elog(ERROR, "the query for a profile failed");
	rules = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? NULL : DatumGetJsonbP(rules);
}

static WlFoundProfile
look_up(WlProfileFinder *finder, text *name)
{
	WlFoundProfile found = {0};
	Jsonb	   *rules;
	MemoryContext old;

	SPI_connect();
	rules = find_rules(finder->function, name);
	if (rules != NULL)
	{
		if (finder->versions)
			found.version = wl_version_of_rules(rules);
		old = MemoryContextSwitchTo(finder->context);
		found.profile = wl_parse_profile(rules);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return found;
}

static text *
copy_name(WlProfileFinder *finder, text *name)
{
	return memcpy(MemoryContextAlloc(finder->context, VARSIZE_ANY(name)), name, VARSIZE_ANY(name));
}

const WlFoundProfile *
wl_find_profile(WlProfileFinder *finder, text *name)
{
	Kept	   *kept = NULL;
	WlFoundProfile found;
	bool		exists;

	if (finder->names == NULL || !is_now(&finder->moment))
		forget_all(finder);
	else
		kept = names_lookup(finder->names, name);
	if (kept != NULL)
		return &kept->found;

	if (MemoryContextMemAllocated(finder->context, true) > MOST_KEPT)
		forget_all(finder);
	found = look_up(finder, name);
	kept = names_insert(finder->names, copy_name(finder, name), &exists);
	kept->found = found;
	return &kept->found;
}
