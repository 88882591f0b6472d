/*
 * evidence_agg.c
 *		williams_evidence_agg: counts, document by document, what people found; and
 *		what merges evidence.
 *
 * An observation is a field that the rules expect, that was read, and that the truth
 * has a key for. truth.c says whether it is right.
 *
 * A document whose confidences are bad data is left out. A load takes such a row, and
 * scores it 0, so a query over the table must not fail because of it; and nothing can
 * be learnt from confidences that are none.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/stored.h"
#include "score/evidence/evidence.h"
#include "score/fields.h"
#include "score/profile/profile.h"
#include "score/truth.h"

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
 * The aggregate
 */

static inline int
cell_of(const WlFieldScore *field)
{
	return field->outcome * WL_EVIDENCE_BINS +
		(field->confidence == WL_SILENT ? WL_SILENT_BIN : wl_confidence_bin(field->confidence));
}

static void
observe_document(WlEvidence *e, const WlDocumentScore *document, const JsonbContainer *truth,
				 int *slots)
{
	WlMembers	members;

	wl_members_begin(&members, truth);
	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (field->text.data == NULL || !wl_members_find(&members, &field->name))
			continue;
		slots[i] = wl_evidence_field(e, &field->name, slots[i]);
		wl_add_evidence(e, slots[i], cell_of(field), 1,
						wl_is_right(&field->text, &members.value));
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
