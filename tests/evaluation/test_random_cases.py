"""Every column of both evaluators beside the plain Python of tests/reference/metrics.py, on small random data."""

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample
from Evaluation.metrics import Diversity_similarity
from tests.reference import metrics as reference


def _ratings(matrix: sps.csr_matrix, ignore_items: list[int]) -> list[dict[int, float]]:
    rows = [matrix[user].tocoo() for user in range(matrix.shape[0])]
    return [{int(i): float(r) for i, r in zip(row.col, row.data) if i not in ignore_items} for row in rows]


def _random_test(rng: np.random.Generator, shape: tuple[int, int]) -> sps.csr_matrix:
    """Implicit, graded, half-star and play-count ratings of several dtypes; some users without any."""
    dtype, values = [
        (np.float32, [1.0]),
        (np.float32, np.arange(0.5, 5.5, 0.5)),
        (np.float64, np.arange(1, 6)),
        (np.int8, np.arange(1, 128)),
        (np.int32, np.arange(1, 3000)),
        (np.int64, [1, 2, 70, 1500, 10**6]),
        (np.float32, np.arange(100.0, 300.0)),
        (bool, [True]),
    ][rng.integers(8)]
    present = rng.random(shape) < rng.choice([0.15, 0.4, 0.8])
    return sps.csr_matrix((rng.choice(values, shape) * present).astype(dtype))


def _random_ids(rng: np.random.Generator, n: int) -> list[int] | None:
    return (
        None if rng.random() < 0.5 else rng.choice(n, size=rng.integers(0, max(1, n // 3) + 1), replace=False).tolist()
    )


class Case:
    """One random case, its recommender and the arguments of its evaluator."""

    def __init__(self, seed: int, make_recommender: Any) -> None:
        rng = np.random.default_rng(seed)
        n_users, self.n_items = int(rng.integers(1, 9)), int(rng.integers(1, 12))
        shape = (n_users, self.n_items)
        self.URM_train = sps.csr_matrix(rng.integers(1, 6, shape) * (rng.random(shape) < rng.choice([0.1, 0.4])))
        if self.URM_train.nnz == 0:
            self.URM_train = sps.csr_matrix(([3.0], ([0], [0])), shape=shape)
        self.URM_test = _random_test(rng, shape)
        self.URM_negative = sps.csr_matrix(rng.random(shape) < 0.3)
        scores = rng.integers(0, 4, shape).astype(float)  # full of ties
        scores[rng.random(shape) < 0.15] = -np.inf
        self.recommender = make_recommender(self.URM_train, scores)
        self.D = rng.random((self.n_items, self.n_items)) if rng.random() < 0.5 else None
        D = self.D if self.D is None or rng.random() < 0.5 else sps.csc_matrix(self.D)
        n_cutoffs = int(rng.integers(1, 4))
        self.arguments: dict[str, Any] = {
            "cutoff_list": (rng.permutation(self.n_items + 2)[:n_cutoffs] + 1).tolist(),
            "min_ratings_per_user": int(rng.integers(1, 4)),
            "exclude_seen": bool(rng.random() < 0.7),
            "diversity_object": None if D is None else Diversity_similarity(D),
            "ignore_items": _random_ids(rng, self.n_items),
            "ignore_users": _random_ids(rng, n_users),
            "verbose": False,
        }

    def check(self, evaluator: Any, candidates: list[Any]) -> None:
        """Every cell of the evaluator's table is the reference's, where user u may be shown candidates[u]."""
        results_df, _ = evaluator.evaluateRecommender(self.recommender)
        ignore_items = self.arguments["ignore_items"] or []
        ignore_users = self.arguments["ignore_users"] or []
        test, train = _ratings(self.URM_test, ignore_items), _ratings(self.URM_train, [])
        self.recommender.set_items_to_ignore(ignore_items)
        enough = self.arguments["min_ratings_per_user"]
        rankings = {
            user: self.recommender.rank(
                user,
                self.n_items,
                remove_seen_flag=self.arguments["exclude_seen"],
                items_to_compute=candidates[user],
                remove_custom_items_flag=True,
            )
            for user in range(len(test))
            if len(test[user]) >= enough and user not in ignore_users
        }
        for cutoff in self.arguments["cutoff_list"]:
            expected = reference.evaluate(
                rankings, test, train, self.n_items, cutoff, ignore_items, ignore_users, self.D
            )
            assert list(results_df.columns) == list(expected)
            for name, value in expected.items():
                got = results_df.loc[cutoff][name]
                assert got == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), (name, cutoff)


@pytest.fixture(params=range(150))
def case(request, score_recommender, monkeypatch) -> Case:
    # odd cases: users in several blocks, pairs of items in several chunks
    if request.param % 2:
        monkeypatch.setattr("Evaluation._rankings._LISTS_AT_ONCE", 3)
        monkeypatch.setattr("Evaluation._diversity._PAIRS_AT_ONCE", 20)
    return Case(request.param, score_recommender)


def test_holdout_equals_the_plain_formulas(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        evaluator = EvaluatorHoldout(case.URM_test, **case.arguments)
        case.check(evaluator, [None] * case.URM_test.shape[0])


def test_negative_sample_equals_the_plain_formulas(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        evaluator = EvaluatorNegativeItemSample(case.URM_test, case.URM_negative, **case.arguments)
        test = _ratings(case.URM_test, case.arguments["ignore_items"] or [])
        negative = _ratings(case.URM_negative, [])
        case.check(evaluator, [set(test[user]) | set(negative[user]) for user in range(len(test))])
