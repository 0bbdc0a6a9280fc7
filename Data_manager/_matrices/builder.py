"""From encoded interactions and features to a Dataset: every user, item and feature gets an index."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import Cells, GrowingArray
from Data_manager._matrices.ids import EncodedIds, IdEncoder, IdIndex, Ids
from Data_manager._matrices.rules import InteractionRules, RepeatedInteraction
from Data_manager.Dataset import Dataset


@dataclass(frozen=True)
class Interactions:
    """Interactions, or a part of them: user, item, and a value for each URM by name."""

    users: EncodedIds
    items: EncodedIds
    values: Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Features:
    """Features of items or users: one cell of an ICM or UCM for each row."""

    owners: EncodedIds
    features: EncodedIds
    values: npt.NDArray[np.float64]


class DatasetBuilder:
    """The interactions and features that are collected for one Dataset.

    An index is the order of first appearance: users and items over the interactions as they were added, then the items
    that only ICMs have and the users that only UCMs have; features for each ICM and UCM on their own. Known ids have
    the indices 0..n-1, whether they occur or not. `notices` are sentences about what the rules have left out.
    """

    def __init__(self, known_users: Ids | None = None, known_items: Ids | None = None) -> None:
        self._users, self._items = IdEncoder(known_users), IdEncoder(known_items)
        self._URMs: dict[str, sps.csr_matrix] = {}
        self._ICMs: dict[str, Features] = {}
        self._UCMs: dict[str, Features] = {}
        self.notices: list[str] = []

    def add_interactions(self, parts: Iterable[Interactions], rules: InteractionRules, where: str) -> list[str]:
        """Add URMs of one pattern, given in parts, and return their names: none if there is no interaction.

        Interactions that repeat where the rules forbid it are a ValueError, in which `where` names them.
        """
        users, items = GrowingArray(np.int32), GrowingArray(np.int32)
        values: defaultdict[str, GrowingArray] = defaultdict(lambda: GrowingArray(np.float64))
        for part in parts:
            users.extend(self._users.encode(part.users))
            items.extend(self._items.encode(part.items))
            for name, entries in part.values.items():
                values[name].extend(entries)
        if len(users) == 0:
            return []
        all_values = {name: entries.to_array() for name, entries in values.items()}
        # of the users and items so far: `build` makes room for those to come
        shape = (len(self._users), len(self._items))
        try:
            URMs, notices = rules.matrices(users.to_array(), items.to_array(), all_values, shape)
        except RepeatedInteraction as error:
            raise ValueError(
                f"{where} must have one line for a user and an item, got {error.n_repeated} more, the first for "
                f"user {self._users.ids[error.user]} and item {self._items.ids[error.item]}"
            ) from error
        self._URMs.update(URMs)
        self.notices += notices
        return list(URMs)

    def add_item_features(self, name: str, features: Features) -> None:
        self._ICMs[name] = features

    def add_user_features(self, name: str, features: Features) -> None:
        self._UCMs[name] = features

    def build(self, dataset_name: str | None, is_implicit: bool) -> Dataset:
        """Build and verify the Dataset; one without interactions or with an empty feature matrix is a ValueError."""
        ICM_rows = {name: self._items.encode(features.owners) for name, features in self._ICMs.items()}
        UCM_rows = {name: self._users.encode(features.owners) for name, features in self._UCMs.items()}
        shape = (len(self._users), len(self._items))
        for URM in self._URMs.values():
            URM.resize(shape)  # type: ignore[arg-type]  # the stubs know no shape that fits
        ICMs, ICM_mappers = _feature_matrices(self._ICMs, ICM_rows, shape[1])
        UCMs, UCM_mappers = _feature_matrices(self._UCMs, UCM_rows, shape[0])
        dataset = Dataset._from_parts(
            dataset_name=dataset_name,
            URM_dictionary=dict(self._URMs),
            ICM_dictionary=ICMs,
            ICM_feature_mapper_dictionary=ICM_mappers,
            UCM_dictionary=UCMs,
            UCM_feature_mapper_dictionary=UCM_mappers,
            user_original_ID_to_index=IdIndex(self._users.ids),
            item_original_ID_to_index=IdIndex(self._items.ids),
            is_implicit=is_implicit,
            additional_data_mapper={},
        )
        dataset.verify_data_consistency()
        return dataset


def _feature_matrices(
    features: Mapping[str, Features], rows: Mapping[str, npt.NDArray[np.int32]], n_rows: int
) -> tuple[dict[str, sps.csr_matrix], dict[str, dict[str, int]]]:
    """Return the ICMs or UCMs, with repeated cells summed, and their feature mappers."""
    matrices, mappers = {}, {}
    for name, table in features.items():
        encoder = IdEncoder()
        columns = encoder.encode(table.features)
        cells = Cells(rows[name], columns, (n_rows, len(encoder)))
        matrices[name] = cells.to_csr(cells.reduce(table.values, "sum"))
        mappers[name] = dict(IdIndex(encoder.ids))
    return matrices, mappers
