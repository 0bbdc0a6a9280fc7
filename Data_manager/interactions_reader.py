"""A user's own file of ratings."""

import csv
import os
from collections.abc import Sequence

import pandas as pd

from Data_manager._parsing import TextTable, read_table
from Data_manager.DataReader import DataReader, check_path
from Data_manager.Dataset import Dataset
from Data_manager.DatasetMapperManager import DatasetMapperManager
from Recommenders._validation import check_choice, check_int

# in the order in which they are tried on the first line
SEPARATORS = ("::", "\t", ",", ";", "|")


class InteractionsReader(DataReader):
    """Reads URM_all from a delimited text file; user and item ids are any text.

    The file is UTF-8; fields may be quoted, except with the separator "::". Of a user's repeated ratings of one item
    the last line holds, which is said; ratings of 0 are no interactions. The data set has the name of the file.

    Parameters
    ----------
    ratings_file : str or path
    columns : sequence of three str or of three int, default=("user", "item", "rating")
        The names of the columns of user, item and rating in the file's first line; or, if the file has no such line,
        their positions from 0.
    separator : {"::", tab, ",", ";", "|"}, optional
        Default: the one with which the first line has enough fields.
    data_folder : str or path, optional
        As in `DataReader`. Nothing is kept there: the file itself is read each time.
    verbose : bool, default=True

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or the file does not exist.

    Examples
    --------
    >>> reader = InteractionsReader("ratings.csv", columns=("userId", "movieId", "rating"))  # doctest: +SKIP
    >>> URM_all = reader.load_data().get_URM_all()  # doctest: +SKIP
    """

    KEEPS_DATASET = False

    def __init__(
        self,
        ratings_file: str | os.PathLike[str],
        columns: Sequence[str] | Sequence[int] = ("user", "item", "rating"),
        *,
        separator: str | None = None,
        data_folder: str | os.PathLike[str] | None = None,
        verbose: bool = True,
    ) -> None:
        self.ratings_file = check_path("ratings_file", ratings_file, "file")
        if not self.ratings_file.is_file():
            raise ValueError(f"ratings_file must be an existing file, got '{ratings_file}'")
        self.columns = _checked_columns(columns)
        self.separator = None if separator is None else check_choice("separator", separator, SEPARATORS)
        self.DATASET_SUBFOLDER = f"{self.ratings_file.stem}/"
        super().__init__(data_folder=data_folder, verbose=verbose)

    def _load_from_original_file(self) -> Dataset:
        self._print("Loading Interactions")
        where = f"'{self.ratings_file}'"
        frame = read_table(lambda: self.ratings_file.open("rb"), where, self._layout(where))
        frame = frame[["UserID", "ItemID", "Data"]] if self._by_position else self._renamed(frame)
        repeated = frame.duplicated(["UserID", "ItemID"], keep="last")
        if repeated.any():
            self._print(f"Left out {int(repeated.sum())} ratings that a later line of the same user and item replaces")
            frame = frame[~repeated]
        n_zeros = int((frame["Data"] == 0).sum())
        if n_zeros:
            self._print(f"Left out {n_zeros} ratings of 0: a sparse matrix has no entry for them")
        manager = DatasetMapperManager()
        manager.add_URM(frame, "URM_all")
        return manager.generate_Dataset(self.get_dataset_name(), self.IS_IMPLICIT)

    @property
    def _by_position(self) -> bool:
        return isinstance(self.columns[0], int)

    def _renamed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rename(columns=dict(zip(self.columns, ("UserID", "ItemID", "Data"))))

    def _layout(self, where: str) -> TextTable:
        with self.ratings_file.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            first_line = file.readline().rstrip("\r\n")
        separator, fields = self._split_first_line(first_line, where)
        quoted = separator != "::"
        kinds = ("key", "key", "float")
        if not self._by_position:
            return TextTable(separator, dict(zip(map(str, self.columns), kinds)), header=True, quoted=quoted)
        positions = dict(zip(map(int, self.columns), zip(("UserID", "ItemID", "Data"), kinds)))
        columns = dict(positions.get(k, (f"column {k}", "skip")) for k in range(len(fields)))
        return TextTable(separator, columns, quoted=quoted)

    def _split_first_line(self, line: str, where: str) -> tuple[str, list[str]]:
        """The separator and the fields of the first line, if it has the columns."""
        separators = (self.separator,) if self.separator else SEPARATORS
        for separator in separators:
            fields = line.split(separator) if separator == "::" else next(csv.reader([line], delimiter=separator), [])
            if self._by_position and len(fields) > max(map(int, self.columns)):
                return separator, fields
            if not self._by_position and set(self.columns) <= set(fields):
                return separator, fields
        wanted = "at the positions " if self._by_position else ""
        hint = "" if self._by_position else "; a file without a header has positions, such as 0,1,2"
        raise ValueError(
            f"{where} must have in its first line the columns {wanted}{', '.join(map(str, self.columns))}, "
            f"separated by {' or '.join(map(repr, separators))}, got {line[:200]!r}{hint}"
        )


def _checked_columns(columns: Sequence[str] | Sequence[int]) -> list[str] | list[int]:
    allowed = "three different column names or three different positions (user, item, rating)"
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise TypeError(f"columns must be {allowed}, got {columns!r}")
    if len(columns) != 3 or len(set(columns)) != 3:
        raise ValueError(f"columns must be {allowed}, got {columns!r}")
    if all(isinstance(column, str) for column in columns):
        return [str(column) for column in columns]
    if any(isinstance(column, str) for column in columns):
        raise TypeError(f"columns must be {allowed}, got {columns!r}")
    return [check_int("columns", column, minimum=0) for column in columns]
