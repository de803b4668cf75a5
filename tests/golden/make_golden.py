#!/usr/bin/env python3
"""Make the golden vectors: what PyTorch computes, in float64, for the tests in this directory.

    /usr/bin/python3 tests/golden/make_golden.py [DIRECTORY]

Random numbers come from Python's own generator, seeded by the name of the case, so that cases can be added without
changing the others. What goes in is rounded to float32 first: both number types of the library start from exactly
these values. What comes out is float64.

    recurrent.safetensors    whole stacks: outputs, final states and every gradient
    layers.safetensors       language models, linear layers and losses
    optimisers.safetensors   parameters after each of ten updates

SPDX-License-Identifier: MIT
"""
import itertools
import json
import random
import struct
import sys
from pathlib import Path

import torch
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CELLS = {"lstm": 0, "gru": 1, "rnn_tanh": 2, "rnn_relu": 3, "gru_before": 1}  # the numbers of recur_cell


# ---- numbers and files ----

def noise(rng, *shape, scale=1.0):
    """Uniform numbers from (-scale, scale) that float32 holds exactly."""
    count = 1
    for size in shape:
        count *= size
    values = [rng.uniform(-scale, scale) for _ in range(count)]
    return torch.tensor(values, dtype=torch.float32).to(torch.float64).reshape(shape)


def leaf(tensor):
    return tensor.clone().requires_grad_(True)


def gradient(tensor):
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


class Vectors:
    """Named tensors on their way into one file. Inputs are stored as F32, which is exact, results as F64."""

    def __init__(self):
        self.tensors = {}

    def given(self, name, tensor):
        narrow = tensor.detach().to(torch.float32)
        assert torch.equal(narrow.to(torch.float64), tensor.detach()), f"{name} is not exact in float32"
        self._keep(name, "F32", "f", tensor)

    def wanted(self, name, tensor):
        assert torch.isfinite(tensor).all(), f"{name} is not finite"
        self._keep(name, "F64", "d", tensor)

    def numbers(self, name, values):
        self.given(name, torch.tensor(values, dtype=torch.float64))

    def _keep(self, name, dtype, letter, tensor):
        assert name not in self.tensors, f"{name} twice"
        flat = tensor.detach().reshape(-1).tolist()
        self.tensors[name] = (dtype, list(tensor.shape), struct.pack(f"<{len(flat)}{letter}", *flat))

    def write(self, path):
        header, data = {"__metadata__": {"made by": "tests/golden/make_golden.py, PyTorch in float64"}}, b""
        for name, (dtype, shape, content) in sorted(self.tensors.items(), key=lambda item: (item[1][0] != "F64", item[0])):
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)
        print(f"{path}: {len(self.tensors)} tensors, {8 + len(text) + len(data)} bytes")


# ---- which configurations ----

OPTIONS = {
    "cell": list(CELLS),
    "layers": [1, 2, 3],
    "directions": [1, 2],
    "bias": [True, False],
    "projection": [False, True],
    "ragged": [False, True],
    "state": [False, True],
}


def legal_configurations():
    for values in itertools.product(*OPTIONS.values()):
        config = dict(zip(OPTIONS, values))
        if config["cell"] == "lstm" or not config["projection"]:
            yield config


def combinations_in(config, size):
    return set(itertools.combinations(config.items(), size))


def covering(size, seed):
    """Choose configurations, greedily, until every legal combination of `size` option values occurs in one of them."""
    candidates = list(legal_configurations())
    random.Random(seed).shuffle(candidates)
    missing = set().union(*(combinations_in(config, size) for config in candidates))
    chosen = []
    while missing:
        best = max(candidates, key=lambda config: len(combinations_in(config, size) & missing))
        missing -= combinations_in(best, size)
        candidates.remove(best)
        chosen.append(best)
    return chosen


def check_coverage(chosen):
    for size in (1, 2):
        legal = set().union(*(combinations_in(config, size) for config in legal_configurations()))
        found = set().union(*(combinations_in(config, size) for config in chosen))
        assert found == legal, f"not covered: {legal - found}"
        print(f"{len(chosen)} configurations cover {len(legal)} combinations of {size}")
    assert len(chosen) >= 60


def name_of(config):
    words = [config["cell"], f"{config['layers']}x{config['directions']}", "bias" if config["bias"] else "nobias"]
    words += [word for word in ("projection", "ragged", "state") if config[word]]
    return "-".join(words)


# ---- recurrent stacks ----

