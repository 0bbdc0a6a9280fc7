import numpy as np

def count_buckets(state: np.ndarray, n_ratings: int, sizes: np.ndarray) -> None: ...
def scatter_ratings(
    state: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    row: int,
    begin: int,
    end: int,
    positions: np.ndarray,
    records: np.ndarray,
) -> None: ...
def shuffle_bucket(state: np.ndarray, records: np.ndarray) -> None: ...
