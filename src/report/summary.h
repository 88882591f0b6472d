/*
 * summary.h
 *		The common part of williams_scorecard and williams_calibration: forms,
 *		merging, aggregates, comparisons.
 *
 * A summary is a head of a few words and a histogram (math/bins.h) with one or
 * more words per bin. A word has 8 bytes: a count, part of an exact sum
 * (math/exact.h) or a float8.
 *
 * Dense form, for aggregating and computing: a struct of the number of values,
 * the head's words and the words of each bin, in order. It is the aggregates'
 * transition state, a base type of fixed length. Stored form: a varlena of the
 * head's words and the words of the bins that are not empty. Both have the same
 * text and wire form. Each content has exactly one stored form, so equal bytes
 * mean equal summaries.
 */
#ifndef WL_SUMMARY_H
#define WL_SUMMARY_H

#include "fmgr.h"
#include "port/pg_bitutils.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/state.h"
#include "base/stored.h"
#include "math/bins.h"
#include "math/exact.h"

/* The version of the three forms; it is independent of the extension's. */
#define WL_SUMMARY_VERSION	1

typedef struct WlSummaryType
{
	const char *name;			/* of the SQL type */
	const char *head;			/* a letter per word: i for an integer, f for
								 * a float8 */
	int			entry;			/* words per bin: counts, then an exact sum if
								 * words are left */
	int			counts;			/* the number of counts; the first of them is
								 * the number of values */
	bool		(*valid) (const void *dense);	/* the invariants */

	/*
	 * Adds another summary's head words. The other is not empty, and its bins
	 * may be uninitialized. The count is added afterwards.
	 */
	void		(*merge_head) (void *dense, const void *other);
} WlSummaryType;

/* The most words that any type's head and entry have. */
#define WL_HEAD_MAX		7
#define WL_ENTRY_MAX	4

/* The words of a dense summary; words[0] is the number of values. */
#define WL_SUMMARY_WORDS(head, entry)	(1 + (head) + WL_BINS * (entry))

/* The stored form, after its head (base/stored.h). Read the words with memcpy. */
#define WL_STORED_MAP	(WL_BINS / 8 + 7)	/* one bit per bin, in four words */

typedef struct WlStored
{
	const char *head;			/* the head's words */
	uint64		map[4];			/* bit 0 of word 0 is bin 0 */
	const uint8 *entries;		/* the words of the bins in the map, in order */
	const uint8 *end;
} WlStored;

/* The first bin of a dense summary. */
static inline uint64 *
wl_summary_bins(const WlSummaryType *type, const void *dense)
{
	return (uint64 *) dense + 1 + strlen(type->head);
}

