import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer import files, zoo
from fer.data import FaceDataset, delete_dataset, drawn_faces, save_dataset
from fer.errors import BusyError
from fer.training import Run, RunConfig
from tests.pages.conftest import address, finished, words
from tests.trained import Trained, trained

__all__ = ["trained"]

OpenPage = Callable[..., AppTest]
MakeRun = Callable[..., Run]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def progress(app: AppTest) -> str:
    return str(app.get("progress")[0].text)


def test_the_demo_is_chosen_where_there_is_no_data(open_page: OpenPage) -> None:
    app = open_page("train.py")
    recipe = zoo.get("spec").recipes["demo"]
    assert app.selectbox(key="data_spec_demo").value == "drawn"
    assert app.number_input(key="epochs_spec_demo").value == recipe.epochs


def test_another_recipe_brings_its_own_settings(open_page: OpenPage) -> None:
    app = open_page("train.py")
    app.button(key="recipe_published").click().run()
    assert app.number_input(key="epochs_spec_published").value == 15
    assert app.number_input(key="batch_size_spec_published").value == 32
    assert app.number_input(key="learning_rate_spec_published").value == pytest.approx(1e-3)


def test_training_on_fer2013_offers_its_download(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(name: str | None, replace: bool, progress: object) -> FaceDataset:
        return save_dataset(drawn_faces(210), "fer2013")

    monkeypatch.setattr("pages._imports.download", download)
    app = open_page("train.py")
    app.button(key="recipe_published").click().run()
    assert not app.button(key="start_0").disabled
    app.selectbox(key="data_spec_published").select("fer2013").run()
    assert app.button(key="start_0").disabled
    app.button(key="download").click().run()
    app = finished(app, "cancel_import")
    assert app.selectbox(key="data_spec_published").value == "fer2013"
    assert not app.button(key="start_0").disabled
    assert "download" not in [button.key for button in app.button]


def test_data_that_the_address_names_is_chosen(open_page: OpenPage) -> None:
    save_dataset(drawn_faces(210), "mine-clean")
    app = open_page("train.py", run="new", data="mine-clean")
    app.button(key="recipe_demo").click().run()
    assert app.selectbox(key="data_spec_demo_mine-clean").value == "mine-clean"


def test_starting_hands_over_what_was_set_and_shows_the_run(
    open_page: OpenPage, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return make_run("queued")

    monkeypatch.setattr("fer.training.start", start)
    app = open_page("train.py")
    app.number_input(key="epochs_spec_demo").set_value(3)
    app.number_input(key="batch_size_spec_demo").set_value(16)
    app.number_input(key="learning_rate_spec_demo").set_value(0.002)
    app.selectbox(key="split_spec_demo_True").select("clean")
    app.button(key="start_0").click().run()
    (config,) = started
    assert (config.architecture, config.data, config.split) == ("spec", "drawn", "clean")
    recipe = config.recipe
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (3, 16, 0.002)
    assert address(app)["run"] == "spec-demo-1"
    assert "Starting" in progress(app)


def test_a_double_click_starts_one_run(
    open_page: OpenPage, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return make_run("queued", f"spec-demo-{len(started)}")

    monkeypatch.setattr("fer.training.start", start)
    app = open_page("train.py", run="new")
    app.button(key="start_0").click()
    clicked = app._tree.get_widget_states()
    for _ in range(2):
        app.query_params["run"] = "new"
        app._run(clicked)
    assert len(started) == 1


def test_what_keeps_a_run_from_starting_is_said(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(config: RunConfig) -> Run:
        raise BusyError("No run can be started while the disk is full.")

    monkeypatch.setattr("fer.training.start", start)
    app = open_page("train.py")
    app.button(key="start_0").click().run()
    assert app.error[0].value == "No run can be started while the disk is full."


@pytest.mark.parametrize(
    ("state", "changes", "said", "action"),
    [
        ("queued", {"message": "Waiting for 2 runs to finish."}, "Waiting for 2 runs", "Stop"),
        ("running", {"images_per_s": 412.3, "seconds_left": 100}, "412 images/s", "Stop"),
        ("running", {"images_per_s": 412.3, "seconds_left": 100}, "about 2 min left", "Stop"),
        ("running", {"message": "Making the model: its files."}, "Making the model: its", "Stop"),
        ("stopped", {"epoch": 1, "elapsed_s": 31}, "Stopped** · epoch 1 of", "Resume"),
        ("running", {"pid": 2**22 + 1}, "Interrupted", "Resume"),
        ("failed", {}, "Failed", "Try again"),
    ],
)
def test_each_state_is_said_with_the_action_that_fits(
    open_page: OpenPage, make_run: MakeRun, state: str, changes: dict, said: str, action: str
) -> None:
    make_run(state, **changes)
    app = open_page("train.py", run="spec-demo-1")
    assert said in progress(app)
    assert [label for label in labels(app) if label in ("Stop", "Resume", "Try again")] == [action]


def test_the_reason_of_a_failure_is_shown(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("failed", message="Memory ran out; choose a smaller batch size and start again.")
    assert open_page("train.py", run="spec-demo-1").error[0].value.startswith("Memory ran out")


def test_a_finished_run_leads_to_its_model(open_page: OpenPage, trained: Trained) -> None:
    app = open_page("train.py", run=trained.run.name)
    low, high = trained.bundle.metrics["test"]["interval"]
    assert f"95 % interval {100 * low:.1f}–{100 * high:.1f}" in words(app)
    app.button(key="use").click().run()
    assert app.title[0].value == "Predict"
    assert app.selectbox(key="model").value == trained.bundle.name


def test_stopping_asks_the_worker_and_says_so_until_it_has_stopped(
    open_page: OpenPage, make_run: MakeRun
) -> None:
    run = make_run("running")
    app = open_page("train.py", run=run.name)
    app.button(key="stop").click().run()
    assert (run.path / "stop").exists()
    assert "Stopping" in progress(app)
    assert app.button(key="stop").disabled


def test_a_run_at_work_is_shown_without_being_named(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("done", name="spec-demo-1")
    make_run("running", name="spec-demo-2")
    app = open_page("train.py")
    assert address(app)["run"] == "spec-demo-2"
    app.button(key="new_run").click().run()
    assert address(app)["run"] == "new"
    assert "Start training" in labels(app)


def test_leaving_and_coming_back_changes_nothing(open_page: OpenPage, make_run: MakeRun) -> None:
    save_dataset(drawn_faces(210), "mine")
    make_run("running", name="spec-demo-7")
    app = open_page("train.py", run="new")
    app.button(key="recipe_best").click().run()
    app.selectbox(key="data_spec_best").select("drawn").run()
    app.selectbox(key="split_spec_best_True").select("80-10-10").run()
    app.number_input(key="seed_spec_best").set_value(7).run()
    app.text_input(key="note_spec_best").set_value("why").run()
    app.switch_page("about.py").run()
    app.switch_page("train.py").run()
    assert app.selectbox(key="data_spec_best").value == "drawn"
    assert app.selectbox(key="split_spec_best_True").value == "80-10-10"
    assert app.number_input(key="seed_spec_best").value == 7
    assert app.text_input(key="note_spec_best").value == "why"


def test_no_run_starts_on_what_took_the_place_of_the_chosen_data(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []
    monkeypatch.setattr("fer.training.start", started.append)
    for name in ("first", "second"):
        save_dataset(drawn_faces(210), name)
    app = open_page("train.py", run="new")
    key = next(str(box.key) for box in app.selectbox if str(box.key).startswith("data_"))
    app.selectbox(key=key).select("second").run()
    delete_dataset("second")
    app.button(key="start_0").click().run()
    assert "second was deleted; first is chosen" in app.warning[0].value
    assert started == []


def test_another_run_is_chosen_from_the_list(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("stopped", name="spec-demo-1")
    make_run("stopped", name="spec-demo-2", epoch=3)
    app = open_page("train.py", run="spec-demo-1")
    app.selectbox(key="run_choice").select("spec-demo-2").run()
    assert address(app)["run"] == "spec-demo-2"
    assert "epoch 3 of" in progress(app)


def test_an_unknown_run_in_the_address_is_said(open_page: OpenPage) -> None:
    app = open_page("train.py", run="spec-demo-9")
    assert "spec-demo-9" in app.warning[0].value
    assert "Start training" in labels(app)


def test_a_run_is_deleted_after_one_question(open_page: OpenPage, make_run: MakeRun) -> None:
    run = make_run("stopped")
    app = open_page("train.py", run=run.name)
    app.button(key="delete_run").click().run()
    assert not run.path.exists()
    assert address(app)["run"] == "new"


def test_a_run_at_work_cannot_be_deleted(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("running")
    assert "Delete it" not in labels(open_page("train.py", run="spec-demo-1"))


def test_the_log_is_read_only_once_it_is_opened(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("stopped")
    app = open_page("train.py", run="spec-demo-1")
    assert not app.code
    app.session_state["log"] = True
    app.run()
    assert "the worker's last words" in app.code[0].value


def test_curves_hold_what_the_run_recorded(
    open_page: OpenPage, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn = {}
    monkeypatch.setattr("pages._charts.curves", lambda figures, key: drawn.update(figures))
    make_run("running")
    open_page("train.py", run="spec-demo-1")
    loss, accuracy, *later = drawn.values()
    assert len(later) == 2, "a chart that comes later moves what is below it"
    assert list(loss.data[1].y) == [1.5]
    assert list(accuracy.data[1].y) == [0.5]
    assert list(loss.data[0].x) == pytest.approx([1 / 53, 20 / 53, 40 / 53])


def test_only_what_was_changed_differs_from_the_recipe(
    open_page: OpenPage, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return make_run("queued")

    monkeypatch.setattr("fer.training.start", start)
    app = open_page("train.py")
    app.button(key="recipe_best").click().run()
    app.toggle(key="flip_spec_best").set_value(False)
    app.selectbox(key="schedule_spec_best").select("constant")
    app.multiselect(key="labels_spec_best").set_value(["neutral", "happy"])
    app.number_input(key="seed_spec_best").set_value(11)
    app.run()
    assert "Changed: " in words(app)
    app.button(key="start_0").click().run()
    (config,) = started
    best = zoo.get("spec").recipes["best"]
    changed = best.with_changes(flip=False, schedule="constant", labels="happy neutral")
    assert (config.recipe, config.seed, config.split) == (changed, 11, best.split)


@pytest.mark.parametrize("network", zoo.names())
def test_each_network_can_be_set_up_with_its_own_recipes(open_page: OpenPage, network: str) -> None:
    app = open_page("train.py")
    app.selectbox(key="network").select(network).run()
    entry = zoo.get(network)
    said = words(app)
    assert f"{entry.parameters:,} parameters. Source: {entry.source}" in said
    for recipe in entry.recipes.values():
        assert recipe.summary in said
    assert not app.error
    table = app.dataframe[0].value
    assert list(table["Parameters"]) == [row.parameters for row in entry.layers]
    assert table["Output shape"][0] == "48 × 48 × 1" or entry.layers[0].output != (48, 48, 1)


def test_what_is_wrong_with_a_setting_is_said_and_keeps_it_from_starting(
    open_page: OpenPage,
) -> None:
    app = open_page("train.py")
    app.number_input(key="epochs_spec_demo").set_value(0).run()
    assert app.error[0].value == "epochs must be 1 to 10000, not 0."
    assert app.button(key="start_0").disabled


def test_the_split_is_the_one_that_the_recipe_is_meant_for(open_page: OpenPage) -> None:
    data = drawn_faces(210)
    save_dataset(data, "with-usage")
    save_dataset(replace(data, usage=None), "without")
    app = open_page("train.py")
    app.selectbox(key="network").select("se-resnet-s").run()
    assert app.selectbox(key="split_se-resnet-s_best_True").value == "official"
    app.selectbox(key="data_se-resnet-s_best").select("without").run()
    split = app.selectbox(key="split_se-resnet-s_best_False")
    assert split.value == "80-10-10"
    assert "official" not in split.options


def test_a_recipe_of_votes_needs_data_that_has_them(open_page: OpenPage) -> None:
    data = drawn_faces(210)
    save_dataset(data, "plain")
    save_dataset(replace(data, votes=np.ones((210, 10), np.uint8)), "voted")
    app = open_page("train.py")
    app.number_input(key="votes_spec_best").set_value(0.3).run()
    assert "plain does not have" in app.warning[0].value
    assert app.button(key="start_0").disabled
    app.selectbox(key="data_spec_best").select("voted").run()
    assert not app.warning
    assert not app.button(key="start_0").disabled


def test_a_run_can_start_from_a_model_of_its_own_kind(
    open_page: OpenPage, trained: Trained
) -> None:
    app = open_page("train.py", run="new")
    name = trained.bundle.name
    assert app.selectbox(key="init_spec_best").options == ["random weights", "spec", name]
    app.multiselect(key="labels_spec_best").set_value(["happy", "sad"]).run()
    assert app.selectbox(key="init_spec_best").options == ["random weights"]
    app.selectbox(key="network").select("vgg").run()
    assert app.selectbox(key="init_vgg_published").options == ["random weights"]
    # Any network of the same labels can teach it.
    able = app.multiselect(key="teachers_vgg_published").options
    assert {"spec", name} <= set(able)


def test_how_many_runs_are_ahead_is_said_before_starting(
    open_page: OpenPage, make_run: MakeRun
) -> None:
    make_run("running", name="spec-demo-1")
    make_run("queued", name="spec-demo-2")
    assert "behind 2 runs" in words(open_page("train.py", run="new"))


def test_a_run_to_copy_that_is_gone_is_said(open_page: OpenPage) -> None:
    app = open_page("train.py", clone="spec-demo-9")
    assert "spec-demo-9" in app.warning[0].value
    assert "Start training" in labels(app)


def test_a_copied_run_keeps_its_teachers_and_misses_those_that_are_gone(
    open_page: OpenPage, make_run: MakeRun, trained: Trained
) -> None:
    run = make_run("done")
    teachers = (trained.bundle.name, "forgotten")
    files.write_json(run.path / "config.json", replace(run.config, teachers=teachers).to_dict())
    try:
        app = open_page("train.py", clone=run.name)
        (chosen,) = [box for box in app.multiselect if box.label == "Teachers"]
        assert chosen.value == [trained.bundle.name]
        (warning,) = app.warning
        assert "began with forgotten" in warning.value
    finally:
        shutil.rmtree(run.path)
