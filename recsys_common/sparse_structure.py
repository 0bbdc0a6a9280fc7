"""Checks of the arrays inside a scipy sparse matrix, to be made before anything converts it.

scipy does not check the arrays that a matrix is made of, or that replace them later, but its compiled conversions
follow every pointer and index: a column beyond the shape makes them write outside of an array.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sps

# what a check finds wrong, or None
_Fault = str | None


def structure_fault(matrix: Any) -> _Fault:
    """Say how the arrays of a 2-D scipy sparse matrix or array contradict each other or its shape.

    Such as ``columns outside of 0..9``; None for a matrix that every conversion can read. It takes one pass over the
    indices.
    """
    check = _CHECKS.get(matrix.format)
    return f"the unknown format {matrix.format!r}" if check is None else check(matrix)


def canonical_fault(matrix: Any) -> _Fault:
    """Say how a csr matrix differs from one whose columns ascend in every row, in one pass over them."""
    indices, indptr = matrix.indices, matrix.indptr
    fault = _pointer_fault(indptr, matrix.shape[0], len(indices)) or _data_fault(matrix.data, len(indices))
    if fault is not None:
        return fault
    ascending = indices[1:] > indices[:-1]
    # the first column of a row may be smaller than the last one of the row before
    starts = indptr[(indptr > 0) & (indptr < len(indices))]
    ascending[starts - 1] = True
    if not ascending.all():
        return "columns of a row that are not distinct and ascending"
    # so the smallest and the largest columns are at the two ends of the rows
    is_filled = indptr[1:] > indptr[:-1]
    ends = np.concatenate([indices[indptr[:-1][is_filled]], indices[indptr[1:][is_filled] - 1]])
    return _index_fault("columns", ends, matrix.shape[1])


def _integers_fault(name: str, array: Any) -> _Fault:
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in "iu":
        return f"{name} that are not a 1-D array of integers"
    return None


def _index_fault(name: str, indices: Any, n_indices: int) -> _Fault:
    fault = _integers_fault(name, indices)
    if fault is None and not indices.dtype.isnative:
        return f"{name} in the byte order of another machine"
    if fault is None and indices.size > 0 and not (indices.min() >= 0 and indices.max() < n_indices):
        return f"{name} outside of 0..{n_indices - 1}"
    return fault


def _data_fault(data: Any, n_entries: int, ndim: int = 1) -> _Fault:
    if not isinstance(data, np.ndarray) or data.ndim != ndim:
        return f"values that are not a {ndim}-D array"
    if not data.dtype.isnative:
        return "values in the byte order of another machine"
    return f"{len(data)} values for {n_entries} indices" if len(data) != n_entries else None


def _pointer_fault(indptr: Any, n_rows: int, n_entries: int) -> _Fault:
    fault = _integers_fault("pointers", indptr)
    if fault is None and len(indptr) != n_rows + 1:
        return f"{len(indptr)} pointers for {n_rows} rows or columns"
    # compared, not subtracted: unsigned differences are never negative
    if fault is None and (indptr[0] != 0 or indptr[-1] > n_entries or (indptr[1:] < indptr[:-1]).any()):
        return f"pointers that do not ascend from 0 to at most {n_entries}"
    return fault


def _compressed_fault(matrix: Any, n_major: int, n_minor: int, name: str, ndim: int = 1) -> _Fault:
    indices = matrix.indices
    fault = _index_fault(name, indices, n_minor)
    return fault or _data_fault(matrix.data, len(indices), ndim) or _pointer_fault(matrix.indptr, n_major, len(indices))


def _bsr_fault(matrix: Any) -> _Fault:
    if not isinstance(matrix.data, np.ndarray) or matrix.data.ndim != 3:
        return "values that are not a 3-D array"
    shape, block = matrix.shape, matrix.data.shape[1:]
    if 0 in block or shape[0] % block[0] or shape[1] % block[1]:
        return f"blocks of {block} in a shape of {shape}"
    return _compressed_fault(matrix, shape[0] // block[0], shape[1] // block[1], "columns of blocks", ndim=3)


def _coo_fault(matrix: Any) -> _Fault:
    n_rows, n_columns = matrix.shape
    fault = _index_fault("rows", matrix.row, n_rows) or _index_fault("columns", matrix.col, n_columns)
    return fault or _data_fault(matrix.data, len(matrix.row)) or _data_fault(matrix.data, len(matrix.col))


def _dia_fault(matrix: Any) -> _Fault:
    fault = _integers_fault("offsets", matrix.offsets)
    if fault is None and len(np.unique(matrix.offsets)) != len(matrix.offsets):
        return "the same offset twice"
    return fault or _data_fault(matrix.data, len(matrix.offsets), ndim=2)


def _lil_fault(matrix: Any) -> _Fault:
    rows, data, (n_rows, n_columns) = matrix.rows, matrix.data, matrix.shape
    if not all(isinstance(lists, np.ndarray) and lists.shape == (n_rows,) for lists in (rows, data)):
        return f"other than one list for each of {n_rows} rows"
    for columns, values in zip(rows, data):
        if not isinstance(columns, list) or not isinstance(values, list) or len(columns) != len(values):
            return "rows whose columns and values are not lists of the same length"
        fault = _index_fault("columns", np.array(columns), n_columns) if columns else None
        if fault is not None:
            return fault
    return None


def _dok_fault(matrix: Any) -> _Fault:
    # a dictionary: its conversion to arrays of coordinates checks them itself
    try:
        return _coo_fault(sps.coo_matrix(matrix))
    except ValueError as error:
        return str(error)


_CHECKS: dict[str, Callable[[Any], _Fault]] = {
    "csr": lambda matrix: _compressed_fault(matrix, matrix.shape[0], matrix.shape[1], "columns"),
    "csc": lambda matrix: _compressed_fault(matrix, matrix.shape[1], matrix.shape[0], "rows"),
    "bsr": _bsr_fault,
    "coo": _coo_fault,
    "dia": _dia_fault,
    "lil": _lil_fault,
    "dok": _dok_fault,
}
