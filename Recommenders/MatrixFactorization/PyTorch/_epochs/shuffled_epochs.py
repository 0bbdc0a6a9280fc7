"""The ratings of one epoch after the other, each in its own order; a thread can shuffle the next one meanwhile."""

import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._epochs.records import Records, record_type
from Recommenders.MatrixFactorization.PyTorch._epochs.sampler import shuffle_ratings


class ShuffledEpochs:
    """The ratings of a URM, epoch by epoch.

    Parameters
    ----------
    URM_train : csr_matrix of float32
    random_seed : int >= 0
    ahead : bool
        Whether a thread shuffles the next epoch while the caller works on this one, in a second copy of the ratings.
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

    def records(self, epoch: int) -> Records:
        """The ratings in the order of an epoch (from 1), to be read before the next call, which overwrites them."""
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
        """Wait for the thread; whether what it has shuffled is this epoch."""
        # taken at once: after an interrupt nothing may be known of buffers that have changed places
        pending, self._pending = self._pending, None
        if pending is None:
            return False
        shuffled, future = pending
        future.result()
        return shuffled == epoch
