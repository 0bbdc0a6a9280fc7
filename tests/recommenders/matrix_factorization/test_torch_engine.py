import itertools

import numpy as np
import pytest
import torch

from Recommenders._validation import check_sparse
from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import start_near_the_data
from Recommenders.MatrixFactorization.PyTorch._sampler import epoch_order
from Recommenders.MatrixFactorization.PyTorch._torch_engine import TorchEngine
from tests.conftest import planted_factors_URM
from tests.reference import matrix_factorization as oracle

OPTIMIZERS = {"sgd": 0.002, "adagrad": 0.1, "adam": 0.02, "rmsprop": 0.02}
SEED = 5


def make_engine(URM, **changes):
    settings = {
        "batch_size": 16, "num_factors": 4, "learning_rate": 0.1, "sgd_mode": "adagrad", "loss": "mse",
        "activation": "relu", "use_bias": True, "init_std_dev": 0.5,
    }  # fmt: skip
    hyperparameters = Hyperparameters(**{**settings, **changes})
    start = start_near_the_data(
        URM.shape, hyperparameters.num_factors, 0.1, 0.5, 1.5, hyperparameters.use_bias, np.random.default_rng(3)
    )
    return TorchEngine(URM, start, hyperparameters, SEED, torch.device("cpu")), start


def batches_of(URM, epoch, batch_size):
    coo = URM.tocoo()
    order = epoch_order(coo.nnz, SEED, epoch)
    triples = [(int(coo.row[k]), int(coo.col[k]), float(coo.data[k])) for k in order]
    return [triples[k : k + batch_size] for k in range(0, len(triples), batch_size)]


@pytest.mark.parametrize(
    ("activation", "sgd_mode", "use_bias", "reg"),
    list(itertools.product(["relu", "sigmoid", "identity"], OPTIMIZERS, [True, False], [0.0, 0.05])),
)
def test_engine_equals_the_float64_oracle(activation, sgd_mode, use_bias, reg):
    # 40 ratings of few users and items, so that rows repeat inside the batches
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    if activation == "sigmoid":
        URM.data /= 5
    settings = {"sgd_mode": sgd_mode, "activation": activation, "learning_rate": OPTIMIZERS[sgd_mode],
                "user_reg": reg, "item_reg": 2 * reg, "bias_reg": 3 * reg if use_bias else 0.0}  # fmt: skip
    engine, start = make_engine(URM, use_bias=use_bias, **settings)
    engine.run_epoch(1)
    expected = oracle.train(start._asdict(), batches_of(URM, 1, 16), **settings)
    assert len(batches_of(URM, 1, 16)) == 3
    for name, values in engine.parameters()._asdict().items():
        if values is None:
            assert expected[name] is None
            continue
        difference = np.abs(values - expected[name].reshape(values.shape)).max()
        assert difference <= 1e-5 * max(1.0, np.abs(expected[name]).max()), name


def test_every_epoch_has_an_order_of_its_own():
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    engine, start = make_engine(URM, activation="identity", sgd_mode="sgd", learning_rate=0.01)
    engine.run_epoch(1)
    engine.run_epoch(2)
    batches = batches_of(URM, 1, 16) + batches_of(URM, 2, 16)
    expected = oracle.train(start._asdict(), batches, sgd_mode="sgd", learning_rate=0.01, activation="identity")
    np.testing.assert_allclose(engine.parameters().item_factors, expected["item_factors"], atol=1e-5)


def test_a_callable_loss_is_used():
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    engine, start = make_engine(URM, loss=torch.nn.HuberLoss(reduction="sum"), activation="identity")
    engine.run_epoch(1)
    expected = oracle.train(
        start._asdict(),
        batches_of(URM, 1, 16),
        sgd_mode="adagrad",
        learning_rate=0.1,
        activation="identity",
        loss_derivative=lambda prediction, rating: float(np.clip(prediction - rating, -1, 1)),
    )
    np.testing.assert_allclose(engine.parameters().item_factors, expected["item_factors"], atol=1e-5)


@pytest.mark.parametrize(
    ("loss", "got"),
    [
        (torch.nn.MSELoss(reduction="none"), r"a tensor of shape \(16,\)"),
        (lambda prediction, rating: 1.0, "a float"),
        (lambda prediction, rating: (prediction - rating).detach().sum(), "requires_grad=False"),
        (lambda prediction, rating: rating.sum(), "requires_grad=False"),
        (lambda prediction, rating: prediction.sum().long(), "torch.int64"),
        (lambda prediction, rating: prediction.sum() * 1j, "torch.complex64"),
    ],
)
def test_a_loss_that_is_no_scalar_tensor_of_the_prediction_is_refused(loss, got):
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    engine, _ = make_engine(URM, loss=loss)
    with pytest.raises(TypeError, match=f"scalar tensor.*got .*{got}"):
        engine.run_epoch(1)


def test_the_epoch_loss_is_summed_exactly():
    # float32 would lose every loss of 1 after the first of 2^25
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    losses = iter([2.0**25, 1.0, 1.0])
    engine, _ = make_engine(URM, loss=lambda prediction, rating: prediction.sum() * 0 + next(losses))
    assert engine.run_epoch(1) * URM.nnz == 2**25 + 2


def test_the_epoch_loss_is_the_mean_squared_error_where_nothing_moves():
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    engine, start = make_engine(URM, sgd_mode="sgd", learning_rate=1e-30, user_reg=1.0)
    loss = engine.run_epoch(1)
    coo = URM.tocoo()
    score = (start.user_factors[coo.row] * start.item_factors[coo.col]) @ start.weight + start.bias
    assert loss == pytest.approx(np.mean((np.maximum(score, 0) - coo.data) ** 2), rel=1e-5)


def test_the_last_partial_batch_is_trained():
    URM = check_sparse("URM", planted_factors_URM(n_users=9, n_items=7, density=0.65, seed=2))
    whole, _ = make_engine(URM, batch_size=URM.nnz)
    larger, _ = make_engine(URM, batch_size=URM.nnz + 100)
    split, _ = make_engine(URM, batch_size=URM.nnz - 1)
    for engine in (whole, larger, split):
        engine.run_epoch(1)
    np.testing.assert_array_equal(whole.parameters().item_factors, larger.parameters().item_factors)
    assert not np.array_equal(whole.parameters().item_factors, split.parameters().item_factors)


def test_training_neither_reads_nor_moves_the_global_torch_state():
    URM = check_sparse("URM", planted_factors_URM())
    torch.manual_seed(1)
    engine, _ = make_engine(URM)
    engine.run_epoch(1)
    after = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(3))


def test_the_number_of_threads_of_torch_is_as_before():
    URM = check_sparse("URM", planted_factors_URM())
    before = torch.get_num_threads()
    engine, _ = make_engine(URM, num_threads=before + 1)
    engine.run_epoch(1)
    assert torch.get_num_threads() == before
