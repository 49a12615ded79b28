"""A server that answers as the Hugging Face hub does, and fails as networks do.

A file is asked for by HEAD (commit, size and hash in the headers, a redirect to where large files
are stored) and by GET, with ranges; the tree of a repository by the API.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Faults:
    """What goes wrong with the next downloads; counted down as it happens."""

    cuts: int = 0  # answers that break off half-way
    corruptions: int = 0  # answers with one byte changed and the length kept
    errors: int = 0  # answers with status 500, of any kind
    ranges: bool = True  # whether ranges are honoured


@dataclass
class FakeHub:
    """`files`: (repository, path) -> content. `requests`: (method, path, Range) as they came."""

    files: dict[tuple[str, str], bytes]
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def gets(self) -> list[tuple[str, str]]:
        """Path and Range of the requests for content."""
        return [(path, part) for method, path, part in self.requests if method == "STORED"]


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """`hub`, answering at `hub.url` as long as the context lasts."""

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def _answer(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path)
        faults = self.served.faults
        if path.startswith("/stored/"):
            method = "STORED"
        self.served.requests.append((method, path, self.headers.get("Range", "")))
        if faults.errors:
            faults.errors -= 1
            self._send(500)
        elif method == "STORED":
            self._stored(path)
        elif path.startswith("/api/datasets/"):
            self._tree(path)
        else:
            self._resolve(path)

    def _resolve(self, path: str) -> None:
        for (repo, name), content in self.served.files.items():
            start = f"/datasets/{repo}/resolve/"
            if path.startswith(start) and path.endswith(f"/{name}"):
                # The address of the store is of another host, as a CDN's would be.
                store = self.served.url.replace("127.0.0.1", "localhost")
                self._send(
                    302,
                    {
                        "Location": f"{store}/stored/{repo}/{name}",
                        "X-Repo-Commit": COMMIT,
                        "X-Linked-Size": str(len(content)),
                        "X-Linked-ETag": f'"{hashlib.sha256(content).hexdigest()}"',
                    },
                )
                return
        known = any(path.startswith(f"/datasets/{repo}/") for repo, _ in self.served.files)
        self._send(404, {"X-Error-Code": "EntryNotFound" if known else "RepoNotFound"})

    def _tree(self, path: str) -> None:
        entries = [
            {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
            for (repo, name), content in self.served.files.items()
            if path.startswith(f"/api/datasets/{repo}/tree/")
        ]
        if entries:
            self._send(200, {"Content-Type": "application/json"}, json.dumps(entries).encode())
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"})

    def _stored(self, path: str) -> None:
        content = next(
            content
            for (repo, name), content in self.served.files.items()
            if path == f"/stored/{repo}/{name}"
        )
        faults = self.served.faults
        if faults.corruptions:
            faults.corruptions -= 1
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        start = 0
        headers = {"Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range", "")
        if wanted and faults.ranges:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        sent = body
        if faults.cuts:
            faults.cuts -= 1
            sent = body[: len(body) // 2]
        self._send(206 if start else 200, headers, sent, len(body))
        if len(sent) < len(body):
            self.close_connection = True

    def _send(
        self,
        status: int,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
