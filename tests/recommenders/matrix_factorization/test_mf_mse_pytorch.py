import inspect
import math

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch import MF_MSE_PyTorch
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model import DatasetIterator_URM, MF_MSE_PyTorch_model
from tests.recommenders.recommender_contract import RecommenderContract

FAST = {"epochs": 2, "batch_size": 256, "num_factors": 3, "random_seed": 1}


class TestContract(RecommenderContract):
    recommender_class = MF_MSE_PyTorch
    fit_arguments = FAST
    bad_fit_arguments = (("learning_rate", -0.1, ValueError), ("batch_size", 0, ValueError), ("patience", 1, TypeError))
    has_predict = True


def test_the_historical_signature():
    parameters = inspect.signature(MF_MSE_PyTorch.fit).parameters
    defaults = {
        name: p.default for name, p in parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD and name != "self"
    }
    assert defaults == {
        "epochs": 30, "batch_size": 128, "num_factors": 100, "learning_rate": 1e-4, "use_cuda": True
    }  # fmt: skip
    assert list(defaults) == ["epochs", "batch_size", "num_factors", "learning_rate", "use_cuda"]


def test_positional_arguments_work(planted_URM):
    recommender = MF_MSE_PyTorch(planted_URM, verbose=False).fit(2, 64, 3, 0.05, False, random_seed=1)
    assert recommender.USER_factors.shape == (150, 3)


def test_a_whole_batch_epoch_equals_one_step_of_the_notebook(planted_URM):
    """One batch of all ratings has no order, so that torch's Adagrad on the notebook's model gives the same step."""
    recommender = MF_MSE_PyTorch(planted_URM, verbose=False)
    start = recommender.fit(0, planted_URM.nnz, 3, 0.05, random_seed=1).model
    model = MF_MSE_PyTorch_model(150, 80, 3)
    model.load_state_dict(start.state_dict())
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
    loader = DataLoader(DatasetIterator_URM(planted_URM), batch_size=planted_URM.nnz)
    for _ in range(5):
        for pairs, ratings in loader:
            loss = torch.nn.MSELoss(reduction="sum")(model(pairs[:, 0], pairs[:, 1]).view(-1), ratings)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    trained = recommender.fit(5, planted_URM.nnz, 3, 0.05, random_seed=1).model
    for name, values in model.state_dict().items():
        np.testing.assert_allclose(trained.state_dict()[name], values, rtol=1e-4, atol=1e-4)


def test_it_starts_from_the_unit_normal(planted_URM):
    model = MF_MSE_PyTorch(planted_URM, verbose=False).fit(0, num_factors=64, random_seed=1).model
    assert model.get_W().std() == pytest.approx(1, rel=0.05)
    assert model.layer_1.weight.abs().max() <= 1 / math.sqrt(64)
    assert model.user_bias is None


@pytest.mark.parametrize("use_cuda", ["yes", 1, None])
def test_use_cuda_is_true_or_false(planted_URM, use_cuda):
    with pytest.raises(TypeError, match="use_cuda must be True or False"):
        MF_MSE_PyTorch(planted_URM, verbose=False).fit(1, use_cuda=use_cuda)
