"""Ratings in Parquet files."""

from collections.abc import Iterator

from Data_manager._dataset_builder import Interactions
from Data_manager._ratings_arrow import interactions_of_batch
from Data_manager._ratings_columns import RatingsColumns
from Data_manager._ratings_files import RatingsFile

# of a batch the distinct ids are looked up among all, so few large batches are faster than many small ones
BATCH_ROWS = 8 * 2**20


def read_parquet(file: RatingsFile, columns: RatingsColumns) -> Iterator[Interactions]:
    """The interactions of a Parquet file in parts.

    Raises
    ------
    TypeError, ValueError
        If the file is damaged, lacks a column, or one is of another type or holds a missing or not finite value.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file.path, memory_map=True) as source:
            columns = _columns_by_name(source.schema_arrow.names, columns, file.where)
            names = columns.names_of_roles()
            first_row = 0
            for batch in source.iter_batches(BATCH_ROWS, columns=list(names.values())):
                yield interactions_of_batch(batch, names, file.where, first_row)
                first_row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system; pyarrow's have none
            raise
        raise ValueError(f"{file.where} is damaged or no Parquet file ({error})") from error


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
