"""The bases of recommenders that learn from features of items or users."""

from typing import Any

import numpy as np
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
        self._cold_item_CBF_mask = np.diff(self.ICM_train.indptr) == 0
        n_cold = int(self._cold_item_CBF_mask.sum())
        if n_cold > 0:
            self._print(f"ICM Detected {n_cold} ({n_cold / self.n_items * 100:4.1f}%) items with no features.")


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
        self._cold_user_CBF_mask = np.diff(self.UCM_train.indptr) == 0
        n_cold = int(self._cold_user_CBF_mask.sum())
        if n_cold > 0:
            self._print(f"UCM Detected {n_cold} ({n_cold / self.n_users * 100:4.1f}%) cold users.")


def _check_features(name: str, matrix: Any, n_rows: int, rows: str) -> sps.csr_matrix:
    checked = check_sparse(name, matrix)
    if checked.shape[0] != n_rows:
        raise ValueError(f"{name} must have a row for each of the {n_rows} {rows} of URM_train, got {checked.shape[0]}")
    return checked
