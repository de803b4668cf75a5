#!/usr/bin/env python3
"""PyTorch's side of layers.py: torch.nn.LSTM, GRU, RNN; one step at a time the cells LSTMCell, GRUCell, RNNCell.

  layers_torch.py THREADS < cases > measurements

A training call is forward and backward to all weights and to the input. Clearing gradients is not timed, and costs PyTorch least as None.
SPDX-License-Identifier: MIT"""
import sys
import time

import torch

import side

LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
CELLS = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell, "rnn": torch.nn.RNNCell}


def expect(what, tensor, wanted):
    side.expect(what, tensor.shape, wanted, bool(torch.isfinite(tensor).all()))


def output_shape(case):
    T, B, _, H, _ = case["shape"]
    return T, B, 2 * H if case["bidirectional"] else H


def make(case):
    """Return a layer and its input."""
    T, B, I, H, L = case["shape"]
    layer = LAYERS[case["cell"]](I, H, num_layers=L, bidirectional=case["bidirectional"])
    return layer, 2 * torch.rand(T, B, I) - 1


def inference(case):
    layer, x = make(case)
    layer.eval()

    def run():
        with torch.inference_mode():
            began = time.perf_counter()
            y, _ = layer(x)
            return time.perf_counter() - began, y

    expect("the output", run()[1], output_shape(case))
    return lambda: run()[0]


def training(case):
    layer, x = make(case)
    x.requires_grad_()
    leaves = [x, *layer.parameters()]
    dy = torch.ones(output_shape(case))

    def call():
        for leaf in leaves:
            leaf.grad = None
        began = time.perf_counter()
        y, _ = layer(x)
        y.backward(dy)
        return time.perf_counter() - began

    call()
    for leaf in leaves:
        expect("a gradient", leaf.grad, leaf.shape)
    return call


def steps(case):
    _, B, I, H, L = case["shape"]
    cell, has_c = CELLS[case["cell"]](I, H).eval(), case["cell"] == "lstm"
    if L != 1 or case["bidirectional"]:
        raise ValueError("steps are timed for one layer in one direction")
    x = 2 * torch.rand(B, I) - 1
    carried = [torch.zeros(B, H) for _ in range(2)] if has_c else torch.zeros(B, H)

    def call():
        nonlocal carried
        with torch.inference_mode():
            state, began = carried, time.perf_counter()
            for _ in range(side.STEPS_PER_CALL):
                state = cell(x, state)
            took, carried = time.perf_counter() - began, state
        return took / side.STEPS_PER_CALL

    call()
    expect("the state", carried[0] if has_c else carried, (B, H))
    return call


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    prepare = {"infer": inference, "train": training, "step": steps}
    side.serve(f"PyTorch {torch.__version__}", lambda case: prepare[case["mode"]](case))


main()
