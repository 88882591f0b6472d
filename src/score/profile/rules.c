/*
 * rules.c
 *		Parses the rules of a document type into a profile.
 *
 * Rules are an object; its keys are in the table at the end of this file. All of
 * it is checked here, in checks.c and in model.c; a profile that has been parsed is
 * valid.
 *
 * The fields of a profile are in jsonb's order of keys, by length and then by
 * bytes: jsonb keeps no other.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "score/fields.h"
#include "score/names.h"
#include "score/profile/rules.h"

/* How many bytes of an unknown name a message shows. */
#define NAME_SHOWN	100

void
wl_refuse_rules(const char *key, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("rules are malformed at \"%s\": %s", key, problem),
			 hint == NULL ? 0 : errhint("%s", hint)));
}

void
wl_refuse_name(const char *key, const char *thing, const JsonbValue *value, const char *hint)
{
	const char *name;

	if (value->type != jbvString)
		wl_refuse_rules(key, "it must be a string", hint);
	name = pnstrdup(value->val.string.val, value->val.string.len);
	wl_refuse_rules(key, psprintf("unknown %s \"%s\"", thing, wl_text_start(name, NAME_SHOWN)), hint);
}

bool
wl_key_is(const WlName *key, const char *name)
{
	return key->length == strlen(name) && memcmp(key->name, name, key->length) == 0;
}

bool
wl_get_key(JsonbContainer *object, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), value) != NULL;
}

bool
wl_get_fraction(const JsonbValue *value, double *result)
{
	if (value->type != jbvNumeric)
		return false;
	*result = wl_number(value->val.numeric);
	return wl_is_fraction(*result);
}

bool
wl_get_object(const JsonbValue *value, JsonbContainer **object)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return false;
	*object = value->val.binary.data;
	return true;
}

/* A number in [0, 1]; anything else is refused. */
static double
parse_fraction(const char *key, const JsonbValue *value)
{
	double		number;

	if (!wl_get_fraction(value, &number))
		wl_refuse_rules(key, "it must be a number between 0 and 1", NULL);
	return number;
}

static const WlFormat *
parse_format(const char *key, const JsonbValue *value)
{
	const WlFormat *format = NULL;

	if (value->type == jbvNull)
		return NULL;
	if (value->type == jbvString)
		format = wl_find_format(value->val.string.val, value->val.string.len);
	if (format == NULL)
		wl_refuse_name(key, "format", value,
					   psprintf("The formats are %s; null accepts any text.", wl_list_formats()));
	return format;
}

/* A field's entry: its format, or an object with format and threshold. */
static void
parse_field(WlProfileField *field, JsonbValue *value)
{
	char	   *path = psprintf("fields.%s", pnstrdup(field->key.name, field->key.length));
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;

	field->threshold = WL_NO_THRESHOLD;
	field->format = NULL;
	if (value->type == jbvNull || value->type == jbvString)
	{
		field->format = parse_format(path, value);
		return;
	}
	if (!wl_get_object(value, &object))
		wl_refuse_rules(path, "it must be null, a format or an object",
						psprintf("The formats are %s.", wl_list_formats()));
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		char	   *name = psprintf("%s.%s", path, pnstrdup(key.name, key.length));

		getKeyJsonValueFromContainer(object, key.name, key.length, value);
		if (wl_key_is(&key, "format"))
			field->format = parse_format(name, value);
		else if (wl_key_is(&key, "threshold"))
			field->threshold = parse_fraction(name, value);
		else
			wl_refuse_rules(name, "unknown key", "The keys are \"format\" and \"threshold\".");
	}
}

static void
parse_fields(WlProfile *profile, const JsonbValue *value)
{
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;

	if (!wl_get_object(value, &object))
		wl_refuse_rules("fields", "it must be an object", NULL);
	if (JsonContainerSize(object) == 0)
		wl_refuse_rules("fields", "it must name at least one field", NULL);
	profile->fields = palloc(JsonContainerSize(object) * sizeof(WlProfileField));
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		WlProfileField *field = &profile->fields[profile->nfields++];
		JsonbValue	entry;

		CHECK_FOR_INTERRUPTS();
		field->key.name = pnstrdup(key.name, key.length);
		field->key.length = key.length;
		getKeyJsonValueFromContainer(object, key.name, key.length, &entry);
		parse_field(field, &entry);
	}
}

static void
parse_threshold(WlProfile *profile, const JsonbValue *value)
{
	profile->threshold = parse_fraction("threshold", value);
}

static void
parse_audit(WlProfile *profile, const JsonbValue *value)
{
	profile->audit = parse_fraction("audit", value);
}

static void
parse_model(WlProfile *profile, const JsonbValue *value)
{
	profile->model = wl_parse_model(profile, value);
}

/* The threshold is the lowest one that the model's own evidence supports. */
static void
parse_precision(WlProfile *profile, const JsonbValue *value)
{
	double		precision = parse_fraction("precision", value);

	if (profile->model == NULL)
		wl_refuse_rules("precision", "it requires \"model\"",
						"The threshold for a precision comes from the evidence of a model; use \"threshold\" without one.");
	if (profile->threshold != WL_NO_THRESHOLD)
		wl_refuse_rules("precision", "it cannot be used together with \"threshold\"", NULL);
	if (!wl_model_threshold(profile->model, precision, &profile->threshold))
		wl_refuse_rules("precision", "the evidence of the model supports no threshold for it",
						"Use a lower precision, or fit the model again with more evidence.");
}

/* The keys of rules, in the order in which they are parsed and messages list them. */
static const struct
{
	const char *name;
	void		(*parse) (WlProfile *profile, const JsonbValue *value);
}			keys[] = {
	{"fields", parse_fields},
	{"checks", wl_parse_checks},
	{"threshold", parse_threshold},
	{"model", parse_model},
	{"precision", parse_precision},
	{"audit", parse_audit}
};

static void
check_keys(JsonbContainer *rules)
{
	WlKeys		k;
	WlName		key;

	wl_keys_begin(&k, rules);
	while (wl_keys_next(&k, &key))
		if (wl_find_name(keys, key.name, key.length) < 0)
			wl_refuse_rules(pnstrdup(key.name, key.length), "unknown key",
							psprintf("The keys are %s.", wl_list_names(keys)));
}

WlProfile  *
wl_parse_profile(Jsonb *rules)
{
	WlProfile  *profile = palloc0(sizeof(WlProfile));
	JsonbContainer *root = &rules->root;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(rules))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rules must be an object")));
	check_keys(root);
	profile->threshold = WL_NO_THRESHOLD;
	if (!wl_get_key(root, "fields", &value))
		wl_refuse_rules("fields", "it is missing", NULL);
	for (int i = 0; i < lengthof(keys); i++)
		if (wl_get_key(root, keys[i].name, &value))
			keys[i].parse(profile, &value);
	if (profile->threshold == WL_NO_THRESHOLD)
		profile->threshold = WL_DEFAULT_THRESHOLD;
	return profile;
}

void
wl_set_threshold(WlProfile *profile, double threshold)
{
	profile->threshold = threshold;
}
