"""A user's own ratings."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.rules import DUPLICATES, InteractionRules
from Data_manager._ratings.arrow import read_parquet
from Data_manager._ratings.columns import check_columns
from Data_manager._ratings.files import files_on_disk, ratings_files
from Data_manager._ratings.frame import check_frame, read_frame
from Data_manager._ratings.text import SEPARATORS, TextFormat, find_layout, read_text
from Data_manager.DataReader import DataReader, check_path
from Data_manager.Dataset import Dataset
from Data_manager.DatasetMapperManager import DatasetMapperManager
from recsys_common.validation import check_bool, check_choice, check_float


class InteractionsReader(DataReader):
    """The reader of a user's own ratings, from files or a data frame: URM_all, and with a timestamp URM_timestamp.

    Parameters
    ----------
    ratings : str, path or pandas.DataFrame
        A text file of one interaction a line (``.csv``, ``.tsv``, ``.dat`` or any other name), the same compressed
        (``.gz``, ``.bz2``, ``.xz``), a zip of such files, a Parquet file (``.parquet``, ``.pq``), a folder of
        one of these kinds (subfolders included, in the order of their names, without the caches of readers), or a data
        frame. Files are read as streams.
    columns : sequence of two to four str or int, default ("user", "item", "rating")
        User, item, rating and timestamp: the names of the columns or, for a text without a header, their positions from
        0. The last two may be missing; ("user", "item", None, "time") has a timestamp but no rating. Without a rating
        each interaction has the value 1. Ids may be any text, and integers where the data is typed. A timestamp is in
        seconds since 1970, or a date and time (ISO 8601 in a text; UTC if it has no zone).
    separator : {"::", tab, ",", ";", "|"}, optional
        Between the fields of a text. Default: the one with which the first line has the columns. Fields may be
        quoted by ``"``, except with "::".
    header : bool, optional
        Whether a text has names in its first line. Default: if `columns` are names.
    encoding : str, default "utf-8"
        Of a text; a byte order mark is passed over.
    pattern : str, optional
        Which files of a folder, or members of a zip, to read: a shell pattern for their names, such as "part-*.csv".
    implicit : bool, default False
        Whether every value that is left becomes 1.
    minimum_value : float, optional
        Interactions with a smaller value are left out, after duplicates have become one.
    duplicates : {"last", "sum", "mean", "error"}, default "last"
        How several values of one user and item become one: the latest by timestamp (without timestamps, or of equal
        ones, the one in the last line), their sum, their mean, or a ValueError. The timestamp is the latest.
    previous : Dataset, optional
        Its users and items keep their indices, whether they occur or not, and new ones are appended: for training again
        on newer data. Its interactions and features are not taken over.
    dataset_name : str, optional
        Default: the name of the file or folder without suffixes; "interactions" for a data frame.
    reload_from_original_data : bool, default False
        As in `DataReader`. The cache of files, in ``<data_folder>/<dataset_name>/original/``, is used as long as files
        and options are the same; a data frame, or data with `previous`, is not cached.
    data_folder : str or path, optional
        As in `DataReader`.
    verbose : bool, default True

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or the file does not exist.

    Notes
    -----
    Values of 0 are left out, with a message: a sparse matrix cannot tell them from pairs without interaction. Users and
    items whose interactions are all left out keep an index.

    Examples
    --------
    >>> ratings = pd.DataFrame({"who": ["ann", "bob", "ann"], "what": [7, 7, 9], "stars": [4.0, 5.0, 3.5]})
    >>> dataset = InteractionsReader(ratings, columns=("who", "what", "stars"), verbose=False).load_data()
    >>> dataset.get_URM_all().toarray().tolist()
    [[4.0, 3.5], [5.0, 0.0]]
    >>> dataset.get_item_original_ID_to_index_mapper()
    {'7': 0, '9': 1}
    """

    def __init__(
        self,
        ratings: str | os.PathLike[str] | pd.DataFrame,
        columns: Sequence[str | None] | Sequence[int | None] = ("user", "item", "rating"),
        *,
        separator: str | None = None,
        header: bool | None = None,
        encoding: str = "utf-8",
        pattern: str | None = None,
        implicit: bool = False,
        minimum_value: float | None = None,
        duplicates: str = "last",
        previous: Dataset | None = None,
        dataset_name: str | None = None,
        reload_from_original_data: bool = False,
        data_folder: str | os.PathLike[str] | None = None,
        verbose: bool = True,
    ) -> None:
        self.columns = check_columns(columns)
        self.text_format = _check_text_format(separator, header, encoding)
        if self.text_format.header is False and not self.columns.by_position:
            raise ValueError(f"columns must be positions where header is False, got {columns!r}")
        self.pattern = pattern
        if pattern is not None and not isinstance(pattern, str):
            raise TypeError(f"pattern must be a shell pattern of file names, got {pattern!r}")
        self.rules = InteractionRules(
            duplicates=check_choice("duplicates", duplicates, DUPLICATES),
            minimum_value=None if minimum_value is None else check_float("minimum_value", minimum_value),
            implicit=check_bool("implicit", implicit),
        )
        if previous is not None and not isinstance(previous, Dataset):
            raise TypeError(f"previous must be a Dataset, got a {type(previous).__name__}")
        self.previous = previous
        if isinstance(ratings, pd.DataFrame):
            check_frame(ratings, self.columns)
            self.ratings: Path | pd.DataFrame = ratings
            name = "interactions"
        else:
            self.ratings = check_path("ratings", ratings, "file or folder")
            name = self.ratings.resolve().name.split(".")[0] or "interactions"
        self.KEEPS_DATASET = isinstance(self.ratings, Path) and previous is None
        self.DATASET_SUBFOLDER = f"{name if dataset_name is None else _check_name(dataset_name)}/"
        super().__init__(reload_from_original_data, data_folder=data_folder, verbose=verbose)
        self._source_files()  # that the files exist is checked now, not when they are needed

    def _source_files(self) -> list[Path]:
        if not isinstance(self.ratings, Path):
            return []
        return files_on_disk(self.ratings, self.pattern, cache_folder=self.data_folder)

    def _reader_options(self) -> dict[str, Any]:
        return {
            "columns": vars(self.columns),
            "text_format": vars(self.text_format),
            "pattern": self.pattern,
            "rules": vars(self.rules),
        }

    def _load_from_original_file(self) -> Dataset:
        self._print("Loading Interactions")
        manager = DatasetMapperManager(previous=self.previous)
        manager.add_interactions(self._parts(), self.rules, self._where())
        always_ones = self.columns.rating is None and self.rules.duplicates != "sum"
        try:
            dataset = manager.generate_Dataset(self.get_dataset_name(), self.rules.implicit or always_ones)
        except ValueError as error:
            raise ValueError(" ".join([f"{self._where()}: {error}.", *manager.notices])) from error
        for notice in manager.notices:
            self._print(notice)
        return dataset

    def _where(self) -> str:
        return f"'{self.ratings}'" if isinstance(self.ratings, Path) else "ratings"

    def _parts(self) -> Iterator[Interactions]:
        if not isinstance(self.ratings, Path):
            yield read_frame(self.ratings, self.columns)
            return
        for file in ratings_files(self._source_files(), self.pattern):
            if file.is_parquet:
                yield from read_parquet(file, self.columns)
            else:
                found = find_layout(file, self.columns, self.text_format)
                yield from () if found is None else read_text(file, *found)


def _check_text_format(separator: Any, header: Any, encoding: Any) -> TextFormat:
    if not isinstance(encoding, str):
        raise TypeError(f"encoding must be the name of a text encoding, got {encoding!r}")
    try:
        "a".encode(encoding).decode(encoding, errors="surrogateescape")
    except (LookupError, UnicodeError, ValueError) as error:  # ValueError: a zero byte in the name
        raise ValueError(f"encoding must be the name of a text encoding, got {encoding!r}") from error
    return TextFormat(
        separator=None if separator is None else check_choice("separator", separator, SEPARATORS),
        header=None if header is None else check_bool("header", header),
        encoding=encoding,
    )


def _check_name(dataset_name: Any) -> str:
    if not isinstance(dataset_name, str):
        raise TypeError(f"dataset_name must be a string, got {dataset_name!r}")
    if dataset_name in ("", "..") or dataset_name != Path(dataset_name).name or set(dataset_name) & set('<>:"/\\|?*'):
        raise ValueError(f"dataset_name must be the name of a folder, got {dataset_name!r}")
    return dataset_name
