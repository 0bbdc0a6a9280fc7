import importlib
import itertools

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._fused import engine as fused_engine
from Recommenders.MatrixFactorization.PyTorch._fused import kernel as fused_kernel
from tests.recommenders.matrix_factorization.engines import OPTIMIZERS, batches_of, few_ratings, make_engine
from tests.reference import matrix_factorization as oracle


def random_URM(n_ratings, n_users=300, n_items=60, noise=0.3, seed=0):
    """Ratings around 3 that a product of small factors explains in part; a tenth of the users and items has none."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice((n_users - n_users // 10) * (n_items - n_items // 10), n_ratings, replace=False)
    users, items = np.divmod(pairs, n_items - n_items // 10)
    taste = rng.normal(size=(n_users, 3))[users] * rng.normal(size=(n_items, 3))[items]
    ratings = np.clip(3 + taste.sum(axis=1) + rng.normal(0, noise, n_ratings), 1, 5).astype(np.float32)
    return sps.csr_matrix((ratings, (users, items)), shape=(n_users, n_items))


def assert_near(parameters, reference, tolerance=1e-4):
    for name, values in reference._asdict().items():
        if values is not None:
            difference = np.abs(getattr(parameters, name) - values).max()
            assert difference <= tolerance * np.abs(values).max(), name


def assert_same(parameters, reference):
    for values, expected in zip(parameters, reference, strict=True):
        np.testing.assert_array_equal(values, expected)


def trained(name, URM, n_epochs=1, **settings):
    engine, _ = make_engine(name, URM, **settings)
    for epoch in range(1, n_epochs + 1):
        engine.run_epoch(epoch)
    return engine.parameters()


@pytest.mark.parametrize(
    ("activation", "sgd_mode", "use_bias", "reg"),
    list(itertools.product(["relu", "sigmoid", "identity"], OPTIMIZERS, [True, False], [0.0, 0.02])),
)
def test_an_epoch_of_a_thousand_batches_equals_the_torch_engine(activation, sgd_mode, use_bias, reg):
    URM = random_URM(8100)
    if activation == "sigmoid":
        URM.data /= 5
    settings = {
        "batch_size": 8, "num_factors": 10, "learning_rate": OPTIMIZERS[sgd_mode] / 2, "sgd_mode": sgd_mode,
        "activation": activation, "use_bias": use_bias, "user_reg": reg, "item_reg": 2 * reg, "bias_reg": 3 * reg,
    }  # fmt: skip
    (fused, _), (torch, _) = (make_engine(name, URM, **settings) for name in ("fused", "torch"))
    loss, reference = fused.run_epoch(1), torch.run_epoch(1)
    assert loss == pytest.approx(reference, rel=1e-5)
    assert_near(fused.parameters(), torch.parameters())


# every width in vectors that has code of its own, the general one, and the number of factors on both sides of a vector
@pytest.mark.parametrize("num_factors", [1, 5, 6, 13, 14, 21, 29, 30, 37, 38, 64, 128, 1024])
@pytest.mark.parametrize("sgd_mode", ["adagrad", "adam", "sgd"])
def test_any_number_of_factors(num_factors, sgd_mode):
    URM = few_ratings()
    settings = {"sgd_mode": sgd_mode, "learning_rate": OPTIMIZERS[sgd_mode] / 10, "user_reg": 0.1, "item_reg": 0.1}
    engine, start = make_engine("fused", URM, num_factors=num_factors, **settings, bias_reg=0.1, init_std_dev=0.05)
    engine.run_epoch(1)
    expected = oracle.train(start._asdict(), batches_of(URM, 1, 16), **settings, bias_reg=0.1, activation="relu")
    for name, values in engine.parameters()._asdict().items():
        np.testing.assert_allclose(values, expected[name].reshape(values.shape), atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 39, 40, 41, 10**30])
@pytest.mark.parametrize("sgd_mode", OPTIMIZERS)
def test_any_batch_size(batch_size, sgd_mode):
    settings = {"batch_size": batch_size, "sgd_mode": sgd_mode, "learning_rate": OPTIMIZERS[sgd_mode] / 10}
    assert_near(trained("fused", few_ratings(), 3, **settings), trained("torch", few_ratings(), 3, **settings))


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1)])
def test_one_user_or_one_item(shape):
    URM = sps.csr_matrix(np.arange(1, 1 + shape[0] * shape[1], dtype=np.float32).reshape(shape))
    settings = {"batch_size": 4, "learning_rate": 0.02}
    assert_near(trained("fused", URM, 5, **settings), trained("torch", URM, 5, **settings))


def test_rows_without_ratings_rest():
    URM = random_URM(2000)
    engine, start = make_engine("fused", URM, user_reg=0.1, item_reg=0.1, bias_reg=0.1)
    engine.run_epoch(1)
    cold_users, cold_items = np.diff(URM.indptr) == 0, np.diff(URM.tocsc().indptr) == 0
    assert cold_users.sum() >= 30 and cold_items.sum() >= 6
    for values, before, cold in (
        (engine.parameters().user_factors, start.user_factors, cold_users),
        (engine.parameters().item_factors, start.item_factors, cold_items),
        (engine.parameters().user_bias, start.user_bias, cold_users),
    ):
        np.testing.assert_array_equal(values[cold], before[cold])
        assert not (values[~cold] == before[~cold]).any()


@pytest.mark.parametrize("noise", [0.0, 0.3], ids=["packed", "wide"])
@pytest.mark.parametrize("batch_size", [8, 5000])
def test_the_number_of_threads_changes_no_bit(noise, batch_size):
    URM = random_URM(8100, noise=noise)
    if noise == 0.0:
        URM.data = np.round(URM.data)
    one, two, many = (trained("fused", URM, 4, batch_size=batch_size, num_threads=n) for n in (1, 2, 5))
    assert_same(two, one)
    assert_same(many, one)


def test_packed_and_wide_records_train_the_same(monkeypatch):
    URM = random_URM(8100)
    URM.data = np.round(URM.data)
    packed = trained("fused", URM)
    monkeypatch.setattr("Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs.N_PACKED_IDS", 1)
    assert_same(trained("fused", URM), packed)


@pytest.mark.parametrize("batch_size", [7, 400])
def test_slices_change_no_bit(batch_size, monkeypatch):
    URM = random_URM(2000)
    whole = trained("fused", URM, 2, batch_size=batch_size, user_reg=0.1)
    monkeypatch.setattr(fused_engine, "_SLICE", 8 * 33)
    assert_same(trained("fused", URM, 2, batch_size=batch_size, user_reg=0.1), whole)


def test_gradients_near_zero_equal_the_torch_engine():
    # one step with gradients of 2e-9, where the 1e-10 takes a twentieth of it; 13 factors fill a vector that has no
    # bias, which is where the approximate root would be taken
    URM = sps.csr_matrix(np.array([[2.5]], dtype=np.float32))
    settings = {"activation": "identity", "num_factors": 13, "batch_size": 1}
    _, start = make_engine("fused", URM, **settings)
    tiny = np.full((1, 13), 1e-9, dtype=np.float32)
    start = start._replace(user_factors=tiny, item_factors=tiny)
    steps = []
    for name in ("fused", "torch"):
        engine, _ = make_engine(name, URM, start, **settings)
        engine.run_epoch(1)
        steps.append(engine.parameters().item_factors)
    np.testing.assert_allclose(steps[1], 0.1 * 2 / 2.1, rtol=1e-3)
    np.testing.assert_allclose(steps[0], steps[1], rtol=1e-5)


def test_squares_beyond_float32_equal_the_torch_engine():
    URM = random_URM(2000)
    URM.data *= np.float32(5e19)
    settings = {"activation": "identity", "num_factors": 13}
    fused, torch = trained("fused", URM, **settings), trained("torch", URM, **settings)
    assert np.isfinite(torch.user_factors).all() and np.isfinite(fused.user_factors).all()


@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("learning_rate", [1e3, 1e30])
def test_a_divergence_is_seen_in_the_loss(activation, learning_rate):
    settings = {"sgd_mode": "sgd", "learning_rate": learning_rate, "activation": activation}
    losses = [make_engine(name, few_ratings(), **settings)[0].run_epoch(1) for name in ("fused", "torch")]
    assert np.isfinite(losses[0]) == np.isfinite(losses[1])


def test_an_interrupted_engine_is_not_used_again(monkeypatch):
    slices = []

    def interrupted(*arguments):
        slices.append(arguments[1])
        if len(slices) == 3:
            raise KeyboardInterrupt
        return train_ratings(*arguments)

    train_ratings = fused_engine.train_ratings
    monkeypatch.setattr(fused_engine, "train_ratings", interrupted)
    monkeypatch.setattr(fused_engine, "_SLICE", 8 * 33)
    engine, _ = make_engine("fused", random_URM(2000), batch_size=400)
    with pytest.raises(KeyboardInterrupt):
        engine.run_epoch(1)
    assert slices == [0, 33, 66]
    with pytest.raises(RuntimeError, match="interrupted inside a batch"):
        engine.run_epoch(1)


def test_the_URM_is_left_alone():
    URM = few_ratings()
    before = URM.copy()
    trained("fused", URM)
    assert_same((URM.indptr, URM.indices, URM.data), (before.indptr, before.indices, before.data))


@pytest.mark.skipif(not fused_kernel.use_avx2(), reason="there is one build, or this processor has no AVX2")
@pytest.mark.parametrize("sgd_mode", OPTIMIZERS)
def test_both_builds_agree(sgd_mode, monkeypatch):
    URM = random_URM(8100)
    settings = {"sgd_mode": sgd_mode, "learning_rate": OPTIMIZERS[sgd_mode] / 2, "num_factors": 20, "user_reg": 0.02}
    results = []
    for module in (fused_kernel, importlib.import_module(f"{fused_kernel.__name__}_avx2")):
        monkeypatch.setattr(fused_engine, "train_ratings", module.train_ratings)
        results.append(trained("fused", URM, **settings))
    assert_near(results[1], results[0], tolerance=1e-5)


def test_a_count_goes_on_beyond_2_to_the_24():
    # all ratings are predicted exactly, so that the penalty alone moves q: by its count, with one penalty of 1 a rating
    URM = sps.csr_matrix(np.full((4, 1), 2.0, dtype=np.float32))
    settings = {"activation": "identity", "num_factors": 1, "use_bias": False, "sgd_mode": "sgd", "batch_size": 4}
    _, start = make_engine("fused", URM, **settings)
    start = start._replace(
        user_factors=np.zeros((4, 1), np.float32), item_factors=np.ones((1, 1), np.float32), bias=np.float32(2)
    )
    engine, _ = make_engine("fused", URM, start, item_reg=0.5, learning_rate=1.0, **settings)
    engine._arrays.counts[:] = 1 << 24  # ratings of the batch that came before
    engine.run_epoch(1)
    assert engine.parameters().item_factors[0, 0] == 1 - ((1 << 24) + 4)


def summed_gradients(name, URM, batch_size, num_factors=1):
    """What one epoch moves the parameters by, per unit of learning rate, from a start where every error is known."""
    settings = {"activation": "identity", "num_factors": num_factors, "sgd_mode": "sgd", "batch_size": batch_size}
    _, start = make_engine(name, URM, **settings)
    start = start._replace(
        user_factors=np.full_like(start.user_factors, 0.3), item_factors=np.full_like(start.item_factors, 0.7)
    )
    engine, _ = make_engine(name, URM, start, learning_rate=1.0, **settings)
    engine.run_epoch(1)
    return engine.parameters(), start


@pytest.mark.parametrize("name", ["fused", "torch"])
@pytest.mark.parametrize("turned", [False, True], ids=["item", "user"])
def test_a_batch_with_many_ratings_of_one_row_sums_them_all(name, turned):
    n = 1 << 18
    URM = sps.csr_matrix(np.full((1, n) if turned else (n, 1), 0.1, dtype=np.float32))
    parameters, start = summed_gradients(name, URM, n)
    derivative = 2 * (0.3 * 0.7 + float(start.bias) - 0.1)  # of every rating's loss, by its score
    biases = parameters.user_bias if turned else parameters.item_bias
    factors, before = (parameters.user_factors, 0.3) if turned else (parameters.item_factors, 0.7)
    other = 0.7 if turned else 0.3
    assert biases[0] == pytest.approx(-n * derivative, rel=1e-4)
    assert factors[0, 0] == pytest.approx(before - n * derivative * other, rel=1e-4)
    assert parameters.bias == pytest.approx(float(start.bias) - n * derivative, rel=1e-4)
    assert parameters.weight[0] == pytest.approx(1 - n * derivative * 0.21, rel=1e-4)
