"""What POST /api/v1/predict answers under load, and whether the server grows.

    python -m bench.rest [--requests 5000] [--clients 8] [--server streamlit|uvicorn] [--photo FILE]

Clients send 640x480 JPEGs of one face to a server started as users start it, each the next one as
soon as it has its answer, on the machine and the cores of the server itself. The first tenth is
there to warm up and counts for nothing but its errors. Takes one to two minutes.
"""

import argparse
import http.client
import io
import json
import platform
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from PIL import Image

from bench.predict import asked, astronaut
from bench.servers import STARTED_BY, server
from bench.video import images
from fer.evaluation import machine
from fer.images import decode

PICTURES = 8
LEAST_A_SECOND, MOST_P95_MS, MOST_GROWTH_MB = 60, 250, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--server", choices=STARTED_BY, default="streamlit")
    parser.add_argument("--photo", type=Path, help="default: scikit-image's astronaut")
    arguments = parser.parse_args()
    pictures = jpegs(arguments.photo or astronaut())
    print(f"{machine()}, Python {platform.python_version()}")
    print(f"{arguments.clients} clients, 640x480 JPEGs of {len(pictures[0]) / 1e3:.0f} kB")
    with server(arguments.server) as (url, process, _):
        warm = Load(url, pictures, arguments.requests // 10)
        warm.run(arguments.clients, process)
        load = Load(url, pictures, arguments.requests)
        load.run(arguments.clients, process)
    show(load, warm.errors + load.errors)


class Load:
    """Requests sent by a number of clients, and what came of them."""

    def __init__(self, url: str, pictures: list[bytes], requests: int) -> None:
        self.address = urlsplit(url).netloc
        self.pictures = pictures
        self.requests = requests
        self.times_s: list[float] = []
        self.errors: Counter[str] = Counter()
        self.memory_mb: list[float] = []
        self.wall_s = 0.0
        self.server_s = 0.0
        self._todo: Iterator[int] = iter(range(requests))

    def run(self, clients: int, process: psutil.Popen) -> None:
        """Send all of them; notes the server's memory before, at each tenth, and after."""
        self._note(process)
        started, before = time.perf_counter(), process.cpu_times()
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            if len(self.times_s) >= len(self.memory_mb) * self.requests / 10:
                self._note(process)
            time.sleep(0.1)
        self.wall_s = time.perf_counter() - started
        after = process.cpu_times()
        self.server_s = after.user + after.system - before.user - before.system
        self._note(process)

    def _client(self, number: int) -> None:
        """http.client, as it takes the least of the cores that the server shares."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        pictures = cycle(self.pictures[number % PICTURES :] + self.pictures[: number % PICTURES])
        for _ in self._todo:
            started = time.perf_counter()
            try:
                connection.request("POST", "/api/v1/predict", next(pictures))
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.errors[type(error).__name__] += 1
                connection.close()
                continue
            self.times_s.append(time.perf_counter() - started)
            if answer.status != 200:
                self.errors[f"status {answer.status}"] += 1
            elif len(json.loads(body)["faces"]) != 1:
                self.errors["not one face"] += 1
        connection.close()

    def _note(self, process: psutil.Popen) -> None:
        self.memory_mb.append(process.memory_info().rss / 1e6)


def show(load: Load, errors: Counter[str]) -> None:
    rate = len(load.times_s) / load.wall_s
    p95_ms = 1e3 * statistics.quantiles(load.times_s, n=20)[-1]
    growth_mb = load.memory_mb[-1] - load.memory_mb[0]
    print(f"  median                  {1e3 * statistics.median(load.times_s):8.1f} ms")
    print(f"  slowest                 {1e3 * max(load.times_s):8.1f} ms")
    print(f"  server's time an answer {1e3 * load.server_s / len(load.times_s):8.1f} ms of a core")
    print(f"  memory                  {' '.join(f'{mb:.0f}' for mb in load.memory_mb)} MB")
    asked("answers a second", rate, "", least=LEAST_A_SECOND)
    asked("95th percentile", p95_ms, " ms", most=MOST_P95_MS)
    asked("errors", sum(errors.values()), "", most=0)
    asked(f"growth over {load.requests:,} requests", growth_mb, " MB", most=MOST_GROWTH_MB)
    for kind, count in errors.most_common():
        print(f"  {kind}: {count}")


def jpegs(photo: Path) -> list[bytes]:
    """Pictures of one face each, the face at another place in each, as a camera saves them."""
    encoded = []
    for image in islice(images(decode(photo), PICTURES * 20), 0, None, 20):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=90)
        encoded.append(file.getvalue())
    return encoded


if __name__ == "__main__":
    main()
