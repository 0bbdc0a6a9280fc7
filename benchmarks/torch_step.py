"""The time of a step of the torch engine with small and large tables, which should depend on the batch only.

    python benchmarks/torch_step.py [--rows 100000 10000000] [--steps 200]

There is an engine for each number of rows, with as many users and as many items, 64 factors, Adagrad and batches of
8,192 ratings. The engines take turns, so that a change of the machine's speed affects all of them alike. Prints the
median seconds of a step and the ratio to the first engine.
The tables and the optimiser's state of 10 million rows take 11 GB of memory.
"""

import argparse
import platform
import statistics
import time

import numpy as np
import scipy.sparse as sps
import torch

from Recommenders.MatrixFactorization.PyTorch._hyperparameters import Hyperparameters
from Recommenders.MatrixFactorization.PyTorch._parameters import Parameters
from Recommenders.MatrixFactorization.PyTorch._torch_engine import TorchEngine

BATCH_SIZE, NUM_FACTORS, STEPS_PER_TURN = 8192, 64, 20


def make_engine(n_rows: int, rng: np.random.Generator) -> TorchEngine:
    """Return an engine with n_rows users and n_rows items, and random ratings: a batch for each step of a turn."""
    n_ratings = BATCH_SIZE * STEPS_PER_TURN
    users, items = rng.integers(0, n_rows, n_ratings), rng.integers(0, n_rows, n_ratings)
    ratings = rng.uniform(0.5, 5.0, n_ratings).astype(np.float32)
    URM = sps.csr_matrix((ratings, (users, items)), shape=(n_rows, n_rows))
    start = Parameters(
        user_factors=np.full((n_rows, NUM_FACTORS), 0.1, dtype=np.float32),
        item_factors=np.full((n_rows, NUM_FACTORS), 0.1, dtype=np.float32),
        weight=np.ones(NUM_FACTORS, dtype=np.float32),
        bias=np.array(2.75, dtype=np.float32),
        user_bias=np.zeros(n_rows, dtype=np.float32),
        item_bias=np.zeros(n_rows, dtype=np.float32),
    )
    settings = Hyperparameters(
        batch_size=BATCH_SIZE, num_factors=NUM_FACTORS, learning_rate=0.01, sgd_mode="adagrad", loss="mse",
        activation="relu", use_bias=True, user_reg=0.02, item_reg=0.02, bias_reg=0.02,
    )  # fmt: skip
    return TorchEngine(URM, start, settings, random_seed=0, device=torch.device("cpu"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 10_000_000], help="rows of each table")
    parser.add_argument("--steps", type=int, default=200, help="steps of each engine")
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    engines = {n_rows: make_engine(n_rows, rng) for n_rows in options.rows}
    seconds: dict[int, list[float]] = {n_rows: [] for n_rows in options.rows}
    turns = options.steps // STEPS_PER_TURN
    for turn in range(1 + turns):
        for n_rows, engine in engines.items():
            start = time.perf_counter()
            engine.run_epoch(turn + 1)
            if turn > 0:  # the first turn allocates the optimiser's state
                seconds[n_rows].append((time.perf_counter() - start) / STEPS_PER_TURN)

    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, Adagrad")
    print(f"batch {BATCH_SIZE}, {NUM_FACTORS} factors, {turns} turns of {STEPS_PER_TURN} steps")
    first = statistics.median(next(iter(seconds.values())))
    for n_rows, values in seconds.items():
        median = statistics.median(values)
        print(f"{n_rows:>12,d} rows: median {1000 * median:8.2f} ms a step "
              f"(min {1000 * min(values):.2f}, max {1000 * max(values):.2f}), ratio {median / first:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
