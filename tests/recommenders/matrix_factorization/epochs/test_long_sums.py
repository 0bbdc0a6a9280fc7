import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch._epochs import long_sums as long_sums_module
from Recommenders.MatrixFactorization.PyTorch._epochs.long_sums import LongSums, rows_of_long_sums
from tests.recommenders.matrix_factorization.engines import batches_of, make_engine
from tests.reference import matrix_factorization as oracle


def some_ratings(seed=4, n_users=40, n_items=3):
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 6, (n_users, n_items)) * (rng.random((n_users, n_items)) < [0.9, 0.5, 0.1])
    return sps.csr_matrix(ratings.astype(np.float32))


@pytest.fixture
def few_terms(monkeypatch):
    monkeypatch.setattr(long_sums_module, "MANY_TERMS", 4)


def test_rows_are_those_with_many_ratings_expected_in_a_batch(few_terms):
    URM = some_ratings()
    counts = np.append(np.diff(URM.indptr), np.diff(URM.tocsc().indptr))
    for batch_size in (1, 4, 8, 12, 20, URM.nnz, 10**30):
        rows, n_ratings = rows_of_long_sums(URM, batch_size)
        expected = [k for k, n in enumerate(counts.tolist()) if n * min(batch_size, URM.nnz) / URM.nnz > 4]
        assert rows.tolist() == expected
        largest = max(counts.tolist())
        assert n_ratings == (4 * URM.nnz // largest if expected else min(batch_size, URM.nnz))


def test_sums_come_back_whole_and_rows_without_a_slot_stay_away():
    slots, sums = np.array([2, -1, 0], np.int32), np.zeros((3, 2), np.float32)
    long_sums = LongSums(np.array([0, 1]), slots, sums)
    for value in (2.0**25, 1.0, 1.0, 2.0):
        sums[2] += value
        sums[0] += 1
        long_sums.take()
        assert sums.tolist() == [[sums[0, 0]] * 2, [0, 0], [0, 0]]
    long_sums.give_back()
    assert sums[2].tolist() == [2**25 + 4] * 2 and sums[0].tolist() == [4, 4]
    sums[2] = 7
    long_sums.give_back()
    assert sums[2].tolist() == [7, 7]


@pytest.mark.parametrize("batch_size", [4, 7, 20, 39, 10**30])
@pytest.mark.parametrize("name", ["fused", "torch"])
def test_an_epoch_with_long_sums_equals_the_float64_oracle(name, batch_size, few_terms, monkeypatch):
    URM = some_ratings()
    moved = []
    give_back = LongSums.give_back
    monkeypatch.setattr(LongSums, "give_back", lambda self: moved.append(1) or give_back(self))
    settings = {"sgd_mode": "adagrad", "learning_rate": 0.1, "user_reg": 0.1, "item_reg": 0.2, "bias_reg": 0.1}
    engine, start = make_engine(name, URM, batch_size=batch_size, **settings)
    engine.run_epoch(1)
    batches = batches_of(URM, 1, min(batch_size, URM.nnz))
    assert len(moved) == (sum(len(batch) > 1 for batch in batches) if name == "fused" and batch_size > 4 else 0)
    expected = oracle.train(start._asdict(), batches, **settings, activation="relu")
    for parameter, values in engine.parameters()._asdict().items():
        np.testing.assert_allclose(values, expected[parameter].reshape(values.shape), atol=1e-5)


def test_shorter_slices_move_more_often_and_give_the_same(few_terms, monkeypatch):
    URM, results = some_ratings(), []
    for numbers in (1 << 24, 8 * 3):
        monkeypatch.setattr("Recommenders.MatrixFactorization.PyTorch._fused.engine._SLICE", numbers)
        engine, _ = make_engine("fused", URM, batch_size=20)
        engine.run_epoch(1)
        engine.run_epoch(2)
        results.append(engine.parameters())
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(*results))
