/*
 * model.c
 *		The model of a profile: its parsing, and the probability that it gives.
 *
 * A model is what williams_fit returns, or is written by hand: intercept and slope
 * are required, other coefficients count as 0. What says how much the model is to be
 * trusted is checked but not used, except for the curve.
 *
 * A field that the model does not know has no coefficients of its own, which gives
 * it the pooled estimate. Fields of the model that the profile does not expect are
 * ignored: one model may serve profiles with fewer fields.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "math/logit.h"
#include "score/names.h"
#include "score/profile/rules.h"

#define MODEL_VERSION		1

/* No coefficient is larger, so that no sum overflows. */
#define MAX_COEFFICIENT		1e6

typedef struct Coefficients
{
	double		intercept;
	double		slope;
} Coefficients;

/* A threshold, and the precision of what it accepted of the evidence. */
typedef struct CurvePoint
{
	double		threshold;
	double		precision;
} CurvePoint;

struct WlModel
{
	double		effects[3];		/* of an outcome: none, passed, failed */
	double		silent;
	int			npoints;
	CurvePoint *curve;
	Coefficients *fields;		/* common and own, of each field of the
								 * profile */
};

static double
parse_number(const char *key, const JsonbValue *value)
{
	double		number = 0.0;

	if (value->type != jbvNumeric || !isfinite(number = wl_number(value->val.numeric)))
		wl_refuse_rules(key, "it must be a number", NULL);
	return number;
}

static double
parse_coefficient(const char *key, const JsonbValue *value)
{
	double		number = parse_number(key, value);

	if (fabs(number) > MAX_COEFFICIENT)
		wl_refuse_rules(key, "it must be between -1000000 and 1000000", NULL);
	return number;
}

/* The coefficient of this key; 0 if it is missing and need not be there. */
static double
get_coefficient(JsonbContainer *model, const char *name, bool required)
{
	JsonbValue	value;
	const char *key = psprintf("model.%s", name);

	if (wl_get_key(model, name, &value))
		return parse_coefficient(key, &value);
	if (required)
		wl_refuse_rules(key, "it is missing", NULL);
	return 0.0;
}

static Coefficients
parse_field(const char *path, JsonbValue *value)
{
	Coefficients own = {0};
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;

	if (!wl_get_object(value, &object))
		wl_refuse_rules(path, "it must be an object", NULL);
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		const char *name = psprintf("%s.%s", path, pnstrdup(key.name, key.length));

		getKeyJsonValueFromContainer(object, key.name, key.length, value);
		if (wl_key_is(&key, "intercept"))
			own.intercept = parse_coefficient(name, value);
		else if (wl_key_is(&key, "slope"))
			own.slope = parse_coefficient(name, value);
		else
			wl_refuse_rules(name, "unknown key", "The keys are \"intercept\" and \"slope\".");
	}
	return own;
}

/* Add the fields' own coefficients to the common ones. */
static void
parse_fields(WlModel *model, const WlProfile *profile, const JsonbValue *value)
{
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;
	int			field = 0;

	if (!wl_get_object(value, &object))
		wl_refuse_rules("model.fields", "it must be an object", NULL);
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		JsonbValue	entry;
		Coefficients own;

		CHECK_FOR_INTERRUPTS();
		getKeyJsonValueFromContainer(object, key.name, key.length, &entry);
		own = parse_field(psprintf("model.fields.%s", pnstrdup(key.name, key.length)), &entry);
		while (field < profile->nfields && wl_compare_keys(&profile->fields[field].key, &key) < 0)
			field++;
		if (field == profile->nfields || wl_compare_keys(&profile->fields[field].key, &key) != 0)
			continue;
		model->fields[field].intercept += own.intercept;
		model->fields[field].slope += own.slope;
	}
}

