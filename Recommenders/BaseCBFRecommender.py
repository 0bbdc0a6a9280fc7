"""The bases of recommenders that learn from features of items or users."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.validation import check_sparse


class BaseItemCBFRecommender(BaseRecommender):
    """The base of content-based recommenders on item features.

    Parameters
    ----------
    URM_train : scipy sparse matrix of shape (n_users, n_items)
        The interactions to learn from.
    ICM_train : scipy sparse matrix of shape (n_items, n_features)
        Finite numbers, at least one that is not zero. It is copied.
    verbose : bool, default True
        Whether the recommender prints what it does.

    Attributes
    ----------
    ICM_train : csr_matrix of float32, without explicit zeros
    n_features : int

    Raises
    ------
    TypeError, ValueError
        If a matrix is not as described, or the ICM has another number of items than the URM.
    """

    def __init__(self, URM_train: Any, ICM_train: Any, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)
        self.ICM_train = _check_features("ICM_train", ICM_train, self.n_items, "items")
        self.n_features = self.ICM_train.shape[1]
        self._cold_item_CBF_mask = _find_cold(self, "ICM", self.ICM_train, "items with no features")


class BaseUserCBFRecommender(BaseRecommender):
    """The base of content-based recommenders on user features.

    Parameters
    ----------
    URM_train : scipy sparse matrix of shape (n_users, n_items)
        The interactions to learn from.
    UCM_train : scipy sparse matrix of shape (n_users, n_features)
        Finite numbers, at least one that is not zero. It is copied.
    verbose : bool, default True
        Whether the recommender prints what it does.

    Attributes
    ----------
    UCM_train : csr_matrix of float32, without explicit zeros
    n_features : int

    Raises
    ------
    TypeError, ValueError
        If a matrix is not as described, or the UCM has another number of users than the URM.
    """

    def __init__(self, URM_train: Any, UCM_train: Any, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)
        self.UCM_train = _check_features("UCM_train", UCM_train, self.n_users, "users")
        self.n_features = self.UCM_train.shape[1]
        self._cold_user_CBF_mask = _find_cold(self, "UCM", self.UCM_train, "cold users")


def _check_features(name: str, matrix: Any, n_rows: int, rows: str) -> sps.csr_matrix:
    checked = check_sparse(name, matrix)
    if checked.shape[0] != n_rows:
        raise ValueError(f"{name} must have a row for each of the {n_rows} {rows} of URM_train, got {checked.shape[0]}")
    return checked


def _find_cold(recommender: BaseRecommender, name: str, features: sps.csr_matrix, kind: str) -> npt.NDArray[np.bool_]:
    """Return which rows have no features, and print how many there are."""
    is_cold: npt.NDArray[np.bool_] = np.diff(features.indptr) == 0
    n_cold = int(is_cold.sum())
    if n_cold > 0:
        recommender._print(f"{name} Detected {n_cold} ({n_cold / is_cold.size * 100:4.1f}%) {kind}.")
    return is_cold
