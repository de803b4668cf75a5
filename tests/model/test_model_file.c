/* Model files: the same model back, and every file that is not one refused by name, without harm and without a leak.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <sys/stat.h>

#include "io/safetensors.h"
#include "model/lm_fixture.h"

enum { MAX_TENSORS = 24, MAX_NOTES = 8 };

/* ---- there and back ---- */

static void assert_same_spec(const recur_lm_spec *a, const recur_lm_spec *b)
{
    assert_int_equal(a->embed, b->embed);
    assert_int_equal(a->tie, b->tie);
    assert_true(a->dropout == b->dropout);
    assert_int_equal(a->rnn.cell, b->rnn.cell);
    assert_int_equal(a->rnn.input, b->rnn.input);
    assert_int_equal(a->rnn.hidden, b->rnn.hidden);
    assert_int_equal(a->rnn.layers, b->rnn.layers);
    assert_int_equal(a->rnn.projection, b->rnn.projection);
    assert_int_equal(a->rnn.bidirectional, b->rnn.bidirectional);
    assert_int_equal(a->rnn.no_bias, b->rnn.no_bias);
    assert_int_equal(a->rnn.reset_before, b->rnn.reset_before);
    assert_int_equal(a->rnn.trained_state, b->rnn.trained_state);
    assert_true(a->rnn.dropout == b->rnn.dropout);
    assert_int_equal(a->rnn.init.kind, b->rnn.init.kind);
    assert_true(a->rnn.init.value == b->rnn.init.value);
    assert_int_equal(a->rnn.set_forget_bias, b->rnn.set_forget_bias);
    assert_true(a->rnn.forget_bias == b->rnn.forget_bias);
}

static void assert_same_values(recur_ctx *ctx, const recur_params *a, const recur_params *b)
{
    assert_int_equal(recur_params_tensors(a), recur_params_tensors(b));
    for (int64_t i = 0; i < recur_params_tensors(a); i++) {
        recur_tensor_info x, y;
        LM_OK(ctx, recur_params_info(a, i, &x));
        LM_OK(ctx, recur_params_info(b, i, &y));
        assert_string_equal(x.name, y.name);
        assert_int_equal(x.count, y.count);
        double *u = malloc((size_t)x.count * sizeof *u), *v = malloc((size_t)x.count * sizeof *v);
        LM_OK(ctx, recur_params_get(a, i, u));
        LM_OK(ctx, recur_params_get(b, i, v));
        assert_memory_equal(u, v, (size_t)x.count * sizeof *u);
        free(u);
        free(v);
    }
}

static void assert_same_vocab(const recur_vocab *a, const recur_vocab *b)
{
    assert_int_equal(recur_vocab_unit(a), recur_vocab_unit(b));
    assert_int_equal(recur_vocab_size(a), recur_vocab_size(b));
    assert_int_equal(recur_vocab_unknown(a), recur_vocab_unknown(b));
    for (int32_t id = 0; id < recur_vocab_size(a); id++) {
        size_t      n, m;
        const char *x = recur_vocab_token(a, id, &n), *y = recur_vocab_token(b, id, &m);
        assert_int_equal(n, m);
        assert_memory_equal(x, y, n);
    }
}

static void round_trip(void **state)
{
    (void)state;
    const int32_t tokens[9] = {0, 3, 1, 10, 7, 7, 2, 9, 5};
    for (int type = 0; type < 2; type++)
        for (int i = 0; i < LM_SPECS; i++) {
            lm_memory    memory;
            recur_ctx   *ctx = lm_ctx(&memory, type ? RECUR_F64 : RECUR_F32);
            recur_model *saved = lm_model(ctx, lm_spec(i)), *loaded;
            double      *before = lm_logits(ctx, saved, tokens, 9);
            LM_OK(ctx, recur_model_save(saved, lm_path("m.safetensors")));
            LM_OK(ctx, recur_model_load(ctx, lm_path("m.safetensors"), &loaded));
            assert_same_spec(recur_lm_get_spec(saved), recur_lm_get_spec(loaded));
            assert_same_values(ctx, recur_model_params(saved), recur_model_params(loaded));
            assert_same_vocab(recur_model_vocab(saved), recur_model_vocab(loaded));
            double *after = lm_logits(ctx, loaded, tokens, 9);
            assert_memory_equal(before, after, 9 * 11 * sizeof *before);

            size_t         n, m; /* saved again it is the same file */
            unsigned char *x = lm_read_bytes(lm_path("m.safetensors"), &n);
            LM_OK(ctx, recur_model_save(loaded, lm_path("again.safetensors")));
            unsigned char *y = lm_read_bytes(lm_path("again.safetensors"), &m);
            assert_int_equal(n, m);
            assert_memory_equal(x, y, n);
            free(x);
            free(y);
            free(before);
            free(after);
            recur_model_destroy(saved);
            recur_model_destroy(loaded);
            lm_end(&memory, ctx);
        }
}

