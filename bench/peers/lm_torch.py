#!/usr/bin/env python3
"""PyTorch's side of the comparison: char-rnn's recipe on a text, from the weights that recur began with, every step reported.

  lm_torch.py TEXT MODEL STEPS f32|f64 THREADS

Prints "step loss seconds" for every step, as lm.c does. Nothing is taken from recur but the file MODEL: vocabulary, split, batches and
optimiser are made here again.
SPDX-License-Identifier: MIT"""
import json
import sys
import time

import torch

LAYERS, HIDDEN, BATCH, BPTT, SHARE = 2, 128, 50, 50, 0.95


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


class LanguageModel(torch.nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.vocabulary = vocabulary
        self.rnn = torch.nn.LSTM(vocabulary, HIDDEN, num_layers=LAYERS)
        self.head = torch.nn.Linear(HIDDEN, vocabulary)

    def forward(self, tokens, state):
        x = torch.nn.functional.one_hot(tokens, self.vocabulary).to(self.head.weight.dtype)
        output, state = self.rnn(x, state)
        return self.head(output), state


def read_parts(path):
    """Return the ids of the training part as B contiguous parts, time-major: what is read and what is to be predicted."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    ids = {character: i for i, character in enumerate(sorted(set(text)))}
    tokens = torch.tensor([ids[character] for character in text[: int(len(text) * SHARE + 0.5)]])
    length = (len(tokens) - 1) // BATCH
    read, wanted = (tokens[at : at + BATCH * length].reshape(BATCH, length).t().contiguous() for at in (0, 1))
    return len(ids), read, wanted


def train(model, read, wanted, steps):
    optimiser = torch.optim.RMSprop(model.parameters(), lr=0.002, alpha=0.95, eps=1e-8)
    state, begin = None, 0
    start = time.monotonic()
    for step in range(1, steps + 1):
        x, y = read[begin : begin + BPTT], wanted[begin : begin + BPTT]
        logits, state = model(x, state)
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, model.vocabulary), y.reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(model.parameters(), 5)
        optimiser.step()
        state = tuple(part.detach() for part in state)
        begin += BPTT
        if begin >= len(read):  # the next epoch starts from no state
            state, begin = None, 0
        print(f"{step} {loss.item():.17g} {time.monotonic() - start:.6f}")


def main():
    text, weights, steps, dtype, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)  # as recur computes
    vocabulary, read, wanted = read_parts(text)
    model = LanguageModel(vocabulary).to(torch.float64 if dtype == "f64" else torch.float32)
    model.load_state_dict(read_safetensors(weights), strict=True)
    train(model, read, wanted, int(steps))


main()
