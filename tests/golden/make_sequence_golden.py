#!/usr/bin/env python3
"""Make the golden vectors of operations over sequences: what PyTorch computes, in float64. Run as make_golden.py, whose rules hold.

    /usr/bin/python3 tests/golden/make_sequence_golden.py [DIRECTORY]

    sequence.safetensors    pooling, softmax, cross-entropy with options, random fields

SPDX-License-Identifier: MIT
"""
import itertools
import random
import sys
from pathlib import Path

import torch
from torch.nn import functional

from make_golden import REDUCTIONS, Vectors, gradient, leaf, noise

RAGGED = [3, 6, 0, 1, 4]


# ---- pooling ----

def attention(x, weights):
    """One sequence [T,F]: softmax(v . tanh(W x + b)), and the sum of rows weighed by it."""
    w, b, v = weights
    share = torch.softmax(torch.tanh(x @ w.T + b) @ v[0], dim=0)
    return share @ x, share


def pool_case(vectors, kind, F):
    name = f"pool-{kind}"
    rng = random.Random(name)
    T, B, A = max(RAGGED), len(RAGGED), 4
    x = leaf(noise(rng, T, B, F))
    weights = [leaf(noise(rng, *shape)) for shape in ((A, F), (A,), (1, A))]
    rows, shares = [], torch.zeros(T, B, dtype=torch.float64)
    for b, length in enumerate(RAGGED):
        part = x[:length, b]
        if length == 0:
            rows.append(torch.zeros(F, dtype=torch.float64))
        elif kind == "mean":
            rows.append(part.mean(dim=0))
        elif kind == "max":
            rows.append(part.max(dim=0).values)
        else:
            row, share = attention(part, weights)
            rows.append(row)
            shares[:length, b] = share.detach()
    y = torch.stack(rows)
    weight = noise(rng, *y.shape)
    (weight * y).sum().backward()
    vectors.numbers(f"{name}/spec", [["mean", "max", "attention"].index(kind), T, B, F, A])
    vectors.numbers(f"{name}/lengths", RAGGED)
    vectors.given(f"{name}/x", x)
    vectors.given(f"{name}/wy", weight)
    vectors.wanted(f"{name}/y", y)
    vectors.wanted(f"{name}/dx", gradient(x))
    if kind == "attention":
        vectors.wanted(f"{name}/shares", shares)
        for key, parameter in zip(("project.weight", "project.bias", "score.weight"), weights):
            vectors.given(f"{name}/w/pool.{key}", parameter)
            vectors.wanted(f"{name}/d/pool.{key}", gradient(parameter))


def softmax_case(vectors, name, shape, scale):
    rng = random.Random(f"softmax {name}")
    x = leaf(noise(rng, *shape, scale=scale))
    y = torch.softmax(x, dim=-1)
    weight = noise(rng, *shape)
    (weight * y).sum().backward()
    vectors.numbers(f"softmax-{name}/spec", [shape[-1]])
    vectors.given(f"softmax-{name}/x", x)
    vectors.given(f"softmax-{name}/wy", weight)
    vectors.wanted(f"softmax-{name}/y", y)
    vectors.wanted(f"softmax-{name}/dx", gradient(x))


# ---- cross-entropy ----

def entropy_case(vectors, reduction, smoothing, is_weighed, ignored):
    words = [reduction] + ["smoothed"] * (smoothing > 0) + ["weighed"] * is_weighed + ["ignored"] * (ignored > 0)
    name = "entropy-" + "-".join(words)
    rng = random.Random(name)
    T, B, V = 5, 3, 6
    logits = leaf(noise(rng, T, B, V, scale=2.0))
    targets = torch.tensor([[-1 if rng.random() < ignored else rng.randrange(V) for _ in range(B)] for _ in range(T)])
    weights = noise(rng, V).abs() if is_weighed else None
    loss = functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1), weight=weights, ignore_index=-1,
                                    label_smoothing=smoothing, reduction="mean" if reduction == "mean" else "sum")
    if reduction == "sum_over_time":
        loss = loss / B
    loss.backward()
    vectors.numbers(f"{name}/spec", [REDUCTIONS.index(reduction), V, T, B, is_weighed])
    vectors.wanted(f"{name}/smoothing", torch.tensor([smoothing], dtype=torch.float64))
    vectors.numbers(f"{name}/lengths", [T] * B)
    vectors.numbers(f"{name}/targets", targets.tolist())
    if is_weighed:
        vectors.given(f"{name}/weights", weights)
    vectors.given(f"{name}/x", logits)
    vectors.wanted(f"{name}/loss", loss.reshape(1))
    vectors.wanted(f"{name}/dx", gradient(logits))


# ---- random fields ----

