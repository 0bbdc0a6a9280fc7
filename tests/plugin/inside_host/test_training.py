import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from Evaluation.Evaluator import EvaluatorHoldout
from Evaluation.rating_prediction import EvaluatorRatingPrediction
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

FACTORS = ["USER_factors", "ITEM_factors", "USER_bias", "ITEM_bias", "GLOBAL_bias"]


def factors(recommender):
    return [getattr(recommender, name).copy() for name in FACTORS]


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def scripted_evaluator(values, before=lambda call: None):
    """An evaluator whose validations give these values of MAP; `before(call)` runs first, call counting from 1."""
    calls = []

    def evaluateRecommender(recommender):
        calls.append(recommender)
        before(len(calls))
        results = pd.DataFrame({"MAP": [values[len(calls) - 1]]}, index=pd.Index([10], name="cutoff"), dtype=object)
        return results, "scripted\n"

    return SimpleNamespace(evaluateRecommender=evaluateRecommender, calls=calls)


def validated(**changes):
    return {"validation_every_n": 1, "validation_metric": "MAP"} | changes


def test_training_inside_the_host_equals_training_alone(fit, everything):
    alone = np.load("trained_alone.npz")
    recommender = fit()
    for name in FACTORS:
        np.testing.assert_array_equal(getattr(recommender, name), alone[name])
    np.testing.assert_array_equal(everything(recommender).predictions, alone["predictions"])


def test_second_fit_with_same_seed_equals_first(fit, settings):
    recommender = fit()
    first = factors(recommender)
    again = recommender.fit(**settings)
    assert again is recommender
    assert_same(factors(recommender), first)
    assert not np.array_equal(fit(random_seed=8).USER_factors, first[0])


def test_training_leaves_the_hosts_URM_as_it_was(fit, URM):
    recommender = fit()
    assert (recommender.URM_train != URM.astype(np.float32)).nnz == 0
    assert recommender.URM_train.dtype == np.float32 and recommender.URM_train.format == "csr"


def test_early_stopping_keeps_the_best_epoch_of_the_hosts_evaluator(fit, URM_validation):
    evaluator = EvaluatorHoldout(URM_validation, cutoff_list=[10, 5])
    recommender = fit(epochs=7, learning_rate=0.1, evaluator_object=evaluator, **validated(validation_every_n=2))

    table = recommender.get_validation_summary_table()
    assert table.index.name == "epoch"
    assert table.index.tolist() == [2, 2, 4, 4, 6, 6, 7, 7]
    assert table["cutoff"].tolist() == [10, 5] * 4
    assert table.columns.tolist() == ["cutoff", "PRECISION", "RECALL", "MAP", "earlystopping_evaluation_time"]

    first_rows = table["MAP"].astype(float)[table["cutoff"] == 10]
    assert first_rows.nunique() > 1
    assert recommender.epochs_best == first_rows.idxmax() < 7
    assert recommender.best_validation_metric == first_rows.max()
    assert recommender.get_early_stopping_final_epochs_dict() == {"epochs": recommender.epochs_best}
    assert evaluator.evaluateRecommender(recommender)[0].loc[10, "MAP"] == first_rows.max()


def test_the_history_has_a_row_an_epoch_and_the_hosts_metrics(fit, URM_validation):
    evaluator = EvaluatorHoldout(URM_validation, cutoff_list=[5])
    history = fit(epochs=3, evaluator_object=evaluator, **validated(validation_every_n=2)).get_training_history()
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["training_loss"].is_monotonic_decreasing
    assert (history["seconds"] > 0).all()
    assert history["MAP"].isna().tolist() == [True, False, False]


def test_it_stops_after_the_allowed_lower_validations(fit):
    evaluator = scripted_evaluator([0.3, 0.2, 0.1, 0.9])
    stopping = validated(stop_on_validation=True, lower_validations_allowed=2)
    recommender = fit(epochs=4, evaluator_object=evaluator, **stopping)
    assert len(evaluator.calls) == 3
    assert recommender.get_early_stopping_final_epochs_dict() == {"epochs": 1}
    assert_same(factors(recommender), factors(fit(epochs=1)))


