"""Slices that are dealt out to threads."""

import os
import threading

import pytest

from recsys_common.threads import check_num_threads, for_each_slice


@pytest.mark.parametrize("n_rows", [0, 1, 5, 100])
@pytest.mark.parametrize("rows_per_slice", [1, 7, 1000])
@pytest.mark.parametrize("num_threads", [1, 2, 9])
def test_every_row_is_worked_on_once(n_rows, rows_per_slice, num_threads):
    worked = [0] * n_rows

    def work(rows: slice) -> None:
        assert rows.stop - rows.start <= rows_per_slice
        for row in range(rows.start, rows.stop):
            worked[row] += 1

    for_each_slice(work, n_rows, rows_per_slice, num_threads)
    assert worked == [1] * n_rows


def test_slices_run_at_once_on_the_calling_and_on_other_threads():
    meeting, threads = threading.Barrier(3, timeout=30), set()

    def work(rows: slice) -> None:
        threads.add(threading.get_ident())
        meeting.wait()  # all three have to be here

    for_each_slice(work, 3, 1, 3)
    assert len(threads) == 3 and threading.get_ident() in threads


def test_one_slice_starts_no_thread(monkeypatch):
    monkeypatch.setattr("threading.Thread", None)
    worked: list[slice] = []
    for_each_slice(worked.append, 5, 5, 8)
    for_each_slice(worked.append, 5, 1, 1)
    assert len(worked) == 1 + 5


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("num_threads", [1, 4])
def test_the_first_slice_that_fails_is_told_and_no_thread_is_left(error, num_threads):
    begun = []

    def work(rows: slice) -> None:
        begun.append(rows.start)
        if rows.start >= 10:
            raise error(rows.start)

    n_threads = threading.active_count()
    for _ in range(20):
        with pytest.raises(error) as raised:
            for_each_slice(work, 100_000, 1, num_threads)
        assert raised.value.args == (10,)
        assert threading.active_count() == n_threads
    assert len(begun) < 20 * 1000


def test_work_is_done_where_no_thread_can_be_started(monkeypatch):
    class Refusing(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr("recsys_common.threads.threading.Thread", Refusing)
    worked = []
    for_each_slice(worked.append, 5, 1, 4)
    assert len(worked) == 5


def test_threads_are_a_number_or_those_of_the_processors():
    assert check_num_threads("num_threads", 3) == 3
    assert 1 <= check_num_threads("num_threads", None) <= (os.cpu_count() or 1)
    with pytest.raises(ValueError, match="num_threads must be an integer >= 1, got 0"):
        check_num_threads("num_threads", 0)
