"""The shipped spec model, loaded once."""

import pytest

from fer import bundles, home
from fer.bundles import Bundle
from fer.data import drawn_faces
from fer.inference import Predictor


@pytest.fixture(scope="session")
def spec() -> Bundle:
    return bundles.load(home.shipped_models_dir() / "spec")


@pytest.fixture(scope="session")
def predictor(spec: Bundle) -> Predictor:
    return Predictor(spec)


@pytest.fixture(scope="session")
def faces():
    """70 different faces (70, 48, 48) uint8: four batches and some left over."""
    return drawn_faces(70).images
