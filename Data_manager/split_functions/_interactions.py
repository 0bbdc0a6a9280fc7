"""What the split functions share: the order and the times of interactions, and parts of a URM.

A URM here is a csr_matrix in canonical form. An order is an array of positions in URM.data, user by user.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import cell_keys, with_cells
from recsys_common.messages import say
from recsys_common.validation import check_int, check_sparse

URM_TIMESTAMP = "URM_timestamp"

_KEY_BITS = 64
_FEWEST_RANDOM_BITS = 24  # two cells of one user share a random number in one case of 16 million


def random_generator(random_seed: Any) -> np.random.Generator:
    """Make a generator of this seed; for None another one every time."""
    return np.random.default_rng(None if random_seed is None else check_int("random_seed", random_seed, minimum=0))


def profile_lengths(URM: sps.csr_matrix) -> npt.NDArray[np.int64]:
    """Return the number of interactions of each user, shape (n_users,)."""
    return np.diff(URM.indptr).astype(np.int64)


def _bits_of_place_and_user(URM: sps.csr_matrix) -> tuple[int, int]:
    return int(profile_lengths(URM).max()).bit_length(), int(URM.shape[0]).bit_length()


def order_by_value(URM: sps.csr_matrix, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Order each user's interactions by ascending value; of equal values the one with the lower column comes first.

    `values` are finite, int64 or float64, one for each of at least one interaction.
    Equivalent to: ``np.lexsort((values, user_of_cell))``.
    """
    lengths = profile_lengths(URM)
    place_bits, user_bits = _bits_of_place_and_user(URM)
    if values.dtype.kind == "f" and np.abs(values).max() < 2**53:
        whole = values.astype(np.int64)
        values = whole if (whole == values).all() else values
    value_bits = int(values.max() - values.min()).bit_length() if values.dtype.kind == "i" else _KEY_BITS
    if user_bits + value_bits + place_bits > _KEY_BITS:
        return np.asarray(np.lexsort((values, np.repeat(np.arange(len(lengths)), lengths))), dtype=np.int64)

    # user, value and place in one integer: to sort these is many times as fast as the lexsort (data_speed.py)
    users = np.arange(len(lengths), dtype=np.uint64) << np.uint64(value_bits + place_bits)
    starts = np.repeat(URM.indptr[:-1].astype(np.int64), lengths)
    keys: npt.NDArray[np.uint64] = (values - values.min()).astype(np.uint64)
    keys <<= np.uint64(place_bits)
    keys |= np.repeat(users, lengths)
    keys |= (np.arange(URM.nnz) - starts).astype(np.uint64)
    keys.sort()
    keys &= np.uint64((1 << place_bits) - 1)
    return keys.astype(np.int64) + starts


def random_order(URM: sps.csr_matrix, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Put each user's interactions in random order, shape (URM.nnz,)."""
    place_bits, user_bits = _bits_of_place_and_user(URM)
    n_bits = _KEY_BITS - 1 - user_bits
    numbers = rng.integers(0, 1 << n_bits, size=URM.nnz)
    room = _KEY_BITS - user_bits - place_bits
    if _FEWEST_RANDOM_BITS <= room < n_bits:
        numbers >>= n_bits - room
    return order_by_value(URM, numbers)


def first_of_each_user(
    URM: sps.csr_matrix, order: npt.NDArray[np.int64], n_first: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Mark the interactions among the first `n_first` of their user in this order; in the order of URM.data."""
    ends = np.repeat(URM.indptr[:-1] + n_first, profile_lengths(URM))
    chosen = np.empty(URM.nnz, dtype=np.bool_)
    chosen[order] = np.arange(URM.nnz) < ends
    return chosen


def times_of_cells(URM: sps.csr_matrix, URM_timestamp: Any) -> npt.NDArray[np.float64]:
    """Return the time of every interaction of a canonical URM, shape (URM.nnz,), in the order of its data.

    It is 0 where URM_timestamp stores none, since a sparse matrix does not store 0. URM_timestamp holds seconds since
    1970, or other numbers that grow with time; it is not changed. TypeError or ValueError if it is not a sparse matrix
    of finite numbers, is of another shape, or has a time where the URM has no interaction.
    """
    timestamps = check_sparse("URM_timestamp", URM_timestamp, dtype=np.float64, allow_empty=True)
    if timestamps.shape != URM.shape:
        raise ValueError(f"URM_timestamp must be of shape {URM.shape}, got {timestamps.shape}")
    if np.array_equal(timestamps.indptr, URM.indptr) and np.array_equal(timestamps.indices, URM.indices):
        return np.asarray(timestamps.data)

    cells, timed_cells = cell_keys(URM), cell_keys(timestamps)
    places = np.minimum(np.searchsorted(cells, timed_cells), len(cells) - 1)
    n_outside = int((cells[places] != timed_cells).sum())
    if n_outside > 0:
        raise ValueError(f"URM_timestamp must be empty where the URM is, got {n_outside} times without interaction")
    times = np.zeros(URM.nnz)
    times[places] = timestamps.data
    return times


def times_of_parts(
    URMs: Mapping[str, sps.csr_matrix], URM_all: sps.csr_matrix, URM_timestamp: sps.csr_matrix
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the time of every interaction of each part of URM_all, in the order of its data; all are canonical."""
    times = times_of_cells(URM_all, URM_timestamp)
    # the place of every cell in `times`, from 1, since a product drops zeros
    places = sps.csr_matrix((np.arange(1, URM_all.nnz + 1), URM_all.indices, URM_all.indptr), shape=URM_all.shape)
    times_by_part = {}
    for name, URM in URMs.items():
        pattern = sps.csr_matrix((np.ones(URM.nnz, dtype=np.int64), URM.indices, URM.indptr), shape=URM.shape)
        found = sps.csr_matrix(places.multiply(pattern))
        found.sort_indices()
        times_by_part[name] = times[found.data - 1]
    return times_by_part


def divide(URM: sps.csr_matrix, in_first: npt.NDArray[np.bool_]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Return the interactions where the mask holds, and the others."""
    return with_cells(URM, in_first), with_cells(URM, ~in_first)


def warn_of_empty_users(parts: Mapping[str, Any]) -> None:
    """Print how many users have no interactions in a part; the parts are named by these, as "train items"."""
    for missing, URM in parts.items():
        n_users = URM.shape[0]
        n_empty = int((np.diff(URM.indptr) == 0).sum())
        if n_empty > 0:
            share = 100 * n_empty / n_users
            say(f"Warning: {n_empty} ({share:.2f} %) of {n_users} users have no {missing}")
