"""Saving and loading of models, which all recommenders share.

A recommender declares in `_SAVED` what its file holds: each attribute with its kind, such as
``{"item_pop": Array("n_items")}``; `save_declared` and `load_declared` do the rest. Values are checked before the first
one is set, so a file that is refused changes nothing. The module needs only `n_users`, `n_items`, `RECOMMENDER_NAME`
and `_print` of a recommender, so it works the same on the base classes of the host framework.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.archives.folder import ArchiveFolder
from recsys_common.validation import check_bool, check_float, check_structure, is_sparse

_REQUIRED = object()

FACTORIZATION_KEYS = ("USER_factors", "ITEM_factors", "Sigma", "use_bias", "ITEM_bias", "USER_bias", "GLOBAL_bias")


class Saved(ABC):
    """A kind of value in a file. `default` is used where the file has none of the values that have a default.

    Files of the host framework lack the values that have a default; a file with one of these must have all of them.
    """

    def __init__(self, default: Any = _REQUIRED) -> None:
        self.default = default

    @abstractmethod
    def check(self, name: str, value: Any, lengths: dict[str, int]) -> Any:
        """Return the value in the form the recommender needs; ValueError, which begins with `name`, if it is wrong."""

    def stored(self, name: str, value: Any) -> Any:
        """Return the value in the form that goes into a file."""
        return value


class Array(Saved):
    """An array of finite numbers; its dtype stays as it is.

    `shape` has a name for each length: "n_users", "n_items", or a name of the same length throughout a file. `kinds`
    are the allowed kinds of numpy's dtypes; `or_minus_infinity` allows -inf, for items that are never recommended.
    """

    def __init__(
        self, *shape: str, kinds: str = "f", or_minus_infinity: bool = False, default: Any = _REQUIRED
    ) -> None:
        super().__init__(default)
        self.shape = shape
        self.kinds = kinds
        self.or_minus_infinity = or_minus_infinity

    def check(self, name: str, value: Any, lengths: dict[str, int]) -> npt.NDArray[Any]:
        _check_shape(name, "an array", value, isinstance(value, np.ndarray), self.shape, lengths)
        array: npt.NDArray[Any] = value
        if array.dtype.kind not in self.kinds:
            raise ValueError(f"{name} must be an array of numbers, got dtype {array.dtype}")
        if array.dtype.kind == "f":
            fits = np.isfinite(array)
            if self.or_minus_infinity:
                fits |= np.isneginf(array)
            if not fits.all():
                or_this = " or -inf" if self.or_minus_infinity else ""
                raise ValueError(f"{name} must be an array of finite numbers{or_this}, got NaN or infinite entries")
        return array


class Range(Array):
    """The lowest and the highest of some numbers, float64 of shape (2,)."""

    def __init__(self, default: Any = _REQUIRED) -> None:
        super().__init__("2", default=default)

    def check(self, name: str, value: Any, lengths: dict[str, int]) -> npt.NDArray[np.float64]:
        bounds = super().check(name, value, {"2": 2}).astype(np.float64)
        if not (np.isfinite(bounds).all() and bounds[0] <= bounds[1]):
            raise ValueError(f"{name} must be ascending, got {bounds}")
        return bounds


class Sparse(Saved):
    """A sparse matrix of finite numbers, as csr; its dtype stays as it is, and `shape` is as in `Array`."""

    def __init__(self, *shape: str) -> None:
        super().__init__()
        self.shape = shape

    def check(self, name: str, value: Any, lengths: dict[str, int]) -> sps.csr_matrix:
        _check_shape(name, "a sparse matrix", value, is_sparse(value), self.shape, lengths)
        check_structure(name, value)
        matrix: sps.csr_matrix = sps.csr_matrix(value)
        if matrix.dtype.kind not in "biuf" or not np.isfinite(matrix.data).all():
            raise ValueError(f"{name} must be a sparse matrix of finite numbers, got other {matrix.dtype} entries")
        return matrix

    def stored(self, name: str, value: Any) -> sps.csr_matrix:
        if is_sparse(value):
            check_structure(name, value)
        elif not isinstance(value, np.ndarray):
            raise TypeError(f"{name} must be a scipy sparse matrix or a numpy array, got a {type(value).__name__}")
        if value.ndim != 2:
            raise ValueError(f"{name} must have two dimensions, got {value.ndim}")
        return sps.csr_matrix(value)


class Scalar(Saved):
    """A value that a check of `recsys_common.validation` accepts, such as ``Scalar(check_int, minimum=1)``."""

    def __init__(self, check: Callable[..., Any], *, default: Any = _REQUIRED, **limits: Any) -> None:
        super().__init__(default)
        self._check = check
        self._limits = limits

    def check(self, name: str, value: Any, lengths: dict[str, int]) -> Any:
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        try:
            return self._check(name, value, **self._limits)
        except TypeError as error:  # a wrong type in a file is the file's wrong value
            raise ValueError(str(error)) from error


class ModelArchive(dict[str, Any]):
    """The values in a file; `lengths` maps the names of lengths to numbers, and grows as values are taken."""

    def __init__(self, data: Mapping[str, Any], file: str, lengths: Mapping[str, int]) -> None:
        super().__init__(data)
        self.file = file
        self.lengths = dict(lengths)

    def take(self, key: str, kind: Saved) -> Any:
        """Return a checked value; ValueError, naming file and key, where it is missing or not of this kind."""
        if key not in self:
            there = ", ".join(sorted(self)) or "nothing"
            raise ValueError(f"{self.file} must hold {key}, got an archive with {there}")
        return kind.check(f"{self.file}: {key}", self[key], self.lengths)


class SavedFactorization(NamedTuple):
    """score(u, i) = USER_factors[u] . ITEM_factors[i]  [ + biases ]; arrays in the dtypes of the file."""

    USER_factors: npt.NDArray[Any]
    ITEM_factors: npt.NDArray[Any]
    use_bias: bool = False
    USER_bias: npt.NDArray[Any] | None = None
    ITEM_bias: npt.NDArray[Any] | None = None
    GLOBAL_bias: npt.NDArray[Any] | None = None


def save_declared(recommender: Any, folder_path: str | Path, file_name: str | None = None) -> None:
    """Write what the recommender declares in `_SAVED`; RuntimeError before fit() and load_model()."""
    data = {}
    for key, kind in _declared(recommender, "save_model").items():
        value = getattr(recommender, key, None)
        if value is None and kind.default is not None:
            check_fitted(recommender, key)
        elif value is not None:
            data[key] = kind.stored(key, value)
    save_archive(recommender, folder_path, file_name, data)


def load_declared(recommender: Any, folder_path: str | Path, file_name: str | None = None) -> None:
    """Read what the recommender declares in `_SAVED`, check all of it, then set it on the recommender."""
    declared = _declared(recommender, "load_model")
    archive = load_archive(recommender, folder_path, file_name, declared)
    have_defaults = [key for key, kind in declared.items() if kind.default is not _REQUIRED]
    left_out = [] if any(key in archive for key in have_defaults) else have_defaults
    values = {key: kind.default if key in left_out else archive.take(key, kind) for key, kind in declared.items()}
    install(recommender, **values)


def check_fitted(recommender: Any, *attributes: str) -> None:
    """Raise RuntimeError where one of the attributes, that fit() and load_model() set, is None or missing."""
    for attribute in attributes:
        if getattr(recommender, attribute, None) is None:
            raise RuntimeError(
                f"{recommender.RECOMMENDER_NAME} has no model yet ({attribute} is not set): "
                "call fit() or load_model() first"
            )


def save_archive(recommender: Any, folder_path: str | Path, file_name: str | None, data: Mapping[str, Any]) -> None:
    """Write data as one archive, and say so; `file_name` None is RECOMMENDER_NAME, a missing folder is made."""
    archives, file_name, place = _place(recommender, folder_path, file_name)
    recommender._print(f"Saving model in file '{place}'")
    archives.save(file_name, dict(data))
    recommender._print("Saving complete")


def load_archive(
    recommender: Any, folder_path: str | Path, file_name: str | None, keys: Collection[str]
) -> ModelArchive:
    """Read an archive that may have these keys, and say that it begins; the recommender stays as it is.

    FileNotFoundError where there is no such file; ValueError, with the file, where it is damaged or has another key.
    """
    archives, file_name, place = _place(recommender, folder_path, file_name)
    path = archives.path(file_name)
    recommender._print(f"Loading model from file '{place}'")
    try:
        data = archives.load(file_name, keys=keys)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no model archive '{path}'") from error
    return ModelArchive(data, str(path), {"n_users": recommender.n_users, "n_items": recommender.n_items})


def install(recommender: Any, **attributes: Any) -> None:
    """Set what was taken from an archive on the recommender, and announce the end of the loading."""
    # in one step, so that an interrupt cannot leave a mixture of two models
    recommender.__dict__.update(attributes)
    recommender._print("Loading complete")


def read_factorization(archive: ModelArchive) -> SavedFactorization:
    """Take a factorisation: factors with or without biases, or with `Sigma`, which is multiplied into the users."""
    user_factors = archive.take("USER_factors", Array("n_users", "n_factors"))
    item_factors = archive.take("ITEM_factors", Array("n_items", "n_factors"))
    if "Sigma" in archive:
        return SavedFactorization(_times_sigma(archive, user_factors), item_factors)
    if not archive.take("use_bias", Scalar(check_bool)):
        return SavedFactorization(user_factors, item_factors)
    return SavedFactorization(
        user_factors,
        item_factors,
        use_bias=True,
        USER_bias=archive.take("USER_bias", Array("n_users")),
        ITEM_bias=archive.take("ITEM_bias", Array("n_items")),
        GLOBAL_bias=_global_bias(archive),
    )


def _declared(recommender: Any, method: str) -> Mapping[str, Saved]:
    declared: Mapping[str, Saved] = recommender._SAVED
    if not declared:
        raise NotImplementedError(f"{recommender.RECOMMENDER_NAME} has no {method}: it declares nothing in _SAVED")
    return declared


def _place(recommender: Any, folder_path: Any, file_name: str | None) -> tuple[ArchiveFolder, str, str]:
    """Return the folder, the name of the file, and both as the host framework prints them."""
    archives = ArchiveFolder(folder_path)
    file_name = recommender.RECOMMENDER_NAME if file_name is None else file_name
    archives.path(file_name)  # refuses a wrong name before anything is said
    folder = os.fspath(folder_path) or "."  # an empty path is the current folder, as everywhere in pathlib
    return archives, file_name, f"{folder}{'' if folder.endswith(('/', os.sep)) else '/'}{file_name}"


def _check_shape(
    name: str, what: str, value: Any, is_what: bool, shape: tuple[str, ...], lengths: dict[str, int]
) -> None:
    """Refuse a value of another type or shape; a length with a name that `lengths` lacks is entered there."""
    wanted = ", ".join(str(lengths.get(length, length)) for length in shape)
    allowed = f"{name} must be {what} of shape ({wanted})"
    if not is_what:
        raise ValueError(f"{allowed}, got a {type(value).__name__}")
    if value.ndim != len(shape) or any(lengths.setdefault(w, got) != got for w, got in zip(shape, value.shape)):
        raise ValueError(f"{allowed}, got shape ({', '.join(map(str, value.shape))})")


def _times_sigma(archive: ModelArchive, user_factors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if "use_bias" in archive:
        raise ValueError(f"{archive.file}: Sigma must be in an archive without use_bias, got both")
    with np.errstate(over="ignore"):
        product: npt.NDArray[Any] = user_factors * archive.take("Sigma", Array("n_factors"))
    if not np.isfinite(product).all():
        raise ValueError(f"{archive.file}: Sigma must be finite times USER_factors, got larger numbers")
    return product


def _global_bias(archive: ModelArchive) -> npt.NDArray[Any]:
    """Take a 0-d array; the host's own models may have saved a number."""
    saved = archive.get("GLOBAL_bias")
    dtype = saved.dtype if isinstance(saved, np.ndarray) and saved.dtype.kind == "f" else np.float64
    return np.asarray(archive.take("GLOBAL_bias", Scalar(check_float)), dtype=dtype)
