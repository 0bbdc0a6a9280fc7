"""Speed and memory of the evaluator on ratings of MovieLens 10M's shape, beside other evaluators.

    python benchmarks/evaluation_speed.py --data-folder FOLDER [--implicit PYTHON] [--parts per_user implicit ...]

FOLDER has ml-10m.zip. 80 % of its ratings are for training, the others for testing. The model has 10 factors and is
trained with the defaults. All historical metrics are computed at the cutoffs 5, 10 and 20, with 2 threads unless a line
says otherwise. PYTHON is the interpreter of an environment that has implicit; without it, its rows are left out. What
is compared takes turns, so that a change of the machine's speed affects all of it alike. Figures are medians.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps
from measuring import describe, forget_memory_peak, memory_of_this_process, ratio, seconds_of
from per_user_evaluator import PerUserEvaluator

from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
)
from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample
from Evaluation.negative_items import sample_negative_items
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.BaseSimilarityMatrixRecommender import BaseItemSimilarityMatrixRecommender
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

CUTOFFS = [5, 10, 20]
SAMPLED_USERS = 10_000
TURNS = 5


class Data:
    """The split and the trained model."""

    def __init__(self, data_folder: Path) -> None:
        URM_all = get_reader("ml-10m", data_folder).load_data().get_URM_all()
        self.train, self.test = split_train_in_two_percentage_global_sample(URM_all, 0.8, random_seed=1)
        self.model = MatrixFactorization_PyTorch(self.train, verbose=False).fit(num_factors=10, random_seed=1)
        self.users = np.flatnonzero(np.diff(self.test.indptr))


def evaluator(test: sps.csr_matrix, num_threads: int = 2, **arguments: Any) -> EvaluatorHoldout:
    return EvaluatorHoldout(test, CUTOFFS, verbose=False, num_threads=num_threads, **arguments)


def per_user(data: Data, options: argparse.Namespace) -> None:
    ours, single = evaluator(data.test), evaluator(data.test, num_threads=1)
    first = seconds_of(lambda: ours.evaluateRecommender(data.model))
    single.evaluateRecommender(data.model)
    plain = PerUserEvaluator(data.test, data.train, CUTOFFS)
    some = np.random.default_rng(0).permutation(data.users)[:SAMPLED_USERS]
    one, two, theirs = [], [], []
    for _ in range(TURNS):
        # one thread first: the threads that BLAS started for the plain evaluator are still busy waiting
        one += seconds_of(lambda: single.evaluateRecommender(data.model), 4)
        two += seconds_of(lambda: ours.evaluateRecommender(data.model), 4)
        theirs += [s * len(data.users) / SAMPLED_USERS for s in seconds_of(lambda: plain.evaluate(data.model, some))]
    print(f"all metrics of {len(data.users):,d} users, 2 threads  {describe(two)}   the first time {first[0]:.3f} s")
    print(f"                                    1 thread   {describe(one)}")
    print(f"user by user, {len(data.users) / statistics.median(theirs):,.0f} users a second      {describe(theirs)}   "
          f"from {SAMPLED_USERS:,d} users")  # fmt: skip
    print(f"  -> {ratio(theirs, two):.0f} times as fast as user by user")


def other_models(data: Data, options: argparse.Namespace) -> None:
    """Evaluate models without biases, of which fewer items can be skipped."""
    ours, rng = evaluator(data.test), np.random.default_rng(0)
    models = {"trained without biases, 10 factors": {"num_factors": 10}, "64 factors": {"num_factors": 64}}
    for name, settings in models.items():
        model = MatrixFactorization_PyTorch(data.train, verbose=False)
        model.fit(use_bias=False, epochs=5, random_seed=1, **settings)
        print(f"{name:36s}{describe(seconds_of(partial(ours.evaluateRecommender, model), TURNS))}")
    drawn = BaseMatrixFactorizationRecommender(data.train, verbose=False)
    drawn.USER_factors, drawn.ITEM_factors = (equal_factors(rng, n, 10) for n in data.train.shape)
    print(f"{'drawn at random, 10 factors':36s}{describe(seconds_of(partial(ours.evaluateRecommender, drawn), TURNS))}")


def implicit(data: Data, options: argparse.Namespace) -> None:
    if options.implicit is None:
        return
    ours, theirs, result = evaluator(data.test), {1: [], 2: []}, {}
    seconds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sps.save_npz(folder / "train.npz", data.train, compressed=False)
        sps.save_npz(folder / "test.npz", data.test, compressed=False)
        # implicit's model has no biases: the items' become one more factor, and the users' do not change a ranking
        ones = np.ones((data.model.n_users, 1), dtype=np.float32)
        np.save(folder / "users.npy", np.hstack([data.model.USER_factors, ones]))
        np.save(folder / "items.npy", np.hstack([data.model.ITEM_factors, data.model.ITEM_bias[:, np.newaxis]]))
        for _ in range(3):
            seconds += seconds_of(lambda: ours.evaluateRecommender(data.model), 4)
            for threads, of_threads in theirs.items():
                script = Path(__file__).with_name("implicit_evaluation.py")
                command = [options.implicit, script, folder, "--threads", threads, "--repeats", 2]
                done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
                result = json.loads(done.stdout.splitlines()[-1])
                of_threads += result["seconds"]
    print(f"all metrics, 3 cutoffs, 2 threads                        {describe(seconds)}")
    for threads, of_threads in theirs.items():
        print(f"implicit {result['version']}, 4 metrics at 20, num_threads = {threads}     {describe(of_threads)}")
    faster = min(theirs.values(), key=statistics.median)
    print(f"  -> {ratio(seconds, faster):.4f} of the faster one's time")


def similarity(data: Data, options: argparse.Namespace) -> None:
    recommender = random_similarity(data.train)
    ours, lists, whole = evaluator(data.test), [], []
    for _ in range(TURNS):
        lists += seconds_of(lambda: recommender.recommend(data.users, cutoff=max(CUTOFFS)))
        whole += seconds_of(lambda: ours.evaluateRecommender(recommender))
    print(f"recommend() alone, 100 neighbours an item {describe(lists)}")
    print(f"evaluation                                {describe(whole)}")
    print(f"  -> {ratio(whole, lists):.2f} of recommend()'s time")


def random_similarity(URM: sps.csr_matrix) -> BaseItemSimilarityMatrixRecommender:
    """Return an item-item matrix like that of ItemKNN: 100 neighbours for each item, popular ones more often."""
    rng = np.random.default_rng(0)
    n_items = URM.shape[1]
    popularity = np.bincount(URM.indices, minlength=n_items) + 1.0
    columns = [rng.choice(n_items, 100, replace=False, p=popularity / popularity.sum()) for _ in range(n_items)]
    values = rng.random(100 * n_items, dtype=np.float32)
    recommender = BaseItemSimilarityMatrixRecommender(URM, verbose=False)
    W = sps.csr_matrix((values, np.concatenate(columns), np.arange(0, values.size + 1, 100)), shape=(n_items, n_items))
    W.sort_indices()
    recommender.W_sparse = W
    return recommender


def negatives(data: Data, options: argparse.Namespace) -> None:
    start = time.perf_counter()
    sample = sample_negative_items(data.train, data.test, 99, random_seed=1)
    print(f"99 negative items for each of {len(data.users):,d} users are drawn in {time.perf_counter() - start:.2f} s")
    ours = EvaluatorNegativeItemSample(data.test, sample, CUTOFFS, verbose=False, num_threads=2)
    print(f"their evaluation {describe(seconds_of(lambda: ours.evaluateRecommender(data.model), TURNS + 1)[1:])}")


def auc(data: Data, options: argparse.Namespace) -> None:
    ours = evaluator(data.test, metrics=["AUC"])
    print(f"AUC of all users {describe(seconds_of(lambda: ours.evaluateRecommender(data.model), 3))}")


def items(data: Data, options: argparse.Namespace) -> None:
    for name, draw in (("normal, of equal size", equal_factors), ("normal, of long-tailed size", long_tailed_factors)):
        for n_factors in (10, 64):
            cost: dict[int, list[float]] = {10_000: [], 100_000: []}
            cases = {n_items: random_case(n_items, n_factors, draw) for n_items in cost}
            for _ in range(3):
                for n_items, (recommender, ours) in cases.items():
                    cost[n_items] += seconds_of(partial(ours.evaluateRecommender, recommender), 2)
            users = cases[10_000][0].n_users
            shown = ", ".join(f"{1e6 * statistics.median(s) / users:.1f} us" for s in cost.values())
            print(f"a user's cost with 10,000 and 100,000 items, {n_factors} factors, {name}: {shown}"
                  f"  -> {ratio(cost[100_000], cost[10_000]):.1f} times")  # fmt: skip


def equal_factors(rng: np.random.Generator, n: int, n_factors: int) -> npt.NDArray[np.float32]:
    return rng.normal(size=(n, n_factors)).astype(np.float32)


def long_tailed_factors(rng: np.random.Generator, n: int, n_factors: int) -> npt.NDArray[np.float32]:
    return equal_factors(rng, n, n_factors) * rng.lognormal(0.0, 0.5, (n, 1)).astype(np.float32)


def random_case(n_items: int, n_factors: int, draw: Any) -> tuple[BaseMatrixFactorizationRecommender, EvaluatorHoldout]:
    rng, n_users = np.random.default_rng(0), 5000
    profiles = [random_ratings(rng, n_users, n_items, n_ratings) for n_ratings in (100, 20)]
    recommender = BaseMatrixFactorizationRecommender(profiles[0], verbose=False)
    recommender.USER_factors, recommender.ITEM_factors = draw(rng, n_users, n_factors), draw(rng, n_items, n_factors)
    ours = evaluator(profiles[1])
    ours.evaluateRecommender(recommender)
    return recommender, ours


def random_ratings(rng: np.random.Generator, n_users: int, n_items: int, n_ratings: int) -> sps.csr_matrix:
    columns = np.sort(rng.integers(0, n_items, (n_users, n_ratings), dtype=np.int32), axis=1).ravel()
    values, indptr = np.ones(columns.size, dtype=np.float32), np.arange(0, columns.size + 1, n_ratings)
    return sps.csr_matrix((values, columns, indptr), shape=(n_users, n_items))


def memory(data: Data, options: argparse.Namespace) -> None:
    command = [sys.executable, __file__, "--probe-memory"]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def probe_memory() -> None:
    """Print how far the memory rises above the matrices and factors, in a process of its own."""
    rng, n_users, n_items, n_factors = np.random.default_rng(0), 1_000_000, 100_000, 64
    recommender = BaseMatrixFactorizationRecommender(random_ratings(rng, n_users, n_items, 20), verbose=False)
    recommender.USER_factors = rng.standard_normal((n_users, n_factors), dtype=np.float32)
    recommender.ITEM_factors = rng.standard_normal((n_items, n_factors), dtype=np.float32)
    evaluated = np.sort(rng.permutation(n_users)[:2000])
    few = random_ratings(rng, 2000, n_items, 10)
    indptr = np.zeros(n_users + 1, dtype=np.int32)
    indptr[evaluated + 1] = 10
    test = sps.csr_matrix((few.data, few.indices, np.cumsum(indptr, dtype=np.int32)), shape=(n_users, n_items))
    resident = memory_of_this_process("VmRSS")
    forget_memory_peak()
    seconds = seconds_of(lambda: evaluator(test).evaluateRecommender(recommender))
    print(f"peak memory beyond the matrices, {n_users:,d} users x {n_items:,d} items, {n_factors} factors, 2,000 users "
          f"evaluated: {memory_of_this_process('VmHWM') - resident} MiB ({seconds[0]:.2f} s)")  # fmt: skip


PARTS = {part.__name__: part for part in (per_user, other_models, implicit, similarity, negatives, auc, items, memory)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-folder", type=Path)
    parser.add_argument("--implicit", help="interpreter of an environment with implicit")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--probe-memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe_memory:
        probe_memory()
        return

    data = Data(options.data_folder)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}; "
          f"{data.train.nnz:,d} training and {data.test.nnz:,d} test ratings, "
          f"{data.model.n_users:,d} users x {data.model.n_items:,d} items")  # fmt: skip
    for part in options.parts:
        print(f"\n== {part}")
        PARTS[part](data, options)


if __name__ == "__main__":
    main()
