"""Whatever happens to a process that builds a cache, a load finds the old cache, the new one or none, and right data.

What is done, and what has to hold, is in cache_faults.py; here it is seen that it was done often enough.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# the second argument of sh and all behind it are the command; the mount goes with the process
ON_SMALL_FILE_SYSTEM = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$0"'

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that fail are forked")


def run(scenario: str, folder: Path, before: Sequence[str] = ()) -> dict[str, int]:
    command = [*before, sys.executable, "-m", "tests.data_manager.storage.cache_faults", scenario, str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    counts: dict[str, int] = json.loads(ended.stdout)
    return counts


def test_killed_at_random_moments(tmp_path: Path) -> None:
    counts = run("killed_at_random", tmp_path / "cache")
    assert counts["old"] + counts["new"] + counts["none"] == 20
    assert counts["signalled"] >= 3


def test_killed_before_every_operation(tmp_path: Path) -> None:
    counts = run("killed_at_every_operation", tmp_path / "cache")
    assert counts["killed"] > 150
    assert min(counts["old"], counts["new"], counts["none"]) > 0


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_at_random_moments(tmp_path: Path) -> None:
    counts = run("interrupted_at_random", tmp_path / "cache")
    assert counts["old"] + counts["new"] + counts["none"] == 10
    assert counts["signalled"] >= 1


def test_ctrl_c_before_every_operation_leaves_nothing_but_what_it_was_deleting(tmp_path: Path) -> None:
    counts = run("interrupted_at_every_operation", tmp_path / "cache")
    assert counts["interrupted"] > 150
    assert min(counts["old"], counts["new"], counts["none"]) > 0


def test_disk_that_is_full_from_any_operation_on_means_one_warning_and_nothing_left(tmp_path: Path) -> None:
    counts = run("full_at_every_operation", tmp_path / "cache")
    assert counts["full"] > 150
    assert counts["old"] > 50 and counts["none"] > 50


def test_file_larger_than_the_limit_means_one_warning_and_nothing_left(tmp_path: Path) -> None:
    assert run("beyond_the_largest_file", tmp_path / "cache")["sizes"] > 5


def test_small_file_system_means_one_warning_and_nothing_left(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare, to mount a small file system for one process")
    probe = subprocess.run([*ON_SMALL_FILE_SYSTEM, MOUNT, tmp_path], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {probe.stderr.strip()}")
    mount_and_run = [*ON_SMALL_FILE_SYSTEM, f'{MOUNT} && exec "$@"', str(tmp_path)]
    counts = run("on_a_small_file_system", tmp_path, mount_and_run)
    assert counts["full"] > 0 and counts["cached"] > 0
    assert list(tmp_path.iterdir()) == []


def test_processes_that_build_and_load_at_once(tmp_path: Path) -> None:
    assert run("at_once", tmp_path / "cache")["rounds"] == 8
