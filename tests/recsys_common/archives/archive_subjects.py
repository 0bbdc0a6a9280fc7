"""What the mutants of archives are made from: an archive of each kind, what loads it, and what it must hold then."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender, BaseSVDRecommender
from Recommenders.BaseSimilarityMatrixRecommender import BaseItemSimilarityMatrixRecommender
from Recommenders.DataIO import DataIO
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from Recommenders.NonPersonalizedRecommender import GlobalEffects, Random, TopPop
from recsys_common.archives.data_frames import encode_frame

N_USERS, N_ITEMS, N_FACTORS = 12, 9, 3


def fingerprint(value: Any) -> str:
    """A hash of everything that a value is: types, dtypes, shapes, bits and order."""
    digest = hashlib.sha256()
    _digest(value, digest.update)
    return digest.hexdigest()


def _digest(value: Any, update: Callable[[bytes], None]) -> None:
    update(type(value).__name__.encode())
    if isinstance(value, dict):
        for key, element in value.items():
            _digest(key, update)
            _digest(element, update)
    elif isinstance(value, (list, tuple)):
        for element in value:
            _digest(element, update)
    elif isinstance(value, pd.DataFrame):
        update(json.dumps(encode_frame(value, "frame")).encode())
    elif sps.issparse(value):
        update(f"{value.format} {value.shape}".encode())
        for name in ("data", "indices", "indptr", "row", "col", "offsets"):
            _digest(getattr(value, name, None), update)
    elif isinstance(value, np.ndarray):
        update(f"{value.dtype} {value.shape}".encode() + value.tobytes())
    else:
        update(repr(value).encode("utf-8", "surrogatepass"))


def check_value(value: Any) -> None:
    """Use what DataIO gave as a program would; an inconsistent value fails."""
    if isinstance(value, dict):
        for key, element in value.items():
            assert isinstance(key, str)
            check_value(element)
    elif isinstance(value, pd.DataFrame):
        assert value.shape[0] == len(value.index) and value.shape[1] == len(value.columns)
        assert len(repr(value.head())) > 0
    elif sps.issparse(value):
        coordinates = value.tocoo()
        for ids, length in zip((coordinates.row, coordinates.col), value.shape):
            assert ids.size == 0 or (ids.min() >= 0 and ids.max() < length)
    elif isinstance(value, np.ndarray):
        assert not value.dtype.hasobject
        if value.dtype == np.bool_ and value.size:
            assert value.view(np.uint8).max() <= 1
    else:
        json.dumps(value)


@dataclass
class Subject:
    """The files of something that was saved.

    Parameters
    ----------
    name : str
    files : dict of str to bytes
    load : callable
        From a folder with the files to what was saved.
    content : callable
        What of it must be the same.
    check : callable
        Raises where what was loaded is not consistent.
    """

    name: str
    files: dict[str, bytes]
    load: Callable[[Path], Any]
    content: Callable[[Any], Any]
    check: Callable[[Any], None]
    fingerprint: str = ""


def _example() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    matrix = sps.random(6, 4, 0.5, "csr", np.float32, random_state=0)
    return {
        "floats": rng.normal(size=(5, 3)),
        "integers": np.arange(7),
        "flags": np.array([True, False, True]),
        "texts": np.array(["a", "bcd"]),
        "number": np.array(2.5, dtype=np.float32),
        **{f"matrix_{form}": matrix.asformat(form) for form in ("csr", "csc", "coo", "bsr", "dia")},
        "json": {"a": [1, None, 2.5, "x"], "b": {"c": True}},
        "nested": {"inner": np.arange(3), "frame": pd.DataFrame({"x": [1, 2]})},
        "frame": pd.DataFrame(
            {
                "number": [1.5, 2.5],
                "text": ["a", None],
                "category": pd.Categorical(["u", "v"]),
                "time": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Rome"),
                "cell": pd.Series([[1, 2], {"a": 1}], dtype=object),
            },
            index=pd.MultiIndex.from_product([[0], [5, 10]], names=["case", "cutoff"]),
        ),
    }


def _URM() -> sps.csr_matrix:
    return sps.random(N_USERS, N_ITEMS, 0.4, "csr", np.float32, random_state=1)


def _saved(data: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        DataIO(folder).save_data("archive", data)
        return (Path(folder) / "archive.zip").read_bytes()


def _model(recommender_class: Any, data: dict[str, Any]) -> Subject:
    URM = _URM()

    def load(folder: Path) -> Any:
        recommender = recommender_class(URM, verbose=False)
        recommender.load_model(folder, "archive")
        return recommender

    def content(recommender: Any) -> dict[str, Any]:
        return {key: getattr(recommender, key) for key in data if key != "format_version"}

    def check(recommender: Any) -> None:
        rankings = recommender.recommend(np.arange(N_USERS), remove_seen_flag=False)
        for ranking in rankings:
            assert len(set(ranking)) == len(ranking) and set(ranking) <= set(range(N_ITEMS))
        for key, value in content(recommender).items():
            if isinstance(value, np.ndarray) and key != "item_bias":
                assert np.isfinite(value).all()

    return Subject(recommender_class.__name__, {"archive.zip": _saved(data)}, load, content, check)


def _dataset() -> Subject:
    URM = _URM()
    dataset = Dataset(
        dataset_name="Toy",
        URM_dictionary={"URM_all": URM},
        ICM_dictionary={"ICM": sps.identity(N_ITEMS, format="csr")},
        ICM_feature_mapper_dictionary={"ICM": {f"feature {item}": item for item in range(N_ITEMS)}},
        user_original_ID_to_index={f"u{user}": user for user in range(N_USERS)},
        item_original_ID_to_index={f"i{item}": item for item in range(N_ITEMS)},
        is_implicit=False,
    )
    with tempfile.TemporaryDirectory() as name:
        dataset.save_data(name)
        files = {path.name: path.read_bytes() for path in Path(name).glob("*.zip")}

    def load(folder: Path) -> Any:
        loaded = Dataset()
        loaded.load_data(folder)
        return loaded

    def content(loaded: Any) -> dict[str, Any]:
        return {
            "name": loaded.get_dataset_name(),
            "URM": loaded.get_loaded_URM_dict(),
            "ICM": loaded.get_loaded_ICM_dict(),
            "features": loaded.get_loaded_ICM_feature_mapper_dict(),
            "ids": loaded.get_global_mapper_dict(),
        }

    return Subject("Dataset", files, load, content, lambda loaded: loaded.verify_data_consistency())


def _subjects() -> list[Subject]:
    rng = np.random.default_rng(2)
    users, items = rng.normal(size=(2, 1, N_USERS, N_FACTORS)).astype(np.float32)[:, 0, :, :]
    items = items[:N_ITEMS]
    factors = {"USER_factors": users, "ITEM_factors": items}
    biases = {
        "GLOBAL_bias": np.array(0.5, np.float32),
        "USER_bias": users[:, 0].copy(),
        "ITEM_bias": items[:, 0].copy(),
    }
    prediction = {"activation": "relu", "rating_range": np.array([1.0, 5.0]), "format_version": 1}
    effects = {"user_bias": users[:, 1].copy(), "global_mean": 3.5, "rating_range": np.array([1.0, 5.0])}
    return [
        Subject(
            "DataIO",
            {"archive.zip": _saved(_example())},
            lambda folder: DataIO(folder).load_data("archive"),
            lambda loaded: loaded,
            check_value,
        ),
        _model(TopPop, {"item_pop": np.arange(N_ITEMS, dtype=np.int32)}),
        _model(GlobalEffects, {"item_bias": np.append(items[1:, 1], np.float32(-np.inf)), **effects}),
        _model(Random, {"random_seed": 7}),
        _model(BaseItemSimilarityMatrixRecommender, {"W_sparse": sps.random(N_ITEMS, N_ITEMS, 0.4, "csr", np.float32)}),
        _model(BaseMatrixFactorizationRecommender, {**factors, "use_bias": True, **biases}),
        _model(BaseSVDRecommender, {**factors, "Sigma": np.arange(1.0, N_FACTORS + 1)}),
        _model(MatrixFactorization_PyTorch, {**factors, "use_bias": True, **biases, **prediction}),
        _dataset(),
    ]


SUBJECTS = {subject.name: subject for subject in _subjects()}
with tempfile.TemporaryDirectory() as _folder:
    for _subject in SUBJECTS.values():
        for _name, _content in _subject.files.items():
            (Path(_folder) / _name).write_bytes(_content)
        _subject.fingerprint = fingerprint(_subject.content(_subject.load(Path(_folder))))
