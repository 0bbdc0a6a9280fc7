import math

import numpy as np
import pandas as pd
import pytest

from Recommenders._training_loop import check_early_stopping_keywords
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping


class CountingRecommender(Incremental_Training_Early_Stopping):
    """Its model is the number of epochs that it was trained for."""

    RECOMMENDER_NAME = "Counting"

    def __init__(self, interrupt_at=None, verbose=False):
        super().__init__()
        self.verbose = verbose
        self.current = self.prepared = self.best = 0
        self.interrupt_at = interrupt_at
        self.epochs_run = []

    def _run_epoch(self, num_epoch):
        if num_epoch == self.interrupt_at:
            raise KeyboardInterrupt
        self.epochs_run.append(num_epoch)
        self.current += 1
        return {"training_loss": 1 / num_epoch}

    def _prepare_model_for_validation(self):
        self.prepared = self.current

    def _update_best_model(self):
        self.best = self.prepared


class ScriptedEvaluator:
    """Returns the metric that the script has for the recommender's epoch, at two cutoffs; the second is no guide."""

    def __init__(self, script):
        self.script = script
        self.validated = []

    def evaluateRecommender(self, recommender):
        self.validated.append(recommender.prepared)
        value = self.script[recommender.prepared]
        index = pd.Index([5, 10], name="cutoff")
        return pd.DataFrame({"MAP": [value, -value], "OTHER": [1.0, 2.0]}, index=index, dtype=object), "CUTOFF: 5 ...\n"


def train(script, epochs_max, recommender=None, **arguments):
    recommender = CountingRecommender() if recommender is None else recommender
    evaluator = ScriptedEvaluator(script)
    settings = {"validation_every_n": 1, "validation_metric": "MAP", "evaluator_object": evaluator, **arguments}
    recommender._train_with_early_stopping(epochs_max, **settings)
    return recommender, evaluator


def test_without_an_evaluator_the_last_epoch_is_the_model():
    recommender = CountingRecommender()
    recommender._train_with_early_stopping(4)
    assert (recommender.best, recommender.get_early_stopping_final_epochs_dict()) == (4, {"epochs": 4})
    assert recommender.epochs_run == [1, 2, 3, 4]
    assert recommender.get_validation_summary_table() is None
    assert recommender.best_validation_metric is None


def test_the_best_validation_is_kept():
    recommender, _ = train({1: 0.1, 2: 0.3, 3: 0.2}, 3)
    assert (recommender.best, recommender.epochs_best, recommender.best_validation_metric) == (2, 2, 0.3)


def test_an_equal_metric_is_no_improvement():
    recommender, _ = train({1: 0.3, 2: 0.3}, 2)
    assert recommender.epochs_best == 1


def test_the_first_cutoff_decides():
    recommender, _ = train({1: 0.1, 2: 0.2}, 2)
    assert recommender.epochs_best == 2


def test_validation_every_n_epochs_and_after_the_last():
    recommender, evaluator = train({2: 0.1, 4: 0.2, 5: 0.9}, 5, validation_every_n=2)
    assert evaluator.validated == [2, 4, 5]
    assert (recommender.best, recommender.epochs_best) == (5, 5)


def test_fewer_epochs_than_validation_every_n_are_validated_once():
    recommender, evaluator = train({3: 0.1}, 3, validation_every_n=10)
    assert evaluator.validated == [3]
    assert (recommender.best, recommender.epochs_best) == (3, 3)


def test_training_stops_after_the_allowed_lower_validations():
    script = {1: 0.1, 2: 0.5, 3: 0.4, 4: 0.3, 5: 0.2, 6: 0.9}
    recommender, evaluator = train(script, 6, stop_on_validation=True, lower_validations_allowed=2)
    assert evaluator.validated == [1, 2, 3, 4]
    assert recommender.best == 2


def test_an_improvement_resets_the_count_of_lower_validations():
    script = {1: 0.5, 2: 0.4, 3: 0.6, 4: 0.5, 5: 0.7}
    recommender, evaluator = train(script, 5, stop_on_validation=True, lower_validations_allowed=2)
    assert evaluator.validated == [1, 2, 3, 4, 5]
    assert recommender.best == 5


def test_epochs_min_delays_stopping_while_the_count_goes_on():
    script = {1: 0.5, 2: 0.4, 3: 0.3, 4: 0.2, 5: 0.1, 6: 0.0}
    recommender, evaluator = train(script, 6, epochs_min=5, stop_on_validation=True, lower_validations_allowed=2)
    assert evaluator.validated == [1, 2, 3, 4, 5]
    assert recommender.best == 1


def test_without_stop_on_validation_all_epochs_run():
    script = {1: 0.5, 2: 0.4, 3: 0.3}
    assert train(script, 3)[0].epochs_run == [1, 2, 3]


