/* recur train lm: a language model from text.
 * SPDX-License-Identifier: MIT */
#include "train.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rows.h"

static const option lm_rows[] = {
    {.name = "task",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "lm",
     .fallback = "lm",
     .flags = OPTION_FILE,
     .help = "the task that a configuration file is for"},
    {.name = "data",
     .form = "FILE",
     .type = OPTION_TEXT,
     .flags = OPTION_MANY | OPTION_PATH,
     .help = "training text; several files are joined; - is stdin"},
    {.name = "unit",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "char|byte|word",
     .fallback = "char",
     .flags = OPTION_USUAL,
     .help = "what a token is: char (Unicode), byte or word"},
    {.name = "bptt",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e6,
     .fallback = "64",
     .flags = OPTION_USUAL,
     .help = "steps of a window, through which gradients go back"},
    {.name = "carry-state",
     .type = OPTION_SWITCH,
     .fallback = "yes",
     .help = "start each window with the state that ended the one before it"},
    {.name = "tie", .type = OPTION_SWITCH, .help = "the output layer uses the embedding's table"},
    {.name = "min-count",
     .form = "N",
     .type = OPTION_INT,
     .min = 1,
     .max = 1e12,
     .fallback = "1",
     .needs = "unit=char|word",
     .help = "tokens that occur less often become <unk>"},
    {.name = "vocab",
     .form = "N",
     .type = OPTION_INT,
     .min = 2,
     .max = 1e9,
     .needs = "unit=char|word",
     .default_says = "all",
     .help = "keep the N most frequent tokens, <unk> included"},
    {.name = "loss",
     .form = "NAME",
     .type = OPTION_CHOICE,
     .choices = "mean|sum-over-time",
     .fallback = "mean",
     .help = "mean over all tokens, or sum-over-time with the mean over the batch"},
    {.name = "bidirectional",
     .type = OPTION_REFUSED,
     .help = "is not for a language model: generation has no future to read"},
    ROW_END,
};

static const option_group        lm_group = {"Language model", lm_rows};
static const option_group *const lm_groups[] = {
    &lm_group, &model_group, &training_group, &budget_group, &run_group, &common_group, NULL};

static const char runs_dir[] = "runs";

/* Name a run after the time and make its directory at once: another one may begin in the same second. Where it cannot be made, the
 * library will say so. Returns whether the directory above is new. */
static bool claim_name(char *dir, size_t size)
{
    char      stamp[32] = "";
    time_t    now = time(NULL);
    struct tm parts;
    bool      is_new = mkdir(runs_dir, 0777) == 0;
    if (localtime_r(&now, &parts)) strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
    snprintf(dir, size, "%s/lm-%s", runs_dir, stamp);
    for (int i = 2; mkdir(dir, 0777) != 0 && errno == EEXIST; i++)
        snprintf(dir, size, "%s/lm-%s-%d", runs_dir, stamp, i);
    return is_new;
}

/* Train in a directory with a name of its own; one in which nothing came to be does not stay. */
static int train_named(app *a, options *o)
{
    char dir[96];
    bool is_new = claim_name(dir, sizeof dir);
    int  code = lm_run(a, o, dir, false);
    if (rmdir(dir) == 0 && is_new) rmdir(runs_dir);
    return code;
}

static int train_lm(app *a, options *o)
{
    const char *out = options_text(o, "out");
    if (!options_find(o, "data")->n_texts)
        return output_error(a, RECUR_EARG,
                            "recur train lm wants a FILE to learn from, or - for stdin; found none");
    recur_status status = lm_complete(o);
    if (status) return output_error(a, status, "%s", o->error);
    if (out && !*out) return output_error(a, RECUR_EARG, "--out wants a directory, found an empty name");
    int code = app_open(a, o);
    if (code) return code;
    return out ? lm_run(a, o, out, false) : train_named(a, o);
}

const command train_lm_command = {
    .name = "train lm",
    .synopsis = "[--data] FILE... [--out RUN] [options]",
    .brief = "FILE",
    .summary = "train a language model on text",
    .notes =
        "Files are joined; - is stdin. Reports go to stderr, and the path of the run to stdout when it is "
        "done; with\n"
        "--json the reports go to stdout, one object per line. Ctrl-C saves; 'recur resume RUN' goes on.\n",
    .groups = lm_groups,
    .args = "",
    .rest = "data",
    .run = train_lm,
};
