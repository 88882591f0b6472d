/*
 * stored.h
 *		What the stored forms of summaries have in common: a version, packed integers,
 *		comparison by bytes.
 *
 * A stored form begins with a version and three zeros. Its varlena header may be
 * short, so nothing in it is aligned. An integer is stored in 7 bits per byte, low
 * bits first. A value has passed the checks of its type, so what reads it checks
 * its framing only, as memory safety requires.
 */
#ifndef WL_STORED_H
#define WL_STORED_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"

#define WL_STORED_HEAD	4		/* version, three zeros */

/* The most bytes that an integer takes. */
#define WL_STORED_INTEGER	10

/* Error XX001. */
pg_noreturn extern void wl_stored_corrupt(void);

/*
 * Check the head of a stored value, and set *end to its end. Returns what follows
 * the head; error XX001 if it is damaged, 0A000 if it has another version.
 */
extern const uint8 *wl_stored_begin(const struct varlena *value, int version, const uint8 **end);

/* Write the head at p; returns what follows it. */
static inline uint8 *
wl_stored_put_head(uint8 *p, int version)
{
	p[0] = version;
	p[1] = p[2] = p[3] = 0;
	return p + WL_STORED_HEAD;
}

/* Read an integer of any length at p; returns the position after it. */
extern const uint8 *wl_stored_long(const uint8 *p, const uint8 *end, uint64 *value);

/*
 * Read the integer at *next and advance *next past it. Most integers have one
 * byte, and a rollup reads millions of them.
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

/* Write an integer at p; returns the position after it. */
static inline uint8 *
wl_stored_put(uint8 *p, uint64 value)
{
	for (; value > 0x7F; value >>= 7)
		*p++ = (value & 0x7F) | 0x80;
	*p++ = value;
	return p;
}

/* Append a float8 as the shortest digits that read back exactly. */
extern void wl_append_float(StringInfo buf, double value);

/* Defines the SQL-callable function wl_NAME_SUFFIX; its body is one call. */
#define WL_SUMMARY_FUNCTION(name, suffix, call) \
	PG_FUNCTION_INFO_V1(wl_##name##_##suffix); \
	Datum wl_##name##_##suffix(PG_FUNCTION_ARGS) { return call; } \
	StaticAssertDecl(true, "takes the semicolon")

/*
 * Comparisons and hashes of a stored type: wl_NAME_eq and so on. Equal bytes mean
 * equal summaries, so bytea's functions serve.
 */
#define WL_SUMMARY_ORDER(name) \
	WL_SUMMARY_FUNCTION(name, eq, byteaeq(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, ne, byteane(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, lt, bytealt(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, le, byteale(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, ge, byteage(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, gt, byteagt(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, cmp, byteacmp(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, sortsupport, bytea_sortsupport(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, hash, hashvarlena(fcinfo)); \
	WL_SUMMARY_FUNCTION(name, hash_extended, hashvarlenaextended(fcinfo))

#endif							/* WL_STORED_H */
