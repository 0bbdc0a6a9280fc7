"""Whether a saved split is the one that is asked for."""

from collections.abc import Collection, Mapping
from typing import Any

from Data_manager._storage.split import CURRENT_FORMAT, FORMAT_VERSION, RANDOM_SEED


def differences(saved: Mapping[str, Any], asked: Mapping[str, Any], needed: Collection[str] = ()) -> list[str]:
    """What a saved split was made with otherwise, one text for each parameter.

    Parameters
    ----------
    saved : mapping of str to Any
        The saved parameters. Those that only we record are missing in what the host has saved, and then no difference.
    asked : mapping of str to Any
        The parameters to compare. A `random_seed` of None is one that does not matter; any other one must have been
        recorded.
    needed : collection of str
        The parameters that must have been recorded whoever has saved.
    """
    by_host = FORMAT_VERSION not in saved
    wanted = dict(asked) if by_host else {FORMAT_VERSION: CURRENT_FORMAT, **asked}
    found = []
    for name, value in wanted.items():
        if name == RANDOM_SEED:
            differs = value is not None and saved.get(name) != value
        elif by_host and name not in saved:
            differs = name in needed
        else:
            differs = saved.get(name) != value
        if differs:
            found.append(f"{name}: saved {saved.get(name, 'without one')}, asked {value}")
    return found
