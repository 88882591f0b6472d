/*
 * score_fields.c
 *		williams_score_fields, williams_score and williams_explain: score a document in
 *		a query, by rules or by the name of a profile.
 *
 * By rules, bad data is an error, and the functions are IMMUTABLE; checks.c says why
 * patterns are. By name, they do for a document what the trigger does for a row: bad
 * data scores 0, so that it does not stop a query over many rows, and a document
 * whose type has no profile is scored without one and is for review. They are STABLE
 * because they read the profile.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/check.h"
#include "base/record.h"
#include "score/field_text.h"
#include "score/fields.h"
#include "score/profile/profile.h"
#include "score/profile/rules.h"
#include "score/results.h"

#define SCORE_COLUMNS	6
#define EXPLAIN_COLUMNS	7

/* What stands for a document for review that has no field to name. */
#define NO_FIELD	"fields"

typedef struct ScoreState
{
	TupleDesc	desc;			/* of williams_field_score */
	WlRulesCache *cache;
	WlProfileFinder *finder;
} ScoreState;

static ScoreState *
get_state(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ScoreState));
	return fcinfo->flinfo->fn_extra;
}

/* The root of an argument; NULL if that is NULL. */
static JsonbContainer *
container_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : &PG_GETARG_JSONB_P(n)->root;
}

/* field: what wl_score_document returned */
pg_noreturn static void
refuse_confidence(JsonbContainer *confidence, const char *field)
{
	if (!JsonContainerIsObject(confidence))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be an object")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("confidence of field \"%s\" must be a number between 0 and 1", field)));
}

/* Score (fields, rules, confidence). */
static void
score_by_rules(FunctionCallInfo fcinfo, WlScript script, WlDocumentScore *document)
{
	JsonbContainer *confidence = container_argument(fcinfo, 2);
	const WlProfile *profile = wl_cached_profile(fcinfo, &get_state(fcinfo)->cache,
												 (struct varlena *) PG_GETARG_POINTER(1));
	const char *bad = wl_score_document(profile, container_argument(fcinfo, 0), confidence,
										script, document);

	if (bad != NULL)
		refuse_confidence(confidence, bad);
}

/*
 * Rules without a cast to jsonb arrive as text, where the name of a profile is meant.
 * Names that come from rows are data, which is never an error.
 */
static void
refuse_rules_as_name(FunctionCallInfo fcinfo, text *name)
{
	if (VARSIZE_ANY_EXHDR(name) > 0 && *VARDATA_ANY(name) == '{' &&
		get_fn_expr_arg_stable(fcinfo->flinfo, 1))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("unknown profile \"%s\"", wl_text_start(text_to_cstring(name), 100)),
				 errhint("To score by rules, cast them to jsonb.")));
}

/* Score (fields, profile, confidence), where fields are given; false if there is no such profile. */
static bool
score_by_name(FunctionCallInfo fcinfo, JsonbContainer *fields, WlDocumentScore *document)
{
	static const WlPlainRules without = {
		.base = WL_SILENT,
		.base_value = WL_DEFAULT_CONFIDENCE,
		.threshold = WL_DEFAULT_THRESHOLD,
		.no_profile = true
	};
	ScoreState *state = get_state(fcinfo);
	JsonbContainer *confidence = container_argument(fcinfo, 2);
	WlProfile  *profile = NULL;

	if (state->finder == NULL)
		state->finder = wl_new_finder(fcinfo, false);
	if (!PG_ARGISNULL(1))
		profile = wl_find_profile(state->finder, PG_GETARG_TEXT_PP(1))->profile;
	if (profile == NULL && !PG_ARGISNULL(1))
		refuse_rules_as_name(fcinfo, PG_GETARG_TEXT_PP(1));
	if (profile == NULL)
		wl_score_plain(&without, fields, confidence, document);
	else
		(void) wl_score_document(profile, fields, confidence, WL_SCRIPT_UNKNOWN, document);
	return profile != NULL;
}

