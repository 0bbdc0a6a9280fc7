"""Evaluators of rankings, which recommend to every test user and compare with the test ratings at several cutoffs."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Evaluation._evaluator_base import Evaluator
from Evaluation._inputs.protocols import RankingRecommender
from Evaluation._metrics.diversity import Diversity_similarity
from Evaluation._metrics.table import EvaluatorMetrics
from Evaluation._report import get_result_string_df
from recsys_common.messages import warn
from recsys_common.validation import check_sparse

__all__ = ["Evaluator", "EvaluatorHoldout", "EvaluatorMetrics", "EvaluatorNegativeItemSample", "get_result_string_df"]


class EvaluatorHoldout(Evaluator):
    """Evaluates rankings of all items that are not in the user's training profile.

    Parameters
    ----------
    URM_test_list : scipy sparse matrix, (n_users, n_items)
        Test ratings: one matrix, in spite of the historical name.
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
            min_ratings_per_user,
            exclude_seen,
            diversity_object,
            ignore_items,
            ignore_users,
            verbose,
            metrics=metrics,
            num_threads=num_threads,
        )

    def _candidates(self) -> None:
        return None

    def _recommend(self, recommender: RankingRecommender, users: npt.NDArray[np.int64], **arguments: Any) -> Any:
        return recommender.recommend(users, **arguments)


class EvaluatorNegativeItemSample(Evaluator):
    """Evaluates rankings of the user's test items among a given sample of negative items.

    Parameters
    ----------
    URM_test_list : scipy sparse matrix, (n_users, n_items)
        Test ratings: one matrix, in spite of the historical name.
    URM_test_negative : scipy sparse matrix, (n_users, n_items)
        Every stored entry that is not 0 is a negative item of its user; `Evaluation.negative_items` has a function that
        draws them. They should be items that the user has not seen: with `exclude_seen`, seen items are not ranked, and
        a UserWarning counts them, since fewer negatives make the metrics look better.
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
            min_ratings_per_user,
            exclude_seen,
            diversity_object,
            ignore_items,
            ignore_users,
            verbose,
            metrics=metrics,
            num_threads=num_threads,
        )
        if EvaluatorMetrics.AUC in self.metrics:
            raise ValueError(
                "metrics must not contain AUC here: it is over all unseen items, not over the sampled ones"
            )
        self._negative = negative
        self.URM_items_to_rank = sps.csr_matrix(self.URM_test.astype(bool) + negative)

    def _check_train(self, URM_train: sps.csr_matrix) -> None:
        """Warn of negative items that are not ranked because they are in the training data."""
        if self.exclude_seen and self.users_to_evaluate:
            users = np.asarray(self.users_to_evaluate)
            negative = self._negative[users]
            n_seen = negative.multiply(URM_train[users].astype(bool)).nnz
            if n_seen > 0:
                message = f"{n_seen} of {negative.nnz} negative items are in the training data and are not ranked"
                warn(f"{self.EVALUATOR_NAME}: {message}", stacklevel=4)

    def _candidates(self) -> sps.csr_matrix:
        return self.URM_items_to_rank

    def _recommend(self, recommender: RankingRecommender, users: npt.NDArray[np.int64], **arguments: Any) -> Any:
        indptr, indices = self.URM_items_to_rank.indptr, self.URM_items_to_rank.indices
        lists: list[list[int]] = []
        # one call for each user, since `items_to_compute` is for all users of a call
        for user in users:
            items = indices[indptr[user] : indptr[user + 1]].astype(np.int64)
            lists += recommender.recommend(np.array([user]), items_to_compute=items, **arguments)
        return lists
