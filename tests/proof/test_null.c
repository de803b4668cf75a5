/* Operations that are given no layer, model or batch: an error of the tape with a sentence, as any other mistake.
 *
 * SPDX-License-Identifier: MIT */
#include "proof/proof.h"

typedef struct fixture {
    recur_ctx    *ctx;
    recur_params *params;
    recur_tape   *tape;
    recur_pack   *pack;
    recur_rnn    *rnn;
    recur_trace   trace;
    recur_memory  memory;
    recur_var     x, weights;
} fixture;

/* An operation of the fixture; NULL stands for what it works with. */
#define WITHOUT(name, operation)                                                                             \
    static void name(fixture *f)                                                                             \
    {                                                                                                        \
        (void)(operation);                                                                                   \
    }

WITHOUT(rnn, recur_rnn_apply(f->tape, NULL, f->x, f->pack, RECUR_NO_STATE))
WITHOUT(rnn_traced, recur_rnn_apply_traced(f->tape, NULL, f->x, f->pack, RECUR_NO_STATE, &f->trace))
WITHOUT(trace, recur_rnn_apply_traced(f->tape, f->rnn, f->x, f->pack, RECUR_NO_STATE, NULL))
WITHOUT(rnn_step, recur_rnn_step(f->tape, NULL, f->x, RECUR_NO_STATE))
WITHOUT(pool_last, recur_pool_last(f->tape, NULL, (recur_seq){.h = f->x}))
WITHOUT(linear, recur_linear_apply(f->tape, NULL, f->x))
WITHOUT(linear_loss, recur_linear_cross_entropy(f->tape, NULL, f->x, f->pack, RECUR_MEAN))
WITHOUT(embedding, recur_embed(f->tape, NULL, f->pack))
WITHOUT(attention_pool, recur_attention_pool_apply(f->tape, NULL, f->x, f->pack, &f->weights))
WITHOUT(attention, recur_attend(f->tape, NULL, f->x, f->pack, f->x, f->pack))
WITHOUT(memory_of, recur_attention_memory(f->tape, NULL, f->x, f->pack))
WITHOUT(no_memory, recur_attend_step(f->tape, NULL, f->x, NULL, &f->weights))
WITHOUT(memory_of_nothing, recur_attend_step(f->tape, &f->memory, f->x, NULL, &f->weights))
WITHOUT(crf, recur_crf_loss(f->tape, NULL, f->x, f->pack, RECUR_MEAN))
WITHOUT(crf_marginals, recur_crf_marginals(f->tape, NULL, f->x, f->pack))
WITHOUT(lm, recur_lm_loss(f->tape, NULL, f->pack, f->pack, RECUR_NO_STATE, RECUR_MEAN, NULL))
WITHOUT(lm_logits, recur_lm_logits(f->tape, NULL, f->pack, RECUR_NO_STATE, NULL))
WITHOUT(classifier, recur_classify_logits(f->tape, NULL, f->pack, RECUR_NONE, NULL))
WITHOUT(seq2seq, recur_seq2seq_loss(f->tape, NULL, NULL, NULL, RECUR_MEAN))
WITHOUT(seq2seq_logits, recur_seq2seq_logits(f->tape, NULL, NULL))

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    static void (*const all[])(fixture *) = {rnn,
                                             rnn_traced,
                                             trace,
                                             rnn_step,
                                             pool_last,
                                             linear,
                                             linear_loss,
                                             embedding,
                                             attention,
                                             attention_pool,
                                             memory_of,
                                             no_memory,
                                             memory_of_nothing,
                                             crf,
                                             crf_marginals,
                                             lm,
                                             lm_logits,
                                             classifier,
                                             seq2seq,
                                             seq2seq_logits};
    fixture              f = {.ctx = proof_ctx(RECUR_F32, 1)};
    const int32_t        tokens[] = {0, 1, 2};
    const recur_rnn_spec spec = {.cell = RECUR_GRU, .input = 3, .hidden = 2};
    PROOF_OK(f.ctx, recur_params_create(f.ctx, 1, &f.params));
    PROOF_OK(f.ctx, recur_rnn_create(f.params, "rnn", &spec, &f.rnn));
    PROOF_OK(f.ctx, recur_tape_create(f.ctx, &f.tape));
    PROOF_OK(f.ctx, recur_pack_create(f.ctx, &f.pack));
    PROOF_OK(f.ctx, recur_pack_set_grid(f.pack, 3, 1, tokens));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        recur_tape_reset(f.tape);
        f.x = recur_input(f.tape, RECUR_SHAPE(3, 3), NULL);
        PROOF_OK(f.ctx, recur_tape_status(f.tape));
        all[i](&f);
        if (!recur_tape_status(f.tape)) fail_msg("operation %zu is not refused", i);
        PROOF_REFUSED(f.ctx, recur_tape_status(f.tape));
        assert_int_equal(recur_add(f.tape, f.x, f.x).id, 0); /* and stays so */
    }
    recur_pack_destroy(f.pack);
    recur_tape_destroy(f.tape);
    recur_rnn_destroy(f.rnn);
    recur_params_destroy(f.params);
    recur_ctx_destroy(f.ctx);
}

static void where_there_is_no_sentence_to_keep(void **state)
{
    (void)state;
    double        number;
    recur_stream *stream;
    char          memory[8];
    assert_int_equal(recur_tape_status(NULL), RECUR_EARG);
    assert_int_equal(recur_value_f64(NULL, RECUR_NONE, &number), RECUR_EARG);
    assert_int_equal(recur_grad_f64(NULL, RECUR_NONE, &number), RECUR_EARG);
    assert_int_equal(recur_classify_moments(NULL, &number, &number), RECUR_EARG);
    assert_int_equal(recur_classify_set_moments(NULL, &number, &number), RECUR_EARG);
    assert_int_equal(recur_stream_fork(NULL, memory, sizeof memory, &stream), RECUR_EARG);
    assert_int_equal(recur_stream_fork(NULL, memory, sizeof memory, NULL), RECUR_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(where_there_is_no_sentence_to_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
