/*
 * settings.c
 *		The settings of a task.
 *
 * They are a JSON object whose keys are names of settings. They are checked when the
 * task is created or altered, and once more when they are put into force: both with
 * the rights of the task's owner at that time.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/session.h"
#include "run/settings.h"

/* What a task cannot set, and why. */
static const struct
{
	const char *name;
	const char *reason;
}			refused[] = {
	{"search_path", "A task keeps the search_path of the session that created it."},
	{"role", "A task runs with the rights of its owner."},
	{"session_authorization", "A task runs with the rights of its owner."},
	{"statement_timeout", "It cannot be changed within a statement. Use the option time_limit_ms."},
	{"transaction_isolation", "Batches run in READ COMMITTED transactions."},
	{"transaction_read_only", "A batch is marked in the transaction that executes it."},
	{"transaction_deferrable", "Batches run in READ COMMITTED transactions."},
};

typedef void (*Visit) (const char *name, const char *value);

static void
refuse_shape(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("settings must be a JSON object of strings, numbers and booleans"),
			 errhint("For example: {\"work_mem\": \"64MB\", \"lock_timeout\": \"2s\"}")));
}

/* A value as the text of a setting. */
static const char *
setting_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return value->val.boolean ? "on" : "off";
		default:
			refuse_shape();
	}
	return NULL;				/* not reached */
}

static void
for_each(Jsonb *settings, Visit visit)
{
	JsonbIterator *it = JsonbIteratorInit(&settings->root);
	JsonbValue	name;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (!JB_ROOT_IS_OBJECT(settings))
		refuse_shape();
	while ((token = JsonbIteratorNext(&it, &name, true)) != WJB_DONE)
		if (token == WJB_KEY)
		{
			(void) JsonbIteratorNext(&it, &value, true);
			visit(pnstrdup(name.val.string.val, name.val.string.len), setting_text(&value));
		}
}

static void
check(const char *name, const char *value)
{
	for (int i = 0; i < lengthof(refused); i++)
		if (pg_strcasecmp(name, refused[i].name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a task cannot set \"%s\"", refused[i].name),
					 errdetail("%s", refused[i].reason)));
	(void) GUCArrayAdd(NULL, name, value);
}

void
wl_check_settings(Jsonb *settings)
{
	for_each(settings, check);
}

void
wl_apply_settings(Jsonb *settings)
{
	if (settings != NULL)
		for_each(settings, wl_set_local);
}

static void
apply_at_commit(const char *name, const char *value)
{
	if (pg_strcasecmp(name, "synchronous_commit") == 0)
		wl_set_for_transaction(name, value);
}

void
wl_apply_commit_settings(Jsonb *settings)
{
	if (settings != NULL)
		for_each(settings, apply_at_commit);
}
