"""Changed faces: each change does what it says, and is what the model is scored on."""

import numpy as np
import pytest

from fer.data import drawn_faces, make_split
from fer.errors import InputError
from fer.evaluation import CHANGES, robustness
from fer.inference import Predictor
from tests.trained import Trained, faces


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_face_is_another_face_of_the_same_form(name: str) -> None:
    face = drawn_faces(7, seed=3).images[2]
    kept = face.copy()
    changed = CHANGES[name](face)
    assert (changed.shape, changed.dtype) == (face.shape, np.uint8)
    assert np.array_equal(face, kept)
    assert not np.array_equal(changed, face)


@pytest.mark.parametrize("name", [n for n in CHANGES if "light" not in n])
def test_an_even_grey_stays_as_it_is(name: str) -> None:
    grey = np.full((48, 48), 90, np.uint8)
    # JPEG writes a block's mean in steps, of 10 greys at quality 10.
    allowed = 5 if "JPEG" in name else 1
    assert np.abs(CHANGES[name](grey).astype(int) - 90).max() <= allowed


def test_light_is_what_is_left_of_it() -> None:
    face = np.full((48, 48), 200, np.uint8)
    assert (CHANGES["light at 40 %"](face) == 80).all()
    assert (CHANGES["light at 15 %"](face) == 30).all()


@pytest.mark.parametrize(
    ("weak", "strong"), [("blurred, 1 px", "blurred, 2 px"), ("24 x 24 px", "16 x 16 px")]
)
def test_the_stronger_one_leaves_less_detail(weak: str, strong: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    assert noise.std() > CHANGES[weak](noise).std() > CHANGES[strong](noise).std()


def test_a_tilt_turns_the_face_about_its_middle() -> None:
    line = np.zeros((48, 48), np.uint8)
    line[:, 23:25] = 255
    for name, degrees in (("tilted by 15 degrees", 15), ("tilted by 30 degrees", 30)):
        rows, columns = np.nonzero(CHANGES[name](line)[8:40] > 127)
        slope = np.polyfit(rows, columns, 1)[0]
        assert abs(np.degrees(np.arctan(slope))) == pytest.approx(degrees, abs=1.5)


def test_the_model_is_scored_on_the_changed_faces(trained: Trained) -> None:
    data = drawn_faces(35, seed=98)
    told = robustness(trained.bundle, data, np.arange(35))
    assert list(told) == list(CHANGES)
    with pytest.raises(InputError, match="trained on every one"):
        robustness(trained.bundle, faces(), make_split(faces(), "80-10-10").train)
    whole = robustness(trained.bundle, faces(), np.arange(20), include_seen=True)
    assert set(whole) == set(CHANGES)
    predictor = Predictor(trained.bundle)
    for name, change in CHANGES.items():
        changed = np.stack([change(face) for face in data.images])
        read = predictor.probabilities(changed).argmax(axis=1)
        assert told[name] == pytest.approx((read == data.labels).mean())
