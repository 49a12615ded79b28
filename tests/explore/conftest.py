"""The shipped spec model and some drawn faces, read once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from fer import home
from fer.bundles import ROWS, Bundle, TrainingRows, load
from fer.data import FaceDataset, drawn_faces
from fer.labels import LABELS
from tests.audit.planted import COLUMN_OF


@pytest.fixture(scope="session")
def faces() -> FaceDataset:
    """70 drawn faces with votes: nine for the label, one for "unknown"; none for row 3."""
    drawn = drawn_faces(70, seed=1)
    votes = np.zeros((70, 10), np.uint8)
    votes[np.arange(70), np.array(COLUMN_OF)[drawn.labels]] = 9
    votes[:, 8] = 1
    votes[3] = 0
    assert len(LABELS) == 7
    return FaceDataset("seventy", drawn.images, drawn.labels, drawn.usage, votes)


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory, faces: FaceDataset) -> Bundle:
    """The shipped spec, its card changed to say that it was trained on the first ten faces."""
    shipped = load(home.shipped_models_dir() / "spec")
    folder = tmp_path_factory.mktemp("models") / "spec"
    shutil.copytree(shipped.path, folder)
    assert faces.usage is not None
    TrainingRows(faces.keys[:10], faces.usage[:10], np.zeros(10, np.uint8)).save(folder / ROWS)
    return Bundle(folder, shipped.card)


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory, spec: Bundle) -> Bundle:
    """A model whose served file is cut off."""
    folder: Path = tmp_path_factory.mktemp("models") / "broken"
    shutil.copytree(spec.path, folder)
    served = folder / spec.served_path.name
    served.write_bytes(served.read_bytes()[:5000])
    return Bundle(folder, spec.card | {"name": "broken"})
