"""Files from the Hugging Face hub: resumed where they broke off, checked before they are used.

huggingface_hub finds them (addresses, redirects, errors, HF_ENDPOINT). It starts a file again from
zero in every new process and checks its size alone, so the bytes are fetched here: into a file that
the next try goes on with, and compared with the SHA-256 that the hub states.
"""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import (
    HfApi,
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    get_session,
    hf_hub_url,
    hf_raise_for_status,
)
from huggingface_hub.errors import FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled

from fer import files
from fer.errors import FerError, NotFoundError, TooLargeError

MAX_FILE_BYTES = 2 << 30
# Tries in a row that bring no byte; the waits between them double from the first.
_TRIES = 4
_FIRST_WAIT_S = 0.5
_SHA256 = re.compile(r"[0-9a-f]{64}")


class UnreachableError(FerError):
    """No connection to the hub at all; another mirror on it would fare no better."""

    code = "unreachable"
    status = 502


class MirrorError(FerError):
    """This repository cannot give its files now; another one may."""

    code = "mirror"
    status = 502


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub describes it; `sha256` is None where the hub states none."""

    repo: str
    path: str
    url: str
    size: int
    etag: str
    sha256: str | None


def describe(repo: str, path: str, revision: str, endpoint: str | None = None) -> RemoteFile:
    """Ask the hub for size and hash of a file of the data set `repo`.

    Raises:
        NotFoundError: the repository, revision or file is not there.
        MirrorError: the hub answers, but cannot give it. UnreachableError: no answer at all.
    """
    url = hf_hub_url(repo, path, repo_type="dataset", revision=revision, endpoint=endpoint)
    with _told(repo, endpoint):
        data = _patiently(lambda: get_hf_file_metadata(url, token=False, endpoint=endpoint))
    if data.size is None or data.etag is None:
        raise MirrorError(f"{repo} does not tell the size of {path}.")
    if data.size > MAX_FILE_BYTES:
        raise TooLargeError(f"{path} of {repo} has {data.size / 1e9:.1f} GB: not what is expected.")
    known = _SHA256.fullmatch(data.etag) is not None
    return RemoteFile(repo, path, url, data.size, data.etag, data.etag if known else None)


def list_files(repo: str, revision: str, endpoint: str | None = None) -> list[str]:
    """The paths of all files of the data set `repo`; raises as `describe`."""
    with _told(repo, endpoint):
        return HfApi(endpoint=endpoint, token=False).list_repo_files(
            repo, revision=revision, repo_type="dataset"
        )


def fetch(
    remote: RemoteFile,
    folder: Path,
    progress: Callable[[int], None] | None = None,
    endpoint: str | None = None,
) -> Path:
    """Download `remote` into `folder`, going on with what an earlier try left there.

    `progress` gets the number of bytes of the file that are here. A file whose hash is wrong is
    fetched once more from the start.

    Raises:
        MirrorError: it broke off again and again, or arrived damaged twice.
        UnreachableError: no connection.
    """
    key = hashlib.sha256(f"{remote.url} {remote.etag}".encode()).hexdigest()[:24]
    part = folder / f"{key}.part"
    for _ in range(2):
        with _told(remote.repo, endpoint):
            _fill(remote, part, progress or (lambda done: None))
        if remote.sha256 is None or files.sha256(part) == remote.sha256:
            return part
        part.unlink()
    raise MirrorError(
        f"{remote.path} of {remote.repo} arrived damaged twice (its SHA-256 is not the stated one)."
    )


def _fill(remote: RemoteFile, part: Path, progress: Callable[[int], None]) -> None:
    """Append to `part` until it has the size of `remote`; tries that bring none are counted."""
    part.touch()
    tries = 0
    while (have := part.stat().st_size) != remote.size:
        if have > remote.size:
            part.write_bytes(b"")
            have = 0
        try:
            _stream(remote, part, have, progress)
        except (httpx2.TransportError, HfHubHTTPError) as error:
            if isinstance(error, HfHubHTTPError) and not _is_passing(error):
                raise
            tries = 0 if part.stat().st_size > have else tries + 1
            if tries >= _TRIES:
                raise
            time.sleep(_FIRST_WAIT_S * 2 ** max(tries - 1, 0))
    progress(remote.size)


def _stream(remote: RemoteFile, part: Path, have: int, progress: Callable[[int], None]) -> None:
    # Not compressed on the way: a range of a compressed answer would not be a range of the file.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", remote.url, headers=headers, timeout=timeout) as answer:
        if answer.status_code == 416:
            part.write_bytes(b"")
            return
        hf_raise_for_status(answer)
        goes_on = answer.status_code == 206 and _starts_at(answer, have)
        done = have if goes_on else 0
        with open(part, "ab" if goes_on else "wb") as file:
            for block in answer.iter_bytes():
                file.write(block)
                done += len(block)
                if done > remote.size:
                    raise MirrorError(f"{remote.path} of {remote.repo} is longer than stated.")
                progress(done)
    if done < remote.size:
        raise httpx2.RemoteProtocolError("the answer was shorter than the file")


def _starts_at(answer: httpx2.Response, have: int) -> bool:
    return answer.headers.get("Content-Range", "").replace(" ", "").startswith(f"bytes{have}-")


def _patiently(ask: Callable[[], HfFileMetadata]) -> HfFileMetadata:
    """`ask()`, again after a pause where the hub is only busy."""
    for attempt in range(_TRIES):
        try:
            return ask()
        except HfHubHTTPError as error:
            if not _is_passing(error) or attempt == _TRIES - 1:
                raise
            time.sleep(_FIRST_WAIT_S * 2**attempt)
    raise AssertionError("the loop returns or raises")


def _is_passing(error: HfHubHTTPError) -> bool:
    return error.response.status_code in (408, 429, 500, 502, 503, 504)


@contextlib.contextmanager
def _told(repo: str, endpoint: str | None) -> Iterator[None]:
    """Whatever goes wrong on the way, in words."""
    host = urlsplit(endpoint or constants.ENDPOINT).netloc
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise UnreachableError("HF_HUB_OFFLINE is set, which forbids downloads") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):
            raise NotFoundError(f"{repo} is not there, or not public, on {host}.") from error
        raise MirrorError(f"{repo} cannot be had from {host} (HTTP {status}).") from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
        raise UnreachableError(f"{host} cannot be reached") from error
    except (httpx2.HTTPError, FileMetadataError) as error:
        raise MirrorError(f"{repo}: the connection to {host} broke off.") from error
    except OSError as error:
        raise files.not_written("The download could not be saved", error) from error
