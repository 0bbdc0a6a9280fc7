"""The best k of score rows, and the masks that are laid over the scores before."""

from typing import Any

import numpy as np
import scipy.sparse as sps

from Recommenders._validation import check_int

try:
    from Recommenders._top_k_kernel import top_k_of_rows
except ImportError as error:  # the sources alone, of a clone that was not installed
    raise ImportError("the compiled kernels are missing: run `python -m pip install .` in the clone") from error

# A kernel call holds back Ctrl-C; this many scores take milliseconds, and 0.2 s where all of them must be sorted.
_SCORES_A_CALL = 1 << 20


def top_k(scores: np.ndarray, k: int, row_ids: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the k largest scores of every row: best first, equal scores by ascending id.

    Parameters
    ----------
    scores : np.ndarray of float32 or float64, shape (B, n_items)
        -inf means "never", +inf is a score like any other. Copied only where it is not C-contiguous.
    k : int >= 1
        More than n_items is as good as n_items.
    row_ids : np.ndarray of int, shape (B,), default None
        What the error for a NaN calls the rows (the user ids); their positions if None.

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
    if not isinstance(scores, np.ndarray) or scores.dtype not in (np.float32, np.float64):
        got = f"{scores.dtype} values" if isinstance(scores, np.ndarray) else f"a {type(scores).__name__}"
        raise TypeError(f"scores must be a float32 or float64 array, got {got}")
    if scores.ndim != 2 or scores.shape[1] >= 2**31:
        raise ValueError(f"scores must be 2-D with less than 2**31 columns, got shape {scores.shape}")
    scores = np.ascontiguousarray(scores)
    n_rows, n_items = scores.shape
    k = min(k, n_items)
    ids = np.full((n_rows, k), -1, dtype=np.int32)
    lengths = np.zeros(n_rows, dtype=np.int32)
    heap_scores, heap_ids = np.empty(k, dtype=scores.dtype), np.empty(k, dtype=np.int32)

    step = max(1, _SCORES_A_CALL // max(1, n_items))
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        nan_row = top_k_of_rows(scores[rows], heap_scores, heap_ids, ids[rows], lengths[rows])
        if nan_row >= 0:
            row = start + nan_row
            name = f"row {row}" if row_ids is None else f"the row of id {row_ids[row]}"
            raise ValueError(f"scores must be numbers or infinities, got NaN in {name}")
    return ids, lengths


def as_lists(ids: np.ndarray, lengths: np.ndarray) -> list[list[int]]:
    """The result of `top_k` as a list of lists of Python ints."""
    return [row[:length] for row, length in zip(ids.tolist(), lengths.tolist())]


def mask_seen(scores: np.ndarray, URM: Any, user_ids: np.ndarray) -> None:
    """Set to -inf, in place, every item that the user of the row has an entry for in the URM.

    Parameters
    ----------
    scores : np.ndarray of float, shape (B, n_items)
    URM : sparse matrix, shape (n_users, n_items)
    user_ids : np.ndarray of int, shape (B,)
    """
    seen = sps.csr_matrix(URM)[user_ids]
    rows = np.repeat(np.arange(len(user_ids)), np.diff(seen.indptr))
    scores[rows, seen.indices] = -np.inf


def mask_other_columns(scores: np.ndarray, columns: np.ndarray) -> None:
    """Set to -inf, in place, every column but the given ones."""
    others = np.ones(scores.shape[1], dtype=bool)
    others[columns] = False
    scores[:, others] = -np.inf