class Field:
    """A linear-chain random field as the package pytorch-crf has it; forbidden scores are -infinity."""

    def __init__(self, rng, K, allowed, scale):
        self.start, self.end, self.transitions = (leaf(noise(rng, *shape, scale=scale)) for shape in ((K,), (K,), (K, K)))
        self.allowed = allowed

    def named(self):
        return {"start_transitions": self.start, "end_transitions": self.end, "transitions": self.transitions}

    def steps(self):
        return self.transitions.masked_fill(~self.allowed, -torch.inf)

    def score(self, x, tags):
        steps = self.steps()
        pairs = sum((steps[a, b] for a, b in zip(tags, tags[1:])), torch.zeros((), dtype=torch.float64))
        return self.start[tags[0]] + self.end[tags[-1]] + pairs + sum(row[tag] for row, tag in zip(x, tags))

    def log_z(self, x):
        """The forward algorithm in logarithms."""
        a = self.start + x[0]
        for row in x[1:]:
            a = torch.logsumexp(a[:, None] + self.steps(), dim=0) + row
        return torch.logsumexp(a + self.end, dim=0)

    def best(self, x):
        """By all tag sequences."""
        every = itertools.product(range(len(self.start)), repeat=len(x))
        with torch.no_grad():
            return max((self.score(x, tags).item(), tags) for tags in every)


def legal_tags(rng, allowed, length):
    tags = []
    while len(tags) < length:
        tag = rng.randrange(len(allowed))
        if not tags or allowed[tags[-1], tag]:
            tags.append(tag)
    return tags


def field_case(vectors, name, K, lengths, reduction, forbidden, scale):
    name = f"crf-{name}"
    rng = random.Random(name)
    T, B = max(lengths), len(lengths)
    allowed = torch.ones(K, K, dtype=torch.bool)
    for a, b in forbidden:
        allowed[a, b] = False
    field = Field(rng, K, allowed, scale)
    x = leaf(noise(rng, T, B, K, scale=2 * scale))
    tags = [legal_tags(rng, allowed, length) for length in lengths]
    best = [field.best(x[:length, b]) if length else (0.0, ()) for b, length in enumerate(lengths)]
    loss = sum(field.log_z(x[:length, b]) - field.score(x[:length, b], tags[b]) for b, length in enumerate(lengths) if length)
    loss = loss / {"mean": sum(lengths), "sum": 1, "sum_over_time": B}[reduction]
    loss.backward()
    marginals = torch.zeros_like(x)
    for b, length in enumerate(lengths):
        if length:
            alone = leaf(x[:length, b].detach())
            field.log_z(alone).backward(inputs=[alone])
            marginals[:length, b] = alone.grad
    padded = [[sequence[t] if t < len(sequence) else 0 for sequence in tags] for t in range(T)]
    paths = [[path[t] if t < len(path) else 0 for _, path in best] for t in range(T)]
    vectors.numbers(f"{name}/spec", [REDUCTIONS.index(reduction), K, T, B])
    vectors.numbers(f"{name}/allowed", allowed.tolist())
    vectors.numbers(f"{name}/lengths", lengths)
    vectors.numbers(f"{name}/targets", padded)
    vectors.given(f"{name}/x", x)
    vectors.wanted(f"{name}/loss", loss.reshape(1))
    vectors.wanted(f"{name}/dx", gradient(x))
    vectors.wanted(f"{name}/marginals", marginals)
    vectors.numbers(f"{name}/path", paths)
    vectors.wanted(f"{name}/scores", torch.tensor([score for score, _ in best], dtype=torch.float64))
    for key, parameter in field.named().items():
        vectors.given(f"{name}/w/crf.{key}", parameter)
        vectors.wanted(f"{name}/d/crf.{key}", gradient(parameter))


def make_sequence():
    vectors = Vectors()
    for kind, F in (("mean", 5), ("max", 5), ("attention", 3)):
        pool_case(vectors, kind, F)
    softmax_case(vectors, "rows", (7, 5), 3.0)
    softmax_case(vectors, "cube", (2, 3, 4), 1.0)
    softmax_case(vectors, "steep", (4, 6), 8.0)
    for reduction, smoothing, is_weighed, ignored in itertools.product(REDUCTIONS, (0, 0.1), (False, True), (0, 0.4)):
        if smoothing or is_weighed:
            entropy_case(vectors, reduction, smoothing, is_weighed, ignored)
    field_case(vectors, "mean", 3, [2, 5, 1, 3], "mean", [], 1.0)
    field_case(vectors, "sum", 4, [4, 4], "sum", [], 1.0)
    field_case(vectors, "per-sequence", 3, [3, 0, 5], "sum_over_time", [], 1.0)
    field_case(vectors, "forbidden", 4, [5, 2, 4], "sum", [(0, 1), (2, 0), (3, 3)], 1.0)
    field_case(vectors, "strong", 3, [5, 6], "mean", [(0, 1)], 20.0)
    field_case(vectors, "one-tag", 1, [3, 1], "sum", [], 1.0)
    field_case(vectors, "one-step", 5, [1], "sum", [], 1.0)
    return vectors


if __name__ == "__main__":
    torch.set_num_threads(1)
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    make_sequence().write(directory / "sequence.safetensors")
