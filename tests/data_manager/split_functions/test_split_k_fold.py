"""The folds."""

import doctest
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given
from hypothesis import strategies as st

from Data_manager.split_functions import split_train_k_fold as module
from Data_manager.split_functions.split_train_k_fold import split_k_fold
from tests.data_manager.split_functions.split_laws import cells, few_examples, seeds, timed_URMs


@few_examples
@given(timed=timed_URMs(fewest_of_user=3), n_folds=st.integers(2, 7), user_wise=st.booleans(), seed=seeds)
def test_every_interaction_is_tested_once_and_trained_on_otherwise(
    timed: tuple[Any, Any], n_folds: int, user_wise: bool, seed: int
) -> None:
    URM, _ = timed
    n_folds = min(n_folds, URM.nnz)
    pairs = list(split_k_fold(URM, n_folds, user_wise=user_wise, random_seed=seed))
    assert len(pairs) == n_folds
    tested = [cell for _, test in pairs for cell in cells(test).items()]
    assert len(tested) == URM.nnz and dict(tested) == cells(URM)
    for train, test in pairs:
        assert cells(train).keys().isdisjoint(cells(test)) and {**cells(train), **cells(test)} == cells(URM)


@few_examples
@given(timed=timed_URMs(fewest_of_user=3), n_folds=st.integers(2, 7), user_wise=st.booleans(), seed=seeds)
def test_sizes_of_folds_differ_by_one_at_most(timed: tuple[Any, Any], n_folds: int, user_wise: bool, seed: int) -> None:
    URM, _ = timed
    n_folds = min(n_folds, URM.nnz)
    tests = [test for _, test in split_k_fold(URM, n_folds, user_wise=user_wise, random_seed=seed)]
    sizes = np.array([test.nnz for test in tests])
    assert np.ptp(sizes) <= 1 and sizes.min() > 0
    if user_wise:
        of_users = np.array([np.diff(test.indptr) for test in tests])
        assert np.ptp(of_users, axis=0).max() <= 1


@pytest.mark.parametrize(
    ("user_wise", "expected"),
    [
        (False, [600 * 3 / 7, 600 * 2 / 7, 600 * 2 / 7]),  # the first of three folds has one of seven interactions more
        (True, [200, 200, 200]),  # which fold has one more is random
    ],
)
def test_every_interaction_is_in_a_fold_equally_often(user_wise: bool, expected: list[float]) -> None:
    # 600 draws of a fold: 60 more or less is five standard deviations away
    URM = sps.csr_matrix(np.array([[1, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 1]]))
    counts = np.zeros((3, 3, 5))
    for seed in range(600):
        counts += [test.toarray() for _, test in split_k_fold(URM, 3, user_wise=user_wise, random_seed=seed)]
    for of_fold, n_expected in zip(counts, expected):
        assert np.abs(of_fold[URM.toarray() > 0] - n_expected).max() < 60


def test_user_wise_folds_are_drawn_independently_across_users() -> None:
    first = next(split_k_fold(sps.csr_matrix(np.ones((200, 10))), 2, user_wise=True, random_seed=0))[1]
    assert len({tuple(row) for row in first.toarray()}) > 100


def test_users_with_one_interaction_are_in_random_folds() -> None:
    URM = sps.csr_matrix(np.eye(12))
    tests = [next(split_k_fold(URM, 2, user_wise=True, random_seed=seed))[1] for seed in range(30)]
    assert len({frozenset(cells(test)) for test in tests}) > 20


def test_as_many_folds_as_interactions_leave_one_out() -> None:
    URM = sps.csr_matrix(np.eye(4))
    assert [test.nnz for _, test in split_k_fold(URM, 4)] == [1, 1, 1, 1]


def test_five_folds_are_the_default() -> None:
    assert len(list(split_k_fold(sps.csr_matrix(np.ones((5, 5)))))) == 5


def test_a_change_of_the_input_between_folds_makes_no_difference() -> None:
    URM = sps.csr_matrix(np.ones((4, 4)))
    folds = split_k_fold(URM, 2, random_seed=0)
    first = next(folds)[0]
    URM.data[:] = 7
    assert set(first.data) | set(next(folds)[0].data) == {1.0}


BAD: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "one fold": (ValueError, {"n_folds": 1}),
    "more folds than interactions": (ValueError, {"n_folds": 10}),
    "half a fold": (TypeError, {"n_folds": 2.5}),
    "user_wise a number": (TypeError, {"user_wise": 1}),
}


@pytest.mark.parametrize(("error", "arguments"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_at_the_call(error: type[Exception], arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{next(iter(arguments))} must be .*got"):
        split_k_fold(sps.csr_matrix(np.ones((3, 3))), **arguments)


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 3 and result.failed == 0
