"""The factorisation model as a torch module.

score(u, i) = w . (p_u * q_i) + b [+ b_u + b_i]        prediction(u, i) = activation(score(u, i))

Letters of the shapes: B ratings in a batch, F factors, U users, I items.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import skip_init

from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._device import torch_threads
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters


class BatchRows(NamedTuple):
    """The embedding rows of a batch of ratings."""

    user_factors: Tensor  # (B, F)
    item_factors: Tensor  # (B, F)
    user_bias: Tensor | None  # (B, 1)
    item_bias: Tensor | None  # (B, 1)


class FactorizationModel(nn.Module):
    """Two embeddings, their element-wise product, a linear layer to one output and an activation.

    The parameters are left uninitialised, so that building the module neither reads nor moves torch's global
    random state: whoever builds it fills them.

    Parameters
    ----------
    n_users, n_items, n_factors : int >= 1
        Sizes of the embedding tables.
    activation : {"relu", "sigmoid", "identity"}, default "relu"
    use_bias : bool, default False
        Whether every user and every item has a bias of its own.
    sparse_gradients : bool, default False
        Whether a table's gradient holds the rows of the batch alone. An optimiser has to know such gradients.
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
        """Predicted ratings, shape (B, 1), of users and items given as integer tensors of shape (B,)."""
        return self.predict_rows(self.gather_rows(user_coordinates, item_coordinates))

    def gather_rows(self, user_coordinates: Tensor, item_coordinates: Tensor) -> BatchRows:
        """The embedding rows of a batch."""
        return BatchRows(
            self.user_factors(user_coordinates),
            self.item_factors(item_coordinates),
            None if self.user_bias is None else self.user_bias(user_coordinates),
            None if self.item_bias is None else self.item_bias(item_coordinates),
        )

    def predict_rows(self, rows: BatchRows) -> Tensor:
        """Predicted ratings, shape (B, 1), from the embedding rows of a batch."""
        score = self.layer_1(rows.user_factors * rows.item_factors)  # (B, 1)
        if rows.user_bias is not None and rows.item_bias is not None:
            score = score + rows.user_bias + rows.item_bias  # (B, 1)
        prediction: Tensor = self.activation_function(score)  # (B, 1)
        return prediction

    def get_W(self) -> NDArray[np.float32]:
        """A copy of the user embeddings, float32, shape (U, F)."""
        return _copy(self.user_factors.weight)

    def get_H(self) -> NDArray[np.float32]:
        """A copy of the item embeddings, float32, shape (I, F)."""
        return _copy(self.item_factors.weight)

    def read_parameters(self) -> Parameters:
        """A copy of all parameters as numpy arrays."""
        return Parameters(
            user_factors=self.get_W(),
            item_factors=self.get_H(),
            weight=_copy(self.layer_1.weight)[0],
            bias=_copy(self.layer_1.bias).reshape(()),
            user_bias=None if self.user_bias is None else _copy(self.user_bias.weight)[:, 0],
            item_bias=None if self.item_bias is None else _copy(self.item_bias.weight)[:, 0],
        )

    @torch_threads(1)  # a copy: one thread does, and a forked process has no other
    @torch.no_grad()
    def write_parameters(self, parameters: Parameters) -> None:
        """Copy the values of numpy arrays into the parameters."""
        self.user_factors.weight.copy_(torch.from_numpy(parameters.user_factors))
        self.item_factors.weight.copy_(torch.from_numpy(parameters.item_factors))
        self.layer_1.weight.copy_(torch.from_numpy(parameters.weight)[None, :])
        self.layer_1.bias.copy_(torch.from_numpy(parameters.bias))
        for table, values in ((self.user_bias, parameters.user_bias), (self.item_bias, parameters.item_bias)):
            if table is not None and values is not None:
                table.weight.copy_(torch.from_numpy(values)[:, None])


def build_model(parameters: Parameters, activation: str, sparse_gradients: bool = False) -> FactorizationModel:
    """The model that has these parameters (copied); with own biases where the parameters have them."""
    n_users, n_factors = parameters.user_factors.shape
    model = FactorizationModel(
        n_users,
        len(parameters.item_factors),
        n_factors,
        activation=activation,
        use_bias=parameters.user_bias is not None,
        sparse_gradients=sparse_gradients,
    )
    model.write_parameters(parameters)
    return model


def _table(n_rows: int, n_columns: int, sparse_gradients: bool) -> nn.Embedding:
    table: nn.Embedding = skip_init(  # type: ignore[no-untyped-call]
        nn.Embedding, n_rows, n_columns, sparse=sparse_gradients, dtype=torch.float32
    )
    return table


@torch_threads(1)
def _copy(parameter: Tensor) -> NDArray[np.float32]:
    # .cpu() shares the memory of a tensor that is there already, and training would go on in the caller's array
    copy: NDArray[np.float32] = parameter.detach().cpu().clone().numpy()
    return copy
