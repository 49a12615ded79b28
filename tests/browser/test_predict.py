"""Predict in a real browser: on a telephone with its camera, from the clipboard, from a zip."""

import base64
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from fer.data.csv_reader import read_csv
from fer.labels import LABELS
from tests.browser.conftest import open_expander, take_snapshot
from tests.browser.test_layout import STICKING_OUT
from tests.conftest import Server

COPY = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const picture = new Blob([bytes], { type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
}"""
LOOKS = re.compile("Expression looks like")


def test_someone_with_a_telephone_takes_a_picture_and_asks_why(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    # Where it looks, and with how many filters, is this model's.
    page.goto(f"{server.url}/predict?model=spec")
    take_snapshot(page)
    answer = page.get_by_role("heading", name=LOOKS)
    expect(answer).to_contain_text("happy")
    expect(page.locator("[role=img][aria-label*='happy 9']")).to_be_visible()
    assert page.evaluate(STICKING_OUT) == []
    why = page.get_by_text("What counts most for happy is in the lower middle")
    open_expander(page.get_by_text("Why?", exact=True), why)
    pictures = page.locator("[data-testid=stExpander] img")
    expect(pictures).to_have_count(2)
    # The mouth is orange in the second: more red than blue.
    assert pictures.nth(1).evaluate(COLOUR_AT, [0.5, 0.7]) > 40
    assert abs(pictures.nth(0).evaluate(COLOUR_AT, [0.5, 0.7])) < 8
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("radio", name="Layers").click()
    expect(page.get_by_text("The 32 filters of the first convolution")).to_be_visible()
    expect(page.get_by_role("combobox", name="What they make of it")).to_be_visible()
    assert page.evaluate(STICKING_OUT) == []


def test_a_wrong_answer_is_flagged_taken_away_and_cleared(
    server: Server, page: Page, astronaut: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/predict?model=spec")
    page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(astronaut)
    flag = page.get_by_role("button", name="Flag", exact=True)
    open_expander(page.get_by_text("Wrong?", exact=True), flag)
    page.get_by_test_id("stExpander").get_by_role("radio", name="surprise").click()
    expect(flag).to_be_disabled()
    page.get_by_text("Keep this face").click()
    flag.click()
    expect(page.get_by_text("1 answer flagged as wrong")).to_be_visible()
    expect(page.get_by_text("Flagged: 😮 surprise")).to_be_visible()
    assert page.evaluate(STICKING_OUT) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Flagged faces (csv)").click()
    (face,) = read_csv(download.value.path()).labels
    assert LABELS[face] == "surprise"
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_text("flagged as wrong")).to_have_count(0)
    expect(page.get_by_text("Wrong?", exact=True)).to_be_visible()


# Red minus blue of a picture at a place of it, 0..1 from the left and from the top.
COLOUR_AT = """async (image, [x, y]) => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixel = context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data;
  return pixel[0] - pixel[2];
}"""


def test_a_picture_is_pasted_by_keys_and_by_the_button(
    server: Server, page: Page, astronaut: Path
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/predict?model=spec")
    button = page.get_by_role("button", name="Paste a picture")
    button.wait_for()
    page.evaluate("navigator.clipboard.writeText('no picture')")
    button.click()
    expect(page.get_by_text("The clipboard holds no picture.")).to_be_visible()
    page.evaluate(COPY, base64.b64encode(astronaut.read_bytes()).decode())
    page.get_by_role("heading", name="Predict", exact=True).click()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("heading", name=LOOKS)).to_have_count(1)
    button.click()
    expect(page.get_by_role("heading", name=LOOKS)).to_have_count(2)
    # Pasted onto the uploader itself, it is taken once.
    page.get_by_test_id("stFileUploaderDropzone").first.focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("heading", name=LOOKS)).to_have_count(3)


def test_a_row_of_a_zip_opens_its_picture(
    server: Server, page: Page, tmp_path: Path, astronaut: Path, grace_hopper: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(astronaut, "a/astronaut.png")
        archive.write(grace_hopper, "b/grace.jpg")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/predict?model=spec")
    uploader = page.get_by_test_id("stFileUploader").first
    uploader.locator("input").set_input_files(tmp_path / "photos.zip")
    expect(page.get_by_text("2 pictures, 2 faces. Choose a row to see it.")).to_be_visible()
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    expect(table.locator("canvas").first).to_be_visible()
    table.click(position={"x": 15, "y": 87})  # the box of the second row
    expect(page.get_by_text("photos.zip/b/grace.jpg")).to_be_visible()
    expect(page.get_by_role("heading", name=LOOKS)).to_contain_text("neutral")
    assert page.evaluate(STICKING_OUT) == []
