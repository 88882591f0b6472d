/*
 * plain.c
 *		Scores one document without a profile.
 *
 * The base of the document is the first available of: one that is given, the mean of
 * the engine's confidences in the extracted fields that have one, a constant. A field
 * that the engine says nothing of has the given base, or the constant. The fields are
 * the top-level ones that were extracted.
 *
 * A field is for review if its score is below the threshold. If only the base of the
 * document is, all fields are.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/fields.h"
#include "score/score.h"

/* The extracted fields, without confidences. */
static void
get_fields(const WlPlainRules *rules, JsonbContainer *fields, WlDocumentScore *document)
{
	WlKeys		keys;
	WlValues	values;
	WlName		key;
	WlValue		value;

	document->nfields = 0;
	document->num_fields = 0;
	if (fields == NULL || JsonContainerIsScalar(fields))
		return;
	if (JsonContainerIsArray(fields))
	{
		document->num_fields = wl_count_fields(fields);
		return;
	}
	document->fields = palloc_extended(Max(JsonContainerSize(fields), 1) * sizeof(WlFieldScore),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	wl_keys_begin(&keys, fields);
	wl_values_begin(&values, fields);
	while (wl_keys_next(&keys, &key) && wl_values_next(&values, &value))
	{
		WlFieldScore *field = &document->fields[document->nfields];
		int64		n = wl_count_value(&value);

		CHECK_FOR_INTERRUPTS();
		if (n == 0)
			continue;
		document->num_fields += n;
		field->name = key;
		field->confidence = WL_SILENT;
		field->threshold = rules->threshold;
		document->nfields++;
	}
}

/*
 * Set the fields' confidences and scores and the document's base; false if a
 * confidence is not a number in [0, 1].
 */
static bool
get_scores(const WlPlainRules *rules, JsonbContainer *confidence, WlDocumentScore *document)
{
	double		otherwise = rules->base == WL_SILENT ? rules->base_value : rules->base;
	double		sum = 0.0;
	int			n = 0;

	if (!wl_is_fraction(otherwise))
		return false;
	if (confidence != NULL && wl_is_json_null(confidence))
		confidence = NULL;
	if (confidence != NULL && !JsonContainerIsObject(confidence))
		return false;
	for (int i = 0; i < document->nfields; i++)
	{
		WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (confidence != NULL && !wl_field_confidence(confidence, &field->name, &field->confidence))
			return false;
		field->score = field->confidence == WL_SILENT ? otherwise : field->confidence;
		if (field->confidence != WL_SILENT)
		{
			sum += field->confidence;
			n++;
		}
	}
	document->score = rules->base == WL_SILENT && n > 0 ? sum / n : otherwise;
	return true;
}

/* Bad data: the document scores 0, and all of it is for review. */
static void
fail_document(WlDocumentScore *document)
{
	document->score = 0.0;
	for (int i = 0; i < document->nfields; i++)
	{
		document->fields[i].score = 0.0;
		document->fields[i].confidence = WL_SILENT;
		document->fields[i].reasons = WL_REASON_BIT(WL_REASON_LOW_CONFIDENCE);
	}
	document->reasons = WL_REASON_BIT(WL_REASON_MISSING);
}

void
wl_score_plain(const WlPlainRules *rules, JsonbContainer *fields,
			   JsonbContainer *confidence, WlDocumentScore *document)
{
	uint32		low = WL_REASON_BIT(WL_REASON_LOW_CONFIDENCE);
	uint32		all = rules->no_profile ? WL_REASON_BIT(WL_REASON_NO_PROFILE) : 0;
	bool		any = false;

	document->script = WL_SCRIPT_UNKNOWN;
	document->reasons = 0;
	get_fields(rules, fields, document);
	document->multiplier = wl_math_confidence_multiplier(document->num_fields);
	if (document->num_fields == 0 || !get_scores(rules, confidence, document))
		fail_document(document);
	for (int i = 0; i < document->nfields; i++)
	{
		WlFieldScore *field = &document->fields[i];

		if (wl_is_below(field->score, field->threshold))
			field->reasons |= low;
		any |= field->reasons != 0;
	}
	if (!any && wl_is_below(document->score, rules->threshold))
		all |= low;
	for (int i = 0; i < document->nfields; i++)
		document->fields[i].reasons |= all;
	document->reasons |= all;
}
