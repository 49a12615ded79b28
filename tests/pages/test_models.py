"""The scoreboard, a model's report, its mistakes and its card, and two models side by side."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer import bundles
from fer.data import drawn_faces, open_dataset, save_dataset
from fer.evaluation import rows_of, score
from tests.pages.conftest import address, finished, gallery_rows, words
from tests.samples import random_faces

OpenPage = Callable[..., AppTest]


def done(app: AppTest) -> AppTest:
    """Once the model has read the faces and these have been looked at."""
    for job in ("cancel_spec", "cancel_twin", "cancel_three-class", "cancel_audit"):
        app = finished(app, job)
    assert not app.exception
    return app


@pytest.fixture(scope="module")
def spec_on_drawn() -> object:
    bundle, faces = bundles.load("spec"), open_dataset("drawn")
    return score(bundle, faces, rows_of(bundle, faces, "all"))


def starred() -> list[str]:
    """What the scoreboard calls the models that there are."""
    default = bundles.default_name()
    return [f"{b.name} ★" if b.name == default else b.name for b in bundles.list_bundles()]


def own_copy(name: str = "twin") -> None:
    bundles.import_archive(io.BytesIO(bundles.load("spec").archive()), name)


def test_the_shipped_models_are_in_the_scoreboard(open_page: OpenPage) -> None:
    app = open_page("models.py")
    (board,) = app.dataframe
    tests = [bundle.metrics["test"] for bundle in bundles.list_bundles()]
    assert list(board.value["Model"]) == starred()
    assert list(board.value["Test"]) == [100 * test["accuracy"] for test in tests]
    assert list(board.value["Faces"]) == [test["n"] for test in tests]
    assert "Tick the box" in words(app)


def test_the_report_is_that_of_an_evaluation(open_page: OpenPage, spec_on_drawn) -> None:
    app = done(open_page("models.py", models="spec", data="drawn", split="all"))
    report = spec_on_drawn.report()
    assert f"Accuracy {100 * report.accuracy:.1f} %" in words(app)
    assert f"n = {report.n:,}" in words(app)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Macro-F1"] == f"{report.macro_f1:.3f}"
    assert shown["Among the first two"] == f"{100 * report.top2:.1f} %"
    (cleaner,) = app.table
    assert cleaner.value.index[0] == "as above"
    assert "without twins of faces it learned from" in cleaner.value.index


def test_mistakes_are_shown_with_the_surest_first(open_page: OpenPage, spec_on_drawn) -> None:
    where = {"models": "spec", "data": "drawn", "split": "all", "view": "Mistakes"}
    app = done(open_page("models.py", **where))
    expected = spec_on_drawn.rows[spec_on_drawn.mistakes()].tolist()
    assert gallery_rows(app) == expected
    app = done(open_page("models.py", **where, labelled="happy", read="surprise"))
    rows = gallery_rows(app)
    assert rows == spec_on_drawn.rows[spec_on_drawn.read_as("happy", "surprise")].tolist()
    assert {int(label) for label in drawn_faces().labels[rows]} == {3}
    assert address(app)["labelled"] == "happy"


def test_a_mistake_is_opened_with_what_that_model_reads_in_it(open_page: OpenPage) -> None:
    where = {"models": "spec", "data": "drawn", "split": "all", "view": "Mistakes"}
    app = done(open_page("models.py", **where, face="5"))
    assert app.selectbox(key="face_model").value == "spec"
    app = finished(open_page("dataset.py", data="drawn", face="5"))
    assert app.selectbox(key="face_model").value == bundles.default_name()


def test_only_what_a_model_held_out_is_called_so(open_page: OpenPage, fer_home: Path) -> None:
    save_dataset(random_faces(70), "others")
    app = done(open_page("models.py", models="spec", data="others", split="test"))
    assert app.selectbox(key="split").value == "all"
    assert "test" not in app.selectbox(key="split").options
    assert "spec learned from fer2013: what it reaches" in words(app)
    # Another model is examined where it would be by itself.
    app.query_params["models"] = "shallow"
    app.selectbox(key="data").select("drawn").run()
    assert "data" in address(app)
    app = open_page("models.py", models="spec,gone")
    assert "no model gone here" in app.warning[0].value


def test_who_held_out_none_of_these_faces_reads_all_beside_who_did(
    open_page: OpenPage, fer_home: Path
) -> None:
    """A model that learned drawn faces beside ones that know their parts, but not these faces."""
    own_copy()
    drawn = open_dataset("drawn")
    folder = fer_home / "models" / "twin"
    card = bundles.load("twin").card
    card["data"] |= {"name": "drawn", "fingerprint": drawn.fingerprint, "split": "80-10-10"}
    bundles.write_card(folder, card)
    held_out = rows_of(bundles.load("twin"), drawn, "test")
    for models in ("twin,flagship", "twin,spec"):
        app = open_page("models.py", models=models, data="drawn", split="test")
        app = done(finished(app, "cancel_flagship"))
        assert not app.error
        assert f"on {len(held_out):,} faces" in words(app)


def test_a_report_tells_what_it_is_of(
    open_page: OpenPage, downloads: dict[str, Callable[[], str]]
) -> None:
    done(open_page("models.py", models="spec", data="drawn", split="all"))
    told = json.loads(downloads["Report (json)"]())
    about = {"model": "spec", "data": "drawn", "split": "all", "mirror_images": False}
    assert told.items() >= about.items()


def test_what_few_labels_mean_is_said(open_page: OpenPage) -> None:
    app = done(open_page("models.py", models="three-class", data="drawn", split="all"))
    assert "Only faces of happy, sad and neutral are scored" in words(app)
    app = open_page("models.py", models="spec,three-class", data="drawn", split="all")
    assert "happy, sad and neutral" in app.error[0].value
    assert "Accuracy" not in words(app)


def test_the_card_tells_how_it_was_made(open_page: OpenPage) -> None:
    app = open_page("models.py", models="spec", view="Card")
    table, changed = app.table
    facts = dict(zip(table.value.index, table.value.iloc[:, 0], strict=True))
    assert facts["Network"] == "spec, 335,175 parameters"
    assert "28,979 to train on" in facts["Learned from"]
    assert facts["Recipe"] == "best"
    assert facts["Started from"] == "random weights"
    assert facts["Work"] == "88 million multiply-adds a face"
    card = bundles.load("spec").card
    assert card["trained"]["finished"][:10] in facts["Trained with"]
    assert card["trained"]["machine"] in facts["Trained with"]
    assert list(changed.value.index) == ["as they are", *card["robustness"]]
    first = f"{100 * card['metrics']['test']['accuracy']:.1f} %"
    assert changed.value.iloc[0, 0] == first


def test_a_model_is_as_good_as_its_copy(
    open_page: OpenPage, fer_home: Path, downloads: dict[str, Callable[[], str]]
) -> None:
    own_copy()
    app = done(open_page("models.py", models="spec,twin", data="drawn", split="all"))
    assert "Neither is shown to be better" in words(app)
    assert "p = 1.000" in words(app)
    (table,) = app.table
    assert len(set(table.value["Accuracy (95 % interval)"])) == 1
    told = json.loads(downloads["Comparison (json)"]())
    assert (told["n"], told["p_value"], told["first_only"], told["second_only"]) == (
        2100,
        1,
        [],
        [],
    )
    assert [model["name"] for model in told["models"]] == ["spec", "twin"]
    accuracies = {model["accuracy"] for model in told["models"]}
    assert accuracies == {told["correct"][0] / 2100}


def test_a_model_of_ones_own_is_deleted_after_one_question(
    open_page: OpenPage, fer_home: Path
) -> None:
    own_copy()
    app = open_page("models.py", models="twin", view="Card")
    app.button(key="delete_model").click().run()
    assert not app.exception
    assert list(app.dataframe[0].value["Model"]) == starred()
    assert "twin" not in starred()
    assert "models" not in address(app)
    assert not [b for b in open_page("models.py", models="spec", view="Card").button
                if b.key == "delete_model"]  # fmt: skip


def test_captions_tell_what_was_read_and_how_surely(spec_on_drawn) -> None:
    from pages._mistakes import captions

    places = np.arange(50)
    codes, said = captions(spec_on_drawn, places)
    for place, code in zip(places, codes, strict=True):
        share = 100 * spec_on_drawn.confidence[place]
        assert said[code].split()[-2] == f"{share:.0f}"
