import copy
import math
import os
import pickle
import signal
import threading
import time
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sps
import torch

from Evaluation.rating_prediction import EvaluatorRatingPrediction
from Recommenders.DataIO import DataIO
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from tests.conftest import planted_factors_URM
from tests.recommenders.recommender_contract import RecommenderContract
from tests.recommenders.test_training_loop import ScriptedEvaluator

FAST = {"epochs": 2, "batch_size": 256, "num_factors": 3, "random_seed": 1}
FACTORS = ["USER_factors", "ITEM_factors", "USER_bias", "ITEM_bias", "GLOBAL_bias"]


def fitted(URM, **changes):
    return MatrixFactorization_PyTorch(URM, verbose=False).fit(**{**FAST, **changes})


def state(recommender):
    return [getattr(recommender, name).copy() for name in FACTORS]


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


class TestContract(RecommenderContract):
    recommender_class = MatrixFactorization_PyTorch
    fit_arguments = FAST
    bad_fit_arguments = (("learning_rate", -0.1, ValueError), ("batch_size", 0, ValueError), ("patience", 1, TypeError))
    has_predict = True


def test_it_learns_planted_factors():
    URM = planted_factors_URM(noise=0.05)
    test = planted_factors_URM(noise=0.05, density=1.0).tocoo()
    unseen = np.asarray(URM[test.row, test.col]).ravel() == 0
    recommender = fitted(URM, epochs=40, batch_size=64, num_factors=4, user_reg=0.02, item_reg=0.02)
    error = recommender.predict(test.row[unseen], test.col[unseen]) - test.data[unseen]
    assert math.sqrt(np.mean(error**2)) < 0.5 * test.data.std()


@pytest.mark.parametrize("convert", [sps.csc_matrix, sps.coo_matrix, lambda URM: URM.astype(np.float64)])
@pytest.mark.parametrize("engine", ["fused", "torch"])
def test_a_training_matrix_set_by_hand_trains_as_one_given_to_the_constructor(convert, engine):
    URM = planted_factors_URM()
    recommender = MatrixFactorization_PyTorch(URM, verbose=False)
    recommender.URM_train = convert(URM)
    assert_same(state(recommender.fit(**FAST, engine=engine)), state(fitted(URM, engine=engine)))


def test_a_damaged_training_matrix_set_by_hand_is_refused_before_a_kernel_follows_it():
    recommender = fitted(planted_factors_URM())
    before, damaged = state(recommender), recommender.URM_train.copy()
    damaged.indices[0] = 10**8
    recommender.URM_train = damaged
    with pytest.raises(ValueError, match="URM_train must be a consistent sparse matrix"):
        recommender.fit(**FAST)
    recommender.URM_train = sps.csr_matrix(([1.0], ([0], [0])), shape=(2, 2))
    with pytest.raises(ValueError, match="URM_train must be of shape"):
        recommender.fit(**FAST)
    assert_same(state(recommender), before)


def test_it_ranks_the_items_of_the_right_colour(checkerboard_URM):
    rng = np.random.default_rng(0)
    keep = rng.random(checkerboard_URM.nnz) < 0.7
    coo = checkerboard_URM.tocoo()
    # the other colour is disliked, so that ratings alone tell the colours apart
    train = sps.csr_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=coo.shape).toarray()
    users, items = np.meshgrid(np.arange(40), np.arange(20), indexing="ij")
    train[((users + items) % 2 == 1) & (rng.random(train.shape) < 0.7)] = 1
    recommender = fitted(sps.csr_matrix(train), epochs=60, batch_size=64, learning_rate=0.1, init_std_dev=0.5)
    liked = (users + items) % 2 == 0
    for user, ranking in enumerate(recommender.recommend(range(40))):
        n_liked = int((liked[user] & (train[user] == 0)).sum())
        assert liked[user, ranking[:n_liked]].all()


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "identity"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_what_is_trained_is_what_is_ranked(planted_URM, activation, use_bias):
    URM = planted_URM / 5 if activation == "sigmoid" else planted_URM
    recommender = fitted(URM, activation=activation, use_bias=use_bias)
    users, items = (grid.ravel() for grid in np.meshgrid(np.arange(150), np.arange(80), indexing="ij"))
    with torch.no_grad():
        model = recommender.model
        score = model.layer_1(model.user_factors.weight[users] * model.item_factors.weight[items])[:, 0]
        if use_bias:
            score = score + model.user_bias.weight[users, 0] + model.item_bias.weight[items, 0]
        prediction = model(torch.from_numpy(users), torch.from_numpy(items))[:, 0]
    ranked = recommender._compute_item_score(np.arange(150)).ravel()
    assert (np.abs(ranked - score.numpy()) <= 1e-5 * np.maximum(1, np.abs(ranked))).all()
    np.testing.assert_allclose(recommender.predict(users, items), prediction.numpy(), rtol=1e-5, atol=1e-5)


