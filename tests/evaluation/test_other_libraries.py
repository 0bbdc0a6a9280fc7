"""The accuracy metrics beside those of pytrec_eval (trec_eval itself) and ranx, on random graded test ratings.

Where their definitions are others, the conversion is in the test: MAP divides by the length of the list and trec_eval
by the number of relevant items; PRECISION by the length of the list and they by the cutoff; NDCG has the gain 2^rel - 1
and trec_eval's the gain rel, which are the same for binary ratings.
"""

import numpy as np
import pytest
import scipy.sparse as sps

from Evaluation.Evaluator import EvaluatorHoldout
from tests.evaluation.conftest import ScoreRecommender

pytrec_eval = pytest.importorskip("pytrec_eval", reason="the extra [oracles] is not installed")
ranx = pytest.importorskip("ranx", reason="the extra [oracles] is not installed")

N_USERS, N_ITEMS, CUTOFFS = 60, 40, [1, 3, 10, 35]


class Case:
    """A recommender that lacks scores for some items, so that lists are short, and its per-user table."""

    def __init__(self, binary: bool) -> None:
        rng = np.random.default_rng(int(binary))
        ratings = rng.integers(1, 2 if binary else 6, (N_USERS, N_ITEMS)) * (rng.random((N_USERS, N_ITEMS)) < 0.2)
        ratings[:, 0] = 1  # everybody is evaluated
        scores = rng.random((N_USERS, N_ITEMS))
        scores[rng.random(scores.shape) < rng.random((N_USERS, 1))] = -np.inf
        recommender = ScoreRecommender(sps.csr_matrix(([1.0], ([0], [1])), shape=ratings.shape), scores)
        evaluator = EvaluatorHoldout(sps.csr_matrix(ratings), CUTOFFS, exclude_seen=False, verbose=False)
        self.table = evaluator.evaluateRecommender(recommender, return_per_user=True)[2]
        self.n_relevant = (ratings > 0).sum(axis=1)
        self.lists = [recommender.rank(user, N_ITEMS, remove_seen_flag=False) for user in range(N_USERS)]
        self.lengths = np.array([len(ranked) for ranked in self.lists])
        self.qrels = {
            f"u{user}": {f"i{item}": int(row[item]) for item in np.flatnonzero(row)} for user, row in enumerate(ratings)
        }

    def run(self, cutoff: int) -> dict[str, dict[str, float]]:
        """The lists cut to the cutoff, with strictly falling scores: ties are broken in other ways elsewhere."""
        return {
            f"u{user}": {f"i{item}": float(N_ITEMS - rank) for rank, item in enumerate(ranked[:cutoff])}
            for user, ranked in enumerate(self.lists)
        }

    def ours(self, metric: str, cutoff: int) -> np.ndarray:
        return self.table[metric].xs(cutoff, level="cutoff").to_numpy()

    def compare(self, theirs: np.ndarray, metric: str, cutoff: int) -> None:
        np.testing.assert_allclose(self.ours(metric, cutoff), theirs, rtol=1e-6, atol=1e-12)


@pytest.fixture(scope="module", params=[True, False], ids=["binary", "graded"])
def case(request) -> Case:
    return Case(request.param)


def _per_length(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return np.divide(values, lengths, out=np.zeros(len(values)), where=lengths > 0)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_accuracy_is_trec_eval_s(case, cutoff):
    names = [f"{name}_{cutoff}" for name in ("P", "recall", "map_cut", "success", "ndcg_cut")]
    evaluator = pytrec_eval.RelevanceEvaluator(
        case.qrels,
        {"P", "recall", "map_cut", "success", "ndcg_cut", "recip_rank"}
        | {f"{name.rsplit('_', 1)[0]}.{cutoff}" for name in names},
    )
    run = case.run(cutoff)
    results = evaluator.evaluate(run)
    none = dict.fromkeys([*names, "recip_rank"], 0.0)
    theirs = {name: np.array([results.get(user, none)[name] for user in run]) for name in [*names, "recip_rank"]}
    lengths = np.minimum(case.lengths, cutoff)
    case.compare(_per_length(theirs[f"P_{cutoff}"] * cutoff, lengths), "PRECISION", cutoff)
    case.compare(theirs[f"recall_{cutoff}"], "RECALL", cutoff)
    case.compare(theirs[f"success_{cutoff}"], "HIT_RATE", cutoff)
    case.compare(theirs["recip_rank"], "MRR", cutoff)
    average_precision = theirs[f"map_cut_{cutoff}"] * case.n_relevant
    case.compare(_per_length(average_precision, lengths), "MAP", cutoff)
    case.compare(_per_length(average_precision, np.minimum(case.n_relevant, lengths)), "MAP_MIN_DEN", cutoff)
    if max(max(ratings.values()) for ratings in case.qrels.values()) == 1:
        case.compare(theirs[f"ndcg_cut_{cutoff}"], "NDCG", cutoff)


@pytest.mark.parametrize("cutoff", CUTOFFS)
def test_accuracy_is_ranx_s(case, cutoff):
    # ranx takes no empty list: an item that is relevant to nobody stands in
    run = {user: ranked or {"none": 1.0} for user, ranked in case.run(cutoff).items()}
    names = {"NDCG": "ndcg_burges", "RECALL": "recall", "MRR": "mrr", "HIT_RATE": "hit_rate", "PRECISION": "precision"}
    results = ranx.evaluate(
        ranx.Qrels(case.qrels),
        ranx.Run(run),
        [f"{name}@{cutoff}" for name in names.values()],
        return_mean=False,
        make_comparable=True,
    )
    users = sorted(case.qrels)  # the order in which ranx returns them
    order = [users.index(f"u{user}") for user in range(N_USERS)]
    theirs = {metric: results[f"{name}@{cutoff}"][order] for metric, name in names.items()}
    theirs["PRECISION"] = _per_length(theirs["PRECISION"] * cutoff, np.minimum(case.lengths, cutoff))
    for metric, values in theirs.items():
        case.compare(values, metric, cutoff)
