"""A studio with a data set and a model really trained on it: made once, for all who need one."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from fer.bundles import Bundle, load
from fer.data import FaceDataset, drawn_faces
from fer.training import Run, get_run
from tests.samples import write_csv

ROOT = Path(__file__).resolve().parent.parent

# Every random part of training is at work in these few steps: shuffling, augmentation, mixup, an
# average of the weights. Plain float32, so that other machines take the same path.
SETTINGS = {
    "batch_size": 16,
    "epochs": 4,
    "learning_rate": 3e-3,
    "schedule": "cosine",
    "warmup_epochs": 0.5,
    "weight_decay": 1e-4,
    "label_smoothing": 0.05,
    "class_weights": True,
    "ema": 0.9,
    "bn_momentum": 0.8,
    "flip": True,
    "shift": 0.05,
    "rotation_deg": 5,
    "brightness": 0.05,
    "contrast": 0.1,
    "erasing": 0.1,
    "mixup": 0.2,
    "mixup_off_epochs": 1,
    "keep": "best",
    "precision": "float32",
}
TRAIN = (
    *("--arch", "spec", "--recipe", "published", "--data", "faces"),
    *("--split", "80-10-10", "--seed", "5"),
    *(f"--set={key}={value}" for key, value in SETTINGS.items()),
)


def faces() -> FaceDataset:
    """What the data set "faces" of the studio holds: drawn faces, two of which are there twice."""
    drawn = drawn_faces(210, seed=4)
    return drawn.subset(np.r_[0:210, 0, 8])


@dataclass(frozen=True)
class Trained:
    """The studio's home, and what `data import` and `train` printed on stdout (as JSON) there."""

    home: Path
    imported: dict[str, Any]
    printed: dict[str, Any]
    stderr: str

    @property
    def run(self) -> Run:
        return get_run(self.printed["run"])

    @property
    def bundle(self) -> Bundle:
        return load(self.printed["bundle"])


def begin(home: Path, *arguments: object) -> subprocess.Popen[str]:
    """`python -m fer ...` in a process of its own, in the folder `home`, that Ctrl-C reaches."""
    environment = os.environ | {"FER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "fer", *map(str, arguments)],
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests themselves run in the background, their children would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def fer(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`begin`, and what it left when it had ended."""
    with begin(home, *arguments) as process:
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture
def trained(
    fer_home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Trained:
    """The trained studio, as FER_HOME. Tests leave it as they found it."""
    made = trained_studio(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("FER_HOME", str(made.home))
    return made


@functools.cache
def trained_studio(own: Path) -> Trained:
    """A copy in `own`, the folder of this process, of the studio that is trained once for all.

    Tests run in several processes at a time, whose folders lie in one: the first that needs the
    studio trains it there, the others wait.
    """
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made, printed = common / "studio", common / "studio.json"
    with FileLock(common / ".studio.lock"):
        if not made.exists():
            printed.write_text(json.dumps(_train(made)))
        elif not printed.exists():
            pytest.fail("the trained studio could not be made: see the test that asked first")
    shutil.copytree(made, own / "trained")
    return Trained(own / "trained", **json.loads(printed.read_text()))


def _train(home: Path) -> dict[str, Any]:
    home.mkdir()
    csv = write_csv(home / "faces.csv", faces())
    imported = fer(home, "data", "import", csv, "--json")
    assert imported.returncode == 0, imported.stderr
    trained = fer(home, "train", *TRAIN, "--json")
    assert trained.returncode == 0, trained.stderr
    return {
        "imported": json.loads(imported.stdout),
        "printed": json.loads(trained.stdout),
        "stderr": trained.stderr,
    }