def test_cold_users_are_ranked_by_the_item_biases(tiny_URM):
    recommender = fitted(tiny_URM, epochs=20)
    assert not recommender.USER_factors[3].any() and recommender.USER_bias[3] == 0
    assert not recommender.ITEM_factors[4].any() and recommender.ITEM_bias[4] == 0
    expected = sorted(range(5), key=lambda item: (-recommender.ITEM_bias[item], item))
    assert recommender.recommend(3) == expected


def test_a_replaced_URM_decides_who_is_cold(tiny_URM):
    recommender = MatrixFactorization_PyTorch(tiny_URM, verbose=False)
    replaced = tiny_URM.tolil()
    replaced[3, 4] = 5.0
    recommender.set_URM_train(replaced.tocsr())
    recommender.fit(**FAST)
    assert recommender.USER_factors[3].any() and recommender.ITEM_factors[4].any()


@pytest.mark.filterwarnings("ignore:a sigmoid predicts")
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("epochs", 3),
        ("batch_size", 32),
        ("num_factors", 4),
        ("learning_rate", 0.01),
        ("sgd_mode", "adam"),
        ("sgd_mode", "rmsprop"),
        ("sgd_mode", "sgd"),
        ("loss", torch.nn.HuberLoss(reduction="sum")),
        ("activation", "sigmoid"),
        ("use_bias", False),
        ("user_reg", 0.5),
        ("item_reg", 0.5),
        ("bias_reg", 0.5),
        ("init_mean", 0.3),
        ("init_std_dev", 0.3),
        ("random_seed", 2),
    ],
)
def test_every_hyperparameter_changes_the_result(planted_URM, argument, value):
    base = {"learning_rate": 0.001}
    changed = fitted(planted_URM, **{**base, argument: value})
    assert not np.array_equal(
        fitted(planted_URM, **base).predict(range(80), range(80)), changed.predict(range(80), range(80))
    )


@pytest.mark.filterwarnings("ignore:a relu predicts")
def test_identity_differs_from_relu_where_scores_are_negative(planted_URM):
    URM = planted_URM.copy()
    URM.data -= 3
    assert not np.array_equal(fitted(URM).ITEM_factors, fitted(URM, activation="identity").ITEM_factors)


@pytest.mark.parametrize(
    ("argument", "value"), [("device", "cpu"), ("engine", "fused"), ("num_threads", 1), ("validation_every_n", 3)]
)
def test_where_it_trains_does_not_change_the_result(planted_URM, argument, value):
    assert_same(state(fitted(planted_URM)), state(fitted(planted_URM, **{argument: value})))


def test_the_engines_agree(planted_URM):
    for fused, torch_ in zip(state(fitted(planted_URM)), state(fitted(planted_URM, engine="torch"))):
        assert np.abs(fused - torch_).max() <= 1e-4 * np.abs(torch_).max()


def test_verbosity_does_not_change_the_result(planted_URM):
    loud = MatrixFactorization_PyTorch(planted_URM, verbose=True).fit(**FAST)
    assert_same(state(loud), state(fitted(planted_URM)))


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "0", "text", "none", "true", "half", "list"])
@pytest.mark.parametrize(
    "argument",
    ["epochs", "batch_size", "num_factors", "learning_rate", "sgd_mode", "loss", "activation", "use_bias", "user_reg",
     "item_reg", "bias_reg", "init_mean", "init_std_dev", "device", "engine", "num_threads", "random_seed"],
)  # fmt: skip
def test_a_bad_argument_is_refused_before_any_work(planted_URM, argument, number):
    value = {"nan": math.nan, "inf": math.inf, "-1": -1, "0": 0, "text": "text", "none": None, "true": True,
             "half": 0.5, "list": [1]}[number]  # fmt: skip
    allowed = {
        "epochs": {"0"},
        "learning_rate": {"half"},
        "use_bias": {"true"},
        "user_reg": {"0", "half"},
        "item_reg": {"0", "half"},
        "bias_reg": {"0", "half"},
        "init_mean": {"0", "half", "-1"},
        "init_std_dev": {"half"},
        "num_threads": {"none"},
        "random_seed": {"0", "none"},
    }
    recommender = fitted(planted_URM)
    before = dict(recommender.__dict__)
    if number in allowed.get(argument, ()):
        recommender.fit(**{**FAST, argument: value})
        return
    with pytest.raises((TypeError, ValueError), match=f"{argument} must be .*got"):
        recommender.fit(**{**FAST, argument: value})
    assert recommender.__dict__ == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init_mean": 0.0, "init_std_dev": 0.0}, "init_std_dev must be > 0 where init_mean is 0"),
        ({"device": "cuda:99"}, r"device must be one of 'auto', 'cpu'.*got 'cuda:99'"),
        ({"engine": "fast"}, r"engine must be one of 'auto', 'fused', 'torch', got 'fast'"),
        ({"sgd_mode": "adagrd"}, r"one of 'adagrad', 'adam', 'rmsprop', 'sgd', got 'adagrd'"),
        ({"epochs_min": 9}, "epochs_min must be"),
        ({"stop_on_validation": True}, "evaluator_object must be given together with stop_on_validation=True"),
    ],
)
def test_values_that_exclude_each_other_or_are_not_there_are_refused(planted_URM, arguments, message):
    with pytest.raises(ValueError, match=message):
        fitted(planted_URM, **arguments)


