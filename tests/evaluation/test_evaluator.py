"""EvaluatorHoldout: a case worked by hand, the form of the result, what it says, what it refuses."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Evaluation._inputs.rankings import users_at_once
from Evaluation._report import progress_bar
from Evaluation.Evaluator import Evaluator, EvaluatorHoldout, EvaluatorMetrics, get_result_string_df
from Evaluation.metrics import Diversity_similarity

COLUMNS = [
    "PRECISION",
    "PRECISION_RECALL_MIN_DEN",
    "RECALL",
    "MAP",
    "MAP_MIN_DEN",
    "MRR",
    "NDCG",
    "F1",
    "HIT_RATE",
    "ARHR_ALL_HITS",
    "NOVELTY",
    "AVERAGE_POPULARITY",
    "DIVERSITY_MEAN_INTER_LIST",
    "DIVERSITY_HERFINDAHL",
    "COVERAGE_ITEM",
    "COVERAGE_ITEM_HIT",
    "ITEMS_IN_GT",
    "COVERAGE_USER",
    "COVERAGE_USER_HIT",
    "USERS_IN_GT",
    "DIVERSITY_GINI",
    "SHANNON_ENTROPY",
    "RATIO_DIVERSITY_HERFINDAHL",
    "RATIO_DIVERSITY_GINI",
    "RATIO_SHANNON_ENTROPY",
    "RATIO_AVERAGE_POPULARITY",
    "RATIO_NOVELTY",
]


def test_every_metric_of_a_case_worked_by_hand(hand_made):
    recommender, URM_test = hand_made
    row = EvaluatorHoldout(URM_test, [4], verbose=False).evaluateRecommender(recommender)[0].loc[4]
    log2 = math.log2
    ndcg = ((15 / log2(3)) / (31 + 15 / log2(3)) + (1 + 3 / log2(5)) / (3 + 1 / log2(3))) / 2
    shannon = log2(6) / 3 + 2 * log2(3) / 3
    by_hand = [
        *(0.5, 0.75, 0.75, 0.3125, 0.5, 0.75, ndcg, 0.6, 1.0, 0.875),
        *(log2(2.5) / 10, 1 / 12),
        *(0.5, 26 / 36, 4 / 5, 3 / 5, 3 / 5, 2 / 3, 2 / 3, 2 / 3, 26 / 36, shannon),
        *((26 / 36) / (12 / 25), (26 / 36) / (14 / 30), shannon / (0.4 * log2(2.5) + 0.6 * log2(5 / 3))),
        *(3 / 32, 1.5 * log2(2.5) / (2 * log2(2.5) + 3 * log2(5 / 3))),
    ]
    assert row.to_dict() == pytest.approx(dict(zip(COLUMNS, by_hand)), rel=1e-12)


def test_result_is_a_table_of_python_floats_by_cutoff_in_the_order_given(hand_made):
    recommender, URM_test = hand_made
    results_df, results_str = EvaluatorHoldout(URM_test, [3, 1], verbose=False).evaluateRecommender(recommender)
    assert list(results_df.columns) == COLUMNS
    assert results_df.index.tolist() == [3, 1]
    assert results_df.index.name == "cutoff" and results_df.index.dtype == np.int64
    assert set(results_df.dtypes) == {np.dtype(object)}
    assert all(type(value) is float for value in results_df.to_numpy().ravel())
    lines = results_str.split("\n")
    assert len(lines) == 3 and lines[2] == ""
    assert lines[1] == "CUTOFF: 1 - " + "".join(f"{name}: {results_df.loc[1][name]:.7f}, " for name in COLUMNS)
    assert lines[1].startswith(
        "CUTOFF: 1 - PRECISION: 0.5000000, PRECISION_RECALL_MIN_DEN: 0.5000000, RECALL: 0.2500000, "
    )


def test_result_string_takes_the_number_of_decimals():
    table = pd.DataFrame({"MAP": [0.25, 0.5], "MRR": [1.0, 0.0]}, index=[5, 10], dtype=object)
    assert get_result_string_df(table, n_decimals=2) == (
        "CUTOFF: 5 - MAP: 0.25, MRR: 1.00, \nCUTOFF: 10 - MAP: 0.50, MRR: 0.00, \n"
    )


def test_metric_names_are_the_columns_with_similarity_only_on_demand(hand_made):
    recommender, URM_test = hand_made
    beyond = ["DIVERSITY_SIMILARITY", "AUC", "EFFECTIVE_CATALOG_SIZE"]
    assert [metric.value for metric in EvaluatorMetrics if metric.name not in beyond] == COLUMNS
    assert EvaluatorMetrics.ARHR.value == "ARHR_ALL_HITS"
    diversity = Diversity_similarity(np.ones((5, 5)))
    evaluator = EvaluatorHoldout(URM_test, [2, 4], diversity_object=diversity, verbose=False)
    results_df, _ = evaluator.evaluateRecommender(recommender)
    assert list(results_df.columns) == [*COLUMNS[:12], "DIVERSITY_SIMILARITY", *COLUMNS[12:]]
    assert results_df["DIVERSITY_SIMILARITY"].tolist() == [1.0, 1.0]
    assert diversity.n_users == 0  # the caller's object takes no part


def test_second_evaluation_equals_the_first(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [1, 4], verbose=False)
    first, second = evaluator.evaluateRecommender(recommender), evaluator.evaluateRecommender(recommender)
    pd.testing.assert_frame_equal(first[0], second[0])
    assert first[1] == second[1]


def test_recommend_is_called_by_the_contract_in_blocks(hand_made, monkeypatch):
    recommender, URM_test = hand_made
    monkeypatch.setattr("Evaluation._inputs.rankings._LISTS_AT_ONCE", 1)
    EvaluatorHoldout(URM_test, [2, 4, 3], exclude_seen=False, verbose=False).evaluateRecommender(recommender)
    assert [call.pop("user_id_array").tolist() for call in recommender.calls] == [[0], [1]]
    flags = {"remove_seen_flag": False, "remove_top_pop_flag": False, "remove_custom_items_flag": False}
    assert recommender.calls == [{"cutoff": 4, "return_scores": False, **flags}] * 2


@pytest.mark.parametrize("limit, expected", [("_SCORES_AT_ONCE", [[0], [1]]), (None, [[0, 1]])])
def test_blocks_are_small_where_rows_are_long(hand_made, monkeypatch, limit, expected):
    recommender, URM_test = hand_made
    if limit is not None:
        monkeypatch.setattr(f"Evaluation._inputs.rankings.{limit}", 6)
    EvaluatorHoldout(URM_test, [4], verbose=False).evaluateRecommender(recommender)
    assert [call["user_id_array"].tolist() for call in recommender.calls] == expected


@pytest.mark.parametrize(
    "n_items, cutoff, expected",
    [
        (10_000, 20, 26_843),
        (1_000, 20, 32_768),
        (10**7, 20, 256),
        (10**5, 10**5, 41),
        (10**8, 10**8, 1),
        (3, 10**6, 32_768),
    ],
)
def test_users_at_once_have_few_scores_and_ranks(n_items, cutoff, expected):
    assert users_at_once(n_items, cutoff) == expected


def test_attributes_are_the_contract_s(hand_made):
    _, URM_test = hand_made
    given = URM_test.astype(np.int16)
    cutoffs = [2, 4]
    evaluator = EvaluatorHoldout(given, cutoffs, ignore_items=[4], ignore_users=[2, 0], verbose=False)
    assert (evaluator.EVALUATOR_NAME, evaluator.n_users, evaluator.n_items) == ("EvaluatorHoldout", 3, 5)
    assert (evaluator.max_cutoff, evaluator.min_ratings_per_user, evaluator.exclude_seen) == (4, 1, True)
    assert evaluator.cutoff_list == cutoffs and evaluator.cutoff_list is not cutoffs
    assert evaluator.ignore_items_flag and evaluator.ignore_items_ID.tolist() == [4]
    assert evaluator.ignore_users_ID.tolist() == [0, 2]
    assert evaluator.users_to_evaluate == [1]
    assert evaluator.URM_test.dtype == np.int16 and evaluator.URM_test.nnz == 2
    assert given.nnz == 4 and given[0, 4] == 5  # the matrix given is as it was


def test_users_to_evaluate_are_ascending_whatever_is_ignored():
    URM_test = sps.csr_matrix(np.ones((200, 3)))
    evaluator = EvaluatorHoldout(URM_test, [1], ignore_users=[150, 3, 77], verbose=False)
    assert evaluator.users_to_evaluate == [user for user in range(200) if user not in (3, 77, 150)]


def test_users_to_evaluate_may_be_set_to_fewer(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [2], verbose=False)
    evaluator.users_to_evaluate = [1]
    assert evaluator.users_to_evaluate == [1] and type(evaluator.users_to_evaluate[0]) is np.int64
    assert evaluator.evaluateRecommender(recommender)[0].loc[2]["RECALL"] == 0.5
    assert [call["user_id_array"].tolist() for call in recommender.calls] == [[1]]
    for users, message in (
        ([3], "integer ids in 0..2, got 3"),
        ([1, 2], "users with a test rating, got user 2"),
    ):
        with pytest.raises(ValueError, match=f"users_to_evaluate must be {message}"):
            evaluator.users_to_evaluate = users
    assert evaluator.users_to_evaluate == [1]


def test_stored_zeros_and_duplicates_of_the_test_matrix_are_not_ratings(hand_made):
    recommender, URM_test = hand_made
    clean = EvaluatorHoldout(URM_test, [4], verbose=False).evaluateRecommender(recommender)[1]
    columns, values, row_ends = [4, 3, 3, 2, 4, 0, 1], [5.0, 1.0, 3.0, 0.0, 2.0, 1.0, 0.0], [0, 4, 6, 7]
    messy = sps.csr_matrix((values, columns, row_ends), shape=(3, 5))
    assert EvaluatorHoldout(messy, [4], verbose=False).evaluateRecommender(recommender)[1] == clean
    assert messy.nnz == 7 and messy.indices.tolist() == columns  # as it was given


def test_messages_say_what_is_ignored_and_how_long_it_took(hand_made, capsys):
    recommender, URM_test = hand_made
    EvaluatorHoldout(URM_test, [2], ignore_items=[4], ignore_users=[2]).evaluateRecommender(recommender)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "EvaluatorHoldout: Ignoring 1 Items",
        "EvaluatorHoldout: Ignoring 1 (33.3%) Users that have less than 1 test interactions",
        "EvaluatorHoldout: Ignoring 1 Users",
    ]
    assert len(lines) == 4
    assert lines[3].startswith("EvaluatorHoldout: Processed 2 (100.0%) in 0.0")
    assert " sec. Users per second: " in lines[3]


def test_nothing_is_said_when_nothing_is_ignored_or_verbose_is_false(hand_made, capfd):
    recommender, URM_test = hand_made
    EvaluatorHoldout(URM_test[:2], [2])
    assert capfd.readouterr().out == ""
    EvaluatorHoldout(URM_test, [2], ignore_items=[4], ignore_users=[2], verbose=False).evaluateRecommender(recommender)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_no_user_to_evaluate_gives_nan_means_zero_coverages_and_one_warning(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [1, 2], min_ratings_per_user=3, verbose=False)
    with pytest.warns(UserWarning, match="No users had a sufficient number of relevant items") as caught:
        results_df, results_str = evaluator.evaluateRecommender(recommender)
    assert len(caught) == 1
    row = results_df.loc[2].astype(float)
    zero = ["COVERAGE_ITEM", "COVERAGE_ITEM_HIT", "COVERAGE_USER", "COVERAGE_USER_HIT", "SHANNON_ENTROPY"]
    known = {**dict.fromkeys(zero, 0.0), "RATIO_SHANNON_ENTROPY": 0.0, "ITEMS_IN_GT": 3 / 5, "USERS_IN_GT": 2 / 3}
    assert row.drop(list(known)).isna().all()
    assert row[list(known)].to_dict() == known
    assert "MAP: nan, " in results_str


@pytest.mark.filterwarnings("ignore:.*the catalogue has")
@pytest.mark.parametrize("huge", [10**10, 2**63 - 1, 2**63, 10**20])
def test_a_cutoff_beyond_all_integers_measures_what_one_beyond_the_catalogue_does(hand_made, huge):
    recommender, URM_test = hand_made
    tables = []
    for cutoff in (10**6, huge):
        evaluator = EvaluatorHoldout(URM_test, [cutoff, 2], verbose=False, metrics=["NDCG", "RECALL", "COVERAGE_ITEM"])
        table, text, per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)
        assert table.index.tolist() == [cutoff, 2] and text.startswith(f"CUTOFF: {cutoff} - ")
        assert per_user.loc[(slice(None), cutoff), :].shape[0] == len(evaluator.users_to_evaluate)
        tables.append(table.to_numpy().tolist())
    assert tables[0] == tables[1]


def test_cutoff_beyond_the_catalogue_ranks_what_there_is_with_one_warning(hand_made):
    recommender, URM_test = hand_made
    with pytest.warns(UserWarning, match="5 items.*shorter than the cutoffs \\[6, 100\\]") as caught:
        evaluator = EvaluatorHoldout(URM_test, [6, 4, 100], verbose=False)
        results_df, _ = evaluator.evaluateRecommender(recommender)
    assert len(caught) == 1
    same = ["PRECISION", "RECALL", "MAP", "NDCG", "COVERAGE_ITEM", "DIVERSITY_GINI"]
    assert results_df.loc[100][same].tolist() == results_df.loc[4][same].tolist()
    assert results_df.loc[100]["DIVERSITY_MEAN_INTER_LIST"] == pytest.approx(1 - 2 / 100)


def test_a_normal_evaluation_warns_of_nothing(hand_made):
    recommender, URM_test = hand_made
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EvaluatorHoldout(URM_test, [1, 5], verbose=False).evaluateRecommender(recommender)


def test_one_user_has_no_inter_list_diversity(hand_made):
    recommender, URM_test = hand_made
    row = EvaluatorHoldout(URM_test, [2], ignore_users=[1], verbose=False).evaluateRecommender(recommender)[0].loc[2]
    assert math.isnan(row["DIVERSITY_MEAN_INTER_LIST"])
    assert row["RECALL"] == 0.5


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_perfect_ranking_has_ndcg_one_for_ratings_of_any_type_and_size(dtype, score_recommender):
    largest = min(100_000, 127 if dtype is np.int8 else 100_000)
    ratings = np.array([[largest, largest - 1, largest // 2, 3, 1]])
    recommender = score_recommender(sps.csr_matrix((1, 5)), ratings.astype(float))
    evaluator = EvaluatorHoldout(sps.csr_matrix(ratings.astype(dtype)), [1, 3, 5], verbose=False)
    results_df, _ = evaluator.evaluateRecommender(recommender)
    assert results_df["NDCG"].tolist() == pytest.approx([1.0, 1.0, 1.0], rel=1e-14)


def test_ignored_items_are_set_for_the_evaluation_and_reset_after_it(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [4], ignore_items=[2], verbose=False)
    results_df, _ = evaluator.evaluateRecommender(recommender)
    assert recommender.calls[0]["remove_custom_items_flag"] is True
    assert results_df.loc[4]["COVERAGE_ITEM"] == 3 / 4
    assert recommender.items_to_ignore_ID == []


def test_ignored_items_are_reset_when_the_recommender_fails(hand_made):
    recommender, URM_test = hand_made

    def fail(*args, **kwargs):
        assert recommender.items_to_ignore_ID == [2]
        raise RuntimeError("no scores today")

    recommender.recommend = fail
    with pytest.raises(RuntimeError, match="no scores today"):
        EvaluatorHoldout(URM_test, [4], ignore_items=[2], verbose=False).evaluateRecommender(recommender)
    assert recommender.items_to_ignore_ID == []


@pytest.mark.parametrize(
    "lists, message",
    [
        ([[1]], "one for each of 2 users, got 1"),
        ([[0, 1, 2], [1]], "at most 2 items long, got 3"),
        ([[0, 5], [1]], "item ids in 0..4, got 5"),
        ([[0, -1], [1]], "item ids in 0..4, got -1"),
        ([[2**70], [1]], "item ids in 0..4, got an id beyond 64 bits"),
        ([[0, 1], [3, 3]], "distinct items, got item 3 twice"),
    ],
)
def test_lists_that_are_no_rankings_are_refused(hand_made, lists, message):
    recommender, URM_test = hand_made
    recommender.recommend = lambda *args, **kwargs: lists
    with pytest.raises(ValueError, match=message):
        EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender)


@pytest.mark.parametrize(
    "lists",
    [
        None,
        2,
        pytest.param(iter([[1], [2]]), id="an iterator"),
        [1, 2],
        [None, [1]],
        [[1.5], [2]],
        [[1.0], [2.0]],
        [[np.nan], [2]],
        [["1"], ["2"]],
        ["1", "2"],
        [[True], [False]],
        ([[1, 2], [3, 4]], np.zeros((2, 5))),
    ],
    ids=lambda lists: f"{lists!r:.30}",
)
def test_lists_that_are_not_of_integers_are_refused(hand_made, lists):
    recommender, URM_test = hand_made
    recommender.recommend = lambda *args, **kwargs: lists
    with pytest.raises(TypeError, match=r"^recommended lists must be a list of integer item ids for each user, got "):
        EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender)


@pytest.mark.parametrize("make", [np.array, list, lambda lists: [np.array(row, dtype=np.int32) for row in lists]])
def test_lists_may_be_arrays_of_any_integer_type(hand_made, make):
    recommender, URM_test = hand_made
    results = []
    for lists in ([[0, 1], [3, 2]], make([[0, 1], [3, 2]])):
        recommender.recommend = lambda *args, lists=lists, **kwargs: lists
        results.append(EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender)[1])
    assert results[0] == results[1]


def test_a_recommender_of_another_shape_is_refused_before_it_is_asked(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(sps.hstack([URM_test, URM_test]), [2], verbose=False)
    message = r"URM_test must be of the shape \(3, 5\) that ScoreRecommender was trained on, got \(3, 10\)"
    with pytest.raises(ValueError, match=message):
        evaluator.evaluateRecommender(recommender)
    assert recommender.calls == []


def test_an_object_that_cannot_recommend_is_refused(hand_made):
    with pytest.raises(TypeError, match=r"recommender_object must be an object with the methods recommend\(\)"):
        EvaluatorHoldout(hand_made[1], [2], verbose=False).evaluateRecommender(object())


def test_the_base_class_ranks_nothing(hand_made):
    recommender, URM_test = hand_made
    with pytest.raises(NotImplementedError):
        Evaluator(URM_test, [2], verbose=False).evaluateRecommender(recommender)


REFUSED = [
    ("URM_test", [[1, 2]], TypeError),
    ("URM_test", np.ones((3, 5)), TypeError),
    ("URM_test", sps.csr_matrix((0, 5)), ValueError),
    ("URM_test", sps.csr_matrix([[np.nan, 1.0]]), ValueError),
    ("URM_test", sps.csr_matrix([[np.inf, 1.0]]), ValueError),
    ("URM_test", sps.csr_matrix([[1j, 1.0]]), TypeError),
    ("cutoff_list", 5, TypeError),
    ("cutoff_list", [], ValueError),
    ("cutoff_list", [5, 0], ValueError),
    ("cutoff_list", [-1], ValueError),
    ("cutoff_list", [5, 5], ValueError),
    ("cutoff_list", [5.0], TypeError),
    ("cutoff_list", [True], TypeError),
    ("cutoff_list", "5", TypeError),
    ("cutoff_list", None, TypeError),
    ("min_ratings_per_user", 0, ValueError),
    ("min_ratings_per_user", 1.0, TypeError),
    ("min_ratings_per_user", True, TypeError),
    ("exclude_seen", 1, TypeError),
    ("diversity_object", np.ones((5, 5)), TypeError),
    ("diversity_object", Diversity_similarity(np.ones((4, 4))), ValueError),
    ("ignore_items", [5], ValueError),
    ("ignore_items", [-1], ValueError),
    ("ignore_items", [1.5], TypeError),
    ("ignore_items", [True, False, True, False, True], TypeError),
    ("ignore_items", 3, TypeError),
    ("ignore_users", [3], ValueError),
    ("ignore_users", "ab", TypeError),
    ("verbose", "no", TypeError),
]


@pytest.mark.parametrize("argument, value, error", REFUSED, ids=[f"{name}={value!r:.30}" for name, value, _ in REFUSED])
def test_bad_arguments_are_refused_by_name(hand_made, argument, value, error):
    arguments = {"URM_test": hand_made[1], "cutoff_list": [2], "verbose": False, argument: value}
    with pytest.raises(error, match=f"^{argument} must be .*, got "):
        EvaluatorHoldout(arguments.pop("URM_test"), **arguments)


def test_cutoffs_may_be_a_tuple_or_an_array(hand_made):
    for cutoffs in [(3, 1), np.array([3, 1])]:
        cutoff_list = EvaluatorHoldout(hand_made[1], cutoffs, verbose=False).cutoff_list
        assert cutoff_list == [3, 1] and all(type(cutoff) is int for cutoff in cutoff_list)


@pytest.mark.parametrize("make", [sps.csc_matrix, sps.coo_matrix, sps.lil_matrix, sps.csr_array])
def test_the_test_matrix_may_have_any_sparse_format(hand_made, make):
    recommender, URM_test = hand_made
    expected = EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender)[1]
    assert EvaluatorHoldout(make(URM_test), [2], verbose=False).evaluateRecommender(recommender)[1] == expected


def test_named_metrics_are_the_columns_in_the_table_s_order_with_the_same_values(hand_made):
    recommender, URM_test = hand_made
    whole, _ = EvaluatorHoldout(URM_test, [1, 4], verbose=False).evaluateRecommender(recommender)
    named = ["RATIO_NOVELTY", EvaluatorMetrics.F1, "COVERAGE_USER", "NDCG"]
    evaluator = EvaluatorHoldout(URM_test, [1, 4], metrics=named, verbose=False)
    assert evaluator.get_metric_names() == ["NDCG", "F1", "COVERAGE_USER", "RATIO_NOVELTY"]
    results_df, _ = evaluator.evaluateRecommender(recommender)
    pd.testing.assert_frame_equal(results_df, whole[evaluator.get_metric_names()])


def test_auc_and_effective_catalogue_size_of_the_case_worked_by_hand(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [4], metrics=["EFFECTIVE_CATALOG_SIZE", "AUC"], verbose=False)
    results_df, _, per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)
    # user 0: test items 3 and 4 against 2, scores 6 and -inf against 7; user 1: 0 and 4 against 2 and 3, 5, 2 and 4, 3
    assert per_user["AUC"].tolist() == [0.0, 0.5]
    # items 2 and 3 twice, 0 and 4 once, of six
    assert results_df.loc[4].to_dict() == {
        "AUC": 0.25,
        "EFFECTIVE_CATALOG_SIZE": pytest.approx(2 * (1 * 2 + 2 * 2 + 3 * 1 + 4 * 1) / 6 - 1),
    }


def test_auc_counts_ties_half_and_leaves_out_users_without_a_pair(score_recommender):
    URM_train = sps.csr_matrix([[0, 0, 1, 0], [1, 1, 0, 1]])
    URM_test = sps.csr_matrix([[3, 0, 0, 0], [0, 0, 2, 0]])
    recommender = score_recommender(URM_train, np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 2.0, 3.0, 4.0]]))
    metrics = ["AUC", "HIT_RATE"]
    evaluator = EvaluatorHoldout(URM_test, [1], metrics=metrics, verbose=False)
    results_df, _, per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)
    assert results_df.loc[1]["AUC"] == 0.75  # the second user has seen all other items
    assert per_user["AUC"].tolist() == [0.75, pytest.approx(np.nan, nan_ok=True)]
    with_seen = EvaluatorHoldout(URM_test, [1], exclude_seen=False, metrics=metrics, verbose=False)
    assert with_seen.evaluateRecommender(recommender, return_per_user=True)[2]["AUC"].tolist() == [2 / 3, 2 / 3]


def test_scores_that_are_none_are_refused_for_auc(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [2], metrics=["AUC"], verbose=False)
    for scores, message in (
        (np.zeros((2, 4)), "of shape"),
        (np.full((2, 5), np.nan), "numbers or infinities, got NaN"),
    ):
        recommender.recommend = lambda users, *args, scores=scores, **kwargs: (
            ([[0]] * len(users), scores) if kwargs["return_scores"] else [[0]] * len(users)
        )
        with pytest.raises(ValueError, match=f"the recommender's scores must be {message}"):
            evaluator.evaluateRecommender(recommender)


def test_values_of_users_average_to_the_table(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [4, 1], verbose=False)
    results_df, results_str, per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)
    assert (results_df.equals(evaluator.evaluateRecommender(recommender)[0])) and results_str.count("\n") == 2
    assert per_user.index.names == ["user", "cutoff"]
    assert per_user.index.tolist() == [(0, 4), (0, 1), (1, 4), (1, 1)]
    no_means = ["F1", *COLUMNS[COLUMNS.index("NOVELTY") :]]
    assert list(per_user.columns) == [name for name in COLUMNS if name not in no_means]
    assert set(per_user.dtypes) == {np.dtype(np.float64)}
    means = per_user.groupby("cutoff", sort=False).mean()
    pd.testing.assert_frame_equal(means, results_df[list(means.columns)].astype(float), rtol=1e-12)
    assert per_user.loc[(0, 4)]["PRECISION"] == 0.5 and per_user.loc[(1, 4)]["MRR"] == 1.0


def test_values_of_no_user_are_an_empty_table(hand_made):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(
        URM_test, [1, 2], min_ratings_per_user=3, metrics=["MAP", "COVERAGE_ITEM"], verbose=False
    )
    with pytest.warns(UserWarning, match="No users"):
        per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)[2]
    assert per_user.shape == (0, 1) and per_user.index.names == ["user", "cutoff"]


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"metrics": "MAP"}, TypeError, "metrics must be None or a non-empty list of PRECISION, .*, got 'MAP'"),
        ({"metrics": ["MAP", 3]}, TypeError, "metrics must be .*, got 3"),
        ({"metrics": ["MAPP"]}, ValueError, "metrics must be .*, got 'MAPP'"),
        ({"metrics": []}, ValueError, r"metrics must be .*, got \[\]"),
        ({"metrics": ["MAP", EvaluatorMetrics.MAP]}, ValueError, "metrics must be .* each once"),
        ({"metrics": ["DIVERSITY_SIMILARITY"]}, ValueError, "diversity_object must be given for DIVERSITY_SIMILARITY"),
        ({"num_threads": 0}, ValueError, "num_threads must be an integer >= 1, got 0"),
        ({"num_threads": True}, TypeError, "num_threads must be an integer >= 1, got True"),
    ],
)
def test_metrics_and_threads_that_are_none_are_refused(hand_made, arguments, error, message):
    with pytest.raises(error, match=message):
        EvaluatorHoldout(hand_made[1], [2], verbose=False, **arguments)


@pytest.mark.parametrize("metrics", [["F1"], ["COVERAGE_ITEM", "NOVELTY"]])
def test_metrics_that_no_user_has_make_a_table_without_columns(hand_made, metrics):
    recommender, URM_test = hand_made
    evaluator = EvaluatorHoldout(URM_test, [2, 4], metrics=metrics, verbose=False)
    per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)[2]
    assert per_user.shape == (4, 0) and per_user.index.names == ["user", "cutoff"]


def test_auc_says_that_it_needs_scores(hand_made):
    recommender, URM_test = hand_made
    recommender.recommend = lambda users, *args, **kwargs: [[0, 2]] * len(users)
    evaluator = EvaluatorHoldout(URM_test, [2], metrics=["AUC"], verbose=False)
    with pytest.raises(
        TypeError, match="a tuple of lists and scores for AUC, which asks with return_scores=True, got a list"
    ):
        evaluator.evaluateRecommender(recommender)


def test_return_per_user_must_be_true_or_false(hand_made):
    recommender, URM_test = hand_made
    with pytest.raises(TypeError, match="return_per_user must be True or False, got 1"):
        EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender, return_per_user=1)


def test_a_progress_bar_comes_after_two_seconds(monkeypatch):
    bars = []
    monkeypatch.setattr("tqdm.auto.tqdm", lambda **arguments: bars.append(arguments))
    progress_bar(10, "user", "Evaluator", True)
    assert bars[0]["delay"] == 2.0 and bars[0]["total"] == 10


def test_an_evaluation_outlives_its_messages(hand_made, break_console):
    break_console()
    recommender, URM_test = hand_made
    quiet = EvaluatorHoldout(URM_test, [2], verbose=False).evaluateRecommender(recommender)[1]
    assert EvaluatorHoldout(URM_test, [2]).evaluateRecommender(recommender)[1] == quiet
