import numpy as np
import pytest

from Recommenders.MatrixFactorization.PyTorch import _sampler
from Recommenders.MatrixFactorization.PyTorch._sampler import epoch_order, fresh_seed, start_generator


@pytest.fixture(params=[None, 2], ids=["one bucket", "buckets of two"])
def _bucket_size(request, monkeypatch):
    if request.param is not None:
        monkeypatch.setattr(_sampler, "_BUCKET", request.param)


@pytest.mark.usefixtures("_bucket_size")
@pytest.mark.parametrize("n_ratings", [1, 2, 1000])
def test_an_order_is_a_permutation(n_ratings):
    assert sorted(epoch_order(n_ratings, 7, 1)) == list(range(n_ratings))


def test_an_order_depends_on_seed_and_epoch_alone():
    first = epoch_order(1000, 7, 3)
    np.random.default_rng().random(10)
    np.testing.assert_array_equal(first, epoch_order(1000, 7, 3))
    assert not np.array_equal(first, epoch_order(1000, 7, 4))
    assert not np.array_equal(first, epoch_order(1000, 8, 3))


@pytest.mark.usefixtures("_bucket_size")
def test_neighbours_do_not_stay_neighbours():
    position = np.argsort(epoch_order(20_000, 3, 1))
    assert abs(np.corrcoef(position[:-1], position[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(position, np.arange(20_000))[0, 1]) < 0.03


@pytest.mark.usefixtures("_bucket_size")
def test_every_order_of_three_is_equally_likely():
    orders = [tuple(epoch_order(3, 0, epoch)) for epoch in range(6000)]
    counts = np.unique([a * 9 + b * 3 + c for a, b, c in orders], return_counts=True)[1]
    assert len(counts) == 6
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_starting_values_and_orders_come_from_different_streams():
    assert not np.array_equal(start_generator(7).permutation(1000), epoch_order(1000, 7, 1))


def test_the_global_state_is_not_touched():
    np.random.seed(0)
    epoch_order(10, 1, 1)
    start_generator(1).random()
    fresh_seed()
    after = np.random.random()
    np.random.seed(0)
    assert after == np.random.random()


def test_fresh_seeds_differ():
    assert fresh_seed() != fresh_seed()
