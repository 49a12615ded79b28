import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.data import USAGES
from fer.errors import InputError
from fer.explore import FLAGS, SORTS, UNLABELLED, BrowseTable, Filters, select
from fer.labels import LABELS


def random_table(n: int, seed: int = 0) -> BrowseTable:
    rng = np.random.default_rng(seed)

    def some_missing(low: float, high: float) -> np.ndarray:
        values = rng.uniform(low, high, n).astype(np.float32)
        return np.where(rng.random(n) < 0.2, np.float32(np.nan), values)

    label = rng.integers(-1, 7, n, np.int8)
    return BrowseTable(
        label=label,
        usage=rng.integers(0, 3, n, np.uint8),
        brightness=rng.uniform(0, 255, n).astype(np.float32),
        contrast=rng.uniform(0, 127, n).astype(np.float32),
        sharpness=rng.uniform(0, 99, n).astype(np.float32),
        flags={name: rng.random(n) < 0.3 for name in FLAGS},
        majority=rng.integers(-1, 7, n, np.int8),
        agreement=some_missing(0, 1),
        predicted=rng.integers(0, 7, n, np.int8),
        confidence=rng.uniform(0.1, 1, n).astype(np.float32),
        loss=np.where(label < 0, np.float32(np.nan), some_missing(0, 9)),
        seen=rng.random(n) < 0.5,
    )


def meets(table: BrowseTable, row: int, filters: Filters) -> bool:
    """One row at a time, in words."""
    label = UNLABELLED if table.label[row] < 0 else LABELS[table.label[row]]
    checks = [
        not filters.labels or label in filters.labels,
        not filters.usages or USAGES[table.usage[row]] in filters.usages,
        not filters.predicted or LABELS[table.predicted[row]] in filters.predicted,
        all(table.flags[name][row] for name in filters.flags),
        not any(table.flags[name][row] for name in filters.without),
        filters.rows is None or row in filters.rows.tolist(),
    ]
    if filters.verdict:
        right = table.predicted[row] == table.label[row]
        known = not np.isnan(table.loss[row])  # the model may know fewer labels
        checks.append(known and right == (filters.verdict == "right"))
    if filters.votes:
        agree = table.majority[row] == table.label[row]
        known = not np.isnan(table.agreement[row])
        checks.append(known and agree == (filters.votes == "agree"))
    low, high = filters.agreement
    if (low, high) != (0, 1):
        checks.append(bool(low <= table.agreement[row] <= high))
    return all(checks)


def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=3).map(tuple)


any_filters = st.builds(
    Filters,
    labels=some((*LABELS, UNLABELLED)),
    usages=some(USAGES),
    flags=some(FLAGS[:2]),
    without=some(FLAGS[2:4]),
    predicted=some(LABELS),
    verdict=st.sampled_from(["", "right", "wrong"]),
    votes=st.sampled_from(["", "agree", "disagree"]),
    agreement=st.tuples(st.floats(0, 0.5), st.floats(0.5, 1)),
    rows=st.none() | st.lists(st.integers(0, 79)).map(lambda rows: np.array(rows, np.intp)),
)


@given(any_filters, st.sampled_from([*SORTS, *(f"-{name}" for name in SORTS)]))
@settings(max_examples=300, deadline=None)
def test_the_rows_selected_are_those_that_meet_each_filter(filters: Filters, sort: str) -> None:
    table = random_table(80)
    found = select(table, filters, sort)
    assert set(found.tolist()) == {row for row in range(80) if meets(table, row, filters)}
    assert len(set(found.tolist())) == len(found)
    name = sort.removeprefix("-")
    values = found if name == "row" else getattr(table, name)[found]
    known = values[~np.isnan(values)]
    assert np.isnan(values[len(known) :]).all()  # rows without a value come last
    ordered = np.sort(known)
    np.testing.assert_array_equal(known, ordered[::-1] if sort.startswith("-") else ordered)


def test_thirty_six_thousand_rows_are_filtered_and_sorted_at_once() -> None:
    table = random_table(35_887)
    filters = Filters(labels=("sad", "fear"), verdict="wrong", without=("twins",), votes="agree")
    started = time.process_time()
    for sort in ("-loss", "confidence", "row"):
        select(table, filters, sort)
        select(table, None, sort)
    assert time.process_time() - started < 6 * 0.1


@pytest.mark.parametrize(
    ("filters", "sort", "message"),
    [
        (Filters(labels=("bored",)), "row", "no label 'bored'"),
        (Filters(usages=("Exam",)), "row", "no Usage 'Exam'"),
        (Filters(flags=("ugly",)), "row", "no flag 'ugly'"),
        (Filters(verdict="maybe"), "row", "right or wrong"),
        (Filters(votes="maybe"), "row", "agree or disagree"),
        (Filters(), "beauty", "sorted by 'beauty'"),
    ],
)
def test_names_that_are_none_are_refused(filters: Filters, sort: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        select(random_table(5), filters, sort)


def test_a_flag_that_was_not_checked_is_no_empty_answer() -> None:
    table = random_table(5)
    table.flags.pop("not-a-face")
    with pytest.raises(InputError, match="not checked for not-a-face"):
        select(table, Filters(flags=("not-a-face",)))
