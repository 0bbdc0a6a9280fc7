"""Evaluators of rankings: recommend to every test user, compare with the test ratings, at several cutoffs at once."""

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Evaluation._evaluator_base import Evaluator
from Evaluation._inputs.protocols import RankingRecommender
from Evaluation._inputs.rankings import ArrayRankings, ListRankings, Rankings, faster_form
from Evaluation._metrics.diversity import Diversity_similarity
from Evaluation._metrics.table import EvaluatorMetrics
from Evaluation._report import result_string
from recsys_common.messages import warn
from recsys_common.validation import check_sparse, refuse

__all__ = ["Evaluator", "EvaluatorHoldout", "EvaluatorMetrics", "EvaluatorNegativeItemSample", "get_result_string_df"]


def get_result_string_df(results_df: pd.DataFrame, n_decimals: int = 7) -> str:
    """A result table as text, one line a cutoff: `CUTOFF: 5 - PRECISION: 0.1000000, RECALL: 0.2000000, `.

    Parameters
    ----------
    results_df : pandas.DataFrame
        Of `evaluateRecommender`.
    n_decimals : int, default 7
    """
    return result_string(results_df, n_decimals)


class EvaluatorHoldout(Evaluator):
    """Ranks, for every test user, all items that are not in the user's training profile.

    Parameters
    ----------
    URM_test_list : scipy sparse matrix, (n_users, n_items)
        One matrix of test ratings, in spite of its historical name.
    cutoff_list, min_ratings_per_user, exclude_seen, diversity_object, ignore_items, ignore_users, verbose, metrics,
    num_threads
        As in Evaluator.

    Examples
    --------
    >>> class TopRated:
    ...     URM_train = sps.csr_matrix([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    ...
    ...     def get_URM_train(self):
    ...         return self.URM_train
    ...
    ...     def recommend(self, user_id_array, cutoff=None, **kwargs):
    ...         return [[2, 1][:cutoff], [2, 0][:cutoff]]
    >>> evaluator = EvaluatorHoldout(sps.csr_matrix([[0, 0, 4], [5, 0, 0]]), cutoff_list=[1, 2], verbose=False)
    >>> results_df, results_str = evaluator.evaluateRecommender(TopRated())
    >>> results_df.loc[1]["RECALL"], results_df.loc[2]["MRR"]
    (0.5, 0.75)
    """

    EVALUATOR_NAME = "EvaluatorHoldout"

    def __init__(
        self,
        URM_test_list: Any,
        cutoff_list: list[int],
        min_ratings_per_user: int = 1,
        exclude_seen: bool = True,
        diversity_object: Diversity_similarity | None = None,
        ignore_items: Any = None,
        ignore_users: Any = None,
        verbose: bool = True,
        *,
        metrics: Any = None,
        num_threads: int | None = None,
    ) -> None:
        super().__init__(
            URM_test_list,
            cutoff_list,
            min_ratings_per_user=min_ratings_per_user,
            exclude_seen=exclude_seen,
            diversity_object=diversity_object,
            ignore_items=ignore_items,
            ignore_users=ignore_users,
            verbose=verbose,
            metrics=metrics,
            num_threads=num_threads,
        )

    def _rankings(self, recommender: RankingRecommender) -> Rankings:
        flags = {"remove_seen_flag": self.exclude_seen, "remove_custom_items_flag": self.ignore_items_flag}
        start_ranking = faster_form(recommender, "recommend")
        if start_ranking is not None:
            ranker = start_ranking(self.max_cutoff, **flags, num_threads=self.num_threads)
            return ArrayRankings(ranker)

        def recommend(users: np.ndarray) -> Any:
            # scores are not asked for: nothing here needs the users x items block
            return recommender.recommend(
                users, cutoff=self.max_cutoff, remove_top_pop_flag=False, return_scores=False, **flags
            )

        return ListRankings(recommend, self.n_items, self.max_cutoff)


