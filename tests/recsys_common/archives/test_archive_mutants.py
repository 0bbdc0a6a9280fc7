"""200 of the mutants of `archive_mutants`, whose many more are run by hand."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("memory is measured in forked processes", allow_module_level=True)

from tests.recsys_common.archives import archive_mutants


@pytest.mark.parametrize("seed", range(8))
def test_a_mutant_is_refused_by_name_or_loads_to_what_is_consistent_at_little_cost(seed: int) -> None:
    outcomes = list(archive_mutants.run(25, seed, megabytes=100))
    assert len(outcomes) == 25
    assert [outcome for outcome in outcomes if outcome.is_fault] == []
    assert {outcome.result for outcome in outcomes} >= {"refused", "the same"}


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that crashes, that takes too much, and that gives another value."""
    subject = archive_mutants.SUBJECTS["Random"]
    monkeypatch.setattr(archive_mutants, "SUBJECTS", {"Random": subject})
    first = next(archive_mutants.run(1, 0, megabytes=1))
    assert not first.is_fault
    loads = {
        "crash: the process ended": lambda folder: archive_mutants.os.kill(archive_mutants.os.getpid(), 9),
        "crash: MemoryError": lambda folder: (_ for _ in ()).throw(MemoryError),
        "refused without the file": lambda folder: int("x"),
    }
    for result, load in loads.items():
        calls = iter([subject.load])  # the first is the one that imports
        monkeypatch.setattr(subject, "load", lambda folder, calls=calls, load=load: next(calls, load)(folder))
        (outcome,) = archive_mutants.run(1, 0, megabytes=1)
        assert outcome.is_fault and outcome.result.startswith(result)
        monkeypatch.undo()
        monkeypatch.setattr(archive_mutants, "SUBJECTS", {"Random": subject})
