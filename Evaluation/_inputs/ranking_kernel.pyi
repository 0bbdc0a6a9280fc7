import numpy as np

def measure_rankings(
    ids: np.ndarray,
    lengths: np.ndarray,
    test_starts: np.ndarray,
    test_ends: np.ndarray,
    test_items: np.ndarray,
    gains: np.ndarray,
    discounts: np.ndarray,
    cutoffs: np.ndarray,
    is_test: np.ndarray,
    is_hit: np.ndarray,
    n_hits: np.ndarray,
    precision_sum: np.ndarray,
    reciprocal_rank_sum: np.ndarray,
    first_reciprocal_rank: np.ndarray,
    dcg: np.ndarray,
) -> None: ...
def ideal_dcg(
    test_starts: np.ndarray,
    test_ends: np.ndarray,
    gains: np.ndarray,
    discounts: np.ndarray,
    cutoffs: np.ndarray,
    best_first: np.ndarray,
    ideal: np.ndarray,
) -> None: ...
def count_items(
    ids: np.ndarray,
    lengths: np.ndarray,
    is_hit: np.ndarray,
    cutoffs: np.ndarray,
    counts: np.ndarray,
    hit_counts: np.ndarray,
) -> None: ...
def sum_over_lists(
    ids: np.ndarray, lengths: np.ndarray, weights: np.ndarray, cutoffs: np.ndarray, sums: np.ndarray
) -> None: ...
