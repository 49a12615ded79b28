from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer.data import (
    dataset_info,
    ferplus,
    import_dataset,
    list_datasets,
    open_dataset,
    published,
    save_dataset,
)
from pages import _label_errors
from tests.audit.planted import planted
from tests.pages.conftest import address, component, finished, gallery_rows, words
from tests.samples import random_faces, write_csv

OpenPage = Callable[..., AppTest]


@pytest.fixture
def faulty(fer_home: Path, tmp_path: Path) -> None:
    import_dataset(write_csv(tmp_path / "faulty.csv", planted().dataset))


def audited(open_page: OpenPage, **query: str) -> AppTest:
    return finished(open_page("audit.py", **query), "cancel_audit")


def test_findings_are_told_worst_first_with_their_counts(open_page: OpenPage, faulty: None) -> None:
    said = words(audited(open_page))
    assert "3 of 20 PrivateTest faces (15.0 %) are also in Training" in said
    told = [said.index(title) for title in
            ("Test faces that are also", "several labels", "Blank or", "there twice")]  # fmt: skip
    assert told == sorted(told)
    assert "2 images are blank" in said
    assert "No face in the picture" not in said


def test_pairs_of_a_finding_stand_side_by_side(open_page: OpenPage, faulty: None) -> None:
    app = audited(open_page)
    app.button(key="look_twins_private").click().run()
    assert address(app)["finding"] == "twins_private"
    assert component(app, "fer_gallery")["per"] == 2
    pairs = np.array(gallery_rows(app)).reshape(-1, 2)
    assert pairs[0].tolist() == [122, 5]  # the one with two labels first
    assert sorted(map(tuple, pairs.tolist())) == [(120, 3), (121, 4), (122, 5)]
    again = audited(open_page, data="faulty", finding="blank")
    assert gallery_rows(again) == [50, 60]


def test_a_finding_is_left_out_of_a_view(open_page: OpenPage, faulty: None) -> None:
    app = audited(open_page, finding="twins_private")
    app.button(key="without_twins_save").click().run()
    view = open_dataset("faulty-without-twins")
    assert len(view) == 137
    assert "Saved **faulty-without-twins**" in app.success[0].value
    assert len(open_dataset("faulty")) == 140


def test_next_goes_through_every_face_of_the_pairs(open_page: OpenPage, fer_home: Path) -> None:
    drawn = planted().dataset
    images = drawn.images.copy()
    images[123] = images[3]  # a second PrivateTest twin of row 3
    save_dataset(replace(drawn, images=images, keys=np.empty(0, np.uint64)), "faulty")
    app = audited(open_page, finding="twins_private", face="122")
    walked = [122]  # the one pair of unlike labels comes first
    while not (following := app.button(key="walk_1")).disabled:
        app = finished(following.click().run(), "cancel_audit")
        walked.append(int(address(app)["face"]))
    assert len(walked) == len(set(walked)) == 7


def test_a_clean_view_leaves_out_several_findings(open_page: OpenPage, faulty: None) -> None:
    app = audited(open_page)
    app.button(key="clean_save").click().run()
    gone = {120, 121, 122, 130, 131, 50, 60}
    kept = planted().dataset.keys[[row for row in range(140) if row not in gone]]
    np.testing.assert_array_equal(open_dataset("faulty-clean").keys, kept)
    app.button(key="clean_save").click().run()
    assert {info.name for info in list_datasets()} == {"faulty", "faulty-clean", "faulty-clean-2"}


def test_what_was_not_checked_is_said_with_the_remedy(
    open_page: OpenPage, faulty: None, tmp_path: Path
) -> None:
    app = audited(open_page)
    assert "Pictures without a face: that takes the FER+ votes" in words(app)
    wrong = tmp_path / "votes.csv"
    names = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    wrong.write_text(f"Usage,Image name,{names}\nTraining,x,1,0,0,0,0,0,0,0,0,0\n")
    app.text_input(key="ferplus_path").input(str(wrong))
    app.button(key="FormSubmitter:ferplus_form-Join the votes").click().run()
    assert "votes.csv has the votes on 1 faces, and FER+ those on 35,887" in app.error[0].value


def test_joined_votes_show_at_once(
    open_page: OpenPage, faulty: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    votes = tmp_path / "fer2013new.csv"
    planting = planted().dataset
    monkeypatch.setattr(published, "row_keys", lambda: published.short_keys(planting))
    monkeypatch.setattr(published, "N_PUBLISHED", len(planting))
    assert planting.usage is not None
    assert planting.votes is not None
    names = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    usages = ["Training", "PublicTest", "PrivateTest"]
    rows = [f"{usages[usage]},x,{','.join(map(str, row))}"
            for usage, row in zip(planting.usage, planting.votes, strict=True)]  # fmt: skip
    votes.write_text("\n".join([f"Usage,Image name,{names}", *rows]))
    app = audited(open_page)
    app.text_input(key="ferplus_path").input(str(votes))
    app.button(key="FormSubmitter:ferplus_form-Join the votes").click().run()
    app = finished(app, "cancel_audit")
    assert "2 images show no face" in words(app)


def test_a_doubtful_label_is_walked_from_while_a_finding_is_open(
    open_page: OpenPage, faulty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_label_errors, "offer", lambda faces, stamp: np.array([7, 3, 9]))
    app = audited(open_page, finding="blank", face="3")  # that shows the rows 50 and 60
    app.button(key="walk_1").click().run()
    assert address(app)["face"] == "9"
    assert app.button(key="walk_1").disabled
    app = audited(open_page, finding="blank", face="50")
    app.button(key="walk_1").click().run()
    assert address(app)["face"] == "60"


def test_label_errors_are_a_step_of_their_own(open_page: OpenPage, faulty: None) -> None:
    app = audited(open_page)
    assert component(app, "fer_gallery") is None
    app.button(key="rank").click().run()
    app = finished(app, "cancel_labels")
    assert "labels are doubtful" in words(app)


def test_clean_data_has_no_findings(open_page: OpenPage, tmp_path: Path) -> None:
    import_dataset(write_csv(tmp_path / "noise.csv", random_faces(70)))
    app = audited(open_page)
    said = words(app)
    assert "Test faces that are also in Training: none." in said
    assert not [b for b in app.button if (b.key or "").startswith("look_")]


def test_a_copy_that_differs_says_so(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "differences", lambda _: ["Training has 5,567 fear"])
    import_dataset(write_csv(tmp_path / "fer2013.csv", planted().dataset))
    assert "Differs from the published FER-2013: Training has 5,567 fear" in words(
        audited(open_page)
    )
    assert "Differs from the published" in words(open_page("dataset.py"))


def test_a_view_may_have_the_labels_of_the_voters(open_page: OpenPage, fer_home: Path) -> None:
    faces = planted().dataset
    votes = faces.votes
    assert votes is not None
    save_dataset(replace(faces, votes=np.roll(votes, 1, axis=1)), "voted")
    app = audited(open_page)
    app.button_group(key="clean_labels").set_value("ferplus").run()
    app.button(key="clean_save").click().run()
    clean = open_dataset("voted-clean")
    assert clean.votes is not None
    np.testing.assert_array_equal(clean.labels, ferplus.majority(clean.votes))
    assert not np.array_equal(clean.labels, faces.labels[: len(clean)])
    assert "majority of the FER+ votes" in dataset_info("voted-clean").description
