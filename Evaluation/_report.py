"""What the evaluators say and how: one prefix, one format of the result, silence on demand."""

import pandas as pd

from recsys_common import messages

_UNITS = (("sec", 1.0), ("min", 60.0), ("hour", 60.0), ("day", 24.0), ("year", 365.0))


def seconds_to_biggest_unit(seconds: float) -> tuple[float, str]:
    """A time in the largest of sec, min, hour, day, year in which it is at least 1 (else in sec)."""
    value, unit = seconds, "sec"
    for name, size in _UNITS:
        if value < size:
            break
        value, unit = value / size, name
    return value, unit


def say(verbose: bool, name: str, message: str) -> None:
    """Print `<name>: <message>` above any progress bar, or nothing."""
    if verbose:
        messages.say(f"{name}: {message}")


def progress_bar(total: int, unit: str, name: str, verbose: bool) -> messages.ProgressBar:
    """One bar for the blocks of an evaluation, gone when it ends, never there if that is within two seconds."""
    return messages.ProgressBar(total, unit=unit, unit_scale=True, desc=name, leave=False, delay=2.0, verbose=verbose)


def result_string(table: pd.DataFrame, n_decimals: int = 7) -> str:
    """`CUTOFF: <cutoff> - <METRIC>: <value>, ` and so on, one line for each row of a result table.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a cutoff, one column a metric.
    n_decimals : int, default 7
        Decimals of every value.

    Examples
    --------
    >>> result_string(pd.DataFrame({"MAP": [0.25]}, index=[5]), n_decimals=2)
    'CUTOFF: 5 - MAP: 0.25, \\n'
    """
    lines = []
    for cutoff, row in table.iterrows():
        cells = "".join(f"{metric}: {value:.{n_decimals}f}, " for metric, value in row.items())
        lines.append(f"CUTOFF: {cutoff} - {cells}\n")
    return "".join(lines)
