/*
 * evidence.c
 *		Evidence in memory and its flat form; see evidence.h.
 *
 * Flat form: version, three zeros; for each field, in jsonb's order of keys, the
 * length of its name and the name, a map of its cells (9 bytes, bit 0 of the first
 * is cell 0), and seen and right of each cell in the map. Lengths and counts are
 * packed integers (base/stored.h). 200 fields whose values all have a format take
 * about 50 kB for a million documents.
 *
 * In memory, the bins of an outcome are allocated when it is first seen: most fields
 * have either no format, or one that matches.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/memnodes.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "base/check.h"
#include "base/stored.h"
#include "score/evidence/evidence.h"

#define MAP_BYTES	((WL_CELLS + 7) / 8)

const char *const wl_outcome_names[WL_OUTCOMES] = {"none", "passed", "failed"};

bool
wl_evidence_is_valid(const WlEvidence *e)
{
	uint64		count = 0;

	if (e->nfields > WL_EVIDENCE_FIELDS)
		return false;
	for (int i = 0; i < e->nfields; i++)
	{
		const WlEvidenceField *field = &e->fields[i];
		bool		empty = true;

		if (i > 0 && wl_compare_keys(&field[-1].name, &field->name) >= 0)
			return false;
		for (int c = 0; c < WL_CELLS; c++)
		{
			const WlCell *cell = wl_evidence_cell(field, c);

			if (cell == NULL)
				continue;
			if (cell->right > cell->seen || cell->seen > PG_INT64_MAX - count)
				return false;
			count += cell->seen;
			empty = false;
		}
		if (empty)
			return false;
	}
	return count == e->count;
}

/*
 * The flat form
 */

static Size
integer_size(uint64 value)
{
	Size		size = 1;

	for (; value > 0x7F; value >>= 7)
		size++;
	return size;
}

static Size
get_flat_size(ExpandedObjectHeader *hdr)
{
	const WlEvidence *e = (const WlEvidence *) hdr;
	Size		size = VARHDRSZ + WL_STORED_HEAD;

	for (int i = 0; i < e->nfields; i++)
	{
		const WlEvidenceField *field = &e->fields[i];

		CHECK_FOR_INTERRUPTS();
		size += integer_size(field->name.length) + field->name.length + MAP_BYTES;
		for (int c = 0; c < WL_CELLS; c++)
		{
			const WlCell *cell = wl_evidence_cell(field, c);

			if (cell != NULL)
				size += integer_size(cell->seen) + integer_size(cell->right);
		}
	}
	return size;
}

static void
flatten_into(ExpandedObjectHeader *hdr, void *result, Size size)
{
	const WlEvidence *e = (const WlEvidence *) hdr;
	uint8	   *p = wl_stored_put_head((uint8 *) VARDATA(result), WL_EVIDENCE_VERSION);

	for (int i = 0; i < e->nfields; i++)
	{
		const WlEvidenceField *field = &e->fields[i];
		uint8	   *map;

		CHECK_FOR_INTERRUPTS();
		p = wl_stored_put(p, field->name.length);
		memcpy(p, field->name.name, field->name.length);
		map = p + field->name.length;
		memset(map, 0, MAP_BYTES);
		p = map + MAP_BYTES;
		for (int c = 0; c < WL_CELLS; c++)
		{
			const WlCell *cell = wl_evidence_cell(field, c);

			if (cell == NULL)
				continue;
			map[c / 8] |= 1 << (c % 8);
			p = wl_stored_put(p, cell->seen);
			p = wl_stored_put(p, cell->right);
		}
	}
	Assert(p == (uint8 *) result + size);
	SET_VARSIZE(result, size);
}

static const ExpandedObjectMethods methods = {get_flat_size, flatten_into};

Datum
wl_flat_evidence(WlEvidence *e)
{
	Size		size = get_flat_size(&e->hdr);
	void	   *flat = palloc(size);

	Assert(wl_evidence_is_valid(e));
	flatten_into(&e->hdr, flat, size);
	return PointerGetDatum(flat);
}

/*
 * In memory
 */

static WlEvidence *
evidence_in(MemoryContext context)
{
	WlEvidence *e = MemoryContextAllocZero(context, sizeof(WlEvidence));

	EOH_init_header(&e->hdr, &methods, context);
	return e;
}

WlEvidence *
wl_new_evidence(void)
{
	return evidence_in(AllocSetContextCreate(CurrentMemoryContext, "williams evidence",
											 ALLOCSET_SMALL_SIZES));
}

/*
 * The context of all evidence that aggregates in one context have as states.
 * PostgreSQL adopts an expanded object in any child of the aggregates' context. One
 * child for each state would be in the way of many groups: to know how much memory
 * it uses, a hash aggregate adds up all children whenever a group is new. Nothing
 * deletes a state on its own, because a state is never replaced by another.
 */
static MemoryContext
state_context(MemoryContext aggregates)
{
	static const char *const name = "williams evidence states";

	for (MemoryContext child = aggregates->firstchild; child != NULL; child = child->nextchild)
		if (strcmp(child->name, name) == 0)
			return child;
	return AllocSetContextCreate(aggregates, "williams evidence states", ALLOCSET_DEFAULT_SIZES);
}

