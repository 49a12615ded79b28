"""What docs/rest.md tells is so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fer import images
from fer.api import bodies, predictions, turns
from fer.api.openapi import document
from fer.inference import MAX_FACES
from tests.conftest import ROOT, Server

TEXT = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")


def test_the_client_runs_and_asks_for_the_token_in_words(
    server: Server, tmp_path: Path, grace_hopper: Path
) -> None:
    shutil.copy(grace_hopper, tmp_path / "photo.jpg")
    (client,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    code = client.replace("http://127.0.0.1:8501", server.url)
    assert server.url in code
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert re.fullmatch(r"neutral \d\d% \{'x': \d+, .*\}\n", told.stdout)


def test_the_routes_are_all_told() -> None:
    for path, methods in document("1")["paths"].items():
        if path not in ("/openapi.json", "/datasets/{name}/sheet.png"):
            assert f"`{next(iter(methods)).upper()} /api/v1{path}`" in TEXT


def test_every_documented_refusal_is_told() -> None:
    statuses = {
        status
        for methods in document("1")["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
        if int(status) >= 400
    }
    assert statuses <= set(re.findall(r"^\| (\d{3}) \|", TEXT, re.MULTILINE))


@pytest.mark.parametrize(
    "sentence",
    [
        f"at most {images.MAX_BYTES // 10**6} MB and {images.MAX_PIXELS // 10**6} million pixels",
        f"of more than {MAX_FACES} faces",
        f"together hold at most {predictions.HELD_LIMIT_BYTES // 10**6} MB",
    ],
)
def test_the_limits_are_told(sentence: str) -> None:
    assert sentence in " ".join(TEXT.split())


def test_the_waits_are_those_told_in_words() -> None:
    assert (predictions.WAITING, predictions.WAITING_EACH) == (16, 12)
    assert (turns.WAIT_LIMIT_S, predictions.ARRIVAL_LIMIT_S, bodies.SILENCE_LIMIT_S) == (10, 60, 60)