/* Every field of the spec, away from its default, and every unit of text. */
static void round_trip_of_fields(void **state)
{
    (void)state;
    const recur_lm_spec specs[] = {
        {.dropout = 0.1,
         .rnn = {.cell = RECUR_LSTM,
                 .hidden = 8,
                 .layers = 2,
                 .projection = 3,
                 .no_bias = true,
                 .dropout = 1.0 / 3}},
        {.rnn = {.cell = RECUR_GRU, .hidden = 4, .reset_before = true, .init = {RECUR_INIT_ORTHOGONAL, 0.9}}},
        {.rnn = {.cell = RECUR_LSTM, .hidden = 4, .set_forget_bias = true, .forget_bias = -1.7}},
        {.rnn = {.cell = RECUR_LSTM, .hidden = 4, .init = {RECUR_INIT_CHRONO, 30}, .trained_state = true}},
        {.rnn = {.cell = RECUR_RNN_RELU, .hidden = 4, .init = {RECUR_INIT_IDENTITY, 0.5}}},
        {.embed = 4,
         .tie = true,
         .rnn = {.cell = RECUR_RNN_TANH, .hidden = 4, .init = {RECUR_INIT_NORMAL, 1e-3}}},
        {.embed = 2, .rnn = {.cell = RECUR_RNN_TANH, .hidden = 4, .init = {RECUR_INIT_CONSTANT, 0.1}}},
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        lm_memory        memory;
        recur_ctx       *ctx = lm_ctx(&memory, RECUR_F32);
        const recur_unit unit = (recur_unit)(i % 3);
        recur_model     *saved, *loaded;
        LM_OK(ctx,
              recur_lm_create(ctx, &specs[i],
                              lm_vocab(ctx, unit, "h\xc3\xa9 \"q\" \\ \x01 \xf0\x9f\x98\x80\n"), i, &saved));
        LM_OK(ctx, recur_model_save(saved, lm_path("m.safetensors")));
        LM_OK(ctx, recur_model_load(ctx, lm_path("m.safetensors"), &loaded));
        assert_same_spec(recur_lm_get_spec(saved), recur_lm_get_spec(loaded));
        assert_same_values(ctx, recur_model_params(saved), recur_model_params(loaded));
        assert_same_vocab(recur_model_vocab(saved), recur_model_vocab(loaded));
        recur_model_destroy(saved);
        recur_model_destroy(loaded);
        lm_end(&memory, ctx);
    }
}

static void run_directories(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *saved = lm_model(ctx, lm_spec(0)), *loaded;
    assert_int_equal(mkdir(lm_path("run"), 0700), 0);
    LM_FAILS(ctx, RECUR_EIO, "run/model.safetensors", recur_model_load(ctx, lm_path("run"), &loaded));
    LM_OK(ctx, recur_model_save(saved, lm_path("run/model.safetensors")));
    LM_OK(ctx, recur_model_load(ctx, lm_path("run"), &loaded));
    assert_same_values(ctx, recur_model_params(saved), recur_model_params(loaded));
    recur_model_destroy(loaded);
    LM_OK(ctx, recur_model_load(ctx, lm_path("run/"), &loaded));
    recur_model_destroy(loaded);
    LM_FAILS(ctx, RECUR_EIO, "nothing", recur_model_load(ctx, lm_path("nothing"), &loaded));
    assert_null(loaded);
    LM_FAILS(ctx, RECUR_EARG, "path", recur_model_load(ctx, NULL, &loaded));
    LM_FAILS(ctx, RECUR_EARG, "path", recur_model_save(saved, NULL));
    LM_FAILS(ctx, RECUR_EIO, "no/dir", recur_model_save(saved, lm_path("no/dir")));
    assert_int_equal(recur_model_save(NULL, "x"), RECUR_EARG);
    recur_model_destroy(saved);
    lm_end(&memory, ctx);
}

