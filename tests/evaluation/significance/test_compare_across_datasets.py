"""Friedman's test and its post-hoc tests."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from Evaluation.significance import compare_across_datasets, holm
from tests.reference import significance as reference

# areas under the curve of C4.5 and three variants on 14 data sets, table 6 of Demsar 2006; in the last row but one the
# paper prints 0.975 twice and ranks the two apart, hence 0.9751
DEMSAR = pd.DataFrame(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ],
    columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
)


def random_table(seed, n_datasets=9, n_recommenders=4):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.integers(0, 6, (n_datasets, n_recommenders)) / 5, columns=list("ABCD")[:n_recommenders])


def test_published_example():
    found = compare_across_datasets(DEMSAR)
    assert found.mean_ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    # the paper's 9.28 is without the correction for ties
    deviations = sum(rank**2 for rank in found.mean_ranks) - 4 * 5**2 / 4
    assert 12 * 14 / (4 * 5) * deviations == pytest.approx(9.28, abs=0.01)
    assert found.statistic == pytest.approx(reference.friedman([reference.exact(row) for row in DEMSAR.to_numpy()]))
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    assert compare_across_datasets(DEMSAR, alpha=0.1).critical_difference == pytest.approx(1.12, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_ranks_and_statistic_are_those_of_the_plain_python(seed):
    table = random_table(seed)
    rows = [reference.exact(row) for row in table.to_numpy().tolist()]
    found = compare_across_datasets(table)
    assert found.mean_ranks.tolist() == pytest.approx([float(rank) for rank in reference.mean_ranks(rows)])
    assert found.mean_ranks.index.tolist() == table.columns.tolist()
    assert found.statistic == pytest.approx(reference.friedman(rows))
    assert found.p_value == pytest.approx(scipy.stats.chi2.sf(found.statistic, 3))


def test_post_hoc_by_hand():
    table = pd.DataFrame({"A": [3, 3, 3, 3], "B": [2, 2, 2, 1], "C": [1, 1, 1, 2]})
    found = compare_across_datasets(table)
    rows = found.post_hoc
    assert rows[["recommender_a", "recommender_b"]].to_numpy().tolist() == [["A", "B"], ["A", "C"], ["B", "C"]]
    assert rows["mean_rank_a"].tolist() == [1.0, 1.0, 2.25] and rows["mean_rank_b"].tolist() == [2.25, 2.75, 2.75]
    assert rows["rank_difference"].tolist() == [-1.25, -1.75, -0.5]
    # sqrt(3 * 4 / (6 * 4)) = sqrt(1 / 2)
    assert rows["z"].tolist() == pytest.approx([-1.25 * math.sqrt(2), -1.75 * math.sqrt(2), -0.5 * math.sqrt(2)])
    expected = [reference.two_sided_normal(z) for z in rows["z"]]
    assert rows["z_p_value"].tolist() == pytest.approx(expected)
    assert rows["holm_p_value"].tolist() == pytest.approx(holm(expected).tolist())


@pytest.mark.parametrize(("n_recommenders", "q"), [(3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_critical_difference_is_that_of_the_published_quantiles(n_recommenders, q):
    table = pd.DataFrame(np.random.default_rng(0).random((12, n_recommenders)))
    expected = q * math.sqrt(n_recommenders * (n_recommenders + 1) / (6 * 12))
    assert compare_across_datasets(table).critical_difference == pytest.approx(expected, rel=4e-4)


def test_nemenyi_rejects_exactly_what_is_beyond_the_critical_difference():
    table = pd.DataFrame({"A": [5, 5, 5, 5, 4, 5], "B": [4, 4, 3, 4, 5, 4], "C": [2, 3, 4, 3, 3, 3], "D": [1] * 6})
    post_hoc = compare_across_datasets(table).post_hoc
    for alpha in [0.001, 0.05, 0.3]:
        beyond = post_hoc["rank_difference"].abs() >= compare_across_datasets(table, alpha=alpha).critical_difference
        assert beyond.tolist() == (post_hoc["nemenyi_p_value"] <= alpha).tolist()
    assert 0 < (post_hoc["nemenyi_p_value"] <= 0.05).sum() < 6
    at_the_edge = compare_across_datasets(table, alpha=float(post_hoc["nemenyi_p_value"][1]))
    assert at_the_edge.critical_difference == pytest.approx(abs(post_hoc["rank_difference"][1]), rel=1e-4)


def test_errors_are_ranked_from_the_lowest():
    errors = compare_across_datasets(-DEMSAR, higher_is_better=False)
    gains = compare_across_datasets(DEMSAR)
    assert errors.mean_ranks.tolist() == gains.mean_ranks.tolist()
    assert errors.statistic == pytest.approx(gains.statistic)
    turned = compare_across_datasets(DEMSAR, higher_is_better=False)
    assert turned.mean_ranks.tolist() == pytest.approx((5 - gains.mean_ranks).tolist())
    assert turned.statistic == pytest.approx(gains.statistic)


def test_nothing_but_ties_has_p_1(recwarn):
    found = compare_across_datasets(pd.DataFrame({"A": [0.1, 0.2], "B": [0.1, 0.2], "C": [0.1, 0.2]}))
    assert (found.statistic, found.p_value) == (0.0, 1.0)
    assert found.mean_ranks.tolist() == [2.0, 2.0, 2.0]
    assert found.post_hoc[["nemenyi_p_value", "z_p_value", "holm_p_value"]].to_numpy().tolist() == [[1.0] * 3] * 3
    assert not recwarn.list


def test_result_cannot_be_changed():
    with pytest.raises(AttributeError):
        compare_across_datasets(DEMSAR).p_value = 0.0


@pytest.mark.parametrize(
    ("table", "error", "text"),
    [
        (DEMSAR.iloc[:, :2], ValueError,
         "table must be a DataFrame of at least 3 recommenders (for 2, take wilcoxon_test of their columns), got 2"),
        (DEMSAR.iloc[:1], ValueError, "table must be a DataFrame of at least 2 data sets, got 1"),
        (DEMSAR.to_numpy(), TypeError, "table must be a DataFrame, got a ndarray"),
        (DEMSAR.where(DEMSAR > 0.6), ValueError,
         "table must be a DataFrame of finite numbers, got NaN or infinite cells"),
        (DEMSAR / 0, ValueError, "table must be a DataFrame of finite numbers, got NaN or infinite cells"),
        (DEMSAR.astype({"C4.5": object}), TypeError, "table must be a DataFrame of numbers, got C4.5 of dtype object"),
        (DEMSAR > 0.5, TypeError, "table must be a DataFrame of numbers, got C4.5 of dtype bool"),
        (DEMSAR.set_axis(list("ABCA"), axis=1), ValueError,
         "table must be a DataFrame with one column a recommender, got ['A', 'B', 'C', 'A']"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(table, error, text):
    with pytest.raises(error) as caught:
        compare_across_datasets(table)
    assert str(caught.value) == text


def test_settings_out_of_range_are_refused():
    with pytest.raises(TypeError, match=r"^higher_is_better must be True or False, got 1$"):
        compare_across_datasets(DEMSAR, higher_is_better=1)
    with pytest.raises(ValueError, match=r"^alpha must be a finite number > 0 and < 1, got 0$"):
        compare_across_datasets(DEMSAR, alpha=0)


def test_values_that_are_equal_but_for_rounding_share_their_rank():
    rows = [[0.1 + 0.2, 0.3, 0.2], [0.7 - 0.4, 0.3, 0.1], [0.3, 0.6 / 2, 1e9]]
    found = compare_across_datasets(pd.DataFrame(rows, columns=["A", "B", "C"]))
    assert found.mean_ranks.tolist() == pytest.approx([(1.5 + 1.5 + 2.5) / 3, (1.5 + 1.5 + 2.5) / 3, (3 + 3 + 1) / 3])
    equal = [[0.1 + 0.2, 0.3, 0.3], [0.3, 0.3, 0.7 - 0.4]]
    found = compare_across_datasets(pd.DataFrame(equal, columns=["A", "B", "C"]))
    assert (found.statistic, found.p_value) == (0.0, 1.0)
