"""The k-core of a data set: users and items that have at least k interactions with one another."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import canonical_csr, with_cells
from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from recsys_common.messages import say
from recsys_common.validation import check_bool, check_int


class DataPostprocessing_K_Cores(DataPostprocessing):
    """Drops users and items until each of those left has at least k interactions in URM_all.

    The other URMs, the ICMs, the UCMs and the mappers lose the same users and items, and features that then occur
    nowhere are dropped too. Cached in ``<k>_cores/``.

    Parameters
    ----------
    dataReader_object : DataReader
    k_cores_value : int >= 1
        1 drops the users and items without interactions.

    Raises
    ------
    ValueError
        From `load_data`, if nothing is left.

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> reader = DataPostprocessing_K_Cores(SyntheticReader(verbose=False), 20)
    >>> URM_all = reader.load_data().get_URM_all()
    >>> int(URM_all.getnnz(axis=0).min()) >= 20 and int(URM_all.getnnz(axis=1).min()) >= 20
    True
    """

    def __init__(self, dataReader_object: DataReader, k_cores_value: int) -> None:
        self.k_cores_value = check_int("k_cores_value", k_cores_value, minimum=1)
        super().__init__(dataReader_object)

    def _subfolder(self) -> str:
        return f"{self.k_cores_value}_cores/"

    def _options(self) -> dict[str, Any]:
        return {"k_cores_value": self.k_cores_value}

    def _process(self, dataset: Dataset) -> Dataset:
        _, removed_users, removed_items = select_k_cores(
            dataset.get_URM_all(), self.k_cores_value, verbose=self.verbose
        )
        dataset._remove_items_and_users(removed_items, removed_users, verbose=self.verbose)
        return dataset


def select_k_cores(
    URM: Any, k_value: int = 5, reshape: bool = False, *, verbose: bool = True
) -> tuple[sps.csr_matrix, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Select the largest part of a URM in which every user and every item has at least `k_value` interactions.

    Users with fewer are removed, then items with fewer in what is left, and so on until nothing changes. Starting with
    the items gives the same result.

    Parameters
    ----------
    URM : scipy sparse matrix, shape (n_users, n_items)
        It is not changed. Explicit zeros do not count.
    k_value : int >= 1, default 5
    reshape : bool, default False
        Whether the removed rows and columns are left out of the result instead of being empty in it.
    verbose : bool, default True
        Print a line for each round of users and items.

    Returns
    -------
    URM : scipy.sparse.csr_matrix
        Of the dtype of the given one; of its shape, or with `reshape` of the users and items that are left.
    removed_users, removed_items : numpy.ndarray of int64
        Indices into the given matrix, ascending. Users and items without interactions are among them.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, or nothing is left.

    Examples
    --------
    >>> URM = sps.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1]])
    >>> core, removed_users, removed_items = select_k_cores(URM, k_value=2, reshape=True, verbose=False)
    >>> core.toarray().tolist(), removed_users.tolist(), removed_items.tolist()
    ([[1, 1], [1, 1]], [2], [2])
    """
    k_value = check_int("k_value", k_value, minimum=1)
    reshape, verbose = check_bool("reshape", reshape), check_bool("verbose", verbose)
    matrix = canonical_csr("URM", URM)
    user_kept, item_kept = _k_core(matrix, k_value, verbose)
    if not user_kept.any():
        raise ValueError(f"k_value must leave at least one user and one item, got {k_value}, which leaves none")
    if reshape:
        core = matrix[np.flatnonzero(user_kept)][:, np.flatnonzero(item_kept)]
    else:
        core = with_cells(matrix, np.repeat(user_kept, np.diff(matrix.indptr)) & item_kept[matrix.indices])
    return core, np.flatnonzero(~user_kept), np.flatnonzero(~item_kept)


def _k_core(matrix: sps.csr_matrix, k_value: int, verbose: bool) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Mark the users and the items of the k-core.

    A round looks only at the cells of what it removes, so that all rounds together look at each cell twice.
    """
    items_of_user = matrix
    users_of_item = matrix.T.tocsr()
    n_users, n_items = matrix.shape
    user_degree, item_degree = np.diff(items_of_user.indptr), np.diff(users_of_item.indptr)
    user_kept, item_kept = np.ones(n_users, dtype=np.bool_), np.ones(n_items, dtype=np.bool_)
    for n_rounds in itertools.count(1):
        users = np.flatnonzero(user_kept & (user_degree < k_value))
        user_kept[users] = False
        item_degree = item_degree - np.bincount(items_of_user[users].indices, minlength=n_items)
        items = np.flatnonzero(item_kept & (item_degree < k_value))
        item_kept[items] = False
        user_degree = user_degree - np.bincount(users_of_item[items].indices, minlength=n_users)
        if verbose:
            say(
                f"DataDenseSplit_K_Cores: Round {n_rounds}: removed {len(users)} users and {len(items)} items, "
                f"{np.count_nonzero(user_kept)} and {np.count_nonzero(item_kept)} are left"
            )
        if len(items) == 0:  # then no user has lost anything
            break
    return user_kept, item_kept
