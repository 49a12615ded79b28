"""What the server did, counted, in the text form that Prometheus reads."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import psutil

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper bounds in seconds. A prediction takes some 20 ms, an import minutes.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """Counts since the start. Written and read in the event loop's thread alone, so unlocked."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.waiting: Callable[[], int] = lambda: 0
        self.faces = 0
        self._requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._rejected: defaultdict[str, int] = defaultdict(int)
        # For each route, requests within each bound but not the one before, last those over all.
        self._within: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def answered(self, method: str, route: str, status: int, seconds: float, faces: int) -> None:
        """Count one request that was answered."""
        self._requests[method, route, status] += 1
        if status == 429:
            self._rejected[route] += 1
        bound = next((i for i, most in enumerate(BOUNDS_S) if seconds <= most), len(BOUNDS_S))
        self._within[route][bound] += 1
        self._seconds[route] += seconds
        self.faces += faces

    def text(self) -> str:
        """The exposition, version 0.0.4."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _head("fer_http_requests_total", "counter", "Requests that were answered.")
        for (method, route, status), count in sorted(self._requests.items()):
            labels = f'method="{method}",route="{route}",status="{status}"'
            yield f"fer_http_requests_total{{{labels}}} {count}"
        yield from _head("fer_http_rejected_total", "counter", "Requests turned away as too many.")
        for route, count in sorted(self._rejected.items()):
            yield f'fer_http_rejected_total{{route="{route}"}} {count}'
        yield from self._histogram()
        yield from _value("fer_http_requests_in_flight", "gauge", "Under way.", self.in_flight)
        yield from _value(
            "fer_predictions_waiting", "gauge", "Pictures that wait for their turn.", self.waiting()
        )
        yield from _value("fer_faces_total", "counter", "Faces read.", self.faces)
        process = psutil.Process()
        times = process.cpu_times()
        yield from _value(
            "process_resident_memory_bytes", "gauge", "Memory in use.", process.memory_info().rss
        )
        yield from _value(
            "process_cpu_seconds_total", "counter", "Time on a core.", times.user + times.system
        )
        up = time.time() - process.create_time()
        yield from _value("process_uptime_seconds", "gauge", "Since the start.", up)

    def _histogram(self) -> Iterator[str]:
        name = "fer_http_request_duration_seconds"
        yield from _head(name, "histogram", "From the request's head to the end of its answer.")
        for route, counts in sorted(self._within.items()):
            total = 0
            for bound, count in zip((*BOUNDS_S, "+Inf"), counts, strict=True):
                total += count
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {total}'


def _head(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"


def _value(name: str, kind: str, help_text: str, value: float) -> Iterator[str]:
    yield from _head(name, kind, help_text)
    yield f"{name} {value}"
