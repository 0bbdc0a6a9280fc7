"""Functions on sparse matrices, and the making of temporary folders."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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
    is_sparse,
)

# similarityMatrixTopK ranks this many cells at a time: 16 MB of float32
_CELLS_PER_CHUNK = 1 << 22


def check_matrix(X: Any, format: str = "csc", dtype: Any = np.float32) -> Any:
    """Convert a matrix to another format and dtype; always copy it.

    Parameters
    ----------
    X : scipy sparse matrix or array, or np.ndarray, with two dimensions
        The zeros of an ndarray are dropped.
    format : {"csc", "csr", "coo", "dok", "bsr", "dia", "lil", "npy"}, default "csc"
        "npy" is a dense array.
    dtype : numpy dtype, default np.float32
        Not applied where an ndarray stays one ("npy").

    Returns
    -------
    scipy sparse matrix, or np.ndarray for "npy", of the shape of X

    Raises
    ------
    TypeError, ValueError
        If X or the format is not as described.
    """
    format = check_choice("format", format, ["csc", "csr", "coo", "dok", "bsr", "dia", "lil", "npy"])
    if not is_sparse(X) and not isinstance(X, np.ndarray):
        raise TypeError(f"X must be a scipy sparse matrix or a numpy array, got a {type(X).__name__}")
    if X.ndim != 2:
        raise ValueError(f"X must have two dimensions, got {X.ndim}")
    if is_sparse(X):
        check_structure("X", X)
        # before duplicates are summed, which overflows small integers
        X = cast_values(X, dtype) if X.dtype.kind in "iu" else X
    if format == "npy":
        return X.toarray().astype(dtype, copy=False) if is_sparse(X) else np.array(X)
    # csr takes sparse arrays and ndarrays, and converts to every other format
    matrix: Any = sps.csr_matrix(X, dtype=dtype, copy=True)
    return matrix.asformat(format)


def similarityMatrixTopK(
    item_weights: Any, k: int = 100, verbose: bool = False, use_absolute_values: bool = False
) -> sps.csr_matrix:
    """Keep the k largest entries of every column.

    Zeros do not count as entries, in a sparse and in a dense matrix: a column with fewer than k entries keeps all of
    them, negative ones too. Of equal entries those in the upper rows are kept.

    Parameters
    ----------
    item_weights : scipy sparse matrix or array, or np.ndarray, shape (n, n)
        Finite numbers.
    k : int >= 1, default 100
        More than n means n.
    verbose : bool, default False
        Has no effect: nothing is printed.
    use_absolute_values : bool, default False
        Compare the absolute values.

    Returns
    -------
    scipy.sparse.csr_matrix of float32, shape (n, n)

    Raises
    ------
    TypeError, ValueError
        If item_weights are not square, or an argument is not as described.
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


def areURMequals(URM1: Any, URM2: Any) -> bool:
    """Return whether two sparse matrices have the same shape and the same values.

    Parameters
    ----------
    URM1, URM2 : scipy sparse matrix or array
        An explicit zero equals an empty cell.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        If one of them is not a consistent sparse matrix of real numbers.
    """
    if URM1.shape != URM2.shape:
        return False
    different: Any = check_entries("URM1", URM1) != check_entries("URM2", URM2)
    return bool(different.nnz == 0)


def addZeroSamples(S_matrix: Any, numSamplesToAdd: int, *, random_seed: int | None = None) -> sps.csr_matrix:
    """Store zeros at random empty cells, as negative samples for a model that learns from the stored entries.

    Parameters
    ----------
    S_matrix : scipy sparse matrix or array, shape (n, m)
        If it is square, its diagonal stays as it is: an item's similarity to itself is not sampled.
    numSamplesToAdd : int >= 0
        At most the number of empty cells.
    random_seed : int >= 0, optional
        The same seed gives the same cells; None gives different ones at every call.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (n, m)
        All stored entries of S_matrix, and numSamplesToAdd explicit zeros.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
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
    """Return a larger matrix with the same entries at the same places.

    Parameters
    ----------
    sparseMatrix : scipy sparse matrix or array, shape (n, m)
        It is not changed.
    newShape : tuple of int >= n and int >= m
        The shape of the result.

    Returns
    -------
    scipy.sparse.csr_matrix, shape `newShape`

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    matrix: Any = check_entries("sparseMatrix", sparseMatrix).copy()
    n_rows = check_int("newShape[0]", newShape[0], minimum=matrix.shape[0])
    n_columns = check_int("newShape[1]", newShape[1], minimum=matrix.shape[1])
    matrix.resize(n_rows, n_columns)
    return sps.csr_matrix(matrix)


def get_unique_temp_folder(input_temp_folder_path: str | Path) -> str:
    """Create the first of `path/`, `path_1/`, `path_2/`, ... that does not exist; no other process gets the same one.

    Parameters
    ----------
    input_temp_folder_path : str or Path
        A slash at its end makes no difference.

    Returns
    -------
    str
        The new folder, with a slash at its end.
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


def _largest_positions(starts: npt.NDArray[Any], values: npt.NDArray[Any], k: int) -> npt.NDArray[np.int64]:
    """Return the positions in `values` of the k largest of each segment starts[j]:starts[j + 1]."""
    lengths = np.diff(starts)
    kept = [np.empty(0, dtype=np.int64)]
    # segments of about the same length become the rows of a padded chunk, which the kernel ranks
    order = np.argsort(lengths, kind="stable")
    left = order.size
    while left > 0 and lengths[order[left - 1]] > 0:
        width = int(lengths[order[left - 1]])
        segments = order[max(0, left - max(1, _CELLS_PER_CHUNK // width)) : left]  # (B,)
        column = np.arange(width)
        inside = column < lengths[segments, np.newaxis]  # (B, width)
        positions = starts[segments, np.newaxis] + column  # (B, width)
        chunk = np.full(inside.shape, -np.inf, dtype=values.dtype)
        chunk[inside] = values[positions[inside]]
        ids, n_kept = top_k(chunk, k)
        chosen = np.arange(ids.shape[1]) < n_kept[:, np.newaxis]
        kept.append(positions[np.nonzero(chosen)[0], ids[chosen]])
        left -= segments.size
    return np.concatenate(kept)
