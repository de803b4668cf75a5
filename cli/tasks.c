/* The table of tasks.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "task.h"

static const task *const all[] = {&lm_task, &classify_task, &tag_task, &seq2seq_task};
enum { N_TASKS = sizeof all / sizeof *all };

const task *task_of(const recur_model *model)
{
    for (int i = 0; i < N_TASKS; i++)
        if (all[i]->kind == recur_model_task(model)) return all[i];
    abort(); /* the library knows a task that this table lacks */
}

const task *task_named(const char *name)
{
    for (int i = 0; i < N_TASKS; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}

static int check_group(app *a, const options *o, const option_group *group, const task *of, const task *t)
{
    for (const option *row = group ? group->rows : NULL; row && row->name; row++) {
        const option_value *v = options_look(o, row->name);
        if (v && v->row == row && v->source >= SOURCE_FILE)
            return output_error(a, RECUR_EARG, "--%s is for %s, and the model is %s", row->name, of->thing,
                                t->thing);
    }
    return RECUR_OK;
}

int task_check_options(app *a, const options *o, const task *t)
{
    int code = RECUR_OK;
    for (int i = 0; i < N_TASKS && !code; i++) {
        if (all[i] == t) continue;
        code = check_group(a, o, all[i]->columns, all[i], t);
        for (int k = 0; k < 2 && !code; k++) code = check_group(a, o, all[i]->choices[k], all[i], t);
    }
    return code;
}

bool task_has_data(const options *o, const task *t)
{
    return t->has_data ? t->has_data(o) : options_find(o, "data")->n_texts > 0;
}
