/*
 * cache.c
 *		A query's parsed rules.
 *
 * Rules that are an argument are parsed once for a query, not for each row: the last
 * few are found again by their bytes.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "score/profile/profile.h"

/* How many different rules a query can alternate between without parsing them again. */
#define CACHE_SIZE	8

typedef struct CachedRules
{
	struct varlena *bytes;		/* as they came: short, compressed or plain */
	WlProfile  *profile;
	MemoryContext context;
} CachedRules;

struct WlRulesCache
{
	int			used;
	int			next;			/* the entry to be replaced next */
	CachedRules rules[CACHE_SIZE];
};

const WlProfile *
wl_cached_profile(FunctionCallInfo fcinfo, WlRulesCache **cache, struct varlena *rules)
{
	Size		size = VARSIZE_ANY(rules);
	WlRulesCache *c = *cache;
	CachedRules *entry;
	CachedRules parsed;
	MemoryContext old;

	if (c == NULL)
		*cache = c = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(WlRulesCache));
	/* A value stored out of line is known by its content only. */
	if (VARATT_IS_EXTERNAL(rules))
	{
		rules = (struct varlena *) PG_DETOAST_DATUM(PointerGetDatum(rules));
		size = VARSIZE(rules);
	}
	for (int i = 0; i < c->used; i++)
	{
		entry = &c->rules[i];
		if (VARSIZE_ANY(entry->bytes) == size && memcmp(entry->bytes, rules, size) == 0)
			return entry->profile;
	}

	parsed.context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "williams rules",
										   ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(parsed.context);
	parsed.bytes = memcpy(palloc(size), rules, size);
	parsed.profile = wl_parse_profile((Jsonb *) PG_DETOAST_DATUM(PointerGetDatum(parsed.bytes)));
	MemoryContextSwitchTo(old);
	entry = &c->rules[c->next];
	if (c->used < CACHE_SIZE)
		c->used++;
	else
		MemoryContextDelete(entry->context);
	*entry = parsed;
	c->next = (c->next + 1) % CACHE_SIZE;
	return parsed.profile;
}
