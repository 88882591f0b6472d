/*
 * chat.c
 *		The answer of a language model that was asked for JSON, as its API gives it:
 *		one row for each leaf of the JSON.
 *
 * The APIs are OpenAI's Chat Completions, which others offer, too, and Responses,
 * Anthropic's Messages and Gemini's generateContent. Of several choices the first
 * one is read: the others are other answers about the same document. JSON is in the
 * arguments of calls of tools, or in the text: it may be all of it, in a fence, or
 * amid prose. Each JSON is a document. Amid prose an array counts only if an object
 * comes first in it: [1] is a footnote. JSON that was cut off is not read.
 *
 * If the API gives the log probabilities of the text's tokens, they tell the
 * confidences (tokens.c).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "score/ocr/annotation.h"
#include "score/ocr/ocr.h"
#include "score/ocr/tokens.h"

/*
 * JSON in a text
 */

/* A text, and its tokens if the API gives them. */
typedef struct Source
{
	WlSlice		content;
	JsonbContainer *tokens;
} Source;

typedef struct Document
{
	JsonbContainer *annotation;
	WlSlice		json;			/* in the source */
	const Source *source;		/* NULL if it was not in a text */
} Document;

static List *
add_document(List *documents, JsonbContainer *annotation, WlSlice json, const Source *source)
{
	Document   *document = palloc(sizeof(Document));

	*document = (Document)
	{
		annotation, json, source
	};
	return lappend(documents, document);
}

static JsonbContainer *
parse_json(WlSlice json)
{
	JsonbValue	v = {.type = jbvString};

	v.val.string.val = unconstify(char *, json.data);
	v.val.string.len = json.length;
	return wl_annotation_of(&v);
}

/* What is inside a fence, if the text begins with one. */
static WlSlice
without_fence(WlSlice s)
{
	const char *line_end;

	s = wl_trim(s);
	if (!wl_slice_starts(s, "```"))
		return s;
	line_end = memchr(s.data, '\n', s.length);
	if (line_end == NULL)
		return s;
	s = wl_slice(line_end, s.data + s.length - line_end);
	if (s.length >= 3 && memcmp(s.data + s.length - 3, "```", 3) == 0)
		s.length -= 3;
	return wl_trim(s);
}

/* The bracket that closes the one at p; NULL if there is none. */
static const char *
closing_bracket(const char *p, const char *end)
{
	int			depth = 0;
	bool		quoted = false;

	for (; p < end; p++)
	{
		if (quoted && *p == '\\')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '{' || *p == '['))
			depth++;
		else if (!quoted && (*p == '}' || *p == ']') && --depth == 0)
			return p;
	}
	return NULL;
}

/*
 * Cut off what may be the next object, or array of objects, and all before it. Returns
 * no text at the end. What is cut off need not be JSON.
 */
static WlSlice
next_brackets(WlSlice *rest)
{
	const char *p = rest->data;
	const char *end = p + rest->length;

	while (p < end)
	{
		const char *first = p;
		const char *last;

		if (*p == '[')
			for (first++; first < end && wl_is_space(*first); first++)
				;
		if (first == end || *first != '{')
		{
			p = Max(first, p + 1);
			continue;
		}
		last = closing_bracket(p, end);
		if (last == NULL)
			break;
		*rest = wl_slice(last + 1, end - last - 1);
		return wl_slice(p, last + 1 - p);
	}
	return wl_no_slice;
}

/* Add the documents in a text. */
static List *
add_text(List *documents, WlSlice content, JsonbContainer *tokens)
{
	WlSlice		json = without_fence(content);
	Source	   *source;
	JsonbContainer *annotation;

	if (json.data == NULL)
		return documents;
	source = palloc(sizeof(Source));
	source->content = content;
	source->tokens = tokens;
	annotation = parse_json(json);
	if (annotation != NULL)
		return add_document(documents, annotation, json, source);
	while ((json = next_brackets(&content)).data != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		annotation = parse_json(json);
		if (annotation != NULL)
			documents = add_document(documents, annotation, json, source);
	}
	return documents;
}

/* Add the arguments of a call: an object, or JSON in a string. */
static List *
add_arguments(List *documents, JsonbContainer *call, const char *key)
{
	JsonbContainer *arguments = wl_json_object(call, key);

	if (arguments == NULL)
		return add_text(documents, wl_json_string(call, key), NULL);
	if (!wl_json_is_deep(arguments))
		documents = add_document(documents, arguments, wl_no_slice, NULL);
	return documents;
}

