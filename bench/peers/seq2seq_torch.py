#!/usr/bin/env python3
"""PyTorch's side of the comparison of encoder-decoders, from the weights of a file of recur's.

  seq2seq_torch.py train RECIPE FOLDER MODEL ORDER STEPS f32|f64 THREADS    "step loss seconds" for every step, as seq2seq.c
  seq2seq_torch.py decode MODEL SOURCES BATCH THREADS                       a line for each source, last the seconds

Nothing is taken from recur but the file: tokens, vocabularies, order, batches, clipping, optimiser and search are made here again. (decode takes
the training text's vocabularies out of the file.)

Written as one writes PyTorch to be fast: the encoder in one call on packed rows, keys once for a source, attention over the whole batch at once,
cells by their fused operations, the head once for the steps of all targets and only for steps that are there, Adam fused where PyTorch has that.
SPDX-License-Identifier: MIT"""
import collections
import json
import os
import sys
import time

import torch
from torch.nn.utils import rnn

from lm_torch import read_safetensors

BATCH, EMBED, HIDDEN, LAYERS = 128, 256, 512, 2
MIX = 37  # batch i is number MIX i from the end: the longest first, for the memory, then any
UNKNOWN = "<unk>"


class Attention(torch.nn.Module):
    """score = v . tanh(W q + U k + b)"""

    def __init__(self):
        super().__init__()
        self.query = torch.nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.key = torch.nn.Linear(2 * HIDDEN, HIDDEN)
        self.score = torch.nn.Linear(HIDDEN, 1, bias=False)

    def forward(self, state, keys, values, is_padding):
        scores = self.score(torch.tanh(self.query(state).unsqueeze(1) + keys)).squeeze(2)
        weights = torch.softmax(scores.masked_fill(is_padding, float("-inf")), 1)
        return torch.bmm(weights.unsqueeze(1), values).squeeze(1)


class Bridge(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.h_l0 = torch.nn.Linear(2 * HIDDEN, HIDDEN)


class WithAttention(torch.nn.Module):
    """Bahdanau et al. 2015: a GRU of two directions, additive attention, a GRU."""

    def __init__(self, sources, targets):
        super().__init__()
        self.source = torch.nn.Embedding(sources, EMBED)
        self.target = torch.nn.Embedding(targets, EMBED)
        self.encoder = torch.nn.GRU(EMBED, HIDDEN, bidirectional=True, batch_first=True)
        self.bridge = Bridge()
        self.attention = Attention()
        self.decoder = torch.nn.GRU(EMBED + 2 * HIDDEN, HIDDEN)
        self.head = torch.nn.Linear(EMBED + 3 * HIDDEN, targets)

    def encode(self, ids, lengths):
        """Return the decoder's first state and what it attends to."""
        packed = rnn.pack_padded_sequence(self.source(ids), lengths, batch_first=True, enforce_sorted=False)
        output, last = self.encoder(packed)
        values, _ = rnn.pad_packed_sequence(output, batch_first=True)
        is_padding = torch.arange(ids.shape[1]) >= lengths.unsqueeze(1)
        state = torch.tanh(self.bridge.h_l0(torch.cat((last[0], last[1]), 1)))
        return state, (self.attention.key(values), values, is_padding)

    def step(self, x, state, memory):
        """Return the state after reading x [B,E] and what the head sees."""
        context = self.attention(state, *memory)
        d = self.decoder
        state = torch.gru_cell(torch.cat((x, context), 1), state, d.weight_ih_l0, d.weight_hh_l0, d.bias_ih_l0, d.bias_hh_l0)
        return state, torch.cat((state, context, x), 1)

    def forward(self, ids, lengths, read, is_there):
        state, memory = self.encode(ids, lengths)
        seen = []
        for x in self.target(read).unbind(1):
            state, top = self.step(x, state, memory)
            seen.append(top)
        return self.head(torch.stack(seen, 1)[is_there])

    def begin(self, ids, lengths):
        return self.encode(ids, lengths)

    def go_on(self, tokens, state, memory):
        state, top = self.step(self.target(tokens), state, memory)
        return state, self.head(top)

    @staticmethod
    def pick(state, memory, rows):
        return state[rows], tuple(part[rows] for part in memory)


class Plain(torch.nn.Module):
    """Sutskever et al. 2014, not reversed: two LSTMs of two layers."""

    def __init__(self, sources, targets):
        super().__init__()
        self.source = torch.nn.Embedding(sources, EMBED)
        self.target = torch.nn.Embedding(targets, EMBED)
        self.encoder = torch.nn.LSTM(EMBED, HIDDEN, LAYERS, batch_first=True)
        self.decoder = torch.nn.LSTM(EMBED, HIDDEN, LAYERS, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, targets)

    def begin(self, ids, lengths):
        packed = rnn.pack_padded_sequence(self.source(ids), lengths, batch_first=True, enforce_sorted=False)
        return self.encoder(packed)[1], None

    def forward(self, ids, lengths, read, is_there):
        state, _ = self.begin(ids, lengths)
        return self.head(self.decoder(self.target(read), state)[0][is_there])

    def go_on(self, tokens, state, memory):
        output, state = self.decoder(self.target(tokens).unsqueeze(1), state)
        return state, self.head(output.squeeze(1))

    @staticmethod
    def pick(state, memory, rows):
        return tuple(part[:, rows] for part in state), None


RECIPES = {"attention": WithAttention, "plain": Plain}


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.split() for line in file]


