"""Which columns of a user's own data hold user, item, rating and timestamp."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from recsys_common.validation import check_int

Column = str | int


@dataclass(frozen=True)
class RatingsColumns:
    """The columns by name, or by their positions from 0; None where the data has no such column."""

    user: Column
    item: Column
    rating: Column | None
    timestamp: Column | None

    @property
    def by_position(self) -> bool:
        return isinstance(self.user, int)

    def present(self) -> list[Column]:
        """Return the columns that the data has, in the order user, item, rating, timestamp."""
        return [column for column in astuple(self) if column is not None]

    def names_of_roles(self) -> dict[str, str]:
        """Return the name of each column that the data has, by "user", "item", "rating" and "timestamp"."""
        return {role: str(column) for role, column in asdict(self).items() if column is not None}

    def named(self, names: Sequence[str]) -> "RatingsColumns":
        """Return the same columns by name: that of each position among `names`."""
        by_name: list[Any] = [None if position is None else names[position] for position in astuple(self)]
        return RatingsColumns(*by_name)

    def check_among(self, names: Sequence[Any], where: str) -> None:
        """Refuse data with columns of these names if it lacks a column, or has two of its name."""
        there = ", ".join(map(str, names))
        if self.by_position:
            if max(map(int, self.present())) >= len(names):
                raise ValueError(f"{where} must have columns at the positions {self.present()}, got {there}")
            return
        missing = [str(name) for name in self.present() if names.count(name) != 1]
        if missing:
            raise ValueError(f"{where} must have the column(s) {', '.join(missing)} once each, got {there}")


def check_columns(columns: Any) -> RatingsColumns:
    """Return the columns as the user gave them: user, item and, if the data has them, rating and timestamp."""
    allowed = (
        "the names, or the positions from 0, of the columns user, item and, if the data has them, rating and "
        "timestamp, all different (None or an empty name in the place of a rating that it does not have)"
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
