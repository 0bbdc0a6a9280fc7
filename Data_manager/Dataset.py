"""A data set: interactions, features of items and users, and the mappers from original ids to indices."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sps

from Data_manager._matrices.ids import IdIndex, check_ids
from Data_manager._statistics.numbers import features_line, gini_index, interactions_block
from Data_manager._statistics.plot import plot_statistics
from Data_manager._storage.content import check_additional_mappers, check_feature_mappers, check_matrices
from Data_manager._storage.dataset import read_dataset, write_dataset
from Data_manager._storage.dataset_access import DatasetAccess, find
from Data_manager._storage.removal import without_items_and_users
from Data_manager.data_consistency_check import assert_implicit_data, assert_URM_ICM_mapper_consistency
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import say
from recsys_common.validation import check_bool

__all__ = ["Dataset", "gini_index"]


class Dataset(DatasetAccess):
    """Matrices by name, and the mappers from original ids to their rows and columns.

    The data set owns what it holds: matrices and mappers are copied when they come in and when they go out, so nothing
    done to them outside changes it (the host hands out references).

    Parameters
    ----------
    dataset_name : str or None, default None
    URM_dictionary : dict of str to scipy sparse matrix, shape (n_users, n_items), default None
        Interactions; "URM_all" is what statistics and splits work on. None: no matrix, as for a data set to be loaded.
    ICM_dictionary : dict of str to scipy sparse matrix, shape (n_items, n_features), default None
    ICM_feature_mapper_dictionary : dict of str to dict of str to int, default None
        For each ICM the column of each feature. None: "0", "1", ...
    UCM_dictionary : dict of str to scipy sparse matrix, shape (n_users, n_features), default None
    UCM_feature_mapper_dictionary : dict of str to dict of str to int, default None
        As for the ICMs.
    user_original_ID_to_index, item_original_ID_to_index : dict of str to int, default None
        Row of each user and column of each item. Keys of another type become strings. None: "0", "1", ...
    is_implicit : bool, default False
        Whether the interactions are all 1.
    additional_data_mapper : dict of str to dict, default None
        Further mappers of the reader's own, kept and saved as they are.

    Attributes
    ----------
    AVAILABLE_URM, AVAILABLE_ICM, AVAILABLE_UCM : dict of str to scipy.sparse.csr_matrix
        Of the dtype that they came in; in canonical form, without explicit zeros.
    AVAILABLE_ICM_feature_mapper, AVAILABLE_UCM_feature_mapper, additional_data_mapper : dict of str to dict

    Raises
    ------
    TypeError
        If an argument is of another type.
    ValueError
        If a matrix holds NaN or infinite numbers or has no rows or columns, or a mapper two ids of the same text.
        Whether all fits together is for `verify_data_consistency` to say.
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
            ICM_feature_mapper_dictionary=check_feature_mappers(
                "ICM_feature_mapper_dictionary", ICM_feature_mapper_dictionary, ICMs
            ),
            UCM_dictionary=UCMs,
            UCM_feature_mapper_dictionary=check_feature_mappers(
                "UCM_feature_mapper_dictionary", UCM_feature_mapper_dictionary, UCMs
            ),
            user_original_ID_to_index=check_ids("user_original_ID_to_index", user_original_ID_to_index, n_users),
            item_original_ID_to_index=check_ids("item_original_ID_to_index", item_original_ID_to_index, n_items),
            is_implicit=is_implicit,
            additional_data_mapper=check_additional_mappers(additional_data_mapper),
        )

    def _set_parts(
        self,
        *,
        dataset_name: str | None,
        URM_dictionary: dict[str, sps.csr_matrix],
        ICM_dictionary: dict[str, sps.csr_matrix],
        ICM_feature_mapper_dictionary: dict[str, dict[str, int]],
        UCM_dictionary: dict[str, sps.csr_matrix],
        UCM_feature_mapper_dictionary: dict[str, dict[str, int]],
        user_original_ID_to_index: IdIndex,
        item_original_ID_to_index: IdIndex,
        is_implicit: bool,
        additional_data_mapper: dict[str, dict[Any, Any]],
    ) -> None:
        self.DATASET_NAME = dataset_name
        self._IS_IMPLICIT = is_implicit
        self.AVAILABLE_URM = URM_dictionary
        self.AVAILABLE_ICM = ICM_dictionary
        self.AVAILABLE_UCM = UCM_dictionary
        self.AVAILABLE_ICM_feature_mapper = ICM_feature_mapper_dictionary
        self.AVAILABLE_UCM_feature_mapper = UCM_feature_mapper_dictionary
        self.additional_data_mapper = additional_data_mapper
        self._HAS_ICM = len(self.AVAILABLE_ICM) > 0
        self._HAS_UCM = len(self.AVAILABLE_UCM) > 0
        self._HAS_additional_mapper = len(self.additional_data_mapper) > 0
        self.user_original_ID_to_index = user_original_ID_to_index
        self.item_original_ID_to_index = item_original_ID_to_index

    @classmethod
    def _of_parts(cls, **parts: Any) -> "Dataset":
        """A data set of parts in their final form (canonical csr, `IdIndex`), which it takes over without a copy."""
        dataset = cls.__new__(cls)
        dataset._set_parts(**parts)
        return dataset

    def _arguments(self) -> dict[str, Any]:
        """What the constructor would take to make this data set again; references."""
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

    def copy(self) -> "Dataset":
        """An independent data set of the same content, verified."""
        duplicate = Dataset(**self._arguments())
        duplicate.verify_data_consistency()
        return duplicate

    def print_statistics(self) -> None:
        """Print sizes, densities, profile lengths and the Gini index of URM_all, and a line for each ICM and UCM."""
        URM_all = find("URM_name", self.AVAILABLE_URM, "URM_all")
        say(interactions_block(self.DATASET_NAME, URM_all))
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
        """
        if not Path(path).suffix:
            raise ValueError(f"path must be a file name with a suffix such as .png, got {os.fspath(path)!r}")
        figure = plot_statistics(self.DATASET_NAME, find("URM_name", self.AVAILABLE_URM, "URM_all"))
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
        """
        self.verify_data_consistency()
        write_dataset(save_folder_path, self._arguments())

    def load_data(self, save_folder_path: str | os.PathLike[str]) -> None:
        """Replace the content of this data set by what `save_data` wrote; after an error it is what it was.

        What a reader has kept in the folder is loaded where there are no archives.

        Raises
        ------
        FileNotFoundError
            If the folder holds no saved data set.
        ValueError
            If an archive is damaged or does not hold what it should.
        """
        from Data_manager._storage.cache import has_cache, read_cache

        try:
            arguments = read_dataset(save_folder_path)
        except FileNotFoundError:
            if not has_cache(Path(save_folder_path)):
                raise
            self._become(read_cache(Path(save_folder_path), None))
            return
        try:
            self._become(Dataset(**arguments))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{save_folder_path} must hold the archives of a data set, got others: {error}") from error

    def _remove_items_and_users(
        self, items_to_remove: Any = None, users_to_remove: Any = None, *, verbose: bool = True
    ) -> None:
        """Drop items and users everywhere, then the features that occur nowhere any more; the others are renumbered.

        Parameters
        ----------
        items_to_remove, users_to_remove : array of indices or None, default None
            None: no item, or no user. The order of what stays is kept.
        verbose : bool, default True
            Print a line for each ICM and UCM, unless the removal is refused.

        Raises
        ------
        TypeError, ValueError
            If an index is out of range, or what is left is no consistent data set; nothing has been removed then.
        """
        self.verify_data_consistency()
        self._become(Dataset._of_parts(**without_items_and_users(self._arguments(), items_to_remove, users_to_remove)))
        if verbose:
            for name in self.AVAILABLE_ICM:
                say(f"Dataset: Removing items from {name}")
            for name in self.AVAILABLE_UCM:
                say(f"Dataset: Removing users from {name}")
