"""Dealing rows of work out to threads."""

import os
import threading
from collections import deque
from collections.abc import Callable

from recsys_common.validation import check_int


def check_num_threads(name: str, value: int | None) -> int:
    """Return an integer >= 1, checked; None becomes the number of processors that this process may use."""
    if value is not None:
        return check_int(name, value, minimum=1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def for_each_slice(work: Callable[[slice], None], n_rows: int, rows_per_slice: int, num_threads: int) -> None:
    """Call `work` for consecutive slices of 0..n_rows-1, on the calling thread and at most `num_threads` - 1 others.

    Slices run at the same time and in any order, so each may write to its own rows only. A slice should end within
    0.2 s, since an interrupt waits for the running ones, and release the interpreter's lock most of that time. The
    error of the first slice that failed is raised once no slice runs any more.
    """
    todo = deque(slice(start, min(start + rows_per_slice, n_rows)) for start in range(0, n_rows, rows_per_slice))
    failures: list[tuple[int, BaseException]] = []

    def work_off() -> None:
        while True:
            try:
                rows = todo.popleft()
            except IndexError:
                return
            try:
                work(rows)
            except BaseException as error:
                # slices are begun in their order, so all before this one have begun
                todo.clear()
                failures.append((rows.start, error))

    helpers: list[threading.Thread] = []
    try:
        for _ in range(min(num_threads, len(todo)) - 1):
            helper = threading.Thread(target=work_off)
            try:
                helper.start()
            except RuntimeError:  # there are too many, or the interpreter is ending
                break
            helpers.append(helper)
        work_off()
    finally:
        todo.clear()
        for helper in helpers:
            helper.join()
    if failures:
        raise min(failures, key=lambda failure: failure[0])[1]
