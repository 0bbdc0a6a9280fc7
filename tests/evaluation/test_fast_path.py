"""The rankings of the framework's own recommenders come in arrays; they and the numbers are those of the contract."""

import copy
import functools
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Evaluation._inputs import rankings as _rankings
from Evaluation._inputs import train_statistics as _train_statistics
from Evaluation._inputs.protocols import training_matrix
from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorMetrics, EvaluatorNegativeItemSample
from Recommenders._ranking.factor_ranker import FactorRanker
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.BaseRecommender import BaseRecommender
from Recommenders.BaseSimilarityMatrixRecommender import BaseItemSimilarityMatrixRecommender
from Recommenders.NonPersonalizedRecommender import TopPop

N_USERS, N_ITEMS = 130, 70
ALL = [metric for metric in EvaluatorMetrics if metric is not EvaluatorMetrics.DIVERSITY_SIMILARITY]


def _matrix(rng: np.random.Generator, density: float) -> sps.csr_matrix:
    return sps.csr_matrix(rng.integers(1, 6, (N_USERS, N_ITEMS)) * (rng.random((N_USERS, N_ITEMS)) < density))


def _factorisation(cls: type[Any], draw: Any) -> Any:
    recommender = cls(_matrix(np.random.default_rng(1), 0.2), verbose=False)
    recommender.USER_factors, recommender.ITEM_factors = draw(N_USERS, 4), draw(N_ITEMS, 4)
    recommender.use_bias = True
    recommender.USER_bias, recommender.ITEM_bias, recommender.GLOBAL_bias = draw(N_USERS), draw(N_ITEMS), np.float32(3)
    return recommender


def _similarity(cls: type[Any], draw: Any) -> Any:
    recommender = cls(_matrix(np.random.default_rng(1), 0.2), verbose=False)
    recommender.W_sparse = sps.csr_matrix(
        draw(N_ITEMS, N_ITEMS) * (np.random.default_rng(2).random((N_ITEMS,) * 2) < 0.2)
    )
    return recommender


def _top_pop(cls: type[Any], draw: Any) -> Any:
    return cls(_matrix(np.random.default_rng(1), 0.2)).fit()


def by_contract(cls: type[Any]) -> type[Any]:
    """The same recommender with a `recommend` of its own, which ranks by the whole matrix of scores."""

    class ByContract(cls):  # type: ignore[misc]
        def recommend(self, *args: Any, **kwargs: Any) -> Any:
            ranking, scores = super().recommend(*args, **{**kwargs, "return_scores": True})
            return (ranking, scores) if kwargs.get("return_scores") else ranking

    return ByContract


MAKERS = [
    (_factorisation, BaseMatrixFactorizationRecommender),
    (_similarity, BaseItemSimilarityMatrixRecommender),
    (_top_pop, TopPop),
]
KINDS = pytest.mark.parametrize("make, cls", MAKERS, ids=["factors", "similarity", "TopPop"])


def integers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(-2, 3, shape).astype(np.float32)


