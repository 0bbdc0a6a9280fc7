import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from recsys_common import file_lock
from recsys_common.file_lock import held_file, is_abandoned, locked, temporary_folder

ROOT = Path(__file__).parents[2]


def test_threads_are_in_the_block_one_at_a_time_and_leave_no_file(tmp_path: Path) -> None:
    inside, most = [], []

    def work() -> None:
        for _ in range(20):
            with locked(tmp_path / ".lock"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80 and set(most) == {1}
    assert list(tmp_path.iterdir()) == []


_COUNT = """
import sys
from pathlib import Path
from recsys_common.file_lock import locked
counter = Path(sys.argv[1])
for _ in range(200):
    with locked(counter.with_name(".lock")):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def test_processes_are_in_the_block_one_at_a_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    command = [sys.executable, "-c", _COUNT, str(counter)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert counter.read_text() == "600"
    assert list(tmp_path.iterdir()) == [counter]


def test_who_does_not_wait_is_told(tmp_path: Path) -> None:
    with locked(tmp_path / ".lock"), pytest.raises(BlockingIOError), locked(tmp_path / ".lock", wait=False):
        pass
    with locked(tmp_path / ".lock", wait=False):
        pass


_HOLD_FOR_EVER = """
import sys, time
from pathlib import Path
from recsys_common.file_lock import held_file, locked
with locked(Path(sys.argv[1])), held_file(Path(sys.argv[2])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_locks_end_with_their_process(tmp_path: Path) -> None:
    lock, file = tmp_path / ".lock", tmp_path / "unfinished"
    command = [sys.executable, "-c", _HOLD_FOR_EVER, str(lock), str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.utime(file, (1, 1))
        assert not is_abandoned(file)
        with pytest.raises(BlockingIOError), locked(lock, wait=False):
            pass
        process.kill()
    assert is_abandoned(file)
    with locked(lock, wait=False):
        pass
    assert not lock.exists()


def test_file_of_this_minute_is_not_abandoned(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not is_abandoned(tmp_path / "file")
    assert not is_abandoned(tmp_path / "none")


def test_file_system_without_locks_lets_everybody_in_and_nothing_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(descriptor: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(file_lock, "_lock", unsupported)
    with locked(tmp_path / ".lock"), locked(tmp_path / ".lock", wait=False):
        pass
    with held_file(tmp_path / "file"):
        os.utime(tmp_path / "file", (1, 1))
        assert not is_abandoned(tmp_path / "file")


def test_temporary_folders_of_killed_processes_go_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, of_somebody = tmp_path / "mine_killed00", tmp_path / "mine_by_hand_of_somebody"
    for path in (killed, of_somebody):
        path.mkdir()
    (killed / ".in_use").touch()
    with temporary_folder("mine_") as living:
        for path in (killed, living, of_somebody):
            (path / "half").touch()
            os.utime(path, (1, 1))
        with temporary_folder("mine_") as another:
            assert set(tmp_path.iterdir()) == {living, another, of_somebody}
    assert list(tmp_path.iterdir()) == [of_somebody]
