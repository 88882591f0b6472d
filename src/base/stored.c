/*
 * stored.c
 *		What the stored forms of summaries have in common; see stored.h.
 */
#include "postgres.h"

#include "common/shortest_dec.h"

#include "base/stored.h"

void
wl_stored_corrupt(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored summary is damaged")));
}

const uint8 *
wl_stored_begin(const struct varlena *value, int version, const uint8 **end)
{
	const uint8 *p = (const uint8 *) VARDATA_ANY(value);
	Size		size = VARSIZE_ANY_EXHDR(value);

	if (size < WL_STORED_HEAD)
		wl_stored_corrupt();
	if (p[0] != version)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("unsupported version of a stored summary"),
				 errdetail("The version is %d; this library supports version %d.",
						   p[0], version)));
	if (p[1] != 0 || p[2] != 0 || p[3] != 0)
		wl_stored_corrupt();
	*end = p + size;
	return p + WL_STORED_HEAD;
}

const uint8 *
wl_stored_long(const uint8 *p, const uint8 *end, uint64 *value)
{
	int			shift = 0;
	uint8		byte;

	*value = 0;
	do
	{
		if (p == end || shift > 63)
			wl_stored_corrupt();
		byte = *p++;
		*value |= (uint64) (byte & 0x7F) << shift;
		shift += 7;
	} while (byte & 0x80);
	return p;
}

void
wl_append_float(StringInfo buf, double value)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(value, digits);
	appendStringInfoString(buf, digits);
}
