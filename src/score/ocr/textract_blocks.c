/*
 * textract_blocks.c
 *		Amazon Textract: the answers and documents of a result, and its blocks with
 *		what they refer to.
 */
#include "postgres.h"

#include <math.h>

#include "score/ocr/textract.h"

/*
 * Answers and documents
 */

/* A synchronous answer does not state the page if there is only one. */
static int
only_page(JsonbContainer *answer)
{
	return wl_json_number(wl_json_object(answer, "DocumentMetadata"), "Pages") == 1.0 ? 1 : 0;
}

int
wl_textract_page(JsonbContainer *part, const char *key, int inherited)
{
	double		page = wl_json_number(part, key);

	return isnan(page) ? inherited : wl_as_count(page);
}

static int
count_documents(JsonbContainer *answer)
{
	int			n = wl_json_count_objects(wl_json_array(answer, "ExpenseDocuments")) +
	wl_json_count_objects(wl_json_array(answer, "IdentityDocuments"));
	WlWalk		w;
	JsonbContainer *result;

	wl_walk_begin(&w, wl_json_array(answer, "Results"));
	while ((result = wl_walk_next_object(&w)) != NULL)
		n += wl_json_count_objects(wl_json_array(result, "Extractions"));
	return n;
}

static void
visit_documents(WlOutput *out, JsonbContainer *documents, WlTextractVisit visit, void *arg, WlTextractKind kind, int page)
{
	WlWalk		w;
	JsonbContainer *document;

	wl_walk_begin(&w, documents);
	while ((document = wl_walk_next_object(&w)) != NULL)
	{
		wl_next_document(out);
		visit(arg, kind, document, page);
	}
}

/*
 * Visit an answer and its documents. Each extraction from a page of a lending
 * package is a document: which pages belong together would only be a guess, of
 * the service's or of ours.
 */
static void
visit_answer(WlOutput *out, JsonbContainer *answer, WlTextractVisit visit, void *arg)
{
	int			page = only_page(answer);
	WlWalk		w;
	JsonbContainer *result;

	wl_no_document(out);
	visit(arg, WL_TEXTRACT_ANSWER, answer, page);
	visit_documents(out, wl_json_array(answer, "ExpenseDocuments"), visit, arg, WL_TEXTRACT_EXPENSE, page);
	visit_documents(out, wl_json_array(answer, "IdentityDocuments"), visit, arg, WL_TEXTRACT_IDENTITY, page);
	wl_walk_begin(&w, wl_json_array(answer, "Results"));
	while ((result = wl_walk_next_object(&w)) != NULL)
		visit_documents(out, wl_json_array(result, "Extractions"), visit, arg, WL_TEXTRACT_EXTRACTION,
						wl_textract_page(result, "Page", 0));
}

/* Visit the parts of a result, in order, and set the output's document for each. */
void
wl_textract_visit(WlOutput *out, JsonbContainer *root, WlTextractVisit visit, void *arg)
{
	int			n = 0;
	WlWalk		w;
	JsonbContainer *answer;

	if (wl_json_is_object(root))
	{
		out->several = count_documents(root) > 1;
		visit_answer(out, root, visit, arg);
		return;
	}
	wl_walk_begin(&w, root);
	while ((answer = wl_walk_next_object(&w)) != NULL)
		n += count_documents(answer);
	out->several = n > 1;
	wl_walk_begin(&w, root);
	while ((answer = wl_walk_next_object(&w)) != NULL)
		visit_answer(out, answer, visit, arg);
}

/*
 * Blocks
 */

typedef struct Block
{
	WlSlice		id;				/* the hash key: must be first */
	JsonbContainer *block;
	WlSlice    *words;			/* NULL until they are asked for */
	int			n_words;
} Block;

static void
index_blocks(WlBlocks *blocks, JsonbContainer *answer)
{
	WlWalk		w;
	JsonbContainer *block;

	wl_walk_begin(&w, wl_json_array(answer, "Blocks"));
	while ((block = wl_walk_next_object(&w)) != NULL)
	{
		WlSlice		id = wl_json_string(block, "Id");

		if (id.data != NULL)
		{
			Block	   *entry = hash_search(blocks->table, &id, HASH_ENTER, NULL);

			entry->block = block;
			entry->words = NULL;
		}
	}
}

