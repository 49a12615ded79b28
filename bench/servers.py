"""The studio as users start it, in a process of its own, for the measurements of a server."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

ROOT = Path(__file__).resolve().parent.parent
STARTED_BY = ("streamlit", "uvicorn")


@contextmanager
def server(started_by: str = "streamlit") -> Iterator[tuple[str, psutil.Popen, float]]:
    """The studio on a data root of its own: address, process, seconds to its first answer."""
    port = _free_port()
    command = {
        "streamlit": ["streamlit", "run", "webapp.py", "--server.port", str(port)],
        "uvicorn": ["uvicorn", "webapp:app", "--port", str(port)],
    }[started_by]
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        child = psutil.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=os.environ | {"FER_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            while not _answers(url):
                if child.poll() is not None:
                    raise SystemExit(f"The server ended at its start: {' '.join(command)}")
                time.sleep(0.01)
            yield url, child, time.perf_counter() - started
        finally:
            child.terminate()
            child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/v1/health").status_code == 200
    except httpx2.TransportError:
        return False
