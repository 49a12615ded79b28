"""Coroutines run to their end, whatever runs in this thread already."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_alone(scene: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in a thread of its own: Playwright leaves a loop running in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene).result()