/* The blocks of all answers */
WlBlocks   *
wl_textract_blocks(JsonbContainer *root)
{
	WlBlocks   *blocks = palloc(sizeof(WlBlocks));
	WlWalk		w;
	JsonbContainer *answer;

	blocks->table = wl_name_table(sizeof(Block));
	blocks->context = CurrentMemoryContext;
	if (wl_json_is_object(root))
	{
		index_blocks(blocks, root);
		return blocks;
	}
	wl_walk_begin(&w, root);
	while ((answer = wl_walk_next_object(&w)) != NULL)
		index_blocks(blocks, answer);
	return blocks;
}

void
wl_related_begin(WlRelated *r, WlBlocks *blocks, JsonbContainer *block, const char *type)
{
	r->blocks = blocks;
	r->type = type;
	wl_walk_begin(&r->relationships, wl_json_array(block, "Relationships"));
	wl_walk_begin(&r->ids, NULL);
}

JsonbContainer *
wl_related_next(WlRelated *r)
{
	for (;;)
	{
		JsonbContainer *relationship;

		while (wl_walk_next(&r->ids))
		{
			WlSlice		id = wl_json_value_text(&r->ids.value);
			Block	   *found = NULL;

			if (id.data != NULL)
				found = hash_search(r->blocks->table, &id, HASH_FIND, NULL);
			if (found != NULL)
				return found->block;
		}
		relationship = wl_walk_next_object(&r->relationships);
		if (relationship == NULL)
			return NULL;
		if (wl_slice_is(wl_json_string(relationship, "Type"), r->type))
			wl_walk_begin(&r->ids, wl_json_array(relationship, "Ids"));
	}
}

/* The text of a word or a selection mark; no text if the block is neither. */
static WlSlice
word_text(JsonbContainer *block)
{
	WlSlice		type = wl_json_string(block, "BlockType");

	if (wl_slice_is(type, "WORD"))
		return wl_trim(wl_json_string(block, "Text"));
	if (wl_slice_is(type, "SELECTION_ELEMENT"))
		return wl_trim(wl_json_string(block, "SelectionStatus"));
	return wl_no_slice;
}

/* List the words of a block, in the current context. */
static WlSlice *
list_words(WlBlocks *blocks, JsonbContainer *block, int *n)
{
	int			size = 4;
	WlSlice    *words = palloc(size * sizeof(WlSlice));
	WlRelated	children;
	JsonbContainer *child;

	*n = 0;
	wl_related_begin(&children, blocks, block, "CHILD");
	while ((child = wl_related_next(&children)) != NULL)
	{
		WlSlice		s = word_text(child);

		if (s.length == 0)
			continue;
		if (*n == size)
		{
			size *= 2;
			words = repalloc_huge(words, size * sizeof(WlSlice));
		}
		words[(*n)++] = s;
	}
	return words;
}

/*
 * The words and selection marks that a block consists of, without blank ones. They
 * are listed once for each block, because others may refer to it any number of
 * times. The list points into the document.
 */
const WlSlice *
wl_block_words(WlBlocks *blocks, JsonbContainer *block, int *n)
{
	WlSlice		id = wl_json_string(block, "Id");
	Block	   *entry = id.data != NULL ? hash_search(blocks->table, &id, HASH_FIND, NULL) : NULL;

	/* nothing refers to a block without an id of its own */
	if (entry == NULL || entry->block != block)
		return list_words(blocks, block, n);
	if (entry->words == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(blocks->context);

		entry->words = list_words(blocks, block, &entry->n_words);
		MemoryContextSwitchTo(caller);
	}
	*n = entry->n_words;
	return entry->words;
}

/* Append the words of a block, joined by blanks. */
void
wl_append_words(StringInfo buffer, WlBlocks *blocks, JsonbContainer *block)
{
	int			n;
	const WlSlice *words = wl_block_words(blocks, block, &n);

	for (int i = 0; i < n; i++)
	{
		if (buffer->len > 0)
			appendStringInfoChar(buffer, ' ');
		appendBinaryStringInfo(buffer, words[i].data, words[i].length);
	}
}

bool
wl_has_entity_type(JsonbContainer *block, const char *type)
{
	WlWalk		w;

	wl_walk_begin(&w, wl_json_array(block, "EntityTypes"));
	while (wl_walk_next(&w))
		if (w.value.type == jbvString && wl_slice_is(wl_json_value_text(&w.value), type))
			return true;
	return false;
}
