import numpy as np
import pytest


@pytest.mark.parametrize("changes", [{"use_bias": True}, {"use_bias": False, "bias_reg": 0.0}])
def test_the_hosts_scores_are_the_models_formula(fit, changes):
    recommender = fit(**changes)
    assert recommender.use_bias is True
    users = np.arange(recommender.n_users)
    formula = recommender.USER_factors.astype(np.float64) @ recommender.ITEM_factors.T.astype(np.float64)
    formula += recommender.GLOBAL_bias + recommender.ITEM_bias + recommender.USER_bias[:, np.newaxis]
    assert recommender.USER_bias.any() == changes["use_bias"]

    ranking, scores = recommender.recommend(users, remove_seen_flag=False, return_scores=True)
    np.testing.assert_allclose(scores, formula, rtol=1e-5, atol=1e-5)
    for user, items in enumerate(ranking):
        # the host leaves the order of equal scores open
        assert np.array_equal(scores[user, items], np.sort(scores[user])[:0:-1])


@pytest.mark.filterwarnings("ignore:a sigmoid predicts")
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "identity"])
def test_predict_is_the_activation_of_the_hosts_score(fit, activation):
    recommender = fit(activation=activation)
    score = recommender.recommend(np.array([3, 5]), remove_seen_flag=False, return_scores=True)[1]
    apply = {"relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "identity": lambda x: x}
    predictions = recommender.predict([3, 3, 5], [1, 2, 4])
    expected = apply[activation](score[[0, 0, 1], [1, 2, 4]])
    np.testing.assert_allclose(predictions, expected, rtol=1e-5, atol=1e-6)


def test_predictions_are_clipped_to_the_ratings_on_request(fit, URM):
    recommender = fit(epochs=30, learning_rate=0.5, user_reg=0.0, item_reg=0.0, bias_reg=0.0)
    items = np.arange(recommender.n_items)
    predictions = np.concatenate([recommender.predict(user, items) for user in range(recommender.n_users)])
    clipped = np.concatenate([recommender.predict(user, items, clip=True) for user in range(recommender.n_users)])
    assert predictions.max() > URM.data.max()
    np.testing.assert_array_equal(clipped, np.clip(predictions, URM.data.min(), URM.data.max()))


def test_the_host_ranks_one_item_less_than_there_are(fit):
    recommender = fit()
    for cutoff in (None, recommender.n_items, recommender.n_items + 5):
        ranking = recommender.recommend(2, cutoff=cutoff, remove_seen_flag=False)
        assert len(ranking) == len(set(ranking)) == recommender.n_items - 1


def test_seen_items_and_items_that_nobody_asked_for_are_left_out(fit, URM):
    recommender = fit()
    assert not set(recommender.recommend(2)) & set(URM[2].indices.tolist())
    unseen = [item for item in range(recommender.n_items) if URM[2, item] == 0][:3]
    assert set(recommender.recommend(2, items_to_compute=np.array(unseen))) == set(unseen)


def test_a_cold_user_is_ranked_by_the_item_biases(fit):
    recommender = fit()
    assert recommender._get_cold_user_mask()[0]
    assert not recommender.USER_factors[0].any() and recommender.USER_bias[0] == 0
    score = recommender.recommend(0, return_scores=True)[1][0]
    np.testing.assert_allclose(score, recommender.ITEM_bias + recommender.GLOBAL_bias, rtol=1e-6)


def test_a_replaced_URM_decides_who_is_cold(unfitted, URM):
    """The host does not refresh its mask of cold items; the plug-in reads the matrix."""
    replaced = URM.tolil()
    replaced[0, 0] = 5.0
    unfitted.set_URM_train(replaced.tocsr())
    unfitted.fit(epochs=1, random_seed=1)
    assert unfitted.USER_factors[0].any() and unfitted.ITEM_factors[0].any()
