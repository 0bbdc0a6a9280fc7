"""Rankings by a sparse product beside those by all scores."""

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st

from Recommenders._ranking import product_ranker as _product_ranker
from Recommenders._ranking.top_k import as_lists
from Recommenders.BaseSimilarityMatrixRecommender import (
    BaseItemSimilarityMatrixRecommender,
    BaseUserSimilarityMatrixRecommender,
)
from tests.reference import top_k as reference

CLASSES = pytest.mark.parametrize("cls", [BaseItemSimilarityMatrixRecommender, BaseUserSimilarityMatrixRecommender])


def similarity(cls, rng, n_users=30, n_items=50, density=0.2):
    """Small integers, of both signs: sums are exact and full of ties."""
    URM = sps.csr_matrix(rng.integers(1, 6, (n_users, n_items)) * (rng.random((n_users, n_items)) < density))
    if URM.nnz == 0:
        URM = sps.csr_matrix(([1.0], ([0], [0])), shape=URM.shape)
    recommender = cls(URM, verbose=False)
    size = recommender._n_similar()
    W = rng.integers(-2, 4, (size, size)) * (rng.random((size, size)) < density)
    recommender.W_sparse = sps.csr_matrix(W, dtype=np.float32)
    return recommender


def by_scores(recommender, users, cutoff, **flags):
    scores = recommender.recommend(users, cutoff, return_scores=True, **flags)[1]
    return reference.top_k(scores, cutoff)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    cls=st.sampled_from([BaseItemSimilarityMatrixRecommender, BaseUserSimilarityMatrixRecommender]),
    n_users=st.integers(1, 20),
    n_items=st.integers(1, 150),
    density=st.sampled_from([0.0, 0.1, 0.6]),
    cutoff=st.integers(1, 160),
    num_threads=st.integers(1, 3),
)
def test_equals_the_oracle_on_exact_scores_full_of_ties(seed, cls, n_users, n_items, density, cutoff, num_threads):
    rng = np.random.default_rng(seed)
    recommender = similarity(cls, rng, n_users, n_items, density)
    recommender.set_items_to_ignore(rng.choice(n_items, size=n_items // 4, replace=False))
    users = rng.integers(0, n_users, rng.integers(0, 30))
    flags = {"remove_seen_flag": bool(rng.random() < 0.7), "remove_custom_items_flag": bool(rng.random() < 0.5)}
    ranker = recommender.start_ranking(cutoff, num_threads=num_threads, **flags)
    assert isinstance(ranker, _product_ranker.ProductRanker)
    expected = by_scores(recommender, users, cutoff, **flags)
    assert as_lists(*ranker.rank(users)) == expected
    assert recommender.recommend(users, cutoff, **flags) == expected
    some = rng.integers(0, n_items, 5)
    assert recommender.recommend(users, items_to_compute=some) == by_scores(
        recommender, users, n_items, items_to_compute=some
    )


@CLASSES
def test_real_numbers_are_summed_as_the_scores_are(cls):
    """Bit for bit, so that no near-tie falls the other way."""
    rng = np.random.default_rng(0)
    recommender = similarity(cls, rng, 60, 300)
    recommender.W_sparse.data = rng.normal(size=recommender.W_sparse.nnz).astype(np.float32)
    users = np.arange(60)
    assert recommender.recommend(users, 50) == by_scores(recommender, users, 50)


@CLASSES
def test_many_calls_on_many_threads_give_what_one_gives(cls, monkeypatch):
    recommender = similarity(cls, np.random.default_rng(1), 101, 80)
    users = np.arange(101)
    one = recommender.start_ranking(10, num_threads=1).rank(users)
    monkeypatch.setattr("Recommenders._ranking.product_ranker._STEPS_PER_CALL", 1)
    for num_threads in (1, 4):
        for alone, other in zip(one, recommender.start_ranking(10, num_threads=num_threads).rank(users)):
            np.testing.assert_array_equal(alone, other)


@CLASSES
def test_nan_is_refused_with_the_users_id(cls):
    recommender = similarity(cls, np.random.default_rng(2), 40, 40, density=0.9)
    recommender.W_sparse.data[:] = np.nan
    with pytest.raises(ValueError, match="NaN in the row of id 7"):
        recommender.recommend([7, 3], remove_seen_flag=False)


@CLASSES
@pytest.mark.parametrize(
    "change",
    [
        lambda W: W.astype(np.float64),
        lambda W: W.tocsc(),
        lambda W: sps.csr_array(W),
        lambda W: W.toarray(),
        lambda W: sps.csr_matrix((W.data, W.indices.astype(np.int64), W.indptr.astype(np.int64)), shape=W.shape),
    ],
)
def test_matrices_that_the_kernel_does_not_take_are_ranked_by_their_scores(cls, change):
    recommender = similarity(cls, np.random.default_rng(3))
    expected = recommender.recommend(np.arange(30), 7)
    recommender.W_sparse = change(recommender.W_sparse)
    if isinstance(recommender.W_sparse, sps.csr_matrix) and recommender.W_sparse.dtype == np.float32:
        recommender.W_sparse.indices = recommender.W_sparse.indices.astype(np.int64)
    assert not isinstance(recommender.start_ranking(7), _product_ranker.ProductRanker)
    assert recommender.recommend(np.arange(30), 7) == expected


def test_a_matrix_of_another_shape_is_an_error_and_not_read():
    recommender = similarity(BaseItemSimilarityMatrixRecommender, np.random.default_rng(4))
    recommender.W_sparse = recommender.W_sparse[:20, :20]
    with pytest.raises(ValueError):
        recommender.recommend([0, 1])
