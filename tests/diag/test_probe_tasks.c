/* Probes of every task: each sequence's own numbers whatever its batch mates are, the same in float and double, and no memory lost
 * whichever allocation fails.
 * SPDX-License-Identifier: MIT */
#include "model/class_fixture.h"
#include "model/seq2seq_fixture.h"
#include "model/tag_fixture.h"

#include <math.h>

/* Some model, and data for it. */
typedef struct subject {
    recur_ctx       *ctx;
    class_case       classify;
    tag_case         tag;
    recur_pairs     *pairs;
    recur_corpus    *corpus;
    recur_model     *model;
    recur_probe_data data;
} subject;

static void open_lm(subject *s, int i)
{
    static const char text[] = "abcjdefghi\nfacade\njib bead\nhigh ice\ndig a hedge\n";
    recur_lm_spec     spec = lm_spec(i);
    recur_vocab      *vocab = lm_vocab(s->ctx, RECUR_CHAR, text);
    spec.rnn.init = (recur_init){RECUR_INIT_UNIFORM, 0.6};
    LM_OK(s->ctx, recur_lm_create(s->ctx, &spec, vocab, 5, &s->model));
    LM_OK(s->ctx, recur_corpus_encode(s->ctx, recur_model_vocab(s->model), text, strlen(text), &s->corpus));
    s->data.corpus = s->corpus;
}

static void open_classify(subject *s, int i)
{
    class_open(&s->classify, s->ctx, class_spec(i));
    s->model = s->classify.model;
    s->data.part = s->classify.all;
}

static void open_tag(subject *s, int i)
{
    s->tag = tag_open(s->ctx, tag_text, tag_spec(i));
    s->model = s->tag.model;
    s->data.part.data = s->tag.data;
}

static void open_pairs(subject *s, int i)
{
    static const char sources[] = "ad\nabcdabcab\n\ndcba\nbcd\n", targets[] = "xyz\nxyzzyx\nx\nz\nyyxz\n";
    char              source[256], target[256];
    const char *const paths[] = {source, target};
    snprintf(source, sizeof source, "%s", lm_path("source"));
    snprintf(target, sizeof target, "%s", lm_path("target"));
    lm_write_bytes(source, sources, strlen(sources));
    lm_write_bytes(target, targets, strlen(targets));
    const recur_pair_source from = {.n = 1, .sources = paths, .targets = paths + 1};
    recur_seq2seq_spec      spec = s2s_spec(i);
    LM_OK(s->ctx, recur_pairs_read(s->ctx, &from, &s->pairs));
    s->model = s2s_model(s->ctx, spec);
    const recur_vocab *read = recur_model_vocab(s->model), *written = recur_seq2seq_target_vocab(s->model);
    if (read == written) { /* over "abcd" alone: targets of the same letters */
        lm_write_bytes(target, "bad\ncab\na\nd\ndada\n", 17);
        recur_pairs_destroy(s->pairs);
        LM_OK(s->ctx, recur_pairs_read(s->ctx, &from, &s->pairs));
    }
    LM_OK(s->ctx, recur_pairs_encode(s->pairs, read, written, 0));
    s->data.pairs.pairs = s->pairs;
}

/* Every kind of model: how to open one, how many there are, and which have no stack. */
static const struct {
    void (*open)(subject *s, int i);
    int n;
} kinds[] = {
    {open_lm, LM_SPECS}, {open_classify, CLASS_SPECS}, {open_tag, TAG_SPECS}, {open_pairs, S2S_SPECS}};

static bool has_stack(int kind, int i)
{
    return kind != 1 || !class_spec(i).no_stack;
}

static void subject_open(subject *s, recur_ctx *ctx, int kind, int i)
{
    *s = (subject){.ctx = ctx};
    kinds[kind].open(s, i);
}

static void subject_close(subject *s)
{
    bool is_own = s->model == s->classify.model || s->model == s->tag.model;
    class_close(&s->classify);
    tag_close(&s->tag);
    recur_pairs_destroy(s->pairs);
    recur_corpus_destroy(s->corpus);
    if (!is_own) recur_model_destroy(s->model);
}

static void near(double found, double wanted, double tolerance)
{
    if (fabs(found - wanted) <= tolerance || (isnan(found) && isnan(wanted))) return;
    print_error("%.17g wanted to %g, found %.17g\n", wanted, tolerance, found);
    fail();
}

/* ---- numbers ---- */

/* All that a probe measures. */
typedef struct findings {
    recur_flow       flow;
    recur_gates      gates;
    recur_updates    updates;
    recur_context    context;
    recur_forgetting forgetting;
    recur_pulse      pulse;

    recur_lanes_dynamics dynamics;
} findings;

static recur_status measure(recur_probe *probe, findings *f)
{
    recur_status status = recur_probe_flow(probe, &f->flow);
    if (!status) status = recur_probe_gates(probe, &f->gates);
    if (!status) status = recur_probe_updates(probe, 0.1, &f->updates);
    if (!status) status = recur_probe_context(probe, &f->context);
    if (!status) status = recur_probe_forgetting(probe, &f->forgetting);
    if (!status) status = recur_probe_dynamics(probe, &f->dynamics);
    return status ? status : recur_probe_pulse(probe, &f->pulse);
}

