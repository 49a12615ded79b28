"""Data sets over HTTP: imported, and their images."""

import errno
import io
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from fer import data
from fer.api import endpoints, uploads
from fer.images import crop_face, decode
from fer.inference import detect
from tests.api.answers import conforms, left_over, refused
from tests.samples import class_folders


def test_import_by_form_then_its_images(client: TestClient, csv_text: str, fer_home: Path) -> None:
    response = client.post("/api/v1/datasets", files={"file": ("My faces.csv", csv_text)})
    assert response.status_code == 201, response.text
    answer = response.json()
    conforms(answer, "Dataset")
    assert answer["n"] == 14
    assert answer["counts"]["Training"]["happy"] == 1
    assert left_over(fer_home) == []

    [info] = data.list_datasets()
    assert info.name == answer["name"] == "My-faces"
    picture = client.get(f"/api/v1/datasets/{info.name}/images/5.png")
    assert picture.headers["Content-Type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(picture.content)))
    np.testing.assert_array_equal(shown, data.drawn_faces(14, seed=3).images[5])


def test_import_of_a_plain_body(client: TestClient, csv_text: str) -> None:
    headers = {"Content-Disposition": 'attachment; filename="../../évil/faces.csv"'}
    response = client.post("/api/v1/datasets?name=tiny", content=csv_text, headers=_latin(headers))
    assert response.status_code == 201, response.text
    assert response.json()["name"] == "tiny"


def test_a_file_name_may_be_long_in_any_script(client: TestClient, csv_text: str) -> None:
    file = ("的" * 100 + ".csv", csv_text)
    response = client.post("/api/v1/datasets?name=tiny", files={"file": file})
    assert response.status_code == 201, response.text


def test_import_to_a_taken_name_needs_replace(
    client: TestClient, csv_text: str, fer_home: Path
) -> None:
    def send(query: str) -> httpx.Response:
        return client.post(f"/api/v1/datasets{query}", files={"file": ("faces.csv", csv_text)})

    assert send("").status_code == 201
    refused(send(""), 409, "exists")
    refused(send("?name=faces"), 409, "exists")
    assert send("?name=faces&replace=1").status_code == 201
    assert [info.name for info in data.list_datasets()] == ["faces"]
    assert left_over(fer_home) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda text: text.replace("emotion,pixels", "emotion,points"), "pixels"),
        (lambda text: re.sub(r"\n3,", "\n9,", text, count=1), "line 5"),
        (lambda text: re.sub(r"\n3,\d+ ", "\n3,", text, count=1), "line 5"),
        (lambda text: "", "faces.csv"),
    ],
    ids=["missing column", "label 9", "short row", "empty"],
)
def test_a_bad_file_is_refused_in_the_reader_s_words(
    client: TestClient, csv_text: str, fer_home: Path, change: Any, named: str
) -> None:
    files = {"file": ("faces.csv", change(csv_text))}
    message = refused(client.post("/api/v1/datasets", files=files), 422, "bad_input")
    assert "faces.csv" in message
    assert named in message
    assert str(fer_home) not in message
    assert data.list_datasets() == []
    assert left_over(fer_home) == []


def test_faces_are_cut_out_of_photographs(
    client: TestClient, tmp_path: Path, astronaut: Path
) -> None:
    photos = class_folders(tmp_path / "photos", astronaut)
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", photos)
    sent = {"content": Path(archive).read_bytes()}
    answer = client.post("/api/v1/datasets?name=cut&crop=1", **sent).json()
    conforms(answer, "Dataset")
    assert (answer["n"], answer["no_face"]) == (2, 1)
    whole = client.post("/api/v1/datasets?name=whole", **sent).json()
    assert "no_face" not in whole
    cut, resized = (data.open_dataset(name).images[0] for name in ("cut", "whole"))
    photo = decode(astronaut)
    assert np.array_equal(cut, crop_face(photo, detect(photo)[0].box))
    assert not np.array_equal(cut, resized)


def test_an_import_over_the_limit_leaves_nothing(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "IMPORT_LIMIT_BYTES", 1000)
    pieces = (csv_text[start : start + 500].encode() for start in range(0, len(csv_text), 500))
    refused(client.post("/api/v1/datasets", content=pieces), 413, "too_large")
    assert left_over(fer_home) == []


