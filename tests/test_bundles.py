"""Model bundles: complete, verified, and honest about what they were trained on."""

import errno
import io
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer import bundles, home
from fer.bundles import Bundle, TrainingRows
from fer.data import NO_USAGE, USAGES, FaceDataset, make_split
from fer.data.dataset import copy_numbers
from fer.errors import (
    CorruptModelError,
    DiskFullError,
    ExistsError,
    InputError,
    NotFoundError,
)
from fer.evaluation import machine
from fer.images import InputSpec
from fer.inference import Predictor
from fer.labels import LABELS
from tests.samples import random_faces
from tests.trained import SETTINGS, Trained, faces, trained

__all__ = ["trained"]

TRAINING, PUBLIC, PRIVATE, TEST = range(4)


@pytest.fixture
def copy(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained bundle, as the only model of a home of its own."""
    source = trained.bundle.path
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(home, "shipped_models_dir", lambda: tmp_path / "shipped")
    return Path(shutil.copytree(source, home.models_dir() / "copy"))


def changed(folder: Path, **values: Any) -> Path:
    """Change card.json; a value of None takes the key out."""
    card = json.loads((folder / "card.json").read_text())
    card = {key: value for key, value in (card | values).items() if value is not None}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


# ---- what training made


def test_the_card_tells_all(trained: Trained) -> None:
    bundle = trained.bundle
    card, split = bundle.card, make_split(faces(), "80-10-10")
    assert bundle.name == trained.run.name == bundle.path.name
    assert (bundle.architecture, card["parameters"]) == ("spec", 335_175)
    assert bundle.labels == LABELS
    assert bundle.input == InputSpec(48, "unit")
    assert not bundle.is_shipped
    assert card["data"] == {
        "name": "faces", "source": "faces.csv", "n": 212, "fingerprint": faces().fingerprint,
        "published_fer2013": False, "split": "80-10-10", "split_seed": 0,
        "n_train": len(split.train), "n_validation": len(split.validation),
        "n_test": len(split.test),
    }  # fmt: skip
    assert card["recipe"]["mixup"] == 0.2
    assert (card["recipe_name"], card["seed"], card["init"]) == ("published", 5, None)
    assert [row["epoch"] for row in card["history"]] == list(range(1, SETTINGS["epochs"] + 1))
    assert card["trained"]["versions"].keys() == {"keras", "tensorflow", "numpy"}
    assert card["trained"]["precision"] == "float32"
    assert card["trained"]["backend"] == "tensorflow"
    assert card["trained"]["machine"] == card["measured_on"] == machine()
    assert re.fullmatch(r".+, \d+ CPU cores", machine())
    assert set(card["files"]) == {"model.keras", "model.tflite", "training_rows.npz"}


def test_nothing_but_the_bundle_was_left(trained: Trained) -> None:
    names = sorted(path.name for path in trained.bundle.path.iterdir())
    assert names == ["card.json", "model.keras", "model.tflite", "training_rows.npz"]
    assert not [p.name for p in home.models_dir().iterdir() if p.name.startswith(".")]


def test_what_is_served_is_what_was_trained(trained: Trained) -> None:
    from fer.images import model_input
    from fer.training.conversion import keras_model

    every = faces().images
    x = model_input(every, trained.bundle.input)
    expected = np.asarray(keras_model(trained.bundle).predict_on_batch(x))
    assert np.abs(Predictor(trained.bundle).probabilities(every) - expected).max() < 1e-4


def test_no_other_temperature_suits_its_validation_faces_better(trained: Trained) -> None:
    from fer.evaluation import fit_temperature
    from fer.images import model_input
    from fer.training.conversion import keras_model

    data, bundle = faces(), trained.bundle
    rows = make_split(data, "80-10-10").validation
    x = model_input(data.images[rows], bundle.input)
    logits = np.log(keras_model(bundle).predict_on_batch(x))
    assert fit_temperature(logits, data.labels[rows]) == pytest.approx(1, rel=0.01)
    assert 0.05 <= bundle.card["temperature"] <= 20
    assert bundle.card["temperature"] != pytest.approx(1, rel=0.01)


def test_its_card_tells_what_it_costs_and_what_it_stands(trained: Trained) -> None:
    from fer.evaluation import CHANGES

    card = trained.bundle.card
    assert card["multiply_adds"] == 88_383_488
    assert 0.05 < card["one_face_ms"] < 500
    assert list(card["robustness"]) == list(CHANGES)
    assert all(0 <= accuracy <= 1 for accuracy in card["robustness"].values())
    assert set(card["metrics"]) == {"validation", "test", "test_with_mirror"}
    assert 0.4 <= trained.bundle.unsure_below < 1


@pytest.mark.parametrize("part", ["validation", "test"])
def test_its_metrics_are_what_counting_gives(trained: Trained, part: str) -> None:
    from fer.images import model_input
    from fer.training.conversion import keras_model

    data = faces()
    rows = getattr(make_split(data, "80-10-10"), part)
    model = keras_model(trained.bundle)
    p = np.asarray(model.predict_on_batch(model_input(data.images[rows], trained.bundle.input)))
    told, truth = p.argmax(axis=1), data.labels[rows]
    metrics = trained.bundle.metrics[part]
    assert metrics["n"] == len(rows)
    assert metrics["accuracy"] == (told == truth).mean()
    confusion = [[int(((truth == t) & (told == k)).sum()) for k in range(7)] for t in range(7)]
    assert metrics["confusion"] == confusion
    nll = -np.log(p[np.arange(len(rows)), truth].astype(float)).mean()
    assert metrics["nll"] == pytest.approx(nll, rel=1e-4)
    assert metrics["seen_in_training"] == 0


def test_it_knows_its_training_rows_and_no_others(trained: Trained) -> None:
    data = faces()
    split, rows = make_split(data, "80-10-10"), trained.bundle.training_rows()
    assert np.flatnonzero(rows.seen(data)).tolist() == split.train.tolist()
    twins = rows.twins(data)
    assert twins[split.train].all()
    others = np.setdiff1d(np.arange(len(data)), split.train)
    expected = np.isin(data.keys[others], data.keys[split.train])
    np.testing.assert_array_equal(twins[others], expected)


# ---- loading


def test_by_name_and_by_folder(copy: Path) -> None:
    assert bundles.load("copy").path == bundles.load(copy).path == bundles.load(str(copy)).path
    assert Predictor("copy").probabilities(faces().images[:2]).shape == (2, 7)


def test_an_archive_of_it_loads_where_it_is_unpacked(trained: Trained, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(trained.bundle.archive())) as archive:
        archive.extractall(tmp_path)
    again = bundles.load(tmp_path / trained.bundle.name)
    assert again.card == trained.bundle.card
    assert again.training_rows().keys.tolist() == trained.bundle.training_rows().keys.tolist()


def test_yours_comes_before_the_shipped_one_of_that_name(copy: Path) -> None:
    shutil.copytree(copy, home.shipped_models_dir() / "copy")
    assert bundles.load("copy").path == copy
    assert [bundle.is_shipped for bundle in bundles.list_bundles()] == [True, False]


@pytest.mark.parametrize("name", ["nothing", "../copy", "/nowhere", ""])
def test_unknown_models_say_what_there_is(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((NotFoundError, CorruptModelError)):
        bundles.load(name)
    with pytest.raises(NotFoundError, match="no model 'other'; there are: copy"):
        bundles.load("other")


def test_a_folder_that_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorruptModelError, match=r"is not a model: it has no card\.json"):
        bundles.load(tmp_path)


@pytest.mark.parametrize("file", ["model.keras", "model.tflite", "training_rows.npz"])
@pytest.mark.parametrize("damage", ["gone", "cut", "bit", "empty"])
def test_damaged_files_are_named(copy: Path, file: str, damage: str) -> None:
    path = copy / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes({"cut": bytes(data[:-1]), "empty": b""}.get(damage, bytes(data)))
    if damage == "gone":
        path.unlink()
    with pytest.raises(CorruptModelError) as caught:
        bundles.load("copy")
    assert file in str(caught.value)
    assert "copy" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b"{}", b'{"format": 1}', b"[" * 10_000],
)
def test_a_damaged_card_is_named(copy: Path, content: bytes) -> None:
    (copy / "card.json").write_bytes(content)
    with pytest.raises(CorruptModelError, match=r"card\.json"):
        bundles.load("copy")


def test_the_card_may_say_below_what_the_model_is_not_sure(copy: Path) -> None:
    assert bundles.load(copy).unsure_below == bundles.UNSURE_BELOW
    assert bundles.load(changed(copy, unsure_below=0.55)).unsure_below == 0.55


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"architecture": None},
        {"labels": None},
        {"labels": []},
        {"labels": "happy"},
        {"labels": ["happy", "happy"]},
        {"labels": ["happy", "joyful"]},
        {"labels": [["happy"]]},
        {"input": {"size_px": 48, "normalisation": "magic"}},
        {"input": {"size_px": 100_000, "normalisation": "unit"}},
        {"input": [48]},
        {"files": ["model.tflite"]},
        {"files": {}},
        {"metrics": []},
        {"data": None},
        {"data": {}},
        {"data": {"name": "faces", "fingerprint": "1", "split": "official", "split_seed": "0"}},
        {"metrics": {"test": [1]}},
        {"metrics": {"test": {"n": 9, "accuracy": 0.5}}},
        {"metrics": {"test": {"n": 9, "accuracy": "0.5", "interval": [0.2, 0.8]}}},
        {"metrics": {"test": {"n": 9, "accuracy": 0.5, "interval": [0.6, 0.8]}}},
        {"parameters": "many"},
        {"multiply_adds": float("nan")},
        {"unsure_below": 1.5},
        {"unsure_below": "half"},
    ],
    ids=str,
)
def test_a_card_of_another_form_is_refused(copy: Path, change: dict) -> None:
    with pytest.raises(CorruptModelError, match=r"card\.json"):
        bundles.load(changed(copy, **change))


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/hostname", "sub/../../secret", "../model.keras"]
)
def test_a_card_cannot_name_files_outside_its_folder(copy: Path, name: str) -> None:
    (copy.parent / "secret").write_bytes(b"x")
    from fer.files import sha256

    card = json.loads((copy / "card.json").read_text())
    # The last one has a namesake in the folder, which is not what it names.
    of = copy / "model.keras" if name.endswith(".keras") else copy.parent / "secret"
    files = card["files"] | {name: sha256(of)}
    with pytest.raises(CorruptModelError, match="lacks its file"):
        bundles.load(changed(copy, files=files))


def test_no_code_of_a_model_file_is_run(copy: Path) -> None:
    # Weights of another network, with right hashes: refused, not adapted to.
    from fer.training.conversion import keras_model

    (copy / "model.keras").write_bytes((copy / "model.tflite").read_bytes())
    card = json.loads((copy / "card.json").read_text())
    bundles.write_card(copy, card)
    with pytest.raises(CorruptModelError, match=r"model\.keras of .* does not hold the weights"):
        keras_model(bundles.load("copy"))


def test_a_model_without_its_training_rows_says_so(copy: Path) -> None:
    bundle = bundles.load("copy")
    (copy / "training_rows.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(CorruptModelError, match=r"training_rows\.npz .* missing or damaged"):
        bundle.training_rows()
    (copy / "training_rows.npz").unlink()
    with pytest.raises(CorruptModelError, match=r"training_rows\.npz .* missing or damaged"):
        bundle.training_rows()


def test_a_damaged_model_hides_no_other(copy: Path) -> None:
    for name, content in (("broken", "{"), ("alien", '{"format": 99}')):
        (home.models_dir() / name).mkdir()
        (home.models_dir() / name / "card.json").write_text(content)
    (home.models_dir() / ".exporting-x").mkdir()
    shutil.copy(copy / "card.json", home.models_dir() / ".exporting-x")
    assert [bundle.path.name for bundle in bundles.list_bundles()] == ["copy"]


def test_which_model_is_the_default(copy: Path) -> None:
    assert bundles.default_name() == "copy"
    for name in ("spec", "flagship", "general"):
        shutil.copytree(copy, home.shipped_models_dir() / name)
        assert bundles.default_name() == name
    shutil.rmtree(copy)
    shutil.rmtree(home.shipped_models_dir())
    with pytest.raises(NotFoundError, match="no model yet"):
        bundles.default_name()


# ---- which rows were seen


def with_usage(rows: list[tuple[int, int, int]]) -> FaceDataset:
    """A data set from (picture, label, Usage) of each row."""
    pictures = random_faces(5).images
    return FaceDataset(
        "rows",
        pictures[[picture for picture, _, _ in rows]],
        np.array([label for _, label, _ in rows], np.int8),
        np.array([usage for _, _, usage in rows], np.uint8),
    )


def trained_on(data: FaceDataset, rows: list[int]) -> TrainingRows:
    assert data.usage is not None
    return TrainingRows(data.keys[rows], data.usage[rows], copy_numbers(data)[rows])


ROWS = [(0, 1, TRAINING), (1, 2, TRAINING), (2, 3, PUBLIC), (3, 4, PRIVATE), (1, 2, PRIVATE)]


def test_the_very_rows_are_seen_and_their_twins_are_not() -> None:
    data = with_usage(ROWS)
    rows = trained_on(data, [0, 1])
    assert rows.seen(data).tolist() == [True, True, False, False, False]
    assert rows.twins(data).tolist() == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("trained_usage", "usage", "same"),
    [
        (TRAINING, TRAINING, True),
        (TRAINING, PUBLIC, False),
        (TRAINING, TEST, False),
        (PUBLIC, PUBLIC, True),
        (PUBLIC, PRIVATE, False),
        (PUBLIC, TEST, True),
        (TEST, PRIVATE, True),
        (TEST, TRAINING, False),
        (NO_USAGE, PRIVATE, True),
        (TRAINING, NO_USAGE, True),
        (NO_USAGE, NO_USAGE, True),
    ],
)
def test_a_usage_matches_all_that_it_can_mean(trained_usage: int, usage: int, same: bool) -> None:
    rows = trained_on(with_usage([(0, 1, trained_usage)]), [0])
    assert rows.seen(with_usage([(0, 1, usage)])).tolist() == [same]
    assert rows.twins(with_usage([(0, 1, usage)])).tolist() == [True]


def test_where_one_copy_was_trained_on_the_other_is_a_twin() -> None:
    data = with_usage([(0, 1, TRAINING), (0, 1, TRAINING), (1, 2, TRAINING)])
    rows = trained_on(data, [1, 2])
    assert rows.seen(data).sum() == 2
    assert rows.twins(data).all()
    shuffled = data.subset(np.array([2, 1, 0]))
    assert rows.seen(shuffled).sum() == 2


@pytest.mark.parametrize("usage", [TRAINING, PUBLIC, PRIVATE])
@pytest.mark.parametrize("known", [True, False])
def test_data_that_holds_only_one_usage_hides_no_seen_row(usage: int, known: bool) -> None:
    # Copies of picture 0 are in every Usage, under labels that turn their order about.
    data = with_usage([(0, 2, TRAINING), (0, 1, PUBLIC), (0, 0, PRIVATE), (1, 0, usage)])
    part = data.subset(np.flatnonzero(data.usage == usage))
    if not known:
        part = FaceDataset("part", part.images, part.labels)
    for trained_rows in ([0, 3], [1, 3], [2, 3], [0, 1, 3], [1, 2, 3], [0, 1, 2, 3]):
        rows = trained_on(data, trained_rows)
        expected = np.isin(np.flatnonzero(data.usage == usage), trained_rows)
        assert (rows.seen(part) | ~expected).all(), (trained_rows, USAGES[usage])
        if known:
            np.testing.assert_array_equal(rows.seen(part), expected)


def test_a_view_without_twins_hides_no_row_that_was_trained_on() -> None:
    # By its label, the copy that the view leaves out comes before the one that it keeps.
    data = with_usage([(0, 3, TRAINING), (0, 2, PRIVATE), (1, 1, TRAINING)])
    view = data.subset(np.array([0, 2]))
    assert trained_on(view, [0, 1]).seen(data).tolist() == [True, False, True]


def test_rows_survive_their_file(tmp_path: Path) -> None:
    data = with_usage(ROWS)
    rows = trained_on(data, [0, 1, 4])
    rows.save(tmp_path / bundles.ROWS)
    again = Bundle(tmp_path, {"name": "x"}).training_rows()
    assert again.seen(data).tolist() == rows.seen(data).tolist() == [True, True, False, False, True]
    assert again.keys.dtype == np.uint64


def test_fer2013_whatever_part_of_it_is_scored(real_data: Path) -> None:
    with np.load(real_data / "fer2013.npz") as archive:
        data = FaceDataset(
            "f", archive["pixels"], archive["emotion"].astype(np.int8), archive["usage"]
        )
    assert data.usage is not None
    for name in ("published", "clean", "official"):
        split = make_split(data, name)
        rows = trained_on(data, split.train.tolist())
        assert np.flatnonzero(rows.seen(data)).tolist() == split.train.tolist()
        for usage in (TRAINING, PUBLIC, PRIVATE):
            numbers = np.flatnonzero(data.usage == usage)
            expected = np.isin(numbers, split.train)
            seen = rows.seen(data.subset(numbers))
            assert (seen | ~expected).all()
            # Of copies within one Usage it cannot be told which was trained on; few are left out.
            assert (seen & ~expected).sum() < 60


def test_a_downloaded_bundle_comes_back_under_another_name(trained: Trained) -> None:
    own = trained.bundle
    back = bundles.import_archive(io.BytesIO(own.archive()), "back")
    try:
        assert back.path == home.models_dir() / "back"
        assert back.card == own.card
        assert back.served_path.read_bytes() == own.served_path.read_bytes()
        assert "back" in [bundle.name for bundle in bundles.list_bundles()]
        with pytest.raises(ExistsError, match="back already"):
            bundles.import_archive(io.BytesIO(own.archive()), "back")
        with pytest.raises(ExistsError, match="spec already"):
            bundles.import_archive(io.BytesIO(own.archive()), "spec")
        # A run that goes on would put its model in the place of this one.
        (home.runs_dir() / "spec-demo-7").mkdir()
        with pytest.raises(ExistsError, match="a run named spec-demo-7"):
            bundles.import_archive(io.BytesIO(own.archive()), "spec-demo-7")
    finally:
        bundles.delete("back")
        (home.runs_dir() / "spec-demo-7").rmdir()
    assert not back.path.exists()
    with pytest.raises(NotFoundError, match="back"):
        bundles.delete("back")


def _archive(**entries: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer


@pytest.mark.parametrize(
    ("entries", "error", "words"),
    [
        ({}, InputError, "no card.json"),
        ({"a/card.json": b"{}", "b/card.json": b"{}"}, InputError, "2 card.json"),
        ({"card.json": b"{}"}, CorruptModelError, "card"),
        ({"../../card.json": b"{}"}, CorruptModelError, "card"),
    ],
)
def test_archives_that_hold_no_bundle_leave_nothing(
    fer_home: Path, entries: dict[str, bytes], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        bundles.import_archive(_archive(**entries), "mine")
    assert list(home.models_dir().iterdir()) == []


def test_a_changed_byte_in_an_archive_is_found(trained: Trained, tmp_path: Path) -> None:
    own = trained.bundle
    entries = {f"m/{name}": (own.path / name).read_bytes() for name in own.card["files"]}
    entries["m/card.json"] = (own.path / "card.json").read_bytes()
    entries["m/model.tflite"] = entries["m/model.tflite"][:-1] + b"?"
    before = sorted(home.models_dir().iterdir())
    with pytest.raises(CorruptModelError, match=r"model\.tflite"):
        bundles.import_archive(_archive(**entries), "changed")
    with pytest.raises(InputError, match="no zip file"):
        bundles.import_archive(io.BytesIO(own.archive()[:-100]), "changed")
    assert sorted(home.models_dir().iterdir()) == before


@pytest.mark.parametrize(
    "packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_an_archive_damaged_anywhere_is_told_and_leaves_nothing(
    fer_home: Path, packed: int
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        archive.writestr("m/card.json", json.dumps({"words": [str(n) for n in range(500)]}))
    whole = buffer.getvalue()
    for place in range(0, len(whole), 7):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        # No card of a model even where it is whole: the damage may be where nobody looks.
        with pytest.raises((InputError, CorruptModelError)):
            bundles.import_archive(io.BytesIO(damaged), "mine")
    assert list(home.models_dir().iterdir()) == []


def test_a_full_disk_is_told_and_what_was_left_long_ago_is_cleared(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = home.models_dir() / ".importing-dead"
    left.mkdir()
    os.utime(left, (0, 0))

    def full(source: object, folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fer.bundles.archives._unpack", full)
    with pytest.raises(DiskFullError, match="mine could not be kept: the disk is full"):
        bundles.import_archive(io.BytesIO(), "mine")
    assert list(home.models_dir().iterdir()) == []


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "x" * 65])
def test_names_that_lead_elsewhere_are_refused(fer_home: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a model"):
        bundles.import_archive(_archive(), name)
    with pytest.raises(NotFoundError):
        bundles.delete(name)
