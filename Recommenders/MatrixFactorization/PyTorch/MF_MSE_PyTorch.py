"""The course notebook's configuration of the matrix factorisation."""

from typing import Any, Self

import numpy as np

from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters, start_as_torch_does
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from recsys_common.validation import check_bool


class MF_MSE_PyTorch(MatrixFactorization_PyTorch):
    """prediction(u, i) = ReLU(w . (p_u * q_i) + b), trained as in the course notebook.

    Embeddings start from N(0, 1), w and b as torch's Linear starts them; the loss is the squared error summed over
    the batch, without regularisation, and Adagrad steps the parameters. Unlike the host framework's class of this
    name, it ranks with the score that it trained, w and b included.

    Parameters
    ----------
    URM_train : scipy sparse matrix of shape (n_users, n_items)
    verbose : bool, default True, keyword-only
    """

    RECOMMENDER_NAME = "MF_MSE_PyTorch_Recommender"

    def __init__(self, URM_train: Any, *, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)

    def fit(
        self,
        epochs: int = 30,
        batch_size: int = 128,
        num_factors: int = 100,
        learning_rate: float = 1e-4,
        use_cuda: bool = True,
        *,
        random_seed: int | None = None,
        **earlystopping_kwargs: Any,
    ) -> Self:
        """Learn the parameters from the ratings.

        Parameters
        ----------
        epochs : int >= 0, default 30
        batch_size : int >= 1, default 128
        num_factors : int >= 1, default 100
        learning_rate : float > 0, default 1e-4
        use_cuda : bool, default True
            Train on a CUDA device where there is one, else on the CPU.
        random_seed : int >= 0, optional
        **earlystopping_kwargs
            As those of `MatrixFactorization_PyTorch.fit`.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, FloatingPointError
            As `MatrixFactorization_PyTorch.fit`.
        """
        hyperparameters = Hyperparameters(
            batch_size=batch_size,
            num_factors=num_factors,
            learning_rate=learning_rate,
            sgd_mode="adagrad",
            loss="mse",
            activation="relu",
            use_bias=False,
            random_seed=random_seed,
        )
        device = "auto" if check_bool("use_cuda", use_cuda) else "cpu"
        return self._train(hyperparameters, epochs, device, "auto", earlystopping_kwargs)

    def _starting_values(self, hyperparameters: Hyperparameters, generator: np.random.Generator) -> Parameters:
        return start_as_torch_does(self.URM_train.shape, hyperparameters.num_factors, generator)
