"""Recommenders whose score is a product of the URM and a similarity matrix."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._model_archive import Sparse, check_fitted
from Recommenders._ranking.product_ranker import ProductRanker, can_multiply
from Recommenders._ranking.request import RankingRequest
from Recommenders._ranking.top_k import mask_other_columns
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.fast_path import Ranker, faster_form_of
from recsys_common.validation import check_entries, check_ids


class BaseSimilarityMatrixRecommender(BaseRecommender):
    """A recommender with a matrix `W_sparse` of similarities, between items or between users in the two subclasses.

    Attributes
    ----------
    W_sparse : scipy.sparse.csr_matrix, square, or None before fit
    """

    _SAVED: ClassVar = {"W_sparse": Sparse("n", "n")}

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)
        self.W_sparse: Any = None
        self._URM_train_format_checked = False
        self._W_sparse_format_checked = False

    def _check_format(self) -> None:
        """Check both matrices, and print once for each that is not csr that this is slow.

        A matrix in a format without slices becomes csr.
        """
        for name in ("URM_train", "W_sparse"):
            self._check_own_matrix(name)
            flag, matrix = f"_{name}_format_checked", getattr(self, name)
            matrix_format = getattr(matrix, "format", "csr")
            if matrix_format != "csr" and not getattr(self, flag):
                self._print(f"PERFORMANCE ALERT: {name} is not csr but {matrix_format}")
            setattr(self, flag, True)
            if matrix_format in ("coo", "dia", "bsr"):
                setattr(self, name, check_entries(name, matrix))

    def _n_similar(self) -> int | None:
        """Return the number of rows that W_sparse must have, or None for any number."""
        return None

    def _factors_of_scores(self) -> tuple[Any, Any]:
        """Return the two matrices whose product is the matrix of scores."""
        raise NotImplementedError(f"{self.RECOMMENDER_NAME} has no _compute_item_score")

    def _checked_factors(self) -> tuple[Any, Any]:
        check_fitted(self, "W_sparse")
        self._check_format()
        return self._factors_of_scores()

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        left, right = self._checked_factors()
        product = left[check_ids("user_id_array", user_id_array, self.n_users)] @ right
        scores: npt.NDArray[Any] = product.toarray() if bool(sps.issparse(product)) else np.asarray(product)
        scores = scores.astype(np.result_type(scores, np.float32), copy=False)
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores

    @faster_form_of(_compute_item_score)
    def _score_ranker(self, request: RankingRequest) -> Ranker | None:
        """Return a ranker by the product of the two matrices, if its kernel can multiply them."""
        left, right = self._checked_factors()
        fits = can_multiply(left, right) and self.W_sparse.shape == (self._n_similar(),) * 2
        if request.candidates is not None or not fits:
            return None
        return ProductRanker(self.URM_train, request, left, right)


class BaseItemSimilarityMatrixRecommender(BaseSimilarityMatrixRecommender):
    """Similarity between items: score = URM_train[u] @ W_sparse, with W_sparse of shape (n_items, n_items)."""

    _SAVED: ClassVar = {"W_sparse": Sparse("n_items", "n_items")}

    def _n_similar(self) -> int:
        return self.n_items

    def _factors_of_scores(self) -> tuple[Any, Any]:
        return self.URM_train, self.W_sparse


class BaseUserSimilarityMatrixRecommender(BaseSimilarityMatrixRecommender):
    """Similarity between users: score = W_sparse[u] @ URM_train, with W_sparse of shape (n_users, n_users)."""

    _SAVED: ClassVar = {"W_sparse": Sparse("n_users", "n_users")}

    def _n_similar(self) -> int:
        return self.n_users

    def _factors_of_scores(self) -> tuple[Any, Any]:
        return self.W_sparse, self.URM_train
