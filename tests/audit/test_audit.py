import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.audit import audit, measure, near, rows_without, saved_audit
from fer.audit import audit as audit_function
from fer.data import FaceDataset, drawn_faces
from fer.errors import InputError
from tests.audit.planted import PRIVATE, PUBLIC, TRAINING, planted


def test_every_planted_fault_is_found_and_nothing_else() -> None:
    known = planted()
    found = audit(known.dataset)
    rows = {key: finding.rows.tolist() for key, finding in found.findings.items()}
    assert rows["twins_private"] == known.twins_private[:, 0].tolist()
    assert rows["twins_public"] == []
    assert rows["near_twins_private"] == [120, 121, 122, 130, 131]
    assert rows["blank"] == [50, 60]
    assert rows["low_contrast"] == [70]
    assert rows["not_a_face"] == [10, 11]
    assert rows["conflicting_labels"] == [5, 122]
    assert rows["exact_repeats"] == [60, 101, 120, 121, 122]
    assert rows["near_duplicates"] == [130, 131]
    pairs = found.findings["twins_private"].pairs
    assert pairs is not None
    assert pairs.tolist() == known.twins_private.tolist()
    assert found.findings["twins_private"].same_label == pytest.approx(2 / 3)
    assert found.findings["twins_private"].share == 3 / 20


def test_the_json_has_the_agreed_keys() -> None:
    found = json.loads(json.dumps(audit(planted().dataset).to_dict()))
    assert found["n"] == 140
    assert found["exact_repeats"] == 5
    assert found["twins_in_training"] == {"private": 3, "public": 0}
    assert found["near_twins_in_training"] == {"private": 5, "public": 0}
    assert (found["blank"], found["not_a_face"], found["conflicting_labels"]) == (2, 2, 2)
    assert found["published"] is False
    assert found["share_of_test"]["twins"]["private"] == 0.15
    assert found["rows"]["blank"] == [50, 60]
    assert sum(found["classes"]["counts"].values()) == 140
    assert sum(found["classes"]["shares"].values()) == pytest.approx(1)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_rows_changes_no_count(seed: int) -> None:
    known = planted(np.random.default_rng(seed).permutation(140))
    found = audit(known.dataset)
    plain = audit(planted().dataset)
    for key in ("rows", "name"):
        assert found.to_dict().pop(key)
    assert {k: f.count for k, f in found.findings.items()} == {
        k: f.count for k, f in plain.findings.items()
    }
    pairs = found.findings["twins_private"].pairs
    assert pairs is not None
    assert {tuple(pair) for pair in pairs} == {tuple(pair) for pair in known.twins_private}
    near_ones = found.findings["near_twins_private"].pairs
    assert near_ones is not None
    assert {tuple(pair) for pair in known.near_private} <= {tuple(pair) for pair in near_ones}
    assert set(found.findings["blank"].rows) == set(known.blank)
    assert set(found.findings["conflicting_labels"].rows) == set(known.conflicting)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 2), st.integers(0, 2)), min_size=1))
@settings(max_examples=100, deadline=None)
def test_counts_of_any_mixture_of_copies_equal_those_by_sets_of_bytes(
    rows: list[tuple[int, int, int]],
) -> None:
    faces = drawn_faces(6, seed=9).images
    images = np.stack([faces[image] for image, _, _ in rows])
    labels = np.array([label for _, label, _ in rows], np.int8)
    usage = np.array([code for _, _, code in rows], np.uint8)
    dataset = FaceDataset("mixture", images, labels, usage)
    found = audit(dataset).to_dict()

    content = [image.tobytes() for image in images]
    assert found["exact_repeats"] == len(rows) - len(set(content))
    training = {c for c, code in zip(content, usage, strict=True) if code == TRAINING}
    for test, code in (("public", PUBLIC), ("private", PRIVATE)):
        if code not in usage or TRAINING not in usage:
            assert found["twins_in_training"][test] is None
        else:
            expected = sum(c in training for c, u in zip(content, usage, strict=True) if u == code)
            assert found["twins_in_training"][test] == expected
    by_image: dict[bytes, set[int]] = {}
    for c, label in zip(content, labels.tolist(), strict=True):
        by_image.setdefault(c, set()).update({label} - {-1})
    assert found["conflicting_labels"] == sum(len(by_image[c]) > 1 for c in content)


