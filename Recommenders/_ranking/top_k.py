"""The best k of score rows, and the masks that are laid over the scores before."""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sps

from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_int

_kernel = import_kernel("Recommenders._ranking.top_k_kernel")

# A kernel call holds back Ctrl-C; this many scores take milliseconds, and 0.2 s where all of them must be sorted.
_SCORES_A_CALL = 1 << 20
# what is worth a thread of its own
_SCORES_A_THREAD = 1 << 18


class Profiles(NamedTuple):
    """The items of some users: those of user b are `items[starts[b]:ends[b]]`.

    Attributes
    ----------
    starts, ends : np.ndarray of int64, shape (B,)
    items : np.ndarray of int32 or int64
    """

    starts: np.ndarray
    ends: np.ndarray
    items: np.ndarray

    @classmethod
    def of(cls, URM: Any, user_ids: np.ndarray) -> "Profiles":
        """The rows of a sparse matrix; nothing of the size of the matrix is copied if it is csr."""
        csr = sps.csr_matrix(URM)
        return cls(csr.indptr[user_ids].astype(np.int64), csr.indptr[user_ids + 1].astype(np.int64), csr.indices)

    def part(self, rows: slice) -> "Profiles":
        """Those of some of the users."""
        return Profiles(self.starts[rows], self.ends[rows], self.items)

    @classmethod
    def empty(cls, n_users: int) -> "Profiles":
        """Those of users without items."""
        return cls(np.zeros(n_users, dtype=np.int64), np.zeros(n_users, dtype=np.int64), np.empty(0, dtype=np.int32))


def top_k(
    scores: np.ndarray, k: int, row_ids: np.ndarray | None = None, *, num_threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the k largest scores of every row: best first, equal scores by ascending id.

    Parameters
    ----------
    scores : np.ndarray of float32 or float64, shape (B, n_items)
        -inf means "never", +inf is a score like any other. Copied only where it is not C-contiguous.
    k : int >= 1
        More than n_items is as good as n_items.
    row_ids : np.ndarray of int, shape (B,), default None
        What the error for a NaN calls the rows (the user ids); their positions if None.
    num_threads : int >= 1, default 1
        Threads over rows, at most; small blocks stay on one. The result does not depend on it.

    Returns
    -------
    ids : np.ndarray of int32, shape (B, min(k, n_items))
        Filled with -1 after the row's length.
    lengths : np.ndarray of int32, shape (B,)
        How many items of each row have a score above -inf, k at most.

    Raises
    ------
    TypeError
        For scores that are not a float32 or float64 array.
    ValueError
        For NaN, for scores that are not 2-D, for k < 1.
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


def _check_scores(scores: Any) -> np.ndarray:
    if not isinstance(scores, np.ndarray) or scores.dtype not in (np.float32, np.float64):
        got = f"{scores.dtype} values" if isinstance(scores, np.ndarray) else f"a {type(scores).__name__}"
        raise TypeError(f"scores must be a float32 or float64 array, got {got}")
    if scores.ndim != 2 or scores.shape[1] >= 2**31:
        raise ValueError(f"scores must be 2-D with less than 2**31 columns, got shape {scores.shape}")
    return scores


def _rows_per_slice(n_rows: int, n_items: int, num_threads: int) -> int:
    """Equal shares of the threads, unless they are too small for a thread or too long for an interrupt."""
    share = max(-(-n_rows // num_threads), _SCORES_A_THREAD // max(1, n_items))
    return max(1, min(share, _SCORES_A_CALL // max(1, n_items)))


def as_lists(ids: np.ndarray, lengths: np.ndarray) -> list[list[int]]:
    """The result of `top_k` as a list of lists of Python ints."""
    return [row[:length] for row, length in zip(ids.tolist(), lengths.tolist())]


def mask_items(scores: np.ndarray, seen: Profiles, removed: np.ndarray) -> None:
    """Set to -inf, in place, the items that the user of each row has seen, and those that are removed for all.

    Parameters
    ----------
    scores : np.ndarray of float32 or float64, shape (B, n_items), C-contiguous
    seen : Profiles of B users
    removed : np.ndarray of int64
    """
    _kernel.mask_of_rows(scores, *seen, removed)


def mask_other_columns(scores: np.ndarray, columns: np.ndarray) -> None:
    """Set to -inf, in place, every column but the given ones."""
    others = np.ones(scores.shape[1], dtype=bool)
    others[columns] = False
    scores[:, others] = -np.inf
