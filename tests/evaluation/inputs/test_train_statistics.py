"""Which training matrix the statistics belong to, whoever asks and when."""

import copy
import pickle
import sys
import threading

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation._inputs import train_statistics as _train_statistics
from Evaluation._inputs.train_statistics import TrainStatistics, TrainStatisticsCache


def matrix(seed, n_users=30, n_items=20, density=0.3):
    return sps.random(n_users, n_items, density, format="csr", dtype=np.float32, random_state=seed)


def assert_of(statistics, URM):
    expected = TrainStatistics(URM)
    np.testing.assert_array_equal(statistics.item_counts, expected.item_counts)
    np.testing.assert_array_equal(statistics.relative_popularity, expected.relative_popularity)
    assert statistics.profile_novelty == expected.profile_novelty
    assert statistics.profile_popularity == expected.profile_popularity


@pytest.mark.parametrize("step", ["_digest", "TrainStatistics", "ref"])
def test_another_thread_in_between_changes_nothing(step, monkeypatch):
    cache, URM, others = TrainStatisticsCache(), matrix(0), matrix(1)
    module = _train_statistics.weakref if step == "ref" else _train_statistics
    real, asked = getattr(module, step), []

    def with_another_thread(*arguments):
        result = real(*arguments)
        if not asked:
            thread = threading.Thread(target=lambda: asked.append(cache.get(others)))
            asked.append(None)
            thread.start()
            thread.join()
        return result

    monkeypatch.setattr(module, step, with_another_thread)
    assert_of(cache.get(URM), URM)
    assert_of(asked[1], others)
    for again in (URM, others, URM):
        assert_of(cache.get(again), again)


def with_other_rows(URM):
    """The same array of columns, but the rows end elsewhere."""
    other = URM.copy()
    other.indices = URM.indices
    other.indptr[1:-1] = URM.indptr[-1] // 2
    return other


def with_more_columns(URM):
    other = sps.csr_matrix(URM, shape=(URM.shape[0], URM.shape[1] + 3))
    other.indptr, other.indices = URM.indptr, URM.indices
    return other


@pytest.mark.parametrize("changed", [with_other_rows, with_more_columns])
def test_a_matrix_that_shares_arrays_with_the_one_before_has_statistics_of_its_own(changed):
    cache, URM = TrainStatisticsCache(), matrix(0)
    other = changed(URM)
    assert other.indices is URM.indices
    assert_of(cache.get(URM), URM)
    assert_of(cache.get(other), other)
    assert_of(cache.get(URM), URM)


def one_column(URM):
    URM.indices[URM.indptr[1] - 1] = URM.shape[1] - 1 - URM.indices[URM.indptr[1] - 1]


def the_rows(URM):
    URM.indptr[1:-1] = URM.indptr[-1] // 2


def all_columns(URM):
    URM.indices[:] = URM.shape[1] - 1 - URM.indices


@pytest.mark.parametrize("change", [one_column, the_rows, all_columns])
def test_a_matrix_that_was_changed_in_place_is_another_one(change):
    cache, URM = TrainStatisticsCache(), matrix(0)
    cache.get(URM)
    change(URM)
    assert_of(cache.get(URM), URM)


@pytest.mark.parametrize("change", [the_rows, all_columns])
def test_a_large_matrix_that_was_changed_in_place_is_another_one(change, monkeypatch):
    monkeypatch.setattr(_train_statistics, "_PROBES", 16, raising=False)
    cache, URM = TrainStatisticsCache(), matrix(0, n_users=400)
    assert URM.nnz > 100 * 16
    cache.get(URM)
    change(URM)
    assert_of(cache.get(URM), URM)


def test_the_matrix_of_the_call_before_is_neither_counted_nor_read_again(monkeypatch):
    cache, URM = TrainStatisticsCache(), matrix(0)
    first = cache.get(URM)
    monkeypatch.setattr(_train_statistics, "TrainStatistics", None)
    copied = URM.copy()
    assert cache.get(copied) is first
    monkeypatch.setattr(_train_statistics, "_digest", None)
    assert cache.get(copied) is first


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda cache: pickle.loads(pickle.dumps(cache))])
def test_a_copy_of_the_cache_works(copy_of):
    cache, URM = TrainStatisticsCache(), matrix(0)
    cache.get(URM)
    assert_of(copy_of(cache).get(URM), URM)


def test_the_cache_keeps_no_matrix_alive():
    cache, URM = TrainStatisticsCache(), matrix(0)
    cache.get(URM)
    assert sys.getrefcount(URM.indices) == sys.getrefcount(URM.indptr) == sys.getrefcount(matrix(1).indices)
