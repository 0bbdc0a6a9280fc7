"""What is in the folder while, and after, a save goes wrong or others read and write."""

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Recommenders.DataIO import DataIO
from recsys_common.archives import folder as archive_folder

ROOT = Path(__file__).parents[2]


def generation(number: int) -> dict[str, Any]:
    return {"array": np.full(30_000, number), "number": number, "nested": {"array": np.full(10, number)}}


def assert_of_one_generation(data: dict[str, Any]) -> None:
    assert (data["array"] == data["number"]).all()
    assert (data["nested"]["array"] == data["number"]).all()


_SAVE_FOR_EVER = """
import itertools, sys
import numpy as np
from Recommenders.DataIO import DataIO
data_io = DataIO(sys.argv[1])
for number in itertools.count():
    noise = np.random.default_rng(number).random(30_000)
    data_io.save_data("model", {"array": np.full(30_000, number), "noise": noise, "number": number,
                                "nested": {"array": np.full(10, number)}})
    if number == 0:
        print("saving", flush=True)
"""


@pytest.mark.parametrize("round_number", range(5))
def test_a_killed_save_leaves_the_old_file_or_the_new_one(tmp_path: Path, round_number: int) -> None:
    command = [sys.executable, "-c", _SAVE_FOR_EVER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"saving\n" or os.name == "nt"
        time.sleep(random.Random(round_number).uniform(0, 0.1))
        process.kill()
    assert_of_one_generation(DataIO(tmp_path).load_data("model"))
    DataIO(tmp_path).save_data("model", generation(7))
    assert DataIO(tmp_path).load_data("model")["number"] == 7


_SAVE_BEYOND_THE_LIMIT = """
import resource, sys
import numpy as np
from Recommenders.DataIO import DataIO
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    DataIO(sys.argv[1]).save_data("model", {"noise": np.random.default_rng(0).random(100_000)})
except OSError:
    sys.exit(7)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of a file")
def test_a_full_disk_leaves_the_old_archive_alone(tmp_path: Path) -> None:
    DataIO(tmp_path).save_data("model", {"old": 1})
    ended = subprocess.run([sys.executable, "-c", _SAVE_BEYOND_THE_LIMIT, str(tmp_path)], cwd=ROOT, check=False)
    assert ended.returncode == 7
    assert DataIO(tmp_path).load_data("model") == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_an_interrupt_while_writing_leaves_the_old_archive_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(file: Any, members: Any) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    DataIO(tmp_path).save_data("model", {"old": 1})
    monkeypatch.setattr(archive_folder, "write_members", interrupted)
    with pytest.raises(KeyboardInterrupt):
        DataIO(tmp_path).save_data("model", {"new": 1})
    assert DataIO(tmp_path).load_data("model") == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_threads_that_save_and_load_one_name_meet_whole_archives_only(tmp_path: Path) -> None:
    data_io = DataIO(tmp_path)
    data_io.save_data("model", generation(0))

    def work(number: int) -> None:
        if number % 2:
            data_io.save_data("model", generation(number))
        assert_of_one_generation(data_io.load_data("model"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_threads_that_save_different_names_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: DataIO(tmp_path).save_data(f"m{number}", generation(number)), range(20)))
    assert [DataIO(tmp_path).load_data(f"m{number}")["number"] for number in range(20)] == list(range(20))
    assert len(list(tmp_path.iterdir())) == 20


@pytest.mark.skipif(os.name == "nt", reason="Windows folders have no write permission of this kind")
def test_loading_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DataIO(tmp_path).save_data("model", generation(1))
    opened: list[str] = []
    path_open = Path.open

    def watched(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        opened.append(mode)
        return path_open(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", watched)
    tmp_path.chmod(0o555)
    try:
        assert DataIO(tmp_path).load_data("model")["number"] == 1
    finally:
        tmp_path.chmod(0o755)
    assert opened == ["rb"]
