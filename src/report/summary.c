/*
 * summary.c
 *		The forms of a summary, and merging; see summary.h.
 *
 * Text: (version,head words,bin:words,bin:words,...), the bins numbered from 0,
 * in order, without the empty ones; floats in the shortest form that reads back
 * exactly. Wire: version, a zero, the number of bins in 2 bytes; the head's
 * words; each bin's number in one byte and its words. Text and wire input is
 * checked against the type's invariants. A stored value has passed that check,
 * so only its framing is checked, as memory safety requires.
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/space.h"
#include "base/state.h"
#include "report/summary.h"

StaticAssertDecl(sizeof(double) == sizeof(uint64), "a word has 8 bytes");
StaticAssertDecl(WL_STORED_MAP == 4 * sizeof(uint64), "a bit for each bin");

static inline int
head_words(const WlSummaryType *type)
{
	return strlen(type->head);
}

static inline uint64 *
new_dense(const WlSummaryType *type)
{
	return palloc0(sizeof(uint64) * WL_SUMMARY_WORDS(head_words(type), type->entry));
}

/* The words of a bin of a dense summary. */
static inline uint64 *
entry_of(const WlSummaryType *type, const uint64 *dense, int bin)
{
	return wl_summary_bins(type, dense) + bin * type->entry;
}

/* Count the values of a bin that was read; false if there are none, or too many in all. */
static bool
count_entry(uint64 *dense, uint64 count)
{
	if (count == 0 || count > PG_INT64_MAX - dense[0])
		return false;
	dense[0] += count;
	return true;
}

/* Parse a word at *p and advance *p past it; false if there is none. */
static bool
parse_word(char **p, char kind, uint64 *word)
{
	char	   *end;
	double		f;

	if (!isdigit((unsigned char) **p))
		return false;
	errno = 0;
	if (kind == 'i')
	{
		*word = strtou64(*p, &end, 10);
		if (errno != 0)
			return false;
	}
	else
	{
		/* ignore ERANGE, which strtod also sets for denormal numbers */
		f = strtod(*p, &end);
		memcpy(word, &f, sizeof(f));
	}
	*p = end;
	return true;
}

static bool
parse_summary(char *p, const WlSummaryType *type, uint64 *dense)
{
	uint64		version;
	uint64		bin;
	int			previous = -1;

	wl_skip_space(&p);
	if (*p++ != '(' || !parse_word(&p, 'i', &version) || version != WL_SUMMARY_VERSION)
		return false;
	for (int i = 0; type->head[i] != '\0'; i++)
		if (*p++ != ',' || !parse_word(&p, type->head[i], &dense[1 + i]))
			return false;
	while (*p == ',')
	{
		p++;
		if (!parse_word(&p, 'i', &bin) || bin >= WL_BINS || (int) bin <= previous)
			return false;
		previous = bin;
		for (int i = 0; i < type->entry; i++)
			if (*p++ != ':' || !parse_word(&p, 'i', entry_of(type, dense, bin) + i))
				return false;
		if (!count_entry(dense, *entry_of(type, dense, bin)))
			return false;
	}
	if (*p++ != ')')
		return false;
	wl_skip_space(&p);
	return *p == '\0' && type->valid(dense);
}

/* The stored form of a dense summary. */
static Datum
store_summary(const WlSummaryType *type, const void *dense)
{
	const uint64 *words = dense;
	Size		head = head_words(type) * sizeof(uint64);
	uint64		map[4] = {0};
	struct varlena *value;
	uint8	   *p;

	Assert(type->valid(dense));
	value = palloc(VARHDRSZ + WL_STORED_HEAD + head + sizeof(map) +
				   WL_BINS * type->entry * WL_STORED_INTEGER);
	p = (uint8 *) VARDATA(value);
	p = wl_stored_put_head(p, WL_SUMMARY_VERSION);
	memcpy(p, words + 1, head);
	p += head + sizeof(map);
	for (int bin = 0; bin < WL_BINS; bin++)
	{
		const uint64 *entry = entry_of(type, words, bin);

		if (entry[0] == 0)
			continue;
		map[bin / 64] |= UINT64CONST(1) << (bin % 64);
		for (int i = 0; i < type->entry; i++)
			p = wl_stored_put(p, entry[i]);
	}
	memcpy(VARDATA(value) + WL_STORED_HEAD + head, map, sizeof(map));
	SET_VARSIZE(value, p - (uint8 *) value);
	PG_RETURN_POINTER(value);
}

