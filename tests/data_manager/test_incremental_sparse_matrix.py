"""Sparse matrices that are built from pieces."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Data_manager.IncrementalSparseMatrix import (
    IncrementalSparseMatrix,
    IncrementalSparseMatrix_FilterIDs,
    IncrementalSparseMatrix_ListBased,
)
from tests.reference.data_matrices import dense_sum, filtered, order_of_appearance

BUILDERS = [IncrementalSparseMatrix_ListBased, IncrementalSparseMatrix]
every_builder = pytest.mark.parametrize("Builder", BUILDERS)


def random_pieces(seed: int, n_ids: int = 15) -> list[tuple[list[int], list[int], list[float]]]:
    rng = np.random.default_rng(seed)
    return [
        (
            rng.integers(0, n_ids, n).tolist(),
            rng.integers(0, n_ids, n).tolist(),
            rng.choice([-1.0, 1.0, 2.5], n).tolist(),
        )
        for n in (1, 40, 0, 7, 100, 3)
    ]


def cells(pieces: list[tuple[list[Any], list[Any], list[float]]]) -> list[tuple[Any, Any, float]]:
    return [cell for piece in pieces for cell in zip(*piece)]


@every_builder
def test_indices_without_mapper_equal_the_slow_sum(Builder: type[IncrementalSparseMatrix]) -> None:
    pieces = random_pieces(0)
    builder = Builder()
    for piece in pieces:
        builder.add_data_lists(*piece)
    identity = {index: index for index in range(15)}
    expected = dense_sum(cells(pieces), identity, identity, (15, 15))
    matrix = builder.get_SparseMatrix()
    n_rows, n_cols = matrix.shape
    assert n_rows == 1 + max(cell[0] for cell in cells(pieces)) and n_cols == 1 + max(cell[1] for cell in cells(pieces))
    np.testing.assert_array_equal(matrix.toarray(), expected[:n_rows, :n_cols])
    assert sps.isspmatrix_csr(matrix) and matrix.nnz == np.count_nonzero(expected)
    assert builder.get_nnz() == len(cells(pieces)), "cells added, not cells of the matrix"
    assert builder.get_row_token_to_id_mapper() == {index: index for index in range(n_rows)}
    assert builder.get_column_token_to_id_mapper() == {index: index for index in range(n_cols)}


@every_builder
@pytest.mark.parametrize("make", [str, lambda index: index * 1000, lambda index: (index, "t")])
def test_tokens_get_indices_in_order_of_appearance(Builder: type[IncrementalSparseMatrix], make: Any) -> None:
    pieces = [([make(r) for r in rows], [make(c) for c in cols], data) for rows, cols, data in random_pieces(1)]
    builder = Builder(auto_create_col_mapper=True, auto_create_row_mapper=True)
    for piece in pieces:
        builder.add_data_lists(*piece)
    row_mapper, col_mapper = builder.get_row_token_to_id_mapper(), builder.get_column_token_to_id_mapper()
    all_cells = cells(pieces)
    assert {str(token): index for token, index in row_mapper.items()} == order_of_appearance(c[0] for c in all_cells)
    assert {str(token): index for token, index in col_mapper.items()} == order_of_appearance(c[1] for c in all_cells)
    expected = dense_sum(all_cells, row_mapper, col_mapper, (len(row_mapper), len(col_mapper)))
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), expected)


def test_string_and_integer_tokens_stay_apart() -> None:
    builder = IncrementalSparseMatrix(auto_create_row_mapper=True)
    builder.add_data_lists([1, "1", 1], [0, 0, 0], [1.0, 2.0, 4.0])
    assert builder.get_row_token_to_id_mapper() == {1: 0, "1": 1}
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), [[5], [2]])


@pytest.mark.parametrize("wrap", [list, tuple, np.array, lambda x: pd.Series(x, index=range(5, 5 + len(x))), pd.Index])
def test_every_list_type_is_accepted(wrap: Any) -> None:
    builder = IncrementalSparseMatrix(auto_create_row_mapper=True)
    builder.add_data_lists(wrap(["b", "a", "b"]), wrap([0, 1, 2]), wrap([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), [[1, 0, 3], [0, 2, 0]])


@every_builder
def test_single_rows_add_to_the_matrix(Builder: type[IncrementalSparseMatrix]) -> None:
    builder = Builder(n_rows=3, n_cols=4)
    builder.add_single_row(1, [0, 3])
    builder.add_single_row(1, np.array([3]), data=2.5)
    builder.add_single_row(0, [1, 2], data=[7.0, 8.0])
    builder.add_single_row(2, [])
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), [[0, 7, 8, 0], [1, 0, 0, 3.5], [0, 0, 0, 0]])
    assert builder.get_nnz() == 5


def test_given_shape_is_kept_and_bounds_the_cells() -> None:
    builder = IncrementalSparseMatrix(n_rows=4, n_cols=3)
    builder.add_data_lists([0], [0], [1.0])
    assert builder.get_SparseMatrix().shape == (4, 3)
    assert len(builder.get_row_token_to_id_mapper()) == 4
    with pytest.raises(ValueError, match=r"row_list_to_add must be integer ids in 0\.\.3"):
        builder.add_data_lists([4], [0], [1.0])
    with pytest.raises(ValueError, match=r"col_list_to_add must be integer ids in 0\.\.2"):
        builder.add_data_lists([0], [3], [1.0])


def test_more_tokens_than_rows_are_refused_and_not_remembered() -> None:
    builder = IncrementalSparseMatrix(auto_create_col_mapper=True, auto_create_row_mapper=True, n_rows=2)
    builder.add_data_lists(["a"], ["x"], [1.0])
    with pytest.raises(ValueError, match="row_list_to_add must hold at most 2 distinct tokens, got 3"):
        builder.add_data_lists(["b", "c"], ["y", "z"], [1.0, 1.0])
    assert builder.get_row_token_to_id_mapper() == {"a": 0}
    assert builder.get_column_token_to_id_mapper() == {"x": 0}
    assert builder.get_SparseMatrix().shape == (2, 1)


def test_building_goes_on_after_the_matrix_was_taken() -> None:
    builder = IncrementalSparseMatrix()
    builder.add_data_lists([0], [0], [1.0])
    first = builder.get_SparseMatrix()
    builder.add_data_lists([0, 1], [0, 1], [1.0, 5.0])
    np.testing.assert_array_equal(first.toarray(), [[1]])
    first.data[:] = 9
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), [[2, 0], [0, 5]])


def test_lists_of_the_caller_are_copied() -> None:
    rows, cols, data = np.array([0, 1]), np.array([0, 1]), np.array([1.0, 2.0])
    builder = IncrementalSparseMatrix()
    builder.add_data_lists(rows, cols, data)
    rows[:], cols[:], data[:] = 5, 5, 5.0
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), np.diag([1, 2]))


def test_an_empty_matrix_has_the_shape_that_is_known() -> None:
    assert IncrementalSparseMatrix(n_rows=2, n_cols=3).get_SparseMatrix().shape == (2, 3)
    assert IncrementalSparseMatrix().get_SparseMatrix().shape == (0, 0)
    assert IncrementalSparseMatrix(auto_create_row_mapper=True).get_row_token_to_id_mapper() == {}


def test_dtype_is_that_of_the_matrix_and_numbers_must_fit_it() -> None:
    builder = IncrementalSparseMatrix(dtype=np.int32)
    builder.add_data_lists([0], [0], [3.0])
    assert builder.get_SparseMatrix().dtype == np.int32
    for number in (1.5, 2**40):
        with pytest.raises(ValueError, match="fit int32"):
            builder.add_data_lists([0], [0], [number])
    assert builder.get_SparseMatrix()[0, 0] == 3
    assert IncrementalSparseMatrix().get_SparseMatrix().dtype == np.float64
    with pytest.raises(TypeError, match="dtype must be"):
        IncrementalSparseMatrix(dtype=str)


def test_memory_grows_with_the_cells_alone_and_by_doubling() -> None:
    builder = IncrementalSparseMatrix()
    reserved = [0]
    for _ in range(1000):
        assert sum(array.nbytes for array in builder._cells._arrays) == reserved[-1]
        builder.add_single_row(0, [1, 2, 3])
        reserved.append(sum(array.nbytes for array in builder._cells._arrays))
    assert 3000 * 16 <= reserved[-1] <= 2 * 3000 * 16
    assert len(set(reserved)) < 15, "a reallocation for each piece makes many small pieces quadratic"


@pytest.mark.parametrize("on_new_row", ["add", "ignore"])
@pytest.mark.parametrize("on_new_col", ["add", "ignore"])
def test_filter_equals_the_slow_version(on_new_row: str, on_new_col: str) -> None:
    rows_before, cols_before = {3: 0, 5: 1, 1: 2}, {"2": 1, "9": 0}
    pieces = [(rows, [str(c) for c in cols], data) for rows, cols, data in random_pieces(2)]
    builder = IncrementalSparseMatrix_FilterIDs(cols_before, rows_before, on_new_col, on_new_row)
    for piece in pieces:
        builder.add_data_lists(*piece)
    kept, row_mapper, col_mapper = filtered(
        cells(pieces), rows_before, cols_before, on_new_row == "add", on_new_col == "add"
    )
    assert builder.get_row_token_to_id_mapper() == row_mapper
    assert builder.get_column_token_to_id_mapper() == col_mapper
    expected = dense_sum(kept, row_mapper, col_mapper, (len(row_mapper), len(col_mapper)))
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), expected)
    assert builder.get_nnz() == len(kept)
    assert rows_before == {3: 0, 5: 1, 1: 2} and cols_before == {"2": 1, "9": 0}, "given mappers are not changed"


def test_filter_without_mappers_adds_every_token() -> None:
    builder = IncrementalSparseMatrix_FilterIDs()
    builder.add_data_lists(["u", "v"], ["a", "b"], [1.0, 2.0])
    np.testing.assert_array_equal(builder.get_SparseMatrix().toarray(), np.diag([1, 2]))


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (TypeError, {"on_new_col": "ignore"}),
        (TypeError, {"on_new_row": "ignore"}),
        (ValueError, {"on_new_col": "drop"}),
        (TypeError, {"preinitialized_row_mapper": ["u"]}),
        (ValueError, {"preinitialized_row_mapper": {"u": 1}}),
        (ValueError, {"preinitialized_col_mapper": {"a": 0, "b": 0}}),
    ],
)
def test_filter_arguments_are_checked(error: type[Exception], arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=" must be "):
        IncrementalSparseMatrix_FilterIDs(**arguments)


@pytest.mark.parametrize(
    ("error", "piece"),
    [
        (ValueError, ([0, 1], [0], [1.0, 2.0])),
        (ValueError, ([0, 1], [0, 1], [1.0])),
        (ValueError, ([-1], [0], [1.0])),
        (ValueError, ([2**31], [0], [1.0])),
        (ValueError, ([0], [0], [np.nan])),
        (ValueError, ([0], [0], [np.inf])),
        (TypeError, ([0], [0], ["1"])),
        (TypeError, ([0.5], [0], [1.0])),
        (TypeError, (["a"], [0], [1.0])),
        (TypeError, (0, [0], [1.0])),
        (TypeError, ("a", [0], [1.0])),
    ],
)
def test_bad_cells_are_refused_and_nothing_is_added(error: type[Exception], piece: tuple[Any, Any, Any]) -> None:
    builder = IncrementalSparseMatrix()
    with pytest.raises(error, match=" must be "):
        builder.add_data_lists(*piece)
    assert builder.get_nnz() == 0 and builder.get_SparseMatrix().shape == (0, 0)


def test_a_missing_token_is_refused_and_nothing_is_remembered() -> None:
    builder = IncrementalSparseMatrix(auto_create_col_mapper=True, auto_create_row_mapper=True)
    with pytest.raises(ValueError, match="col_list_to_add must hold an id in every row, got none in row 1"):
        builder.add_data_lists(["u", "v"], ["a", None], [1.0, 2.0])
    assert builder.get_row_token_to_id_mapper() == {}


@every_builder
@pytest.mark.parametrize(
    ("error", "arguments"),
    [(TypeError, {"auto_create_col_mapper": 1}), (ValueError, {"n_rows": 0}), (TypeError, {"n_cols": 2.0})],
)
def test_builder_arguments_are_checked(
    Builder: type[IncrementalSparseMatrix], error: type[Exception], arguments: dict[str, Any]
) -> None:
    with pytest.raises(error, match=f"{next(iter(arguments))} must be"):
        Builder(**arguments)
