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
	WL_KEY_ENGINE_CONFIDENCE,
	WL_KEY_BASE,
	WL_KEY_BASE_VALUE,
	WL_KEY_PROFILE,
	WL_KEY_PROFILE_COLUMN,
	WL_KEY_THRESHOLD,
	WL_KEY_VERIFIED,
	WL_KEY_SCORE,
	WL_KEY_CONFIDENCE,
	WL_KEY_MULTIPLIER,
	WL_KEY_NUM_FIELDS,
	WL_KEY_SCORES,
	WL_KEY_REVIEW,
	WL_KEY_REASONS,
	WL_KEY_ACCEPTED,
	WL_KEY_PROFILE_VERSION,
	WL_TRIGGER_KEYS
} WlTriggerKey;

typedef enum WlTriggerRole
{
	WL_ROLE_INPUT,				/* a column that is read */
	WL_ROLE_OUTPUT,				/* a column that is written */
	WL_ROLE_BOTH,				/* a column that is read and then written */
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
	bool		has_threshold;	/* it is given, so that of a profile is not
								 * used */
	text	   *profile;		/* the name; NULL if none is given */
	WlProfileFinder *finder;
	const char *no_field;		/* stands for a document without a field: the
								 * name of the fields column */
} WlScoreTrigger;

static inline bool
wl_is_input(const WlTriggerColumn *column)
{
	return column->attnum != 0 && (column->role == WL_ROLE_INPUT || column->role == WL_ROLE_BOTH);
}

static inline bool
wl_is_output(const WlTriggerColumn *column)
{
	return column->attnum != 0 && (column->role == WL_ROLE_OUTPUT || column->role == WL_ROLE_BOTH);
}

/*
 * Resolve the arguments of a trigger. The result is allocated in fn_mcxt, which
 * lives as long as the statement. Errors: 22023 for an argument, 42703, 42804 or
 * 42P17 for a column, 42704 for a profile.
 */
extern WlScoreTrigger *wl_resolve_trigger(FunctionCallInfo fcinfo, Relation rel,
										  const Trigger *trigger);

#endif							/* WL_TRIGGER_ARGUMENTS_H */
