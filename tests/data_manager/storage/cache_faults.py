"""Forks processes that build a cache and are killed, interrupted or refused, and looks at what is left.

``python -m tests.data_manager.storage.cache_faults SCENARIO FOLDER`` prints counts as JSON; a broken law ends it with
an error.
A process of its own, since what is done to it and to its children (limits, hooks that cannot be taken away) is not for
the one that runs the tests.
"""

import errno
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import scipy.sparse as sps

from Data_manager._storage.manifest import MANIFEST, cache_folder
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset

OLD, NEW, REBUILT = 1, 2, 3


def dataset_of(generation: int, n_ratings: int) -> Dataset:
    """Every part of it tells its generation, so that a mixture shows."""
    n_users = max(n_ratings // 20, 2)
    cells = np.arange(n_ratings) * 3 + generation
    URM = sps.csr_matrix((np.full(n_ratings, float(generation)), (cells % n_users, cells // n_users)))
    titles = {str(k): f"{generation}" for k in range(n_users)}
    ICM = sps.csr_matrix((np.full(URM.shape[1], generation), (np.arange(URM.shape[1]), np.zeros(URM.shape[1], int))))
    return Dataset(
        "Generations",
        {"URM_all": URM, "URM_timestamp": URM * 10},
        {"ICM_all": ICM},
        user_original_ID_to_index={f"{generation}-{k}": k for k in range(URM.shape[0])},
        additional_data_mapper={"titles": titles},
    )


class GenerationReader(DataReader):
    """Gives a data set that has been made before; which one is no option of it, as if the source were the same."""

    DATASET_SUBFOLDER = "Generations/"

    def __init__(self, dataset: Dataset, **arguments: Any) -> None:
        super().__init__(verbose=False, **arguments)
        self.dataset = dataset
        self.n_reads = 0

    def _load_from_original_file(self) -> Dataset:
        self.n_reads += 1
        return self.dataset


class Stage:
    """A folder, and data sets of all generations."""

    def __init__(self, folder: Path, n_ratings: int) -> None:
        self.folder = folder
        self.datasets = {generation: dataset_of(generation, n_ratings) for generation in (OLD, NEW, REBUILT)}

    def empty(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self, generation: int) -> Dataset:
        return GenerationReader(self.datasets[generation], reload_from_original_data=True).load_data(self.folder)

    def load(self, allowed: tuple[int, ...]) -> int:
        """The generation that a load gives, whole, one of those allowed, and without a warning."""
        reader = GenerationReader(self.datasets[REBUILT])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loaded = reader.load_data(self.folder)
        generation = int(loaded.get_URM_all().data[0])
        assert generation in allowed, (generation, allowed)
        self.check(loaded, generation)
        assert reader.n_reads == 0 or generation == REBUILT
        return generation

    def check(self, loaded: Dataset, generation: int) -> None:
        expected = self.datasets[generation]
        for name, URM in expected.get_loaded_URM_dict().items():
            assert (loaded.get_URM_from_name(name) != URM).nnz == 0
        assert (loaded.get_ICM_from_name("ICM_all") != expected.get_ICM_from_name("ICM_all")).nnz == 0
        assert loaded.get_user_original_IDs().tolist() == expected.get_user_original_IDs().tolist()
        assert loaded.additional_data_mapper == expected.additional_data_mapper

    def left_over(self) -> list[Path]:
        """What is neither the manifest nor the folder that it names."""
        if not self.folder.exists():
            return []
        expected = (self.folder / MANIFEST, cache_folder(self.folder))
        return [path for path in self.folder.iterdir() if path not in expected]

    def check_leftovers_go_with_time(self) -> None:
        for path in self.left_over():
            os.utime(path, (time.time() - 25 * 3600,) * 2)
        self.build(NEW)
        assert self.left_over() == []


def forked(work: Callable[[], object]) -> int:
    """The id of a child that does the work and ends with 0, 2 after KeyboardInterrupt, or 1 and a traceback."""
    child = os.fork()
    if child != 0:
        return child
    try:
        work()
        os._exit(0)
    except KeyboardInterrupt:
        os._exit(2)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def ended(child: int) -> int:
    """The child's exit status; of a killed one the signal, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --- killed and interrupted at any time --------------------------------------------------------------------------


def signalled_at_random(folder: Path, number: int, n_rounds: int) -> dict[str, int]:
    stage = Stage(folder, 800_000)
    stage.build(OLD)
    began = time.perf_counter()
    assert ended(forked(lambda: stage.build(OLD))) == 0
    seconds = time.perf_counter() - began
    rng = random.Random(0)
    counts = {"milliseconds": round(seconds * 1000), "signalled": 0, "old": 0, "new": 0, "none": 0, "left over": 0}
    for round_number in range(n_rounds):
        has_old = round_number % 4 > 0
        stage.empty()
        if has_old:
            stage.build(OLD)
        child = forked(lambda: stage.build(NEW))
        time.sleep(rng.uniform(0, 1.2 * seconds))
        os.kill(child, number)
        status = ended(child)
        assert status in (0, 2, -signal.SIGKILL), status
        counts["signalled"] += status != 0
        counts["left over"] += len(stage.left_over())
        generation = stage.load((OLD, NEW) if has_old else (NEW, REBUILT))
        counts[{OLD: "old", NEW: "new", REBUILT: "none"}[generation]] += 1
        if number == signal.SIGINT:  # it cleans up, but for the rest of a cache that it was just deleting
            assert len(stage.left_over()) <= 1
        if round_number % 5 == 0:
            stage.check_leftovers_go_with_time()
    return counts


def killed_at_random(folder: Path) -> dict[str, int]:
    return signalled_at_random(folder, signal.SIGKILL, 20)


def interrupted_at_random(folder: Path) -> dict[str, int]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return signalled_at_random(folder, signal.SIGINT, 10)


# --- at every operation ------------------------------------------------------------------------------------------

_ALLOCATE = ("open", "os.mkdir", "os.rename", "fsync", "write")
_FREE = ("os.remove", "os.rmdir")


class _CountedFile:
    """A file whose writes are operations."""

    def __init__(self, file: Any, happens: Callable[[str], None]) -> None:
        self._file = file
        self._happens = happens

    def write(self, content: Any) -> Any:
        self._happens("write")
        return self._file.write(content)

    def __enter__(self) -> "_CountedFile":
        return self

    def __exit__(self, *args: Any) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def watch_operations(folder: Path, operations: tuple[str, ...], happens: Callable[[], None]) -> None:
    """Call `happens` before every such operation below the folder, from now on and for good."""

    def happened(event: str) -> None:
        if event in operations:
            happens()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in operations:
            return
        in_open_folder = event in _FREE and arguments[1] != -1  # as rmtree deletes, by the name alone
        if not in_open_folder and not str(arguments[0]).startswith(str(folder)):
            return
        if event == "open" and (arguments[2] is None or not arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        happened(event)

    def counted_open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        opened = io_open(file, mode, *args, **kwargs)
        is_ours = str(file).startswith(str(folder)) and not set(mode).isdisjoint("wax+")
        return _CountedFile(opened, happened) if is_ours else opened

    io_open = io.open
    io.open = counted_open
    os.fsync = lambda descriptor: happened("fsync")
    sys.addaudithook(hook)


def nth_time_and_later(k: int, act: Callable[[], object], *, once: bool) -> Callable[[], None]:
    n_calls = 0

    def happens() -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == k or (n_calls > k and not once):
            act()

    return happens


def for_every_k(
    stage: Stage,
    has_old: bool,
    operations: tuple[str, ...],
    act: Callable[[], object],
    once: bool,
    work: Callable[[], object],
) -> Iterator[int]:
    """Yield the exit status of the child for k = 1, 2, ... until it ends without a k-th operation."""
    k = 0
    while True:
        k += 1
        stage.empty()
        if has_old:
            stage.build(OLD)
        told, tell = os.pipe()

        def work_with_fault(k: int = k, tell: int = tell) -> None:
            def acts() -> None:
                os.write(tell, b"!")
                act()

            watch_operations(stage.folder, operations, nth_time_and_later(k, acts, once=once))
            work()

        status = ended(forked(work_with_fault))
        os.close(tell)
        has_acted = os.read(told, 1) != b""
        os.close(told)
        if not has_acted:
            assert status == 0
            return
        yield status


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # in a thread, while the signal is on its way


def killed_at_every_operation(folder: Path) -> dict[str, int]:
    stage = Stage(folder, 200)
    counts = {"killed": 0, "old": 0, "new": 0, "none": 0}
    for has_old in (False, True):
        statuses = for_every_k(stage, has_old, _ALLOCATE + _FREE, kill_myself, True, lambda: stage.build(NEW))
        for status in statuses:
            assert status == -signal.SIGKILL, status
            counts["killed"] += 1
            generation = stage.load((OLD, NEW) if has_old else (NEW, REBUILT))
            counts[{OLD: "old", NEW: "new", REBUILT: "none"}[generation]] += 1
            if counts["killed"] % 10 == 0:
                stage.check_leftovers_go_with_time()
    return counts


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def interrupted_at_every_operation(folder: Path) -> dict[str, int]:
    stage = Stage(folder, 200)
    counts = {"interrupted": 0, "old": 0, "new": 0, "none": 0, "left over": 0}
    for has_old in (False, True):
        statuses = for_every_k(stage, has_old, _ALLOCATE + _FREE, interrupt, True, lambda: stage.build(NEW))
        for status in statuses:
            assert status in (0, 2), status
            counts["interrupted"] += status == 2
            left_over = stage.left_over()
            generation = stage.load((OLD, NEW) if has_old else (NEW, REBUILT))
            # what is left is the rest of the old cache, which it was just deleting
            assert len(left_over) == 0 or (generation == NEW and has_old and len(left_over) == 1), left_over
            counts["left over"] += len(left_over)
            counts[{OLD: "old", NEW: "new", REBUILT: "none"}[generation]] += 1
    return counts


# --- no room -----------------------------------------------------------------------------------------------------


def build_warns_once(stage: Stage, text: str) -> None:
    """The build gives the right data, and one warning, which says why nothing is cached."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = stage.build(NEW)
    stage.check(dataset, NEW)
    messages = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    if cache_folder(stage.folder) is not None and not messages:
        return  # the fault came after the manifest was replaced
    assert len(messages) == 1 and "cannot be written" in messages[0] and text in messages[0], messages


def disk_is_full() -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_at_every_operation(folder: Path) -> dict[str, int]:
    """From the k-th operation on nothing more can be written; what is there can be deleted."""
    stage = Stage(folder, 200)
    counts = {"full": 0, "old": 0, "new": 0, "none": 0}
    for has_old in (False, True):
        statuses = for_every_k(
            stage, has_old, _ALLOCATE, disk_is_full, False, lambda: build_warns_once(stage, "No space left on device")
        )
        for status in statuses:
            assert status == 0, status
            counts["full"] += 1
            assert stage.left_over() == []
            generation = stage.load((OLD, NEW) if has_old else (NEW, REBUILT))
            counts[{OLD: "old", NEW: "new", REBUILT: "none"}[generation]] += 1
    return counts


def beyond_the_largest_file(folder: Path) -> dict[str, int]:
    """A limit one byte below the size of each file of the cache in turn."""
    stage = Stage(folder, 20_000)
    stage.build(OLD)
    sizes = {path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    for has_old in (False, True):
        for size in sorted(sizes):
            stage.empty()
            if has_old:
                stage.build(OLD)

            def limited(limit: int = size - 1) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                build_warns_once(stage, "File too large")

            assert ended(forked(limited)) == 0
            assert stage.left_over() == []
            stage.load((OLD,) if has_old else (REBUILT,))
    return {"sizes": len(sizes)}


def on_a_small_file_system(folder: Path) -> dict[str, int]:
    """The folder is on one of about 1 MB, of which more and more is taken."""
    stage = Stage(folder / "cache", 20_000)
    counts = {"full": 0, "cached": 0}
    filler = folder / "filler"
    n_free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    for has_old in (False, True):
        for taken in range(0, n_free, n_free // 12):
            filler.unlink(missing_ok=True)
            stage.empty()
            if has_old:
                stage.build(OLD)
            with filler.open("wb") as file, suppress_no_space():
                file.write(bytes(taken))
            build_warns_once(stage, "No space left on device")
            assert stage.left_over() == []
            new_cache = cache_folder(stage.folder)
            filler.unlink()
            generation = stage.load((OLD, NEW) if has_old else (NEW, REBUILT))
            counts["full" if generation in (OLD, REBUILT) else "cached"] += 1
            assert (new_cache is None) == (generation == REBUILT)
    return counts


@contextmanager
def suppress_no_space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


# --- at once -----------------------------------------------------------------------------------------------------


def at_once(folder: Path) -> dict[str, int]:
    """Two or four processes build while two others load, from an empty folder and over an old cache."""
    stage = Stage(folder, 20_000)
    counts = {"rounds": 0, "left over": 0}

    def build() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(3):
                stage.check(stage.build(NEW), NEW)

    def load() -> None:
        for _ in range(6):
            stage.load((OLD, NEW, REBUILT))

    for n_builders in (2, 4, 2, 4):
        for has_old in (False, True):
            stage.empty()
            if has_old:
                stage.build(OLD)
            start_read, start_write = os.pipe()

            def wait_then(work: Callable[[], None], ends: tuple[int, int] = (start_read, start_write)) -> None:
                os.close(ends[1])
                os.read(ends[0], 1)
                work()

            children = [forked(lambda work=work: wait_then(work)) for work in [build] * n_builders + [load] * 2]
            os.close(start_write)
            os.close(start_read)
            statuses = [ended(child) for child in children]
            assert statuses == [0] * len(children), statuses
            stage.load((NEW, REBUILT) if not has_old else (NEW,))
            assert all(path.name.startswith("dataset_cache_") for path in stage.left_over())
            counts["rounds"] += 1
            counts["left over"] += len(stage.left_over())
            stage.check_leftovers_go_with_time()
    return counts


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        killed_at_random,
        interrupted_at_random,
        killed_at_every_operation,
        interrupted_at_every_operation,
        full_at_every_operation,
        beyond_the_largest_file,
        on_a_small_file_system,
        at_once,
    )
}

if __name__ == "__main__":
    os.fsync = lambda descriptor: None  # a killed process loses nothing of what it has written
    print(json.dumps(SCENARIOS[sys.argv[1]](Path(sys.argv[2]))))