def test_twins_are_paired_with_a_training_row_of_the_same_label_where_there_is_one() -> None:
    face = drawn_faces(1).images[0]
    dataset = FaceDataset(
        "copies",
        np.stack([face] * 5),
        np.array([0, 1, 1, 0, 2], np.int8),
        np.array([TRAINING, TRAINING, PRIVATE, PRIVATE, PRIVATE], np.uint8),
    )
    finding = audit(dataset).findings["twins_private"]
    assert finding.pairs is not None
    assert finding.pairs.tolist() == [[2, 1], [3, 0], [4, 0]]
    near_twins = audit(dataset).findings["near_twins_private"]
    assert near_twins.pairs is not None
    assert near_twins.pairs.tolist() == finding.pairs.tolist()


def test_near_repeats_go_with_their_copies() -> None:
    known = planted()
    images = known.dataset.images.copy()
    images[40] = images[130]  # a near repeat of row 7 by now, as row 130 is one of it
    dataset = FaceDataset("copies", images, known.dataset.labels)
    found = audit(dataset)
    assert found.findings["near_duplicates"].rows.tolist() == [40, 130, 131]
    kept = dataset.subset(rows_without(found, ["near-repeats"]))
    assert audit(kept).findings["near_duplicates"].count == 0


def test_faces_without_labels_neither_agree_nor_disagree() -> None:
    faces = drawn_faces(4).images[[0, 0, 1, 1]]
    labels = np.array([[-1, -1, 2, -1], [3, 3, 2, -1]], np.int8)
    unknown, known = (audit(FaceDataset("few", faces, given)) for given in labels)
    assert unknown.findings["exact_repeats"].same_label is None
    assert "same label" not in unknown.findings["exact_repeats"].sentence
    assert known.findings["exact_repeats"].same_label == 1


def test_what_cannot_be_checked_is_null_with_a_reason() -> None:
    dataset = replace(planted().dataset, usage=None, votes=None)
    found = audit(dataset).to_dict()
    assert found["twins_in_training"] == {"public": None, "private": None}
    assert found["near_twins_in_training"] == {"public": None, "private": None}
    assert found["not_a_face"] is None
    assert "FER+" in found["not_checked"]["not_a_face"]
    assert "Usage" in found["not_checked"]["twins"]
    assert found["exact_repeats"] == 5


def test_merged_tests_of_class_folders_have_a_count_of_their_own() -> None:
    dataset = planted().dataset
    assert dataset.usage is not None
    merged = np.where(dataset.usage == TRAINING, 0, 3).astype(np.uint8)
    found = audit(replace(dataset, usage=merged)).to_dict()
    assert found["twins_in_training"] == {"public": None, "private": None, "test": 3}
    assert "PublicTest" in found["not_checked"]["twins_public"]


def test_a_video_is_audited_but_for_its_near_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MAX_PAIRS", 0)
    found = audit_function(planted().dataset)
    assert found.to_dict()["near_twins_in_training"] == {"public": None, "private": None}
    assert found.to_dict()["near_duplicates"] is None
    assert found.to_dict()["twins_in_training"]["private"] == 3
    with pytest.raises(InputError, match="nearly the same"):
        rows_without(found, ["near-twins"])


def test_rows_without_keeps_training_and_the_first_of_repeats() -> None:
    found = audit(planted().dataset)
    assert set(range(140)) - set(rows_without(found, ["twins"])) == {120, 121, 122}
    everything = ["near-twins", "repeats", "blank", "low-contrast", "not-a-face", "conflicting"]
    gone = {120, 121, 122, 130, 131, 60, 101, 50, 70, 10, 11, 5}
    assert set(range(140)) - set(rows_without(found, everything)) == gone
    assert len(rows_without(found, [])) == 140
    with pytest.raises(InputError, match="choose of twins, near-twins"):
        rows_without(found, ["ghosts"])
    without_votes = audit(replace(planted().dataset, votes=None))
    with pytest.raises(InputError, match=r"not-a-face: there are no FER\+ votes"):
        rows_without(without_votes, ["not-a-face"])


