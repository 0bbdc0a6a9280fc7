"""Speed and memory of reading and splitting data: MovieLens 10M from its zip and from the cache, and Parquet files.

    python benchmarks/data_speed.py --data-folder FOLDER [--parquet-folder FOLDER] [--parts first ...]

FOLDER has ml-10m.zip, which is only read. Every reading has a process of its own, and the system's file cache is warm.
The seconds of imports are not counted; the figure "with the imports" counts those of nltk and scikit-learn, which a
first reading needs for the tags. What is compared takes turns, so that a change of the machine's speed affects all of
it alike. Figures are medians. The Parquet files (about 1 GB for 100 million interactions) are written to the Parquet
folder if it is empty; without that option, to a temporary folder.
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from measuring import describe, memory_of_this_process, seconds_of
from parquet_interactions import write_parquet_folder
from pyarrow import csv

from Data_manager.interactions_reader import InteractionsReader
from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_validation_global_time import split_train_in_two_global_time
from Data_manager.split_functions.split_train_validation_leave_k_out import split_train_leave_k_out_user_wise
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
    split_train_in_two_percentage_user_wise,
)

ZIP = "ml-10m.zip"
RATINGS = "ml-10M100K/ratings.dat"
TURNS = 5


def in_own_process(task: str, folder: Path) -> dict[str, float]:
    """Return the seconds and the peak memory of one of `TASKS`."""
    command = [sys.executable, __file__, "--task", task, "--data-folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def load_with_imports(folder: Path) -> None:
    get_reader("ml-10m", folder, verbose=False).load_data()


def load(folder: Path) -> None:
    load_with_imports(folder)


def bare(folder: Path) -> None:
    """Unpack the ratings and parse them, which every reader has to do."""
    with tempfile.TemporaryDirectory(dir=folder) as name, zipfile.ZipFile(folder / ZIP) as archive:
        path = archive.extract(RATINGS, name)
        wanted = {"f0": pa.int64(), "f2": pa.int64(), "f4": pa.float64(), "f6": pa.int64()}
        csv.read_csv(
            path,
            csv.ReadOptions(column_names=[f"f{k}" for k in range(7)]),
            csv.ParseOptions(delimiter=":", quote_char=False),
            csv.ConvertOptions(include_columns=list(wanted), column_types=wanted),
        )


def pandas_python_engine(folder: Path) -> None:
    """Read the ratings in the usual way for files with "::"."""
    with zipfile.ZipFile(folder / ZIP) as archive, archive.open(RATINGS) as file:
        pd.read_csv(file, sep="::", engine="python", names=["user", "item", "rating", "timestamp"])


def parquet(folder: Path) -> None:
    InteractionsReader(folder, columns=("user", "item"), verbose=False).load_data(save_folder_path=False)


TASKS = {task.__name__: task for task in (load, load_with_imports, bare, pandas_python_engine, parquet)}


def link_zip(options: argparse.Namespace, folder: Path) -> None:
    (folder / ZIP).symlink_to((options.data_folder / ZIP).resolve())


def first(options: argparse.Namespace) -> None:
    ours, with_imports, theirs, memory = [], [], [], []
    for _ in range(TURNS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            link_zip(options, folder)
            theirs.append(in_own_process("bare", folder)["seconds"])
            for task, seconds in (("load", ours), ("load_with_imports", with_imports)):
                shutil.rmtree(folder / "Movielens10M", ignore_errors=True)
                result = in_own_process(task, folder)
                seconds.append(result["seconds"])
                memory.append(result["peak MiB"])
    print(f"zip -> verified Dataset of all matrices, saved   {describe(ours)}")
    print(f"the same with the imports                        {describe(with_imports)}")
    print(f"unzip and pyarrow.csv.read_csv of the ratings    {describe(theirs)}")
    ratios = (statistics.median(seconds) / statistics.median(theirs) for seconds in (ours, with_imports))
    print("  -> {:.2f} times, {:.2f} with the imports; ".format(*ratios) + f"peak memory {max(memory):.0f} MiB")


def python_engine(options: argparse.Namespace) -> None:
    theirs = in_own_process("pandas_python_engine", options.data_folder)["seconds"]
    with tempfile.TemporaryDirectory() as name:
        link_zip(options, Path(name))
        ours = in_own_process("load", Path(name))["seconds"]
    print(f"pandas, engine='python', ratings alone {theirs:.1f} s; our Dataset {ours:.2f} s")
    print(f"  -> {theirs / ours:.1f} times as fast")


def cached(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        link_zip(options, folder)
        in_own_process("load", folder)
        results = [in_own_process("load", folder) for _ in range(2 * TURNS)]
    print(f"from the cache {describe([result['seconds'] for result in results])}, "
          f"peak memory {max(result['peak MiB'] for result in results):.0f} MiB")  # fmt: skip


def splits(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        link_zip(options, Path(name))
        dataset = get_reader("ml-10m", name, verbose=False).load_data(save_folder_path=False)
    URM, times = dataset.get_URM_all(), dataset.get_URM_from_name("URM_timestamp")
    work: dict[str, Callable[[], Any]] = {
        "global sample": lambda: split_train_in_two_percentage_global_sample(URM, 0.8, random_seed=1, verbose=False),
        "user wise": lambda: split_train_in_two_percentage_user_wise(URM, 0.8, random_seed=1),
        "leave the last out": lambda: split_train_leave_k_out_user_wise(
            URM, 1, use_validation_set=False, leave_random_out=False, URM_timestamp=times
        ),
        "global time": lambda: split_train_in_two_global_time(URM, times, 0.8, verbose=False),
    }
    for name, split in work.items():
        print(f"{name:20s}{describe(seconds_of(split, TURNS))}")


def parquet_folder(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = options.parquet_folder or Path(name)
        if not folder.is_dir() or not any(folder.iterdir()):
            write_parquet_folder(folder, options.parquet_interactions)
        result = in_own_process("parquet", folder)
        print(f"Parquet folder of {options.parquet_interactions:,d} interactions -> Dataset: "
              f"{result['seconds']:.1f} s, peak memory {result['peak MiB'] / 1024:.1f} GiB")  # fmt: skip


PARTS = {part.__name__: part for part in (first, python_engine, cached, splits, parquet_folder)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path, required=True)
    parser.add_argument("--parquet-folder", type=Path)
    parser.add_argument("--parquet-interactions", type=int, default=100_000_000)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        if options.task == "load":
            importlib.import_module("nltk.stem.porter")
            importlib.import_module("sklearn.feature_extraction.text")
        (seconds,) = seconds_of(lambda: TASKS[options.task](options.data_folder))
        print(json.dumps({"seconds": seconds, "peak MiB": memory_of_this_process("VmHWM")}))
        return

    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}, "
          f"pandas {pd.__version__}, pyarrow {pa.__version__}")  # fmt: skip
    for part in options.parts:
        print(f"\n== {part}", flush=True)
        PARTS[part](options)


if __name__ == "__main__":
    main()
