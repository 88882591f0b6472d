/*
 * trigger.c
 *		williams_score_ocr: a trigger that scores each OCR result of a table.
 *
 * The trigger's arguments are resolved once for each statement and table (each
 * partition is a table of its own) and kept in fn_extra, which lives as long as
 * the statement. There is no cache to invalidate when a column is added, dropped
 * or renamed, or a profile is changed.
 *
 * Misuse of the trigger is an error. Bad data in a row never is: the row scores 0
 * and goes to review, so that one unreadable page does not make a load fail.
 *
 * An UPDATE scores a row again only if one of its inputs changed, so that a
 * clerk's decision stays. An UPDATE that moves a row to another partition is an
 * INSERT there like any other: it scores the row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/fields.h"
#include "score/jsonb_walk.h"
#include "score/profile/profile.h"
#include "score/trigger_arguments.h"

/* The score of a row. */
typedef struct Score
{
	double		confidence;
	double		multiplier;
	int64		num_fields;
	bool		review;
	Datum		review_names;	/* text[], if the review column is one */
} Score;

static void
check_call(FunctionCallInfo fcinfo)
{
	TriggerEvent event;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_score_ocr was not called by the trigger manager"),
				 errhint("Use it in CREATE TRIGGER ... BEFORE INSERT OR UPDATE ... FOR EACH ROW.")));
	event = ((TriggerData *) fcinfo->context)->tg_event;
	if (!TRIGGER_FIRED_BEFORE(event) || !TRIGGER_FIRED_FOR_ROW(event) ||
		!(TRIGGER_FIRED_BY_INSERT(event) || TRIGGER_FIRED_BY_UPDATE(event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" must be BEFORE INSERT OR UPDATE, FOR EACH ROW",
						((TriggerData *) fcinfo->context)->tg_trigger->tgname),
				 errhint("Drop the trigger and create it with this timing.")));
}

/* The value of a column; NULL if the key names no column. */
static Datum
get_column(const WlScoreTrigger *t, WlTriggerKey key, HeapTuple row, TupleDesc desc, bool *isnull)
{
	*isnull = true;
	if (t->columns[key].attnum == 0)
		return (Datum) 0;
	return heap_getattr(row, t->columns[key].attnum, desc, isnull);
}

/*
 * Is a value the same as before? If the UPDATE did not touch it, it has the same
 * bytes, or is the same pointer to them: it is not detoasted.
 */
static bool
same_value(Oid type, Datum a, Datum b)
{
	if (type == FLOAT8OID)
		return DatumGetBool(DirectFunctionCall2(float8eq, a, b));
	if (VARSIZE_ANY(DatumGetPointer(a)) == VARSIZE_ANY(DatumGetPointer(b)) &&
		memcmp(DatumGetPointer(a), DatumGetPointer(b), VARSIZE_ANY(DatumGetPointer(a))) == 0)
		return true;
	return DatumGetBool(DirectFunctionCall2(jsonb_eq, a, b));
}

static bool
inputs_unchanged(const WlScoreTrigger *t, TriggerData *trigdata, TupleDesc desc)
{
	for (int k = 0; k < WL_TRIGGER_KEYS; k++)
	{
		Datum		before;
		Datum		after;
		bool		before_null;
		bool		after_null;

		if (t->columns[k].attnum == 0 || t->columns[k].role != WL_ROLE_INPUT)
			continue;
		before = get_column(t, k, trigdata->tg_trigtuple, desc, &before_null);
		after = get_column(t, k, trigdata->tg_newtuple, desc, &after_null);
		if (before_null != after_null)
			return false;
		if (!before_null && !same_value(t->columns[k].type, before, after))
			return false;
	}
	return true;
}

/*
 * The base confidence of a row is the first available of: the base column, the
 * mean of the engine's confidences for the fields that are present, base_value.
 * Returns false if a confidence of the row is not a number in [0, 1].
 */
static bool
get_base(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc, Jsonb *fields,
		 double *base)
{
	bool		isnull;
	int64		n;
	Datum		value = get_column(t, WL_KEY_BASE, row, desc, &isnull);

	if (!isnull)
	{
		*base = DatumGetFloat8(value);
		return wl_is_fraction(*base);
	}
	value = get_column(t, WL_KEY_ENGINE_CONFIDENCE, row, desc, &isnull);
	if (!isnull)
	{
		if (!wl_mean_confidence(&fields->root, &DatumGetJsonbP(value)->root, base, &n))
			return false;
		if (n > 0)
			return true;
	}
	*base = t->base_value;
	return true;
}

/*
 * The names of the extracted fields whose engine confidence (base_value if the
 * engine gives none) is below the threshold, or of all of them if the row is bad.
 * The array is empty only if the row does not need review: if it does and no
 * field can be named, the array has the name of the fields column.
 */
