"""Slow obvious versions of what the split functions hand out, on dictionaries of (user, item) -> number."""

from collections.abc import Mapping, Sequence

Cell = tuple[int, int]
Cells = Mapping[Cell, float]


def profiles(cells: Cells, n_users: int) -> list[list[Cell]]:
    """The cells of each user, by ascending item."""
    return [sorted(cell for cell in cells if cell[0] == user) for user in range(n_users)]


def leave_last_out(
    ratings: Cells, times: Cells, n_users: int, k_out: int, validation: bool
) -> tuple[set[Cell], set[Cell], set[Cell]]:
    """Cells for training, validation and testing: latest last, of equal times the higher item last, no time is 0."""
    train, validate, test = set(), set(), set()
    for profile in profiles(ratings, n_users):
        remaining = sorted(profile, key=lambda cell: (times.get(cell, 0), cell[1]))
        for part in (test, validate) if validation else (test,):
            for _ in range(min(k_out, len(remaining))):
                part.add(remaining.pop())
        train.update(remaining)
    return train, validate, test


def n_train_of_user(n: int, share: float) -> int:
    """How many of a user's n interactions the user-wise hold-out takes; Python rounds halves to the even number."""
    n_train = round(n * share)
    return n_train - 1 if n_train == n and n > 1 else n_train


def dividing_time(times: Sequence[float], share: float) -> float:
    """Every time but the first tried: the one with the number of times before it closest to the share; the earlier."""
    distances = {}
    for candidate in sorted(set(times))[1:]:
        n_before = sum(time < candidate for time in times)
        distances[candidate] = abs(n_before - len(times) * share)
    return min(distances, key=lambda candidate: (distances[candidate], candidate))


def closest_first_items(counts: Sequence[int], target: float) -> int:
    """How many of the first items have a sum of counts that is closest to the target; of two numbers the lower."""
    return min(range(len(counts) + 1), key=lambda n: (abs(sum(counts[:n]) - target), n))
