/*
 * evidence_forms.c
 *		The text and wire form of williams_evidence, its jsonb and its comparisons.
 *
 * Text is a JSON object: version and fields; these have, by name, outcome and lower
 * bound of the bin, an array of two counts, seen and right:
 *	{"version": 1, "fields": {"zip": {"passed": {"0.95": [120, 118], "silent": [3, 1]}}}}
 * Input may have any order and white space; cells that are empty are left out, and
 * nothing else may be there.
 *
 * Wire: version, a zero, the number of fields (4 bytes); for each its name, counted
 * (4 bytes), the number of its cells (1 byte), and of each cell its number (1 byte),
 * seen and right (8 bytes). Cells ascend. Fields are sent in jsonb's order of keys, but
 * are received in any: names have other lengths in another encoding.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "base/check.h"
#include "base/compat.h"
#include "base/state.h"
#include "base/stored.h"
#include "score/evidence/evidence.h"

WL_SUMMARY_ORDER(evidence);

/* The keys of the bins in the text form. */
static const char *const bin_names[WL_EVIDENCE_BINS] = {
	"0", "0.02", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.85", "0.9",
	"0.93", "0.95", "0.96", "0.97", "0.98", "0.99", "0.995", "0.998", "silent"
};

static int
find_key(const char *const *names, int n, const WlName *key)
{
	for (int i = 0; i < n; i++)
		if (strlen(names[i]) == key->length && memcmp(names[i], key->name, key->length) == 0)
			return i;
	return -1;
}

/*
 * Text
 */

static bool
get_object(const WlValue *value, const JsonbContainer **object)
{
	*object = (const JsonbContainer *) value->data;
	return JBE_ISCONTAINER(value->entry) && JsonContainerIsObject(*object);
}

/* A count; false if the value is not a whole number from 0 to 2^64 - 1. */
static bool
get_count(const WlValue *value, uint64 *count)
{
	char	   *digits;
	char	   *end;

	if (!JBE_ISNUMERIC(value->entry))
		return false;
	digits = DatumGetCString(DirectFunctionCall1(numeric_out,
												 NumericGetDatum((Numeric) value->data)));
	if (!isdigit((unsigned char) *digits))
		return false;
	errno = 0;
	*count = strtou64(digits, &end, 10);
	return errno == 0 && *end == '\0';
}

/* [seen, right] */
static bool
get_cell(const WlValue *value, WlCell *cell)
{
	const JsonbContainer *array = (const JsonbContainer *) value->data;
	WlValues	counts;
	WlValue		count;

	if (!JBE_ISCONTAINER(value->entry) || !JsonContainerIsArray(array) || JsonContainerSize(array) != 2)
		return false;
	wl_values_begin(&counts, array);
	return wl_values_next(&counts, &count) && get_count(&count, &cell->seen) &&
		wl_values_next(&counts, &count) && get_count(&count, &cell->right) &&
		cell->seen > 0 && cell->right <= cell->seen;
}

/* The bins of an outcome, by the names of their bounds. */
static bool
parse_bins(WlEvidence *e, int field, int outcome, const WlValue *value)
{
	const JsonbContainer *object;
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		item;

	if (!get_object(value, &object) || JsonContainerSize(object) == 0)
		return false;
	wl_keys_begin(&keys, object);
	wl_values_begin(&values, object);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &item))
	{
		int			bin = find_key(bin_names, WL_EVIDENCE_BINS, &key);
		WlCell		cell;

		if (bin < 0 || !get_cell(&item, &cell) || cell.seen > PG_INT64_MAX - e->count)
			return false;
		wl_add_evidence(e, field, outcome * WL_EVIDENCE_BINS + bin, cell.seen, cell.right);
	}
	return true;
}

/* The outcomes of a field, by name. */
static bool
parse_outcomes(WlEvidence *e, const WlName *name, const WlValue *value)
{
	const JsonbContainer *object;
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		item;
	int			field;

	if (!get_object(value, &object) || JsonContainerSize(object) == 0)
		return false;
	/* they come in order: no search */
	field = wl_evidence_field(e, name, e->nfields);
	wl_keys_begin(&keys, object);
	wl_values_begin(&values, object);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &item))
	{
		int			outcome = find_key(wl_outcome_names, WL_OUTCOMES, &key);

		if (outcome < 0 || !parse_bins(e, field, outcome, &item))
			return false;
	}
	return true;
}

static bool
parse_evidence(WlEvidence *e, const JsonbContainer *root)
{
	const JsonbContainer *object;
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		fields;
	WlValue		version;
	uint64		number;

	/* the shorter key comes first: fields, then version */
	if (!JsonContainerIsObject(root) || JsonContainerSize(root) != 2)
		return false;
	wl_keys_begin(&keys, root);
	wl_values_begin(&values, root);
	if (!wl_keys_next(&keys, &key) || key.length != 6 || memcmp(key.name, "fields", 6) != 0 ||
		!wl_values_next(&values, &fields) || !get_object(&fields, &object) ||
		!wl_keys_next(&keys, &key) || key.length != 7 || memcmp(key.name, "version", 7) != 0 ||
		!wl_values_next(&values, &version) || !get_count(&version, &number) ||
		number != WL_EVIDENCE_VERSION)
		return false;
	wl_keys_begin(&keys, object);
	wl_values_begin(&values, object);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &fields))
	{
		CHECK_FOR_INTERRUPTS();
		if (!parse_outcomes(e, &key, &fields))
			return false;
	}
	return wl_evidence_is_valid(e);
}

