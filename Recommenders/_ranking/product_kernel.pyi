import numpy as np

def rank_by_products(
    left_starts: np.ndarray,
    left_ends: np.ndarray,
    left_columns: np.ndarray,
    left_values: np.ndarray,
    right_indptr: np.ndarray,
    right_columns: np.ndarray,
    right_values: np.ndarray,
    seen_starts: np.ndarray,
    seen_ends: np.ndarray,
    seen: np.ndarray,
    removed: np.ndarray,
    scores: np.ndarray,
    ids: np.ndarray,
    lengths: np.ndarray,
) -> int: ...
