"""A model's way to its file and back: what every save_model and load_model shares.

`load_archive` reads, the `take_...` methods check, `install` sets: in this order nothing on the recommender has changed
where a file is refused. A class says which keys its archives have; a file with another one is refused, unread.

The module stands on what every version of DataIO and BaseRecommender promises (`save_data`, `_print`,
`RECOMMENDER_NAME`), and reads by this project's own reader, so it works the same on the bases of the host framework.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sps

from Recommenders.DataIO import DataIO
from recsys_common.archives.folder import ArchiveFolder
from recsys_common.sparse_structure import structure_fault
from recsys_common.validation import check_bool, check_choice, check_float, check_int

T = TypeVar("T")


def check_fitted(recommender: Any, *attributes: str) -> None:
    """Raise RuntimeError where one of the attributes, that fit() and load_model() set, is None or missing."""
    for attribute in attributes:
        if getattr(recommender, attribute, None) is None:
            raise RuntimeError(
                f"{recommender.RECOMMENDER_NAME} has no model yet ({attribute} is not set): "
                "call fit() or load_model() first"
            )


def _archive_place(recommender: Any, folder_path: str | Path, file_name: str | None) -> tuple[str, str]:
    """The folder, ending in a slash as some versions of DataIO need it, and the file's name."""
    if not isinstance(folder_path, (str, Path)):
        raise TypeError(f"folder_path must be a path, got {folder_path!r}")
    if file_name is not None and not isinstance(file_name, str):
        raise TypeError(f"file_name must be a string, got {file_name!r}")
    # an empty path is the current folder, as everywhere in pathlib; with a slash appended it would be the root
    folder = str(folder_path) or "."
    if not folder.endswith(("/", "\\")):
        folder += "/"
    return folder, recommender.RECOMMENDER_NAME if file_name is None else file_name


def save_archive(recommender: Any, folder_path: str | Path, file_name: str | None, data: Mapping[str, Any]) -> None:
    """Write the model's data as one archive, and say so through the recommender.

    Parameters
    ----------
    recommender : object with `_print` and `RECOMMENDER_NAME`
    folder_path : str or Path
        Made where it is missing; a trailing slash makes no difference.
    file_name : str or None
        RECOMMENDER_NAME if None; ".zip" is appended where it is missing.
    data : mapping of str to arrays, sparse matrices, and what JSON can hold

    Raises
    ------
    TypeError
        A folder or a name that is none.
    """
    folder, file_name = _archive_place(recommender, folder_path, file_name)
    recommender._print(f"Saving model in file '{folder}{file_name}'")
    Path(folder).mkdir(parents=True, exist_ok=True)  # not every version of DataIO makes it
    DataIO(folder_path=folder).save_data(file_name=file_name, data_dict_to_save=dict(data))
    recommender._print("Saving complete")


def load_archive(
    recommender: Any, folder_path: str | Path, file_name: str | None, keys: Collection[str]
) -> "ModelArchive":
    """Read a model's archive; the recommender only announces it.

    Parameters
    ----------
    recommender : object with `_print` and `RECOMMENDER_NAME`
    folder_path, file_name
        As in `save_archive`.
    keys : collection of str
        All keys that an archive of this kind of model may have, those of the host framework included.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where the file is no archive, a damaged one, or has another key. Both name the file.
    """
    folder, file_name = _archive_place(recommender, folder_path, file_name)
    archives = ArchiveFolder(folder)
    path = archives.path(file_name)
    recommender._print(f"Loading model from file '{folder}{file_name}'")
    try:
        data = archives.load(file_name, keys=keys)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"There is no model archive '{path}'") from error
    return ModelArchive(data, str(path))


def install(recommender: Any, **attributes: Any) -> None:
    """Set what was taken from an archive on the recommender, and announce the end of the loading."""
    # in one step, so that an interrupt cannot leave a mixture of two models
    recommender.__dict__.update(attributes)
    recommender._print("Loading complete")


