"""What a model's card says of how it was trained."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fer import bundles, zoo
from fer.data import FaceDataset, Split
from fer.training.ancestors import Ancestry
from fer.training.config import RunConfig


def training_card(
    name: str,
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    history: list[dict[str, Any]],
    precision: str,
    trained_by: dict[str, Any],
    ancestry: Ancestry,
) -> dict[str, Any]:
    """The card of a trained network, before anything is measured: "metrics" is empty."""
    architecture = zoo.get(config.architecture)
    return {
        "format": bundles.FORMAT,
        "run": name,
        "architecture": config.architecture,
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
        "init": ancestry.init,
        "teachers": ancestry.teachers,
        "history": history,
        "trained": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": history[-1]["time_s"] if history else 0.0,
            "precision": precision,
            **trained_by,
        },
        "metrics": {},
    }
