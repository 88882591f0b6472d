/*
 * textract.c
 *		Amazon Textract: one row for each key, query, expense field, identity
 *		field, lending field and signature.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/json.h"
#include "score/ocr/ocr.h"
#include "score/ocr/textract.h"

/*
 * Recognition
 */

static const char *const model_versions[] = {
	"DetectDocumentTextModelVersion", "AnalyzeDocumentModelVersion",
	"AnalyzeExpenseModelVersion", "AnalyzeIDModelVersion",
	"AnalyzeLendingModelVersion", NULL
};

static const char *const answer_keys[] = {
	"JobStatus", "StatusMessage", "Warnings", "NextToken", "ResponseMetadata",
	"$metadata", "DocumentMetadata", "HumanLoopActivationOutput", "Blocks",
	"ExpenseDocuments", "IdentityDocuments", "Results", "Summary",
	"DetectDocumentTextModelVersion", "AnalyzeDocumentModelVersion",
	"AnalyzeExpenseModelVersion", "AnalyzeIDModelVersion",
	"AnalyzeLendingModelVersion", NULL
};

static bool
is_unfinished(JsonbContainer *answer)
{
	WlSlice		status = wl_json_string(answer, "JobStatus");

	return wl_slice_is(status, "FAILED") || wl_slice_is(status, "IN_PROGRESS");
}

static bool
is_job(JsonbContainer *answer)
{
	WlSlice		status = wl_json_string(answer, "JobStatus");

	return is_unfinished(answer) || wl_slice_is(status, "SUCCEEDED") ||
		wl_slice_is(status, "PARTIAL_SUCCESS");
}

static bool
is_known_extraction(JsonbContainer *extraction)
{
	return wl_json_object(extraction, "LendingDocument") != NULL ||
		wl_json_object(extraction, "ExpenseDocument") != NULL ||
		wl_json_object(extraction, "IdentityDocument") != NULL;
}

/* Does the answer have a part that is read, judging by the first element of each? */
static bool
has_part(JsonbContainer *answer)
{
	JsonbContainer *expense = wl_json_first_object(wl_json_array(answer, "ExpenseDocuments"));
	JsonbContainer *identity = wl_json_first_object(wl_json_array(answer, "IdentityDocuments"));
	JsonbContainer *result = wl_json_first_object(wl_json_array(answer, "Results"));
	JsonbContainer *extractions = wl_json_array(result, "Extractions");

	return wl_json_has_string(wl_json_first_object(wl_json_array(answer, "Blocks")), "BlockType") ||
		wl_json_array(expense, "SummaryFields") != NULL ||
		wl_json_array(expense, "LineItemGroups") != NULL ||
		wl_json_array(identity, "IdentityDocumentFields") != NULL ||
		(extractions != NULL && wl_json_object(result, "PageClassification") != NULL) ||
		is_known_extraction(wl_json_first_object(extractions));
}

static bool
has_empty_part(JsonbContainer *answer)
{
	return wl_json_is_empty(wl_json_array(answer, "Blocks")) ||
		wl_json_is_empty(wl_json_array(answer, "ExpenseDocuments")) ||
		wl_json_is_empty(wl_json_array(answer, "IdentityDocuments"));
}

/* One answer, or one of the several that make up a long result. */
static bool
is_answer(JsonbContainer *answer)
{
	bool		counted = wl_json_has_number(wl_json_object(answer, "DocumentMetadata"), "Pages");

	return has_part(answer) ||
		(counted && (is_job(answer) || wl_json_count_keys(answer, model_versions) > 0)) ||
		((is_job(answer) || has_empty_part(answer)) && wl_json_has_only(answer, answer_keys));
}

static bool
recognise(JsonbContainer *root)
{
	WlWalk		w;

	if (!wl_json_is_array(root))
		return is_answer(root);
	wl_walk_begin(&w, root);
	while (wl_walk_next(&w))
		if (!is_answer(wl_json_container(&w.value)))
			return false;
	return w.index > 0;
}

/*
 * Is there an extraction that is read, or at least none that is not? A page that
 * belongs to no class has an empty array of them.
 */
static bool
are_known_results(JsonbContainer *results)
{
	bool		unknown = false;
	WlWalk		w;
	JsonbContainer *result;

	if (results == NULL)
		return false;
	wl_walk_begin(&w, results);
	while ((result = wl_walk_next_object(&w)) != NULL)
	{
		WlWalk		extractions;
		JsonbContainer *extraction;

		if (wl_json_array(result, "Extractions") == NULL)
			unknown = true;
		wl_walk_begin(&extractions, wl_json_array(result, "Extractions"));
		while ((extraction = wl_walk_next_object(&extractions)) != NULL)
		{
			if (is_known_extraction(extraction))
				return true;
			unknown = true;
		}
	}
	return !unknown;
}

