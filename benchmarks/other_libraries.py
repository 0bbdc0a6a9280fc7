"""One training with another library; `training_speed.py` runs this in an environment that has the library.

    python benchmarks/other_libraries.py LIBRARY TRAIN TEST [--epochs 25] [--factors K] [--threads 1]

LIBRARY is libmf, cornac or surprise; TRAIN and TEST are files of scipy.sparse.save_npz. Options that are not given have
the library's defaults. Prints one line of JSON: the seconds of the fit, the RMSE of the test ratings with predictions
clipped to the range of the training ratings, and the library's version.
"""

import argparse
import importlib.metadata
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

Fit = Callable[[], None]
Ids = npt.NDArray[np.int32]
Predict = Callable[[Ids, Ids], npt.NDArray[Any]]


def libmf(train: sps.coo_matrix, epochs: int, factors: int | None, threads: int) -> tuple[Fit, Predict]:
    """LIBMF: stochastic gradient descent by blocks, a step size for each row (Chin and others 2015)."""
    from libmf import mf

    triples = np.column_stack([train.row, train.col, train.data]).astype(np.float32)
    model = mf.MF(nr_iters=epochs, nr_threads=threads, quiet=True, **({} if factors is None else {"k": factors}))

    def predict(users: Ids, items: Ids) -> npt.NDArray[Any]:
        # computed from the factors, because predict() of LIBMF's wrapper 0.9.2 reads only every second pair
        return np.einsum("nf,nf->n", model.p_factors()[users], model.q_factors()[items])

    return lambda: model.fit(triples), predict


def cornac(train: sps.coo_matrix, epochs: int, factors: int | None, threads: int) -> tuple[Fit, Predict]:
    """cornac MF: stochastic gradient descent with biases."""
    from cornac.data import Dataset
    from cornac.models import MF

    n_users, n_items = train.shape
    ratings = (train.row.astype(np.int64), train.col.astype(np.int64), train.data.astype(np.float64))
    users, items = ({k: k for k in range(n)} for n in (n_users, n_items))
    dataset = Dataset(n_users, n_items, users, items, ratings)
    model = MF(max_iter=epochs, num_threads=threads, verbose=False, **({} if factors is None else {"k": factors}))

    def predict(users: Ids, items: Ids) -> npt.NDArray[Any]:
        dot = np.einsum("nf,nf->n", model.u_factors[users], model.i_factors[items])
        return dot + model.u_biases[users] + model.i_biases[items] + model.global_mean

    return lambda: model.fit(dataset), predict


def surprise(train: sps.coo_matrix, epochs: int, factors: int | None, threads: int) -> tuple[Fit, Predict]:
    """Surprise SVD: stochastic gradient descent with biases, in one thread."""
    from surprise import SVD, Trainset

    n_users, n_items = train.shape
    rows, columns = train.tocsr(), train.tocsc()
    by_user = {u: list(zip(rows[u].indices.tolist(), rows[u].data.tolist())) for u in range(n_users)}
    by_item = {i: list(zip(columns[:, i].indices.tolist(), columns[:, i].data.tolist())) for i in range(n_items)}
    ids = {k: k for k in range(max(n_users, n_items))}
    scale = (train.data.min(), train.data.max())
    dataset = Trainset(by_user, by_item, n_users, n_items, train.nnz, scale, ids, ids)
    model = SVD(n_epochs=epochs, random_state=0, **({} if factors is None else {"n_factors": factors}))

    def predict(users: Ids, items: Ids) -> npt.NDArray[Any]:
        dot = np.einsum("nf,nf->n", model.pu[users], model.qi[items])
        return dot + model.bu[users] + model.bi[items] + dataset.global_mean

    return lambda: model.fit(dataset), predict


LIBRARIES = {"libmf": libmf, "cornac": cornac, "surprise": surprise}
DISTRIBUTIONS = {"libmf": "libmf", "cornac": "cornac", "surprise": "scikit-surprise"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--factors", type=int)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    train, test = sps.load_npz(options.train).tocoo(), sps.load_npz(options.test).tocoo()
    fit, predict = LIBRARIES[options.library](train, options.epochs, options.factors, options.threads)
    start = time.perf_counter()
    fit()
    seconds = time.perf_counter() - start
    errors = []
    for part in range(0, test.nnz, 1 << 18):
        chunk = slice(part, part + (1 << 18))
        prediction = np.clip(predict(test.row[chunk], test.col[chunk]), train.data.min(), train.data.max())
        errors.append((prediction - test.data[chunk]) ** 2)
    version = importlib.metadata.version(DISTRIBUTIONS[options.library])
    rmse = float(np.sqrt(np.concatenate(errors).mean()))
    print(json.dumps({"seconds": seconds, "rmse": rmse, "version": version}))


if __name__ == "__main__":
    main()
