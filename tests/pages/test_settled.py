"""Garbage collection between runs of a page, which holds up all else that the process does."""

import gc
import sys
import weakref
from types import ModuleType

import pytest

from pages._settled import settle


@pytest.fixture
def another_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loaded_by_a_page", ModuleType("loaded_by_a_page"))


def test_what_is_loaded_is_not_looked_through_again(open_page, another_module: None) -> None:
    open_page("home.py")
    # A run of a page leaves far less than the modules hold, of which there are over 100,000.
    assert len(gc.get_objects()) < gc.get_freeze_count() / 2


def test_garbage_of_a_page_is_still_found(another_module: None) -> None:
    class Faces:
        """Something large that refers to itself, as objects of a page do."""

    settle()
    faces = Faces()
    faces.itself = faces
    gone = weakref.ref(faces)
    del faces
    settle()  # no module came: what may still be used is looked at as before
    gc.collect()
    assert gone() is None
