"""A data set: interactions, features of items and users, and the mappers from original ids to indices."""

import copy
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, Unpack

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.ids import check_id_mapper
from Data_manager._statistics.numbers import features_line, gini_index, interactions_block
from Data_manager._statistics.plot import plot_statistics
from Data_manager._storage.cache import has_cache, read_cache
from Data_manager._storage.content import (
    Parts,
    check_additional_mappers,
    check_feature_mappers,
    check_matrices,
    copies_of,
    find,
    without_items_and_users,
)
from Data_manager._storage.dataset import read_dataset, write_dataset
from Data_manager.data_consistency_check import assert_implicit_data, assert_URM_ICM_mapper_consistency
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import say
from recsys_common.validation import check_bool

__all__ = ["Dataset", "gini_index"]

_Found = TypeVar("_Found")


class Dataset:
    """Matrices by name, and the mappers from original ids to their rows and columns.

    The data set owns what it holds: matrices and mappers are copied when they come in and when they go out, so nothing
    done to them outside changes it (the host's getters hand out references here and there).

    Parameters
    ----------
    dataset_name : str, optional
    URM_dictionary : dict of str to scipy sparse matrix, shape (n_users, n_items), optional
        Interactions; "URM_all" is what statistics and splits work on. Default: no matrix, as for a data set to load.
    ICM_dictionary : dict of str to scipy sparse matrix, shape (n_items, n_features), optional
    ICM_feature_mapper_dictionary : dict of str to dict of str to int, optional
        For each ICM the column of each feature. Default: "0", "1", ...
    UCM_dictionary : dict of str to scipy sparse matrix, shape (n_users, n_features), optional
    UCM_feature_mapper_dictionary : dict of str to dict of str to int, optional
        As for the ICMs.
    user_original_ID_to_index, item_original_ID_to_index : dict of str to int, optional
        Row of each user and column of each item. Keys of another type become strings. Default: "0", "1", ...
    is_implicit : bool, default False
        Whether the interactions are all 1.
    additional_data_mapper : dict of str to dict, optional
        Further mappers of the reader's own, saved as they are.

    Attributes
    ----------
    AVAILABLE_URM, AVAILABLE_ICM, AVAILABLE_UCM : dict of str to scipy.sparse.csr_matrix
        In the dtype that they were given in; in canonical form, without explicit zeros.
    AVAILABLE_ICM_feature_mapper, AVAILABLE_UCM_feature_mapper, additional_data_mapper : dict of str to dict

    Raises
    ------
    TypeError
        If an argument is of another type.
    ValueError
        If a matrix holds NaN or infinite numbers or has no rows or columns, or a mapper two ids of the same text.
        `verify_data_consistency` checks whether all fits together.
    """

    def __init__(
        self,
        dataset_name: str | None = None,
        URM_dictionary: Mapping[str, Any] | None = None,
        ICM_dictionary: Mapping[str, Any] | None = None,
        ICM_feature_mapper_dictionary: Mapping[str, Mapping[str, int]] | None = None,
        UCM_dictionary: Mapping[str, Any] | None = None,
        UCM_feature_mapper_dictionary: Mapping[str, Mapping[str, int]] | None = None,
        user_original_ID_to_index: Mapping[str, int] | None = None,
        item_original_ID_to_index: Mapping[str, int] | None = None,
        is_implicit: bool = False,
        additional_data_mapper: Mapping[str, Mapping[Any, Any]] | None = None,
    ) -> None:
        if dataset_name is not None and not isinstance(dataset_name, str):
            raise TypeError(f"dataset_name must be a string or None, got {dataset_name!r}")
        is_implicit = check_bool("is_implicit", is_implicit)
        URMs = check_matrices("URM_dictionary", URM_dictionary)
        ICMs = check_matrices("ICM_dictionary", ICM_dictionary)
        UCMs = check_matrices("UCM_dictionary", UCM_dictionary)
        n_users, n_items = next((URM.shape for URM in URMs.values()), (0, 0))
        self._set_parts(
            dataset_name=dataset_name,
            URM_dictionary=URMs,
            ICM_dictionary=ICMs,
            ICM_feature_mapper_dictionary=check_feature_mappers("ICM", ICM_feature_mapper_dictionary, ICMs),
            UCM_dictionary=UCMs,
            UCM_feature_mapper_dictionary=check_feature_mappers("UCM", UCM_feature_mapper_dictionary, UCMs),
            user_original_ID_to_index=check_id_mapper("user_original_ID_to_index", user_original_ID_to_index, n_users),
            item_original_ID_to_index=check_id_mapper("item_original_ID_to_index", item_original_ID_to_index, n_items),
            is_implicit=is_implicit,
            additional_data_mapper=check_additional_mappers(additional_data_mapper),
        )

    def get_dataset_name(self) -> str | None:
        """Return the name of the data set."""
        return self.DATASET_NAME

    def is_implicit(self) -> bool:
        """Return whether the interactions are all 1."""
        return self._IS_IMPLICIT

    def get_URM_all(self) -> sps.csr_matrix:
        """Return a copy of the URM named "URM_all"; errors as of `get_URM_from_name`."""
        return self.get_URM_from_name("URM_all")

    def get_URM_from_name(self, URM_name: str) -> sps.csr_matrix:
        """Return a copy of a URM.

        Parameters
        ----------
        URM_name : str

        Returns
        -------
        scipy.sparse.csr_matrix, shape (n_users, n_items)

        Raises
        ------
        ValueError
            If there is no URM of that name; the names are listed.
        RuntimeError
            If the data set is empty, as one that is not loaded yet.
        """
        return self._find("URM", self.AVAILABLE_URM, URM_name).copy()

    def get_ICM_from_name(self, ICM_name: str) -> sps.csr_matrix:
        """Return a copy of an ICM, shape (n_items, n_features); errors as of `get_URM_from_name`."""
        return self._find("ICM", self.AVAILABLE_ICM, ICM_name).copy()

    def get_UCM_from_name(self, UCM_name: str) -> sps.csr_matrix:
        """Return a copy of a UCM, shape (n_users, n_features); errors as of `get_URM_from_name`."""
        return self._find("UCM", self.AVAILABLE_UCM, UCM_name).copy()

    def get_ICM_feature_to_index_mapper_from_name(self, ICM_name: str) -> dict[str, int]:
        """Return a copy of the feature mapper of an ICM; errors as of `get_URM_from_name`."""
        return self._find("ICM", self.AVAILABLE_ICM_feature_mapper, ICM_name).copy()

    def get_loaded_URM_names(self) -> list[str]:
        """Return the names of the URMs."""
        return list(self.AVAILABLE_URM)

    def get_loaded_URM_dict(self) -> dict[str, sps.csr_matrix]:
        """Return copies of all URMs by name."""
        return copies_of(self.AVAILABLE_URM)

    def get_loaded_ICM_dict(self) -> dict[str, sps.csr_matrix]:
        """Return copies of all ICMs by name."""
        return copies_of(self.AVAILABLE_ICM)

    def get_loaded_ICM_feature_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Return copies of the feature mappers of all ICMs by name."""
        return copy.deepcopy(self.AVAILABLE_ICM_feature_mapper)

    def get_loaded_UCM_dict(self) -> dict[str, sps.csr_matrix]:
        """Return copies of all UCMs by name."""
        return copies_of(self.AVAILABLE_UCM)

    def get_loaded_UCM_feature_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Return copies of the feature mappers of all UCMs by name."""
        return copy.deepcopy(self.AVAILABLE_UCM_feature_mapper)

    def get_user_original_ID_to_index_mapper(self) -> dict[str, int]:
        """Return a dictionary from the original id of each user to its row."""
        return dict(self.user_original_ID_to_index)

    def get_item_original_ID_to_index_mapper(self) -> dict[str, int]:
        """Return a dictionary from the original id of each item to its column."""
        return dict(self.item_original_ID_to_index)

    def get_user_original_IDs(self) -> npt.NDArray[Any]:
        """Return the original ids of the users, shape (n_users,), by row: int64, or object with str."""
        return self.user_original_ID_to_index.ids.copy()

    def get_item_original_IDs(self) -> npt.NDArray[Any]:
        """Return the original ids of the items, shape (n_items,), by column: int64, or object with str."""
        return self.item_original_ID_to_index.ids.copy()

    def get_global_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Return copies of both mappers, by `user_original_ID_to_index` and `item_original_ID_to_index`.

        The host gives references, through which a splitter corrupts its reader's data set.
        """
        return {
            "user_original_ID_to_index": self.get_user_original_ID_to_index_mapper(),
            "item_original_ID_to_index": self.get_item_original_ID_to_index_mapper(),
        }

    def copy(self) -> "Dataset":
        """Return an independent data set of the same content, verified."""
        duplicate = Dataset(**self._parts())
        duplicate.verify_data_consistency()
        return duplicate

    def print_statistics(self) -> None:
        """Print sizes, densities, profile lengths and the Gini index of URM_all, and a line for each ICM and UCM."""
        say(interactions_block(self.DATASET_NAME, self._find("URM", self.AVAILABLE_URM, "URM_all")))
        for kind, matrices in (("ICM", self.AVAILABLE_ICM), ("UCM", self.AVAILABLE_UCM)):
            for name, matrix in matrices.items():
                say(features_line(kind, name, matrix))
            if matrices:
                say("\n")

    def plot_statistics(self, path: str | os.PathLike[str]) -> None:
        """Draw popularity of the items, values of the interactions and lengths of the profiles in one picture.

        Parameters
        ----------
        path : str or path
            The file to write; its suffix says the format, such as ``.png``, ``.svg`` or ``.pdf``.

        Raises
        ------
        ValueError
            If the data set has no URM_all, or the format is unknown or not given.
        RuntimeError
            If the data set is empty.
        """
        if not Path(path).suffix:
            raise ValueError(f"path must be a file name with a suffix such as .png, got {os.fspath(path)!r}")
        figure = plot_statistics(self.DATASET_NAME, self._find("URM", self.AVAILABLE_URM, "URM_all"))
        with atomic_path(Path(path)) as temporary:
            figure.savefig(temporary, dpi=150)

    def verify_data_consistency(self) -> None:
        """Check that matrices and mappers are complete and fit together.

        Every URM has interactions and only finite numbers, implicit data is all ones, and what
        `assert_URM_ICM_mapper_consistency` checks holds.

        Raises
        ------
        ValueError
            On the first thing that does not fit, with the name of the data set.
        """
        name = f"Dataset {self.DATASET_NAME}"
        for URM_name, URM in self.AVAILABLE_URM.items():
            if not np.isfinite(URM.data).all():
                raise ValueError(f"{name}: {URM_name} must hold finite numbers, got NaN or infinite ones")
            if np.count_nonzero(URM.data) == 0:
                raise ValueError(f"{name}: {URM_name} must have at least one interaction, got none")
        if self._IS_IMPLICIT:
            try:
                assert_implicit_data([find("URM_name", self.AVAILABLE_URM, "URM_all")], verbose=False)
            except ValueError as error:
                raise ValueError(f"{name}: URM_all of an implicit data set: {error}") from error
        assert_URM_ICM_mapper_consistency(
            self.AVAILABLE_URM,
            self.user_original_ID_to_index,
            self.item_original_ID_to_index,
            self.AVAILABLE_ICM,
            self.AVAILABLE_ICM_feature_mapper,
            self.AVAILABLE_UCM,
            self.AVAILABLE_UCM_feature_mapper,
            name,
        )

    def save_data(self, save_folder_path: str | os.PathLike[str]) -> None:
        """Save to a folder, which is made if it is missing; an inconsistent data set is refused.

        Parameters
        ----------
        save_folder_path : str or path
            With or without a slash at the end. It gets `dataset_global_attributes.zip`, `dataset_URM.zip` and, where
            there is something to hold, `dataset_ICM.zip`, `dataset_ICM_mappers.zip`, `dataset_UCM.zip`,
            `dataset_UCM_mappers.zip` and `dataset_additional_mappers.zip`.

        Raises
        ------
        ValueError
            If the data set is not consistent.
        OSError
            If the folder cannot be written; what it held is untouched.
        """
        self.verify_data_consistency()
        write_dataset(save_folder_path, self._parts())

    def load_data(self, save_folder_path: str | os.PathLike[str]) -> None:
        """Replace the content of this data set by what `save_data` wrote; after an error it is unchanged.

        Where there are no archives, the cache that a reader has written in the folder is loaded.

        Parameters
        ----------
        save_folder_path : str or path

        Raises
        ------
        FileNotFoundError
            If the folder holds no saved data set.
        ValueError
            If an archive is damaged or does not hold what it should.
        """
        folder = Path(save_folder_path)
        make: Callable[..., Dataset] = Dataset
        try:
            parts: Any = read_dataset(folder)
        except FileNotFoundError:
            if not has_cache(folder):
                raise
            parts, make = read_cache(folder, None), Dataset._from_parts
        try:
            self._become(make(**parts))
        except (TypeError, ValueError) as error:
            raise ValueError(f"'{folder}' does not hold one data set: {error}") from error

    def _remove_items_and_users(
        self, items_to_remove: Any = None, users_to_remove: Any = None, *, verbose: bool = True
    ) -> None:
        """Drop items and users everywhere, then the features that occur nowhere any more; the others are renumbered.

        The arguments are arrays of indices; the order of what stays is kept. TypeError or ValueError if an index is out
        of range or what is left is not consistent: then nothing has been removed.
        """
        self.verify_data_consistency()
        self._become(Dataset._from_parts(**without_items_and_users(self._parts(), items_to_remove, users_to_remove)))
        if verbose:
            for name in self.AVAILABLE_ICM:
                say(f"Dataset: Removing items from {name}")
            for name in self.AVAILABLE_UCM:
                say(f"Dataset: Removing users from {name}")

    @classmethod
    def _from_parts(cls, **parts: Unpack[Parts]) -> "Dataset":
        """Make a data set of parts in their final form, which it takes over without a copy."""
        dataset = cls.__new__(cls)
        dataset._set_parts(**parts)
        return dataset

    def _set_parts(self, **parts: Unpack[Parts]) -> None:
        self.DATASET_NAME = parts["dataset_name"]
        self._IS_IMPLICIT = parts["is_implicit"]
        self.AVAILABLE_URM = parts["URM_dictionary"]
        self.AVAILABLE_ICM = parts["ICM_dictionary"]
        self.AVAILABLE_UCM = parts["UCM_dictionary"]
        self.AVAILABLE_ICM_feature_mapper = parts["ICM_feature_mapper_dictionary"]
        self.AVAILABLE_UCM_feature_mapper = parts["UCM_feature_mapper_dictionary"]
        self.additional_data_mapper = parts["additional_data_mapper"]
        self._HAS_ICM = len(self.AVAILABLE_ICM) > 0
        self._HAS_UCM = len(self.AVAILABLE_UCM) > 0
        self._HAS_additional_mapper = len(self.additional_data_mapper) > 0
        self.user_original_ID_to_index = parts["user_original_ID_to_index"]
        self.item_original_ID_to_index = parts["item_original_ID_to_index"]

    def _parts(self) -> Parts:
        """Return what the constructor would take to make this data set again; no copies."""
        return {
            "dataset_name": self.DATASET_NAME,
            "URM_dictionary": self.AVAILABLE_URM,
            "ICM_dictionary": self.AVAILABLE_ICM,
            "ICM_feature_mapper_dictionary": self.AVAILABLE_ICM_feature_mapper,
            "UCM_dictionary": self.AVAILABLE_UCM,
            "UCM_feature_mapper_dictionary": self.AVAILABLE_UCM_feature_mapper,
            "user_original_ID_to_index": self.user_original_ID_to_index,
            "item_original_ID_to_index": self.item_original_ID_to_index,
            "is_implicit": self._IS_IMPLICIT,
            "additional_data_mapper": self.additional_data_mapper,
        }

    def _become(self, other: "Dataset") -> None:
        """Take the content of another data set, once it has been found consistent."""
        other.verify_data_consistency()
        vars(self).update(vars(other))

    def _find(self, kind: str, dictionary: Mapping[str, _Found], name: str) -> _Found:
        """Return the matrix or mapper of that name itself."""
        if not self.AVAILABLE_URM and name not in dictionary:
            raise RuntimeError("load_data of the Dataset must be called before its data is asked for: it is empty")
        return find(f"{kind}_name", dictionary, name)
