"""The training of the factorisation model in float64 numpy, one rating at a time: slow, and easy to check by eye."""

from collections.abc import Callable
from typing import Any

import numpy as np


def _activation(name: str, score: float) -> tuple[float, float]:
    """The activation's value and derivative."""
    if name == "relu":
        return (score, 1.0) if score > 0 else (0.0, 0.0)
    if name == "sigmoid":
        value = 1 / (1 + np.exp(-score))
        return value, value * (1 - value)
    return score, 1.0


class _Optimizer:
    """The state of one parameter array; `step` moves only the given rows."""

    def __init__(self, mode: str, learning_rate: float, array: np.ndarray) -> None:
        self.mode, self.learning_rate, self.array = mode, learning_rate, array
        self.first, self.second, self.t = np.zeros_like(array), np.zeros_like(array), 0

    def step(self, gradient: dict[Any, np.ndarray]) -> None:
        self.t += 1
        for row, g in gradient.items():
            self.array[row] -= self.learning_rate * self._direction(row, g)

    def _direction(self, row: Any, g: np.ndarray) -> np.ndarray:
        if self.mode == "sgd":
            return g
        if self.mode == "adagrad":
            self.second[row] += g**2
            return g / (np.sqrt(self.second[row]) + 1e-10)
        if self.mode == "rmsprop":
            self.second[row] = 0.99 * self.second[row] + 0.01 * g**2
            return g / (np.sqrt(self.second[row]) + 1e-8)
        self.first[row] = 0.9 * self.first[row] + 0.1 * g
        self.second[row] = 0.999 * self.second[row] + 0.001 * g**2
        corrected = self.first[row] / (1 - 0.9**self.t)
        return corrected / (np.sqrt(self.second[row] / (1 - 0.999**self.t)) + 1e-8)


def train(
    start: dict[str, np.ndarray | None],
    batches: list[list[tuple[int, int, float]]],
    *,
    sgd_mode: str,
    learning_rate: float,
    activation: str,
    user_reg: float = 0.0,
    item_reg: float = 0.0,
    bias_reg: float = 0.0,
    loss_derivative: Callable[[float, float], float] = lambda prediction, rating: 2 * (prediction - rating),
) -> dict[str, np.ndarray | None]:
    """The parameters after one step for each batch of (user, item, rating); names as in `Parameters`."""
    parameters = {k: None if v is None else np.atleast_1d(np.array(v, dtype=np.float64)) for k, v in start.items()}
    optimizers = {k: _Optimizer(sgd_mode, learning_rate, v) for k, v in parameters.items() if v is not None}
    for batch in batches:
        gradients: dict[str, dict[Any, np.ndarray]] = {name: {} for name in optimizers}

        def add(name: str, row: Any, value: np.ndarray, gradients=gradients) -> None:
            gradients[name][row] = gradients[name].get(row, 0.0) + value

        w, b = parameters["weight"], parameters["bias"][0]
        for user, item, rating in batch:
            p, q = parameters["user_factors"][user], parameters["item_factors"][item]
            score = w @ (p * q) + b
            if parameters["user_bias"] is not None:
                score += parameters["user_bias"][user] + parameters["item_bias"][item]
            prediction, slope = _activation(activation, score)
            error = loss_derivative(prediction, rating) * slope
            add("user_factors", user, error * w * q + 2 * user_reg * p)
            add("item_factors", item, error * w * p + 2 * item_reg * q)
            add("weight", ..., error * p * q)
            add("bias", 0, error)
            if parameters["user_bias"] is not None:
                add("user_bias", user, error + 2 * bias_reg * parameters["user_bias"][user])
                add("item_bias", item, error + 2 * bias_reg * parameters["item_bias"][item])
        for name, gradient in gradients.items():
            optimizers[name].step(gradient)
    return parameters