class EvaluatorNegativeItemSample(Evaluator):
    """Ranks, for every test user, the user's test items among a given sample of negative ones.

    Parameters
    ----------
    URM_test_list : scipy sparse matrix, (n_users, n_items)
        One matrix of test ratings, in spite of its historical name.
    URM_test_negative : scipy sparse matrix, (n_users, n_items)
        Every stored entry that is not 0 is a negative item of its user; `Evaluation.negative_items` has a function that
        draws them. They should be items that the user has not seen: with `exclude_seen` the seen ones are not ranked,
        and a UserWarning counts them, since the fewer the negatives the better the metrics look.
    cutoff_list, min_ratings_per_user, exclude_seen, diversity_object, ignore_items, ignore_users, verbose, metrics,
    num_threads
        As in Evaluator.
    """

    EVALUATOR_NAME = "EvaluatorNegativeItemSample"

    def __init__(
        self,
        URM_test_list: Any,
        URM_test_negative: Any,
        cutoff_list: list[int],
        min_ratings_per_user: int = 1,
        exclude_seen: bool = True,
        diversity_object: Diversity_similarity | None = None,
        ignore_items: Any = None,
        ignore_users: Any = None,
        *,
        verbose: bool = True,
        metrics: Any = None,
        num_threads: int | None = None,
    ) -> None:
        URM_test = check_sparse("URM_test_list", URM_test_list, dtype=None, allow_empty=True)
        negative = check_sparse(
            "URM_test_negative", URM_test_negative, dtype=None, allow_empty=True, shape=URM_test.shape
        ).astype(bool)
        super().__init__(
            URM_test,
            cutoff_list,
            min_ratings_per_user=min_ratings_per_user,
            exclude_seen=exclude_seen,
            diversity_object=diversity_object,
            ignore_items=ignore_items,
            ignore_users=ignore_users,
            verbose=verbose,
            metrics=metrics,
            num_threads=num_threads,
        )
        if EvaluatorMetrics.AUC in self.metrics:
            allowed = "those of a ranking of the sampled items, and AUC is over all unseen ones"
            raise refuse(ValueError, "metrics", allowed, "AUC")
        self._negative = negative
        self.URM_items_to_rank = sps.csr_matrix(self.URM_test.astype(bool) + negative)

    def _check_train(self, URM_train: sps.csr_matrix) -> None:
        """Warn of negative items that are not ranked because they were seen."""
        if self.exclude_seen and self.users_to_evaluate:
            users = np.asarray(self.users_to_evaluate)
            negative = self._negative[users]
            n_seen = negative.multiply(URM_train[users].astype(bool)).nnz
            if n_seen > 0:
                message = f"{n_seen} of {negative.nnz} negative items are in the training data and are not ranked"
                warn(f"{self.EVALUATOR_NAME}: {message}", stacklevel=4)

    def _rankings(self, recommender: RankingRecommender) -> Rankings:
        flags = {"remove_seen_flag": self.exclude_seen, "remove_custom_items_flag": self.ignore_items_flag}
        start_ranking = faster_form(recommender, "recommend")
        if start_ranking is not None:
            ranker = start_ranking(
                self.max_cutoff, **flags, candidates=self.URM_items_to_rank, num_threads=self.num_threads
            )
            return ArrayRankings(ranker)
        indptr, indices = self.URM_items_to_rank.indptr, self.URM_items_to_rank.indices

        def recommend(users: np.ndarray) -> list[list[int]]:
            # one call a user, since `items_to_compute` holds for all users of a call
            lists: list[list[int]] = []
            for user in users:
                lists += recommender.recommend(
                    np.array([user]),
                    cutoff=self.max_cutoff,
                    items_to_compute=indices[indptr[user] : indptr[user + 1]].astype(np.int64),
                    remove_top_pop_flag=False,
                    return_scores=False,
                    **flags,
                )
            return lists

        return ListRankings(recommend, self.n_items, self.max_cutoff)
