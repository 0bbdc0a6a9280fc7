"""EvaluatorNegativeItemSample ranks test and negative items, and nothing else."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample

NEGATIVE = sps.csr_matrix([[0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0]])


def test_each_user_is_asked_for_test_and_negative_items_alone(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorNegativeItemSample(URM_test, NEGATIVE, [3], verbose=False)
    results_df, _ = evaluator.evaluateRecommender(recommender)
    assert [call["user_id_array"].tolist() for call in recommender.calls] == [[0], [1]]
    assert [sorted(call["items_to_compute"].tolist()) for call in recommender.calls] == [[2, 3, 4], [0, 3, 4]]
    # lists [2, 3] (item 4 scores -inf) and [0, 3, 4]
    assert results_df.loc[3]["PRECISION"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert results_df.loc[3]["RECALL"] == pytest.approx((1 / 2 + 1) / 2)


def test_a_bad_ranking_scores_below_a_perfect_one(score_recommender, hand_made):
    _, URM_test = hand_made
    URM_train = sps.csr_matrix([[5, 4, 0, 0, 0], [0, 3, 0, 0, 0], [1, 1, 0, 0, 0]])
    evaluator = EvaluatorNegativeItemSample(URM_test, NEGATIVE, [2], verbose=False)
    best = score_recommender(URM_train, URM_test.toarray())
    worst = score_recommender(URM_train, -URM_test.toarray())
    maps = [evaluator.evaluateRecommender(recommender)[0].loc[2]["MAP"] for recommender in (best, worst)]
    assert maps == pytest.approx([1.0, 1 / 4])


def test_negatives_that_were_seen_in_training_are_counted_in_a_warning(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorNegativeItemSample(URM_test, recommender.get_URM_train(), [3], verbose=False)
    with pytest.warns(UserWarning, match="3 of 3 negative items are in the training data and are not ranked"):
        evaluator.evaluateRecommender(recommender)


def test_unseen_negatives_and_rankings_with_seen_items_do_not_warn(hand_made):
    recommender, URM_test = hand_made
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        EvaluatorNegativeItemSample(URM_test, NEGATIVE, [3], verbose=False).evaluateRecommender(recommender)
        evaluator = EvaluatorNegativeItemSample(
            URM_test, recommender.get_URM_train(), [3], exclude_seen=False, verbose=False
        )
        evaluator.evaluateRecommender(recommender)
    assert [str(warning.message) for warning in recorded] == []


def test_with_every_item_negative_it_is_the_holdout(hand_made):
    recommender, URM_test = hand_made
    unseen = sps.csr_matrix(recommender.get_URM_train().toarray() == 0)
    sampled = EvaluatorNegativeItemSample(URM_test, unseen, [1, 4], verbose=False).evaluateRecommender(recommender)
    assert sampled[1] == EvaluatorHoldout(URM_test, [1, 4], verbose=False).evaluateRecommender(recommender)[1]


def test_it_says_nothing_with_verbose_false_and_its_name_with_true(hand_made, capfd):
    recommender, URM_test = hand_made
    EvaluatorNegativeItemSample(URM_test, NEGATIVE, [3], verbose=False).evaluateRecommender(recommender)
    assert capfd.readouterr() == ("", "")
    EvaluatorNegativeItemSample(URM_test, NEGATIVE, [3]).evaluateRecommender(recommender)
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == ("EvaluatorNegativeItemSample: Ignoring 1 (33.3%) Users that have less than 1 test interactions")
    assert lines[1].startswith("EvaluatorNegativeItemSample: Processed 2 (100.0%) in ")


@pytest.mark.parametrize("negative", [NEGATIVE[:2], NEGATIVE.toarray(), sps.csr_matrix(np.full((3, 5), np.nan))])
def test_negatives_of_another_kind_or_shape_are_refused(hand_made, negative):
    with pytest.raises((TypeError, ValueError), match=r"^URM_test_negative must be "):
        EvaluatorNegativeItemSample(hand_made[1], negative, [3], verbose=False)


def test_auc_is_refused_since_it_is_over_all_unseen_items(hand_made):
    with pytest.raises(
        ValueError,
        match=r"^metrics must not contain AUC here: it is over all unseen items, not over the sampled ones",
    ):
        EvaluatorNegativeItemSample(hand_made[1], NEGATIVE, [3], metrics=["AUC"], verbose=False)
