"""Diversity: how evenly the recommendations spread over the items, and how different items and lists are.

c_i: how often item i was recommended.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Evaluation._inputs.train_statistics import TrainStatistics
from Evaluation._metrics.base import _Global_Item_Distribution_Counter, _User_Mean, divide, dot, ratio
from Evaluation.ranking_batch import CutoffBatch
from recsys_common.validation import check_entries, refuse

# numbers of a dissimilarity matrix in memory at a time: 32 MB
_PAIRS_AT_ONCE = 1 << 22


def gini_diversity(counts: npt.NDArray[np.int64]) -> float:
    """Return 2 sum_k (m+1-k)/(m+1) c_(k) / sum c over the m ascending counts: 1 if uniform, 2/(m+1) if one has all.

    Examples
    --------
    >>> gini_diversity(np.array([3, 3, 3]))
    1.0
    """
    m = counts.size
    weights = (m + 1 - np.arange(1, m + 1)) / (m + 1)
    return ratio(2.0 * dot(weights, np.sort(counts)), counts.sum())


def herfindahl_diversity(counts: npt.NDArray[np.int64]) -> float:
    """Return 1 - sum_i (c_i / sum c)^2; NaN without recommendations.

    Examples
    --------
    >>> herfindahl_diversity(np.array([2, 2]))
    0.5
    """
    return 1.0 - ratio(float(np.square(counts, dtype=np.float64).sum()), float(counts.sum()) ** 2)


def shannon_entropy(counts: npt.NDArray[np.int64]) -> float:
    """Return -sum p log2 p over the items with c_i > 0, p = c_i / sum c: log2(m) if uniform over m items.

    Examples
    --------
    >>> shannon_entropy(np.array([1, 1, 1, 1, 0]))
    2.0
    """
    positive = counts[counts > 0]
    p = positive / positive.sum()
    return float(0.0 - np.sum(p * np.log2(p)))  # a minus sign in front would make a zero negative


def effective_catalog_size(counts: npt.NDArray[np.int64]) -> float:
    """Return 2 sum_k k p_(k) - 1 over p = c / sum c in descending order: m if uniform over m items, 1 if one has all.

    NaN without recommendations. Gomez-Uribe and Hunt: The Netflix recommender system, ACM TMIS 6(4), 2015.

    Examples
    --------
    >>> effective_catalog_size(np.array([3, 0, 3, 3]))
    3.0
    """
    descending = np.sort(counts)[::-1]
    ranks = np.arange(1, counts.size + 1)
    return 2.0 * ratio(dot(ranks, descending), counts.sum()) - 1.0


class _Diversity_Of_Counts(_Global_Item_Distribution_Counter):
    """A function of the counts of all items that are not ignored, zeros included."""

    _diversity: Callable[[npt.NDArray[np.int64]], float]

    def get_metric_value(self) -> float:
        return self._diversity(self._counts())


class Effective_Catalog_Size(_Diversity_Of_Counts):
    """`effective_catalog_size` of the counts."""

    _diversity = staticmethod(effective_catalog_size)


class Gini_Diversity(_Diversity_Of_Counts):
    """`gini_diversity` of the counts."""

    _diversity = staticmethod(gini_diversity)


class Diversity_Herfindahl(_Diversity_Of_Counts):
    """`herfindahl_diversity` of the counts."""

    _diversity = staticmethod(herfindahl_diversity)


class Shannon_Entropy(_Diversity_Of_Counts):
    """`shannon_entropy` of the counts."""

    _diversity = staticmethod(shannon_entropy)


class _Ratio_To_Train(_Diversity_Of_Counts):
    """A diversity of the recommendations over the same diversity of the training data (matrix or TrainStatistics)."""

    def __init__(self, URM_train: Any, ignore_items: Any) -> None:
        train = TrainStatistics.from_matrix(URM_train)
        super().__init__(train.item_counts.size, ignore_items)
        self._train_counts = train.item_counts[self.counted_items]

    def get_metric_value(self) -> float:
        return ratio(super().get_metric_value(), self._diversity(self._train_counts))


class Ratio_Diversity_Gini(_Ratio_To_Train):
    """DIVERSITY_GINI of the recommendations over DIVERSITY_GINI of the training data."""

    _diversity = staticmethod(gini_diversity)


class Ratio_Diversity_Herfindahl(_Ratio_To_Train):
    """DIVERSITY_HERFINDAHL of the recommendations over DIVERSITY_HERFINDAHL of the training data."""

    _diversity = staticmethod(herfindahl_diversity)


class Ratio_Shannon_Entropy(_Ratio_To_Train):
    """SHANNON_ENTROPY of the recommendations over SHANNON_ENTROPY of the training data."""

    _diversity = staticmethod(shannon_entropy)


class Diversity_MeanInterList(_Global_Item_Distribution_Counter):
    """Mean over pairs of users of 1 - |common items| / cutoff: 1 - (sum c_i^2 - sum_u n_u) / (c U (U - 1)).

    sum_u n_u, the pairs of a list with itself, is the real number of recommended items: U c, the same for full lists,
    would be wrong for short ones. NaN for fewer than two users.
    """

    def __init__(self, n_items: int, cutoff: int) -> None:
        super().__init__(n_items, ())
        self.cutoff = cutoff
        self.n_users = 0

    def add_recommendations(self, batch: CutoffBatch) -> None:
        super().add_recommendations(batch)
        self.n_users += batch.n_users

    def get_metric_value(self) -> float:
        counts = self._counts().astype(np.float64)
        common = float(np.square(counts).sum() - counts.sum())
        return 1.0 - ratio(common, float(self.cutoff) * self.n_users * (self.n_users - 1))

    def _setup(self) -> tuple[Any, ...]:
        return (*super()._setup(), self.cutoff)

    def _merge(self, other: Self) -> None:
        super()._merge(other)
        self.n_users += other.n_users


class Diversity_similarity(_User_Mean):
    """Mean over users of sum over a != b of D[L_a, L_b] / (n (n - 1)); 0 for a list of fewer than two items.

    Every ordered pair of items of the list counts, those with the last item too, so that a matrix of ones gives 1.

    Parameters
    ----------
    item_diversity_matrix : ndarray or scipy sparse matrix, (n_items, n_items)
        The dissimilarity D of every pair of items, in [0, 1]; the diagonal is not used.

    Raises
    ------
    TypeError, ValueError
        If the matrix is not square or not in [0, 1].
    """

    def __init__(self, item_diversity_matrix: Any) -> None:
        super().__init__()
        name, allowed = "item_diversity_matrix", "a square matrix of numbers in [0, 1]"
        matrix: Any = item_diversity_matrix
        is_sparse: bool = sps.issparse(matrix)
        is_dense = isinstance(matrix, np.ndarray) and not isinstance(matrix, np.ma.MaskedArray)
        if not is_sparse and not is_dense:
            raise refuse(TypeError, name, allowed, f"a {type(matrix).__name__}")
        if matrix.dtype.kind not in "biuf":
            raise refuse(TypeError, name, allowed, f"dtype {matrix.dtype}")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise refuse(ValueError, name, allowed, f"shape {matrix.shape}")
        # asarray: a numpy.matrix, as `todense()` gives, takes indices in another way
        self.item_diversity_matrix: Any = check_entries(name, matrix) if is_sparse else np.asarray(matrix)
        values: Any = self.item_diversity_matrix.data if is_sparse else self.item_diversity_matrix
        if not ((values >= 0) & (values <= 1)).all():
            raise refuse(ValueError, name, allowed, "other values, or NaN")

    def empty_copy(self) -> "Diversity_similarity":
        """Return a metric without users that shares the matrix."""
        copy = object.__new__(type(self))
        _User_Mean.__init__(copy)
        copy.item_diversity_matrix = self.item_diversity_matrix
        return copy

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[np.float64]:
        ids = np.where(np.arange(batch.ids.shape[1]) < batch.lengths[:, None], batch.ids, -1)
        step = max(1, _PAIRS_AT_ONCE // ids.shape[1] ** 2)
        sums = [self._pair_sums(ids[i : i + step]) for i in range(0, batch.n_users, step)]
        lengths = batch.lengths.astype(np.int64)
        n_pairs = lengths * (lengths - 1)
        return divide(np.concatenate(sums) if sums else np.zeros(0), n_pairs)

    def _pair_sums(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Sum D over the ordered pairs of different places of every list: (B, K) -> (B,)."""
        n_users, width = ids.shape
        pairs = np.broadcast_to(ids[:, :, None], (n_users, width, width))  # (B, K, K)
        first, second = pairs.reshape(-1), pairs.transpose(0, 2, 1).reshape(-1)
        dissimilarity = np.asarray(self.item_diversity_matrix[first, second], dtype=np.float64).reshape(pairs.shape)
        used = (pairs >= 0) & (pairs.transpose(0, 2, 1) >= 0) & ~np.eye(width, dtype=bool)
        sums: npt.NDArray[np.float64] = np.where(used, dissimilarity, 0.0).sum(axis=(1, 2))
        return sums

    def _setup(self) -> tuple[Any, ...]:
        return tuple(self.item_diversity_matrix.shape)
