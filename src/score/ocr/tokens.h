/*
 * tokens.h
 *		Confidences of the values in JSON that a language model wrote, from the log
 *		probabilities of its tokens.
 */
#ifndef WL_TOKENS_H
#define WL_TOKENS_H

#include "score/ocr/json.h"
#include "utils/hsearch.h"

typedef struct WlTokens WlTokens;

extern WlTokens *wl_tokens(WlSlice text, JsonbContainer *list);
extern HTAB *wl_token_confidences(WlTokens *tokens, WlSlice json);
extern double wl_token_confidence(HTAB *confidences, WlSlice path);

#endif							/* WL_TOKENS_H */