/* [threshold, precision, share] */
static void
parse_point(CurvePoint *point, const char *key, const JsonbValue *value)
{
	const char *problem = "it must be an array of three numbers between 0 and 1";
	double		values[3];
	JsonbContainer *array;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) ||
		JsonContainerSize(value->val.binary.data) != lengthof(values))
		wl_refuse_rules(key, problem, NULL);
	array = value->val.binary.data;
	for (int i = 0; i < lengthof(values); i++)
		if (!wl_get_fraction(getIthJsonbValueFromContainer(array, i), &values[i]))
			wl_refuse_rules(key, problem, NULL);
	point->threshold = values[0];
	point->precision = values[1];
}

static void
parse_curve(WlModel *model, const JsonbValue *value)
{
	JsonbContainer *array;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		wl_refuse_rules("model.curve", "it must be an array", NULL);
	array = value->val.binary.data;
	model->npoints = JsonContainerSize(array);
	model->curve = palloc(Max(model->npoints, 1) * sizeof(CurvePoint));
	for (int i = 0; i < model->npoints; i++)
	{
		CHECK_FOR_INTERRUPTS();
		parse_point(&model->curve[i], psprintf("model.curve[%d]", i),
					getIthJsonbValueFromContainer(array, i));
	}
}

/* The keys of a model that have a number. */
static const struct
{
	const char *name;
}			numbers[] = {
	{"version"}, {"observations"}, {"right"}, {"ridge"}, {"intercept"}, {"slope"}, {"passed"},
	{"failed"}, {"silent"}, {"ece"}, {"brier"}, {"auroc"}
};

static void
check_keys(JsonbContainer *model)
{
	WlKeys		keys;
	WlName		key;

	wl_keys_begin(&keys, model);
	while (wl_keys_next(&keys, &key))
	{
		const char *name = psprintf("model.%s", pnstrdup(key.name, key.length));
		JsonbValue	value;

		if (wl_key_is(&key, "fields") || wl_key_is(&key, "curve"))
			continue;
		if (wl_find_name(numbers, key.name, key.length) < 0)
			wl_refuse_rules(name, "unknown key",
							"A model is the result of williams_fit, or has \"intercept\" and \"slope\".");
		getKeyJsonValueFromContainer(model, key.name, key.length, &value);
		parse_number(name, &value);
	}
}

WlModel    *
wl_parse_model(const WlProfile *profile, const JsonbValue *value)
{
	WlModel    *model = palloc0(sizeof(WlModel));
	Coefficients common;
	JsonbContainer *object;
	JsonbValue	item;

	if (!wl_get_object(value, &object))
		wl_refuse_rules("model", "it must be an object", NULL);
	check_keys(object);
	if (wl_get_key(object, "version", &item) && wl_number(item.val.numeric) != MODEL_VERSION)
		wl_refuse_rules("model.version", psprintf("it must be %d", MODEL_VERSION), NULL);
	common.intercept = get_coefficient(object, "intercept", true);
	common.slope = get_coefficient(object, "slope", true);
	model->effects[WL_OUTCOME_PASSED] = get_coefficient(object, "passed", false);
	model->effects[WL_OUTCOME_FAILED] = get_coefficient(object, "failed", false);
	model->silent = get_coefficient(object, "silent", false);
	model->fields = palloc(profile->nfields * sizeof(Coefficients));
	for (int i = 0; i < profile->nfields; i++)
		model->fields[i] = common;
	if (wl_get_key(object, "fields", &item))
		parse_fields(model, profile, &item);
	if (wl_get_key(object, "curve", &item))
		parse_curve(model, &item);
	return model;
}

double
wl_model_probability(const WlModel *model, int field, WlOutcome outcome, double confidence)
{
	const Coefficients *own = &model->fields[field];
	double		z = own->intercept + model->effects[outcome];

	if (confidence == WL_SILENT)
		z += model->silent;
	else
		z += own->slope * wl_confidence_logit(confidence);
	return wl_expit(z);
}

bool
wl_model_threshold(const WlModel *model, double precision, double *threshold)
{
	bool		found = false;

	for (int i = 0; i < model->npoints; i++)
	{
		const CurvePoint *point = &model->curve[i];

		if (point->precision < precision || (found && point->threshold >= *threshold))
			continue;
		*threshold = point->threshold;
		found = true;
	}
	return found;
}
