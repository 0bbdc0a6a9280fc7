"""Training speed on ratings of MovieLens 10M's shape, beside the course notebook's loop and other libraries.

    python benchmarks/training_speed.py --data-folder FOLDER [--libraries PYTHON] [--parts notebook threads ...]

FOLDER has ml-10m.zip; 80 % of its ratings are for training. PYTHON is the interpreter of an environment that has LIBMF
(built with CXXFLAGS="-O3 -DUSEAVX -mavx"), cornac and scikit-surprise; without it, their rows are left out. What is
compared takes turns, so that a change of the machine's speed affects all of it alike; medians are over the epochs of
all turns. An epoch is one of `fit`, shuffle included, with 10 factors, batches of 200, Adagrad and no regularisation
unless a line says otherwise, which is the notebook's arithmetic.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sps
import torch
from measuring import describe, forget_memory_peak, memory_of_this_process, ratio
from notebook_loop import seconds_of_a_batch

from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
)
from Recommenders.MatrixFactorization.PyTorch._epochs.shuffled_epochs import ShuffledEpochs
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

NOTEBOOK = {"num_factors": 10, "batch_size": 200, "learning_rate": 0.01, "use_bias": False, "user_reg": 0.0,
            "item_reg": 0.0, "bias_reg": 0.0, "random_seed": 1}  # fmt: skip
LIBRARY_EPOCHS = 25

# settings that are tried on a validation part of the training ratings, for the time to a given test error
ADAGRAD = {
    "sgd_mode": "adagrad",
    "use_bias": True,
    "init_std_dev": 0.1,
    "bias_reg": 0.01,
    "random_seed": 1,
    "activation": "identity",
}
CANDIDATES = [
    {**ADAGRAD, "num_factors": num_factors, "batch_size": batch_size, "learning_rate": learning_rate,
     "user_reg": reg, "item_reg": reg}
    for num_factors, batch_size, learning_rate, reg in [
        (8, 200, 0.1, 0.01), (8, 200, 0.08, 0.01), (10, 200, 0.1, 0.01), (8, 20_000, 0.1, 0.025),
        (9, 20_000, 0.1, 0.03), (10, 20_000, 0.1, 0.03),
    ]
]  # fmt: skip


class TimedRecommender(MatrixFactorization_PyTorch):
    """A recommender that records the seconds of every epoch and, if it has test ratings, the error after it."""

    test: sps.coo_matrix | None = None

    def _run_epoch(self, num_epoch: int) -> dict[str, float]:
        start = time.perf_counter()
        report = super()._run_epoch(num_epoch)
        self.seconds = [*self.__dict__.get("seconds", []), time.perf_counter() - start]
        if self.test is not None:
            self._prepare_model_for_validation()
            self.errors = [*self.__dict__.get("errors", []), rmse(self, self.test)]
        return report


def rmse(recommender: MatrixFactorization_PyTorch, test: sps.coo_matrix) -> float:
    errors = recommender.predict(test.row, test.col, clip=True) - test.data
    return float(np.sqrt(np.mean(errors.astype(np.float64) ** 2)))


def trained(URM: sps.csr_matrix, epochs: int, test: sps.coo_matrix | None = None, **settings: Any) -> TimedRecommender:
    recommender = TimedRecommender(URM, verbose=False)
    recommender.test = test
    return recommender.fit(**{**NOTEBOOK, "epochs": epochs, "num_threads": 1, **settings})


def notebook(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    settings = {name: NOTEBOOK[name] for name in ("num_factors", "batch_size", "learning_rate")}
    ours, loops = [], {1: [], 2: []}
    for _ in range(3):
        ours += trained(URM, 5).seconds
        for threads, seconds in loops.items():
            batch = seconds_of_a_batch(URM, 500, threads=threads, **settings)
            seconds.append(batch * URM.nnz / settings["batch_size"])
    print(f"epoch, fused engine, 1 thread             {describe(ours)}")
    for threads, seconds in loops.items():
        print(f"epoch, notebook's loop, {threads} torch thread(s)  {describe(seconds)}   from 3 x 500 batches")
    faster = min(statistics.median(seconds) for seconds in loops.values())
    print(f"  -> {faster / statistics.median(ours):.0f} times as fast as the notebook's loop")


def threads(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    one, two = [], []
    for _ in range(3):
        single, double = trained(URM, 7), trained(URM, 7, num_threads=2)
        one += single.seconds
        two += double.seconds
        for name in ("USER_factors", "ITEM_factors", "GLOBAL_bias"):
            np.testing.assert_array_equal(getattr(single, name), getattr(double, name))
    print(f"epoch, 1 thread   {describe(one)}")
    print(f"epoch, 2 threads  {describe(two)}   equal bits")
    print(f"  -> {ratio(one, two):.2f} times as fast with 2 threads")


def shuffle(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    whole = trained(URM, 7).seconds
    epochs = ShuffledEpochs(URM.astype(np.float32), 1, ahead=False)
    seconds = []
    for epoch in range(1, 8):
        start = time.perf_counter()
        epochs.records(epoch)
        seconds.append(time.perf_counter() - start)
    print(f"shuffle of an epoch  {describe(seconds)}")
    print(f"  -> {100 * ratio(seconds, whole):.0f} % of the epoch")


def run_library(options: argparse.Namespace, name: str, folder: Path, *arguments: str) -> dict[str, Any]:
    script = Path(__file__).with_name("other_libraries.py")
    command = [options.libraries, script, name, folder / "train.npz", folder / "test.npz", *arguments]
    output = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def libmf(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    ours, iterations = [], []
    for _ in range(3):
        ours += trained(URM, 5).seconds
        few, many = (
            run_library(options, "libmf", options.folder, "--factors", "10", "--epochs", str(n)) for n in (5, 25)
        )
        iterations.append((many["seconds"] - few["seconds"]) / 20)
    print(f"epoch, fused engine, 1 thread      {describe(ours)}")
    print(f"iteration, LIBMF, 1 thread, k = 10 {describe(iterations)}   means over 20 iterations")
    print(f"  -> {ratio(ours, iterations):.2f} of LIBMF's time")


def factors(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    seconds: dict[int, list[float]] = {10: [], 64: [], 128: []}
    for _ in range(2):
        for num_factors, values in seconds.items():
            values += trained(URM, 4, num_factors=num_factors).seconds
    for num_factors, values in seconds.items():
        print(f"epoch, {num_factors:3d} factors  {describe(values)}   "
              f"{1000 * statistics.median(values) / num_factors:.2f} ms per factor")  # fmt: skip


def ten_times(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    file, drawn = options.all.tocsr(), draw_ratings(100_000_000, 480_000, 17_770)
    small = trained(file, 5).seconds
    large = trained(drawn, 5).seconds
    small += trained(file, 5).seconds
    for name, matrix, seconds in (("the whole file", file, small), ("drawn", drawn, large)):
        users, items = matrix.shape
        print(f"epoch, {matrix.nnz:,d} ratings ({name}), {users:,d} x {items:,d}  {describe(seconds)}")
    print(f"  -> {ratio(large, small):.1f} times the epoch, "
          f"{drawn.nnz / file.nnz:.1f} times the ratings")  # fmt: skip


def draw_ratings(n_ratings: int, n_users: int, n_items: int) -> sps.csr_matrix:
    """Draw ratings in half stars; both the users' and the items' numbers of ratings have a long tail."""
    rng = np.random.default_rng(0)
    activity = rng.lognormal(0.0, 1.1, n_users)
    popularity = np.cumsum(1.0 / (np.arange(n_items) + 60.0) ** 1.25)
    # more than are needed, because some pairs are drawn more than once
    lengths = np.minimum(1 + activity / activity.sum() * n_ratings * 1.4, n_items // 2).astype(np.int64)
    pairs = np.searchsorted(popularity, rng.random(lengths.sum(), dtype=np.float32) * popularity[-1])
    pairs += np.repeat(np.arange(n_users) * n_items, lengths)
    pairs = np.unique(pairs)
    pairs = pairs[rng.random(len(pairs)) < n_ratings / len(pairs)]
    ratings = rng.integers(1, 11, len(pairs), dtype=np.int8).astype(np.float32) / 2
    return sps.csr_matrix((ratings, (pairs // n_items, pairs % n_items)), shape=(n_users, n_items))


def memory(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    for n_threads in (1, 2):
        command = [sys.executable, __file__, "--probe-memory", str(options.folder / "train.npz"), str(n_threads)]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def probe_memory(train_file: str, n_threads: int) -> None:
    """Print how far the memory rises during `fit`, in a process of its own."""
    recommender = MatrixFactorization_PyTorch(sps.load_npz(train_file), verbose=False)
    resident = memory_of_this_process("VmRSS")
    forget_memory_peak()
    recommender.fit(**NOTEBOOK, epochs=3, num_threads=n_threads)
    parameters = (recommender.USER_factors.nbytes + recommender.ITEM_factors.nbytes) >> 20
    rise = memory_of_this_process("VmHWM") - resident - parameters
    print(f"memory of fit beyond URM_train and the parameters, {n_threads} thread(s): {rise} MiB")


def time_to_error(URM: sps.csr_matrix, options: argparse.Namespace) -> None:
    setting = choose_setting(URM)
    ours = trained(URM, 20, options.test, **setting)
    # the other libraries' seconds are of a whole fit; so are ours, without the evaluations after the epochs
    outside = whole_fit_seconds(URM, setting) - statistics.median(ours.seconds)
    elapsed = outside + np.cumsum(ours.seconds)
    print(f"chosen on a validation part: {setting}")
    print("  test RMSE by epoch: " + " ".join(f"{error:.4f}" for error in ours.errors))
    for name in ("libmf", "cornac", "surprise"):
        theirs = run_library(options, name, options.folder, "--epochs", str(LIBRARY_EPOCHS))
        reached = [second for second, error in zip(elapsed, ours.errors) if error <= theirs["rmse"]]
        answer = f"ours {reached[0]:.2f} s, {reached[0] / theirs['seconds']:.2f} of it" if reached else "not reached"
        print(f"{name} {theirs['version']}: test RMSE {theirs['rmse']:.4f} in {theirs['seconds']:.2f} s; {answer}")


def whole_fit_seconds(URM: sps.csr_matrix, setting: dict[str, Any]) -> float:
    """Return the seconds of a `fit` of one epoch: starting values, buffers, the epoch, and the factors."""
    recommender = MatrixFactorization_PyTorch(URM, verbose=False)
    start = time.perf_counter()
    recommender.fit(**{**NOTEBOOK, **setting, "epochs": 1, "num_threads": 1})
    return time.perf_counter() - start


def choose_setting(URM: sps.csr_matrix) -> dict[str, Any]:
    """Return the candidate with the smallest validation error at its best epoch, averaged over two splits and seeds."""
    errors = np.zeros(len(CANDIDATES))
    for seed in (1, 2):
        train, validation = split_train_in_two_percentage_global_sample(URM, 0.9, random_seed=seed, verbose=False)
        for number, candidate in enumerate(CANDIDATES):
            errors[number] += min(trained(train, 8, validation.tocoo(), **{**candidate, "random_seed": seed}).errors)
    return CANDIDATES[int(errors.argmin())]


PARTS = {"notebook": notebook, "threads": threads, "shuffle": shuffle, "factors": factors, "ten_times": ten_times,
         "memory": memory, "libmf": libmf, "time_to_error": time_to_error}  # fmt: skip
OF_LIBRARIES = ("libmf", "time_to_error")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder")
    parser.add_argument("--libraries", metavar="PYTHON")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--probe-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe_memory:
        probe_memory(options.probe_memory[0], int(options.probe_memory[1]))
        return

    URM_all = get_reader("ml-10m", data_folder=options.data_folder, verbose=False).load_data().get_URM_all()
    URM_train, URM_test = split_train_in_two_percentage_global_sample(URM_all, 0.8, random_seed=42, verbose=False)
    options.all, options.test = URM_all, URM_test.tocoo()
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, Python {platform.python_version()}, "
          f"torch {torch.__version__}, numpy {np.__version__}; {URM_train.nnz:,d} training ratings")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        options.folder = Path(folder)
        for name, URM in (("train", URM_train), ("test", URM_test)):
            sps.save_npz(options.folder / f"{name}.npz", URM.tocsr(), compressed=False)
        for part in options.parts:
            print(f"\n== {part}", flush=True)
            if part in OF_LIBRARIES and options.libraries is None:
                print("left out: --libraries names no environment")
            else:
                PARTS[part](URM_train, options)


if __name__ == "__main__":
    main()