def test_a_disk_that_is_full_before_all_has_come_is_said(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads, "_save", full)
    refused(client.post("/api/v1/datasets", content=csv_text), 507, "disk_full")
    assert left_over(fer_home) == []


def test_a_disk_that_is_full_while_the_data_set_is_written_is_said(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(np, "save", full)
    refused(client.post("/api/v1/datasets", content=csv_text), 507, "disk_full")
    assert left_over(fer_home) == []


@pytest.mark.parametrize("name", ["", "drawn", "a b", "..", "x" * 65])
def test_import_takes_no_impossible_name(client: TestClient, csv_text: str, name: str) -> None:
    response = client.post("/api/v1/datasets", params={"name": name}, content=csv_text)
    refused(response, 422, "bad_input")


def test_what_a_killed_server_left_goes_with_the_next_import(
    client: TestClient, csv_text: str, fer_home: Path
) -> None:
    stale = fer_home / "uploads" / "old" / "half.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("emotion,pix")
    then = time.time() - 2 * 24 * 3600
    os.utime(stale.parent, (then, then))
    client.post("/api/v1/datasets", content=csv_text)
    assert left_over(fer_home) == []


def test_images_are_revalidated_by_their_content(client: TestClient) -> None:
    first = client.get("/api/v1/datasets/drawn/images/3.png")
    assert first.headers["Cache-Control"] == "no-cache"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/api/v1/datasets/drawn/images/3.png", headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/datasets/drawn/images/4.png", headers=etag).status_code == 200
    kept = client.get("/api/v1/datasets/drawn/images/3.png?v=1")
    assert "immutable" in kept.headers["Cache-Control"]


@pytest.mark.parametrize(
    "place",
    [
        "nosuch/images/0.png",
        "drawn/images/999999.png",
        f"drawn/images/{'9' * 4400}.png",
        "drawn/images/-1.png",
        "drawn/images/x.png",
    ],
)
def test_images_that_are_not_there(client: TestClient, place: str) -> None:
    refused(client.get(f"/api/v1/datasets/{place}"), 404, "not_found")


def test_images_come_from_registered_sets_only(
    client: TestClient, csv_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.csv").write_text(csv_text)
    monkeypatch.chdir(tmp_path)
    refused(client.get("/api/v1/datasets/here.csv/images/0.png"), 404, "not_found")


def test_a_sheet_has_the_faces_asked_for_in_order(client: TestClient) -> None:
    faces = data.drawn_faces().images
    answer = client.get("/api/v1/datasets/drawn/sheet.png?rows=5-12,3,2099&v=1")
    assert "immutable" in answer.headers["Cache-Control"]
    sheet = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert sheet.shape == (2 * 48, 8 * 48)
    for place, row in enumerate([*range(5, 13), 3, 2099]):
        y, x = divmod(place, 8)
        shown = sheet[y * 48 : y * 48 + 48, x * 48 : x * 48 + 48]
        np.testing.assert_array_equal(shown, faces[row])
    few = client.get("/api/v1/datasets/drawn/sheet.png?rows=7")
    assert few.headers["Cache-Control"] == "no-cache"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(few.content))), faces[7])
    again = {"If-None-Match": few.headers["ETag"]}
    assert client.get("/api/v1/datasets/drawn/sheet.png?rows=7", headers=again).status_code == 304


@pytest.mark.parametrize(
    ("name", "rows", "status", "code"),
    [
        ("drawn", "", 422, "bad_input"),
        ("drawn", "x", 422, "bad_input"),
        ("drawn", "-1", 422, "bad_input"),
        ("drawn", "9-3", 404, "not_found"),
        ("drawn", "0-128", 404, "not_found"),
        ("drawn", "0-999999999", 404, "not_found"),
        ("drawn", "9999999999", 422, "bad_input"),
        ("drawn", ",".join(["1"] * 129), 404, "not_found"),
        ("drawn", "2100", 404, "not_found"),
        ("none", "0", 404, "not_found"),
        ("..", "0", 404, "not_found"),
    ],
)
def test_a_sheet_that_cannot_be_made_is_refused(
    client: TestClient, name: str, rows: str, status: int, code: str
) -> None:
    refused(client.get(f"/api/v1/datasets/{name}/sheet.png", params={"rows": rows}), status, code)


def _latin(headers: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in headers.items()}
