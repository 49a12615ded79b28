"""`scripts/together.py`: whether models err on different faces."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from fer.inference import Predictor
from tests.samples import write_csv
from tests.trained import ROOT, Trained, faces


def test_each_alone_and_the_mean_of_what_they_say(trained: Trained, tmp_path: Path) -> None:
    data = faces()
    path = write_csv(tmp_path / "faces.csv", data)
    command = [sys.executable, "scripts/together.py", path, trained.bundle.name, "spec"]
    done = subprocess.run(
        [*command, "--split", "all"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # What one of them learned from does not count for the other either.
    rows = np.flatnonzero(~trained.bundle.training_rows().seen(data) & (data.labels >= 0))
    images, truth = np.ascontiguousarray(data.images[rows]), data.labels[rows]
    read = [Predictor(name).probabilities(images) for name in (trained.bundle.name, "spec")]
    right = [(p.argmax(axis=1) == truth).mean() for p in (*read, np.mean(read, axis=0))]
    first, *lines = done.stdout.splitlines()
    assert first == f"{len(rows)} faces"
    assert [line.split()[-1] for line in lines] == [f"{share:.4f}" for share in right]
    assert [" ".join(line.split()[:-1]) for line in lines][1:] == ["spec", "their mean"]
