"""Kills processes that save, with kill -9 at random moments, and looks at what is left.

``python -m tests.kill_at_random [--kills 200] [WHAT ...]`` prints counts as JSON, a line for each of what is saved: the
folder of the main job, a split, a model, a data set, the cache of a data set, an exported split. Every other kill comes
at a random time, and every other one before a random operation on a file, since renaming takes no time. A mixture of
two saves, or one that is lost, ends it with an error. A process of its own, since it forks.
"""

import argparse
import json
import os
import random
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.interactions_reader import InteractionsReader
from recsys_common.file_group import FileGroup
from tests.data_manager.storage.cache_faults import (
    Stage,
    ended,
    forked,
    kill_myself,
    nth_time_and_later,
    watch_operations,
)
from tests.reference.data_splitters import MemoryReader, some_dataset, split_by_id

N_RATINGS = 20_000
# those between which a kill makes a difference; the random times are mostly times of writing
OPERATIONS = ("open", "os.mkdir", "os.rename", "fsync", "os.remove", "os.rmdir")


class Saving:
    """Something that is saved in a folder, in one of two generations that differ in everything."""

    def save(self, folder: Path, generation: int) -> None:
        raise NotImplementedError

    def settle(self, folder: Path) -> None:
        """What the next one who comes does before anything else."""

    def look(self, folder: Path) -> Any:
        """What is seen, exactly; to be compared with what a save without a kill leaves."""
        raise NotImplementedError

    def check_unsettled(self, folder: Path, whole: list[Any]) -> None:
        """Raise AssertionError if what lies there before anybody has come is of two generations."""


def ratings_of(generation: int) -> pd.DataFrame:
    rng = np.random.default_rng(generation)
    n_users, n_items = 800 + 100 * generation, 300 + 10 * generation
    cells = rng.choice(n_users * n_items, N_RATINGS, replace=False)
    users, items = np.divmod(cells, n_items)
    names = [f"{generation}-{user}" for user in users]
    return pd.DataFrame({"user": names, "item": items + 1000 * generation, "rating": rng.integers(1, 6, N_RATINGS)})


class MainJob(Saving):
    """The folder of a run: everything but the training, which is done before."""

    def __init__(self) -> None:
        import run_matrix_factorization as main_job  # with torch, which the others do not need

        self.job = main_job
        self.runs = {}
        for generation in (0, 1):
            options = main_job.parse_arguments(["--epochs", "1", "--seed", str(generation)])
            reader = InteractionsReader(ratings_of(generation), verbose=False)
            dataset = reader.load_data()
            URM_train, _, _ = main_job.split(dataset.get_URM_all(), generation)
            recommender = main_job.MatrixFactorization_PyTorch(URM_train, verbose=False)
            recommender.fit(epochs=1, num_factors=20, random_seed=generation, engine="fused")
            description = main_job.describe_run(reader, dataset, options)
            self.runs[generation] = (recommender, dataset, description)

    def save(self, folder: Path, generation: int) -> None:
        folder.mkdir(exist_ok=True)
        with self.job.files_of_run(folder).locked(wait=False):
            self.job.save_training(*self.runs[generation], folder)

    def settle(self, folder: Path) -> None:
        files = self.job.files_of_run(folder)
        with files.locked(wait=False):
            files.finish()

    def look(self, folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def check_unsettled(self, folder: Path, whole: list[Any]) -> None:
        seen = {name: content for name, content in self.look(folder).items() if not name.startswith(".")}
        # the picture is of the same bytes, or nearly so, for both
        assert any(all(content == files[name] for name, content in seen.items()) for files in whole), sorted(seen)


class SavedSplit(Saving):
    """A split of a splitter without a seed."""

    def __init__(self) -> None:
        self.dataset = some_dataset(n_users=300, n_items=100)

    def splitter(self, **arguments: Any) -> DataSplitter_Holdout:
        return DataSplitter_Holdout(MemoryReader(self.dataset), verbose=False, **arguments)

    def save(self, folder: Path, generation: int) -> None:
        self.splitter(force_new_split=True, random_seed=generation).load_data(folder)

    def look(self, folder: Path) -> Any:
        splitter = self.splitter(forbid_new_split=True)
        splitter.load_data(folder)
        return splitter.get_split_parameters()["random_seed"], split_by_id(splitter)

    def check_unsettled(self, folder: Path, whole: list[Any]) -> None:
        """The host takes what it finds beside a split_parameters."""
        if (folder / "split_parameters_only_warm_users_user_wise.zip").exists():
            copy = folder.with_name("copy_for_the_host")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy, ignore=lambda _, names: [name for name in names if name.startswith(".")])
            assert self.look(copy) in whole


class SavedModel(Saving):
    """A model."""

    def __init__(self) -> None:
        from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

        self.make = MatrixFactorization_PyTorch
        self.recommenders = {}
        self.URM = Dataset(URM_dictionary={"URM_all": some_dataset(0, 500, 200).get_URM_all()}).get_URM_all()
        for generation in (0, 1):
            self.recommenders[generation] = self.make(self.URM, verbose=False)
            self.recommenders[generation].fit(epochs=1, num_factors=50, random_seed=generation, engine="fused")

    def save(self, folder: Path, generation: int) -> None:
        self.recommenders[generation].save_model(folder)

    def look(self, folder: Path) -> Any:
        recommender = self.make(self.URM, verbose=False)
        recommender.load_model(folder)
        assert recommender.USER_factors is not None and recommender.ITEM_factors is not None
        return recommender.USER_factors.tolist(), recommender.ITEM_factors.tolist()


