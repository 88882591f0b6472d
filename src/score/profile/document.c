/*
 * document.c
 *		Scores one document by a profile: rules 1, 4, 6 and 7. Rule 2 is in
 *		formats.c, rule 3 in script.c, rule 5 in checks.c; a model is in model.c.
 *
 * The rules are numbered as in docs/score.md.
 *
 * A model gives the probability that what was read for a field is right. It has
 * learnt from the field's format and from the checks of this field alone, so they are
 * not applied on top of it; the checks between fields are.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/field_text.h"
#include "score/fields.h"
#include "score/profile/rules.h"

#define SHORT_PENALTY		0.10

/* Does a text, which is not blank, have a single character once it is trimmed? */
static bool
is_short(const WlFieldText *t)
{
	const unsigned char *p = (const unsigned char *) t->data;
	const unsigned char *end = p + t->length;
	const unsigned char *first = NULL;
	bool		utf8;
	int			space;

	/* the common case first: two printable ASCII characters */
	if (t->length >= 2 && p[0] > ' ' && p[0] < 0x80 && p[1] > ' ' && p[1] < 0x80)
		return false;
	utf8 = GetDatabaseEncoding() == PG_UTF8;
	while (p < end)
	{
		if ((space = wl_space_length(p, end, utf8)) > 0)
		{
			p += space;
			continue;
		}
		if (first != NULL)
			return false;		/* a second character */
		first = p;
		p += pg_mblen((const char *) p);
	}
	return true;
}

/* Walks the entries of an object whose keys are fields of a profile. */
typedef struct ExpectedWalk
{
	const WlProfile *profile;
	WlKeys		keys;
	WlValues	values;
	int			next;			/* index of the next field to look for */
} ExpectedWalk;

static pg_attribute_always_inline void
expected_begin(ExpectedWalk *walk, const WlProfile *profile, const JsonbContainer *object)
{
	walk->profile = profile;
	walk->next = 0;
	wl_keys_begin(&walk->keys, object);
	wl_values_begin(&walk->values, object);
}

/* Both sides are in jsonb's order of keys, so a merge finds the common ones. */
static pg_attribute_always_inline bool
expected_next(ExpectedWalk *walk, int *field, WlValue *value)
{
	const WlProfile *profile = walk->profile;
	WlName		key;

	while (walk->next < profile->nfields &&
		   wl_keys_next(&walk->keys, &key) && wl_values_next(&walk->values, value))
	{
		int			order = -1;

		CHECK_FOR_INTERRUPTS();
		while (walk->next < profile->nfields &&
			   (order = wl_compare_keys(&profile->fields[walk->next].key, &key)) < 0)
			walk->next++;
		if (order == 0)
		{
			*field = walk->next++;
			return true;
		}
	}
	return false;
}

/* Rule 1: the texts of the fields that are present. */
static void
get_texts(const WlProfile *profile, const JsonbContainer *fields, WlDocumentScore *document)
{
	ExpectedWalk walk;
	WlValue		value;
	int			field;

	document->num_fields = 0;
	if (fields == NULL || !JsonContainerIsObject(fields))
		return;
	expected_begin(&walk, profile, fields);
	while (expected_next(&walk, &field, &value))
	{
		document->fields[field].text = wl_text_of(&value);
		document->num_fields += document->fields[field].text.data != NULL;
	}
}

/* The engine's confidences. The result is that of wl_judge_document. */
static const char *
get_confidences(const WlProfile *profile, JsonbContainer *confidence, WlFieldScore *fields)
{
	ExpectedWalk walk;
	WlValue		value;
	int			field;

	if (confidence == NULL || wl_is_json_null(confidence))
		return NULL;
	if (!JsonContainerIsObject(confidence))
		return "";
	expected_begin(&walk, profile, confidence);
	while (expected_next(&walk, &field, &value))
	{
		double		x;

		if (fields[field].text.data == NULL || JBE_ISNULL(value.entry))
			continue;
		if (!wl_value_confidence(&value, &x))
			return pnstrdup(fields[field].name.name, fields[field].name.length);
		fields[field].confidence = x;
	}
	return NULL;
}

static void
apply_formats(const WlProfile *profile, WlFieldScore *fields)
{
	for (int i = 0; i < profile->nfields; i++)
	{
		const WlFormat *format = profile->fields[i].format;

		CHECK_FOR_INTERRUPTS();
		if (format == NULL || fields[i].text.data == NULL)
			continue;
		fields[i].outcome = format->matches(&fields[i].text) ? WL_OUTCOME_PASSED : WL_OUTCOME_FAILED;
		if (fields[i].outcome == WL_OUTCOME_FAILED)
			fields[i].reasons |= WL_REASON_BIT(WL_REASON_FORMAT);
	}
}

