from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch


def with_value(URM, value):
    URM = URM.copy()
    URM.data[3] = value
    return URM


BAD_URMS = [
    (lambda URM: with_value(URM, np.nan), ValueError, "finite"),
    (lambda URM: with_value(URM, np.inf), ValueError, "finite"),
    (lambda URM: 0 * URM, ValueError, "non-zero"),
    (lambda URM: sps.csr_matrix(URM.shape), ValueError, "non-zero"),
    (lambda URM: URM.toarray(), TypeError, "sparse"),
    (lambda URM: None, TypeError, "sparse"),
    (lambda URM: URM.astype(complex), TypeError, "real"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD_URMS)
def test_a_bad_URM_is_refused(URM, make, error, message):
    with pytest.raises(error, match=f"URM_train must be .*{message}"):
        MatrixFactorization_PyTorch(make(URM), verbose=False)


@pytest.mark.parametrize(("make", "error", "message"), BAD_URMS)
def test_a_bad_replacement_of_the_URM_is_refused(unfitted, URM, make, error, message):
    with pytest.raises(error, match=f"URM_train_new must be .*{message}"):
        unfitted.set_URM_train(make(URM))
    assert (unfitted.URM_train != URM.astype(np.float32)).nnz == 0


def test_duplicates_of_small_integers_are_summed_without_overflow():
    URM = sps.csr_matrix((np.array([100, 100, 1], dtype=np.int8), [0, 0, 1], [0, 2, 3]), shape=(2, 2))
    assert MatrixFactorization_PyTorch(URM, verbose=False).URM_train.toarray().tolist() == [[200, 0], [0, 1]]
    assert URM.data.tolist() == [100, 100, 1]


def test_a_replacement_of_another_shape_is_refused(unfitted, URM):
    with pytest.raises(ValueError, match=r"URM_train_new must be of shape \(60, 30\), got shape \(59, 30\)"):
        unfitted.set_URM_train(URM[:-1])


def test_a_bad_verbose_is_refused(URM):
    with pytest.raises(TypeError, match="verbose must be True or False, got 'yes'"):
        MatrixFactorization_PyTorch(URM, verbose="yes")


def test_a_sparse_array_is_as_good_as_a_matrix(URM, everything):
    """The host's own checks know matrices only."""
    settings = {"epochs": 1, "random_seed": 1}
    matrix, array = (
        MatrixFactorization_PyTorch(kind(URM), verbose=False).fit(**settings)
        for kind in (sps.coo_matrix, sps.csr_array)
    )
    assert everything(matrix).ranking == everything(array).ranking


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"epochs": -1}, ValueError, "epochs must be an integer >= 0, got -1"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate must be a finite number > 0, got -0.1"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be an integer >= 1, got 1.5"),
        ({"sgd_mode": "newton"}, ValueError, "sgd_mode must be one of .*'adagrad'.*, got 'newton'"),
        ({"device": "tpu"}, ValueError, "device must be one of .*'cpu'.*, got 'tpu'"),
        ({"patience": 3}, TypeError, "no argument 'patience'.*validation_every_n"),
        ({"evaluator_object": "MAP"}, TypeError, "evaluator_object must be an evaluator"),
        ({"epochs": 5, "epochs_min": 9}, ValueError, "epochs_min must be"),
    ],
)
def test_a_bad_argument_of_fit_is_refused_and_nothing_is_lost(fit, everything, arguments, error, message):
    recommender = fit()
    before = everything(recommender)
    with pytest.raises(error, match=message):
        recommender.fit(**arguments)
    after = everything(recommender)
    assert after.ranking == before.ranking
    np.testing.assert_array_equal(after.predictions, before.predictions)


@pytest.mark.parametrize("metric", ["NDCG", None])
def test_a_metric_that_the_evaluator_lacks_is_refused_and_nothing_is_lost(fit, everything, URM_validation, metric):
    from Evaluation.Evaluator import EvaluatorHoldout

    recommender = fit()
    before = everything(recommender)
    evaluator = EvaluatorHoldout(URM_validation, cutoff_list=[5])
    with pytest.raises(ValueError, match="validation_metric must be"):
        recommender.fit(epochs=1, evaluator_object=evaluator, validation_every_n=1, validation_metric=metric)
    assert everything(recommender).ranking == before.ranking


@pytest.mark.parametrize(
    ("users", "items", "error"),
    [([-1], [0], ValueError), ([0], [10_000], ValueError), ([0, 1], [0, 1, 2], ValueError), ([0.5], [0], TypeError)],
)
def test_bad_ids_to_predict_are_refused(fit, users, items, error):
    with pytest.raises(error, match=r"(user|item)_id_array must be"):
        fit().predict(users, items)


@pytest.mark.parametrize(("user", "error"), [(-1, ValueError), (10_000, ValueError), (0.5, TypeError)])
def test_bad_ids_to_recommend_to_are_refused(fit, user, error):
    """The host's own base takes a negative id for one that counts from the end."""
    for users in (user, [user], np.array([1, user])):
        with pytest.raises(error, match="user_id_array must be"):
            fit().recommend(users)


@pytest.mark.parametrize("items", [[-1], [30]])
def test_bad_items_to_compute_are_refused(fit, items):
    with pytest.raises(ValueError, match="items_to_compute must be"):
        fit().recommend(1, items_to_compute=items)


@pytest.mark.parametrize(
    "use",
    [
        lambda recommender, folder: recommender.recommend(1),
        lambda recommender, folder: recommender.recommend(np.array([1, 2]), cutoff=3),
        lambda recommender, folder: recommender.predict(1, 2),
        lambda recommender, folder: recommender.save_model(folder),
        lambda recommender, folder: recommender.model,
    ],
    ids=["recommend", "recommend to several", "predict", "save_model", "model"],
)
def test_use_before_fit_is_refused_with_a_hint(unfitted, folder, use):
    with pytest.raises(RuntimeError, match=r"fit\(\)"):
        use(unfitted, folder)
    assert list(Path(folder).iterdir()) == []
