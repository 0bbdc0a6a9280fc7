"""EvaluatorRatingPrediction: errors over all test ratings, whatever the blocks."""

import math
import re

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation.rating_prediction import EvaluatorRatingPrediction


class Predictor:
    """Predicts the given matrix."""

    def __init__(self, predictions):
        self.predictions = np.asarray(predictions)
        self.n_users, self.n_items = self.predictions.shape
        self.n_asked = []

    def predict(self, user_id_array, item_id_array):
        self.n_asked.append(len(user_id_array))
        return self.predictions[user_id_array, item_id_array]


URM_TEST = sps.csr_matrix([[5, 0, 1], [0, 2, 0]], dtype=np.int32)


def test_errors_of_a_case_worked_by_hand():
    results_df, results_str = EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(
        Predictor([[4.0, 9.0, 1.5], [9.0, 4.0, 9.0]])
    )
    rmse, mae = math.sqrt((1 + 0.25 + 4) / 3), 3.5 / 3
    assert results_df.index.tolist() == [0] and results_df.index.name == "cutoff"
    assert list(results_df.columns) == ["RMSE", "MAE", "NEGATIVE_RMSE", "NEGATIVE_MAE"]
    assert results_df.loc[0].tolist() == pytest.approx([rmse, mae, -rmse, -mae], rel=1e-15)
    assert results_str == (
        f"CUTOFF: 0 - RMSE: {rmse:.7f}, MAE: {mae:.7f}, NEGATIVE_RMSE: {-rmse:.7f}, NEGATIVE_MAE: {-mae:.7f}, \n"
    )


def test_blocks_do_not_change_the_result_and_float32_is_summed_in_float64(monkeypatch):
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, (50, 40)).astype(np.float32)
    predictor = Predictor((truth + rng.normal(0, 1, truth.shape)).astype(np.float32))
    errors = predictor.predictions.astype(np.float64) - truth
    monkeypatch.setattr("Evaluation.rating_prediction._RATINGS_AT_ONCE", 7)
    row = EvaluatorRatingPrediction(sps.csr_matrix(truth), verbose=False).evaluateRecommender(predictor)[0].loc[0]
    assert row["RMSE"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-12)
    assert row["MAE"] == pytest.approx(np.mean(np.abs(errors)), rel=1e-12)
    assert max(predictor.n_asked) == 7 and sum(predictor.n_asked) == 2000


def test_a_recommender_without_predict_is_refused():
    with pytest.raises(
        TypeError, match=r"^recommender_object must be an object with the methods predict\(\), got a object"
    ):
        EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(object())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_predictions_that_are_not_finite_are_refused_naming_the_pair(bad):
    predictor = Predictor([[4.0, 9.0, 1.5], [9.0, bad, 9.0]])
    with pytest.raises(ValueError, match=f"^predictions must be finite, got {bad} for user 1, item 1"):
        EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(predictor)


def test_predictions_of_another_shape_are_refused():
    predictor = Predictor(np.ones((2, 3)))
    predictor.predict = lambda users, items: np.ones((len(users), 1))
    with pytest.raises(ValueError, match=r"^predictions must be of shape \(3,\), got shape \(3, 1\)"):
        EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(predictor)


def test_another_shape_is_refused_by_attributes_or_by_the_training_matrix():
    with pytest.raises(ValueError, match=r"^URM_test must be of the shape \(2, 4\) that Predictor was trained on"):
        EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(Predictor(np.ones((2, 4))))
    predictor = Predictor(np.ones((2, 3)))
    del predictor.n_users
    predictor.get_URM_train = lambda: sps.csr_matrix((5, 3))
    with pytest.raises(ValueError, match=r"^URM_test must be of the shape \(5, 3\)"):
        EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(predictor)


@pytest.mark.parametrize(
    "URM_test, error",
    [
        (URM_TEST.toarray(), TypeError),
        (sps.csr_matrix((2, 3)), ValueError),
        (sps.csr_matrix([[np.nan]]), ValueError),
        (sps.csr_matrix((0, 3)), ValueError),
    ],
)
def test_test_data_without_ratings_or_of_another_type_are_refused(URM_test, error):
    with pytest.raises(error, match=r"^URM_test must be "):
        EvaluatorRatingPrediction(URM_test)


def test_it_says_how_many_ratings_or_nothing(capfd):
    predictor = Predictor(np.ones((2, 3)))
    EvaluatorRatingPrediction(URM_TEST, verbose=False).evaluateRecommender(predictor)
    assert capfd.readouterr() == ("", "")
    EvaluatorRatingPrediction(URM_TEST).evaluateRecommender(predictor)
    assert re.match(r"EvaluatorRatingPrediction: Processed 3 ratings in 0\.\d\d sec\.\n", capfd.readouterr().out)


def test_the_test_matrix_is_left_as_it_was_given():
    given = sps.csr_matrix(([4.0, 0.0], [0, 1], [0, 2]), shape=(1, 2))
    EvaluatorRatingPrediction(given, verbose=False).evaluateRecommender(Predictor(np.ones((1, 2))))
    assert given.nnz == 2


def test_errors_of_each_user_are_those_of_the_user_s_own_ratings(monkeypatch):
    monkeypatch.setattr("Evaluation.rating_prediction._RATINGS_AT_ONCE", 7)
    rng = np.random.default_rng(0)
    ratings = rng.integers(1, 6, (12, 9)) * (rng.random((12, 9)) < 0.4)
    ratings[3] = 0
    URM_test = sps.csr_matrix(ratings)
    predicted = rng.normal(3, 1, (12, 9))

    class Table:
        n_users, n_items = 12, 9

        def predict(self, user_id_array, item_id_array):
            return predicted[user_id_array, item_id_array]

    evaluator = EvaluatorRatingPrediction(URM_test, verbose=False)
    results_df, results_str, per_user = evaluator.evaluateRecommender(Table(), return_per_user=True)
    two = evaluator.evaluateRecommender(Table())
    assert two[1] == results_str and len(two) == 2
    assert per_user.index.names == ["user", "cutoff"] and list(per_user.columns) == ["RMSE", "MAE"]
    assert per_user.index.tolist() == [(user, 0) for user in range(12) if URM_test[user].nnz > 0]
    for user, cutoff in per_user.index:
        errors = (predicted - URM_test.toarray())[user, URM_test[user].indices]
        assert per_user.loc[(user, cutoff)].tolist() == pytest.approx(
            [(errors**2).mean() ** 0.5, np.abs(errors).mean()]
        )
    counts = np.diff(URM_test.indptr)[per_user.index.get_level_values("user")]
    assert results_df.loc[0]["RMSE"] == pytest.approx(((per_user["RMSE"] ** 2 * counts).sum() / counts.sum()) ** 0.5)
    assert results_df.loc[0]["MAE"] == pytest.approx((per_user["MAE"] * counts).sum() / counts.sum())


@pytest.mark.parametrize("value", [1, None, "yes"])
def test_return_per_user_must_be_true_or_false(value):
    evaluator = EvaluatorRatingPrediction(sps.csr_matrix([[1.0]]), verbose=False)
    with pytest.raises(TypeError, match="return_per_user must be True or False"):
        evaluator.evaluateRecommender(object(), return_per_user=value)
