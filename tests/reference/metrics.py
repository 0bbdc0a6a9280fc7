"""Every column of a ranking evaluation in plain Python: slow, one user and one item at a time, from the formulas."""

import math
from collections.abc import Sequence
from fractions import Fraction

NAN = float("nan")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else NAN


def _ratio(a: float, b: float) -> float:
    if b == 0 or math.isnan(a) or math.isnan(b):
        return NAN if a == 0 or math.isnan(a) or math.isnan(b) else math.copysign(math.inf, a)
    return a / b


def _share(a: int, b: int) -> float:
    return a / b if b else 0.0


def ndcg(ranked: list[int], test: dict[int, float], cutoff: int) -> float:
    """In exact integer powers where the ratings are integers, so that play counts cannot overflow."""

    def gain(rel: float) -> Fraction:
        return Fraction(2) ** int(rel) - 1 if float(rel).is_integer() else Fraction(2.0**rel) - 1

    def dcg(rels: list[float]) -> Fraction:
        return sum((gain(rel) * Fraction(1 / math.log2(k + 1)) for k, rel in enumerate(rels, start=1)), Fraction(0))

    found = dcg([test.get(item, 0.0) for item in ranked])
    ideal = dcg(sorted(test.values(), reverse=True)[:cutoff])
    return float(found / ideal) if found != 0 and ideal != 0 else 0.0


def accuracy(ranked: list[int], test: dict[int, float], cutoff: int) -> dict[str, float]:
    """The accuracy metrics of one user's list, which is cut to the cutoff already."""
    n, T = len(ranked), len(test)
    h = [item in test for item in ranked]
    precision_sum = sum(sum(h[:k]) / k for k in range(1, n + 1) if h[k - 1])
    ranks = [k for k in range(1, n + 1) if h[k - 1]]
    return {
        "PRECISION": sum(h) / n if n else 0.0,
        "PRECISION_RECALL_MIN_DEN": sum(h) / min(T, n) if n else 0.0,
        "RECALL": sum(h) / T,
        "MAP": precision_sum / n if n else 0.0,
        "MAP_MIN_DEN": precision_sum / min(T, n) if n else 0.0,
        "MRR": 1 / ranks[0] if ranks else 0.0,
        "NDCG": ndcg(ranked, test, cutoff),
        "HIT_RATE": 1.0 if ranks else 0.0,
        "ARHR_ALL_HITS": sum(1 / k for k in ranks),
    }


def auc(scores: Sequence[float], test: dict[int, float], left_out: set[int]) -> float:
    """Over all pairs of a test item and another item, none of them left out; NaN without a pair."""
    tests = [scores[item] for item in test if item not in left_out]
    others = [score for item, score in enumerate(scores) if item not in left_out and item not in test]
    return _mean([1.0 if t > o else 0.5 if t == o else 0.0 for t in tests for o in others])


def effective_catalog_size(counts: list[int]) -> float:
    total = sum(counts)
    return 2 * sum(k * c / total for k, c in enumerate(sorted(counts, reverse=True), start=1)) - 1 if total else NAN


def herfindahl(counts: list[int]) -> float:
    total = sum(counts)
    return 1 - sum((c / total) ** 2 for c in counts) if total else NAN


def gini(counts: list[int]) -> float:
    m, total = len(counts), sum(counts)
    if total == 0:
        return NAN
    return 2 * sum((m + 1 - k) / (m + 1) * c / total for k, c in enumerate(sorted(counts), start=1))


def shannon(counts: list[int]) -> float:
    total = sum(counts)
    return -sum(c / total * math.log2(c / total) for c in counts if c > 0)


def novelty(lists: list[list[int]], train_counts: list[int]) -> float:
    N, n_items = sum(train_counts), len(train_counts)
    return _mean([sum(-math.log2(train_counts[i] / N) for i in L if train_counts[i] > 0) / n_items for L in lists])


def popularity(lists: list[list[int]], train_counts: list[int]) -> float:
    largest = max(train_counts)
    return _mean([sum(train_counts[i] / largest for i in L) / len(L) if L else 0.0 for L in lists])


def diversity_similarity(lists: list[list[int]], D: Sequence[Sequence[float]]) -> float:
    values = []
    for L in lists:
        n = len(L)
        pairs = [D[L[a]][L[b]] for a in range(n) for b in range(n) if a != b]
        values.append(sum(pairs) / (n * (n - 1)) if n > 1 else 0.0)
    return _mean(values)


