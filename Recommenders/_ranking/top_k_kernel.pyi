from typing import Any

import numpy as np
import numpy.typing as npt

def mask_of_rows(
    scores: npt.NDArray[Any],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    items: npt.NDArray[Any],
    columns: npt.NDArray[np.int64],
) -> None: ...
def top_k_of_rows(scores: npt.NDArray[Any], ids: npt.NDArray[np.int32], lengths: npt.NDArray[np.int32]) -> int: ...
