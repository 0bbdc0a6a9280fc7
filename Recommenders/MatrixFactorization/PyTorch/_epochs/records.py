"""How the ratings of an epoch are stored: one record for each, in the order in which they are trained."""

from typing import Any

import numpy as np
import scipy.sparse as sps
from numpy.typing import NDArray

# 24 bits of user, 24 bits of item and the upper half of the float32 rating: what whole and half stars fit in.
PACKED: np.dtype[Any] = np.dtype(np.uint64)
WIDE: np.dtype[Any] = np.dtype([("user", np.int32), ("item", np.int32), ("rating", np.float32)])

Records = NDArray[Any]

_LARGEST_SIDE = 1 << 24


def record_type(URM: sps.csr_matrix) -> np.dtype[Any]:
    """PACKED, which is 8 bytes, where it holds every rating of this float32 matrix exactly, else WIDE, which is 12."""
    fits = max(URM.shape) <= _LARGEST_SIDE and not (URM.data.view(np.uint32) & 0xFFFF).any()
    return PACKED if fits else WIDE


def columns(records: Records) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Users, items and ratings of the records, three contiguous arrays of their length."""
    if records.dtype == WIDE:
        users, items, ratings = (np.ascontiguousarray(records[name]) for name in ("user", "item", "rating"))
        return users, items, ratings
    users, items = (records >> 40).astype(np.int32), (records >> 16 & 0xFFFFFF).astype(np.int32)
    return users, items, (records << 16).astype(np.uint32).view(np.float32)
