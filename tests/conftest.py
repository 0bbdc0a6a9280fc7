"""Data that the tests share: small matrices whose right answer is known."""

import io
import os
import signal
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sps
import tqdm.notebook

REAL_DATA_FOLDER = os.environ.get("RECSYS_DATA_FOLDER")


@pytest.fixture
def checkerboard_URM() -> sps.csr_matrix:
    """40 users x 20 items: even users rated every even item with 5, odd users every odd item with 5."""
    users, items = np.meshgrid(np.arange(40), np.arange(20), indexing="ij")
    return sps.csr_matrix(np.where((users + items) % 2 == 0, 5.0, 0.0))


@pytest.fixture
def tiny_URM() -> sps.csr_matrix:
    """4 users x 5 items by hand; user 3 and item 4 are cold."""
    return sps.csr_matrix(
        np.array(
            [
                [5.0, 3.0, 0.0, 1.0, 0.0],
                [4.0, 0.0, 0.0, 1.0, 0.0],
                [1.0, 1.0, 2.0, 0.0, 0.0],
                [0.0, 0.0, 0.0, 0.0, 0.0],
            ]
        )
    )


def planted_factors_URM(
    n_users: int = 150, n_items: int = 80, density: float = 0.3, noise: float = 0.1, seed: int = 0
) -> sps.csr_matrix:
    """Ratings 3 + b_u + b_i + p.q + noise of rank 3, at random positions: a factorisation can learn them."""
    rng = np.random.default_rng(seed)
    score = 3 + rng.normal(0, 0.4, (n_users, 1)) + rng.normal(0, 0.4, (1, n_items))
    score = score + rng.normal(0, 0.5, (n_users, 3)) @ rng.normal(0, 0.8, (3, n_items))
    ratings = np.clip(score + rng.normal(0, noise, score.shape), 0.5, 5.0)
    return sps.csr_matrix(np.where(rng.random(score.shape) < density, ratings, 0.0))


@pytest.fixture
def planted_URM() -> sps.csr_matrix:
    return planted_factors_URM()


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path, monkeypatch):
    """No test reads the user's data folder but through `movielens_folder`, and none fills it."""
    monkeypatch.setenv("RECSYS_DATA_FOLDER", str(tmp_path.with_name(f"{tmp_path.name}_data_folder")))


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C raise KeyboardInterrupt, here and in child processes, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def movielens_folder() -> Path:
    """The folder with the real MovieLens 100K zip that RECSYS_DATA_FOLDER names; where it is named, it has to be there.

    It is for reading alone: a test copies the zip into a folder of its own.
    """
    if REAL_DATA_FOLDER is None:
        pytest.skip("RECSYS_DATA_FOLDER does not name a folder with real data")
    if not (Path(REAL_DATA_FOLDER) / "ml-100k.zip").is_file():
        pytest.fail(f"there is no ml-100k.zip in the folder that RECSYS_DATA_FOLDER names, {REAL_DATA_FOLDER}")
    return Path(REAL_DATA_FOLDER)


@pytest.fixture
def half_made_bar(monkeypatch):
    """What a notebook without ipywidgets holds after a cell in which a bar of tqdm.notebook failed."""
    monkeypatch.setattr(tqdm.notebook, "IProgress", None)
    try:
        tqdm.notebook.tqdm(range(3))
    except ImportError as error:
        yield error  # its traceback holds the bar, as a notebook holds the traceback
        _disable_bars(error)


def _disable_bars(error: BaseException) -> None:
    """Keep the bars in the frames of a traceback silent when they are deleted."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if isinstance(frame.f_locals.get("self"), tqdm.notebook.tqdm):
            frame.f_locals["self"].disable = True


class BrokenPipe:
    """A stream that no one reads any more."""

    encoding = "utf-8"

    def write(self, text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.fixture(params=["none", "closed", "broken pipe", "ascii", "half-made bar"])
def break_console(request, monkeypatch):
    """A function: from now on the output and the error stream fail, or bars do.

    It is for the test to call: between a fixture and its test, pytest sets the streams anew.
    """

    def break_console():
        for name in ("stdout", "stderr"):
            closed = io.StringIO()
            closed.close()
            streams = {
                "none": None,
                "closed": closed,
                "broken pipe": BrokenPipe(),
                "ascii": io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
            }
            monkeypatch.setattr(sys, name, streams.get(request.param, getattr(sys, name)))

    if request.param == "half-made bar":
        request.getfixturevalue("half_made_bar")
    return break_console
