/*
 * profile_table.c
 *		williams_check_profile: the trigger that checks the table williams_profile.
 *
 * No rules are stored that do not parse. Rows are not changed, and nothing is
 * locked or read but the row.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "score/profile/profile.h"

enum
{
	PROFILE_NAME = 1, PROFILE_RULES
};

/* Anybody can create a trigger with this function on a table of their own. */
static void
check_call(FunctionCallInfo fcinfo)
{
	static const Oid types[] = {TEXTOID, JSONBOID};
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	bool		right = CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_BEFORE(trigdata->tg_event) &&
	TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && !TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) &&
	RelationGetDescr(trigdata->tg_relation)->natts >= lengthof(types);

	for (int i = 0; right && i < lengthof(types); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(trigdata->tg_relation), i);

		right = !att->attisdropped && att->atttypid == types[i];
	}
	if (!right)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_check_profile can only be the trigger of table williams_profile")));
}

/* BEFORE INSERT OR UPDATE trigger, FOR EACH ROW. */
PG_FUNCTION_INFO_V1(wl_check_profile);
Datum
wl_check_profile(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	HeapTuple	row;
	bool		isnull;
	Datum		rules;

	check_call(fcinfo);
	row = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? trigdata->tg_trigtuple : trigdata->tg_newtuple;
	rules = heap_getattr(row, PROFILE_RULES, RelationGetDescr(trigdata->tg_relation), &isnull);
	if (!isnull)
		wl_parse_profile(DatumGetJsonbP(rules));
	return PointerGetDatum(row);
}