class SavedDataset(Saving):
    """A data set, by `Dataset.save_data`."""

    def __init__(self) -> None:
        self.stage = Stage(Path("unused"), 4_000)

    def save(self, folder: Path, generation: int) -> None:
        self.stage.datasets[generation + 1].save_data(folder)

    def look(self, folder: Path) -> int:
        dataset = Dataset()
        dataset.load_data(folder)
        generation = int(dataset.get_URM_all().data[0])
        self.stage.check(dataset, generation)
        return generation


class Cache(Saving):
    """What a reader keeps."""

    def save(self, folder: Path, generation: int) -> None:
        self.stage(folder).build(generation + 1)

    def stage(self, folder: Path) -> Stage:
        return Stage(folder, 100_000)

    def look(self, folder: Path) -> int:
        return self.stage(folder).load((1, 2))


class ExportedSplit(Saving):
    """A split as csv, which other programs read."""

    def __init__(self) -> None:
        self.splitters = {}
        for generation in (0, 1):
            dataset = some_dataset(generation, 300, 100)
            self.splitters[generation] = DataSplitter_Holdout(
                MemoryReader(dataset), random_seed=generation, verbose=False
            )
            self.splitters[generation].load_data(False)

    def save(self, folder: Path, generation: int) -> None:
        self.splitters[generation].export_split(folder)

    def look(self, folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}

    def settle(self, folder: Path) -> None:
        files = FileGroup(folder, "test.csv", ["train.csv", "validation.csv", "test.csv"])
        with files.locked():
            files.finish()

    def check_unsettled(self, folder: Path, whole: list[Any]) -> None:
        seen = self.look(folder)
        assert any(all(files[name] == content for name, content in seen.items()) for files in whole)


SAVINGS: dict[str, Callable[[], Saving]] = {
    "main job": MainJob,
    "split": SavedSplit,
    "model": SavedModel,
    "data set": SavedDataset,
    "cache": Cache,
    "export": ExportedSplit,
}


def n_operations_of(work: Callable[[], object], folder: Path) -> int:
    """How often a process that does the work makes, flushes, renames or deletes something below the folder."""
    told, tell = os.pipe()

    def counted() -> None:
        watch_operations(folder, OPERATIONS, lambda: os.write(tell, b"!"))
        work()

    assert ended(forked(counted)) == 0
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        return len(file.read())


def forked_and_killed(work: Callable[[], object], folder: Path, rng: random.Random, seconds: float, n: int) -> bool:
    """Do the work in a process that is to be killed at a random time, or before one of n operations; whether it was."""
    if rng.random() < 0.5:
        child = forked(work)
        time.sleep(rng.uniform(0, 1.2 * seconds))
        os.kill(child, signal.SIGKILL)
    else:
        happens = nth_time_and_later(rng.randint(1, n), kill_myself, once=True)

        def watched() -> None:
            watch_operations(folder, OPERATIONS, happens)
            work()

        child = forked(watched)
    status = ended(child)
    assert status in (0, -signal.SIGKILL), status
    return status != 0


def kill_at_random(saving: Saving, folder: Path, n_kills: int, seed: int = 0) -> dict[str, int]:
    """Counts of what was found after kills of processes that replaced the old generation by the new one."""
    whole, seconds = [], 0.0
    for generation in (0, 1):
        began = time.perf_counter()
        saving.save(folder / "whole", generation)
        seconds = time.perf_counter() - began
        whole.append(saving.look(folder / "whole"))
    assert whole[0] != whole[1]
    place = folder / "killed"
    saving.save(place, 0)
    n_operations = n_operations_of(lambda: saving.save(place, 1), place)
    rng = random.Random(seed)
    counts = {"milliseconds": round(1000 * seconds), "operations": n_operations}
    counts |= dict.fromkeys(("killed", "old", "new", "on the way"), 0)
    while counts["killed"] < n_kills:
        saving.save(place, 0)
        if not forked_and_killed(lambda: saving.save(place, 1), place, rng, seconds, n_operations):
            continue
        counts["killed"] += 1
        counts["on the way"] += any(path.suffix in (".new", ".arriving") for path in place.iterdir())
        saving.check_unsettled(place, whole)
        saving.settle(place)
        left = saving.look(place)
        assert left in whole, f"a mixture, or nothing, after {counts}"
        counts["old" if left == whole[0] else "new"] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=list(SAVINGS), help=f"of {', '.join(SAVINGS)} (default: all)")
    parser.add_argument("--kills", type=int, default=200, help="of each (default: 200)")
    arguments = parser.parse_args()
    os.fsync = lambda descriptor: None  # type: ignore[assignment] # a killed process loses nothing of what it has written
    warnings.simplefilter("error")
    for what in arguments.what:
        with tempfile.TemporaryDirectory() as folder:
            counts = kill_at_random(SAVINGS[what](), Path(folder), arguments.kills)
        print(json.dumps({"what": what, **counts, "mixtures": 0, "lost": 0}), flush=True)


if __name__ == "__main__":
    main()
