"""What a splitter hands out once it has a split."""

import copy
from typing import Any

import scipy.sparse as sps

from Data_manager._storage.dataset_access import copies_of, find
from Data_manager._storage.split import Split


class SplitAccess:
    """The attributes of a split, and the methods that give copies of them.

    Every method raises ValueError while there is no split.
    """

    def __init__(self) -> None:
        self._split: Split | None = None
        self.SPLIT_URM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_ICM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_ICM_MAPPER_DICT: dict[str, dict[str, int]] = {}
        self.SPLIT_UCM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_UCM_MAPPER_DICT: dict[str, dict[str, int]] = {}
        self.SPLIT_GLOBAL_MAPPER_DICT: dict[str, dict[str, int]] = {}

    def _become(self, split: Split) -> None:
        self._split = split
        self.SPLIT_URM_DICT = dict(split.URMs)
        self.SPLIT_ICM_DICT = split.dataset.get_loaded_ICM_dict()
        self.SPLIT_ICM_MAPPER_DICT = split.dataset.get_loaded_ICM_feature_mapper_dict()
        self.SPLIT_UCM_DICT = split.dataset.get_loaded_UCM_dict()
        self.SPLIT_UCM_MAPPER_DICT = split.dataset.get_loaded_UCM_feature_mapper_dict()
        self.SPLIT_GLOBAL_MAPPER_DICT = split.dataset.get_global_mapper_dict()

    def _loaded(self) -> Split:
        if self._split is None:
            raise ValueError(f"load_data of a {type(self).__name__} must be called before its data is asked for")
        return self._split

    def get_holdout_split(self) -> tuple[sps.csr_matrix, ...]:
        """Copies of the parts that have interactions: train, validation and test, or train and test alone.

        Returns
        -------
        URM_train, URM_validation, URM_test : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
            Without a validation set (`use_validation_set=False`, or a quota of 0) two matrices: URM_train, URM_test
            (the host has no way to get them).
        """
        self._loaded()
        return tuple(URM.copy() for URM in self.SPLIT_URM_DICT.values() if URM.nnz > 0)

    def get_URM_from_name(self, URM_name: str) -> sps.csr_matrix:
        """A copy of a URM of the data set, as "URM_timestamp", with the users and items of the split."""
        return self._loaded().dataset.get_URM_from_name(URM_name)

    def get_ICM_from_name(self, ICM_name: str) -> sps.csr_matrix:
        """A copy of that ICM, shape (n_items, n_features); ValueError, with the names, if there is none."""
        self._loaded()
        matrix: sps.csr_matrix = find("ICM_name", self.SPLIT_ICM_DICT, ICM_name).copy()
        return matrix

    def get_UCM_from_name(self, UCM_name: str) -> sps.csr_matrix:
        """A copy of that UCM, shape (n_users, n_features); ValueError, with the names, if there is none."""
        self._loaded()
        matrix: sps.csr_matrix = find("UCM_name", self.SPLIT_UCM_DICT, UCM_name).copy()
        return matrix

    def get_loaded_ICM_dict(self) -> dict[str, sps.csr_matrix]:
        """Copies of all ICMs by name."""
        self._loaded()
        return copies_of(self.SPLIT_ICM_DICT)

    def get_loaded_UCM_dict(self) -> dict[str, sps.csr_matrix]:
        """Copies of all UCMs by name."""
        self._loaded()
        return copies_of(self.SPLIT_UCM_DICT)

    def get_all_available_ICM_names(self) -> list[str]:
        """The names of the ICMs of the split."""
        self._loaded()
        return list(self.SPLIT_ICM_DICT)

    def get_all_available_UCM_names(self) -> list[str]:
        """The names of the UCMs of the split (the host gives those of the ICMs)."""
        self._loaded()
        return list(self.SPLIT_UCM_DICT)

    def get_split_parameters(self) -> dict[str, Any]:
        """A copy of what the split was made with and what came out: the seed, quotas, instants, removed users.

        A split that the host has saved has no seed and no fingerprint of its data set.
        """
        return copy.deepcopy(self._loaded().parameters)