/* Add the arguments of the calls in an array; each call is a member of an element. */
static List *
add_calls(List *documents, JsonbContainer *array, const char *call, const char *key)
{
	WlWalk		w;
	JsonbContainer *element;

	wl_walk_begin(&w, array);
	while ((element = wl_walk_next_object(&w)) != NULL)
		documents = add_arguments(documents, wl_json_object(element, call), key);
	return documents;
}

/*
 * A text in one piece or in several. A thought that led to the answer is not part of
 * it.
 */
static WlSlice
whole_text(JsonbContainer *object, const char *key)
{
	WlSlice		s = wl_json_string(object, key);
	StringInfoData joined;
	WlWalk		w;
	JsonbContainer *piece;

	if (s.data != NULL)
		return s;
	initStringInfo(&joined);
	wl_walk_begin(&w, wl_json_array(object, key));
	while ((piece = wl_walk_next_object(&w)) != NULL)
	{
		JsonbValue	thought;

		if (wl_json_get(piece, "thought", &thought) && thought.type == jbvBool && thought.val.boolean)
			continue;
		s = wl_json_string(piece, "text");
		if (s.data != NULL)
			appendBinaryStringInfo(&joined, s.data, s.length);
	}
	return wl_slice_of(&joined);
}

static bool
has_type(JsonbContainer *object, const char *type)
{
	return wl_slice_is(wl_json_string(object, "type"), type);
}

/*
 * The APIs. Each has a function that recognises an answer, one that lists its
 * documents, and one that says why it ended.
 */

/* Chat Completions */

static JsonbContainer *
first_choice(JsonbContainer *root)
{
	return wl_json_first_object(wl_json_array(root, "choices"));
}

static bool
is_completion(JsonbContainer *root)
{
	JsonbContainer *message = wl_json_object(first_choice(root), "message");

	return wl_slice_is(wl_json_string(message, "role"), "assistant") ||
		(wl_json_array(root, "choices") != NULL &&
		 wl_slice_is(wl_json_string(root, "object"), "chat.completion"));
}

static List *
completion_documents(JsonbContainer *root)
{
	JsonbContainer *choice = first_choice(root);
	JsonbContainer *message = wl_json_object(choice, "message");
	List	   *documents = add_text(NIL, whole_text(message, "content"),
									 wl_json_array(wl_json_object(choice, "logprobs"), "content"));

	documents = add_calls(documents, wl_json_array(message, "tool_calls"), "function", "arguments");
	return add_arguments(documents, wl_json_object(message, "function_call"), "arguments");
}

static WlSlice
completion_end(JsonbContainer *root)
{
	JsonbContainer *choice = first_choice(root);
	WlSlice		refusal = wl_json_string(wl_json_object(choice, "message"), "refusal");

	return wl_slice_is_blank(refusal) ? wl_json_string(choice, "finish_reason") : refusal;
}

/* Responses */

static bool
is_response(JsonbContainer *root)
{
	return wl_slice_is(wl_json_string(root, "object"), "response") &&
		wl_json_array(root, "output") != NULL;
}

static List *
response_documents(JsonbContainer *root)
{
	List	   *documents = NIL;
	WlWalk		w;
	JsonbContainer *item;

	wl_walk_begin(&w, wl_json_array(root, "output"));
	while ((item = wl_walk_next_object(&w)) != NULL)
	{
		WlWalk		pieces;
		JsonbContainer *piece;

		if (has_type(item, "function_call"))
			documents = add_arguments(documents, item, "arguments");
		wl_walk_begin(&pieces, has_type(item, "message") ? wl_json_array(item, "content") : NULL);
		while ((piece = wl_walk_next_object(&pieces)) != NULL)
			documents = add_text(documents, wl_json_string(piece, "text"), wl_json_array(piece, "logprobs"));
	}
	return documents;
}

static void
find_refusal(void *arg, JsonbContainer *piece)
{
	if (wl_json_has_string(piece, "refusal"))
		*(WlSlice *) arg = wl_json_string(piece, "refusal");
}

static WlSlice
response_end(JsonbContainer *root)
{
	static const char *const pieces[] = {"output", "content", NULL};
	WlSlice		end = wl_json_string(root, "status");

	wl_json_visit(root, pieces, find_refusal, &end);
	return end;
}

/* Messages */

static bool
is_message(JsonbContainer *root)
{
	return has_type(root, "message") && wl_slice_is(wl_json_string(root, "role"), "assistant") &&
		wl_json_array(root, "content") != NULL;
}

