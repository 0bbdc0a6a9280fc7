import numpy as np

def top_k_of_rows(
    scores: np.ndarray, heap_scores: np.ndarray, heap_ids: np.ndarray, ids: np.ndarray, lengths: np.ndarray
) -> int: ...
