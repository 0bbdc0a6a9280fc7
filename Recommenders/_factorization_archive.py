"""Factors and biases as an archive holds them, for all classes of this project that read them.

Matrix factorisations of the framework save factors, `use_bias` and three biases; its singular value decompositions
save factors and `Sigma`, which they multiply in at every score.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from Recommenders._model_archive import ModelArchive

FACTORIZATION_KEYS = ("USER_factors", "ITEM_factors", "Sigma", "use_bias", "ITEM_bias", "USER_bias", "GLOBAL_bias")


class SavedFactorization(NamedTuple):
    """score(u, i) = USER_factors[u] . ITEM_factors[i]  [ + biases ]; arrays in the dtypes of the file."""

    USER_factors: NDArray[Any]
    ITEM_factors: NDArray[Any]
    use_bias: bool
    USER_bias: NDArray[Any] | None = None
    ITEM_bias: NDArray[Any] | None = None
    GLOBAL_bias: NDArray[Any] | None = None


def read_factorization(archive: ModelArchive, n_users: int, n_items: int) -> SavedFactorization:
    """The factorisation of this shape of URM in an archive of either kind; Sigma is multiplied into the users.

    Raises
    ------
    ValueError
        The archive lacks a key, or has one of another shape, or not of finite numbers.
    """
    user_factors = archive.take_array("USER_factors", (n_users, None))
    item_factors = archive.take_array("ITEM_factors", (n_items, user_factors.shape[1]))
    if "Sigma" in archive:
        return SavedFactorization(_times_sigma(archive, user_factors), item_factors, use_bias=False)
    if not archive.take_bool("use_bias"):
        return SavedFactorization(user_factors, item_factors, use_bias=False)
    return SavedFactorization(
        user_factors,
        item_factors,
        use_bias=True,
        USER_bias=archive.take_array("USER_bias", (n_users,)),
        ITEM_bias=archive.take_array("ITEM_bias", (n_items,)),
        GLOBAL_bias=_global_bias(archive),
    )


def _times_sigma(archive: ModelArchive, user_factors: NDArray[Any]) -> NDArray[Any]:
    if "use_bias" in archive:
        raise ValueError(f"{archive.file}: Sigma must be in an archive without use_bias, got both")
    sigma = archive.take_array("Sigma", (user_factors.shape[1],))
    with np.errstate(over="ignore"):
        product: NDArray[Any] = user_factors * sigma
    if not np.isfinite(product).all():
        raise ValueError(f"{archive.file}: Sigma must be finite times USER_factors, got larger numbers")
    return product


def _global_bias(archive: ModelArchive) -> NDArray[Any]:
    """A 0-d array; the host's own models may have saved a number."""
    saved = archive.get("GLOBAL_bias")
    dtype = saved.dtype if isinstance(saved, np.ndarray) and saved.dtype.kind == "f" else np.float64
    return np.asarray(archive.take_float("GLOBAL_bias"), dtype=dtype)
