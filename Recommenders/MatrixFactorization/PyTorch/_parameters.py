"""The model's parameters as numpy arrays: their starting values, and the factors that the framework ranks with.

Letters of the shapes: F factors, U users, I items. All arrays are float32.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_SLICE = 1 << 22  # numbers that are drawn at a time, in some hundredths of a second


class Parameters(NamedTuple):
    """What is trained; the biases are None for a model without them."""

    user_factors: Array  # (U, F)
    item_factors: Array  # (I, F)
    weight: Array  # (F,)
    bias: Array  # ()
    user_bias: Array | None  # (U,)
    item_bias: Array | None  # (I,)


class Factors(NamedTuple):
    """What is ranked with: score(u, i) = USER_factors[u] . ITEM_factors[i] + biases."""

    USER_factors: Array  # (U, F)
    ITEM_factors: Array  # (I, F)
    GLOBAL_bias: Array  # ()
    USER_bias: Array  # (U,)
    ITEM_bias: Array  # (I,)


def start_near_the_data(
    shape: tuple[int, int],
    num_factors: int,
    init_mean: float,
    init_std_dev: float,
    start_score: float,
    use_bias: bool,
    generator: np.random.Generator,
) -> Parameters:
    """Factors from N(init_mean, init_std_dev^2), w of ones, b at `start_score`, own biases of zero.

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
    """Factors from N(0, 1), w and b uniform in +-1 / sqrt(F): the defaults of torch's Embedding and Linear."""
    user_factors, item_factors = (_normal_table(n_rows, num_factors, 0.0, 1.0, generator) for n_rows in shape)
    bound = 1 / math.sqrt(num_factors)
    linear = generator.uniform(-bound, bound, num_factors + 1).astype(np.float32)
    return Parameters(user_factors, item_factors, linear[:-1], linear[-1:].reshape(()), None, None)


def _normal_table(n_rows: int, num_factors: int, mean: float, std_dev: float, generator: np.random.Generator) -> Array:
    """N(mean, std_dev^2), drawn in slices between which an interrupt is answered."""
    table = np.empty((n_rows, num_factors), dtype=np.float32)
    flat = table.reshape(-1)
    for start in range(0, flat.size, _SLICE):
        part = flat[start : start + _SLICE]
        generator.standard_normal(out=part, dtype=np.float32)
        with np.errstate(over="ignore"):  # whether the table is finite is the caller's question
            part *= np.float32(std_dev)
            part += np.float32(mean)
    return table


def fold(parameters: Parameters, cold_users: NDArray[np.bool_], cold_items: NDArray[np.bool_]) -> Factors:
    """The factors whose dot product, with the biases, is the model's score: w is folded into the user side.

    Cold users and items, given as masks of shape (U,) and (I,), get zero factors and zero bias of their own.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # whether the factors are finite is the caller's question
        user_factors = parameters.user_factors * parameters.weight
    item_factors = parameters.item_factors.copy()
    user_bias = np.zeros(len(user_factors), np.float32) if parameters.user_bias is None else parameters.user_bias.copy()
    item_bias = np.zeros(len(item_factors), np.float32) if parameters.item_bias is None else parameters.item_bias.copy()
    for array, cold in ((user_factors, cold_users), (user_bias, cold_users), (item_factors, cold_items),
                        (item_bias, cold_items)):  # fmt: skip
        array[cold] = 0
    return Factors(user_factors, item_factors, parameters.bias.copy(), user_bias, item_bias)


def score_pairs(factors: Factors, users: NDArray[np.int64], items: NDArray[np.int64]) -> Array:
    """The score before the activation of each (user, item) pair: two arrays of shape (n,), float32 of shape (n,)."""
    score = np.empty(len(users), dtype=np.float32)
    block = 65_536  # bounds the gathered rows to some tens of MB
    for start in range(0, len(users), block):
        u, i = users[start : start + block], items[start : start + block]
        dot = np.einsum("nf,nf->n", factors.USER_factors[u], factors.ITEM_factors[i])
        score[start : start + block] = dot + factors.USER_bias[u] + factors.ITEM_bias[i] + factors.GLOBAL_bias
    return score
