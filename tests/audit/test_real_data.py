"""The audit of FER-2013 itself, its counts computed here in other ways."""

import csv
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from fer.audit import Audit, audit
from fer.data import FaceDataset
from tests.audit.brute import correlations


@pytest.fixture(scope="module")
def fer2013(real_data: Path) -> FaceDataset:
    archive = np.load(real_data / "fer2013.npz")
    with open(real_data / "fer2013new.csv", newline="") as file:
        votes = [[int(vote) for vote in row[2:12]] for row in list(csv.reader(file))[1:]]
    labels = archive["emotion"].astype(np.int8)
    return FaceDataset(
        "fer2013", archive["pixels"], labels, archive["usage"], np.array(votes, np.uint8)
    )


@pytest.fixture(scope="module")
def audited(fer2013: FaceDataset) -> Audit:
    started = time.process_time()
    found = audit(fer2013)
    # Seconds of work, all threads together; on two quiet cores it takes less time than that.
    assert time.process_time() - started < 20
    return found


def test_the_figures_that_are_known(audited: Audit) -> None:
    found = audited.to_dict()
    assert found["n"] == 35_887
    assert found["published"] is True
    assert found["exact_repeats"] == 1851
    assert found["twins_in_training"] == {"private": 288, "public": 280}
    assert found["blank"] == 12
    assert found["near_twins_in_training"]["private"] / 3589 == pytest.approx(0.111, abs=0.0005)
    assert found["twins_with_same_label"]["private"] == pytest.approx(0.97, abs=0.005)


def test_exact_counts_equal_those_by_bytes(fer2013: FaceDataset, audited: Audit) -> None:
    assert fer2013.usage is not None
    content = [image.tobytes() for image in fer2013.images]
    found = audited.to_dict()
    assert found["exact_repeats"] == sum(count - 1 for count in Counter(content).values())
    training = {content[row] for row in np.flatnonzero(fer2013.usage == 0)}
    for key, code in (("public", 1), ("private", 2)):
        rows = [row for row in np.flatnonzero(fer2013.usage == code) if content[row] in training]
        assert audited.findings[f"twins_{key}"].rows.tolist() == rows
    labels: dict[bytes, set[int]] = {}
    for image, label in zip(content, fer2013.labels.tolist(), strict=True):
        labels.setdefault(image, set()).add(label)
    conflicting = [row for row, image in enumerate(content) if len(labels[image]) > 1]
    assert audited.findings["conflicting_labels"].rows.tolist() == conflicting
    blank = [row for row, image in enumerate(content) if len(set(image)) == 1]
    assert audited.findings["blank"].rows.tolist() == blank


def test_near_twins_of_a_sample_equal_those_by_brute_force(
    fer2013: FaceDataset, audited: Audit
) -> None:
    assert fer2013.usage is not None
    training = np.flatnonzero(fer2013.usage == 0)
    sample = np.random.default_rng(0).choice(np.flatnonzero(fer2013.usage == 2), 250, replace=False)
    nearest = np.full(len(sample), -1.0)
    for part in np.array_split(training, 8):
        found = correlations(fer2013.images[sample], fer2013.images[part])
        nearest = np.fmax(nearest, np.nanmax(np.where(np.isnan(found), -1, found), axis=1))
    exact = np.isin(
        sample, audited.findings["twins_private"].rows
    )  # blank ones have no correlation
    expected = set(sample[(nearest > 0.97) | exact])
    assert set(sample) & set(audited.findings["near_twins_private"].rows.tolist()) == expected
    assert len(expected) > 10
