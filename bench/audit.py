"""The audit of a data set, as a whole process: time, processor time and peak memory.

    python bench/audit.py fer2013 [--repeats 3]

DATA is a registered name or a path; reading it is not counted. Nothing is taken from the cache.
Beside it stands the plain way to find near twins: the product of all images with all images.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

COMMON = """
import json, os, resource, sys, time
from fer.data import open_dataset
dataset = open_dataset(sys.argv[1])
dataset.images[:].sum()  # from here on it is in memory
def spent():
    times = os.times()
    return times.user + times.system
started, before = time.perf_counter(), spent()
"""
AUDIT = """
from fer.audit import audit
found = audit(dataset).to_dict()
counts = {key: found[key] for key in ("n", "exact_repeats", "twins_in_training",
          "near_twins_in_training", "near_duplicates", "conflicting_labels", "blank", "not_a_face")}
"""
PLAIN = """
import numpy as np
x = dataset.images.reshape(-1, 24, 2, 24, 2).astype(np.float32).mean((2, 4))
x -= x.mean((1, 2), keepdims=True)
x /= np.maximum(np.sqrt((x * x).sum((1, 2), keepdims=True)), 1e-2)
straight, mirrored = x.reshape(len(x), -1), x[:, :, ::-1].reshape(len(x), -1)
pairs = 0
for start in range(0, len(x), 2048):
    for other in (straight, mirrored):
        near = straight[start:start + 2048] @ other[start:].T > 0.97
        pairs += int(np.triu(near, 1).sum())
counts = {"near pairs": pairs}
"""
REPORT = """
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
print(json.dumps({"wall": time.perf_counter() - started, "cpu": spent() - before,
                  "peak": peak / 1e6, "counts": counts}))
"""
PEERS = {"fer audit": AUDIT, "near twins, plain product": PLAIN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="a registered data set or a path")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in PEERS}
    counts = {}
    for _ in range(arguments.repeats):
        for name, code in PEERS.items():
            command = [sys.executable, "-c", COMMON + code + REPORT, arguments.data]
            result = json.loads(subprocess.check_output(command, env=environment, text=True))
            measured[name].append(result)
            counts[name] = result["counts"]
    print(f"{'':28}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}")
    for name, runs in measured.items():
        wall, cpu = (statistics.median(run[key] for run in runs) for key in ("wall", "cpu"))
        print(f"{name:28}{wall:8.2f}{cpu:8.2f}{max(run['peak'] for run in runs):9.0f}")
    print(f"{os.cpu_count()} cores; medians of {arguments.repeats}")
    print(json.dumps(counts["fer audit"]))


if __name__ == "__main__":
    main()
