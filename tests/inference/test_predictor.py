"""The one path from a picture to its faces' expressions."""

import io
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.bundles import Bundle
from fer.errors import FerError, InputError, NotAnImageError, NotFoundError
from fer.images import Box, crop_face, decode, to_png
from fer.inference import Picture, Predictor, Reading


def numbers(reading: Reading) -> np.ndarray:
    return np.array([list(face.probabilities.values()) for face in reading.faces])


def blank(height: int = 300, width: int = 400) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def test_the_astronaut_looks_happy(predictor: Predictor, astronaut: Path) -> None:
    reading = predictor.predict(astronaut)
    assert (reading.width, reading.height) == (512, 512)
    (face,) = reading.faces
    assert face.emotion == "happy"
    assert face.detection_score is not None
    assert face.detection_score > 0.9


def test_grace_hopper_is_one_face(predictor: Predictor, grace_hopper: Path) -> None:
    assert len(predictor.predict(grace_hopper).faces) == 1


def test_every_label_has_its_probability_in_the_models_order(
    predictor: Predictor, spec: Bundle, astronaut: Path
) -> None:
    (face,) = predictor.predict(astronaut).faces
    assert tuple(face.probabilities) == spec.labels
    crop = crop_face(decode(astronaut), face.box)
    row = predictor.probabilities(crop[None])[0]
    np.testing.assert_array_equal(list(face.probabilities.values()), row.astype(float))
    assert face.emotion == spec.labels[row.argmax()]
    assert face.confidence == row.max()


def test_every_way_to_give_a_picture_gives_the_same_numbers(
    predictor: Predictor, astronaut: Path
) -> None:
    expected = predictor.predict(astronaut)
    data = astronaut.read_bytes()
    for source in (str(astronaut), data, io.BytesIO(data), Image.open(astronaut), decode(data)):
        assert predictor.predict(source) == expected


def test_small_pictures_are_faces_and_read_whole(predictor: Predictor, faces: np.ndarray) -> None:
    for size in (48, 64):
        picture = np.asarray(Image.fromarray(faces[0]).resize((size, size)))
        (face,) = predictor.predict(picture).faces
        assert face.box == Box(0, 0, size, size)
        assert face.detection_score is None
    (face,) = predictor.predict(faces[0]).faces
    row = predictor.probabilities(faces[:1])[0]
    np.testing.assert_array_equal(list(face.probabilities.values()), row.astype(float))


def test_a_face_gets_the_same_numbers_alone_and_in_a_batch(
    predictor: Predictor, faces: np.ndarray
) -> None:
    batch = predictor.probabilities(faces)
    many = np.concatenate([numbers(reading) for reading in predictor.predict_many(faces)])
    alone = np.concatenate([numbers(predictor.predict(face)) for face in faces])
    np.testing.assert_allclose(batch, alone, atol=1e-6, rtol=0)
    np.testing.assert_allclose(many, alone, atol=1e-6, rtol=0)


def test_no_face_is_an_empty_reading(predictor: Predictor) -> None:
    for detector in ("yunet", "haar"):
        assert predictor.predict(blank(), detector) == Reading(400, 300, ())


def test_a_picture_can_be_read_whole(predictor: Predictor) -> None:
    (face,) = predictor.predict(blank(), "none").faces
    assert face.box == Box(0, 0, 400, 300)
    assert face.detection_score is None


def test_the_detector_of_the_predictor_holds_for_small_pictures_too(
    spec: Bundle, astronaut: Path
) -> None:
    head = decode(astronaut)[40:200, 150:310]
    small = np.asarray(Image.fromarray(head).resize((60, 60)))
    (face,) = Predictor(spec, detector="yunet").predict(small).faces
    assert face.detection_score is not None
    (face,) = Predictor(spec, detector="yunet").predict(small, "none").faces
    assert face.detection_score is None


def test_given_boxes_are_read_in_their_order(predictor: Predictor, astronaut: Path) -> None:
    boxes = [Box(300, 300, 50, 60), Box(179, 63, 90, 112), Box(-20, -10, 60, 50)]
    reading = predictor.predict(astronaut, boxes=boxes)
    assert [face.box for face in reading.faces] == [*boxes[:2], Box(0, 0, 40, 40)]
    assert all(face.detection_score is None for face in reading.faces)
    (found,) = predictor.predict(astronaut, boxes=[predictor.predict(astronaut).faces[0].box]).faces
    assert found.probabilities == predictor.predict(astronaut).faces[0].probabilities
    assert predictor.predict(astronaut, boxes=[]).faces == ()