/*
 * A job that is not done has no part, and neither has an answer of AnalyzeID
 * that found nothing. A lending summary only counts documents.
 */
static bool
answer_has_parts(JsonbContainer *answer)
{
	JsonbValue	v;

	return is_unfinished(answer) || has_empty_part(answer) ||
		wl_json_array(wl_json_object(answer, "Summary"), "DocumentGroups") != NULL ||
		(wl_json_get(answer, "AnalyzeIDModelVersion", &v) && !wl_json_get(answer, "IdentityDocuments", &v)) ||
		(wl_json_get(answer, "Results", &v) ? are_known_results(wl_json_array(answer, "Results")) :
		 has_part(answer));
}

static bool
has_parts(JsonbContainer *root)
{
	WlWalk		w;
	JsonbContainer *answer;

	if (!wl_json_is_array(root))
		return answer_has_parts(root);
	wl_walk_begin(&w, root);
	while ((answer = wl_walk_next_object(&w)) != NULL)
		if (!answer_has_parts(answer))
			return false;
	return true;
}

/*
 * Blocks
 */

/*
 * Read a key. The values that it leads to are one value, whose confidence is the
 * lowest of theirs.
 */
static void
read_key(WlOutput *out, WlBlocks *blocks, JsonbContainer *key, int page)
{
	WlOcrRow	row = {.page = page,.confidence = NAN};
	StringInfoData name;
	StringInfoData value;
	WlRelated	values;
	JsonbContainer *v;

	wl_row_begin(out);
	initStringInfo(&name);
	initStringInfo(&value);
	wl_append_words(&name, blocks, key);
	wl_related_begin(&values, blocks, key, "VALUE");
	while ((v = wl_related_next(&values)) != NULL)
	{
		double		confidence = wl_scaled(wl_json_number(v, "Confidence"), 100);

		wl_append_words(&value, blocks, v);
		if (isnan(row.confidence) || confidence < row.confidence)
			row.confidence = confidence;
	}
	row.field = wl_one_line(wl_slice_of(&name));
	row.value = wl_slice_of(&value);
	wl_emit(out, row);
}

static void
read_query(WlOutput *out, WlBlocks *blocks, JsonbContainer *block, int page)
{
	JsonbContainer *query = wl_json_object(block, "Query");
	WlOcrRow	row = {.page = page,.confidence = NAN};
	WlRelated	answers;
	JsonbContainer *answer;
	bool		answered = false;

	row.field = wl_json_string(query, "Alias");
	if (row.field.length == 0)
		row.field = wl_json_string(query, "Text");
	if (row.field.data == NULL)
		return;
	row.field = wl_one_line(row.field);
	wl_related_begin(&answers, blocks, block, "ANSWER");
	while ((answer = wl_related_next(&answers)) != NULL)
	{
		row.value = wl_json_string(answer, "Text");
		row.confidence = wl_scaled(wl_json_number(answer, "Confidence"), 100);
		wl_emit(out, row);
		answered = true;
	}
	if (!answered)
		wl_emit(out, row);
}

