"""The expressions of a video: faces followed, read, smoothed, drawn."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.errors import InputError
from fer.images import decode
from fer.inference import Predictor, video
from fer.inference.detectors import detect, detect_near
from fer.inference.frames import Video
from fer.inference.timeline import Timeline
from fer.inference.video import FrameReading, read_video
from tests.films import head, scene, write_video

Film = Callable[..., Path]


@pytest.fixture(scope="module")
def photo(astronaut: Path) -> np.ndarray:
    return decode(astronaut)


@pytest.fixture
def film(tmp_path: Path, photo: np.ndarray) -> Film:
    """A face that moves to the right through `count` frames; of those in `away` it is not in."""

    def made(count: int = 30, away: range = range(0), name: str = "film.mp4") -> Path:
        face = head(photo, 130)
        frames = (
            scene([] if index in away else [(face, 10 + 4 * index, 50)]) for index in range(count)
        )
        write_video(tmp_path / name, frames)
        return tmp_path / name

    return made


def read(path: Path, predictor: Predictor, **options: object) -> list[FrameReading]:
    with Video(path) as opened:
        return list(read_video(opened, predictor, **options))  # type: ignore[arg-type]


def probabilities(readings: list[FrameReading]) -> np.ndarray:
    return np.array([list(r.faces[0].reading.probabilities.values()) for r in readings])


def test_a_moving_face_is_one_face(predictor: Predictor, film: Film) -> None:
    readings = read(film(), predictor)
    assert [reading.index for reading in readings] == list(range(30))
    assert [reading.time_s for reading in readings] == pytest.approx([i / 30 for i in range(30)])
    assert [[face.track for face in reading.faces] for reading in readings] == [[1]] * 30
    boxes = [reading.faces[0].reading.box for reading in readings]
    centres = np.array([[box.x + box.width / 2, box.y + box.height / 2] for box in boxes])
    # It moves 4 pixels a frame, also in the frames in which only its surroundings were searched.
    np.testing.assert_allclose(np.diff(centres[:, 0]).mean(), 4, atol=0.3)
    assert np.abs(centres[:, 0] - centres[0, 0] - 4 * np.arange(30)).max() < 6
    assert {reading.faces[0].reading.emotion for reading in readings} == {"happy"}
    assert all(reading.faces[0].reading.detection_score > 0.7 for reading in readings)


def test_frames_are_read_as_pictures_are(predictor: Predictor, film: Film) -> None:
    """Without smoothing, and where every frame is searched, these are a picture's numbers."""
    path = film(4)
    readings = read(path, predictor, smoothing_s=0, every=2)
    with Video(path) as opened:
        images = [frame.image for frame in opened.frames(every=2)]
    (expected,) = predictor.predict(images[0]).faces
    assert readings[0].faces[0].reading == expected
    assert readings[0].to_dict()["faces"][0] == {"track": 1, **expected.to_dict()}


def test_near_a_known_face_the_same_face_is_found(photo: np.ndarray) -> None:
    (known,) = detect(photo)
    near = detect_near(photo, known.box)
    assert near is not None
    difference = np.subtract(list(near.box.to_dict().values()), list(known.box.to_dict().values()))
    assert np.abs(difference).max() < 12
    assert np.abs(np.subtract(near.landmarks, known.landmarks)).max() < 8
    elsewhere = type(known.box)(300, 300, 90, 110)
    assert detect_near(photo, elsewhere) is None
    assert detect_near(photo, type(known.box)(900, 900, 90, 110)) is None