def module_for(config, sizes):
    cell, arguments = config["cell"], dict(num_layers=config["layers"], bias=config["bias"],
                                           bidirectional=config["directions"] == 2)
    if cell == "lstm":
        module = torch.nn.LSTM(sizes["I"], sizes["H"], proj_size=sizes["P"] if config["projection"] else 0, **arguments)
    elif cell.startswith("gru"):
        module = torch.nn.GRU(sizes["I"], sizes["H"], **arguments)
    else:
        module = torch.nn.RNN(sizes["I"], sizes["H"], nonlinearity=cell[4:], **arguments)
    return module.to(torch.float64)


def fill(module, rng, scale=0.6):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(noise(rng, *parameter.shape, scale=scale))


def gru_step(x, h, weights, reset_before):
    """One step of one sequence, PyTorch's order r z n. Before: n sees W_hn (r h). After: r (W_hn h + b_hn)."""
    w_ih, w_hh, b_ih, b_hh = weights
    H = h.shape[-1]
    ax, ah = w_ih @ x + b_ih, w_hh[:2 * H] @ h + b_hh[:2 * H]
    r, z = torch.sigmoid(ax[:H] + ah[:H]), torch.sigmoid(ax[H:2 * H] + ah[H:])
    if reset_before:
        n = torch.tanh(ax[2 * H:] + w_hh[2 * H:] @ (r * h) + b_hh[2 * H:])
    else:
        n = torch.tanh(ax[2 * H:] + r * (w_hh[2 * H:] @ h + b_hh[2 * H:]))
    return (1 - z) * n + z * h


def gru_by_hand(module, x, h0, lengths, reset_before):
    """A whole stack of GRUs, sequence by sequence: PyTorch has no reset before the product."""
    D, H = 2 if module.bidirectional else 1, module.hidden_size
    outputs, finals = [], []
    for b, length in enumerate(lengths):
        rows, states = list(x[:length, b]), []
        for layer in range(module.num_layers):
            sides = []
            for direction in range(D):
                weights = list(module.all_weights[layer * D + direction])
                if not module.bias:
                    weights += [torch.zeros(3 * H, dtype=torch.float64)] * 2
                h, side = h0[layer * D + direction, b], []
                for row in rows[::-1] if direction else rows:
                    h = gru_step(row, h, weights, reset_before)
                    side.append(h)
                states.append(h)
                sides.append(side[::-1] if direction else side)
            rows = [torch.cat(parts) for parts in zip(*sides)]
        padding = [torch.zeros(D * H, dtype=torch.float64)] * (x.shape[0] - length)
        outputs.append(torch.stack(rows + padding))
        finals.append(torch.stack(states))
    return torch.stack(outputs, dim=1), torch.stack(finals, dim=1)


def run_stack(config, module, x, states, lengths):
    """Return output [T,B,D*P], padded with zeros, and the final states, in the caller's order."""
    if config["cell"] == "gru_before":
        output, h = gru_by_hand(module, x, states[0], lengths, reset_before=True)
        return output, [h]
    given = tuple(states) if config["cell"] == "lstm" else states[0]
    if config["ragged"]:
        packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        output, final = module(packed, given)
        output, _ = pad_packed_sequence(output, total_length=x.shape[0])
    else:
        output, final = module(x, given)
    return output, list(final) if config["cell"] == "lstm" else [final]


def check_hand(rng):
    """The equation written by hand is PyTorch's, but for the place of the reset."""
    module = torch.nn.GRU(3, 4, num_layers=2, bidirectional=True).to(torch.float64)
    fill(module, rng)
    x, h0 = noise(rng, 5, 3, 3), noise(rng, 4, 3, 4)
    output, final = gru_by_hand(module, x, h0, [5, 5, 5], reset_before=False)
    wanted, wanted_final = module(x, h0)
    assert torch.allclose(output, wanted, atol=1e-13) and torch.allclose(final, wanted_final, atol=1e-13)


def sizes_for(rng):
    sizes = {"I": rng.randint(3, 5), "H": rng.randint(4, 6), "T": rng.randint(5, 7), "B": rng.randint(3, 4)}
    sizes["P"] = rng.randint(2, 3)
    return sizes


def ragged_lengths(rng, T, B):
    """Unsorted, the longest T, one of them 1, never the longest first."""
    lengths = [1, T] + [rng.randint(2, T - 1) for _ in range(B - 2)]
    while lengths[0] == T:
        rng.shuffle(lengths)
    rng.shuffle(lengths)
    return lengths


