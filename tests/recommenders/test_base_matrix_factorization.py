"""The two scoring formulas over factors."""

from typing import ClassVar

import numpy as np
import pytest

from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender, BaseSVDRecommender
from Recommenders.DataIO import DataIO
from tests.recommenders.recommender_contract import RecommenderContract, make_URM


class Factors(BaseMatrixFactorizationRecommender):
    RECOMMENDER_NAME = "FactorsRecommender"

    def fit(self, use_bias=False, dtype=np.float32):
        rng = np.random.default_rng(0)
        self.USER_factors = rng.normal(size=(self.n_users, 3)).astype(dtype)
        self.ITEM_factors = rng.normal(size=(self.n_items, 3)).astype(dtype)
        self.use_bias = use_bias
        if use_bias:
            self.USER_bias = rng.normal(size=self.n_users).astype(dtype)
            self.ITEM_bias = rng.normal(size=self.n_items).astype(dtype)
            self.GLOBAL_bias = np.array(3.5, dtype=dtype)
        return self


class SVD(BaseSVDRecommender):
    RECOMMENDER_NAME = "SVDTestRecommender"

    def fit(self):
        rng = np.random.default_rng(0)
        self.USER_factors = rng.normal(size=(self.n_users, 3)).astype(np.float32)
        self.ITEM_factors = rng.normal(size=(self.n_items, 3)).astype(np.float32)
        self.Sigma = np.array([3.0, 2.0, 0.5], dtype=np.float32)
        return self


class TestFactors(RecommenderContract):
    recommender_class = Factors


class TestFactorsWithBias(RecommenderContract):
    recommender_class = Factors
    fit_arguments: ClassVar = {"use_bias": True}


class TestSVD(RecommenderContract):
    recommender_class = SVD

    def test_score_is_the_product_with_sigma_between(self, shared):
        expected = shared.USER_factors @ np.diag(shared.Sigma) @ shared.ITEM_factors.T
        np.testing.assert_allclose(self.all_scores(shared), expected, rtol=1e-5, atol=1e-6)

    def test_has_no_bias_attributes(self, shared):
        assert not any(hasattr(shared, name) for name in ("use_bias", "USER_bias", "ITEM_bias", "GLOBAL_bias"))

    def test_saves_the_keys_of_the_contract(self, shared, tmp_path):
        shared.save_model(tmp_path, "svd")
        assert set(DataIO(str(tmp_path)).load_data("svd")) == {"USER_factors", "ITEM_factors", "Sigma"}


def factors(**arguments):
    return Factors(make_URM(), verbose=False).fit(**arguments)


def test_attributes_before_fit_are_those_of_the_contract():
    recommender = Factors(make_URM(), verbose=False)
    for name in ("USER_factors", "ITEM_factors", "USER_bias", "ITEM_bias", "GLOBAL_bias"):
        assert getattr(recommender, name) is None
    assert recommender.use_bias is False


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("use_bias", [False, True])
def test_score_is_the_formula_in_the_dtype_of_the_factors(dtype, use_bias):
    recommender = factors(use_bias=use_bias, dtype=dtype)
    users = np.array([5, 0, 39, 5])
    expected = recommender.USER_factors[users] @ recommender.ITEM_factors.T
    if use_bias:
        expected = expected + recommender.ITEM_bias + 3.5 + recommender.USER_bias[users, np.newaxis]
    for items in (None, np.array([3, 0, 8])):
        scores = recommender._compute_item_score(users, items_to_compute=items)
        assert scores.dtype == dtype
        asked = np.arange(30) if items is None else items
        np.testing.assert_allclose(scores[:, asked], expected[:, asked], rtol=1e-5, atol=1e-6)
        assert (np.delete(scores, asked, axis=1) == -np.inf).all()


def test_a_global_bias_may_be_a_python_float():
    recommender = factors(use_bias=True)
    scores = recommender._compute_item_score([3])
    recommender.GLOBAL_bias = 3.5
    np.testing.assert_array_equal(recommender._compute_item_score([3]), scores)


def test_users_beyond_the_rows_of_the_factors_are_refused():
    recommender = factors()
    recommender.USER_factors = recommender.USER_factors[:10]
    assert len(recommender.recommend(9)) > 0
    for users in ([10], [0, 39], [-1]):
        with pytest.raises(ValueError, match=r"user_id_array must be integer ids in 0\.\.9"):
            recommender._compute_item_score(users)


def test_factors_that_do_not_fit_each_other_are_refused():
    recommender = factors()
    recommender.ITEM_factors = recommender.ITEM_factors[:, :2]
    with pytest.raises(ValueError, match="the same number of columns"):
        recommender.recommend(1)


@pytest.mark.parametrize("missing", ["ITEM_bias", "USER_bias", "GLOBAL_bias"])
def test_use_bias_without_a_bias_is_an_error_at_scoring_and_saving(missing, tmp_path):
    recommender = factors(use_bias=True)
    setattr(recommender, missing, None)
    for call in (lambda: recommender.recommend(1), lambda: recommender.save_model(tmp_path)):
        with pytest.raises(RuntimeError, match=missing):
            call()