def make_vocabulary(lines):
    """Return the id of each word that occurs twice or more: by falling count, then by bytes, the unknown one first."""
    counts = collections.Counter(word for line in lines for word in line)
    order = sorted((word for word in counts if counts[word] > 1), key=lambda word: (-counts[word], word))
    return {word: i for i, word in enumerate([UNKNOWN, *order])}


def encode(ids, lines):
    return [[ids.get(word, ids[UNKNOWN]) for word in line] for line in lines]


def pad(rows):
    return rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def source_batch(rows, mark):
    """Return padded ids, each with its mark behind it, and their lengths."""
    return pad([[*row, mark] for row in rows]), torch.tensor([len(row) + 1 for row in rows])


# ---- training


def make_batches(pairs, marks, order):
    """Return (ids, lengths, read, is there, wanted) of each batch."""
    if order == "lengths":
        pairs = sorted(pairs, key=lambda pair: (len(pair[0]), len(pair[1])))
    count = len(pairs) // BATCH
    for i in range(count):
        first = (count - 1 - i * MIX % count) * BATCH
        sources, targets = zip(*pairs[first : first + BATCH])
        ids, lengths = source_batch(sources, marks[0])
        read = pad([[marks[1], *row] for row in targets])
        is_there = torch.arange(read.shape[1]) < torch.tensor([len(row) + 1 for row in targets]).unsqueeze(1)
        wanted = torch.cat([torch.tensor([*row, marks[1]]) for row in targets])
        yield ids, lengths, read, is_there, wanted


def make_optimiser(model):
    try:
        return torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    except (RuntimeError, TypeError):  # fused on the CPU came with 2.4
        return torch.optim.Adam(model.parameters(), lr=1e-3)


def train(recipe, folder, path, order, steps, dtype, threads):
    sides = [read_lines(os.path.join(folder, name)) for name in ("train.de", "train.en")]
    vocabularies = [make_vocabulary(side) for side in sides]
    marks = [len(ids) for ids in vocabularies]
    pairs = list(zip(*(encode(ids, side) for ids, side in zip(vocabularies, sides))))
    model = RECIPES[recipe](marks[0] + 1, marks[1] + 1).to(torch.float64 if dtype == "f64" else torch.float32)
    model.load_state_dict(read_safetensors(path), strict=True)
    optimiser = make_optimiser(model)
    start = time.monotonic()
    for step, (ids, lengths, read, is_there, wanted) in zip(range(1, int(steps) + 1), make_batches(pairs, marks, order)):
        loss = torch.nn.functional.cross_entropy(model(ids, lengths, read, is_there), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimiser.step()
        print(f"{step} {loss.item():.17g} {time.monotonic() - start:.6f}", flush=True)


# ---- decoding


def read_vocabularies(path):
    """Return the words of both sides that a file of recur's holds."""
    with open(path, "rb") as file:
        notes = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
    return [json.loads(notes[name])["tokens"] for name in ("recur.vocab", "recur.target")]


def greedy(model, rows, marks):
    """Return the ids written for sources. Those that have ended leave the batch."""
    ids, lengths = source_batch(rows, marks[0])
    state, memory = model.begin(ids, lengths)
    alive, limit = list(range(len(rows))), [2 * len(row) + 50 for row in rows]
    written = [[] for _ in rows]
    tokens = torch.full((len(rows),), marks[1])
    for t in range(max(limit) + 1):
        state, logits = model.go_on(tokens, state, memory)
        tokens = logits.argmax(1)
        going = []
        for place, token in enumerate(tokens.tolist()):
            if token != marks[1] and t < limit[alive[place]]:
                written[alive[place]].append(token)
                going.append(place)
        if len(going) < len(alive):
            if not going:
                break
            kept = torch.tensor(going)
            tokens = tokens[kept]
            state, memory = model.pick(state, memory, kept)
            alive = [alive[place] for place in going]
    return written


@torch.inference_mode()
def decode(path, sources, batch, threads):
    words = read_vocabularies(path)
    marks = [len(side) for side in words]
    tensors = read_safetensors(path)
    model = RECIPES["attention" if "attention.key.weight" in tensors else "plain"](marks[0] + 1, marks[1] + 1)
    model.load_state_dict(tensors, strict=True)
    rows = encode({word: i for i, word in enumerate(words[0])}, read_lines(sources))
    start = time.monotonic()
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    lines = [""] * len(rows)
    for first in range(0, len(rows), int(batch)):
        chosen = order[first : first + int(batch)]
        for i, ids in zip(chosen, greedy(model, [rows[i] for i in chosen], marks)):
            lines[i] = " ".join(words[1][token] for token in ids)
    seconds = time.monotonic() - start
    print("\n".join([*lines, f"{seconds:.6f}"]))


def main():
    torch.set_num_threads(int(sys.argv[-1]))
    torch.set_flush_denormal(True)  # as recur computes
    {"train": train, "decode": decode}[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
