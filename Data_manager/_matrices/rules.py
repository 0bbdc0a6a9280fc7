"""What becomes of repeated interactions, small values and zeros when interactions become matrices."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import Cells, Values

# how repeated values of a user and an item become one, and what is said of it; a timestamp is then the latest
DUPLICATES = {"sum": "their sum holds", "last": "the last holds", "mean": "their mean holds", "error": "refused"}

URM_TIMESTAMP = "URM_timestamp"


@dataclass(frozen=True)
class InteractionRules:
    """The rules, in the order in which they are applied.

    Parameters
    ----------
    duplicates : {"sum", "last", "mean", "error"}, default="sum"
        How several values of one user and item become one. "last" is the latest by timestamp where there is one (of
        equal ones the last given), else the last given.
    minimum_value : float, optional
        Interactions with a smaller value are left out.
    implicit : bool, default=False
        Whether every value that is left becomes 1.
    """

    duplicates: str = "sum"
    minimum_value: float | None = None
    implicit: bool = False

    def matrices(
        self,
        users: npt.NDArray[np.int32],
        items: npt.NDArray[np.int32],
        values: Mapping[str, Values],
        shape: tuple[int, int],
    ) -> tuple[dict[str, sps.csr_matrix], list[str]]:
        """The URMs, and sentences about what was left out.

        Parameters
        ----------
        users, items : numpy.ndarray of int32, shape (n_entries,)
            In range; at least one entry.
        values : mapping of str to numpy.ndarray of float64, shape (n_entries,)
            By the name of the URM. The first is the one that the rules are about; URM_timestamp may follow.
        shape : tuple of two ints
            Number of users and items.

        Returns
        -------
        URMs : dict of str to scipy.sparse.csr_matrix of float64
            In the order of `values`; zeros are left out, and with a rating of 0 its timestamp.
        notices : list of str

        Raises
        ------
        RepeatedInteraction
            If there are duplicates and they are an error.
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
    """Interactions repeat where they must not: indices of the first repetition, and how many there are."""

    def __init__(self, user: int, item: int, n_repeated: int) -> None:
        super().__init__(f"{n_repeated} interactions repeat a user and an item, the first one user {user}, item {item}")
        self.user, self.item, self.n_repeated = user, item, n_repeated


def _first_repeated(users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> tuple[int, int]:
    """User and item of the first entry whose cell an earlier entry has."""
    order = np.lexsort((items, users))
    again = (users[order][1:] == users[order][:-1]) & (items[order][1:] == items[order][:-1])
    first = order[1:][again].min()
    return int(users[first]), int(items[first])
