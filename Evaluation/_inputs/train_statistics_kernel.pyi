from typing import Any

import numpy as np
import numpy.typing as npt

def count_columns(columns: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> None: ...
def mean_over_rows(
    indptr: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    weights: npt.NDArray[np.float64],
    means: npt.NDArray[np.float64],
) -> None: ...
def count_common(
    indptr: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    test_indptr: npt.NDArray[Any],
    test_columns: npt.NDArray[Any],
    marks: npt.NDArray[np.int32],
) -> int: ...
