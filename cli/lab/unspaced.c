/* Text without its spaces, from a file or made up.
 * SPDX-License-Identifier: MIT */
#include "unspaced.h"

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "memory.h"

/* ---- letters of a text ---- */

enum { ENDS_WORD = -1, LEFT_OUT = -2 };

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether a character beyond ASCII ends a word: the signs of Latin-1, general punctuation, and those of Chinese and Japanese. */
static bool is_sign(const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (size == 2) return b[0] == 0xc2;
    return size == 3 && ((b[0] == 0xe2 && b[1] <= 0x81) || (b[0] == 0xe3 && b[1] == 0x80));
}

/* What becomes of each token: a letter's id, or ENDS_WORD or LEFT_OUT. Capitals share the id of their small letter. */
static void name_letters(unspaced *u, int32_t *letter_of)
{
    const int64_t n = recur_vocab_size(u->vocab);
    int32_t       small[128];
    for (int i = 0; i < 128; i++) small[i] = ENDS_WORD;
    u->looks = need_memory((size_t)n, sizeof *u->looks);
    for (int32_t id = (int32_t)n - 1; id >= 0; id--) { /* small letters come behind capitals */
        size_t      size;
        const char *bytes = recur_vocab_token(u->vocab, id, &size);
        const char  c = size == 1 ? (char)(*bytes | 0x20) : '\0';
        letter_of[id] = size == 1 && *bytes == '\'' ? LEFT_OUT : ENDS_WORD;
        if (size == 1 ? !is_ascii_letter(*bytes) : is_sign(bytes, size)) continue;
        letter_of[id] = size == 1 && small[(int)c] >= 0 ? small[(int)c] : (int32_t)u->n_letters;
        if (size == 1) small[(int)c] = letter_of[id];
        if (letter_of[id] == (int32_t)u->n_letters) u->looks[u->n_letters++] = id;
    }
}

static recur_status take(recur_ctx *ctx, const char *bytes, size_t size, unspaced *u)
{
    recur_status status = recur_vocab_build(ctx, RECUR_CHAR, 1, &bytes, &size, NULL, &u->vocab);
    int64_t      n = 0;
    if (status) return status;
    status = recur_vocab_encode(ctx, u->vocab, bytes, size, NULL, &n, NULL);
    u->ids = need_memory((size_t)n, sizeof *u->ids);
    u->is_first = need_memory((size_t)n, sizeof *u->is_first);
    if (!status) status = recur_vocab_encode(ctx, u->vocab, bytes, size, u->ids, &n, NULL);
    if (status) return status;
    int32_t *letter_of = need_memory((size_t)recur_vocab_size(u->vocab), sizeof *letter_of);
    bool     is_first = true;
    name_letters(u, letter_of);
    for (int64_t i = 0; i < n; i++) {
        int32_t letter = letter_of[u->ids[i]];
        if (letter == ENDS_WORD) is_first = true;
        if (letter < 0) continue;
        u->is_first[u->n] = is_first;
        u->ids[u->n++] = letter;
        is_first = false;
    }
    free(letter_of);
    return RECUR_OK;
}

int unspaced_read(app *a, const char *path, unspaced *text)
{
    line_file    f;
    recur_status status = lines_open(a, path, &f);
    if (!status) status = take(a->ctx, f.text.bytes + f.at, f.text.size - f.at, text);
    const char *says = recur_error(a->ctx); /* without what it says of a --unit */
    int         code = RECUR_OK;
    if (status == RECUR_EDATA)
        code = output_error(a, status, "%s: %.*s", f.name, (int)strcspn(says, ";"), says);
    else if (status)
        code = output_failure(a, status);
    lines_close(a, &f);
    return code;
}

slice unspaced_letter(const unspaced *text, int64_t i)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    slice             s;
    s.bytes = recur_vocab_token(text->vocab, text->looks[text->ids[i]], &s.size);
    if (s.size == 1) s.bytes = &small[(*s.bytes | 0x20) - 'a'];
    return s;
}

void unspaced_free(unspaced *text)
{
    recur_vocab_destroy(text->vocab);
    free(text->ids);
    free(text->is_first);
    free(text->looks);
}

/* ---- sentences ---- */

typedef enum kind {
    HUMAN,
    ANIMAL,
    THING,
    MONSTER,
    FRAGILE,
    FOOD,
    THINK,
    CHASE,
    MOVE,
    SMELL,
    SMASH,
    EAT,
    NONE
} kind;

static const char *const words[NONE][2] = {
    {"man", "woman"},   {"cat", "mouse"},    {"book", "rock"},   {"dragon", "monster"},
    {"glass", "plate"}, {"cookie", "bread"}, {"think", "sleep"}, {"see", "chase"},
    {"move", "break"},  {"smell", "hear"},   {"smash", "crack"}, {"eat", "bite"},
};

static const kind templates[][3] = {
    {HUMAN, EAT, FOOD},        {HUMAN, SMELL, THING}, {HUMAN, SMASH, FRAGILE}, {HUMAN, THINK, NONE},
    {HUMAN, CHASE, HUMAN},     {HUMAN, MOVE, THING},  {HUMAN, MOVE, NONE},     {ANIMAL, EAT, FOOD},
    {ANIMAL, CHASE, ANIMAL},   {ANIMAL, MOVE, THING}, {ANIMAL, MOVE, NONE},    {THING, MOVE, NONE},
    {MONSTER, SMASH, FRAGILE}, {MONSTER, EAT, HUMAN}, {MONSTER, EAT, ANIMAL},  {MONSTER, EAT, FOOD},
};

enum { LONGEST_SENTENCE = 24, N_TEMPLATES = sizeof templates / sizeof *templates };

recur_status unspaced_make_up(recur_ctx *ctx, int64_t sentences, uint64_t seed, unspaced *text)
{
    char *bytes = need_memory((size_t)sentences, LONGEST_SENTENCE), *p = bytes;
    dice  d = dice_at(seed, 0, 0);
    for (int64_t i = 0; i < sentences; i++) {
        const kind *k = templates[dice_below(&d, N_TEMPLATES)];
        for (int j = 0; j < 3 && k[j] != NONE; j++) {
            const char *word = words[k[j]][dice_below(&d, 2)];
            size_t      size = strlen(word);
            memcpy(p, word, size);
            p[size] = ' ';
            p += size + 1;
        }
    }
    recur_status status = take(ctx, bytes, (size_t)(p - bytes), text);
    free(bytes);
    return status;
}
