"""The fused engine: batches of ratings in one compiled loop on the CPU, without autograd.

The same arithmetic as the torch engine's: the scores of a batch with the parameters before it, the gradients of
repeated users and items summed, then one step of the optimiser for each row that the batch touches, and for w and b.

Letters of the shapes: F factors, U users, I items, L numbers of a row's parameters, S numbers of a row with its
optimiser's states, N slots: at least one more than the most users and the most items of a batch together.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps
import torch

from Recommenders.MatrixFactorization.PyTorch._epochs.long_sums import LongSums, rows_of_long_sums
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters
from recsys_common.kernels import import_kernel
from recsys_common.validation import refuse

_SLICE = 1 << 24  # numbers of rows that are trained between two moments at which an interrupt is answered
_CACHE_LINE = 64  # bytes

_kernel = import_kernel("Recommenders.MatrixFactorization.PyTorch._fused.kernel")
train_ratings = _kernel.train_ratings


def why_not_fused(shape: tuple[int, int], settings: Hyperparameters) -> Exception | None:
    """Return the error that says what the kernel cannot train a URM of this shape with, or None."""
    for name, known in (
        ("loss", _kernel.LOSSES),
        ("sgd_mode", tuple(_kernel.OPTIMIZERS)),
        ("activation", _kernel.ACTIVATIONS),
    ):
        value = getattr(settings, name)
        if value not in known:
            return refuse(ValueError, name, f"one of {', '.join(map(repr, known))} with engine='fused'", repr(value))
    if settings.num_factors > _kernel.MAX_FACTORS:
        return refuse(ValueError, "num_factors", f"<= {_kernel.MAX_FACTORS} with engine='fused'", settings.num_factors)
    if sum(shape) > _kernel.MAX_ROWS:
        return ValueError(
            f"URM_train must have at most {_kernel.MAX_ROWS} users and items together with engine='fused', "
            f"got {sum(shape)}"
        )
    return None


class TrainingArrays(NamedTuple):
    """The arrays that the kernel trains on; the float32 ones start at a cache line.

    The biases are three more factors, so that the score is one weighted product: a user's row is [p, b_u, 1, 1], an
    item's [q, 1, b_i, 1], and that of the linear layer [w, 1, 1, b]. The states of the optimiser follow. Rows are
    padded to whole vectors.
    """

    n_users: int
    rows: npt.NDArray[np.float32]  # (U + I, S), users first
    linear: npt.NDArray[np.float32]  # (S,)
    masks_and_penalties: npt.NDArray[np.float32]  # (5, L)
    slots: npt.NDArray[np.int32]  # (U + I,), -1 between two batches
    sums: npt.NDArray[np.float32]  # (N, L), 0 between two batches
    counts: npt.NDArray[np.int32]  # (N,), 0 between two batches
    touched: npt.NDArray[np.int32]  # (N,)
    progress: npt.NDArray[np.int64]  # (3,): users and items that the current batch has touched, and steps so far

    @classmethod
    def from_parameters(cls, start: Parameters, settings: Hyperparameters, batch_size: int) -> Self:
        """Make the arrays of a training that begins with these parameters, which are copied."""
        n_users, F = start.user_factors.shape
        n_items = len(start.item_factors)
        length = padded_length(F)
        n_numbers = length * (1 + _kernel.OPTIMIZERS[settings.sgd_mode])
        n_slots = min(batch_size, n_users) + min(batch_size, n_items) + 1
        rows = aligned_zeros(n_users + n_items, n_numbers)
        linear = aligned_zeros(1, n_numbers)[0]
        users, items = rows[:n_users], rows[n_users:]
        rows[:, F : F + _kernel.N_BIASES] = linear[F : F + _kernel.N_BIASES] = 1
        users[:, :F], items[:, :F], linear[:F] = start.user_factors, start.item_factors, start.weight
        users[:, F] = 0 if start.user_bias is None else start.user_bias
        items[:, F + 1] = 0 if start.item_bias is None else start.item_bias
        linear[F + 2] = start.bias
        return cls(
            n_users,
            rows,
            linear,
            masks_and_penalties(settings),
            slots=np.full(len(rows), -1, dtype=np.int32),
            sums=aligned_zeros(n_slots, length),
            counts=np.zeros(n_slots, dtype=np.int32),
            touched=np.zeros(n_slots, dtype=np.int32),
            progress=np.zeros(3, dtype=np.int64),
        )

    def read_parameters(self, settings: Hyperparameters) -> Parameters:
        """Return a copy of the parameters."""
        F = settings.num_factors
        users, items = self.rows[: self.n_users], self.rows[self.n_users :]
        return Parameters(
            user_factors=users[:, :F].copy(),
            item_factors=items[:, :F].copy(),
            weight=self.linear[:F].copy(),
            bias=np.array(self.linear[F + 2]),
            user_bias=users[:, F].copy() if settings.use_bias else None,
            item_bias=items[:, F + 1].copy() if settings.use_bias else None,
        )


class FusedEngine:
    """The engine that trains with the compiled kernel, where `why_not_fused` finds no obstacle.

    With two threads, the second one shuffles the ratings of the next epoch meanwhile, which changes no number.
    """

    def __init__(
        self, URM_train: sps.csr_matrix, start: Parameters, hyperparameters: Hyperparameters, random_seed: int
    ) -> None:
        self.hyperparameters = hyperparameters
        asked = hyperparameters.num_threads
        n_threads = torch.get_num_threads() if asked is None else asked
        self._epochs = ShuffledEpochs(URM_train, random_seed, ahead=n_threads > 1)
        self._batch_size = min(hyperparameters.batch_size, URM_train.nnz)
        self._arrays = TrainingArrays.from_parameters(start, hyperparameters, self._batch_size)
        rows, self._ratings_per_sum = rows_of_long_sums(URM_train, self._batch_size)
        self._long_sums = LongSums(rows, self._arrays.slots, self._arrays.sums) if rows.size else None

    def run_epoch(self, epoch: int) -> float:
        """Train on every rating once; see `Engine`."""
        if self._arrays.progress[:2].any():
            raise RuntimeError("an epoch was interrupted inside a batch; this engine cannot go on")
        records = self._epochs.records(epoch)
        total = 0.0
        for begin, end in self._slices(len(records)):
            total += train_ratings(records, begin, end, self._batch_size, self._arrays, self.hyperparameters)
            if self._long_sums is not None:
                self._move_long_sums(self._long_sums, end, len(records))
        return total / len(records)

    def _slices(self, n_ratings: int) -> Iterator[tuple[int, int]]:
        """Yield begin and end of each call of the kernel; with long sums, the last rating of a batch has its own."""
        length = _SLICE // padded_length(self.hyperparameters.num_factors)
        if self._long_sums is None:
            for begin in range(0, n_ratings, length):
                yield begin, min(begin + length, n_ratings)
            return
        length = min(length, self._ratings_per_sum)
        for batch in range(0, n_ratings, self._batch_size):
            last = min(batch + self._batch_size, n_ratings) - 1
            for begin in range(batch, last, length):
                yield begin, min(begin + length, last)
            yield last, last + 1

    def _move_long_sums(self, long_sums: LongSums, end: int, n_ratings: int) -> None:
        """Move them between two calls of a batch: the last call, which makes the step, needs the whole sums."""
        left_of_batch = min(-end % self._batch_size, n_ratings - end)
        if left_of_batch > 1:
            long_sums.take()
        elif left_of_batch == 1:
            long_sums.give_back()

    def parameters(self) -> Parameters:
        """Return a copy of the parameters as they are now."""
        return self._arrays.read_parameters(self.hyperparameters)


def masks_and_penalties(settings: Hyperparameters) -> npt.NDArray[np.float32]:
    """Return the users' mask and penalty, the items' mask and penalty, and the mask of the linear layer, (5, L).

    A mask is 1 where a number is trained, and a penalty is twice the regularisation.
    """
    F = settings.num_factors
    table = aligned_zeros(5, padded_length(F))
    user_mask, user_penalty, item_mask, item_penalty, linear_mask = table
    for mask, penalty, regularization, bias in (
        (user_mask, user_penalty, settings.user_reg, F),
        (item_mask, item_penalty, settings.item_reg, F + 1),
    ):
        mask[:F], penalty[:F] = 1, 2 * regularization
        if settings.use_bias:
            mask[bias], penalty[bias] = 1, 2 * settings.bias_reg
    linear_mask[:F] = linear_mask[F + 2] = 1
    return table


def padded_length(num_factors: int) -> int:
    """Return how many numbers a row's parameters are (L), biases included, in whole vectors."""
    n_lanes: int = _kernel.N_LANES
    return -(-(num_factors + int(_kernel.N_BIASES)) // n_lanes) * n_lanes


def aligned_zeros(n_rows: int, n_columns: int) -> npt.NDArray[np.float32]:
    """Return zeros of shape (n_rows, n_columns) that start at a cache line."""
    n_bytes = n_rows * n_columns * np.dtype(np.float32).itemsize
    memory = np.zeros(n_bytes + _CACHE_LINE, dtype=np.uint8)
    offset = -memory.ctypes.data % _CACHE_LINE
    return memory[offset : offset + n_bytes].view(np.float32).reshape(n_rows, n_columns)
