"""Parts of a URM: the matrices that a split hands out, and what it says of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps


def part_of(URM: sps.csr_matrix, chosen: npt.NDArray[np.bool_]) -> sps.csr_matrix:
    """The chosen ones of the stored cells, as a matrix of the same shape.

    Parameters
    ----------
    URM : scipy.sparse.csr_matrix in canonical form
    chosen : numpy.ndarray of bool, shape (URM.nnz,)
        In the order of URM.data.
    """
    # positions once, then plain gathers: several times as fast as a boolean index into each array
    cells = np.flatnonzero(chosen)
    indptr = np.searchsorted(cells, URM.indptr).astype(URM.indptr.dtype)
    return sps.csr_matrix((URM.data[cells], URM.indices[cells], indptr), shape=URM.shape)


def divide(URM: sps.csr_matrix, in_first: npt.NDArray[np.bool_]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """The stored cells where the mask holds, and the others."""
    return part_of(URM, in_first), part_of(URM, ~in_first)


def warn_of_empty_users(parts: Mapping[str, Any]) -> None:
    """Print how many users have nothing in a part, for each part where there are such users.

    Parameters
    ----------
    parts : mapping of str to scipy.sparse.csr_matrix
        The part by what a user without interactions in it has none of, as "train items".
    """
    for missing, URM in parts.items():
        n_users = URM.shape[0]
        n_empty = int((np.diff(URM.indptr) == 0).sum())
        if n_empty > 0:
            share = 100 * n_empty / n_users
            print(f"Warning: {n_empty} ({share:.2f} %) of {n_users} users have no {missing}")  # noqa: T201
