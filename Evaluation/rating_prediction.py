"""Evaluator of rating predictions: root mean squared and mean absolute error over the test ratings."""

import time
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Evaluation._inputs.protocols import RatingRecommender, check_methods, check_same_shape
from Evaluation._inputs.train_statistics import SeenTestRatings
from Evaluation._report import get_result_string_df, progress_bar, say, seconds_to_biggest_unit
from recsys_common.validation import check_bool, check_entries, check_sparse, is_sparse, refuse

# 16 MB of ids and predictions
_RATINGS_AT_ONCE = 1 << 19


class EvaluatorRatingPrediction:
    """RMSE and MAE of a recommender's `predict` over all test ratings, with equal weights.

        RMSE = sqrt(mean((prediction - rating)^2))        MAE = mean(|prediction - rating|)

    NEGATIVE_RMSE and NEGATIVE_MAE are their negatives, for early stopping and search, which maximise.

    Parameters
    ----------
    URM_test : scipy sparse matrix, (n_users, n_items)
        Test ratings, at least one; they are copied, without stored zeros.
    verbose : bool, default True
        Whether to show a progress bar and print a line at the end of an evaluation.

    Raises
    ------
    TypeError, ValueError
        If URM_test is not a sparse matrix of finite numbers, or has no rating.

    Examples
    --------
    >>> import scipy.sparse as sps
    >>> class AlwaysThree:
    ...     n_users, n_items = 2, 2
    ...
    ...     def predict(self, user_id_array, item_id_array):
    ...         return np.full(len(user_id_array), 3.0)
    >>> evaluator = EvaluatorRatingPrediction(sps.csr_matrix([[5.0, 0.0], [0.0, 3.0]]), verbose=False)
    >>> results_df, results_str = evaluator.evaluateRecommender(AlwaysThree())
    >>> float(results_df.loc[0]["MAE"])
    1.0
    """

    EVALUATOR_NAME = "EvaluatorRatingPrediction"

    def __init__(self, URM_test: Any, verbose: bool = True) -> None:
        self.verbose = check_bool("verbose", verbose)
        self.URM_test = check_sparse("URM_test", URM_test, dtype=None, allow_empty=True)
        if self.URM_test.nnz == 0:
            raise ValueError("URM_test must be a sparse matrix with at least one rating, got one without ratings")
        self.n_users, self.n_items = self.URM_test.shape
        self._seen = SeenTestRatings(self.EVALUATOR_NAME, self.URM_test)

    def get_metric_names(self) -> list[str]:
        """Return the columns of a result.

        Returns
        -------
        list of str
        """
        return ["RMSE", "MAE", "NEGATIVE_RMSE", "NEGATIVE_MAE"]

    @overload
    def evaluateRecommender(
        self, recommender_object: RatingRecommender, *, return_per_user: Literal[False] = False
    ) -> tuple[pd.DataFrame, str]: ...

    @overload
    def evaluateRecommender(
        self, recommender_object: RatingRecommender, *, return_per_user: Literal[True]
    ) -> tuple[pd.DataFrame, str, pd.DataFrame]: ...

    def evaluateRecommender(
        self, recommender_object: RatingRecommender, *, return_per_user: bool = False
    ) -> tuple[pd.DataFrame, str] | tuple[pd.DataFrame, str, pd.DataFrame]:
        """Evaluate a fitted recommender.

        Parameters
        ----------
        recommender_object : object with `predict(user_id_array, item_id_array)` -> (n,) numbers
            Trained on a matrix of the shape of URM_test, as its attributes n_users and n_items say, else the matrix of
            its get_URM_train().
        return_per_user : bool, default False
            Whether to return the errors of each user as well.

        Returns
        -------
        results_df : pandas.DataFrame
            One row, index named `cutoff` with the value 0; columns RMSE, MAE, NEGATIVE_RMSE, NEGATIVE_MAE, float64.
        results_str : str
            The same as text, `CUTOFF: 0 - RMSE: <value>, ...`.
        per_user : pandas.DataFrame, only with return_per_user
            Index (user, cutoff) with the cutoff 0, of the users with a test rating; columns RMSE and MAE of the user's
            own test ratings, float64. Their means over users differ from the table, where each rating has equal weight.

        Warns
        -----
        UserWarning
            Before the evaluation, if test interactions are in the training matrix, where the recommender has a
            `URM_train` or `get_URM_train()`; once for each training matrix.

        Raises
        ------
        TypeError
            If the recommender has no `predict`.
        ValueError
            If the shapes differ, or the predictions are not one finite number for each rating.
        """
        check_bool("return_per_user", return_per_user)
        check_methods(recommender_object, ["predict"])
        self._check_shape(recommender_object)
        URM_train = _training_matrix(recommender_object)
        if URM_train is not None and URM_train.shape == self.URM_test.shape:
            self._seen.warn_of(URM_train, is_checked=False, stacklevel=2)
        start = time.perf_counter()
        squared, absolute = self._sums_of_errors(recommender_object)
        elapsed, unit = seconds_to_biggest_unit(time.perf_counter() - start)
        n_ratings = self.URM_test.nnz
        say(self.verbose, self.EVALUATOR_NAME, f"Processed {n_ratings} ratings in {elapsed:.2f} {unit}.")

        rmse, mae = float(np.sqrt(squared.sum() / n_ratings)), float(absolute.sum() / n_ratings)
        values = {"RMSE": rmse, "MAE": mae, "NEGATIVE_RMSE": -rmse, "NEGATIVE_MAE": -mae}
        results_df = pd.DataFrame([values], index=pd.Index([0], dtype=np.int64, name="cutoff"))
        results_str = get_result_string_df(results_df)
        if return_per_user:
            return results_df, results_str, self._per_user(squared, absolute)
        return results_df, results_str

    def _per_user(self, squared: npt.NDArray[np.float64], absolute: npt.NDArray[np.float64]) -> pd.DataFrame:
        """Compute the errors of every user with a test rating from the sums of the user's errors."""
        counts = np.diff(self.URM_test.indptr)
        users = np.flatnonzero(counts)
        index = pd.MultiIndex.from_product([users, [0]], names=["user", "cutoff"])
        rmse, mae = np.sqrt(squared[users] / counts[users]), absolute[users] / counts[users]
        return pd.DataFrame({"RMSE": rmse, "MAE": mae}, index=index)

    def _check_shape(self, recommender: Any) -> None:
        if hasattr(recommender, "n_users") and hasattr(recommender, "n_items"):
            trained = (recommender.n_users, recommender.n_items)
        else:
            check_methods(recommender, ["get_URM_train"])
            trained = recommender.get_URM_train().shape
        check_same_shape(recommender, trained, self.URM_test.shape)

    def _sums_of_errors(
        self, recommender: RatingRecommender
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Sum the squared and the absolute errors of every user, both (n_users,)."""
        ratings = self.URM_test.tocoo()
        squared, absolute = np.zeros(self.n_users), np.zeros(self.n_users)
        with progress_bar(ratings.nnz, "rating", self.EVALUATOR_NAME, self.verbose) as bar:
            for start in range(0, ratings.nnz, _RATINGS_AT_ONCE):
                block = slice(start, start + _RATINGS_AT_ONCE)
                users, items = ratings.row[block].astype(np.int64), ratings.col[block].astype(np.int64)
                errors = self._predictions(recommender, users, items) - ratings.data[block].astype(np.float64)
                # the users of a block are consecutive
                here = slice(users[0], users[-1] + 1)
                squared[here] += np.bincount(users - users[0], weights=errors**2)
                absolute[here] += np.bincount(users - users[0], weights=np.abs(errors))
                bar.update(users.size)
        return squared, absolute

    @staticmethod
    def _predictions(
        recommender: RatingRecommender, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Return the recommender's predictions, checked, (n,)."""
        predictions: npt.NDArray[np.float64] = np.asarray(recommender.predict(users, items), dtype=np.float64)
        if predictions.shape != users.shape:
            raise refuse(ValueError, "predictions", f"of shape {users.shape}", f"shape {predictions.shape}")
        finite = np.isfinite(predictions)
        if not finite.all():
            k = int(np.argmin(finite))
            got = f"{predictions[k]} for user {users[k]}, item {items[k]}"
            raise refuse(ValueError, "predictions", "finite", got)
        return predictions


def _training_matrix(recommender: Any) -> sps.csr_matrix | None:
    """Return the training ratings of a recommender, if it has any, without a copy if it has a `URM_train`."""
    matrix: Any = getattr(recommender, "URM_train", None)
    if matrix is None and callable(getattr(recommender, "get_URM_train", None)):
        matrix = recommender.get_URM_train()
    if not is_sparse(matrix):
        return None
    # the very csr matrix, so that the next evaluation recognises it; others are checked before scipy converts them
    return matrix if matrix.format == "csr" else check_entries("URM_train", matrix)