def reals(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def holdout(**arguments: Any) -> EvaluatorHoldout:
    URM_test = _matrix(np.random.default_rng(5), 0.15)
    return EvaluatorHoldout(URM_test, [10, 3], ignore_items=[3, 50], metrics=ALL, verbose=False, **arguments)


def sampled(**arguments: Any) -> EvaluatorNegativeItemSample:
    negative = _matrix(np.random.default_rng(6), 0.3)
    URM_test = _matrix(np.random.default_rng(5), 0.15)
    return EvaluatorNegativeItemSample(URM_test, negative, [10, 3], ignore_items=[3, 50], verbose=False, **arguments)


EVALUATORS = pytest.mark.parametrize("make_evaluator", [holdout, sampled])


@pytest.fixture(autouse=True)
def blocks_smaller_than_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("Evaluation._inputs.rankings._ROWS_AT_ONCE", 60)
    monkeypatch.setattr("Evaluation._inputs.rankings._FEWEST_ROWS", 1)
    monkeypatch.setattr("Evaluation._inputs.rankings._LISTS_AT_ONCE", 37)


@KINDS
@EVALUATORS
@pytest.mark.filterwarnings("ignore:.*negative items are in the training data")
def test_both_paths_give_equal_bits_on_exact_scores(make, cls, make_evaluator):
    evaluator = make_evaluator()
    own, foreign = make(cls, integers), make(by_contract(cls), integers)
    tables = [evaluator.evaluateRecommender(recommender, return_per_user=True) for recommender in (own, foreign)]
    for table in (0, 2):
        pd.testing.assert_frame_equal(tables[0][table], tables[1][table], check_exact=True)


@KINDS
@EVALUATORS
@pytest.mark.filterwarnings("ignore:.*negative items are in the training data")
def test_both_paths_give_the_same_numbers_on_real_scores(make, cls, make_evaluator):
    evaluator = make_evaluator()
    own, foreign = (evaluator.evaluateRecommender(make(kind, reals))[0] for kind in (cls, by_contract(cls)))
    np.testing.assert_allclose(own.astype(float), foreign.astype(float), rtol=0, atol=1e-6)


@KINDS
@EVALUATORS
@pytest.mark.filterwarnings("ignore:.*negative items are in the training data")
def test_metrics_have_equal_bits_for_any_number_of_threads(make, cls, make_evaluator):
    recommender = make(cls, reals)
    one = make_evaluator(num_threads=1).evaluateRecommender(recommender, return_per_user=True)
    for num_threads in (2, 3, None):
        other = make_evaluator(num_threads=num_threads).evaluateRecommender(recommender, return_per_user=True)
        assert other[1] == one[1]
        for table in (0, 2):
            pd.testing.assert_frame_equal(other[table], one[table], check_exact=True)


def test_the_framework_s_recommenders_are_asked_for_arrays_and_others_for_lists():
    evaluator = holdout()
    base = BaseMatrixFactorizationRecommender
    own, foreign = (_factorisation(cls, reals) for cls in (base, by_contract(base)))
    assert isinstance(evaluator._ranker(own), FactorRanker)
    assert isinstance(evaluator._ranker(foreign), _rankings.ListRanker)
    own.recommend = foreign.recommend
    assert isinstance(evaluator._ranker(own), _rankings.ListRanker)


def test_what_wraps_a_method_is_asked_instead_of_its_faster_form():
    """functools.wraps copies all attributes of a function, the mark as well."""
    base = BaseMatrixFactorizationRecommender

    class Backwards(base):
        @functools.wraps(base.recommend)
        def recommend(self, *args: Any, **kwargs: Any) -> Any:
            return [ranking[::-1] for ranking in super().recommend(*args, **kwargs)]

    class Negative(base):
        @functools.wraps(base._compute_item_score)
        def _compute_item_score(self, *args: Any, **kwargs: Any) -> Any:
            return -super()._compute_item_score(*args, **kwargs)

    evaluator = EvaluatorHoldout(_matrix(np.random.default_rng(5), 0.15), [5], verbose=False)
    tables = [evaluator.evaluateRecommender(_factorisation(cls, reals))[1] for cls in (base, Backwards, Negative)]
    assert len(set(tables)) == 3
    assert isinstance(evaluator._ranker(_factorisation(Backwards, reals)), _rankings.ListRanker)


def test_a_foreign_training_matrix_with_columns_out_of_range_is_refused():
    class Foreign:
        def recommend(self, *args: Any, **kwargs: Any) -> Any: ...

        def get_URM_train(self) -> sps.csr_matrix:
            broken = _matrix(np.random.default_rng(1), 0.2)
            broken.indices[5] = N_ITEMS
            return broken

    with pytest.raises(ValueError, match=r"get_URM_train\(\) must be a consistent .* columns outside of 0..69"):
        EvaluatorHoldout(_matrix(np.random.default_rng(5), 0.15), [5], verbose=False).evaluateRecommender(Foreign())


def test_no_list_and_no_matrix_of_scores_is_made_of_factors(monkeypatch):
    recommender = _factorisation(BaseMatrixFactorizationRecommender, reals)
    monkeypatch.setattr(BaseMatrixFactorizationRecommender, "_factor_score", None)
    monkeypatch.setattr("Evaluation._inputs.rankings.rankings_of_lists", None)
    monkeypatch.setattr("Recommenders._ranking.factor_ranker._FEW_USERS", 1)
    evaluator = EvaluatorHoldout(_matrix(np.random.default_rng(5), 0.15), [5], verbose=False)
    assert evaluator.evaluateRecommender(recommender)[0].loc[5]["RECALL"] > 0


def test_the_training_matrix_is_not_copied_unless_a_class_says_what_it_is():
    class Other(TopPop):
        def get_URM_train(self) -> sps.csr_matrix:
            return sps.csr_matrix(np.eye(N_USERS, N_ITEMS))

    plain, other = (_top_pop(cls, None) for cls in (TopPop, Other))
    assert training_matrix(plain) is plain.URM_train
    assert training_matrix(other).nnz == N_ITEMS


def test_training_statistics_are_computed_once_for_a_training_matrix(monkeypatch):
    computed = []

    class Counting(_train_statistics.TrainStatistics):
        def __init__(self, URM_train: Any) -> None:
            computed.append(URM_train.nnz)
            super().__init__(URM_train)

    monkeypatch.setattr("Evaluation._inputs.train_statistics.TrainStatistics", Counting)
    evaluator = holdout()
    first, again = (_top_pop(TopPop, None) for _ in range(2))
    table = evaluator.evaluateRecommender(first)[1]
    for recommender in (first, again, _top_pop(by_contract(TopPop), None), first):
        assert evaluator.evaluateRecommender(recommender)[1] == table
    assert len(computed) == 1
    changed = first.get_URM_train()
    changed.data[: changed.nnz // 2] = 0
    first.set_URM_train(changed)
    evaluator.evaluateRecommender(first)
    assert evaluator.evaluateRecommender(again)[1] == table
    assert computed == [again.URM_train.nnz, first.URM_train.nnz, again.URM_train.nnz]


def test_a_copy_of_an_evaluator_for_another_process_gives_the_same_numbers(monkeypatch):
    monkeypatch.setattr("Evaluation._inputs.held_out._USERS_PER_CALL", 7)
    monkeypatch.setattr("Evaluation._inputs.train_statistics._ROWS_PER_CALL", 7)
    monkeypatch.setattr("Evaluation._inputs.train_statistics._ENTRIES_PER_CALL", 7)
    evaluator, recommender = holdout(), _top_pop(TopPop, None)
    table = evaluator.evaluateRecommender(recommender)[1]
    monkeypatch.undo()
    for other in (pickle.loads(pickle.dumps(evaluator)), copy.deepcopy(evaluator), holdout()):
        assert other.evaluateRecommender(recommender)[1] == table


def test_nothing_of_the_training_data_is_computed_for_metrics_that_do_not_need_it(monkeypatch):
    monkeypatch.setattr("Evaluation._inputs.train_statistics.TrainStatistics", None)
    evaluator = EvaluatorHoldout(_matrix(np.random.default_rng(5), 0.15), [5], metrics=["MAP"], verbose=False)
    results_df, results_str = evaluator.evaluateRecommender(_top_pop(TopPop, None))
    assert list(results_df.columns) == ["MAP"]
    assert results_str.startswith("CUTOFF: 5 - MAP: ") and results_str.count(":") == 2


def test_a_block_of_scores_is_small_whatever_the_number_of_users_is(monkeypatch):
    monkeypatch.setattr("Recommenders._ranking.request._SCORES_PER_BLOCK", 500)
    blocks = []

    class Watched(BaseRecommender):
        def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
            blocks.append(len(user_id_array))
            return np.zeros((len(user_id_array), self.n_items))

    evaluator = EvaluatorHoldout(_matrix(np.random.default_rng(5), 0.15), [5], verbose=False)
    evaluator.evaluateRecommender(Watched(_matrix(np.random.default_rng(1), 0.2), verbose=False))
    assert max(blocks) == 500 // N_ITEMS
    assert sum(blocks) == len(evaluator.users_to_evaluate)


def test_an_interrupt_of_the_ranking_resets_the_ignored_items():
    class Interrupted(TopPop):
        def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
            assert self.items_to_ignore_flag
            raise KeyboardInterrupt

    recommender = _top_pop(Interrupted, None)
    with pytest.raises(KeyboardInterrupt):
        holdout().evaluateRecommender(recommender)
    assert not recommender.items_to_ignore_flag


def test_an_evaluation_goes_on_with_the_users_that_it_began_with():
    class Watched(TopPop):
        def recommend(self, *args: Any, **kwargs: Any) -> Any:
            evaluator.users_to_evaluate = evaluator.users_to_evaluate[:3]
            return super().recommend(*args, **kwargs)

    expected = holdout().evaluateRecommender(_top_pop(TopPop, None), return_per_user=True)
    evaluator = holdout()
    _, text, per_user = evaluator.evaluateRecommender(_top_pop(Watched, None), return_per_user=True)
    assert len(evaluator.users_to_evaluate) == 3
    assert text == expected[1]
    pd.testing.assert_frame_equal(per_user, expected[2])


def test_the_training_matrix_is_looked_at_once_an_evaluation(monkeypatch):
    asked = []
    get = _train_statistics.TrainStatisticsCache.get
    monkeypatch.setattr(_train_statistics.TrainStatisticsCache, "get", lambda *args: asked.append(1) or get(*args))
    holdout().evaluateRecommender(_top_pop(TopPop, None))
    assert asked == [1]
