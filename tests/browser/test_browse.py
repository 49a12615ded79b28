"""Knowing the data, as a visitor does it: browse, look closely, mark, draw around, take away."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from fer import zoo
from fer.bundles import load
from fer.data import drawn_faces, open_dataset
from fer.evaluation import evaluate
from fer.labels import LABELS
from tests.audit.planted import planted
from tests.browser.conftest import TRAINED_MS, open_expander
from tests.conftest import Server, start_server, stop_server
from tests.samples import write_csv

DRAWN = drawn_faces()
HAPPY = np.flatnonzero(DRAWN.labels == LABELS.index("happy"))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    server = start_server(tmp_path / "home", tmp_path / "server.log")
    yield server
    stop_server(server)


def faces(page: Page) -> Locator:
    """The faces of the gallery; only those in view, or nearly so, are there."""
    return page.get_by_role("listbox").get_by_role("option")


def painted(page: Page) -> None:
    """Wait until the faces in view have their pictures."""
    page.wait_for_function("performance.getEntriesByName('fer-faces').length > 0")
    expect(page.locator("figure:not([data-painted])")).to_have_count(0)


def test_only_what_is_in_view_is_fetched(server: Server, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "sheet" in request.url else 0)
    page.goto(f"{server.url}/dataset?data=drawn")
    painted(page)
    assert len(asked) <= 3
    assert faces(page).count() < 200
    expect(faces(page).first).to_have_attribute("aria-setsize", "2100")
    faces(page).first.focus()
    page.keyboard.press("End")
    expect(faces(page).last).to_have_attribute("aria-label", re.compile("row 2099"))
    expect(faces(page).last).to_be_focused()
    painted(page)
    assert len(asked) <= 6, "what was scrolled past was fetched"
    pixels = page.evaluate("""() => {
        const last = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
        const canvas = last.querySelector('canvas');
        return [...canvas.getContext('2d').getImageData(0, 0, 48, 48).data]; }""")
    shown = np.array(pixels).reshape(48, 48, 4)[..., 0]
    assert np.abs(shown - DRAWN.images[2099].astype(int)).max() <= 1


def test_a_bar_filters_and_the_address_is_shared(
    server: Server, context: BrowserContext, page: Page
) -> None:
    page.goto(f"{server.url}/dataset?data=drawn")
    page.get_by_role("button", name="happy").click()
    page.wait_for_url(re.compile("class=happy"))
    expect(page.get_by_text(f"{len(HAPPY)} faces", exact=True)).to_be_visible()
    expect(faces(page).first).to_have_attribute("aria-label", f"row {HAPPY[0]}: happy")
    page.get_by_role("button", name="sad").click()
    page.wait_for_url(re.compile("class=happy%2Csad"))
    page.get_by_role("button", name="happy").click()
    page.wait_for_url(re.compile(r"class=sad(&|$)"))
    page.get_by_label("Order", exact=True).click()
    page.get_by_role("option", name="Darkest first").click()
    page.wait_for_url(re.compile("sort=brightness"))
    sad = np.flatnonzero(DRAWN.labels == LABELS.index("sad"))
    darkest = sad[np.argmin(DRAWN.images[sad].mean(axis=(1, 2)))]
    first = re.compile(f"row {darkest}: ")
    expect(faces(page).first).to_have_attribute("aria-label", first)
    other = context.new_page()
    other.goto(page.url)
    expect(faces(other).first).to_have_attribute("aria-label", first)
    expect(other.get_by_role("button", name="sad")).to_have_attribute("aria-pressed", "true")
    other.get_by_role("button", name="Show all").click()
    expect(other.get_by_text("2,100 faces", exact=True)).to_be_visible()


def test_a_face_is_looked_at_closely_and_tagged(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/dataset?data=drawn&class=happy")
    faces(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"face={HAPPY[1]}(&|$)"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Row {HAPPY[1]}: 😊 happy")).to_be_visible()
    expect(dialog.locator("[role=img][aria-label*='%']")).to_be_visible()
    expect(dialog.get_by_role("option")).to_have_count(12)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text(f"Row {HAPPY[2]}: 😊 happy")).to_be_visible()
    tags = dialog.get_by_label("Tags")
    expect(tags).to_have_count(1)  # that of the face before has gone
    tags.fill("smiling")
    tags.press("Enter")
    expect(dialog.get_by_text("smiling").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("dialog").get_by_text(f"Row {HAPPY[2]}:")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{server.url}/dataset?data=drawn&tag=smiling")
    expect(page.get_by_text("1 face", exact=True)).to_be_visible()
    expect(faces(page).first).to_have_attribute("aria-label", f"row {HAPPY[2]}: happy")


def test_the_keyboard_comes_back_to_the_face_that_was_opened(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/dataset?data=drawn&class=happy")
    faces(page).first.focus()
    page.keyboard.press("ArrowRight")
    for place in (1, 2):
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"face={HAPPY[place]}(&|$)"))
        expect(page.get_by_role("dialog").get_by_text(f"Row {HAPPY[place]}:")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_label(f"row {HAPPY[place]}: happy")).to_be_focused()
        page.keyboard.press("ArrowRight")


def test_marked_faces_are_taken_away(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/dataset?data=drawn")
    for place in (0, 2):
        faces(page).nth(place).hover()
        faces(page).nth(place).locator(".pick").click()
    expect(page.get_by_text("2 of 2,100 faces marked")).to_be_visible()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (csv)").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["row"] for row in rows] == ["0", "2"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Faces with pixels (csv)").click()
    path = tmp_path / "marked.csv"
    download.value.save_as(path)
    np.testing.assert_array_equal(open_dataset(path).images, DRAWN.images[[0, 2]])


def test_faces_are_drawn_around_on_the_map(own_server: Server, page: Page, tmp_path: Path) -> None:
    few = write_csv(tmp_path / "few.csv", planted().dataset)
    httpx.post(f"{own_server.url}/api/v1/datasets?name=few", content=few.read_bytes())
    page.goto(f"{own_server.url}/dataset?data=few&view=Map")
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.hover()  # once it has come to rest
    box = plot.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 90, y - 90)
    page.mouse.down()
    for dx, dy in ((90, -90), (90, 90), (-90, 90), (-90, -80)):
        page.mouse.move(x + dx, y + dy, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("lasso="))
    expect(page.get_by_text("140 faces", exact=True)).to_have_count(0)
    painted(page)
    shown = faces(page).first.get_attribute("aria-setsize")
    page.goto(page.url.replace("view=Map", "view=Faces"))
    expect(faces(page).first).to_have_attribute("aria-setsize", str(shown))


def test_an_upload_is_told_of_after_a_look_at_another_page(
    own_server: Server, page: Page, tmp_path: Path
) -> None:
    held: list[Route] = []
    page.route("**/api/v1/datasets?*", lambda route: held.append(route))
    page.goto(f"{own_server.url}/dataset")
    page.get_by_text("Get or import a data set").click()
    given = write_csv(tmp_path / "given.csv", drawn_faces(14))
    page.locator("input[type=file][accept*='.csv']").set_input_files(given)
    expect(page.get_by_text("Sending given.csv")).to_be_visible()
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.get_by_role("link", name="Dataset").click()
    page.get_by_text("Get or import a data set").click()
    expect(page.get_by_text("Sending given.csv")).to_be_visible()
    # Another file is not taken meanwhile.
    zone = page.get_by_role("button", name=re.compile("Drop a csv"))
    zone.focus()
    zone.press("Enter")
    held[0].fulfill(status=409, json={"error": {"code": "exists", "message": "given is taken."}})
    expect(page.get_by_text("given is taken.")).to_be_visible()
    assert len(held) == 1
    expect(page.get_by_text("Sending given.csv")).to_have_count(0)


def test_journey_of_a_researcher_with_a_csv(
    own_server: Server, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In: a csv with twins. Out: a network trained without them, and what they were worth."""
    page.goto(f"{own_server.url}/dataset")
    page.get_by_text("Get or import a data set").click()
    given = write_csv(tmp_path / "given.csv", planted().dataset)
    page.locator("input[type=file][accept*='.csv']").set_input_files(given)
    page.wait_for_url(re.compile("data=given"))
    page.get_by_test_id("stMain").get_by_role("link", name="Audit").click()
    expect(page.get_by_text("3 of 20 PrivateTest faces (15.0 %)")).to_be_visible()
    expect(page.get_by_text("that takes the FER+ votes")).to_be_visible()
    page.get_by_role("button", name="Look at them").first.click()
    page.wait_for_url(re.compile("finding=twins_private"))
    pair = faces(page).first
    expect(pair.locator("canvas")).to_have_count(2)
    expect(pair).to_have_attribute("aria-label", re.compile("row 122: .* row 5: "))
    painted(page)
    pair.click(position={"x": 10, "y": 20})
    expect(page.get_by_role("dialog").get_by_text("1 twin")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    save = page.get_by_role("button", name="Save", exact=True)
    open_expander(page.get_by_text("Save a clean view"), save)
    save.click()
    expect(page.get_by_text("Saved given-clean")).to_be_visible()
    page.get_by_role("link", name="Train on it").click()
    page.get_by_role("button", name="Demo").click()
    epochs = zoo.get("spec").recipes["demo"].epochs
    # The widgets of the recipe before stand below for a moment.
    expect(page.get_by_label("Epochs", exact=True).first).to_have_value(str(epochs))
    data = page.get_by_role("combobox", name="Data", exact=True).first
    expect(data).to_have_value("given-clean")
    page.get_by_role("button", name="Start training").click()
    done = page.get_by_role("button", name="Read a face with it")
    expect(done).to_be_visible(timeout=TRAINED_MS)
    monkeypatch.setenv("FER_HOME", str(own_server.home))
    (name,) = [path.name for path in (own_server.home / "models").iterdir()]
    bundle = load(name)
    assert bundle.card["data"]["name"] == "given-clean"
    report = evaluate(bundle, open_dataset("given"), split="private")
    clean = evaluate(bundle, open_dataset("given-clean"), split="private")
    assert (report.n, report.twins_in_training) == (20, 3)
    assert (clean.n, clean.twins_in_training) == (15, 0)
