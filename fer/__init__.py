"""Facial-expression recognition: data sets, networks, training, prediction.

Names are loaded when they are first used, so that importing this package costs next to nothing and
never loads TensorFlow.

    >>> import fer
    >>> reading = fer.Predictor().predict("photo.jpg")    # doctest: +SKIP
    >>> reading.faces[0].emotion                          # doctest: +SKIP
    'happy'
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "fer.labels": ("COLOURS", "ICONS", "LABELS"),
    "fer.errors": (
        "BusyError",
        "CorruptModelError",
        "ExistsError",
        "FerError",
        "InputError",
        "NotAVideoError",
        "NotAnImageError",
        "NotFoundError",
        "TooLargeError",
    ),
    "fer.images": ("Box", "decode"),
    "fer.data": (
        "FaceDataset",
        "Split",
        "delete_dataset",
        "drawn_faces",
        "import_dataset",
        "list_datasets",
        "make_split",
        "open_dataset",
    ),
    "fer.zoo": ("Architecture", "Recipe"),
    "fer.bundles": ("Bundle", "list_bundles"),
    "fer.inference": ("FaceReading", "Predictor", "Reading", "annotate"),
    "fer.inference.frames": ("Video",),
    "fer.inference.video": ("FrameReading", "read_video"),
    "fer.evaluation": ("Report", "evaluate"),
    "fer.training": ("Run", "RunConfig", "get_run", "list_runs"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}
_SUBMODULES = (
    *("audit", "bundles", "data", "evaluation", "explore", "images", "inference", "training"),
    "zoo",
)

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(_MODULE_OF[name]), name)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_SUBMODULES])
