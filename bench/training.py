"""Training throughput of a network beside plain Keras and PyTorch, interleaved in one run.

    python -m bench.training [--arch spec] [--batch 128] [--rounds 3] [--torch PYTHON]

`--torch` is the interpreter of an environment with a CPU build of PyTorch (they are kept apart: two
frameworks in one process fight over its threads). Ours has its full augmentation on and prepares
its batches itself; the peers are handed ready arrays. Each figure is the median over the rounds of
the mean over `--steps` steps, after warm-up, in a fresh process each time.

It ends with what share of the machine's measured matrix peak our training reaches (a step counted
as three times the forward pass, two operations a multiply-add), and with where a step's time goes:
every layer is run forward and backward alone, on arrays of its own shapes (which takes a little
longer than all of them in one graph).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

OURS = """
from fer import zoo
from fer.data import drawn_faces, make_split
from fer.training import network
from fer.training.batches import BatchSource
from fer.training.targets import Targets
entry = zoo.get(arch)
recipe = zoo.get("spec").recipe("best").with_changes(
    batch_size=batch, labels=entry.recipe(entry.default_recipe).labels, erasing=0.3)
data = drawn_faces().only(recipe.labels)
rows = make_split(data, "published").train
source = BatchSource(
    data, np.resize(rows, batch * (steps + 8)), Targets.of(data, rows, recipe), recipe,
    entry.input, 0)
precision = network.resolved_precision(recipe)
model = network.compiled(
    network.trainable(arch, len(recipe.labels), precision, recipe), recipe)
prepared = time.perf_counter()
for step in range(8):
    source.batch(0, step)
prepared = (time.perf_counter() - prepared) / 8
for step, parts in source.epoch(0):
    model.reset_metrics()
    model.train_on_batch(*parts, return_dict=True)
    if step == 7:
        started = time.perf_counter()
report(
    steps, time.perf_counter() - started, precision=precision, batch_ms=prepared * 1000,
    multiply_adds=network.multiply_adds(model))
"""
# Milliseconds of a training step by kind of layer.
LAYERS = """
import keras
import tensorflow as tf
from fer import zoo
from fer.training import network
recipe = zoo.get("spec").recipe("best")
model = network.trainable(arch, 7, precision, recipe)
rng = np.random.default_rng(0)
def some(tensor, dtype):
    return tf.constant(rng.standard_normal((batch, *tensor.shape[1:])), dtype)
kinds = {}
for layer in model.layers:
    if isinstance(layer, keras.layers.InputLayer):
        continue
    wanted = layer.input if isinstance(layer.input, list) else [layer.input]
    parts = [some(tensor, layer.compute_dtype) for tensor in wanted]
    above = some(layer.output, layer.compute_dtype)
    # Nobody asks for the gradient of the faces.
    inner = all(tensor is not model.input for tensor in wanted)
    @tf.function
    def both(parts, above, layer=layer, inner=inner):
        with tf.GradientTape() as tape:
            tape.watch(parts)
            out = layer(parts if len(parts) > 1 else parts[0], training=True)
        sources = [v.value for v in layer.trainable_variables] + (parts if inner else [])
        return tape.gradient(out, sources, above) if sources else out
    seconds = []
    for _ in range(2 + 9):
        started = time.perf_counter()
        both(parts, above)  # on a processor it returns when it is done
        seconds.append(time.perf_counter() - started)
    kind = type(layer).__name__
    kinds[kind] = kinds.get(kind, 0) + float(np.median(seconds[2:])) * 1000
print(json.dumps(kinds))
"""
PLAIN_KERAS = """
from fer import zoo
entry = zoo.get(arch)
classes = len(entry.recipe(entry.default_recipe).labels)
model = zoo.build(arch, classes)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
size = entry.input.size_px
x = np.random.default_rng(0).random((batch, size, size, 1), np.float32)
y = np.arange(batch) % classes
for _ in range(8):
    model.train_on_batch(x, y)
started = time.perf_counter()
for _ in range(steps):
    model.train_on_batch(x, y)
report(steps, time.perf_counter() - started, precision="float32")
"""
# The layers of `spec` alone: the architecture that the claim is about.
TORCH = """
import torch
from torch import nn
class Block(nn.Sequential):
    def __init__(self, before, after, pooled):
        parts = [nn.Conv2d(before, after, 3), nn.ReLU(), nn.BatchNorm2d(after)]
        super().__init__(*parts, *([nn.MaxPool2d(2)] if pooled else []))
