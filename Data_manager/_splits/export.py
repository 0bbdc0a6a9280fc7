"""A split as text files with the original ids, for other programs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import scipy.sparse as sps

from Data_manager._splits.times import has_times, times_of_parts
from Data_manager.DataReader import check_path
from recsys_common.atomic_file import atomic_path
from recsys_common.file_group import FileGroup
from recsys_common.validation import check_choice

if TYPE_CHECKING:
    from Data_manager.DataSplitter import DataSplitter

# what is turned into text at once; the memory that an export takes does not grow with the data set
_ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class _Format:
    """A layout of delimited text."""

    file_names: Mapping[str, str]  # of each part; {dataset} is the name of the data set
    delimiter: str
    columns: tuple[str, str, str, str]  # user, item, rating and, where there are any, timestamp
    quotes: bool  # whether a field may be quoted


_FORMATS = {
    "csv": _Format(
        {"URM_train": "train.csv", "URM_validation": "validation.csv", "URM_test": "test.csv"},
        ",",
        ("user", "item", "rating", "timestamp"),
        quotes=True,
    ),
    "recbole": _Format(
        {
            "URM_train": "{dataset}.train.inter",
            "URM_validation": "{dataset}.valid.inter",
            "URM_test": "{dataset}.test.inter",
        },
        "\t",
        ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        quotes=False,
    ),
}


def export_split(splitter: "DataSplitter", folder: str | os.PathLike[str], format: str = "csv") -> None:
    """Write each part of a loaded split as a text file, with a line for each interaction.

    The ids are the original ones; the lines are in the order of the users and items of the split. Where the data set
    has URM_timestamp, there is a column for it. A crash leaves no half file, and an error none at all.

    Parameters
    ----------
    splitter : DataSplitter
        Whose `load_data` has been called.
    folder : str or path
        Made if it is missing; files of an earlier export are replaced.
    format : {"csv", "recbole"}, default "csv"
        csv: ``train.csv``, ``validation.csv`` and ``test.csv``, with the columns user, item, rating[, timestamp],
        quoted where an id needs it. `InteractionsReader` reads them.
        recbole: RecBole's atomic files ``<data set>.train.inter``, ``.valid.inter`` and ``.test.inter``, separated by
        tabs. Name the folder after the data set; its parent is RecBole's ``data_path``, and its configuration needs
        ``benchmark_filename: [train, valid, test]``.
        Without a validation set there is no such file.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; if the split is not loaded; for recbole if an id has a tab, a quote or a line
        break, or is empty; if there is no validation set, but a file of one from another export in the folder.
    OSError
        If the folder cannot be written.
    """
    target = check_path("folder", folder)
    layout = _FORMATS[check_choice("format", format, _FORMATS)]
    split = splitter._loaded()
    URMs = {name: URM for name, URM in split.URMs.items() if URM.nnz > 0}
    dataset_name = splitter.get_dataReader_object().get_dataset_name()
    paths = {part: target / name.format(dataset=dataset_name) for part, name in layout.file_names.items()}
    for part, path in paths.items():
        if part not in URMs and path.exists():
            raise ValueError(f"folder must be without '{path.name}', since the split has no {part}, got '{target}'")

    users = _Ids("user", split.dataset.get_user_original_IDs(), layout)
    items = _Ids("item", split.dataset.get_item_original_IDs(), layout)
    times = times_of_parts(URMs, split.dataset) if has_times(split.dataset) else {}
    target.mkdir(parents=True, exist_ok=True)
    # other programs read what they find: never some files of an older split
    files = FileGroup(target, paths["URM_test"].name, [path.name for path in paths.values()])
    with files.locked(), files.replace() as folder:
        for part, URM in URMs.items():  # the test set is the last
            with atomic_path(folder / paths[part].name) as temporary:
                _write(temporary, layout, URM, users, items, times.get(part))


class _Ids:
    """The original ids by index, and whether their text has to be quoted."""

    def __init__(self, name: str, ids: npt.NDArray[Any], layout: _Format) -> None:
        special = {layout.delimiter, '"', "\n", "\r"}
        texts = [] if ids.dtype.kind == "i" else ids.tolist()
        unsafe = [text for text in texts if not text or not special.isdisjoint(text)]
        if unsafe and not layout.quotes:
            raise ValueError(
                f"format must be 'csv' for {name} ids that are empty or have a {layout.delimiter!r}, a quote or a line "
                f"break, got 'recbole' and the id {unsafe[0]!r}"
            )
        self.need_quotes = bool(unsafe)
        self.array = pa.array(ids)


def _numbers(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole numbers as integers: the writer turns the float 1e10 into "1e+10"."""
    whole = values.astype(np.int64) if np.abs(values).max() < 2**53 else None
    return values if whole is None or (whole != values).any() else whole


def _write(
    path: Path,
    layout: _Format,
    URM: sps.csr_matrix,
    users: _Ids,
    items: _Ids,
    times: npt.NDArray[np.float64] | None,
) -> None:
    user_of_cell = np.repeat(np.arange(URM.shape[0]), np.diff(URM.indptr))
    values = [_numbers(URM.data)] if times is None else [_numbers(URM.data), _numbers(times)]
    names = layout.columns[: 2 + len(values)]
    types = [users.array.type, items.array.type, *(pa.from_numpy_dtype(column.dtype) for column in values)]
    # the writer quotes every text of the file or none
    quoting_style = "needed" if users.need_quotes or items.need_quotes else "none"
    options = pa_csv.WriteOptions(
        include_header=False, batch_size=65_536, delimiter=layout.delimiter, quoting_style=quoting_style
    )
    schema = pa.schema(list(zip(names, types)))
    with path.open("wb") as file:
        # older writers quote a header whatever its text is
        file.write((layout.delimiter.join(names) + "\n").encode())
        with pa_csv.CSVWriter(file, schema, write_options=options) as writer:
            for start in range(0, URM.nnz, _ROWS_AT_ONCE):
                rows = slice(start, start + _ROWS_AT_ONCE)
                columns = [
                    users.array.take(pa.array(user_of_cell[rows])),
                    items.array.take(pa.array(URM.indices[rows])),
                    *(pa.array(column[rows]) for column in values),
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
