#!/usr/bin/env python3
"""PyTorch's side of tasks.py: one epoch of a tagger or classifier, as fast as PyTorch's own layers go on sequences of different lengths.

  tasks_torch.py tag|chunks|reviews FILE packed|padded THREADS

Prints a line of JSON: the seconds of the epoch, its steps, the mean loss of the last 20 of them, the version. Reading and encoding come before.
Positions in one flat array of tokens are packed, and everything else (words, tags, spellings) is taken at them. Each different word of a batch is
spelt once. Batches are cut from the items sorted by length.

packed: the layers see PackedSequence. padded: each direction is a layer of its own that sees padded rows, turned round for the one that reads
backwards, so that the results are the same. PyTorch is often faster that way: for each step of a packed sequence its backward pass clears
a gradient as large as the whole input.
SPDX-License-Identifier: MIT"""
import collections
import dataclasses
import inspect
import json
import statistics
import sys
import time

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

WORDS, CHARACTERS = 15000, 30  # of the reviews' vocabulary; numbers of a character
HIDDEN, SPELLER, EMBED = 128, 50, 100
HIDE = 0.5  # how often a word that occurs once is read as unknown, in taggers
LAST = 20  # steps whose loss is told


@dataclasses.dataclass(frozen=True)
class Recipe:
    batch: int
    is_tagger: bool = True
    has_field: bool = False  # a linear-chain random field instead of softmax


RECIPES = {"tag": Recipe(batch=32), "chunks": Recipe(batch=10, has_field=True), "reviews": Recipe(batch=32, is_tagger=False)}


# ---- data ----


def read_conll(path):
    """Return words and tags of each sentence: of ten columns the second and the fourth, else the first and the last."""
    sentences, words, tags = [], [], []
    with open(path, encoding="utf-8") as file:
        for line in [*file, "\n"]:
            columns = line.split("\t") if "\t" in line else line.split()
            if not line.strip():
                if words:
                    sentences.append((words, tags))
                words, tags = [], []
            elif len(columns) == 10 and columns[0].isdigit():
                words.append(columns[1])
                tags.append(columns[3])
            elif len(columns) < 10 and not line.startswith("#"):
                words.append(columns[0])
                tags.append(columns[-1].strip())
    return sentences


def to_bioes(tags):
    """Return the tags of a sentence in BIO as BIOES."""
    following = [*tags[1:], "O"]
    ends = [not after.startswith("I-") for after in following]
    change = {("B", True): "S", ("I", True): "E"}
    return [change.get((tag[0], end), tag[0]) + tag[1:] for tag, end in zip(tags, ends, strict=True)]


def number(items, most=None):
    """Return the id of each item by falling count, the unknown one (None) first."""
    counts = collections.Counter(items)
    order = sorted(counts, key=lambda item: (-counts[item], item))
    return {item: i for i, item in enumerate([None, *order[: (most or len(order) + 1) - 1]])}