static void float_and_double_agree(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (int i = 0; i < kinds[kind].n; i++) {
            lm_memory    memory[2];
            subject      s[2];
            recur_probe *probe[2];
            findings     f[2];
            if (!has_stack(kind, i)) continue;
            for (int d = 0; d < 2; d++) {
                subject_open(&s[d], lm_ctx(&memory[d], (recur_dtype)d), kind, i);
                recur_probe_opts opts = {.sequences = 4, .steps = 9};
                LM_OK(s[d].ctx, recur_probe_create(s[d].model, &s[d].data, &opts, &probe[d]));
                LM_OK(s[d].ctx, measure(probe[d], &f[d]));
                assert_true(recur_params_grad_norm(recur_model_params(s[d].model)) == 0);
            }
            for (int64_t l = 0; l < f[1].flow.n; l++) {
                const recur_lane_flow *a = &f[0].flow.lanes[l], *b = &f[1].flow.lanes[l];
                assert_true(a->lags == b->lags && a->count[0] == b->count[0]);
                assert_true(b->count[0] == 0 || b->h[0] == 1);
                for (int64_t k = 0; k < b->lags && b->count[k]; k++) near(a->h[k] / b->h[k], 1, 2e-3);
            }
            for (int64_t l = 0; l < f[1].gates.n; l++) {
                const recur_lane_gates *a = &f[0].gates.lanes[l], *b = &f[1].gates.lanes[l];
                for (int g = 0; g < b->n_gates; g++) near(a->gates[g].mean, b->gates[g].mean, 1e-5);
                for (int64_t j = 0; j < b->lane.outputs; j++) near(a->deviation[j], b->deviation[j], 1e-5);
                if (b->has_tau) near(a->tau_median / b->tau_median, 1, 1e-4);
            }
            near(f[0].updates.loss, f[1].updates.loss, 1e-5);
            near(f[0].updates.grad_norm, f[1].updates.grad_norm, 1e-4);
            for (int64_t k = 0; k < f[1].context.n; k++)
                near(f[0].context.loss[k], f[1].context.loss[k], 1e-5);
            for (int64_t l = 0; l < f[1].forgetting.n; l++) {
                const recur_lane_memory *a = &f[0].forgetting.lanes[l], *b = &f[1].forgetting.lanes[l];
                assert_true(a->lags == b->lags);
                for (int64_t k = 0; k < b->lags; k++) near(a->difference[k], b->difference[k], 1e-3);
            }
            assert_int_equal(f[1].dynamics.n, f[1].flow.n);
            for (int64_t l = 0; l < f[1].dynamics.n; l++) {
                const recur_lane_dynamics *a = &f[0].dynamics.lanes[l], *b = &f[1].dynamics.lanes[l];
                assert_true(a->steps == b->steps);
                if (b->steps && isfinite(b->lyapunov)) near(a->lyapunov, b->lyapunov, 1e-4);
                for (int64_t j = 0; b->steps && j < b->n; j++) near(a->singular[j], b->singular[j], 1e-4);
            }
            near(f[0].pulse.loss, f[1].pulse.loss, 1e-4);
            near(f[0].pulse.saturated, f[1].pulse.saturated, 1e-12);
            for (int d = 0; d < 2; d++) {
                recur_probe_destroy(probe[d]);
                subject_close(&s[d]);
                lm_end(&memory[d], s[d].ctx);
            }
        }
}

/* The flow of several sequences is the geometric mean of that of each alone: steps are found whatever order a pack has. */
static void the_flow_of_many_is_the_mean_of_that_of_each(void **state)
{
    (void)state;
    static const int64_t items[3][3] = {{0, 3, 9}, {0, 2, 1}, {0, 1, 4}}; /* of texts, sentences, pairs */
    for (int kind = 1; kind < 4; kind++)
        for (int i = 0; i < kinds[kind].n; i++) {
            lm_memory      memory;
            subject        s;
            recur_probe   *all, *one[3];
            recur_flow     flow, alone[3];
            const int64_t *chosen = items[kind - 1];
            if (!has_stack(kind, i) || (kind == 1 && class_spec(i).features)) continue;
            subject_open(&s, lm_ctx(&memory, RECUR_F64), kind, i);
            for (int k = -1; k < 3; k++) {
                recur_probe_data data = s.data;
                data.part.items = data.pairs.items = k < 0 ? chosen : chosen + k;
                data.part.n = data.pairs.n = k < 0 ? 3 : 1;
                LM_OK(s.ctx, recur_probe_create(s.model, &data, NULL, k < 0 ? &all : &one[k]));
                LM_OK(s.ctx, recur_probe_flow(k < 0 ? all : one[k], k < 0 ? &flow : &alone[k]));
            }
            for (int64_t l = 0; l < flow.n; l++) {
                const recur_lane_flow *f = &flow.lanes[l];
                for (int64_t lag = 0; lag < f->lags && f->count[lag]; lag++) {
                    double  h = 0, c = 0;
                    int64_t n = 0;
                    for (int k = 0; k < 3; k++) {
                        const recur_lane_flow *a = &alone[k].lanes[l];
                        if (lag >= a->lags || !a->count[lag]) continue;
                        h += log(a->h[lag]);
                        if (a->c) c += log(a->c[lag]);
                        n++;
                    }
                    assert_int_equal(f->count[lag], n);
                    near(log(f->h[lag]), h / (double)n, 1e-9);
                    if (f->c) near(log(f->c[lag]), c / (double)n, 1e-9);
                }
            }
            for (int k = 0; k < 3; k++) recur_probe_destroy(one[k]);
            recur_probe_destroy(all);
            subject_close(&s);
            lm_end(&memory, s.ctx);
        }
}

