"""Twins and near twins, which flatter a model, are left out; so are labels that nobody sees."""

import dataclasses

import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces, ferplus, make_split
from fer.evaluation import cleaner, evaluate, score, wilson_interval
from fer.labels import LABELS
from tests.trained import Trained, faces


@pytest.fixture
def mixed() -> tuple[FaceDataset, np.ndarray]:
    """All that the model learned from, then a twin, two near twins (one mirrored), other faces."""
    learned = faces()
    rows = make_split(learned, "80-10-10").train
    known = learned.images[rows]
    brighter = np.clip(known[1].astype(int) + 7, 0, 255).astype(np.uint8)
    mirrored = np.clip(known[2, :, ::-1].astype(int) + 7, 0, 255).astype(np.uint8)
    new = drawn_faces(40, seed=97)
    images = np.concatenate([known, known[:1], brighter[None], mirrored[None], new.images])
    # The twin has another label than the face it is a twin of, so that it is another row.
    labels = np.concatenate([learned.labels[rows], learned.labels[rows[:3]], new.labels])
    return FaceDataset(name="mixed", images=images, labels=labels), np.arange(170, 213)


def test_twins_and_near_twins_are_left_out(trained: Trained, mixed) -> None:
    data, new = mixed
    scored = score(trained.bundle, data, new)
    found = {name: scored.rows[at] for name, at in cleaner(trained.bundle, data, scored).items()}
    assert set(found) == {"without_twins", "without_near_twins"}
    assert 170 not in found["without_twins"]
    assert {171, 172} <= set(found["without_twins"])
    assert not {170, 171, 172} & set(found["without_near_twins"])
    assert set(found["without_near_twins"]) <= set(found["without_twins"])
    assert len(found["without_near_twins"]) > 20


def test_faces_that_were_trained_on_are_not_clean(trained: Trained, mixed) -> None:
    data, new = mixed
    with_seen = score(trained.bundle, data, np.arange(len(data)), include_seen=True)
    assert len(with_seen.rows) == len(data)
    without = score(trained.bundle, data, new)
    for name, at in cleaner(trained.bundle, data, with_seen).items():
        only_new = cleaner(trained.bundle, data, without)[name]
        assert with_seen.rows[at].tolist() == without.rows[only_new].tolist()


def test_near_twins_are_not_told_where_what_was_learned_from_is_missing(
    trained: Trained, mixed
) -> None:
    data, new = mixed
    alone = data.subset(new)
    scored = score(trained.bundle, alone, np.arange(len(alone)))
    assert set(cleaner(trained.bundle, alone, scored)) == {"without_twins"}


def test_agreement_needs_votes(trained: Trained) -> None:
    data = drawn_faces(14, seed=96)
    votes = np.zeros((14, len(ferplus.COLUMNS)), np.uint8)
    happy = LABELS.index("happy")
    votes[:, ferplus.COLUMNS.index("happiness")] = 10
    data = dataclasses.replace(data, votes=votes)
    scored = score(trained.bundle, data, np.arange(14))
    agreed = cleaner(trained.bundle, data, scored)["ferplus_agreed"]
    assert list(scored.rows[agreed]) == list(np.flatnonzero(data.labels == happy))


def test_each_score_is_that_of_its_faces(trained: Trained, mixed) -> None:
    data, new = mixed
    told = evaluate(trained.bundle, data, "all").cleaner
    scored = score(trained.bundle, data, new)
    for name, at in cleaner(trained.bundle, data, scored).items():
        right = int(scored.correct[at].sum())
        assert told[name] == {
            "n": len(at), "accuracy": right / len(at),
            "interval": list(wilson_interval(right, len(at))),
        }  # fmt: skip
