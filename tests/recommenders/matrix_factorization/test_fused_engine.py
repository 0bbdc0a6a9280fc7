import itertools

import numpy as np
import pytest
import scipy.sparse as sps

from tests.recommenders.matrix_factorization.engines import OPTIMIZERS, make_engine


def random_URM(n_ratings, n_users=80, n_items=40, seed=0):
    """Ratings of 1 to 5 that a product of small factors explains in part; a tenth of the users and items has none."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice((n_users - n_users // 10) * (n_items - n_items // 10), n_ratings, replace=False)
    users, items = np.divmod(pairs, n_items - n_items // 10)
    taste = rng.normal(size=(n_users, 3))[users] * rng.normal(size=(n_items, 3))[items]
    ratings = np.clip(3 + taste.sum(axis=1) + rng.normal(0, 0.3, n_ratings), 1, 5).astype(np.float32)
    return sps.csr_matrix((ratings, (users, items)), shape=(n_users, n_items))


def assert_near(parameters, reference, tolerance=1e-4):
    for name, values in reference._asdict().items():
        if values is not None:
            difference = np.abs(getattr(parameters, name) - values).max()
            assert difference <= tolerance * np.abs(values).max(), name


def assert_equal(parameters, reference):
    for values, expected in zip(parameters, reference):
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    ("activation", "sgd_mode", "use_bias", "reg"),
    list(itertools.product(["relu", "sigmoid", "identity"], OPTIMIZERS, [True, False], [0.0, 0.02])),
)
def test_an_epoch_of_a_thousand_batches_equals_the_torch_engine(activation, sgd_mode, use_bias, reg):
    URM = random_URM(8100, n_users=300, n_items=60)
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