def test_no_epochs_keep_the_untrained_model():
    recommender = CountingRecommender()
    recommender._train_with_early_stopping(0)
    assert (recommender.epochs_best, recommender.best) == (0, 0)
    assert recommender.get_training_history() is None


def test_a_second_training_starts_afresh():
    recommender, _ = train({1: 0.9, 2: 0.1}, 2)
    recommender.current = 0
    train({1: 0.2, 2: 0.1}, 2, recommender)
    assert recommender.best_validation_metric == 0.2
    assert len(recommender.get_training_history()) == 2
    assert len(recommender.get_validation_summary_table()) == 4


def test_the_summary_has_a_row_for_each_cutoff_of_each_validation():
    table = train({2: 0.1, 3: 0.2}, 3, validation_every_n=2)[0].get_validation_summary_table()
    assert table.index.name == "epoch" and table.index.tolist() == [2, 2, 3, 3]
    assert list(table.columns) == ["cutoff", "MAP", "OTHER", "earlystopping_evaluation_time"]
    assert table["cutoff"].tolist() == [5, 10, 5, 10]
    assert table["MAP"].tolist() == [0.1, -0.1, 0.2, -0.2]


def test_the_history_has_a_row_for_each_epoch():
    history = train({2: 0.1, 3: 0.2}, 3, validation_every_n=2)[0].get_training_history()
    assert list(history.columns) == ["epoch", "training_loss", "seconds", "MAP", "OTHER"]
    assert history["epoch"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(history["training_loss"], [1, 1 / 2, 1 / 3])
    np.testing.assert_array_equal(history["MAP"].astype(float), [np.nan, 0.1, 0.2])
    assert (history["seconds"] >= 0).all()


def test_an_epoch_that_reports_nothing_has_no_loss_in_the_history():
    recommender = CountingRecommender()
    recommender._run_epoch = lambda num_epoch: None
    recommender._train_with_early_stopping(2)
    assert recommender.get_training_history()["training_loss"].isna().all()


def test_the_tables_are_copies():
    recommender, _ = train({1: 0.1}, 1)
    history, table = recommender.get_training_history(), recommender.get_validation_summary_table()
    history["epoch"] = 99
    table["MAP"] = 99
    assert recommender.get_training_history()["epoch"].tolist() == [1]
    assert recommender.get_validation_summary_table()["MAP"].tolist() == [0.1, -0.1]


def test_an_interrupt_keeps_the_best_model_so_far():
    recommender = CountingRecommender(interrupt_at=4)
    with pytest.raises(KeyboardInterrupt):
        train({1: 0.1, 2: 0.5, 3: 0.3}, 9, recommender)
    assert (recommender.best, recommender.epochs_best) == (2, 2)
    assert len(recommender.get_training_history()) == 3


def test_an_interrupt_before_any_validation_keeps_the_current_model():
    recommender = CountingRecommender(interrupt_at=3)
    with pytest.raises(KeyboardInterrupt):
        train({}, 9, recommender, validation_every_n=5)
    assert (recommender.best, recommender.epochs_best) == (2, 2)


def test_a_second_training_without_an_evaluator_has_no_table_of_the_first():
    recommender, _ = train({1: 0.9}, 1)
    recommender._train_with_early_stopping(1)
    assert recommender.get_validation_summary_table() is None
    assert recommender.best_validation_metric is None


@pytest.mark.parametrize(
    ("result", "error"),
    [(pd.DataFrame({"MAP": [0.1]}), TypeError), (None, TypeError), ({}, TypeError), ((None, ""), TypeError),
     ((pd.DataFrame({"MAP": []}), ""), ValueError)],
)  # fmt: skip
def test_an_evaluator_that_returns_something_else_is_an_error_that_says_so(result, error):
    class OddEvaluator:
        def evaluateRecommender(self, recommender):
            return result

    with pytest.raises(error, match="evaluator_object must return"):
        train({}, 1, evaluator_object=OddEvaluator())


def test_a_metric_that_is_maximised_negated_is_refused():
    class ErrorEvaluator:
        def evaluateRecommender(self, recommender):
            return pd.DataFrame({"RMSE": [1.0], "NEGATIVE_RMSE": [-1.0]}), ""

    with pytest.raises(ValueError, match="as 'NEGATIVE_RMSE' is, got 'RMSE'"):
        train({}, 1, evaluator_object=ErrorEvaluator(), validation_metric="RMSE")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_is_an_error(value):
    with pytest.raises(ValueError, match="MAP"):
        train({1: value}, 1)


def test_an_unknown_metric_is_an_error_that_lists_the_metrics():
    with pytest.raises(ValueError, match=r"one of MAP, OTHER, got 'MPA'"):
        train({1: 0.1}, 1, validation_metric="MPA")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"epochs_max": -1}, ValueError),
        ({"epochs_max": 1.5}, TypeError),
        ({"epochs_max": True}, TypeError),
        ({"epochs_min": 11}, ValueError),
        ({"epochs_min": -1}, ValueError),
        ({"validation_every_n": 0}, ValueError),
        ({"validation_every_n": None}, ValueError),
        ({"validation_metric": None}, ValueError),
        ({"validation_metric": 3}, TypeError),
        ({"stop_on_validation": "yes"}, TypeError),
        ({"stop_on_validation": True}, ValueError),
        ({"stop_on_validation": True, "lower_validations_allowed": 0}, ValueError),
        ({"evaluator_object": "evaluator"}, TypeError),
    ],
)
def test_bad_arguments_are_refused_before_any_epoch(arguments, error):
    recommender = CountingRecommender()
    settings = {"epochs_max": 10, "validation_every_n": 1, "validation_metric": "MAP",
                "evaluator_object": ScriptedEvaluator({}), **arguments}  # fmt: skip
    with pytest.raises(error, match="must be"):
        recommender._train_with_early_stopping(**settings)
    assert recommender.epochs_run == []


