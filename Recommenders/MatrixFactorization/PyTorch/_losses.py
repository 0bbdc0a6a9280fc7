"""Losses: pure functions of a batch's predictions and ratings, and the penalty on its embedding rows."""

from collections.abc import Callable

from torch import Tensor

from Recommenders.MatrixFactorization.PyTorch._model import BatchRows

Loss = Callable[[Tensor, Tensor], Tensor]


def squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    """Sum (prediction - target)^2 over the batch: two tensors of shape (B,), a scalar tensor."""
    error = prediction - target  # (B,)
    return error.mul(error).sum()


def penalty(rows: BatchRows, user_reg: float, item_reg: float, bias_reg: float) -> Tensor | float:
    """Sum user_reg |p_u|^2 + item_reg |q_i|^2 + bias_reg (b_u^2 + b_i^2) over the ratings of the batch."""
    total: Tensor | float = 0.0
    for weight, values in (
        (user_reg, rows.user_factors),
        (item_reg, rows.item_factors),
        (bias_reg, rows.user_bias),
        (bias_reg, rows.item_bias),
    ):
        if weight > 0 and values is not None:
            total = total + weight * values.pow(2).sum()
    return total


LOSSES: dict[str, Loss] = {"mse": squared_error}
