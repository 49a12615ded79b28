import threading

import pytest

from fer.errors import InputError
from pages import _jobs as jobs


@pytest.fixture(autouse=True)
def no_jobs() -> None:
    jobs._known().clear()


def ended(job: jobs.Job) -> jobs.Job:
    assert job.ended.wait(10)
    return job


def test_the_same_work_is_done_once() -> None:
    going, calls = threading.Event(), []

    def work(progress: jobs.Progress) -> int:
        calls.append(1)
        going.wait(10)
        return 7

    first, second = jobs.start("a", "Working", work), jobs.start("a", "Working", work)
    going.set()
    assert first is second
    assert ended(first).result == 7
    assert jobs.start("a", "Working", work).done
    assert calls == [1]


def test_a_cancelled_job_ends_at_its_next_report_even_where_errors_are_caught() -> None:
    reports = []

    def work(progress: jobs.Progress) -> None:
        for share in range(1000):
            reports.append(share)
            try:
                progress(share / 1000, "Working")
            except InputError:
                continue
            if share == 3:
                jobs.find("b").cancelled.set()  # type: ignore[union-attr]

    job = ended(jobs.start("b", "Working", work))
    assert reports[-1] == 4
    assert job.error == ""
    assert not job.done


def test_errors_are_kept_until_they_are_forgotten() -> None:
    def wrong(progress: jobs.Progress) -> None:
        raise InputError("No such faces.")

    def broken(progress: jobs.Progress) -> None:
        raise ZeroDivisionError("x")

    assert ended(jobs.start("c", "Working", wrong)).error == "No such faces."
    assert "ZeroDivisionError" in str(ended(jobs.start("d", "Working", broken)).error)
    assert jobs.start("c", "Working", broken).error == "No such faces."
    jobs.forget("c")
    assert "ZeroDivisionError" in str(ended(jobs.start("c", "Working", broken)).error)


def test_results_of_many_jobs_are_not_all_kept() -> None:
    for number in range(jobs.KEPT + 5):
        ended(jobs.start(f"n{number}", "Working", lambda _: 0))
    jobs.start("last", "Working", lambda _: 0)
    assert jobs.find("n0") is None
    assert jobs.find(f"n{jobs.KEPT + 4}") is not None


def test_how_long_it_still_takes_is_guessed_from_the_piece_at_work() -> None:
    job = jobs.Job("k", "Working")
    assert job.text == "Working"
    job._note(0.25, "Reading")
    job.began -= 10
    assert job.text == "Reading, about 30 s left"
    job._note(0.1, "Writing")  # the next piece begins
    assert job.text == "Writing"