def recurrent_case(vectors, config):
    name = name_of(config)
    rng = random.Random(name)
    sizes = sizes_for(rng)
    T, B, H, P = sizes["T"], sizes["B"], sizes["H"], sizes["P"] if config["projection"] else sizes["H"]
    lengths = ragged_lengths(rng, T, B) if config["ragged"] else [T] * B
    module = module_for(config, sizes)
    fill(module, rng)
    k = config["layers"] * config["directions"]
    widths = [P, H] if config["cell"] == "lstm" else [P]
    states = [leaf(noise(rng, k, B, width) if config["state"] else torch.zeros(k, B, width, dtype=torch.float64))
              for width in widths]
    x = leaf(noise(rng, T, B, sizes["I"]))
    output, finals = run_stack(config, module, x, states, lengths)
    weights = [noise(rng, *tensor.shape) for tensor in [output] + finals]
    sum((weight * tensor).sum() for weight, tensor in zip(weights, [output] + finals)).backward()

    vectors.numbers(f"{name}/spec", [CELLS[config["cell"]], sizes["I"], H, config["layers"], P if P < H else 0,
                                     config["directions"], not config["bias"], config["cell"] == "gru_before", T, B])
    if config["ragged"]:
        vectors.numbers(f"{name}/lengths", lengths)
    vectors.given(f"{name}/x", x)
    vectors.wanted(f"{name}/dx", gradient(x))
    for letter, tensor, weight in zip(["y", "h", "c"], [output] + finals, weights):
        vectors.given(f"{name}/w{letter}", weight)
        vectors.wanted(f"{name}/{letter}", tensor)
    for letter, state in zip("hc", states):
        if config["state"]:
            vectors.given(f"{name}/{letter}0", state)
            vectors.wanted(f"{name}/d{letter}0", gradient(state))
    keep_parameters(vectors, name, module.named_parameters())


def keep_parameters(vectors, name, parameters):
    for key, parameter in parameters:
        vectors.given(f"{name}/w/{key}", parameter)
        vectors.wanted(f"{name}/d/{key}", gradient(parameter))


def make_recurrent():
    check_hand(random.Random("hand"))
    chosen = covering(size=4, seed=1)
    check_coverage(chosen)
    vectors = Vectors()
    for config in chosen:
        recurrent_case(vectors, config)
    return vectors


# ---- layers around them ----

REDUCTIONS = ["mean", "sum", "sum_over_time"]  # the order of recur_reduction


def rows_of(tensor, lengths):
    """The rows of a padded [T,B,...] one sequence after the other: the order of the sums does not matter here."""
    return torch.cat([tensor[:length, b] for b, length in enumerate(lengths)])


def cross_entropy(logits, targets, lengths, reduction):
    """logits [T,B,V], targets [T,B] with -1 for those that do not count."""
    rows, ids = rows_of(logits, lengths), rows_of(targets, lengths)
    loss = functional.cross_entropy(rows, ids, ignore_index=-1, reduction="mean" if reduction == "mean" else "sum")
    return loss / len(lengths) if reduction == "sum_over_time" else loss


class LanguageModel(torch.nn.Module):
    def __init__(self, cell, V, E, H, tie, bias):
        super().__init__()
        config = {"cell": cell, "layers": 2, "bias": True, "directions": 1, "projection": False}
        self.V = V
        self.embedding = torch.nn.Embedding(V, E) if E else None
        self.rnn = module_for(config, {"I": E or V, "H": H})
        self.head = torch.nn.Linear(H, V, bias=bias)
        self.tie = tie
        self.to(torch.float64)
        fill(self, random.Random(f"weights {cell} {V} {E} {H} {tie} {bias}"))
        if tie:
            self.head.weight = self.embedding.weight

    def forward(self, tokens, lengths):
        x = self.embedding(tokens) if self.embedding else functional.one_hot(tokens, self.V).to(torch.float64)
        packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        output, _ = pad_packed_sequence(self.rnn(packed)[0], total_length=tokens.shape[0])
        return self.head(output)


