/*
 * evidence.h
 *		The type williams_evidence: what people found about the fields that an engine
 *		has read. For each field name, outcome and bin of confidence (math/logit.h) it
 *		counts how many values were seen, and how many of them were right.
 *
 * In memory, evidence is an expanded object: PostgreSQL adopts it as the state of an
 * aggregate, so a row is counted in place, and flattens it where a value leaves
 * the aggregate. So only the flat form is ever stored, sent to another process or
 * compared. Each content has exactly one flat form: equal bytes mean equal evidence.
 */
#ifndef WL_EVIDENCE_H
#define WL_EVIDENCE_H

#include "fmgr.h"
#include "utils/expandeddatum.h"

#include "math/logit.h"
#include "score/jsonb_walk.h"
#include "score/score.h"

/* The version of the flat, text and wire form; it is independent of the extension's. */
#define WL_EVIDENCE_VERSION	1

/* The most fields that evidence can have. */
#define WL_EVIDENCE_FIELDS	10000

/* A cell is an outcome (WlOutcome) and a bin. */
#define WL_OUTCOMES	3
#define WL_CELLS	(WL_OUTCOMES * WL_EVIDENCE_BINS)

typedef struct WlCell
{
	uint64		seen;
	uint64		right;
} WlCell;

/* A field has at least one cell that is not empty. */
typedef struct WlEvidenceField
{
	WlName		name;			/* terminated by a zero */
	WlCell	   *outcomes[WL_OUTCOMES];	/* the bins of each, or NULL if all
										 * are empty */
} WlEvidenceField;

typedef struct WlEvidence
{
	ExpandedObjectHeader hdr;
	uint64		count;			/* the number of observations */
	int			nfields;
	int			room;
	WlEvidenceField *fields;	/* in jsonb's order of keys */
} WlEvidence;

/* The words of the text form. */
extern const char *const wl_outcome_names[WL_OUTCOMES];

/* The cell of this number; NULL if it is empty. */
static inline const WlCell *
wl_evidence_cell(const WlEvidenceField *field, int cell)
{
	const WlCell *bins = field->outcomes[cell / WL_EVIDENCE_BINS];

	return bins == NULL || bins[cell % WL_EVIDENCE_BINS].seen == 0 ? NULL :
		&bins[cell % WL_EVIDENCE_BINS];
}

/* Empty evidence, in a new context below the current one. */
extern WlEvidence *wl_new_evidence(void);

/* An argument, which is not NULL; it must not be changed. */
extern const WlEvidence *wl_evidence_argument(FunctionCallInfo fcinfo, int argument);

/*
 * The evidence that a transition or combine function may change: argument 0 itself in
 * an aggregate, elsewhere a copy, because inputs are never modified. NULL gives
 * empty evidence. wl_evidence_result makes it the function's result.
 */
extern WlEvidence *wl_evidence_writable(FunctionCallInfo fcinfo);
extern Datum wl_evidence_result(FunctionCallInfo fcinfo, WlEvidence *e);

/* The index of a field, which is added if it is new; error 54000 if there are too many. */
extern int	wl_find_evidence_field(WlEvidence *e, const WlName *name);

/* The same, for a name whose index is probably `hint`. */
static inline int
wl_evidence_field(WlEvidence *e, const WlName *name, int hint)
{
	if (likely(hint < e->nfields && wl_compare_keys(&e->fields[hint].name, name) == 0))
		return hint;
	return wl_find_evidence_field(e, name);
}

/* Add to a cell; seen is not 0. Error 22003 if the number of observations overflows. */
extern void wl_add_evidence(WlEvidence *e, int field, int cell, uint64 seen, uint64 right);

/* Add flat or expanded evidence; error XX001 if it is damaged, 0A000 for another version. */
extern void wl_merge_evidence(WlEvidence *e, Datum value);

/* The flat form. */
extern Datum wl_flat_evidence(WlEvidence *e);

/* The invariants. All input is checked, and in assert builds each change. */
extern bool wl_evidence_is_valid(const WlEvidence *e);

#endif							/* WL_EVIDENCE_H */
