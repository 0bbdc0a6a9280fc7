"""The split at one instant."""

import doctest
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import assume, given
from hypothesis import strategies as st

from Data_manager.split_functions import split_train_validation_global_time as module
from Data_manager.split_functions.split_train_validation_global_time import (
    split_train_in_two_global_time,
    time_of_train_percentage,
)
from tests.data_manager.split_functions.split_laws import cells, few_examples, timed_URMs
from tests.reference import data_splits as reference

shares = st.one_of(st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.8]), st.floats(1e-6, 1, exclude_max=True))


def times_of(URM: sps.csr_matrix, URM_timestamp: sps.csr_matrix) -> list[float]:
    times = cells(URM_timestamp)
    return [times.get(cell, 0) for cell in cells(URM)]


@few_examples
@given(timed=timed_URMs(), share=shares)
def test_instant_is_the_closest_of_all_times(timed: tuple[Any, Any], share: float) -> None:
    URM, URM_timestamp = timed
    times = times_of(URM, URM_timestamp)
    assume(len(set(times)) > 1)
    assert time_of_train_percentage(URM, URM_timestamp, share) == reference.dividing_time(times, share)


@few_examples
@given(timed=timed_URMs(), share=shares)
def test_all_of_train_is_before_all_of_the_rest(timed: tuple[Any, Any], share: float) -> None:
    URM, URM_timestamp = timed
    assume(len(set(times_of(URM, URM_timestamp))) > 1)
    train, rest = split_train_in_two_global_time(URM, URM_timestamp, share, verbose=False)
    instant = time_of_train_percentage(URM, URM_timestamp, share)
    assert max(times_of(train, URM_timestamp)) < instant == min(times_of(rest, URM_timestamp))


@few_examples
@given(timed=timed_URMs(), split_time=st.integers(1, 9))
def test_train_is_strictly_before_a_given_instant(timed: tuple[Any, Any], split_time: int) -> None:
    URM, URM_timestamp = timed
    times = times_of(URM, URM_timestamp)
    assume(min(times) < split_time <= max(times))
    train, rest = split_train_in_two_global_time(URM, URM_timestamp, split_time=split_time, verbose=False)
    assert set(cells(train)) == {cell for cell, time in zip(cells(URM), times) if time < split_time}
    assert set(cells(rest)) == {cell for cell, time in zip(cells(URM), times) if time >= split_time}


def one_user(*times: float) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    return sps.csr_matrix(np.ones((1, len(times)))), sps.csr_matrix([times])


@pytest.mark.parametrize(
    ("times", "share", "instant"),
    [
        ([10, 20, 30, 40], 0.5, 30),
        ([10, 20, 30, 40], 0.51, 30),
        ([10, 20, 30, 40], 0.625, 30),  # two and three of four are equally close: the earlier
        ([10, 20, 30, 40], 0.63, 40),
        ([10, 20, 30, 40], 0.01, 20),  # neither part is empty
        ([10, 20, 30, 40], 0.99, 40),
        ([10, 20, 20, 20, 20, 30], 0.5, 20),  # one or five of six: the four at one time stay together
        ([10, 20, 20, 20, 20, 30], 0.55, 30),
        ([-30.5, -20.25, -10], 0.66, -10),
    ],
)
def test_instant_by_hand(times: list[float], share: float, instant: float) -> None:
    assert time_of_train_percentage(*one_user(*times), share) == instant


def test_four_fifths_are_the_default() -> None:
    URM, times = one_user(*range(1, 11))
    assert time_of_train_percentage(URM, times) == 9
    assert split_train_in_two_global_time(URM, times)[0].nnz == 8


def test_users_without_interactions_in_a_part_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    URM = sps.csr_matrix(np.ones((3, 2)))
    times = sps.csr_matrix(np.array([[1, 2], [1, 1], [2, 2]]))
    split_train_in_two_global_time(URM, times, split_time=2)
    assert capsys.readouterr().out == (
        "Warning: 1 (33.33 %) of 3 users have no train items\nWarning: 1 (33.33 %) of 3 users have no sampled items\n"
    )
    split_train_in_two_global_time(URM, times, split_time=2, verbose=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("split_time", [9.9, 10, 20.1])
def test_instant_that_leaves_a_part_empty_is_refused(split_time: float) -> None:
    with pytest.raises(ValueError, match=r"^split_time must be after .*10\.0, and not after .*20\.0, got"):
        split_train_in_two_global_time(*one_user(10, 20), split_time=split_time)


def test_instants_just_inside_leave_both_parts_something() -> None:
    for split_time in (10.1, 20):
        train, rest = split_train_in_two_global_time(*one_user(10, 20), split_time=split_time)
        assert (train.nnz, rest.nnz) == (1, 1)


def test_interactions_all_at_one_time_are_refused() -> None:
    for call in (time_of_train_percentage, split_train_in_two_global_time):
        with pytest.raises(ValueError, match=r"^URM_timestamp must have at least two different times, got 10\.0"):
            call(*one_user(10, 10, 10))


@pytest.mark.parametrize("call", [time_of_train_percentage, split_train_in_two_global_time])
@pytest.mark.parametrize(
    ("error", "share"), [(ValueError, 0), (ValueError, 1), (ValueError, 80), (ValueError, np.nan), (TypeError, "0.8")]
)
def test_bad_shares_are_refused(call: Any, error: type[Exception], share: Any) -> None:
    with pytest.raises(error, match=r"^train_percentage must be a finite number > 0"):
        call(*one_user(10, 20), share)


@pytest.mark.parametrize(
    ("error", "said", "arguments"),
    [
        (ValueError, "train_percentage must be None where", {"split_time": 15, "train_percentage": 0.8}),
        (ValueError, "split_time must be a finite number", {"split_time": np.inf}),
        (TypeError, "split_time must be a finite number", {"split_time": "2020-01-01"}),
        (TypeError, "verbose must be", {"verbose": 1}),
    ],
)
def test_bad_arguments_are_refused(error: type[Exception], said: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{said}.*got"):
        split_train_in_two_global_time(*one_user(10, 20), **arguments)


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 8 and result.failed == 0
