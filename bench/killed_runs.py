"""Kills a training with -9 again and again and shows that nothing was lost.

    python -m bench.killed_runs [--kills 30] [--inside-writes 10] [--epochs 40]

One run is left alone; a second one of the same settings is killed at random moments, the first
`--inside-writes` times while it is writing a checkpoint, and resumed each time. Both must end with
the same weights, bit for bit. Takes some fifteen seconds a kill, most of it to start TensorFlow.
"""

import argparse
import hashlib
import os
import random
import tempfile
import time
from pathlib import Path

import psutil

from fer import zoo
from fer.training import Run, RunConfig, start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--inside-writes", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FER_HOME"] = home
        alone = start(config(asked.epochs))
        wait(alone)
        killed = start(config(asked.epochs))
        resumed = 0
        for number in range(asked.kills):
            inside = number < asked.inside_writes
            where = kill(killed, rng, inside)
            if where is None:
                raise SystemExit(f"the run ended before kill {number + 1}: give more --epochs")
            resumed += killed.status().state == "interrupted"
            print(f"kill {number + 1}: {where}, step {killed.status().step}", flush=True)
            killed.resume()
        wait(killed)
        same = weights(home, alone.name) == weights(home, killed.name)
        print(
            f"{asked.kills} kills, {resumed} shown as interrupted, final weights identical: {same}"
        )
        raise SystemExit(0 if same and resumed == asked.kills else 1)


def config(epochs: int) -> RunConfig:
    """A run with augmentation and averaged weights on drawn faces."""
    recipe = (
        zoo.get("spec")
        .recipe("best")
        .with_changes(epochs=epochs, patience=0, erasing=0.3, batch_size=64, mixup=0.2)
    )
    return RunConfig("spec", "drawn", "best", recipe)


def kill(run: Run, rng: random.Random, inside_write: bool) -> str | None:
    """Kill the run's worker; where it was, or None if it ended first."""
    begun = run.status().step
    while (status := run.status()).is_live and (status.pid is None or status.step <= begun):
        time.sleep(0.02)
    until = time.monotonic() + rng.uniform(0, 6)
    while status.is_live:
        writing = any(run.path.glob(".checkpoint-*"))
        if writing if inside_write else time.monotonic() > until:
            psutil.Process(status.pid).kill()
            while run.status().is_live:
                time.sleep(0.01)
            left = any(run.path.glob(".checkpoint-*"))
            return "inside a checkpoint write" if left else "between writes"
        # A write lasts some ten milliseconds: looking for one must be quick.
        time.sleep(0.0005 if inside_write else 0.02)
        if not inside_write or rng.random() < 0.01:
            status = run.status()
    return None


def wait(run: Run) -> None:
    while run.status().is_live:
        time.sleep(0.2)
    if run.status().state != "done":
        raise SystemExit(f"{run.name}: {run.status().message}\n{run.log_tail()}")


def weights(home: str, name: str) -> str:
    """SHA-256 of the served file, which holds the weights and nothing that differs by time."""
    return hashlib.sha256((Path(home) / "models" / name / "model.tflite").read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
