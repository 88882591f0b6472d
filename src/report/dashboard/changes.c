/*
 * changes.c
 *		williams_note_change: a trigger that notes which days and document types of a
 *		dashboard's source have changed, for the next refresh.
 *
 * 1. A row is noted under the day and type that it has, and under those that it had.
 *	  Whoever sees the change sees the note, because both are of one transaction.
 * 2. A note is only inserted, never looked for, so writers do not wait for one another
 *	  or for a refresh. A transaction notes each day and type once, if it can.
 * 3. It is a BEFORE trigger, because AFTER triggers are queued in memory, row by row.
 *	  So triggers that fire after it must not change the day or the type (find.c).
 * 4. A load never fails because of a dashboard. If it is gone, or no longer fits the
 *	  source, there is nothing to note, or everything is noted as changed; a refresh
 *	  finds out what it cannot rely on (find.c).
 *
 * Notes are written with the rights of the dashboard's owner, who is that of the source:
 * the role that changes a row needs no right to the dashboard.
 *
 * Locks: ROW EXCLUSIVE on NAME_changes, as any INSERT.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/session.h"
#include "report/dashboard/dashboard.h"

/* The most notes of a transaction to remember; beyond that, some are written twice. */
#define MAX_NOTED 10000

/* What has changed; without everything, a day and a type, which may be NULL. */
typedef struct Note
{
	Oid			changes;
	bool		everything;
	bool		has_day;
	DateADT		day;
	const char *type;			/* NULL if the row has none */
	int			length;
} Note;

typedef struct Noted
{
	Note		note;
	char		status;
} Noted;

static uint32
hash_note(const Note *note)
{
	uint32		hash = hash_combine(note->changes, note->has_day ? note->day : -1);

	return note->type == NULL ? hash :
		hash_combine(hash, hash_bytes((const unsigned char *) note->type, note->length));
}

static bool
same_note(const Note *a, const Note *b)
{
	return a->changes == b->changes && a->everything == b->everything &&
		a->has_day == b->has_day && a->day == b->day &&
		(a->type == NULL) == (b->type == NULL) && a->length == b->length &&
		(a->type == NULL || memcmp(a->type, b->type, a->length) == 0);
}

#define SH_PREFIX noted
#define SH_ELEMENT_TYPE Noted
#define SH_KEY_TYPE Note
#define SH_KEY note
#define SH_HASH_KEY(table, key) hash_note(&(key))
#define SH_EQUAL(table, a, b) same_note(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * What the current subtransaction has noted, in a context below that of the
 * transaction, whose end resets the pointer. The notes of a subtransaction end with it
 * if it is rolled back.
 */
static struct
{
	noted_hash *notes;
	SubTransactionId subtransaction;
	MemoryContextCallback end;
}			noted;

static void
end_of_transaction(void *arg)
{
	noted.notes = NULL;
}

void
wl_forget_notes(void)
{
	if (noted.notes != NULL)
		MemoryContextDelete(noted.notes->ctx);	/* calls end_of_transaction */
}

static void
begin_notes(void)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext, "noted changes",
												  ALLOCSET_DEFAULT_SIZES);

	noted.end.func = end_of_transaction;
	MemoryContextRegisterResetCallback(context, &noted.end);
	noted.notes = noted_create(context, 64, NULL);
	noted.subtransaction = GetCurrentSubTransactionId();
}

/* Has this been noted? If not, remember it; so write the note. */
static bool
is_noted(const Note *note)
{
	bool		found;
	Noted	   *entry;

	if (noted.notes != NULL &&
		(noted.subtransaction != GetCurrentSubTransactionId() || noted.notes->members >= MAX_NOTED))
		wl_forget_notes();
	if (noted.notes == NULL)
		begin_notes();
	entry = noted_insert(noted.notes, *note, &found);
	if (!found && note->type != NULL)
	{
		char	   *type = MemoryContextAlloc(noted.notes->ctx, Max(note->length, 1));

		memcpy(type, note->type, note->length);
		entry->note.type = type;
	}
	return found;
}

