/*
 * evidence_agg.c
 *		williams_evidence_agg: counts, document by document, what people found; and
 *		what merges evidence.
 *
 * An observation is a field that the rules expect, that was read, and that the truth
 * has a key for. What was read is right if it equals the truth, white space
 * collapsed and case folded. If the truth is null or blank, there was nothing to
 * read, so it is wrong.
 *
 * A document whose confidences are bad data is left out. A load takes such a row, and
 * scores it 0, so a query over the table must not fail because of it; and nothing can
 * be learnt from confidences that are none.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "utils/formatting.h"

#include "base/space.h"
#include "base/stored.h"
#include "score/evidence/evidence.h"
#include "score/field_text.h"
#include "score/fields.h"
#include "score/profile/profile.h"

/* What a query keeps, in fn_extra. */
typedef struct Kept
{
	WlRulesCache *rules;
	int			nslots;
	int		   *slots;			/* the index in the state of each field of the
								 * rules, as of the last document */
} Kept;

static Kept *
get_kept(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Kept));
	return fcinfo->flinfo->fn_extra;
}

/* Room for the slots of n fields. A slot that is wrong costs a search only. */
static void
reserve_slots(FunctionCallInfo fcinfo, Kept *kept, int n)
{
	if (n <= kept->nslots)
		return;
	if (kept->slots != NULL)
		pfree(kept->slots);
	kept->nslots = 0;
	kept->slots = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, n * sizeof(int));
	kept->nslots = n;
}

/*
 * Comparing texts
 */

/* A text with white space collapsed and case folded. */
static char *
plain_text(const WlFieldText *t)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	bool		space = false;
	char	   *plain = palloc(t->length + 1);
	char	   *next = plain;

	while (p < end)
	{
		int			length = wl_space_length(p, end, utf8);

		if (length > 0)
		{
			space = next > plain;
			p += length;
			continue;
		}
		if (space)
			*next++ = ' ';
		space = false;
		length = Min(pg_mblen((const char *) p), end - p);
		memcpy(next, p, length);
		next += length;
		p += length;
	}
	return str_tolower(plain, next - plain, DEFAULT_COLLATION_OID);
}

