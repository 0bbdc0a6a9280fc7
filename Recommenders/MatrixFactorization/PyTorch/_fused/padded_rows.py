"""How the fused engine lays out a row: parameters and optimiser's state side by side, padded to whole vectors.

The biases are three more factors, so that the score is one weighted product: a user's row is [p, b_u, 1, 1], an item's
[q, 1, b_i, 1], and that of the linear layer [w, 1, 1, b].

Letters of the shapes: F factors, U users, I items, L numbers of a row's parameters, S numbers of a row with its states.
"""

from typing import NamedTuple, Self

import numpy as np

from Recommenders.MatrixFactorization.PyTorch._fused.kernel import N_LANES
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._optimizers import OPTIMIZERS
from Recommenders.MatrixFactorization.PyTorch._parameters import Array, Parameters

_CACHE_LINE = 64  # bytes
_N_BIASES = 3


class PaddedRows(NamedTuple):
    """The rows of a model, float32, aligned to cache lines."""

    table: Array  # (U + I, S), users first
    linear: Array  # (S,)
    n_users: int

    @classmethod
    def of(cls, start: Parameters, sgd_mode: str) -> Self:
        """Rows with these parameters (copied) and states of zero."""
        n_users, F = start.user_factors.shape
        n_numbers = padded_length(F) * (1 + len(OPTIMIZERS[sgd_mode].state_names))
        table = aligned_zeros(n_users + len(start.item_factors), n_numbers)
        linear = aligned_zeros(1, n_numbers)[0]
        users, items = table[:n_users], table[n_users:]
        table[:, F : F + _N_BIASES] = linear[F : F + _N_BIASES] = 1
        users[:, :F], items[:, :F], linear[:F] = start.user_factors, start.item_factors, start.weight
        users[:, F] = 0 if start.user_bias is None else start.user_bias
        items[:, F + 1] = 0 if start.item_bias is None else start.item_bias
        linear[F + 2] = start.bias
        return cls(table, linear, n_users)

    def read(self, num_factors: int, use_bias: bool) -> Parameters:
        """A copy of the parameters."""
        F = num_factors
        users, items = self.table[: self.n_users], self.table[self.n_users :]
        return Parameters(
            user_factors=users[:, :F].copy(),
            item_factors=items[:, :F].copy(),
            weight=self.linear[:F].copy(),
            bias=np.array(self.linear[F + 2]),
            user_bias=users[:, F].copy() if use_bias else None,
            item_bias=items[:, F + 1].copy() if use_bias else None,
        )


def masks_and_penalties(hyperparameters: Hyperparameters) -> Array:
    """What the kernel has to know of each number of a row, shape (5, L).

    The users' mask (1 where a number is trained) and penalty (twice the regularisation), the items' mask and penalty,
    and the mask of the linear layer.
    """
    F = hyperparameters.num_factors
    lanes = aligned_zeros(5, padded_length(F))
    user_mask, user_penalty, item_mask, item_penalty, linear_mask = lanes
    for mask, penalty, regularization, bias in (
        (user_mask, user_penalty, hyperparameters.user_reg, F),
        (item_mask, item_penalty, hyperparameters.item_reg, F + 1),
    ):
        mask[:F], penalty[:F] = 1, 2 * regularization
        if hyperparameters.use_bias:
            mask[bias], penalty[bias] = 1, 2 * hyperparameters.bias_reg
    linear_mask[:F] = linear_mask[F + 2] = 1
    return lanes


def padded_length(num_factors: int) -> int:
    """Numbers of a row's parameters (L) in whole vectors, biases included."""
    return -(-(num_factors + _N_BIASES) // N_LANES) * N_LANES


def aligned_zeros(n_rows: int, n_columns: int) -> Array:
    """Zeros of shape (n_rows, n_columns), float32, that start at a cache line."""
    n_bytes = n_rows * n_columns * np.dtype(np.float32).itemsize
    memory = np.zeros(n_bytes + _CACHE_LINE, dtype=np.uint8)
    offset = -memory.ctypes.data % _CACHE_LINE
    return memory[offset : offset + n_bytes].view(np.float32).reshape(n_rows, n_columns)
