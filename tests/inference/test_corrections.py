"""Wrong answers as a csv file that is a data set too."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from fer.data import import_dataset, open_dataset
from fer.errors import InputError
from fer.inference.corrections import Correction, corrections_csv
from fer.labels import LABELS
from tests.samples import random_faces


def test_they_are_imported_with_the_right_labels(tmp_path: Path) -> None:
    faces = random_faces(2).images
    said = dict.fromkeys(LABELS, 0.1) | {"happy": 0.4}
    text = corrections_csv(
        [
            Correction(faces[0], "sad", "spec", said),
            Correction(faces[1], "surprise", "few", {"happy": 0.75, "sad": 0.25}),
        ]
    )
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["label"], first["prediction"], first["model"]) == ("sad", "happy", "spec")
    assert (first["happy"], second["happy"], second["angry"]) == ("0.4", "0.75", "")
    path = tmp_path / "flagged.csv"
    path.write_text(text, newline="")
    import_dataset(path)
    imported = open_dataset("flagged")
    np.testing.assert_array_equal(imported.images, faces)
    assert [LABELS[label] for label in imported.labels] == ["sad", "surprise"]


@pytest.mark.parametrize(
    ("shape", "dtype", "label", "said"),
    [
        ((48, 48), np.uint8, "bored", "not 'bored'"),
        ((96, 96), np.uint8, "sad", r"not \(96, 96\)"),
        ((48, 48), np.float32, "sad", "of float32"),
    ],
)
def test_what_is_no_face_or_no_label_is_refused(
    shape: tuple[int, int], dtype: type, label: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Correction(np.zeros(shape, dtype), label, "spec", {"happy": 1.0})
