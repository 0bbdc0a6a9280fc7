"""The host's archives: one zip of flat members, chosen by type at save and by extension at load."""

import json
import os
import shutil
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sps


def json_not_serializable_handler(value):
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.bool_):
        return bool(value)
    raise TypeError(f"{type(value)} cannot be saved")


class DataIO:
    def __init__(self, folder_path):
        if "/../" in folder_path or "\\..\\" in folder_path:
            raise ValueError("folder_path must not lead upwards")
        self.folder_path = folder_path if folder_path.endswith("/") else folder_path + "/"

    def save_data(self, file_name, data_dict_to_save):
        target, temporary = self._paths(file_name)
        temporary.mkdir()
        try:
            for key, value in data_dict_to_save.items():
                _write_member(temporary, str(key), value)
            unfinished = target.with_name(target.name + ".temp")
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
                for member in temporary.iterdir():
                    archive.write(member, member.name)
            unfinished.replace(target)
        finally:
            shutil.rmtree(temporary)

    def load_data(self, file_name):
        target, temporary = self._paths(file_name)
        if not target.is_file():
            raise FileNotFoundError(f"no file {target}")
        temporary.mkdir()
        try:
            with zipfile.ZipFile(target) as archive:
                archive.extractall(temporary)
            members = [member for member in temporary.iterdir() if not member.name.startswith(".")]
            return {member.stem: _read_member(member) for member in members}
        finally:
            shutil.rmtree(temporary)

    def _paths(self, file_name):
        name = file_name.removesuffix(".zip")
        return Path(self.folder_path) / f"{name}.zip", Path(self.folder_path) / f".temp_{os.getpid()}_{name}"


def _write_member(folder, key, value):
    if isinstance(value, pd.DataFrame):
        # cells of a search's tables are objects, which PyTables pickles and warns of
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
            value.to_hdf(folder / f"{key}.h5", key="DataFrame")
    elif isinstance(value, sps.spmatrix):
        sps.save_npz(folder / f"{key}.npz", value)
    elif isinstance(value, np.ndarray):
        np.save(folder / f"{key}.npy", value, allow_pickle=False)
    else:
        text = json.dumps(value, default=json_not_serializable_handler)
        (folder / f"{key}.json").write_text(text, encoding="utf-8")


def _read_member(path):
    if path.suffix == ".h5":
        return pd.read_hdf(path)
    if path.suffix == ".npz":
        return sps.load_npz(path)
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    raise Exception(f"unknown data type {path.name}")
