"""TopPop, GlobalEffects and Random."""

from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.DataIO import DataIO
from Recommenders.NonPersonalizedRecommender import GlobalEffects, Random, TopPop
from tests.recommenders.recommender_contract import RecommenderContract, make_URM


class TestTopPop(RecommenderContract):
    recommender_class = TopPop

    def test_score_is_the_number_of_interactions(self, tiny_URM):
        recommender = TopPop(tiny_URM, verbose=False).fit()
        rankings, scores = recommender.recommend([3, 0], return_scores=True)
        assert scores.tolist() == [[3, 2, 1, 2, 0], [-np.inf, -np.inf, 1, -np.inf, 0]]
        assert rankings == [[0, 1, 3, 2, 4], [2, 4]]


class TestGlobalEffects(RecommenderContract):
    recommender_class = GlobalEffects
    has_predict = True
    cold_items_are_ranked = False
    bad_fit_arguments: ClassVar = [
        (name, value, error)
        for name in ("lambda_user", "lambda_item")
        for value, error in ((-1, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError))
    ]

    @pytest.mark.parametrize(("lambda_user", "lambda_item"), [(10, 25), (0, 0), (3.5, 0.25)])
    def test_equals_the_formula_worked_rating_by_rating(self, lambda_user, lambda_item):
        ratings = make_URM().astype(np.float32).toarray().astype(np.float64)
        n_users, n_items = ratings.shape
        seen = ratings != 0
        mean = ratings[seen].mean()
        b_i = np.zeros(n_items)
        for i in range(n_items):
            if seen[:, i].any():
                b_i[i] = sum(r - mean for r in ratings[seen[:, i], i]) / (lambda_item + seen[:, i].sum())
        b_u = np.zeros(n_users)
        for u in range(n_users):
            if seen[u].any():
                residuals = [ratings[u, i] - mean - b_i[i] for i in range(n_items) if seen[u, i]]
                b_u[u] = sum(residuals) / (lambda_user + len(residuals))

        recommender = GlobalEffects(make_URM(), verbose=False).fit(lambda_user=lambda_user, lambda_item=lambda_item)
        scores = self.all_scores(recommender)
        np.testing.assert_allclose(scores[:, 1:-1], np.tile(b_i[1:-1], (n_users, 1)), rtol=1e-5, atol=1e-7)
        assert (scores[:, [0, -1]] == -np.inf).all()
        users, items = (grid.ravel() for grid in np.meshgrid(np.arange(n_users), np.arange(n_items), indexing="ij"))
        expected = (mean + b_u[:, np.newaxis] + b_i).ravel()
        np.testing.assert_allclose(recommender.predict(users, items), expected, rtol=1e-6)

    def test_clip_brings_both_ends_into_the_range_of_the_ratings(self):
        # mean 3; b_i = 2, 0, -2; b_u = 1, 0, -1
        ratings = sps.csr_matrix(np.array([[5.0, 5, 0], [5, 0, 1], [0, 1, 1]]))
        recommender = GlobalEffects(ratings, verbose=False).fit(lambda_user=0, lambda_item=0)
        assert recommender.predict([0, 1, 2], [0, 1, 2]).tolist() == [6, 3, 0]
        assert recommender.predict([0, 1, 2], [0, 1, 2], clip=True).tolist() == [5, 3, 1]

    def test_an_archive_of_item_biases_alone_ranks_and_says_that_it_cannot_predict(self, tmp_path):
        item_bias = np.linspace(-1, 1, 30)
        DataIO(str(tmp_path)).save_data("host", {"item_bias": item_bias})
        recommender = GlobalEffects(make_URM(), verbose=False).fit()
        recommender.load_model(tmp_path, "host")
        assert recommender.recommend(0, cutoff=3) == [29, 28, 27]
        with pytest.raises(RuntimeError, match="user_bias"):
            recommender.predict([1], [1])
        recommender.save_model(tmp_path, "again")
        assert set(DataIO(str(tmp_path)).load_data("again")) == {"item_bias"}

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("item_bias", np.full(30, np.nan)),
            ("item_bias", np.full(30, np.inf)),
            ("user_bias", np.full(40, -np.inf)),
            ("global_mean", np.nan),
            ("rating_range", np.array([5.0, 1.0])),
        ],
    )
    def test_a_value_that_no_fit_gives_is_refused(self, tmp_path, key, value):
        recommender = GlobalEffects(make_URM(), verbose=False).fit()
        recommender.save_model(tmp_path, "model")
        data = DataIO(str(tmp_path)).load_data("model")
        DataIO(str(tmp_path)).save_data("edited", data | {key: value})
        with pytest.raises(ValueError, match=rf"edited\.zip: {key} must be"):
            recommender.load_model(tmp_path, "edited")


