"""The pages Train and Runs in a browser: the queue, failures, comparing, managing, curves."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fer import files, home
from fer.bundles import load
from fer.data import delete_dataset, drawn_faces, save_dataset
from fer.training import Run
from tests.browser.conftest import stop_button, wait_until_at_rest
from tests.conftest import Server, start_server, stop_server
from tests.run_folders import STEPS_PER_EPOCH, metrics_rows, write_run

# Of the table, which draws itself on a canvas.
HEADER_PX, ROW_PX, TICK_PX = 36, 35, 17

MEASURED = {"test": {"n": 700, "accuracy": 0.9, "interval": [0.87, 0.93]}}
CHARTS = "document.querySelectorAll('.fer-curves > div')"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for these tests alone, whose runs they write."""
    root = tmp_path_factory.mktemp("runs")
    server = start_server(root / "home", root / "server.log")
    yield server
    stop_server(server)


@pytest.fixture
def runs_home(studio: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The server's data root, also for this process; its runs are removed afterwards."""
    monkeypatch.setenv("FER_HOME", str(studio.home))
    yield studio.home
    shutil.rmtree(home.runs_dir())


def test_runs_wait_in_line_and_a_failure_says_why(
    studio: Server, runs_home: Path, page: Page
) -> None:
    """Two real workers wait behind a run of ours; the data of the first goes in the meantime."""
    save_dataset(drawn_faces(210, seed=1), "soon-gone")
    ahead = write_run(runs_home, "ahead", "running", epochs_done=1)
    page.goto(f"{studio.url}/train?run=new")
    expect(page.get_by_text("behind 1 run.")).to_be_visible()
    page.get_by_role("button", name="Published").click()
    page.get_by_role("button", name="Start training").click()
    expect(progress(page)).to_contain_text("Queued · Waiting for 1 run to finish")
    first = page.url
    page.get_by_role("button", name="New run").click()
    page.get_by_role("button", name="Demo").click()
    page.get_by_role("button", name="Start training").click()
    expect(progress(page)).to_contain_text("Queued · Waiting for 2 runs to finish")
    stop_button(page).click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.goto(first)
    expect(progress(page)).to_contain_text("Waiting for 1 run to finish")
    delete_dataset("soon-gone")
    files.write_json(ahead.path / "status.json", asdict(replace(ahead.status(), state="done")))
    expect(page.get_by_text("There is no data set 'soon-gone'")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_runs_are_selected_in_the_table_and_compared(
    studio: Server, runs_home: Path, page: Page
) -> None:
    write_run(runs_home, "newest", "failed", epochs_done=0, message="The disk is full.")
    write_run(runs_home, "plain", age_s=10, metrics=MEASURED)
    write_run(runs_home, "mirrored", age_s=20, changes={"flip": True}, learns=0.3)
    page.goto(f"{studio.url}/runs")
    tick(page, 1)
    page.wait_for_url(re.compile("runs=plain$"))
    expect(page.get_by_text("90.0 % (95 % interval 87.0–93.0, n = 700)")).to_be_visible()
    tick(page, 2)
    for _ in ("at once", "after a reload"):
        expect(page.get_by_role("heading", name="Where their settings differ")).to_be_visible()
        mirror = page.get_by_role("row", name=re.compile("^Mirror"))
        expect(mirror).to_contain_text(re.compile(r"no\s*yes"))
        expect(page.get_by_role("row", name="Batch size")).to_have_count(0)
        page.wait_for_function(f"{CHARTS}[0]?.data?.length === 2")
        assert page.evaluate(f"{CHARTS}[0].data.map(line => line.name)") == ["plain", "mirrored"]
        assert page.url.endswith("runs=plain%2Cmirrored")
        page.reload()
    tick(page, 1)
    tick(page, 2)
    expect(page.get_by_text("Tick the box at the left of a run")).to_be_visible()


def test_a_run_is_noted_renamed_copied_and_deleted_after_one_question(
    studio: Server, runs_home: Path, page: Page
) -> None:
    run = write_run(runs_home, "mine", recipe="published", changes={"epochs": 7}, seed=9)
    page.goto(f"{studio.url}/runs?runs=mine")
    page.get_by_role("button", name="Note").click()
    page.get_by_role("textbox", name="Note").fill("worth keeping")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("stText")).to_have_text("worth keeping")
    assert run.note == "worth keeping"
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("better")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Rename").click()
    page.wait_for_url(re.compile("runs=better$"))
    expect(page.get_by_role("heading", name="better")).to_be_visible()
    page.get_by_role("button", name="Copy settings").click()
    page.wait_for_url(re.compile("clone=better"))
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("7")
    page.get_by_text("Advanced settings").click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("9")
    page.goto(f"{studio.url}/runs?runs=better")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    assert not run.path.exists()
    assert list(runs_home.joinpath("runs").glob("*/")) == []


def test_the_curves_stay_where_they_are_while_they_grow_and_change(
    studio: Server, runs_home: Path, page: Page
) -> None:
    run = write_run(runs_home, "mine", "running", recipe="published", epochs_done=2)
    page.goto(f"{studio.url}/train?run=mine")
    page.wait_for_function(f"{CHARTS}[4]?.data")
    expect(page.locator("figure")).to_have_count(16)
    matrix = page.evaluate(f"{CHARTS}[4].data[0].z")
    page.evaluate(f"() => {{ window.kept = [...{CHARTS}]; }}")
    append_epoch(run, 3)
    page.wait_for_function(f"{CHARTS}[0].data[1].x.length === 3")
    page.wait_for_function(f"JSON.stringify({CHARTS}[4].data[0].z) !== '{json.dumps(matrix)}'"
                           .replace(", ", ","))  # fmt: skip
    expect(page.get_by_text("after epoch 3")).to_be_visible()
    page.get_by_role("radio", name="Steps").click()
    ends = [STEPS_PER_EPOCH * epoch for epoch in (1, 2, 3)]
    page.wait_for_function(f"String({CHARTS}[0].data[1].x) === '{','.join(map(str, ends))}'")
    page.get_by_role("radio", name="Time").click()
    page.wait_for_function(f"{CHARTS}[0].layout.xaxis.title.text === 'time (s)'")
    before = page.evaluate(f"Array.from({CHARTS}[0].data[0].y)")
    page.get_by_role("slider", name="Smoothing").press("End")
    page.wait_for_function(f"{CHARTS}[0].data[0].y[10] > {before[10]}")  # nearer to where it began
    assert page.evaluate("window.kept.every(chart => chart.isConnected)")


def test_a_finished_run_is_downloaded_and_used(
    studio: Server, runs_home: Path, page: Page, tmp_path: Path
) -> None:
    shutil.copytree(home.shipped_models_dir() / "spec", home.models_dir() / "mine")
    run = write_run(runs_home, "mine", bundle="mine", metrics=MEASURED)
    page.goto(f"{studio.url}/runs?runs=mine")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as model:
        page.get_by_role("button", name="Model and card (zip)").click()
    assert model.value.suggested_filename == "mine.zip"
    with zipfile.ZipFile(model.value.path()) as archive:
        archive.extractall(tmp_path)
    assert load(tmp_path / "mine").card == load("mine").card
    with page.expect_download() as epochs:
        page.get_by_role("button", name="Epochs (csv)").click()
    lines = epochs.value.path().read_text().splitlines()
    assert len(lines) == 1 + len(run.metrics().epochs)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Read a face with it").click()
    page.wait_for_url(re.compile(r"predict\?model=mine"))
    page.get_by_role("button", name="happy").click()
    expect(page.locator("[role=img][aria-label*='%']")).to_have_count(1)


def tick(page: Page, row: int) -> None:
    """Click the box of a row of the table, the newest run being row 0."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    wait_until_at_rest(page)
    y = HEADER_PX + ROW_PX * row + ROW_PX / 2
    table.click(position={"x": TICK_PX, "y": y})


def append_epoch(run: Run, number: int) -> None:
    """What a worker writes during its epoch `number`."""
    rows = metrics_rows(run.config, number, 0.5)
    lines = [json.dumps(row) + "\n" for row in rows if row["epoch"] == number]
    with run.metrics_path.open("a") as file:
        file.write("".join(lines))


def progress(page: Page) -> Locator:
    return page.get_by_test_id("stProgress")
