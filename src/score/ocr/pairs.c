/*
 * pairs.c
 *		A value and a confidence for each field, as language models are asked for
 *		them: {"total": {"value": "1250", "confidence": 0.97}}.
 *
 * Pairs may be inside objects and arrays. Confidences are on the scale from 0 to
 * 100 if one of them is above 1.
 */
#include "postgres.h"

#include "score/ocr/annotation.h"
#include "score/ocr/ocr.h"

static void
read_pairs(WlOutput *out, JsonbContainer *root)
{
	wl_read_annotation(out, root, NULL, NULL);
}

const WlOcrEngine wl_ocr_pairs = {
	.name = "pairs",
	.shape = "objects with \"value\" and \"confidence\", one for each field",
	.tried_last = true,			/* other engines have such objects, too */
	.recognise_json = wl_is_pairs,
	.read_json = read_pairs,
};
