"""The times of interactions, from URM_timestamp, the matrix that the readers provide beside the ratings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.csr_cells import cell_keys
from recsys_common.validation import check_sparse

URM_TIMESTAMP = "URM_timestamp"


def times_of_cells(URM: sps.csr_matrix, URM_timestamp: Any) -> npt.NDArray[np.float64]:
    """Return the time of every interaction of a canonical URM, shape (URM.nnz,), in the order of its data.

    It is 0 where URM_timestamp stores none, since a sparse matrix does not store 0. URM_timestamp holds seconds since
    1970, or other numbers that grow with time; it is not changed. TypeError or ValueError if it is not a sparse matrix
    of finite numbers, is of another shape, or has a time where the URM has no interaction.
    """
    timestamps = check_sparse("URM_timestamp", URM_timestamp, dtype=np.float64, allow_empty=True)
    if timestamps.shape != URM.shape:
        raise ValueError(f"URM_timestamp must be of shape {URM.shape}, got {timestamps.shape}")
    if np.array_equal(timestamps.indptr, URM.indptr) and np.array_equal(timestamps.indices, URM.indices):
        return np.asarray(timestamps.data)

    cells, timed_cells = cell_keys(URM), cell_keys(timestamps)
    places = np.minimum(np.searchsorted(cells, timed_cells), len(cells) - 1)
    n_outside = int((cells[places] != timed_cells).sum())
    if n_outside > 0:
        raise ValueError(f"URM_timestamp must be empty where the URM is, got {n_outside} times without interaction")
    times = np.zeros(URM.nnz)
    times[places] = timestamps.data
    return times


def times_of_parts(
    URMs: Mapping[str, sps.csr_matrix], URM_all: sps.csr_matrix, URM_timestamp: sps.csr_matrix
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the time of every interaction of each part of URM_all, in the order of its data; all are canonical."""
    times = times_of_cells(URM_all, URM_timestamp)
    # the place of every cell in `times`, from 1, since a product drops zeros
    places = sps.csr_matrix((np.arange(1, URM_all.nnz + 1), URM_all.indices, URM_all.indptr), shape=URM_all.shape)
    times_by_part = {}
    for name, URM in URMs.items():
        pattern = sps.csr_matrix((np.ones(URM.nnz, dtype=np.int64), URM.indices, URM.indptr), shape=URM.shape)
        found = sps.csr_matrix(places.multiply(pattern))
        found.sort_indices()
        times_by_part[name] = times[found.data - 1]
    return times_by_part
