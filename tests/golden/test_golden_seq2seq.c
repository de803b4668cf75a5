/* Whole encoder-decoders against PyTorch, logits, loss and the gradient of every parameter: PyTorch pads and masks, recur does neither.
 * SPDX-License-Identifier: MIT */
#include "golden/golden.h"

enum { PAIRS = 4 };

static const int32_t        S0[] = {0, 3, 1}, S1[] = {5}, S2[] = {2, 2, 4, 1, 0}, S3[] = {4, 5};
static const int32_t        T0[] = {1, 0}, T1[] = {4, 3, 3, 2, 0}, T3[] = {2, 1, 4};
static const int32_t *const SOURCES[PAIRS] = {S0, S1, S2, S3}, *const TARGETS[PAIRS] = {T0, T1, NULL, T3};
static const int64_t          SOURCE_LENGTHS[PAIRS] = {3, 1, 5, 2}, TARGET_LENGTHS[PAIRS] = {2, 5, 0, 3};
static const recur_pair_batch BATCH = {.n = PAIRS,
                                       .sources = SOURCES,
                                       .source_lengths = SOURCE_LENGTHS,
                                       .targets = TARGETS,
                                       .target_lengths = TARGET_LENGTHS};

static const recur_seq2seq_spec SPECS[] = {
    {.encoder = {.hidden = 5, .layers = 2},
     .decoder = {.hidden = 5, .layers = 2},
     .attention = RECUR_ATTENTION_NONE,
     .reverse_source = true},
    {.encoder = {.cell = RECUR_GRU, .hidden = 4, .bidirectional = true},
     .decoder = {.cell = RECUR_GRU, .hidden = 4}},
    {.encoder = {.hidden = 5}, .decoder = {.hidden = 5}, .attention = RECUR_ATTENTION_DOT},
    {.encoder = {.hidden = 4, .layers = 2, .bidirectional = true},
     .decoder = {.hidden = 4, .layers = 2},
     .attention = RECUR_ATTENTION_GENERAL,
     .input_feeding = true,
     .reverse_source = true},
};

static recur_vocab *letters(const golden_case *c, const char *text)
{
    recur_vocab *vocab = NULL;
    size_t       bytes = strlen(text);
    golden_ok(c, recur_vocab_build(golden_ctx(c), RECUR_CHAR, 1, &text, &bytes, NULL, &vocab));
    return vocab;
}

static void model_agrees(void **state)
{
    const golden_case   *c = *state;
    recur_ctx           *ctx = golden_ctx(c);
    recur_model         *model = NULL;
    recur_seq2seq_batch *batch = NULL;
    recur_tape          *tape = NULL;
    recur_pack          *rows = NULL;
    int64_t              number, lengths[PAIRS];
    golden_integers(c, "spec", 1, &number);
    recur_seq2seq_spec spec = SPECS[number];
    spec.source_embed = spec.target_embed = 4;
    golden_ok(c, recur_seq2seq_create(ctx, &spec, letters(c, "abcdef"), letters(c, "vwxyz"), 1, &model));
    golden_set_parameters(c, recur_model_params(model));
    golden_ok(c, recur_seq2seq_batch_create(model, &batch));
    golden_ok(c, recur_seq2seq_batch_fill(batch, &BATCH));
    golden_ok(c, recur_tape_create(ctx, &tape));
    golden_ok(c, recur_pack_create(ctx, &rows));
    for (int b = 0; b < PAIRS; b++) lengths[b] = TARGET_LENGTHS[b] + 1;
    golden_ok(c, recur_pack_set(rows, PAIRS, lengths, NULL));

    golden_array            smoothing = golden_get(c, "smoothing");
    recur_seq2seq_loss_opts opts = {.label_smoothing = smoothing.x[0]};
    free(smoothing.x);
    recur_var logits = recur_seq2seq_logits(tape, model, batch);
    golden_compare(c, tape, recur_pad_packed(tape, logits, rows, RECUR_TIME_MAJOR), false, "logits");
    recur_tape_reset(tape);
    recur_var loss = recur_seq2seq_loss(tape, model, batch, &opts, RECUR_MEAN);
    golden_ok(c, recur_backward(tape, loss));
    golden_compare(c, tape, loss, false, "loss");
    golden_compare_gradients(c, recur_model_params(model));
    recur_pack_destroy(rows);
    recur_tape_destroy(tape);
    recur_seq2seq_batch_destroy(batch);
    recur_model_destroy(model);
}

int main(void)
{
    golden_file golden;
    golden_open(&golden, "tests/golden/seq2seq.safetensors");
    int failed = golden_run(&golden, "seq2seq-", 4, model_agrees);
    golden_close(&golden);
    return failed;
}
