"""Speed of this version of the project beside an older one: the ratio of their times, task by task.

    python benchmarks/two_versions.py --old CHECKOUT --data-folder FOLDER [--rounds 11] [--tasks epoch evaluation ...]

FOLDER has ml-10m.zip, which is only read. Both checkouts need their kernels built in place (`python setup.py build_ext
--inplace`). Each version has a process of its own, which holds its data. The two take turns, and the first of a round
alternates, so that a change of the machine's speed affects both alike. A figure is the median over the rounds of
new / old.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

NEW = Path(__file__).resolve().parents[1]
TURNS_BEFORE = 1  # of every task, not counted, because the first call prepares what later calls use
SETTINGS = {"num_factors": 10, "batch_size": 200, "random_seed": 1, "num_threads": 1}


class Tasks:
    """The tasks that are timed: public methods without arguments."""

    def __init__(self, folder: Path) -> None:
        # imported here, because the parent process chooses the version by the path
        from Data_manager.reader_list import get_reader

        self.folder = folder
        self.reader = get_reader("ml-10m", folder, verbose=False)
        self.URM_all = self.reader.load_data().get_URM_all()
        self.train, self.test = self.split_global_sample()

    @cached_property
    def model(self) -> Any:
        return self.recommender().fit(epochs=3, **SETTINGS)

    @cached_property
    def evaluator(self) -> Any:
        from Evaluation.Evaluator import EvaluatorHoldout

        return EvaluatorHoldout(self.test, [5, 10, 20], verbose=False, num_threads=2)

    @cached_property
    def sampled_evaluator(self) -> Any:
        from Evaluation.Evaluator import EvaluatorNegativeItemSample

        return EvaluatorNegativeItemSample(self.test, self.negatives(), [5, 10, 20], verbose=False, num_threads=2)

    @cached_property
    def similarity(self) -> Any:
        from Recommenders.BaseSimilarityMatrixRecommender import BaseItemSimilarityMatrixRecommender
        from Recommenders.Recommender_utils import check_matrix, similarityMatrixTopK

        recommender = BaseItemSimilarityMatrixRecommender(self.train, verbose=False)
        columns = check_matrix(self.train, "csc")[:5000]
        recommender.W_sparse = similarityMatrixTopK(columns.T @ columns, 100)
        return recommender

    def recommender(self) -> Any:
        from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

        return MatrixFactorization_PyTorch(self.train, verbose=False)

    def construction(self) -> None:
        self.recommender()

    def epochs_fused(self) -> None:
        self.recommender().fit(epochs=3, **SETTINGS)

    def epochs_fused_64(self) -> None:
        self.recommender().fit(epochs=1, **SETTINGS | {"num_factors": 64, "sgd_mode": "adam"})

    def epoch_torch(self) -> None:
        self.recommender().fit(epochs=1, engine="torch", **SETTINGS | {"batch_size": 20_000})

    def epochs_validated(self) -> None:
        self.recommender().fit(
            epochs=5, evaluator_object=self.evaluator, validation_metric="NDCG", validation_every_n=1, **SETTINGS
        )

    def evaluation(self) -> None:
        for _ in range(10):
            self.evaluator.evaluateRecommender(self.model)

    def evaluation_first(self) -> None:
        self.__dict__.pop("evaluator", None)
        self.evaluator.evaluateRecommender(self.model)

    def evaluation_similarity(self) -> None:
        self.evaluator.evaluateRecommender(self.similarity)

    def evaluation_sampled(self) -> None:
        self.sampled_evaluator.evaluateRecommender(self.model)

    def evaluation_of_ratings(self) -> None:
        from Evaluation.rating_prediction import EvaluatorRatingPrediction

        EvaluatorRatingPrediction(self.test, verbose=False).evaluateRecommender(self.model)

    def negatives(self) -> Any:
        from Evaluation.negative_items import sample_negative_items

        return sample_negative_items(self.train, self.test, 99, random_seed=1)

    def recommend_one_by_one(self) -> None:
        for user in range(min(1000, self.train.shape[0])):
            self.model.recommend(user, cutoff=10)

    def recommend_all(self) -> None:
        self.model.recommend(range(self.train.shape[0]), cutoff=10)

    def significance(self) -> None:
        from Evaluation.significance import compare_per_user

        frames = {"one": self.model, "other": self.similarity}
        frames = {name: self.evaluator.evaluateRecommender(m, return_per_user=True)[2] for name, m in frames.items()}
        compare_per_user(frames, "NDCG", 10, n_resamples=999)

    def model_saved_and_loaded(self) -> None:
        for _ in range(10):
            self.model.save_model(self.folder / "models", "model")
            self.recommender_loaded.load_model(self.folder / "models", "model")

    @cached_property
    def recommender_loaded(self) -> Any:
        return self.recommender()

    def data_from_zip(self) -> None:
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name.startswith("Movielens"):
                shutil.rmtree(folder)
        self.reader.load_data()

    def data_from_cache(self) -> None:
        self.reader.load_data()

    def split_global_sample(self) -> Any:
        from Data_manager.split_functions.split_train_validation_random_holdout import (
            split_train_in_two_percentage_global_sample,
        )

        return split_train_in_two_percentage_global_sample(self.URM_all, 0.8, random_seed=1, verbose=False)

    def split_user_wise(self) -> None:
        from Data_manager.split_functions.split_train_validation_random_holdout import (
            split_train_in_two_percentage_user_wise,
        )

        split_train_in_two_percentage_user_wise(self.URM_all, 0.8, random_seed=1)

    def split_saved(self) -> None:
        self._splitter(force_new_split=True).load_data(self.folder / "split")

    def split_loaded(self) -> None:
        self._splitter().load_data(self.folder / "split")

    def _splitter(self, **arguments: Any) -> Any:
        from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout

        return DataSplitter_Holdout(self.reader, random_seed=1, verbose=False, **arguments)


def task_names() -> list[str]:
    return [
        name
        for name, value in vars(Tasks).items()
        if not name.startswith("_") and callable(value) and name != "recommender"
    ]


def work(folder: Path) -> None:
    """Time the tasks that the standard input names, and write the seconds of each to the standard output."""
    tasks = Tasks(folder)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a task prints is not an answer, so it goes to the error stream
    for line in sys.stdin:
        task: Callable[[], Any] = getattr(tasks, line.strip())
        start = time.perf_counter()
        task()
        print(time.perf_counter() - start, file=answers, flush=True)


class Version:
    """A process that runs the tasks of one checkout."""

    def __init__(self, checkout: Path, data_folder: Path, folder: Path) -> None:
        folder.mkdir()
        shutil.copy(data_folder / "ml-10m.zip", folder)
        environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--worker", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder,
        )  # fmt: skip

    def close(self) -> None:
        self._process.communicate()

    def seconds_of(self, task: str) -> float:
        print(task, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())  # type: ignore[union-attr]


def compare(task: str, versions: list[Version], rounds: int) -> None:
    seconds: list[list[float]] = [[], []]
    for turn in range(TURNS_BEFORE + rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            seconds[which].append(versions[which].seconds_of(task))
    old, new = (values[TURNS_BEFORE:] for values in seconds)
    ratios = [b / a for a, b in zip(old, new)]
    print(
        f"{task:24s} old {statistics.median(old):8.4f} s  new {statistics.median(new):8.4f} s  "
        f"new/old {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, metavar="CHECKOUT", help="the older version")
    parser.add_argument("--new", type=Path, metavar="CHECKOUT", default=NEW, help="default: that of this script")
    parser.add_argument("--data-folder", type=Path, help="the folder with ml-10m.zip")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--tasks", nargs="+", choices=task_names(), default=task_names())
    parser.add_argument("--worker", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        work(options.worker)
        return

    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        versions = [
            Version(checkout, options.data_folder, Path(name) / kind)
            for kind, checkout in (("old", options.old), ("new", options.new))
        ]
        for task in options.tasks:
            compare(task, versions, options.rounds)
        for version in versions:
            version.close()


if __name__ == "__main__":
    main()
