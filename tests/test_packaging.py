"""What importing and installing promise: nothing heavy, nothing global, every name there."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import fer
from fer import home

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Reports what `import fer` changed, as JSON.
LOOK = """
import json, os, sys, warnings
before = dict(os.environ), list(warnings.filters)
import fer
from fer import home
after = dict(os.environ), list(warnings.filters)
print(json.dumps({"modules": sorted(sys.modules), "same": before == after}))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    """What a fresh interpreter has after `import fer`."""
    output = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return dict(json.loads(output.stdout))


@pytest.mark.parametrize("heavy", ["tensorflow", "keras", "streamlit", "plotly", "starlette"])
def test_import_loads_nothing_heavy(imported: dict[str, Any], heavy: str) -> None:
    assert heavy not in imported["modules"]


def test_import_changes_no_environment_and_no_warning_filters(imported: dict[str, Any]) -> None:
    assert imported["same"]


def test_every_public_name_is_there() -> None:
    missing = [name for name in fer.__all__ if not hasattr(fer, name)]
    assert missing == []
    assert len(set(fer.__all__)) == len(fer.__all__)


def test_every_published_network_comes_trained_and_all_in_60_mb() -> None:
    shipped = home.shipped_models_dir()
    files = [path for path in shipped.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 60_000_000
    trained = {fer.bundles.load(path).architecture for path in shipped.iterdir() if path.is_dir()}
    published = {
        name for name in fer.zoo.names() if not fer.zoo.get(name).source.startswith("ours")
    }
    assert len(published) >= 6
    assert published <= trained


def test_the_library_loads_in_a_server_without_tensorflow() -> None:
    """All that the server imports: with this, a page that pulls TensorFlow in is found by name."""
    look = "import fer.api, fer.plots, fer.training, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_its_reason(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if re.match(r"\w", line)]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"\S+==\S+ +# .+", line)] == []


def test_what_runs_here_is_what_is_pinned() -> None:
    pins = {pin.name: pin for file in ("", "-dev") for pin in _pins(f"requirements{file}.txt")}
    other = [name for name, pin in pins.items() if version(name) not in pin.specifier]
    assert other == []


def test_the_package_s_ranges_allow_the_pins() -> None:
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in _pins("requirements.txt")}
    extra = PROJECT["optional-dependencies"]["studio"]
    ranges = {r.name: r for r in map(Requirement, [*PROJECT["dependencies"], *extra])}
    assert ranges.keys() == pins.keys()
    assert [name for name, pin in pins.items() if pin not in ranges[name].specifier] == []


def test_the_wheel_carries_the_shipped_models(tmp_path: Path) -> None:
    """Built from what the build backend selects, without a network."""
    build = f"from hatchling.build import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("fer_studio-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert {f"fer/_models/spec/{name}" for name in ("card.json", "model.tflite")} <= inside
    assert "fer/py.typed" in inside
    assert not [name for name in inside if name.startswith(("tests/", "pages/"))]


def _pins(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line.partition("#")[0]) for line in lines if re.match(r"\w", line)]
