"""What the tests share that run in the stand-in host's folder, with the host first on the path."""

import json
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

HOST = Path.cwd()


@pytest.fixture(scope="session")
def URM():
    """The URM that the standalone run trained on too; its user 0 and item 0 are cold."""
    return sps.load_npz(HOST / "URM_train.npz")


@pytest.fixture(scope="session")
def URM_validation():
    return sps.load_npz(HOST / "URM_validation.npz")


@pytest.fixture(scope="session")
def settings():
    """The arguments of `fit` that the standalone run used."""
    return json.loads((HOST / "settings.json").read_text(encoding="utf-8"))


@pytest.fixture
def fit(URM, settings):
    """A function: a new recommender, fitted with the settings and what is given."""

    def fit(**changes):
        return MatrixFactorization_PyTorch(URM, verbose=False).fit(**settings | changes)

    return fit


@pytest.fixture
def unfitted(URM):
    return MatrixFactorization_PyTorch(URM, verbose=False)


@pytest.fixture
def folder(tmp_path):
    """A folder as the host's DataIO takes it: a string."""
    return f"{tmp_path}/"


@pytest.fixture
def ctrl_c():
    """A function that does what Ctrl-C does, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def everything():
    """A function: ranking and scores of a recommender for all users, and its predictions if it predicts."""

    def everything(recommender):
        users = np.arange(recommender.n_users)
        ranking, scores = recommender.recommend(users, return_scores=True)
        predictions = recommender.predict(users, 1) if hasattr(recommender, "predict") else None
        return SimpleNamespace(ranking=ranking, scores=scores, predictions=predictions)

    return everything
