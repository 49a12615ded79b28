"""Training runs: each a process of its own and a folder that tells all about it."""

from fer.training.config import RunConfig
from fer.training.metrics import Metrics, MetricsReader
from fer.training.runs import Run, RunStatus, get_run, list_runs, start

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