/* The trigger's arguments, resolved against its table; they live as long as the statement. */
typedef struct NoteTrigger
{
	Oid			changes;		/* InvalidOid if nothing can be noted */
	Oid			owner;
	const char *insert;
	bool		fits;			/* the columns are as when it was created */
	AttrNumber	at;
	Oid			at_type;
	AttrNumber	type;			/* 0 if rows have no type */
	FmgrInfo	type_out;
	text	   *zone;
	bool		has_last;		/* the time of the last row, and its day */
	int64		last_at;
	DateADT		last_day;
} NoteTrigger;

/*
 * Only who owns the source may say that its changes are noted in a table: the owner of
 * the relation, or of one of those whose partition it is. A partition that is about to be
 * detached has none of these.
 */
static bool
is_noted_for(Relation rel, Oid owner)
{
	ListCell   *lc;

	if (rel->rd_rel->relowner == owner)
		return true;
	if (rel->rd_rel->relispartition)
		foreach(lc, get_partition_ancestors(RelationGetRelid(rel)))
			if (wl_relation_owner(lfirst_oid(lc)) == owner)
			return true;
	return false;
}

static void
resolve_changes(NoteTrigger *t, Relation rel, char **args)
{
	Oid			schema = get_namespace_oid(args[WL_CHANGE_SCHEMA], true);
	Oid			changes = OidIsValid(schema) ? get_relname_relid(args[WL_CHANGE_TABLE], schema) : InvalidOid;

	t->owner = OidIsValid(changes) ? wl_relation_owner(changes) : InvalidOid;
	if (!OidIsValid(t->owner) || !is_noted_for(rel, t->owner))
		return;
	t->changes = changes;
	t->insert = psprintf("INSERT INTO %s (everything, day, document_type) VALUES ($1, $2, $3)",
						 quote_qualified_identifier(args[WL_CHANGE_SCHEMA], args[WL_CHANGE_TABLE]));
}

static void
resolve_columns(NoteTrigger *t, Relation rel, char **args)
{
	bool		has_type = args[WL_CHANGE_TYPE][0] != '\0';
	bool		has_zone = args[WL_CHANGE_ZONE][0] != '\0';
	Oid			out;
	bool		varlena;

	t->at = get_attnum(RelationGetRelid(rel), args[WL_CHANGE_AT]);
	t->type = has_type ? get_attnum(RelationGetRelid(rel), args[WL_CHANGE_TYPE]) : 0;
	if (t->at <= 0 || (has_type && t->type <= 0))
		return;
	t->at_type = getBaseType(TupleDescAttr(RelationGetDescr(rel), t->at - 1)->atttypid);
	if (has_zone ? t->at_type != TIMESTAMPTZOID : t->at_type != TIMESTAMPOID && t->at_type != DATEOID)
		return;
	if (has_zone && pg_tzset(args[WL_CHANGE_ZONE]) == NULL) /* another computer's */
		return;
	if (has_zone)
		t->zone = cstring_to_text(args[WL_CHANGE_ZONE]);
	if (has_type)
	{
		getTypeOutputInfo(TupleDescAttr(RelationGetDescr(rel), t->type - 1)->atttypid, &out, &varlena);
		fmgr_info(out, &t->type_out);
	}
	t->fits = true;
}

static NoteTrigger *
resolve_trigger(FunctionCallInfo fcinfo, Relation rel, const Trigger *trigger)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	NoteTrigger *t = palloc0(sizeof(NoteTrigger));

	if (trigger->tgnargs != WL_CHANGE_ARGS)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" does not have the arguments of a dashboard's trigger", trigger->tgname),
				 errhint("Let williams_create_dashboard create it.")));
	resolve_changes(t, rel, trigger->tgargs);
	resolve_columns(t, rel, trigger->tgargs);
	MemoryContextSwitchTo(old);
	return t;
}

