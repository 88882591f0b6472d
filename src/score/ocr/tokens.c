/*
 * tokens.c
 *		Confidences of the values in JSON that a language model wrote, from the log
 *		probabilities of its tokens.
 *
 * A value's confidence is the exponential of the mean log probability of the tokens
 * that overlap it, without its quotes: the geometric mean of their probabilities.
 *
 * The tokens must spell the text, byte for byte in UTF-8. Those beyond its end, such
 * as the one that ends an answer, do not count. PostgreSQL's parser finds the values:
 * its actions see them in the order of the text, so that one walk over the tokens
 * serves all. Time is linear in the text and the tokens.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "score/ocr/output.h"
#include "score/ocr/tokens.h"

/*
 * Tokens of a text. Offsets are in UTF-8. The last two members are where the walk over
 * the text has come to.
 */
struct WlTokens
{
	int			n;
	int		   *ends;			/* where each ends */
	double	   *log_probabilities;	/* NaN if it is none */
	int			next;			/* the first token that the next value can
								 * overlap */
	const char *at;				/* in the text */
	int			offset;			/* of the same place */
};

/*
 * The tokens
 */

/*
 * Append what a token spells: its bytes or, if the API does not give them, its string,
 * which lacks a character that is split between tokens. Returns false if it has neither.
 */
static bool
append_token(StringInfo spelled, JsonbContainer *token)
{
	JsonbContainer *bytes = wl_json_array(token, "bytes");
	WlSlice		string = wl_json_string(token, "token");
	WlWalk		w;

	if (bytes == NULL)
		return string.data != NULL && wl_append_utf8(spelled, string);
	wl_walk_begin(&w, bytes);
	while (wl_walk_next(&w))
	{
		double		byte = wl_json_value_number(&w.value);

		if (!(byte >= 0 && byte <= 0xFF))
			return false;
		appendStringInfoCharMacro(spelled, (char) (int) byte);
	}
	return true;
}

/* A logarithm of a probability is not positive. */
static double
log_probability(JsonbContainer *token)
{
	double		x = wl_json_number(token, "logprob");

	if (isnan(x))
		x = wl_json_number(token, "logProbability");
	return x <= 0 ? x : NAN;
}

/* Read a list of tokens. NULL if they do not spell the text. */
WlTokens   *
wl_tokens(WlSlice text, JsonbContainer *list)
{
	int			size = wl_json_count_objects(list);
	WlTokens   *tokens = palloc0(sizeof(WlTokens));
	WlWalk		w;
	JsonbContainer *token;
	StringInfoData spelled;
	StringInfoData utf8;
	bool		same = size > 0;

	if (!same)
		return NULL;
	initStringInfo(&spelled);
	initStringInfo(&utf8);
	tokens->ends = palloc(size * sizeof(int));
	tokens->log_probabilities = palloc(size * sizeof(double));
	wl_walk_begin(&w, list);
	while (same && (token = wl_walk_next_object(&w)) != NULL)
	{
		same = append_token(&spelled, token);
		tokens->ends[tokens->n] = spelled.len;
		tokens->log_probabilities[tokens->n++] = log_probability(token);
	}
	same = same && wl_append_utf8(&utf8, text) && spelled.len >= utf8.len &&
		memcmp(spelled.data, utf8.data, utf8.len) == 0;
	pfree(spelled.data);
	pfree(utf8.data);
	tokens->at = text.data;

	return same ? tokens : NULL;
}

/*
 * The values
 */

/* A hash of a path to a value, and the value's confidence */
typedef struct Confidence
{
	uint64		path;			/* the hash key: must be first */
	double		confidence;
} Confidence;

/* An object or an array that is being parsed */
typedef struct Level
{
	int			path;			/* length of the path to it */
	int			index;			/* of its current value */
} Level;

typedef struct Parse
{
	JsonLexContext *lexer;
	WlTokens   *tokens;
	HTAB	   *confidences;
	StringInfoData path;
	Level	   *levels;
	int			depth;
	int			max_depth;
	const char *start;			/* of the value that comes next */
} Parse;

/* Go on to a place in the text, which is not before the current one. Returns its offset. */
static int
walk_to(WlTokens *tokens, const char *place)
{
	int			length = place - tokens->at;

	if (GetDatabaseEncoding() == PG_UTF8)
		tokens->offset += length;
	else
	{
		StringInfoData utf8;

		initStringInfo(&utf8);
		wl_append_utf8(&utf8, wl_slice(tokens->at, length));
		tokens->offset += utf8.len;
		pfree(utf8.data);
	}
	tokens->at = place;
	return tokens->offset;
}

