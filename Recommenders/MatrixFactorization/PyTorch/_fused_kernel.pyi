import numpy as np

def cpu_has_avx2() -> bool: ...
def train_ratings(
    ratings: np.ndarray,
    begin: int,
    end: int,
    batch_size: int,
    user_rows: np.ndarray,
    user_slots: np.ndarray,
    user_sums: np.ndarray,
    user_counts: np.ndarray,
    touched_users: np.ndarray,
    item_rows: np.ndarray,
    item_slots: np.ndarray,
    item_sums: np.ndarray,
    item_counts: np.ndarray,
    touched_items: np.ndarray,
    linear: np.ndarray,
    lanes: np.ndarray,
    progress: np.ndarray,
    sgd_mode: str,
    activation: str,
    learning_rate: float,
) -> float: ...
