"""Recommenders whose score is a product of the URM and a similarity matrix."""

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sps

from Recommenders._model_archive import Sparse, check_fitted
from Recommenders._ranking.product_ranker import ProductRanker, can_multiply
from Recommenders._ranking.request import Ranker, RankingRequest, ScoreRanker, also_by
from Recommenders._ranking.top_k import mask_other_columns
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.validation import check_entries, check_ids


class BaseSimilarityMatrixRecommender(BaseRecommender):
    """A recommender with a similarity matrix `W_sparse`; the two subclasses say between whom.

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
        """Check the two matrices, and say once of each that it is not in the format that is fast to slice.

        What cannot be sliced at all becomes csr.
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
        """The number of rows that W_sparse must have; None where any square matrix is right."""
        return None

    def _scores_of_product(self, left: Any, right: Any, items_to_compute: Any) -> np.ndarray:
        """Left @ right as a dense array, -inf outside items_to_compute."""
        product = left @ right
        scores: np.ndarray = product.toarray() if bool(sps.issparse(product)) else np.asarray(product)
        scores = scores.astype(np.result_type(scores, np.float32), copy=False)
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores

    def _factors_of_scores(self) -> tuple[Any, Any]:
        """The two matrices whose product the scores are."""
        raise NotImplementedError

    def _product_ranker(self, request: RankingRequest) -> Ranker:
        """The ranker of the two matrices, where its kernel can take them."""
        check_fitted(self, "W_sparse")
        self._check_format()
        left, right = self._factors_of_scores()
        fits = can_multiply(left, right) and self.W_sparse.shape == (self._n_similar(),) * 2
        if request.candidates is not None or not fits:
            return ScoreRanker(self, request)
        return ProductRanker(self.URM_train, request, left, right)


class BaseItemSimilarityMatrixRecommender(BaseSimilarityMatrixRecommender):
    """Similarity between items: score = URM_train[u] @ W_sparse, with W_sparse of shape (n_items, n_items)."""

    _SAVED: ClassVar = {"W_sparse": Sparse("n_items", "n_items")}

    def _n_similar(self) -> int:
        return self.n_items

    @also_by("_product_ranker")
    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender."""
        check_fitted(self, "W_sparse")
        self._check_format()
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        return self._scores_of_product(self.URM_train[user_ids], self.W_sparse, items_to_compute)

    def _factors_of_scores(self) -> tuple[Any, Any]:
        return self.URM_train, self.W_sparse


class BaseUserSimilarityMatrixRecommender(BaseSimilarityMatrixRecommender):
    """Similarity between users: score = W_sparse[u] @ URM_train, with W_sparse of shape (n_users, n_users)."""

    _SAVED: ClassVar = {"W_sparse": Sparse("n_users", "n_users")}

    def _n_similar(self) -> int:
        return self.n_users

    @also_by("_product_ranker")
    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender."""
        check_fitted(self, "W_sparse")
        self._check_format()
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        return self._scores_of_product(self.W_sparse[user_ids], self.URM_train, items_to_compute)

    def _factors_of_scores(self) -> tuple[Any, Any]:
        return self.W_sparse, self.URM_train
