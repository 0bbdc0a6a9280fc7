import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.BaseCBFRecommender import BaseItemCBFRecommender, BaseUserCBFRecommender

FEATURES = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [3.0, 1.0], [1.0, 1.0]])


def test_item_features_are_copied_and_the_items_without_any_are_known(tiny_URM, capsys):
    ICM = sps.csr_matrix(FEATURES)
    recommender = BaseItemCBFRecommender(tiny_URM, ICM)
    assert recommender.n_features == 2
    assert recommender.ICM_train.dtype == np.float32 and recommender.ICM_train is not ICM
    np.testing.assert_array_equal(recommender.ICM_train.toarray(), FEATURES)
    assert recommender._cold_item_CBF_mask.tolist() == [False, False, True, False, False]
    assert "ICM Detected 1 (20.0%) items with no features." in capsys.readouterr().out


def test_user_features_are_copied_and_the_users_without_any_are_known(tiny_URM, capsys):
    recommender = BaseUserCBFRecommender(tiny_URM, sps.coo_matrix(FEATURES[:4]))
    assert recommender.n_features == 2
    assert recommender._cold_user_CBF_mask.tolist() == [False, False, True, False]
    assert "UCM Detected 1 (25.0%) cold users." in capsys.readouterr().out


@pytest.mark.parametrize("recommender_class", [BaseItemCBFRecommender, BaseUserCBFRecommender])
@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        (sps.csr_matrix(FEATURES[:3]), ValueError, "must have a row for each"),
        (sps.csr_matrix(FEATURES * np.nan), ValueError, "finite"),
        (FEATURES, TypeError, "sparse"),
    ],
)
def test_bad_features_are_refused(tiny_URM, recommender_class, features, error, message):
    with pytest.raises(error, match=f"[IU]CM_train must .*{message}|[IU]CM_train {message}"):
        recommender_class(tiny_URM, features, verbose=False)


def test_nothing_is_printed_unless_verbose(tiny_URM, capsys):
    BaseItemCBFRecommender(tiny_URM, sps.csr_matrix(FEATURES), verbose=False)
    assert capsys.readouterr().out == ""
