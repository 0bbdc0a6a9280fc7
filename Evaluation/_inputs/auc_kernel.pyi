from typing import Any

import numpy as np
import numpy.typing as npt

def auc_of_rows(
    scores: npt.NDArray[Any],
    test_starts: npt.NDArray[np.int64],
    test_ends: npt.NDArray[np.int64],
    test_items: npt.NDArray[Any],
    seen_starts: npt.NDArray[np.int64],
    seen_ends: npt.NDArray[np.int64],
    seen_items: npt.NDArray[Any],
    is_removed: npt.NDArray[np.uint8],
    is_out: npt.NDArray[np.uint8],
    others: npt.NDArray[Any],
    auc: npt.NDArray[np.float64],
) -> None: ...