static void notes(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *saved = lm_model(ctx, lm_spec(0)), *loaded;
    assert_null(recur_model_note(saved, "training"));
    LM_OK(ctx, recur_model_set_note(saved, "training", "first"));
    LM_OK(ctx, recur_model_set_note(saved, "config", "hidden = 9\n\ttab \"\xe2\x82\xac\""));
    LM_OK(ctx, recur_model_set_note(saved, "gone", "x"));
    LM_OK(ctx, recur_model_set_note(saved, "empty", ""));
    LM_OK(ctx, recur_model_set_note(saved, "training", "1.55 nats"));
    LM_OK(ctx, recur_model_set_note(saved, "gone", NULL));
    LM_OK(ctx, recur_model_set_note(saved, "never", NULL));
    LM_FAILS(ctx, RECUR_EDATA, "the note's text: ", recur_model_set_note(saved, "training", "\xff"));
    LM_FAILS(ctx, RECUR_EDATA, "the note's name: ", recur_model_set_note(saved, "\xc3", "x"));
    LM_FAILS(ctx, RECUR_EARG, "name", recur_model_set_note(saved, "", "x"));
    LM_FAILS(ctx, RECUR_EARG, "name", recur_model_set_note(saved, NULL, "x"));
    LM_OK(ctx, recur_model_save(saved, lm_path("m.safetensors")));
    LM_OK(ctx, recur_model_load(ctx, lm_path("m.safetensors"), &loaded));
    for (int i = 0; i < 2; i++) {
        const recur_model *m = i ? loaded : saved;
        assert_string_equal(recur_model_note(m, "training"), "1.55 nats");
        assert_string_equal(recur_model_note(m, "config"), "hidden = 9\n\ttab \"\xe2\x82\xac\"");
        assert_string_equal(recur_model_note(m, "empty"), "");
        assert_null(recur_model_note(m, "gone"));
        assert_null(recur_model_note(m, "never"));
    }
    recur_model_destroy(saved);
    recur_model_destroy(loaded);
    lm_end(&memory, ctx);
}

/* ---- files that are no model ---- */

/* A model file taken apart, to be put together again with something wrong. */
typedef struct parts {
    lm_memory    memory;
    recur_ctx   *ctx;
    ri_st_file  *file;
    ri_st_tensor tensors[MAX_TENSORS];
    size_t       n_tensors;
    ri_st_note   notes[MAX_NOTES];
    size_t       n_notes;
} parts;

static void take_apart(parts *p, recur_lm_spec spec)
{
    p->ctx = lm_ctx(&p->memory, RECUR_F32);
    recur_model *model = lm_model(p->ctx, spec);
    LM_OK(p->ctx, recur_model_save(model, lm_path("good.safetensors")));
    recur_model_destroy(model);
    const recur_allocator a = {lm_allocate, lm_release, &p->memory};
    ri_error              error;
    assert_int_equal(ri_st_open(&a, lm_path("good.safetensors"), &p->file, &error), RECUR_OK);
    p->n_tensors = ri_st_count(p->file);
    assert_true(p->n_tensors < MAX_TENSORS);
    for (size_t i = 0; i < p->n_tensors; i++) {
        double *values = calloc((size_t)ri_st_elements(p->file, i), sizeof *values);
        assert_int_equal(ri_st_read(p->file, i, values, &error), RECUR_OK);
        p->tensors[i] = (ri_st_tensor){ri_st_name(p->file, i), RECUR_F64, ri_st_shape(p->file, i), values};
    }
    p->n_notes = 0;
    for (ri_st_note note = ri_st_note_after(p->file, NULL); note.key;
         note = ri_st_note_after(p->file, note.key))
        if (strcmp(note.key, "recur.checksum") != 0) p->notes[p->n_notes++] = note;
    assert_int_equal(p->n_notes, 3);
}

static void put_away(parts *p)
{
    for (size_t i = 0; i < p->n_tensors; i++) free((void *)(uintptr_t)p->tensors[i].data);
    ri_st_close(p->file);
    lm_end(&p->memory, p->ctx);
}

static size_t tensor_of(const parts *p, const char *name)
{
    size_t i = 0;
    while (strcmp(p->tensors[i].name, name) != 0) i++;
    return i;
}

