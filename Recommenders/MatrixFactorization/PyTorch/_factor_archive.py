"""What a saved factorisation holds, and how it is read back, from this project's archives and the host framework's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from Recommenders._model_archive import FACTORIZATION_KEYS, ModelArchive, Range, Scalar, read_factorization
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._parameters import Array, Factors
from recsys_common.validation import check_choice, check_int

FORMAT_VERSION = 1

# the framework's own come first, and are all that its archives have
ARCHIVE_KEYS = (*FACTORIZATION_KEYS, "activation", "rating_range", "format_version")


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
        The archive lacks a key, or has one of another shape, or not finite in float32.
    """
    saved = read_factorization(archive)
    if saved.USER_factors.shape[1] == 0:
        raise ValueError(f"{archive.file}: USER_factors must have at least one column, got none")
    factors = {name: getattr(saved, name) for name in Factors._fields}
    if not saved.use_bias:
        factors |= {"USER_bias": np.zeros(n_users), "ITEM_bias": np.zeros(n_items), "GLOBAL_bias": np.zeros(())}
    return Factors(**{key: _float32(archive, key, array) for key, array in factors.items()})


def read_prediction(archive: ModelArchive, rating_range: NDArray[np.float64]) -> tuple[str, NDArray[np.float64]]:
    """The activation's name and the smallest and largest training rating, float64 of shape (2,).

    An archive that has none of this project's three keys, as those of the host framework, has the activation
    "identity" and the `rating_range` that is given.

    Raises
    ------
    ValueError
        The archive is of a later format, or has some of the three keys but not all.
    """
    if not any(key in archive for key in ("activation", "rating_range", "format_version")):
        return "identity", rating_range
    archive.take("format_version", Scalar(check_int, minimum=1, maximum=FORMAT_VERSION))
    return archive.take("activation", Scalar(check_choice, choices=ACTIVATIONS)), archive.take("rating_range", Range())


def _float32(archive: ModelArchive, key: str, array: NDArray[Any]) -> Array:
    with np.errstate(over="ignore"):
        converted = array.astype(np.float32, copy=False)
    if not np.isfinite(converted).all():
        raise ValueError(f"{archive.file}: {key} must be finite in float32, got larger numbers")
    return converted
