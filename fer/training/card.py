"""What a model's card says of how it was trained."""

import importlib.metadata
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import keras

from fer import bundles, zoo
from fer.data import FaceDataset, Split
from fer.errors import FerError
from fer.training.config import RunConfig


def training_card(
    name: str,
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    history: list[dict[str, Any]],
    precision: str,
) -> dict[str, Any]:
    """The card of a trained network, before anything is measured: "metrics" is empty."""
    architecture = zoo.get(config.architecture)
    return {
        "format": bundles.FORMAT,
        "run": name,
        "architecture": config.architecture,
        "parameters": architecture.parameters,
        "labels": list(config.recipe.labels),
        "input": asdict(architecture.input),
        "data": {
            "name": dataset.name,
            "source": dataset.source,
            "n": len(dataset),
            "fingerprint": dataset.fingerprint,
            "published_fer2013": dataset.is_published_fer2013,
            "split": split.name,
            "split_seed": split.seed,
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            "n_test": len(split.test),
        },
        "recipe_name": config.recipe_name,
        "recipe": config.recipe.to_dict(),
        "seed": config.seed,
        "init": _lineage(config.init) if config.init else None,
        "teachers": [_lineage(name) for name in config.teachers],
        "history": history,
        "trained": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": history[-1]["time_s"] if history else 0.0,
            "precision": precision,
            "backend": keras.config.backend(),
            "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
            "versions": {
                package: importlib.metadata.version(package)
                for package in ("keras", "tensorflow", "numpy")
            },
        },
        "metrics": {},
    }


def _lineage(name: str) -> dict[str, Any]:
    """A model that training began with, and in turn those that it began with."""
    try:
        card = bundles.load(name).card
    except FerError:
        return {"name": name}  # deleted since: its name is what is left to tell
    before = {key: card.get(key) for key in ("init", "teachers")}
    return {"name": name, "sha256": card["files"][bundles.SERVED], **before}