plan = [(32, 0), (32, 0), (32, 0), (64, 1), (64, 0), (64, 1), (128, 1)]
widths = [1] + [width for width, _ in plan]
blocks = [Block(b, a, pooled) for b, a, (_, pooled) in zip(widths, widths[1:], plan)]
model = nn.Sequential(*blocks, nn.Conv2d(128, 128, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 7))
model = model.to(memory_format=torch.channels_last)
half, compiled = variant != "float32", variant == "bfloat16, compiled"
run = torch.compile(model) if compiled else model
optimizer, loss_of = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
x = torch.rand(batch, 1, 48, 48).to(memory_format=torch.channels_last)
y = torch.arange(batch) % 7
def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        loss = loss_of(run(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
for _ in range(8):
    step()
started = time.perf_counter()
for _ in range(steps):
    step()
report(steps, time.perf_counter() - started, precision=variant)
"""
PEAK = """
import keras
for name in ("float32", "bfloat16"):
    a = keras.ops.cast(np.random.default_rng(0).random((2048, 2048), np.float32), name)
    best = 1e9
    for _ in range(8):
        started = time.perf_counter()
        float(keras.ops.matmul(a, a)[0, 0])
        best = min(best, time.perf_counter() - started)
    print(json.dumps({"precision": name, "gflops": 2 * 2048**3 / best / 1e9}))
"""
HEADER = """
import json, sys, time
import numpy as np
def report(steps, seconds, **more):
    print(json.dumps({"images_per_s": steps * batch / seconds, **more}))
"""


def run(python: str, code: str, **variables: object) -> list[dict[str, float]]:
    """The JSON lines that `code` prints in a process of its own."""
    named = "\n".join(f"{name} = {value!r}" for name, value in variables.items())
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    program = textwrap.dedent(HEADER) + named + "\n" + textwrap.dedent(code)
    done = subprocess.run(
        [python, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", default="spec")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", help="python of an environment with PyTorch")
    asked = parser.parse_args()
    contenders = {
        "ours, augmentation on": (sys.executable, OURS, ""),
        "plain Keras": (sys.executable, PLAIN_KERAS, ""),
    }
    if asked.torch and asked.arch == "spec":
        for variant in ("float32", "bfloat16", "bfloat16, compiled"):
            contenders[f"PyTorch {variant}"] = (asked.torch, TORCH, variant)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for _ in range(asked.rounds):
        for name, (python, code, variant) in contenders.items():
            rows[name] += run(
                python, code, arch=asked.arch, batch=asked.batch, steps=asked.steps, variant=variant
            )
    speed = {name: statistics.median(r["images_per_s"] for r in got) for name, got in rows.items()}
    ours = speed["ours, augmentation on"]
    for name, value in speed.items():
        print(f"{name:28}{value:8.0f} images/s{ours / value:8.2f} x")
    first = rows["ours, augmentation on"]
    batch_ms = statistics.median(r["batch_ms"] for r in first)
    step_ms = 1000 * asked.batch / ours
    print(f"preparing a batch: {batch_ms:.1f} ms of {step_ms:.0f} ms ({batch_ms / step_ms:.1%})")
    precision = first[0]["precision"]
    reached = 3 * 2 * first[0]["multiply_adds"] * ours / 1e9
    peaks = {peak["precision"]: peak["gflops"] for peak in run(sys.executable, PEAK)}
    for number_format, gflops in peaks.items():
        print(f"matrix peak, {number_format}: {gflops:.0f} GFLOP/s")
    print(f"reached: {reached:.0f} GFLOP/s, {reached / peaks[precision]:.0%} of it")
    [kinds] = run(sys.executable, LAYERS, arch=asked.arch, batch=asked.batch, precision=precision)
    alone = sum(kinds.values())
    print(f"the layers one by one: {alone:.0f} ms (a whole step: {step_ms:.0f} ms), of which")
    for kind, milliseconds in sorted(kinds.items(), key=lambda item: -item[1]):
        print(f"  {kind:26}{milliseconds:6.0f} ms ({milliseconds / alone:.0%})")
    print(f"{asked.arch}, batch {asked.batch}, {precision}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
