"""The matrix factorisation as the course notebook configures it."""

from typing import Any, Self

import numpy as np

from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters, start_as_torch_does
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from recsys_common.validation import check_bool


class MF_MSE_PyTorch(MatrixFactorization_PyTorch):
    """Rating prediction and ranking with prediction(u, i) = ReLU(w . (p_u * q_i) + b), as in the course notebook.

    Embeddings start from N(0, 1), w and b as torch's Linear starts them; the loss is the squared error summed over
    the batch, without regularisation, and Adagrad steps the parameters. Unlike the host framework's class of this
    name, it ranks with the score that it trained, w and b included.

    Parameters
    ----------
    URM_train : scipy sparse matrix of shape (n_users, n_items)
        Ratings; at least one entry, all of them finite. It is copied.
    verbose : bool, default True
        Whether to print messages and show a progress bar. Keyword-only.

    Raises
    ------
    TypeError, ValueError
        As in `MatrixFactorization_PyTorch`.
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
        num_factors : int in 1..2^24, default 100
        learning_rate : float > 0, default 1e-4
        use_cuda : bool, default True
            Train on a CUDA device where there is one, else on the CPU.
        random_seed : int >= 0, optional
            Decides the starting values and the order of the ratings; drawn afresh if None.
        **earlystopping_kwargs
            Those of `MatrixFactorization_PyTorch.fit`.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, FloatingPointError, RuntimeError
            As in `MatrixFactorization_PyTorch.fit`.
        """
        hyperparameters = Hyperparameters(
            epochs=epochs,
            batch_size=batch_size,
            num_factors=num_factors,
            learning_rate=learning_rate,
            sgd_mode="adagrad",
            loss="mse",
            activation="relu",
            use_bias=False,
            device="auto" if check_bool("use_cuda", use_cuda) else "cpu",
            random_seed=random_seed,
        )
        return self._train(hyperparameters, earlystopping_kwargs)

    def _starting_values(self, hyperparameters: Hyperparameters, generator: np.random.Generator) -> Parameters:
        return start_as_torch_does(self.URM_train.shape, hyperparameters.num_factors, generator)
