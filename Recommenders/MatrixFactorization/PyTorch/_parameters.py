"""The model's parameters as numpy arrays: their starting values, and the factors that the framework ranks with.

Letters of the shapes: F factors, U users, I items. All arrays are float32.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_CHUNK = 1 << 22  # numbers that are drawn at a time, in some hundredths of a second


class Parameters(NamedTuple):
    """The trained parameters; the own biases are None for a model without them."""

    user_factors: npt.NDArray[np.float32]  # (U, F)
    item_factors: npt.NDArray[np.float32]  # (I, F)
    weight: npt.NDArray[np.float32]  # (F,)
    bias: npt.NDArray[np.float32]  # ()
    user_bias: npt.NDArray[np.float32] | None  # (U,)
    item_bias: npt.NDArray[np.float32] | None  # (I,)


class Factors(NamedTuple):
    """The arrays that rank and predict: score(u, i) = USER_factors[u] . ITEM_factors[i] + biases."""

    USER_factors: npt.NDArray[np.float32]  # (U, F)
    ITEM_factors: npt.NDArray[np.float32]  # (I, F)
    GLOBAL_bias: npt.NDArray[np.float32]  # ()
    USER_bias: npt.NDArray[np.float32]  # (U,)
    ITEM_bias: npt.NDArray[np.float32]  # (I,)


def start_near_the_data(
    shape: tuple[int, int],
    num_factors: int,
    init_mean: float,
    init_std_dev: float,
    start_score: float,
    use_bias: bool,
    generator: np.random.Generator,
) -> Parameters:
    """Draw factors from N(init_mean, init_std_dev^2); w starts at ones, b at `start_score`, own biases at zero.

    With small factors every prediction starts near the mean rating, where no activation is dead.
    """
    n_users, n_items = shape
    return Parameters(
        user_factors=_normal_table(n_users, num_factors, init_mean, init_std_dev, generator),
        item_factors=_normal_table(n_items, num_factors, init_mean, init_std_dev, generator),
        weight=np.ones(num_factors, dtype=np.float32),
        bias=np.array(start_score, dtype=np.float32),
        user_bias=np.zeros(n_users, dtype=np.float32) if use_bias else None,
        item_bias=np.zeros(n_items, dtype=np.float32) if use_bias else None,
    )


def start_as_torch_does(shape: tuple[int, int], num_factors: int, generator: np.random.Generator) -> Parameters:
    """Draw factors from N(0, 1), w and b uniform in +-1 / sqrt(F): the defaults of torch's Embedding and Linear."""
    user_factors, item_factors = (_normal_table(n_rows, num_factors, 0.0, 1.0, generator) for n_rows in shape)
    bound = 1 / math.sqrt(num_factors)
    linear = generator.uniform(-bound, bound, num_factors + 1).astype(np.float32)
    return Parameters(user_factors, item_factors, linear[:-1], linear[-1:].reshape(()), None, None)


def fold(parameters: Parameters, cold_users: npt.NDArray[np.bool_], cold_items: npt.NDArray[np.bool_]) -> Factors:
    """Fold w into the user side, so that the factors' dot product, with the biases, is the model's score.

    Cold users and items, given as masks of shape (U,) and (I,), get zero factors and zero bias of their own.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # the caller checks that the factors are finite
        user_factors = parameters.user_factors * parameters.weight
    item_factors = parameters.item_factors.copy()
    user_bias = np.zeros(len(user_factors), np.float32) if parameters.user_bias is None else parameters.user_bias.copy()
    item_bias = np.zeros(len(item_factors), np.float32) if parameters.item_bias is None else parameters.item_bias.copy()
    for array, cold in ((user_factors, cold_users), (user_bias, cold_users), (item_factors, cold_items),
                        (item_bias, cold_items)):  # fmt: skip
        array[cold] = 0
    return Factors(user_factors, item_factors, parameters.bias.copy(), user_bias, item_bias)


def score_pairs(
    factors: Factors, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Return the score before the activation of each pair of a user (n,) and an item (n,), shape (n,)."""
    score = np.empty(len(users), dtype=np.float32)
    chunk = 65_536  # bounds the gathered rows to some tens of MB
    for start in range(0, len(users), chunk):
        u, i = users[start : start + chunk], items[start : start + chunk]
        dot = np.einsum("nf,nf->n", factors.USER_factors[u], factors.ITEM_factors[i])
        score[start : start + chunk] = dot + factors.USER_bias[u] + factors.ITEM_bias[i] + factors.GLOBAL_bias
    return score


def _normal_table(
    n_rows: int, num_factors: int, mean: float, std_dev: float, generator: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draw from N(mean, std_dev^2), in chunks between which an interrupt is answered."""
    table = np.empty((n_rows, num_factors), dtype=np.float32)
    flat = table.reshape(-1)
    for start in range(0, flat.size, _CHUNK):
        chunk = flat[start : start + _CHUNK]
        generator.standard_normal(out=chunk, dtype=np.float32)
        with np.errstate(over="ignore"):  # the caller checks that the table is finite
            chunk *= np.float32(std_dev)
            chunk += np.float32(mean)
    return table
