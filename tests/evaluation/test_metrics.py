"""The historical functions, and the metric objects: merging, printing, cases by hand."""

import inspect
import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation import metrics
from Evaluation._inputs.held_out import HeldOutRatings
from Evaluation._metrics.accuracy import F1, NDCG, ARHR_All_Hits, Precision, Precision_Recall_Min_Den, Recall
from Evaluation._metrics.table import _MAKERS
from Evaluation.ranking_batch import RankingBatch
from tests.reference import metrics as reference

N_USERS, N_ITEMS, CUTOFF = 12, 9, 4


def _hit_lists():
    return [list(hits) for n in range(5) for hits in itertools.product([False, True], repeat=n)]


@pytest.mark.parametrize("hits", _hit_lists(), ids=str)
def test_functions_of_one_list_equal_the_plain_formulas(hits):
    n_test = sum(hits) + 1
    test = {k: 1.0 for k, hit in enumerate(hits) if hit} | {99: 1.0}
    expected = reference.accuracy(list(range(len(hits))), test, max(1, len(hits)))
    assert metrics.precision(hits) == pytest.approx(expected["PRECISION"])
    assert metrics.recall(hits, n_test) == pytest.approx(expected["RECALL"])
    got = metrics.precision_recall_min_denominator(hits, n_test)
    assert got == pytest.approx(expected["PRECISION_RECALL_MIN_DEN"])
    assert metrics.average_precision(hits) == pytest.approx(expected["MAP"])
    assert metrics.average_precision_min_denominator(np.array(hits), n_test) == pytest.approx(expected["MAP_MIN_DEN"])
    assert metrics.rr(hits) == pytest.approx(expected["MRR"])
    assert metrics.arhr_all_hits(hits) == pytest.approx(expected["ARHR_ALL_HITS"])


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_ndcg_of_one_list_equals_exact_arithmetic_for_any_dtype_and_size(dtype):
    rng = np.random.default_rng(3)
    for largest in [1, 5, 100] + ([3000] if dtype is not np.int8 else []):
        items = rng.permutation(20)[:6]
        values = rng.integers(1, largest + 1, 6).astype(dtype)
        ranked = rng.permutation(20)[:8]
        expected = reference.ndcg(ranked[:5].tolist(), dict(zip(items.tolist(), values.tolist())), 5)
        assert metrics.ndcg(ranked, items, relevance=values, at=5) == pytest.approx(expected, rel=1e-12)


def test_ndcg_without_relevance_counts_every_test_item_as_one():
    assert metrics.ndcg([4, 1, 7], [1, 9]) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert metrics.ndcg([4], [1, 9]) == 0.0
    assert metrics.ndcg([], [1, 9]) == 0.0
    assert metrics.ndcg([1, 9, 4], [1, 9]) == 1.0


def test_dcg_of_play_counts_is_computed_in_float64():
    assert metrics.dcg(np.array([100, 70], dtype=np.int8)) == pytest.approx(2.0**100 + 2.0**70 / math.log2(3))
    assert metrics.dcg([]) == 0.0


