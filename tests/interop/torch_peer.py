#!/usr/bin/env python3
"""The other side of test_torch.c: PyTorch loads what recur saved, and saves what recur loads.

  torch_peer.py DIR    reads DIR/models and DIR/cases, one case per line

  models   NAME embed tie cell hidden layers projection: DIR/NAME.safetensors must load into torch.nn modules without a missing or
           unexpected key, and give the logits that DIR/NAME.logits.safetensors holds (with their tokens)
  cases    NAME cell input hidden layers bidirectional projection bias: writes random weights to DIR/NAME.safetensors, and input,
           output and final states to DIR/NAME.io.safetensors

Exits with 77 where PyTorch or safetensors is missing, with 1 and a line on stderr where something differs.
SPDX-License-Identifier: MIT"""
import sys

try:
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(77)

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def stack(cell, inputs, hidden, layers, bidirectional=False, projection=0, bias=True):
    """Return the torch.nn module of a recurrent stack."""
    options = dict(num_layers=layers, bidirectional=bidirectional, bias=bias)
    if cell == "lstm":
        return torch.nn.LSTM(inputs, hidden, proj_size=projection, **options)
    if cell == "gru":
        return torch.nn.GRU(inputs, hidden, **options)
    return torch.nn.RNN(inputs, hidden, nonlinearity=cell.removeprefix("rnn_"), **options)


class LanguageModel(torch.nn.Module):
    """The modules of a recur language model, under the names that its file uses."""

    def __init__(self, vocabulary, embed, cell, hidden, layers, projection, bias):
        super().__init__()
        self.vocabulary = vocabulary
        if embed:
            self.embedding = torch.nn.Embedding(vocabulary, embed)
        self.rnn = stack(cell, embed or vocabulary, hidden, layers, projection=projection, bias=bias)
        self.head = torch.nn.Linear(projection or hidden, vocabulary)

    def forward(self, tokens):
        if hasattr(self, "embedding"):
            x = self.embedding(tokens)
        else:
            x = torch.nn.functional.one_hot(tokens, self.vocabulary).to(self.head.weight.dtype)
        return self.head(self.rnn(x)[0])


def check_model(directory, name, embed, tie, cell, hidden, layers, projection):
    weights = load_file(f"{directory}/{name}.safetensors")
    wanted = load_file(f"{directory}/{name}.logits.safetensors")
    dtype = weights["head.bias"].dtype
    if tie:
        weights["head.weight"] = weights["embedding.weight"]
    bias = "rnn.bias_ih_l0" in weights
    model = LanguageModel(weights["head.bias"].shape[0], embed, cell, hidden, layers, projection, bias).to(dtype)
    model.load_state_dict(weights, strict=True)
    with torch.no_grad():
        logits = model(wanted["tokens"].long()[:, None])[:, 0]
    difference = (logits - wanted["logits"]).abs().max() / logits.abs().max()
    if wanted["logits"].dtype != dtype or not difference <= TOLERANCE[dtype]:
        sys.exit(f"{name}: logits of {dtype} differ by {difference:.2e}, wanted at most {TOLERANCE[dtype]:.0e}")


def write_case(directory, name, cell, inputs, hidden, layers, bidirectional, projection, bias):
    module = stack(cell, inputs, hidden, layers, bool(bidirectional), projection, bool(bias))
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.uniform_(-0.6, 0.6)
        x = torch.randn(7, 3, inputs)
        output, state = module(x)
    h, c = state if cell == "lstm" else (state, None)
    tensors = {"x": x, "output": output, "h": h}
    if c is not None:
        tensors["c"] = c
    save_file({key: value.contiguous() for key, value in module.state_dict().items()}, f"{directory}/{name}.safetensors")
    save_file({key: value.contiguous() for key, value in tensors.items()}, f"{directory}/{name}.io.safetensors")


def lines(path, words):
    """Yield the fields of each line; those not among the positions `words` are integers."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield [field if i in words else int(field) for i, field in enumerate(line.split())]


def main():
    directory = sys.argv[1]
    torch.manual_seed(1)
    torch.set_num_threads(1)
    for fields in lines(f"{directory}/models", (0, 3)):
        check_model(directory, *fields)
    for fields in lines(f"{directory}/cases", (0, 1)):
        write_case(directory, *fields)


main()