static Datum
names_for_review(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc, Jsonb *fields,
				 const Score *score, bool bad)
{
	bool		isnull;
	Datum		value = get_column(t, WL_KEY_ENGINE_CONFIDENCE, row, desc, &isnull);
	JsonbContainer *confidence = NULL;
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		field;
	Datum	   *names;
	int			n = 0;

	if (fields == NULL || !JB_ROOT_IS_OBJECT(fields))
		return score->review ? t->unreadable : PointerGetDatum(construct_empty_array(TEXTOID));
	if (!isnull && !bad)
		confidence = &DatumGetJsonbP(value)->root;
	if (confidence != NULL && !JsonContainerIsObject(confidence))
		confidence = NULL;
	names = palloc((JsonContainerSize(&fields->root) + 1) * sizeof(Datum));
	wl_keys_begin(&keys, &fields->root);
	wl_values_begin(&values, &fields->root);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &field))
	{
		double		base = t->base_value;

		CHECK_FOR_INTERRUPTS();
		if (wl_count_value(&field) == 0)
			continue;
		if (!bad && (confidence == NULL ||
					 !wl_field_confidence(confidence, key.name, key.length, &base)))
			base = t->base_value;
		if (bad || wl_is_below(base, t->threshold))
			names[n++] = PointerGetDatum(cstring_to_text_with_len(key.name, key.length));
	}
	if (n == 0 && score->review)
		return t->unreadable;
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Score a row by the profile. All fields of a bad row go to review, whatever the threshold. */
static Score
score_by_profile(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	Score		score = {0};
	WlDocumentScore document;
	bool		bad;
	bool		no_fields;
	bool		no_confidence;
	Datum		fields = get_column(t, WL_KEY_FIELDS, row, desc, &no_fields);
	Datum		confidence = get_column(t, WL_KEY_ENGINE_CONFIDENCE, row, desc, &no_confidence);

	bad = wl_score_document(t->profile,
							no_fields ? NULL : &DatumGetJsonbP(fields)->root,
							no_confidence ? NULL : &DatumGetJsonbP(confidence)->root,
							WL_SCRIPT_UNKNOWN, &document) != NULL ||
		document.num_fields == 0;
	score.confidence = document.overall;
	score.multiplier = document.multiplier;
	score.num_fields = document.num_fields;
	score.review_names = wl_review_names(t->profile, &document,
										 bad ? get_float8_infinity() : t->threshold);
	score.review = ARR_NDIM(DatumGetArrayTypeP(score.review_names)) > 0;
	return score;
}

static Score
score_row(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	Score		score = {.confidence = 0.0,.num_fields = 0,.review = true};
	Jsonb	   *fields = NULL;
	bool		isnull;
	bool		bad;
	double		base;
	Datum		value;

	if (t->profile != NULL)
		return score_by_profile(t, row, desc);
	value = get_column(t, WL_KEY_FIELDS, row, desc, &isnull);
	if (!isnull)
	{
		fields = DatumGetJsonbP(value);
		if (!JB_ROOT_IS_SCALAR(fields))
			score.num_fields = wl_count_fields(&fields->root);
	}
	score.multiplier = wl_math_confidence_multiplier(score.num_fields);
	bad = score.num_fields == 0 || !get_base(t, row, desc, fields, &base);
	if (!bad)
	{
		score.confidence = base * score.multiplier;
		score.review = wl_is_below(base, t->threshold);
	}
	if (t->columns[WL_KEY_REVIEW].type == TEXTARRAYOID)
		score.review_names = names_for_review(t, row, desc, fields, &score, bad);
	return score;
}

static Datum
output_value(const WlScoreTrigger *t, const Score *score, WlTriggerKey key)
{
	switch (key)
	{
		case WL_KEY_CONFIDENCE:
			return Float8GetDatum(score->confidence);
		case WL_KEY_NUM_FIELDS:
			return Int32GetDatum((int32) Min(score->num_fields, PG_INT32_MAX));
		case WL_KEY_MULTIPLIER:
			return Float8GetDatum(score->multiplier);
		case WL_KEY_REVIEW:
			return t->columns[key].type == TEXTARRAYOID ? score->review_names :
				BoolGetDatum(score->review);
		default:
			elog(ERROR, "key %d is not an output", (int) key);
	}
}

/* Write the outputs into the row, and check the constraints of domains. */
static HeapTuple
write_outputs(FunctionCallInfo fcinfo, WlScoreTrigger *t, HeapTuple row,
			  TupleDesc desc, const Score *score)
{
	int			columns[WL_TRIGGER_KEYS];
	Datum		values[WL_TRIGGER_KEYS];
	bool		nulls[WL_TRIGGER_KEYS] = {0};
	int			n = 0;

	for (int k = 0; k < WL_TRIGGER_KEYS; k++)
	{
		WlTriggerColumn *column = &t->columns[k];

		if (column->attnum == 0 || column->role != WL_ROLE_OUTPUT)
			continue;
		columns[n] = column->attnum;
		values[n] = output_value(t, score, k);
		if (OidIsValid(column->domain))
			domain_check(values[n], false, column->domain, &column->domain_extra,
						 fcinfo->flinfo->fn_mcxt);
		n++;
	}
	return heap_modify_tuple_by_cols(row, desc, n, columns, values, nulls);
}

PG_FUNCTION_INFO_V1(wl_score_ocr);
Datum
wl_score_ocr(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	WlScoreTrigger *t = fcinfo->flinfo->fn_extra;
	TupleDesc	desc;
	HeapTuple	row;
	Score		score;

	check_call(fcinfo);
	if (t == NULL)
	{
		t = wl_resolve_trigger(fcinfo, trigdata->tg_relation, trigdata->tg_trigger);
		fcinfo->flinfo->fn_extra = t;
	}
	desc = RelationGetDescr(trigdata->tg_relation);
	row = trigdata->tg_trigtuple;
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
	{
		row = trigdata->tg_newtuple;
		if (inputs_unchanged(t, trigdata, desc))
			return PointerGetDatum(row);
	}
	score = score_row(t, row, desc);
	return PointerGetDatum(write_outputs(fcinfo, t, row, desc, &score));
}