def test_an_unknown_keyword_is_refused_with_the_known_ones(planted_URM):
    with pytest.raises(TypeError, match=r"'patience'.*lower_validations_allowed"):
        fitted(planted_URM, patience=3)


def test_the_arguments_are_keyword_only(planted_URM):
    with pytest.raises(TypeError):
        MatrixFactorization_PyTorch(planted_URM, verbose=False).fit(5)


def test_a_loss_that_is_not_finite_names_epoch_and_learning_rate(planted_URM):
    recommender = fitted(planted_URM)
    before = state(recommender)
    with pytest.raises(FloatingPointError, match=r"epoch \d+ with learning_rate=1000000"):
        recommender.fit(**{**FAST, "sgd_mode": "sgd", "learning_rate": 1e6, "epochs": 50, "activation": "identity"})
    assert_same(before, state(recommender))


def test_an_error_of_the_evaluator_leaves_the_recommender_as_it_was(planted_URM):
    class BrokenEvaluator:
        def evaluateRecommender(self, recommender):
            raise ArithmeticError("broken")

    recommender = fitted(planted_URM)
    before, history = state(recommender), recommender.get_training_history()
    with pytest.raises(ArithmeticError, match="broken"):
        recommender.fit(**{**FAST, "random_seed": 9}, evaluator_object=BrokenEvaluator(), validation_every_n=1,
                        validation_metric="MAP")  # fmt: skip
    assert_same(before, state(recommender))
    assert recommender.get_training_history().equals(history)


class EvaluatorByEpoch(ScriptedEvaluator):
    """A scripted evaluator that counts the validations, since this recommender has no number of its own."""

    def evaluateRecommender(self, recommender):
        recommender.prepared = len(self.validated) + 1
        return super().evaluateRecommender(recommender)


def test_early_stopping_installs_the_best_epoch(planted_URM):
    stopping = {"validation_every_n": 1, "validation_metric": "MAP", "stop_on_validation": True,
                "lower_validations_allowed": 2}  # fmt: skip
    evaluator = EvaluatorByEpoch({1: 0.1, 2: 0.2, 3: 0.15, 4: 0.1})
    stopped = fitted(planted_URM, epochs=20, evaluator_object=evaluator, **stopping)
    assert isinstance(stopped, Incremental_Training_Early_Stopping)
    assert stopped.get_early_stopping_final_epochs_dict() == {"epochs": 2}
    assert_same(state(stopped), state(fitted(planted_URM, epochs=2)))
    assert len(stopped.get_training_history()) == 4
    np.testing.assert_array_equal(stopped.model.get_H(), fitted(planted_URM, epochs=2).model.get_H())


def test_the_history_has_the_training_rmse(planted_URM):
    history = fitted(planted_URM).get_training_history()
    assert list(history.columns) == ["epoch", "training_loss", "training_RMSE", "seconds"]
    np.testing.assert_allclose(history["training_RMSE"] ** 2, history["training_loss"])
    assert history["training_loss"].is_monotonic_decreasing


def test_it_starts_near_the_data(planted_URM):
    recommender = fitted(planted_URM, epochs=0, init_std_dev=1e-6)
    np.testing.assert_allclose(recommender.predict(0, range(80)), planted_URM.data.mean(), rtol=1e-4)


def interrupt_when(condition, delay=0.0):
    """Send Ctrl-C to this process some seconds after the condition first holds; returns a list with the time of it."""
    sent = []

    def wait_and_send():
        deadline = time.perf_counter() + 60
        while not condition() and time.perf_counter() < deadline:
            time.sleep(0.001)
        time.sleep(delay)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait_and_send, daemon=True).start()
    return sent


