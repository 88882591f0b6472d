/*
 * mistral_words.h
 *		Mistral OCR: the confidences of words, for the values of an annotation.
 */
#ifndef WL_MISTRAL_WORDS_H
#define WL_MISTRAL_WORDS_H

#include "score/ocr/json.h"
#include "score/ocr/output.h"

typedef struct WlMistralWords WlMistralWords;

extern WlMistralWords *wl_mistral_words(JsonbContainer *root);
extern void wl_mistral_judge(void *words, WlSlice path, WlOcrRow *row);

#endif							/* WL_MISTRAL_WORDS_H */
