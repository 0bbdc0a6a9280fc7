"""Paired tests, effect sizes, intervals and corrections, on two arrays."""

import math
import warnings
from fractions import Fraction
from statistics import mean, stdev

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from Evaluation._significance.paired_values import differences
from Evaluation.significance import (
    benjamini_hochberg,
    bootstrap_interval,
    effect_sizes,
    holm,
    permutation_test,
    t_test,
    wilcoxon_test,
)
from tests.reference import significance as reference

PAIRED_TESTS = [wilcoxon_test, t_test, permutation_test]
ON_PAIRS = [*PAIRED_TESTS, effect_sizes, bootstrap_interval]

# tenths, as precision at cutoff 10 has: many zeros and ties, and differences that round differently
tenths = st.integers(0, 10).map(lambda k: k / 10)
pairs = st.lists(st.tuples(tenths, tenths), min_size=2, max_size=9).map(
    lambda rows: [list(side) for side in zip(*rows)]
)
p_value_lists = st.lists(st.integers(0, 20).map(lambda k: Fraction(k, 20)), max_size=6)


def meant(a, b):
    return [x - y for x, y in zip(reference.exact(a), reference.exact(b))]


def planted(n_users=200, effect=0.1, seed=0):
    """Values with zeros, ties and a planted difference."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 6, n_users) / 5
    b = np.clip(a + rng.integers(-1, 2, n_users) / 5 * (rng.random(n_users) < 0.6), 0, 1)
    return a + effect * (rng.random(n_users) < 0.3), b


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_tests_and_effect_sizes_are_those_of_the_plain_python(values):
    a, b = values
    d = meant(a, b)
    wilcoxon = wilcoxon_test(a, b)
    assert wilcoxon.statistic == pytest.approx(reference.wilcoxon_z(d), abs=1e-9)
    assert wilcoxon.p_value == pytest.approx(reference.two_sided_normal(reference.wilcoxon_z(d)))
    permutation = permutation_test(a, b)
    assert permutation.statistic == pytest.approx(float(mean(d)))
    assert permutation.p_value == pytest.approx(float(reference.exact_permutation_p(d)), abs=1e-12)
    sizes = effect_sizes(a, b)
    assert sizes.mean_difference == pytest.approx(float(mean(d)))
    assert sizes.rank_biserial == pytest.approx(reference.rank_biserial(d), abs=1e-12)
    if len(set(d)) > 1:
        assert t_test(a, b).statistic == pytest.approx(reference.t_statistic([float(value) for value in d]), abs=1e-9)
        assert sizes.cohen_d_z == pytest.approx(float(mean(d)) / stdev(map(float, d)), abs=1e-9)


def test_wilcoxon_by_hand():
    # |d| = 0, 1, 2, 2, 4 has the ranks 1, 2, 3.5, 3.5, 5; signed sum 0 + 2 - 3.5 + 3.5 + 5 = 7, squares 53.5
    result = wilcoxon_test([3, 2, 1, 5, 8], [3, 1, 3, 3, 4])
    assert result.statistic == pytest.approx(7 / math.sqrt(53.5))
    assert result.p_value == pytest.approx(0.338557, abs=1e-6)
    assert result.n_pairs == 5


def test_t_by_hand():
    # d = 2, 1, 3: mean 2, sd 1, t = 2 / (1 / sqrt 3); with 2 degrees of freedom p = 1 - t / sqrt(2 + t^2)
    result = t_test([3, 2, 4], [1, 1, 1])
    assert result.statistic == pytest.approx(math.sqrt(12))
    assert result.p_value == pytest.approx(1 - math.sqrt(12 / 14))


def test_effect_sizes_by_hand():
    # d = 3, -1, 2, 0: mean 1, squares about it 4 + 4 + 1 + 1; ranks without the zero 3, 1, 2
    sizes = effect_sizes([4, 1, 3, 2], [1, 2, 1, 2])
    assert sizes == pytest.approx((1.0, 1 / math.sqrt(10 / 3), (3 + 2 - 1) / 6))


def test_wilcoxon_and_t_are_those_of_scipy():
    a, b = planted()
    # differences on a grid of fifths and tenths, which float ranks would not tie
    z = scipy.stats.wilcoxon(np.round(a - b, 9), zero_method="pratt")
    assert wilcoxon_test(a, b).p_value == pytest.approx(z.pvalue, rel=1e-9)
    t = scipy.stats.ttest_rel(a, b)
    assert t_test(a, b)[:2] == pytest.approx((t.statistic, t.pvalue), rel=1e-9)


def test_random_signs_are_those_of_the_plain_python_draw_for_draw():
    a, b = planted(40, seed=1)
    d = meant(a, b)
    moving = [value for value in d if value != 0]
    rng = np.random.default_rng(7)
    signs = [[] for _ in range(300)]
    for start in range(0, len(moving), 8):
        for vector, byte in zip(signs, rng.integers(256, size=300, dtype=np.uint8).tolist()):
            vector += [-1 if byte >> bit & 1 else 1 for bit in range(len(moving[start : start + 8]))]
    share = reference.permutation_p(moving, signs)
    assert 0.01 < share < 0.99
    found = permutation_test(a, b, n_resamples=300, random_seed=7).p_value
    assert found == pytest.approx(float((share * 300 + 1) / 301), abs=1e-12)


def test_random_signs_come_near_all_signs():
    a, b = planted(24, seed=3)
    assert 9 < np.count_nonzero(a != b) <= 16
    exact = permutation_test(a, b, n_resamples=1 << 16).p_value
    n_resamples = (1 << np.count_nonzero(a != b)) - 1
    drawn = [permutation_test(a, b, n_resamples=n_resamples, random_seed=seed).p_value for seed in range(50)]
    assert len(set(drawn)) > 10
    assert np.mean(drawn) == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / (50 * n_resamples)) + 1e-3)


def test_all_signs_are_taken_as_soon_as_there_are_resamples_enough():
    a, b = [1.0, 2.0, 4.0, 8.0, 0.0], [0.0] * 5
    assert permutation_test(a, b, n_resamples=16).p_value == 2 / 16
    assert permutation_test(a, b, n_resamples=15).p_value * 16 == pytest.approx(
        round(permutation_test(a, b, n_resamples=15).p_value * 16)
    )
    assert {permutation_test(a, b, n_resamples=15, random_seed=seed).p_value for seed in range(20)} != {2 / 16}
    assert permutation_test(a, b, n_resamples=1).p_value in {1 / 2, 1.0}


@pytest.mark.parametrize("test", PAIRED_TESTS)
def test_p_values_are_uniform_when_nothing_differs(test):
    rng = np.random.default_rng(11)
    settings = {"n_resamples": 199} if test is permutation_test else {}
    p_values = []
    for _ in range(1000):
        a, b = rng.integers(0, 6, (2, 60)) / 5
        p_values.append(test(a, b, **settings).p_value)
    # 1000 trials: 3.5 standard errors of the share are 0.024
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.024)
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.056)


@pytest.mark.parametrize("test", PAIRED_TESTS)
def test_planted_difference_is_found_and_swapping_turns_it(test):
    a, b = planted(400)
    there, back = test(a, b), test(b, a)
    assert there.p_value < 0.01 and there.statistic > 0
    assert back.statistic == -there.statistic
    # swapped, the draws of the permutation test give other means
    assert back.p_value == pytest.approx(there.p_value, abs=2e-4)


@pytest.mark.parametrize("a", [[0.5, 0.2, 0.0], [0.1 + 0.2, 0.7 - 0.4, 1 / 3]])
def test_equal_values_have_p_1_and_effect_0(a, recwarn):
    b = [0.5, 0.2, 0.0] if a[0] == 0.5 else [0.3, 0.3, 1 / 3]
    for test in PAIRED_TESTS:
        assert test(a, b) == (0.0, 1.0, 3)
    assert effect_sizes(a, b) == (0.0, 0.0, 0.0)
    assert bootstrap_interval(a, b) == (0.0, 0.0)
    assert wilcoxon_test([0, 0], [0, 0]) == (0.0, 1.0, 2)
    assert not recwarn.list


def test_one_difference_for_all_is_as_sure_as_can_be(recwarn):
    a, b = np.array([0.3, 0.5, 0.9]), np.array([0.2, 0.4, 0.8])
    assert t_test(a, b) == (math.inf, 0.0, 3)
    assert t_test(b, a) == (-math.inf, 0.0, 3)
    assert effect_sizes(a, b) == pytest.approx((0.1, math.inf, 1.0))
    assert effect_sizes(b, a) == pytest.approx((-0.1, -math.inf, -1.0))
    assert bootstrap_interval(a, b) == pytest.approx((0.1, 0.1))
    assert not recwarn.list


@pytest.mark.parametrize("scale", [1e-90, 1e-3, 1e6, 1e90])
def test_scale_of_the_values_does_not_matter(scale):
    a, b = planted(60)
    for test in [wilcoxon_test, permutation_test]:
        assert test(a * scale, b * scale).p_value == pytest.approx(test(a, b).p_value, rel=1e-9)
    assert effect_sizes(a * scale, b * scale).rank_biserial == pytest.approx(effect_sizes(a, b).rank_biserial)


# of few values many resamples have the mean of the sample, by other values of the same sum too, but for rounding
@pytest.mark.parametrize("n_users", [5, 6, 30])
@pytest.mark.parametrize("seed", range(5))
def test_interval_is_that_of_the_plain_python_for_the_same_draws(n_users, seed):
    a, b = np.random.default_rng(seed).exponential(size=(2, n_users)).round(3) ** 2
    a, b = a.round(3), b.round(3) / 4
    a[:4], b[:4] = [0.1, 0.7, 0.3, 0.4], [0.0, 0.5, 0.0, 0.4]
    draws = np.random.default_rng(5).integers(n_users, size=(400, n_users)).tolist()
    for level in [0.8, 0.95]:
        found = bootstrap_interval(a, b, confidence_level=level, n_resamples=400, random_seed=5)
        assert found == pytest.approx(reference.bca(meant(a, b), draws, level), abs=1e-9)


def test_interval_is_near_that_of_scipy():
    d = np.random.default_rng(2).exponential(size=80) - 0.9
    low, high = bootstrap_interval(d, np.zeros(80))
    theirs = scipy.stats.bootstrap((d,), np.mean, method="BCa", random_state=np.random.default_rng(0))
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.01)
    # skewed to the right, so is the interval: it is not the symmetric one
    assert high - d.mean() > (d.mean() - low) * 1.1


def test_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(4)
    covered = 0
    for seed in range(400):
        d = rng.gamma(2.0, size=50) - 2.0
        low, high = bootstrap_interval(d, np.zeros(50), confidence_level=0.9, n_resamples=499, random_seed=seed)
        covered += low <= 0.0 <= high
    assert covered / 400 == pytest.approx(0.9, abs=0.045)


def test_interval_in_many_blocks_of_draws_is_the_same(monkeypatch):
    a, b = planted(50)
    whole = bootstrap_interval(a, b, n_resamples=100)
    for draws in [1, 50, 350]:
        monkeypatch.setattr("Evaluation._significance.bootstrap._DRAWS_AT_ONCE", draws)
        assert bootstrap_interval(a, b, n_resamples=100) == pytest.approx(whole, abs=1e-12)


def test_interval_of_few_resamples_is_finite_and_of_extreme_skew_within_the_means(recwarn):
    a, b = planted(10)
    for seed in range(20):
        low, high = bootstrap_interval(a, b, n_resamples=1, random_seed=seed)
        assert low == high and math.isfinite(low)
    d = np.zeros(1000)
    d[0] = 1.0
    low, high = bootstrap_interval(d, np.zeros(1000), confidence_level=1 - 1e-12)
    assert 0.0 <= low < 0.001 < high <= 0.02
    assert not recwarn.list


@settings(max_examples=200, deadline=None)
@given(p_value_lists)
def test_corrections_are_those_of_the_plain_python(p_values):
    found = [float(p) for p in p_values]
    assert holm(found).tolist() == pytest.approx([float(p) for p in reference.holm(p_values)])
    assert benjamini_hochberg(found).tolist() == pytest.approx(
        [float(p) for p in reference.benjamini_hochberg(p_values)]
    )


def test_corrections_by_hand():
    p_values = [0.04, 0.01, 0.9, 0.03]
    # ascending 0.01, 0.03, 0.04, 0.9 times 4, 3, 2, 1, never falling; and times 4/1, 4/2, 4/3, 1, never rising
    assert holm(p_values).tolist() == pytest.approx([0.09, 0.04, 0.9, 0.09])
    assert benjamini_hochberg(p_values).tolist() == pytest.approx([0.16 / 3, 0.04, 0.9, 0.16 / 3])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=30))
def test_adjusted_p_values_are_shares_and_none_is_below_its_own(p_values):
    for correct in [holm, benjamini_hochberg]:
        adjusted = correct(p_values)
        assert adjusted.dtype == np.float64 and adjusted.shape == (len(p_values),)
        assert np.all(adjusted >= p_values) and np.all(adjusted <= 1)
        order = np.argsort(p_values, kind="stable")
        assert np.all(np.diff(adjusted[order]) >= 0)


def test_rounding_takes_no_adjusted_p_value_below_its_own():
    rng = np.random.default_rng(0)
    for m in range(2, 100):
        p_values = rng.random(m)
        for correct in [holm, benjamini_hochberg]:
            assert np.all(correct(p_values) >= p_values)


@pytest.mark.skipif(not hasattr(scipy.stats, "false_discovery_control"), reason="scipy before 1.11 has none")
def test_benjamini_hochberg_is_that_of_scipy():
    p_values = np.random.default_rng(0).random(50) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p_values), scipy.stats.false_discovery_control(p_values))


def test_correction_leaves_its_input_alone():
    p_values = np.array([0.04, 0.01])
    for correct in [holm, benjamini_hochberg]:
        correct(p_values)[:] = 7.0
        assert p_values.tolist() == [0.04, 0.01]


@pytest.mark.parametrize("function", ON_PAIRS)
def test_pairs_with_nan_are_left_out(function):
    a, b = planted(30)
    with_nan = np.insert(a, [3, 9], [np.nan, 0.5]), np.insert(b, [3, 9], [0.5, np.nan])
    assert function(*with_nan) == function(a, b)
    if function in PAIRED_TESTS:
        assert function(*with_nan).n_pairs == 30


@pytest.mark.parametrize("function", [permutation_test, bootstrap_interval])
def test_same_seed_gives_the_same_bits_and_another_seed_others(function):
    a, b = planted(60, effect=0.0)
    assert function(a, b, random_seed=3) == function(a, b, random_seed=3)
    assert function(a, b, random_seed=3) != function(a, b, random_seed=4)


def test_global_random_state_is_neither_read_nor_moved():
    a, b = planted(60)
    results = []
    for seed in [0, 1]:
        np.random.seed(seed)
        before = np.random.get_state()[1].copy()
        results.append([function(a, b) for function in ON_PAIRS])
        assert np.array_equal(before, np.random.get_state()[1])
    assert results[0] == results[1]


@pytest.mark.parametrize("function", ON_PAIRS)
def test_arrays_are_left_as_they_were(function):
    a, b = planted(60)
    a[3] = np.nan
    copies = a.copy(), b.copy()
    function(a, b)
    np.testing.assert_array_equal(a, copies[0])
    np.testing.assert_array_equal(b, copies[1])


@pytest.mark.parametrize("function", ON_PAIRS)
@pytest.mark.parametrize(
    ("a", "b", "error", "text"),
    [
        ([1, 2, 3], [1, 2], ValueError, "b must be of the length of a, 3, got length 2"),
        ([1], [2], ValueError, "a and b must be values of at least 2 users without NaN, got 1"),
        ([1, math.nan], [2, 3], ValueError, "a and b must be values of at least 2 users without NaN, got 1"),
        ([], [], ValueError, "a and b must be values of at least 2 users without NaN, got 0"),
        ([1, math.inf], [2, 3], ValueError, "a must be finite or NaN, got infinite values"),
        ([1, 2], [2, -math.inf], ValueError, "b must be finite or NaN, got infinite values"),
        ([[1, 2]], [[2, 3]], TypeError, "a must be a 1-D list or array of numbers, got 2-D values of dtype int64"),
        ([1, 2], ["1", "2"], TypeError, "b must be a 1-D list or array of numbers, got 1-D values of dtype <U1"),
        (1.0, [1], TypeError, "a must be a 1-D list or array of numbers, got 0-D values of dtype float64"),
    ],
)
def test_values_that_are_no_pairs_are_refused(function, a, b, error, text):
    with pytest.raises(error) as caught:
        function(a, b)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("function", "name", "value", "error", "text"),
    [
        (permutation_test, "n_resamples", 0, ValueError, "n_resamples must be an integer >= 1, got 0"),
        (permutation_test, "n_resamples", 9.5, TypeError, "n_resamples must be an integer >= 1, got 9.5"),
        (permutation_test, "random_seed", -1, ValueError, "random_seed must be an integer >= 0, got -1"),
        (permutation_test, "random_seed", None, TypeError, "random_seed must be an integer >= 0, got None"),
        (bootstrap_interval, "n_resamples", 0, ValueError, "n_resamples must be an integer >= 1, got 0"),
        (bootstrap_interval, "random_seed", -1, ValueError, "random_seed must be an integer >= 0, got -1"),
        (bootstrap_interval, "confidence_level", 1, ValueError,
         "confidence_level must be a finite number > 0 and < 1, got 1"),
        (bootstrap_interval, "confidence_level", 0, ValueError,
         "confidence_level must be a finite number > 0 and < 1, got 0"),
        (bootstrap_interval, "confidence_level", math.nan, ValueError,
         "confidence_level must be a finite number > 0 and < 1, got nan"),
        (bootstrap_interval, "confidence_level", "0.9", TypeError,
         "confidence_level must be a finite number > 0 and < 1, got '0.9'"),
        (bootstrap_interval, "confidence_level", True, TypeError,
         "confidence_level must be a finite number > 0 and < 1, got True"),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(function, name, value, error, text):
    with pytest.raises(error) as caught:
        function([1, 2], [2, 3], **{name: value})
    assert str(caught.value) == text


@pytest.mark.parametrize("correct", [holm, benjamini_hochberg])
@pytest.mark.parametrize(
    ("p_values", "error", "got"),
    [
        ([0.5, math.nan], ValueError, "nan"),
        ([0.5, 1.5], ValueError, "1.5"),
        ([-0.1], ValueError, "-0.1"),
        ([[0.5]], TypeError, "2-D values of dtype float64"),
        (0.5, TypeError, "0-D values of dtype float64"),
        (["0.5"], TypeError, "1-D values of dtype <U3"),
    ],
)
def test_what_is_no_p_value_is_refused(correct, p_values, error, got):
    with pytest.raises(error) as caught:
        correct(p_values)
    assert str(caught.value) == f"p_values must be a 1-D list or array of numbers in [0, 1], got {got}"


def scipy_wilcoxon(d):
    """In the normal approximation, whatever the number of differences is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scipy.stats.wilcoxon(d, zero_method="pratt", method="approx")


