/*
 * summary.h
 *		What williams_scorecard and williams_calibration share: the forms of a
 *		summary, which is some words and a histogram (math/bins.h) with some
 *		more of them in each bin.
 *
 * A word has 8 bytes: a count, a part of an exact sum (math/exact.h) or a float8.
 * Dense, while aggregating and computing: a struct of the number of values,
 * the head's words, then those of every bin, in order; the first word of a bin
 * is its count. It is the aggregates' transition state, a base type of fixed
 * length. Stored: a varlena with the head's words and those of the bins that
 * are not empty. Text and wire form are the same for both. Each content has
 * one stored form, so that equal bytes are equal summaries.
 */
#ifndef WL_SUMMARY_H
#define WL_SUMMARY_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "math/bins.h"
#include "math/exact.h"

/* of the text, wire and stored form, apart from the extension's */
#define WL_SUMMARY_VERSION	1

typedef struct WlSummaryType
{
	const char *name;			/* of the SQL type */
	const char *head;			/* a letter each: i for an integer, f for
								 * float8 */
	int			entry;			/* words of a bin */
	bool		(*valid) (const void *dense);	/* the invariants */
} WlSummaryType;

/* Of the head's and the bins' words: words[0] is the number of values. */
#define WL_SUMMARY_WORDS(head, entry)	(1 + (head) + WL_BINS * (entry))

/*
 * The stored form. Its header may be a short one, so nothing here is aligned:
 * memcpy reads it. Integers of the entries have 7 bits a byte, low first.
 */
#define WL_STORED_HEAD	4		/* version, three zeros */
#define WL_STORED_MAP	(WL_BINS / 8 + 7)	/* four words of a bit a bin */

typedef struct WlStored
{
	const char *head;			/* its words */
	uint64		map[4];			/* bit 0 of word 0 is bin 0 */
	const uint8 *entries;		/* of the bins in the map, in order */
	const uint8 *end;
} WlStored;

extern Datum wl_summary_in(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_out(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_recv(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);
extern Datum wl_summary_send(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored);

/* The stored form of a dense one. */
extern Datum wl_summary_store(const WlSummaryType *type, const void *dense);

/* Begin to read a stored form; an impossible one is XX001. */
extern void wl_stored_open(WlStored *stored, const WlSummaryType *type, struct varlena *value);
pg_noreturn extern void wl_stored_corrupt(void);

/* All of it at once, into a dense one. */
extern void wl_summary_read(const WlSummaryType *type, Datum value, void *dense);

pg_noreturn extern void wl_summary_overflow(void);

/* A float8 as the shortest digits that read back; for JSON, null if isnull. */
extern void wl_append_float(StringInfo buf, double value);
extern void wl_append_json(StringInfo buf, const char *key, double value, bool isnull);
extern Datum wl_json_result(StringInfo buf);

/* bins, an argument: those of the result, which divide the 200 of a summary */
extern int	wl_bins_argument(FunctionCallInfo fcinfo, int argument);

/* Bounds of 0-based bin i of so many. */
static inline double
wl_bound(int i, int bins)
{
	return wl_bounds[i * (WL_BINS / bins)];
}

/* Reads an integer of any length at p; returns what is behind it. */
extern const uint8 *wl_stored_long(const uint8 *p, const uint8 *end, uint64 *value);

/*
 * The integer at *next, which moves behind it. Nearly all have one byte, and a
 * rollup reads millions of them.
 */
static inline uint64
wl_stored_integer(const uint8 **next, const uint8 *end)
{
	uint64		value;

	if (likely(*next < end && **next <= 0x7F))
		return *(*next)++;
	*next = wl_stored_long(*next, end, &value);
	return value;
}

/* The I/O functions of a type and of its state, wl_NAME_in and so on. */
#define WL_SUMMARY_IO_OF(name, type, stored) \
	PG_FUNCTION_INFO_V1(wl_##name##_in); \
	Datum wl_##name##_in(PG_FUNCTION_ARGS) { return wl_summary_in(fcinfo, &(type), stored); } \
	PG_FUNCTION_INFO_V1(wl_##name##_out); \
	Datum wl_##name##_out(PG_FUNCTION_ARGS) { return wl_summary_out(fcinfo, &(type), stored); } \
	PG_FUNCTION_INFO_V1(wl_##name##_recv); \
	Datum wl_##name##_recv(PG_FUNCTION_ARGS) { return wl_summary_recv(fcinfo, &(type), stored); } \
	PG_FUNCTION_INFO_V1(wl_##name##_send); \
	Datum wl_##name##_send(PG_FUNCTION_ARGS) { return wl_summary_send(fcinfo, &(type), stored); } \
	StaticAssertDecl(true, "takes the semicolon")

#define WL_SUMMARY_IO(name, type) \
	WL_SUMMARY_IO_OF(name, type, true); \
	WL_SUMMARY_IO_OF(name##_state, type, false)

/*
 * Comparisons and hashes of a stored type, wl_NAME_eq and so on. Equal bytes are
 * equal summaries, so that they are bytea's.
 */
#define WL_SUMMARY_BYTES(name, suffix, function) \
	PG_FUNCTION_INFO_V1(wl_##name##_##suffix); \
	Datum wl_##name##_##suffix(PG_FUNCTION_ARGS) { return function(fcinfo); } \
	StaticAssertDecl(true, "takes the semicolon")

#define WL_SUMMARY_ORDER(name) \
	WL_SUMMARY_BYTES(name, eq, byteaeq); \
	WL_SUMMARY_BYTES(name, ne, byteane); \
	WL_SUMMARY_BYTES(name, lt, bytealt); \
	WL_SUMMARY_BYTES(name, le, byteale); \
	WL_SUMMARY_BYTES(name, ge, byteage); \
	WL_SUMMARY_BYTES(name, gt, byteagt); \
	WL_SUMMARY_BYTES(name, cmp, byteacmp); \
	WL_SUMMARY_BYTES(name, sortsupport, bytea_sortsupport); \
	WL_SUMMARY_BYTES(name, hash, hashvarlena); \
	WL_SUMMARY_BYTES(name, hash_extended, hashvarlenaextended)

#endif							/* WL_SUMMARY_H */
