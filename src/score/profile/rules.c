/*
 * rules.c
 *		Parses the rules of a document type into a profile.
 *
 * Rules are an object with the keys "fields", "checks" and "threshold". All of
 * it is checked here and in checks.c; a profile that has been parsed is valid.
 *
 * The fields of a profile are in jsonb's order of keys, by length and then by
 * bytes: jsonb keeps no other.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/check.h"
#include "score/fields.h"
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

static const WlFormat *
parse_format(const WlName *key, const JsonbValue *value)
{
	const WlFormat *format = NULL;

	if (value->type == jbvNull)
		return NULL;
	if (value->type == jbvString)
		format = wl_find_format(value->val.string.val, value->val.string.len);
	if (format == NULL)
		wl_refuse_name(psprintf("fields.%s", pnstrdup(key->name, key->length)), "format", value,
					   psprintf("The formats are %s; null accepts any text.", wl_list_formats()));
	return format;
}

static void
parse_fields(WlProfile *profile, JsonbContainer *rules)
{
	JsonbValue	value;
	JsonbContainer *object;
	WlKeys		keys;
	WlName		key;

	if (!wl_get_key(rules, "fields", &value))
		wl_refuse_rules("fields", "it is missing", NULL);
	if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
		wl_refuse_rules("fields", "it must be an object", NULL);
	object = value.val.binary.data;
	if (JsonContainerSize(object) == 0)
		wl_refuse_rules("fields", "it must name at least one field", NULL);
	profile->fields = palloc(JsonContainerSize(object) * sizeof(WlProfileField));
	wl_keys_begin(&keys, object);
	while (wl_keys_next(&keys, &key))
	{
		WlProfileField *field = &profile->fields[profile->nfields++];

		CHECK_FOR_INTERRUPTS();
		getKeyJsonValueFromContainer(object, key.name, key.length, &value);
		field->format = parse_format(&key, &value);
		field->name = cstring_to_text_with_len(key.name, key.length);
		field->key.name = VARDATA(field->name);
		field->key.length = key.length;
	}
}

static void
check_keys(JsonbContainer *rules)
{
	WlKeys		keys;
	WlName		key;

	wl_keys_begin(&keys, rules);
	while (wl_keys_next(&keys, &key))
		if (!wl_key_is(&key, "fields") && !wl_key_is(&key, "checks") && !wl_key_is(&key, "threshold"))
			wl_refuse_rules(pnstrdup(key.name, key.length), "unknown key",
							"The keys are \"fields\", \"checks\" and \"threshold\".");
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
	profile->threshold = WL_DEFAULT_THRESHOLD;
	if (wl_get_key(root, "threshold", &value) && !wl_get_fraction(&value, &profile->threshold))
		wl_refuse_rules("threshold", "it must be a number between 0 and 1", NULL);
	parse_fields(profile, root);
	wl_parse_checks(profile, root);
	return profile;
}

double
wl_profile_threshold(const WlProfile *profile)
{
	return profile->threshold;
}