const char *
wl_judge_document(const WlProfile *profile, JsonbContainer *fields,
				  JsonbContainer *confidence, WlDocumentScore *document)
{
	const char *bad;

	document->nfields = profile->nfields;
	document->reasons = 0;
	document->may_be_audited = false;
	document->fields = palloc(profile->nfields * sizeof(WlFieldScore));
	for (int i = 0; i < profile->nfields; i++)
		document->fields[i] = (WlFieldScore)
	{
		.name = profile->fields[i].key,
			.confidence = WL_SILENT,
			.threshold = profile->fields[i].threshold == WL_NO_THRESHOLD ?
			profile->threshold : profile->fields[i].threshold,
			.own_factor = 1.0,
			.shared_factor = 1.0
	};
	get_texts(profile, fields, document);
	bad = get_confidences(profile, confidence, document->fields);
	if (bad != NULL)
		return bad;
	apply_formats(profile, document->fields);
	wl_apply_checks(profile, true, document->fields);
	return NULL;
}

static inline double
clamp(double x)
{
	return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

/* Rules 2 to 5 for a field that is present, apart from the checks between fields. */
static double
score_by_rules(const WlFormat *format, double script_effect, WlFieldScore *field)
{
	double		x = field->confidence == WL_SILENT ? WL_DEFAULT_CONFIDENCE : field->confidence;

	if (wl_is_below(x, field->threshold))
		field->reasons |= WL_REASON_BIT(WL_REASON_LOW_CONFIDENCE);
	if (format != NULL)
		x += field->reasons & WL_REASON_BIT(WL_REASON_FORMAT) ? format->mismatch : format->match;
	x += script_effect;
	if (script_effect < 0)
		field->reasons |= WL_REASON_BIT(WL_REASON_SCRIPT);
	if (is_short(&field->text))
	{
		x -= SHORT_PENALTY;
		field->reasons |= WL_REASON_BIT(WL_REASON_SHORT);
	}
	return clamp(x) * field->own_factor;
}

static double
score_by_model(const WlModel *model, int i, WlFieldScore *field)
{
	double		p = wl_model_probability(model, i, field->outcome, field->confidence);

	if (wl_is_below(p, field->threshold))
		field->reasons |= WL_REASON_BIT(WL_REASON_MODEL);
	return p;
}

/* Set the scores, and keep the reasons of the fields for review only. */
static void
score_fields(const WlProfile *profile, WlDocumentScore *document)
{
	double		script_effect = wl_script_effect(document->script);

	for (int i = 0; i < profile->nfields; i++)
	{
		WlFieldScore *field = &document->fields[i];

		CHECK_FOR_INTERRUPTS();
		if (field->text.data == NULL)
		{
			field->score = 0.0;
			field->reasons = wl_is_below(0.0, field->threshold) ? WL_REASON_BIT(WL_REASON_MISSING) : 0;
			continue;
		}
		field->score = field->shared_factor *
			(profile->model != NULL ? score_by_model(profile->model, i, field) :
			 score_by_rules(profile->fields[i].format, script_effect, field));
		if (!wl_is_below(field->score, field->threshold))
			field->reasons = 0;
	}
	document->score = wl_mean_score(document);
}

/* What is accepted goes to review all the same if the document is to be audited. */
static void
audit_document(const WlProfile *profile, JsonbContainer *fields, WlDocumentScore *document)
{
	char	   *key;

	if (profile->audit == 0)
		return;
	document->may_be_audited = true;
	key = wl_container_text(fields);
	if (wl_is_audited(key, strlen(key), profile->audit))
		wl_audit_document(document, true);
}

/* The document scores 0, and all of it is for review, whatever the thresholds. */
static void
fail_document(WlDocumentScore *document)
{
	document->score = 0.0;
	for (int i = 0; i < document->nfields; i++)
	{
		WlFieldScore *field = &document->fields[i];

		field->score = 0.0;
		field->confidence = WL_SILENT;
		field->reasons = WL_REASON_BIT(field->text.data == NULL ? WL_REASON_MISSING :
									   WL_REASON_LOW_CONFIDENCE);
	}
}

const char *
wl_score_document(const WlProfile *profile, JsonbContainer *fields,
				  JsonbContainer *confidence, WlScript script, WlDocumentScore *document)
{
	const char *bad = wl_judge_document(profile, fields, confidence, document);

	document->script = script == WL_SCRIPT_UNKNOWN ?
		wl_detect_script(document->fields, document->nfields) : script;
	document->multiplier = wl_math_confidence_multiplier(document->num_fields);
	if (bad != NULL || document->num_fields == 0)
	{
		fail_document(document);
		return bad;
	}
	wl_apply_checks(profile, false, document->fields);
	score_fields(profile, document);
	audit_document(profile, fields, document);
	return NULL;
}