@pytest.mark.parametrize("n_epochs", [1, 20])
def test_ctrl_c_ends_it_within_a_second_with_a_usable_model(planted_URM, monkeypatch, ctrl_c, n_epochs):
    recommender = fitted(planted_URM)
    run_epoch, finished = MatrixFactorization_PyTorch._run_epoch, []
    monkeypatch.setattr(
        MatrixFactorization_PyTorch, "_run_epoch", lambda self, epoch: finished.append(epoch) or run_epoch(self, epoch)
    )
    sent = interrupt_when(lambda: len(finished) > n_epochs)
    with pytest.raises(KeyboardInterrupt):
        recommender.fit(**{**FAST, "epochs": 100_000})
    assert time.perf_counter() - sent[0] < 1.0
    epochs = recommender.get_early_stopping_final_epochs_dict()["epochs"]
    assert epochs == len(recommender.get_training_history()) >= n_epochs
    assert len(recommender.recommend(0, cutoff=5)) == 5
    assert recommender._engine is None


def test_ctrl_c_at_any_moment_leaves_one_whole_model(planted_URM, ctrl_c):
    recommender = fitted(planted_URM, epochs=0)
    evaluator = EvaluatorRatingPrediction(planted_URM, verbose=False)
    stopping = {"evaluator_object": evaluator, "validation_metric": "NEGATIVE_RMSE", "validation_every_n": 1}
    rng = np.random.default_rng(0)
    for _ in range(25):
        interrupt_when(lambda: recommender.__dict__.get("_engine") is not None, delay=rng.uniform(0, 0.1))
        with pytest.raises(KeyboardInterrupt):
            recommender.fit(**{**FAST, "epochs": 100_000}, **stopping)
        factors = recommender._fold(recommender._best.parameters)
        assert_same(state(recommender), [getattr(factors, name) for name in FACTORS])
        assert recommender._engine is None


def test_ctrl_c_before_the_first_epoch_leaves_the_recommender_as_it_was(planted_URM, monkeypatch):
    def interrupted(self, hyperparameters, generator):
        raise KeyboardInterrupt

    recommender = fitted(planted_URM)
    before = dict(recommender.__dict__)
    monkeypatch.setattr(MatrixFactorization_PyTorch, "_starting_values", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recommender.fit(**{**FAST, "activation": "sigmoid"})
    assert recommender.__dict__ == before


def test_ctrl_c_installs_the_best_validated_model(planted_URM):
    class InterruptingEvaluator(EvaluatorByEpoch):
        def evaluateRecommender(self, recommender):
            if len(self.validated) == 3:
                raise KeyboardInterrupt
            return super().evaluateRecommender(recommender)

    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    with pytest.raises(KeyboardInterrupt):
        recommender.fit(**{**FAST, "epochs": 20}, validation_every_n=1, validation_metric="MAP",
                        evaluator_object=InterruptingEvaluator({1: 0.1, 2: 0.5, 3: 0.2}))  # fmt: skip
    assert_same(state(recommender), state(fitted(planted_URM, epochs=2)))


def test_a_host_archive_without_biases_loads(planted_URM, tmp_path):
    rng = np.random.default_rng(0)
    data = {"USER_factors": rng.normal(size=(150, 3)), "ITEM_factors": rng.normal(size=(80, 3)), "use_bias": False}
    DataIO(str(tmp_path)).save_data("host", data)
    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    recommender.load_model(str(tmp_path), "host")
    np.testing.assert_allclose(
        recommender.predict(4, range(80)), data["USER_factors"][4] @ data["ITEM_factors"].T, rtol=1e-5
    )
    clipped = recommender.predict(4, range(80), clip=True)
    assert clipped.min() >= planted_URM.data.min() and clipped.max() <= np.float32(planted_URM.data.max())


def test_a_host_archive_with_biases_loads(planted_URM, tmp_path):
    rng = np.random.default_rng(0)
    data = {"USER_factors": rng.normal(size=(150, 3)), "ITEM_factors": rng.normal(size=(80, 3)), "use_bias": True,
            "USER_bias": rng.normal(size=150), "ITEM_bias": rng.normal(size=80), "GLOBAL_bias": 0.25}  # fmt: skip
    DataIO(str(tmp_path)).save_data("host", data)
    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    recommender.load_model(str(tmp_path), "host")
    expected = data["USER_factors"][4] @ data["ITEM_factors"].T + data["ITEM_bias"] + data["USER_bias"][4] + 0.25
    np.testing.assert_allclose(recommender.predict(4, range(80)), expected, rtol=1e-4, atol=1e-5)


def edited_archive(tmp_path, recommender, **changes):
    recommender.save_model(tmp_path, "model")
    data = DataIO(str(tmp_path)).load_data("model")
    data.update(changes)
    DataIO(str(tmp_path)).save_data("model", {key: value for key, value in data.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"USER_factors": None}, "USER_factors"),
        ({"USER_factors": np.zeros((3, 3), np.float32)}, "USER_factors"),
        ({"ITEM_factors": np.zeros((80, 2), np.float32)}, "ITEM_factors"),
        ({"ITEM_factors": "text"}, "ITEM_factors"),
        ({"ITEM_factors": np.full((80, 3), np.nan, np.float32)}, "ITEM_factors"),
        ({"USER_bias": np.zeros(149, np.float32)}, "USER_bias"),
        ({"ITEM_bias": None}, "ITEM_bias"),
        ({"GLOBAL_bias": np.zeros(2, np.float32)}, "GLOBAL_bias"),
        ({"GLOBAL_bias": np.array(np.inf, np.float32)}, "GLOBAL_bias"),
        ({"use_bias": "yes"}, "use_bias"),
        ({"activation": "tanh"}, "activation"),
        ({"activation": None}, "activation"),
        ({"rating_range": None}, "rating_range"),
        ({"format_version": None}, "format_version"),
        ({"USER_factors": np.full((150, 3), 1e300)}, "USER_factors"),
        ({"GLOBAL_bias": 1e300}, "GLOBAL_bias"),
        ({"USER_factors": np.zeros((150, 0)), "ITEM_factors": np.zeros((80, 0))}, "at least one"),
        ({"rating_range": np.zeros(3)}, "rating_range"),
        ({"rating_range": np.array([5.0, 1.0])}, "rating_range"),
        ({"format_version": 0}, "format_version"),
        ({"format_version": 2}, "format_version"),
        ({"format_version": "1"}, "format_version"),
    ],
)
def test_an_edited_archive_is_refused_and_nothing_is_loaded(planted_URM, tmp_path, changes, message):
    recommender = fitted(planted_URM)
    edited_archive(tmp_path, recommender, **changes)
    before = state(recommender)
    with pytest.raises(ValueError, match=f"model.zip.*{message}"):
        recommender.load_model(tmp_path, "model")
    assert_same(before, state(recommender))


