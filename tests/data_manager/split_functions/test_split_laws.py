"""The laws that hold for every split function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import assume, given

from tests.data_manager.split_functions.split_laws import SPLITS, Split, cells, few_examples, seeds, timed_URMs

every_split = pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


def planted_times(URM: sps.csr_matrix) -> sps.csr_matrix:
    times = URM.copy()
    times.data = np.random.default_rng(1).permutation(URM.nnz) + 1.0
    return times


@every_split
@few_examples
@given(timed=timed_URMs(fewest_of_user=3), seed=seeds)
def test_parts_are_disjoint_and_complete(split: Split, timed: tuple[Any, Any], seed: int) -> None:
    URM, times = timed
    if split.uses_times:
        assume(len(set(times[URM.nonzero()].tolist()[0])) > 1)
    parts = split.parts(URM, times, seed)
    found = [cell for part in parts for cell in cells(part).items()]
    assert len(found) == URM.nnz
    assert dict(found) == cells(URM)


@every_split
@few_examples
@given(timed=timed_URMs(fewest_of_user=3), seed=seeds)
def test_parts_are_canonical_csr_float64_of_the_same_shape(split: Split, timed: tuple[Any, Any], seed: int) -> None:
    URM, times = timed
    if split.uses_times:
        assume(len(set(times[URM.nonzero()].tolist()[0])) > 1)
    for part in split.parts(URM, times, seed):
        assert sps.isspmatrix_csr(part) and part.dtype == np.float64 and part.shape == URM.shape
        part.check_format(full_check=True)
        copy = sps.csr_matrix((part.data, part.indices, part.indptr), shape=part.shape)  # without what part remembers
        assert copy.has_canonical_format and (part.data != 0).all()


@every_split
@pytest.mark.parametrize("make", [sps.csr_matrix, sps.csr_array], ids=["matrix", "array"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, np.float32, np.float64, bool])
def test_every_format_and_dtype_gives_the_same_split(split: Split, make: Callable, dtype: type) -> None:
    ratings = np.random.default_rng(0).integers(1, 6, (5, 4)).astype(dtype)
    ratings[2] = 0
    times = np.where(ratings != 0, np.arange(1, 21).reshape(5, 4), 0)
    expected = split.parts(sps.csr_matrix(ratings.astype(np.float64)), sps.csr_matrix(times), 5)
    for form in FORMATS:
        given = split.parts(make(ratings).asformat(form), make(times).asformat(form), 5)
        for part, expected_part in zip(given, expected):
            np.testing.assert_array_equal(part.toarray(), expected_part.toarray())


@every_split
def test_duplicates_are_summed_and_explicit_zeros_are_no_interactions(split: Split) -> None:
    rows, cols = [0, 0, 0, 0, 0, 1, 1, 1], [0, 1, 1, 2, 3, 0, 1, 2]
    URM = sps.coo_matrix(([5, 1, 2, 4, 0, 1, 2, 3], (rows, cols)), shape=(2, 4))
    times = sps.csr_matrix(np.array([[10, 20, 30, 0], [40, 50, 60, 0]]))
    total = sum(split.parts(URM, times, 0))
    assert cells(total) == {(0, 0): 5, (0, 1): 3, (0, 2): 4, (1, 0): 1, (1, 1): 2, (1, 2): 3}
    assert total.nnz == 6


@every_split
def test_inputs_are_not_changed_nor_shared(split: Split) -> None:
    def unsorted(values: list[float]) -> sps.csr_matrix:
        return sps.csr_matrix((values, [2, 1, 0, 3, 2, 1, 0], [0, 4, 7]), shape=(2, 4))

    given = unsorted([3.0, 2.0, 1.0, 0.0, 4.0, 5.0, 1.0]), unsorted([30.0, 20.0, 10.0, 0.0, 40.0, 50.0, 60.0])
    arrays = [array for matrix in given for array in (matrix.data, matrix.indices, matrix.indptr)]
    before = [array.copy() for array in arrays]
    for part in split.parts(*given, 0):
        part.data[:] = -1
    for array, old in zip(arrays, before):
        np.testing.assert_array_equal(array, old)


@every_split
def test_same_seed_gives_the_same_split_and_another_seed_another(split: Split, planted_URM: sps.csr_matrix) -> None:
    times = planted_times(planted_URM)
    first, again, other = (cells(split.parts(planted_URM, times, seed)[0]) for seed in (7, 7, 8))
    assert first == again
    assert (first != other) == split.uses_seed


@every_split
def test_without_seed_every_split_differs(split: Split, planted_URM: sps.csr_matrix) -> None:
    times = planted_times(planted_URM)
    np.random.seed(0)  # the global state must make no difference
    first = cells(split.parts(planted_URM, times, None)[0])
    np.random.seed(0)
    assert (cells(split.parts(planted_URM, times, None)[0]) != first) == split.uses_seed


@every_split
@pytest.mark.parametrize("seed", [None, 3])
def test_global_random_state_is_left_alone(split: Split, seed: int | None, planted_URM: sps.csr_matrix) -> None:
    before = np.random.get_state()
    split.parts(planted_URM, planted_times(planted_URM), seed)
    after = np.random.get_state()
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


@every_split
@pytest.mark.parametrize(
    ("error", "URM"),
    [
        (TypeError, np.ones((2, 2))),
        (TypeError, None),
        (ValueError, sps.csr_matrix((2, 2))),
        (ValueError, sps.csr_matrix([[1.0, np.nan]])),
        (ValueError, sps.csr_matrix([[1.0, np.inf]])),
    ],
)
def test_bad_matrices_are_refused(split: Split, error: type[Exception], URM: object) -> None:
    with pytest.raises(error, match=r"^URM(_all|_train)? must be"):
        split.parts(URM, sps.csr_matrix([[1.0, 2.0]]), 0)


@pytest.mark.parametrize("split", [split for split in SPLITS.values() if split.uses_seed])
@pytest.mark.parametrize(("error", "seed"), [(ValueError, -1), (TypeError, 1.5), (TypeError, "1"), (TypeError, True)])
def test_bad_seeds_are_refused(split: Split, error: type[Exception], seed: Any) -> None:
    with pytest.raises(error, match=r"^random_seed must be an integer >= 0, got"):
        split.parts(sps.csr_matrix(np.ones((3, 3))), None, seed)


timed_splits = pytest.mark.parametrize("split", [split for split in SPLITS.values() if split.uses_times])


@timed_splits
@pytest.mark.parametrize(
    ("error", "times", "said"),
    [
        (TypeError, np.ones((2, 3)), "URM_timestamp must be a scipy sparse matrix"),
        (ValueError, sps.csr_matrix(np.ones((3, 2))), r"URM_timestamp must be of shape \(2, 3\), got \(3, 2\)"),
        (ValueError, sps.csr_matrix([[1.0, np.nan, 2.0], [0.0, 0.0, 0.0]]), "URM_timestamp must be a .* of finite"),
        (ValueError, sps.csr_matrix([[1, 2, 3], [1, 0, 9]]), "URM_timestamp must be empty .*, got 2 times without"),
    ],
)
def test_bad_times_are_refused(split: Split, error: type[Exception], times: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        split.parts(sps.csr_matrix([[1, 1, 1], [0, 0, 0]]), times, 0)


@timed_splits
@pytest.mark.parametrize("times", [[[1, 2, 3, 0], [0, 0, 1, 2]], [[1, 2, 0, 0], [0, 1, 1, 2]]])
def test_as_many_times_as_interactions_at_other_cells_are_refused(split: Split, times: list[list[int]]) -> None:
    URM = sps.csr_matrix([[1, 1, 0, 1], [0, 0, 1, 1]])
    with pytest.raises(ValueError, match="URM_timestamp must be empty where the URM is"):
        split.parts(URM, sps.csr_matrix(times), 0)


@timed_splits
def test_times_of_as_many_columns_in_other_rows_are_refused(split: Split) -> None:
    URM = sps.csr_matrix([[1, 1, 1, 1], [0, 0, 0, 0]])
    with pytest.raises(ValueError, match="URM_timestamp must be empty where the URM is, got 2 times"):
        split.parts(URM, sps.csr_matrix([[1, 2, 0, 0], [0, 0, 3, 4]]), 0)


@timed_splits
def test_an_interaction_without_a_time_has_time_0(split: Split) -> None:
    URM = sps.csr_matrix(np.ones((1, 4)))
    parts = split.parts(URM, sps.csr_matrix([[7, 0, 9, 8]]), 0)
    assert (0, 1) in cells(parts[0])
    parts = split.parts(URM, sps.csr_matrix([[-7, 0, -9, -8]]), 0)
    assert list(cells(parts[-1])) == [(0, 1)]
