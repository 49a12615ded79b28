import csv
import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer.bundles import Bundle, load
from fer.data import drawn_faces, make_split, open_dataset
from fer.data.dataset import content_keys
from fer.images import crop_face, decode, to_png
from fer.inference import Predictor, annotate, explain
from fer.inference.explain import occlusion
from fer.labels import LABELS
from fer.training.gradcam import GradCam
from pages import _why, _zips
from pages._examples import examples
from pages._parts import camera_is_lent, emotion, percent
from pages._readings import Picture
from tests.pages.conftest import LIMIT_S, finished, go, html, words
from tests.trained import Trained, trained

__all__ = ["trained"]

OpenPage = Callable[..., AppTest]


def bars(app: AppTest) -> list[list[str]]:
    """The labels of each face's bars, from the top."""
    shown = [text for text in html(app) if 'role="img"' in text]
    return [re.findall(r'flex:none">\S+ (\w+)</span>', text) for text in shown]


def waited(app: AppTest) -> AppTest:
    """The page once nothing is under way on it any more."""
    end = time.monotonic() + LIMIT_S
    while any(button.label == "Cancel" for button in app.button):
        assert time.monotonic() < end
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def images(app: AppTest) -> list[Any]:
    """Every picture of the page, with its caption, in order."""
    return [image for element in app.get("image") for image in element.proto.imgs]


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    app.file_uploader(key="photos").set_value(list(files)).run()
    return app


def test_a_photo_shows_its_face_with_all_probabilities_ranked(
    open_page: OpenPage, trained: Trained, astronaut: Path
) -> None:
    app = open_page("predict.py", model=trained.bundle.name)
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    (face,) = Predictor(trained.bundle).predict(astronaut).faces
    assert bars(app) == [[label for label, _ in face.ranked()]]
    assert f"Expression looks like {emotion(face.emotion)}" in words(app)


def test_a_bad_file_is_one_error_and_the_others_are_read(
    open_page: OpenPage, trained: Trained, astronaut: Path, grace_hopper: Path
) -> None:
    app = upload(
        open_page("predict.py"),
        ("astronaut.png", astronaut.read_bytes(), "image/png"),
        ("notes.jpg", b"hello, not a photo", "image/jpeg"),
        ("grace_hopper.jpg", grace_hopper.read_bytes(), "image/jpeg"),
    )
    assert [error.value.split()[0] for error in app.error] == ["notes.jpg"]
    assert len(bars(app)) == 2
    assert all(sorted(labels) == sorted(LABELS) for labels in bars(app))


def test_a_picture_without_a_face_is_said_kindly_and_can_be_read_whole(
    open_page: OpenPage, trained: Trained
) -> None:
    blank = to_png(np.full((300, 400, 3), 200, np.uint8))
    app = upload(open_page("predict.py"), ("wall.png", blank, "image/png"))
    assert "No face was found" in app.info[0].value
    assert bars(app) == []
    next(b for b in app.button if b.label == "Read the whole picture").click().run()
    assert not app.info
    assert len(bars(app)) == 1