def test_a_model_of_one_rating_value_loads(planted_URM, tmp_path):
    recommender = fitted(planted_URM)
    edited_archive(tmp_path, recommender, rating_range=np.array([3.0, 3.0]))
    recommender.load_model(tmp_path, "model")
    assert recommender.predict(0, range(5), clip=True).tolist() == [3.0] * 5


@pytest.mark.parametrize(
    "arguments",
    [
        {"epochs": 1, "learning_rate": 1e38, "batch_size": 10**6},
        {"epochs": 1, "learning_rate": 1e30, "sgd_mode": "sgd", "batch_size": 10**6},
        {"epochs": 0, "init_mean": 3e38, "init_std_dev": 3e38},
    ],
)
def test_factors_that_are_not_finite_are_never_installed(planted_URM, arguments):
    recommender = fitted(planted_URM)
    before = dict(recommender.__dict__)
    with pytest.raises(FloatingPointError, match="no longer finite with learning_rate"):
        recommender.fit(**{**FAST, **arguments})
    assert recommender.__dict__ == before


@pytest.mark.parametrize(
    ("argument", "value"),
    [("learning_rate", 1e300), ("learning_rate", 1e-300), ("user_reg", 1e300), ("init_std_dev", 1e-300),
     ("init_mean", -1e39), ("learning_rate", 10**400), ("num_threads", 10**10), ("num_factors", 10**30)],
)  # fmt: skip
def test_numbers_beyond_float32_and_too_many_threads_are_refused(planted_URM, argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        fitted(planted_URM, **{argument: value})


def test_small_integers_of_numpy_do_not_overflow(planted_URM):
    small = {"num_factors": np.int8(4), "batch_size": np.int8(100), "num_threads": np.int8(2)}
    same = {name: int(value) for name, value in small.items()}
    assert_same(state(fitted(planted_URM, **small)), state(fitted(planted_URM, **same)))


def test_a_loss_class_is_refused_before_any_work(planted_URM):
    with pytest.raises(
        TypeError, match=r"an instance of a loss class, got <class 'torch\.nn\.modules\.loss\.MSELoss'>"
    ):
        fitted(planted_URM, loss=torch.nn.MSELoss)


def test_ctrl_c_while_the_engine_is_built_leaves_the_recommender_as_it_was(planted_URM, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    recommender = fitted(planted_URM)
    before = dict(recommender.__dict__)
    monkeypatch.setattr(MatrixFactorization_PyTorch, "_prepare_model_for_validation", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recommender.fit(**{**FAST, "activation": "identity", "random_seed": 5})
    assert recommender.__dict__ == before


def test_an_error_at_the_second_validation_leaves_the_recommender_as_it_was(planted_URM):
    class BrokenLater(EvaluatorByEpoch):
        def evaluateRecommender(self, recommender):
            if self.validated:
                raise ArithmeticError("broken")
            return super().evaluateRecommender(recommender)

    stopping = {"evaluator_object": BrokenLater({1: 0.1}), "validation_metric": "MAP", "validation_every_n": 1}
    for recommender in (fitted(planted_URM), MatrixFactorization_PyTorch(planted_URM, verbose=False)):
        before = dict(recommender.__dict__)
        stopping["evaluator_object"] = BrokenLater({1: 0.1})
        with pytest.raises(ArithmeticError, match="broken"):
            recommender.fit(**{**FAST, "random_seed": 9}, **stopping)
        assert recommender.__dict__ == before


def test_ctrl_c_on_a_diverged_model_is_still_ctrl_c(planted_URM, monkeypatch):
    def diverged_and_interrupted(self, epoch):
        self._engine.model.layer_1.bias.data.fill_(np.inf)
        raise KeyboardInterrupt

    recommender = fitted(planted_URM)
    before = dict(recommender.__dict__)
    monkeypatch.setattr(MatrixFactorization_PyTorch, "_run_epoch", diverged_and_interrupted)
    with pytest.raises(KeyboardInterrupt):
        recommender.fit(**FAST, engine="torch")
    assert recommender.__dict__ == before


@pytest.mark.parametrize("table", ["user_bias", "item_bias", "item_factors"])
def test_every_table_has_to_be_finite(planted_URM, monkeypatch, table):
    def diverged(self, epoch):
        getattr(self._engine.model, table).weight.data[3] = np.nan

    monkeypatch.setattr(MatrixFactorization_PyTorch, "_run_epoch", diverged)
    with pytest.raises(FloatingPointError, match="no longer finite"):
        fitted(planted_URM, engine="torch")


def test_the_rating_range_is_that_of_the_URM_at_the_fit(planted_URM):
    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    recommender.set_URM_train(planted_URM * 2)
    recommender.fit(**FAST)
    np.testing.assert_allclose(recommender.rating_range, [2 * planted_URM.data.min(), 2 * planted_URM.data.max()])


def test_a_fit_keeps_no_engine(planted_URM):
    recommender = fitted(planted_URM)
    assert recommender._engine is None and recommender._current is None


def test_a_loss_of_the_users_own_has_no_training_rmse(planted_URM):
    history = fitted(planted_URM, loss=torch.nn.HuberLoss(reduction="sum")).get_training_history()
    assert list(history.columns) == ["epoch", "training_loss", "seconds"]


@pytest.mark.parametrize("number", [Fraction(1, 50), np.float32(0.02), np.float64(0.02)])
def test_every_kind_of_number_is_taken(planted_URM, number):
    names = ("learning_rate", "user_reg", "init_std_dev")
    given, plain = dict.fromkeys(names, number), dict.fromkeys(names, float(number))
    assert_same(state(fitted(planted_URM, **given)), state(fitted(planted_URM, **plain)))


def test_a_model_that_died_below_the_relu_is_told(planted_URM):
    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    with pytest.warns(UserWarning, match="every prediction is 0") as recorded:
        recommender.fit(**{**FAST, "sgd_mode": "sgd", "learning_rate": 0.05, "epochs": 3})
    assert recorded[0].filename == __file__


def test_a_filter_that_makes_the_last_warning_an_error_keeps_the_model(planted_URM):
    recommender = MatrixFactorization_PyTorch(planted_URM, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="every prediction is 0"):
            recommender.fit(**{**FAST, "sgd_mode": "sgd", "learning_rate": 0.05, "epochs": 3})
    assert recommender.get_early_stopping_final_epochs_dict() == {"epochs": 3}
    assert not recommender.predict(0, 1).any() and len(recommender.get_training_history()) == 3


def test_a_model_outlives_its_messages(planted_URM, break_console, tmp_path):
    break_console()
    quiet = fitted(planted_URM)
    recommender = MatrixFactorization_PyTorch(planted_URM)
    stopping = {"evaluator_object": EvaluatorRatingPrediction(planted_URM), "validation_every_n": 1}
    recommender.fit(**FAST, validation_metric="NEGATIVE_RMSE", **stopping)
    assert_same(state(recommender), state(quiet))
    recommender.save_model(tmp_path)
    loaded = MatrixFactorization_PyTorch(planted_URM)
    loaded.load_model(tmp_path)
    assert_same(state(loaded), state(quiet))


def test_equal_ratings_are_told_before_the_training(checkerboard_URM):
    with pytest.warns(UserWarning, match="all ratings are 5, so there is nothing to learn") as recorded:
        fitted(checkerboard_URM, epochs=1)
    with pytest.warns(UserWarning, match="all ratings are 1") as recorded:
        MatrixFactorization_PyTorch(checkerboard_URM.astype(bool), verbose=False).fit(**FAST)
    assert [warning.filename for warning in recorded] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(checkerboard_URM, loss=torch.nn.HuberLoss(reduction="sum"))  # it may be of another kind


@pytest.mark.parametrize(
    ("activation", "shift", "message"),
    [
        ("sigmoid", 0, r"a sigmoid predicts between 0 and 1, but the ratings are in 0.5\.\.5"),
        ("sigmoid", -4.5, r"a sigmoid predicts between 0 and 1, but the ratings are in -4\.\.0.5"),
        ("relu", -3, r"a relu predicts between 0 and inf, but the ratings are in -2.5\.\.2"),
    ],
)
def test_ratings_that_the_activation_cannot_give_are_told(planted_URM, activation, shift, message):
    URM = planted_URM.copy()
    URM.data += shift
    with pytest.warns(UserWarning, match=message) as recorded:
        MatrixFactorization_PyTorch(URM, verbose=False).fit(**FAST, activation=activation)
    assert recorded[0].filename == __file__


def test_a_cold_first_user_is_no_dead_model(planted_URM):
    URM = planted_URM.tolil()
    URM[0] = 0
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        fitted(URM.tocsr())
    assert [str(warning.message) for warning in recorded] == []


def test_a_loss_that_averages_is_told(planted_URM):
    with pytest.warns(UserWarning, match="averages over the batch"):
        fitted(planted_URM, loss=torch.nn.HuberLoss())


def test_a_sound_training_warns_of_nothing(planted_URM):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(planted_URM, loss=torch.nn.HuberLoss(reduction="sum"))
        fitted(planted_URM / 5, activation="sigmoid")
        fitted(planted_URM * -1, activation="identity")


def test_a_metric_that_is_an_error_or_misspelt_is_refused_before_any_epoch(planted_URM, monkeypatch):
    epochs = []
    monkeypatch.setattr(MatrixFactorization_PyTorch, "_run_epoch", lambda self, epoch: epochs.append(epoch))
    stopping = {"evaluator_object": EvaluatorRatingPrediction(planted_URM, False), "validation_every_n": 1}
    for metric, message in (("RMSE", "'NEGATIVE_RMSE' is, got 'RMSE'"), ("RSME", "one of RMSE, MAE, .*got 'RSME'")):
        with pytest.raises(ValueError, match=message):
            fitted(planted_URM, epochs=10**6, validation_metric=metric, **stopping)
    assert epochs == []


def test_the_factors_are_float32_whatever_torchs_default_is(planted_URM):
    expected = state(fitted(planted_URM))
    torch.set_default_dtype(torch.float64)
    try:
        actual = state(fitted(planted_URM))
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(array.dtype == np.float32 for array in actual)
    assert_same(actual, expected)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_trains_where_gradients_are_switched_off(planted_URM, mode):
    with mode():
        inside = state(fitted(planted_URM))
    assert_same(inside, state(fitted(planted_URM)))


def test_two_fits_in_threads_are_as_alone_and_leave_torchs_threads(planted_URM):
    before, results = torch.get_num_threads(), {}

    def work(seed):
        results[seed] = state(fitted(planted_URM, random_seed=seed, num_threads=1))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2):
        assert_same(results[seed], state(fitted(planted_URM, random_seed=seed)))
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda recommender: pickle.loads(pickle.dumps(recommender))])
def test_a_copy_recommends_and_has_the_model(planted_URM, copy_of):
    recommender = fitted(planted_URM)
    copied = copy_of(recommender)
    assert copied.recommend(range(10)) == recommender.recommend(range(10))
    np.testing.assert_array_equal(copied.model.get_W(), recommender.model.get_W())


