#!/usr/bin/env python3
"""Make the golden vectors of encoder-decoders: what PyTorch computes, in float64, over padded and masked batches. Run as make_golden.py, whose
rules hold.

    /usr/bin/python3 tests/golden/make_seq2seq_golden.py [DIRECTORY]

    seq2seq.safetensors    whole models: log-probabilities of all target tokens, the loss, the gradient of every parameter

SPDX-License-Identifier: MIT
"""
import random
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from make_golden import Vectors, gradient, noise

SOURCE, TARGET, EMBED = 6, 5, 4  # letters of both sides; the mark comes behind them
SOURCES = [[0, 3, 1], [5], [2, 2, 4, 1, 0], [4, 5]]
TARGETS = [[1, 0], [4, 3, 3, 2, 0], [], [2, 1, 4]]


class Model(nn.Module):
    """An encoder-decoder in the set-ups of Sutskever et al. 2014, Bahdanau et al. 2015 and Luong et al. 2015, step by step."""

    def __init__(self, cell, layers, hidden, directions, attention, feeding, is_reversed):
        super().__init__()
        self.attention_kind, self.feeding, self.is_reversed = attention, feeding, is_reversed
        self.layers, self.directions = layers, directions
        self.is_lstm = cell is nn.LSTM
        keys = hidden * directions
        read = EMBED + (keys if attention == "additive" else hidden if feeding else 0)
        self.source, self.target = nn.Embedding(SOURCE + 1, EMBED), nn.Embedding(TARGET + 1, EMBED)
        self.encoder = cell(EMBED, hidden, layers, bidirectional=directions == 2)
        self.decoder = cell(read, hidden, layers)
        self.bridge = nn.ModuleDict()
        if directions == 2:
            for state in "hc" if self.is_lstm else "h":
                for k in range(layers):
                    self.bridge[f"{state}_l{k}"] = nn.Linear(keys, hidden)
        self.attention = nn.ModuleDict()
        if attention == "additive":
            self.attention["query"] = nn.Linear(hidden, hidden, bias=False)
            self.attention["key"] = nn.Linear(keys, hidden)
            self.attention["score"] = nn.Linear(hidden, 1, bias=False)
        if attention == "general":
            self.attention["key"] = nn.Linear(keys, hidden, bias=False)
        seen = hidden + (0 if attention == "none" else keys) + (EMBED if attention == "additive" else 0)
        if attention in ("dot", "general"):
            self.readout = nn.Linear(seen, hidden, bias=False)
            seen = hidden
        self.head = nn.Linear(seen, TARGET + 1)

    def encode(self):
        marked = [(ids[::-1] if self.is_reversed else ids) + [SOURCE] for ids in SOURCES]
        lengths = [len(ids) for ids in marked]
        padded = nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in marked])
        packed = pack_padded_sequence(self.source(padded), lengths, enforce_sorted=False)
        output, state = self.encoder(packed)
        mask = torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]
        return pad_packed_sequence(output)[0].transpose(0, 1), mask, self.cross(state)

    def cross(self, state):
        if self.directions == 1:
            return state
        parts = []
        for letter, part in zip("hc", state if self.is_lstm else (state,)):
            part = part.reshape(self.layers, 2, *part.shape[1:])
            rows = [self.bridge[f"{letter}_l{k}"](torch.cat((part[k, 0], part[k, 1]), dim=-1)) for k in range(self.layers)]
            rows = torch.stack(rows)
            parts.append(torch.tanh(rows) if letter == "h" else rows)
        return tuple(parts) if self.is_lstm else parts[0]

    def attend(self, query, keys, mask):
        if self.attention_kind == "additive":
            inner = torch.tanh(self.attention["query"](query)[:, None] + self.attention["key"](keys))
            scores = self.attention["score"](inner).squeeze(-1)
        else:
            own = self.attention["key"](keys) if self.attention_kind == "general" else keys
            scores = (own @ query[:, :, None]).squeeze(-1)
        weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1)
        return (weights[:, None] @ keys).squeeze(1)

    def forward(self, read):
        keys, mask, state = self.encode()
        fed = torch.zeros(read.shape[1], self.decoder.hidden_size, dtype=torch.float64)
        steps = []
        for token in read:
            x = self.target(token)
            if self.attention_kind == "additive":
                top = (state[0] if self.is_lstm else state)[-1]
                context = self.attend(top, keys, mask)
                output, state = self.decoder(torch.cat((x, context), dim=-1)[None], state)
                seen = torch.cat((output[0], context, x), dim=-1)
            else:
                output, state = self.decoder((torch.cat((x, fed), dim=-1) if self.feeding else x)[None], state)
                seen = output[0]
                if self.attention_kind != "none":
                    context = self.attend(seen, keys, mask)
                    seen = fed = torch.tanh(self.readout(torch.cat((context, seen), dim=-1)))
            steps.append(self.head(seen))
        return torch.stack(steps)


def case(vectors, name, number, smoothing, *setup):
    rng = random.Random(name)
    model = Model(*setup).to(torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(noise(rng, *parameter.shape, scale=0.6))
    read = nn.utils.rnn.pad_sequence([torch.tensor([TARGET] + ids) for ids in TARGETS])
    wanted = nn.utils.rnn.pad_sequence([torch.tensor(ids + [TARGET]) for ids in TARGETS], padding_value=-1)
    logits = model(read)
    loss = functional.cross_entropy(logits.reshape(-1, TARGET + 1), wanted.reshape(-1), ignore_index=-1, label_smoothing=smoothing)
    loss.backward()
    known = (wanted >= 0)[:, :, None]
    vectors.numbers(f"{name}/spec", [number])
    vectors.wanted(f"{name}/smoothing", torch.tensor([smoothing], dtype=torch.float64))
    vectors.wanted(f"{name}/logits", logits.detach() * known)  # padding is zero
    vectors.wanted(f"{name}/loss", loss.reshape(1))
    for key, parameter in model.named_parameters():
        vectors.given(f"{name}/w/{key}", parameter)
        vectors.wanted(f"{name}/d/{key}", gradient(parameter))


def make_seq2seq():
    vectors = Vectors()
    case(vectors, "seq2seq-none", 0, 0.0, nn.LSTM, 2, 5, 1, "none", False, True)
    case(vectors, "seq2seq-additive", 1, 0.1, nn.GRU, 1, 4, 2, "additive", False, False)
    case(vectors, "seq2seq-dot", 2, 0.0, nn.LSTM, 1, 5, 1, "dot", False, False)
    case(vectors, "seq2seq-general", 3, 0.0, nn.LSTM, 2, 4, 2, "general", True, True)
    return vectors


if __name__ == "__main__":
    torch.set_num_threads(1)
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    make_seq2seq().write(directory / "seq2seq.safetensors")
