"""Names in and of archives: which keys can be file names on every system, and where an archive lies."""

import unicodedata
from collections.abc import Iterable

# The longest file name is 255 bytes on the usual disks; the rest is for extensions.
MAX_KEY_BYTES = 200

_ILLEGAL_CHARACTERS = frozenset('<>:"/\\|?*')
_RESERVED_ON_WINDOWS = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{device}{digit}" for device in ("COM", "LPT") for digit in "0123456789\u00b9\u00b2\u00b3"]
)


def key_problem(key: str) -> str | None:
    """Why `key` cannot be the name of a file on every system, or None if it can."""
    if not key:
        return "which is empty"
    if key.startswith("."):
        return "which starts with a dot: readers skip such members"
    if key.endswith((".", " ")):
        return "which ends in a dot or a space"
    for character in key:
        if character in _ILLEGAL_CHARACTERS or unicodedata.category(character) in ("Cc", "Cs"):
            return f"which contains {character!r}"
    if key.partition(".")[0].rstrip(" ").upper() in _RESERVED_ON_WINDOWS:
        return "which Windows reserves for a device"
    if len(key.encode("utf-8")) > MAX_KEY_BYTES:
        return f"which is longer than {MAX_KEY_BYTES} bytes in UTF-8"
    return None


def check_keys(where: str, keys: Iterable[str]) -> None:
    """Refuse keys that cannot be file names side by side in one folder, on any system."""
    seen: dict[str, str] = {}
    for key in keys:
        problem = key_problem(key)
        if problem is not None:
            raise ValueError(f"{where} keys must be safe file names, got {key!r}, {problem}")
        folded = unicodedata.normalize("NFC", key).casefold()
        if folded in seen:
            raise ValueError(
                f"{where} keys must be file names that differ in more than upper and lower case, "
                f"got {seen[folded]!r} and {key!r}"
            )
        seen[folded] = key
