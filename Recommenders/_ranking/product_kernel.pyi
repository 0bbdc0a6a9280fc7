import numpy as np
import numpy.typing as npt

def rank_by_products(
    left_starts: npt.NDArray[np.int64],
    left_ends: npt.NDArray[np.int64],
    left_columns: npt.NDArray[np.int32],
    left_values: npt.NDArray[np.float32],
    right_indptr: npt.NDArray[np.int64],
    right_columns: npt.NDArray[np.int32],
    right_values: npt.NDArray[np.float32],
    seen_starts: npt.NDArray[np.int64],
    seen_ends: npt.NDArray[np.int64],
    seen: npt.NDArray[np.int32],
    removed: npt.NDArray[np.int32],
    scores: npt.NDArray[np.float32],
    ids: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
) -> int: ...
