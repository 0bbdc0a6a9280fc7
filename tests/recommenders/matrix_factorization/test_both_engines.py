"""What both engines owe: the arithmetic of the float64 oracle, and the same epochs."""

import itertools

import numpy as np
import pytest

from tests.recommenders.matrix_factorization.engines import (
    ENGINES,
    OPTIMIZERS,
    batches_of,
    few_ratings,
    make_engine,
)
from tests.reference import matrix_factorization as oracle


@pytest.fixture(params=ENGINES)
def name(request):
    return request.param


def assert_near_the_oracle(parameters, expected, tolerance=1e-5):
    for name, values in parameters._asdict().items():
        if values is None:
            assert expected[name] is None
            continue
        assert values.dtype == np.float32 and values.flags.c_contiguous
        difference = np.abs(values - expected[name].reshape(values.shape)).max()
        assert difference <= tolerance * max(1.0, np.abs(expected[name]).max()), name


@pytest.mark.parametrize(
    ("activation", "sgd_mode", "use_bias", "reg"),
    list(itertools.product(["relu", "sigmoid", "identity"], OPTIMIZERS, [True, False], [0.0, 0.05])),
)
def test_engine_equals_the_float64_oracle(name, activation, sgd_mode, use_bias, reg):
    URM = few_ratings()
    if activation == "sigmoid":
        URM.data /= 5
    settings = {"sgd_mode": sgd_mode, "activation": activation, "learning_rate": OPTIMIZERS[sgd_mode],
                "user_reg": reg, "item_reg": 2 * reg, "bias_reg": 3 * reg if use_bias else 0.0}  # fmt: skip
    engine, start = make_engine(name, URM, use_bias=use_bias, **settings)
    engine.run_epoch(1)
    expected = oracle.train(start._asdict(), batches_of(URM, 1, 16), **settings)
    assert len(batches_of(URM, 1, 16)) == 3
    assert_near_the_oracle(engine.parameters(), expected)


def test_every_epoch_has_an_order_of_its_own(name):
    URM = few_ratings()
    engine, start = make_engine(name, URM, activation="identity", sgd_mode="sgd", learning_rate=0.01)
    engine.run_epoch(1)
    engine.run_epoch(2)
    batches = batches_of(URM, 1, 16) + batches_of(URM, 2, 16)
    expected = oracle.train(start._asdict(), batches, sgd_mode="sgd", learning_rate=0.01, activation="identity")
    assert_near_the_oracle(engine.parameters(), expected)


def test_the_epoch_loss_is_the_mean_squared_error_where_nothing_moves(name):
    URM = few_ratings()
    engine, start = make_engine(name, URM, sgd_mode="sgd", learning_rate=1e-30, user_reg=1.0)
    loss = engine.run_epoch(1)
    coo = URM.tocoo()
    score = (start.user_factors[coo.row] * start.item_factors[coo.col]) @ start.weight + start.bias
    assert loss == pytest.approx(np.mean((np.maximum(score, 0) - coo.data) ** 2), rel=1e-5)


def test_the_last_partial_batch_is_trained(name):
    URM = few_ratings()
    whole, larger, split = (make_engine(name, URM, batch_size=URM.nnz + more)[0] for more in (0, 100, -1))
    for engine in (whole, larger, split):
        engine.run_epoch(1)
    np.testing.assert_array_equal(whole.parameters().item_factors, larger.parameters().item_factors)
    assert not np.array_equal(whole.parameters().item_factors, split.parameters().item_factors)


def test_parameters_are_a_copy(name):
    engine, start = make_engine(name, few_ratings())
    before = engine.parameters()
    engine.run_epoch(1)
    for values, now, then in zip(before, engine.parameters(), start):
        np.testing.assert_array_equal(values, then)
        assert not np.array_equal(values, now)
