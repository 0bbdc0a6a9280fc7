"""The factorisation model as a torch module.

score(u, i) = w . (p_u * q_i) + b [+ b_u + b_i]        prediction(u, i) = activation(score(u, i))

Letters of the shapes: B ratings in a batch, F factors, U users, I items.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters


class BatchRows(NamedTuple):
    """The embedding rows of a batch of ratings."""

    user_factors: Tensor  # (B, F)
    item_factors: Tensor  # (B, F)
    user_bias: Tensor | None  # (B, 1)
    item_bias: Tensor | None  # (B, 1)


class FactorizationModel(nn.Module):
    """Two embeddings, their element-wise product, a linear layer to one output and an activation.

    The parameters are left uninitialised, so that building the module neither reads nor moves torch's global random
    state: the caller fills them. With `sparse_gradients` a table's gradient has the rows of the batch alone, which not
    every optimiser takes.
    """

    def __init__(
        self,
        n_users: int,
        n_items: int,
        n_factors: int,
        activation: str = "relu",
        use_bias: bool = False,
        sparse_gradients: bool = False,
    ) -> None:
        super().__init__()
        self.n_users = n_users
        self.n_items = n_items
        self.n_factors = n_factors
        self.user_factors = _table(n_users, n_factors, sparse_gradients)
        self.item_factors = _table(n_items, n_factors, sparse_gradients)
        self.layer_1: nn.Linear = skip_init(nn.Linear, n_factors, 1, dtype=torch.float32)  # type: ignore[no-untyped-call]
        self.activation_function = ACTIVATIONS[activation].module()
        self.user_bias = _table(n_users, 1, sparse_gradients) if use_bias else None
        self.item_bias = _table(n_items, 1, sparse_gradients) if use_bias else None

    def forward(self, user_coordinates: Tensor, item_coordinates: Tensor) -> Tensor:
        """Predict ratings, shape (B, 1), of users and items given as integer tensors of shape (B,)."""
        return self.predict_rows(self.gather_rows(user_coordinates, item_coordinates))

    def gather_rows(self, user_coordinates: Tensor, item_coordinates: Tensor) -> BatchRows:
        """Return the embedding rows of a batch."""
        return BatchRows(
            self.user_factors(user_coordinates),
            self.item_factors(item_coordinates),
            None if self.user_bias is None else self.user_bias(user_coordinates),
            None if self.item_bias is None else self.item_bias(item_coordinates),
        )

    def predict_rows(self, rows: BatchRows) -> Tensor:
        """Predict ratings, shape (B, 1), from the embedding rows of a batch."""
        score = self.layer_1(rows.user_factors * rows.item_factors)  # (B, 1)
        if rows.user_bias is not None and rows.item_bias is not None:
            score = score + rows.user_bias + rows.item_bias  # (B, 1)
        prediction: Tensor = self.activation_function(score)  # (B, 1)
        return prediction

    def get_W(self) -> npt.NDArray[np.float32]:
        """Return a copy of the user embeddings, float32, shape (U, F)."""
        return _copy(self.user_factors.weight)

    def get_H(self) -> npt.NDArray[np.float32]:
        """Return a copy of the item embeddings, float32, shape (I, F)."""
        return _copy(self.item_factors.weight)

    def read_parameters(self) -> Parameters:
        """Return a copy of all parameters as numpy arrays."""
        return Parameters(
            user_factors=self.get_W(),
            item_factors=self.get_H(),
            weight=_copy(self.layer_1.weight)[0],
            bias=_copy(self.layer_1.bias).reshape(()),
            user_bias=None if self.user_bias is None else _copy(self.user_bias.weight)[:, 0],
            item_bias=None if self.item_bias is None else _copy(self.item_bias.weight)[:, 0],
        )


def build_model(parameters: Parameters, activation: str, sparse_gradients: bool = False) -> FactorizationModel:
    """Build the model on the CPU that has these parameters (copied), with own biases where the parameters have them."""
    n_users, n_factors = parameters.user_factors.shape
    model = FactorizationModel(
        n_users,
        len(parameters.item_factors),
        n_factors,
        activation=activation,
        use_bias=parameters.user_bias is not None,
        sparse_gradients=sparse_gradients,
    )
    for module, values in (
        (model.user_factors, parameters.user_factors),
        (model.item_factors, parameters.item_factors),
        (model.layer_1, parameters.weight[None, :]),
        (model.user_bias, parameters.user_bias),
        (model.item_bias, parameters.item_bias),
    ):
        if module is not None and values is not None:
            _memory(module.weight)[:] = values.reshape(module.weight.shape)
    _memory(model.layer_1.bias)[:] = parameters.bias
    return model


def _table(n_rows: int, n_columns: int, sparse_gradients: bool) -> nn.Embedding:
    table: nn.Embedding = skip_init(  # type: ignore[no-untyped-call]
        nn.Embedding, n_rows, n_columns, sparse=sparse_gradients, dtype=torch.float32
    )
    return table


def _copy(parameter: Tensor) -> npt.NDArray[np.float32]:
    return _memory(parameter.cpu()).copy()


def _memory(parameter: Tensor) -> npt.NDArray[np.float32]:
    """Return the memory of a tensor on the CPU as an array; numpy copies without the threads that a fork leaves out."""
    return parameter.detach().numpy()
