"""Predictors kept ready between requests: a few models, each loaded once until it changes."""

import threading
from collections import OrderedDict

from fer import bundles
from fer.errors import NotFoundError
from fer.inference import Predictor

# A predictor holds a few MB; more models than this are hardly compared at once.
KEPT = 3

_lock = threading.Lock()
_ready: OrderedDict[str, tuple[int, Predictor]] = OrderedDict()


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
        if name in _ready:
            stamp, predictor = _ready[name]
            if stamp == _stamp(predictor):
                _ready.move_to_end(name)
                return predictor
            del _ready[name]
        predictor = Predictor(folder)
        _ready[name] = _stamp(predictor), predictor
        while len(_ready) > KEPT:
            _ready.popitem(last=False)
        return predictor


def _stamp(predictor: Predictor) -> int:
    """When the bundle's card was last written; 0 once it is gone."""
    card = predictor.bundle.path / bundles.CARD
    return card.stat().st_mtime_ns if card.is_file() else 0