@pytest.mark.parametrize("without", [["twins", "repeats"], ["near-twins", "near-repeats"]])
def test_an_image_never_goes_altogether(without: list[str]) -> None:
    """Class folders may have their test rows first: those are the first of the repeats."""
    images = drawn_faces(6, seed=3).images[[0, 1, 0, 1, 2, 3, 4, 5]].copy()
    if "near-twins" in without:
        images[:2, :2, :2] ^= 1  # no longer equal, but nearly
    labels = drawn_faces(6, seed=3).labels[[0, 1, 0, 1, 2, 3, 4, 5]]
    usage = np.array([3, 3, *[TRAINING] * 6], np.uint8)
    dataset = FaceDataset("folders", images, labels, usage)
    assert rows_without(audit(dataset), without).tolist() == [2, 3, 4, 5, 6, 7]
    assert rows_without(audit(dataset), without[::-1]).tolist() == [2, 3, 4, 5, 6, 7]


def test_a_cleaned_data_set_audits_clean() -> None:
    known = planted().dataset
    rows = rows_without(audit(known), ["near-twins", "repeats", "blank", "conflicting"])
    again = audit(known.subset(rows))
    counts = {key: finding.count for key, finding in again.findings.items()}
    assert {key for key, count in counts.items() if count} == {"low_contrast", "not_a_face"}


def test_findings_without_rows_come_last_and_sentences_name_their_counts() -> None:
    found = list(audit(planted().dataset).findings.values())
    empty = [finding.count == 0 for finding in found]
    assert empty == sorted(empty)
    assert found[0].key == "twins_private"
    assert "3 of 20 PrivateTest faces (15.0 %)" in found[0].sentence
    assert found[0].sentence.endswith("memory. 67 % of the pairs have the same label.")


def test_measurements_are_kept_and_give_the_same_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = planted().dataset
    first = saved_audit(dataset).to_dict()
    assert first == audit(dataset).to_dict()

    def fails(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("fer.audit.measurements.measure", fails)
    assert saved_audit(dataset).to_dict() == first
    with pytest.raises(AssertionError, match="measured again"):
        saved_audit(dataset.subset(np.arange(139)))


def test_one_face_and_unlabelled_faces_can_be_audited() -> None:
    one = drawn_faces(1)
    assert audit(one).to_dict()["exact_repeats"] == 0
    unlabelled = FaceDataset("none", one.images, np.array([-1], np.int8))
    found = audit(unlabelled)
    assert found.imbalance is None
    assert found.to_dict()["classes"]["shares"] == {}


def test_statistics_are_those_of_numpy() -> None:
    images = planted().dataset.images
    statistics = measure(planted().dataset).statistics
    assert statistics.brightness == pytest.approx(images.mean(axis=(1, 2)), abs=1e-3)
    assert statistics.contrast == pytest.approx(images.std(axis=(1, 2)), abs=1e-3)
    inner = images.astype(int)
    laplacian = (
        inner[:, :-2, 1:-1] + inner[:, 2:, 1:-1] + inner[:, 1:-1, :-2] + inner[:, 1:-1, 2:]
        - 4 * inner[:, 1:-1, 1:-1]
    )  # fmt: skip
    # The library also counts the border, by reflection: close, not equal.
    assert statistics.sharpness == pytest.approx(laplacian.std(axis=(1, 2)), rel=0.1, abs=0.5)


def test_one_row_is_spoken_of_as_one() -> None:
    found = audit(planted().dataset).findings
    assert found["low_contrast"].sentence.startswith("1 image has hardly any contrast")
    assert found["conflicting_labels"].sentence == (
        "2 rows are copies of 1 image that has more than one label."
    )
    alone = planted().dataset.subset(np.array([0, 1, 3, 120]))  # of which one has a twin
    said = audit(alone).findings["twins_private"].sentence
    assert said.startswith("1 of 1 PrivateTest faces (100.0 %) is also in Training")
    assert said.endswith("100 % of the pairs have the same label.")