/* Evidence that is the datum itself, or NULL if the datum is flat. */
static WlEvidence *
expanded_evidence(Datum value)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	return (WlEvidence *) DatumGetEOHP(value);
}

const WlEvidence *
wl_evidence_argument(FunctionCallInfo fcinfo, int argument)
{
	Datum		value = PG_GETARG_DATUM(argument);
	WlEvidence *e = expanded_evidence(value);

	if (e == NULL)
	{
		e = wl_new_evidence();
		wl_merge_evidence(e, value);
	}
	return e;
}

WlEvidence *
wl_evidence_writable(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	bool		aggregate = AggCheckCallContext(fcinfo, &context) != 0;
	WlEvidence *e;

	if (aggregate && !PG_ARGISNULL(0) &&
		VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return expanded_evidence(PG_GETARG_DATUM(0));
	e = aggregate ? evidence_in(state_context(context)) : wl_new_evidence();
	if (!PG_ARGISNULL(0))
		wl_merge_evidence(e, PG_GETARG_DATUM(0));
	return e;
}

Datum
wl_evidence_result(FunctionCallInfo fcinfo, WlEvidence *e)
{
	if (AggCheckCallContext(fcinfo, NULL))
		return EOHPGetRWDatum(&e->hdr);
	return wl_flat_evidence(e);
}

int
wl_find_evidence_field(WlEvidence *e, const WlName *name)
{
	int			low = 0;
	int			high = e->nfields;
	WlEvidenceField *field;
	char	   *copy;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = wl_compare_keys(&e->fields[middle].name, name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (e->nfields == WL_EVIDENCE_FIELDS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("evidence cannot have more than %d fields", WL_EVIDENCE_FIELDS)));
	if (e->nfields == e->room)
	{
		int			room = Max(2 * e->room, 16);
		Size		size = room * sizeof(WlEvidenceField);

		e->fields = e->fields == NULL ? MemoryContextAlloc(e->hdr.eoh_context, size) :
			repalloc(e->fields, size);
		e->room = room;
	}
	copy = MemoryContextAlloc(e->hdr.eoh_context, name->length + 1);
	memcpy(copy, name->name, name->length);
	copy[name->length] = '\0';
	field = &e->fields[low];
	memmove(field + 1, field, (e->nfields - low) * sizeof(WlEvidenceField));
	memset(field, 0, sizeof(*field));
	field->name.name = copy;
	field->name.length = name->length;
	e->nfields++;
	return low;
}

void
wl_add_evidence(WlEvidence *e, int field, int cell, uint64 seen, uint64 right)
{
	WlCell	  **bins = &e->fields[field].outcomes[cell / WL_EVIDENCE_BINS];
	WlCell	   *added;

	if (unlikely(seen > PG_INT64_MAX - e->count))
		wl_refuse_overflow("count");
	if (unlikely(*bins == NULL))
		*bins = MemoryContextAllocZero(e->hdr.eoh_context, WL_EVIDENCE_BINS * sizeof(WlCell));
	added = &(*bins)[cell % WL_EVIDENCE_BINS];
	added->seen += seen;
	added->right += right;
	e->count += seen;
}

/* Add the cells of a field, which begin with their map. Returns what follows them. */
static const uint8 *
merge_cells(WlEvidence *e, int field, const uint8 *p, const uint8 *end)
{
	const uint8 *map = p;
	bool		empty = true;

	if (end - p < MAP_BYTES || map[MAP_BYTES - 1] >> (WL_CELLS - 8 * (MAP_BYTES - 1)) != 0)
		wl_stored_corrupt();
	p += MAP_BYTES;
	for (int i = 0; i < MAP_BYTES; i++)
		for (int bits = map[i]; bits != 0; bits &= bits - 1)
		{
			uint64		seen = wl_stored_integer(&p, end);
			uint64		right = wl_stored_integer(&p, end);

			if (seen == 0 || seen > PG_INT64_MAX || right > seen)
				wl_stored_corrupt();
			wl_add_evidence(e, field, 8 * i + pg_rightmost_one_pos32(bits), seen, right);
			empty = false;
		}
	if (empty)
		wl_stored_corrupt();
	return p;
}

void
wl_merge_evidence(WlEvidence *e, Datum value)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);
	const uint8 *end;
	const uint8 *p = wl_stored_begin(flat, WL_EVIDENCE_VERSION, &end);
	WlName		previous = {NULL, 0};
	int			field = 0;

	while (p < end)
	{
		uint64		length = wl_stored_integer(&p, end);
		WlName		name;

		CHECK_FOR_INTERRUPTS();
		if (length > end - p)
			wl_stored_corrupt();
		name.name = (const char *) p;
		name.length = length;
		if (previous.name != NULL && wl_compare_keys(&previous, &name) >= 0)
			wl_stored_corrupt();
		previous = name;
		/* two of the same profile have the same fields, one after the other */
		field = wl_evidence_field(e, &name, field);
		p = merge_cells(e, field++, p + length, end);
	}
	Assert(wl_evidence_is_valid(e));
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
}
