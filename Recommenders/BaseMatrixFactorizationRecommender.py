"""Recommenders whose score is a product of user and item factors."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from Recommenders._model_archive import (
    FACTORIZATION_KEYS,
    Array,
    check_fitted,
    install,
    load_archive,
    read_factorization,
    save_archive,
)
from Recommenders._ranking.factor_ranker import FactorRanker
from Recommenders._ranking.request import Ranker, RankingRequest, ScoreRanker, also_by
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.validation import check_ids


class BaseMatrixFactorizationRecommender(BaseRecommender):
    """Scores from factors and, with `use_bias`, biases.

        score(u, i) = USER_factors[u] . ITEM_factors[i]  [ + ITEM_bias[i] + GLOBAL_bias + USER_bias[u] ]

    The scores have the dtype of the factors. Cold users get what their factors and the biases give, not -inf.

    Attributes
    ----------
    USER_factors, ITEM_factors : np.ndarray of float, shapes (n_users, k) and (n_items, k), or None before fit
    use_bias : bool
        False until a subclass's fit, or load_model, sets it and the three biases.
    USER_bias, ITEM_bias : np.ndarray of float, shapes (n_users,) and (n_items,), or None
    GLOBAL_bias : float or 0-d np.ndarray, or None
    """

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)
        self.USER_factors: np.ndarray | None = None
        self.ITEM_factors: np.ndarray | None = None
        self.use_bias = False
        self.ITEM_bias: np.ndarray | None = None
        self.USER_bias: np.ndarray | None = None
        self.GLOBAL_bias: Any = None

    @also_by("_factor_ranker")
    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender; ValueError for a user beyond the rows of USER_factors."""
        user_ids = self._check_scorable(user_id_array)
        scores = self._factor_score(user_ids, items_to_compute)
        if self._has_biases():
            scores += self.ITEM_bias + self.GLOBAL_bias
            scores += self.USER_bias[user_ids, np.newaxis]  # type: ignore[index]
        return scores

    def _has_biases(self) -> bool:
        """Whether biases are added; raises where they should be and are not there."""
        if self.use_bias:
            check_fitted(self, "ITEM_bias", "GLOBAL_bias", "USER_bias")
        return self.use_bias

    def _factor_ranker(self, request: RankingRequest) -> Ranker:
        """The ranker of these factors, where its kernel can take them."""
        self._check_scorable([])
        item_factors: Any = self.ITEM_factors
        item_bias: Any = np.zeros(self.n_items, dtype=np.float32)
        user_bias: Any = np.zeros(self.n_users, dtype=np.float32)
        if self._has_biases():
            item_bias, user_bias = self.ITEM_bias + self.GLOBAL_bias, self.USER_bias
        vector = self._user_vectors(np.zeros(1, dtype=np.int64))
        lengths = [len(array) for array in (self.USER_factors, user_bias, item_factors, item_bias)]  # type: ignore[arg-type]
        are_float32 = all(array.dtype == np.float32 for array in (vector, user_bias, item_factors, item_bias))
        fit = lengths == [self.n_users, self.n_users, self.n_items, self.n_items] and vector.shape[1] > 0
        if not (are_float32 and fit):
            return ScoreRanker(self, request)
        return FactorRanker(self, request, self._user_vectors, user_bias, item_factors, item_bias)

    def _check_scorable(self, user_id_array: Any) -> np.ndarray:
        """The user ids, checked; raises where there are no factors that fit them and each other."""
        check_fitted(self, "USER_factors", "ITEM_factors")
        user_shape, item_shape = self.USER_factors.shape, self.ITEM_factors.shape  # type: ignore[union-attr]
        if user_shape[1] != item_shape[1]:
            raise ValueError(
                f"USER_factors and ITEM_factors must have the same number of columns, got {user_shape} and {item_shape}"
            )
        return check_ids("user_id_array", user_id_array, user_shape[0])

    def _user_vectors(self, user_ids: np.ndarray) -> np.ndarray:
        """What is multiplied with the item factors, shape (B, k)."""
        vectors: np.ndarray = self.USER_factors[user_ids]  # type: ignore[index]
        return vectors

    def _factor_score(self, user_ids: np.ndarray, items_to_compute: Any) -> np.ndarray:
        """The product of the factors, a new array of shape (B, n_items)."""
        item_factors: np.ndarray = self.ITEM_factors  # type: ignore[assignment]
        users = self._user_vectors(user_ids)
        dtype = np.result_type(users, item_factors, np.float32)
        if items_to_compute is None:
            product: np.ndarray = users @ item_factors.T
            return product.astype(dtype, copy=False)
        items = check_ids("items_to_compute", items_to_compute, item_factors.shape[0])
        scores = np.full((user_ids.size, item_factors.shape[0]), -np.inf, dtype=dtype)
        scores[:, items] = users @ item_factors[items].T
        return scores

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write factors, use_bias and, where it is True, biases; see BaseRecommender.

        Raises
        ------
        RuntimeError
            Before fit().
        """
        check_fitted(self, "USER_factors", "ITEM_factors")
        data = {
            "USER_factors": self.USER_factors,
            "ITEM_factors": self.ITEM_factors,
            "use_bias": bool(self.use_bias),
        }
        if self.use_bias:
            check_fitted(self, "ITEM_bias", "GLOBAL_bias", "USER_bias")
            # as an array, because a float32 scalar is nothing that JSON can hold
            biases = {"ITEM_bias": self.ITEM_bias, "USER_bias": self.USER_bias}
            data |= biases | {"GLOBAL_bias": np.asarray(self.GLOBAL_bias)}
        save_archive(self, folder_path, file_name, data)

    def load_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Read a model of this shape of URM; see BaseRecommender.

        Of a singular value decomposition USER_factors becomes USER_factors * Sigma, and there are no biases.

        Raises
        ------
        FileNotFoundError, ValueError
            For a file that is missing, damaged, of another kind of model, or of another number of users or items.
        """
        archive = load_archive(self, folder_path, file_name, FACTORIZATION_KEYS)
        install(self, **read_factorization(archive)._asdict())


class BaseSVDRecommender(BaseMatrixFactorizationRecommender):
    """Scores from a singular value decomposition: score(u, i) = sum_f USER_factors[u, f] Sigma[f] ITEM_factors[i, f].

    There are no biases: as in the host framework, the attributes `use_bias`, `USER_bias`, `ITEM_bias` and `GLOBAL_bias`
    do not exist.

    Attributes
    ----------
    USER_factors, ITEM_factors : np.ndarray of float, shapes (n_users, k) and (n_items, k), or None before fit
    Sigma : np.ndarray of float, shape (k,), or None before fit
    """

    _SAVED: ClassVar = {
        "USER_factors": Array("n_users", "n_factors"),
        "ITEM_factors": Array("n_items", "n_factors"),
        "Sigma": Array("n_factors"),
    }

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        # past the parent's constructor, which would set the biases
        BaseRecommender.__init__(self, URM_train, verbose)
        self.USER_factors = None
        self.ITEM_factors = None
        self.Sigma: np.ndarray | None = None

    @also_by("_factor_ranker")
    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender; ValueError for a user beyond the rows of USER_factors."""
        check_fitted(self, "Sigma")
        return self._factor_score(self._check_scorable(user_id_array), items_to_compute)

    def _has_biases(self) -> bool:
        return False

    def _user_vectors(self, user_ids: np.ndarray) -> np.ndarray:
        vectors: np.ndarray = super()._user_vectors(user_ids) * self.Sigma
        return vectors

    # of a decomposition all is declared, and read as it is
    save_model = BaseRecommender.save_model
    load_model = BaseRecommender.load_model
