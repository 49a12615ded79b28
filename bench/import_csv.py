"""Importing fer2013.csv beside the ways in which people read it, each as a whole process.

    python -m bench.import_csv fer2013.csv [--repeats 3]

Prints wall time and peak memory of each, the repeats interleaved, and the time to open what was
imported. pandas and pyarrow come with Streamlit.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEERS = {
    "pandas, split": """
import numpy as np, pandas as pd
table = pd.read_csv({path!r})
pixels = np.array([np.array(row.split(), dtype="uint8") for row in table["pixels"]])
""",
    "np.fromstring a row": """
import csv, numpy as np, warnings
warnings.simplefilter("ignore")
with open({path!r}) as file:
    pixels = np.array([np.fromstring(r["pixels"], np.uint8, sep=" ") for r in csv.DictReader(file)])
""",
    "pyarrow, split and cast": """
import numpy as np, pyarrow.csv, pyarrow.compute as pc, pyarrow as pa
options = pyarrow.csv.ReadOptions(block_size=64 << 20)
parts = pyarrow.csv.read_csv({path!r}, read_options=options)["pixels"]
pixels = np.concatenate([
    pc.split_pattern(part, " ").flatten().cast(pa.uint8()).to_numpy() for part in parts.chunks
])
""",
    "fer data import": """
from fer.data import import_dataset
import_dataset({path!r}, "bench", replace=True)
""",
}
OPEN = """
import time
from fer.data import open_dataset
started = time.perf_counter()
dataset = open_dataset("bench")
dataset.images[0], dataset.images[-1]
print(time.perf_counter() - started)
"""


def run(code: str, environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak MB of one process."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit("a peer failed; see above")
    return seconds, usage.ru_maxrss / (1 if sys.platform == "darwin" else 1024) / 1.048576


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    path = str(arguments.csv.resolve())
    root = str(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "FER_HOME": home, "PYTHONPATH": root}
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in PEERS}
        for _ in range(arguments.repeats):
            for name, code in PEERS.items():
                measured[name].append(run(code.format(path=path), environment))
        opened = [
            float(subprocess.check_output([sys.executable, "-c", OPEN], env=environment, text=True))
            for _ in range(max(3, arguments.repeats))
        ]
    own = statistics.median(seconds for seconds, _ in measured["fer data import"])
    print(f"{'':26}{'seconds':>9}{'peak MB':>9}{'times ours':>12}")
    for name, runs in measured.items():
        seconds = statistics.median(s for s, _ in runs)
        print(f"{name:26}{seconds:9.2f}{max(mb for _, mb in runs):9.0f}{seconds / own:12.1f}")
    print(f"opening it afterwards: {statistics.median(opened) * 1000:.1f} ms (median)")
    print(f"{os.cpu_count()} cores; medians of {arguments.repeats}")


if __name__ == "__main__":
    main()
