"""The fused engine: batches of ratings in one compiled loop on the CPU, without autograd.

The same arithmetic as the torch engine's: the scores of a batch with the parameters before it, the gradients of
repeated users and items summed, then one step of the optimiser for each row that the batch touches, and for w and b.
"""

import importlib
from typing import NamedTuple

import numpy as np
import scipy.sparse as sps
import torch
from numpy.typing import NDArray

from Recommenders.MatrixFactorization.PyTorch import _fused_kernel
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._padded_rows import PaddedRows, aligned_zeros, masks_and_penalties
from Recommenders.MatrixFactorization.PyTorch._parameters import Array, Parameters
from Recommenders.MatrixFactorization.PyTorch._shuffled_epochs import ShuffledEpochs

MAX_FACTORS = 1024

_BLOCK = 32  # ratings; where a slice may end inside a batch
_SLICE = 1 << 24  # numbers of a side's rows that are trained between two moments at which an interrupt is answered

if _fused_kernel.cpu_has_avx2():
    train_ratings = importlib.import_module(f"{_fused_kernel.__name__}_avx2").train_ratings
else:
    train_ratings = _fused_kernel.train_ratings


class FusedEngine:
    """Trains a model on the ratings of a URM, batch by batch, on the CPU.

    With two threads, the second one shuffles the ratings of the next epoch meanwhile: it changes no number.

    Parameters
    ----------
    URM_train : csr_matrix of shape (n_users, n_items), float32
    start : Parameters
        Starting values; they are copied.
    hyperparameters : Hyperparameters
        With the name of a loss, and num_factors <= MAX_FACTORS.
    random_seed : int
        Decides the order of the ratings in every epoch.
    """

    def __init__(
        self, URM_train: sps.csr_matrix, start: Parameters, hyperparameters: Hyperparameters, random_seed: int
    ) -> None:
        self.hyperparameters = hyperparameters
        self._rows = PaddedRows.of(start, hyperparameters.sgd_mode)
        self._lanes = masks_and_penalties(hyperparameters)
        self._batch_size = min(hyperparameters.batch_size, URM_train.nnz)
        self._users, self._items = (
            _side(rows, self._batch_size, self._lanes.shape[1]) for rows in (self._rows.users, self._rows.items)
        )
        self._progress = np.zeros(3, dtype=np.int64)
        self._epochs = ShuffledEpochs(URM_train, random_seed, ahead=self._n_threads() > 1)

    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once, in the order of this epoch (from 1); returns the mean loss of a rating.

        The loss of a batch is measured before its step, and without the penalty.
        """
        ratings = self._epochs.ratings(epoch)
        settings = self.hyperparameters
        length = self._slice_length()
        total = 0.0
        for begin in range(0, len(ratings), length):
            total += train_ratings(
                ratings, begin, min(begin + length, len(ratings)), self._batch_size,
                *self._users, *self._items, self._rows.linear, self._lanes, self._progress,
                settings.sgd_mode, settings.activation, settings.learning_rate,
            )  # fmt: skip
        return total / len(ratings)

    def _slice_length(self) -> int:
        """Ratings of a slice: whole batches or, where a batch is longer, whole blocks."""
        wanted = _SLICE // int(self._lanes.shape[1])
        unit = self._batch_size if self._batch_size <= wanted else _BLOCK
        return wanted // unit * unit

    def parameters(self) -> Parameters:
        """A copy of the parameters as they are now."""
        return self._rows.read(self.hyperparameters.num_factors, self.hyperparameters.use_bias)

    def _n_threads(self) -> int:
        asked = self.hyperparameters.num_threads
        return torch.get_num_threads() if asked is None else asked


class _Side(NamedTuple):
    """The users or the items as the kernel takes them; C rows at the most in a batch, L numbers of a row."""

    rows: Array  # (n_rows, S)
    slots: NDArray[np.int32]  # (n_rows,), -1 between the batches
    sums: Array  # (C, L), 0 between the batches
    counts: Array  # (C,), 0 between the batches
    touched: NDArray[np.int32]  # (C + 1,)


def _side(rows: Array, most: int, n_lanes: int) -> _Side:
    capacity = min(most, len(rows))
    return _Side(
        rows=rows,
        slots=np.full(len(rows), -1, dtype=np.int32),
        sums=aligned_zeros(capacity, n_lanes),
        counts=np.zeros(capacity, dtype=np.float32),
        touched=np.zeros(capacity + 1, dtype=np.int32),
    )
