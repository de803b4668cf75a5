#!/usr/bin/env python3
"""PyTorch's side of the comparison: a recipe on a text, from the weights that recur began with, every step reported.

  lm_torch.py RECIPE TEXT MODEL STEPS f32|f64 THREADS

Prints "step loss seconds" for every step, as lm.c does. Nothing is taken from recur but the file MODEL: tokens, vocabulary, split, batches,
clipping and optimiser are made here again.
SPDX-License-Identifier: MIT"""
import collections
import dataclasses
import json
import math
import re
import sys
import time

import torch

LAYERS, SHARE = 2, 0.95  # the share of the text to learn from
UNKNOWN = "<unk>"
# a line feed, or a run of anything but Unicode's white space
WORD = re.compile("\n|[^ \t-\r\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Char-rnn's, or the small one of Zaremba et al. 2014: its loss is a sum over time and a mean over the batch."""

    is_words: bool
    embed: int  # 0: one-hot input
    hidden: int
    batch: int
    bptt: int

    @property
    def tokens_per_step(self):
        return self.batch * self.bptt

    def optimiser(self, model):
        if self.is_words:
            return torch.optim.SGD(model.parameters(), lr=1.0)
        return torch.optim.RMSprop(model.parameters(), lr=0.002, alpha=0.95, eps=1e-8)

    def clip(self, model):
        if self.is_words:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        else:
            torch.nn.utils.clip_grad_value_(model.parameters(), 5)


RECIPES = {
    "charrnn": Recipe(is_words=False, embed=0, hidden=128, batch=50, bptt=50),
    "words": Recipe(is_words=True, embed=200, hidden=200, batch=20, bptt=20),
}
VOCABULARY = 10000  # of words


class LanguageModel(torch.nn.Module):
    def __init__(self, recipe, vocabulary):
        super().__init__()
        self.vocabulary = vocabulary
        if recipe.embed:
            self.embedding = torch.nn.Embedding(vocabulary, recipe.embed)
        self.rnn = torch.nn.LSTM(recipe.embed or vocabulary, recipe.hidden, num_layers=LAYERS)
        self.head = torch.nn.Linear(recipe.hidden, vocabulary)
        self.has_embedding = recipe.embed > 0

    def read(self, tokens):
        if self.has_embedding:
            return self.embedding(tokens)
        return torch.nn.functional.one_hot(tokens, self.vocabulary).to(self.head.weight.dtype)

    def forward(self, tokens, state):
        output, state = self.rnn(self.read(tokens), state)
        return self.head(output), state


def read_safetensors(path):
    """Return the tensors of a .safetensors file: 8 bytes of length, a JSON header, the numbers."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header.pop("__metadata__", None)
    types = {"F32": torch.float32, "F64": torch.float64}
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        block = content[begin + first : begin + last]
        tensors[name] = torch.frombuffer(block, dtype=types[entry["dtype"]]).reshape(entry["shape"]).clone()
    return tensors


def read_tokens(recipe, path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    return WORD.findall(text) if recipe.is_words else text


def make_vocabulary(recipe, tokens):
    """Return the id of each token: characters by code point; the most frequent words by falling count, then by bytes, the unknown one first."""
    if not recipe.is_words:
        return {token: i for i, token in enumerate(sorted(set(tokens)))}
    counts = collections.Counter(tokens)
    counts[UNKNOWN] = math.inf
    order = sorted(counts, key=lambda word: (-counts[word], word))  # code points and the bytes of UTF-8 sort alike
    return {word: i for i, word in enumerate(order[:VOCABULARY])}


def encode(ids, tokens):
    return torch.tensor([ids.get(token, 0) for token in tokens])


def cut_parts(recipe, tokens):
    """Return the ids as B contiguous parts, time-major: what is read and what is to be predicted."""
    length = (len(tokens) - 1) // recipe.batch
    return tuple(tokens[at : at + recipe.batch * length].reshape(recipe.batch, length).t().contiguous() for at in (0, 1))


def learn(recipe, model, optimiser, x, y, state):
    """Make one step on a window; return its loss per token and the state after it, without its gradient."""
    logits, state = model(x, state)
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, model.vocabulary), y.reshape(-1))
    optimiser.zero_grad(set_to_none=True)
    (loss * len(x) if recipe.is_words else loss).backward()
    recipe.clip(model)
    optimiser.step()
    return loss.item(), tuple(part.detach() for part in state)


def train(recipe, model, read, wanted, steps):
    optimiser = recipe.optimiser(model)
    state, begin = None, 0
    start = time.monotonic()
    for step in range(1, steps + 1):
        end = begin + recipe.bptt
        loss, state = learn(recipe, model, optimiser, read[begin:end], wanted[begin:end], state)
        begin = end
        if begin >= len(read):  # the next epoch starts from no state
            state, begin = None, 0
        print(f"{step} {loss:.17g} {time.monotonic() - start:.6f}")


def main():
    name, text, weights, steps, dtype, threads = sys.argv[1:]
    recipe = RECIPES[name]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)  # as recur computes
    tokens = read_tokens(recipe, text)
    ids = make_vocabulary(recipe, tokens)
    read, wanted = cut_parts(recipe, encode(ids, tokens[: int(len(tokens) * SHARE + 0.5)]))
    model = LanguageModel(recipe, len(ids)).to(torch.float64 if dtype == "f64" else torch.float32)
    model.load_state_dict(read_safetensors(weights), strict=True)
    train(recipe, model, read, wanted, int(steps))


if __name__ == "__main__":
    main()
