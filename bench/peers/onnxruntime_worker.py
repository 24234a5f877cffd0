#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's LSTM and GRU (reset after), forward, fp32; needs the packages onnxruntime, onnx and numpy.

Speaks the protocol of the benchmark programs' --serve: a line "lstm/fp32/B16/T256/N1/D256/t1/inf" in, a line of JSON
out. Pass `proj_inf` is the input projection alone, as ONNX Runtime's own MatMul with constant weights.
"""

import json
import re
import statistics
import sys
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

NAME = re.compile(r"(lstm|gru)/fp32/B(\d+)/T(\d+)/N1/D(\d+)/t(\d+)$")
LONG_MS = 250
GATES = {"lstm": 4, "gru": 3}
INPUT = 32  # features, as in bench_onednn: what is measured apart and subtracted is to be small


def weight(rng, name, shape, limit):
    values = rng.uniform(-limit, limit, shape).astype(np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, shape, values.tobytes(), raw=True)


def model(node, inputs, weights):
    graph = helper.make_graph(
        [node], "benchmark",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    return made.SerializeToString()


def rnn_model(cell, batch, steps, units):
    rng = np.random.default_rng(1)
    limit = units ** -0.5
    rows = GATES[cell] * units
    attributes = {"hidden_size": units}
    if cell == "gru":
        attributes["linear_before_reset"] = 1
    node = helper.make_node(cell.upper(), ["X", "W", "R", "B"], ["Y"], **attributes)
    weights = [weight(rng, "W", [1, rows, INPUT], limit), weight(rng, "R", [1, rows, units], limit),
               weight(rng, "B", [1, 2 * rows], limit)]
    return model(node, [("X", [steps, batch, INPUT])], weights)


def projection_model(cell, batch, steps, units):
    rng = np.random.default_rng(1)
    node = helper.make_node("MatMul", ["X", "W"], ["Y"])
    return model(node, [("X", [steps * batch, INPUT])],
                 [weight(rng, "W", [INPUT, GATES[cell] * units], units ** -0.5)])


def open_call(cell, batch, steps, units, threads, which):
    """A function without arguments that runs the model once, on memory bound before."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    make = rnn_model if which == "inf" else projection_model
    session = ort.InferenceSession(make(cell, batch, steps, units), options, providers=["CPUExecutionProvider"])
    shape = [steps, batch, INPUT] if which == "inf" else [steps * batch, INPUT]
    values = np.random.default_rng(2).uniform(-1, 1, shape).astype(np.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input("X", ort.OrtValue.ortvalue_from_numpy(values))
    binding.bind_output("Y")
    session.run_with_iobinding(binding)
    binding.bind_ortvalue_output("Y", binding.get_outputs()[0])
    run = ort.RunOptions()
    return lambda: session.run_with_iobinding(binding, run)


def measure(call, min_seconds):
    samples = []
    start = time.perf_counter()
    # The first call finds the caches as another program has left them; a long one does not notice.
    while len(samples) < 2 and not (samples and samples[0] > LONG_MS) or time.perf_counter() - start < min_seconds:
        begin = time.perf_counter()
        call()
        samples.append(1e3 * (time.perf_counter() - begin))
    kept = samples[1:] or samples
    return {"median_ms": statistics.median(kept), "min_ms": min(kept), "samples": len(kept)}


def answer(line, cache, min_seconds):
    point, _, which = line.rpartition("/")
    match = NAME.match(point)
    if match is None or which not in ("inf", "proj_inf"):
        return {"error": f"no benchmark named {line}"}
    if cache.get("point") != point:
        cache.clear()
        cache["point"] = point
    if which not in cache:
        cell = match.group(1)
        cache[which] = open_call(cell, *(int(text) for text in match.groups()[1:]), which)
        cache[which]()
    return measure(cache[which], min_seconds)


def main():
    min_seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.02
    print(json.dumps({"library": f"ONNX Runtime {ort.__version__} (onnx {onnx.__version__})"}), flush=True)
    cache = {}
    for line in sys.stdin:
        try:
            result = answer(line.strip(), cache, min_seconds)
        except Exception as error:  # the driver shows it and goes on with the other points
            result = {"error": str(error)}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
