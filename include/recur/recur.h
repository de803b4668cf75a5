/* All of recur. The chapters, in reading order: ctx, params, pack, tape, rnn, layers; text, corpus, model; train, run;
 * stream, diag, bench.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_H
#define RECUR_H

#include "bench.h"
#include "corpus.h"
#include "ctx.h"
#include "diag.h"
#include "layers.h"
#include "model.h"
#include "pack.h"
#include "params.h"
#include "rnn.h"
#include "run.h"
#include "status.h"
#include "stream.h"
#include "tape.h"
#include "text.h"
#include "train.h"

#endif
