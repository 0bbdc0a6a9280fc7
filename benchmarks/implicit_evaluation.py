"""The evaluator of the library implicit; `evaluation_speed.py` runs this in an environment that has implicit.

    python benchmarks/implicit_evaluation.py FOLDER [--threads 1] [--repeats 3]

FOLDER has train.npz, test.npz, users.npy and items.npy: ratings and factors, (n_users, k) and (n_items, k) float32.
Prints one line of JSON: the seconds of each `ranking_metrics_at_k` of 20 items, its four metrics, and the version.
"""

import argparse
import importlib.metadata
import json
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sps
from implicit.cpu.als import AlternatingLeastSquares
from implicit.evaluation import ranking_metrics_at_k


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()

    train, test = (sps.load_npz(options.folder / f"{name}.npz").tocsr() for name in ("train", "test"))
    model = AlternatingLeastSquares(factors=2)
    model.user_factors, model.item_factors = (np.load(options.folder / f"{name}.npy") for name in ("users", "items"))
    seconds, metrics = [], {}
    for _ in range(options.repeats):
        start = time.perf_counter()
        metrics = ranking_metrics_at_k(model, train, test, K=20, show_progress=False, num_threads=options.threads)
        seconds.append(time.perf_counter() - start)
    version = importlib.metadata.version("implicit")
    print(json.dumps({"seconds": seconds, "version": version, **{name: float(metrics[name]) for name in metrics}}))


if __name__ == "__main__":
    main()