COPIES = pytest.mark.parametrize(
    "copy_of", [copy.copy, copy.deepcopy, lambda original: pickle.loads(pickle.dumps(original))]
)


@COPIES
@pytest.mark.parametrize(
    "settings",
    [{"num_threads": 2}, {"engine": "torch"}, {"loss": lambda prediction, rating: ((prediction - rating) ** 2).sum()}],
)
def test_a_copy_in_a_validation_serves_what_is_validated_and_does_not_train(planted_URM, copy_of, settings, tmp_path):
    copies = []

    class Copying(EvaluatorByEpoch):
        def evaluateRecommender(self, recommender):
            copied = copy_of(recommender)
            assert_same(state(copied), state(recommender))
            assert copied.recommend(range(10)) == recommender.recommend(range(10))
            np.testing.assert_array_equal(copied.model.get_W(), recommender.model.get_W())
            with pytest.raises(RuntimeError, match="only inside fit"):
                copied._run_epoch(2)
            copies.append((copied, state(recommender), recommender.model.get_W()))
            return super().evaluateRecommender(recommender)

    evaluator = Copying({1: 0.2, 2: 0.1, 3: 0.3})
    recommender = fitted(planted_URM, epochs=3, evaluator_object=evaluator, validation_metric="MAP",
                         validation_every_n=1, **settings)  # fmt: skip
    expected = fitted(planted_URM, epochs=3, **settings)
    assert_same(state(recommender), state(expected))  # the training took no notice
    for copied, factors, embeddings in copies:
        assert_same(state(copied), factors)
        np.testing.assert_array_equal(copied.model.get_W(), embeddings)
    assert not np.array_equal(copies[1][2], copies[0][2])
    again = copies[0][0].fit(**{**FAST, "epochs": 3}, **settings)
    assert_same(state(again), state(expected))