def with_one_pair_apart(a_pair, seed=0):
    """30 pairs with a planted difference, and one pair of values of another size."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(1.0, 1.0, 30), rng.normal(0.0, 0.5, 30)
    return np.append(a, a_pair[0]), np.append(b, a_pair[1])


# the largest difference, one of 0, and one that is 0 but for rounding
@pytest.mark.parametrize("a_pair", [(1e14, 0.0), (-1e14, 0.0), (1e14, 1e14), (1e14 * (0.1 + 0.2), 1e14 * 0.3)])
def test_a_pair_of_large_values_leaves_the_other_pairs_their_ranks(a_pair):
    a, b = with_one_pair_apart(a_pair)
    d = a - b
    d[-1] *= abs(d[-1]) > 1
    expected = scipy_wilcoxon(d)
    assert wilcoxon_test(a, b).p_value == pytest.approx(expected.pvalue, rel=1e-9)
    moving = d[d != 0]
    ranks = scipy.stats.rankdata(np.abs(moving))
    assert effect_sizes(a, b).rank_biserial == pytest.approx(np.sign(moving) @ ranks / ranks.sum(), rel=1e-12)


@pytest.mark.parametrize("size", [1e9, 1e12])
def test_signs_of_small_differences_count_beside_a_large_one(size):
    # exact: fractions, over all signs of 8 differences
    rng = np.random.default_rng(3)
    a, b = np.append(rng.integers(2, 9, 7) / 4.0, size), np.append(np.zeros(7), 0.0)
    d = [Fraction(x) - Fraction(y) for x, y in zip(a.tolist(), b.tolist())]
    expected = float(reference.exact_permutation_p(d))
    assert expected < 0.1
    assert permutation_test(a, b).p_value == expected


def test_a_large_pair_between_small_ones_ties_with_the_nearest_and_moves_none():
    # 2^-44 of 1e14 is 5.7, so that the large pair's 11 ties with 15 and with 6, which are apart
    a, b = np.array([1.0, 6.0, 15.0, 1e14 + 11]), np.array([0.0, 0.0, 0.0, 1e14])
    assert differences(a, b).tolist() == [1.0, 6.0, 15.0, 15.0]
    assert differences(-a, -b).tolist() == [-1.0, -6.0, -15.0, -15.0]
    alone = np.array([1.0, 20.0, 1e14 + 11]), np.array([0.0, 0.0, 1e14])
    assert differences(*alone).tolist() == [1.0, 20.0, 11.0]


def test_differences_that_are_equal_but_for_rounding_tie_and_others_do_not():
    # 0.3 - 0.2 and 0.2 - 0.1, 0.9 - 0.8 and 0.1 - 0, 0.9 - 0.899 and 0.001 - 0 are one number each
    a, b = [0.3, 0.2, 0.9, 0.1, 0.9, 0.001, 1e-9], [0.2, 0.1, 0.8, 0.0, 0.899, 0.0, 2e-9]
    d = differences(np.array(a), np.array(b))
    assert len(set(d[:4].tolist())) == len(set(d[4:6].tolist())) == 1
    assert d == pytest.approx(np.array(a) - np.array(b), rel=1e-9)
    # what the neighbouring floats are is one number for values of their own size only
    small = differences(np.array([1.0, 1e-12, 2e-12]), np.array([0.0, 0.0, 0.0]))
    assert small.tolist() == [1.0, 1e-12, 2e-12]
    assert differences(np.array([0.1 + 0.2, 1e14]), np.array([0.3, 1e14 + 1])).tolist() == [0.0, 0.0]


def test_ranks_are_those_of_scipy_on_values_of_all_sizes():
    rng = np.random.default_rng(6)
    for _ in range(200):
        n = int(rng.integers(10, 60))
        a, b = rng.normal(size=(2, n)) * 10.0 ** rng.uniform(-15, 15, n)
        copied = rng.integers(0, n, 5)
        b[copied] = a[copied]  # differences of 0
        expected = scipy_wilcoxon(a - b)
        assert wilcoxon_test(a, b).p_value == pytest.approx(expected.pvalue, rel=1e-9)
        assert t_test(a, b).p_value == pytest.approx(scipy.stats.ttest_rel(a, b).pvalue, rel=1e-9)
