"""Rankings by factors beside those by all scores: the same lists, whatever is skipped and however it is grouped."""

import importlib

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st

from Recommenders._ranking import factor_kernel, factor_ranker, request
from Recommenders._ranking.top_k import as_lists
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender, BaseSVDRecommender
from tests.reference import top_k as reference


def factorisation(user_factors, item_factors, item_bias=None, URM=None):
    n_users, n_items = len(user_factors), len(item_factors)
    if URM is None:
        URM = sps.csr_matrix(([1.0], ([0], [0])), shape=(n_users, n_items))
    recommender = BaseMatrixFactorizationRecommender(URM, verbose=False)
    recommender.USER_factors, recommender.ITEM_factors = user_factors, item_factors
    if item_bias is not None:
        recommender.use_bias = True
        recommender.ITEM_bias, recommender.GLOBAL_bias = item_bias, np.float32(2)
        recommender.USER_bias = np.ones(n_users, dtype=np.float32)
    return recommender


def integers(rng, *shape, largest=3):
    """Small integers, whose products and sums are exact in float32 and full of ties."""
    return rng.integers(-largest, largest + 1, shape).astype(np.float32)


def by_scores(recommender, users, cutoff, **flags):
    scores = recommender.recommend(users, cutoff, return_scores=True, **flags)[1]
    return reference.top_k(scores, cutoff)


def by_ranker(recommender, users, cutoff, num_threads=1, **flags):
    ranker = recommender.start_ranking(cutoff, num_threads=num_threads, **flags)
    assert isinstance(ranker, factor_ranker.FactorRanker)
    return as_lists(*ranker.rank(np.asarray(users)))


