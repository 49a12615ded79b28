"""The counts for Prometheus, after traffic that is known."""

import re
from pathlib import Path

import psutil
from starlette.testclient import TestClient

from fer.api.metrics import BOUNDS_S, Metrics
from tests.api.answers import png


def values(text: str) -> dict[str, float]:
    """Each line that is no comment: its name with labels, and its number."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_known_traffic_is_counted(client: TestClient, astronaut: Path) -> None:
    client.post("/api/v1/predict", content=astronaut.read_bytes())
    client.post("/api/v1/predict", content=png())
    client.post("/api/v1/predict", content=b"no picture")
    for index in range(3):
        client.get(f"/api/v1/datasets/drawn/images/{index}.png")
    client.get("/api/nosuch")
    client.request("BREW", "/api/v1/health")
    answer = client.get("/api/v1/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    counts = values(answer.text)
    requests = {name: n for name, n in counts.items() if name.startswith("fer_http_requests_total")}
    labels = {
        ("POST", "/api/v1/predict", 200): 2,
        ("POST", "/api/v1/predict", 415): 1,
        ("GET", "/api/v1/datasets/{name}/images/{index}.png", 200): 3,
        ("GET", "/api/{path}", 404): 1,
        ("other", "/api/v1/health", 405): 1,
    }
    assert requests == {
        f'fer_http_requests_total{{method="{method}",route="{route}",status="{status}"}}': count
        for (method, route, status), count in labels.items()
    }
    assert counts["fer_faces_total"] == 2
    assert counts["fer_http_requests_in_flight"] == 1  # this one
    assert counts["fer_predictions_waiting"] == 0
    assert abs(counts["process_resident_memory_bytes"] - psutil.Process().memory_info().rss) < 5e7


def test_durations_are_cumulative_and_end_with_all() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.02, 0.02, 0.3, 1000):
        metrics.answered("GET", "/x", 200, seconds, 0)
    name = "fer_http_request_duration_seconds"
    counts = values(metrics.text())
    buckets = [counts[f'{name}_bucket{{route="/x",le="{bound}"}}'] for bound in (*BOUNDS_S, "+Inf")]
    assert buckets == sorted(buckets)
    assert counts[f'{name}_bucket{{route="/x",le="0.025"}}'] == 3
    assert buckets[-2:] == [4, 5]
    assert counts[f'{name}_count{{route="/x"}}'] == 5
    assert counts[f'{name}_sum{{route="/x"}}'] == 1000.341


def test_each_name_is_described_once_and_before_its_values() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/x", 429, 0.1, 2)
    described: list[str] = []
    for line in metrics.text().splitlines():
        if kind := re.match(r"# TYPE (\w+) (counter|gauge|histogram)$", line):
            described.append(kind[1])
        elif not line.startswith("#"):
            name = re.match(r"\w+?(?=(_bucket|_sum|_count)?[{ ])", line)[0]
            assert name == described[-1]
    assert len(described) == len(set(described)) == 9
