"""The order of the ratings in each epoch, and every other random choice of a training.

Each choice comes from a generator that is made from (random_seed, stream, epoch), so that all engines and devices see
the same ones, and an epoch's order can be drawn without those before it.
"""

import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._epochs.shuffle_kernel import (
    DROPPED_BITS,
    N_PACKED_IDS,
    count_buckets,
    read_records,
    scatter_ratings,
    shuffle_bucket,
)

# One record for each rating, as records.hpp declares them.
PACKED: np.dtype[Any] = np.dtype(np.uint64)
WIDE: np.dtype[Any] = np.dtype([("user", np.int32), ("item", np.int32), ("rating", np.float32)])

_START, _ORDER = 0, 1  # streams
_N_BUCKETS = 256
_SLICE = 1 << 22  # ratings between two moments at which an interrupt is answered; a multiple of 8


def fresh_seed() -> int:
    """Draw a seed from the operating system's entropy."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])


def start_generator(random_seed: int) -> np.random.Generator:
    """Return the generator of the parameters' starting values."""
    return np.random.default_rng(_sequence(random_seed, _START))


class ShuffledEpochs:
    """The ratings of a float32 URM, epoch by epoch.

    With `ahead`, a thread shuffles the next epoch while the caller works on this one, in a second copy of the ratings.
    """

    def __init__(self, URM_train: sps.csr_matrix, random_seed: int, ahead: bool) -> None:
        self.URM_train = URM_train
        self.random_seed = random_seed
        self._current = self._next = np.empty(URM_train.nnz, dtype=record_type(URM_train))
        self._worker: ThreadPoolExecutor | None = None
        self._pending: tuple[int, Future[None]] | None = None
        self._stop = threading.Event()
        if ahead:
            self._next = np.empty_like(self._current)
            self._worker = ThreadPoolExecutor(1, "shuffle")
            weakref.finalize(self, self._stop.set)  # then nobody waits for the next epoch any more

    def records(self, epoch: int) -> npt.NDArray[Any]:
        """Return the ratings in the order of an epoch (from 1), to be read before the next call overwrites them."""
        if not self._await_next(epoch):
            shuffle_ratings(self.URM_train, self.random_seed, epoch, self._next)
        self._current, self._next = self._next, self._current
        if self._worker is not None:
            following = epoch + 1
            future = self._worker.submit(
                shuffle_ratings, self.URM_train, self.random_seed, following, self._next, self._stop
            )
            self._pending = following, future
        return self._current

    def _await_next(self, epoch: int) -> bool:
        """Wait for the thread, and return whether it has shuffled this epoch."""
        # taken at once: after an interrupt nothing may be known of buffers that have changed places
        pending, self._pending = self._pending, None
        if pending is None:
            return False
        shuffled, future = pending
        future.result()
        return shuffled == epoch


def record_type(URM: sps.csr_matrix) -> np.dtype[Any]:
    """Return PACKED (8 bytes) where it holds every rating of this float32 matrix exactly, else WIDE (12 bytes)."""
    fits = max(URM.shape) <= N_PACKED_IDS and not (URM.data.view(np.uint32) & DROPPED_BITS).any()
    return PACKED if fits else WIDE


def columns(records: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return users, items and ratings of (n,) records as three arrays of shape (n,)."""
    users, items = np.empty(len(records), np.int32), np.empty(len(records), np.int32)
    ratings = np.empty(len(records), np.float32)
    read_records(records, users, items, ratings)
    return users, items, ratings


def shuffle_ratings(
    URM: sps.csr_matrix,
    random_seed: int,
    epoch: int,
    records: npt.NDArray[Any],
    stop: threading.Event | None = None,
) -> None:
    """Write the ratings of a URM into `records`, (nnz,), in the order of an epoch: a uniform random permutation.

    The event ends the work early, with the ratings in no particular order.
    """
    state = order_state(random_seed, epoch)
    sizes = np.zeros(_N_BUCKETS, dtype=np.int64)
    same_draws = state.copy()
    for begin, end in _slices(URM.nnz, stop):
        count_buckets(same_draws, end - begin, sizes)
    ends = np.cumsum(sizes)
    positions = ends - sizes
    for begin, end in _slices(URM.nnz, stop):
        row = int(np.searchsorted(URM.indptr, begin, side="right")) - 1
        scatter_ratings(state, URM.indptr, URM.indices, URM.data, row, begin, end, positions, records)
    for size, end in zip(sizes, ends):
        if stop is not None and stop.is_set():
            return
        shuffle_bucket(state, records[end - size : end])


def order_state(random_seed: int, epoch: int) -> npt.NDArray[np.uint64]:
    """Return the state from which the order of an epoch is drawn, (4,)."""
    state: npt.NDArray[np.uint64] = _sequence(random_seed, _ORDER, epoch).generate_state(4, np.uint64)  # type: ignore[assignment]
    return state


def _slices(n_ratings: int, stop: threading.Event | None) -> Iterator[tuple[int, int]]:
    for begin in range(0, n_ratings, _SLICE):
        if stop is not None and stop.is_set():
            return
        yield begin, min(begin + _SLICE, n_ratings)


def _sequence(random_seed: int, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(random_seed, spawn_key=key)
