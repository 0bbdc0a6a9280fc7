"""All arguments of all public calls: numpy's scalars work as Python's do, broken matrices are refused."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from tests import public_calls
from tests.public_calls import CALLS, WITHOUT_ARGUMENTS

PACKAGES = ("Recommenders", "Evaluation", "Data_manager")

# warnings of matrices with few unseen items, or whose values are not ratings
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def public_names():
    """Yield the functions and classes that the public modules define."""
    root = Path(__file__).parents[1]
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any(part.startswith("_") for part in parts):
            continue
        module = importlib.import_module(".".join(parts))
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) == module.__name__
            if own and not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value)):
                yield name


def test_the_table_has_all_that_is_public():
    """The readers of MovieLens are left out: they take what SyntheticReader takes, and their files are not here."""
    named = set(re.findall(r"\w+", inspect.getsource(public_calls)))
    forgotten = {name for name in public_names() if name not in named and not name.startswith("Movielens")}
    assert forgotten == set()
    assert set(public_names()) >= WITHOUT_ARGUMENTS


def arguments_of(*kinds):
    """Return (call, argument) for every argument whose value is of one of these kinds."""
    return [
        pytest.param(call, name, id=f"{call}-{name}")
        for call, (_, arguments) in CALLS.items()
        for name, value in arguments.items()
        if isinstance(value, kinds)
    ]


def call_with(call, **changes):
    function, arguments = CALLS[call]
    return function(**arguments | changes)


def assert_same(got, expected):
    if isinstance(expected, (list, tuple)):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other)
    elif sps.issparse(expected):
        assert got.shape == expected.shape
        np.testing.assert_array_equal(got.toarray(), expected.toarray())
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(got, expected)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(got, expected)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(got, expected)
    else:
        assert got == expected


def in_numpys_types(value: Any) -> list[Any]:
    """Return the value in several of numpy's types; a list of values as lists, an array and a tuple."""
    if isinstance(value, str):
        return [np.str_(value)]
    if isinstance(value, bool):
        return [np.bool_(value)]
    if isinstance(value, int):
        small = [np.uint8(value)] if 0 <= value < 256 else []
        return [np.int64(value), np.int32(value), np.uint64(value), *small]
    if isinstance(value, float):
        return [np.float64(value), np.float32(value), *([np.float16(value)] if np.float16(value) == value else [])]
    columns = zip(*(in_numpys_types(element) for element in value), strict=False)
    lists = [list(column) for column in columns]
    return lists if isinstance(value[0], (str, bool)) else [*lists, np.array(value), tuple(lists[0])]


@pytest.mark.parametrize(("call", "argument"), arguments_of(str, bool, int, float, list))
def test_numpys_scalars_are_as_good_as_pythons(call, argument):
    expected = call_with(call)
    for value in in_numpys_types(CALLS[call][1][argument]):
        assert_same(call_with(call, **{argument: value}), expected)


def with_a_column_beyond(matrix, column):
    broken = sps.csr_matrix(matrix, copy=True)
    broken.indices[0] = column
    return broken


def with_a_wild_pointer(matrix, form):
    broken = matrix.asformat(form, copy=True)
    broken.indptr[1] = 10**8
    return broken


@pytest.mark.parametrize(("call", "argument"), arguments_of(sps.csr_matrix))
def test_a_matrix_whose_arrays_contradict_one_another_is_refused(call, argument):
    matrix = CALLS[call][1][argument]
    blocks = matrix.tobsr((1, 1))
    blocks.data = np.zeros((matrix.nnz, 2, 0))
    for broken in (
        with_a_column_beyond(matrix, matrix.shape[1]),
        with_a_column_beyond(matrix, 10**8),
        with_a_column_beyond(matrix, -1),
        *(with_a_wild_pointer(matrix, form) for form in ("csr", "csc", "bsr")),
        blocks,
    ):
        with pytest.raises(ValueError, match="got"):
            call_with(call, **{argument: broken})


# calls that count the stored entries, or whose values have to be in a range
_NOT_SUMMED = {"compute_density", "Diversity_similarity", "check_matrix", "addZeroSamples", "reshapeSparse"}


@pytest.mark.parametrize(("call", "argument"), arguments_of(sps.csr_matrix))
@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_duplicates_of_small_integers_are_summed(call, argument, form):
    if call in _NOT_SUMMED:
        pytest.skip("stored entries are counted here, or the values have to be in [0, 1]")
    pattern = sps.coo_matrix(CALLS[call][1][argument])
    twice = (np.tile(pattern.row, 2), np.tile(pattern.col, 2))
    halves = sps.coo_matrix((np.full(2 * pattern.nnz, 100, dtype=np.int8), twice), shape=pattern.shape)
    if form != "coo":
        halves = compressed(halves, form)
    sums = sps.csr_matrix((np.full(pattern.nnz, 200.0), (pattern.row, pattern.col)), shape=pattern.shape)
    try:
        expected = call_with(call, **{argument: sums})
    except ValueError as error:  # for example where every value has to be 1
        with pytest.raises(ValueError, match=str(error)[:20]):
            call_with(call, **{argument: halves})
        return
    assert_same(call_with(call, **{argument: halves}), expected)


def compressed(coo, form):
    """Convert to csr or csc without summing duplicates, as scipy's conversion would."""
    major, minor = (coo.row, coo.col) if form == "csr" else (coo.col, coo.row)
    order = np.argsort(major, kind="stable")
    n_major = coo.shape[0] if form == "csr" else coo.shape[1]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(major, minlength=n_major))])
    kind = sps.csr_matrix if form == "csr" else sps.csc_matrix
    return kind((coo.data[order], minor[order], indptr), shape=coo.shape)
