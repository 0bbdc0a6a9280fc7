"""The times of interactions, from the matrix that the readers keep beside the ratings."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import cell_keys
from recsys_common.validation import check_sparse


def times_of_cells(URM: sps.csr_matrix, URM_timestamp: Any) -> npt.NDArray[np.float64]:
    """The time of every interaction; 0 where URM_timestamp stores none, since a sparse matrix does not store 0.

    Parameters
    ----------
    URM : scipy.sparse.csr_matrix in canonical form, shape (n_users, n_items)
    URM_timestamp : scipy sparse matrix or array, shape (n_users, n_items)
        Seconds since 1970, or any other numbers that grow with time. It is not changed.

    Returns
    -------
    numpy.ndarray of float64, shape (URM.nnz,)
        In the order of URM.data.

    Raises
    ------
    TypeError, ValueError
        If URM_timestamp is no sparse matrix of finite numbers, of another shape, or has a time where URM has no
        interaction.
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
