/* The table of tasks.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "task.h"

static const task *const all[] = {&lm_task, &classify_task, &tag_task};
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

int task_check_columns(app *a, const options *o, const task *t)
{
    for (int i = 0; i < N_TASKS; i++) {
        if (all[i] == t || !all[i]->columns) continue;
        for (const option *row = all[i]->columns->rows; row->name; row++)
            if (options_given(o, row->name))
                return output_error(a, RECUR_EARG, "--%s is for %s, and the model is %s", row->name,
                                    all[i]->thing, t->thing);
    }
    return RECUR_OK;
}
