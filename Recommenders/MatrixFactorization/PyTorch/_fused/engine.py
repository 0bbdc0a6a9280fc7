"""The fused engine: batches of ratings in one compiled loop on the CPU, without autograd.

The same arithmetic as the torch engine's: the scores of a batch with the parameters before it, the gradients of
repeated users and items summed, then one step of the optimiser for each row that the batch touches, and for w and b.
"""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sps
import torch

from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs
from Recommenders.MatrixFactorization.PyTorch._fused import kernel as _fused_kernel
from Recommenders.MatrixFactorization.PyTorch._fused.padded_rows import (
    PaddedRows,
    aligned_zeros,
    masks_and_penalties,
    padded_length,
)
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._long_sums import LongSums, rows_of_long_sums
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters
from recsys_common.kernels import import_kernel

FUSED_LOSSES = ("mse",)
MAX_FUSED_FACTORS = 1024
MAX_ROWS = np.iinfo(np.int32).max - 1  # one more is the capacity of the arrays, an int32 in the kernel

_SLICE = 1 << 24  # numbers of rows that are trained between two moments at which an interrupt is answered

train_ratings = import_kernel(_fused_kernel.__name__).train_ratings


class FusedEngine:
    """Trains a model on the ratings of a URM, batch by batch, on the CPU.

    With two threads, the second one shuffles the ratings of the next epoch meanwhile, which changes no number.

    Parameters
    ----------
    URM_train : csr_matrix of shape (n_users, n_items), float32
    start : Parameters
        Starting values; they are copied.
    hyperparameters : Hyperparameters
        With one of the FUSED_LOSSES, and num_factors <= MAX_FUSED_FACTORS.
    random_seed : int
        Decides the order of the ratings in every epoch.
    """

    def __init__(
        self, URM_train: sps.csr_matrix, start: Parameters, hyperparameters: Hyperparameters, random_seed: int
    ) -> None:
        check_size(URM_train.shape, hyperparameters.num_factors)
        self.hyperparameters = hyperparameters
        asked = hyperparameters.num_threads
        n_threads = torch.get_num_threads() if asked is None else asked
        self._epochs = ShuffledEpochs(URM_train, random_seed, ahead=n_threads > 1)
        self._batch_size = min(hyperparameters.batch_size, URM_train.nnz)
        self._rows = PaddedRows.of(start, hyperparameters.sgd_mode)
        self._lanes = masks_and_penalties(hyperparameters)
        self._penalized = bool(self._lanes[[1, 3]].any())
        self._slots = np.full(len(self._rows.table), -1, dtype=np.int32)
        capacity = sum(min(self._batch_size, n_rows) for n_rows in URM_train.shape) + 1
        self._sums = aligned_zeros(capacity, padded_length(hyperparameters.num_factors))
        self._counts = np.zeros(capacity, dtype=np.int32)
        self._touched = np.zeros(capacity, dtype=np.int32)
        self._progress = np.zeros(3, dtype=np.int64)
        rows, self._ratings_a_sum = rows_of_long_sums(URM_train, self._batch_size)
        self._long_sums = LongSums(rows, self._slots, self._sums) if rows.size else None

    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once, in the order of this epoch (from 1); returns the mean loss of a rating.

        The loss of a batch is measured before its step, and without the penalty.
        """
        if self._progress[:2].any():
            raise RuntimeError("an epoch was interrupted inside a batch; this engine cannot go on")
        records = self._epochs.records(epoch)
        settings = self.hyperparameters
        total = 0.0
        for begin, end in self._parts(len(records)):
            total += train_ratings(
                records, begin, end, self._batch_size, self._rows.n_users, self._rows.table, self._slots, self._sums,
                self._counts, self._touched, self._rows.linear, self._lanes, self._penalized, self._progress,
                settings.sgd_mode, settings.activation, settings.learning_rate,
            )  # fmt: skip
            if self._long_sums is not None:
                self._move_long_sums(self._long_sums, end, len(records))
        return total / len(records)

    def _parts(self, n_ratings: int) -> Iterator[tuple[int, int]]:
        """Where the calls of the kernel begin and end; with long sums, the last rating of a batch has its own."""
        length = _SLICE // padded_length(self.hyperparameters.num_factors)
        if self._long_sums is None:
            for begin in range(0, n_ratings, length):
                yield begin, min(begin + length, n_ratings)
            return
        length = min(length, self._ratings_a_sum)
        for batch in range(0, n_ratings, self._batch_size):
            last = min(batch + self._batch_size, n_ratings) - 1
            for begin in range(batch, last, length):
                yield begin, min(begin + length, last)
            yield last, last + 1

    def _move_long_sums(self, long_sums: LongSums, end: int, n_ratings: int) -> None:
        """Between two calls of a batch; the last one, which makes the step, finds the whole sums."""
        left_of_batch = min(-end % self._batch_size, n_ratings - end)
        if left_of_batch > 1:
            long_sums.take()
        elif left_of_batch == 1:
            long_sums.give_back()

    def parameters(self) -> Parameters:
        """A copy of the parameters as they are now."""
        return self._rows.read(self.hyperparameters.num_factors, self.hyperparameters.use_bias)


def check_size(shape: tuple[int, int], num_factors: int) -> None:
    """Refuse what the kernel's numbers do not hold; ValueError with the largest size."""
    if num_factors > MAX_FUSED_FACTORS:
        raise ValueError(f"num_factors must be <= {MAX_FUSED_FACTORS}, got {num_factors}")
    if sum(shape) > MAX_ROWS:
        raise ValueError(f"URM_train must have at most {MAX_ROWS} users and items together, got {sum(shape)}")