class Data:
    """All tokens in flat tensors; an item is a stretch of them."""

    def __init__(self, recipe, path):
        if recipe.is_tagger:
            sentences = read_conll(path)
            texts = [words for words, _ in sentences]
            wanted = [tag for _, tags in sentences for tag in (to_bioes(tags) if recipe.has_field else tags)]
        else:
            with open(path, encoding="utf-8") as file:
                rows = [line.rstrip("\n").split("\t") for line in file]
            wanted, texts = [label for label, _ in rows], [text.split() for _, text in rows]
        tokens = [word for text in texts for word in text]
        ids = number((token.lower() for token in tokens), None if recipe.is_tagger else WORDS)
        labels = {label: i for i, label in enumerate(sorted(set(wanted)))}
        self.vocabulary, self.classes = len(ids), len(labels)
        self.words = torch.tensor([ids.get(token.lower(), 0) for token in tokens])
        self.wanted = torch.tensor([labels[label] for label in wanted])
        self.lengths = torch.tensor([len(text) for text in texts])
        self.begins = self.lengths.cumsum(0) - self.lengths
        self.rare = torch.bincount(self.words, minlength=len(ids)) == 1
        if recipe.is_tagger:
            self.spell(tokens)

    def spell(self, tokens):
        forms = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
        ids = number(character for token in tokens for character in token)
        self.forms = torch.tensor([forms[token] for token in tokens])
        self.form_lengths = torch.tensor([len(form) for form in forms])
        self.spellings = torch.zeros(len(forms), int(self.form_lengths.max()), dtype=torch.long)
        for form, i in forms.items():
            self.spellings[i, : len(form)] = torch.tensor([ids[character] for character in form])
        self.characters = len(ids)

    def batches(self, size):
        order = torch.argsort(self.lengths, descending=True, stable=True)
        parts = order.split(size)
        return [parts[i] for i in torch.randperm(len(parts)).tolist()]

    def pack(self, items):
        """Return where the tokens of items, the longest first, stand in the flat tensors."""
        lengths = self.lengths[items]
        places = self.begins[items].unsqueeze(1) + torch.arange(int(lengths[0]))
        return pack_padded_sequence(places, lengths, batch_first=True)


# ---- models ----


def same_rows(packed, data):
    return PackedSequence(data, packed.batch_sizes)


class Packed(torch.nn.Module):
    """An LSTM in two directions; forward returns its outputs as packed rows, and the last states of both directions, joined."""

    def __init__(self, width, hidden):
        super().__init__()
        self.rnn = torch.nn.LSTM(width, hidden, bidirectional=True)

    def forward(self, packed, x):
        output, (state, _) = self.rnn(same_rows(packed, x))
        return output.data, state.transpose(0, 1).flatten(1)


class Padded(torch.nn.Module):
    """The same on padded rows [T,B]. What padding computes comes after the last step of either direction, and is left out."""

    def __init__(self, width, hidden):
        super().__init__()
        self.rnns = torch.nn.ModuleList(torch.nn.LSTM(width, hidden) for _ in range(2))

    def forward(self, packed, x):
        padded, lengths = pad_packed_sequence(same_rows(packed, x))
        steps = torch.arange(len(padded)).unsqueeze(1)
        is_there = steps < lengths
        turned = torch.where(is_there, lengths - 1 - steps, steps)
        items = torch.arange(len(lengths))
        outputs = [self.rnns[0](padded)[0], self.rnns[1](padded[turned, items])[0]]
        ends = torch.cat([output[lengths - 1, items] for output in outputs], 1)
        return torch.cat([outputs[0], outputs[1][turned, items]], 2)[is_there], ends


class Field(torch.nn.Module):
    """A linear-chain random field: the loss of a batch by a product of matrices for each step of all its sequences."""

    def __init__(self, classes):
        super().__init__()
        self.first, self.last = (torch.nn.Parameter(torch.empty(classes).uniform_(-0.1, 0.1)) for _ in range(2))
        self.change = torch.nn.Parameter(torch.empty(classes, classes).uniform_(-0.1, 0.1))

    def log_sums(self, scores, sizes):
        """Return log Z of each sequence; scores [T,B,K]; sizes[t] of them, the longest, have a step t."""
        grown = self.change.exp()
        alpha, done = self.first + scores[0], []
        for t in range(1, len(sizes)):
            if sizes[t] < len(alpha):
                done.append(alpha[sizes[t] :])
                alpha = alpha[: sizes[t]]
            most = alpha.detach().max(1, keepdim=True).values
            alpha = ((alpha - most).exp() @ grown).log() + most + scores[t, : sizes[t]]
        return torch.logsumexp(torch.cat([alpha, *reversed(done)]) + self.last, 1)

    def forward(self, packed, scores, tags):
        """Return the nats per token. scores and tags are those of the packed rows."""
        sizes = packed.batch_sizes.tolist()
        padded, lengths = pad_packed_sequence(same_rows(packed, scores))
        wanted, _ = pad_packed_sequence(same_rows(packed, tags))
        mask = torch.arange(len(padded)).unsqueeze(1) < lengths
        pairs = self.change[wanted[:-1], wanted[1:]] * mask[1:]
        last = wanted.gather(0, (lengths - 1).unsqueeze(0))[0]
        gold = scores.gather(1, tags.unsqueeze(1)).sum() + pairs.sum() + self.first[wanted[0]].sum() + self.last[last].sum()
        return (self.log_sums(padded, sizes).sum() - gold) / len(tags)


