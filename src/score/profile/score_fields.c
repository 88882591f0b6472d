/*
 * score_fields.c
 *		williams_score_fields: scores a document by rules that are an argument.
 *
 * Rules are parsed once for a query, not for each row: fn_extra keeps the last
 * few, which are found again by their bytes. The function is IMMUTABLE; see
 * checks.c for the patterns.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/record.h"
#include "score/profile/rules.h"

/* How many different rules a query can alternate between without parsing them again. */
#define CACHE_SIZE	8

#define RESULT_COLUMNS	6

typedef struct CachedRules
{
	struct varlena *bytes;		/* as they came: short, compressed or plain */
	WlProfile  *profile;
	MemoryContext context;
} CachedRules;

typedef struct ScoreFieldsState
{
	TupleDesc	desc;
	int			used;
	int			next;			/* the entry to be replaced next */
	CachedRules rules[CACHE_SIZE];
} ScoreFieldsState;

static ScoreFieldsState *
get_state(FunctionCallInfo fcinfo)
{
	ScoreFieldsState *state = fcinfo->flinfo->fn_extra;
	MemoryContext old;
	TupleDesc	desc;

	if (state != NULL)
		return state;
	desc = wl_result_desc(fcinfo, RESULT_COLUMNS);
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	state = palloc0(sizeof(ScoreFieldsState));
	state->desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = state;
	return state;
}

static WlProfile *
get_profile(FunctionCallInfo fcinfo, ScoreFieldsState *state, struct varlena *bytes)
{
	Size		size = VARSIZE_ANY(bytes);
	CachedRules *entry;
	CachedRules parsed;
	MemoryContext old;

	/* A value stored out of line is known by its content only. */
	if (VARATT_IS_EXTERNAL(bytes))
	{
		bytes = (struct varlena *) PG_DETOAST_DATUM(PointerGetDatum(bytes));
		size = VARSIZE(bytes);
	}
	for (int i = 0; i < state->used; i++)
	{
		entry = &state->rules[i];
		if (VARSIZE_ANY(entry->bytes) == size && memcmp(entry->bytes, bytes, size) == 0)
			return entry->profile;
	}

	parsed.context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "williams rules",
										   ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(parsed.context);
	parsed.bytes = memcpy(palloc(size), bytes, size);
	parsed.profile = wl_parse_profile((Jsonb *) PG_DETOAST_DATUM(PointerGetDatum(parsed.bytes)));
	MemoryContextSwitchTo(old);
	entry = &state->rules[state->next];
	if (state->used < CACHE_SIZE)
		state->used++;
	else
		MemoryContextDelete(entry->context);
	*entry = parsed;
	state->next = (state->next + 1) % CACHE_SIZE;
	return parsed.profile;
}

/*
 * A score in [0, 1] as a numeric of at most 15 decimals. A cast from float8 keeps
 * as many, but costs far more.
 */
static Numeric
score_numeric(double score)
{
	char		digits[20] = "0.";
	int64		value = (int64) rint(score * 1e15);
	int			length = 17;

	if (value >= INT64CONST(1000000000000000))
		strcpy(digits, "1");
	else if (value == 0)
		strcpy(digits, "0");
	else
	{
		for (; value % 10 == 0; value /= 10)
			length--;
		digits[length] = '\0';
		while (length > 2)
		{
			digits[--length] = '0' + value % 10;
			value /= 10;
		}
	}
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* name -> score. The profile's fields are in jsonb's order of keys already. */
static Jsonb *
scores_object(const WlProfile *profile, const double *scores)
{
	JsonbValue	object = {.type = jbvObject};
	JsonbPair  *pairs = palloc(profile->nfields * sizeof(JsonbPair));

	for (int i = 0; i < profile->nfields; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pairs[i].key.type = jbvString;
		pairs[i].key.val.string.val = unconstify(char *, profile->fields[i].key.name);
		pairs[i].key.val.string.len = profile->fields[i].key.length;
		pairs[i].value.type = jbvNumeric;
		pairs[i].value.val.numeric = score_numeric(scores[i]);
		pairs[i].order = i;
	}
	object.val.object.nPairs = profile->nfields;
	object.val.object.pairs = pairs;
	return JsonbValueToJsonb(&object);
}

/* field: what wl_score_document returned */
pg_noreturn static void
refuse_confidence(const Jsonb *confidence, const char *field)
{
	if (!JB_ROOT_IS_OBJECT(confidence))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be an object")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("confidence of field \"%s\" must be a number between 0 and 1", field)));
}

PG_FUNCTION_INFO_V1(wl_score_fields);
Datum
wl_score_fields(PG_FUNCTION_ARGS)
{
	ScoreFieldsState *state;
	WlProfile  *profile;
	WlDocumentScore score;
	Jsonb	   *fields = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
	Jsonb	   *confidence = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	WlScript	script = PG_ARGISNULL(3) ? WL_SCRIPT_UNKNOWN : wl_find_script(PG_GETARG_TEXT_PP(3));
	const char *bad;
	Datum		values[RESULT_COLUMNS];
	bool		nulls[RESULT_COLUMNS] = {0};

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	state = get_state(fcinfo);
	profile = get_profile(fcinfo, state, (struct varlena *) PG_GETARG_POINTER(1));
	bad = wl_score_document(profile, fields == NULL ? NULL : &fields->root,
							confidence == NULL ? NULL : &confidence->root, script, &score);
	if (bad != NULL)
		refuse_confidence(confidence, bad);
	values[0] = Float8GetDatum(score.overall);
	values[1] = Float8GetDatum(score.multiplier);
	values[2] = Int64GetDatum(score.num_fields);
	values[3] = CStringGetTextDatum(wl_script_name(score.script));
	values[4] = wl_review_names(profile, &score, profile->threshold);
	values[5] = JsonbPGetDatum(scores_object(profile, score.scores));
	return HeapTupleGetDatum(heap_form_tuple(state->desc, values, nulls));
}
