"""Leave k out, at random and by time."""

import doctest
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given
from hypothesis import strategies as st

from Data_manager.split_functions import split_train_validation_leave_k_out as module
from Data_manager.split_functions.split_train_validation_leave_k_out import split_train_leave_k_out_user_wise
from tests.data_manager.split_functions.split_laws import cells, few_examples, seeds, timed_URMs
from tests.reference import data_splits as reference

timed_with_room = st.sampled_from([1, 2, 3]).flatmap(
    lambda k: st.tuples(timed_URMs(fewest_of_user=2 * k), st.just(k), st.booleans())
)


def three_parts(parts: tuple[sps.csr_matrix, ...]) -> tuple[set, set, set]:
    found = [set(cells(part)) for part in parts]
    return (found[0], found[1], found[2]) if len(found) == 3 else (found[0], set(), found[1])


@few_examples
@given(case=timed_with_room)
def test_the_latest_are_for_testing_and_the_next_for_validation(case: Any) -> None:
    (URM, times), k_out, validation = case
    parts = split_train_leave_k_out_user_wise(URM, k_out, validation, False, URM_timestamp=times, verbose=False)
    expected = reference.leave_last_out(cells(URM), cells(times), URM.shape[0], k_out, validation)
    assert three_parts(parts) == expected


@few_examples
@given(case=timed_with_room)
def test_nothing_of_a_user_is_tested_before_what_is_trained_on(case: Any) -> None:
    (URM, times), k_out, validation = case
    parts = split_train_leave_k_out_user_wise(URM, k_out, validation, False, URM_timestamp=times, verbose=False)
    dense = times.toarray()
    for user in range(URM.shape[0]):
        times_in_parts = [dense[user, part[user].indices] for part in parts if part[user].nnz > 0]
        for earlier, later in pairwise(times_in_parts):
            assert earlier.max() <= later.min()


@few_examples
@given(case=timed_with_room, seed=seeds)
def test_every_user_has_k_in_each_part_left_out_and_all_others_in_train(case: Any, seed: int) -> None:
    (URM, _), k_out, validation = case
    parts = split_train_leave_k_out_user_wise(URM, k_out, validation, random_seed=seed, verbose=False)
    lengths = np.diff(URM.indptr)
    assert len(parts) == 3 if validation else 2
    for part in parts[1:]:
        np.testing.assert_array_equal(np.diff(part.indptr), np.where(lengths > 0, k_out, 0))
    assert parts[0].nnz == URM.nnz - sum(part.nnz for part in parts[1:])


@pytest.mark.parametrize("factor", [1.0, 1000.0, 2.0**-3, 1e12, -1.0])
def test_times_in_any_unit_and_sign(factor: float) -> None:
    rng = np.random.default_rng(0)
    URM = sps.csr_matrix(rng.random((40, 30)) < 0.6)
    times = URM.astype(np.float64)
    times.data = factor * (1e9 + rng.integers(0, 10**7, URM.nnz))
    parts = split_train_leave_k_out_user_wise(URM, 2, True, False, URM_timestamp=times, verbose=False)
    assert three_parts(parts) == reference.leave_last_out(cells(URM), cells(times), 40, 2, True)


def test_latest_by_hand_where_the_highest_rated_is_another() -> None:
    URM = sps.csr_matrix(np.array([[5, 1, 2, 0], [0, 0, 0, 0], [0, 3, 3, 3]]))
    times = sps.csr_matrix(np.array([[100, 200, 300, 0], [0, 0, 0, 0], [0, 50, 70, 70]]))
    train, validation, test = split_train_leave_k_out_user_wise(
        URM, leave_random_out=False, URM_timestamp=times, verbose=False
    )
    assert cells(test) == {(0, 2): 2, (2, 3): 3}  # of two at one time the higher column is the later
    assert cells(validation) == {(0, 1): 1, (2, 2): 3}
    assert cells(train) == {(0, 0): 5, (2, 1): 3}