/* Text that is not JSON is refused by jsonb, whose message says where the mistake is. */
PG_FUNCTION_INFO_V1(wl_evidence_in);
Datum
wl_evidence_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	WlEvidence *e = wl_new_evidence();
	Datum		json;

	if (!wl_jsonb_in(text, fcinfo->context, &json))
		PG_RETURN_NULL();
	if (!parse_evidence(e, &DatumGetJsonbP(json)->root))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type williams_evidence: \"%s\"",
						wl_text_start(text, WL_MALFORMED_SHOWN))));
	return wl_flat_evidence(e);
}

static void
append_outcome(StringInfo buf, const WlCell *bins)
{
	const char *separator = "";

	appendStringInfoChar(buf, '{');
	for (int i = 0; i < WL_EVIDENCE_BINS; i++)
	{
		if (bins[i].seen == 0)
			continue;
		appendStringInfo(buf, "%s\"%s\": [" UINT64_FORMAT ", " UINT64_FORMAT "]", separator,
						 bin_names[i], bins[i].seen, bins[i].right);
		separator = ", ";
	}
	appendStringInfoChar(buf, '}');
}

static char *
evidence_text(const WlEvidence *e)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"version\": %d, \"fields\": {", WL_EVIDENCE_VERSION);
	for (int i = 0; i < e->nfields; i++)
	{
		const char *separator = "";

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		escape_json(&buf, e->fields[i].name.name);
		appendStringInfoString(&buf, ": {");
		for (int outcome = 0; outcome < WL_OUTCOMES; outcome++)
		{
			if (e->fields[i].outcomes[outcome] == NULL)
				continue;
			appendStringInfo(&buf, "%s\"%s\": ", separator, wl_outcome_names[outcome]);
			append_outcome(&buf, e->fields[i].outcomes[outcome]);
			separator = ", ";
		}
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoString(&buf, "}}");
	return buf.data;
}

PG_FUNCTION_INFO_V1(wl_evidence_out);
Datum
wl_evidence_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(evidence_text(wl_evidence_argument(fcinfo, 0)));
}

/* The text form as jsonb. */
PG_FUNCTION_INFO_V1(wl_evidence_to_jsonb);
Datum
wl_evidence_to_jsonb(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in,
							   CStringGetDatum(evidence_text(wl_evidence_argument(fcinfo, 0))));
}

/*
 * Wire
 */

static void
send_field(StringInfo buf, const WlEvidenceField *field)
{
	char	   *name = pg_server_to_client(field->name.name, field->name.length);
	int			length = name == field->name.name ? (int) field->name.length : (int) strlen(name);
	int			cells = 0;

	pq_sendint32(buf, length);
	pq_sendbytes(buf, name, length);
	for (int c = 0; c < WL_CELLS; c++)
		cells += wl_evidence_cell(field, c) != NULL;
	pq_sendbyte(buf, cells);
	for (int c = 0; c < WL_CELLS; c++)
	{
		const WlCell *cell = wl_evidence_cell(field, c);

		if (cell == NULL)
			continue;
		pq_sendbyte(buf, c);
		pq_sendint64(buf, cell->seen);
		pq_sendint64(buf, cell->right);
	}
}

PG_FUNCTION_INFO_V1(wl_evidence_send);
Datum
wl_evidence_send(PG_FUNCTION_ARGS)
{
	const WlEvidence *e = wl_evidence_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, WL_EVIDENCE_VERSION);
	pq_sendbyte(&buf, 0);
	pq_sendint32(&buf, e->nfields);
	for (int i = 0; i < e->nfields; i++)
	{
		CHECK_FOR_INTERRUPTS();
		send_field(&buf, &e->fields[i]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static bool
receive_cells(WlEvidence *e, int field, StringInfo buf)
{
	int			cells = pq_getmsgbyte(buf);
	int			previous = -1;

	for (int i = 0; i < cells; i++)
	{
		int			cell = pq_getmsgbyte(buf);
		uint64		seen = pq_getmsgint64(buf);
		uint64		right = pq_getmsgint64(buf);

		if (cell <= previous || cell >= WL_CELLS || seen == 0 || right > seen ||
			seen > PG_INT64_MAX - e->count)
			return false;
		previous = cell;
		wl_add_evidence(e, field, cell, seen, right);
	}
	return cells > 0;
}

static bool
receive_evidence(WlEvidence *e, StringInfo buf)
{
	int			n;

	if (pq_getmsgbyte(buf) != WL_EVIDENCE_VERSION || pq_getmsgbyte(buf) != 0)
		return false;
	n = pq_getmsgint(buf, 4);
	if (n < 0)
		return false;
	for (int i = 0; i < n; i++)
	{
		int			length = pq_getmsgint(buf, 4);
		int			converted;
		int			field;
		WlName		name;

		CHECK_FOR_INTERRUPTS();
		if (length < 0)
			return false;
		name.name = pq_getmsgtext(buf, length, &converted);
		name.length = converted;
		field = wl_find_evidence_field(e, &name);
		if (e->nfields == i)
			return false;		/* it is there already */
		if (!receive_cells(e, field, buf))
			return false;
	}
	return wl_evidence_is_valid(e);
}

PG_FUNCTION_INFO_V1(wl_evidence_recv);
Datum
wl_evidence_recv(PG_FUNCTION_ARGS)
{
	WlEvidence *e = wl_new_evidence();

	if (!receive_evidence(e, (StringInfo) PG_GETARG_POINTER(0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type williams_evidence")));
	return wl_flat_evidence(e);
}
