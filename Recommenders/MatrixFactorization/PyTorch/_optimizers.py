"""Optimisers that step only the rows of a table that the batch touches.

A table's gradient is sparse: it has the rows of the batch alone, so the cost of a step depends on the batch, not on
the table. A dense gradient (the linear layer's) steps the whole parameter. SGD and Adagrad give what
`torch.optim` gives. Adam and RMSprop are torch's for rows that every batch touches; the state of the other rows rests
until they are touched again, while Adam's bias correction counts all steps.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

State = dict[str, Tensor]


class RowOptimizer(torch.optim.Optimizer):
    """An optimiser with the step parameter[touched rows] -= learning_rate * direction(gradient, state of these rows).

    With `long_sums`, a row may have so many terms in a table's gradient that they are summed in float64.
    """

    state_names: tuple[str, ...] = ()  # as many as the optimiser of this name has in _fused/optimizers.hpp

    def __init__(self, parameters: Iterable[Any], learning_rate: float, long_sums: bool = False) -> None:
        super().__init__(parameters, {"lr": learning_rate})
        self.long_sums = long_sums

    def direction(self, gradient: Tensor, state: State, n_steps: int) -> Tensor:
        """Return the step's direction; `state` has tensors of the gradient's shape, which are updated in place."""
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update the parameters from their gradients, and return the result of `closure`."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step_parameter(parameter, parameter.grad, group["lr"])
        return loss

    def _step_parameter(self, parameter: Tensor, gradient: Tensor, learning_rate: float) -> None:
        memory = self.state[parameter]
        if not memory:
            memory["step"] = 0
            memory.update({name: torch.zeros_like(parameter) for name in self.state_names})
        memory["step"] += 1
        if not gradient.is_sparse:
            state = {name: memory[name] for name in self.state_names}
            parameter.sub_(self.direction(gradient, state, memory["step"]), alpha=learning_rate)
            return
        gradient = gradient.double().coalesce().float() if self.long_sums else gradient.coalesce()
        rows = gradient.indices()[0]
        state = {name: memory[name].index_select(0, rows) for name in self.state_names}
        direction = self.direction(gradient.values(), state, memory["step"])
        for name, values in state.items():
            memory[name].index_copy_(0, rows, values)
        # rows are distinct; reading and writing them costs a third of what index_add_ takes on the CPU
        parameter.index_copy_(0, rows, parameter.index_select(0, rows).sub_(direction, alpha=learning_rate))


class RowSGD(RowOptimizer):
    """Gradient descent: direction = g."""

    def direction(self, gradient: Tensor, state: State, n_steps: int) -> Tensor:
        return gradient


class RowAdagrad(RowOptimizer):
    """Adagrad (Duchi, Hazan, Singer 2011): G += g^2; direction = g / (sqrt(G) + 1e-10)."""

    state_names = ("squares",)

    def direction(self, gradient: Tensor, state: State, n_steps: int) -> Tensor:
        squares = state["squares"].addcmul_(gradient, gradient)
        return gradient / squares.sqrt().add_(1e-10)


class RowAdam(RowOptimizer):
    """Adam (Kingma, Ba 2015), where t counts all steps.

    m += 0.1 (g - m); v += 0.001 (g^2 - v); direction = m / (1 - 0.9^t) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
    """

    state_names = ("means", "squares")

    def direction(self, gradient: Tensor, state: State, n_steps: int) -> Tensor:
        means = state["means"].lerp_(gradient, 0.1)
        squares = state["squares"].mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        denominator = (squares.sqrt() / math.sqrt(1 - 0.999**n_steps)).add_(1e-8)
        return means / (1 - 0.9**n_steps) / denominator


class RowRMSprop(RowOptimizer):
    """RMSprop (Tieleman, Hinton 2012): v += 0.01 (g^2 - v); direction = g / (sqrt(v) + 1e-8)."""

    state_names = ("squares",)

    def direction(self, gradient: Tensor, state: State, n_steps: int) -> Tensor:
        squares = state["squares"].mul_(0.99).addcmul_(gradient, gradient, value=0.01)
        return gradient / squares.sqrt().add_(1e-8)


OPTIMIZERS: dict[str, type[RowOptimizer]] = {
    "adagrad": RowAdagrad,
    "adam": RowAdam,
    "rmsprop": RowRMSprop,
    "sgd": RowSGD,
}