Datum
wl_summary_in(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored)
{
	char	   *text = PG_GETARG_CSTRING(0);
	uint64	   *dense = new_dense(type);

	if (!parse_summary(text, type, dense))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s%s: \"%s\"",
						type->name, stored ? "" : "_state", wl_text_start(text, WL_MALFORMED_SHOWN))));
	return stored ? store_summary(type, dense) : PointerGetDatum(dense);
}

/* Argument 0 in dense form. */
static uint64 *
dense_argument(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored)
{
	uint64	   *dense;

	if (!stored)
		return (uint64 *) PG_GETARG_POINTER(0);
	dense = new_dense(type);
	wl_summary_read(type, PG_GETARG_DATUM(0), dense);
	return dense;
}

Datum
wl_summary_out(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored)
{
	uint64	   *dense = dense_argument(fcinfo, type, stored);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "(%d", WL_SUMMARY_VERSION);
	for (int i = 0; type->head[i] != '\0'; i++)
	{
		appendStringInfoChar(&buf, ',');
		if (type->head[i] == 'i')
			appendStringInfo(&buf, UINT64_FORMAT, dense[1 + i]);
		else
		{
			double		f;

			memcpy(&f, &dense[1 + i], sizeof(f));
			wl_append_float(&buf, f);
		}
	}
	for (int bin = 0; bin < WL_BINS; bin++)
	{
		uint64	   *entry = entry_of(type, dense, bin);

		if (entry[0] == 0)
			continue;
		appendStringInfo(&buf, ",%d", bin);
		for (int i = 0; i < type->entry; i++)
			appendStringInfo(&buf, ":" UINT64_FORMAT, entry[i]);
	}
	appendStringInfoChar(&buf, ')');
	PG_RETURN_CSTRING(buf.data);
}

static bool
receive_summary(StringInfo buf, const WlSummaryType *type, uint64 *dense)
{
	int			entries;
	int			previous = -1;

	if (pq_getmsgbyte(buf) != WL_SUMMARY_VERSION || pq_getmsgbyte(buf) != 0)
		return false;
	entries = pq_getmsgint(buf, 2);
	if (entries > WL_BINS)
		return false;
	for (int i = 0; type->head[i] != '\0'; i++)
		dense[1 + i] = pq_getmsgint64(buf);
	for (int n = 0; n < entries; n++)
	{
		int			bin = pq_getmsgbyte(buf);

		if (bin >= WL_BINS || bin <= previous)
			return false;
		previous = bin;
		for (int i = 0; i < type->entry; i++)
			entry_of(type, dense, bin)[i] = pq_getmsgint64(buf);
		if (!count_entry(dense, *entry_of(type, dense, bin)))
			return false;
	}
	return type->valid(dense);
}

Datum
wl_summary_recv(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored)
{
	uint64	   *dense = new_dense(type);

	if (!receive_summary((StringInfo) PG_GETARG_POINTER(0), type, dense))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s%s",
						type->name, stored ? "" : "_state")));
	return stored ? store_summary(type, dense) : PointerGetDatum(dense);
}