@pytest.mark.parametrize("n_test, error", [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_a_user_without_test_items_has_no_recall(n_test, error):
    functions = {
        metrics.recall: "pos_items",
        metrics.precision_recall_min_denominator: "n_test_items",
        metrics.average_precision_min_denominator: "pos_items",
    }
    for function, name in functions.items():
        with pytest.raises(error, match=f"^{name} must be an integer >= 1, got "):
            function([True], n_test)


@pytest.mark.parametrize("wrap", [list, tuple, np.array, set])
@pytest.mark.parametrize("function", [metrics.recall, metrics.average_precision_min_denominator])
def test_test_items_may_be_given_for_their_number(function, wrap):
    hits = [True, False, True]
    assert function(hits, wrap([4, 8, 2, 9])) == function(hits, 4) == function(hits, np.int32(4))
    with pytest.raises(ValueError, match=r"^pos_items must be "):
        function(hits, wrap([]))
    with pytest.raises(TypeError, match=r"^pos_items must be the items or their number, got '482'"):
        function(hits, "482")


def test_functions_refuse_what_is_not_one_list():
    with pytest.raises(ValueError, match=r"^is_relevant must be one-dimensional"):
        metrics.precision([[True, False]])
    with pytest.raises(ValueError, match=r"^relevance must be of the shape"):
        metrics.ndcg([1, 2], [1, 2], relevance=[1.0])


def _random_data(seed):
    rng = np.random.default_rng(seed)
    shape = (N_USERS, N_ITEMS)
    URM_test = sps.csr_matrix(rng.integers(1, 6, shape) * (rng.random(shape) < 0.5))
    URM_train = sps.csr_matrix(rng.integers(1, 6, shape) * (rng.random(shape) < 0.4))
    lists = [rng.permutation(N_ITEMS)[: rng.integers(0, CUTOFF + 1)].tolist() for _ in range(N_USERS)]
    return lists, URM_test, URM_train


def _metric_makers(URM_test, URM_train):
    m, ignored = metrics, np.array([2, 5])
    D = np.random.default_rng(0).random((N_ITEMS, N_ITEMS))
    plain = [
        F1,
        m.MAP,
        m.MAP_MIN_DEN,
        m.MRR,
        m.HIT_RATE,
        Precision,
        Precision_Recall_Min_Den,
        Recall,
        NDCG,
        ARHR_All_Hits,
        m.AUC,
    ]
    of_items = [m.Coverage_Item, m.Coverage_Item_HIT, m.Gini_Diversity, m.Diversity_Herfindahl, m.Shannon_Entropy]
    of_items += [m.Effective_Catalog_Size]
    of_train = [m.Novelty, m.AveragePopularity, m.Ratio_Novelty, m.Ratio_AveragePopularity]
    ratios = [m.Ratio_Diversity_Gini, m.Ratio_Diversity_Herfindahl, m.Ratio_Shannon_Entropy]
    return (
        [(cls, ()) for cls in plain]
        + [(cls, (N_ITEMS, ignored)) for cls in of_items]
        + [(cls, (N_USERS, np.array([1]))) for cls in (m.Coverage_User, m.Coverage_User_HIT)]
        + [(cls, (URM_train,)) for cls in of_train]
        + [(cls, (URM_train, ignored)) for cls in ratios]
        + [(m.Items_In_GT, (URM_test, ignored)), (m.Users_In_GT, (URM_test, np.array([1])))]
        + [(m.Diversity_MeanInterList, (N_ITEMS, CUTOFF)), (m.Diversity_similarity, (D,))]
    )


MAKERS = _metric_makers(*_random_data(7)[1:])


@pytest.mark.parametrize("metric_class, arguments", MAKERS, ids=[cls.__name__ for cls, _ in MAKERS])
def test_parts_evaluated_apart_and_merged_equal_the_whole(metric_class, arguments):
    lists, URM_test, _ = _random_data(7)
    whole, first, second = (metric_class(*arguments) for _ in range(3))
    auc = np.random.default_rng(1).random(N_USERS)
    for metric, users in ((whole, slice(None)), (first, slice(5)), (second, slice(5, None))):
        batch = RankingBatch.of_lists(lists[users], URM_test[users], [CUTOFF])
        batch.auc = auc[users]
        metric.add_recommendations(batch.at(CUTOFF))
    alone = first.get_metric_value()
    before = second.get_metric_value()
    first.merge_with_other(second)
    assert first.get_metric_value() == pytest.approx(whole.get_metric_value(), rel=1e-12)
    assert second.get_metric_value() == before
    if "In_GT" not in metric_class.__name__:  # those depend on no recommendation
        assert alone != pytest.approx(whole.get_metric_value(), rel=1e-12)
    assert str(whole) == f"{whole.get_metric_value():.4f}"


def test_every_metric_class_is_merged_above():
    exported = {getattr(metrics, name) for name in metrics.__all__ if inspect.isclass(getattr(metrics, name))}
    bases = {metrics._Metrics_Object, metrics._Global_Item_Distribution_Counter}
    assert exported - bases <= {cls for cls, _ in MAKERS}


def test_every_metric_class_of_the_table_is_merged_above():
    made = {maker for maker, *_ in _MAKERS.values() if inspect.isclass(maker)}
    assert len(made) > 20 and made <= {cls for cls, _ in MAKERS}


def test_ground_truths_of_parts_of_the_test_data_merge():
    items, more_items = (metrics.Items_In_GT(sps.csr_matrix(rows), []) for rows in ([[1, 0, 0]], [[1, 2, 0]]))
    items.merge_with_other(more_items)
    assert items.get_metric_value() == pytest.approx(2 / 3)
    users, more_users = (metrics.Users_In_GT(sps.csr_matrix(rows), [0]) for rows in ([[1], [1], [0]], [[1], [0], [1]]))
    users.merge_with_other(more_users)
    assert users.get_metric_value() == 1.0


def test_metrics_of_another_class_or_set_up_are_not_merged():
    with pytest.raises(TypeError, match=r"^other must be a MAP, got a MRR"):
        metrics.MAP().merge_with_other(metrics.MRR())
    with pytest.raises(TypeError, match=r"^other must be a Coverage_Item, got a Coverage_Item_HIT"):
        metrics.Coverage_Item(3, []).merge_with_other(metrics.Coverage_Item_HIT(3, []))
    with pytest.raises(ValueError, match=r"^other must be set up with"):
        metrics.Coverage_Item(3, []).merge_with_other(metrics.Coverage_Item(1, []))
    with pytest.raises(ValueError, match=r"^other must be set up with"):
        metrics.Diversity_MeanInterList(3, 2).merge_with_other(metrics.Diversity_MeanInterList(3, 1))


def _value(metric, lists, n_items):
    URM_test = sps.csr_matrix((len(lists), n_items))
    metric.add_recommendations(RankingBatch.of_lists(lists, URM_test, [n_items]).at(n_items))
    return metric.get_metric_value()


def test_similarity_diversity_uses_every_ordered_pair():
    D = np.array([[0.0, 0.1, 0.2], [0.3, 0.0, 0.4], [0.5, 0.6, 0.0]])
    assert _value(metrics.Diversity_similarity(D), [[0, 1, 2]], 3) == pytest.approx(2.1 / 6)
    assert _value(metrics.Diversity_similarity(D), [[2, 0]], 3) == pytest.approx(0.7 / 2)
    assert _value(metrics.Diversity_similarity(np.ones((3, 3))), [[0, 1, 2]], 3) == 1.0


def test_similarity_diversity_of_lists_without_pairs_is_zero():
    assert _value(metrics.Diversity_similarity(np.ones((3, 3))), [[], [1], [1, 2]], 3) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "matrix, error",
    [
        (np.full((2, 2), 1.5), ValueError),
        (np.full((2, 2), -0.1), ValueError),
        (np.full((2, 2), np.nan), ValueError),
        (np.ones((2, 3)), ValueError),
        ([[1.0]], TypeError),
        (np.full((2, 2), "1"), TypeError),
        (np.full((2, 2), 1j), TypeError),
        (np.ones((2, 2), dtype=object), TypeError),
        (np.ma.array([[0.0, 1.0], [1.0, 0.0]], mask=[[0, 1], [0, 0]]), TypeError),
        (sps.csr_matrix([[0.0, 1j], [0.0, 0.0]]), TypeError),
        (sps.csr_matrix([[0.0, 2.0], [0.0, 0.0]]), ValueError),
    ],
)
def test_similarity_diversity_refuses_what_is_no_dissimilarity(matrix, error):
    with pytest.raises(error, match=r"^item_diversity_matrix must be a square matrix of numbers in"):
        metrics.Diversity_similarity(matrix)


def test_similarity_diversity_takes_every_kind_of_matrix():
    D = sps.csr_matrix([[0.0, 0.25], [0.5, 0.0]])
    for matrix in (D, sps.coo_array(D), D.toarray(), D.todense()):
        assert _value(metrics.Diversity_similarity(matrix), [[0, 1]], 2) == 0.375


def test_inter_list_diversity_of_short_lists_counts_their_real_lengths():
    # common items of the pairs: 1, 0, 0 of a cutoff of 4
    value = _value(metrics.Diversity_MeanInterList(4, 4), [[0, 1], [1], []], 4)
    assert value == pytest.approx(1 - (1 / 4) / 3)


def test_inter_list_diversity_is_zero_for_equal_lists_and_one_for_disjoint_ones():
    assert _value(metrics.Diversity_MeanInterList(2, 2), [[0, 1], [1, 0]], 2) == 0.0
    assert _value(metrics.Diversity_MeanInterList(2, 2), [[0], [1]], 2) == 1.0


def test_gini_diversity_is_one_if_uniform_and_two_over_m_plus_one_if_one_takes_all():
    assert _value(metrics.Gini_Diversity(4, []), [[0, 1, 2, 3]], 4) == pytest.approx(1.0)
    assert _value(metrics.Gini_Diversity(4, []), [[2]], 4) == pytest.approx(2 / 5)
    assert math.isnan(_value(metrics.Gini_Diversity(4, []), [[]], 4))


def test_a_batch_cut_at_k_is_the_batch_of_lists_cut_at_k():
    lists, URM_test, _ = _random_data(11)
    weights = np.random.default_rng(0).random(N_ITEMS)
    cutoffs = list(range(CUTOFF + 2, 0, -1))
    whole = RankingBatch.of_lists(lists, URM_test, cutoffs)
    for cutoff in cutoffs:
        cut = whole.at(cutoff)
        short = RankingBatch.of_lists([row[:cutoff] for row in lists], URM_test, [cutoff]).at(cutoff)
        names = ["lengths", "n_hits", "precision_sum", "reciprocal_rank_sum", "first_reciprocal_rank"]
        for name in [*names, "item_counts", "item_hit_counts"]:
            np.testing.assert_array_equal(getattr(cut, name), getattr(short, name))
        # numpy's logarithm has other last bits in another place of an array, and so has a sum in other parts
        for name in ["dcg", "ideal_dcg"]:
            np.testing.assert_allclose(getattr(cut, name), getattr(short, name), rtol=1e-14)
        np.testing.assert_allclose(cut.sum_over_list(weights), short.sum_over_list(weights), rtol=1e-14)


def test_a_batch_has_the_cutoffs_that_it_was_made_for():
    with pytest.raises(ValueError, match=r"cutoff must be one of \[1, 4\], got 2"):
        RankingBatch.of_lists([[0]], sps.csr_matrix([[1, 0]]), [1, 4]).at(2)


def test_what_is_after_a_list_s_end_does_not_matter():
    URM_test = sps.csr_matrix([[1, 0, 1, 0], [0, 1, 0, 1]])
    held_out = HeldOutRatings(URM_test, np.arange(2), [1, 3])
    lengths = np.array([2, 0], dtype=np.int32)
    batches = [
        RankingBatch(np.array(ids, dtype=np.int32), lengths, held_out)
        for ids in ([[0, 1, -1], [-1] * 3], [[0, 1, 2], [1, 3, 0]])
    ]
    for one, other in zip(batches[0].hits, batches[1].hits):
        np.testing.assert_array_equal(one, other)
    for cutoff in (1, 3):
        for name in ("item_counts", "item_hit_counts"):
            np.testing.assert_array_equal(*(getattr(batch.at(cutoff), name) for batch in batches))
        D = metrics.Diversity_similarity(np.random.default_rng(0).random((4, 4)))
        np.testing.assert_array_equal(*(D.user_values(batch.at(cutoff)) for batch in batches))


@pytest.mark.parametrize(
    "counts, expected", [([5, 5, 5], 3.0), ([7, 0, 0], 1.0), ([1, 0, 3], 1.5), ([2, 1, 1, 0], 2.5)]
)
def test_effective_catalogue_size_of_counts_worked_by_hand(counts, expected):
    lists = [[item] for item, count in enumerate(counts) for _ in range(count)]
    assert _value(metrics.Effective_Catalog_Size(len(counts), []), lists, len(counts)) == pytest.approx(expected)


def test_effective_catalogue_size_of_nothing_is_nan_and_ignored_items_do_not_count():
    assert math.isnan(_value(metrics.Effective_Catalog_Size(2, []), [[]], 2))
    assert _value(metrics.Effective_Catalog_Size(3, [2]), [[2], [2], [0], [1]], 3) == 2.0


def test_auc_leaves_users_without_a_pair_out_and_refuses_batches_without_areas():
    held_out = HeldOutRatings(sps.csr_matrix(np.eye(3)), np.arange(3), [1])
    ids, lengths = np.zeros((3, 1), dtype=np.int32), np.ones(3, dtype=np.int32)
    metric = metrics.AUC()
    metric.add_recommendations(RankingBatch(ids, lengths, held_out, auc=np.array([0.5, np.nan, 1.0])).at(1))
    assert metric.get_metric_value() == 0.75
    with pytest.raises(ValueError, match="no areas under the ROC curve"):
        metric.add_recommendations(RankingBatch(ids, lengths, held_out).at(1))


def test_pp_metrics_names_the_cutoff_when_there_is_one():
    assert metrics.pp_metrics(["MAP"], [0.5]) == "MAP: 0.5000"
    assert metrics.pp_metrics(["MAP"], [0.5], metric_at=3) == "MAP@3: 0.5000"


def test_weights_that_were_changed_in_place_are_summed_anew():
    batch = RankingBatch.of_lists([[2, 0], [1]], sps.csr_matrix(np.ones((2, 3))), cutoffs=[1, 2])
    weights = np.array([1.0, 2.0, 4.0])
    assert batch.sum_over_lists(weights).tolist() == [[4.0, 2.0], [5.0, 2.0]]
    weights *= 10
    assert batch.sum_over_lists(weights).tolist() == [[40.0, 20.0], [50.0, 20.0]]


def test_pairs_of_a_long_list_are_counted_beyond_32_bits(monkeypatch):
    n = 50_000
    monkeypatch.setattr(metrics.Diversity_similarity, "_pair_sums", lambda self, ids: np.array([n * (n - 1) / 2]))
    batch = RankingBatch(np.arange(n, dtype=np.int32)[np.newaxis], np.array([n], dtype=np.int32),
                         HeldOutRatings(sps.csr_matrix((1, n)), np.arange(1), [n]))  # fmt: skip
    assert metrics.Diversity_similarity(np.ones((1, 1))).user_values(batch.at(n)).tolist() == [0.5]


@pytest.mark.parametrize("at", [3, 10**6, 10**10, 10**20])
def test_ndcg_at_a_cutoff_beyond_the_lists_is_that_of_the_lists(at):
    assert metrics.ndcg([0, 1, 2], [1, 2], at=at) == metrics.ndcg([0, 1, 2], [1, 2])
    assert metrics.ndcg([0], [1, 0], at=at) == pytest.approx(1 / (1 + 1 / np.log2(3)))
