"""The course notebook's model and data iterator, under the notebook's names."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from Recommenders.MatrixFactorization.PyTorch._model import FactorizationModel
from recsys_common.validation import check_int, check_sparse


class MF_MSE_PyTorch_model(FactorizationModel):
    """Rating prediction by embeddings, element-wise product, linear layer and ReLU.

    prediction(u, i) = ReLU(w . (p_u * q_i) + b). The parameters start as torch starts them: embeddings from N(0, 1),
    w and b uniform in +-1 / sqrt(n_factors), all drawn from torch's global random state.

    Parameters
    ----------
    n_users, n_items, n_factors : int >= 1
        Rows of the two embedding tables, and the length of a row.

    Attributes
    ----------
    user_factors, item_factors : torch.nn.Embedding
        Tables of shape (n_users, n_factors) and (n_items, n_factors); also under the names `USER_factors` and
        `ITEM_factors`.
    layer_1 : torch.nn.Linear
        From n_factors inputs to one output.
    activation_function : torch.nn.ReLU

    Raises
    ------
    TypeError, ValueError
        A size that is not an integer >= 1.
    """

    def __init__(self, n_users: int, n_items: int, n_factors: int) -> None:
        super().__init__(
            check_int("n_users", n_users, minimum=1),
            check_int("n_items", n_items, minimum=1),
            check_int("n_factors", n_factors, minimum=1),
        )
        for module in (self.user_factors, self.item_factors, self.layer_1):
            module.reset_parameters()

    @property
    def USER_factors(self) -> nn.Embedding:
        """The user embeddings, of shape (n_users, n_factors)."""
        return self.user_factors

    @property
    def ITEM_factors(self) -> nn.Embedding:
        """The item embeddings, of shape (n_items, n_factors)."""
        return self.item_factors

    def get_USER_factors(self) -> npt.NDArray[np.float32]:
        """Return a copy of the user embeddings, float32, shape (n_users, n_factors), as `get_W` does."""
        return self.get_W()

    def get_ITEM_factors(self) -> npt.NDArray[np.float32]:
        """Return a copy of the item embeddings, float32, shape (n_items, n_factors), as `get_H` does."""
        return self.get_H()


class DatasetIterator_URM(Dataset[tuple[Tensor, Tensor]]):
    """The stored ratings of a URM as a torch data set, for a `torch.utils.data.DataLoader`.

    Parameters
    ----------
    URM : scipy sparse matrix of shape (n_users, n_items)
        With at least one non-zero entry, all of them finite.

    Attributes
    ----------
    n_data_points : int
    user_item_coordinates : int64 tensor of shape (n_data_points, 2)
        User and item of each rating, in the order of the URM's rows.
    rating : float32 tensor of shape (n_data_points,)

    Raises
    ------
    TypeError, ValueError
        `URM` is not a sparse matrix of real numbers, or it has no entries, or NaN or infinities.
    """

    def __init__(self, URM: Any) -> None:
        coordinates = check_sparse("URM", URM).tocoo()
        self.n_data_points: int = coordinates.nnz
        pairs = np.stack([coordinates.row, coordinates.col], axis=1).astype(np.int64)  # (n, 2)
        self.user_item_coordinates: Tensor = torch.from_numpy(pairs)
        self.rating: Tensor = torch.from_numpy(coordinates.data.astype(np.float32))

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the int64 tensor [user, item] and the float32 rating of one interaction."""
        return self.user_item_coordinates[index, :], self.rating[index]

    def __len__(self) -> int:
        """Return the number of ratings."""
        return self.n_data_points
