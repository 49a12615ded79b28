"""The models that a run takes something from: weights to start with, answers to learn.

Their names, hashes and rows, and a copy of each teacher, are kept in the run's folder when it
starts: a model may be deleted, or another one take its name, while the run is stopped.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer import bundles, files, home
from fer.bundles import Bundle, TrainingRows
from fer.data import FaceDataset, Split, open_dataset
from fer.errors import InputError, NotFoundError
from fer.training import checkpoints
from fer.training.config import CONFIG, RunConfig, split_to_train
from fer.training.schedule import is_over

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
    for teacher in map(_teacher, config.teachers):
        if teacher.labels != labels:
            raise InputError(
                f"{teacher.name} cannot teach {', '.join(labels)}: it tells "
                f"{', '.join(teacher.labels)}."
            )
    measured = np.concatenate([split.validation, split.test])
    for ancestor in _ancestors(config):
        if known := int(ancestor.rows.seen(dataset)[measured].sum()):
            raise InputError(
                f"{ancestor.name} learned from {known:,} of the faces that this run would be "
                f"measured on, which would flatter it. It was trained on {ancestor.trained_on}: "
                "use the same, or another model."
            )


def keep_ancestry(config: RunConfig, folder: Path) -> None:
    """Write what `Ancestry.of` and the run's teachers are read from to the run's folder."""
    if not config.ancestors:
        return
    init = _of_model(bundles.load(config.init)) if config.init else None
    teachers = list(map(_teacher, config.teachers))
    for place, teacher in enumerate(teachers):
        copy = copy_of_teacher(folder, place)
        copy.mkdir(parents=True)
        for file in teacher.files:
            shutil.copyfile(file, copy / file.name)
    told = {
        "init": init and init.lineage,
        "teachers": [teacher.lineage for teacher in teachers],
    }
    files.write_json(folder / _LINEAGE, told)
    first, *others = (ancestor.rows for ancestor in _ancestors(config))
    first.united(others).save(folder / _ROWS)


def copy_of_teacher(folder: Path, place: int) -> Path:
    """Where the run in `folder` keeps its copy of its teacher number `place`."""
    return folder / _TEACHERS / str(place)


def forget_teachers(folder: Path) -> None:
    """Remove the run's copies of its teachers: it is done."""
    shutil.rmtree(folder / _TEACHERS, ignore_errors=True)


@dataclass(frozen=True)
class _Ancestor:
    """A model, or a run that is trained."""

    name: str
    labels: tuple[str, ...]
    trained_on: str  # in words
    rows: TrainingRows
    lineage: dict[str, Any]
    files: tuple[Path, ...]  # what it answers with


def _ancestors(config: RunConfig) -> Iterator[_Ancestor]:
    if config.init:
        yield _of_model(bundles.load(config.init))
    yield from map(_teacher, config.teachers)


def _teacher(name: str) -> _Ancestor:
    """The model of that name, or else the run.

    Where there is no TensorFlow, on a borrowed GPU say, no model can be made of a run, but it can
    teach the next one.
    """
    try:
        return _of_model(bundles.load(name))
    except NotFoundError:
        folder = home.runs_dir() / name
        if folder.parent != home.runs_dir() or not (folder / CONFIG).is_file():
            raise
        return _of_run(folder)


def _of_model(bundle: Bundle) -> _Ancestor:
    data = bundle.card["data"]
    return _Ancestor(
        bundle.name,
        bundle.labels,
        _in_words(data["name"], data["split"], data["split_seed"]),
        bundle.training_rows(),
        _lineage(bundle.name, _sha256(bundle), bundle.card),
        tuple(bundle.path / file for file in (bundles.CARD, *bundle.card["files"])),
    )


def _of_run(folder: Path) -> _Ancestor:
    config = RunConfig.read(folder)
    checkpoint = checkpoints.latest(folder)
    if checkpoint is None or not is_over(checkpoint, config.recipe):
        raise InputError(
            f"{folder.name} is a run that is not trained yet, so it cannot teach; wait for it, or "
            "resume it."
        )
    dataset = open_dataset(config.data).only(config.recipe.labels)
    own = TrainingRows.of(dataset, split_to_train(dataset, config).train)
    before = Ancestry.of(folder)
    path = checkpoints.path_of(folder, checkpoint.step)
    return _Ancestor(
        folder.name,
        config.recipe.labels,
        _in_words(config.data, config.split, config.split_seed),
        own.united(before.rows),
        _lineage(
            folder.name, files.sha256(path), {"init": before.init, "teachers": before.teachers}
        ),
        (folder / CONFIG, path),
    )


def _in_words(data: str, split: str, split_seed: int) -> str:
    return f"{data}, split {split}, split seed {split_seed}"


def _lineage(name: str, sha256: str, told: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "sha256": sha256, **{key: told.get(key) for key in ("init", "teachers")}}


def _sha256(bundle: Bundle) -> str:
    return str(bundle.card["files"][bundles.SERVED])
