"""Tests, effect sizes, intervals and corrections in plain Python: slow, one pair at a time, from the definitions.

Rational numbers wherever ties decide, so that rounding cannot.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, combinations, product
from statistics import NormalDist, mean, stdev


def exact(values: Sequence[float]) -> list[Fraction]:
    """The fractions that were meant by floats such as 0.1."""
    return [Fraction(value).limit_denominator(10**6) for value in values]


def average_ranks(values: Sequence[Fraction]) -> list[Fraction]:
    """1 for the smallest; equal values share the mean of their places."""
    return [
        Fraction(sum(other < value for other in values)) + Fraction(1 + sum(other == value for other in values), 2)
        for value in values
    ]


def sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def wilcoxon_z(d: Sequence[Fraction]) -> float:
    """From r+ and the mean and variance that it has when every sign other than that of a zero is a fair coin."""
    ranks = [rank for value, rank in zip(d, average_ranks([abs(value) for value in d])) if value != 0]
    r_plus = sum(rank for value, rank in zip([value for value in d if value != 0], ranks) if value > 0)
    variance = sum(rank**2 for rank in ranks) / 4
    return float(r_plus - sum(ranks) / 2) / math.sqrt(variance) if ranks else 0.0


def two_sided_normal(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def t_statistic(d: Sequence[float]) -> float:
    return mean(d) / (stdev(d) / math.sqrt(len(d)))


def rank_biserial(d: Sequence[Fraction]) -> float:
    moving = [value for value in d if value != 0]
    ranks = average_ranks([abs(value) for value in moving])
    return float(sum(sign(v) * r for v, r in zip(moving, ranks)) / sum(ranks)) if moving else 0.0


def permutation_p(d: Sequence[Fraction], vectors: Sequence[Sequence[int]]) -> Fraction:
    """Share of the vectors of signs under which the mean is at least as far from 0."""
    extreme = [abs(sum(s * value for s, value in zip(signs, d))) >= abs(sum(d)) for signs in vectors]
    return Fraction(sum(extreme), len(extreme))


def exact_permutation_p(d: Sequence[Fraction]) -> Fraction:
    return permutation_p(d, list(product([1, -1], repeat=len(d))))


def quantile(values: Sequence[float], share: float) -> float:
    """Linear between the two neighbours at the place share * (n - 1) of the sorted values, which count from 0."""
    ordered, place = sorted(values), share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def bca(d: Sequence[Fraction], draws: Sequence[Sequence[int]], confidence_level: float) -> tuple[float, float]:
    """Ends of the interval of the mean for the given draws of positions; the acceleration from a jackknife in full."""
    normal, n, centre = NormalDist(), len(d), sum(d) / len(d)
    means = [sum(d[position] for position in drawn) / n for drawn in draws]
    below = Fraction(sum(m < centre for m in means) + sum(m <= centre for m in means), 2 * len(means))
    z0 = normal.inv_cdf(float(below))
    jackknife = [(sum(d) - value) / (n - 1) for value in d]
    gaps = [float(sum(jackknife) / n - value) for value in jackknife]
    acceleration = sum(gap**3 for gap in gaps) / (6 * sum(gap**2 for gap in gaps) ** 1.5)
    ends = []
    for tail in [(1 - confidence_level) / 2, (1 + confidence_level) / 2]:
        z = z0 + normal.inv_cdf(tail)
        ends.append(quantile([float(m) for m in means], normal.cdf(z0 + z / (1 - acceleration * z))))
    return ends[0], ends[1]


def holm(p_values: Sequence[Fraction]) -> list[Fraction]:
    """As the closed test that it is: a hypothesis falls when Bonferroni rejects every set of hypotheses that has it."""
    m = len(p_values)
    subsets = list(chain.from_iterable(combinations(range(m), size) for size in range(1, m + 1)))
    return [max(min(1, len(s) * min(p_values[j] for j in s)) for s in subsets if i in s) for i in range(m)]


def benjamini_hochberg(p_values: Sequence[Fraction]) -> list[Fraction]:
    """The smallest level at which the step-up procedure rejects: one of m p / k, or 1."""
    m = len(p_values)
    levels = sorted({min(Fraction(1), m * p / k) for p in p_values for k in range(1, m + 1)} | {Fraction(1)})

    def rejected(level: Fraction) -> set[int]:
        ordered = sorted(range(m), key=lambda i: p_values[i])
        steps = [k for k in range(1, m + 1) if p_values[ordered[k - 1]] <= k * level / m]
        return set(ordered[: max(steps)]) if steps else set()

    return [next(level for level in levels if i in rejected(level)) for i in range(m)]


def mean_ranks(table: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """Of each column, where 1 is the largest of a row."""
    rows = [average_ranks([-value for value in row]) for row in table]
    return [sum(column) / len(rows) for column in zip(*rows)]


def friedman(table: Sequence[Sequence[Fraction]]) -> float:
    """(k - 1) times the sum of squares between the recommenders over that of all ranks, which is the form with ties."""
    rows = [average_ranks(list(row)) for row in table]
    n, k = len(rows), len(rows[0])
    middle = Fraction(k + 1, 2)
    between = n * sum((sum(column) / n - middle) ** 2 for column in zip(*rows))
    within = sum((rank - middle) ** 2 for row in rows for rank in row) / (n * (k - 1))
    return float(between / within)
