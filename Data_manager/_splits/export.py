"""A split as text files with the original ids, for other programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import scipy.sparse as sps

from Data_manager._storage.split import Split
from Data_manager.split_functions._interactions import URM_TIMESTAMP, times_of_parts
from recsys_common.atomic_file import atomic_path
from recsys_common.file_group import FileGroup

# turned into text at once; so the memory that an export takes does not grow with the data set
_ROWS_PER_CHUNK = 1_000_000


@dataclass(frozen=True)
class _Format:
    """A layout of delimited text."""

    file_names: Mapping[str, str]  # of each part; {dataset} is the name of the data set
    delimiter: str
    columns: tuple[str, str, str, str]  # user, item, rating and, where there are any, timestamp
    quotes: bool  # whether a field may be quoted


EXPORT_FORMATS = {
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


def export_split(split: Split, dataset_name: str, target: Path, format: str) -> None:
    """Write each part of a split as a text file in the target folder; `DataSplitter.export_split` documents it."""
    layout = EXPORT_FORMATS[format]
    URMs = {name: URM for name, URM in split.URMs.items() if URM.nnz > 0}
    paths = {part: target / name.format(dataset=dataset_name) for part, name in layout.file_names.items()}
    for part, path in paths.items():
        if part not in URMs and path.exists():
            raise ValueError(f"folder must be without '{path.name}', since the split has no {part}, got '{target}'")

    users = _Ids("user", split.dataset.get_user_original_IDs(), layout)
    items = _Ids("item", split.dataset.get_item_original_IDs(), layout)
    all_URMs = split.dataset.AVAILABLE_URM
    times = times_of_parts(URMs, all_URMs["URM_all"], all_URMs[URM_TIMESTAMP]) if URM_TIMESTAMP in all_URMs else {}
    target.mkdir(parents=True, exist_ok=True)
    # replaced together: other programs would read the remaining files of an older split
    files = FileGroup(target, paths["URM_test"].name, [path.name for path in paths.values()])
    with files.locked(), files.replace() as new_folder:
        for part, URM in URMs.items():  # the test set is the last
            with atomic_path(new_folder / paths[part].name) as temporary:
                _write(temporary, layout, URM, users, items, times.get(part))


class _Ids:
    """Original ids by index, and whether their text has to be quoted."""

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
    """Turn whole numbers into integers: the writer would make "1e+10" of the float 1e10."""
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
        # older writers always quote a header
        file.write((layout.delimiter.join(names) + "\n").encode())
        with pa_csv.CSVWriter(file, schema, write_options=options) as writer:
            for start in range(0, URM.nnz, _ROWS_PER_CHUNK):
                rows = slice(start, start + _ROWS_PER_CHUNK)
                columns = [
                    users.array.take(pa.array(user_of_cell[rows])),
                    items.array.take(pa.array(URM.indices[rows])),
                    *(pa.array(column[rows]) for column in values),
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