class TestRandom(RecommenderContract):
    recommender_class = Random
    fit_arguments: ClassVar = {"random_seed": 7}
    bad_fit_arguments: ClassVar = [("random_seed", value, ValueError) for value in (-1, 2**63)] + [
        ("random_seed", value, TypeError) for value in (1.0, True, "7")
    ]

    def test_seed_and_user_alone_decide_the_scores(self):
        first = self.all_scores(Random(make_URM(), verbose=False).fit())
        other_ratings = sps.csr_matrix(np.eye(40, 30))
        np.testing.assert_array_equal(self.all_scores(Random(other_ratings, verbose=False).fit(random_seed=42)), first)
        assert not np.isin(self.all_scores(Random(make_URM(), verbose=False).fit(random_seed=43)), first).any()
        assert np.unique(first).size == first.size

    def test_scores_are_uniform(self):
        URM = sps.csr_matrix(np.ones((1, 1)))
        URM.resize(400, 500)
        scores = self.all_scores(Random(URM, verbose=False).fit())
        shares = np.histogram(scores, bins=20, range=(0, 1))[0] / scores.size
        np.testing.assert_allclose(shares, 0.05, atol=0.003)
        for axis in (0, 1):
            neighbours = np.corrcoef(scores.ravel(), np.roll(scores, 1, axis=axis).ravel())[0, 1]
            assert abs(neighbours) < 0.01

    def test_no_seed_is_another_seed_at_every_fit(self):
        recommender = Random(make_URM(), verbose=False)
        assert recommender.fit(random_seed=None).random_seed != recommender.fit(random_seed=None).random_seed

    def test_an_empty_archive_is_the_default_seed(self, tmp_path):
        DataIO(str(tmp_path)).save_data("host", {})
        recommender = Random(make_URM(), verbose=False).fit(random_seed=1)
        recommender.load_model(tmp_path, "host")
        np.testing.assert_array_equal(
            self.all_scores(recommender), self.all_scores(Random(make_URM(), verbose=False).fit())
        )


def test_counts_beyond_float32_do_not_tie(tiny_URM):
    recommender = TopPop(tiny_URM, verbose=False).fit()
    recommender.item_pop = (1 << 24) + np.arange(recommender.n_items)
    ranking, scores = recommender.recommend(0, remove_seen_flag=False, return_scores=True)
    assert ranking == list(range(recommender.n_items))[::-1]
    assert np.array_equal(scores[0], recommender.item_pop)


@pytest.mark.parametrize("recommender_class", [TopPop, GlobalEffects])
def test_fit_reads_a_training_matrix_set_by_hand_in_any_format_and_refuses_a_damaged_one(recommender_class):
    URM = sps.csr_matrix([[5, 4, 0, 0], [0, 3, 1, 0], [2, 0, 0, 0]], dtype=np.float32)
    expected = recommender_class(URM, verbose=False).fit()
    recommender = recommender_class(URM, verbose=False)
    recommender.URM_train = URM.tocsc()
    scores = [fitted._compute_item_score([0, 1, 2]) for fitted in (recommender.fit(), expected)]
    np.testing.assert_array_equal(*scores)
    damaged = URM.copy()
    damaged.indices[0] = 10**8
    recommender.URM_train = damaged
    with pytest.raises(ValueError, match="URM_train must be a consistent sparse matrix"):
        recommender.fit()
