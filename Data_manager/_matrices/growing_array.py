"""An array whose length is known only at its end."""

from typing import Any

import numpy as np
import numpy.typing as npt


class GrowingArray:
    """Collects parts of an array in one place.

    Equivalent to: numpy.concatenate(parts), without the parts and their sum in memory at one time. A bytearray grows
    where it lies or is moved by its pages, where most of the cost of a large array is touching new memory.

    Parameters
    ----------
    dtype : numpy dtype
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // self.dtype.itemsize

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Append the values of a 1-D array."""
        self._bytes += np.ascontiguousarray(values, dtype=self.dtype).view(np.uint8).data

    def to_array(self) -> npt.NDArray[Any]:
        """All values, shape (len(self),), without a copy; nothing can be appended any more."""
        return np.frombuffer(self._bytes, dtype=self.dtype)
