"""The models that a run takes something from: weights to start with, answers to learn.

Their names, hashes and rows, and a copy of each teacher, are kept in the run's folder when it
starts: a model may be deleted, or another one take its name, while the run is stopped.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer import bundles, files
from fer.bundles import Bundle, TrainingRows
from fer.data import FaceDataset, Split
from fer.errors import InputError
from fer.training.config import RunConfig

_LINEAGE = "ancestors.json"
_ROWS = "ancestor_rows.npz"
_TEACHERS = "teachers"


@dataclass(frozen=True)
class Ancestry:
    """What a run's folder says of its ancestors.

    Attributes:
        init: name, SHA-256 of the served file and in turn the ancestry of the model whose weights
            training starts from; None where it starts from random ones.
        teachers: the same of each teacher.
        rows: what they, and their ancestors, were trained on.
    """

    init: dict[str, Any] | None
    teachers: list[dict[str, Any]]
    rows: list[TrainingRows]

    @classmethod
    def of(cls, folder: Path) -> "Ancestry":
        """That of the run in `folder`."""
        if not (folder / _LINEAGE).is_file():
            return cls(None, [], [])
        told = json.loads((folder / _LINEAGE).read_text(encoding="utf-8"))
        return cls(told["init"], told["teachers"], [TrainingRows.load(folder / _ROWS)])

    def beginning(self, name: str) -> Bundle:
        """The model that training starts from, if `name` still is what the run was started with.

        Raises:
            FerError: it is gone, or another model has its name now.
        """
        bundle = bundles.load(name)
        if self.init is not None and _sha256(bundle) != self.init["sha256"]:
            raise InputError(
                f"{name} is another model now than when this run was started with it; start a "
                "new run."
            )
        return bundle


def check_ancestors(config: RunConfig, dataset: FaceDataset, split: Split) -> None:
    """Whether the models that `config` names can serve this run.

    Raises:
        FerError: one does not exist, does not fit, or was trained on faces that this run is
            measured on, which would flatter it.
    """
    labels = config.recipe.labels
    if config.init:
        bundle = bundles.load(config.init)
        if (bundle.architecture, bundle.labels) != (config.architecture, labels):
            raise InputError(
                f"{bundle.name} is a {bundle.architecture} for {', '.join(bundle.labels)}; its "
                f"weights do not fit a {config.architecture} for {', '.join(labels)}."
            )
        if not bundle.has_weights:
            raise InputError(
                f"{bundle.name} comes without its Keras weights, so nothing can start from them; "
                "it can be a teacher."
            )
    for name in config.teachers:
        if (told := bundles.load(name).labels) != labels:
            raise InputError(
                f"{name} cannot teach {', '.join(labels)}: it tells {', '.join(told)}."
            )
    measured = np.concatenate([split.validation, split.test])
    for bundle in map(bundles.load, config.ancestors):
        if known := int(bundle.training_rows().seen(dataset)[measured].sum()):
            data = bundle.card["data"]
            raise InputError(
                f"{bundle.name} learned from {known:,} of the faces that this run would be "
                f"measured on, which would flatter it. It was trained on {data.get('name')}, split "
                f"{data.get('split')}, split seed {data.get('split_seed')}: use the same, or "
                "another model."
            )


def keep_ancestry(config: RunConfig, folder: Path) -> None:
    """Write what `Ancestry.of` and `Teachers` read to the run's folder."""
    if not config.ancestors:
        return
    for place, name in enumerate(config.teachers):
        teacher, copy = bundles.load(name), copy_of_teacher(folder, place)
        copy.mkdir(parents=True)
        for file in (bundles.CARD, *teacher.card["files"]):
            shutil.copyfile(teacher.path / file, copy / file)
    told = {
        "init": _lineage(bundles.load(config.init)) if config.init else None,
        "teachers": [_lineage(bundles.load(name)) for name in config.teachers],
    }
    files.write_json(folder / _LINEAGE, told)
    first, *others = (bundles.load(name).training_rows() for name in config.ancestors)
    first.united(others).save(folder / _ROWS)


def forget_teachers(folder: Path) -> None:
    """Remove the run's copies of its teachers: it is done."""
    shutil.rmtree(folder / _TEACHERS, ignore_errors=True)


def copy_of_teacher(folder: Path, place: int) -> Path:
    """Where the run in `folder` keeps its copy of its teacher number `place`."""
    return folder / _TEACHERS / str(place)


def _lineage(bundle: Bundle) -> dict[str, Any]:
    before = {key: bundle.card.get(key) for key in ("init", "teachers")}
    return {"name": bundle.name, "sha256": _sha256(bundle), **before}


def _sha256(bundle: Bundle) -> str:
    return str(bundle.card["files"][bundles.SERVED])
