"""The cards of models/ tell the truth: their figures come out again from the served files."""

from pathlib import Path

import numpy as np
import pytest

from fer import bundles, home
from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.evaluation import evaluate, open_for_evaluation, rows_of, score

SHIPPED = sorted(card.parent.name for card in home.shipped_models_dir().glob("*/card.json"))
SAMPLE = 800


@pytest.fixture(scope="module")
def fer2013(real_data: Path) -> FaceDataset:
    with np.load(real_data / "fer2013.npz") as archive:
        labels = archive["emotion"].astype(np.int8)
        return FaceDataset("fer2013", archive["pixels"], labels, archive["usage"])


def shipped(name: str) -> Bundle:
    return bundles.load(home.shipped_models_dir() / name)


def test_the_flagship_on_private_test(fer2013: FaceDataset) -> None:
    flagship = shipped("flagship")
    told = flagship.metrics["test"]
    scored = score(flagship, fer2013, rows_of(flagship, fer2013, "private"))
    report = scored.report()
    assert (report.n, report.seen_in_training) == (3589, 0)
    # Another processor may round a face or two to the other side.
    assert report.accuracy == pytest.approx(told["accuracy"], abs=1e-3)
    assert np.abs(np.array(report.confusion) - np.array(told["confusion"])).sum() <= 8
    for score_ in ("macro_f1", "balanced_accuracy", "nll", "ece"):
        assert getattr(report, score_) == pytest.approx(told[score_], abs=3e-3)
    assert report.ece < 0.03


@pytest.mark.parametrize("name", SHIPPED)
def test_a_sample_of_its_test_faces_fits_what_its_card_says(
    name: str, fer2013: FaceDataset
) -> None:
    bundle = shipped(name)
    told = bundle.metrics["test"]
    rows = rows_of(bundle, fer2013, "test")
    assert len(rows) == told["n"]
    rows = np.random.default_rng(0).choice(rows, SAMPLE, replace=False)
    scored = score(bundle, fer2013, np.sort(rows))
    assert scored.seen == 0
    of_all = told["accuracy"]
    assert abs(scored.correct.mean() - of_all) < 4 * np.sqrt(of_all * (1 - of_all) / SAMPLE)


def test_the_flagship_on_photographs(real_data: Path) -> None:
    told = shipped("flagship").metrics["photographs"]
    faces = open_for_evaluation(str(real_data / "wild.zip"))
    report = evaluate(shipped("flagship"), faces.dataset, "all", no_face=faces.no_face)
    assert (report.n, report.no_face) == (told["n"], told["no_face"])
    assert report.accuracy == pytest.approx(told["accuracy"], abs=5e-3)
