"""Parts of a URM: the matrices that a split hands out, and what it says of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import with_cells
from recsys_common.messages import say


def divide(URM: sps.csr_matrix, in_first: npt.NDArray[np.bool_]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """The stored cells where the mask holds, and the others."""
    return with_cells(URM, in_first), with_cells(URM, ~in_first)


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
            say(f"Warning: {n_empty} ({share:.2f} %) of {n_users} users have no {missing}")
