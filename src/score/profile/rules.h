/*
 * rules.h
 *		A profile as parsed from its rules, and what the files of this folder call
 *		in each other. The rest of the extension includes profile.h only.
 */
#ifndef WL_RULES_H
#define WL_RULES_H

#include "base/compat.h"
#include "score/jsonb_walk.h"
#include "score/profile/profile.h"

/* The text of a field's value; data is NULL if the field is missing. */
typedef struct WlFieldText
{
	const char *data;
	uint32		length;
} WlFieldText;

/* A format that a field's text can be expected to have. */
typedef struct WlFormat
{
	const char *name;
	bool		(*matches) (const WlFieldText *t);
	double		match;			/* added to the score if the text matches */
	double		mismatch;		/* added if it does not */
} WlFormat;

typedef struct WlProfileField
{
	WlName		key;			/* points into name */
	text	   *name;
	const WlFormat *format;		/* NULL if any text will do */
} WlProfileField;

typedef struct WlCheck WlCheck;

struct WlProfile
{
	int			nfields;
	WlProfileField *fields;		/* in jsonb's order of keys */
	int			nchecks;
	WlCheck    *checks;
	double		threshold;
};

static inline bool
wl_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* rules.c */

/* Error 22023. key says where in the rules the problem is; hint may be NULL. */
pg_noreturn extern void wl_refuse_rules(const char *key, const char *problem, const char *hint);

/* The same for a value that is not the name of a known thing, such as a "check". */
pg_noreturn extern void wl_refuse_name(const char *key, const char *thing,
									   const JsonbValue *value, const char *hint);

extern bool wl_key_is(const WlName *key, const char *name);

/* Get the value of a key of an object; false if the object does not have it. */
extern bool wl_get_key(JsonbContainer *object, const char *name, JsonbValue *value);

/* Get a number in [0, 1]; false if the value is anything else. */
extern bool wl_get_fraction(const JsonbValue *value, double *result);

/* formats.c */
#define WL_DATE_LENGTH	10

extern const WlFormat *wl_find_format(const char *name, int length);
extern char *wl_list_formats(void);
extern bool wl_is_date(const WlFieldText *t);

/* value receives the number; it may be NULL. */
extern bool wl_is_number(const WlFieldText *t, double *value);

/* script.c */
extern const char *wl_script_name(WlScript script);

/* What the script of a document adds to the score of each field. */
extern double wl_script_effect(WlScript script);

/* The script of this name; an unknown one is error 22023. */
extern WlScript wl_find_script(const text *name);

/* The script in which most characters of a document are written. */
extern WlScript wl_detect_script(const WlFieldText *texts, int n);

/* mrz.c */

/* Are these the two lines of a passport, with the right check digits? */
extern bool wl_mrz_holds(const WlFieldText *line1, const WlFieldText *line2);

/* checks.c */

/* Parse the checks of a profile whose fields have been parsed. */
extern void wl_parse_checks(WlProfile *profile, JsonbContainer *rules);

/* Multiply the scores of the fields that fail a check. */
extern void wl_apply_checks(const WlProfile *profile, const WlFieldText *texts,
							WlDocumentScore *score);

#endif							/* WL_RULES_H */
