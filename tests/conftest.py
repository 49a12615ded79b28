"""What every test gets: a data root of its own, and on request a real server or real data."""

import os
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2 as httpx
import hypothesis
import psutil
import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 30.0

# A property holds or not, however busy the machine is; what hangs ends at pytest's own limit.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@dataclass(frozen=True)
class Server:
    """A running studio: its address, its FER_HOME, its process and the file it logs to."""

    url: str
    home: Path
    process: psutil.Popen
    log: Path
    started_s: float


class ByFile(LoadFileScheduling):
    """Two at a time; a file stays together, and so do all that drive a browser.

    A browser, its server and its training keep two cores busy: two at once would wait too long.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # else the file of most tests would go first
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        browser = "tests/browser"
        return browser if nodeid.startswith(browser) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes longest begins first, so that none is left alone with it at the end.
    longest = ("tests/browser", "tests/zoo", "tests/training")
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in longest])
    alike = [name for name, n in Counter(item.nodeid for item in items).items() if n > 1]
    if alike:
        raise pytest.UsageError(f"xdist would run one only of the tests that are called {alike}")


@pytest.fixture(autouse=True)
def fer_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty FER_HOME for each test, so that none sees another's data or the user's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FER_HOME", str(home))
    monkeypatch.delenv("FER_API_TOKEN", raising=False)
    return home


def installed_chromium() -> str | None:
    """The path of a Chromium that this machine has."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The studio as a user starts it: `streamlit run webapp.py`, in a process of its own."""
    root = tmp_path_factory.mktemp("server")
    running = start_server(root / "home", root / "server.log")
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with fer2013.npz, fer2013new.csv and wild.zip that FER_TEST_DATA names."""
    chosen = os.environ.get("FER_TEST_DATA")
    if not chosen:
        pytest.skip("needs real data: set FER_TEST_DATA to a folder with fer2013.npz")
    folder = Path(chosen).resolve()
    if not (folder / "fer2013.npz").is_file():
        pytest.fail(f"FER_TEST_DATA is {folder}, where there is no fer2013.npz")
    return folder


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A 512x512 photograph of one smiling face (public domain, part of scikit-image)."""
    return _packaged("skimage", "data/astronaut.png")


@pytest.fixture(scope="session")
def grace_hopper() -> Path:
    """A 512x600 photograph of one face (public domain, part of matplotlib)."""
    return _packaged("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium for Playwright's `executable_path`: the system's, else Playwright's own.

    Without one the test is skipped, but under CI, where the browser must be there, it fails.
    """
    found = installed_chromium() or _playwright_chromium()
    if found:
        return found
    message = "no Chromium found: scripts/test installs one"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def start_server(home: Path, log: Path, by: str = "streamlit", **environment: str) -> Server:
    """Start the studio on a free port and wait until its health route answers.

    by: "streamlit" for `streamlit run webapp.py`, "uvicorn" for `uvicorn webapp:app`.
    """
    port = str(_free_port())
    command = {
        "streamlit": ["run", str(ROOT / "webapp.py"), "--server.port", port],
        "uvicorn": ["webapp:app", "--app-dir", str(ROOT), "--port", port],
    }[by]
    if by == "streamlit":
        command += ["--server.headless", "true"]
    env = os.environ | {"FER_HOME": str(home)} | environment
    started = time.monotonic()
    with log.open("wb") as output:
        # Started from the data's folder, not the checkout: nothing may depend on where one stands.
        child = psutil.Popen(
            [sys.executable, "-m", by, *command],
            cwd=log.parent,
            env=env,
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    while not _healthy(url):
        waited = time.monotonic() - started
        if child.poll() is not None or waited > START_LIMIT_S:
            child.kill()
            tail = log.read_text(errors="replace")[-3000:]
            pytest.fail(f"the server was not up {waited:.1f} s after its start; its log:\n{tail}")
        time.sleep(0.05)
    took = time.monotonic() - started
    return Server(url, home, child, log, took)


def stop_server(server: Server) -> None:
    """End the server and every worker that it started."""
    family = [server.process, *server.process.children(recursive=True)]
    for process in family:
        if process.is_running():
            process.terminate()
    _, alive = psutil.wait_procs(family, timeout=10)
    for process in alive:
        process.kill()
    server.process.wait()


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _packaged(package: str, path: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, f"{package} is missing: it is listed in requirements-dev.txt"
    assert spec.origin is not None
    return Path(spec.origin).parent / path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