static bool
has_wide(const char *p, const char *end)
{
	for (; p < end; p++)
		if (IS_HIGHBIT_SET(*p))
			return true;
	return false;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/*
 * Compare texts for as long as both are ASCII: 1 or 0, or -1 if that does not decide
 * it. A difference between two ASCII characters decides it, whatever follows.
 */
static int
compare_ascii(const WlFieldText *a, const WlFieldText *b)
{
	const char *p = a->data;
	const char *q = b->data;
	const char *pend = p + a->length;
	const char *qend = q + b->length;
	bool		start = true;	/* white space is not yet a separator */

	for (;;)
	{
		bool		pspace = start;
		bool		qspace = start;

		for (; p < pend && wl_is_space(*p); p++)
			pspace = true;
		for (; q < qend && wl_is_space(*q); q++)
			qspace = true;
		if (p == pend || q == qend)
			return p == pend && q == qend ? 1 : has_wide(p, pend) || has_wide(q, qend) ? -1 : 0;
		if (IS_HIGHBIT_SET(*p) || IS_HIGHBIT_SET(*q))
			return -1;
		if (pspace != qspace || ascii_lower(*p) != ascii_lower(*q))
			return 0;
		start = false;
		p++;
		q++;
	}
}

static bool
texts_agree(const WlFieldText *a, const WlFieldText *b)
{
	int			result;

	if (a->length == b->length && memcmp(a->data, b->data, a->length) == 0)
		return true;
	result = compare_ascii(a, b);
	return result >= 0 ? result : strcmp(plain_text(a), plain_text(b)) == 0;
}

/*
 * The aggregate
 */

static inline int
cell_of(const WlFieldScore *field)
{
	return field->outcome * WL_EVIDENCE_BINS +
		(field->confidence == WL_SILENT ? WL_SILENT_BIN : wl_confidence_bin(field->confidence));
}

/* Both sides are in jsonb's order of keys, so a merge finds the common ones. */
static void
observe_document(WlEvidence *e, const WlDocumentScore *document, const JsonbContainer *truth,
				 int *slots)
{
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		value;
	int			i = 0;

	wl_keys_begin(&keys, truth);
	wl_values_begin(&values, truth);
	while (i < document->nfields && wl_keys_next(&keys, &key) && wl_values_next(&values, &value))
	{
		const WlFieldScore *field;
		WlFieldText expected;
		int			order = 1;

		CHECK_FOR_INTERRUPTS();
		while (i < document->nfields &&
			   (order = wl_compare_keys(&document->fields[i].name, &key)) < 0)
			i++;
		if (order != 0)
			continue;
		field = &document->fields[i];
		if (field->text.data != NULL)
		{
			expected = wl_text_of(&value);
			slots[i] = wl_evidence_field(e, &key, slots[i]);
			wl_add_evidence(e, slots[i], cell_of(field), 1,
							expected.data != NULL && texts_agree(&field->text, &expected));
		}
		i++;
	}
}

/* Is there a truth? One that is not an object is refused. */
static bool
has_truth(const Jsonb *truth)
{
	if (JB_ROOT_IS_OBJECT(truth))
		return true;
	if (!wl_is_json_null(unconstify(JsonbContainer *, &truth->root)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("truth must be an object")));
	return false;
}

/* (state, fields, rules, confidence, truth) */
PG_FUNCTION_INFO_V1(wl_evidence_accum);
Datum
wl_evidence_accum(PG_FUNCTION_ARGS)
{
	WlEvidence *e = wl_evidence_writable(fcinfo);
	Kept	   *kept = get_kept(fcinfo);
	const WlProfile *profile;
	Jsonb	   *fields;
	Jsonb	   *confidence;
	Jsonb	   *truth;
	WlDocumentScore document;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(4))
		return wl_evidence_result(fcinfo, e);
	profile = wl_cached_profile(fcinfo, &kept->rules, (struct varlena *) PG_GETARG_POINTER(2));
	truth = PG_GETARG_JSONB_P(4);
	if (!has_truth(truth) || PG_ARGISNULL(1))
		return wl_evidence_result(fcinfo, e);
	fields = PG_GETARG_JSONB_P(1);
	confidence = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);
	if (wl_judge_document(profile, &fields->root, confidence == NULL ? NULL : &confidence->root,
						  &document) == NULL)
	{
		reserve_slots(fcinfo, kept, document.nfields);
		observe_document(e, &document, &truth->root, kept->slots);
		/* only at powers of two: the check costs more than a document */
		Assert((e->count & (e->count - 1)) != 0 || wl_evidence_is_valid(e));
	}
	return wl_evidence_result(fcinfo, e);
}

/* The transition function of williams_rollup: (state, evidence) */
PG_FUNCTION_INFO_V1(wl_evidence_accum_rollup);
Datum
wl_evidence_accum_rollup(PG_FUNCTION_ARGS)
{
	WlEvidence *e = wl_evidence_writable(fcinfo);

	wl_merge_evidence(e, PG_GETARG_DATUM(1));
	return wl_evidence_result(fcinfo, e);
}

/* The combine function: (state, state). NULL is the identity. */
PG_FUNCTION_INFO_V1(wl_evidence_combine);
Datum
wl_evidence_combine(PG_FUNCTION_ARGS)
{
	WlEvidence *e;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	e = wl_evidence_writable(fcinfo);
	if (!PG_ARGISNULL(1))
		wl_merge_evidence(e, PG_GETARG_DATUM(1));
	return wl_evidence_result(fcinfo, e);
}

/* The flat form of the state, which is flat already if there were no rows. */
PG_FUNCTION_INFO_V1(wl_evidence_final);
Datum
wl_evidence_final(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
}

/* a + b */
PG_FUNCTION_INFO_V1(wl_evidence_add);
Datum
wl_evidence_add(PG_FUNCTION_ARGS)
{
	WlEvidence *e = wl_new_evidence();

	wl_merge_evidence(e, PG_GETARG_DATUM(0));
	wl_merge_evidence(e, PG_GETARG_DATUM(1));
	return wl_flat_evidence(e);
}

PG_FUNCTION_INFO_V1(wl_evidence_count);
Datum
wl_evidence_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(wl_evidence_argument(fcinfo, 0)->count);
}
