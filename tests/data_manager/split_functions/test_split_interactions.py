"""The order of each user's interactions."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given
from hypothesis import strategies as st

from Data_manager.split_functions import _interactions as module
from tests.data_manager.split_functions.split_laws import few_examples, timed_URMs

VALUES = {
    "few whole numbers": st.integers(-3, 3),
    "whole numbers": st.integers(-(2**52), 2**52),
    "whole numbers as floats": st.integers(-3, 10**12).map(float),
    "fractions": st.floats(-2, 2),
    "floats": st.floats(allow_nan=False, allow_infinity=False),
    "floats beyond integers": st.sampled_from([-1e300, -(2.0**62), 0.5, 2.0**62, 2.0**63, 1e300]),
}


def sorted_cells(URM: sps.csr_matrix, values: list[float]) -> list[int]:
    rows, _ = URM.nonzero()
    return sorted(range(URM.nnz), key=lambda cell: (rows[cell], values[cell], cell))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("numbers", VALUES.values(), ids=VALUES)
@few_examples
@given(timed=timed_URMs(), data=st.data())
def test_order_is_by_user_then_value_then_column(numbers: Any, timed: tuple[Any, Any], data: Any) -> None:
    URM, _ = timed
    values = data.draw(st.lists(numbers, min_size=URM.nnz, max_size=URM.nnz))
    order = module.order_by_value(URM, np.array(values))
    assert order.dtype == np.int64 and order.tolist() == sorted_cells(URM, values)


@pytest.mark.parametrize("value_bits", [1, 53, 54, 55, 56, 60, 62])
def test_order_is_the_same_whether_one_integer_holds_the_key_or_not(value_bits: int) -> None:
    rng = np.random.default_rng(0)
    URM = sps.csr_matrix(rng.random((30, 30)) < 0.7)  # 5 bits for the user, and 5 for the place
    values = rng.choice([0, 1, 2**value_bits - 2, 2**value_bits - 1], URM.nnz) - 2 ** (value_bits - 1)
    assert module.order_by_value(URM, values).tolist() == sorted_cells(URM, values.tolist())


@pytest.mark.parametrize("place_bits", [3, 30, 60])  # room for the random numbers: all of them, enough, too little
def test_random_order_keeps_users_apart_and_puts_every_interaction_in_every_place(
    place_bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 300 orders of 4 interactions; outside 35..115 of 75 is five standard deviations away
    monkeypatch.setattr(module, "_bits_of_place_and_user", lambda URM: (place_bits, 2))
    URM = sps.csr_matrix(np.array([[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]))
    rng = np.random.default_rng(0)
    orders = np.array([module.random_order(URM, rng) for _ in range(300)])
    assert (orders[:, 0] == 0).all() and (np.sort(orders, axis=1) == np.arange(5)).all()
    counts = np.array([np.bincount(place, minlength=5)[1:] for place in orders[:, 1:].T])
    assert counts.min() > 35 and counts.max() < 115


def test_first_of_each_user_by_hand() -> None:
    URM = sps.csr_matrix(np.array([[1, 1, 1], [0, 0, 0], [0, 1, 1]]))
    chosen = module.first_of_each_user(URM, np.array([2, 0, 1, 4, 3]), np.array([2, 0, 1]))
    assert chosen.tolist() == [True, False, True, False, True]
    assert module.first_of_each_user(URM, np.arange(5), np.array([-1, -2, 0])).tolist() == [False] * 5
