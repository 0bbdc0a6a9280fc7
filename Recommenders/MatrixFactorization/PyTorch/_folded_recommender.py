"""The serving side of the factorisation: folded factors that rank, predict, and are saved and loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sps
from numpy.typing import NDArray

from Recommenders._model_archive import check_fitted, load_archive, save_archive
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._factor_archive import (
    ARCHIVE_KEYS,
    factor_archive,
    read_factors,
    read_prediction,
)
from Recommenders.MatrixFactorization.PyTorch._parameters import Factors, Parameters, fold, score_pairs
from recsys_common.fast_path import Ranker, faster_form_of
from recsys_common.messages import say
from recsys_common.validation import check_bool, check_ids, check_pairs, check_sparse


class FoldedFactorsRecommender(BaseMatrixFactorizationRecommender):
    """score(u, i) = USER_factors[u] . ITEM_factors[i] + biases; prediction(u, i) = activation(score(u, i)).

    It needs factors and biases alone, never the torch module, so it works during a training and after loading. It
    stands on what every version of the framework's base class promises, which may be another than ours: hence checks
    and a way to the file of its own. Parameters, attributes and errors are described in `MatrixFactorization_PyTorch`.
    """

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        super().__init__(check_sparse("URM_train", URM_train), check_bool("verbose", verbose))
        self._checked_URM_train = self.URM_train
        self.activation = "identity"
        self.rating_range = rating_range(self.URM_train)

    def _print(self, string: str) -> None:
        """Print a message, if verbose; not every version of the base class goes on where there is no output."""
        if self.verbose:
            say(f"{self.RECOMMENDER_NAME}: {string}")

    def _fold(self, parameters: Parameters) -> Factors:
        """The factors that rank and predict with these parameters."""
        return fold(parameters, *_cold_masks(self.URM_train))

    def _serve(self, factors: Factors, **attributes: Any) -> None:
        """Rank and predict with these factors from now on."""
        # in one step, so that an interrupt cannot leave factors of two models
        self.__dict__.update(factors._asdict(), use_bias=True, **attributes)

    def set_URM_train(self, URM_train_new: Any, **kwargs: Any) -> None:
        """Replace the training matrix; it is checked here as the constructor's is."""
        URM_train = check_sparse("URM_train_new", URM_train_new)
        if URM_train.shape != self.URM_train.shape:
            raise ValueError(f"URM_train_new must be of shape {self.URM_train.shape}, got {URM_train.shape}")
        super().set_URM_train(URM_train, **kwargs)
        self._checked_URM_train = self.URM_train

    def _check_URM_train(self) -> None:
        """Check and convert, as the constructor does, a training matrix that was set by hand: kernels follow it."""
        if self.URM_train is not self._checked_URM_train:
            URM_train = check_sparse("URM_train", self.URM_train)
            if URM_train.shape != (self.n_users, self.n_items):
                raise ValueError(f"URM_train must be of shape {(self.n_users, self.n_items)}, got {URM_train.shape}")
            self.URM_train = self._checked_URM_train = URM_train

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> NDArray[Any]:
        check_fitted(self, *Factors._fields)
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        if items_to_compute is not None:
            items_to_compute = check_ids("items_to_compute", items_to_compute, self.n_items)
        scores: NDArray[Any] = super()._compute_item_score(user_ids, items_to_compute=items_to_compute)
        return scores

    @faster_form_of(_compute_item_score)
    def _score_ranker(self, request: Any) -> Ranker | None:
        """Return the base class's ranker: the scores above are its own. A host's base class never asks for one."""
        ranker: Ranker | None = super()._score_ranker(request)
        return ranker

    def predict(self, user_id_array: Any, item_id_array: Any, clip: bool = False) -> NDArray[np.float32]:
        """Predicted ratings of (user, item) pairs: activation(score).

        Parameters
        ----------
        user_id_array, item_id_array : int, or list or array of int, of equal length
            A single id goes with every id of the other side.
        clip : bool, default False
            Whether to clip the predictions to the range of the training ratings.

        Returns
        -------
        float32 array of shape (n_pairs,)

        Raises
        ------
        TypeError, ValueError
            Ids that are no integers, negative or out of range, or of different lengths.
        RuntimeError
            Before `fit` or `load_model`.
        """
        check_bool("clip", clip)
        users, items = check_pairs(user_id_array, item_id_array, self.n_users, self.n_items)
        prediction = ACTIVATIONS[self.activation].apply(score_pairs(self._factors(), users, items))
        return np.clip(prediction, *self.rating_range.astype(np.float32)) if clip else prediction

    def _factors(self) -> Factors:
        check_fitted(self, *Factors._fields)
        return Factors(*(getattr(self, name) for name in Factors._fields))

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write the factors to ``<folder_path>/<file_name>.zip`` (RECOMMENDER_NAME if no file name is given).

        Raises
        ------
        RuntimeError
            Before `fit` or `load_model`.
        OSError
            The file cannot be written; an older file of that name is as it was.
        """
        data = factor_archive(self._factors(), self.activation, self.rating_range)
        save_archive(self, folder_path, file_name, data)

    def _read_model(self, folder_path: str | Path, file_name: str | None) -> dict[str, Any]:
        """The attributes that a file sets, all of them checked; errors as those of load_archive and ModelArchive."""
        archive = load_archive(self, folder_path, file_name, ARCHIVE_KEYS)
        factors = read_factors(archive, self.n_users, self.n_items)
        activation, range_ = read_prediction(archive, rating_range(self.URM_train))
        return {**factors._asdict(), "use_bias": True, "activation": activation, "rating_range": range_}


def rating_range(URM: sps.csr_matrix) -> NDArray[np.float64]:
    """The smallest and the largest rating, float64 of shape (2,)."""
    return np.array([URM.data.min(), URM.data.max()], dtype=np.float64)


def _cold_masks(URM: sps.csr_matrix) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Users and items without a rating, as masks of shape (n_users,) and (n_items,)."""
    cold_items = np.ones(URM.shape[1], dtype=np.bool_)
    cold_items[URM.indices] = False
    return np.diff(URM.indptr) == 0, cold_items
