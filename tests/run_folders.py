"""Run folders as workers leave them, without the training."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fer import files, zoo
from fer.training import Run, RunConfig, RunStatus

STEPS_PER_EPOCH = 20


def write_run(
    home: Path,
    name: str,
    state: str = "done",
    *,
    architecture: str = "spec",
    recipe: str = "demo",
    data: str = "drawn",
    split: str = "official",
    seed: int = 0,
    changes: dict[str, Any] | None = None,
    epochs_done: int = 3,
    learns: float = 0.5,
    age_s: float = 0.0,
    **status: Any,
) -> Run:
    """A run of the data root `home` in that state; those at work are held by this very process.

    `learns` is how fast its accuracy rises, 0 to 1.
    """
    chosen = zoo.get(architecture).recipe(recipe).with_changes(**(changes or {}))
    config = RunConfig(architecture, data, recipe, chosen, split=split, seed=seed)
    process = psutil.Process()
    told = RunStatus(
        state,
        created=time.time() - age_s,
        pid=process.pid if state in ("queued", "running") else None,
        pid_started=process.create_time(),
        heartbeat=time.time(),
        epoch=epochs_done,
        epochs=chosen.epochs,
        step=epochs_done * STEPS_PER_EPOCH,
        steps_per_epoch=STEPS_PER_EPOCH,
        elapsed_s=10.0 * epochs_done,
        precision="float32",
    )
    path = home / "runs" / name
    path.mkdir(parents=True)
    files.write_json(path / "config.json", config.to_dict())
    lines = [json.dumps(row) for row in metrics_rows(config, epochs_done, learns)]
    (path / "metrics.jsonl").write_text("".join(line + "\n" for line in lines))
    (path / "worker.log").write_text("the worker's last words\n")
    files.write_json(path / "status.json", {**asdict(told), **status})
    return Run(path)


def metrics_rows(config: RunConfig, epochs: int, learns: float) -> list[dict[str, Any]]:
    """What a worker records over `epochs`, with numbers that rise and fall as they do."""
    rng = np.random.default_rng(config.seed)
    classes = len(config.recipe.labels)
    rows: list[dict[str, Any]] = []
    for epoch in range(1, epochs + 1):
        right = 1 - (1 - 1 / classes) * (1 - learns) ** epoch
        for step in range(1, STEPS_PER_EPOCH, 3):
            so_far = right * rng.uniform(0.93, 0.95)
            rows.append(_row("step", epoch, step, so_far, config.recipe.learning_rate / epoch))
        probabilities = rng.dirichlet(np.ones(classes) / 4, size=16).round(4)
        end = _row("epoch", epoch, STEPS_PER_EPOCH, right, config.recipe.learning_rate / epoch)
        end |= {f"val_{key}": end[key] for key in ("loss", "accuracy")}
        rows.append(
            end
            | {
                "val_macro_f1": right - 0.02,
                "confusion": _confusion(rng, classes, right).tolist(),
                "watched": probabilities.tolist(),
            }
        )
    return rows


def _row(kind: str, epoch: int, step: int, right: float, rate: float) -> dict[str, Any]:
    done = (epoch - 1) * STEPS_PER_EPOCH + step
    return {
        "kind": kind,
        "epoch": epoch,
        "step": done,
        "loss": 2.5 * (1 - right),
        "accuracy": right,
        "learning_rate": rate,
        "time_s": done / 2,
        **({"images_per_s": 300.0} if kind == "step" else {}),
    }


def _confusion(rng: np.random.Generator, classes: int, right: float) -> np.ndarray:
    """(classes, classes) counts with about `right` of each row on the diagonal."""
    shares = np.full((classes, classes), (1 - right) / (classes - 1))
    np.fill_diagonal(shares, right)
    return np.array([rng.multinomial(30, row / row.sum()) for row in shares])
