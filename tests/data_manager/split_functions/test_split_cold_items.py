"""The split by cold items."""

import doctest
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given
from hypothesis import strategies as st

from Data_manager.split_functions import split_train_validation_cold_items as module
from Data_manager.split_functions.split_train_validation_cold_items import split_train_in_two_cold_items
from tests.data_manager.split_functions.split_laws import cells, few_examples, seeds, shares, timed_URMs
from tests.reference import data_splits as reference


def warm_items(URM: sps.csr_matrix) -> list[int]:
    return sorted({item for _, item in cells(URM)})


@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_rounded_share_of_the_warm_items_is_for_training(timed: tuple[Any, Any], share: float, seed: int) -> None:
    URM, _ = timed
    train, rest, train_items = split_train_in_two_cold_items(URM, None, share, random_seed=seed, verbose=False)
    assert len(train_items) == round(len(warm_items(URM)) * share)
    assert train_items.dtype == np.int64 and train_items.tolist() == warm_items(train)
    assert set(warm_items(train)).isdisjoint(warm_items(rest))


@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_interactions_are_within_a_tenth_of_the_share_or_it_is_said(
    timed: tuple[Any, Any], share: float, seed: int
) -> None:
    URM, _ = timed
    try:
        train, rest, train_items = split_train_in_two_cold_items(
            URM, train_interaction_percentage=share, random_seed=seed, verbose=False
        )
    except ValueError as error:
        assert "train_interaction_percentage must be a share that whole items come within 10% of" in str(error)
        return
    assert abs(train.nnz - share * URM.nnz) <= 0.1 * share * URM.nnz
    assert set(warm_items(train)).isdisjoint(warm_items(rest))
    assert train_items.tolist() == warm_items(train)


@few_examples
@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=12), share=shares)
def test_first_items_are_taken_up_to_where_the_sum_is_closest(counts: list[int], share: float) -> None:
    n_first = reference.closest_first_items(counts, sum(counts) * share)
    if abs(sum(counts[:n_first]) - sum(counts) * share) <= 0.1 * sum(counts) * share:
        taken = module._items_with_interactions(np.arange(len(counts)), np.array(counts), share)
        assert taken.tolist() == list(range(n_first))


def test_item_with_too_many_interactions_is_passed_over() -> None:
    counts = np.array([10, 60, 20, 10])  # of 100 30 are wanted: 10 are 20 off, 70 are 40 off
    assert module._items_with_interactions(np.arange(4), counts, 0.3).tolist() == [0, 2]
    assert module._items_with_interactions(np.array([1, 0, 2, 3]), counts, 0.3).tolist() == [0, 2]
    with pytest.raises(ValueError, match=r"got 0\.3; the first ones, in random order, come closest with 0\.2"):
        module._items_with_interactions(np.array([3, 0, 1, 2]), counts, 0.3)  # 20, and another 20 would be too many

    counts = np.array([10, 60, 10, 10, 10])  # 20 are not enough yet
    assert module._items_with_interactions(np.arange(5), counts, 0.3).tolist() == [0, 2, 3]


def test_share_that_whole_items_cannot_give_is_refused_with_what_they_give() -> None:
    URM = sps.csr_matrix(np.ones((7, 2)))  # of 14 interactions 7 are the closest to 20 %
    with pytest.raises(ValueError, match=r"within 10% of, got 0\.2; .* come closest with 0\.0"):
        split_train_in_two_cold_items(URM, train_interaction_percentage=0.2, verbose=False)
    with pytest.raises(ValueError, match=r"got 0\.4; .* come closest with 0\.5"):
        split_train_in_two_cold_items(URM, train_interaction_percentage=0.4, verbose=False)
    train, _, _ = split_train_in_two_cold_items(URM, train_interaction_percentage=0.5, verbose=False)
    assert train.nnz == 7


def test_interaction_share_decides_where_both_are_given() -> None:
    URM = sps.csr_matrix(np.ones((3, 10)))
    train, _, train_items = split_train_in_two_cold_items(URM, None, 0.9, 0.2, random_seed=0, verbose=False)
    assert train.nnz == 6 and len(train_items) == 2


