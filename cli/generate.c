/* recur generate: text from a language model, written as it is made.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "memory.h"
#include "rows.h"

static const option generate_rows[] = {
    {.name = "prompt",
     .form = "TEXT",
     .type = OPTION_TEXT,
     .fallback = "",
     .default_says = "none",
     .flags = OPTION_USUAL,
     .help = "what the text begins with; - reads it from stdin"},
    ROW_INT("length", 0, 1e15, "500", "tokens to make"),
    ROW_ABOVE("temperature", "T", 0, 1e6, "1", "below 1: more likely text, above 1: more varied text"),
    {.name = "top-k",
     .form = "K",
     .type = OPTION_INT,
     .min = 0,
     .max = 1e9,
     .fallback = "0",
     .default_says = "all",
     .flags = OPTION_USUAL,
     .help = "draw from the K most likely tokens only"},
    ROW_ABOVE("top-p", "P", 0, 1, "1", "draw from the most likely tokens that hold mass P together"),
    {.name = "greedy",
     .type = OPTION_SWITCH,
     .flags = OPTION_USUAL,
     .help = "always take the most likely token"},
    {.name = "seed",
     .form = "S",
     .type = OPTION_INT,
     .min = 0,
     .max = 9007199254740991.0,
     .fallback = "1",
     .flags = OPTION_USUAL,
     .help = "the same seed gives the same text"},
    ROW_END,
};

static const option_group        generate_group = {"Generation", generate_rows};
static const option_group *const generate_groups[] = {&generate_group, &common_group, NULL};

/* Where tokens go: to stdout, or with --json into a text of their own. */
typedef struct sink {
    app    *app;
    char   *bytes;
    size_t  size, capacity;
    int64_t n_tokens;
    char    last;
} sink;

static void collect(sink *s, const char *bytes, size_t n)
{
    if (n > s->capacity - s->size) {
        s->capacity = s->capacity * 2 + n;
        s->bytes = need_more(s->bytes, s->capacity, 1);
    }
    memcpy(s->bytes + s->size, bytes, n);
    s->size += n;
}

static bool put(sink *s, const char *bytes, size_t n)
{
    if (n == 0) return true;
    s->last = bytes[n - 1];
    if (!s->app->json) return output_bytes(s->app, bytes, n);
    collect(s, bytes, n);
    return true;
}

static bool emit(void *user, const char *bytes, size_t n)
{
    sink *s = user;
    s->n_tokens++;
    return put(s, bytes, n);
}

static void finish(sink *s, const recur_text *prompt, const recur_sampling *sampling)
{
    if (s->app->json)
        output_json(s->app,
                    json_pack("{s:o,s:o,s:I,s:I}", "text", output_string(s->size ? s->bytes : "", s->size),
                              "prompt", output_string(prompt->size ? prompt->bytes : "", prompt->size),
                              "seed", (json_int_t)sampling->seed, "tokens", (json_int_t)s->n_tokens));
    else if (s->last != '\n')
        output_bytes(s->app, "\n", 1);
}

static int generate_text(app *a, const options *o, const recur_model *model, const recur_text *prompt)
{
    const recur_sampling sampling = {
        .greedy = options_on(o, "greedy"),
        .temperature = options_number(o, "temperature"),
        .top_k = options_int(o, "top-k"),
        .top_p = options_number(o, "top-p"),
        .seed = (uint64_t)options_int(o, "seed"),
    };
    const recur_vocab *vocab = recur_model_vocab(model);
    int64_t            n = 0;
    sink               s = {.app = a};
    recur_status status = recur_vocab_encode(a->ctx, vocab, prompt->bytes, prompt->size, NULL, &n, NULL);
    if (status) /* before the prompt is written */
        return output_error(a, status, "the prompt cannot be read: %s", recur_error(a->ctx));
    if (put(&s, prompt->bytes, prompt->size))
        status =
            recur_generate(model, prompt->bytes, prompt->size, options_int(o, "length"), &sampling, emit, &s);
    if (!status && !a->is_broken && !a->output_error) finish(&s, prompt, &sampling);
    free(s.bytes);
    return status ? output_failure(a, status) : RECUR_OK;
}

/* Check what the options say together. */
static int check(app *a, const options *o)
{
    static const char *const drawn[] = {"temperature", "top-k", "top-p", "seed"};
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (options_on(o, "greedy") && options_given(o, drawn[i]))
            return output_error(a, RECUR_EARG,
                                "--%s is for drawing at random, found --greedy, which draws nothing",
                                drawn[i]);
    return RECUR_OK;
}

static int generate(app *a, options *o)
{
    const char        *text = options_text(o, "prompt");
    static const char *in = "-";
    recur_model       *model = NULL;
    recur_text         prompt = {0}, given = {.bytes = (char *)(uintptr_t)text, .size = strlen(text)};
    bool               is_in = strcmp(text, "-") == 0;
    int                code = check(a, o);
    if (!code) code = app_open(a, o);
    if (code) return code;
    recur_status status = recur_model_load(a->ctx, o->args[0], &model);
    if (!status && is_in)
        status = recur_text_read(a->ctx, recur_vocab_unit(recur_model_vocab(model)), 1, &in, &prompt);
    code = status ? output_failure(a, status) : generate_text(a, o, model, is_in ? &prompt : &given);
    recur_text_free(a->ctx, &prompt);
    recur_model_destroy(model);
    return code;
}

const command generate_command = {
    .name = "generate",
    .synopsis = "RUN [--prompt TEXT] [--length N] [options]",
    .brief = "RUN",
    .summary = "write text as the model does",
    .notes = "RUN is a run or a model file. The prompt comes first; text that does not end with a line feed "
             "is given one.\n",
    .groups = generate_groups,
    .args = "RUN",
    .run = generate,
};