static Datum
score_record(FunctionCallInfo fcinfo, const WlDocumentScore *document)
{
	ScoreState *state = get_state(fcinfo);
	Datum		values[SCORE_COLUMNS];
	bool		nulls[SCORE_COLUMNS] = {0};

	if (state->desc == NULL)
	{
		TupleDesc	desc = wl_result_desc(fcinfo, SCORE_COLUMNS);
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		state->desc = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
	}
	values[0] = Float8GetDatum(wl_confidence(document));
	values[1] = Float8GetDatum(document->multiplier);
	values[2] = Int64GetDatum(document->num_fields);
	nulls[3] = document->script == WL_SCRIPT_UNKNOWN;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(wl_script_name(document->script));
	values[4] = PointerGetDatum(wl_review_names(document, NO_FIELD));
	values[5] = JsonbPGetDatum(wl_scores_object(document));
	return HeapTupleGetDatum(heap_form_tuple(state->desc, values, nulls));
}

PG_FUNCTION_INFO_V1(wl_score_fields);
Datum
wl_score_fields(PG_FUNCTION_ARGS)
{
	WlScript	script = PG_ARGISNULL(3) ? WL_SCRIPT_UNKNOWN : wl_find_script(PG_GETARG_TEXT_PP(3));
	WlDocumentScore document;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	score_by_rules(fcinfo, script, &document);
	return score_record(fcinfo, &document);
}

PG_FUNCTION_INFO_V1(wl_score);
Datum
wl_score(PG_FUNCTION_ARGS)
{
	WlDocumentScore document;

	(void) score_by_name(fcinfo, container_argument(fcinfo, 0), &document);
	return score_record(fcinfo, &document);
}

/*
 * The text of the next field of a document without a profile, which may have any number
 * of fields. All their texts together could take up all memory: the text of 1e131000 has
 * 131,001 characters.
 */
static WlFieldText
next_text(WlKeys *keys, WlValues *values, const WlFieldScore *field)
{
	WlName		key;
	WlValue		value;

	while (wl_keys_next(keys, &key) && wl_values_next(values, &value))
		if (key.name == field->name.name)
			return wl_text_of(&value);
	elog(ERROR, "a field is not in its document");
}

static void
put_field(ReturnSetInfo *result, const WlFieldScore *field, const WlFieldText *text)
{
	Datum		values[EXPLAIN_COLUMNS];
	bool		nulls[EXPLAIN_COLUMNS] = {0};

	values[0] = PointerGetDatum(cstring_to_text_with_len(field->name.name, field->name.length));
	nulls[1] = text->data == NULL;

	values[1] = nulls[1] ? (Datum) 0 :
		PointerGetDatum(cstring_to_text_with_len(text->data, text->length));
	nulls[2] = field->confidence == WL_SILENT;
	values[2] = Float8GetDatum(field->confidence);
	values[3] = Float8GetDatum(field->score);
	values[4] = Float8GetDatum(field->threshold);
	values[5] = BoolGetDatum(field->reasons != 0);
	values[6] = PointerGetDatum(wl_reasons_array(field->reasons));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * (field, value, engine_confidence, score, threshold, review, reasons) for each field.
 * plain: the fields of a document without a profile, otherwise NULL.
 */
static void
explain_document(FunctionCallInfo fcinfo, const WlDocumentScore *document,
				 const JsonbContainer *plain)
{
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "williams_explain row",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(row);
	WlKeys		keys = {0};
	WlValues	values = {0};

	if (plain != NULL && document->nfields > 0)
	{
		wl_keys_begin(&keys, plain);
		wl_values_begin(&values, plain);
	}
	for (int i = 0; i < document->nfields; i++)
	{
		const WlFieldScore *field = &document->fields[i];
		WlFieldText text = plain == NULL ? field->text : next_text(&keys, &values, field);

		CHECK_FOR_INTERRUPTS();
		put_field((ReturnSetInfo *) fcinfo->resultinfo, field, &text);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row);
}

PG_FUNCTION_INFO_V1(wl_explain);
Datum
wl_explain(PG_FUNCTION_ARGS)
{
	WlDocumentScore document;

	InitMaterializedSRF(fcinfo, 0);
	if (!PG_ARGISNULL(1))
	{
		score_by_rules(fcinfo, WL_SCRIPT_UNKNOWN, &document);
		explain_document(fcinfo, &document, NULL);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(wl_explain_by_name);
Datum
wl_explain_by_name(PG_FUNCTION_ARGS)
{
	JsonbContainer *fields = container_argument(fcinfo, 0);
	WlDocumentScore document;

	InitMaterializedSRF(fcinfo, 0);
	explain_document(fcinfo, &document, score_by_name(fcinfo, fields, &document) ? NULL : fields);
	return (Datum) 0;
}
