"""What a data set holds, handed out as copies."""

import copy
from collections.abc import Mapping
from typing import Any

import scipy.sparse as sps

from Data_manager._matrices.ids import IdIndex, Ids


def find(argument: str, dictionary: Mapping[str, Any], name: str) -> Any:
    """The matrix or mapper itself; ValueError, with the names, if there is none of that name."""
    if name not in dictionary:
        loaded = ", ".join(map(repr, dictionary)) or "(none)"
        raise ValueError(f"{argument} must be one of those loaded: {loaded}, got {name!r}")
    return dictionary[name]


def copies_of(matrices: Mapping[str, sps.csr_matrix]) -> dict[str, sps.csr_matrix]:
    """Copies of matrices by name."""
    return {name: matrix.copy() for name, matrix in matrices.items()}


class DatasetAccess:
    """The content of a data set and the getters of it; the host's getters hand out references here and there."""

    DATASET_NAME: str | None
    _IS_IMPLICIT: bool
    AVAILABLE_URM: dict[str, sps.csr_matrix]
    AVAILABLE_ICM: dict[str, sps.csr_matrix]
    AVAILABLE_UCM: dict[str, sps.csr_matrix]
    AVAILABLE_ICM_feature_mapper: dict[str, dict[str, int]]
    AVAILABLE_UCM_feature_mapper: dict[str, dict[str, int]]
    user_original_ID_to_index: IdIndex
    item_original_ID_to_index: IdIndex

    def get_dataset_name(self) -> str | None:
        """The name of the data set."""
        return self.DATASET_NAME

    def is_implicit(self) -> bool:
        """Whether the interactions are all 1."""
        return self._IS_IMPLICIT

    def get_URM_all(self) -> sps.csr_matrix:
        """A copy of the URM named "URM_all"."""
        return self.get_URM_from_name("URM_all")

    def get_URM_from_name(self, URM_name: str) -> sps.csr_matrix:
        """A copy of that URM, shape (n_users, n_items); ValueError, with the names, if there is none."""
        matrix: sps.csr_matrix = find("URM_name", self.AVAILABLE_URM, URM_name).copy()
        return matrix

    def get_ICM_from_name(self, ICM_name: str) -> sps.csr_matrix:
        """A copy of that ICM, shape (n_items, n_features); ValueError, with the names, if there is none."""
        matrix: sps.csr_matrix = find("ICM_name", self.AVAILABLE_ICM, ICM_name).copy()
        return matrix

    def get_UCM_from_name(self, UCM_name: str) -> sps.csr_matrix:
        """A copy of that UCM, shape (n_users, n_features); ValueError, with the names, if there is none."""
        matrix: sps.csr_matrix = find("UCM_name", self.AVAILABLE_UCM, UCM_name).copy()
        return matrix

    def get_ICM_feature_to_index_mapper_from_name(self, ICM_name: str) -> dict[str, int]:
        """A copy of the feature mapper of that ICM."""
        mapper: dict[str, int] = find("ICM_name", self.AVAILABLE_ICM_feature_mapper, ICM_name).copy()
        return mapper

    def get_loaded_URM_names(self) -> list[str]:
        """The names of the URMs."""
        return list(self.AVAILABLE_URM)

    def get_loaded_URM_dict(self) -> dict[str, sps.csr_matrix]:
        """Copies of all URMs by name."""
        return copies_of(self.AVAILABLE_URM)

    def get_loaded_ICM_dict(self) -> dict[str, sps.csr_matrix]:
        """Copies of all ICMs by name."""
        return copies_of(self.AVAILABLE_ICM)

    def get_loaded_ICM_feature_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Copies of all ICMs' feature mappers by name."""
        return copy.deepcopy(self.AVAILABLE_ICM_feature_mapper)

    def get_loaded_UCM_dict(self) -> dict[str, sps.csr_matrix]:
        """Copies of all UCMs by name."""
        return copies_of(self.AVAILABLE_UCM)

    def get_loaded_UCM_feature_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Copies of all UCMs' feature mappers by name."""
        return copy.deepcopy(self.AVAILABLE_UCM_feature_mapper)

    def get_user_original_ID_to_index_mapper(self) -> dict[str, int]:
        """A dictionary from the original id of each user to its row."""
        return dict(self.user_original_ID_to_index)

    def get_item_original_ID_to_index_mapper(self) -> dict[str, int]:
        """A dictionary from the original id of each item to its column."""
        return dict(self.item_original_ID_to_index)

    def get_user_original_IDs(self) -> Ids:
        """The original ids of the users, shape (n_users,), in the order of the rows: int64, or object with str."""
        return self.user_original_ID_to_index.ids.copy()

    def get_item_original_IDs(self) -> Ids:
        """The original ids of the items, shape (n_items,), in the order of the columns: int64, or object with str."""
        return self.item_original_ID_to_index.ids.copy()

    def get_global_mapper_dict(self) -> dict[str, dict[str, int]]:
        """Copies of both mappers, by `user_original_ID_to_index` and `item_original_ID_to_index`.

        The host gives references, through which a splitter corrupts its reader's data set.
        """
        return {
            "user_original_ID_to_index": self.get_user_original_ID_to_index_mapper(),
            "item_original_ID_to_index": self.get_item_original_ID_to_index_mapper(),
        }
