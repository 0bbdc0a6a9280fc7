"""Recommenders whose score is a product of user and item factors."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

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
from Recommenders._ranking.request import RankingRequest
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.fast_path import Ranker, faster_form_of
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
        self.USER_factors: npt.NDArray[Any] | None = None
        self.ITEM_factors: npt.NDArray[Any] | None = None
        self.use_bias = False
        self.ITEM_bias: npt.NDArray[Any] | None = None
        self.USER_bias: npt.NDArray[Any] | None = None
        self.GLOBAL_bias: Any = None

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        user_ids = self._check_scorable(user_id_array)
        scores = self._factor_score(user_ids, items_to_compute)
        if self._has_biases():
            scores += self.ITEM_bias + self.GLOBAL_bias
            scores += self.USER_bias[user_ids, np.newaxis]  # type: ignore[index]
        return scores

    def _has_biases(self) -> bool:
        """Return whether biases are added, and check that they are set if so."""
        if self.use_bias:
            check_fitted(self, "ITEM_bias", "GLOBAL_bias", "USER_bias")
        return self.use_bias

    @faster_form_of(_compute_item_score)
    def _score_ranker(self, request: RankingRequest) -> Ranker | None:
        """Return a ranker by factors, if all arrays are float32 and have a row for every user and item."""
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
            return None
        return FactorRanker(self, request, self._user_vectors, user_bias, item_factors, item_bias)

    def _check_scorable(self, user_id_array: Any) -> npt.NDArray[np.int64]:
        """Check that there are factors of one size and that each user has a row of them; return the user ids."""
        check_fitted(self, "USER_factors", "ITEM_factors")
        user_shape, item_shape = self.USER_factors.shape, self.ITEM_factors.shape  # type: ignore[union-attr]
        if user_shape[1] != item_shape[1]:
            raise ValueError(
                f"USER_factors and ITEM_factors must have the same number of columns, got {user_shape} and {item_shape}"
            )
        return check_ids("user_id_array", user_id_array, user_shape[0])

    def _user_vectors(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the vectors that are multiplied with the item factors, (B, k)."""
        vectors: npt.NDArray[Any] = self.USER_factors[user_ids]  # type: ignore[index]
        return vectors

    def _factor_score(self, user_ids: npt.NDArray[np.int64], items_to_compute: Any) -> npt.NDArray[Any]:
        """Return the product of the factors: a new array, (B, n_items)."""
        item_factors: npt.NDArray[Any] = self.ITEM_factors  # type: ignore[assignment]
        users = self._user_vectors(user_ids)
        dtype = np.result_type(users, item_factors, np.float32)
        if items_to_compute is None:
            product: npt.NDArray[Any] = users @ item_factors.T
            return product.astype(dtype, copy=False)
        items = check_ids("items_to_compute", items_to_compute, item_factors.shape[0])
        scores = np.full((user_ids.size, item_factors.shape[0]), -np.inf, dtype=dtype)
        scores[:, items] = users @ item_factors[items].T
        return scores

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write the factors, `use_bias` and, if it is True, the biases, as `BaseRecommender.save_model` says."""
        biases = ("ITEM_bias", "USER_bias", "GLOBAL_bias") if self.use_bias else ()
        check_fitted(self, "USER_factors", "ITEM_factors", *biases)
        data = {"USER_factors": self.USER_factors, "ITEM_factors": self.ITEM_factors, "use_bias": bool(self.use_bias)}
        # as arrays, because JSON cannot hold a float32 scalar
        data |= {name: np.asarray(getattr(self, name)) for name in biases}
        save_archive(self, folder_path, file_name, data)

    def load_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Read a model as `BaseRecommender.load_model` says.

        From the archive of a singular value decomposition, USER_factors becomes USER_factors * Sigma, without biases.
        """
        archive = load_archive(self, folder_path, file_name, FACTORIZATION_KEYS)
        install(self, **read_factorization(archive)._asdict())


class BaseSVDRecommender(BaseMatrixFactorizationRecommender):
    """Scores from a singular value decomposition: score(u, i) = sum_f USER_factors[u, f] Sigma[f] ITEM_factors[i, f].

    As in the host framework, the attributes `use_bias`, `USER_bias`, `ITEM_bias` and `GLOBAL_bias` do not exist.

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
        # not the parent's constructor, which would set the biases
        BaseRecommender.__init__(self, URM_train, verbose)
        self.USER_factors = None
        self.ITEM_factors = None
        self.Sigma: npt.NDArray[Any] | None = None

    def _has_biases(self) -> bool:
        return False

    def _check_scorable(self, user_id_array: Any) -> npt.NDArray[np.int64]:
        check_fitted(self, "Sigma")
        return super()._check_scorable(user_id_array)

    def _user_vectors(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        vectors: npt.NDArray[Any] = super()._user_vectors(user_ids) * self.Sigma
        return vectors

    # every array is declared, and there are no biases
    save_model = BaseRecommender.save_model
    load_model = BaseRecommender.load_model