static ri_st_note *note_of(parts *p, const char *key)
{
    size_t i = 0;
    while (strcmp(p->notes[i].key, key) != 0) i++;
    return &p->notes[i];
}

/* Write what the parts are now, and see that loading refuses it so. Memory: nothing is left, and nothing large was asked for. */
static void assert_refused(parts *p, const char *says)
{
    const recur_allocator a = {lm_allocate, lm_release, &p->memory};
    ri_error              error;
    recur_model          *model;
    assert_int_equal(
        ri_st_write(&a, lm_path("bad.safetensors"), p->tensors, p->n_tensors, p->notes, p->n_notes, &error),
        RECUR_OK);
    LM_FAILS(p->ctx, RECUR_EMODEL, says, recur_model_load(p->ctx, lm_path("bad.safetensors"), &model));
    assert_null(model);
    long live = p->memory.live;
    p->memory.largest = 0;
    recur_status status = recur_model_load(p->ctx, lm_path("bad.safetensors"), &model);
    LM_FAILS(p->ctx, RECUR_EMODEL, "bad.safetensors", status);
    assert_int_equal(p->memory.live, live);
    assert_true(p->memory.largest < 100000);
}

static void missing_metadata(void **state)
{
    (void)state;
    parts p;
    take_apart(&p, lm_spec(0));
    for (int i = 0; i < 3; i++) {
        ri_st_note last = p.notes[2], out = p.notes[i];
        p.notes[i] = last;
        p.n_notes = 2;
        assert_refused(&p, out.key);
        assert_refused(&p, "is missing");
        p.n_notes = 3;
        p.notes[i] = out;
        p.notes[2] = last;
    }
    p.n_notes = 0;
    assert_refused(&p, "\"recur.format\" is missing: the file holds tensors but no model");
    p.n_notes = 3;

    ri_st_note *format = note_of(&p, "recur.format"), good = *format;
    format->value = "2";
    assert_refused(&p, "\"recur.format\" is \"2\", this version reads \"1\"");
    *format = good;
    ri_st_note *vocab = note_of(&p, "recur.vocab");
    const char *bad_vocabs[] = {
        "", "{}", "[]", "3", "{\"unit\":\"char\"}", "{\"unit\":\"char\",\"tokens\":[1]}"};
    for (size_t i = 0; i < sizeof bad_vocabs / sizeof *bad_vocabs; i++) {
        vocab->value = bad_vocabs[i];
        assert_refused(&p, "metadata \"recur.vocab\": ");
    }
    put_away(&p);
}

