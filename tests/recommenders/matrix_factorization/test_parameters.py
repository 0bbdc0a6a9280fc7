import numpy as np
import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch import _parameters
from Recommenders.MatrixFactorization.PyTorch._activations import ACTIVATIONS
from Recommenders.MatrixFactorization.PyTorch._model import build_model
from Recommenders.MatrixFactorization.PyTorch._parameters import (
    fold,
    score_pairs,
    start_as_torch_does,
    start_near_the_data,
)

SHAPE = (6, 5)


def start(use_bias=True, start_score=3.5, seed=0):
    return start_near_the_data(SHAPE, 4, 0.2, 0.5, start_score, use_bias, np.random.default_rng(seed))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("use_bias", [True, False])
def test_the_folded_factors_score_as_the_model_does(activation, use_bias):
    rng = np.random.default_rng(1)
    parameters = start(use_bias)._replace(weight=rng.normal(size=4).astype(np.float32))
    if use_bias:
        parameters = parameters._replace(
            user_bias=rng.normal(size=6).astype(np.float32), item_bias=rng.normal(size=5).astype(np.float32)
        )
    factors = fold(parameters, np.zeros(6, bool), np.zeros(5, bool))
    users, items = (grid.ravel() for grid in np.meshgrid(np.arange(6), np.arange(5), indexing="ij"))
    score = score_pairs(factors, users, items)
    model = build_model(parameters, activation)
    with torch.no_grad():
        expected = model(torch.from_numpy(users), torch.from_numpy(items))[:, 0].numpy()
    np.testing.assert_allclose(ACTIVATIONS[activation].apply(score), expected, rtol=1e-5, atol=1e-5)


def test_cold_users_and_items_have_nothing_of_their_own():
    cold_users, cold_items = np.arange(6) == 2, np.arange(5) == 4
    biased = start()._replace(user_bias=np.ones(6, np.float32), item_bias=np.ones(5, np.float32))
    factors = fold(biased, cold_users, cold_items)
    assert not factors.USER_factors[2].any() and not factors.ITEM_factors[4].any()
    assert factors.USER_bias.tolist() == [1, 1, 0, 1, 1, 1]
    assert factors.ITEM_bias.tolist() == [1, 1, 1, 1, 0]


def test_folding_shares_no_memory_with_the_parameters():
    parameters = start()
    factors = fold(parameters, np.zeros(6, bool), np.zeros(5, bool))
    assert not any(np.shares_memory(a, b) for a in parameters for b in factors)


def test_parameters_survive_the_way_through_a_model():
    parameters = start()._replace(user_bias=np.arange(6, dtype=np.float32))
    for before, after in zip(parameters, build_model(parameters, "relu").read_parameters(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_start_is_near_the_data():
    parameters = start_near_the_data((500, 400), 8, 0.3, 0.05, 3.5, True, np.random.default_rng(0))
    assert parameters.bias == np.float32(3.5)
    assert (parameters.weight == 1).all()
    assert parameters.user_factors.mean() == pytest.approx(0.3, abs=0.005)
    assert parameters.item_factors.std() == pytest.approx(0.05, rel=0.05)
    assert all(array.dtype == np.float32 for array in parameters)


def test_a_start_that_is_drawn_in_slices_is_the_same(monkeypatch):
    whole = start()
    monkeypatch.setattr(_parameters, "_CHUNK", 5)
    for at_once, in_slices in zip(whole, start(), strict=True):
        np.testing.assert_array_equal(at_once, in_slices)


def test_the_torch_start_has_the_spread_of_torch():
    parameters = start_as_torch_does((500, 400), 16, np.random.default_rng(0))
    assert parameters.user_factors.std() == pytest.approx(1, rel=0.05)
    linear = np.append(parameters.weight, parameters.bias)
    assert np.abs(linear).max() <= 0.25 and linear.std() > 0.05
    assert parameters.bias.shape == () and parameters.weight.shape == (16,)


@pytest.mark.parametrize(
    ("activation", "mean", "score"),
    [("relu", 3.5, 3.5), ("relu", -2.0, 0.1), ("identity", -2.0, -2.0), ("sigmoid", 0.5, 0.0), ("sigmoid", 9.0, 4.595)],
)
def test_the_activation_starts_at_the_mean_where_it_is_alive(activation, mean, score):
    assert ACTIVATIONS[activation].start(mean) == pytest.approx(score, abs=1e-3)


def test_score_pairs_is_the_same_in_blocks(monkeypatch):
    factors = fold(start(), np.zeros(6, bool), np.zeros(5, bool))
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 6, 70_000), rng.integers(0, 5, 70_000)
    full = factors.USER_factors @ factors.ITEM_factors.T + factors.GLOBAL_bias
    np.testing.assert_allclose(score_pairs(factors, users, items), full[users, items], rtol=1e-5)
