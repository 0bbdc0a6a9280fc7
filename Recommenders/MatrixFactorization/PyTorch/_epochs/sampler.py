"""The random choices of a training: starting values and the order of the ratings in each epoch.

Every choice comes from a generator that is made from (random_seed, stream, epoch), so that all engines and devices
see the same ones, and an epoch's order can be had without those before it.
"""

import threading
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sps
from numpy.typing import NDArray

from Recommenders.MatrixFactorization.PyTorch._epochs.records import Records
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffle_kernel import (
    count_buckets,
    scatter_ratings,
    shuffle_bucket,
)

_START, _ORDER = 0, 1  # streams
_N_BUCKETS = 256
_SLICE = 1 << 22  # ratings between two moments at which an interrupt is answered; a multiple of 8


def fresh_seed() -> int:
    """A seed from the operating system's entropy."""
    return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])


def start_generator(random_seed: int) -> np.random.Generator:
    """The generator of the parameters' starting values."""
    return np.random.default_rng(_sequence(random_seed, _START))


def shuffle_ratings(
    URM: sps.csr_matrix,
    random_seed: int,
    epoch: int,
    records: Records,
    stop: threading.Event | None = None,
) -> None:
    """Write the ratings of a URM in the order of an epoch, a uniform random permutation.

    Parameters
    ----------
    URM : csr_matrix of float32
    random_seed : int >= 0
    epoch : int >= 1
    records : array of shape (URM.nnz,), of the type `record_type` gives
        Written; what it held is of no matter.
    stop : threading.Event, optional
        Ends the work early where it is set, with the ratings in no order.
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


def order_state(random_seed: int, epoch: int) -> NDArray[np.uint64]:
    """The state from which the order of an epoch is drawn, shape (4,)."""
    state: NDArray[np.uint64] = _sequence(random_seed, _ORDER, epoch).generate_state(4, np.uint64)  # type: ignore[assignment]
    return state


def _slices(n_ratings: int, stop: threading.Event | None) -> Iterator[tuple[int, int]]:
    for begin in range(0, n_ratings, _SLICE):
        if stop is not None and stop.is_set():
            return
        yield begin, min(begin + _SLICE, n_ratings)


def _sequence(random_seed: int, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(random_seed, spawn_key=key)