def mean_inter_list(lists: list[list[int]], cutoff: int) -> float:
    """From its meaning: the mean over ordered pairs of two users of 1 - common items / cutoff."""
    pairs = [(a, b) for a in range(len(lists)) for b in range(len(lists)) if a != b]
    return _mean([1 - len(set(lists[a]) & set(lists[b])) / cutoff for a, b in pairs])


def evaluate(
    rankings: dict[int, list[int]],
    test: list[dict[int, float]],
    train: list[dict[int, float]],
    n_items: int,
    cutoff: int,
    ignore_items: Sequence[int] = (),
    ignore_users: Sequence[int] = (),
    D: Sequence[Sequence[float]] | None = None,
    scores: Sequence[Sequence[float]] | None = None,
    exclude_seen: bool = True,
) -> dict[str, float]:
    """All columns in their order; with `scores`, (n_users, n_items), those beyond the historical ones too.

    `rankings` has the evaluated users' lists; `test` (without ignored items) and `train` each user's ratings by item.
    """
    lists = [ranking[:cutoff] for ranking in rankings.values()]
    of_users = [accuracy(L, test[user], cutoff) for user, L in zip(rankings, lists)]
    names = ["PRECISION", "PRECISION_RECALL_MIN_DEN", "RECALL", "MAP", "MAP_MIN_DEN", "MRR", "NDCG"]
    result = {name: _mean([values[name] for values in of_users]) for name in names}
    P, R = result["PRECISION"], result["RECALL"]
    result["F1"] = 0.0 if P + R == 0 else 2 * P * R / (P + R)
    for name in ["HIT_RATE", "ARHR_ALL_HITS"]:
        result[name] = _mean([values[name] for values in of_users])

    train_counts = [sum(item in profile for profile in train) for item in range(n_items)]
    profiles = [list(profile) for profile in train]
    result["NOVELTY"] = novelty(lists, train_counts)
    result["AVERAGE_POPULARITY"] = popularity(lists, train_counts)
    if D is not None:
        result["DIVERSITY_SIMILARITY"] = diversity_similarity(lists, D)
    result["DIVERSITY_MEAN_INTER_LIST"] = mean_inter_list(lists, cutoff)

    kept_items = [item for item in range(n_items) if item not in ignore_items]
    kept_users = [user for user in range(len(test)) if user not in ignore_users]
    counts = [sum(item in L for L in lists) for item in kept_items]
    hit_items = {item for user, L in zip(rankings, lists) for item in L if item in test[user]}
    train_kept = [train_counts[item] for item in kept_items]
    result["DIVERSITY_HERFINDAHL"] = herfindahl(counts)
    result["COVERAGE_ITEM"] = _share(sum(c > 0 for c in counts), len(kept_items))
    result["COVERAGE_ITEM_HIT"] = _share(len(hit_items), len(kept_items))
    result["ITEMS_IN_GT"] = _share(len({item for ratings in test for item in ratings}), len(kept_items))
    result["COVERAGE_USER"] = _share(sum(len(L) > 0 for L in lists), len(kept_users))
    result["COVERAGE_USER_HIT"] = _share(sum(v["HIT_RATE"] > 0 for v in of_users), len(kept_users))
    result["USERS_IN_GT"] = _share(sum(len(test[user]) > 0 for user in kept_users), len(kept_users))
    result["DIVERSITY_GINI"] = gini(counts)
    result["SHANNON_ENTROPY"] = shannon(counts)
    result["RATIO_DIVERSITY_HERFINDAHL"] = _ratio(herfindahl(counts), herfindahl(train_kept))
    result["RATIO_DIVERSITY_GINI"] = _ratio(gini(counts), gini(train_kept))
    result["RATIO_SHANNON_ENTROPY"] = _ratio(shannon(counts), shannon(train_kept))
    result["RATIO_AVERAGE_POPULARITY"] = _ratio(result["AVERAGE_POPULARITY"], popularity(profiles, train_counts))
    result["RATIO_NOVELTY"] = _ratio(result["NOVELTY"], novelty(profiles, train_counts))
    if scores is not None:
        left_out = [set(ignore_items) | (set(train[user]) if exclude_seen else set()) for user in range(len(test))]
        areas = [auc(scores[user], test[user], left_out[user]) for user in rankings]
        result["AUC"] = _mean([area for area in areas if not math.isnan(area)])
        result["EFFECTIVE_CATALOG_SIZE"] = effective_catalog_size(counts)
    return result