def test_rating_prediction_evaluates_the_predictions(fit, URM_validation):
    recommender = fit()
    ratings = URM_validation.tocoo()
    errors = recommender.predict(ratings.row, ratings.col).astype(np.float64) - ratings.data
    results, text = EvaluatorRatingPrediction(URM_validation, verbose=False).evaluateRecommender(recommender)
    assert results.loc[0, "RMSE"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert results.loc[0, "MAE"] == pytest.approx(np.mean(np.abs(errors)))
    assert text.startswith("CUTOFF: 0 - RMSE: ")


def test_rating_prediction_is_an_evaluator_for_early_stopping(fit, URM_validation):
    evaluator = EvaluatorRatingPrediction(URM_validation, verbose=False)
    overfitting = {"num_factors": 20, "learning_rate": 0.3, "user_reg": 0.0, "item_reg": 0.0, "bias_reg": 0.0}
    recommender = fit(
        evaluator_object=evaluator, **overfitting, **validated(validation_metric="NEGATIVE_RMSE"), epochs=30
    )
    rmse = recommender.get_validation_summary_table()["RMSE"]
    assert len(rmse) == 30
    assert recommender.epochs_best == rmse.idxmin() < 30
    assert evaluator.evaluateRecommender(recommender)[0].loc[0, "RMSE"] == rmse.min()


def test_an_interrupt_keeps_the_best_model_so_far(unfitted, settings, fit, ctrl_c, folder, everything):
    evaluator = scripted_evaluator([0.5, 0.4, 0.6], before=lambda call: ctrl_c() if call == 3 else None)
    with pytest.raises(KeyboardInterrupt):
        unfitted.fit(**settings | {"epochs": 5}, evaluator_object=evaluator, **validated())
    assert unfitted.get_early_stopping_final_epochs_dict() == {"epochs": 1}
    assert_same(factors(unfitted), factors(fit(epochs=1)))
    unfitted.save_model(folder)
    assert len(everything(unfitted).ranking) == unfitted.n_users


def test_an_interrupt_before_any_validation_keeps_the_current_model(unfitted, settings, ctrl_c, everything):
    calls = []

    def loss(prediction, rating):
        calls.append(len(prediction))
        if len(calls) == 5:
            ctrl_c()
        return torch.nn.functional.mse_loss(prediction, rating, reduction="sum")

    with pytest.raises(KeyboardInterrupt):
        unfitted.fit(**settings, loss=loss)
    assert len(calls) == 5
    assert np.isfinite(everything(unfitted).predictions).all()


def test_nothing_is_printed_without_verbose(fit, folder, capfd, URM_validation):
    evaluator = EvaluatorRatingPrediction(URM_validation, verbose=False)
    recommender = fit(evaluator_object=evaluator, **validated(validation_metric="NEGATIVE_RMSE"))
    recommender.save_model(folder)
    recommender.load_model(folder)
    assert capfd.readouterr() == ("", "")


def test_the_hosts_getters_are_not_overridden(fit):
    for name in ("get_early_stopping_final_epochs_dict", "get_validation_summary_table"):
        assert getattr(type(fit()), name) is getattr(Incremental_Training_Early_Stopping, name)


def test_a_model_outlives_its_messages(URM, settings, folder, fit, monkeypatch):
    quiet = factors(fit())

    def write(text):
        raise BrokenPipeError(32, "Broken pipe")

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, SimpleNamespace(write=write, flush=lambda: None, encoding="utf-8"))
    recommender = MatrixFactorization_PyTorch(URM).fit(**settings)
    assert_same(factors(recommender), quiet)
    recommender.save_model(folder)
    recommender.load_model(folder)
    assert_same(factors(recommender), quiet)


def test_validation_ratings_that_are_trained_on_are_told_once(fit, URM):
    evaluator = EvaluatorRatingPrediction(URM, verbose=False)
    with pytest.warns(UserWarning, match=f"{URM.nnz} of {URM.nnz} test interactions are in the training") as caught:
        fit(evaluator_object=evaluator, **validated(validation_metric="NEGATIVE_RMSE"))
    assert len(caught) == 1
