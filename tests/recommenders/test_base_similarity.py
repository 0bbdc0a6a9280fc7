"""Item-item and user-user scoring."""

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.BaseSimilarityMatrixRecommender import (
    BaseItemSimilarityMatrixRecommender,
    BaseSimilarityMatrixRecommender,
    BaseUserSimilarityMatrixRecommender,
)
from Recommenders.DataIO import DataIO
from tests.recommenders.recommender_contract import RecommenderContract, make_URM


class ItemSimilarity(BaseItemSimilarityMatrixRecommender):
    RECOMMENDER_NAME = "ItemSimilarityRecommender"

    def fit(self):
        self.W_sparse = sps.random(self.n_items, self.n_items, 0.3, "csr", np.float32, random_state=0)
        return self


class UserSimilarity(BaseUserSimilarityMatrixRecommender):
    RECOMMENDER_NAME = "UserSimilarityRecommender"

    def fit(self):
        self.W_sparse = sps.random(self.n_users, self.n_users, 0.3, "csr", np.float32, random_state=0)
        return self


class TestItemSimilarity(RecommenderContract):
    recommender_class = ItemSimilarity

    def test_score_is_the_profile_times_the_similarity(self, shared):
        expected = shared.URM_train.toarray() @ shared.W_sparse.toarray()
        np.testing.assert_allclose(self.all_scores(shared), expected, rtol=1e-5)


class TestUserSimilarity(RecommenderContract):
    recommender_class = UserSimilarity

    def test_score_is_the_similarity_times_the_ratings(self, shared):
        expected = shared.W_sparse.toarray() @ shared.URM_train.toarray()
        np.testing.assert_allclose(self.all_scores(shared), expected, rtol=1e-5)


@pytest.mark.parametrize("similarity_class", [ItemSimilarity, UserSimilarity])
@pytest.mark.parametrize("convert", [sps.csc_matrix, sps.csr_array, sps.lil_matrix, lambda W: W.toarray()])
def test_a_similarity_of_any_format_scores_and_is_saved(similarity_class, convert, tmp_path, capsys):
    expected = similarity_class(make_URM(), verbose=False).fit()._compute_item_score(np.arange(40))
    recommender = similarity_class(make_URM(), verbose=False).fit()
    recommender.W_sparse = convert(recommender.W_sparse)
    recommender.verbose = True
    for _ in range(2):
        scores = recommender._compute_item_score(np.arange(40))
    assert isinstance(scores, np.ndarray)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    name = getattr(recommender.W_sparse, "format", "csr")
    assert capsys.readouterr().out.count(f"PERFORMANCE ALERT: W_sparse is not csr but {name}") == (name != "csr")
    recommender.save_model(tmp_path, "model")
    recommender.load_model(tmp_path, "model")
    assert isinstance(recommender.W_sparse, sps.csr_matrix)
    np.testing.assert_allclose(recommender._compute_item_score(np.arange(40)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "W",
    [sps.eye(40, format="csr"), np.eye(30), sps.csr_matrix(np.full((30, 30), np.nan)), sps.eye(30, 29, format="csr")],
)
def test_a_similarity_that_does_not_fit_is_refused_by_file_and_nothing_changes(W, tmp_path):
    recommender = ItemSimilarity(make_URM(), verbose=False).fit()
    before = recommender.W_sparse
    DataIO(str(tmp_path)).save_data("model", {"W_sparse": W})
    with pytest.raises(ValueError, match=r"model\.zip: W_sparse"):
        recommender.load_model(tmp_path, "model")
    assert recommender.W_sparse is before


def test_a_column_outside_the_matrix_in_a_hand_edited_file_is_refused(tmp_path):
    W = sps.eye(30, format="csr")
    W.indices[7] = 10**6
    DataIO(str(tmp_path)).save_data("model", {"W_sparse": W})
    with pytest.raises(ValueError, match=r"model\.zip"):
        ItemSimilarity(make_URM(), verbose=False).load_model(tmp_path, "model")


def test_the_common_base_takes_any_square_matrix(tmp_path):
    recommender = BaseSimilarityMatrixRecommender(make_URM(), verbose=False)
    for W, fits in ((sps.eye(7, format="csr"), True), (sps.eye(7, 8, format="csr"), False)):
        DataIO(str(tmp_path)).save_data("model", {"W_sparse": W})
        if fits:
            recommender.load_model(tmp_path, "model")
        else:
            with pytest.raises(ValueError, match=r"shape \(n, n\), got shape \(7, 8\)"):
                recommender.load_model(tmp_path, "model")
    assert recommender.W_sparse.shape == (7, 7)
