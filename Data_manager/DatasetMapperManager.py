"""From data frames of original ids to a Dataset of matrices and mappers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from Data_manager._matrices.builder import DatasetBuilder, Features, Interactions
from Data_manager._matrices.ids import EncodedIds, encode_series
from Data_manager._matrices.rules import InteractionRules
from Data_manager._ratings.frame import numbers_of
from Data_manager.Dataset import Dataset
from recsys_common.validation import check_bool


class NoInteractions(ValueError):
    """The error of data without a single interaction."""


class DatasetMapperManager:
    """Collects data frames, then gives every user, item and feature an index and builds the matrices.

    An index is the order of first appearance: users and items over the URMs as they were added, then the items that
    only ICMs have and the users that only UCMs have; features for each ICM and UCM on their own. Rows with the same
    pair of ids are summed, and cells that are then 0 dropped. Ids may be strings or integers (the host takes strings
    alone) and become strings in the mappers: 7 and "7" are one id. A frame is read when it is added, and never changed.

    Parameters
    ----------
    previous : Dataset, optional
        Its users and items keep their indices, whether they occur or not; new ones are appended.

    Examples
    --------
    >>> import pandas as pd
    >>> manager = DatasetMapperManager()
    >>> manager.add_URM(pd.DataFrame({"UserID": [7, 3], "ItemID": ["a", "b"], "Data": [4.0, 5.0]}), "URM_all")
    >>> dataset = manager.generate_Dataset("example", is_implicit=False)
    >>> dataset.get_user_original_ID_to_index_mapper()
    {'7': 0, '3': 1}
    """

    def __init__(self, *, previous: Dataset | None = None) -> None:
        known = (
            (None, None) if previous is None else (previous.get_user_original_IDs(), previous.get_item_original_IDs())
        )
        self._builder = DatasetBuilder(*known)
        self._names: dict[str, list[str]] = {"URM": [], "ICM": [], "UCM": []}
        self._generated = False

    def add_URM(self, URM_dataframe: pd.DataFrame, URM_name: str) -> None:
        """Add interactions.

        Parameters
        ----------
        URM_dataframe : pandas.DataFrame
            Columns UserID and ItemID (strings or integers) and Data (finite numbers), at least one row; other columns
            are ignored.
        URM_name : str
            A new name; "URM_all" for the interactions that the framework works on.

        Raises
        ------
        TypeError
            If an argument or a column is of another type.
        ValueError
            If a column, an id or a number is missing, the frame is empty, the name is taken, or the Dataset has already
            been generated.
        """
        self._check_name("URM", URM_name)
        users, items, data = _encode_frame("URM_dataframe", URM_dataframe, URM_name, "UserID", "ItemID")
        self._builder.add_interactions(
            [Interactions(users, items, {URM_name: data})], InteractionRules("sum"), URM_name
        )
        self._names["URM"].append(URM_name)

    def add_interactions(self, parts: Iterable[Interactions], rules: InteractionRules, where: str) -> None:
        """Add URMs of one pattern in encoded parts, as the readers of large files do; see `DatasetBuilder`.

        Parameters
        ----------
        parts : iterable of Interactions
        rules : InteractionRules
        where : str
            The name of the interactions in messages.

        Raises
        ------
        NoInteractions
            If the parts hold no interaction.
        ValueError
            If interactions repeat where the rules forbid it, a name is taken, or the Dataset has been generated.
        """
        self._check_not_generated()
        names = self._builder.add_interactions(parts, rules, where)
        if not names:
            raise NoInteractions(f"{where} holds no interactions")
        for name in names:
            self._check_name("URM", name)
            self._names["URM"].append(name)

    def add_ICM(self, ICM_dataframe: pd.DataFrame, ICM_name: str) -> None:
        """Add features of items; arguments and errors as `add_URM`, with the columns ItemID, FeatureID and Data."""
        self._check_name("ICM", ICM_name)
        table = _encode_frame("ICM_dataframe", ICM_dataframe, ICM_name, "ItemID", "FeatureID")
        self._builder.add_item_features(ICM_name, Features(*table))
        self._names["ICM"].append(ICM_name)

    def add_UCM(self, UCM_dataframe: pd.DataFrame, UCM_name: str) -> None:
        """Add features of users; arguments and errors as `add_URM`, with the columns UserID, FeatureID and Data."""
        self._check_name("UCM", UCM_name)
        table = _encode_frame("UCM_dataframe", UCM_dataframe, UCM_name, "UserID", "FeatureID")
        self._builder.add_user_features(UCM_name, Features(*table))
        self._names["UCM"].append(UCM_name)

    def generate_Dataset(self, dataset_name: str | None, is_implicit: bool) -> Dataset:
        """Build the Dataset; afterwards nothing can be added, and no second one built.

        Parameters
        ----------
        dataset_name : str or None
        is_implicit : bool
            Whether the values of URM_all are all 1.

        Returns
        -------
        Dataset
            Its matrices are csr float64; it has passed `verify_data_consistency`.

        Raises
        ------
        ValueError
            If no URM was added, a matrix has no cell left, or implicit data is not all ones.
        """
        self._check_not_generated()
        is_implicit = check_bool("is_implicit", is_implicit)
        if not self._names["URM"]:
            raise ValueError("add_URM must be called before generate_Dataset: a Dataset has at least one URM")
        dataset = self._builder.build(dataset_name, is_implicit)
        self._generated = True
        return dataset

    @property
    def notices(self) -> list[str]:
        """Sentences about what the rules of `add_interactions` have changed."""
        return self._builder.notices

    def _check_not_generated(self) -> None:
        if self._generated:
            raise ValueError("this DatasetMapperManager has generated its Dataset: make a new one for the next")

    def _check_name(self, kind: str, name: Any) -> None:
        self._check_not_generated()
        if not isinstance(name, str):
            raise TypeError(f"{kind}_name must be a string, got {name!r}")
        if not name or name in self._names[kind]:
            raise ValueError(f"{kind}_name must be a name that is not taken, got {name!r}")


def _encode_frame(
    argument: str, frame: Any, name: str, row_column: str, col_column: str
) -> tuple[EncodedIds, EncodedIds, npt.NDArray[np.float64]]:
    columns = [row_column, col_column, "Data"]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{argument} must be a pandas DataFrame, got a {type(frame).__name__}")
    if any((frame.columns == column).sum() != 1 for column in columns):
        raise ValueError(f"{argument} must have the columns {columns} once each, got {list(frame.columns)}")
    if len(frame) == 0:
        raise ValueError(f"{argument} of {name!r} must have at least one row, got none")
    return (
        encode_series(f"{row_column} of {name!r}", frame[row_column]),
        encode_series(f"{col_column} of {name!r}", frame[col_column]),
        numbers_of(f"Data of {name!r}", frame["Data"], "real numbers"),
    )
