"""Which columns of a user's own data hold user, item, rating and timestamp."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from recsys_common.validation import check_int

Column = str | int


@dataclass(frozen=True)
class RatingsColumns:
    """The columns by name, or by their positions from 0; None where there is none."""

    user: Column
    item: Column
    rating: Column | None
    timestamp: Column | None

    @property
    def by_position(self) -> bool:
        return isinstance(self.user, int)

    def present(self) -> list[Column]:
        """The columns that there are, in the order user, item, rating, timestamp."""
        return [column for column in astuple(self) if column is not None]

    def names_of_roles(self) -> dict[str, str]:
        """The name of each column that there is, by "user", "item", "rating" and "timestamp"."""
        return {role: str(column) for role, column in asdict(self).items() if column is not None}

    def named(self, names: Sequence[str]) -> "RatingsColumns":
        """The same columns by their names instead of their positions among these."""
        by_name: list[Any] = [None if position is None else names[position] for position in astuple(self)]
        return RatingsColumns(*by_name)


def check_columns(columns: Any) -> RatingsColumns:
    """The columns as the user gave them: user, item, and where there are such rating and timestamp."""
    allowed = (
        "the names, or the positions from 0, of the columns user, item and, if there are such, rating and timestamp, "
        "all different (None or an empty name in the place of the rating: there is none)"
    )
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise TypeError(f"columns must be {allowed}, got {columns!r}")
    given = [None if column == "" else column for column in columns]
    padded: list[Any] = [*given, None, None][:4]
    present = [column for column in given if column is not None]
    if not 2 <= len(given) <= 4 or None in padded[:2] or len(set(present)) != len(present):
        raise ValueError(f"columns must be {allowed}, got {columns!r}")
    if all(isinstance(column, str) for column in present):
        return RatingsColumns(*padded)
    if any(isinstance(column, str) for column in present):
        raise TypeError(f"columns must be {allowed}, got {columns!r}")
    for position in present:
        check_int("columns", position, minimum=0)
    return RatingsColumns(*padded)