static void
read_blocks(WlOutput *out, WlBlocks *blocks, JsonbContainer *answer, int only_page)
{
	WlWalk		w;
	JsonbContainer *block;

	wl_walk_begin(&w, wl_json_array(answer, "Blocks"));
	while ((block = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		type = wl_json_string(block, "BlockType");
		int			page = wl_textract_page(block, "Page", only_page);

		if (wl_slice_is(type, "KEY_VALUE_SET") && wl_has_entity_type(block, "KEY"))
			read_key(out, blocks, block, page);
		else if (wl_slice_is(type, "QUERY"))
			read_query(out, blocks, block, page);
	}
}

/*
 * Expenses, identity documents and lending
 */

/* The name of a field: its type, or its label if the type is missing or OTHER. */
static WlSlice
field_name(WlSlice type, JsonbContainer *label)
{
	WlSlice		name = wl_json_string(label, "Text");

	if ((type.data == NULL || wl_slice_is(type, "OTHER")) && !wl_slice_is_blank(name))
		return name;
	return type;
}

/*
 * Read a field of an expense or of an identity document. The confidence is that
 * of the value; the type's is a placeholder.
 */
static void
read_detection(WlOutput *out, JsonbContainer *field, int page, int item)
{
	JsonbContainer *value = wl_json_object(field, "ValueDetection");
	WlOcrRow	row = {.page = page,.item = item};

	row.field = field_name(wl_json_string(wl_json_object(field, "Type"), "Text"),
						   wl_json_object(field, "LabelDetection"));
	if (row.field.data == NULL)
		return;
	wl_row_begin(out);
	row.field = wl_one_line(row.field);
	row.value = wl_json_string(value, "Text");
	row.confidence = wl_scaled(wl_json_number(value, "Confidence"), 100);
	wl_emit(out, row);
}

static void
read_expense_fields(WlOutput *out, JsonbContainer *fields, int page, int item)
{
	WlWalk		w;
	JsonbContainer *field;

	wl_walk_begin(&w, fields);
	while ((field = wl_walk_next_object(&w)) != NULL)
		read_detection(out, field, wl_textract_page(field, "PageNumber", page), item);
}

static void
read_expense(WlOutput *out, JsonbContainer *expense, int page)
{
	WlWalk		groups;
	JsonbContainer *group;
	WlWalk		items;
	JsonbContainer *item;
	int			n = 0;

	read_expense_fields(out, wl_json_array(expense, "SummaryFields"), page, 0);
	wl_walk_begin(&groups, wl_json_array(expense, "LineItemGroups"));
	while ((group = wl_walk_next_object(&groups)) != NULL)
	{
		wl_walk_begin(&items, wl_json_array(group, "LineItems"));
		while ((item = wl_walk_next_object(&items)) != NULL)
			read_expense_fields(out, wl_json_array(item, "LineItemExpenseFields"), page, ++n);
	}
}

static void
read_identity(WlOutput *out, JsonbContainer *identity, int page)
{
	WlWalk		fields;
	JsonbContainer *field;

	wl_walk_begin(&fields, wl_json_array(identity, "IdentityDocumentFields"));
	while ((field = wl_walk_next_object(&fields)) != NULL)
		read_detection(out, field, page, 0);
}

/* Read a lending field: one row for each of its values. */
static void
read_lending_field(WlOutput *out, JsonbContainer *field, int page)
{
	WlOcrRow	row = {.page = page,.confidence = NAN};
	WlWalk		values;
	JsonbContainer *value;
	bool		any = false;

	row.field = field_name(wl_json_string(field, "Type"), wl_json_object(field, "KeyDetection"));
	if (row.field.data == NULL)
		return;
	row.field = wl_one_line(row.field);
	wl_walk_begin(&values, wl_json_array(field, "ValueDetections"));
	while ((value = wl_walk_next_object(&values)) != NULL)
	{
		row.value = wl_json_string(value, "Text");
		if (wl_slice_is_blank(row.value))
			row.value = wl_json_string(value, "SelectionStatus");
		row.confidence = wl_scaled(wl_json_number(value, "Confidence"), 100);
		wl_emit(out, row);
		any = true;
	}
	if (!any)
		wl_emit(out, row);
}

static void
read_lending(WlOutput *out, JsonbContainer *lending, int page)
{
	WlWalk		w;
	JsonbContainer *part;

	wl_walk_begin(&w, wl_json_array(lending, "LendingFields"));
	while ((part = wl_walk_next_object(&w)) != NULL)
		read_lending_field(out, part, page);
	/* a signature has no text: only its presence is known */
	wl_walk_begin(&w, wl_json_array(lending, "SignatureDetections"));
	while ((part = wl_walk_next_object(&w)) != NULL)
	{
		WlOcrRow	row = {.page = page};

		row.field = wl_slice("SIGNATURE", 9);
		row.value = wl_slice("DETECTED", 8);
		row.confidence = wl_scaled(wl_json_number(part, "Confidence"), 100);
		wl_emit(out, row);
	}
}

/*
 * Parts
 */

typedef struct PartReader
{
	WlOutput   *out;
	WlBlocks   *blocks;
} PartReader;

static void
read_part(void *arg, WlTextractKind kind, JsonbContainer *part, int page)
{
	PartReader *r = arg;

	switch (kind)
	{
		case WL_TEXTRACT_ANSWER:
			read_blocks(r->out, r->blocks, part, page);
			break;
		case WL_TEXTRACT_EXPENSE:
			read_expense(r->out, part, page);
			break;
		case WL_TEXTRACT_IDENTITY:
			read_identity(r->out, part, page);
			break;
		case WL_TEXTRACT_EXTRACTION:
			read_lending(r->out, wl_json_object(part, "LendingDocument"), page);
			read_expense(r->out, wl_json_object(part, "ExpenseDocument"), page);
			read_identity(r->out, wl_json_object(part, "IdentityDocument"), page);
			break;
	}
}

static void
read_parts(WlOutput *out, JsonbContainer *root)
{
	PartReader	r = {.out = out,.blocks = wl_textract_blocks(root)};

	wl_textract_visit(out, root, read_part, &r);
}

const WlOcrEngine wl_ocr_textract = {
	.name = "textract",
	.shape = "\"Blocks\" with \"BlockType\", \"ExpenseDocuments\", \"IdentityDocuments\", \"Results\" with \"Extractions\", or \"JobStatus\"",
	.parts = "\"Blocks\", \"ExpenseDocuments\", \"IdentityDocuments\", \"Results\" with \"LendingDocument\", \"ExpenseDocument\" or \"IdentityDocument\", or \"Summary\"",
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_parts,
};
