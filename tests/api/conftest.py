"""The routes in this process, and a small data set."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fer import data
from fer.api import routes


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes())) as client:
        yield client


@pytest.fixture
def csv_text() -> str:
    """A small fer2013.csv: two faces of each label, of Training and of PrivateTest."""
    faces = data.drawn_faces(14, seed=3)
    rows = [
        f"{index % 7},{' '.join(map(str, image.ravel()))},{('Training', 'PrivateTest')[index // 7]}"
        for index, image in enumerate(faces.images)
    ]
    return "\n".join(["emotion,pixels,Usage", *rows]) + "\n"
