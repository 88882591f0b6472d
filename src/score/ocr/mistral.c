/*
 * mistral.c
 *		Mistral OCR: one row for each leaf of the document's annotation.
 *
 * The annotation is an object or an array, or either of them as JSON in a string.
 * If it was cut off, is nested too deep or cannot be converted to jsonb, there are
 * no fields. The pages are read only to find where a value comes from.
 */
#include "postgres.h"

#include "score/ocr/annotation.h"
#include "score/ocr/mistral_words.h"
#include "score/ocr/ocr.h"

static bool
recognise(JsonbContainer *root)
{
	static const char *const keys[] = {"pages", "model", "document_annotation", "usage_info", NULL};
	JsonbContainer *pages = wl_json_array(root, "pages");
	bool		markdown = wl_json_has_string(wl_json_first_object(pages), "markdown");
	JsonbValue	v;

	if (wl_json_get(root, "document_annotation", &v))
		return markdown || wl_json_has_only(root, keys);
	return (markdown && wl_json_has_number(wl_json_first_object(pages), "index") &&
			wl_json_has_string(root, "model")) ||
		((markdown || wl_json_is_empty(pages)) &&
		 wl_json_object(root, "usage_info") != NULL && wl_json_has_only(root, keys));
}

static void
read_annotation(WlOutput *out, JsonbContainer *root)
{
	JsonbValue	v;
	JsonbContainer *annotation = NULL;
	WlMistralWords *words;

	if (wl_json_get(root, "document_annotation", &v))
		annotation = wl_annotation_of(&v);
	if (annotation == NULL)
		return;
	words = wl_mistral_words(root);
	wl_read_annotation(out, annotation, words != NULL ? wl_mistral_judge : NULL, words);
}

const WlOcrEngine wl_ocr_mistral = {
	.name = "mistral",
	.shape = "\"document_annotation\", or \"pages\" with \"markdown\" and \"model\"",
	.recognise_json = recognise,
	.read_json = read_annotation,
};
