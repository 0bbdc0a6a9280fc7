"""From data frames of original ids to a Dataset of matrices and mappers."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Data_manager._mappers import factorize_ids
from Data_manager.Dataset import Dataset
from Recommenders._validation import check_bool


@dataclass(frozen=True)
class _Ids:
    """A column of ids, encoded: row r of the frame holds unique[codes[r]]; unique is in order of first appearance."""

    codes: npt.NDArray[np.int32]
    unique: npt.NDArray[np.object_]  # of str


@dataclass(frozen=True)
class _Table:
    """A frame, encoded: one cell of a matrix for each row."""

    rows: _Ids
    cols: _Ids
    data: npt.NDArray[np.float64]


def _encode_ids(name: str, column: "pd.Series[Any]") -> _Ids:
    codes, unique = factorize_ids(name, column)
    texts = []
    for original_id in unique:
        if isinstance(original_id, bool) or not isinstance(original_id, (str, Integral)):
            raise TypeError(f"{name} must hold string or integer ids, got {original_id!r}")
        texts.append(str(original_id))
    # a column of Python objects may hold both 1 and "1", which are one id
    code_of_text, unique_texts = pd.factorize(np.array(texts, dtype=object))
    return _Ids(codes=code_of_text.astype(np.int32)[codes], unique=np.asarray(unique_texts, dtype=object))


def _check_data(name: str, column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise TypeError(f"{name} must hold real numbers, got {column.dtype} values")
    data: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64, copy=True, na_value=np.nan)
    wrong = np.flatnonzero(~np.isfinite(data))
    if wrong.size > 0:
        raise ValueError(f"{name} must hold finite numbers, got {data[wrong[0]]} in row {wrong[0]}")
    return data


def _encode_table(argument: str, frame: Any, name: str, row_column: str, col_column: str) -> _Table:
    columns = [row_column, col_column, "Data"]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{argument} must be a pandas DataFrame, got a {type(frame).__name__}")
    if any((frame.columns == column).sum() != 1 for column in columns):
        raise ValueError(f"{argument} must have the columns {columns} once each, got {list(frame.columns)}")
    if len(frame) == 0:
        raise ValueError(f"{argument} of {name!r} must have at least one row, got none")
    return _Table(
        rows=_encode_ids(f"{row_column} of {name!r}", frame[row_column]),
        cols=_encode_ids(f"{col_column} of {name!r}", frame[col_column]),
        data=_check_data(f"Data of {name!r}", frame["Data"]),
    )


def _index_of(columns: Sequence[_Ids]) -> pd.Index:
    """All ids of the columns in order of first appearance: the position of an id is its index."""
    index: pd.Index = pd.Index(pd.unique(np.concatenate([column.unique for column in columns])), dtype=object)
    return index


def _matrix(table: _Table, row_index: pd.Index, col_index: pd.Index) -> sps.csr_matrix:
    rows = row_index.get_indexer(pd.Index(table.rows.unique, dtype=object))[table.rows.codes]
    cols = col_index.get_indexer(pd.Index(table.cols.unique, dtype=object))[table.cols.codes]
    # sums what is repeated; the Dataset drops the zeros
    return sps.csr_matrix((table.data, (rows, cols)), shape=(len(row_index), len(col_index)))


def _mapper(index: pd.Index) -> dict[str, int]:
    return dict(zip(index.tolist(), range(len(index))))


class DatasetMapperManager:
    """Collects data frames, then gives every user, item and feature an index and builds the matrices.

    An index is the order of first appearance: users and items over the URMs as they were added, then the items that
    only ICMs have and the users that only UCMs have; features for each ICM and UCM on their own. Rows with the same
    pair of ids are summed, and cells that are then 0 dropped. Ids may be strings or integers (the host takes strings
    alone) and become strings in the mappers: 7 and "7" are one id. A frame is read when it is added, and never changed.

    Examples
    --------
    >>> import pandas as pd
    >>> manager = DatasetMapperManager()
    >>> manager.add_URM(pd.DataFrame({"UserID": [7, 3], "ItemID": ["a", "b"], "Data": [4.0, 5.0]}), "URM_all")
    >>> dataset = manager.generate_Dataset("example", is_implicit=False)
    >>> dataset.get_user_original_ID_to_index_mapper()
    {'7': 0, '3': 1}
    """

    def __init__(self) -> None:
        self._URM_tables: dict[str, _Table] = {}
        self._ICM_tables: dict[str, _Table] = {}
        self._UCM_tables: dict[str, _Table] = {}
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
        self._check_name("URM_name", URM_name, self._URM_tables)
        self._URM_tables[URM_name] = _encode_table("URM_dataframe", URM_dataframe, URM_name, "UserID", "ItemID")

    def add_ICM(self, ICM_dataframe: pd.DataFrame, ICM_name: str) -> None:
        """Add features of items: as `add_URM`, with the columns ItemID, FeatureID and Data."""
        self._check_name("ICM_name", ICM_name, self._ICM_tables)
        self._ICM_tables[ICM_name] = _encode_table("ICM_dataframe", ICM_dataframe, ICM_name, "ItemID", "FeatureID")

    def add_UCM(self, UCM_dataframe: pd.DataFrame, UCM_name: str) -> None:
        """Add features of users: as `add_URM`, with the columns UserID, FeatureID and Data."""
        self._check_name("UCM_name", UCM_name, self._UCM_tables)
        self._UCM_tables[UCM_name] = _encode_table("UCM_dataframe", UCM_dataframe, UCM_name, "UserID", "FeatureID")

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
            If there is no URM, a matrix has no cell left, or implicit data is not all ones.
        """
        self._check_not_generated()
        is_implicit = check_bool("is_implicit", is_implicit)
        URMs, ICMs, UCMs = self._URM_tables, self._ICM_tables, self._UCM_tables
        if not URMs:
            raise ValueError("generate_Dataset must be called after at least one add_URM, got no URM")

        users = _index_of([URM.rows for URM in URMs.values()] + [UCM.rows for UCM in UCMs.values()])
        items = _index_of([URM.cols for URM in URMs.values()] + [ICM.rows for ICM in ICMs.values()])
        ICM_features = {name: _index_of([ICM.cols]) for name, ICM in ICMs.items()}
        UCM_features = {name: _index_of([UCM.cols]) for name, UCM in UCMs.items()}
        dataset = Dataset(
            dataset_name=dataset_name,
            URM_dictionary={name: _matrix(URM, users, items) for name, URM in URMs.items()},
            ICM_dictionary={name: _matrix(ICM, items, ICM_features[name]) for name, ICM in ICMs.items()},
            ICM_feature_mapper_dictionary={name: _mapper(features) for name, features in ICM_features.items()},
            UCM_dictionary={name: _matrix(UCM, users, UCM_features[name]) for name, UCM in UCMs.items()},
            UCM_feature_mapper_dictionary={name: _mapper(features) for name, features in UCM_features.items()},
            user_original_ID_to_index=_mapper(users),
            item_original_ID_to_index=_mapper(items),
            is_implicit=is_implicit,
        )
        dataset.verify_data_consistency()
        self._generated = True
        return dataset

    def _check_not_generated(self) -> None:
        if self._generated:
            raise ValueError("a DatasetMapperManager must be new for each Dataset, got one that has generated its own")

    def _check_name(self, argument: str, name: Any, taken: dict[str, _Table]) -> None:
        self._check_not_generated()
        if not isinstance(name, str):
            raise TypeError(f"{argument} must be a string, got {name!r}")
        if not name or name in taken:
            raise ValueError(f"{argument} must be a name that is not taken, got {name!r}")