def test_loading_forgets_the_training_before(planted_URM, tmp_path):
    fitted(planted_URM, epochs=1).save_model(tmp_path)
    stopping = {"evaluator_object": EvaluatorByEpoch({1: 0.1, 2: 0.2}), "validation_metric": "MAP"}
    recommender = fitted(planted_URM, validation_every_n=1, **stopping)
    recommender.load_model(tmp_path)
    assert recommender.get_training_history() is None
    assert recommender.get_validation_summary_table() is None and recommender.best_validation_metric is None
    with pytest.raises(AttributeError):
        recommender.get_early_stopping_final_epochs_dict()


def test_the_trained_module_is_there_only_after_a_fit(planted_URM, tmp_path):
    with pytest.raises(RuntimeError, match="fit"):
        _ = MatrixFactorization_PyTorch(planted_URM, verbose=False).model
    recommender = fitted(planted_URM)
    assert recommender.model.get_W().shape == (150, 3)
    recommender.save_model(tmp_path)
    recommender.load_model(tmp_path)
    with pytest.raises(RuntimeError, match="fit"):
        _ = recommender.model


def test_one_user_and_one_item():
    recommender = fitted(sps.csr_matrix([[4.0]]), epochs=50)
    assert recommender.predict(0, 0)[0] == pytest.approx(4.0, abs=0.2)


