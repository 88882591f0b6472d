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
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/session.h"
#include "score/profile/profile.h"

/* How many names are kept: a column can have any number of them. */
#define NAMES_KEPT	64

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
	WlFoundProfile found;
} Kept;

struct WlProfileFinder
{
	Oid			function;
	bool		versions;
	MemoryContext context;		/* of what kept[] points to */
	Moment		moment;
	int			n;
	int			last;			/* the index of the name found last */
	Kept		kept[NAMES_KEPT];
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

	MemoryContextReset(finder->context);
	finder->n = 0;
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

static void
look_up(WlProfileFinder *finder, Kept *kept, text *name)
{
	Jsonb	   *rules;
	MemoryContext old;

	SPI_connect();
	rules = find_rules(finder->function, name);
	old = MemoryContextSwitchTo(finder->context);
	kept->name = (text *) PG_DETOAST_DATUM_COPY(PointerGetDatum(name));
	kept->found.profile = rules == NULL ? NULL : wl_parse_profile(rules);
	kept->found.version = rules == NULL || !finder->versions ? 0 : wl_version_of_rules(rules);
	MemoryContextSwitchTo(old);
	SPI_finish();
}

static bool
has_name(const Kept *kept, const text *name)
{
	return VARSIZE_ANY_EXHDR(kept->name) == VARSIZE_ANY_EXHDR(name) &&
		memcmp(VARDATA_ANY(kept->name), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0;
}

const WlFoundProfile *
wl_find_profile(WlProfileFinder *finder, text *name)
{
	if (finder->n > 0 && !is_now(&finder->moment))
		finder->n = 0;
	if (finder->n > 0 && has_name(&finder->kept[finder->last], name))
		return &finder->kept[finder->last].found;
	for (finder->last = 0; finder->last < finder->n; finder->last++)
		if (has_name(&finder->kept[finder->last], name))
			return &finder->kept[finder->last].found;

	if (finder->n == 0 || finder->n == NAMES_KEPT)
		forget_all(finder);
	finder->last = 0;			/* look_up may fail */
	look_up(finder, &finder->kept[finder->n], name);
	finder->last = finder->n++;
	return &finder->kept[finder->last].found;
}
