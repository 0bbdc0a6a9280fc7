from typing import Any

import numpy as np
import numpy.typing as npt

def measure_rankings(
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
    test_starts: npt.NDArray[np.int64],
    test_ends: npt.NDArray[np.int64],
    test_items: npt.NDArray[Any],
    gains: npt.NDArray[np.float64],
    discounts: npt.NDArray[np.float64],
    cutoffs: npt.NDArray[np.int64],
    is_test: npt.NDArray[np.uint8],
    is_hit: npt.NDArray[np.uint8],
    n_hits: npt.NDArray[np.int64],
    precision_sum: npt.NDArray[np.float64],
    reciprocal_rank_sum: npt.NDArray[np.float64],
    first_reciprocal_rank: npt.NDArray[np.float64],
    dcg: npt.NDArray[np.float64],
) -> None: ...
def ideal_dcg(
    test_starts: npt.NDArray[np.int64],
    test_ends: npt.NDArray[np.int64],
    gains: npt.NDArray[np.float64],
    discounts: npt.NDArray[np.float64],
    cutoffs: npt.NDArray[np.int64],
    best_first: npt.NDArray[np.float64],
    ideal: npt.NDArray[np.float64],
) -> None: ...
def count_items(
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
    is_hit: npt.NDArray[np.uint8],
    cutoffs: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    hit_counts: npt.NDArray[np.int64],
) -> None: ...
def sum_over_lists(
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float64],
    cutoffs: npt.NDArray[np.int64],
    sums: npt.NDArray[np.float64],
) -> None: ...
