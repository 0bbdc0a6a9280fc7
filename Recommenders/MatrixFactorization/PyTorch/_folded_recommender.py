"""The serving side of the factorisation: folded factors that rank, predict, and are saved and loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._model_archive import (
    FACTORIZATION_KEYS,
    ModelArchive,
    Range,
    Scalar,
    check_fitted,
    load_archive,
    read_factorization,
    save_archive,
)
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._parameters import Factors, Parameters, fold, score_pairs
from recsys_common.fast_path import Ranker, faster_form_of
from recsys_common.messages import say
from recsys_common.validation import check_bool, check_choice, check_ids, check_int, check_pairs, check_sparse

FORMAT_VERSION = 1

# the framework's own come first, and are all that its archives have
_OWN_KEYS = ("activation", "rating_range", "format_version")
ARCHIVE_KEYS = (*FACTORIZATION_KEYS, *_OWN_KEYS)


class FoldedFactorsRecommender(BaseMatrixFactorizationRecommender):
    """A recommender with score(u, i) = USER_factors[u] . ITEM_factors[i] + biases and prediction = activation(score).

    It needs factors and biases alone, never the torch module, so it works during a training and after loading. The base
    class may be the host framework's: so the checks, the saving and the loading are here. Parameters, attributes and
    errors are described in `MatrixFactorization_PyTorch`.
    """

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        super().__init__(check_sparse("URM_train", URM_train), check_bool("verbose", verbose))
        self._checked_URM_train = self.URM_train
        self.activation = "identity"
        self.rating_range = rating_range(self.URM_train)

    def _print(self, string: str) -> None:
        """Print a message, if verbose; the host's base class fails where there is no output."""
        if self.verbose:
            say(f"{self.RECOMMENDER_NAME}: {string}")

    def _fold(self, parameters: Parameters) -> Factors:
        """Return the factors that rank and predict with these parameters."""
        return fold(parameters, *_cold_masks(self.URM_train))

    def _serve(self, factors: Factors, **attributes: Any) -> None:
        """Rank and predict with these factors from now on."""
        # in one step, so that an interrupt cannot leave factors of two models
        self.__dict__.update(factors._asdict(), use_bias=True, **attributes)

    def set_URM_train(self, URM_train_new: Any, **kwargs: Any) -> None:
        """Replace the training matrix, and check it as the constructor does."""
        URM_train = check_sparse("URM_train_new", URM_train_new, shape=self.URM_train.shape)
        super().set_URM_train(URM_train, **kwargs)
        self._checked_URM_train = self.URM_train

    def _check_URM_train(self) -> None:
        """Check and convert a training matrix that was set by hand: the kernels trust its indices."""
        if self.URM_train is not self._checked_URM_train:
            URM_train = check_sparse("URM_train", self.URM_train, shape=(self.n_users, self.n_items))
            self.URM_train = self._checked_URM_train = URM_train

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        check_fitted(self, *Factors._fields)
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        if items_to_compute is not None:
            items_to_compute = check_ids("items_to_compute", items_to_compute, self.n_items)
        return super()._compute_item_score(user_ids, items_to_compute=items_to_compute)

    @faster_form_of(_compute_item_score)
    def _score_ranker(self, request: Any) -> Ranker | None:
        """Return the base class's ranker: the scores above are its own. A host's base class never asks for one."""
        return super()._score_ranker(request)

    def predict(self, user_id_array: Any, item_id_array: Any, clip: bool = False) -> npt.NDArray[np.float32]:
        """Predict the ratings of (user, item) pairs: activation(score).

        Parameters
        ----------
        user_id_array, item_id_array : int, or list or array of int, of equal length
            A single id is paired with every id of the other side.
        clip : bool, default False
            Whether to clip the predictions to the range of the training ratings.

        Returns
        -------
        float32 array of shape (n_pairs,)

        Raises
        ------
        TypeError, ValueError
            Ids that are not integers in 0..n_users-1 or 0..n_items-1, or arrays of different lengths; `clip` is not a
            bool.
        RuntimeError
            Neither `fit` nor `load_model` was called before.
        """
        check_bool("clip", clip)
        users, items = check_pairs(user_id_array, item_id_array, self.n_users, self.n_items)
        prediction = ACTIVATIONS[self.activation].apply(score_pairs(self._factors(), users, items))
        return np.clip(prediction, *self.rating_range.astype(np.float32)) if clip else prediction

    def _factors(self) -> Factors:
        check_fitted(self, *Factors._fields)
        return Factors(*(getattr(self, name) for name in Factors._fields))

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write the factors to ``<folder_path>/<file_name>.zip``.

        Parameters
        ----------
        folder_path : str or Path
            Made where it is missing.
        file_name : str, optional
            RECOMMENDER_NAME if None.

        Raises
        ------
        RuntimeError
            Neither `fit` nor `load_model` was called before.
        OSError
            The file cannot be written; an older file of that name is unchanged.
        """
        data = {
            **self._factors()._asdict(),
            "use_bias": True,
            "activation": self.activation,
            "rating_range": self.rating_range,
            "format_version": FORMAT_VERSION,
        }
        save_archive(self, folder_path, file_name, data)

    def _read_model(self, folder_path: str | Path, file_name: str | None) -> dict[str, Any]:
        """Return the attributes that a file sets, all of them checked."""
        archive = load_archive(self, folder_path, file_name, ARCHIVE_KEYS)
        factors = _read_factors(archive, self.n_users, self.n_items)
        activation, range_ = "identity", rating_range(self.URM_train)  # of the host framework's archives
        if any(key in archive for key in _OWN_KEYS):
            archive.take("format_version", Scalar(check_int, minimum=1, maximum=FORMAT_VERSION))
            activation = archive.take("activation", Scalar(check_choice, choices=ACTIVATIONS))
            range_ = archive.take("rating_range", Range())
        return {**factors._asdict(), "use_bias": True, "activation": activation, "rating_range": range_}


def rating_range(URM: sps.csr_matrix) -> npt.NDArray[np.float64]:
    """Return the smallest and the largest rating, float64, (2,)."""
    return np.array([URM.data.min(), URM.data.max()], dtype=np.float64)


def _cold_masks(URM: sps.csr_matrix) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return masks of the users (n_users,) and the items (n_items,) without a rating."""
    cold_items = np.ones(URM.shape[1], dtype=np.bool_)
    cold_items[URM.indices] = False
    return np.diff(URM.indptr) == 0, cold_items


def _read_factors(archive: ModelArchive, n_users: int, n_items: int) -> Factors:
    """Return the factors of an archive, with biases of zero where it has none, or refuse a damaged one."""
    saved = read_factorization(archive)
    if saved.USER_factors.shape[1] == 0:
        raise ValueError(f"{archive.file}: USER_factors must have at least one column, got none")
    factors = {name: getattr(saved, name) for name in Factors._fields}
    if not saved.use_bias:
        factors |= {"USER_bias": np.zeros(n_users), "ITEM_bias": np.zeros(n_items), "GLOBAL_bias": np.zeros(())}
    with np.errstate(over="ignore"):
        converted = {name: array.astype(np.float32, copy=False) for name, array in factors.items()}
    for name, array in converted.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{archive.file}: {name} must be finite in float32, got larger numbers")
    return Factors(**converted)
