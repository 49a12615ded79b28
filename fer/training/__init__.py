"""Training runs: each a process of its own and a folder that tells all about it."""

from fer.training.config import RunConfig
from fer.training.metrics import Metrics, MetricsReader
from fer.training.runs import Run, get_run, list_runs, start
from fer.training.status import RunStatus

__all__ = [
    "Metrics",
    "MetricsReader",
    "Run",
    "RunConfig",
    "RunStatus",
    "get_run",
    "list_runs",
    "start",
]
