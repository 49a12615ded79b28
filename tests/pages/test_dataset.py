import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer.data import import_dataset, list_datasets, make_split, open_dataset
from fer.labels import LABELS
from tests.pages.conftest import LIMIT_S, address, html, words
from tests.samples import random_faces, write_csv

OpenPage = Callable[..., AppTest]


@pytest.fixture
def noise(fer_home: Path, tmp_path: Path) -> Path:
    """A csv file of 210 faces, registered as "noise"."""
    path = write_csv(tmp_path / "noise.csv", random_faces(210))
    import_dataset(path)
    return path


def gallery(app: AppTest) -> str:
    """The HTML of the faces shown."""
    return html(app)[-1]


def import_by_path(app: AppTest, path: Path) -> AppTest:
    """Fill in the path, press Import and wait for its thread."""
    app.text_input(key="import_path_text").input(str(path))
    app.button(key="FormSubmitter:import_path-Import").click().run()
    give_up = time.monotonic() + LIMIT_S
    while any(b.key == "cancel_import" for b in app.button) and time.monotonic() < give_up:
        app.run()
    return app


def test_without_data_the_drawn_faces_are_shown_and_an_import_offered(open_page: OpenPage) -> None:
    app = open_page("dataset.py")
    assert "drawn faces, built in" in app.info[0].value
    assert "2,100 faces" in words(app)
    assert gallery(app).count("<figure") == 60
    assert [label for label in LABELS if f" {label}</figcaption>" not in gallery(app)] == []


def test_the_address_holds_every_filter(open_page: OpenPage, noise: Path) -> None:
    faces = open_dataset("noise")
    split = make_split(faces, "80-10-10")
    sad = sum(faces.labels[split.test] == LABELS.index("sad"))
    wanted = {"data": "noise", "split": "80-10-10", "part": "Test", "class": "sad"}
    app = open_page("dataset.py", **wanted)
    assert gallery(app).count("<figure") == sad
    assert gallery(app).count("😢 sad</figcaption>") == sad
    assert address(app) == wanted


def test_another_class_begins_at_its_first_page(open_page: OpenPage) -> None:
    app = open_page("dataset.py", page="3")
    third = gallery(app)
    assert "row 120:" in third
    app.button_group(key="class").select("happy").run()
    assert address(app)["class"] == "happy"
    assert "row 3: happy" in gallery(app)


def test_a_page_past_the_end_is_the_last(open_page: OpenPage) -> None:
    assert "row 2099:" in gallery(open_page("dataset.py", page="999"))


def test_sizes_of_each_split_are_those_of_make_split(open_page: OpenPage, noise: Path) -> None:
    table = open_page("dataset.py").table[0].value
    faces = open_dataset("noise")
    for name in ("published", "clean", "80-10-10", "official"):
        split = make_split(faces, name)
        (row,) = table[table["split"] == name].to_dict("records")
        sizes = [str(len(part)) for part in (split.train, split.validation, split.test)]
        assert [row["training"], row["validation"], row["test"]] == sizes


def test_a_split_that_the_data_cannot_have_is_not_offered(
    open_page: OpenPage, tmp_path: Path
) -> None:
    import_dataset(
        write_csv(tmp_path / "plain.csv", random_faces(70, usage=False), "emotion,pixels")
    )
    app = open_page("dataset.py")
    assert app.selectbox(key="split").options == ["published", "clean", "80-10-10"]


def test_a_path_is_imported_and_then_selected(open_page: OpenPage, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "my faces.csv", random_faces(70))
    app = import_by_path(open_page("dataset.py"), path)
    assert [info.name for info in list_datasets()] == ["my-faces"]
    assert app.selectbox(key="data").value == "my-faces"
    assert app.toast[0].value == "my-faces is imported."


def test_what_cannot_be_imported_is_said_and_leaves_nothing(
    open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("emotion,Usage\n3,Training\n")
    app = import_by_path(open_page("dataset.py"), path)
    assert "broken.csv" in app.error[0].value
    assert "pixels" in app.error[0].value
    assert list_datasets() == []


def test_a_taken_name_is_replaced_only_where_asked_for(open_page: OpenPage, noise: Path) -> None:
    app = import_by_path(open_page("dataset.py"), noise)
    assert "noise exists" in app.error[0].value
    before = list_datasets()[0].created
    app.checkbox(key="import_replace").check().run()
    app = import_by_path(app, noise)
    assert not app.error
    assert list_datasets()[0].created > before


def test_a_data_set_is_deleted_after_one_question(open_page: OpenPage, noise: Path) -> None:
    app = open_page("dataset.py", data="noise")
    app.button(key="delete").click().run()
    assert list_datasets() == []
    assert app.selectbox(key="data").value == "drawn"
    assert noise.exists()
