"""A data set without some of its items and users."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from Data_manager._matrices.ids import reindex_mapper
from recsys_common.validation import check_ids


def _kept_mask(name: str, removed: Any, n_ids: int) -> npt.NDArray[np.bool_]:
    kept = np.ones(n_ids, dtype=np.bool_)
    if removed is not None:
        kept[check_ids(name, removed, n_ids)] = False
    if not kept.any():
        raise ValueError(f"{name} must leave at least one of {n_ids}, got all of them")
    return kept


def _without_rows(
    matrices: Mapping[str, Any], mappers: Mapping[str, Mapping[str, int]], kept_rows: npt.NDArray[np.bool_]
) -> tuple[dict[str, Any], dict[str, dict[str, int]]]:
    """ICMs or UCMs and their feature mappers, without the rows and without the features that occur in no other row."""
    remaining, remaining_mappers = {}, {}
    for name, matrix in matrices.items():
        kept_matrix = matrix[np.flatnonzero(kept_rows)]
        occurs = np.asarray(kept_matrix.getnnz(axis=0)) > 0
        remaining[name] = kept_matrix[:, np.flatnonzero(occurs)]
        remaining_mappers[name] = reindex_mapper(mappers[name], occurs)
    return remaining, remaining_mappers


def without_items_and_users(arguments: Mapping[str, Any], items_to_remove: Any, users_to_remove: Any) -> dict[str, Any]:
    """The arguments of a Dataset without these items and users; what is left keeps its order.

    Parameters
    ----------
    arguments : mapping
        The arguments of the constructor of a consistent Dataset by name; they are not changed.
    items_to_remove, users_to_remove : array of indices or None

    Raises
    ------
    TypeError, ValueError
        If an index is none, or nothing would be left.
    """
    user_mapper, item_mapper = arguments["user_original_ID_to_index"], arguments["item_original_ID_to_index"]
    kept_users = _kept_mask("users_to_remove", users_to_remove, len(user_mapper))
    kept_items = _kept_mask("items_to_remove", items_to_remove, len(item_mapper))
    ICMs, ICM_mappers = _without_rows(
        arguments["ICM_dictionary"], arguments["ICM_feature_mapper_dictionary"], kept_items
    )
    UCMs, UCM_mappers = _without_rows(
        arguments["UCM_dictionary"], arguments["UCM_feature_mapper_dictionary"], kept_users
    )
    return {
        **arguments,
        "URM_dictionary": {
            name: URM[np.flatnonzero(kept_users)][:, np.flatnonzero(kept_items)]
            for name, URM in arguments["URM_dictionary"].items()
        },
        "ICM_dictionary": ICMs,
        "ICM_feature_mapper_dictionary": ICM_mappers,
        "UCM_dictionary": UCMs,
        "UCM_feature_mapper_dictionary": UCM_mappers,
        "user_original_ID_to_index": user_mapper.kept(kept_users),
        "item_original_ID_to_index": item_mapper.kept(kept_items),
    }
