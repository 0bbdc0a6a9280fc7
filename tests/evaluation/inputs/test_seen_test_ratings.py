import copy
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation._inputs import train_statistics as _train_statistics
from Evaluation._inputs.train_statistics import SeenTestRatings, count_common
from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample
from Evaluation.rating_prediction import EvaluatorRatingPrediction

TRAIN = sps.csr_matrix([[5, 4, 0, 0, 0], [0, 3, 0, 0, 0], [1, 1, 0, 0, 0]], dtype=np.float32)
APART = sps.csr_matrix([[0, 0, 0, 4, 5], [1, 0, 0, 0, 2], [0, 0, 0, 0, 0]], dtype=np.float32)
LEAKING = sps.csr_matrix([[2, 0, 0, 4, 5], [1, 3, 0, 0, 2], [0, 0, 0, 0, 0]], dtype=np.float32)
TOLD = "2 of 6 test interactions are in the training matrix"


def holdout(URM_test):
    return EvaluatorHoldout(URM_test, [2], verbose=False)


def negative_sample(URM_test):
    negative = sps.csr_matrix(([1.0], ([0], [2])), shape=URM_test.shape)
    return EvaluatorNegativeItemSample(URM_test, negative, [2], verbose=False)


def rating_prediction(URM_test):
    return EvaluatorRatingPrediction(URM_test, verbose=False)


EVALUATORS = [holdout, negative_sample, rating_prediction]


@pytest.fixture
def recommender(own_score_recommender):
    """A function: a recommender of the framework that ranks and predicts."""

    def recommender(URM_train=TRAIN):
        made = own_score_recommender(URM_train, np.arange(15.0).reshape(3, 5))
        made.predict = lambda users, items: np.full(len(users), 3.0)
        return made

    return recommender


@pytest.fixture
def counted(monkeypatch):
    """The training matrices whose test ratings were counted."""
    counted = []

    def count(URM_train, URM_test):
        counted.append(URM_train)
        return count_common(URM_train, URM_test)

    monkeypatch.setattr(_train_statistics, "count_common", count)
    return counted


@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_test_interactions_of_the_training_matrix_are_told_with_their_number(evaluator, recommender):
    with pytest.warns(UserWarning, match=TOLD) as caught:
        evaluator(LEAKING).evaluateRecommender(recommender())
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_parts_without_a_common_interaction_are_no_warning(evaluator, recommender):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        evaluator(APART).evaluateRecommender(recommender())
    assert caught == []


@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_the_next_validations_count_nothing(evaluator, recommender, counted):
    under_training, validating = recommender(), evaluator(LEAKING)
    with pytest.warns(UserWarning, match=TOLD):
        validating.evaluateRecommender(under_training)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validating.evaluateRecommender(under_training)
    assert len(counted) == 1

    under_training.set_URM_train(LEAKING)
    with pytest.warns(UserWarning, match="6 of 6"):
        validating.evaluateRecommender(under_training)
    assert len(counted) == 2


def test_a_recommender_that_hands_out_copies_is_told_once(score_recommender):
    evaluator, copying = holdout(LEAKING), score_recommender(TRAIN, np.arange(15.0).reshape(3, 5))
    with pytest.warns(UserWarning, match=TOLD):
        evaluator.evaluateRecommender(copying)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluator.evaluateRecommender(copying)


@pytest.mark.parametrize("has", ["URM_train", "get_URM_train", "neither"])
def test_a_recommender_that_only_predicts_is_asked_for_what_it_has(has):
    predicting = SimpleNamespace(n_users=3, n_items=5, predict=lambda users, items: np.full(len(users), 3.0))
    if has != "neither":
        setattr(predicting, has, TRAIN if has == "URM_train" else lambda: TRAIN)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rating_prediction(LEAKING).evaluateRecommender(predicting)
    assert len(caught) == (has != "neither")


def test_ratings_of_ignored_items_are_no_test_interactions(recommender):
    evaluator = EvaluatorHoldout(LEAKING, [2], ignore_items=[0], verbose=False)
    with pytest.warns(UserWarning, match="1 of 4 test interactions"):
        evaluator.evaluateRecommender(recommender())


@pytest.mark.parametrize("how", [copy.deepcopy, lambda seen: pickle.loads(pickle.dumps(seen))])
def test_a_copy_starts_afresh(how):
    seen = SeenTestRatings("Name", LEAKING)
    for one in (seen, how(seen)):
        with pytest.warns(UserWarning, match=f"Name: {TOLD}"):
            one.warn_of(TRAIN, is_checked=False, stacklevel=1)


@pytest.mark.parametrize("train_dtype", [np.int32, np.int64])
@pytest.mark.parametrize("test_dtype", [np.int32, np.int64])
@pytest.mark.parametrize("rows_per_call", [1, 7, 1 << 18])
def test_the_count_equals_scipys(train_dtype, test_dtype, rows_per_call, monkeypatch):
    monkeypatch.setattr(_train_statistics, "_ROWS_PER_CALL", rows_per_call)
    rng = np.random.default_rng(3)
    shuffled, other = (sps.random(50, 30, density, "csr", random_state=rng) for density in (0.3, 0.1))
    expected = shuffled.astype(bool).multiply(other.astype(bool)).nnz
    for row in range(50):  # any order within a row will do
        part = slice(*shuffled.indptr[row : row + 2])
        shuffled.indices[part] = rng.permutation(shuffled.indices[part])
    for matrix, dtype in ((shuffled, train_dtype), (other, test_dtype)):
        matrix.indices, matrix.indptr = matrix.indices.astype(dtype), matrix.indptr.astype(dtype)
    shuffled.indices = shuffled.indices.astype(np.int32)
    assert 0 < count_common(shuffled, other) == expected


@pytest.mark.parametrize("convert", [sps.csr_matrix, sps.csc_matrix, sps.coo_matrix])
def test_ratings_evaluated_beside_a_damaged_training_matrix_are_refused_before_scipy_converts_it(recommender, convert):
    damaged = convert(TRAIN, copy=True)
    (damaged.col if damaged.format == "coo" else damaged.indices)[0] = 10**8
    made = recommender()
    made.URM_train = damaged
    with pytest.raises(ValueError, match="URM_train must be a consistent sparse matrix"):
        rating_prediction(APART).evaluateRecommender(made)
