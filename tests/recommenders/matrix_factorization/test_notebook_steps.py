"""The course notebook, step by step and in its order, on the names that it uses."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
)
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model import DatasetIterator_URM, MF_MSE_PyTorch_model

N_FACTORS = 10


@pytest.fixture(params=["synthetic", "ml-100k"])
def URM_all(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    folder = request.getfixturevalue("movielens_folder") if request.param == "ml-100k" else tmp_path
    # False: a test leaves nothing in the folder with the real data
    return get_reader(request.param, folder, verbose=False).load_data(save_folder_path=False).get_URM_all()


def predict_one_pair_by_hand(n_users: int, n_items: int) -> None:
    user_factors = nn.Embedding(num_embeddings=n_users, embedding_dim=N_FACTORS)
    item_factors = nn.Embedding(num_embeddings=n_items, embedding_dim=N_FACTORS)
    layer_1 = nn.Linear(in_features=N_FACTORS, out_features=1)
    activation_function = nn.ReLU()

    user_index = torch.Tensor([42]).type(torch.int64)
    item_index = torch.Tensor([42]).type(torch.int64)
    product = user_factors(user_index) * item_factors(item_index)
    assert product.shape == (1, N_FACTORS)
    prediction = activation_function(layer_1(product)).detach().numpy()
    assert prediction.shape == (1, 1) and prediction.dtype == np.float32

    assert prediction[0, 0] > 0, "a score that the ReLU cuts off compares nothing"

    w, b = layer_1.weight.detach().numpy()[0], layer_1.bias.detach().numpy()[0]
    p_u, q_i = user_factors.weight.detach().numpy()[42], item_factors.weight.detach().numpy()[42]
    assert prediction[0, 0] == pytest.approx(float((p_u * q_i) @ w + b), abs=1e-5)

    # the model, holding these layers, makes the same prediction
    model = MF_MSE_PyTorch_model(n_users, n_items, N_FACTORS)
    model.user_factors, model.item_factors, model.layer_1 = user_factors, item_factors, layer_1
    assert model(user_index, item_index).detach().numpy()[0, 0] == pytest.approx(prediction[0, 0], abs=1e-6)


def run_epoch(model: nn.Module, batches: Any, loss_function: nn.Module, optimizer: Any, device: torch.device) -> float:
    """One epoch of the notebook's loop; returns the mean squared error of a rating while it went on."""
    summed_loss = 0.0
    for coordinates, ratings in batches:
        assert coordinates.dtype == torch.int64 and ratings.dtype == torch.float32
        coordinates, ratings = coordinates.to(device), ratings.to(device)
        optimizer.zero_grad()
        predictions = model(coordinates[:, 0], coordinates[:, 1])
        assert predictions.shape == (len(ratings), 1)
        loss = loss_function(predictions.view(-1), ratings)
        loss.backward()
        optimizer.step()
        summed_loss += loss.item()
    return summed_loss / len(batches.dataset)


def test_the_steps_of_the_course_notebook_run_and_learn(URM_all):
    URM_train, URM_test = split_train_in_two_percentage_global_sample(URM_all, train_percentage=0.8, random_seed=42)
    assert (URM_train.nnz, URM_test.nnz) == (80_000, 20_000)
    n_users, n_items = URM_train.shape

    with torch.random.fork_rng():
        torch.manual_seed(1)
        predict_one_pair_by_hand(n_users, n_items)

        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = MF_MSE_PyTorch_model(n_users, n_items, N_FACTORS).to(device)
        W_before, H_before = model.get_W(), model.get_H()
        loss_function = torch.nn.MSELoss(reduction="sum")
        optimizer = torch.optim.Adagrad(model.parameters(), lr=1e-4)

        iterator = DatasetIterator_URM(URM_train)
        batches = DataLoader(dataset=iterator, batch_size=200, shuffle=True)
        assert len(iterator) == 80_000 and len(batches) == 400
        losses = [run_epoch(model, batches, loss_function, optimizer, device) for _ in range(2)]

    assert losses[1] < losses[0] < (URM_train.data**2).mean()
    for factors, before, n_rows in ((model.get_W(), W_before, n_users), (model.get_H(), H_before, n_items)):
        assert factors.shape == (n_rows, N_FACTORS) and factors.dtype == np.float32
        assert np.isfinite(factors).all() and not np.array_equal(factors, before)