def test_boxes_may_be_numbers_of_numpy(predictor: Predictor, astronaut: Path) -> None:
    box = predictor.predict(astronaut).faces[0].box
    sides = np.int32([box.x, box.y, box.width, box.height])
    given = predictor.predict(astronaut, boxes=[Box(*sides)])
    assert given.to_json() == predictor.predict(astronaut, boxes=[box]).to_json()
    with pytest.raises(InputError, match="whole pixels"):
        predictor.predict(astronaut, boxes=[Box(*sides.astype(float))])


def test_one_picture_is_not_taken_for_many(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="predict reads a single one"):
        predictor.predict_many("photo.jpg")


def test_boxes_that_cannot_be_read_are_refused(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="no pixel of the 400 x 300 picture"):
        predictor.predict(blank(), boxes=[Box(400, 0, 10, 10)])
    with pytest.raises(InputError, match=r"Box\(x, y, width, height\), not tuple"):
        predictor.predict(blank(), boxes=[(0, 0, 10, 10)])  # type: ignore[list-item]


def test_many_pictures_come_in_their_order_as_they_are_read(
    predictor: Predictor, astronaut: Path, faces: np.ndarray
) -> None:
    taken = []

    def sources():
        for index in range(100):
            taken.append(index)
            yield (astronaut if index == 3 else blank() if index == 4 else faces[index % 70])

    readings = predictor.predict_many(sources())
    first = next(readings)
    assert first == predictor.predict(faces[0])
    assert len(taken) < 50  # the rest is not read ahead
    rest = list(readings)
    assert len(rest) == 99
    assert rest[2] == predictor.predict(astronaut)
    assert rest[3] == Reading(400, 300, ())
    assert rest[98] == predictor.predict(faces[99 % 70])


def test_one_bad_picture_of_many(predictor: Predictor, tmp_path: Path, faces: np.ndarray) -> None:
    bad = tmp_path / "notes.jpg"
    bad.write_text("no picture")
    sources = [faces[0], bad, tmp_path / "gone.png", faces[1]]
    kinds = [type(result) for result in predictor.predict_many(sources, errors="return")]
    assert kinds == [Reading, NotAnImageError, NotFoundError, Reading]
    with pytest.raises(NotAnImageError, match=r"notes\.jpg"):
        list(predictor.predict_many(sources))


def test_no_pictures_and_only_bad_ones(predictor: Predictor) -> None:
    assert list(predictor.predict_many([])) == []
    (error,) = predictor.predict_many([b""], errors="return")
    assert isinstance(error, FerError)


def test_an_error_names_the_picture(predictor: Predictor) -> None:
    with pytest.raises(NotAnImageError, match=r"^me\.png is empty"):
        predictor.predict(b"", name="me.png")


@pytest.mark.parametrize(
    "arguments", [{"detector": "dlib"}, {"threads": 0}, {"model": "no-such-model"}]
)
def test_wrong_arguments_are_refused_at_once(spec: Bundle, arguments: dict) -> None:
    with pytest.raises(FerError):
        Predictor(**{"model": spec, **arguments})


def test_the_least_score_of_faces_can_be_chosen(spec: Bundle, astronaut: Path) -> None:
    (face,) = Predictor(spec).predict(astronaut).faces
    assert face.detection_score is not None
    assert Predictor(spec, min_score=1).predict(astronaut).faces == ()
    assert len(Predictor(spec, min_score=0.9).predict(astronaut).faces) == 1
    with pytest.raises(InputError, match="Haar gives no scores"):
        Predictor(spec, detector="haar", min_score=0.5)


def test_only_one_of_many_pictures_is_held_at_a_time(
    predictor: Predictor, faces: np.ndarray
) -> None:
    alive: weakref.WeakSet[io.BytesIO] = weakref.WeakSet()
    most = 0

    def opened(index: int) -> io.BytesIO:
        nonlocal most
        most = max(most, len(alive))
        file = io.BytesIO(to_png(faces[index % 70]))
        alive.add(file)
        return file

    pictures = [Picture(str(index), partial(opened, index)) for index in range(100)]
    assert len(list(predictor.predict_many(pictures))) == 100
    assert most <= 1


def test_the_default_model_needs_no_argument(astronaut: Path) -> None:
    assert len(Predictor().predict(astronaut).faces) == 1


def test_faces_of_another_size_are_scaled(predictor: Predictor, faces: np.ndarray) -> None:
    doubled = faces[:3].repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(
        predictor.probabilities(doubled), predictor.probabilities(faces[:3]), atol=1e-5
    )


def test_predicting_loads_neither_tensorflow_nor_streamlit(tmp_path: Path) -> None:
    picture = tmp_path / "blank.png"
    picture.write_bytes(to_png(blank()))
    code = (
        f"import sys; from fer.inference import Predictor; Predictor().predict({str(picture)!r});"
        "sys.exit(', '.join({'tensorflow', 'keras', 'streamlit'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