static List *
message_documents(JsonbContainer *root)
{
	List	   *documents = add_text(NIL, whole_text(root, "content"), NULL);
	WlWalk		w;
	JsonbContainer *block;

	wl_walk_begin(&w, wl_json_array(root, "content"));
	while ((block = wl_walk_next_object(&w)) != NULL)
		if (has_type(block, "tool_use"))
			documents = add_arguments(documents, block, "input");
	return documents;
}

static WlSlice
message_end(JsonbContainer *root)
{
	return wl_json_string(root, "stop_reason");
}

/* generateContent */

static JsonbContainer *
first_candidate(JsonbContainer *root)
{
	return wl_json_first_object(wl_json_array(root, "candidates"));
}

static bool
is_generated(JsonbContainer *root)
{
	JsonbContainer *candidate = first_candidate(root);

	return wl_json_array(wl_json_object(candidate, "content"), "parts") != NULL ||
		(wl_json_object(root, "usageMetadata") != NULL &&
		 (wl_json_has_string(candidate, "finishReason") ||
		  wl_json_has_string(wl_json_object(root, "promptFeedback"), "blockReason")));
}

static List *
generated_documents(JsonbContainer *root)
{
	JsonbContainer *candidate = first_candidate(root);
	JsonbContainer *content = wl_json_object(candidate, "content");
	List	   *documents = add_text(NIL, whole_text(content, "parts"),
									 wl_json_array(wl_json_object(candidate, "logprobsResult"), "chosenCandidates"));

	return add_calls(documents, wl_json_array(content, "parts"), "functionCall", "args");
}

static WlSlice
generated_end(JsonbContainer *root)
{
	WlSlice		block = wl_json_string(wl_json_object(root, "promptFeedback"), "blockReason");

	return block.data != NULL ? block : wl_json_string(first_candidate(root), "finishReason");
}

typedef struct Api
{
	bool		(*recognise) (JsonbContainer *root);
	List	   *(*documents) (JsonbContainer *root);
	WlSlice		(*end) (JsonbContainer *root);
} Api;

static const Api apis[] = {
	{is_completion, completion_documents, completion_end},
	{is_response, response_documents, response_end},
	{is_message, message_documents, message_end},
	{is_generated, generated_documents, generated_end},
};

static const Api *
find_api(JsonbContainer *root)
{
	for (int i = 0; i < lengthof(apis); i++)
		if (apis[i].recognise(root))
			return &apis[i];
	return NULL;
}

/*
 * The engine
 */

static bool
recognise(JsonbContainer *root)
{
	return find_api(root) != NULL;
}

/* Does an answer that ended like this, if it says how, have all that the model had to say? */
static bool
is_complete(WlSlice end)
{
	static const char *const complete[] = {
		"stop", "tool_calls", "function_call", "completed", "end_turn", "stop_sequence", "tool_use", "STOP"
	};

	for (int i = 0; i < lengthof(complete); i++)
		if (wl_slice_is(end, complete[i]))
			return true;
	return end.data == NULL;
}

/* An answer that was refused, filtered or cut off has a reason to have no JSON. */
static bool
has_parts(JsonbContainer *root)
{
	const Api  *api = find_api(root);

	return !is_complete(api->end(root)) || api->documents(root) != NIL;
}

static void
judge_by_tokens(void *arg, WlSlice path, WlOcrRow *row)
{
	row->confidence = wl_token_confidence(arg, path);
}

static void
read_answer(WlOutput *out, JsonbContainer *root)
{
	List	   *documents = find_api(root)->documents(root);
	const Source *source = NULL;
	WlTokens   *tokens = NULL;
	ListCell   *lc;

	out->several = list_length(documents) > 1;
	foreach(lc, documents)
	{
		Document   *document = lfirst(lc);

		wl_next_document(out);
		if (document->source != source)
		{
			source = document->source;
			tokens = source == NULL ? NULL : wl_tokens(source->content, source->tokens);
		}
		if (tokens == NULL)
			wl_read_annotation(out, document->annotation, NULL, NULL);
		else
		{
			HTAB	   *confidences = wl_token_confidences(tokens, document->json);

			wl_read_annotation(out, document->annotation, judge_by_tokens, confidences);
			hash_destroy(confidences);
		}
	}
}

const WlOcrEngine wl_ocr_chat = {
	.name = "chat",
	.shape = "\"choices\" with \"message\", \"output\" in a \"response\", \"content\" in a \"message\", or \"candidates\" with \"content\"",
	.parts = "JSON in the answer's text, or in the arguments of a call",
	.recognise_json = recognise,
	.has_parts = has_parts,
	.read_json = read_answer,
};
