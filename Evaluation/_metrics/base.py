"""What every metric object is: a sum over users that batches are added to and that others can be merged into."""

from typing import Any, Self

import numpy as np

from Evaluation.ranking_batch import CutoffBatch
from recsys_common.validation import refuse


def ratio(part: float, whole: float) -> float:
    """Part / whole by the rules of IEEE 754: NaN for 0/0, infinity for x/0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(part) / np.float64(whole))


def share(part: float, whole: float) -> float:
    """Part / whole, and 0 of nothing is 0."""
    return part / whole if whole > 0 else 0.0


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Element-wise, float64; 0 where the denominator is 0."""
    quotient: np.ndarray = np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator != 0)
    return quotient


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """Sum of the products of two arrays of equal length.

    Not by `@`: BLAS sums in an order that depends on its number of threads, and lets them spin afterwards.
    """
    return float(np.sum(a * b, dtype=np.float64))


class _Metrics_Object:
    """A metric at one cutoff.

    `add_recommendations` takes the users in any number of batches; `merge_with_other` takes the sums of another object
    of the same class and set-up that saw other users. Both in any order give the same value up to the rounding of sums.
    """

    def add_recommendations(self, batch: CutoffBatch) -> None:
        """Add the users of a batch.

        Parameters
        ----------
        batch : Evaluation.ranking_batch.CutoffBatch
            Their lists, cut to this metric's cutoff, beside their test ratings.
        """
        raise NotImplementedError

    def get_metric_value(self) -> float:
        """The metric over all users added so far."""
        raise NotImplementedError

    def merge_with_other(self, other: Self) -> None:
        """Add the users of another object.

        Parameters
        ----------
        other : object of the same class
            Left as it is.

        Raises
        ------
        TypeError
            If `other` is of another class.
        ValueError
            If it was set up for another catalogue or cutoff.
        """
        if type(other) is not type(self):
            raise refuse(TypeError, "other", f"a {type(self).__name__}", f"a {type(other).__name__}")
        if other._setup() != self._setup():
            raise refuse(ValueError, "other", f"set up with {self._setup()}", f"one with {other._setup()}")
        self._merge(other)

    def _setup(self) -> tuple[Any, ...]:
        """What two objects must have in common to be merged."""
        return ()

    def _merge(self, other: Self) -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.get_metric_value():.4f}"


class _User_Mean(_Metrics_Object):
    """The mean over users of one value a user; NaN without users."""

    def __init__(self) -> None:
        self.total = 0.0
        self.n_users = 0

    def user_values(self, batch: CutoffBatch) -> np.ndarray:
        """The value of every user of the batch, (B,)."""
        raise NotImplementedError

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.total += float(self.user_values(batch).sum())
        self.n_users += batch.n_users

    def get_metric_value(self) -> float:
        return ratio(self.total, self.n_users)

    def _merge(self, other: Self) -> None:
        self.total += other.total
        self.n_users += other.n_users


class _Global_Item_Distribution_Counter(_Metrics_Object):
    """How often each item was recommended.

    Parameters
    ----------
    n_items : int
    ignore_items : array of int
        Items that are left out of every statistic.
    """

    def __init__(self, n_items: int, ignore_items: Any) -> None:
        self.recommended_counter = np.zeros(n_items, dtype=np.int64)
        self.counted_items = np.ones(n_items, dtype=bool)
        self.counted_items[np.asarray(ignore_items, dtype=np.int64)] = False

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.recommended_counter += batch.item_counts

    def _counts(self) -> np.ndarray:
        """Counts of the items that are not ignored, int64."""
        counts: np.ndarray = self.recommended_counter[self.counted_items]
        return counts

    def _setup(self) -> tuple[Any, ...]:
        return self.counted_items.size, int(self.counted_items.sum())

    def _merge(self, other: Self) -> None:
        self.recommended_counter += other.recommended_counter
