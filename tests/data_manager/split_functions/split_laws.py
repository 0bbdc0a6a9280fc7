"""What every split function owes, and the small matrices that the laws are tried on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sps
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from Data_manager.split_functions.split_train_k_fold import split_k_fold
from Data_manager.split_functions.split_train_validation_cold_items import split_train_in_two_cold_items
from Data_manager.split_functions.split_train_validation_global_time import split_train_in_two_global_time
from Data_manager.split_functions.split_train_validation_leave_k_out import split_train_leave_k_out_user_wise
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
    split_train_in_two_percentage_user_wise,
)
from tests.reference.data_splits import Cell

few_examples = settings(max_examples=60, deadline=None)
shares = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.8, 0.99, 1.0])
seeds = st.integers(0, 2**32)


def cells(matrix: Any) -> dict[Cell, float]:
    """The non-zero cells of a sparse matrix of any format."""
    dense = matrix.toarray()
    return {(int(row), int(col)): float(dense[row, col]) for row, col in zip(*np.nonzero(dense))}


@st.composite
def timed_URMs(draw: st.DrawFn, fewest_of_user: int = 1) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Ratings 1..5 and their times 0..9, full of ties; users have none, or at least as many as asked for."""
    shape = (draw(st.integers(1, 6)), draw(st.integers(fewest_of_user, fewest_of_user + 5)))
    ratings = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 5)))
    ratings[(ratings > 0).sum(axis=1) < fewest_of_user] = 0
    if not ratings.any():
        ratings[0, :fewest_of_user] = 1
    times = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 9))) * (ratings > 0)
    return sps.csr_matrix(ratings), sps.csr_matrix(times)


class Split(NamedTuple):
    """A split function with the random_seed and the times as its only arguments beside the URM."""

    parts: Callable[[Any, Any, int | None], tuple[sps.csr_matrix, ...]]
    uses_seed: bool = True
    uses_times: bool = False


SPLITS = {
    "global sample": Split(
        lambda URM, _, seed: split_train_in_two_percentage_global_sample(URM, 0.5, random_seed=seed, verbose=False)
    ),
    "user wise": Split(lambda URM, _, seed: split_train_in_two_percentage_user_wise(URM, 0.5, random_seed=seed)),
    "leave one random out": Split(
        lambda URM, _, seed: split_train_leave_k_out_user_wise(URM, random_seed=seed, verbose=False)
    ),
    "leave one random out without validation": Split(
        lambda URM, _, seed: split_train_leave_k_out_user_wise(URM, 1, False, random_seed=seed, verbose=False)
    ),
    "leave last out": Split(
        lambda URM, times, seed: split_train_leave_k_out_user_wise(
            URM, 1, True, False, URM_timestamp=times, random_seed=seed, verbose=False
        ),
        uses_seed=False,
        uses_times=True,
    ),
    "cold items": Split(
        lambda URM, _, seed: split_train_in_two_cold_items(URM, None, 0.5, random_seed=seed, verbose=False)[:2]
    ),
    "global time": Split(
        lambda URM, times, _: split_train_in_two_global_time(URM, times, verbose=False),
        uses_seed=False,
        uses_times=True,
    ),
    "folds": Split(lambda URM, _, seed: tuple(test for _, test in split_k_fold(URM, 3, random_seed=seed))),
    "first fold and the others": Split(lambda URM, _, seed: next(split_k_fold(URM, 2, random_seed=seed))),
    "folds user wise": Split(
        lambda URM, _, seed: tuple(test for _, test in split_k_fold(URM, 3, user_wise=True, random_seed=seed))
    ),
}