def test_a_tenth_of_the_items_is_the_default() -> None:
    assert len(split_train_in_two_cold_items(sps.csr_matrix(np.ones((3, 50))), verbose=False)[2]) == 5


@few_examples
@given(timed=timed_URMs(), share=shares, seed=seeds)
def test_features_are_divided_by_the_items(timed: tuple[Any, Any], share: float, seed: int) -> None:
    URM, _ = timed
    n_items = URM.shape[1]
    ICMs = [sps.csr_matrix(np.arange(1, 2 * n_items + 1).reshape(n_items, 2)), sps.coo_matrix(np.eye(n_items))]
    before = [ICM.toarray() for ICM in ICMs]
    _, _, ICM_train, ICM_rest, train_items = split_train_in_two_cold_items(
        URM, ICMs, share, random_seed=seed, verbose=False
    )
    is_train_item = np.isin(np.arange(n_items), train_items)[:, None]
    assert len(ICM_train) == len(ICM_rest) == 2
    for ICM, in_train, in_rest in zip(before, ICM_train, ICM_rest):
        assert sps.isspmatrix_csr(in_train) and in_train.dtype == in_rest.dtype == np.float64
        np.testing.assert_array_equal(in_train.toarray(), np.where(is_train_item, ICM, 0))
        np.testing.assert_array_equal(in_rest.toarray(), np.where(is_train_item, 0, ICM))
    for ICM, old in zip(ICMs, before):
        np.testing.assert_array_equal(ICM.toarray(), old)


def test_features_do_not_change_the_split_and_an_empty_list_gives_empty_lists() -> None:
    URM = sps.csr_matrix(np.ones((3, 8)))
    plain = split_train_in_two_cold_items(URM, None, 0.5, random_seed=2, verbose=False)
    with_none = split_train_in_two_cold_items(URM, [], 0.5, random_seed=2, verbose=False)
    assert with_none[2:4] == ([], [])
    assert with_none[4].tolist() == plain[2].tolist()


def test_every_item_is_taken_equally_often() -> None:
    # 400 splits of 10 items, 3 of them for training; outside 75..165 of 120 is almost five standard deviations away
    URM = sps.csr_matrix(np.tril(np.ones((10, 10))))
    taken = [split_train_in_two_cold_items(URM, None, 0.3, random_seed=seed, verbose=False)[2] for seed in range(400)]
    counts = np.bincount(np.concatenate(taken), minlength=10)
    assert counts.sum() == 1200 and counts.min() > 75 and counts.max() < 165


def test_warnings_name_the_users_without_items(capsys: pytest.CaptureFixture[str]) -> None:
    URM = sps.csr_matrix(np.array([[1, 1], [0, 0]]))
    split_train_in_two_cold_items(URM, None, 1.0)
    assert capsys.readouterr().out == (
        "Warning: 1 (50.00 %) of 2 users have no train items\nWarning: 2 (100.00 %) of 2 users have no sampled items\n"
    )
    split_train_in_two_cold_items(URM, None, 1.0, verbose=False)
    assert capsys.readouterr().out == ""


BAD: dict[str, tuple[type[Exception], str, dict[str, Any]]] = {
    "share of items": (ValueError, "train_item_percentage must be", {"train_item_percentage": 10}),
    "no share of items": (TypeError, "train_item_percentage must be", {"train_item_percentage": None}),
    "share of interactions": (
        ValueError,
        "train_interaction_percentage must be",
        {"train_interaction_percentage": -0.1},
    ),
    "verbose": (TypeError, "verbose must be", {"verbose": None}),
    "one ICM alone": (TypeError, "ICM_list must be a list", {"ICM_list": sps.csr_matrix((3, 3))}),
    "ICM of a dense array": (TypeError, r"ICM_list\[1\] must be", {"ICM_list": [sps.eye(3), np.eye(3)]}),
    "ICM of other items": (ValueError, r"ICM_list\[0\] must be a matrix with 3 rows", {"ICM_list": [sps.eye(2)]}),
}


@pytest.mark.parametrize(("error", "said", "arguments"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(error: type[Exception], said: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{said}.*got"):
        split_train_in_two_cold_items(sps.csr_matrix(np.ones((3, 3))), **arguments)


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 4 and result.failed == 0
