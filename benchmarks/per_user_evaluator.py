"""A plain evaluator in numpy, one user and one cutoff at a time, which `evaluation_speed.py` compares with.

It has the historical columns and the structure of most evaluators: the recommender is asked for lists in blocks of a
thousand users, then a Python loop computes each user's hits with `np.isin` and the metrics from them. Values that
depend only on the training data, or on one user's test ratings, are computed once, as a careful author would do.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps


class PerUserEvaluator:
    """An evaluator of the rankings of some users."""

    def __init__(self, URM_test: sps.csr_matrix, URM_train: sps.csr_matrix, cutoffs: list[int]) -> None:
        self.test, self.cutoffs = sps.csr_matrix(URM_test), cutoffs
        self.n_users, self.n_items = self.test.shape
        longest = max(cutoffs)
        self.ranks = np.arange(1, longest + 1)
        self.discounts = 1 / np.log2(self.ranks + 1)
        counts = np.bincount(URM_train.indices, minlength=self.n_items)
        self.popularity = counts / counts.max()
        self.self_information = np.zeros(self.n_items)
        self.self_information[counts > 0] = -np.log2(counts[counts > 0] / URM_train.nnz)
        self.train_counts = counts
        lengths = np.diff(URM_train.indptr)
        of_profiles = np.add.reduceat(np.append(self.popularity[URM_train.indices], 0), URM_train.indptr[:-1])
        self.train_popularity = (of_profiles * (lengths > 0) / np.maximum(lengths, 1)).mean()
        self.train_novelty = counts @ self.self_information / self.n_items / self.n_users

    def evaluate(self, recommender: Any, users: npt.NDArray[np.int64]) -> dict[int, dict[str, float]]:
        """Return every metric at every cutoff, averaged over the users, each of whom has a test rating."""
        sums = {cutoff: np.zeros(12) for cutoff in self.cutoffs}
        counts = {cutoff: np.zeros(self.n_items) for cutoff in self.cutoffs}
        hit_counts = {cutoff: np.zeros(self.n_items) for cutoff in self.cutoffs}
        for start in range(0, len(users), 1000):
            block = users[start : start + 1000]
            for user, ranked in zip(block, recommender.recommend(block, cutoff=max(self.cutoffs))):
                self._add_user(user, np.array(ranked, dtype=np.int64), sums, counts, hit_counts)
        return {
            cutoff: self._metrics(cutoff, sums[cutoff] / len(users), counts[cutoff], hit_counts[cutoff], len(users))
            for cutoff in self.cutoffs
        }

    def _add_user(self, user: int, ranked: npt.NDArray[np.int64], sums: Any, counts: Any, hit_counts: Any) -> None:
        row = slice(self.test.indptr[user], self.test.indptr[user + 1])
        items, ratings = self.test.indices[row], self.test.data[row]
        n_test = len(items)
        is_hit = np.isin(ranked, items, assume_unique=True)
        gains = np.zeros(len(ranked))
        for place in np.flatnonzero(is_hit):
            gains[place] = 2.0 ** ratings[np.searchsorted(items, ranked[place])] - 1
        ideal = np.sort(2.0 ** ratings.astype(np.float64) - 1)[::-1]
        for cutoff in self.cutoffs:
            hits, shown = is_hit[:cutoff], ranked[:cutoff]
            n = len(shown)
            if n == 0:
                continue
            n_hits = hits.sum()
            reciprocal = hits / self.ranks[:n]
            precisions = (reciprocal * np.cumsum(hits)).sum()
            dcg = gains[:cutoff] @ self.discounts[:n]
            best = ideal[:cutoff] @ self.discounts[: min(cutoff, n_test)]
            sums[cutoff] += (
                n_hits / n, n_hits / min(n_test, n), n_hits / n_test, precisions / n, precisions / min(n_test, n),
                reciprocal.max(), dcg / best, n_hits > 0, reciprocal.sum(),
                self.self_information[shown].sum() / self.n_items, self.popularity[shown].mean(), n,
            )  # fmt: skip
            counts[cutoff][shown] += 1
            hit_counts[cutoff][shown[hits]] += 1

    def _metrics(
        self, cutoff: int, means: npt.NDArray[np.float64], counts: Any, hit_counts: Any, n_users: int
    ) -> dict[str, float]:
        names = ["PRECISION", "PRECISION_RECALL_MIN_DEN", "RECALL", "MAP", "MAP_MIN_DEN", "MRR", "NDCG", "HIT_RATE",
                 "ARHR_ALL_HITS", "NOVELTY", "AVERAGE_POPULARITY"]  # fmt: skip
        values = dict(zip(names, means))
        precision, recall = values["PRECISION"], values["RECALL"]
        values["F1"] = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
        pairs = cutoff * n_users * (n_users - 1)
        values["DIVERSITY_MEAN_INTER_LIST"] = 1 - (counts @ counts - counts.sum()) / pairs
        values["COVERAGE_ITEM"], values["COVERAGE_ITEM_HIT"] = (counts > 0).mean(), (hit_counts > 0).mean()
        values["ITEMS_IN_GT"] = len(np.unique(self.test.indices)) / self.n_items
        values["USERS_IN_GT"] = (np.diff(self.test.indptr) > 0).mean()
        values["COVERAGE_USER"] = n_users / self.n_users if means[11] > 0 else 0.0
        values["COVERAGE_USER_HIT"] = values["HIT_RATE"] * n_users / self.n_users
        for name, of_list in (("", counts), ("train ", self.train_counts)):
            values[name + "DIVERSITY_HERFINDAHL"] = 1 - ((of_list / of_list.sum()) ** 2).sum()
            weights = 1 - np.arange(1, self.n_items + 1) / (self.n_items + 1)
            values[name + "DIVERSITY_GINI"] = 2 * weights @ np.sort(of_list) / of_list.sum()
            share = of_list[of_list > 0] / of_list.sum()
            values[name + "SHANNON_ENTROPY"] = -(share @ np.log2(share))
        for name in ("DIVERSITY_HERFINDAHL", "DIVERSITY_GINI", "SHANNON_ENTROPY"):
            values["RATIO_" + name] = values[name] / values.pop("train " + name)
        values["RATIO_AVERAGE_POPULARITY"] = values["AVERAGE_POPULARITY"] / self.train_popularity
        values["RATIO_NOVELTY"] = values["NOVELTY"] / self.train_novelty
        return values
