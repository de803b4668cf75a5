/* The parser of command lines. It knows no option by name: the command's table says what there is.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "memory.h"
#include "suggest.h"

static recur_status unknown_option(const command *c, const char *word, options *o)
{
    suggestion s;
    suggest_start(&s, word);
    for (int i = 0; i < o->n_values; i++) {
        const option *row = o->values[i].row;
        if (!(row->flags & OPTION_FILE) && row->type != OPTION_REFUSED) suggest_offer(&s, row->name);
    }
    if (s.best)
        return options_fail(o, RECUR_EARG, "recur %s has no option --%s; did you mean --%s?", c->name, word,
                            s.best);
    return options_fail(o, RECUR_EARG,
                        "recur %s has no option --%s; 'recur help %s --all' lists what there is", c->name,
                        word, c->name);
}

/* Take one option at words[*i], and its argument where it is a word of its own. */
static recur_status take_option(const command *c, int n, char *const *words, int *i, options *o)
{
    const char *word = words[*i] + 2, *sign = strchr(word, '=');
    char        name[64], label[80];
    snprintf(name, sizeof name, "%.*s", (int)(sign ? (size_t)(sign - word) : strlen(word)), word);
    snprintf(label, sizeof label, "--%s", name);

    option_value *v = options_look(o, name);
    bool          is_off = !v && strncmp(name, "no-", 3) == 0;
    if (is_off) v = options_look(o, name + 3);
    if (!v || v->row->flags & OPTION_FILE || (is_off && v->row->type != OPTION_SWITCH))
        return unknown_option(c, name, o);

    if (v->row->type == OPTION_SWITCH) {
        if (sign) return options_fail(o, RECUR_EARG, "%s takes no value, found '%s'", label, sign + 1);
        return options_store(o, v, SOURCE_COMMAND, label, is_off ? "no" : "yes");
    }
    if (v->row->type == OPTION_REFUSED) return options_fail(o, RECUR_EARG, "%s %s", label, v->row->help);
    if (sign) return options_store(o, v, SOURCE_COMMAND, label, sign + 1);
    if (*i + 1 >= n)
        return options_fail(o, RECUR_EARG, "%s wants %s, found nothing after it", label, v->row->form);
    const char *text = words[++*i];
    if (strncmp(text, "--", 2) == 0 && v->row->type == OPTION_TEXT)
        return options_fail(o, RECUR_EARG,
                            "%s wants %s, found the option %s; a value with dashes is given as %s=%s", label,
                            v->row->form, text, label, text);
    return options_store(o, v, SOURCE_COMMAND, label, text);
}

static recur_status take_argument(const command *c, const char *word, options *o)
{
    const char *wanted = c->args;
    int         n = *wanted ? 1 : 0;
    for (const char *p = wanted; *p; p++) n += *p == ' ';
    if (o->n_args < n) {
        o->args = need_more(o->args, (size_t)o->n_args + 1, sizeof *o->args);
        o->args[o->n_args++] = need_copy(word);
        return RECUR_OK;
    }
    if (c->rest) return options_store(o, options_find(o, c->rest), SOURCE_COMMAND, c->rest, word);
    return options_fail(o, RECUR_EARG, "recur %s takes %s, found '%s' as well", c->name,
                        *wanted ? wanted : "no arguments", word);
}

static recur_status take_words(const command *c, int n, char *const *words, options *o)
{
    bool are_options = true;
    for (int i = 0; i < n; i++) {
        recur_status status;
        if (are_options && strcmp(words[i], "--") == 0) {
            are_options = false;
            continue;
        }
        if (are_options && strncmp(words[i], "--", 2) == 0)
            status = take_option(c, n, words, &i, o);
        else if (are_options && words[i][0] == '-' && words[i][1])
            status =
                options_fail(o, RECUR_EARG, "unknown option %s; options begin with two dashes", words[i]);
        else
            status = take_argument(c, words[i], o);
        if (status) return status;
    }
    return RECUR_OK;
}

recur_status command_parse(const command *c, int n, char *const *words, options *o)
{
    options_begin(o, c->groups);
    recur_status status = take_words(c, n, words, o);
    if (status) return status;
    const option_value *config = options_look(o, "config");
    if (config && config->row->flags & OPTION_CONFIG && config->n_texts)
        status = config_read(o, config->texts[0]);
    if (status) return status;
    if (o->n_args == 0 && *c->args)
        return options_fail(o, RECUR_EARG, "recur %s wants %s; 'recur help %s' says more", c->name, c->args,
                            c->name);
    return options_complete(o);
}

recur_status command_load(const command *c, const char *path, options *o)
{
    options_begin(o, c->groups);
    recur_status status = config_read(o, path);
    return status ? status : options_complete(o);
}
