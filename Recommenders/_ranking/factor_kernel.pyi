from typing import Any

import numpy as np
import numpy.typing as npt

PANEL: int
SECTION: int

def use_avx2() -> bool: ...
def rank_by_factors(
    vectors: npt.NDArray[np.float32],
    user_biases: npt.NDArray[np.float32],
    panels: npt.NDArray[np.float32],
    biases: npt.NDArray[np.float32],
    items: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.float64],
    rounding: float,
    n_items: int,
    seen_starts: npt.NDArray[np.int64],
    seen_ends: npt.NDArray[np.int64],
    seen: npt.NDArray[Any],
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
) -> None: ...
def rank_candidates_by_factors(
    vectors: npt.NDArray[np.float32],
    user_biases: npt.NDArray[np.float32],
    item_factors: npt.NDArray[np.float32],
    item_biases: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    candidates: npt.NDArray[Any],
    seen_starts: npt.NDArray[np.int64],
    seen_ends: npt.NDArray[np.int64],
    seen: npt.NDArray[Any],
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
) -> None: ...
