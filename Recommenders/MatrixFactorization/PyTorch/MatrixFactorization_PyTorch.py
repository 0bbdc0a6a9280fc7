"""Matrix factorisation by gradient descent: user and item embeddings, their element-wise product, a linear layer."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch

from Recommenders._host_checkout import warn_of_the_host
from Recommenders._model_archive import install
from Recommenders._training_loop import EarlyStopping, TrainingHistory, check_early_stopping_keywords, run_training
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._engines import Engine, choose_engine, exclusive_fit, start_engine
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import fresh_seed, start_generator
from Recommenders.MatrixFactorization.PyTorch._folded_recommender import FoldedFactorsRecommender, rating_range
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._model import FactorizationModel, build_model
from Recommenders.MatrixFactorization.PyTorch._parameters import Factors, Parameters, start_near_the_data
from recsys_common.messages import warn

warn_of_the_host(BaseMatrixFactorizationRecommender, np.__version__)

_CALLER_OF_FIT = 3  # the line that a warning of `_train` points at, through `fit`


class MatrixFactorization_PyTorch(FoldedFactorsRecommender, Incremental_Training_Early_Stopping, TrainingHistory):
    """Rating prediction and ranking by user and item embeddings that are learned by gradient descent.

    score(u, i) = w . (p_u * q_i) + b [+ b_u + b_i]        prediction(u, i) = activation(score(u, i))

    p_u, q_i: embeddings of `num_factors` numbers; w, b: a linear layer to one output. The loss of a batch is the sum
    over its ratings of loss(prediction, rating) + user_reg |p_u|^2 + item_reg |q_i|^2 + bias_reg (b_u^2 + b_i^2), and
    a step of the optimiser updates the embeddings of the batch, w and b. The training starts near the data: b at the
    mean rating, w at ones, small embeddings.

    Afterwards w is folded into the user side, so that what was trained is what is ranked: USER_factors = p * w and
    ITEM_factors = q, with GLOBAL_bias = b, USER_bias and ITEM_bias, give the score by a dot product. Users and items
    without ratings have zero factors and zero bias of their own. Ranking uses the score before the activation.
    Koren, Bell, Volinsky: Matrix Factorization Techniques for Recommender Systems (IEEE Computer, 2009) is the model
    without w.

    Parameters
    ----------
    URM_train : scipy sparse matrix of shape (n_users, n_items)
        Ratings; at least one entry, all of them finite. It is copied.
    verbose : bool, default True
        Whether to print messages and show a progress bar.

    Attributes
    ----------
    USER_factors, ITEM_factors : float32 arrays of shapes (n_users, num_factors) and (n_items, num_factors)
    USER_bias, ITEM_bias : float32 arrays of shapes (n_users,) and (n_items,)
    GLOBAL_bias : float32 array of shape ()
    activation : {"relu", "sigmoid", "identity"}
    rating_range : float64 array of shape (2,)
        Smallest and largest rating seen in training.

    Raises
    ------
    TypeError, ValueError
        `URM_train` is not a sparse matrix of real numbers, or it has no rows, columns or entries, or NaN or infinities.
    """

    RECOMMENDER_NAME = "MatrixFactorization_PyTorch_Recommender"

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)
        self._engine: Engine | None = None
        self._current: _Trained | None = None
        self._best: _Trained | None = None

    def fit(
        self,
        *,
        epochs: int = 30,
        batch_size: int = 256,
        num_factors: int = 20,
        learning_rate: float = 0.02,
        sgd_mode: str = "adagrad",
        loss: str | Callable[..., Any] = "mse",
        activation: str = "relu",
        use_bias: bool = True,
        user_reg: float = 0.3,
        item_reg: float = 0.3,
        bias_reg: float = 0.05,
        init_mean: float = 0.0,
        init_std_dev: float = 0.1,
        device: str = "auto",
        engine: str = "auto",
        num_threads: int | None = None,
        random_seed: int | None = None,
        **earlystopping_kwargs: Any,
    ) -> Self:
        """Learn the parameters from the ratings.

        A second fit starts afresh; with the same seed, on the same machine and device, it gives the same parameters.
        Ctrl-C installs the best parameters so far (the current ones where nothing was validated) and raises
        KeyboardInterrupt. After any other error the recommender is what it was before.

        Parameters
        ----------
        epochs : int >= 0, default 30
            Passes over the ratings, at the most.
        batch_size : int >= 1, default 256
            Ratings in a step of the optimiser.
        num_factors : int in 1..2^24, default 20
            Length of an embedding.
        learning_rate : float > 0, default 0.02
            Step size of the optimiser. Gradients are summed over the batch, not averaged: "sgd" needs a far smaller
            one than the others.
        sgd_mode : {"adagrad", "adam", "rmsprop", "sgd"}, default "adagrad"
            The optimiser. The state of adam (0.9, 0.999) and rmsprop (0.99) moves only for the embeddings of the
            batch.
        loss : {"mse"} or callable, default "mse"
            "mse" is the squared error, summed over the batch. A callable takes two tensors of shape (B,), prediction
            and rating, and returns a scalar tensor, such as ``torch.nn.HuberLoss(reduction="sum")``.
        activation : {"relu", "sigmoid", "identity"}, default "relu"
            Applied to the score. A sigmoid predicts between 0 and 1 and is not rescaled to the ratings.
        use_bias : bool, default True
            Whether each user and each item has a bias of its own.
        user_reg, item_reg : float >= 0, default 0.3
            Weights of the squared embeddings in the loss, counted once for every rating.
        bias_reg : float >= 0, default 0.05
            Weight of the squared biases, counted in the same way. Without `use_bias` it has no effect.
        init_mean : float, default 0
            Mean of the normal distribution that the embeddings start from.
        init_std_dev : float >= 0, default 0.1
            Its standard deviation; > 0 where init_mean is 0.
        device : {"auto", "cpu", "cuda", "cuda:<n>", "mps"}, default "auto"
            Where to train; "auto" is CUDA where it is, else the CPU.
        engine : {"auto", "fused", "torch"}, default "auto"
            What computes the steps. "fused" is compiled code for the CPU, for "mse" and up to 1,024 factors;
            "torch" runs on every device with any loss. Both do the same arithmetic. "auto" is "fused" where it can
            train the model, except that device="auto" takes batches with batch_size * num_factors > 2^20 to a GPU
            where there is one.
        num_threads : int in 1..1024, optional
            Threads of the CPU. If None, torch's own setting, but one for the torch engine where
            batch_size * num_factors <= 2^18. A second thread of the fused engine shuffles the ratings of the next
            epoch meanwhile, in 8 or 12 bytes for each of them; more than two are not used. The result of the fused
            engine does not depend on their number; the last bits of the torch engine's may. In a forked process the
            torch engine has one thread and refuses more: the threads of the original process do not exist there.
        random_seed : int >= 0, optional
            Decides the starting values and the order of the ratings; drawn afresh if None.
        evaluator_object : object with `evaluateRecommender`, optional
            Validates the model: the best validated epoch is kept. Without it, the last epoch is.
        validation_metric : str, needed with an evaluator
            A column of its result, to be maximised at the first cutoff: "NEGATIVE_RMSE", and not "RMSE".
        validation_every_n : int >= 1, needed with an evaluator
            Epochs between two validations; the last epoch is validated too.
        stop_on_validation : bool, default False
            Whether to stop after `lower_validations_allowed` (int >= 1) validations in a row that were no better than
            the best one, from epoch `epochs_min` (int, default 0) on.

        Warns
        -----
        UserWarning
            Before the training: all ratings are equal and the loss is "mse"; the ratings are outside the range of the
            activation; the loss has ``reduction="mean"``. After it, with the model in place: every prediction has
            become 0.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            An argument of the wrong type or out of its range, before any work. During the training: a loss that does
            not return a scalar tensor; an evaluator that does not return a table with a finite `validation_metric`.
        FloatingPointError
            The training loss or the factors are no longer finite.
        RuntimeError
            Another `fit` of this object is under way, in another thread.
        """
        hyperparameters = Hyperparameters(
            epochs=epochs,
            batch_size=batch_size,
            num_factors=num_factors,
            learning_rate=learning_rate,
            sgd_mode=sgd_mode,
            loss=loss,
            activation=activation,
            use_bias=use_bias,
            user_reg=user_reg,
            item_reg=item_reg,
            bias_reg=bias_reg,
            init_mean=init_mean,
            init_std_dev=init_std_dev,
            device=device,
            engine=engine,
            num_threads=num_threads,
            random_seed=random_seed,
        )
        return self._train(hyperparameters, earlystopping_kwargs)

    @property
    def model(self) -> FactorizationModel:
        """The trained torch module on the CPU, with the raw embeddings in `get_W()` and `get_H()`; a copy.

        In a validation it is the model that is being validated.

        Raises
        ------
        RuntimeError
            Nothing was trained: before `fit`, and after `load_model`, since an archive holds the folded factors.
        """
        return build_model(_existing(self._current or self._best).parameters, self.activation)

    def load_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Read a file of `save_model`, or the factors that another matrix factorisation of the framework saved.

        An archive without `activation` predicts its score; one without biases has biases of zero; in one of a singular
        value decomposition USER_factors becomes USER_factors * Sigma. The trained module and the history of an earlier
        training are gone afterwards.

        Parameters
        ----------
        folder_path : str or Path
        file_name : str, optional
            RECOMMENDER_NAME if None.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file is damaged, or holds a model of another kind or shape; the recommender is unchanged.
        """
        of_a_training = ("_best", "_training_history", "_earlystopping_validation_summary_df", "best_validation_metric")
        model = self._read_model(folder_path, file_name)
        self.__dict__.pop("epochs_best", None)
        install(self, **model, **dict.fromkeys(of_a_training))

    def _train(self, hyperparameters: Hyperparameters, earlystopping_kwargs: dict[str, Any]) -> Self:
        """Train, and leave the recommender as it was where that fails; called by `fit`, whose caller is warned."""
        check_early_stopping_keywords(earlystopping_kwargs, self.fit)
        stopping = EarlyStopping(hyperparameters.epochs, algorithm_name=self.RECOMMENDER_NAME, **earlystopping_kwargs)
        engine, device = choose_engine(hyperparameters, (self.n_users, self.n_items))
        with exclusive_fit(self):
            self._check_URM_train()
            for message in _mismatches(hyperparameters, rating_range(self.URM_train)):
                warn(message, stacklevel=_CALLER_OF_FIT)
            before = self.__dict__.copy()
            self._best = None
            try:
                self._print(f"Training on {device} with the {engine} engine")
                self._start_engine(hyperparameters, engine, device)
                run_training(self, stopping)
                self._serve_best()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and self._best is not None:
                    self._serve_best()
                else:
                    self.__dict__ = before
                raise
        if self._is_dead():  # last, since a filter can make an error of the warning, and the model is kept
            warn(
                "every prediction is 0: the scores have fallen below the ReLU, where nothing is learned any more; "
                "a smaller learning_rate may prevent it",
                stacklevel=_CALLER_OF_FIT,
            )
        return self

    def _is_dead(self) -> bool:
        """Return whether the predictions of the first training ratings are all 0."""
        items = self.URM_train.indices[:10_000]
        users = np.searchsorted(self.URM_train.indptr, np.arange(len(items)), side="right") - 1
        return not self.predict(users, items).any()

    def _serve_best(self) -> None:
        self._serve(_existing(self._best).factors, _engine=None, _current=None)

    def _start_engine(self, hyperparameters: Hyperparameters, engine: str, device: torch.device) -> None:
        seed = hyperparameters.random_seed
        seed = fresh_seed() if seed is None else seed
        start = self._starting_values(hyperparameters, start_generator(seed))
        self._engine = start_engine(engine, device, self.URM_train, start, hyperparameters, seed)
        self.activation = hyperparameters.activation
        self.rating_range = rating_range(self.URM_train)

    def _starting_values(self, hyperparameters: Hyperparameters, generator: np.random.Generator) -> Parameters:
        mean_rating = float(self.URM_train.data.mean(dtype=np.float64))
        return start_near_the_data(
            self.URM_train.shape,
            hyperparameters.num_factors,
            hyperparameters.init_mean,
            hyperparameters.init_std_dev,
            ACTIVATIONS[hyperparameters.activation].start(mean_rating),
            hyperparameters.use_bias,
            generator,
        )

    def _run_epoch(self, num_epoch: int) -> dict[str, float]:
        engine = self._training_engine()
        loss = engine.run_epoch(num_epoch)
        if not math.isfinite(loss):
            raise _diverged(f"the training loss is {loss} in epoch {num_epoch}", engine.hyperparameters)
        report = {"training_loss": loss}
        if engine.hyperparameters.loss == "mse":
            report["training_RMSE"] = math.sqrt(loss)
        return report

    def _prepare_model_for_validation(self) -> None:
        engine = self._training_engine()
        parameters = engine.parameters()
        factors = self._fold(parameters)
        if not all(np.isfinite(array).all() for array in factors):
            raise _diverged("the factors are no longer finite", engine.hyperparameters)
        self._serve(factors, _current=_Trained(parameters, factors))

    def _update_best_model(self) -> None:
        # no copy is needed: the engine returns new arrays every time
        self._best = self._current

    def __getstate__(self) -> dict[str, Any]:
        """Return the state of a copy or a pickle: in a validation the validated model, without the training."""
        copied = self.__dict__.copy()
        return {**copied, "_best": copied["_current"] or copied["_best"], "_current": None, "_engine": None}

    def _training_engine(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("there is no training under way: epochs run only inside fit()")
        return self._engine


class _Trained(NamedTuple):
    """One model: the parameters that were trained, and the factors that rank and predict."""

    parameters: Parameters
    factors: Factors


def _existing(trained: _Trained | None) -> _Trained:
    if trained is None:
        raise RuntimeError("there is no trained module: call fit() first (an archive holds the folded factors)")
    return trained


def _mismatches(hyperparameters: Hyperparameters, rating_range: npt.NDArray[np.float64]) -> Iterator[str]:
    """Yield a message for each reason why these ratings cannot be learned well with these hyperparameters."""
    (low, high), (lowest, highest) = rating_range, ACTIVATIONS[hyperparameters.activation].output_range
    if low == high and hyperparameters.loss == "mse":
        yield (
            f"all ratings are {low:g}, so there is nothing to learn with loss='mse': predicting {low:g} everywhere is "
            "without error; give it the ratings themselves, or rank by a recommender for implicit data"
        )
    if low < lowest or high > highest:
        yield (
            f"a {hyperparameters.activation} predicts between {lowest:g} and {highest:g}, but the ratings are in "
            f"{low:g}..{high:g}; activation='identity' has no bounds"
        )
    if getattr(hyperparameters.loss, "reduction", None) == "mean":
        yield (
            "the loss averages over the batch: training_loss is smaller by the batch's size, and a regularisation, "
            'which is summed over the batch, outweighs it; use reduction="sum"'
        )


def _diverged(what: str, hyperparameters: Hyperparameters) -> FloatingPointError:
    return FloatingPointError(
        f"{what} with learning_rate={hyperparameters.learning_rate}; a smaller learning_rate may keep them finite"
    )
