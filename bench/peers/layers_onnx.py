#!/usr/bin/env python3
"""ONNX Runtime's side of layers.py, inference only: the operators LSTM, GRU (linear_before_reset, PyTorch's form) and RNN.

  layers_onnx.py THREADS < cases > measurements

The weights are constants of the model, so that the runtime packs them when it loads it; inputs and outputs are bound to memory of ours, so that
nothing is copied at a call. The output is ONNX's own [T,D,B,H].
SPDX-License-Identifier: MIT"""
import sys
import time

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import side

OPERATORS = {"lstm": ("LSTM", 4), "gru": ("GRU", 3), "rnn": ("RNN", 1)}


def node(case, layer, source, weights, state):
    """Return the operator of one layer; its weights go into the list, its state comes from and goes to the names in state."""
    _, _, I, H, _ = case["shape"]
    operator, gates = OPERATORS[case["cell"]]
    D = 2 if case["bidirectional"] else 1
    random, bound = numpy.random.default_rng(layer), H**-0.5
    shapes = {"W": (D, gates * H, I if layer == 0 else H), "R": (D, gates * H, H), "B": (D, 2 * gates * H)}
    for name, shape in shapes.items():
        values = random.uniform(-bound, bound, shape).astype(numpy.float32)
        weights.append(numpy_helper.from_array(values, f"{name}{layer}"))
    inputs = [source, *(f"{name}{layer}" for name in shapes), ""] + [f"{name}_in" for name in state]
    attributes = {"hidden_size": H, "direction": "bidirectional" if D == 2 else "forward"}
    if operator == "GRU":
        attributes["linear_before_reset"] = 1
    y = [f"y{layer}"] if not state else [""]
    return helper.make_node(operator, inputs, [*y, *(f"{name}_out" for name in state)], **attributes)


def model_of(case, state):
    """Return a model of the stack: x in and y of the last layer out, or one step that takes and gives the state."""
    T, B, I, H, L = case["shape"]
    D = 2 if case["bidirectional"] else 1
    if L > 1 and (D == 2 or state):
        raise ValueError("stacks are timed in one direction and over whole sequences")

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    nodes, weights, source = [], [], "x"
    if L > 1:
        weights.append(numpy_helper.from_array(numpy.array([1]), "direction"))
    for layer in range(L):
        if layer > 0:  # [T,1,B,H] to [T,B,H]; no value moves
            nodes.append(helper.make_node("Squeeze", [source, "direction"], [f"x{layer}"]))
            source = f"x{layer}"
        nodes.append(node(case, layer, source, weights, state))
        source = f"y{layer}"
    inputs = [value("x", T, B, I), *(value(f"{name}_in", D, B, H) for name in state)]
    outputs = [value(f"{name}_out", D, B, H) for name in state] or [value(source, T, D, B, H)]
    graph = helper.make_graph(nodes, "layers", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8), (T, D, B, H)


def session_of(model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def array(shape, bound=0.0):
    values = numpy.random.default_rng(0).uniform(-bound, bound, shape).astype(numpy.float32)
    return onnxruntime.OrtValue.ortvalue_from_numpy(values)


def expect(what, value, wanted):
    values = value.numpy()
    side.expect(what, values.shape, wanted, bool(numpy.isfinite(values).all() and values.any()))


def inference(case, threads):
    T, B, I, _, L = case["shape"]
    model, shape = model_of(case, ())
    session, y = session_of(model, threads), array(shape)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", array((T, B, I), 1))
    binding.bind_ortvalue_output(f"y{L - 1}", y)

    def call():
        began = time.perf_counter()
        session.run_with_iobinding(binding)
        return time.perf_counter() - began

    call()
    expect("the output", y, shape)
    return call


def steps(case, threads):
    """Two bindings take turns: what one writes, the other reads."""
    _, B, I, H, _ = case["shape"]
    names = ("h", "c") if case["cell"] == "lstm" else ("h",)
    model, _ = model_of(dict(case, shape=[1, *case["shape"][1:]]), names)
    session, x = session_of(model, threads), array((1, B, I), 1)
    states = [{name: array((1, B, H)) for name in names} for _ in range(2)]
    bindings = [session.io_binding() for _ in range(2)]
    for turn, binding in enumerate(bindings):
        binding.bind_ortvalue_input("x", x)
        for name in names:
            binding.bind_ortvalue_input(f"{name}_in", states[turn][name])
            binding.bind_ortvalue_output(f"{name}_out", states[1 - turn][name])

    def call():
        began = time.perf_counter()
        for _ in range(side.STEPS_PER_CALL // 2):
            session.run_with_iobinding(bindings[0])
            session.run_with_iobinding(bindings[1])
        return (time.perf_counter() - began) / side.STEPS_PER_CALL

    call()
    expect("the state", states[0]["h"], (1, B, H))
    return call


def main():
    threads = int(sys.argv[1])
    prepare = {"infer": inference, "step": steps}
    side.serve(f"ONNX Runtime {onnxruntime.__version__}", lambda case: prepare[case["mode"]](case, threads))


main()
