"""The random hold-out splits."""

import doctest
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given

from Data_manager.split_functions import split_train_validation_random_holdout as module
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
    split_train_in_two_percentage_user_wise,
)
from tests.conftest import planted_factors_URM
from tests.data_manager.split_functions.split_laws import cells, few_examples, seeds, shares, timed_URMs
from tests.reference import data_splits as reference

SPLITS = [split_train_in_two_percentage_global_sample, split_train_in_two_percentage_user_wise]
every_split = pytest.mark.parametrize("split", SPLITS)


@every_split
@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_parts_are_disjoint_and_complete_for_any_share(split: Callable, timed: Any, share: float, seed: int) -> None:
    URM, _ = timed
    train, rest = split(URM, share, random_seed=seed, verbose=False)
    assert train.nnz + rest.nnz == URM.nnz and {**cells(train), **cells(rest)} == cells(URM)


@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_global_sample_takes_the_rounded_share_of_all(timed: Any, share: float, seed: int) -> None:
    URM, _ = timed
    train, _ = split_train_in_two_percentage_global_sample(URM, share, random_seed=seed, verbose=False)
    assert train.nnz == round(URM.nnz * share)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.8, 0.99, 1.0])
def test_user_wise_takes_the_rounded_share_of_each_user(share: float) -> None:
    profile_lengths = [0, 1, 2, 3, 5, 6, 10, 17, 40]
    URM = sps.csr_matrix([[1.0] * length + [0.0] * (40 - length) for length in profile_lengths])
    train, _ = split_train_in_two_percentage_user_wise(URM, share, random_seed=0)
    assert np.diff(train.indptr).tolist() == [reference.n_train_of_user(length, share) for length in profile_lengths]


@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_user_wise_takes_the_interactions_with_the_lowest_random_numbers(timed: Any, share: float, seed: int) -> None:
    """What a seed gives stays what it is from version to version."""
    URM, _ = timed
    numbers = np.random.default_rng(seed).integers(0, 1 << (63 - URM.shape[0].bit_length()), size=URM.nnz).tolist()
    number_of = dict(zip(sorted(cells(URM)), numbers))
    expected = set()
    for profile in reference.profiles(cells(URM), URM.shape[0]):
        expected.update(sorted(profile, key=number_of.get)[: reference.n_train_of_user(len(profile), share)])
    train, _ = split_train_in_two_percentage_user_wise(URM, share, random_seed=seed)
    assert set(cells(train)) == expected


def test_user_wise_rounds_halves_to_the_even_number() -> None:
    URM = sps.csr_matrix([[1.0] * length + [0.0] * (7 - length) for length in (1, 3, 5, 7)])
    train, _ = split_train_in_two_percentage_user_wise(URM, 0.5, random_seed=0)
    assert np.diff(train.indptr).tolist() == [0, 2, 2, 4]


@every_split
def test_every_interaction_is_taken_equally_often(split: Callable) -> None:
    # 400 splits of 12 interactions; a count outside 100..200 of 150 is five standard deviations away
    URM = sps.csr_matrix(np.array([[1.0] * 8 + [0.0] * 8, [0.0] * 8 + [1.0] * 8]))
    taken = sum(split(URM, 0.375, random_seed=seed, verbose=False)[0].toarray() for seed in range(400))
    counts = taken[URM.toarray() > 0]
    assert counts.min() > 100 and counts.max() < 200
    assert counts.sum() == 400 * 6


def test_user_wise_pairs_are_taken_independently_across_users() -> None:
    """A sampler that used the same places for every user would pass all tests on one user alone."""
    URM = sps.csr_matrix(np.ones((200, 10)))
    train, _ = split_train_in_two_percentage_user_wise(URM, 0.5, random_seed=0)
    assert len({tuple(row) for row in train.toarray()}) > 100


def test_warnings_name_the_users_without_items(capsys: pytest.CaptureFixture[str]) -> None:
    URM = sps.csr_matrix(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]))
    split_train_in_two_percentage_user_wise(URM, 0.5, verbose=True, random_seed=0)
    assert capsys.readouterr().out == (
        "Warning: 2 (66.67 %) of 3 users have no train items\nWarning: 1 (33.33 %) of 3 users have no sampled items\n"
    )


def test_global_sample_warns_by_default_and_is_silent_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    URM = sps.csr_matrix(np.ones((2, 2)))
    split_train_in_two_percentage_global_sample(URM, 1.0)
    assert capsys.readouterr().out == "Warning: 2 (100.00 %) of 2 users have no sampled items\n"
    split_train_in_two_percentage_global_sample(URM, 1.0, verbose=False)
    split_train_in_two_percentage_global_sample(URM, 0.5, random_seed=0, verbose=False)
    assert capsys.readouterr().out == ""


def test_no_warning_when_every_user_has_items_in_both_parts(capsys: pytest.CaptureFixture[str]) -> None:
    split_train_in_two_percentage_user_wise(sps.csr_matrix(np.ones((3, 4))), 0.5, verbose=True)
    assert capsys.readouterr().out == ""


def test_share_is_accepted_in_the_host_s_positions(planted_URM: sps.csr_matrix) -> None:
    train, _ = split_train_in_two_percentage_global_sample(planted_URM, train_percentage=0.8)
    assert train.nnz == round(planted_URM.nnz * 0.8)
    train, _ = split_train_in_two_percentage_user_wise(planted_URM, 0.8, False)
    assert train.nnz > planted_URM.nnz * 0.7


BAD = {
    "share below 0": (ValueError, {"train_percentage": -0.1}),
    "share above 1": (ValueError, {"train_percentage": 80}),
    "share NaN": (ValueError, {"train_percentage": float("nan")}),
    "share a string": (TypeError, {"train_percentage": "0.8"}),
    "seed negative": (ValueError, {"random_seed": -1}),
    "seed a float": (TypeError, {"random_seed": 1.5}),
    "verbose a number": (TypeError, {"verbose": 1}),
}


@every_split
@pytest.mark.parametrize(("error", "arguments"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(split: Callable, error: type[Exception], arguments: dict) -> None:
    with pytest.raises(error, match=f"{next(iter(arguments))} must be"):
        split(sps.csr_matrix(np.ones((2, 2))), **arguments)


def test_large_split_keeps_users_apart() -> None:
    URM = planted_factors_URM(n_users=3000, n_items=200, seed=5)
    train, _ = split_train_in_two_percentage_user_wise(URM, 0.8, random_seed=5)
    np.testing.assert_array_equal(np.diff(train.indptr), np.rint(np.diff(URM.indptr) * 0.8))


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 6 and result.failed == 0