/* Replace the first `from` in text by `to`; the result lasts until the next call. */
static const char *replaced(const char *text, const char *from, const char *to)
{
    static char out[2048];
    const char *at = strstr(text, from);
    if (!at) fail_msg("no %s in %s", from, text);
    snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void bad_specs(void **state)
{
    (void)state;
    static const char *const edits[][3] = {
        {"{", "", "no valid JSON"},
        {"\"kind\":\"lm\"", "\"kind\":\"forecast\"", "\"kind\" is \"forecast\""},
        {"\"kind\":\"lm\",", "", "\"kind\" is missing"},
        {"\"kind\":\"lm\"", "\"kind\":7", "\"kind\" is missing or no string"},
        {"\"hidden\":16", "\"hidden\":17", "shape [64,6], wanted [68,6]"},
        {"\"hidden\":16", "\"hidden\":0", "\"hidden\" must be from 1"},
        {"\"hidden\":16", "\"hidden\":-16", "\"hidden\" must be from 1"},
        {"\"hidden\":16", "\"hidden\":16.0", "\"hidden\" must be an integer, found a real number"},
        {"\"hidden\":16", "\"hidden\":\"16\"", "\"hidden\" must be an integer, found a string"},
        {"\"hidden\":16", "\"hidden\":2147483647", "wanted [8589934588,6]"},
        {"\"hidden\":16", "\"hidden\":2147483648", "\"hidden\" must be from 1"},
        {"\"hidden\":16", "\"hidden\":1099511627776", "\"hidden\" must be from 1"},
        {"\"hidden\":16", "\"hidden\":9223372036854775807", "\"hidden\" must be from 1"},
        {"\"hidden\":16", "\"hidden\":9223372036854775808", "no valid JSON"},
        {"\"hidden\":16", "\"hidden\":16,\"hidden\":16", "no valid JSON"},
        {"\"hidden\":16", "\"hidden\":16,\"colour\":1", "unknown field \"colour\""},
        {"\"hidden\":16,", "", "\"hidden\" is missing"},
        {"\"layers\":2", "\"layers\":0", "\"layers\" must be from 1"},
        {"\"layers\":2", "\"layers\":1", "left over"},
        {"\"layers\":2", "\"layers\":3", "\"rnn.weight_ih_l2\" is missing"},
        {"\"layers\":2", "\"layers\":1024", "\"rnn.weight_ih_l2\" is missing"},
        {"\"layers\":2", "\"layers\":1025", "\"layers\" must be from 1 to 1024, found 1025"},
        {"\"embed\":6", "\"embed\":0", "\"rnn.weight_ih_l0\" has shape [64,6], wanted [64,11]"},
        {"\"embed\":6", "\"embed\":7", "\"embedding.weight\" has shape [11,6], wanted [11,7]"},
        {"\"embed\":6", "\"embed\":2147483647", "\"embedding.weight\" has shape"},
        {"\"embed\":6", "\"embed\":true", "\"embed\" must be an integer, found true"},
        {"\"cell\":\"lstm\"", "\"cell\":\"gru\"", "shape [64,6], wanted [48,6]"},
        {"\"cell\":\"lstm\"", "\"cell\":\"transformer\"", "\"cell\" has the unknown value \"transformer\""},
        {"\"cell\":\"lstm\"", "\"cell\":0", "\"cell\" must be a string, found an integer"},
        {"\"projection\":0", "\"projection\":8", "\"rnn.weight_hh_l0\" has shape [64,16], wanted [64,8]"},
        {"\"projection\":0", "\"projection\":16", "projection"},
        {"\"tie\":false", "\"tie\":true", "tie wants"},
        {"\"tie\":false", "\"tie\":null", "\"tie\" must be true or false, found null"},
        {"\"no_bias\":false", "\"no_bias\":true", "left over"},
        {"\"reset_before\":false", "\"reset_before\":true", "\"recur.model\": "},
        {"\"trained_state\":false", "\"trained_state\":true", "\"rnn.initial_h\" is missing"},
        {"\"dropout\":0.0", "\"dropout\":1.0", "\"dropout\" must be from 0 to below 1, found 1"},
        {"\"dropout\":0.0", "\"dropout\":-0.1", "\"dropout\" must be from 0"},
        {"\"dropout\":0.0", "\"dropout\":1e999", "no valid JSON"},
        {"\"dropout\":0.0", "\"dropout\":[]", "\"dropout\" must be a number, found an array"},
        {"\"init\":\"uniform\"", "\"init\":\"xavier\"", "\"init\" has the unknown value"},
        {"\"init_value\":0.59999999999999998", "\"init_value\":{}",
         "\"init_value\" must be a number, found an object"},
    };
    parts p;
    take_apart(&p, lm_spec(4));
    ri_st_note *spec = note_of(&p, "recur.model");
    const char *good = spec->value;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        spec->value = replaced(good, edits[i][0], edits[i][1]);
        assert_refused(&p, edits[i][2]);
    }
    const char *whole[] = {"", "null", "[]", "\"lm\"", "{}", "{\"kind\":\"lm\"}"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        spec->value = whole[i];
        assert_refused(&p, "metadata \"recur.model\": ");
    }
    put_away(&p);
}

