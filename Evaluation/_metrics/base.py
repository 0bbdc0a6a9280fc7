"""Base classes of the metric objects: sums over users, to which batches and other objects are added."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from Evaluation.ranking_batch import CutoffBatch
from recsys_common.validation import refuse


def ratio(part: float, whole: float) -> float:
    """Return part / whole by the rules of IEEE 754: NaN for 0/0, infinity for x/0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(part) / np.float64(whole))


def share(part: float, whole: float) -> float:
    """Return part / whole, and 0 if the whole is 0."""
    return part / whole if whole > 0 else 0.0


def divide(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Divide element by element in float64; the quotient is 0 where the denominator is 0."""
    quotient: npt.NDArray[np.float64] = np.divide(
        numerator, denominator, out=np.zeros(numerator.shape), where=denominator != 0
    )
    return quotient


def dot(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Sum the products of two arrays of equal length.

    Not by `@`: BLAS sums in an order that depends on its number of threads, which go on spinning afterwards.
    """
    return float(np.sum(a * b, dtype=np.float64))


class _Metrics_Object:
    """A metric at one cutoff, over the users that were added to it.

    Users are added in batches, or with another object of the same class and settings that saw other users. The order
    changes the value only by the rounding of sums.
    """

    def add_recommendations(self, batch: CutoffBatch) -> None:
        """Add the users of a batch whose lists are cut at this metric's cutoff."""
        raise NotImplementedError

    def get_metric_value(self) -> float:
        """Return the metric over all users added so far."""
        raise NotImplementedError

    def merge_with_other(self, other: Self) -> None:
        """Add the users of another object, which does not change.

        An object of another class is a TypeError, one for another number of items or another cutoff a ValueError.
        """
        if type(other) is not type(self):
            raise refuse(TypeError, "other", f"a {type(self).__name__}", f"a {type(other).__name__}")
        if other._setup() != self._setup():
            raise refuse(ValueError, "other", f"set up with {self._setup()}", f"one with {other._setup()}")
        self._merge(other)

    def _setup(self) -> tuple[Any, ...]:
        """Return the settings that two objects must have in common to be merged."""
        return ()

    def _merge(self, other: Self) -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.get_metric_value():.4f}"


class _User_Mean(_Metrics_Object):
    """The mean over users of one value for each user; NaN without users."""

    def __init__(self) -> None:
        self.total = 0.0
        self.n_users = 0

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        """Return the value of every user of the batch, (B,)."""
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
    """How often each item was recommended; ignored items are left out of every statistic."""

    def __init__(self, n_items: int, ignore_items: Any) -> None:
        self.recommended_counter = np.zeros(n_items, dtype=np.int64)
        self.counted_items = np.ones(n_items, dtype=bool)
        self.counted_items[np.asarray(ignore_items, dtype=np.int64)] = False

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.recommended_counter += batch.item_counts

    def _counts(self) -> npt.NDArray[np.int64]:
        """Return the counts of the items that are not ignored."""
        return self.recommended_counter[self.counted_items]

    def _setup(self) -> tuple[Any, ...]:
        return self.counted_items.size, int(self.counted_items.sum())

    def _merge(self, other: Self) -> None:
        self.recommended_counter += other.recommended_counter
