"""Rows of work that are dealt out to threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from Recommenders._validation import check_int


def check_num_threads(name: str, value: int | None) -> int:
    """An integer >= 1, or None for the number of processors that this process may use."""
    if value is not None:
        return check_int(name, value, minimum=1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def for_each_slice(work: Callable[[slice], None], n_rows: int, rows_a_slice: int, num_threads: int) -> None:
    """Call `work` for consecutive slices of 0..n_rows-1, on as many threads as there are slices for.

    Parameters
    ----------
    work : callable
        Slices run in any order and at once, so each writes to its own rows alone. One slice should end within 0.2 s,
        since an interrupt waits for those that run, and give up the interpreter's lock most of that time.
    n_rows, rows_a_slice, num_threads : int >= 0, >= 1, >= 1

    Raises
    ------
    Exception
        That of the first slice that failed, when no slice runs any more.
    """
    slices = [slice(start, min(start + rows_a_slice, n_rows)) for start in range(0, n_rows, rows_a_slice)]
    if min(num_threads, len(slices)) <= 1:
        for rows in slices:
            work(rows)
        return
    with ThreadPoolExecutor(min(num_threads, len(slices))) as pool:
        futures = [pool.submit(work, rows) for rows in slices]
        try:
            for future in futures:
                future.result()
        except BaseException:  # an interrupt as well
            pool.shutdown(wait=False, cancel_futures=True)
            raise
