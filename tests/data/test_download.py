import json
import os
import socket
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fer.data import drawn_faces, open_dataset, writers
from fer.data.dataset import USAGES
from fer.data.download import MIRRORS, download
from fer.errors import ExistsError, FerError, InputError
from tests.data.fake_hub import FakeHub, serving

N = 210
FIRST, SECOND = MIRRORS[0], MIRRORS[1]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer.data.hub._FIRST_WAIT_S", 0.01)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], bytes]:
    """Drawn faces as both mirrors have theirs: three parts, and two with the tests merged."""
    faces = drawn_faces(N)
    assert faces.usage is not None
    parts = {"Training": faces.usage == 0, "Test": faces.usage > 0}
    parts |= {name: faces.usage == USAGES.index(name) for name in ("PublicTest", "PrivateTest")}
    folder = tmp_path_factory.mktemp("parts")
    files = {}
    for mirror in (FIRST, SECOND):
        for path, usage in mirror.files:
            part = faces.subset(np.flatnonzero(parts[usage]))
            bare = type(part)(part.name, part.images, part.labels)
            writers.write_parquet(bare, folder / "part.parquet")
            files[mirror.repo, path] = (folder / "part.parquet").read_bytes()
    return files


@pytest.fixture
def hub(contents: dict[tuple[str, str], bytes]) -> Iterator[FakeHub]:
    with serving(FakeHub(dict(contents))) as running:
        yield running


def only(contents: dict[tuple[str, str], bytes], repo: str) -> dict[tuple[str, str], bytes]:
    return {key: content for key, content in contents.items() if key[0] == repo}


def test_the_first_mirror_gives_all_three_parts(hub: FakeHub, fer_home: Path) -> None:
    seen: list[float] = []
    dataset = download(progress=lambda share, text: seen.append(share), endpoint=hub.url)
    assert dataset.fingerprint == drawn_faces(N).fingerprint
    assert open_dataset("fer2013").fingerprint == dataset.fingerprint
    assert dataset.source == f"Hugging Face hub: {FIRST.repo}"
    assert seen == sorted(seen)
    assert 0 <= seen[0] < 0.5 < seen[-1] == 1
    assert len(hub.gets()) == 3
    assert not (fer_home / "downloads").exists()


def test_a_taken_name_is_refused_before_anything_is_fetched(hub: FakeHub) -> None:
    download(endpoint=hub.url)
    hub.requests.clear()
    with pytest.raises(ExistsError, match="fer2013 exists"):
        download(endpoint=hub.url)
    assert hub.requests == []
    assert len(download(name="again", endpoint=hub.url)) == N


def test_a_mirror_that_is_gone_gives_way_to_the_next(
    hub: FakeHub, contents: dict[tuple[str, str], bytes]
) -> None:
    hub.files = only(contents, SECOND.repo)
    dataset = download(endpoint=hub.url)
    assert dataset.source.endswith(SECOND.repo)
    assert dataset.usage_names() == ("Training", "Test")
    assert sorted(dataset.keys) == sorted(drawn_faces(N).keys)


def test_files_that_were_renamed_are_found(
    hub: FakeHub, contents: dict[tuple[str, str], bytes]
) -> None:
    hub.files = {
        (repo, path.replace("-00000-of-00001", "-new")): content
        for (repo, path), content in only(contents, FIRST.repo).items()
    }
    hub.files[FIRST.repo, "README.md"] = b"about"
    dataset = download(endpoint=hub.url)
    assert dataset.fingerprint == drawn_faces(N).fingerprint


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
def test_a_cut_connection_is_gone_on_with(hub: FakeHub, ranges: bool) -> None:
    hub.faults.cuts, hub.faults.ranges = 1, ranges
    assert download(endpoint=hub.url).fingerprint == drawn_faces(N).fingerprint
    (path, first), (again, second) = hub.gets()[:2]
    assert path == again
    assert first == ""
    half = len(hub.files[FIRST.repo, FIRST.files[0][0]]) // 2
    assert second == f"bytes={half}-"
    assert len(hub.gets()) == 4