@pytest.fixture(autouse=True)
def few_users(monkeypatch):
    monkeypatch.setattr("Recommenders._ranking.factor_ranker._FEW_USERS", 1)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_users=st.integers(1, 40),
    n_items=st.integers(1, 200),
    n_factors=st.integers(1, 12),
    cutoff=st.integers(1, 250),
    num_threads=st.integers(1, 3),
)
def test_equals_the_oracle_on_exact_scores_full_of_ties(seed, n_users, n_items, n_factors, cutoff, num_threads):
    rng = np.random.default_rng(seed)
    density = rng.choice([0.0, 0.1, 0.9])
    URM = sps.csr_matrix(rng.random((n_users, n_items)) < density, dtype=np.float32)
    if URM.nnz == 0:
        URM = None
    item_bias = None
    if rng.random() < 0.7:
        item_bias = integers(rng, n_items, largest=rng.choice([1, 50]))
        item_bias[rng.random(n_items) < rng.choice([0.0, 0.2, 1.0])] = -np.inf
    scale = rng.choice([0.0, 1.0, 4.0], n_items)[:, None].astype(np.float32)
    recommender = factorisation(
        integers(rng, n_users, n_factors), integers(rng, n_items, n_factors) * scale, item_bias, URM
    )
    recommender.set_items_to_ignore(rng.choice(n_items, size=n_items // 4, replace=False))
    users = rng.integers(0, n_users, rng.integers(1, 50))
    flags = {"remove_seen_flag": bool(rng.random() < 0.7), "remove_custom_items_flag": bool(rng.random() < 0.5)}
    expected = by_scores(recommender, users, cutoff, **flags)
    assert by_ranker(recommender, users, cutoff, num_threads, **flags) == expected
    assert recommender.recommend(users, cutoff, **flags) == expected


@pytest.mark.parametrize("n_factors", [1, 7, 64, 300])
def test_equals_the_scores_ranking_on_many_items_of_very_different_size(n_factors):
    rng = np.random.default_rng(n_factors)
    item_factors = integers(rng, 5000, n_factors) * (2.0 ** rng.integers(-6, 3, (5000, 1))).astype(np.float32)
    recommender = factorisation(integers(rng, 80, n_factors), item_factors, integers(rng, 5000, largest=20))
    users = np.arange(80)
    assert by_ranker(recommender, users, 20) == by_scores(recommender, users, 20)


def test_most_items_of_long_tailed_factors_are_never_scored(monkeypatch):
    """The bound is worth something: with it the kernel passes over what a loose one makes it score."""
    rng = np.random.default_rng(0)
    sizes = (1 / np.arange(1, 20_001))[:, None]
    recommender = factorisation(
        rng.normal(size=(200, 64)).astype(np.float32), (rng.normal(size=(20_000, 64)) * sizes).astype(np.float32)
    )
    ranker = recommender.start_ranking(10, num_threads=1)
    users = np.arange(200)
    tight = ranker.rank(users)
    catalogue = ranker._items
    reach = np.linalg.norm(recommender.USER_factors, axis=1).max() * catalogue.bounds[:, 0]
    kept = np.take_along_axis(recommender.USER_factors @ recommender.ITEM_factors.T, tight[0], axis=1)[:, -1]
    assert (reach < kept.min()).mean() > 0.9
    ranker._items = catalogue._replace(bounds=np.full_like(catalogue.bounds, 1e30))
    for with_bound, without in zip(tight, ranker.rank(users)):
        np.testing.assert_array_equal(with_bound, without)


def test_no_score_is_above_its_bound():
    rng = np.random.default_rng(3)
    for n_factors in (1, 10, 500):
        users = rng.normal(size=(30, n_factors)).astype(np.float32)
        items = users[rng.integers(0, 30, 500)] * rng.lognormal(0, 2, (500, 1)).astype(np.float32)  # parallel: equality
        bias = rng.normal(size=500).astype(np.float32)
        catalogue = factor_ranker.FactorCatalogue.from_factors(items, bias, np.arange(500), users)
        bounds = catalogue.bounds.repeat(factor_ranker._SECTION_ITEMS, axis=0)[:500]
        order = catalogue.items.ravel()[:500]
        norms = np.linalg.norm(users.astype(np.float64), axis=1)[:, None]
        scores = (users @ items.T + bias)[:, order]
        assert (scores <= norms * bounds[:, 0] + bounds[:, 1]).all()
        from_there_on = np.maximum.accumulate(scores[:, ::-1], axis=1)[:, ::-1]
        assert (from_there_on <= norms * bounds[:, 2] + bounds[:, 3]).all()


def test_users_are_ranked_alike_in_any_company_and_on_any_number_of_threads():
    rng = np.random.default_rng(1)
    recommender = factorisation(
        rng.normal(size=(301, 9)).astype(np.float32),
        rng.normal(size=(700, 9)).astype(np.float32),
        rng.normal(size=700).astype(np.float32),
    )
    ranker = recommender.start_ranking(10, num_threads=1)
    whole, lengths = ranker.rank(np.arange(301))
    for users in (np.array([300]), np.arange(300, 0, -7), np.array([5, 5, 5])):
        np.testing.assert_array_equal(ranker.rank(users)[0], whole[users])
    for num_threads in (2, 5):
        other = recommender.start_ranking(10, num_threads=num_threads).rank(np.arange(301))
        np.testing.assert_array_equal(other[0], whole)
        np.testing.assert_array_equal(other[1], lengths)


def test_items_that_are_out_of_reach_hide_none_that_come_after_them():
    """For a user without factors the items' biases decide, though the order is that of users with long vectors."""
    first, far, near = np.full((64, 1), 3), np.full((256, 1), 2), np.full((256, 1), 0)
    item_factors = np.concatenate([first, far, near]).astype(np.float32)
    item_bias = np.concatenate([np.full(64, -50), np.full(256, -100), np.arange(256) / 256]).astype(np.float32)
    user_factors = np.full((200, 1), 100, dtype=np.float32)
    user_factors[7] = 0
    recommender = factorisation(user_factors, item_factors, item_bias)
    users = np.arange(200)
    lists = by_ranker(recommender, users, 5)
    assert lists[7] == [575, 574, 573, 572, 571]
    assert lists == by_scores(recommender, users, 5)


@pytest.mark.parametrize("a_user", [1, 5, 60])
def test_what_one_user_has_seen_is_not_hidden_from_another(a_user):
    rng, n_users = np.random.default_rng(a_user), 1000  # many more than the kernel takes at a time
    rows, columns = np.repeat(np.arange(n_users), a_user), rng.integers(0, 2000, n_users * a_user)
    URM = sps.csr_matrix((np.ones(rows.size), (rows, columns)), shape=(n_users, 2000))
    recommender = factorisation(integers(rng, n_users, 2), integers(rng, 2000, 2), URM=URM)
    users = np.arange(n_users)
    assert by_ranker(recommender, users, 50) == by_scores(recommender, users, 50)


def test_scores_are_rounded_as_those_of_the_matrix_are():
    """The bias of a user is part of a score: where it is large, items that differ by little are equal."""
    rng = np.random.default_rng(12)
    item_bias = rng.permutation(300).astype(np.float32) / 1000
    recommender = factorisation(integers(rng, 300, 2), integers(rng, 300, 2), item_bias)
    recommender.USER_bias = (2.0 ** rng.integers(0, 30, 300)).astype(np.float32)
    users = np.arange(300)
    lists = by_ranker(recommender, users, 20)
    assert lists == by_scores(recommender, users, 20)
    recommender.USER_bias = np.zeros(300, dtype=np.float32)
    assert lists != by_scores(recommender, users, 20)


@pytest.mark.skipif(not factor_kernel.use_avx2(), reason="there is one build, or this processor has no AVX2")
def test_both_builds_give_the_same_lists(monkeypatch):
    rng = np.random.default_rng(2)
    recommender = factorisation(integers(rng, 100, 10), integers(rng, 900, 10), integers(rng, 900))
    users = np.arange(100)
    lists = []
    for module in (factor_kernel, importlib.import_module(f"{factor_kernel.__name__}_avx2")):
        monkeypatch.setattr("Recommenders._ranking.factor_ranker._kernel", module)
        lists.append(by_ranker(recommender, users, 10))
    assert lists[0] == lists[1] == by_scores(recommender, users, 10)


def test_seen_items_with_64_bit_ids_are_left_out():
    rng = np.random.default_rng(4)
    URM = sps.csr_matrix(rng.random((50, 90)) < 0.3, dtype=np.float32)
    recommender = factorisation(integers(rng, 50, 3), integers(rng, 90, 3), URM=URM)
    expected = by_scores(recommender, np.arange(50), 30)
    recommender.URM_train.indices = recommender.URM_train.indices.astype(np.int64)
    assert by_ranker(recommender, np.arange(50), 30) == expected


def test_no_users_and_no_items_left_give_empty_lists():
    rng = np.random.default_rng(5)
    recommender = factorisation(integers(rng, 4, 2), integers(rng, 3, 2))
    assert recommender.recommend([], 2) == []
    assert by_ranker(recommender, np.empty(0, dtype=np.int64), 2) == []
    recommender.set_items_to_ignore([0, 1, 2])
    assert by_ranker(recommender, np.arange(4), 2, remove_custom_items_flag=True) == [[]] * 4


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), n_users=st.integers(1, 40), n_items=st.integers(1, 90), cutoff=st.integers(1, 99)
)
def test_candidates_are_ranked_as_the_scores_of_their_places_are(seed, n_users, n_items, cutoff):
    rng = np.random.default_rng(seed)
    URM = sps.csr_matrix(rng.random((n_users, n_items)) < 0.2, dtype=np.float32)
    recommender = factorisation(
        integers(rng, n_users, 3), integers(rng, n_items, 3), integers(rng, n_items), URM if URM.nnz else None
    )
    recommender.set_items_to_ignore(rng.choice(n_items, size=n_items // 4, replace=False))
    is_candidate = rng.random((n_users, n_items)) < rng.choice([0.1, 0.9])
    candidates = sps.csr_matrix(is_candidate)
    if rng.random() < 0.5:
        candidates.indices = candidates.indices.astype(np.int64)
    flags = {"remove_seen_flag": bool(rng.random() < 0.7), "remove_custom_items_flag": bool(rng.random() < 0.5)}
    users = rng.integers(0, n_users, 30)
    scores = recommender.recommend(users, return_scores=True, **flags)[1]
    expected = reference.top_k(np.where(is_candidate[users], scores, -np.inf), cutoff)
    for num_threads in (1, 2):
        ranker = recommender.start_ranking(cutoff, candidates=candidates, num_threads=num_threads, **flags)
        assert isinstance(ranker, factor_ranker.FactorRanker)
        assert as_lists(*ranker.rank(users)) == expected
    assert as_lists(*request.ScoreRanker(recommender, ranker._request).rank(users)) == expected


def test_candidates_have_the_very_scores_that_they_have_among_all_items():
    rng = np.random.default_rng(11)
    recommender = factorisation(
        rng.normal(size=(90, 37)).astype(np.float32),
        (rng.normal(size=37) + rng.normal(size=(200, 37)) * 1e-7).astype(np.float32),  # full of near ties
        rng.normal(size=1).astype(np.float32).repeat(200),
    )
    everything = sps.csr_matrix(np.ones((90, 200)))
    users = np.arange(90)
    among_all = recommender.start_ranking(remove_seen_flag=False).rank(users)[0]
    offered = recommender.start_ranking(remove_seen_flag=False, candidates=everything).rank(users)[0]
    np.testing.assert_array_equal(offered, among_all)


def test_real_numbers_are_ranked_in_the_order_of_their_scores():
    rng = np.random.default_rng(10)
    recommender = factorisation(
        rng.normal(size=(200, 10)).astype(np.float32),
        rng.normal(size=(3000, 10)).astype(np.float32),
        rng.normal(size=3000).astype(np.float32),
    )
    users = np.arange(200)
    scores = recommender.recommend(users, return_scores=True, remove_seen_flag=False)[1]
    ids, _ = recommender.start_ranking(20, remove_seen_flag=False).rank(users)
    ranked = np.take_along_axis(scores, ids, axis=1)
    # a matrix product may be summed in another order
    best = np.sort(scores, axis=1)[:, ::-1][:, :20]
    np.testing.assert_allclose(ranked, best, rtol=0, atol=1e-5)


def test_nan_and_numbers_beyond_float32_sums_go_the_way_of_the_scores():
    rng = np.random.default_rng(6)
    user_factors, item_factors = integers(rng, 40, 2), integers(rng, 30, 2)
    item_factors[3, 1] = np.nan
    user_factors[:, 1] = 1
    with pytest.raises(ValueError, match="NaN in the row of id 0"):
        factorisation(user_factors, item_factors).recommend(np.arange(40), remove_seen_flag=False)
    item_factors[3, 1] = np.inf
    lists = factorisation(user_factors, item_factors).recommend(np.arange(40), 2)
    assert all(ranking[0] == 3 for ranking in lists)
    large = factorisation(
        np.full((40, 2), 1e30, np.float32), np.array([[1e8, 1e8], [-1e8, 1.0], [1.0, 0.0]], np.float32)
    )
    assert large.recommend(np.arange(40), remove_seen_flag=False) == by_scores(
        large, np.arange(40), 3, remove_seen_flag=False
    )


@pytest.mark.parametrize("what", ["USER_bias", "GLOBAL_bias"])
def test_a_bias_of_a_user_that_is_minus_infinity_recommends_nothing(what):
    rng = np.random.default_rng(7)
    recommender = factorisation(integers(rng, 40, 2), integers(rng, 30, 2), integers(rng, 30))
    setattr(recommender, what, np.full_like(getattr(recommender, what), -np.inf))
    assert recommender.recommend(np.arange(40), 5) == [[]] * 40


def test_scores_that_a_subclass_or_the_object_itself_replaces_are_those_that_rank():
    class Reversed(BaseMatrixFactorizationRecommender):
        def _compute_item_score(self, user_id_array, items_to_compute=None):
            return -super()._compute_item_score(user_id_array, items_to_compute)

    rng = np.random.default_rng(8)
    URM = sps.csr_matrix(([1.0], ([0], [0])), shape=(40, 30))
    recommender = Reversed(URM, verbose=False)
    recommender.USER_factors, recommender.ITEM_factors = integers(rng, 40, 2), integers(rng, 30, 2)
    expected = reference.top_k(-(recommender.USER_factors @ recommender.ITEM_factors.T), 5)
    assert recommender.recommend(np.arange(40), 5, remove_seen_flag=False) == expected

    plain = factorisation(recommender.USER_factors, recommender.ITEM_factors)
    plain._compute_item_score = recommender._compute_item_score
    assert plain.recommend(np.arange(40), 5, remove_seen_flag=False) == expected


def test_a_singular_value_decomposition_is_ranked_by_its_scaled_factors():
    rng = np.random.default_rng(9)
    recommender = BaseSVDRecommender(sps.csr_matrix(([1.0], ([0], [0])), shape=(60, 300)), verbose=False)
    recommender.USER_factors, recommender.ITEM_factors = integers(rng, 60, 3), integers(rng, 300, 3)
    recommender.Sigma = np.array([4, 2, 1], dtype=np.float32)
    assert by_ranker(recommender, np.arange(60), 20) == by_scores(recommender, np.arange(60), 20)


def test_factors_of_float64_are_ranked_in_float64():
    users, items = np.ones((40, 1)), 1 + np.arange(50)[:, None] * 1e-12
    assert factorisation(users, items).recommend(np.arange(40), 3) == [[49, 48, 47]] * 40


def test_factors_of_no_columns_are_ranked_by_their_biases():
    recommender = factorisation(
        np.ones((300, 0), np.float32), np.ones((9, 0), np.float32), np.arange(9, dtype=np.float32)
    )
    assert recommender.recommend(np.arange(300), 2) == [[8, 7]] * 300


def test_ids_and_matrices_that_do_not_fit_are_refused_and_not_read():
    rng = np.random.default_rng(13)
    recommender = factorisation(integers(rng, 300, 2), integers(rng, 40, 2))
    with pytest.raises(ValueError, match=r"user_ids must be integer ids in 0..299, got -1"):
        recommender.start_ranking(5).rank(np.full(300, -1))
    broken = sps.csr_matrix(np.ones((300, 40)))
    broken.indices[3] = 40
    with pytest.raises(
        ValueError, match=r"candidates must be a consistent sparse matrix, got one with columns outside of 0..39"
    ):
        recommender.start_ranking(5, candidates=broken)
    recommender.URM_train = sps.csr_matrix(np.ones((300, 41)))
    with pytest.raises(ValueError, match=r"URM_train must be of shape \(300, 40\), got \(300, 41\)"):
        recommender.recommend(np.arange(300))
