"""What loading an archive may cost, so that a small hostile file cannot fill the memory.

Arrays cost their bytes. JSON and csv make many objects of few bytes, so their cost is estimated from the bytes before
the first object is made: by the characters that every value must have, at the most memory that CPython takes for it.
"""

import csv
import io
from collections.abc import Callable

# So much is always allowed; beyond it a file may cost so many times its size. Factors and ratings come to 1 to 5, ids
# in JSON to 63 by the estimate below, an array of a single value to 229, what is made to do harm to 1,000 and more.
ALWAYS_ALLOWED_BYTES = 160 * 2**20
ALLOWED_RATIO = 80

# A value that follows a comma or a bracket: its place in a list, and a number (24 or 28 bytes). The other objects are
# an empty list with its first places, an empty dictionary with its first places, an entry of a growing dictionary and
# of the decoder's memory of keys, and half of a string's head, since a string has two quotes.
_BYTES_PER_CHARACTER = {b",": 40, b"[": 96, b"{": 160, b":": 140, b'"': 28}
# A field of a csv: its place, and the head of a string. A column: what pandas keeps for it while it reads.
_BYTES_PER_FIELD = 72
_BYTES_PER_COLUMN = 2**15
# pandas tells columns of one name apart in quadratic time.
MAX_CSV_COLUMNS = 5_000
# zipfile's object for a member is a twelfth of this; the rest stands for its time, since the smallest member is read in
# a tenth of a millisecond, and a directory of empty ones that lies in another zip is packed into almost nothing.
_BYTES_PER_MEMBER = 12_000


class ArchiveError(ValueError):
    """An archive that is damaged, foreign or too large; the text names file and member."""


class Budget:
    """The memory that a file and all the archives within it may still take."""

    def __init__(self, file_bytes: int, max_load_bytes: int | None) -> None:
        if max_load_bytes is None:
            max_load_bytes = max(ALWAYS_ALLOWED_BYTES, ALLOWED_RATIO * file_bytes)
        self._limit = max_load_bytes
        self._left = max_load_bytes

    def spend(self, n_bytes: int, where: str) -> None:
        """Refuse what costs more than is left, before it is made."""
        self._left -= n_bytes
        if self._left < 0:
            raise ArchiveError(
                f"{where} would take the memory for this archive beyond {self._limit} bytes, which is far more than a "
                "file of its size should need; if it is to be trusted, give DataIO a larger max_load_bytes"
            )


def cost_of_json(text: bytes) -> int:
    """The most memory that decoding takes beside the text itself."""
    # one character beyond ASCII makes all of its string as wide as itself
    width = 1 if text.isascii() and rb"\u" not in text else 4
    return 2 * width * len(text) + sum(text.count(mark) * cost for mark, cost in _BYTES_PER_CHARACTER.items())


def spend_for_csv(text: bytes, spend: Callable[[int], None]) -> None:
    """Spend what reading takes beside the text itself; ValueError for more columns than pandas can cope with."""
    width = 1 if text.isascii() else 4
    n_fields = sum(map(text.count, (b",", b"\n", b"\r"))) + 1
    spend(2 * width * len(text) + _BYTES_PER_FIELD * n_fields)
    # the names may be on several lines, in quotes
    names = next(csv.reader(io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")), [])
    if len(names) > MAX_CSV_COLUMNS:
        raise ValueError(f"it has {len(names)} columns, and more than {MAX_CSV_COLUMNS} are not read from a csv")
    spend(_BYTES_PER_COLUMN * len(names))


def cost_of_directory(content: bytes) -> int:
    """The most memory that the directory of a zip takes, beside the zip itself."""
    return cost_of_members(content.count(b"PK\x01\x02"))


def cost_of_members(n_members: int) -> int:
    """What reading so many members takes beside their content."""
    return _BYTES_PER_MEMBER * n_members
