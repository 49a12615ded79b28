"""Predictors kept ready between requests: a few models, each loaded once until it changes."""

import threading
from collections import OrderedDict
from pathlib import Path

from fer import bundles
from fer.errors import NotFoundError
from fer.inference import Predictor

# A predictor holds a few MB, and a class may look at models of its own at once.
KEPT = 8

_lock = threading.Lock()
_ready: OrderedDict[str, tuple[tuple[Path, int], Predictor]] = OrderedDict()


def predictor_for(model: str | None) -> Predictor:
    """The predictor of the bundle named `model`, or of the default one.

    Only names are taken, no paths: a request must not choose which of the server's files are read.

    Raises:
        NotFoundError: no bundle of that name.
    """
    name = bundles.default_name() if model is None else model
    folder = bundles.folder_of(name)
    if folder is None:
        raise NotFoundError(f"There is no model {name[:80]!r}; GET /api/v1/models lists the names.")
    with _lock:
        stamp = _stamp(folder)
        if name in _ready and _ready[name][0] == stamp:
            _ready.move_to_end(name)
            return _ready[name][1]
        predictor = Predictor(folder)
        _ready[name] = stamp, predictor
        _ready.move_to_end(name)
        while len(_ready) > KEPT:
            _ready.popitem(last=False)
        return predictor


def _stamp(folder: Path) -> tuple[Path, int]:
    """Where the bundle lies, and when its card was last written; 0 once it is gone."""
    try:
        return folder, (folder / bundles.CARD).stat().st_mtime_ns
    except OSError:
        return folder, 0
