/* All of recur. The chapters, in reading order: ctx, params, pack, tape, rnn, layers, attention, crf; text, corpus, dataset, batches, model; train, run;
 * classify, tag, pairs, seq2seq, score, stream, diag, dynamics, bench, picture.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_H
#define RECUR_H

#include "attention.h"
#include "batches.h"
#include "bench.h"
#include "classify.h"
#include "corpus.h"
#include "crf.h"
#include "ctx.h"
#include "dataset.h"
#include "decode.h"
#include "diag.h"
#include "dynamics.h"
#include "layers.h"
#include "model.h"
#include "pack.h"
#include "pairs.h"
#include "params.h"
#include "picture.h"
#include "rnn.h"
#include "run.h"
#include "score.h"
#include "seq2seq.h"
#include "status.h"
#include "stream.h"
#include "tag.h"
#include "tape.h"
#include "text.h"
#include "train.h"
#include "verdict.h"

#endif
