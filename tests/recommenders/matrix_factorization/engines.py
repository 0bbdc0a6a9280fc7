"""What the tests of both engines share."""

import numpy as np
import torch

from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import columns, record_type, shuffle_ratings
from Recommenders.MatrixFactorization.PyTorch._fused.engine import FusedEngine
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import start_near_the_data
from Recommenders.MatrixFactorization.PyTorch._torch_engine import TorchEngine
from recsys_common.validation import check_sparse
from tests.conftest import planted_factors_URM

# a learning rate for each optimiser
OPTIMIZERS = {"sgd": 0.002, "adagrad": 0.1, "adam": 0.02, "rmsprop": 0.02}
ENGINES = ("torch", "fused")
SEED = 5


def few_ratings():
    """40 ratings of few users and items, so that rows repeat inside batches of 16."""
    return check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))


def settings(**changes):
    """Hyperparameters for few ratings."""
    defaults = {
        "batch_size": 16, "num_factors": 4, "learning_rate": 0.1, "sgd_mode": "adagrad", "loss": "mse",
        "activation": "relu", "use_bias": True, "init_std_dev": 0.5,
    }  # fmt: skip
    return Hyperparameters(**{**defaults, **changes})


def make_engine(name, URM, start=None, **changes):
    """An engine and the parameters that it starts from, which are drawn where they are not given."""
    hyperparameters = settings(**changes)
    start = start or start_near_the_data(
        URM.shape, hyperparameters.num_factors, 0.1, hyperparameters.init_std_dev, 1.5, hyperparameters.use_bias,
        np.random.default_rng(3),
    )  # fmt: skip
    if name == "fused":
        return FusedEngine(URM, start, hyperparameters, SEED), start
    return TorchEngine(URM, start, hyperparameters, SEED, torch.device("cpu")), start


def batches_of(URM, epoch, batch_size):
    """The (user, item, rating) triples of each batch of an epoch."""
    records = np.empty(URM.nnz, dtype=record_type(URM))
    shuffle_ratings(URM, SEED, epoch, records)
    triples = list(zip(*(column.tolist() for column in columns(records))))
    return [triples[k : k + batch_size] for k in range(0, len(triples), batch_size)]
