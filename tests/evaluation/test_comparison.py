"""Tables of several recommenders."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Evaluation.comparison import compare_ranking, compare_rating_prediction, format_comparison
from Evaluation.Evaluator import EvaluatorHoldout
from Evaluation.rating_prediction import EvaluatorRatingPrediction


class WithPredict:
    n_users, n_items = 3, 5

    def predict(self, user_id_array, item_id_array):
        return np.full(len(user_id_array), 3.0)


def test_ranking_table_has_a_row_for_each_recommender_and_cutoff(hand_made, score_recommender):
    recommender, URM_test = hand_made
    other = score_recommender(recommender.get_URM_train(), URM_test.toarray())
    evaluator = EvaluatorHoldout(URM_test, [4, 1], verbose=False)
    table = compare_ranking({"z": recommender, "a": other}, evaluator)
    assert table.index.tolist() == [("z", 4), ("z", 1), ("a", 4), ("a", 1)]
    assert list(table.index.names) == ["recommender", "cutoff"]
    for name, evaluated in [("z", recommender), ("a", other)]:
        expected = evaluator.evaluateRecommender(evaluated)[0].astype(float)
        pd.testing.assert_frame_equal(table.loc[name], expected)


def test_ranking_of_nobody_is_refused(hand_made):
    with pytest.raises(
        ValueError, match=r"^recommenders must be a mapping with at least one recommender, got an empty one"
    ):
        compare_ranking({}, EvaluatorHoldout(hand_made[1], [1], verbose=False))


def test_rating_table_leaves_out_who_does_not_predict(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorRatingPrediction(URM_test, verbose=False)
    table = compare_rating_prediction({"ranks": recommender, "predicts": WithPredict()}, evaluator)
    assert table.index.tolist() == ["predicts"] and table.index.name == "recommender"
    assert table.columns.tolist() == ["RMSE", "MAE"]
    assert table.loc["predicts"].tolist() == pytest.approx([np.sqrt(10 / 4), 6 / 4])
    nobody = compare_rating_prediction({"ranks": recommender}, evaluator)
    assert nobody.empty and nobody.columns.tolist() == ["RMSE", "MAE"]


def test_text_has_chosen_columns_in_order_and_aligned():
    index = pd.MultiIndex.from_tuples([("A", 5), ("Long name", 10)], names=["recommender", "cutoff"])
    table = pd.DataFrame({"MAP": [0.25, 1 / 3], "NDCG": [1.0, 0.5], "F1": [0.0, 0.0]}, index=index)
    lines = format_comparison(table, columns=["NDCG", "MAP", "NOT_THERE"], n_decimals=2).splitlines()
    assert [line.split() for line in lines] == [
        ["recommender", "cutoff", "NDCG", "MAP"],
        ["A", "5", "1.00", "0.25"],
        ["Long", "name", "10", "0.50", "0.33"],
    ]
    assert len({len(line) for line in lines}) == 1
    assert "F1" in format_comparison(table, columns=["NOT_THERE"])


def test_real_recommender_is_evaluated_as_its_own_lists_say():
    module = pytest.importorskip("Recommenders.NonPersonalizedRecommender")
    rng = np.random.default_rng(5)
    URM_train = sps.csr_matrix((rng.random((30, 12)) < 0.3).astype(np.float32))
    URM_test = sps.csr_matrix((rng.random((30, 12)) < 0.3) & (URM_train.toarray() == 0))
    recommender = module.TopPop(URM_train, verbose=False)
    recommender.fit()
    row = compare_ranking({"TopPop": recommender}, EvaluatorHoldout(URM_test, [5], verbose=False)).loc[("TopPop", 5)]
    users = [user for user in range(30) if URM_test[user].nnz > 0]
    lists = recommender.recommend(users, cutoff=5)
    hits = [len(set(ranked) & set(URM_test[user].indices.tolist())) for user, ranked in zip(users, lists)]
    assert row["RECALL"] == pytest.approx(np.mean([h / URM_test[user].nnz for user, h in zip(users, hits)]))
    assert row["COVERAGE_ITEM"] == len({item for ranked in lists for item in ranked}) / 12
