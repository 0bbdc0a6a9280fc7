import numpy as np

PANEL: int
SECTION: int

def use_avx2() -> bool: ...
def rank_by_factors(
    vectors: np.ndarray,
    user_biases: np.ndarray,
    panels: np.ndarray,
    biases: np.ndarray,
    items: np.ndarray,
    bounds: np.ndarray,
    rounding: float,
    n_items: int,
    seen_starts: np.ndarray,
    seen_ends: np.ndarray,
    seen: np.ndarray,
    ids: np.ndarray,
    lengths: np.ndarray,
) -> None: ...
def rank_candidates_by_factors(
    vectors: np.ndarray,
    user_biases: np.ndarray,
    item_factors: np.ndarray,
    item_biases: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    candidates: np.ndarray,
    seen_starts: np.ndarray,
    seen_ends: np.ndarray,
    seen: np.ndarray,
    ids: np.ndarray,
    lengths: np.ndarray,
) -> None: ...
