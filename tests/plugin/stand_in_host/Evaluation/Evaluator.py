"""The host's hold-out evaluator with three of its metrics; results are cells of dtype object, as there."""

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Evaluation.metrics import average_precision


class EvaluatorHoldout:
    EVALUATOR_NAME = "EvaluatorHoldout"

    def __init__(self, URM_test_list, cutoff_list, min_ratings_per_user=1, exclude_seen=True):
        self.cutoff_list = cutoff_list.copy()
        self.max_cutoff = max(cutoff_list)
        self.exclude_seen = exclude_seen
        self.URM_test = sps.csr_matrix(URM_test_list)
        self.n_users, self.n_items = self.URM_test.shape
        self.users_to_evaluate = list(np.flatnonzero(self.URM_test.getnnz(axis=1) >= min_ratings_per_user))

    def evaluateRecommender(self, recommender):
        users = np.array(self.users_to_evaluate)
        ranking, scores = recommender.recommend(
            users,
            remove_seen_flag=self.exclude_seen,
            cutoff=self.max_cutoff,
            remove_top_pop_flag=False,
            remove_custom_items_flag=False,
            return_scores=True,
        )
        assert len(ranking) == len(users)
        assert scores.shape == (len(users), self.n_items)

        results = pd.DataFrame(columns=["PRECISION", "RECALL", "MAP"], index=self.cutoff_list, dtype=object)
        results.index.rename("cutoff", inplace=True)
        for cutoff in self.cutoff_list:
            per_user = [self._metrics(user, items[:cutoff]) for user, items in zip(users, ranking)]
            for metric, values in zip(results.columns, zip(*per_user)):
                results.at[cutoff, metric] = sum(values) / len(values)
        return results, get_result_string_df(results)

    def _metrics(self, user, items):
        relevant = self.URM_test[user].indices
        hits = np.isin(items, relevant)
        precision = float(hits.mean()) if items else 0.0
        return precision, float(hits.sum() / len(relevant)), average_precision(hits)


def get_result_string_df(results, n_decimals=7):
    lines = []
    for cutoff, row in results.iterrows():
        metrics = "".join(f"{name}: {value:.{n_decimals}f}, " for name, value in row.items())
        lines.append(f"CUTOFF: {cutoff} - {metrics}\n")
    return "".join(lines)
