from typing import Any

import numpy as np
import numpy.typing as npt

N_PACKED_IDS: int
DROPPED_BITS: int

def count_buckets(state: npt.NDArray[np.uint64], n_ratings: int, sizes: npt.NDArray[np.int64]) -> None: ...
def scatter_ratings(
    state: npt.NDArray[np.uint64],
    indptr: npt.NDArray[Any],
    indices: npt.NDArray[Any],
    data: npt.NDArray[np.float32],
    row: int,
    begin: int,
    end: int,
    positions: npt.NDArray[np.int64],
    records: npt.NDArray[Any],
) -> None: ...
def shuffle_bucket(state: npt.NDArray[np.uint64], records: npt.NDArray[Any]) -> None: ...
def read_records(
    records: npt.NDArray[Any],
    users: npt.NDArray[np.int32],
    items: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
) -> None: ...
