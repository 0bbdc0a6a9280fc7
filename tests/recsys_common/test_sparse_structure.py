"""Matrices whose arrays contradict one another: named by the check, and never converted by anything that is public."""

import numpy as np
import pytest
import scipy.sparse as sps

from recsys_common import validation
from recsys_common.sparse_structure import canonical_fault, structure_fault

DENSE = np.array([[1.0, 0.0, 2.0, 0.0], [0.0, 0.0, 3.0, 0.0], [4.0, 0.0, 0.0, 5.0], [0.0, 6.0, 0.0, 0.0]])
FORMATS = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")


def set_item(attribute, index, value):
    def change(matrix):
        getattr(matrix, attribute)[index] = value

    return change


def replace(attribute, value):
    return lambda matrix: setattr(matrix, attribute, value)


def shorten(attribute):
    return lambda matrix: setattr(matrix, attribute, getattr(matrix, attribute)[:-1])


# format, what is done to the matrix, a part of the fault
BROKEN = [
    ("csr", set_item("indices", 0, 4), "columns outside of 0..3"),
    ("csr", set_item("indices", 0, 10**8), "columns outside of 0..3"),
    ("csr", set_item("indices", 0, -1), "columns outside of 0..3"),
    ("csr", set_item("indptr", 2, 10**8), "pointers that do not ascend from 0 to at most 6"),
    ("csr", set_item("indptr", 0, 1), "pointers that do not ascend"),
    ("csr", set_item("indptr", -1, 10**8), "pointers that do not ascend"),
    ("csr", set_item("indptr", 1, -1), "pointers that do not ascend"),
    ("csr", shorten("indptr"), "4 pointers for 4 rows"),
    ("csr", shorten("data"), "5 values for 6 indices"),
    ("csr", shorten("indices"), "6 values for 5 indices"),
    ("csr", replace("indices", np.zeros(6)), "not a 1-D array of integers"),
    ("csr", replace("indices", [0] * 6), "not a 1-D array of integers"),
    ("csr", replace("indptr", np.zeros((5, 1), dtype=int)), "not a 1-D array of integers"),
    ("csr", replace("data", np.zeros((6, 1))), "not a 1-D array"),
    ("csr", replace("indptr", np.array([0, 2, 1, 6, 6], dtype=np.uint32)), "do not ascend"),
    ("csr", replace("indices", np.array([0, 2, 2, 0, 3, 1], dtype=">i4")), "columns in the byte order of another"),
    ("csr", replace("data", np.ones(6, dtype=">f8")), "values in the byte order of another machine"),
    ("csc", set_item("indices", 0, 10**8), "rows outside of 0..3"),
    ("csc", set_item("indptr", 1, 10**8), "pointers that do not ascend"),
    ("coo", set_item("row", 0, 10**8), "rows outside of 0..3"),
    ("coo", set_item("col", 0, -2), "columns outside of 0..3"),
    ("coo", shorten("data"), "5 values for 6 indices"),
    ("bsr", set_item("indices", 0, 10**8), "columns of blocks outside of 0..1"),
    ("bsr", set_item("indptr", 1, 10**8), "pointers that do not ascend"),
    ("bsr", replace("data", np.zeros((3, 2, 0))), "blocks of (2, 0)"),
    ("bsr", replace("data", np.zeros((3, 3, 2))), "blocks of (3, 2)"),
    ("bsr", replace("data", np.zeros(3)), "not a 3-D array"),
    ("dia", shorten("data"), "values for"),
    ("dia", set_item("offsets", 0, 2), "the same offset twice"),
    ("dia", replace("offsets", np.zeros(3)), "not a 1-D array of integers"),
    ("lil", set_item("rows", 0, [10**8, 2]), "columns outside of 0..3"),
    ("lil", set_item("rows", 0, [-1, 2]), "columns outside of 0..3"),
    ("lil", set_item("rows", 0, ["a", "b"]), "not a 1-D array of integers"),
    ("lil", set_item("rows", 0, [0.5, 2.0]), "not a 1-D array of integers"),
    ("lil", set_item("rows", 0, [2]), "not lists of the same length"),
    ("lil", set_item("data", 0, None), "not lists of the same length"),
    ("lil", shorten("rows"), "one list for each of 4 rows"),
]
IDS = [f"{form}-{k}" for k, (form, _, _) in enumerate(BROKEN)]


def of_format(form):
    matrix = sps.csr_matrix(DENSE)
    return matrix.tobsr((2, 2)) if form == "bsr" else matrix.asformat(form)


def broken(form, change):
    matrix = of_format(form)
    change(matrix)
    return matrix


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_a_sound_matrix_of_every_format_has_no_fault(form, kind):
    matrix = of_format(form)
    assert structure_fault(matrix if kind == "matrix" else getattr(sps, f"{form}_array")(matrix)) is None


@pytest.mark.parametrize(("form", "change", "fault"), BROKEN, ids=IDS)
def test_the_fault_is_named(form, change, fault):
    assert fault in structure_fault(broken(form, change))


def test_a_key_beyond_the_shape_of_a_dictionary_of_keys_is_a_fault():
    matrix = of_format("dok")
    dict.__setitem__(getattr(matrix, "_dict", matrix), (10**8, 0), 1.0)
    assert structure_fault(matrix) is not None


def test_a_matrix_with_ascending_rows_is_canonical_and_no_other_is():
    matrix = sps.csr_matrix(DENSE)
    assert canonical_fault(matrix) is None and canonical_fault(sps.csr_matrix((3, 4))) is None
    for change, fault in (
        (set_item("indices", slice(0, 2), [2, 0]), "distinct and ascending"),
        (set_item("indices", 1, 0), "distinct and ascending"),
        (set_item("indices", 1, 4), "columns outside of 0..3"),
        (set_item("indices", 0, -1), "columns outside of 0..3"),
        (set_item("indices", 5, 10**8), "columns outside of 0..3"),
        (set_item("indptr", 1, 10**8), "pointers that do not ascend"),
        (shorten("data"), "5 values for 6 indices"),
    ):
        assert fault in canonical_fault(broken("csr", change))


def test_entries_behind_the_last_pointer_are_none():
    """A matrix that was filled into arrays of a larger size is sound, and its spare places are left out."""
    matrix = sps.csr_matrix((2, 3))
    matrix.data, matrix.indices = np.array([7.0, 8.0, 9.0]), np.array([1, 2, 0], dtype=np.int32)
    matrix.indptr = np.array([0, 1, 2], dtype=np.int32)
    assert structure_fault(matrix) is None
    assert validation.check_sparse("URM", matrix).toarray().tolist() == [[0, 7, 0], [0, 0, 8]]


@pytest.mark.parametrize("check", [validation.check_sparse, validation.check_entries])
@pytest.mark.parametrize(("form", "change", "fault"), BROKEN, ids=IDS)
def test_no_check_converts_a_broken_matrix(check, form, change, fault):
    with pytest.raises((TypeError, ValueError), match="URM must be"):
        check("URM", broken(form, change))