/* The confidence of a part of the text. No token of it may be before those of the part before. */
static double
confidence_of_part(WlTokens *tokens, const char *start, const char *end)
{
	int			from = walk_to(tokens, start);
	int			to = walk_to(tokens, end);
	double		sum = 0;
	int			n = 0;

	while (tokens->next < tokens->n && tokens->ends[tokens->next] <= from)
		tokens->next++;
	for (int i = tokens->next; i < tokens->n; i++)
	{
		int			begin = i == 0 ? 0 : tokens->ends[i - 1];

		if (begin >= to)
			break;
		if (tokens->ends[i] == begin)
			continue;			/* it spells nothing */
		sum += tokens->log_probabilities[i];
		n++;
	}
	return n > 0 ? exp(sum / n) : NAN;
}

static uint64
hash_path(WlSlice path)
{
	return hash_bytes_extended((const unsigned char *) path.data, path.length, 0);
}

static WL_JSON_ACTION
begin_container(void *state)
{
	Parse	   *p = state;

	if (p->depth == p->max_depth)
	{
		p->max_depth *= 2;
		p->levels = repalloc(p->levels, p->max_depth * sizeof(Level));
	}
	p->levels[p->depth++] = (Level)
	{
		p->path.len, 0
	};
	wl_json_action_end();
}

static WL_JSON_ACTION
end_container(void *state)
{
	((Parse *) state)->depth--;
	wl_json_action_end();
}

/* A value comes next: a member of an object, or an element of an array if there is no key. */
static void
begin_value(Parse *p, WlSlice key)
{
	Level	   *level = &p->levels[p->depth - 1];
	WlWalk		w = {.key = key,.index = ++level->index};

	wl_path_cut(&p->path, level->path);
	wl_path_push(&p->path, &w);
	p->start = p->lexer->token_start;
}

static WL_JSON_ACTION
begin_member(void *state, char *name, bool isnull)
{
	begin_value(state, wl_slice(name, strlen(name)));
	wl_json_action_end();
}

static WL_JSON_ACTION
begin_element(void *state, bool isnull)
{
	begin_value(state, wl_no_slice);
	wl_json_action_end();
}

/*
 * A scalar has been parsed. Two of the same path cannot be told apart: neither has a
 * confidence.
 */
static WL_JSON_ACTION
end_scalar(void *state, char *token, JsonTokenType type)
{
	Parse	   *p = state;
	int			quote = type == JSON_TOKEN_STRING ? 1 : 0;
	uint64		path = hash_path(wl_slice_of(&p->path));
	double		confidence = confidence_of_part(p->tokens, p->start + quote,
												p->lexer->prev_token_terminator - quote);
	bool		found;
	Confidence *entry = hash_search(p->confidences, &path, HASH_ENTER, &found);

	CHECK_FOR_INTERRUPTS();
	entry->confidence = found ? NAN : confidence;
	wl_json_action_end();
}

/*
 * Compute the confidences of the values in an object or an array, a part of the
 * text that no earlier call was for a later one than. It has been parsed before,
 * without an error.
 */
HTAB *
wl_token_confidences(WlTokens *tokens, WlSlice json)
{
	Parse		p = {
		.tokens = tokens,
		.confidences = wl_blob_table(sizeof(uint64), sizeof(Confidence)),
		.max_depth = 16
	};
	JsonSemAction actions = {
		.semstate = &p,
		.object_start = begin_container,
		.object_end = end_container,
		.array_start = begin_container,
		.array_end = end_container,
		.object_field_start = begin_member,
		.array_element_start = begin_element,
		.scalar = end_scalar
	};
	MemoryContext parse = AllocSetContextCreate(CurrentMemoryContext, "williams JSON parse",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(parse);

	p.lexer = wl_json_lexer(unconstify(char *, json.data), json.length, GetDatabaseEncoding());
	initStringInfo(&p.path);
	p.levels = palloc(p.max_depth * sizeof(Level));
	pg_parse_json(p.lexer, &actions);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(parse);
	return p.confidences;
}

/* The confidence of the value that this path leads to; NaN if it has none. */
double
wl_token_confidence(HTAB *confidences, WlSlice path)
{
	uint64		key = hash_path(path);
	Confidence *entry = hash_search(confidences, &key, HASH_FIND, NULL);

	return entry != NULL ? entry->confidence : NAN;
}