static void bad_tensors(void **state)
{
    (void)state;
    parts p;
    take_apart(&p, lm_spec(4));
    for (size_t i = 0; i < p.n_tensors; i++) { /* each tensor missing, renamed, broken, of another shape */
        ri_st_tensor good = p.tensors[i], last = p.tensors[p.n_tensors - 1];
        char         says[300];
        p.tensors[i] = last;
        p.n_tensors--;
        snprintf(says, sizeof says, "\"%s\" is missing", good.name);
        assert_refused(&p, says);
        p.n_tensors++;
        p.tensors[p.n_tensors - 1] = last;

        p.tensors[i] = good;
        p.tensors[i].name = "renamed";
        assert_refused(&p, says);

        p.tensors[i] = good;
        p.tensors[i].shape = RECUR_SHAPE(1, 1, 1);
        snprintf(says, sizeof says, "\"%s\" has shape [1,1,1], wanted [", good.name);
        assert_refused(&p, says);

        p.tensors[i] = good;
        double *values = (double *)(uintptr_t)good.data, kept = values[1];
        snprintf(says, sizeof says, "\"%s\": element 1 is ", good.name);
        const double broken[] = {NAN, INFINITY, -INFINITY, 3.5e38};
        for (int k = 0; k < 4; k++) {
            values[1] = broken[k];
            assert_refused(&p, says);
        }
        values[1] = kept;
    }
    double extra[2] = {0};
    p.tensors[p.n_tensors++] = (ri_st_tensor){"rnn.weight_ih_l0_reverse", RECUR_F32, RECUR_SHAPE(2), extra};
    assert_refused(&p, "\"rnn.weight_ih_l0_reverse\" [2] is left over");
    p.tensors[p.n_tensors - 1] = (ri_st_tensor){"", RECUR_F32, RECUR_SHAPE(0), NULL};
    p.n_tensors--;
    put_away(&p);
}

/* A tied head has no weight of its own: one in the file is left over, and the embedding alone is stored. */
static void tied_heads(void **state)
{
    (void)state;
    parts p;
    take_apart(&p, lm_spec(8));
    for (size_t i = 0; i < p.n_tensors; i++) assert_string_not_equal(p.tensors[i].name, "head.weight");
    assert_true(tensor_of(&p, "embedding.weight") < p.n_tensors && tensor_of(&p, "head.bias") < p.n_tensors);
    double extra[11 * 8] = {0};
    p.tensors[p.n_tensors++] = (ri_st_tensor){"head.weight", RECUR_F64, RECUR_SHAPE(11, 8), extra};
    assert_refused(&p, "\"head.weight\" [11,8] is left over");
    p.n_tensors--;
    put_away(&p);
}

static void foreign_files(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *model = lm_model(ctx, lm_spec(0)), *loaded;
    LM_OK(ctx, recur_params_save(recur_model_params(model), lm_path("tensors.safetensors")));
    LM_FAILS(ctx, RECUR_EMODEL, "tensors.safetensors: metadata \"recur.format\" is missing",
             recur_model_load(ctx, lm_path("tensors.safetensors"), &loaded));
    lm_write_bytes(lm_path("text"), "To be, or not to be, that is the question", 41);
    LM_FAILS(ctx, RECUR_EMODEL, "text", recur_model_load(ctx, lm_path("text"), &loaded));
    lm_write_bytes(lm_path("empty"), "", 0);
    LM_FAILS(ctx, RECUR_EMODEL, "empty", recur_model_load(ctx, lm_path("empty"), &loaded));
    recur_model_destroy(model);
    lm_end(&memory, ctx);
}

/* The smallest model file, as bytes. */
static unsigned char *small_file(recur_ctx *ctx, size_t *n)
{
    recur_model  *model = NULL;
    recur_lm_spec spec = {.rnn = {.cell = RECUR_RNN_TANH, .hidden = 1}};
    LM_OK(ctx, recur_lm_create(ctx, &spec, lm_vocab(ctx, RECUR_CHAR, "ab"), 1, &model));
    LM_OK(ctx, recur_model_save(model, lm_path("small.safetensors")));
    recur_model_destroy(model);
    return lm_read_bytes(lm_path("small.safetensors"), n);
}

static void cut_at_every_length(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    size_t         n;
    unsigned char *bytes = small_file(ctx, &n);
    recur_model   *model;
    assert_int_equal(recur_model_load(ctx, NULL, &model), RECUR_EARG); /* this thread has its error now */
    long live = memory.live;
    for (size_t size = 0; size < n; size++) {
        lm_write_bytes(lm_path("cut.safetensors"), bytes, size);
        LM_FAILS(ctx, RECUR_EMODEL, "cut.safetensors",
                 recur_model_load(ctx, lm_path("cut.safetensors"), &model));
        assert_null(model);
        assert_int_equal(memory.live, live);
    }
    lm_write_bytes(lm_path("whole.safetensors"), bytes, n);
    LM_OK(ctx, recur_model_load(ctx, lm_path("whole.safetensors"), &model));
    recur_model_destroy(model);
    unsigned char *longer = realloc(bytes, n + 1);
    longer[n] = 0;
    lm_write_bytes(lm_path("longer.safetensors"), longer, n + 1);
    LM_FAILS(ctx, RECUR_EMODEL, "longer", recur_model_load(ctx, lm_path("longer.safetensors"), &model));
    free(longer);
    lm_end(&memory, ctx);
}