def test_a_download_that_was_given_up_is_gone_on_with_later(hub: FakeHub, fer_home: Path) -> None:
    class GaveUpError(Exception):
        pass

    def give_up(share: float, text: str) -> None:
        if share > 0.3:
            raise GaveUpError

    with pytest.raises(GaveUpError):
        download(progress=give_up, endpoint=hub.url)
    here = sum(part.stat().st_size for part in (fer_home / "downloads").iterdir())
    assert here > 0
    hub.requests.clear()
    assert download(endpoint=hub.url).fingerprint == drawn_faces(N).fingerprint
    total = sum(len(content) for (repo, _), content in hub.files.items() if repo == FIRST.repo)
    resumed = [part for _, part in hub.gets() if part]
    assert len(resumed) == 1
    assert 0 < int(resumed[0].removeprefix("bytes=").rstrip("-")) < total


def test_a_byte_changed_on_the_way_is_noticed_and_fetched_again(hub: FakeHub) -> None:
    hub.faults.corruptions = 1
    assert download(endpoint=hub.url).fingerprint == drawn_faces(N).fingerprint
    assert len(hub.gets()) == 4


def test_a_mirror_that_keeps_sending_damaged_files_is_left(hub: FakeHub) -> None:
    hub.faults.corruptions = 2
    dataset = download(endpoint=hub.url)
    assert dataset.source.endswith(SECOND.repo)


def test_what_is_damaged_everywhere_is_not_imported(hub: FakeHub) -> None:
    hub.faults.corruptions = 1000
    with pytest.raises(FerError, match=r"damaged twice.*data import fer2013\.csv"):
        download(endpoint=hub.url)
    with pytest.raises(FerError):
        open_dataset("fer2013")


def test_what_the_hub_itself_has_damaged_is_refused(
    hub: FakeHub, contents: dict[tuple[str, str], bytes]
) -> None:
    """The hash fits, the content does not: only reading it tells."""
    path = FIRST.files[0][0]
    content = contents[FIRST.repo, path]
    hub.files[FIRST.repo, path] = content[:4] + bytes(len(content) - 8) + content[-4:]
    assert download(endpoint=hub.url).source.endswith(SECOND.repo)


def test_a_busy_server_is_asked_again(hub: FakeHub) -> None:
    hub.faults.errors = 2
    assert download(endpoint=hub.url).source.endswith(FIRST.repo)


def test_a_broken_server_is_told(hub: FakeHub) -> None:
    hub.faults.errors = 1000
    with pytest.raises(FerError, match=r"HTTP 500.*python -m fer data import"):
        download(endpoint=hub.url)


def test_no_mirror_at_all_is_told(hub: FakeHub) -> None:
    hub.files = {}
    with pytest.raises(FerError, match=f"{FIRST.repo} is not there.*{SECOND.repo} is not there"):
        download(endpoint=hub.url)


def test_without_a_network_the_message_says_what_to_do() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(FerError, match=rf"127\.0\.0\.1:{port} cannot be reached.*data import"):
        download(endpoint=f"http://127.0.0.1:{port}")


def test_unknown_names_and_sources_are_refused() -> None:
    with pytest.raises(InputError, match="fer2013 is the one"):
        download("rafdb")
    with pytest.raises(InputError, match="hub, kaggle"):
        download(source="ftp")


def test_kaggle_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(InputError, match="pip install kagglehub"):
        download(source="kaggle")


def test_kaggle_gives_a_folder_or_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    faces = drawn_faces(14)
    writers.write_folder(faces, tmp_path / "fer2013")
    kagglehub = types.ModuleType("kagglehub")
    monkeypatch.setitem(sys.modules, "kagglehub", kagglehub)
    kagglehub.dataset_download = lambda handle: str(tmp_path / "fer2013")  # type: ignore[attr-defined]
    assert download(source="kaggle").fingerprint == faces.fingerprint

    def refuse(handle: str) -> str:
        raise RuntimeError("401 Unauthorized")

    kagglehub.dataset_download = refuse  # type: ignore[attr-defined]
    with pytest.raises(FerError, match="401 Unauthorized"):
        download(source="kaggle", name="other")


def test_the_command_downloads_from_hf_endpoint(hub: FakeHub, fer_home: Path) -> None:
    command = [sys.executable, "-m", "fer", "data", "download", "--json"]
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(fer_home / "hf")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["name"] == "fer2013"
    assert told["n"] == N
    assert told["differences"] is None
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "exists" in again.stderr
    assert again.stdout == ""
