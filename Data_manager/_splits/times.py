"""The times of the interactions of a split."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Data_manager.split_functions._timestamps import times_of_cells

URM_TIMESTAMP = "URM_timestamp"


def has_times(dataset: Dataset) -> bool:
    """Whether the data set says when its interactions happened."""
    return URM_TIMESTAMP in dataset.AVAILABLE_URM


def times_of_parts(URMs: Mapping[str, sps.csr_matrix], dataset: Dataset) -> dict[str, npt.NDArray[np.float64]]:
    """The time of every interaction of each part, in the order of its data.

    Parameters
    ----------
    URMs : mapping of str to scipy.sparse.csr_matrix in canonical form
        Interactions of the data set by the name of the part.
    dataset : Dataset
        With URM_timestamp, of the same users and items.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (URM.nnz,)
        0 where URM_timestamp stores none.
    """
    URM_all = dataset.AVAILABLE_URM["URM_all"]
    times = times_of_cells(URM_all, dataset.AVAILABLE_URM[URM_TIMESTAMP])
    # the place of every cell in `times`, from 1, since a product drops zeros
    places = sps.csr_matrix((np.arange(1, URM_all.nnz + 1), URM_all.indices, URM_all.indptr), shape=URM_all.shape)
    times_by_part = {}
    for name, URM in URMs.items():
        pattern = sps.csr_matrix((np.ones(URM.nnz, dtype=np.int64), URM.indices, URM.indptr), shape=URM.shape)
        found = sps.csr_matrix(places.multiply(pattern))
        found.sort_indices()
        times_by_part[name] = times[found.data - 1]
    return times_by_part