class Model(torch.nn.Module):
    def __init__(self, recipe, data, stack):
        super().__init__()
        self.data, self.is_tagger = data, recipe.is_tagger
        self.embedding = torch.nn.Embedding(data.vocabulary, EMBED)
        width = EMBED
        if recipe.is_tagger:
            self.letters = torch.nn.Embedding(data.characters, CHARACTERS)
            self.speller = stack(CHARACTERS, SPELLER)
            width += 2 * SPELLER
        self.rnn = stack(width, HIDDEN)
        self.head = torch.nn.Linear(2 * HIDDEN, data.classes)
        self.field = Field(data.classes) if recipe.has_field else None
        self.dropout = torch.nn.Dropout(0.5)
        for table in (self.embedding, self.letters) if recipe.is_tagger else (self.embedding,):
            bound = (3 / table.embedding_dim) ** 0.5 if recipe.is_tagger else 0.17  # as recur begins, or of the same deviation
            torch.nn.init.uniform_(table.weight, -bound, bound)

    def spell(self, places):
        """Return the characters' vectors of the words at places: each different word is read once, the longest first."""
        forms, inverse = torch.unique(self.data.forms[places], return_inverse=True)
        lengths, order = self.data.form_lengths[forms].sort(descending=True)
        letters = pack_padded_sequence(self.data.spellings[forms[order], : int(lengths[0])], lengths, batch_first=True)
        _, ends = self.speller(letters, self.letters(letters.data))
        rank = torch.empty_like(order)
        rank[order] = torch.arange(len(order))
        return ends[rank[inverse]]

    def hide(self, words):
        hidden = self.data.rare[words] & (torch.rand(len(words)) < HIDE)
        return words.masked_fill(hidden, 0)

    def loss(self, items):
        """Return the mean loss of the items, which are sorted by falling length."""
        packed = self.data.pack(items)
        places = packed.data
        words = self.data.words[places]
        x = self.embedding(self.hide(words) if self.is_tagger else words)
        if self.is_tagger:
            x = torch.cat([x, self.spell(places)], 1)
        output, ends = self.rnn(packed, self.dropout(x))
        scores = self.head(self.dropout(output if self.is_tagger else ends))
        wanted = self.data.wanted[places if self.is_tagger else items]
        if self.field:
            return self.field(packed, scores, wanted)
        return torch.nn.functional.cross_entropy(scores, wanted)


# ---- training ----


def make_optimiser(model):
    """Return Adam, in one pass over the memory where this PyTorch can do so on a CPU."""
    is_new = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 4)
    has_fused = is_new and "fused" in inspect.signature(torch.optim.Adam).parameters
    return torch.optim.Adam(model.parameters(), lr=0.002, **({"fused": True} if has_fused else {}))


def train_epoch(model, batch):
    """Return the seconds of an epoch and the losses of its steps."""
    optimiser = make_optimiser(model)
    losses, start = [], time.monotonic()
    for items in model.data.batches(batch):
        loss = model.loss(items)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimiser.step()
        losses.append(loss.item())
    return time.monotonic() - start, losses


def main():
    name, path, form, threads = sys.argv[1:]
    recipe = RECIPES[name]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)  # as recur computes
    torch.manual_seed(1)
    model = Model(recipe, Data(recipe, path), {"packed": Packed, "padded": Padded}[form])
    seconds, losses = train_epoch(model, recipe.batch)
    print(
        json.dumps(
            {"seconds": seconds, "steps": len(losses), "loss": statistics.mean(losses[-LAST:]), "version": torch.__version__},
        )
    )


main()
