"""Text files of interactions, as data frames and as matrices with the mappers of their ids."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import scipy.sparse as sps

from Data_manager._ratings.csv_layout import Columns, CsvLayout, checked_layout, text_table
from Data_manager._text.parsing import read_table
from Data_manager.IncrementalSparseMatrix import IncrementalSparseMatrix, IncrementalSparseMatrix_FilterIDs
from recsys_common.files import open_regular
from recsys_common.validation import check_bool

Mapper = Mapping[str, int]


def remove_Dataframe_duplicates(
    dataframe: pd.DataFrame,
    unique_values_in_columns: Sequence[str] = ("UserID", "ItemID"),
    keep_highest_value_in_col: str = "interaction",
) -> pd.DataFrame:
    """One row for each combination of values: the one with the highest value in a further column.

    Parameters
    ----------
    dataframe : pandas.DataFrame
        It is not changed.
    unique_values_in_columns : sequence of str, default ("UserID", "ItemID")
    keep_highest_value_in_col : str, default "interaction"
        Of equal ones the last row stays; a missing value is the lowest.

    Returns
    -------
    pandas.DataFrame
        The rows that stay, in their order and with their index.

    Examples
    --------
    >>> frame = pd.DataFrame({"UserID": [1, 2, 1], "ItemID": [7, 7, 7], "interaction": [3.0, 5.0, 4.0]})
    >>> remove_Dataframe_duplicates(frame)["interaction"].tolist()
    [5.0, 4.0]
    """
    if not isinstance(dataframe, pd.DataFrame):
        raise TypeError(f"dataframe must be a pandas DataFrame, got a {type(dataframe).__name__}")
    keys = list(unique_values_in_columns)
    missing = [name for name in (*keys, keep_highest_value_in_col) if name not in dataframe.columns]
    if missing:
        raise ValueError(f"dataframe must have the columns {', '.join(missing)}, got {list(dataframe.columns)}")
    values = dataframe[keep_highest_value_in_col].reset_index(drop=True)
    ascending = values.sort_values(kind="stable", na_position="first").index.to_numpy()
    repeated = dataframe[keys].iloc[ascending].duplicated(keep="last").to_numpy()
    ascending = ascending[~repeated]
    ascending.sort()
    remaining: pd.DataFrame = dataframe.iloc[ascending]
    return remaining


def load_CSV_into_Dataframe(
    filePath: str | os.PathLike[str],
    header: bool = False,
    separator: str = "::",
    timestamp: bool = False,
    remove_duplicates: bool = False,
    custom_user_item_rating_columns: Columns | None = None,
) -> pd.DataFrame:
    """Read a delimited text file of interactions, one a line.

    Parameters
    ----------
    filePath : str or path
        UTF-8. With a separator of one character fields may stand in double quotes.
    header : bool, default False
        Whether the first line has the names of the columns.
    separator : str, default "::"
        One character, or "::".
    timestamp : bool, default False
        Whether to read a fourth column, of times.
    remove_duplicates : bool, default False
        Of a user's repeated interactions with an item keep the latest (with `timestamp`) or the one with the highest
        value, among equal ones the last line. Otherwise they are an error.
    custom_user_item_rating_columns : sequence of 3 int or 3 str, or 4 with `timestamp`, optional
        Where user, item, interaction and timestamp stand: positions from 0, or names of the header. Default: the first
        columns in this order. Others are not read.

    Returns
    -------
    pandas.DataFrame
        UserID and ItemID as text, interaction and, if asked for, timestamp as float64; the rows in the file's order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, a line is broken (named with its number), a column is missing, the file is
        empty, or interactions are repeated and may not be.
    OSError
        If the file cannot be opened.
    """
    layout = checked_layout(header, separator, timestamp, custom_user_item_rating_columns)
    return _read(Path(filePath), layout, check_bool("remove_duplicates", remove_duplicates), "key")


def load_CSV_into_SparseBuilder(
    filePath: str | os.PathLike[str],
    header: bool = False,
    separator: str = "::",
    timestamp: bool = False,
    remove_duplicates: bool = False,
    custom_user_item_rating_columns: Columns | None = None,
    create_mapper: bool = True,
    preinitialized_row_mapper: Mapper | None = None,
    preinitialized_col_mapper: Mapper | None = None,
    on_new_col: str = "add",
    on_new_row: str = "add",
) -> tuple[Any, ...]:
    """Read a delimited text file of interactions into a matrix.

    Parameters
    ----------
    filePath, header, separator, timestamp, remove_duplicates, custom_user_item_rating_columns
        As in `load_CSV_into_Dataframe`.
    create_mapper : bool, default True
        Whether ids are any text and get their index in order of first appearance; otherwise they are the indices,
        integers >= 0.
    preinitialized_row_mapper, preinitialized_col_mapper : mapping of str to int, optional
        Indices 0..n-1 of users and items that are known already. They are not changed.
    on_new_col, on_new_row : {"add", "ignore"}, default "add"
        What happens to interactions with other items and users; "ignore" needs the mapper, and leaves them out.

    Returns
    -------
    URM : scipy.sparse.csr_matrix of float64
    URM_timestamp : scipy.sparse.csr_matrix of float64
        Of the same shape; only with `timestamp`. In either matrix a value of 0 has no cell.
    item_mapper, user_mapper : dict
        Index of each id; of each index itself without mappers.

    Raises
    ------
    TypeError, ValueError, OSError
        As in `load_CSV_into_Dataframe`; or if there is a mapper although none is to be made.
    """
    layout = checked_layout(header, separator, timestamp, custom_user_item_rating_columns)
    builders = [
        _builder(create_mapper, preinitialized_row_mapper, preinitialized_col_mapper, on_new_col, on_new_row)
        for _ in layout.names[2:]
    ]
    id_kind = "key" if create_mapper else "int"
    frame = _read(Path(filePath), layout, check_bool("remove_duplicates", remove_duplicates), id_kind)
    for builder, name in zip(builders, layout.names[2:]):
        # the same cells in the same order: all get the same mappers
        builder.add_data_lists(frame["UserID"], frame["ItemID"], frame[name].to_numpy())
    matrices: list[sps.csr_matrix] = [builder.get_SparseMatrix() for builder in builders]
    return (*matrices, builders[0].get_column_token_to_id_mapper(), builders[0].get_row_token_to_id_mapper())


def _builder(
    create_mapper: Any, row_mapper: Mapper | None, col_mapper: Mapper | None, on_new_col: str, on_new_row: str
) -> IncrementalSparseMatrix:
    if check_bool("create_mapper", create_mapper):
        col_mapper, row_mapper = _with_text_keys(col_mapper), _with_text_keys(row_mapper)
        return IncrementalSparseMatrix_FilterIDs(col_mapper, row_mapper, on_new_col, on_new_row)
    if row_mapper is not None or col_mapper is not None or (on_new_col, on_new_row) != ("add", "add"):
        raise ValueError("create_mapper must be True with preinitialized mappers or new ids to ignore, got False")
    return IncrementalSparseMatrix()


def _with_text_keys(mapper: Any) -> Any:
    return {str(key): value for key, value in mapper.items()} if isinstance(mapper, Mapping) else mapper


def _read(path: Path, layout: CsvLayout, remove_duplicates: bool, id_kind: str) -> pd.DataFrame:
    where = f"'{path}'"
    table, columns = text_table(path, where, layout, (id_kind, id_kind, "float", "float"))
    frame = read_table(lambda: open_regular(path), where, table)[columns]
    frame.columns = pd.Index(layout.names)
    if remove_duplicates:
        return remove_Dataframe_duplicates(frame, keep_highest_value_in_col=layout.names[-1]).reset_index(drop=True)
    repeated = frame[frame.duplicated(["UserID", "ItemID"])]
    if len(repeated) > 0:
        user, item = repeated[["UserID", "ItemID"]].iloc[0]
        raise ValueError(
            f"{where} must have one interaction of a user with an item unless remove_duplicates is True, "
            f"got {len(repeated)} repeated ones, the first of user {user} with item {item}"
        )
    return frame
