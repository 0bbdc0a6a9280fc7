"""The best k items of rows of scores, and the masks that hide items before."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_int

_kernel = import_kernel("Recommenders._ranking.top_k_kernel")

# Ctrl-C waits for a kernel call; this many scores take milliseconds, and 0.2 s where all of them must be sorted.
_SCORES_PER_CALL = 1 << 20
# fewer scores are not worth a thread
_SCORES_PER_THREAD = 1 << 18


class Profiles(NamedTuple):
    """The items of B users: the items of user b are `items[starts[b]:ends[b]]`."""

    starts: npt.NDArray[np.int64]  # (B,)
    ends: npt.NDArray[np.int64]  # (B,)
    items: npt.NDArray[Any]  # int32 or int64

    @classmethod
    def from_matrix(cls, URM: Any, user_ids: npt.NDArray[np.int64]) -> "Profiles":
        """Take the users' rows of a sparse matrix; a csr matrix is not copied."""
        csr = sps.csr_matrix(URM)
        return cls(csr.indptr[user_ids].astype(np.int64), csr.indptr[user_ids + 1].astype(np.int64), csr.indices)

    def part(self, rows: slice) -> "Profiles":
        """Return the profiles of some of the users."""
        return Profiles(self.starts[rows], self.ends[rows], self.items)

    @classmethod
    def empty(cls, n_users: int) -> "Profiles":
        """Return the profiles of users without items."""
        return cls(np.zeros(n_users, dtype=np.int64), np.zeros(n_users, dtype=np.int64), np.empty(0, dtype=np.int32))


def top_k(
    scores: npt.NDArray[Any], k: int, row_ids: npt.NDArray[np.int64] | None = None, *, num_threads: int = 1
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the ids of the k largest scores of every row, best first, equal scores by ascending id.

    The scores are float32 or float64, (B, n_items). An item of score -inf is left out; +inf is a score like any other.
    The ids, (B, min(k, n_items)), are -1 after the end of a list; the lengths of the lists are (B,). An error for a NaN
    names the row by its `row_ids`, else by its position. The result does not depend on the number of threads.
    """
    k = check_int("k", k, minimum=1)
    scores = np.ascontiguousarray(_check_scores(scores))
    n_rows, n_items = scores.shape
    ids = np.full((n_rows, min(k, n_items)), -1, dtype=np.int32)
    lengths = np.zeros(n_rows, dtype=np.int32)

    def rank(rows: slice) -> None:
        nan_row = _kernel.top_k_of_rows(scores[rows], ids[rows], lengths[rows])
        if nan_row >= 0:
            row = rows.start + nan_row
            name = f"row {row}" if row_ids is None else f"the row of id {row_ids[row]}"
            raise ValueError(f"scores must be numbers or infinities, got NaN in {name}")

    for_each_slice(rank, n_rows, _rows_per_slice(n_rows, n_items, num_threads), num_threads)
    return ids, lengths


def as_lists(ids: npt.NDArray[np.int32], lengths: npt.NDArray[np.int32]) -> list[list[int]]:
    """Turn the result of `top_k` into lists of Python ints."""
    return [row[:length] for row, length in zip(ids.tolist(), lengths.tolist())]


def mask_items(scores: npt.NDArray[Any], seen: Profiles, removed: npt.NDArray[np.int64]) -> None:
    """Set to -inf, in the C-contiguous scores, the items that each row's user has seen and the removed items."""
    _kernel.mask_of_rows(scores, *seen, removed)


def mask_other_columns(scores: npt.NDArray[Any], columns: npt.NDArray[np.int64]) -> None:
    """Set to -inf, in the scores themselves, every column but the given ones."""
    others = np.ones(scores.shape[1], dtype=bool)
    others[columns] = False
    scores[:, others] = -np.inf


def _check_scores(scores: Any) -> npt.NDArray[Any]:
    if not isinstance(scores, np.ndarray) or scores.dtype not in (np.float32, np.float64):
        got = f"{scores.dtype} values" if isinstance(scores, np.ndarray) else f"a {type(scores).__name__}"
        raise TypeError(f"scores must be a float32 or float64 array, got {got}")
    if scores.ndim != 2 or scores.shape[1] >= 2**31:
        raise ValueError(f"scores must be 2-D with less than 2**31 columns, got shape {scores.shape}")
    return scores


def _rows_per_slice(n_rows: int, n_items: int, num_threads: int) -> int:
    """Return an equal share for each thread, but no share too small for a thread or too long for an interrupt."""
    share = max(-(-n_rows // num_threads), _SCORES_PER_THREAD // max(1, n_items))
    return max(1, min(share, _SCORES_PER_CALL // max(1, n_items)))
