"""What a saved factorisation holds, and how it is read back, from this project's archives and the host framework's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from Recommenders._model_archive import ModelArchive
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._parameters import Array, Factors

FORMAT_VERSION = 1


def factor_archive(factors: Factors, activation: str, rating_range: NDArray[np.float64]) -> dict[str, Any]:
    """The keys and values of an archive; those of the framework's matrix factorisations come first."""
    return {
        **factors._asdict(),
        "use_bias": True,
        "activation": activation,
        "rating_range": rating_range,
        "format_version": FORMAT_VERSION,
    }


def read_factors(archive: ModelArchive, n_users: int, n_items: int) -> Factors:
    """The factors of an archive, as float32; biases of zero where it has none.

    Raises
    ------
    ValueError
        The archive is of a later format, lacks a key, or has one of another shape.
    """
    if "format_version" in archive:
        archive.take_int("format_version", minimum=1, maximum=FORMAT_VERSION)
    user_factors = _float32(archive.take_array("USER_factors", (n_users, None)))
    item_factors = _float32(archive.take_array("ITEM_factors", (n_items, user_factors.shape[1])))
    if not archive.take_bool("use_bias"):
        zeros = [np.zeros(shape, dtype=np.float32) for shape in ((), n_users, n_items)]
        return Factors(user_factors, item_factors, *zeros)
    return Factors(
        user_factors,
        item_factors,
        # another framework's archive may hold a number where ours holds a 0-d array
        _float32(np.asarray(archive.take_float("GLOBAL_bias"))),
        _float32(archive.take_array("USER_bias", (n_users,))),
        _float32(archive.take_array("ITEM_bias", (n_items,))),
    )


def read_activation(archive: ModelArchive) -> str:
    """The activation's name; "identity" where an archive has none."""
    return archive.take_choice("activation", ACTIVATIONS) if "activation" in archive else "identity"


def read_rating_range(archive: ModelArchive, default: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smallest and the largest training rating, float64 of shape (2,); `default` where an archive has none."""
    if "rating_range" not in archive:
        return default
    rating_range = archive.take_array("rating_range", (2,)).astype(np.float64)
    if rating_range[0] > rating_range[1]:
        raise ValueError(f"{archive.file}: rating_range must be ascending, got {rating_range}")
    return rating_range


def _float32(array: NDArray[Any]) -> Array:
    return array.astype(np.float32, copy=False)
