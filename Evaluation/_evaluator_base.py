"""The base class of the evaluators of rankings: users, test ratings, and block by block the table of metrics."""

import time
from collections.abc import Iterator
from functools import partial
from numbers import Integral
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Evaluation._inputs.auc import AreaUnderCurve
from Evaluation._inputs.held_out import HeldOutRatings
from Evaluation._inputs.protocols import RankingRecommender, check_methods, check_same_shape, training_matrix
from Evaluation._inputs.rankings import ListRanker, rank_users, users_at_once
from Evaluation._inputs.train_statistics import SeenTestRatings
from Evaluation._metrics.diversity import Diversity_similarity
from Evaluation._metrics.table import EvaluatorMetrics, MetricObjects, MetricsSetup, PerUserValues, chosen_metrics
from Evaluation._report import get_result_string_df, progress_bar, say, seconds_to_biggest_unit
from Evaluation.ranking_batch import RankingBatch
from recsys_common.fast_path import Ranker, faster_form
from recsys_common.messages import warn
from recsys_common.validation import check_bool, check_distinct_ids, check_int, check_sparse, refuse


class Evaluator:
    """The base class of the evaluators of rankings; a subclass decides which items are ranked.

    Parameters
    ----------
    URM_test : scipy sparse matrix, (n_users, n_items)
        Test ratings; they are copied, without stored zeros.
    cutoff_list : list of int
        Distinct lengths >= 1 at which the rankings are cut. Cutoffs above the number of items are allowed, with a
        warning: the lists are shorter.
    min_ratings_per_user : int >= 1, default 1
        Users with fewer test ratings are not evaluated; ratings of ignored items do not count.
    exclude_seen : bool, default True
        Whether items of the user's training profile are left out of the recommendations.
    diversity_object : Evaluation.metrics.Diversity_similarity, optional
        Adds the column DIVERSITY_SIMILARITY, computed with its matrix.
    ignore_items : list of int, optional
        Items that are left out of the recommendations, of the test ratings and of the counts of items.
    ignore_users : list of int, optional
        Users that are not evaluated and are left out of the counts of users.
    verbose : bool, default True
        Whether to print what is ignored, show a progress bar if it takes longer than two seconds, and print a line at
        the end of an evaluation.
    metrics : list of str or EvaluatorMetrics, optional
        The columns of the table, in the table's own order; nothing else is computed. By default the historical ones:
        all but AUC and EFFECTIVE_CATALOG_SIZE.
    num_threads : int >= 1, optional
        The largest number of threads over users, for recommenders of this project; by default, the number of
        processors. The metrics have the same bits for any number.

    Attributes
    ----------
    URM_test : scipy.sparse.csr_matrix
        Without the ignored items' ratings, in the given dtype (float64 if a sum of duplicates does not fit into it).
    users_to_evaluate : list of int64, ascending
    ignore_items_ID, ignore_users_ID : ndarray, int64, ascending
    ignore_items_flag : bool
        Whether a list of items to ignore was given.
    metrics : list of EvaluatorMetrics
    num_threads : int or None
    cutoff_list, max_cutoff, min_ratings_per_user, exclude_seen, diversity_object, n_users, n_items, verbose

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of its range.

    Notes
    -----
    Errors of the historical framework are corrected: NDCG is computed in float64 for every dtype of the test ratings;
    DIVERSITY_SIMILARITY uses every pair and DIVERSITY_MEAN_INTER_LIST the lists' real lengths; without a user to
    evaluate the means are NaN and the coverages 0, with a UserWarning; ignored items are reset even if an evaluation
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
        """The ids of the evaluated users, ascending; they may be set to other users who have test ratings."""
        return self._users_to_evaluate

    @users_to_evaluate.setter
    def users_to_evaluate(self, users: Any) -> None:
        user_ids = check_distinct_ids("users_to_evaluate", users, self.n_users)
        without = user_ids[np.diff(self.URM_test.indptr)[user_ids] == 0]
        if without.size > 0:
            raise refuse(ValueError, "users_to_evaluate", "users with a test rating", f"user {without[0]} without one")
        self._users_to_evaluate = list(user_ids)
        # users and ratings in one object, so that an evaluation in another thread never mixes old and new users
        self._held_out = HeldOutRatings(self.URM_test, user_ids, self.cutoff_list)

    def get_metric_names(self) -> list[str]:
        """Return the columns of a result, in their order.

        Returns
        -------
        list of str
        """
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

    def _select_users(self, some_ignored: bool) -> npt.NDArray[np.int64]:
        """Return the users with enough test ratings who are not ignored, ascending."""
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
            `reset_items_to_ignore` if items are ignored; they are reset even if the evaluation fails. Recommenders of
            this project that do not replace `recommend` give their rankings in arrays and score a few users at a time.
        return_per_user : bool, default False
            Whether to return the accuracy of each user as well.

        Returns
        -------
        results_df : pandas.DataFrame
            Index `cutoff` (int64, or object if one is above 2^63 - 1; in the order of cutoff_list), a column for each
            of the metrics, of dtype object, that holds Python floats.
        results_str : str
            The same as text, a line for each cutoff.
        per_user : pandas.DataFrame, only with return_per_user
            Index (user, cutoff), float64, a column for each of the metrics that are a mean over users of a value from
            the user's hits or scores (all accuracy metrics but F1). The mean of a column is the value in results_df.

        Warns
        -----
        UserWarning
            Before the evaluation, if test interactions are in the training matrix (once for each training matrix), or
            if there is no user to evaluate.

        Raises
        ------
        TypeError
            If a method is missing, or the recommendations are not a list of integers for each user.
        ValueError
            If the shapes differ, or a recommended list is too long or has ids out of range or repeated ids.
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
            {metric.value: float(metric_object.get_metric_value()) for metric, metric_object in of_cutoff.items()}
            for of_cutoff in objects.values()
        ]
        # the labels are the given cutoffs, and pandas has no integers above 64 bits
        is_int64 = self.max_cutoff <= np.iinfo(np.int64).max
        index = pd.Index(self.cutoff_list, dtype=np.int64 if is_int64 else object, name="cutoff")
        results_df = pd.DataFrame(rows, index=index, dtype=object)
        results_str = get_result_string_df(results_df)
        if per_user is None:
            return results_df, results_str
        return results_df, results_str, per_user.table(held_out.user_ids)

    def _evaluate_users(
        self,
        recommender: RankingRecommender,
        URM_train: sps.csr_matrix,
        held_out: HeldOutRatings,
        objects: MetricObjects,
        per_user: PerUserValues | None,
    ) -> None:
        """Add the recommendations for all users to the metric objects of every cutoff."""
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
        """Check the training data before an evaluation; a subclass may warn here."""

    def _batches(
        self, recommender: RankingRecommender, URM_train: sps.csr_matrix, held_out: HeldOutRatings
    ) -> Iterator[RankingBatch]:
        """Yield the rankings of all evaluated users, block by block, with a progress bar and a line at the end."""
        users, start = held_out.user_ids, time.perf_counter()
        ranker = self._ranker(recommender)
        area = None
        if EvaluatorMetrics.AUC in self.metrics:  # only then, since it needs the scores of all items
            seen = URM_train if self.exclude_seen else None
            area = AreaUnderCurve(recommender, self.URM_test, seen, self.ignore_items_ID)
        step = users_at_once(self.n_items, self.max_cutoff)
        with progress_bar(users.size, "user", self.EVALUATOR_NAME, self.verbose) as bar:
            for first in range(0, users.size, step):
                block = users[first : first + step]
                auc = None if area is None else area.compute(block)
                yield RankingBatch(*rank_users(ranker, block, bar.update), held_out, first, auc)
        seconds = time.perf_counter() - start
        if users.size > 0:
            elapsed, unit = seconds_to_biggest_unit(seconds)
            rate = users.size / max(seconds, 1e-9)
            self._print(f"Processed {users.size} (100.0%) in {elapsed:.2f} {unit}. Users per second: {rate:.0f}")

    def _ranker(self, recommender: RankingRecommender) -> Ranker:
        """Return the recommender's own ranker, if `recommend` has this faster form, else a ranker by its lists."""
        flags: dict[str, Any] = {
            "remove_seen_flag": self.exclude_seen,
            "remove_custom_items_flag": self.ignore_items_flag,
        }
        start_ranking = faster_form(recommender, "recommend", "start_ranking")
        if start_ranking is not None:
            flags |= {"candidates": self._candidates(), "num_threads": self.num_threads}
            ranker: Ranker = start_ranking(self.max_cutoff, **flags)
            return ranker
        # no scores are asked for, since nothing here needs the users x items block
        arguments = {"cutoff": self.max_cutoff, "remove_top_pop_flag": False, "return_scores": False} | flags
        return ListRanker(partial(self._recommend, recommender, **arguments), self.n_items, self.max_cutoff)

    def _candidates(self) -> sps.csr_matrix | None:
        """Return the items that each user's ranking is made of, (n_users, n_items), or None for all items."""
        raise NotImplementedError

    def _recommend(self, recommender: RankingRecommender, users: npt.NDArray[np.int64], **arguments: Any) -> Any:
        """Return the recommender's lists for some users."""
        raise NotImplementedError


def check_cutoff_list(name: str, value: Any) -> list[int]:
    """Return a list, tuple or array of distinct integers >= 1, in its own order, as a new list of Python ints."""
    allowed = "a non-empty list of distinct integers >= 1"
    if not isinstance(value, (list, tuple, np.ndarray)) or np.ndim(value) != 1:
        raise refuse(TypeError, name, allowed, repr(value))
    if any(isinstance(cutoff, (bool, np.bool_)) or not isinstance(cutoff, Integral) for cutoff in value):
        raise refuse(TypeError, name, allowed, repr(value))
    cutoffs = [int(cutoff) for cutoff in value]
    if not cutoffs or min(cutoffs) < 1 or len(set(cutoffs)) < len(cutoffs):
        raise refuse(ValueError, name, allowed, repr(value))
    return cutoffs
