"""Lines of interactions, one at a time: of repeated ones a single line, then ids and cells."""

Line = tuple[str, str, float, float]  # user, item, interaction, time


def without_repeated(lines: list[Line], by_time: bool) -> list[Line]:
    """For each user and item the line of the highest time or interaction, of equal ones the last; in their order."""
    best: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines):
        old = best.get(line[:2])
        value = line[3] if by_time else line[2]
        if old is None or value >= (lines[old][3] if by_time else lines[old][2]):
            best[line[:2]] = number
    return [lines[number] for number in sorted(best.values())]


def cells_of(lines: list[Line], column: int, users: dict[str, int], items: dict[str, int]) -> list[list[float]]:
    """The dense matrix; users and items that the mappers lack are added to them."""
    for line in lines:
        users.setdefault(line[0], len(users))
        items.setdefault(line[1], len(items))
    dense = [[0.0] * len(items) for _ in users]
    for line in lines:
        dense[users[line[0]]][items[line[1]]] += line[column]
    return dense
