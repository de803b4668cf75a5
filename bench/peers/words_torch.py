#!/usr/bin/env python3
"""Train the word model of Zaremba et al. 2014 (the small recipe, constant rate) in PyTorch alone, weights from its own generator.

  OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 words_torch.py TRAIN VALID STATE [--epochs 3] [--seed 1]

Prints the mean training loss of every 500 steps, and for each epoch: training loss, validation loss and perplexity, tokens per second and seconds
of training. STATE is written after each epoch; where it is there already, training goes on from it.
The 10,000 words are the most frequent ones of both files, and the validation data are scored as `recur eval` does, so that perplexities compare.
SPDX-License-Identifier: MIT"""
import argparse
import math
import os
import time

import torch
from lm_torch import RECIPES, LanguageModel, cut_parts, encode, learn, make_vocabulary, read_tokens

RECIPE = RECIPES["words"]
REPORT_EVERY = 500  # steps
MAX_PARTS, LEAST_PART, WINDOW, NOTHING = 64, 2048, 64, -1


def cut_for_scoring(tokens):
    """Return what is read and wanted [longest, parts]: at most 64 parts, at least 2,048 long where possible, lengths differing by at most one."""
    n = len(tokens) - 1
    parts = min(max(n // LEAST_PART, 1), MAX_PARTS)
    lengths = [n // parts + (part < n % parts) for part in range(parts)]
    read = torch.zeros(lengths[0], parts, dtype=torch.long)
    wanted = torch.full((lengths[0], parts), NOTHING)
    begin = 0
    for part, length in enumerate(lengths):
        read[:length, part] = tokens[begin : begin + length]
        wanted[:length, part] = tokens[begin + 1 : begin + length + 1]
        begin += length
    return read, wanted


@torch.no_grad()
def score(model, tokens):
    """Return the loss per token, the state carried inside each part."""
    read, wanted = cut_for_scoring(tokens)
    state, total = None, 0.0
    for begin in range(0, len(read), WINDOW):
        logits, state = model(read[begin : begin + WINDOW], state)
        targets = wanted[begin : begin + WINDOW].reshape(-1)
        total += torch.nn.functional.cross_entropy(
            logits.reshape(-1, model.vocabulary), targets, ignore_index=NOTHING, reduction="sum"
        ).item()
    return total / (len(tokens) - 1)


def train_epoch(model, read, wanted):
    """Return the mean loss per token."""
    optimiser = RECIPE.optimiser(model)  # plain SGD remembers nothing
    state, total, since, steps = None, 0.0, 0.0, 0
    for begin in range(0, len(read), RECIPE.bptt):
        x, y = read[begin : begin + RECIPE.bptt], wanted[begin : begin + RECIPE.bptt]
        loss, state = learn(RECIPE, model, optimiser, x, y, state)
        total += loss * len(x)
        since += loss
        steps += 1
        if steps % REPORT_EVERY == 0:
            print(f"step {steps} of the epoch: loss {since / REPORT_EVERY:.4f}", flush=True)
            since = 0.0
    return total / len(read)


def fresh_or_saved(options, vocabulary):
    """Return the model and how many epochs it has learnt."""
    model = LanguageModel(RECIPE, vocabulary)
    if os.path.exists(options.state):
        saved = torch.load(options.state)
        model.load_state_dict(saved["model"])
        return model, saved["epoch"]
    torch.manual_seed(options.seed)
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.1, 0.1)
    return model, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("train", "valid", "state"):
        parser.add_argument(name, metavar=name.upper())
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_flush_denormal(True)  # as recur computes
    train, valid = (read_tokens(RECIPE, path) for path in (options.train, options.valid))
    ids = make_vocabulary(RECIPE, train + valid)
    train, valid = encode(ids, train), encode(ids, valid)
    model, learnt = fresh_or_saved(options, len(ids))
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(train)} words to learn from, {len(valid)} to validate", flush=True)
    read, wanted = cut_parts(RECIPE, train)
    for epoch in range(learnt + 1, options.epochs + 1):
        start = time.monotonic()
        loss = train_epoch(model, read, wanted)
        seconds = time.monotonic() - start
        torch.save({"model": model.state_dict(), "epoch": epoch}, options.state)
        nats = score(model, valid)
        print(
            f"epoch {epoch}: training {loss:.4f}, validation {nats:.4f} nats, perplexity {math.exp(nats):.2f}, "
            f"{read.numel() / seconds:.0f} tokens/s, {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