def test_without_validation_no_interaction_is_lost() -> None:
    URM = sps.csr_matrix(np.ones((40, 9)))
    train, test = split_train_leave_k_out_user_wise(URM, 2, use_validation_set=False, random_seed=0)
    assert (train.nnz, test.nnz) == (40 * 7, 40 * 2)


def test_latest_do_not_depend_on_the_seed() -> None:
    URM = sps.csr_matrix(np.ones((20, 9)))
    first, other = (
        split_train_leave_k_out_user_wise(URM, 1, True, False, URM_timestamp=URM, random_seed=seed, verbose=False)
        for seed in (1, 2)
    )
    assert three_parts(first) == three_parts(other)


def test_every_interaction_is_left_out_equally_often() -> None:
    # 400 splits of 10 interactions, 2 of them for testing; outside 40..120 of 80 is five standard deviations away
    URM = sps.csr_matrix(np.ones((1, 10)))
    counts = sum(
        split_train_leave_k_out_user_wise(URM, 2, random_seed=seed, verbose=False)[2].toarray() for seed in range(400)
    )
    assert counts.min() > 40 and counts.max() < 120


@pytest.mark.parametrize(
    ("k_out", "validation", "n_left_out"), [(1, True, 2), (3, True, 6), (1, False, 1), (4, False, 4)]
)
def test_users_with_too_few_interactions_are_counted_and_refused(k_out: int, validation: bool, n_left_out: int) -> None:
    profile_lengths = [0, n_left_out, n_left_out - 1, n_left_out - 1, n_left_out + 1]
    URM = sps.csr_matrix([[1.0] * length + [0.0] * (10 - length) for length in profile_lengths])
    if n_left_out == 1:
        split_train_leave_k_out_user_wise(URM, k_out, validation, verbose=False)
        return
    with pytest.raises(ValueError, match=f"at least {n_left_out} interactions .* got 2 users with fewer"):
        split_train_leave_k_out_user_wise(URM, k_out, validation)


def test_user_with_exactly_as_many_as_are_left_out_has_none_for_training(capsys: pytest.CaptureFixture[str]) -> None:
    URM = sps.csr_matrix(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]]))
    train, validation, test = split_train_leave_k_out_user_wise(URM, 1, random_seed=0)
    assert np.diff(train.indptr).tolist() == [0, 1, 0, 1]
    assert np.diff(validation.indptr).tolist() == np.diff(test.indptr).tolist() == [1, 1, 0, 1]
    assert capsys.readouterr().out == (
        "Warning: 2 (50.00 %) of 4 users have no train items\n"
        "Warning: 1 (25.00 %) of 4 users have no validation items\n"
        "Warning: 1 (25.00 %) of 4 users have no test items\n"
    )
    split_train_leave_k_out_user_wise(URM, 1, random_seed=0, verbose=False)
    assert capsys.readouterr().out == ""


BAD: dict[str, tuple[type[Exception], str, dict[str, Any]]] = {
    "k zero": (ValueError, "k_out must be an integer >= 1", {"k_out": 0}),
    "k a float": (TypeError, "k_out must be an integer >= 1", {"k_out": 1.0}),
    "validation a number": (TypeError, "use_validation_set must be", {"use_validation_set": 1}),
    "random a string": (TypeError, "leave_random_out must be", {"leave_random_out": "last"}),
    "verbose a number": (TypeError, "verbose must be", {"verbose": 0}),
    "last without times": (ValueError, "URM_timestamp must be given where", {"leave_random_out": False}),
    "random with times": (ValueError, "URM_timestamp must be None where", {"URM_timestamp": sps.csr_matrix((3, 3))}),
}


@pytest.mark.parametrize(("error", "said", "arguments"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(error: type[Exception], said: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{said}.*got"):
        split_train_leave_k_out_user_wise(sps.csr_matrix(np.ones((3, 3))), **arguments)


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 4 and result.failed == 0
