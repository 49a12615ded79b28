import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer.audit import WITHOUT
from fer.data import (
    delete_dataset,
    drawn_faces,
    import_dataset,
    list_datasets,
    make_split,
    open_dataset,
    save_dataset,
)
from fer.data.tags import add_tag, list_tags, remove_tag, tagged, tags_of
from fer.errors import FerError
from fer.explore import FLAGS, SORTS
from fer.images import crop_face, decode
from fer.inference import detect
from fer.labels import LABELS
from pages import _actions, _filter_widgets, _filters, _findings, _jobs, _tables
from tests.audit.planted import planted
from tests.pages.conftest import (
    LIMIT_S,
    address,
    component,
    finished,
    gallery_rows,
    go,
    html,
    words,
)
from tests.samples import class_folders, random_faces, write_csv

OpenPage = Callable[..., AppTest]


@pytest.fixture
def noise(fer_home: Path, tmp_path: Path) -> Path:
    """A csv file of 210 faces, registered as "noise"."""
    path = write_csv(tmp_path / "noise.csv", random_faces(210))
    import_dataset(path)
    return path


@pytest.fixture
def faulty(fer_home: Path, tmp_path: Path) -> None:
    """The data set "faulty", with planted faults (see tests/audit/planted.py), without votes."""
    import_dataset(write_csv(tmp_path / "faulty.csv", planted().dataset))


def import_by_path(app: AppTest, path: Path) -> AppTest:
    """Fill in the path, press Import and wait for its thread."""
    app.text_input(key="import_path_text").input(str(path))
    app.button(key="FormSubmitter:import_path-Import").click().run()
    return finished(app, "cancel_import")


def test_without_data_the_drawn_faces_are_shown_and_an_import_offered(open_page: OpenPage) -> None:
    app = open_page("dataset.py")
    assert "drawn faces, built in" in app.info[0].value
    assert "2,100 faces" in words(app)
    assert gallery_rows(app) == list(range(2100))
    assert app.button(key="download").label == "Download FER-2013"


def test_the_address_holds_every_filter(open_page: OpenPage, noise: Path) -> None:
    faces = open_dataset("noise")
    test = make_split(faces, "80-10-10").test
    codes = [LABELS.index(label) for label in ("sad", "happy")]
    expected = [row for row in sorted(test) if faces.labels[row] in codes]
    wanted = {"data": "noise", "split": "80-10-10", "part": "Test", "class": "sad,happy"}
    wanted |= {"flag": "repeats"}
    app = finished(open_page("dataset.py", **wanted))
    assert gallery_rows(app) == []  # noise has no repeats
    app = open_page("dataset.py", **wanted | {"flag": ""})
    assert gallery_rows(app) == expected
    assert address(app).items() >= {k: v for k, v in wanted.items() if k != "flag"}.items()


def test_widgets_write_the_address_and_show_all_clears_it(
    open_page: OpenPage, faulty: None
) -> None:
    app = open_page("dataset.py", data="faulty")
    app.multiselect(key="flag").select("twins").run()
    app = finished(app)
    assert gallery_rows(app) == [120, 121, 122]
    app.selectbox(key="sort").select("-brightness").run()
    brightness = planted().dataset.images[[120, 121, 122]].mean(axis=(1, 2))
    assert gallery_rows(app) == [int(120 + i) for i in np.argsort(-brightness)]
    assert address(app).items() >= {"flag": "twins", "sort": "-brightness"}.items()
    app.button(key="show_all").click().run()
    assert len(gallery_rows(app)) == 140
    assert "flag" not in address(app)


def test_the_bars_count_what_the_other_filters_leave(open_page: OpenPage, faulty: None) -> None:
    faces = planted().dataset
    app = open_page("dataset.py", data="faulty", part="Test", split="official", **{"class": "sad"})
    bars = {bar["label"]: bar for bar in component(app, "fer_histogram")}
    in_test = faces.labels[120:]
    assert {label: int(bar["count"]) for label, bar in bars.items()} == {
        label: int(np.sum(in_test == code)) for code, label in enumerate(LABELS)
    }
    assert [label for label, bar in bars.items() if bar["on"]] == ["sad"]


