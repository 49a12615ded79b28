import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer.data import drawn_faces, make_split, save_dataset
from fer.training import Run, RunConfig
from pages import _compare
from pages._manage import as_csv, confusions
from tests.pages.conftest import address, html, words
from tests.run_folders import write_run

OpenPage = Callable[..., AppTest]

MEASURED = {"test": {"n": 700, "accuracy": 0.9, "interval": [0.87, 0.93]}}


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def texts(app: AppTest) -> dict[str, list[str]]:
    """The rows of the tables that compare runs: first column to the others."""
    return {
        str(name): [str(value) for value in row]
        for table in app.table
        for name, row in zip(table.value.index, table.value.to_numpy(), strict=True)
    }


def test_without_runs_there_is_a_button_that_starts_one(
    open_page: OpenPage, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return write_run(fer_home, "spec-demo-1", "queued", epochs_done=0)

    monkeypatch.setattr("pages._runs.start", start)
    app = open_page("runs.py")
    assert app.info[0].value.startswith("No runs yet")
    app.button[0].click().run()
    assert [config.data for config in started] == ["drawn"]
    assert app.title[0].value == "Train"
    assert address(app)["run"] == "spec-demo-1"


def test_the_table_tells_of_each_run_newest_first(open_page: OpenPage, fer_home: Path) -> None:
    done = write_run(fer_home, "old", learns=0.5, epochs_done=3, age_s=60, metrics=MEASURED)
    done.write_note("the first one")
    write_run(fer_home, "new", "queued", epochs_done=0, message="Waiting for 1 run to finish.")
    write_run(fer_home, "young", "failed", recipe="published", epochs_done=1, age_s=30)
    table = open_page("runs.py").dataframe[0].value
    assert list(table["Run"]) == ["new", "young", "old"]
    assert list(table["State"]) == ["Queued", "Failed", "Done"]
    assert list(table["Epochs"]) == ["0 / 3", "1 / 15", "3 / 3"]
    assert list(table["Note"]) == ["", "", "the first one"]
    assert list(table["Test"]) == ["", "", "90.0 % (87.0–93.0, n = 700)"]
    curve = table["Validation"][2]
    assert len(curve) == 3
    assert table["Best"][2] == pytest.approx(100 * max(curve))
    assert np.isnan(table["Best"][0])


def test_a_selected_run_is_opened_from_the_address(open_page: OpenPage, fer_home: Path) -> None:
    run = write_run(fer_home, "mine", metrics=MEASURED, changes={"flip": True}, seed=7)
    run.write_note("mirrored")
    app = open_page("runs.py", runs="mine,gone")
    said = words(app)
    assert "no run gone here" in app.warning[0].value
    assert "90.0 % (95 % interval 87.0–93.0, n = 700)" in said
    assert "Mirror yes · seed 7" in said
    assert [text.value for text in app.text] == ["mirrored"]


def test_two_runs_are_compared_by_what_differs(open_page: OpenPage, fer_home: Path) -> None:
    write_run(fer_home, "a", metrics=MEASURED, epochs_done=3)
    write_run(fer_home, "b", changes={"flip": True, "learning_rate": 5e-4}, epochs_done=2)
    app = open_page("runs.py", runs="b,a")
    rows = texts(app)
    assert list(app.table[1].value.columns) == ["b", "a"]
    assert rows["Learning rate"] == ["0.0005", "0.001"]
    assert rows["Mirror"] == ["yes", "no"]
    assert "Batch size" not in rows
    assert rows["Test accuracy (95 % interval)"] == ["", "90.0 % (87.0–93.0, n = 700)"]
    assert rows["Epochs"] == ["2 of 3", "3 of 3"]
    assert rows["In the charts"][0] != rows["In the charts"][1]
    assert "different faces" not in words(app)


def test_a_run_deleted_while_it_is_compared_is_said(fer_home: Path) -> None:
    runs = [write_run(fer_home, name) for name in ("a", "b", "c")]
    runs[1].delete()

    def page(names: list[str]) -> None:
        from fer import home
        from fer.training import Run
        from pages import _compare

        _compare.show([Run(home.runs_dir() / name) for name in names])

    app = AppTest.from_function(page, args=(["a", "b", "c"],)).run()
    assert not app.exception
    assert "b was deleted or renamed" in app.warning[0].value
    assert list(app.table[0].value.columns) == ["a", "c"]


def test_tests_of_different_faces_are_said_to_be_no_comparison(
    open_page: OpenPage, fer_home: Path
) -> None:
    write_run(fer_home, "a", metrics=MEASURED)
    write_run(fer_home, "b", metrics=MEASURED, split="80-10-10")
    assert "different faces" in words(open_page("runs.py", runs="a,b"))


def test_six_runs_at_most_are_compared(open_page: OpenPage, fer_home: Path) -> None:
    names = [f"run-{n}" for n in range(8)]
    for name in names:
        write_run(fer_home, name)
    app = open_page("runs.py", runs=",".join(names))
    assert "6 at most" in words(app)
    assert list(app.table[0].value.columns) == names[:6]


def test_a_run_is_renamed_noted_and_deleted(open_page: OpenPage, fer_home: Path) -> None:
    run = write_run(fer_home, "mine")
    write_run(fer_home, "other")
    app = open_page("runs.py", runs="mine")
    app.text_area(key="note_of_mine").input("# *worth* keeping\n- $5")
    next(button for button in app.button if button.label == "Save").click().run()
    assert run.note == "# *worth* keeping\n- $5"
    app.text_input(key="name_of_mine").input("other")
    rename = next(button for button in app.button if button.label == "Rename")
    rename.click().run()
    assert "other exists" in app.error[0].value
    app.text_input(key="name_of_mine").input("better")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert address(app)["runs"] == "better"
    assert [text.value for text in app.text] == ["# *worth* keeping\n- $5"]  # as it was typed
    app.button(key="delete_run").click().run()
    assert "runs" not in address(app)
    assert [path.name for path in (fer_home / "runs").iterdir()] == ["other"]


def test_a_run_at_work_is_neither_renamed_nor_deleted(open_page: OpenPage, fer_home: Path) -> None:
    write_run(fer_home, "mine", "running")
    shown = labels(open_page("runs.py", runs="mine"))
    assert "Stop" in shown
    assert not {"Rename", "Delete it"} & set(shown)


def test_a_stop_is_seen_in_every_tab(open_page: OpenPage, fer_home: Path) -> None:
    run = write_run(fer_home, "mine", "running")
    run.stop()
    for page, query in (("runs.py", {"runs": "mine"}), ("train.py", {"run": "mine"})):
        app = open_page(page, **query)
        assert "Stopping" in str(app.get("progress")[0].text)
        assert app.button(key="stop").disabled


def test_its_settings_are_copied_into_a_new_run(
    open_page: OpenPage, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"epochs": 7, "flip": True, "labels": ["happy", "sad"]}
    made = write_run(fer_home, "mine", recipe="published", changes=changes, seed=9, split="clean")
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return write_run(fer_home, "copy", "queued")

    monkeypatch.setattr("fer.training.start", start)
    app = open_page("runs.py", runs="mine")
    app.button(key="clone").click().run()
    assert app.title[0].value == "Train"
    app = open_page("train.py", **address(app))
    app.text_input(key="note_spec_published_mine_0").input("once more")
    app.button(key="start_0").click().run()
    assert started == [made.config]
    assert address(app) == {"run": "copy"}
    assert Run(fer_home / "runs" / "copy").note == "once more"


def test_settings_copied_again_are_those_of_the_run_again(
    open_page: OpenPage, fer_home: Path
) -> None:
    write_run(fer_home, "mine", recipe="published", changes={"epochs": 7})
    app = open_page("runs.py", runs="mine")
    for copies in (1, 2):
        app.button(key="clone").click().run()
        assert "The settings are those of **mine**" in app.info[0].value
        app.text_input(key=f"note_spec_published_mine_{copies}").input("changed")
        app.selectbox(key="network").set_value("deep").run()
        app.switch_page("runs.py")
        app.query_params["runs"] = "mine"
        app.run()


def test_sixteen_validation_faces_are_shown_with_what_they_were_read_as(
    open_page: OpenPage, fer_home: Path
) -> None:
    run = write_run(fer_home, "mine", "running", epochs_done=2)
    app = open_page("runs.py", runs="mine")
    (faces,) = [text for text in html(app) if "<figure" in text]
    data = drawn_faces()
    truths = data.labels[make_split(data, "official").validation[:16]]
    read = np.argmax(run.metrics().epochs[-1]["watched"], axis=1)
    assert faces.count("<figure") == 16
    assert faces.count("✓") == np.sum(truths == read)
    assert faces.count("✗") == np.sum(truths != read)
    assert "after epoch 2" in words(app)


def test_recall_follows_the_confusion_matrix(open_page: OpenPage, fer_home: Path) -> None:
    run = write_run(fer_home, "mine", epochs_done=3)
    app = open_page("runs.py", runs="mine")
    for epoch in (3, 1):
        app.select_slider(key="epoch_shown_mine_3").set_value(epoch).run()
        counts = np.array(run.metrics().epochs[epoch - 1]["confusion"])
        shares = np.diag(counts) / counts.sum(axis=1)
        (bars,) = [text for text in html(app) if "Recall" in text]
        assert f"angry {100 * shares[0]:.0f} %" in bars
        assert ("an epoch before" in bars) == (epoch > 1)


def test_faces_of_data_that_was_replaced_are_not_shown(open_page: OpenPage, fer_home: Path) -> None:
    write_run(fer_home, "mine", data="faces", split="80-10-10", age_s=60)
    write_run(fer_home, "gone", data="nowhere", split="80-10-10")
    save_dataset(drawn_faces(210), "faces")
    for name, reason in (("mine", "faces was replaced"), ("gone", "no data set 'nowhere'")):
        app = open_page("runs.py", runs=name)
        assert reason in words(app)
        assert not [text for text in html(app) if "<figure" in text]


def test_numbers_are_downloaded_without_the_tables_in_them(fer_home: Path) -> None:
    run = write_run(fer_home, "mine", epochs_done=2)
    rows = list(csv.DictReader(as_csv(run.metrics().epochs).splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["val_accuracy"]) == run.metrics().epochs[1]["val_accuracy"]
    assert "confusion" not in rows[0]
    assert as_csv([]).strip() == ""


def test_what_the_charts_show_is_downloaded(fer_home: Path) -> None:
    runs = [write_run(fer_home, name, epochs_done=2) for name in ("a", "b")]
    epochs = runs[0].metrics().epochs
    rows = list(csv.DictReader(confusions(runs[0]).splitlines()))
    counted = {(row["epoch"], row["label"], row["read as"]): int(row["faces"]) for row in rows}
    assert counted["1", "angry", "fear"] == epochs[0]["confusion"][0][2]
    assert sum(counted.values()) == sum(np.sum(row["confusion"]) for row in epochs)
    text = _compare.as_csv({run.name: run.metrics().epochs for run in runs})
    lines = list(csv.DictReader(text.splitlines()))
    assert [(line["run"], line["epoch"]) for line in lines] == [
        ("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"),
    ]  # fmt: skip