def test_predict_pairs_a_single_id_with_many(planted_URM):
    recommender = fitted(planted_URM)
    by_item = [recommender.predict(7, item)[0] for item in range(5)]
    np.testing.assert_allclose(recommender.predict(7, range(5)), by_item, rtol=1e-6)
    np.testing.assert_allclose(recommender.predict([7] * 5, range(5)), by_item, rtol=1e-6)
    np.testing.assert_allclose(recommender.predict(range(5), 7), [recommender.predict(u, 7)[0] for u in range(5)])
    with pytest.raises(ValueError, match="as long as"):
        recommender.predict([1, 2], [1, 2, 3])


@pytest.mark.parametrize(("asked", "chosen"), [("auto", "fused"), ("fused", "fused"), ("torch", "torch")])
def test_device_and_engine_are_said_aloud(planted_URM, capsys, asked, chosen):
    MatrixFactorization_PyTorch(planted_URM).fit(**FAST, device="cpu", engine=asked)
    out, err = capsys.readouterr()
    assert f"Training on cpu with the {chosen} engine" in out
    assert "2/2" in err and "training_RMSE" in err


def test_the_fit_leaves_the_global_states_alone(planted_URM):
    np.random.seed(3)
    torch.manual_seed(3)
    MatrixFactorization_PyTorch(planted_URM, verbose=False).fit(epochs=1)
    after = np.random.random(), torch.rand(1)
    np.random.seed(3)
    torch.manual_seed(3)
    assert after == (np.random.random(), torch.rand(1))
