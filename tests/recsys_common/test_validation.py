import math
import re

import numpy as np
import pytest
import scipy.sparse as sps

from recsys_common import validation


def refuses(check, *arguments, error, message, **keywords):
    with pytest.raises(error, match=re.escape(message)):
        check("argument", *arguments, **keywords)


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3)])
def test_an_integer_is_returned_as_pythons(value):
    assert type(validation.check_int("argument", value, minimum=3, maximum=3)) is int


def test_the_text_has_argument_allowed_and_value():
    bounds = {"minimum": 1, "maximum": 5}
    message = "argument must be an integer >= 1 and <= 5, got "
    refuses(validation.check_int, 0, error=ValueError, message=message + "0", **bounds)
    refuses(validation.check_int, 6, error=ValueError, message=message + "6", **bounds)
    refuses(validation.check_int, 2.0, error=TypeError, message=message + "2.0", **bounds)
    refuses(validation.check_int, True, error=TypeError, message=message + "True", **bounds)
    refuses(validation.check_float, 0, error=ValueError, message="argument must be a finite number > 0, got 0", above=0)
    refuses(validation.check_bool, 1, error=TypeError, message="argument must be True or False, got 1")
    refuses(
        validation.check_choice, "c", ["a", "b"], error=ValueError, message="argument must be one of 'a', 'b', got 'c'"
    )
    refuses(validation.check_choice, 1, ["a"], error=TypeError, message="argument must be one of 'a', got 1")


@pytest.mark.parametrize(
    ("value", "error"),
    [(math.nan, ValueError), (math.inf, ValueError), (-0.1, ValueError), (1.1, ValueError), ("1", TypeError),
     (None, TypeError), (True, TypeError), (np.array([0.5]), TypeError), (1j, TypeError)],
)  # fmt: skip
def test_a_number_that_is_none_is_refused(value, error):
    with pytest.raises(error, match="argument must be a finite number >= 0 and <= 1"):
        validation.check_float("argument", value, minimum=0, maximum=1)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_a_number_is_returned_as_pythons(value):
    checked = validation.check_float("argument", value, minimum=0, maximum=1)
    assert type(checked) is float and checked == value


@pytest.mark.parametrize("value", [3, np.int16(3), np.array(3), [3], (3,), range(3, 4), np.array([3], dtype=np.uint8)])
def test_ids_become_a_1d_int64_array(value):
    ids = validation.check_ids("ids", value, 4)
    assert ids.dtype == np.int64 and ids.tolist() == [3]


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [(4, ValueError, "4"), (-1, ValueError, "-1"), ([0, 9, 8], ValueError, "9"), ([[1]], ValueError, "2 dimensions"),
     (1.0, TypeError, "float64 values"), ([True], TypeError, "bool values"), ("1", TypeError, "<U1 values"),
     (None, TypeError, "object values"), ([math.nan], TypeError, "float64 values")],
)  # fmt: skip
def test_ids_that_are_none_are_refused(value, error, got):
    with pytest.raises(error, match=re.escape("ids must be integer ids in 0..3") + f".*got {re.escape(got)}$"):
        validation.check_ids("ids", value, 4)


@pytest.mark.filterwarnings("ignore:Creating an ndarray from ragged")
def test_a_ragged_list_of_ids_is_refused():
    with pytest.raises(TypeError, match="ids must be integer ids"):
        validation.check_ids("ids", [[1], [1, 2]], 4)


def test_unsigned_ids_beyond_int64_are_refused():
    with pytest.raises(ValueError, match="ids must be"):
        validation.check_ids("ids", np.array([2**64 - 1], dtype=np.uint64), 4)


def test_no_ids_are_an_empty_array():
    for empty in ([], (), np.empty(0), np.empty(0, dtype=np.int32)):
        assert validation.check_ids("ids", empty, 4).shape == (0,)


def test_pairs_are_of_equal_length_or_a_scalar():
    users, items = validation.check_pairs(1, [0, 2], 3, 3)
    assert (users.tolist(), items.tolist()) == ([1, 1], [0, 2])
    users, items = validation.check_pairs([0, 1], np.array(2), 3, 3)
    assert (users.tolist(), items.tolist()) == ([0, 1], [2, 2])
    users, items = validation.check_pairs(0, 1, 3, 3)
    assert (users.tolist(), items.tolist()) == ([0], [1])
    with pytest.raises(ValueError, match="item_id_array must be as long as user_id_array, 1, got 2 ids"):
        validation.check_pairs([1], [0, 2], 3, 3)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_every_format_becomes_canonical_csr(form):
    dense = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])
    checked = validation.check_sparse("URM", sps.csr_matrix(dense).asformat(form))
    assert isinstance(checked, sps.csr_matrix) and checked.dtype == np.float32 and checked.has_canonical_format
    np.testing.assert_array_equal(checked.toarray(), dense)