static void
write_note(const NoteTrigger *t, const Note *note)
{
	static const Oid types[] = {BOOLOID, DATEOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[] = "   ";
	WlRights	saved;

	values[0] = BoolGetDatum(note->everything);
	values[1] = DateADTGetDatum(note->day);
	nulls[1] = note->has_day ? ' ' : 'n';
	values[2] = note->type == NULL ? (Datum) 0 : PointerGetDatum(cstring_to_text_with_len(note->type, note->length));
	nulls[2] = note->type == NULL ? 'n' : ' ';
	wl_begin_dashboard(&saved, t->owner);
	if (wl_execute_kept(t->insert, lengthof(types), types, values, nulls, false, &t->changes, 1) != SPI_OK_INSERT)
		elog(ERROR, "could not note a change");
	wl_end_dashboard(&saved);
}

/* The day of a time between the limits. */
static DateADT
day_of_timestamp(const NoteTrigger *t, Datum at)
{
	if (t->at_type == TIMESTAMPTZOID)
		at = DirectFunctionCall2(timestamptz_zone, PointerGetDatum(t->zone), at);
	return DatumGetDateADT(DirectFunctionCall1(timestamp_date, at));
}

/* The day of a time, as NAME_documents computes it. */
static DateADT
day_of(NoteTrigger *t, Datum at)
{
	int64		unit = t->at_type == DATEOID ? 1 : USECS_PER_DAY;
	int64		time = t->at_type == DATEOID ? DatumGetDateADT(at) : DatumGetTimestamp(at);

	if (t->has_last && t->last_at == time)
		return t->last_day;
	t->last_at = time;
	t->last_day = time < WL_FIRST_DAY * unit ? DATEVAL_NOBEGIN : time >= WL_END_DAY * unit ? DATEVAL_NOEND :
		t->at_type == DATEOID ? (DateADT) time : day_of_timestamp(t, at);
	t->has_last = true;
	return t->last_day;
}

static void
note_row(NoteTrigger *t, HeapTuple row, TupleDesc desc)
{
	Note		note = {.changes = t->changes,.everything = !t->fits};
	bool		isnull;
	Datum		value;

	if (t->fits)
	{
		value = heap_getattr(row, t->at, desc, &isnull);
		note.has_day = !isnull;
		if (!isnull)
			note.day = day_of(t, value);
		value = t->type == 0 ? (Datum) 0 : heap_getattr(row, t->type, desc, &isnull);
		if (t->type != 0 && !isnull)
		{
			note.type = OutputFunctionCall(&t->type_out, value);
			note.length = pg_mbcharcliplen(note.type, strlen(note.type), WL_TYPE_LENGTH);
		}
	}
	if (!is_noted(&note))
		write_note(t, &note);
}

static void
check_call(FunctionCallInfo fcinfo)
{
	TriggerEvent event;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("williams_note_change was not called by the trigger manager"),
				 errhint("williams_create_dashboard creates triggers that call it.")));
	event = ((TriggerData *) fcinfo->context)->tg_event;
	if (TRIGGER_FIRED_FOR_ROW(event) ? !TRIGGER_FIRED_BEFORE(event) : !TRIGGER_FIRED_BY_TRUNCATE(event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" must be BEFORE, FOR EACH ROW, or for TRUNCATE",
						((TriggerData *) fcinfo->context)->tg_trigger->tgname),
				 errhint("Let williams_create_dashboard create it.")));
}

PG_FUNCTION_INFO_V1(wl_note_change);
Datum
wl_note_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	NoteTrigger *t = fcinfo->flinfo->fn_extra;
	TupleDesc	desc;

	check_call(fcinfo);
	if (t == NULL)
		fcinfo->flinfo->fn_extra = t = resolve_trigger(fcinfo, trigdata->tg_relation, trigdata->tg_trigger);
	desc = RelationGetDescr(trigdata->tg_relation);
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
	{
		Note		all = {.changes = t->changes,.everything = true};

		if (OidIsValid(t->changes) && !is_noted(&all))
			write_note(t, &all);
		return PointerGetDatum(NULL);
	}
	if (OidIsValid(t->changes))
	{
		note_row(t, trigdata->tg_trigtuple, desc);
		if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
			note_row(t, trigdata->tg_newtuple, desc);
	}
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
						   trigdata->tg_newtuple : trigdata->tg_trigtuple);
}
