"""Evaluator of rating predictions: root mean squared and mean absolute error over the test ratings."""

import time
from typing import Any

import numpy as np
import pandas as pd

from Evaluation._protocols import RatingRecommender
from Evaluation._report import progress_bar, result_string, say, seconds_to_biggest_unit
from Evaluation._validation import check_bool, check_methods, check_same_shape, check_sparse, refuse

# 16 MB of ids and predictions
_RATINGS_AT_ONCE = 1 << 19


class EvaluatorRatingPrediction:
    """RMSE and MAE of a recommender's `predict` over all test ratings, each counting the same.

        RMSE = sqrt(mean((prediction - rating)^2))        MAE = mean(|prediction - rating|)

    NEGATIVE_RMSE and NEGATIVE_MAE are their negatives, for early stopping and search, which maximise.

    Parameters
    ----------
    URM_test : scipy sparse matrix, (n_users, n_items)
        Test ratings, at least one; copied, and stored zeros are no ratings.
    verbose : bool, default True
        Whether to show a progress bar and print the line that sums up an evaluation.

    Raises
    ------
    TypeError, ValueError
        If URM_test is no sparse matrix of finite numbers or has no rating.

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
        self.URM_test = check_sparse("URM_test", URM_test)
        if self.URM_test.nnz == 0:
            raise refuse(ValueError, "URM_test", "a sparse matrix with at least one rating", "none")
        self.n_users, self.n_items = self.URM_test.shape

    def get_metric_names(self) -> list[str]:
        """The columns of a result."""
        return ["RMSE", "MAE", "NEGATIVE_RMSE", "NEGATIVE_MAE"]

    def evaluateRecommender(self, recommender: RatingRecommender) -> tuple[pd.DataFrame, str]:
        """Evaluate a fitted recommender.

        Parameters
        ----------
        recommender : object with `predict(user_id_array, item_id_array)` -> (n,) numbers
            Trained on a matrix of the shape of URM_test: by its attributes n_users and n_items, else its
            get_URM_train().

        Returns
        -------
        results_df : pandas.DataFrame
            One row, index named `cutoff` with the value 0; columns RMSE, MAE, NEGATIVE_RMSE, NEGATIVE_MAE, float64.
        results_str : str
            The same as text, `CUTOFF: 0 - RMSE: <value>, ...`.

        Raises
        ------
        TypeError
            If the recommender has no `predict`.
        ValueError
            If the shapes differ, or predictions are not finite or not one a rating.
        """
        check_methods(recommender, ["predict"])
        self._check_shape(recommender)
        start = time.perf_counter()
        squared, absolute = self._sums_of_errors(recommender)
        elapsed, unit = seconds_to_biggest_unit(time.perf_counter() - start)
        n_ratings = self.URM_test.nnz
        say(self.verbose, self.EVALUATOR_NAME, f"Processed {n_ratings} ratings in {elapsed:.2f} {unit}.")

        rmse, mae = float(np.sqrt(squared / n_ratings)), absolute / n_ratings
        values = {"RMSE": rmse, "MAE": mae, "NEGATIVE_RMSE": -rmse, "NEGATIVE_MAE": -mae}
        results_df = pd.DataFrame([values], index=pd.Index([0], dtype=np.int64, name="cutoff"))
        return results_df, result_string(results_df)

    def _check_shape(self, recommender: Any) -> None:
        if hasattr(recommender, "n_users") and hasattr(recommender, "n_items"):
            trained = (recommender.n_users, recommender.n_items)
        else:
            check_methods(recommender, ["get_URM_train"])
            trained = recommender.get_URM_train().shape
        check_same_shape(recommender, trained, self.URM_test.shape)

    def _sums_of_errors(self, recommender: RatingRecommender) -> tuple[float, float]:
        """Sum of the squared and of the absolute errors over all test ratings, in float64."""
        ratings = self.URM_test.tocoo()
        squared = absolute = 0.0
        with progress_bar(ratings.nnz, "rating", self.EVALUATOR_NAME, self.verbose) as bar:
            for start in range(0, ratings.nnz, _RATINGS_AT_ONCE):
                block = slice(start, start + _RATINGS_AT_ONCE)
                users, items = ratings.row[block].astype(np.int64), ratings.col[block].astype(np.int64)
                predictions = np.asarray(recommender.predict(users, items), dtype=np.float64)
                if predictions.shape != users.shape:
                    raise refuse(ValueError, "predictions", f"of shape {users.shape}", f"shape {predictions.shape}")
                finite = np.isfinite(predictions)
                if not finite.all():
                    k = int(np.argmin(finite))
                    raise refuse(
                        ValueError, "predictions", "finite", f"{predictions[k]} for user {users[k]}, item {items[k]}"
                    )
                errors = predictions - ratings.data[block].astype(np.float64)
                squared += float(errors @ errors)
                absolute += float(np.abs(errors).sum())
                bar.update(users.size)
        return squared, absolute