def test_duplicates_are_summed_and_zeros_dropped():
    coo = sps.coo_matrix(([1.0, 2.0, 0.0, 1.0, -1.0], ([0, 0, 1, 1, 1], [0, 0, 0, 1, 1])), shape=(2, 2))
    checked = validation.check_sparse("URM", coo)
    assert checked.nnz == 1 and checked[0, 0] == 3


def test_the_given_matrix_is_neither_changed_nor_shared():
    given = sps.csr_matrix((np.array([2.0, 0.0], dtype=np.float32), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    checked = validation.check_sparse("URM", given)
    checked.data[:] = 9
    assert given.data.tolist() == [2, 0] and given.indices.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.eye(2), TypeError, "a scipy sparse matrix, got a ndarray"),
        (None, TypeError, "got a NoneType"),
        (sps.csr_matrix((2, 2)), ValueError, "at least one non-zero entry"),
        (sps.csr_matrix((0, 2)), ValueError, "rows and columns, got shape (0, 2)"),
        (sps.csr_matrix([[1.0, np.nan]]), ValueError, "finite numbers"),
        (sps.csr_matrix([[1.0, -np.inf]]), ValueError, "finite numbers"),
        (sps.csr_matrix([[1e300]]), ValueError, "finite numbers"),
        (sps.csr_matrix([[1j]]), TypeError, "real numbers, got dtype complex128"),
        (sps.csr_matrix(([0.0], ([0], [0])), shape=(1, 1)), ValueError, "non-zero"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_matrix_that_is_none_is_refused(value, error, message):
    with pytest.raises(error, match=f"URM must be .*{re.escape(message)}"):
        validation.check_sparse("URM", value)


@pytest.mark.parametrize(
    "matrix",
    [
        sps.coo_matrix((np.array([100, 100], dtype=np.int8), ([0, 0], [0, 0])), shape=(1, 1)),
        sps.csr_matrix((np.array([100, 100], dtype=np.int8), [0, 0], [0, 2]), shape=(1, 1)),
        sps.csc_matrix((np.array([100, 100], dtype=np.int8), [0, 0], [0, 2]), shape=(1, 1)),
        sps.bsr_matrix((np.full((2, 1, 1), 100, dtype=np.int8), [0, 0], [0, 2]), shape=(1, 1)),
    ],
    ids=lambda matrix: matrix.format,
)
@pytest.mark.parametrize("check", [validation.check_sparse, validation.check_entries])
def test_small_integers_do_not_overflow_where_duplicates_are_summed(matrix, check):
    assert check("URM", matrix)[0, 0] == 200
    assert matrix.data.ravel().tolist() == [100, 100]


@pytest.mark.parametrize("column", [-1, 2])
def test_a_column_beyond_the_shape_is_refused(column):
    matrix = sps.csr_matrix(np.eye(2))
    matrix.indices[0] = column
    with pytest.raises(ValueError, match=re.escape("columns outside of 0..1")):
        validation.check_sparse("URM", matrix)


def test_a_matrix_without_entries_may_be_allowed():
    assert validation.check_sparse("URM", sps.csr_matrix((2, 3)), allow_empty=True).shape == (2, 3)


def test_bool_and_integer_matrices_are_taken():
    assert validation.check_sparse("URM", sps.csr_matrix([[True, False]])).toarray().tolist() == [[1.0, 0.0]]
    assert validation.check_sparse("URM", sps.csr_matrix([[3, 0]])).toarray().tolist() == [[3.0, 0.0]]


def test_more_columns_than_ids_have_numbers_are_refused():
    wide = sps.csr_matrix((np.ones(1), np.array([2**31]), np.array([0, 1])), shape=(1, 2**31 + 1))
    with pytest.raises(ValueError, match="URM must be of at most 2147483647 rows and columns, got shape"):
        validation.check_sparse("URM", wide)


def test_half_precision_is_kept_as_single_precision():
    matrix = sps.csr_matrix([[0.5, 2.0]])
    matrix.data = matrix.data.astype(np.float16)
    checked = validation.check_sparse("URM", matrix, dtype=None)
    assert checked.dtype == np.float32 and checked.toarray().tolist() == [[0.5, 2.0]]


def test_true_twice_is_true():
    twice = sps.coo_matrix((np.ones(2, dtype=bool), ([0, 0], [1, 1])), shape=(1, 2))
    assert validation.check_sparse("URM", twice).toarray().tolist() == [[0.0, 1.0]]