def test_the_search_in_between_is_told_from_the_whole_one_by_nothing_but_speed(
    predictor: Predictor, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film()
    quick = read(path, predictor, smoothing_s=0)
    monkeypatch.setattr(video, "_SEARCH_S", 0.0)
    thorough = read(path, predictor, smoothing_s=0)
    assert np.abs(probabilities(quick) - probabilities(thorough)).mean() < 0.02


def test_a_face_that_comes_in_is_noticed_soon_and_one_that_goes_at_once(
    predictor: Predictor, film: Film
) -> None:
    readings = read(film(45, away=range(15, 25)), predictor)
    seen = [bool(reading.faces) for reading in readings]
    assert seen[:15] == [True] * 15
    assert seen[15:25] == [False] * 10
    assert seen[30:] == [True] * 15  # 0.15 s after it came back
    assert {face.track for reading in readings for face in reading.faces} == {1}


def test_a_face_that_was_away_for_long_is_a_new_one(predictor: Predictor, film: Film) -> None:
    readings = read(film(60, away=range(10, 40)), predictor)
    assert [face.track for face in readings[0].faces] == [1]
    assert [face.track for face in readings[-1].faces] == [2]


def test_two_faces_that_pass_each_other_keep_their_numbers(
    predictor: Predictor, photo: np.ndarray, grace_hopper: Path, tmp_path: Path
) -> None:
    right = head(photo, 100)
    hopper = decode(grace_hopper)[40:360, 100:420]
    left = np.ascontiguousarray(hopper[::3, ::3])
    frames = (
        scene([(right, 10 + 5 * i, 10), (left, 290 - 5 * i, 125)], 400, 240) for i in range(56)
    )
    write_video(tmp_path / "two.mp4", frames)
    readings = read(tmp_path / "two.mp4", predictor)
    upper = {f.track for r in readings for f in r.faces if f.reading.box.y < 100}
    lower = {f.track for r in readings for f in r.faces if f.reading.box.y >= 100}
    assert len(upper) == len(lower) == 1
    assert upper != lower


def test_smoothing_calms_the_numbers(predictor: Predictor, film: Film) -> None:
    path = film()
    calm, raw = read(path, predictor, smoothing_s=0.5), read(path, predictor, smoothing_s=0)
    steps = [np.abs(np.diff(probabilities(found), axis=0)).sum() for found in (calm, raw)]
    assert steps[0] < 0.5 * steps[1]
    np.testing.assert_allclose(probabilities(calm).sum(axis=1), 1, atol=1e-5)


def test_a_frame_can_be_read_whole_and_tiny_ones_are(
    predictor: Predictor, film: Film, tmp_path: Path, faces: np.ndarray
) -> None:
    whole = read(film(2), predictor, detector="none")
    assert [f.reading.box.to_dict() for r in whole for f in r.faces] == [
        {"x": 0, "y": 0, "width": 320, "height": 240}
    ] * 2
    write_video(tmp_path / "tiny.mkv", [np.repeat(faces[0][..., None], 3, axis=2)] * 3)
    tiny = read(tmp_path / "tiny.mkv", predictor)
    assert [len(reading.faces) for reading in tiny] == [1] * 3
    with pytest.raises(InputError, match="detector"):
        read(film(2), predictor, detector="dlib")


def test_haar_is_followed_too(predictor: Predictor, film: Film) -> None:
    readings = read(film(6), predictor, detector="haar")
    assert all(f.reading.detection_score is None for r in readings for f in r.faces)


def test_no_face_is_an_empty_frame(predictor: Predictor, film: Film) -> None:
    assert [r.faces for r in read(film(5, away=range(5)), predictor)] == [()] * 5


# ---- the annotated video


def test_the_annotated_video_has_boxes_on_every_frame_read(
    predictor: Predictor, film: Film, tmp_path: Path
) -> None:
    path, out = film(), tmp_path / "out.mp4"
    readings = read(path, predictor, every=2, annotated=out)
    with Video(path) as plain, Video(out) as drawn:
        pairs = list(zip(plain.frames(every=2), drawn.frames(), strict=True))
    assert len(pairs) == 15
    for (before, after), reading in zip(pairs, readings, strict=True):
        assert after.time_s == pytest.approx(before.time_s, abs=1e-3)
        box = reading.faces[0].reading.box
        edge = np.s_[box.y + 10 : box.y + box.height - 10, box.x : box.x + 2]
        changed = np.abs(after.image.astype(int) - before.image)
        assert changed[edge].mean() > 30
        assert changed[:, box.x + box.width + 60 :].mean() < 6


@pytest.mark.parametrize("way", ["raise", "close", "leave"])
def test_cancelled_work_leaves_no_file(
    predictor: Predictor, film: Film, tmp_path: Path, way: str
) -> None:
    path, out = film(60), tmp_path / "out" / "out.mp4"
    out.parent.mkdir()
    stop = threading.Event()

    def progress(share: float, sentence: str) -> None:
        if way == "raise" and stop.is_set():
            raise RuntimeError("enough")

    with Video(path) as opened:
        readings = read_video(opened, predictor, annotated=out, progress=progress)
        for _ in range(40):  # the encoder holds some back
            next(readings)
        assert list(out.parent.iterdir())  # some of it is written by now
        stop.set()
        if way == "raise":
            with pytest.raises(RuntimeError, match="enough"):
                next(readings)
        elif way == "close":
            readings.close()  # type: ignore[attr-defined]
        del readings
    assert list(out.parent.iterdir()) == []


def test_progress_goes_from_0_to_1_with_words(predictor: Predictor, film: Film) -> None:
    told: list[tuple[float, str]] = []
    read(film(), predictor, progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert 0.9 < shares[-1] <= 1
    assert told[0][1] == "0 of about 30 frames"
    assert told[-1][1].startswith("29 of about 30 frames")


# ---- what they add up to


def test_a_timeline_has_the_numbers_of_each_frame(predictor: Predictor, film: Film) -> None:
    readings = read(film(60, away=range(20, 32)), predictor)
    timeline = Timeline(predictor.bundle.labels)
    for reading in readings:
        timeline.add(reading)
    (track,) = timeline.summary.longest()
    seen = [reading for reading in readings if reading.faces]
    assert (track.first_s, track.last_s) == (seen[0].time_s, seen[-1].time_s)
    assert track.frames == len(seen)
    assert track.shares["happy"] == 1
    times_s, rows = timeline.course(1)
    gap = np.isnan(rows).all(axis=1)
    assert gap.sum() == 1  # lines are broken where the face was away
    np.testing.assert_allclose(times_s[~gap], [reading.time_s for reading in seen])
    np.testing.assert_allclose(rows[~gap], probabilities(seen), atol=1e-6)
    few_times_s, few = timeline.course(1, points=8)
    assert len(few_times_s) <= 11
    np.testing.assert_allclose(np.nanmean(few, axis=0), rows[~gap].mean(axis=0), atol=0.05)


def test_a_timeline_of_one_frame(predictor: Predictor, film: Film) -> None:
    timeline = Timeline(predictor.bundle.labels)
    timeline.add(read(film(1), predictor)[0])
    times_s, rows = timeline.course(1)
    assert (times_s.shape, rows.shape) == ((1,), (1, 7))
    assert timeline.summary.to_dict()["frames"] == 1
