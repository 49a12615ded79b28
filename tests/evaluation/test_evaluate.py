"""Scoring a bundle: which rows count, and that what counts is what the served model says."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces, import_dataset, make_split
from fer.data.drawn import draw_face
from fer.errors import FerError, InputError
from fer.evaluation import EVALUATION_SPLITS, evaluate, evaluate_rows, open_for_evaluation
from fer.images import to_png
from fer.inference import Predictor
from tests.samples import random_faces, write_csv, write_folders
from tests.trained import Trained, faces


@pytest.fixture
def fresh() -> FaceDataset:
    """Faces that the model has never seen."""
    return drawn_faces(140, seed=99)


def accuracy(trained: Trained, data: FaceDataset, rows: np.ndarray) -> float:
    p = Predictor(trained.bundle).probabilities(np.ascontiguousarray(data.images[rows]))
    return float((p.argmax(axis=1) == data.labels[rows]).mean())


def test_every_unseen_face_counts(trained: Trained, fresh: FaceDataset) -> None:
    report = evaluate(trained.bundle, fresh, "all")
    assert (report.n, report.seen_in_training, report.twins_in_training) == (140, 0, 0)
    assert report.accuracy == accuracy(trained, fresh, np.arange(140))
    assert report.no_face is None


def test_the_test_split_is_what_the_card_held_out(trained: Trained) -> None:
    report = evaluate(trained.bundle, faces(), "test")
    assert report.to_dict() == trained.bundle.metrics["test"]


def test_seen_rows_are_counted_and_left_out(trained: Trained) -> None:
    data = faces()
    split = make_split(data, "80-10-10")
    unseen = np.sort(np.r_[split.validation, split.test])
    report = evaluate(trained.bundle, data, "all")
    assert report.seen_in_training == len(split.train)
    assert report.n == len(unseen)
    assert report.accuracy == accuracy(trained, data, unseen)
    twins = np.isin(data.keys[unseen], data.keys[split.train])
    assert report.twins_in_training == twins.sum()
    assert report.accuracy_without_twins == accuracy(trained, data, unseen[~twins])
    whole = evaluate(trained.bundle, data, "all", include_seen=True)
    assert (whole.n, whole.seen_in_training) == (len(data), len(split.train))
    assert whole.accuracy == accuracy(trained, data, np.arange(len(data)))
    assert whole.twins_in_training == len(split.train) + twins.sum()
    assert whole.accuracy_without_twins == report.accuracy_without_twins
    assert whole.cleaner["without_twins"] == report.cleaner["without_twins"]


@pytest.mark.parametrize("form", ["csv", "folder", "no usage"])
def test_seen_rows_are_known_wherever_the_data_came_from(
    trained: Trained, tmp_path: Path, form: str
) -> None:
    data, path = faces(), tmp_path / "other"
    if form == "folder":
        write_folders(path, data)
    else:
        path = write_csv(
            tmp_path / "o.csv",
            data,
            "emotion, Usage, pixels" if form == "csv" else "emotion,pixels",
        )
    opened = open_for_evaluation(str(path))
    assert opened.is_path
    report = evaluate(trained.bundle, opened.dataset, "all")
    assert report.seen_in_training == len(make_split(data, "80-10-10").train)


def test_only_seen_rows_are_a_clear_error(trained: Trained) -> None:
    data = faces()
    seen = data.subset(make_split(data, "80-10-10").train)
    with pytest.raises(InputError, match=r"trained on every one of these 170 faces.*choose others"):
        evaluate(trained.bundle, seen, "all")
    assert evaluate(trained.bundle, seen, "all", include_seen=True).n == 170


def test_usage_splits(trained: Trained, fresh: FaceDataset) -> None:
    sizes = {s: evaluate(trained.bundle, fresh, s).n for s in ("training", "public", "private")}
    assert sizes == {"training": 112, "public": 14, "private": 14}
    with pytest.raises(InputError, match="has no PublicTest rows; choose split all"):
        evaluate(trained.bundle, dataclasses.replace(fresh, usage=None), "public")
    official = trained.bundle.card | {"data": trained.bundle.card["data"] | {"split": "official"}}
    with pytest.raises(InputError, match="own split, official; choose all of its faces"):
        evaluate(
            dataclasses.replace(trained.bundle, card=official),
            dataclasses.replace(fresh, usage=None),
        )
    with pytest.raises(
        InputError, match="no split 'dev' to evaluate; choose one of test, training"
    ):
        evaluate(trained.bundle, fresh, "dev")
    assert set(EVALUATION_SPLITS) == {"test", "training", "public", "private", "all"}


def test_unlabelled_faces_are_left_out(trained: Trained, fresh: FaceDataset) -> None:
    labels = fresh.labels.copy()
    labels[::2] = -1
    half = dataclasses.replace(fresh, labels=labels)
    assert evaluate(trained.bundle, half, "all").n == 70
    none = dataclasses.replace(fresh, labels=np.full(140, -1, np.int8))
    with pytest.raises(InputError, match="no labelled faces"):
        evaluate(trained.bundle, none, "all")


def test_tta_averages_a_face_and_its_mirror(trained: Trained, fresh: FaceDataset) -> None:
    predictor = Predictor(trained.bundle)
    both = predictor.probabilities(fresh.images) + predictor.probabilities(
        np.ascontiguousarray(fresh.images[:, :, ::-1])
    )
    report = evaluate(trained.bundle, fresh, "all", tta=True)
    assert report.accuracy == (both.argmax(axis=1) == fresh.labels).mean()
    expected = -np.log(both[np.arange(140), fresh.labels] / 2).mean()
    assert report.nll == pytest.approx(float(expected), rel=1e-5)
    symmetric = dataclasses.replace(
        fresh, images=np.maximum(fresh.images, fresh.images[:, :, ::-1])
    )
    with_tta, without = (evaluate(trained.bundle, symmetric, "all", tta=t) for t in (True, False))
    assert with_tta.nll == pytest.approx(without.nll, rel=1e-6)


def test_more_faces_than_are_read_at_once(trained: Trained) -> None:
    data = random_faces(1100)
    shares: list[float] = []
    report = evaluate(
        trained.bundle, data, "all", progress=lambda share, text: shares.append(share)
    )
    assert report.n == 1100
    assert report.accuracy == accuracy(trained, data, np.arange(1100))
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


# ---- photographs


def test_photographs_go_through_the_detector(
    trained: Trained, tmp_path: Path, astronaut: Path
) -> None:
    for folder in ("happy", "neutral"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    shutil.copy(astronaut, tmp_path / "set" / "happy")
    empty = np.full((200, 300, 3), 128, np.uint8)
    (tmp_path / "set" / "neutral" / "wall.png").write_bytes(to_png(empty))
    (tmp_path / "set" / "neutral" / "face.png").write_bytes(to_png(drawn_faces(1).images[0]))
    opened = open_for_evaluation(str(tmp_path / "set"))
    assert opened.no_face is not None
    assert opened.no_face.tolist() == [2]  # the wall; a 48x48 picture is a face already
    images = dict(zip(["astronaut", "face", "wall"], opened.dataset.images, strict=True))
    np.testing.assert_array_equal(images["face"], drawn_faces(1).images[0])
    assert (images["wall"] == 128).all()
    # The crop is what prediction takes: the same numbers come out.
    reading = Predictor(trained.bundle).predict(astronaut)
    read = Predictor(trained.bundle).probabilities(images["astronaut"][None])[0]
    np.testing.assert_allclose(list(reading.faces[0].probabilities.values()), read, atol=1e-6)
    report = evaluate(trained.bundle, opened.dataset, "all", no_face=opened.no_face)
    assert report.to_dict()["no_face"] == 1
    others = evaluate_rows(trained.bundle, opened.dataset, np.array([0, 1]), no_face=opened.no_face)
    assert others.to_dict()["no_face"] == 0  # the wall is none of these


def test_faces_of_48_pixels_meet_no_detector(tmp_path: Path) -> None:
    data = random_faces(6)
    opened = open_for_evaluation(str(write_folders(tmp_path / "small", data)))
    assert opened.no_face is None
    assert sorted(opened.dataset.keys.tolist()) == sorted(data.keys.tolist())


def test_what_prediction_reads_whole_is_scored_whole(trained: Trained, tmp_path: Path) -> None:
    # Half of it is wall, so that a crop would be another face.
    drawn = np.full((64, 64), 128, np.uint8)
    drawn[:40, :40] = draw_face("happy", 0, 3, side_px=40)
    picture = tmp_path / "happy" / "drawn.png"
    picture.parent.mkdir()
    picture.write_bytes(to_png(drawn))
    opened = open_for_evaluation(str(tmp_path))
    assert opened.no_face is None
    (face,) = Predictor(trained.bundle).predict(picture).faces
    (read,) = Predictor(trained.bundle).probabilities(opened.dataset.images)
    np.testing.assert_allclose(list(face.probabilities.values()), read, atol=1e-6)
    # One pixel more, and it may be a photograph.
    picture.write_bytes(to_png(np.pad(drawn, ((0, 1), (0, 1)), mode="edge")))
    assert open_for_evaluation(str(tmp_path)).no_face is not None


def test_a_registered_name_is_opened_before_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv = write_csv(tmp_path / "mine.csv", random_faces(9))
    import_dataset(csv)
    write_folders(tmp_path / "mine", random_faces(4))
    monkeypatch.chdir(tmp_path)
    opened = open_for_evaluation("mine")
    assert (len(opened.dataset), opened.is_path) == (9, False)
    assert not open_for_evaluation("drawn").is_path
    assert open_for_evaluation("mine.csv").is_path
    assert len(open_for_evaluation("./mine").dataset) == 4
    with pytest.raises(FerError, match="no data set 'yours'"):
        open_for_evaluation("yours")