class ModelArchive(dict[str, Any]):
    """The content of a file, which checks what is taken out of it.

    Every `take_...` method raises ValueError, naming file and key, where the key is missing or its value is not what
    the method is to return.

    Attributes
    ----------
    file : str
        The path that errors name.
    """

    def __init__(self, data: Mapping[str, Any], file: str) -> None:
        super().__init__(data)
        self.file = file

    def take_array(
        self, key: str, shape: tuple[int | None, ...], *, kinds: str = "f", or_minus_infinity: bool = False
    ) -> np.ndarray:
        """An array of this shape (None: any length) with its dtype as it is, of one of numpy's dtype kinds.

        Its numbers are finite, or -inf where `or_minus_infinity` allows that for what must never be recommended.
        """
        array = self._entry(key)
        allowed = f"an array of shape {_shape_text(shape)}"
        if not isinstance(array, np.ndarray):
            raise self._refuse(key, allowed, f"a {type(array).__name__}")
        if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape)):
            raise self._refuse(key, allowed, f"shape {_shape_text(array.shape)}")
        if array.dtype.kind not in kinds:
            raise self._refuse(key, "an array of numbers", f"dtype {array.dtype}")
        if array.dtype.kind == "f":
            fits = np.isfinite(array)
            if or_minus_infinity:
                fits |= np.isneginf(array)
            if not fits.all():
                or_this = " or -inf" if or_minus_infinity else ""
                raise self._refuse(key, f"an array of finite numbers{or_this}", "NaN or infinite entries")
        return array

    def take_range(self, key: str) -> np.ndarray:
        """The lowest and the highest of some numbers, float64 of shape (2,)."""
        bounds: np.ndarray = self.take_array(key, (2,)).astype(np.float64)
        if not (np.isfinite(bounds).all() and bounds[0] <= bounds[1]):
            raise self._refuse(key, "ascending", str(bounds))
        return bounds

    def take_sparse(self, key: str, shape: tuple[int | None, int | None]) -> sps.csr_matrix:
        """A sparse matrix of finite numbers of this shape (None: any length), as csr with its dtype as it is."""
        value = self._entry(key)
        allowed = f"a sparse matrix of shape {_shape_text(shape)}"
        if not bool(sps.issparse(value)):
            raise self._refuse(key, allowed, f"a {type(value).__name__}")
        if value.ndim != 2 or any(want not in (None, got) for want, got in zip(shape, value.shape)):
            raise self._refuse(key, allowed, f"shape {_shape_text(value.shape)}")
        fault = structure_fault(value)
        if fault is not None:
            raise self._refuse(key, "a consistent sparse matrix", f"one with {fault}")
        matrix: sps.csr_matrix = sps.csr_matrix(value)
        if matrix.dtype.kind not in "biuf" or not np.isfinite(matrix.data).all():
            raise self._refuse(key, "a sparse matrix of finite numbers", f"other {matrix.dtype} entries")
        return matrix

    def take_bool(self, key: str) -> bool:
        """True or False."""
        return self._checked(check_bool, key)

    def take_int(self, key: str, *, minimum: int | None = None, maximum: int | None = None) -> int:
        """An integer between minimum and maximum, both included."""
        return self._checked(check_int, key, minimum=minimum, maximum=maximum)

    def take_float(self, key: str) -> float:
        """A finite number; also one that was saved as a 0-d array."""
        return self._checked(check_float, key)

    def take_choice(self, key: str, choices: Iterable[str]) -> str:
        """One of the given strings."""
        return self._checked(check_choice, key, choices)

    def _checked(self, check: Callable[..., T], key: str, *args: Any, **kwargs: Any) -> T:
        value = self._entry(key)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value.item()
        try:
            return check(f"{self.file}: {key}", value, *args, **kwargs)
        except TypeError as error:  # a wrong type in a file is the file's wrong value
            raise ValueError(str(error)) from error

    def _entry(self, key: str) -> Any:
        if key not in self:
            there = ", ".join(sorted(self)) or "nothing"
            raise ValueError(f"{self.file} must hold {key}, got an archive with {there}")
        return self[key]

    def _refuse(self, key: str, allowed: str, got: str) -> ValueError:
        return ValueError(f"{self.file}: {key} must be {allowed}, got {got}")


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"
