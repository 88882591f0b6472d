/*
 * paddleocr.c
 *		PaddleOCR: one row for each line.
 *
 * Version 3 has the texts of a page in one array and their scores in another,
 * which are called lines here. They are in the result itself, below "res" in what
 * is printed, below "overall_ocr_res" in what pipelines that also find tables or
 * the layout give, and below "prunedResult" in the answer of a service. Version 2
 * has a list of [box, [text, score]] for each page.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/lines.h"
#include "score/ocr/ocr.h"

/*
 * Version 2
 */

/* [box, [text, score]] */
static bool
is_line(const JsonbValue *value, WlSlice *text, double *confidence)
{
	JsonbContainer *line = wl_json_container(value);
	JsonbContainer *pair;
	WlWalk		w;

	if (!wl_json_is_array(line) || JsonContainerSize(line) != 2)
		return false;
	wl_walk_begin(&w, line);
	if (!wl_walk_next(&w) || !wl_json_is_box(&w.value) || !wl_walk_next(&w))
		return false;
	pair = wl_json_container(&w.value);
	if (!wl_json_is_array(pair) || JsonContainerSize(pair) != 2)
		return false;
	wl_walk_begin(&w, pair);
	if (!wl_walk_next(&w) || w.value.type != jbvString)
		return false;
	*text = wl_json_value_text(&w.value);
	*confidence = wl_walk_next(&w) ? wl_json_value_number(&w.value) : NAN;
	return true;
}

/*
 * Version 3
 */

/* The lines of a result; NULL if there are none. */
static JsonbContainer *
result_lines(JsonbContainer *result)
{
	JsonbContainer *overall = wl_json_object(result, "overall_ocr_res");
	JsonbContainer *lines = overall != NULL ? overall : result;

	if (wl_json_array(lines, "rec_texts") == NULL || wl_json_array(lines, "rec_scores") == NULL)
		return NULL;
	return lines;
}

/* The result in what is printed of it. */
static JsonbContainer *
printed_result(JsonbContainer *object)
{
	JsonbContainer *res = wl_json_object(object, "res");

	return res != NULL ? res : object;
}

/* The pages of a service's answer; NULL if this is none. */
static JsonbContainer *
answer_pages(JsonbContainer *root)
{
	static const char *const keys[] = {"ocrResults", "layoutParsingResults", "tableRecResults", NULL};
	JsonbContainer *result = wl_json_object(root, "result");

	for (int i = 0; keys[i] != NULL; i++)
	{
		JsonbContainer *pages = wl_json_array(result, keys[i]);

		if (wl_json_object(wl_json_first_object(pages), "prunedResult") != NULL)
			return pages;
	}
	return NULL;
}

static bool
recognise(JsonbContainer *root)
{
	if (!wl_json_is_array(root))
		return result_lines(printed_result(root)) != NULL || answer_pages(root) != NULL;
	return wl_has_line(root, is_line) || wl_is_blank_list(root) ||
		result_lines(printed_result(wl_json_first_object(root))) != NULL;
}

/* An answer of a pipeline whose text has no scores is known in part. */
static bool
has_parts(JsonbContainer *root)
{
	WlWalk		w;
	JsonbContainer *page;

	wl_walk_begin(&w, answer_pages(root));
	while ((page = wl_walk_next_object(&w)) != NULL)
		if (result_lines(wl_json_object(page, "prunedResult")) != NULL)
			return true;
	return w.index == 0;
}

/* Pages are counted from 0. A page without a number has that of its place, 0 if it is alone. */
static void
read_result(WlOutput *out, JsonbContainer *result, int place)
{
	JsonbContainer *lines = result_lines(result);
	double		index = wl_json_number(result, "page_index");
	WlWalk		texts;
	WlWalk		scores;

	out->page = isnan(index) ? place : wl_as_count(index + 1);
	wl_walk_begin(&texts, wl_json_array(lines, "rec_texts"));
	wl_walk_begin(&scores, wl_json_array(lines, "rec_scores"));
	while (wl_walk_next(&texts))
	{
		double		score = wl_walk_next(&scores) ? wl_json_value_number(&scores.value) : NAN;

		if (texts.value.type == jbvString)
			wl_emit_word(out, wl_json_value_text(&texts.value), score);
	}
}

static void
read_results(WlOutput *out, JsonbContainer *root)
{
	JsonbContainer *pages = answer_pages(root);
	WlWalk		w;
	JsonbContainer *object;

	if (!wl_json_is_array(root) && pages == NULL)
		read_result(out, printed_result(root), 0);
	if (wl_json_is_array(root))
		wl_read_lines(out, root, is_line);
	wl_walk_begin(&w, wl_json_is_array(root) ? root : pages);
	while ((object = wl_walk_next_object(&w)) != NULL)
		read_result(out, pages != NULL ? wl_json_object(object, "prunedResult") : printed_result(object), w.index);
}

const WlOcrEngine wl_ocr_paddleocr = {
	.name = "paddleocr",
	.shape = "\"rec_texts\" with \"rec_scores\", also below \"res\", \"overall_ocr_res\" or \"prunedResult\", or an array of a box with a text and a score",
	.parts = "\"rec_texts\" with \"rec_scores\" below \"prunedResult\"",
	.words = true,
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_results,
};
