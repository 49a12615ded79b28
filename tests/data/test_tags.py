import threading
from pathlib import Path

import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces, open_dataset, save_dataset, save_view, tags
from fer.errors import InputError, NotFoundError
from tests.samples import random_faces


@pytest.fixture
def faces() -> FaceDataset:
    return save_dataset(random_faces(10), "faces")


def test_tags_are_given_and_taken(faces: FaceDataset) -> None:
    assert tags.list_tags("faces") == {}
    assert tags.add_tag("faces", "check", faces.keys[:3]) == 3
    assert tags.add_tag("faces", "check", faces.keys[2:5]) == 5
    tags.add_tag("faces", "nice", faces.keys[:1])
    assert tags.list_tags("faces") == {"check": 5, "nice": 1}
    assert tags.tags_of("faces", int(faces.keys[0])) == ["check", "nice"]
    assert tags.tagged(faces, "check").tolist() == [True] * 5 + [False] * 5
    assert tags.remove_tag("faces", "check", faces.keys[1:2]) == 4
    assert tags.tagged(faces, "check").tolist() == [True, False, True, True, True] + [False] * 5
    assert tags.remove_tag("faces", "check") == 0
    assert tags.list_tags("faces") == {"nice": 1}
    assert not tags.tagged(faces, "check").any()


def test_tags_belong_to_faces_whatever_their_row(faces: FaceDataset) -> None:
    tags.add_tag("faces", "check", faces.keys[:3])
    save_dataset(faces.subset(np.arange(10)[::-1]), "faces", replace=True)
    moved = open_dataset("faces")
    assert tags.tagged(moved, "check").tolist() == [False] * 7 + [True] * 3


def test_a_view_has_the_tags_of_its_parent(faces: FaceDataset) -> None:
    save_view("v", "faces", np.arange(5), "five")
    tags.add_tag("v", "check", faces.keys[4:5])
    assert tags.list_tags("faces") == tags.list_tags("v") == {"check": 1}
    assert tags.tagged(open_dataset("v"), "check").tolist() == [False] * 4 + [True]


def test_the_drawn_faces_can_be_tagged(fer_home: Path) -> None:
    drawn = drawn_faces()
    tags.add_tag("drawn", "good", drawn.keys[:2])
    assert tags.tagged(drawn, "good").sum() == 2
    assert [path.name for path in (fer_home / "datasets" / "drawn").iterdir()] == ["tags.json"]
    assert open_dataset("drawn") is drawn


@pytest.mark.parametrize("tag", ["", " x", "a/b", "x" * 41, "a\nb", "<b>"])
def test_words_that_are_no_tag_are_refused(faces: FaceDataset, tag: str) -> None:
    with pytest.raises(InputError, match="cannot be a tag"):
        tags.add_tag("faces", tag, faces.keys[:1])
    assert tags.list_tags("faces") == {}


def test_unknown_data_sets_and_damage_are_told(faces: FaceDataset, fer_home: Path) -> None:
    with pytest.raises(NotFoundError):
        tags.add_tag("nobody", "x", [1])
    (fer_home / "datasets" / "faces" / "tags.json").write_text("[]")
    with pytest.raises(InputError, match="damaged"):
        tags.list_tags("faces")


def test_two_at_a_time_lose_nothing(faces: FaceDataset) -> None:
    def give(tag: str) -> None:
        for key in faces.keys:
            tags.add_tag("faces", tag, [int(key)])

    threads = [threading.Thread(target=give, args=(f"tag {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tags.list_tags("faces") == {f"tag {i}": 10 for i in range(4)}
