"""What the evaluators of rankings share: whom to evaluate, on what, block by block into one table of metrics."""

import time
from collections.abc import Iterator
from typing import Any, Literal, overload

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Evaluation._inputs.auc import AreaUnderCurve
from Evaluation._inputs.held_out import HeldOutRatings
from Evaluation._inputs.protocols import RankingRecommender
from Evaluation._inputs.rankings import Rankings, training_matrix, users_at_once
from Evaluation._inputs.seen_test_ratings import SeenTestRatings
from Evaluation._metrics.base import _Metrics_Object
from Evaluation._metrics.diversity import Diversity_similarity
from Evaluation._metrics.per_user import PerUserValues
from Evaluation._metrics.table import EvaluatorMetrics, MetricsSetup, chosen_metrics
from Evaluation._report import progress_bar, result_string, say, seconds_to_biggest_unit
from Evaluation._validation import check_cutoff_list, check_methods, check_same_shape
from Evaluation.ranking_batch import RankingBatch
from recsys_common.messages import warn
from recsys_common.validation import check_bool, check_distinct_ids, check_int, check_sparse, refuse

Objects = dict[int, dict[EvaluatorMetrics, _Metrics_Object]]


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
        Whether to say what is ignored, show a progress bar where it takes longer than two seconds, and print the line
        that sums up an evaluation.
    metrics : list of str or EvaluatorMetrics, default None
        The columns of the table, in the table's own order; nothing else is computed. None: the historical ones, which
        are all but AUC and EFFECTIVE_CATALOG_SIZE.
    num_threads : int >= 1, default None
        Threads over users, at most, for recommenders of this framework; None for as many as there are processors. The
        numbers have the same bits for any number of them.

    Attributes
    ----------
    URM_test : scipy.sparse.csr_matrix
        Without the ignored items' ratings, in its own dtype (float64 where a sum of duplicates does not fit into it).
    users_to_evaluate : list of int64, ascending
    ignore_items_ID, ignore_users_ID : ndarray, int64, ascending
    ignore_items_flag : bool
        Whether there is a list of items to ignore.
    metrics : list of EvaluatorMetrics
    num_threads : int or None
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
        *,
        metrics: Any = None,
        num_threads: int | None = None,
    ) -> None:
        URM_test = check_sparse("URM_test", URM_test, dtype=None, allow_empty=True)
        self.n_users, self.n_items = URM_test.shape
        self.cutoff_list = check_cutoff_list("cutoff_list", cutoff_list)
        self.max_cutoff = max(self.cutoff_list)
        self.min_ratings_per_user = check_int("min_ratings_per_user", min_ratings_per_user, minimum=1)
        self.exclude_seen = check_bool("exclude_seen", exclude_seen)
        self.diversity_object = self._check_diversity_object(diversity_object)
        self.ignore_items_flag = ignore_items is not None
        self.ignore_items_ID = check_distinct_ids("ignore_items", ignore_items, self.n_items)
        self.ignore_users_ID = check_distinct_ids("ignore_users", ignore_users, self.n_users)
        self.verbose = check_bool("verbose", verbose)
        self.metrics = chosen_metrics(metrics, self.diversity_object is not None)
        self.num_threads = None if num_threads is None else check_int("num_threads", num_threads, minimum=1)

        if self.ignore_items_flag:
            self._print(f"Ignoring {self.ignore_items_ID.size} Items")
            URM_test.data[np.isin(URM_test.indices, self.ignore_items_ID)] = 0
            URM_test.eliminate_zeros()
        self.URM_test = URM_test
        self.users_to_evaluate = self._select_users(ignore_users is not None)
        self._seen = SeenTestRatings(self.EVALUATOR_NAME, self.URM_test)
        self._setup = MetricsSetup(self.URM_test, self.ignore_items_ID, self.ignore_users_ID, self.diversity_object)
        if self.max_cutoff > self.n_items:
            longer = [cutoff for cutoff in self.cutoff_list if cutoff > self.n_items]
            message = f"the catalogue has {self.n_items} items, so the lists are shorter than the cutoffs {longer}"
            warn(f"{self.EVALUATOR_NAME}: {message}", stacklevel=3)

    @property
    def users_to_evaluate(self) -> list[np.int64]:
        """Ascending; may be set to other ids, of users who have test ratings."""
        return self._users_to_evaluate

    @users_to_evaluate.setter
    def users_to_evaluate(self, users: Any) -> None:
        user_ids = check_distinct_ids("users_to_evaluate", users, self.n_users)
        without = user_ids[np.diff(self.URM_test.indptr)[user_ids] == 0]
        if without.size > 0:
            raise refuse(ValueError, "users_to_evaluate", "users with a test rating", f"user {without[0]} without one")
        self._users_to_evaluate = list(user_ids)
        # users and their ratings in one object, which an evaluation in another thread has either of before or of now
        self._held_out = HeldOutRatings(self.URM_test, user_ids, self.cutoff_list)

    def get_metric_names(self) -> list[str]:
        """The columns of a result, in their order."""
        return [metric.value for metric in self.metrics]

    def _check_diversity_object(self, value: Any) -> Diversity_similarity | None:
        allowed = f"None or a Diversity_similarity of {self.n_items} x {self.n_items} items"
        if value is None:
            return None
        if not isinstance(value, Diversity_similarity):
            raise refuse(TypeError, "diversity_object", allowed, f"a {type(value).__name__}")
        if value.item_diversity_matrix.shape[0] != self.n_items:
            raise refuse(ValueError, "diversity_object", allowed, f"shape {value.item_diversity_matrix.shape}")
        return value

    def _select_users(self, some_ignored: bool) -> np.ndarray:
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
        return np.flatnonzero(selected)

    def _print(self, message: str) -> None:
        say(self.verbose, self.EVALUATOR_NAME, message)

    @overload
    def evaluateRecommender(
        self, recommender_object: RankingRecommender, *, return_per_user: Literal[False] = False
    ) -> tuple[pd.DataFrame, str]: ...

    @overload
    def evaluateRecommender(
        self, recommender_object: RankingRecommender, *, return_per_user: Literal[True]
    ) -> tuple[pd.DataFrame, str, pd.DataFrame]: ...

    def evaluateRecommender(
        self, recommender_object: RankingRecommender, *, return_per_user: bool = False
    ) -> tuple[pd.DataFrame, str] | tuple[pd.DataFrame, str, pd.DataFrame]:
        """Evaluate a fitted recommender.

        Parameters
        ----------
        recommender_object : object with `recommend` and `get_URM_train`
            Trained on a matrix of the shape of URM_test. It is also asked for `set_items_to_ignore` and
            `reset_items_to_ignore` if items are ignored; they are reset even if the evaluation fails. Where `recommend`
            is the framework's own, the rankings come in arrays and their scores are never all there at once.
        return_per_user : bool, default False
            Whether to return the accuracy of each user as well.

        Returns
        -------
        results_df : pandas.DataFrame
            Index `cutoff` (int64, or object where one is beyond 2^63 - 1; in the order of cutoff_list), a column for
            each of the metrics of dtype object that holds Python floats.
        results_str : str
            The same as text, a line a cutoff.
        per_user : pandas.DataFrame, only with return_per_user
            Index (user, cutoff), float64, a column for each of the metrics that are a mean over users of a value that
            a user has by the user's hits or scores; their means over users are the columns of results_df. F1 is none.

        Warns
        -----
        UserWarning
            Before the evaluation: test interactions are in the training matrix, once for each training matrix; there is
            no user to evaluate.

        Raises
        ------
        TypeError
            If a method is missing, or what is recommended is not a list of integers for each user.
        ValueError
            If the shapes differ, or a recommended list is no ranking: ids out of range or repeated, too many.
        """
        check_bool("return_per_user", return_per_user)
        methods = ["recommend", "get_URM_train"]
        methods += ["set_items_to_ignore", "reset_items_to_ignore"] if self.ignore_items_flag else []
        check_methods(recommender_object, methods)
        URM_train = training_matrix(recommender_object)
        check_same_shape(recommender_object, URM_train.shape, self.URM_test.shape)
        self._check_train(URM_train)
        self._seen.warn_of(URM_train, is_checked=True, stacklevel=2)
        held_out = self._held_out
        if held_out.n_users == 0:
            message = "No users had a sufficient number of relevant items"
            warn(f"{self.EVALUATOR_NAME}: {message}", stacklevel=2)

        objects = self._setup.metric_objects(self.metrics, self.cutoff_list, URM_train)
        per_user = PerUserValues(objects) if return_per_user else None
        self._evaluate_users(recommender_object, URM_train, held_out, objects, per_user)

        rows = [
            {name.value: float(of_cutoff[name].get_metric_value()) for name in of_cutoff}
            for of_cutoff in objects.values()
        ]
        # the labels are the cutoffs as they were given, and pandas has no integers beyond 64 bits
        is_int64 = self.max_cutoff <= np.iinfo(np.int64).max
        index = pd.Index(self.cutoff_list, dtype=np.int64 if is_int64 else object, name="cutoff")
        results_df = pd.DataFrame(rows, index=index, dtype=object)
        results_str = result_string(results_df)
        if per_user is None:
            return results_df, results_str
        return results_df, results_str, per_user.table(held_out.user_ids)

    def _evaluate_users(
        self,
        recommender: RankingRecommender,
        URM_train: sps.csr_matrix,
        held_out: HeldOutRatings,
        objects: Objects,
        per_user: PerUserValues | None,
    ) -> None:
        """Add the recommendations of all users to the metric objects of every cutoff."""
        try:
            if self.ignore_items_flag:
                recommender.set_items_to_ignore(self.ignore_items_ID)  # type: ignore[attr-defined]
            for batch in self._batches(recommender, URM_train, held_out):
                for cutoff, of_cutoff in objects.items():
                    view = batch.at(cutoff)
                    for metric_object in of_cutoff.values():
                        metric_object.add_recommendations(view)
                    if per_user is not None:
                        per_user.add(view)
        finally:
            if self.ignore_items_flag:
                recommender.reset_items_to_ignore()  # type: ignore[attr-defined]

    def _check_train(self, URM_train: sps.csr_matrix) -> None:
        """Look at the training data before an evaluation; nothing to see for most evaluators."""

    def _batches(
        self, recommender: RankingRecommender, URM_train: sps.csr_matrix, held_out: HeldOutRatings
    ) -> Iterator[RankingBatch]:
        """The rankings of all users to evaluate, block by block, with progress and a closing line."""
        users, start = held_out.user_ids, time.perf_counter()
        rankings = self._rankings(recommender)
        area = self._area_under_curve(recommender, URM_train)
        step = users_at_once(self.n_items, self.max_cutoff)
        with progress_bar(users.size, "user", self.EVALUATOR_NAME, self.verbose) as bar:
            for first in range(0, users.size, step):
                block = users[first : first + step]
                auc = None if area is None else area.of(block)
                yield RankingBatch(*rankings.rank(block, bar.update), held_out, first, auc)
        seconds = time.perf_counter() - start
        if users.size > 0:
            elapsed, unit = seconds_to_biggest_unit(seconds)
            rate = users.size / max(seconds, 1e-9)
            self._print(f"Processed {users.size} (100.0%) in {elapsed:.2f} {unit}. Users per second: {rate:.0f}")

    def _area_under_curve(self, recommender: RankingRecommender, URM_train: sps.csr_matrix) -> AreaUnderCurve | None:
        """Only where it is asked for, since it needs the scores of all items."""
        if EvaluatorMetrics.AUC not in self.metrics:
            return None
        return AreaUnderCurve(
            recommender, self.URM_test, URM_train if self.exclude_seen else None, self.ignore_items_ID
        )

    def _rankings(self, recommender: RankingRecommender) -> Rankings:
        """The way to the recommender's rankings."""
        raise NotImplementedError
