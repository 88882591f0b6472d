/*
 * results.h
 *		What is made of the score of a document for SQL: the names of the fields for
 *		review, and the scores and reasons by name.
 */
#ifndef WL_RESULTS_H
#define WL_RESULTS_H

#include "utils/array.h"

#include "score/score.h"

static inline bool
wl_is_for_review(const WlDocumentScore *document)
{
	for (int i = 0; i < document->nfields; i++)
		if (document->fields[i].reasons != 0)
			return true;
	return document->nfields == 0 && document->reasons != 0;
}

/*
 * The names of the fields for review, as a text[]. If the document is for review and
 * has no field to name, it is no_field.
 */
extern ArrayType *wl_review_names(const WlDocumentScore *document, const char *no_field);

/* The names of the fields that are marked as accepted, as a text[]. */
extern ArrayType *wl_accepted_names(const WlDocumentScore *document);

/* name -> score */
extern Jsonb *wl_scores_object(const WlDocumentScore *document);

/* name -> array of reasons, for the names that wl_review_names gives */
extern Jsonb *wl_reasons_object(const WlDocumentScore *document, const char *no_field);

/* Does an object that wl_reasons_object made have this reason for any field? */
extern bool wl_has_reason(Jsonb *reasons, WlReason reason);

/* A field's reasons as a text[]. */
extern ArrayType *wl_reasons_array(uint32 reasons);

#endif							/* WL_RESULTS_H */
