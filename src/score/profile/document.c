/*
 * document.c
 *		Scores one document by a profile: rules 1, 4, 5 and 7. Rule 2 is in
 *		formats.c, rule 3 in script.c and rule 6 in checks.c.
 *
 * The rules are numbered as in docs/score.md. What they leave open is decided as
 * follows:
 *
 * - The text of a value is what ->> returns: 42, true, {"a": 1}. An object or
 *   array is present if it has a leaf that is neither null nor blank; the first
 *   megabyte of its text counts.
 * - Rule 5 clamps the score, then rule 6 multiplies it.
 * - The threshold of rule 7 is compared with the score without the multiplier. A
 *   check that fails can therefore send its fields to review.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "base/check.h"
#include "math/bound.h"
#include "score/fields.h"
#include "score/profile/rules.h"

#define CONTAINER_TEXT		(1024 * 1024)
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

/* Append a key or a leaf to the text of its container. */
static void
append_leaf(StringInfo buf, const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			appendStringInfoString(buf, "null");
			break;
		case jbvBool:
			appendStringInfoString(buf, v->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
			appendStringInfoString(buf, DatumGetCString(DirectFunctionCall1(numeric_out,
																			NumericGetDatum(v->val.numeric))));
			break;
		case jbvString:
			escape_json(buf, pnstrdup(v->val.string.val,
									  pg_mbcliplen(v->val.string.val, v->val.string.len, CONTAINER_TEXT)));
			break;
		default:
			elog(ERROR, "jsonb type %d is not a leaf", (int) v->type);
	}
}

/*
 * The text of an object or array as ->> returns it, cut off after about
 * CONTAINER_TEXT bytes. A few kilobytes of numbers like 1e131000 would otherwise
 * take up all memory, and no row may make a load fail. No format, and no check
 * except a pattern, depends on the rest.
 */
static char *
container_text(JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	v;
	bool		first = true;	/* no comma before the next item */
	StringInfoData buf;

	initStringInfo(&buf);
	while (buf.len < CONTAINER_TEXT && (token = JsonbIteratorNext(&it, &v, false)) != WJB_DONE)
	{
		bool		opens = token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT;

		CHECK_FOR_INTERRUPTS();
		if (!first && (opens || token == WJB_KEY || token == WJB_ELEM))
			appendStringInfoString(&buf, ", ");
		first = opens || token == WJB_KEY;
		if (opens)
			appendStringInfoChar(&buf, token == WJB_BEGIN_ARRAY ? '[' : '{');
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			appendStringInfoChar(&buf, token == WJB_END_ARRAY ? ']' : '}');
		else
			append_leaf(&buf, &v);
		if (token == WJB_KEY)
			appendStringInfoString(&buf, ": ");
	}
	return buf.data;
}

/* The text of a value as ->> returns it; none if the field counts as missing. */
static WlFieldText
text_of(const WlValue *value)
{
	WlFieldText t = {NULL, 0};

	if (wl_count_value(value) == 0)
		return t;
	t.data = value->data;
	t.length = value->length;
	if (JBE_ISSTRING(value->entry))
		return t;
	if (JBE_ISNUMERIC(value->entry))
		t.data = DatumGetCString(DirectFunctionCall1(numeric_out, PointerGetDatum(value->data)));
	else if (JBE_ISBOOL(value->entry))
		t.data = JBE_ISBOOL_TRUE(value->entry) ? "true" : "false";
	else
		t.data = container_text((JsonbContainer *) value->data);
	t.length = strlen(t.data);
	return t;
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

static void
get_texts(const WlProfile *profile, const JsonbContainer *fields, WlFieldText *texts)
{
	ExpectedWalk walk;
	WlValue		value;
	int			field;

	memset(texts, 0, profile->nfields * sizeof(WlFieldText));
	if (fields == NULL || !JsonContainerIsObject(fields))
		return;
	expected_begin(&walk, profile, fields);
	while (expected_next(&walk, &field, &value))
		texts[field] = text_of(&value);
}

/*
 * Rule 1: set start[] of each field that is present to the engine's confidence,
 * and leave it alone if the engine gives none. The result is that of
 * wl_score_document.
 */
static const char *
get_starts(const WlProfile *profile, JsonbContainer *confidence,
		   const WlFieldText *texts, double *start)
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
		if (texts[field].data == NULL || JBE_ISNULL(value.entry))
			continue;
		if (!JBE_ISNUMERIC(value.entry))
			return text_to_cstring(profile->fields[field].name);
		start[field] = wl_number((Numeric) value.data);
		if (!wl_is_fraction(start[field]))
			return text_to_cstring(profile->fields[field].name);
	}
	return NULL;
}

static inline double
format_effect(const WlFormat *format, const WlFieldText *t)
{
	if (format == NULL)
		return 0.0;
	return format->matches(t) ? format->match : format->mismatch;
}

static inline double
clamp(double x)
{
	return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

/* Rules 2 to 5 for all fields. unmultiplied[] holds their starts. */
static void
score_texts(const WlProfile *profile, const WlFieldText *texts, WlDocumentScore *score)
{
	double		script_effect = wl_script_effect(score->script);

	for (int i = 0; i < profile->nfields; i++)
	{
		double		x;

		CHECK_FOR_INTERRUPTS();
		if (texts[i].data == NULL)
		{
			score->unmultiplied[i] = score->scores[i] = 0.0;
			continue;
		}
		x = score->unmultiplied[i] + format_effect(profile->fields[i].format, &texts[i]) +
			script_effect - (is_short(&texts[i]) ? SHORT_PENALTY : 0.0);
		score->scores[i] = clamp(x * score->multiplier);
		score->unmultiplied[i] = clamp(x);
	}
}

const char *
wl_score_document(const WlProfile *profile, JsonbContainer *fields,
				  JsonbContainer *confidence, WlScript script, WlDocumentScore *score)
{
	int			n = profile->nfields;
	WlFieldText *texts = palloc(n * sizeof(WlFieldText));
	const char *bad;
	double		sum = 0.0;

	score->scores = palloc(2 * n * sizeof(double));
	score->unmultiplied = score->scores + n;
	score->overall = 0.0;
	score->num_fields = 0;
	get_texts(profile, fields, texts);
	for (int i = 0; i < n; i++)
	{
		score->unmultiplied[i] = WL_DEFAULT_CONFIDENCE;
		score->num_fields += texts[i].data != NULL;
	}
	score->script = script == WL_SCRIPT_UNKNOWN ? wl_detect_script(texts, n) : script;
	score->multiplier = wl_math_confidence_multiplier(score->num_fields);
	bad = get_starts(profile, confidence, texts, score->unmultiplied);
	if (bad != NULL)
	{
		memset(score->scores, 0, 2 * n * sizeof(double));
		return bad;
	}
	score_texts(profile, texts, score);
	wl_apply_checks(profile, texts, score);
	for (int i = 0; i < n; i++)
		sum += score->scores[i];
	score->overall = sum / n;
	return NULL;
}

Datum
wl_review_names(const WlProfile *profile, const WlDocumentScore *score, double threshold)
{
	Datum	   *names = palloc(profile->nfields * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < profile->nfields; i++)
		if (wl_is_below(score->unmultiplied[i], threshold))
			names[n++] = PointerGetDatum(profile->fields[i].name);
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}
