import numpy as np

N_LANES: int

def use_avx2() -> bool: ...
def train_ratings(
    records: np.ndarray,
    begin: int,
    end: int,
    batch_size: int,
    n_users: int,
    rows: np.ndarray,
    slots: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    touched: np.ndarray,
    linear: np.ndarray,
    lanes: np.ndarray,
    penalized: bool,
    progress: np.ndarray,
    sgd_mode: str,
    activation: str,
    learning_rate: float,
) -> float: ...