/* ---- memory ---- */

static void a_failed_allocation_leaves_nothing(void **state)
{
    (void)state;
    static const struct {
        int kind, spec;
    } cases[] = {{0, 5}, {1, 1}, {1, 9}, {2, 3}, {3, 2}};
    for (int k = 0; k < 5; k++) {
        lm_memory memory;
        subject   s;
        bool      is_done = false;
        int       n_refused = 0;
        subject_open(&s, lm_ctx(&memory, RECUR_F32), cases[k].kind, cases[k].spec);
        recur_probe_opts opts = {.sequences = 3, .steps = 6}, wrong = {.steps = -1};
        recur_probe     *first = NULL;
        findings         all;
        LM_FAILS(s.ctx, RECUR_EARG, "", recur_probe_create(s.model, &s.data, &wrong, &first));
        LM_OK(s.ctx, recur_probe_create(s.model, &s.data, &opts, &first));
        LM_OK(s.ctx, measure(first, &all)); /* now the params have their panels */
        recur_probe_destroy(first);
        for (long n = 1; !is_done; n++) {
            recur_probe   *probe = NULL;
            findings       f;
            recur_trackers trackers;
            long           before = memory.live;
            memory.n = 0;
            memory.fail_at = n;
            recur_status status = recur_probe_create(s.model, &s.data, &opts, &probe);
            if (status) assert_null(probe);
            if (!status) status = measure(probe, &f);
            if (!status && s.corpus) status = recur_probe_trackers(probe, 0, 30, &trackers);
            is_done = memory.n < n;
            memory.fail_at = 0;
            assert_true(status == RECUR_EMEMORY ||
                        !status); /* an arena may do without memory that it had before */
            n_refused += status == RECUR_EMEMORY;
            assert_true(recur_params_grad_norm(recur_model_params(s.model)) == 0);
            if (probe && !is_done) LM_OK(s.ctx, measure(probe, &f)); /* it goes on */
            recur_probe_destroy(probe);
            assert_int_equal(memory.live, before);
        }
        assert_true(n_refused > 30);
        subject_close(&s);
        lm_end(&memory, s.ctx);
    }
}

/* ---- refusals ---- */

static void wrong_data_are_refused(void **state)
{
    (void)state;
    lm_memory    memory;
    subject      s;
    recur_ctx   *ctx = lm_ctx(&memory, RECUR_F32);
    recur_probe *probe = NULL;
    subject_open(&s, ctx, 1, 7);
    LM_FAILS(ctx, RECUR_EARG, "no recurrent stack", recur_probe_create(s.model, &s.data, NULL, &probe));
    subject_close(&s);
    subject_open(&s, ctx, 1, 0);
    recur_probe_data none = {0}, empty = s.data;
    LM_FAILS(ctx, RECUR_EARG, "dataset", recur_probe_create(s.model, &none, NULL, &probe));
    const int64_t nothing = 4; /* the text without a word */
    empty.part.items = &nothing;
    empty.part.n = 1;
    LM_FAILS(ctx, RECUR_EDATA, "none of 1 items", recur_probe_create(s.model, &empty, NULL, &probe));
    LM_OK(ctx, recur_probe_create(s.model, &s.data, NULL, &probe));
    recur_trackers trackers;
    LM_FAILS(ctx, RECUR_EARG, "language model", recur_probe_trackers(probe, 0, 2, &trackers));
    recur_lengths lengths;
    LM_OK(ctx, recur_probe_lengths(probe, &lengths));
    assert_true(lengths.items == 10 && lengths.longest == 8 && lengths.shortest == 1 &&
                lengths.sequences == 9);
    recur_probe_destroy(probe);
    subject_close(&s);
    subject_open(&s, ctx, 3, 0);
    LM_FAILS(ctx, RECUR_EARG, "pairs", recur_probe_create(s.model, &none, NULL, &probe));
    const int64_t no_source = 2;
    empty = s.data;
    empty.pairs.items = &no_source;
    empty.pairs.n = 1;
    LM_FAILS(ctx, RECUR_EDATA, "none of 1 pairs", recur_probe_create(s.model, &empty, NULL, &probe));
    subject_close(&s);
    lm_end(&memory, ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_and_double_agree),
        cmocka_unit_test(the_flow_of_many_is_the_mean_of_that_of_each),
        cmocka_unit_test(a_failed_allocation_leaves_nothing),
        cmocka_unit_test(wrong_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, lm_remove_dir);
}
