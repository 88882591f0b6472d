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
	WlName		key;
	const WlFormat *format;		/* NULL if any text will do */
	double		threshold;		/* the field's own, or WL_NO_THRESHOLD */
} WlProfileField;

#define WL_NO_THRESHOLD	(-1.0)

typedef struct WlCheck WlCheck;
typedef struct WlModel WlModel;

struct WlProfile
{
	int			nfields;
	WlProfileField *fields;		/* in jsonb's order of keys */
	int			nchecks;
	WlCheck    *checks;
	double		threshold;
	double		audit;			/* the share of accepted documents to be
								 * audited */
	WlModel    *model;			/* NULL if there is none */
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

/* Is it an object? If so, *object receives it. */
extern bool wl_get_object(const JsonbValue *value, JsonbContainer **object);

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
extern WlScript wl_detect_script(const WlFieldScore *fields, int n);

/* mrz.c */

/* Are these the two lines of a passport, with the right check digits? */
extern bool wl_mrz_holds(const WlFieldText *line1, const WlFieldText *line2);

/* checks.c */

/* Parse the checks of a profile whose fields have been parsed. */
extern void wl_parse_checks(WlProfile *profile, const JsonbValue *value);

/*
 * Apply the checks of single fields, or those between fields, to a document: set
 * outcomes, reasons and factors.
 */
extern void wl_apply_checks(const WlProfile *profile, bool single, WlFieldScore *fields);

/* The number of kinds of checks, and the name of kind i. */
extern int	wl_check_kinds(void);
extern const char *wl_check_kind(int i);

/* model.c */

/*
 * Parse the model of rules whose fields have been parsed. A malformed one is error
 * 22023.
 */
extern WlModel *wl_parse_model(const WlProfile *profile, const JsonbValue *value);

/*
 * The probability that what was read for a field is right. confidence is the
 * engine's, or WL_SILENT.
 */
extern double wl_model_probability(const WlModel *model, int field, WlOutcome outcome,
								   double confidence);

/*
 * The lowest threshold for which the evidence of the model shows this precision;
 * false if there is none.
 */
extern bool wl_model_threshold(const WlModel *model, double precision, double *threshold);

#endif							/* WL_RULES_H */