extern Datum wl_summary_in(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_out(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_recv(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_send(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);

extern Datum wl_summary_combine(FunctionCallInfo fcinfo, const WlSummaryType *type);
extern Datum wl_summary_final(FunctionCallInfo fcinfo, const WlSummaryType *type);
extern Datum wl_summary_add(FunctionCallInfo fcinfo, const WlSummaryType *type);

/* Add another summary's count and head, unless it is empty; error 22003 on overflow. */
static inline void
wl_summary_merge_head(const WlSummaryType *type, uint64 *dense, const uint64 *other)
{
	if (other[0] == 0)
		return;
	if (other[0] > PG_INT64_MAX - dense[0])
		wl_refuse_overflow("count");
	type->merge_head(dense, other);
	dense[0] += other[0];
}

/* Read a stored summary into a dense one. */
extern void wl_summary_read(const WlSummaryType *type, Datum value, void *dense);

/* Begin to read a stored summary; error XX001 if it is damaged, 0A000 for another version. */
extern void wl_stored_open(WlStored *stored, const WlSummaryType *type, struct varlena *value);

/*
 * Add a stored summary's bins to those of a dense one; returns the number of
 * values in them. It is inlined so that, for a constant type, the compiler removes
 * the inner loops.
 */
static pg_attribute_always_inline uint64
wl_stored_add(const WlSummaryType *type, uint64 *bins, const WlStored *stored)
{
	const uint8 *next = stored->entries;
	const uint8 *end = stored->end;
	uint64		total = 0;
	uint64		seen = 0;

	for (int w = 0; w < lengthof(stored->map); w++)
		for (uint64 map = stored->map[w]; map != 0; map &= map - 1)
		{
			uint64		count = wl_stored_integer(&next, end);
			uint64	   *entry = bins + (w * 64 + pg_rightmost_one_pos64(map)) * type->entry;

			entry[0] += count;
			total += count;
			seen |= (count - 1) | total;
			for (int i = 1; i < type->counts; i++)
				entry[i] += wl_stored_integer(&next, end);
			if (type->entry > type->counts)
			{
				uint64		sum[WL_ENTRY_MAX];

				for (int i = type->counts; i < type->entry; i++)
					sum[i] = wl_stored_integer(&next, end);
				wl_exact_merge(entry + type->counts, sum + type->counts, type->entry - type->counts);
			}
		}
	if (next != end || seen > PG_INT64_MAX)
		wl_stored_corrupt();
	return total;
}

/* Add a stored summary to a dense one; error 22003 if the count overflows. */
static pg_attribute_always_inline void
wl_summary_merge_stored(const WlSummaryType *type, uint64 *dense, Datum value)
{
	struct varlena *detoasted = PG_DETOAST_DATUM_PACKED(value);
	WlStored	stored;
	uint64		other[WL_SUMMARY_WORDS(WL_HEAD_MAX, WL_ENTRY_MAX)]; /* bins not set */

	wl_stored_open(&stored, type, detoasted);
	memcpy(other + 1, stored.head, strlen(type->head) * sizeof(uint64));
	other[0] = wl_stored_add(type, wl_summary_bins(type, dense), &stored);
	wl_summary_merge_head(type, dense, other);
	Assert(type->valid(dense));
	if ((Pointer) detoasted != DatumGetPointer(value))
		pfree(detoasted);
}

/*
 * The transition function of williams_rollup: (state, summary). There may be
 * millions of summaries, so it adds the stored form directly to the state and
 * is compiled for each type.
 */
static pg_attribute_always_inline Datum
wl_summary_accum_rollup(FunctionCallInfo fcinfo, const WlSummaryType *type)
{
	uint64	   *dense = wl_state_writable(fcinfo, sizeof(uint64) * WL_SUMMARY_WORDS(strlen(type->head), type->entry));

	wl_summary_merge_stored(type, dense, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(dense);
}

/* Append a further member of a JSON object; its value is null if isnull. */
extern void wl_append_json(StringInfo buf, const char *key, double value, bool isnull);

/* The finished JSON text as jsonb. */
extern Datum wl_json_result(StringInfo buf);

/* The argument "bins": the number of bins of a result; error 22023 unless it divides 200. */
extern int	wl_bins_argument(FunctionCallInfo fcinfo, int argument);

/* The I/O functions of a type and of its state: wl_NAME_in, wl_NAME_state_in and so on. */
#define WL_SUMMARY_IO_OF(name, type, stored) \
	WL_SUMMARY_FUNCTION(name, in, wl_summary_in(fcinfo, &(type), stored)); \
	WL_SUMMARY_FUNCTION(name, out, wl_summary_out(fcinfo, &(type), stored)); \
	WL_SUMMARY_FUNCTION(name, recv, wl_summary_recv(fcinfo, &(type), stored)); \
	WL_SUMMARY_FUNCTION(name, send, wl_summary_send(fcinfo, &(type), stored))

#define WL_SUMMARY_IO(name, type) \
	WL_SUMMARY_IO_OF(name, type, true); \
	WL_SUMMARY_IO_OF(name##_state, type, false)

/* The functions that merge: wl_NAME_accum_rollup, wl_NAME_combine, wl_NAME_final, wl_NAME_add. */
#define WL_SUMMARY_MERGE(name, type) \
	WL_SUMMARY_FUNCTION(name, accum_rollup, wl_summary_accum_rollup(fcinfo, &(type))); \
	WL_SUMMARY_FUNCTION(name, combine, wl_summary_combine(fcinfo, &(type))); \
	WL_SUMMARY_FUNCTION(name, final, wl_summary_final(fcinfo, &(type))); \
	WL_SUMMARY_FUNCTION(name, add, wl_summary_add(fcinfo, &(type)))

#endif							/* WL_SUMMARY_H */