def model_case(vectors, name, cell, embed, tie, bias, lengths, ignored, reduction):
    rng = random.Random(name)
    V, H, T, B = 7, 5, max(lengths), len(lengths)
    model = LanguageModel(cell, V, embed, H, tie, bias)
    tokens = torch.tensor([[rng.randrange(V) for _ in range(B)] for _ in range(T)])
    targets = torch.tensor([[-1 if rng.random() < ignored else rng.randrange(V) for _ in range(B)] for _ in range(T)])
    logits = model(tokens, lengths)
    loss = cross_entropy(logits, targets, lengths, reduction)
    loss.backward()
    vectors.numbers(f"model-{name}/spec", [CELLS[cell], V, embed, H, tie, not bias, REDUCTIONS.index(reduction), T, B])
    vectors.numbers(f"model-{name}/lengths", lengths)
    vectors.numbers(f"model-{name}/tokens", tokens.tolist())
    vectors.numbers(f"model-{name}/targets", targets.tolist())
    steps = torch.arange(T)[:, None, None]
    vectors.wanted(f"model-{name}/logits", logits * (steps < torch.tensor(lengths)[None, :, None]))
    vectors.wanted(f"model-{name}/loss", loss.reshape(1))
    keep_parameters(vectors, f"model-{name}", model.named_parameters())


def linear_case(vectors, name, shape, output, bias):
    rng = random.Random(f"linear {name}")
    module = torch.nn.Linear(shape[-1], output, bias=bias).to(torch.float64)
    fill(module, rng)
    x = leaf(noise(rng, *shape))
    y = module(x)
    weight = noise(rng, *y.shape)
    (weight * y).sum().backward()
    vectors.numbers(f"linear-{name}/spec", [shape[-1], output, not bias])
    vectors.given(f"linear-{name}/x", x)
    vectors.given(f"linear-{name}/wy", weight)
    vectors.wanted(f"linear-{name}/y", y)
    vectors.wanted(f"linear-{name}/dx", gradient(x))
    keep_parameters(vectors, f"linear-{name}", module.named_parameters(prefix="linear"))


def entropy_case(vectors, name, lengths, ignored, reduction, scale):
    rng = random.Random(f"entropy {name}")
    T, B, V = max(lengths), len(lengths), 6
    logits = leaf(noise(rng, T, B, V, scale=scale))
    targets = torch.tensor([[-1 if rng.random() < ignored else rng.randrange(V) for _ in range(B)] for _ in range(T)])
    loss = cross_entropy(logits, targets, lengths, reduction)
    loss.backward()
    vectors.numbers(f"entropy-{name}/spec", [REDUCTIONS.index(reduction), V, T, B])
    vectors.numbers(f"entropy-{name}/lengths", lengths)
    vectors.numbers(f"entropy-{name}/targets", targets.tolist())
    vectors.given(f"entropy-{name}/x", logits)
    vectors.wanted(f"entropy-{name}/loss", loss.reshape(1))
    vectors.wanted(f"entropy-{name}/dx", gradient(logits))


def squares_case(vectors, name, reduction, shape):
    rng = random.Random(f"squares {name}")
    a, b = leaf(noise(rng, *shape)), leaf(noise(rng, *shape))
    loss = functional.mse_loss(a, b, reduction=reduction)
    loss.backward()
    vectors.numbers(f"squares-{name}/spec", [REDUCTIONS.index(reduction)])
    vectors.given(f"squares-{name}/a", a)
    vectors.given(f"squares-{name}/b", b)
    vectors.wanted(f"squares-{name}/loss", loss.reshape(1))
    vectors.wanted(f"squares-{name}/da", gradient(a))
    vectors.wanted(f"squares-{name}/db", gradient(b))


def make_layers():
    vectors = Vectors()
    ragged, equal = [2, 6, 1, 4], [5, 5, 5]
    for cell in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        model_case(vectors, f"embedding-{cell}", cell, 4, False, True, ragged, 0, "mean")
        model_case(vectors, f"onehot-{cell}", cell, 0, False, True, ragged, 0, "sum")
    model_case(vectors, "tied", "lstm", 5, True, True, ragged, 0, "mean")
    model_case(vectors, "tied-nobias", "gru", 5, True, False, equal, 0.3, "sum_over_time")
    model_case(vectors, "ignored", "lstm", 4, False, False, ragged, 0.4, "mean")
    linear_case(vectors, "rows", (7, 5), 3, True)
    linear_case(vectors, "rows-nobias", (7, 5), 3, False)
    linear_case(vectors, "cube", (4, 3, 5), 6, True)
    linear_case(vectors, "wide", (2, 3), 19, True)
    for reduction in REDUCTIONS:
        entropy_case(vectors, reduction, ragged, 0, reduction, 2.0)
        entropy_case(vectors, f"{reduction}-ignored", equal, 0.4, reduction, 2.0)
    entropy_case(vectors, "steep", equal, 0, "mean", 60.0)
    squares_case(vectors, "mean", "mean", (4, 3, 2))
    squares_case(vectors, "sum", "sum", (5, 3))
    return vectors


