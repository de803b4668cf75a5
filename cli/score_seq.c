/* recur score seq2seq: the metrics of texts in plain files, whoever wrote them: a text on each line.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "memory.h"
#include "metrics.h"
#include "rows.h"

static const option seq_rows[] = {
    {.name = "reference",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL | OPTION_MANY,
     .help = "one more reference for each line; may be given several times"},
    ROW_TOKENISE("13a", NULL, OPTION_USUAL,
                 "words of BLEU: 13a for plain text, none for text that is cut by spaces"),
    {.name = "unit",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "word|char",
     .fallback = "word",
     .help = "tokens of token accuracy: word (between white space) or char"},
    {.name = "chrf-words", .type = OPTION_SWITCH, .help = "chrF with words and pairs of words: chrF++"},
    ROW_BY_LENGTH("scores"),
    {.name = "source",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_USUAL,
     .default_says = "the words of REFERENCE",
     .help = "count the words of these lines for --by-length"},
    ROW_END,
};

static const option_group        seq_group = {"Scores", seq_rows};
static const option_group *const seq_groups[] = {&seq_group, &common_group, NULL};

/* The files in step: the hypothesis, the references, and the source where there is one. */
typedef struct seq_job {
    line_file *files;                  /* [n_files] */
    slice     *lines;                  /* [n_files] the present line of each */
    int n_files, n_references, source; /* source: its place, or that of the file whose words are counted */
    recur_vocab      *words;           /* counts words; NULL: nobody asks for lengths */
    recur_seq_scorer *scorer;
} seq_job;

enum { HYPOTHESIS = 0, FIRST_REFERENCE = 1 };

/* Name the files in their order. Returns an exit code, the error said. */
static int list_files(app *a, const options *o, const char **paths, seq_job *j)
{
    const option_value *more = options_find(o, "reference");
    const char         *source = options_text(o, "source");
    int                 n_stdin = 0;
    paths[j->n_files++] = o->args[1];
    paths[j->n_files++] = o->args[0];
    for (int i = 0; i < more->n_texts; i++) paths[j->n_files++] = more->texts[i];
    j->n_references = j->n_files - 1;
    j->source = source ? j->n_files : FIRST_REFERENCE;
    if (source) paths[j->n_files++] = source;
    for (int i = 0; i < j->n_files; i++) n_stdin += strcmp(paths[i], "-") == 0;
    if (n_stdin > 1)
        return output_error(a, RECUR_EARG, "stdin is named %d times; it can be read once", n_stdin);
    return RECUR_OK;
}

static recur_status open_job(app *a, const options *o, const char *const *paths, const int64_t *edges,
                             int64_t n_edges, seq_job *j)
{
    const char *any_word = "a"; /* the others are unknown to the vocabulary, and counted all the same */
    const recur_seq_scorer_opts opts = {.n_references = j->n_references,
                                        .tokenise = options_find(o, "tokenise")->choice ? RECUR_TOKENISE_NONE
                                                                                        : RECUR_TOKENISE_13A,
                                        .chrf_words = options_on(o, "chrf-words"),
                                        .by_characters = options_find(o, "unit")->choice == 1,
                                        .n_edges = n_edges,
                                        .edges = edges};
    recur_status                status = RECUR_OK;
    for (int i = 0; i < j->n_files && !status; i++) status = lines_open(a, paths[i], &j->files[i]);
    if (!status && n_edges)
        status = recur_vocab_build(a->ctx, RECUR_WORD, 1, &any_word, &(size_t){1}, NULL, &j->words);
    if (!status) status = recur_seq_scorer_create(a->ctx, &opts, &j->scorer);
    return status;
}

/* Say how many lines two files have that should have as many. */
static int unequal(app *a, seq_job *j, int ended, int going)
{
    line_file *one = &j->files[ended], *other = &j->files[going];
    return output_error(a, RECUR_EDATA,
                        "%s has %" PRId64 " lines and %s has %" PRId64 "; wanted as many in both", one->name,
                        one->line, other->name, lines_count(other));
}

/* Read a line of every file. Returns an exit code, the error said; *found is false at the end. */
static int next_lines(app *a, seq_job *j, bool *found)
{
    int going = -1, ended = -1;
    for (int i = 0; i < j->n_files; i++) {
        int code = lines_next(a, &j->files[i], &j->lines[i], found);
        if (code) return code;
        if (*found)
            going = i;
        else
            ended = i;
    }
    *found = going >= 0;
    return going >= 0 && ended >= 0 ? unequal(a, j, ended, going) : RECUR_OK;
}

