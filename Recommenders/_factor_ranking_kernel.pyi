import numpy as np

PANEL: int
SECTION: int

def use_avx2() -> bool: ...
def rank_by_factors(
    vectors: np.ndarray,
    panels: np.ndarray,
    biases: np.ndarray,
    items: np.ndarray,
    bounds: np.ndarray,
    n_items: int,
    seen_starts: np.ndarray,
    seen_ends: np.ndarray,
    seen: np.ndarray,
    ids: np.ndarray,
    lengths: np.ndarray,
) -> None: ...
