import numpy as np

def auc_of_rows(
    scores: np.ndarray,
    test_starts: np.ndarray,
    test_ends: np.ndarray,
    test_items: np.ndarray,
    seen_starts: np.ndarray,
    seen_ends: np.ndarray,
    seen_items: np.ndarray,
    is_removed: np.ndarray,
    is_out: np.ndarray,
    others: np.ndarray,
    auc: np.ndarray,
) -> None: ...