def test_every_filter_name_is_one_of_the_library() -> None:
    assert tuple(_filter_widgets.FLAG_NAMES) == FLAGS
    assert {name.removeprefix("-") for name in _filter_widgets.SORT_NAMES} == set(SORTS)
    assert _findings.WITHOUT_NAMES.keys() == WITHOUT.keys()
    known = {key for keys in WITHOUT.values() for key in keys}
    assert {key for card in _findings.CARDS for key in card.keys} == known


def test_an_address_that_names_nothing_known_shows_all(open_page: OpenPage, noise: Path) -> None:
    app = open_page("dataset.py", **{"class": "bored", "flag": "x", "sort": "y", "model": "none"})
    assert len(gallery_rows(app)) == 210
    assert not app.error


def test_an_address_of_data_that_is_gone_says_so(open_page: OpenPage, noise: Path) -> None:
    app = open_page("dataset.py", data="deleted")
    assert "no data set deleted here" in app.warning[0].value
    assert len(gallery_rows(app)) == 210
    app.run()
    assert not app.warning
    assert not open_page("dataset.py", data="noise").warning


def test_what_a_model_reads_is_a_filter_and_an_order(open_page: OpenPage, faulty: None) -> None:
    app = finished(open_page("dataset.py", data="faulty", model="spec", sort="-loss"))
    sent = component(app, "fer_gallery")
    losses = [float(word) for word in sent["words"][:-1]]
    assert losses == sorted(losses)
    wrong = finished(open_page("dataset.py", data="faulty", model="spec", verdict="wrong"))
    right = finished(open_page("dataset.py", data="faulty", model="spec", verdict="right"))
    assert sorted(gallery_rows(wrong) + gallery_rows(right)) == list(range(140))