def test_below_the_models_threshold_it_is_not_sure_in_words_and_in_the_picture(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    downloads: dict[str, Callable[[], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = ("astronaut.png", astronaut.read_bytes(), "image/png")
    reading = Predictor("spec").predict(astronaut)
    looks = f"Expression looks like {emotion(reading.faces[0].emotion)}"
    for threshold, said in ((1.0, f"{looks}, not sure"), (0.0, looks)):
        monkeypatch.setattr("fer.bundles.Bundle.unsure_below", threshold)
        app = upload(open_page("predict.py", model="spec"), picture)
        assert f"#### {said}" in [str(text.value) for text in app.markdown]
        assert f"no expression reaches {percent(threshold)}" in words(app)
        expected = annotate(decode(astronaut), reading, None, threshold)
        np.testing.assert_array_equal(decode(downloads["With boxes (png)"]()), expected)


def test_results_are_taken_away_as_csv_and_json_with_what_could_not_be_read(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    downloads: dict[str, Callable[[], Any]],
) -> None:
    upload(
        open_page("predict.py", model="spec"),
        ("astronaut.png", astronaut.read_bytes(), "image/png"),
        ("notes.jpg", b"hello, not a photo", "image/jpeg"),
    )
    (face,) = (reading := Predictor("spec").predict(astronaut)).faces
    told = json.loads(downloads["All results (json)"]())
    assert told["model"] == "spec"
    assert told["results"][0] == {"source": "astronaut.png", **reading.to_dict()}
    assert told["results"][1]["source"] == "notes.jpg"
    assert told["results"][1]["error"]["code"] == "not_an_image"
    first, second = csv.DictReader(io.StringIO(downloads["All results (csv)"]()))
    assert (first["source"], first["emotion"]) == ("astronaut.png", face.emotion)
    assert float(first["happy"]) == face.probabilities["happy"]
    assert "notes.jpg is not a picture" in second["error"]


def test_two_models_read_the_same_faces_side_by_side(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    downloads: dict[str, Callable[[], Any]],
) -> None:
    own = trained.bundle.name
    app = open_page("predict.py", model="spec", compare=own)
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    others = app.selectbox(key="compare").options
    assert own in others
    assert "spec" not in others
    (face,) = Predictor("spec").predict(astronaut).faces
    (other,) = Predictor(own).predict(astronaut, boxes=[face.box]).faces
    assert bars(app) == [[label for label, _ in one.ranked()] for one in (face, other)]
    models = json.loads(downloads["All results (json)"]())["models"]
    assert [model["model"] for model in models] == ["spec", own]
    told = [model["results"][0]["faces"][0] for model in models]
    assert told[0] == face.to_dict()
    assert told[1]["box"] == face.box.to_dict()
    assert told[1]["probabilities"] == pytest.approx(dict(other.probabilities), abs=1e-6)
    rows = csv.DictReader(io.StringIO(downloads["All results (csv)"]()))
    assert [row["model"] for row in rows] == ["spec", own]
    app.selectbox(key="model").set_value(own).run()
    assert app.selectbox(key="compare").value is None
    assert len(bars(app)) == 1


def test_a_zip_is_read_with_its_bad_files_as_rows(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    grace_hopper: Path,
    downloads: dict[str, Callable[[], Any]],
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(astronaut, "trip/astronaut.png")
        archive.writestr("trip/bad.jpg", b"hello, not a photo")
        archive.write(grace_hopper, "trip/grace.jpg")
        archive.writestr("trip/readme.txt", b"no picture")
        archive.writestr("wall.png", to_png(np.full((300, 400, 3), 200, np.uint8)))
    own = trained.bundle.name
    app = open_page("predict.py", model="spec", compare=own)
    upload(app, ("photos.zip", packed.getvalue(), "application/zip"))
    read = waited(app)
    assert "**photos.zip**: 4 pictures, 2 faces, 1 could not be read" in words(read)
    table = read.dataframe[0].value
    assert list(table["picture"]) == [
        "trip/astronaut.png", "trip/bad.jpg", "trip/grace.jpg", "wall.png"
    ]  # fmt: skip
    spec, other = Predictor("spec"), Predictor(own)
    (face,), (seen,) = (one.predict(grace_hopper).faces for one in (spec, other))
    assert table["spec: looks like"][2].startswith(emotion(face.emotion))
    assert table["spec: probability"][2] == pytest.approx(100 * face.confidence)
    assert table[f"{own}: looks like"][2].startswith(emotion(seen.emotion))
    assert "bad.jpg is not a picture" in table["problem"][1]
    assert table["problem"][3] == "no face found"
    pairs = [(spec.predict(photo), other.predict(photo)) for photo in (astronaut, grace_hopper)]
    same = sum(one.faces[0].emotion == two.faces[0].emotion for one, two in pairs)
    assert f"spec and {own} agree on {same} of 2 faces." in words(app)
    told = json.loads(downloads["All results (json)"]())["models"]
    assert [model["model"] for model in told] == ["spec", own]
    names = [result["source"] for result in told[0]["results"]]
    assert names[0] == "photos.zip/trip/astronaut.png"
    assert told[0]["results"][0]["faces"][0]["emotion"] == "happy"
    assert told[0]["results"][1]["error"]["code"] == "not_an_image"
    (slot,) = {key for key in app.session_state["zips"] if key.endswith("_0")}
    assert len(app.session_state[f"{slot}_result"]) == 4
    app.file_uploader(key="photos").set_value([]).run()
    assert f"{slot}_result" not in app.session_state  # what was read goes with the file


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "photos.zip has no pictures in it"),
        (b"a" * 100, "photos.zip is damaged"),
    ],
)
def test_a_zip_that_cannot_be_read_is_said(
    open_page: OpenPage, trained: Trained, content: bytes, said: str
) -> None:
    packed = io.BytesIO(content)
    if not content:
        zipfile.ZipFile(packed, "w").close()
    app = open_page("predict.py", model="spec")
    upload(app, ("photos.zip", packed.getvalue(), "application/zip"))
    assert said in words(waited(app)).replace("*", "")


def test_files_are_still_there_after_a_look_at_another_page(
    open_page: OpenPage, trained: Trained
) -> None:
    faces = drawn_faces(2).images
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("face.png", to_png(faces[0]))
    app = open_page("predict.py", model=trained.bundle.name)
    upload(app, ("photos.zip", packed.getvalue(), "application/zip"),
           ("alone.png", to_png(faces[1]), "image/png"))  # fmt: skip
    waited(app)
    go(app, "about.py")
    waited(go(app, "predict.py", model=trained.bundle.name))
    assert "**photos.zip**: 1 picture, 1 face" in words(app)
    assert len(bars(app)) == 1
    app.button(key="away_given").click().run()
    assert "photos.zip" not in words(app)
    assert bars(app) == []


def test_a_zip_of_too_many_pictures_is_refused_before_any_is_read(
    open_page: OpenPage, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_zips, "LIMIT", 2)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in "abc":
            archive.writestr(f"{name}.png", b"")
    app = open_page("predict.py", model="spec")
    upload(app, ("photos.zip", packed.getvalue(), "application/zip"))
    assert "photos.zip has 3 pictures, and 2 at most are read" in waited(app).error[0].value


def test_a_snapshot_is_read_once_the_camera_is_wanted(
    open_page: OpenPage, trained: Trained, grace_hopper: Path
) -> None:
    app = open_page("predict.py")
    assert not app.get("camera_input")
    app.toggle(key="camera_on").set_value(True).run()
    shot = ("shot.jpg", grace_hopper.read_bytes(), "image/jpeg")
    app.camera_input(key="camera").set_value(shot).run()
    assert len(bars(app)) == 1


@pytest.mark.parametrize(
    ("url", "lent"),
    [
        ("http://localhost:8501/predict", True),
        ("http://127.0.0.1:8501/predict", True),
        ("https://faces.example/predict", True),
        ("http://192.168.0.7:8501/predict", False),
        (None, True),
    ],
)
def test_the_camera_is_asked_for_where_browsers_lend_it(url: str | None, lent: bool) -> None:
    assert camera_is_lent(url) is lent


def test_a_picture_from_elsewhere_is_put_away(open_page: OpenPage, astronaut: Path) -> None:
    app = open_page("predict.py")
    app.session_state["live_picture"] = Picture("1", "Snapshot of Live", astronaut.read_bytes())
    app.button(key="example_happy").click().run()
    assert len(bars(app)) == 2
    for key in ("away_live_picture", "away_example"):
        app.button(key=key).click().run()
    assert bars(app) == []


def test_many_pictures_belong_into_a_zip(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages._readings.KEPT", 2)
    face = to_png(open_dataset("drawn").images[0])
    given = [(f"{number}.png", face, "image/png") for number in range(3)]
    app = upload(open_page("predict.py"), *given)
    assert "Of 3 pictures the first 2 are read" in app.warning[0].value
    assert len(bars(app)) == 2


def test_examples_are_test_faces_with_their_true_label(
    open_page: OpenPage, trained: Trained
) -> None:
    app = open_page("predict.py", model=trained.bundle.name)
    assert "Test faces of faces" in words(app)
    seen = trained.bundle.training_rows().twins(open_dataset("faces"))
    assert seen.any()
    shown = [button for button in app.button if str(button.key).startswith("example_")]
    assert 1 <= len(shown) <= 7
    shown[0].click().run()
    label = str(shown[0].key).removeprefix("example_")
    assert f"Labelled {emotion(label)} in the data" in words(app)
    assert len(bars(app)) == 1


def test_a_model_of_few_labels_is_tried_with_these_alone(open_page: OpenPage) -> None:
    app = open_page("predict.py", model="three-class")
    shown = [str(button.key) for button in app.button if str(button.key).startswith("example_")]
    assert shown == ["example_happy", "example_sad", "example_neutral"]
    assert "Accuracy on test faces of happy, sad and neutral: " in words(app)
    # Its split is of the faces of its labels: another than that of all faces.
    drawn = open_dataset("drawn")
    three = load("three-class")
    data = {"fingerprint": drawn.fingerprint, "name": "drawn", "split": "80-10-10"}
    three = replace(three, card=three.card | {"data": three.card["data"] | data})
    test = make_split(drawn.only(three.labels), "80-10-10", three.card["data"]["split_seed"]).test
    found = [examples(three, (), seed) for seed in range(5)]
    assert {one.about.partition(":")[0] for one in found} == {"Test faces of drawn"}
    assert set(content_keys(np.array([f for one in found for f in one.faces]))) <= set(
        drawn.keys[test]
    )


def test_the_model_is_in_the_address_with_its_accuracy(
    open_page: OpenPage, trained: Trained
) -> None:
    app = open_page("predict.py", model=trained.bundle.name)
    assert app.selectbox(key="model").value == trained.bundle.name
    test = trained.bundle.metrics["test"]
    assert f"{100 * test['accuracy']:.1f} % (95 % interval" in words(app)
    assert f"n = {test['n']:,}" in words(app)


def test_without_any_model_a_training_is_offered(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fer.home.shipped_models_dir", lambda: tmp_path)
    app = open_page("predict.py")
    assert "no model yet" in app.info[0].value
    assert [button.label for button in app.button] == ["Train on drawn faces"]


def opened(app: AppTest, label: str, prefix: str) -> str:
    """Open the one expander of that label, whose key is `prefix` and what is returned."""
    (expander,) = [expander for expander in app.expander if expander.label == label]
    key = expander.proto.id.partition(f"-{prefix}")[2]
    app.session_state[prefix + key] = True
    app.run()
    assert not app.exception
    return str(key)


def asked_why(app: AppTest) -> str:
    """Open the "Why?" of the page's one face; gives the face's key."""
    return opened(app, "Why?", "why_")


def test_why_is_computed_once_it_is_opened(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    monkeypatch: pytest.MonkeyPatch,
    downloads: dict[str, Callable[[], str]],
) -> None:
    asked: list[np.ndarray] = []

    def counted(predictor: Predictor, face: np.ndarray) -> explain.Occlusion:
        asked.append(face)
        return occlusion(predictor, face)

    monkeypatch.setattr(explain, "occlusion", counted)
    app = open_page("predict.py", model="spec")
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    assert asked == []
    key = asked_why(app)
    predictor = Predictor("spec")
    (face,) = predictor.predict(astronaut).faces
    crop = crop_face(decode(astronaut), face.box)
    np.testing.assert_array_equal(asked, [crop])
    covered = occlusion(predictor, crop)
    assert app.selectbox(key=f"label_{key}").value == face.emotion
    assert covered.sentence(face.emotion) in words(app)
    app.selectbox(key=f"label_{key}").set_value("neutral").run()
    assert covered.sentence("neutral") in words(app)
    assert len(asked) == 1
    # The numbers behind the colours: a row each of the 12 x 12 cells, from the upper left.
    cells = list(csv.DictReader(io.StringIO(downloads["Covered parts (csv)"]())))
    assert [(cell["top_px"], cell["left_px"]) for cell in cells[11:13]] == [
        ("0.0", "44.0"),
        ("4.0", "0.0"),
    ]
    drops = np.array([[float(cell[label]) for label in covered.labels] for cell in cells])
    np.testing.assert_allclose(drops.reshape(covered.drops.shape), covered.drops, atol=1e-6)


def test_why_shows_what_each_layer_makes_of_the_face(
    open_page: OpenPage, trained: Trained, astronaut: Path
) -> None:
    app = open_page("predict.py", model="spec")
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    key = asked_why(app)
    app.segmented_control(key=f"view_{key}").set_value("Layers").run()
    assert "The 32 filters of the first convolution" in words(app)
    layer = app.selectbox(key=f"layer_{key}")
    assert layer.value == "convolution 1 of 8"
    layer.set_value("convolution 3 of 8").run()
    assert not app.exception
    assert not app.error


def test_why_does_without_the_gradient_where_a_model_has_no_keras_file(
    open_page: OpenPage, astronaut: Path
) -> None:
    app = open_page("predict.py", model="shallow")
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    key = asked_why(app)
    assert "without which shallow comes" in words(app)
    assert f"gradient_{key}" not in [toggle.key for toggle in app.toggle]
    # Its served file, whose weights are float16, can be looked into all the same.
    app.segmented_control(key=f"view_{key}").set_value("Layers").run()
    assert "The 32 filters of the first convolution" in words(app)
    assert not app.exception
    assert not app.error


def test_why_shows_the_training_faces_most_like_it_where_they_are_here(
    open_page: OpenPage, trained: Trained
) -> None:
    seen = open_dataset("faces")
    row = int(np.flatnonzero(trained.bundle.training_rows().seen(seen))[0])
    picture = ("face.png", to_png(seen.images[row]), "image/png")
    app = upload(open_page("predict.py", model=trained.bundle.name), picture)
    key = asked_why(app)
    app.segmented_control(key=f"view_{key}").set_value("Similar faces").run()
    finished(app, f"cancel_alike_{key}")
    (grid,) = [text for text in html(app) if "<figure" in text]
    shown = re.findall(r'title="(\w+), row (\d+) of faces"', grid)
    assert len(shown) == 8
    # It is the face itself that the network finds most like it.
    assert seen.keys[int(shown[0][1])] == seen.keys[row]
    assert re.findall(r">\S+ \w+ (\S+)</figcaption>", grid)[0] == "1.00"
    app.selectbox(key="model").set_value("spec").run()
    assert "spec learned from fer2013, which is not here" in app.info[0].value


def test_why_asks_for_the_gradient_only_on_request_and_once(
    open_page: OpenPage,
    trained: Trained,
    monkeypatch: pytest.MonkeyPatch,
    downloads: dict[str, Callable[[], str]],
) -> None:
    asked: list[np.ndarray] = []
    maps = np.linspace(0, 1, 7 * 6 * 6, dtype=np.float32).reshape(7, 6, 6)

    def fake(bundle: Bundle, face: np.ndarray) -> GradCam:
        asked.append(face)
        return GradCam(bundle.labels, "last", maps)

    monkeypatch.setattr(_why, "grad_cam", fake)
    face = open_dataset("faces").images[3]
    app = open_page("predict.py", model=trained.bundle.name)
    key = asked_why(upload(app, ("face.png", to_png(face), "image/png")))
    captions = ["", "As the network sees it", "Covered part by part"]
    assert [image.caption for image in images(app)] == captions
    assert asked == []
    app.toggle(key=f"gradient_{key}").set_value(True).run()
    assert [image.caption for image in images(app)] == [*captions, "Grad-CAM"]
    (cell,) = list(csv.DictReader(io.StringIO(downloads["Grad-CAM (csv)"]())))[7:8]
    assert (cell["top_px"], cell["left_px"]) == ("8.0", "8.0")
    np.testing.assert_allclose([float(cell[label]) for label in LABELS], maps[:, 1, 1], atol=1e-6)
    app.selectbox(key=f"label_{key}").set_value("fear").run()
    np.testing.assert_array_equal(asked, [face])  # of all labels at once


def test_a_wrong_answer_is_flagged_only_with_consent_and_is_the_visitors_alone(
    open_page: OpenPage,
    trained: Trained,
    astronaut: Path,
    downloads: dict[str, Callable[[], Any]],
) -> None:
    before = sorted(trained.home.rglob("*"))
    app = open_page("predict.py", model="spec")
    upload(app, ("astronaut.png", astronaut.read_bytes(), "image/png"))
    key = opened(app, "Wrong?", "wrong_")
    labels = app.button_group(key=f"right_{key}")
    assert "happy" not in "".join(labels.options)  # what it said already
    assert app.button(key=f"keep_{key}").disabled
    labels.set_value("sad").run()
    assert app.button(key=f"keep_{key}").disabled
    app.checkbox(key=f"agreed_{key}").check().run()
    assert "flagged as wrong" not in words(app)
    app.button(key=f"keep_{key}").click().run()
    assert "1 answer flagged as wrong" in words(app)
    assert "Flagged: 😢 sad" in [expander.label for expander in app.expander]

    (face,) = Predictor("spec").predict(astronaut).faces
    (row,) = csv.DictReader(io.StringIO(downloads["Flagged faces (csv)"]()))
    crop = crop_face(decode(astronaut), face.box)
    assert row["pixels"].split() == [str(value) for value in crop.ravel()]
    assert (row["emotion"], row["label"]) == (str(LABELS.index("sad")), "sad")
    assert (row["prediction"], row["model"]) == ("happy", "spec")
    assert float(row["happy"]) == face.probabilities["happy"]

    assert sorted(trained.home.rglob("*")) == before
    assert "flagged as wrong" not in words(open_page("predict.py"))  # another visitor
    app.button(key="clear_flags").click().run()
    assert "flagged as wrong" not in words(app)
    assert app.session_state["flags"] == {}


def test_two_pictures_of_one_name_in_a_zip_are_two() -> None:
    packed = io.BytesIO()
    dark, light = (to_png(np.full((48, 48), level, np.uint8)) for level in (10, 20))
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", dark)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", light)
    found = _zips.Archive("key", "photos.zip", packed.getvalue())
    assert [int(decode(_zips._content(found, place))[0, 0, 0]) for place in (0, 1)] == [10, 20]
