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
 * An UPDATE scores a row again only if one of its inputs changed, or if it sets the
 * version of the rules to NULL, so that a clerk's decision stays. An UPDATE that moves
 * a row to another partition is an INSERT there like any other: it scores the row, with
 * what verified fields come with: their scores, and whether they are accepted.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "base/check.h"
#include "score/fields.h"
#include "score/profile/profile.h"
#include "score/results.h"
#include "score/trigger_arguments.h"
#include "score/verified.h"

/* The score of a row. */
typedef struct Score
{
	WlDocumentScore document;
	int64		version;		/* of the rules; 0 if there are none */
	WlName	   *verified;
	int			nverified;
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

/* A jsonb of a row; NULL if the key names no column, the row is NULL or the value is. */
static Jsonb *
get_jsonb(const WlScoreTrigger *t, WlTriggerKey key, HeapTuple row, TupleDesc desc)
{
	bool		isnull = true;
	Datum		value = row == NULL ? (Datum) 0 : get_column(t, key, row, desc, &isnull);

	return isnull ? NULL : DatumGetJsonbP(value);
}

static ArrayType *
get_array(const WlScoreTrigger *t, WlTriggerKey key, HeapTuple row, TupleDesc desc)
{
	bool		isnull = true;
	Datum		value = row == NULL ? (Datum) 0 : get_column(t, key, row, desc, &isnull);

	return isnull ? NULL : DatumGetArrayTypeP(value);
}

static bool
same_bytes(Datum a, Datum b)
{
	return VARSIZE_ANY(DatumGetPointer(a)) == VARSIZE_ANY(DatumGetPointer(b)) &&
		memcmp(DatumGetPointer(a), DatumGetPointer(b), VARSIZE_ANY(DatumGetPointer(a))) == 0;
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
	if (same_bytes(a, b))
		return true;
	if (type == JSONBOID)
		return DatumGetBool(DirectFunctionCall2(jsonb_eq, a, b));
	return same_bytes(PointerGetDatum(PG_DETOAST_DATUM(a)), PointerGetDatum(PG_DETOAST_DATUM(b)));
}

/* Is the column of a key the same in both rows? It is if the key names no column. */
static bool
same_column(const WlScoreTrigger *t, WlTriggerKey key, HeapTuple old, HeapTuple new, TupleDesc desc)
{
	bool		before_null;
	bool		after_null;
	Datum		before = get_column(t, key, old, desc, &before_null);
	Datum		after = get_column(t, key, new, desc, &after_null);

	return before_null == after_null &&
		(before_null || same_value(t->columns[key].type, before, after));
}

static bool
inputs_unchanged(const WlScoreTrigger *t, HeapTuple old, HeapTuple new, TupleDesc desc)
{
	for (int k = 0; k < WL_TRIGGER_KEYS; k++)
		if (wl_is_input(&t->columns[k]) && !same_column(t, k, old, new, desc))
			return false;
	return true;
}

/* An UPDATE that sets the version to NULL asks for the row to be scored. */
static bool
version_is_null(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	bool		isnull;

	(void) get_column(t, WL_KEY_PROFILE_VERSION, row, desc, &isnull);
	return isnull && t->columns[WL_KEY_PROFILE_VERSION].attnum != 0;
}

/* The profile of a row; NULL if it has none. */
static const WlFoundProfile *
get_profile(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc)
{
	text	   *name = t->profile;
	bool		isnull;
	Datum		value = get_column(t, WL_KEY_PROFILE_COLUMN, row, desc, &isnull);
	const WlFoundProfile *found;

	if (!isnull)
		name = DatumGetTextPP(value);
	if (name == NULL)
		return NULL;
	found = wl_find_profile(t->finder, name);
	if (found->profile == NULL)
		return NULL;
	if (t->has_threshold)
		wl_set_threshold(found->profile, t->threshold);
	return found;
}

static void
score_without_profile(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc,
					  JsonbContainer *fields, JsonbContainer *confidence,
					  WlDocumentScore *document)
{
	bool		isnull;
	Datum		base = get_column(t, WL_KEY_BASE, row, desc, &isnull);
	WlPlainRules rules = {
		.base = WL_SILENT,
		.base_value = t->base_value,
		.threshold = t->threshold,
		.no_profile = t->columns[WL_KEY_PROFILE_COLUMN].attnum != 0
	};

	if (!isnull)
		rules.base = wl_is_fraction(DatumGetFloat8(base)) ? DatumGetFloat8(base) : get_float8_nan();
	wl_score_plain(&rules, fields, confidence, document);
}

/* Did a row accept a field, although no person has verified it? */
static bool
has_accepted(const WlScoreTrigger *t, HeapTuple row, TupleDesc desc,
			 const WlDocumentScore *document, Jsonb *reasons)
{
	ArrayType  *array = get_array(t, WL_KEY_VERIFIED, row, desc);
	int			n = 0;
	WlName	   *verified = array == NULL ? NULL : wl_sorted_names(array, &n);

	for (int i = 0; i < document->nfields; i++)
	{
		const WlName *name = &document->fields[i].name;
		JsonbValue	value;

		if (n > 0 && bsearch(name, verified, n, sizeof(WlName), wl_compare_keys) != NULL)
			continue;
		if (!JB_ROOT_IS_OBJECT(reasons) ||
			getKeyJsonValueFromContainer(&reasons->root, name->name, name->length, &value) == NULL)
			return true;
	}
	return false;
}

/*
 * An UPDATE does not choose anew whether the row is audited: a correction changes the
 * text of the fields, but a clerk who corrects one field has still to check the others.
 * The reasons of the row show the choice, also those of one that moved from another
 * partition: if no field is audited, but one was accepted, the row was not chosen. The
 * choice is made anew if the type changes, or if the version is set to NULL.
 */
static void
keep_audit(const WlScoreTrigger *t, HeapTuple old, HeapTuple row, TupleDesc desc,
		   WlDocumentScore *document)
{
	HeapTuple	before = old == NULL ? row : old;
	Jsonb	   *reasons = get_jsonb(t, WL_KEY_REASONS, before, desc);

	if (!document->may_be_audited || reasons == NULL || version_is_null(t, row, desc) ||
		(old != NULL && !same_column(t, WL_KEY_PROFILE_COLUMN, old, row, desc)))
		return;
	if (wl_has_reason(reasons, WL_REASON_AUDIT))
		wl_audit_document(document, true);
	else if (has_accepted(t, before, desc, document, reasons))
		wl_audit_document(document, false);
}

/* old is the row before the UPDATE, or NULL. */
static Score
score_row(const WlScoreTrigger *t, HeapTuple old, HeapTuple row, TupleDesc desc)
{
	Score		score = {0};
	Jsonb	   *fields = get_jsonb(t, WL_KEY_FIELDS, row, desc);
	Jsonb	   *confidence = get_jsonb(t, WL_KEY_ENGINE_CONFIDENCE, row, desc);
	JsonbContainer *fields_root = fields == NULL ? NULL : &fields->root;
	JsonbContainer *confidence_root = confidence == NULL ? NULL : &confidence->root;
	const WlFoundProfile *found = get_profile(t, row, desc);

	if (found == NULL)
		score_without_profile(t, row, desc, fields_root, confidence_root, &score.document);
	else
	{
		score.version = found->version;
		(void) wl_score_document(found->profile, fields_root, confidence_root,
								 WL_SCRIPT_UNKNOWN, &score.document);
		keep_audit(t, old, row, desc, &score.document);
	}
	wl_mark_accepted(&score.document);
	if (t->columns[WL_KEY_VERIFIED].attnum != 0)
	{
		HeapTuple	before = old == NULL ? row : old;

		score.verified = wl_verified_names(get_array(t, WL_KEY_VERIFIED, row, desc),
										   get_array(t, WL_KEY_VERIFIED, old, desc),
										   fields, get_jsonb(t, WL_KEY_FIELDS, old, desc),
										   t->no_field, &score.nverified);
		wl_keep_verified(&score.document, score.verified, score.nverified,
						 get_jsonb(t, WL_KEY_SCORES, before, desc),
						 get_array(t, WL_KEY_ACCEPTED, before, desc), t->no_field);
		if (found != NULL)
			score.document.score = wl_mean_score(&score.document);
	}
	return score;
}

static Datum
output_value(const WlScoreTrigger *t, const Score *score, WlTriggerKey key)
{
	const WlDocumentScore *document = &score->document;

	switch (key)
	{
		case WL_KEY_SCORE:
			return Float8GetDatum(document->score);
		case WL_KEY_CONFIDENCE:
			return Float8GetDatum(wl_confidence(document));
		case WL_KEY_MULTIPLIER:
			return Float8GetDatum(document->multiplier);
		case WL_KEY_NUM_FIELDS:
			return Int32GetDatum((int32) Min(document->num_fields, PG_INT32_MAX));
		case WL_KEY_SCORES:
			return JsonbPGetDatum(wl_scores_object(document));
		case WL_KEY_REVIEW:
			return t->columns[key].type == TEXTARRAYOID ?
				PointerGetDatum(wl_review_names(document, t->no_field)) :
				BoolGetDatum(wl_is_for_review(document));
		case WL_KEY_REASONS:
			return JsonbPGetDatum(wl_reasons_object(document, t->no_field));
		case WL_KEY_ACCEPTED:
			return PointerGetDatum(wl_accepted_names(document));
		case WL_KEY_PROFILE_VERSION:
			return Int64GetDatum(score->version);
		case WL_KEY_VERIFIED:
			return PointerGetDatum(wl_names_array(score->verified, score->nverified));
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

		if (!wl_is_output(column))
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
	HeapTuple	old = NULL;
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
		old = row;
		row = trigdata->tg_newtuple;
		if (!version_is_null(t, row, desc) && inputs_unchanged(t, old, row, desc))
			return PointerGetDatum(row);
	}
	score = score_row(t, old, row, desc);
	return PointerGetDatum(write_outputs(fcinfo, t, row, desc, &score));
}
