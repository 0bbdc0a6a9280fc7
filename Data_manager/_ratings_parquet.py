"""Ratings in Parquet files."""

from collections.abc import Iterator

from Data_manager._dataset_builder import Interactions
from Data_manager._ratings_arrow import interactions_of_batch
from Data_manager._ratings_columns import RatingsColumns
from Data_manager._ratings_files import RatingsFile
from Data_manager._zip_members import ALWAYS_ALLOWED_BYTES, MAX_RATIO
from recsys_common.files import check_regular

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
        with parquet.ParquetFile(file.path, memory_map=True) as source:
            columns = _columns_by_name(source.schema_arrow.names, columns, file.where)
            names = columns.names_of_roles()
            _check_number_of_rows(file, source.metadata.num_rows, len(names))
            first_row = 0
            for batch in source.iter_batches(BATCH_ROWS, columns=list(names.values())):
                yield interactions_of_batch(batch, names, file.where, first_row)
                first_row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system; pyarrow's have none
            raise
        raise ValueError(f"{file.where} is damaged or no Parquet file ({error})") from error


def _check_number_of_rows(file: RatingsFile, n_rows: int, n_columns: int) -> None:
    """A column of one value needs no bytes a row, so a small file may have any number of rows."""
    n_bytes = file.path.stat().st_size
    if n_rows * n_columns * _BYTES_PER_VALUE > max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * n_bytes):
        raise ValueError(
            f"{file.where} is refused: its columns must unpack to at most {MAX_RATIO} times its {n_bytes} bytes, "
            f"got {n_rows} rows; if it is to be trusted, write it as text, or read it by pandas.read_parquet and give "
            "the data frame"
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
