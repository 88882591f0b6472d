/*
 * annotation.h
 *		JSON that a language model wrote about a document: its fields, with or
 *		without a confidence in each.
 */
#ifndef WL_ANNOTATION_H
#define WL_ANNOTATION_H

#include "score/ocr/json.h"
#include "score/ocr/output.h"

/*
 * Sets page and confidence of a leaf's row. The path is that of the leaf in the
 * JSON, dotted, which ends in "value" in a pair; the row has the field's.
 */
typedef void (*WlJudge) (void *arg, WlSlice path, WlOcrRow *row);

extern bool wl_is_pairs(JsonbContainer *root);
extern JsonbContainer *wl_annotation_of(const JsonbValue *value);
extern void wl_read_annotation(WlOutput *out, JsonbContainer *root, WlJudge judge, void *arg);

#endif							/* WL_ANNOTATION_H */
