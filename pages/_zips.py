"""A zip of pictures: read in the background, a row a face, any of them opened."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from fer.api.predictors import predictor_for
from fer.bundles import Bundle
from fer.errors import FerError
from fer.inference import Reading, zip_pictures
from fer.inference.readings import Outcome
from fer.words import counted
from pages import _own, _readings
from pages import _parts as parts
from pages import _tables as tables
from pages._downloads import Results
from pages._jobs import Progress
from pages._readings import Picture

# What a page can still list; more are read on the command line.
LIMIT = 50_000


@dataclass(frozen=True)
class Archive:
    """A zip file as it came."""

    key: str
    name: str
    content: bytes


def show(archives: Sequence[Archive], models: Sequence[Bundle]) -> list[Results]:
    """Read the archives and show what was found in them; what came of each picture, a model each.

    It is empty for an archive as long as it is being read.
    """
    read: list[Results] = [[] for _ in models]
    slots = {f"zip_{archive.key}_{n}" for archive in archives for n in range(len(models))}
    for slot in st.session_state.get("zips", set()) - slots:
        _own.let_go(slot)
    st.session_state["zips"] = slots
    for archive in archives:
        with st.container(border=True):
            found = [_results(archive, n, bundle) for n, bundle in enumerate(models)]
            whole = [results for results in found if results is not None]
            if len(whole) == len(models):
                _table(archive, models, whole)
                for results, more in zip(read, whole, strict=True):
                    results += more
    return read


def _results(archive: Archive, number: int, bundle: Bundle) -> Results | None:
    key = f"zip {archive.key} {bundle.name} {tables.bundle_stamp(bundle)}"
    found: Results | None = _own.result(
        f"zip_{archive.key}_{number}",
        key,
        f"{bundle.name} reads {archive.name}",
        partial(work, archive, bundle.name),
    )
    return found


def work(archive: Archive, model: str, note: Progress) -> Results:
    """Read every picture; one that cannot be read is its error."""
    found = list(zip_pictures(io.BytesIO(archive.content), archive.name, LIMIT))
    results: Results = []
    outcomes = predictor_for(model).predict_many(found, errors="return")
    for picture, outcome in zip(found, outcomes, strict=True):
        if isinstance(outcome, FerError) and picture.name == archive.name:
            raise outcome  # of the archive itself
        results.append((picture.name, outcome))
        note(len(results) / len(found), f"{len(results):,} of {len(found):,} pictures read")
    return results


def _table(archive: Archive, models: Sequence[Bundle], read: list[Results]) -> None:
    """A row a face, and one for a picture without; the picture of the chosen row is shown below."""
    by_picture = [(results[0][0], [outcome for _, outcome in results])
                  for results in zip(*read, strict=True)]  # fmt: skip
    rows = [
        (place, {"picture": name.removeprefix(f"{archive.name}/"), **row})
        for place, (name, outcomes) in enumerate(by_picture)
        for row in _rows(models, outcomes)
    ]
    firsts = [outcomes[0] for _, outcomes in by_picture]
    failed = sum(isinstance(outcome, FerError) for outcome in firsts)
    faces = sum(len(outcome.faces) for outcome in firsts if isinstance(outcome, Reading))
    said = f"**{archive.name}**: {counted(len(firsts), 'picture')}, "
    said += counted(faces, "face") + (f", {failed:,} could not be read" if failed else "")
    st.markdown(f"{said}. Choose a row to see it.")
    chosen = st.dataframe(
        [row for _, row in rows], key=f"rows_{archive.key}", hide_index=True,
        on_select="rerun", selection_mode="single-row", placeholder="",
        column_config={
            title: st.column_config.NumberColumn(format="%.0f %%")
            for bundle in models for title in [_titles(models, bundle)[1]]
        },
    )  # fmt: skip
    for row in chosen.selection.rows:
        place = rows[row][0]
        name = by_picture[place][0]
        with parts.errors_shown():
            _readings.show(Picture(f"{archive.key}_{row}", name, _content(archive, place)), models)


def _rows(models: Sequence[Bundle], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """A row a face of one picture, as each of the models read it."""
    if isinstance(outcomes[0], FerError):
        return [{"problem": str(outcomes[0])}]
    faces: list[dict[str, Any]] = [{} for _ in outcomes[0].faces]
    for bundle, outcome in zip(models, outcomes, strict=True):
        expression, confidence = _titles(models, bundle)
        readings = outcome.faces if isinstance(outcome, Reading) else ()
        for number, (row, face) in enumerate(zip(faces, readings, strict=True), start=1):
            row["face"] = number
            row[expression] = parts.answer(face.emotion, face.confidence, bundle.unsure_below)
            row[confidence] = 100 * face.confidence
    return faces or [{"problem": "no face found"}]


def _titles(models: Sequence[Bundle], bundle: Bundle) -> tuple[str, str]:
    """The columns of a model."""
    if len(models) == 1:
        return "looks like", "probability"
    return f"{bundle.name}: looks like", f"{bundle.name}: probability"


def _content(archive: Archive, place: int) -> bytes:
    found = list(zip_pictures(io.BytesIO(archive.content), archive.name, LIMIT))
    content = found[place].open()
    assert isinstance(content, bytes)
    return content