/* One bit of any byte changed: the file is refused, or (a changed letter of a token, a digit of a number that only describes) a whole
 * model is loaded. */
static void any_byte_changed(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    size_t         n, n_refused = 0;
    unsigned char *bytes = small_file(ctx, &n);
    recur_model   *model;
    assert_int_equal(recur_model_load(ctx, NULL, &model), RECUR_EARG);
    long live = memory.live;
    for (size_t at = 0; at < n; at++) {
        unsigned char bit = (unsigned char)(1 << (at % 8));
        bytes[at] ^= bit;
        lm_write_bytes(lm_path("changed.safetensors"), bytes, n);
        recur_status status = recur_model_load(ctx, lm_path("changed.safetensors"), &model);
        bytes[at] ^= bit;
        if (status) assert_int_equal(status, RECUR_EMODEL);
        assert_true((status == RECUR_OK) == (model != NULL));
        n_refused += status != RECUR_OK;
        recur_model_destroy(model);
        assert_int_equal(memory.live, live);
    }
    assert_true(n_refused > n * 3 / 4);
    free(bytes);
    lm_end(&memory, ctx);
}

static void hostile_header_lengths(void **state)
{
    (void)state;
    lm_memory      memory;
    recur_ctx     *ctx = lm_ctx(&memory, RECUR_F32);
    size_t         n;
    unsigned char *bytes = small_file(ctx, &n);
    const uint64_t lengths[] = {
        0, 1, n - 7, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7};
    recur_model *model;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(lengths[i] >> (8 * k));
        lm_write_bytes(lm_path("header.safetensors"), bytes, n);
        LM_FAILS(ctx, RECUR_EMODEL, "header", recur_model_load(ctx, lm_path("header.safetensors"), &model));
    }
    free(bytes);
    lm_end(&memory, ctx);
}

/* ---- memory ---- */

static void no_memory(void **state)
{
    (void)state;
    lm_memory    memory;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_model *saved = lm_model(ctx, lm_spec(11)), *model = NULL;
    LM_OK(ctx, recur_model_set_note(saved, "training", "a note"));
    LM_OK(ctx, recur_model_set_note(saved, "config", "another"));
    assert_int_equal(recur_model_load(ctx, NULL, &model), RECUR_EARG); /* this thread has its error now */
    long live = memory.live;
    for (int is_load = 0; is_load < 2; is_load++)
        for (long at = 1;; at++) {
            memory.fail_at = memory.n + at;
            recur_status status = is_load ? recur_model_load(ctx, lm_path("memory.safetensors"), &model)
                                          : recur_model_save(saved, lm_path("memory.safetensors"));
            memory.fail_at = 0;
            if (!status) {
                assert_true(at > 5);
                break;
            }
            LM_FAILS(ctx, RECUR_EMEMORY, "memory", status);
            assert_null(model);
            assert_int_equal(memory.live, live);
        }
    assert_same_values(ctx, recur_model_params(saved), recur_model_params(model));
    assert_string_equal(recur_model_note(model, "config"), "another");
    recur_model_destroy(model);

    for (long at = 1;; at++) {
        live = memory.live;
        memory.fail_at = memory.n + at;
        recur_status status = recur_model_set_note(saved, "third", "one more");
        memory.fail_at = 0;
        if (!status) break;
        assert_int_equal(status, RECUR_EMEMORY);
        assert_in_range(memory.live, live - 1, live + 1); /* the list itself may have grown */
        assert_null(recur_model_note(saved, "third"));
        assert_string_equal(recur_model_note(saved, "training"), "a note");
    }
    recur_model_destroy(saved);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),       cmocka_unit_test(round_trip_of_fields),
        cmocka_unit_test(run_directories),  cmocka_unit_test(notes),
        cmocka_unit_test(missing_metadata), cmocka_unit_test(bad_specs),
        cmocka_unit_test(bad_tensors),      cmocka_unit_test(tied_heads),
        cmocka_unit_test(foreign_files),    cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(any_byte_changed), cmocka_unit_test(hostile_header_lengths),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
