"""Batches: functions of (seed, epoch, step) alone, all of one size."""

import dataclasses
import threading
import time

import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces
from fer.images import InputSpec, model_input
from fer.training.batches import BatchSource, mixup
from fer.training.targets import Targets
from fer.zoo import Recipe

PLAIN = Recipe(batch_size=8)
CHANGED = Recipe(batch_size=8, flip=True, shift=0.1, mixup=0.4, mixup_off_epochs=1, epochs=3)


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    return drawn_faces(30)


def source(faces: FaceDataset, recipe: Recipe, seed: int = 1) -> BatchSource:
    rows = np.arange(3, 30)
    targets = Targets.of(faces, rows, recipe)
    return BatchSource(faces, rows, targets, recipe, InputSpec(), seed)


def test_an_epoch_has_each_training_face(faces: FaceDataset) -> None:
    batches = source(faces, PLAIN)
    assert batches.steps == 4
    xs, targets, weights = zip(*(batch for _, batch in batches.epoch(0)), strict=True)
    assert [len(x) for x in xs] == [8, 8, 8, 8]
    x, y = np.concatenate(xs), np.concatenate(targets)
    # The last batch is filled up with the first faces of the epoch.
    np.testing.assert_array_equal(x[27:], x[:5])
    np.testing.assert_array_equal(y[27:], y[:5])
    assert x.dtype == y.dtype == np.concatenate(weights).dtype == np.float32
    x, y = x[:27], y[:27]
    expected = model_input(faces.images[3:], InputSpec())
    assert sorted(map(bytes, x)) == sorted(map(bytes, expected))
    # Each face has its own label.
    label_of = {bytes(face): label for face, label in zip(expected, faces.labels[3:], strict=True)}
    assert y.argmax(axis=1).tolist() == [label_of[bytes(face)] for face in x]


def test_fewer_faces_than_a_batch_are_one_batch(faces: FaceDataset) -> None:
    few = dataclasses.replace(source(faces, PLAIN), rows=np.arange(3, 8))
    assert few.steps == 1
    x, _, _ = few.batch(0, 0)
    assert len({bytes(face) for face in x}) == len(x) == 5


def test_epochs_and_seeds_have_orders_of_their_own(faces: FaceDataset) -> None:
    first = source(faces, PLAIN).batch(0, 0)[0]
    assert (first != source(faces, PLAIN).batch(1, 0)[0]).any()
    assert (first != source(faces, PLAIN, seed=2).batch(0, 0)[0]).any()


def test_a_step_is_the_same_wherever_one_begins(faces: FaceDataset) -> None:
    whole = dict(source(faces, CHANGED).epoch(1))
    later = dict(source(faces, CHANGED).epoch(1, first_step=2))
    assert list(later) == [2, 3]
    for step, batch in later.items():
        for one, other in zip(batch, whole[step], strict=True):
            np.testing.assert_array_equal(one, other)


class Brightness:
    """A teacher who tells one thing of a face: how bright it is."""

    def answers(self, faces: np.ndarray) -> np.ndarray:
        """Of (n, s, s) uint8 faces."""
        said = np.zeros((len(faces), 7), np.float32)
        said[:, 0] = faces.mean(axis=(1, 2)) / 255
        said[:, 1] = 1 - said[:, 0]
        return said


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_teachers_decide_their_share_by_what_the_network_sees(
    faces: FaceDataset, share: float
) -> None:
    recipe = CHANGED.with_changes(mixup=0, brightness=0.3, erasing=0.5, distil=share)
    plain = source(faces, recipe)
    x, targets, _ = plain.batch(0, 1)
    taught_x, taught, _ = dataclasses.replace(plain, teachers=Brightness()).batch(0, 1)
    np.testing.assert_array_equal(taught_x, x)
    said = np.zeros_like(targets)
    said[:, 0] = x.mean(axis=(1, 2, 3))
    said[:, 1] = 1 - said[:, 0]
    np.testing.assert_allclose(taught, (1 - share) * targets + share * said, atol=1e-6)
    assert (plain.targets.distribution == Targets.of(faces, plain.rows, recipe).distribution).all()


def test_mixup_mixes_what_teachers_say(faces: FaceDataset) -> None:
    recipe = CHANGED.with_changes(distil=1, brightness=0.3)
    x, targets, _ = dataclasses.replace(source(faces, recipe), teachers=Brightness()).batch(0, 1)
    # Brightness is linear, so that of two faces laid over each other is what the targets say.
    np.testing.assert_allclose(targets[:, 0], x.mean(axis=(1, 2, 3)), atol=1e-6)


def test_an_epoch_that_was_left_lets_its_thread_go(faces: FaceDataset) -> None:
    batches = source(faces, dataclasses.replace(PLAIN, batch_size=1)).epoch(0)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 5
    while any(thread.name == "batches" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_error_while_preparing_reaches_the_trainer(faces: FaceDataset) -> None:
    broken = dataclasses.replace(source(faces, PLAIN), rows=np.array([0, 99]))
    with pytest.raises(IndexError):
        list(broken.epoch(0))


def test_mixup_lays_faces_over_each_other_with_their_targets() -> None:
    n = 50
    x = np.zeros((n, 4, 4, 1), np.float32)
    x[:] = np.arange(n, dtype=np.float32)[:, None, None, None]
    y = np.eye(n, dtype=np.float32)
    w = np.ones(n, np.float32)
    mixed, targets, weights = mixup((x, y, w), 0.4, np.random.default_rng(0))
    assert mixed.dtype == targets.dtype == weights.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(weights, 1, atol=1e-6)
    # The picture is made of the very faces, in the very shares, that the target names.
    np.testing.assert_allclose(mixed[:, 0, 0, 0], targets @ np.arange(n), atol=1e-4)
    assert (targets.argmax(axis=1) == np.arange(n)).all()  # its own face has the larger share
    assert len(set(np.diag(targets).round(5).tolist()) - {1.0}) == 1


def test_labels_that_count_the_same_do_so_under_mixup() -> None:
    rng = np.random.default_rng(1)
    y = np.eye(7, dtype=np.float32)[rng.integers(0, 7, 400)]
    w = (1 / y.sum(axis=0))[y.argmax(axis=1)].astype(np.float32)
    _, targets, weights = mixup((np.zeros((400, 1), np.float32), y, w), 1.0, rng)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose((targets * weights[:, None]).sum(axis=0), 1, atol=1e-4)


def test_mixup_ends_before_the_last_epochs(faces: FaceDataset) -> None:
    batches = source(faces, CHANGED)
    hard = [set(np.unique(batches.batch(epoch, 0)[1]).tolist()) <= {0, 1} for epoch in range(3)]
    assert hard == [False, False, True]
