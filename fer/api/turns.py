"""Who predicts next: a short queue in which clients take turns, however many requests one sends."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fer.errors import BusyError

WAIT_LIMIT_S = 10.0


class Turns:
    """At most `running` at a time, and at most `waiting` wait, of one client at most `each`.

    That one client cannot fill the queue leaves room for the others, and as clients take turns,
    somebody's single request waits for one of each other client's and not for all of them.
    """

    def __init__(self, running: int, waiting: int, each: int) -> None:
        self.waiting_limit = waiting
        self.each_limit = each
        self.waiting = 0
        self._free = running
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def check(self, client: str) -> None:
        """Turn the client away where it would find no room.

        Raises:
            BusyError: the queue is full, or the client's part of it.
        """
        own = len(self._queues.get(client, ()))
        if self.waiting >= self.waiting_limit or own >= self.each_limit:
            raise BusyError("Too many pictures are waiting already; try again in a second.")

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it for as long as the context lasts.

        Raises:
            BusyError: there is no room to wait, or the turn did not come in time.
        """
        if self._free:
            self._free -= 1
        else:
            self.check(client)
            await self._wait(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, client: str) -> None:
        place = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(place)
        self.waiting += 1
        try:
            await asyncio.wait([place], timeout=WAIT_LIMIT_S)
        except asyncio.CancelledError:
            self._give_up(client, place)
            raise
        if not place.done():
            self._give_up(client, place)
            raise BusyError(
                f"The turn did not come within {WAIT_LIMIT_S:.0f} seconds; try again later."
            )

    def _give_up(self, client: str, place: asyncio.Future[None]) -> None:
        if place.done():
            self._pass_on()  # the turn came in the very moment of giving up
            return
        queue = self._queues[client]
        queue.remove(place)
        self.waiting -= 1
        if not queue:
            del self._queues[client]

    def _pass_on(self) -> None:
        if not self._queues:
            self._free += 1
            return
        client, queue = next(iter(self._queues.items()))
        place = queue.popleft()
        self.waiting -= 1
        if queue:
            self._queues.move_to_end(client)
        else:
            del self._queues[client]
        place.set_result(None)
