"""Lists of entries become sparse matrices, where several entries of one cell become one value."""

from collections import defaultdict

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given
from hypothesis import strategies as st

from Data_manager._matrices.cells import REDUCTIONS, Cells, GrowingArray, cell_keys, with_cells

entries_of_cells = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(-4, 4)), min_size=1)

IN_PLAIN_PYTHON = {"sum": sum, "mean": lambda v: sum(v) / len(v), "last": lambda v: v[-1], "max": max}


def cells_of(entries: list[tuple[int, int, int]]) -> tuple[Cells, np.ndarray]:
    rows, cols, values = (np.array(column) for column in zip(*entries))
    return Cells(rows.astype(np.int32), cols.astype(np.int32), (5, 5)), values / 2


def lists_by_cell(entries: list[tuple[int, int, int]]) -> dict[tuple[int, int], list[float]]:
    lists = defaultdict(list)
    for row, col, value in entries:
        lists[row, col].append(value / 2)
    return lists


def test_every_reduction_has_an_oracle() -> None:
    assert set(REDUCTIONS) == set(IN_PLAIN_PYTHON)


@pytest.mark.parametrize("how", sorted(IN_PLAIN_PYTHON))
@given(entries=entries_of_cells)
def test_cells_and_their_values_equal_a_dictionary_of_lists(how: str, entries: list[tuple[int, int, int]]) -> None:
    cells, values = cells_of(entries)
    lists = lists_by_cell(entries)
    assert cells.n_repeated == len(entries) - len(lists)
    reduced = cells.reduce(values, how)
    np.testing.assert_allclose(reduced, [IN_PLAIN_PYTHON[how](lists[cell]) for cell in sorted(lists)])
    matrix = cells.to_csr(reduced)
    expected = np.zeros((5, 5))
    for cell, its_values in lists.items():
        expected[cell] = IN_PLAIN_PYTHON[how](its_values)
    np.testing.assert_allclose(matrix.toarray(), expected)
    assert matrix.nnz == np.count_nonzero(expected), "zeros are left out"
    matrix.has_canonical_format = False
    matrix.sum_duplicates()
    assert matrix.nnz == np.count_nonzero(expected), "it was canonical"
    assert matrix.indices.dtype == np.int32


@given(entries=entries_of_cells, data=st.data())
def test_only_kept_cells_are_in_the_matrix(entries: list[tuple[int, int, int]], data: st.DataObject) -> None:
    cells, _ = cells_of(entries)
    in_order = sorted(lists_by_cell(entries))
    numbers = np.arange(1.0, len(in_order) + 1)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(in_order), max_size=len(in_order))), dtype=bool)
    matrix = cells.to_csr(numbers.copy(), kept)
    expected = {cell: number for cell, number, is_kept in zip(in_order, numbers, kept) if is_kept}
    coo = matrix.tocoo()
    assert dict(zip(zip(coo.row.tolist(), coo.col.tolist()), coo.data.tolist())) == expected
    np.testing.assert_array_equal(cells.to_csr(numbers).data, numbers), "a second matrix is not touched by the first"


def test_rows_and_columns_are_not_changed() -> None:
    rows, cols = np.array([2, 0, 2, 0], dtype=np.int32), np.array([1, 1, 0, 1], dtype=np.int32)
    cells = Cells(rows, cols, (3, 2))
    assert rows.tolist() == [2, 0, 2, 0] and cols.tolist() == [1, 1, 0, 1]
    np.testing.assert_array_equal(
        cells.to_csr(cells.reduce(np.array([1.0, 2, 4, 8]), "sum")).toarray(), [[0, 10], [0, 0], [4, 1]]
    )


def test_keys_and_kept_cells_by_hand() -> None:
    matrix = sps.csr_matrix(np.array([[0, 5, 6], [0, 0, 0], [7, 0, 8]]))
    assert cell_keys(matrix).tolist() == [1, 2, 6, 8]
    kept = with_cells(matrix, np.array([False, True, True, False]))
    np.testing.assert_array_equal(kept.toarray(), [[0, 0, 6], [0, 0, 0], [7, 0, 0]])
    assert kept.dtype == matrix.dtype and matrix.nnz == 4
    large = sps.csr_matrix(([1.0], ([99_999], [99_999])), shape=(100_000, 100_000))
    assert cell_keys(large).tolist() == [10**10 - 1]


@given(parts=st.lists(st.lists(st.integers(-9, 9))))
def test_a_growing_array_is_its_parts_in_a_row(parts: list[list[int]]) -> None:
    growing = GrowingArray(np.int16)
    for part in parts:
        growing.extend(np.array(part, dtype=np.int64))
    assert len(growing) == sum(map(len, parts))
    assert growing.to_array().dtype == np.int16
    assert growing.to_array().tolist() == [number for part in parts for number in part]
