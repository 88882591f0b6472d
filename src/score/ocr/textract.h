/*
 * textract.h
 *		What the readers of Textract's results share: answers and their documents,
 *		and blocks that refer to each other.
 *
 * A long result comes in several answers, which may be given as an array. Blocks
 * refer to each other by id, also from one answer to another; a block is read as
 * often as others refer to it. Each expense, identity document and extraction
 * from a lending page is a document of its own; blocks belong to none of them.
 */
#ifndef WL_TEXTRACT_H
#define WL_TEXTRACT_H

#include "utils/hsearch.h"

#include "score/ocr/json.h"
#include "score/ocr/output.h"

/* A part of a result: an answer, or a document in one of its arrays */
typedef enum WlTextractKind
{
	WL_TEXTRACT_ANSWER,
	WL_TEXTRACT_EXPENSE,
	WL_TEXTRACT_IDENTITY,
	WL_TEXTRACT_EXTRACTION,
} WlTextractKind;

/* Page is that of the part; 0 if unknown. */
typedef void (*WlTextractVisit) (void *arg, WlTextractKind kind, JsonbContainer *part, int page);

/* The blocks of a result, by their ids */
typedef struct WlBlocks
{
	HTAB	   *table;
	MemoryContext context;
} WlBlocks;

/* Iterates the blocks that a block has a relationship of one type to, in order. */
typedef struct WlRelated
{
	WlBlocks   *blocks;
	const char *type;
	WlWalk		relationships;
	WlWalk		ids;
} WlRelated;

extern void wl_textract_visit(WlOutput *out, JsonbContainer *root, WlTextractVisit visit, void *arg);
extern int	wl_textract_page(JsonbContainer *part, const char *key, int inherited);
extern WlBlocks *wl_textract_blocks(JsonbContainer *root);
extern void wl_related_begin(WlRelated *r, WlBlocks *blocks, JsonbContainer *block, const char *type);
extern JsonbContainer *wl_related_next(WlRelated *r);
extern const WlSlice *wl_block_words(WlBlocks *blocks, JsonbContainer *block, int *n);
extern void wl_append_words(StringInfo buffer, WlBlocks *blocks, JsonbContainer *block);
extern bool wl_has_entity_type(JsonbContainer *block, const char *type);

#endif							/* WL_TEXTRACT_H */
