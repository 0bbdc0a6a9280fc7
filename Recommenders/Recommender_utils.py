"""Helpers around sparse matrices."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sps

from Recommenders._ranking.top_k import top_k
from recsys_common.validation import (
    cast_values,
    check_bool,
    check_choice,
    check_entries,
    check_int,
    check_sparse,
    check_structure,
)

_SPARSE_CLASSES: dict[str, Any] = {
    "csc": sps.csc_matrix,
    "csr": sps.csr_matrix,
    "coo": sps.coo_matrix,
    "dok": sps.dok_matrix,
    "bsr": sps.bsr_matrix,
    "dia": sps.dia_matrix,
    "lil": sps.lil_matrix,
}

# similarityMatrixTopK ranks this many cells at a time: 16 MB of float32
_CELLS_A_BLOCK = 1 << 22


def check_matrix(X: Any, format: str = "csc", dtype: Any = np.float32) -> Any:
    """The matrix in another format and dtype; always a copy.

    Parameters
    ----------
    X : scipy sparse matrix or array, or 2-D np.ndarray
        Of an ndarray the zeros are dropped.
    format : {"csc", "csr", "coo", "dok", "bsr", "dia", "lil", "npy"}, default "csc"
        "npy" is a dense array.
    dtype : numpy dtype, default float32
        Not applied where an ndarray stays one ("npy").

    Raises
    ------
    TypeError, ValueError
        For an X or a format that is not as described.
    """
    format = check_choice("format", format, [*_SPARSE_CLASSES, "npy"])
    is_sparse = bool(sps.issparse(X))
    if not is_sparse and not isinstance(X, np.ndarray):
        raise TypeError(f"X must be a scipy sparse matrix or a numpy array, got a {type(X).__name__}")
    if X.ndim != 2:
        raise ValueError(f"X must have two dimensions, got {X.ndim}")
    if is_sparse:
        check_structure("X", X)
        # before duplicates are summed, which small integers overflow at
        X = cast_values(X, dtype) if X.dtype.kind in "iu" else X
    if format == "npy":
        return X.toarray().astype(dtype, copy=False) if is_sparse else np.array(X)
    # through csr: it takes sparse arrays and ndarrays alike, and every other class takes it
    matrix = sps.csr_matrix(X, dtype=dtype, copy=True)
    return matrix if format == "csr" else _SPARSE_CLASSES[format](matrix)


def similarityMatrixTopK(
    item_weights: Any, k: int = 100, verbose: bool = False, use_absolute_values: bool = False
) -> sps.csr_matrix:
    """Keep the k largest entries of every column.

    Zeros are no entries, whether the matrix is sparse or dense: a column with fewer than k entries keeps all of them,
    negative ones too. Of equal entries those in the upper rows are kept. No cell can be taken twice.

    Parameters
    ----------
    item_weights : scipy sparse matrix or array, or np.ndarray, shape (n, n)
        Finite numbers.
    k : int >= 1, default 100
        More than n is as good as n.
    verbose : bool, default False
        Has no effect; there is nothing to tell.
    use_absolute_values : bool, default False
        Compare the absolute values.

    Returns
    -------
    scipy.sparse.csr_matrix of float32, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        For item_weights that are not square or not as described, and k < 1.
    """
    k = check_int("k", k, minimum=1)
    check_bool("verbose", verbose)
    use_absolute_values = check_bool("use_absolute_values", use_absolute_values)
    item_weights = sps.csr_matrix(item_weights) if isinstance(item_weights, np.ndarray) else item_weights
    matrix = check_sparse("item_weights", item_weights, allow_empty=True)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"item_weights must be square, got shape {matrix.shape}")
    columns = matrix.tocsc()
    values = np.abs(columns.data) if use_absolute_values else columns.data
    kept = _largest_positions(columns.indptr, values, k)
    column_ids = np.repeat(np.arange(matrix.shape[1]), np.diff(columns.indptr))
    return sps.csr_matrix((columns.data[kept], (columns.indices[kept], column_ids[kept])), shape=matrix.shape)


def _largest_positions(starts: np.ndarray, values: np.ndarray, k: int) -> np.ndarray:
    """The positions in `values` of the k largest of each segment starts[j]:starts[j + 1]."""
    lengths = np.diff(starts)
    kept = [np.empty(0, dtype=np.int64)]
    # Segments of about the same length are laid side by side as the rows of a padded block, which the kernel ranks.
    order = np.argsort(lengths, kind="stable")
    left = order.size
    while left > 0 and lengths[order[left - 1]] > 0:
        width = int(lengths[order[left - 1]])
        segments = order[max(0, left - max(1, _CELLS_A_BLOCK // width)) : left]  # (B,)
        column = np.arange(width)
        inside = column < lengths[segments, np.newaxis]  # (B, width)
        positions = starts[segments, np.newaxis] + column  # (B, width)
        block = np.full(inside.shape, -np.inf, dtype=values.dtype)
        block[inside] = values[positions[inside]]
        ids, n_kept = top_k(block, k)
        chosen = np.arange(ids.shape[1]) < n_kept[:, np.newaxis]
        kept.append(positions[np.nonzero(chosen)[0], ids[chosen]])
        left -= segments.size
    return np.concatenate(kept)


def areURMequals(URM1: Any, URM2: Any) -> bool:
    """Whether two sparse matrices have the same shape and the same values; explicit zeros are zeros."""
    if URM1.shape != URM2.shape:
        return False
    different: Any = check_entries("URM1", URM1) != check_entries("URM2", URM2)
    return bool(different.nnz == 0)


def addZeroSamples(S_matrix: Any, numSamplesToAdd: int, *, random_seed: int | None = None) -> sps.csr_matrix:
    """Store zeros at random empty cells, as negative samples for a model that learns from the stored entries.

    Parameters
    ----------
    S_matrix : scipy sparse matrix or array, shape (n, m)
        Its diagonal, where it is square, stays as it is: an item's similarity to itself is no sample.
    numSamplesToAdd : int >= 0
        At most as many as there are empty cells.
    random_seed : int >= 0, default None
        The same seed, the same cells; None: different ones at every call.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (n, m)
        With all stored entries of S_matrix and numSamplesToAdd explicit zeros more.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not as described.
    """
    stored = check_entries("S_matrix", S_matrix).tocoo()
    numSamplesToAdd = check_int("numSamplesToAdd", numSamplesToAdd, minimum=0)
    if random_seed is not None:
        random_seed = check_int("random_seed", random_seed, minimum=0)
    n_rows, n_columns = stored.shape
    taken = stored.row.astype(np.int64) * n_columns + stored.col
    if n_rows == n_columns:
        taken = np.append(taken, np.arange(n_rows, dtype=np.int64) * (n_columns + 1))
    taken = np.unique(taken)
    n_free = n_rows * n_columns - taken.size
    check_int("numSamplesToAdd", numSamplesToAdd, maximum=n_free)

    ranks = np.random.default_rng(random_seed).choice(n_free, numSamplesToAdd, replace=False, shuffle=False)
    # taken[j] - j empty cells lie before the j-th taken one: the r-th empty cell is r plus the taken ones before it
    cells = ranks + np.searchsorted(taken - np.arange(taken.size), ranks, side="right")
    rows, columns = np.append(stored.row, cells // n_columns), np.append(stored.col, cells % n_columns)
    data = np.append(stored.data, np.zeros(numSamplesToAdd, dtype=stored.dtype))
    return sps.csr_matrix((data, (rows, columns)), shape=stored.shape)


def reshapeSparse(sparseMatrix: Any, newShape: tuple[int, int]) -> sps.csr_matrix:
    """The same entries at the same places in a larger matrix.

    Parameters
    ----------
    sparseMatrix : scipy sparse matrix or array, shape (n, m)
    newShape : (int >= n, int >= m)

    Raises
    ------
    ValueError
        For a smaller shape.
    """
    matrix: Any = check_entries("sparseMatrix", sparseMatrix).copy()
    n_rows = check_int("newShape[0]", newShape[0], minimum=matrix.shape[0])
    n_columns = check_int("newShape[1]", newShape[1], minimum=matrix.shape[1])
    matrix.resize(n_rows, n_columns)
    return sps.csr_matrix(matrix)


def get_unique_temp_folder(input_temp_folder_path: str | Path) -> str:
    """Create the first of `path/`, `path_1/`, `path_2/`, ... that does not exist, and return it with its slash.

    No other process can get the same folder.
    """
    base = str(input_temp_folder_path).rstrip("/\\")
    Path(base).parent.mkdir(parents=True, exist_ok=True)
    folder, number = Path(base), 0
    while True:
        try:
            folder.mkdir()
            return f"{folder}/"
        except FileExistsError:
            number += 1
            folder = Path(f"{base}_{number}")
