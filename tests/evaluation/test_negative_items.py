"""sample_negative_items: what may be drawn, how much of it, and how often."""

import random
import re
import tracemalloc
import warnings
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from Evaluation import negative_items
from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample
from Evaluation.negative_items import sample_negative_items
from tests.reference.negative_items import set_probabilities

# all from the urn, all at once, and a change from one to the other in the middle of a user
URN, AT_ONCE, MIXED = 1e9, 0.0, 1.0
WAYS = pytest.mark.parametrize(("most_draws", "per_expected"), [(URN, 1.2), (URN, 4.0), (AT_ONCE, 1.2), (MIXED, 1.2)])


@pytest.fixture
def rounds(monkeypatch) -> list[tuple[int, int]]:
    """Of every round of draws from the urn: how many draws, and how many items could not be drawn before."""
    sizes = []
    first_new = negative_items._Block._first_new

    def recorded(block: negative_items._Block, keys: np.ndarray) -> np.ndarray:
        sizes.append((keys.size, block.taken.size))
        return first_new(block, keys)

    monkeypatch.setattr(negative_items._Block, "_first_new", recorded)
    return sizes


def _equal_users(n_users: int, popularity: list[int]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Users with a test rating of the last item alone, then trainers who give the items their popularity."""
    n_trainers = max(popularity)
    ratings = [(n_users + trainer, item) for item, n in enumerate(popularity) for trainer in range(n)]
    shape = (n_users + n_trainers, len(popularity))
    train = sps.csr_matrix((np.ones(len(ratings)), tuple(zip(*ratings, strict=True))), shape=shape)
    last = np.full(n_users, shape[1] - 1)
    return train, sps.csr_matrix((np.ones(n_users), (np.arange(n_users), last)), shape=shape)


def _random_case(seed: int = 0, shape: tuple[int, int] = (60, 150)) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    rng = np.random.default_rng(seed)
    popularity = rng.random(shape[1]) ** 3
    return sps.csr_matrix(rng.random(shape) < 0.5 * popularity), sps.csr_matrix(rng.random(shape) < 0.05)


def _with_stored_zeros(rng: np.random.Generator, shape: tuple[int, int], dtype: type, form: str) -> sps.spmatrix:
    """About half of the rows nearly full, the others nearly empty; some of the stored values are 0."""
    stored = rng.random(shape) < rng.choice([0.1, 0.95], (shape[0], 1))
    users, items = np.nonzero(stored)
    values = rng.integers(0, 3, users.size).astype(dtype)
    return sps.coo_matrix((values, (users, items)), shape=shape).asformat(form)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 30)),
    dtypes=st.tuples(*[st.sampled_from([bool, np.int8, np.int64, np.float32, np.float64])] * 2),
    forms=st.tuples(*[st.sampled_from(["csr", "csc", "coo", "lil", "dok"])] * 2),
    n_negatives=st.sampled_from([1, 2, 5, 40, 10**30]),
    by_popularity=st.booleans(),
    most_draws=st.sampled_from([URN, AT_ONCE, MIXED, negative_items._MOST_DRAWS_PER_ITEM]),
    entries=st.sampled_from([1, 20, negative_items._ENTRIES_AT_ONCE]),
)
def test_each_test_user_gets_as_many_unrated_items_as_there_are(
    seed, shape, dtypes, forms, n_negatives, by_popularity, most_draws, entries
):
    rng = np.random.default_rng(seed)
    URM_train, URM_test = (
        _with_stored_zeros(rng, shape, dtype, form) for dtype, form in zip(dtypes, forms, strict=True)
    )
    train, test = URM_train.toarray() != 0, URM_test.toarray() != 0
    allowed = ~train & ~test & (train.any(axis=0) | (not by_popularity)) & test.any(axis=1, keepdims=True)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        patch.setattr(negative_items, "_MOST_DRAWS_PER_ITEM", most_draws)
        patch.setattr(negative_items, "_ENTRIES_AT_ONCE", entries)
        sample = sample_negative_items(
            URM_train, URM_test, n_negatives, by_popularity=by_popularity, random_seed=seed % 7
        )
    assert isinstance(sample, sps.csr_matrix) and sample.dtype == bool and sample.shape == shape
    assert sample.data.all() and sample.has_canonical_format
    assert not (sample.toarray() & ~allowed).any()
    n_allowed = allowed.sum(axis=1).tolist()
    assert np.diff(sample.indptr).tolist() == [min(n, n_negatives) for n in n_allowed]
    tested = np.flatnonzero(test.any(axis=1))
    short = [n_allowed[user] for user in tested if n_allowed[user] < n_negatives]
    assert [str(warning.message) for warning in recorded] == [
        f"sample_negative_items: {len(short)} of {tested.size} test users have fewer than {n_negatives} items to draw "
        f"from, the fewest {min(short, default=0)}"
    ] * bool(short)
    assert all(warning.filename == __file__ for warning in recorded)


@WAYS
@pytest.mark.parametrize("n_negatives", [1, 2, 3])
@pytest.mark.parametrize(
    ("by_popularity", "popularity"), [(False, [9, 9, 1, 1, 7]), (True, [1, 2, 5, 20, 7]), (True, [3, 1, 1, 3])]
)
def test_every_set_is_as_frequent_as_its_probability(
    monkeypatch, most_draws, per_expected, n_negatives, by_popularity, popularity
):
    monkeypatch.setattr(negative_items, "_MOST_DRAWS_PER_ITEM", most_draws)
    monkeypatch.setattr(negative_items, "_DRAWS_PER_EXPECTED", per_expected)
    monkeypatch.setattr(negative_items, "_ENTRIES_AT_ONCE", 5000)
    n_users = 15_000
    train, test = _equal_users(n_users, popularity)
    sample = sample_negative_items(train, test, n_negatives, by_popularity=by_popularity, random_seed=4)
    items = sample.indices.reshape(n_users, n_negatives).tolist()
    counts = Counter(map(frozenset, items))
    weights = popularity[:-1] if by_popularity else [1] * (len(popularity) - 1)
    expected = set_probabilities(dict(enumerate(weights)), n_negatives)
    assert set(counts) <= set(expected)
    for items, probability in expected.items():
        # 4.5 standard deviations: once in a hundred thousand sets
        bound = 4.5 * np.sqrt(n_users * probability * (1 - probability)) + 1e-6
        assert abs(counts[items] - n_users * probability) <= bound, items
    if len(expected) > 1:
        observed = [counts[items] for items in expected]
        assert chisquare(observed, n_users * np.array(list(expected.values()))).pvalue > 1e-4


@pytest.mark.parametrize("by_popularity", [False, True])
def test_single_items_are_uniform_or_proportional_to_popularity(by_popularity):
    weights = np.arange(1, 101)
    train, test = _equal_users(20_000, [*weights.tolist(), 30])
    sample = sample_negative_items(train, test, 1, by_popularity=by_popularity, random_seed=0)
    shares = weights / weights.sum() if by_popularity else np.full(100, 0.01)
    assert chisquare(np.bincount(sample.indices, minlength=100), 20_000 * shares).pvalue > 1e-4


@pytest.mark.parametrize("by_popularity", [False, True])
def test_both_ways_draw_every_item_equally_often(monkeypatch, by_popularity):
    train, test = _random_case(shape=(4000, 150))
    counts = []
    for most_draws in [URN, AT_ONCE]:
        monkeypatch.setattr(negative_items, "_MOST_DRAWS_PER_ITEM", most_draws)
        sample = sample_negative_items(train, test, 30, by_popularity=by_popularity, random_seed=2)
        counts.append(np.bincount(sample.indices, minlength=150))
    share = (counts[0] + counts[1]) / 8000
    deviation = np.sqrt(2 * 4000 * share * (1 - share))
    assert (np.abs(counts[0] - counts[1]) <= 4.5 * deviation).all()


def test_one_item_with_nearly_all_ratings_leaves_the_others_to_be_drawn_at_once(rounds):
    train, test = _equal_users(50, [100_000] + [1] * 301)
    sample = sample_negative_items(train, test, 20, by_popularity=True, random_seed=0)
    assert np.diff(sample.indptr[:51]).tolist() == [20] * 50
    # 20 draws without it have a probability of at most (300 / 100300)^20
    assert sample[:50, 0].nnz == 50
    # from the urn alone they would take 300 000 draws
    assert sum(n_draws for n_draws, _ in rounds) < 50 * 50


def test_blocks_and_rounds_keep_to_their_size(monkeypatch, rounds):
    monkeypatch.setattr(negative_items, "_ENTRIES_AT_ONCE", 1000)
    monkeypatch.setattr(negative_items._Block, "draw_at_once", lambda block, rng: None)
    train, test = _random_case(shape=(30, 15_000))
    for matrix in (train, test):
        matrix.data[matrix.indices >= 300] = 0
    for n_negatives in [10, 1300]:
        sample = sample_negative_items(train, test, n_negatives, random_seed=0)
        assert np.diff(sample.indptr).tolist() == [n_negatives] * 30
    # 1300 + 20 % from the urn are more than a round has, and a profile may have 300 items on top of a block
    assert len(rounds) > 60 and max(n_draws for n_draws, _ in rounds) == 1000
    assert max(n_taken for _, n_taken in rounds) <= 1000 + 300 + 1300


def test_users_whose_draws_exceed_a_round_wait_for_the_next(monkeypatch, rounds):
    monkeypatch.setattr(negative_items, "_ENTRIES_AT_ONCE", 1000)
    # nine draws in ten are of the test item: 120 draws a user, and about 90 users a block
    train, test = _equal_users(100, [1] * 1000 + [9000])
    sample = sample_negative_items(train, test, 10, by_popularity=True, random_seed=0)
    assert np.diff(sample.indptr[:101]).tolist() == [10] * 100
    assert max(n_draws for n_draws, _ in rounds) <= 1000 and sum(n_draws for n_draws, _ in rounds) > 10_000


@pytest.mark.parametrize("by_popularity", [False, True])
def test_the_same_seed_gives_the_same_items_and_another_seed_others(by_popularity):
    train, test = _random_case()
    first, again, other, fresh, fresher = (
        sample_negative_items(train, test, 10, by_popularity=by_popularity, random_seed=seed)
        for seed in [7, np.int64(7), 8, None, None]
    )
    assert np.array_equal(first.indptr, again.indptr) and np.array_equal(first.indices, again.indices)
    assert not np.array_equal(first.indices, other.indices)
    assert not np.array_equal(fresh.indices, fresher.indices)


def test_values_and_formats_of_the_ratings_make_no_difference():
    train, test = _random_case()
    first = sample_negative_items(train, test, 10, by_popularity=True, random_seed=1)
    again = sample_negative_items(train.tocoo() * 3.5, test.tocsc() * -2, 10, by_popularity=True, random_seed=1)
    assert (first != again).nnz == 0


def test_global_random_states_are_neither_used_nor_changed():
    train, test = _random_case()
    samples = []
    for global_seed in [0, 1]:
        np.random.seed(global_seed)
        random.seed(global_seed)
        before = np.random.get_state()[1].copy(), random.getstate()
        samples.append(sample_negative_items(train, test, 20, random_seed=3))
        assert np.array_equal(np.random.get_state()[1], before[0]) and random.getstate() == before[1]
    assert np.array_equal(samples[0].indices, samples[1].indices)


def test_the_given_matrices_stay_as_they_are():
    given = [_with_stored_zeros(np.random.default_rng(seed), (8, 90), np.float64, "csr") for seed in range(2)]
    copies = [matrix.copy() for matrix in given]
    sample_negative_items(*given, 1, by_popularity=True, random_seed=0)
    for matrix, copy in zip(given, copies, strict=True):
        for name in ["data", "indices", "indptr"]:
            assert np.array_equal(getattr(matrix, name), getattr(copy, name)), name


@pytest.mark.parametrize("by_popularity", [False, True])
def test_without_test_ratings_the_sample_is_empty_and_nothing_is_said(by_popularity):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = sample_negative_items(sps.eye(3), sps.csr_matrix((3, 3)), 2, by_popularity=by_popularity)
    assert sample.nnz == 0 and sample.shape == (3, 3) and sample.dtype == bool


def test_without_training_ratings_nothing_is_popular():
    with pytest.warns(UserWarning, match="3 of 3 test users have fewer than 2 items to draw from, the fewest 0"):
        sample = sample_negative_items(sps.csr_matrix((3, 3)), sps.eye(3), 2, by_popularity=True)
    assert sample.nnz == 0


@pytest.mark.parametrize("by_popularity", [False, True])
def test_memory_does_not_grow_with_the_catalogue(by_popularity):
    rng = np.random.default_rng(0)
    shape = (4000, 500_000)
    users = np.repeat(np.arange(shape[0]), 20)
    train, test = (
        sps.csr_matrix((np.ones(users.size), (users, rng.integers(0, shape[1], users.size))), shape=shape)
        for _ in range(2)
    )
    tracemalloc.start()
    sample = sample_negative_items(train, test, 50, by_popularity=by_popularity, random_seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sample.nnz == 50 * shape[0]
    assert peak < 64e6  # a byte for every user and item would be 2e9


@pytest.mark.parametrize("by_popularity", [False, True])
def test_the_evaluator_ranks_test_items_among_the_sample_without_a_warning(score_recommender, by_popularity):
    train, test = _random_case()
    test = sps.csr_matrix(test > train).astype(np.float32)
    recommender = score_recommender(train, np.random.default_rng(5).random(train.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = sample_negative_items(train, test, 20, by_popularity=by_popularity, random_seed=0)
        sampled, _ = EvaluatorNegativeItemSample(test, sample, [5], verbose=False).evaluateRecommender(recommender)
        full, _ = EvaluatorHoldout(test, [5], verbose=False).evaluateRecommender(recommender)
    n_test = np.diff(test.indptr)
    n_ranked = [call["items_to_compute"].size for call in recommender.calls if "items_to_compute" in call]
    assert n_ranked == (n_test[n_test > 0] + 20).tolist()
    assert sampled.loc[5]["RECALL"] > full.loc[5]["RECALL"]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"URM_train": np.eye(3)}, TypeError, "URM_train must be a scipy sparse matrix, got a ndarray"),
        ({"URM_test": [[1]]}, TypeError, "URM_test must be a scipy sparse matrix, got a list"),
        ({"URM_test": sps.eye(4)}, ValueError, "URM_test must be of shape (3, 3), got shape (4, 4)"),
        ({"URM_train": sps.eye(3) * np.nan}, ValueError, "URM_train must be a sparse matrix of finite numbers, got"),
        ({"n_negatives": 0}, ValueError, "n_negatives must be an integer >= 1, got 0"),
        ({"n_negatives": True}, TypeError, "n_negatives must be an integer >= 1, got True"),
        ({"n_negatives": 2.0}, TypeError, "n_negatives must be an integer >= 1, got 2.0"),
        ({"by_popularity": 1}, TypeError, "by_popularity must be True or False, got 1"),
        ({"random_seed": -1}, ValueError, "random_seed must be an integer >= 0, got -1"),
        ({"random_seed": False}, TypeError, "random_seed must be an integer >= 0, got False"),
        ({"random_seed": "1"}, TypeError, "random_seed must be an integer >= 0, got '1'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, text):
    given = {"URM_train": sps.eye(3), "URM_test": sps.eye(3), "n_negatives": 1, **arguments}
    with pytest.raises(error, match="^" + re.escape(text)):
        sample_negative_items(**given)
