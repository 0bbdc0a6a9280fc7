"""What the evaluators of rankings share: whom to evaluate, on what, block by block into one table of metrics."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Evaluation._diversity import Diversity_similarity
from Evaluation._metric_base import _Metrics_Object
from Evaluation._metric_table import EvaluatorMetrics, MetricsSetup, metric_values
from Evaluation._popularity import TrainStatistics
from Evaluation._protocols import RankingRecommender
from Evaluation._report import progress_bar, result_string, say, seconds_to_biggest_unit
from Evaluation._validation import (
    check_bool,
    check_cutoff_list,
    check_ids,
    check_int,
    check_methods,
    check_same_shape,
    check_sparse,
    refuse,
)
from Evaluation.ranking_batch import RankingBatch

_USERS_AT_ONCE = 1000
# a block has at most 128 MB of scores (float32, users x items) in the recommender, and 32 MB an array of ranks here
_SCORES_AT_ONCE = 1 << 25
_RANKS_AT_ONCE = 1 << 22


class Evaluator:
    """What the evaluators share: who is evaluated, on what, and the table of metrics.

    Parameters
    ----------
    URM_test : scipy sparse matrix, (n_users, n_items)
        Test ratings; copied, and stored zeros are no ratings.
    cutoff_list : list of int
        Distinct lengths >= 1 at which the rankings are cut. Cutoffs beyond the catalogue are allowed, with a warning:
        the lists are shorter.
    min_ratings_per_user : int >= 1, default 1
        Users with fewer test ratings, those of ignored items not counted, are not evaluated.
    exclude_seen : bool, default True
        Whether items of the user's training profile are never recommended.
    diversity_object : Evaluation.metrics.Diversity_similarity, default None
        Adds the column DIVERSITY_SIMILARITY by its matrix.
    ignore_items : list of int, default None
        Items never recommended and left out of the test ratings and of the counts of items.
    ignore_users : list of int, default None
        Users that are not evaluated and left out of the counts of users.
    verbose : bool, default True
        Whether to say what is ignored, show a progress bar and print the line that sums up an evaluation.

    Attributes
    ----------
    URM_test : scipy.sparse.csr_matrix
        Without the ignored items' ratings, in its own dtype.
    users_to_evaluate : list of int64, ascending
    ignore_items_ID, ignore_users_ID : ndarray, int64, ascending
    ignore_items_flag : bool
        Whether there is a list of items to ignore.
    cutoff_list, max_cutoff, min_ratings_per_user, exclude_seen, diversity_object, n_users, n_items, verbose

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of its range.

    Notes
    -----
    Where the historical framework is wrong this is right: NDCG is computed in float64 whatever the test ratings' dtype;
    DIVERSITY_SIMILARITY uses every pair and DIVERSITY_MEAN_INTER_LIST the lists' real lengths; without a user to
    evaluate the means are NaN and the coverages 0, with a UserWarning; ignored items are reset even when an evaluation
    fails.
    """

    EVALUATOR_NAME = "Evaluator_Base_Class"

    def __init__(
        self,
        URM_test: Any,
        cutoff_list: list[int],
        min_ratings_per_user: int = 1,
        exclude_seen: bool = True,
        diversity_object: Diversity_similarity | None = None,
        ignore_items: Any = None,
        ignore_users: Any = None,
        verbose: bool = True,
    ) -> None:
        URM_test = check_sparse("URM_test", URM_test)
        self.n_users, self.n_items = URM_test.shape
        self.cutoff_list = check_cutoff_list("cutoff_list", cutoff_list)
        self.max_cutoff = max(self.cutoff_list)
        self.min_ratings_per_user = check_int("min_ratings_per_user", min_ratings_per_user, minimum=1)
        self.exclude_seen = check_bool("exclude_seen", exclude_seen)
        self.diversity_object = self._check_diversity_object(diversity_object)
        self.ignore_items_flag = ignore_items is not None
        self.ignore_items_ID = check_ids("ignore_items", ignore_items, self.n_items)
        self.ignore_users_ID = check_ids("ignore_users", ignore_users, self.n_users)
        self.verbose = check_bool("verbose", verbose)

        if self.ignore_items_flag:
            self._print(f"Ignoring {self.ignore_items_ID.size} Items")
            URM_test.data[np.isin(URM_test.indices, self.ignore_items_ID)] = 0
            URM_test.eliminate_zeros()
        self.URM_test = URM_test
        self.users_to_evaluate = self._select_users(ignore_users is not None)
        if self.max_cutoff > self.n_items:
            longer = [cutoff for cutoff in self.cutoff_list if cutoff > self.n_items]
            message = f"the catalogue has {self.n_items} items, so the lists are shorter than the cutoffs {longer}"
            warnings.warn(f"{self.EVALUATOR_NAME}: {message}", UserWarning, stacklevel=3)

    def get_metric_names(self) -> list[str]:
        """The columns of a result, in their order."""
        absent = set() if self.diversity_object is not None else {EvaluatorMetrics.DIVERSITY_SIMILARITY}
        return [metric.value for metric in EvaluatorMetrics if metric not in absent]

    def _check_diversity_object(self, value: Any) -> Diversity_similarity | None:
        allowed = f"None or a Diversity_similarity of {self.n_items} x {self.n_items} items"
        if value is None:
            return None
        if not isinstance(value, Diversity_similarity):
            raise refuse(TypeError, "diversity_object", allowed, f"a {type(value).__name__}")
        if value.item_diversity_matrix.shape[0] != self.n_items:
            raise refuse(ValueError, "diversity_object", allowed, f"shape {value.item_diversity_matrix.shape}")
        return value

    def _select_users(self, some_ignored: bool) -> list[np.int64]:
        """The users with enough test ratings that are not ignored, ascending."""
        selected = np.diff(self.URM_test.indptr) >= self.min_ratings_per_user
        n_short = self.n_users - int(selected.sum())
        if n_short > 0:
            percentage = 100 * n_short / self.n_users
            self._print(
                f"Ignoring {n_short} ({percentage:4.1f}%) Users that have less than "
                f"{self.min_ratings_per_user} test interactions"
            )
        if some_ignored:
            self._print(f"Ignoring {self.ignore_users_ID.size} Users")
        selected[self.ignore_users_ID] = False
        return list(np.flatnonzero(selected).astype(np.int64))

    def _print(self, message: str) -> None:
        say(self.verbose, self.EVALUATOR_NAME, message)

    def evaluateRecommender(self, recommender: RankingRecommender) -> tuple[pd.DataFrame, str]:
        """Evaluate a fitted recommender.

        Parameters
        ----------
        recommender : object with `recommend` and `get_URM_train`
            Trained on a matrix of the shape of URM_test. It is also asked for `set_items_to_ignore` and
            `reset_items_to_ignore` if items are ignored; they are reset even if the evaluation fails.

        Returns
        -------
        results_df : pandas.DataFrame
            Index `cutoff` (int64, in the order of cutoff_list), a column for each of EvaluatorMetrics of dtype object
            that holds Python floats.
        results_str : str
            The same as text, a line a cutoff.

        Raises
        ------
        TypeError
            If a method is missing, or what is recommended is not a list of integers for each user.
        ValueError
            If the shapes differ, or a recommended list is no ranking: ids out of range or repeated, too many.
        """
        methods = ["recommend", "get_URM_train"]
        methods += ["set_items_to_ignore", "reset_items_to_ignore"] if self.ignore_items_flag else []
        check_methods(recommender, methods)
        train = self._train_statistics(recommender)
        setup = MetricsSetup(self.URM_test, self.ignore_items_ID, self.ignore_users_ID, self.diversity_object, train)
        objects = {cutoff: setup.metric_objects(cutoff) for cutoff in self.cutoff_list}
        if not self.users_to_evaluate:
            message = "No users had a sufficient number of relevant items"
            warnings.warn(f"{self.EVALUATOR_NAME}: {message}", UserWarning, stacklevel=2)
        self._evaluate_users(recommender, objects)

        rows = [metric_values(of_cutoff) for of_cutoff in objects.values()]
        index = pd.Index(self.cutoff_list, dtype=np.int64, name="cutoff")
        results_df = pd.DataFrame(rows, index=index, dtype=object)
        return results_df, result_string(results_df)

    def _evaluate_users(
        self, recommender: RankingRecommender, objects: dict[int, dict[EvaluatorMetrics, _Metrics_Object]]
    ) -> None:
        """Add the recommendations of all users to the metric objects of every cutoff."""
        try:
            if self.ignore_items_flag:
                recommender.set_items_to_ignore(self.ignore_items_ID)  # type: ignore[attr-defined]
            for batch in self._batches(recommender):
                for cutoff, of_cutoff in objects.items():
                    view = batch.at(cutoff)
                    for metric_object in of_cutoff.values():
                        metric_object.add_recommendations(view)
        finally:
            if self.ignore_items_flag:
                recommender.reset_items_to_ignore()  # type: ignore[attr-defined]

    def _train_statistics(self, recommender: RankingRecommender) -> TrainStatistics:
        """What the metrics need of the training data, which are not kept: `get_URM_train` is a copy."""
        URM_train = sps.csr_matrix(recommender.get_URM_train())
        check_same_shape(recommender, URM_train.shape, self.URM_test.shape)
        self._check_train(URM_train)
        return TrainStatistics(URM_train)

    def _check_train(self, URM_train: sps.csr_matrix) -> None:
        """Look at the training data before an evaluation; nothing to see for most evaluators."""

    def _batches(self, recommender: RankingRecommender) -> Iterator[RankingBatch]:
        """The rankings of all users to evaluate, block by block, with progress and a closing line."""
        users = np.asarray(self.users_to_evaluate, dtype=np.int64)
        ranks = min(self.max_cutoff, self.n_items)
        at_once = max(1, min(_USERS_AT_ONCE, _SCORES_AT_ONCE // self.n_items, _RANKS_AT_ONCE // ranks))
        start = time.perf_counter()
        with progress_bar(users.size, "user", self.EVALUATOR_NAME, self.verbose) as bar:
            for first in range(0, users.size, at_once):
                block = users[first : first + at_once]
                yield RankingBatch(self._recommend(recommender, block), self.URM_test[block], self.max_cutoff)
                bar.update(block.size)
        seconds = time.perf_counter() - start
        if users.size > 0:
            elapsed, unit = seconds_to_biggest_unit(seconds)
            rate = users.size / max(seconds, 1e-9)
            self._print(f"Processed {users.size} (100.0%) in {elapsed:.2f} {unit}. Users per second: {rate:.0f}")

    def _recommend(self, recommender: RankingRecommender, users: np.ndarray) -> list[list[int]]:
        """The recommended lists of a block of users."""
        raise NotImplementedError
