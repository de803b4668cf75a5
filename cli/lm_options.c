/* The options of a language model become the structs of the library; what does not go together is refused first.
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "lm.h"

recur_lm_spec lm_spec(const options *o)
{
    return (recur_lm_spec){
        .embed = options_int(o, "embed"),
        .tie = options_on(o, "tie"),
        .dropout = options_number(o, "dropout"),
        .rnn = train_rnn_spec(o),
    };
}

recur_status lm_complete(options *o)
{
    int64_t    output = train_output_size(o);
    recur_unit unit = train_unit(o);
    if (unit == RECUR_BPE && train_is_open(o, "vocab")) options_set(o, "vocab", SOURCE_DEFAULT, "8000");
    recur_status status = train_complete(o, unit == RECUR_WORD || unit == RECUR_BPE ? output : 0);
    int64_t      embed = options_int(o, "embed");
    if (status || !options_on(o, "tie") || embed == output) return status;
    return options_fail(o, RECUR_EARG,
                        "--tie wants an embedding as large as the stack's output, --embed %" PRId64
                        ", found --embed %" PRId64 "%s",
                        output, embed, embed ? "" : " (one-hot)");
}