static int count_item(app *a, seq_job *j, const char **references, size_t *bytes)
{
    int64_t words = 0;
    slice   counted = j->lines[j->source];
    if (j->words && recur_vocab_encode(a->ctx, j->words, counted.bytes, counted.size, NULL, &words, NULL))
        return output_error(a, RECUR_EDATA,
                            "%s:%" PRId64 ": text that is not UTF-8; its words cannot be counted",
                            j->files[j->source].name, j->files[j->source].line);
    for (int k = 0; k < j->n_references; k++) {
        references[k] = j->lines[FIRST_REFERENCE + k].bytes;
        bytes[k] = j->lines[FIRST_REFERENCE + k].size;
    }
    slice        h = j->lines[HYPOTHESIS];
    recur_status status = recur_seq_scorer_add(j->scorer, h.bytes, h.size, references, bytes, words);
    if (status == RECUR_EDATA)
        return output_error(a, status, "line %" PRId64 ": %s", j->files[HYPOTHESIS].line,
                            recur_error(a->ctx));
    return status ? output_failure(a, status) : RECUR_OK;
}

static int count_items(app *a, seq_job *j)
{
    const char **references = need_memory((size_t)j->n_references, sizeof *references);
    size_t      *bytes = need_memory((size_t)j->n_references, sizeof *bytes);
    bool         found = true;
    int          code = RECUR_OK;
    while (!code && found) {
        code = next_lines(a, j, &found);
        if (!code && found) code = count_item(a, j, references, bytes);
    }
    free(bytes);
    free(references);
    return code;
}

static int report(app *a, const seq_job *j)
{
    recur_seq_report r;
    recur_status     status = recur_seq_scorer_report(j->scorer, &r);
    if (status) return output_failure(a, status);
    if (a->json)
        output_json(a, metrics_json_texts(&r));
    else
        metrics_print_texts(a, &r);
    return RECUR_OK;
}

static int score_files(app *a, const options *o, const char *const *paths, const int64_t *edges,
                       int64_t n_edges, seq_job *j)
{
    j->files = need_memory((size_t)j->n_files, sizeof *j->files);
    j->lines = need_memory((size_t)j->n_files, sizeof *j->lines);
    recur_status status = open_job(a, o, paths, edges, n_edges, j);
    int          code = status ? output_failure(a, status) : count_items(a, j);
    if (!code) code = report(a, j);
    recur_seq_scorer_destroy(j->scorer);
    recur_vocab_destroy(j->words);
    for (int i = 0; i < j->n_files; i++) lines_close(a, &j->files[i]);
    free(j->lines);
    free(j->files);
    return code;
}

static int score_seq(app *a, options *o)
{
    int64_t edges[OPTION_MAX_NUMBERS], n_edges;
    seq_job j = {0};
    int     code = metrics_edges(a, o, edges, &n_edges);
    if (!code && o->n_args < 2)
        code = output_error(a, RECUR_EARG, "recur score wants REFERENCE and HYPOTHESIS, found one file");
    if (!code && options_given(o, "source") && !n_edges)
        code = output_error(a, RECUR_EARG, "--source is for --by-length, which is not given");
    if (code) return code;
    const char **paths = need_memory((size_t)options_find(o, "reference")->n_texts + 3, sizeof *paths);
    code = list_files(a, o, paths, &j);
    if (!code) code = app_open(a, o);
    if (!code) code = score_files(a, o, paths, edges, n_edges, &j);
    free(paths);
    return code;
}

const command score_seq_command = {
    .name = "score seq2seq",
    .synopsis = "REFERENCE HYPOTHESIS [options]",
    .brief = "",
    .summary = "BLEU, chrF, ROUGE and exact match of texts, as sacreBLEU and rouge-score",
    .notes = "Each file has a text on each line; an empty line is an empty text. ROUGE is the mean of the "
             "lines, BLEU "
             "and chrF\n"
             "are of all lines together. Intervals are of 1,000 bootstrap resamples.\n",
    .groups = seq_groups,
    .args = "REFERENCE HYPOTHESIS",
    .run = score_seq,
};
