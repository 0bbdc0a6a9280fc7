"""Coverage: shares of the items and users that recommendations, hits and test data reach."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Evaluation._metrics.base import _Global_Item_Distribution_Counter, _Metrics_Object, share
from Evaluation.ranking_batch import CutoffBatch


class Coverage_Item(_Global_Item_Distribution_Counter):
    """Share of the not ignored items that were recommended to a user."""

    def get_metric_value(self) -> float:
        counts = self._counts()
        return share(int(np.count_nonzero(counts)), counts.size)


class Coverage_Item_HIT(Coverage_Item):
    """Share of the not ignored items that were a hit for a user."""

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.recommended_counter += batch.item_hit_counts


class Coverage_User(_Metrics_Object):
    """Users with a list that is not empty, over all users that are not ignored (evaluated or not).

    `ignore_users` has distinct ids.
    """

    def __init__(self, n_users: int, ignore_users: Any) -> None:
        self.n_counted_users = n_users - len(ignore_users)
        self.n_covered = 0

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.n_covered += int(np.count_nonzero(batch.lengths))

    def get_metric_value(self) -> float:
        return share(self.n_covered, self.n_counted_users)

    def _setup(self) -> tuple[Any, ...]:
        return (self.n_counted_users,)

    def _merge(self, other: Self) -> None:
        self.n_covered += other.n_covered


class Coverage_User_HIT(Coverage_User):
    """Users with a hit, over all users that are not ignored: HIT_RATE times the share of the users evaluated."""

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.n_covered += int(np.count_nonzero(batch.n_hits))


class _In_Ground_Truth(_Metrics_Object):
    """Share of the ids with a test rating, which does not depend on the recommendations.

    Ignored ids are distinct. Objects for parts of the test data can be merged.
    """

    def __init__(self, occurs: npt.NDArray[np.bool_], ignored: Any) -> None:
        self.occurs = occurs
        self.occurs[np.asarray(ignored, dtype=np.int64)] = False
        self.n_counted = occurs.size - len(ignored)

    def add_recommendations(self, batch: CutoffBatch) -> None:
        """Do nothing: only the test data matter."""

    def get_metric_value(self) -> float:
        return share(int(np.count_nonzero(self.occurs)), self.n_counted)

    def _setup(self) -> tuple[Any, ...]:
        return self.occurs.size, self.n_counted

    def _merge(self, other: Self) -> None:
        self.occurs |= other.occurs


class Items_In_GT(_In_Ground_Truth):
    """Items with a test rating, over all items that are not ignored; URM_test has no stored zeros."""

    def __init__(self, URM_test: sps.csr_matrix, ignore_items: Any) -> None:
        super().__init__(np.bincount(URM_test.indices, minlength=URM_test.shape[1]) > 0, ignore_items)


class Users_In_GT(_In_Ground_Truth):
    """Users with a test rating, over all users that are not ignored (min_ratings_per_user does not apply)."""

    def __init__(self, URM_test: sps.csr_matrix, ignore_users: Any) -> None:
        super().__init__(np.diff(URM_test.indptr) > 0, ignore_users)
