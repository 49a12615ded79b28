"""Who predicts next: a full queue, fair turns, and places that are given up."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2 as httpx
import pytest
from starlette.applications import Starlette

from fer.api import predictions, routes, turns
from fer.api.turns import Turns
from fer.errors import BusyError
from tests.api.answers import png, refused
from tests.api.loops import run_alone


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


def staged(waiting: int = 100, each: int = 100) -> tuple[Turns, list[str], Callable[..., Any]]:
    """Turns for one at a time, the order in which they come, and a client's visit of `ends`."""
    shared, order = Turns(1, waiting, each), []

    async def visit(client: str, ends: asyncio.Event | None = None) -> None:
        async with shared.turn(client):
            order.append(client)
            if ends is not None:
                await ends.wait()

    return shared, order, visit


def test_clients_take_turns_however_many_requests_one_sends() -> None:
    _, order, visit = staged()

    async def scene() -> None:
        ends = asyncio.Event()
        tasks = [asyncio.create_task(visit("first", ends))]
        await settle()
        tasks += [asyncio.create_task(visit(client)) for client in "aaaabbc"]
        await settle()
        ends.set()
        await asyncio.gather(*tasks)

    run_alone(scene())
    assert "".join(order) == "first" + "abcabaa"


@pytest.mark.parametrize(
    ("clients", "turned_away"),
    [("aaaa", "aa"), ("aabbc", "c"), ("aab", "")],
    ids=["one fills its part", "all fill the queue", "room"],
)
def test_the_queue_and_each_client_s_part_of_it_have_an_end(clients: str, turned_away: str) -> None:
    _, _, visit = staged(waiting=4, each=2)

    async def scene() -> list[str]:
        ends = asyncio.Event()
        running = asyncio.create_task(visit("running", ends))
        await settle()
        tasks = [asyncio.create_task(visit(client)) for client in clients]
        await settle()
        ends.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        await running
        return [
            client
            for client, result in zip(clients, done, strict=True)
            if isinstance(result, BusyError)
        ]

    assert "".join(run_alone(scene())) == turned_away


def test_a_turn_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_LIMIT_S", 0.05)
    shared, order, visit = staged()

    async def scene() -> None:
        ends = asyncio.Event()
        running = asyncio.create_task(visit("running", ends))
        await settle()
        with pytest.raises(BusyError, match="did not come"):
            await visit("late")
        assert shared.waiting == 0
        ends.set()
        await running
        await visit("after")

    run_alone(scene())
    assert order == ["running", "after"]


@pytest.mark.parametrize("moment", ["waiting", "called"])
def test_a_client_that_leaves_loses_nobody_a_turn(moment: str) -> None:
    shared, order, visit = staged()

    async def scene() -> None:
        ends = asyncio.Event()
        running = asyncio.create_task(visit("running", ends))
        await settle()
        leaving = asyncio.create_task(visit("leaving"))
        await settle()
        next_one = asyncio.create_task(visit("next"))
        await settle()
        if moment == "called":
            ends.set()
            while shared.waiting == 2:
                await asyncio.sleep(0)
        leaving.cancel()
        ends.set()
        await asyncio.wait_for(asyncio.gather(running, next_one), 5)
        await asyncio.wait_for(visit("last"), 5)

    run_alone(scene())
    assert order == ["running", "next", "last"]


def flood(scene: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]) -> Any:
    """What `scene` returns, called with a client of the routes in this process."""

    async def run() -> Any:
        transport = httpx.ASGITransport(Starlette(routes=routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            return await scene(client)

    return run_alone(run())


def test_the_surplus_is_turned_away_and_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(predictions, "available_cores", lambda: 1)
    monkeypatch.setattr(predictions, "WAITING", 2)
    monkeypatch.setattr(predictions, "_read_faces", lambda *_: go_on.wait(20) and {"faces": []})

    async def scene(client: httpx.AsyncClient) -> tuple[list[int], httpx.Response, str]:
        served = [
            asyncio.create_task(client.post("/api/v1/predict", content=b"x")) for _ in range(3)
        ]
        await asyncio.sleep(0.2)
        surplus = await client.post("/api/v1/predict", content=b"x")
        counts = (await asyncio.wait_for(client.get("/api/v1/metrics"), 10)).text
        go_on.set()
        return [(await task).status_code for task in served], surplus, counts

    statuses, surplus, counts = flood(scene)
    assert statuses == [200, 200, 200]
    refused(surplus, 429, "busy")
    assert int(surplus.headers["Retry-After"]) >= 1
    assert "fer_predictions_waiting 2\n" in counts
    assert "fer_http_requests_in_flight 4\n" in counts  # the metrics' own is one of them
    assert 'fer_http_rejected_total{route="/api/v1/predict"} 1\n' in counts


def test_a_flood_of_pictures_is_answered_or_turned_away() -> None:
    async def scene(client: httpx.AsyncClient) -> list[httpx.Response]:
        return await asyncio.gather(
            *[client.post("/api/v1/predict", content=png()) for _ in range(100)]
        )

    answers = flood(scene)
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 429}
    assert statuses[200] >= predictions.WAITING_EACH
    assert all(
        answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 429
    )


def test_the_work_of_a_client_that_left_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    monkeypatch.setattr(predictions, "_read_faces", lambda *_: done.append(1) or {"faces": []})
    sent = []

    async def scene() -> None:
        messages = iter([{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}])

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/predict",
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 5),
        }
        await Starlette(routes=routes())(scope, receive, send)

    run_alone(scene())
    assert (done, sent) == ([], [])
