"""Every column of both evaluators beside the plain Python of tests/reference/metrics.py, on small random data."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st

from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorMetrics, EvaluatorNegativeItemSample
from Evaluation.metrics import Diversity_similarity
from tests.evaluation.conftest import OwnScoreRecommender, ScoreRecommender
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


BEYOND = ["AUC", "EFFECTIVE_CATALOG_SIZE"]
ALL = [metric.value for metric in EvaluatorMetrics]


class Case:
    """One random case, its scores and the arguments of its evaluator."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.n_users, self.n_items = int(rng.integers(1, 9)), int(rng.integers(1, 12))
        shape = (self.n_users, self.n_items)
        self.URM_train = sps.csr_matrix(rng.integers(1, 6, shape) * (rng.random(shape) < rng.choice([0.1, 0.4])))
        if self.URM_train.nnz == 0:
            self.URM_train = sps.csr_matrix(([3.0], ([0], [0])), shape=shape)
        self.URM_test = _random_test(rng, shape)
        self.URM_negative = sps.csr_matrix(rng.random(shape) < 0.3)
        self.scores = rng.integers(0, 4, shape).astype(rng.choice([np.float32, np.float64]))  # full of ties
        self.scores[rng.random(shape) < 0.15] = -np.inf
        self.D = rng.random((self.n_items, self.n_items)) if rng.random() < 0.5 else None
        D = self.D if self.D is None or rng.random() < 0.5 else sps.csc_matrix(self.D)
        n_cutoffs = int(rng.integers(1, 4))
        self.arguments: dict[str, Any] = {
            "cutoff_list": (rng.permutation(self.n_items + 2)[:n_cutoffs] + 1).tolist(),
            "min_ratings_per_user": int(rng.integers(1, 4)),
            "exclude_seen": bool(rng.random() < 0.7),
            "diversity_object": None if D is None else Diversity_similarity(D),
            "ignore_items": _random_ids(rng, self.n_items),
            "ignore_users": _random_ids(rng, self.n_users),
            "verbose": False,
        }
        self.ignore_items = self.arguments["ignore_items"] or []
        self.ignore_users = self.arguments["ignore_users"] or []
        self.test, self.train = _ratings(self.URM_test, self.ignore_items), _ratings(self.URM_train, [])

    def rankings(self, candidates: list[Any]) -> dict[int, list[int]]:
        """The whole list of every evaluated user, where user u may be shown candidates[u]."""
        recommender = ScoreRecommender(self.URM_train, self.scores)
        recommender.set_items_to_ignore(self.ignore_items)
        return {
            user: recommender.rank(
                user,
                self.n_items,
                remove_seen_flag=self.arguments["exclude_seen"],
                items_to_compute=candidates[user],
                remove_custom_items_flag=True,
            )
            for user in range(self.n_users)
            if len(self.test[user]) >= self.arguments["min_ratings_per_user"] and user not in self.ignore_users
        }

    def auc(self, user: int) -> float:
        left_out = set(self.ignore_items) | (set(self.train[user]) if self.arguments["exclude_seen"] else set())
        return reference.auc(self.scores[user].tolist(), self.test[user], left_out)

    def check(self, evaluator: Any, recommender: Any, candidates: list[Any], metrics: list[str]) -> None:
        """Every cell of the evaluator's tables is the reference's."""
        results_df, _, per_user = evaluator.evaluateRecommender(recommender, return_per_user=True)
        rankings = self.rankings(candidates)
        for cutoff in self.arguments["cutoff_list"]:
            expected = reference.evaluate(
                rankings,
                self.test,
                self.train,
                self.n_items,
                cutoff,
                self.ignore_items,
                self.ignore_users,
                self.D,
                self.scores.tolist(),
                self.arguments["exclude_seen"],
            )
            assert list(results_df.columns) == [name for name in expected if name in metrics]
            for name in results_df.columns:
                got = results_df.loc[cutoff][name]
                assert got == pytest.approx(expected[name], rel=1e-9, abs=1e-12, nan_ok=True), (name, cutoff)
            for user, ranking in rankings.items():
                of_user = reference.accuracy(ranking[:cutoff], self.test[user], cutoff)
                if "AUC" in metrics:
                    of_user["AUC"] = self.auc(user)
                row = per_user.loc[(user, cutoff)]
                assert row.to_dict() == pytest.approx(of_user, rel=1e-9, abs=1e-12, nan_ok=True)
        assert len(per_user) == len(rankings) * len(self.arguments["cutoff_list"])


@contextmanager
def random_case(seed: int) -> Iterator[Case]:
    """Half of the cases have their users in several blocks, and scores and pairs of items in several chunks."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        if seed % 2:
            for limit, users in (("_LISTS_AT_ONCE", 2), ("_ROWS_AT_ONCE", 3), ("_FEWEST_ROWS", 3)):
                patch.setattr(f"Evaluation._inputs.rankings.{limit}", users)
            patch.setattr("Evaluation._inputs.auc._SCORES_AT_ONCE", 20)
            patch.setattr("Evaluation._metrics.diversity._PAIRS_AT_ONCE", 20)
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield Case(seed)


RECOMMENDERS = st.sampled_from([ScoreRecommender, OwnScoreRecommender])


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), recommender_class=RECOMMENDERS)
def test_holdout_equals_the_plain_formulas(seed, recommender_class):
    with random_case(seed) as case:
        metrics = [name for name in ALL if case.D is not None or name != "DIVERSITY_SIMILARITY"]
        evaluator = EvaluatorHoldout(case.URM_test, **case.arguments, metrics=metrics)
        case.check(evaluator, recommender_class(case.URM_train, case.scores), [None] * case.n_users, metrics)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), recommender_class=RECOMMENDERS)
def test_negative_sample_equals_the_plain_formulas(seed, recommender_class):
    with random_case(seed) as case:
        evaluator = EvaluatorNegativeItemSample(case.URM_test, case.URM_negative, **case.arguments)
        negative = _ratings(case.URM_negative, [])
        candidates = [set(case.test[user]) | set(negative[user]) for user in range(case.n_users)]
        recommender = recommender_class(case.URM_train, case.scores)
        case.check(evaluator, recommender, candidates, [name for name in ALL if name not in BEYOND])