def test_saves_the_keys_of_the_contract(tmp_path):
    factors().save_model(tmp_path, "plain")
    assert set(DataIO(str(tmp_path)).load_data("plain")) == {"USER_factors", "ITEM_factors", "use_bias"}
    factors(use_bias=True).save_model(tmp_path, "biased")
    biased = DataIO(str(tmp_path)).load_data("biased")
    assert set(biased) == {"USER_factors", "ITEM_factors", "use_bias", "USER_bias", "ITEM_bias", "GLOBAL_bias"}
    assert biased["use_bias"] is True
    assert biased["GLOBAL_bias"].shape == ()
    assert biased["USER_factors"].dtype == np.float32


@pytest.mark.parametrize("global_bias", [3.5, 3, np.array(3.5), np.float64(3.5)])
def test_a_global_bias_saved_as_a_number_or_an_array_is_loaded(global_bias, tmp_path):
    recommender = factors(use_bias=True)
    recommender.save_model(tmp_path, "model")
    data = DataIO(str(tmp_path)).load_data("model")
    DataIO(str(tmp_path)).save_data("host", data | {"GLOBAL_bias": global_bias})
    recommender.load_model(tmp_path, "host")
    assert recommender.GLOBAL_bias == global_bias


def test_loading_a_model_without_biases_forgets_those_of_the_last_one(tmp_path):
    factors().save_model(tmp_path, "plain")
    recommender = factors(use_bias=True)
    recommender.load_model(tmp_path, "plain")
    assert recommender.use_bias is False
    assert recommender.USER_bias is recommender.ITEM_bias is recommender.GLOBAL_bias is None


def test_an_archive_of_a_singular_value_decomposition_is_loaded_with_sigma_in_the_users(tmp_path):
    svd = SVD(make_URM(), verbose=False).fit()
    svd.save_model(tmp_path, "svd")
    recommender = factors(use_bias=True)
    recommender.load_model(tmp_path, "svd")
    users = np.arange(40)
    np.testing.assert_allclose(
        recommender._compute_item_score(users), svd._compute_item_score(users), rtol=1e-5, atol=1e-6
    )
    assert recommender.recommend(users) == svd.recommend(users)
    assert recommender.use_bias is False and recommender.USER_factors.dtype == np.float32


@pytest.mark.parametrize(
    "edit",
    [
        {"Sigma": np.ones(2, dtype=np.float32)},
        {"Sigma": np.ones((1, 3), dtype=np.float32)},
        {"Sigma": 2.0},
        {"Sigma": np.array([1, np.nan, 1], dtype=np.float32)},
        {"Sigma": np.full(3, 3e38, dtype=np.float32)},
        {"Sigma": np.ones(3, dtype=np.float32), "use_bias": True},
    ],
    ids=["too short", "a matrix", "a number", "NaN", "overflow", "with biases"],
)
def test_a_sigma_that_does_not_fit_is_refused_and_nothing_changes(edit, tmp_path):
    SVD(make_URM(), verbose=False).fit().save_model(tmp_path, "svd")
    DataIO(str(tmp_path)).save_data("svd", DataIO(str(tmp_path)).load_data("svd") | edit)
    recommender = factors(use_bias=True)
    before = recommender.recommend(np.arange(40), return_scores=True)[1]
    with pytest.raises(ValueError, match=r"svd\.zip: Sigma must be"):
        recommender.load_model(tmp_path, "svd")
    np.testing.assert_array_equal(recommender.recommend(np.arange(40), return_scores=True)[1], before)


@pytest.mark.parametrize(
    "edit",
    [
        {"USER_factors": np.zeros((39, 3))},
        {"USER_factors": np.zeros((40, 2))},
        {"ITEM_factors": np.zeros((30, 3, 1))},
        {"ITEM_factors": np.full((30, 3), np.nan)},
        {"ITEM_factors": np.zeros((30, 3), dtype=np.int64)},
        {"ITEM_factors": np.zeros((30, 3), dtype="U3")},
        {"USER_bias": np.zeros(39)},
        {"ITEM_bias": np.zeros((30, 1))},
        {"GLOBAL_bias": np.zeros(1)},
        {"GLOBAL_bias": "3.5"},
        {"use_bias": 1},
    ],
)
def test_a_hand_edited_archive_is_refused_by_file_and_key_and_nothing_changes(edit, tmp_path):
    recommender = factors(use_bias=True)
    recommender.save_model(tmp_path, "model")
    DataIO(str(tmp_path)).save_data("model", DataIO(str(tmp_path)).load_data("model") | edit)
    before = recommender.recommend(np.arange(40), return_scores=True)[1]
    with pytest.raises(ValueError, match=r"model\.zip") as caught:
        recommender.load_model(tmp_path, "model")
    assert any(key in str(caught.value) for key in ("USER_factors", "ITEM_factors", *edit))
    np.testing.assert_array_equal(recommender.recommend(np.arange(40), return_scores=True)[1], before)