Datum
wl_summary_send(FunctionCallInfo fcinfo, const WlSummaryType *type, bool stored)
{
	uint64	   *dense = dense_argument(fcinfo, type, stored);
	int			entries = 0;
	StringInfoData buf;

	for (int bin = 0; bin < WL_BINS; bin++)
		entries += *entry_of(type, dense, bin) != 0;
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WL_SUMMARY_VERSION);
	pq_sendbyte(&buf, 0);
	pq_sendint16(&buf, entries);
	for (int i = 0; type->head[i] != '\0'; i++)
		pq_sendint64(&buf, dense[1 + i]);
	for (int bin = 0; bin < WL_BINS; bin++)
	{
		uint64	   *entry = entry_of(type, dense, bin);

		if (entry[0] == 0)
			continue;
		pq_sendbyte(&buf, bin);
		for (int i = 0; i < type->entry; i++)
			pq_sendint64(&buf, entry[i]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

void
wl_stored_open(WlStored *stored, const WlSummaryType *type, struct varlena *value)
{
	Size		head = head_words(type) * sizeof(uint64);
	const uint8 *p = wl_stored_begin(value, WL_SUMMARY_VERSION, &stored->end);

	if (stored->end - p < (ptrdiff_t) (head + sizeof(stored->map)))
		wl_stored_corrupt();
	stored->head = (const char *) p;
	memcpy(stored->map, p + head, sizeof(stored->map));
	if (stored->map[3] >> (WL_BINS % 64) != 0)
		wl_stored_corrupt();
	stored->entries = p + head + sizeof(stored->map);
}

void
wl_summary_read(const WlSummaryType *type, Datum value, void *dense)
{
	memset(dense, 0, sizeof(uint64) * WL_SUMMARY_WORDS(head_words(type), type->entry));
	wl_summary_merge_stored(type, dense, value);
}

/* dense += other */
static void
merge_summary(const WlSummaryType *type, uint64 *dense, const uint64 *other)
{
	wl_summary_merge_head(type, dense, other);
	for (int bin = 0; bin < WL_BINS; bin++)
	{
		uint64	   *entry = entry_of(type, dense, bin);
		const uint64 *part = entry_of(type, other, bin);

		for (int i = 0; i < type->counts; i++)
			entry[i] += part[i];
		wl_exact_merge(entry + type->counts, part + type->counts, type->entry - type->counts);
	}
	Assert(type->valid(dense));
}

/* The aggregates' combine function: (state, state). NULL is the identity. */
Datum
wl_summary_combine(FunctionCallInfo fcinfo, const WlSummaryType *type)
{
	uint64	   *dense;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	dense = wl_state_writable(fcinfo, sizeof(uint64) * WL_SUMMARY_WORDS(head_words(type), type->entry));
	if (!PG_ARGISNULL(1))
		merge_summary(type, dense, (uint64 *) PG_GETARG_POINTER(1));
	PG_RETURN_POINTER(dense);
}

Datum
wl_summary_final(FunctionCallInfo fcinfo, const WlSummaryType *type)
{
	return store_summary(type, PG_GETARG_POINTER(0));
}

/* a + b */
Datum
wl_summary_add(FunctionCallInfo fcinfo, const WlSummaryType *type)
{
	uint64		dense[WL_SUMMARY_WORDS(WL_HEAD_MAX, WL_ENTRY_MAX)];

	wl_summary_read(type, PG_GETARG_DATUM(0), dense);
	wl_summary_merge_stored(type, dense, PG_GETARG_DATUM(1));
	return store_summary(type, dense);
}

void
wl_append_json(StringInfo buf, const char *key, double value, bool isnull)
{
	appendStringInfo(buf, ", \"%s\": ", key);
	if (isnull)
		appendStringInfoString(buf, "null");
	else
		wl_append_float(buf, value);
}

Datum
wl_json_result(StringInfo buf)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf->data));
}

int
wl_bins_argument(FunctionCallInfo fcinfo, int argument)
{
	int			bins = PG_GETARG_INT32(argument);

	wl_check_bins(bins, WL_BINS);
	return bins;
}
