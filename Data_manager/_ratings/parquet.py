"""Ratings in Parquet files."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.id_encoder import is_text
from Data_manager._ratings.arrow import interactions_of_batch
from Data_manager._ratings.columns import RatingsColumns
from Data_manager._ratings.files import RatingsFile
from Data_manager._sources.zip_members import ALWAYS_ALLOWED_BYTES, MAX_RATIO
from recsys_common.files import check_regular

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

# of a batch the distinct ids are looked up among all, so few large batches are faster than many small ones
BATCH_ROWS = 8 * 2**20

_BYTES_PER_VALUE = 8


def read_parquet(file: RatingsFile, columns: RatingsColumns) -> Iterator[Interactions]:
    """The interactions of a Parquet file in parts.

    Raises
    ------
    TypeError, ValueError
        If the file is damaged, or unpacks to far more than its size; if it lacks a column, or one is of another type or
        holds a missing or not finite value.
    """
    import pyarrow as pa
    from pyarrow import parquet

    check_regular(file.path)
    try:
        schema = parquet.read_schema(file.path, memory_map=True)
        columns = _columns_by_name(schema.names, columns, file.where)
        names = columns.names_of_roles()
        # a file that has a long text once may have it in every row
        texts = [name for name in names.values() if is_text(schema.field(name).type)]
        with parquet.ParquetFile(file.path, memory_map=True, read_dictionary=texts) as source:
            _check_size(file, source.metadata, list(names.values()))
            first_row = 0
            for batch in _joined(source.iter_batches(BATCH_ROWS, columns=list(names.values()))):
                yield interactions_of_batch(batch, names, file.where, first_row)
                first_row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system; pyarrow's have none
            raise
        raise ValueError(f"{file.where} is damaged or no Parquet file ({error})") from error


def _joined(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
    """Batches of up to BATCH_ROWS rows: where texts are dictionaries, each group of rows comes as one of its own."""
    import pyarrow as pa

    part: list[pa.RecordBatch] = []
    for batch in chain(batches, [None]):
        if part and (batch is None or sum(b.num_rows for b in part) + batch.num_rows > BATCH_ROWS):
            yield from pa.Table.from_batches(part).unify_dictionaries().combine_chunks().to_batches()
            part = []
        if batch is not None:
            part.append(batch)


def _check_size(file: RatingsFile, metadata: "FileMetaData", names: list[str]) -> None:
    """A column of one value needs no bytes a row, so a small file may have any number of rows."""
    n_bytes, n_rows = file.path.stat().st_size, metadata.num_rows
    n_encoded = sum(
        column.total_uncompressed_size
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema in names
    )
    n_unpacked = max(n_rows * len(names) * _BYTES_PER_VALUE, n_encoded)
    if n_unpacked > max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * n_bytes):
        raise ValueError(
            f"{file.where} is refused: its columns must unpack to at most {MAX_RATIO} times its {n_bytes} bytes, "
            f"got {n_unpacked} bytes of {n_rows} rows; if it is to be trusted, write it as text, or read it by "
            "pandas.read_parquet and give the data frame"
        )


def _columns_by_name(there: list[str], columns: RatingsColumns, where: str) -> RatingsColumns:
    """The columns by name, each of which the file has once."""
    if columns.by_position:
        if max(map(int, columns.present())) >= len(there):
            raise ValueError(f"{where} must have columns at the positions {columns.present()}, got {', '.join(there)}")
        columns = columns.named(there)
    missing = [name for name in columns.names_of_roles().values() if there.count(name) != 1]
    if missing:
        raise ValueError(f"{where} must have the column(s) {', '.join(missing)} once each, got {', '.join(there)}")
    return columns
