/*
 * ocr.h
 *		The descriptor of an OCR engine, and the list of engines.
 *
 * To add an engine, write a file that defines its descriptor, wl_ocr_NAME, add a
 * line to WL_OCR_ENGINES, and add samples of its results to the tests.
 */
#ifndef WL_OCR_H
#define WL_OCR_H

#include "utils/jsonb.h"

#include "score/ocr/output.h"
#include "score/ocr/slice.h"

/*
 * One engine. It answers either in JSON or in text, and has the functions of
 * that kind only.
 *
 * recognise_... looks for marks that no other JSON or text has. It sees the
 * whole document, and its cost must not exceed that of reading it. has_parts
 * says whether a recognised result has any of the parts that are read, or a reason
 * to have none. If has_parts is NULL, every result has some.
 */
typedef struct WlOcrEngine
{
	const char *name;			/* in SQL */
	const struct WlOcrEngine *base; /* if it reads other parts of the results
									 * of another engine: that one, which also
									 * recognises and describes them */
	const char *shape;			/* how messages describe a result */
	const char *parts;			/* how messages describe the parts */
	bool		tried_last;		/* its marks are weak: any other engine that
								 * recognises the document comes first */
	bool		words;			/* the rows of its JSON have no names, as
								 * those of text never have */
	bool		(*recognise_json) (JsonbContainer *root);
	bool		(*has_parts) (JsonbContainer *root);
	void		(*read_json) (WlOutput *out, JsonbContainer *root);
	bool		(*recognise_text) (WlSlice text);
	void		(*read_text) (WlOutput *out, WlSlice text);
} WlOcrEngine;

/*
 * All engines, in the order in which messages list them. 'auto' reads a document
 * only if it is recognised by one engine alone, or by one alone that is not tried
 * last. One that has a base is found only when it is asked for. Its name is the
 * base's, followed by an underscore and the name of the parts.
 */
#define WL_OCR_ENGINES(engine) \
	engine(textract) \
	engine(textract_words) \
	engine(textract_tables) \
	engine(documentai) \
	engine(documentai_words) \
	engine(azure) \
	engine(azure_words) \
	engine(mistral) \
	engine(chat) \
	engine(pairs) \
	engine(doctr) \
	engine(easyocr) \
	engine(surya) \
	engine(paddleocr) \
	engine(docling) \
	engine(vision) \
	engine(tesseract_tsv) \
	engine(hocr) \
	engine(alto) \
	engine(page_xml) \
	engine(abbyy_xml)

#define WL_DECLARE_ENGINE(name) extern const WlOcrEngine wl_ocr_##name;
WL_OCR_ENGINES(WL_DECLARE_ENGINE)

#endif							/* WL_OCR_H */
