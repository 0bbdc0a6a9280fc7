"""The rules by which interactions become matrices: repeated ones, small values and zeros."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import Cells

# how repeated values of a user and an item become one, and how that is told; the timestamp is then the latest
DUPLICATES = {"sum": "their sum holds", "last": "the last holds", "mean": "their mean holds", "error": "refused"}

URM_TIMESTAMP = "URM_timestamp"


@dataclass(frozen=True)
class InteractionRules:
    """The rules, in the order in which they are applied."""

    # how several values of one user and item become one, a key of `DUPLICATES`; "last" is the latest by timestamp
    # where the data has them (of equal ones the last given), else the last given
    duplicates: str = "sum"
    minimum_value: float | None = None  # interactions with a smaller value are left out
    implicit: bool = False  # whether every value that is left becomes 1

    def matrices(
        self,
        users: npt.NDArray[np.int32],
        items: npt.NDArray[np.int32],
        values: Mapping[str, npt.NDArray[np.float64]],
        shape: tuple[int, int],
    ) -> tuple[dict[str, sps.csr_matrix], list[str]]:
        """Return the URMs by name in the order of `values`, and sentences about what was left out.

        Users and items are in range, at least one entry. The first of `values` is the one that the rules are about;
        URM_timestamp may follow. Zeros are left out, and with a rating of 0 its timestamp. Duplicates that are an error
        raise RepeatedInteraction.
        """
        cells = Cells(users, items, shape)
        notices = []
        if cells.n_repeated:
            if self.duplicates == "error":
                raise RepeatedInteraction(*_first_repeated(users, items), cells.n_repeated)
            if self.duplicates == "last" and URM_TIMESTAMP in values:
                by_time = np.argsort(values[URM_TIMESTAMP], kind="stable")
                cells = Cells(users[by_time], items[by_time], shape)
                values = {name: entries[by_time] for name, entries in values.items()}
            notices.append(f"{cells.n_repeated} interactions repeat a user and an item: {DUPLICATES[self.duplicates]}")

        main_name = next(iter(values))
        main = cells.reduce(values[main_name], self.duplicates)
        kept = main != 0.0
        if not kept.all():
            notices.append(f"Left out {int((~kept).sum())} ratings of 0: a sparse matrix cannot tell them from none")
        if self.minimum_value is not None:
            n_kept = np.count_nonzero(kept)
            kept &= main >= self.minimum_value
            notices.append(f"Left out {n_kept - np.count_nonzero(kept)} ratings below {self.minimum_value:g}")
        if self.implicit:
            main = np.ones(len(main))

        all_kept = bool(kept.all())
        URMs = {main_name: cells.to_csr(main, None if all_kept else kept)}
        for name, entries in values.items():
            if name != main_name:
                URMs[name] = cells.to_csr(cells.reduce(entries, "max"), None if all_kept else kept)
        return URMs, notices


class RepeatedInteraction(ValueError):
    """The error of repeated interactions: indices of the first repetition, and how many there are."""

    def __init__(self, user: int, item: int, n_repeated: int) -> None:
        super().__init__(f"{n_repeated} interactions repeat a user and an item, the first one user {user}, item {item}")
        self.user, self.item, self.n_repeated = user, item, n_repeated


def _first_repeated(users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> tuple[int, int]:
    """Return user and item of the first entry whose cell an earlier entry has."""
    order = np.lexsort((items, users))
    again = (users[order][1:] == users[order][:-1]) & (items[order][1:] == items[order][:-1])
    first = order[1:][again].min()
    return int(users[first]), int(items[first])