def test_without_an_evaluator_the_other_arguments_may_stay():
    # searches pass their early-stopping arguments whether they have an evaluator or not
    recommender = CountingRecommender()
    recommender._train_with_early_stopping(2, validation_every_n=5, stop_on_validation=True, evaluator_object=None)
    assert recommender.best == 2


def test_unknown_keywords_are_refused_with_the_known_ones():
    def fit(epochs, **earlystopping_kwargs):
        raise AssertionError("it is only looked at")

    with pytest.raises(TypeError, match=r"no argument 'patience'; its arguments are epochs and, .*validation_every_n"):
        check_early_stopping_keywords({"patience": 3}, fit)
    check_early_stopping_keywords({"validation_every_n": 3}, fit)


@pytest.mark.parametrize("value", [True, np.True_])
def test_stopping_on_the_validations_of_no_evaluator_is_refused(value):
    def fit(**earlystopping_kwargs):
        raise AssertionError("it is only looked at")

    with pytest.raises(ValueError, match="evaluator_object must be given together with stop_on_validation=True"):
        check_early_stopping_keywords({"stop_on_validation": value}, fit)
    with pytest.raises(TypeError, match="stop_on_validation must be True or False"):
        check_early_stopping_keywords({"stop_on_validation": "yes"}, fit)
    check_early_stopping_keywords({"stop_on_validation": np.False_}, fit)
    # searches pass their early-stopping arguments whether they have an evaluator or not
    check_early_stopping_keywords({"stop_on_validation": value, "evaluator_object": None}, fit)


def test_a_training_outlives_its_messages(break_console):
    break_console()
    recommender, _ = train({1: 0.1, 2: 0.3}, 2, CountingRecommender(verbose=True), algorithm_name="Überraschung")
    assert (recommender.best, len(recommender.get_training_history())) == (2, 2)


def test_a_figure_that_cannot_be_shown_costs_no_training():
    recommender = CountingRecommender(verbose=True)
    recommender._run_epoch = lambda epoch: {"training_loss": {"of": "epoch"}}
    recommender._train_with_early_stopping(2)
    assert recommender.get_training_history()["training_loss"].tolist() == [{"of": "epoch"}] * 2


def test_nothing_is_printed_unless_verbose(capsys):
    train({1: 0.1}, 1)
    assert capsys.readouterr() == ("", "")
    train({1: 0.1}, 1, CountingRecommender(verbose=True), algorithm_name="NAME")
    out, err = capsys.readouterr()
    assert "NAME: Terminating at epoch 1. Best value for 'MAP' at epoch 1 is 0.1000. Elapsed time" in out
    assert "1/1" in err and "training_loss=1.0000" in err and "best=0.1000 (epoch 1)" in err


def test_a_best_epoch_that_is_the_last_of_several_is_said_to_improve(capsys):
    train({1: 0.1, 2: 0.2}, 2, CountingRecommender(verbose=True))
    assert "is 0.2000. It was still improving: more epochs may be better." in capsys.readouterr().out


def test_a_best_epoch_that_is_not_the_last_is_not_said_to_improve(capsys):
    train({1: 0.2, 2: 0.1}, 2, CountingRecommender(verbose=True))
    assert "still improving" not in capsys.readouterr().out


def test_convergence_is_announced(capsys):
    recommender = CountingRecommender(verbose=True)
    train({1: 0.25, 2: 0.1}, 9, recommender, stop_on_validation=True, lower_validations_allowed=1)
    line = "Convergence reached! Terminating at epoch 2. Best value for 'MAP' at epoch 1 is 0.2500."
    assert line in capsys.readouterr().out


def test_before_training_there_are_no_epochs():
    with pytest.raises(AttributeError):
        CountingRecommender().get_early_stopping_final_epochs_dict()
