"""What the evaluators say: units of time, and a progress bar that verbose=False takes away."""

import pytest

from Evaluation._report import progress_bar, say, seconds_to_biggest_unit


@pytest.mark.parametrize(
    "seconds, expected",
    [
        (0.5, (0.5, "sec")),
        (59.0, (59.0, "sec")),
        (60.0, (1.0, "min")),
        (5400.0, (1.5, "hour")),
        (86400.0, (1.0, "day")),
        (86400.0 * 730, (2.0, "year")),
    ],
)
def test_times_are_in_the_largest_unit_that_is_at_least_one(seconds, expected):
    assert seconds_to_biggest_unit(seconds) == expected


@pytest.mark.parametrize("verbose", [True, False])
def test_there_is_a_bar_and_a_message_only_if_verbose(verbose, capsys, monkeypatch):
    bars = []
    monkeypatch.setattr("tqdm.auto.tqdm", lambda **arguments: bars.append(arguments))
    progress_bar(10, "user", "Name", verbose)
    assert len(bars) == verbose
    say(verbose, "Name", "done")
    assert capsys.readouterr().out == ("Name: done\n" if verbose else "")
