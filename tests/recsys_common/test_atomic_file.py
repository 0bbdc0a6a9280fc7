import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys_common import atomic_file
from recsys_common.atomic_file import atomic_path

ROOT = Path(__file__).parents[2]


def test_target_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_temporary_file_is_a_hidden_neighbour_with_the_suffix_of_its_target(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "curve.png") as temporary:
        temporary.touch()
        assert (temporary.parent, temporary.suffix, temporary.name[0]) == (tmp_path, ".png", ".")


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a" / "b" / "file.txt") as temporary:
        temporary.write_text("text")
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "text"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interrupted_block_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "model.zip"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failing_flush_to_disk_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "model.zip"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), atomic_path(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_file_is_flushed_to_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "model.zip"
    existed_at_flush: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: existed_at_flush.append(target.exists()))
    with atomic_path(target) as temporary:
        temporary.write_text("new")
    assert existed_at_flush[0] is False


def test_two_writers_of_one_target_have_two_temporary_files(tmp_path: Path) -> None:
    target = tmp_path / "model.zip"
    with atomic_path(target) as first:
        first.write_text("first")
        with atomic_path(target) as second:
            second.write_text("second")
        assert target.read_text() == "second"
    assert target.read_text() == "first"


def test_a_replacement_refused_for_a_moment_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [PermissionError("in use"), PermissionError("in use")]
    replace = Path.replace

    def sometimes(self: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return replace(self, target)

    monkeypatch.setattr(atomic_file, "_REPLACE_PAUSE_SECONDS", 0)
    monkeypatch.setattr(Path, "replace", sometimes)
    monkeypatch.setattr(atomic_file, "_REPLACE_ATTEMPTS", 2)
    with pytest.raises(PermissionError), atomic_path(tmp_path / "file") as temporary:
        temporary.write_text("lost")
    assert list(tmp_path.iterdir()) == []
    refusals.append(PermissionError("in use"))
    with atomic_path(tmp_path / "file") as temporary:
        temporary.write_text("kept")
    assert (tmp_path / "file").read_text() == "kept"


_FULL_DISK = """
import resource, sys
from pathlib import Path
from recsys_common.atomic_file import atomic_path
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    with atomic_path(Path(sys.argv[1])) as temporary:
        temporary.write_bytes(b"x" * 20_000)
except OSError:
    sys.exit(7)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of a file")
def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "model.zip"
    target.write_text("old")
    ended = subprocess.run([sys.executable, "-c", _FULL_DISK, str(target)], cwd=ROOT, check=False)
    assert ended.returncode == 7
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


_HALF_A_FILE = """
import sys, time
from pathlib import Path
from recsys_common.atomic_file import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("half", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_goes_with_the_next_writing_but_not_what_a_living_one_writes(tmp_path: Path) -> None:
    def writer(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _HALF_A_FILE, str(tmp_path / name)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    with writer("one.zip") as killed, writer("two.zip") as living:
        killed.kill()
        killed.wait()
        left, written = sorted(tmp_path.iterdir())
        of_the_user = tmp_path / ".mine.temp.zip"
        of_the_user.touch()
        for path in (left, written, of_the_user):
            os.utime(path, (time.time() - 10_000,) * 2)
        with atomic_path(tmp_path / "three.zip") as temporary:
            temporary.write_text("whole")
        assert set(tmp_path.iterdir()) == {written, of_the_user, tmp_path / "three.zip"}
        living.kill()


def test_what_was_made_this_minute_stays(tmp_path: Path) -> None:
    """Its maker may not have come to lock it."""
    young = tmp_path / f".model.1_{'0' * 16}.temp.zip"
    young.touch()
    with atomic_path(tmp_path / "model.zip") as temporary:
        temporary.write_text("whole")
    assert young.exists()
