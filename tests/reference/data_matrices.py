"""Slow obvious versions of how cells and ids become matrices and mappers."""

from collections.abc import Hashable, Iterable

import numpy as np

Row = tuple[Hashable, Hashable, float]


def order_of_appearance(ids: Iterable[Hashable]) -> dict[str, int]:
    mapper: dict[str, int] = {}
    for original_id in ids:
        if str(original_id) not in mapper:
            mapper[str(original_id)] = len(mapper)
    return mapper


def dense_sum(rows: Iterable[Row], row_mapper: dict, col_mapper: dict, shape: tuple[int, int]) -> np.ndarray:
    """The matrix of (row id, column id, value) triples, one cell at a time; ids are looked up as they are."""
    matrix = np.zeros(shape)
    for row, col, value in rows:
        matrix[row_mapper[row], col_mapper[col]] += value
    return matrix


def filtered(
    rows: Iterable[Row], row_mapper: dict, col_mapper: dict, add_rows: bool, add_cols: bool
) -> tuple[list[Row], dict, dict]:
    """The cells that a filter keeps, and the mappers after it: an ignored cell gives no id to its other side."""
    row_mapper, col_mapper = dict(row_mapper), dict(col_mapper)
    kept = []
    for row, col, value in rows:
        if (row in row_mapper or add_rows) and (col in col_mapper or add_cols):
            row_mapper.setdefault(row, len(row_mapper))
            col_mapper.setdefault(col, len(col_mapper))
            kept.append((row, col, value))
    return kept, row_mapper, col_mapper
