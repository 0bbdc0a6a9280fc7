"""Messages, progress bars and results as text, the same for all evaluators."""

import pandas as pd

from recsys_common import messages

_UNITS = (("sec", 1.0), ("min", 60.0), ("hour", 60.0), ("day", 24.0), ("year", 365.0))


def seconds_to_biggest_unit(seconds: float) -> tuple[float, str]:
    """Return a time in the largest of sec, min, hour, day, year in which it is at least 1, else in sec."""
    value, unit = seconds, "sec"
    for name, size in _UNITS:
        if value < size:
            break
        value, unit = value / size, name
    return value, unit


def say(verbose: bool, name: str, message: str) -> None:
    """Print `<name>: <message>` above any progress bar, if verbose."""
    if verbose:
        messages.say(f"{name}: {message}")


def progress_bar(total: int, unit: str, name: str, verbose: bool) -> messages.ProgressBar:
    """Make the bar of an evaluation: it appears after two seconds and disappears at the end."""
    return messages.ProgressBar(total, unit=unit, unit_scale=True, desc=name, leave=False, delay=2.0, verbose=verbose)


def get_result_string_df(results_df: pd.DataFrame, n_decimals: int = 7) -> str:
    r"""Return a result table as text: `CUTOFF: 5 - PRECISION: 0.1000000, RECALL: 0.2000000, `, a line for each cutoff.

    Parameters
    ----------
    results_df : pandas.DataFrame
        The result of `evaluateRecommender`: a row for each cutoff, a column for each metric.
    n_decimals : int >= 0, default 7
        Decimals of every value.

    Returns
    -------
    str

    Examples
    --------
    >>> get_result_string_df(pd.DataFrame({"MAP": [0.25]}, index=[5]), n_decimals=2)
    'CUTOFF: 5 - MAP: 0.25, \n'
    """
    lines = []
    for cutoff, row in results_df.iterrows():
        cells = "".join(f"{metric}: {value:.{n_decimals}f}, " for metric, value in row.items())
        lines.append(f"CUTOFF: {cutoff} - {cells}\n")
    return "".join(lines)
