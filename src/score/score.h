/*
 * score.h
 *		The score of one document, by a profile or without one.
 *
 * A field's score is on one scale, [0, 1], whatever it comes from: it is compared
 * with the threshold, stored, calibrated and explained. The multiplier is applied to
 * the document's mean only.
 */
#ifndef WL_SCORE_H
#define WL_SCORE_H

#include "utils/jsonb.h"

#include "score/jsonb_walk.h"

/* The scripts of rule 3. If counts tie, the first one wins. */
typedef enum WlScript
{
	WL_SCRIPT_ARABIC,
	WL_SCRIPT_CJK,
	WL_SCRIPT_LATIN,
	WL_SCRIPT_UNKNOWN			/* to be detected */
} WlScript;

/* The result of a field's format and of the checks that concern it alone. */
typedef enum WlOutcome
{
	WL_OUTCOME_NONE,			/* it has neither */
	WL_OUTCOME_PASSED,			/* all passed */
	WL_OUTCOME_FAILED			/* one failed */
} WlOutcome;

/*
 * Why a field is for review, as bit numbers. Those of the checks follow, in the
 * order of their table.
 */
typedef enum WlReason
{
	WL_REASON_MISSING,
	WL_REASON_LOW_CONFIDENCE,
	WL_REASON_FORMAT,
	WL_REASON_SHORT,
	WL_REASON_SCRIPT,
	WL_REASON_MODEL,
	WL_REASON_AUDIT,
	WL_REASON_NO_PROFILE,
	WL_REASON_CHECKS
} WlReason;

#define WL_REASON_BIT(reason)	(UINT32_C(1) << (reason))

/* The engine's confidence in a field of which it says nothing. */
#define WL_SILENT	(-1.0)

/* The text of a field's value; data is NULL if the field is missing. */
typedef struct WlFieldText
{
	const char *data;
	uint32		length;
} WlFieldText;

typedef struct WlFieldScore
{
	WlName		name;
	WlFieldText text;
	double		confidence;		/* the engine's, or WL_SILENT */
	double		score;
	double		threshold;
	WlOutcome	outcome;
	uint32		reasons;		/* bits of WlReason; 0 if it is not for review */
	bool		accepted;		/* what the engine read needs no check; set by
								 * wl_mark_accepted */

	/*
	 * what checks multiply the score by: those of this field alone, and
	 * others
	 */
	double		own_factor;
	double		shared_factor;
} WlFieldScore;

typedef struct WlDocumentScore
{
	double		score;			/* without a profile the base, else the mean
								 * of the scores */
	double		multiplier;
	int64		num_fields;		/* how many fields were extracted */
	WlScript	script;
	int			nfields;
	WlFieldScore *fields;		/* in jsonb's order of keys */
	uint32		reasons;		/* why it is for review if it has no field to
								 * name */
	bool		may_be_audited; /* its rules say that some documents are */
} WlDocumentScore;

static inline double
wl_confidence(const WlDocumentScore *document)
{
	return document->score * document->multiplier;
}

static inline double
wl_mean_score(const WlDocumentScore *document)
{
	double		sum = 0.0;

	for (int i = 0; i < document->nfields; i++)
		sum += document->fields[i].score;
	return sum / document->nfields;
}

/* plain.c: score a document without a profile */
typedef struct WlPlainRules
{
	double		base;			/* of the document, or WL_SILENT */
	double		base_value;		/* where neither base nor engine says anything */
	double		threshold;
	bool		no_profile;		/* it should have one: all is for review */
} WlPlainRules;

/* The fields are those extracted; their texts are not set. */
extern void wl_score_plain(const WlPlainRules *rules, JsonbContainer *fields,
						   JsonbContainer *confidence, WlDocumentScore *document);

/* audit.c */

/* Audit the document: what is accepted is for review; or do not. */
extern void wl_audit_document(WlDocumentScore *document, bool audit);

/*
 * Mark the fields that need no check, by what the engine read: those that are not for
 * review, or only because the document is audited.
 */
extern void wl_mark_accepted(WlDocumentScore *document);

/*
 * Is a document of this key among those that are checked although they would be
 * accepted? It is for a share of `rate` of all keys.
 */
extern bool wl_is_audited(const char *key, Size length, double rate);

#endif							/* WL_SCORE_H */