# ---- optimisers ----

UPDATES = 10
SGD, ADAM, ADAMW, RMSPROP = 3, 0, 1, 2  # the numbers of recur_optim
OPTIMISERS = {  # name: number, PyTorch's class, its arguments
    "sgd": (SGD, torch.optim.SGD, dict(lr=0.1)),
    "sgd-momentum": (SGD, torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    "sgd-decay": (SGD, torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    "sgd-momentum-decay": (SGD, torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    "adam": (ADAM, torch.optim.Adam, dict(lr=0.02)),
    "adam-decay": (ADAM, torch.optim.Adam, dict(lr=0.02, weight_decay=0.05)),
    "adam-betas": (ADAM, torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.99), eps=1e-3)),
    "adamw": (ADAMW, torch.optim.AdamW, dict(lr=0.02, weight_decay=0.05)),
    "rmsprop": (RMSPROP, torch.optim.RMSprop, dict(lr=0.02, alpha=0.95)),
    "rmsprop-momentum": (RMSPROP, torch.optim.RMSprop, dict(lr=0.02, alpha=0.95, momentum=0.9)),
    "rmsprop-decay": (RMSPROP, torch.optim.RMSprop, dict(lr=0.02, weight_decay=0.05)),
}
CLIPS = {"free": (0, 0), "norm": (0.4, 0), "value": (0, 0.08), "both": (0.15, 0.08)}  # name: greatest norm, greatest value


class Regression(torch.nn.Module):
    def __init__(self, rng):
        super().__init__()
        self.rnn = torch.nn.RNN(3, 4)
        self.head = torch.nn.Linear(4, 2)
        self.to(torch.float64)
        fill(self, rng)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def optimiser_case(vectors, name, kind, make, arguments, clip):
    """Ten updates. Returns how many of them the norm was clipped in."""
    model = Regression(random.Random("regression"))
    rng = random.Random("regression data")
    x, target = noise(rng, 6, 3, 3), noise(rng, 6, 3, 2)
    vectors.numbers(f"{name}/spec", [kind])
    beta1, beta2 = arguments.get("betas", (0, 0))
    options = [arguments["lr"], arguments.get("momentum", 0), beta1, beta2, arguments.get("eps", 0),
               arguments.get("alpha", 0), arguments.get("weight_decay", 0), *clip]
    vectors.wanted(f"{name}/options", torch.tensor(options, dtype=torch.float64))
    if name == "sgd-free":
        vectors.given("x", x)
        vectors.given("target", target)
        for key, parameter in model.named_parameters():
            vectors.given(f"start/{key}", parameter)
    optimiser = make(model.parameters(), **arguments)
    losses, norms, history = [], [], {key: [] for key, _ in model.named_parameters()}
    for _ in range(UPDATES):
        optimiser.zero_grad()
        loss = functional.mse_loss(model(x), target)
        loss.backward()
        if clip[1]:
            clip_grad_value_(model.parameters(), clip[1])
        norms.append(clip_grad_norm_(model.parameters(), clip[0] or float("inf")).item())
        optimiser.step()
        losses.append(loss.item())
        for key, parameter in model.named_parameters():
            history[key].append(parameter.detach().clone())
    vectors.wanted(f"{name}/losses", torch.tensor(losses, dtype=torch.float64))
    if not clip[1]:
        vectors.wanted(f"{name}/norms", torch.tensor(norms, dtype=torch.float64))
    for key, values in history.items():
        vectors.wanted(f"{name}/after/{key}", torch.stack(values))
    return sum(norm > clip[0] for norm in norms) if clip[0] else None


def make_optimisers():
    vectors, clipped = Vectors(), []
    for name, (kind, make, arguments) in OPTIMISERS.items():
        for clip_name, clip in CLIPS.items():
            clipped.append(optimiser_case(vectors, f"{name}-{clip_name}", kind, make, arguments, clip))
    counts = [count for count in clipped if count is not None]
    assert any(0 < count < UPDATES for count in counts), "no run clips some updates and not others"
    print(f"{len(clipped)} runs of {UPDATES} updates; norm clipped in {counts}")
    return vectors


def main():
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    torch.set_num_threads(1)
    for name, make in (("recurrent", make_recurrent), ("layers", make_layers), ("optimisers", make_optimisers)):
        make().write(directory / f"{name}.safetensors")


if __name__ == "__main__":
    main()
