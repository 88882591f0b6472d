/*
 * trigger_arguments.h
 *		The arguments of a trigger williams_score_ocr, resolved against its table.
 */
#ifndef WL_TRIGGER_ARGUMENTS_H
#define WL_TRIGGER_ARGUMENTS_H

#include "commands/trigger.h"
#include "fmgr.h"

#include "score/profile/profile.h"

/* The keys, in the order in which messages list them. */
typedef enum WlTriggerKey
{
	WL_KEY_FIELDS,
	WL_KEY_CONFIDENCE,
	WL_KEY_BASE,
	WL_KEY_BASE_VALUE,
	WL_KEY_ENGINE_CONFIDENCE,
	WL_KEY_PROFILE,
	WL_KEY_NUM_FIELDS,
	WL_KEY_MULTIPLIER,
	WL_KEY_REVIEW,
	WL_KEY_THRESHOLD,
	WL_TRIGGER_KEYS
} WlTriggerKey;

typedef enum WlTriggerRole
{
	WL_ROLE_INPUT,				/* a column that is read */
	WL_ROLE_OUTPUT,				/* a column that is written */
	WL_ROLE_NUMBER,				/* a number in [0, 1] */
	WL_ROLE_PROFILE				/* the name of a profile */
} WlTriggerRole;

/* The column that a key names; attnum is 0 if it names none. */
typedef struct WlTriggerColumn
{
	AttrNumber	attnum;
	WlTriggerRole role;
	Oid			type;			/* the base type if it is a domain */
	Oid			domain;			/* InvalidOid if it is not a domain */
	void	   *domain_extra;	/* domain_check's own */
} WlTriggerColumn;

typedef struct WlScoreTrigger
{
	WlTriggerColumn columns[WL_TRIGGER_KEYS];
	double		base_value;
	double		threshold;
	WlProfile  *profile;		/* NULL if none is named */
	Datum		unreadable;		/* text[]: the name of the fields column */
} WlScoreTrigger;

/*
 * Resolve the arguments of a trigger. The result is allocated in fn_mcxt, which
 * lives as long as the statement. Errors: 22023 for an argument, 42703, 42804 or
 * 42P17 for a column, 42704 for a profile.
 */
extern WlScoreTrigger *wl_resolve_trigger(FunctionCallInfo fcinfo, Relation rel,
										  const Trigger *trigger);

#endif							/* WL_TRIGGER_ARGUMENTS_H */