def test_the_faces_stay_while_a_model_reads_them(
    open_page: OpenPage, faulty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, going = _tables.browse_table, threading.Event()

    def slow(*arguments: object) -> object:
        assert going.wait(LIMIT_S)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("pages._tables.browse_table", slow)
    _jobs._known().clear()
    app = open_page("dataset.py", data="faulty", model="spec")
    assert app.button(key="cancel").label == "Cancel"
    assert gallery_rows(app) == list(range(140))
    assert component(app, "fer_gallery")["texts"] is None
    # What hangs on the reading has to wait for it.
    assert gallery_rows(open_page("dataset.py", data="faulty", model="spec", sort="-loss")) == []
    going.set()
    sent = component(finished(app), "fer_gallery")
    assert any(word.startswith("→") for word in sent["words"])


def test_a_face_has_its_own_address(open_page: OpenPage, faulty: None) -> None:
    app = open_page("dataset.py", data="faulty", face="120")
    said = words(app)
    assert "Row 120:" in said
    assert "PrivateTest" in said
    assert "**1 twin**" in said
    assert html(app)[0].count("<img") == 1
    assert any("angry" in piece and "%" in piece for piece in html(app)[1:])
    app.button(key="walk_1").click().run()
    assert address(app)["face"] == "121"
    assert "no face 999" in open_page("dataset.py", data="faulty", face="999").warning[0].value


def test_a_tag_is_kept_without_the_spaces_around_it(open_page: OpenPage, faulty: None) -> None:
    app = finished(open_page("dataset.py", data="faulty", face="5"))
    app.multiselect(key="tags_5").set_value([" odd "]).run()
    app.run()
    assert list(list_tags("faulty")) == ["odd"]


def test_a_face_is_tagged_and_found_by_its_tag(open_page: OpenPage, faulty: None) -> None:
    add_tag("faulty", "odd", [int(planted().dataset.keys[5])])
    app = open_page("dataset.py", data="faulty", tag="odd")
    assert gallery_rows(app) == [5, 122]  # the tag holds for the copy of the face too
    app.selectbox(key="tag_name").select("odd").run()
    app.selectbox(key="tag_name").select("odd").run()
    app.button(key="tag_add").click().run()
    assert [toast.value for toast in app.toast] == ["Tagged odd: 1 distinct face."]
    app.button(key="tag_remove").click().run()
    assert [toast.value for toast in app.toast] == ["Tagged odd: 0 distinct faces."]
    assert list_tags("faulty") == {}
    assert not app.run().toast


def test_a_choice_becomes_a_view(open_page: OpenPage, noise: Path) -> None:
    app = open_page("dataset.py", data="noise", **{"class": "fear"})
    app.text_input(key="view_name_noise-view").input("scared").run()
    app.button(key="view_save").click().run()
    assert "Saved **scared**" in app.success[0].value
    view = open_dataset("scared")
    assert set(view.labels) == {LABELS.index("fear")}
    app = open_page("dataset.py", data="scared")
    assert "A view of noise: faces of noise with class fear." in words(app)


def test_a_table_of_the_choice_has_a_line_a_face(noise: Path) -> None:
    faces = open_dataset("noise")
    table = _filters.tables.plain_table(faces)
    lines = _actions.as_table(faces, table, np.array([7, 3])).splitlines()
    assert lines[0] == "row,label,usage"
    assert lines[1].split(",")[:2] == ["7", LABELS[faces.labels[7]]]
    assert len(lines) == 3


def test_exported_pixels_are_read_back(noise: Path, tmp_path: Path) -> None:
    faces = open_dataset("noise")
    path = tmp_path / "some.csv"
    path.write_bytes(_actions.written(faces, np.array([7, 3]), ".csv"))
    np.testing.assert_array_equal(import_dataset(path).images, faces.images[[7, 3]])


def test_sizes_of_each_split_are_those_of_make_split(open_page: OpenPage, noise: Path) -> None:
    app = finished(open_page("dataset.py", view="Numbers"), "cancel_numbers")
    table = app.table[0].value
    faces = open_dataset("noise")
    for name in ("published", "clean", "80-10-10", "official"):
        split = make_split(faces, name)
        (row,) = table[table["split"] == name].to_dict("records")
        sizes = [str(len(part)) for part in (split.train, split.validation, split.test)]
        assert [row["training"], row["validation"], row["test"]] == sizes
    pixels = app.table[1].value
    medians = np.median(faces.images.mean(axis=(1, 2)))
    assert float(pixels["brightness"].iloc[-1]) == pytest.approx(medians, abs=0.06)


def test_typical_faces_are_of_each_class(open_page: OpenPage, noise: Path) -> None:
    app = finished(open_page("dataset.py", view="Typical faces"), "cancel_typical")
    means, eigenfaces = html(app)[-2:]
    assert means.count("<figure") == 7
    assert eigenfaces.count("<figure") == 8


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
    assert app.selectbox(key="data").value == "my-faces"
    assert app.toast[0].value == "my-faces is imported."


def test_faces_are_cut_out_of_photographs(
    open_page: OpenPage, tmp_path: Path, astronaut: Path
) -> None:
    photos = class_folders(tmp_path / "photos", astronaut)
    app = open_page("dataset.py")
    app.checkbox(key="import_crop").check().run()
    app = import_by_path(app, photos)
    assert [toast.value for toast in app.toast] == [
        "photos is imported.", "In 1 picture no face was found: taken whole.",
    ]  # fmt: skip
    (kept, _), whole = open_dataset("photos").images, decode(astronaut)
    assert np.array_equal(kept, crop_face(whole, detect(whole)[0].box))


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


def test_a_download_shows_how_far_it_is_and_is_cancelled(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []

    def download(name: str | None, replace: bool, progress: Callable[[float, str], None]) -> None:
        give_up = time.monotonic() + LIMIT_S
        while time.monotonic() < give_up:
            calls.append(time.monotonic())
            try:
                progress(0.25, "Downloading 15 of 60 MB")
            except FerError:  # as the next mirror would be tried
                continue
            time.sleep(0.01)

    monkeypatch.setattr("pages._imports.download", download)
    app = open_page("dataset.py")
    app.button(key="download").click().run()
    while not calls:
        time.sleep(0.01)
    app.run()
    (shown,) = app.get("progress")
    assert shown.proto.text == "Downloading 15 of 60 MB"
    app.button(key="cancel_import").click().run()
    app = finished(app, "cancel_import")
    stopped = len(calls)
    time.sleep(0.1)
    assert len(calls) == stopped
    assert app.button(key="download").label == "Download FER-2013"
    assert not app.error


def test_a_finished_download_is_shown_with_our_verdict(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def download(name: str | None, replace: bool, progress: Callable[[float, str], None]) -> object:
        return import_dataset(write_csv(tmp_path / "x.csv", drawn_faces(70)), name or "fer2013")

    monkeypatch.setattr("pages._imports.download", download)
    app = open_page("dataset.py", get="fer2013")
    app.button(key="download").click().run()
    app = finished(app, "cancel_import")
    assert app.selectbox(key="data").value == "fer2013"
    assert "published FER-2013" not in words(app)  # drawn faces are another data set altogether
    assert not [b for b in app.button if b.key == "download"]


def test_a_data_set_is_deleted_after_one_question(open_page: OpenPage, noise: Path) -> None:
    app = open_page("dataset.py", data="noise")
    app.button(key="delete_it_noise").click().run()
    assert list_datasets() == []
    assert app.selectbox(key="data").value == "drawn"
    assert noise.exists()


def test_what_was_deleted_elsewhere_is_not_replaced_under_the_visitors_hand(
    open_page: OpenPage, noise: Path, faulty: None
) -> None:
    add_tag("noise", "blurry", [int(open_dataset("noise").keys[0])])
    app = open_page("dataset.py", data="noise", **{"class": "fear"})
    app.selectbox(key="tag_name").select("blurry").run()
    delete_dataset("noise")
    app.button(key="tag_add").click().run()
    assert "noise was deleted" in app.warning[0].value
    assert gallery_rows(app) == []
    assert list_tags("faulty") == {}
    app.button(key="show_another").click().run()
    assert app.selectbox(key="data").value == "faulty"
    assert len(gallery_rows(app)) == 140


def test_one_click_too_many_deletes_no_other_data_set(
    open_page: OpenPage, noise: Path, faulty: None
) -> None:
    one, other = (open_page("dataset.py", data="noise") for _ in range(2))
    for app in (one, other):
        app.button(key="delete_it_noise").click().run()
    assert [info.name for info in list_datasets()] == ["faulty"]


def test_an_import_is_the_business_of_whoever_asked_for_it(
    open_page: OpenPage, noise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()

    def download(name: str | None, replace: bool, progress: Callable[[float, str], None]) -> object:
        assert going.wait(LIMIT_S)
        return save_dataset(drawn_faces(70), "fer2013")

    monkeypatch.setattr("pages._imports.download", download)
    mine, yours = open_page("dataset.py"), open_page("dataset.py", data="noise")
    mine.button(key="download").click().run()
    yours.run()
    assert [b for b in yours.button if b.key == "cancel_import"]
    going.set()
    yours = finished(yours, "cancel_import")
    assert yours.selectbox(key="data").value == "noise"
    assert yours.toast[0].value == "fer2013 is imported."
    mine = finished(mine, "cancel_import")
    assert mine.selectbox(key="data").value == "fer2013"
    assert not open_page("dataset.py").toast  # who comes later hears nothing of it


def test_a_link_leads_to_the_data_that_it_names(
    open_page: OpenPage, noise: Path, faulty: None
) -> None:
    app = open_page("dataset.py", data="noise")
    app.multiselect(key="flag").select("blank").run()
    app = finished(app)
    app.query_params.clear()
    app.query_params["data"], app.query_params["open"] = "faulty", "1"
    app.run()
    assert app.selectbox(key="data").value == "faulty"
    assert len(gallery_rows(app)) == 140
    assert "open" not in address(app)


def test_an_outline_is_forgotten_with_the_model_of_its_map(
    open_page: OpenPage, noise: Path
) -> None:
    everywhere = "-9000_-9000.9000_-9000.9000_9000.-9000_9000"
    where = {"data": "noise", "model": "spec", "view": "Map", "lasso": everywhere}
    app = finished(open_page("dataset.py", **where))
    app.selectbox(key="model").select("shallow").run()
    assert "lasso" not in address(app)


def test_tags_of_others_stay(open_page: OpenPage, faulty: None) -> None:
    app = finished(open_page("dataset.py", data="faulty", face="5"))
    key = int(planted().dataset.keys[5])
    add_tag("faulty", "theirs", [key])
    app.run()
    assert app.multiselect(key="tags_5").value == ["theirs"]
    app.multiselect(key="tags_5").set_value(["theirs", "mine"]).run()
    assert tags_of("faulty", key) == ["mine", "theirs"]
    remove_tag("faulty", "theirs", [key])
    app.run()
    assert tags_of("faulty", key) == ["mine"]


def test_tags_are_shown_again_where_a_face_is_come_back_to(
    open_page: OpenPage, faulty: None
) -> None:
    key = int(planted().dataset.keys[5])
    add_tag("faulty", "theirs", [key])
    app = finished(open_page("dataset.py", data="faulty", face="5"))
    app.button(key="walk_1").click().run()
    app.button(key="walk_-1").click().run()
    assert app.multiselect(key="tags_5").value == ["theirs"]
    app.multiselect(key="tags_5").set_value(["theirs", "mine"]).run()
    assert tags_of("faulty", key) == ["mine", "theirs"]


@pytest.mark.parametrize("what", ["tag", "view"])
def test_a_click_acts_on_no_faces_that_were_not_shown(
    open_page: OpenPage, noise: Path, what: str
) -> None:
    add_tag("noise", "check", [int(open_dataset("noise").keys[0])])
    app = open_page("dataset.py", data="noise", **{"class": "fear"})
    app.selectbox(key="tag_name").select("check").run()
    # Another tab puts other faces under the same name.
    save_dataset(random_faces(210, seed=8), "noise", replace=True)
    button = {"tag": "tag_add", "view": "view_save"}[what]
    app.button(key=button).click().run()
    assert "changed meanwhile" in app.warning[0].value
    faces = open_dataset("noise")
    assert not tagged(faces, "check").any()
    assert [info.name for info in list_datasets()] == ["noise"]
    app.button(key=button).click().run()
    assert not app.warning
    assert tagged(faces, "check").any() if what == "tag" else len(list_datasets()) == 2


def test_an_outline_is_undone_and_the_other_filters_stay(open_page: OpenPage, noise: Path) -> None:
    everywhere = "-9000_-9000.9000_-9000.9000_9000.-9000_9000"
    where = {"data": "noise", "model": "spec", "view": "Map", "lasso": everywhere, "class": "fear"}
    app = finished(finished(open_page("dataset.py", **where)), "cancel_map")
    app.button(key="lasso_away").click().run()
    assert "lasso" not in address(app)
    assert address(app)["class"] == "fear"


def test_what_was_chosen_on_another_page_is_not_chosen_here(
    open_page: OpenPage, noise: Path, faulty: None
) -> None:
    app = open_page("predict.py")
    app.selectbox(key="model").select("spec").run()
    go(app, "dataset.py")
    assert app.selectbox(key="model").value is None
    app.selectbox(key="data").select("noise").run()
    # What both pages are about goes with the visitor, unless the address says otherwise.
    go(app, "audit.py")
    assert app.selectbox(key="data").value == "noise"
    go(app, "dataset.py", data="faulty", sort="-brightness")
    assert (app.selectbox(key="data").value, address(app)["sort"]) == ("faulty", "-brightness")


def test_an_empty_path_is_asked_for(open_page: OpenPage) -> None:
    app = open_page("dataset.py")
    app.text_input(key="import_path_text").input("  ")
    app.button(key="FormSubmitter:import_path-Import").click().run()
    assert "Give the path" in app.warning[0].value
